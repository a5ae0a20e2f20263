"""`python -m lockfree`: the same as the `lockfree` command."""

import sys

from lockfree.cli import main

sys.exit(main())

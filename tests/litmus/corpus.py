"""The litmus tests of this folder, read once."""

import functools
from pathlib import Path

from lockfree.check.litmus import read

HERE = Path(__file__).parent
FILES = sorted(HERE.rglob("*.litmus"))


@functools.cache
def corpus():
    """By path without suffix, as expected.json has them."""
    return {str(path.relative_to(HERE).with_suffix("")): read(path) for path in FILES}

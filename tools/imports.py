"""Runs import-linter on the tree (contracts in pyproject.toml): exit 0 if each room uses only those below it.

An editable install puts a finder before sys.path whose directories are virtual; import-linter would see an empty
package through it, so it is put aside here.
"""

import sys
from pathlib import Path

from importlinter.cli import lint_imports


def main() -> int:
    """Lints the package beside the current pyproject.toml."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__name__ != "MesonpyMetaFinder"]
    sys.path.insert(0, str(Path("src").resolve()))
    return int(lint_imports(no_cache=True, no_logo=True))


if __name__ == "__main__":
    raise SystemExit(main())

# SPDX-License-Identifier: MIT
"""The cffi binding's recipe: the public headers of declarations are the cdef, less the preprocessor's lines."""

from pathlib import Path

from cffi import FFI

CSRC = Path(__file__).resolve().parents[1]
STRUCTURES = (CSRC / "include/lockfree/structures.txt").read_text().split()  # in the order of their use
DECLARATIONS = [
    *(CSRC / "include/lockfree/api" / f"{name}.h" for name in ("base", *STRUCTURES)),
    CSRC / "collector/collector.h",
]
INCLUDES = [*(f"<lockfree/{name}.h>" for name in STRUCTURES), '"collector.h"']


def declarations(path: Path) -> str:
    """The header's text without the lines that begin with '#'."""
    return "".join(line for line in path.read_text().splitlines(keepends=True) if not line.startswith("#"))


ffibuilder = FFI()
ffibuilder.cdef("".join(map(declarations, DECLARATIONS)))
ffibuilder.set_source("lockfree._ffi", "".join(f"#include {name}\n" for name in INCLUDES))

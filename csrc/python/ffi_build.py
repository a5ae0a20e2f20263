# SPDX-License-Identifier: MIT
"""The cffi binding's recipe: the public headers of declarations are the cdef, less the preprocessor's lines."""

from pathlib import Path

from cffi import FFI

CSRC = Path(__file__).resolve().parents[1]
DECLARATIONS = [
    *(
        CSRC / "include/lockfree/api" / f"{name}.h"
        for name in ("base", "fence", "eventcount", "spsc_ring", "spsc_bytes")
    ),
]
INCLUDES = ["fence.h", "eventcount.h", "spsc_ring.h", "spsc_bytes.h"]


def declarations(path: Path) -> str:
    """The header's text without the lines that begin with '#'."""
    return "".join(line for line in path.read_text().splitlines(keepends=True) if not line.startswith("#"))


ffibuilder = FFI()
ffibuilder.cdef("".join(map(declarations, DECLARATIONS)))
ffibuilder.set_source("lockfree._ffi", "".join(f"#include <lockfree/{name}>\n" for name in INCLUDES))

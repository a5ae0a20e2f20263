# SPDX-License-Identifier: MIT
"""The cffi binding's recipe: the public headers of declarations are the cdef, less the preprocessor's lines."""

from pathlib import Path

from cffi import FFI

CSRC = Path(__file__).resolve().parents[1]
DECLARATIONS = [
    *(
        CSRC / "include/lockfree/api" / f"{name}.h"
        for name in ("base", "fence", "atomics", "eventcount", "spsc_ring", "spsc_bytes")
    ),
    CSRC / "collector/collector.h",
]
INCLUDES = [
    "<lockfree/fence.h>",
    "<lockfree/atomics.h>",
    "<lockfree/eventcount.h>",
    "<lockfree/spsc_ring.h>",
    "<lockfree/spsc_bytes.h>",
    '"collector.h"',
]


def declarations(path: Path) -> str:
    """The header's text without the lines that begin with '#'."""
    return "".join(line for line in path.read_text().splitlines(keepends=True) if not line.startswith("#"))


ffibuilder = FFI()
ffibuilder.cdef("".join(map(declarations, DECLARATIONS)))
ffibuilder.set_source("lockfree._ffi", "".join(f"#include {name}\n" for name in INCLUDES))

"""Where a Python thread may be interrupted so that another would notice: before what touches what is shared.

Between two such points a thread touches only its own locals, so that it doesn't matter where exactly it stops there.
"""

from __future__ import annotations

import builtins
import dis
import sys
import sysconfig
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

VISIBLE = frozenset(
    {
        "LOAD_ATTR", "STORE_ATTR", "DELETE_ATTR", "LOAD_SUPER_ATTR",
        "LOAD_GLOBAL", "STORE_GLOBAL", "DELETE_GLOBAL", "LOAD_DEREF", "STORE_DEREF",
        "BINARY_SUBSCR", "STORE_SUBSCR", "DELETE_SUBSCR", "BINARY_SLICE", "STORE_SLICE",
        "CALL", "CALL_KW", "CALL_FUNCTION_EX", "CONTAINS_OP", "FOR_ITER", "UNPACK_SEQUENCE", "LIST_EXTEND",
        "BEFORE_WITH", "LOAD_SPECIAL",
    }
)  # fmt: skip
"""Instructions that read or write an object others may hold, or call what does. Methods are looked up unseen."""

OWN = ("lockfree.testing", "lockfree.check")
"""Modules that are never stopped in: the scheduler's own."""

CONSTANTS = (FunctionType, BuiltinFunctionType, ModuleType, type)
"""What a global name that is never assigned again usually means."""


class Points:
    """The points of every code object that a race goes through; those of the standard library have none.

    `files` are files of code to stop in wherever they lie. Safe from any thread: worst, an entry is made twice.
    """

    def __init__(self, files: frozenset[str]) -> None:
        """Keep the files, and know where other people's code lies."""
        paths = sysconfig.get_paths()
        self._others = (*{paths[k] for k in ("stdlib", "platstdlib", "purelib", "platlib")}, "<frozen")
        self._files = files
        self._known: dict[int, tuple[CodeType, frozenset[int]]] = {}

    def __len__(self) -> int:
        """Count the code objects seen."""
        return len(self._known)

    def of(self, code: CodeType, names: dict[str, Any]) -> frozenset[int]:
        """Return the offsets of code with these globals before which a thread may be stopped."""
        found = self._known.get(id(code))
        if found is None or found[0] is not code:
            looks = self._looks_at(code.co_filename, names.get("__name__", ""))
            offsets = _visible(code, names) if looks else frozenset[int]()
            self._known[id(code)] = found = (code, offsets)  # the code object is kept, so that its id stays its own
        return found[1]

    def _looks_at(self, file: str, module: str) -> bool:
        """By the module too: a dataclass's methods come from no file."""
        return file in self._files or not (file.startswith(self._others) or module.startswith(OWN))


def _visible(code: CodeType, names: dict[str, Any]) -> frozenset[int]:
    return frozenset(i.offset for i in dis.get_instructions(code) if _is_visible(i, names))


def _is_visible(instruction: dis.Instruction, names: dict[str, Any]) -> bool:
    name = instruction.opname
    if name == "LOAD_GLOBAL":
        value = names.get(instruction.argval, getattr(builtins, instruction.argval, None))
        return not isinstance(value, CONSTANTS)
    if name == "LOAD_ATTR" and sys.version_info >= (3, 12):
        return not (instruction.arg or 0) & 1  # a method's
    if name == "BINARY_OP":
        return instruction.argrepr.endswith(("=", "[]"))  # in place, or (from 3.14 on) a subscript
    return name in VISIBLE

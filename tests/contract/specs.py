"""The structures that the contract holds for, each over each binding: what to make and what to put in."""

import importlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

BINDINGS = ["core"] if importlib.util.find_spec("lockfree._ffi") is None else ["core", "cffi"]


@cache
def queues_over(binding: str) -> ModuleType:
    """lockfree.queues over a binding, whatever the process runs with; the errors are the same classes."""

    def mine(name: str) -> bool:
        return name == "lockfree._binding" or name.split(".")[:2] == ["lockfree", "queues"]

    import lockfree

    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if mine(name)}
    before, attributes = os.environ.get("LOCKFREE_BINDING"), dict(vars(lockfree))
    os.environ["LOCKFREE_BINDING"] = binding
    try:
        return importlib.import_module("lockfree.queues")
    finally:
        for name in list(filter(mine, sys.modules)):
            del sys.modules[name]
        sys.modules.update(kept)
        for name in ("_binding", "queues"):
            vars(lockfree).pop(name, None)
            if name in attributes:
                setattr(lockfree, name, attributes[name])
        if before is None:
            del os.environ["LOCKFREE_BINDING"]
        else:
            os.environ["LOCKFREE_BINDING"] = before


@dataclass(frozen=True)
class Spec:
    """One structure over one binding."""

    name: str
    binding: str
    build: Callable[..., Any]
    item: Callable[[int], Any]  # the i-th item; all of one size

    def make(self, slots: int = 4, **options: Any) -> Any:
        """A queue with room for `slots` (a power of two, at least 4) items."""
        return self.build(queues_over(self.binding), slots, options)

    def items(self, n: int, start: int = 0) -> list[Any]:
        return [self.item(i) for i in range(start, start + n)]


def _ring(**kind: Any) -> Callable[..., Any]:
    return lambda queues, slots, options: queues.SpscRing(slots, **kind, **options)


def _bytes(queues: ModuleType, slots: int, options: dict[str, Any]) -> Any:
    return queues.SpscBytes(slots * 16, **options)  # 8 bytes of payload, 8 of header


def _packed(i: int) -> bytes:
    return i.to_bytes(8, "little")


PAIR = [("i", "<i4"), ("x", "<f8")]

SPECS = [
    Spec(f"{name}-{binding}", binding, build, item)
    for binding in BINDINGS
    for name, build, item in (
        ("SpscRing[i8]", _ring(dtype="i8"), int),
        ("SpscRing[f8]", _ring(dtype="f8"), float),
        ("SpscRing[u2]", _ring(dtype="u2"), int),
        ("SpscRing[8 bytes]", _ring(itemsize=8), _packed),
        ("SpscRing[record]", _ring(dtype=PAIR), lambda i: (i, i / 2)),
        ("SpscBytes", _bytes, _packed),
    )
]

"""Which binding the package stands on: `_core` (C-API), or `_cffi_core` (the same classes over cffi).

LOCKFREE_BINDING=cffi chooses `_cffi_core`, LOCKFREE_BINDING=core insists on `_core`; without it `_core` where it is
(CPython), else `_cffi_core` (PyPy).
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["BINDING", "Collector", "Event", "SpscBytes", "SpscRing", "crc32c", "records_scan"]


def _choose() -> tuple[str, Any]:
    wanted = os.environ.get("LOCKFREE_BINDING", "")
    if wanted not in ("", "core", "cffi"):
        raise ImportError(f"LOCKFREE_BINDING={wanted!r}: it is 'core' or 'cffi', or is not set")
    if wanted != "cffi":
        try:
            return "core", import_module("lockfree._core")
        except ModuleNotFoundError as error:
            if wanted == "core" or error.name != "lockfree._core":
                raise
    return "cffi", import_module("lockfree._cffi_core")


BINDING, _chosen = _choose()

if TYPE_CHECKING:
    from lockfree._core import Collector, Event, SpscBytes, SpscRing, crc32c, records_scan
else:

    def __getattr__(attribute: str) -> Any:
        return getattr(_chosen, attribute)

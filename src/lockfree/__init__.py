"""Lock-free queues and an event collector.

Importing the package loads neither numpy nor cffi: each name loads what it needs when it is first used.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lockfree._ffi import ffi, lib
    from lockfree.collector import Collector, Gap, Record, read, records
    from lockfree.queues import SpscBytes, SpscRing

__all__ = ["Collector", "Gap", "Record", "SpscBytes", "SpscRing", "ffi", "get_include", "lib", "read", "records"]

_HOMES = {
    "Collector": "lockfree.collector",
    "CollectorStats": "lockfree.collector",
    "Gap": "lockfree.collector",
    "Record": "lockfree.collector",
    "SpscBytes": "lockfree.queues",
    "SpscRing": "lockfree.queues",
    "ffi": "lockfree._ffi",
    "lib": "lockfree._ffi",
    "read": "lockfree.collector",
    "records": "lockfree.collector",
}


def get_include() -> str:
    """The folder to give a C compiler as -I, for #include <lockfree/spsc_ring.h> and its like."""
    import lockfree

    for package in lockfree.__path__:  # an editable install has the package in two places
        folder = Path(package) / "include"
        if (folder / "lockfree" / "base.h").is_file():
            return str(folder)
    source = Path(__file__).resolve().parents[2] / "csrc" / "include"
    if (source / "lockfree" / "base.h").is_file():
        return str(source)
    raise FileNotFoundError("the C headers are not installed beside the package: reinstall lockfree")


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'lockfree' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})

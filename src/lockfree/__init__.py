"""Lock-free queues and an event collector."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lockfree.collector import Collector, CollectorStats

__all__ = ["Collector", "CollectorStats"]

_HOMES = {"Collector": "lockfree.collector", "CollectorStats": "lockfree.collector"}  # loaded when first used


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    value = globals()[name] = getattr(importlib.import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

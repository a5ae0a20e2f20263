"""The event collector: events from any thread into lanes, from the lanes into segments, from there to a reader."""

from typing import TYPE_CHECKING, Any

from lockfree.collector.collector import Collector, CollectorStats

if TYPE_CHECKING:
    from lockfree.collector.gap import Gap
    from lockfree.collector.reader import read, records
    from lockfree.collector.record import Record

__all__ = ["Collector", "CollectorStats", "Gap", "Record", "read", "records"]

_HOMES = {  # reading needs numpy, emitting does not: loaded when first used
    "Gap": "lockfree.collector.gap",
    "Record": "lockfree.collector.record",
    "read": "lockfree.collector.reader",
    "records": "lockfree.collector.reader",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

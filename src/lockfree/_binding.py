"""The classes that the public ones are built on: `_core`, or with LOCKFREE_BINDING=cffi their twins over cffi."""

import os
from typing import TYPE_CHECKING

__all__ = ["BINDING", "Collector", "Event", "crc32c", "records_scan"]

BINDING = os.environ.get("LOCKFREE_BINDING", "core")
"""Which binding runs: "core" or "cffi"."""

if BINDING not in {"core", "cffi"}:
    raise ImportError(f"LOCKFREE_BINDING={BINDING!r}: it must be core or cffi, or not set")

if TYPE_CHECKING or BINDING == "core":
    from lockfree._core import Collector, Event, crc32c, records_scan
else:
    from lockfree._cffi_collector import Collector, Event, crc32c, records_scan

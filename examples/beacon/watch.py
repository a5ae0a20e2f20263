"""What a collector's directory holds just now, of all its processes: for the live page and the terminal's line."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from functools import cached_property
from typing import TYPE_CHECKING, Any

import lockfree

if TYPE_CHECKING:
    from lockfree.collector.stats import LaneStats, Watcher

LAST = 20
WINDOWS_SECONDS = (1, 30)  # in which the last events are looked for; older ones stay shown
FRESH_SECONDS = 0.5


class Watch:
    """Looks at one directory again and again. look() belongs to one thread at a time; json() to one event loop.

    A look costs a pass over the block headers of the segments that are being written and over the last seconds'
    events: some milliseconds, so that json() answers all that ask within half a second from one look.
    """

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._last: deque[dict[str, Any]] = deque(maxlen=LAST)
        self._asked = asyncio.Lock()
        self._looked = float("-inf")
        self._json = b""

    @cached_property
    def _watcher(self) -> Watcher:
        from lockfree.collector.stats import Watcher  # brings numpy, which a worker that nobody watches does without

        return Watcher(self._directory, _pass, events=False)

    def look(self, *, last: bool = False) -> dict[str, Any]:
        """The directory as live.html wants it. last: with the last events, newest first. Raises OSError, ValueError."""
        now = time.time_ns()
        seen = self._watcher.look()
        with_lane = {lane.process for lane in seen.lanes}
        idle = [pid for process, (pid, _) in seen.processes.items() if process not in with_lane]
        totals = seen.totals
        ledger: dict[str, Any] = totals | {"rejected": seen.rejected, "total_rejected": totals["rejected"]}
        ledger["holds"] = (
            totals["offered"] == totals["accepted"] + totals["rejected"] + totals["torn"]
            and totals["accepted"] == totals["delivered"] + totals["pending"]
        )
        return {
            "at": now,
            "lanes": [_lane(lane) for lane in sorted(seen.lanes, key=lambda lane: (lane.pid, lane.lane))]
            + [_no_lane(pid) for pid in idle],
            "ledger": ledger,
            "bytes": seen.segments.bytes,
            "last": self._latest(now) if last else [],
        }

    async def json(self) -> bytes:
        """look(last=True) as JSON, at most half a second old; the look runs in a thread."""
        async with self._asked:
            if time.monotonic() - self._looked > FRESH_SECONDS:
                self._json = json.dumps(await asyncio.to_thread(self.look, last=True)).encode()
                self._looked = time.monotonic()
            return self._json

    def _latest(self, now: int) -> list[dict[str, Any]]:
        for seconds in WINDOWS_SECONDS:
            records = lockfree.records(self._directory, since=now - seconds * 1_000_000_000, report=_pass)
            found = deque(records, maxlen=LAST)
            if found:
                self._last = deque(({"ts": record.ts, "event": _event(record.payload)} for record in found), LAST)
                break
        return list(reversed(self._last))


def _lane(lane: LaneStats) -> dict[str, Any]:
    return {
        "id": f"{lane.lane:016x}",
        "pid": lane.pid,
        "alive": lane.alive,
        "full": round(lane.fill, 4),
        "accepted": lane.accepted,
    }


def _no_lane(pid: int) -> dict[str, Any]:
    return {"id": "", "pid": pid, "alive": True, "full": 0.0, "accepted": 0}


def _event(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return {"data": payload.decode("utf-8", "replace")}


def _pass(_damage: object) -> None:
    """What can't be read is the audit's business."""

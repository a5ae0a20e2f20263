"""What was dropped, as it stands in the stream: a GAP record before the next event that its lane accepted."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import layout
from .clock import Clock

__all__ = ["Gap", "gap_of_json", "gap_of_record"]


@dataclass(frozen=True, slots=True)
class Gap:
    """Events that one lane was offered and did not accept, between the records numbered seq - 1 and seq.

    `lane`: the 64-bit lane id; `seq`: the number of the event that follows (or would have followed); `ts`: wall ns
    since 1970 when the gap was written down; `since`, `until`: wall ns of the first and the last event dropped;
    `rejected`: reason -> how many, those above 0. (lane, seq) identifies a gap for ever. What never reached a lane
    (closed, encode, no_lane, reentrant) is in no gap, nor what a killed process had not written down yet: the ledger
    has it.
    """

    lane: int
    seq: int
    ts: int
    since: int
    until: int
    rejected: Mapping[str, int]

    @property
    def count(self) -> int:
        """How many events were dropped."""
        return sum(self.rejected.values())

    def as_json(self) -> dict[str, Any]:
        """As it stands in an NDJSON segment."""
        return {
            "gap": {
                "lane": f"{self.lane:016x}",
                "before": self.seq,
                "ts": self.ts,
                "from": self.since,
                "to": self.until,
                "rejected": dict(self.rejected),
            }
        }


def gap_of_record(lane: int, seq: int, ts: int, payload: bytes, clock: Clock) -> Gap:
    """The gap in a GAP record's payload of layout.GAP.size bytes."""
    begin, end, *counts = layout.GAP.unpack(payload)
    since, until = clock.to_wall(np.array([begin, end], np.uint64)).tolist()
    rejected = {reason: count for reason, count in zip(layout.REASONS, counts, strict=True) if count}
    return Gap(lane, seq, ts, since, until, rejected)


def gap_of_json(lane: int, value: Mapping[str, Any]) -> Gap:
    """The gap that a line says. Raises ValueError, KeyError or TypeError if it says none of this lane."""
    if int(value["lane"], 16) != lane:
        raise ValueError("its lane is another one than its first bytes say")
    rejected = {str(reason): int(count) for reason, count in value["rejected"].items()}
    try:  # the ranges that an array of the stream has
        struct.pack("<Qqqq", value["before"], value["ts"], value["from"], value["to"])
    except struct.error as error:
        raise ValueError(f"a number is out of range: {error}") from error
    return Gap(lane, value["before"], value["ts"], value["from"], value["to"], rejected)

"""One Python thread's events into files on a disk; divide extra_info["events"] by the time."""

from __future__ import annotations

import pytest

from bench import events

EVENTS = 200_000


@pytest.mark.parametrize(
    "route", [events.through_collector, events.through_deque_records, events.through_deque_payloads]
)
def test_into_files(benchmark, route):
    benchmark.group = f"end to end: {EVENTS} events of 64 bytes, emit until in a file"
    benchmark.extra_info["events"] = EVENTS
    benchmark.pedantic(route, args=(EVENTS,), rounds=12, warmup_rounds=1)

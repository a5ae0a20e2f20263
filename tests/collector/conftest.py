"""Directories and small collectors for the tests of the emitting side."""

import pytest

import lockfree


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "events"


@pytest.fixture
def full_lane(directory):
    """Opens a collector whose lane nobody drains, and fills it: returns it and how many events it took."""
    opened = []

    def fill(**options):
        collector = lockfree.Collector(directory, memory="1MiB", lane_bytes="64KiB", drain=False, **options)
        opened.append(collector)
        taken = 0
        while collector.pressure() < 0.88:
            assert collector.emit(bytes(64))
            taken += 1
        return collector, taken

    yield fill
    for collector in opened:
        collector.close()

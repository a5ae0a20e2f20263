"""Drawn programs on the Python rings, each side a Python thread that changes places as often as it can."""

from dataclasses import replace

import pytest

from lockfree import SpscBytes, SpscRing
from lockfree.testing import PythonExecutor, RaceFoundError, programs, search

pytestmark = pytest.mark.stress


class Numbers(SpscBytes):
    """Records that are numbers; 16 bytes each in the buffer."""

    def put_nowait(self, item):
        super().put_nowait(b"%d" % item)

    def get_nowait(self):
        return int(super().get_nowait())


def left(queue):
    return [int(item) for item in queue.consumer().drain()]


def test_programs_on_the_ring():
    executor = PythonExecutor(lambda program: SpscRing(program.capacity, "i8"), left)
    assert search(executor, programs("spsc_ring"), examples=60, repetitions=4) >= 240


def test_programs_on_the_records():
    four = programs("spsc_ring").map(lambda program: replace(program, capacity=4))
    assert search(PythonExecutor(lambda _: Numbers(64), left), four, examples=60, repetitions=4) >= 240


class Forgetful(SpscRing):
    """Says that it is empty when it has just been shut down."""

    def get_nowait(self):
        if self.is_shutdown:
            self.drain()
        return super().get_nowait()


def test_a_ring_that_loses_items_at_the_end_is_found():
    executor = PythonExecutor(lambda program: Forgetful(program.capacity, "i8"), left)
    with pytest.raises(RaceFoundError, match=r"conservation|closed"):
        search(executor, programs("spsc_ring"), examples=400, repetitions=4)

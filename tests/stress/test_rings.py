"""SpscRing and SpscBytes between two real threads at full load: everything once, in order, nobody left asleep."""

import random
import time

import numpy as np
import pytest

from lockfree import SpscBytes, SpscRing
from lockfree.errors import ShutDown
from lockfree.testing import together

pytestmark = pytest.mark.stress

MILLION = 1_000_000
PATIENCE = 20.0  # seconds; a thread that waits longer was not woken


def test_a_million_integers_one_by_one():
    ring = SpscRing(64, "i8")

    def produce():
        for number in range(MILLION):
            ring.put(number)
        ring.shutdown()

    def consume():
        expected = 0
        for number in ring:
            if number != expected:
                return number, expected
            expected += 1
        return expected

    assert together(produce, consume, timeout=60, interval=1e-4)[1] == MILLION
    stats = ring.stats()
    assert (stats.pushed, stats.popped, stats.size) == (MILLION, MILLION, 0)


@pytest.mark.parametrize("capacity", [1, 7, 1000])
def test_a_million_integers_in_batches_of_random_sizes(capacity):
    ring = SpscRing(capacity, "u4")
    numbers = np.arange(MILLION if capacity > 100 else MILLION // 50, dtype="u4")

    def produce():
        dice, at = random.Random(1), 0
        while at < len(numbers):
            n = dice.randint(1, 400)
            if dice.random() < 0.5:
                ring.put_array(numbers[at : at + n], timeout=PATIENCE)
            else:
                n = ring.put_many(numbers[at : at + n].tolist(), timeout=PATIENCE)
            at += n
        ring.shutdown()

    def consume():
        dice, parts = random.Random(2), []
        try:
            while True:
                n = dice.randint(1, 400)
                parts.append(ring.get_many(n, timeout=PATIENCE) if dice.random() < 0.5 else ring.get_array(n))
        except ShutDown:
            return np.concatenate([np.asarray(part, "u4") for part in parts])

    taken = together(produce, consume, timeout=60, interval=1e-4)[1]
    assert np.array_equal(taken, numbers)


def test_a_million_records_of_random_lengths():
    queue = SpscBytes(4096)
    dice = random.Random(3)
    tails = [bytes(dice.randrange(200)) for _ in range(97)]

    def produce():
        for number in range(MILLION):
            queue.put(b"%d:%b" % (number, tails[number % 97]))
        queue.shutdown()

    def consume():
        expected = 0
        for record in queue:
            if record != b"%d:%b" % (expected, tails[expected % 97]):
                return record, expected
            expected += 1
        return expected

    assert together(produce, consume, timeout=60, interval=1e-4)[1] == MILLION


@pytest.mark.parametrize("round_", range(60))
def test_what_a_put_accepted_before_a_shutdown_comes_out(round_):
    dice = random.Random(round_)
    queue = SpscRing(dice.choice((1, 2, 5, 64)), "i8") if round_ % 2 else SpscBytes(dice.choice((64, 256, 4096)))
    encode = (lambda n: n) if round_ % 2 else (lambda n: b"%d" % n)
    several = dice.random() < 0.5

    def produce():
        accepted = 0
        try:
            while True:
                if several:
                    accepted += queue.put_many([encode(accepted + i) for i in range(3)])
                else:
                    queue.put(encode(accepted))
                    accepted += 1
        except ShutDown:
            return accepted

    def consume():
        return list(queue)

    def stop():
        time.sleep(dice.random() * 0.004)
        queue.shutdown()

    accepted, taken, _ = together(produce, consume, stop, timeout=PATIENCE, interval=1e-6)
    assert taken == [encode(n) for n in range(accepted)]
    stats = queue.stats()
    assert stats.pushed == stats.popped == accepted


@pytest.mark.parametrize("make", [lambda: SpscRing(1, "i8"), lambda: SpscBytes(64)], ids=["ring", "bytes"])
@pytest.mark.parametrize(("interval", "trips"), [(1e-6, 8_000), (5e-3, 30_000)])
def test_no_wake_up_is_lost_in_a_ping_pong(make, interval, trips):
    there, back = make(), make()
    item = 7 if isinstance(there, SpscRing) else b"7"

    def ping():
        for _ in range(trips):
            there.put(item, timeout=PATIENCE)
            back.get(timeout=PATIENCE)

    def pong():
        for _ in range(trips):
            there.get(timeout=PATIENCE)
            back.put(item, timeout=PATIENCE)

    together(ping, pong, timeout=60, interval=interval)
    assert there.stats().get_waits + back.stats().get_waits > trips // 100, "hardly anybody slept: nothing was shown"


@pytest.mark.parametrize("make", [lambda: SpscRing(1, "i8"), lambda: SpscBytes(64)], ids=["ring", "bytes"])
def test_a_shutdown_wakes_whoever_sleeps(make):
    for side in ("put", "get"):
        for round_ in range(50):
            queue = make()
            item = 7 if isinstance(queue, SpscRing) else bytes(24)

            def sleep(queue=queue, item=item, side=side):
                try:
                    while True:
                        queue.put(item, timeout=PATIENCE) if side == "put" else queue.get(timeout=PATIENCE)
                except ShutDown:
                    return

            def stop(queue=queue, round_=round_):
                time.sleep(0.0005 * (round_ % 3))
                queue.shutdown(immediate=round_ % 2 == 0)

            together(sleep, stop, timeout=PATIENCE)

"""emit from a signal handler: between two emits it is an event as any other; inside an emit that waits it is too."""

import os
import signal
import threading
import time

import lockfree
from tests.collector import oracle


def test_a_handler_emits_among_the_threads_own_events(directory):
    handled = []

    def handler(*_):
        handled.append(collector.emit(b"handler %d" % len(handled)))

    before = signal.signal(signal.SIGUSR1, handler)
    stop = threading.Event()

    def ring():
        while not stop.is_set():
            os.kill(os.getpid(), signal.SIGUSR1)
            time.sleep(0.0005)

    thread = threading.Thread(target=ring)
    try:
        with lockfree.Collector(directory, memory="8MiB", overflow="block") as collector:
            thread.start()
            emitted = 0
            while len(handled) < 100:
                assert collector.emit(b"main %d" % emitted)
                emitted += 1
                if emitted % 50 == 0:
                    time.sleep(0.0001)
            stop.set()
            thread.join()
    finally:
        stop.set()
        signal.signal(signal.SIGUSR1, before)
    assert all(handled)
    found = oracle.payloads(directory)
    assert [p for p in found if p[:1] == b"m"] == [b"main %d" % n for n in range(emitted)]
    assert [p for p in found if p[:1] == b"h"] == [b"handler %d" % n for n in range(len(handled))]
    oracle.assert_balanced(directory)


def test_a_handler_emits_while_its_thread_waits_for_room(full_lane, directory):
    collector, taken = full_lane(overflow="block", block_timeout=0.5)
    answers = []
    before = signal.signal(signal.SIGUSR1, lambda *_: answers.append(collector.emit(b"critical", critical=True)))
    timer = threading.Timer(0.15, os.kill, (os.getpid(), signal.SIGUSR1))
    try:
        timer.start()
        while collector.emit(bytes(64)):
            taken += 1
    finally:
        signal.signal(signal.SIGUSR1, before)
    timer.join()
    assert answers == [True]
    stats = collector.stats()
    assert (stats.accepted, stats.rejected["full"]) == (taken + 1, 1)
    assert stats.offered == taken + 2
    collector.close()
    assert oracle.payloads(directory)[-1] == b"critical"

"""fork and multiprocessing: the child emits into lanes of its own; nothing pending is lost, doubled or cleared."""

import multiprocessing
import os
import pickle
import subprocess
import sys
import textwrap
import threading
import time

import pytest

import lockfree
from tests.collector import oracle
from tests.collector.programs import run

# From 3.12 on fork warns of threads; the collector's drain is one, and what these tests are about.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


def in_child(work) -> None:
    """Forks, runs work in the child, which then leaves by os._exit; asserts that it got there."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def assert_arrived(directory, expected) -> None:
    lockfree.Collector(directory).close()
    assert sorted(oracle.payloads(directory)) == sorted(expected)
    assert not oracle.lanes_left(directory)
    assert oracle.assert_balanced(directory)["accepted"] == len(expected)


@pytest.mark.parametrize("drain", [True, False])
def test_pending_events_stay_the_parents(directory, drain):
    collector = lockfree.Collector(directory, drain=drain)
    for n in range(1000):
        assert collector.emit(b"before %d" % n)

    def work():
        for n in range(1000):
            assert collector.emit(b"child %d" % n)

    in_child(work)
    for n in range(1000):
        assert collector.emit(b"after %d" % n)
    collector.close()
    assert_arrived(directory, [b"%s %d" % (who, n) for who in (b"before", b"child", b"after") for n in range(1000)])


def test_a_child_that_never_emits_changes_nothing(directory):
    collector = lockfree.Collector(directory)
    collector.emit(b"before")
    in_child(lambda: None)
    in_child(collector.pressure)
    collector.emit(b"after")
    collector.close()
    assert_arrived(directory, [b"before", b"after"])


def test_a_child_that_closes_closes_only_its_own(directory):
    collector = lockfree.Collector(directory)
    assert collector.emit(b"before")

    def work():
        assert collector.emit(b"child")
        collector.close()
        assert collector.emit(b"too late") is False

    in_child(work)
    assert collector.emit(b"after")
    collector.close()
    assert_arrived(directory, [b"before", b"child", b"after"])


def test_a_childs_counters_start_anew(directory):
    with lockfree.Collector(directory) as collector:
        for _ in range(10):
            collector.emit(b"x")

        def work():
            for _ in range(3):
                assert collector.emit(b"y")
            stats = collector.stats()
            assert (stats.offered, stats.accepted) == (3, 3)

        in_child(work)
        assert collector.stats().accepted == 10


def test_typed_events_and_grandchildren(directory):
    from dataclasses import dataclass

    @dataclass
    class Born:
        generation: int

    collector = lockfree.Collector(directory)
    born = collector.event(Born)

    def work():
        assert born(1)
        in_child(lambda: born(2))

    assert born(0)
    in_child(work)
    collector.close()
    lockfree.Collector(directory).close()
    assert sorted(payload[0] for payload in oracle.payloads(directory)) == [0, 1, 2]
    assert set(oracle.schemas(directory).values()) == {"born(generation:int)"}


def test_forks_while_threads_emit(directory):
    collector = lockfree.Collector(directory, memory="8MiB", overflow="block")
    stop = threading.Event()
    counts = [0, 0]

    def emit(index):
        while not stop.is_set():
            counts[index] += sum(collector.emit(b"parent") for _ in range(100))
            time.sleep(0.001)

    threads = [threading.Thread(target=emit, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(15):
        in_child(lambda: [collector.emit(b"child") for _ in range(20)])
    stop.set()
    for thread in threads:
        thread.join()
    collector.close()
    assert_arrived(directory, [b"parent"] * sum(counts) + [b"child"] * 300)


WORKERS = """
    import os, sys, lockfree

    collector = lockfree.Collector(sys.argv[1])
    collector.emit(b"master")
    workers = []
    for name in (b"a", b"b"):
        pid = os.fork()
        if pid == 0:
            for n in range(500):
                while not collector.emit(b"%s %d" % (name, n)): pass
            sys.exit(3)
        workers.append(pid)
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in workers] == [3, 3]
    left = [name for name in os.listdir(sys.argv[1]) if name.endswith(".lfl")]
    assert len(left) == 1, left  # the master's: the workers drained theirs on exit
"""


def test_workers_forked_from_a_master_drain_on_exit(directory):
    run(WORKERS, directory)
    assert not oracle.lanes_left(directory)
    expected = [b"master", *(b"%s %d" % (who, n) for who in (b"a", b"b") for n in range(500))]
    assert sorted(oracle.payloads(directory)) == sorted(expected)
    oracle.assert_balanced(directory)


MULTIPROCESSING = """
    import multiprocessing, sys, lockfree

    def work(collector, name):
        for n in range(500):
            while not collector.emit(b"%s %d" % (name, n)): pass

    if __name__ == "__main__":
        context = multiprocessing.get_context(sys.argv[2])
        collector = lockfree.Collector(sys.argv[1])
        children = [context.Process(target=work, args=(collector, name)) for name in (b"a", b"b")]
        for child in children: child.start()
        work(collector, b"parent")
        for child in children: child.join()
        assert [child.exitcode for child in children] == [0, 0]
        collector.close()
"""


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_multiprocessing(tmp_path, directory, method):
    program = tmp_path / "program.py"
    program.write_text(textwrap.dedent(MULTIPROCESSING))
    subprocess.run([sys.executable, program, directory, method], check=True, timeout=60)
    # The children drained before they left: nothing was left for another open.
    assert not oracle.lanes_left(directory)
    assert sorted(oracle.payloads(directory)) == sorted(
        b"%s %d" % (who, n) for who in (b"parent", b"a", b"b") for n in range(500)
    )
    oracle.assert_balanced(directory)


def test_a_pickled_collector_opens_the_same_directory(directory):
    with lockfree.Collector(directory, memory="2MiB") as collector:
        collector.emit(b"first")
        with pickle.loads(pickle.dumps(collector)) as other:
            assert other.path == str(directory)
            other.emit(b"second")
    assert sorted(oracle.payloads(directory)) == [b"first", b"second"]

"""However a process ends in order, its events are in the segments; what it could not write, the next open does."""

import os
import threading
import time

import pytest

import lockfree
from tests.collector import oracle
from tests.collector.programs import run

COUNT = 20_000
EMIT = """
    import sys, lockfree
    collector = lockfree.Collector(sys.argv[1])
    for n in range(20_000):
        while not collector.emit(b"%d" % n): pass
"""


def assert_all(directory):
    assert oracle.payloads(directory) == [b"%d" % n for n in range(COUNT)]
    assert not oracle.lanes_left(directory)
    assert oracle.assert_balanced(directory)["accepted"] == COUNT


@pytest.mark.parametrize(
    "end",
    [
        "",
        "sys.exit(0)",
        "del collector",
        "collector.close(); collector.close()",
        "self = collector; collector.cycle = self; del self, collector",
        "import threading; threading.Thread(target=lambda: collector.flush()).start()",
        "import threading, time; threading.Thread(target=lambda _: time.sleep(9), args=[collector], daemon=1).start()",
        "import builtins; builtins.kept = collector; collector = None",
    ],
)
def test_exit_without_close_loses_nothing(directory, end):
    run(EMIT + f"\n    {end}\n", directory)
    assert_all(directory)


def test_an_uncaught_exception_loses_nothing(directory):
    run(EMIT + "\n    raise RuntimeError\n", directory, code=1)
    assert_all(directory)


def test_with_closes_and_lets_the_exception_through(directory):
    def fail():
        with lockfree.Collector(directory) as collector:
            collector.emit(b"x")
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        fail()
    assert oracle.payloads(directory) == [b"x"]


def test_os_exit_leaves_it_to_the_next_open(directory):
    run(EMIT + "\n    import os; os._exit(0)\n", directory)
    assert oracle.lanes_left(directory)
    lockfree.Collector(directory).close()
    assert_all(directory)


def test_events_from_exit_handlers_arrive(directory):
    program = """
        import atexit, sys, lockfree
        collector = lockfree.Collector(sys.argv[1])
        atexit.register(collector.emit, b"late")
        collector.emit(b"early")
    """
    run(program, directory)
    assert oracle.payloads(directory) == [b"early", b"late"]


def test_a_collector_made_while_the_interpreter_ends(directory):
    program = """
        import atexit, sys
        atexit.register(lambda: lockfree.Collector(sys.argv[1]).emit(b"last words"))
        import lockfree, lockfree.collector
    """
    run(program, directory)
    lockfree.Collector(directory).close()
    assert oracle.payloads(directory) == [b"last words"]


def test_daemon_threads_that_emit_to_the_end_do_not_hang_or_crash(directory):
    program = """
        import sys, threading, time, lockfree
        collector = lockfree.Collector(sys.argv[1], overflow=sys.argv[2])
        def emit():
            while True: collector.emit(bytes(1000))
        for _ in range(3): threading.Thread(target=emit, daemon=True).start()
        time.sleep(0.2)
    """
    for overflow in ("drop_new", "block"):
        run(program, directory, overflow)
    lockfree.Collector(directory).close()
    assert oracle.assert_balanced(directory)["accepted"] > 1000


def test_an_emitter_still_waiting_when_the_collector_closes_is_counted_as_closed(directory):
    pytest.importorskip("lockfree._ffi", reason="the call that gives up half-way is made through cffi")
    ffi, lib = lockfree.ffi, lockfree.lib
    text = ffi.new("char[]", os.fsencode(directory))
    options = ffi.new("lf_collector_options *", {"dir": text, "overflow": lib.LF_OVERFLOW_BLOCK, "drain": 0})
    handle, error = ffi.new("lf_collector **"), ffi.new("char[512]")
    assert lib.lf_collector_open(options, handle, error, 512) == 0, ffi.string(error)
    lane = lib.lf_collector_lane(handle[0])
    while lib.lf_lane_emit(lane, b"x" * 4096, 4096, 0, 4) == lib.LF_OK:  # 4: LF_EMIT_WAIT
        pass
    assert lib.lf_collector_close(handle[0], 5_000_000_000, error, 512) == 0, ffi.string(error)
    [entry] = [line for line in oracle.ledger(directory) if line["lane"]]
    assert entry["rejected"]["closed"] == 1
    assert entry["offered"] == entry["accepted"] + 1
    lib.lf_collector_free(handle[0])


def test_close_and_flush_keep_their_time(directory):
    with lockfree.Collector(directory) as collector:
        collector.emit(b"x")
        assert collector.flush(0) in (True, False)
        started = time.monotonic()
        assert collector.flush(30) is True
        assert time.monotonic() - started < 10
        for wrong in (-1, float("nan"), 1e30):
            with pytest.raises(ValueError, match="timeout"):
                collector.flush(wrong)


def test_many_threads_close_at_once(directory):
    collector = lockfree.Collector(directory)
    collector.emit(b"x")
    threads = [threading.Thread(target=collector.close) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    assert oracle.payloads(directory) == [b"x"]
    oracle.assert_balanced(directory)

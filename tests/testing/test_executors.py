"""The executors run what they are told, on several threads at once, and write down what happened."""

import queue
import subprocess
import sys
import threading

import pytest
from hypothesis import given, settings

from lockfree.testing import (
    Hold,
    NativeExecutor,
    Program,
    PythonExecutor,
    RaceFoundError,
    Step,
    ThreadStuckError,
    judge,
    programs,
    search,
    switch_interval,
    together,
)


@pytest.fixture(scope="module")
def ring():
    return NativeExecutor("spsc_ring")


def test_a_hold_lets_the_other_thread_pass(ring):
    program = Program(((Step("push"),), (Step("pop", hold=Hold(1, 1)),)))
    histories = list(ring.run(program, repetitions=40))
    taken = [h for h in histories if any(e.call == "pop" and e.items == (1,) for e in h.events)]
    assert len(taken) >= 22  # 40 on a quiet machine, 25 on one that is ten times overloaded, 16 without the hold
    assert any("spsc_ring.h:" in e.held and "popped" in e.held for h in histories for e in h.events)


def test_holds_of_both_threads_do_not_lock_up(ring):
    program = Program(((Step("push", hold=Hold(1, 9)),), (Step("pop", hold=Hold(1, 9)),)))
    assert len(list(ring.run(program, repetitions=50))) == 50


def test_both_threads_are_in_their_calls_at_once(ring):
    program = Program((tuple(Step("push") for _ in range(8)), tuple(Step("pop") for _ in range(8))), capacity=2)
    overlaps = 0
    for history in ring.run(program, repetitions=200):
        assert judge(history) is None
        mine, theirs = ([e for e in history.events if e.thread == t] for t in (0, 1))
        overlaps += any(a.begin < b.end and b.begin < a.end for a in mine for b in theirs)
    assert overlaps >= 20


def test_what_was_inside_before_the_start_is_in_the_history(ring):
    program = Program(((Step("push"),), (Step("pop"),)), capacity=3, filled=2)
    for history in ring.run(program, repetitions=8):
        assert history.puts()[0].items == (1, 2)
        assert history.takes()[0].items == (1,)
        assert judge(history) is None


@pytest.mark.parametrize("start", [0, 2**32 - 1, 2**64 - 1, 2**64 - 2])
def test_counters_start_where_the_program_says(ring, start):
    program = Program(((Step("push_n", n=3),), (Step("pop_n", n=3, hold=Hold(1, 1)),)), capacity=3, start=start)
    assert all(judge(history) is None for history in ring.run(program, repetitions=8))


def test_sizes_that_no_queue_has_are_refused(ring):
    with pytest.raises(ValueError, match="out of bounds"):
        list(ring.run(Program(((Step("push"),),), capacity=0)))


@pytest.mark.parametrize(("call", "n"), [("steal", 1), ("push_n", 0), ("pop_n", 9)])
def test_steps_that_no_executor_has_are_refused(call, n):
    with pytest.raises(ValueError, match=r"unknown call|out of bounds"):
        Step(call, n=n)


def test_an_unknown_structure_is_refused_with_the_names_of_the_known():
    with pytest.raises(ValueError, match="spsc_ring, spsc_bytes"):
        NativeExecutor("mpsc_ring")


def test_draws_reach_the_wraps_the_closes_and_the_batches():
    drawn = []

    @settings(max_examples=200, database=None, derandomize=True)
    @given(programs())
    def keep(program):
        drawn.append(program)

    keep()
    assert any(p.start == 2**64 - 1 for p in drawn)
    assert {len(p.threads) for p in drawn} == {2, 3}
    assert any(p.threads[0][-1].call == "close" for p in drawn)
    assert any(s.call == "push_n" and s.n > p.capacity for p in drawn for s in p.threads[0])
    assert any(p.filled == p.capacity > 1 for p in drawn)


class LossyQueue(queue.Queue):
    """Asks and puts in two steps, without the lock between them."""

    def put_nowait(self, item):
        if len(self.queue) >= self.maxsize:
            raise queue.Full
        self.queue.append(item)
        if item % 5 == 4:
            self.queue.pop()


def test_python_queues_run_the_same_programs():
    drawn = programs(close=False, steps_most=4)
    assert search(PythonExecutor(lambda p: queue.Queue(p.capacity)), drawn, examples=20, repetitions=2) >= 40


def test_a_faulty_python_queue_is_found():
    drawn = programs(close=False, steps_most=8)
    with pytest.raises(RaceFoundError, match="conservation: 4"):
        search(PythonExecutor(lambda p: LossyQueue(p.capacity)), drawn, examples=200, repetitions=2)


def test_together_starts_all_and_returns_in_order():
    meeting = threading.Barrier(3)
    assert together(*(lambda n=n: (meeting.wait(5), n)[1] for n in range(3))) == [0, 1, 2]


def test_together_hands_on_an_exception():
    def fails():
        raise KeyError("seeded")

    with pytest.raises(KeyError, match="seeded"):
        together(fails, lambda: None)


def test_together_names_a_thread_that_does_not_end():
    forever = threading.Event()
    with pytest.raises(ThreadStuckError, match="wait"):
        together(forever.wait, lambda: None, timeout=0.2)
    forever.set()


def test_the_switch_interval_is_restored():
    before = sys.getswitchinterval()
    with switch_interval(1e-5):
        assert sys.getswitchinterval() == pytest.approx(1e-5)
    assert sys.getswitchinterval() == pytest.approx(before)


def test_without_hypothesis_judges_load_and_programs_say_how_to_install_it():
    code = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "from lockfree.testing import judge, together, NativeExecutor\n"
        "try:\n    from lockfree.testing import programs\n"
        "except ImportError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'lockfree[testing]'" in done.stdout

"""`race` on anybody's class: what it takes, what it finds, that it finds the same again, and what it tells."""

import queue
import re
import threading
import time
from threading import Lock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockfree.check.specs import FifoSpec, ModelSpec, RegisterSpec, UnknownOperationError, Waits
from lockfree.testing import RaceCase, RaceFoundError, fresh, race, rule
from lockfree.testing.racing.points import Points
from lockfree.testing.racing.rules import RaceCall, RaceProgram, programs_of
from lockfree.testing.racing.runs import Deterministic
from lockfree.testing.racing.watching import watcher
from tests.mutants.python_races import counter_outside_the_lock as counter
from tests.mutants.python_races import lost_notify

FEW = {"examples": 15, "runs": 60}
MODULE_LOCK = threading.Lock()


@race(threads=3, spec=FifoSpec(blocking=True), **FEW)
class TestCollected(lost_notify.Fixed):
    """Pytest finds this class and runs its one test."""

    put = rule(item=fresh())
    get = rule()


def test_what_the_decorator_returns_is_a_test():
    assert issubclass(TestCollected, RaceCase)
    assert [name for name in dir(TestCollected) if name.startswith("test")] == ["test_no_race_is_found"]


def raced(under_test, spec, rules, **options):
    return race(spec=spec, **options)(type("Raced", (under_test,), dict(rules)))


def found(under_test, spec, rules, **options):
    with pytest.raises(RaceFoundError) as raised:
        raced(under_test, spec, rules, **options).search()
    return raised.value


def test_the_whole_message():
    error = found(counter.Broken, counter.SPEC, counter.RULES)
    assert str(error).strip().splitlines() == [
        "thread 1: add()",
        "thread 2: add()",
        "",
        "thread 1                                    thread 2",
        "------------------------------------------  ------------------------------------------",
        "add …",
        "    stops before",
        "      counter_outside_the_lock.py:32",
        "      self.count = count + 1",
        "                                            add → 1",
        "… → 1",
        "",
        "not linearizable: no order explains all",
        "the longest order that the specification allows:",
        "    thread 1  add → 1",
        "then (count=1):",
        "    thread 2  add → 1: the specification answers 2",
        "",
        "run again 5 times, it broke the specification 5 times",
        "schedule: each thread goes on as long as it can; thread 2 at step 6 goes on instead",
    ]
    assert len(error.program) == 2
    assert [o.value for o in error.history] == [1, 1]


def test_the_same_seed_finds_the_same():
    messages = {str(found(lost_notify.Broken, lost_notify.SPEC, lost_notify.RULES, seed=3)) for _ in range(3)}
    assert len(messages) == 1


def test_on_takes_what_makes_the_object_and_rules_may_be_methods():
    made = []

    def make():
        made.append(counter.Broken())
        return made[-1]

    @race(spec=counter.Model, on=make)
    class Raced:
        add = rule()

    with pytest.raises(RaceFoundError, match="the specification answers 2"):
        Raced.search()
    assert len(made) > 2

    @race(spec=RegisterSpec(0))
    class Adapted:
        def __init__(self):
            self.wrapped = counter.Broken()

        @rule(number=st.just(1))
        def increment(self, number):
            del number
            return self.wrapped.add()

    with pytest.raises(RaceFoundError, match="increment 1"):
        Adapted.search()


@pytest.mark.parametrize(
    ("rules", "options", "error", "message"),
    [
        ({}, {}, TypeError, "has no rules"),
        ({"subtract": rule()}, {}, TypeError, "no method 'subtract': derive it"),
        ({"add": rule()}, {"threads": 1}, ValueError, "two threads"),
        ({"add": rule()}, {"schedule": "fair"}, ValueError, "deterministic, free"),
        ({"add": rule()}, {"spec": FifoSpec}, UnknownOperationError, "push, pop, close; not 'add'"),
    ],
)
def test_what_cannot_be_raced_is_refused_with_a_sentence(rules, options, error, message):
    with pytest.raises(error, match=message):
        raced(counter.Fixed, rules=rules, **{"spec": counter.Model, **options})


def test_free_threads_find_it_too():
    class Slow(counter.Broken):
        def add(self):
            with self.lock:
                count = self.count
            time.sleep(0.002)  # a window that others find however busy the machine is
            self.count = count + 1
            return count + 1

    error = found(Slow, counter.Model, counter.RULES, schedule="free", runs=10)
    assert len(error.program) <= 6
    assert "schedule" not in str(error)
    assert raced(counter.Fixed, counter.Model, counter.RULES, schedule="free", examples=5, runs=5).search() >= 25


class OfGlobals:
    """Reads two globals one after the other, and writes both at once."""

    def __init__(self):
        globals().update(LEFT=0, RIGHT=0)

    def step(self):
        globals().update(LEFT=1, RIGHT=1)

    def read(self):
        return (LEFT, RIGHT)  # noqa: F821  made by __init__


class OfGlobalsModel:
    def __init__(self):
        self.both = 0

    def step(self):
        self.both = 1

    def read(self):
        return (self.both, self.both)


def test_globals_are_shared_too():
    error = found(OfGlobals, OfGlobalsModel, {"step": rule(), "read": rule()})
    assert "read → (0, 1)" in str(error)


def test_a_free_thread_that_waits_for_ever_is_judged():
    rules = {"get": rule()}
    spec = FifoSpec(blocking=True)
    assert raced(lost_notify.Fixed, spec, rules, schedule="free", examples=2, runs=1, timeout=0.1).search() >= 1
    error = found(lost_notify.Fixed, FifoSpec(), rules, schedule="free", examples=2, runs=1, timeout=0.1)
    assert "waits for ever, where the specification answers empty" in str(error)


# --- what threads wait for -------------------------------------------------------------------------------------------


class Toy:
    def __init__(self):
        self.inner = queue.Queue(1)
        self.own = Lock()

    def put(self, item):
        self.inner.put(item)

    def get(self):
        return self.inner.get()


QUEUE = {"put": rule(item=fresh()), "get": rule()}


def test_queues_of_the_standard_library_wait_and_wake_under_control():
    assert raced(Toy, FifoSpec(1, blocking=True), QUEUE, threads=3, **FEW).search() > 100
    error = found(Toy, FifoSpec(2, blocking=True), QUEUE)
    assert "waits for ever" in str(error)
    assert [o.pending for o in error.history].count(True) == 1


def test_imported_names_and_locks_of_modules_and_classes_are_exchanged_and_put_back():
    seen = set()

    class Mine:
        class_lock = threading.RLock()

        def look(self):
            seen.update(map(type, (Lock(), MODULE_LOCK, self.class_lock, threading.Lock(), threading.RLock())))
            with self.class_lock, self.class_lock, MODULE_LOCK:
                return

    before = (threading.Lock, threading.RLock, Lock, MODULE_LOCK, Mine.class_lock, time.sleep)
    raced(Mine, Mine, {"look": rule()}, **FEW).search()
    assert {t.__name__ for t in seen} == {"RaceLock", "RaceRLock"}
    assert (threading.Lock, threading.RLock, Lock, MODULE_LOCK, Mine.class_lock, time.sleep) == before


def hidden(lock):
    """A lock that nobody finds to exchange."""
    return lambda: lock


def test_an_unknown_lock_is_noticed_and_waited_for():
    class Model:
        def __init__(self):
            self.count = 0

        def add(self):
            self.count += 1
            return self.count

    class Locked(Model):
        lock = staticmethod(hidden(threading.Lock()))

        def add(self):
            with self.lock():
                return super().add()

    assert raced(Locked, Model, {"add": rule()}, examples=2, runs=6, alone=(0, 0), steps=1).search() >= 6


def test_a_sleep_lets_others_go_on():
    class Sleepy(counter.Model):
        def add(self):
            count = self.count
            time.sleep(0.001)
            self.count = count + 1
            return count + 1

    error = found(Sleepy, counter.Model, {"add": rule()})
    assert "no thread goes on instead" in str(error)


def test_a_timeout_is_over_only_when_nobody_else_can_go_on():
    class Model:
        def __init__(self):
            self.inside = 0

        def put(self):
            self.inside += 1

        def get(self):
            if self.inside:
                self.inside -= 1
                return True
            return False

    class Timed(Model):
        def __init__(self):
            self.permits = threading.Semaphore(0)

        def put(self):
            self.permits.release()

        def get(self):
            return self.permits.acquire(timeout=0.001)

    rules = {"put": rule(), "get": rule()}
    assert raced(Timed, Model, rules, examples=30, runs=40).search() > 100


def test_who_spins_is_made_to_let_others_go_on_and_given_up_at_last():
    class Flag:
        def __init__(self):
            self.flag = False

        def raise_it(self):
            self.flag = True

        def await_it(self):
            while not self.flag:
                pass

    class Model(Flag):
        def await_it(self):
            if not self.flag:
                raise Waits

    rules = {"raise_it": rule(), "await_it": rule()}
    assert raced(Flag, Model, rules, examples=12, runs=4, alone=(0, 0), steps=1).search() > 12

    class Deaf(Flag):
        def raise_it(self):
            pass

    assert "thread" in str(found(Deaf, Model, rules, examples=12, runs=2, alone=(0, 0), steps=1))


class Growing:
    def __init__(self):
        self.items = []

    def add(self, item):
        self.items.append(item)
        return self.items


def test_results_are_kept_as_they_were():
    calls = tuple(RaceCall("add", (("item", n),)) for n in (1, 2))
    run = Deterministic(Growing, ModelSpec(Growing), watcher(Points(frozenset()))).run(RaceProgram(after=calls), {})
    assert [o.value for o in run.history] == [[1], [1, 2]]


def test_a_fault_of_the_specification_is_raised():
    class Confused(FifoSpec):
        def read(self, operation, result):
            raise ZeroDivisionError("seeded")

    with pytest.raises(ZeroDivisionError, match="seeded"):
        raced(lost_notify.Fixed, Confused(), lost_notify.RULES).search()


class Fickle:
    """Makes new code whenever it is called, and leaves by an exception that is no Exception."""

    def leave(self):
        eval("(lambda: 1)()")
        raise SystemExit


def test_new_code_in_every_run_and_exits_are_borne():
    assert raced(Fickle, Fickle, {"leave": rule()}, **FEW).search() > 100


class Pulse:
    """Whether `glimpse` sees it change needs two changes of thread: out of one call, and out of the other again."""

    def __init__(self):
        self.high = False

    def pulse(self):
        self.high = True
        self.high = False

    def glimpse(self):
        first = self.high
        return self.high != first


def test_two_changes_of_thread_are_tried_when_one_is_not_enough():
    rules = {"pulse": rule(), "glimpse": rule()}
    assert raced(Pulse, Pulse, rules, deviations=1).search() > 500
    error = found(Pulse, Pulse, rules)
    assert len(error.program) == 2
    assert len(re.findall(r"thread \d at step \d+", str(error))) == 2


def test_fresh_numbers_differ_in_the_order_of_the_program():
    @settings(max_examples=50, database=None, derandomize=True)
    @given(programs_of({"put": rule(item=fresh())}, threads=3, steps=3, alone=(2, 2)))
    def draw(program):
        everywhere = [*program.before, *(c for t in program.threads for c in t), *program.after]
        assert [dict(c.arguments)["item"] for c in everywhere] == list(range(1, len(everywhere) + 1))

    draw()


def test_what_is_called_once_is_called_once_and_not_before():
    calls = []

    class Once:
        def close(self):
            pass

        def use(self):
            pass

    made = raced(Once, Once, {"close": rule(once=True), "use": rule()}, **FEW)

    @settings(max_examples=100, database=None, derandomize=True)
    @given(programs_of(made.options.rules, threads=3, steps=3, alone=(2, 2)))
    def draw(program):
        everywhere = [*program.before, *(c for t in program.threads for c in t), *program.after]
        assert [c.method for c in everywhere].count("close") <= 1
        assert "close" not in [c.method for c in program.before]
        calls.extend(c.method for c in everywhere)

    draw()
    assert calls.count("close") > 10

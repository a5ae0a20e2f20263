"""Sizes and policies that cannot be: a clear error that says what to give, and no crash."""

import pytest

from tests.contract.specs import queues_over

ROOM = {"SpscRing": lambda queues, size, **options: queues.SpscRing(size, "i8", **options)}
ROOM["SpscBytes"] = lambda queues, size, **options: queues.SpscBytes(size, **options)


@pytest.fixture(params=ROOM)
def make(request, queues):
    return lambda size, **options: ROOM[request.param](queues, size, **options)


@pytest.mark.parametrize("size", [0, -1, -(2**63), -(2**80)])
def test_no_room_at_all(make, size):
    with pytest.raises(ValueError, match="at least 1"):
        make(size)


@pytest.mark.parametrize("size", [True, False, 1.0, "8", None, b"8", [8], 1j, float("nan")])
def test_what_is_no_number(make, size):
    with pytest.raises(TypeError, match="is a number of"):
        make(size)


@pytest.mark.parametrize("size", [2**46 + 1, 2**60, 2**62, 2**63 - 1, 2**63, 2**64, 10**30])
def test_more_than_there_is(make, size):
    with pytest.raises((ValueError, MemoryError), match=r"ask for|address space"):
        make(size)


def test_a_size_that_is_an_index(make):
    class Eight:
        def __index__(self):
            return 8

    assert make(Eight()).maxsize in (8, 64)


@pytest.mark.parametrize("overflow", ["", "drop", None, 1, "BLOCK"])
def test_an_unknown_policy(make, overflow):
    with pytest.raises(ValueError, match=r"'block', 'error', 'drop_new'"):
        make(8, overflow=overflow)


def test_drop_old_names_what_can_do_it(make):
    with pytest.raises(ValueError, match=r"only its consumer.*deque"):
        make(8, overflow="drop_old")


@pytest.mark.parametrize("itemsize", [0, -1, True, 1.5, "8", 2**62, 2**64])
def test_itemsize(queues, itemsize):
    with pytest.raises((TypeError, ValueError), match=r"itemsize|address space"):
        queues.SpscRing(4, itemsize=itemsize)


def test_an_item_is_said_once(queues):
    for options in ({}, {"dtype": "i8", "itemsize": 8}):
        with pytest.raises(TypeError, match="either dtype"):
            queues.SpscRing(4, **options)


def test_batches_and_spans(make):
    ring = make(64)
    for n in (0, -1):
        for call in (ring.get_many, ring.reserve):
            with pytest.raises(ValueError, match="at least 1"):
                call(n)
    for call in (ring.get_many, ring.reserve):
        with pytest.raises(TypeError, match="is a number"):
            call("3")
    with pytest.raises(TypeError, match="str is not a batch"):
        ring.put_many("abc")
    with pytest.raises(TypeError):
        ring.put_many(5)
    assert ring.get_many(2**62, block=False) == []


@pytest.mark.parametrize("name", ["SpscRing", "SpscBytes"])
def test_an_object_that_was_never_made(queues, name):
    kind = getattr(queues, name)
    empty = kind.__new__(kind)
    assert empty.qsize() == 0
    assert empty.is_shutdown is False
    empty.shutdown()
    for call in (lambda: empty.put(1), lambda: empty.try_put(1), empty.get, empty.try_get, lambda: empty._reserve(1)):
        with pytest.raises((AttributeError, RuntimeError)):
            call()


@pytest.mark.parametrize("name", ["SpscRing", "SpscBytes"])
def test_an_object_made_twice(queues, name):
    ring = queues.SpscRing(4, "i8") if name == "SpscRing" else queues.SpscBytes(64)
    ring.put(b"12345678" if name == "SpscBytes" else 5)
    with pytest.raises(RuntimeError, match="made already"):
        ring.__init__(*([8, "i8"] if name == "SpscRing" else [128]))
    assert ring.qsize() == 1


def test_the_types_of_core_take_nonsense():
    core = pytest.importorskip("lockfree._core")
    for arguments in ((), (1,), (0, 8, "q", "", "q", 8, 0, None, None), (4, 0, "q", "", "q", 8, 0, None, None)):
        with pytest.raises((TypeError, ValueError)):
            core.SpscRing(*arguments)
    for arguments in ((), (0, 0), (-1, 0), ("64", 0)):
        with pytest.raises((TypeError, ValueError)):
            core.SpscBytes(*arguments)
    with pytest.raises(TypeError):
        core.Span()
    assert queues_over("core").SpscRing(4, "i8").qsize() == 0

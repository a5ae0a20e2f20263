"""What goes in and comes out, by dtype; and arrays."""

import datetime as dt
import math

import pytest

np = pytest.importorskip("numpy")

INTEGERS = {f"{sign}{size}": (sign == "i", 8 * size) for sign in "iu" for size in (1, 2, 4, 8)}


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize("many", [False, True])
def test_integers_to_their_limits(queues, name, many):
    signed, bits = INTEGERS[name]
    least, most = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    ring = queues.SpscRing(4, name)

    def put(item):
        return ring.put_many([item]) if many else ring.put(item)

    for value in (least, most, 1, True, np.int8(5)):
        put(value)
        assert ring.get() == value
    for value in (least - 1, most + 1, 2**70):
        with pytest.raises(OverflowError, match="wider dtype"):
            put(value)
    for value in (1.5, "1", None):
        with pytest.raises(TypeError, match="is a number"):
            put(value)
    assert ring.empty()


@pytest.mark.parametrize("name", ["f4", "f8"])
def test_floats(queues, name):
    ring = queues.SpscRing(8, name)
    values = [0.5, -0.0, math.inf, 3, np.float32(1.5)]
    for value in values:
        ring.put(value)
    ring.put_many([0.25])
    got = ring.drain()
    assert got == [*map(float, values), 0.25]
    assert {type(item) for item in got} == {float}
    ring.put(math.nan)
    assert math.isnan(ring.get())
    with pytest.raises(TypeError, match="is a number"):
        ring.put("1.5")
    for call in (ring.put, lambda item: ring.put_many([item])):
        if name == "f4":
            with pytest.raises(OverflowError, match="wider dtype"):
                call(1e300)
        else:
            call(1e300)


def test_booleans(queues):
    ring = queues.SpscRing(4, "?")
    ring.put(True)
    ring.put_many([False, True])
    assert [ring.get(), ring.get(), ring.get()] == [True, False, True]


@pytest.mark.parametrize(
    "dtype", [int, "i8", "<i8", "int64", "=q", np.int64, np.dtype("i8"), pytest.param("|b", id="|b")]
)
def test_names_of_a_dtype(queues, dtype):
    ring = queues.SpscRing(4, dtype)
    assert ring.dtype == np.dtype(dtype)
    ring.put(-3)
    got = ring.get()
    assert (got, type(got)) == (-3, int)


def test_bytes_of_one_length(queues):
    ring = queues.SpscRing(4, itemsize=3)
    assert ring.itemsize == 3
    for item in (b"abc", bytearray(b"abc"), memoryview(b"abc"), np.frombuffer(b"abc", "u1")):
        ring.put(item)
        assert ring.get() == b"abc"
    for item in (b"ab", b"abcd", b""):
        with pytest.raises(ValueError, match="has 3 bytes, this one"):
            ring.put(item)
        with pytest.raises(ValueError, match="has 3 bytes, this one"):
            ring.put_many([item])
    with pytest.raises(TypeError, match="3 bytes"):
        ring.put("abc")
    assert ring.empty()


def test_other_dtypes_go_through_numpy(queues):
    for dtype, item in (("f2", 0.5), (">i4", 7), ("c16", 1 + 2j), ("S4", b"ab"), ("U3", "äöü")):
        ring = queues.SpscRing(4, dtype)
        ring.put(item)
        ring.put_many([item])
        assert [ring.get(), ring.get()] == [item, item]
    ring = queues.SpscRing(4, "M8[s]")
    day = np.datetime64(dt.datetime(2026, 1, 2, 3, 4, 5))  # noqa: DTZ001 - numpy's times have no zone
    ring.put(day)
    assert ring.get() == day


def test_records(queues):
    kind = np.dtype([("uid", "S4"), ("x", "<f8", (2,))])
    ring = queues.SpscRing(4, kind)
    ring.put((b"u1", (1, 2)))
    got = ring.get()
    assert got["uid"] == b"u1"
    assert got["x"].tolist() == [1, 2]
    ring.put(got)
    assert ring.get() == got
    with pytest.raises(TypeError, match="one record"):
        ring.put([(b"u1", (1, 2)), (b"u2", (1, 2))])


@pytest.mark.parametrize(
    ("dtype", "error", "says"),
    [
        (object, TypeError, "SpscBytes"),
        ("O", TypeError, "SpscBytes"),
        ([("a", "O")], TypeError, "SpscBytes"),
        ("S", ValueError, "no bytes"),
        (("f8", (3,)), TypeError, "name it as a field"),
        ("nonsense", TypeError, "is not a dtype"),
        (3.5, TypeError, "is not a dtype"),
    ],
)
def test_what_is_no_dtype_for_a_ring(queues, dtype, error, says):
    with pytest.raises(error, match=says):
        queues.SpscRing(4, dtype)


def test_a_string_longer_than_its_dtype_is_refused(queues):
    ring = queues.SpscRing(4, "S2")
    with pytest.raises(ValueError, match="longer than dtype"):
        ring.put(b"abc")


@pytest.mark.parametrize("dtype", ["i8", "f4", [("i", "<i4"), ("x", "<f8")], "M8[ms]"])
def test_arrays(queues, dtype):
    ring = queues.SpscRing(8, dtype)
    array = np.arange(48, dtype="u1").repeat(8)[: 12 * np.dtype(dtype).itemsize].copy().view(dtype)
    assert ring.put_array(array, block=False) == 8
    got = ring.get_array(3)
    assert (got == array[:3]).all()
    assert got.dtype == ring.dtype
    out = np.empty(4, dtype)
    part = ring.get_array(out=out)
    assert (part == array[3:7]).all()
    assert np.shares_memory(part, out)
    assert ring.put_array(array[8::2]) == 2  # strided: copied first
    got = ring.get_array()
    assert (got == [array[7], array[8], array[10]]).all()
    assert ring.get_array(block=False).shape == (0,)
    assert ring.get_array(out=out, timeout=0.001).shape == (0,)


def test_arrays_of_bytes(queues):
    ring = queues.SpscRing(4, itemsize=3)
    assert ring.put_array(np.arange(6, dtype="u1").reshape(2, 3)) == 2
    assert ring.get() == b"\0\1\2"
    assert ring.get_array().tobytes() == b"\3\4\5"


def test_arrays_that_do_not_fit(queues):
    ring = queues.SpscRing(4, "i8")
    for array in (np.zeros(2, "f8"), np.zeros((2, 2), "i8"), np.zeros(2, ">i8"), np.zeros((), "f8")):
        with pytest.raises(TypeError, match=r"\.astype\(\)"):
            ring.put_array(array)
    fixed = np.zeros(2, "i8")
    fixed.flags.writeable = False
    for out in (np.zeros(2, "f8"), np.zeros((2, 2), "i8"), np.zeros(8, "i8")[::2], fixed):
        with pytest.raises(TypeError, match="out must be"):
            ring.get_array(out=out)
    with pytest.raises(ValueError, match="no room"):
        ring.get_array(out=np.zeros(0, "i8"))
    assert ring.empty()


def test_get_array_waits_for_the_first(queues, worker, until):
    ring = queues.SpscRing(4, "i8")
    getter = worker(ring.get_array, 4)
    until(lambda: ring.stats().get_waits)
    ring.put(5)
    assert getter.result().tolist() == [5]


def test_any_buffer_is_a_record(queues):
    ring = queues.SpscBytes(256)
    for item in (b"", b"a", bytearray(b"abcdefgh"), memoryview(b"xyz"), np.arange(3, dtype="i4")):
        ring.put(item)
        assert ring.get() == bytes(item)
    assert ring.put_many([b"1", bytearray(b"22")]) == 2
    assert ring.get_many(5) == [b"1", b"22"]
    for item in ("text", 5, None, memoryview(b"abcdef")[::2]):
        with pytest.raises((TypeError, BufferError, ValueError)):
            ring.put(item)


def test_records_of_every_length(queues):
    ring = queues.SpscBytes(256)
    sent = [bytes([n % 251]) * (n % (ring.max_record + 1)) for n in range(2000)]
    got = []
    for record in sent:
        while not ring.try_put(record):
            got.append(ring.get())
    assert got + ring.drain() == sent


def test_a_record_that_never_fits(queues):
    ring = queues.SpscBytes(256)
    assert ring.maxsize == 256
    ring.put(bytes(ring.max_record))
    for call in (ring.put, ring.try_put, ring.put_nowait, lambda item: ring.put_many([item])):
        with pytest.raises(ValueError, match=r"never fits.*nbytes="):
            call(bytes(ring.max_record + 1))
    assert ring.qsize() == 1

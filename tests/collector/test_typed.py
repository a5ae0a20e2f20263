"""event(dataclass): the dataclass's own parameters, encoded as docs/reference/formats.md says, or refused by name."""

import inspect
import struct
from dataclasses import InitVar, dataclass, field

import pytest

import lockfree
from lockfree.collector.schema import schema_of, snake_case
from tests.collector import oracle


@dataclass
class Click:
    """A click."""

    uid: str
    item: int
    price: float = 1.5
    paid: bool = False
    raw: bytes = b""


@dataclass
class Empty:
    pass


@dataclass
class HTTPRequestDone:
    tags: str = field(default_factory=lambda: "made")
    _: int = field(kw_only=True)
    size: int = 7


def decode(codes: str, payload: bytes) -> list:
    values = []
    for i, code in enumerate(codes):
        slot = payload[8 * i : 8 * i + 8]
        at, size = struct.unpack("<II", slot)
        values.append(
            {
                "i": lambda slot=slot: struct.unpack("<q", slot)[0],
                "f": lambda slot=slot: struct.unpack("<d", slot)[0],
                "b": lambda slot=slot: bool(struct.unpack("<Q", slot)[0]),
                "s": lambda at=at, size=size: payload[at : at + size].decode(),
                "y": lambda at=at, size=size: payload[at : at + size],
            }[code]()
        )
    return values


def emitted(directory, cls, *calls):
    with lockfree.Collector(directory) as collector:
        event = collector.event(cls)
        for args, kwargs in calls:
            assert event(*args, **kwargs) is True
    return [decode(schema_of(cls).codes, payload) for payload in oracle.payloads(directory)]


def test_positions_keywords_and_defaults(directory):
    calls = [
        (("u1", 42), {}),
        (("u\u00e9", -(2**63), -0.0, True, b"\0\xff"), {}),
        ((), {"item": 2**63 - 1, "uid": "k" * 3000, "raw": bytearray(b"ba"), "price": 3}),
        (("", 0), {"paid": True, "raw": memoryview(b"mv")}),
        (("short before long", 0), {"raw": b"z" * 3000}),
    ]
    assert emitted(directory, Click, *calls) == [
        ["u1", 42, 1.5, False, b""],
        ["u\u00e9", -(2**63), -0.0, True, b"\0\xff"],
        ["k" * 3000, 2**63 - 1, 3.0, False, b"ba"],
        ["", 0, 1.5, True, b"mv"],
        ["short before long", 0, 1.5, False, b"z" * 3000],
    ]
    assert list(oracle.schemas(directory).values()) == ["click(uid:str,item:int,price:float,paid:bool,raw:bytes)"]


def test_no_fields(directory):
    assert emitted(directory, Empty, ((), {})) == [[]]
    assert list(oracle.schemas(directory).values()) == ["empty()"]


def test_factories_and_keyword_only(directory):
    assert emitted(directory, HTTPRequestDone, ((), {"_": 1}), (("t", 8), {"_": 2})) == [["made", 7, 1], ["t", 8, 2]]
    assert list(oracle.schemas(directory).values()) == ["http_request_done(tags:str,size:int,_:int)"]


def test_the_callable_looks_like_the_dataclass(directory):
    with lockfree.Collector(directory) as collector:
        click = collector.event(Click)
        signature = inspect.signature(click)
        assert list(signature.parameters) == ["uid", "item", "price", "paid", "raw"]
        assert signature.return_annotation is bool
        assert click.__name__ == "click"
        assert click.__doc__ == "A click."
        assert "click" in repr(click)


def test_the_same_dataclass_has_one_kind_and_others_have_theirs(directory):
    with lockfree.Collector(directory) as collector:
        kinds = {collector.event(cls).kind for cls in (Click, Click, Empty, HTTPRequestDone)}
    assert len(kinds) == 3
    assert min(kinds) >= 16


@pytest.mark.parametrize(
    ("arguments", "keywords", "error", "message"),
    [
        (("u", 2**63), {}, OverflowError, r"click\.item: 9223372036854775808 does not fit int"),
        (("u", -(2**63) - 1), {}, OverflowError, r"click\.item"),
        (("u", 1, 10**400), {}, OverflowError, r"click\.price"),
        (("u", "1"), {}, TypeError, r"click\.item: expected int .*got str"),
        (("u", 1.0), {}, TypeError, r"click\.item: expected int .*got float"),
        ((b"u", 1), {}, TypeError, r"click\.uid: expected str, got bytes"),
        (("\ud800", 1), {}, ValueError, r"click\.uid"),
        (("u", 1, "1.5"), {}, TypeError, r"click\.price: expected float, got str"),
        (("u", 1, 1.5, 1), {}, TypeError, r"click\.paid: expected bool, got int"),
        (("u", 1, 1.5, True, "raw"), {}, TypeError, r"click\.raw: expected bytes"),
        (("u",), {}, TypeError, r"missing required argument: 'item'"),
        (("u", 1, 1.5, True, b"", 6), {}, TypeError, r"takes 5 positional arguments but 6"),
        (("u", 1), {"other": 1}, TypeError, r"unexpected keyword argument 'other'"),
        (("u", 1), {"uid": "v"}, TypeError, r"multiple values for argument 'uid'"),
    ],
)
def test_what_does_not_fit_is_refused_by_name_and_counted(directory, arguments, keywords, error, message):
    with lockfree.Collector(directory) as collector:
        click = collector.event(Click)
        with pytest.raises(error, match=message):
            click(*arguments, **keywords)
        assert click("good", 1)
        stats = collector.stats()
        assert (stats.offered, stats.accepted, stats.rejected["encode"]) == (2, 1, 1)


def test_what_an_argument_raises_passes_through(directory):
    class Odd:
        def __index__(self):
            raise KeyError("mine")

    with lockfree.Collector(directory) as collector:
        click = collector.event(Click)
        with pytest.raises(KeyError, match="mine"):
            click("u", Odd())
        assert collector.stats().rejected["encode"] == 1


def test_an_argument_that_emits_while_it_is_encoded(directory):
    class Nested:
        def __index__(self):
            assert collector.emit(b"inner")
            return 5

    with lockfree.Collector(directory) as collector:
        assert collector.event(Click)("outer", Nested())
    first, second = oracle.payloads(directory)
    assert first == b"inner"
    assert decode("sifby", second)[:2] == ["outer", 5]


def test_critical_events_use_the_reserve(full_lane):
    collector, _ = full_lane()
    click, alarm = collector.event(Click), collector.event(Click, critical=True)
    while click("u", 1):
        pass
    assert alarm("u", 1) is True


def test_an_event_keeps_its_collector_open(directory):
    click = lockfree.Collector(directory).event(Click)
    assert click("u", 1)
    del click
    assert len(oracle.payloads(directory)) == 1


def test_an_event_too_long_for_the_lane(directory):
    with lockfree.Collector(directory, lane_bytes="64KiB") as collector:
        assert collector.event(Click)("u" * 70_000, 1) is False
        assert collector.stats().rejected["too_big"] == 1


def test_the_table_of_event_types_fills(directory):
    with lockfree.Collector(directory) as collector:
        for n in range(239):
            collector.schema(f"event{n}()")
        with pytest.raises(OSError, match="no room for another event type"):
            collector.schema("one_more()")
        assert collector.emit(b"still open")
        with pytest.raises(OSError, match="shape"):
            collector.schema("nonsense")


@dataclass
class Nested:
    inner: Click


@dataclass
class Optional:
    name: str | None


@dataclass
class Derived:
    a: int
    b: int = field(init=False, default=1)


@dataclass
class Init:
    a: int
    b: InitVar[int]


Wide = dataclass(type("Wide", (), {"__annotations__": {f"f{n}": int for n in range(65)}}))
Umlaut = dataclass(type("Umlaut", (), {"__annotations__": {"gr\u00f6\u00dfe": int}}))
Unknown = dataclass(type("Unknown", (), {"__annotations__": {"a": "Nowhere"}}))


@pytest.mark.parametrize(
    ("cls", "message"),
    [
        (int, "dataclass"),
        (Click("u", 1), "dataclass"),
        (Nested, r"Nested\.inner: Click cannot .* int, float, bool, str, bytes"),
        (Optional, r"Optional\.name"),
        (Derived, "init=False"),
        (Init, "InitVar"),
        (Wide, "65 fields"),
        (Umlaut, "ASCII"),
        (Unknown, "Nowhere"),
    ],
)
def test_what_is_no_event_is_refused_by_name(directory, cls, message):
    with lockfree.Collector(directory) as collector, pytest.raises(TypeError, match=message):
        collector.event(cls)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Click", "click"), ("PageView", "page_view"), ("HTTPRequest", "http_request"), ("V2Event", "v2_event")],
)
def test_names(name, expected):
    assert snake_case(name) == expected

"""What the service answers, and that no body whatever breaks it or costs another's event."""

import itertools
import json
import re
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from examples.beacon import batch
from tests.beacon.service import JSON, NDJSON, Service, events

numbered = itertools.count(1)


def test_a_batch_is_answered_when_all_of_it_is_accepted(shared_service):
    body = json.dumps([{"kind": "a", "x": "é\U0001f600"}, {"kind": "b"}]).encode()
    answer = shared_service.ask("POST", "/e", body, JSON)
    assert (answer.status, answer.json) == (202, {"accepted": 2})
    assert shared_service.ask("POST", "/e", b'{"kind":"one"}', JSON).json == {"accepted": 1}
    beacon = {"content-type": "text/plain;charset=UTF-8"}
    assert shared_service.ask("POST", "/e", b'{"kind":"one"}\n\r\n{"kind":"two"}\n', beacon).json == {"accepted": 2}
    assert shared_service.ask("POST", "/e", b'[{"kind":"one"}]', beacon).json == {"accepted": 1}


@pytest.mark.parametrize(
    ("body", "content_type", "status", "says"),
    [
        (b"", "application/json", 400, "not JSON"),
        (b"[]", "application/json", 400, "no events"),
        (b"\n\n", "application/x-ndjson", 400, "no events"),
        (b"[1]", "application/json", 400, "send objects"),
        (b'[{"a":1},null]', "application/json", 400, "event 2"),
        (b'{"a":1}\n{"a":', "application/x-ndjson", 400, "line 2"),
        (b'{"a":NaN}', "application/json", 400, "NaN"),
        (b'{"a":1e999}', "application/json", 400, "event 1"),
        (b'{"a":' + b"9" * 5000 + b"}", "application/json", 400, "digits"),
        (b"[" * 60_000, "application/json", 400, "recursion"),
        (b'{"a":"\xff"}', "application/json", 400, "UTF-8"),
        (b'{"a":1}', "", 415, "missing"),
        (b'{"a":1}', "application/x-www-form-urlencoded", 415, "send application/json"),
        (b'{"a":"' + b"x" * batch.EVENT_BYTES + b'"}', "application/json", 413, "event 1"),
        (b'{"a":1}\n' * (batch.EVENTS + 1), "application/x-ndjson", 413, "at most"),
        (b" " * (batch.BODY_BYTES + 1), "application/json", 413, "at most"),
    ],
)
def test_what_is_malformed_is_refused_with_the_reason(shared_service, body, content_type, status, says):
    headers = {"content-type": content_type} if content_type else {}
    answer = shared_service.ask("POST", "/e", body, headers)
    assert answer.status == status
    assert says in answer.json["error"]


@pytest.mark.parametrize("times", [1, 400])
@pytest.mark.parametrize(("atom", "event"), [("é", '{"":"%s"}'), ("😀", '{"":"%s"}'), ("1e15,", '{"":[%s0]}')])
def test_no_batch_is_larger_than_what_a_lane_reserves_for_it(atom, event, times):
    line = event % (atom * times) + "\n"
    body = line * min(batch.EVENTS, batch.BODY_BYTES // len(line.encode()))
    payloads = batch.payloads(body.encode(), "application/x-ndjson")
    assert sum(len(payload) + 32 for payload in payloads) < (4 << 20) // 10


def test_one_bad_event_refuses_its_whole_batch(tmp_path):
    with Service(tmp_path, workers=1) as service:
        assert service.ask("POST", "/e", b'{"n":1}\n{"n":2}\nnonsense', NDJSON).status == 400
        assert service.ask("POST", "/e", b'[{"n":3},{"n":4},5]', JSON).status == 400
        assert service.ask("POST", "/e", b'{"n":6}', JSON).status == 202
        assert service.interrupt() == 0
    assert [event["n"] for event in events(service.directory)] == [6]


def test_a_body_without_a_length_is_limited_too(shared_service):
    def pieces():
        yield b'{"a":1}\n'
        for _ in range(40):
            yield b" " * 4096

    connection = shared_service.connect()
    connection.request("POST", "/e", pieces(), NDJSON, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


def test_compressed_bodies_are_refused(shared_service):
    answer = shared_service.ask("POST", "/e", b"\x1f\x8b", {**JSON, "content-encoding": "gzip"})
    assert answer.status == 415


def test_the_pixel_s_query_is_the_event(tmp_path):
    with Service(tmp_path, workers=1) as service:
        cookie = {"cookie": "a=b; uid=" + "ab" * 16}
        answer = service.ask("GET", "/p.gif?page=p&n=7&kind=view&title=%C3%A9+%22", headers=cookie)
        assert (answer.status, answer.headers["content-type"]) == (200, "image/gif")
        assert answer.body.startswith(b"GIF89a")
        assert answer.headers["cache-control"] == "no-store"
        for query in ("", "?", "?novalue", "?a=%ff", "?" + "a=1&" * 70, "?a=" + "x" * 5000):
            assert service.ask("GET", "/p.gif" + query).status in {400, 413}
        assert service.interrupt() == 0
    assert list(events(service.directory)) == [{"uid": "ab" * 16, "page": "p", "n": 7, "kind": "view", "title": 'é "'}]


def test_the_script_sets_the_cookie_once(shared_service):
    first = shared_service.ask("GET", "/s.js")
    found = re.fullmatch(r"(uid=[0-9a-f]{32}); Path=/; Max-Age=31536000; SameSite=Lax", first.headers["set-cookie"])
    assert found
    assert "set-cookie" not in shared_service.ask("GET", "/s.js", headers={"cookie": found[1]}).headers
    assert "set-cookie" in shared_service.ask("GET", "/s.js", headers={"cookie": "uid=mine"}).headers


def test_other_paths_and_methods_are_told_what_there_is(shared_service):
    assert shared_service.ask("GET", "/nothing").status == 404
    assert shared_service.ask("GET", "/e").headers["allow"] == "POST"
    assert shared_service.ask("DELETE", "/").status == 405
    assert shared_service.ask("HEAD", "/").body == b""
    assert shared_service.ask("GET", "/").headers["content-type"].startswith("text/html")
    assert shared_service.ask("OPTIONS", "/e").headers["access-control-allow-headers"] == "content-type"
    ready = shared_service.ask("GET", "/readyz")
    assert (ready.status, ready.json["ready"]) == (200, True)
    assert ready.json["pid"] in shared_service.workers()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
json_bodies = st.builds(lambda value: json.dumps(value).encode(), json_values)
line_bodies = st.lists(json_bodies | st.binary(max_size=20), max_size=5).map(b"\n".join)
nearly = st.tuples(json_bodies, st.integers(0, 50), st.binary(max_size=5)).map(
    lambda t: t[0][: t[1]] + t[2] + t[0][t[1] :]
)
pieces = st.sampled_from([b"[", b'{"a":', b"\xff", b"{}\n", b'"', b" "])
repeated = st.builds(lambda piece, times: piece * times, pieces, st.sampled_from([1, 600, 20_000, 70_000]))
bodies = st.one_of(st.binary(max_size=300), json_bodies, line_bodies, nearly, repeated)
types = st.sampled_from(["application/json", "application/x-ndjson", "text/plain; charset=utf-16", "", ";", "é"])


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=bodies, content_type=types)
def test_no_body_breaks_the_service(shared_service, body, content_type):
    answer = shared_service.ask("POST", "/e", body, {"content-type": content_type.encode("latin-1").decode("latin-1")})
    assert answer.status in {202, 400, 413, 415, 503}
    assert isinstance(answer.json["accepted" if answer.status == 202 else "error"], int | str)


request_lines = st.sampled_from(
    [b"POST /e HTTP/1.1", b"GET /p.gif?\x00 HTTP/1.1", b"POST /e HTTP/9.9", b"\x16\x03\x01", b"PRI * HTTP/2.0"]
)
header_lines = st.lists(
    st.sampled_from([
        b"host: a", b"content-length: 5", b"content-length: -1", b"content-length: 99999999999", b"content-length: x",
        b"transfer-encoding: chunked", b"transfer-encoding: gzip", b"content-type: application/json", b": empty",
        b"x: LONG", b"connection: upgrade\r\nupgrade: websocket", b"cookie: uid=\xff\xfe",
        b"expect: 100-continue",
    ])
    | st.binary(max_size=30),
    max_size=5,
)  # fmt: skip


def raw(service, data):
    """The status of what the service answers to these bytes, None for no answer."""
    data = data.replace(b"LONG", b"y" * 70_000)
    with socket.create_connection((service.host, service.port), timeout=15) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            found = re.match(rb"HTTP/1\.1 (\d+) ", connection.recv(65536))
        except OSError:  # it had refused and gone before all was sent
            return None
        return int(found[1]) if found else None


def test_no_bytes_on_the_wire_break_the_service_or_lose_another_s_event(tmp_path):
    with Service(tmp_path) as service:
        workers = service.workers()
        accepted = set()

        @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(line=request_lines, headers=header_lines, rest=st.binary(max_size=200))
        def hurt(line, headers, rest):
            status = raw(service, b"\r\n".join([line, *headers, b"", rest]))
            assert status is None or status < 500 or status == 503
            n = next(numbered)
            if service.post({"uid": "good", "page": "good", "n": n}).status == 202:
                accepted.add(n)

        hurt()
        assert service.workers() == workers, service.output
        assert service.interrupt() == 0
    stored = [event["n"] for event in events(service.directory) if event.get("page") == "good"]
    assert sorted(stored) == sorted(accepted)
    assert len(accepted) >= 150
    assert "Traceback" not in service.output

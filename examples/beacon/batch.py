"""From the body of a request to the payloads that are emitted, or to the sentence why not. No I/O, no state."""

from __future__ import annotations

import json
from typing import Any, NoReturn
from urllib.parse import parse_qsl

BODY_BYTES = 64 * 1024  # also what browsers allow to a sendBeacon or keepalive request
EVENT_BYTES = 8 * 1024
EVENTS = 500
QUERY_BYTES = 4 * 1024
NUMBER_DIGITS = 15  # of a query's n: an integer that JavaScript, too, holds exactly

JSON_TYPES = frozenset({"application/json", "text/plain"})  # text/plain: what sendBeacon sends, spared the preflight
LINES_TYPES = frozenset({"application/x-ndjson", "application/jsonl", "application/ndjson", "text/plain"})


class RefusedError(Exception):
    """A request that no retry of the same bytes would mend; `status` is the HTTP status, the text says what to do."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def payloads(body: bytes, content_type: str) -> list[bytes]:
    """Parses a batch: a JSON array of objects, one object, or objects separated by newlines.

    Each object comes back as compact ASCII JSON of at most `EVENT_BYTES`, in the order sent. One bad event refuses
    the batch. Raises `RefusedError` (400, 413 or 415). About 5 us an event.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in JSON_TYPES | LINES_TYPES:
        raise RefusedError(415, f"content type {kind or 'is missing'}: send application/json or application/x-ndjson")
    if len(body) > BODY_BYTES:
        raise RefusedError(413, f"body of {len(body)} bytes: send at most {BODY_BYTES}, in several requests")
    try:
        text = body.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise RefusedError(400, f"byte {error.start} is not UTF-8") from None
    as_lines = kind in LINES_TYPES and not text.startswith("[")
    events = _lines(text) if as_lines else _as_list(_parse(text, "the body"))
    if not events:
        raise RefusedError(400, "no events: send a JSON array of objects, or one object a line")
    if len(events) > EVENTS:
        raise RefusedError(413, f"{len(events)} events: send at most {EVENTS} a request")
    return [_payload(event, i) for i, event in enumerate(events, 1)]


def query_payload(query: bytes, uid: str | None) -> bytes:
    """The one event of a pixel's query string, with the cookie's uid where it has none. Raises `RefusedError`."""
    if len(query) > QUERY_BYTES:
        raise RefusedError(413, f"query of {len(query)} bytes: send at most {QUERY_BYTES}")
    try:
        pairs = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=64, errors="strict"
        )
    except ValueError:
        pairs = []
    if not pairs:
        raise RefusedError(400, "the query is the event: send /p.gif?kind=view&page=..., percent-encoded UTF-8")
    event: dict[str, Any] = {"uid": uid} if uid else {}
    event |= pairs
    number = event.get("n", "")
    if number.isascii() and number.isdigit() and len(number) <= NUMBER_DIGITS:
        event["n"] = int(number)
    event.setdefault("kind", "pixel")
    return _payload(event, 1)


def _parse(text: str, where: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise RefusedError(400, f"{where} is not JSON: {error.msg} at character {error.pos}") from None
    except (ValueError, RecursionError) as error:  # NaN, a number of thousands of digits; brackets ten thousand deep
        raise RefusedError(400, f"{where}: {error}") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _lines(text: str) -> list[Any]:
    return [_parse(line, f"line {i}") for i, line in enumerate(text.split("\n"), 1) if line.strip()]


def _as_list(parsed: Any) -> list[Any]:
    return parsed if isinstance(parsed, list) else [parsed]


def _payload(event: Any, number: int) -> bytes:
    if not isinstance(event, dict):
        raise RefusedError(400, f"event {number} is {type(event).__name__}: send objects")
    try:
        payload = json.dumps(event, separators=(",", ":"), allow_nan=False).encode("ascii")
    except (ValueError, RecursionError) as error:  # 1e999 parses to infinity
        raise RefusedError(400, f"event {number}: {error}") from None
    if len(payload) > EVENT_BYTES:
        raise RefusedError(413, f"event {number} takes {len(payload)} bytes: at most {EVENT_BYTES}")
    return payload

"""The ASGI application of one worker: bare ASGI, since seven routes need no framework and each microsecond is a click.

The promise: an answer 2xx means that every event of the request stands in this worker's lane, which outlives the
worker; any other answer means that none of them does. A batch enters its lane whole, for only its first event is
emitted as an ordinary one: the rest may use the lane's last tenth, 0.4 MiB, and no body becomes as many payloads.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import sys
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any

from examples.beacon import batch
from examples.beacon.watch import Watch
from lockfree import Collector

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Answer = tuple[int, bytes, list[tuple[bytes, bytes]]]

MEMORY = "64MiB"
PRESSURE = 0.75  # of the lane: refuse before it is full, so that the browsers keep what the disk can't take now
BODY_SECONDS = 10.0
CLOSE_SECONDS = 5.0  # then what the disk does not take stays in the lane, for the next open

GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
UID = re.compile(r"(?:^|;)\s*uid=([0-9a-f]{32})\s*(?:;|$)")
STATIC = {
    "/": ("demo.html", b"text/html; charset=utf-8"),
    "/live": ("live.html", b"text/html; charset=utf-8"),
    "/style.css": ("style.css", b"text/css; charset=utf-8"),
    "/s.js": ("s.js", b"text/javascript; charset=utf-8"),
}
NO_STORE = (b"cache-control", b"no-store")
ANY_ORIGIN = (b"access-control-allow-origin", b"*")  # whoever may post may also read the answer: it tells nothing
PREFLIGHT = [ANY_ORIGIN, (b"access-control-allow-headers", b"content-type"), (b"access-control-max-age", b"86400")]
LATER = (b"retry-after", b"1")


class ClientGoneError(Exception):
    """The client went away before its body had arrived."""


class Beacon:
    """One worker's application. Used by one event loop; its collector has one lane, that loop's thread's.

    directory: of the collector, shared by all workers. segments: where the drained events go, None: below directory.
    """

    def __init__(self, directory: str, segments: str | None = None) -> None:
        self._directory, self._segments = directory, segments
        self._collector: Collector | None = None
        self._watch = Watch(directory)
        self._static = {
            path: ((files(__package__) / "static" / name).read_bytes(), kind) for path, (name, kind) in STATIC.items()
        }
        self.draining = False

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """The ASGI 3 entry."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":  # a WebSocket's handshake: closing before accepting answers 403
            await send({"type": "websocket.close"})
            return
        try:
            status, body, headers = await self._answer(scope, receive)
        except batch.RefusedError as refused:
            status, body, headers = refused.status, _sentence(str(refused)), [ANY_ORIGIN]
        except ClientGoneError:
            return
        head = [(b"content-length", b"%d" % len(body)), *headers]
        if self.draining:
            head.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Message, receive: Receive) -> Answer:
        method, path = scope["method"], scope["path"]
        allowed = "POST" if path == "/e" else "GET, HEAD"
        if path == "/e" and method == "OPTIONS":  # the preflight of another origin's application/json
            return 204, b"", PREFLIGHT
        if path not in self._static and path not in {"/e", "/p.gif", "/readyz", "/live.json"}:
            return 404, _sentence("no such page: / is the demo, /live what is collected, POST /e takes events"), []
        if method not in allowed:
            return 405, _sentence(f"{method} {path}: use {allowed}"), [(b"allow", allowed.encode())]
        if path == "/e":
            return await self._events(scope, receive)
        if path == "/p.gif":
            return self._pixel(scope)
        if path == "/readyz":
            return self._ready()
        if path == "/live.json":
            return 200, await self._watch.json(), [(b"content-type", b"application/json"), NO_STORE]
        return self._page(path, scope)

    async def _events(self, scope: Message, receive: Receive) -> Answer:
        if self._pressed():
            return _busy()
        headers = dict(scope["headers"])
        if headers.get(b"content-encoding", b"identity") != b"identity":
            raise batch.RefusedError(415, "send the body without content-encoding")
        body = await _body(headers, receive)
        events = batch.payloads(body, headers.get(b"content-type", b"").decode("latin-1"))
        if not self._emit(events):
            return _busy()
        return 202, b'{"accepted":%d}' % len(events), [(b"content-type", b"application/json"), ANY_ORIGIN]

    def _pixel(self, scope: Message) -> Answer:
        event = batch.query_payload(scope["query_string"], _uid(scope))
        if self._pressed() or not self._emit([event]):
            return _busy()
        return 200, GIF, [(b"content-type", b"image/gif"), NO_STORE]

    def _ready(self) -> Answer:
        ready = self._collector is not None and not self.draining
        body = json.dumps({"ready": ready, "pid": os.getpid()}).encode()
        return 200 if ready else 503, body, [(b"content-type", b"application/json"), NO_STORE]

    def _page(self, path: str, scope: Message) -> Answer:
        body, kind = self._static[path]
        headers = [(b"content-type", kind), (b"cache-control", b"no-cache")]
        if path == "/s.js" and _uid(scope) is None:
            cookie = f"uid={secrets.token_hex(16)}; Path=/; Max-Age=31536000; SameSite=Lax"  # the script reads it
            headers.append((b"set-cookie", cookie.encode()))
        return 200, body, headers

    def _pressed(self) -> bool:
        return self._collector is None or self._collector.pressure() > PRESSURE

    def _emit(self, events: list[bytes]) -> bool:
        """Whether the whole batch was accepted. No await: nothing else emits on this lane in between."""
        if self._collector is None or not self._collector.emit(events[0]):
            return False
        return all(self._collector.emit(event, critical=True) for event in events[1:])

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    self._collector = Collector(
                        self._directory, memory=MEMORY, overflow="drop_new", segments=self._segments
                    )
                except (OSError, ValueError) as error:
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    return
                await send({"type": "lifespan.startup.complete"})
            else:
                self._close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _close(self) -> None:
        self.draining = True
        collector, self._collector = self._collector, None
        if collector is not None:
            try:
                collector.close(timeout=CLOSE_SECONDS)
            except OSError as error:  # what is still in the lanes is adopted by the next open
                print(f"worker {os.getpid()}: {error}", file=sys.stderr, flush=True)


async def _body(headers: dict[bytes, bytes], receive: Receive) -> bytes:
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and int(declared) > batch.BODY_BYTES:
        raise batch.RefusedError(413, f"body of {int(declared)} bytes: send at most {batch.BODY_BYTES}")
    parts, size, more = [], 0, True
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientGoneError
                part = message.get("body", b"")
                size += len(part)
                if size > batch.BODY_BYTES:
                    raise batch.RefusedError(413, f"body over {batch.BODY_BYTES} bytes: send it in several requests")
                parts.append(part)
                more = message.get("more_body", False)
    except TimeoutError:
        raise batch.RefusedError(408, f"the body did not arrive within {BODY_SECONDS:.0f} s") from None
    return b"".join(parts)


def _busy() -> Answer:
    return 503, _sentence("no room for the events now: keep them and try again"), [LATER, ANY_ORIGIN]


def _uid(scope: Message) -> str | None:
    cookie = b";".join(value for name, value in scope["headers"] if name == b"cookie").decode("latin-1")
    found = UID.search(cookie)
    return found[1] if found else None


def _sentence(text: str) -> bytes:
    return json.dumps({"error": text}).encode()

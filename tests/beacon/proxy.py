"""A proxy that loses requests and cuts answers: what a bad network does to a client that counts."""

import asyncio
import contextlib
import threading
from typing import Self

PIECE_SECONDS = 30.0


class CuttingProxy:
    """Forwards HTTP/1.1 on the loopback, but for some of the POST /e: what is lost looks the same to the client.

    every: of so many answers one is cut, its request delivered. lose: of so many requests two in a row are not
    delivered, since a browser by itself sends a request again on a fresh connection. Both may change at any time;
    1: all, 0: none. cut: answers 2xx that the client did not get. lost: requests that the server did not get. A
    context manager.
    """

    def __init__(self, host: str, port: int, every: int = 0, lose: int = 0) -> None:
        self._upstream = (host, port)
        self.every, self.lose = every, lose
        self.posts = self.cut = self.lost = 0
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def _stop(self) -> None:
        self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream: asyncio.StreamWriter | None = None
        try:
            answers, upstream = await asyncio.open_connection(*self._upstream)
            while True:
                async with asyncio.timeout(PIECE_SECONDS):
                    request = await _message(reader)
                    post = request.startswith(b"POST /e ")
                    self.posts += post
                    if post and self.lose and self.posts % self.lose < 2:
                        self.lost += 1
                        return
                    upstream.write(request)
                    answer = await _message(answers)
                if post and self.every and self.posts % self.every == 0:
                    self.cut += answer.startswith(b"HTTP/1.1 2")
                    return
                writer.write(answer)
                await writer.drain()
        except (OSError, EOFError, TimeoutError, asyncio.CancelledError):
            return  # a worker died, or the browser closed; either way the other side's connection breaks too
        finally:
            writer.transport.abort()
            if upstream is not None:
                upstream.transport.abort()


async def _message(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            with contextlib.suppress(ValueError):
                length = int(value)
    return head + await reader.readexactly(length)

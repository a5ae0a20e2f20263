"""The workers' keeper: starts them on one listening socket, restarts the dead, drains them all at the end.

uvicorn's own supervisor is not used, since it has no step between serving and closing the door, in which /readyz
refuses while requests are still taken.
"""

from __future__ import annotations

import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from examples.beacon.worker import BACKLOG, DRAIN, STOP

START_SECONDS = 30.0
STOP_SECONDS = 15.0
STILLBORN_MOST = 3  # workers in a row that died before they were ready


class SupervisorError(Exception):
    """The service can't run; the text says what to do."""


@dataclass
class _Child:
    process: subprocess.Popen[bytes]
    control: socket.socket
    ready: bool = False


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, port 0: a free one. Raises `SupervisorError` where it can't be had."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise SupervisorError(f"can't listen on {host}: {error.strerror or error}; name another --host") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        hint = f"choose another with --port, or see who listens: ss -ltnp sport = {port}"
        raise SupervisorError(f"can't listen on {host} port {port}: {error.strerror}; {hint}") from None
    return listener


class Supervisor:
    """Keeps `workers` processes serving `listener`. One thread owns it. say: called with a sentence when one dies."""

    def __init__(self, listener: socket.socket, workers: int, arguments: list[str], say: Callable[[str], None]) -> None:
        self._listener, self._arguments, self._say = listener, arguments, say
        self._stillborn = 0
        self._selector = selectors.DefaultSelector()
        self._children = [self._start() for _ in range(workers)]

    @property
    def pids(self) -> list[int]:
        """The kernel's numbers of the workers that run now."""
        return [child.process.pid for child in self._children]

    def wait_ready(self) -> None:
        """Returns once every worker serves. Raises `SupervisorError` if they can't."""
        deadline = time.monotonic() + START_SECONDS
        while not all(child.ready for child in self._children):
            self.watch(0.1)
            if time.monotonic() > deadline:
                raise SupervisorError(f"not ready within {START_SECONDS:.0f} s: is the machine or the disk stuck?")

    def watch(self, seconds: float) -> None:
        """Sleeps until `seconds` have passed or a worker says something; restarts those that died.

        Raises `SupervisorError` when workers die before they serve, three times in a row.
        """
        for key, _ in self._selector.select(seconds):
            child: _Child = key.data
            try:
                said = child.control.recv(64)
            except OSError:  # it was killed with something unread
                said = b""
            if said:
                child.ready, self._stillborn = True, 0
            else:
                self._selector.unregister(child.control)
        for place, child in enumerate(self._children):
            status = child.process.poll()
            if status is None:
                continue
            self._forget(child)
            if not child.ready:
                self._stillborn += 1
                if self._stillborn >= STILLBORN_MOST:
                    raise SupervisorError(f"workers die before they serve ({_ending(status)}): see above why")
            self._children[place] = new = self._start()
            self._say(f"worker {child.process.pid} {_ending(status)}: {new.process.pid} adopts its lanes")

    def drain(self, seconds: float) -> Iterator[str]:
        """Refuses at /readyz for `seconds`, then lets requests in flight finish and the workers close their lanes.

        Yields what it is about to do. A worker that dies meanwhile isn't restarted: its lanes wait for an adopter.
        """
        yield "draining: /readyz refuses"
        self._tell(DRAIN)
        time.sleep(seconds)
        yield "closing: requests in flight finish, lanes are drained"
        self._listener.close()
        self._tell(STOP)
        yield from self._join()

    def kill(self) -> None:
        """Ends at once whatever still runs; nothing where drain() has ended everything."""
        for child in self._children:
            child.process.kill()
        for child in self._children:
            child.process.wait()
            self._forget(child)
        self._children = []

    def _join(self) -> Iterator[str]:
        deadline = time.monotonic() + STOP_SECONDS
        for child in self._children:
            try:
                status = child.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                status = child.process.wait()
            if status:
                yield f"worker {child.process.pid} {_ending(status)}"

    def _tell(self, what: bytes) -> None:
        for child in self._children:
            try:
                child.control.send(what)
            except OSError:  # it died; _join() names it
                continue

    def _start(self) -> _Child:
        ours, theirs = socket.socketpair()
        fds = (self._listener.fileno(), theirs.fileno())
        command = [sys.executable, "-m", f"{__package__}.worker", *map(str, fds), *self._arguments]
        # A process group of its own: the terminal's Ctrl-C reaches the supervisor alone, which drains first.
        process = subprocess.Popen(command, pass_fds=fds, stdin=subprocess.DEVNULL, process_group=0)
        theirs.close()
        child = _Child(process, ours)
        self._selector.register(ours, selectors.EVENT_READ, child)
        return child

    def _forget(self, child: _Child) -> None:
        if child.control.fileno() >= 0 and child.control in self._selector.get_map():
            self._selector.unregister(child.control)
        child.control.close()


def _ending(status: int) -> str:
    return f"was killed by signal {-status}" if status < 0 else f"exited with status {status}"

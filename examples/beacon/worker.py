"""One worker process: uvicorn on the socket that the supervisor bound, and a control channel to the supervisor.

    python -m examples.beacon.worker LISTENING_FD CONTROL_FD DIRECTORY [SEGMENTS]

On the control channel the worker says READY once its collector is open; the supervisor says DRAIN when /readyz is to
refuse, and afterwards STOP. End of file means that the supervisor is gone, whatever killed it: the worker stops too.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys

import uvicorn

from examples.beacon.app import Beacon

READY, DRAIN, STOP = b"r", b"d", b"s"
GRACEFUL_SECONDS = 5  # for requests in flight, then they are cancelled: not answered 2xx
BACKLOG = 1024


class Worker(uvicorn.Server):
    """A uvicorn server that reports to, and is stopped by, its supervisor."""

    def __init__(self, beacon: Beacon, control: socket.socket) -> None:
        super().__init__(
            uvicorn.Config(
                beacon,
                lifespan="on",
                ws="none",
                access_log=False,
                log_level="error",
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=GRACEFUL_SECONDS,
                backlog=BACKLOG,
            )
        )
        self._beacon, self._control = beacon, control

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to serve, then says so."""
        await super().startup(sockets)
        self._control.setblocking(False)
        asyncio.get_running_loop().add_reader(self._control, self._listen)
        self._control.send(READY)

    def _listen(self) -> None:
        try:
            said = self._control.recv(64)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            said = b""
        if DRAIN in said:
            self._beacon.draining = True
        if STOP in said or not said:
            self._beacon.draining = True
            asyncio.get_running_loop().remove_reader(self._control)
            self.should_exit = True


def main() -> int:
    """Runs until told to stop; the exit status is 0 after an orderly end."""
    listening, control = (int(fd) for fd in sys.argv[1:3])
    with socket.socket(fileno=listening) as listener, socket.socket(fileno=control) as channel:
        os.set_inheritable(listening, False)
        os.set_inheritable(control, False)
        worker = Worker(Beacon(*sys.argv[3:5]), channel)
        worker.run(sockets=[listener])
        return 0 if worker.started else 1


if __name__ == "__main__":
    sys.exit(main())

"""python -m examples.beacon: starts the workers, shows what they collect, drains on Ctrl-C, prints the ledger."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path

import lockfree
from examples.beacon import terminal
from examples.beacon.supervisor import Supervisor, SupervisorError, listen
from examples.beacon.watch import Watch
from lockfree.collector.audit import audit
from lockfree.errors import LockfreeError

GRACE_SECONDS = 0.5
LINE_SECONDS = 1.0
WATCH_SECONDS = 0.1
WORKERS_MOST = 64


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The options, checked."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.beacon",
        description="A web collector: pages send events, each worker emits them into its own lock-free lane.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; 0.0.0.0: every one")
    parser.add_argument("--port", type=int, default=8000, help="0: any that is free")
    parser.add_argument("--dir", default="beacon-data", help="of the lanes and the ledger; best on a tmpfs")
    parser.add_argument("--segments", help="where the drained events go, best on a disk; default: below --dir")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--grace", type=float, default=GRACE_SECONDS, help="seconds in which only /readyz refuses")
    options = parser.parse_args(arguments)
    if not 0 <= options.port <= 65535:
        parser.error(f"--port {options.port}: a port is 0 to 65535")
    if not 1 <= options.workers <= WORKERS_MOST:
        parser.error(f"--workers {options.workers}: 1 to {WORKERS_MOST}")
    if not 0 <= options.grace <= 3600:
        parser.error(f"--grace {options.grace}: 0 to 3600 seconds")
    return options


class Interrupts:
    """SIGINT and SIGTERM: the first asks to drain, the second raises KeyboardInterrupt."""

    def __init__(self) -> None:
        self.asked = False
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, self._count)

    def _count(self, _signal: int, _frame: object) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


def adopt(options: argparse.Namespace) -> int:
    """Opens and closes the directory, which takes over the lanes that dead processes left; how many lanes that were.

    Raises OSError, ValueError where the directory can't be used.
    """
    lanes = set(Path(options.dir).glob("lane-*.lfl"))
    lockfree.Collector(options.dir, memory="1MiB", segments=options.segments).close()
    return len(lanes - set(Path(options.dir).glob("lane-*.lfl")))


def serve(options: argparse.Namespace, line: terminal.Line, interrupts: Interrupts) -> None:
    """From the first worker to the last. Raises `SupervisorError` where it can't go on."""
    with listen(options.host, options.port) as listener:
        adopted = adopt(options)
        watch = Watch(options.dir)
        arguments = [options.dir, *([options.segments] if options.segments else [])]
        supervisor = Supervisor(listener, options.workers, arguments, line.say)
        try:
            supervisor.wait_ready()
            host, port = listener.getsockname()[:2]
            address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
            print(terminal.banner(address, supervisor.pids, options.dir, adopted), flush=True)
            shown = 0.0
            while not interrupts.asked:
                supervisor.watch(WATCH_SECONDS)
                if time.monotonic() - shown > LINE_SECONDS:
                    line.show(watch.look())
                    shown = time.monotonic()
            line.end()
            for step in supervisor.drain(options.grace):
                print(step, flush=True)
        except KeyboardInterrupt:
            print("not waiting: workers killed, their lanes adopted", flush=True)
        finally:
            supervisor.kill()


def main(arguments: list[str] | None = None) -> int:
    """0 after an orderly end with a ledger that holds; 1 otherwise."""
    options = parse(arguments)
    line = terminal.Line()
    try:
        serve(options, line, Interrupts())
        adopt(options)  # of a worker that was killed at the end
        report = audit(options.dir)
        complaints = [problem.text for problem in report.problems]
        print(terminal.closing(Watch(options.dir).look(), options.dir, complaints), flush=True)
    except KeyboardInterrupt:  # during the audit
        return 128 + signal.SIGINT
    except (SupervisorError, LockfreeError, OSError, ValueError) as error:
        line.end()
        print(f"beacon: {error}", file=sys.stderr)
        return 1
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())

"""What happens to open collectors when their process ends in an orderly way: they are drained, within a time limit.

`atexit` does it for the main process, for threads' programs, for spawned children. Children of multiprocessing's fork
and forkserver leave by os._exit without running `atexit`: there multiprocessing's own finalizers do it. What a process
cannot do any more (os._exit, kill -9, a full disk) the next open of the directory does.
"""

import atexit
import contextlib
import os
import sys
import threading
import weakref
from typing import Protocol

__all__ = ["forget", "register"]

EXIT_SECONDS = 10.0
"""The longest that one collector may hold up the end of its process, in seconds."""


class _Closes(Protocol):
    def close(self, timeout: float | None = None) -> None: ...


_open: "weakref.WeakSet[_Closes]" = weakref.WeakSet()
_lock = threading.RLock()  # a signal handler may close a collector while its thread is in here


class _Anchor:
    """multiprocessing calls back those who registered an object that is still alive."""


_anchor = _Anchor()


def register(collector: _Closes) -> None:
    """Drains `collector` when the process ends, if it still exists then and is open."""
    with _lock:
        _open.add(collector)
    process = sys.modules.get("multiprocessing.process")
    if process is not None and process.parent_process() is not None:
        _finalize_in_child(_anchor)
    else:
        _await_child()


def forget(collector: _Closes) -> None:
    """It is closed."""
    with _lock:
        _open.discard(collector)


def _drain_all() -> None:
    with _lock:
        collectors = list(_open)
    for collector in collectors:
        try:
            collector.close(EXIT_SECONDS)
        except OSError as error:
            with contextlib.suppress(Exception):  # stderr may be closed by now
                sys.stderr.write(f"lockfree: {collector!r}: {error}\n")


def _after_fork_in_child() -> None:
    global _lock  # noqa: PLW0603 - another thread of the parent may have held it
    _lock = threading.RLock()
    _await_child()


def _await_child() -> None:
    """Has multiprocessing call back when it begins to run a child: after fork, and after a child was unpickled."""
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        util.register_after_fork(_anchor, _finalize_in_child)


_finalized_pid = 0


def _finalize_in_child(_: _Anchor) -> None:
    global _finalized_pid  # noqa: PLW0603 - once a process
    if _finalized_pid != os.getpid():
        _finalized_pid = os.getpid()
        sys.modules["multiprocessing.util"].Finalize(None, _drain_all, exitpriority=-100)


atexit.register(_drain_all)
os.register_at_fork(after_in_child=_after_fork_in_child)

"""`spec`: each structure over each binding. `queues`: lockfree.queues over each binding."""

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.contract.specs import BINDINGS, SPECS, Spec, queues_over


@pytest.fixture(params=SPECS, ids=lambda spec: spec.name)
def spec(request: pytest.FixtureRequest) -> Spec:
    found: Spec = request.param
    return found


@pytest.fixture(params=BINDINGS)
def queues(request: pytest.FixtureRequest) -> ModuleType:
    return queues_over(request.param)


class Worker(threading.Thread):
    """A thread whose answer, or exception, result() hands over."""

    def __init__(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(daemon=True)
        self._call, self._args, self._kwargs = call, args, kwargs
        self.answer: Any = None
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self.answer = self._call(*self._args, **self._kwargs)
        except BaseException as error:
            self.error = error

    def result(self) -> Any:
        self.join()  # a thread that never ends is caught by the suite's time-out
        if self.error is not None:
            raise self.error
        return self.answer


def switches(thread: threading.Thread) -> int:
    """How often the thread has given the processor away."""
    status = Path(f"/proc/self/task/{thread.native_id}/status").read_text()
    found = re.search(r"^voluntary_ctxt_switches:\s*(\d+)", status, re.MULTILINE)
    assert found
    return int(found[1])


@pytest.fixture
def asleep() -> Callable[..., None]:
    """Waits until a thread has gone to sleep and stays there: one that polls never does, and the test's time ends."""
    pause = threading.Event()

    def wait(thread: threading.Thread, seconds: float = 0.05) -> None:
        before = -1
        while (now := switches(thread)) != before:
            before = now
            pause.wait(seconds)

    return wait


@pytest.fixture
def worker() -> Iterator[Callable[..., Worker]]:
    return Worker


@pytest.fixture
def until() -> Callable[[Callable[[], Any]], None]:
    """Waits for a condition that another thread brings about; the suite's time-out ends it."""
    pause = threading.Event()

    def wait(condition: Callable[[], Any]) -> None:
        while not condition():
            pause.wait(0.001)

    return wait

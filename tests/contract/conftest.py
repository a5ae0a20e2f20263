"""`spec`: each structure over each binding. `queues`: lockfree.queues over each binding."""

import threading
from collections.abc import Callable, Iterator
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

"""An ordinary Python class as a specification: what it does alone is what the object under test must do in a crowd."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lockfree.check.specs.base import Call, Outcome, Spec


class Waits(Exception):  # noqa: N818  what it says is no error
    """Raised by a model's method: in this state the call waits."""


class ModelSpec(Spec):
    """A specification by example: `make` builds a plain, sequential object with the same methods.

    Its results and exceptions (by their types' names) are the answers; a method that raises `Waits` waits. A state is
    the pickle of its attributes (`__dict__`), so these are of plain data. An argument that is a mapping is passed by
    keywords, a tuple by position, None not at all, and all else as the only one.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        """Keep the class, and build one to begin with."""
        made = make()
        self._type = type(made)
        self._start = pickle.dumps(vars(made))

    def start(self) -> bytes:
        """Return the pickled attributes of a new object."""
        return self._start

    def answers(self, state: bytes, call: Call) -> Iterator[Outcome]:
        """Return what the model does, in a copy of that state."""
        model = object.__new__(self._type)
        vars(model).update(pickle.loads(state))  # noqa: S301  its own pickle
        try:
            result = invoke(getattr(model, call.operation), call.argument)
        except Waits:
            return
        except BaseException as error:  # noqa: BLE001  any exception is an answer
            answer, value = answer_of_exception(error)
        else:
            answer, value = self.read(call.operation, result)
        yield Outcome(answer, value, pickle.dumps(vars(model)))

    def pack(self, arguments: Mapping[str, Any]) -> Any:
        """Return the keyword arguments as they are."""
        return dict(arguments)

    def show(self, state: bytes) -> str:
        """Return the attributes."""
        shown = pickle.loads(state)  # noqa: S301  its own pickle
        return ", ".join(f"{name.lstrip('_')}={value!r}" for name, value in shown.items()) or self._type.__name__


def invoke(method: Callable[..., Any], argument: Any) -> Any:
    """Call a method with an operation's argument: a mapping by keywords, a tuple by position, None without."""
    if isinstance(argument, Mapping):
        return method(**argument)
    if isinstance(argument, tuple):
        return method(*argument)
    return method() if argument is None else method(argument)


ANSWERS = {"Full": "full", "Empty": "empty", "ShutDown": "closed", "Closed": "closed", "ClosedError": "closed"}
"""Exceptions, by their types' names, that are answers: those of `queue`, and what others call the last."""


def answer_of_exception(error: BaseException) -> tuple[str, Any]:
    """Return answer and value for an exception: `full`, `empty`, `closed`, or `raised` with its type's name."""
    name = type(error).__name__
    return (ANSWERS[name], None) if name in ANSWERS else ("raised", name)

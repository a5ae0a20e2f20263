"""Which locations and registers a test has, of what types: what its parts say, put together and checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lockfree.check.litmus.errors import LitmusError
from lockfree.check.litmus.tree import (
    Assign,
    Atomic,
    Initial,
    Location,
    Mutex,
    Name,
    Observed,
    Proposition,
    Register,
    Store,
    Test,
    Thread,
    Type,
    walk,
)

__all__ = ["Names", "observed", "places", "shown", "weak_exchanges"]


@dataclass(slots=True)
class Names:
    """locations: their types. registers: of each thread. values: initial ones, by place. mutexes: names of locations.

    atomic: locations that some thread reaches atomically by name.
    """

    locations: dict[str, Type] = field(default_factory=dict)
    registers: list[dict[str, Type]] = field(default_factory=list)
    values: dict[Observed, int | str] = field(default_factory=dict)
    mutexes: set[str] = field(default_factory=set)
    atomic: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, test: Test) -> Names:
        """Those of a test. Raises `LitmusError` where its parts contradict each other."""
        names = cls()
        for thread in test.threads:
            for name, kind in thread.parameters.items():
                names._declare(test, name, kind, thread.line)
        for initial in test.initial:
            names.values[initial.place] = initial.value
            if isinstance(initial.place, Location) and initial.type is not None:
                names._declare(test, initial.place.name, initial.type, initial.line)
        for place in observed(test):
            if isinstance(place, Location):
                names.locations.setdefault(place.name, Type())
        for initial in test.initial:
            names._check_initial(test, initial)
        for thread in test.threads:
            names._thread(test, thread)
        for place in observed(test):
            if isinstance(place, Register):
                names._check_register(test, place)
        return names

    def type_at(self, place: Observed) -> Type:
        """What a place holds."""
        if isinstance(place, Location):
            return self.locations[place.name]
        return self.registers[place.thread][place.name]

    def _declare(self, test: Test, name: str, kind: Type, line: int) -> None:
        known = self.locations.setdefault(name, kind)
        if (known.base, known.pointers) != (kind.base, kind.pointers):
            raise LitmusError(test.file, line, f"{name!r} is declared as {known.c()} and as {kind.c()}")

    def _check_initial(self, test: Test, initial: Initial) -> None:
        place, value = initial.place, initial.value
        if isinstance(value, str):
            target = self.locations.setdefault(value, Type())
            natural = target.pointer()
        else:
            natural = Type()
        if isinstance(place, Location):
            kind = self.locations.setdefault(place.name, natural)
            if isinstance(value, str) and not kind.pointers:
                text = f"{place.name!r} holds the address of {value!r}: declare it {natural.c()}, not {kind.c()}"
                raise LitmusError(test.file, initial.line, text)
            return
        if place.thread >= len(test.threads):
            raise LitmusError(test.file, initial.line, f"{place}: there is no P{place.thread}")
        # A register that the code declares has the type that it says there.
        declared = test.threads[place.thread].registers.get(place.name)
        while len(self.registers) <= place.thread:
            self.registers.append({})
        self.registers[place.thread][place.name] = declared or initial.type or natural

    def _thread(self, test: Test, thread: Thread) -> None:
        while len(self.registers) <= thread.number:
            self.registers.append({})
        registers = self.registers[thread.number]
        registers.update(thread.registers)
        for name in sorted(set(registers) & set(thread.parameters)):
            raise LitmusError(test.file, thread.line, f"P{thread.number} has {name!r} as register and as parameter")
        for node in (below for statement in thread.body for below in walk(statement)):
            if isinstance(node, Assign) and node.register not in thread.parameters:
                registers.setdefault(node.register, Type())
            elif isinstance(node, Atomic | Store | Mutex) and isinstance(node.address, Name):
                if isinstance(node, Mutex):
                    self.mutexes.add(node.address.name)
                elif isinstance(node, Atomic) or node.order:
                    self.atomic.add(node.address.name)

    def _check_register(self, test: Test, place: Register) -> None:
        if place.thread >= len(test.threads):
            raise LitmusError(test.file, _line(test, place), f"{place}: there is no P{place.thread}")
        if place.name not in self.registers[place.thread]:
            raise LitmusError(test.file, _line(test, place), f"{place}: P{place.thread} has no register {place.name!r}")


def places(proposition: Proposition) -> Iterator[Observed]:
    """The places that a proposition speaks of."""
    if proposition.place is not None:
        yield proposition.place
        if isinstance(proposition.value, Register | Location):
            yield proposition.value
    for part in proposition.parts:
        yield from places(part)


def shown(test: Test) -> tuple[Observed, ...]:
    """The places that a state names: of `locations` and of the condition; registers first, as herd sorts them."""
    found = {*test.shown, *places(test.condition.proposition)}
    return tuple(sorted(found, key=_order))


def observed(test: Test) -> tuple[Observed, ...]:
    """`shown`, then those that only the filter needs."""
    first = shown(test)
    hidden = set(places(test.filter)) - set(first) if test.filter is not None else set()
    return first + tuple(sorted(hidden, key=_order))


def weak_exchanges(test: Test) -> int:
    """How many weak compare-exchanges the test has: each may fail spuriously."""
    nodes = (node for thread in test.threads for statement in thread.body for node in walk(statement))
    return sum(isinstance(node, Atomic) and node.operation == "compare_exchange_weak" for node in nodes)


def _order(place: Observed) -> tuple[bool, int, str]:
    return (isinstance(place, Location), place.thread if isinstance(place, Register) else 0, place.name)


def _line(test: Test, place: Observed) -> int:
    """Where the condition or the filter names a place; the first line where only `locations` does."""
    parts = [test.condition.proposition, *([test.filter] if test.filter is not None else [])]
    while parts:
        part = parts.pop()
        if place in (part.place, part.value):
            return part.line
        parts += part.parts
    return 1

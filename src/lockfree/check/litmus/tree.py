"""A litmus test as a tree: initial state, threads, final condition. What each part means is herd's documentation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields

__all__ = [
    "Assign",
    "Atomic",
    "Binary",
    "Block",
    "Condition",
    "Constant",
    "Dereference",
    "Discard",
    "Expression",
    "Fence",
    "If",
    "Initial",
    "Location",
    "Mutex",
    "Name",
    "Observed",
    "Proposition",
    "Register",
    "Statement",
    "Store",
    "Test",
    "Thread",
    "Type",
    "Unary",
    "While",
    "walk",
]


@dataclass(frozen=True, slots=True)
class Type:
    """An object's type. base: as C writes it, without qualifiers; pointers: how many `*` follow."""

    base: str = "int"
    pointers: int = 0
    volatile: bool = False

    def pointer(self) -> Type:
        """The type of its address."""
        return Type(self.base, self.pointers + 1, volatile=self.volatile)

    def target(self) -> Type:
        """The type of what it points to."""
        return Type(self.base, self.pointers - 1, volatile=self.volatile)

    def c(self) -> str:
        """As C writes it, without qualifiers."""
        return self.base + ("" if not self.pointers else " " + "*" * self.pointers)


# Expressions


@dataclass(frozen=True, slots=True)
class Constant:
    """An integer."""

    value: int


@dataclass(frozen=True, slots=True)
class Name:
    """A register, or a parameter: the address of a location."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Dereference:
    """`*address`: a plain load, whatever the location's type is (herd's reading)."""

    address: Expression
    line: int


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x`, `!x`."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """An operator of C between two expressions."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Atomic:
    """An atomic operation with a value. operation: load, exchange, fetch_add, …, compare_exchange_weak.

    arguments: those after the address. orders: one, two for a compare-exchange.
    """

    operation: str
    address: Expression
    arguments: tuple[Expression, ...]
    orders: tuple[str, ...]
    line: int


Expression = Constant | Name | Dereference | Unary | Binary | Atomic

# Statements


@dataclass(frozen=True, slots=True)
class Assign:
    """`register = value`, perhaps declaring it."""

    register: str
    value: Expression
    line: int


@dataclass(frozen=True, slots=True)
class Store:
    """`*address = value` (order ""), or atomic_store."""

    address: Expression
    value: Expression
    order: str
    line: int


@dataclass(frozen=True, slots=True)
class Discard:
    """An expression whose value is dropped."""

    value: Expression
    line: int


@dataclass(frozen=True, slots=True)
class Fence:
    """atomic_thread_fence."""

    order: str
    line: int


@dataclass(frozen=True, slots=True)
class Mutex:
    """lock or unlock."""

    operation: str
    address: Expression
    line: int


@dataclass(frozen=True, slots=True)
class If:
    """A branch; `otherwise` is None without `else`."""

    condition: Expression
    then: Statement
    otherwise: Statement | None
    line: int


@dataclass(frozen=True, slots=True)
class While:
    """A loop."""

    condition: Expression
    body: Statement
    line: int


@dataclass(frozen=True, slots=True)
class Block:
    """Statements in braces."""

    statements: tuple[Statement, ...]
    line: int


Statement = Assign | Store | Discard | Fence | Mutex | If | While | Block


def walk(node: Statement | Expression) -> Iterator[Statement | Expression]:
    """The node and all below it."""
    yield node
    for part in fields(node):
        value = getattr(node, part.name)
        for below in value if isinstance(value, tuple) else (value,):
            if isinstance(below, Statement | Expression):
                yield from walk(below)


# The rest


@dataclass(frozen=True, slots=True)
class Location:
    """A location in memory, in a condition or as a value."""

    name: str

    def __str__(self) -> str:
        return f"[{self.name}]"


@dataclass(frozen=True, slots=True)
class Register:
    """A register of a thread."""

    thread: int
    name: str

    def __str__(self) -> str:
        return f"{self.thread}:{self.name}"


Observed = Register | Location


@dataclass(frozen=True, slots=True)
class Initial:
    """A place's initial value: an integer or the name of the location it points to. type: None where not given."""

    place: Observed
    value: int | str
    type: Type | None
    line: int


@dataclass(frozen=True, slots=True)
class Thread:
    """One `P`. parameters: the types of the locations whose addresses it gets. registers: those it declares."""

    number: int
    parameters: Mapping[str, Type]
    registers: Mapping[str, Type]
    body: tuple[Statement, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Proposition:
    """operator: `=` `!=` with `place` and `value`, else `and` `or` `implies` `not` `true` `false` with `parts`."""

    operator: str
    parts: tuple[Proposition, ...] = ()
    place: Observed | None = None
    value: int | str | Observed = 0
    line: int = 0


@dataclass(frozen=True, slots=True)
class Condition:
    """quantifier: `exists`, `~exists` or `forall`."""

    quantifier: str
    proposition: Proposition


@dataclass(frozen=True, slots=True)
class Test:
    """A whole test. shown: the places of `locations`. filter: executions that don't meet it don't count."""

    __test__ = False  # pytest: not one of yours

    name: str
    file: str
    initial: tuple[Initial, ...]
    threads: tuple[Thread, ...]
    condition: Condition
    shown: tuple[Observed, ...] = ()
    filter: Proposition | None = None
    options: Mapping[str, str] = field(default_factory=dict)

"""Reads the threads' code: the part of C that herd knows."""

from __future__ import annotations

from lockfree.check.litmus.scan import Scanner
from lockfree.check.litmus.tree import (
    Assign,
    Atomic,
    Binary,
    Block,
    Constant,
    Dereference,
    Discard,
    Expression,
    Fence,
    If,
    Mutex,
    Name,
    Statement,
    Store,
    Thread,
    Type,
    Unary,
    While,
)

__all__ = ["read_thread", "read_type", "starts_type"]

BASES = frozenset(
    {"int", "char", "short", "long", "unsigned", "signed", "bool", "_Bool", "size_t", "intptr_t", "uintptr_t"}
    | {f"{sign}int{bits}_t" for sign in ("", "u") for bits in (8, 16, 32, 64)}
)
ATOMIC_NAMES = {
    "atomic_int": "int", "atomic_uint": "unsigned int", "atomic_long": "long", "atomic_ulong": "unsigned long",
    "atomic_char": "char", "atomic_bool": "_Bool", "atomic_size_t": "size_t", "atomic_intptr_t": "intptr_t",
    "atomic_uintptr_t": "uintptr_t", "atomic_llong": "long long", "atomic_ullong": "unsigned long long",
}  # fmt: skip
MUTEXES = frozenset({"mtx_t", "mutex", "mutex_t"})
MUTEX = "mtx_t"
QUALIFIERS = frozenset({"volatile", "const", "_Atomic"})
FOREIGN = frozenset(
    {"struct", "union", "enum", "float", "double", "__int128", "__int128_t", "__uint128_t", "spinlock_t"}
)
CONTROL = frozenset({"for", "do", "switch", "goto", "return", "break", "continue", "case"})

FETCHES = ("fetch_add", "fetch_sub", "fetch_or", "fetch_xor", "fetch_and")
ARGUMENTS = {"load": 1, "store": 2, "exchange": 2} | dict.fromkeys(FETCHES, 2)
ARGUMENTS |= {"compare_exchange_strong": 3, "compare_exchange_weak": 3}
SHORT = {"SCAS": "atomic_compare_exchange_strong", "WCAS": "atomic_compare_exchange_weak"}
LOCKS = {"lock": "lock", "mtx_lock": "lock", "unlock": "unlock", "mtx_unlock": "unlock"}
ORDERS = ("relaxed", "consume", "acquire", "release", "acq_rel", "seq_cst")
ALLOWED = {"load": ("relaxed", "consume", "acquire", "seq_cst"), "store": ("relaxed", "release", "seq_cst")}

PRECEDENCE = {
    "||": 1, "&&": 2, "|": 3, "^": 4, "&": 5, "==": 6, "!=": 6, "<": 7, ">": 7, "<=": 7, ">=": 7, "+": 8, "-": 8,
    "*": 9, "/": 9,
}  # fmt: skip


def starts_type(words: Scanner) -> bool:
    """Whether a type comes next."""
    text = words.peek().text
    return text in BASES | QUALIFIERS | FOREIGN | MUTEXES or text in ATOMIC_NAMES or text == "atomic"


def read_type(words: Scanner) -> Type:
    """A type: qualifiers and base in any order, then `*`s. Atomic or not is told by each access, not by the type."""
    base: list[str] = []
    volatile = False
    while starts_type(words):
        text = words.peek().text
        if text in FOREIGN:
            words.fail(f"type {text!r} is not supported")
        words.next()
        volatile |= text == "volatile"
        if text == "_Atomic" and words.accept("("):
            inner = read_type(words)
            words.expect(")", "the type in _Atomic(")
            return _pointers(words, inner)
        if text == "atomic":
            words.expect("<", "atomic")
            inner = read_type(words)
            words.expect(">", "the type in atomic<")
            return _pointers(words, inner)
        if text not in QUALIFIERS:
            base.append(MUTEX if text in MUTEXES else ATOMIC_NAMES.get(text, text))
    return _pointers(words, Type(" ".join(base) or "int", volatile=volatile))


def _pointers(words: Scanner, of: Type) -> Type:
    while True:
        if words.accept("*"):
            of = of.pointer()
        elif not words.accept("const", "volatile", "restrict"):
            return of


def read_thread(words: Scanner) -> Thread:
    """`P0 (int *x, …) { … }`; the scanner stands at P0."""
    words.accept("void")
    words.accept("*")
    line = words.line
    number = words.name("a thread, P0")[1:]
    words.expect("(", f"P{number}")
    parameters: dict[str, Type] = {}
    while not words.accept(")"):
        if not starts_type(words):
            words.fail(f"expected a parameter's type, found {words.shown()}")
        if words.peek().text == "void":
            words.next()
            continue
        kind = read_type(words)
        name = words.name("a parameter's name")
        if kind.pointers == 0:
            words.fail(f"parameter {name!r} is no pointer: a thread gets the addresses of locations", line)
        parameters[name] = kind.target()
        if words.peek().text != ")":
            words.expect(",", "a parameter")
    code = _Code(words)
    words.code = True
    words.expect("{", f"the parameters of P{number}")
    body = code.statements()
    # Before the closing brace is taken: what follows it may be a comment in OCaml's style.
    words.code = False
    words.expect("}", f"the code of P{number}")
    return Thread(int(number), parameters, code.registers, body, line)


class _Code:
    """Statements of one thread; gathers the registers that it declares."""

    def __init__(self, words: Scanner) -> None:
        self.words = words
        self.registers: dict[str, Type] = {}

    def statements(self) -> tuple[Statement, ...]:
        found: list[Statement] = []
        while self.words.peek().text != "}":
            if self.words.peek().kind == "end":
                self.words.fail("a '}' is missing before the end of the file")
            statement = self.statement()
            if statement is not None:
                found.append(statement)
        return tuple(found)

    def statement(self) -> Statement | None:
        words, line = self.words, self.words.line
        if words.accept(";"):
            return None
        if words.accept("{"):
            block = Block(self.statements(), line)
            words.expect("}", "a block")
            return block
        if words.accept("if"):
            condition = self.in_parentheses("if")
            then = self.body()
            return If(condition, then, self.body() if words.accept("else") else None, line)
        if words.accept("while"):
            return While(self.in_parentheses("while"), self.body(), line)
        if words.peek().text in CONTROL:
            words.fail(f"{words.shown()} is not supported: herd's C has if, else and while")
        if starts_type(words):
            return self.declaration(line)
        found = self.simple(line)
        words.expect(";", "a statement")
        return found

    def body(self) -> Statement:
        line = self.words.line
        return self.statement() or Block((), line)

    def in_parentheses(self, of: str) -> Expression:
        self.words.expect("(", of)
        found = self.expression()
        self.words.expect(")", f"the condition of {of}")
        return found

    def declaration(self, line: int) -> Statement | None:
        words = self.words
        kind = read_type(words)
        name = words.name("a register's name")
        if self.registers.setdefault(name, kind) != kind:
            words.fail(f"register {name!r} is declared with two types", line)
        found = Assign(name, self.expression(), line) if words.accept("=") else None
        if words.peek().text == ",":
            words.fail("declare one register at a time")
        words.expect(";", "a declaration")
        return found

    def simple(self, line: int) -> Statement:
        words = self.words
        text = words.peek().text
        if text == "atomic_thread_fence":
            words.next()
            words.expect("(", text)
            order = self.order(ORDERS)
            words.expect(")", "the fence's order")
            return Fence(order, line)
        if text in LOCKS:
            words.next()
            return Mutex(LOCKS[text], self.in_parentheses(text), line)
        if text in {"atomic_store", "atomic_store_explicit"}:
            _, (address, value), orders = self.call(words.next().text, line)
            return Store(address, value, orders[0], line)
        value = self.expression()
        if not words.accept("="):
            return Discard(value, line)
        if isinstance(value, Name):
            return Assign(value.name, self.expression(), line)
        if not isinstance(value, Dereference):
            words.fail("only a register or *address can be assigned to", line)
        return Store(value.address, self.expression(), "", line)

    def expression(self, above: int = 0) -> Expression:
        """By precedence climbing: operators that bind tighter than `above`."""
        left = self.operand()
        while (strength := PRECEDENCE.get(self.words.peek().text, 0)) > above:
            operator = self.words.next().text
            left = Binary(operator, left, self.expression(strength))
        return left

    def operand(self) -> Expression:
        words, line = self.words, self.words.line
        if words.accept("*"):
            return Dereference(self.operand(), line)
        if sign := words.accept("-", "!"):
            return Unary(sign, self.operand())
        if words.accept("("):
            if words.accept("void"):
                words.expect(")", "(void")
                return self.operand()
            if starts_type(words):  # a cast changes no value here, as in herd
                read_type(words)
                words.expect(")", "a cast's type")
                return self.operand()
            found = self.expression()
            words.expect(")", "an expression in parentheses")
            return found
        if (value := words.integer()) is not None:
            return Constant(value)
        name = words.name("an expression")
        if words.peek().text != "(":
            return Name(name, line)
        operation, (address, *arguments), orders = self.call(name, line)
        if operation == "store":
            words.fail("atomic_store has no value", line)
        return Atomic(operation, address, tuple(arguments), orders, line)

    def call(self, function: str, line: int) -> tuple[str, list[Expression], tuple[str, ...]]:
        """Arguments and orders of an atomic operation, from its opening parenthesis on."""
        words = self.words
        whole = SHORT.get(function, function)
        explicit = whole.endswith("_explicit")
        operation = whole.removeprefix("atomic_").removesuffix("_explicit")
        if not whole.startswith("atomic_") or operation not in ARGUMENTS:
            words.fail(f"function {function!r} is not supported", line)
        words.expect("(", function)
        arguments = [self.expression()]
        while len(arguments) < ARGUMENTS[operation]:
            words.expect(",", f"an argument of {function}")
            arguments.append(self.expression())
        cas = operation.startswith("compare")
        orders = ["seq_cst"] * (2 if cas else 1)
        if explicit:
            for i in range(len(orders)):
                words.expect(",", f"an argument of {function}")
                # C23 allows a failure order stronger than success; what fails is a load.
                orders[i] = self.order(ALLOWED.get("load" if i else operation, ORDERS))
        words.expect(")", f"the arguments of {function}")
        return operation, arguments, tuple(orders)

    def order(self, allowed: tuple[str, ...]) -> str:
        line = self.words.line
        name = self.words.name("a memory order")
        order = name.removeprefix("memory_order_")
        if order == name or order not in ORDERS:
            self.words.fail(f"{name!r} is no memory order", line)
        if order not in allowed:
            self.words.fail(f"{name} is not allowed here: C allows {', '.join(allowed)}", line)
        return order

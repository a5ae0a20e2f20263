"""Litmus tests as one C program: a scenario each, for the checker. Lines are those of the litmus files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NoReturn

from lockfree.check.litmus.errors import LitmusError
from lockfree.check.litmus.names import Names, observed
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
    Location,
    Mutex,
    Name,
    Observed,
    Register,
    Statement,
    Store,
    Test,
    Thread,
    Type,
    Unary,
)

__all__ = ["program", "scenario"]

HEAD = """\
#include <lockfree/check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
"""
NO_ADDRESS = 255  # what an observed pointer is where it points to no location of the test


def scenario(index: int) -> str:
    """The scenario of the test at this index of `program`'s tests."""
    return f"t{index}"


def program(tests: Sequence[Test]) -> str:
    """The C program. Raises `LitmusError` where a test's parts contradict each other."""
    return HEAD + "".join(_Test(test, scenario(index)).text() for index, test in enumerate(tests))


class _Test:
    """One test's part of the program. Its globals and functions begin with `prefix`."""

    def __init__(self, test: Test, prefix: str) -> None:
        self.test = test
        self.prefix = prefix
        self.names = Names.of(test)
        self.observed = observed(test)

    def text(self) -> str:
        parts = [f"\n#line 1 {json.dumps(self.test.file)}\n"]
        parts += [self._definition(name, kind, initial=False) for name, kind in self.names.locations.items()]
        parts += [self._definition(name, kind, initial=True) for name, kind in self.names.locations.items()]
        parts += [
            f"static {self.names.type_at(place).c()} {self._global(place)};\n"
            for place in self.observed
            if not isinstance(place, Location)
        ]
        parts += [_Thread(self, thread).text() for thread in self.test.threads]
        return "".join([*parts, self._name_function(), self._scenario()])

    def location(self, name: str) -> str:
        """The C name of a location."""
        return f"{self.prefix}_{name}"

    def _global(self, place: Observed) -> str:
        """The C name of what is observed of a place."""
        if isinstance(place, Location):
            return self.location(place.name)
        return f"{self.prefix}r{place.thread}_{place.name}"

    def constant(self, value: int | str, kind: Type) -> str:
        """An initial value in C."""
        if isinstance(value, str):
            return f"({kind.c()})&{self.location(value)}"
        return f"({kind.c()}){value}" if value >= 0 else f"({kind.c()})({value})"

    def _definition(self, name: str, kind: Type, *, initial: bool) -> str:
        """First all without values, since a location may hold the address of a later one."""
        if name in self.names.mutexes:
            written = f"static pthread_mutex_t {self.location(name)}"
            return f"{written} = PTHREAD_MUTEX_INITIALIZER;\n" if initial else f"{written};\n"
        written = f"static {kind.c()} {self.location(name)}"
        if not initial:
            return f"{written};\n"
        return f"{written} = {self.constant(self.names.values.get(Location(name), 0), kind)};\n"

    def _name_function(self) -> str:
        """Turns an observed pointer into the number of the location, 1 for the first."""
        if not any(self.names.type_at(place).pointers for place in self.observed):
            return ""
        lines = [f"static inline uint64_t {self.prefix}name(uintptr_t address) {{\n  if (address == 0) return 0;\n"]
        lines += [
            f"  if (address == (uintptr_t)&{self.location(name)}) return {number};\n"
            for number, name in enumerate(self.names.locations, 1)
        ]
        return "".join([*lines, f"  return {NO_ADDRESS};\n}}\n"])

    def _scenario(self) -> str:
        count = len(self.test.threads)
        lines = [f"LF_SCENARIO({self.prefix}) {{\n  lf_thread threads[{count}];\n"]
        lines += [f"  threads[{n}] = lf_spawn({self.prefix}P{n}, NULL);\n" for n in range(count)]
        lines += [f"  lf_join(threads[{n}]);\n" for n in range(count)]
        for place in self.observed:
            kind = self.names.type_at(place)
            value = self._global(place)
            if isinstance(place, Location) and place.name in self.names.atomic:
                value = f"atomic_load_explicit((_Atomic({kind.c()}) *)&{value}, memory_order_relaxed)"
            lines.append(f"  LF_OBSERVE({f'{self.prefix}name((uintptr_t){value})' if kind.pointers else value});\n")
        return "".join([*lines, "}\n"])


class _Thread:
    """One thread's function."""

    def __init__(self, of: _Test, thread: Thread) -> None:
        self.of = of
        self.thread = thread
        self.registers = of.names.registers[thread.number]

    def text(self) -> str:
        lines = [f"static void *{self.of.prefix}P{self.thread.number}(void *unused) {{\n"]
        for name, kind in self.registers.items():
            value = self.of.names.values.get(Register(self.thread.number, name), 0)
            lines.append(f"  {kind.c()} r_{name} = {self.of.constant(value, kind)};\n")
        for statement in self.thread.body:
            lines.append(self.statement(statement))
        for place in self.of.observed:
            if not isinstance(place, Location) and place.thread == self.thread.number:
                lines.append(f"  {self.of.prefix}r{place.thread}_{place.name} = r_{place.name};\n")
        unused = "".join(f"  (void)r_{name};\n" for name in self.registers)
        return "".join([*lines, unused, "  return unused;\n}\n"])

    def statement(self, of: Statement) -> str:
        """One statement, on its line of the litmus file."""
        return f"#line {of.line}\n{self._statement(of)}\n"

    def _statement(self, of: Statement) -> str:
        match of:
            case Assign():
                return f"{self.target(of)} = {self.converted(of.value, self.registers[of.register], of.line)};"
            case Store():
                kind = self.pointee(of.address, of.line)
                value = self.converted(of.value, kind, of.line)
                if not of.order:
                    return f"{self.plain(of.address, of.line)} = {value};"
                return f"atomic_store_explicit({self.atomic(of.address, of.line)}, {value}, {_order(of.order)});"
            case Discard():
                return f"(void)({self.expression(of.value)});"
            case Fence():
                return f"atomic_thread_fence({_order(of.order)});"
            case Mutex():
                if not isinstance(of.address, Name) or of.address.name not in self.thread.parameters:
                    self.fail(of.line, f"{of.operation} takes a parameter of the thread")
                return f"pthread_mutex_{of.operation}(&{self.of.location(of.address.name)});"
            case If():
                text = f"if ({self.expression(of.condition)}) {{\n{self.statement(of.then)}}}"
                return text + (f" else {{\n{self.statement(of.otherwise)}}}" if of.otherwise is not None else "")
            case Block():
                return "{\n" + "".join(map(self.statement, of.statements)) + "}"
            case _:
                return f"while ({self.expression(of.condition)}) {{\n{self.statement(of.body)}}}"

    def target(self, of: Assign) -> str:
        if of.register in self.thread.parameters:
            self.fail(of.line, f"{of.register!r} is a parameter: assign to *{of.register}, or to a register")
        return f"r_{of.register}"

    def expression(self, of: Expression) -> str:
        match of:
            case Constant():
                return str(of.value)
            case Name():
                return f"r_{of.name}" if of.name in self.registers else f"(&{self.of.location(of.name)})"
            case Dereference():
                return self.plain(of.address, of.line)
            case Unary():
                return f"{of.operator}({self.expression(of.operand)})"
            case Binary():
                return self.binary(of)
            case _:
                return self.operation(of)

    def binary(self, of: Binary) -> str:
        """Pointers are computed with as integers, in bytes, so that `p + (r ^ r)` is an address dependency."""
        sides = (of.left, of.right)
        left, right = (
            f"(uintptr_t)({self.expression(side)})" if self.type(side).pointers else f"({self.expression(side)})"
            for side in sides
        )
        result = self.type(of)
        return f"({result.c()})({left} {of.operator} {right})" if result.pointers else f"{left} {of.operator} {right}"

    def operation(self, of: Atomic) -> str:
        address = self.atomic(of.address, of.line)
        kind = self.pointee(of.address, of.line)
        orders = ", ".join(map(_order, of.orders))
        if of.operation.startswith("compare"):
            expected, desired = of.arguments
            if self.pointee(expected, of.line) != kind:
                self.fail(of.line, "a compare-exchange needs the address of an expected value of the same type")
            given = f"({kind.c()} *){self.expression(expected)}, {self.converted(desired, kind, of.line)}"
            return f"atomic_{of.operation}_explicit({address}, {given}, {orders})"
        given = "".join(f"{self.converted(argument, kind, of.line)}, " for argument in of.arguments)
        if kind.pointers and of.operation.startswith("fetch"):
            self.fail(of.line, f"atomic_{of.operation} on a pointer is not supported")
        return f"atomic_{of.operation}_explicit({address}, {given}{orders})"

    def atomic(self, address: Expression, line: int) -> str:
        """The address as that of an atomic object."""
        return f"(_Atomic({self.pointee(address, line).c()}) *){self.expression(address)}"

    def plain(self, address: Expression, line: int) -> str:
        """A plain access, volatile where the address is declared so."""
        kind = self.pointee(address, line)
        volatile = "volatile " if self.type(address).volatile else ""
        # Of `int **`, it is the pointer that is accessed: the qualifier comes after the inner type.
        return f"*({kind.c()} {volatile}*){self.expression(address)}"

    def pointee(self, address: Expression, line: int) -> Type:
        kind = self.type(address)
        if not kind.pointers:
            self.fail(line, "an address is needed here: a parameter, or a register declared with '*'")
        name = address.name if isinstance(address, Name) else None
        if name in self.of.names.mutexes and name not in self.registers:
            self.fail(line, f"{name!r} is a mutex: it is locked elsewhere")
        return Type(kind.base, kind.pointers - 1)

    def converted(self, value: Expression, kind: Type, line: int) -> str:
        """A value where an object of this type gets it."""
        given = self.type(value)
        text = self.expression(value)
        if given.pointers and not kind.pointers:
            self.fail(line, f"an address goes into a {kind.c()}: declare it {given.c()}")
        return f"({kind.c()})(uintptr_t)({text})" if kind.pointers and not given.pointers else f"({kind.c()})({text})"

    def type(self, of: Expression) -> Type:
        """An expression's type: enough of C to tell addresses from integers."""
        match of:
            case Name():
                if of.name in self.registers:
                    return self.registers[of.name]
                if of.name not in self.thread.parameters:
                    self.fail(of.line, f"{of.name!r} is neither a register nor a parameter of P{self.thread.number}")
                declared = self.thread.parameters[of.name]
                known = self.of.names.locations[of.name]
                return Type(known.base, known.pointers + 1, volatile=declared.volatile)
            case Dereference():
                return self.pointee(of.address, of.line)
            case Atomic():
                if of.operation.startswith("compare"):
                    return Type("int")
                return self.pointee(of.address, of.line)
            case Binary(operator="+" | "-"):
                left, right = self.type(of.left), self.type(of.right)
                return left if left.pointers else right
            case _:
                return Type("int")

    def fail(self, line: int, what: str) -> NoReturn:
        raise LitmusError(self.of.test.file, line, what)


def _order(order: str) -> str:
    return f"memory_order_{order}"

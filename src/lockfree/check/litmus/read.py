"""Reads a whole litmus test: header, initial state, threads, final condition."""

from __future__ import annotations

import re
from pathlib import Path

from lockfree.check.litmus.code import read_thread, read_type, starts_type
from lockfree.check.litmus.scan import Scanner
from lockfree.check.litmus.tree import (
    Condition,
    Initial,
    Location,
    Observed,
    Proposition,
    Register,
    Test,
    Thread,
    Type,
)

__all__ = ["read", "read_text"]

_THREAD = re.compile(r"P[0-9]+")
_NAMED_VALUES = frozenset({"true", "false"})


def read(path: Path) -> Test:
    """The test in a file. Raises `LitmusError`, and OSError where the file can't be read."""
    return read_text(path.read_text(encoding="utf-8", errors="replace"), str(path))


def read_text(text: str, file: str) -> Test:
    """The test in a text; `file` is for messages and debug information."""
    words = Scanner(text, file)
    architecture = words.name("'C NAME' in the first line")
    if architecture != "C":
        words.fail(f"tests of {architecture} are not supported: only herd's C tests ('C NAME' in the first line)", 1)
    name = words.rest_of_line()
    if not name:
        words.fail("the first line must name the test: C NAME", 1)
    options = _options(words)
    words.expect("{", "the test's name")
    initial = _initial(words)
    threads: list[Thread] = []
    while _at_thread(words):
        threads.append(read_thread(words))
    numbers = [thread.number for thread in threads]
    if not numbers:
        words.fail(f"expected a thread, P0, found {words.shown()}")
    if numbers != list(range(len(numbers))):
        words.fail(f"threads must be P0, P1, … in order, not {', '.join(f'P{n}' for n in numbers)}", threads[0].line)
    shown = _shown(words)
    kept = _or(words) if words.accept("filter") else None
    condition = Condition(_quantifier(words), _or(words))
    if words.peek().kind != "end":
        words.fail(f"nothing is expected after the condition, found {words.shown()}")
    return Test(name, file, initial, tuple(threads), condition, shown, kept, options)


def _options(words: Scanner) -> dict[str, str]:
    """Lines between name and initial state: `Key=value`, or a description in quotes."""
    found: dict[str, str] = {}
    while (line := words.header()) is not None:
        key, equals, value = line.partition("=")
        if equals and not line.startswith('"'):
            found[key.strip()] = value.strip()
    if "Variant" in found:
        words.fail("a test for a variant of herd (Variant=…) is not supported")
    return found


def _at_thread(words: Scanner) -> bool:
    text = words.peek().text
    return text == "void" or _THREAD.fullmatch(text) is not None


def _initial(words: Scanner) -> tuple[Initial, ...]:
    found: list[Initial] = []
    while not words.accept("}"):
        if words.accept(";"):
            continue
        line = words.line
        kind = read_type(words) if starts_type(words) else None
        if kind is None and words.accept("*"):
            kind = Type(pointers=1)
        place = _place(words)
        if words.peek().text == "[":
            words.fail("arrays are not supported")
        value: int | str = 0
        if words.accept("="):
            words.accept("&")
            wrapped = words.accept("ATOMIC_INIT")
            if wrapped:
                words.expect("(", wrapped)
            value = _value(words)
            if wrapped:
                words.expect(")", wrapped)
        found.append(Initial(place, value, kind, line))
        if words.peek().text != "}":
            words.expect(";", f"the initial value of {place}")
    return tuple(found)


def _place(words: Scanner) -> Observed:
    """`x`, `[x]`, `0:r0` or `P0:r0`."""
    if words.accept("["):
        name = words.name("a location")
        words.expect("]", "a location")
        return Location(name)
    thread = words.integer()
    if thread is None:
        name = words.name("a location or a register")
        if not (_THREAD.fullmatch(name) and words.peek().text == ":"):
            return Location(name)
        thread = int(name[1:])
    words.expect(":", "a thread's number")
    return Register(thread, words.name("a register"))


def _value(words: Scanner) -> int | str:
    negative = words.accept("-") is not None
    number = words.integer()
    if number is not None:
        return -number if negative else number
    return words.name("a number or a location")


def _shown(words: Scanner) -> tuple[Observed, ...]:
    if not words.accept("locations"):
        return ()
    words.expect("[", "locations")
    found: list[Observed] = []
    while not words.accept("]"):
        found.append(_place(words))
        words.accept("*")
        if starts_type(words):
            read_type(words)
        if words.peek().text != "]":
            words.expect(";", "a location")
    return tuple(found)


def _quantifier(words: Scanner) -> str:
    if words.accept("~"):
        words.expect("exists", "~")
        return "~exists"
    word = words.accept("exists", "forall")
    if word is None:
        words.fail(f"expected 'exists', '~exists' or 'forall', found {words.shown()}")
    return word


# herd's grammar: `=>` binds tighter than `/\\`, which binds tighter than `\\/`.
def _or(words: Scanner) -> Proposition:
    left = _and(words)
    while words.accept("\\/"):
        left = Proposition("or", (left, _and(words)))
    return left


def _and(words: Scanner) -> Proposition:
    left = _implies(words)
    while words.accept("/\\"):
        left = Proposition("and", (left, _implies(words)))
    return left


def _implies(words: Scanner) -> Proposition:
    left = _not(words)
    return Proposition("implies", (left, _implies(words))) if words.accept("=>") else left


def _not(words: Scanner) -> Proposition:
    if words.accept("~", "not"):
        return Proposition("not", (_not(words),))
    if words.accept("("):
        inner = _or(words)
        words.expect(")", "a condition in parentheses")
        return inner
    constant = words.accept(*_NAMED_VALUES)
    if constant:
        return Proposition(constant)
    line = words.line
    place = _place(words)
    operator = words.accept("=", "==", "!=", "<>")
    if operator is None:
        words.fail(f"expected '=' after {place}, found {words.shown()}")
    return Proposition("=" if operator in {"=", "=="} else "!=", (), place, _right(words), line)


def _right(words: Scanner) -> int | str | Observed:
    """A value, or another place to compare with."""
    value = _value(words)
    if isinstance(value, int) and value >= 0 and words.peek().text == ":":
        words.next()
        return Register(value, words.name("a register"))
    return value

"""Conditions over final states: their truth and their text."""

from __future__ import annotations

from collections.abc import Mapping

from lockfree.check.litmus.tree import Condition, Location, Observed, Proposition, Register

__all__ = ["holds", "text"]

Value = int | str
_WORDS = {"or": " \\/ ", "and": " /\\ ", "implies": " => "}
# Which operators herd puts in parentheses inside which.
_PARENTHESES = {"": (), "or": ("implies",), "and": ("or", "implies"), "implies": ("or", "and")}


def holds(proposition: Proposition, state: Mapping[Observed, Value]) -> bool:
    """Whether a state meets it."""
    parts = [holds(part, state) for part in proposition.parts]
    match proposition.operator:
        case "or":
            return any(parts)
        case "and":
            return all(parts)
        case "implies":
            return parts[1] or not parts[0]
        case "not":
            return not parts[0]
        case "true" | "false":
            return proposition.operator == "true"
    assert proposition.place is not None  # noqa: S101 - what is left compares a place
    value = proposition.value
    right = state[value] if isinstance(value, Register | Location) else value
    return (state[proposition.place] == right) == (proposition.operator == "=")


def text(condition: Condition) -> str:
    """As herd prints it: `exists ([x]=1)`."""
    return f"{condition.quantifier} ({_text(condition.proposition, '')})"


def _text(of: Proposition, around: str) -> str:
    match of.operator:
        case "or" | "and" | "implies":
            inner = _WORDS[of.operator].join(_text(part, of.operator) for part in of.parts)
            return f"({inner})" if of.operator in _PARENTHESES[around] else inner
        case "not":
            return f"not ({_text(of.parts[0], '')})"
        case "true" | "false":
            return of.operator
        case "!=":
            return f"not ({of.place}={of.value})"
    return f"{of.place}={of.value}"

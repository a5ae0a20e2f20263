"""Hypothesis as a hunter: draws programs until one breaks a rule, and shrinks it. Of threads it knows nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

try:
    import hypothesis
except ImportError as error:
    raise ImportError("lockfree.testing's search needs hypothesis: pip install 'lockfree[testing]'") from error

P = TypeVar("P")
F = TypeVar("F")


class RaceFoundError(AssertionError):
    """A program broke a rule. `program`, `history` and `finding` are the smallest that the search came to."""

    def __init__(self, program: Any, history: Any, finding: Any, picture: str) -> None:
        """Keep the evidence; the message is its picture."""
        self.program = program
        self.history = history
        self.finding = finding
        super().__init__(f"\n{picture}\n")


class _Failed(Exception):  # noqa: N818  a signal to Hypothesis
    pass


def hunt(
    programs: hypothesis.strategies.SearchStrategy[P],
    attempt: Callable[[P, bool], F | None],
    *,
    examples: int,
    seed: int,
    shrinks: int = 300,
) -> F | None:
    """Draw programs until `attempt(program, False)` returns a failure; return that of the smallest failing program.

    The draw is the same for the same `seed`. Shrinking makes at most `shrinks` attempts, with `True`. A
    program seen to fail (by its `repr`) counts as failing from then on, so that shrinking isn't led astray by one lucky
    run.
    """
    failed: dict[str, F] = {}
    last: F | None = None
    tries_left = shrinks

    def run(program: P) -> None:
        nonlocal last, tries_left
        key = repr(program)
        failure = failed.get(key)
        if failure is None:
            if last is not None:
                tries_left -= 1
                if tries_left < 0:
                    return
            failure = attempt(program, last is not None)
        if failure is not None:
            last = failed[key] = failure
            raise _Failed

    given = hypothesis.seed(seed)(
        hypothesis.settings(
            max_examples=examples,
            database=None,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(hypothesis.HealthCheck),
            phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
            verbosity=hypothesis.Verbosity.quiet,
        )(hypothesis.given(programs)(run))
    )
    try:
        given()
    except _Failed:
        return last  # Hypothesis runs the smallest one last
    return None

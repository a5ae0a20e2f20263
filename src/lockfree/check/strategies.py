"""Hypothesis strategies for the checker. Needs the extra `testing`."""

from __future__ import annotations

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError("lockfree.check's strategies need hypothesis: pip install 'lockfree[testing]'") from error

__all__ = ["schedules"]


def schedules(*, most: int = 4, steps: int = 60, choices: int = 3) -> st.SearchStrategy[list[tuple[int, int]]]:
    """Draw a schedule: at most `most` deviations `(step, choice)` from the default execution, at different steps.

    steps: how many steps of a run are looked at. choices: at each, how many alternatives. Shrinks to few deviations at
    early steps: a list of deviations finds in tens of examples what a choice at every step does not find in thousands.
    """
    deviation = st.tuples(st.integers(0, steps - 1), st.integers(1, choices))
    return st.lists(deviation, max_size=most, unique_by=lambda pair: pair[0]).map(sorted)

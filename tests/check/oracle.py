"""Linearizability by its definition: every subset of pending operations, every permutation. For few operations."""

from itertools import combinations, permutations

from lockfree.check.linearizability import fits
from lockfree.check.specs.base import calls_of


def allowed(history, spec, order, calls):
    states = {spec.start()}
    for i in order:
        states = {
            o.state
            for state in states
            for o in spec.answers(state, calls[i])
            if history[i].pending or fits(history[i], o)
        }
    return bool(states)


def linearizable(history, spec):
    calls = calls_of(history, spec)
    complete = [i for i, o in enumerate(history) if not o.pending]
    pending = [i for i, o in enumerate(history) if o.pending]
    return any(
        allowed(history, spec, order, calls)
        for size in range(len(pending) + 1)
        for some in combinations(pending, size)
        for order in permutations([*complete, *some])
        if all(order.index(j) < place for place, i in enumerate(order) for j in history[i].after)
    )

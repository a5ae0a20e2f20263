"""Random histories: orders that a specification allows, stretched into overlapping calls; and the same with lies."""

from dataclasses import replace

from hypothesis import strategies as st

from lockfree.check.histories import Operation, timed
from lockfree.check.specs.base import Call, calls_of


@st.composite
def explained(draw, spec, calls, *, most=7, threads=3):
    """A history that is right by construction: calls in an order, each stretched to both sides as far as its thread's
    neighbours, answered in that order by the specification. Some calls at threads' ends are made pending."""
    state, operations, lanes = spec.start(), [], {}
    for index in range(draw(st.integers(1, most))):
        name, argument = draw(calls(index))
        outcomes = list(spec.answers(state, Call(index, name, argument)))
        if outcomes:
            state = outcomes[0].state
            thread = draw(st.integers(0, threads - 1))
            lanes.setdefault(thread, []).append(len(operations))
            operations.append(Operation(thread, name, argument))
    spans = [(float(i), float(i)) for i in range(len(operations))]
    for lane in lanes.values():
        for place, i in enumerate(lane):
            low = spans[lane[place - 1]][1] if place else -4.0
            high = float(lane[place + 1]) if place + 1 < len(lane) else i + 4.0
            spans[i] = (i - draw(fractions()) * (i - low), i + draw(fractions()) * (high - i) * 0.9)
        if draw(st.integers(0, 5)) == 0:
            operations[lane[-1]] = pending(operations[lane[-1]])
    state = spec.start()
    for i, call in enumerate(calls_of(timed(operations, spans), spec)):
        answer, value, state = draw(st.sampled_from(list(spec.answers(state, call))))
        if not operations[i].pending:
            operations[i] = replace(operations[i], answer=answer, value=value)
    return operations, spans


def fractions():
    return st.sampled_from([0.0, 0.15, 0.35, 0.55, 0.75, 0.9])


def pending(operation):
    return replace(operation, answer="ok", value=None, pending=True)


@st.composite
def doubtful(draw, spec, calls, *, most=7, threads=3):
    """As `explained`, then up to two operations get another's answer, or two swap their times. May still be right."""
    operations, spans = draw(explained(spec, calls, most=most, threads=threads))
    if operations:
        for _ in range(draw(st.integers(0, 3))):
            a, b = (draw(st.integers(0, len(operations) - 1)) for _ in range(2))
            if operations[a].operation == operations[b].operation and not operations[a].pending:
                operations[a] = replace(operations[a], answer=operations[b].answer, value=operations[b].value)
            elif operations[a].thread != operations[b].thread:
                spans[a], spans[b] = spans[b], spans[a]
    return operations, spans


def history(drawn):
    return timed(*drawn)


def queue_calls(index):
    return st.sampled_from([("push", index + 1), ("pop", None)])


def closing_calls(index):
    return st.sampled_from([("push", index + 1), ("push", 1), ("pop", None), ("pop", None), ("close", None)])

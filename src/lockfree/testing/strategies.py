"""Hypothesis strategies for programs. Needs the extra `testing`."""

from __future__ import annotations

from collections.abc import Sequence

from lockfree.testing.program import Hold, Program, Step, Stop

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError("lockfree.testing's strategies need hypothesis: pip install 'lockfree[testing]'") from error


STARTS = (0, 2**64 - 1, 2**64 - 2, 2**64 - 3, 2**32 - 1, 2**63 - 1, 2**64 - 64, 2**64 - 8)
"""Where counters begin: at nothing, or just before a place where a narrower or signed counter would break."""

CLOSERS = ("producer", "consumer", "closer")


def holds(*, gap_most: int = 8, until_most: int = 5) -> st.SearchStrategy[Hold | None]:
    """Draw a stop inside a step, or none."""
    return st.none() | st.builds(Hold, gap=st.integers(1, gap_most), until=st.integers(1, until_most))


def stops(threads: int) -> st.SearchStrategy[Stop | None]:
    """Draw a thread that stops for ever, or none."""
    return st.none() | st.builds(Stop, thread=st.integers(0, threads - 1), after=st.integers(0, 20))


def steps(
    calls: Sequence[str], *, batch_most: int = 4, sizes: st.SearchStrategy[int] | None = None
) -> st.SearchStrategy[Step]:
    """Draw one step out of `calls`, the simplest first."""
    return st.builds(
        Step,
        call=st.sampled_from(calls),
        n=st.integers(1, batch_most),
        keep=st.integers(1, batch_most),
        size=sizes if sizes is not None else st.just(8),
        hold=holds(),
    ).map(_plain)


def _plain(step: Step) -> Step:
    """Forget what the call doesn't use, so that equal programs are equal and shrunk ones say no more than they need."""
    counted = step.call in {"push_n", "pop_n", "reserve", "abort", "peek", "peek_keep"}
    kept = step.call in {"reserve", "peek"}
    sized = step.call in {"push", "push_n", "reserve", "abort"}
    default = Step(step.call)
    return Step(
        step.call,
        n=step.n if counted else default.n,
        keep=step.keep if kept else default.keep,
        size=step.size if sized else default.size,
        hold=step.hold,
    )


@st.composite
def programs(
    draw: st.DrawFn,
    structure: str = "spsc_ring",
    *,
    steps_most: int = 6,
    capacity_most: int = 5,
    batch_most: int = 4,
    close: bool = True,
    stop: bool = False,
    strict: st.SearchStrategy[bool] | None = None,
) -> Program:
    """Draw a program of one producer and one consumer of `structure` (`spsc_ring` or `spsc_bytes`).

    Each thread makes 1 to `steps_most` steps. With `close` some programs shut down at a drawn point, by the producer,
    the consumer or a third thread. With `stop` in some a thread is stopped for ever at a drawn access, as if it were
    killed: for executors that can (`CheckerExecutor`). Shrinks towards one push and one pop on a queue of one item that
    starts at zero.
    """
    ring = structure == "spsc_ring"
    capacity = draw(st.integers(1, capacity_most) if ring else st.sampled_from((64, 128)))
    sizes = None if ring else st.sampled_from((8, capacity // 2 - 8)) | st.integers(0, capacity // 2 - 8)
    puts = ("push", "push", "push_n", "reserve", "abort")
    takes = ("pop", "pop", "pop_n", "peek", "peek_keep") + (() if ring else ("peek_span",))
    producer = draw(st.lists(steps(puts, batch_most=batch_most, sizes=sizes), min_size=1, max_size=steps_most))
    consumer = draw(st.lists(steps(takes, batch_most=batch_most), min_size=1, max_size=steps_most))
    threads = [producer, consumer]
    if close and draw(st.sampled_from((False, True, True))):
        _shut_down(draw, threads)
    return Program(
        threads=tuple(map(tuple, threads)),
        capacity=capacity,
        filled=draw(st.just(0) | st.integers(0, capacity if ring else capacity // 16)),
        start=draw(st.sampled_from(STARTS)),
        item_words=draw(st.sampled_from((1, 2, 3, 8))) if ring else 1,
        strict=draw(strict) if strict is not None else draw(st.booleans()),
        stopped=draw(stops(len(threads))) if stop else None,
    )


def _shut_down(draw: st.DrawFn, threads: list[list[Step]]) -> None:
    """Put one close into the program: after some step of a thread, or in a third thread after some steps of both."""
    closer = CLOSERS.index(draw(st.sampled_from(CLOSERS)))
    if closer < len(threads):
        place = draw(st.integers(0, len(threads[closer])))
        threads[closer].insert(place, Step("close", hold=draw(holds(gap_most=1))))
    else:
        threads.append([Step("close", hold=Hold(1, draw(st.integers(1, sum(map(len, threads))))))])

"""A run as a picture: one column a thread, time downwards."""

from __future__ import annotations

import textwrap

from lockfree.check.histories import Operation
from lockfree.testing.racing.explorer import Broken
from lockfree.testing.racing.runs import Run

WIDTH = 44


def draw_run(run: Run) -> str:
    """Return the run in columns. A call that others ran into takes two rows: where it began, where it ended."""
    threads = sorted({o.thread for o in run.history} - {0})
    names = [f"thread {t}" for t in threads]
    moments: list[tuple[int, int, int, str, Operation | None]] = []
    for done, (begin, end) in zip(run.history, run.spans, strict=True):
        moments.append((begin, 0, done.thread, done.call, done))
        if end:
            moments.append((end, 1, done.thread, str(done).removeprefix(done.call).strip(), done))
    moments += [(m.clock, 2, m.lane, m.text, None) for m in run.marks]
    moments.sort(key=lambda m: m[:3])
    rows = ["".join(n.ljust(WIDTH) for n in cells).rstrip() for cells in (names, ["-" * (WIDTH - 2)] * len(names))]
    for index, (_, kind, thread, text, operation) in enumerate(moments):
        follows = index + 1 < len(moments) and moments[index + 1][4] is operation is not None
        preceded = index > 0 and moments[index - 1][4] is operation is not None
        if kind == 0 and follows:
            continue
        shown = {0: f"{text} …", 1: f"… {text}", 2: f"    {text}"}[kind]
        if kind == 1 and preceded:
            shown = str(operation)
        rows += _in_column(threads, thread, shown)
    return "\n".join(rows)


def _in_column(threads: list[int], thread: int, text: str) -> list[str]:
    """Put text into its thread's column; what is called alone, before or after, stands across at the left."""
    if thread not in threads:
        return [f"alone: {text}"]
    indent = " " * (WIDTH * threads.index(thread))
    hanging = " " * (len(text) - len(text.lstrip()) + 2)
    return [indent + line for line in textwrap.wrap(text, WIDTH - 2, subsequent_indent=hanging)]


def explain(broken: Broken, replayed: str) -> str:
    """Return the whole message: program, picture, reason, and whether it happens again."""
    changes = ", ".join(f"thread {broken.run.lanes[lane]} at step {step}" for step, lane in broken.run.deviations)
    lines = [str(broken.program), "", draw_run(broken.run), "", str(broken.refutation), "", replayed]
    if broken.run.log:
        lines.append(f"schedule: each thread goes on as long as it can; {changes or 'no thread'} goes on instead")
    return "\n".join(lines)

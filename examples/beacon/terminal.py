"""What the terminal shows: where to look, a line that moves, and at the end the ledger."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any, TextIO

BARS = " ▁▂▃▄▅▆▇█"
KEEP = 16
QUIET_SECONDS = 10.0  # between two lines where the output is no terminal


class Line:
    """The line of what is collected: rewritten in place on a terminal, else a line now and then. One thread."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._tty = out.isatty()
        self._rates: deque[float] = deque([0.0] * KEEP, KEEP)
        self._before: dict[str, Any] | None = None
        self._printed = (0.0, -1)

    def show(self, live: dict[str, Any]) -> None:
        """Draws what `watch.look` saw."""
        ledger, before = live["ledger"], self._before
        if before is not None and live["at"] > before["at"]:
            counted = ledger["accepted"] - before["ledger"]["accepted"]
            self._rates.append(max(0.0, counted * 1e9 / (live["at"] - before["at"])))
        self._before = live
        if self._tty:
            self._out.write("\r\x1b[K" + self._text(live)[: shutil.get_terminal_size().columns - 1])
            self._out.flush()
            return
        when, accepted = self._printed
        if ledger["accepted"] != accepted and time.monotonic() - when > QUIET_SECONDS:
            self._printed = time.monotonic(), ledger["accepted"]
            print(self._text(live).strip(), file=self._out, flush=True)

    def say(self, text: str) -> None:
        """A sentence of its own, above the line."""
        print(("\r\x1b[K" if self._tty else "") + text, file=self._out, flush=True)

    def end(self) -> None:
        """Leaves the line where it stands."""
        if self._tty and self._before is not None:
            print(file=self._out, flush=True)
        self._before = None

    def _text(self, live: dict[str, Any]) -> str:
        ledger = live["ledger"]
        full = max((lane["full"] for lane in live["lanes"]), default=0.0)
        text = (
            f"{self._rates[-1]:>7,.0f} events/s  {ledger['accepted']:,} accepted  "
            f"{ledger['pending']:,} in lanes ({full:.0%} full)"
        )
        if ledger["total_rejected"]:
            text += f"  {ledger['total_rejected']:,} rejected"
        return (sparkline(self._rates) if self._tty else "") + text


def sparkline(values: deque[float]) -> str:
    """One character a value, the highest a full block."""
    top = max(*values, 1.0)
    return "".join(BARS[min(8, round(8 * value / top)) or (1 if value else 0)] for value in values)


def banner(address: str, pids: list[int], directory: str, adopted: int) -> str:
    """The first screen."""
    workers = ", ".join(map(str, pids))
    lines = [
        f"lockfree beacon  {address}/       a page whose clicks, scrolls and moves are the events",
        f"                 {address}/live   what is collected, live",
        f"                 workers {workers}, into {directory}/; Ctrl-C drains and prints the ledger",
    ]
    if adopted:
        lines.append(f"                 an earlier run was cut short: {adopted:,} lanes that it left were adopted")
    return "\n".join(lines)


def _programs() -> str:
    """What to write before a program of this environment, which the reader's shell may not have on its PATH."""
    if sys.prefix == sys.base_prefix or os.environ.get("VIRTUAL_ENV"):
        return ""
    return os.path.relpath(Path(sys.executable).parent) + "/"


def closing(live: dict[str, Any], directory: str, complaints: list[str]) -> str:
    """The ledger's equations with their numbers, and what the audit says."""
    ledger = live["ledger"]
    why = ", ".join(f"{reason} {count:,}" for reason, count in ledger["rejected"].items() if count)
    rejected = f"{ledger['total_rejected']:,} rejected" + (f" ({why})" if why else "")
    offered, accepted, torn = (f"{ledger[term]:,} {term}" for term in ("offered", "accepted", "torn"))
    lines = [
        f"ledger  {offered} = {accepted} + {rejected} + {torn}",
        f"        {accepted} = {ledger['delivered']:,} in segments + {ledger['pending']:,} in lanes",
    ]
    if complaints:
        lines += ["audit   does NOT hold", *(f"        {complaint}" for complaint in complaints)]
    elif ledger["pending"]:
        lines.append("audit   holds: every accepted event is there once; the next run adopts what is in lanes")
    else:
        lines.append("audit   holds: every accepted event stands in the segments, once")
    programs = _programs()
    lines.append(f"read    {programs}lockfree cat {directory} | tail")
    lines.append(f"        {programs}python -m examples.beacon.dedupe {directory}")
    return "\n".join(lines)

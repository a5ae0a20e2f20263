"""What the pages counted, each event once: a reader that knows doubles and gaps by (uid, page, n).

python -m examples.beacon.dedupe DIR             how many came once, twice, without a number; what is missing
python -m examples.beacon.dedupe DIR --events    the events themselves, each once, one JSON object a line
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import lockfree


@dataclass(slots=True)
class _Page:
    """Numbers seen of one page: all up to `dense`, and those in `beyond`."""

    dense: int = 0
    beyond: set[int] = field(default_factory=set)
    highest: int = 0

    def add(self, n: int) -> bool:
        if n <= self.dense or n in self.beyond:
            return False
        self.beyond.add(n)
        self.highest = max(self.highest, n)
        while self.dense + 1 in self.beyond:
            self.dense += 1
            self.beyond.remove(self.dense)
        return True

    @property
    def missing(self) -> int:
        return self.highest - self.dense - len(self.beyond)


class Deduper:
    """Tells the first of each (uid, page, n) from its repetitions. Not thread-safe.

    A page numbers its events 1, 2, 3, ... without gaps, so a page costs one integer and what is out of order just now.
    Events without such a number can't be told apart: each counts, as `unnumbered`.

    events: all that were seen = unique + doubled + unnumbered. reported_drops: what pages say they gave up.
    """

    def __init__(self) -> None:
        self.unique = self.doubled = self.unnumbered = self.reported_drops = 0
        self._pages: dict[tuple[str, str], _Page] = {}

    @property
    def events(self) -> int:
        """How many were seen."""
        return self.unique + self.doubled + self.unnumbered

    @property
    def pages(self) -> int:
        """How many (uid, page) were seen."""
        return len(self._pages)

    @property
    def missing(self) -> int:
        """How many numbers below a page's highest were not seen (yet)."""
        return sum(page.missing for page in self._pages.values())

    def first(self, event: dict[str, Any]) -> bool:
        """Whether this event counts. O(1)."""
        uid, page, n = event.get("uid"), event.get("page"), event.get("n")
        if not (isinstance(uid, str) and isinstance(page, str) and type(n) is int and n > 0):
            self.unnumbered += 1
            return True
        if not self._pages.setdefault((uid, page), _Page()).add(n):
            self.doubled += 1
            return False
        self.unique += 1
        if event.get("kind") == "dropped":
            data = event.get("data")
            count = data.get("count") if isinstance(data, dict) else None
            self.reported_drops += count if type(count) is int and count > 0 else 0
        return True


def unique(events: Iterable[dict[str, Any]], deduper: Deduper | None = None) -> Iterator[dict[str, Any]]:
    """The events that count, in the order given; `deduper` keeps the counts."""
    deduper = deduper or Deduper()
    return (event for event in events if deduper.first(event))


def read(directory: str) -> Iterator[dict[str, Any]]:
    """Every event of a beacon's directory as its JSON object, doubles and all. Records of others are passed over."""
    for record in lockfree.records(directory):
        try:
            event = json.loads(record.payload)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            yield event


def main(arguments: list[str] | None = None) -> int:
    """The command; 0, or 2 where the directory can't be read."""
    parser = argparse.ArgumentParser(prog="python -m examples.beacon.dedupe", description=str(__doc__).split("\n")[0])
    parser.add_argument("directory", help="of the beacon's collectors")
    parser.add_argument("--events", action="store_true", help="print the events, not the counts")
    options = parser.parse_args(arguments)
    deduper = Deduper()
    try:
        for event in unique(read(options.directory), deduper):
            if options.events:
                print(json.dumps(event, separators=(",", ":")))
    except BrokenPipeError:  # | head
        sys.stdout = None
        return 0
    except OSError as error:
        print(f"{options.directory}: {error.strerror or error}", file=sys.stderr)
        return 2
    if not options.events:
        print(
            f"{deduper.events:,} events of {deduper.pages:,} pages: {deduper.unique:,} unique, "
            f"{deduper.doubled:,} doubled, {deduper.unnumbered:,} without a number, {deduper.missing:,} missing, "
            f"{deduper.reported_drops:,} dropped by the pages themselves"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())

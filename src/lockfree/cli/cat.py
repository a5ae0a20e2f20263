"""`lockfree cat DIR`: the events, one a line, in order."""

import argparse
import base64
import json
import sys
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .arguments import add_directory, moment
from .complaints import Complaints

if TYPE_CHECKING:
    from lockfree.collector.gap import Gap
    from lockfree.collector.merge import Batch
    from lockfree.collector.record import Body, Record

__all__ = ["add", "run"]

_EPILOG = """\
Raw events are printed as their bytes, typed events as a JSON object of their fields, each followed by a newline.
An event that has a newline in it takes several lines: use --json to tell where it ends.
MOMENT: 90s, 5m, 2h, 1d (ago), seconds since 1970, or a date and time such as 2026-01-31T12:00 (local time).
"""
_FOLLOW_SECONDS = 0.1


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Its arguments."""
    command = commands.add_parser(
        "cat",
        help="print events, one a line, in order",
        description="Print the events of a collector directory, one a line, in order of time. Works while it is used.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_directory(command, "a collector's directory, its segments directory, or one segment file")
    command.add_argument(
        "--json",
        action="store_true",
        help="whole records: lane, seq, ts (ns), event, payload or data; and gaps: what was dropped",
    )
    command.add_argument("--event", metavar="NAME", help="only typed events of this name")
    command.add_argument("--since", metavar="MOMENT", type=moment, help="only events from this moment on")
    command.add_argument("--until", metavar="MOMENT", type=moment, help="only events before this moment")
    command.add_argument("-f", "--follow", action="store_true", help="go on with new events until interrupted")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Its work."""
    from lockfree.collector.reader import as_bodies, as_records

    complaints = Complaints()
    # Not sys.stdout.buffer: under PYTHONUNBUFFERED it may write a part and say so in its result only.
    with open(sys.stdout.fileno(), "wb", closefd=False) as out:
        for batch in _batches(options, complaints):
            if options.json:
                out.writelines(map(_json_line, as_records(batch)))
            else:
                out.writelines(map(_line, as_bodies(batch)))
            if options.follow:
                out.flush()
    return complaints.finish()


def _batches(options: argparse.Namespace, complaints: Complaints) -> "Iterator[Batch]":
    from lockfree.collector.reader import Selection, batches
    from lockfree.collector.record import keys
    from lockfree.collector.snapshot import take

    selection = Selection(options.event, options.since, options.until, gaps=options.json)
    snapshot = take(options.directory, complaints)
    while True:
        for batch in batches(snapshot, selection, complaints):
            yield batch
            if options.follow:
                for chunk in batch.chunks:
                    if len(chunk.seq):
                        selection.after[chunk.lane] = max(selection.after.get(chunk.lane, 0), int(keys(chunk).max()))
        if not options.follow:
            return
        time.sleep(_FOLLOW_SECONDS)
        snapshot = take(options.directory, complaints, known=snapshot.known)


def _line(body: "Body") -> bytes:
    return body.payload + b"\n" if body.fields is None else _dump(_plain(body.fields))


def _json_line(record: "Record | Gap") -> bytes:
    from lockfree.collector.gap import Gap

    if isinstance(record, Gap):
        return _dump(record.as_json())
    whole: dict[str, Any] = {"lane": f"{record.lane:016x}", "seq": record.seq, "ts": record.ts, "event": record.event}
    if record.fields is not None:
        whole["data"] = _plain(record.fields)
    else:
        try:
            whole["payload"] = record.payload.decode()
        except UnicodeDecodeError:
            whole["payload_base64"] = base64.b64encode(record.payload).decode()
    return _dump(whole)


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: base64.b64encode(value).decode() if isinstance(value, bytes) else value for name, value in fields.items()
    }


def _dump(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace") + b"\n"

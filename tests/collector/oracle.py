"""What stands in a collector directory, read with nothing but the documented formats (docs/reference/formats.md).

Deliberately no code of the package: a mistake that the writer and the package's reader share must not pass.
"""

import base64
import json
import struct
from collections import Counter
from pathlib import Path
from typing import NamedTuple

BLOCK = struct.Struct("<4I3Q2I6Q")
RECORD = struct.Struct("<IIQQ")
GAP_PAYLOAD = struct.Struct("<2Q8Q")
SCHEMA, RECORDS, FOOTER = 2, 3, 4
GAP, PAD = 2, 255
REASONS = ("full", "too_big", "encode", "closed", "reentrant", "no_lane", "6", "7")


class Event(NamedTuple):
    lane: int
    seq: int
    kind: int
    payload: bytes


def segments(directory: Path) -> list[Path]:
    """Finished and unfinished binary segments, in the order in which they were begun."""
    return sorted(path for path in (directory / "segments").glob("*") if ".lfs" in path.name)


def blocks(path: Path):
    """(type, lane, count of records or schema kind, payload) of each whole block."""
    data = path.read_bytes()
    assert data[:8] == b"LFSEG\0\0\0", path
    at = 64
    while at + BLOCK.size <= len(data):
        header = BLOCK.unpack_from(data, at)
        if header[0] != 0x4B434C42 or at + BLOCK.size + header[3] > len(data):
            break
        yield header[2], header[4], header[7], data[at + BLOCK.size : at + BLOCK.size + header[3]]
        at += BLOCK.size + header[3]


def events(directory: Path) -> list[Event]:
    """Every event in the segments, in file order: doubled ones twice."""
    return [record for record in _all_records(directory) if record.kind != GAP]


def gaps(directory: Path) -> list[tuple[int, int, dict[str, int]]]:
    """(lane, number of the event behind it, dropped by reason) of each GAP record, in file order."""
    found = []
    for lane, seq, kind, payload in _all_records(directory):
        if kind == GAP:
            begin, end, *counts = GAP_PAYLOAD.unpack(payload)
            assert begin <= end
            found.append((lane, seq, {reason: n for reason, n in zip(REASONS, counts, strict=True) if n}))
    return found


def footer(path: Path) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """By lane: (id, process, first, last, count, from, to, block); by kind: (process, kind, 0, count, from, to, at)."""
    *_, (kind, _, lanes, payload) = blocks(path)
    assert kind == FOOTER
    table = payload[64 * lanes :]
    return list(struct.iter_unpack("<8Q", payload[: 64 * lanes])), list(struct.iter_unpack("<QIIQQQQ", table))


def _all_records(directory: Path) -> list[Event]:
    found = list(_lines(directory))
    for path in segments(directory):
        for kind, lane, count, payload in blocks(path):
            if kind == RECORDS:
                before = len(found)
                found += _records(lane, payload)
                numbered = sum(record.kind != GAP for record in found[before:])
                assert numbered == count, f"{path}: the block says {count} records, there are {numbered}"
    return found


def _lines(directory: Path):
    for path in sorted((directory / "segments").glob("*.ndjson*")):
        for line in path.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n"):
                entry = json.loads(line)
                if "gap" in entry:
                    gap = entry["gap"]
                    counts = [gap["rejected"].get(reason, 0) for reason in REASONS]
                    payload = GAP_PAYLOAD.pack(gap["from"], gap["to"], *counts)
                    yield Event(int(gap["lane"], 16), gap["before"], GAP, payload)
                    continue
                text = entry.get("payload")
                payload = base64.b64decode(entry["payload_base64"]) if text is None else text.encode()
                yield Event(int(entry["lane"], 16), entry["seq"], 0, payload)


def _records(lane: int, data: bytes):
    at = 0
    while at < len(data):
        word, _, seq, _ = RECORD.unpack_from(data, at)
        size, kind = (word & 0xFFFFFF) - 16, word >> 24
        assert kind != PAD, "padding does not belong into a segment"
        yield Event(lane, seq, kind, data[at + 24 : at + 24 + size])
        at += (24 + size + 7) & ~7


def payloads(directory: Path) -> list[bytes]:
    """The payloads of all events, lane after lane in order of their numbers; asserts that each number is there once."""
    found = sorted(events(directory), key=lambda event: event[:2])
    doubled = [key for key, n in Counter((e.lane, e.seq) for e in found).items() if n > 1]
    assert not doubled, f"doubled: {doubled[:5]}"
    return [event.payload for event in found]


def schemas(directory: Path) -> dict[int, str]:
    """Record kind -> the text of its schema."""
    texts = {}
    for path in segments(directory):
        for kind, _, number, payload in blocks(path):
            if kind == SCHEMA:
                texts[number] = payload.rstrip(b"\0").decode()
    return texts


def ledger(directory: Path) -> list[dict]:
    """The last line of each lane, and the lines of processes."""
    lanes: dict[str, dict] = {}
    others = []
    for line in (directory / "ledger").read_text().splitlines():
        entry = json.loads(line)
        if entry["lane"] is None:
            others.append(entry)
        else:
            lanes[entry["lane"]] = entry
    return list(lanes.values()) + others


def lanes_left(directory: Path) -> list[str]:
    """Lane and process files that nobody has adopted yet."""
    return sorted(path.name for path in directory.iterdir() if path.suffix in {".lfl", ".lfp"})


def assert_balanced(directory: Path) -> Counter:
    """The ledger's equations, against the records counted in the segments. The sums of its columns."""
    in_segments = Counter(f"{event.lane:016x}" for event in events(directory))
    told: Counter = Counter()
    for lane, _, rejected in dict.fromkeys((lane, seq, tuple(gap.items())) for lane, seq, gap in gaps(directory)):
        told.update({(f"{lane:016x}", reason): count for reason, count in rejected})
    sums: Counter = Counter()
    for entry in ledger(directory):
        rejected = sum(entry["rejected"].values())
        accepted = entry.get("accepted", 0)
        assert entry["offered"] == accepted + rejected + entry.get("torn", 0), entry
        assert entry.get("torn", 0) <= 1, entry
        if entry["lane"] is not None:
            assert entry["delivered"] == accepted == in_segments.pop(entry["lane"], 0), entry
            for reason, count in entry["rejected"].items():
                # What a killed process had not written down yet is in the ledger alone.
                assert told[entry["lane"], reason] <= count, (entry, told)
        sums.update({key: entry.get(key, 0) for key in ("offered", "accepted", "delivered", "torn")})
        sums.update({f"rejected.{reason}": count for reason, count in entry["rejected"].items()})
    assert not in_segments, f"lanes without a line in the ledger: {in_segments}"
    return sums

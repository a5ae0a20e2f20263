"""The collector's files written and scanned in plain Python, from docs/reference/formats.md alone.

An oracle beside the C: what the tests here write is not what the C writes because both share code.
"""

import json
import struct
from dataclasses import dataclass, field
from pathlib import Path

GAP = 2  # the kind of a record that tells of dropped events; it has the number of the next one

_TABLE = []
for _byte in range(256):
    _crc = _byte
    for _ in range(8):
        _crc = _crc >> 1 ^ (0x82F63B78 if _crc & 1 else 0)
    _TABLE.append(_crc)


def crc32c(data, crc=0):
    crc = ~crc & 0xFFFFFFFF
    for byte in bytes(data):
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return ~crc & 0xFFFFFFFF


def record_crc(nonce, word, seq, ticks, payload):
    return crc32c(struct.pack("<IQQ", word, seq, ticks) + payload, crc32c(struct.pack("<Q", nonce)))


def record(nonce, seq, ticks, payload, kind=0):
    word = len(payload) + 16 | kind << 24
    head = struct.pack("<IIQQ", word, record_crc(nonce, word, seq, ticks, payload), seq, ticks)
    return head + payload + bytes(-len(payload) % 8)


def scan(data, nonce, seq):
    """Like lf_records_scan: packed (seq, ticks, offset, len, kind)."""
    data, at, refs = bytes(data), 0, []
    while len(data) - at >= 24:
        word, crc, number, ticks = struct.unpack_from("<IIQQ", data, at)
        length, kind = word & 0xFFFFFF, word >> 24
        if length < 16 or kind == 255 or at + 8 + (length + 7 & ~7) > len(data):
            break
        payload = data[at + 24 : at + 8 + length]
        if number == 0 or (seq and number != seq) or record_crc(nonce, word, number, ticks, payload) != crc:
            break
        refs.append(struct.pack("<QQQII", number, ticks, at + 24, length - 16, kind))
        at += 8 + (length + 7 & ~7)
        seq = number + (kind != GAP)
    return b"".join(refs)


@dataclass
class Lane:
    """A lane's identity; one tick is one nanosecond, and wall time is ticks + `wall`."""

    lane: int = 0xA1
    process: int = 0xB1
    nonce: int = 0x1234567890ABCDEF
    wall: int = 1_700_000_000_000_000_000
    rate: float = 1.0

    def head(self):
        body = struct.pack("<QQQQIIQQd", self.lane, self.process, self.nonce, 0, 0, 0, 0, self.wall, self.rate)
        body = body.ljust(112, b"\0")
        return b"LFLANE\0\0" + struct.pack("<II", 0, crc32c(body)) + body

    def records(self, first, payloads, ticks=None, kind=0):
        """[(seq, ticks, kind, payload)], one millisecond apart unless ticks are given."""
        return [
            (first + i, ticks[i] if ticks else (first + i) * 1_000_000, kind, payload)
            for i, payload in enumerate(payloads)
        ]


def gap(seq, ticks, since, until, **rejected):
    """A row that tells of dropped events: ticks of the first and the last."""
    counts = [rejected.get(reason, 0) for reason in ("full", "too_big")] + [0] * 6
    return seq, ticks, GAP, struct.pack("<2Q8Q", since, until, *counts)


def block(kind, payload, *, owner=0, count=0, rows=(), wall=0, crc=True):
    payload += bytes(-len(payload) % 8)
    first, last = (rows[0][0], rows[-1][0] - (rows[-1][2] == GAP)) if rows else (0, 0)
    ticks = [row[1] for row in rows] or [0]
    body = struct.pack(
        "<IIQQQIIQQQQQQ",
        kind,
        len(payload),
        owner,
        first,
        last,
        count or sum(row[2] != GAP for row in rows),
        crc32c(payload) if crc else 0,
        min(ticks),
        max(ticks),
        0,
        0,
        wall + min(ticks) if rows else 0,
        wall + max(ticks) if rows else 0,
    )
    return struct.pack("<II", 0x4B434C42, crc32c(body)) + body + payload


@dataclass
class SegmentWriter:
    """A binary segment of (lane, rows) runs. Rows as Lane.records has them."""

    process: int = 0xB1
    number: int = 0
    runs: list = field(default_factory=list)
    schemas: dict = field(default_factory=dict)  # (process, kind): text
    table: bool = True  # the footer's table of kinds

    def data(self, *, footer=True, doctor=None):
        """The file's bytes. doctor: run index -> rows that stand in the file instead."""
        body = struct.pack("<QQQ", self.process, self.number, 0).ljust(48, b"\0")
        out = bytearray(b"LFSEG\0\0\0" + struct.pack("<II", 0, crc32c(body)) + body)
        lanes, entries, events, schema_at = {}, {}, {}, {}
        for (process, kind), text in self.schemas.items():
            schema_at[process, kind] = len(out)
            out += block(2, text.encode(), owner=process, count=kind)
        for index, (lane, rows) in enumerate(self.runs):
            shown = (doctor or {}).get(index, rows)
            if not shown:
                continue
            if lane.lane not in lanes:
                lanes[lane.lane] = len(out)
                out += block(1, lane.head(), owner=lane.lane)
            raw = b"".join(record(lane.nonce, seq, ticks, payload, kind) for seq, ticks, kind, payload in shown)
            out += block(3, raw, owner=lane.lane, rows=shown, wall=lane.wall, crc=False)
            for _, ticks, kind, _ in shown:
                count, low, high = events.get((lane.process, kind), (0, 2**63, 0))
                wall = lane.wall + ticks
                events[lane.process, kind] = count + 1, min(low, wall), max(high, wall)
            old = entries.get(lane.lane)
            walls = [lane.wall + row[1] for row in shown]
            seqs = [row[0] for row in shown if row[2] != GAP]
            entries[lane.lane] = [
                lane.lane,
                lane.process,
                old[2] if old and old[4] else min(seqs, default=0),
                max(seqs, default=old[3] if old else 0),
                (old[4] if old else 0) + len(seqs),
                min(walls + ([old[5]] if old else [])),
                max(walls + ([old[6]] if old else [])),
                lanes[lane.lane],
            ]
        if footer:
            at = len(out)
            footer = b"".join(struct.pack("<8Q", *entry) for entry in entries.values())
            for key, numbers in events.items() if self.table else ():
                footer += struct.pack("<QIIQQQQ", *key, 0, *numbers, schema_at.get(key, 0))
            out += block(4, footer, count=len(entries))
            out += struct.pack("<Q", at) + b"LFSEGEND"
        return bytes(out)

    def text(self, *, doctor=None):
        """The same as NDJSON (raw events only)."""
        lines = []
        for index, (lane, rows) in enumerate(self.runs):
            for seq, ticks, _, payload in (doctor or {}).get(index, rows):
                head = f'{{"lane":"{lane.lane:016x}","seq":{seq},"ts":{lane.wall + ticks},"event":null,"payload":'
                lines.append(head + json.dumps(payload.decode()) + "}\n")
        return "".join(lines).encode()

    def write(self, directory, *, ndjson=False, part=False, doctor=None):
        segments = Path(directory) / "segments"
        segments.mkdir(parents=True, exist_ok=True)
        name = f"{self.process:016x}-{self.number:08d}.{'ndjson' if ndjson else 'lfs'}{'.part' if part else ''}"
        data = self.text(doctor=doctor) if ndjson else self.data(footer=not part, doctor=doctor)
        (segments / name).write_bytes(data)
        return segments / name


def lane_file(lane, rows, *, capacity=65536, popped=0, offered=None, acked=None, rejected=(), next_seq=None, inside=0):
    """A lane file whose queue holds `rows` from position `popped` on (padding where a record would cross the edge)."""
    queue = bytearray(768 + capacity)
    at = popped
    for seq, ticks, kind, payload in rows:
        raw = record(lane.nonce, seq, ticks, payload, kind)
        to_edge = capacity - at % capacity
        if len(raw) > to_edge:
            struct.pack_into("<I", queue, 768 + at % capacity, 255 << 24)
            at += to_edge
        queue[768 + at % capacity : 768 + at % capacity + len(raw)] = raw
        at += len(raw)
    assert at - popped <= capacity
    struct.pack_into("<IIQQ", queue, 0, 0x53545942, 1, capacity, capacity // 2 - 8)
    struct.pack_into("<Q", queue, 128, at)
    struct.pack_into("<Q", queue, 384, popped)
    last = rows[-1][0] if rows else (acked or 0)
    head = bytearray(4096)
    head[:128] = lane.head()
    rejected = list(rejected) + [0] * (8 - len(rejected))
    struct.pack_into(
        "<QQ8QI",
        head,
        256,
        last + sum(rejected) if offered is None else offered,
        last + 1 if next_seq is None else next_seq,
        *rejected,
        inside,
    )
    acked = (rows[0][0] - 1 if rows else last) if acked is None else acked
    struct.pack_into("<QQ", head, 512, acked, acked)
    return bytes(head + queue)


def process_file(process=0xB1, pid=4242, schemas=(), offered=0, rejected=()):
    body = struct.pack("<QQQ16sIIQQd", process, pid, 0, b"", 0, 0, 0, 0, 1.0).ljust(112, b"\0")
    data = bytearray(65536)
    data[:128] = b"LFPROC\0\0" + struct.pack("<II", 0, crc32c(body)) + body
    struct.pack_into("<Q8Q", data, 128, offered, *(list(rejected) + [0] * (8 - len(rejected))))
    struct.pack_into("<I", data, 256, len(schemas))
    at = 512
    for text in schemas:
        raw = text.encode()
        data[at : at + 8 + len(raw)] = struct.pack("<II", len(raw), crc32c(raw)) + raw
        at += 8 + (len(raw) + 7 & ~7)
    return bytes(data)


def ledger_line(lane, process=0xB1, *, accepted, offered=None, delivered=None, torn=0, rejected=None):
    rejected = {"full": 0} | (rejected or {})
    text = json.dumps(
        {
            "lane": None if lane is None else f"{lane:016x}",
            "process": f"{process:016x}",
            "offered": accepted + torn + sum(rejected.values()) if offered is None else offered,
            "accepted": accepted,
            "delivered": accepted if delivered is None else delivered,
            "torn": torn,
            "corrupt": 0,
            "rejected": rejected,
        },
        separators=(",", ":"),
    )[:-1]
    return f'{text},"crc":"{crc32c(text.encode()):08x}"}}\n'


def typed(*fields):
    """A typed payload: one slot per field, then the texts."""
    slots, texts, end = [], b"", 8 * len(fields)
    for value in fields:
        if isinstance(value, bool):
            slots.append(struct.pack("<Q", value))
        elif isinstance(value, int):
            slots.append(struct.pack("<q", value))
        elif isinstance(value, float):
            slots.append(struct.pack("<d", value))
        else:
            raw = value.encode() if isinstance(value, str) else value
            slots.append(struct.pack("<II", end + len(texts), len(raw)))
            texts += raw
    return b"".join(slots) + texts

"""One record taken out of, or put twice into, a segment that the collector itself wrote.

Every header, checksum and footer is made good again: only the count is wrong, and the audit says which record.
"""

import json
import struct

import pytest

from lockfree import Collector
from tests.collector.plain_format import crc32c

COUNT = 900
HEADER = struct.Struct("<IIIIQQQIIQQQQQQ")


def sealed(fields, payload):
    """A block with these header fields, its sizes and checksums right."""
    fields = list(fields)
    fields[3] = len(payload)
    if fields[2] != 3:
        fields[8] = crc32c(payload)
    body = HEADER.pack(*fields)[8:]
    return struct.pack("<II", fields[0], crc32c(body)) + body + payload


def cut(payload):
    """[(seq, bytes)] of a RECORDS payload."""
    rows, at = [], 0
    while at < len(payload):
        word, _, seq = struct.unpack_from("<IIQ", payload, at)
        size = 8 + ((word & 0xFFFFFF) + 7 & ~7)
        rows.append((seq, payload[at : at + size]))
        at += size
    return rows


def doctor_binary(data, lane, seq, what):
    out, at, counts = bytearray(data[:64]), 64, []
    while at < len(data) - 16:
        fields = list(HEADER.unpack_from(data, at))
        payload = data[at + 96 : at + 96 + fields[3]]
        at += 96 + fields[3]
        if fields[2] == 3 and fields[4] == lane:
            rows = cut(payload)
            for index, (number, raw) in enumerate(rows):
                if number == seq:
                    rows[index : index + 1] = [] if what == "lost" else [(number, raw)] * 2
                    break
            payload = b"".join(raw for _, raw in rows)
            fields[5], fields[6], fields[7] = rows[0][0], rows[-1][0], len(rows)
            counts.append((rows[0][0], rows[-1][0], len(rows)))
        if fields[2] == 4:
            footer_at = len(out)
            lanes_bytes = 64 * fields[7]
            entries = [list(struct.unpack_from("<8Q", payload, i)) for i in range(0, lanes_bytes, 64)]
            event = list(struct.unpack_from("<QIIQQQQ", payload, lanes_bytes))  # one process, one kind
            for entry in entries:
                if entry[0] == lane:
                    entry[2:5] = counts[0][0], counts[-1][1], sum(count for _, _, count in counts)
            event[3] = sum(entry[4] for entry in entries)
            payload = b"".join(struct.pack("<8Q", *entry) for entry in entries) + struct.pack("<QIIQQQQ", *event)
        out += sealed(fields, payload)
    return bytes(out) + struct.pack("<Q", footer_at) + b"LFSEGEND"


def doctor_text(data, lane, seq, what):
    out = []
    for line in data.splitlines(keepends=True):
        row = json.loads(line)
        hit = (row["lane"], row["seq"]) == (f"{lane:016x}", seq)
        out += ([] if what == "lost" else [line, line]) if hit else [line]
    return b"".join(out)


@pytest.mark.parametrize("form", ["binary", "ndjson"])
@pytest.mark.parametrize("seq", [1, COUNT // 2, COUNT])
@pytest.mark.parametrize("what", ["lost", "doubled"])
def test_the_audit_names_the_one_record(cli, tmp_path, form, seq, what):
    with Collector(tmp_path, format=form) as collector:
        for i in range(COUNT):
            assert collector.emit(b"event %d" % i)
            if i % 300 == 299:
                collector.flush()
    assert cli("audit", tmp_path).code == 0
    lane = int(json.loads(cli("cat", tmp_path, "--json").out.splitlines()[0])["lane"], 16)
    (segment,) = (tmp_path / "segments").iterdir()
    doctor = doctor_binary if form == "binary" else doctor_text
    data = segment.read_bytes()
    segment.write_bytes(doctor(data, lane, seq, what))
    answer = cli("audit", tmp_path)
    assert answer.code == 1
    assert f"{what}: lane {lane:016x}, seq {seq}:".encode() in answer.out
    assert b"checksum" not in answer.out
    other = json.loads(cli("audit", tmp_path, "--json").out)["problems"]
    assert [(p["lane"], p["first"], p["last"]) for p in other if p["kind"] == what] == [(f"{lane:016x}", seq, seq)]
    segment.write_bytes(data)
    assert cli("audit", tmp_path).code == 0

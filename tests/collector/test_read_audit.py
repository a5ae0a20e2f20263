"""The audit: a directory that is right passes, and any one record lost or doubled is named."""

import pytest

from lockfree.collector.audit import audit

from .plain_format import Lane, SegmentWriter, lane_file, ledger_line, process_file

A = Lane(lane=0xA1)
B = Lane(lane=0xA2, nonce=77)
COUNT = 30


def whole(directory, *, ndjson=False, doctor=None, retired=True):
    """Two lanes in three files, retired or with one lane still there."""
    a, b = A.records(1, [b"a%d" % i for i in range(COUNT)]), B.records(1, [b"b%d" % i for i in range(COUNT)])
    runs = [(A, a[:10]), (B, b[:15]), (A, a[10:20]), (B, b[15:]), (A, a[20:])]
    doctor = doctor or {}
    for number, part in enumerate([slice(0, 2), slice(2, 3), slice(3, 5)]):
        mine = {index - part.start: rows for index, rows in doctor.items() if part.start <= index < part.stop}
        SegmentWriter(number=number, runs=runs[part]).write(directory, ndjson=ndjson, doctor=mine)
    lines = [ledger_line(B.lane, accepted=COUNT, rejected={"full": 4})]
    if retired:
        lines.append(ledger_line(A.lane, accepted=COUNT, torn=1))
        lines.append(ledger_line(None, accepted=0, rejected={"closed": 2}))
    else:
        pending = A.records(COUNT + 1, [b"p1", b"p2"])
        (directory / "lane-b1-a1.lfl").write_bytes(lane_file(A, pending, rejected=[3], offered=COUNT + 5))
        (directory / "proc-b1.lfp").write_bytes(process_file(A.process, offered=2, rejected=[0, 0, 0, 2]))
    (directory / "ledger").write_text("".join(lines))
    return runs


@pytest.mark.parametrize("ndjson", [False, True])
@pytest.mark.parametrize("retired", [False, True])
def test_a_directory_that_is_right_passes_with_exact_terms(tmp_path, ndjson, retired):
    whole(tmp_path, ndjson=ndjson, retired=retired)
    report = audit(tmp_path)
    assert report.problems == []
    terms = {term: report.total(term) for term in ("offered", "accepted", "rejected", "torn", "delivered", "pending")}
    if retired:
        assert terms == {"offered": 67, "accepted": 60, "rejected": 6, "torn": 1, "delivered": 60, "pending": 0}
    else:
        assert terms == {"offered": 71, "accepted": 62, "rejected": 9, "torn": 0, "delivered": 60, "pending": 2}


@pytest.mark.parametrize("ndjson", [False, True])
@pytest.mark.parametrize("retired", [False, True])
@pytest.mark.parametrize(("run", "row"), [(0, 0), (0, 5), (0, 9), (2, 4), (4, 9), (1, 0), (3, 7), (3, 14)])
@pytest.mark.parametrize("what", ["lost", "doubled"])
def test_one_record_lost_or_doubled_is_named(tmp_path, ndjson, retired, run, row, what):
    runs = whole(tmp_path / "right")
    lane, rows = runs[run]
    doctored = rows[:row] + rows[row + 1 :] if what == "lost" else rows[: row + 1] + rows[row:]
    whole(tmp_path / "wrong", ndjson=ndjson, retired=retired, doctor={run: doctored})
    report = audit(tmp_path / "wrong")
    named = [(problem.lane, problem.first, problem.last) for problem in report.problems if problem.kind == what]
    assert named == [(lane.lane, rows[row][0], rows[row][0])]
    assert not {problem.kind for problem in report.problems} - {what, "equation", "damaged"}


def test_a_whole_segment_that_is_gone_is_named_by_its_range(tmp_path):
    whole(tmp_path)
    sorted((tmp_path / "segments").iterdir())[1].unlink()
    named = [(p.lane, p.first, p.last) for p in audit(tmp_path).problems if p.kind == "lost"]
    assert named == [(A.lane, 11, 20)]


def test_a_copied_segment_is_told_as_doubled(tmp_path):
    whole(tmp_path)
    file = sorted((tmp_path / "segments").iterdir())[1]
    (file.parent / "00000000000000b1-00000009.lfs").write_bytes(file.read_bytes())
    named = [(p.lane, p.first, p.last) for p in audit(tmp_path).problems if p.kind == "doubled"]
    assert named == [(A.lane, 11, 20)]


def test_a_flipped_bit_in_a_record_is_lost_and_damaged(tmp_path):
    whole(tmp_path)
    file = sorted((tmp_path / "segments").iterdir())[1]
    data = bytearray(file.read_bytes())
    data[data.index(b"a14")] ^= 4
    file.write_bytes(data)
    problems = audit(tmp_path).problems
    assert [(p.lane, p.first, p.last) for p in problems if p.kind == "lost"] == [(A.lane, 15, 15)]
    assert any(p.kind == "damaged" and "not records" in p.text for p in problems)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (ledger_line(A.lane, accepted=COUNT, offered=COUNT + 1), "31 offered, but 30 accepted"),
        (ledger_line(A.lane, accepted=COUNT, torn=2), "at most 1"),
        (ledger_line(A.lane, accepted=COUNT, delivered=COUNT - 1), "says 29 delivered, but 30 are in"),
        (ledger_line(A.lane, accepted=COUNT).replace('"torn":0', '"torn":1'), "checksum"),
        (ledger_line(0xEE, accepted=0), "neither a lane file nor a ledger line"),
    ],
)
def test_a_ledger_that_lies_is_found(tmp_path, line, text):
    whole(tmp_path)
    lines = (tmp_path / "ledger").read_text().splitlines(keepends=True)
    kept = [old for old in lines if f"{A.lane:016x}" not in old]
    (tmp_path / "ledger").write_text("".join([*kept, line]))
    assert any(text in problem.text for problem in audit(tmp_path).problems)


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ({"offered": 40}, "40 offered, but 32 accepted"),
        ({"offered": 33}, "33 offered, but 32 accepted"),
        ({"rejected": [1], "offered": 32}, "32 offered, but 32 accepted"),
        ({"next_seq": 35}, "its next number is 35"),
        ({"acked": 33}, "acknowledged"),
    ],
)
def test_a_lane_header_that_contradicts_its_records_is_found(tmp_path, header, text):
    whole(tmp_path, retired=False)
    pending = A.records(COUNT + 1, [b"p1", b"p2"])
    (tmp_path / "lane-b1-a1.lfl").write_bytes(lane_file(A, pending, **header))
    assert any(text in problem.text for problem in audit(tmp_path).problems)


def test_one_offer_may_be_torn_only_inside_an_emit(tmp_path):
    whole(tmp_path, retired=False)
    pending = A.records(COUNT + 1, [b"p1", b"p2"])
    (tmp_path / "lane-b1-a1.lfl").write_bytes(lane_file(A, pending, offered=COUNT + 3, inside=1))
    report = audit(tmp_path)
    assert report.ok
    assert report.total("torn") == 1


def test_events_without_a_lane_must_all_be_rejected(tmp_path):
    whole(tmp_path, retired=False)
    (tmp_path / "proc-b1.lfp").write_bytes(process_file(A.process, offered=3, rejected=[0, 0, 0, 2]))
    assert any("3 offered without a lane, but 2 rejected" in problem.text for problem in audit(tmp_path).problems)

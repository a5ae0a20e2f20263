"""The C tests can fail: each fault put into a copy of a header is found by the program that tests it."""

import shutil

import pytest

from tests.c.conftest import ROOT, run

HERE = ROOT / "tests/c"
FAULTS = {
    "ring: one slot too many": (
        "spsc_ring",
        "if (LF_LIKELY(ring->capacity - used >= want)) return ring->capacity - used;",
        "if (LF_LIKELY(ring->capacity + 1 - used >= want)) return ring->capacity + 1 - used;",
    ),
    "ring: batch not split at the edge": (
        "spsc_ring",
        "const uint64_t first = all < to_edge ? all : to_edge;",
        "const uint64_t first = all; (void)to_edge;",
    ),
    "ring: cached counter stale at init": ("spsc_ring", "ring->pushed_seen = start;", "ring->pushed_seen = 0;"),
    "ring: abort publishes": (
        "spsc_ring",
        "lf_spsc_ring *ring) { (void)ring; }",
        "lf_spsc_ring *ring) { ring->popped_seen++; }",
    ),
    "ring: closed forgets what is inside": (
        "spsc_ring",
        "  if (LF_UNLIKELY(lf_spsc_ring_ready_(ring, popped, 1) == 0)) {",
        "  if (lf_spsc_ring_is_closed(ring)) return LF_CLOSED;\n"
        "  if (LF_UNLIKELY(lf_spsc_ring_ready_(ring, popped, 1) == 0)) {",
    ),
    "bytes: record crosses the edge": (
        "spsc_bytes",
        "need > to_edge ? to_edge : 0",
        "need > to_edge + 8 ? to_edge : 0",
    ),
    "bytes: padding not counted": ("spsc_bytes", "+ padding + need;", "+ need;"),
    "bytes: length not rounded": ("spsc_bytes", "+ 7) & ~(size_t)7)", "+ 6) & ~(size_t)7)"),
    "bytes: longest record too long": ("spsc_bytes", "queue->capacity / 2 - sizeof", "queue->capacity - sizeof"),
    "bytes: TOO_BIG takes the record": (
        "spsc_bytes",
        "if (*len > room) return LF_TOO_BIG;",
        "if (*len > room) { lf_spsc_bytes_retire_(queue, popped + lf_record_bytes(header.word)); return LF_TOO_BIG; }",
    ),
    "bytes: a hostile length is believed": ("spsc_bytes", "lf_record_bytes(header->word) > ready ||", ""),
    "eventcount: no fence on either side": ("eventcount", "  lf_fence_heavy(ec->shared != 0);\n", ""),
    "eventcount: wakes one": ("eventcount", "INT32_MAX, NULL, NULL, 0", "1, NULL, NULL, 0"),
    "eventcount: the bit stays": (
        "eventcount",
        "(state & ~LF_EVENTCOUNT_ASLEEP) + LF_EVENTCOUNT_EPOCH",
        "state + LF_EVENTCOUNT_EPOCH",
    ),
    "eventcount: the epoch stays": (
        "eventcount",
        "(state & ~LF_EVENTCOUNT_ASLEEP) + LF_EVENTCOUNT_EPOCH",
        "state & ~LF_EVENTCOUNT_ASLEEP",
    ),
    "eventcount: shared waits for ever": (
        "eventcount",
        "if (ec->shared && (limit < 0 || limit > LF_EVENTCOUNT_RECHECK_NS)) limit = LF_EVENTCOUNT_RECHECK_NS;",
        "if (ec->shared && limit < 0) limit = INT64_C(1000000000);",
    ),
}


# Store buffering is the processor's to show: it does in most runs, not in each.
CHANCE = {"eventcount: no fence on either side"}
TRIES = 8

SLOW = {"eventcount: wakes one"}  # a time-out of seconds tells


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] * (n in SLOW)) for n in FAULTS])
def test_seeded_fault_is_found(build, tmp_path, name):
    header, old, new = FAULTS[name]
    include = tmp_path / "include"
    shutil.copytree(ROOT / "csrc/include", include)
    path = include / f"lockfree/{header}.h"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    program = build(HERE / f"{header}.c", "gcc", "-O1", "-fsanitize=address", include=include)
    tries = TRIES if name in CHANCE else 1
    found = any(run(program, tmp_path, 0.2).returncode != 0 for _ in range(tries))
    if not found and name in CHANCE:
        pytest.skip(f"inconclusive: this machine reordered nothing in {tries} runs")
    assert found

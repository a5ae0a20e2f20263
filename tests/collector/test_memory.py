"""Memory stays flat: twenty million events later the process is as large as after five million.

(Two million over cffi, where an event takes as long as ten.)
"""

import os

from tests.collector.programs import run

PROGRAM = """
    import os, shutil, sys, threading, time
    import lockfree

    def resident():  # bytes
        return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    directory, total = sys.argv[1], int(sys.argv[2])
    collector = lockfree.Collector(directory, overflow="block", segment_bytes="32MiB")
    segments = os.path.join(directory, "segments")
    payload = bytes(16)
    emit = collector.emit
    for quarter in range(4):
        for _ in range(total // 4):
            emit(payload)
        for name in os.listdir(segments):  # 800 MB that nobody wants to keep
            if name.endswith(".lfs"): os.unlink(os.path.join(segments, name))
        print(resident())
    stats = collector.stats()
    assert stats.accepted == total, stats
"""


EVENTS = 2_000_000 if os.environ.get("LOCKFREE_BINDING") == "cffi" else 20_000_000


def test_resident_memory_is_flat_over_twenty_million_events(tmp_path):
    done = run(PROGRAM, tmp_path / "events", EVENTS, seconds=100)
    quarter, *_, end = map(int, done.stdout.split())
    assert end - quarter < 1 << 20, f"{quarter} bytes at a quarter, {end} at the end"

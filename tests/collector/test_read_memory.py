"""Reading takes memory for what is under way, not for what is there."""

import subprocess
import sys
import textwrap

from lockfree import Collector


def test_reading_much_takes_little_memory(tmp_path):
    payload = b"x" * 1000
    with Collector(tmp_path, overflow="block", segment_bytes="8MiB") as collector:
        for _ in range(100_000):
            collector.emit(payload)
    code = """
        import resource, sys, lockfree.collector.reader, lockfree.collector.audit
        peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        next(lockfree.read(sys.argv[1]))
        before = peak()
        assert sum(len(batch) for batch in lockfree.read(sys.argv[1])) == 100_000
        assert lockfree.collector.audit.audit(sys.argv[1]).ok
        print(peak() - before)
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path)]
    grown = int(subprocess.run(command, capture_output=True, check=True).stdout)
    assert grown < 32  # MiB, of 98 on disk

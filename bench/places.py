"""Where a measured collector keeps its files: lanes on tmpfs, segments on a disk."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SHM = Path("/dev/shm")  # noqa: S108  (the place that COLLECTOR advises; tempfile makes the directory in it)
DISK = Path(os.environ.get("LOCKFREE_BENCH_DISK", "/var/tmp"))  # noqa: S108


def filesystem(path: Path) -> str:
    """The type of the file system that holds `path`, e.g. "ext4"."""
    mounts = (line.split()[1:3] for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines())
    holding = [(len(where), kind) for where, kind in mounts if path.resolve().is_relative_to(where)]
    return max(holding)[1]


@contextmanager
def folders() -> Iterator[tuple[Path, Path]]:
    """(lanes, segments), both empty and removed afterwards.

    Raises:
        RuntimeError: the segments' folder is not on a disk.
    """
    if filesystem(DISK) in ("tmpfs", "ramfs"):
        message = f"{DISK} is in memory: name a directory on a disk with LOCKFREE_BENCH_DISK"
        raise RuntimeError(message)
    lanes = Path(tempfile.mkdtemp(prefix="lockfree-bench-", dir=SHM if SHM.is_dir() else None))
    segments = Path(tempfile.mkdtemp(prefix="lockfree-bench-", dir=DISK))
    try:
        yield lanes, segments
    finally:
        shutil.rmtree(lanes, ignore_errors=True)
        shutil.rmtree(segments, ignore_errors=True)

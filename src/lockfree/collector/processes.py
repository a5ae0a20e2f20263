"""Process files: who is alive, which schemas it gave out, what it rejected without a lane."""

import fcntl
import os
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lockfree._binding import crc32c

from . import layout
from .damage import Damage, FileDamagedError, Report
from .identity import check_head
from .shape import Shape, parse_shape

__all__ = ["ProcessFile", "is_locked", "read_process"]

_KERNEL_LIST = Path("/proc/locks")


@dataclass(frozen=True, slots=True)
class ProcessFile:
    """A copy of a process file. `pid` is the kernel's number, for people; `alive`: its lock was held.

    `offered` and `rejected` (by layout.REASONS) count events that met no lane; `shapes` maps record kind to shape.
    """

    path: Path
    process: int
    pid: int
    opened: int
    alive: bool
    offered: int
    rejected: tuple[int, ...]
    shapes: dict[int, Shape]


def is_locked(fd: int) -> bool:
    """Whether somebody holds the file's lock.

    The kernel's list answers without touching the lock. It may leave out owners in other PID namespaces, so that
    only its yes counts; after a no the lock is tried, shared and for an instant.
    """
    status = os.fstat(fd)
    mark = f" {os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino} "
    with suppress(OSError):
        held = _KERNEL_LIST.read_text(encoding="ascii", errors="replace")
        if any(" FLOCK " in line and " WRITE " in line and mark in line for line in held.splitlines()):
            return True
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(fd, fcntl.LOCK_UN)
    return False


def read_process(path: Path, report: Report) -> ProcessFile | None:
    """Copy a process file; None if it was removed meanwhile. Raises FileDamagedError if it is none."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        data = os.pread(fd, layout.PROCESS_BYTES, 0)
        alive = is_locked(fd)
    finally:
        os.close(fd)
    try:
        check_head(data, layout.PROCESS_MAGIC, "process")
        if len(data) < layout.PROCESS_TABLE_AT:
            raise ValueError(f"truncated: {len(data)} bytes are too few for a process file")
    except ValueError as error:
        raise FileDamagedError(Damage(path, str(error))) from error
    _, _, _, process, pid, opened, *_ = layout.PROCESS_IDENTITY.unpack_from(data)
    offered, *rejected = struct.unpack_from("<9Q", data, layout.PROCESS_OFFERED_AT)
    return ProcessFile(path, process, pid, opened, alive, offered, tuple(rejected), _schemas(path, data, report))


def _schemas(path: Path, data: bytes, report: Report) -> dict[int, Shape]:
    (count,) = struct.unpack_from("<I", data, layout.PROCESS_SCHEMAS_AT)
    shapes: dict[int, Shape] = {}
    at = layout.PROCESS_TABLE_AT
    for index in range(count):
        try:
            length, crc = struct.unpack_from("<II", data, at)
            text = data[at + 8 : at + 8 + length]
            if len(text) < length or crc32c(text) != crc:
                raise ValueError(f"schema {index} does not match its checksum")
            shapes[layout.KIND_TYPED + index] = parse_shape(text.decode())
        except (ValueError, struct.error) as error:
            report(Damage(path, f"{error}: its typed events in lanes are shown as bytes", at))
            return shapes
        at += 8 + (length + 7 & ~7)
    return shapes

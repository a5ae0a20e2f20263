"""Who wrote a lane's records: the first bytes of a lane file, which also stand in segments."""

import math
from dataclasses import dataclass

from lockfree._binding import crc32c

from . import layout
from .clock import Clock

__all__ = ["LaneIdentity", "check_head"]


@dataclass(frozen=True, slots=True)
class LaneIdentity:
    """Lane id, process id and nonce (64 random bits each), and the lane's clock."""

    lane: int
    process: int
    nonce: int
    file_bytes: int
    clock_kind: int
    clock: Clock

    @classmethod
    def parse(cls, head: bytes) -> "LaneIdentity":
        """Read bytes 0..128 of a lane file. Raises ValueError with what is wrong with them."""
        check_head(head, layout.LANE_MAGIC, "lane")
        _, _, _, lane, process, nonce, file_bytes, clock_kind, _, ticks, wall, rate = layout.LANE_IDENTITY.unpack_from(
            head
        )
        if not (math.isfinite(rate) and rate > 0):
            raise ValueError(f"its clock claims {rate} ticks per nanosecond")
        return cls(lane, process, nonce, file_bytes, clock_kind, Clock(ticks, wall, rate))


def check_head(head: bytes, magic: bytes, name: str) -> None:
    """Magic, version and checksum of a file's first 128 bytes. Raises ValueError with what is wrong with them."""
    if len(head) < layout.IDENTITY_BYTES:
        raise ValueError(f"truncated: {len(head)} bytes are too few for a {name} file")
    if head[:8] != magic:
        raise ValueError(f"not a {name} file (it begins with {head[:8]!r})")
    version = int.from_bytes(head[8:12], "little")
    if version != layout.VERSION:
        raise ValueError(f"format version {version}; this release reads version {layout.VERSION}")
    if int.from_bytes(head[12:16], "little") != crc32c(head[16 : layout.IDENTITY_BYTES]):
        raise ValueError("its first 128 bytes do not match their checksum")

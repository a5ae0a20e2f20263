"""Offsets and sizes of the collector's files, as docs/reference/formats.md has them."""

import struct
from typing import Final

import numpy as np

LANE_MAGIC: Final = b"LFLANE\0\0"
PROCESS_MAGIC: Final = b"LFPROC\0\0"
SEGMENT_MAGIC: Final = b"LFSEG\0\0\0"
END_MAGIC: Final = b"LFSEGEND"
BLOCK_MAGIC: Final = 0x4B434C42
VERSION: Final = 0

IDENTITY_BYTES: Final = 128
LANE_IDENTITY: Final = struct.Struct("<8sIIQQQQIIQQd")
PROCESS_IDENTITY: Final = struct.Struct("<8sIIQQQ16sIIQQd")

LANE_HEADER_BYTES: Final = 4096
OFFERED_AT: Final = 256
ACKED_AT: Final = 512
QUEUE_AT: Final = 4096
QUEUE_HEADER_BYTES: Final = 768
QUEUE_MAGIC: Final = 0x53545942
QUEUE_VERSION: Final = 1
PUSHED_AT: Final = QUEUE_AT + 128
POPPED_AT: Final = QUEUE_AT + 384

PROCESS_OFFERED_AT: Final = 128
PROCESS_SCHEMAS_AT: Final = 256
PROCESS_TABLE_AT: Final = 512
PROCESS_BYTES: Final = 65536

SEGMENT_HEADER: Final = struct.Struct("<8sIIQQQ")
SEGMENT_HEADER_BYTES: Final = 64
BLOCK_HEADER: Final = struct.Struct("<IIIIQQQIIQQQQQQ")
BLOCK_HEADER_BYTES: Final = BLOCK_HEADER.size
FOOTER_TAIL: Final = struct.Struct("<Q8s")
FOOTER_ENTRY: Final = np.dtype(
    [(name, "<u8") for name in ("lane", "process", "first", "last", "count", "min_wall", "max_wall", "lane_block")]
)
FOOTER_EVENT: Final = np.dtype(
    [
        ("process", "<u8"),
        ("kind", "<u4"),
        ("zero", "<u4"),
        ("count", "<u8"),
        ("min_wall", "<u8"),
        ("max_wall", "<u8"),
        ("schema_block", "<u8"),
    ]
)

BLOCK_LANE: Final = 1
BLOCK_SCHEMA: Final = 2
BLOCK_RECORDS: Final = 3
BLOCK_FOOTER: Final = 4

RECORD_HEADER_BYTES: Final = 24
LENGTH_MASK: Final = 0xFFFFFF
KIND_RAW: Final = 0
KIND_GAP: Final = 2
KIND_TYPED: Final = 16
KIND_PADDING: Final = 255

GAP: Final = struct.Struct("<2Q8Q")
"""A GAP record's payload: ticks of the first and the last event dropped, how many by reason."""

REASONS: Final = ("full", "too_big", "encode", "closed", "reentrant", "no_lane", "reason_6", "reason_7")
"""Names of lf_reason, in order; the last two are not given out yet."""

/* SPDX-License-Identifier: MIT */
/* layout.h: the bytes in files that processes share, as docs/reference/formats.md describes them.
 *
 * Fields that more than one thread or process looks at are atomics with one writer each. */
#ifndef LOCKFREE_COLLECTOR_LAYOUT_H
#define LOCKFREE_COLLECTOR_LAYOUT_H

#include <lockfree/eventcount.h>
#include <lockfree/spsc_bytes.h>

#include "collector.h"

#define LF_LANE_MAGIC "LFLANE\0\0"
#define LF_PROCESS_MAGIC "LFPROC\0\0"
#define LF_SEGMENT_MAGIC "LFSEG\0\0\0"
#define LF_SEGMENT_END "LFSEGEND"
#define LF_FORMAT_VERSION 0u
#define LF_BLOCK_MAGIC 0x4B434C42u /* "BLCK" */
#define LF_KIND_RAW 0u
#define LF_KIND_GAP 2u     /* lf_gap: what was dropped before the next record; has that record's number */
#define LF_KIND_SCHEMA 16u /* the first typed kind */
#define LF_KIND_LAST 254u
#define LF_KINDS 256u
#define LF_LANE_QUEUE_AT 4096u
#define LF_PROCESS_BYTES 65536u
#define LF_PROCESS_SCHEMAS_AT 512u

enum { LF_CLOCK_MONOTONIC = 0, LF_CLOCK_TSC = 1 };
enum { LF_BLOCK_LANE = 1, LF_BLOCK_SCHEMA = 2, LF_BLOCK_RECORDS = 3, LF_BLOCK_FOOTER = 4 };

typedef struct lf_lane_identity {
  char magic[8];
  uint32_t version;
  uint32_t crc; /* of bytes 16..128 */
  uint64_t lane;
  uint64_t process;
  uint64_t nonce;
  uint64_t file_bytes;
  uint32_t clock;
  uint32_t zero;
  uint64_t ticks; /* taken together with wall */
  uint64_t wall;
  double rate; /* ticks per nanosecond */
  uint8_t rest[48];
} lf_lane_identity;

typedef struct lf_lane_file {
  lf_lane_identity identity;
  uint8_t pad0[128];
  LF_ATOMIC(uint64_t) offered; /* this line: the producer writes */
  LF_ATOMIC(uint64_t) next_seq;
  LF_ATOMIC(uint64_t) rejected[LF_REASONS];
  LF_ATOMIC(uint32_t) inside;
  LF_ATOMIC(uint32_t) waiting; /* events offered whose emitter waits for room */
  uint8_t pad1[168];
  LF_ATOMIC(uint64_t) acked_seq; /* this line: the drain writes */
  LF_ATOMIC(uint64_t) delivered;
  uint8_t pad2[112];
  lf_eventcount room;
  uint8_t pad3[4096 - 768];
} lf_lane_file;

typedef struct lf_process_file {
  char magic[8];
  uint32_t version;
  uint32_t crc; /* of bytes 16..128 */
  uint64_t process;
  uint64_t pid;
  uint64_t wall_open;
  uint8_t boot_id[16];
  uint32_t clock;
  uint32_t zero;
  uint64_t ticks;
  uint64_t wall;
  double rate;
  uint8_t pad0[40];
  LF_ATOMIC(uint64_t) offered;
  LF_ATOMIC(uint64_t) rejected[LF_REASONS];
  uint8_t pad1[56];
  LF_ATOMIC(uint32_t) schemas;
  uint8_t pad2[252];
  uint8_t table[LF_PROCESS_BYTES - LF_PROCESS_SCHEMAS_AT];
} lf_process_file;

/* What stands before a record's payload in a lane and in a segment. */
typedef struct lf_event {
  uint32_t word;
  uint32_t crc;
  uint64_t seq;
  uint64_t ticks;
} lf_event;

/* A GAP record's payload: events of the lane that were offered in between and dropped. */
typedef struct lf_gap {
  uint64_t from; /* ticks of the first */
  uint64_t to;   /* and of the last */
  uint64_t rejected[LF_REASONS];
} lf_gap;

typedef struct lf_segment_header {
  char magic[8];
  uint32_t version;
  uint32_t crc; /* of bytes 16..64 */
  uint64_t process;
  uint64_t number;
  uint64_t wall;
  uint8_t rest[24];
} lf_segment_header;

typedef struct lf_block {
  uint32_t magic;
  uint32_t crc; /* of bytes 8..96 */
  uint32_t type;
  uint32_t bytes;
  uint64_t lane;
  uint64_t first;
  uint64_t last;
  uint32_t count;
  uint32_t payload_crc;
  uint64_t min_ticks;
  uint64_t max_ticks;
  uint64_t ticks;
  uint64_t wall;
  uint64_t min_wall;
  uint64_t max_wall;
} lf_block;

typedef struct lf_footer_entry {
  uint64_t lane;
  uint64_t process;
  uint64_t first;
  uint64_t last;
  uint64_t count;
  uint64_t min_wall;
  uint64_t max_wall;
  uint64_t lane_at;
} lf_footer_entry;

/* Behind the entries of the lanes: one for each kind of record of each process. */
typedef struct lf_footer_event {
  uint64_t process;
  uint32_t kind;
  uint32_t zero;
  uint64_t count;
  uint64_t min_wall;
  uint64_t max_wall;
  uint64_t schema_at; /* 0: its kind has none */
} lf_footer_event;

#define LF_AT(type, field, at) LF_STATIC_ASSERT(offsetof(type, field) == (at), "the layout is shared between processes")
LF_STATIC_ASSERT(sizeof(lf_lane_identity) == 128, "the layout is shared between processes");
LF_STATIC_ASSERT(sizeof(lf_lane_file) == LF_LANE_QUEUE_AT, "the layout is shared between processes");
LF_STATIC_ASSERT(sizeof(lf_process_file) == LF_PROCESS_BYTES, "the layout is shared between processes");
LF_STATIC_ASSERT(sizeof(lf_event) == 24, "the layout is shared between processes");
LF_STATIC_ASSERT(sizeof(lf_segment_header) == 64, "the layout is shared between processes");
LF_STATIC_ASSERT(sizeof(lf_block) == 96, "the layout is shared between processes");
LF_STATIC_ASSERT(sizeof(lf_footer_entry) == 64, "the layout is shared between processes");
LF_STATIC_ASSERT(sizeof(lf_footer_event) == 48, "the layout is shared between processes");
LF_STATIC_ASSERT(sizeof(lf_gap) == 80, "the layout is shared between processes");
LF_AT(lf_lane_identity, rate, 72);
LF_AT(lf_lane_file, offered, 256);
LF_AT(lf_lane_file, rejected, 272);
LF_AT(lf_lane_file, inside, 336);
LF_AT(lf_lane_file, acked_seq, 512);
LF_AT(lf_lane_file, room, 640);
LF_AT(lf_process_file, rate, 80);
LF_AT(lf_process_file, offered, 128);
LF_AT(lf_process_file, schemas, 256);
LF_AT(lf_process_file, table, 512);

#endif

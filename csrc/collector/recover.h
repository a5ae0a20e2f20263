/* SPDX-License-Identifier: MIT */
/* recover.h: what the files that adopt a dead process's remains share. */
#ifndef LOCKFREE_COLLECTOR_RECOVER_H
#define LOCKFREE_COLLECTOR_RECOVER_H

#include "internal.h"

/* ---- survey.c: who is dead, and what they left ---- */

typedef struct lf_dead_process {
  uint64_t id;
  int fd; /* its lock, now ours; -1: it has no process file */
  bool readable;
  char name[LF_NAME_BYTES];
} lf_dead_process;

typedef struct lf_dead_lane {
  uint64_t id;
  uint64_t process;
  uint64_t through; /* the last of its records that a segment has */
  char name[LF_NAME_BYTES];
} lf_dead_lane;

typedef struct lf_survey {
  lf_dead_process *process;
  size_t processes;
  lf_dead_lane *lane; /* sorted by id */
  size_t lanes;
  uint64_t *alive;
  size_t alives;
} lf_survey;

int lf_survey_take(lf_collector *collector, lf_survey *survey);
lf_dead_lane *lf_survey_lane(const lf_survey *survey, uint64_t id);
void lf_survey_free(lf_survey *survey);

/* ---- scan.c: which blocks of a segment are whole ---- */

typedef struct lf_scanned {
  lf_footer footer;           /* what it says, or would say */
  lf_lane_identity *identity; /* of each of its lanes */
  uint64_t end;               /* of the last whole block */
  bool finished;              /* a footer stands there */
  bool torn;                  /* the file ends within a block that its writer did not complete */
  bool damaged; /* records that do not hold, or whole blocks that follow bytes that are none: between these two */
  uint64_t hole_from;
  uint64_t hole_to;
} lf_scanned;

/* 0; EBADMSG: not a segment of this version; or an errno. */
int lf_scan_segment(int fd, lf_scanned *out);
/* The footer alone, if it is whole: else as lf_scan_segment. */
int lf_scan_footer(int fd, lf_scanned *out);
void lf_scanned_free(lf_scanned *scanned);

/* ---- mend.c: finishes the .part files of the dead; tells the survey what the segments have ---- */

/* Not 0: what the segments have could not be found out, and nothing may be delivered now. */
int lf_mend_segments(lf_collector *collector, lf_survey *survey);

/* ---- ndjson.c ---- */

/* Visits (lane, seq) of each whole line; *end: where the last one ends. */
int lf_ndjson_scan(int fd, void (*visit)(uint64_t lane, uint64_t seq, void *context), void *context, uint64_t *end);

/* ---- salvage.c: the records in a dead lane's bytes ---- */

typedef struct lf_salvage {
  unsigned char *bytes; /* the file */
  size_t n;
  lf_lane_identity identity;
  lf_record_ref *ref; /* what is valid and not yet in a segment, by seq; offset: of the record's first byte */
  size_t refs;
  size_t room;
  lf_account account; /* but for delivered */
  uint64_t acked;
  bool walked; /* the records stood between believable positions */
  bool damaged;
} lf_salvage;

/* 0; EBADMSG: not a lane of this version whose identity can be believed; or an errno. */
int lf_salvage_lane(int fd, uint64_t through, lf_salvage *out);
void lf_salvage_free(lf_salvage *salvage);

/* ---- quarantine.c ---- */

/* Moves dir/name there; what can't be moved stays where it is. */
int lf_quarantine_file(lf_collector *collector, int dir, const char *name);
/* Copies [from, to) of fd there under a name made of `name` and `from`. */
int lf_quarantine_bytes(lf_collector *collector, int fd, uint64_t from, uint64_t to, const char *name);

#endif

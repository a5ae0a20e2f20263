/* SPDX-License-Identifier: MIT */
/* marked.h: what all scenarios share: assertions that stay, the calls of check.h, an answer's name for the marks. */
#ifndef LOCKFREE_CHECKER_SCENARIOS_MARKED_H
#define LOCKFREE_CHECKER_SCENARIOS_MARKED_H

#undef NDEBUG
#include <assert.h>
#include <lockfree/api/base.h>
#include <lockfree/check.h>

static inline const char *answer_of(lf_status status) {
  switch (status) {
    case LF_OK: return "ok";
    case LF_FULL: return "full";
    case LF_EMPTY: return "empty";
    case LF_CLOSED: return "closed";
    default: return "busy";
  }
}

#endif

/* SPDX-License-Identifier: MIT */
#include "weaken.h"

#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "execution.h"

enum { CHANGES = 64 };
static struct {
  uint32_t site;
  uint8_t which, order;
} change[CHANGES];
static int changes;
static bool asymmetric;

uint8_t lfc_weakened(uint32_t site, enum lfc_which which, uint8_t order) {
  for (int i = 0; i < changes; i++)
    if (change[i].site == site && change[i].which == which) return which == LFC_DROP ? 1 : change[i].order;
  return order;
}

bool lfc_weaken(const char *text) {
  static const struct {
    const char *name;
    uint8_t order;
  } orders[] = {{"relaxed", LFC_RELAXED}, {"consume", LFC_CONSUME}, {"acquire", LFC_ACQUIRE},
                {"release", LFC_RELEASE}, {"acq_rel", LFC_ACQ_REL}, {"seq_cst", LFC_SEQ_CST}};
  while (*text) {
    char *end;
    const unsigned long site = strtoul(text, &end, 0);
    if (end == text || end[0] != ':' || end[1] == 0 || changes == CHANGES) return false;
    change[changes].site = (uint32_t)site;
    change[changes].which = end[1] == 'o' ? LFC_OWN : end[1] == 'f' ? LFC_FAILURE : LFC_DROP;
    if (strchr("ofx", end[1]) == NULL) return false;
    text = end + 2;
    if (change[changes].which != LFC_DROP) {
      if (*text++ != ':') return false;
      bool found = false;
      for (size_t i = 0; i < sizeof orders / sizeof *orders && !found; i++) {
        const size_t n = strlen(orders[i].name);
        if (strncmp(text, orders[i].name, n) != 0) continue;
        change[changes].order = orders[i].order;
        text += n;
        found = true;
      }
      if (!found) return false;
    }
    changes++;
    if (*text == ',')
      text++;
    else if (*text)
      return false;
  }
  return true;
}

bool lfc_fences_are_asymmetric(void) { return asymmetric; }

void lfc_assume_membarrier(void) { asymmetric = true; }

void lfc_use_membarrier(void) {
  if (asymmetric) return;
  asymmetric = true;
  lfc_end_run(LFC_RESTART);
}

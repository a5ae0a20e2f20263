/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <string.h>

bool lfc_allows(const lfc_model *model, const lfc_graph *g, const uint16_t *changed, int count) {
  for (int i = 0; i < count; i++) {
    const lfc_event *e = &g->event[changed[i]];
    if (lfc_is_access(e) && !lfc_is_newest(g, e->address, lfc_rank(g, e))) return model->consistent(g, changed, count);
  }
  return true;
}

const lfc_model *lfc_model_named(const char *name) {
  static const lfc_model models[] = {
      {"rc11", lfc_consistent_rc11, false}, {"sc", lfc_consistent_sc, true}, {"tso", lfc_consistent_tso, true}};
  for (size_t i = 0; i < sizeof models / sizeof *models; i++)
    if (strcmp(models[i].name, name) == 0) return &models[i];
  return NULL;
}

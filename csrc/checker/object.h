/* SPDX-License-Identifier: MIT */
/* object.h: the shared object under test: its scenarios, its variables. */
#ifndef LFC_OBJECT_H
#define LFC_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

/* Loads it; false: lfc_object_error says why. */
bool lfc_object_load(const char *path);
extern char lfc_object_error[600];

/* Names of scenarios, "main" among them; ends with NULL. */
const char *const *lfc_object_scenarios(void);
void *lfc_object_scenario(const char *name);

/* Its variables as they were when it was loaded. */
void lfc_object_reset(void);

/* Runs its constructors, in the current thread; each run begins with that. */
void lfc_object_construct(void);

/* An address of code as an offset in the object. */
uint32_t lfc_site(const void *address);

/* Compiled with optimisation (it defines lf_checked_optimised): its loops keep their state in registers. */
bool lfc_object_is_optimised(void);

bool lfc_object_has_code(const void *address);

/* True if the address is a variable of the object; its name and how far behind it, for a person. */
const char *lfc_object_symbol(uint64_t address, uint64_t *behind);

#endif

/* SPDX-License-Identifier: MIT */
/* spin.h: loops that only wait.
 *
 * A thread that comes back to a read with the same stack, and has written nothing since, will do the same again until
 * somebody writes: what it read in between changed nothing. (An update that wrote what it read has written nothing.) It is blocked there. That loses nothing: the execution
 * without the iteration is explored too, and orders less. A counting loop comes back with another stack, and goes on.
 * Sites that are come back to are learned on the way, since hashing a stack costs; learning one restarts exploration.
 */
#ifndef LFC_SPIN_H
#define LFC_SPIN_H

#include "execution.h"

/* What the program's registers held that a call preserves, when it last came to a read. */
extern uint64_t lfc_registers[11];

bool lfc_spins(const lfc_op *op);

/* What was learned last, to tell another process; and to be told. */
uint32_t lfc_spin_learned(void);
void lfc_spin_learn(uint32_t site);

/* The current thread waits until something is written; in an exhaustive search, for good. */
void lfc_wait_for_change(void);

/* All that the spinning thread's last iteration read was the newest: it will never go on. */
bool lfc_spins_on_newest(const lfc_thread *t);

#endif

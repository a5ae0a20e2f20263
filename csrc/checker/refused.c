/* SPDX-License-Identifier: MIT */
/* refused.c: what of the C library waits, or runs code beside the program's, and is not modelled: said by name, since
 * the real one would stop the checker, or race with it. Whoever models one takes it out here. */
#include "defect.h"
#include "execution.h"
#include "object.h"
#include "trace.h"

#define REFUSED(name)                                                                                       \
  void __wrap_##name(void);                                                                                 \
  void __wrap_##name(void) {                                                                                \
    lfc_frame = __builtin_frame_address(0);                                                                 \
    lfc_defect(LFC_V_UNSUPPORTED, lfc_site(__builtin_return_address(0)), "%s is not modelled", #name "()"); \
  }

REFUSED(fork)
REFUSED(vfork)
REFUSED(signal)
REFUSED(sigaction)
REFUSED(pthread_kill)
REFUSED(pthread_cancel)
REFUSED(pthread_mutex_timedlock)
REFUSED(pthread_rwlock_rdlock)
REFUSED(pthread_rwlock_tryrdlock)
REFUSED(pthread_rwlock_wrlock)
REFUSED(pthread_rwlock_trywrlock)
REFUSED(pthread_rwlock_unlock)
REFUSED(pthread_spin_lock)
REFUSED(pthread_spin_trylock)
REFUSED(pthread_spin_unlock)
REFUSED(pthread_barrier_wait)
REFUSED(pthread_key_create)
REFUSED(sem_wait)
REFUSED(sem_trywait)
REFUSED(sem_timedwait)
REFUSED(sem_post)
REFUSED(thrd_create)
REFUSED(thrd_join)
REFUSED(mtx_lock)
REFUSED(mtx_trylock)
REFUSED(mtx_unlock)
REFUSED(cnd_wait)
REFUSED(cnd_signal)
REFUSED(cnd_broadcast)
REFUSED(call_once)
REFUSED(tss_create)

/* SPDX-License-Identifier: MIT */
/* refused.c: what of the C library waits, or runs code beside the program's, and is not modelled: said by name, since
 * the real one would stop the checker, or race with it. Whoever models one takes it out here. */
#include <errno.h>

#include "defect.h"
#include "execution.h"
#include "object.h"
#include "trace.h"

#define REFUSED(name)                                                                                       \
  int __wrap_##name(void);                                                                                  \
  int __wrap_##name(void) {                                                                                 \
    lfc_frame = __builtin_frame_address(0);                                                                 \
    if (!lfc_inside()) return errno = ENOSYS, -1;                                                           \
    lfc_defect(LFC_V_UNSUPPORTED, lfc_site(__builtin_return_address(0)), "%s is not modelled", #name "()"); \
  }

/* processes */
REFUSED(fork)
REFUSED(vfork)
REFUSED(clone)
REFUSED(system)
REFUSED(popen)
REFUSED(posix_spawn)
REFUSED(execve)
REFUSED(wait)
REFUSED(waitpid)

/* signals */
REFUSED(signal)
REFUSED(sigaction)
REFUSED(sigwait)
REFUSED(sigsuspend)
REFUSED(raise)
REFUSED(kill)
REFUSED(pause)
REFUSED(alarm)
REFUSED(setitimer)
REFUSED(timer_create)
REFUSED(pthread_kill)
REFUSED(pthread_cancel)
REFUSED(__pthread_register_cancel) /* pthread_cleanup_push */

/* waiting for others than threads */
REFUSED(poll)
REFUSED(ppoll)
REFUSED(select)
REFUSED(pselect)
REFUSED(epoll_wait)
REFUSED(accept)
REFUSED(recv)
REFUSED(eventfd)
REFUSED(pipe)
REFUSED(sem_open)
REFUSED(mq_open)
REFUSED(shm_open)
REFUSED(shmget)

/* rare ways of common things */
REFUSED(pthread_mutex_consistent)
REFUSED(pthread_tryjoin_np)
REFUSED(pthread_timedjoin_np)
REFUSED(pthread_clockjoin_np)
REFUSED(pthread_getattr_np)
REFUSED(pthread_getcpuclockid)
REFUSED(_ZSt25notify_all_at_thread_exitRSt18condition_variableSt11unique_lockISt5mutexE)

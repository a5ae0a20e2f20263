/* SPDX-License-Identifier: MIT */
/* trouble.c: sentences that say what is wrong and what to do about it. */
#include "internal.h"

#include <errno.h>
#include <stdarg.h>

static const char *remedy(int number) {
  switch (number) {
    case ENOSPC:
    case EDQUOT: return "free some space, or choose a directory on a larger file system";
    case EFBIG: return "raise the file size limit (ulimit -f), or choose a smaller segment size";
    case EROFS: return "the file system is mounted read-only: choose a writable directory";
    case EACCES:
    case EPERM: return "give this user write permission on the directory, or choose another";
    case EMFILE:
    case ENFILE: return "raise the limit of open files (ulimit -n)";
    case ENOENT: return "the directory was removed: make it again";
    case EBADMSG: return "a lane's memory was overwritten: the next open saves what can be read";
    case EIO: return "the disk answers with errors: check it";
    default: return "";
  }
}

int lf_fail(char *error, size_t bytes, int number, const char *format, ...) {
  if (error == NULL || bytes == 0) return number;
  va_list arguments;
  va_start(arguments, format);
  const int n = vsnprintf(error, bytes, format, arguments);
  va_end(arguments);
  if (n < 0 || (size_t)n >= bytes || number == EINVAL) return number;
  const char *fix = remedy(number);
  snprintf(error + n, bytes - (size_t)n, ": %s%s%s", strerror(number), *fix != '\0' ? "; " : "", fix);
  return number;
}

void lf_trouble_set(lf_collector *collector, int number, const char *doing) {
  pthread_mutex_lock(&collector->trouble_lock);
  (void)lf_fail(collector->trouble, sizeof collector->trouble, number, "%s in %s", doing, collector->path);
  /* relaxed: a hint; the mutex orders the text */
  atomic_store_explicit(&collector->troubled, 1u, memory_order_relaxed);
  pthread_mutex_unlock(&collector->trouble_lock);
}

void lf_trouble_note(lf_collector *collector, const char *format, ...) {
  char text[sizeof collector->note];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  pthread_mutex_lock(&collector->trouble_lock);
  if (collector->note[0] == '\0') memcpy(collector->note, text, sizeof text);
  pthread_mutex_unlock(&collector->trouble_lock);
}

void lf_trouble_clear(lf_collector *collector) {
  /* relaxed: a hint; the mutex orders the text */
  if (atomic_load_explicit(&collector->troubled, memory_order_relaxed) == 0) return;
  pthread_mutex_lock(&collector->trouble_lock);
  collector->trouble[0] = '\0';
  /* relaxed: as above */
  atomic_store_explicit(&collector->troubled, 0u, memory_order_relaxed);
  pthread_mutex_unlock(&collector->trouble_lock);
}

void lf_collector_trouble(lf_collector *collector, char *text, size_t text_bytes) {
  pthread_mutex_lock(&collector->trouble_lock);
  snprintf(text, text_bytes, "%s", collector->trouble[0] != '\0' ? collector->trouble : collector->note);
  pthread_mutex_unlock(&collector->trouble_lock);
}

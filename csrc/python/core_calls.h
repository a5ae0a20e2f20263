/* SPDX-License-Identifier: MIT */
/* core_calls.h: the put and get family, compiled once for each structure so that its push and pop are inlined.
 *
 * The including file defines, before: CORE_SELF, the object's type, which begins with a core_queue; and
 *   encode(self, item, &encoded)   0 or -1 with an exception
 *   push(self, &encoded)           OK FULL CLOSED
 *   pop(self, &item)               OK EMPTY CLOSED CORRUPT, or CORE_RAISED with an exception */

static lf_status push_again(core_queue *queue, const core_item *item) { return push((CORE_SELF *)queue, item); }
static int pop_again(core_queue *queue, PyObject **item) { return pop((CORE_SELF *)queue, item); }

static PyObject *try_put(PyObject *object, PyObject *item) {
  CORE_SELF *self = (CORE_SELF *)object;
  core_item encoded;
  if (LF_UNLIKELY(core_queue_enter(&self->queue, CORE_PRODUCER) < 0)) return NULL;
  if (LF_UNLIKELY(encode(self, item, &encoded) < 0)) return NULL;
  const lf_status status = push(self, &encoded);
  core_item_done(&encoded);
  if (LF_LIKELY(status == LF_OK)) Py_RETURN_TRUE;
  if (status != LF_FULL) return core_queue_raise(&self->queue, status);
  core_count(&self->queue.sides[CORE_PRODUCER].refused, 1);
  Py_RETURN_FALSE;
}

static PyObject *try_get(PyObject *object, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  CORE_SELF *self = (CORE_SELF *)object;
  PyObject *fallback = nargs == 1 ? args[0] : NULL;
  if (LF_UNLIKELY(nargs > 1 || kwnames != NULL)) {
    static const char *const names[] = {"default"};
    fallback = NULL;
    if (core_queue_arguments(args, nargs, kwnames, names, 0, 1, &fallback) < 0) return NULL;
  }
  PyObject *item;
  if (LF_UNLIKELY(core_queue_enter(&self->queue, CORE_CONSUMER) < 0)) return NULL;
  const int status = pop(self, &item);
  if (LF_LIKELY(status == LF_OK)) return item;
  if (status == CORE_RAISED) return NULL;
  if (status != LF_EMPTY) return core_queue_raise(&self->queue, (lf_status)status);
  core_count(&self->queue.sides[CORE_CONSUMER].refused, 1);
  return Py_NewRef(fallback == NULL ? Py_None : fallback);
}

static inline PyObject *put_for(CORE_SELF *self, PyObject *item, int64_t patience) {
  core_item encoded;
  if (LF_UNLIKELY(core_queue_enter(&self->queue, CORE_PRODUCER) < 0)) return NULL;
  if (LF_UNLIKELY(encode(self, item, &encoded) < 0)) return NULL;
  int status = (int)push(self, &encoded);
  if (LF_UNLIKELY(status == LF_FULL)) status = core_queue_put_refused(&self->queue, &encoded, patience, push_again);
  core_item_done(&encoded);
  if (LF_LIKELY(status == LF_OK)) Py_RETURN_NONE;
  return status == CORE_RAISED ? NULL : core_queue_raise(&self->queue, (lf_status)status);
}

static PyObject *put(PyObject *object, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  if (LF_LIKELY(nargs == 1 && kwnames == NULL)) return put_for((CORE_SELF *)object, args[0], CORE_FOR_EVER);
  static const char *const names[] = {"item", "block", "timeout"};
  PyObject *given[3] = {NULL, NULL, NULL};
  if (core_queue_arguments(args, nargs, kwnames, names, 1, 3, given) < 0) return NULL;
  const int64_t patience = core_queue_patience(given[1], given[2]);
  return patience == CORE_BAD_TIMEOUT ? NULL : put_for((CORE_SELF *)object, given[0], patience);
}

static PyObject *put_nowait(PyObject *object, PyObject *item) { return put_for((CORE_SELF *)object, item, 0); }

static inline PyObject *get_for(CORE_SELF *self, int64_t patience) {
  if (LF_UNLIKELY(core_queue_enter(&self->queue, CORE_CONSUMER) < 0)) return NULL;
  PyObject *item;
  int status = pop(self, &item);
  if (LF_UNLIKELY(status == LF_EMPTY)) status = core_queue_get_refused(&self->queue, &item, patience, pop_again);
  if (LF_LIKELY(status == LF_OK)) return item;
  return status == CORE_RAISED ? NULL : core_queue_raise(&self->queue, (lf_status)status);
}

static PyObject *get(PyObject *object, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  if (LF_LIKELY(nargs == 0 && kwnames == NULL)) return get_for((CORE_SELF *)object, CORE_FOR_EVER);
  static const char *const names[] = {"block", "timeout"};
  PyObject *given[2] = {NULL, NULL};
  if (core_queue_arguments(args, nargs, kwnames, names, 0, 2, given) < 0) return NULL;
  const int64_t patience = core_queue_patience(given[0], given[1]);
  return patience == CORE_BAD_TIMEOUT ? NULL : get_for((CORE_SELF *)object, patience);
}

static PyObject *get_nowait(PyObject *object, PyObject *unused) {
  (void)unused;
  return get_for((CORE_SELF *)object, 0);
}

/* The next item, waiting for it; NULL without an exception at the end. */
static PyObject *iternext(PyObject *object) {
  CORE_SELF *self = (CORE_SELF *)object;
  if (LF_UNLIKELY(core_queue_enter(&self->queue, CORE_CONSUMER) < 0)) return NULL;
  PyObject *item;
  int status = pop(self, &item);
  if (status == LF_EMPTY) status = core_queue_get_refused(&self->queue, &item, CORE_FOR_EVER, pop_again);
  if (LF_LIKELY(status == LF_OK)) return item;
  if (status != CORE_RAISED && status != LF_CLOSED) (void)core_queue_raise(&self->queue, (lf_status)status);
  return NULL;
}

/* The per-item calls; core_queue_adopt puts them into the type and each subclass. */
static PyMethodDef calls[] = {
    {"try_put", try_put, METH_O,
     "try_put($self, item, /)\n--\n\n"
     "Put without waiting: True, or False when there is no room now, whatever the overflow policy.\n\n"
     "Producer only (WrongThreadError). ShutDown after shutdown(). Keeps the GIL."},
    {"try_get", (PyCFunction)(void (*)(void))try_get, METH_FASTCALL | METH_KEYWORDS,
     "try_get($self, /, default=None)\n--\n\n"
     "The oldest item, or default when there is none now.\n\n"
     "Consumer only (WrongThreadError). ShutDown when shut down and empty. Keeps the GIL."},
    {"put", (PyCFunction)(void (*)(void))put, METH_FASTCALL | METH_KEYWORDS,
     "put($self, /, item, block=True, timeout=None)\n--\n\n"
     "Put, waiting for room as queue.Queue.put does: for ever, or up to timeout seconds, then queue.Full.\n\n"
     "overflow='error' raises Full at once, 'drop_new' drops the item instead. Producer only (WrongThreadError).\n"
     "ShutDown after shutdown(), also when it comes during the wait. Only a wait releases the GIL."},
    {"put_nowait", put_nowait, METH_O,
     "put_nowait($self, item, /)\n--\n\nput(item, block=False): queue.Full when there is no room now."},
    {"get", (PyCFunction)(void (*)(void))get, METH_FASTCALL | METH_KEYWORDS,
     "get($self, /, block=True, timeout=None)\n--\n\n"
     "The oldest item, waiting for one as queue.Queue.get does: for ever, or up to timeout seconds, then "
     "queue.Empty.\n\n"
     "Consumer only (WrongThreadError). ShutDown when shut down and empty. Only a wait releases the GIL."},
    {"get_nowait", get_nowait, METH_NOARGS,
     "get_nowait($self, /)\n--\n\nget(block=False): queue.Empty when there is nothing now."},
    {NULL, NULL, 0, NULL}};

static PyObject *init_subclass(PyObject *type, PyObject *unused) {
  (void)unused;
  if (core_queue_adopt(type, calls) < 0) return NULL;
  Py_RETURN_NONE;
}

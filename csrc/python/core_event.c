/* SPDX-License-Identifier: MIT */
/* core_event.c: the type _core.Event: a dataclass's parameters -> 8-byte slots and texts -> the thread's lane.
 *
 *   slots   one per field, in order: i64, f64, 0/1, or u32 offset and u32 length of a text
 *   texts   one after another, behind the slots
 *
 * The record is built on the stack before the lane is touched (on the heap when the texts are long), so that an
 * exception out of an argument's __index__ or __float__ leaves nothing half-written. */
#include "core_collector.h"

#include <stddef.h>
#include <string.h>
#include <structmember.h>

#define MAX_FIELDS 64
#define STACK_BYTES 1024

typedef struct {
  PyObject *name;    /* interned str */
  PyObject *value;   /* the default, or NULL */
  PyObject *factory; /* called for the default, or NULL */
  char code;         /* i f b s y: int float bool str bytes */
} event_field;

typedef struct {
  PyObject_HEAD
  vectorcallfunc vectorcall;
  CoreCollector *collector;
  PyObject *name;
  PyObject *dict;
  PyObject *weakrefs;
  uint32_t kind, flags;
  Py_ssize_t count, positional;
  event_field *fields;
} CoreEvent;

typedef struct {
  unsigned char *bytes;
  size_t used, room;
  unsigned char stack[STACK_BYTES];
} record;

/* ---- encoding ---- */

static int record_grow(record *r, size_t more) {
  const size_t room = (r->used + more) * 2;
  unsigned char *bytes = PyMem_Malloc(room);
  if (bytes == NULL) {
    PyErr_NoMemory();
    return -1;
  }
  memcpy(bytes, r->bytes, r->used);
  if (r->bytes != r->stack) PyMem_Free(r->bytes);
  r->bytes = bytes;
  r->room = room;
  return 0;
}

static int record_text(record *r, Py_ssize_t slot, const void *text, size_t len) {
  if (LF_UNLIKELY(r->used + len > UINT32_MAX)) {
    PyErr_SetString(PyExc_OverflowError, "an event's texts together must stay below 4 GiB");
    return -1;
  }
  if (LF_UNLIKELY(r->room - r->used < len) && record_grow(r, len) != 0) return -1;
  const uint32_t place[2] = {(uint32_t)r->used, (uint32_t)len};
  memcpy(r->bytes + slot * 8, place, 8);
  memcpy(r->bytes + r->used, text, len);
  r->used += len;
  return 0;
}

/* Says which field it was; what else the argument's own methods raise passes through. */
static int field_error(CoreEvent *self, event_field *field, PyObject *value, const char *expected) {
  if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
    PyErr_Format(PyExc_OverflowError, "%U.%U: %R does not fit %s", self->name, field->name, value, expected);
  } else if (PyErr_ExceptionMatches(PyExc_UnicodeError)) {
    PyErr_Format(PyExc_ValueError, "%U.%U: %R has no UTF-8 form (a lone surrogate)", self->name, field->name, value);
  } else if (PyErr_ExceptionMatches(PyExc_TypeError)) {
    PyErr_Format(PyExc_TypeError, "%U.%U: expected %s, got %.200s", self->name, field->name, expected,
                 Py_TYPE(value)->tp_name);
  }
  return -1;
}

static int type_error(CoreEvent *self, event_field *field, PyObject *value, const char *expected) {
  PyErr_SetNone(PyExc_TypeError);
  return field_error(self, field, value, expected);
}

static int encode_bytes(CoreEvent *self, event_field *field, record *r, Py_ssize_t slot, PyObject *value) {
  if (PyBytes_CheckExact(value)) {
    return record_text(r, slot, PyBytes_AS_STRING(value), (size_t)PyBytes_GET_SIZE(value));
  }
  Py_buffer buffer;
  if (!PyObject_CheckBuffer(value)) return type_error(self, field, value, "bytes, bytearray or memoryview");
  if (PyObject_GetBuffer(value, &buffer, PyBUF_SIMPLE) != 0) return -1;
  const int result = record_text(r, slot, buffer.buf, (size_t)buffer.len);
  PyBuffer_Release(&buffer);
  return result;
}

static int encode(CoreEvent *self, event_field *field, record *r, Py_ssize_t slot, PyObject *value) {
  switch (field->code) {
    case 'i': {
      const int64_t number = PyLong_AsLongLong(value);
      if (LF_UNLIKELY(number == -1) && PyErr_Occurred()) {
        return field_error(self, field, value, "int (64 bits with sign)");
      }
      memcpy(r->bytes + slot * 8, &number, 8);
      return 0;
    }
    case 'f': {
      const double number = PyFloat_AsDouble(value);
      if (LF_UNLIKELY(number == -1.0) && PyErr_Occurred()) return field_error(self, field, value, "float");
      memcpy(r->bytes + slot * 8, &number, 8);
      return 0;
    }
    case 'b': {
      if (LF_UNLIKELY(!PyBool_Check(value))) return type_error(self, field, value, "bool");
      const uint64_t truth = value == Py_True;
      memcpy(r->bytes + slot * 8, &truth, 8);
      return 0;
    }
    case 's': {
      if (LF_UNLIKELY(!PyUnicode_Check(value))) return type_error(self, field, value, "str");
      Py_ssize_t size;
      const char *text = PyUnicode_AsUTF8AndSize(value, &size);
      if (LF_UNLIKELY(text == NULL)) return field_error(self, field, value, "str");
      return record_text(r, slot, text, (size_t)size);
    }
    default: return encode_bytes(self, field, r, slot, value);
  }
}

/* ---- the call ---- */

/* Sorts keyword arguments into values[]. */
static int take_keywords(CoreEvent *self, PyObject *const *args, PyObject *kwnames, PyObject **values) {
  for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(kwnames); k++) {
    PyObject *name = PyTuple_GET_ITEM(kwnames, k);
    Py_ssize_t i = 0;
    while (i < self->count && self->fields[i].name != name) i++;
    if (i == self->count) { /* not interned: compare the text */
      i = 0;
      while (i < self->count && PyUnicode_Compare(self->fields[i].name, name) != 0) i++;
    }
    if (i == self->count) {
      PyErr_Format(PyExc_TypeError, "%U() got an unexpected keyword argument '%U'", self->name, name);
      return -1;
    }
    if (values[i] != NULL) {
      PyErr_Format(PyExc_TypeError, "%U() got multiple values for argument '%U'", self->name, name);
      return -1;
    }
    values[i] = args[k];
  }
  return 0;
}

static int encode_default(CoreEvent *self, event_field *field, record *r, Py_ssize_t slot) {
  if (field->value != NULL) return encode(self, field, r, slot, field->value);
  if (field->factory == NULL) {
    PyErr_Format(PyExc_TypeError, "%U() missing required argument: '%U'", self->name, field->name);
    return -1;
  }
  PyObject *value = PyObject_CallNoArgs(field->factory);
  if (value == NULL) return -1;
  const int result = encode(self, field, r, slot, value);
  Py_DECREF(value);
  return result;
}

static int encode_all(CoreEvent *self, record *r, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  if (LF_UNLIKELY(nargs > self->positional)) {
    PyErr_Format(PyExc_TypeError, "%U() takes %zd positional arguments but %zd were given", self->name,
                 self->positional, nargs);
    return -1;
  }
  if (LF_LIKELY(nargs == self->count && kwnames == NULL)) {
    for (Py_ssize_t i = 0; i < nargs; i++) {
      if (LF_UNLIKELY(encode(self, &self->fields[i], r, i, args[i]) != 0)) return -1;
    }
    return 0;
  }
  PyObject *values[MAX_FIELDS] = {NULL};
  if (nargs != 0) memcpy(values, args, (size_t)nargs * sizeof *values);
  if (kwnames != NULL && take_keywords(self, args + nargs, kwnames, values) != 0) return -1;
  for (Py_ssize_t i = 0; i < self->count; i++) {
    event_field *field = &self->fields[i];
    if ((values[i] != NULL ? encode(self, field, r, i, values[i]) : encode_default(self, field, r, i)) != 0) return -1;
  }
  return 0;
}

static PyObject *event_call(PyObject *object, PyObject *const *args, size_t nargsf, PyObject *kwnames) {
  CoreEvent *self = (CoreEvent *)object;
  record r;
  r.bytes = r.stack;
  r.room = sizeof r.stack;
  r.used = (size_t)self->count * 8;
  int accepted = -1;
  if (LF_LIKELY(encode_all(self, &r, args, PyVectorcall_NARGS(nargsf), kwnames) == 0)) {
    accepted = core_emit(self->collector, r.bytes, r.used, self->kind, self->flags);
  } else {
    core_emit_unencodable(self->collector);
  }
  if (LF_UNLIKELY(r.bytes != r.stack)) PyMem_Free(r.bytes);
  if (LF_UNLIKELY(accepted < 0)) return NULL;
  return Py_NewRef(accepted ? Py_True : Py_False);
}

/* ---- the object ---- */

static int fill_fields(CoreEvent *self, PyObject *names, const char *codes, PyObject *defaults, PyObject *factories) {
  for (Py_ssize_t i = 0; i < self->count; i++) {
    event_field *field = &self->fields[i];
    PyObject *name = PyTuple_GET_ITEM(names, i);
    if (!PyUnicode_Check(name) || strchr("ifbsy", codes[i]) == NULL) {
      PyErr_SetString(PyExc_TypeError, "fields must be str, and codes out of \"ifbsy\"");
      return -1;
    }
    field->name = Py_NewRef(name);
    PyUnicode_InternInPlace(&field->name);
    field->code = codes[i];
    field->value = Py_XNewRef(PyDict_GetItemWithError(defaults, name));
    field->factory = Py_XNewRef(PyDict_GetItemWithError(factories, name));
    if (PyErr_Occurred()) return -1;
  }
  return 0;
}

static PyObject *event_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  static char *keywords[] = {"collector",  "kind",     "name",      "fields",   "codes",
                             "positional", "defaults", "factories", "critical", NULL};
  PyObject *collector, *name, *names, *defaults, *factories;
  unsigned int kind;
  const char *codes;
  Py_ssize_t codes_len, positional;
  int critical = 0;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OIUO!s#nO!O!|p:Event", keywords, &collector, &kind, &name,
                                   &PyTuple_Type, &names, &codes, &codes_len, &positional, &PyDict_Type, &defaults,
                                   &PyDict_Type, &factories, &critical)) {
    return NULL;
  }
  PyObject *expected = PyObject_GetAttrString(PyType_GetModule(type), "Collector");
  const int fits = expected != NULL ? PyObject_IsInstance(collector, expected) : -1;
  Py_XDECREF(expected);
  if (fits < 0) return NULL;
  const Py_ssize_t count = PyTuple_GET_SIZE(names);
  if (!fits || count > MAX_FIELDS || codes_len != count || positional < 0 || positional > count || kind > 254) {
    PyErr_Format(PyExc_ValueError,
                 "an event needs a Collector, a kind up to 254, at most %d fields and a code for each of them",
                 MAX_FIELDS);
    return NULL;
  }
  CoreEvent *self = (CoreEvent *)type->tp_alloc(type, 0);
  if (self == NULL) return NULL;
  self->vectorcall = event_call;
  self->collector = (CoreCollector *)Py_NewRef(collector);
  self->name = Py_NewRef(name);
  self->kind = kind;
  self->flags = critical ? LF_EMIT_CRITICAL : 0;
  self->positional = positional;
  self->fields = PyMem_Calloc((size_t)count + 1, sizeof *self->fields);
  if (self->fields == NULL) {
    Py_DECREF(self);
    return PyErr_NoMemory();
  }
  self->count = count;
  if (fill_fields(self, names, codes, defaults, factories) != 0) {
    Py_DECREF(self);
    return NULL;
  }
  return (PyObject *)self;
}

static int event_traverse(PyObject *object, visitproc visit, void *arg) {
  CoreEvent *self = (CoreEvent *)object;
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->collector);
  Py_VISIT(self->dict);
  for (Py_ssize_t i = 0; i < self->count; i++) {
    Py_VISIT(self->fields[i].value);
    Py_VISIT(self->fields[i].factory);
  }
  return 0;
}

/* The collector and the fields stay: a call during collection must still find them. */
static int event_clear(PyObject *object) {
  Py_CLEAR(((CoreEvent *)object)->dict);
  return 0;
}

static void event_dealloc(PyObject *object) {
  CoreEvent *self = (CoreEvent *)object;
  PyTypeObject *type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  if (self->weakrefs != NULL) PyObject_ClearWeakRefs(object);
  for (Py_ssize_t i = 0; i < self->count; i++) {
    Py_XDECREF(self->fields[i].name);
    Py_XDECREF(self->fields[i].value);
    Py_XDECREF(self->fields[i].factory);
  }
  PyMem_Free(self->fields);
  Py_XDECREF(self->collector);
  Py_XDECREF(self->name);
  Py_XDECREF(self->dict);
  type->tp_free(object);
  Py_DECREF(type);
}

static PyObject *event_repr(PyObject *object) {
  CoreEvent *self = (CoreEvent *)object;
  return PyUnicode_FromFormat("<event %U, kind %u>", self->name, self->kind);
}

static PyMemberDef members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(CoreEvent, vectorcall), READONLY, NULL},
    {"__dictoffset__", T_PYSSIZET, offsetof(CoreEvent, dict), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(CoreEvent, weakrefs), READONLY, NULL},
    {"name", T_OBJECT, offsetof(CoreEvent, name), READONLY, "The event's name in the segments."},
    {"kind", T_UINT, offsetof(CoreEvent, kind), READONLY, "The kind of its records, 16 .. 254."},
    {"collector", T_OBJECT, offsetof(CoreEvent, collector), READONLY, "Where it emits to."},
    {NULL, 0, 0, 0, NULL}};

PyDoc_STRVAR(event_doc,
             "Event(collector, kind, name, fields, codes, positional, defaults, factories, critical=False)\n--\n\n"
             "A callable that emits one typed event; made by lockfree.Collector.event. codes: one letter a field, out "
             "of i f b s y (int float\nbool str bytes); the first `positional` fields may be given by position.");

static PyType_Slot slots[] = {{Py_tp_doc, (void *)event_doc},
                              {Py_tp_new, CORE_SLOT(event_new)},
                              {Py_tp_dealloc, CORE_SLOT(event_dealloc)},
                              {Py_tp_traverse, CORE_SLOT(event_traverse)},
                              {Py_tp_clear, CORE_SLOT(event_clear)},
                              {Py_tp_call, CORE_SLOT(PyVectorcall_Call)},
                              {Py_tp_repr, CORE_SLOT(event_repr)},
                              {Py_tp_members, (void *)members},
                              {0, NULL}};

static PyType_Spec spec = {.name = "lockfree._core.Event",
                           .basicsize = sizeof(CoreEvent),
                           .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
                           .slots = slots};

int core_add_event(PyObject *module) {
  PyObject *type = PyType_FromModuleAndSpec(module, &spec, NULL);
  if (type == NULL) return -1;
  const int added = PyModule_AddType(module, (PyTypeObject *)type);
  Py_DECREF(type);
  return added;
}

/* SPDX-License-Identifier: MIT */
/* core_records.c: the reader's two loops over bytes: finding records, and the checksum. */
#include "core_collector.h"

#define SMALLEST_RECORD 24 /* word and checksum, seq, ticks */

PyDoc_STRVAR(
    records_scan_doc,
    "records_scan(buffer, nonce, seq, /) -> bytes\n--\n\n"
    "The valid records at the start of buffer, which must carry the checksum of the lane with this nonce and "
    "be numbered\nseq, seq + 1, ... (seq 0: whatever the first says). Stops at the first that is not valid.\n\n"
    "Returns packed structs of 32 bytes: u64 seq, u64 ticks, u64 offset of the payload in buffer (bytes), "
    "u32 length (bytes),\nu32 kind. The GIL is released: the buffer must not be written to meanwhile. About "
    "20 ns a record of 64 bytes.");

static PyObject *records_scan(PyObject *module, PyObject *args) {
  (void)module;
  Py_buffer buffer;
  unsigned long long nonce, seq;
  if (!PyArg_ParseTuple(args, "y*KK:records_scan", &buffer, &nonce, &seq)) return NULL;
  const size_t most = (size_t)buffer.len / SMALLEST_RECORD;
  PyObject *result = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(most * sizeof(lf_record_ref)));
  if (result == NULL) {
    PyBuffer_Release(&buffer);
    return NULL;
  }
  lf_record_ref *refs = (lf_record_ref *)(void *)PyBytes_AS_STRING(result);
  size_t found, used;
  Py_BEGIN_ALLOW_THREADS
  found = most == 0 ? 0 : lf_records_scan(buffer.buf, (size_t)buffer.len, nonce, seq, refs, most, &used);
  Py_END_ALLOW_THREADS
  PyBuffer_Release(&buffer);
  if (found != most && _PyBytes_Resize(&result, (Py_ssize_t)(found * sizeof(lf_record_ref))) != 0) return NULL;
  return result;
}

PyDoc_STRVAR(crc32c_doc,
             "crc32c(buffer, crc=0, /) -> int\n--\n\n"
             "CRC-32C (Castagnoli) of buffer, going on from crc. Thread-safe; 64 bytes cost about 10 ns.");

static PyObject *crc32c(PyObject *module, PyObject *args) {
  (void)module;
  Py_buffer buffer;
  unsigned int crc = 0;
  if (!PyArg_ParseTuple(args, "y*|I:crc32c", &buffer, &crc)) return NULL;
  crc = lf_crc32c(crc, buffer.buf, (size_t)buffer.len);
  PyBuffer_Release(&buffer);
  return PyLong_FromUnsignedLong(crc);
}

static PyMethodDef functions[] = {{"records_scan", records_scan, METH_VARARGS, records_scan_doc},
                                  {"crc32c", crc32c, METH_VARARGS, crc32c_doc},
                                  {NULL, NULL, 0, NULL}};

int core_add_records(PyObject *module) { return PyModule_AddFunctions(module, functions); }

/* SPDX-License-Identifier: MIT */
/* ndjson.c: the text segment: a line for each record, and the reading of such lines at adoption. */
#include "recover.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "text.h"

#define GAP_START "{\"gap\":{\"lane\":"

/* One field's value; `type` starts with its name. False: the payload is not what its shape says. */
static bool put_field(lf_text *out, const char *type, const unsigned char *payload, uint32_t len, uint32_t slot) {
  if ((uint64_t)slot * 8 + 8 > len) return false;
  uint64_t value;
  memcpy(&value, payload + (size_t)slot * 8, 8);
  if (strncmp(type, "int", 3) == 0) {
    lf_text_format(out, "%lld", (long long)value);
  } else if (strncmp(type, "bool", 4) == 0) {
    lf_text_put(out, value != 0 ? "true" : "false", value != 0 ? 4 : 5);
  } else if (strncmp(type, "float", 5) == 0) {
    double number;
    memcpy(&number, &value, 8);
    lf_text_double(out, number);
  } else {
    const uint32_t at = (uint32_t)value, n = (uint32_t)(value >> 32);
    if (at > len || n > len - at) return false;
    if (type[0] == 's' && lf_text_is_utf8(payload + at, n)) {
      lf_text_string(out, payload + at, n);
    } else {
      lf_text_base64(out, payload + at, n);
    }
  }
  return true;
}

/* "data":{...} after the shape's text, e.g. click(uid:str,item:int). */
static bool put_data(lf_text *out, const char *shape, const unsigned char *payload, uint32_t len) {
  const char *p = strchr(shape, '(') + 1;
  lf_text_put(out, "\"data\":{", 8);
  for (uint32_t slot = 0; *p != ')'; slot++) {
    const size_t name = strcspn(p, ":");
    const char *type = p + name + 1;
    const size_t type_len = strcspn(type, ",)");
    lf_text_format(out, "%s\"%.*s\":", slot != 0 ? "," : "", (int)name, p);
    if (!put_field(out, type, payload, len, slot)) return false;
    p = type + type_len + (type[type_len] == ',');
  }
  lf_text_put(out, "}", 1);
  return true;
}

static void put_raw(lf_text *out, const unsigned char *payload, uint32_t len) {
  if (lf_text_is_utf8(payload, len)) {
    lf_text_put(out, "\"payload\":", 10);
    lf_text_string(out, payload, len);
  } else {
    lf_text_put(out, "\"payload_base64\":", 17);
    lf_text_base64(out, payload, len);
  }
}

static void put_event(lf_text *out, const lf_schemas *schemas, uint32_t kind, const unsigned char *payload,
                      uint32_t len) {
  const uint32_t count = lf_schemas_count(schemas);
  const bool typed = kind >= LF_KIND_SCHEMA && kind - LF_KIND_SCHEMA < count;
  const char *shape = typed ? schemas->entry[kind - LF_KIND_SCHEMA].text : NULL;
  if (shape == NULL) {
    lf_text_put(out, "null,", 5);
    put_raw(out, payload, len);
    return;
  }
  lf_text_format(out, "\"%.*s\",", (int)strcspn(shape, "("), shape);
  const size_t before = out->n;
  if (!put_data(out, shape, payload, len)) {
    out->n = before;
    lf_text_put(out, "\"payload_base64\":", 17);
    lf_text_base64(out, payload, len);
  }
}

/* Without a number of its own in front, so that nobody takes it for a record. False: these bytes are none. */
static bool put_gap(lf_text *out, const lf_source *source, const lf_moment *now, const lf_event *event,
                    const unsigned char *payload) {
  lf_gap gap;
  if (lf_record_len(event->word) - 16 != sizeof gap) return false;
  memcpy(&gap, payload, sizeof gap);
  lf_text_format(out, GAP_START "\"%016llx\",\"before\":%llu,\"ts\":%llu,\"from\":%llu,\"to\":%llu,\"rejected\":{",
                 (unsigned long long)source->identity.lane, (unsigned long long)event->seq,
                 (unsigned long long)lf_clock_wall(&source->identity, now, event->ticks),
                 (unsigned long long)lf_clock_wall(&source->identity, now, gap.from),
                 (unsigned long long)lf_clock_wall(&source->identity, now, gap.to));
  const char *comma = "";
  for (uint32_t i = 0; i < LF_REASONS; i++) {
    if (gap.rejected[i] == 0) continue;
    lf_text_format(out, "%s\"%s\":%llu", comma, lf_reason_name(i), (unsigned long long)gap.rejected[i]);
    comma = ",";
  }
  lf_text_put(out, "}}}\n", 4);
  return true;
}

static void put_record(lf_text *out, const lf_source *source, const lf_moment *now, const lf_event *event,
                       const unsigned char *payload) {
  lf_text_format(
      out, "{\"lane\":\"%016llx\",\"seq\":%llu,\"ts\":%llu,\"event\":", (unsigned long long)source->identity.lane,
      (unsigned long long)event->seq, (unsigned long long)lf_clock_wall(&source->identity, now, event->ticks));
  put_event(out, source->schemas, lf_record_kind(event->word), payload, lf_record_len(event->word) - 16);
  lf_text_put(out, "}\n", 2);
}

static void put_part(lf_text *out, const lf_source *source, const lf_moment *now, const struct iovec *part) {
  const unsigned char *p = part->iov_base;
  for (size_t at = 0; at < part->iov_len;) {
    lf_event event;
    memcpy(&event, p + at, sizeof event);
    if (lf_record_kind(event.word) != LF_KIND_GAP) {
      put_record(out, source, now, &event, p + at + sizeof event);
    } else {
      (void)put_gap(out, source, now, &event, p + at + sizeof event);
    }
    at += lf_record_bytes(event.word);
  }
}

int lf_ndjson_write(lf_segment *segment, const lf_run *run, const lf_moment *now, uint64_t *at) {
  lf_text out = {segment->text, 0, segment->text_room, false};
  put_part(&out, run->source, now, &run->part[0]);
  put_part(&out, run->source, now, &run->part[1]);
  segment->text = out.bytes;
  segment->text_room = out.room;
  if (out.failed) return ENOMEM;
  const int error = lf_files_write_at(segment->fd, out.bytes, out.n, *at);
  if (error == 0) *at += out.n;
  return error;
}

/* ---- reading ---- */

static bool parse_line(const char *line, size_t n, uint64_t *lane, uint64_t *seq) {
  unsigned long long a, b;
  int used = 0;
  char head[64];
  if (n < 30) return false;
  snprintf(head, sizeof head, "%.*s", (int)(n < sizeof head - 1 ? n : sizeof head - 1), line);
  if (sscanf(head, "{\"lane\":\"%16llx\",\"seq\":%llu,%n", &a, &b, &used) != 2 || used == 0) return false;
  *lane = a;
  *seq = b;
  return true;
}

typedef struct lf_lines {
  char head[64];
  size_t len;
  char last;
} lf_lines;

static void take_bytes(lf_lines *line, const char *p, size_t n) {
  const size_t room = sizeof line->head - (line->len < sizeof line->head ? line->len : sizeof line->head);
  if (room != 0) memcpy(line->head + line->len, p, n < room ? n : room);
  line->len += n;
  if (n != 0) line->last = p[n - 1];
}

int lf_ndjson_scan(int fd, void (*visit)(uint64_t lane, uint64_t seq, void *context), void *context, uint64_t *end) {
  enum { CHUNK = 1 << 16 };
  char *buffer = malloc(CHUNK);
  if (buffer == NULL) return ENOMEM;
  lf_lines line;
  memset(&line, 0, sizeof line);
  uint64_t at = 0, lane, seq;
  int error = 0;
  *end = 0;
  for (size_t got = CHUNK; got == CHUNK;) {
    error = lf_files_read_at(fd, buffer, CHUNK, at, &got);
    if (error != 0) break;
    for (size_t i = 0; i < got;) {
      const char *newline = memchr(buffer + i, '\n', got - i);
      const size_t n = newline != NULL ? (size_t)(newline - buffer) - i : got - i;
      take_bytes(&line, buffer + i, n);
      i += n;
      if (newline == NULL) break;
      i++;
      const size_t head = line.len < sizeof line.head ? line.len : sizeof line.head;
      if (line.last == '}' && parse_line(line.head, head, &lane, &seq)) {
        visit(lane, seq, context);
        *end = at + i;
      } else if (line.last == '}' && head >= sizeof GAP_START &&
                 memcmp(line.head, GAP_START, sizeof GAP_START - 1) == 0) {
        *end = at + i;
      }
      memset(&line, 0, sizeof line);
    }
    at += got;
  }
  free(buffer);
  return error;
}

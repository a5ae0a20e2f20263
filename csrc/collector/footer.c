/* SPDX-License-Identifier: MIT */
/* footer.c: what a finished segment says of itself at its end: which lanes, which kinds of events, how many, from when
 * to when. It tells a reader whether the file is worth opening. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct lf_ending {
  uint64_t at;
  char magic[8];
} lf_ending;

static void *grown(void *list, uint32_t count, uint32_t *room, size_t size) {
  if (count < *room) return list;
  const uint32_t more = *room != 0 ? *room * 2 : 64;
  void *larger = realloc(list, more * size);
  if (larger != NULL) *room = more;
  return larger;
}

lf_footer_entry *lf_footer_add(lf_footer *footer) {
  lf_footer_entry *list = grown(footer->entry, footer->entries, &footer->entries_room, sizeof *list);
  if (list == NULL) return NULL;
  footer->entry = list;
  memset(&list[footer->entries], 0, sizeof *list);
  return &list[footer->entries++];
}

int64_t lf_footer_event_of(lf_footer *footer, uint64_t process, uint32_t kind) {
  for (uint32_t i = 0; i < footer->events; i++) {
    if (footer->event[i].process == process && footer->event[i].kind == kind) return i;
  }
  lf_footer_event *list = grown(footer->event, footer->events, &footer->events_room, sizeof *list);
  if (list == NULL) return -1;
  footer->event = list;
  memset(&list[footer->events], 0, sizeof *list);
  list[footer->events].process = process;
  list[footer->events].kind = kind;
  return footer->events++;
}

void lf_footer_count(lf_footer_event *event, uint64_t count, uint64_t min_wall, uint64_t max_wall) {
  if (count == 0) return;
  if (event->count == 0 || min_wall < event->min_wall) event->min_wall = min_wall;
  if (max_wall > event->max_wall) event->max_wall = max_wall;
  event->count += count;
}

int lf_footer_write(int fd, uint64_t at, lf_footer *footer) {
  uint32_t events = 0; /* a kind may have been named whose records were not written any more */
  for (uint32_t i = 0; i < footer->events; i++) {
    if (footer->event[i].count != 0) footer->event[events++] = footer->event[i];
  }
  footer->events = events;
  const size_t lanes_bytes = footer->entries * sizeof *footer->entry, events_bytes = events * sizeof *footer->event;
  unsigned char *payload = malloc(lanes_bytes + events_bytes + 1);
  if (payload == NULL) return ENOMEM;
  if (lanes_bytes != 0) memcpy(payload, footer->entry, lanes_bytes);
  if (events_bytes != 0) memcpy(payload + lanes_bytes, footer->event, events_bytes);
  lf_block block;
  memset(&block, 0, sizeof block);
  block.type = LF_BLOCK_FOOTER;
  block.count = footer->entries;
  lf_ending end;
  end.at = at;
  memcpy(end.magic, LF_SEGMENT_END, 8);
  int error = lf_block_put(fd, &at, &block, payload, (uint32_t)(lanes_bytes + events_bytes));
  free(payload);
  if (error == 0) error = lf_files_write_at(fd, &end, sizeof end, at);
  if (error == 0 && ftruncate(fd, (off_t)(at + sizeof end)) != 0) error = errno;
  return error;
}

/* The block's payload, its lengths checked: nobody has to trust the file. */
static int take(lf_footer *footer, const lf_block *block, const unsigned char *payload) {
  const uint64_t lanes_bytes = (uint64_t)block->count * sizeof *footer->entry;
  if (lanes_bytes > block->bytes || (block->bytes - lanes_bytes) % sizeof *footer->event != 0) return EBADMSG;
  const size_t events_bytes = (size_t)(block->bytes - lanes_bytes);
  footer->entry = malloc((size_t)lanes_bytes + 1);
  footer->event = malloc(events_bytes + 1);
  if (footer->entry == NULL || footer->event == NULL) return ENOMEM;
  memcpy(footer->entry, payload, (size_t)lanes_bytes);
  memcpy(footer->event, payload + lanes_bytes, events_bytes);
  footer->entries = footer->entries_room = block->count;
  footer->events = footer->events_room = (uint32_t)(events_bytes / sizeof *footer->event);
  return 0;
}

int lf_footer_read(int fd, lf_footer *footer) {
  struct stat st;
  lf_ending end;
  lf_block block;
  size_t got;
  if (fstat(fd, &st) != 0) return errno;
  const uint64_t size = (uint64_t)st.st_size;
  if (size < sizeof(lf_segment_header) + sizeof block + sizeof end) return EBADMSG;
  int error = lf_files_read_at(fd, &end, sizeof end, size - sizeof end, &got);
  if (error != 0) return error;
  if (got != sizeof end || memcmp(end.magic, LF_SEGMENT_END, 8) != 0 || end.at >= size) return EBADMSG;
  error = lf_files_read_at(fd, &block, sizeof block, end.at, &got);
  if (error != 0) return error;
  if (got != sizeof block || !lf_block_holds(&block) || block.type != LF_BLOCK_FOOTER) return EBADMSG;
  if (block.bytes > size - end.at) return EBADMSG;
  unsigned char *payload = malloc((size_t)block.bytes + 1);
  if (payload == NULL) return ENOMEM;
  error = lf_files_read_at(fd, payload, block.bytes, end.at + sizeof block, &got);
  if (error == 0 && (got != block.bytes || lf_crc32c(0, payload, got) != block.payload_crc)) error = EBADMSG;
  if (error == 0) error = take(footer, &block, payload);
  free(payload);
  return error;
}

void lf_footer_free(lf_footer *footer) {
  free(footer->entry);
  free(footer->event);
  memset(footer, 0, sizeof *footer);
}

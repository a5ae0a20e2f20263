/* SPDX-License-Identifier: MIT */
/* crc32c.c: CRC-32C (Castagnoli), by the processor's own instruction where it has one, else by tables.
 *
 * Source: Castagnoli, Braeuer and Herrmann, "Optimization of cyclic redundancy-check codes with 24 and 32 parity
 * bits", 1993; slicing by eight: Kounavis and Berry, 2005. */
#include "internal.h"

#include "crc32c_inline.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#ifndef HWCAP_CRC32
#define HWCAP_CRC32 (1 << 7)
#endif
#endif

static uint32_t table[8][256];
static pthread_once_t ready = PTHREAD_ONCE_INIT;
static lf_crc_way chosen;

static void choose(void) {
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t crc = i;
    for (int k = 0; k < 8; k++) crc = crc >> 1 ^ (0x82F63B78u & (0u - (crc & 1u)));
    table[0][i] = crc;
  }
  for (uint32_t i = 0; i < 256; i++) {
    for (int k = 1; k < 8; k++) table[k][i] = table[k - 1][i] >> 8 ^ table[0][table[k - 1][i] & 0xFF];
  }
#if defined(__x86_64__)
  chosen = __builtin_cpu_supports("sse4.2") ? LF_CRC_HARDWARE : LF_CRC_TABLE;
#elif defined(__aarch64__) && defined(__linux__)
  chosen = (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0 ? LF_CRC_HARDWARE : LF_CRC_TABLE;
#elif defined(LF_CRC_TARGET)
  chosen = LF_CRC_HARDWARE;
#else
  chosen = LF_CRC_TABLE;
#endif
}

lf_crc_way lf_crc32c_way(void) {
  pthread_once(&ready, choose);
  return chosen;
}

static uint32_t by_table(uint32_t crc, const unsigned char *p, size_t n) {
  for (; n >= 8; n -= 8, p += 8) {
    uint64_t v;
    memcpy(&v, p, 8);
    v ^= crc;
    crc = 0;
    for (int k = 0; k < 8; k++) crc ^= table[7 - k][v >> (8 * k) & 0xFF];
  }
  for (; n > 0; n--, p++) crc = crc >> 8 ^ table[0][(crc ^ *p) & 0xFF];
  return crc;
}

#ifdef LF_CRC_TARGET
LF_CRC_TARGET static uint32_t by_hardware(uint32_t before, const unsigned char *p, size_t n) {
  uint64_t crc = before;
  for (; n >= 8; n -= 8, p += 8) crc = lf_crc_8(crc, lf_crc_load8(p));
  return (uint32_t)(n != 0 ? lf_crc_rest(crc, lf_crc_load(p, n), n) : crc);
}
#endif

uint32_t lf_crc32c_by(lf_crc_way way, uint32_t crc, const void *bytes, size_t n) {
  (void)lf_crc32c_way();
  crc = ~crc;
#ifdef LF_CRC_TARGET
  if (way == LF_CRC_HARDWARE) return ~by_hardware(crc, bytes, n);
#endif
  (void)way;
  return ~by_table(crc, bytes, n);
}

uint32_t lf_crc32c(uint32_t crc, const void *bytes, size_t n) { return lf_crc32c_by(lf_crc32c_way(), crc, bytes, n); }

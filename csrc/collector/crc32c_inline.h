/* SPDX-License-Identifier: MIT */
/* crc32c_inline.h: the processor's CRC-32C steps, for functions marked LF_CRC_TARGET. State is not inverted, and kept
 * in 64 bits with the upper half zero, as the instruction leaves it. */
#ifndef LOCKFREE_COLLECTOR_CRC32C_INLINE_H
#define LOCKFREE_COLLECTOR_CRC32C_INLINE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#define LF_CRC_TARGET __attribute__((target("sse4.2")))
#define lf_crc_step8_(crc, v) _mm_crc32_u64((crc), (v))
#define lf_crc_step4_(crc, v) _mm_crc32_u32((uint32_t)(crc), (v))
#define lf_crc_step2_(crc, v) _mm_crc32_u16((uint32_t)(crc), (v))
#define lf_crc_step1_(crc, v) _mm_crc32_u8((uint32_t)(crc), (v))
#elif defined(__aarch64__)
#include <arm_acle.h>
#if defined(__clang__)
#define LF_CRC_TARGET __attribute__((target("crc")))
#else
#define LF_CRC_TARGET __attribute__((target("+crc")))
#endif
#define lf_crc_step8_(crc, v) __crc32cd((uint32_t)(crc), (v))
#define lf_crc_step4_(crc, v) __crc32cw((uint32_t)(crc), (v))
#define lf_crc_step2_(crc, v) __crc32ch((uint32_t)(crc), (v))
#define lf_crc_step1_(crc, v) __crc32cb((uint32_t)(crc), (v))
#endif

#ifdef LF_CRC_TARGET
LF_CRC_TARGET static inline uint64_t lf_crc_8(uint64_t crc, uint64_t v) { return lf_crc_step8_(crc, v); }

LF_CRC_TARGET static inline uint64_t lf_crc_4(uint64_t crc, uint32_t v) { return lf_crc_step4_(crc, v); }

static inline uint64_t lf_crc_load8(const unsigned char *p) {
  uint64_t v;
  memcpy(&v, p, 8);
  return v;
}

/* 1 <= n < 8 bytes, in no more than three loads that may overlap. */
static inline uint64_t lf_crc_load(const unsigned char *p, size_t n) {
  if (n >= 4) {
    uint32_t low, high;
    memcpy(&low, p, 4);
    memcpy(&high, p + n - 4, 4);
    return low | (uint64_t)high << 8 * (n - 4);
  }
  return p[0] | (uint64_t)p[n / 2] << 8 * (n / 2) | (uint64_t)p[n - 1] << 8 * (n - 1);
}

/* The low n < 8 bytes of v. */
LF_CRC_TARGET static inline uint64_t lf_crc_rest(uint64_t crc, uint64_t v, size_t n) {
  if (n & 4) {
    crc = lf_crc_step4_(crc, (uint32_t)v);
    v >>= 32;
  }
  if (n & 2) {
    crc = lf_crc_step2_(crc, (uint16_t)v);
    v >>= 16;
  }
  return n & 1 ? lf_crc_step1_(crc, (uint8_t)v) : crc;
}
#endif

#endif

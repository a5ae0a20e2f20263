/* SPDX-License-Identifier: MIT */
/* crc32c_inline.h: the processor's CRC-32C steps, for functions marked LF_CRC_TARGET. State is not inverted. */
#ifndef LOCKFREE_COLLECTOR_CRC32C_INLINE_H
#define LOCKFREE_COLLECTOR_CRC32C_INLINE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#define LF_CRC_TARGET __attribute__((target("sse4.2")))
#define lf_crc_step8_(crc, v) ((uint32_t)_mm_crc32_u64((crc), (v)))
#define lf_crc_step4_(crc, v) _mm_crc32_u32((crc), (v))
#define lf_crc_step2_(crc, v) _mm_crc32_u16((crc), (v))
#define lf_crc_step1_(crc, v) _mm_crc32_u8((crc), (v))
#elif defined(__aarch64__)
#include <arm_acle.h>
#if defined(__clang__)
#define LF_CRC_TARGET __attribute__((target("crc")))
#else
#define LF_CRC_TARGET __attribute__((target("+crc")))
#endif
#define lf_crc_step8_(crc, v) __crc32cd((crc), (v))
#define lf_crc_step4_(crc, v) __crc32cw((crc), (v))
#define lf_crc_step2_(crc, v) __crc32ch((crc), (v))
#define lf_crc_step1_(crc, v) __crc32cb((crc), (v))
#endif

#ifdef LF_CRC_TARGET
LF_CRC_TARGET static inline uint32_t lf_crc_8(uint32_t crc, uint64_t v) { return lf_crc_step8_(crc, v); }

LF_CRC_TARGET static inline uint32_t lf_crc_4(uint32_t crc, uint32_t v) { return lf_crc_step4_(crc, v); }

/* The last n < 8 bytes. */
LF_CRC_TARGET static inline uint32_t lf_crc_tail(uint32_t crc, const unsigned char *p, size_t n) {
  if (n & 4) {
    uint32_t v;
    memcpy(&v, p, 4);
    crc = lf_crc_step4_(crc, v);
    p += 4;
  }
  if (n & 2) {
    uint16_t v;
    memcpy(&v, p, 2);
    crc = lf_crc_step2_(crc, v);
    p += 2;
  }
  if (n & 1) crc = lf_crc_step1_(crc, *p);
  return crc;
}
#endif

#endif

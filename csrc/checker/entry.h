/* SPDX-License-Identifier: MIT */
/* entry.h: how the program comes in where it may wait in a loop: ENTRY(f) defines f, which calls f_in_c. */
#ifndef LFC_ENTRY_H
#define LFC_ENTRY_H

/* A loop's state may be in registers that a call preserves; so where a thread can wait, they are noted on the way in,
 * before our own code uses them. */
#if defined(__x86_64__)
#define ENTRY(name)                                                                                \
  __asm__(".text\n.globl " #name "\n.type " #name ",@function\n" #name                             \
          ":\n  movq %rbx, lfc_registers(%rip)\n  movq %rbp, lfc_registers+8(%rip)\n"              \
          "  movq %r12, lfc_registers+16(%rip)\n  movq %r13, lfc_registers+24(%rip)\n"             \
          "  movq %r14, lfc_registers+32(%rip)\n  movq %r15, lfc_registers+40(%rip)\n  jmp " #name \
          "_in_c\n"                                                                                \
          ".size " #name ",.-" #name "\n");
#elif defined(__aarch64__)
#define ENTRY(name)                                                                                   \
  __asm__(".text\n.globl " #name "\n.type " #name ",%function\n" #name                                \
          ":\n  adrp x16, lfc_registers\n  add x16, x16, :lo12:lfc_registers\n"                       \
          "  stp x19, x20, [x16, #0]\n  stp x21, x22, [x16, #16]\n  stp x23, x24, [x16, #32]\n"       \
          "  stp x25, x26, [x16, #48]\n  stp x27, x28, [x16, #64]\n  str x29, [x16, #80]\n  b " #name \
          "_in_c\n"                                                                                   \
          ".size " #name ",.-" #name "\n");
#endif
#define IN_C __attribute__((used, visibility("hidden")))

#endif

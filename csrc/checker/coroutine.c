/* SPDX-License-Identifier: MIT */
#include "coroutine.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#if defined(__x86_64__)
__asm__(
    ".text\n.globl lfc_switch\n.hidden lfc_switch\n.type lfc_switch,@function\nlfc_switch:\n"
    "  pushq %rbp\n  pushq %rbx\n  pushq %r12\n  pushq %r13\n  pushq %r14\n  pushq %r15\n"
    "  movq %rsp, (%rdi)\n  movq %rsi, %rsp\n"
    "  popq %r15\n  popq %r14\n  popq %r13\n  popq %r12\n  popq %rbx\n  popq %rbp\n  ret\n"
    ".size lfc_switch,.-lfc_switch\n");
enum { SAVED = 6, RETURN_SLOT = 6, FRAME = 8 };
#elif defined(__aarch64__)
__asm__(
    ".text\n.globl lfc_switch\n.hidden lfc_switch\n.type lfc_switch,%function\nlfc_switch:\n"
    "  sub sp, sp, #160\n"
    "  stp x19, x20, [sp, #0]\n  stp x21, x22, [sp, #16]\n  stp x23, x24, [sp, #32]\n  stp x25, x26, [sp, #48]\n"
    "  stp x27, x28, [sp, #64]\n  stp x29, x30, [sp, #80]\n"
    "  stp d8, d9, [sp, #96]\n  stp d10, d11, [sp, #112]\n  stp d12, d13, [sp, #128]\n  stp d14, d15, [sp, #144]\n"
    "  mov x9, sp\n  str x9, [x0]\n  mov sp, x1\n"
    "  ldp x19, x20, [sp, #0]\n  ldp x21, x22, [sp, #16]\n  ldp x23, x24, [sp, #32]\n  ldp x25, x26, [sp, #48]\n"
    "  ldp x27, x28, [sp, #64]\n  ldp x29, x30, [sp, #80]\n"
    "  ldp d8, d9, [sp, #96]\n  ldp d10, d11, [sp, #112]\n  ldp d12, d13, [sp, #128]\n  ldp d14, d15, [sp, #144]\n"
    "  add sp, sp, #160\n  ret\n"
    ".size lfc_switch,.-lfc_switch\n");
enum { SAVED = 20, RETURN_SLOT = 11, FRAME = 22 };
#else
#error "the checker switches threads by hand: x86-64 and AArch64 only"
#endif

void lfc_coroutine_start(lfc_coroutine *co, void (*body)(void)) {
  if (co->stack == NULL) {
    const size_t guard = 4096;
    unsigned char *got = mmap(NULL, LFC_STACK + guard, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (got == MAP_FAILED || mprotect(got, guard, PROT_NONE) != 0) {
      perror("lockfree-checker: no memory for a thread's stack");
      exit(2);
    }
    co->stack = got + guard;
    co->bytes = LFC_STACK;
  }
  uintptr_t *top = (uintptr_t *)(void *)(co->stack + co->bytes) - FRAME - 2;
  for (int i = 0; i < FRAME + 2; i++) top[i] = 0;
  top[RETURN_SLOT] = (uintptr_t)body; /* whose own return address, above, is 0: it never returns */
  co->sp = top;
}

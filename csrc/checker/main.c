/* SPDX-License-Identifier: MIT */
/* main.c: the runner: loads an object, explores one of its scenarios, answers. docs/reference/checker.md. */
#define _GNU_SOURCE
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "defect.h"
#include "execution.h"
#include "history.h"
#include "input.h"
#include "json.h"
#include "object.h"
#include "report.h"
#include "search.h"
#include "sites.h"
#include "steps.h"
#include "trace.h"
#include "judge.h"
#include "weaken.h"

static void *entry;
static bool is_main;

static void *run_entry(void *unused) {
  (void)unused;
  lfc_object_construct();
  if (is_main) {
    static char name[] = "program", *arguments[] = {name, NULL};
    int (*body)(int, char **);
    memcpy(&body, &entry, sizeof body);
    const int status = body(1, arguments);
    if (status != 0) lfc_defect(LFC_V_ASSERTION, 0, "main returned %d", status);
  } else {
    void (*body)(void);
    memcpy(&body, &entry, sizeof body);
    body();
  }
  return NULL;
}

void *(*lfc_program)(void *) = run_entry;

/* ---- what the program does to itself ---- */

static uint32_t site_in_object(void *context) {
#if defined(__x86_64__)
  const ucontext_t *c = context;
  return lfc_site((const void *)c->uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
  const ucontext_t *c = context;
  return lfc_site((const void *)c->uc_mcontext.pc);
#else
  (void)context;
  return 0;
#endif
}

/* The process ends here whatever happens, so calling what is not async-signal-safe costs at worst the answer. */
static void on_crash(int number, siginfo_t *info, void *context) {
  (void)info;
  if (!lfc_inside()) _exit(70);
  (void)signal(number, SIG_DFL);
  char message[160];
  (void)snprintf(message, sizeof message, "crash: %s in thread %d", strsignal(number), lfc.current);
  lfc_found.site = site_in_object(context);
  if (lfc.tracing) lfc_trace_fault(lfc_found.site, message);
  lfc_answer(LFC_V_CRASH, message, lfc.tracing);
}

static uint32_t last_generation, last_done;
static int idle_ticks;

/* Half a second each: no event and no new run for four of them means a loop without an atomic operation. */
static void on_tick(int number, siginfo_t *info, void *context) {
  (void)number;
  (void)info;
  const uint32_t done = lfc.replayed;
  idle_ticks = lfc_inside() && last_generation == lfc.generation && last_done == done ? idle_ticks + 1 : 0;
  last_generation = lfc.generation;
  last_done = done;
  if (idle_ticks < 4) return;
  char message[160];
  (void)snprintf(message, sizeof message, "thread %d runs for ever without an atomic operation", lfc.current);
  lfc_found.site = site_in_object(context);
  if (lfc.tracing) lfc_trace_fault(lfc_found.site, message);
  lfc_answer(LFC_V_LIVELOCK, message, lfc.tracing);
}

static void guard(void) {
  static char stack[65536];
  const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
  (void)sigaltstack(&alternate, NULL);
  struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
  for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) (void)sigaction(crashes[i], &action, NULL);
  action.sa_sigaction = on_tick;
  action.sa_flags |= SA_RESTART;
  (void)sigaction(SIGALRM, &action, NULL);
  lfc_tick();
}

void lfc_tick(void) {
  const struct itimerval half = {{0, 500000}, {0, 500000}};
  (void)setitimer(ITIMER_REAL, &half, NULL);
}

/* ---- the question ---- */

_Noreturn static void usage(const char *what) {
  (void)fprintf(stderr, "lockfree-checker: %s\n", what);
  exit(2);
}

static int number_of(const char *text, const char *option, long least, long most) {
  char *end, message[120];
  const long n = strtol(text, &end, 10);
  if (*end == 0 && end != text && n >= least && n <= most) return (int)n;
  (void)snprintf(message, sizeof message, "--%s takes a number from %ld to %ld, not %s", option, least, most, text);
  usage(message);
}

static void freeze(const char *text) {
  while (*text) {
    int thread, after, used;
    if (sscanf(text, "%d:%d%n", &thread, &after, &used) != 2 || thread < 0 || thread >= LFC_THREADS || after < 0)
      usage("--freeze takes THREAD:EVENTS,...");
    lfc_limit.freeze[thread] = after;
    lfc_limit.frozen = true;
    text += used;
    if (*text == ',') text++;
  }
}

static void deviations(const char *text) {
  while (*text) {
    int step, choice, used;
    if (sscanf(text, "%d:%d%n", &step, &choice, &used) != 2 || lfc_search.deviations == LFC_DEVIATIONS)
      usage("--deviations takes STEP:CHOICE,...");
    lfc_search.deviation[lfc_search.deviations++] = (lfc_deviation){step, choice};
    text += used;
    if (*text == ',') text++;
  }
}

static void list_scenarios(void) {
  (void)printf("{\"scenarios\":[");
  const char *const *names = lfc_object_scenarios();
  for (int i = 0; names[i]; i++) {
    if (i) (void)putchar(',');
    lfc_json_string(stdout, names[i]);
  }
  (void)printf("]}\n");
}

static void choose_scenario(const char *name) {
  const char *const *names = lfc_object_scenarios();
  if (name == NULL) {
    if (names[0] == NULL) usage("the object has neither main nor an LF_SCENARIO");
    if (names[1] != NULL) usage("the object has more than one scenario: choose by --scenario; --list names them");
    name = names[0];
  }
  entry = lfc_object_scenario(name);
  if (entry == NULL) usage("the object has no such scenario; --list names them");
  is_main = strcmp(name, "main") == 0;
  lfc_asked.scenario = name;
}

int main(int argc, char **argv) {
  enum {
    LIST,
    SCENARIO,
    MODEL,
    MODE,
    EXECUTIONS,
    SECONDS,
    EVENTS,
    LOOP,
    SPURIOUS,
    SEED,
    DEPTH,
    DEVIATIONS,
    MOST,
    FREEZE,
    WEAKEN,
    HISTORIES,
    HISTORY,
    UNRECLAIMED,
    JOBS,
    PROGRESS,
    SYNCHRONIZES,
    REPEAT,
    NO_SPIN,
    COMPLETIONS,
    WAIT_FREE,
    LOCK_FREE,
    NON_BLOCKING,
    INPUT
  };
  static const struct option options[] = {{"list", 0, NULL, LIST},
                                          {"scenario", 1, NULL, SCENARIO},
                                          {"model", 1, NULL, MODEL},
                                          {"mode", 1, NULL, MODE},
                                          {"executions", 1, NULL, EXECUTIONS},
                                          {"seconds", 1, NULL, SECONDS},
                                          {"events", 1, NULL, EVENTS},
                                          {"loop", 1, NULL, LOOP},
                                          {"spurious", 1, NULL, SPURIOUS},
                                          {"seed", 1, NULL, SEED},
                                          {"depth", 1, NULL, DEPTH},
                                          {"deviations", 1, NULL, DEVIATIONS},
                                          {"most", 1, NULL, MOST},
                                          {"freeze", 1, NULL, FREEZE},
                                          {"weaken", 1, NULL, WEAKEN},
                                          {"histories", 0, NULL, HISTORIES},
                                          {"history", 1, NULL, HISTORY},
                                          {"unreclaimed", 0, NULL, UNRECLAIMED},
                                          {"jobs", 1, NULL, JOBS},
                                          {"progress", 0, NULL, PROGRESS},
                                          {"synchronizes", 0, NULL, SYNCHRONIZES},
                                          {"repeat", 1, NULL, REPEAT},
                                          {"no-spin", 0, NULL, NO_SPIN},
                                          {"completions", 0, NULL, COMPLETIONS},
                                          {"wait-free", 1, NULL, WAIT_FREE},
                                          {"lock-free", 1, NULL, LOCK_FREE},
                                          {"non-blocking", 1, NULL, NON_BLOCKING},
                                          {"input", 1, NULL, INPUT},
                                          {NULL, 0, NULL, 0}};
  const char *scenario = NULL, *mode = "exhaustive", *model = "rc11";
  bool list = false;
  int which;
  lfc_limit.events = 200;
  lfc_limit.spin = true;
  for (int i = 0; i < LFC_THREADS; i++) lfc_limit.freeze[i] = -1;
  lfc_search = (lfc_search_options){.jobs = 1, .repeat = 1, .seed = 1, .depth = 3, .most = 4};
  opterr = 0;
  while ((which = getopt_long(argc, argv, "", options, NULL)) != -1) {
    switch (which) {
      case LIST: list = true; break;
      case SCENARIO: scenario = optarg; break;
      case MODEL: model = optarg; break;
      case MODE: mode = optarg; break;
      case EXECUTIONS: lfc_search.executions = strtoull(optarg, NULL, 10); break;
      case SECONDS: lfc_search.seconds = strtod(optarg, NULL); break;
      case EVENTS: lfc_limit.events = number_of(optarg, "events", 1, LFC_THREAD_EVENTS); break;
      case LOOP: lfc_limit.loop = number_of(optarg, "loop", 0, LFC_THREAD_EVENTS); break;
      case SPURIOUS: lfc_limit.spurious = number_of(optarg, "spurious", 0, LFC_EVENTS); break;
      case SEED: lfc_search.seed = strtoull(optarg, NULL, 10); break;
      case DEPTH: lfc_search.depth = number_of(optarg, "depth", 0, LFC_DEVIATIONS); break;
      case DEVIATIONS: deviations(optarg); break;
      case MOST: lfc_search.most = number_of(optarg, "most", 0, LFC_DEVIATIONS); break;
      case FREEZE: freeze(optarg); break;
      case WEAKEN:
        if (!lfc_weaken(optarg)) usage("--weaken takes OFFSET:o|f|x:ORDER,...");
        break;
      case HISTORIES: lfc_histories_wanted = true; break;
      case HISTORY:
        lfc_histories_wanted = true;
        lfc_history_refused = optarg;
        break;
      case UNRECLAIMED: lfc_leaks_allowed = true; break;
      case JOBS: lfc_search.jobs = number_of(optarg, "jobs", 1, 64); break;
      case PROGRESS: lfc_search.progress = true; break;
      case SYNCHRONIZES: lfc_synchronizes_wanted = true; break;
      case REPEAT: lfc_search.repeat = number_of(optarg, "repeat", 1, 1000000000); break;
      case NO_SPIN: lfc_limit.spin = false; break;
      case COMPLETIONS: lfc_steps_wanted = true; break;
      case WAIT_FREE: lfc_step_limit.wait_free = number_of(optarg, "wait-free", 0, LFC_THREAD_EVENTS); break;
      case LOCK_FREE: lfc_step_limit.lock_free = number_of(optarg, "lock-free", 0, LFC_EVENTS); break;
      case NON_BLOCKING: lfc_step_limit.non_blocking = number_of(optarg, "non-blocking", 0, LFC_THREAD_EVENTS); break;
      case INPUT:
        if (!lfc_input(optarg)) usage("--input takes bytes as pairs of the digits 0-9 and a-f");
        break;
      default: usage("unknown option, or one without its value; docs/reference/checker.md lists them");
    }
  }
  if (optind != argc - 1) usage("one shared object, please");
  lfc_model_now = lfc_model_named(model);
  if (lfc_model_now == NULL) usage("--model is rc11, sc or tso");
  lfc_reads_order = lfc_model_now->orders_reads;
  if (!lfc_object_load(argv[optind])) usage(lfc_object_error);
  if (list) {
    list_scenarios();
    return 0;
  }
  choose_scenario(scenario);
  lfc_steps_wanted = lfc_steps_wanted || lfc_step_limit.lock_free >= 0 || lfc_step_limit.non_blocking >= 0;
  lfc_asked.model = model;
  lfc_asked.mode = mode;
  if (!lfc_divert_output(strcmp(mode, "replay") == 0)) usage("cannot divert the program's output");
  lfc_asked.began = lfc_seconds();
  guard();
  if (strcmp(mode, "exhaustive") == 0) lfc_search_exhaustive();
  if (strcmp(mode, "random") == 0) lfc_search_random();
  if (strcmp(mode, "replay") == 0) lfc_search_replay();
  if (strcmp(mode, "shortest") == 0) lfc_search_shortest();
  usage("--mode is exhaustive, random, replay or shortest");
}

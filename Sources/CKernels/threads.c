// The pool behind ebb_parallel_for. One job at a time: its caller takes chunks beside the workers, and a second caller that
// finds the pool busy (or is itself a worker) does its own work alone, so nothing ever waits for a thread that waits for it.
// Workers are started when first asked for, spin a few microseconds for the next job and then sleep; they are detached and
// hold no lock while asleep, so process exit does not wait for them. After fork the child starts with an empty pool.
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include "layout.h"

enum { MAX_WORKERS = 63, SPINS = 2000 };

typedef struct job {
  ebb_body body;
  void *context;
  const ebb_control *control;
  int64_t n, grain;
  _Atomic int64_t next;
  _Atomic bool interrupted;
} job;

// A job is published by raising `generation` under `mutex`; `places` says how many workers may still join it and `active`
// how many are inside. The caller withdraws the places before it waits for active to fall to zero.
static struct {
  pthread_mutex_t owner, mutex;
  pthread_cond_t published, finished;
  _Atomic uint32_t generation;
  int32_t workers, places, active;
  job *current;
} pool = {.owner = PTHREAD_MUTEX_INITIALIZER, .mutex = PTHREAD_MUTEX_INITIALIZER, .published = PTHREAD_COND_INITIALIZER,
          .finished = PTHREAD_COND_INITIALIZER};

static _Thread_local bool inside_pool;

static void pause_briefly(void) {
#if defined __x86_64__
  __builtin_ia32_pause();
#elif defined __aarch64__
  __asm__ volatile("yield");
#endif
}

static void take_chunks(job *j) {
  while (!atomic_load_explicit(&j->interrupted, memory_order_relaxed)) {
    int64_t first = atomic_fetch_add_explicit(&j->next, j->grain, memory_order_relaxed);
    if (first >= j->n) return;
    if (ebb_interrupted(j->control)) {
      atomic_store_explicit(&j->interrupted, true, memory_order_relaxed);
      return;
    }
    j->body(j->context, first, j->n - first < j->grain ? j->n : first + j->grain);
  }
}

static void *work(void *unused) {
  (void)unused;
  inside_pool = true;
  pthread_mutex_lock(&pool.mutex);
  uint32_t seen = atomic_load(&pool.generation) - 1;  // the job that this worker was started for counts as new
  for (;;) {
    if (atomic_load(&pool.generation) == seen) {
      pthread_mutex_unlock(&pool.mutex);
      for (int32_t i = 0; i < SPINS && atomic_load_explicit(&pool.generation, memory_order_relaxed) == seen; i++) pause_briefly();
      pthread_mutex_lock(&pool.mutex);
      while (atomic_load(&pool.generation) == seen) pthread_cond_wait(&pool.published, &pool.mutex);
    }
    seen = atomic_load(&pool.generation);
    if (pool.places == 0) continue;
    pool.places--;
    pool.active++;
    job *j = pool.current;
    pthread_mutex_unlock(&pool.mutex);
    take_chunks(j);
    pthread_mutex_lock(&pool.mutex);
    if (--pool.active == 0) pthread_cond_signal(&pool.finished);
  }
}

// Signals belong to the program's own threads: workers are started with all of them blocked. When no thread can be had the
// job goes on with fewer.
static void start_workers(int32_t wanted) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  while (pool.workers < wanted) {
    pthread_t thread;
    if (pthread_create(&thread, &attributes, work, NULL) != 0) break;
    pool.workers++;
  }
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void forget_workers(void) {
  pthread_mutex_init(&pool.owner, NULL);
  pthread_mutex_init(&pool.mutex, NULL);
  pthread_cond_init(&pool.published, NULL);
  pthread_cond_init(&pool.finished, NULL);
  pool.workers = pool.places = pool.active = 0;
  inside_pool = false;
}

static void register_fork_handler(void) { pthread_atfork(NULL, NULL, forget_workers); }

static int32_t run_alone(job *j) {
  take_chunks(j);
  return j->interrupted ? EBB_INTERRUPTED : EBB_OK;
}

int32_t ebb_parallel_for(int64_t n, int64_t grain, ebb_body body, void *context, const ebb_control *control) {
  if (n <= 0) return ebb_interrupted(control) ? EBB_INTERRUPTED : EBB_OK;
  job j = {.body = body, .context = context, .control = control, .n = n, .grain = grain > 0 ? grain : 1};
  int64_t chunks = (n - 1) / j.grain + 1;
  int64_t helpers = control ? control->threads - 1 : 0;
  if (helpers > MAX_WORKERS) helpers = MAX_WORKERS;
  if (helpers > chunks - 1) helpers = chunks - 1;
  if (helpers <= 0 || inside_pool || pthread_mutex_trylock(&pool.owner) != 0) return run_alone(&j);

  static pthread_once_t fork_handler = PTHREAD_ONCE_INIT;
  pthread_once(&fork_handler, register_fork_handler);
  pthread_mutex_lock(&pool.mutex);
  pool.current = &j;
  pool.places = (int32_t)helpers;
  atomic_fetch_add(&pool.generation, 1);
  if (pool.workers < helpers) start_workers((int32_t)helpers);
  pthread_cond_broadcast(&pool.published);
  pthread_mutex_unlock(&pool.mutex);

  inside_pool = true;
  take_chunks(&j);
  inside_pool = false;

  pthread_mutex_lock(&pool.mutex);
  pool.places = 0;
  while (pool.active > 0) pthread_cond_wait(&pool.finished, &pool.mutex);
  pthread_mutex_unlock(&pool.mutex);
  pthread_mutex_unlock(&pool.owner);
  return j.interrupted ? EBB_INTERRUPTED : EBB_OK;
}

static _Thread_local void *thread_context;
void *ebb_thread_context(void) { return thread_context; }
void ebb_set_thread_context(void *context) { thread_context = context; }

static _Thread_local void *thread_branch;
void *ebb_thread_branch(void) { return thread_branch; }
void ebb_set_thread_branch(void *branch) { thread_branch = branch; }

// Packing buffers: one pair per thread, kept between calls because freshly mapped pages cost more than packing into them, and
// freed when the thread ends.
#include <pthread.h>
#include <stdlib.h>

#include "gemm.h"

typedef struct scratch {
  void *memory[EBB_GEMM_SLOTS];
  size_t bytes[EBB_GEMM_SLOTS];
} scratch;

static _Thread_local scratch buffers;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;

static void release(void *value) {
  scratch *const s = value;
  for (int slot = 0; slot < EBB_GEMM_SLOTS; slot++) {
    free(s->memory[slot]);
    s->memory[slot] = NULL;
    s->bytes[slot] = 0;
  }
}

// Without the key, buffers would only leak at thread exit: nothing to report.
static void make_key(void) { (void)pthread_key_create(&key, release); }

static void *grow(ebb_gemm_slot slot, size_t bytes) {
  pthread_once(&once, make_key);
  pthread_setspecific(key, &buffers);
  free(buffers.memory[slot]);
  // Pages are the unit of growth: it bounds how often a thread with slowly growing products comes here.
  const size_t rounded = (bytes + bytes / 4 + 4095) & ~(size_t)4095;
  buffers.memory[slot] = aligned_alloc(4096, rounded);
  if (!buffers.memory[slot]) abort();  // as every failed allocation of the Swift runtime
  buffers.bytes[slot] = rounded;
  return buffers.memory[slot];
}

void *ebb_gemm_scratch(ebb_gemm_slot slot, size_t bytes) {
  return bytes <= buffers.bytes[slot] ? buffers.memory[slot] : grow(slot, bytes);
}

// Elements taken along rows at positions of their own for every row, and the adjoint. Positions are checked here: the first one
// that is outside its row is reported.
#include <stdatomic.h>
#include <string.h>
#include "layout.h"

typedef struct along {
  int64_t n, k, size;  // elements of a row, positions in a row, bytes of an element
  ebb_dtype dtype;
  char *out;
  const char *in;
  const int32_t *index;
  _Atomic int64_t wrong;
} along;

static void report(along *a, const int32_t *position) {
  int64_t place = position - a->index, known = atomic_load(&a->wrong);
  while ((known < 0 || place < known) && !atomic_compare_exchange_weak(&a->wrong, &known, place)) {}
}

#define TAKE(bits)                                                                   \
  static void take_##bits(along *a, int64_t first, int64_t last) {                   \
    for (int64_t row = first; row < last; row++) {                                   \
      const int32_t *const at = a->index + row * a->k;                               \
      const uint##bits##_t *const from = (const uint##bits##_t *)a->in + row * a->n; \
      uint##bits##_t *const to = (uint##bits##_t *)a->out + row * a->k;              \
      for (int64_t i = 0; i < a->k; i++) {                                           \
        if ((uint64_t)(int64_t)at[i] >= (uint64_t)a->n) return report(a, at + i);    \
        to[i] = from[at[i]];                                                         \
      }                                                                              \
    }                                                                                \
  }
TAKE(8)
TAKE(32)
TAKE(64)

#define ADD(name, T, e)                                                           \
  static void add_##name(along *a, int64_t first, int64_t last) {                 \
    for (int64_t row = first; row < last; row++) {                                \
      const int32_t *const at = a->index + row * a->k;                            \
      const T *const from = (const T *)a->in + row * a->k;                        \
      T *const to = (T *)a->out + row * a->n;                                     \
      memset(to, 0, (size_t)a->n * sizeof(T));                                    \
      for (int64_t i = 0; i < a->k; i++) {                                        \
        if ((uint64_t)(int64_t)at[i] >= (uint64_t)a->n) return report(a, at + i); \
        const T old = to[at[i]], more = from[i];                                  \
        to[at[i]] = (T)(e);                                                       \
      }                                                                           \
    }                                                                             \
  }
ADD(f32, float, old + more)
ADD(f64, double, old + more)
ADD(i32, uint32_t, old + more)
ADD(bool, uint8_t, old | more)

static void take_rows(void *context, int64_t first, int64_t last) {
  along *const a = context;
  (a->size == 1 ? take_8 : a->size == 4 ? take_32 : take_64)(a, first, last);
}

static void add_rows(void *context, int64_t first, int64_t last) {
  along *const a = context;
  static void (*const loops[])(along *, int64_t, int64_t) = {add_f32, add_f64, add_i32, add_bool};
  loops[a->dtype](a, first, last);
}

static int32_t run(along *a, int64_t rows, ebb_body body, int64_t *wrong, const ebb_control *control) {
  atomic_init(&a->wrong, -1);
  const int64_t work = a->n + a->k + 1;
  const int64_t grain = rows * work <= EBB_SERIAL ? rows : work >= EBB_CHUNK ? 1 : EBB_CHUNK / work;
  const int32_t status = ebb_parallel_for(rows, grain, body, a, control);
  *wrong = atomic_load(&a->wrong);
  return status;
}

int32_t ebb_take_along(int32_t element_size, int64_t rows, int64_t n, int64_t k, void *out, const void *in, const int32_t *index,
                       int64_t *wrong, const ebb_control *control) {
  along a = {.n = n, .k = k, .size = element_size, .out = out, .in = in, .index = index};
  return run(&a, rows, take_rows, wrong, control);
}

int32_t ebb_add_along(ebb_dtype dtype, int64_t rows, int64_t n, int64_t k, void *out, const void *in, const int32_t *index,
                      int64_t *wrong, const ebb_control *control) {
  along a = {.n = n, .k = k, .dtype = dtype, .out = out, .in = in, .index = index};
  return run(&a, rows, add_rows, wrong, control);
}

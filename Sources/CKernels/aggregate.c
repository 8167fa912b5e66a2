// Order statistics, signs and spread over the examples of per-example gradients that are kept in factors: the choice of kernels and
// the division of work. Columns are treated a vector at a time, so that coordinates are lanes and everything is element-wise.
#include <math.h>
#include <string.h>

#include "gemm.h"
#include "layout.h"

enum { LIST = 16, GROUP = 4, ROWS = 64 };  // the longest list of extremes; rows at once; rows of a task

static inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t largest(int64_t a, int64_t b) { return a > b ? a : b; }

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
#define JOIN3(a, b, c) a##_##b##_##c
#define JOIN2(a, b, c) JOIN3(a, b, c)
#define N(name) JOIN2(name, ISA, T_NAME)

#define ISA baseline
#define VECTOR_BYTES 16
#include "aggregate_types.inc"
#undef ISA
#undef VECTOR_BYTES

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define ISA avx2
#define VECTOR_BYTES 32
#include "aggregate_types.inc"
#undef ISA
#undef VECTOR_BYTES
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx2,fma"))), apply_to = function)
#define ISA avx512
#define VECTOR_BYTES 64
#include "aggregate_types.inc"
#undef ISA
#undef VECTOR_BYTES
#pragma clang attribute pop
#endif

typedef struct kernel {
  void (*strip)(const ebb_aggregation *a, int64_t first, int64_t last, int64_t column, bool skips_zeros);
  int64_t bytes;
} kernel;

static kernel kernel_for(ebb_dtype dtype) {
  const bool single = dtype == EBB_F32;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return (kernel){single ? strip_avx512_f32 : strip_avx512_f64, 64};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return (kernel){single ? strip_avx2_f32 : strip_avx2_f64, 32};
#endif
  return (kernel){single ? strip_baseline_f32 : strip_baseline_f64, 16};
}

typedef struct work {
  const ebb_aggregation *a;
  kernel kernel;
  int64_t lanes, chunks;
  bool skips_zeros;
} work;

static void run_tasks(void *context, int64_t from, int64_t to) {
  const work *const w = context;
  for (int64_t task = from; task < to; task++) {
    const int64_t first = task % w->chunks * ROWS;
    w->kernel.strip(w->a, first, least(first + ROWS, w->a->rows), task / w->chunks * w->lanes, w->skips_zeros);
  }
}

static bool is_finite(ebb_dtype dtype, const void *numbers, int64_t count) {
  bool all = true;
  if (dtype == EBB_F32)
    for (int64_t i = 0; i < count; i++) all &= ((const float *)numbers)[i] - ((const float *)numbers)[i] == 0;
  else
    for (int64_t i = 0; i < count; i++) all &= ((const double *)numbers)[i] - ((const double *)numbers)[i] == 0;
  return all;
}

int32_t ebb_aggregate(const ebb_aggregation *a, const ebb_control *control) {
  if (a->rows == 0 || a->columns == 0) return EBB_OK;
  work w = {.a = a, .kernel = kernel_for(a->dtype), .chunks = (a->rows + ROWS - 1) / ROWS, .skips_zeros = a->term_count > 0};
  w.lanes = w.kernel.bytes / (int64_t)ebb_size(a->dtype);
  int64_t positions = 1;
  for (int64_t i = 0; i < a->term_count; i++) {
    const ebb_gradient_term *const term = a->terms + i;
    positions += term->x ? term->positions : 1;
    // An input that is 0 in all examples has gradients that are: 0 times a finite number.
    w.skips_zeros = w.skips_zeros && term->x && term->positions == 1 &&
                    is_finite(a->dtype, term->delta, a->examples * term->positions * a->columns);
  }
  const int64_t tasks = w.chunks * ((a->columns + w.lanes - 1) / w.lanes);
  const bool is_small = a->examples * a->rows * a->columns * positions < EBB_SERIAL;
  return ebb_parallel_for(tasks, is_small ? tasks : 1, run_tasks, &w, control);
}

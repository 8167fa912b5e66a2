// Index of the first largest or smallest element. NaN beats everything. A contiguous row is read twice: once in vectors for the
// extreme value, once up to its first occurrence; columns are walked row by row with the best value of each column kept aside.
#include <math.h>
#include <string.h>
#include "clones.h"
#include "layout.h"

enum { COLUMNS = 128, LANES = 32 };

// rows * columns elements, `stride` between rows; index [columns].
typedef void (*arg_loop)(int64_t n, int64_t columns, int64_t stride, int32_t *index, const void *in);

#define ARG_LOOP(name, T, beats) \
  EBB_INLINE bool name##_beats(T a, T b) { return beats; } \
  EBB_CLONES static void name##_row(int64_t n, int32_t *index, const T *x) { \
    if (n < 4 * LANES) { \
      T winner = x[0]; \
      int32_t at = 0; \
      for (int32_t i = 1; i < (int32_t)n; i++) { \
        bool wins = name##_beats(x[i], winner); \
        winner = wins ? x[i] : winner; \
        at = wins ? i : at; \
      } \
      *index = at; \
      return; \
    } \
    T best[LANES]; \
    for (int j = 0; j < LANES; j++) best[j] = x[0]; \
    int64_t i = 0; \
    for (; i + LANES <= n; i += LANES) \
      EBB_ELEMENTWISE for (int j = 0; j < LANES; j++) best[j] = name##_beats(x[i + j], best[j]) ? x[i + j] : best[j]; \
    for (; i < n; i++) best[0] = name##_beats(x[i], best[0]) ? x[i] : best[0]; \
    T winner = best[0]; \
    for (int j = 1; j < LANES; j++) winner = name##_beats(best[j], winner) ? best[j] : winner; \
    int64_t at = 0; \
    if (winner != winner) while (x[at] == x[at]) at++; \
    else while (x[at] != winner) at++; \
    *index = (int32_t)at; \
  } \
  EBB_CLONES static void name(int64_t n, int64_t columns, int64_t stride, int32_t *index, const void *in) { \
    const T *x = in; \
    if (columns == 1 && stride == 1) { \
      name##_row(n, index, x); \
      return; \
    } \
    T best[COLUMNS]; \
    for (int64_t j = 0; j < columns; j++) { \
      best[j] = x[j]; \
      index[j] = 0; \
    } \
    for (int64_t i = 1; i < n; i++) { \
      EBB_ELEMENTWISE for (int64_t j = 0; j < columns; j++) { \
        T a = x[i * stride + j], b = best[j]; \
        bool wins = name##_beats(a, b); \
        best[j] = wins ? a : b; \
        index[j] = wins ? (int32_t)i : index[j]; \
      } \
    } \
  }

// Strictly better, so that the first of equals stays; a NaN is replaced by nothing, not even another NaN.
ARG_LOOP(largest_f32, float, (a > b) | ((a != a) & (b == b)))
ARG_LOOP(largest_f64, double, (a > b) | ((a != a) & (b == b)))
ARG_LOOP(largest_i32, int32_t, a > b)
ARG_LOOP(largest_bool, uint8_t, a > b)
ARG_LOOP(smallest_f32, float, (a < b) | ((a != a) & (b == b)))
ARG_LOOP(smallest_f64, double, (a < b) | ((a != a) & (b == b)))
ARG_LOOP(smallest_i32, int32_t, a < b)
ARG_LOOP(smallest_bool, uint8_t, a < b)

static const arg_loop loops[2][4] = {{smallest_f32, smallest_f64, smallest_i32, smallest_bool},
                                     {largest_f32, largest_f64, largest_i32, largest_bool}};

typedef struct search {
  arg_loop loop;
  int64_t n, inner, strips, size;
  int32_t *out;
  const char *in;
} search;

static void run_strips(void *context, int64_t first, int64_t last) {
  const search *s = context;
  for (int64_t unit = first; unit < last; unit++) {
    int64_t row = unit / s->strips, column = unit % s->strips * COLUMNS;
    int64_t columns = s->inner - column < COLUMNS ? s->inner - column : COLUMNS;
    s->loop(s->n, columns, s->inner, s->out + row * s->inner + column, s->in + (row * s->n * s->inner + column) * s->size);
  }
}

int32_t ebb_arg_reduce(bool largest, ebb_dtype dtype, int64_t outer, int64_t n, int64_t inner, int32_t *out, const void *in,
                       const ebb_control *control) {
  if (outer == 0 || inner == 0) return EBB_OK;
  if (n == 0) {
    memset(out, 0, (size_t)(outer * inner) * sizeof *out);
    return EBB_OK;
  }
  search s = {.loop = loops[largest][dtype], .n = n, .inner = inner, .strips = (inner - 1) / COLUMNS + 1, .out = out, .in = in};
  s.size = (int64_t)ebb_size(dtype);
  int64_t units = outer * s.strips, unit = n * (inner < COLUMNS ? inner : COLUMNS);
  int64_t grain = outer * n * inner <= EBB_SERIAL ? units : unit >= EBB_CHUNK ? 1 : EBB_CHUNK / unit;
  return ebb_parallel_for(units, grain, run_strips, &s, control);
}

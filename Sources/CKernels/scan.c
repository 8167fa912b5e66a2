// Running sums, products, maxima and minima along the middle axis. float32 sums and products are carried in float64 and rounded
// once for each element, so their error does not grow with the length.
#include <math.h>
#include <string.h>
#include "clones.h"
#include "layout.h"

enum { COLUMNS = 128 };

// One strip of at most COLUMNS columns, n rows of `stride` elements apart.
typedef void (*strip_loop)(int64_t n, int64_t columns, int64_t stride, void *out, const void *in);

#define STRIP_LOOP(name, T, A, neutral, e) \
  EBB_CLONES static void name(int64_t n, int64_t columns, int64_t stride, void *out, const void *in) { \
    T *r = out; \
    const T *x = in; \
    if (columns == 1) { \
      A a = (A)(neutral); \
      for (int64_t i = 0; i < n; i++) { \
        A b = (A)x[i * stride]; \
        a = (e); \
        r[i * stride] = (T)a; \
      } \
      return; \
    } \
    A carried[COLUMNS]; \
    for (int64_t j = 0; j < columns; j++) carried[j] = (A)(neutral); \
    for (int64_t i = 0; i < n; i++) { \
      EBB_ELEMENTWISE for (int64_t j = 0; j < columns; j++) { \
        A a = carried[j], b = (A)x[i * stride + j]; \
        a = (e); \
        carried[j] = a; \
        r[i * stride + j] = (T)a; \
      } \
    } \
  }

#define LARGER (b > a || b != b ? b : a)
#define SMALLER (b < a || b != b ? b : a)
STRIP_LOOP(sum_f32, float, double, 0, a + b)
STRIP_LOOP(sum_f64, double, double, 0, a + b)
STRIP_LOOP(sum_i32, int32_t, uint32_t, 0, a + b)
STRIP_LOOP(prod_f32, float, double, 1, a * b)
STRIP_LOOP(prod_f64, double, double, 1, a * b)
STRIP_LOOP(prod_i32, int32_t, uint32_t, 1, a * b)
STRIP_LOOP(max_f32, float, float, -INFINITY, LARGER)
STRIP_LOOP(max_f64, double, double, -INFINITY, LARGER)
STRIP_LOOP(max_i32, int32_t, int32_t, INT32_MIN, LARGER)
STRIP_LOOP(min_f32, float, float, INFINITY, SMALLER)
STRIP_LOOP(min_f64, double, double, INFINITY, SMALLER)
STRIP_LOOP(min_i32, int32_t, int32_t, INT32_MAX, SMALLER)
STRIP_LOOP(any_bool, uint8_t, uint8_t, 0, a | b)
STRIP_LOOP(all_bool, uint8_t, uint8_t, 1, a & b)

static const strip_loop loops[6][4] = {
  [ebb_reduce_sum] = {sum_f32, sum_f64, sum_i32, NULL}, [ebb_reduce_prod] = {prod_f32, prod_f64, prod_i32, NULL},
  [ebb_reduce_max] = {max_f32, max_f64, max_i32, NULL}, [ebb_reduce_min] = {min_f32, min_f64, min_i32, NULL},
  [ebb_reduce_any] = {NULL, NULL, NULL, any_bool},      [ebb_reduce_all] = {NULL, NULL, NULL, all_bool},
};

typedef struct scan {
  strip_loop loop;
  int64_t n, inner, strips, size;
  char *out;
  const char *in;
} scan;

static void run_strips(void *context, int64_t first, int64_t last) {
  const scan *s = context;
  for (int64_t unit = first; unit < last; unit++) {
    int64_t column = unit % s->strips * COLUMNS;
    int64_t columns = s->inner - column < COLUMNS ? s->inner - column : COLUMNS;
    int64_t at = (unit / s->strips * s->n * s->inner + column) * s->size;
    s->loop(s->n, columns, s->inner, s->out + at, s->in + at);
  }
}

int32_t ebb_scan(ebb_reduction r, ebb_dtype dtype, int64_t outer, int64_t n, int64_t inner, void *out, const void *in,
                 const ebb_control *control) {
  if (outer == 0 || n == 0 || inner == 0) return EBB_OK;
  scan s = {.loop = loops[r][dtype], .n = n, .inner = inner, .strips = (inner - 1) / COLUMNS + 1, .out = out, .in = in};
  s.size = (int64_t)ebb_size(dtype);
  int64_t units = outer * s.strips, unit = n * (inner < COLUMNS ? inner : COLUMNS);
  int64_t grain = outer * n * inner <= EBB_SERIAL ? units : unit >= EBB_CHUNK ? 1 : EBB_CHUNK / unit;
  return ebb_parallel_for(units, grain, run_strips, &s, control);
}

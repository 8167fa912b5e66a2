// Reductions of [outer, n, inner] over the middle axis. One routine does the work: it reduces `rows` rows of a fixed width, sixteen
// rows at a time in registers, and combines the blocks pairwise like the digits of a binary counter, so the error of a float32
// sum grows with the logarithm of n. Narrow problems (inner small, above all inner = 1) are seen as wider rows that hold several
// elements of each column; their lanes are folded in halves at the end (rows of
// at most sixteen elements are added straight). Rows are cut into parts whose size depends on the shape
// alone, and the parts are again combined pairwise: the number of threads never changes a bit.
#include <math.h>
#include <string.h>
#include "clones.h"
#include "layout.h"
#include "reduce.h"

enum { WIDTH = 128, LANES = EBB_REDUCER_ROW, FEW_LANES = 8, SHORT = 16, ROWS = 16, LEVELS = EBB_REDUCER_LEVELS, PART = 1 << 16, MAX_PARTS = EBB_MAX_PARTS };

// acc[j] = reduction of x[i * stride + j] over i < rows, for j < width <= WIDTH; rows >= 1.
typedef void (*rows_loop)(int64_t rows, int64_t width, int64_t stride, const void *x, void *acc);
// acc[j] = acc[j] combined with x[j].
typedef void (*combine_loop)(int64_t width, void *acc, const void *x);
typedef void (*neutral_loop)(int64_t width, void *acc);
// out[o] = reduction of x[o * n + i] over i < n, for o < count, one after the other.
typedef void (*short_loop)(int64_t count, int64_t n, void *out, const void *x);

#define REDUCTION(name, T, neutral, e) \
  EBB_INLINE T name##_pair(T a, T b) { return (T)(e); } \
  EBB_CLONES static void name##_short(int64_t count, int64_t n, void *out, const void *in) { \
    T *r = out; \
    const T *x = in; \
    for (int64_t o = 0; o < count; o++, x += n) { \
      T a = x[0]; \
      for (int64_t i = 1; i < n; i++) a = name##_pair(a, x[i]); \
      r[o] = a; \
    } \
  } \
  static void name##_neutral(int64_t width, void *acc) { \
    T *r = acc; \
    for (int64_t j = 0; j < width; j++) r[j] = (T)(neutral); \
  } \
  EBB_CLONES static void name##_combine(int64_t width, void *acc, const void *more) { \
    T *r = acc; \
    const T *x = more; \
    EBB_ELEMENTWISE for (int64_t j = 0; j < width; j++) r[j] = name##_pair(r[j], x[j]); \
  } \
  EBB_INLINE void name##_block(int64_t width, int64_t stride, const T *restrict x, T *restrict r) { \
    EBB_ELEMENTWISE for (int64_t j = 0; j < width; j++) { \
      T a = x[j]; \
      _Pragma("clang loop unroll(full)") for (int64_t i = 1; i < ROWS; i++) a = name##_pair(a, x[i * stride + j]); \
      r[j] = a; \
    } \
  } \
  EBB_INLINE void name##_few(int64_t rows, int64_t width, int64_t stride, const T *restrict x, T *restrict r) { \
    EBB_ELEMENTWISE for (int64_t j = 0; j < width; j++) r[j] = x[j]; \
    for (int64_t i = 1; i < rows; i++) EBB_ELEMENTWISE for (int64_t j = 0; j < width; j++) { \
      r[j] = name##_pair(r[j], x[i * stride + j]); \
    } \
  } \
  EBB_CLONES static void name##_rows(int64_t rows, int64_t width, int64_t stride, const void *in, void *acc) { \
    const T *x = in; \
    T stack[LEVELS][WIDTH]; \
    int64_t blocks = rows / ROWS, rest = rows % ROWS; \
    int32_t depth = 0; \
    for (int64_t b = 0; b < blocks; b++) { \
      const T *block = x + b * ROWS * stride; \
      if (width == LANES && stride == LANES) name##_block(LANES, LANES, block, stack[depth++]); \
      else name##_block(width, stride, block, stack[depth++]); \
      for (int64_t full = b + 1; full % 2 == 0; full /= 2, depth--) \
        name##_combine(width, stack[depth - 2], stack[depth - 1]); \
    } \
    if (rest > 0) { \
      const T *block = x + blocks * ROWS * stride; \
      if (width == LANES && stride == LANES) name##_few(rest, LANES, LANES, block, stack[depth++]); \
      else name##_few(rest, width, stride, block, stack[depth++]); \
    } \
    for (; depth > 1; depth--) name##_combine(width, stack[depth - 2], stack[depth - 1]); \
    memcpy(acc, stack[0], (size_t)width * sizeof(T)); \
  }

#define LARGER (b > a || b != b ? b : a)
#define SMALLER (b < a || b != b ? b : a)
REDUCTION(sum_f32, float, 0, a + b)
REDUCTION(sum_f64, double, 0, a + b)
REDUCTION(sum_i32, uint32_t, 0, a + b)
REDUCTION(prod_f32, float, 1, a *b)
REDUCTION(prod_f64, double, 1, a *b)
REDUCTION(prod_i32, uint32_t, 1, a *b)
REDUCTION(max_f32, float, -INFINITY, LARGER)
REDUCTION(max_f64, double, -INFINITY, LARGER)
REDUCTION(max_i32, int32_t, INT32_MIN, LARGER)
REDUCTION(min_f32, float, INFINITY, SMALLER)
REDUCTION(min_f64, double, INFINITY, SMALLER)
REDUCTION(min_i32, int32_t, INT32_MAX, SMALLER)
REDUCTION(any_bool, uint8_t, 0, a | b)
REDUCTION(all_bool, uint8_t, 1, a &b)

typedef struct reduction {
  rows_loop rows;
  combine_loop combine;
  neutral_loop neutral;
  short_loop short_rows;
} reduction;

#define ENTRY(name) {name##_rows, name##_combine, name##_neutral, name##_short}
static const reduction reductions[6][4] = {
  [ebb_reduce_sum] = {ENTRY(sum_f32), ENTRY(sum_f64), ENTRY(sum_i32), {0}},
  [ebb_reduce_prod] = {ENTRY(prod_f32), ENTRY(prod_f64), ENTRY(prod_i32), {0}},
  [ebb_reduce_max] = {ENTRY(max_f32), ENTRY(max_f64), ENTRY(max_i32), {0}},
  [ebb_reduce_min] = {ENTRY(min_f32), ENTRY(min_f64), ENTRY(min_i32), {0}},
  [ebb_reduce_any] = {{0}, {0}, {0}, ENTRY(any_bool)},
  [ebb_reduce_all] = {{0}, {0}, {0}, ENTRY(all_bool)},
};

// acc[c], c < columns: the reduction of n rows, `stride` apart. When the columns fill whole rows (stride == columns) and are few,
// several rows are taken as one.
static void reduce_strip(const reduction *r, int64_t size, int64_t n, int64_t columns, int64_t stride, const char *x, char *acc) {
  int64_t lanes = n * columns >= 8 * LANES ? LANES : FEW_LANES;
  int64_t group = stride == columns && columns < lanes ? lanes / columns : 1;
  if (n < 2 * group) group = 1;
  if (group == 1) {
    r->rows(n, columns, stride, x, acc);
    return;
  }
  int64_t rows = n / group, width = group * columns, rest = n % group;
  _Alignas(64) char lane[LANES * sizeof(double)];
  r->rows(rows, width, width, x, lane);
  if (rest > 0) r->combine(rest * columns, lane, x + rows * width * size);
  while (group > 1) {
    int64_t half = (group + 1) / 2;
    r->combine((group - half) * columns, lane, lane + half * columns * size);
    group = half;
  }
  memcpy(acc, lane, (size_t)(columns * size));
}

typedef struct problem {
  reduction reduction;
  int64_t size, n, inner, strips, parts, part;  // a part is a number of rows
  char *out;
  const char *in;
  char *partial;  // [parts, WIDTH] results of the parts of the unit that is being reduced in pieces
  int64_t unit;
} problem;

static void reduce_part(const problem *p, int64_t unit, int64_t part, char *acc) {
  int64_t column = unit % p->strips * WIDTH, columns = p->inner - column < WIDTH ? p->inner - column : WIDTH;
  int64_t first = part * p->part, rows = p->n - first < p->part ? p->n - first : p->part;
  const char *x = p->in + ((unit / p->strips * p->n + first) * p->inner + column) * p->size;
  reduce_strip(&p->reduction, p->size, rows, columns, p->inner, x, acc);
}

// Combines the partial results pairwise into the first, and writes it to its place.
static void finish(const problem *p, int64_t unit, char *partial) {
  int64_t column = unit % p->strips * WIDTH, columns = p->inner - column < WIDTH ? p->inner - column : WIDTH;
  int64_t row = WIDTH * p->size;
  for (int64_t gap = 1; gap < p->parts; gap *= 2)
    for (int64_t i = 0; i + gap < p->parts; i += 2 * gap)
      p->reduction.combine(columns, partial + i * row, partial + (i + gap) * row);
  memcpy(p->out + (unit / p->strips * p->inner + column) * p->size, partial, (size_t)(columns * p->size));
}

static void run_units(void *context, int64_t first, int64_t last) {
  const problem *p = context;
  if (p->inner == 1 && p->n <= SHORT) {
    p->reduction.short_rows(last - first, p->n, p->out + first * p->size, p->in + first * p->n * p->size);
    return;
  }
  if (p->parts == 1 && p->strips == 1) {
    for (int64_t unit = first; unit < last; unit++) reduce_part(p, unit, 0, p->out + unit * p->inner * p->size);
    return;
  }
  _Alignas(64) char partial[MAX_PARTS * WIDTH * sizeof(double)];
  for (int64_t unit = first; unit < last; unit++) {
    for (int64_t part = 0; part < p->parts; part++) reduce_part(p, unit, part, partial + part * WIDTH * p->size);
    finish(p, unit, partial);
  }
}

static void run_parts(void *context, int64_t first, int64_t last) {
  const problem *p = context;
  for (int64_t part = first; part < last; part++) reduce_part(p, p->unit, part, p->partial + part * WIDTH * p->size);
}

// Rows of a part.
static int64_t part_of(int64_t n, int64_t width) {
  int64_t part = PART / width;
  return n > part * MAX_PARTS ? (n + MAX_PARTS - 1) / MAX_PARTS : part;
}

int32_t ebb_reduce(ebb_reduction r, ebb_dtype dtype, int64_t outer, int64_t n, int64_t inner, void *out, const void *in,
                   const ebb_control *control) {
  problem p = {.reduction = reductions[r][dtype], .size = (int64_t)ebb_size(dtype), .n = n, .inner = inner, .out = out, .in = in};
  if (outer == 0 || inner == 0) return EBB_OK;
  if (n == 0) {
    p.reduction.neutral(outer * inner, out);
    return EBB_OK;
  }
  p.strips = (inner - 1) / WIDTH + 1;
  int64_t width = inner < WIDTH ? inner : WIDTH;
  p.part = part_of(n, width);
  p.parts = (n - 1) / p.part + 1;
  int64_t units = outer * p.strips, per_unit = n * width;
  // Many units: each whole, side by side. Few long ones: one after the other, each in parts side by side.
  if (p.parts == 1 || units >= 16) {
    int64_t grain = units * per_unit <= EBB_SERIAL ? units : per_unit >= EBB_CHUNK ? 1 : EBB_CHUNK / per_unit;
    return ebb_parallel_for(units, grain, run_units, &p, control);
  }
  _Alignas(64) char partial[MAX_PARTS * WIDTH * sizeof(double)];
  p.partial = partial;
  for (p.unit = 0; p.unit < units; p.unit++) {
    int32_t status = ebb_parallel_for(p.parts, 1, run_parts, &p, control);
    if (status != EBB_OK) return status;
    finish(&p, p.unit, partial);
  }
  return EBB_OK;
}

// ---- one row, piece by piece -----------------------------------------------------------------------------------------------

int64_t ebb_reduction_part(int64_t n) { return part_of(n, 1); }

void ebb_combine_parts(ebb_reduction op, ebb_dtype dtype, int64_t parts, void *partial, void *out) {
  const reduction *r = &reductions[op][dtype];
  int64_t size = (int64_t)ebb_size(dtype);
  char *value = partial;
  for (int64_t gap = 1; gap < parts; gap *= 2)
    for (int64_t i = 0; i + gap < parts; i += 2 * gap) r->combine(1, value + i * size, value + (i + gap) * size);
  memcpy(out, value, (size_t)size);
}

void ebb_reducer_begin(ebb_reducer *reducer, ebb_reduction op, ebb_dtype dtype, int64_t n) {
  reducer->op = op;
  reducer->dtype = dtype;
  reducer->n = n;
  reducer->blocks = reducer->rest = 0;
  reducer->depth = reducer->rows = 0;
}

// The order is that of reduce_strip: rows of LANES elements in blocks of ROWS, blocks combined like the digits of a counter.
void ebb_reducer_add(ebb_reducer *reducer, int64_t count, const void *in) {
  const reduction *r = &reductions[reducer->op][reducer->dtype];
  int64_t size = (int64_t)ebb_size(reducer->dtype);
  const char *x = in;
  if (count == reducer->n) {
    if (count <= SHORT) r->short_rows(1, count, reducer->last, x);
    else reduce_strip(r, size, count, 1, 1, x, reducer->last);
    return;
  }
  for (; count >= LANES;) {
    int64_t rows = count / LANES < ROWS - reducer->rows ? count / LANES : ROWS - reducer->rows;
    char *block = reducer->stack[reducer->depth];
    if (reducer->rows == 0) {
      r->rows(rows, LANES, LANES, x, block);
    } else {
      for (int64_t i = 0; i < rows; i++) r->combine(LANES, block, x + i * LANES * size);
    }
    reducer->rows += (int32_t)rows;
    x += rows * LANES * size;
    count -= rows * LANES;
    if (reducer->rows < ROWS) continue;
    reducer->rows = 0;
    reducer->depth++;
    for (int64_t full = ++reducer->blocks; full % 2 == 0; full /= 2, reducer->depth--)
      r->combine(LANES, reducer->stack[reducer->depth - 2], reducer->stack[reducer->depth - 1]);
  }
  if (count > 0) memcpy(reducer->last, x, (size_t)(count * size));
  reducer->rest = count;
}

void ebb_reducer_end(ebb_reducer *reducer, void *out) {
  const reduction *r = &reductions[reducer->op][reducer->dtype];
  int64_t size = (int64_t)ebb_size(reducer->dtype);
  char *lane = reducer->last;
  if (reducer->blocks > 0 || reducer->rows > 0) {
    int32_t depth = reducer->depth + (reducer->rows > 0);
    for (; depth > 1; depth--) r->combine(LANES, reducer->stack[depth - 2], reducer->stack[depth - 1]);
    lane = reducer->stack[0];
    if (reducer->rest > 0) r->combine(reducer->rest, lane, reducer->last);
    for (int64_t half = LANES / 2; half > 0; half /= 2) r->combine(half, lane, lane + half * size);
  }
  memcpy(out, lane, (size_t)size);
}

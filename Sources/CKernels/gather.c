// Picking rows by index, and its transpose, adding rows at indices. Indices were checked by the caller.
#include <string.h>
#include "clones.h"
#include "layout.h"

typedef struct pick {
  int64_t n, inner, k, size;
  char *out;
  const char *in;
  const int32_t *index;
} pick;

#define SINGLE_LOOP(bits) \
  static void single_##bits(int64_t count, void *out, const void *in, const int32_t *index) { \
    uint##bits##_t *r = out; \
    const uint##bits##_t *x = in; \
    for (int64_t i = 0; i < count; i++) r[i] = x[index[i]]; \
  }
SINGLE_LOOP(8)
SINGLE_LOOP(32)
SINGLE_LOOP(64)

// Units [first, last) of outer * k rows.
static void gather_rows(void *context, int64_t first, int64_t last) {
  const pick *p = context;
  int64_t row = p->inner * p->size;
  for (int64_t unit = first; unit < last;) {
    int64_t o = unit / p->k, i = unit % p->k;
    int64_t count = p->k - i < last - unit ? p->k - i : last - unit;
    char *out = p->out + unit * row;
    const char *in = p->in + o * p->n * row;
    if (p->inner > 1) {
      for (int64_t j = 0; j < count; j++) memcpy(out + j * row, in + p->index[i + j] * row, (size_t)row);
    } else {
      switch (p->size) {
      case 1: single_8(count, out, in, p->index + i); break;
      case 4: single_32(count, out, in, p->index + i); break;
      default: single_64(count, out, in, p->index + i); break;
      }
    }
    unit += count;
  }
}

int32_t ebb_gather(int32_t element_size, int64_t outer, int64_t n, int64_t inner, int64_t k, void *out, const void *in,
                   const int32_t *index, const ebb_control *control) {
  if (outer == 0 || inner == 0 || k == 0) return EBB_OK;
  pick p = {.n = n, .inner = inner, .k = k, .size = element_size, .out = out, .in = in, .index = index};
  int64_t units = outer * k;
  int64_t grain = units * inner <= EBB_SERIAL ? units : inner >= EBB_CHUNK ? 1 : EBB_CHUNK / inner;
  return ebb_parallel_for(units, grain, gather_rows, &p, control);
}

typedef void (*add_loop)(int64_t n, void *out, const void *in);
#define ADD_LOOP(name, T, e) \
  EBB_CLONES static void name(int64_t n, void *out, const void *in) { \
    T *r = out; \
    const T *x = in; \
    EBB_ELEMENTWISE for (int64_t i = 0; i < n; i++) { \
      T a = r[i], b = x[i]; \
      r[i] = (T)(e); \
    } \
  }
ADD_LOOP(add_f32, float, a + b)
ADD_LOOP(add_f64, double, a + b)
ADD_LOOP(add_i32, uint32_t, a + b)
ADD_LOOP(add_bool, uint8_t, a | b)

#define ADD_SINGLES(name, T, e) \
  static void name(int64_t count, void *out, const void *in, const int32_t *index) { \
    T *r = out; \
    const T *x = in; \
    for (int64_t i = 0; i < count; i++) { \
      T a = r[index[i]], b = x[i]; \
      r[index[i]] = (T)(e); \
    } \
  }
ADD_SINGLES(singles_f32, float, a + b)
ADD_SINGLES(singles_f64, double, a + b)
ADD_SINGLES(singles_i32, uint32_t, a + b)
ADD_SINGLES(singles_bool, uint8_t, a | b)

typedef struct addition {
  pick pick;
  add_loop rows;
  void (*singles)(int64_t, void *, const void *, const int32_t *);
  int64_t strip, strips;
} addition;

// A unit is one outer position and one strip of columns: different units never touch the same element of the result, so the
// order of additions does not depend on threads.
static void scatter_units(void *context, int64_t first, int64_t last) {
  const addition *s = context;
  const pick *p = &s->pick;
  int64_t row = p->inner * p->size;
  for (int64_t unit = first; unit < last; unit++) {
    int64_t o = unit / s->strips, column = unit % s->strips * s->strip;
    int64_t columns = p->inner - column < s->strip ? p->inner - column : s->strip;
    char *out = p->out + o * p->n * row + column * p->size;
    const char *in = p->in + o * p->k * row + column * p->size;
    if (p->inner == 1) {
      s->singles(p->k, out, in, p->index);
    } else {
      for (int64_t i = 0; i < p->k; i++) s->rows(columns, out + p->index[i] * row, in + i * row);
    }
  }
}

int32_t ebb_scatter_add(ebb_dtype dtype, int64_t outer, int64_t n, int64_t inner, int64_t k, void *out, const void *in,
                        const int32_t *index, const ebb_control *control) {
  if (outer == 0 || inner == 0 || k == 0) return EBB_OK;
  static const add_loop rows[] = {add_f32, add_f64, add_i32, add_bool};
  static void (*const singles[])(int64_t, void *, const void *, const int32_t *) = {singles_f32, singles_f64, singles_i32,
                                                                                    singles_bool};
  addition s = {.rows = rows[dtype], .singles = singles[dtype], .strip = 512};
  s.pick = (pick){.n = n, .inner = inner, .k = k, .size = (int64_t)ebb_size(dtype), .out = out, .in = in, .index = index};
  s.strips = (inner - 1) / s.strip + 1;
  int64_t units = outer * s.strips, unit = k * (inner < s.strip ? inner : s.strip);
  int64_t grain = outer * k * inner <= EBB_SERIAL ? units : unit >= EBB_CHUNK ? 1 : EBB_CHUNK / unit;
  return ebb_parallel_for(units, grain, scatter_units, &s, control);
}

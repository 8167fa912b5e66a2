// Conversions between dtypes. Floats to int32 truncate toward zero; what int32 cannot hold is counted and written as 0.
// Anything to bool asks whether it differs from 0 (NaN does).
#include <stdatomic.h>
#include "clones.h"
#include "layout.h"

typedef int64_t (*cast_loop)(int64_t n, void *out, const void *in, int64_t stride);

#define CAST_LOOP(from, to, F, T, is_bad, e) \
  EBB_CLONES static int64_t from##_to_##to(int64_t n, void *out, const void *in, int64_t stride) { \
    T *restrict r = out; \
    const F *restrict x = in; \
    int64_t bad = 0; \
    if (stride == 1) { \
      for (int64_t i = 0; i < n; i++) { \
        F a = x[i]; \
        bad += is_bad; \
        r[i] = (T)(e); \
      } \
    } else { \
      for (int64_t i = 0; i < n; i++) { \
        F a = x[i * stride]; \
        bad += is_bad; \
        r[i] = (T)(e); \
      } \
    } \
    return bad; \
  }

#define FITS_F32 (a >= -2147483648.0f && a < 2147483648.0f)
#define FITS_F64 (a > -2147483649.0 && a < 2147483648.0)
CAST_LOOP(f32, f32, float, float, 0, a)
CAST_LOOP(f32, f64, float, double, 0, a)
CAST_LOOP(f32, i32, float, int32_t, !FITS_F32, FITS_F32 ? a : 0)
CAST_LOOP(f32, bool, float, uint8_t, 0, a != 0)
CAST_LOOP(f64, f32, double, float, 0, a)
CAST_LOOP(f64, f64, double, double, 0, a)
CAST_LOOP(f64, i32, double, int32_t, !FITS_F64, FITS_F64 ? a : 0)
CAST_LOOP(f64, bool, double, uint8_t, 0, a != 0)
CAST_LOOP(i32, f32, int32_t, float, 0, a)
CAST_LOOP(i32, f64, int32_t, double, 0, a)
CAST_LOOP(i32, i32, int32_t, int32_t, 0, a)
CAST_LOOP(i32, bool, int32_t, uint8_t, 0, a != 0)
CAST_LOOP(bool, f32, uint8_t, float, 0, a)
CAST_LOOP(bool, f64, uint8_t, double, 0, a)
CAST_LOOP(bool, i32, uint8_t, int32_t, 0, a)
CAST_LOOP(bool, bool, uint8_t, uint8_t, 0, a)

static const cast_loop loops[4][4] = {
  {f32_to_f32, f32_to_f64, f32_to_i32, f32_to_bool},
  {f64_to_f32, f64_to_f64, f64_to_i32, f64_to_bool},
  {i32_to_f32, i32_to_f64, i32_to_i32, i32_to_bool},
  {bool_to_f32, bool_to_f64, bool_to_i32, bool_to_bool},
};

typedef struct conversion {
  cast_loop loop;
  ebb_walk walk;
  int64_t row, out_size, in_size;
  char *out;
  const char *in;
  _Atomic int64_t bad;
} conversion;

// Rows [first, last); a problem of one dimension is cut into rows by the caller's units of elements.
static void convert_rows(void *context, int64_t first, int64_t last) {
  conversion *c = context;
  int32_t inner = c->walk.rank - 1;
  ebb_odometer position;
  ebb_odometer_set(&position, &c->walk, inner, first);
  int64_t bad = 0;
  for (int64_t row = first; row < last; row++) {
    bad += c->loop(c->row, c->out + row * c->row * c->out_size, c->in + position.offset[0] * c->in_size,
                   c->walk.strides[0][inner]);
    ebb_odometer_next(&position, &c->walk);
  }
  if (bad) c->bad += bad;
}

static void convert_flat(void *context, int64_t first, int64_t last) {
  conversion *c = context;
  int64_t stride = c->walk.strides[0][0];
  int64_t bad = c->loop(last - first, c->out + first * c->out_size, c->in + first * stride * c->in_size, stride);
  if (bad) c->bad += bad;
}

int32_t ebb_cast(ebb_dtype from, ebb_dtype to, int32_t rank, const int64_t *shape, void *out, const ebb_operand *operand,
                 int64_t *bad, const ebb_control *control) {
  conversion c = {.loop = loops[from][to], .walk = {.arrays = 1}, .out = out, .in = operand->data};
  c.out_size = (int64_t)ebb_size(to);
  c.in_size = (int64_t)ebb_size(from);
  if (bad) *bad = 0;
  for (int32_t d = 0; d < rank; d++) {
    if (shape[d] == 0) return EBB_OK;
    ebb_walk_push(&c.walk, shape[d], &operand->strides[d]);
  }
  if (c.walk.rank == 0) c.walk.shape[c.walk.rank++] = 1;
  int64_t n = ebb_elements(c.walk.rank, c.walk.shape);
  c.row = c.walk.shape[c.walk.rank - 1];
  int32_t status;
  if (c.walk.rank == 1) {
    status = ebb_parallel_for(n, n <= EBB_SERIAL ? n : EBB_CHUNK, convert_flat, &c, control);
  } else {
    int64_t rows = n / c.row;
    status = ebb_parallel_for(rows, n <= EBB_SERIAL ? rows : c.row >= EBB_CHUNK ? 1 : EBB_CHUNK / c.row, convert_rows, &c, control);
  }
  if (bad) *bad = c.bad;
  return status;
}

// Arrays made from a formula: one value everywhere, or evenly spaced values.
#include <math.h>
#include "ckernels.h"
#include "clones.h"

// Values that int32 cannot hold become 0, as in ebb_cast.
static int32_t to_i32(double value) { return value > -2147483649.0 && value < 2147483648.0 ? (int32_t)value : 0; }

#define DEFINE_FILL(type) \
  EBB_CLONES static void fill_##type(int64_t n, type *r, type value) { \
    for (int64_t i = 0; i < n; i++) r[i] = value; \
  }
DEFINE_FILL(float)
DEFINE_FILL(double)
DEFINE_FILL(int32_t)
DEFINE_FILL(uint8_t)

void ebb_fill(ebb_dtype dtype, int64_t n, void *out, double value) {
  switch (dtype) {
  case EBB_F32: fill_float(n, out, (float)value); break;
  case EBB_F64: fill_double(n, out, value); break;
  case EBB_I32: fill_int32_t(n, out, to_i32(value)); break;
  case EBB_BOOL: fill_uint8_t(n, out, value != 0); break;
  }
}

#define DEFINE_IOTA(type, convert) \
  EBB_CLONES static void iota_##type(int64_t n, type *r, double start, double step) { \
    for (int64_t first = 0; first < n; first += 1 << 20) { \
      int32_t count = (int32_t)(n - first < 1 << 20 ? n - first : 1 << 20); \
      double base = (double)first; /* 32-bit inner counters convert to floats in vectors */ \
      for (int32_t i = 0; i < count; i++) r[first + i] = (type)convert(start + (base + (double)i) * step); \
    } \
  }
DEFINE_IOTA(float, )
DEFINE_IOTA(double, )
DEFINE_IOTA(int32_t, to_i32)
DEFINE_IOTA(uint8_t, 0 != )

void ebb_iota(ebb_dtype dtype, int64_t n, void *out, double start, double step) {
  switch (dtype) {
  case EBB_F32: iota_float(n, out, start, step); break;
  case EBB_F64: iota_double(n, out, start, step); break;
  case EBB_I32: iota_int32_t(n, out, start, step); break;
  case EBB_BOOL: iota_uint8_t(n, out, start, step); break;
  }
}

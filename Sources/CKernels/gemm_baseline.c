// Matrix kernels for the processor the compiler targets by default: SSE2 on x86-64, NEON on arm64.
#include "gemm.h"

#define GEMM_NAME(name, type) ebb_gemm_baseline_##name##_##type
#define GEMM_TABLE(type) ebb_gemm_baseline_##type
#define GEMM_VECTOR_BYTES 16
#define GEMM_MULADD(a, b, c) ((a) * (b) + (c))
#if defined(__aarch64__)
#define GEMM_MR 8
#define GEMM_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#else
#define GEMM_MR 4
#define GEMM_ROWS(X) X(1) X(2) X(3) X(4)
#endif
#define GEMM_MC 96
#define GEMM_KC 320
#define GEMM_NC 1024

// A vector has four floats or two doubles.
typedef float f32x4 __attribute__((ext_vector_type(4)));
typedef double f64x2 __attribute__((ext_vector_type(2)));

static inline f32x4 ebb_gemm_baseline_load_tail_f32(const float *p, int64_t count) {
  return (f32x4){p[0], count > 1 ? p[1] : 0, count > 2 ? p[2] : 0, 0};
}

static inline void ebb_gemm_baseline_store_tail_f32(float *p, f32x4 v, int64_t count) {
  p[0] = v.x;
  if (count > 1) p[1] = v.y;
  if (count > 2) p[2] = v.z;
}

static inline f64x2 ebb_gemm_baseline_load_tail_f64(const double *p, int64_t count) {
  (void)count;
  return (f64x2){p[0], 0};
}

static inline void ebb_gemm_baseline_store_tail_f64(double *p, f64x2 v, int64_t count) {
  (void)count;
  p[0] = v.x;
}

#include "gemm_types.inc"

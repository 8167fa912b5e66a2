// Matrix kernels for AVX-512: tiles of 14 rows by two 512-bit vectors, 28 of 32 registers as accumulators.
#if defined(__x86_64__)
#include <immintrin.h>

#include "gemm.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx2,fma"))), apply_to = function)
#define GEMM_NAME(name, type) ebb_gemm_avx512_##name##_##type
#define GEMM_TABLE(type) ebb_gemm_avx512_##type
#define GEMM_VECTOR_BYTES 64
#define GEMM_MULADD(a, b, c) __builtin_elementwise_fma(a, b, c)
#define GEMM_MR 14
#define GEMM_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)
#define GEMM_MC 196
#define GEMM_KC 320
#define GEMM_NC 2048

static inline __m512 ebb_gemm_avx512_load_tail_f32(const float *p, int64_t count) {
  return _mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), p);
}

static inline void ebb_gemm_avx512_store_tail_f32(float *p, __m512 v, int64_t count) {
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << count) - 1), v);
}

static inline __m512d ebb_gemm_avx512_load_tail_f64(const double *p, int64_t count) {
  return _mm512_maskz_loadu_pd((__mmask8)((1u << count) - 1), p);
}

static inline void ebb_gemm_avx512_store_tail_f64(double *p, __m512d v, int64_t count) {
  _mm512_mask_storeu_pd(p, (__mmask8)((1u << count) - 1), v);
}

#include "gemm_types.inc"
#pragma clang attribute pop
#endif

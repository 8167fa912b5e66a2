// Matrix kernels for AVX2 with FMA: tiles of 6 rows by two 256-bit vectors, twelve of sixteen registers as accumulators.
#if defined(__x86_64__)
#include <immintrin.h>

#include "gemm.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define GEMM_NAME(name, type) ebb_gemm_avx2_##name##_##type
#define GEMM_TABLE(type) ebb_gemm_avx2_##type
#define GEMM_VECTOR_BYTES 32
#define GEMM_MULADD(a, b, c) __builtin_elementwise_fma(a, b, c)
#define GEMM_MR 6
#define GEMM_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6)
#define GEMM_MC 96
#define GEMM_KC 320
#define GEMM_NC 1024

// Masked loads are cheap everywhere; masked stores take some twenty micro-operations on AMD, so tails are stored in pieces.
static const int32_t lane_mask[16] = {-1, -1, -1, -1, -1, -1, -1, -1};

static inline __m256 ebb_gemm_avx2_load_tail_f32(const float *p, int64_t count) {
  return _mm256_maskload_ps(p, _mm256_loadu_si256((const __m256i *)(lane_mask + 8 - count)));
}

static inline void ebb_gemm_avx2_store_tail_f32(float *p, __m256 v, int64_t count) {
  __m128 half = _mm256_castps256_ps128(v);
  if (count & 4) {
    _mm_storeu_ps(p, half);
    half = _mm256_extractf128_ps(v, 1);
    p += 4;
  }
  if (count & 2) {
    _mm_storel_pi((__m64 *)p, half);
    half = _mm_movehl_ps(half, half);
    p += 2;
  }
  if (count & 1) _mm_store_ss(p, half);
}

static inline __m256d ebb_gemm_avx2_load_tail_f64(const double *p, int64_t count) {
  return _mm256_maskload_pd(p, _mm256_loadu_si256((const __m256i *)(lane_mask + 8 - 2 * count)));
}

static inline void ebb_gemm_avx2_store_tail_f64(double *p, __m256d v, int64_t count) {
  __m128d half = _mm256_castpd256_pd128(v);
  if (count & 2) {
    _mm_storeu_pd(p, half);
    half = _mm256_extractf128_pd(v, 1);
    p += 2;
  }
  if (count & 1) _mm_store_sd(p, half);
}

#include "gemm_types.inc"
#pragma clang attribute pop
#endif

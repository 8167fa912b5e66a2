// Matrix kernels for AVX-512: tiles of 14 rows by two 512-bit vectors, 28 of 32 registers as accumulators.
#if defined(__x86_64__)
#include "gemm.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx2,fma"))), apply_to = function)
#define GEMM_NAME(name, type) ebb_gemm_avx512_##name##_##type
#define GEMM_TABLE(type) ebb_gemm_avx512_##type
#define GEMM_VECTOR_BYTES 64
#define GEMM_MULADD(a, b, c) __builtin_elementwise_fma(a, b, c)
#define GEMM_MR 14
#define GEMM_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)
#define GEMM_MC 280
#define GEMM_KC 320
#define GEMM_NC 4096
#include "gemm_types.inc"
#pragma clang attribute pop
#endif

// Matrix kernels for AVX2 with FMA: tiles of 6 rows by two 256-bit vectors, twelve of sixteen registers as accumulators.
#if defined(__x86_64__)
#include "gemm.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define GEMM_NAME(name, type) ebb_gemm_avx2_##name##_##type
#define GEMM_TABLE(type) ebb_gemm_avx2_##type
#define GEMM_VECTOR_BYTES 32
#define GEMM_MULADD(a, b, c) __builtin_elementwise_fma(a, b, c)
#define GEMM_MR 6
#define GEMM_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6)
#define GEMM_MC 192
#define GEMM_KC 320
#define GEMM_NC 4096
#include "gemm_types.inc"
#pragma clang attribute pop
#endif

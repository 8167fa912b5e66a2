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
#define GEMM_MC 192
#define GEMM_KC 320
#define GEMM_NC 2048
#include "gemm_types.inc"

// Matrix products C = A B and C += A B over strided operands. This file owns the entry point.
#include "ckernels.h"

#define DEFINE_PRODUCT(T, NAME)                                                                         \
  static void NAME(const ebb_matmul *x, const T *a, const T *b, T *c) {                                 \
    for (int64_t i = 0; i < x->m; i++) {                                                                \
      T *row = c + i * x->ldc;                                                                          \
      if (!x->accumulate)                                                                               \
        for (int64_t j = 0; j < x->n; j++) row[j] = 0;                                                  \
      for (int64_t p = 0; p < x->k; p++) {                                                              \
        const T scale = a[i * x->a_row + p * x->a_col];                                                 \
        for (int64_t j = 0; j < x->n; j++) row[j] += scale * b[p * x->b_row + j * x->b_col];            \
      }                                                                                                 \
    }                                                                                                   \
  }

DEFINE_PRODUCT(float, product_f32)
DEFINE_PRODUCT(double, product_f64)

int32_t ebb_gemm(const ebb_matmul *x, const ebb_control *control) {
  for (int64_t entry = 0; entry < x->batch; entry++) {
    if (control && control->interrupt && *control->interrupt) return EBB_INTERRUPTED;
    if (x->dtype == EBB_F32)
      product_f32(x, (const float *)x->a + entry * x->a_batch, (const float *)x->b + entry * x->b_batch,
                  (float *)x->c + entry * x->c_batch);
    else
      product_f64(x, (const double *)x->a + entry * x->a_batch, (const double *)x->b + entry * x->b_batch,
                  (double *)x->c + entry * x->c_batch);
  }
  return EBB_OK;
}

// Products with one row or one column: the matrix is read once, nothing is packed. Rows that lie contiguous become dot products,
// columns that lie contiguous are added up; both forms read memory in the order in which it lies.
#include <string.h>

#include "gemm.h"

// From this many multiply-adds on, a product is divided among threads and polls for interrupts.
enum { PARALLEL_WORK = 1 << 20 };
// The most multiply-adds between two polls.
enum { LONGEST_PART = 1 << 24 };

typedef struct vector_product {
  const ebb_gemm_kernels *kernels;
  ebb_gemv g;
} vector_product;

static void run(const ebb_gemm_kernels *kernels, const ebb_gemv *g) { (g->m_col == 1 ? kernels->dots : kernels->sums)(g); }

static void run_rows(void *context, int64_t first, int64_t last) {
  const vector_product *const v = context;
  ebb_gemv g = v->g;
  const int64_t size = v->kernels->element;
  g.matrix = (const char *)g.matrix + first * g.m_row * size;
  g.y = (char *)g.y + first * size;
  g.n = last - first;
  run(v->kernels, &g);
}

static void copy_strided(int64_t size, int64_t n, void *out, int64_t out_step, const void *in, int64_t in_step) {
  if (size == sizeof(float))
    for (int64_t i = 0; i < n; i++) ((float *)out)[i * out_step] = ((const float *)in)[i * in_step];
  else
    for (int64_t i = 0; i < n; i++) ((double *)out)[i * out_step] = ((const double *)in)[i * in_step];
}

int32_t ebb_gemm_vector(const ebb_gemm_kernels *kernels, const ebb_matmul *x, const ebb_control *control) {
  const int64_t size = kernels->element, k = x->k;
  const bool row = x->m == 1;  // y = x B, else y = A x
  vector_product v = {kernels, {.k = k, .add = x->accumulate}};
  v.g.n = row ? x->n : x->m;
  v.g.matrix = row ? x->b : x->a;
  v.g.m_row = row ? x->b_col : x->a_row;
  v.g.m_col = row ? x->b_row : x->a_col;
  const void *vector = row ? x->a : x->b;
  const int64_t x_step = k == 1 ? 1 : row ? x->a_col : x->b_row;
  const int64_t y_step = row ? 1 : x->ldc;
  const int64_t n = v.g.n;
  // Along a dimension of one element any stride will do: the form that takes whole vectors is the right one.
  if (k == 1 && v.g.m_row != 1) v.g.m_col = 1;
  if (k == 1 && v.g.m_row == 1) v.g.m_col = n;
  if (n == 1 && v.g.m_col != 1) v.g.m_row = 1;

  const int64_t copies = (x_step != 1 ? k : 0) + (y_step != 1 ? n : 0);
  char *scratch = copies ? ebb_gemm_scratch(ebb_gemm_slot_vectors, (size_t)(copies * size)) : NULL;
  v.g.x = vector;
  if (x_step != 1) {
    copy_strided(size, k, scratch, 1, vector, x_step);
    v.g.x = scratch;
    scratch += k * size;
  }
  v.g.y = x->c;
  if (y_step != 1) {
    if (x->accumulate) copy_strided(size, n, scratch, 1, x->c, y_step);
    v.g.y = scratch;
  }
  int32_t status = EBB_OK;
  if (n * k < PARALLEL_WORK) {
    run(kernels, &v.g);
  } else {
    // Few rows at a time keep threads even. Where columns lie contiguous, a part of y reads short pieces of all columns: there
    // each thread gets one long part, only not so long that an interrupt would wait for more than a few milliseconds.
    const int64_t threads = control && control->threads > 1 ? control->threads : 1;
    const int64_t rows = v.g.m_col == 1 ? PARALLEL_WORK / 4 / k : (n - 1) / threads, limit = LONGEST_PART / k;
    // Whole cache lines of y for each thread, and whole vectors for the kernels.
    const int64_t grain = ((rows < limit ? rows : limit) + 64) / 64 * 64;
    status = ebb_parallel_for(n, grain, run_rows, &v, control);
  }
  if (y_step != 1) copy_strided(size, n, x->c, y_step, scratch, 1);
  return status;
}

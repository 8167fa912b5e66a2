// What the driver of matrix products (gemm.c) and the kernels of one instruction set (gemm_kernels.inc) agree on.
#ifndef EBB_GEMM_H
#define EBB_GEMM_H
#include "ckernels.h"

// One block of a product, small enough in k that every element of C is a single chain of multiply-adds, in increasing k, which
// starts at zero and is then stored to or added to C. The chain does not depend on tiles, strips or panels: that is what makes
// results independent of how the work was split, packed and laid out.
typedef struct ebb_gemm_block {
  int64_t m, n, k;
  const void *a;         // packed: strips of mr rows, each k-major; otherwise any strides
  int64_t a_row, a_col;  // strides of an unpacked a
  bool a_packed;
  bool b_packed;
  bool rows_outside;  // walk along the rows of C first: right when k is small and C is what moves
  bool add;           // C += instead of C =
  const void *b;      // packed: panels of nr columns, each k-major and padded to whole vectors; otherwise rows of stride b_row
  int64_t b_row;
  void *c;
  int64_t ldc;
} ebb_gemm_block;

// y (contiguous) = M x or y += M x, where M is [n, k] with strides (m_row, m_col) and x is contiguous.
typedef struct ebb_gemv {
  int64_t n, k;
  const void *matrix;
  int64_t m_row, m_col;
  const void *x;
  void *y;
  bool add;
} ebb_gemv;

// C = A B or C += A B, where A is packed in strips of mr rows and row p of B is n elements from b + offset[p] on, readable up to a
// whole panel: the patches of an image.
typedef struct ebb_shifted {
  int64_t m, n, k;
  const void *a, *b;
  const int64_t *offset;
  void *c;
  int64_t ldc;
  bool add;
} ebb_shifted;

// C = A B or C += A B, where row i of A starts at a + offset[i] and has `lines` runs of `length` elements, `pitch` apart, and B is
// packed in panels of nr columns: patches times cotangents.
typedef struct ebb_correlated {
  int64_t m, n, lines, length, pitch;
  const void *a;
  const int64_t *offset;
  const void *b;
  void *c;
  int64_t ldc;
  bool add;
} ebb_correlated;

// The kernels of one instruction set and element type, and the block sizes that suit its registers and the caches it comes with.
typedef struct ebb_gemm_kernels {
  int64_t element;     // bytes
  int64_t lanes;       // elements of a vector
  int64_t mr, nr;      // tile held in registers
  int64_t mc, kc, nc;  // blocks: a is [mc, kc] in L2, b is [kc, nc] in L3, one panel of b [kc, nr] in L1
  void (*block)(const ebb_gemm_block *);
  // Packs `count` lines (rows of A or columns of B) of k elements into groups of mr or nr lines, k-major; the last group may be
  // partial.
  void (*pack_a)(int64_t count, int64_t k, const void *in, int64_t line, int64_t step, void *out);
  void (*pack_b)(int64_t count, int64_t k, const void *in, int64_t line, int64_t step, void *out);
  void (*shifted)(const ebb_shifted *);
  void (*correlated)(const ebb_correlated *);
  void (*dots)(const ebb_gemv *);  // m_col = 1: each row is a dot product
  void (*sums)(const ebb_gemv *);  // m_row = 1: y is a sum of scaled columns
} ebb_gemm_kernels;

// Thread-local memory of at least `bytes` bytes, aligned to a page, valid until the thread asks for more of the same slot.
typedef enum ebb_gemm_slot {
  ebb_gemm_slot_a,
  ebb_gemm_slot_b,
  ebb_gemm_slot_vectors,
  // Of convolution.c, which calls for products while it holds these.
  ebb_gemm_slot_patches,
  ebb_gemm_slot_offsets,
  ebb_gemm_slot_product,
  ebb_gemm_slot_weight,
  ebb_gemm_slot_tiles,  // of tiles.c, which runs behind products
  ebb_gemm_slot_gradients,  // of aggregate.c
  EBB_GEMM_SLOTS
} ebb_gemm_slot;
void *ebb_gemm_scratch(ebb_gemm_slot slot, size_t bytes);

// What this machine runs.
const ebb_gemm_kernels *ebb_gemm_kernels_for(ebb_dtype dtype);

// m = 1 or n = 1 with k > 0 (gemm_vector.c).
int32_t ebb_gemm_vector(const ebb_gemm_kernels *kernels, const ebb_matmul *x, const ebb_control *control);

extern const ebb_gemm_kernels ebb_gemm_baseline_f32, ebb_gemm_baseline_f64;
#if defined(__x86_64__)
extern const ebb_gemm_kernels ebb_gemm_avx2_f32, ebb_gemm_avx2_f64;
extern const ebb_gemm_kernels ebb_gemm_avx512_f32, ebb_gemm_avx512_f64;
#endif

#endif

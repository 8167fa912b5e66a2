// The batched decompositions in both precisions: the bodies stand once, in decompositions.inc.
//
// A packed row-major matrix is, read column by column, its transpose. Where the transposed problem has the same answer in a
// transposed place (svd, LQ for QR, upper for lower Cholesky, inverse), nothing is moved; otherwise the copy into or out of scratch
// memory, which LAPACK's overwriting makes necessary anyway, transposes.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "routines.h"

// Working memory of one call: a few aligned blocks, released together.
typedef struct scratch {
  void *blocks[8];
  int count;
  bool failed;
} scratch;

static void *take(scratch *memory, int64_t count, size_t size) {
  size_t bytes = ((size_t)(count > 0 ? count : 1) * size + 63) & ~(size_t)63;
  void *block = aligned_alloc(64, bytes);
  if (block)
    memory->blocks[memory->count++] = block;
  else
    memory->failed = true;
  return block;
}

static void release(scratch *memory) {
  for (int i = 0; i < memory->count; i++) free(memory->blocks[i]);
}

static bool interrupted(const ebb_lapack_call *call) { return call->interrupt && *call->interrupt; }

static ebb_lapack_status fail(ebb_lapack_call *call, ebb_lapack_status status, int64_t entry, int info) {
  call->entry = entry;
  call->info = info;
  return status;
}

static int larger(int a, int b) { return a > b ? a : b; }
static int smaller(int a, int b) { return a < b ? a : b; }

#define T float
#define BITS uint32_t
#define EXPONENT 0x7F800000u
#define NAME(name) name##_f32
#define ROUTINES(call) (&(call)->library->s)
#include "decompositions.inc"
#undef T
#undef BITS
#undef EXPONENT
#undef NAME
#undef ROUTINES

#define T double
#define BITS uint64_t
#define EXPONENT 0x7FF0000000000000u
#define NAME(name) name##_f64
#define ROUTINES(call) (&(call)->library->d)
#include "decompositions.inc"
#undef T
#undef BITS
#undef EXPONENT
#undef NAME
#undef ROUTINES

ebb_lapack_status ebb_lapack_eigh(ebb_lapack_call *call, int32_t n, const void *a, void *values, void *vectors) {
  return call->wide ? eigh_f64(call, n, a, values, vectors) : eigh_f32(call, n, a, values, vectors);
}

ebb_lapack_status ebb_lapack_svd(ebb_lapack_call *call, int32_t m, int32_t n, bool full, const void *a, void *u, void *s,
                                 void *vt) {
  return call->wide ? svd_f64(call, m, n, full, a, u, s, vt) : svd_f32(call, m, n, full, a, u, s, vt);
}

ebb_lapack_status ebb_lapack_qr(ebb_lapack_call *call, int32_t m, int32_t n, const void *a, void *q, void *r) {
  return call->wide ? qr_f64(call, m, n, a, q, r) : qr_f32(call, m, n, a, q, r);
}

ebb_lapack_status ebb_lapack_cholesky(ebb_lapack_call *call, int32_t n, const void *a, void *l) {
  return call->wide ? cholesky_f64(call, n, a, l) : cholesky_f32(call, n, a, l);
}

ebb_lapack_status ebb_lapack_solve(ebb_lapack_call *call, int32_t n, int32_t k, const void *a, const void *b, void *x) {
  return call->wide ? solve_f64(call, n, k, a, b, x) : solve_f32(call, n, k, a, b, x);
}

ebb_lapack_status ebb_lapack_triangular_solve(ebb_lapack_call *call, int32_t n, int32_t k, bool lower, bool transposed, bool unit,
                                              const void *a, const void *b, void *x) {
  return call->wide ? triangular_solve_f64(call, n, k, lower, transposed, unit, a, b, x)
                    : triangular_solve_f32(call, n, k, lower, transposed, unit, a, b, x);
}

ebb_lapack_status ebb_lapack_inverse(ebb_lapack_call *call, int32_t n, const void *a, void *x) {
  return call->wide ? inverse_f64(call, n, a, x) : inverse_f32(call, n, a, x);
}

ebb_lapack_status ebb_lapack_slogdet(ebb_lapack_call *call, int32_t n, const void *a, void *sign, void *logabs) {
  return call->wide ? slogdet_f64(call, n, a, sign, logabs) : slogdet_f32(call, n, a, sign, logabs);
}

ebb_lapack_status ebb_lapack_least_squares(ebb_lapack_call *call, int32_t m, int32_t n, int32_t k, double rcond, const void *a,
                                           const void *b, void *x, int32_t *rank, void *s) {
  return call->wide ? least_squares_f64(call, m, n, k, rcond, a, b, x, rank, s)
                    : least_squares_f32(call, m, n, k, rcond, a, b, x, rank, s);
}

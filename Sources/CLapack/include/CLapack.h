// OpenBLAS's LAPACK, opened on first use, and batched decompositions over it.
//
// This target owns the loading (which library, which core, how many threads) and the layout: arrays outside are row-major and
// packed, [batch, rows, columns]; LAPACK's column-major order never shows. It knows no tensors and polls the interrupt between
// matrices.
#ifndef CLAPACK_H
#define CLAPACK_H
#include <stdbool.h>
#include <stdint.h>

#define EBB_CLOSED_ENUM __attribute__((enum_extensibility(closed)))

// ---- the library -----------------------------------------------------------------------------------------------------------

typedef struct ebb_lapack ebb_lapack;

// The process's library: libopenblas.so.0 or else liblapack.so.3, opened once, by whichever thread comes first; NULL when neither
// can be opened. OpenBLAS is told to use one thread (it would start the others at load) and to detect the processor by itself:
// OPENBLAS_CORETYPE in the environment is often a stale preset that halves the speed of a newer machine, so it is ignored while
// loading. EBBTIDE_BLAS_CORE names another core ("Haswell", "SkylakeX", ...) on purpose. The environment is put back afterwards.
// A library that the host program had loaded before keeps its settings.
const ebb_lapack *ebb_lapack_shared(void);

// Opens the first of `count` names that has every routine needed; NULL if none does. The result is never closed.
const ebb_lapack *ebb_lapack_open(const char *const *names, int32_t count);

const char *ebb_lapack_name(const ebb_lapack *library);  // the name under which it was opened
const char *ebb_lapack_core(const ebb_lapack *library);  // the processor core OpenBLAS chose, or NULL when it is not OpenBLAS

// ---- decompositions --------------------------------------------------------------------------------------------------------

typedef enum EBB_CLOSED_ENUM ebb_lapack_status : uint8_t {
  ebb_lapack_status_ok,
  ebb_lapack_status_interrupted,
  ebb_lapack_status_no_memory,   // not enough of it for working space
  ebb_lapack_status_not_finite,  // matrix `entry` holds NaN or infinity
  ebb_lapack_status_failed       // matrix `entry` failed with LAPACK's positive `info`
} ebb_lapack_status;

// What every call takes, and where it says what went wrong. Matrices are handled one after another in aligned scratch memory, so
// the bits of a result do not depend on its place in the batch.
typedef struct ebb_lapack_call {
  const ebb_lapack *library;
  bool wide;  // float64, else float32; T below
  int64_t batch;
  const volatile int32_t *interrupt;  // may be NULL
  int64_t entry;                      // out: which matrix failed, from 0
  int32_t info;                       // out: LAPACK's info for it
} ebb_lapack_call;

// a T[n, n], symmetrized; values T[n] ascending; vectors T[n, n] with eigenvectors as columns, or NULL for values alone.
ebb_lapack_status ebb_lapack_eigh(ebb_lapack_call *call, int32_t n, const void *a, void *values, void *vectors);

// a T[m, n] = u diag(s) vt, s T[min(m, n)] descending. u T[m, k] and vt T[k, n] with k = min(m, n), or when full T[m, m] and
// T[n, n]; both NULL for s alone.
ebb_lapack_status ebb_lapack_svd(ebb_lapack_call *call, int32_t m, int32_t n, bool full, const void *a, void *u, void *s, void *vt);

// a T[m, n] = q r with q T[m, k], r T[k, n] upper triangular, k = min(m, n).
ebb_lapack_status ebb_lapack_qr(ebb_lapack_call *call, int32_t m, int32_t n, const void *a, void *q, void *r);

// a T[n, n], symmetrized, = l lᵀ with l T[n, n] lower triangular. info: the order of the first minor that is not positive.
ebb_lapack_status ebb_lapack_cholesky(ebb_lapack_call *call, int32_t n, const void *a, void *l);

// a T[n, n] x = b T[n, k]. info: the first pivot that is exactly zero.
ebb_lapack_status ebb_lapack_solve(ebb_lapack_call *call, int32_t n, int32_t k, const void *a, const void *b, void *x);

// The same for a triangle of a (or of its transpose); the other triangle, and with unit the diagonal, are not read. NaN and
// infinity propagate. info: the first diagonal element that is zero.
ebb_lapack_status ebb_lapack_triangular_solve(ebb_lapack_call *call, int32_t n, int32_t k, bool lower, bool transposed, bool unit,
                                              const void *a, const void *b, void *x);

// x T[n, n] = a⁻¹. info: the first pivot that is exactly zero.
ebb_lapack_status ebb_lapack_inverse(ebb_lapack_call *call, int32_t n, const void *a, void *x);

// det a = sign · exp(logabs), both T one a matrix; a singular matrix gives 0 and -infinity.
ebb_lapack_status ebb_lapack_slogdet(ebb_lapack_call *call, int32_t n, const void *a, void *sign, void *logabs);

// x T[n, k] of least norm among those that minimize |a x - b|, a T[m, n], b T[m, k]. Singular values s T[min(m, n)] at most
// rcond · s[0] count as zero; rank is the number of the others.
ebb_lapack_status ebb_lapack_least_squares(ebb_lapack_call *call, int32_t m, int32_t n, int32_t k, double rcond, const void *a,
                                           const void *b, void *x, int32_t *rank, void *s);

#endif

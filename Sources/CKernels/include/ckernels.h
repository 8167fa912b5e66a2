// Numeric kernels: the only place of the project with vector code. Every function is pure in its arguments, keeps no state but
// the worker pool, and returns EBB_OK or EBB_INTERRUPTED. Elements are counted in elements, never bytes. Results do not depend
// on the number of threads: partial sums and tiles are fixed by the shape alone.
#ifndef CKERNELS_H
#define CKERNELS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EBB_CLOSED_ENUM __attribute__((enum_extensibility(closed)))

typedef enum EBB_CLOSED_ENUM ebb_dtype : uint8_t { EBB_F32 = 0, EBB_F64 = 1, EBB_I32 = 2, EBB_BOOL = 3 } ebb_dtype;

// Imported into Swift as an exhaustive enum: a new operation without a derivative does not compile.
typedef enum EBB_CLOSED_ENUM ebb_op : uint8_t {
#define EBB_UNARY(name, f) ebb_op_##name,
#define EBB_NUMERIC1(name, f, i) ebb_op_##name,
#define EBB_BINARY(name, f) ebb_op_##name,
#define EBB_NUMERIC2(name, f, i) ebb_op_##name,
#define EBB_COMPARE(name, e) ebb_op_##name,
#define EBB_TEST(name, f) ebb_op_##name,
#define EBB_LOGIC1(name, e) ebb_op_##name,
#define EBB_LOGIC2(name, e) ebb_op_##name,
#define EBB_SELECT(name) ebb_op_##name,
#include "pointwise.def"
} ebb_op;

enum { EBB_OK = 0, EBB_INTERRUPTED = 1 };
enum { EBB_MAX_RANK = 8 };

// What a call may use: polled between tiles of long work, and how many threads may take part (1 = the caller alone).
typedef struct ebb_control {
  const volatile int32_t *interrupt;  // may be NULL
  int32_t threads;
} ebb_control;

// A strided operand: strides in elements, one per dimension of the result, 0 along broadcast dimensions.
typedef struct ebb_operand {
  const void *data;
  int64_t strides[EBB_MAX_RANK];
} ebb_operand;

// ---- pointwise -------------------------------------------------------------------------------------------------------------

const char *ebb_op_name(ebb_op op);
int32_t ebb_op_arity(ebb_op op);
int32_t ebb_op_count(void);
// Whether op exists for operands of this dtype (for select: of its two branches).
bool ebb_op_supports(ebb_op op, ebb_dtype operands);

// The inner loop of op: n elements, out contiguous, each operand with stride 0 or any other stride.
// Bit-equal for every n and split: the vector body and its tail do the same arithmetic, without contraction to FMA.
typedef void (*ebb_loop)(int64_t n, void *out, const void *a, int64_t sa, const void *b, int64_t sb, const void *c, int64_t sc);
ebb_loop ebb_pointwise_loop(ebb_op op, ebb_dtype operands);

// out (contiguous, of shape[0..<rank]) = op(operands...). For select, operands[0] is the bool condition and dtype is the branches'.
int32_t ebb_pointwise(ebb_op op, ebb_dtype dtype, int32_t rank, const int64_t *shape, void *out, const ebb_operand *operands,
                      const ebb_control *control);

// Conversion between dtypes; floats to int32 truncate toward zero. Returns in *bad (may be NULL) how many values were NaN or
// out of int32's range; those elements are written as 0.
int32_t ebb_cast(ebb_dtype from, ebb_dtype to, int32_t rank, const int64_t *shape, void *out, const ebb_operand *operand,
                 int64_t *bad, const ebb_control *control);

// out (strided) = in (strided), same dtype by element size (1, 4 or 8 bytes). Serves clone, contiguous, slice assignment.
int32_t ebb_copy(int32_t element_size, int32_t rank, const int64_t *shape, void *out, const int64_t *out_strides, const void *in,
                 const int64_t *in_strides, const ebb_control *control);
void ebb_fill(ebb_dtype dtype, int64_t n, void *out, double value);
void ebb_iota(ebb_dtype dtype, int64_t n, void *out, double start, double step);  // out[i] = start + i * step, computed in double

// ---- reductions ------------------------------------------------------------------------------------------------------------

typedef enum EBB_CLOSED_ENUM ebb_reduction : uint8_t {
  ebb_reduce_sum, ebb_reduce_prod, ebb_reduce_max, ebb_reduce_min, ebb_reduce_any, ebb_reduce_all
} ebb_reduction;

// in is seen as [outer, n, inner], contiguous; out is [outer, inner]. sum/prod/max/min: floats and int32 (int32 wraps);
// any/all: bool. max and min propagate NaN. n = 0 gives the neutral element (max: -inf, min: inf, int32 extremes).
// Sums use a fixed number of partial accumulators combined pairwise in a fixed order.
int32_t ebb_reduce(ebb_reduction r, ebb_dtype dtype, int64_t outer, int64_t n, int64_t inner, void *out, const void *in,
                   const ebb_control *control);
// First index (from 0) of the largest or smallest element; NaN counts as larger (smaller) than all. out is int32.
int32_t ebb_arg_reduce(bool largest, ebb_dtype dtype, int64_t outer, int64_t n, int64_t inner, int32_t *out, const void *in,
                       const ebb_control *control);
// Running sum or product along the middle axis; out has the shape of in.
int32_t ebb_scan(ebb_reduction r, ebb_dtype dtype, int64_t outer, int64_t n, int64_t inner, void *out, const void *in,
                 const ebb_control *control);

// ---- indexing, sorting -----------------------------------------------------------------------------------------------------

// in [outer, n, inner], index [k] from 0, all checked by the caller; out [outer, k, inner].
int32_t ebb_gather(int32_t element_size, int64_t outer, int64_t n, int64_t inner, int64_t k, void *out, const void *in,
                   const int32_t *index, const ebb_control *control);
// out [outer, n, inner] += in [outer, k, inner] at index [k]; repeated indices accumulate in increasing order of k.
int32_t ebb_scatter_add(ebb_dtype dtype, int64_t outer, int64_t n, int64_t inner, int64_t k, void *out, const void *in,
                        const int32_t *index, const ebb_control *control);
// Rows with positions of their own: in [rows, n] at index [rows, k] gives out [rows, k]; the adjoint adds in [rows, k] to rows of n
// zeros, repeated positions in their order. *wrong is the place of the first position outside 0..<n, or -1.
int32_t ebb_take_along(int32_t element_size, int64_t rows, int64_t n, int64_t k, void *out, const void *in, const int32_t *index,
                       int64_t *wrong, const ebb_control *control);
int32_t ebb_add_along(ebb_dtype dtype, int64_t rows, int64_t n, int64_t k, void *out, const void *in, const int32_t *index,
                      int64_t *wrong, const ebb_control *control);
// Stable sort of each contiguous row of n; NaN last. values may be NULL. index is int32 from 0.
int32_t ebb_sort(ebb_dtype dtype, int64_t rows, int64_t n, bool descending, void *values, int32_t *index, const void *in,
                 const ebb_control *control);

// ---- matrix products -------------------------------------------------------------------------------------------------------

// C = A B (accumulate: C += A B) for float32/float64, batch times. A is [m, k] with strides (a_row, a_col), B is [k, n] with
// (b_row, b_col), C is [m, n] row-major with leading dimension ldc; one of each operand's strides is 1 (or the extent along it
// is 1) — other layouts are copied by the caller. Batch strides may be 0. One summation order for every thread count.
typedef void (*ebb_body)(void *context, int64_t first, int64_t last);
typedef struct ebb_matmul {
  ebb_dtype dtype;
  bool accumulate;
  int64_t m, n, k, batch;
  const void *a;
  int64_t a_row, a_col, a_batch;
  const void *b;
  int64_t b_row, b_col, b_batch;
  void *c;
  int64_t ldc, c_batch;
  // What follows a product without batch, NULL: nothing. It gets every row of C once, by ranges, while they are in the cache of the
  // thread that made them.
  ebb_body after;
  void *after_context;
} ebb_matmul;
int32_t ebb_gemm(const ebb_matmul *product, const ebb_control *control);

// ---- sliding windows -------------------------------------------------------------------------------------------------------

// Windows that slide over a plane of size[0] rows by size[1] columns: element (i, j) of window (y, x) lies at row
// y * stride[0] + i * dilation[0] - low[0], column likewise; outside the plane is padding. count windows along each direction.
typedef struct ebb_windows {
  int64_t size[2], kernel[2], stride[2], dilation[2], low[2], count[2];
} ebb_windows;

// The elements of all windows of each plane, [planes, kernel, count]; padding reads 0. Floats.
int32_t ebb_unfold(ebb_dtype dtype, const ebb_windows *windows, int64_t planes, void *out, const void *in,
                   const ebb_control *control);
// Its adjoint: every element of the plane is the sum of its places in the windows, in a fixed order.
int32_t ebb_fold(ebb_dtype dtype, const ebb_windows *windows, int64_t planes, void *out, const void *in,
                 const ebb_control *control);

// The largest element of every window and its row-major position in the plane, [planes, count]; the first of equal ones wins, NaN
// over all. Every window has an element inside the plane.
int32_t ebb_window_maxima(ebb_dtype dtype, const ebb_windows *windows, int64_t planes, void *values, int32_t *places,
                          const void *in, const ebb_control *control);
// The sum of every window, [planes, count], and the adjoint: every element of a plane is the sum over the windows that contain it.
int32_t ebb_window_sums(ebb_dtype dtype, const ebb_windows *windows, int64_t planes, void *out, const void *in,
                        const ebb_control *control);
int32_t ebb_window_spread(ebb_dtype dtype, const ebb_windows *windows, int64_t planes, void *out, const void *in,
                          const ebb_control *control);

// The trilinear form T = sum of x[n, (g c), position of (i, j) in window (u, v)] w[(g o), c, i, j] y[n, (g o), u, v] over all its
// indices; a face is its partial derivative in one of the three, which is then what is computed from the other two.
typedef enum EBB_CLOSED_ENUM ebb_face : uint8_t { ebb_face_output, ebb_face_input, ebb_face_weight } ebb_face;

typedef struct ebb_convolution {
  ebb_dtype dtype;  // a float type
  ebb_face face;
  int64_t images, groups, in, out;  // channels of one group
  ebb_windows windows;
  const void *x, *w, *y;  // contiguous; that of the face is not looked at
  void *result;           // of the weight: [parts, weight], sums over parts of the images that the caller adds up
} ebb_convolution;
int64_t ebb_convolution_parts(const ebb_convolution *convolution);  // depends on the shape alone; 1 for the other faces
// All sizes are positive. One order of summation for every thread count.
int32_t ebb_convolve(const ebb_convolution *convolution, const ebb_control *control);

// ---- random numbers --------------------------------------------------------------------------------------------------------

// Philox4x32-10: four words from a 128-bit counter and a 64-bit key (Salmon et al. 2011).
void ebb_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);
// Element i of a draw depends on (key, draw, i) alone. uniform: [0, 1) with 24 (float32) or 53 (float64) random bits.
// normal: Box-Muller in the working precision on pairs of elements. bits: raw 32-bit words.
void ebb_random_uniform(ebb_dtype dtype, uint64_t key, uint64_t draw, int64_t n, void *out);
void ebb_random_normal(ebb_dtype dtype, uint64_t key, uint64_t draw, int64_t n, void *out);
void ebb_random_bits(uint64_t key, uint64_t draw, int64_t n, uint32_t *out);

#include "aggregate.h"

// ---- threads ---------------------------------------------------------------------------------------------------------------

// Calls body(context, first, last) over [0, n) in chunks of grain, on up to control->threads threads; polls the interrupt flag
// between chunks. When the workers are busy with another caller, the caller does all the work itself.
int32_t ebb_parallel_for(int64_t n, int64_t grain, ebb_body body, void *context, const ebb_control *control);

#include "steps.h"

// ---- facts -----------------------------------------------------------------------------------------------------------------

const char *ebb_isa(void);  // "avx512f", "avx2" or "default": which clones this machine runs

// The thread's current execution context, a pointer that Arrays sets and reads; kept here because Swift has no thread-locals.
void *ebb_thread_context(void);
void ebb_set_thread_context(void *context);
// The function that is being recorded on this thread and holds all that happens in it, or NULL.
void *ebb_thread_branch(void);
void ebb_set_thread_branch(void *branch);

#endif

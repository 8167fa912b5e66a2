// Pointwise operations over whole arrays: facts about each operation, and the traversal that cuts a strided problem into runs
// for the inner loops of pointwise_loops.h. The result is always contiguous, so a run is a piece of it.
#include <string.h>
#include "layout.h"
#include "pointwise_tables.h"

const char *ebb_op_name(ebb_op op) {
  switch (op) {
#define CASE(name) case ebb_op_##name: return #name;
#define EBB_UNARY(name, f) CASE(name)
#define EBB_NUMERIC1(name, f, i) CASE(name)
#define EBB_BINARY(name, f) CASE(name)
#define EBB_NUMERIC2(name, f, i) CASE(name)
#define EBB_COMPARE(name, e) CASE(name)
#define EBB_TEST(name, f) CASE(name)
#define EBB_LOGIC1(name, e) CASE(name)
#define EBB_LOGIC2(name, e) CASE(name)
#define EBB_SELECT(name) CASE(name)
#include "pointwise.def"
  }
}

static const int8_t arities[] = {
#define EBB_UNARY(name, f) 1,
#define EBB_NUMERIC1(name, f, i) 1,
#define EBB_BINARY(name, f) 2,
#define EBB_NUMERIC2(name, f, i) 2,
#define EBB_COMPARE(name, e) 2,
#define EBB_TEST(name, f) 1,
#define EBB_LOGIC1(name, e) 1,
#define EBB_LOGIC2(name, e) 2,
#define EBB_SELECT(name) 3,
#include "pointwise.def"
};

int32_t ebb_op_arity(ebb_op op) { return arities[op]; }
int32_t ebb_op_count(void) { return sizeof arities; }

ebb_loop ebb_pointwise_loop(ebb_op op, ebb_dtype operands) {
  switch (operands) {
  case EBB_F32: return ebb_loops_f32[op];
  case EBB_F64: return ebb_loops_f64[op];
  case EBB_I32: return ebb_loops_i32[op];
  case EBB_BOOL: return ebb_loops_bool[op];
  }
}

ebb_loop ebb_pair_loop(ebb_op first, ebb_op second, bool is_left, ebb_dtype dtype) {
  if (dtype != EBB_F32 && dtype != EBB_F64) return NULL;
  const ebb_pair *pairs = dtype == EBB_F32 ? ebb_pairs_f32 : ebb_pairs_f64;
  for (int32_t i = 0; i < EBB_PAIRS; i++)
    if (pairs[i].first == first && pairs[i].second == second && pairs[i].is_left == is_left) return pairs[i].loop;
  return NULL;
}

ebb_loop ebb_slope_loop(ebb_dtype dtype) { return dtype == EBB_F32 ? ebb_slope_f32 : dtype == EBB_F64 ? ebb_slope_f64 : NULL; }

bool ebb_op_supports(ebb_op op, ebb_dtype operands) { return ebb_pointwise_loop(op, operands) != NULL; }

static bool results_are_bool(ebb_op op) {
  switch (op) {
#define BOOL_RESULT(name) case ebb_op_##name: return true;
#define EBB_COMPARE(name, e) BOOL_RESULT(name)
#define EBB_TEST(name, f) BOOL_RESULT(name)
#define EBB_LOGIC1(name, e) BOOL_RESULT(name)
#define EBB_LOGIC2(name, e) BOOL_RESULT(name)
#include "pointwise.def"
  default: return false;
  }
}

enum { SMALL = 4096, SHORT_ROW = 64, TILE = 1024 };

// How an operand lies under the whole problem: contiguous, one value, the same row again and again, or anything else.
typedef enum lie { DENSE, SINGLE, REPEATED, SCATTERED } lie;

typedef struct problem {
  ebb_loop loop;
  ebb_walk walk;  // arrays 0..2: operands
  lie lies[3];
  int64_t row;  // extent of the innermost dimension
  char *out;
  const char *data[3];
  size_t out_size, sizes[3];
} problem;

// Elements [first, last) of a problem of one dimension.
static void run_flat(void *context, int64_t first, int64_t last) {
  const problem *p = context;
  const char *at[3] = {NULL, NULL, NULL};
  int64_t strides[3] = {0, 0, 0};
  for (int32_t k = 0; k < p->walk.arrays; k++) {
    strides[k] = p->walk.strides[k][0];
    at[k] = p->data[k] + first * strides[k] * (int64_t)p->sizes[k];
  }
  p->loop(last - first, p->out + first * (int64_t)p->out_size, at[0], strides[0], at[1], strides[1], at[2], strides[2]);
}

// Rows [first, last): one call of the inner loop for each.
static void run_rows(void *context, int64_t first, int64_t last) {
  const problem *p = context;
  int32_t inner = p->walk.rank - 1;
  ebb_odometer position;
  ebb_odometer_set(&position, &p->walk, inner, first);
  const char *at[3] = {NULL, NULL, NULL};
  int64_t strides[3] = {0, 0, 0};
  for (int32_t k = 0; k < p->walk.arrays; k++) strides[k] = p->walk.strides[k][inner];
  for (int64_t row = first; row < last; row++) {
    for (int32_t k = 0; k < p->walk.arrays; k++) at[k] = p->data[k] + position.offset[k] * (int64_t)p->sizes[k];
    p->loop(p->row, p->out + row * p->row * (int64_t)p->out_size, at[0], strides[0], at[1], strides[1], at[2], strides[2]);
    ebb_odometer_next(&position, &p->walk);
  }
}

static void pack_row(size_t size, int64_t n, char *to, const char *from, int64_t stride) {
#define PACK(bits) \
  for (int64_t i = 0; i < n; i++) ((uint##bits##_t *)to)[i] = ((const uint##bits##_t *)from)[i * stride]
  switch (size) {
  case 1: PACK(8); break;
  case 4: PACK(32); break;
  default: PACK(64); break;
  }
#undef PACK
}

// Rows [first, last) that are too short for a call each: operands that are not contiguous are laid out in a tile of many rows
// first, repeated ones only once.
static void run_short_rows(void *context, int64_t first, int64_t last) {
  const problem *p = context;
  int32_t inner = p->walk.rank - 1, arrays = p->walk.arrays;
  int64_t height = TILE / p->row;
  _Alignas(64) char packed[3][TILE * sizeof(double)];
  ebb_odometer position;
  ebb_odometer_set(&position, &p->walk, inner, first);
  for (int64_t row = first; row < last; row += height) {
    int64_t rows = last - row < height ? last - row : height;
    bool scattered = false;
    for (int32_t k = 0; k < arrays; k++) scattered |= p->lies[k] == SCATTERED;
    for (int64_t i = 0; i < rows && (scattered || row == first); i++) {
      for (int32_t k = 0; k < arrays; k++) {
        if (p->lies[k] != SCATTERED && (p->lies[k] != REPEATED || row != first)) continue;
        int64_t size = (int64_t)p->sizes[k];
        pack_row(p->sizes[k], p->row, packed[k] + i * p->row * size, p->data[k] + position.offset[k] * size,
                 p->walk.strides[k][inner]);
      }
      if (scattered) ebb_odometer_next(&position, &p->walk);
    }
    const char *at[3] = {NULL, NULL, NULL};
    for (int32_t k = 0; k < arrays; k++) {
      at[k] = packed[k];
      if (p->lies[k] == SINGLE) at[k] = p->data[k];
      if (p->lies[k] == DENSE) at[k] = p->data[k] + row * p->row * (int64_t)p->sizes[k];
    }
    char *out = p->out + row * p->row * (int64_t)p->out_size;
    p->loop(rows * p->row, out, at[0], p->lies[0] != SINGLE, at[1], p->lies[1] != SINGLE, at[2], p->lies[2] != SINGLE);
  }
}

static lie lie_of(const ebb_walk *walk, int32_t k) {
  const int64_t *strides = walk->strides[k];
  int64_t extent = 1;
  bool dense = true, repeated = true;
  for (int32_t d = walk->rank - 1; d >= 0; d--) {
    dense &= strides[d] == extent;
    repeated &= d == walk->rank - 1 || strides[d] == 0;
    extent *= walk->shape[d];
  }
  return dense ? DENSE : !repeated ? SCATTERED : strides[walk->rank - 1] == 0 ? SINGLE : REPEATED;
}

// Whether the operands are each contiguous or a single value, which is what most small calls are made of.
static bool runs_alike(int32_t rank, const int64_t *shape, int32_t arity, const ebb_operand *operands) {
  for (int32_t k = 0; k < arity; k++) {
    const int64_t *strides = operands[k].strides;
    int64_t unit = rank > 0 ? strides[rank - 1] : 1, extent = unit;
    if (unit != 0 && unit != 1) return false;
    for (int32_t d = rank - 1; d >= 0; d--) {
      if (strides[d] != extent) return false;
      extent *= shape[d];
    }
  }
  return true;
}

int32_t ebb_pointwise(ebb_op op, ebb_dtype dtype, int32_t rank, const int64_t *shape, void *out, const ebb_operand *operands,
                      const ebb_control *control) {
  int32_t arity = ebb_op_arity(op);
  ebb_loop loop = ebb_pointwise_loop(op, dtype);
  int64_t n = ebb_elements(rank, shape);
  if (n == 0) return EBB_OK;
  if (n <= SMALL && runs_alike(rank, shape, arity, operands)) {
    const ebb_operand *a = operands, *b = arity > 1 ? a + 1 : a, *c = arity > 2 ? a + 2 : a;
    bool one = n == 1;
    int32_t last = one ? 0 : rank - 1;
    loop(n, out, a->data, one ? 1 : a->strides[last], b->data, one ? 1 : b->strides[last], c->data, one ? 1 : c->strides[last]);
    return ebb_interrupted(control) ? EBB_INTERRUPTED : EBB_OK;
  }
  problem p = {.loop = loop, .out = out};
  p.walk.arrays = arity;
  p.out_size = results_are_bool(op) ? 1 : ebb_size(dtype);
  for (int32_t k = 0; k < p.walk.arrays; k++) {
    p.data[k] = operands[k].data;
    p.sizes[k] = ebb_size(dtype);
  }
  if (op == ebb_op_select) p.sizes[0] = 1;
  for (int32_t d = 0; d < rank; d++) {
    int64_t strides[EBB_MAX_ARRAYS];
    for (int32_t k = 0; k < p.walk.arrays; k++) strides[k] = operands[k].strides[d];
    ebb_walk_push(&p.walk, shape[d], strides);
  }
  if (p.walk.rank == 0) {
    p.walk.rank = 1;  // a single element is a run of one
    p.walk.shape[0] = 1;
    for (int32_t k = 0; k < p.walk.arrays; k++) p.walk.strides[k][0] = 1;
  }
  p.row = p.walk.shape[p.walk.rank - 1];
  if (p.walk.rank == 1) {
    if (p.row <= EBB_SERIAL) {
      run_flat(&p, 0, p.row);
      return ebb_interrupted(control) ? EBB_INTERRUPTED : EBB_OK;
    }
    return ebb_parallel_for(p.row, EBB_CHUNK, run_flat, &p, control);
  }
  int64_t rows = ebb_elements(p.walk.rank - 1, p.walk.shape);
  int64_t grain = rows * p.row <= EBB_SERIAL ? rows : p.row >= EBB_CHUNK ? 1 : EBB_CHUNK / p.row;
  for (int32_t k = 0; k < p.walk.arrays; k++) p.lies[k] = lie_of(&p.walk, k);
  return ebb_parallel_for(rows, grain, p.row < SHORT_ROW ? run_short_rows : run_rows, &p, control);
}

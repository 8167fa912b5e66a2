// Copies between strided layouts, by element size. Dimensions are ordered by the result's strides so that writes run forward;
// when reads run along another dimension than writes, the two are walked in square blocks that fit the first-level cache.
#include <string.h>
#include "clones.h"
#include "layout.h"

enum { OUT = 0, IN = 1, STRIP = 64 };

typedef struct copy {
  ebb_walk walk;
  int32_t size;
  char *out;
  const char *in;
} copy;

#define DEFINE_MOVES(bits) \
  EBB_CLONES static void line_##bits(int64_t n, void *to, int64_t to_stride, const void *from, int64_t from_stride) { \
    uint##bits##_t *restrict r = to; \
    const uint##bits##_t *restrict x = from; \
    if (to_stride == 1 && from_stride == 1) { \
      memcpy(r, x, (size_t)n * sizeof *r); \
    } else if (to_stride == 1 && from_stride == 0) { \
      uint##bits##_t value = *x; \
      for (int64_t i = 0; i < n; i++) r[i] = value; \
    } else { \
      for (int64_t i = 0; i < n; i++) r[i * to_stride] = x[i * from_stride]; \
    } \
  }
DEFINE_MOVES(8)
DEFINE_MOVES(32)
DEFINE_MOVES(64)

// Squares are transposed in registers: 8 rows of 8 for four-byte elements, 4 rows of 4 for eight-byte ones.
typedef uint32_t eight __attribute__((vector_size(32), aligned(4)));
typedef uint64_t four __attribute__((vector_size(32), aligned(8)));
#define LOW_PAIRS(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13)
#define HIGH_PAIRS(a, b) __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15)
#define LOW_QUADS(a, b) __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
#define HIGH_QUADS(a, b) __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
#define LOW_HALVES(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11)
#define HIGH_HALVES(a, b) __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15)

// r[i * r_row + j] = x[i + j * x_col] for i, j < 8.
EBB_INLINE void square_32(uint32_t *r, int64_t r_row, const uint32_t *x, int64_t x_col) {
  eight a[8], b[8];
  for (int j = 0; j < 8; j++) a[j] = *(const eight *)(x + j * x_col);
  for (int j = 0; j < 8; j += 2) {
    b[j] = LOW_PAIRS(a[j], a[j + 1]);
    b[j + 1] = HIGH_PAIRS(a[j], a[j + 1]);
  }
  for (int j = 0; j < 8; j += 4) {
    a[j] = LOW_QUADS(b[j], b[j + 2]);
    a[j + 1] = HIGH_QUADS(b[j], b[j + 2]);
    a[j + 2] = LOW_QUADS(b[j + 1], b[j + 3]);
    a[j + 3] = HIGH_QUADS(b[j + 1], b[j + 3]);
  }
  for (int i = 0; i < 4; i++) {
    *(eight *)(r + i * r_row) = LOW_HALVES(a[i], a[i + 4]);
    *(eight *)(r + (i + 4) * r_row) = HIGH_HALVES(a[i], a[i + 4]);
  }
}
EBB_INLINE void square_64(uint64_t *r, int64_t r_row, const uint64_t *x, int64_t x_col) {
  four a[4], b[4];
  for (int j = 0; j < 4; j++) a[j] = *(const four *)(x + j * x_col);
  for (int j = 0; j < 4; j += 2) {
    b[j] = __builtin_shufflevector(a[j], a[j + 1], 0, 4, 2, 6);
    b[j + 1] = __builtin_shufflevector(a[j], a[j + 1], 1, 5, 3, 7);
  }
  for (int i = 0; i < 2; i++) {
    *(four *)(r + i * r_row) = __builtin_shufflevector(b[i], b[i + 2], 0, 1, 4, 5);
    *(four *)(r + (i + 2) * r_row) = __builtin_shufflevector(b[i], b[i + 2], 2, 3, 6, 7);
  }
}
EBB_INLINE void square_8(uint8_t *r, int64_t r_row, const uint8_t *x, int64_t x_col) {
  for (int64_t i = 0; i < 8; i++)
    for (int64_t j = 0; j < 8; j++) r[i * r_row + j] = x[i + j * x_col];
}

// r[i * r_row + j * r_col] = x[i + j * x_col] for i < rows, j < columns: square by square down each strip of columns, so that a
// line of x is used up before it leaves the cache.
#define DEFINE_BLOCK(bits, side) \
  EBB_CLONES static void block_##bits(int64_t rows, int64_t columns, void *to, int64_t r_row, int64_t r_col, const void *from, \
                                      int64_t x_col) { \
    uint##bits##_t *r = to; \
    const uint##bits##_t *x = from; \
    for (int64_t j = 0; j < columns; j += side) { \
      for (int64_t i = 0; i < rows; i += side) { \
        if (r_col == 1 && i + side <= rows && j + side <= columns) { \
          square_##bits(r + i * r_row + j, r_row, x + i + j * x_col, x_col); \
        } else { \
          int64_t i_end = i + side < rows ? i + side : rows, j_end = j + side < columns ? j + side : columns; \
          for (int64_t k = i; k < i_end; k++) \
            for (int64_t l = j; l < j_end; l++) r[k * r_row + l * r_col] = x[k + l * x_col]; \
        } \
      } \
    } \
  }
DEFINE_BLOCK(8, 8)
DEFINE_BLOCK(32, 8)
DEFINE_BLOCK(64, 4)

static void move_line(int32_t size, int64_t n, void *to, int64_t to_stride, const void *from, int64_t from_stride) {
  switch (size) {
  case 1: line_8(n, to, to_stride, from, from_stride); break;
  case 4: line_32(n, to, to_stride, from, from_stride); break;
  default: line_64(n, to, to_stride, from, from_stride); break;
  }
}

static void move_block(int32_t size, int64_t rows, int64_t columns, void *to, int64_t r_row, int64_t r_col, const void *from,
                       int64_t x_col) {
  switch (size) {
  case 1: block_8(rows, columns, to, r_row, r_col, from, x_col); break;
  case 4: block_32(rows, columns, to, r_row, r_col, from, x_col); break;
  default: block_64(rows, columns, to, r_row, r_col, from, x_col); break;
  }
}

static void copy_flat(void *context, int64_t first, int64_t last) {
  const copy *c = context;
  int64_t out = c->walk.strides[OUT][0], in = c->walk.strides[IN][0];
  move_line(c->size, last - first, c->out + first * out * c->size, out, c->in + first * in * c->size, in);
}

static void copy_rows(void *context, int64_t first, int64_t last) {
  const copy *c = context;
  int32_t inner = c->walk.rank - 1;
  ebb_odometer position;
  ebb_odometer_set(&position, &c->walk, inner, first);
  for (int64_t row = first; row < last; row++) {
    move_line(c->size, c->walk.shape[inner], c->out + position.offset[OUT] * c->size, c->walk.strides[OUT][inner],
              c->in + position.offset[IN] * c->size, c->walk.strides[IN][inner]);
    ebb_odometer_next(&position, &c->walk);
  }
}

// Units [first, last): a unit is one position of the outer dimensions and one strip of STRIP positions along `across`, which
// the caller has moved to the place before the last dimension.
static void copy_strips(void *context, int64_t first, int64_t last) {
  const copy *c = context;
  int32_t inner = c->walk.rank - 1, across = inner - 1;
  int64_t rows = c->walk.shape[across], columns = c->walk.shape[inner], strips = (rows - 1) / STRIP + 1;
  int64_t r_row = c->walk.strides[OUT][across], r_col = c->walk.strides[OUT][inner], x_col = c->walk.strides[IN][inner];
  ebb_odometer position;
  ebb_odometer_set(&position, &c->walk, across, first / strips);
  for (int64_t unit = first; unit < last; unit++) {
    int64_t i = unit % strips * STRIP, height = rows - i < STRIP ? rows - i : STRIP;
    move_block(c->size, height, columns, c->out + (position.offset[OUT] + i * r_row) * c->size, r_row, r_col,
               c->in + (position.offset[IN] + i) * c->size, x_col);
    if ((unit + 1) % strips == 0) ebb_odometer_next(&position, &c->walk);
  }
}

static int64_t magnitude(int64_t x) { return x < 0 ? -x : x; }

static void swap_dimensions(ebb_walk *walk, int32_t a, int32_t b) {
  int64_t extent = walk->shape[a];
  walk->shape[a] = walk->shape[b];
  walk->shape[b] = extent;
  for (int32_t k = 0; k < walk->arrays; k++) {
    int64_t stride = walk->strides[k][a];
    walk->strides[k][a] = walk->strides[k][b];
    walk->strides[k][b] = stride;
  }
}

int32_t ebb_copy(int32_t element_size, int32_t rank, const int64_t *shape, void *out, const int64_t *out_strides, const void *in,
                 const int64_t *in_strides, const ebb_control *control) {
  // Largest stride of the result first; the order among equals stays.
  int32_t order[EBB_MAX_RANK];
  for (int32_t d = 0; d < rank; d++) {
    if (shape[d] == 0) return EBB_OK;
    int32_t at = d;
    for (; at > 0 && magnitude(out_strides[order[at - 1]]) < magnitude(out_strides[d]); at--) order[at] = order[at - 1];
    order[at] = d;
  }
  copy c = {.walk = {.arrays = 2}, .size = element_size, .out = out, .in = in};
  for (int32_t d = 0; d < rank; d++) {
    const int64_t strides[EBB_MAX_ARRAYS] = {out_strides[order[d]], in_strides[order[d]]};
    ebb_walk_push(&c.walk, shape[order[d]], strides);
  }
  ebb_walk *walk = &c.walk;
  if (walk->rank == 0) {
    memcpy(out, in, (size_t)element_size);
    return EBB_OK;
  }
  int32_t inner = walk->rank - 1;
  if (inner == 0) {
    int64_t n = walk->shape[0];
    return ebb_parallel_for(n, n <= EBB_SERIAL ? n : EBB_CHUNK, copy_flat, &c, control);
  }
  int64_t n = ebb_elements(walk->rank, walk->shape);
  for (int32_t d = 0; d < inner; d++) {
    if (walk->strides[IN][d] != 1 || walk->strides[IN][inner] == 1 || walk->shape[d] < 4 || walk->shape[inner] < 4) continue;
    for (int32_t k = d; k < inner - 1; k++) swap_dimensions(walk, k, k + 1);
    int64_t strips = (walk->shape[inner - 1] - 1) / STRIP + 1;
    int64_t units = ebb_elements(inner - 1, walk->shape) * strips;
    int64_t per_unit = STRIP * walk->shape[inner];
    return ebb_parallel_for(units, n <= EBB_SERIAL ? units : per_unit >= EBB_CHUNK ? 1 : EBB_CHUNK / per_unit, copy_strips, &c,
                            control);
  }
  int64_t rows = n / walk->shape[inner], row = walk->shape[inner];
  return ebb_parallel_for(rows, n <= EBB_SERIAL ? rows : row >= EBB_CHUNK ? 1 : EBB_CHUNK / row, copy_rows, &c, control);
}

// Copies between strided layouts, by element size. Dimensions are ordered by the result's strides so that writes run forward;
// when reads run along another dimension than writes, the two are walked in square blocks that fit the first-level cache.
#include <string.h>
#include "clones.h"
#include "layout.h"

enum { OUT = 0, IN = 1, TILE = 16 };

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
  } \
  /* r[i * r_row + j * r_col] = x[i + j * x_col] for i < rows, j < columns. */ \
  EBB_CLONES static void block_##bits(int64_t rows, int64_t columns, void *to, int64_t r_row, int64_t r_col, const void *from, \
                                      int64_t x_col) { \
    uint##bits##_t *restrict r = to; \
    const uint##bits##_t *restrict x = from; \
    if (rows == TILE && columns == TILE && r_col == 1) { \
      for (int64_t i = 0; i < TILE; i++) \
        for (int64_t j = 0; j < TILE; j++) r[i * r_row + j] = x[i + j * x_col]; \
    } else { \
      for (int64_t i = 0; i < rows; i++) \
        for (int64_t j = 0; j < columns; j++) r[i * r_row + j * r_col] = x[i + j * x_col]; \
    } \
  }
DEFINE_MOVES(8)
DEFINE_MOVES(32)
DEFINE_MOVES(64)

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

// Units [first, last): a unit is one position of the outer dimensions and one strip of TILE positions along `across`, which
// the caller has moved to the place before the last dimension.
static void copy_strips(void *context, int64_t first, int64_t last) {
  const copy *c = context;
  int32_t inner = c->walk.rank - 1, across = inner - 1;
  int64_t rows = c->walk.shape[across], columns = c->walk.shape[inner], strips = (rows - 1) / TILE + 1;
  int64_t r_row = c->walk.strides[OUT][across], r_col = c->walk.strides[OUT][inner], x_col = c->walk.strides[IN][inner];
  ebb_odometer position;
  ebb_odometer_set(&position, &c->walk, across, first / strips);
  for (int64_t unit = first; unit < last; unit++) {
    int64_t i = unit % strips * TILE, height = rows - i < TILE ? rows - i : TILE;
    for (int64_t j = 0; j < columns; j += TILE) {
      int64_t width = columns - j < TILE ? columns - j : TILE;
      move_block(c->size, height, width, c->out + (position.offset[OUT] + i * r_row + j * r_col) * c->size, r_row, r_col,
                 c->in + (position.offset[IN] + i + j * x_col) * c->size, x_col);
    }
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
    int64_t strips = (walk->shape[inner - 1] - 1) / TILE + 1;
    int64_t units = ebb_elements(inner - 1, walk->shape) * strips;
    int64_t per_unit = TILE * walk->shape[inner];
    return ebb_parallel_for(units, n <= EBB_SERIAL ? units : per_unit >= EBB_CHUNK ? 1 : EBB_CHUNK / per_unit, copy_strips, &c,
                            control);
  }
  int64_t rows = n / walk->shape[inner], row = walk->shape[inner];
  return ebb_parallel_for(rows, n <= EBB_SERIAL ? rows : row >= EBB_CHUNK ? 1 : EBB_CHUNK / row, copy_rows, &c, control);
}

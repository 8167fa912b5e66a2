// Tile programs: element-wise operations run over a thousand elements at a time with the inner loops of eager mode. What one
// instruction writes the next finds in the first-level cache, and temporaries never reach memory. Operands that lie neither
// in place nor are a single value are laid out in a tile of scratch memory first.
#include <string.h>
#include "layout.h"

// Where the walk over a strided operand stands: its place in each dimension and the offset there, in elements.
typedef struct cursor {
  int64_t position[EBB_MAX_RANK];
  int64_t offset;
} cursor;

static bool is_single(const ebb_tile_operand *o) { return o->rank == 0; }
static bool is_in_place(const ebb_tile_operand *o) { return o->rank == 1 && o->strides[0] == 1; }

static void set(cursor *c, const ebb_tile_operand *o, int64_t element) {
  c->offset = 0;
  for (int32_t d = o->rank - 1; d >= 0; d--) {
    c->position[d] = element % o->shape[d];
    element /= o->shape[d];
    c->offset += c->position[d] * o->strides[d];
  }
}

static void copy_run(int32_t width, int64_t n, char *restrict to, const char *restrict from, int64_t stride) {
#define RUN(type) \
  for (int64_t i = 0; i < n; i++) ((type *)to)[i] = ((const type *)from)[i * stride]
  switch (width) {
  case 1: RUN(uint8_t); break;
  case 4:
    if (stride == 1) memcpy(to, from, (size_t)n * 4);
    else RUN(uint32_t);
    break;
  default:
    if (stride == 1) memcpy(to, from, (size_t)n * 8);
    else RUN(uint64_t);
    break;
  }
#undef RUN
}

// Writes the next n elements of a strided operand one after another.
static void lay_out(cursor *c, const ebb_tile_operand *o, int64_t n, char *to) {
  int32_t inner = o->rank - 1, width = o->width;
  int64_t length = o->shape[inner], stride = o->strides[inner];
  const char *data = o->data;
  while (n > 0) {
    int64_t rest = length - c->position[inner], run = n < rest ? n : rest;
    copy_run(width, run, to, data + c->offset * width, stride);
    to += run * width;
    n -= run;
    c->position[inner] += run;
    c->offset += run * stride;
    for (int32_t d = inner; d > 0 && c->position[d] == o->shape[d]; d--) {
      c->offset += o->strides[d - 1] - o->shape[d] * o->strides[d];
      c->position[d] = 0;
      c->position[d - 1]++;
    }
  }
}

typedef struct place {
  char *at;
  int64_t stride;
} place;

static void run_range(void *context, int64_t first, int64_t last) {
  const ebb_tiles *p = context;
  place places[EBB_TILE_REGISTERS];
  cursor cursors[EBB_TILE_REGISTERS];
  _Alignas(64) char scratch[EBB_TILE_SCRATCH];
  char *free = scratch;
  int64_t tile = p->tile;
  int32_t operands = p->operand_count, outer = operands + p->result_count;
  for (int32_t k = 0; k < operands; k++) {
    const ebb_tile_operand *o = p->operands + k;
    if (is_single(o)) {
      places[k] = (place){(char *)o->data, 0};
    } else if (is_in_place(o)) {
      places[k] = (place){(char *)o->data + first * o->width, 1};
    } else {
      places[k] = (place){free, 1};
      free += tile * 8;
      set(cursors + k, o, first);
    }
  }
  for (int32_t k = 0; k < p->result_count; k++)
    places[operands + k] = (place){(char *)p->results[k].data + first * p->results[k].width, 1};
  for (int32_t k = 0; k < p->temporary_count; k++, free += tile * 8) places[outer + k] = (place){free, 1};

  for (int64_t start = first; start < last; start += tile) {
    int64_t n = last - start < tile ? last - start : tile;
    for (int32_t k = 0; k < operands; k++) {
      const ebb_tile_operand *o = p->operands + k;
      if (!is_single(o) && !is_in_place(o)) lay_out(cursors + k, o, n, places[k].at);
    }
    for (int32_t i = 0; i < p->instruction_count; i++) {
      const ebb_tile_instruction *s = p->instructions + i;
      const place *a = places + s->a, *b = places + s->b, *c = places + s->c;
      s->loop(n, places[s->out].at, a->at, a->stride, b->at, b->stride, c->at, c->stride);
    }
    for (int32_t k = 0; k < operands; k++)
      if (is_in_place(p->operands + k)) places[k].at += n * p->operands[k].width;
    for (int32_t k = 0; k < p->result_count; k++) places[operands + k].at += n * p->results[k].width;
  }
}

int64_t ebb_tile_size(int32_t scratch_registers) {
  enum { LARGEST = 1024, SMALLEST = 64 };
  int64_t room = scratch_registers > 0 ? EBB_TILE_SCRATCH / 2 / (8 * scratch_registers) : LARGEST;
  return room >= LARGEST ? LARGEST : room / SMALLEST > 0 ? room / SMALLEST * SMALLEST : SMALLEST;
}

int32_t ebb_run_tiles(const ebb_tiles *p, const ebb_control *control) {
  if (p->n == 0) return EBB_OK;
  if (p->n <= EBB_SERIAL) {
    run_range((void *)p, 0, p->n);
    return EBB_OK;
  }
  return ebb_parallel_for(p->n, EBB_CHUNK, run_range, (void *)p, control);
}

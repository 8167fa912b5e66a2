// Tile programs: element-wise operations run over a thousand elements at a time with machine code or the inner loops of eager mode. What
// one instruction writes the next finds in the first-level cache, and temporaries never reach memory. Operands that lie neither
// in place nor are a single value are laid out in a tile of scratch memory first; rows that repeat, once. What is reduced is reduced
// tile by tile, in the order of ebb_reduce.
#include <string.h>
#include "gemm.h"
#include "layout.h"
#include "reduce.h"

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
  // One value again and again is stored by whole vectors.
#define RUN(type) \
  if (stride == 0) { \
    const type value = *(const type *)from; \
    for (int64_t i = 0; i < n; i++) ((type *)to)[i] = value; \
  } else { \
    for (int64_t i = 0; i < n; i++) ((type *)to)[i] = ((const type *)from)[i * stride]; \
  }
  switch (width) {
  case 1: RUN(uint8_t); break;
  case 4:
    if (stride == 1) {
      memcpy(to, from, (size_t)n * 4);
      break;
    }
    RUN(uint32_t);
    break;
  default:
    if (stride == 1) {
      memcpy(to, from, (size_t)n * 8);
      break;
    }
    RUN(uint64_t);
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

// Whether an operand is the same at all multiples of the program's row, where its tiles begin.
static bool repeats(const ebb_tiles *p, const ebb_tile_operand *o) {
  if (o->rank < 2 || o->strides[0] != 0) return false;
  int64_t period = 1;
  for (int32_t d = 1; d < o->rank; d++) period *= o->shape[d];
  return p->row % period == 0;
}

// How many registers need memory of their own: temporaries, and operands that are laid out first.
static int64_t scratch_registers(const ebb_tiles *p) {
  int64_t registers = p->temporary_count;
  for (int32_t k = 0; k < p->operand_count; k++) registers += !is_single(p->operands + k) && !is_in_place(p->operands + k);
  return registers;
}

// Elements [first, last), which begin at a multiple of the row. The reducers, one for each reduction, are for rows longer than a tile.
static void run_range(const ebb_tiles *p, int64_t first, int64_t last, ebb_reducer *reducers) {
  ebb_tile_place places[EBB_TILE_REGISTERS];
  cursor cursors[EBB_TILE_REGISTERS];
  int16_t scattered[EBB_TILE_REGISTERS];
  int64_t tile = p->tile, size = (tile * p->scratch_width + 63) & ~(int64_t)63, registers = scratch_registers(p);
  char *free = registers > 0 ? ebb_gemm_scratch(ebb_gemm_slot_tiles, (size_t)(registers * size)) : NULL;
  int32_t operands = p->operand_count, outer = operands + p->result_count, scattered_count = 0;
  for (int32_t k = 0; k < operands; k++) {
    const ebb_tile_operand *o = p->operands + k;
    if (is_single(o)) {
      places[k] = (ebb_tile_place){(char *)o->data, 0};
    } else if (is_in_place(o)) {
      places[k] = (ebb_tile_place){(char *)o->data + first * o->width, 1};
    } else {
      places[k] = (ebb_tile_place){free, 1};
      free += size;
      set(cursors + k, o, first);
      if (repeats(p, o)) lay_out(cursors + k, o, last - first < tile ? last - first : tile, places[k].at);
      else scattered[scattered_count++] = (int16_t)k;
    }
  }
  for (int32_t k = 0; k < p->result_count; k++)
    places[operands + k] = (ebb_tile_place){(char *)p->results[k].data + first * p->results[k].width, 1};
  for (int32_t k = 0; k < p->temporary_count; k++, free += size) places[outer + k] = (ebb_tile_place){free, 1};

  for (int64_t start = first; start < last; start += tile) {
    int64_t n = last - start < tile ? last - start : tile;
    for (int32_t k = 0; k < scattered_count; k++)
      lay_out(cursors + scattered[k], p->operands + scattered[k], n, places[scattered[k]].at);
    for (int32_t i = 0; i < p->instruction_count; i++) {
      const ebb_tile_instruction *s = p->instructions + i;
      if (s->code) {
        s->code(n, places);
        continue;
      }
      const ebb_tile_place *a = places + s->a, *b = places + s->b, *c = places + s->c;
      s->loop(n, places[s->out].at, a->at, a->stride, b->at, b->stride, c->at, c->stride);
    }
    for (int32_t k = 0; k < p->reduction_count; k++) {
      const ebb_tile_reduction *r = p->reductions + k;
      char *out = (char *)r->out + start / p->reduced * (int64_t)ebb_size(r->dtype);
      if (reducers) ebb_reducer_add(reducers + k, n, places[r->in].at);
      else ebb_reduce(r->op, r->dtype, n / p->reduced, p->reduced, 1, out, places[r->in].at, NULL);
    }
    if (last - start <= tile) return;
    for (int32_t k = 0; k < operands; k++)
      if (is_in_place(p->operands + k)) places[k].at += n * p->operands[k].width;
    for (int32_t k = 0; k < p->result_count; k++) places[operands + k].at += n * p->results[k].width;
  }
}

void ebb_run_tile_range(const ebb_tiles *p, int64_t first, int64_t last) { run_range(p, first, last, NULL); }

static void run_rows(void *context, int64_t first, int64_t last) {
  const ebb_tiles *p = context;
  run_range(p, first * p->row, last * p->row < p->n ? last * p->row : p->n, NULL);
}

// A reduction of all elements, part by part.
typedef struct whole {
  const ebb_tiles *program;
  int64_t part;  // elements
  _Alignas(64) char partial[EBB_TILE_REDUCTIONS][EBB_MAX_PARTS * sizeof(double)];
} whole;

static void run_parts(void *context, int64_t first, int64_t last) {
  whole *w = context;
  const ebb_tiles *p = w->program;
  ebb_reducer reducers[EBB_TILE_REDUCTIONS];
  for (int64_t part = first; part < last; part++) {
    int64_t start = part * w->part, end = p->n - start < w->part ? p->n : start + w->part;
    for (int32_t k = 0; k < p->reduction_count; k++)
      ebb_reducer_begin(reducers + k, p->reductions[k].op, p->reductions[k].dtype, end - start);
    run_range(p, start, end, reducers);
    for (int32_t k = 0; k < p->reduction_count; k++)
      ebb_reducer_end(reducers + k, w->partial[k] + part * (int64_t)ebb_size(p->reductions[k].dtype));
  }
}

static int32_t run_whole(const ebb_tiles *p, const ebb_control *control) {
  whole w = {.program = p, .part = ebb_reduction_part(p->n)};
  int64_t parts = (p->n - 1) / w.part + 1;
  int32_t status = ebb_parallel_for(parts, 1, run_parts, &w, control);
  if (status != EBB_OK) return status;
  for (int32_t k = 0; k < p->reduction_count; k++)
    ebb_combine_parts(p->reductions[k].op, p->reductions[k].dtype, parts, w.partial[k], p->reductions[k].out);
  return EBB_OK;
}

int64_t ebb_tile_size(const ebb_tiles *p) {
  // Registers should stay in the first cache; when one tile more would be a small one, in the second.
  enum { LARGEST = 1024, SMALLEST = 64, ROOM = 1 << 15, SHORTEST_PIECE = 512 };
  int64_t bytes = p->scratch_width * scratch_registers(p);
  int64_t room = bytes > 0 ? ROOM / bytes : LARGEST;
  int64_t tile = room >= LARGEST ? LARGEST : room / SMALLEST > 0 ? room / SMALLEST * SMALLEST : SMALLEST;
  if (p->n <= LARGEST && p->n < 2 * tile) tile = LARGEST;
  if (p->reduction_count > 0 && p->reduced == p->n && tile < SHORTEST_PIECE) tile = SHORTEST_PIECE;
  return tile > p->row ? tile / p->row * p->row : p->row;
}

int32_t ebb_run_tiles(const ebb_tiles *p, const ebb_control *control) {
  if (p->n == 0) return EBB_OK;
  if (p->reduction_count > 0 && p->reduced == p->n && p->n > p->tile) return run_whole(p, control);
  // Threads pay for work, not for elements.
  int64_t work = p->work + p->reduction_count;
  if (p->n * work <= 8 * EBB_SERIAL) {
    run_range(p, 0, p->n, NULL);
    return EBB_OK;
  }
  int64_t elements = 8 * EBB_CHUNK / work, grain = elements > p->row ? elements / p->row : 1;
  if (elements < p->tile) grain = (p->tile - 1) / p->row + 1;
  return ebb_parallel_for((p->n - 1) / p->row + 1, grain, run_rows, (void *)p, control);
}

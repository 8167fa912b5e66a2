// Layouts of up to four strided arrays that are walked together: dropping dimensions of extent one, merging neighbours that lie
// one after the other in every array, and stepping through the outer dimensions like an odometer.
#ifndef EBB_LAYOUT_H
#define EBB_LAYOUT_H
#include "ckernels.h"

enum { EBB_MAX_ARRAYS = 4 };

typedef struct ebb_walk {
  int32_t rank, arrays;
  int64_t shape[EBB_MAX_RANK];
  int64_t strides[EBB_MAX_ARRAYS][EBB_MAX_RANK];
} ebb_walk;

static inline int64_t ebb_elements(int32_t rank, const int64_t *shape) {
  int64_t n = 1;
  for (int32_t d = 0; d < rank; d++) n *= shape[d];
  return n;
}

// Appends a dimension behind the ones present, or widens the last of them when all arrays allow it.
static inline void ebb_walk_push(ebb_walk *walk, int64_t extent, const int64_t *strides) {
  if (extent == 1) return;
  int32_t last = walk->rank - 1;
  bool merges = last >= 0;
  for (int32_t k = 0; merges && k < walk->arrays; k++) merges = walk->strides[k][last] == extent * strides[k];
  if (merges) {
    walk->shape[last] *= extent;
  } else {
    last = walk->rank++;
    walk->shape[last] = extent;
  }
  for (int32_t k = 0; k < walk->arrays; k++) walk->strides[k][last] = strides[k];
}

// A position in the first `rank` dimensions, with the offset of every array there, in elements.
typedef struct ebb_odometer {
  int32_t rank;
  int64_t position[EBB_MAX_RANK];
  int64_t offset[EBB_MAX_ARRAYS];
} ebb_odometer;

static inline void ebb_odometer_set(ebb_odometer *o, const ebb_walk *walk, int32_t rank, int64_t row) {
  o->rank = rank;
  for (int32_t k = 0; k < walk->arrays; k++) o->offset[k] = 0;
  for (int32_t d = rank - 1; d >= 0; d--) {
    o->position[d] = row % walk->shape[d];
    row /= walk->shape[d];
    for (int32_t k = 0; k < walk->arrays; k++) o->offset[k] += o->position[d] * walk->strides[k][d];
  }
}

static inline void ebb_odometer_next(ebb_odometer *o, const ebb_walk *walk) {
  for (int32_t d = o->rank - 1; d >= 0; d--) {
    o->position[d]++;
    for (int32_t k = 0; k < walk->arrays; k++) o->offset[k] += walk->strides[k][d];
    if (o->position[d] < walk->shape[d]) return;
    for (int32_t k = 0; k < walk->arrays; k++) o->offset[k] -= walk->shape[d] * walk->strides[k][d];
    o->position[d] = 0;
  }
}

static inline size_t ebb_size(ebb_dtype dtype) {
  switch (dtype) {
  case EBB_F32: return 4;
  case EBB_F64: return 8;
  case EBB_I32: return 4;
  case EBB_BOOL: return 1;
  }
}

static inline bool ebb_interrupted(const ebb_control *control) {
  return control && control->interrupt && *control->interrupt;
}

// Work below this many elements stays on the calling thread; above it, chunks hold about half as many.
enum { EBB_SERIAL = 1 << 16, EBB_CHUNK = 1 << 15 };

#endif

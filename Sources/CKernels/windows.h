// Sliding windows over one plane, for a type T: unfolding into rows of elements, and the adjoint, folding.
#ifndef EBB_WINDOWS_H
#define EBB_WINDOWS_H
#include <string.h>
#include "layout.h"

static inline int64_t ebb_windows_kernel(const ebb_windows *w) { return w->kernel[0] * w->kernel[1]; }
static inline int64_t ebb_windows_count(const ebb_windows *w) { return w->count[0] * w->count[1]; }

// The windows along direction d whose element k lies inside the plane: [first, last).
static inline void ebb_windows_inside(const ebb_windows *w, int d, int64_t k, int64_t *first, int64_t *last) {
  const int64_t shift = k * w->dilation[d] - w->low[d], stride = w->stride[d];
  const int64_t from = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
  const int64_t to = w->size[d] <= shift ? 0 : (w->size[d] - 1 - shift) / stride + 1;
  *last = to < w->count[d] ? to : w->count[d];
  *first = from < *last ? from : *last;
}

// Planes of `planes` channels to [planes, kernel, count].
void ebb_unfold_planes(ebb_dtype dtype, const ebb_windows *w, int64_t planes, void *out, const void *in);
// Adds [planes, kernel, count] to planes.
void ebb_fold_planes(ebb_dtype dtype, const ebb_windows *w, int64_t planes, void *out, const void *in);

#endif

// Pooling: the largest element of every window with its place in the plane, sums over windows and their adjoint; and elements taken
// along rows by computed places, which is how derivatives pass a maximum.
#include <math.h>
#include "clones.h"
#include "gemm.h"
#include "windows.h"

enum { GROUP = 8, NOWHERE = INT32_MAX };  // windows treated at once; the place of padding

#define WINDOW_CAT(name, type) name##_##type
#define WINDOW_NAME(name, type) WINDOW_CAT(name, type)
#define T float
#define T_MASK int32_t
#define T_NAME f32
#include "window_maxima.inc"
#undef T
#undef T_MASK
#undef T_NAME
#define T double
#define T_MASK int64_t
#define T_NAME f64
#include "window_maxima.inc"
#undef T
#undef T_MASK
#undef T_NAME

#define SUM_LOOPS(name, T)                                                                             \
  EBB_CLONES static void sums_##name(const ebb_windows *w, bool spread, int64_t planes, void *windows, \
                                     void *plane_elements) {                                           \
    const int64_t columns = w->count[1], stride = w->stride[1];                                        \
    for (int64_t plane = 0; plane < planes; plane++) {                                                 \
      T *const elements = (T *)plane_elements + plane * w->size[0] * w->size[1];                       \
      for (int64_t u = 0; u < w->count[0]; u++) {                                                      \
        T *const sums = (T *)windows + (plane * w->count[0] + u) * columns;                            \
        if (!spread)                                                                                   \
          for (int64_t v = 0; v < columns; v++) sums[v] = 0;                                           \
        for (int64_t i = 0; i < w->kernel[0]; i++) {                                                   \
          const int64_t y = u * w->stride[0] + i * w->dilation[0] - w->low[0];                         \
          if (y < 0 || y >= w->size[0]) continue;                                                      \
          for (int64_t j = 0; j < w->kernel[1]; j++) {                                                 \
            int64_t left, right;                                                                       \
            ebb_windows_inside(w, 1, j, &left, &right);                                                \
            T *const row = elements + y * w->size[1] + j * w->dilation[1] - w->low[1];                 \
            if (spread)                                                                                \
              EBB_ELEMENTWISE for (int64_t v = left; v < right; v++) row[v * stride] += sums[v];       \
            else                                                                                       \
              EBB_ELEMENTWISE for (int64_t v = left; v < right; v++) sums[v] += row[v * stride];       \
          }                                                                                            \
        }                                                                                              \
      }                                                                                                \
    }                                                                                                  \
  }
SUM_LOOPS(f32, float)
SUM_LOOPS(f64, double)

typedef struct job {
  ebb_dtype dtype;
  const ebb_windows *windows;
  int64_t size, plane, outputs;  // bytes of an element; elements of a plane and of its windows
  bool spread;
  char *window_values, *plane_values;
  int32_t *places;
} job;

static void run_maxima(void *context, int64_t first, int64_t last) {
  const job *const j = context;
  (j->dtype == EBB_F32 ? maxima_f32 : maxima_f64)(j->windows, last - first, j->window_values + first * j->outputs * j->size,
                                                  j->places + first * j->outputs, j->plane_values + first * j->plane * j->size);
}

static void run_sums(void *context, int64_t first, int64_t last) {
  const job *const j = context;
  char *const elements = j->plane_values + first * j->plane * j->size;
  if (j->spread) memset(elements, 0, (size_t)((last - first) * j->plane * j->size));
  (j->dtype == EBB_F32 ? sums_f32 : sums_f64)(j->windows, j->spread, last - first, j->window_values + first * j->outputs * j->size,
                                              elements);
}

static int32_t run(job *j, int64_t planes, ebb_body body, const ebb_control *control) {
  j->size = (int64_t)ebb_size(j->dtype);
  j->plane = j->windows->size[0] * j->windows->size[1];
  j->outputs = ebb_windows_count(j->windows);
  const int64_t work = ebb_windows_kernel(j->windows) * j->outputs + j->plane;
  const int64_t grain = planes * work <= EBB_SERIAL ? planes : work >= EBB_CHUNK ? 1 : EBB_CHUNK / work;
  return ebb_parallel_for(planes, grain, body, j, control);
}

int32_t ebb_window_maxima(ebb_dtype dtype, const ebb_windows *windows, int64_t planes, void *values, int32_t *places,
                          const void *in, const ebb_control *control) {
  job j = {.dtype = dtype, .windows = windows, .window_values = values, .plane_values = (void *)in, .places = places};
  return run(&j, planes, run_maxima, control);
}

int32_t ebb_window_sums(ebb_dtype dtype, const ebb_windows *windows, int64_t planes, void *out, const void *in,
                        const ebb_control *control) {
  job j = {.dtype = dtype, .windows = windows, .window_values = out, .plane_values = (void *)in};
  return run(&j, planes, run_sums, control);
}

int32_t ebb_window_spread(ebb_dtype dtype, const ebb_windows *windows, int64_t planes, void *out, const void *in,
                          const ebb_control *control) {
  job j = {.dtype = dtype, .windows = windows, .spread = true, .window_values = (void *)in, .plane_values = out};
  return run(&j, planes, run_sums, control);
}

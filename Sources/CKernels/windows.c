// Unfolding planes into the elements of their sliding windows, and folding them back.
#include "windows.h"
#include "clones.h"

#define WINDOW_LOOPS(name, T)                                                                              \
  EBB_CLONES static void unfold_##name(const ebb_windows *w, int64_t planes, void *out, const void *in) {  \
    const int64_t columns = w->count[1], stride = w->stride[1];                                            \
    T *to = out;                                                                                           \
    for (int64_t plane = 0; plane < planes; plane++) {                                                     \
      const T *const from = (const T *)in + plane * w->size[0] * w->size[1];                               \
      for (int64_t i = 0; i < w->kernel[0]; i++) {                                                         \
        int64_t top, bottom;                                                                               \
        ebb_windows_inside(w, 0, i, &top, &bottom);                                                        \
        for (int64_t j = 0; j < w->kernel[1]; j++, to += w->count[0] * columns) {                          \
          int64_t left, right;                                                                             \
          ebb_windows_inside(w, 1, j, &left, &right);                                                      \
          memset(to, 0, (size_t)(top * columns) * sizeof(T));                                              \
          for (int64_t u = top; u < bottom; u++) {                                                         \
            const T *const row = from + (u * w->stride[0] + i * w->dilation[0] - w->low[0]) * w->size[1] + \
                                 j * w->dilation[1] - w->low[1];                                           \
            T *const line = to + u * columns;                                                              \
            for (int64_t v = 0; v < left; v++) line[v] = 0;                                                \
            if (stride == 1)                                                                               \
              EBB_ELEMENTWISE for (int64_t v = left; v < right; v++) line[v] = row[v];                     \
            else                                                                                           \
              EBB_ELEMENTWISE for (int64_t v = left; v < right; v++) line[v] = row[v * stride];            \
            for (int64_t v = right; v < columns; v++) line[v] = 0;                                         \
          }                                                                                                \
          memset(to + bottom * columns, 0, (size_t)((w->count[0] - bottom) * columns) * sizeof(T));        \
        }                                                                                                  \
      }                                                                                                    \
    }                                                                                                      \
  }                                                                                                        \
  EBB_CLONES static void fold_##name(const ebb_windows *w, int64_t planes, void *out, const void *in) {    \
    const int64_t columns = w->count[1], stride = w->stride[1];                                            \
    const T *from = in;                                                                                    \
    for (int64_t plane = 0; plane < planes; plane++) {                                                     \
      T *const to = (T *)out + plane * w->size[0] * w->size[1];                                            \
      for (int64_t i = 0; i < w->kernel[0]; i++) {                                                         \
        int64_t top, bottom;                                                                               \
        ebb_windows_inside(w, 0, i, &top, &bottom);                                                        \
        for (int64_t j = 0; j < w->kernel[1]; j++, from += w->count[0] * columns) {                        \
          int64_t left, right;                                                                             \
          ebb_windows_inside(w, 1, j, &left, &right);                                                      \
          for (int64_t u = top; u < bottom; u++) {                                                         \
            T *const row = to + (u * w->stride[0] + i * w->dilation[0] - w->low[0]) * w->size[1] +         \
                           j * w->dilation[1] - w->low[1];                                                 \
            const T *const line = from + u * columns;                                                      \
            if (stride == 1)                                                                               \
              EBB_ELEMENTWISE for (int64_t v = left; v < right; v++) row[v] += line[v];                    \
            else                                                                                           \
              EBB_ELEMENTWISE for (int64_t v = left; v < right; v++) row[v * stride] += line[v];           \
          }                                                                                                \
        }                                                                                                  \
      }                                                                                                    \
    }                                                                                                      \
  }
WINDOW_LOOPS(f32, float)
WINDOW_LOOPS(f64, double)

void ebb_unfold_planes(ebb_dtype dtype, const ebb_windows *w, int64_t planes, void *out, const void *in) {
  (dtype == EBB_F32 ? unfold_f32 : unfold_f64)(w, planes, out, in);
}

void ebb_fold_planes(ebb_dtype dtype, const ebb_windows *w, int64_t planes, void *out, const void *in) {
  (dtype == EBB_F32 ? fold_f32 : fold_f64)(w, planes, out, in);
}

typedef struct job {
  ebb_dtype dtype;
  const ebb_windows *windows;
  char *out;
  const char *in;
} job;

static void unfold_units(void *context, int64_t first, int64_t last) {
  const job *const j = context;
  const int64_t size = (int64_t)ebb_size(j->dtype), plane = j->windows->size[0] * j->windows->size[1] * size;
  const int64_t patches = ebb_windows_kernel(j->windows) * ebb_windows_count(j->windows) * size;
  ebb_unfold_planes(j->dtype, j->windows, last - first, j->out + first * patches, j->in + first * plane);
}

static void fold_units(void *context, int64_t first, int64_t last) {
  const job *const j = context;
  const int64_t size = (int64_t)ebb_size(j->dtype), plane = j->windows->size[0] * j->windows->size[1] * size;
  const int64_t patches = ebb_windows_kernel(j->windows) * ebb_windows_count(j->windows) * size;
  memset(j->out + first * plane, 0, (size_t)((last - first) * plane));
  ebb_fold_planes(j->dtype, j->windows, last - first, j->out + first * plane, j->in + first * patches);
}

static int32_t run(const job *j, int64_t planes, ebb_body body, const ebb_control *control) {
  const int64_t work = ebb_windows_kernel(j->windows) * ebb_windows_count(j->windows) + j->windows->size[0] * j->windows->size[1];
  const int64_t grain = planes * work <= EBB_SERIAL ? planes : work >= EBB_CHUNK ? 1 : EBB_CHUNK / work;
  return ebb_parallel_for(planes, grain, body, (void *)j, control);
}

int32_t ebb_unfold(ebb_dtype dtype, const ebb_windows *windows, int64_t planes, void *out, const void *in,
                   const ebb_control *control) {
  const job j = {dtype, windows, out, in};
  return run(&j, planes, unfold_units, control);
}

int32_t ebb_fold(ebb_dtype dtype, const ebb_windows *windows, int64_t planes, void *out, const void *in,
                 const ebb_control *control) {
  const job j = {dtype, windows, out, in};
  return run(&j, planes, fold_units, control);
}

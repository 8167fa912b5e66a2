// Stable sorting of rows. Values become unsigned keys whose order is the wanted one (descending: the complement; NaN: above all;
// both zeros alike). Short rows are sorted by insertion, longer ones by radix, one byte of the key at a time from the lowest, and
// bytes that are the same in every key are skipped. Both are stable, so equal values keep their order in either direction.
#include <stdlib.h>
#include <string.h>
#include "clones.h"
#include "layout.h"

enum { INSERTION = 48 };

typedef struct pair32 {
  uint32_t key;
  int32_t index;
} pair32;
typedef struct pair64 {
  uint64_t key;
  int64_t index;
} pair64;

EBB_INLINE uint32_t key_f32(const void *in, int64_t i, bool descending) {
  float x = ((const float *)in)[i];
  if (x != x) return UINT32_MAX;
  x += 0.0f;  // -0 becomes +0
  uint32_t bits;
  memcpy(&bits, &x, 4);
  bits ^= (bits >> 31) ? UINT32_MAX : UINT32_C(1) << 31;
  return descending ? ~bits : bits;
}
EBB_INLINE uint32_t key_i32(const void *in, int64_t i, bool descending) {
  uint32_t bits = (uint32_t)((const int32_t *)in)[i] ^ UINT32_C(1) << 31;
  return descending ? ~bits : bits;
}
EBB_INLINE uint32_t key_bool(const void *in, int64_t i, bool descending) { return ((const uint8_t *)in)[i] != descending; }
EBB_INLINE uint64_t key_f64(const void *in, int64_t i, bool descending) {
  double x = ((const double *)in)[i];
  if (x != x) return UINT64_MAX;
  x += 0.0;
  uint64_t bits;
  memcpy(&bits, &x, 8);
  bits ^= (bits >> 63) ? UINT64_MAX : UINT64_C(1) << 63;
  return descending ? ~bits : bits;
}

#define PAIR_SORT(bits) \
  static void insertion_##bits(int64_t n, pair##bits *p) { \
    for (int64_t i = 1; i < n; i++) { \
      pair##bits moving = p[i]; \
      int64_t at = i; \
      for (; at > 0 && p[at - 1].key > moving.key; at--) p[at] = p[at - 1]; \
      p[at] = moving; \
    } \
  } \
  /* Returns where the sorted pairs are: p or spare. */ \
  static pair##bits *radix_##bits(int64_t n, pair##bits *p, pair##bits *spare) { \
    static const int digits = bits / 8; \
    int64_t count[bits / 8][256] = {0}; \
    for (int64_t i = 0; i < n; i++) \
      for (int d = 0; d < digits; d++) count[d][p[i].key >> (8 * d) & 255]++; \
    for (int d = 0; d < digits; d++) { \
      if (count[d][p[0].key >> (8 * d) & 255] == n) continue; \
      int64_t start = 0; \
      for (int v = 0; v < 256; v++) { \
        int64_t here = count[d][v]; \
        count[d][v] = start; \
        start += here; \
      } \
      for (int64_t i = 0; i < n; i++) spare[count[d][p[i].key >> (8 * d) & 255]++] = p[i]; \
      pair##bits *swap = p; \
      p = spare; \
      spare = swap; \
    } \
    return p; \
  }
PAIR_SORT(32)
PAIR_SORT(64)

typedef struct sorting {
  ebb_dtype dtype;
  bool descending;
  int64_t n, size;
  char *values;
  int32_t *index;
  const char *in;
} sorting;

static uint64_t key_of(const sorting *s, const void *row, int64_t i) {
  switch (s->dtype) {
  case EBB_F32: return key_f32(row, i, s->descending);
  case EBB_F64: return key_f64(row, i, s->descending);
  case EBB_I32: return key_i32(row, i, s->descending);
  case EBB_BOOL: return key_bool(row, i, s->descending);
  }
}

static bool comes_after(const sorting *s, const void *row, int32_t a, int32_t b) {
  uint64_t x = key_of(s, row, a), y = key_of(s, row, b);
  return x > y || (x == y && a > b);
}

// Without memory for pairs: heap sort of the indices themselves; ties are broken by position, which makes it stable.
static void sort_in_place(const sorting *s, const void *row, int32_t *index) {
  int64_t n = s->n;
  for (int64_t i = 0; i < n; i++) index[i] = (int32_t)i;
  for (int64_t start = n / 2, end = n; end > 1;) {
    if (start > 0) {
      start--;
    } else {
      end--;
      int32_t top = index[0];
      index[0] = index[end];
      index[end] = top;
    }
    int32_t moving = index[start];
    int64_t hole = start;
    for (int64_t child; (child = 2 * hole + 1) < end; hole = child) {
      if (child + 1 < end && comes_after(s, row, index[child + 1], index[child])) child++;
      if (!comes_after(s, row, index[child], moving)) break;
      index[hole] = index[child];
    }
    index[hole] = moving;
  }
}

#define SORT_ROW(bits, fill) \
  do { \
    pair##bits few[INSERTION], *pairs = few, *sorted = few; \
    if (s->n > INSERTION) { \
      pairs = malloc((size_t)s->n * 2 * sizeof *pairs); \
      if (!pairs) { \
        sort_in_place(s, row, index); \
        break; \
      } \
    } \
    for (int64_t i = 0; i < s->n; i++) pairs[i] = (pair##bits){fill, (int32_t)i}; \
    if (s->n <= INSERTION) insertion_##bits(s->n, few); \
    else sorted = radix_##bits(s->n, pairs, pairs + s->n); \
    for (int64_t i = 0; i < s->n; i++) index[i] = (int32_t)sorted[i].index; \
    if (pairs != few) free(pairs); \
  } while (0)

static void sort_row(const sorting *s, const void *row, int32_t *index) {
  switch (s->dtype) {
  case EBB_F32: SORT_ROW(32, key_f32(row, i, s->descending)); break;
  case EBB_F64: SORT_ROW(64, key_f64(row, i, s->descending)); break;
  case EBB_I32: SORT_ROW(32, key_i32(row, i, s->descending)); break;
  case EBB_BOOL: SORT_ROW(32, key_bool(row, i, s->descending)); break;
  }
}

static void sort_rows(void *context, int64_t first, int64_t last) {
  const sorting *s = context;
  for (int64_t row = first; row < last; row++) {
    const char *in = s->in + row * s->n * s->size;
    int32_t *index = s->index + row * s->n;
    sort_row(s, in, index);
    if (s->values) ebb_gather((int32_t)s->size, 1, s->n, 1, s->n, s->values + row * s->n * s->size, in, index, NULL);
  }
}

int32_t ebb_sort(ebb_dtype dtype, int64_t rows, int64_t n, bool descending, void *values, int32_t *index, const void *in,
                 const ebb_control *control) {
  if (rows == 0 || n == 0) return EBB_OK;
  sorting s = {.dtype = dtype, .descending = descending, .n = n, .values = values, .index = index, .in = in};
  s.size = (int64_t)ebb_size(dtype);
  int64_t grain = rows * n <= EBB_SERIAL / 16 ? rows : n >= EBB_CHUNK / 16 ? 1 : EBB_CHUNK / 16 / n;
  return ebb_parallel_for(rows, grain, sort_rows, &s, control);
}

// Counter-based random numbers: Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3"
// (SC 2011). Nothing is carried from one element to the next.
//
// Which word an element gets: a draw is cut into tiles of 64 words made from 16 counters. Counter c = (block, draw), with
// block = 16 * tile + lane in the low 64 bits and draw in the high 64 bits, gives four words; word w of lane l stands at
// position 16 * w + l of the tile. Lanes side by side are what vectors like. bits and uniform float32 take one word an element
// (tiles of 64 elements). uniform float64 takes words 0, 1 for the first and words 2, 3 for the second 16 elements of a tile of
// 32. Normals are Box-Muller pairs of elements 16 apart: (words 0, 1) and (words 2, 3) in float32, (01, 23) in float64.
#include <string.h>
#include "ckernels.h"
#include "clones.h"
#include "elementary.h"

enum { LANES = 16, WORDS = 4 * LANES };

// One round on four words; the key is bumped by the caller.
#define ROUND(c0, c1, c2, c3, k0, k1) \
  do { \
    uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2; \
    uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ (k0), n2 = (uint32_t)(p0 >> 32) ^ c3 ^ (k1); \
    c1 = (uint32_t)p1; \
    c3 = (uint32_t)p0; \
    c0 = n0; \
    c2 = n2; \
  } while (0)

static const uint32_t weyl0 = 0x9E3779B9u, weyl1 = 0xBB67AE85u;

void ebb_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
  uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
  for (uint32_t r = 0; r < 10; r++) ROUND(c0, c1, c2, c3, key[0] + r * weyl0, key[1] + r * weyl1);
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

EBB_INLINE void tile_of_words(uint64_t key, uint64_t draw, int64_t tile, uint32_t words[WORDS]) {
  for (uint32_t l = 0; l < LANES; l++) {
    uint64_t block = (uint64_t)tile * LANES;  // its low four bits are 0, so the lane never carries
    uint32_t c0 = (uint32_t)block + l, c1 = (uint32_t)(block >> 32), c2 = (uint32_t)draw, c3 = (uint32_t)(draw >> 32);
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
#pragma clang loop unroll(full)
    for (uint32_t r = 0; r < 10; r++) ROUND(c0, c1, c2, c3, k0 + r * weyl0, k1 + r * weyl1);
    words[l] = c0;
    words[LANES + l] = c1;
    words[2 * LANES + l] = c2;
    words[3 * LANES + l] = c3;
  }
}

EBB_INLINE float unit_f32(uint32_t w) { return (float)(int32_t)(w >> 8) * 0x1p-24f; }
// 53 bits: 21 + 32, put together without 64-bit integer conversions.
EBB_INLINE double unit_f64(uint32_t high, uint32_t low) {
  uint64_t bits = ((uint64_t)high << 20) ^ (low >> 12);
  double fraction;
  bits |= 0x3FF0000000000000u;
  memcpy(&fraction, &bits, 8);
  return (fraction - 1.0) + (double)(int32_t)((low >> 11) & 1) * 0x1p-53;
}

EBB_INLINE void uniform_f32(const uint32_t *words, float *r) {
  for (int l = 0; l < WORDS; l++) r[l] = unit_f32(words[l]);
}
EBB_INLINE void uniform_f64(const uint32_t *words, double *r) {
  for (int l = 0; l < LANES; l++) r[l] = unit_f64(words[l], words[LANES + l]);
  for (int l = 0; l < LANES; l++) r[LANES + l] = unit_f64(words[2 * LANES + l], words[3 * LANES + l]);
}

// Box-Muller: radius from a uniform in (0, 1], with 31 bits in float32 so that the tails reach 6.6; angle in turns.
EBB_INLINE void normal_f32(const uint32_t *words, float *r) {
  for (int half = 0; half < 2; half++) {
    for (int l = 0; l < LANES; l++) {
      uint32_t w0 = words[2 * half * LANES + l], w1 = words[(2 * half + 1) * LANES + l];
      float u = (float)(int32_t)(w0 >> 1) * 0x1p-31f + 0x1p-32f;
      float radius = f32_sqrt(-2.0f * f32_log(u)), sine, cosine;
      f32_sincos_turns(unit_f32(w1), &sine, &cosine);
      r[2 * half * LANES + l] = radius * cosine;
      r[(2 * half + 1) * LANES + l] = radius * sine;
    }
  }
}
EBB_INLINE void normal_f64(const uint32_t *words, double *r) {
  for (int l = 0; l < LANES; l++) {
    double u = 1.0 - unit_f64(words[l], words[LANES + l]);
    double radius = f64_sqrt(-2.0 * f64_log(u)), sine, cosine;
    f64_sincos_turns(unit_f64(words[2 * LANES + l], words[3 * LANES + l]), &sine, &cosine);
    r[l] = radius * cosine;
    r[LANES + l] = radius * sine;
  }
}
EBB_INLINE void plain_bits(const uint32_t *words, uint32_t *r) { memcpy(r, words, WORDS * sizeof *r); }

// Whole tiles go straight to the result, the last one through a buffer.
#define DRAW(name, T, width, transform) \
  EBB_CLONES static void name(uint64_t key, uint64_t draw, int64_t n, T *out) { \
    uint32_t words[WORDS]; \
    int64_t tile = 0; \
    for (; (tile + 1) * (width) <= n; tile++) { \
      tile_of_words(key, draw, tile, words); \
      transform(words, out + tile * (width)); \
    } \
    int64_t rest = n - tile * (width); \
    if (rest > 0) { \
      T last[width]; \
      tile_of_words(key, draw, tile, words); \
      transform(words, last); \
      memcpy(out + tile * (width), last, (size_t)rest * sizeof *out); \
    } \
  }
DRAW(draw_bits, uint32_t, WORDS, plain_bits)
DRAW(draw_uniform_f32, float, WORDS, uniform_f32)
DRAW(draw_uniform_f64, double, WORDS / 2, uniform_f64)
DRAW(draw_normal_f32, float, WORDS, normal_f32)
DRAW(draw_normal_f64, double, WORDS / 2, normal_f64)

void ebb_random_bits(uint64_t key, uint64_t draw, int64_t n, uint32_t *out) { draw_bits(key, draw, n, out); }

void ebb_random_uniform(ebb_dtype dtype, uint64_t key, uint64_t draw, int64_t n, void *out) {
  if (dtype == EBB_F32) draw_uniform_f32(key, draw, n, out);
  else draw_uniform_f64(key, draw, n, out);
}

void ebb_random_normal(ebb_dtype dtype, uint64_t key, uint64_t draw, int64_t n, void *out) {
  if (dtype == EBB_F32) draw_normal_f32(key, draw, n, out);
  else draw_normal_f64(key, draw, n, out);
}

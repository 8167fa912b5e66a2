// What every C reference needs: the inputs, a clock, and the lines that Scripts/bench reads.
#pragma once
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// Memory of zeros, aligned for any vector and touched, so that no page is mapped while the clock runs.
static inline void *allocate(size_t bytes) {
  const size_t whole = (bytes + 127) / 64 * 64;
  void *const memory = aligned_alloc(64, whole);
  if (!memory) abort();
  return memset(memory, 0, whole);
}

static inline float *floats(long count) { return allocate((size_t)count * sizeof(float)); }
static inline double *doubles(long count) { return allocate((size_t)count * sizeof(double)); }

// The elements of the input `name`, an IDX file in the folder INPUTS: big-endian numbers after their type, rank and sizes.
static inline void *input(const char *name, long count, int width) {
  char path[4096];
  const char *const folder = getenv("INPUTS");
  snprintf(path, sizeof path, "%s/%s.idx", folder ? folder : ".", name);
  FILE *const file = fopen(path, "rb");
  unsigned char head[4];
  if (!file || fread(head, 1, 4, file) != 4 || fseek(file, 4 * head[3], SEEK_CUR)) {
    perror(path);
    exit(1);
  }
  unsigned char *const bytes = allocate((size_t)count * (size_t)width);
  if (fread(bytes, (size_t)width, (size_t)count, file) != (size_t)count) {
    fprintf(stderr, "%s: fewer than %ld elements\n", path, count);
    exit(1);
  }
  fclose(file);
  for (long i = 0; i < count; i++)
    if (width == 4) {
      unsigned *const x = (unsigned *)bytes + i;
      *x = __builtin_bswap32(*x);
    } else {
      unsigned long *const x = (unsigned long *)bytes + i;
      *x = __builtin_bswap64(*x);
    }
  return bytes;
}

static inline float *input_floats(const char *name, long count) { return input(name, count, sizeof(float)); }
static inline double *input_doubles(const char *name, long count) { return input(name, count, sizeof(double)); }
static inline int *input_integers(const char *name, long count) { return input(name, count, sizeof(int)); }

static inline double seconds_of(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

enum { MOST_SAMPLES = 64 };

typedef struct samples {
  int count;
  double seconds[MOST_SAMPLES];  // per call, of the processor's time
} samples;

static inline double setting(const char *name, double otherwise) {
  const char *const text = getenv(name);
  return text ? atof(text) : otherwise;
}

typedef struct sample {
  double processor, wall;
} sample;

static inline sample run(void (*body)(void *), void *state, long calls) {
  const double wall = seconds_of(CLOCK_MONOTONIC), processor = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  for (long i = 0; i < calls; i++) {
    body(state);
    __asm__ volatile("" ::: "memory");
  }
  return (sample){seconds_of(CLOCK_PROCESS_CPUTIME_ID) - processor, seconds_of(CLOCK_MONOTONIC) - wall};
}

// SAMPLES samples of at least SAMPLE_SECONDS each, after a warm-up. One in which the process got less than 97 % of its core is
// taken again, at most three times as often as there are samples: who shared the core has also emptied the caches. Calls of a second
// and more get five samples.
static inline samples measure(void (*body)(void *), void *state) {
  const double shortest = setting("SAMPLE_SECONDS", 0.05);
  samples all = {.count = (int)setting("SAMPLES", 7)};
  if (all.count < 1 || all.count > MOST_SAMPLES) all.count = 7;
  long calls = 1;
  double first;
  while ((first = run(body, state, calls).processor) < shortest) calls *= 2;
  if (first > 1 && all.count > 5) all.count = 5;
  for (int i = 0, again = 3 * all.count; i < all.count; i++) {
    const sample one = run(body, state, calls);
    all.seconds[i] = one.processor / (double)calls;
    if (one.processor < 0.97 * one.wall && again-- > 0) i--;
  }
  return all;
}

// One line: case, peer, variant, the samples over `calls`, and what `format` makes of the rest: numbers as name=value, with tabs between.
__attribute__((format(printf, 6, 7))) static inline void report(const char *name, const char *peer, const char *variant, const samples *all,
                                                                double calls, const char *format, ...) {
  printf("%s\t%s\t%s\t", name, peer, variant);
  for (int i = 0; i < all->count; i++) printf("%s%.6g", i ? "," : "", all->seconds[i] / calls);
  printf("\t");
  va_list rest;
  va_start(rest, format);
  vprintf(format, rest);
  va_end(rest);
  printf("\n");
  fflush(stdout);
}

// tanh as the quotient of polynomials of degree 13 and 6 that Eigen and XLA use; a loop over it is vectorised.
static inline float fast_tanh(float v) {
  const float x = fminf(fmaxf(v, -7.9053111f), 7.9053111f), s = x * x;
  float p = -2.76076847742355e-16f;
  p = p * s + 2.00018790482477e-13f;
  p = p * s - 8.60467152213735e-11f;
  p = p * s + 5.12229709037114e-08f;
  p = p * s + 1.48572235717979e-05f;
  p = p * s + 6.37261928875436e-04f;
  p = p * s + 4.89352455891786e-03f;
  float q = 1.19825839466702e-06f;
  q = q * s + 1.18534705686654e-04f;
  q = q * s + 2.26843463243900e-03f;
  q = q * s + 4.89352518554385e-03f;
  return x * p / q;
}

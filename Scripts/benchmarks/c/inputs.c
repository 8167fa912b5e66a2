// Writes the numbers that all sides read, once: inputs FOLDER NAME...
//
// A name says what a file holds: normal-SEED-SIZES-DTYPE and uniform-SEED-SIZES-DTYPE are the first values of the stream with that seed,
// row by row; order, digits and pictures are composed below. Files are IDX: the type, the rank, the sizes, and then the
// elements, all big-endian. Streams are SplitMix64 (Steele, Lea, Flood 2014); normals are Box and Muller's, the cosine first.
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXAMPLES = 60000, PIXELS = 784, PICTURES = 5000, COLOURS = 3072, CLASSES = 10, INT32 = 0x0C, FLOAT32 = 0x0D, FLOAT64 = 0x0E };

typedef struct stream {
  uint64_t state;
  double spare;
  bool has_spare;
} stream;

static double uniform(stream *s) {
  uint64_t z = s->state += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  z ^= z >> 31;
  return ((double)(z >> 11) + 0.5) * 0x1p-53;
}

static double normal(stream *s) {
  if ((s->has_spare = !s->has_spare)) {
    const double a = uniform(s), b = uniform(s), radius = sqrt(-2 * log(a));
    s->spare = radius * sin(2 * M_PI * b);
    return radius * cos(2 * M_PI * b);
  }
  return s->spare;
}

static void put32(FILE *file, uint32_t bits) {
  bits = __builtin_bswap32(bits);
  fwrite(&bits, sizeof bits, 1, file);
}

static void put(FILE *file, int type, double x) {
  if (type == FLOAT64) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits = __builtin_bswap64(bits);
    fwrite(&bits, sizeof bits, 1, file);
  } else if (type == FLOAT32) {
    const float y = (float)x;
    uint32_t bits;
    memcpy(&bits, &y, sizeof bits);
    put32(file, bits);
  } else {
    put32(file, (uint32_t)(int32_t)x);
  }
}

static void put_head(FILE *file, int type, int rank, const long *sizes) {
  put32(file, (uint32_t)(type << 8 | rank));
  for (int i = 0; i < rank; i++) put32(file, (uint32_t)sizes[i]);
}

// The values of a stream, whatever its sizes and type.
static bool put_stream(FILE *file, const char *name) {
  char kind[16], shape[64], dtype[16];
  unsigned long long seed;
  if (sscanf(name, "%15[a-z]-%llu-%63[0-9x]-%15s", kind, &seed, shape, dtype) != 4) return false;
  const int type = strcmp(dtype, "float32") ? FLOAT64 : FLOAT32;
  const bool is_normal = !strcmp(kind, "normal");
  if ((!is_normal && strcmp(kind, "uniform")) || (type == FLOAT64 && strcmp(dtype, "float64"))) return false;
  long sizes[8], count = 1;
  int rank = 0;
  for (char *rest = shape; *rest && rank < 8; rest += *rest == 'x') {
    sizes[rank] = strtol(rest, &rest, 10);
    count *= sizes[rank++];
  }
  put_head(file, type, rank, sizes);
  stream s = {.state = seed};
  for (long i = 0; i < count; i++) put(file, type, is_normal ? normal(&s) : uniform(&s));
  return true;
}

// Examples in ten classes, one after the other: scale times the mean of the class, plus noise.
static void put_classes(FILE *file, long count, long width, uint64_t means, double scale, uint64_t noise, double spread, bool is_image) {
  put_head(file, FLOAT32, 2, (long[]){count, width});
  stream m = {.state = means}, n = {.state = noise};
  double *const mean = malloc((size_t)(CLASSES * width) * sizeof *mean);
  for (long i = 0; i < CLASSES * width; i++) mean[i] = scale * normal(&m);
  for (long i = 0; i < count; i++)
    for (long j = 0; j < width; j++) {
      const double z = normal(&n), x = mean[i % CLASSES * width + j] + spread * (is_image ? (double)(float)z : z);
      put(file, FLOAT32, is_image ? fmin(fmax(x, 0), 1) : x);
    }
  free(mean);
}

typedef struct keyed {
  double key;
  long place;
} keyed;

static int by_key(const void *a, const void *b) {
  const double x = ((const keyed *)a)->key, y = ((const keyed *)b)->key;
  return (x > y) - (x < y);
}

// The order in which an epoch visits the digits: the positions, from 0, that sort uniform numbers.
static void put_order(FILE *file) {
  put_head(file, INT32, 1, (long[]){EXAMPLES});
  stream s = {.state = 51};
  static keyed keys[EXAMPLES];
  for (long i = 0; i < EXAMPLES; i++) keys[i] = (keyed){uniform(&s), i};
  qsort(keys, EXAMPLES, sizeof *keys, by_key);
  for (long i = 0; i < EXAMPLES; i++) put(file, INT32, (double)keys[i].place);
}

int main(int count, char **arguments) {
  for (int i = 2; i < count; i++) {
    const char *const name = arguments[i];
    char path[4096], unfinished[4104];
    snprintf(path, sizeof path, "%s/%s.idx", arguments[1], name);
    if (!access(path, R_OK)) continue;
    snprintf(unfinished, sizeof unfinished, "%s.part", path);
    FILE *const file = fopen(unfinished, "wb");
    if (!file) return perror(unfinished), 1;
    bool is_known = true;
    if (!strcmp(name, "digits"))
      put_classes(file, EXAMPLES, PIXELS, 1001, 0.05, 1002, 0.5, true);
    else if (!strcmp(name, "pictures"))
      put_classes(file, PICTURES, COLOURS, 81, 0.5, 82, 1, false);
    else if (!strcmp(name, "order"))
      put_order(file);
    else
      is_known = put_stream(file, name);
    if (fclose(file) || !is_known) return fprintf(stderr, "inputs: cannot make '%s'\n", name), 1;
    if (rename(unfinished, path)) return perror(path), 1;
  }
  return 0;
}

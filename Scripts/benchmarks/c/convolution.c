// W11: a small convolution net by hand, channels innermost: patches as rows of a matrix, products of a BLAS, and a few examples at a time,
// so that what lies between the layers stays in the caches.
#include "blas.h"

enum { EXAMPLES = 5000, TOGETHER = 4, SIDE = 32, HALF = 16, CHANNELS = 32, FEATURES = 2048, CLASSES = 10, FIRST = 27, SECOND = 288 };

static float *pictures, *w1, *w2, *w3, *g1, *g2, *g3, gb1[CHANNELS], gb2[CHANNELS], gb3[CLASSES];
static float *patches1, *z1, *pooled1, *patches2, *z2, *pooled2, *dz1, *dz2, *dpooled1, *dpooled2;
static const float none[CHANNELS];
static double loss;

// patches [(row, column), (dy, dx, channel)] of a picture [row, column, channel], zeros around it.
static void unfold(const float *picture, int side, int channels, float *patches) {
  for (int i = 0; i < side; i++)
    for (int j = 0; j < side; j++)
      for (int dy = -1; dy <= 1; dy++)
        for (int dx = -1; dx <= 1; dx++, patches += channels) {
          const int y = i + dy, x = j + dx;
          const bool is_outside = y < 0 || x < 0 || y >= side || x >= side;
          memcpy(patches, is_outside ? none : picture + (y * side + x) * channels, (size_t)channels * sizeof(float));
        }
}

static void fold(const float *patches, int side, int channels, float *picture) {
  memset(picture, 0, (size_t)(side * side * channels) * sizeof(float));
  for (int i = 0; i < side; i++)
    for (int j = 0; j < side; j++)
      for (int dy = -1; dy <= 1; dy++)
        for (int dx = -1; dx <= 1; dx++, patches += channels) {
          const int y = i + dy, x = j + dx;
          if (y < 0 || x < 0 || y >= side || x >= side) continue;
          float *const pixel = picture + (y * side + x) * channels;
          for (int k = 0; k < channels; k++) pixel[k] += patches[k];
        }
}

// z becomes relu(z), and pooled its largest of each 2 × 2; the biases are zero.
static void relu_and_pool(float *z, int side, float *pooled) {
  for (int i = 0; i < side * side * CHANNELS; i++) z[i] = fmaxf(z[i], 0);
  for (int i = 0; i < side / 2; i++)
    for (int j = 0; j < side / 2; j++, pooled += CHANNELS) {
      const float *const a = z + (2 * i * side + 2 * j) * CHANNELS, *const b = a + side * CHANNELS;
      for (int k = 0; k < CHANNELS; k++) pooled[k] = fmaxf(fmaxf(a[k], a[k + CHANNELS]), fmaxf(b[k], b[k + CHANNELS]));
    }
}

// The way back: the first of the largest takes the derivative, unless relu has cut it off.
static void unpool(const float *z, const float *pooled, const float *dpooled, int side, float *dz, float *bias) {
  for (int i = 0; i < side / 2; i++)
    for (int j = 0; j < side / 2; j++, pooled += CHANNELS, dpooled += CHANNELS) {
      const int a = (2 * i * side + 2 * j) * CHANNELS, b = a + side * CHANNELS, places[4] = {a, a + CHANNELS, b, b + CHANNELS};
      for (int k = 0; k < CHANNELS; k++) {
        float rest = pooled[k] > 0 ? dpooled[k] : 0;
        bias[k] += rest;
        for (int q = 0; q < 4; q++) {
          const float part = z[places[q] + k] == pooled[k] ? rest : 0;
          dz[places[q] + k] = part;
          rest -= part;
        }
      }
    }
}

static void classify(int first, float *logits, float *d) {
  for (int i = 0; i < TOGETHER; i++, logits += CLASSES, d += CLASSES) {
    float largest = logits[0], sum = 0;
    const int label = (first + i) % CLASSES;
    for (int k = 1; k < CLASSES; k++) largest = fmaxf(largest, logits[k]);
    for (int k = 0; k < CLASSES; k++) sum += d[k] = expf(logits[k] - largest);
    loss += (double)(logf(sum) + largest - logits[label]) / EXAMPLES;
    for (int k = 0; k < CLASSES; k++) gb3[k] += d[k] = (d[k] / sum - (float)(k == label)) / EXAMPLES;
  }
}

static void loss_and_gradient(void *state) {
  (void)state;
  float logits[TOGETHER * CLASSES], d[TOGETHER * CLASSES];
  loss = 0;
  memset(g1, 0, FIRST * CHANNELS * sizeof(float)), memset(gb1, 0, sizeof gb1);
  memset(g2, 0, SECOND * CHANNELS * sizeof(float)), memset(gb2, 0, sizeof gb2);
  memset(g3, 0, FEATURES * CLASSES * sizeof(float)), memset(gb3, 0, sizeof gb3);
  enum { A = SIDE * SIDE, B = HALF * HALF };
  for (int first = 0; first < EXAMPLES; first += TOGETHER) {
    for (int i = 0; i < TOGETHER; i++) unfold(pictures + (long)(first + i) * A * 3, SIDE, 3, patches1 + i * A * FIRST);
    product(false, false, TOGETHER * A, CHANNELS, FIRST, 1, patches1, w1, 0, z1);
    for (int i = 0; i < TOGETHER; i++) relu_and_pool(z1 + i * A * CHANNELS, SIDE, pooled1 + i * B * CHANNELS);
    for (int i = 0; i < TOGETHER; i++) unfold(pooled1 + i * B * CHANNELS, HALF, CHANNELS, patches2 + i * B * SECOND);
    product(false, false, TOGETHER * B, CHANNELS, SECOND, 1, patches2, w2, 0, z2);
    for (int i = 0; i < TOGETHER; i++) relu_and_pool(z2 + i * B * CHANNELS, HALF, pooled2 + i * FEATURES);
    product(false, false, TOGETHER, CLASSES, FEATURES, 1, pooled2, w3, 0, logits);
    classify(first, logits, d);
    product(true, false, FEATURES, CLASSES, TOGETHER, 1, pooled2, d, 1, g3);
    product(false, true, TOGETHER, FEATURES, CLASSES, 1, d, w3, 0, dpooled2);
    for (int i = 0; i < TOGETHER; i++)
      unpool(z2 + i * B * CHANNELS, pooled2 + i * FEATURES, dpooled2 + i * FEATURES, HALF, dz2 + i * B * CHANNELS, gb2);
    product(true, false, SECOND, CHANNELS, TOGETHER * B, 1, patches2, dz2, 1, g2);
    product(false, true, TOGETHER * B, SECOND, CHANNELS, 1, dz2, w2, 0, patches2);
    for (int i = 0; i < TOGETHER; i++) {
      fold(patches2 + i * B * SECOND, HALF, CHANNELS, dpooled1 + i * B * CHANNELS);
      unpool(z1 + i * A * CHANNELS, pooled1 + i * B * CHANNELS, dpooled1 + i * B * CHANNELS, SIDE, dz1 + i * A * CHANNELS, gb1);
    }
    product(true, false, FIRST, CHANNELS, TOGETHER * A, 1, patches1, dz1, 1, g1);
  }
}

// Weights [out, in, dy, dx] as [(dy, dx, in), out].
static float *filters(const char *name, int in) {
  double *const numbers = input_doubles(name, (long)CHANNELS * in * 9);
  float *const w = floats((long)CHANNELS * in * 9);
  for (int o = 0; o < CHANNELS; o++)
    for (int c = 0; c < in; c++)
      for (int k = 0; k < 9; k++) w[(k * in + c) * CHANNELS + o] = (float)(numbers[(o * in + c) * 9 + k] / sqrt(9 * in));
  free(numbers);
  return w;
}

static double squares(const float *x, long count) {
  double sum = 0;
  for (long i = 0; i < count; i++) sum += (double)x[i] * (double)x[i];
  return sum;
}

int main(int count, char **arguments) {
  open_blas(count, arguments);
  float *const planes = input_floats("pictures", (long)EXAMPLES * 3 * SIDE * SIDE);
  pictures = floats((long)EXAMPLES * 3 * SIDE * SIDE);
  for (long i = 0; i < EXAMPLES; i++)
    for (int c = 0; c < 3; c++)
      for (int q = 0; q < SIDE * SIDE; q++) pictures[(i * SIDE * SIDE + q) * 3 + c] = planes[(i * 3 + c) * SIDE * SIDE + q];
  free(planes);
  w1 = filters("normal-300-32x3x3x3-float64", 3);
  w2 = filters("normal-301-32x32x3x3-float64", CHANNELS);
  w3 = floats(FEATURES * CLASSES);
  const double *const dense = input_doubles("normal-302-2048x10-float64", FEATURES * CLASSES);
  for (int c = 0; c < CHANNELS; c++)
    for (int q = 0; q < 64; q++)
      for (int k = 0; k < CLASSES; k++) w3[(q * CHANNELS + c) * CLASSES + k] = (float)(dense[(c * 64 + q) * CLASSES + k] / sqrt(FEATURES));
  g1 = floats(FIRST * CHANNELS), g2 = floats(SECOND * CHANNELS), g3 = floats(FEATURES * CLASSES);
  enum { A = TOGETHER * SIDE * SIDE, B = TOGETHER * HALF * HALF };
  patches1 = floats(A * FIRST), z1 = floats(A * CHANNELS), dz1 = floats(A * CHANNELS);
  patches2 = floats(B * SECOND), z2 = floats(B * CHANNELS), dz2 = floats(B * CHANNELS);
  pooled1 = floats(B * CHANNELS), dpooled1 = floats(B * CHANNELS);
  pooled2 = floats(TOGETHER * FEATURES), dpooled2 = floats(TOGETHER * FEATURES);

  const samples all = measure(loss_and_gradient, NULL);
  const double norm = sqrt(squares(g1, FIRST * CHANNELS) + squares(gb1, CHANNELS) + squares(g2, SECOND * CHANNELS) + squares(gb2, CHANNELS) +
                           squares(g3, FEATURES * CLASSES) + squares(gb3, CLASSES));
  report("convolution", "C", blas.name, &all, 1, "loss=%.9g\tnorm=%.9g", loss, norm);
  return 0;
}

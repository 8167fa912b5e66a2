// W1: an addition of 8 numbers behind a pointer that the compiler can't see through, and the chain with its gradient in one loop.
#include "measure.h"

enum { COUNT = 1000 };

static float a[8], b[8], c[8], chain_value;
static const float *x;
static float *gradient;

static void add_into(float *restrict sum, const float *restrict p, const float *restrict q, long n) {
  for (long i = 0; i < n; i++) sum[i] = p[i] + q[i];
}
static void (*volatile add)(float *, const float *, const float *, long) = add_into;

static void thousand_additions(void *state) {
  (void)state;
  for (int i = 0; i < 1000; i++) add(c, a, b, 8);
}

static void chain_and_gradient(void *state) {
  (void)state;
  float sum = 0;
  for (long i = 0; i < COUNT; i++) {
    float v = x[i], slope = 1;
    for (int k = 0; k < 4; k++) {
      const float t = fast_tanh(v * 1.01f + 0.1f);
      slope *= 1.01f * (1 - t * t) * 2 * t;
      v = t * t - 0.3f;
    }
    gradient[i] = slope;
    sum += v;
  }
  chain_value = sum;
}

int main(void) {
  memcpy(a, input_floats("normal-1-8-float32", 8), sizeof a);
  memcpy(b, input_floats("normal-2-8-float32", 8), sizeof b);
  x = input_floats("normal-3-1000-float32", COUNT);
  gradient = floats(COUNT);

  samples all = measure(thousand_additions, NULL);
  double sum = 0;
  for (int i = 0; i < 8; i++) sum += c[i];
  report("add", "C", "a call", &all, 1000, "sum=%.9g", sum);

  all = measure(chain_and_gradient, NULL);
  sum = 0;
  for (int i = 0; i < COUNT; i++) sum += gradient[i];
  report("chain", "C", "one loop", &all, 1, "value=%.9g\tgradient=%.9g", chain_value, sum);
  return 0;
}

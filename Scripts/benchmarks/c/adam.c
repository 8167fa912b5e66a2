// W14: the triad that says what the memory gives, and a step of Adam that touches every number once.
#include "measure.h"

enum { COUNT = 10000000 };

static float *a, *b, *c, *p, *m, *v;
static const float *start, *g;
static int t;

static void triad(void *state) {
  (void)state;
  for (long i = 0; i < COUNT; i++) a[i] = b[i] + 3 * c[i];
}

static void adam(void *state) {
  (void)state;
  t++;
  const float first = 1 - powf(0.9f, (float)t), second = 1 - powf(0.999f, (float)t), rate = 1e-3f / first, scale = 1 / sqrtf(second);
  for (long i = 0; i < COUNT; i++) {
    m[i] = 0.9f * m[i] + 0.1f * g[i];
    v[i] = 0.999f * v[i] + 0.001f * g[i] * g[i];
    p[i] -= rate * m[i] / (sqrtf(v[i]) * scale + 1e-8f);
  }
}

int main(void) {
  start = input_floats("normal-5-10000000-float32", COUNT);
  g = input_floats("normal-6-10000000-float32", COUNT);
  a = floats(COUNT), b = floats(COUNT), c = floats(COUNT);
  samples all = measure(triad, NULL);
  report("triad", "C", "one loop", &all, 1, "sum=%g", (double)a[0]);
  free(a), free(b), free(c);

  p = floats(COUNT), m = floats(COUNT), v = floats(COUNT);
  memcpy(p, start, COUNT * sizeof(float));
  for (int i = 0; i < 3; i++) adam(NULL);
  double mean = 0;
  for (long i = 0; i < COUNT; i++) mean += ((double)p[i] - (double)start[i]) * (double)g[i] / COUNT;
  all = measure(adam, NULL);
  report("adam", "C", "one loop", &all, 1, "moved=%.9g", mean);
  return 0;
}

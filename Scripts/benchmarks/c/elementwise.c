// W2: one pass over 10^7 numbers, with ordinary stores and with stores that pass the caches by; and their sum.
#include "measure.h"

enum { COUNT = 10000000, BLOCK = 4000 };

typedef float wide __attribute__((vector_size(32)));

static const float *x;
static float *y, total;

static void one_pass(void *state) {
  (void)state;
  for (long i = 0; i < COUNT; i++) y[i] = fast_tanh(0.7f * x[i] + 0.3f) * x[i];
}

static void past_the_caches(void *state) {
  (void)state;
  static wide block[BLOCK / 8];
  float *const numbers = (float *)block;
  for (long i = 0; i < COUNT; i += BLOCK) {
    for (long j = 0; j < BLOCK; j++) numbers[j] = fast_tanh(0.7f * x[i + j] + 0.3f) * x[i + j];
    for (long j = 0; j < BLOCK / 8; j++) __builtin_nontemporal_store(block[j], (wide *)(y + i) + j);
  }
}

static void sum(void *state) {
  (void)state;
  float s = 0;
  for (long i = 0; i < COUNT; i++) s += x[i];
  total = s;
}

static double sum_of_y(void) {
  double s = 0;
  for (long i = 0; i < COUNT; i++) s += (double)y[i];
  return s;
}

int main(void) {
  x = input_floats("normal-5-10000000-float32", COUNT);
  y = floats(COUNT);
  samples all = measure(one_pass, NULL);
  report("tanh", "C", "one pass", &all, 1, "sum=%.9g", sum_of_y());
  all = measure(past_the_caches, NULL);
  report("tanh", "C", "one pass, stores past the caches", &all, 1, "sum=%.9g", sum_of_y());
  all = measure(sum, NULL);
  report("sum", "C", "one pass", &all, 1, "sum=%.9g", (double)total);
  return 0;
}

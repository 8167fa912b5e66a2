// W5 and W6: gradient descent on products of matrices, by hand on a BLAS.
#include "blas.h"

enum { EXAMPLES = 200, HIDDEN = 50, OUTPUTS = 20, RANK = 5, SIDE = 100 };

typedef struct two_layers {
  int inputs;
  double *x, *y, *first, *second, *w1, *w2, *h, *e, *g;
} two_layers;

// e = x w1 w2 − y, keeping h = x w1.
static void residual(two_layers *t) {
  product64(false, false, EXAMPLES, HIDDEN, t->inputs, 1, t->x, t->w1, 0, t->h);
  memcpy(t->e, t->y, EXAMPLES * OUTPUTS * sizeof(double));
  product64(false, false, EXAMPLES, OUTPUTS, HIDDEN, 1, t->h, t->w2, -1, t->e);
}

static void descend_two_layers(void *state) {
  two_layers *const t = state;
  const double scale = -0.005 / EXAMPLES;
  memcpy(t->w1, t->first, (size_t)t->inputs * HIDDEN * sizeof(double));
  memcpy(t->w2, t->second, HIDDEN * OUTPUTS * sizeof(double));
  for (int step = 0; step < 10000; step++) {
    residual(t);
    product64(true, false, t->inputs, OUTPUTS, EXAMPLES, scale, t->x, t->e, 0, t->g);
    product64(false, true, t->inputs, HIDDEN, OUTPUTS, 1, t->g, t->w2, 1, t->w1);
    product64(true, false, HIDDEN, OUTPUTS, EXAMPLES, scale, t->h, t->e, 1, t->w2);
  }
}

static double *scaled(const char *name, long count, double factor) {
  double *const numbers = input_doubles(name, count);
  for (long i = 0; i < count; i++) numbers[i] *= factor;
  return numbers;
}

static void measure_two_layers(int d) {
  char x[64], left[64], first[64];
  snprintf(x, sizeof x, "normal-31-200x%d-float64", d);
  snprintf(left, sizeof left, "normal-33-%dx5-float64", d);
  snprintf(first, sizeof first, "normal-35-%dx50-float64", d);
  two_layers t = {
      .inputs = d,
      .x = input_doubles(x, EXAMPLES * d),
      .y = doubles(EXAMPLES * OUTPUTS),
      .first = scaled(first, d * HIDDEN, 0.01),
      .second = scaled("normal-36-50x20-float64", HIDDEN * OUTPUTS, 0.01),
      .w1 = doubles(d * HIDDEN),
      .w2 = doubles(HIDDEN * OUTPUTS),
      .h = doubles(EXAMPLES * HIDDEN),
      .e = doubles(EXAMPLES * OUTPUTS),
      .g = doubles(d * OUTPUTS),
  };
  const double *const a = input_doubles(left, d * RANK), *const b = input_doubles("normal-34-5x20-float64", RANK * OUTPUTS);
  product64(false, false, d, OUTPUTS, RANK, 1 / sqrt(RANK * d), a, b, 0, t.g);
  product64(false, false, EXAMPLES, OUTPUTS, d, 1, t.x, t.g, 0, t.y);

  const samples all = measure(descend_two_layers, &t);
  residual(&t);
  double loss = 0;
  for (int i = 0; i < EXAMPLES * OUTPUTS; i++) loss += t.e[i] * t.e[i] / (2 * EXAMPLES);
  report(d == 20 ? "two layers, 20" : "two layers, 100", "C", blas.name, &all, 1, "loss=%.12g", loss);
}

static struct {
  double *start[3], *w[3], *goal, *mask, *q, *e, *b, scale;
} three;

static void factor_product(void) {
  product64(false, false, SIDE, SIDE, SIDE, 1, three.w[0], three.w[1], 0, three.q);
  product64(false, false, SIDE, SIDE, SIDE, 1, three.q, three.w[2], 0, three.e);
}

static void descend_three_factors(void *state) {
  (void)state;
  enum { ALL = SIDE * SIDE };
  for (int i = 0; i < 3; i++) memcpy(three.w[i], three.start[i], ALL * sizeof(double));
  const double scale = 0.05 * three.scale;
  for (int step = 0; step < 5000; step++) {
    factor_product();
    for (int i = 0; i < ALL; i++) three.e[i] = scale * (three.e[i] - three.goal[i]) * three.mask[i];
    product64(false, true, SIDE, SIDE, SIDE, 1, three.e, three.w[2], 0, three.b);
    product64(true, false, SIDE, SIDE, SIDE, -1, three.q, three.e, 1, three.w[2]);
    memcpy(three.q, three.w[1], ALL * sizeof(double));
    product64(true, false, SIDE, SIDE, SIDE, -1, three.w[0], three.b, 1, three.w[1]);
    product64(false, true, SIDE, SIDE, SIDE, -1, three.b, three.q, 1, three.w[0]);
  }
}

static void measure_three_factors(void) {
  static const char *const starts[] = {"normal-44-100x100-float64", "normal-45-100x100-float64", "normal-46-100x100-float64"};
  const int all_entries = SIDE * SIDE;
  for (int i = 0; i < 3; i++) {
    three.start[i] = scaled(starts[i], all_entries, 0.05);
    three.w[i] = doubles(all_entries);
  }
  three.goal = doubles(all_entries);
  three.mask = input_doubles("uniform-43-100x100-float64", all_entries);
  three.q = doubles(all_entries);
  three.e = doubles(all_entries);
  three.b = doubles(all_entries);
  const double *const a = input_doubles("normal-41-100x5-float64", SIDE * RANK), *const b = input_doubles("normal-42-5x100-float64", RANK * SIDE);
  product64(false, false, SIDE, SIDE, RANK, 1 / sqrt(RANK), a, b, 0, three.goal);
  double observed = 0;
  for (int i = 0; i < all_entries; i++) observed += three.mask[i] = three.mask[i] < 0.3;
  three.scale = SIDE / observed;

  const samples all = measure(descend_three_factors, NULL);
  factor_product();
  double loss = 0, rest = 0;
  for (int i = 0; i < all_entries; i++) {
    const double e = three.e[i] - three.goal[i];
    *(three.mask[i] > 0 ? &loss : &rest) += e * e;
  }
  report("three factors", "C", blas.name, &all, 1, "loss=%.12g\trmse=%.12g", three.scale / 2 * loss, sqrt(rest / (all_entries - observed)));
}

int main(int count, char **arguments) {
  open_blas(count, arguments);
  if (!blas.dgemm) return 3;
  const char *const wanted = count > 2 ? arguments[2] : "W5";
  if (!strcmp(wanted, "W6"))
    measure_three_factors();
  else
    for (int i = 0; i < 2; i++) measure_two_layers(i ? 100 : 20);
  return 0;
}

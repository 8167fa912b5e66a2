// W4 and W10: gradient descent on the diagonal network by hand: one run, and 64 learning rates at once. All of it stays in the first
// cache. Lanes of the 64 runs are innermost, in blocks whose sums fit the registers.
#include "measure.h"

enum { EXAMPLES = 40, WIDTH = 100, STEPS = 10000, RUNS = 64, LANES = 8 };

static const double *x;  // [EXAMPLES, WIDTH]
static double y[EXAMPLES], u[WIDTH], v[WIDTH], rates[RUNS];

typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));
static lanes us[RUNS / LANES][WIDTH], vs[RUNS / LANES][WIDTH];

static double target(int j) { return j < 5 ? (j % 2 ? -1 : 1) : 0; }

static void descend(void *state) {
  const double scale = 2 * *(const double *)state / EXAMPLES;
  double w[WIDTH], g[WIDTH];
  for (int j = 0; j < WIDTH; j++) u[j] = v[j] = 0.1;
  for (int step = 0; step < STEPS; step++) {
    for (int j = 0; j < WIDTH; j++) {
      w[j] = u[j] * u[j] - v[j] * v[j];
      g[j] = 0;
    }
    for (int i = 0; i < EXAMPLES; i += 4) {
      const double *const row = x + i * WIDTH;
      double r[4] = {-y[i], -y[i + 1], -y[i + 2], -y[i + 3]};
      for (int j = 0; j < WIDTH; j++)
        for (int k = 0; k < 4; k++) r[k] += row[k * WIDTH + j] * w[j];
      for (int j = 0; j < WIDTH; j++)
        g[j] += r[0] * row[j] + r[1] * row[WIDTH + j] + r[2] * row[2 * WIDTH + j] + r[3] * row[3 * WIDTH + j];
    }
    for (int j = 0; j < WIDTH; j++) {
      const double move = scale * g[j];
      u[j] -= move * u[j];
      v[j] += move * v[j];
    }
  }
}

// LANES runs at once. Five rows, or columns, of x are taken together, so that a load of w or r serves five sums.
static void descend_block(int block) {
  lanes w[WIDTH], r[EXAMPLES], scale;
  for (int q = 0; q < LANES; q++) scale[q] = 2 * rates[block * LANES + q] / EXAMPLES;
  for (int j = 0; j < WIDTH; j++) us[block][j] = vs[block][j] = (lanes){} + 0.1;
  for (int step = 0; step < STEPS; step++) {
    for (int j = 0; j < WIDTH; j++) w[j] = us[block][j] * us[block][j] - vs[block][j] * vs[block][j];
    for (int i = 0; i < EXAMPLES; i += 5) {
      lanes s[5];
      for (int k = 0; k < 5; k++) s[k] = (lanes){} - y[i + k];
      for (int j = 0; j < WIDTH; j++)
        for (int k = 0; k < 5; k++) s[k] += x[(i + k) * WIDTH + j] * w[j];
      for (int k = 0; k < 5; k++) r[i + k] = s[k];
    }
    for (int j = 0; j < WIDTH; j += 5) {
      lanes s[5] = {};
      for (int i = 0; i < EXAMPLES; i++)
        for (int k = 0; k < 5; k++) s[k] += x[i * WIDTH + j + k] * r[i];
      for (int k = 0; k < 5; k++) {
        const lanes move = scale * s[k];
        us[block][j + k] -= move * us[block][j + k];
        vs[block][j + k] += move * vs[block][j + k];
      }
    }
  }
}

static void descend_all(void *state) {
  (void)state;
  for (int block = 0; block < RUNS / LANES; block++) descend_block(block);
}

// Adds the loss and the distance from the target of the weights a² − b².
static void judge(const double *a, const double *b, int stride, double *loss, double *distance) {
  double squares = 0;
  for (int i = 0; i < EXAMPLES; i++) {
    double r = -y[i];
    for (int j = 0; j < WIDTH; j++) r += x[i * WIDTH + j] * (a[j * stride] * a[j * stride] - b[j * stride] * b[j * stride]);
    *loss += r * r / (2 * EXAMPLES);
  }
  for (int j = 0; j < WIDTH; j++) {
    const double d = a[j * stride] * a[j * stride] - b[j * stride] * b[j * stride] - target(j);
    squares += d * d;
  }
  *distance += sqrt(squares);
}

int main(void) {
  x = input_doubles("normal-21-40x100-float64", EXAMPLES * WIDTH);
  for (int i = 0; i < EXAMPLES; i++)
    for (int j = 0; j < WIDTH; j++) y[i] += x[i * WIDTH + j] * target(j);

  double rate = 0.002, loss = 0, distance = 0;
  samples all = measure(descend, &rate);
  judge(u, v, 1, &loss, &distance);
  report("diagonal", "C", "one loop", &all, 1, "loss=%.12g\tdistance=%.12g", loss, distance);

  for (int q = 0; q < RUNS; q++) rates[q] = 1e-4 * pow(300, q / 63.0);
  all = measure(descend_all, NULL);
  loss = distance = 0;
  for (int q = 0; q < RUNS; q++)
    judge((double *)us[q / LANES] + q % LANES, (double *)vs[q / LANES] + q % LANES, LANES, &loss, &distance);
  report("rates", "C", "batched", &all, 1, "losses=%.12g\tdistances=%.12g", loss, distance);
  return 0;
}

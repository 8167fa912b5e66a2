// W7 and W8: an epoch of minibatches, steps of full-batch descent, norms and winsorized mean of per-example gradients, by hand on a BLAS.
#include "perceptron.h"

enum { EPOCH = 60000, PIXELS = 784, BATCH = 128, STEPS = EPOCH / BATCH, FULL = 5000, NORMED = 256 };

static float *digits;

static struct {
  perceptron net;
  float *rows, *targets, *start[LAYERS], *mw[LAYERS], *mb[LAYERS];
  int *order;
  double mean_loss;
} epoch;

static void momentum_step(float *p, float *m, const float *g, long count) {
  for (long i = 0; i < count; i++) {
    m[i] = 0.9f * m[i] + g[i];
    p[i] -= 0.01f * m[i];
  }
}

static void run_epoch(void *state) {
  (void)state;
  perceptron *const net = &epoch.net;
  for (int l = 0; l < LAYERS; l++) {
    memcpy(net->w[l], epoch.start[l], (size_t)weights(net, l) * sizeof(float));
    memset(epoch.mw[l], 0, (size_t)weights(net, l) * sizeof(float));
    memset(net->b[l], 0, (size_t)net->sizes[l + 1] * sizeof(float));
    memset(epoch.mb[l], 0, (size_t)net->sizes[l + 1] * sizeof(float));
  }
  double total = 0;
  for (int step = 0; step < STEPS; step++) {
    memset(epoch.targets, 0, BATCH * CLASSES * sizeof(float));
    for (int i = 0; i < BATCH; i++) {
      const int example = epoch.order[step * BATCH + i];
      memcpy(epoch.rows + i * PIXELS, digits + (long)example * PIXELS, PIXELS * sizeof(float));
      epoch.targets[i * CLASSES + example % CLASSES] = 1;
    }
    total += forward(net);
    backward(net, true);
    for (int l = 0; l < LAYERS; l++) {
      momentum_step(net->w[l], epoch.mw[l], net->gw[l], weights(net, l));
      momentum_step(net->b[l], epoch.mb[l], net->gb[l], net->sizes[l + 1]);
    }
  }
  epoch.mean_loss = total / STEPS;
}

static void measure_epoch(void) {
  digits = input_floats("digits", (long)EPOCH * PIXELS);
  epoch.order = input_integers("order", EPOCH);
  epoch.rows = floats(BATCH * PIXELS);
  epoch.targets = floats(BATCH * CLASSES);
  epoch.net = (perceptron){.sizes = {PIXELS, 256, 256, CLASSES}, .examples = BATCH, .targets = epoch.targets};
  allocate_perceptron(&epoch.net, epoch.rows);
  for (int l = 0; l < LAYERS; l++) {
    epoch.start[l] = floats(weights(&epoch.net, l)), epoch.mw[l] = floats(weights(&epoch.net, l));
    epoch.mb[l] = floats(epoch.net.sizes[l + 1]);
  }
  read_weights(&epoch.net, epoch.start);
  const samples all = measure(run_epoch, NULL);

  perceptron judge = epoch.net;
  judge.examples = FULL;
  judge.targets = one_hot(NULL, FULL);
  judge.h[0] = digits;
  for (int l = 1; l <= LAYERS; l++) judge.h[l] = floats((long)FULL * judge.sizes[l]), judge.d[l] = floats((long)FULL * judge.sizes[l]);
  report("epoch", "C", blas.name, &all, 1, "mean=%.9g\tfinal=%.9g", epoch.mean_loss, forward(&judge));
}

static void full_step(void *state) {
  perceptron *const net = state;
  forward(net);
  backward(net, true);
  for (int l = 0; l < LAYERS; l++) {
    for (long i = 0; i < weights(net, l); i++) net->w[l][i] -= 0.05f * net->gw[l][i];
    for (int i = 0; i < net->sizes[l + 1]; i++) net->b[l][i] -= 0.05f * net->gb[l][i];
  }
}

static void measure_full(bool is_squared) {
  digits = input_floats("digits", (long)FULL * PIXELS);
  perceptron net = {
      .sizes = {PIXELS, 200, 200, CLASSES}, .examples = FULL, .is_tanh = true, .is_squared = is_squared, .targets = one_hot(NULL, FULL)};
  allocate_perceptron(&net, digits);
  read_weights(&net, net.w);
  for (int step = 0; step < 20; step++) full_step(&net);
  const double loss = forward(&net);
  const samples all = measure(full_step, &net);
  report(is_squared ? "full batch, squares" : "full batch, cross entropy", "C", blas.name, &all, 1, "loss=%.9g", loss);
}

static double norms[NORMED];

// A layer's part of an example's gradient is an outer product, whose norm is that of its factors.
static void per_example_norms(void *state) {
  perceptron *const net = state;
  forward(net);
  backward(net, false);
  for (int i = 0; i < NORMED; i++) {
    double squares = 0;
    for (int l = 0; l < LAYERS; l++) {
      const int in = net->sizes[l], out = net->sizes[l + 1];
      const float *const h = net->h[l] + (long)i * in, *const d = net->d[l + 1] + (long)i * out;
      float hh = 1, dd = 0;  // the one stands for the bias
      for (int j = 0; j < in; j++) hh += h[j] * h[j];
      for (int j = 0; j < out; j++) dd += d[j] * d[j];
      squares += (double)hh * (double)dd;
    }
    norms[i] = NORMED * sqrt(squares);
  }
}

static void measure_norms(void) {
  perceptron net = {.sizes = {PIXELS, 256, 256, CLASSES}, .examples = NORMED, .targets = one_hot(NULL, NORMED)};
  allocate_perceptron(&net, input_floats("digits", NORMED * PIXELS));
  read_weights(&net, net.w);
  const samples all = measure(per_example_norms, &net);
  double sum = 0;
  for (int i = 0; i < NORMED; i++) sum += norms[i];
  report("norms", "C", blas.name, &all, 1, "sum=%.9g", sum);
}

// The mean of values clipped to the extremes but WINSORIZED on either side. Columns are treated a vector at a time; two lists have the
// smallest and the largest values so far.
enum { AGGREGATED = 100, WINSORIZED = 8 };
#if defined __AVX512F__
enum { LANES = 16 };
#else
enum { LANES = 8 };
#endif
typedef float lanes __attribute__((ext_vector_type(LANES)));

// Values h[i * h_stride] d[i * d_stride ...] of `width` columns; without h it counts as 1.
static inline void winsorize(const float *h, long h_stride, const float *d, long d_stride, int width, float *out) {
  lanes low[WINSORIZED + 1], high[WINSORIZED + 1], sum = 0;
  for (int c = 0; c <= WINSORIZED; c++) low[c] = 3.4e38f, high[c] = -3.4e38f;
  for (int i = 0; i < AGGREGATED; i++) {
    lanes x = 0;
    if (width == LANES) memcpy(&x, d + i * d_stride, sizeof x);
    else memcpy(&x, d + i * d_stride, (size_t)width * sizeof(float));
    if (h) x *= h[i * h_stride];
    sum += x;
    lanes t = x;
    _Pragma("clang loop unroll(full)") for (int c = 0; c <= WINSORIZED; c++) {
      const lanes least = low[c] < t ? low[c] : t;
      t = low[c] < t ? t : low[c];
      low[c] = least;
    }
    t = x;
    _Pragma("clang loop unroll(full)") for (int c = 0; c <= WINSORIZED; c++) {
      const lanes most = high[c] > t ? high[c] : t;
      t = high[c] > t ? t : high[c];
      high[c] = most;
    }
  }
  for (int c = 0; c < WINSORIZED; c++) sum = (sum - (low[c] + high[c])) + (low[WINSORIZED] + high[WINSORIZED]);
  sum *= 1.0f / AGGREGATED;
  if (width == LANES) memcpy(out, &sum, sizeof sum);
  else memcpy(out, &sum, (size_t)width * sizeof(float));
}

static void winsorized_mean(void *state) {
  perceptron *const net = state;
  forward(net);
  backward(net, false);
  for (int l = 0; l < LAYERS; l++) {
    const int in = net->sizes[l], out = net->sizes[l + 1];
    float *const d = net->d[l + 1];
    for (int i = 0; i < AGGREGATED * out; i++) d[i] *= AGGREGATED;
    for (int k = 0; k < out; k += LANES) {
      const int width = out - k < LANES ? out - k : LANES;
      for (int j = 0; j < in; j++)
        if (width == LANES) winsorize(net->h[l] + j, in, d + k, out, LANES, net->gw[l] + (long)j * out + k);
        else winsorize(net->h[l] + j, in, d + k, out, width, net->gw[l] + (long)j * out + k);
      winsorize(NULL, 0, d + k, out, width, net->gb[l] + k);
    }
  }
}

static void measure_winsorized(void) {
  perceptron net = {.sizes = {PIXELS, 256, 256, CLASSES}, .examples = AGGREGATED, .targets = one_hot(NULL, AGGREGATED)};
  allocate_perceptron(&net, input_floats("digits", AGGREGATED * PIXELS));
  read_weights(&net, net.w);
  const samples all = measure(winsorized_mean, &net);
  double squares = 0, absolute = 0;
  for (int l = 0; l < LAYERS; l++) {
    for (long i = 0; i < weights(&net, l); i++) squares += (double)net.gw[l][i] * net.gw[l][i], absolute += fabs((double)net.gw[l][i]);
    for (int i = 0; i < net.sizes[l + 1]; i++) squares += (double)net.gb[l][i] * net.gb[l][i], absolute += fabs((double)net.gb[l][i]);
  }
  report("winsorized", "C", blas.name, &all, 1, "norm=%.9g\tabsolute=%.9g", sqrt(squares), absolute);
}

int main(int count, char **arguments) {
  open_blas(count, arguments);
  const char *const wanted = count > 2 ? arguments[2] : "W7a";
  if (!strcmp(wanted, "W8"))
    measure_norms(), measure_winsorized();
  else if (!strcmp(wanted, "W7b"))
    for (int i = 0; i < 2; i++) measure_full(i == 0);
  else
    measure_epoch();
  return 0;
}

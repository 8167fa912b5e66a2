// A perceptron of three layers by hand on a BLAS, float32: loss, gradient, and the arrays in between, which per-example norms need.
#pragma once
#include "blas.h"

enum { LAYERS = 3, CLASSES = 10 };

typedef struct perceptron {
  int sizes[LAYERS + 1], examples;
  bool is_tanh, is_squared;          // activation and loss; else relu and cross entropy
  const float *targets;              // [examples, CLASSES], a one in each row
  float *w[LAYERS], *b[LAYERS];      // [in, out], [out]
  float *gw[LAYERS], *gb[LAYERS];
  float *h[LAYERS + 1], *d[LAYERS + 1];  // what a layer takes, and the derivative of the mean loss by what it gives
} perceptron;

static inline long weights(const perceptron *p, int layer) { return (long)p->sizes[layer] * p->sizes[layer + 1]; }

static inline void allocate_perceptron(perceptron *p, float *data) {
  for (int l = 0; l <= LAYERS; l++) {
    p->h[l] = l ? floats((long)p->examples * p->sizes[l]) : data;
    p->d[l] = l ? floats((long)p->examples * p->sizes[l]) : NULL;
  }
  for (int l = 0; l < LAYERS; l++) {
    p->w[l] = floats(weights(p, l)), p->gw[l] = floats(weights(p, l));
    p->b[l] = floats(p->sizes[l + 1]), p->gb[l] = floats(p->sizes[l + 1]);
  }
}

// Weights normal / √in, from the streams 100, 101 and 102; no biases.
static inline void read_weights(const perceptron *p, float *into[LAYERS]) {
  for (int l = 0; l < LAYERS; l++) {
    char name[64];
    snprintf(name, sizeof name, "normal-%d-%dx%d-float64", 100 + l, p->sizes[l], p->sizes[l + 1]);
    double *const numbers = input_doubles(name, weights(p, l));
    for (long i = 0; i < weights(p, l); i++) into[l][i] = (float)(numbers[i] / sqrt(p->sizes[l]));
    free(numbers);
  }
}

static inline float *one_hot(const int *labels, long examples) {
  float *const rows = floats(examples * CLASSES);
  for (long i = 0; i < examples; i++) rows[i * CLASSES + (labels ? labels[i] : i % CLASSES)] = 1;
  return rows;
}

static inline double loss_and_slopes(perceptron *p) {
  const float *z = p->h[LAYERS], *t = p->targets, share = 1.0f / (float)p->examples;
  float *d = p->d[LAYERS];
  double loss = 0;
  for (int i = 0; i < p->examples; i++, z += CLASSES, t += CLASSES, d += CLASSES) {
    float largest = z[0], sum = 0, right = 0, squares = 0;
    if (p->is_squared) {
      for (int j = 0; j < CLASSES; j++) {
        const float e = z[j] - t[j];
        squares += e * e;
        d[j] = e * share;
      }
      loss += 0.5 * (double)squares;
      continue;
    }
    for (int j = 1; j < CLASSES; j++) largest = fmaxf(largest, z[j]);
    for (int j = 0; j < CLASSES; j++) {
      d[j] = expf(z[j] - largest);
      sum += d[j];
      right += z[j] * t[j];
    }
    loss += (double)(logf(sum) + largest - right);
    for (int j = 0; j < CLASSES; j++) d[j] = (d[j] / sum - t[j]) * share;
  }
  return loss / p->examples;
}

// The mean loss. Fills h, and d of the last layer.
static inline double forward(perceptron *p) {
  for (int l = 0; l < LAYERS; l++) {
    const int out = p->sizes[l + 1];
    float *const z = p->h[l + 1];
    const float *const b = p->b[l];
    product(false, false, p->examples, out, p->sizes[l], 1, p->h[l], p->w[l], 0, z);
    for (int i = 0; i < p->examples; i++)
      if (l == LAYERS - 1)
        for (int j = 0; j < out; j++) z[(long)i * out + j] += b[j];
      else if (p->is_tanh)
        for (int j = 0; j < out; j++) z[(long)i * out + j] = fast_tanh(z[(long)i * out + j] + b[j]);
      else
        for (int j = 0; j < out; j++) z[(long)i * out + j] = fmaxf(z[(long)i * out + j] + b[j], 0);
  }
  return loss_and_slopes(p);
}

// Fills d of all layers, and with `sums` the gradient.
static inline void backward(perceptron *p, bool sums) {
  for (int l = LAYERS - 1; l >= 0; l--) {
    const int in = p->sizes[l], out = p->sizes[l + 1];
    const float *const d = p->d[l + 1], *const h = p->h[l];
    if (sums) {
      product(true, false, in, out, p->examples, 1, h, d, 0, p->gw[l]);
      memset(p->gb[l], 0, (size_t)out * sizeof(float));
      for (int i = 0; i < p->examples; i++)
        for (int j = 0; j < out; j++) p->gb[l][j] += d[(long)i * out + j];
    }
    if (l == 0) break;
    float *const e = p->d[l];
    product(false, true, p->examples, in, out, 1, d, p->w[l], 0, e);
    if (p->is_tanh)
      for (long i = 0; i < (long)p->examples * in; i++) e[i] *= 1 - h[i] * h[i];
    else
      for (long i = 0; i < (long)p->examples * in; i++) e[i] = h[i] > 0 ? e[i] : 0;
  }
}

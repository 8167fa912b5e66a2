// W13: the drivers of OpenBLAS's LAPACK that NumPy and the others call.
#include "blas.h"

typedef struct decomposition {
  int n, work_count, integer_count;
  const double *source;
  double *a, *values, *u, *vt, *work;
  int *integers;
  const char *job;
} decomposition;

static void (*dsyevd)(const char *, const char *, const int *, double *, const int *, double *, double *, const int *, int *, const int *, int *);
static void (*dgesdd)(const char *, const int *, const int *, double *, const int *, double *, double *, const int *, double *, const int *,
                      double *, const int *, int *, int *);

static void eigen(void *state) {
  decomposition *const d = state;
  int info;
  memcpy(d->a, d->source, (size_t)d->n * (size_t)d->n * sizeof(double));
  dsyevd(d->job, "U", &d->n, d->a, &d->n, d->values, d->work, &d->work_count, d->integers, &d->integer_count, &info);
}

static void singular(void *state) {
  decomposition *const d = state;
  int info;
  memcpy(d->a, d->source, (size_t)d->n * (size_t)d->n * sizeof(double));
  dgesdd(d->job, &d->n, &d->n, d->a, &d->n, d->values, d->u, &d->n, d->vt, &d->n, d->work, &d->work_count, d->integers, &info);
}

int main(int count, char **arguments) {
  open_blas(1, arguments);
  *(void **)&dsyevd = dlsym(blas.handle, "dsyevd_");
  *(void **)&dgesdd = dlsym(blas.handle, "dgesdd_");
  if (!dsyevd || !dgesdd) return 3;
  const int largest = count > 1 ? atoi(arguments[1]) : 1000;
  for (int n = 100; n <= largest; n = n == 100 ? 500 : n + 500) {
    const long all_entries = (long)n * n;
    char name[64];
    snprintf(name, sizeof name, "normal-91-%dx%d-float64", n, n);
    const double *const matrix = input_doubles(name, all_entries);
    double *const symmetric = doubles(all_entries);
    for (int i = 0; i < n; i++)
      for (int j = 0; j < n; j++) symmetric[i * n + j] = (matrix[i * n + j] + matrix[j * n + i]) / 2;
    // Enough for every driver below, by LAPACK's formulas.
    decomposition d = {.n = n, .work_count = 8 * n * n + 64 * n, .integer_count = 16 * n + 3};
    d.a = doubles(all_entries), d.u = doubles(all_entries), d.vt = doubles(all_entries), d.values = doubles(n);
    d.work = doubles(d.work_count);
    d.integers = allocate((size_t)d.integer_count * sizeof(int));

    const struct {
      const char *name, *job;
      const double *source;
      void (*body)(void *);
      int top;
    } cases[] = {{"eigh", "V", symmetric, eigen, n - 1},
                 {"eigvalsh", "N", symmetric, eigen, n - 1},
                 {"svd", "S", matrix, singular, 0},
                 {"svdvals", "N", matrix, singular, 0}};
    for (int i = 0; i < 4; i++) {
      d.job = cases[i].job;
      d.source = cases[i].source;
      const samples all = measure(cases[i].body, &d);
      snprintf(name, sizeof name, "%s, %d", cases[i].name, n);
      report(name, "OpenBLAS", i < 2 ? "dsyevd" : "dgesdd", &all, 1, "top=%.12g", d.values[cases[i].top]);
    }
  }
  return 0;
}

// Matrix products of a library that is opened when the program runs: OpenBLAS (any precision) or oneDNN (float32 alone).
#pragma once
#include <dlfcn.h>
#include <stdbool.h>

#include "measure.h"

enum { ROW_MAJOR = 101, PLAIN = 111, TRANSPOSED = 112 };

static struct {
  const char *name;
  void *handle;
  void (*sgemm)(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
  void (*dgemm)(int, int, int, int, int, int, double, const double *, int, const double *, int, double, double *, int);
  int (*dnnl_sgemm)(char, char, long, long, long, float, const float *, long, const float *, long, float, float *, long);
} blas;

// Opens the library that the command line names; without it there is nothing to measure, and exit code 3 says so.
static inline void open_blas(int count, char **arguments) {
  static const char *const openblas[] = {"libopenblas.so.0", "libopenblas.so", NULL};
  static const char *const onednn[] = {"libdnnl.so.3", "libdnnl.so.2", "libdnnl.so", NULL};
  blas.name = count > 1 ? arguments[1] : "OpenBLAS";
  const bool is_onednn = !strcmp(blas.name, "oneDNN");
  for (const char *const *file = is_onednn ? onednn : openblas; *file && !blas.handle; file++) blas.handle = dlopen(*file, RTLD_NOW);
  if (!blas.handle) exit(3);
  *(void **)&blas.sgemm = dlsym(blas.handle, "cblas_sgemm");
  *(void **)&blas.dgemm = dlsym(blas.handle, "cblas_dgemm");
  *(void **)&blas.dnnl_sgemm = dlsym(blas.handle, "dnnl_sgemm");
  if (!(is_onednn ? (void *)blas.dnnl_sgemm : (void *)blas.dgemm)) exit(3);
}

// c [m, n] = alpha op(a) op(b) + beta c, all of them row by row without gaps.
static inline void product(bool ta, bool tb, int m, int n, int k, float alpha, const float *a, const float *b, float beta, float *c) {
  const int lda = ta ? m : k, ldb = tb ? k : n;
  if (blas.dnnl_sgemm)
    blas.dnnl_sgemm(ta ? 'T' : 'N', tb ? 'T' : 'N', m, n, k, alpha, a, lda, b, ldb, beta, c, n);
  else
    blas.sgemm(ROW_MAJOR, ta ? TRANSPOSED : PLAIN, tb ? TRANSPOSED : PLAIN, m, n, k, alpha, a, lda, b, ldb, beta, c, n);
}

static inline void product64(bool ta, bool tb, int m, int n, int k, double alpha, const double *a, const double *b, double beta, double *c) {
  const int lda = ta ? m : k, ldb = tb ? k : n;
  blas.dgemm(ROW_MAJOR, ta ? TRANSPOSED : PLAIN, tb ? TRANSPOSED : PLAIN, m, n, k, alpha, a, lda, b, ldb, beta, c, n);
}

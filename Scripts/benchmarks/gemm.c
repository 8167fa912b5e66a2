// Times ebb_gemm against a BLAS opened at run time, in one thread. Both are called alternately on the same operands, so that a
// change of clock or a busy neighbour meets both; the table shows medians of CPU time and their ratio (above 1: ours is faster).
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ckernels.h"

enum { ROW_MAJOR = 101, PLAIN = 111, TRANSPOSED = 112, ROUNDS = 31 };

static struct {
  void (*sgemm)(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
  void (*dgemm)(int, int, int, int, int, int, double, const double *, int, const double *, int, double, double *, int);
  void (*sgemv)(int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
  void (*dgemv)(int, int, int, int, double, const double *, int, const double *, int, double, double *, int);
} blas;

typedef struct product {
  bool is_double, a_transposed, b_transposed;
  int m, n, k;
  void *a, *b, *c;
} product;

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void ours(const product *x) {
  const ebb_matmul call = {
      .dtype = x->is_double ? EBB_F64 : EBB_F32,
      .m = x->m,
      .n = x->n,
      .k = x->k,
      .batch = 1,
      .a = x->a,
      .a_row = x->a_transposed ? 1 : x->k,
      .a_col = x->a_transposed ? x->m : 1,
      .b = x->b,
      .b_row = x->b_transposed ? 1 : x->n,
      .b_col = x->b_transposed ? x->k : 1,
      .c = x->c,
      .ldc = x->n,
  };
  const ebb_control control = {NULL, 1};
  ebb_gemm(&call, &control);
}

// c = op(matrix) vector, where the matrix is stored row-major.
static void theirs_vector(const product *x, bool transposed, int rows, int columns, const void *matrix, const void *vector) {
  const int op = transposed ? TRANSPOSED : PLAIN;
  if (x->is_double)
    blas.dgemv(ROW_MAJOR, op, rows, columns, 1, matrix, columns, vector, 1, 0, x->c, 1);
  else
    blas.sgemv(ROW_MAJOR, op, rows, columns, 1, matrix, columns, vector, 1, 0, x->c, 1);
}

static void theirs(const product *x) {
  const int a_op = x->a_transposed ? TRANSPOSED : PLAIN, b_op = x->b_transposed ? TRANSPOSED : PLAIN;
  const int lda = x->a_transposed ? x->m : x->k, ldb = x->b_transposed ? x->k : x->n;
  if (x->n == 1)
    theirs_vector(x, x->a_transposed, x->a_transposed ? x->k : x->m, lda, x->a, x->b);
  else if (x->m == 1)
    theirs_vector(x, !x->b_transposed, x->b_transposed ? x->n : x->k, ldb, x->b, x->a);
  else if (x->is_double)
    blas.dgemm(ROW_MAJOR, a_op, b_op, x->m, x->n, x->k, 1, x->a, lda, x->b, ldb, 0, x->c, x->n);
  else
    blas.sgemm(ROW_MAJOR, a_op, b_op, x->m, x->n, x->k, 1, x->a, lda, x->b, ldb, 0, x->c, x->n);
}

static void *numbers(bool is_double, long count) {
  const size_t bytes = (size_t)count * (is_double ? sizeof(double) : sizeof(float));
  void *const memory = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
  if (!memory) abort();
  for (long i = 0; i < count; i++)
    if (is_double)
      ((double *)memory)[i] = (double)(i % 7 - 3);
    else
      ((float *)memory)[i] = (float)(i % 7 - 3);
  return memory;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *values, int count) {
  qsort(values, (size_t)count, sizeof *values, ascending);
  return values[count / 2];
}

static void compare(bool is_double, const char *layout, int m, int n, int k) {
  product x = {is_double, layout[0] == 'T', layout[1] == 'T', m, n, k, NULL, NULL, NULL};
  x.a = numbers(is_double, (long)m * k);
  x.b = numbers(is_double, (long)k * n);
  x.c = numbers(is_double, (long)m * n);
  const double work = 2.0 * m * n * k;
  // A round lasts long enough for the clock, and short enough for many rounds.
  const int calls = work < 4e3 ? 5000 : 1 + (int)(2e7 / work), rounds = work > 1e9 ? 7 : ROUNDS;
  double mine[ROUNDS], other[ROUNDS];
  ours(&x);
  theirs(&x);
  for (int round = 0; round < rounds; round++) {
    double start = seconds();
    for (int i = 0; i < calls; i++) ours(&x);
    mine[round] = (seconds() - start) / calls;
    start = seconds();
    for (int i = 0; i < calls; i++) theirs(&x);
    other[round] = (seconds() - start) / calls;
  }
  const double a = median(mine, rounds), b = median(other, rounds);
  printf("| %s | %s | %d × %d × %d | %.4g | %.4g | %.1f | %.1f | %.2f |\n", is_double ? "float64" : "float32", layout, m, k, n,
         a * 1e6, b * 1e6, work / a * 1e-9, work / b * 1e-9, b / a);
  fflush(stdout);
  free(x.a);
  free(x.b);
  free(x.c);
}

static bool open_blas(const char *library) {
  // Set before the library chooses: one thread, and the kernels it thinks best for this processor.
  setenv("OPENBLAS_NUM_THREADS", "1", 1);
  unsetenv("OPENBLAS_CORETYPE");
  unsetenv("OPENBLAS_L2_SIZE");
  void *const handle = dlopen(library, RTLD_NOW);
  if (!handle) {
    fprintf(stderr, "gemm: %s\n", dlerror());
    return false;
  }
  *(void **)&blas.sgemm = dlsym(handle, "cblas_sgemm");
  *(void **)&blas.dgemm = dlsym(handle, "cblas_dgemm");
  *(void **)&blas.sgemv = dlsym(handle, "cblas_sgemv");
  *(void **)&blas.dgemv = dlsym(handle, "cblas_dgemv");
  if (!blas.sgemm || !blas.dgemm || !blas.sgemv || !blas.dgemv) {
    fprintf(stderr, "gemm: %s has no cblas interface\n", library);
    return false;
  }
  char *(*const core)(void) = (char *(*)(void))dlsym(handle, "openblas_get_corename");
  printf("Theirs: %s%s%s. NN, TN, NT: which operand is transposed.\n\n", library, core ? ", core type " : "", core ? core() : "");
  return true;
}

int main(int count, char **arguments) {
  const int largest = count > 1 ? atoi(arguments[1]) : 1024;
  if (!open_blas(count > 2 ? arguments[2] : "libopenblas.so.0")) return 1;
  printf("| dtype | layout | m × k × n | ours, µs | theirs, µs | ours, GFLOP/s | theirs, GFLOP/s | ratio |\n");
  printf("| --- | --- | --- | --- | --- | --- | --- | --- |\n");

  static const char *const layouts[] = {"NN", "TN", "NT"};
  static const int sizes[] = {4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048};
  // A perceptron on 128 examples, forward and backward; updates of low rank; few rows or columns; products with a vector.
  static const struct {
    const char *layout;
    int m, n, k;
  } shapes[] = {
      {"NN", 128, 256, 784}, {"NN", 128, 256, 256}, {"NN", 128, 10, 256},   {"NT", 128, 256, 10}, {"NT", 128, 256, 256},
      {"TN", 784, 256, 128}, {"TN", 256, 256, 128}, {"TN", 256, 10, 128},   {"NN", 256, 256, 1},  {"NN", 256, 256, 8},
      {"NN", 5, 1000, 1000}, {"NN", 1000, 5, 1000}, {"NN", 24, 256, 256},   {"NN", 1, 16, 16},    {"NT", 1, 16, 16},
      {"NN", 1, 256, 256},   {"NT", 1, 256, 256},   {"NN", 2000, 1, 2000},  {"TN", 2000, 1, 2000},
  };
  for (int is_double = 0; is_double < 2; is_double++) {
    for (size_t l = 0; l < sizeof layouts / sizeof *layouts; l++)
      for (size_t s = 0; s < sizeof sizes / sizeof *sizes && sizes[s] <= largest; s++)
        compare(is_double, layouts[l], sizes[s], sizes[s], sizes[s]);
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
      compare(is_double, shapes[s].layout, shapes[s].m, shapes[s].n, shapes[s].k);
  }
  return 0;
}

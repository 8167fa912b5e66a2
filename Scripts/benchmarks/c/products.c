// W3: the matrix products of CKernels beside a BLAS, in one thread. Both are called alternately on the same operands, so that a
// change of clock or a busy neighbour meets both.
//
//   products LIBRARY LARGEST     LIBRARY as in blas.h; LARGEST is the largest side of the square ones
#include "blas.h"
#include "ckernels.h"

enum { MOST = 2048 * 2048 };

typedef struct operands {
  bool is_double, a_transposed, b_transposed;
  int m, n, k;
  long batch;
  const void *a, *b;
  void *c;
} operands;

static struct {
  const float *a32, *b32;
  const double *a64, *b64;
  void *c;
} numbers;

static void ours(void *state) {
  const operands *const x = state;
  const ebb_matmul call = {
      .dtype = x->is_double ? EBB_F64 : EBB_F32,
      .m = x->m,
      .n = x->n,
      .k = x->k,
      .batch = x->batch,
      .a = x->a,
      .a_batch = (long)x->m * x->k,
      .a_row = x->a_transposed ? 1 : x->k,
      .a_col = x->a_transposed ? x->m : 1,
      .b = x->b,
      .b_batch = (long)x->k * x->n,
      .b_row = x->b_transposed ? 1 : x->n,
      .b_col = x->b_transposed ? x->k : 1,
      .c = x->c,
      .c_batch = (long)x->m * x->n,
      .ldc = x->n,
  };
  const ebb_control control = {NULL, 1};
  ebb_gemm(&call, &control);
}

static void theirs(void *state) {
  const operands *const x = state;
  for (long i = 0; i < x->batch; i++) {
    const long a = i * x->m * x->k, b = i * x->k * x->n, c = i * x->m * x->n;
    if (x->is_double)
      product64(x->a_transposed, x->b_transposed, x->m, x->n, x->k, 1, (const double *)x->a + a, (const double *)x->b + b, 0, (double *)x->c + c);
    else
      product(x->a_transposed, x->b_transposed, x->m, x->n, x->k, 1, (const float *)x->a + a, (const float *)x->b + b, 0, (float *)x->c + c);
  }
}

static double sum_of_sizes(const operands *x) {
  double sum = 0;
  for (long i = 0; i < x->batch * x->m * x->n; i++) sum += x->is_double ? fabs(((double *)x->c)[i]) : fabs((double)((float *)x->c)[i]);
  return sum;
}

static void compare(const char *name, const char *layout, bool is_double, int m, int n, int k, long batch) {
  if (is_double && !blas.dgemm) return;
  operands x = {is_double, layout[0] == 'T', layout[1] == 'T', m, n, k, batch, numbers.a32, numbers.b32, numbers.c};
  if (is_double) x.a = numbers.a64, x.b = numbers.b64;
  theirs(&x);
  const double reference = sum_of_sizes(&x);
  ours(&x);
  const double found = sum_of_sizes(&x), shortest = setting("SAMPLE_SECONDS", 0.05) / 2;
  long calls = 1;
  while (run(ours, &x, calls).processor < shortest) calls *= 2;
  samples mine = {.count = (int)setting("SAMPLES", 7)}, other = mine;
  for (int i = 0, again = 3 * mine.count; i < mine.count; i++) {
    const sample first = run(ours, &x, calls), second = run(theirs, &x, calls);
    mine.seconds[i] = first.processor / (double)calls;
    other.seconds[i] = second.processor / (double)calls;
    if (first.processor + second.processor < 0.97 * (first.wall + second.wall) && again-- > 0) i--;
  }
  char full[96];
  snprintf(full, sizeof full, "%s %s %s", is_double ? "float64" : "float32", layout, name);
  report(full, blas.name, "", &other, 1, "sum=%.9g", reference);
  report(full, "kernel", blas.name, &mine, 1, "sum=%.9g", found);
}

int main(int count, char **arguments) {
  open_blas(count, arguments);
  const int largest = count > 2 ? atoi(arguments[2]) : 2048;
  numbers.a64 = input_doubles("normal-11-4194304-float64", MOST), numbers.b64 = input_doubles("normal-12-4194304-float64", MOST);
  float *const a = floats(MOST), *const b = floats(MOST);
  for (long i = 0; i < MOST; i++) a[i] = (float)numbers.a64[i], b[i] = (float)numbers.b64[i];
  numbers.a32 = a, numbers.b32 = b;
  numbers.c = doubles(MOST);

  static const char *const layouts[] = {"NN", "TN", "NT"};
  static const int sizes[] = {16, 32, 64, 128, 256, 512, 1024, 2048};
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
  char name[64];
  for (int is_double = 0; is_double < 2; is_double++) {
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes && sizes[s] <= largest; s++)
      for (size_t l = 0; l < sizeof layouts / sizeof *layouts; l++) {
        snprintf(name, sizeof name, "%d", sizes[s]);
        compare(name, layouts[l], is_double, sizes[s], sizes[s], sizes[s], 1);
      }
    compare("64 of 64", "NN", is_double, 64, 64, 64, 64);
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes && largest == 2048; s++) {
      snprintf(name, sizeof name, "%d × %d × %d", shapes[s].m, shapes[s].k, shapes[s].n);
      compare(name, shapes[s].layout, is_double, shapes[s].m, shapes[s].n, shapes[s].k, 1);
    }
  }
  return 0;
}

// Matrix products C = A B and C += A B: the entry point, the choice of kernels, blocking, and the division of work among threads.
// Operands are packed only where that pays, straight from the strides they come with, so no transpose is ever copied. The blocks
// in k depend on k alone and threads divide C only, hence one summation order for every number of threads.
#include <string.h>

#include "gemm.h"

// From this many multiply-adds on, a product is divided among threads and polls for interrupts: waking a thread takes as long as
// half of them.
enum { PARALLEL_WORK = 1 << 21 };
// Rows of a B of up to this many bytes are read where they lie: they and a strip of A share the first cache.
enum { SMALL_B = 20 * 1024 };
// Up to this k, storing C costs more than reading B again: C is written row by row.
enum { SHORT_K = 32 };

const ebb_gemm_kernels *ebb_gemm_kernels_for(ebb_dtype dtype) {
  const bool single = dtype == EBB_F32;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return single ? &ebb_gemm_avx512_f32 : &ebb_gemm_avx512_f64;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return single ? &ebb_gemm_avx2_f32 : &ebb_gemm_avx2_f64;
#endif
  return single ? &ebb_gemm_baseline_f32 : &ebb_gemm_baseline_f64;
}

static bool interrupted(const ebb_control *control) { return control && control->interrupt && *control->interrupt; }
static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t ceiling(int64_t a, int64_t b) { return (a + b - 1) / b; }

// The size of equal blocks, a multiple of `unit`, of which none exceeds `limit` (itself a multiple of unit).
static int64_t block_size(int64_t total, int64_t limit, int64_t unit) {
  if (total <= limit) return total;
  return ceiling(ceiling(total, ceiling(total, limit)), unit) * unit;
}

// ---- one product -----------------------------------------------------------------------------------------------------------

// The part of a product between two synchronisations: all of C's rows, columns [j, j + nc), terms [p, p + kc).
typedef struct phase {
  const ebb_gemm_kernels *kernels;
  const ebb_matmul *x;
  bool pack_a, pack_b;
  bool completes;  // all of C's columns, the last terms
  int64_t j, nc, p, kc;
  char *b;  // packed panels
  int64_t mc, columns, groups;  // a task is mc rows by `columns` columns; groups of columns per block of rows
} phase;

static const void *at(const void *base, int64_t element, int64_t offset) { return (const char *)base + element * offset; }

static void pack_panels(void *context, int64_t first, int64_t last) {
  const phase *const f = context;
  const ebb_matmul *const x = f->x;
  const int64_t size = f->kernels->element, nr = f->kernels->nr, from = first * nr;
  f->kernels->pack_b(least(last * nr, f->nc) - from, f->kc, at(x->b, size, f->p * x->b_row + (f->j + from) * x->b_col), x->b_col,
                     x->b_row, f->b + size * from * f->kc);
}

static void run_tasks(void *context, int64_t first, int64_t last) {
  const phase *const f = context;
  const ebb_matmul *const x = f->x;
  const int64_t size = f->kernels->element;
  for (int64_t task = first; task < last; task++) {
    const int64_t i = task / f->groups * f->mc, j = task % f->groups * f->columns;
    ebb_gemm_block block = {
        .m = least(f->mc, x->m - i),
        .n = least(f->columns, f->nc - j),
        .k = f->kc,
        .a = at(x->a, size, i * x->a_row + f->p * x->a_col),
        .a_row = x->a_row,
        .a_col = x->a_col,
        .a_packed = f->pack_a,
        .b_packed = f->pack_b,
        .rows_outside = f->kc <= SHORT_K,
        .add = x->accumulate || f->p > 0,
        .b = f->pack_b ? f->b + size * j * f->kc : at(x->b, size, f->p * x->b_row + f->j + j),
        .b_row = x->b_row,
        .c = (char *)x->c + size * (i * x->ldc + f->j + j),
        .ldc = x->ldc,
    };
    if (f->pack_a) {
      const int64_t rows = ceiling(block.m, f->kernels->mr) * f->kernels->mr;
      void *const packed = ebb_gemm_scratch(ebb_gemm_slot_a, (size_t)(size * rows * f->kc));
      f->kernels->pack_a(block.m, f->kc, block.a, x->a_row, x->a_col, packed);
      block.a = packed;
    }
    f->kernels->block(&block);
    if (f->completes && f->groups == 1 && x->after) x->after(x->after_context, i, i + block.m);
  }
}

static int32_t run_product(const ebb_gemm_kernels *kernels, const ebb_matmul *x, const ebb_control *control) {
  const int64_t size = kernels->element, nr = kernels->nr, m = x->m, n = x->n, k = x->k;
  const bool large = m * n * k >= PARALLEL_WORK;
  const int64_t threads = large && control ? control->threads : 1;
  phase f = {
      .kernels = kernels,
      .x = x,
      // Packing pays when what is packed is read often enough.
      .pack_b = x->b_col != 1 || (n * k * size > SMALL_B && m > 6 * kernels->mr),
      .pack_a = n > 4 * nr,
  };
  const int64_t kc = block_size(k, kernels->kc, 8), nc = f.pack_b ? block_size(n, kernels->nc, nr) : n;
  f.mc = block_size(m, kernels->mc, kernels->mr);
  if (threads > 1) f.mc = least(f.mc, ceiling(ceiling(m, threads), 4 * kernels->mr) * 4 * kernels->mr);
  for (f.j = 0; f.j < n; f.j += nc) {
    f.nc = least(nc, n - f.j);
    const int64_t panels = ceiling(f.nc, nr);
    for (f.p = 0; f.p < k; f.p += kc) {
      f.kc = least(kc, k - f.p);
      f.completes = f.nc == n && f.p + f.kc == k;
      if (large && interrupted(control)) return EBB_INTERRUPTED;
      if (f.pack_b) {
        f.b = ebb_gemm_scratch(ebb_gemm_slot_b, (size_t)(size * panels * nr * f.kc));
        if (threads > 1 && f.nc * f.kc >= 1 << 17) {
          const int32_t status = ebb_parallel_for(panels, ceiling(panels, 4 * threads), pack_panels, &f, control);
          if (status) return status;
        } else {
          pack_panels(&f, 0, panels);
        }
      }
      const int64_t blocks = ceiling(m, f.mc);
      // Columns are divided, too, when the rows alone do not keep the threads busy.
      f.groups = threads > 1 ? least(ceiling(2 * threads, blocks), ceiling(panels, 8)) : 1;
      f.columns = ceiling(panels, f.groups) * nr;
      f.groups = ceiling(f.nc, f.columns);
      if (large) {
        const int32_t status = ebb_parallel_for(blocks * f.groups, 1, run_tasks, &f, control);
        if (status) return status;
      } else {
        run_tasks(&f, 0, blocks);
      }
    }
  }
  if (x->after && !(f.completes && f.groups == 1)) return ebb_parallel_for(m, f.mc, x->after, x->after_context, large ? control : NULL);
  return EBB_OK;
}

// One block, on B as it lies or packed at once.
static void run_small(const ebb_gemm_kernels *kernels, const ebb_matmul *x) {
  ebb_gemm_block block = {
      .m = x->m,
      .n = x->n,
      .k = x->k,
      .a = x->a,
      .a_row = x->a_row,
      .a_col = x->a_col,
      .b_packed = x->b_col != 1,
      .rows_outside = x->k <= SHORT_K,
      .add = x->accumulate,
      .b = x->b,
      .b_row = x->b_row,
      .c = x->c,
      .ldc = x->ldc,
  };
  if (block.b_packed) {
    void *const packed = ebb_gemm_scratch(ebb_gemm_slot_b, (size_t)(kernels->element * (x->n + kernels->nr) * x->k));
    kernels->pack_b(x->n, x->k, x->b, x->b_col, x->b_row, packed);
    block.b = packed;
  }
  kernels->block(&block);
}

static void clear(const ebb_matmul *x, int64_t size) {
  for (int64_t i = 0; i < x->m; i++) memset((char *)x->c + size * i * x->ldc, 0, (size_t)(size * x->n));
}

static int32_t run_entry(const ebb_gemm_kernels *kernels, const ebb_matmul *x, const ebb_control *control) {
  const bool is_vector = x->m == 1 || x->n == 1;
  const bool is_small = x->n * x->k * kernels->element <= SMALL_B && x->k <= kernels->kc && x->m * x->n * x->k < PARALLEL_WORK;
  if (x->k > 0 && !is_vector && !is_small) return run_product(kernels, x, control);
  int32_t status = EBB_OK;
  if (x->k > 0 && is_vector)
    status = ebb_gemm_vector(kernels, x, control);
  else if (x->k > 0)
    run_small(kernels, x);
  else if (!x->accumulate)
    clear(x, kernels->element);
  if (status == EBB_OK && x->after) x->after(x->after_context, 0, x->m);
  return status;
}

// ---- batches ---------------------------------------------------------------------------------------------------------------

typedef struct batch {
  const ebb_gemm_kernels *kernels;
  const ebb_matmul *x;
  const volatile int32_t *interrupt;
  int32_t status;
} batch;

static void run_entries(void *context, int64_t first, int64_t last) {
  batch *const all = context;
  const int64_t size = all->kernels->element;
  const ebb_control alone = {all->interrupt, 1};
  ebb_matmul entry = *all->x;
  for (int64_t e = first; e < last; e++) {
    entry.a = at(all->x->a, size, e * entry.a_batch);
    entry.b = at(all->x->b, size, e * entry.b_batch);
    entry.c = (char *)all->x->c + size * e * entry.c_batch;
    if (run_entry(all->kernels, &entry, &alone)) __atomic_store_n(&all->status, EBB_INTERRUPTED, __ATOMIC_RELAXED);
  }
}

static int32_t run_batch(const ebb_gemm_kernels *kernels, const ebb_matmul *x, const ebb_control *control) {
  const int64_t size = kernels->element, work = x->m * x->n * x->k + 1;
  // Entries that keep all threads busy on their own come one after the other; so do those of a small batch.
  if (work >= 8 * PARALLEL_WORK || work * x->batch < PARALLEL_WORK) {
    ebb_matmul entry = *x;
    for (int64_t e = 0; e < x->batch; e++) {
      const int32_t status = run_entry(kernels, &entry, control);
      if (status) return status;
      entry.a = at(entry.a, size, x->a_batch);
      entry.b = at(entry.b, size, x->b_batch);
      entry.c = (char *)entry.c + size * x->c_batch;
    }
    return EBB_OK;
  }
  batch all = {kernels, x, control ? control->interrupt : NULL, EBB_OK};
  const int32_t status = ebb_parallel_for(x->batch, ceiling(PARALLEL_WORK / 2, work), run_entries, &all, control);
  return status ? status : __atomic_load_n(&all.status, __ATOMIC_RELAXED);
}

int32_t ebb_gemm(const ebb_matmul *product, const ebb_control *control) {
  if (product->m == 0 || product->n == 0 || product->batch == 0) return EBB_OK;
  const ebb_gemm_kernels *const kernels = ebb_gemm_kernels_for(product->dtype);
  if (product->batch == 1) return run_entry(kernels, product, control);
  // With one B for all entries whose rows follow each other evenly, the batch is one product with more rows.
  const bool even = product->m == 1
                        ? product->a_col == 1 || product->a_batch == 1
                        : product->a_batch == product->m * product->a_row && product->c_batch == product->m * product->ldc;
  if (product->b_batch == 0 && even) {
    ebb_matmul folded = *product;
    if (product->m == 1) {
      folded.a_row = product->a_batch;
      folded.ldc = product->c_batch;
    }
    folded.m *= product->batch;
    folded.batch = 1;
    return run_entry(kernels, &folded, control);
  }
  return run_batch(kernels, product, control);
}

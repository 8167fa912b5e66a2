// Runs steps: one switch from a call as a value to the kernel.
#include "layout.h"

static int32_t run_pointwise(const ebb_step *s, const ebb_control *control) {
  ebb_operand operands[3];
  int32_t arity = ebb_op_arity((ebb_op)s->op);
  for (int32_t k = 0; k < arity; k++) {
    operands[k].data = s->in[k];
    for (int32_t d = 0; d < s->rank; d++) operands[k].strides[d] = s->strides[k][d];
  }
  return ebb_pointwise((ebb_op)s->op, s->dtype, s->rank, s->sizes, s->out[0], operands, control);
}

static int32_t run_cast(const ebb_step *s, const ebb_control *control) {
  ebb_operand operand = {.data = s->in[0]};
  for (int32_t d = 0; d < s->rank; d++) operand.strides[d] = s->strides[0][d];
  int64_t bad = 0;
  int32_t status = ebb_cast(s->dtype, s->to, s->rank, s->sizes, s->out[0], &operand, &bad, control);
  return status != EBB_OK ? status : bad > 0 ? EBB_BAD_VALUE : EBB_OK;
}

static int32_t check_index(const ebb_step *s) {
  const int32_t *index = s->in[0];
  int64_t limit = s->sizes[1];
  int32_t bad = 0;
  for (int64_t i = 0; i < s->sizes[0]; i++) bad |= index[i] < 0 || index[i] >= limit;
  return bad ? EBB_BAD_VALUE : EBB_OK;
}

// The tile program behind a product, on rows of it.
static void run_after(void *context, int64_t first, int64_t last) {
  const ebb_step *s = context;
  ebb_run_tile_range(s->tiles, first * s->product.n, last * s->product.n);
}

static int32_t run_matmul(const ebb_step *s, const ebb_control *control) {
  ebb_matmul product = s->product;
  product.a = s->in[0];
  product.b = s->in[1];
  product.c = s->out[0];
  if (s->tiles) {
    product.after = run_after;
    product.after_context = (void *)s;
  }
  return ebb_gemm(&product, control);
}

static int32_t run_along(const ebb_step *s, const ebb_control *control) {
  int64_t wrong = -1;
  const int64_t *n = s->sizes;
  int32_t status = s->kernel == ebb_kernel_take_along
                       ? ebb_take_along(s->width, n[0], n[1], n[2], s->out[0], s->in[0], s->in[1], &wrong, control)
                       : ebb_add_along(s->dtype, n[0], n[1], n[2], s->out[0], s->in[0], s->in[1], &wrong, control);
  return status != EBB_OK ? status : wrong >= 0 ? EBB_BAD_VALUE : EBB_OK;
}

static int32_t run_convolution(const ebb_step *s, const ebb_control *control) {
  ebb_convolution convolution = s->convolution;
  convolution.result = s->out[0];
  switch (convolution.face) {
  case ebb_face_output: convolution.x = s->in[0], convolution.w = s->in[1]; break;
  case ebb_face_input: convolution.w = s->in[0], convolution.y = s->in[1]; break;
  case ebb_face_weight: convolution.x = s->in[0], convolution.y = s->in[1]; break;
  }
  return ebb_convolve(&convolution, control);
}

int32_t ebb_run_step(const ebb_step *s, const ebb_control *control) {
  const int64_t *n = s->sizes;
  switch (s->kernel) {
  case ebb_kernel_pointwise: return run_pointwise(s, control);
  case ebb_kernel_tiles: return ebb_run_tiles(s->tiles, control);
  case ebb_kernel_cast: return run_cast(s, control);
  case ebb_kernel_copy: return ebb_copy(s->width, s->rank, n, s->out[0], s->strides[1], s->in[0], s->strides[0], control);
  case ebb_kernel_fill: ebb_fill(s->dtype, n[0], s->out[0], s->value); return EBB_OK;
  case ebb_kernel_iota: ebb_iota(s->dtype, n[0], s->out[0], s->value, s->step); return EBB_OK;
  case ebb_kernel_reduce:
    return ebb_reduce((ebb_reduction)s->op, s->dtype, n[0], n[1], n[2], s->out[0], s->in[0], control);
  case ebb_kernel_arg_reduce: return ebb_arg_reduce(s->flag, s->dtype, n[0], n[1], n[2], s->out[0], s->in[0], control);
  case ebb_kernel_scan: return ebb_scan((ebb_reduction)s->op, s->dtype, n[0], n[1], n[2], s->out[0], s->in[0], control);
  case ebb_kernel_gather: return ebb_gather(s->width, n[0], n[1], n[2], n[3], s->out[0], s->in[0], s->in[1], control);
  case ebb_kernel_scatter_add: return ebb_scatter_add(s->dtype, n[0], n[1], n[2], n[3], s->out[0], s->in[0], s->in[1], control);
  case ebb_kernel_check_index: return check_index(s);
  case ebb_kernel_sort: return ebb_sort(s->dtype, n[0], n[1], s->flag, s->out[0], s->out[1], s->in[0], control);
  case ebb_kernel_matmul: return run_matmul(s, control);
  case ebb_kernel_take_along:
  case ebb_kernel_add_along: return run_along(s, control);
  case ebb_kernel_unfold: return ebb_unfold(s->dtype, &s->windows, n[0], s->out[0], s->in[0], control);
  case ebb_kernel_fold: return ebb_fold(s->dtype, &s->windows, n[0], s->out[0], s->in[0], control);
  case ebb_kernel_window_sums: return ebb_window_sums(s->dtype, &s->windows, n[0], s->out[0], s->in[0], control);
  case ebb_kernel_window_spread: return ebb_window_spread(s->dtype, &s->windows, n[0], s->out[0], s->in[0], control);
  case ebb_kernel_window_maxima:
    return ebb_window_maxima(s->dtype, &s->windows, n[0], s->out[0], s->out[1], s->in[0], control);
  case ebb_kernel_convolve: return run_convolution(s, control);
  case ebb_kernel_outside: return EBB_OUTSIDE;
  }
}

int32_t ebb_run_steps(const ebb_step *steps, int64_t count, int64_t *next, const ebb_control *control) {
  for (int64_t i = *next; i < count; i++) {
    int32_t status = ebb_run_step(steps + i, control);
    if (status != EBB_OK) {
      *next = i;
      return status;
    }
  }
  *next = count;
  return ebb_interrupted(control) ? EBB_INTERRUPTED : EBB_OK;
}

int32_t ebb_run_rounds(const ebb_step *steps, int64_t count, const ebb_moving_place *places, int64_t place_count, int64_t rounds,
                       int64_t *round, int64_t *next, const ebb_control *control) {
  for (; *round < rounds; ++*round, *next = 0) {
    int64_t r = *round;
    if (*next == 0)
      for (int64_t k = 0; k < place_count; k++) {
        const ebb_moving_place *p = places + k;
        *p->place = (r == 0 ? p->first : p->turns[r & 1]) + r * p->stride;
      }
    int32_t status = ebb_run_steps(steps, count, next, control);
    if (status != EBB_OK) return status;
  }
  return EBB_OK;
}

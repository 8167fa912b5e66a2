// Statistics over the examples of every scalar coordinate of per-example gradients. Included by ckernels.h.
#ifndef EBB_AGGREGATE_H
#define EBB_AGGREGATE_H

// What becomes of the m values v[0] <= ... <= v[m - 1] of a coordinate. A NaN among them makes it NaN.
typedef enum EBB_CLOSED_ENUM ebb_statistic : uint8_t {
  ebb_winsorized,  // mean of the values clipped to [v[low], v[high]]
  ebb_trimmed,     // mean of v[low] ... v[high]
  ebb_midpoint,    // (v[low] + v[high]) / 2; low = high: v[low]
  ebb_between,     // v[low] + share (v[high] - v[low]); low = high: v[low]
  ebb_signs,       // sum of -1, 0 and 1
  ebb_spread       // mean of (v - mean)^2
} ebb_statistic;

// One of the terms whose sum are the gradients. With x: row i of example e is the sum over its positions t of
// x[i, e, t] delta[e, t, :], for x [rows, examples, positions] and delta [examples, positions, columns], contiguous. Without x: row i
// of example e is the `columns` numbers from delta[e * stride + i * columns] on.
typedef struct ebb_gradient_term {
  const void *x, *delta;
  int64_t positions, stride;
} ebb_gradient_term;

typedef struct ebb_aggregation {
  ebb_dtype dtype;  // a float type
  ebb_statistic statistic;
  int64_t examples, rows, columns;  // at least one example
  int64_t low, high;                // 0 <= low <= high < examples
  double share;
  int64_t term_count;
  const ebb_gradient_term *terms;
  void *out;  // [rows, columns]
} ebb_aggregation;

// The gradients exist for a few coordinates at a time only. A value is the same for every thread count.
int32_t ebb_aggregate(const ebb_aggregation *aggregation, const ebb_control *control);

#endif

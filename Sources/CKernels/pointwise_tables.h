// The inner loops of each dtype, indexed by operation; NULL where the dtype does not have it. The pairs of operations that have a loop.
#ifndef EBB_POINTWISE_TABLES_H
#define EBB_POINTWISE_TABLES_H
#include "ckernels.h"

extern const ebb_loop ebb_loops_f32[256], ebb_loops_f64[256], ebb_loops_i32[256], ebb_loops_bool[256];

typedef struct ebb_pair {
  ebb_op first, second;
  bool is_left;
  ebb_loop loop;
} ebb_pair;
enum { EBB_PAIRS = 24 };
extern const ebb_pair ebb_pairs_f32[EBB_PAIRS], ebb_pairs_f64[EBB_PAIRS];
extern const ebb_loop ebb_slope_f32, ebb_slope_f64;

#endif

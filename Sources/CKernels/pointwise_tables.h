// The inner loops of each dtype, indexed by operation; NULL where the dtype does not have it.
#ifndef EBB_POINTWISE_TABLES_H
#define EBB_POINTWISE_TABLES_H
#include "ckernels.h"

extern const ebb_loop ebb_loops_f32[256], ebb_loops_f64[256], ebb_loops_i32[256], ebb_loops_bool[256];

#endif

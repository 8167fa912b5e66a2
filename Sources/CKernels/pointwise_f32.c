// The pointwise loops whose operands are float32.
#include <stdint.h>
#define VALUE float
#define HAS_FLOAT
#define TABLE ebb_loops_f32
#define PAIRS ebb_pairs_f32
#define SLOPE ebb_slope_f32
#include "pointwise_loops.h"

// The pointwise loops whose operands are float64.
#include <stdint.h>
#define VALUE double
#define HAS_FLOAT
#define TABLE ebb_loops_f64
#define PAIRS ebb_pairs_f64
#define SLOPE ebb_slope_f64
#include "pointwise_loops.h"

// The pointwise loops whose operands are int32.
#include <stdint.h>
#define VALUE int32_t
#define HAS_INT
#define TABLE ebb_loops_i32
#include "pointwise_loops.h"

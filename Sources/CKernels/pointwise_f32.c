// The pointwise loops whose operands are float32.
#include <stdint.h>
#define VALUE float
#define HAS_FLOAT
#define TABLE ebb_loops_f32
#include "pointwise_loops.h"

// The pointwise loops whose operands are bool (one byte, 0 or 1).
#include <stdint.h>
#define VALUE uint8_t
#define HAS_BOOL
#define TABLE ebb_loops_bool
#include "pointwise_loops.h"

// int32 arithmetic that wraps around and never traps. Division by zero gives 0, for quotient and remainder alike, because a
// vector lane cannot raise; the most negative value divided by -1 wraps around to itself.
#ifndef EBB_INTEGERS_H
#define EBB_INTEGERS_H
#include <stdint.h>
#include "clones.h"

EBB_INLINE int32_t ebb_i32_add(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }
EBB_INLINE int32_t ebb_i32_sub(int32_t a, int32_t b) { return (int32_t)((uint32_t)a - (uint32_t)b); }
EBB_INLINE int32_t ebb_i32_mul(int32_t a, int32_t b) { return (int32_t)((uint32_t)a * (uint32_t)b); }
EBB_INLINE int32_t ebb_i32_neg(int32_t a) { return ebb_i32_sub(0, a); }
EBB_INLINE int32_t ebb_i32_abs(int32_t a) { return a < 0 ? ebb_i32_neg(a) : a; }

// Through float64, which vectorises: a quotient of two int32 that is no integer lies at least 2^-31 of its size away from one,
// so the rounding of the division cannot carry it across. Truncation, then one step down where it went up, is the floor.
EBB_INLINE int32_t ebb_i32_floordiv(int32_t a, int32_t b) {
  double quotient = (double)a / (double)(b == 0 ? 1 : b);
  int32_t truncated = (int32_t)(quotient >= 2147483648.0 ? -2147483648.0 : quotient);
  int32_t floored = truncated - ((double)truncated > quotient);
  return b == 0 ? 0 : quotient >= 2147483648.0 ? INT32_MIN : floored;
}
EBB_INLINE int32_t ebb_i32_mod(int32_t a, int32_t b) {
  return b == 0 ? 0 : ebb_i32_sub(a, ebb_i32_mul(ebb_i32_floordiv(a, b), b));
}

#endif

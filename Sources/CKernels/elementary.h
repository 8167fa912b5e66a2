// The functions that pointwise.def names, for both precisions: m_exp(a) is f32_exp or f64_exp by the type of a. All are
// straight-line code (selects, no branches, no calls), so that any loop around them becomes vector code, and none of them
// contracts to FMA, so that every clone and every lane computes the same bits.
//
// Errors are at most 4 units in the last place, mostly below 2; specials follow C99 annex F. Three functions have arguments that
// straight-line code can't serve: sin, cos and tan far from zero, and mod with a huge quotient. The rare_ predicates name them
// and the exact_ functions are libm's answer; the loops of pointwise_loops.h mend such elements after the vector pass.
//
// Polynomial coefficients without another source named were fitted with 50-digit arithmetic at Chebyshev nodes of the stated
// interval (Remez exchange for erf's tail) and then rounded.
#ifndef EBB_ELEMENTARY_H
#define EBB_ELEMENTARY_H
#include "elementary_f64.h"
#include "elementary_f32.h"

// The functions whose text is the same in both precisions.
#define EBB_BOTH(T, real) \
  EBB_INLINE real T##_sign(real a) { return a != a ? a : (real)((a > 0) - (a < 0)); } \
  EBB_INLINE real T##_relu(real a) { return a <= 0 ? 0 : a; } \
  EBB_INLINE real T##_max(real a, real b) { return ((a > b) | (a != a)) ? a : b; } \
  EBB_INLINE real T##_min(real a, real b) { return ((a < b) | (a != a)) ? a : b; } \
  /* z = exp(-|a|) never overflows, and z / (1 + z) keeps the left tail down to the subnormals. */ \
  EBB_INLINE real T##_sigmoid(real a) { \
    real z = T##_exp(-T##_abs(a)); \
    return (a >= 0 ? 1 : z) / (1 + z); \
  } \
  /* sigmoid(a) * sigmoid(-a), rounded as the two factors and their product are. */ \
  EBB_INLINE real T##_slope(real a) { \
    real z = T##_exp(-T##_abs(a)); \
    return ((a >= 0 ? 1 : z) / (1 + z)) * ((-a >= 0 ? 1 : z) / (1 + z)); \
  } \
  EBB_INLINE real T##_softplus(real a) { return (a <= 0 ? 0 : a) + T##_log1p(T##_exp(-T##_abs(a))); } \
  /* asinh a = log(1 + u) with u = a + a^2 / (1 + sqrt(1 + a^2)); for large a, u = 2 a - 1 to working precision, halved here. */ \
  EBB_INLINE real T##_asinh(real a) { \
    real x = T##_abs(a), z = x * x; \
    bool large = x > T##_asinh_large; \
    real u = large ? x - 1 : x + z / (1 + T##_sqrt(1 + z)); \
    return T##_copysign(T##_log1p(u) + (large ? (real)0.693147180559945309 : 0), a); \
  } \
  /* Libm's remainder, moved to the sign of the divisor: Lua's rule. */ \
  EBB_INLINE real T##_floored(real remainder, real b) { \
    return ((remainder != 0) & ((remainder < 0) != (b < 0))) ? remainder + b : remainder; \
  }
EBB_BOTH(f32, float)
EBB_BOTH(f64, double)

EBB_INLINE bool f32_rare_angle(float a) { return f32_abs(a) > F32_TRIG_LIMIT; }
EBB_INLINE bool f64_rare_angle(double a) { return f64_abs(a) > F64_TRIG_LIMIT; }

#define EBB_BY_TYPE(name, a) _Generic((a), float: f32_##name, double: f64_##name)
#define m_abs(a) EBB_BY_TYPE(abs, a)(a)
#define m_sign(a) EBB_BY_TYPE(sign, a)(a)
#define m_sqrt(a) EBB_BY_TYPE(sqrt, a)(a)
#define m_exp(a) EBB_BY_TYPE(exp, a)(a)
#define m_expm1(a) EBB_BY_TYPE(expm1, a)(a)
#define m_log(a) EBB_BY_TYPE(log, a)(a)
#define m_log1p(a) EBB_BY_TYPE(log1p, a)(a)
#define m_sin(a) EBB_BY_TYPE(sin, a)(a)
#define m_cos(a) EBB_BY_TYPE(cos, a)(a)
#define m_tan(a) EBB_BY_TYPE(tan, a)(a)
#define m_sinh(a) EBB_BY_TYPE(sinh, a)(a)
#define m_cosh(a) EBB_BY_TYPE(cosh, a)(a)
#define m_tanh(a) EBB_BY_TYPE(tanh, a)(a)
#define m_asinh(a) EBB_BY_TYPE(asinh, a)(a)
#define m_atan(a) EBB_BY_TYPE(atan, a)(a)
#define m_sigmoid(a) EBB_BY_TYPE(sigmoid, a)(a)
#define m_softplus(a) EBB_BY_TYPE(softplus, a)(a)
#define m_erf(a) EBB_BY_TYPE(erf, a)(a)
#define m_relu(a) EBB_BY_TYPE(relu, a)(a)
#define m_floor(a) EBB_BY_TYPE(floor, a)(a)
#define m_ceil(a) EBB_BY_TYPE(ceil, a)(a)
#define m_round(a) EBB_BY_TYPE(round, a)(a)
#define m_pow(a, b) EBB_BY_TYPE(pow, a)(a, b)
#define m_mod(a, b) EBB_BY_TYPE(mod, a)(a, b)
#define m_max(a, b) EBB_BY_TYPE(max, a)(a, b)
#define m_min(a, b) EBB_BY_TYPE(min, a)(a, b)

#endif

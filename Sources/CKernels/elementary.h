#ifndef EBB_ELEMENTARY_H
#define EBB_ELEMENTARY_H
#include <math.h>
#include "clones.h"

#define M1(name) \
  EBB_INLINE float f32_##name(float a) { return name##f(a); } \
  EBB_INLINE double f64_##name(double a) { return name(a); }
M1(exp) M1(expm1) M1(log) M1(log1p) M1(sin) M1(cos) M1(tan) M1(sinh) M1(cosh) M1(tanh) M1(asinh) M1(atan) M1(erf)
M1(floor) M1(ceil)
EBB_INLINE float f32_round(float a) { return __builtin_elementwise_roundeven(a); }
EBB_INLINE double f64_round(double a) { return __builtin_elementwise_roundeven(a); }
EBB_INLINE float f32_sqrt(float a) { return __builtin_elementwise_sqrt(a); }
EBB_INLINE double f64_sqrt(double a) { return __builtin_elementwise_sqrt(a); }
EBB_INLINE float f32_pow(float a, float b) { return powf(a, b); }
EBB_INLINE double f64_pow(double a, double b) { return pow(a, b); }
#define M2(T, R) \
  EBB_INLINE R T##_abs(R a) { return __builtin_elementwise_abs(a); } \
  EBB_INLINE R T##_sign(R a) { return a != a ? a : (R)((a > 0) - (a < 0)); } \
  EBB_INLINE R T##_sigmoid(R a) { R z = T##_exp(-T##_abs(a)); return (a >= 0 ? 1 : z) / (1 + z); } \
  EBB_INLINE R T##_softplus(R a) { return (a > 0 ? a : 0) + T##_log1p(T##_exp(-T##_abs(a))); } \
  EBB_INLINE R T##_relu(R a) { return a <= 0 ? 0 : a; } \
  EBB_INLINE R T##_max(R a, R b) { return a > b || a != a ? a : b; } \
  EBB_INLINE R T##_min(R a, R b) { return a < b || a != a ? a : b; } \
  EBB_INLINE R T##_mod(R a, R b) { R r = (R)fmod(a, b); return r != 0 && (r < 0) != (b < 0) ? r + b : r; }
M2(f32, float)
M2(f64, double)
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
EBB_INLINE void f32_sincos_turns(float u, float *s, float *c) { double a = 6.283185307179586 * u; *s = (float)sin(a); *c = (float)cos(a); }
EBB_INLINE void f64_sincos_turns(double u, double *s, double *c) { double a = 6.283185307179586 * u; *s = sin(a); *c = cos(a); }

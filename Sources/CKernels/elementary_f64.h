// Elementary functions in float64; elementary.h tells the rules. Included by it alone.
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "clones.h"

EBB_INLINE uint64_t f64_bits(double a) {
  uint64_t bits;
  memcpy(&bits, &a, sizeof bits);
  return bits;
}
EBB_INLINE double f64_of_bits(uint64_t bits) {
  double a;
  memcpy(&a, &bits, sizeof a);
  return a;
}
#define F64_SIGN UINT64_C(0x8000000000000000)
EBB_INLINE double f64_abs(double a) { return f64_of_bits(f64_bits(a) & ~F64_SIGN); }
EBB_INLINE double f64_copysign(double a, double sign) {
  return f64_of_bits((f64_bits(a) & ~F64_SIGN) | (f64_bits(sign) & F64_SIGN));
}
EBB_INLINE double f64_sqrt(double a) { return __builtin_elementwise_sqrt(a); }
// 2^n for a biased exponent n + 1023 in [0, 2046]; 0 gives 0.
EBB_INLINE double f64_power_of_two(uint64_t biased) { return f64_of_bits(biased << 52); }

// Half to even: adding 2^52 leaves no room for a fraction.
EBB_INLINE double f64_round(double a) {
  double x = f64_abs(a);
  return x < 0x1p52 ? f64_copysign((x + 0x1p52) - 0x1p52, a) : a;
}
EBB_INLINE double f64_floor(double a) {
  double r = f64_round(a);
  return r > a ? r - 1 : r;
}
EBB_INLINE double f64_ceil(double a) { return -f64_floor(-a); }

// ---- exponentials ----------------------------------------------------------------------------------------------------------

// x = n ln2 + r, |r| <= 0.3475. odd = sinh r, even = cosh r - 1, so that e^r - 1 = odd + even. n is also the low bits of `shifted`.
typedef struct f64_exponential {
  double odd, even;
  uint64_t n;  // two's complement
} f64_exponential;

EBB_INLINE double f64_sinh_small(double r, double z) {
  double s = 2.5100634461878497e-08;
  s = s * z + 2.7557267935231926e-06;
  s = s * z + 0.00019841269863392214;
  s = s * z + 0.008333333333329994;
  s = s * z + 0.16666666666666669;
  return r + r * z * s;
}
EBB_INLINE double f64_cosh_small(double z) {
  double c = 2.0911414421956654e-09;
  c = c * z + 2.755728259480407e-07;
  c = c * z + 2.48015873173863e-05;
  c = c * z + 0.0013888888888886504;
  c = c * z + 0.041666666666666664;
  return z * (c * z + 0.5);
}
EBB_INLINE f64_exponential f64_reduce(double x) {
  double shifted = x * 1.4426950408889634 + 0x1.8p52, n = shifted - 0x1.8p52;
  double r = (x - n * 0.6931471803691238) - n * 1.9082149292705877e-10, z = r * r;
  return (f64_exponential){f64_sinh_small(r, z), f64_cosh_small(z), f64_bits(shifted) - UINT64_C(0x4338000000000000)};
}
EBB_INLINE double f64_clamp(double x, double low, double high) {  // NaN stays
  x = x > high ? high : x;
  return x < low ? low : x;
}

// The factor 2^n goes in two halves, so that overflow and the subnormals come out right with one rounding.
EBB_INLINE double f64_scale(double y, uint64_t n) {
  uint64_t twice = n + 2046, half = twice >> 1;
  return y * f64_power_of_two(half) * f64_power_of_two(twice - half);
}
EBB_INLINE double f64_exp(double x) {
  f64_exponential e = f64_reduce(f64_clamp(x, -746.0, 710.0));
  return f64_scale(1.0 + (e.odd + e.even), e.n);
}
// With t = 2^(n-1): 2 (t p + (t - 1/2)), where t - 1/2 is exact or far below an ulp of the result.
EBB_INLINE double f64_expm1(double x) {
  f64_exponential e = f64_reduce(f64_clamp(x, -40.0, 710.0));
  double t = f64_power_of_two(e.n + 1022);
  return f64_copysign(2.0 * (t * (e.odd + e.even) + (t - 0.5)), x);
}
// q = e^(2|x|) - 1, tanh = q / (q + 2): no cancellation anywhere.
EBB_INLINE double f64_tanh(double x) {
  f64_exponential e = f64_reduce(f64_clamp(2.0 * f64_abs(x), 0.0, 44.0));
  double t = f64_power_of_two(e.n + 1023);
  double q = t * (e.odd + e.even) + (t - 1.0);
  return f64_copysign(q / (q + 2.0), x);
}
// With t = 2^(n-2), u = 2^(-n-2): sinh x = 2 ((t - u) cosh r + (t + u) sinh r), cosh x the other way round. The factor 2 outside
// keeps the last octave before overflow; past the clamp the result is infinite by itself.
EBB_INLINE double f64_sinh(double x) {
  double y = f64_abs(x);
  f64_exponential e = f64_reduce(y > 710.5 ? 710.5 : y);
  double t = f64_power_of_two(e.n + 1021), u = f64_power_of_two(e.n > 1020 ? 0 : 1021 - e.n);
  double r = 2.0 * ((t - u) + ((t - u) * e.even + (t + u) * e.odd));
  return f64_copysign(r, x);
}
EBB_INLINE double f64_cosh(double x) {
  double y = f64_abs(x);
  f64_exponential e = f64_reduce(y > 710.5 ? 710.5 : y);
  double t = f64_power_of_two(e.n + 1021), u = f64_power_of_two(e.n > 1020 ? 0 : 1021 - e.n);
  double r = 2.0 * ((t + u) + ((t + u) * e.even + (t - u) * e.odd));
  return r;
}

// ---- logarithms ------------------------------------------------------------------------------------------------------------

// x = 2^k (1 + f) with 1 + f in [sqrt 1/2, sqrt 2), x normal and positive.
typedef struct f64_logarithm {
  uint64_t biased;  // k + 1023
  double k, m;      // m = 1 + f
} f64_logarithm;

#define F64_SQRT_HALF UINT64_C(0x3fe6a09e667f3bcd)
EBB_INLINE f64_logarithm f64_split(double x) {
  uint64_t bits = f64_bits(x) + (UINT64_C(0x3ff0000000000000) - F64_SQRT_HALF), biased = bits >> 52;
  // An integer below 2^52 becomes a float64 by standing in the fraction of 2^52.
  double k = f64_of_bits(biased | UINT64_C(0x4330000000000000)) - (0x1p52 + 1023);
  return (f64_logarithm){biased, k, f64_of_bits((bits & UINT64_C(0x000fffffffffffff)) + F64_SQRT_HALF)};
}
// log(1 + f) + k ln2, with s = f / (2 + f) and log((1 + s) / (1 - s)) = 2 s + s R: the scheme of FreeBSD's e_log.c.
EBB_INLINE double f64_log_of(double f, double k) {
  double s = f / (2.0 + f), z = s * s;
  double R = 0.14616562422104645;
  R = R * z + 0.15331712479381301;
  R = R * z + 0.1818288939967772;
  R = R * z + 0.2222221113102852;
  R = R * z + 0.2857142862599856;
  R = R * z + 0.39999999999899455;
  R = R * z + 0.666666666666667;
  R = R * z;
  double half_square = 0.5 * f * f;
  return k * 6.93147180369123816490e-01 - ((half_square - (s * (half_square + R) + k * 1.90821492927058770002e-10)) - f);
}
EBB_INLINE double f64_log(double x) {
  bool tiny = x < 0x1p-1022;
  f64_logarithm l = f64_split(tiny ? x * 0x1p54 : x);
  double r = f64_log_of(l.m - 1.0, tiny ? l.k - 54.0 : l.k);
  r = x > 0 ? r : x == 0 ? -INFINITY : NAN;
  return x == INFINITY ? x : r;
}
// With u = 1 + x rounded, and c what the rounding lost, scaled as u is; at k = 0 their sum is x itself.
EBB_INLINE double f64_log1p(double x) {
  double u = 1.0 + x;
  f64_logarithm l = f64_split(u);
  double c = x >= 1.0 ? 1.0 - (u - x) : x - (u - 1.0);
  double scaled = u > 0x1p60 ? 0.0 : c * f64_power_of_two(2046 - l.biased);
  double r = f64_log_of((l.m - 1.0) + scaled, l.k);
  r = x > -1.0 ? r : x == -1.0 ? -INFINITY : NAN;
  r = x == INFINITY ? x : r;
  return f64_abs(x) < 0x1p-54 ? x : r;
}

// ---- circular functions ----------------------------------------------------------------------------------------------------

// Quadrant and remainder r + tail of x by pi/2, which is subtracted in four pieces; the first three have 26 bits, so that their
// products with n < 2^27 are exact.
typedef struct f64_angle {
  double r, tail;
  uint64_t quadrant;
} f64_angle;

#define F64_TRIG_LIMIT 1.0e8
EBB_INLINE f64_angle f64_quadrant(double x) {
  double shifted = x * 0.6366197723675814 + 0x1.8p52, n = shifted - 0x1.8p52;
  double a = x - n * 0x1.921fb5p+0;
  double b = n * 0x1.110b46p-26, c = n * 0x1.1a6263p-54 + n * 0x1.8a2e03707344ap-81;
  double sum = a - b, back = a - sum, lost = (a - (sum + back)) + (back - b);
  double r = sum + (lost - c);
  return (f64_angle){r, (sum - r) + (lost - c), f64_bits(shifted)};
}
EBB_INLINE double f64_sin_small(double r, double tail, double z) {
  double s = 1.591810123027412e-10;
  s = s * z - 2.5051131455427946e-08;
  s = s * z + 2.755731610068303e-06;
  s = s * z - 0.0001984126983675497;
  s = s * z + 0.008333333333330946;
  s = s * z - 0.16666666666666666;
  return r + (r * z * s + tail * (1.0 - 0.5 * z));
}
EBB_INLINE double f64_cos_small(double r, double tail, double z) {
  double c = -1.1382614868556325e-11;
  c = c * z + 2.0876146024689747e-09;
  c = c * z - 2.7557317270560326e-07;
  c = c * z + 2.4801587298763433e-05;
  c = c * z - 0.0013888888888887395;
  c = c * z + 0.041666666666666664;
  double half = 0.5 * z, w = 1.0 - half;
  return w + (((1.0 - w) - half) + (z * z * c - r * tail));
}
// sin of the angle plus `turn` quarter turns.
EBB_INLINE double f64_circular(double x, uint64_t turn) {
  f64_angle a = f64_quadrant(x);
  double z = a.r * a.r, s = f64_sin_small(a.r, a.tail, z), c = f64_cos_small(a.r, a.tail, z);
  uint64_t q = a.quadrant + turn;
  return f64_of_bits(f64_bits(q & 1 ? c : s) ^ ((q & 2) << 62));
}
// a or -a; sin and tan are odd, and -0 survives only outside the polynomial.
EBB_INLINE double f64_with_sign_of(double a, double x) { return f64_of_bits(f64_bits(a) ^ (f64_bits(x) & F64_SIGN)); }
EBB_INLINE double f64_sin(double x) { return f64_with_sign_of(f64_circular(f64_abs(x), 0), x); }
EBB_INLINE double f64_cos(double x) { return f64_circular(x, 1); }
EBB_INLINE double f64_tan(double x) {
  f64_angle a = f64_quadrant(f64_abs(x));
  double z = a.r * a.r, s = f64_sin_small(a.r, a.tail, z), c = f64_cos_small(a.r, a.tail, z);
  bool odd = a.quadrant & 1;
  return f64_with_sign_of((odd ? c : s) / (odd ? -s : c), x);
}
// sin and cos of u turns, u in [0, 1).
EBB_INLINE void f64_sincos_turns(double u, double *sine, double *cosine) {
  double shifted = u * 4.0 + 0x1.8p52, r = (u * 4.0 - (shifted - 0x1.8p52)) * 1.5707963267948966, z = r * r;
  double s = f64_sin_small(r, 0.0, z), c = f64_cos_small(r, 0.0, z);
  uint64_t q = f64_bits(shifted);
  *sine = f64_of_bits(f64_bits(q & 1 ? c : s) ^ ((q & 2) << 62));
  *cosine = f64_of_bits(f64_bits(q & 1 ? s : c) ^ (((q + 1) & 2) << 62));
}

// q is the tangent of |x| less 0, 45 or 90 degrees, at most tan(pi/8) in size.
EBB_INLINE double f64_atan(double x) {
  double y = f64_abs(x);
  bool steep = y > 2.414213562373095, middle = y > 0.4142135623730951;
  double q = (steep ? -1.0 : middle ? y - 1.0 : y) / (steep ? y : middle ? y + 1.0 : 1.0), z = q * q;
  double base = steep ? 1.5707963267948966 : middle ? 0.7853981633974483 : 0.0;
  double below = steep ? 6.123233995736766e-17 : middle ? 3.061616997868383e-17 : 0.0;
  double p = -0.019176426315546866;
  p = p * z + 0.039231282023743305;
  p = p * z - 0.050854367132677145;
  p = p * z + 0.058581464238093545;
  p = p * z - 0.06664511160859166;
  p = p * z + 0.0769218317048485;
  p = p * z - 0.09090904577248296;
  p = p * z + 0.11111111015234812;
  p = p * z - 0.14285714284666276;
  p = p * z + 0.19999999999995519;
  p = p * z - 0.3333333333333333;
  return f64_copysign(base + (q + (q * z * p + below)), x);
}

// ---- error function --------------------------------------------------------------------------------------------------------

// |x| < 1: x + x P(x^2). Else 1 - e^(Q(|x|)), Q = log erfc fitted with the weight erfc, so its error stays below an ulp of 1.
EBB_INLINE double f64_erf(double x) {
  // Both polynomials are summed in two halves, even and odd powers, which are independent of each other.
  double z = x * x, z2 = z * z;
  double pe = 5.957176147748911e-11;
  pe = pe * z2 + 1.4659775274047436e-08;
  pe = pe * z2 + 1.6461000484121368e-06;
  pe = pe * z2 + 0.0001205533111164271;
  pe = pe * z2 + 0.0052239776248180145;
  pe = pe * z2 + 0.11283791670954879;
  pe = pe * z2 + 0.1283791670955126;
  double po = -1.1372848856791674e-09;
  po = po * z2 - 1.6350312701054695e-07;
  po = po * z2 - 1.4925595266831182e-05;
  po = po * z2 - 0.000854832698083379;
  po = po * z2 - 0.026866170645076792;
  po = po * z2 - 0.3761263890318375;
  double p = pe + z * po;
  double t = f64_abs(x);
  t = t > 6.0 ? 6.0 : t;
  double t2 = t * t;
  double qe = 1.8236456742131666e-11;
  qe = qe * t2 + 1.1222054379608878e-08;
  qe = qe * t2 + 7.104935448397266e-07;
  qe = qe * t2 + 4.054974345875486e-06;
  qe = qe * t2 - 0.00022765832057826345;
  qe = qe * t2 - 0.0020914286208595;
  qe = qe * t2 + 0.018871600042552353;
  qe = qe * t2 - 0.6366661377514393;
  qe = qe * t2 - 1.0236279022609787e-06;
  double qo = -6.709779877980145e-10;
  qo = qo * t2 - 1.1147081119572055e-07;
  qo = qo * t2 - 2.788793383339958e-06;
  qo = qo * t2 + 2.6690293189889657e-05;
  qo = qo * t2 + 0.0009146226809124213;
  qo = qo * t2 + 0.0005762759305308038;
  qo = qo * t2 - 0.10264126124576066;
  qo = qo * t2 - 1.1283690650869025;
  f64_exponential e = f64_reduce(qe + t * qo);
  double tail = (1.0 + (e.odd + e.even)) * f64_power_of_two(e.n + 1023);
  return t < 1.0 ? x + x * p : f64_copysign(1.0 - tail, x);
}

// ---- powers and remainders -------------------------------------------------------------------------------------------------

// What sign, zero, infinity and NaN make of |a|^b = r, for both precisions: C99 annex F. a^2 is a a, whatever the loop.
#define EBB_POWER_SPECIALS(T, a, b, r) \
  do { \
    bool integer = T##_floor(b) == b, odd = integer & (T##_floor(b * 0.5f) != b * 0.5f); \
    bool up = b > 0; \
    r = T##_abs(a) == INFINITY ? (up ? INFINITY : 0) : a == 0 ? (up ? 0 : INFINITY) : r; \
    r = ((a < 0) & !integer & (a != -INFINITY)) ? NAN : r; \
    r = odd ? T##_copysign(r, a) : r; \
    r = ((a != a) | (b != b)) ? a + b : r; \
    r = ((a == 1) | (b == 0)) ? 1 : r; \
    r = b == 2 ? a * a : r; \
  } while (0)

EBB_INLINE double f64_high(double a) { return f64_of_bits(f64_bits(a) & UINT64_C(0xffffffff00000000)); }

// The algorithm of FreeBSD's e_pow.c (Sun 1993): log2 |a| and its product with b are carried in two float64 each, cut so that the
// leading products are exact.
EBB_INLINE double f64_pow(double a, double b) {
  double x = f64_abs(a);
  bool tiny = x < 0x1p-1022;
  uint64_t bits = f64_bits(tiny ? x * 0x1p54 : x);
  double n = f64_of_bits((bits >> 52) | UINT64_C(0x4330000000000000)) - (tiny ? 0x1p52 + 1077 : 0x1p52 + 1023);
  uint64_t fraction = bits & UINT64_C(0x000fffffffffffff);
  // Which of 1, 3/2, 2 the fraction is compared with: the borders are sqrt(3/2) and sqrt 3.
  bool middle = (fraction >= UINT64_C(0x3988f00000000)) & (fraction < UINT64_C(0xbb67a00000000));
  bool upper = fraction >= UINT64_C(0xbb67a00000000);
  n = upper ? n + 1.0 : n;
  double m = f64_of_bits(fraction | (upper ? UINT64_C(0x3fe0000000000000) : UINT64_C(0x3ff0000000000000)));
  double point = middle ? 1.5 : 1.0;
  double u = m - point, v = 1.0 / (m + point), ss = u * v, s_h = f64_high(ss);
  double t_h = f64_high(m + point), t_l = m - (t_h - point);
  double s_l = v * ((u - s_h * t_h) - s_h * t_l);
  double s2 = ss * ss;
  double R = 2.06975017800338417784e-01;
  R = R * s2 + 2.30660745775561754067e-01;
  R = R * s2 + 2.72728123808534006489e-01;
  R = R * s2 + 3.33333329818377432918e-01;
  R = R * s2 + 4.28571428578550184252e-01;
  R = R * s2 + 5.99999999999994648725e-01;
  R = s2 * s2 * R + s_l * (s_h + ss);
  s2 = s_h * s_h;
  t_h = f64_high(3.0 + s2 + R);
  t_l = R - ((t_h - 3.0) - s2);
  u = s_h * t_h;
  v = s_l * t_h + t_l * ss;
  double p_h = f64_high(u + v), p_l = v - (p_h - u);
  double z_h = 9.61796700954437255859e-01 * p_h;
  double z_l = -7.02846165095275826516e-09 * p_h + p_l * 9.61796693925975554329e-01 + (middle ? 1.35003920212974897128e-08 : 0.0);
  double point_h = middle ? 5.84962487220764160156e-01 : 0.0;
  double t1 = f64_high(((z_h + z_l) + point_h) + n), t2 = z_l - (((t1 - n) - point_h) - z_h);

  // Beyond 2^70 every exponent overflows or underflows any base but 1.
  double y = f64_clamp(b, -0x1p70, 0x1p70), y1 = f64_high(y);
  p_l = (y - y1) * t1 + y * t2;
  p_h = y1 * t1;
  double z = p_l + p_h;
  bool beyond = f64_abs(z) > 1100.0;
  p_h = beyond ? f64_copysign(1100.0, z) : p_h;
  p_l = beyond ? 0.0 : p_l;
  double shifted = p_l + p_h + 0x1.8p52;
  p_h -= shifted - 0x1.8p52;
  double t = f64_high(p_l + p_h);
  u = t * 6.93147182464599609375e-01;
  v = (p_l - (t - p_h)) * 6.93147180559945286227e-01 + t * -1.90465429995776804525e-09;
  z = u + v;
  double w = v - (z - u), square = z * z;
  double y_small = 1.0 + (z + ((f64_sinh_small(z, square) - z) + (f64_cosh_small(square) + w)));
  double r = f64_scale(y_small, f64_bits(shifted) - UINT64_C(0x4338000000000000));
  EBB_POWER_SPECIALS(f64, a, b, r);
  return r;
}

// The quotient's integer part q may be one too large where the division rounded up to it; q |b| is exact in two pieces (Dekker),
// and so is the remainder, which needs no more bits than b.
EBB_INLINE bool f64_rare_mod(double a, double b) {
  double x = f64_abs(a), y = f64_abs(b);
  return !((x / y < 0x1p50) & (x < 0x1p990) & (y < 0x1p990) & (y > 0x1p-900));
}
EBB_INLINE double f64_floored(double remainder, double b);
EBB_INLINE double f64_mod(double a, double b) {
  double x = f64_abs(a), y = f64_abs(b), q = f64_floor(x / y);
  double split = y * 134217729.0, y1 = split - (split - y), y2 = y - y1;
  split = q * 134217729.0;
  double q1 = split - (split - q), q2 = q - q1;
  double product = q * y, lost = ((q1 * y1 - product) + q1 * y2 + q2 * y1) + q2 * y2;
  double r = (x - product) - lost;
  return f64_floored(f64_copysign(r < 0 ? r + y : r, a), b);
}
#define f64_asinh_large 0x1p28

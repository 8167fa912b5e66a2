// Elementary functions in float32; elementary.h tells the rules. Included by it alone. Most work in float32 throughout; the
// reduction of angles, pow and mod go through float64, where their difficulties disappear.

EBB_INLINE uint32_t f32_bits(float a) {
  uint32_t bits;
  memcpy(&bits, &a, sizeof bits);
  return bits;
}
EBB_INLINE float f32_of_bits(uint32_t bits) {
  float a;
  memcpy(&a, &bits, sizeof a);
  return a;
}
#define F32_SIGN UINT32_C(0x80000000)
EBB_INLINE float f32_abs(float a) { return f32_of_bits(f32_bits(a) & ~F32_SIGN); }
EBB_INLINE float f32_copysign(float a, float sign) { return f32_of_bits((f32_bits(a) & ~F32_SIGN) | (f32_bits(sign) & F32_SIGN)); }
EBB_INLINE float f32_sqrt(float a) { return __builtin_elementwise_sqrt(a); }
EBB_INLINE float f32_power_of_two(uint32_t biased) { return f32_of_bits(biased << 23); }

EBB_INLINE float f32_round(float a) {
  float x = f32_abs(a);
  return x < 0x1p23f ? f32_copysign((x + 0x1p23f) - 0x1p23f, a) : a;
}
EBB_INLINE float f32_floor(float a) {
  float r = f32_round(a);
  return r > a ? r - 1 : r;
}
EBB_INLINE float f32_ceil(float a) { return -f32_floor(-a); }

// ---- exponentials: as in elementary_f64.h ----------------------------------------------------------------------------------

typedef struct f32_exponential {
  float odd, even;
  uint32_t n;
} f32_exponential;

EBB_INLINE f32_exponential f32_reduce(float x) {
  float shifted = x * 1.44269504f + 0x1.8p23f, n = shifted - 0x1.8p23f;
  float r = (x - n * 0.693145751953125f) - n * 1.42860682e-06f, z = r * r;
  float s = 0.000198912472f;
  s = s * z + 0.00833331048f;
  s = s * z + 0.166666672f;
  float c = 0.00139188732f;
  c = c * z + 0.0416666232f;
  c = c * z + 0.5f;
  return (f32_exponential){r + r * z * s, z * c, f32_bits(shifted) - UINT32_C(0x4b400000)};
}
EBB_INLINE float f32_clamp(float x, float low, float high) {
  x = x > high ? high : x;
  return x < low ? low : x;
}
EBB_INLINE float f32_exp(float x) {
  f32_exponential e = f32_reduce(f32_clamp(x, -104.0f, 89.0f));
  uint32_t twice = e.n + 254, half = twice >> 1;
  return (1.0f + (e.odd + e.even)) * f32_power_of_two(half) * f32_power_of_two(twice - half);
}
EBB_INLINE float f32_expm1(float x) {
  f32_exponential e = f32_reduce(f32_clamp(x, -20.0f, 89.0f));
  float t = f32_power_of_two(e.n + 126);
  return f32_copysign(2.0f * (t * (e.odd + e.even) + (t - 0.5f)), x);
}
EBB_INLINE float f32_tanh(float x) {
  float y = 2.0f * f32_abs(x);
  f32_exponential e = f32_reduce(y > 20.0f ? 20.0f : y);
  float t = f32_power_of_two(e.n + 127);
  float q = t * (e.odd + e.even) + (t - 1.0f);
  return f32_copysign(q / (q + 2.0f), x);
}
EBB_INLINE float f32_sinh(float x) {
  float y = f32_abs(x);
  f32_exponential e = f32_reduce(y > 89.5f ? 89.5f : y);
  float t = f32_power_of_two(e.n + 125), u = f32_power_of_two(e.n > 124 ? 0 : 125 - e.n);
  float r = 2.0f * ((t - u) + ((t - u) * e.even + (t + u) * e.odd));
  return f32_copysign(r, x);
}
EBB_INLINE float f32_cosh(float x) {
  float y = f32_abs(x);
  f32_exponential e = f32_reduce(y > 89.5f ? 89.5f : y);
  float t = f32_power_of_two(e.n + 125), u = f32_power_of_two(e.n > 124 ? 0 : 125 - e.n);
  float r = 2.0f * ((t + u) + ((t + u) * e.even + (t - u) * e.odd));
  return r;
}

// ---- logarithms: as in elementary_f64.h ------------------------------------------------------------------------------------

typedef struct f32_logarithm {
  int32_t k;
  float m;
} f32_logarithm;

#define F32_SQRT_HALF UINT32_C(0x3f3504f3)
EBB_INLINE f32_logarithm f32_split(float x) {
  uint32_t bits = f32_bits(x) + (UINT32_C(0x3f800000) - F32_SQRT_HALF);
  return (f32_logarithm){(int32_t)(bits >> 23) - 127, f32_of_bits((bits & UINT32_C(0x007fffff)) + F32_SQRT_HALF)};
}
EBB_INLINE float f32_log_of(float f, float k) {
  float s = f / (2.0f + f), z = s * s;
  float R = 0.233305618f;
  R = R * z + 0.285508186f;
  R = R * z + 0.400001228f;
  R = R * z + 0.666666687f;
  R = R * z;
  float half_square = 0.5f * f * f;
  return k * 6.9313812256e-01f - ((half_square - (s * (half_square + R) + k * 9.0580006145e-06f)) - f);
}
EBB_INLINE float f32_log(float x) {
  bool tiny = x < 0x1p-126f;
  f32_logarithm l = f32_split(tiny ? x * 0x1p25f : x);
  float r = f32_log_of(l.m - 1.0f, (float)(tiny ? l.k - 25 : l.k));
  r = x > 0 ? r : x == 0 ? -INFINITY : NAN;
  return x == INFINITY ? x : r;
}
EBB_INLINE float f32_log1p(float x) {
  float u = 1.0f + x;
  f32_logarithm l = f32_split(u);
  float c = x >= 1.0f ? 1.0f - (u - x) : x - (u - 1.0f);
  float scaled = u > 0x1p30f ? 0.0f : c * f32_power_of_two((uint32_t)(127 - l.k));
  float r = f32_log_of((l.m - 1.0f) + scaled, (float)l.k);
  r = x > -1.0f ? r : x == -1.0f ? -INFINITY : NAN;
  r = x == INFINITY ? x : r;
  return f32_abs(x) < 0x1p-25f ? x : r;
}

// ---- circular functions ----------------------------------------------------------------------------------------------------

// x less its multiple of pi/2, in float64: the multiple has at most 20 bits and the leading piece of pi/2 has 33.
typedef struct f32_angle {
  float r;
  uint32_t quadrant;
} f32_angle;

#define F32_TRIG_LIMIT 8.0e5f
EBB_INLINE f32_angle f32_quadrant(float x) {
  double y = x, shifted = y * 0.6366197723675814 + 0x1.8p52, n = shifted - 0x1.8p52;
  double r = (y - n * 1.57079632673412561417) - n * 6.07710050650619224932e-11;
  return (f32_angle){(float)r, (uint32_t)f64_bits(shifted)};
}
EBB_INLINE float f32_sin_small(float r, float z) {
  float s = -0.000195878412f;
  s = s * z + 0.00833274797f;
  s = s * z - 0.166666642f;
  return r + r * z * s;
}
EBB_INLINE float f32_cos_small(float z) {
  float c = 2.45478914e-05f;
  c = c * z - 0.00138883025f;
  c = c * z + 0.0416666642f;
  return 1.0f + (z * z * c - 0.5f * z);
}
EBB_INLINE float f32_circular(float x, uint32_t turn) {
  f32_angle a = f32_quadrant(x);
  float z = a.r * a.r, s = f32_sin_small(a.r, z), c = f32_cos_small(z);
  uint32_t q = a.quadrant + turn;
  return f32_of_bits(f32_bits(q & 1 ? c : s) ^ ((q & 2) << 30));
}
EBB_INLINE float f32_with_sign_of(float a, float x) { return f32_of_bits(f32_bits(a) ^ (f32_bits(x) & F32_SIGN)); }
EBB_INLINE float f32_sin(float x) { return f32_with_sign_of(f32_circular(f32_abs(x), 0), x); }
EBB_INLINE float f32_cos(float x) { return f32_circular(x, 1); }
EBB_INLINE float f32_tan(float x) {
  f32_angle a = f32_quadrant(f32_abs(x));
  float z = a.r * a.r, s = f32_sin_small(a.r, z), c = f32_cos_small(z);
  bool odd = a.quadrant & 1;
  return f32_with_sign_of((odd ? c : s) / (odd ? -s : c), x);
}
EBB_INLINE void f32_sincos_turns(float u, float *sine, float *cosine) {
  float shifted = u * 4.0f + 0x1.8p23f, r = (u * 4.0f - (shifted - 0x1.8p23f)) * 1.57079633f, z = r * r;
  float s = f32_sin_small(r, z), c = f32_cos_small(z);
  uint32_t q = f32_bits(shifted);
  *sine = f32_of_bits(f32_bits(q & 1 ? c : s) ^ ((q & 2) << 30));
  *cosine = f32_of_bits(f32_bits(q & 1 ? s : c) ^ (((q + 1) & 2) << 30));
}
EBB_INLINE float f32_atan(float x) {
  float y = f32_abs(x);
  bool steep = y > 2.41421356f, middle = y > 0.414213562f;
  float q = (steep ? -1.0f : middle ? y - 1.0f : y) / (steep ? y : middle ? y + 1.0f : 1.0f), z = q * q;
  float base = steep ? 1.57079637f : middle ? 0.785398185f : 0.0f;
  float below = steep ? -4.37113883e-08f : middle ? -2.18556941e-08f : 0.0f;
  float p = -0.0645186305f;
  p = p * z + 0.107437119f;
  p = p * z - 0.142639533f;
  p = p * z + 0.199995399f;
  p = p * z - 0.333333313f;
  return f32_copysign(base + (q + (q * z * p + below)), x);
}

// ---- error function --------------------------------------------------------------------------------------------------------

EBB_INLINE float f32_erf(float x) {
  float z = x * x;
  float p = -0.00060039683f;
  p = p * z + 0.00499599846f;
  p = p * z - 0.0267687421f;
  p = p * z + 0.112818822f;
  p = p * z - 0.376125008f;
  p = p * z + 0.128379151f;
  float t = f32_abs(x);
  t = t > 3.95f ? 3.95f : t;
  float q = 0.000197180749f;
  q = q * t - 0.00305559872f;
  q = q * t + 0.0222770548f;
  q = q * t - 0.104037298f;
  q = q * t - 0.637059816f;
  q = q * t - 1.12774953f;
  q = q * t - 0.000177502102f;
  f32_exponential e = f32_reduce(q);
  float tail = (1.0f + (e.odd + e.even)) * f32_power_of_two(e.n + 127);
  return t < 0.92f ? x + x * p : f32_copysign(1.0f - tail, x);
}

// ---- powers and remainders -------------------------------------------------------------------------------------------------

// 2^(b log2 |a|) in float64; the conversion to float32 rounds once, to infinity and to the subnormals too.
EBB_INLINE float f32_pow(float a, float b) {
  float x = f32_abs(a);
  bool tiny = x < 0x1p-126f;
  f32_logarithm l = f32_split(tiny ? x * 0x1p25f : x);
  double f = (double)l.m - 1.0, s = f / (2.0 + f), z = s * s;
  double R = 0.18140186659991617;
  R = R * z + 0.22222862443506644;
  R = R * z + 0.28571424136822743;
  R = R * z + 0.40000000011211234;
  R = R * z + 0.6666666666666208;
  double log2 = (double)(tiny ? l.k - 25 : l.k) + (2.0 * s + s * z * R) * 1.4426950408889634;
  double y = f64_clamp(b, -0x1p60, 0x1p60);  // an infinite exponent of 1 is 0 times a large number
  double p = f64_clamp(y * log2, -200.0, 200.0), shifted = p + 0x1.8p52;
  double r = (p - (shifted - 0x1.8p52)) * 0.6931471805599453;
  z = r * r;
  double odd = 0.000198912472;
  odd = odd * z + 0.00833331048;
  odd = odd * z + 0.166666672;
  double even = 2.48515553e-05;
  even = even * z + 0.00138888659;
  even = even * z + 0.0416666679;
  double power = 1.0 + ((r + r * z * odd) + z * (even * z + 0.5));
  float result = (float)(power * f64_power_of_two(f64_bits(shifted) - UINT64_C(0x4338000000000000) + 1023));
  EBB_POWER_SPECIALS(f32, a, b, result);
  return result;
}

// q |b| is exact in float64 for quotients below 2^29.
EBB_INLINE bool f32_rare_mod(float a, float b) {
  double x = f32_abs(a), y = f32_abs(b);
  return !((x / y < 0x1p29) & (y < INFINITY));
}
EBB_INLINE float f32_floored(float remainder, float b);
EBB_INLINE float f32_mod(float a, float b) {
  double x = f32_abs(a), y = f32_abs(b), r = x - f64_floor(x / y) * y;
  return f32_floored(f32_copysign((float)(r < 0 ? r + y : r), a), b);
}
#define f32_asinh_large 0x1p12f

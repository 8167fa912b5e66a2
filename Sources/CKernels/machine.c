// From element-wise operations to the instructions they are made of, one by one as the loops of pointwise_loops.h round. Equal nodes are
// made once: that is how tanh and its slope share their exponential. tanh, exp and the logistic function follow elementary.h.
#include <stdlib.h>
#include <string.h>
#include "machine.h"

enum { LESS = 1, LESS_OR_EQUAL = 2, UNORDERED = 3, NOT_EQUAL = 4, EQUAL = 0, GREATER_OR_EQUAL = 13, GREATER = 14 };

static int16_t append(ebb_graph *g, ebb_node n) {
  if (g->count == EBB_MOST_NODES) {
    g->overflows = true;
    return 0;
  }
  g->nodes[g->count] = n;
  return (int16_t)g->count++;
}

static int16_t node(ebb_graph *g, ebb_node n) {
  for (int32_t i = 0; i < g->count; i++) {
    const ebb_node *m = g->nodes + i;
    if (m->kind == n.kind && m->immediate == n.immediate && m->a == n.a && m->b == n.b && m->c == n.c && m->place == n.place &&
        m->bits == n.bits)
      return (int16_t)i;
  }
  return append(g, n);
}

static int16_t binary(ebb_graph *g, ebb_node_kind kind, int16_t a, int16_t b) {
  return node(g, (ebb_node){.kind = kind, .a = a, .b = b, .c = -1, .place = -1});
}
static int16_t compare(ebb_graph *g, uint8_t predicate, int16_t a, int16_t b) {
  return node(g, (ebb_node){.kind = EBB_NODE_COMPARE, .immediate = predicate, .a = a, .b = b, .c = -1, .place = -1});
}
static int16_t choose(ebb_graph *g, int16_t mask, int16_t yes, int16_t no) {
  return node(g, (ebb_node){.kind = EBB_NODE_CHOOSE, .a = no, .b = yes, .c = mask, .place = -1});
}
static int16_t shift(ebb_graph *g, ebb_node_kind kind, int16_t a, uint8_t by) {
  return node(g, (ebb_node){.kind = kind, .immediate = by, .a = a, .b = -1, .c = -1, .place = -1});
}
static int16_t bits(ebb_graph *g, uint64_t bits) {
  return node(g, (ebb_node){.kind = EBB_NODE_CONSTANT, .a = -1, .b = -1, .c = -1, .place = -1, .bits = bits});
}
static int16_t number(ebb_graph *g, double x) {
  uint64_t wide = 0;
  if (g->dtype == EBB_F32) {
    float narrow = (float)x;
    memcpy(&wide, &narrow, sizeof narrow);
  } else {
    memcpy(&wide, &x, sizeof x);
  }
  return bits(g, wide);
}

static int16_t add(ebb_graph *g, int16_t a, int16_t b) { return binary(g, EBB_NODE_ADD, a, b); }
static int16_t sub(ebb_graph *g, int16_t a, int16_t b) { return binary(g, EBB_NODE_SUB, a, b); }
static int16_t mul(ebb_graph *g, int16_t a, int16_t b) { return binary(g, EBB_NODE_MUL, a, b); }
static int16_t quotient(ebb_graph *g, int16_t a, int16_t b) { return binary(g, EBB_NODE_DIV, a, b); }
static int16_t root(ebb_graph *g, int16_t a) { return binary(g, EBB_NODE_SQRT, a, -1); }

static uint64_t sign_bit(const ebb_graph *g) { return g->dtype == EBB_F32 ? UINT64_C(0x80000000) : UINT64_C(0x8000000000000000); }
static int16_t sign_mask(ebb_graph *g) { return bits(g, sign_bit(g)); }
static int16_t negative(ebb_graph *g, int16_t a) { return binary(g, EBB_NODE_XOR, a, sign_mask(g)); }

static bool is_constant(const ebb_graph *g, int16_t a) { return g->nodes[a].kind == EBB_NODE_CONSTANT; }

// |a|; |-a| and |c a| for a number c, finite and not zero, are made of |a|.
static int16_t absolute(ebb_graph *g, int16_t a) {
  ebb_node n = g->nodes[a];
  uint64_t sign = sign_bit(g), infinity = g->dtype == EBB_F32 ? UINT64_C(0x7f800000) : UINT64_C(0x7ff0000000000000);
  if (n.kind == EBB_NODE_XOR && is_constant(g, n.b) && g->nodes[n.b].bits == sign) return absolute(g, n.a);
  for (int32_t side = 0; side < 2 && n.kind == EBB_NODE_MUL; side++) {
    int16_t factor = side ? n.a : n.b, other = side ? n.b : n.a;
    uint64_t size = g->nodes[factor].bits & ~sign;
    if (is_constant(g, factor) && size > 0 && size < infinity) return mul(g, absolute(g, other), bits(g, size));
  }
  return binary(g, EBB_NODE_AND, a, bits(g, sign - 1));
}

// c[0] z^(n-1) + ... + c[n-1]
static int16_t polynomial(ebb_graph *g, int16_t z, int32_t n, const double *c) {
  int16_t p = number(g, c[0]);
  for (int32_t i = 1; i < n; i++) p = add(g, mul(g, p, z), number(g, c[i]));
  return p;
}

typedef struct exponential {
  int16_t odd, even, shifted;
} exponential;

// The precision's reduction of an argument by multiples of ln 2; the multiple is in the low bits of `shifted`.
static exponential reduced(ebb_graph *g, int16_t x) {
  static const double odd_f32[] = {0.000198912472f, 0.00833331048f, 0.166666672f};
  static const double even_f32[] = {0.00139188732f, 0.0416666232f, 0.5f};
  static const double odd_f64[] = {2.5100634461878497e-08, 2.7557267935231926e-06, 0.00019841269863392214, 0.008333333333329994,
                                   0.16666666666666669};
  static const double even_f64[] = {2.0911414421956654e-09, 2.755728259480407e-07, 2.48015873173863e-05, 0.0013888888888886504,
                                    0.041666666666666664, 0.5};
  bool narrow = g->dtype == EBB_F32;
  int16_t magic = number(g, narrow ? 0x1.8p23 : 0x1.8p52);
  int16_t shifted = add(g, mul(g, x, number(g, narrow ? 1.44269504f : 1.4426950408889634)), magic), n = sub(g, shifted, magic);
  int16_t r = sub(g, x, mul(g, n, number(g, narrow ? 0.693145751953125f : 0.6931471803691238)));
  r = sub(g, r, mul(g, n, number(g, narrow ? 1.42860682e-06f : 1.9082149292705877e-10)));
  int16_t z = mul(g, r, r);
  int16_t s = narrow ? polynomial(g, z, 3, odd_f32) : polynomial(g, z, 5, odd_f64);
  int16_t c = narrow ? polynomial(g, z, 3, even_f32) : polynomial(g, z, 6, even_f64);
  return (exponential){add(g, r, mul(g, mul(g, r, z), s)), mul(g, z, c), shifted};
}

static uint8_t fraction_bits(const ebb_graph *g) { return g->dtype == EBB_F32 ? 23 : 52; }
static uint64_t exponent_bias(const ebb_graph *g) { return g->dtype == EBB_F32 ? 127 : 1023; }
static uint64_t magic_bits(const ebb_graph *g) { return g->dtype == EBB_F32 ? UINT64_C(0x4b400000) : UINT64_C(0x4338000000000000); }
static uint64_t word(const ebb_graph *g, uint64_t x) { return g->dtype == EBB_F32 ? (uint32_t)x : x; }

// (1 + sum) 2^n in two halves, where `twice` is n and twice the bias.
static int16_t scaled(ebb_graph *g, int16_t sum, int16_t twice) {
  int16_t half = shift(g, EBB_NODE_SHIFT_RIGHT, twice, 1), rest = binary(g, EBB_NODE_INTEGER_SUB, twice, half);
  int16_t y = mul(g, add(g, number(g, 1), sum), shift(g, EBB_NODE_SHIFT_LEFT, half, fraction_bits(g)));
  return mul(g, y, shift(g, EBB_NODE_SHIFT_LEFT, rest, fraction_bits(g)));
}

static int16_t exponential_of(ebb_graph *g, int16_t a) {
  bool narrow = g->dtype == EBB_F32;
  int16_t x = binary(g, EBB_NODE_MIN, number(g, narrow ? 89 : 710), a);
  exponential e = reduced(g, binary(g, EBB_NODE_MAX, number(g, narrow ? -104 : -746), x));
  int16_t twice = binary(g, EBB_NODE_INTEGER_ADD, e.shifted, bits(g, word(g, 2 * exponent_bias(g) - magic_bits(g))));
  return scaled(g, add(g, e.odd, e.even), twice);
}

// The reduction of -y for y = |a| or 2 |a|, down to where exp(-y) vanishes. Every operation of it rounds alike on both sides of zero.
static exponential reduced_down(ebb_graph *g, int16_t y) {
  return reduced(g, binary(g, EBB_NODE_MAX, number(g, g->dtype == EBB_F32 ? -104 : -746), negative(g, y)));
}

// z / (1 + z) or 1 / (1 + z) with z = exp(-|a|).
static int16_t logistic(ebb_graph *g, int16_t a) {
  exponential e = reduced_down(g, absolute(g, a));
  int16_t twice = binary(g, EBB_NODE_INTEGER_ADD, e.shifted, bits(g, word(g, 2 * exponent_bias(g) - magic_bits(g))));
  int16_t z = scaled(g, add(g, e.odd, e.even), twice), one = number(g, 1);
  return quotient(g, choose(g, compare(g, GREATER_OR_EQUAL, a, number(g, 0)), one, z), add(g, one, z));
}

// q / (q + 2) with q = exp(2 |a|) - 1, from the mirrored reduction. The function is 1 long before the exponential overflows.
static int16_t hyperbolic_tangent(ebb_graph *g, int16_t a) {
  int16_t y = mul(g, absolute(g, a), number(g, 2));
  exponential e = reduced_down(g, y);
  int16_t n = binary(g, EBB_NODE_INTEGER_SUB, bits(g, word(g, exponent_bias(g) + magic_bits(g))), e.shifted);
  int16_t t = shift(g, EBB_NODE_SHIFT_LEFT, n, fraction_bits(g)), one = number(g, 1);
  int16_t q = add(g, mul(g, t, sub(g, e.even, e.odd)), sub(g, t, one));
  int16_t flat = compare(g, GREATER, y, number(g, g->dtype == EBB_F32 ? 20 : 44));
  int16_t r = choose(g, flat, one, quotient(g, q, add(g, q, number(g, 2))));
  r = binary(g, EBB_NODE_AND, r, bits(g, sign_bit(g) - 1));
  return binary(g, EBB_NODE_OR, r, binary(g, EBB_NODE_AND, a, sign_mask(g)));
}

// b where a is not greater, a where it is or is NaN.
static int16_t extreme(ebb_graph *g, ebb_node_kind kind, int16_t a, int16_t b) {
  return choose(g, compare(g, UNORDERED, a, a), a, binary(g, kind, a, b));
}

enum { UNKNOWN = -1 };
static int16_t operation(ebb_graph *g, ebb_op op, int16_t a, int16_t b, int16_t c) {
  switch (op) {
  case ebb_op_neg: return negative(g, a);
  case ebb_op_abs: return absolute(g, a);
  case ebb_op_square: return mul(g, a, a);
  case ebb_op_reciprocal: return quotient(g, number(g, 1), a);
  case ebb_op_sqrt: return root(g, a);
  case ebb_op_rsqrt: return quotient(g, number(g, 1), root(g, a));
  case ebb_op_relu: return binary(g, EBB_NODE_AND_NOT, compare(g, LESS_OR_EQUAL, a, number(g, 0)), a);
  case ebb_op_exp: return exponential_of(g, a);
  case ebb_op_tanh: return hyperbolic_tangent(g, a);
  case ebb_op_sigmoid: return logistic(g, a);
  case ebb_op_add: return add(g, a, b);
  case ebb_op_sub: return sub(g, a, b);
  case ebb_op_mul: return mul(g, a, b);
  case ebb_op_div: return quotient(g, a, b);
  case ebb_op_maximum: return extreme(g, EBB_NODE_MAX, a, b);
  case ebb_op_minimum: return extreme(g, EBB_NODE_MIN, a, b);
  case ebb_op_lt: return compare(g, LESS, a, b);
  case ebb_op_le: return compare(g, LESS_OR_EQUAL, a, b);
  case ebb_op_gt: return compare(g, GREATER, a, b);
  case ebb_op_ge: return compare(g, GREATER_OR_EQUAL, a, b);
  case ebb_op_eq: return compare(g, EQUAL, a, b);
  case ebb_op_ne: return compare(g, NOT_EQUAL, a, b);
  case ebb_op_isnan: return compare(g, UNORDERED, a, a);
  case ebb_op_select: return choose(g, a, b, c);
  default: return UNKNOWN;
  }
}

bool ebb_machine_knows(ebb_op op, ebb_dtype dtype) {
  if ((dtype != EBB_F32 && dtype != EBB_F64) || !ebb_encodes()) return false;
  switch (op) {
  case ebb_op_neg: case ebb_op_abs: case ebb_op_square: case ebb_op_reciprocal: case ebb_op_sqrt: case ebb_op_rsqrt:
  case ebb_op_relu: case ebb_op_exp: case ebb_op_tanh: case ebb_op_sigmoid: case ebb_op_add: case ebb_op_sub: case ebb_op_mul:
  case ebb_op_div: case ebb_op_maximum: case ebb_op_minimum: case ebb_op_lt: case ebb_op_le: case ebb_op_gt: case ebb_op_ge:
  case ebb_op_eq: case ebb_op_ne: case ebb_op_isnan: case ebb_op_select: return true;
  default: return false;
  }
}

static int16_t outer_value(ebb_graph *g, const ebb_machine_value *v) {
  if (v->is_known) return number(g, v->number);
  ebb_node_kind kind = v->is_single ? EBB_NODE_SINGLE : EBB_NODE_LOAD;
  return node(g, (ebb_node){.kind = kind, .a = -1, .b = -1, .c = -1, .place = v->place});
}

// What reaches no result goes.
static void mark_needed(ebb_graph *g) {
  for (int32_t i = g->count - 1; i >= 0; i--) {
    ebb_node *n = g->nodes + i;
    n->is_needed |= n->kind == EBB_NODE_STORE;
    if (!n->is_needed) continue;
    if (n->a >= 0) g->nodes[n->a].is_needed = true;
    if (n->b >= 0) g->nodes[n->b].is_needed = true;
    if (n->c >= 0) g->nodes[n->c].is_needed = true;
  }
}

// Long chains of dependent instructions leave the processor waiting, so two vectors go side by side: each node is followed by its twin.
static void double_up(ebb_graph *g) {
  enum { LONG = 24 };
  int32_t instructions = 0, count = g->count;
  for (int32_t i = 0; i < count; i++) instructions += g->nodes[i].is_needed && g->nodes[i].kind > EBB_NODE_CONSTANT;
  ebb_node *single = malloc((size_t)count * sizeof *single);
  int16_t *firsts = malloc((size_t)count * sizeof *firsts);
  if (instructions >= LONG && 2 * count <= EBB_MOST_NODES && single && firsts) {
    memcpy(single, g->nodes, (size_t)count * sizeof *single);
    g->count = 0;
    for (int32_t i = 0; i < count; i++) {
      bool is_shared = single[i].kind == EBB_NODE_SINGLE || single[i].kind == EBB_NODE_CONSTANT;
      firsts[i] = (int16_t)g->count;
      for (int32_t twin = 0; twin < 2 - is_shared; twin++) {
        ebb_node n = single[i];
        n.is_second = twin;
        for (int32_t k = 0; k < 3; k++) {
          int16_t *source = k == 0 ? &n.a : k == 1 ? &n.b : &n.c;
          if (*source < 0) continue;
          int16_t first = firsts[*source];
          *source = (int16_t)(first + (twin && g->nodes[first].kind != EBB_NODE_SINGLE && g->nodes[first].kind != EBB_NODE_CONSTANT));
        }
        g->nodes[g->count++] = n;
      }
    }
  }
  free(single);
  free(firsts);
}

ebb_machine_code ebb_assemble(ebb_dtype dtype, int32_t count, const ebb_machine_value *values, int64_t *bytes) {
  ebb_graph *g = malloc(sizeof *g);
  int16_t *nodes = malloc((size_t)count * sizeof *nodes);
  ebb_machine_code code = NULL;
  if (g && nodes && ebb_encodes()) {
    g->dtype = dtype;
    g->count = 0;
    g->overflows = false;
    for (int32_t i = 0; i < count; i++) {
      const ebb_machine_value *v = values + i;
      if (v->is_operand) {
        nodes[i] = outer_value(g, v);
        continue;
      }
      nodes[i] = operation(g, v->op, nodes[v->a], nodes[v->b], nodes[v->c]);
      if (v->place >= 0)
        append(g, (ebb_node){.kind = EBB_NODE_STORE, .a = nodes[i], .b = -1, .c = -1, .place = v->place});
    }
    mark_needed(g);
    double_up(g);
    if (!g->overflows) code = ebb_encode(g, bytes);
  }
  free(nodes);
  free(g);
  return code;
}

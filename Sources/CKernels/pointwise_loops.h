// The inner loops of one dtype, made from pointwise.def. The including file says what VALUE is, which groups of operations the
// dtype has (HAS_FLOAT, HAS_INT, HAS_BOOL) and names the table it fills.
//
// Operands of stride 0 and 1 are read in place. Any other stride is first packed into a stack buffer, block by block, so that
// each operation has one vector loop whatever the stride, and therefore the same bits.
#include <math.h>
#include "clones.h"
#include "elementary.h"
#include "integers.h"
#include "pointwise_tables.h"

enum { BLOCK = 256 };
typedef VALUE value;
typedef uint8_t truth;
#define F(x) ((value)(x))

#define DEFINE_PACK(type) \
  EBB_CLONES static void pack_##type(int64_t n, type *restrict to, const type *restrict from, int64_t stride) { \
    for (int64_t i = 0; i < n; i++) to[i] = from[i * stride]; \
  }
DEFINE_PACK(value)
DEFINE_PACK(truth)

static inline int64_t at_most(int64_t n) { return n < BLOCK ? n : BLOCK; }

// RARE(op) is op itself where elementary.h has arguments for libm, else `none`: RARE_op is two tokens long for the former.
#ifdef HAS_FLOAT
#define RARE_sin ~, sin
#define RARE_cos ~, cos
#define RARE_tan ~, tan
#define RARE_mod ~, mod
#endif
#define SECOND(a, b, ...) b
#define SECOND_OF(...) SECOND(__VA_ARGS__)
#define RARE(name) SECOND_OF(RARE_##name, none, ~)
#define JOIN(a, b) a##b
#define CALL(prefix, name) JOIN(prefix, name)
#define IS_GUARDED(name) CALL(guarded_, RARE(name))
enum { guarded_none = 0, guarded_sin = 1, guarded_cos = 1, guarded_tan = 1, guarded_mod = 1 };
#define is_rare_none(a) false
#define exact_none(a) (a)
#define is_rare_sin(a) EBB_BY_TYPE(rare_angle, a)(a)
#define is_rare_cos(a) EBB_BY_TYPE(rare_angle, a)(a)
#define is_rare_tan(a) EBB_BY_TYPE(rare_angle, a)(a)
#define exact_sin(a) (value) sin((double)(a))
#define exact_cos(a) (value) cos((double)(a))
#define exact_tan(a) (value) tan((double)(a))
#define is_rare_2_none(a, b) ((void)(a), (void)(b), false)
#define exact_2_none(a, b) (a)
#define is_rare_2_mod(a, b) EBB_BY_TYPE(rare_mod, a)(a, b)
#define exact_2_mod(a, b) EBB_BY_TYPE(floored, a)((value)fmod(a, b), b)

// name: the loop's suffix; R, A: types of result and operand; e: expression of a. A guarded operation works block by block on a
// copy wherever a block holds rare arguments: the result may be the operand itself.
// is_long: whether e is long enough to be worth a second form of the loop.
#define UNARY_LOOP(name, R, A, e, is_long) \
  EBB_CLONES static void loop_##name(int64_t n, void *out, const void *pa, int64_t sa, const void *pb, int64_t sb, \
                                     const void *pc, int64_t sc) { \
    R *r = out; \
    const A *x = pa; \
    A packed[BLOCK]; \
    bool whole = sa == 1 && !IS_GUARDED(name); \
    int64_t step = whole ? n : BLOCK; \
    for (int64_t first = 0; first < n; first += step) { \
      int64_t count = whole ? n : at_most(n - first); \
      const A *p = x + first; \
      if (sa != 1) { \
        pack_##A(count, packed, x + first * sa, sa); \
        p = packed; \
      } \
      bool rare = false; \
      if (IS_GUARDED(name)) { \
        int32_t any = 0; \
        for (int64_t i = 0; i < count; i++) any |= CALL(is_rare_, RARE(name))(p[i]); \
        rare = any; \
        if (rare && p != packed) { \
          pack_##A(count, packed, p, 1); \
          p = packed; \
        } \
      } \
      int64_t paired = is_long ? count / EBB_TWO_VECTORS * EBB_TWO_VECTORS : 0; \
      EBB_ELEMENTWISE_TWICE for (int64_t i = 0; i < paired; i++) { \
        A a = p[i]; \
        r[first + i] = (R)(e); \
      } \
      EBB_ELEMENTWISE for (int64_t i = paired; i < count; i++) { \
        A a = p[i]; \
        r[first + i] = (R)(e); \
      } \
      for (int64_t i = 0; rare && i < count; i++) \
        if (CALL(is_rare_, RARE(name))(p[i])) r[first + i] = (R)CALL(exact_, RARE(name))(p[i]); \
    } \
  }

#define BINARY_LOOP(name, R, A, e) \
  EBB_CLONES static void loop_##name(int64_t n, void *out, const void *pa, int64_t sa, const void *pb, int64_t sb, \
                                     const void *pc, int64_t sc) { \
    R *r = out; \
    const A *x = pa, *y = pb; \
    if (sa == 1 && sb == 1 && !IS_GUARDED(name)) { \
      EBB_ELEMENTWISE for (int64_t i = 0; i < n; i++) { \
        A a = x[i], b = y[i]; \
        r[i] = (R)(e); \
      } \
    } else if (sa == 1 && sb == 0 && !IS_GUARDED(name)) { \
      A b = *y; \
      EBB_ELEMENTWISE for (int64_t i = 0; i < n; i++) { \
        A a = x[i]; \
        r[i] = (R)(e); \
      } \
    } else if (sa == 0 && sb == 1 && !IS_GUARDED(name)) { \
      A a = *x; \
      EBB_ELEMENTWISE for (int64_t i = 0; i < n; i++) { \
        A b = y[i]; \
        r[i] = (R)(e); \
      } \
    } else { \
      A packed_a[BLOCK], packed_b[BLOCK]; \
      for (int64_t first = 0; first < n; first += BLOCK) { \
        int64_t count = at_most(n - first); \
        pack_##A(count, packed_a, x + first * sa, sa); \
        pack_##A(count, packed_b, y + first * sb, sb); \
        EBB_ELEMENTWISE for (int64_t i = 0; i < count; i++) { \
          A a = packed_a[i], b = packed_b[i]; \
          r[first + i] = (R)(e); \
        } \
        int32_t rare = 0; \
        for (int64_t i = 0; i < count; i++) rare |= CALL(is_rare_2_, RARE(name))(packed_a[i], packed_b[i]); \
        for (int64_t i = 0; rare && i < count; i++) { \
          A a = packed_a[i], b = packed_b[i]; \
          if (CALL(is_rare_2_, RARE(name))(a, b)) r[first + i] = (R)CALL(exact_2_, RARE(name))(a, b); \
        } \
      } \
    } \
  }

#ifdef HAS_FLOAT
#define EBB_UNARY(name, f) UNARY_LOOP(name, value, value, f, true)
#define EBB_NUMERIC1(name, f, i) UNARY_LOOP(name, value, value, f, false)
#define EBB_BINARY(name, f) BINARY_LOOP(name, value, value, f)
#define EBB_NUMERIC2(name, f, i) BINARY_LOOP(name, value, value, f)
#define EBB_TEST(name, f) UNARY_LOOP(name, truth, value, f, false)
#endif
#ifdef HAS_INT
#define EBB_NUMERIC1(name, f, i) UNARY_LOOP(name, value, value, i, false)
#define EBB_NUMERIC2(name, f, i) BINARY_LOOP(name, value, value, i)
#endif
#ifdef HAS_BOOL
#define EBB_LOGIC1(name, e) UNARY_LOOP(name, truth, truth, e, false)
#define EBB_LOGIC2(name, e) BINARY_LOOP(name, truth, truth, e)
#endif
#define EBB_COMPARE(name, e) BINARY_LOOP(name, truth, value, e)
#include "pointwise.def"

// select: operand 0 is the condition, operands 1 and 2 the branches; a scalar operand is spread over a block first.
EBB_CLONES static void loop_select(int64_t n, void *out, const void *pa, int64_t sa, const void *pb, int64_t sb, const void *pc,
                                   int64_t sc) {
  value *r = out;
  const truth *condition = pa;
  const value *x = pb, *y = pc;
  truth packedA[BLOCK];
  value packedB[BLOCK], packedC[BLOCK];
  bool direct = sa == 1 && sb == 1 && sc == 1;
  int64_t step = direct ? n : BLOCK;
  for (int64_t first = 0; first < n; first += step) {
    int64_t count = direct ? n : at_most(n - first);
    const truth *c = condition + first * sa;
    const value *a = x + first * sb, *b = y + first * sc;
    if (sa != 1) {
      if (sa != 0 || first == 0) pack_truth(count, packedA, c, sa);
      c = packedA;
    }
    if (sb != 1) {
      if (sb != 0 || first == 0) pack_value(count, packedB, a, sb);
      a = packedB;
    }
    if (sc != 1) {
      if (sc != 0 || first == 0) pack_value(count, packedC, b, sc);
      b = packedC;
    }
    EBB_ELEMENTWISE for (int64_t i = 0; i < count; i++) {
      value yes = a[i], no = b[i];  // both are loaded, so that the choice needs no masked load
      r[first + i] = c[i] ? yes : no;
    }
  }
}

#ifdef HAS_FLOAT
// Two operations in one pass over memory (pairs.def): each rounds as it does alone. a has stride 1, b and c have 0 or 1.
#define PAIR_LOOP(name, first, second) \
  EBB_CLONES static void loop_##name(int64_t n, void *out, const void *pa, int64_t sa, const void *pb, int64_t sb, \
                                     const void *pc, int64_t sc) { \
    value *r = out; \
    const value *x = pa, *y = pb, *z = pc; \
    (void)sa; \
    if (sb == 1 && sc == 1) { \
      EBB_ELEMENTWISE for (int64_t i = 0; i < n; i++) { \
        value a = x[i], b = y[i], c = z[i], t = first; \
        r[i] = second; \
      } \
    } else if (sb == 1) { \
      value c = *z; \
      EBB_ELEMENTWISE for (int64_t i = 0; i < n; i++) { \
        value a = x[i], b = y[i], t = first; \
        r[i] = second; \
      } \
    } else if (sc == 1) { \
      value b = *y; \
      EBB_ELEMENTWISE for (int64_t i = 0; i < n; i++) { \
        value a = x[i], c = z[i], t = first; \
        r[i] = second; \
      } \
    } else { \
      value b = *y, c = *z; \
      EBB_ELEMENTWISE for (int64_t i = 0; i < n; i++) { \
        value a = x[i], t = first; \
        r[i] = second; \
      } \
    } \
  }
#define EBB_PAIR(first, second, is_left, t, result) PAIR_LOOP(first##_##second##_##is_left, t, result)
#include "pairs.def"

// The slope of the logistic function, one exponential for the two that sigmoid(a) * sigmoid(-a) takes; the same bits.
UNARY_LOOP(slope, value, value, EBB_BY_TYPE(slope, a)(a), true)
#endif

#define ENTRY(name) [ebb_op_##name] = loop_##name,
const ebb_loop TABLE[256] = {
#ifdef HAS_FLOAT
#define EBB_UNARY(name, f) ENTRY(name)
#define EBB_BINARY(name, f) ENTRY(name)
#define EBB_TEST(name, f) ENTRY(name)
#endif
#if defined HAS_FLOAT || defined HAS_INT
#define EBB_NUMERIC1(name, f, i) ENTRY(name)
#define EBB_NUMERIC2(name, f, i) ENTRY(name)
#endif
#ifdef HAS_BOOL
#define EBB_LOGIC1(name, e) ENTRY(name)
#define EBB_LOGIC2(name, e) ENTRY(name)
#endif
#define EBB_COMPARE(name, e) ENTRY(name)
#define EBB_SELECT(name) ENTRY(name)
#include "pointwise.def"
};

#ifdef HAS_FLOAT
#define EBB_PAIR(first, second, is_left, t, result) {ebb_op_##first, ebb_op_##second, is_left, loop_##first##_##second##_##is_left},
const ebb_pair PAIRS[EBB_PAIRS] = {
#include "pairs.def"
};
const ebb_loop SLOPE = loop_slope;
#endif

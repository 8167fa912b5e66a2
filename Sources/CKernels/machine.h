// Element-wise operations on their way to machine code: a list of nodes, each of which is one instruction on a vector.
#ifndef EBB_MACHINE_H
#define EBB_MACHINE_H
#include "ckernels.h"

typedef enum ebb_node_kind : uint8_t {
  // What a node reads from outside: the elements of a place, its one value, or a number of the code itself.
  EBB_NODE_LOAD, EBB_NODE_SINGLE, EBB_NODE_CONSTANT,
  EBB_NODE_ADD, EBB_NODE_SUB, EBB_NODE_MUL, EBB_NODE_DIV, EBB_NODE_SQRT,
  EBB_NODE_MIN, EBB_NODE_MAX,  // of a and b; b if one is NaN or both are zero
  EBB_NODE_AND, EBB_NODE_AND_NOT, EBB_NODE_OR, EBB_NODE_XOR,  // bits; ~a & b
  EBB_NODE_COMPARE,  // immediate: the predicate of the instruction; gives a mask
  EBB_NODE_CHOOSE,   // b where the mask c is set, else a
  EBB_NODE_INTEGER_ADD, EBB_NODE_INTEGER_SUB, EBB_NODE_SHIFT_LEFT, EBB_NODE_SHIFT_RIGHT,  // immediate: the bits to shift by
  EBB_NODE_STORE,    // of a
} ebb_node_kind;

typedef struct ebb_node {
  ebb_node_kind kind;
  uint8_t immediate;
  int16_t a, b, c;  // nodes before it, -1 where there is none
  int16_t place;    // where a load reads or a store writes, else -1
  bool is_needed, is_second;  // is_second: of the second vector, where two go side by side
  uint64_t bits;    // of a constant
} ebb_node;

enum { EBB_MOST_NODES = 2048 };

typedef struct ebb_graph {
  ebb_dtype dtype;
  int32_t count;
  bool overflows;  // there were more nodes than fit
  ebb_node nodes[EBB_MOST_NODES];
} ebb_graph;

// The code of a graph, or NULL; *bytes is what it takes.
ebb_machine_code ebb_encode(const ebb_graph *graph, int64_t *bytes);
// Whether this processor runs such code.
bool ebb_encodes(void);

#endif

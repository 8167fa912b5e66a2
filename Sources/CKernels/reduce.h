// What tile programs take from the reductions: the reduction of one row of elements that come piece by piece, in the order of
// ebb_reduce.
#ifndef EBB_REDUCE_H
#define EBB_REDUCE_H
#include "ckernels.h"

enum { EBB_REDUCER_ROW = 64, EBB_REDUCER_LEVELS = 40, EBB_MAX_PARTS = 256 };

typedef struct ebb_reducer {
  ebb_reduction op;
  ebb_dtype dtype;
  int64_t n;       // elements in all
  int64_t blocks;  // whole blocks so far
  int32_t depth;   // of the stack of combined blocks, without the one that is being filled
  int32_t rows;    // of the block that is being filled
  int64_t rest;    // elements of the last, partial row
  _Alignas(64) char last[EBB_REDUCER_ROW * sizeof(double)];
  _Alignas(64) char stack[EBB_REDUCER_LEVELS][EBB_REDUCER_ROW * sizeof(double)];
} ebb_reducer;

// The next `count` elements: a multiple of 64 unless they are the last. All pieces but the last together hold at least 512 elements.
void ebb_reducer_begin(ebb_reducer *reducer, ebb_reduction op, ebb_dtype dtype, int64_t n);
void ebb_reducer_add(ebb_reducer *reducer, int64_t count, const void *x);
void ebb_reducer_end(ebb_reducer *reducer, void *out);

// A reduction of n elements, [1, n, 1], goes part by part: how long a part is, and the result of the parts' results.
int64_t ebb_reduction_part(int64_t n);
void ebb_combine_parts(ebb_reduction op, ebb_dtype dtype, int64_t parts, void *partial, void *out);

#endif

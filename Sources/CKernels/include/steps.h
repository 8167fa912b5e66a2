// A call of a kernel as a value: eager code makes one and runs it at once, a plan keeps a list of them and runs it again and again.
#ifndef EBB_STEPS_H
#define EBB_STEPS_H

typedef enum EBB_CLOSED_ENUM ebb_kernel : uint8_t {
  ebb_kernel_pointwise,    // op, dtype, rank, sizes; out[0], in[0...2] with strides[0...2]
  ebb_kernel_tiles,        // tiles
  ebb_kernel_cast,         // dtype to `to`, rank, sizes; out[0], in[0] with strides[0]; fails on values without an int32
  ebb_kernel_copy,         // width, rank, sizes; out[0] with strides[1], in[0] with strides[0]
  ebb_kernel_fill,         // dtype, sizes[0] elements, value; out[0]
  ebb_kernel_iota,         // dtype, sizes[0] elements, value, step; out[0]
  ebb_kernel_reduce,       // op is an ebb_reduction, dtype, sizes = outer, n, inner; out[0], in[0]
  ebb_kernel_arg_reduce,   // flag: largest, dtype, sizes = outer, n, inner; out[0], in[0]
  ebb_kernel_scan,         // op is an ebb_reduction, dtype, sizes = outer, n, inner; out[0], in[0]
  ebb_kernel_gather,       // width, sizes = outer, n, inner, k; out[0], in[0], in[1] the index
  ebb_kernel_scatter_add,  // dtype, sizes = outer, n, inner, k; out[0], in[0], in[1] the index
  ebb_kernel_check_index,  // sizes = how many, limit; in[0] the int32 index; fails on one that is not in [0, limit)
  ebb_kernel_sort,         // flag: descending, dtype, sizes = rows, n; out[0] values, out[1] index, in[0]
  ebb_kernel_matmul,       // product, with its pointers in out[0], in[0] and in[1]; tiles that follow on the rows, or NULL
  ebb_kernel_take_along,   // width, sizes = rows, n, k; out[0], in[0], in[1] the positions
  ebb_kernel_add_along,    // dtype, sizes = rows, n, k; out[0], in[0], in[1] the positions
  ebb_kernel_unfold,       // dtype, sizes[0] planes, windows; out[0], in[0]; so do the next four
  ebb_kernel_fold,
  ebb_kernel_window_sums,
  ebb_kernel_window_spread,
  ebb_kernel_window_maxima,  // out[1]: the positions
  ebb_kernel_convolve,     // convolution, with its result in out[0], the operands of its face in in[0] and in[1]
  ebb_kernel_outside,      // not a kernel: the caller of ebb_run_steps does it
} ebb_kernel;

// A failed check of values, beside EBB_OK and EBB_INTERRUPTED.
enum { EBB_BAD_VALUE = 2, EBB_OUTSIDE = 3 };

// ---- tile programs ---------------------------------------------------------------------------------------------------------

// How an operand lies under the n elements of a program, which are numbered in row-major order. Rank 0 is a single value; rank 1
// with stride 1 is read in place; anything else is laid out in a tile first.
typedef struct ebb_tile_operand {
  const void *data;
  int32_t width;  // bytes of an element
  int32_t rank;
  int64_t shape[EBB_MAX_RANK], strides[EBB_MAX_RANK];
} ebb_tile_operand;

// Where the elements of a register of a program are; a single value has stride 0.
typedef struct ebb_tile_place {
  char *at;
  int64_t stride;
} ebb_tile_place;

// Several operations on the registers of a program, as machine code.
typedef void (*ebb_machine_code)(int64_t n, const ebb_tile_place *places);

// Registers are numbered: first the operands, then the results, then the temporaries. An instruction is a loop, or machine code, which
// knows its registers.
typedef struct ebb_tile_instruction {
  ebb_loop loop;
  ebb_machine_code code;  // NULL: the loop
  int16_t out, a, b, c;
} ebb_tile_instruction;

typedef struct ebb_tile_result {
  void *data;
  int32_t width;
} ebb_tile_result;

// The reduction of every `row` elements of a register, in the order of ebb_reduce; out holds n / row values.
typedef struct ebb_tile_reduction {
  ebb_reduction op;
  ebb_dtype dtype;
  int16_t in;
  void *out;
} ebb_tile_reduction;

enum { EBB_TILE_REGISTERS = 128, EBB_TILE_REDUCTIONS = 4 };

// Element-wise operations that are run tile by tile, so that what only they use stays in the first-level cache, and reductions of what
// they give. They are the loops of eager mode, so the bits are the same.
typedef struct ebb_tiles {
  int64_t n, tile;  // elements; elements at a time
  int64_t row;      // tiles begin at multiples of it: a row that is reduced, the period of an operand, or 1
  int32_t scratch_width;  // bytes of the widest element in scratch memory
  int32_t operand_count, result_count, temporary_count, instruction_count, reduction_count;
  int32_t work;           // what an element costs; a simple loop is 1
  ebb_tile_operand *operands;
  ebb_tile_result *results;
  const ebb_tile_instruction *instructions;
  ebb_tile_reduction *reductions;  // all of one row: n, or a divisor of it that is at most a tile
  int64_t reduced;                 // elements of that row
} ebb_tiles;

// The largest tile for a program whose first four fields but `tile`, counts and operands are set.
int64_t ebb_tile_size(const ebb_tiles *program);
int32_t ebb_run_tiles(const ebb_tiles *program, const ebb_control *control);
// Elements [first, last) alone, from one multiple of the row to another; nothing may be reduced over all elements.
void ebb_run_tile_range(const ebb_tiles *program, int64_t first, int64_t last);

// The loop that does two operations in one pass, `second` taking the result of `first` as its left operand or its right one; its
// operands are the two of `first`, of which the first has stride 1, and the other one of `second`. NULL if there is none.
ebb_loop ebb_pair_loop(ebb_op first, ebb_op second, bool is_left, ebb_dtype dtype);
// The loop for sigmoid(a) * sigmoid(-a).
ebb_loop ebb_slope_loop(ebb_dtype dtype);

// ---- machine code ----------------------------------------------------------------------------------------------------------

// A value of a run of operations: an operand from a register of the program, or what an operation makes of values before it.
typedef struct ebb_machine_value {
  bool is_operand, is_single, is_known;  // a single operand may be a known number
  ebb_op op;
  int16_t a, b, c;
  int16_t place;  // the register an operand is read from or a result is written to; -1: it stays inside
  double number;
} ebb_machine_value;

// Whether op can be part of machine code on this processor. Truth values are masks there: they must come from and go to operations of
// the same code.
bool ebb_machine_knows(ebb_op op, ebb_dtype dtype);
// Machine code with the bits of the loops; NULL where there is none. *bytes is for ebb_discard.
ebb_machine_code ebb_assemble(ebb_dtype dtype, int32_t count, const ebb_machine_value *values, int64_t *bytes);
void ebb_discard(ebb_machine_code code, int64_t bytes);

// ---- steps -----------------------------------------------------------------------------------------------------------------

typedef struct ebb_step {
  ebb_kernel kernel;
  ebb_dtype dtype, to;
  uint8_t op;
  bool flag;
  int32_t rank, width;
  void *out[2];
  const void *in[3];
  int64_t sizes[EBB_MAX_RANK];
  int64_t strides[3][EBB_MAX_RANK];
  double value, step;
  union {
    ebb_matmul product;
    ebb_windows windows;
    ebb_convolution convolution;
  };
  const ebb_tiles *tiles;
} ebb_step;

int32_t ebb_run_step(const ebb_step *step, const ebb_control *control);
// Runs steps from *next on. Returns EBB_OK after the last, else a status with *next at the step it is about; EBB_OUTSIDE asks the
// caller to do that step itself.
int32_t ebb_run_steps(const ebb_step *steps, int64_t count, int64_t *next, const ebb_control *control);

// An address inside steps that changes from round to round of a loop: in round 0 it is `first`, later turns[round & 1], and in
// either case moved on by `round` strides. Two turns let every round read what the one before wrote.
typedef struct ebb_moving_place {
  void **place;
  char *first, *turns[2];
  int64_t stride;
} ebb_moving_place;

// Runs all steps once a round, from *round and *next on; otherwise like ebb_run_steps. Nothing is allocated or counted on the way.
int32_t ebb_run_rounds(const ebb_step *steps, int64_t count, const ebb_moving_place *places, int64_t place_count, int64_t rounds,
                       int64_t *round, int64_t *next, const ebb_control *control);

#endif

// The bytes of x86-64 instructions with VEX prefixes on 256-bit registers, as far as machine_x86.c needs them. Included by it alone.
//
// rsi: the places; rdx: n; rdi: what whole vectors cover of it; rcx: the current element; rax: for the moment; r8 to r11, rbx and
// r12 to r15: addresses of places. The stack has slots of a vector each, of which the first holds the mask of the last, partial vector.
#ifndef EBB_ENCODER_X86_H
#define EBB_ENCODER_X86_H

enum { EBB_RAX = 0, EBB_BASES = 9, EBB_MASK_TABLE = -1 };

static inline int8_t ebb_base(int32_t k) { return (int8_t[EBB_BASES]){8, 9, 10, 11, 3, 12, 13, 14, 15}[k]; }

// A distance to the numbers behind the code, to be filled in when it is known: from `next` to a node's number.
typedef struct ebb_fixup {
  int32_t at, next;
  int16_t node;
} ebb_fixup;

typedef struct ebb_emitter {
  uint8_t *bytes;
  int32_t count, room, loop, frame;
  bool is_full;  // no memory
  ebb_fixup *fixups;
  int32_t fixup_count, fixup_room;
} ebb_emitter;

typedef struct ebb_memory {
  enum { EBB_STACK, EBB_INDEXED, EBB_BEHIND } form;
  int8_t base;
  int32_t scale, offset;
  int16_t node;
} ebb_memory;
typedef struct ebb_operand_x86 {
  bool is_register;
  int8_t reg;
  ebb_memory memory;
} ebb_operand_x86;
typedef int32_t ebb_label;  // where a jump's distance is

static ebb_memory ebb_at_stack(int32_t offset) { return (ebb_memory){.form = EBB_STACK, .offset = offset}; }
static ebb_memory ebb_at_constant(int16_t node) { return (ebb_memory){.form = EBB_BEHIND, .node = node}; }
static ebb_memory ebb_at_index(int8_t base, int32_t scale, int32_t offset) {
  return (ebb_memory){.form = EBB_INDEXED, .base = base, .scale = scale, .offset = offset};
}

static void put(ebb_emitter *out, int32_t n, const uint8_t *bytes) {
  if (out->count + n > out->room) {
    int32_t room = 2 * out->room + 4096;
    uint8_t *more = realloc(out->bytes, (size_t)room);
    if (!more) {
      out->is_full = true;
      return;
    }
    out->bytes = more;
    out->room = room;
  }
  memcpy(out->bytes + out->count, bytes, (size_t)n);
  out->count += n;
}
#define EBB_PUT(out, ...) put(out, (int32_t)sizeof((uint8_t[]){__VA_ARGS__}), (const uint8_t[]){__VA_ARGS__})

static void put_word(ebb_emitter *out, int32_t word) {
  uint8_t bytes[4];
  memcpy(bytes, &word, sizeof bytes);
  put(out, 4, bytes);
}

// A word that becomes the distance to a number; `behind` bytes of the instruction follow it.
static void put_fixup(ebb_emitter *out, int16_t node, int32_t behind) {
  if (out->fixup_count == out->fixup_room) {
    int32_t room = 2 * out->fixup_room + 64;
    ebb_fixup *more = realloc(out->fixups, (size_t)room * sizeof *more);
    if (!more) {
      out->is_full = true;
      return;
    }
    out->fixups = more;
    out->fixup_room = room;
  }
  out->fixups[out->fixup_count++] = (ebb_fixup){out->count, out->count + 4 + behind, node};
  put_word(out, 0);
}

// An instruction of two or three operands; `map` is the table of opcodes, `prefix` its variant, `immediates` how many bytes follow.
static void vex(ebb_emitter *out, int32_t map, int32_t prefix, int32_t opcode, int32_t reg, int32_t second, ebb_operand_x86 last,
                int32_t immediates) {
  int32_t low = last.is_register ? last.reg : last.memory.form == EBB_INDEXED ? last.memory.base : 0;
  uint8_t extended = (uint8_t)((reg < 8) << 7 | 1 << 6 | (low < 8) << 5 | map), field = (uint8_t)((reg & 7) << 3);
  EBB_PUT(out, 0xC4, extended, (uint8_t)((~second & 15) << 3 | 1 << 2 | prefix), (uint8_t)opcode);
  if (last.is_register) {
    EBB_PUT(out, (uint8_t)(0xC0 | field | (low & 7)));
    return;
  }
  uint8_t scale = last.memory.scale == 8 ? 3 << 6 : last.memory.scale == 4 ? 2 << 6 : 0;
  switch (last.memory.form) {
  case EBB_STACK:
    EBB_PUT(out, 0x84 | field, 0x24);
    put_word(out, last.memory.offset);
    break;
  case EBB_INDEXED: EBB_PUT(out, 0x44 | field, (uint8_t)(scale | 1 << 3 | (low & 7)), (uint8_t)last.memory.offset); break;
  case EBB_BEHIND:
    EBB_PUT(out, 0x05 | field);
    put_fixup(out, last.memory.node, immediates);
    break;
  }
}

static ebb_operand_x86 in_memory(ebb_memory m) { return (ebb_operand_x86){.memory = m}; }
static ebb_operand_x86 in_reg(int8_t reg) { return (ebb_operand_x86){.is_register = true, .reg = reg}; }

static void ebb_load(ebb_emitter *out, int8_t reg, ebb_memory m) { vex(out, 1, 0, 0x10, reg, 0, in_memory(m), 0); }
static void ebb_store(ebb_emitter *out, int8_t reg, ebb_memory m) { vex(out, 1, 0, 0x11, reg, 0, in_memory(m), 0); }
static void ebb_load_masked(ebb_emitter *out, int32_t size, int8_t reg, int8_t mask, ebb_memory m) {
  vex(out, 2, 1, size == 4 ? 0x2C : 0x2D, reg, mask, in_memory(m), 0);
}
static void ebb_store_masked(ebb_emitter *out, int32_t size, int8_t reg, int8_t mask, ebb_memory m) {
  vex(out, 2, 1, size == 4 ? 0x2E : 0x2F, reg, mask, in_memory(m), 0);
}
// The value that the address in `base` (rax) points at, in all lanes.
static void ebb_broadcast(ebb_emitter *out, int32_t size, int8_t reg, int8_t base) {
  uint8_t extended = (uint8_t)((reg < 8) << 7 | 1 << 6 | 1 << 5 | 2);
  EBB_PUT(out, 0xC4, extended, 0x7D, size == 4 ? 0x18 : 0x19, (uint8_t)((reg & 7) << 3 | base));
}

static void ebb_instruction(ebb_emitter *out, const ebb_node *n, int32_t size, int8_t target, int8_t left, ebb_operand_x86 right,
                            int8_t mask) {
  int32_t real = size == 4 ? 0 : 1, wide = size == 8;
  switch (n->kind) {
  case EBB_NODE_ADD: vex(out, 1, real, 0x58, target, left, right, 0); break;
  case EBB_NODE_MUL: vex(out, 1, real, 0x59, target, left, right, 0); break;
  case EBB_NODE_SUB: vex(out, 1, real, 0x5C, target, left, right, 0); break;
  case EBB_NODE_MIN: vex(out, 1, real, 0x5D, target, left, right, 0); break;
  case EBB_NODE_DIV: vex(out, 1, real, 0x5E, target, left, right, 0); break;
  case EBB_NODE_MAX: vex(out, 1, real, 0x5F, target, left, right, 0); break;
  case EBB_NODE_SQRT: vex(out, 1, real, 0x51, target, 0, right, 0); break;
  case EBB_NODE_AND: vex(out, 1, real, 0x54, target, left, right, 0); break;
  case EBB_NODE_AND_NOT: vex(out, 1, real, 0x55, target, left, right, 0); break;
  case EBB_NODE_OR: vex(out, 1, real, 0x56, target, left, right, 0); break;
  case EBB_NODE_XOR: vex(out, 1, real, 0x57, target, left, right, 0); break;
  case EBB_NODE_COMPARE:
    vex(out, 1, real, 0xC2, target, left, right, 1);
    EBB_PUT(out, n->immediate);
    break;
  case EBB_NODE_CHOOSE:
    vex(out, 3, 1, wide ? 0x4B : 0x4A, target, left, right, 1);
    EBB_PUT(out, (uint8_t)(mask << 4));
    break;
  case EBB_NODE_INTEGER_ADD: vex(out, 1, 1, wide ? 0xD4 : 0xFE, target, left, right, 0); break;
  case EBB_NODE_INTEGER_SUB: vex(out, 1, 1, wide ? 0xFB : 0xFA, target, left, right, 0); break;
  case EBB_NODE_SHIFT_LEFT:
  case EBB_NODE_SHIFT_RIGHT:
    // The target stands in the prefix, the kind of shift where another has its target.
    vex(out, 1, 1, wide ? 0x73 : 0x72, n->kind == EBB_NODE_SHIFT_LEFT ? 6 : 2, target, in_reg(left), 1);
    EBB_PUT(out, n->immediate);
    break;
  case EBB_NODE_LOAD:
  case EBB_NODE_SINGLE:
  case EBB_NODE_CONSTANT:
  case EBB_NODE_STORE: break;
  }
}

// ---- around the vectors ----------------------------------------------------------------------------------------------------

static void ebb_begin(ebb_emitter *out) {
  EBB_PUT(out, 0x55, 0x48, 0x89, 0xE5);                                      // push rbp; mov rbp, rsp
  EBB_PUT(out, 0x53, 0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57);        // push rbx, r12, r13, r14, r15
  EBB_PUT(out, 0x48, 0x83, 0xE4, 0xE0, 0x48, 0x81, 0xEC);                    // and rsp, -32; sub rsp, the frame
  out->frame = out->count;
  put_word(out, 0);
  EBB_PUT(out, 0x48, 0x89, 0xFA);  // mov rdx, rdi
}
static void ebb_end(ebb_emitter *out, int32_t frame) {
  EBB_PUT(out, 0x48, 0x8D, 0x65, 0xD8);                                            // lea rsp, [rbp - 40]
  EBB_PUT(out, 0x41, 0x5F, 0x41, 0x5E, 0x41, 0x5D, 0x41, 0x5C, 0x5B, 0x5D);        // pop r15, r14, r13, r12, rbx, rbp
  EBB_PUT(out, 0xC5, 0xF8, 0x77, 0xC3);                                            // vzeroupper; ret
  if (!out->is_full) memcpy(out->bytes + out->frame, &frame, sizeof frame);
}

static void ebb_load_place(ebb_emitter *out, int8_t reg, int16_t place) {  // mov reg, [rsi + 16 place]
  EBB_PUT(out, (uint8_t)(0x48 | (reg >> 3) << 2), 0x8B, (uint8_t)(0x86 | (reg & 7) << 3));
  put_word(out, place * (int32_t)sizeof(ebb_tile_place));
}
static void ebb_split_count(ebb_emitter *out, int32_t width) {
  EBB_PUT(out, 0x48, 0x83, 0xE7, (uint8_t)-width, 0x31, 0xC9);  // and rdi, -width; xor ecx, ecx
}

static ebb_label jump_here(ebb_emitter *out, uint8_t condition) {
  EBB_PUT(out, 0x0F, condition);
  put_word(out, 0);
  return out->count - 4;
}
static void ebb_land(ebb_emitter *out, ebb_label label) {
  int32_t distance = out->count - label - 4;
  if (!out->is_full) memcpy(out->bytes + label, &distance, sizeof distance);
}

// Jumps when no whole vector is left.
static ebb_label ebb_jump_done(ebb_emitter *out) {
  EBB_PUT(out, 0x48, 0x39, 0xF9);  // cmp rcx, rdi
  return jump_here(out, 0x83);
}

// A loop over two vectors at a time; the label is where it ends.
static ebb_label ebb_pairs_begin(ebb_emitter *out, int32_t width) {
  out->loop = out->count;
  EBB_PUT(out, 0x48, 0x8D, 0x41, (uint8_t)(2 * width), 0x48, 0x39, 0xF8);  // lea rax, [rcx + 2 width]; cmp rax, rdi
  return jump_here(out, 0x87);
}
static void ebb_pairs_end(ebb_emitter *out, int32_t width) {
  EBB_PUT(out, 0x48, 0x83, 0xC1, (uint8_t)(2 * width), 0xE9);  // add rcx, 2 width; jmp
  put_word(out, out->loop - out->count - 4);
}

static void ebb_loop_begin(ebb_emitter *out) {
  while (out->count % 32 != 0 && !out->is_full) EBB_PUT(out, 0x90);
  out->loop = out->count;
}
static void ebb_loop_end(ebb_emitter *out, int32_t width) {
  EBB_PUT(out, 0x48, 0x83, 0xC1, (uint8_t)width, 0x48, 0x39, 0xF9, 0x0F, 0x82);  // add rcx, width; cmp rcx, rdi; jb
  put_word(out, out->loop - out->count - 4);
}

// Jumps when nothing is left; else the mask of what is left goes to its slot. The table is a vector of ones before one of zeros.
static ebb_label ebb_mask_rest(ebb_emitter *out, int32_t size, int32_t width) {
  EBB_PUT(out, 0x48, 0x29, 0xCA);  // sub rdx, rcx
  ebb_label end = jump_here(out, 0x84);
  EBB_PUT(out, 0x48, 0x8D, 0x05);  // lea rax, [the table]
  put_fixup(out, EBB_MASK_TABLE, 0);
  EBB_PUT(out, 0xBF, (uint8_t)width, 0, 0, 0, 0x48, 0x29, 0xD7);                                   // mov edi, width; sub rdi, rdx
  EBB_PUT(out, 0xC4, 0x61, 0x7C, 0x10, 0x3C, (uint8_t)((size == 8 ? 3 : 2) << 6 | 7 << 3));        // vmovups ymm15, [rax + size rdi]
  ebb_store(out, 15, ebb_at_stack(0));
  return end;
}

static void ebb_emitter_free(ebb_emitter *out) {
  free(out->bytes);
  free(out->fixups);
  *out = (ebb_emitter){0};
}

// The code and its numbers in memory that can be run and no longer be written.
static ebb_machine_code ebb_emitter_code(ebb_emitter *out, const ebb_graph *graph, int64_t *bytes) {
  if (out->is_full) return NULL;
  int64_t start = (out->count + 31) & ~31, narrow = graph->dtype == EBB_F32;
  int64_t length = start + 64 + 32 * (int64_t)graph->count;
  uint8_t *code = mmap(NULL, (size_t)length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (code == MAP_FAILED) return NULL;
  memcpy(code, out->bytes, (size_t)out->count);
  memset(code + start, 0xFF, 32);
  for (int32_t i = 0; i < graph->count; i++)
    for (int32_t lane = 0; lane < 4 && graph->nodes[i].kind == EBB_NODE_CONSTANT; lane++) {
      uint64_t bits = graph->nodes[i].bits, word = narrow ? bits << 32 | bits : bits;
      memcpy(code + start + 64 + 32 * i + 8 * lane, &word, sizeof word);
    }
  for (int32_t k = 0; k < out->fixup_count; k++) {
    const ebb_fixup *f = out->fixups + k;
    int32_t distance = (int32_t)(start + (f->node == EBB_MASK_TABLE ? 0 : 64 + 32 * f->node) - f->next);
    memcpy(code + f->at, &distance, sizeof distance);
  }
  if (mprotect(code, (size_t)length, PROT_READ | PROT_EXEC) != 0) {
    munmap(code, (size_t)length);
    return NULL;
  }
  *bytes = length;
  return (ebb_machine_code)(void *)code;
}

#endif

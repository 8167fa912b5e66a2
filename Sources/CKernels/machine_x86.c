// Machine code for processors with AVX2: registers for the nodes of a graph, and the bytes of the instructions. A body does one vector of
// elements, or two side by side. It is there for whole vectors, and for the rest behind them, under a mask.
#include <stdlib.h>
#include <string.h>
#include "machine.h"

#if defined(__x86_64__) && defined(__linux__)
#include <sys/mman.h>
#include "encoder_x86.h"

// Where a node is. Numbers, single values and elements can be read again from where they come; what was computed has a slot on the
// stack once its register was taken.
typedef struct whereabouts {
  int8_t reg;  // -1: none
  int32_t slot;
} whereabouts;

enum { VECTORS = 15, SPARE = 15, NOTHING = -1 };

typedef enum body { PAIRED, WHOLE, MASKED } body;

typedef struct encoder {
  ebb_emitter out;
  const ebb_graph *graph;
  whereabouts at[EBB_MOST_NODES];
  // The users of node i are uses[first_uses[i]] to uses[first_uses[i + 1] - 1]; those before the cursor are done.
  int16_t uses[3 * EBB_MOST_NODES];
  int32_t first_uses[EBB_MOST_NODES + 1], cursors[EBB_MOST_NODES];
  int16_t held[VECTORS];  // by each register
  bool locked[VECTORS], pinned[VECTORS];
  int32_t pins, peak, slots, spilled;  // spilled: how many computed nodes had to leave their register
  int16_t place_of_base[EBB_BASES];
  int32_t bases;
  body body;
} encoder;

static bool is_fixed(const ebb_node *n) { return n->kind == EBB_NODE_SINGLE || n->kind == EBB_NODE_CONSTANT; }
static bool takes_part(const encoder *e, const ebb_node *n) { return n->is_needed && (!n->is_second || e->body == PAIRED); }

// The first node from `first` on that reads it; the number of nodes if none does. Within a body, `first` only grows.
static int32_t next_use(encoder *e, int16_t node, int32_t first) {
  for (; e->cursors[node] < e->first_uses[node + 1]; e->cursors[node]++) {
    int16_t user = e->uses[e->cursors[node]];
    if (user >= first && takes_part(e, e->graph->nodes + user)) return user;
  }
  return e->graph->count;
}

// Lists which nodes read each node, in order.
static void list_uses(encoder *e) {
  const ebb_graph *g = e->graph;
  for (int32_t pass = 0; pass < 2; pass++) {
    for (int32_t i = 0; i < g->count; i++) {
      const int16_t sources[3] = {g->nodes[i].a, g->nodes[i].b, g->nodes[i].c};
      for (int32_t k = 0; k < 3; k++) {
        if (sources[k] < 0) continue;
        if (pass == 0) e->first_uses[sources[k] + 1]++;
        else e->uses[e->cursors[sources[k]]++] = (int16_t)i;
      }
    }
    for (int32_t i = 0; i < g->count && pass == 0; i++) {
      e->first_uses[i + 1] += e->first_uses[i];
      e->cursors[i] = e->first_uses[i];
    }
  }
}

static int32_t size(const encoder *e) { return e->graph->dtype == EBB_F32 ? 4 : 8; }
static int32_t slot(encoder *e, int16_t node) {
  if (e->at[node].slot == NOTHING) e->at[node].slot = e->slots++;
  return e->at[node].slot * 32;
}

// The memory of a load or a store at the current elements.
static ebb_memory place_memory(encoder *e, const ebb_node *n) {
  int32_t offset = n->is_second ? 32 : 0;
  for (int32_t k = 0; k < e->bases; k++)
    if (e->place_of_base[k] == n->place) return ebb_at_index(ebb_base(k), size(e), offset);
  ebb_load_place(&e->out, EBB_RAX, n->place);
  return ebb_at_index(EBB_RAX, size(e), offset);
}

static ebb_memory fixed_memory(encoder *e, int16_t node) {
  const ebb_node *n = e->graph->nodes + node;
  return n->kind == EBB_NODE_CONSTANT ? ebb_at_constant(node) : ebb_at_stack(slot(e, node));
}

static void release(encoder *e, int8_t reg) {
  if (e->held[reg] == NOTHING || e->pinned[reg]) return;
  e->at[e->held[reg]].reg = -1;
  e->held[reg] = NOTHING;
}

// A register for what node `now` makes or reads; if all are taken, that of the node which is read last.
static int8_t take(encoder *e, int16_t node, int32_t now) {
  int8_t best = -1;
  int32_t farthest = -1;
  for (int8_t r = 0; r < VECTORS; r++) {
    if (e->held[r] == NOTHING) {
      best = r;
      break;
    }
    if (e->pinned[r] || e->locked[r]) continue;
    int32_t use = next_use(e, e->held[r], now);
    if (use > farthest) {
      farthest = use;
      best = r;
    }
  }
  int16_t old = e->held[best];
  if (old != NOTHING) {
    const ebb_node *n = e->graph->nodes + old;
    if (n->kind > EBB_NODE_CONSTANT && e->at[old].slot == NOTHING) {
      ebb_store(&e->out, best, ebb_at_stack(slot(e, old)));
      e->spilled++;
    }
    release(e, best);
  }
  if (best >= e->peak) e->peak = best + 1;
  e->held[best] = node;
  e->at[node].reg = best;
  return best;
}

static int8_t in_register(encoder *e, int16_t node, int32_t now) {
  int8_t r = e->at[node].reg;
  if (r < 0) {
    r = take(e, node, now);
    const ebb_node *n = e->graph->nodes + node;
    if (n->kind == EBB_NODE_LOAD) {
      ebb_memory m = place_memory(e, n);
      if (e->body == MASKED) {
        ebb_load(&e->out, r, ebb_at_stack(0));
        ebb_load_masked(&e->out, size(e), r, r, m);
      } else {
        ebb_load(&e->out, r, m);
      }
    } else {
      ebb_load(&e->out, r, is_fixed(n) ? fixed_memory(e, node) : ebb_at_stack(slot(e, node)));
    }
  }
  e->locked[r] = true;
  return r;
}

// The second operand of an instruction may come from memory.
static ebb_operand_x86 anywhere(encoder *e, int16_t node, int32_t now) {
  if (e->at[node].reg < 0 && is_fixed(e->graph->nodes + node)) return (ebb_operand_x86){.memory = fixed_memory(e, node)};
  return (ebb_operand_x86){.is_register = true, .reg = in_register(e, node, now)};
}

static void leave(encoder *e, int16_t node, int32_t now) {
  if (node < 0 || e->at[node].reg < 0) return;
  // A number is as near in memory as in a register that others want.
  if (is_fixed(e->graph->nodes + node) || next_use(e, node, now + 1) == e->graph->count) release(e, e->at[node].reg);
}

static void write_result(encoder *e, const ebb_node *n, int32_t now) {
  int8_t r = in_register(e, n->a, now);
  ebb_memory m = place_memory(e, n);
  if (e->body == MASKED) {
    ebb_load(&e->out, SPARE, ebb_at_stack(0));
    ebb_store_masked(&e->out, size(e), r, SPARE, m);
  } else {
    ebb_store(&e->out, r, m);
  }
}

static void encode_node(encoder *e, int32_t now) {
  const ebb_node *n = e->graph->nodes + now;
  memset(e->locked, 0, sizeof e->locked);
  if (n->kind == EBB_NODE_STORE) {
    write_result(e, n, now);
    leave(e, n->a, now);
    return;
  }
  int16_t a = n->a, b = n->b;
  ebb_operand_x86 right = {.is_register = true};
  int8_t left = 0, mask = 0;
  if (n->kind == EBB_NODE_SQRT) {
    right = anywhere(e, a, now);
  } else {
    bool swaps = n->kind == EBB_NODE_ADD || n->kind == EBB_NODE_MUL || n->kind == EBB_NODE_AND || n->kind == EBB_NODE_OR ||
                 n->kind == EBB_NODE_XOR || n->kind == EBB_NODE_INTEGER_ADD;
    if (swaps && is_fixed(e->graph->nodes + a) && e->at[a].reg < 0) {
      a = n->b;
      b = n->a;
    }
    left = in_register(e, a, now);
    if (n->c >= 0) mask = in_register(e, n->c, now);
    if (b >= 0) right = anywhere(e, b, now);
  }
  leave(e, n->a, now);
  leave(e, n->b, now);
  leave(e, n->c, now);
  // Operands are read before the result is written, so it may have the register of one.
  memset(e->locked, 0, sizeof e->locked);
  int8_t target = take(e, (int16_t)now, now + 1);
  ebb_instruction(&e->out, n, size(e), target, left, right, mask);
}

// Registers are empty at the beginning of each body but for the pinned ones.
static void encode_body(encoder *e, body body) {
  const ebb_graph *g = e->graph;
  e->body = body;
  memcpy(e->cursors, e->first_uses, (size_t)g->count * sizeof *e->cursors);
  for (int32_t i = 0; i < g->count; i++)
    if (e->at[i].reg < 0 || !e->pinned[e->at[i].reg]) {
      e->at[i].reg = -1;
      if (g->nodes[i].kind != EBB_NODE_SINGLE) e->at[i].slot = NOTHING;
    }
  for (int32_t r = 0; r < VECTORS; r++)
    if (!e->pinned[r]) e->held[r] = NOTHING;
  for (int32_t i = 0; i < g->count; i++)
    if (takes_part(e, g->nodes + i) && g->nodes[i].kind > EBB_NODE_CONSTANT) encode_node(e, i);
}

// The numbers and single values that are read most stay in the registers that no body needs.
static void pin(encoder *e, int32_t room) {
  const ebb_graph *g = e->graph;
  for (int32_t r = VECTORS - 1; r >= VECTORS - room; r--) {
    int32_t most = 0;
    int16_t best = NOTHING;
    for (int16_t i = 0; i < g->count; i++) {
      if (!g->nodes[i].is_needed || !is_fixed(g->nodes + i) || e->at[i].reg >= 0) continue;
      int32_t uses = e->first_uses[i + 1] - e->first_uses[i];
      if (uses > most) {
        most = uses;
        best = i;
      }
    }
    if (best == NOTHING) return;
    e->pinned[r] = true;
    e->held[r] = best;
    e->at[best].reg = (int8_t)r;
  }
}

static void load_fixed(encoder *e) {
  const ebb_graph *g = e->graph;
  for (int16_t i = 0; i < g->count; i++) {
    const ebb_node *n = g->nodes + i;
    if (!n->is_needed || !is_fixed(n)) continue;
    int8_t r = e->at[i].reg;
    if (n->kind == EBB_NODE_SINGLE) {
      ebb_load_place(&e->out, EBB_RAX, n->place);
      ebb_broadcast(&e->out, size(e), r >= 0 ? r : SPARE, EBB_RAX);
      if (r < 0) ebb_store(&e->out, SPARE, ebb_at_stack(slot(e, i)));
    } else if (r >= 0) {
      ebb_load(&e->out, r, ebb_at_constant(i));
    }
  }
}

// The places of memory get registers for their addresses, first come, first served.
static void choose_bases(encoder *e) {
  for (int32_t i = 0; i < e->graph->count && e->bases < EBB_BASES; i++) {
    const ebb_node *n = e->graph->nodes + i;
    if (!n->is_needed || (n->kind != EBB_NODE_LOAD && n->kind != EBB_NODE_STORE)) continue;
    bool is_there = false;
    for (int32_t k = 0; k < e->bases; k++) is_there |= e->place_of_base[k] == n->place;
    if (!is_there) e->place_of_base[e->bases++] = n->place;
  }
}

static bool is_paired(const ebb_graph *g) {
  for (int32_t i = 0; i < g->count; i++)
    if (g->nodes[i].is_second) return true;
  return false;
}

static void encode_function(encoder *e) {
  ebb_emitter *out = &e->out;
  int32_t width = 32 / size(e);
  ebb_begin(out);
  for (int32_t k = 0; k < e->bases; k++) ebb_load_place(out, ebb_base(k), e->place_of_base[k]);
  load_fixed(e);
  ebb_split_count(out, width);
  if (is_paired(e->graph)) {
    ebb_label last = ebb_pairs_begin(out, width);
    encode_body(e, PAIRED);
    ebb_pairs_end(out, width);
    ebb_land(out, last);
  }
  ebb_label none = ebb_jump_done(out);
  ebb_loop_begin(out);
  encode_body(e, WHOLE);
  ebb_loop_end(out, width);
  ebb_land(out, none);
  ebb_label end = ebb_mask_rest(out, size(e), width);
  encode_body(e, MASKED);
  ebb_land(out, end);
  ebb_end(out, e->slots * 32);
}

static void start(encoder *e, const ebb_graph *graph) {
  memset(e, 0, sizeof *e);
  e->graph = graph;
  e->slots = 1;  // the first is the mask
  for (int32_t i = 0; i < graph->count; i++) e->at[i] = (whereabouts){-1, NOTHING};
  for (int32_t r = 0; r < VECTORS; r++) e->held[r] = NOTHING;
  list_uses(e);
}

ebb_machine_code ebb_encode(const ebb_graph *graph, int64_t *bytes) {
  encoder *e = malloc(sizeof *e);
  if (!e) return NULL;
  // Once to see how many registers and how much of the stack it takes.
  start(e, graph);
  encode_body(e, PAIRED);
  int32_t room = e->spilled ? 0 : VECTORS - e->peak;
  ebb_emitter_free(&e->out);
  start(e, graph);
  pin(e, room);
  choose_bases(e);
  encode_function(e);
  ebb_machine_code code = ebb_emitter_code(&e->out, graph, bytes);
  ebb_emitter_free(&e->out);
  free(e);
  return code;
}

bool ebb_encodes(void) { return __builtin_cpu_supports("avx2"); }

void ebb_discard(ebb_machine_code code, int64_t bytes) { munmap((void *)code, (size_t)bytes); }

#else
ebb_machine_code ebb_encode(const ebb_graph *graph, int64_t *bytes) {
  (void)graph, (void)bytes;
  return NULL;
}
bool ebb_encodes(void) { return false; }
void ebb_discard(ebb_machine_code code, int64_t bytes) { (void)code, (void)bytes; }
#endif

// What a function can reach: its upvalues, and what those lead to through Lua functions and plain tables. A walk takes
// everything in one fixed order and makes two things of it: the list of boxes of one type, and a fingerprint of all else.
// Equal fingerprints mean that the function would see the same numbers, strings and functions at the same places.

#include "internal.h"
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 150, MOST_VISITS = 200000 };

struct lh_walk {
  lh_host *host;
  const lh_type *type;
  uint64_t mark[2];
  void **boxes;
  int32_t box_count, box_capacity;
  // Objects that were met, in an open table: the address and how many were met before it.
  const void **seen;
  int32_t *order;
  int32_t seen_count, seen_capacity;
  int64_t visits;
  int anchors;    // where in the stack the table lies that keeps what was met by identity, 0 for none
  int functions;  // where the table lies that takes the functions: function, upvalue, environment (0, false if it has none), 0 for none
};

lh_walk *lh_new_walk(lh_host *host, const lh_type *type) {
  lh_walk *walk = calloc(1, sizeof *walk);
  if (walk == NULL) return NULL;
  walk->host = host;
  walk->type = type;
  return walk;
}

void lh_free_walk(lh_walk *walk) {
  free(walk->boxes);
  free(walk->seen);
  free(walk->order);
  free(walk);
}

void lh_begin_walk(lh_walk *walk) {
  walk->mark[0] = 0x9E3779B97F4A7C15u;
  walk->mark[1] = 0xD1B54A32D192ED03u;
  walk->box_count = walk->seen_count = 0;
  walk->visits = 0;
  if (walk->seen_capacity > 0) memset(walk->seen, 0, (size_t)walk->seen_capacity * sizeof *walk->seen);
}

lh_walk_result lh_walk_so_far(const lh_walk *walk) {
  return (lh_walk_result){.mark = {walk->mark[0], walk->mark[1]}, .boxes = walk->boxes, .box_count = walk->box_count};
}

// MARK: The fingerprint

static inline uint64_t scrambled(uint64_t x) {
  x = (x ^ (x >> 32)) * 0xD6E8FEB86659FD93u;
  return x ^ (x >> 32);
}

static inline void mix(lh_walk *walk, uint64_t x) {
  walk->mark[0] = scrambled(walk->mark[0] ^ x) + 0x9E3779B97F4A7C15u;
  walk->mark[1] = scrambled((walk->mark[1] << 7 | walk->mark[1] >> 57) + x);
}

static void mix_bytes(lh_walk *walk, const char *text, size_t length) {
  mix(walk, length);
  for (; length > 0; text += 8) {
    uint64_t word = 0;
    size_t part = length < 8 ? length : 8;
    memcpy(&word, text, part);
    mix(walk, word);
    length -= part;
  }
}

// MARK: What was met before

static int32_t *place_of(const lh_walk *walk, const void *object, bool *known) {
  size_t mask = (size_t)walk->seen_capacity - 1;
  size_t i = scrambled((uintptr_t)object) & mask;
  while (walk->seen[i] != NULL && walk->seen[i] != object) i = (i + 1) & mask;
  *known = walk->seen[i] == object;
  walk->seen[i] = object;
  return walk->order + i;
}

static void grow(lua_State *L, lh_walk *walk) {
  int32_t capacity = walk->seen_capacity == 0 ? 32 : walk->seen_capacity * 2;
  const void **seen = calloc((size_t)capacity, sizeof *seen);
  int32_t *order = malloc((size_t)capacity * sizeof *order);
  if (seen == NULL || order == NULL) {
    free(seen);
    free(order);
    luaL_error(L, "not enough memory");
  }
  lh_walk old = *walk;
  walk->seen = seen;
  walk->order = order;
  walk->seen_capacity = capacity;
  bool known;
  for (int32_t i = 0; i < old.seen_capacity; i++)
    if (old.seen[i] != NULL) *place_of(walk, old.seen[i], &known) = old.order[i];
  free(old.seen);
  free(old.order);
}

// True for an object that was met before; its number is part of the fingerprint, so aliases stay aliases.
static bool met(lua_State *L, lh_walk *walk, const void *object) {
  if (walk->seen_count * 2 >= walk->seen_capacity) grow(L, walk);
  bool known;
  int32_t *order = place_of(walk, object, &known);
  if (known) {
    mix(walk, (uint64_t)*order);
    return true;
  }
  *order = walk->seen_count++;
  return false;
}

// What counts by its address must not be freed as long as the fingerprint is used.
static void mix_identity(lua_State *L, lh_walk *walk, int index) {
  mix(walk, (uintptr_t)lua_topointer(L, index));
  if (walk->anchors == 0) return;
  lua_pushvalue(L, index);
  lua_rawseti(L, walk->anchors, (lua_Integer)lua_rawlen(L, walk->anchors) + 1);
}

static bool is_opaque(lua_State *L, const lh_walk *walk, int index) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &walk->host->marker);
  if (lua_type(L, -1) != LUA_TTABLE) {
    lua_settop(L, -2);
    return false;
  }
  lua_pushvalue(L, index);
  lua_rawget(L, -2);
  bool answer = lua_toboolean(L, -1);
  lua_settop(L, -3);
  return answer;
}

static int make_opaque(lua_State *L) {
  lh_host *host = lua_touserdata(L, 2);
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &host->marker) != LUA_TTABLE) {
    lua_settop(L, -2);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &host->marker);
  }
  lua_pushvalue(L, 1);
  lua_pushboolean(L, 1);
  lua_rawset(L, -3);
  return 0;
}

int lh_make_opaque(lua_State *L, lh_host *host) {
  lua_pushlightuserdata(L, host);
  return lh_protect(L, make_opaque, 2, 0);
}

// MARK: The walk

static void walk_value(lua_State *L, lh_walk *walk, int index, int depth);

static void walk_box(lua_State *L, lh_walk *walk, void *payload) {
  if (met(L, walk, payload)) return;
  if (walk->box_count == walk->box_capacity) {
    int32_t capacity = walk->box_capacity == 0 ? 16 : walk->box_capacity * 2;
    void **boxes = realloc(walk->boxes, (size_t)capacity * sizeof *boxes);
    if (boxes == NULL) luaL_error(L, "not enough memory");
    walk->boxes = boxes;
    walk->box_capacity = capacity;
  }
  walk->boxes[walk->box_count++] = payload;
}

// function, upvalue, environment
static void note_environment(lua_State *L, const lh_walk *walk, int function, int upvalue) {
  lua_Integer length = (lua_Integer)lua_rawlen(L, walk->functions);
  lua_rawseti(L, walk->functions, length + 3);
  lua_pushvalue(L, function);
  lua_rawseti(L, walk->functions, length + 1);
  lua_pushinteger(L, upvalue);
  lua_rawseti(L, walk->functions, length + 2);
}

static void walk_function(lua_State *L, lh_walk *walk, int index, int depth) {
  if (met(L, walk, lua_topointer(L, index))) return;
  mix_identity(L, walk, index);
  if (is_opaque(L, walk, index)) return;
  bool native = lua_iscfunction(L, index), noted = native || walk->functions == 0;
  for (int i = 1;; i++) {
    const char *name = lua_getupvalue(L, index, i);
    if (name == NULL) break;
    if (!native && strcmp(name, "_ENV") == 0) {
      if (!noted) {
        note_environment(L, walk, index, i);
        noted = true;
      } else {
        lua_settop(L, -2);
      }
      continue;
    }
    walk_value(L, walk, lua_gettop(L), depth + 1);
    lua_settop(L, -2);
  }
  if (noted) return;
  lua_pushboolean(L, false);
  note_environment(L, walk, index, 0);
}

static void walk_table(lua_State *L, lh_walk *walk, int index, int depth) {
  if (met(L, walk, lua_topointer(L, index))) return;
  if (is_opaque(L, walk, index)) {
    mix_identity(L, walk, index);
    return;
  }
  lua_pushnil(L);
  while (lua_next(L, index)) {
    int top = lua_gettop(L);
    walk_value(L, walk, top - 1, depth + 1);
    walk_value(L, walk, top, depth + 1);
    lua_settop(L, top - 1);
  }
  mix(walk, LUA_TTABLE);
  if (lua_getmetatable(L, index)) {
    walk_value(L, walk, lua_gettop(L), depth + 1);
    lua_settop(L, -2);
  }
}

static void walk_number(lua_State *L, lh_walk *walk, int index) {
  if (lua_isinteger(L, index)) {
    mix(walk, (uint64_t)lua_tointegerx(L, index, NULL));
    return;
  }
  double number = lua_tonumberx(L, index, NULL);
  uint64_t bits;
  memcpy(&bits, &number, sizeof bits);
  mix(walk, ~bits);
}

// `index` is absolute.
static void walk_value(lua_State *L, lh_walk *walk, int index, int depth) {
  luaL_checkstack(L, LH_STACK_ROOM, NULL);
  if (depth > DEEPEST) luaL_error(L, "the function reaches values more than %d tables and functions deep", DEEPEST);
  if (++walk->visits > MOST_VISITS) {
    luaL_error(L, "the function reaches tables with more than %d entries; pass them as arguments, or make tensors of them", MOST_VISITS);
  }
  int type = lua_type(L, index);
  mix(walk, (uint64_t)type + 16);
  switch (type) {
  case LUA_TNIL: return;
  case LUA_TBOOLEAN: mix(walk, (uint64_t)lua_toboolean(L, index)); return;
  case LUA_TNUMBER: walk_number(L, walk, index); return;
  case LUA_TSTRING: {
    size_t length;
    const char *text = lua_tolstring(L, index, &length);
    mix_bytes(walk, text, length);
    return;
  }
  case LUA_TFUNCTION: walk_function(L, walk, index, depth); return;
  case LUA_TTABLE: walk_table(L, walk, index, depth); return;
  case LUA_TUSERDATA: {
    void *payload = lh_payload_unread(L, index, walk->type);
    if (payload != NULL) {
      walk_box(L, walk, payload);
    } else {
      mix_identity(L, walk, index);
      if (met(L, walk, lua_topointer(L, index))) return;
      if (lua_getiuservalue(L, index, 1) != LUA_TNONE) walk_value(L, walk, lua_gettop(L), depth + 1);
      lua_settop(L, -2);
    }
    return;
  }
  default: mix_identity(L, walk, index); return;
  }
}

// walk, value, anchors or nil, functions or nil
static int walk_one(lua_State *L) {
  lh_walk *walk = lua_touserdata(L, 1);
  walk->anchors = lua_isnil(L, 3) ? 0 : 3;
  walk->functions = lua_isnil(L, 4) ? 0 : 4;
  walk_value(L, walk, 2, 0);
  return 0;
}

int lh_walk_value(lua_State *L, lh_walk *walk) {
  if (!lua_checkstack(L, LH_STACK_ROOM)) return LH_NO_STACK;
  lua_pushlightuserdata(L, walk);
  lua_rotate(L, -4, 1);
  return lh_protect(L, walk_one, 4, 0);
}

// walk, function, names: a list of environment, name, environment, name, ...
static int walk_all(lua_State *L) {
  lh_walk *walk = lua_touserdata(L, 1);
  walk->anchors = walk->functions = 0;
  walk_value(L, walk, 2, 0);
  lua_Integer count = (lua_Integer)lua_rawlen(L, 3);
  for (lua_Integer i = 1; i < count; i += 2) {
    lua_rawgeti(L, 3, i);
    lua_rawgeti(L, 3, i + 1);
    lua_gettable(L, -2);
    walk_value(L, walk, lua_gettop(L), 0);
    lua_settop(L, 3);
  }
  return 0;
}

int lh_walk_all(lua_State *L, lh_walk *walk) {
  if (!lua_checkstack(L, LH_STACK_ROOM)) return LH_NO_STACK;
  lh_begin_walk(walk);
  lua_pushlightuserdata(L, walk);
  lua_rotate(L, -3, 1);
  return lh_protect(L, walk_all, 3, 0);
}

int64_t lh_count_entries(lua_State *L, int index) {
  int64_t count = 0;
  lua_checkstack(L, 3);
  index = lua_absindex(L, index);
  // Only the keys of the walk itself go to lua_next, so it can't raise.
  for (lua_pushnil(L); lua_next(L, index) != 0; lua_settop(L, -2)) count++;
  return count;
}

// MARK: Code that tells numbers from objects
//
// What stands for a number in a recording is an object to Lua, and an object is silently unequal to every number and no key
// of any table. So the recording of a function that tests numbers for equality, or takes anything but constants and
// variables of loops as keys, has to have the numbers themselves. Which functions do is read from what string.dump gives
// (Lua 5.4's lundump.c and lopcodes.h); code of another version counts as one that does.

typedef struct reader {
  const unsigned char *at, *end;
  bool failed;
} reader;

static unsigned byte(reader *r) {
  if (r->at >= r->end) {
    r->failed = true;
    return 0;
  }
  return *r->at++;
}

static void skip(reader *r, size_t count) {
  if (count > (size_t)(r->end - r->at)) {
    r->failed = true;
    count = (size_t)(r->end - r->at);
  }
  r->at += count;
}

static size_t size(reader *r) {
  size_t value = 0;
  for (unsigned b = 0; !r->failed && (b & 0x80) == 0;) {
    b = byte(r);
    value = value << 7 | (b & 0x7F);
  }
  return value;
}

static void skip_string(reader *r) {
  size_t length = size(r);
  if (length > 0) skip(r, length - 1);
}

enum { OP_GETTABLE = 12, OP_SETTABLE = 16, OP_EQ = 57, OP_EQK = 60, OP_EQI = 61, OP_FORLOOP = 73, OP_TFORCALL = 76 };
enum { K_INTEGER = 0x03, K_SHORT = 0x04, K_FLOAT = 0x13, K_LONG = 0x14 };

// Whether one of the instructions compares numbers or has a computed key. Bit i of `numbers` tells that constant i is one.
static bool looks_at_numbers(const unsigned char *code, size_t instructions, const bool numbers[256]) {
  bool loop_variables[256] = {false};
  for (size_t i = 0; i < instructions; i++) {
    uint32_t word;
    memcpy(&word, code + 4 * i, 4);
    unsigned operation = word & 0x7F, a = word >> 7 & 0xFF, c = word >> 24;
    if (operation == OP_FORLOOP && a + 3 < 256) loop_variables[a + 3] = true;
    if (operation == OP_TFORCALL)
      for (unsigned k = 0; k < c && a + 4 + k < 256; k++) loop_variables[a + 4 + k] = true;
  }
  for (size_t i = 0; i < instructions; i++) {
    uint32_t word;
    memcpy(&word, code + 4 * i, 4);
    unsigned operation = word & 0x7F, b = word >> 16 & 0xFF, c = word >> 24;
    if (operation == OP_EQ || operation == OP_EQI || (operation == OP_EQK && numbers[b])) return true;
    if ((operation == OP_GETTABLE && !loop_variables[c]) || (operation == OP_SETTABLE && !loop_variables[b])) return true;
  }
  return false;
}

static bool looks(reader *r, int depth) {
  if (depth > 100) return true;
  skip_string(r);  // source
  size(r);         // first line
  size(r);         // last line
  skip(r, 3);      // parameters, vararg, stack size
  size_t instructions = size(r);
  const unsigned char *code = r->at;
  skip(r, instructions * 4);
  if (r->failed) return true;
  size_t constants = size(r);
  bool numbers[256] = {false};
  for (size_t i = 0; i < constants && !r->failed; i++) {
    unsigned kind = byte(r);
    if (i < 256) numbers[i] = kind == K_FLOAT || kind == K_INTEGER;
    if (kind == K_FLOAT || kind == K_INTEGER) skip(r, 8);
    if (kind == K_SHORT || kind == K_LONG) skip_string(r);
  }
  bool answer = looks_at_numbers(code, instructions, numbers);
  skip(r, size(r) * 3);  // upvalues
  size_t inner = size(r);
  for (size_t i = 0; i < inner && !r->failed; i++) answer |= looks(r, depth + 1);
  skip(r, size(r));  // lines
  size_t marks = size(r);
  for (size_t i = 0; i < marks && !r->failed; i++) {
    size(r);
    size(r);
  }
  size_t locals = size(r);
  for (size_t i = 0; i < locals && !r->failed; i++) {
    skip_string(r);
    size(r);
    size(r);
  }
  size_t names = size(r);
  for (size_t i = 0; i < names && !r->failed; i++) skip_string(r);
  return answer;
}

typedef struct text {
  unsigned char *bytes;
  size_t length, capacity;
} text;

// Non-zero when memory is short; nothing here may raise.
static int append(lua_State *L, const void *bytes, size_t length, void *context) {
  (void)L;
  text *t = context;
  if (t->capacity - t->length < length) {
    size_t capacity = 2 * t->capacity + length;
    unsigned char *larger = realloc(t->bytes, capacity);
    if (larger == NULL) return 1;
    t->bytes = larger;
    t->capacity = capacity;
  }
  memcpy(t->bytes + t->length, bytes, length);
  t->length += length;
  return 0;
}

// function → whether it or a function inside it may
static int looks_at(lua_State *L) {
  if (lua_iscfunction(L, 1)) {
    lua_pushboolean(L, 0);
    return 1;
  }
  text t = {0};
  bool known = lua_dump(L, append, &t, 0) == 0;
  static const unsigned char header[] = {0x1B, 'L', 'u', 'a', 0x54, 0, 0x19, 0x93, '\r', '\n', 0x1A, '\n', 4, 8, 8};
  enum { HEADER = sizeof header + 8 + 8 + 1 };  // two numbers that tell their format, the number of upvalues
  known = known && t.length > HEADER && memcmp(t.bytes, header, sizeof header) == 0;
  reader r = {.at = t.bytes + HEADER, .end = t.bytes + t.length};
  bool answer = !known || looks(&r, 0) || r.failed;
  free(t.bytes);
  lua_pushboolean(L, answer);
  return 1;
}

int lh_looks_at_numbers(lua_State *L, int index, bool *answer) {
  if (!lua_checkstack(L, LH_STACK_ROOM)) return LH_NO_STACK;
  lua_pushvalue(L, index);
  int status = lh_protect(L, looks_at, 1, 1);
  if (status != LUA_OK) return status;
  *answer = lua_toboolean(L, -1);
  lua_settop(L, -2);
  return LUA_OK;
}

// Where Lua enters Swift. C checks and reserves, Swift answers with a status, and C raises only after Swift has
// returned, so no Swift frame is ever jumped over.

#include "internal.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

// MARK: Raising

void lh_push_position(lua_State *L, const lh_host *host, int level) {
  lua_Debug frame;
  for (; lua_getstack(L, level, &frame); level++) {
    lua_getinfo(L, "Sl", &frame);
    if (frame.currentline > 0 && strncmp(frame.short_src, host->marker, host->marker_length) != 0) {
      lua_pushfstring(L, "%s:%d: ", frame.short_src, frame.currentline);
      return;
    }
  }
  lua_pushliteral(L, "");
}

void lh_raise(lua_State *L, lh_host *host, int status) {
  luaL_checkstack(L, LH_STACK_ROOM, NULL);
  lh_pass_on(L, host);
  if (status == LH_RAISE_VALUE) lua_error(L);
  if (status == LH_RAISE_MESSAGE) {
    lh_push_position(L, host, 1);
  } else {
    lua_pushliteral(L, "");
  }
  lua_pushlstring(L, host->message == NULL ? "" : host->message, host->message_length);
  lua_concat(L, 2);
  lua_error(L);
  __builtin_unreachable();
}

static int fail(lua_State *L, const lh_host *host, const char *format, ...) {
  luaL_checkstack(L, LH_STACK_ROOM, NULL);
  lh_push_position(L, host, 1);
  va_list arguments;
  va_start(arguments, format);
  lua_pushvfstring(L, format, arguments);
  va_end(arguments);
  lua_concat(L, 2);
  return lua_error(L);
}

// MARK: Boxes

lh_box *lh_reserve(lua_State *L, lh_type *type) {
  lh_box *box = lua_newuserdatauv(L, sizeof *box, type->user_values);
  box->seal = 0;
  box->type = type;
  lua_rawgeti(L, LUA_REGISTRYINDEX, type->metatable);
  lua_setmetatable(L, -2);
  return box;
}

void lh_destroy(lh_box *box) {
  lh_type *type = box->type;
  box->seal = 0;
  if (type->destroy_payload != NULL) {
    type->destroy_payload(box->payload);
  } else {
    type->destroy(type, box->payload);
  }
}

bool lh_release_box(lua_State *L, int index, const lh_type *type) {
  unsigned char *payload = lh_payload(L, index, type);
  if (payload == NULL) return false;
  lh_destroy((lh_box *)(payload - offsetof(lh_box, payload)));
  return true;
}

// In a borrowed state, whose allocator is not ours, boxes have this finalizer.
static int finalize_box(lua_State *L) {
  lh_type *type = lua_touserdata(L, lua_upvalueindex(1));
  if (type != NULL) lh_release_box(L, 1, type);
  return 0;
}

lh_type *lh_make_type(lua_State *L, lh_host *host, const char *name, void (*destroy)(lh_type *, void *)) {
  lua_pushstring(L, name);
  lua_setfield(L, -2, "__name");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lh_type *type = calloc(1, sizeof *type);
  char *copy = strdup(name);
  if (type == NULL || copy == NULL) {
    free(type);
    free(copy);
    luaL_error(L, "not enough memory");
  }
  type->host = host;
  type->destroy = destroy;
  type->name = copy;
  type->next = host->types;
  host->types = type;  // from here on the host frees it
  if (!host->owned) {
    lua_pushlightuserdata(L, type);
    lua_pushcclosure(L, finalize_box, 1);
    lua_setfield(L, -2, "__gc");
  }
  type->metatable = luaL_ref(L, LUA_REGISTRYINDEX);
  return type;
}

typedef struct { lh_host *host; lh_type *type; const char *name; } new_type;

static int make_type(lua_State *L) {
  new_type *request = lua_touserdata(L, 1);
  lua_newtable(L);
  request->type = lh_make_type(L, request->host, request->name, request->host->callbacks.destroy);
  lua_rawgeti(L, LUA_REGISTRYINDEX, request->type->metatable);
  return 1;
}

lh_type *lh_new_type(lua_State *L, lh_host *host, const char *name) {
  new_type request = {.host = host, .name = name};
  lua_pushcfunction(L, make_type);
  lua_pushlightuserdata(L, &request);
  return lua_pcall(L, 1, 1, 0) == LUA_OK ? request.type : NULL;
}

static int make_box(lua_State *L) {
  lh_reserve(L, lua_touserdata(L, 1));
  return 1;
}

void *lh_new_box(lua_State *L, lh_type *type) {
  lua_pushcfunction(L, make_box);
  lua_pushlightuserdata(L, type);
  if (lua_pcall(L, 1, 1, 0) != LUA_OK) return NULL;
  return ((lh_box *)lua_touserdata(L, -1))->payload;
}

// MARK: Functions

static int trampoline(lua_State *L) {
  lh_box *function = lua_touserdata(L, lua_upvalueindex(1));
  if (function == NULL || function->seal == 0) return luaL_error(L, "the function has been released");
  lh_host *host = function->type->host;
  lua_State *caller = lh_running(host);
  __atomic_store_n(&host->running, L, __ATOMIC_RELAXED);
  int answer = host->callbacks.call(*(void **)function->payload, L);
  __atomic_store_n(&host->running, caller, __ATOMIC_RELAXED);
  if (__builtin_expect(host->external_debt >= host->external_threshold, 0)) lh_relieve(L, host);
  if (__builtin_expect(host->released_count != 0, 0)) lh_drain(L, host);
  if (__builtin_expect(lh_interrupted(host) != 0, 0)) lh_arm_hook(L);
  if (__builtin_expect(answer < 0, 0)) lh_raise(L, host, answer);
  return answer;
}

typedef struct { lh_host *host; void *record; int captures; } new_function;

static int make_function(lua_State *L) {
  new_function *request = lua_touserdata(L, -1);
  lua_settop(L, -2);
  lh_box *box = lh_reserve(L, request->host->functions);
  lua_rotate(L, 1, 1);
  lua_pushcclosure(L, trampoline, request->captures + 1);
  memcpy(box->payload, &request->record, sizeof request->record);
  lh_seal(box->payload);
  return 1;
}

int lh_push_function(lua_State *L, lh_host *host, void *record, int captures) {
  new_function request = {.host = host, .record = record, .captures = captures};
  if (!lua_checkstack(L, LH_STACK_ROOM)) return LH_NO_STACK;
  lua_pushlightuserdata(L, &request);
  return lh_protect(L, make_function, captures + 1, 1);
}

// MARK: Tiny operations
//
// Upvalues: 1 operation, 2 metatable of results, 3 general function or nil.

struct lh_operation {
  lh_type *type;
  int32_t code, arity;
  lh_operation *_Nullable next;
  char name[];
};

void lh_free_operations(lh_operation *operation) {
  while (operation != NULL) {
    lh_operation *next = operation->next;
    free(operation);
    operation = next;
  }
}

static int general(lua_State *L, const lh_operation *operation) {
  const lh_type *type = operation->type;
  int count = lua_gettop(L), arity = operation->arity == 2 ? 2 : 1;
  if (!lua_isnil(L, lua_upvalueindex(3))) {
    lua_pushvalue(L, lua_upvalueindex(3));
    lua_insert(L, 1);
    lua_call(L, count, LUA_MULTRET);
    return lua_gettop(L);
  }
  const char *name = operation->name;
  if (count != arity) {
    return fail(L, type->host, "%s: expected %d argument%s, got %d", name, arity, arity == 1 ? "" : "s", count);
  }
  int at = lh_payload(L, 1, type) != NULL || lua_type(L, 1) == LUA_TNUMBER ? arity : 1;
  const char *expected = arity == 2 ? " or number" : "";
  const lh_type *other = lh_box_type(L, at, type->host);
  const char *got = other != NULL ? other->name : luaL_typename(L, at);
  return fail(L, type->host, "%s: argument %d: expected %s%s, got %s", name, at, type->name, expected, got);
}

static inline const lh_operation *operation_of(lua_State *L) {
  const lh_operation *operation = lua_touserdata(L, lua_upvalueindex(1));
  if (__builtin_expect(operation == NULL || operation->type->host->main == NULL || operation->type->tiny == NULL, 0)) {
    luaL_error(L, "the function has been released");
  }
  return operation;
}

static inline int run_tiny(lua_State *L, const lh_operation *operation, void *a, double x, void *b, double y, int32_t flags) {
  lh_type *type = operation->type;
  lh_host *host = type->host;
  lh_box *result = lua_newuserdatauv(L, sizeof *result, 0);
  result->seal = 0;
  result->type = type;
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_setmetatable(L, -2);
  lua_State *caller = lh_running(host);
  __atomic_store_n(&host->running, L, __ATOMIC_RELAXED);
  int32_t status = type->tiny(type->context, operation->code, a, x, b, y, result->payload, flags);
  __atomic_store_n(&host->running, caller, __ATOMIC_RELAXED);
  if (__builtin_expect(status == LH_TINY_DONE, 1)) result->seal = host->key ^ (uintptr_t)result;
  if (__builtin_expect(host->external_debt >= host->external_threshold, 0)) lh_relieve(L, host);
  if (__builtin_expect(lh_interrupted(host) != 0, 0)) lh_arm_hook(L);
  if (__builtin_expect(status == LH_TINY_DONE, 1)) return 1;
  if (status != LH_TINY_GENERAL) lh_raise(L, host, host->failure);
  lua_settop(L, -2);
  return general(L, operation);
}

static inline int run_binary(lua_State *L, const lh_operation *operation) {
  void *a = lh_payload(L, 1, operation->type), *b = lh_payload(L, 2, operation->type);
  double x = 0, y = 0;
  int32_t flags = 0;
  if (a == NULL) {
    if (lua_type(L, 1) != LUA_TNUMBER || b == NULL) return general(L, operation);
    x = lua_tonumberx(L, 1, NULL);
    flags = lua_isinteger(L, 1);
  }
  if (b == NULL) {
    if (lua_type(L, 2) != LUA_TNUMBER) return general(L, operation);
    y = lua_tonumberx(L, 2, NULL);
    flags |= lua_isinteger(L, 2) << 1;
  }
  return run_tiny(L, operation, a, x, b, y, flags);
}

static inline int run_unary(lua_State *L, const lh_operation *operation) {
  void *a = lh_payload(L, 1, operation->type);
  return a == NULL ? general(L, operation) : run_tiny(L, operation, a, 0, NULL, 0, 0);
}

static int tiny_binary(lua_State *L) {
  const lh_operation *operation = operation_of(L);
  return lua_gettop(L) == 2 ? run_binary(L, operation) : general(L, operation);
}

static int tiny_unary(lua_State *L) {
  const lh_operation *operation = operation_of(L);
  return lua_gettop(L) == 1 ? run_unary(L, operation) : general(L, operation);
}

// Lua gives a metamethod two operands always; a unary one gets its only operand twice.
static int tiny_binary_metamethod(lua_State *L) { return run_binary(L, operation_of(L)); }

static int tiny_unary_metamethod(lua_State *L) {
  lua_settop(L, 1);
  return run_unary(L, operation_of(L));
}

bool lh_enters_swift(lua_CFunction f) {
  return f == trampoline || f == tiny_binary || f == tiny_unary || f == tiny_binary_metamethod || f == tiny_unary_metamethod;
}

typedef struct { lh_operation *operation; bool metamethod; } new_tiny;

static int make_tiny(lua_State *L) {  // general function, request
  new_tiny *request = lua_touserdata(L, 2);
  lua_pushlightuserdata(L, request->operation);
  lua_rawgeti(L, LUA_REGISTRYINDEX, request->operation->type->metatable);
  lua_pushvalue(L, 1);
  if (request->operation->arity == 2) {
    lua_pushcclosure(L, request->metamethod ? tiny_binary_metamethod : tiny_binary, 3);
  } else {
    lua_pushcclosure(L, request->metamethod ? tiny_unary_metamethod : tiny_unary, 3);
  }
  return 1;
}

int lh_push_tiny(lua_State *L, lh_type *type, int32_t code, int arity, bool metamethod, const char *name) {
  if (!lua_checkstack(L, LH_STACK_ROOM)) return LH_NO_STACK;
  size_t length = strlen(name) + 1;
  lh_operation *operation = malloc(sizeof *operation + length);
  if (operation == NULL) return LH_NO_STACK;
  operation->type = type;
  operation->code = code;
  operation->arity = arity;
  memcpy(operation->name, name, length);
  operation->next = type->operations;
  type->operations = operation;  // freed with the type
  new_tiny request = {.operation = operation, .metamethod = metamethod};
  lua_pushlightuserdata(L, &request);
  return lh_protect(L, make_tiny, 2, 1);
}

// MARK: Reading fields
//
// Upvalues: 1 type, 2 methods, 3 getters, 4 fallback or nil.

static int index_box(lua_State *L) {
  if (lua_type(L, 2) == LUA_TSTRING) {
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNIL) return 1;
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(3)) != LUA_TNIL) {
      lua_pushvalue(L, 1);
      lua_call(L, 1, 1);
      return 1;
    }
    lua_settop(L, 2);
  }
  if (lua_isnil(L, lua_upvalueindex(4))) {
    const lh_type *type = lua_touserdata(L, lua_upvalueindex(1));
    const char *key = luaL_tolstring(L, 2, NULL);
    return fail(L, type->host, "%s has no field '%s'", type->name, key);
  }
  lua_pushvalue(L, lua_upvalueindex(4));
  lua_insert(L, 1);
  lua_call(L, 2, 1);
  return 1;
}

static int make_index(lua_State *L) {  // methods, getters, fallback, type
  lua_rotate(L, 1, 1);
  lua_pushcclosure(L, index_box, 4);
  return 1;
}

int lh_push_index(lua_State *L, lh_type *type) {
  if (!lua_checkstack(L, LH_STACK_ROOM)) return LH_NO_STACK;
  lua_pushlightuserdata(L, type);
  return lh_protect(L, make_index, 4, 1);
}

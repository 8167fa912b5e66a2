// Protected forms of the API functions that may raise, the ones that only run out of memory too. Each moves its
// operands under a C function and runs that with lua_pcall, whose setjmp lies in Lua's own frames.

#include "internal.h"
#include <stdlib.h>
#include <string.h>

int lh_protect(lua_State *L, lua_CFunction f, int arguments, int results) {
  lua_pushcfunction(L, f);
  lua_insert(L, -arguments - 1);
  return lua_pcall(L, arguments, results, 0);
}

// MARK: Calls

int lh_message_handler(lua_State *L) {
  lh_host *host = lh_find_host(L);
  if (host == NULL) return 1;
  if (host->observing) host->callbacks.observe(host->state, L);
  luaL_traceback(L, L, NULL, 1);
  size_t length;
  const char *text = lua_tolstring(L, -1, &length);
  char *copy = realloc(host->traceback, length + 1);
  if (copy != NULL) {
    memcpy(copy, text, length + 1);
    host->traceback = copy;
  }
  lua_settop(L, -2);
  return 1;
}

int lh_call(lua_State *L, lh_host *host, int arguments, int results) {
  int base = lua_gettop(L) - arguments;
  if (!lua_checkstack(L, LH_STACK_ROOM)) {
    lua_settop(L, base - 1);
    return LH_NO_STACK;
  }
  if (host->traceback != NULL) host->traceback[0] = 0;
  lua_pushcfunction(L, lh_message_handler);
  lua_insert(L, base);
  lua_State *caller = lh_running(host);
  lh_forget_grace(L, host);
  lh_switch(host, L);
  int status = lua_pcall(L, arguments, results, base);
  __atomic_store_n(&host->running, caller, __ATOMIC_SEQ_CST);
  lua_remove(L, base);
  return status;
}

// MARK: Strings and tables

typedef struct { const char *text; size_t length; } span;

static int push_string(lua_State *L) {
  const span *request = lua_touserdata(L, 1);
  lua_pushlstring(L, request->text, request->length);
  return 1;
}

int lh_push_string(lua_State *L, const char *text, size_t length) {
  span request = {text == NULL ? "" : text, length};
  if (!lua_checkstack(L, LH_STACK_ROOM)) return LH_NO_STACK;
  lua_pushlightuserdata(L, &request);
  return lh_protect(L, push_string, 1, 1);
}

static int new_table(lua_State *L) {
  lua_createtable(L, (int)lua_tointegerx(L, 1, NULL), (int)lua_tointegerx(L, 2, NULL));
  return 1;
}

int lh_new_table(lua_State *L, int array, int fields) {
  if (!lua_checkstack(L, LH_STACK_ROOM)) return LH_NO_STACK;
  lua_pushinteger(L, array);
  lua_pushinteger(L, fields);
  return lh_protect(L, new_table, 2, 1);
}

static int raw_set(lua_State *L) {
  lua_rawset(L, 1);
  return 0;
}

static int set(lua_State *L) {
  lua_settable(L, 1);
  return 0;
}

// Moves a copy of the table under key and value.
static int store(lua_State *L, int index, lua_CFunction f) {
  index = lua_absindex(L, index);
  if (!lua_checkstack(L, LH_STACK_ROOM)) {
    lua_settop(L, -3);
    return LH_NO_STACK;
  }
  lua_pushvalue(L, index);
  lua_insert(L, -3);
  return lh_protect(L, f, 3, 0);
}

int lh_raw_set(lua_State *L, int index) { return store(L, index, raw_set); }

int lh_set(lua_State *L, int index) { return store(L, index, set); }

int lh_raw_seti(lua_State *L, int index, lua_Integer key) {
  index = lua_absindex(L, index);
  if (!lua_checkstack(L, LH_STACK_ROOM)) {
    lua_settop(L, -2);
    return LH_NO_STACK;
  }
  lua_pushinteger(L, key);
  lua_insert(L, -2);
  return store(L, index, raw_set);
}

static int get(lua_State *L) {
  lua_gettable(L, 1);
  return 1;
}

int lh_get(lua_State *L, int index) {
  index = lua_absindex(L, index);
  if (!lua_checkstack(L, LH_STACK_ROOM)) {
    lua_settop(L, -2);
    return LH_NO_STACK;
  }
  lua_pushvalue(L, index);
  lua_insert(L, -2);
  return lh_protect(L, get, 2, 1);
}

static int next_entry(lua_State *L) { return lua_next(L, 1) ? 2 : 0; }

int lh_next(lua_State *L, int index) {
  index = lua_absindex(L, index);
  if (!lua_checkstack(L, LH_STACK_ROOM)) return LH_NO_STACK;
  lua_pushvalue(L, index);
  lua_insert(L, -2);
  int base = lua_gettop(L) - 1;
  if (lh_protect(L, next_entry, 2, LUA_MULTRET) != LUA_OK) return -1;
  return lua_gettop(L) == base + 1;
}

// MARK: References

static int reference(lua_State *L) {
  int32_t *answer = lua_touserdata(L, 2);
  lua_settop(L, 1);
  *answer = luaL_ref(L, LUA_REGISTRYINDEX);
  return 0;
}

int lh_reference(lua_State *L, int32_t *answer) {
  if (!lua_checkstack(L, LH_STACK_ROOM)) {
    lua_settop(L, -2);
    return LH_NO_STACK;
  }
  lua_pushlightuserdata(L, answer);
  return lh_protect(L, reference, 2, 0);
}

// MARK: Values

static int to_string(lua_State *L) {
  luaL_tolstring(L, 1, NULL);
  return 1;
}

int lh_to_string(lua_State *L, int index) {
  index = lua_absindex(L, index);
  if (!lua_checkstack(L, LH_STACK_ROOM)) return LH_NO_STACK;
  lua_pushvalue(L, index);
  return lh_protect(L, to_string, 1, 1);
}

static int length(lua_State *L) {
  lua_len(L, 1);
  return 1;
}

int lh_len(lua_State *L, int index) {
  index = lua_absindex(L, index);
  if (!lua_checkstack(L, LH_STACK_ROOM)) return LH_NO_STACK;
  lua_pushvalue(L, index);
  return lh_protect(L, length, 1, 1);
}

static int arith(lua_State *L) {
  int operation = (int)lua_tointegerx(L, -1, NULL);
  lua_settop(L, -2);
  lua_arith(L, operation);
  return 1;
}

int lh_arith(lua_State *L, int operation) {
  int operands = operation == LUA_OPUNM || operation == LUA_OPBNOT ? 1 : 2;
  if (!lua_checkstack(L, LH_STACK_ROOM)) {
    lua_settop(L, -operands - 1);
    return LH_NO_STACK;
  }
  lua_pushinteger(L, operation);
  return lh_protect(L, arith, operands + 1, 1);
}

static int compare(lua_State *L) {
  lua_pushboolean(L, lua_compare(L, 1, 2, (int)lua_tointegerx(L, 3, NULL)));
  return 1;
}

int lh_compare(lua_State *L, int a, int b, int operation, int *answer) {
  a = lua_absindex(L, a);
  b = lua_absindex(L, b);
  if (!lua_checkstack(L, LH_STACK_ROOM)) return LH_NO_STACK;
  lua_pushvalue(L, a);
  lua_pushvalue(L, b);
  lua_pushinteger(L, operation);
  int status = lh_protect(L, compare, 3, 1);
  if (status != LUA_OK) return status;
  *answer = lua_toboolean(L, -1);
  lua_settop(L, -2);
  return LUA_OK;
}

static int new_thread(lua_State *L) {
  lua_newthread(L);
  return 1;
}

int lh_new_thread(lua_State *L) {
  if (!lua_checkstack(L, LH_STACK_ROOM)) return LH_NO_STACK;
  return lh_protect(L, new_thread, 0, 1);
}

// MARK: Frames

typedef struct { lua_State *thread; int level; } traceback_request;

static int push_traceback(lua_State *L) {
  const traceback_request *request = lua_touserdata(L, 1);
  // The protected call is a level of its own.
  luaL_traceback(L, request->thread, NULL, request->level + (request->thread == L));
  return 1;
}

int lh_push_traceback(lua_State *L, int level) {
  traceback_request request = {L, level};
  if (!lua_checkstack(L, LH_STACK_ROOM)) return LH_NO_STACK;
  lua_pushlightuserdata(L, &request);
  return lh_protect(L, push_traceback, 1, 1);
}

typedef struct { lua_Debug *frame; int level; bool found; } frame_request;

static int frame(lua_State *L) {
  frame_request *request = lua_touserdata(L, 1);
  request->found = lua_getstack(L, request->level + 1, request->frame);
  if (request->found) lua_getinfo(L, "nSl", request->frame);
  return 0;
}

int lh_frame(lua_State *L, int level, lua_Debug *answer) {
  frame_request request = {.frame = answer, .level = level};
  if (!lua_checkstack(L, LH_STACK_ROOM)) return 0;
  lua_pushlightuserdata(L, &request);
  if (lh_protect(L, frame, 1, 0) != LUA_OK) return -1;
  return request.found;
}

// MARK: Loading

typedef struct { const char *text; size_t length; bool read; } chunk;

static const char *read_chunk(lua_State *L, void *data, size_t *size) {
  (void)L;
  chunk *c = data;
  if (c->read || c->length == 0) return NULL;
  c->read = true;
  *size = c->length;
  return c->text;
}

// lua_load is among the functions that never raise.
int lh_load(lua_State *L, const char *text, size_t length, const char *name, const char *mode) {
  if (!lua_checkstack(L, LH_STACK_ROOM)) return LH_NO_STACK;
  chunk c = {.text = text, .length = length};
  return lua_load(L, read_chunk, &c, name, mode);
}

typedef struct { const char *path, *mode; int status; } file;

static int load_file(lua_State *L) {
  file *f = lua_touserdata(L, 1);
  f->status = luaL_loadfilex(L, f->path, f->mode);
  return 1;
}

int lh_load_file(lua_State *L, const char *path, const char *mode) {
  file f = {.path = path, .mode = mode};
  if (!lua_checkstack(L, LH_STACK_ROOM)) return LH_NO_STACK;
  lua_pushlightuserdata(L, &f);
  int status = lh_protect(L, load_file, 1, 1);
  return status != LUA_OK ? status : f.status;
}

// The record beside a Lua state: made with the state or for a borrowed one, found again through the registry, and
// freed only when nothing in Swift refers to it any more.

#include "internal.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static const char registry_key = 0;

lh_host *lh_find_host(lua_State *L) {
  if (!lua_checkstack(L, 1)) return NULL;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &registry_key);
  lh_host *host = lua_touserdata(L, -1);
  lua_settop(L, -2);
  return host;
}

static void warn(void *context, const char *text, int continues) {
  lh_host *host = context;
  host->callbacks.warn(host->state, text, continues);
}

static int panic(lua_State *L) {
  const char *text = lh_string(L, -1, NULL);
  fprintf(stderr, "ebbtide: unprotected error in call to Lua (%s)\n", text != NULL ? text : "no message");
  return 0;
}

// Finalizers that run after a borrowed state's own record was closed may still come through functions of ours, so
// the record stays; it only forgets the state.
static int close_borrowed(lua_State *L) {
  lh_host **anchor = lua_touserdata(L, 1);
  lh_host *host = anchor == NULL ? NULL : *anchor;
  if (host == NULL || host->main == NULL) return 0;
  *anchor = NULL;
  host->main = NULL;
  host->callbacks.closed(host->state);
  free(host->message);
  free(host->traceback);
  free(host->released);
  host->message = NULL;
  host->traceback = NULL;
  host->released = NULL;
  host->released_count = host->released_capacity = 0;
  return 0;
}

static int set_up(lua_State *L) {
  lh_host *host = lua_touserdata(L, 1);
  lua_pushlightuserdata(L, host);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &registry_key);
  if (host->owned) {
    lh_pool_watch(host->pool, host, L);
  } else {
    // The anchor is the oldest finalizer of ours, so it runs after those of all boxes.
    lh_host **anchor = lua_newuserdatauv(L, sizeof *anchor, 0);
    *anchor = host;
    lua_newtable(L);
    lua_pushcfunction(L, close_borrowed);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, host);
  }
  lua_newtable(L);
  host->functions = lh_make_type(L, host, "function", host->callbacks.release_function);
  return 0;
}

static lh_host *new_host(const lh_callbacks *callbacks, void *state, const char *marker) {
  lh_host *host = calloc(1, sizeof *host);
  if (host == NULL) return NULL;
  host->callbacks = *callbacks;
  host->state = state;
  host->external_threshold = 256 * 1024;
  // Scripts can print addresses; without the key they still can't forge a box out of a string.
  if (getrandom(&host->key, sizeof host->key, GRND_NONBLOCK) != sizeof host->key) {
    host->key = (uintptr_t)host * 0x9E3779B97F4A7C15u ^ (uintptr_t)time(NULL);
  }
  host->key |= 1;  // boxes are aligned, so a seal is never 0
  host->marker_length = strlen(marker);
  host->marker = strdup(marker);
  if (host->marker != NULL) return host;
  free(host);
  return NULL;
}

static bool attach(lh_host *host, lua_State *L) {
  host->main = L;
  host->running = L;
  lua_gc(L, LUA_GCINC, 150, 200, 0);
  if (!lua_checkstack(L, LH_STACK_ROOM)) return false;
  lua_pushcfunction(L, set_up);
  lua_pushlightuserdata(L, host);
  if (lua_pcall(L, 1, 0, 0) == LUA_OK) return true;
  lua_settop(L, -2);
  return false;
}

lh_host *lh_open(const lh_callbacks *callbacks, void *state, const char *marker) {
  lh_host *host = new_host(callbacks, state, marker);
  if (host == NULL) return NULL;
  host->owned = true;
  host->pool = lh_pool_new();
  lua_State *L = host->pool == NULL ? NULL : lua_newstate(lh_pool_allocate, host->pool);
  if (L != NULL) {
    lua_atpanic(L, panic);
    lua_setwarnf(L, warn, host);
    if (attach(host, L)) return host;
    lua_close(L);
  }
  host->main = NULL;
  lh_free(host);
  return NULL;
}

lh_host *lh_borrow(lua_State *L, const lh_callbacks *callbacks, void *state, const char *marker) {
  lh_host *host = new_host(callbacks, state, marker);
  if (host == NULL) return NULL;
  if (attach(host, L)) return host;
  host->main = NULL;
  lh_free(host);
  return NULL;
}

void lh_close(lh_host *host) {
  lua_State *L = host->main;
  if (!host->owned || L == NULL) return;
  lh_disarm_watchdog(host);
  // From here on lh_interrupt finds nothing to hook; one that already has must be done.
  __atomic_store_n(&host->running, NULL, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(&host->interrupting, __ATOMIC_SEQ_CST) != 0) {}
  lua_close(L);
  host->main = NULL;
}

void lh_free(lh_host *host) {
  if (host->watchdog != NULL) lh_watchdog_free(host->watchdog);
  for (lh_type *type = host->types; type != NULL;) {
    lh_type *next = type->next;
    lh_free_operations(type->operations);
    free(type->name);
    free(type);
    type = next;
  }
  if (host->pool != NULL) lh_pool_free(host->pool);
  free(host->message);
  free(host->traceback);
  free(host->marker);
  free(host->released);
  free(host);
}

void lh_store_message(lh_host *host, const char *text, size_t length) {
  char *copy = realloc(host->message, length + 1);
  if (copy == NULL) {
    host->message_length = 0;
    return;
  }
  if (length != 0) memcpy(copy, text, length);
  copy[length] = 0;
  host->message = copy;
  host->message_length = length;
}

// MARK: References

static void lock(int32_t *lock) {
  while (__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE) != 0) {}
}

static void unlock(int32_t *lock) { __atomic_store_n(lock, 0, __ATOMIC_RELEASE); }

void lh_release(lh_host *host, int32_t reference) {
  lock(&host->released_lock);
  if (host->released_count == host->released_capacity) {
    int32_t capacity = host->released_capacity == 0 ? 64 : host->released_capacity * 2;
    int32_t *larger = realloc(host->released, (size_t)capacity * sizeof *larger);
    if (larger != NULL) {
      host->released = larger;
      host->released_capacity = capacity;
    }
  }
  if (host->released_count < host->released_capacity) host->released[host->released_count++] = reference;
  unlock(&host->released_lock);
}

// luaL_unref only overwrites slots that exist: it never raises and never collects.
void lh_drain(lua_State *L, lh_host *host) {
  if (__atomic_load_n(&host->released_count, __ATOMIC_RELAXED) == 0 || !lua_checkstack(L, 4)) return;
  lock(&host->released_lock);
  for (int32_t i = 0; i < host->released_count; i++) luaL_unref(L, LUA_REGISTRYINDEX, host->released[i]);
  host->released_count = 0;
  unlock(&host->released_lock);
}

// MARK: Collector

// A cycle costs time in proportion to Lua's heap and frees bytes outside it, so what is noted is scaled: with the pause of 150 a cycle
// begins once half the heap has been told to the collector. It is told of that for every 4 MB and a quarter of what lives outside,
// or, if the heap is larger than that, of each byte as it is.
void lh_relieve(lua_State *L, lh_host *host) {
  if (host->external_debt < host->external_threshold) return;
  double noted = (double)host->external_debt;
  host->external_debt = 0;
  if (!lua_gc(L, LUA_GCISRUNNING)) return;  // the script said collectgarbage "stop"
  double heap = lua_gc(L, LUA_GCCOUNT) * 1024.0;
  double cycle = (4 << 20) + (double)host->callbacks.external_bytes(host->state) / 4;
  double told = noted * fmin(1, heap / 2 / cycle) / 1024;
  lua_gc(L, LUA_GCSTEP, (int)fmin(1 << 20, ceil(told)));
}

void lh_collect(lua_State *L, lh_host *host) {
  host->external_debt = 0;
  lua_gc(L, LUA_GCCOLLECT);
}

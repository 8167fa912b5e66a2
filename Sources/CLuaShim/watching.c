// What Swift is told of while Lua runs: lines that begin, functions that are called. Uses the one hook a thread has.

#include "internal.h"

static void hook(lua_State *L, lua_Debug *event) {
  (void)event;
  lh_host *host = lh_find_host(L);
  if (host != NULL && host->watcher != NULL) host->watcher((void *_Nonnull)host->watcher_context, L);
}

bool lh_watch(lua_State *L, lh_host *host, lh_watched watched, void *context, void (*watcher)(void *, lua_State *)) {
  // A coroutine that was made under a watcher has the hook from its maker, also when the watcher is gone.
  bool is_stale = lua_gethook(L) == hook && host->watcher == NULL;
  if (lua_gethook(L) != NULL && !is_stale) return false;
  host->watcher = watcher;
  host->watcher_context = context;
  lua_sethook(L, hook, watched == LH_WATCH_CALLS ? LUA_MASKCALL : LUA_MASKLINE, 0);
  return true;
}

bool lh_unwatch(lua_State *L, lh_host *host) {
  host->watcher = NULL;
  bool was_watched = lua_gethook(L) == hook;
  if (was_watched) lua_sethook(L, NULL, 0, 0);
  return was_watched;
}

const void *lh_called(lua_State *L) {
  lua_Debug event;
  if (!lua_getstack(L, 0, &event) || !lua_getinfo(L, "f", &event)) return NULL;
  const void *function = lua_topointer(L, -1);
  if (lua_iscfunction(L, -1)) {
    bool resumes = lua_isthread(L, 1);
    for (int i = 1; lua_getupvalue(L, -1, i) != NULL; i++) {
      resumes = resumes || lua_isthread(L, -1);
      lua_settop(L, -2);
    }
    if (resumes) function = NULL;
  }
  lua_settop(L, -2);
  return function;
}

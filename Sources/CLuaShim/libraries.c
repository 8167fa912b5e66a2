// Which of Lua's libraries a state of ours has: all of them as the `lua` command has, or a selection that can
// neither touch files and processes, nor load machine code or bytecode, nor look behind the language.

#include "internal.h"
#include <string.h>

static void keep(lua_State *L, const char *library, const char *const *names) {
  lua_getglobal(L, library);
  lua_newtable(L);
  for (; *names != NULL; names++) {
    lua_getfield(L, -2, *names);
    lua_setfield(L, -2, *names);
  }
  // The table that others may have in hand is emptied down to the selection.
  lua_pushnil(L);
  while (lua_next(L, -3)) {
    lua_settop(L, -2);
    lua_pushvalue(L, -1);
    lua_pushvalue(L, -1);
    lua_rawget(L, -4);
    lua_rawset(L, -5);
  }
  lua_settop(L, -3);
}

// load(chunk [, name [, mode [, env]]]) for text only.
static int load_text(lua_State *L) {
  if (lua_gettop(L) < 3) lua_settop(L, 3);
  const char *mode = luaL_optstring(L, 3, "t");
  if (strchr(mode, 't') == NULL) {
    lua_pushnil(L);
    lua_pushliteral(L, "load: only text chunks can be loaded here");
    return 2;
  }
  lua_pushliteral(L, "t");
  lua_replace(L, 3);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

static void open_safe(lua_State *L) {
  static const luaL_Reg libraries[] = {
    {LUA_GNAME, luaopen_base},        {LUA_LOADLIBNAME, luaopen_package}, {LUA_COLIBNAME, luaopen_coroutine},
    {LUA_TABLIBNAME, luaopen_table},  {LUA_STRLIBNAME, luaopen_string},   {LUA_MATHLIBNAME, luaopen_math},
    {LUA_UTF8LIBNAME, luaopen_utf8},  {LUA_OSLIBNAME, luaopen_os},        {NULL, NULL},
  };
  for (const luaL_Reg *library = libraries; library->name != NULL; library++) {
    luaL_requiref(L, library->name, library->func, 1);
    lua_settop(L, -2);
  }
  static const char *const times[] = {"clock", "date", "difftime", "time", NULL};
  keep(L, LUA_OSLIBNAME, times);

  lua_getglobal(L, LUA_LOADLIBNAME);
  lua_getfield(L, -1, "searchers");
  for (lua_Integer i = luaL_len(L, -1); i > 1; i--) {  // the first one looks in package.preload
    lua_pushnil(L);
    lua_seti(L, -2, i);
  }
  lua_settop(L, -2);
  static const char *const package_names[] = {"loadlib", "searchpath", NULL};
  for (const char *const *name = package_names; *name != NULL; name++) {
    lua_pushnil(L);
    lua_setfield(L, -2, *name);
  }
  static const char *const paths[] = {"path", "cpath", NULL};
  for (const char *const *name = paths; *name != NULL; name++) {
    lua_pushliteral(L, "");
    lua_setfield(L, -2, *name);
  }
  lua_settop(L, -2);

  lua_getglobal(L, LUA_STRLIBNAME);
  lua_pushnil(L);
  lua_setfield(L, -2, "dump");
  lua_settop(L, -2);

  static const char *const base[] = {"dofile", "loadfile", NULL};
  for (const char *const *name = base; *name != NULL; name++) {
    lua_pushnil(L);
    lua_setglobal(L, *name);
  }
  lua_getglobal(L, "load");
  lua_pushcclosure(L, load_text, 1);
  lua_setglobal(L, "load");
}

static int open_libraries(lua_State *L) {
  lh_host *host = lua_touserdata(L, 1);
  if (lua_tointegerx(L, 2, NULL) == LH_LIBRARIES_ALL) {
    luaL_openlibs(L);
  } else {
    open_safe(L);
  }
  lh_install_threads(L, host);
  return 0;
}

int lh_open_libraries(lua_State *L, lh_host *host, int selection) {
  if (!lua_checkstack(L, LH_STACK_ROOM)) return LH_NO_STACK;
  if (selection == LH_LIBRARIES_NONE) return LUA_OK;
  lua_pushlightuserdata(L, host);
  lua_pushinteger(L, selection);
  return lh_protect(L, open_libraries, 2, 0);
}

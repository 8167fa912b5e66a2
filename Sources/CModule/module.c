// The entry by which a stock Lua loads Ebbtide: C enters, Swift answers, C raises after Swift has returned.
#include "CModule.h"
#include <lua5.4/lua.h>

extern int ebbtide_open(lua_State *L);

__attribute__((visibility("default"))) int luaopen_ebbtide(lua_State *L) {
  int results = ebbtide_open(L);
  return results < 0 ? lua_error(L) : results;
}

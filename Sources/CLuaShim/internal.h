// Shared by the files of the shim; not visible to Swift.

#ifndef LH_INTERNAL_H
#define LH_INTERNAL_H

#include "CLuaShim.h"

#pragma clang assume_nonnull begin

enum { LH_STACK_ROOM = 12 };

/// The host of a Lua thread, by the registry. Never raises.
lh_host *_Nullable lh_find_host(lua_State *L);

/// Raises what Swift left behind; `status` is one of LH_RAISE_*.
_Noreturn void lh_raise(lua_State *L, lh_host *host, int status);
/// Pushes `file:line: ` of the nearest user frame, or an empty string.
void lh_push_position(lua_State *L, const lh_host *host, int level);

/// Calls `f` with the top `arguments` values under lua_pcall, without a handler.
int lh_protect(lua_State *L, lua_CFunction f, int arguments, int results);

/// Reserves a box and pushes it. Raises without memory.
lh_box *lh_reserve(lua_State *L, lh_type *type);
/// Deinitialises the value of a live box.
void lh_destroy(lh_box *box);
/// Turns the empty table on top into the metatable for boxes of a new type. Raises without memory.
lh_type *lh_make_type(lua_State *L, lh_host *host, const char *name, void (*destroy)(lh_type *, void *));

/// Whether a C function is one of those that enter Swift.
bool lh_enters_swift(lua_CFunction f);

void lh_free_operations(lh_operation *_Nullable operation);

/// The message handler of lh_call.
int lh_message_handler(lua_State *L);

/// Installs the hook that raises the interrupt on a thread.
void lh_arm_hook(lua_State *L);
/// Ends the patience with closers of an earlier call when a new one starts from outside.
void lh_forget_grace(lua_State *L, lh_host *host);
/// Before an error from a call that has ended is raised again: if it is that of an interrupt, the closers it meets
/// now are let run too.
void lh_pass_on(lua_State *L, lh_host *host);
/// Enters another Lua thread, or comes back to one, without missing an interrupt.
void lh_switch(lh_host *host, lua_State *L);
/// Replaces coroutine.resume, wrap, close and xpcall in the libraries just opened. Raises without memory.
void lh_install_threads(lua_State *L, lh_host *host);

// The allocator of owned states.
lh_pool *_Nullable lh_pool_new(void);
void lh_pool_free(lh_pool *pool);
/// Tells the allocator which blocks may hold boxes of the host, after the state exists.
void lh_pool_watch(lh_pool *pool, lh_host *host, lua_State *L);
void *_Nullable lh_pool_allocate(void *pool, void *_Nullable block, size_t old_size, size_t new_size);

void lh_watchdog_free(lh_watchdog *watchdog);

#pragma clang assume_nonnull end

#endif

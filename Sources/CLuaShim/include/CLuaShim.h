// The Lua border in C. Everything here exists because a Lua error is a longjmp: the functions that may raise are
// called from C frames only, and Swift sees either functions that never raise or their protected forms. A host
// record (`lh_host`) stands beside each Lua state; a type record (`lh_type`) beside each kind of boxed Swift value.

#ifndef CLUASHIM_H
#define CLUASHIM_H

#include <lua5.4/lua.h>
#include <lua5.4/lauxlib.h>
#include <lua5.4/lualib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

typedef struct lh_host lh_host;
typedef struct lh_type lh_type;
typedef struct lh_operation lh_operation;

// MARK: Boxes

enum { LH_PAYLOAD_SIZE = 64, LH_PAYLOAD_ALIGNMENT = 16 };

/// The memory of a userdata that holds a Swift value in place. `seal` is the host's key XOR the box's own address
/// while the payload is initialised and 0 otherwise, so neither a foreign userdata nor a string can pass for a box.
typedef struct lh_box {
  uintptr_t seal;
  lh_type *_Nullable type;
  _Alignas(LH_PAYLOAD_ALIGNMENT) unsigned char payload[LH_PAYLOAD_SIZE];
} lh_box;

/// A tiny operation on boxes. A null operand stands for the number beside it; `flags` has bit 0 set when the first
/// operand is a Lua integer, bit 1 for the second. It initialises `result` and answers LH_TINY_DONE, or leaves
/// `result` alone and answers another status.
typedef int32_t (*lh_tiny)(void *_Nullable context, int32_t operation, void *_Nullable a, double x, void *_Nullable b,
                           double y, void *result, int32_t flags);

enum {
  LH_TINY_DONE = 0,
  LH_TINY_FAILED = 1,   // the error is stored in the host, and `failure` says how to raise it
  LH_TINY_GENERAL = 2,  // take the general function instead
};

/// One kind of box in one state. The record lives as long as the host's.
struct lh_type {
  lh_host *host;
  void *_Nullable swift;                                   // the Swift description, for `destroy`
  void (*destroy)(lh_type *_Nonnull, void *payload);
  void (*_Nullable destroy_payload)(void *payload);  // used instead when the value knows a direct way
  lh_tiny _Nullable tiny;
  void *_Nullable context;
  // Told of every payload that is read, while it is set: a recording puts a stand-in for the value there.
  void (*_Nullable on_read)(void *context, lua_State *L, int32_t index, void *payload);
  void *_Nullable read_context;
  int metatable;                                           // reference in the registry
  int user_values;                                         // how many Lua values a box holds beside the payload
  char *name;
  lh_operation *_Nullable operations;
  lh_type *_Nullable next;
};

// MARK: Hosts

/// What Swift answers a trampoline besides a count of results.
enum {
  LH_RAISE_MESSAGE = -1,  // raise the text stored in the host, with the user's position in front
  LH_RAISE_LOCATED = -2,  // raise the text stored in the host as it is
  LH_RAISE_VALUE = -3,    // raise the value on top of the stack
};

/// How Swift is entered. `state` is the pointer given to `lh_open` or `lh_borrow`.
typedef struct lh_callbacks {
  int32_t (*call)(void *record, lua_State *L);
  void (*destroy)(lh_type *type, void *payload);
  void (*release_function)(lh_type *type, void *payload);
  void (*warn)(void *state, const char *text, int32_t continues);
  void (*observe)(void *state, lua_State *L);
  void (*closed)(void *state);
  int64_t (*external_bytes)(void *state);  // bytes that live outside Lua on its behalf
} lh_callbacks;

enum { LH_INTERRUPTED = 1, LH_TIME_LIMIT = 2 };

typedef struct lh_pool lh_pool;
typedef struct lh_watchdog lh_watchdog;

struct lh_host {
  lua_State *_Nullable main;     // null once the state is closed
  lua_State *_Nullable running;  // the Lua thread that executes now; read by lh_interrupt from anywhere
  int32_t interrupt;             // sticky: 0, LH_INTERRUPTED or LH_TIME_LIMIT; accessed atomically
  int32_t interrupting;          // callers now inside lh_interrupt; frees wait for them
  uintptr_t key;
  void *_Nullable state;
  lh_callbacks callbacks;
  bool owned;
  bool observing;

  int64_t external_debt;       // bytes allocated outside Lua since the last collector step
  int64_t external_threshold;
  lh_type *_Nullable types;
  lh_type *_Nullable functions;

  int32_t failure;          // LH_RAISE_* of a tiny operation that failed
  char *_Nullable message;  // the error Swift stored for the trampoline to raise
  size_t message_length;
  char *_Nullable traceback;  // captured by the message handler
  char *marker;      // sources whose short name starts so are no user frames
  size_t marker_length;

  int32_t *_Nullable released;  // registry references whose owners are gone
  int32_t released_count, released_capacity, released_lock;

  lua_CFunction _Nullable pcall, xpcall;
  void *_Nullable grace_frame;  // the frame that catches the last interrupt error
  lua_State *_Nullable grace_thread;
  int64_t grace_left;

  void (*_Nullable watcher)(void *context, lua_State *L);
  void *_Nullable watcher_context;

  lh_pool *_Nullable pool;
  lh_watchdog *_Nullable watchdog;
};

/// A state of our own with the pooled allocator, or null without memory. No library is open.
lh_host *_Nullable lh_open(const lh_callbacks *callbacks, void *state, const char *marker);
/// A record beside somebody else's state, or null without memory.
lh_host *_Nullable lh_borrow(lua_State *L, const lh_callbacks *callbacks, void *state,
                             const char *marker);
/// Closes an owned state: every box is deinitialised.
void lh_close(lh_host *host);
/// Frees the record of a closed state.
void lh_free(lh_host *host);

enum { LH_LIBRARIES_NONE, LH_LIBRARIES_ALL, LH_LIBRARIES_SAFE };
int lh_open_libraries(lua_State *L, lh_host *host, int selection);

static inline lua_State *lh_running(const lh_host *host) {
  return (lua_State *_Nonnull)__atomic_load_n(&host->running, __ATOMIC_RELAXED);
}

/// Stores the text that the trampoline raises after Swift has returned.
void lh_store_message(lh_host *host, const char *_Nullable text, size_t length);

// MARK: Functions and boxes

/// `lh_payload` without telling anybody.
static inline void *_Nullable lh_payload_unread(lua_State *L, int index, const lh_type *type) {
  lh_box *box = (lh_box *)lua_touserdata(L, index);
  if (box == NULL || lua_rawlen(L, index) != sizeof(lh_box)) return NULL;
  return box->seal == (type->host->key ^ (uintptr_t)box) && box->type == type ? box->payload : NULL;
}

/// The payload of the box at an index if it is of this type and alive, or null. Never raises.
static inline void *_Nullable lh_payload(lua_State *L, int index, const lh_type *type) {
  void *payload = lh_payload_unread(L, index, type);
  if (__builtin_expect(type->on_read != NULL, 0) && payload != NULL) type->on_read((void *_Nonnull)type->read_context, L, index, payload);
  return payload;
}

/// The type of the live box at an index, or null.
static inline lh_type *_Nullable lh_box_type(lua_State *L, int index, const lh_host *host) {
  lh_box *box = (lh_box *)lua_touserdata(L, index);
  if (box == NULL || lua_rawlen(L, index) != sizeof(lh_box)) return NULL;
  return box->seal == (host->key ^ (uintptr_t)box) ? box->type : NULL;
}

/// Marks the payload of a reserved box as initialised: from here on it is deinitialised exactly once.
static inline void lh_seal(void *payload) {
  lh_box *box = (lh_box *)((unsigned char *)payload - offsetof(lh_box, payload));
  box->seal = box->type->host->key ^ (uintptr_t)box;
}

/// Deinitialises the value of the box at an index before its memory goes. False if there was none.
bool lh_release_box(lua_State *L, int index, const lh_type *type);

/// Protected: a new type with an empty metatable, which is pushed. Null: the error value is on top instead.
lh_type *_Nullable lh_new_type(lua_State *L, lh_host *host, const char *name);
/// Protected: pushes a box without a value and gives its payload. Null: the error value is on top instead.
void *_Nullable lh_new_box(lua_State *L, lh_type *type);
/// Protected: replaces `captures` values on top by a function that enters Swift with `record`, which it owns
/// from then on (on failure the caller keeps it). The captures are upvalues 2, 3, ...
int lh_push_function(lua_State *L, lh_host *host, void *record, int captures);
/// Protected: replaces the general function (or nil) on top by a tiny operation of `arity` 1 or 2. Metamethods don't
/// look at the count of arguments, which is always two.
int lh_push_tiny(lua_State *L, lh_type *type, int32_t code, int arity, bool metamethod, const char *name);
/// Protected: replaces methods, getters and the fallback (or nil) on top by an `__index` function.
int lh_push_index(lua_State *L, lh_type *type);

static inline int lh_capture_index(int capture) { return lua_upvalueindex(capture + 1); }

// MARK: Protected forms. All return a Lua status; if it is not LUA_OK the error value is on top of the stack in
// place of their operands, except for LH_NO_STACK, which pushes nothing.

enum { LH_NO_STACK = -1 };

/// Calls the function under `arguments` with the traceback handler; results or the error value replace them.
int lh_call(lua_State *L, lh_host *host, int arguments, int results);
int lh_push_string(lua_State *L, const char *_Nullable text, size_t length);
int lh_new_table(lua_State *L, int array, int fields);
/// `t[k] = v` without metamethods for k, v on top; pops them.
int lh_raw_set(lua_State *L, int index);
int lh_raw_seti(lua_State *L, int index, lua_Integer key);
/// `t[k]` and `t[k] = v` with metamethods; key, or key and value, on top.
int lh_get(lua_State *L, int index);
int lh_set(lua_State *L, int index);
/// Pops the value on top into the registry; `reference` is for lh_release.
int lh_reference(lua_State *L, int32_t *reference);
/// Pushes `tostring(value)`.
int lh_to_string(lua_State *L, int index);
/// Pushes the traceback of the running thread.
int lh_push_traceback(lua_State *L, int level);
int lh_load_file(lua_State *L, const char *_Nullable path, const char *mode);
/// Compares or combines two values on top with metamethods, as lua_arith does.
int lh_arith(lua_State *L, int operation);
int lh_compare(lua_State *L, int a, int b, int operation, int *answer);
/// Pushes the length with metamethods.
int lh_len(lua_State *L, int index);
/// Runs `lua_next` under protection: 1 more, 0 done, -1 with the error value on top.
int lh_next(lua_State *L, int index);
int lh_new_thread(lua_State *L);
/// Fills source, line and name of a frame; 1, or 0 when there is no such level, or -1 with the error value on top.
int lh_frame(lua_State *L, int level, lua_Debug *frame);

/// Loads text (and binary chunks if `mode` has a b). Never raises; pushes the function or the error value.
int lh_load(lua_State *L, const char *_Nullable text, size_t length, const char *name,
            const char *mode);

/// Queues a reference for release. Any thread, any time.
void lh_release(lh_host *host, int32_t reference);
/// Gives back the queued references.
void lh_drain(lua_State *L, lh_host *host);

// MARK: Interrupts

/// Raises the sticky flag and hooks the running thread. Any thread; safe in a signal handler.
void lh_interrupt(lh_host *host, int32_t reason);
void lh_clear_interrupt(lh_host *host);

static inline int32_t lh_interrupted(const lh_host *host) {
  return __atomic_load_n(&host->interrupt, __ATOMIC_RELAXED);
}

static inline const int32_t *lh_interrupt_flag(const lh_host *host) { return &host->interrupt; }

/// Sends a signal of the process to this host until another takes it; null gives the signal back to the system.
void lh_take_signal(lh_host *_Nullable host, int signal);

/// Interrupts with LH_TIME_LIMIT after that many seconds unless disarmed. False: no thread could be made.
bool lh_arm_watchdog(lh_host *host, double seconds);
void lh_disarm_watchdog(lh_host *host);

// MARK: Memory

static inline void lh_note_external(lh_host *host, int64_t bytes) { host->external_debt += bytes; }
/// Runs a collector step if the noted bytes have reached the threshold, in proportion to them, Lua's heap and what lives outside.
void lh_relieve(lua_State *L, lh_host *host);
void lh_collect(lua_State *L, lh_host *host);
/// Bytes Lua holds through the pooled allocator, and the most it may hold (0: no limit). Owned states only.
size_t lh_heap_bytes(const lh_host *host);
void lh_set_heap_limit(lh_host *host, size_t bytes);
/// For tests: allocation number `first` from now on and the `count` - 1 after it fail. 0 turns it off.
void lh_fail_allocations(lh_host *host, int64_t first, int64_t count);
int64_t lh_allocations_until_failure(const lh_host *host);

// MARK: What a function can reach

typedef struct lh_walk lh_walk;

/// What a walk has found: a fingerprint of everything but boxes of its type, and the payloads of those boxes in order.
typedef struct lh_walk_result {
  uint64_t mark[2];
  void *_Nullable *_Nullable boxes;
  int32_t box_count;
} lh_walk_result;

/// A walk over what functions reach, for boxes of a type; null without memory. It is used again and again.
lh_walk *_Nullable lh_new_walk(lh_host *host, const lh_type *type);
void lh_free_walk(lh_walk *walk);
/// Forgets what was found.
void lh_begin_walk(lh_walk *walk);
lh_walk_result lh_walk_so_far(const lh_walk *walk);
/// Protected: goes on with the value under two tables (or nils), and pops the three: one takes what counts by its address,
/// the other function, upvalue and environment of every Lua function with an environment.
int lh_walk_value(lua_State *L, lh_walk *walk);
/// Protected: walks anew over the function under a list of environment, name, environment, name, ... and over what those
/// names stand for; pops both.
int lh_walk_all(lua_State *L, lh_walk *walk);
/// How many entries the table at an index has.
int64_t lh_count_entries(lua_State *L, int index);
/// Protected: makes walks take the object on top by its address alone, and pops it.
int lh_make_opaque(lua_State *L, lh_host *host);
/// Protected: whether the code of a function may test numbers for equality, or take them as keys of tables.
int lh_looks_at_numbers(lua_State *L, int index, bool *answer);

// MARK: Watching

typedef enum lh_watched { LH_WATCH_LINES, LH_WATCH_CALLS } lh_watched;

/// Calls a function before every line that runs on a thread, or at every call of a function there, until it is unwatched or an
/// interrupt comes. False: the thread has a hook already, and nothing is watched.
bool lh_watch(lua_State *L, lh_host *host, lh_watched watched, void *context, void (*watcher)(void *context, lua_State *L));
/// Ends it. False: an interrupt or the script had ended it before.
bool lh_unwatch(lua_State *L, lh_host *host);
/// For a watcher of calls: the identity of the function that is called, or null if it may go on in another thread, which is not watched.
const void *_Nullable lh_called(lua_State *L);

// MARK: Macros of lua.h for Swift

static inline int lh_registry_index(void) { return LUA_REGISTRYINDEX; }
static inline void lh_pop(lua_State *L, int count) { lua_settop(L, -count - 1); }
static inline void lh_insert(lua_State *L, int index) { lua_rotate(L, index, 1); }
static inline void lh_remove(lua_State *L, int index) { lua_rotate(L, index, -1); lua_settop(L, -2); }
static inline void lh_push_globals(lua_State *L) { lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS); }
/// The text of a string value; null for every other type, numbers too (lua_tolstring would allocate).
static inline const char *_Nullable lh_string(lua_State *L, int index, size_t *_Nullable length) {
  return lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, length) : NULL;
}
static inline const char *lh_frame_source(const lua_Debug *frame) { return frame->short_src; }

#pragma clang assume_nonnull end

#endif

// Interrupts. A sticky flag and a count hook on the running Lua thread raise an error at every further instruction
// until the flag is cleared, so no pcall can swallow it. While the frame that caught the error runs `__close`
// variables the hook holds still for a bounded number of instructions. Nothing is hooked before an interrupt.

#include "internal.h"
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

// 50 to 200 ns an instruction under the hook: endless closers are stopped after 50 ms at most.
enum { GRACE = 250000, SEARCHED_FRAMES = 200 };

// MARK: The hook

// The frame that will catch an error raised now: the nearest one that called Lua in protected mode, or null for the
// base of a coroutine.
static void *catching_frame(lua_State *L, const lh_host *host) {
  lua_Debug frame;
  for (int level = 1; lua_getstack(L, level, &frame); level++) {
    lua_getinfo(L, "f", &frame);
    lua_CFunction f = lua_tocfunction(L, -1);
    lua_settop(L, -2);
    // Of other C functions only those that enter Swift call Lua in protected mode.
    if (f != NULL && (f == host->pcall || f == host->xpcall || lh_enters_swift(f))) return frame.i_ci;
  }
  return NULL;
}

// True while the frame that caught the last interrupt error has not returned: what runs above it are its closers.
static bool in_closers(lua_State *L, const lh_host *host) {
  if (host->grace_thread != L || host->grace_left <= 0) return false;
  if (host->grace_frame == NULL) return true;
  lua_Debug frame;
  for (int level = 1; level < SEARCHED_FRAMES && lua_getstack(L, level, &frame); level++) {
    if (frame.i_ci == host->grace_frame) return true;
  }
  return false;
}

static void note_raise(lua_State *L, lh_host *host) {
  host->grace_thread = L;
  host->grace_frame = catching_frame(L, host);
}

void lh_pass_on(lua_State *L, lh_host *host) {
  if (lh_interrupted(host) != 0) note_raise(L, host);
}

static void hook(lua_State *L, lua_Debug *event) {
  (void)event;
  lh_host *host = lh_find_host(L);
  if (host == NULL || lh_interrupted(host) == 0) {
    lua_sethook(L, NULL, 0, 0);
    return;
  }
  if (in_closers(L, host)) {
    host->grace_left--;
    return;
  }
  note_raise(L, host);
  luaL_checkstack(L, LH_STACK_ROOM, NULL);
  lh_push_position(L, host, 0);
  lua_pushstring(L, lh_interrupted(host) == LH_TIME_LIMIT ? "time limit reached" : "interrupted");
  lua_concat(L, 2);
  lua_error(L);
}

void lh_arm_hook(lua_State *L) {
  if (lua_gethook(L) != hook) lua_sethook(L, hook, LUA_MASKCOUNT, 1);
}

void lh_forget_grace(lua_State *L, lh_host *host) {
  lua_Debug frame;
  if (host->grace_thread == L && !lua_getstack(L, 0, &frame)) host->grace_thread = NULL;
}

// The store comes before the look at the flag, and lh_interrupt raises the flag before it looks at `running`: one of
// the two always sees the other.
void lh_switch(lh_host *host, lua_State *L) {
  __atomic_store_n(&host->running, L, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&host->interrupt, __ATOMIC_SEQ_CST) != 0) lh_arm_hook(L);
}

// lua_sethook may be called asynchronously. From another thread it walks call frames that the owner may be giving
// back; `interrupting` keeps the allocator of an owned state from reusing anything meanwhile.
void lh_interrupt(lh_host *host, int32_t reason) {
  __atomic_fetch_add(&host->interrupting, 1, __ATOMIC_SEQ_CST);
  int32_t none = 0;
  if (__atomic_compare_exchange_n(&host->interrupt, &none, reason, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
    host->grace_left = GRACE;
  }
  lua_State *L = __atomic_load_n(&host->running, __ATOMIC_SEQ_CST);
  if (host->main != NULL && L != NULL) lua_sethook(L, hook, LUA_MASKCOUNT, 1);
  __atomic_fetch_sub(&host->interrupting, 1, __ATOMIC_SEQ_CST);
}

// Hooks left on coroutines take themselves away when they next run.
void lh_clear_interrupt(lh_host *host) {
  __atomic_store_n(&host->interrupt, 0, __ATOMIC_SEQ_CST);
  host->grace_thread = NULL;
  host->grace_frame = NULL;
  lua_State *L = lh_running(host);
  if (host->main == NULL) return;
  if (lua_gethook(L) == hook) lua_sethook(L, NULL, 0, 0);
  lh_switch(host, L);  // for an interrupt that came meanwhile
}

// MARK: A signal of the process

static lh_host *signal_host;

static void on_signal(int signal) {
  (void)signal;
  lh_host *host = __atomic_load_n(&signal_host, __ATOMIC_SEQ_CST);
  if (host != NULL) lh_interrupt(host, LH_INTERRUPTED);
}

void lh_take_signal(lh_host *host, int signal) {
  __atomic_store_n(&signal_host, host, __ATOMIC_SEQ_CST);
  struct sigaction action = {.sa_handler = host == NULL ? SIG_DFL : on_signal, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, NULL);
}

// MARK: Coroutines

static lua_State *coroutine_argument(lua_State *L) {
  lua_State *co = lua_tothread(L, 1);
  luaL_argexpected(L, co != NULL, 1, "coroutine");
  return co;
}

// The count of results, which are on L, or -1 with the error value there.
static int resume(lua_State *L, lh_host *host, lua_State *co, int arguments) {
  if (!lua_checkstack(co, arguments)) {
    lua_pushliteral(L, "too many arguments to resume");
    return -1;
  }
  lua_xmove(L, co, arguments);
  int results;
  lh_switch(host, co);
  int status = lua_resume(co, L, arguments, &results);
  lh_switch(host, L);
  if (status == LUA_OK || status == LUA_YIELD) {
    if (!lua_checkstack(L, results + 1)) {
      lua_settop(co, -results - 1);
      lua_pushliteral(L, "too many results to resume");
      return -1;
    }
    lua_xmove(co, L, results);
    return results;
  }
  lua_xmove(co, L, 1);
  return -1;
}

static int coroutine_resume(lua_State *L) {
  lh_host *host = lua_touserdata(L, lua_upvalueindex(1));
  lua_State *co = coroutine_argument(L);
  int results = resume(L, host, co, lua_gettop(L) - 1);
  lua_pushboolean(L, results >= 0);
  int moved = results < 0 ? 1 : results;
  lua_insert(L, -moved - 1);
  return moved + 1;
}

static int close_coroutine(lua_State *L, lh_host *host, lua_State *co) {
  lh_switch(host, co);
  int status = lua_resetthread(co);
  lh_switch(host, L);
  return status;
}

// As Lua's own, except that the error of the coroutine is passed on as it is: it names its position already.
static int call_wrapped(lua_State *L) {
  lh_host *host = lua_touserdata(L, lua_upvalueindex(1));
  lua_State *co = lua_tothread(L, lua_upvalueindex(2));
  int results = resume(L, host, co, lua_gettop(L));
  if (results >= 0) return results;
  int status = lua_status(co);
  if (status != LUA_OK && status != LUA_YIELD) {
    lua_pushvalue(L, -1);
    lua_xmove(L, co, 1);  // the closers see the error, and may put another in its place
    close_coroutine(L, host, co);
    lua_xmove(co, L, 1);
  }
  lh_pass_on(L, host);
  return lua_error(L);
}

static int coroutine_wrap(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_State *co = lua_newthread(L);
  lua_pushvalue(L, 1);
  lua_xmove(L, co, 1);
  lua_pushcclosure(L, call_wrapped, 2);
  return 1;
}

static int coroutine_close(lua_State *L) {
  lh_host *host = lua_touserdata(L, lua_upvalueindex(1));
  lua_State *co = coroutine_argument(L);
  lua_Debug frame;
  bool suspended = lua_status(co) == LUA_YIELD;
  bool dead = lua_status(co) != LUA_OK && !suspended;
  // With status OK a coroutine that has frames is running or waiting for another one.
  if (co == L || (!suspended && !dead && lua_getstack(co, 0, &frame))) {
    return luaL_error(L, "cannot close a %s coroutine", co == L ? "running" : "normal");
  }
  int status = close_coroutine(L, host, co);
  lua_pushboolean(L, status == LUA_OK);
  if (status == LUA_OK) return 1;
  lua_xmove(co, L, 1);
  return 2;
}

// MARK: xpcall

// An interrupt raised in a hook runs the message handler with hooks off: a handler that never ends could not be
// stopped, so it is not called.
static int guarded_handler(lua_State *L) {
  lh_host *host = lua_touserdata(L, lua_upvalueindex(1));
  if (lh_interrupted(host) != 0) return 1;
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, 1);
  return 1;
}

static int finish_xpcall(lua_State *L, int status, lua_KContext context) {
  (void)status, (void)context;
  return lua_gettop(L);
}

static int guarded_xpcall(lua_State *L) {
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushvalue(L, 2);
  lua_pushcclosure(L, guarded_handler, 2);
  lua_replace(L, 2);
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_insert(L, 1);
  lua_callk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, finish_xpcall);
  return lua_gettop(L);
}

void lh_install_threads(lua_State *L, lh_host *host) {
  lua_getglobal(L, "pcall");
  host->pcall = lua_tocfunction(L, -1);
  lua_getglobal(L, "xpcall");
  host->xpcall = lua_tocfunction(L, -1);
  lua_settop(L, -3);
  static const luaL_Reg replaced[] = {
    {"resume", coroutine_resume}, {"wrap", coroutine_wrap}, {"close", coroutine_close}, {NULL, NULL},
  };
  lua_getglobal(L, LUA_COLIBNAME);
  lua_pushlightuserdata(L, host);
  luaL_setfuncs(L, replaced, 1);
  lua_settop(L, -2);
  lua_pushlightuserdata(L, host);
  lua_getglobal(L, "xpcall");
  lua_pushcclosure(L, guarded_xpcall, 2);
  lua_setglobal(L, "xpcall");
}

// MARK: Time limits

struct lh_watchdog {
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  struct timespec deadline;
  bool armed, ending;
  lh_host *host;
};

static void *watch(void *context) {
  lh_watchdog *w = context;
  pthread_mutex_lock(&w->mutex);
  while (!w->ending) {
    if (!w->armed) {
      pthread_cond_wait(&w->changed, &w->mutex);
    } else if (pthread_cond_timedwait(&w->changed, &w->mutex, &w->deadline) != 0 && w->armed) {
      struct timespec now;
      clock_gettime(CLOCK_MONOTONIC, &now);
      bool due = now.tv_sec > w->deadline.tv_sec || (now.tv_sec == w->deadline.tv_sec && now.tv_nsec >= w->deadline.tv_nsec);
      if (due) {
        w->armed = false;
        lh_interrupt(w->host, LH_TIME_LIMIT);
      }
    }
  }
  pthread_mutex_unlock(&w->mutex);
  return NULL;
}

static lh_watchdog *new_watchdog(lh_host *host) {
  lh_watchdog *w = calloc(1, sizeof *w);
  if (w == NULL) return NULL;
  w->host = host;
  pthread_mutex_init(&w->mutex, NULL);
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&w->changed, &attributes);
  pthread_condattr_destroy(&attributes);
  // The process's signals stay with the threads that expect them.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int failed = pthread_create(&w->thread, NULL, watch, w);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (!failed) return w;
  pthread_cond_destroy(&w->changed);
  pthread_mutex_destroy(&w->mutex);
  free(w);
  return NULL;
}

bool lh_arm_watchdog(lh_host *host, double seconds) {
  if (host->watchdog == NULL) host->watchdog = new_watchdog(host);
  lh_watchdog *w = host->watchdog;
  if (w == NULL) return false;
  if (seconds > 1e9) seconds = 1e9;
  pthread_mutex_lock(&w->mutex);
  clock_gettime(CLOCK_MONOTONIC, &w->deadline);
  w->deadline.tv_sec += (time_t)seconds;
  w->deadline.tv_nsec += (long)((seconds - (double)(time_t)seconds) * 1e9);
  if (w->deadline.tv_nsec >= 1000000000) {
    w->deadline.tv_sec += 1;
    w->deadline.tv_nsec -= 1000000000;
  }
  w->armed = true;
  pthread_cond_signal(&w->changed);
  pthread_mutex_unlock(&w->mutex);
  return true;
}

void lh_disarm_watchdog(lh_host *host) {
  lh_watchdog *w = host->watchdog;
  if (w == NULL) return;
  pthread_mutex_lock(&w->mutex);
  w->armed = false;
  pthread_mutex_unlock(&w->mutex);
}

void lh_watchdog_free(lh_watchdog *w) {
  pthread_mutex_lock(&w->mutex);
  w->ending = true;
  pthread_cond_signal(&w->changed);
  pthread_mutex_unlock(&w->mutex);
  pthread_join(w->thread, NULL);
  pthread_cond_destroy(&w->changed);
  pthread_mutex_destroy(&w->mutex);
  free(w);
}

// The allocator of owned states: size-class free lists for small blocks, malloc for the rest. It sees every free with
// the old size, which is where boxed Swift values are deinitialised: they need no finalizer, so they die in the sweep
// that finds them instead of surviving one cycle.

#include "internal.h"
#include <stdlib.h>
#include <string.h>

enum {
  GRANULE = 16,
  SMALL_LIMIT = 512,
  CLASSES = SMALL_LIMIT / GRANULE,
  CHUNK = 64 * 1024,
};

typedef struct free_block { struct free_block *next; } free_block;
typedef struct chunk { struct chunk *next; } chunk;

struct lh_pool {
  free_block *free[CLASSES];
  char *bump, *bump_end;  // the untouched rest of the newest chunk
  chunk *chunks;
  size_t bytes, limit;
  int64_t until_failure, failures;
  lh_host *host;
  size_t box_block_size;     // the size of a block whose userdata is a box
  ptrdiff_t box_offset;      // from the start of that block to the lh_box
  void *last_block;          // the newest block and its size, for the measurement of the two above
  size_t last_size;
};

static inline int class_of(size_t size) { return (int)((size + GRANULE - 1) / GRANULE) - 1; }

lh_pool *lh_pool_new(void) { return calloc(1, sizeof(lh_pool)); }

void lh_pool_free(lh_pool *pool) {
  for (chunk *c = pool->chunks; c != NULL;) {
    chunk *next = c->next;
    free(c);
    c = next;
  }
  free(pool);
}

// The layout of a userdata differs between releases of Lua 5.4, so it is measured: the block is the last one the
// allocator gave, the box is where Lua says the userdata is.
void lh_pool_watch(lh_pool *pool, lh_host *host, lua_State *L) {
  lua_gc(L, LUA_GCSTOP);
  char *box = lua_newuserdatauv(L, sizeof(lh_box), 0);
  pool->box_offset = box - (char *)pool->last_block;
  pool->box_block_size = pool->last_size;
  ((lh_box *)box)->seal = 0;
  lua_settop(L, -2);
  lua_gc(L, LUA_GCRESTART);
  pool->host = host;
}

static void *take_small(lh_pool *pool, size_t size) {
  int k = class_of(size);
  free_block *block = pool->free[k];
  if (__builtin_expect(block != NULL, 1)) {
    pool->free[k] = block->next;
    return block;
  }
  size_t rounded = (size_t)(k + 1) * GRANULE;
  if ((size_t)(pool->bump_end - pool->bump) < rounded) {
    // What is left of the old chunk goes to the free list of its size: every remainder is a multiple of the granule.
    size_t rest = (size_t)(pool->bump_end - pool->bump);
    chunk *c = aligned_alloc(GRANULE, CHUNK);
    if (c == NULL) return NULL;
    if (rest >= GRANULE) {
      free_block *remainder = (free_block *)pool->bump;
      int r = class_of(rest);
      remainder->next = pool->free[r];
      pool->free[r] = remainder;
    }
    c->next = pool->chunks;
    pool->chunks = c;
    pool->bump = (char *)c + GRANULE;
    pool->bump_end = (char *)c + CHUNK;
  }
  char *fresh = pool->bump;
  pool->bump += rounded;
  return fresh;
}

static inline void give_small(lh_pool *pool, void *block, size_t size) {
  int k = class_of(size);
  ((free_block *)block)->next = pool->free[k];
  pool->free[k] = block;
}

static bool refuses(lh_pool *pool, size_t growth) {
  if (__builtin_expect(pool->until_failure > 0, 0) && --pool->until_failure == 0) {
    if (--pool->failures > 0) pool->until_failure = 1;
    return true;
  }
  return pool->limit != 0 && pool->bytes + growth > pool->limit;
}

static void release(lh_pool *pool, void *block, size_t size) {
  // lh_interrupt on another thread may be walking call frames or a coroutine: nothing goes back until it is done.
  while (__builtin_expect(pool->host != NULL && __atomic_load_n(&pool->host->interrupting, __ATOMIC_SEQ_CST) != 0, 0)) {}
  if (size == pool->box_block_size) {
    lh_box *box = (lh_box *)((char *)block + pool->box_offset);
    if (box->seal == (pool->host->key ^ (uintptr_t)box)) lh_destroy(box);
  }
  pool->bytes -= size;
  if (size <= SMALL_LIMIT) {
    give_small(pool, block, size);
  } else {
    free(block);
  }
}

static void *resize(lh_pool *pool, void *block, size_t old_size, size_t new_size) {
  if (old_size > SMALL_LIMIT && new_size > SMALL_LIMIT) {
    void *moved = realloc(block, new_size);
    // Lua relies on shrinking never failing; the old block serves as well.
    return moved == NULL && new_size < old_size ? block : moved;
  }
  if (old_size <= SMALL_LIMIT && new_size <= SMALL_LIMIT && class_of(old_size) == class_of(new_size)) return block;
  void *moved = new_size <= SMALL_LIMIT ? take_small(pool, new_size) : malloc(new_size);
  if (moved == NULL) return new_size < old_size ? block : NULL;
  memcpy(moved, block, old_size < new_size ? old_size : new_size);
  if (old_size <= SMALL_LIMIT) {
    give_small(pool, block, old_size);
  } else {
    free(block);
  }
  return moved;
}

void *lh_pool_allocate(void *context, void *block, size_t old_size, size_t new_size) {
  lh_pool *pool = context;
  if (new_size == 0) {
    if (block != NULL && old_size != 0) release(pool, block, old_size);
    return NULL;
  }
  if (block == NULL) {
    if (refuses(pool, new_size)) return NULL;
    void *fresh = new_size <= SMALL_LIMIT ? take_small(pool, new_size) : malloc(new_size);
    if (fresh == NULL) return NULL;
    pool->bytes += new_size;
    pool->last_block = fresh;
    pool->last_size = new_size;
    return fresh;
  }
  if (new_size > old_size && refuses(pool, new_size - old_size)) return NULL;
  void *moved = resize(pool, block, old_size, new_size);
  if (moved != NULL) pool->bytes = pool->bytes - old_size + new_size;
  return moved;
}

size_t lh_heap_bytes(const lh_host *host) { return host->pool == NULL ? 0 : host->pool->bytes; }

void lh_set_heap_limit(lh_host *host, size_t bytes) {
  if (host->pool != NULL) host->pool->limit = bytes;
}

void lh_fail_allocations(lh_host *host, int64_t first, int64_t count) {
  if (host->pool == NULL) return;
  host->pool->until_failure = first;
  host->pool->failures = count;
}

int64_t lh_allocations_until_failure(const lh_host *host) { return host->pool == NULL ? 0 : host->pool->until_failure; }

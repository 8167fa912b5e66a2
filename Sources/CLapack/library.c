// Opening the library and finding its routines.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "routines.h"

// Sets a variable, or removes it when value is NULL, and returns what stood there (to be freed, NULL if it was not set).
static char *exchange_environment(const char *name, const char *value) {
  const char *current = getenv(name);
  char *saved = current ? strdup(current) : NULL;
  if (value)
    setenv(name, value, 1);
  else
    unsetenv(name);
  return saved;
}

static void restore_environment(const char *name, char *saved) {
  free(exchange_environment(name, saved));
  free(saved);
}

static void *open_with_one_thread(const char *name) {
  char *threads = exchange_environment("OPENBLAS_NUM_THREADS", "1");
  char *core = exchange_environment("OPENBLAS_CORETYPE", getenv("EBBTIDE_BLAS_CORE"));
  void *handle = dlopen(name, RTLD_LAZY | RTLD_LOCAL);
  restore_environment("OPENBLAS_CORETYPE", core);
  restore_environment("OPENBLAS_NUM_THREADS", threads);
  return handle;
}

static bool find_routines(ebb_lapack *library, void *handle) {
  bool found = true;
#define FIND(name, T, arguments)                                                                                     \
  *(void **)&library->LETTER.name = dlsym(handle, LETTER_STRING #name "_");                                          \
  found = found && library->LETTER.name;
#define LETTER s
#define LETTER_STRING "s"
  EBB_LAPACK_ROUTINES(FIND, float)
#undef LETTER
#undef LETTER_STRING
#define LETTER d
#define LETTER_STRING "d"
  EBB_LAPACK_ROUTINES(FIND, double)
#undef LETTER
#undef LETTER_STRING
#undef FIND
  return found;
}

const ebb_lapack *ebb_lapack_open(const char *const *names, int32_t count) {
  for (int32_t i = 0; i < count; i++) {
    void *handle = open_with_one_thread(names[i]);
    if (!handle) continue;
    ebb_lapack *library = calloc(1, sizeof *library);
    if (library && find_routines(library, handle)) {
      library->name = strdup(names[i]);
      const char *(*core)(void) = (const char *(*)(void))dlsym(handle, "openblas_get_corename");
      library->core = core ? core() : NULL;
      return library;
    }
    free(library);
    dlclose(handle);
  }
  return NULL;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const ebb_lapack *shared;

static void open_shared(void) {
  static const char *const names[] = {"libopenblas.so.0", "liblapack.so.3"};
  shared = ebb_lapack_open(names, 2);
}

const ebb_lapack *ebb_lapack_shared(void) {
  pthread_once(&once, open_shared);
  return shared;
}

const char *ebb_lapack_name(const ebb_lapack *library) { return library->name; }
const char *ebb_lapack_core(const ebb_lapack *library) { return library->core; }

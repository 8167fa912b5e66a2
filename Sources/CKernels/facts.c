// Which of the compiled clones this machine runs; the order is the one in which the loader prefers them.
#include "ckernels.h"

const char *ebb_isa(void) {
#if defined __x86_64__
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f")) return "avx512f";
  if (__builtin_cpu_supports("avx2")) return "avx2";
#endif
  return "default";
}

// The Fortran routines in use and the table that holds their addresses. Fortran passes everything by reference and the length of
// every character argument by value at the end.
#ifndef CLAPACK_ROUTINES_H
#define CLAPACK_ROUTINES_H
#include <stddef.h>

#include "CLapack.h"

// ROUTINE(name, arguments): T is float for the s routine and double for the d routine.
#define EBB_LAPACK_ROUTINES(ROUTINE, T)                                                                                      \
  ROUTINE(syevd, T, (const char *, const char *, const int *, T *, const int *, T *, T *, const int *, int *, const int *,    \
                     int *, size_t, size_t))                                                                                 \
  ROUTINE(gesdd, T, (const char *, const int *, const int *, T *, const int *, T *, T *, const int *, T *, const int *, T *,  \
                     const int *, int *, int *, size_t))                                                                     \
  ROUTINE(gelqf, T, (const int *, const int *, T *, const int *, T *, T *, const int *, int *))                              \
  ROUTINE(orglq, T, (const int *, const int *, const int *, T *, const int *, const T *, T *, const int *, int *))           \
  ROUTINE(potrf, T, (const char *, const int *, T *, const int *, int *, size_t))                                            \
  ROUTINE(getrf, T, (const int *, const int *, T *, const int *, int *, int *))                                              \
  ROUTINE(getrs, T, (const char *, const int *, const int *, const T *, const int *, const int *, T *, const int *, int *,   \
                     size_t))                                                                                                \
  ROUTINE(getri, T, (const int *, T *, const int *, const int *, T *, const int *, int *))                                   \
  ROUTINE(trtrs, T, (const char *, const char *, const char *, const int *, const int *, const T *, const int *, T *,        \
                     const int *, int *, size_t, size_t, size_t))                                                            \
  ROUTINE(gelsd, T, (const int *, const int *, const int *, T *, const int *, T *, const int *, T *, const T *, int *, T *,  \
                     const int *, int *, int *))

#define EBB_LAPACK_FIELD(name, T, arguments) void(*name) arguments;
typedef struct lapack_f32 {
  EBB_LAPACK_ROUTINES(EBB_LAPACK_FIELD, float)
} lapack_f32;
typedef struct lapack_f64 {
  EBB_LAPACK_ROUTINES(EBB_LAPACK_FIELD, double)
} lapack_f64;
#undef EBB_LAPACK_FIELD

struct ebb_lapack {
  const char *name;
  const char *core;
  lapack_f32 s;
  lapack_f64 d;
};

#endif

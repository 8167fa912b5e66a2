// How every vector loop of this target is compiled: once for each instruction set, chosen when the program is loaded.
// Contraction to FMA is off in every file that includes this, so that a loop's vector body, its tail and every clone do the
// same arithmetic.
#ifndef EBB_CLONES_H
#define EBB_CLONES_H
#pragma clang fp contract(off)

#define EBB_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#define EBB_INLINE static inline __attribute__((always_inline))

// In front of a loop whose iterations touch only their own elements: operands may then be the result itself (in-place work),
// but must not overlap it in any other way. One vector at a time: more would leave arrays of a dozen elements to the scalar tail.
#define EBB_ELEMENTWISE _Pragma("clang loop vectorize(assume_safety) interleave_count(1)")

// Two vectors at a time, for bodies whose long chains of dependent operations would otherwise leave the processor waiting.
#define EBB_ELEMENTWISE_TWICE _Pragma("clang loop vectorize(assume_safety) interleave_count(2)")
enum { EBB_TWO_VECTORS = 32 };  // elements of the shortest array for which that form is worth entering

#endif

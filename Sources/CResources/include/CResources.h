// Files that travel inside the program: Lua chunks, annotations and the data sample. Everything returned lives as long as the
// program and is never written.
#ifndef CRESOURCES_H
#define CRESOURCES_H
#include <stddef.h>

typedef struct ebb_resource {
  const char *_Nullable name;             // NULL: there is no such resource
  const unsigned char *_Nullable bytes;  // followed by a zero byte that `size` does not count
  size_t size;
} ebb_resource;

// The resource at a place in the list, counted from 0; past the end one without a name.
ebb_resource ebb_resource_at(size_t place);

// The resource with this name, such as "annotations/ebbtide.lua"; otherwise one without a name.
ebb_resource ebb_resource_named(const char *_Nonnull name);

#endif

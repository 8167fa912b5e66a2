// Embeds the files of resources.def with C23's #embed, which Clang takes in older dialects too.
#include "CResources.h"

#include <string.h>

#pragma clang diagnostic ignored "-Wc23-extensions"

// A directive can't stand in a macro, so each entry of the list is a pair of macros around it: a branch with its own constant.
#define RESOURCE(text)                       \
  if (place-- == 0) {                        \
    static const char name[] = text;         \
    static const unsigned char bytes[] = {
#define END                                                     \
      , 0};                                                     \
    return (ebb_resource){name, bytes, sizeof bytes - 1};       \
  }

ebb_resource ebb_resource_at(size_t place) {
#include "resources.def"
  return (ebb_resource){0};
}

ebb_resource ebb_resource_named(const char *name) {
  for (size_t place = 0;; place++) {
    ebb_resource found = ebb_resource_at(place);
    if (!found.name || strcmp(found.name, name) == 0) return found;
  }
}

// The C entry of the loadable module; nothing to call from Swift.
#ifndef CMODULE_H
#define CMODULE_H
#endif

// Facts about terminal, locale and standard output that C has as macros or variables.

#include "CReadline.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

int ebb_terminal_columns(int descriptor) {
  struct winsize size;
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

int ebb_terminal_rows(int descriptor) {
  struct winsize size;
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

void ebb_set_character_locale(void) { setlocale(LC_CTYPE, ""); }

bool ebb_is_utf8(void) { return strcmp(nl_langinfo(CODESET), "UTF-8") == 0; }

bool ebb_flush_output(bool *closed) {
  errno = 0;
  bool failed = fflush(stdout) != 0 || ferror(stdout) != 0;
  *closed = failed && (errno == EPIPE || errno == EBADF);
  return !failed;
}

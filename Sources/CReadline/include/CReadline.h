// GNU readline for a prompt, behind a few functions: one line or block at a time, completion by a callback, a history
// file that several sessions may append to. Everything that touches readline's variables is in CReadline.c. Only the
// executable links this, since readline is under the GPL-3.

#ifndef CREADLINE_H
#define CREADLINE_H

#include <stdbool.h>
#include <stddef.h>

#pragma clang assume_nonnull begin

/// Collects what Tab offers; valid during the callback.
typedef struct ebb_candidates ebb_candidates;

typedef struct ebb_line_callbacks {
  void *_Nullable context;
  /// Whether Enter ends the text. Otherwise a line break is put in.
  bool (*is_complete)(void *_Nullable context, const char *text);
  /// Whether SIGINT has come since the line began.
  bool (*is_interrupted)(void *_Nullable context);
  /// Calls ebb_complete_from and ebb_add_candidate for the word before `point`.
  void (*complete)(void *_Nullable context, const char *text, size_t point, ebb_candidates *candidates);
} ebb_line_callbacks;

/// Says where in the text the completed word starts, in bytes.
void ebb_complete_from(ebb_candidates *candidates, size_t start);
/// Adds a candidate: what replaces the word, what a list shows, and what stands beside it there.
void ebb_add_candidate(ebb_candidates *candidates, const char *text, const char *label, const char *detail);

/// Once, before the first line. `setlocale(LC_CTYPE, "")` must have been called.
void ebb_line_start(const ebb_line_callbacks *callbacks);

enum { EBB_LINE = 0, EBB_END_OF_FILE = 1, EBB_LINE_INTERRUPTED = 2 };

/// Reads a line or block. The text is malloc'ed and given with EBB_LINE only.
int ebb_read_line(const char *prompt, char *_Nullable *_Nonnull text);

/// Reads a history file, oldest first, keeping the last of equal entries and at most `limit` of them, and appends to
/// it from now on. Null: there is no file, history lasts as long as the program.
void ebb_history_open(const char *_Nullable path, int limit);
/// Adds an entry to history and file unless it is equal to the last one.
void ebb_history_add(const char *text);
/// How many entries there are.
int ebb_history_count(void);

/// The version of the library.
const char *ebb_readline_version(void);

/// Columns of the terminal on a descriptor, or 0.
int ebb_terminal_columns(int descriptor);
int ebb_terminal_rows(int descriptor);

/// Characters by the user's locale, everything else as in C: a German decimal comma would break Lua's numbers.
void ebb_set_character_locale(void);
/// Whether that locale's characters are UTF-8.
bool ebb_is_utf8(void);

/// Writes all of standard output's buffer. False: it could not be written, `*closed` says that nobody reads it.
bool ebb_flush_output(bool *closed);

#pragma clang assume_nonnull end

#endif

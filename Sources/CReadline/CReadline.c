// Reading a line: the keys this prompt adds to readline's own, interrupts and completion. A key that the user's
// inputrc has given another meaning keeps that meaning.

#include "CReadline.h"

#include <readline/history.h>
#include <readline/readline.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ebb_line_callbacks callbacks;
static bool was_interrupted;

// MARK: Keys

static int accept_or_extend(int count, int key) {
  if (was_interrupted || callbacks.is_complete(callbacks.context, rl_line_buffer)) return rl_newline(count, key);
  rl_insert_text("\n");
  return 0;
}

static int line_start(int from) {
  while (from > 0 && rl_line_buffer[from - 1] != '\n') from--;
  return from;
}

static int line_end(int from) {
  while (from < rl_end && rl_line_buffer[from] != '\n') from++;
  return from;
}

// In a block the keys for a line act on the line of the cursor. Moves to the same column of the line that starts at `start`.
static int move_to(int start, int column) {
  int end = line_end(start);
  rl_point = start + column < end ? start + column : end;
  return 0;
}

static rl_command_func_t up, down;

// The search for entries that begin like the text before the cursor goes on while the same keys are pressed.
static void continue_search(rl_command_func_t *search) {
  if (rl_last_func == up || rl_last_func == down) rl_last_func = search;
}

static int up(int count, int key) {
  bool browsing = rl_last_func == up || rl_last_func == down;
  int start = line_start(rl_point);
  if (start > 0 && !browsing) {
    int before = line_start(start - 1);
    return move_to(before, rl_point - start);
  }
  continue_search(rl_history_search_backward);
  return rl_history_search_backward(count, key);
}

static int down(int count, int key) {
  bool browsing = rl_last_func == up || rl_last_func == down;
  int end = line_end(rl_point);
  if (end < rl_end && !browsing) return move_to(end + 1, rl_point - line_start(rl_point));
  continue_search(rl_history_search_forward);
  return rl_history_search_forward(count, key);
}

static int to_line_start(int count, int key) {
  (void)count, (void)key;
  rl_point = line_start(rl_point);
  return 0;
}

static int to_line_end(int count, int key) {
  (void)count, (void)key;
  rl_point = line_end(rl_point);
  return 0;
}

static void rebind(const char *keys, Keymap map, rl_command_func_t *standard, rl_command_func_t *ours) {
  int type = 0;
  rl_command_func_t *bound = rl_function_of_keyseq_len(keys, strlen(keys), map, &type);
  if (type == ISFUNC && bound == standard) rl_generic_bind(ISFUNC, keys, (char *)ours, map);
}

static void bind_keys(void) {
  static const char *const maps[] = {"emacs-standard", "vi-insert", "vi-move"};
  for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
    Keymap map = rl_get_keymap_by_name(maps[i]);
    if (map == NULL) continue;
    rebind("\r", map, rl_newline, accept_or_extend);
    rebind("\n", map, rl_newline, accept_or_extend);
    static const char *const starts[] = {"\001", "\033[H", "\033OH"}, *const ends[] = {"\005", "\033[F", "\033OF"};
    for (int j = 0; j < 3; j++) {
      rebind(starts[j], map, rl_beg_of_line, to_line_start);
      rebind(ends[j], map, rl_end_of_line, to_line_end);
    }
    static const char *const ups[] = {"\033[A", "\033OA"}, *const downs[] = {"\033[B", "\033OB"};
    for (int j = 0; j < 2; j++) {
      rebind(ups[j], map, rl_get_previous_history, up);
      rebind(downs[j], map, rl_get_next_history, down);
    }
  }
}

// MARK: Interrupts

// Called some twenty times a second while readline waits. The signal's own handler only raises a flag.
static int look_for_interrupt(void) {
  if (was_interrupted || !callbacks.is_interrupted(callbacks.context)) return 0;
  was_interrupted = true;
  rl_done = 1;
  return 0;
}

// MARK: Completion

struct ebb_candidates {
  size_t start, count, capacity;
  struct candidate { char *text, *label, *detail; } *list;
};

static ebb_candidates offered;

void ebb_complete_from(ebb_candidates *candidates, size_t start) { candidates->start = start; }

void ebb_add_candidate(ebb_candidates *candidates, const char *text, const char *label, const char *detail) {
  if (candidates->count == candidates->capacity) {
    size_t capacity = candidates->capacity == 0 ? 64 : candidates->capacity * 2;
    struct candidate *larger = realloc(candidates->list, capacity * sizeof *larger);
    if (larger == NULL) return;
    candidates->list = larger;
    candidates->capacity = capacity;
  }
  struct candidate added = {strdup(text), strdup(label), strdup(detail)};
  if (added.text != NULL && added.label != NULL && added.detail != NULL) candidates->list[candidates->count++] = added;
}

static void forget_candidates(void) {
  for (size_t i = 0; i < offered.count; i++) {
    free(offered.list[i].text);
    free(offered.list[i].label);
    free(offered.list[i].detail);
  }
  offered.count = 0;
}

// readline replaces the text from its own idea of a word's start: what lies between the two ideas is cut or put before.
static char *replacement(const char *text, size_t start) {
  if (offered.start < start) {
    size_t cut = start - offered.start;
    return strdup(strlen(text) < cut ? "" : text + cut);
  }
  size_t extra = offered.start - start;
  char *whole = malloc(extra + strlen(text) + 1);
  if (whole == NULL) return NULL;
  memcpy(whole, rl_line_buffer + start, extra);
  strcpy(whole + extra, text);
  return whole;
}

static char **complete(const char *word, int start, int end) {
  (void)word;
  rl_attempted_completion_over = 1;  // no file names of readline's own
  rl_completion_append_character = '\0';
  rl_sort_completion_matches = 0;
  forget_candidates();
  offered.start = (size_t)start;
  callbacks.complete(callbacks.context, rl_line_buffer, (size_t)end, &offered);
  if (offered.count == 0) return NULL;
  char **matches = calloc(offered.count + 2, sizeof *matches);
  if (matches == NULL) return NULL;
  // The first is what all have in common, never less than a whole character.
  size_t common = strlen(offered.list[0].text);
  for (size_t i = 0; i < offered.count; i++) {
    const char *text = offered.list[i].text;
    size_t same = 0;
    while (same < common && text[same] == offered.list[0].text[same]) same++;
    common = same;
    matches[i + 1] = replacement(text, (size_t)start);
  }
  while (common > 0 && (offered.list[0].text[common] & 0xC0) == 0x80) common--;
  char *shared = strndup(offered.list[0].text, common);
  matches[0] = shared == NULL ? NULL : replacement(shared, (size_t)start);
  free(shared);
  for (size_t i = 0; i <= offered.count; i++) {
    if (matches[i] == NULL) return NULL;
  }
  if (offered.count == 1) {
    free(matches[1]);
    matches[1] = NULL;
  }
  return matches;
}

// Candidates with details stand one a line, others in readline's columns.
static void display(char **matches, int count, int longest) {
  (void)matches, (void)longest;
  bool detailed = false;
  int width = 0;
  for (size_t i = 0; i < offered.count; i++) {
    detailed = detailed || offered.list[i].detail[0] != 0;
    int length = (int)strlen(offered.list[i].label);
    if (length > width) width = length;
  }
  if (!detailed) {
    char **labels = calloc(offered.count + 2, sizeof *labels);
    if (labels == NULL) return;
    labels[0] = "";
    for (size_t i = 0; i < offered.count; i++) labels[i + 1] = offered.list[i].label;
    rl_display_match_list(labels, count, width);
    free(labels);
  } else {
    rl_crlf();
    for (size_t i = 0; i < offered.count; i++) {
      fprintf(rl_outstream, "  %-*s  %s\n", width, offered.list[i].label, offered.list[i].detail);
    }
  }
  rl_forced_update_display();
}

// MARK: Lines

void ebb_line_start(const ebb_line_callbacks *given) {
  callbacks = *given;
  rl_readline_name = "ebbtide";
  rl_attempted_completion_function = complete;
  rl_completion_display_matches_hook = display;
  rl_completer_word_break_characters = " \t\n\"\\'`@$><=;|&{(,.:[]})+-*/%^~#";
  rl_completer_quote_characters = "";
  rl_basic_quote_characters = "";  // or it would close quotes that the candidates close
  rl_event_hook = look_for_interrupt;
  rl_set_keyboard_input_timeout(50000);
  rl_initialize();
  bind_keys();
}

int ebb_read_line(const char *prompt, char **text) {
  was_interrupted = false;
  char *line = readline(prompt);
  if (was_interrupted) {
    free(line);
    return EBB_LINE_INTERRUPTED;
  }
  *text = line;
  // With bracketed paste readline ends the line itself.
  const char *pastes = rl_variable_value("enable-bracketed-paste");
  if (line == NULL && (pastes == NULL || strcmp(pastes, "on") != 0)) rl_crlf();
  return line == NULL ? EBB_END_OF_FILE : EBB_LINE;
}

const char *ebb_readline_version(void) { return rl_library_version; }

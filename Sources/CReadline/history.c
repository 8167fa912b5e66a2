// The history file: entries with time stamps, so that a block of several lines comes back as one. Each entry is
// appended as it is entered, so that sessions side by side don't overwrite each other.

#include "CReadline.h"

#include <fcntl.h>
#include <stdio.h>
#include <readline/history.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *file;

// MARK: Equal entries

typedef struct { const char *text; int place; } entry;

static int by_text_then_place(const void *a, const void *b) {
  const entry *x = a, *y = b;
  int order = strcmp(x->text, y->text);
  return order != 0 ? order : x->place - y->place;
}

static int by_place_descending(const void *a, const void *b) { return ((const entry *)b)->place - ((const entry *)a)->place; }

static void drop(int place) {
  HIST_ENTRY *removed = remove_history(place);
  if (removed != NULL) free_history_entry(removed);
}

// Of equal entries the last stays. Answers how many went.
static int drop_duplicates(void) {
  HIST_ENTRY **list = history_list();
  int count = history_length, dropped = 0;
  entry *entries = count > 0 ? malloc((size_t)count * sizeof *entries) : NULL;
  if (list == NULL || entries == NULL) return 0;
  for (int i = 0; i < count; i++) entries[i] = (entry){list[i]->line, i};
  qsort(entries, (size_t)count, sizeof *entries, by_text_then_place);
  for (int i = 0; i + 1 < count; i++) {
    if (strcmp(entries[i].text, entries[i + 1].text) == 0) entries[dropped++] = entries[i];
  }
  // From the end, so that the places of the others stay right.
  qsort(entries, (size_t)dropped, sizeof *entries, by_place_descending);
  for (int i = 0; i < dropped; i++) drop(entries[i].place);
  free(entries);
  return dropped;
}

// MARK: The file

// Puts the entries in memory in the file's place, under a temporary name first.
static void rewrite(void) {
  size_t length = strlen(file);
  char *temporary = malloc(length + 5);
  if (temporary == NULL) return;
  memcpy(temporary, file, length);
  strcpy(temporary + length, ".new");
  if (write_history(temporary) == 0 && chmod(temporary, 0600) == 0) rename(temporary, file);
  unlink(temporary);
  free(temporary);
}

void ebb_history_open(const char *path, int limit) {
  using_history();
  history_write_timestamps = 1;
  history_comment_char = '#';
  if (path == NULL) return;
  int descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor < 0) return;
  fchmod(descriptor, 0600);
  close(descriptor);
  file = strdup(path);
  read_history(path);
  int dropped = drop_duplicates();
  while (history_length > limit) {
    drop(0);
    dropped++;
  }
  if (dropped > limit) rewrite();
  using_history();
}

void ebb_history_add(const char *text) {
  HIST_ENTRY *last = history_length > 0 ? history_get(history_base + history_length - 1) : NULL;
  if (last != NULL && strcmp(last->line, text) == 0) return;
  HIST_ENTRY **list = history_list();
  for (int i = 0; list != NULL && i < history_length; i++) {
    if (strcmp(list[i]->line, text) == 0) {
      drop(i);
      break;
    }
  }
  add_history(text);
  if (file != NULL) append_history(1, file);
}

int ebb_history_count(void) { return history_length; }

/*
 * maildir_priv - what the files of maildir share.
 *
 * Owns:    struct place owns its strings.
 * Threads: disk thread only.
 * Errors:  as maildir.h.
 */
#ifndef STORE_MAILDIR_PRIV_H
#define STORE_MAILDIR_PRIV_H

#include "base/map.h"
#include "store/disk/maildir.h"

struct place {
	bool in_new;
	struct str name; /* the file name */
	struct str path;
};
void maildir_place_done(struct place *at);
void maildir_place_set(struct place *at, const char *dir, bool in_new, const char *name);

/* ":2," and the letters for flags, foreign capital letters of the former info ("": none), and the
 * letters a..z of keywords: bit 0 is a. */
void maildir_add_info(struct str *name, uint32_t flags, const char *former, uint32_t letters);
uint32_t maildir_letters_of(const char *name); /* a..z behind ":2," */

/* Calls fn on the file, again while other programs rename it under our hands. fn: 0, -1 with err,
 * or 1: it was not there. */
typedef int maildir_place_fn(void *ctx, struct place *at, struct err *err);
int maildir_with_message(
	const char *dir, const char *base, maildir_place_fn *fn, void *ctx, struct err *err);
/* The bases of all messages, as keys; NULL: it cannot be read. For those who remove many: not to
 * find a name takes reading the whole folder. */
struct map *maildir_bases(const char *dir);
/* One name only, and not durable before maildir_sync; maildir_bases tells who has another. */
int maildir_remove_name_later(const char *dir, const char *base, struct err *err);
bool maildir_same_dir(const char *a, const char *b);
int maildir_move_known(const char *dir, const char *base, const char *to_dir,
	const struct map *there, struct err *err); /* there: bases of to_dir; NULL: look there */
/* A second name in to_dir, not durable yet. */
int maildir_name_there(const char *dir, const char *base, const char *to_dir,
	const struct map *there, struct err *err);
bool maildir_is_in_both(const char *dir, const char *to_dir, const char *base);
int maildir_sync_sub(const char *dir, bool in_new, struct err *err);
/* Other letters a..z for a message, as change says of those it has. Not durable before
 * maildir_sync. */
int maildir_change_letters_later(const char *dir, const char *base,
	uint32_t (*change)(void *ctx, uint32_t letters), void *ctx, struct err *err);

/* maildir_keywords.c */
enum { MAILDIR_LETTERS = 26 };
struct keyword_table {
	struct str text;              /* the file as it is */
	uint32_t taken;               /* letters with a line */
	char *names[MAILDIR_LETTERS]; /* owned; NULL: none, or no keyword */
};
void maildir_keywords_done(struct keyword_table *t);
void maildir_keywords_parse(struct keyword_table *t); /* the text of an otherwise empty t */
/* Replaces t; a folder without the file has an empty table. */
int maildir_keywords_load(const char *dir, struct keyword_table *t, struct err *err);
uint32_t maildir_keywords_letters(
	const struct keyword_table *t, const char *words); /* known ones */
void maildir_keywords_words(const struct keyword_table *t, uint32_t letters, struct str *out);
/* Loads, and adds what is missing, durably; 1 with err: there is no room for all. */
int maildir_keywords_need(
	const char *dir, struct keyword_table *t, const char *words, struct err *err);
/* Letters in to_dir for words, or (words NULL) for what the letters mean in dir. What has no room
 * is left out. */
uint32_t maildir_letters_for(
	const char *dir, const char *to_dir, uint32_t letters, const char *words);

/* maildir_deliver.c */
void maildir_new_base(struct str *out, const char *tag, size_t size);
/* Writes bytes under tmp, durably, and gives them their name in cur or new. */
int maildir_store(const char *dir, const char *base, const struct place *to, const char *p,
	size_t len, struct err *err);

#endif

/*
 * conf - the command language: words, quotes, comments, blocks. The config file and the ':' prompt
 * speak it.
 *
 * Owns:    a parsed tree (struct conf_block) until conf_free.
 * Threads: any.
 * Errors:  collected, not stopped at: struct conf_errors holds every one with file, line and
 * column.
 *
 * A line is a command: words separated by blanks. "..." and '...' quote; in "..." a backslash makes
 * the next character plain (\n is a line end, \t a tab). A backslash outside quotes makes the next
 * character plain, at the end of a line it joins the next line. # at the start of a word begins a
 * comment. A line whose last word is a bare { opens a block of lines that ends with a line }. ';'
 * outside quotes ends a command like a line end.
 */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include "base/err.h"
#include "base/str.h"

struct conf_word {
	char *text;       /* unquoted, UTF-8 */
	int line, column; /* of its first character, from 1; column counts characters */
	size_t at, end;   /* bytes of the text that it was read from */
	bool quoted;
};

struct conf_line {
	struct conf_word *words; /* never empty */
	size_t n;
	struct conf_block *block; /* the { } block or NULL */
};

struct conf_block {
	struct conf_line *lines;
	size_t n, cap;
};

struct conf_error {
	int line, column;
	char *text;
};

struct conf_errors {
	char *file; /* name for messages */
	struct conf_error *v;
	size_t n, cap;
};

/* Never NULL: what could be read is returned, what could not is in errors. */
struct conf_block *conf_parse(const char *text, size_t len, struct conf_errors *errors);
void conf_free(struct conf_block *block);

void conf_error(struct conf_errors *errors, const struct conf_word *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void conf_error_at(struct conf_errors *errors, int line, int column, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void conf_errors_print(
	const struct conf_errors *errors, struct str *out); /* "file:line:column: text\n" each */
void conf_errors_done(struct conf_errors *errors);

/* Appends word quoted so that conf_parse reads it back as one word. */
void conf_quote(struct str *out, const char *word);

#endif

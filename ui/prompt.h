/*
 * prompt - one line of input at the bottom: commands, searches, fields, passwords, questions.
 *
 * Owns:    its text until prompt_close; a hidden one is overwritten before it is freed.
 * Threads: UI thread; needs no terminal.
 * Errors:  history_save's.
 *
 * A prompt is a state, not a loop: prompt_key says whether it goes on. Editing is Emacs'; Up and
 * Down walk the history of its kind, Tab completes.
 */
#ifndef UI_PROMPT_H
#define UI_PROMPT_H

#include "base/err.h"
#include "base/str.h"

struct history;

/* Of each kind the last lines, and how long one of them may be in bytes. */
enum { HISTORY_MAX = 500, HISTORY_LINE_MAX = 1000 };

enum history_kind {
	HISTORY_NONE,
	HISTORY_COMMAND,
	HISTORY_SEARCH,
	HISTORY_FOLDER,
	HISTORY_ADDRESS,
	HISTORY_PATH,
	HISTORY_PROGRAM, /* of the user's, that gets mail to read */
	HISTORY_KINDS
};

struct history *history_new(void);
void history_free(struct history *h);
void history_add(struct history *h, enum history_kind kind, const char *line);
/* back: 1 the latest. NULL: there is no more. */
const char *history_get(struct history *h, enum history_kind kind, size_t back);
/* The file is read when its lines are needed first; of a damaged one what is left. */
void history_load(struct history *h, const char *path);
/* Nothing is written when nothing was added. A file that could not be read is not written over:
 * the error says why. */
int history_save(const struct history *h, const char *path, struct err *err);

/*
 * Fills out with what the word before the cursor may become; returns where in line that word
 * starts. line is the text up to the cursor.
 */
typedef size_t prompt_complete_fn(void *ctx, const char *line, struct strv *out);

/* What a line holds at most, in bytes, and how many completions are offered. */
enum { PROMPT_TEXT_MAX = 32 * 1024, PROMPT_FOUND_MAX = 200 };

enum prompt_kind { PROMPT_LINE, PROMPT_PASSWORD, PROMPT_CHOICE };
enum prompt_result { PROMPT_MORE, PROMPT_DONE, PROMPT_CANCELLED };

struct prompt {
	bool active;
	enum prompt_kind kind;
	char *label;
	char *choices; /* PROMPT_CHOICE: what may be answered, the first is what Enter means */
	struct strv letters; /* the keys for that, by the label */
	char *meanings;      /* one of choices for each letter */
	struct str text;
	size_t cursor; /* byte offset in text */
	char *kill;    /* what ^K, ^U and ^W cut last */
	enum history_kind history_kind;
	struct history *history; /* borrowed */
	size_t back;             /* 0: not in the history */
	char *saved;             /* the line as it was before the history was entered */
	prompt_complete_fn *complete;
	void *ctx;
	struct strv found; /* completions to show */
	size_t found_at;   /* the chosen one; found.n: none so far */
	size_t found_start;
	bool cycling;
	bool more;       /* there are more completions than are offered */
	bool full;       /* the last key or paste had no room in the line */
	struct str said; /* what there is to tell of the text as it is; "": nothing */
	bool wrong;      /* that is an error */
};

void prompt_open(struct prompt *p, enum prompt_kind kind, const char *label, const char *initial);
/* After prompt_open of a PROMPT_CHOICE. The letters in parentheses in the label, "(y/n)" or
 * "(d)ate (r)eceived", stand for the choices in their order; of "y" and "n" always "y" first. */
void prompt_choices(struct prompt *p, const char *choices);
/* name: as term_key names it; paste: its text, else NULL. */
enum prompt_result prompt_key(struct prompt *p, const char *name, const char *paste);
void prompt_close(struct prompt *p);

#endif

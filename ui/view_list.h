/*
 * view_list - a screen that is one list of rows: attachments, links, outbox and the like.
 *
 * Owns:    what list_new made, until list_close; the screen's own part by list_ops.done.
 * Threads: UI thread.
 * Errors:  shown in the message line.
 *
 * A screen begins with a struct list_view, gives list_ops, and has LIST_VIEW in its view_ops.
 */
#ifndef UI_VIEW_LIST_H
#define UI_VIEW_LIST_H

#include "ui/views.h"

struct list_view;

struct list_ops {
	const char *empty; /* N_(): there is no row */
	size_t (*count)(struct list_view *x);
	void (*row)(struct list_view *x, size_t i, struct line *out, int width);
	void (*open)(struct list_view *x, size_t i); /* Enter; or NULL */
	/* Names what a row is about, for lists that change while they are looked at; or NULL. */
	void (*id)(struct list_view *x, size_t i, struct str *out);
	/* What there is to say of the row under the cursor, in lines: stands below the list; or
	 * NULL. */
	void (*detail)(struct list_view *x, size_t i, struct str *out);
	const char *more;                  /* N_(): how all of it is seen where it is too long */
	void (*done)(struct list_view *x); /* frees what the screen has of its own; or NULL */
};

struct list_view {
	struct view v;
	const struct list_ops *ops;
	struct scroll scroll;
	char *at; /* the id of the row under the cursor, as it was shown last; NULL: none */
	struct seek seek;
	bool reading; /* the rows are still to come */
};

/* size: of the screen's own struct. */
void *list_new(struct app *a, size_t size, const struct view_ops *v, const struct list_ops *l);

struct list_view *list_of(struct view *v);

/* The rows that were still to come are there: the cursor is on one. */
void list_came(struct list_view *x);
/* The id of what a command is about: the row that is seen under the cursor, not one that took its
 * place since. NULL, and said so: it is gone. The caller frees it. */
char *list_chosen(struct list_view *x);
typedef void list_row_fn(struct list_view *x, const char *id);
/* Asks a question that is answered with y or n; fn runs after y, when the row is still there. */
void list_confirm(struct list_view *x, const char *id, const char *question, list_row_fn *fn);

void list_draw(struct view *v, const struct region *all);
void list_move(struct view *v, enum move m, int n);
void list_open(struct view *v);
void list_row(struct view *v, size_t n); /* the cursor on the nth, from 1 on */
void list_search(struct view *v, const char *text, int step);
/* What a command does that names a row. */
void list_ask_row(struct app *a, const struct args *args);
void list_place(struct view *v, enum place what);
void list_status(struct view *v, struct line *out);
void list_click(struct view *v, int row, int col);
void list_close(struct view *v);

#define LIST_VIEW                                                                                  \
	.draw = list_draw, .move = list_move, .open = list_open, .search = list_search,            \
	.place = list_place, .status = list_status, .click = list_click, .close = list_close

#endif

/*
 * views - the screens and what commands may ask of them.
 *
 * Owns:    each view owns its data; view_ops.close frees it.
 * Threads: UI thread.
 * Errors:  shown in the message line.
 *
 * A function named after a screen takes only views of that screen; commands.c guarantees it by the
 * contexts of the table.
 */
#ifndef UI_VIEWS_H
#define UI_VIEWS_H

#include "ui/ui.h"

/* --- list of messages --- */
struct view *view_index_new(struct app *a, int account, const char *folder, struct err *err);
int view_index_account(struct view *v);
struct msglist *view_index_list(struct view *v);
uint32_t view_index_uid(struct view *v); /* under the cursor; 0: none */
void view_index_go(struct view *v, uint32_t uid);
void view_index_settings(struct view *v); /* order and threads as the options say now */
/* Takes a reader that is being closed as its preview; false: it has one. */
bool view_index_keep(struct view *v, struct view *reader);
void view_index_preview(struct view *v, const struct region *r);

/* --- message --- */
struct view *view_reader_new(struct app *a, struct view *index, struct msglist *l, uint32_t uid);
/* A preview becomes a screen of its own. */
void view_reader_own(struct view *v, struct view *index);
void view_reader_load(struct view *v, uint32_t uid);
void view_reader_again(struct view *v, uint32_t uid); /* more of it came */
/* For the preview of the list: no marking as read, loaded again only when uid or width change. */
void view_reader_preview(struct view *v, uint32_t uid, int cols);
struct msglist *view_reader_list(struct view *v);
uint32_t view_reader_uid(struct view *v);
struct message_view *view_reader_message(struct view *v); /* borrowed; NULL: not here yet */
void view_reader_step(struct view *v, int n);             /* to the next or previous message */
void view_reader_quotes(struct view *v);
void view_reader_skip_quoted(struct view *v);
void view_reader_headers(struct view *v);
void view_reader_html(struct view *v);

/* --- folders: full screen and sidebar --- */
struct view *view_folders_new(struct app *a);
int view_folders_account(struct view *v);
/* What is under the cursor; folder -1: the account's own line. */
bool view_folders_chosen(struct view *v, int *account, int *folder);
size_t folders_rows(struct app *a);
/* folder -1: the account's own line. */
bool folders_at(struct app *a, size_t row, int *account, int *folder);
void folders_line(struct app *a, size_t row, struct line *out, int width);
ptrdiff_t folders_find(struct app *a, int account, const char *folder); /* row or -1 */
void folders_open(struct app *a, size_t row);

/* --- before sending --- */
/* Shows a draft (of EVENT_DRAFT) in its own tab; edit: and starts the editor. */
void view_compose_open(struct app *a, int account, const struct draft_info *d, bool edit);
int view_compose_account(struct view *v);
void view_compose_edit(struct view *v);
void view_compose_field(struct view *v, const char *name);  /* "To", "Cc", ... */
void view_compose_attach(struct view *v, const char *path); /* "": asks */
void view_compose_detach(struct view *v);
void view_compose_send(struct view *v);
void view_compose_postpone(struct view *v);
void view_compose_discard(struct view *v);

/* --- small lists --- */
struct view *view_parts_new(
	struct app *a, struct msglist *l, uint32_t uid, const struct message_view *m);
void view_parts_save(struct view *v, const char *path); /* "": asks */
struct view *view_links_new(struct app *a, const struct strv *links);
struct view *view_outbox_new(struct app *a, int account);
void view_outbox_retry(struct view *v);
void view_outbox_hold(struct view *v);
void view_outbox_details(struct view *v);
void view_outbox_edit(struct view *v);
void view_outbox_drop(struct view *v);
struct view *view_pending_new(struct app *a);
void view_pending_drop(struct view *v);
struct view *view_drafts_new(struct app *a, int account);
void view_drafts_drop(struct view *v);

/* --- texts --- */
struct view *view_text_new(struct app *a, const char *title, struct text *text);
/* The key map of a screen, or (topic) one command, option or screen. NULL: no such topic. */
struct text *help_text(struct app *a, unsigned context, const char *topic);
struct text *text_of_lines(const char *lines); /* one TEXT_PLAIN line per line */
struct text *messages_text(struct app *a);

#endif

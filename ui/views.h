/*
 * views - the screens and what commands may ask of them.
 *
 * Owns:    each view owns its data; view_ops.close frees it.
 * Threads: UI thread.
 * Errors:  shown in the message line.
 *
 * A function named after a screen takes only views of that screen; commands.c guarantees it by what
 * the rows say. What all screens may be asked stands in struct view_ops.
 */
#ifndef UI_VIEWS_H
#define UI_VIEWS_H

#include "ui/ui.h"

#define UI_DECLARE(BIT, name) extern const struct view_ops view_##name##_ops;
UI_SCREENS(UI_DECLARE)

/* --- list of messages --- */
struct view *view_index_new(struct app *a, int account, const char *folder, struct err *err);
/* The conversation of a message; NULL: it is not there any more. */
struct view *view_index_conversation(struct app *a, struct msglist *from, uint32_t uid);
int view_index_account(struct view *v);
struct msglist *view_index_list(struct view *v);
uint32_t view_index_uid(struct view *v); /* under the cursor; 0: none */
void view_index_go(struct view *v, uint32_t uid);
bool view_index_range(struct view *v);    /* begins tagging a range, or ends it: false */
void view_index_settings(struct view *v); /* order and threads as the options say now */
void view_index_preview(struct view *v, const struct region *r);

/* --- message --- */
struct view *view_reader_new(struct app *a, struct view *index, struct msglist *l, uint32_t uid);
/* A preview becomes a screen of its own. */
void view_reader_own(struct view *v, struct view *index);
/* For the preview of the list: no marking as read, loaded again only when uid or width change; what
 * is large and not here is left where it is. */
void view_reader_preview(struct view *v, uint32_t uid, int cols);
/* What is on its way to the preview is not wanted any more. */
void view_reader_leave(struct view *v);
uint32_t view_reader_uid(struct view *v);

/* --- folders: full screen and sidebar --- */
struct view *view_folders_new(struct app *a);
void view_folders_keep(struct view *v); /* the cursor on its folder: other rows are shown now */
void view_folders_on(struct view *v, int account, int folder); /* the cursor on that one */
/* What stands in a row besides folders, in the place of a folder's index: the line of an account,
 * and from FOLDERS_SPAN down, where there are several, those of all (span.h), of no account. */
enum { FOLDERS_ACCOUNT = -1, FOLDERS_SPAN = -2 };
size_t folders_rows(struct app *a);
/* folder -1: the account's own line. */
bool folders_at(struct app *a, size_t row, int *account, int *folder);
void folders_line(struct app *a, size_t row, struct line *out, int width);
ptrdiff_t folders_find(struct app *a, int account, const char *folder); /* row or -1 */
void folders_open(struct app *a, size_t row);

/* --- before sending --- */
/* Shows a draft (of EVENT_DRAFT) in its own tab; edit: and starts the editor. */
void view_compose_open(struct app *a, int account, const struct draft_info *d, bool edit);
/* An app_done_fn: so the draft that was asked for, or why there is none. */
void view_compose_came(struct app *a, void *ctx, struct event *ev);

/* --- small lists --- */
struct view *view_parts_new(
	struct app *a, struct msglist *l, uint32_t uid, const struct message_view *m);
struct view *view_links_new(struct app *a, const struct strv *links);
/* A mail is begun, or the browser has the terminal. */
void links_follow(struct app *a, const char *url);
struct view *view_outbox_new(struct app *a, int account);
struct view *view_pending_new(struct app *a);
struct view *view_drafts_new(struct app *a, int account);

/* --- texts, which are made in text_of_lines or ui/help.h --- */
struct view *view_text_new(struct app *a, const char *title, struct text *text);
struct text *text_of_lines(const char *lines); /* one TEXT_PLAIN line per line */

#endif

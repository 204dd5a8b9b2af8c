/* Threads: going from one to the other, and what is done to all of one or to a part of it. */
#include "ui/act.h"
#include "ui/cmd.h"
#include "ui/index_row.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/uids.h"

#include <stdlib.h>

/* --- going --- */

static struct msglist *list_of(struct view *v)
{
	return v->ops->list(v);
}

static int depth_at(struct msglist *l, size_t row)
{
	struct msg_row m;

	return msglist_row(l, row, &m) ? m.depth : 0;
}

/* The next row that is not below this one; count: none. */
static size_t row_after(struct msglist *l, size_t row, int depth)
{
	size_t n = msglist_count(l);

	for (row++; row < n && depth_at(l, row) > depth; row++)
		;
	return row;
}

/* The row of this depth before it, or of what it hangs below; count: none. */
static size_t row_before(struct msglist *l, size_t row, int depth)
{
	while (row-- > 0) {
		int here = depth_at(l, row);

		if (here == depth)
			return row;
		depth = here < depth ? here : depth;
	}
	return msglist_count(l);
}

static size_t root_row(struct msglist *l, size_t row)
{
	while (row > 0 && depth_at(l, row) > 0)
		row--;
	return row;
}

enum { NEXT, PREVIOUS };
enum { WHOLE, PART }; /* the thread, or the message and what answers it */

static size_t row_beside(struct msglist *l, size_t row, int way, int part)
{
	int depth = part ? depth_at(l, row) : 0;

	if (way == NEXT)
		return row_after(l, row, depth);
	return row_before(l, part ? row : root_row(l, row), depth);
}

static void go_beside(struct app *a, int way, int part)
{
	struct view *v = app_view(a);
	struct msglist *l = list_of(v);
	ptrdiff_t row = msglist_find(l, v->ops->uid(v));
	uint32_t uid = row < 0 ? 0 : msglist_uid(l, row_beside(l, (size_t)row, way, part));

	if (!msglist_threads(l))
		app_error(a, _("Threads are off; :threads turns them on"));
	else if (uid)
		v->ops->go(v, uid);
	else
		app_message(
			a, way == NEXT ? _("No thread behind this one") : _("No thread before it"));
}

static void cmd_beside(struct app *a, const struct args *args)
{
	go_beside(a, args->which, WHOLE);
}

static void cmd_beside_part(struct app *a, const struct args *args)
{
	go_beside(a, args->which, PART);
}

/* To what it answers, or to the beginning of all: the farthest that is shown. */
static void cmd_up(struct app *a, const struct args *args)
{
	struct view *v = app_view(a);
	struct msglist *l = list_of(v);
	uint32_t *uids, to = 0;
	size_t n = msglist_ancestors(l, v->ops->uid(v), &uids);

	for (size_t i = 0; i < n && (!to || args->which == WHOLE); i++)
		if (msglist_find(l, uids[i]) >= 0)
			to = uids[i];
	free(uids);
	if (to)
		v->ops->go(v, to);
	else
		app_message(a, n ? _("What it answers is not shown here; :limit all shows it")
				 : _("This message answers none that is here"));
}

/* --- all of it --- */

static void add_thread(struct selection *to, size_t *cap, uint32_t uid, int part)
{
	uint32_t *uids = NULL;
	size_t n = part ? msglist_subthread(to->list, uid, &uids)
			: msglist_thread(to->list, uid, &uids);

	to->uids = mem_grow(to->uids, cap, to->n + n + 1, sizeof(*to->uids));
	for (size_t i = 0; i < n; i++)
		to->uids[to->n++] = uids[i];
	if (!n)
		to->uids[to->n++] = uid;
	free(uids);
}

/* The thread of the message, or those of all tagged ones, each message once. */
static bool select_thread(struct app *a, int part, struct selection *out)
{
	struct selection s;
	size_t cap = 0;

	if (!app_selection(a, &s))
		return false;
	*out = s;
	out->uids = NULL;
	out->n = 0;
	for (size_t i = 0; i < s.n; i++)
		add_thread(out, &cap, s.uids[i], part);
	selection_done(&s);
	out->n = uids_sort(out->uids, out->n);
	return true;
}

static void cmd_delete_thread(struct app *a, const struct args *args)
{
	struct selection s;

	if (!select_thread(a, args->which, &s))
		return;
	if (app_view(a) != app_find_view(a, UI_INDEX)) /* a message of it is read */
		app_close_view(a, app_view(a));
	act_delete(a, &s);
}

static void cmd_undelete_thread(struct app *a, const struct args *args)
{
	struct selection s;

	if (select_thread(a, args->which, &s))
		act_undelete(a, &s);
}

static void cmd_read_thread(struct app *a, const struct args *args)
{
	struct selection s;

	if (!select_thread(a, args->which, &s))
		return;
	act_flags(a, &s, 0, MAIL_SEEN);
	selection_done(&s);
}

static bool is_muted(struct msglist *l, uint32_t uid)
{
	ptrdiff_t row = msglist_find(l, uid);
	struct msg_row m;

	return row >= 0 && msglist_row(l, (size_t)row, &m) && index_is_muted(&m);
}

/* What comes to it later is muted by the store. */
static void cmd_mute_thread(struct app *a)
{
	struct selection s;
	bool on;

	if (!select_thread(a, WHOLE, &s))
		return;
	on = !is_muted(s.list, app_view(a)->ops->uid(app_view(a)));
	if (act_may_change(a, s.list)) {
		if (on)
			act_flags(a, &s, 0, MAIL_SEEN);
		app_await(a,
			engine_keywords(a->engine, s.list, s.uids, s.n, on ? "" : MAIL_MUTED,
				on ? MAIL_MUTED : ""),
			NULL, NULL, NULL);
		app_message(a, on ? _("What comes to this thread comes read")
				  : _("This thread is heard of again"));
	}
	selection_done(&s);
}

static void cmd_tag_thread(struct app *a, const struct args *args)
{
	struct selection s;
	bool on = false;

	if (!select_thread(a, args->which, &s))
		return;
	for (size_t i = 0; i < s.n; i++)
		on |= !msglist_is_tagged(s.list, s.uids[i]);
	for (size_t i = 0; i < s.n; i++)
		msglist_tag(s.list, s.uids[i], on);
	selection_done(&s);
}

enum { MAIL_SCREENS = UI_INDEX | UI_READER };

const struct command cmd_thread_commands[] = {
	{"next-thread", MAIL_SCREENS, N_("go to the next thread"), .run_args = cmd_beside,
		.which = NEXT},
	{"previous-thread", MAIL_SCREENS, N_("go to the thread before"), .run_args = cmd_beside,
		.which = PREVIOUS},
	{"next-subthread", MAIL_SCREENS,
		N_("go behind this message and what answers it, in its thread or to the next"),
		.run_args = cmd_beside_part, .which = NEXT},
	{"previous-subthread", MAIL_SCREENS, N_("go to the part of the thread before this one"),
		.run_args = cmd_beside_part, .which = PREVIOUS},
	{"parent-message", MAIL_SCREENS, N_("go to the message that this one answers"),
		.run_args = cmd_up, .which = PART},
	{"root-message", MAIL_SCREENS, N_("go to the message that the thread began with"),
		.run_args = cmd_up, .which = WHOLE},
	{"delete-thread", MAIL_SCREENS, N_("delete the whole thread"),
		.run_args = cmd_delete_thread, .which = WHOLE},
	{"delete-subthread", MAIL_SCREENS, N_("delete this message and all that answers it"),
		.run_args = cmd_delete_thread, .which = PART},
	{"undelete-thread", MAIL_SCREENS,
		N_("take the deleted mark from the whole thread; where none has it: undo"),
		.run_args = cmd_undelete_thread, .which = WHOLE},
	{"undelete-subthread", MAIL_SCREENS,
		N_("the same for this message and all that answers it"),
		.run_args = cmd_undelete_thread, .which = PART},
	{"read-thread", MAIL_SCREENS, N_("mark the whole thread as read"),
		.run_args = cmd_read_thread, .which = WHOLE},
	{"read-subthread", MAIL_SCREENS, N_("mark this message and all that answers it as read"),
		.run_args = cmd_read_thread, .which = PART},
	{"mute-thread", MAIL_SCREENS,
		N_("mark this thread as read, and what comes to it later; again: no more"),
		.run = cmd_mute_thread},
	{"tag-thread", MAIL_SCREENS, N_("tag or untag this thread"), .run_args = cmd_tag_thread,
		.which = WHOLE},
	{"tag-subthread", MAIL_SCREENS, N_("tag or untag this message and all that answers it"),
		.run_args = cmd_tag_thread, .which = PART},
	{.name = NULL},
};

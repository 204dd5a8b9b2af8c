/* Going to a message by its number, over a range of them, and to the next folder with news. */
#include "ui/cmd.h"

#include "base/i18n.h"
#include "base/mem.h"

#include <string.h>

/* --- by number --- */

static void jump_to(struct app *a, void *ctx, const char *number)
{
	struct view *v = ctx;
	size_t n = number ? app_number(number) : 0;
	uint32_t uid = n ? msglist_uid(v->ops->list(v), n - 1) : 0;

	if (uid)
		v->ops->go(v, uid);
	else if (number && *number)
		app_error(a, _("There is no message %s"), number);
}

static void cmd_jump(struct app *a, const struct args *args)
{
	bool ask = args->n == 0 || strcmp(args->v[0], "-e") == 0;
	const char *number = args->n ? args->v[args->n - 1] : "";
	struct view *v = app_view(a);

	if (ask)
		app_ask(a, _("Go to message number: "), args->n > 1 ? number : "", HISTORY_NONE,
			NULL, jump_to, v, v);
	else
		jump_to(a, v, number);
}

/* --- unread --- */

static void cmd_step_unread(struct app *a, const struct args *args)
{
	struct view *v = app_view(a);
	struct msglist *l = v->ops->list(v);
	ptrdiff_t row = msglist_find(l, v->ops->uid(v));
	const char *key = keys_of(a->config->keys, v->ops->context, "next-unread-folder");

	row = msglist_next_unread(l, row < 0 ? 0 : (size_t)row, args->which);
	if (row >= 0)
		v->ops->go(v, msglist_uid(l, (size_t)row));
	else if (key)
		app_message(a,
			_("No more unread messages in this folder; %s opens the next that has "
			  "some"),
			key);
	else
		app_message(a, _("No more unread messages in this folder"));
}

/* New mail that somebody would want to read. */
static bool has_news(const struct folder_info *f)
{
	return f->selectable && !f->offline_copy && f->counts_known && f->unread &&
	       f->role != ROLE_TRASH && f->role != ROLE_JUNK && f->role != ROLE_DRAFTS &&
	       f->role != ROLE_SENT;
}

static void cmd_next_unread_folder(struct app *a)
{
	struct view *index = app_find_view(a, UI_INDEX);
	size_t n = folders_rows(a), at = 0;
	ptrdiff_t here = -1;

	if (index)
		here = folders_find(
			a, view_index_account(index), msglist_folder(view_index_list(index)));
	at = here < 0 ? n - 1 : (size_t)here;
	for (size_t i = 1; i < n + (here < 0); i++) {
		size_t row = (at + i) % n;
		struct folder_info f;
		int account, folder;

		if (!folders_at(a, row, &account, &folder) || folder < 0)
			continue;
		engine_folder(a->engine, (size_t)account, (size_t)folder, &f);
		if (has_news(&f)) {
			folders_open(a, row);
			return;
		}
	}
	app_message(a, _("No other folder has unread messages"));
}

/* --- a range --- */

static void cmd_tag_range(struct app *a)
{
	struct view *v = app_view(a);
	const char *key = keys_of(a->config->keys, v->ops->context, "tag-range");

	if (view_index_range(v))
		app_message(a, _("Tagging from here to where the cursor goes; %s ends it"),
			key ? key : ":tag-range");
}

enum { MAIL_SCREENS = UI_INDEX | UI_READER };

const struct command cmd_go_commands[] = {
	{"jump", MAIL_SCREENS,
		N_("go to the Nth message of the list; -e asks for the number, which begins so"),
		.args = "[-e] [N]", .max = 2, .run_args = cmd_jump},
	{"next-unread", MAIL_SCREENS, N_("go to the next unread message"),
		.run_args = cmd_step_unread, .which = 1},
	{"previous-unread", MAIL_SCREENS, N_("go to the previous unread message"),
		.run_args = cmd_step_unread, .which = -1},
	{"next-unread-folder", UI_ANY, N_("open the next folder with unread messages"),
		.run = cmd_next_unread_folder},
	{"tag-range", UI_INDEX, N_("tag from here to where the cursor goes; again: that was all"),
		.run = cmd_tag_range},
	{.name = NULL},
};

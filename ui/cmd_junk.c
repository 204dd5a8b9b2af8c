/* Junk: told to others by the keywords $Junk and $NotJunk (RFC 9051 2.3.2), and put where it
 * belongs. */
#include "ui/act.h"
#include "ui/cmd.h"

#include "base/i18n.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Those of one account, which knows its folder; the rest stays in s. */
static bool take_account(struct selection *s, struct selection *out, int *account)
{
	struct msg_origin o;
	size_t n = 0;

	*account = -1;
	*out = *s;
	out->uids = mem_array(s->n + 1, sizeof(*out->uids));
	out->n = 0;
	for (size_t i = 0; i < s->n; i++) {
		bool is = msglist_origin(s->list, s->uids[i], &o) && o.account >= 0;

		if (is && *account < 0)
			*account = o.account;
		if (is && *account == o.account)
			out->uids[out->n++] = s->uids[i];
		else if (is)
			s->uids[n++] = s->uids[i];
	}
	s->n = n;
	return out->n > 0;
}

/* Those that are in the folder, or those that are not. */
static void keep(struct selection *s, const char *folder, bool in)
{
	struct msg_origin o;
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		if (msglist_origin(s->list, s->uids[i], &o) &&
			(strcmp(o.folder, folder) == 0) == in)
			s->uids[n++] = s->uids[i];
	s->n = n;
}

static bool folder_of(struct app *a, int account, enum mail_role role, struct folder_info *out)
{
	int at = engine_role_folder(a->engine, (size_t)account, role);

	if (at >= 0)
		engine_folder(a->engine, (size_t)account, (size_t)at, out);
	return at >= 0;
}

/* What is no junk stays where it is, but in the folder for that. */
static void file_away(struct app *a, struct selection *s, int account, bool junk)
{
	struct folder_info f, inbox;

	if (!folder_of(a, account, ROLE_JUNK, &f)) {
		if (junk)
			app_message(a, _("No folder is for junk; :create Junk makes one"));
		return;
	}
	keep(s, f.name, !junk);
	if (!s->n)
		return;
	if (junk)
		act_apply(a, s, ACT_MOVE, f.name);
	else if (folder_of(a, account, ROLE_INBOX, &inbox))
		act_apply(a, s, ACT_MOVE, inbox.name);
	else
		app_message(a, _("There is no inbox"));
}

/* A folder that was opened by its path has no others beside it. */
static bool can_file(struct app *a, const struct selection *s)
{
	struct msg_origin o;

	if (!act_may_change(a, s->list))
		return false;
	if (msglist_origin(s->list, s->uids[0], &o) && o.account < 0) {
		app_error(a, _("This folder belongs to no account; nothing was done"));
		return false;
	}
	return true;
}

static void cmd_junk(struct app *a, const struct args *args)
{
	bool junk = args->which;
	struct selection s, part;
	int account;

	if (!app_selection(a, &s))
		return;
	if (!can_file(a, &s)) {
		selection_done(&s);
		return;
	}
	act_step_away(a, &s);
	while (take_account(&s, &part, &account)) {
		app_await(a,
			engine_keywords(a->engine, part.list, part.uids, part.n,
				junk ? "$NotJunk" : "$Junk", junk ? "$Junk" : "$NotJunk"),
			NULL, NULL, NULL);
		file_away(a, &part, account, junk);
		selection_done(&part);
	}
	selection_done(&part);
	selection_done(&s);
}

const struct command cmd_junk_commands[] = {
	{"junk", UI_INDEX | UI_READER, N_("mark as junk, and move to the folder for that"),
		.run_args = cmd_junk, .which = true},
	{"not-junk", UI_INDEX | UI_READER, N_("mark as no junk, and move back to the inbox"),
		.run_args = cmd_junk, .which = false},
	{.name = NULL},
};

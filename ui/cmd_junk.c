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

/* Those that are not there yet. */
static void leave_those_in(struct selection *s, const char *folder)
{
	struct msg_origin o;
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		if (msglist_origin(s->list, s->uids[i], &o) && strcmp(o.folder, folder) != 0)
			s->uids[n++] = s->uids[i];
	s->n = n;
}

static void file_away(struct app *a, struct selection *s, int account, bool junk)
{
	int at = engine_role_folder(a->engine, (size_t)account, junk ? ROLE_JUNK : ROLE_INBOX);
	struct folder_info f;

	if (at < 0) {
		app_message(a, junk ? _("No folder is for junk; :create Junk makes one")
				    : _("There is no inbox"));
		return;
	}
	engine_folder(a->engine, (size_t)account, (size_t)at, &f);
	leave_those_in(s, f.name);
	if (s->n)
		act_apply(a, s, ACT_MOVE, f.name);
}

static bool is_in_junk(struct app *a, const struct selection *s, int account)
{
	int at = engine_role_folder(a->engine, (size_t)account, ROLE_JUNK);
	struct msg_origin o;
	struct folder_info f;

	if (at < 0 || !msglist_origin(s->list, s->uids[0], &o))
		return false;
	engine_folder(a->engine, (size_t)account, (size_t)at, &f);
	return strcmp(f.name, o.folder) == 0;
}

static void cmd_junk(struct app *a, const struct args *args)
{
	bool junk = args->which;
	struct selection s, part;
	int account;

	if (!app_selection(a, &s))
		return;
	if (msglist_read_only(s.list)) {
		app_error(a, _("This folder is read only"));
		selection_done(&s);
		return;
	}
	act_step_away(a, &s);
	while (take_account(&s, &part, &account)) {
		app_await(a,
			engine_keywords(a->engine, part.list, part.uids, part.n,
				junk ? "$NotJunk" : "$Junk", junk ? "$Junk" : "$NotJunk"),
			NULL, NULL, NULL);
		/* What is no junk stays where it is, but in that folder. */
		if (junk || is_in_junk(a, &part, account))
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

/* What is told in a line: of a message, a key, the program. */
#include "ui/cmd.h"

#include "base/i18n.h"
#include "base/str.h"

/* The name is what a sender likes to be; the address is where the answer goes. */
static void cmd_address(struct app *a)
{
	struct selection s;
	struct msg_row m;
	ptrdiff_t row;

	if (!app_selection_one(a, &s))
		return;
	row = msglist_find(s.list, s.uids[0]);
	if (row < 0 || !msglist_row(s.list, (size_t)row, &m) || !m.from_mail)
		app_message(a, _("The sender is not known yet"));
	else if (m.from_name && *m.from_name && str_icmp(m.from_name, m.from_mail) != 0)
		app_message(a, "%s <%s>", m.from_name, m.from_mail);
	else
		app_message(a, "%s", m.from_mail);
	selection_done(&s);
}

static void cmd_version(struct app *a)
{
	app_message(a, "Talaria %s", PACKAGE_VERSION);
}

static void cmd_what_key(struct app *a)
{
	a->what_key = true;
	app_message(a, _("Press a key to be told its name and what it does here"));
}

const struct command cmd_tell_commands[] = {
	{"display-address", UI_INDEX | UI_READER, N_("tell the whole address of the sender"),
		.run = cmd_address},
	{"show-version", UI_ANY, N_("tell the version of this program"), .run = cmd_version},
	{"what-key", UI_ANY, N_("tell the name of the next key, and what it does here"),
		.run = cmd_what_key},
	{.name = NULL},
};

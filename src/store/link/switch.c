/* The other protocol for the same account: what it would mean, and the switch. */
#include "base/i18n.h"
#include "base/mem.h"
#include "store/link/link.h"
#include "store/mail/account.h"
#include "store/mail/folder.h"
#include "store/mail/folder_local.h"
#include "store/mail/folder_open.h"
#include "store/mail/folder_tell.h"
#include "store/mail/lanes.h"
#include "store/mail/lists.h"
#include "store/mail/remote.h"

#include <stdlib.h>

static int check_switch(struct account *a, enum protocol to, struct err *err)
{
	const struct account_settings *s = a->setup->settings;
	const char *key = protocol_row(to)->key;

	if (*s->urls[to])
		return 0;
	return err_set(err, ERR_INPUT,
		_("Account %s has no %s line in the configuration; add: %s %ss://USER@HOST"),
		s->name, key, key, key);
}

/* What people have open keeps its name: "INBOX" is now the other protocol's. What has no namesake
 * stays as it is. */
static void rebind_lists(struct account *a, char **names)
{
	size_t i = 0;

	for (struct list *l = a->store->lists; l; l = l->next) {
		struct folder *before = l->folder, *now;

		if (before->account != a)
			continue;
		now = folder_by_ui_name(a, names[i]);
		free(names[i++]);
		if (now && now != before && now->selectable && lists_show_in(l, now))
			continue;
		if (!l->opening)
			folder_send_list(before, l);
	}
	free(names);
}

static char **list_names(struct account *a)
{
	char **names = NULL;
	size_t n = 0, cap = 0;

	for (struct list *l = a->store->lists; l; l = l->next)
		if (l->folder->account == a) {
			names = mem_grow(names, &cap, n + 1, sizeof(*names));
			names[n++] = folder_ui_name(l->folder);
		}
	return names;
}

int account_protocol(struct account *a, struct store_request *r, struct str *said, struct err *err)
{
	enum protocol to = r->protocol.to;

	(void)said;
	if (check_switch(a, to, err) != 0)
		return -1;
	if (to != a->setup->settings->protocol) {
		char **names = list_names(a);

		links_stop(a, 200);
		a->setup->settings->protocol = to;
		remote_choose(a);
		if (handover_switch(a, err) != 0)
			store_notice(a, "%s", err->text);
		handover_began(a);
		folder_list_local(a);
		rebind_lists(a, names);
		folder_send_folders(a);
		account_pending(a);
		if (links_are_wanted(a))
			links_start(a);
		lanes_tell(a);
	}
	return 0;
}

static void preview_operations(struct str *text, bool pop3, size_t n)
{
	if (!n)
		str_adds(text, _("No change waits for the server.\n"));
	else if (pop3)
		str_addf(text,
			ngettext("%zu change made by IMAP waits for the server, and goes on "
				 "waiting until IMAP is in use again.\n",
				"%zu changes made by IMAP wait for the server, and go on waiting "
				"until IMAP is in use again.\n",
				n),
			n);
	else
		str_addf(text,
			ngettext("%zu change waits for IMAP and is then sent to the server.\n",
				"%zu changes wait for IMAP and are then sent to the server.\n", n),
			n);
}

static void preview_marks(struct str *text, bool pop3, size_t n)
{
	if (n && pop3)
		str_addf(text,
			ngettext("The marks of %zu message come along.\n",
				"The marks of %zu messages come along.\n", n),
			n);
	else if (n)
		str_addf(text,
			ngettext("%zu message has other marks here; they will wait for the server "
				 "and be sent to it.\n",
				"%zu messages have other marks here; they will wait for the server "
				"and be sent to it.\n",
				n),
			n);
}

static void preview_places(struct str *text, bool pop3, const struct handover_counts *t)
{
	if (t->filed && pop3)
		str_addf(text,
			ngettext(
				"%zu message that IMAP filed is moved out of the inbox here too.\n",
				"%zu messages that IMAP filed are moved out of the inbox here "
				"too.\n",
				t->filed),
			t->filed);
	else if (t->filed)
		str_addf(text,
			ngettext("%zu message that was filed here is moved out of the inbox on the "
				 "server too.\n",
				"%zu messages that were filed here are moved out of the inbox on "
				"the server too.\n",
				t->filed),
			t->filed);
	if (t->dropped)
		str_addf(text,
			ngettext("%zu message that was deleted here is moved to Trash on the "
				 "server.\n",
				"%zu messages that were deleted here are moved to Trash on the "
				"server.\n",
				t->dropped),
			t->dropped);
}

static void preview_waiting(struct account *a, bool pop3, struct str *text)
{
	struct strv mails = STRV_INIT;

	preview_operations(text, pop3, journal_count(a->journal));
	outbox_list(a->outbox, &mails, NULL); /* the outbox is on the screen, with its faults */
	if (mails.n)
		str_addf(text,
			ngettext("%zu message is in the outbox; it is sent all the same.\n",
				"%zu messages are in the outbox; they are sent all the same.\n",
				mails.n),
			mails.n);
	strv_done(&mails);
}

int account_preview(struct account *a, struct store_request *r, struct str *text, struct err *err)
{
	struct handover_counts t = {0};
	enum protocol to = r->protocol.to;
	bool pop3 = protocol_row(to)->takes_mail;

	if (check_switch(a, to, err) != 0 || handover_count(a, pop3, &t, err) != 0)
		return -1;
	str_addf(text,
		ngettext("%zu message of the inbox is here and on the server.",
			"%zu messages of the inbox are here and on the server.", t.both),
		t.both);
	str_addc(text, '\n');
	str_addf(text,
		ngettext("%zu message is only on the server, as it was seen last, %zu only here.\n",
			"%zu messages are only on the server, as it was seen last, %zu only "
			"here.\n",
			t.server_only),
		t.server_only, t.local_only);
	str_adds(text, _("The switch itself deletes nothing, neither here nor on the server.\n"));
	preview_marks(text, pop3, t.differ);
	preview_places(text, pop3, &t);
	preview_waiting(a, pop3, text);
	if (pop3)
		str_adds(text,
			a->setup->settings->pop3_keep_days < 0
				? _("By POP3 everything stays on the server (pop3-keep always). "
				    "Server folders stay readable as offline copies.")
				: _("By POP3 messages are deleted on the server after download, as "
				    "pop3-keep says. Server folders stay readable as offline "
				    "copies."));
	else
		str_adds(text, _("By IMAP the server's folders are shown again. What is only here "
				 "stays in the local folders."));
	return 0;
}

#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "ui/advice.h"
#include "ui/cli_priv.h"
#include "ui/index_row.h"
#include "ui/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *named(const struct cli *c)
{
	return c->args->words.n ? c->args->words.v[0] : NULL;
}

/* --- folders --- */

static void print_folder(const struct cli *c, const char *account, const struct folder_info *f)
{
	bool many = engine_accounts(c->engine) > 1;

	if (f->counts_known)
		cli_print("%7u %7u  ", f->unread, f->total);
	else
		cli_print("%7s %7s  ", "-", "-");
	cli_print("%s%s%s%s\n", many ? account : "", many ? ": " : "", f->name,
		f->offline_copy ? _("  (copy kept here)") : "");
}

static bool never_synchronised(const struct cli *c, int account)
{
	struct folder_info f;
	int i = engine_find_folder(c->engine, (size_t)account, "inbox");

	if (i < 0)
		return true;
	engine_folder(c->engine, (size_t)account, (size_t)i, &f);
	return !f.counts_known;
}

static enum cli_status folders_of(struct cli *c, int account)
{
	struct err err = {0};
	struct account_info info;
	static bool any; /* a comma is due */

	event_free(cli_final(c, engine_drafts(c->engine, account), &err));
	if (never_synchronised(c, account) && !c->args->offline &&
		cli_sync_account(c, account, &err) != 0)
		return cli_fail(&err);
	engine_account(c->engine, (size_t)account, &info);
	for (size_t i = 0; i < engine_folders(c->engine, (size_t)account); i++) {
		struct folder_info f;
		char *text;

		engine_folder(c->engine, (size_t)account, i, &f);
		if (!c->args->json) {
			print_folder(c, info.name, &f);
			continue;
		}
		text = json_of_folder(info.name, &f);
		printf("%s%s", any ? ",\n" : "", text);
		any = true;
		free(text);
	}
	return CLI_OK;
}

enum cli_status cli_folders(struct cli *c)
{
	enum cli_status status;

	if (c->args->words.n)
		return cli_change_folders(c);
	if (c->args->json)
		cli_print("[");
	else
		cli_print("%7s %7s  %s\n", _("unread"), _("all"), _("folder"));
	status = cli_accounts(c, NULL, folders_of);
	if (c->args->json)
		cli_print("]\n");
	return status;
}

/* --- sync --- */

static void list_waiting(struct cli *c, const struct account_info *info)
{
	for (size_t i = 0; i < engine_pending_rows(c->engine); i++) {
		struct pending_info p;
		struct str when = STR_INIT;

		engine_pending_at(c->engine, i, &p);
		if (strcmp(p.account, info->name) != 0)
			continue;
		index_date(&when, (time_t)p.since, clock_now(), true);
		if (p.refused)
			cli_print(_("  refused: %s\n"), p.text);
		else
			cli_print(_("  %s, since %s: %s\n"), p.text, str_c(&when), p.why);
		str_done(&when);
	}
}

static void tell_waiting(struct cli *c, int account, const struct account_info *info)
{
	if (info->pending)
		cli_print(ngettext("%s: %zu change waits for the server\n",
				  "%s: %zu changes wait for the server\n", info->pending),
			info->name, info->pending);
	list_waiting(c, info);
	if (info->outbox)
		cli_print(ngettext("%s: %zu message is in the outbox\n",
				  "%s: %zu messages are in the outbox\n", info->outbox),
			info->name, info->outbox);
	cli_print_outbox(c, account);
}

/* What was to be sent and was not, in this run. */
static enum cli_status unsent(const struct cli *c)
{
	if (c->unsent == ERR_NONE)
		return CLI_OK;
	if (!c->later)
		return CLI_UNAVAILABLE;
	return c->unsent == ERR_AUTH || c->unsent == ERR_CERT ? cli_status_of(c->unsent)
							      : CLI_TEMPORARY;
}

/* The relay is another server: what waits for it goes out also when the mailbox cannot be had. */
/* The first time nothing is new and everything came. */
static void tell_synchronised(struct cli *c, int account, const char *name, bool first)
{
	unsigned long long here = 0;

	for (size_t i = 0; first && i < engine_folders(c->engine, (size_t)account); i++) {
		struct folder_info f;

		engine_folder(c->engine, (size_t)account, i, &f);
		here += f.counts_known && !f.offline_copy ? f.total : 0;
	}
	if (first)
		cli_print(ngettext("%s: synchronised, %llu message is here now\n",
				  "%s: synchronised, %llu messages are here now\n",
				  (unsigned long)here),
			name, here);
	else
		cli_print(ngettext("%s: synchronised, %llu new message\n",
				  "%s: synchronised, %llu new messages\n",
				  (unsigned long)c->new_mails),
			name, (unsigned long long)c->new_mails);
}

static enum cli_status sync_one(struct cli *c, int account)
{
	struct err err = {0};
	struct account_info info;
	bool first;
	int rc;

	c->new_mails = 0;
	c->sent = 0;
	c->unsent = ERR_NONE;
	event_free(cli_final(c, engine_drafts(c->engine, account), &err));
	first = never_synchronised(c, account);
	rc = cli_sync_account(c, account, &err);
	if (c->online)
		cli_outbox_through(c, account);
	engine_account(c->engine, (size_t)account, &info);
	if (rc != 0)
		cli_say("%s: %s", info.name, err.text);
	else
		tell_synchronised(c, account, info.name, first);
	if (c->sent)
		cli_print(ngettext("%s: %zu message sent\n", "%s: %zu messages sent\n",
				  (unsigned long)c->sent),
			info.name, c->sent);
	if (rc != 0)
		return cli_status_of(err.kind);
	tell_waiting(c, account, &info);
	return unsent(c);
}

enum cli_status cli_sync(struct cli *c)
{
	return cli_accounts(c, named(c), sync_one);
}

/* --- check --- */

static void print_indented(const char *text)
{
	for (const char *p = text; *p;) {
		size_t len = strcspn(p, "\n");

		cli_print("  %.*s\n", (int)len, p);
		p += len + (p[len] == '\n');
	}
}

static void print_advice(const struct account_settings *a)
{
	struct str text = STR_INIT;

	advice_text(&text, a);
	print_indented(str_c(&text));
	str_done(&text);
}

static enum cli_status check_one(struct cli *c, int account)
{
	struct err err = {0};
	struct event *ev;
	const struct account_settings *a = settings_account(c->settings, (size_t)account);
	enum cli_status status = CLI_OK;

	cli_print("%s <%s>\n", a->name, a->from_mail);
	fflush(stdout);
	if (cli_may_connect(c, &err) != 0)
		return cli_fail(&err);
	ev = cli_final(c, engine_check(c->engine, (size_t)account), &err);
	if (!ev)
		return cli_fail(&err);
	if (ev->kind == EVENT_CHECKED) {
		print_indented(ev->checked.lines);
		err = ev->checked.err;
	} else {
		err = ev->failed;
	}
	if (err.kind != ERR_NONE)
		status = cli_fail(&err);
	event_free(ev);
	print_advice(a);
	return status;
}

enum cli_status cli_check(struct cli *c)
{
	return cli_accounts(c, named(c), check_one);
}

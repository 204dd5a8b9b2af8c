/* The outbox on the command line: what waits, what was said about it, and what to do with it. */
#include "base/clock.h"
#include "base/i18n.h"
#include "base/idn.h"
#include "base/mem.h"
#include "ui/cli_priv.h"
#include "ui/index_row.h"
#include "ui/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	SEND_MS = 15 * 60 * 1000, /* the relay's own deadlines are shorter */
	COPY_MS = 20 * 1000,
	TURN_MS = 120 * 1000,
};

static bool find_mail(const struct cli *c, int account, const char *id, struct outbox_info *out)
{
	for (size_t i = 0; i < engine_outbox(c->engine, (size_t)account); i++) {
		engine_outbox_at(c->engine, (size_t)account, i, out);
		if (strcmp(out->id, id) == 0)
			return true;
	}
	return false;
}

static bool waits(const struct outbox_info *m)
{
	return !m->sending && !m->unconfirmed && !m->failed && !m->held && !m->sent;
}

/* It is on its way, or will be in a moment. */
static bool is_due(const struct outbox_info *m)
{
	return m->sending || (waits(m) && m->due <= clock_now());
}

/* --- showing --- */

static void print_fate(const struct outbox_fate_info *f)
{
	struct str shown = STR_INIT;

	idn_people(&shown, f->address);
	cli_print("    %s: %s%s%s\n", str_c(&shown), f->state, *f->words ? ", " : "", f->words);
	str_done(&shown);
}

/* True when the words to each recipient say why it is here, too. */
static bool print_fates(const struct cli *c, int account, size_t i, const struct outbox_info *m)
{
	bool explained = false;

	for (size_t k = 0; k < m->recipients; k++) {
		struct outbox_fate_info f;

		engine_outbox_recipient(c->engine, (size_t)account, i, k, &f);
		print_fate(&f);
		explained |= !f.has_it && *f.words;
	}
	return explained;
}

static void print_mail(const struct cli *c, int account, size_t i)
{
	struct outbox_info m;
	struct str when = STR_INIT;
	struct account_info info;

	engine_account(c->engine, (size_t)account, &info);
	engine_outbox_at(c->engine, (size_t)account, i, &m);
	if (waits(&m) && m.due > clock_now()) {
		index_date(&when, (time_t)m.due, clock_now(), true);
		cli_print(_("%s  %s until %s"), m.id, m.state, str_c(&when));
	} else {
		cli_print("%s  %s", m.id, m.state);
	}
	cli_print("  %s%s%s\n", engine_accounts(c->engine) > 1 ? info.name : "",
		engine_accounts(c->engine) > 1 ? ": " : "", m.subject);
	if (!print_fates(c, account, i, &m) && *m.error)
		cli_print("    %s\n", m.error);
	str_done(&when);
}

void cli_print_outbox(const struct cli *c, int account)
{
	for (size_t i = 0; i < engine_outbox(c->engine, (size_t)account); i++)
		print_mail(c, account, i);
}

/* --- waiting for what the relay says --- */

static bool is_through(struct cli *c, void *arg)
{
	int account = *(const int *)arg;
	struct account_info info;

	engine_account(c->engine, (size_t)account, &info);
	if (c->args->read_only || info.state == STATE_FOLLOWING)
		return true;
	for (size_t i = 0; i < engine_outbox(c->engine, (size_t)account); i++) {
		struct outbox_info m;

		engine_outbox_at(c->engine, (size_t)account, i, &m);
		/* Some seconds to take it back are waited for. */
		if (is_due(&m) ||
			(waits(&m) && !*m.error && m.due < clock_now() + (int64_t)(TURN_MS / 1000)))
			return false;
	}
	return true;
}

void cli_outbox_through(struct cli *c, int account)
{
	cli_until(c, is_through, &account, TURN_MS);
}

static bool is_told(struct cli *c, void *arg)
{
	const int account = *(const int *)arg;
	struct outbox_info m;
	bool here = find_mail(c, account, c->mail, &m);

	/* A part of many recipients may have been answered, and the rest goes on at once. */
	return c->sent || !here || (c->unsent != ERR_NONE && !is_due(&m));
}

/* Where another running copy synchronises, it sees the copy in Sent through with all it has to do.
 */
static bool nothing_pending(struct cli *c, void *arg)
{
	const int account = *(const int *)arg;
	struct account_info info;

	engine_account(c->engine, (size_t)account, &info);
	return info.state == STATE_FOLLOWING || engine_pending(c->engine) == 0;
}

static enum cli_status tell_fate(struct cli *c, int account)
{
	if (c->sent) {
		/* The copy in Sent; what is not through by then goes with the next connection. */
		cli_until(c, nothing_pending, &account, COPY_MS);
		return CLI_OK;
	}
	if (c->unsent == ERR_REFUSED && !c->later) {
		cli_say(_("What was refused is kept in the outbox, where it can be edited"));
		return CLI_UNAVAILABLE;
	}
	if (c->unsent != ERR_NONE && !c->later) {
		cli_say(_("It is kept in the outbox and is not sent again unasked"));
		return CLI_UNAVAILABLE;
	}
	cli_say(_("Not sent now: it stays in the outbox, and goes out with the next connection"));
	return c->unsent == ERR_AUTH || c->unsent == ERR_CERT ? cli_status_of(c->unsent)
							      : CLI_TEMPORARY;
}

enum cli_status cli_send_mail(struct cli *c, int account, const char *id)
{
	struct err err = {0};

	c->mail = id;
	if (cli_go_online(c, &err) == 0)
		cli_until(c, is_told, &account, SEND_MS);
	return tell_fate(c, account);
}

/* --- the actions --- */

static enum cli_status finished(struct cli *c, unsigned request)
{
	struct err err = {0};
	struct event *ev = cli_wait(c, request, &err);

	if (!ev)
		return cli_fail(&err);
	event_free(ev);
	return CLI_OK;
}

static enum cli_status send_one(struct cli *c, int account, const struct outbox_info *m)
{
	char *id = mem_strdup(m->id); /* the outbox moves in memory with the next event */
	struct err err = {0};
	enum cli_status status;

	c->mail = id;
	/* What another program left in mid-air is known when there is a connection. */
	status = cli_go_online(c, &err) != 0
			 ? cli_fail(&err)
			 : finished(c, engine_outbox_retry(c->engine, (size_t)account, id));
	if (status == CLI_OK)
		status = cli_send_mail(c, account, id);
	c->mail = NULL;
	free(id);
	return status;
}

static enum cli_status hold_one(struct cli *c, int account, const struct outbox_info *m)
{
	return finished(c, engine_outbox_hold(c->engine, (size_t)account, m->id));
}

static enum cli_status edit_one(struct cli *c, int account, const struct outbox_info *m)
{
	struct err err = {0};
	struct account_info info;
	struct event *ev = cli_wait(c, engine_outbox_edit(c->engine, (size_t)account, m->id), &err);

	if (!ev)
		return cli_fail(&err);
	if (c->made) {
		engine_account(c->engine, (size_t)account, &info);
		c->made->id = mem_strdup(ev->draft->id);
		c->made->account = mem_strdup(info.name);
	} else {
		cli_print(_("It is a draft again: %s\n"), ev->draft->id);
	}
	event_free(ev);
	return CLI_OK;
}

/* Without a terminal there is nobody to ask, and who wrote the command has said it. */
static bool agreed(const struct outbox_info *m)
{
	struct str question = STR_INIT;
	bool yes;

	if (!cli_can_ask())
		return true;
	str_addf(&question, _("Throw away “%s” to %s unsent? (y/n) "), m->subject, m->to);
	yes = cli_agrees(question.p);
	str_done(&question);
	return yes;
}

static enum cli_status drop_one(struct cli *c, int account, const struct outbox_info *m)
{
	if (agreed(m))
		return finished(c, engine_outbox_drop(c->engine, (size_t)account, m->id));
	cli_say(_("It stays in the outbox"));
	return CLI_FAILED;
}

static const struct {
	const char *name;
	enum cli_status (*fn)(struct cli *c, int account, const struct outbox_info *m);
} actions[] = {{"send", send_one}, {"edit", edit_one}, {"hold", hold_one}, {"drop", drop_one}};

static enum cli_status act(struct cli *c, size_t action, const char *id)
{
	struct err err = {0};
	int only = c->args->account ? cli_account(c, NULL, &err) : -1;

	if (c->args->read_only) {
		cli_say(_("Nothing is changed with --read-only"));
		return CLI_USAGE;
	}
	for (int i = 0; i < (int)engine_accounts(c->engine); i++) {
		struct outbox_info m;

		if (only >= 0 && only != i)
			continue;
		if (cli_settle(c, i, &err) != 0)
			return cli_fail(&err);
		if (find_mail(c, i, id, &m))
			return actions[action].fn(c, i, &m);
	}
	cli_say(_("There is no mail %s in the outbox; talaria outbox lists what there is"), id);
	return CLI_DATA;
}

/* --- the list --- */

static enum cli_status list_one(struct cli *c, int account)
{
	struct err err = {0};
	struct account_info info;
	size_t n;

	if (cli_settle(c, account, &err) != 0)
		return cli_fail(&err);
	n = engine_outbox(c->engine, (size_t)account);
	if (!c->args->json) {
		cli_print_outbox(c, account);
		c->listed += n;
		return CLI_OK;
	}
	engine_account(c->engine, (size_t)account, &info);
	for (size_t i = 0; i < n; i++) {
		char *text = json_of_mail(c->engine, (size_t)account, i);

		printf("%s%s", c->listed++ ? ",\n" : "", text);
		free(text);
	}
	return CLI_OK;
}

static enum cli_status list_all(struct cli *c, const char *account)
{
	enum cli_status status;

	if (c->args->json)
		cli_print("[");
	status = cli_accounts(c, account, list_one);
	if (c->args->json)
		cli_print("]\n");
	else if (status == CLI_OK && !c->listed)
		cli_print(_("Nothing waits to be sent\n"));
	return status;
}

enum cli_status cli_outbox(struct cli *c)
{
	const struct strv *words = &c->args->words;
	size_t action = 0;

	while (words->n && action < MEM_COUNT(actions) &&
		strcmp(actions[action].name, words->v[0]) != 0)
		action++;
	if (words->n < 2 && (!words->n || action == MEM_COUNT(actions) ||
				    engine_find_account(c->engine, words->v[0]) >= 0))
		return list_all(c, words->n ? words->v[0] : NULL);
	if (words->n == 2 && action < MEM_COUNT(actions) && !c->args->json)
		return act(c, action, words->v[1]);
	cli_say(_("Write: talaria %s%s%s"), "outbox", " ", "[ACCOUNT] | send|edit|hold|drop ID");
	return CLI_USAGE;
}

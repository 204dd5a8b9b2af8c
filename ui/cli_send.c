#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "mime/build.h"
#include "mime/charset.h"
#include "ui/cli_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BODY_MAX = 64 << 20 };

/* --- the message --- */

static int read_stdin(struct str *out, struct err *err)
{
	for (;;) {
		ssize_t n;

		str_room(out, 64 << 10);
		n = read(STDIN_FILENO, out->p + out->len, 64 << 10);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, _("The text of the message cannot be read"));
		if (n == 0)
			return 0;
		out->len += (size_t)n;
		out->p[out->len] = '\0';
		if (out->len > BODY_MAX)
			return err_set(err, ERR_INPUT,
				_("The text is longer than %d MB: attach it with -a FILE"),
				BODY_MAX >> 20);
	}
}

static int read_body(struct draft *d, const char *path, struct err *err)
{
	struct str text = STR_INIT, body = STR_INIT;
	int rc = path ? file_read(path, BODY_MAX, &text, err) : read_stdin(&text, err);

	if (rc == 0 && text.len && memchr(text.p, '\0', text.len))
		rc = err_set(err, ERR_INPUT,
			_("The text of the message holds NUL bytes: attach the file with -a FILE"));
	if (rc == 0)
		rc = charset_from_person(&body, i18n_charset(), str_c(&text), text.len, err);
	if (rc == 0) {
		free(d->body);
		d->body = draft_body(NULL, str_c(&body), body.len);
	}
	str_done(&text);
	str_done(&body);
	return rc;
}

static int take_word(char **field, const char *word, struct err *err)
{
	struct str text = STR_INIT;
	int rc = charset_from_person(&text, i18n_charset(), word, strlen(word), err);

	if (rc == 0)
		draft_set(field, str_c(&text));
	str_done(&text);
	return rc;
}

static int join(char **to, const struct strv *words, struct err *err)
{
	struct str out = STR_INIT;
	int rc;

	for (size_t i = 0; i < words->n; i++)
		str_addf(&out, "%s%s", i ? ", " : "", words->v[i]);
	rc = take_word(to, str_c(&out), err);
	str_done(&out);
	return rc;
}

static int check_addresses(const char *text, size_t *count, struct err *err)
{
	struct addr_list list = {0};
	int rc = *text ? addr_parse_typed(&list, text, err) : 0;

	*count += list.n;
	addr_list_done(&list);
	return rc;
}

static int add_files(struct draft *d, const struct strv *files, struct err *err)
{
	for (size_t i = 0; i < files->n; i++) {
		char *path = realpath(files->v[i], NULL);

		if (!path || access(path, R_OK) != 0) {
			free(path);
			err_errno(err, _("%s cannot be attached"), files->v[i]);
			err->kind = ERR_INPUT;
			return -1;
		}
		draft_attach(d, path);
		free(path);
	}
	return 0;
}

int cli_draft(struct draft *d, const struct arguments *a, bool link, bool piped, struct err *err)
{
	if ((!link && join(&d->to, &a->words, err) != 0) || join(&d->cc, &a->cc, err) != 0 ||
		join(&d->bcc, &a->bcc, err) != 0 ||
		(a->subject && take_word(&d->subject, a->subject, err) != 0) ||
		add_files(d, &a->attach, err) != 0)
		return -1;
	return a->include || piped ? read_body(d, a->include, err) : 0;
}

/* The whole mail, checked: nothing has been asked of the engine so far. */
static int write_message(const struct cli *c, const char *from, struct draft *d, struct err *err)
{
	size_t recipients = 0;

	draft_set(&d->from, from);
	if (cli_draft(d, c->args, false, true, err) != 0 ||
		check_addresses(d->to, &recipients, err) != 0 ||
		check_addresses(d->cc, &recipients, err) != 0 ||
		check_addresses(d->bcc, &recipients, err) != 0)
		return -1;
	return recipients ? 0
			  : err_set(err, ERR_INPUT,
				    _("There is nobody to send this to: name an address"));
}

/* --- sending --- */

static int put_draft(struct cli *c, int account, const struct draft *d, char **id, struct err *err)
{
	struct event *ev = cli_wait(
		c, engine_compose(c->engine, (size_t)account, COMPOSE_NEW, NULL, 0, ""), err);

	if (!ev)
		return -1;
	*id = mem_strdup(ev->draft->id);
	event_free(ev);
	ev = cli_wait(c, engine_draft_save(c->engine, (size_t)account, *id, d), err);
	event_free(ev);
	return ev ? 0 : -1;
}

/* What could not be queued is still the caller's: no draft of it is left behind. */
static void take_back(struct cli *c, int account, const char *id)
{
	struct err err = {0};
	struct event *ev = cli_wait(c, engine_draft_discard(c->engine, (size_t)account, id), &err);

	if (ev)
		cli_say(_("Nothing was sent, and nothing of it is kept"));
	else
		cli_say(_("Nothing was sent; it is kept as a draft"));
	event_free(ev);
}

static enum cli_status send_draft(struct cli *c, int account, const struct draft *d)
{
	struct err err = {0};
	struct event *ev = NULL;
	enum cli_status status;
	char *id = NULL;

	settings_set(c->settings, "undo-send", "0", NULL);
	if (put_draft(c, account, d, &id, &err) == 0)
		ev = cli_wait(c, engine_send(c->engine, (size_t)account, id), &err);
	if (ev) {
		event_free(ev);
		status = cli_send_mail(c, account, id);
	} else {
		status = cli_fail(&err);
		if (id)
			take_back(c, account, id);
		else
			cli_say(_("Nothing was sent, and nothing of it is kept"));
	}
	c->mail = NULL;
	free(id);
	return status;
}

enum cli_status cli_send(struct cli *c)
{
	struct draft d;
	struct err err = {0};
	int account = cli_account(c, NULL, &err);
	const struct account_settings *a;
	enum cli_status status;

	if (account < 0) {
		cli_fail(&err);
		return engine_accounts(c->engine) ? CLI_USAGE : CLI_CONFIG;
	}
	a = settings_account(c->settings, (size_t)account);
	if (c->args->read_only) {
		cli_say(_("Nothing is sent with --read-only"));
		return CLI_USAGE;
	}
	if (!*a->urls[PROTOCOL_SMTP]) {
		cli_say(_("Account %s has no smtp line in the configuration, so it cannot send"),
			a->name);
		return CLI_CONFIG;
	}
	if (!c->args->words.n && !c->args->cc.n && !c->args->bcc.n) {
		cli_say(_("There is nobody to send this to: name an address"));
		return CLI_USAGE;
	}
	draft_init(&d);
	if (write_message(c, a->from, &d, &err) != 0) {
		cli_say("%s", err.text);
		status = CLI_DATA;
	} else {
		status = send_draft(c, account, &d);
	}
	draft_done(&d);
	return status;
}

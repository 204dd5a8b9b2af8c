/* The answer to JOB_CHECK: one connection to each server of the account, what was found, and what
 * to do where it failed. */
#include "base/i18n.h"
#include "base/mem.h"
#include "net/imap.h"
#include "net/pop3.h"
#include "net/smtp.h"
#include "sync/lane.h"

#include <stdlib.h>

typedef int check_fn(struct lane_thread *l, const struct net_server *server,
	const struct net_options *options, const struct net_login *login, struct str *out,
	struct err *err);

static int check_imap(struct lane_thread *l, const struct net_server *server,
	const struct net_options *options, const struct net_login *login, struct str *out,
	struct err *err)
{
	struct imap *im;
	struct imap_mailboxes boxes = {0};
	int rc;

	if (imap_open(&im, server, options, login, l->cancel, err) != 0)
		return -1;
	rc = imap_compress(im, err);
	imap_describe(im, out);
	if (rc == 0)
		rc = imap_list(im, &boxes, err);
	if (rc == 0)
		str_addf(out, ngettext("%zu folder\n", "%zu folders\n", boxes.n), boxes.n);
	imap_mailboxes_done(&boxes);
	imap_logout(im);
	return rc;
}

static int check_pop3(struct lane_thread *l, const struct net_server *server,
	const struct net_options *options, const struct net_login *login, struct str *out,
	struct err *err)
{
	struct pop3 *p;
	struct pop3_list list = {0};
	int rc;

	if (pop3_open(&p, server, options, login, l->cancel, err) != 0)
		return -1;
	pop3_describe(p, out);
	rc = pop3_list(p, &list, err);
	if (rc == 0) {
		str_addf(out,
			ngettext("%zu message on the server\n", "%zu messages on the server\n",
				list.n),
			list.n);
		pop3_quit(p, NULL);
	}
	pop3_list_done(&list);
	pop3_free(p);
	return rc;
}

static int check_smtp(struct lane_thread *l, const struct net_server *server,
	const struct net_options *options, const struct net_login *login, struct str *out,
	struct err *err)
{
	struct smtp *s;

	if (smtp_open(&s, server, options, login, l->cancel, err) != 0)
		return -1;
	smtp_describe(s, out);
	smtp_quit(s, true);
	return 0;
}

/* How others on the way are kept from reading, in words: the names say little to most people. */
static void describe_port(const struct net_server *server, struct str *out)
{
	switch (server->security) {
	case NET_TLS:
		str_addf(out, _("  port %u: encrypted from the first byte on (TLS)\n"),
			(unsigned)server->port);
		break;
	case NET_STARTTLS:
		str_addf(out,
			_("  port %u: begins readable, encrypted before the login (STARTTLS); "
			  "without that there is no login\n"),
			(unsigned)server->port);
		break;
	case NET_PLAIN:
		str_addf(out, _("  port %u: not encrypted at all\n"), (unsigned)server->port);
		break;
	}
}

static void check_one(struct lane_thread *l, const char *url, check_fn *fn, struct result *r)
{
	struct net_server server = {0};
	struct net_options options;
	struct net_login login;
	struct err err = {0};
	struct str found = STR_INIT;
	int rc;

	if (!*url)
		return;
	rc = lane_login(l, &login, &server, &options, url, &err);
	if (rc == 0)
		rc = fn(l, &server, &options, &login, &found, &err);
	str_addf(&r->checked.text, "%s (%s): %s\n", url, net_security_name(&server),
		rc == 0 ? _("works") : err.text);
	if (server.port)
		describe_port(&server, &r->checked.text);
	for (const char *p = str_c(&found); *p;) {
		size_t n = 0;

		while (p[n] && p[n] != '\n')
			n++;
		str_adds(&r->checked.text, "  ");
		str_add(&r->checked.text, p, n);
		str_addc(&r->checked.text, '\n');
		p += n + (p[n] == '\n');
	}
	str_done(&found);
	/* The first failure decides the exit code; all are in the text. */
	if (rc != 0 && r->err.kind == ERR_NONE)
		r->err = err;
}

void check_run(struct lane_thread *l, struct job *j)
{
	struct result *r = result_new(RESULT_CHECKED);

	r->request = j->request;
	check_one(l, l->account->imap, check_imap, r);
	check_one(l, l->account->pop3, check_pop3, r);
	check_one(l, l->account->smtp, check_smtp, r);
	lane_post(l, r);
}

/* The answer to JOB_CHECK: one connection to each server of the account, what was found, and what
 * to do where it failed. */
#include "base/i18n.h"
#include "base/mem.h"
#include "sync/lane.h"

#include <stdlib.h>

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

static const struct driver *checker(const struct lane_thread *l, enum protocol protocol)
{
	const struct driver *const *lanes = l->drivers[protocol];
	int i = 0;

	while (!lanes[i] || !lanes[i]->check)
		i++;
	return lanes[i];
}

static void check_one(struct lane_thread *l, enum protocol protocol, struct result *r)
{
	const char *url = l->account->urls[protocol];
	struct net_server server = {0};
	struct net_options options;
	struct net_login login;
	struct err err = {0};
	struct str found = STR_INIT;
	int rc;

	if (!*url)
		return;
	rc = lane_login(l, protocol, &login, &server, &options, &err);
	if (rc == 0)
		rc = checker(l, protocol)->check(l, &server, &options, &login, &found, &err);
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
	if (lane_await_password(l, &r->err) == 0)
		for (enum protocol p = 0; p < SERVERS; p++)
			check_one(l, p, r);
	lane_post(l, r);
}

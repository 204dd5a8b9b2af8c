#include "net/sasl.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/str.h"

#include <gsasl.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CHALLENGE_MAX = 64 * 1024, ITERATIONS_MAX = 1000 * 1000 };

/* Who computes the answers. */
enum sasl_kind { SASL_GSASL, SASL_XOAUTH2, SASL_OAUTHBEARER };

struct mechanism {
	const char *name;
	enum sasl_kind kind;
	bool client_first;
	bool shows_secret; /* the server, and whoever listens, gets the password or token */
	bool binds;        /* needs channel binding */
	bool mutual;       /* the server proves itself: SCRAM */
	bool automatic;    /* chosen unasked */
};

/* Strongest first. */
static const struct mechanism mechanisms[] = {
	{"SCRAM-SHA-256-PLUS", SASL_GSASL, true, false, true, true, true},
	{"SCRAM-SHA-256", SASL_GSASL, true, false, false, true, true},
	{"SCRAM-SHA-1-PLUS", SASL_GSASL, true, false, true, true, true},
	{"SCRAM-SHA-1", SASL_GSASL, true, false, false, true, true},
	{"CRAM-MD5", SASL_GSASL, false, false, false, false, true},
	{"PLAIN", SASL_GSASL, true, true, false, false, true},
	{"LOGIN", SASL_GSASL, false, true, false, false, true},
	{"OAUTHBEARER", SASL_OAUTHBEARER, true, true, false, false, false},
	{"XOAUTH2", SASL_XOAUTH2, true, true, false, false, false},
};

struct sasl {
	const struct mechanism *mechanism;
	Gsasl *library;
	Gsasl_session *session;
	char *user, *secret, *host; /* for the two OAuth mechanisms */
	unsigned step;
	bool done;
};

/* --- choosing --- */

static bool is_offered(const struct strv *offered, const char *name)
{
	for (size_t i = 0; i < offered->n; i++)
		if (str_icmp(offered->v[i], name) == 0)
			return true;
	return false;
}

static const struct mechanism *find_named(const char *name)
{
	for (size_t i = 0; i < MEM_COUNT(mechanisms); i++)
		if (str_icmp(mechanisms[i].name, name) == 0)
			return &mechanisms[i];
	return NULL;
}

struct choice {
	const struct strv *offered;
	const char *wanted; /* NULL: the strongest */
	enum sasl_use use;
	bool encrypted, plain_allowed, bound;
};

static void list_offered(const struct choice *c, struct str *names)
{
	for (size_t i = 0; i < c->offered->n && names->len < 100; i++)
		str_addf(names, "%s%.30s", i ? " " : "", c->offered->v[i]);
	if (!names->len)
		str_adds(names, _("nothing"));
}

bool sasl_is_known(const char *name)
{
	return find_named(name) != NULL;
}

void sasl_names(struct str *out)
{
	for (size_t i = 0; i < MEM_COUNT(mechanisms); i++)
		str_addf(out, "%s%s", i ? ", " : "", mechanisms[i].name);
}

static bool may_use(const struct choice *c, const struct mechanism *m)
{
	if (!m->automatic || (m->binds && !c->bound))
		return false;
	if (c->use == SASL_SHOWN && !m->shows_secret)
		return false;
	if (m->shows_secret && !c->encrypted && !c->plain_allowed)
		return false;
	/* Under TLS it protects nothing and makes the server keep the password itself. */
	if (c->encrypted && strcmp(m->name, "CRAM-MD5") == 0)
		return false;
	return is_offered(c->offered, m->name);
}

static const struct mechanism *strongest(const struct choice *c)
{
	for (size_t i = 0; i < MEM_COUNT(mechanisms); i++)
		if (may_use(c, &mechanisms[i]))
			return &mechanisms[i];
	return NULL;
}

static const struct mechanism *choose_named(const struct choice *c, struct err *err)
{
	const struct mechanism *m = find_named(c->wanted);

	if (str_icmp(c->wanted, "oauth2") == 0)
		m = find_named(is_offered(c->offered, "OAUTHBEARER") ? "OAUTHBEARER" : "XOAUTH2");
	if (!m) {
		err_set(err, ERR_AUTH, _("the login method “%.40s” is not known"), c->wanted);
		return NULL;
	}
	if (!is_offered(c->offered, m->name)) {
		const struct mechanism *other = m->kind == SASL_GSASL ? strongest(c) : NULL;

		/* One account has up to three servers, and not all know the same. */
		if (other && (m->shows_secret || !other->shows_secret))
			return other;
		err_set(err, ERR_AUTH, _("the server does not offer the login method %s"), m->name);
		return NULL;
	}
	if (m->shows_secret && !c->encrypted && !c->plain_allowed) {
		err_set(err, ERR_AUTH, _("%s would send the password unencrypted: not done"),
			m->name);
		return NULL;
	}
	if (m->binds && !c->bound) {
		err_set(err, ERR_AUTH, _("%s needs TLS with channel binding"), m->name);
		return NULL;
	}
	return m;
}

static const struct mechanism *choose(const struct choice *c, struct err *err)
{
	const struct mechanism *m;
	struct str names = STR_INIT;

	if (c->wanted)
		return choose_named(c, err);
	m = strongest(c);
	if (m)
		return m;
	list_offered(c, &names);
	if (c->encrypted || c->plain_allowed)
		err_set(err, ERR_AUTH,
			_("no login method of the server fits (it offers: %.110s); “auth” can name "
			  "one"),
			names.p);
	else
		err_set(err, ERR_AUTH,
			_("the server wants the password unencrypted: not done (it offers: "
			  "%.110s)"),
			names.p);
	str_done(&names);
	return NULL;
}

/* --- starting --- */

static int library_error(int code, enum err_kind kind, struct err *err)
{
	return err_set(err, kind, _("the login failed here: %s"), gsasl_strerror(code));
}

static int set_properties(struct sasl *s, const struct net_login *login, const char *service,
	const char *binding, size_t binding_len)
{
	const struct {
		Gsasl_property property;
		const char *value;
	} values[] = {
		{GSASL_AUTHID, login->user},
		{GSASL_PASSWORD, login->secret},
		{GSASL_SERVICE, service},
		{GSASL_HOSTNAME, s->host},
	};
	char *coded = NULL;
	int r = GSASL_OK;

	for (size_t i = 0; i < MEM_COUNT(values) && r == GSASL_OK; i++)
		r = gsasl_property_set(s->session, values[i].property, values[i].value);
	/* gsasl 2.2 refuses the others when there is a binding, instead of saying "y" (RFC 5802 6).
	 */
	if (r != GSASL_OK || !s->mechanism->binds)
		return r;
	r = gsasl_base64_to(binding, binding_len, &coded, NULL);
	if (r == GSASL_OK)
		r = gsasl_property_set(s->session, GSASL_CB_TLS_EXPORTER, coded);
	gsasl_free(coded);
	return r;
}

/* Without a callback gsasl asks nobody: what is not set does not exist. */
static int start_library(struct sasl *s, const struct net_login *login, const char *service,
	const char *binding, size_t binding_len, struct err *err)
{
	int r = gsasl_init(&s->library);

	if (r == GSASL_OK)
		r = gsasl_client_start(s->library, s->mechanism->name, &s->session);
	if (r == GSASL_OK)
		r = set_properties(s, login, service, binding, binding_len);
	return r == GSASL_OK ? 0 : library_error(r, ERR_AUTH, err);
}

/* \001 separates fields in the OAuth mechanisms; a NUL cannot be there. */
static bool is_clean(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

int sasl_start(struct sasl **out, const struct strv *offered, const struct net_login *login,
	const char *service, const char *host, bool encrypted, bool plain_allowed,
	enum sasl_use use, const char *binding, size_t binding_len, struct err *err)
{
	struct choice c = {
		offered, login->mechanism, use, encrypted, plain_allowed, binding_len > 0};
	const struct mechanism *m = choose(&c, err);
	struct sasl *s;

	if (!m)
		return -1;
	if (!login->user || !*login->user || !login->secret)
		return err_set(err, ERR_AUTH, _("there is no user name or no password"));
	if (!is_clean(login->user) || (m->kind != SASL_GSASL && !is_clean(login->secret)))
		return err_set(err, ERR_AUTH, _("the user name or token has control characters"));
	s = mem_alloc(sizeof(*s));
	s->mechanism = m;
	s->host = mem_strdup(host);
	if (m->kind != SASL_GSASL) {
		s->user = mem_strdup(login->user);
		s->secret = mem_strdup(login->secret);
	} else if (start_library(s, login, service, binding, binding_len, err) < 0) {
		sasl_free(s);
		return -1;
	}
	*out = s;
	return 0;
}

const char *sasl_mechanism(const struct sasl *s)
{
	return s->mechanism->name;
}

bool sasl_shows_secret(const struct sasl *s)
{
	return s->mechanism->shows_secret;
}

bool sasl_client_first(const struct sasl *s)
{
	return s->mechanism->client_first;
}

/* --- talking --- */

static int encode(struct str *out, const char *p, size_t len, struct err *err)
{
	char *coded = NULL;
	size_t n = 0;
	int r = gsasl_base64_to(p, len, &coded, &n);

	if (r != GSASL_OK)
		return library_error(r, ERR_AUTH, err);
	str_add(out, coded, n);
	mem_free_secret(coded);
	return 0;
}

/* RFC 6749 appendix A, RFC 7628 3.1 and Google's XOAUTH2 page. */
static void oauth_first(const struct sasl *s, struct str *raw)
{
	/* Room at once: growing would leave copies of the token behind. */
	str_room(raw, 3 * strlen(s->user) + strlen(s->secret) + strlen(s->host) + 64);
	if (s->mechanism->kind == SASL_XOAUTH2) {
		str_addf(raw, "user=%s\001auth=Bearer %s\001\001", s->user, s->secret);
		return;
	}
	str_adds(raw, "n,a=");
	for (const char *p = s->user; *p; p++) { /* saslname: RFC 5801 4 */
		if (*p == ',')
			str_adds(raw, "=2C");
		else if (*p == '=')
			str_adds(raw, "=3D");
		else
			str_addc(raw, *p);
	}
	str_addf(raw, ",\001host=%s\001auth=Bearer %s\001\001", s->host, s->secret);
}

static int oauth_step(struct sasl *s, struct str *out, bool *done, struct err *err)
{
	struct str raw = STR_INIT;
	int r;

	if (s->step > 1)
		return err_set(
			err, ERR_PROTOCOL, _("the server asks for more than the login needs"));
	/* A challenge after the token is a description of the error: it wants an empty answer
	 * (RFC 7628 3.2.3: a lone ^A) before it says no. */
	if (s->step == 0)
		oauth_first(s, &raw);
	else if (s->mechanism->kind == SASL_OAUTHBEARER)
		str_addc(&raw, '\001');
	r = encode(out, str_c(&raw), raw.len, err);
	mem_free_secret(str_steal(&raw));
	s->done = *done = true;
	return r;
}

/* A hostile count would keep the processor busy for hours. */
static bool iterations_ok(const char *p, size_t len)
{
	for (size_t i = 0; i + 1 < len; i++) {
		uint64_t n = 0;

		if (p[i] != 'i' || p[i + 1] != '=' || (i && p[i - 1] != ','))
			continue;
		for (i += 2; i < len && p[i] >= '0' && p[i] <= '9'; i++)
			if ((n = n * 10 + (uint64_t)(p[i] - '0')) > ITERATIONS_MAX)
				return false;
	}
	return true;
}

static int decode(
	const struct sasl *s, const char *challenge, char **raw, size_t *len, struct err *err)
{
	size_t n = strlen(challenge);

	*raw = NULL;
	*len = 0;
	if (n == 0)
		return 0;
	if (n > CHALLENGE_MAX || gsasl_base64_from(challenge, n, raw, len) != GSASL_OK)
		return err_set(err, ERR_PROTOCOL, _("the server's part of the login is malformed"));
	if (s->mechanism->mutual && !iterations_ok(*raw, *len)) {
		gsasl_free(*raw);
		return err_set(err, ERR_PROTOCOL,
			_("the server wants the password hashed more than %d times, which would "
			  "keep this machine busy: “auth” can name another login method"),
			ITERATIONS_MAX);
	}
	if (memchr(*raw, '\0', *len)) {
		gsasl_free(*raw);
		return err_set(err, ERR_PROTOCOL, _("the server's part of the login is malformed"));
	}
	return 0;
}

static int step_error(int code, struct err *err)
{
	switch (code) {
	case GSASL_MECHANISM_PARSE_ERROR:
	case GSASL_BASE64_ERROR:
	case GSASL_MECHANISM_CALLED_TOO_MANY_TIMES:
		return err_set(err, ERR_PROTOCOL, _("the server's part of the login is malformed"));
	case GSASL_AUTHENTICATION_ERROR:
		return err_set(err, ERR_AUTH,
			_("the server does not know the password: it may be another server"));
	default:
		return library_error(code, ERR_AUTH, err);
	}
}

static int library_step(
	struct sasl *s, const char *challenge, struct str *out, bool *done, struct err *err)
{
	char *raw, *answer = NULL;
	size_t len, answer_len = 0;
	int r;

	if (decode(s, challenge, &raw, &len, err) < 0)
		return -1;
	if (s->done) {
		gsasl_free(raw);
		return err_set(
			err, ERR_PROTOCOL, _("the server asks for more than the login needs"));
	}
	r = gsasl_step(s->session, raw, len, &answer, &answer_len);
	gsasl_free(raw);
	if (r != GSASL_OK && r != GSASL_NEEDS_MORE)
		return step_error(r, err);
	s->done = *done = r == GSASL_OK;
	r = encode(out, answer ? answer : "", answer_len, err);
	if (answer)
		explicit_bzero(answer, answer_len);
	gsasl_free(answer);
	return r;
}

int sasl_step(struct sasl *s, const char *challenge, struct str *out, bool *done, struct err *err)
{
	int r = s->mechanism->kind == SASL_GSASL ? library_step(s, challenge, out, done, err)
						 : oauth_step(s, out, done, err);

	s->step++;
	return r;
}

int sasl_finish(struct sasl *s, struct err *err)
{
	if (!s->mechanism->mutual || s->done)
		return 0;
	return err_set(err, ERR_AUTH,
		_("the server let us in without proving that it knows the password: not trusted"));
}

void sasl_free(struct sasl *s)
{
	if (!s)
		return;
	if (s->session) {
		/* gsasl frees its copy without wiping it. */
		char *copy = (char *)(uintptr_t)gsasl_property_fast(s->session, GSASL_PASSWORD);

		mem_wipe(copy);
		gsasl_finish(s->session);
	}
	if (s->library)
		gsasl_done(s->library);
	mem_free_secret(s->user);
	mem_free_secret(s->secret);
	free(s->host);
	free(s);
}

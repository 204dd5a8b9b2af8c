#include "net/login.h"

#include "base/i18n.h"
#include "base/mem.h"

#include <string.h>

enum { ROUNDS = 24 };

bool login_plain_allowed(const struct stream *s, const struct net_server *server)
{
	return stream_is_encrypted(s) || server->security == NET_PLAIN;
}

bool login_by_command(
	const struct stream *s, const struct net_server *server, const struct net_login *login)
{
	const char *m = login->mechanism;

	return login_plain_allowed(s, server) &&
	       (!m || str_icmp(m, "PLAIN") == 0 || str_icmp(m, "LOGIN") == 0);
}

bool login_text_ok(const char *text)
{
	return text && *text && !strpbrk(text, "\r\n");
}

static bool has_any(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (str_ifind(text, *words))
			return true;
	return false;
}

bool login_is_not_now(const char *text)
{
	static const char *const many[] = {"too many", "maximum", "limit", "exceed", NULL};
	static const char *const of[] = {
		"connection", "session", "simultaneous", "concurrent", "rate", NULL};
	/* "Too many failed logins in this session" is about the password. */
	static const char *const secret[] = {
		"failed", "attempt", "password", "credential", "incorrect", "invalid", NULL};

	return has_any(text, many) && has_any(text, of) && !has_any(text, secret);
}

/* frame: with what it has to say behind the line; NULL: nothing. */
static int send_secret(
	struct stream *s, const struct str *line, const struct login_frame *frame, struct err *err)
{
	int r;

	stream_secret(s, true);
	r = stream_write(s, str_c(line), line->len, err);
	if (!r)
		r = stream_write(s, "\r\n", 2, err);
	if (!r && frame && frame->behind)
		r = frame->behind(frame->ctx, err);
	if (!r)
		r = stream_flush(s, err);
	stream_secret(s, false);
	return r;
}

/* Wipes what may hold a password before it is freed. */
static void forget(struct str *s)
{
	mem_wipe(s->p);
	str_done(s);
}

/* Sends the command; *pending is left true when the first answer still has to follow. */
static int send_command(struct stream *s, struct sasl *sasl, const struct login_frame *frame,
	struct str *first, bool *pending, struct err *err)
{
	struct str line = STR_INIT;
	bool done;
	int r;

	*pending = sasl_client_first(sasl);
	if (*pending && sasl_step(sasl, "", first, &done, err))
		return -1;
	str_addf(&line, "%s %s", frame->command, sasl_mechanism(sasl));
	/* An empty first answer is written as "=" (RFC 4959 3, RFC 4954 4, RFC 5034 4). */
	if (*pending && frame->initial && line.len + first->len + 4 <= frame->max_command) {
		str_addc(&line, ' ');
		str_adds(&line, first->len ? first->p : "=");
		*pending = false;
	}
	r = send_secret(s, &line, NULL, err);
	forget(&line);
	return r;
}

/* "*" ends a conversation that we do not like; the server's refusal is read and dropped. */
static void abandon(struct stream *s, const struct login_frame *frame)
{
	struct str rest = STR_INIT;

	if (!stream_write(s, "*\r\n", 3, NULL) && !stream_flush(s, NULL))
		frame->answer(frame->ctx, &rest, NULL);
	str_done(&rest);
}

/* *refused: it was the server that said no. */
static int converse(struct stream *s, struct sasl *sasl, const struct login_frame *frame,
	struct str *first, bool pending, bool *refused, struct err *err)
{
	struct str challenge = STR_INIT, answer = STR_INIT;
	bool done = false;
	int r = -1;

	for (int i = 0; i < ROUNDS; i++) {
		enum login_answer a = frame->answer(frame->ctx, &challenge, err);

		if (a != LOGIN_CHALLENGE) {
			r = a == LOGIN_OK ? sasl_finish(sasl, err) : -1;
			*refused = a == LOGIN_FAILED && err->kind == ERR_AUTH;
			goto out;
		}
		str_clear(&answer);
		if (pending) {
			str_add(&answer, str_c(first), first->len);
			pending = false;
		} else if (sasl_step(sasl, str_c(&challenge), &answer, &done, err)) {
			abandon(s, frame);
			goto out;
		}
		if (send_secret(s, &answer, done && !answer.len ? frame : NULL, err))
			goto out;
	}
	err_set(err, ERR_PROTOCOL, _("The server does not come to an end of the login"));
out:
	forget(&answer);
	str_done(&challenge);
	return r;
}

static int talk(struct stream *s, struct sasl *sasl, const struct login_frame *frame, bool *refused,
	struct err *err)
{
	struct str first = STR_INIT;
	bool pending;
	int r;

	r = send_command(s, sasl, frame, &first, &pending, err);
	if (!r)
		r = converse(s, sasl, frame, &first, pending, refused, err);
	forget(&first);
	return r;
}

static int start(struct sasl **out, struct stream *s, const struct net_server *server,
	const struct strv *offered, const struct net_login *login, const char *service,
	enum sasl_use use, struct err *err)
{
	char binding[64];
	size_t n = stream_channel_binding(s, binding, sizeof(binding));

	return sasl_start(out, offered, login, service, server->host, stream_is_encrypted(s),
		login_plain_allowed(s, server), use, n ? binding : NULL, n, err);
}

/* One conversation; 1: nothing fits. */
static int try_one(struct stream *s, const struct net_server *server, const struct strv *offered,
	const struct net_login *login, const char *service, enum sasl_use use,
	struct login_frame *frame, bool *hidden, struct err *err)
{
	struct sasl *sasl;
	bool refused = false;
	int r;

	*hidden = false;
	if (start(&sasl, s, server, offered, login, service, use, err))
		return 1;
	r = frame->begin(frame->ctx, frame, sasl);
	if (!r)
		r = talk(s, sasl, frame, &refused, err);
	*hidden = refused && !sasl_shows_secret(sasl);
	sasl_free(sasl);
	return r;
}

int login_run(struct stream *s, const struct net_server *server, const struct strv *offered,
	const struct net_login *login, const char *service, struct login_frame *frame,
	struct err *err)
{
	struct err first = {0}, second = {0};
	bool hidden, again;
	int r = try_one(s, server, offered, login, service, SASL_STRONGEST, frame, &hidden, &first);

	again = r < 0 && hidden && !login->mechanism && stream_is_encrypted(s) &&
		!stream_error(s)->kind;
	if (again) {
		int r2 = try_one(
			s, server, offered, login, service, SASL_SHOWN, frame, &hidden, &second);

		if (r2 < 0 && (second.kind == ERR_AUTH || second.kind == ERR_CANCELLED))
			first = second;
		r = r2;
	}
	if (r && err)
		*err = first;
	return r;
}

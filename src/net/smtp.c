#include "net/smtp_priv.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "net/login.h"

#include <stdlib.h>
#include <string.h>

enum {
	REPLY_LINE = 8 << 10,
	REPLY_LINES = 200,
	AUTH_LINE = 12288, /* RFC 4954 4 */
	STEP_MS = 120000,
	FINAL_MS = 600000, /* RFC 5321 4.5.3.2.6 */
	QUIT_MS = 2000,
};

/* --- replies --- */

int smtp_lost(struct smtp *s)
{
	s->dead = true;
	return -1;
}

int smtp_protocol_error(struct smtp *s, struct err *err)
{
	s->dead = true;
	return err_set(err, ERR_PROTOCOL, _("The SMTP server's answer cannot be understood"));
}

/* The code of a reply line (RFC 5321 4.2), 0 when it is none. */
static int reply_code(const struct str *line, bool *more)
{
	const char *p = str_c(line);

	if (line->len < 3 || p[0] < '1' || p[0] > '5' || p[1] < '0' || p[1] > '9' || p[2] < '0' ||
		p[2] > '9')
		return 0;
	if (line->len > 3 && p[3] != ' ' && p[3] != '-')
		return 0;
	*more = line->len > 3 && p[3] == '-';
	return (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
}

static void add_text(struct reply *r, const struct str *line)
{
	if (line->len <= 4)
		return;
	if (r->text.len)
		str_addc(&r->text, ' ');
	utf8_clean(&r->text, line->p + 4, line->len - 4, UTF8_LINE);
}

/* Reads a whole reply; line() gets the text of each of its lines (NULL: nobody wants them). */
static int read_reply(
	struct smtp *s, struct reply *r, void (*each)(struct smtp *, char *, int), struct err *err)
{
	struct str line = STR_INIT;
	bool more = true;
	int status = 0;

	r->code = 0;
	str_clear(&r->text);
	for (int n = 0; more && !status; n++) {
		int code;

		if (n >= REPLY_LINES) {
			status = smtp_protocol_error(s, err);
		} else if (stream_read_line(s->stream, &line, REPLY_LINE, err)) {
			status = smtp_lost(s);
		} else if (!(code = reply_code(&line, &more)) || (r->code && code != r->code)) {
			status = smtp_protocol_error(s, err);
		} else {
			r->code = code;
			add_text(r, &line);
			if (each && line.len > 4)
				each(s, line.p + 4, n);
		}
	}
	str_done(&line);
	if (r->code == 421) /* RFC 5321 3.8: the channel is being closed */
		s->dead = true;
	return status;
}

/* Waits for the first byte of a reply no longer than ms. */
int smtp_await(struct smtp *s, int ms, struct reply *r, void (*each)(struct smtp *, char *, int),
	struct err *err)
{
	int ready = stream_wait(s->stream, -1, ms, err);

	if (ready < 0)
		return smtp_lost(s);
	if (ready == STREAM_TIMEOUT) {
		s->dead = true;
		return err_set(err, ERR_NETWORK, _("The SMTP server does not answer"));
	}
	return read_reply(s, r, each, err);
}

enum err_kind smtp_kind_of(int code)
{
	return code / 100 == 4 ? ERR_AGAIN : code / 100 == 5 ? ERR_REFUSED : ERR_PROTOCOL;
}

/* Where TLS is required and has not begun, anybody on the way may be speaking. */
static bool is_stranger(const struct smtp *s)
{
	return s->server.security == NET_STARTTLS && !stream_is_encrypted(s->stream);
}

/* Fills err from a reply that is not the one wanted. What is neither 4xx nor 5xx ends it all. */
int smtp_unwanted(struct smtp *s, const struct reply *r, struct err *err)
{
	if (smtp_kind_of(r->code) == ERR_PROTOCOL)
		return smtp_protocol_error(s, err);
	/* No verdict, and none of the words. */
	if (is_stranger(s)) {
		s->dead = true;
		return err_set(err, ERR_AGAIN, _("The SMTP server refused the connection"));
	}
	return err_set(
		err, smtp_kind_of(r->code), _("The server said %d: %s"), r->code, str_c(&r->text));
}

int smtp_put(struct smtp *s, const char *line, struct err *err)
{
	if (stream_write(s->stream, line, strlen(line), err) ||
		stream_write(s->stream, "\r\n", 2, err))
		return smtp_lost(s);
	return 0;
}

int smtp_flush(struct smtp *s, struct err *err)
{
	return stream_flush(s->stream, err) ? smtp_lost(s) : 0;
}

/* One command, one reply; 0 when its code is the wanted one. */
int smtp_command(struct smtp *s, const char *line, int wanted,
	void (*each)(struct smtp *, char *, int), struct err *err)
{
	struct reply r = {0};
	int status;

	stream_command(s->stream, SMTP_REPLY_BUDGET);
	status = smtp_put(s, line, err) || smtp_flush(s, err) ||
				 smtp_await(s, s->step_ms, &r, each, err)
			 ? -1
		 : r.code == wanted ? 0
				    : smtp_unwanted(s, &r, err);
	str_done(&r.text);
	return status;
}

/* --- opening --- */

/* SIZE may stand alone: no limit is told then (RFC 1870 4). */
static uint64_t size_value(const char *word)
{
	return word && word[0] >= '0' && word[0] <= '9' ? strtoull(word, NULL, 10) : 0;
}

static void ehlo_line(struct smtp *s, char *text, int n)
{
	char *save = NULL, *word;

	if (n == 0) /* the server's name */
		return;
	if (!str_nicmp(text, "AUTH=", 5))
		text[4] = ' ';
	word = strtok_r(text, " ", &save);
	if (!word)
		return;
	if (!str_icmp(word, "STARTTLS"))
		s->starttls = true;
	else if (!str_icmp(word, "PIPELINING"))
		s->pipelining = true;
	else if (!str_icmp(word, "8BITMIME"))
		s->eightbit = true;
	else if (!str_icmp(word, "SMTPUTF8"))
		s->utf8 = true;
	else if (!str_icmp(word, "SIZE"))
		s->max_size = size_value(strtok_r(NULL, " ", &save));
	else if (!str_icmp(word, "AUTH")) {
		s->auth = true;
		while ((word = strtok_r(NULL, " ", &save)))
			if (!strv_has(&s->mechanisms, word))
				strv_add(&s->mechanisms, word);
	}
}

static int say_helo(struct smtp *s, const char *verb, void (*each)(struct smtp *, char *, int),
	struct reply *r, struct err *err)
{
	struct str line = STR_INIT;
	int status;

	str_addf(&line, "%s ", verb);
	stream_own_literal(s->stream, &line);
	stream_command(s->stream, SMTP_REPLY_BUDGET);
	status = smtp_put(s, line.p, err) || smtp_flush(s, err) ||
		 smtp_await(s, s->step_ms, r, each, err);
	str_done(&line);
	return status ? -1 : 0;
}

/* What an earlier EHLO said is forgotten (RFC 3207 4.2). Servers of before 1995 know only HELO
 * (RFC 5321 3.2); they have no extensions, and so no STARTTLS. */
static int say_ehlo(struct smtp *s, struct err *err)
{
	struct reply r = {0};
	int status;

	strv_done(&s->mechanisms);
	s->starttls = s->auth = s->pipelining = s->eightbit = s->utf8 = false;
	s->max_size = 0;
	status = say_helo(s, "EHLO", ehlo_line, &r, err);
	if (!status && (r.code == 500 || r.code == 502 || r.code == 504) && is_stranger(s)) {
		status = err_set(err, ERR_CERT,
			_("The SMTP server does not offer STARTTLS, and nothing is sent "
			  "unencrypted"));
	} else if (!status && (r.code == 500 || r.code == 502 || r.code == 504)) {
		status = say_helo(s, "HELO", NULL, &r, err);
	}
	if (!status && r.code != 250)
		status = smtp_unwanted(s, &r, err);
	str_done(&r.text);
	return status;
}

static int start_tls(struct smtp *s, struct err *err)
{
	struct err said = {0};

	if (!s->starttls)
		return err_set(err, ERR_CERT,
			_("The SMTP server does not offer STARTTLS, and nothing is sent "
			  "unencrypted"));
	if (smtp_command(s, "STARTTLS", 220, NULL, &said))
		return stream_no_tls(&said, _("The SMTP server refused to start encryption"), err);
	if (stream_starttls(s->stream, err))
		return smtp_lost(s);
	return say_ehlo(s, err);
}

static enum login_answer auth_answer(void *ctx, struct str *challenge, struct err *err)
{
	struct smtp *s = ctx;
	struct reply r = {0};
	enum login_answer a = LOGIN_FAILED;

	str_clear(challenge);
	if (smtp_await(s, s->step_ms, &r, NULL, err))
		goto out;
	if (r.code == 235) {
		a = LOGIN_OK;
	} else if (r.code == 334) {
		str_add(challenge, str_c(&r.text), r.text.len);
		a = LOGIN_CHALLENGE;
	} else if (r.code / 100 == 5 || r.code == 432) {
		err_set(err, ERR_AUTH, _("The server refused the login: %d %s"), r.code,
			str_c(&r.text));
	} else {
		smtp_unwanted(s, &r, err);
	}
out:
	str_done(&r.text);
	return a;
}

static int begin_login(void *ctx, struct login_frame *frame, const struct sasl *sasl)
{
	struct smtp *s = ctx;

	(void)frame;
	free(s->mechanism);
	s->mechanism = mem_strdup(sasl_mechanism(sasl));
	stream_command(s->stream, SMTP_REPLY_BUDGET);
	return s->dead ? -1 : 0;
}

static int log_in(struct smtp *s, const struct net_login *login, struct err *err)
{
	struct login_frame frame = {.command = "AUTH",
		.initial = true,
		.max_command = AUTH_LINE,
		.begin = begin_login,
		.answer = auth_answer,
		.ctx = s};

	if (!login || !login->secret)
		return 0;
	if (!s->auth)
		return err_set(err, ERR_AUTH, _("The SMTP server does not offer a login"));
	return login_run(s->stream, &s->server, &s->mechanisms, login, "smtp", &frame, err) ? -1
											    : 0;
}

static int read_greeting(struct smtp *s, struct err *err)
{
	struct reply r = {0};
	int status;

	stream_command(s->stream, SMTP_REPLY_BUDGET);
	status = smtp_await(s, s->step_ms, &r, NULL, err);
	if (!status && r.code != 220)
		status = smtp_unwanted(s, &r, err);
	str_done(&r.text);
	return status;
}

static int greet(struct smtp *s, const struct net_login *login, struct err *err)
{
	struct err why = {0};
	int status = read_greeting(s, &why);

	if (!status)
		status = say_ehlo(s, &why);
	/* "No service here" (RFC 5321 3.1) is said to the connection, not of any mail. */
	if (why.kind == ERR_REFUSED)
		why.kind = ERR_AGAIN;
	if (!status && s->server.security == NET_STARTTLS)
		status = start_tls(s, &why);
	if (!status)
		status = log_in(s, login, &why);
	if (status && err)
		*err = why;
	return status;
}

int smtp_open(struct smtp **out, const struct net_server *server, const struct net_options *options,
	const struct net_login *login, struct net_cancel *cancel, struct err *err)
{
	struct smtp *s = mem_alloc(sizeof(*s));

	*out = NULL;
	s->server = *server;
	if (options)
		s->options = *options;
	/* Relays that scan a message are silent for minutes after the final dot; other steps have
	 * the shorter wait of await_reply. */
	s->step_ms = s->options.idle_ms ? s->options.idle_ms : STEP_MS;
	s->final_ms = s->options.idle_ms ? s->options.idle_ms : FINAL_MS;
	if (!s->options.idle_ms)
		s->options.idle_ms = FINAL_MS;
	if (!s->options.command_ms)
		s->options.command_ms = 2 * FINAL_MS;
	if (stream_open(&s->stream, server, &s->options, cancel, err)) {
		free(s);
		return -1;
	}
	if (greet(s, login, err)) {
		smtp_free(s);
		return -1;
	}
	*out = s;
	return 0;
}

void smtp_free(struct smtp *s)
{
	if (!s)
		return;
	stream_free(s->stream);
	strv_done(&s->mechanisms);
	free(s->mechanism);
	free(s);
}

void smtp_quit(struct smtp *s, bool wait)
{
	if (!s)
		return;
	if (!s->dead && !smtp_put(s, "QUIT", NULL) && !smtp_flush(s, NULL) && wait)
		stream_wait(s->stream, -1, QUIT_MS, NULL);
	smtp_free(s);
}

bool smtp_is_alive(struct smtp *s)
{
	/* Nothing is under way: whatever it says now is goodbye. */
	if (!s->dead && stream_wait(s->stream, -1, 0, NULL) != STREAM_TIMEOUT)
		s->dead = true;
	return !s->dead;
}

void smtp_describe(const struct smtp *s, struct str *out)
{
	stream_describe(s->stream, out);
	str_addf(out, "\nSMTP%s%s%s", s->pipelining ? " PIPELINING" : "",
		s->eightbit ? " 8BITMIME" : "", s->utf8 ? " SMTPUTF8" : "");
	if (s->max_size)
		str_addf(out, " SIZE %llu", (unsigned long long)s->max_size);
	str_addf(out, ", %s\n", s->mechanism ? s->mechanism : "-");
}

bool smtp_takes_utf8(const struct smtp *s)
{
	return s->utf8;
}

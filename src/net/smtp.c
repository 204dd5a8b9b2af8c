#include "net/smtp.h"

#include "base/i18n.h"
#include "base/idn.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "net/login.h"
#include "net/stream.h"

#include <stdlib.h>
#include <string.h>

enum {
	REPLY_LINE = 8 << 10,
	REPLY_LINES = 200,
	REPLY_BUDGET = 4 << 20,
	AUTH_LINE = 12288, /* RFC 4954 4 */
	RCPT_WINDOW = 50,
	STEP_MS = 120000,
	FINAL_MS = 600000, /* RFC 5321 4.5.3.2.6 */
	QUIT_MS = 2000,
	LAST_WORDS_MS = 2000,
	PIECE = 64 << 10,
};

struct smtp {
	struct stream *stream;
	struct net_server server;
	struct net_options options; /* the stream borrows it */
	struct strv mechanisms;
	bool starttls, auth, pipelining, eightbit, utf8;
	uint64_t max_size;
	int step_ms, final_ms;
	bool dead;
	char *mechanism;
};

struct reply {
	int code;
	struct str text; /* clean, one line */
};

/* --- replies --- */

static int lost(struct smtp *s)
{
	s->dead = true;
	return -1;
}

static int protocol_error(struct smtp *s, struct err *err)
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
			status = protocol_error(s, err);
		} else if (stream_read_line(s->stream, &line, REPLY_LINE, err)) {
			status = lost(s);
		} else if (!(code = reply_code(&line, &more)) || (r->code && code != r->code)) {
			status = protocol_error(s, err);
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
static int await_reply(struct smtp *s, int ms, struct reply *r,
	void (*each)(struct smtp *, char *, int), struct err *err)
{
	int ready = stream_wait(s->stream, -1, ms, err);

	if (ready < 0)
		return lost(s);
	if (ready == STREAM_TIMEOUT) {
		s->dead = true;
		return err_set(err, ERR_NETWORK, _("The SMTP server does not answer"));
	}
	return read_reply(s, r, each, err);
}

static enum err_kind kind_of(int code)
{
	return code / 100 == 4 ? ERR_AGAIN : code / 100 == 5 ? ERR_REFUSED : ERR_PROTOCOL;
}

/* Where TLS is required and has not begun, anybody on the way may be speaking. */
static bool is_stranger(const struct smtp *s)
{
	return s->server.security == NET_STARTTLS && !stream_is_encrypted(s->stream);
}

/* Fills err from a reply that is not the one wanted. What is neither 4xx nor 5xx ends it all. */
static int unwanted(struct smtp *s, const struct reply *r, struct err *err)
{
	if (kind_of(r->code) == ERR_PROTOCOL)
		return protocol_error(s, err);
	/* No verdict, and none of the words. */
	if (is_stranger(s)) {
		s->dead = true;
		return err_set(err, ERR_AGAIN, _("The SMTP server refused the connection"));
	}
	return err_set(
		err, kind_of(r->code), _("The server said %d: %s"), r->code, str_c(&r->text));
}

static int put(struct smtp *s, const char *line, struct err *err)
{
	if (stream_write(s->stream, line, strlen(line), err) ||
		stream_write(s->stream, "\r\n", 2, err))
		return lost(s);
	return 0;
}

static int flush(struct smtp *s, struct err *err)
{
	return stream_flush(s->stream, err) ? lost(s) : 0;
}

/* One command, one reply; 0 when its code is the wanted one. */
static int command(struct smtp *s, const char *line, int wanted,
	void (*each)(struct smtp *, char *, int), struct err *err)
{
	struct reply r = {0};
	int status;

	stream_command(s->stream, REPLY_BUDGET);
	status = put(s, line, err) || flush(s, err) || await_reply(s, s->step_ms, &r, each, err)
			 ? -1
		 : r.code == wanted ? 0
				    : unwanted(s, &r, err);
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
	stream_command(s->stream, REPLY_BUDGET);
	status = put(s, line.p, err) || flush(s, err) || await_reply(s, s->step_ms, r, each, err);
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
		status = unwanted(s, &r, err);
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
	if (command(s, "STARTTLS", 220, NULL, &said))
		return stream_no_tls(&said, _("The SMTP server refused to start encryption"), err);
	if (stream_starttls(s->stream, err))
		return lost(s);
	return say_ehlo(s, err);
}

static enum login_answer auth_answer(void *ctx, struct str *challenge, struct err *err)
{
	struct smtp *s = ctx;
	struct reply r = {0};
	enum login_answer a = LOGIN_FAILED;

	str_clear(challenge);
	if (await_reply(s, s->step_ms, &r, NULL, err))
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
		unwanted(s, &r, err);
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
	stream_command(s->stream, REPLY_BUDGET);
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

	stream_command(s->stream, REPLY_BUDGET);
	status = await_reply(s, s->step_ms, &r, NULL, err);
	if (!status && r.code != 220)
		status = unwanted(s, &r, err);
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
	if (!s->dead && !put(s, "QUIT", NULL) && !flush(s, NULL) && wait)
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

/* --- one transaction --- */

struct letter {
	const char *from;
	struct smtp_recipient *to;
	size_t n;
	const char *message;
	size_t len;
	bool eightbit, utf8;
	size_t unheard;  /* bytes since we last looked whether the relay speaks */
	struct str path; /* the sender as on the wire */
	struct str said; /* by the server, of the whole mail */
};

/* Behind the local part, at its '@'; NULL when it is none. A quoted one (RFC 5321 4.1.2) may hold
 * blanks and brackets. */
static const char *behind_local(const char *a)
{
	const char *p = a;

	if (*p != '"') {
		p = strrchr(a, '@');
		return p && p > a && !memchr(a, '"', (size_t)(p - a)) ? p : NULL;
	}
	for (p++; *p && *p != '"'; p++)
		if (*p == '\\' && p[1])
			p++;
	return *p && p[1] == '@' ? p + 1 : NULL;
}

/* Nothing that could end the command or the path early. */
static bool good_part(const char *p, size_t len, bool quoted)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c < 0x20 || c == 0x7f || (!quoted && (c == ' ' || c == '<' || c == '>')))
			return false;
	}
	return true;
}

/*
 * Appends the address as it goes on the wire: the domain in ASCII (RFC 5891), 256 octets with < >.
 * False, and why, when it cannot be used. *wide: it needs SMTPUTF8 (RFC 6531 3.3).
 */
static bool wire_address(struct str *out, const char *a, bool *wide, struct err *why)
{
	const char *at = behind_local(a);
	size_t local = at ? (size_t)(at - a) : 0;
	size_t before = out->len;
	char domain[IDN_SIZE];

	*wide = at && !str_is_ascii(a, local);
	if (!at || !at[1] || !good_part(a, local, *a == '"') ||
		!good_part(at + 1, strlen(at + 1), false)) {
		err_set(why, ERR_INPUT, _("The address cannot be used: %s"), a);
		return false;
	}
	if (idn_to_ascii(domain, at + 1, why))
		return false;
	str_add(out, a, local + 1);
	str_adds(out, domain);
	if (out->len - before <= 254)
		return true;
	err_set(why, ERR_INPUT, _("The address is too long: %s"), a);
	return false;
}

/* Only CRLF ends a line: a lone CR or LF is how one message is smuggled into two. */
static bool good_message(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (p[i] == '\0')
			return false;
		if (p[i] == '\r' && (i + 1 == len || p[i + 1] != '\n'))
			return false;
		if (p[i] == '\n' && (i == 0 || p[i - 1] != '\r'))
			return false;
	}
	return true;
}

static size_t header_length(const char *p, size_t len)
{
	const char *end = memmem(p, len, "\r\n\r\n", 4);

	if (len >= 2 && !memcmp(p, "\r\n", 2)) /* no header at all */
		return 0;
	return end ? (size_t)(end - p) : len;
}

/* "550 5.7.1 Who are you?" */
static void quote_reply(struct str *out, const struct reply *r)
{
	str_clear(out);
	str_addf(out, "%d%s%s", r->code, r->text.len ? " " : "", str_c(&r->text));
}

static void judge(struct smtp_recipient *to, enum smtp_fate fate, const char *text)
{
	struct str kept = STR_INIT;

	to->fate = fate;
	utf8_add_short(&kept, text, strlen(text), sizeof(to->text) - 1);
	memcpy(to->text, str_c(&kept), kept.len + 1);
	str_done(&kept);
}

/* Nobody was accepted: the first refusal says why, and it may be tried again if one was 4xx. */
static int none_accepted(const struct letter *l, struct err *err)
{
	enum err_kind kind = ERR_REFUSED;
	const struct smtp_recipient *why = &l->to[0];

	for (size_t i = 0; i < l->n; i++) {
		if ((l->to[i].fate == SMTP_LATER || l->to[i].fate == SMTP_NEXT) &&
			kind != ERR_AGAIN) {
			kind = ERR_AGAIN;
			why = &l->to[i];
		}
	}
	return err_set(err, kind, _("No recipient was accepted: %s"), why->text);
}

static int check(struct smtp *s, struct letter *l, struct err *err)
{
	if (s->dead)
		return err_set(err, ERR_NETWORK, _("The connection is closed"));
	if (!l->n)
		return err_set(err, ERR_INPUT, _("The message has no recipient"));
	if (!good_message(l->message, l->len))
		return err_set(err, ERR_INPUT,
			_("The message has a NUL or a line end that is not CRLF; it was not sent"));
	if (s->max_size && l->len > s->max_size)
		return err_set(err, ERR_REFUSED,
			_("The message has %llu bytes, the server takes at most %llu"),
			(unsigned long long)l->len, (unsigned long long)s->max_size);
	return 0;
}

static int check_sender(struct smtp *s, struct letter *l, struct err *err)
{
	bool wide = false;

	if (l->from[0] && !wire_address(&l->path, l->from, &wide, err))
		return -1;
	wide = wide || !str_is_ascii(l->message, header_length(l->message, l->len));
	l->utf8 = wide;
	return wide && !s->utf8
		       ? err_set(err, ERR_REFUSED,
				 _("The message needs SMTPUTF8, which the server does not have"))
		       : 0;
}

static int check_8bit(struct smtp *s, struct letter *l, struct err *err)
{
	l->eightbit = !str_is_ascii(l->message, l->len);
	return l->eightbit && !s->eightbit
		       ? err_set(err, ERR_REFUSED,
				 _("The message has 8-bit text, which the server does not take"))
		       : 0;
}

/* Those that cannot be asked are refused here, and cost nobody else the mail. */
static int check_recipients(struct smtp *s, struct letter *l, struct err *err)
{
	size_t good = 0;

	for (size_t i = 0; i < l->n; i++) {
		struct str path = STR_INIT;
		struct err why;
		bool wide;

		if (!wire_address(&path, l->to[i].address, &wide, &why)) {
			judge(&l->to[i], SMTP_NEVER, why.text);
		} else if (wide && !s->utf8) {
			judge(&l->to[i], SMTP_NEVER,
				_("The address needs SMTPUTF8, which the server does not have"));
		} else {
			l->utf8 |= wide;
			good++;
		}
		str_done(&path);
	}
	return good ? 0 : none_accepted(l, err);
}

static bool wants_rcpt(const struct smtp_recipient *to)
{
	return to->fate == SMTP_UNASKED;
}

static int put_mail(struct smtp *s, const struct letter *l, struct err *err)
{
	struct str line = STR_INIT;
	int r;

	str_addf(&line, "MAIL FROM:<%s>", str_c(&l->path));
	if (s->max_size)
		str_addf(&line, " SIZE=%zu", l->len);
	if (l->eightbit)
		str_adds(&line, " BODY=8BITMIME");
	if (l->utf8)
		str_adds(&line, " SMTPUTF8");
	r = put(s, line.p, err);
	str_done(&line);
	return r;
}

static int put_rcpt(struct smtp *s, const struct smtp_recipient *to, struct err *err)
{
	struct str line = STR_INIT;
	bool wide;
	int r;

	str_adds(&line, "RCPT TO:<");
	wire_address(&line, to->address, &wide, NULL); /* checked before */
	str_addc(&line, '>');
	r = put(s, line.p, err);
	str_done(&line);
	return r;
}

/* The answer to what concerns the whole mail. */
static int read_whole(struct smtp *s, struct letter *l, int wanted, struct err *err)
{
	struct reply r = {0};
	int status = await_reply(s, s->step_ms, &r, NULL, err);

	if (!status && r.code != wanted) {
		quote_reply(&l->said, &r);
		status = unwanted(s, &r, err);
	}
	str_done(&r.text);
	return status;
}

/* Too many recipients for one transaction (RFC 5321 4.5.3.1.10); a full disk or mailbox has the
 * same codes and, where the server knows them, other enhanced ones (RFC 3463). */
static bool is_crowd(const struct reply *r)
{
	const char *p = str_c(&r->text);
	bool enhanced = (p[0] == '4' || p[0] == '5') && p[1] == '.';

	if (r->code != 452 && r->code != 552)
		return false;
	return enhanced ? !strncmp(p + 1, ".5.3", 4) : r->code == 452;
}

static int read_rcpt(struct smtp *s, struct smtp_recipient *to, struct err *err)
{
	struct reply r = {0};
	struct str text = STR_INIT;
	int status = await_reply(s, s->step_ms, &r, NULL, err);

	if (!status) {
		quote_reply(&text, &r);
		if (r.code == 250 || r.code == 251 || r.code == 252)
			judge(to, SMTP_ACCEPTED, text.p);
		else if (r.code / 100 == 4 || is_crowd(&r))
			judge(to, is_crowd(&r) ? SMTP_NEXT : SMTP_LATER, text.p);
		else if (r.code / 100 == 5)
			judge(to, SMTP_NEVER, text.p);
		else
			status = protocol_error(s, err);
		if (!status && s->dead) /* 421 */
			status = unwanted(s, &r, err);
	}
	str_done(&text);
	str_done(&r.text);
	return status;
}

/* MAIL and the RCPTs one by one. */
static int envelope_slow(struct smtp *s, struct letter *l, struct err *err)
{
	stream_command(s->stream, REPLY_BUDGET);
	if (put_mail(s, l, err) || flush(s, err) || read_whole(s, l, 250, err))
		return -1;
	for (size_t i = 0; i < l->n; i++) {
		if (!wants_rcpt(&l->to[i]))
			continue;
		stream_command(s->stream, REPLY_BUDGET);
		if (put_rcpt(s, &l->to[i], err) || flush(s, err) || read_rcpt(s, &l->to[i], err))
			return -1;
	}
	return 0;
}

/* The same in batches (RFC 2920): small enough that neither side's buffers fill up. */
static int envelope_fast(struct smtp *s, struct letter *l, struct err *err)
{
	bool mail_refused = false;
	size_t i = 0;

	do {
		size_t end = i + RCPT_WINDOW < l->n ? i + RCPT_WINDOW : l->n;
		bool first = i == 0;

		stream_command(s->stream, REPLY_BUDGET);
		if (first && put_mail(s, l, err))
			return -1;
		for (size_t k = i; k < end; k++)
			if (wants_rcpt(&l->to[k]) && put_rcpt(s, &l->to[k], err))
				return -1;
		if (flush(s, err))
			return -1;
		if (first && read_whole(s, l, 250, err)) {
			if (s->dead)
				return -1;
			mail_refused = true;
		}
		for (; i < end; i++) {
			/* After a refused MAIL what is said about the recipients means nothing. */
			struct smtp_recipient nobody = {.address = ""};
			struct smtp_recipient *to = mail_refused ? &nobody : &l->to[i];

			if (wants_rcpt(&l->to[i]) && read_rcpt(s, to, mail_refused ? NULL : err))
				return -1;
		}
	} while (i < l->n && !mail_refused);
	return mail_refused ? -1 : 0;
}

static void reset(struct smtp *s)
{
	if (!s->dead && command(s, "RSET", 250, NULL, NULL))
		s->dead = true;
}

/* The relay spoke before the final dot: whatever it says, it has no whole mail. */
static int interrupted(struct smtp *s, struct letter *l, struct err *err)
{
	struct reply r = {0};
	int status = await_reply(s, LAST_WORDS_MS, &r, NULL, err);

	if (!status) {
		if (kind_of(r.code) != ERR_PROTOCOL)
			quote_reply(&l->said, &r);
		unwanted(s, &r, err);
	}
	str_done(&r.text);
	return lost(s);
}

/* n == 0: all of it goes out. */
static int put_piece(struct smtp *s, struct letter *l, const char *p, size_t n, struct err *err)
{
	struct err heard;

	l->unheard += n;
	if (l->unheard >= PIECE) {
		l->unheard = 0;
		if (stream_wait(s->stream, -1, 0, NULL) == STREAM_DATA)
			return interrupted(s, l, err);
	}
	if (!stream_write(s->stream, p, n, err) && (n || !stream_flush(s->stream, err)))
		return 0;
	/* It said why and hung up: that is worth more than a broken connection. */
	if (stream_last_words(s->stream) && interrupted(s, l, &heard) && l->said.len && err)
		*err = heard;
	return lost(s);
}

/* The message with dots stuffed (RFC 5321 4.5.2) and a CRLF at its end, without the final dot. */
static int put_message(struct smtp *s, struct letter *l, struct err *err)
{
	const char *p = l->message, *end = p + l->len;

	while (p < end) {
		const char *nl;

		if (*p == '.' && put_piece(s, l, ".", 1, err))
			return -1;
		/* As much as has no line that begins with a dot. */
		nl = memmem(p + 1, (size_t)(end - p - 1), "\n.", 2);
		nl = nl ? nl + 1 : end;
		while (p < nl) {
			size_t n = (size_t)(nl - p) < PIECE ? (size_t)(nl - p) : PIECE;

			if (put_piece(s, l, p, n, err))
				return -1;
			p += n;
		}
	}
	if ((!l->len || end[-1] != '\n') && put_piece(s, l, "\r\n", 2, err))
		return -1;
	return put_piece(s, l, "", 0, err);
}

/* From here on the relay may have the message whatever we hear (RFC 1047). */
static enum smtp_outcome finish(struct smtp *s, struct letter *l, struct err *err)
{
	struct reply r = {0};
	struct err why = {0};
	enum smtp_outcome outcome = SMTP_UNCONFIRMED;

	stream_command(s->stream, REPLY_BUDGET);
	if (!stream_write(s->stream, ".\r\n", 3, &why) && !stream_flush(s->stream, &why) &&
		!await_reply(s, s->final_ms, &r, NULL, &why)) {
		if (r.code == 250) {
			outcome = SMTP_SENT;
		} else if (r.code / 100 == 4 || r.code / 100 == 5) {
			quote_reply(&l->said, &r);
			unwanted(s, &r, err);
			outcome = SMTP_NOT_SENT;
		} else {
			protocol_error(s, &why);
		}
	}
	if (outcome == SMTP_UNCONFIRMED) {
		s->dead = true;
		err_set(err, why.kind,
			_("The server did not confirm the message, which may have been sent: %s"),
			why.text);
	}
	str_done(&r.text);
	return outcome;
}

static int open_data(
	struct smtp *s, struct letter *l, int (*before_data)(void *ctx), void *ctx, struct err *err)
{
	size_t accepted = 0;

	for (size_t i = 0; i < l->n; i++)
		accepted += l->to[i].fate == SMTP_ACCEPTED;
	if (!accepted)
		return none_accepted(l, err);
	if (before_data && before_data(ctx))
		return err_set(err, ERR_CANCELLED, _("The message was not sent"));
	stream_command(s->stream, REPLY_BUDGET);
	if (put(s, "DATA", err) || flush(s, err))
		return -1;
	return read_whole(s, l, 354, err);
}

static enum smtp_outcome transact(
	struct smtp *s, struct letter *l, int (*before_data)(void *ctx), void *ctx, struct err *err)
{
	if (check(s, l, err) || check_sender(s, l, err) || check_8bit(s, l, err) ||
		check_recipients(s, l, err))
		return SMTP_NOT_SENT;
	if ((s->pipelining ? envelope_fast(s, l, err) : envelope_slow(s, l, err)) ||
		open_data(s, l, before_data, ctx, err)) {
		reset(s);
		return SMTP_NOT_SENT;
	}
	if (put_message(s, l, err))
		return SMTP_NOT_SENT;
	return finish(s, l, err);
}

/* What was said of the whole mail was said to each recipient that was not refused on its own. */
static void settle(struct letter *l, const struct err *err)
{
	enum smtp_fate fate = err->kind == ERR_REFUSED || err->kind == ERR_INPUT ? SMTP_NEVER
			      : err->kind == ERR_AGAIN                           ? SMTP_LATER
										 : SMTP_UNASKED;
	const char *text = fate == SMTP_UNASKED ? "" : l->said.len ? l->said.p : err->text;

	for (size_t i = 0; i < l->n; i++)
		if (l->to[i].fate == SMTP_UNASKED || l->to[i].fate == SMTP_ACCEPTED)
			judge(&l->to[i], fate, text);
}

/* Who was one too many goes next only where others made room. */
static void seat(struct letter *l, enum smtp_outcome outcome)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->to[i].fate == SMTP_NEXT && outcome != SMTP_SENT)
			l->to[i].fate = SMTP_LATER;
}

enum smtp_outcome smtp_send(struct smtp *s, const char *from, struct smtp_recipient *to, size_t n,
	const char *message, size_t len, int (*before_data)(void *ctx), void *ctx, struct err *err)
{
	struct letter l = {.from = from, .to = to, .n = n, .message = message, .len = len};
	struct err why = {0};
	enum smtp_outcome outcome;

	for (size_t i = 0; i < n; i++)
		judge(&to[i], SMTP_UNASKED, "");
	outcome = transact(s, &l, before_data, ctx, &why);
	if (outcome == SMTP_NOT_SENT)
		settle(&l, &why);
	seat(&l, outcome);
	if (outcome != SMTP_SENT && err)
		*err = why;
	str_done(&l.said);
	str_done(&l.path);
	return outcome;
}

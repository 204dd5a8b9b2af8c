/* One mail: addresses, MAIL, RCPT, DATA, and what each recipient is told. */
#include "net/smtp_priv.h"

#include "base/i18n.h"
#include "base/idn.h"
#include "base/utf8.h"

#include <string.h>

enum { RCPT_WINDOW = 50, LAST_WORDS_MS = 2000, PIECE = 64 << 10 };

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

static void judge(struct smtp_recipient *to, enum mail_fate fate, const char *text)
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
		if ((l->to[i].fate == FATE_LATER || l->to[i].fate == FATE_NEXT) &&
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
			judge(&l->to[i], FATE_NEVER, why.text);
		} else if (wide && !s->utf8) {
			judge(&l->to[i], FATE_NEVER,
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
	return to->fate == FATE_UNASKED;
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
	r = smtp_put(s, line.p, err);
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
	r = smtp_put(s, line.p, err);
	str_done(&line);
	return r;
}

/* The answer to what concerns the whole mail. */
static int read_whole(struct smtp *s, struct letter *l, int wanted, struct err *err)
{
	struct reply r = {0};
	int status = smtp_await(s, s->step_ms, &r, NULL, err);

	if (!status && r.code != wanted) {
		quote_reply(&l->said, &r);
		status = smtp_unwanted(s, &r, err);
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
	int status = smtp_await(s, s->step_ms, &r, NULL, err);

	if (!status) {
		quote_reply(&text, &r);
		if (r.code == 250 || r.code == 251 || r.code == 252)
			judge(to, FATE_ACCEPTED, text.p);
		else if (r.code / 100 == 4 || is_crowd(&r))
			judge(to, is_crowd(&r) ? FATE_NEXT : FATE_LATER, text.p);
		else if (r.code / 100 == 5)
			judge(to, FATE_NEVER, text.p);
		else
			status = smtp_protocol_error(s, err);
		if (!status && s->dead) /* 421 */
			status = smtp_unwanted(s, &r, err);
	}
	str_done(&text);
	str_done(&r.text);
	return status;
}

/* MAIL and the RCPTs one by one. */
static int envelope_slow(struct smtp *s, struct letter *l, struct err *err)
{
	stream_command(s->stream, SMTP_REPLY_BUDGET);
	if (put_mail(s, l, err) || smtp_flush(s, err) || read_whole(s, l, 250, err))
		return -1;
	for (size_t i = 0; i < l->n; i++) {
		if (!wants_rcpt(&l->to[i]))
			continue;
		stream_command(s->stream, SMTP_REPLY_BUDGET);
		if (put_rcpt(s, &l->to[i], err) || smtp_flush(s, err) ||
			read_rcpt(s, &l->to[i], err))
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

		stream_command(s->stream, SMTP_REPLY_BUDGET);
		if (first && put_mail(s, l, err))
			return -1;
		for (size_t k = i; k < end; k++)
			if (wants_rcpt(&l->to[k]) && put_rcpt(s, &l->to[k], err))
				return -1;
		if (smtp_flush(s, err))
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
	if (!s->dead && smtp_command(s, "RSET", 250, NULL, NULL))
		s->dead = true;
}

/* The relay spoke before the final dot: whatever it says, it has no whole mail. */
static int interrupted(struct smtp *s, struct letter *l, struct err *err)
{
	struct reply r = {0};
	int status = smtp_await(s, LAST_WORDS_MS, &r, NULL, err);

	if (!status) {
		if (smtp_kind_of(r.code) != ERR_PROTOCOL)
			quote_reply(&l->said, &r);
		smtp_unwanted(s, &r, err);
	}
	str_done(&r.text);
	return smtp_lost(s);
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
	return smtp_lost(s);
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
static enum send_outcome finish(struct smtp *s, struct letter *l, struct err *err)
{
	struct reply r = {0};
	struct err why = {0};
	enum send_outcome outcome = SEND_UNCONFIRMED;

	stream_command(s->stream, SMTP_REPLY_BUDGET);
	if (!stream_write(s->stream, ".\r\n", 3, &why) && !stream_flush(s->stream, &why) &&
		!smtp_await(s, s->final_ms, &r, NULL, &why)) {
		if (r.code == 250) {
			outcome = SEND_ACCEPTED;
		} else if (r.code / 100 == 4 || r.code / 100 == 5) {
			quote_reply(&l->said, &r);
			smtp_unwanted(s, &r, err);
			outcome = SEND_NOT;
		} else {
			smtp_protocol_error(s, &why);
		}
	}
	if (outcome == SEND_UNCONFIRMED) {
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
		accepted += l->to[i].fate == FATE_ACCEPTED;
	if (!accepted)
		return none_accepted(l, err);
	if (before_data && before_data(ctx))
		return err_set(err, ERR_CANCELLED, _("The message was not sent"));
	stream_command(s->stream, SMTP_REPLY_BUDGET);
	if (smtp_put(s, "DATA", err) || smtp_flush(s, err))
		return -1;
	return read_whole(s, l, 354, err);
}

static enum send_outcome transact(
	struct smtp *s, struct letter *l, int (*before_data)(void *ctx), void *ctx, struct err *err)
{
	if (check(s, l, err) || check_sender(s, l, err) || check_8bit(s, l, err) ||
		check_recipients(s, l, err))
		return SEND_NOT;
	if ((s->pipelining ? envelope_fast(s, l, err) : envelope_slow(s, l, err)) ||
		open_data(s, l, before_data, ctx, err)) {
		reset(s);
		return SEND_NOT;
	}
	if (put_message(s, l, err))
		return SEND_NOT;
	return finish(s, l, err);
}

/* What was said of the whole mail was said to each recipient that was not refused on its own. */
static void settle(struct letter *l, const struct err *err)
{
	enum mail_fate fate = err->kind == ERR_REFUSED || err->kind == ERR_INPUT ? FATE_NEVER
			      : err->kind == ERR_AGAIN                           ? FATE_LATER
										 : FATE_UNASKED;
	const char *text = fate == FATE_UNASKED ? "" : l->said.len ? l->said.p : err->text;

	for (size_t i = 0; i < l->n; i++)
		if (l->to[i].fate == FATE_UNASKED || l->to[i].fate == FATE_ACCEPTED)
			judge(&l->to[i], fate, text);
}

/* Who was one too many goes next only where others made room. */
static void seat(struct letter *l, enum send_outcome outcome)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->to[i].fate == FATE_NEXT && outcome != SEND_ACCEPTED)
			l->to[i].fate = FATE_LATER;
}

enum send_outcome smtp_send(struct smtp *s, const char *from, struct smtp_recipient *to, size_t n,
	const char *message, size_t len, int (*before_data)(void *ctx), void *ctx, struct err *err)
{
	struct letter l = {.from = from, .to = to, .n = n, .message = message, .len = len};
	struct err why = {0};
	enum send_outcome outcome;

	for (size_t i = 0; i < n; i++)
		judge(&to[i], FATE_UNASKED, "");
	outcome = transact(s, &l, before_data, ctx, &why);
	if (outcome == SEND_NOT)
		settle(&l, &why);
	seat(&l, outcome);
	if (outcome != SEND_ACCEPTED && err)
		*err = why;
	str_done(&l.said);
	str_done(&l.path);
	return outcome;
}

#include "store/ticket.h"

#include "base/i18n.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char first_line[] = "talaria-outbox 1\n";

enum { CRC_LINE = 13 /* "crc 01234567\n" */ };

static const char *const states[] = {
	[OUTBOX_QUEUED] = "queued",
	[OUTBOX_SENDING] = "sending",
	[OUTBOX_FAILED] = "failed",
	[OUTBOX_UNCONFIRMED] = "unconfirmed",
	[OUTBOX_SENT] = "sent",
};

void outbox_mail_done(struct outbox_mail *m)
{
	free(m->id);
	free(m->from);
	free(m->subject);
	free(m->message_id);
	free(m->error);
	strv_done(&m->recipients);
	*m = (struct outbox_mail){0};
}

void ticket_done(struct ticket *j)
{
	outbox_mail_done(&j->mail);
	*j = (struct ticket){0};
}

/* ---- writing ---- */

static void add_value(struct str *out, const char *name, const char *value)
{
	str_adds(out, name);
	str_addc(out, ' ');
	for (const char *p = value ? value : ""; *p; p++)
		if (*p == '\\')
			str_adds(out, "\\\\");
		else if (*p == '\n')
			str_adds(out, "\\n");
		else if (*p == '\r')
			str_adds(out, "\\r");
		else
			str_addc(out, *p);
	str_addc(out, '\n');
}

void ticket_format(struct str *out, const struct ticket *j)
{
	const struct outbox_mail *m = &j->mail;
	size_t start = out->len;

	str_adds(out, first_line);
	add_value(out, "state", states[m->state]);
	str_addf(out, "due %lld\nattempts %d\nsize %llu\n", (long long)m->due, m->attempts,
		(unsigned long long)j->size);
	add_value(out, "sha256", j->sha256);
	add_value(out, "from", m->from);
	for (size_t i = 0; i < m->recipients.n; i++)
		add_value(out, "rcpt", m->recipients.v[i]);
	add_value(out, "subject", m->subject);
	add_value(out, "message-id", m->message_id);
	add_value(out, "error", m->error);
	str_addf(out, "crc %08lx\n",
		(unsigned long)hash_crc32c(0, out->p + start, out->len - start));
}

/* ---- reading ---- */

static int damaged(struct err *err)
{
	return err_set(err, ERR_DAMAGED, _("The file of a queued message is damaged"));
}

static bool crc_ok(const char *p, size_t len)
{
	struct str want = STR_INIT;
	bool ok = false;

	if (len >= sizeof(first_line) - 1 + CRC_LINE) {
		size_t body = len - CRC_LINE;

		str_addf(&want, "crc %08lx\n", (unsigned long)hash_crc32c(0, p, body));
		ok = memcmp(want.p, p + body, CRC_LINE) == 0 &&
		     memcmp(p, first_line, sizeof(first_line) - 1) == 0 && !memchr(p, '\0', len);
	}
	str_done(&want);
	return ok;
}

/* The value with its escapes undone; NULL when one is wrong. */
static char *value_of(const char *p, size_t len)
{
	struct str out = STR_INIT;
	const char *end = p + len;

	for (; p < end; p++) {
		if (*p != '\\') {
			str_addc(&out, *p);
			continue;
		}
		p++;
		if (p == end || (*p != '\\' && *p != 'n' && *p != 'r')) {
			str_done(&out);
			return NULL;
		}
		str_addc(&out, *p == 'n' ? '\n' : *p == 'r' ? '\r' : '\\');
	}
	return str_steal(&out);
}

static bool number(const char *s, long long min, long long max, long long *out)
{
	char *end;

	errno = 0;
	*out = strtoll(s, &end, 10);
	return (*s == '-' || (*s >= '0' && *s <= '9')) && *end == '\0' && errno == 0 &&
	       *out >= min && *out <= max;
}

static bool state_of(const char *s, enum outbox_state *state)
{
	for (size_t i = 0; i < MEM_COUNT(states); i++)
		if (strcmp(s, states[i]) == 0) {
			*state = (enum outbox_state)i;
			return true;
		}
	return false;
}

enum seen {
	SEEN_STATE = 1 << 0,
	SEEN_DUE = 1 << 1,
	SEEN_ATTEMPTS = 1 << 2,
	SEEN_SIZE = 1 << 3,
	SEEN_SHA256 = 1 << 4,
	SEEN_FROM = 1 << 5,
	SEEN_SUBJECT = 1 << 6,
	SEEN_MESSAGE_ID = 1 << 7,
	SEEN_ERROR = 1 << 8,
	SEEN_ALL = (1 << 9) - 1,
};

static bool is(const char *name, size_t len, const char *want)
{
	return strlen(want) == len && memcmp(name, want, len) == 0;
}

static bool take_sha256(struct ticket *j, const char *value)
{
	size_t len = strlen(value);

	if (len != sizeof(j->sha256) - 1 || strspn(value, "0123456789abcdef") != len)
		return false;
	memcpy(j->sha256, value, len + 1);
	return true;
}

/* A text of the mail; it stays the job's. */
static bool take_text(char **field, char **value)
{
	free(*field);
	*field = *value;
	*value = NULL;
	return true;
}

/* The bit of the line, 0 for a line that is not counted, -1 for a wrong one. */
static int take_line(struct ticket *j, const char *name, size_t len, char **value)
{
	struct outbox_mail *m = &j->mail;
	long long n = 0;

	if (is(name, len, "state"))
		return state_of(*value, &m->state) ? SEEN_STATE : -1;
	if (is(name, len, "due") && number(*value, INT64_MIN, INT64_MAX, &n))
		return m->due = n, SEEN_DUE;
	if (is(name, len, "attempts") && number(*value, 0, 1000000, &n))
		return m->attempts = (int)n, SEEN_ATTEMPTS;
	if (is(name, len, "size") && number(*value, 0, INT64_MAX, &n))
		return j->size = (uint64_t)n, SEEN_SIZE;
	if (is(name, len, "due") || is(name, len, "attempts") || is(name, len, "size"))
		return -1;
	if (is(name, len, "sha256"))
		return take_sha256(j, *value) ? SEEN_SHA256 : -1;
	if (is(name, len, "from"))
		return take_text(&m->from, value) ? SEEN_FROM : -1;
	if (is(name, len, "subject"))
		return take_text(&m->subject, value) ? SEEN_SUBJECT : -1;
	if (is(name, len, "message-id"))
		return take_text(&m->message_id, value) ? SEEN_MESSAGE_ID : -1;
	if (is(name, len, "error"))
		return take_text(&m->error, value) ? SEEN_ERROR : -1;
	if (is(name, len, "rcpt")) {
		strv_take(&m->recipients, *value);
		*value = NULL;
	}
	return 0;
}

static int parse_lines(struct ticket *j, const char *p, const char *end)
{
	int seen = 0;

	while (p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		const char *space = lf ? memchr(p, ' ', (size_t)(lf - p)) : NULL;
		char *value = space ? value_of(space + 1, (size_t)(lf - space - 1)) : NULL;
		int bit = value ? take_line(j, p, (size_t)(space - p), &value) : -1;

		free(value);
		if (bit < 0 || (seen & bit))
			return -1;
		seen |= bit;
		p = lf + 1;
	}
	return seen == SEEN_ALL ? 0 : -1;
}

int ticket_parse(const char *p, size_t len, struct ticket *j, struct err *err)
{
	struct ticket job = {0};

	if (len > TICKET_MAX || !crc_ok(p, len))
		return damaged(err);
	if (parse_lines(&job, p + sizeof(first_line) - 1, p + len - CRC_LINE) != 0) {
		ticket_done(&job);
		return damaged(err);
	}
	*j = job;
	return 0;
}

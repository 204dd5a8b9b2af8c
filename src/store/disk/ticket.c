#include "store/disk/ticket.h"

#include "base/i18n.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char first_line[] = "talaria-mail 2\n", former_line[] = "talaria-outbox 1\n";

enum { CRC_LINE = 13 /* "crc 01234567\n" */ };

static const char *const states[] = {
	[OUTBOX_DRAFT] = "draft",
	[OUTBOX_QUEUED] = "queued",
	[OUTBOX_HELD] = "held",
	[OUTBOX_SENDING] = "sending",
	[OUTBOX_FAILED] = "failed",
	[OUTBOX_UNCONFIRMED] = "unconfirmed",
	[OUTBOX_SENT] = "sent",
};
static const char *const fates[] = {
	[FATE_UNASKED] = "unasked",
	[FATE_LATER] = "later",
	[FATE_NEVER] = "never",
	[FATE_UNCONFIRMED] = "unsure",
	[FATE_ACCEPTED] = "accepted",
};

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

static void add_recipient(struct str *out, const struct outbox_recipient *r)
{
	struct str fate = STR_INIT;

	add_value(out, r->fate == FATE_ACCEPTED ? "done" : "rcpt", r->address);
	if (r->fate == FATE_UNASKED && !*r->words)
		return;
	str_addf(&fate, "%s %s", fates[r->fate], r->words);
	add_value(out, "fate", fate.p);
	str_done(&fate);
}

/* "server 1 23 ACCOUNT", and its folder and file on lines of their own. */
static void add_ref(struct str *out, const char *name, const char *kind, const struct outbox_ref *r)
{
	struct str line = STR_INIT;

	if (!r->account)
		return;
	str_addf(&line, "%s %s %lu %lu %s", kind, r->local ? "local" : "server",
		(unsigned long)r->uidvalidity, (unsigned long)r->uid, r->account);
	add_value(out, name, line.p);
	add_value(out, "in", r->folder);
	if (*r->file)
		add_value(out, "named", r->file);
	str_done(&line);
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
	for (size_t i = 0; i < m->nto; i++)
		add_recipient(out, &m->to[i]);
	add_value(out, "subject", m->subject);
	add_value(out, "message-id", m->message_id);
	add_value(out, "error", m->error);
	if (m->unreached)
		str_adds(out, "unreached yes\n");
	if (m->copied)
		str_adds(out, "copied yes\n");
	if (m->parked)
		str_adds(out, "parked yes\n");
	add_ref(out, "about", m->forward ? "forward" : "reply", &m->about);
	add_ref(out, "kept", "draft", &m->kept);
	for (size_t i = 0; i < m->files.n; i++)
		add_value(out, "file", m->files.v[i]);
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

	if (len >= CRC_LINE) {
		size_t body = len - CRC_LINE;

		str_addf(&want, "crc %08lx\n", (unsigned long)hash_crc32c(0, p, body));
		ok = memcmp(want.p, p + body, CRC_LINE) == 0 && !memchr(p, '\0', len);
	}
	str_done(&want);
	return ok;
}

/* The length of the first line, 0 when it is of no version known here. */
static size_t version_line(const char *p, size_t len)
{
	static const char *const lines[] = {first_line, former_line};

	for (size_t i = 0; i < MEM_COUNT(lines); i++) {
		size_t n = strlen(lines[i]);

		if (len >= n + CRC_LINE && memcmp(p, lines[i], n) == 0)
			return n;
	}
	return 0;
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

/* The index of a word in a table, -1. len: of the word. */
static int word_of(const char *s, size_t len, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(words[i]) == len && memcmp(s, words[i], len) == 0)
			return (int)i;
	return -1;
}

static bool state_of(const char *s, enum outbox_state *state)
{
	int i = word_of(s, strlen(s), states, MEM_COUNT(states));

	*state = i < 0 ? OUTBOX_QUEUED : (enum outbox_state)i;
	return i >= 0;
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

/* "later 451 4.2.1 Not now", of the recipient before. */
static bool take_fate(struct outbox_mail *m, const char *value)
{
	size_t len = strcspn(value, " ");
	int i = word_of(value, len, fates, MEM_COUNT(fates));
	struct outbox_recipient *r = m->nto ? &m->to[m->nto - 1] : NULL;

	/* What has the mail was a line of another name. */
	if (i < 0 || !r || (i == FATE_ACCEPTED) != (r->fate == FATE_ACCEPTED))
		return false;
	outbox_fate(r, (enum mail_fate)i, value[len] ? value + len + 1 : "");
	return true;
}

/* The next word of *p, "" at the end. */
static size_t next_word(const char **p, const char **word)
{
	size_t len = strcspn(*p, " ");

	*word = *p;
	*p += len + ((*p)[len] == ' ');
	return len;
}

static bool next_number(const char **p, uint32_t *out)
{
	const char *word;
	size_t len = next_word(p, &word);
	char digits[16];
	long long n = 0;

	if (!len || len >= sizeof(digits))
		return false;
	memcpy(digits, word, len);
	digits[len] = '\0';
	if (!number(digits, 0, UINT32_MAX, &n))
		return false;
	*out = (uint32_t)n;
	return true;
}

/* What add_ref wrote; `in` and `named` follow. */
static bool take_ref(struct outbox_ref *r, bool *forward, const char *value)
{
	const char *kind, *where;
	size_t kind_len = next_word(&value, &kind), where_len = next_word(&value, &where);

	outbox_ref_done(r);
	if (forward)
		*forward = kind_len == 7 && memcmp(kind, "forward", 7) == 0;
	r->local = where_len == 5 && memcmp(where, "local", 5) == 0;
	if (!next_number(&value, &r->uidvalidity) || !next_number(&value, &r->uid))
		return false;
	r->account = mem_strdup(value);
	r->folder = mem_strdup("");
	r->file = mem_strdup("");
	return true;
}

static struct outbox_recipient *take_recipient(struct outbox_mail *m, const char *address)
{
	m->to = mem_grow(m->to, &m->cap_to, m->nto + 1, sizeof(*m->to));
	m->to[m->nto] =
		(struct outbox_recipient){.address = mem_strdup(address), .words = mem_strdup("")};
	return &m->to[m->nto++];
}

/* Lines that may be missing or come more than once; -1 for a wrong one. *ref: what `in` is of. */
static int take_optional(
	struct outbox_mail *m, const char *name, size_t len, char **value, struct outbox_ref **ref)
{
	if (is(name, len, "rcpt")) {
		take_recipient(m, *value);
	} else if (is(name, len, "done")) {
		take_recipient(m, *value)->fate = FATE_ACCEPTED;
	} else if (is(name, len, "fate")) {
		return take_fate(m, *value) ? 0 : -1;
	} else if (is(name, len, "unreached")) {
		m->unreached = strcmp(*value, "yes") == 0;
	} else if (is(name, len, "copied")) {
		m->copied = strcmp(*value, "yes") == 0;
	} else if (is(name, len, "parked")) {
		m->parked = strcmp(*value, "yes") == 0;
	} else if (is(name, len, "about")) {
		*ref = &m->about;
		return take_ref(&m->about, &m->forward, *value) ? 0 : -1;
	} else if (is(name, len, "kept")) {
		*ref = &m->kept;
		return take_ref(&m->kept, NULL, *value) ? 0 : -1;
	} else if (is(name, len, "in") && *ref) {
		take_text(&(*ref)->folder, value);
	} else if (is(name, len, "named") && *ref) {
		take_text(&(*ref)->file, value);
	} else if (is(name, len, "file")) {
		strv_add(&m->files, *value);
	}
	return 0;
}

/* The bit of the line, 0 for a line that is not counted, -1 for a wrong one. */
static int take_line(
	struct ticket *j, const char *name, size_t len, char **value, struct outbox_ref **ref)
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
	return take_optional(m, name, len, value, ref);
}

static int parse_lines(struct ticket *j, const char *p, const char *end)
{
	struct outbox_ref *ref = NULL;
	int seen = 0;

	while (p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		const char *space = lf ? memchr(p, ' ', (size_t)(lf - p)) : NULL;
		char *value = space ? value_of(space + 1, (size_t)(lf - space - 1)) : NULL;
		int bit = value ? take_line(j, p, (size_t)(space - p), &value, &ref) : -1;

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
	size_t first;

	if (len > TICKET_MAX || !crc_ok(p, len))
		return damaged(err);
	first = version_line(p, len);
	if (!first)
		return err_set(err, ERR_DAMAGED,
			_("The file of a queued message is of a later version of Talaria"));
	if (parse_lines(&job, p + first, p + len - CRC_LINE) != 0) {
		ticket_done(&job);
		return damaged(err);
	}
	*j = job;
	return 0;
}

#include "mime/word.h"

#include "base/str.h"
#include "mime/charset.h"
#include "mime/codec.h"

#include "base/utf8.h"

#include <string.h>

enum {
	CHARSET_MAX = 47, /* longer names mean nothing; it bounds the search, too */
	FLUSH_MAX = 2000, /* conversions in one value: each opens a converter */
	WORD_BYTES = 36,  /* 48 characters of base64 and 12 around */
	Q_MAX = 50,       /* so that a word fits behind "Reply-To: " in 78 columns */
	RUN_MAX = 200     /* a line can only be folded at blanks */
};

/* One encoded word in the text. */
struct word {
	char charset[CHARSET_MAX + 1];
	char encoding; /* 'b' or 'q' */
	const char *text;
	size_t text_len;
	const char *next; /* behind "?=" */
};

/* What is decoded and not yet converted. */
struct pending {
	struct str *out;
	struct str bytes;
	char charset[CHARSET_MAX + 1];
	int flushes;
};

/* "=?charset*language?" at p; returns behind it, or NULL. */
static const char *scan_charset(struct word *w, const char *p, const char *end)
{
	const char *start = p += 2;
	size_t len;

	while (p < end && *p != '?' && *p > ' ' && *p < 0x7f && p - start <= 2 * CHARSET_MAX)
		p++;
	if (p >= end || *p != '?' || p == start)
		return NULL;
	len = strcspn(start, "*?");
	if (len == 0 || len > CHARSET_MAX)
		return NULL;
	memcpy(w->charset, start, len);
	w->charset[len] = '\0';
	return p + 1;
}

/*
 * Where the text of a word ends ("?="), or NULL. A '?' inside is wrong but seen in Q words; one
 * behind '=' begins another word, so this one never ended. Stopping there keeps it linear.
 */
static const char *scan_text(const char *p, const char *end, char encoding)
{
	for (const char *at = p; at + 1 < end; at++) {
		if (*at == '?' && at[1] == '=')
			return at;
		if (*at == '?' && (encoding == 'b' || (at > p && at[-1] == '=')))
			return NULL;
	}
	return NULL;
}

static bool has_base64(const char *p, const char *end)
{
	while (p < end && !str_is_alnum(*p) && *p != '+' && *p != '/')
		p++;
	return p < end;
}

static bool scan_word(struct word *w, const char *p, const char *end)
{
	const char *at;

	if (end - p < 8 || p[0] != '=' || p[1] != '?')
		return false;
	p = scan_charset(w, p, end);
	if (!p || end - p < 4 || p[1] != '?' || !strchr("bBqQ", *p) || !*p)
		return false;
	w->encoding = (char)(*p | 0x20);
	w->text = p + 2;
	at = scan_text(w->text, end, w->encoding);
	if (!at)
		return false;
	w->text_len = (size_t)(at - w->text);
	w->next = at + 2;
	/* Of base64 that is none nothing would be left. */
	return w->encoding == 'q' || w->text_len == 0 || has_base64(w->text, at);
}

size_t word_length(const char *p, size_t len)
{
	struct word w;

	return scan_word(&w, p, p + len) ? (size_t)(w.next - p) : 0;
}

static void flush(struct pending *p)
{
	if (p->bytes.len) {
		charset_to_utf8(p->out, p->charset, p->bytes.p, p->bytes.len);
		p->flushes++;
	}
	str_clear(&p->bytes);
}

static void add_word(struct pending *p, const struct word *w)
{
	if (str_icmp(p->charset, w->charset) != 0) {
		flush(p);
		memcpy(p->charset, w->charset, sizeof(p->charset));
	}
	if (w->encoding == 'b')
		codec_base64_decode(&p->bytes, w->text, w->text_len);
	else
		codec_q_decode(&p->bytes, w->text, w->text_len);
}

static bool all_blank(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
		p++;
	return p == end;
}

/* Appends UTF-8 that is not cleaned yet. */
static void decode(struct str *out, const char *p, const char *end)
{
	struct pending pending = {.out = out};
	const char *raw = p;
	bool after_word = false;
	struct word w;

	while (p < end) {
		const char *at = memmem(p, (size_t)(end - p), "=?", 2);

		if (!at || pending.flushes >= FLUSH_MAX)
			break;
		if (!scan_word(&w, at, end)) {
			p = at + 1;
			continue;
		}
		if (!after_word || !all_blank(raw, at)) {
			flush(&pending);
			charset_to_utf8(out, NULL, raw, (size_t)(at - raw));
			pending.flushes += raw < at;
		}
		add_word(&pending, &w);
		raw = p = w.next;
		after_word = true;
	}
	flush(&pending);
	charset_to_utf8(out, NULL, raw, (size_t)(end - raw));
	str_done(&pending.bytes);
}

void word_decode(struct str *out, const char *p, size_t len)
{
	struct str text = STR_INIT;

	if (len)
		decode(&text, p, p + len);
	utf8_clean(out, str_c(&text), text.len, UTF8_LINE);
	str_done(&text);
}

char *word_decoded(const char *p, size_t len)
{
	struct str out = STR_INIT;

	word_decode(&out, p, len);
	return str_steal(&out);
}

bool word_needed(const char *p, size_t len)
{
	if (len && memmem(p, len, "=?", 2))
		return true;
	for (size_t i = 0, run = 0; i < len; i++) {
		run = p[i] == ' ' ? 0 : run + 1;
		if ((unsigned char)p[i] >= 0x7f || run > RUN_MAX)
			return true;
	}
	return false;
}

static bool q_plain(unsigned char c, enum word_place place)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	if (strchr("!*+-/", c) && c)
		return true;
	return place == WORD_TEXT && c > ' ' && c < 0x7f && !strchr("=?_\"", c);
}

static size_t q_length(const char *p, size_t len, enum word_place place)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += p[i] == ' ' || q_plain((unsigned char)p[i], place) ? 1 : 3;
	return n;
}

static void q_encode(struct str *out, const char *p, size_t len, enum word_place place)
{
	for (size_t i = 0; i < len; i++) {
		if (p[i] == ' ')
			str_addc(out, '_');
		else if (q_plain((unsigned char)p[i], place))
			str_addc(out, p[i]);
		else
			str_addf(out, "=%02X", (unsigned)(unsigned char)p[i]);
	}
}

/* How much of the text fits in one word without tearing a character. */
static size_t word_fit(const char *p, size_t len, bool q, enum word_place place)
{
	const char *at = p, *end = p + len;
	size_t room = q ? Q_MAX : WORD_BYTES, used = 0;

	while (at < end) {
		const char *start = at;
		size_t n;

		utf8_next(&at, end);
		n = (size_t)(at - start);
		used += q ? q_length(start, n, place) : n;
		if (used > room)
			return (size_t)(start - p);
	}
	return len;
}

static void encode_words(struct str *out, const char *p, size_t len, enum word_place place)
{
	/* Q where at most half of it is encoded: it stays readable. */
	bool q = q_length(p, len, place) <= 2 * len;

	while (len) {
		size_t n = word_fit(p, len, q, place);

		str_adds(out, q ? "=?utf-8?q?" : "=?utf-8?b?");
		if (q)
			q_encode(out, p, n, place);
		else
			codec_base64_encode(out, p, n, 0);
		str_adds(out, len > n ? "?= " : "?=");
		p += n;
		len -= n;
	}
}

void word_encode(struct str *out, const char *p, size_t len, enum word_place place)
{
	struct str text = STR_INIT;
	const char *end = p + len;

	while (p < end) {
		uint32_t cp = utf8_next(&p, end);
		bool control =
			cp < ' ' || (cp >= 0x7f && cp < 0xa0) || cp == 0x2028 || cp == 0x2029;

		utf8_put(&text, control ? ' ' : cp);
	}
	if (word_needed(text.p, text.len))
		encode_words(out, text.p, text.len, place);
	else
		str_add(out, str_c(&text), text.len);
	str_done(&text);
}

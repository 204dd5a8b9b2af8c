#include "mime/codec.h"

#include <stdint.h>
#include <string.h>

static const char BASE64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int base64_value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	/* '-' and '_' are the URL-safe alphabet (RFC 4648 5): seen in mail, and harmless. */
	if (c == '+' || c == '-')
		return 62;
	if (c == '/' || c == '_')
		return 63;
	return -1;
}

/* A group that ended early: two characters hold one byte, three hold two. */
static char *base64_flush(char *to, uint32_t bits, int n)
{
	if (n >= 2)
		*to++ = (char)(bits >> (6 * n - 8));
	if (n == 3)
		*to++ = (char)(bits >> 2);
	return to;
}

/*
 * Whether a line is plain words: a rule ("____", "-- "), short words with blanks between them, or
 * more than here and there a character that base64 does not have; behind padding, any of those.
 */
static bool is_prose(const char *p, size_t len, bool padded)
{
	size_t rule = 0, foreign = 0, blanks = 0;

	while (len && strchr(" \t\r", p[len - 1]))
		len--;
	while (len && strchr(" \t", *p)) {
		p++;
		len--;
	}
	for (size_t i = 0; i < len; i++) {
		rule += p[i] == '_' || p[i] == '-';
		blanks += p[i] == ' ' || p[i] == '\t';
		foreign += p[i] != '=' && p[i] != ' ' && p[i] != '\t' &&
			   base64_value((unsigned char)p[i]) < 0;
	}
	if (len > 1 && rule == len)
		return true;
	return padded ? foreign + blanks > 0
		      : blanks * 16 > len || (foreign > 1 && foreign * 8 > len);
}

static size_t line_length(const char *p, size_t len)
{
	const char *lf = memchr(p, '\n', len);

	return lf ? (size_t)(lf - p) : len;
}

/* Words with a mark between them: what says base64 and begins so was never encoded. */
static bool is_sentence(const char *p, size_t len)
{
	size_t marks = 0, blanks = 0;

	for (size_t i = 0; i < len; i++) {
		blanks += p[i] == ' ' && i + 1 < len;
		marks += p[i] > ' ' && p[i] != '=' && base64_value((unsigned char)p[i]) < 0;
	}
	return marks && blanks > 1 && is_prose(p, len, false);
}

size_t codec_base64_decode(struct str *out, const char *p, size_t len)
{
	bool padded = false, fresh = false; /* fresh: a line begins at a group's begin */
	uint32_t bits = 0;
	size_t i;
	int n = 0;
	char *to;

	/* Written in place: attachments are large, and four characters never give more than three
	 * bytes. */
	str_room(out, len / 4 * 3 + 3);
	to = out->p + out->len;
	if (is_sentence(p, line_length(p, len)))
		return 0;
	for (i = 0; i < len; i++) {
		int v = base64_value((unsigned char)p[i]);

		if (p[i] == '\n') {
			fresh = n == 0;
			continue;
		}
		if (fresh && is_prose(p + i, line_length(p + i, len - i), padded))
			break;
		fresh = false;
		if (p[i] == '=') {
			to = base64_flush(to, bits, n);
			bits = 0;
			n = 0;
			padded = true;
		}
		if (v < 0)
			continue;
		bits = bits << 6 | (uint32_t)v;
		if (++n < 4)
			continue;
		*to++ = (char)(bits >> 16);
		*to++ = (char)(bits >> 8);
		*to++ = (char)bits;
		bits = 0;
		n = 0;
	}
	to = base64_flush(to, bits, n);
	*to = '\0';
	out->len = (size_t)(to - out->p);
	return i;
}

static void base64_group(char *four, const unsigned char *p, size_t n)
{
	uint32_t bits = (uint32_t)p[0] << 16;

	if (n > 1)
		bits |= (uint32_t)p[1] << 8;
	if (n > 2)
		bits |= p[2];
	four[0] = BASE64[bits >> 18];
	four[1] = BASE64[bits >> 12 & 63];
	four[2] = n > 1 ? BASE64[bits >> 6 & 63] : '=';
	four[3] = n > 2 ? BASE64[bits & 63] : '=';
}

void codec_base64_encode(struct str *out, const void *data, size_t len, size_t columns)
{
	const unsigned char *p = data;
	size_t column = 0;
	char *to;

	str_room(out, len / 3 * 4 + 4 + (columns ? (len / 3 * 4 + 4) / columns * 2 + 2 : 0));
	to = out->p + out->len;
	for (size_t i = 0; i < len; i += 3, to += 4) {
		if (columns && column >= columns) {
			*to++ = '\r';
			*to++ = '\n';
			column = 0;
		}
		base64_group(to, p + i, len - i < 3 ? len - i : 3);
		column += 4;
	}
	*to = '\0';
	out->len = (size_t)(to - out->p);
	if (column && columns)
		str_adds(out, "\r\n");
}

static int hex_value(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* "=XX" at i: the byte, or -1. */
static int qp_byte(const char *p, size_t len, size_t i)
{
	int high, low;

	if (i + 2 >= len)
		return -1;
	high = hex_value((unsigned char)p[i + 1]);
	low = hex_value((unsigned char)p[i + 2]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static size_t skip_blanks(const char *p, size_t len, size_t i)
{
	while (i < len && (p[i] == ' ' || p[i] == '\t'))
		i++;
	return i;
}

/* The length of the line end at i, 0 if there is none. */
static size_t line_end(const char *p, size_t len, size_t i)
{
	if (i < len && p[i] == '\n')
		return 1;
	return i + 1 < len && p[i] == '\r' && p[i + 1] == '\n' ? 2 : 0;
}

/* '=' at i: appends what it stands for and returns where to go on. */
static size_t qp_escape(struct str *out, const char *p, size_t len, size_t i)
{
	int byte = qp_byte(p, len, i);
	size_t next;

	if (byte >= 0) {
		str_addc(out, (char)byte);
		return i + 3;
	}
	next = skip_blanks(p, len, i + 1);
	if (next == len)
		return len;
	if (line_end(p, len, next))
		return next + line_end(p, len, next);
	str_addc(out, '=');
	return i + 1;
}

void codec_qp_decode(struct str *out, const char *p, size_t len)
{
	size_t i = 0, next;

	str_room(out, len);
	while (i < len) {
		if (p[i] == '=') {
			i = qp_escape(out, p, len, i);
		} else if (p[i] == ' ' || p[i] == '\t') {
			/* Blanks at a line end were added on the way (RFC 2045 6.7 rule 3). */
			next = skip_blanks(p, len, i);
			if (next < len && !line_end(p, len, next))
				str_add(out, p + i, next - i);
			i = next;
		} else {
			for (next = i + 1; next < len && !strchr("= \t", p[next] ? p[next] : 'x');)
				next++;
			str_add(out, p + i, next - i);
			i = next;
		}
	}
}

void codec_q_decode(struct str *out, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int byte = p[i] == '=' ? qp_byte(p, len, i) : -1;

		str_addc(out, byte >= 0 ? (char)byte : p[i] == '_' ? ' ' : p[i]);
		i += byte >= 0 ? 2 : 0;
	}
}

enum { QP_COLUMNS = 76 };

/* Mail servers and mbox files change lines that begin so. */
static bool qp_risky_start(const char *p, size_t len)
{
	return p[0] == '.' || (len >= 5 && memcmp(p, "From ", 5) == 0);
}

/* One line without its end, with soft breaks where it gets too long. */
static void qp_line(struct str *out, const char *p, size_t len)
{
	static const char HEX[] = "0123456789ABCDEF";
	size_t column = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)p[i];
		bool blank = c == ' ' || c == '\t';
		bool plain = (c > ' ' && c < 0x7f && c != '=') || (blank && i + 1 < len);
		size_t width;

		if (column == 0 && qp_risky_start(p + i, len - i))
			plain = false;
		width = plain ? 1 : 3;
		if (column + width > QP_COLUMNS - 1) {
			str_adds(out, "=\r\n");
			column = 0;
			if (qp_risky_start(p + i, len - i)) {
				plain = false;
				width = 3;
			}
		}
		if (plain)
			str_addc(out, (char)c);
		else
			str_add(out, (char[]){'=', HEX[c >> 4], HEX[c & 15]}, 3);
		column += width;
	}
}

void codec_qp_encode(struct str *out, const char *p, size_t len)
{
	size_t i = 0;

	while (i < len) {
		size_t end = i;

		while (end < len && p[end] != '\n' && p[end] != '\r')
			end++;
		qp_line(out, p + i, end - i);
		if (end < len) {
			str_adds(out, "\r\n");
			end += end + 1 < len && p[end] == '\r' && p[end + 1] == '\n' ? 2 : 1;
		}
		i = end;
	}
}

/* One line of data, its count first; short lines give zero bits for what is missing. */
static void uu_line(struct str *out, const char *p, size_t len)
{
	size_t want = ((unsigned char)p[0] - 32u) & 63, got = 0;

	/* What a line does not hold is not made up: count by what is there. */
	for (size_t i = 1; i < len && got < want; i += 4) {
		uint32_t bits = 0;

		for (size_t k = 0; k < 4; k++) {
			unsigned char c = i + k < len ? (unsigned char)p[i + k] : ' ';

			bits = bits << 6 | ((c - 32u) & 63);
		}
		for (int shift = 16; shift >= 0 && got < want; shift -= 8, got++)
			str_addc(out, (char)(bits >> shift));
	}
}

static bool uu_begin(const char *p, size_t len, struct str *name)
{
	size_t i = 6;

	if (len < 10 || memcmp(p, "begin ", 6) != 0)
		return false;
	while (i < len && p[i] >= '0' && p[i] <= '7')
		i++;
	if (i < 9 || i >= len || p[i] != ' ')
		return false;
	if (name)
		str_add(name, p + i + 1, len - i - 1);
	return true;
}

bool codec_uu_decode(struct str *out, struct str *name, const char *p, size_t len)
{
	bool begun = false;

	for (size_t i = 0; i < len;) {
		const char *lf = memchr(p + i, '\n', len - i);
		size_t end = lf ? (size_t)(lf - p) : len, n = end - i;

		while (n && p[i + n - 1] == '\r')
			n--;
		if (!begun)
			begun = uu_begin(p + i, n, name);
		else if (n == 3 && memcmp(p + i, "end", 3) == 0)
			break;
		else if (n)
			uu_line(out, p + i, n);
		i = end + 1;
	}
	return begun;
}

static size_t uu_line_length(const char *p, size_t len)
{
	size_t n = line_length(p, len);

	while (n && p[n - 1] == '\r')
		n--;
	return n;
}

static bool is_uu_line(const char *p, size_t len)
{
	size_t want = len ? (((unsigned char)p[0] - 32u) & 63) : 0;

	if (!len || len - 1 > (want + 2) / 3 * 4 + 2 || (want && len < 3))
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)p[i] < 32 || (unsigned char)p[i] > 96)
			return false;
	return true;
}

bool codec_uu_find(const char *p, size_t len, size_t *from, size_t *to)
{
	bool inside = false;
	size_t lines = 0; /* with data in them */

	for (size_t i = 0; i < len; i += line_length(p + i, len - i) + 1) {
		size_t n = uu_line_length(p + i, len - i);

		if (inside && lines && n == 3 && memcmp(p + i, "end", 3) == 0) {
			*to = i + line_length(p + i, len - i);
			*to += *to < len;
			return true;
		}
		if (inside && is_uu_line(p + i, n)) {
			lines += n > 1;
			continue;
		}
		inside = uu_begin(p + i, n, NULL);
		lines = 0;
		if (inside)
			*from = i;
	}
	return false;
}

/* --- yEnc --- */

static bool line_begins(const char *p, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && memcmp(p, word, n) == 0;
}

bool codec_yenc_find(const char *p, size_t len, size_t *from, size_t *to)
{
	bool inside = false;

	for (size_t i = 0; i < len; i += line_length(p + i, len - i) + 1) {
		size_t n = line_length(p + i, len - i);

		if (line_begins(p + i, n, "=ybegin ") && memmem(p + i, n, " name=", 6)) {
			inside = true;
			*from = i;
		} else if (inside && line_begins(p + i, n, "=yend")) {
			*to = i + n + (i + n < len);
			return true;
		}
	}
	return false;
}

static void yenc_line(struct str *out, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c == '\r')
			continue;
		if (c == '=' && i + 1 < len)
			c = (unsigned char)((unsigned char)p[++i] - 64u);
		str_addc(out, (char)(unsigned char)(c - 42u));
	}
}

static void yenc_name(struct str *name, const char *p, size_t len)
{
	const char *at = memmem(p, len, " name=", 6);
	size_t n = at ? len - (size_t)(at + 6 - p) : 0;

	while (n && strchr(" \r", at[6 + n - 1]))
		n--;
	if (at)
		str_add(name, at + 6, n);
}

void codec_yenc_decode(struct str *out, struct str *name, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i += line_length(p + i, len - i) + 1) {
		size_t n = line_length(p + i, len - i);

		if (line_begins(p + i, n, "=ybegin ")) {
			if (name)
				yenc_name(name, p + i, n);
		} else if (line_begins(p + i, n, "=yend")) {
			return;
		} else if (!line_begins(p + i, n, "=ypart")) {
			yenc_line(out, p + i, n);
		}
	}
}

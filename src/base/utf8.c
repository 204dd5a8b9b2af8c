#include "base/utf8.h"

#include "base/mem.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <uninorm.h>
#include <unictype.h>
#include <wchar.h>

static const uint32_t REPLACEMENT = 0xFFFD;

static int sequence_length(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xC2 && lead <= 0xDF)
		return 2;
	if (lead >= 0xE0 && lead <= 0xEF)
		return 3;
	if (lead >= 0xF0 && lead <= 0xF4)
		return 4;
	return 0;
}

uint32_t utf8_next(const char **p, const char *end)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *s = (const unsigned char *)*p;
	int n = sequence_length(s[0]);
	uint32_t cp;

	(*p)++;
	if (n == 1)
		return s[0];
	if (n == 0 || end - (const char *)s < n)
		return REPLACEMENT;
	cp = s[0] & (0x7Fu >> n);
	for (int i = 1; i < n; i++) {
		if ((s[i] & 0xC0) != 0x80)
			return REPLACEMENT;
		cp = cp << 6 | (s[i] & 0x3F);
	}
	if (cp < least[n] || cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
		return REPLACEMENT;
	*p = (const char *)s + n;
	return cp;
}

size_t utf8_cut(const char *s, size_t len, size_t max)
{
	size_t n = len;

	if (len > max) {
		n = max;
		/* Never cut inside a sequence: step back over continuation bytes. */
		while (n > 0 && ((unsigned char)s[n] & 0xC0) == 0x80)
			n--;
	}
	/* An unfinished sequence at the end (cut by snprintf) goes too. */
	for (size_t back = 1; back <= 3 && back <= n; back++) {
		unsigned char c = (unsigned char)s[n - back];

		if ((c & 0xC0) == 0x80)
			continue;
		if (sequence_length(c) > (int)back)
			n -= back;
		break;
	}
	return n;
}

void utf8_add_short(struct str *out, const char *s, size_t len, size_t max)
{
	static const char more[] = "…";

	if (len <= max) {
		str_add(out, s, len);
	} else if (max > strlen(more)) {
		str_add(out, s, utf8_cut(s, len, max - strlen(more)));
		str_adds(out, more);
	}
}

void utf8_put(struct str *out, uint32_t cp)
{
	if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
		cp = REPLACEMENT;
	if (cp < 0x80) {
		str_addc(out, (char)cp);
	} else if (cp < 0x800) {
		str_addc(out, (char)(0xC0 | cp >> 6));
		str_addc(out, (char)(0x80 | (cp & 0x3F)));
	} else if (cp < 0x10000) {
		str_addc(out, (char)(0xE0 | cp >> 12));
		str_addc(out, (char)(0x80 | (cp >> 6 & 0x3F)));
		str_addc(out, (char)(0x80 | (cp & 0x3F)));
	} else {
		str_addc(out, (char)(0xF0 | cp >> 18));
		str_addc(out, (char)(0x80 | (cp >> 12 & 0x3F)));
		str_addc(out, (char)(0x80 | (cp >> 6 & 0x3F)));
		str_addc(out, (char)(0x80 | (cp & 0x3F)));
	}
}

bool utf8_valid(const char *p, size_t len)
{
	const char *end = p + len;

	while ((p += str_ascii(p, (size_t)(end - p))) < end) {
		const char *at = p;

		if (utf8_next(&p, end) == REPLACEMENT &&
			!(end - at >= 3 && memcmp(at, "\xEF\xBF\xBD", 3) == 0))
			return false;
	}
	return true;
}

int utf8_width(uint32_t cp)
{
	int w;

	if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0))
		return 0;
	if (cp < 0x7F)
		return 1;
	w = wcwidth((wchar_t)cp);
	return w < 0 ? 1 : w;
}

size_t utf8_fit(const char *s, size_t len, int columns, int *used)
{
	const char *p = s, *end = s + len;
	int sum = 0;

	while (p < end) {
		const char *at = p;
		int w = utf8_width(utf8_next(&p, end));

		if (sum + w > columns) {
			p = at;
			break;
		}
		sum += w;
	}
	if (used)
		*used = sum;
	return (size_t)(p - s);
}

int utf8_columns(const char *s, size_t len)
{
	int used;

	utf8_fit(s, len, INT32_MAX - 2, &used);
	return used;
}

bool utf8_is_hidden(uint32_t cp)
{
	return cp == 0x00AD || cp == 0x034F || cp == 0x061C || (cp >= 0x115F && cp <= 0x1160) ||
	       (cp >= 0x17B4 && cp <= 0x17B5) || (cp >= 0x180B && cp <= 0x180F) ||
	       (cp >= 0x200B && cp <= 0x200F) || (cp >= 0x202A && cp <= 0x202E) ||
	       (cp >= 0x2060 && cp <= 0x206F) || cp == 0x3164 || (cp >= 0xFE00 && cp <= 0xFE0F) ||
	       cp == 0xFEFF || cp == 0xFFA0 || (cp >= 0xFFF0 && cp <= 0xFFFB) ||
	       (cp >= 0x1BCA0 && cp <= 0x1BCA3) || (cp >= 0x1D173 && cp <= 0x1D17A) ||
	       (cp >= 0xE0000 && cp <= 0xE0FFF);
}

static bool is_control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7F && cp < 0xA0);
}

bool utf8_is_unsafe(uint32_t cp)
{
	return (is_control(cp) && cp != '\n' && cp != '\t') || cp == 0x2028 || cp == 0x2029 ||
	       utf8_is_hidden(cp);
}

/* Behind the rest of a control sequence ("[31m", ECMA-48 5.4), p being behind its ESC; p when it is
 * none. Logs are full of colours. */
static const char *sequence_end(const char *p, const char *end)
{
	enum { LONG = 40 };
	const char *at = p;

	if (at == end || *at++ != '[')
		return p;
	if (end - at > LONG)
		end = at + LONG;
	while (at < end && *at >= 0x20 && *at <= 0x3F)
		at++;
	return at < end && *at >= 0x40 && *at <= 0x7E ? at + 1 : p;
}

/* What printers printed twice, or with a line below: "a BS a", "_ BS a", "a BS _" are an a. */
static void overstrike(struct str *out, const char **p, const char *end)
{
	char last = out->len ? out->p[out->len - 1] : '\n';

	if (*p == end || last <= ' ' || last == 0x7F)
		return;
	if (**p == last || last == '_')
		str_cut(out, out->len - 1);
	else if (**p == '_')
		(*p)++;
}

static void clean_control(
	struct str *out, uint32_t cp, const char **p, const char *end, enum utf8_keep keep)
{
	bool text = keep & UTF8_TEXT;

	if (text && cp == 0x1B) {
		*p = sequence_end(*p, end);
	} else if (text && cp == '\b') {
		overstrike(out, p, end);
	} else if (cp == '\r' || cp == '\n') {
		if (cp == '\r' && *p < end && **p == '\n')
			(*p)++;
		str_addc(out, text ? '\n' : ' ');
	} else if (cp == '\t') {
		str_addc(out, text ? '\t' : ' ');
	} else if (!text) {
		utf8_put(out, REPLACEMENT);
	}
}

bool utf8_is_joiner(uint32_t cp)
{
	return cp == 0x200C || cp == 0x200D || (cp >= 0xFE00 && cp <= 0xFE0F);
}

/* Spaces that are not ASCII: the fillers of preview texts are made of them and joiners. */
static bool is_wide_blank(uint32_t cp)
{
	return cp == 0xA0 || cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200A) || cp == 0x202F ||
	       cp == 0x205F || cp == 0x3000;
}

static bool joins(uint32_t cp)
{
	return cp >= 0xA0 && !is_wide_blank(cp) && !utf8_is_hidden(cp);
}

/*
 * Whether a joiner stays between what stayed before it and what stands at p. What is decided by
 * must stay itself, or cleaning twice would differ from cleaning once: no fifth mark (marks: so
 * many before), no other joiner. A key cap is a digit, U+FE0F and U+20E3.
 */
static bool belongs(uint32_t cp, uint32_t before, int marks, const char *p, const char *end)
{
	uint32_t after = p < end ? utf8_next(&p, end) : 0;
	bool stays = joins(after) && (marks < 4 || wcwidth((wchar_t)after) != 0);

	if (cp >= 0xFE00)
		return joins(before) ||
		       (before && !utf8_is_joiner(before) && after == 0x20E3 && stays);
	return stays && (joins(before) || before >= 0xFE00);
}

void utf8_clean(struct str *out, const char *p, size_t len, enum utf8_keep keep)
{
	const char *end = p + len;
	uint32_t before = 0; /* the character that stayed last */
	int marks = 0;

	str_room(out, len);
	while (p < end) {
		uint32_t cp;

		const char *plain = p;

		while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x7F)
			p++;
		if (p > plain) {
			str_add(out, plain, (size_t)(p - plain));
			marks = 0;
			before = (unsigned char)p[-1];
			continue;
		}
		cp = utf8_next(&p, end);
		if (is_control(cp)) {
			size_t length = out->len;

			/* One that vanishes must not give a character four more marks. */
			clean_control(out, cp, &p, end, keep);
			marks = out->len > length ? 0 : marks;
			before = 0;
		} else if (utf8_is_joiner(cp)) {
			if (!belongs(cp, before, marks, p, end))
				continue;
			utf8_put(out, cp);
			before = cp;
		} else if (cp == 0x2028 || cp == 0x2029) {
			str_addc(out, keep & UTF8_TEXT ? '\n' : ' ');
			marks = 0;
			before = 0;
		} else if (!utf8_is_hidden(cp)) {
			marks = wcwidth((wchar_t)cp) == 0 ? marks + 1 : 0;
			if (marks <= 4)
				utf8_put(out, cp);
			before = cp;
		}
	}
}

char *utf8_clean_line(const char *p, size_t len)
{
	struct str out = STR_INIT;

	utf8_clean(&out, p, len, UTF8_LINE);
	return str_steal(&out);
}

/*
 * Code points that fold to one code point of no more bytes and that no other of these combines
 * with: scripts with cases by a table made once, others as they are. What has anything else in it
 * goes through libunistring.
 */
enum { FOLD_TABLE = 0x530 };

static uint16_t fold_table[FOLD_TABLE]; /* 0: not simple */
static pthread_once_t fold_once = PTHREAD_ONCE_INIT;

static void make_fold_table(void)
{
	for (ucs4_t cp = 1; cp < FOLD_TABLE; cp++) {
		uint32_t out[8];
		size_t n = MEM_COUNT(out);

		if (!u32_casefold(&cp, 1, NULL, UNINORM_NFC, out, &n) || n != 1 ||
			uc_combining_class(cp) || uc_combining_class(out[0]))
			continue;
		if (out[0] < 0x80 || (cp >= 0x80 && out[0] < 0x800))
			fold_table[cp] = (uint16_t)out[0];
	}
}

static bool has_no_case(uint32_t cp)
{
	return (cp >= 0x2010 && cp <= 0x205E) || (cp >= 0x3001 && cp <= 0x3029) ||
	       (cp >= 0x3041 && cp <= 0x3096) || (cp >= 0x30A0 && cp <= 0x30FF) ||
	       (cp >= 0x4E00 && cp <= 0x9FFF) || (cp >= 0xAC00 && cp <= 0xD7A3) ||
	       (cp >= 0x1F300 && cp <= 0x1FAFF);
}

/* False: out is as before. */
static bool fold_simple(struct str *out, const char *s, size_t len)
{
	const char *end = s + len;
	size_t before = out->len;

	pthread_once(&fold_once, make_fold_table);
	str_room(out, len);
	while (s < end) {
		const char *start = s;
		uint32_t cp = (unsigned char)*s < 0x80 ? (unsigned char)*s++ : utf8_next(&s, end);

		if (cp < FOLD_TABLE && fold_table[cp]) {
			if (fold_table[cp] < 0x80)
				out->p[out->len++] = (char)fold_table[cp];
			else
				utf8_put(out, fold_table[cp]);
		} else if (cp == 0xDF) {
			str_adds(out, "ss"); /* as many bytes; German is full of them */
		} else if (has_no_case(cp)) {
			str_add(out, start, (size_t)(s - start));
		} else {
			out->len = before;
			out->p[before] = '\0';
			return false;
		}
	}
	out->p[out->len] = '\0';
	return true;
}

bool utf8_fold_adds(const char *s, size_t len, const char *word)
{
	bool has_s = strchr(word, 's') != NULL;

	pthread_once(&fold_once, make_fold_table);
	for (const char *end = s + len; s < end;) {
		uint32_t cp = (unsigned char)*s < 0x80 ? (unsigned char)*s++ : utf8_next(&s, end);

		if (cp >= 0x80 && !(cp < FOLD_TABLE && fold_table[cp] >= 0x80) &&
			!(cp == 0xDF && !has_s) && !has_no_case(cp))
			return true;
	}
	return false;
}

void utf8_fold_add(struct str *out, const char *s, size_t len)
{
	size_t folded_len = 0;
	uint8_t *folded;

	if (fold_simple(out, s, len))
		return;
	folded = u8_casefold((const uint8_t *)s, len, NULL, UNINORM_NFC, NULL, &folded_len);
	/* What cannot be folded stays as it is. */
	str_add(out, folded ? (const char *)folded : s, folded ? folded_len : len);
	free(folded);
}

void utf8_unmark(struct str *folded, size_t at)
{
	size_t n = 0;
	uint8_t *apart;
	const char *p, *end;

	if (str_is_ascii(str_c(folded) + at, folded->len - at))
		return;
	apart = u8_normalize(
		UNINORM_NFD, (const uint8_t *)folded->p + at, folded->len - at, NULL, &n);
	if (!apart)
		return;
	str_cut(folded, at);
	p = (const char *)apart;
	for (end = p + n; p < end;) {
		uint32_t cp = utf8_next(&p, end);

		if (!uc_is_general_category(cp, UC_NON_SPACING_MARK))
			utf8_put(folded, cp);
	}
	free(apart);
}

char *utf8_fold(const char *s, size_t len)
{
	struct str out = STR_INIT;

	utf8_fold_add(&out, s, len);
	return str_steal(&out);
}

void utf8_pad(struct str *out, const char *s, int columns)
{
	size_t len = strlen(s), fit;
	int used;

	if (columns <= 0)
		return;
	fit = utf8_fit(s, len, columns, &used);
	if (fit < len) {
		fit = utf8_fit(s, len, columns - 1, &used);
		str_add(out, s, fit);
		utf8_put(out, 0x2026);
		used++;
	} else {
		str_add(out, s, fit);
	}
	for (; used < columns; used++)
		str_addc(out, ' ');
}

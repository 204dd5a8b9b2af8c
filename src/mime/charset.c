#include "mime/charset.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <uchardet/uchardet.h>

enum {
	NAME_MAX_BYTES = 47,    /* longer names mean nothing */
	GUESS_BYTES = 64 * 1024 /* enough to tell */
};

/*
 * Names that real mail uses and iconv lacks, and names whose bytes are in fact those of a larger
 * set (the WHATWG Encoding Standard's labels). "" means: says nothing, look at the bytes.
 */
static const struct {
	const char *name, *iconv;
} ALIASES[] = {
	{"8bit", ""},
	{"ansi_x3.4-1968", ""},
	{"ascii", ""},
	{"big5", "BIG5-HKSCS"},
	{"binary", ""},
	{"cn-big5", "BIG5-HKSCS"},
	{"cn-gb", "GB18030"},
	{"cp-850", "CP850"},
	{"cp50220", "JIS-MS"},
	{"cp50221", "JIS-MS"},
	{"cp50222", "JIS-MS"},
	{"cp949", "UHC"},
	{"default", ""},
	{"default_charset", ""},
	{"dos-874", "CP874"},
	{"euc-cn", "GB18030"},
	{"euc-jp", "EUC-JP-MS"},
	{"euc-kr", "UHC"},
	{"gb2312", "GB18030"},
	{"gb_2312-80", "GB18030"},
	{"gbk", "GB18030"},
	{"hz", "HZ"},
	{"hz-gb-2312", "HZ"},
	{"iso-2022-jp", "JIS-MS"},
	{"iso-2022-jp-ms", "JIS-MS"},
	{"iso-8859-1", "CP1252"},
	{"iso-8859-11", "CP874"},
	{"iso-8859-6-e", "ISO-8859-6"},
	{"iso-8859-6-i", "ISO-8859-6"},
	{"iso-8859-8-e", "ISO-8859-8"},
	{"iso-8859-8-i", "ISO-8859-8"},
	{"iso-8859-9", "CP1254"},
	{"iso8859-1", "CP1252"},
	{"iso8859-9", "CP1254"},
	{"iso_8859-1", "CP1252"},
	{"ks_c_5601", "UHC"},
	{"ks_c_5601-1987", "UHC"},
	{"ks_c_5601-1989", "UHC"},
	{"ksc5601", "UHC"},
	{"ksc_5601", "UHC"},
	{"latin-1", "CP1252"},
	{"latin1", "CP1252"},
	{"none", ""},
	{"shift-jis", "CP932"},
	{"shift_jis", "CP932"},
	{"sjis", "CP932"},
	{"tis-620", "CP874"},
	{"unicode-1-1-utf-7", "UTF-7"},
	{"unicode-1-1-utf-8", "UTF-8"},
	{"unknown", ""},
	{"unknown-8bit", ""},
	{"us-ascii", ""},
	{"utf8", "UTF-8"},
	{"utf_8", "UTF-8"},
	{"utf-8mb4", "UTF-8"},
	{"utf8mb4", "UTF-8"},
	{"windows-31j", "CP932"},
	{"windows-874", "CP874"},
	{"windows-949", "UHC"},
	{"x-big5", "BIG5-HKSCS"},
	{"x-cp1250", "CP1250"},
	{"x-cp1251", "CP1251"},
	{"x-cp1252", "CP1252"},
	{"x-euc-jp", "EUC-JP-MS"},
	{"x-euc-kr", "UHC"},
	{"x-euc-tw", "EUC-TW"},
	{"x-gb2312", "GB18030"},
	{"x-gbk", "GB18030"},
	{"x-mac-ce", "MAC-CENTRALEUROPE"},
	{"x-mac-cyrillic", "MAC-CYRILLIC"},
	{"x-mac-roman", "MACINTOSH"},
	{"x-macroman", "MACINTOSH"},
	{"x-ms-cp932", "CP932"},
	{"x-roman8", "HP-ROMAN8"},
	{"x-sjis", "CP932"},
	{"x-unicode-2-0-utf-7", "UTF-7"},
	{"x-unknown", ""},
	{"x-user-defined", ""},
	{"x-windows-949", "UHC"},
	{"x-x-big5", "BIG5-HKSCS"},
};

/* A name from outside goes to iconv_open only if it is a plain name: '/' would add options. */
static bool name_is_plain(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= NAME_MAX_BYTES &&
	       strspn(name,
		       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:+()") ==
		       len;
}

/* The converter's name; "" when the name says nothing or is none. */
static const char *resolve(const char *name)
{
	if (!name || !name_is_plain(name))
		return "";
	for (size_t i = 0; i < MEM_COUNT(ALIASES); i++)
		if (str_icmp(name, ALIASES[i].name) == 0)
			return ALIASES[i].iconv;
	return name;
}

static bool is_utf8_name(const char *name)
{
	return str_icmp(name, "UTF-8") == 0;
}

/* Pure ASCII that switches character sets: ISO-2022. */
static bool has_escapes(const char *p, size_t len)
{
	return (memmem(p, len, "\x1b$", 2) || memmem(p, len, "\x1b(", 2)) && str_is_ascii(p, len);
}

void charset_guess(char name[48], const char *p, size_t len)
{
	const char *found = "";
	uchardet_t detector;

	memcpy(name, "utf-8", 6);
	if (utf8_valid(p, len) && !has_escapes(p, len))
		return;
	detector = uchardet_new();
	if (uchardet_handle_data(detector, p, len > GUESS_BYTES ? GUESS_BYTES : len) == 0) {
		uchardet_data_end(detector);
		found = uchardet_get_charset(detector);
	}
	if (!*resolve(found) || !charset_known(found) || is_utf8_name(found))
		found = utf8_valid(p, len) ? "utf-8" : "windows-1252";
	memcpy(name, found, strlen(found) + 1);
	uchardet_delete(detector);
}

/* Every byte means something, or nothing is appended. */
static bool add_all(struct str *out, const char *name, const char *p, size_t len)
{
	size_t before = out->len, room = 4 * len + 16;
	iconv_t cd = iconv_open("UTF-8", name);
	/* iconv's input is not const by an accident of history; it does not write. */
	union {
		const char *in;
		char *arg;
	} at = {.in = p};
	char *to;
	bool good;

	if (cd == (iconv_t)-1)
		return false;
	str_room(out, room);
	to = out->p + before;
	good = iconv(cd, &at.arg, &len, &to, &room) != (size_t)-1;
	iconv_close(cd);
	out->len = good ? (size_t)(to - out->p) : before;
	out->p[out->len] = '\0';
	return good && utf8_valid(out->p + before, out->len - before);
}

int charset_from_person(
	struct str *out, const char *locale, const char *p, size_t len, struct err *err)
{
	const char *name = resolve(locale);

	if (utf8_valid(p, len)) {
		str_add(out, p, len);
		return 0;
	}
	if (!*name || is_utf8_name(name))
		return err_set(err, ERR_INPUT,
			_("The text is not in UTF-8, and the locale names no other character set: "
			  "save it as UTF-8"));
	if (add_all(out, name, p, len))
		return 0;
	return err_set(err, ERR_INPUT,
		_("The text is neither in UTF-8 nor in the locale's %s: save it as UTF-8"), locale);
}

/* UTF-8 with U+FFFD for what is not; as much as needed and no more. */
static void add_utf8(struct str *out, const char *p, size_t len)
{
	const char *end = p + len;

	if (utf8_valid(p, len)) {
		str_add(out, p, len);
		return;
	}
	str_room(out, len);
	while (p < end)
		utf8_put(out, utf8_next(&p, end));
}

/* "utf-8" is what a mail says and not what it holds: more broken sequences than good ones. */
static bool is_mislabelled(const char *p, size_t len)
{
	const char *end = p + len;
	size_t good = 0, bad = 0;

	while (p < end) {
		const char *start = p;

		if ((unsigned char)*p < 0x80)
			p++;
		else if (utf8_next(&p, end) == 0xfffd && !utf8_valid(start, (size_t)(p - start)))
			bad++;
		else
			good++;
	}
	return bad > good;
}

/* Bytes of one code unit: how far to step over what iconv refuses. */
static size_t unit_size(const char *name)
{
	if (str_istarts(name, "UTF-16") || str_istarts(name, "UTF16") ||
		str_istarts(name, "UCS-2") || str_istarts(name, "UCS2") ||
		str_icmp(name, "UNICODE") == 0)
		return 2;
	if (str_istarts(name, "UTF-32") || str_istarts(name, "UTF32") ||
		str_istarts(name, "UCS-4") || str_istarts(name, "UCS4"))
		return 4;
	return 1;
}

static void add_converted(struct str *out, iconv_t cd, size_t unit, const char *p, size_t len)
{
	char buffer[4096];
	/* iconv's input is not const by an accident of history; it does not write. */
	union {
		const char *in;
		char *arg;
	} at = {.in = p};

	str_room(out, len);
	while (len) {
		char *to = buffer;
		size_t room = sizeof(buffer), before = len, n;

		n = iconv(cd, &at.arg, &len, &to, &room);
		if (n == (size_t)-1 && errno == EINVAL)
			len = 0; /* torn at the end */
		str_add(out, buffer, (size_t)(to - buffer));
		if (n != (size_t)-1)
			continue;
		if (errno == E2BIG && (before != len || to != buffer))
			continue;
		utf8_put(out, 0xfffd);
		n = len < unit ? len : unit;
		at.in += n;
		len -= n;
	}
	for (;;) {
		char *to = buffer;
		size_t room = sizeof(buffer);

		if (iconv(cd, NULL, NULL, &to, &room) == (size_t)-1)
			break;
		str_add(out, buffer, (size_t)(to - buffer));
		break;
	}
}

/* glibc has no converter for HZ (RFC 1843): the same characters as GB 2312 with the high bits. */
static void hz_to_gb(struct str *out, const char *p, size_t len)
{
	bool chinese = false;

	for (size_t i = 0; i < len; i++) {
		char next = i + 1 < len ? p[i + 1] : '\0';

		if (p[i] == '\n')
			chinese = false;
		if (p[i] == '~' && (next == '{' || next == '}' || next == '~' || next == '\n')) {
			if (next == '~')
				str_addc(out, '~');
			else if (next != '\n')
				chinese = next == '{';
			i++;
		} else {
			str_addc(out, chinese && p[i] > ' ' ? (char)(p[i] | 0x80) : p[i]);
		}
	}
}

/* One escape sequence of ISO-2022-JP and its likes at p; its length, or 0. *lead is what goes
 * before each character in EUC-JP, *two whether characters have two bytes. */
static size_t jis_escape(const char *p, size_t len, char *lead, bool *two)
{
	static const struct {
		const char *sequence;
		char lead;
		bool two;
	} sets[] = {{"\x1b(B", 0, false}, {"\x1b(J", 0, false}, {"\x1b(H", 0, false},
		{"\x1b(I", '\x8e', false}, {"\x1b$@", 0, true}, {"\x1b$B", 0, true},
		{"\x1b&@\x1b$B", 0, true}, {"\x1b$(D", '\x8f', true}};

	for (size_t i = 0; i < MEM_COUNT(sets); i++) {
		size_t n = strlen(sets[i].sequence);

		if (len < n || memcmp(p, sets[i].sequence, n) != 0)
			continue;
		*lead = sets[i].lead;
		*two = sets[i].two;
		return n;
	}
	return 0;
}

/*
 * What mail calls ISO-2022-JP is CP50221: with NEC's row 13 (circled digits, company signs) and the
 * half-width katakana of JIS X 0201, shifted or with the high bit. glibc knows neither; the same
 * characters stand in EUC-JP-MS. False when it switches to a set of another kind (ISO-2022-JP-2,
 * JIS X 0213).
 */
static bool jis_to_euc(struct str *out, const char *p, size_t len)
{
	char lead = 0;
	bool two = false;

	for (size_t i = 0; i < len;) {
		size_t n = p[i] == '\x1b' ? jis_escape(p + i, len - i, &lead, &two) : 0;
		bool graphic = (p[i] & 0x7f) > 0x20 && (p[i] & 0x7f) < 0x7f;

		if (p[i] == '\x1b' && !n)
			return false;
		if (n) {
			i += n;
		} else if (p[i] == 0x0e || p[i] == 0x0f) { /* SO and SI: katakana, and back */
			lead = p[i++] == 0x0e ? '\x8e' : 0;
			two = false;
		} else if (two && graphic && i + 1 < len && (p[i + 1] & 0x7f) > 0x20) {
			if (lead)
				str_addc(out, lead);
			str_addc(out, (char)(p[i] | 0x80));
			str_addc(out, (char)(p[i + 1] | 0x80));
			i += 2;
		} else if (graphic && (lead == '\x8e' || (p[i] & 0x80))) {
			str_addc(out, '\x8e');
			str_addc(out, (char)(p[i++] | 0x80));
		} else {
			/* Each line begins in ASCII, whatever was not ended (RFC 1468). */
			if (p[i] == '\n') {
				lead = 0;
				two = false;
			}
			str_addc(out, p[i++]);
		}
	}
	return true;
}

/* Bytes of a set that iconv lacks as bytes of one that it has: its name. */
static const char *rewrite(struct str *out, const char *name, const char *p, size_t len)
{
	if (str_icmp(name, "HZ") == 0) {
		hz_to_gb(out, p, len);
		return "GB18030";
	}
	if (str_icmp(name, "JIS-MS") == 0 && jis_to_euc(out, p, len))
		return "EUC-JP-MS";
	str_clear(out);
	str_add(out, p, len);
	return memmem(p, len, "\x1b$(O", 4) || memmem(p, len, "\x1b$(P", 4) ||
			       memmem(p, len, "\x1b$(Q", 4)
		       ? "ISO-2022-JP-3"
		       : "ISO-2022-JP-2";
}

static bool is_rewritten(const char *name)
{
	return str_icmp(name, "HZ") == 0 || str_icmp(name, "JIS-MS") == 0;
}

static bool convert(struct str *out, const char *name, const char *p, size_t len)
{
	struct str other = STR_INIT;
	iconv_t cd;

	if (is_rewritten(name)) {
		name = rewrite(&other, name, p, len);
		p = other.p;
		len = other.len;
	}
	cd = iconv_open("UTF-8", name);
	if (cd != (iconv_t)-1 && len)
		add_converted(out, cd, unit_size(name), p, len);
	if (cd != (iconv_t)-1)
		iconv_close(cd);
	str_done(&other);
	return cd != (iconv_t)-1;
}

bool charset_known(const char *name)
{
	const char *real = resolve(name);
	iconv_t cd;

	if (is_utf8_name(real) || is_rewritten(real) || (name && str_icmp(name, "us-ascii") == 0))
		return true;
	if (!*real)
		return false;
	cd = iconv_open("UTF-8", real);
	if (cd == (iconv_t)-1)
		return false;
	iconv_close(cd);
	return true;
}

static void add_guessed(struct str *out, const char *p, size_t len)
{
	char name[48];

	charset_guess(name, p, len);
	if (is_utf8_name(name) || !convert(out, resolve(name), p, len))
		add_utf8(out, p, len);
}

void charset_to_utf8(struct str *out, const char *name, const char *p, size_t len)
{
	const char *real = resolve(name);

	if (len == 0)
		return;
	if (is_utf8_name(real)) {
		if (utf8_valid(p, len) || !is_mislabelled(p, len))
			add_utf8(out, p, len);
		else
			add_guessed(out, p, len);
		return;
	}
	if ((!*real || str_icmp(real, "CP1252") == 0) && str_is_ascii(p, len) &&
		(*real || !memchr(p, '\x1b', len)))
		str_add(out, p, len);
	else if (!*real || !convert(out, real, p, len))
		add_guessed(out, p, len);
}

/* All of it or nothing; NULL when there is no such conversion. */
static char *convert_whole(const char *to, const char *from, const char *text)
{
	iconv_t cd = iconv_open(to, from);
	size_t len = strlen(text), room = len * 4 + 16;
	union {
		const char *in;
		char *arg;
	} at = {.in = text};
	char *out, *end;
	bool good;

	if (cd == (iconv_t)-1)
		return NULL;
	out = end = mem_alloc(room + 1);
	good = iconv(cd, &at.arg, &len, &end, &room) != (size_t)-1 &&
	       iconv(cd, NULL, NULL, &end, &room) != (size_t)-1;
	iconv_close(cd);
	/* A NUL inside would make two names one. */
	if (good && strlen(out) == (size_t)(end - out))
		return out;
	free(out);
	return NULL;
}

static char *clean_copy(const char *text)
{
	struct str out = STR_INIT;

	add_utf8(&out, text, strlen(text));
	return str_steal(&out);
}

static bool has_controls(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

char *charset_to_imap_utf7(const char *utf8)
{
	char *name = convert_whole("UTF-7-IMAP", "UTF-8", utf8);

	return name ? name : mem_strdup(utf8);
}

char *charset_from_imap_utf7(const char *name)
{
	char *text = convert_whole("UTF-8", "UTF-7-IMAP", name);
	char *back = text ? charset_to_imap_utf7(text) : NULL;

	if (!back || strcmp(back, name) != 0 || has_controls(text)) {
		free(text);
		text = clean_copy(name);
	}
	free(back);
	return text;
}

#include "mime/tagsoup.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <string.h>
#include <strings.h>

/* Sorted by name. */
static const struct tagsoup_element ELEMENTS[] = {
	{"a", TAG_A, TEXT_LINK},
	{"address", TAG_BLOCK, TEXT_STYLES},
	{"applet", TAG_SKIP, TEXT_STYLES},
	{"article", TAG_BLOCK, TEXT_STYLES},
	{"aside", TAG_BLOCK, TEXT_STYLES},
	{"b", TAG_INLINE, TEXT_BOLD},
	{"base", TAG_INLINE, TEXT_STYLES},
	{"blockquote", TAG_QUOTE, TEXT_STYLES},
	{"body", TAG_BLOCK, TEXT_STYLES},
	{"br", TAG_BR, TEXT_STYLES},
	{"caption", TAG_BLOCK, TEXT_BOLD},
	{"center", TAG_BLOCK, TEXT_STYLES},
	{"cite", TAG_INLINE, TEXT_ITALIC},
	{"code", TAG_INLINE, TEXT_CODE},
	{"dd", TAG_DD, TEXT_STYLES},
	{"dfn", TAG_INLINE, TEXT_ITALIC},
	{"div", TAG_BLOCK, TEXT_STYLES},
	{"dl", TAG_PARAGRAPH, TEXT_STYLES},
	{"dt", TAG_DT, TEXT_BOLD},
	{"em", TAG_INLINE, TEXT_ITALIC},
	{"fieldset", TAG_BLOCK, TEXT_STYLES},
	{"figcaption", TAG_BLOCK, TEXT_STYLES},
	{"figure", TAG_PARAGRAPH, TEXT_STYLES},
	{"footer", TAG_BLOCK, TEXT_STYLES},
	{"form", TAG_BLOCK, TEXT_STYLES},
	{"h1", TAG_HEADING, TEXT_STYLES},
	{"h2", TAG_HEADING, TEXT_STYLES},
	{"h3", TAG_HEADING, TEXT_STYLES},
	{"h4", TAG_HEADING, TEXT_STYLES},
	{"h5", TAG_HEADING, TEXT_STYLES},
	{"h6", TAG_HEADING, TEXT_STYLES},
	{"header", TAG_BLOCK, TEXT_STYLES},
	{"hr", TAG_HR, TEXT_STYLES},
	{"i", TAG_INLINE, TEXT_ITALIC},
	{"iframe", TAG_SKIP, TEXT_STYLES},
	{"img", TAG_IMG, TEXT_STYLES},
	{"input", TAG_INPUT, TEXT_STYLES},
	{"kbd", TAG_INLINE, TEXT_CODE},
	{"li", TAG_LI, TEXT_STYLES},
	{"listing", TAG_PRE, TEXT_CODE},
	{"main", TAG_BLOCK, TEXT_STYLES},
	{"menu", TAG_UL, TEXT_STYLES},
	{"nav", TAG_BLOCK, TEXT_STYLES},
	{"ol", TAG_OL, TEXT_STYLES},
	{"option", TAG_BLOCK, TEXT_STYLES},
	{"p", TAG_PARAGRAPH, TEXT_STYLES},
	{"pre", TAG_PRE, TEXT_CODE},
	{"q", TAG_Q, TEXT_STYLES},
	{"samp", TAG_INLINE, TEXT_CODE},
	{"script", TAG_SKIP, TEXT_STYLES},
	{"section", TAG_BLOCK, TEXT_STYLES},
	{"strong", TAG_INLINE, TEXT_BOLD},
	{"style", TAG_SKIP, TEXT_STYLES},
	{"svg", TAG_SKIP, TEXT_STYLES},
	{"table", TAG_TABLE, TEXT_STYLES},
	{"td", TAG_TD, TEXT_STYLES},
	{"template", TAG_SKIP, TEXT_STYLES},
	{"th", TAG_TH, TEXT_BOLD},
	{"title", TAG_SKIP, TEXT_STYLES},
	{"tr", TAG_TR, TEXT_STYLES},
	{"tt", TAG_INLINE, TEXT_CODE},
	{"ul", TAG_UL, TEXT_STYLES},
	{"xmp", TAG_PRE, TEXT_CODE},
};

const struct tagsoup_element *tagsoup_element(const char *name)
{
	static const struct tagsoup_element unknown = {"", TAG_INLINE, TEXT_STYLES};
	size_t low = 0, high = MEM_COUNT(ELEMENTS);

	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = strcmp(name, ELEMENTS[mid].name);

		if (order == 0)
			return &ELEMENTS[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return &unknown;
}

bool tagsoup_is_block(enum tag tag)
{
	return tag != TAG_INLINE && tag != TAG_A && tag != TAG_Q && tag != TAG_BR &&
	       tag != TAG_IMG && tag != TAG_INPUT;
}

/* The start of what comes behind the DOCTYPE; s when there is none in the first bytes. */
static const char *behind_doctype(const char *s, const char *end)
{
	const char *head = end - s > 2048 ? s + 2048 : end, *p = s;

	while ((p = memchr(p, '<', (size_t)(head - p))) != NULL) {
		const char *close, *subset;

		if (end - p < 9)
			return s;
		if (strncasecmp(p, "<!doctype", 9) != 0) {
			p++;
			continue;
		}
		close = memchr(p, '>', (size_t)(end - p));
		subset = memchr(p, '[', (size_t)(end - p));
		if (close && subset && subset < close) {
			close = memmem(subset, (size_t)(end - subset), "]>", 2);
			close = close ? close + 1 : NULL;
		}
		return close ? close + 1 : s;
	}
	return s;
}

/* The length of a mark of Office at p ("<![if !mso]>", "<![endif]>", "<o:p>"), 0 when it is none.
 */
static size_t office_mark(const char *p, const char *end)
{
	static const char *const marks[] = {"<![if", "<![endif", "<o:p", "</o:p"};
	const char *close;

	for (size_t i = 0; i < MEM_COUNT(marks); i++) {
		size_t n = strlen(marks[i]);

		if ((size_t)(end - p) <= n || strncasecmp(p, marks[i], n) != 0)
			continue;
		if (end - p > 120)
			end = p + 120;
		close = memchr(p, '>', (size_t)(end - p));
		if (!close || (p[1] == '!' && close[-1] != ']'))
			return 0;
		return (size_t)(close + 1 - p);
	}
	return 0;
}

void tagsoup_prepare(struct str *out, const char *s, size_t len)
{
	const char *end = s + len, *done = behind_doctype(s, end), *p = done;

	str_room(out, len);
	while ((p = memchr(p, '<', (size_t)(end - p))) != NULL) {
		size_t n = office_mark(p, end);

		if (n) {
			str_add(out, done, (size_t)(p - done));
			done = p + n;
		}
		p += n ? n : 1;
	}
	str_add(out, done, (size_t)(end - done));
}

void tagsoup_text(struct str *out, const char *s)
{
	static const uint16_t cp1252[32] = {0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020,
		0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0, 0, 0x2018, 0x2019,
		0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,
		0x017E, 0x0178};
	struct str mapped = STR_INIT;
	const char *p = s, *c1;

	while ((c1 = strchr(p, '\xC2')) != NULL) {
		unsigned char next = (unsigned char)c1[1];

		str_add(&mapped, p, (size_t)(c1 - p));
		p = c1 + 1 + (next != 0);
		if (next >= 0x80 && next < 0xA0) {
			if (cp1252[next - 0x80])
				utf8_put(&mapped, cp1252[next - 0x80]);
		} else {
			str_add(&mapped, c1, (size_t)(p - c1));
		}
	}
	str_adds(&mapped, p);
	utf8_clean(out, str_c(&mapped), mapped.len, UTF8_TEXT);
	str_done(&mapped);
}

bool tagsoup_is_clean(const char *s)
{
	for (; *s; s++)
		if (((unsigned char)*s < ' ' && *s != '\n' && *s != '\t') ||
			(unsigned char)*s >= 0x7F)
			return false;
	return true;
}

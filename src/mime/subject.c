#include "mime/subject.h"

#include "base/mem.h"
#include "base/str.h"

#include <string.h>

static bool takes_blob(const char **p)
{
	const char *close = **p == '[' ? strpbrk(*p + 1, "[]") : NULL;

	if (!close || *close != ']')
		return false;
	for (*p = close + 1; **p == ' ';)
		++*p;
	return true;
}

/* Letters of ASCII in any case, others as they stand. Marks of one letter are left out: too much
 * else begins with one. */
static const struct {
	const char *word;
	enum subject_mark kind;
} marks[] = {
	{"re", SUBJECT_REPLY},
	{"aw", SUBJECT_REPLY},      /* German */
	{"antw", SUBJECT_REPLY},    /* Dutch */
	{"antwort", SUBJECT_REPLY}, /* German */
	{"sv", SUBJECT_REPLY},      /* Danish, Norwegian, Swedish */
	{"vs", SUBJECT_REPLY},      /* Finnish */
	{"res", SUBJECT_REPLY},     /* Portuguese */
	{"rif", SUBJECT_REPLY},     /* Italian */
	{"odp", SUBJECT_REPLY},     /* Polish */
	{"ynt", SUBJECT_REPLY},     /* Turkish */
	{"vá", SUBJECT_REPLY},      /* Hungarian */
	{"Vá", SUBJECT_REPLY},
	{"VÁ", SUBJECT_REPLY},
	{"ΑΠ", SUBJECT_REPLY}, /* Greek */
	{"ΣΧΕΤ", SUBJECT_REPLY},
	{"回复", SUBJECT_REPLY}, /* Chinese */
	{"回覆", SUBJECT_REPLY},
	{"答复", SUBJECT_REPLY},
	{"fwd", SUBJECT_FORWARD},
	{"fw", SUBJECT_FORWARD},
	{"wg", SUBJECT_FORWARD},     /* German */
	{"doorst", SUBJECT_FORWARD}, /* Dutch */
	{"vl", SUBJECT_FORWARD},     /* Finnish */
	{"vb", SUBJECT_FORWARD},     /* Swedish */
	{"rv", SUBJECT_FORWARD},     /* Spanish */
	{"tr", SUBJECT_FORWARD},     /* French */
	{"enc", SUBJECT_FORWARD},    /* Portuguese */
	{"ilt", SUBJECT_FORWARD},    /* Turkish */
	{"İLT", SUBJECT_FORWARD},
	{"ΠΡΘ", SUBJECT_FORWARD},  /* Greek */
	{"转发", SUBJECT_FORWARD}, /* Chinese */
	{"轉寄", SUBJECT_FORWARD},
	{"轉發", SUBJECT_FORWARD},
};

/* "[2]", "[list]", "(3)", "^4" and blanks around it. */
static void skip_number(const char **p)
{
	const char *s = *p;

	while (*s == ' ')
		s++;
	if (*s == '[') {
		takes_blob(&s);
	} else if (*s == '(' || *s == '^') {
		size_t digits = strspn(s + 1, "0123456789");

		if (digits && (*s == '^' || s[1 + digits] == ')'))
			s += 1 + digits + (*s == '(');
	}
	while (*s == ' ')
		s++;
	*p = s;
}

static bool takes_colon(const char **p)
{
	static const char full_width[] = "\xef\xbc\x9a"; /* U+FF1A */
	size_t len = **p == ':' ? 1 : str_starts(*p, full_width) ? strlen(full_width) : 0;

	*p += len;
	return len > 0;
}

static bool takes_mark(const char **p, enum subject_mark kinds)
{
	for (size_t i = 0; i < MEM_COUNT(marks); i++) {
		const char *s = *p + strlen(marks[i].word);

		if (!(marks[i].kind & kinds) || !str_istarts(*p, marks[i].word))
			continue;
		skip_number(&s);
		if (takes_colon(&s)) {
			*p = s;
			return true;
		}
	}
	return false;
}

const char *subject_bare(const char *subject, enum subject_mark kinds)
{
	const char *bare = subject;

	for (const char *p = subject;;) {
		while (*p == ' ')
			p++;
		if (!takes_mark(&p, kinds))
			return bare;
		while (*p == ' ')
			p++;
		bare = p;
	}
}

/* Marks of replies and blobs in front; a blob stays when nothing would be left (RFC 5256 2.1, steps
 * 3 and 4). True when there was a mark. */
static bool skip_leaders(const char **p, const char *end)
{
	bool reply = false;

	for (;;) {
		const char *s = *p;

		while (s < end && *s == ' ')
			s++;
		*p = s;
		if (takes_mark(p, SUBJECT_ANY)) {
			reply = true;
			continue;
		}
		if (!takes_blob(&s) || s >= end)
			return reply;
		*p = s;
	}
}

static bool ends_with(const char *p, const char *end, const char *what)
{
	size_t len = strlen(what);

	return (size_t)(end - p) >= len && str_istarts(end - len, what);
}

bool subject_base(const char *subject, size_t *from, size_t *len)
{
	const char *p = subject, *end = p + strlen(p);
	bool reply = false;

	for (;;) {
		while (end > p && end[-1] == ' ')
			end--;
		if (ends_with(p, end, "(fwd)")) {
			end -= 5;
			reply = true;
			continue;
		}
		reply |= skip_leaders(&p, end);
		if (!str_istarts(p, "[fwd:") || end == p || end[-1] != ']')
			break;
		p += 5;
		end--;
		reply = true;
	}
	if (p > end)
		p = end;
	*from = (size_t)(p - subject);
	*len = (size_t)(end - p);
	return reply;
}

#include "store/subject.h"

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

/* "re:", "fw:", "fwd:" and what programs in other languages write for them, with blanks and a blob
 * before the colon. */
static bool takes_mark(const char **p)
{
	static const char *const marks[] = {"re", "fwd", "fw", "aw", "wg", "sv", "vs", "antw"};
	const char *s = *p;
	size_t len = 0;

	for (size_t i = 0; i < MEM_COUNT(marks) && !len; i++)
		if (str_istarts(s, marks[i]))
			len = strlen(marks[i]);
	if (!len)
		return false;
	s += len;
	while (*s == ' ')
		s++;
	takes_blob(&s);
	if (*s != ':')
		return false;
	*p = s + 1;
	return true;
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
		if (takes_mark(p)) {
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

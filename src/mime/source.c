#include "mime/source.h"

#include "base/i18n.h"
#include "base/utf8.h"
#include "mime/charset.h"

#include <string.h>

enum { BYTES_MAX = 10 << 20, LINES_MAX = 200000 };

static void add_line(struct text *t, const char *s, size_t len, int width)
{
	bool again = false;

	do {
		int used = 0;
		size_t n = utf8_fit(s, len, width, &used);
		struct text_line *line;

		n = n ? n : len;
		line = text_add(t, TEXT_PLAIN, s, n);
		line->joins = again;
		again = true;
		s += n;
		len -= n;
	} while (len);
}

struct text *source_text(const char *p, size_t len, int width)
{
	size_t shown = len < BYTES_MAX ? len : BYTES_MAX;
	struct text *t = text_new();
	struct str text = STR_INIT, clean = STR_INIT;
	const char *at, *end;

	charset_to_utf8(&text, NULL, p, shown);
	utf8_clean(&clean, str_c(&text), text.len, UTF8_TEXT);
	at = str_c(&clean);
	end = at + clean.len;
	while (at < end && t->n < LINES_MAX) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));

		add_line(t, at, (size_t)((nl ? nl : end) - at), width);
		at = nl ? nl + 1 : end;
	}
	str_clear(&text);
	if (at < end || shown < len) {
		str_adds(&text, _("The rest is not shown; save writes all of it into a file"));
		text_add(t, TEXT_NOTICE, text.p, text.len);
	}
	str_done(&text);
	str_done(&clean);
	return t;
}

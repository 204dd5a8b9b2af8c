/*
 * fuzz_check - what text.h promises of each styled text, for fuzz targets.
 *
 * Owns:    nothing.
 * Threads: any.
 * Errors:  aborts, which is how a fuzz target reports.
 */
#ifndef TEST_FUZZ_CHECK_H
#define TEST_FUZZ_CHECK_H

#include "base/utf8.h"
#include "mime/text.h"

#include <stdlib.h>
#include <string.h>

static inline void fuzz_check_line(const struct text *t, const struct text_line *line)
{
	struct str clean = STR_INIT;
	uint32_t at = 0;

	utf8_clean(&clean, line->s, line->len, UTF8_LINE);
	if (clean.len != line->len || memcmp(str_c(&clean), line->s, line->len) != 0)
		abort();
	str_done(&clean);
	for (uint32_t i = 0; i < line->nspans; i++) {
		const struct text_span *s = &line->spans[i];

		if (s->start < at || s->len == 0 || s->start + s->len > line->len)
			abort();
		if (s->style >= TEXT_STYLES || s->link < -1 || s->link >= (int)t->links.n)
			abort();
		at = s->start + s->len;
		if (s->start && ((unsigned char)line->s[s->start] & 0xC0) == 0x80)
			abort();
	}
}

static inline void fuzz_check_text(const struct text *t)
{
	for (size_t i = 0; i < t->n; i++)
		fuzz_check_line(t, &t->lines[i]);
	for (size_t i = 0; i < t->links.n; i++)
		for (const char *p = t->links.v[i]; *p; p++)
			if (*p <= ' ' || *p >= 0x7F)
				abort();
}

#endif

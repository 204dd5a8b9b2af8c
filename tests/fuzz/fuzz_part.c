#include "base/utf8.h"
#include "mime/part.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In the message, or in what was opened of it. */
static bool is_inside(
	const struct parts *parts, const char *p, size_t len, const char *data, size_t size)
{
	if (p >= data && p + len <= data + size)
		return true;
	for (size_t i = 0; i < parts->nopened; i++)
		if (p >= parts->opened[i].p && p + len <= parts->opened[i].p + parts->opened[i].len)
			return true;
	return false;
}

static void check_part(const struct parts *parts, size_t i, const char *data, size_t size)
{
	const struct part *p = &parts->v[i];
	struct str text = STR_INIT;

	if (p->parent >= (int)i || p->depth >= 100 || (p->parent < 0) != (i == 0))
		abort();
	if (!is_inside(parts, p->body, p->body_len, data, size))
		abort();
	if (p->header && !is_inside(parts, p->header, p->header_len, data, size))
		abort();
	part_text(p, &text);
	if (!utf8_valid(text.p ? text.p : "", text.len) ||
		(text.len && memchr(text.p, 0x1b, text.len)))
		abort();
	if (p->name && !utf8_valid(p->name, strlen(p->name)))
		abort();
	str_done(&text);
	part_is_attachment(parts, (int)i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct parts parts, again;
	struct str saved = STR_INIT, twice = STR_INIT;

	part_parse(&parts, (const char *)data, size);
	if (!parts.n || parts.n > 10000)
		abort();
	if (size)
		for (size_t i = 0; i < parts.n; i++)
			check_part(&parts, i, (const char *)data, size);
	part_save(&parts, &saved);
	if (part_load(&again, saved.p, saved.len) < 0)
		abort();
	part_save(&again, &twice);
	if (saved.len != twice.len || memcmp(saved.p, twice.p, saved.len) != 0)
		abort();
	part_done(&again);
	part_done(&parts);
	str_done(&saved);
	str_done(&twice);
	if (part_load(&again, (const char *)data, size) == 0)
		part_done(&again);
	return 0;
}

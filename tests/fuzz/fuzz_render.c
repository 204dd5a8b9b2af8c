#include "fuzz_check.h"
#include "mime/calendar.h"
#include "mime/header.h"
#include "mime/render.h"

#include <locale.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is answered, the answer is one calendar. */
static void check_answer(const struct parts *parts)
{
	static char own[] = "alice@example.org", *list[] = {own};
	static const struct strv mine = {.v = list, .n = 1};

	for (size_t i = 0; i < parts->n; i++) {
		struct calendar_reply r;
		struct str text = STR_INIT;

		if (!parts->v[i].body)
			continue;
		part_text(&parts->v[i], &text);
		if (calendar_answer(&r, str_c(&text), text.len, ICAL_ACCEPT, &mine, 1, NULL) == 0 &&
			!str_starts(r.text.p, "BEGIN:VCALENDAR\r\n"))
			abort();
		calendar_reply_done(&r);
		str_done(&text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned bits = size ? data[size - 1] : 0;
	struct render_options opt = {.width = 20 + (int)bits % 70,
		.all_headers = bits & 1,
		.other_version = bits & 2,
		.no_headers = bits & 4,
		.hide_quotes = bits & 8};
	const char *s = (const char *)data;
	struct parts parts;
	struct text *t;
	char *quotable;
	int needs[16];

	setlocale(LC_CTYPE, "C.UTF-8");
	part_parse(&parts, s, size);
	t = render_message(&parts, s, header_length(s, size, NULL), &opt);
	fuzz_check_text(t);
	text_free(t);
	quotable = render_quotable(&parts, bits & 16);
	if (!utf8_valid(quotable, strlen(quotable)) || strchr(quotable, 0x1b))
		abort();
	free(quotable);
	/* All bodies are here. */
	if (render_needs(&parts, &opt, needs, 16) != 0)
		abort();
	check_answer(&parts);
	part_done(&parts);
	return 0;
}

#include "ui/draft_text.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

static const char *line_end(const char *p)
{
	const char *nl = strchr(p, '\n');

	return nl ? nl + 1 : p + strlen(p);
}

static bool is_empty_line(const char *p)
{
	return *p == '\0' || *p == '\n' || (*p == '\r' && p[1] == '\n');
}

/* The end of the header that starts at p, with its continuation lines. */
static const char *header_end(const char *p)
{
	do
		p = line_end(p);
	while ((*p == ' ' || *p == '\t') && !is_empty_line(p));
	return p;
}

static bool is_header(const char *p, const char *name)
{
	return str_istarts(p, name) && p[strlen(name)] == ':';
}

const char *draft_body(const char *text)
{
	const char *p = text;

	while (!is_empty_line(p))
		p = line_end(p);
	return *p ? line_end(p) : p;
}

char *draft_header(const char *text, const char *name)
{
	struct str out = STR_INIT;

	for (const char *p = text; !is_empty_line(p); p = header_end(p)) {
		const char *s = p + strlen(name) + 1, *end;

		if (!is_header(p, name))
			continue;
		for (end = header_end(p); s < end; s++) {
			bool blank = *s == ' ' || *s == '\t' || *s == '\n' || *s == '\r';

			if (!blank)
				str_addc(&out, *s);
			else if (out.len && out.p[out.len - 1] != ' ')
				str_addc(&out, ' ');
		}
		break;
	}
	if (out.len && out.p[out.len - 1] == ' ')
		str_cut(&out, out.len - 1);
	return str_steal(&out);
}

static void add_header(struct str *out, const char *name, const char *value)
{
	char *line = utf8_clean_line(value, strlen(value));

	str_addf(out, "%s: %s\n", name, line);
	free(line);
}

static char *finish(struct str *out, const char *rest)
{
	if (out->len && out->p[out->len - 1] != '\n')
		str_addc(out, '\n');
	str_adds(out, *rest ? rest : "\n");
	return str_steal(out);
}

char *draft_set_header(const char *text, const char *name, const char *value)
{
	struct str out = STR_INIT;
	const char *p = text;
	bool done = *value == '\0';

	while (!is_empty_line(p)) {
		const char *end = header_end(p);

		if (!is_header(p, name)) {
			str_add(&out, p, (size_t)(end - p));
		} else if (!done) {
			add_header(&out, name, value);
			done = true;
		}
		p = end;
	}
	if (!done) {
		if (out.len && out.p[out.len - 1] != '\n')
			str_addc(&out, '\n');
		add_header(&out, name, value);
	}
	return finish(&out, p);
}

char *draft_add_header(const char *text, const char *name, const char *value)
{
	struct str out = STR_INIT;
	const char *p = text;

	while (!is_empty_line(p))
		p = line_end(p);
	str_add(&out, text, (size_t)(p - text));
	if (out.len && out.p[out.len - 1] != '\n')
		str_addc(&out, '\n');
	add_header(&out, name, value);
	return finish(&out, p);
}

char *draft_drop_header(const char *text, const char *name, size_t nth)
{
	struct str out = STR_INIT;
	const char *p = text;
	size_t seen = 0;

	while (!is_empty_line(p)) {
		const char *end = header_end(p);

		if (!is_header(p, name) || seen++ != nth)
			str_add(&out, p, (size_t)(end - p));
		p = end;
	}
	return finish(&out, p);
}

bool draft_mentions(const char *text, const char *words)
{
	struct str own = STR_INIT;
	char *folded, *list = mem_strdup(words), *save = NULL;
	bool found = false;

	for (const char *p = draft_body(text), *end; *p; p = end) {
		end = line_end(p);
		if (strncmp(p, "-- \n", 4) == 0)
			break;
		if (*p != '>')
			str_add(&own, p, (size_t)(end - p));
	}
	folded = utf8_fold(str_c(&own), own.len);
	for (char *w = strtok_r(list, " ", &save); w && !found; w = strtok_r(NULL, " ", &save))
		found = strstr(folded, w) != NULL;
	free(folded);
	free(list);
	str_done(&own);
	return found;
}

#include "mime/enriched.h"

#include "base/mem.h"
#include "mime/html.h"

#include <string.h>

enum { PARAM_MAX = 1024 };

/* Commands and the HTML that means the same; all others change what a terminal does not show. */
static const struct {
	const char *command, *html;
} COMMANDS[] = {
	{"bold", "b"},
	{"italic", "i"},
	{"underline", "i"},
	{"fixed", "tt"},
	{"excerpt", "blockquote"},
	{"nofill", "pre"},
	{"verbatim", "pre"},
	{"center", "div"},
	{"flushleft", "div"},
	{"flushright", "div"},
	{"paragraph", "p"},
	{"nl", "br"},
	{"lt", NULL},
};

struct enriched {
	struct str *out; /* HTML */
	const char *p, *end;
	int fixed; /* open <nofill>: lines stay as they are */
};

/* The command at p, with its "/"; NULL: it is no command. */
static const char *command_end(const char *p, const char *end)
{
	const char *start = p;

	while (p < end && p - start < 62 &&
		((*p >= '0' && *p <= '9') || *p == '-' || *p == '/' ||
			((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z')))
		p++;
	return p > start && p < end && *p == '>' ? p : NULL;
}

static bool is(const char *p, size_t len, const char *name)
{
	return strlen(name) == len && str_nicmp(p, name, len) == 0;
}

static void put_command(struct enriched *e, const char *p, size_t len)
{
	bool closes = *p == '/';

	p += closes;
	len -= closes;
	for (size_t i = 0; i < MEM_COUNT(COMMANDS); i++) {
		if (!is(p, len, COMMANDS[i].command))
			continue;
		if (!COMMANDS[i].html)
			str_adds(e->out, "&lt;");
		else
			str_addf(e->out, "<%s%s>", closes ? "/" : "", COMMANDS[i].html);
		if (COMMANDS[i].html && strcmp(COMMANDS[i].html, "pre") == 0 &&
			(!closes || e->fixed))
			e->fixed += closes ? -1 : 1;
	}
}

/* What stands in <param> is for the command before it. */
static void skip_param(struct enriched *e)
{
	size_t n = (size_t)(e->end - e->p);
	const char *close = memmem(e->p, n > PARAM_MAX ? PARAM_MAX : n, "</param>", 8);

	if (close)
		e->p = close + 8;
}

static void tag(struct enriched *e)
{
	const char *close;

	if (e->end - e->p > 1 && e->p[1] == '<') {
		str_adds(e->out, "&lt;");
		e->p += 2;
		return;
	}
	close = command_end(e->p + 1, e->end);
	if (!close) {
		str_adds(e->out, "&lt;");
		e->p++;
		return;
	}
	put_command(e, e->p + 1, (size_t)(close - e->p - 1));
	if (is(e->p + 1, (size_t)(close - e->p - 1), "param")) {
		e->p = close + 1;
		skip_param(e);
		return;
	}
	e->p = close + 1;
}

/* One line end is a blank, n of them are n - 1 line ends. */
static void line_ends(struct enriched *e)
{
	size_t n = 0;

	while (e->p < e->end && *e->p == '\n') {
		n++;
		e->p++;
	}
	if (e->fixed)
		for (; n; n--)
			str_addc(e->out, '\n');
	else if (n == 1)
		str_addc(e->out, ' ');
	for (; n > 1; n--)
		str_adds(e->out, "<br>");
}

void enriched_text(struct text *t, const char *s, size_t len, int width)
{
	struct str html = STR_INIT;
	struct enriched e = {&html, s, s + len, 0};

	while (e.p < e.end) {
		if (*e.p == '<') {
			tag(&e);
		} else if (*e.p == '\n') {
			line_ends(&e);
		} else {
			str_adds(&html, *e.p == '&' ? "&amp;" : (char[]){*e.p, '\0'});
			e.p++;
		}
	}
	html_text(t, str_c(&html), html.len, width);
	str_done(&html);
}

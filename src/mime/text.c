#include "mime/text.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum {
	URL_MAX = 2083,
	LINKS_MAX = 4000 /* finding an equal URL is a plain search of hashes */
};

struct text *text_new(void)
{
	return mem_alloc(sizeof(struct text));
}

static void line_done(struct text_line *line)
{
	free(line->s);
	free(line->spans);
}

void text_free(struct text *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++)
		line_done(&t->lines[i]);
	free(t->lines);
	strv_done(&t->links);
	free(t->link_hashes);
	free(t);
}

struct text_line *text_add(struct text *t, enum text_style style, const char *s, size_t len)
{
	struct text_line *line;

	t->lines = mem_grow(t->lines, &t->cap, t->n + 1, sizeof(*t->lines));
	line = &t->lines[t->n++];
	memset(line, 0, sizeof(*line));
	line->s = mem_strndup(s, len);
	line->len = (uint32_t)len;
	line->style = (uint8_t)style;
	return line;
}

void text_span_add(
	struct text_line *line, size_t start, size_t len, enum text_style style, int link)
{
	struct text_span *span;

	if (start >= line->len || len == 0)
		return;
	if (len > line->len - start)
		len = line->len - start;
	/* Room grows in powers of two, which the count itself tells: the line keeps no capacity. */
	if ((line->nspans & (line->nspans - 1)) == 0)
		line->spans = mem_resize(
			line->spans, line->nspans ? line->nspans * 2 : 1, sizeof(*line->spans));
	span = &line->spans[line->nspans++];
	span->start = (uint32_t)start;
	span->len = (uint32_t)len;
	span->style = (uint8_t)style;
	span->link = link;
}

static void clean_url(struct str *out, const char *url, size_t len)
{
	for (size_t i = 0; i < len && out->len <= URL_MAX; i++) {
		unsigned char c = (unsigned char)url[i];

		/* Line ends and tabs inside an address are what a browser drops, too. */
		if (c < 0x20 || c == 0x7F)
			continue;
		if (c > 0x7F || c == ' ' || strchr("\"<>\\^`{|}", c))
			str_addf(out, "%%%02X", c);
		else
			str_addc(out, (char)c);
	}
}

static uint32_t hash_of(const struct str *s)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < s->len; i++)
		h = (h ^ (unsigned char)s->p[i]) * 16777619u;
	return h;
}

int text_link_add(struct text *t, const char *url, size_t len)
{
	struct str clean = STR_INIT;
	uint32_t hash;
	int index = -1;

	while (len && (unsigned char)*url <= ' ')
		url++, len--;
	while (len && (unsigned char)url[len - 1] <= ' ')
		len--;
	clean_url(&clean, url, len);
	if (clean.len == 0 || clean.len > URL_MAX) {
		t->links_lost += clean.len > 0;
		goto out;
	}
	hash = hash_of(&clean);
	for (size_t i = 0; i < t->links.n && index < 0; i++)
		if (t->link_hashes[i] == hash && strcmp(t->links.v[i], clean.p) == 0)
			index = (int)i;
	t->links_lost += index < 0 && t->links.n >= LINKS_MAX;
	if (index < 0 && t->links.n < LINKS_MAX) {
		index = (int)t->links.n;
		t->link_hashes =
			mem_grow(t->link_hashes, &t->hashes_cap, t->links.n + 1, sizeof(uint32_t));
		t->link_hashes[index] = hash;
		strv_take(&t->links, str_steal(&clean));
	}
out:
	str_done(&clean);
	return index;
}

static void move_line(struct text *t, struct text_line *line, const int32_t *map, size_t nmap)
{
	for (uint32_t i = 0; i < line->nspans; i++)
		if (line->spans[i].link >= 0)
			line->spans[i].link =
				(size_t)line->spans[i].link < nmap ? map[line->spans[i].link] : -1;
	t->lines = mem_grow(t->lines, &t->cap, t->n + 1, sizeof(*t->lines));
	t->lines[t->n++] = *line;
}

void text_join(struct text *t, struct text *tail)
{
	size_t nmap = tail->links.n;
	int32_t *map = mem_array(nmap + 1, sizeof(*map));

	for (size_t i = 0; i < nmap; i++)
		map[i] = text_link_add(t, tail->links.v[i], strlen(tail->links.v[i]));
	for (size_t i = 0; i < tail->n; i++)
		move_line(t, &tail->lines[i], map, nmap);
	t->pictures += tail->pictures;
	t->cut |= tail->cut;
	tail->n = 0;
	free(map);
	text_free(tail);
}

void text_prepend(struct text *t, struct text *head)
{
	t->lines = mem_grow(t->lines, &t->cap, t->n + head->n, sizeof(*t->lines));
	memmove(t->lines + head->n, t->lines, t->n * sizeof(*t->lines));
	if (head->n)
		memcpy(t->lines, head->lines, head->n * sizeof(*t->lines));
	t->n += head->n;
	head->n = 0;
	text_free(head);
}

/* What a link shows, while it is read over the ends of lines. */
struct shown {
	int link;
	struct str text;
	int *numbers; /* of each link in the list at the end; 0: none yet */
	int listed;
};

/* The text is the address itself, as typed or as a browser would show it. */
static bool shows_address(const char *text, const char *url)
{
	static const char *const schemes[] = {"https://", "http://", "mailto:"};
	size_t len = strlen(url);

	if (len && url[len - 1] == '/')
		len--;
	for (size_t i = 0; i <= MEM_COUNT(schemes); i++) {
		size_t skip = i < MEM_COUNT(schemes) ? strlen(schemes[i]) : 0;
		size_t rest = len - skip;

		if (skip && (skip > len || !str_istarts(url, schemes[i])))
			continue;
		if (str_nicmp(text, url + skip, rest) == 0 &&
			(!text[rest] || strcmp(text + rest, "/") == 0))
			return true;
	}
	return false;
}

static void end_shown(struct shown *s, const struct text *t, struct str *out)
{
	if (s->link < 0)
		return;
	if (!shows_address(str_c(&s->text), t->links.v[s->link])) {
		int *number = &s->numbers[s->link];
		bool line_end = out->len && out->p[out->len - 1] == '\n';

		if (!*number)
			*number = ++s->listed;
		if (line_end)
			str_cut(out, out->len - 1);
		str_addf(out, "[%d]", *number);
		if (line_end)
			str_addc(out, '\n');
	}
	s->link = -1;
	str_clear(&s->text);
}

/* The link that was shown last goes on in this line. */
static bool goes_on(const struct shown *s, const struct text_line *line)
{
	for (uint32_t i = 0; i < line->nspans; i++)
		if (line->spans[i].link >= 0)
			return line->spans[i].link == s->link;
	return false;
}

/* The bytes of a line from start on, with the numbers of links behind what they show. */
static void add_linked(struct shown *s, const struct text *t, const struct text_line *line,
	size_t start, struct str *out)
{
	size_t at = start;

	for (uint32_t i = 0; i < line->nspans; i++) {
		const struct text_span *span = &line->spans[i];
		size_t from = span->start < at ? at : span->start;

		if (span->link < 0 || span->start + span->len <= at)
			continue;
		if (span->link != s->link || (from > at && s->link >= 0 && at > start))
			end_shown(s, t, out);
		str_add(out, line->s + at, from - at);
		at = span->start + span->len;
		str_add(out, line->s + from, at - from);
		str_add(&s->text, line->s + from, at - from);
		s->link = span->link;
	}
	if (at < line->len)
		end_shown(s, t, out);
	str_add(out, line->s + at, line->len - at);
}

static void list_links(const struct shown *s, const struct text *t, struct str *out)
{
	for (int n = 1; n <= s->listed; n++)
		for (size_t i = 0; i < t->links.n; i++)
			if (s->numbers[i] == n)
				str_addf(out, "%s[%d] %s\n", n == 1 ? "\n" : "", n, t->links.v[i]);
}

void text_plain(const struct text *t, struct str *out, bool links)
{
	struct shown s = {.link = -1, .numbers = mem_array(t->links.n + 1, sizeof(int))};

	for (size_t i = 0; i < t->n; i++) {
		const struct text_line *line = &t->lines[i];
		size_t start = 0;

		if (line->joins && out->len && out->p[out->len - 1] == '\n') {
			start = line->joins - 1u;
			str_cut(out, out->len - 1);
		} else if (goes_on(&s, line)) {
			str_addc(&s.text, ' ');
		} else {
			end_shown(&s, t, out);
		}
		if (links)
			add_linked(&s, t, line, start, out);
		else
			str_add(out, line->s + start, line->len - start);
		str_addc(out, '\n');
	}
	end_shown(&s, t, out);
	list_links(&s, t, out);
	str_done(&s.text);
	free(s.numbers);
}

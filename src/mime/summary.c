#include "mime/summary.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/uids.h"

#include <stdlib.h>
#include <string.h>

enum { STRINGS = 9, AGAIN_S = 60 * 60 };

static void strings_of(struct summary *s, const char **out[STRINGS])
{
	const char **all[STRINGS] = {&s->keywords, &s->from_name, &s->from_mail, &s->to, &s->cc,
		&s->subject, &s->message_id, &s->references, &s->file};

	memcpy(out, all, sizeof(all));
}

/* One allocation: the strings stand behind the struct. */
struct summary *summary_copy(const struct summary *s)
{
	struct summary from = *s, *copy;
	const char **v[STRINGS];
	size_t len[STRINGS], all = sizeof(*copy);
	char *to;

	strings_of(&from, v);
	for (int i = 0; i < STRINGS; i++)
		all += len[i] = strlen(*v[i]) + 1;
	copy = mem_alloc(all);
	to = (char *)(copy + 1);
	for (int i = 0; i < STRINGS; i++) {
		memcpy(to, *v[i], len[i]);
		*v[i] = to;
		to += len[i];
	}
	*copy = from;
	return copy;
}

void summary_free(struct summary *s)
{
	free(s);
}

struct summary *summary_placeholder(uint32_t uid, const char *why)
{
	struct str subject = STR_INIT, tried = STR_INIT;
	struct summary s = {.uid = uid, .flags = MAIL_PLACEHOLDER | MAIL_SEEN}, *copy;
	const char **v[STRINGS];

	strings_of(&s, v);
	for (int i = 0; i < STRINGS; i++)
		*v[i] = "";
	str_addf(&subject, _("(cannot be fetched: %s)"), why);
	str_addf(&tried, "%lld", (long long)clock_now());
	s.subject = subject.p;
	s.file = tried.p;
	copy = summary_copy(&s);
	str_done(&subject);
	str_done(&tried);
	return copy;
}

bool summary_is_due(const struct summary *placeholder)
{
	int64_t now = clock_now(), tried = strtoll(placeholder->file, NULL, 10);

	return tried > now || now - tried >= AGAIN_S;
}

static void add_quoted_name(struct str *out, const char *p)
{
	for (p++; *p && *p != '"'; p++) {
		if (*p == '\\' && p[1])
			p++;
		str_addc(out, *p);
	}
}

void summary_first(struct str *out, const char *recipients)
{
	size_t len = strcspn(recipients, "<,");

	if (*recipients == '"') {
		add_quoted_name(out, recipients);
		return;
	}
	while (len && recipients[len - 1] == ' ')
		len--;
	str_add(out, recipients, len);
}

void columns_done(struct columns *c)
{
	free(c->uid);
	free(c->flags);
	free(c->received);
	free(c->sent);
	free(c->size);
	free(c->parent);
	free(c->keyset);
	*c = (struct columns){0};
}

/* The struct has no room for a capacity, so it follows from the length: steps of a quarter to an
 * eighth of it, so that appending row by row stays linear. */
static size_t room_for(size_t n)
{
	size_t step = 64;

	if (!n)
		return 0;
	while (step <= n / 8)
		step *= 2;
	return (n + step - 1) / step * step;
}

static uint32_t *resize32(uint32_t *p, size_t old, size_t n, size_t room)
{
	if (room != room_for(old))
		p = mem_resize(p, room, sizeof(*p));
	if (n > old)
		memset(p + old, 0, (n - old) * sizeof(*p));
	return p;
}

static uint16_t *resize16(uint16_t *p, size_t old, size_t n, size_t room)
{
	if (room != room_for(old))
		p = mem_resize(p, room, sizeof(*p));
	if (n > old)
		memset(p + old, 0, (n - old) * sizeof(*p));
	return p;
}

void columns_resize(struct columns *c, size_t n)
{
	size_t room = room_for(n), old = c->n;

	if (!n) {
		columns_done(c);
		return;
	}
	c->uid = resize32(c->uid, old, n, room);
	c->flags = resize32(c->flags, old, n, room);
	c->received = resize32(c->received, old, n, room);
	c->sent = resize32(c->sent, old, n, room);
	c->size = resize32(c->size, old, n, room);
	c->parent = resize32(c->parent, old, n, room);
	c->keyset = resize16(c->keyset, old, n, room);
	c->n = n;
}

void columns_copy_row(struct columns *to, size_t at, const struct columns *from, size_t i)
{
	to->uid[at] = from->uid[i];
	to->flags[at] = from->flags[i];
	to->received[at] = from->received[i];
	to->sent[at] = from->sent[i];
	to->size[at] = from->size[i];
	to->parent[at] = from->parent[i];
	to->keyset[at] = from->keyset[i];
}

ptrdiff_t columns_find(const struct columns *c, uint32_t uid)
{
	size_t low = uids_at(c->uid, c->n, uid);

	return low < c->n && c->uid[low] == uid ? (ptrdiff_t)low : ~(ptrdiff_t)low;
}

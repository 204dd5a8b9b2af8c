#include "tests/sync/observer.h"

#include "base/file.h"
#include "base/mem.h"
#include "store/disk/cache.h"
#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct imap *observer_new(const char *user)
{
	struct net_server server = {.protocol = PROTOCOL_IMAP, .security = NET_PLAIN};
	struct net_options options = {0};
	struct net_login login = {.user = user, .secret = getenv("SRV_PASSWORD")};
	struct net_cancel *cancel = net_cancel_new();
	struct imap *im = NULL;
	struct err err = {0};

	net_init();
	snprintf(server.host, sizeof(server.host), "localhost");
	server.port = (uint16_t)atoi(getenv("SRV_IMAP"));
	snprintf(server.user, sizeof(server.user), "%s", user);
	if (imap_open(&im, &server, &options, &login, cancel, &err) != 0)
		fail_msg("the observer cannot log in: %s", err.text);
	net_cancel_unref(cancel);
	return im;
}

void observer_free(struct imap *im)
{
	imap_logout(im);
}

struct looking {
	struct seen *to;
	const char *folder;
};

static void take_id(char *out, size_t size, const char *header, size_t len)
{
	const char *open = memchr(header, '<', len), *close;

	close = open ? memchr(open, '>', len - (size_t)(open - header)) : NULL;
	out[0] = '\0';
	if (close)
		snprintf(out, size, "%.*s", (int)(close - open - 1), open + 1);
}

static void take_subject(char *out, size_t size, const char *header, size_t len)
{
	char *text = mem_strndup(header, len), *at = strcasestr(text, "subject: ");

	out[0] = '\0';
	if (at)
		snprintf(out, size, "%.*s", (int)strcspn(at + 9, "\r\n"), at + 9);
	free(text);
}

static void take(void *ctx, const struct imap_message *m)
{
	struct looking *l = ctx;
	struct seen_mail *to;

	if (!m->has_flags || !m->header)
		return;
	l->to->v = mem_grow(l->to->v, &l->to->cap, l->to->n + 1, sizeof(*l->to->v));
	to = &l->to->v[l->to->n++];
	*to = (struct seen_mail){.uid = m->uid, .flags = m->flags};
	snprintf(to->folder, sizeof(to->folder), "%s", l->folder);
	snprintf(to->keywords, sizeof(to->keywords), "%s", m->keywords);
	take_id(to->id, sizeof(to->id), m->header, m->header_len);
	take_subject(to->subject, sizeof(to->subject), m->header, m->header_len);
}

static void look_into(struct imap *im, const char *folder, struct seen *out)
{
	struct looking l = {out, folder};
	struct imap_selected sel = {0};
	struct err err = {0};

	if (imap_select(im, folder, NULL, NULL, NULL, NULL, &sel, &err) != 0)
		fail_msg("the observer cannot open %s: %s", folder, err.text);
	strv_add(&out->folders, folder);
	if (sel.exists && imap_fetch(im, "1:*", IMAP_GET_FLAGS | IMAP_GET_HEADER,
				  "Message-ID Subject", 0, take, NULL, &l, &err) != 0)
		fail_msg("the observer cannot read %s: %s", folder, err.text);
}

void observer_look(struct imap *im, const char *only, struct seen *out)
{
	struct imap_mailboxes boxes = {0};
	struct err err = {0};

	*out = (struct seen){0};
	if (only) {
		look_into(im, only, out);
		return;
	}
	if (imap_list(im, &boxes, &err) != 0)
		fail_msg("the observer cannot list: %s", err.text);
	for (size_t i = 0; i < boxes.n; i++)
		if (boxes.v[i].selectable)
			look_into(im, boxes.v[i].name, out);
	imap_mailboxes_done(&boxes);
}

void seen_done(struct seen *s)
{
	free(s->v);
	strv_done(&s->folders);
	*s = (struct seen){0};
}

const struct seen_mail *seen_find(const struct seen *s, const char *folder, const char *id)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i].folder, folder) == 0 && strcmp(s->v[i].id, id) == 0)
			return &s->v[i];
	return NULL;
}

/* --- a cache against it --- */

static void row_compare(struct cache *c, const struct seen_mail *m, bool whole, struct str *faults)
{
	struct summary s;

	if (!cache_has(c, m->uid)) {
		if (whole)
			str_addf(faults, "%s %u (%s) is not in the cache\n", m->folder,
				(unsigned)m->uid, m->id);
		return;
	}
	if (cache_get(c, m->uid, &s) != 0)
		str_addf(faults, "%s %u cannot be read from the cache\n", m->folder,
			(unsigned)m->uid);
	else if (strcmp(s.message_id, m->id) != 0)
		str_addf(faults, "%s %u is %s in the cache, not %s\n", m->folder, (unsigned)m->uid,
			s.message_id, m->id);
	else if (whole && ((s.flags & MAIL_SERVER_FLAGS) != m->flags ||
				  strcmp(s.keywords, m->keywords) != 0))
		str_addf(faults, "%s %u (%s) has flags %x %s in the cache, not %x %s\n", m->folder,
			(unsigned)m->uid, m->id, (unsigned)(s.flags & MAIL_SERVER_FLAGS),
			s.keywords, (unsigned)m->flags, m->keywords);
}

/* Without rows that wait to be moved here: what a break leaves of them is made anew from the
 * journal when the folder is opened. */
static size_t rows_of_server(struct cache *c)
{
	const struct columns *v = cache_columns_view(c);
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++)
		n += !(v->flags[i] & MAIL_WAITING);
	return n;
}

static size_t folder_compare(const struct seen *s, const char *folder, const char *cache_dir,
	bool whole, struct str *faults)
{
	char *base = file_join(cache_dir, "v1"), *dir;
	struct str name = STR_INIT;
	struct cache *c = NULL;
	struct err err = {0};
	size_t n = 0, has = 0;

	str_addf(&name, "imap:%s", folder);
	dir = cache_dir_for(base, name.p);
	if (cache_open_readonly(&c, dir, name.p, &err) == 0)
		n = rows_of_server(c);
	else if (err.kind != ERR_GONE)
		str_addf(faults, "%s: %s\n", folder, err.text);
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i].folder, folder) == 0) {
			has++;
			if (c)
				row_compare(c, &s->v[i], whole, faults);
		}
	if (whole ? n != has : n > has)
		str_addf(faults, "%s: %zu in the cache, %zu on the server\n", folder, n, has);
	cache_free(c);
	str_done(&name);
	free(base);
	free(dir);
	return n;
}

size_t observer_compare(
	const struct seen *s, const char *cache_dir, bool whole, struct str *faults, size_t *rows)
{
	size_t before = faults->len, n = 0;

	*rows = 0;
	for (size_t i = 0; i < s->folders.n; i++)
		*rows += folder_compare(s, s->folders.v[i], cache_dir, whole, faults);
	for (size_t i = before; i < faults->len; i++)
		n += faults->p[i] == '\n';
	return n;
}

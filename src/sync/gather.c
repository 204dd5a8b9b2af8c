#include "sync/gather.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/uids.h"
#include "mime/envelope.h"
#include "mime/digest.h"

#include <stdlib.h>
#include <string.h>

enum { CAME_NOT, CAME_BROKEN, CAME_WHOLE };

void gather_init(struct gather *g, const uint32_t *known, const uint32_t *known_flags, size_t n)
{
	*g = (struct gather){
		.known = known, .known_flags = known_flags, .nknown = n, .nknown_left = n};
}

void gather_reset(struct gather *g)
{
	bool summaries = g->want_summaries;
	const uint32_t *known = g->known, *flags = g->known_flags;
	size_t n = g->nknown;

	gather_done(g);
	gather_init(g, known, flags, n);
	g->want_summaries = summaries;
}

void gather_done(struct gather *g)
{
	for (size_t i = 0; i < g->nflags; i++)
		free(g->flags[i].keywords);
	for (size_t i = 0; i < g->nsummaries; i++)
		summary_free(g->summaries[i]);
	free(g->flags);
	free(g->gone);
	free(g->fresh);
	free(g->summaries);
	free(g->came);
	digest_done(&g->digest);
	*g = (struct gather){0};
}

static ptrdiff_t find_known(const struct gather *g, uint32_t uid)
{
	return uids_find(g->known, g->nknown, uid);
}

static void add_uid(uint32_t **v, size_t *n, size_t *cap, uint32_t uid)
{
	*v = mem_grow(*v, cap, *n + 1, sizeof(**v));
	(*v)[(*n)++] = uid;
}

void gather_settle(struct gather *g)
{
	g->nfresh = uids_sort(g->fresh, g->nfresh);
	g->ngone = uids_sort(g->gone, g->ngone);
	g->nknown_left = g->nknown - g->ngone;
}

static void add_fresh(struct gather *g, uint32_t uid)
{
	add_uid(&g->fresh, &g->nfresh, &g->cap_fresh, uid);
}

static void push_summary(struct gather *g, const struct summary *s)
{
	g->summaries =
		mem_grow(g->summaries, &g->cap_summaries, g->nsummaries + 1, sizeof(*g->summaries));
	g->summaries[g->nsummaries++] = summary_copy(s);
}

static void note_came(struct gather *g, uint32_t uid, uint8_t how)
{
	ptrdiff_t at = find_known(g, uid);

	if (at < 0)
		return;
	if (!g->came)
		g->came = mem_array(g->nknown, sizeof(*g->came));
	g->came[at] = how;
}

void gather_give_up(struct gather *g, uint32_t uid, const struct err *why)
{
	struct summary *row = summary_placeholder(uid, why->text);

	push_summary(g, row);
	summary_free(row);
	note_came(g, uid, CAME_WHOLE);
}

uint32_t *gather_missing(const struct gather *g, size_t *n)
{
	uint32_t *out = mem_array(g->nknown, sizeof(*out));

	*n = 0;
	for (size_t i = 0; i < g->nknown; i++)
		if (!g->came || g->came[i] != CAME_WHOLE)
			out[(*n)++] = g->known[i];
	return out;
}

/* True for the first whole answer for a message that was asked for. */
static bool is_wanted(struct gather *g, const struct imap_message *m)
{
	ptrdiff_t at = find_known(g, m->uid);

	if (at < 0 || (g->came && g->came[at] == CAME_WHOLE))
		return false;
	/* With flags alone it is one that nobody asked for; without anything net could not read it.
	 */
	if (m->header || !m->has_flags)
		note_came(g, m->uid, m->header ? CAME_WHOLE : CAME_BROKEN);
	return m->header;
}

void gather_placeholders(struct gather *g)
{
	struct err why;

	err_set(&why, ERR_PROTOCOL, _("The IMAP server's answer cannot be understood"));
	for (size_t i = 0; g->came && i < g->nknown; i++)
		if (g->came[i] == CAME_BROKEN)
			gather_give_up(g, g->known[i], &why);
}

static void add_summary(struct gather *g, const struct imap_message *m)
{
	struct envelope e = {0};
	struct summary s = {.uid = m->uid};

	if (!is_wanted(g, m))
		return;
	envelope_parse(&e, m->header, m->header_len);
	digest_summary(&s, &e, &g->digest);
	s.flags |= m->flags & MAIL_SERVER_FLAGS;
	s.received = m->received > 0 ? digest_date(m->received) : s.sent;
	s.size = m->size;
	s.keywords = m->keywords ? m->keywords : "";
	push_summary(g, &s);
	envelope_done(&e);
}

static void add_flags(struct gather *g, const struct imap_message *m, ptrdiff_t at)
{
	uint32_t before = g->known_flags ? g->known_flags[at] : UINT32_MAX;

	/* Which keywords a row has is not known here: where there were or are some, the change is
	 * passed on. */
	if ((before & MAIL_SERVER_FLAGS) == (m->flags & MAIL_SERVER_FLAGS) &&
		!(before & KNOWN_HAS_KEYWORDS) && !*m->keywords)
		return;
	g->flags = mem_grow(g->flags, &g->cap_flags, g->nflags + 1, sizeof(*g->flags));
	g->flags[g->nflags++] =
		(struct flag_change){m->uid, m->flags & MAIL_SERVER_FLAGS, mem_strdup(m->keywords)};
}

void gather_message(void *ctx, const struct imap_message *m)
{
	struct gather *g = ctx;
	ptrdiff_t at;

	if (!m->uid)
		return;
	if (g->want_summaries) {
		add_summary(g, m);
		return;
	}
	at = find_known(g, m->uid);
	if (at < 0)
		add_fresh(g, m->uid);
	else if (m->has_flags)
		add_flags(g, m, at);
}

void gather_vanished(void *ctx, uint32_t first, uint32_t last)
{
	struct gather *g = ctx;
	size_t i = uids_at(g->known, g->nknown, first);

	for (; i < g->nknown && g->known[i] <= last; i++)
		add_uid(&g->gone, &g->ngone, &g->cap_gone, g->known[i]);
}

void gather_compare(struct gather *g, const uint32_t *uids, size_t n)
{
	size_t i = 0, k = 0;

	while (i < n || k < g->nknown) {
		if (k == g->nknown || (i < n && uids[i] < g->known[k])) {
			add_uid(&g->fresh, &g->nfresh, &g->cap_fresh, uids[i++]);
		} else if (i == n || uids[i] > g->known[k]) {
			add_uid(&g->gone, &g->ngone, &g->cap_gone, g->known[k++]);
		} else {
			i++;
			k++;
		}
	}
	gather_settle(g);
}

void gather_take_flags(struct gather *g, struct flag_change **flags, size_t *n)
{
	*flags = g->flags;
	*n = g->nflags;
	g->flags = NULL;
	g->nflags = g->cap_flags = 0;
}

void gather_take_summaries(struct gather *g, struct summary ***summaries, size_t *n)
{
	*summaries = g->summaries;
	*n = g->nsummaries;
	g->summaries = NULL;
	g->nsummaries = g->cap_summaries = 0;
}

void gather_set(struct str *out, const uint32_t *uids, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t end = i;

		while (end + 1 < n && uids[end + 1] == uids[end] + 1)
			end++;
		str_addf(out, "%s%u", i ? "," : "", (unsigned)uids[i]);
		if (end > i)
			str_addf(out, ":%u", (unsigned)uids[end]);
		i = end + 1;
	}
}

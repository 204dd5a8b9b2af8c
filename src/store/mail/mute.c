#include "store/mail/mute.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "store/disk/cache.h"
#include "store/disk/keywords.h"
#include "store/events.h"
#include "store/mail/change.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>

static bool is_muted(struct folder *f, uint32_t uid)
{
	const struct columns *c = cache_columns_view(f->cache);
	ptrdiff_t at = columns_find(c, uid);

	return at >= 0 && c->keyset[at] &&
	       keywords_has(cache_keyset(f->cache, c->keyset[at]), MAIL_MUTED, strlen(MAIL_MUTED));
}

static bool answers_muted(struct folder *f, uint32_t uid)
{
	const struct columns *c = cache_columns_view(f->cache);
	ptrdiff_t at = columns_find(c, uid);

	return at >= 0 && c->parent[at] && is_muted(f, c->parent[at]) && !is_muted(f, uid);
}

static size_t unread(struct folder *f, const uint32_t *uids, size_t n)
{
	const struct columns *c = cache_columns_view(f->cache);
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		ptrdiff_t at = columns_find(c, uids[i]);

		k += at >= 0 && !(c->flags[at] & MAIL_SEEN);
	}
	return k;
}

/* What came together may answer each other: those that answer what is muted by now, again and
 * again. */
size_t mute_arrived(struct folder *f, const uint32_t *uids, size_t n)
{
	uint32_t *next = mem_array(n + 1, sizeof(*next));
	struct err err = {0};
	size_t muted = 0, k;

	do {
		k = 0;
		for (size_t i = 0; i < n; i++)
			if (answers_muted(f, uids[i]))
				next[k++] = uids[i];
		muted += unread(f, next, k);
		if (k && (change_flags(f, next, k, 0, MAIL_SEEN, &err) != 0 ||
				 change_keywords(f, next, k, "", MAIL_MUTED, NULL, &err) != 0))
			store_notice(f->account,
				_("Folder %s: an answer in a muted thread is not: %s"), f->name,
				err.text);
		/* where a keyword does not stay there is no end of those that lack it */
	} while (k && err.kind == ERR_NONE && is_muted(f, next[0]));
	free(next);
	return muted;
}

uint32_t mute_last(const struct folder *f)
{
	const struct columns *c = cache_columns_view(f->cache);

	return c->n ? c->uid[c->n - 1] : 0;
}

size_t mute_since(struct folder *f, uint32_t last)
{
	const struct columns *c = cache_columns_view(f->cache);
	size_t from = c->n, n, muted;
	uint32_t *uids;

	while (from > 0 && c->uid[from - 1] > last)
		from--;
	if (from == c->n)
		return 0;
	n = c->n - from;
	uids = mem_dup(c->uid + from, n * sizeof(*uids));
	muted = mute_arrived(f, uids, n);
	free(uids);
	return muted;
}

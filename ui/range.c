#include "ui/range.h"

#include "base/uids.h"

#include <stdlib.h>

static bool was_tagged(const struct range *r, uint32_t uid)
{
	return uids_find(r->was, r->nwas, uid) >= 0;
}

void range_begin(struct range *r, struct msglist *l, uint32_t uid)
{
	range_end(r, l, true);
	r->from = r->to = uid;
	r->numbering = msglist_numbering(l);
	r->nwas = msglist_tagged(l, &r->was);
	range_follow(r, l, uid);
}

void range_follow(struct range *r, struct msglist *l, uint32_t uid)
{
	ptrdiff_t from = msglist_find(l, r->from), to = msglist_find(l, r->to),
		  now = msglist_find(l, uid), first, last;

	if (!r->from)
		return;
	if (from < 0 || r->numbering != msglist_numbering(l)) {
		range_end(r, l, true);
		return;
	}
	if (now < 0)
		return;
	to = to < 0 ? from : to;
	first = to < now ? to : now;
	last = to < now ? now : to;
	for (ptrdiff_t row = first; row <= last; row++) {
		uint32_t at = msglist_uid(l, (size_t)row);
		bool in = from < now ? row >= from && row <= now : row >= now && row <= from;

		msglist_tag(l, at, in || was_tagged(r, at));
	}
	r->to = uid;
}

void range_end(struct range *r, struct msglist *l, bool keep)
{
	if (r->from && !keep) {
		msglist_untag_all(l);
		for (size_t i = 0; i < r->nwas; i++)
			msglist_tag(l, r->was[i], true);
	}
	free(r->was);
	*r = (struct range){0};
}

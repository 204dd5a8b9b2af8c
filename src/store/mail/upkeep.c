/* How far a folder is kept up with its server. */
#include "store/mail/upkeep.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/store_priv.h"

#include <stdlib.h>

enum {
	BREAKS_MAX = 2, /* connections that end while one folder is synchronised */
	LATER_MS = 60 * 60 * 1000
};

struct upkeep {
	bool runs, wanted;
	bool doubted; /* its mod-sequence is not to be believed, once the running one is through */
	bool refused;
	unsigned breaks;            /* the connection ended so often while it ran */
	int64_t next_try;           /* clock_ms: not before, for that went on */
	struct folder_counts told;  /* last */
	struct folder_counts asked; /* told when the running one began */
	struct folder_counts seen;  /* of which all is here: nothing is to be done until it changes
				     */
};

struct upkeep *upkeep_new(void)
{
	return mem_alloc(sizeof(struct upkeep));
}

void upkeep_free(struct upkeep *u)
{
	free(u);
}

bool upkeep_begin(struct folder *f)
{
	struct upkeep *u = f->upkeep;

	if (clock_ms() < u->next_try)
		return false;
	if (u->runs) {
		u->wanted = true;
		return false;
	}
	u->runs = true;
	u->asked = u->told;
	u->wanted = u->doubted = false;
	return true;
}

bool upkeep_end(struct folder *f)
{
	bool ran = f->upkeep->runs;

	f->upkeep->runs = false;
	return ran;
}

bool upkeep_runs(const struct folder *f)
{
	return f->upkeep->runs;
}

bool upkeep_is_wanted(const struct folder *f)
{
	return f->upkeep->wanted;
}

void upkeep_want(struct folder *f)
{
	f->upkeep->wanted = true;
}

void upkeep_unwant(struct folder *f)
{
	f->upkeep->wanted = false;
}

void upkeep_stop(struct folder *f)
{
	f->upkeep->runs = f->upkeep->wanted = false;
}

void upkeep_through(struct folder *f)
{
	f->upkeep->refused = false;
	f->upkeep->breaks = 0;
	f->upkeep->seen = f->upkeep->asked;
}

bool upkeep_broke(struct folder *f)
{
	struct upkeep *u = f->upkeep;
	bool again = ++u->breaks >= BREAKS_MAX;

	u->wanted = !again;
	if (again) {
		u->breaks = 0;
		u->next_try = clock_ms() + LATER_MS;
	}
	return again;
}

void upkeep_at_once(struct folder *f)
{
	f->upkeep->next_try = 0;
}

void upkeep_refused(struct folder *f)
{
	f->upkeep->refused = true;
}

bool upkeep_is_refused(const struct folder *f)
{
	return f->upkeep->refused;
}

void upkeep_doubt(struct folder *f)
{
	f->upkeep->doubted = f->upkeep->runs;
}

bool upkeep_is_doubted(const struct folder *f)
{
	return f->upkeep->doubted;
}

/* --- what the server says --- */

static bool same_counts(const struct folder_counts *a, const struct folder_counts *b)
{
	return a->known && b->known && a->total == b->total && a->unread == b->unread &&
	       a->uidnext == b->uidnext && a->uidvalidity == b->uidvalidity &&
	       a->modseq == b->modseq;
}

void upkeep_heard(struct folder *f, const struct folder_counts *c)
{
	struct upkeep *u = f->upkeep;
	uint32_t before = u->told.uidvalidity;

	u->told = *c;
	if (!c->uidvalidity) /* what a server tells by itself may leave that out */
		u->told.uidvalidity = before;
	/* What ended the connections was another mailbox: one that is deleted while it is open ends
	 * them too. */
	if (before && u->told.uidvalidity != before) {
		u->breaks = 0;
		u->next_try = 0;
	}
}

const struct folder_counts *upkeep_told(const struct folder *f)
{
	return &f->upkeep->told;
}

bool upkeep_tells(const struct folder *f, const struct folder_counts *c)
{
	return same_counts(&f->upkeep->told, c);
}

bool upkeep_is_settled(const struct folder *f)
{
	return same_counts(&f->upkeep->told, &f->upkeep->seen);
}

void upkeep_settle(struct folder *f)
{
	f->upkeep->seen = f->upkeep->told;
}

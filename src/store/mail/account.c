/* One account: what its files are asked for by everybody, and what the engine is told of it. */
#include "store/mail/account.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "store/store_priv.h"

#include <stdlib.h>

void account_settles(struct account *a)
{
	a->notes |= NOTE_SETTLES;
}

void account_replays(struct account *a)
{
	a->notes |= NOTE_REPLAYS;
}

void account_pending(struct account *a)
{
	a->notes |= NOTE_PENDING | NOTE_SETTLES;
}

bool account_takes(struct account *a, enum account_note note)
{
	bool noted = a->notes & note;

	a->notes &= ~(unsigned)note;
	return noted;
}

/* --- telling the engine --- */

/* A mail whose state cannot be read is shown all the same: it is not sent, and can be dropped.
 * False: it went meanwhile. */
static bool shown_mail(struct account *a, const char *id, struct outbox_mail *m)
{
	struct err err = {0};

	if (outbox_get(a->outbox, id, m, &err) == 0)
		return true;
	if (err.kind == ERR_GONE)
		return false;
	*m = (struct outbox_mail){.id = mem_strdup(id),
		.state = OUTBOX_FAILED,
		.from = mem_strdup(""),
		.subject = mem_strdup(_("(cannot be read)")),
		.message_id = mem_strdup(""),
		.error = mem_strdup(err.text)};
	return true;
}

void account_outbox(struct account *a)
{
	struct store_event *ev = store_event_new(STORE_OUTBOX);
	struct strv ids = STRV_INIT;
	struct err err = {0};

	ev->account = a->index;
	if (outbox_list(a->outbox, &ids, &err) != 0)
		store_disk_notice(a, _("The outbox cannot be read: %s"), err.text);
	ev->outbox.v = mem_array(ids.n, sizeof(*ev->outbox.v));
	for (size_t i = 0; i < ids.n; i++)
		ev->outbox.n += shown_mail(a, ids.v[i], &ev->outbox.v[ev->outbox.n]);
	strv_done(&ids);
	store_emit(a->store, ev);
}

struct account *account_new(struct store *s, enum account_kind kind, int index)
{
	struct account *a = mem_alloc(sizeof(*a));

	a->store = s;
	a->kind = kind;
	a->index = index;
	s->accounts =
		mem_grow(s->accounts, &s->cap_accounts, s->naccounts + 1, sizeof(*s->accounts));
	s->accounts[s->naccounts++] = a;
	return a;
}

struct account *account_path(struct store *s)
{
	return account_new(s, ACCOUNT_PATH, -1);
}

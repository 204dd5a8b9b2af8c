#include "store/link/syncall.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "store/link/link.h"
#include "store/link/link_priv.h"
#include "store/mail/account.h"
#include "store/mail/folder_open.h"
#include "store/mail/folder_server.h"
#include "store/mail/lanes.h"
#include "store/mail/remote.h"
#include "store/mail/submit.h"
#include "store/mail/upkeep.h"

#include <stdlib.h>
#include <string.h>

struct syncall {
	struct store_request *request; /* owned; to be answered when all is through; NULL: none */
	struct store_request **later;  /* owned; those whose turn comes then */
	size_t nlater, cap_later;
	bool awaits_list;
	struct err err;
};

struct syncall *syncall_new(void)
{
	return mem_alloc(sizeof(struct syncall));
}

void syncall_free(struct syncall *s)
{
	free(s->later);
	free(s);
}

bool syncall_runs(const struct account *a)
{
	return a->link->syncall->request != NULL;
}

static void begin(struct account *a)
{
	struct syncall *s = a->link->syncall;

	s->err = (struct err){0};
	folder_try_again(a);
	s->awaits_list = a->remote->everything(a, s->request->request);
}

void syncall_ask(struct account *a, struct store_request *request)
{
	struct syncall *s = a->link->syncall;

	if (s->request) {
		s->later = mem_grow(s->later, &s->cap_later, s->nlater + 1, sizeof(*s->later));
		s->later[s->nlater++] = request;
		return;
	}
	s->request = request;
	begin(a);
}

bool syncall_awaits_list(const struct account *a)
{
	return a->link->syncall->awaits_list;
}

void syncall_listed(struct account *a, unsigned request, const struct err *why)
{
	struct syncall *s = a->link->syncall;

	if (!s->awaits_list || (!why && request != s->request->request))
		return;
	s->awaits_list = false;
	if (why)
		s->err = *why;
	account_settles(a);
}

void syncall_failed(struct account *a, const struct err *why)
{
	if (a->link->syncall->request)
		a->link->syncall->err = *why;
}

void syncall_give_up(struct account *a, const struct err *why)
{
	a->link->syncall->err = *why;
	a->link->syncall->awaits_list = false;
	account_settles(a);
}

/* To the first that waits; the next one's turn comes. */
static void answer(struct account *a)
{
	struct syncall *s = a->link->syncall;
	struct store_request *r = s->request;

	s->request = NULL;
	if (s->nlater) {
		s->request = s->later[0];
		memmove(s->later, s->later + 1, --s->nlater * sizeof(*s->later));
	}
	if (s->err.kind == ERR_NONE)
		answer_done(a->store, r, NULL);
	else
		answer_failed(a->store, r, &s->err);
}

void syncall_drop(struct account *a, const struct err *why)
{
	a->link->syncall->awaits_list = false;
	while (a->link->syncall->request) {
		a->link->syncall->err = *why;
		answer(a);
	}
}

/* What was asked for goes on, as it does by the clock; where it ends with a connection of its own,
 * the protocol ends that, and the answer comes from there. */
static void cancel_in(struct account *a, unsigned request)
{
	struct syncall *s = a->link->syncall;
	struct err err = {0};
	size_t i = 0;

	err_set(&err, ERR_CANCELLED, _("Cancelled"));
	while (i < s->nlater && s->later[i]->request != request)
		i++;
	if (i < s->nlater) {
		answer_failed(a->store, s->later[i], &err);
		memmove(s->later + i, s->later + i + 1, (--s->nlater - i) * sizeof(*s->later));
	} else if (s->request && s->request->request == request && !a->remote->cancel) {
		s->err = err;
		s->awaits_list = false;
		answer(a);
		if (s->request)
			begin(a);
	}
}

void syncall_cancel(struct store *s, unsigned request)
{
	for (size_t i = 0; i < s->naccounts; i++)
		if (s->accounts[i]->kind == ACCOUNT_OPENED)
			cancel_in(s->accounts[i], request);
}

/* Something of it is under way. */
static bool is_busy(struct account *a)
{
	if (a->link->syncall->awaits_list || (a->remote->is_busy && a->remote->is_busy(a)))
		return true;
	for (struct folder *f = a->folders; f; f = f->next)
		if (upkeep_runs(f) || upkeep_is_wanted(f))
			return true;
	return false;
}

void syncall_settle(struct account *a)
{
	struct syncall *s = a->link->syncall;

	if (!s->request || is_busy(a))
		return;
	if (s->err.kind == ERR_NONE && a->remote->is_stuck)
		a->remote->is_stuck(a, &s->err);
	/* In POP3 what was made by IMAP waits for IMAP. */
	if (s->err.kind == ERR_NONE && lanes_are_open(a) &&
		((remote_has_folders(a) && journal_count(a->journal)) || submit_is_sending(a)))
		return;
	/* a run that only synchronises would never get to it otherwise */
	for (struct folder *f = a->folders; f; f = f->next)
		folder_compact(f);
	if (compactor_busy(a->store->compactor))
		return;
	answer(a);
	if (s->request)
		begin(a);
}

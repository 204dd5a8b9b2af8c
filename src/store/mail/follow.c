/*
 * The outbox while another running copy sends: what became of each mail is told from its files, as
 * if this copy had sent it.
 */
#include "store/mail/follow.h"

#include "base/mem.h"
#include "store/mail/account.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>

enum { FRESH_S = 3 };

struct followed {
	char *id, *subject; /* owned */
	enum outbox_state state;
	int attempts;
};

struct follow {
	struct followed *v; /* owned; the outbox as seen last */
	size_t n, cap;
	uint64_t stamp; /* of the outbox then; 0: look again */
};

struct follow *follow_new(void)
{
	return mem_alloc(sizeof(struct follow));
}

static struct followed *find(struct account *a, const char *id)
{
	for (size_t i = 0; i < a->follow->n; i++)
		if (strcmp(a->follow->v[i].id, id) == 0)
			return &a->follow->v[i];
	return NULL;
}

void follow_mail(struct account *a, const struct outbox_mail *m)
{
	struct followed *f = find(a, m->id);

	if (!f) {
		a->follow->v = mem_grow(
			a->follow->v, &a->follow->cap, a->follow->n + 1, sizeof(*a->follow->v));
		f = &a->follow->v[a->follow->n++];
		f->id = mem_strdup(m->id);
		f->subject = mem_strdup(m->subject);
	}
	f->state = m->state;
	f->attempts = m->attempts;
}

void follow_forget(struct account *a, const char *id)
{
	struct followed *f = find(a, id);

	if (!f)
		return;
	free(f->id);
	free(f->subject);
	*f = a->follow->v[--a->follow->n];
}

void follow_reset(struct account *a)
{
	while (a->follow->n)
		follow_forget(a, a->follow->v[0].id);
	MEM_FREE(a->follow->v);
	a->follow->cap = 0;
}

void follow_free(struct account *a)
{
	if (a->follow)
		follow_reset(a);
	MEM_FREE(a->follow);
}

static struct store_event *news(
	struct account *a, enum store_event_kind kind, const char *id, const char *subject)
{
	struct store_event *ev = store_event_new(kind);

	ev->account = a->index;
	ev->mail.id = mem_strdup(id);
	ev->mail.subject = mem_strdup(subject);
	return ev;
}

/* True: something is to be seen. */
static bool compare(struct account *a, const struct outbox_mail *m)
{
	struct followed *f = find(a, m->id);
	bool changed = !f || f->state != m->state || f->attempts != m->attempts;
	bool failed = f && changed &&
		      (m->state == OUTBOX_FAILED || m->state == OUTBOX_UNCONFIRMED ||
			      (m->state == OUTBOX_QUEUED && m->attempts > f->attempts));

	if (failed) {
		struct store_event *ev = news(a, STORE_SEND_FAILED, m->id, m->subject);

		err_set(&ev->mail.err, m->state == OUTBOX_QUEUED ? ERR_AGAIN : ERR_REFUSED, "%s",
			m->error);
		ev->mail.again = m->state == OUTBOX_QUEUED; /* it will be tried again */
		store_emit(a->store, ev);
	}
	if (changed)
		follow_mail(a, m);
	return changed;
}

void follow_outbox(struct account *a)
{
	uint64_t stamp = outbox_stamp(a->outbox);
	struct strv now = STRV_INIT;
	bool changed = false;

	if (stamp && stamp == a->follow->stamp)
		return;
	if (outbox_list(a->outbox, &now, NULL) != 0)
		return; /* looked at again in a moment; account_outbox tells why not */
	/* Within one tick of the file system's clock two changes look like one. */
	a->follow->stamp = (int64_t)(stamp / 1000000000u) + FRESH_S < clock_now() ? stamp : 0;
	for (size_t i = a->follow->n; i-- > 0;) {
		const struct followed *f = &a->follow->v[i];

		if (strv_has(&now, f->id))
			continue;
		store_emit(a->store, news(a, STORE_SENT, f->id, f->subject));
		follow_forget(a, f->id);
		changed = true;
	}
	for (size_t i = 0; i < now.n; i++) {
		struct outbox_mail m = {0};

		changed |= outbox_get(a->outbox, now.v[i], &m, NULL) == 0 && compare(a, &m);
		outbox_mail_done(&m);
	}
	strv_done(&now);
	if (changed)
		account_outbox(a);
}

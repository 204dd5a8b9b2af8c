/* One account: what its files are asked for by everybody, and what the engine is told of it. */
#include "base/i18n.h"
#include "base/mem.h"
#include "store/store_priv.h"

#include <stdlib.h>

bool account_is_server(const struct account *a)
{
	return a->kind == ACCOUNT_OPENED && a->setup->sync.protocol != PROTOCOL_POP3;
}

void account_post(struct account *a, enum lane lane, struct job *j)
{
	if (a->sync)
		queue_push(a->lanes[lane], &j->item);
	else
		job_free(j);
}

void account_post_first(struct account *a, enum lane lane, struct job *j)
{
	if (a->sync)
		queue_push_front(a->lanes[lane], &j->item);
	else
		job_free(j);
}

void account_settles(struct account *a)
{
	a->settles = true;
}

void account_replays(struct account *a)
{
	a->replays = true;
}

/* --- telling the engine --- */

void account_state(struct account *a)
{
	struct store_event *ev = store_event_new(STORE_STATE);

	ev->account = a->index;
	ev->state = a->sync ? a->state : SYNC_OFFLINE;
	ev->err = a->state_err;
	if (a->trouble.kind != ERR_NONE) {
		ev->state = SYNC_FAILED;
		ev->err = a->trouble;
	}
	ev->n = a->retry_ms;
	ev->following = a->following;
	ev->protocol = a->setup->sync.protocol;
	store_emit(a->store, ev);
}

void account_pending(struct account *a)
{
	a->pending_changed = true;
}

void account_tell_pending(struct account *a)
{
	struct store_event *ev;

	if (!a->pending_changed)
		return;
	a->pending_changed = false;
	ev = store_event_new(STORE_PENDING);
	ev->account = a->index;
	ev->nops = journal_count(a->journal);
	ev->ops = mem_array(ev->nops, sizeof(*ev->ops));
	for (size_t i = 0; i < ev->nops; i++) {
		struct str words = STR_INIT;

		ev->ops[i] = op_brief(journal_at(a->journal, i));
		folder_op_words(a, ev->ops[i], &words);
		free(ev->ops[i]->text);
		ev->ops[i]->text = str_steal(&words);
	}
	ev->done = a->op_in_flight;
	for (size_t i = 0; i < a->refused.n; i++)
		strv_add(&ev->keysets, a->refused.v[i]);
	store_emit(a->store, ev);
}

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
	ev->mails = mem_array(ids.n, sizeof(*ev->mails));
	for (size_t i = 0; i < ids.n; i++)
		ev->nmails += shown_mail(a, ids.v[i], &ev->mails[ev->nmails]);
	strv_done(&ids);
	store_emit(a->store, ev);
}

/*
 * What takes long with the bytes of a message, on threads of their own: one for what a person reads
 * or answers, one for what a search looks into, one for what is indexed, one for programs that are
 * waited for, so that none waits for another.
 */
#include "store/mail/rendering.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "store/store_priv.h"

static void came_back(void *ctx, struct worker_job *j)
{
	queue_push(ctx, &j->item);
}

void rendering_start(struct store *s)
{
	s->rendered = queue_new();
	for (size_t i = 0; i < MEM_COUNT(s->renderers); i++)
		s->renderers[i] = worker_new(came_back, s->rendered);
}

void rendering_give(struct store *s, struct rendering *x, enum rendering_for what)
{
	x->next = s->renderings;
	s->renderings = x;
	worker_give(s->renderers[what], &x->job);
}

static void take_out(struct store *s, const struct rendering *x)
{
	struct rendering **p = &s->renderings;

	while (*p != x)
		p = &(*p)->next;
	*p = x->next;
}

static void give_up(struct store *s, struct rendering *x, const struct err *err)
{
	atomic_store(&x->job.unwanted, true); /* first: who hears of it may look for that */
	answer_failed(s, x->request, err);
	x->request = NULL;
}

/* Meanwhile the folder may have been closed, or mean other messages. */
static int is_wanted(struct store *s, const struct store_request *r, struct err *err)
{
	if (r->list && !store_list(s, r->list))
		return err_set(err, ERR_GONE, _("The folder is no longer open"));
	return store_is_stale(s, r, err) ? -1 : 0;
}

void rendering_take(struct store *s)
{
	struct rendering *x = (struct rendering *)queue_pop(s->rendered);
	struct err err = {0};

	if (!x)
		return;
	take_out(s, x);
	if (x->request && is_wanted(s, x->request, &err) != 0)
		give_up(s, x, &err);
	if (!atomic_load(&x->job.unwanted))
		x->back(s, x);
	x->job.drop(&x->job);
}

void rendering_cancel(struct store *s, unsigned request)
{
	struct err err = {0};

	for (struct rendering *x = s->renderings; x; x = x->next)
		if (x->request && x->request->request == request) {
			err_set(&err, ERR_CANCELLED, _("Cancelled"));
			give_up(s, x, &err);
			return;
		}
}

static void drop_item(struct queue_item *item)
{
	struct worker_job *j = (struct worker_job *)item;

	j->drop(j);
}

void rendering_end(struct store *s, int64_t end_ms)
{
	bool ended = true;

	for (struct rendering *x = s->renderings; x; x = x->next)
		if (x->request)
			give_up(s, x, &(struct err){ERR_CANCELLED, ""});
	for (size_t i = 0; i < MEM_COUNT(s->renderers); i++) {
		int64_t left = end_ms - clock_ms();

		ended &= worker_free(s->renderers[i], left < 0 ? 0 : (int)left);
	}
	if (ended)
		queue_free(s->rendered, drop_item);
}

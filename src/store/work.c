#include "store/work.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "store/events.h"
#include "store/store_priv.h"

enum { TELL_MS = 200 };

void store_work(struct store *s, struct work *w)
{
	struct work **p = &s->work;

	while (*p)
		p = &(*p)->next;
	w->next = NULL;
	*p = w;
}

void store_progress(struct store *s, struct work *w, size_t done, size_t total)
{
	int64_t now = clock_ms();
	struct store_event *ev;

	if (now - w->told < TELL_MS)
		return;
	w->told = now;
	ev = store_event_new(STORE_PROGRESS);
	ev->request = w->request ? w->request->request : 0;
	ev->progress.done = done;
	ev->progress.total = total;
	store_emit(s, ev);
}

static struct work **ready_work(struct store *s)
{
	struct work **p = &s->work;

	while (*p && (*p)->waits)
		p = &(*p)->next;
	return p;
}

bool work_is_ready(struct store *s)
{
	return *ready_work(s) != NULL;
}

void work_slice(struct store *s)
{
	struct work **p = ready_work(s), *w = *p;

	if (!w)
		return;
	*p = w->next;
	if (!w->step(s, w))
		store_work(s, w);
}

void work_cancel(struct store *s, unsigned request)
{
	for (struct work **p = &s->work; request && *p; p = &(*p)->next)
		if ((*p)->request && (*p)->request->request == request) {
			struct work *w = *p;
			struct err err = {0};

			*p = w->next;
			err_set(&err, ERR_CANCELLED, _("Cancelled"));
			w->drop(s, w, &err);
			return;
		}
}

void work_drop(struct store *s)
{
	while (s->work) {
		struct work *w = s->work;

		s->work = w->next;
		w->drop(s, w, &(struct err){ERR_CANCELLED, ""});
	}
}

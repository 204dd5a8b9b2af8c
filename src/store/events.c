#include "store/events.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "store/store_priv.h"

#include <stdlib.h>

enum { DISK_NOTICE_MS = 600000 };

void store_account_free(struct store_account *a)
{
	if (!a)
		return;
	account_settings_free(a->settings);
	free(a->data_dir);
	free(a->cache_dir);
	strv_done(&a->own);
	free(a);
}

void store_view_free(struct store_view *v)
{
	if (!v)
		return;
	text_free(v->text);
	part_done(&v->parts);
	envelope_done(&v->envelope);
	free(v);
}

void store_event_free(struct store_event *ev)
{
	if (!ev)
		return;
	free(ev->text);
	free(ev->folder);
	free(ev->uids);
	free(ev->ranks);
	if (ev->sorted)
		ev->free_sorted(ev->sorted);
	columns_done(&ev->columns);
	strv_done(&ev->keysets);
	for (size_t i = 0; i < ev->nrows; i++)
		summary_free(ev->rows[i]);
	free(ev->rows);
	for (size_t i = 0; i < ev->nfolders; i++)
		free(ev->folders[i].name);
	free(ev->folders);
	store_view_free(ev->view);
	draft_infos_free(ev->drafts, ev->ndrafts);
	for (size_t i = 0; i < ev->nmails; i++)
		outbox_mail_done(&ev->mails[i]);
	free(ev->mails);
	for (size_t i = 0; i < ev->nops; i++)
		op_free(ev->ops[i]);
	free(ev->ops);
	str_done(&ev->bytes);
	free(ev);
}

void store_event_free_item(struct queue_item *item)
{
	store_event_free((struct store_event *)item);
}

struct store_event *store_event_new(enum store_event_kind kind)
{
	struct store_event *ev = mem_alloc(sizeof(*ev));

	ev->kind = kind;
	ev->account = -1;
	return ev;
}

/* After these somebody may look at what waits. */
static bool is_an_end(enum store_event_kind kind)
{
	return kind == STORE_DONE || kind == STORE_FAILED || kind == STORE_SENT ||
	       kind == STORE_SEND_FAILED || kind == STORE_NOTICE;
}

void store_emit(struct store *s, struct store_event *ev)
{
	if (!s->quit && is_an_end(ev->kind))
		s->before_end(s);
	queue_push(s->events, &ev->item);
}

static void notice(struct account *a, const char *fmt, va_list ap)
{
	struct store_event *ev = store_event_new(STORE_NOTICE);
	struct str text = STR_INIT;

	str_addv(&text, fmt, ap);
	ev->account = a->index;
	ev->text = utf8_clean_line(str_c(&text), text.len);
	str_done(&text);
	store_emit(a->store, ev);
}

void store_notice(struct account *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	notice(a, fmt, ap);
	va_end(ap);
}

void store_disk_notice(struct account *a, const char *fmt, ...)
{
	int64_t now = clock_ms();
	va_list ap;

	if (now < a->next_disk_notice)
		return;
	a->next_disk_notice = now + DISK_NOTICE_MS;
	va_start(ap, fmt);
	notice(a, fmt, ap);
	va_end(ap);
}

struct account *store_account_at(struct store *s, int index)
{
	return index >= 0 && (size_t)index < s->naccounts ? s->accounts[index] : NULL;
}

struct account *store_account(struct store *s, int index, struct err *err)
{
	struct account *a = store_account_at(s, index);

	if (a && a->kind == ACCOUNT_OPENED)
		return a;
	if (a && a->kind == ACCOUNT_FAILED)
		*err = a->trouble;
	else
		err_set(err, ERR_INPUT, _("There is no such account"));
	return NULL;
}

struct list *store_list(struct store *s, unsigned id)
{
	struct list *l = s->lists;

	while (l && l->id != id)
		l = l->next;
	return l;
}

int store_may_change(struct store *s, struct err *err)
{
	return s->read_only
		       ? err_set(err, ERR_INPUT, _("Talaria runs read-only: nothing is changed"))
		       : 0;
}

int store_may_write(const struct store *s, const char *path, struct err *err)
{
	for (size_t i = 0; i < s->naccounts; i++) {
		const struct account *a = s->accounts[i];

		if (a->setup && file_inside(path, a->setup->data_dir))
			return err_set(err, ERR_INPUT,
				_("%s is where Talaria keeps the mail itself; choose another "
				  "place"),
				path);
	}
	return 0;
}

bool store_is_stale(struct store *s, const struct store_request *r, struct err *err)
{
	const struct list *l = r->numbering ? store_list(s, r->list) : NULL;

	if (!l || l->folder->numbering == r->numbering)
		return false;
	err_set(err, ERR_GONE,
		_("The folder was switched or numbered anew meanwhile; nothing was done"));
	return true;
}

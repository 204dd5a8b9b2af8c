#include "store/events.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "store/mail/account.h"
#include "store/mail/lists_shown.h"
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
	free(v->doubts);
	envelope_done(&v->envelope);
	head_done(&v->head);
	free(v);
}

static void rows_done(struct told_rows *r)
{
	for (size_t i = 0; i < r->n; i++)
		summary_free(r->v[i]);
	free(r->v);
}

static void messages_done(struct told_messages *m)
{
	columns_done(&m->columns);
	strv_done(&m->keysets);
	rows_done(&m->rows);
	free(m->folder);
	free(m->gone);
	free(m->parent_lists);
}

static void folders_done(struct told_folders *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->v[i].name);
	free(f->v);
}

static void order_done(struct told_order *o)
{
	free(o->uids);
	free(o->ranks);
}

static void outbox_done(struct told_outbox *o)
{
	for (size_t i = 0; i < o->n; i++)
		outbox_mail_done(&o->v[i]);
	free(o->v);
}

static void pending_done(struct told_pending *p)
{
	for (size_t i = 0; i < p->n; i++)
		op_free(p->v[i]);
	free(p->v);
	strv_done(&p->refused);
}

static void mail_done(struct told_mail *m)
{
	free(m->id);
	free(m->subject);
}

static void free_kind(struct store_event *ev)
{
	switch (ev->kind) {
	case STORE_DONE:
		free(ev->done.text);
		break;
	case STORE_FOLDERS:
		folders_done(&ev->folders);
		break;
	case STORE_LIST:
	case STORE_CHANGES:
		messages_done(&ev->messages);
		break;
	case STORE_CLOSED:
		free(ev->closed.why);
		break;
	case STORE_ROWS:
		rows_done(&ev->rows);
		break;
	case STORE_ORDER:
		order_done(&ev->order);
		break;
	case STORE_SORTED:
		if (ev->sorted.job)
			ev->sorted.free(ev->sorted.job);
		break;
	case STORE_VIEW:
		store_view_free(ev->view);
		break;
	case STORE_VIEWED:
		viewed_free(ev->viewed);
		break;
	case STORE_CHECKED:
		str_done(&ev->checked.text);
		break;
	case STORE_FOUND:
		free(ev->found.uids);
		break;
	case STORE_DRAFTS:
		draft_infos_free(ev->drafts.v, ev->drafts.n);
		break;
	case STORE_OUTBOX:
		outbox_done(&ev->outbox);
		break;
	case STORE_PENDING:
		pending_done(&ev->pending);
		break;
	case STORE_SENT:
	case STORE_SEND_FAILED:
		mail_done(&ev->mail);
		break;
	case STORE_NEW_MAIL:
		free(ev->new_mail.folder);
		break;
	case STORE_NOTICE:
		free(ev->notice.text);
		break;
	default:
		break; /* owns nothing */
	}
}

void store_event_free(struct store_event *ev)
{
	if (ev)
		free_kind(ev);
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
	ev->notice.text = utf8_clean_line(str_c(&text), text.len);
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
	struct list *l = lists_find(s, id);

	return l && !l->asleep ? l : NULL;
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

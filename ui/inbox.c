/* What the engine has to say: who waits for it, which screens it concerns, and what is told. */
#include "ui/folder_tree.h"
#include "ui/views.h"

#include "base/i18n.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static const char *account_name(struct app *a, int account)
{
	struct account_info info = {.name = ""};

	if (account >= 0)
		engine_account(a->engine, (size_t)account, &info);
	return info.name;
}

/* The status line has room for the beginning of a reason only: the whole of it is said once, where
 * :messages finds it again. What needs the user lies over the key bar, too; what is tried again by
 * itself is only noted. */
static void tell_reason(struct app *a, size_t i)
{
	struct account_info info;

	engine_account(a->engine, i, &info);
	if (info.state == STATE_ONLINE)
		MEM_FREE(a->reasons[i]);
	if ((info.state != STATE_FAILED && info.state != STATE_WAITING) || !*info.reason ||
		(a->reasons[i] && strcmp(a->reasons[i], info.reason) == 0))
		return;
	free(a->reasons[i]);
	a->reasons[i] = mem_strdup(info.reason);
	if (info.state == STATE_FAILED)
		app_error(a, "%s: %s", info.name, info.reason);
	else
		app_note(a, "%s: %s", info.name, info.reason);
}

static void tell_reasons(struct app *a)
{
	size_t n = engine_accounts(a->engine);

	if (!a->reasons)
		a->reasons = mem_array(n + 1, sizeof(*a->reasons));
	for (size_t i = 0; i < n; i++)
		tell_reason(a, i);
}

/* What comes by itself is shown until the request has numbers of its own. */
static void tell_progress(struct app *a, const struct event *ev)
{
	const struct event_progress *p = &ev->progress;

	if (p->indexes) {
		a->indexed = p->done;
		a->to_index = p->total;
		return;
	}
	if (!ev->request && (!a->progress_request || !p->total))
		a->progress_quiet = p->total != 0;
	if (ev->request == a->progress_request ||
		(!ev->request && a->progress_of != a->progress_request)) {
		a->progress_of = ev->request;
		a->progress_done = p->done;
		a->progress_total = p->total;
		a->progress_bytes = p->octets;
	}
}

static void tell(struct app *a, struct event *ev)
{
	switch (ev->kind) {
	case EVENT_NEW_MAIL:
		app_message(a,
			ngettext("%zu new message in %s %s", "%zu new messages in %s %s",
				(unsigned long)ev->new_mail.n),
			ev->new_mail.n, account_name(a, ev->account), ev->new_mail.folder);
		break;
	case EVENT_ACCOUNTS:
		tell_reasons(a);
		break;
	case EVENT_NOTICE:
		app_message(a, "%s", ev->notice.text);
		break;
	case EVENT_SENT:
		if (*ev->mail.subject)
			app_message(a, _("Sent: %s"), ev->mail.subject);
		else
			app_message(a, _("Sent"));
		break;
	case EVENT_SEND_FAILED:
		app_error(a, _("%s (:outbox)"), ev->mail.err.text);
		break;
	case EVENT_PASSWORD:
		ask_password(a, ev->account);
		break;
	case EVENT_PROGRESS:
		tell_progress(a, ev);
		break;
	default:
		if (event_is_final(ev))
			app_finish(a, ev);
		break;
	}
}

static void broadcast(struct app *a, struct event *ev)
{
	for (int t = 0; t < a->ntabs; t++)
		for (int i = 0; i < a->tabs[t].n; i++) {
			struct view *v = a->tabs[t].stack[i];

			if (v->ops->event)
				v->ops->event(v, ev);
		}
}

void inbox_take(struct app *a, struct event *ev)
{
	struct await w;

	a->dirty = true;
	if (ev->kind == EVENT_CLOSED) {
		if (ev->closed.why)
			app_error(a, "%s", ev->closed.why);
		app_close_list(a, ev->list);
		return;
	}
	if (event_is_final(ev)) {
		if (ev->request == a->progress_request)
			a->progress_request = 0;
		if (ask_take_await(a, ev->request, &w)) {
			if (ev->request == a->holding)
				a->holding = 0;
			w.fn(a, w.ctx, ev);
			return;
		}
	}
	if (ev->kind == EVENT_FOLDERS || ev->kind == EVENT_ACCOUNTS)
		folder_tree_changed(a->tree);
	broadcast(a, ev);
	tell(a, ev);
}

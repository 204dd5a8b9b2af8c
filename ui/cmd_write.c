/* Writing: new messages, answers, and the screen before sending. */
#include "ui/cmd.h"

#include "base/i18n.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static size_t writing_account(struct app *a)
{
	int i = app_account(a);

	return i < 0 ? 0 : (size_t)i;
}

static bool can_write(struct app *a)
{
	if (engine_accounts(a->engine) > 0)
		return true;
	app_error(a, _("No account to write from; “talaria setup” makes one"));
	return false;
}

static void drafted(struct app *a, void *ctx, struct event *ev)
{
	(void)ctx;
	if (ev->kind == EVENT_DRAFT && ev->n)
		view_compose_open(a, ev->account, ev->drafts, true);
	else
		app_finish(a, ev);
}

/* --- a new message: To, Subject, then the editor, as in mutt --- */

struct new_message {
	size_t account;
	char *to, *subject;
};

static void new_message_free(struct new_message *m)
{
	free(m->to);
	free(m->subject);
	free(m);
}

/* The draft exists: give it the subject, and the next answer opens the editor. */
static void new_drafted(struct app *a, void *ctx, struct event *ev)
{
	struct new_message *m = ctx;

	if (ev->kind == EVENT_DRAFT && ev->n && *m->subject) {
		draft_set(&ev->drafts->draft.subject, m->subject);
		app_await(a,
			engine_draft_save(
				a->engine, m->account, ev->drafts->id, &ev->drafts->draft),
			drafted, NULL, NULL);
	} else {
		drafted(a, NULL, ev);
	}
	new_message_free(m);
}

static void subject_given(struct app *a, void *ctx, const char *subject)
{
	struct new_message *m = ctx;

	if (!subject) {
		new_message_free(m);
		return;
	}
	m->subject = mem_strdup(subject);
	app_await(a, engine_compose(a->engine, m->account, COMPOSE_NEW, NULL, 0, m->to),
		new_drafted, m, NULL);
}

static void to_given(struct app *a, void *ctx, const char *to)
{
	struct new_message *m = ctx;

	if (!to) {
		new_message_free(m);
		return;
	}
	m->to = mem_strdup(to);
	app_ask(a, _("Subject: "), "", HISTORY_NONE, NULL, subject_given, m, NULL);
}

void cmd_compose(struct app *a, const struct args *args)
{
	struct new_message *m;

	if (!can_write(a))
		return;
	m = mem_alloc(sizeof(*m));
	m->account = writing_account(a);
	if (args->n)
		to_given(a, m, args->rest);
	else
		app_ask(a, _("To: "), "", HISTORY_ADDRESS, NULL, to_given, m, NULL);
}

static void answer(struct app *a, enum compose_kind kind)
{
	struct selection s;

	if (!can_write(a) || !app_selection_one(a, &s))
		return;
	app_await(a, engine_compose(a->engine, writing_account(a), kind, s.list, s.uids[0], NULL),
		drafted, NULL, NULL);
	selection_done(&s);
}

void cmd_reply(struct app *a, const struct args *args)
{
	(void)args;
	answer(a, COMPOSE_REPLY);
}

void cmd_reply_all(struct app *a, const struct args *args)
{
	(void)args;
	answer(a, COMPOSE_REPLY_ALL);
}

static bool is_from_list(const struct selection *s)
{
	ptrdiff_t row = msglist_find(s->list, s->uids[0]);
	struct msg_row m;

	return row >= 0 && msglist_row(s->list, (size_t)row, &m) && m.flags & MAIL_LIST;
}

/* To everybody is something else: who asks for the list must not get it unasked. */
void cmd_reply_list(struct app *a, const struct args *args)
{
	struct selection s;
	bool list;

	(void)args;
	if (!app_selection_one(a, &s))
		return;
	list = is_from_list(&s);
	selection_done(&s);
	if (list)
		answer(a, COMPOSE_REPLY_LIST);
	else
		app_error(a, _("This message came from no mailing list; reply answers the sender, "
			       "reply-all everybody"));
}

void cmd_forward(struct app *a, const struct args *args)
{
	(void)args;
	answer(a, COMPOSE_FORWARD);
}

void cmd_drafts(struct app *a, const struct args *args)
{
	(void)args;
	if (can_write(a))
		app_push(a, view_drafts_new(a, (int)writing_account(a)));
}

/* --- before sending --- */

void cmd_send(struct app *a, const struct args *args)
{
	(void)args;
	view_compose_send(app_view(a));
}

void cmd_edit(struct app *a, const struct args *args)
{
	(void)args;
	view_compose_edit(app_view(a));
}

void cmd_edit_from(struct app *a, const struct args *args)
{
	(void)args;
	view_compose_field(app_view(a), "From");
}

void cmd_edit_to(struct app *a, const struct args *args)
{
	(void)args;
	view_compose_field(app_view(a), "To");
}

void cmd_edit_cc(struct app *a, const struct args *args)
{
	(void)args;
	view_compose_field(app_view(a), "Cc");
}

void cmd_edit_bcc(struct app *a, const struct args *args)
{
	(void)args;
	view_compose_field(app_view(a), "Bcc");
}

void cmd_edit_subject(struct app *a, const struct args *args)
{
	(void)args;
	view_compose_field(app_view(a), "Subject");
}

void cmd_attach(struct app *a, const struct args *args)
{
	view_compose_attach(app_view(a), args->rest);
}

void cmd_detach(struct app *a, const struct args *args)
{
	(void)args;
	view_compose_detach(app_view(a));
}

void cmd_postpone(struct app *a, const struct args *args)
{
	(void)args;
	view_compose_postpone(app_view(a));
}

void cmd_discard(struct app *a, const struct args *args)
{
	(void)args;
	view_compose_discard(app_view(a));
}

/* --- the outbox --- */

void cmd_outbox(struct app *a, const struct args *args)
{
	(void)args;
	if (can_write(a))
		app_push(a, view_outbox_new(a, (int)writing_account(a)));
}

void cmd_retry_mail(struct app *a, const struct args *args)
{
	(void)args;
	view_outbox_retry(app_view(a));
}

void cmd_hold_mail(struct app *a, const struct args *args)
{
	(void)args;
	view_outbox_hold(app_view(a));
}

void cmd_mail_details(struct app *a, const struct args *args)
{
	(void)args;
	view_outbox_details(app_view(a));
}

void cmd_edit_mail(struct app *a, const struct args *args)
{
	(void)args;
	view_outbox_edit(app_view(a));
}

void cmd_drop_mail(struct app *a, const struct args *args)
{
	(void)args;
	view_outbox_drop(app_view(a));
}

void cmd_drop_draft(struct app *a, const struct args *args)
{
	(void)args;
	view_drafts_drop(app_view(a));
}

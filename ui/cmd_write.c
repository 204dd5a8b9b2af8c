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

	if (ev->kind == EVENT_DRAFT && *m->subject) {
		draft_set(&ev->draft->draft.subject, m->subject);
		app_await(a,
			engine_draft_save(a->engine, m->account, ev->draft->id, &ev->draft->draft),
			view_compose_came, NULL, NULL);
	} else {
		view_compose_came(a, NULL, ev);
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

static void cmd_compose(struct app *a, const struct args *args)
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

/* What answers an invitation is whole as it is: the editor waits. */
static void invitation_came(struct app *a, void *ctx, struct event *ev)
{
	(void)ctx;
	if (ev->kind == EVENT_DRAFT) {
		view_compose_open(a, ev->account, ev->draft, false);
		app_message(a, _("The answer is ready to be sent"));
	} else {
		app_finish(a, ev);
	}
}

static void answer(struct app *a, enum compose_kind kind)
{
	struct selection s;

	if (!can_write(a) || !app_selection_one(a, &s))
		return;
	app_await(a, engine_compose(a->engine, writing_account(a), kind, s.list, s.uids[0], NULL),
		kind >= COMPOSE_ACCEPT ? invitation_came : view_compose_came, NULL, NULL);
	selection_done(&s);
}

static void cmd_answer(struct app *a, const struct args *args)
{
	answer(a, (enum compose_kind)args->which);
}

static bool is_from_list(const struct selection *s)
{
	ptrdiff_t row = msglist_find(s->list, s->uids[0]);
	struct msg_row m;

	return row >= 0 && msglist_row(s->list, (size_t)row, &m) && m.flags & MAIL_LIST;
}

/* To everybody is something else: who asks for the list must not get it unasked. */
static void cmd_reply_list(struct app *a)
{
	struct selection s;
	bool list;

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

static void cmd_drafts(struct app *a)
{
	if (can_write(a))
		app_push(a, view_drafts_new(a, (int)writing_account(a)));
}

/* Where nothing waits here, but does in another account, that is what was meant. */
static size_t outbox_meant(struct app *a)
{
	size_t here = writing_account(a);

	if (engine_outbox(a->engine, here))
		return here;
	for (size_t i = 0; i < engine_accounts(a->engine); i++)
		if (engine_outbox(a->engine, i))
			return i;
	return here;
}

static void cmd_outbox(struct app *a)
{
	if (can_write(a))
		app_push(a, view_outbox_new(a, (int)outbox_meant(a)));
}

const struct command cmd_write_commands[] = {
	{"compose", UI_ANY, N_("write a message"), .args = "[ADDRESS...]", .max = -1,
		.run_args = cmd_compose},
	{"reply", UI_INDEX | UI_READER, N_("answer the sender"), .run_args = cmd_answer,
		.which = COMPOSE_REPLY},
	{"reply-all", UI_INDEX | UI_READER, N_("answer everybody"), .run_args = cmd_answer,
		.which = COMPOSE_REPLY_ALL},
	{"reply-list", UI_INDEX | UI_READER, N_("answer the mailing list"), .run = cmd_reply_list},
	{"forward", UI_INDEX | UI_READER, N_("forward the message"), .run_args = cmd_answer,
		.which = COMPOSE_FORWARD},
	{"accept", UI_INDEX | UI_READER, N_("answer yes to an invitation"), .run_args = cmd_answer,
		.which = COMPOSE_ACCEPT},
	{"tentative", UI_INDEX | UI_READER, N_("answer maybe to an invitation"),
		.run_args = cmd_answer, .which = COMPOSE_TENTATIVE},
	{"decline", UI_INDEX | UI_READER, N_("answer no to an invitation"), .run_args = cmd_answer,
		.which = COMPOSE_DECLINE},
	{"drafts", UI_ANY, N_("go on with a draft"), .run = cmd_drafts},
	{"outbox", UI_ANY, N_("show mail that is not sent yet"), .run = cmd_outbox},
	{.name = NULL},
};

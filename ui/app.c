#include "ui/app.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "ui/term.h"
#include "ui/views.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { MESSAGE_MS = 8000, EVENTS_AT_ONCE = 256, IDLE_MS = 30000, MAX_HELD = 256 };

/* --- small things --- */

bool app_ascii(const struct app *a)
{
	return settings_bool(a->settings, SET_ASCII);
}

unsigned app_number(const char *text)
{
	unsigned long n;
	char *end;

	text += strspn(text, " ");
	if (*text < '0' || *text > '9')
		return 0;
	n = strtoul(text, &end, 10);
	return end[strspn(end, " ")] ? 0 : n < UINT_MAX ? (unsigned)n : UINT_MAX;
}

void app_paint_soon(struct app *a)
{
	a->dirty = true;
}

/* Into what :messages shows. */
static void note(struct app *a, bool error, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

static void note(struct app *a, bool error, const char *fmt, va_list ap)
{
	struct str s = STR_INIT;

	str_addv(&s, fmt, ap);
	if (a->nmessages == MAX_MESSAGES) {
		free(a->messages[0].text);
		memmove(a->messages, a->messages + 1, (MAX_MESSAGES - 1) * sizeof(*a->messages));
		a->nmessages--;
		a->messages_lost++;
	}
	a->messages[a->nmessages++] =
		(struct message){utf8_clean_line(str_c(&s), s.len), (int64_t)clock_now(), error};
	str_done(&s);
}

static void show_last(struct app *a)
{
	a->message_at = a->nmessages - 1;
	a->message_shown = true;
	a->message_until = clock_ms() + MESSAGE_MS;
	a->dirty = true;
}

void app_note(struct app *a, const char *fmt, ...)
{
	bool shown = a->message_shown, lost = a->nmessages == MAX_MESSAGES;
	va_list ap;

	va_start(ap, fmt);
	note(a, true, fmt, ap);
	va_end(ap);
	/* What lies over the key bar stays there. */
	if (shown && lost && a->message_at)
		a->message_at--;
}

void app_message(struct app *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(a, false, fmt, ap);
	va_end(ap);
	show_last(a);
}

void app_error(struct app *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(a, true, fmt, ap);
	va_end(ap);
	show_last(a);
}

void app_quiet(struct app *a)
{
	a->message_shown = false;
	a->dirty = true;
}

static bool theme_is_auto(const struct settings *s)
{
	return strcmp(settings_text(s, SET_THEME), "auto") == 0;
}

static const char *theme_of(const struct settings *s)
{
	if (!theme_is_auto(s))
		return settings_text(s, SET_THEME);
	return term_background() == TERM_LIGHT ? "light" : "dark";
}

void app_theme(struct app *a)
{
	a->styles = a->config->styles;
	style_theme(&a->styles, theme_of(a->settings));
	term_styles(&a->styles);
	a->dirty = true;
}

/* --- requests and questions --- */

void app_await(struct app *a, unsigned request, app_done_fn *fn, void *ctx, void *owner)
{
	if (!request || !fn)
		return;
	a->awaits = mem_grow(a->awaits, &a->cap_awaits, a->nawaits + 1, sizeof(*a->awaits));
	a->awaits[a->nawaits++] = (struct await){request, owner, ctx, fn};
}

static bool take_await(struct app *a, unsigned request, struct await *out)
{
	for (size_t i = 0; i < a->nawaits; i++)
		if (a->awaits[i].request == request) {
			*out = a->awaits[i];
			a->awaits[i] = a->awaits[--a->nawaits];
			return true;
		}
	return false;
}

void app_unawait(struct app *a, unsigned request)
{
	struct await gone;

	take_await(a, request, &gone);
}

static void answer_prompt(struct app *a, const char *text)
{
	app_answer_fn *fn = a->asked.fn;
	void *ctx = a->asked.ctx;
	char *copy = mem_strdup(text);

	/* Closed first: the answer may ask the next question. */
	prompt_close(&a->prompt);
	a->asked = (struct question){0};
	a->dirty = true;
	if (fn)
		fn(a, ctx, copy);
	mem_free_secret(copy);
}

static void open_question(struct app *a, const struct question *q)
{
	prompt_open(&a->prompt, q->kind, q->label, q->initial);
	if (q->kind == PROMPT_CHOICE)
		prompt_choices(&a->prompt, q->choices);
	a->prompt.history_kind = q->history;
	a->prompt.complete = q->complete;
	a->prompt.ctx = a;
	a->asked = (struct question){.fn = q->fn, .ctx = q->ctx, .owner = q->owner};
	a->message_shown = false;
	a->dirty = true;
}

static void question_done(struct question *q)
{
	free(q->label);
	free(q->initial);
	free(q->choices);
}

/* What an event has to ask waits: who is typing must not find the line taken away, and the next
 * letters taken for an answer. */
static void ask(struct app *a, struct question q)
{
	if (!a->prompt.active) {
		open_question(a, &q);
		question_done(&q);
		return;
	}
	a->questions =
		mem_grow(a->questions, &a->cap_questions, a->nquestions + 1, sizeof(*a->questions));
	a->questions[a->nquestions++] = q;
}

static void drop_question(struct app *a, size_t i)
{
	question_done(&a->questions[i]);
	memmove(a->questions + i, a->questions + i + 1,
		(--a->nquestions - i) * sizeof(*a->questions));
}

static void ask_next(struct app *a)
{
	if (!a->nquestions || a->prompt.active || a->child.pid)
		return;
	open_question(a, &a->questions[0]);
	drop_question(a, 0);
}

void app_ask(struct app *a, const char *label, const char *initial, enum history_kind history,
	prompt_complete_fn *complete, app_answer_fn *fn, void *ctx, void *owner)
{
	ask(a, (struct question){.kind = PROMPT_LINE,
		       .label = mem_strdup(label),
		       .initial = mem_strdup(initial),
		       .history = history,
		       .complete = complete,
		       .fn = fn,
		       .ctx = ctx,
		       .owner = owner});
}

void app_ask_choice(struct app *a, const char *label, const char *choices, app_answer_fn *fn,
	void *ctx, void *owner)
{
	ask(a, (struct question){.kind = PROMPT_CHOICE,
		       .label = mem_strdup(label),
		       .choices = mem_strdup(choices),
		       .fn = fn,
		       .ctx = ctx,
		       .owner = owner});
}

static void answered_late(struct app *a, void *ctx, const char *text)
{
	(void)ctx;
	if (text)
		app_error(a, _("It is gone meanwhile; nothing was done"));
}

/* The line stays open for who is typing, but its answer is nobody's any more. */
static void forget_questions(struct app *a, void *owner)
{
	struct question q = a->asked;

	if (a->prompt.active && q.owner == owner) {
		a->asked = (struct question){.fn = answered_late};
		q.fn(a, q.ctx, NULL);
	}
	for (size_t i = 0; i < a->nquestions;) {
		q = a->questions[i];
		if (q.owner != owner) {
			i++;
			continue;
		}
		a->questions[i].fn(a, q.ctx, NULL);
		drop_question(a, i);
	}
}

void app_forget(struct app *a, void *owner)
{
	for (size_t i = 0; i < a->nawaits;) {
		if (a->awaits[i].owner == owner) {
			if (a->awaits[i].request == a->holding)
				a->holding = 0;
			a->awaits[i] = a->awaits[--a->nawaits];
		} else
			i++;
	}
	forget_questions(a, owner);
	if (a->child_owner == owner) {
		a->child_done = NULL;
		a->child_owner = NULL;
	}
}

void app_finish(struct app *a, struct event *ev)
{
	if (ev->kind == EVENT_FAILED && ev->err.kind != ERR_CANCELLED)
		app_error(a, "%s", ev->err.text);
	else if (ev->kind == EVENT_DONE && ev->text && *ev->text)
		app_message(a, "%s", ev->text);
	else if (ev->kind == EVENT_TEXT)
		app_push(a, view_text_new(a, _("Result"), text_of_lines(ev->text ? ev->text : "")));
}

static void say_gone(struct app *a, size_t gone, bool all)
{
	if (all)
		app_error(a, "%s",
			ngettext("The message is gone meanwhile; nothing was done",
				"The messages are gone meanwhile; nothing was done",
				(unsigned long)gone));
	else if (gone)
		app_message(a,
			ngettext("%zu of the messages is gone meanwhile",
				"%zu of the messages are gone meanwhile", (unsigned long)gone),
			gone);
}

bool selection_stands(struct app *a, struct selection *s)
{
	size_t n = 0;

	if (s->numbering != msglist_numbering(s->list)) {
		app_error(a,
			_("The folder was switched or numbered anew meanwhile; nothing was done"));
		return false;
	}
	for (size_t i = 0; i < s->n; i++)
		if (msglist_has(s->list, s->uids[i]))
			s->uids[n++] = s->uids[i];
	if (s->n)
		say_gone(a, s->n - n, n == 0);
	if (s->n && !n)
		return false;
	s->n = n;
	return true;
}

void selection_done(struct selection *s)
{
	free(s->uids);
	*s = (struct selection){0};
}

bool app_selection(struct app *a, struct selection *out)
{
	struct view *v = app_view(a);
	uint32_t uid = v->ops->uid ? v->ops->uid(v) : 0;

	*out = (struct selection){0};
	if (uid) {
		out->list = v->ops->list(v);
		out->numbering = msglist_numbering(out->list);
		if (!a->tag_prefix) {
			out->uids = mem_dup(&uid, sizeof(uid));
			out->n = 1;
			return true;
		}
		out->n = msglist_tagged(out->list, &out->uids);
		out->tagged = true;
		if (out->n)
			return true;
		free(out->uids);
		out->uids = NULL;
	}
	app_message(a, _("There is no message here"));
	return false;
}

bool app_selection_one(struct app *a, struct selection *out)
{
	if (!app_selection(a, out))
		return false;
	if (out->n == 1)
		return true;
	app_error(a,
		ngettext("This is for one message, and %zu is tagged; nothing was done",
			"This is for one message, and %zu are tagged; nothing was done",
			(unsigned long)out->n),
		out->n);
	selection_done(out);
	return false;
}

/* --- programs that get the terminal --- */

void app_run_child(struct app *a, const char *command, const char *arg, app_done_fn *fn, void *ctx,
	void *owner)
{
	struct err err = {0};

	if (a->child.pid) {
		app_error(a, _("Another program has the terminal"));
		return;
	}
	term_leave();
	if (child_start(&a->child, command, arg, &err) < 0) {
		term_enter();
		app_error(a, "%s", err.text);
		return;
	}
	free(a->child_command);
	a->child_command = mem_strdup(command);
	a->child_done = fn;
	a->child_ctx = ctx;
	a->child_owner = owner;
}

/* As the shell tells how a program ended. */
static void tell_end(struct app *a, int status)
{
	const char *command = a->child_command;

	if (WIFSIGNALED(status))
		app_error(a, _("“%s” was ended: %s"), command, strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == 127)
		app_error(a,
			_("There is no program “%s” here: install it, or choose another with :set "
			  "editor=..., $EDITOR or $BROWSER"),
			command);
	else if (WEXITSTATUS(status) == 126)
		app_error(a, _("“%s” is no program that can be run"), command);
	else if (status)
		app_error(
			a, _("“%s” ended with a fault (status %d)"), command, WEXITSTATUS(status));
}

static void child_look(struct app *a)
{
	app_done_fn *fn = a->child_done;
	int status = 0;

	if (!child_ended(&a->child, &status))
		return;
	term_enter();
	app_relayout(a);
	a->child_done = NULL;
	a->child_owner = NULL;
	tell_end(a, status);
	if (fn)
		fn(a, a->child_ctx, NULL);
}

/* --- events --- */

static void password_given(struct app *a, void *ctx, const char *text)
{
	int account = (int)(intptr_t)ctx;
	size_t n = 0;

	for (size_t i = 0; i < a->npasswords; i++)
		if (a->ask_passwords[i] != account)
			a->ask_passwords[n++] = a->ask_passwords[i];
	a->npasswords = n;
	engine_password(a->engine, (size_t)account, text);
}

static void ask_next_password(struct app *a)
{
	struct account_info info;
	struct str s = STR_INIT;

	if (!a->npasswords || a->prompt.active || a->child.pid)
		return;
	engine_account(a->engine, (size_t)a->ask_passwords[0], &info);
	if (*info.reason)
		str_addf(&s, _("%s. Password for %s: "), info.reason, info.name);
	else
		str_addf(&s, _("Password for %s (%s): "), info.name, info.from_mail);
	ask(a, (struct question){.kind = PROMPT_PASSWORD,
		       .label = str_steal(&s),
		       .fn = password_given,
		       .ctx = (void *)(intptr_t)a->ask_passwords[0],
		       .owner = a});
}

static void want_password(struct app *a, int account)
{
	for (size_t i = 0; i < a->npasswords; i++)
		if (a->ask_passwords[i] == account)
			return;
	a->ask_passwords = mem_grow(
		a->ask_passwords, &a->cap_passwords, a->npasswords + 1, sizeof(*a->ask_passwords));
	a->ask_passwords[a->npasswords++] = account;
}

static bool is_final(const struct event *ev)
{
	switch (ev->kind) {
	case EVENT_DONE:
	case EVENT_FAILED:
	case EVENT_CANCELLED:
	case EVENT_MESSAGE:
	case EVENT_SAVED:
	case EVENT_RAW:
	case EVENT_FOUND:
	case EVENT_DRAFT:
	case EVENT_DRAFTS:
	case EVENT_TEXT:
		return ev->request != 0;
	default:
		return false;
	}
}

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

static void tell(struct app *a, struct event *ev)
{
	const char *text = ev->text ? ev->text : "";

	switch (ev->kind) {
	case EVENT_NEW_MAIL:
		app_message(a,
			ngettext("%zu new message in %s %s", "%zu new messages in %s %s",
				(unsigned long)ev->n),
			ev->n, account_name(a, ev->account), text);
		break;
	case EVENT_ACCOUNTS:
		tell_reasons(a);
		break;
	case EVENT_NOTICE:
		app_message(a, "%s", text);
		break;
	case EVENT_SENT:
		if (*text)
			app_message(a, _("Sent: %s"), text);
		else
			app_message(a, _("Sent"));
		break;
	case EVENT_SEND_FAILED:
		app_error(a, _("%s (:outbox)"), ev->err.text);
		break;
	case EVENT_PASSWORD:
		want_password(a, ev->account);
		break;
	case EVENT_PROGRESS:
		if (!ev->request && (!a->progress_request || !ev->total))
			a->progress_quiet = ev->total != 0;
		/* What comes by itself is shown until the request has numbers of its own. */
		if (ev->request == a->progress_request ||
			(!ev->request && a->progress_of != a->progress_request)) {
			a->progress_of = ev->request;
			a->progress_done = ev->done;
			a->progress_total = ev->total;
			a->progress_bytes = ev->bytes;
		}
		break;
	default:
		if (is_final(ev))
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

static void drop_held(struct app *a)
{
	for (size_t i = 0; i < a->nheld; i++)
		mem_free_secret(a->held[i].text);
	a->nheld = 0;
}

void app_hold_keys(struct app *a, unsigned request)
{
	a->holding = request;
}

/* True: the key waits, or ended the waiting. */
static bool hold_key(struct app *a, const struct term_key *k)
{
	if (!a->holding)
		return false;
	if (strcmp(k->name, "Esc") == 0 || strcmp(k->name, "Ctrl-G") == 0) {
		app_unawait(a, a->holding);
		engine_cancel(a->engine, a->holding);
		a->holding = 0;
		drop_held(a);
		app_message(a, _("The search was given up"));
		return true;
	}
	if (a->nheld < MAX_HELD) {
		a->held = mem_grow(a->held, &a->cap_held, a->nheld + 1, sizeof(*a->held));
		a->held[a->nheld] = *k;
		a->held[a->nheld++].text = k->text ? mem_strdup(k->text) : NULL;
	} else {
		app_error(a, _("Too many keys were typed ahead; the last of them are lost"));
	}
	return true;
}

/* One of them may begin the next search: the rest waits again. */
static void play_held(struct app *a)
{
	struct term_key k;

	while (a->nheld && !a->holding && !a->quit && !a->child.pid) {
		k = a->held[0];
		memmove(a->held, a->held + 1, --a->nheld * sizeof(*a->held));
		app_input(a, &k);
		mem_free_secret(k.text);
	}
}

static void handle_event(struct app *a, struct event *ev)
{
	struct await w;

	a->dirty = true;
	if (ev->kind == EVENT_CLOSED) {
		if (ev->text && *ev->text)
			app_error(a, "%s", ev->text);
		app_close_list(a, ev->list);
		return;
	}
	if (is_final(ev)) {
		if (ev->request == a->progress_request)
			a->progress_request = 0;
		if (take_await(a, ev->request, &w)) {
			if (ev->request == a->holding)
				a->holding = 0;
			w.fn(a, w.ctx, ev);
			play_held(a);
			return;
		}
	}
	broadcast(a, ev);
	tell(a, ev);
}

void app_events(struct app *a)
{
	struct event *ev;

	/* Bounded: keys must not wait behind a flood. */
	for (int i = 0; i < EVENTS_AT_ONCE && (ev = engine_next(a->engine)); i++) {
		handle_event(a, ev);
		event_free(ev);
	}
}

/* --- keys --- */

static void click(struct app *a, const struct term_key *k)
{
	const struct layout *l = &a->layout;
	struct view *v = app_view(a);
	int tab;

	if (k->row == l->tabs.row) {
		tab = frame_tab_at(a, k->col);
		if (tab >= 0)
			app_show_tab(a, tab);
	} else if (l->border_col >= 0 && k->col < l->border_col) {
		ptrdiff_t row = frame_side_at(a, k->row);

		if (row >= 0)
			folders_open(a, (size_t)row);
	} else if (k->row >= l->main.row && k->row < l->main.row + l->main.rows) {
		/* What is clicked on is the list over the message. */
		if (l->rule_row >= 0 && v != app_find_view(a, UI_INDEX)) {
			app_close_view(a, v);
			v = app_view(a);
		}
		if (v->ops->click)
			v->ops->click(v, k->row - l->main.row, k->col - l->main.col);
	}
}

static void prompt_input(struct app *a, const struct term_key *k)
{
	char *text;

	switch (prompt_key(&a->prompt, k->name, k->text)) {
	case PROMPT_MORE:
		break;
	case PROMPT_DONE:
		text = mem_strdup(str_c(&a->prompt.text));
		answer_prompt(a, text);
		mem_free_secret(text);
		break;
	case PROMPT_CANCELLED:
		answer_prompt(a, NULL);
		break;
	}
}

static bool is_bound(struct app *a, const char *name)
{
	return keys_find(a->config->keys, app_view(a)->ops->context, name) != NULL;
}

/* Whether the keys go to the list at the side, and the key was for that alone: to leave it. */
static bool leaves_side(struct app *a, const char *line)
{
	const struct command *c = commands_first(line);
	bool was = a->side_active;

	if (!c || !(c->traits & COMMAND_SIDE))
		a->side_active = false;
	return was && c && c->traits & COMMAND_LEAVES;
}

static void bound_key(struct app *a, const char *name)
{
	struct view *v = app_view(a);
	const struct key_binding *b = keys_find(a->config->keys, v->ops->context, name);
	char *line;

	a->esc_prefix = false;
	if (!b) {
		const char *help = keys_of(a->config->keys, v->ops->context, "help");

		app_message(a, _("The key %s does nothing here; %s shows the keys"), name,
			help ? help : ":help");
		return;
	}
	if (leaves_side(a, b->command))
		return;
	/* The command may bind the key anew. */
	line = mem_strdup(b->command);
	commands_run(a, line);
	free(line);
}

void app_input(struct app *a, const struct term_key *k)
{
	char name[40];

	a->dirty = true;
	if (strcmp(k->name, "Background") == 0) {
		app_theme(a);
		return;
	}
	if (hold_key(a, k))
		return;
	if (a->prompt.active) {
		a->prompt_cut = k->cut;
		if (strcmp(k->name, "Click") != 0)
			prompt_input(a, k);
		return;
	}
	a->message_shown = false;
	if (strcmp(k->name, "Click") == 0) {
		click(a, k);
	} else if (strcmp(k->name, "Paste") == 0) {
		app_message(a, _("Text was pasted, but nothing asks for text here"));
	} else if (strcmp(k->name, "Esc") == 0) {
		/* Esc and then a key is the same as Alt and the key, as in mutt. */
		a->esc_prefix = !a->esc_prefix;
		a->tag_prefix = a->side_active = false;
	} else {
		/* Who meant Esc alone, to leave something, has it as that: the key is one by itself
		 * where it means nothing with Alt. */
		snprintf(name, sizeof(name), "Alt-%s", k->name);
		bound_key(a, a->esc_prefix && is_bound(a, name) ? name : k->name);
	}
}

static void drain_keys(struct app *a)
{
	struct term_key k;

	while (!a->quit && !a->child.pid && term_key(&k)) {
		app_input(a, &k);
		mem_free_secret(k.text);
	}
}

/* --- the loop --- */

static void handle_signals(struct app *a)
{
	unsigned s = term_signals();

	if (s & TERM_QUIT)
		a->quit = true;
	if (s & TERM_CHILD)
		child_look(a);
	if (s & TERM_STOP) {
		term_suspend();
		app_relayout(a);
	}
	if (s & (TERM_RESIZE | TERM_CONT) && !a->child.pid) {
		if (s & TERM_CONT)
			term_resume();
		term_resized();
		app_relayout(a);
	}
}

static int64_t earlier(int64_t a, int64_t b)
{
	return b && b < a ? b : a;
}

static int wait_time(struct app *a, int64_t now)
{
	int64_t next = now + IDLE_MS;
	struct account_info info;

	if (a->message_shown)
		next = earlier(next, a->message_until);
	for (int t = 0; t < a->ntabs; t++) {
		struct view *v = app_tab_top(a, t);

		if (v && v->ops->tick)
			next = earlier(next, v->ops->tick(v, now));
	}
	for (size_t i = 0; i < engine_accounts(a->engine); i++) {
		engine_account(a->engine, i, &info);
		if (info.state == STATE_WAITING)
			next = earlier(next, now + 1000);
	}
	return next <= now ? 0 : (int)(next - now);
}

/* What time alone changes: old messages, countdowns, the dates of the list. */
static void pass_time(struct app *a, int64_t now)
{
	if (a->message_shown && now >= a->message_until && !a->prompt.active)
		a->message_shown = false;
	a->dirty = true;
}

void app_paint(struct app *a)
{
	ask_next(a);
	ask_next_password(a);
	a->dirty = false;
	frame_draw(a);
	term_flush();
}

static void loop(struct app *a)
{
	while (!a->quit) {
		struct pollfd fds[3] = {{.fd = term_signal_fd(), .events = POLLIN},
			{.fd = engine_fd(a->engine), .events = POLLIN},
			/* Another program has the terminal: its keys are not ours. */
			{.fd = a->child.pid ? -1 : term_fd(), .events = POLLIN}};
		int timeout, n;

		timeout = wait_time(a, clock_ms());
		if (a->dirty && term_is_on())
			app_paint(a);
		n = poll(fds, 3, timeout);
		if (n < 0 && errno != EINTR)
			break;
		if (n == 0)
			pass_time(a, clock_ms());
		handle_signals(a);
		if (fds[2].revents & (POLLHUP | POLLERR | POLLNVAL))
			a->quit = true;
		if (!a->child.pid)
			drain_keys(a);
		app_events(a);
	}
}

/* --- start and end --- */

void app_sidebar(struct app *a)
{
	const char *s = settings_text(a->settings, SET_SIDEBAR);

	a->sidebar = strcmp(s, "yes") == 0  ? SIDEBAR_YES
		     : strcmp(s, "no") == 0 ? SIDEBAR_NO
					    : SIDEBAR_AUTO;
}

static char *history_path(void)
{
	char *dir = settings_dir_state(), *path = dir ? file_join(dir, "history") : NULL;

	free(dir);
	return path;
}

static void open_first(struct app *a, const struct app_start *s)
{
	int first = s->account && *s->account ? engine_find_account(a->engine, s->account) : 0;
	size_t n = engine_accounts(a->engine);

	for (size_t i = 0; i < n && i < MAX_TABS - 3; i++)
		a->tabs[a->ntabs++] = (struct tab){.account = (int)i};
	if (n > MAX_TABS - 3)
		app_message(a,
			ngettext("%zu account has no tab: “folders” or “account NAME” opens it",
				"%zu accounts have no tab: “folders” or “account NAME” opens them",
				(unsigned long)(n - (MAX_TABS - 3))),
			n - (MAX_TABS - 3));
	if (s->account && *s->account && first < 0)
		app_error(a, _("There is no account “%s”"), s->account);
	if (s->folder && s->folder_is_path) {
		a->tabs[a->ntabs++] = (struct tab){.account = -1, .folder = file_expand(s->folder)};
		app_show_tab(a, a->ntabs - 1);
	} else if (n) {
		a->tab = first > 0 && first < a->ntabs ? first : 0;
		if (s->folder)
			a->tabs[a->tab].folder = mem_strdup(s->folder);
		app_show_tab(a, a->tab);
	}
	tabs_ensure(a);
}

static void add_list(char **to, const char *more)
{
	struct str both = STR_INIT;

	if (!*more)
		return;
	str_addf(&both, "%s%s%s", *to, **to ? ", " : "", more);
	free(*to);
	*to = str_steal(&both);
}

/* What the command line says, added to what the draft begins with (a mailto:, the signature). */
static void add_start(struct draft *d, const struct draft *s)
{
	struct str body = STR_INIT;

	add_list(&d->to, s->to);
	add_list(&d->cc, s->cc);
	add_list(&d->bcc, s->bcc);
	if (*s->subject)
		draft_set(&d->subject, s->subject);
	str_addf(&body, "%s%s", s->body, d->body);
	free(d->body);
	d->body = str_steal(&body);
	for (size_t i = 0; i < s->nfiles; i++)
		draft_attach(d, s->files[i].path);
}

static void first_drafted(struct app *a, void *ctx, struct event *ev)
{
	const struct app_start *s = ctx;

	if (ev->kind != EVENT_DRAFT || !ev->n) {
		app_finish(a, ev);
		return;
	}
	add_start(&ev->drafts->draft, s->draft);
	app_await(a,
		engine_draft_save(a->engine, (size_t)(ev->account < 0 ? 0 : ev->account),
			ev->drafts->id, &ev->drafts->draft),
		view_compose_came, NULL, NULL);
}

static void compose_first(struct app *a, const struct app_start *s)
{
	int account = app_account(a);

	if (account < 0) {
		app_error(a, _("No account to write from; “talaria setup” makes one"));
		return;
	}
	if (s->resume) {
		app_await(a,
			engine_compose(
				a->engine, (size_t)account, COMPOSE_RESUME, NULL, 0, s->resume),
			view_compose_came, NULL, NULL);
		return;
	}
	app_await(a,
		engine_compose(a->engine, (size_t)account, s->mailto ? COMPOSE_MAILTO : COMPOSE_NEW,
			NULL, 0, s->mailto ? s->mailto : ""),
		first_drafted, (void *)(uintptr_t)s, NULL);
}

void app_done(struct app *a, const char *path)
{
	struct err err = {0};

	while (a->ntabs) {
		struct tab *t = &a->tabs[a->ntabs - 1];

		while (t->n)
			tabs_close_top(a, t);
		free(t->folder);
		a->ntabs--;
	}
	a->asked = (struct question){0};
	while (a->nquestions)
		drop_question(a, 0);
	free(a->questions);
	prompt_close(&a->prompt);
	/* The terminal is the shell's again. */
	if (path && history_save(a->history, path, &err) < 0)
		fprintf(stderr, _("talaria: what was typed is not remembered: %s\n"), err.text);
	history_free(a->history);
	for (size_t i = 0; i < a->nmessages; i++)
		free(a->messages[i].text);
	drop_held(a);
	free(a->held);
	free(a->child_command);
	free(a->awaits);
	free(a->ask_passwords);
	free(a->last_search);
	for (size_t i = 0; a->reasons && i < engine_accounts(a->engine); i++)
		free(a->reasons[i]);
	free(a->reasons);
}

void app_init(struct app *a, struct engine *e, struct settings *s, const struct app_start *start,
	struct ui_config *config, const char *path)
{
	*a = (struct app){.engine = e, .settings = s, .config = config};
	app_theme(a);
	a->history = a->prompt.history = history_new();
	if (path)
		history_load(a->history, path);
	app_sidebar(a);
	open_first(a, start);
	for (size_t i = 0; start->messages && i < start->messages->n; i++)
		app_error(a, "%s", start->messages->v[i]);
	if (start->draft || start->resume)
		compose_first(a, start);
}

int app_run(struct engine *e, struct settings *s, const struct app_start *start)
{
	struct ui_config *own = start->config ? NULL : ui_config_new();
	struct ui_config *config = own ? own : start->config;
	struct style_set styles = config->styles;
	struct err err = {0};
	struct app a;
	char *path;

	style_theme(&styles, theme_of(s));
	if (term_start(&styles, settings_bool(s, SET_MOUSE), &err) < 0) {
		fprintf(stderr, "talaria: %s\n", err.text);
		ui_config_free(own);
		return 1;
	}
	if (theme_is_auto(s))
		term_ask_background();
	path = history_path();
	app_init(&a, e, s, start, config, path);
	loop(&a);
	/* The terminal first: what follows may take a moment, and the shell should be there. */
	term_stop();
	app_done(&a, path);
	free(path);
	ui_config_free(own);
	return 0;
}

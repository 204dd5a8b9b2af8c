/* What is said to the person and asked, and who waits for an answer: of the person or the engine.
 */
#include "ui/ui.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_MS = 8000 };

/* --- saying --- */

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

/* --- requests --- */

void app_await(struct app *a, unsigned request, app_done_fn *fn, void *ctx, void *owner)
{
	if (!request || !fn)
		return;
	a->awaits = mem_grow(a->awaits, &a->cap_awaits, a->nawaits + 1, sizeof(*a->awaits));
	a->awaits[a->nawaits++] = (struct await){request, owner, ctx, fn};
}

void app_await_long(struct app *a, unsigned request, app_done_fn *fn, void *ctx, void *owner)
{
	a->progress_request = request;
	a->progress_done = a->progress_total = a->progress_bytes = 0;
	app_await(a, request, fn, ctx, owner);
}

bool ask_take_await(struct app *a, unsigned request, struct await *out)
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

	ask_take_await(a, request, &gone);
}

void app_hold_keys(struct app *a, unsigned request)
{
	a->holding = request;
}

void ask_drop_keys(struct app *a)
{
	for (size_t i = 0; i < a->nheld; i++)
		mem_free_secret(a->held[i].text);
	a->nheld = 0;
	a->holding = 0;
}

/* They were meant for a screen that is gone; on another they might delete what nobody meant. */
static void lose_keys(struct app *a)
{
	if (a->nheld)
		app_note(a, "%s", _("What was typed ahead is lost: its screen is gone"));
	ask_drop_keys(a);
}

/* --- questions --- */

static void answer_prompt(struct app *a, const char *text)
{
	app_answer_fn *fn = a->asked.fn;
	void *ctx = a->asked.ctx;
	char *copy = mem_strdup(text);

	/* Closed first: the answer may ask the next question. */
	prompt_close(&a->prompt);
	free(a->asked.last);
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
	a->asked =
		(struct question){.fn = q->fn, .typed = q->typed, .ctx = q->ctx, .owner = q->owner};
	if (q->typed)
		a->asked.last = mem_strdup(q->initial);
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

void app_ask_typed(struct app *a, const char *label, const char *initial, enum history_kind history,
	app_typed_fn *typed, app_answer_fn *fn, void *ctx, void *owner)
{
	ask(a, (struct question){.kind = PROMPT_LINE,
		       .label = mem_strdup(label),
		       .initial = mem_strdup(initial),
		       .history = history,
		       .fn = fn,
		       .typed = typed,
		       .ctx = ctx,
		       .owner = owner});
}

bool app_is_typing(const struct app *a, const void *owner)
{
	return a->prompt.active && a->asked.typed && a->asked.owner == owner;
}

void app_told(struct app *a, const void *owner, bool error, const char *fmt, ...)
{
	struct prompt *p = &a->prompt;
	struct str s = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	if (app_is_typing(a, owner)) {
		char *clean = utf8_clean_line(str_c(&s), s.len);

		str_clear(&p->said);
		str_adds(&p->said, clean);
		p->wrong = error;
		a->dirty = true;
		free(clean);
	} else {
		(error ? app_error : app_message)(a, "%s", str_c(&s));
	}
	str_done(&s);
}

bool app_query_typed(struct app *a, const void *owner, const char *text)
{
	struct err err = {0};

	if (engine_query_check(text, &err) != 0)
		app_told(a, owner, true, "%s", err.text);
	else if (!engine_query_is_quick(text))
		app_told(a, owner, false, "%s", _("Enter looks into the texts of messages"));
	else
		return true;
	return false;
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

static void tell_typed(struct app *a)
{
	const char *text = str_c(&a->prompt.text);

	if (!a->asked.typed || strcmp(text, a->asked.last) == 0)
		return;
	free(a->asked.last);
	a->asked.last = mem_strdup(text);
	str_clear(&a->prompt.said);
	a->asked.typed(a, a->asked.ctx, a->asked.last);
}

void ask_key(struct app *a, const struct term_key *k)
{
	char *text;

	switch (prompt_key(&a->prompt, k->name, k->text)) {
	case PROMPT_MORE:
		tell_typed(a);
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
		str_clear(&a->prompt.said);
		free(q.last);
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
				lose_keys(a);
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

/* --- passwords --- */

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

void ask_password(struct app *a, int account)
{
	for (size_t i = 0; i < a->npasswords; i++)
		if (a->ask_passwords[i] == account)
			return;
	a->ask_passwords = mem_grow(
		a->ask_passwords, &a->cap_passwords, a->npasswords + 1, sizeof(*a->ask_passwords));
	a->ask_passwords[a->npasswords++] = account;
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

void ask_waiting(struct app *a)
{
	ask_next(a);
	ask_next_password(a);
}

void ask_done(struct app *a)
{
	free(a->asked.last);
	a->asked = (struct question){0};
	while (a->nquestions)
		drop_question(a, 0);
	free(a->questions);
	prompt_close(&a->prompt);
	free(a->ask_passwords);
	free(a->awaits);
	for (size_t i = 0; i < a->nmessages; i++)
		free(a->messages[i].text);
}

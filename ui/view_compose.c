/* The screen before sending: headers, files, the text, and what to do with them. */
#include "ui/draft_head.h"
#include "ui/draft_text.h"
#include "ui/pathtext.h"
#include "ui/views.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum field { FIELD_FROM, FIELD_TO, FIELD_CC, FIELD_BCC, FIELD_SUBJECT };

struct compose_view {
	struct view v;
	int account;
	char *id;
	struct draft draft; /* as the person has it: what was saved, and what is being saved */
	struct strv has_it; /* who got it already */
	struct text *body;
	struct pager pager;
	enum field field;             /* being asked for */
	unsigned saving;              /* changes on their way to the disk */
	bool busy;                    /* another request is */
	void (*next)(struct view *v); /* asked for meanwhile: done when all is saved */
};

static struct compose_view *self(struct view *v)
{
	return (struct compose_view *)(void *)v;
}

static void compose_title(struct view *v, struct str *out)
{
	struct compose_view *x = self(v);

	str_addf(out, "%s %s", app_ascii(v->app) ? "+" : "✎",
		*x->draft.subject ? x->draft.subject : _("New message"));
}

static uint8_t quote_style(const char *s, uint8_t *level)
{
	int n = 0;

	for (; *s == '>' || (n && *s == ' '); s++)
		if (*s == '>')
			n++;
	*level = (uint8_t)n;
	return n ? (uint8_t)(TEXT_QUOTE1 + (n - 1) % 4) : TEXT_PLAIN;
}

static struct text *body_text(const char *body)
{
	struct text *t = text_new();
	bool signature = false;

	while (*body) {
		const char *nl = strchr(body, '\n');
		size_t len = nl ? (size_t)(nl - body) : strlen(body);
		char *line = mem_strndup(body, len);
		char *clean = utf8_clean_line(line, len);
		uint8_t level = 0, style = quote_style(clean, &level);

		if (strcmp(line, "-- ") == 0)
			signature = true;
		text_add(t, signature ? TEXT_SIGNATURE : (enum text_style)style, clean,
			strlen(clean))
			->quote = level;
		free(line);
		free(clean);
		body += nl ? len + 1 : len;
	}
	return t;
}

static void replace(char **field, const char *value)
{
	free(*field);
	*field = mem_strdup(value ? value : "");
}

/* Files for which there is no row in front of the text stand behind it. */
static void add_all_files(const struct draft *d, struct text *t)
{
	struct str s = STR_INIT;

	if (d->nfiles < 2)
		return;
	text_add(t, TEXT_PLAIN, "", 0);
	for (size_t i = 0; i < d->nfiles; i++) {
		str_clear(&s);
		draft_head_file(&d->files[i], i + 1, &s);
		text_add(t, TEXT_ATTACHMENT, str_c(&s), s.len);
	}
	str_done(&s);
}

static void show_body(struct compose_view *x)
{
	struct text *old = x->body;

	x->body = body_text(x->draft.body);
	add_all_files(&x->draft, x->body);
	pager_set(&x->pager, x->body, true);
	text_free(old);
}

static void take(struct compose_view *x, const struct draft_info *d)
{
	replace(&x->id, d->id);
	draft_done(&x->draft);
	draft_copy(&x->draft, &d->draft);
	strv_done(&x->has_it);
	for (size_t i = 0; i < d->has_it.n; i++)
		strv_add(&x->has_it, d->has_it.v[i]);
	show_body(x);
}

/* What is asked for while the draft is being saved waits for that, unlike the person. */
static bool waits(struct compose_view *x, void (*next)(struct view *v))
{
	if (!x->busy && !x->saving)
		return false;
	x->next = next;
	return true;
}

static void go_on(struct compose_view *x)
{
	void (*next)(struct view * v) = x->next;

	x->next = NULL;
	if (next)
		next(&x->v);
}

static void drafted(struct app *a, void *ctx, struct event *ev)
{
	struct compose_view *x = ctx;

	x->busy = false;
	if (ev->kind == EVENT_DRAFT) {
		take(x, ev->draft);
		go_on(x);
	} else {
		x->next = NULL;
		app_finish(a, ev);
	}
}

/* What was changed since is not overwritten by the answer to what was changed before. */
static void saved(struct app *a, void *ctx, struct event *ev)
{
	struct compose_view *x = ctx;
	bool good = ev->kind == EVENT_DRAFT;

	x->saving--;
	if (!good) {
		x->next = NULL;
		app_finish(a, ev);
	}
	if (x->saving)
		return;
	if (good) {
		take(x, ev->draft);
		go_on(x);
		return;
	}
	/* It was not taken: back to what is kept. */
	x->busy = true;
	app_await(a, engine_draft_load(a->engine, (size_t)x->account, x->id), drafted, x, x);
}

static void save(struct compose_view *x)
{
	x->saving++;
	show_body(x);
	app_await(x->v.app,
		engine_draft_save(x->v.app->engine, (size_t)x->account, x->id, &x->draft), saved, x,
		x);
}

/* --- drawing --- */

static void compose_draw(struct view *v, const struct region *r)
{
	struct compose_view *x = self(v);
	int row = draft_head_draw(r, &x->draft, &x->has_it, app_ascii(v->app));
	struct region body = {r->row + row, r->col + 1, r->rows - row, r->cols - 1};

	x->pager.marks = v->app->marks;
	if (body.rows > 0)
		pager_draw(&x->pager, &body);
}

static void compose_status(struct view *v, struct line *out)
{
	struct compose_view *x = self(v);

	line_add(out, STYLE_STATUS, _("Ready to send: y sends, e edits again"));
	seek_status(v, &x->pager.seek, out);
	if (x->draft.nfiles)
		line_addf(out, STYLE_STATUS,
			ngettext("  %zu file", "  %zu files", (unsigned long)x->draft.nfiles),
			x->draft.nfiles);
	if (x->draft.html)
		line_add(out, STYLE_STATUS, _("  its HTML goes along until you change the text"));
}

static void compose_move(struct view *v, enum move m, int n)
{
	pager_move(&self(v)->pager, m, n);
}

static void compose_search(struct view *v, const char *text, int step)
{
	pager_search(&self(v)->pager, seek_what(v, &self(v)->pager.seek, text), step);
	seek_told(v, &self(v)->pager.seek);
}

static void compose_place(struct view *v, enum place what)
{
	pager_place(&self(v)->pager, what);
}

/* --- the editor --- */

static void edited(struct app *a, void *ctx, struct event *ev)
{
	struct compose_view *x = ctx;

	(void)ev;
	x->busy = true;
	app_await(a, engine_draft_take(a->engine, (size_t)x->account, x->id), drafted, x, x);
}

static const char *editor_command(struct app *a)
{
	const char *own = settings_text(a->settings, SET_EDITOR);
	const char *names[] = {own, getenv("VISUAL"), getenv("EDITOR"), NULL};

	for (size_t i = 0; i < 3; i++)
		if (names[i] && *names[i])
			return names[i];
	return access("/usr/bin/editor", X_OK) == 0 ? "editor" : "vi";
}

/* Someone who is typing an answer, or looks at something else, must not lose the keyboard to the
 * editor. */
static bool may_edit(const struct compose_view *x)
{
	struct app *a = x->v.app;

	return !a->prompt.active && !a->child.pid && app_view(a) == &x->v;
}

/* The editor's file is there. */
static void text_ready(struct app *a, void *ctx, struct event *ev)
{
	struct compose_view *x = ctx;

	x->busy = false;
	x->next = NULL;
	if (ev->kind != EVENT_DRAFT || !ev->draft->path)
		app_finish(a, ev);
	else if (may_edit(x))
		app_run_child(a, editor_command(a), ev->draft->path, edited, x, x);
}

static void compose_edit(struct view *v)
{
	struct compose_view *x = self(v);

	if (waits(x, compose_edit))
		return;
	x->busy = true;
	app_await(v->app, engine_draft_edit(v->app->engine, (size_t)x->account, x->id), text_ready,
		x, x);
}

/* --- fields --- */

static char **field_of(struct draft *d, enum field field)
{
	char **const fields[] = {&d->from, &d->to, &d->cc, &d->bcc, &d->subject};

	return fields[field];
}

static void field_given(struct app *a, void *ctx, const char *value)
{
	struct compose_view *x = ctx;
	char **field = field_of(&x->draft, x->field), *line;

	(void)a;
	if (!value)
		return;
	line = draft_line(value, strlen(value));
	free(*field);
	*field = line;
	save(x);
}

static void compose_field(struct app *a, const struct args *args)
{
	static const char *const names[] = {
		N_("From"), N_("To"), N_("Cc"), N_("Bcc"), N_("Subject")};
	struct compose_view *x = self(app_view(a));
	struct str label = STR_INIT;

	x->field = (enum field)args->which;
	str_addf(&label, "%s: ", _(names[x->field]));
	app_ask(a, str_c(&label), *field_of(&x->draft, x->field),
		x->field == FIELD_SUBJECT ? HISTORY_NONE : HISTORY_ADDRESS, NULL, field_given, x,
		x);
	str_done(&label);
}

static void attach_file(struct compose_view *x, const char *written)
{
	char *path = pathtext_path(written), *full = realpath(path, NULL);
	struct stat st;

	if (!full || stat(full, &st) < 0) {
		app_error(x->v.app, _("There is no file %s"), path);
	} else if (!S_ISREG(st.st_mode) || access(full, R_OK) < 0) {
		app_error(x->v.app, _("%s cannot be attached: it is not a readable file"), path);
	} else {
		draft_attach(&x->draft, full)->size = (uint64_t)st.st_size;
		save(x);
	}
	free(path);
	free(full);
}

static void file_given(struct app *a, void *ctx, const char *path)
{
	(void)a;
	if (path && path[strspn(path, " ")])
		attach_file(ctx, path);
}

static void compose_attach(struct app *a, const struct args *args)
{
	struct view *v = app_view(a);

	if (args->n)
		attach_file(self(v), args->rest);
	else
		app_ask(a, _("Attach file: "), "", HISTORY_PATH, complete_path_line, file_given,
			self(v), v);
}

static void detach(struct compose_view *x, size_t i)
{
	draft_detach(&x->draft, i);
	save(x);
}

static void detach_given(struct app *a, void *ctx, const char *answer)
{
	struct compose_view *x = ctx;
	size_t n = answer ? app_number(answer) : 0;

	if (!answer)
		return;
	if (n < 1 || n > x->draft.nfiles)
		app_error(a, _("There is no file %s"), answer);
	else
		detach(x, n - 1);
}

static void compose_detach(struct view *v)
{
	struct compose_view *x = self(v);
	struct str label = STR_INIT;

	if (x->draft.nfiles == 0) {
		app_message(v->app, _("No file is attached"));
	} else if (x->draft.nfiles == 1) {
		detach(x, 0);
	} else {
		str_addf(&label, _("Take away which file (1-%zu)? "), x->draft.nfiles);
		app_ask(v->app, str_c(&label), "", HISTORY_NONE, NULL, detach_given, x, x);
		str_done(&label);
	}
}

/* --- leaving --- */

static void sent(struct app *a, void *ctx, struct event *ev)
{
	struct compose_view *x = ctx;
	long undo = settings_int(a->settings, SET_UNDO_SEND);
	const char *key = keys_of(a->config->keys, UI_OUTBOX, "edit-mail");

	x->busy = false;
	x->next = NULL;
	if (ev->kind != EVENT_DONE) {
		app_finish(a, ev);
		return;
	}
	app_close_view(a, &x->v);
	if (undo > 0)
		app_message(a, _("Sending in %ld seconds; %s in :outbox takes it back"), undo,
			key ? key : ":edit-mail");
	else
		app_message(a, _("In the outbox, on its way"));
}

static void send_now(struct compose_view *x)
{
	x->busy = true;
	app_await(x->v.app, engine_send(x->v.app->engine, (size_t)x->account, x->id), sent, x, x);
}

static void send_anyway(struct app *a, void *ctx, const char *answer)
{
	(void)a;
	if (answer && *answer == 'y')
		send_now(ctx);
}

/* TRANSLATORS: beginnings of words, in lower case, separated by blanks, that speak of an attached
 * file. */
static bool misses_files(const struct draft *d)
{
	return d->nfiles == 0 && draft_mentions(d->body, _("attach enclosed"));
}

static void send_without_files(struct compose_view *x)
{
	if (misses_files(&x->draft))
		app_ask_choice(x->v.app,
			_("The text speaks of an attachment, but there is none. Send? (y/n) "),
			"ny", send_anyway, x, x);
	else
		send_now(x);
}

static void send_without_subject(struct app *a, void *ctx, const char *answer)
{
	(void)a;
	if (answer && *answer == 'y')
		send_without_files(ctx);
}

static void compose_send(struct view *v)
{
	struct compose_view *x = self(v);
	const struct draft *d = &x->draft;
	bool doubt = !*d->subject || misses_files(d);

	if (waits(x, compose_send))
		return;
	if (!*d->to && !*d->cc && !*d->bcc)
		app_error(v->app, _("Nobody to send it to: t sets To"));
	else if (doubt && v->app->prompt.active) /* somebody is typing something else by now */
		app_message(v->app, _("Saved, not sent yet: y sends it"));
	else if (!*d->subject)
		app_ask_choice(v->app, _("No subject. Send it anyway? (y/n) "), "ny",
			send_without_subject, x, x);
	else
		send_without_files(x);
}

static void kept(struct app *a, void *ctx, struct event *ev)
{
	struct compose_view *x = ctx;

	x->busy = false;
	x->next = NULL;
	if (ev->kind != EVENT_DONE) {
		app_finish(a, ev);
		return;
	}
	app_close_view(a, &x->v);
	app_message(a, _("Kept as a draft; R goes on with it"));
}

static void compose_postpone(struct view *v)
{
	struct compose_view *x = self(v);

	if (waits(x, compose_postpone))
		return;
	x->busy = true;
	app_await(v->app, engine_draft_keep(v->app->engine, (size_t)x->account, x->id), kept, x, x);
}

static void discarded(struct app *a, void *ctx, struct event *ev)
{
	struct compose_view *x = ctx;

	if (ev->kind != EVENT_DONE) {
		app_finish(a, ev);
		return;
	}
	app_close_view(a, &x->v);
	app_message(a, _("The draft is gone"));
}

static void leave_answered(struct app *a, void *ctx, const char *answer)
{
	struct compose_view *x = ctx;

	if (!answer || *answer == 'c')
		return;
	if (*answer == 'y')
		compose_postpone(&x->v);
	else
		app_await(a, engine_draft_discard(a->engine, (size_t)x->account, x->id), discarded,
			x, x);
}

static bool compose_leave(struct view *v)
{
	app_ask_choice(v->app, _("Keep this draft? (y)es, (n)o, (c)ancel "), "ync", leave_answered,
		self(v), v);
	return false;
}

static void discard_answered(struct app *a, void *ctx, const char *answer)
{
	if (answer && *answer == 'y')
		leave_answered(a, ctx, "n");
}

static void compose_discard(struct view *v)
{
	app_ask_choice(v->app, _("Discard this draft for good? (y/n) "), "ny", discard_answered,
		self(v), v);
}

static int compose_account(struct view *v)
{
	return self(v)->account;
}

static void compose_close(struct view *v)
{
	struct compose_view *x = self(v);

	free(x->id);
	draft_done(&x->draft);
	strv_done(&x->has_it);
	pager_done(&x->pager);
	text_free(x->body);
	free(x);
}

static const struct command commands[] = {
	{"send", UI_COMPOSE, N_("send the message"), .run_view = compose_send},
	{"edit", UI_COMPOSE, N_("edit the message again"), .run_view = compose_edit},
	{"edit-from", UI_COMPOSE, N_("change From"), .run_args = compose_field,
		.which = FIELD_FROM},
	{"edit-to", UI_COMPOSE, N_("change To"), .run_args = compose_field, .which = FIELD_TO},
	{"edit-cc", UI_COMPOSE, N_("change Cc"), .run_args = compose_field, .which = FIELD_CC},
	{"edit-bcc", UI_COMPOSE, N_("change Bcc"), .run_args = compose_field, .which = FIELD_BCC},
	{"edit-subject", UI_COMPOSE, N_("change the subject"), .run_args = compose_field,
		.which = FIELD_SUBJECT},
	{"attach", UI_COMPOSE, N_("attach a file"), .args = "[FILE]", .max = -1,
		.run_args = compose_attach, .complete = complete_path},
	{"detach", UI_COMPOSE, N_("take an attached file away"), .run_view = compose_detach},
	{"postpone", UI_COMPOSE, N_("keep it as a draft for later"), .run_view = compose_postpone},
	{"discard", UI_COMPOSE, N_("throw the draft away"), .run_view = compose_discard},
	{.name = NULL},
};

/* Where there is little room the way out is told before the fields. */
static const struct hint hints[] = {{"send", N_("Send")}, {"edit", N_("Edit")},
	{"back", N_("Leave")}, {"postpone", N_("Keep")}, {"attach", N_("Attach")},
	{"detach", N_("Detach")}, {"edit-to", N_("To")}, {"edit-cc", N_("Cc")},
	{"edit-subject", N_("Subject")}, {NULL, NULL}};

const struct view_ops view_compose_ops = {
	.context = UI_COMPOSE,
	.label = N_("Before sending"),
	.hints = hints,
	.keeps = true,
	.commands = commands,
	.title = compose_title,
	.draw = compose_draw,
	.status = compose_status,
	.move = compose_move,
	.account = compose_account,
	.search = compose_search,
	.place = compose_place,
	.leave = compose_leave,
	.close = compose_close,
};

/* The tab in which the draft is being written, or -1. */
static int tab_of_draft(struct app *a, int account, const char *id)
{
	for (int i = 0; i < a->ntabs; i++) {
		struct view *v = a->tabs[i].n ? a->tabs[i].stack[0] : NULL;

		if (v && v->ops == &view_compose_ops && self(v)->account == account &&
			strcmp(self(v)->id, id) == 0)
			return i;
	}
	return -1;
}

/* A draft has one screen: of two, the one that is saved last would undo what was done in the other.
 */
static struct compose_view *open_view(struct app *a, int account, const struct draft_info *d)
{
	struct compose_view *x;
	int tab;

	account = account < 0 ? 0 : account;
	tab = tab_of_draft(a, account, d->id);
	if (tab >= 0) {
		x = self(a->tabs[tab].stack[0]);
		if (!x->saving)
			take(x, d);
		app_show_tab(a, tab);
		return x;
	}
	x = mem_alloc(sizeof(*x));
	x->v = (struct view){&view_compose_ops, a};
	x->account = account;
	take(x, d);
	if (app_new_tab(a, &x->v) >= 0)
		return x;
	app_dispose(a, &x->v);
	app_error(a, _("Too many tabs are open; the draft is kept, R goes on with it"));
	return NULL;
}

/* The screen comes with the editor in front of it: nothing is said to be ready before. */
static void open_edited(struct app *a, void *ctx, struct event *ev)
{
	struct compose_view *x;

	(void)ctx;
	if (ev->kind != EVENT_DRAFT) {
		app_finish(a, ev);
		return;
	}
	x = open_view(a, ev->account, ev->draft);
	if (x)
		text_ready(a, x, ev);
}

void view_compose_open(struct app *a, int account, const struct draft_info *d, bool edit)
{
	/* Someone who is typing an answer must not lose the keyboard to the editor. */
	if (edit && !a->prompt.active && !a->child.pid)
		app_await(a,
			engine_draft_edit(a->engine, (size_t)(account < 0 ? 0 : account), d->id),
			open_edited, NULL, NULL);
	else
		open_view(a, account, d);
}

void view_compose_came(struct app *a, void *ctx, struct event *ev)
{
	(void)ctx;
	if (ev->kind == EVENT_DRAFT)
		view_compose_open(a, ev->account, ev->draft, true);
	else
		app_finish(a, ev);
}

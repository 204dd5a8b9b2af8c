/* The screen before sending: headers, files, the text, and what to do with them. */
#include "ui/draft_text.h"
#include "ui/views.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct compose_view {
	struct view v;
	int account;
	char *id, *path, *text;
	char *from, *to, *cc, *bcc, *subject;
	struct strv attach;
	size_t attach_at; /* for detach */
	struct text *body;
	struct pager pager;
	char *field; /* being asked for */
	bool busy;   /* a request is on its way */
};

static struct compose_view *self(struct view *v)
{
	return (struct compose_view *)(void *)v;
}

static void compose_title(struct view *v, struct str *out)
{
	struct compose_view *x = self(v);

	str_addf(out, "%s %s", app_ascii(v->app) ? "+" : "✎",
		*x->subject ? x->subject : _("New message"));
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

static void take(struct compose_view *x, const struct draft_info *d)
{
	struct text *old = x->body;

	replace(&x->id, d->id);
	replace(&x->path, d->path);
	replace(&x->text, d->text);
	replace(&x->from, d->from);
	replace(&x->to, d->to);
	replace(&x->cc, d->cc);
	replace(&x->bcc, d->bcc);
	replace(&x->subject, d->subject);
	strv_done(&x->attach);
	for (size_t i = 0; i < d->attach.n; i++)
		strv_add(&x->attach, d->attach.v[i]);
	if (x->attach_at >= x->attach.n)
		x->attach_at = x->attach.n ? x->attach.n - 1 : 0;
	x->body = body_text(draft_body(x->text));
	pager_set(&x->pager, x->body, true);
	text_free(old);
}

static void drafted(struct app *a, void *ctx, struct event *ev)
{
	struct compose_view *x = ctx;

	x->busy = false;
	if (ev->kind == EVENT_DRAFT && ev->n)
		take(x, ev->drafts);
	else
		app_finish(a, ev);
}

static void save(struct compose_view *x, char *text)
{
	x->busy = true;
	app_await(x->v.app, engine_draft_save(x->v.app->engine, (size_t)x->account, x->id, text),
		drafted, x, x);
	free(text);
}

/* --- drawing --- */

static void draw_field(
	const struct region *r, int *row, const char *name, const char *value, int style)
{
	struct line line = LINE_INIT;

	line_pad_left(&line, STYLE_HEADER_NAME, name, 10);
	line_add(&line, STYLE_HEADER_NAME, "  ");
	line_add(&line, style, value);
	draw_line(r, (*row)++, &line, 0, STYLE_PLAIN);
	line_done(&line);
}

static void draw_files(struct compose_view *x, const struct region *r, int *row)
{
	struct line line = LINE_INIT;

	for (size_t i = 0; i < x->attach.n; i++) {
		const char *slash = strrchr(x->attach.v[i], '/');

		line_clear(&line);
		line_pad_left(&line, STYLE_HEADER_NAME, i == 0 ? _("Files") : "", 10);
		line_add(&line, STYLE_HEADER_NAME, "  ");
		line_add(&line, STYLE_ATTACHMENT, slash ? slash + 1 : x->attach.v[i]);
		line_addf(&line, STYLE_DIM, "  %s", x->attach.v[i]);
		draw_line(r, (*row)++, &line, 0, STYLE_PLAIN);
	}
	line_done(&line);
}

static void compose_draw(struct view *v, const struct region *r)
{
	struct compose_view *x = self(v);
	struct region body;
	int row = 0;

	draw_field(r, &row, _("From"), x->from, STYLE_HEADER_VALUE);
	draw_field(r, &row, _("To"), x->to, STYLE_HEADER_VALUE);
	if (r->rows > 12 || *x->cc)
		draw_field(r, &row, _("Cc"), x->cc, STYLE_HEADER_VALUE);
	if (r->rows > 12 || *x->bcc)
		draw_field(r, &row, _("Bcc"), x->bcc, STYLE_HEADER_VALUE);
	draw_field(r, &row, _("Subject"), x->subject, STYLE_HEADER_SUBJECT);
	draw_files(x, r, &row);
	draw_rule(r, row++, app_ascii(v->app));
	body = (struct region){r->row + row, r->col + 1, r->rows - row, r->cols - 1};
	if (body.rows > 0)
		pager_draw(&x->pager, &body);
}

static void compose_status(struct view *v, struct line *out)
{
	struct compose_view *x = self(v);

	line_add(out, STYLE_STATUS, _("Ready to send: y sends, e edits again"));
	if (x->attach.n)
		line_addf(out, STYLE_STATUS,
			ngettext("  %zu file", "  %zu files", (unsigned long)x->attach.n),
			x->attach.n);
}

static void compose_move(struct view *v, enum move m, int n)
{
	pager_move(&self(v)->pager, m, n);
}

static void compose_search(struct view *v, const char *text, int step)
{
	if (!pager_search(&self(v)->pager, text, step))
		app_error(v->app, _("Not found"));
}

/* --- the editor --- */

static void edited(struct app *a, void *ctx, struct event *ev)
{
	struct compose_view *x = ctx;

	(void)ev;
	x->busy = true;
	app_await(a, engine_draft_reload(a->engine, (size_t)x->account, x->id), drafted, x, x);
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

void view_compose_edit(struct view *v)
{
	struct compose_view *x = self(v);

	if (x->busy)
		app_message(v->app, _("One moment: the draft is being saved"));
	else
		app_run_child(v->app, editor_command(v->app), x->path, edited, x, x);
}

/* --- fields --- */

static void field_given(struct app *a, void *ctx, const char *value)
{
	struct compose_view *x = ctx;

	(void)a;
	if (value)
		save(x, draft_set_header(x->text, x->field, value));
}

void view_compose_field(struct view *v, const char *name)
{
	struct compose_view *x = self(v);
	struct str label = STR_INIT;
	char *value = draft_header(x->text, name);

	replace(&x->field, name);
	str_addf(&label, "%s: ", _(name));
	app_ask(v->app, str_c(&label), value,
		strcmp(name, "Subject") == 0 ? HISTORY_NONE : HISTORY_ADDRESS, NULL, field_given, x,
		x);
	free(value);
	str_done(&label);
}

static void attach_file(struct compose_view *x, const char *written)
{
	char *path = file_expand(written), *full = realpath(path, NULL);
	struct stat st;

	if (!full || stat(full, &st) < 0)
		app_error(x->v.app, _("There is no file %s"), path);
	else if (!S_ISREG(st.st_mode) || access(full, R_OK) < 0)
		app_error(x->v.app, _("%s cannot be attached: it is not a readable file"), path);
	else
		save(x, draft_add_header(x->text, "Attach", full));
	free(path);
	free(full);
}

static void file_given(struct app *a, void *ctx, const char *path)
{
	struct str s = STR_INIT;

	(void)a;
	if (!path)
		return;
	str_adds(&s, path);
	while (s.len && s.p[s.len - 1] == ' ')
		str_cut(&s, s.len - 1);
	if (s.len)
		attach_file(ctx, str_c(&s));
	str_done(&s);
}

void view_compose_attach(struct view *v, const char *path)
{
	if (*path)
		attach_file(self(v), path);
	else
		app_ask(v->app, _("Attach file: "), "", HISTORY_PATH, complete_path_line,
			file_given, self(v), v);
}

static void detach_given(struct app *a, void *ctx, const char *answer)
{
	struct compose_view *x = ctx;
	int n = answer ? atoi(answer) : 0;

	if (!answer)
		return;
	if (n < 1 || (size_t)n > x->attach.n) {
		app_error(a, _("There is no file %s"), answer);
		return;
	}
	save(x, draft_drop_header(x->text, "Attach", (size_t)n - 1));
}

void view_compose_detach(struct view *v)
{
	struct compose_view *x = self(v);
	struct str label = STR_INIT;

	if (x->attach.n == 0) {
		app_message(v->app, _("No file is attached"));
	} else if (x->attach.n == 1) {
		save(x, draft_drop_header(x->text, "Attach", 0));
	} else {
		str_addf(&label, _("Take away which file (1-%zu)? "), x->attach.n);
		app_ask(v->app, str_c(&label), "", HISTORY_NONE, NULL, detach_given, x, x);
		str_done(&label);
	}
}

/* --- leaving --- */

static void sent(struct app *a, void *ctx, struct event *ev)
{
	struct compose_view *x = ctx;
	long undo = settings_int(a->settings, SET_UNDO_SEND);

	x->busy = false;
	if (ev->kind != EVENT_DONE) {
		app_finish(a, ev);
		return;
	}
	app_close_view(a, &x->v);
	if (undo > 0)
		app_message(a, _("Sending in %ld seconds; :outbox takes it back"), undo);
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

static void send_without_files(struct compose_view *x)
{
	/* TRANSLATORS: beginnings of words, in lower case, separated by blanks, that speak of an
	 * attached file. */
	if (x->attach.n == 0 && draft_mentions(x->text, _("attach enclosed")))
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

void view_compose_send(struct view *v)
{
	struct compose_view *x = self(v);

	if (x->busy) {
		app_message(v->app, _("One moment: the draft is being saved"));
		return;
	}
	if (!*x->to && !*x->cc && !*x->bcc) {
		app_error(v->app, _("Nobody to send it to: t sets To"));
		return;
	}
	if (!*x->subject)
		app_ask_choice(v->app, _("No subject. Send it anyway? (y/n) "), "ny",
			send_without_subject, x, x);
	else
		send_without_files(x);
}

void view_compose_postpone(struct view *v)
{
	struct app *a = v->app;

	app_close_view(a, v);
	app_message(a, _("Kept as a draft; R goes on with it"));
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
		view_compose_postpone(&x->v);
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

void view_compose_discard(struct view *v)
{
	app_ask_choice(v->app, _("Discard this draft for good? (y/n) "), "ny", discard_answered,
		self(v), v);
}

static void compose_close(struct view *v)
{
	struct compose_view *x = self(v);
	char *fields[] = {
		x->id, x->path, x->text, x->from, x->to, x->cc, x->bcc, x->subject, x->field};

	for (size_t i = 0; i < MEM_COUNT(fields); i++)
		free(fields[i]);
	strv_done(&x->attach);
	pager_done(&x->pager);
	text_free(x->body);
	free(x);
}

static const struct view_ops ops = {
	.context = UI_COMPOSE,
	.title = compose_title,
	.draw = compose_draw,
	.status = compose_status,
	.move = compose_move,
	.search = compose_search,
	.leave = compose_leave,
	.close = compose_close,
};

void view_compose_open(struct app *a, int account, const struct draft_info *d, bool edit)
{
	struct compose_view *x = mem_alloc(sizeof(*x));

	x->v = (struct view){&ops, a};
	x->account = account < 0 ? 0 : account;
	take(x, d);
	if (app_new_tab(a, &x->v) < 0) {
		compose_close(&x->v);
		app_error(a, _("Too many tabs are open; the draft is kept, R goes on with it"));
		return;
	}
	/* Someone who is typing an answer must not lose the keyboard to the editor. */
	if (edit && !a->prompt.active && !a->child.pid)
		view_compose_edit(&x->v);
}

int view_compose_account(struct view *v)
{
	return self(v)->account;
}

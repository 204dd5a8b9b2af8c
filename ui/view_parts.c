/* The parts and attachments of a message. */
#include "ui/pathtext.h"
#include "ui/view_list.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct parts_view {
	struct list_view list;
	struct msglist *l;
	uint32_t uid;
	unsigned numbering; /* of uid */
	struct part_info *parts;
	size_t nparts;
	struct strv strings; /* type and name of each */
	bool *tagged;
	/* What is being looked at: a part, how, and the program where the person names one. */
	char *section, *program;
	enum viewed_way way;
	unsigned look, looking; /* which it is of all; the request, 0: it was answered */
	/* What is being saved, one after the other. */
	struct strv saving;
	char *into;
	size_t saved;
};

static struct parts_view *self(struct list_view *x)
{
	return (struct parts_view *)(void *)x;
}

static size_t parts_count(struct list_view *x)
{
	return self(x)->nparts;
}

static bool is_multipart(const struct part_info *p)
{
	return str_starts(p->type, "multipart/");
}

static const char *label_of(const struct part_info *p)
{
	if (*p->name)
		return p->name;
	if (is_multipart(p))
		return _("(the parts below)");
	return p->attachment ? _("(no name)") : _("(text of the message)");
}

static void parts_row(struct list_view *x, size_t i, struct line *out, int width)
{
	const struct part_info *p = &self(x)->parts[i];
	struct str s = STR_INIT;

	line_addf(out, STYLE_DIM, "%3zu ", i + 1);
	line_add(out, STYLE_TAGGED, self(x)->tagged[i] ? "*" : " ");
	for (int d = 0; d < p->depth && d < 8; d++)
		str_adds(&s, "  ");
	str_adds(&s, label_of(p));
	line_pad(out, p->attachment ? STYLE_ATTACHMENT : STYLE_PLAIN, str_c(&s), width - 5 - 39);
	line_add(out, STYLE_PLAIN, " ");
	line_pad(out, STYLE_DIM, p->type, 20);
	str_clear(&s);
	draw_size(&s, p->size);
	line_pad_left(out, STYLE_SIZE, str_c(&s), 6);
	line_add(out, STYLE_DIM, p->here ? "" : _("  on server"));
	if (p->doubt != KIND_FINE)
		line_add(out, STYLE_NOTICE,
			p->doubt == KIND_PROGRAM ? _("  ! program") : _("  ! differs"));
	str_done(&s);
}

static bool stands(struct parts_view *x)
{
	if (msglist_stands(x->l, x->uid, x->numbering))
		return true;
	app_error(x->list.v.app,
		_("The folder was switched or numbered anew meanwhile; nothing was done"));
	return false;
}

static void saved(struct app *a, void *ctx, struct event *ev)
{
	(void)ctx;
	if (ev->kind == EVENT_SAVED)
		app_message(a, _("Saved as %s"), ev->saved.path);
	else
		app_finish(a, ev);
}

static void save_part(struct parts_view *x, const char *section, const char *written)
{
	struct app *a = x->list.v.app;
	char *path;

	if (!stands(x))
		return;
	path = pathtext_path(written);
	app_await_long(
		a, engine_save_part(a->engine, x->l, x->uid, section, path), saved, NULL, NULL);
	free(path);
}

/* A question about one part. */
struct asked {
	struct parts_view *x;
	unsigned look;
	char section[];
};

static struct asked *asked_about(struct parts_view *x, const char *section)
{
	struct asked *q = mem_alloc(sizeof(*q) + strlen(section) + 1);

	q->x = x;
	q->look = x->look;
	memcpy(q->section, section, strlen(section) + 1);
	return q;
}

static void save_to(struct app *a, void *ctx, const char *written)
{
	struct asked *q = ctx;

	(void)a;
	if (written)
		save_part(q->x, q->section, written);
	free(q);
}

static void ask_where(struct parts_view *x, const struct part_info *p)
{
	struct app *a = x->list.v.app;
	struct str shown = STR_INIT;
	char *name, *offer;

	/* The name comes from a stranger: only its safe form is offered. */
	name = file_safe_name(*p->name ? p->name : "message.txt");
	pathtext_show(&shown, name);
	offer = file_join(settings_text(a->settings, SET_DOWNLOADS), shown.p);
	str_done(&shown);
	/* "~/" and "/" would show as "~//" otherwise. */
	for (char *at = offer; (at = strstr(at, "//"));)
		memmove(at, at + 1, strlen(at));
	app_ask(a, _("Save as: "), offer, HISTORY_PATH, complete_path_line, save_to,
		asked_about(x, p->section), x);
	free(offer);
	free(name);
}

static void parts_save(struct view *v, const char *path)
{
	struct list_view *x = list_of(v);
	struct parts_view *p = self(x);

	if (x->scroll.cursor >= p->nparts)
		return;
	if (*path)
		save_part(p, p->parts[x->scroll.cursor].section, path);
	else
		ask_where(p, &p->parts[x->scroll.cursor]);
}

/* The row under the cursor; NULL: there is none. */
static struct part_info *chosen(struct parts_view *x)
{
	size_t at = x->list.scroll.cursor;

	return at < x->nparts ? &x->parts[at] : NULL;
}

static void pipe_part(struct parts_view *x, const char *section, const char *command, bool waits)
{
	struct app *a = x->list.v.app;

	if (stands(x))
		app_pipe(a, engine_lend_part(a->engine, x->l, x->uid, section), command, waits);
}

static void pipe_to(struct app *a, void *ctx, const char *command)
{
	struct asked *q = ctx;

	(void)a;
	if (command && *command)
		pipe_part(q->x, q->section, command, true);
	free(q);
}

static void cmd_pipe_part(struct app *a, const struct args *args)
{
	struct parts_view *x = self(list_of(app_view(a)));
	struct part_info *p = chosen(x);

	if (p && args->n)
		pipe_part(x, p->section, args->rest, true);
	else if (p)
		app_ask(a, _("Pipe to: "), "", HISTORY_PROGRAM, NULL, pipe_to,
			asked_about(x, p->section), x);
}

static void cmd_print_part(struct view *v)
{
	struct parts_view *x = self(list_of(v));
	struct part_info *p = chosen(x);
	const char *command = settings_text(v->app->settings, SET_PRINT_COMMAND);

	if (p)
		pipe_part(x, p->section, command, false);
}

/* --- looking at a part --- */

static void view_again(struct parts_view *x, bool warned);

static void warned(struct app *a, void *ctx, const char *answer)
{
	struct asked *q = ctx;

	if (answer && *answer == 'y' && q->look == q->x->look)
		view_again(q->x, true);
	else if (answer && *answer == 'y')
		app_error(a, _("Another part was opened meanwhile; nothing was done"));
	free(q);
}

/* A program with windows of its own goes on beside us. */
static void run_mailcap(struct app *a, const struct viewed *v)
{
	const char *args[12] = {v->path};
	struct str script = STR_INIT;
	char *name = mem_strndup(v->script, strcspn(v->script, " "));

	for (size_t i = 0; i < v->args.n && i + 2 < MEM_COUNT(args); i++)
		args[i + 1] = v->args.v[i];
	str_addf(&script, v->terminal ? "%s" : "{ %s\n} </dev/null >/dev/null 2>&1 &", v->script);
	app_run_lent(a, v->path, name, script.p, args, !v->terminal);
	str_done(&script);
	free(name);
}

static void run_on_file(struct app *a, const struct viewed *v, const char *command, bool waits)
{
	const char *const args[] = {v->path, _("Press Enter to go on"), NULL};
	struct str script = STR_INIT;

	str_addf(&script,
		waits ? "%s \"$1\"; rc=$?; printf '\\n%%s' \"$2\"; read -r key || echo; exit $rc"
		      : "exec %s \"$1\"",
		command);
	app_run_lent(a, v->path, command, script.p, args, !waits);
	str_done(&script);
}

static void run_viewer(struct parts_view *x, const struct viewed *v)
{
	struct app *a = x->list.v.app;
	const char *image = settings_text(a->settings, SET_IMAGE_COMMAND);

	if (x->way == VIEWED_FILE)
		run_on_file(a, v, x->program, false);
	else if (x->way == VIEWED_ANYHOW && *image && str_starts(v->type, "image/"))
		run_on_file(a, v, image, true);
	else if (v->script)
		run_mailcap(a, v);
	else
		run_on_file(a, v, "xdg-open", false);
}

static void viewed_came(struct app *a, void *ctx, struct event *ev)
{
	struct parts_view *x = ctx;
	struct viewed *v = ev->kind == EVENT_VIEWED ? engine_take_viewed(ev) : NULL;

	x->looking = 0;
	if (!v) {
		app_finish(a, ev);
	} else if (v->warning) {
		struct str s = STR_INIT;

		str_addf(&s, _("%s. Open it all the same? (y/n) "), v->warning);
		app_ask_choice(a, s.p, "ny", warned, asked_about(x, x->section), x);
		str_done(&s);
	} else if (v->text) {
		app_push_over(
			a, &x->list.v, view_text_new(a, *v->name ? v->name : v->type, v->text));
		v->text = NULL;
	} else {
		run_viewer(x, v);
	}
	viewed_free(v);
}

static void view_again(struct parts_view *x, bool heard)
{
	struct app *a = x->list.v.app;

	if (!stands(x))
		return;
	x->looking = engine_view_part(
		a->engine, x->l, x->uid, x->section, x->way, a->layout.main.cols - 1, heard);
	app_await_long(a, x->looking, viewed_came, x, x);
}

/* What is asked for last is looked at. */
static void stop_looking(struct parts_view *x)
{
	struct app *a = x->list.v.app;

	if (!x->looking)
		return;
	app_unawait(a, x->looking);
	engine_cancel(a->engine, x->looking);
	x->looking = 0;
}

static void view_part(struct parts_view *x, const struct part_info *p, enum viewed_way way)
{
	if (is_multipart(p)) {
		app_error(x->list.v.app, _("It has parts, which stand below it: open one of them"));
		return;
	}
	stop_looking(x);
	free(x->section);
	x->section = mem_strdup(p->section);
	x->way = way;
	x->look++;
	view_again(x, false);
}

static void cmd_view_text(struct view *v)
{
	struct part_info *p = chosen(self(list_of(v)));

	if (p)
		view_part(self(list_of(v)), p, VIEWED_AS_TEXT);
}

static void cmd_view_mailcap(struct view *v)
{
	struct part_info *p = chosen(self(list_of(v)));

	if (p)
		view_part(self(list_of(v)), p, VIEWED_MAILCAP);
}

static void open_with(struct parts_view *x, const char *section, const char *program)
{
	for (size_t i = 0; i < x->nparts; i++)
		if (strcmp(x->parts[i].section, section) == 0) {
			stop_looking(x);
			free(x->program);
			x->program = mem_strdup(program);
			view_part(x, &x->parts[i], VIEWED_FILE);
			return;
		}
}

static void program_given(struct app *a, void *ctx, const char *program)
{
	struct asked *q = ctx;

	(void)a;
	if (program && *program)
		open_with(q->x, q->section, program);
	free(q);
}

static void cmd_open_with(struct app *a, const struct args *args)
{
	struct parts_view *x = self(list_of(app_view(a)));
	struct part_info *p = chosen(x);

	if (p && args->n)
		open_with(x, p->section, args->rest);
	else if (p)
		app_ask(a, _("Open with: "), "", HISTORY_PROGRAM, NULL, program_given,
			asked_about(x, p->section), x);
}

static void parts_open(struct list_view *x, size_t i)
{
	view_part(self(x), &self(x)->parts[i], VIEWED_ANYHOW);
}

/* --- without it --- */

static void part_cut(struct app *a, void *ctx, struct event *ev)
{
	struct parts_view *x = ctx;

	app_finish(a, ev);
	if (ev->kind == EVENT_DONE)
		app_close_view(a, &x->list.v);
}

static void cut_agreed(struct app *a, void *ctx, const char *answer)
{
	struct asked *q = ctx;
	struct parts_view *x = q->x;

	for (size_t i = 0; answer && *answer == 'y' && i < x->nparts; i++)
		if (strcmp(x->parts[i].section, q->section) == 0 && stands(x)) {
			const struct part_info *p = &x->parts[i];

			app_await_long(a,
				engine_cut_part(
					a->engine, x->l, x->uid, p->section, p->type, p->name),
				part_cut, x, x);
			break;
		}
	free(q);
}

static void cmd_delete_part(struct view *v)
{
	struct parts_view *x = self(list_of(v));
	struct part_info *p = chosen(x);
	struct str s = STR_INIT;

	if (!p)
		return;
	str_addf(&s, _("Delete “%s” from the message, and keep the rest? (y/n) "), label_of(p));
	app_ask_choice(v->app, s.p, "ny", cut_agreed, asked_about(x, p->section), x);
	str_done(&s);
}

/* --- several --- */

static void cmd_tag_part(struct view *v)
{
	struct parts_view *x = self(list_of(v));

	if (!chosen(x))
		return;
	x->tagged[x->list.scroll.cursor] ^= true;
	list_move(v, MOVE_NEXT, 1);
}

static void save_next(struct parts_view *x);

static void one_saved(struct app *a, void *ctx, struct event *ev)
{
	struct parts_view *x = ctx;

	if (ev->kind != EVENT_SAVED) {
		app_finish(a, ev);
		return;
	}
	x->saved++;
	save_next(x);
}

static void save_next(struct parts_view *x)
{
	struct app *a = x->list.v.app;

	if (x->saved < x->saving.n) {
		if (stands(x))
			app_await_long(a,
				engine_save_part(
					a->engine, x->l, x->uid, x->saving.v[x->saved], x->into),
				one_saved, x, x);
		return;
	}
	app_message(a,
		ngettext("%zu file was saved in %s", "%zu files were saved in %s",
			(unsigned long)x->saved),
		x->saved, x->into);
}

/* The tagged ones; without any what is attached; without that, all. */
static bool is_meant(const struct parts_view *x, size_t i, size_t tagged, size_t attached)
{
	if (tagged)
		return x->tagged[i];
	return attached ? x->parts[i].attachment : !is_multipart(&x->parts[i]);
}

static void collect(struct parts_view *x)
{
	size_t tagged = 0, attached = 0;

	for (size_t i = 0; i < x->nparts; i++) {
		tagged += x->tagged[i];
		attached += x->parts[i].attachment;
	}
	strv_done(&x->saving);
	x->saving = (struct strv)STRV_INIT;
	for (size_t i = 0; i < x->nparts; i++)
		if (is_meant(x, i, tagged, attached))
			strv_add(&x->saving, x->parts[i].section);
}

static void save_parts(struct parts_view *x, const char *written)
{
	char *path = pathtext_path(written);
	size_t len = strlen(path);
	struct str dir = STR_INIT;

	str_addf(&dir, "%s%s", path, len && path[len - 1] == '/' ? "" : "/");
	free(path);
	free(x->into);
	x->into = str_steal(&dir);
	x->saved = 0;
	save_next(x);
}

static void save_into(struct app *a, void *ctx, const char *written)
{
	(void)a;
	if (written && *written)
		save_parts(ctx, written);
}

static void cmd_save_parts(struct app *a, const struct args *args)
{
	struct parts_view *x = self(list_of(app_view(a)));
	struct str label = STR_INIT;

	collect(x);
	if (args->n) {
		save_parts(x, args->rest);
		return;
	}
	str_addf(&label,
		ngettext("Save %zu file in the directory: ", "Save %zu files in the directory: ",
			(unsigned long)x->saving.n),
		x->saving.n);
	app_ask(a, label.p, settings_text(a->settings, SET_DOWNLOADS), HISTORY_PATH,
		complete_path_line, save_into, x, x);
	str_done(&label);
}

static void parts_done(struct list_view *x)
{
	free(self(x)->parts);
	free(self(x)->tagged);
	free(self(x)->section);
	free(self(x)->program);
	free(self(x)->into);
	strv_done(&self(x)->saving);
	strv_done(&self(x)->strings);
}

static const struct list_ops parts_list = {.empty = N_("This message has no parts"),
	.count = parts_count,
	.row = parts_row,
	.open = parts_open,
	.done = parts_done};

static const struct hint hints[] = {{"back", N_("Back")}, {"open", N_("View")},
	{"save", N_("Save")}, {"save-parts", N_("Save all")}, {"pipe-part", N_("Pipe")},
	{"view-mailcap", N_("Program")}, {"search", N_("Search")}, {NULL, NULL}};

static const struct command commands[] = {
	{"pipe-part", UI_PARTS, N_("give the decoded bytes of this part to a command"),
		.args = "[COMMAND]", .max = -1, .run_args = cmd_pipe_part},
	{"print-part", UI_PARTS, N_("print this part by print-command"),
		.run_view = cmd_print_part},
	{"save-parts", UI_PARTS, N_("save the tagged parts, or all files, in a directory"),
		.args = "[DIRECTORY]", .max = -1, .run_args = cmd_save_parts,
		.complete = complete_path},
	{"delete-part", UI_PARTS, N_("delete this part from the message, whose rest stays"),
		.run_view = cmd_delete_part},
	{"tag-part", UI_PARTS, N_("tag this part, or untag it"), .run_view = cmd_tag_part},
	{"open-with", UI_PARTS, N_("open this part with a program"), .args = "[PROGRAM]", .max = -1,
		.run_args = cmd_open_with},
	{"view-mailcap", UI_PARTS, N_("show this part with the program that mailcap names"),
		.run_view = cmd_view_mailcap},
	{"view-text", UI_PARTS, N_("show the bytes of this part as text"),
		.run_view = cmd_view_text},
	{.name = NULL},
};

const struct view_ops view_parts_ops = {
	.commands = commands,
	.context = UI_PARTS,
	.label = N_("Attachments"),
	.hints = hints,
	.save = parts_save,
	LIST_VIEW,
};

struct view *view_parts_new(
	struct app *a, struct msglist *l, uint32_t uid, const struct message_view *m)
{
	struct parts_view *x = list_new(a, sizeof(*x), &view_parts_ops, &parts_list);

	x->l = l;
	x->uid = uid;
	x->numbering = msglist_numbering(l);
	x->nparts = m->nparts;
	x->parts = mem_array(m->nparts + 1, sizeof(*x->parts));
	x->tagged = mem_array(m->nparts + 1, sizeof(*x->tagged));
	for (size_t i = 0; i < m->nparts; i++) {
		x->parts[i] = m->parts[i];
		/* The reader below may get a fuller message meanwhile: keep copies. */
		strv_add(&x->strings, m->parts[i].type ? m->parts[i].type : "");
		strv_add(&x->strings, m->parts[i].name ? m->parts[i].name : "");
	}
	for (size_t i = 0; i < m->nparts; i++) {
		x->parts[i].type = x->strings.v[2 * i];
		x->parts[i].name = x->strings.v[2 * i + 1];
	}
	for (size_t i = m->nparts; i > 0; i--)
		if (x->parts[i - 1].attachment)
			x->list.scroll.cursor = i - 1;
	return &x->list.v;
}

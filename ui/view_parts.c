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
};

static struct parts_view *self(struct list_view *x)
{
	return (struct parts_view *)(void *)x;
}

static size_t parts_count(struct list_view *x)
{
	return self(x)->nparts;
}

static void parts_row(struct list_view *x, size_t i, struct line *out, int width)
{
	const struct part_info *p = &self(x)->parts[i];
	struct str s = STR_INIT;

	line_pad_left(out, STYLE_DIM, p->section, 5);
	str_adds(&s, "  ");
	for (int d = 0; d < p->depth && d < 8; d++)
		str_adds(&s, "  ");
	str_adds(&s, *p->name        ? p->name
		     : p->attachment ? _("(no name)")
				     : _("(text of the message)"));
	line_pad(out, p->attachment ? STYLE_ATTACHMENT : STYLE_PLAIN, str_c(&s), width - 5 - 39);
	line_add(out, STYLE_PLAIN, " ");
	line_pad(out, STYLE_DIM, p->type, 20);
	str_clear(&s);
	draw_size(&s, p->size);
	line_pad_left(out, STYLE_SIZE, str_c(&s), 6);
	line_add(out, STYLE_DIM, p->here ? "" : _("  on server"));
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

/* A question where to save one part. */
struct asked {
	struct parts_view *x;
	char section[];
};

static struct asked *asked_about(struct parts_view *x, const struct part_info *p)
{
	struct asked *q = mem_alloc(sizeof(*q) + strlen(p->section) + 1);

	q->x = x;
	memcpy(q->section, p->section, strlen(p->section) + 1);
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
		asked_about(x, p), x);
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
		app_ask(a, _("Pipe to: "), "", HISTORY_PROGRAM, NULL, pipe_to, asked_about(x, p),
			x);
}

static void cmd_print_part(struct view *v)
{
	struct parts_view *x = self(list_of(v));
	struct part_info *p = chosen(x);
	const char *command = settings_text(v->app->settings, SET_PRINT_COMMAND);

	if (p)
		pipe_part(x, p->section, command, false);
}

static void parts_open(struct list_view *x, size_t i)
{
	ask_where(self(x), &self(x)->parts[i]);
}

static void parts_done(struct list_view *x)
{
	free(self(x)->parts);
	strv_done(&self(x)->strings);
}

static const struct list_ops parts_list = {.empty = N_("This message has no parts"),
	.count = parts_count,
	.row = parts_row,
	.open = parts_open,
	.done = parts_done};

static const struct hint hints[] = {
	{"back", N_("Back")}, {"save", N_("Save")}, {"search", N_("Search")}, {NULL, NULL}};

static const struct command commands[] = {
	{"pipe-part", UI_PARTS, N_("give the decoded bytes of this part to a command"),
		.args = "[COMMAND]", .max = -1, .run_args = cmd_pipe_part},
	{"print-part", UI_PARTS, N_("print this part by print-command"),
		.run_view = cmd_print_part},
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

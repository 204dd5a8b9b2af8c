/* The screen as it is begun: tabs, settings that are wrong, and what the command line asks for. */
#include "ui/app.h"
#include "ui/folder_tree.h"
#include "ui/views.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* The first screen of a tab: its folder, or where there is none the list of them. */
static struct view *fill_tab(struct app *a, const struct tab *t)
{
	struct err err = {0};
	struct view *v = NULL;

	if (t->account >= 0 || t->folder)
		v = view_index_new(a, t->account, t->folder ? t->folder : "INBOX", &err);
	if (!v && err.kind != ERR_NONE)
		app_error(a, "%s", err.text);
	return v ? v : view_folders_new(a);
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

	if (ev->kind != EVENT_DRAFT) {
		app_finish(a, ev);
		return;
	}
	add_start(&ev->draft->draft, s->draft);
	app_await(a,
		engine_draft_save(a->engine, (size_t)(ev->account < 0 ? 0 : ev->account),
			ev->draft->id, &ev->draft->draft),
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

void app_init(struct app *a, struct engine *e, struct settings *s, const struct app_start *start,
	struct ui_config *config, const char *path)
{
	char *folded;

	*a = (struct app){.engine = e, .settings = s, .config = config, .fill_tab = fill_tab};
	app_theme(a);
	a->history = a->prompt.history = history_new();
	if (path)
		history_load(a->history, path);
	a->tree = folder_tree_new(e);
	folded = folder_tree_path(path);
	folder_tree_load(a->tree, folded);
	free(folded);
	app_sidebar(a);
	open_first(a, start);
	for (size_t i = 0; start->messages && i < start->messages->n; i++)
		app_error(a, "%s", start->messages->v[i]);
	if (start->draft || start->resume)
		compose_first(a, start);
}

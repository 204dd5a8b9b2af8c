/* Whole folders in and out, and backups. */
#include "ui/cmd.h"
#include "ui/pathtext.h"
#include "ui/views.h"

#include "base/i18n.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static void begin(struct app *a, unsigned request)
{
	app_await_long(a, request, NULL, NULL, NULL);
}

/* By the name that was meant. False: none was given. */
static bool path_given(const char *line, char **path)
{
	*path = line && line[strspn(line, " ")] ? pathtext_path(line) : NULL;
	return *path != NULL;
}

/* The account of what is on the screen; -1 when there is none, and said so. */
static int account_here(struct app *a)
{
	int account = app_account(a);

	if (account < 0)
		app_error(a, _("There is no account here"));
	return account;
}

/* The account that a question was about, as its context and back. */
static void *about(int account)
{
	return (void *)(intptr_t)account;
}

static size_t account_of(void *ctx)
{
	return (size_t)(intptr_t)ctx;
}

/* The list of messages on this tab; NULL when there is none. */
static struct msglist *list_here(struct app *a)
{
	struct view *v = app_find_view(a, UI_INDEX);

	return v ? view_index_list(v) : NULL;
}

/* --- export --- */

static void export_all(struct app *a, void *ctx, const char *path)
{
	char *given;

	if (path_given(path, &given))
		begin(a, engine_export_folder(a->engine, account_of(ctx), NULL, given));
	free(given);
}

/* Without UIDs the whole list is meant. */
static void export_to(struct app *a, void *ctx, const char *path)
{
	struct selection *s = ctx;
	char *given;

	if (path_given(path, &given) && selection_stands(a, s))
		begin(a, engine_export(a->engine, s->list, s->uids, s->n, given));
	free(given);
	selection_done(s);
	free(s);
}

static void export_list(struct app *a, const char *path)
{
	struct msglist *l = list_here(a);
	struct selection *s;

	if (!l) {
		app_error(a, _("Open a folder first"));
		return;
	}
	s = mem_alloc(sizeof(*s));
	*s = selection_of(l);
	s->n = msglist_tagged(l, &s->uids);
	if (!s->n)
		MEM_FREE(s->uids);
	if (path)
		export_to(a, s, path);
	else
		app_ask(a,
			s->n ? _("Copy the tagged messages to (Maildir or new .mbox file): ")
			     : _("Copy this folder to (Maildir or new .mbox file): "),
			"", HISTORY_PATH, complete_path_line, export_to, s,
			app_find_view(a, UI_INDEX));
}

/* What stands behind the first n words, with its blanks; NULL: nothing. */
static const char *rest_behind(const struct args *args, size_t n)
{
	const char *rest = args->rest;

	if (args->n <= n)
		return NULL;
	for (size_t i = 0; i < n; i++)
		rest += strlen(args->v[i]) + 1;
	return rest;
}

static void cmd_export(struct app *a, const struct args *args)
{
	bool all = args->n && strcmp(args->v[0], "-a") == 0;
	const char *path = rest_behind(args, all);
	int account = all ? account_here(a) : -1;

	if (!all)
		export_list(a, path);
	else if (account >= 0 && path)
		export_all(a, about(account), path);
	else if (account >= 0)
		app_ask(a, _("Copy all folders into the Maildir: "), "", HISTORY_PATH,
			complete_path_line, export_all, about(account), NULL);
}

/* --- import --- */

struct importing {
	int account;
	char *folder; /* NULL: a whole tree */
};

static void import_given(struct app *a, void *ctx, const char *path)
{
	struct importing *x = ctx;
	char *given;

	if (path_given(path, &given))
		begin(a, engine_import(a->engine, (size_t)x->account, given, x->folder));
	free(given);
	free(x->folder);
	free(x);
}

static void import(struct app *a, int account, const char *folder, const char *path)
{
	struct importing *x = mem_alloc(sizeof(*x));

	*x = (struct importing){account, folder ? mem_strdup(folder) : NULL};
	if (path)
		import_given(a, x, path);
	else
		app_ask(a, _("Copy into this account (Maildir or mbox file): "), "", HISTORY_PATH,
			complete_path_line, import_given, x, NULL);
}

static void cmd_import(struct app *a, const struct args *args)
{
	bool tree = args->n && strcmp(args->v[0], "-a") == 0;
	const char *path = args->n > (size_t)tree ? args->v[tree] : NULL;
	const char *folder = !tree && path ? rest_behind(args, 1) : NULL;
	int account = account_here(a);

	if (account < 0)
		return;
	if (!tree && !folder && list_here(a) && !msglist_spans(list_here(a)))
		folder = msglist_folder(list_here(a));
	if (!tree && !folder)
		app_error(a, _("Into which folder? import PATH FOLDER"));
	else
		import(a, account, folder, tree ? rest_behind(args, 1) : path);
}

/* --- backup --- */

static void backup_to(struct app *a, void *ctx, const char *path)
{
	char *given;

	if (path_given(path, &given))
		begin(a, engine_backup(a->engine, account_of(ctx), given));
	free(given);
}

static void cmd_backup(struct app *a, const struct args *args)
{
	int account = account_here(a);

	if (account < 0)
		return;
	if (args->n)
		backup_to(a, about(account), args->rest);
	else
		app_ask(a, _("Back up into (directory or .tar.gz file): "), "~/", HISTORY_PATH,
			complete_path_line, backup_to, about(account), NULL);
}

const struct command cmd_files_commands[] = {
	{"export", UI_ANY,
		N_("copy this folder, or the tagged messages, into a Maildir or a new "
		   ".mbox file; "
		   "-a "
		   "all folders of the account"),
		.args = "[-a] [PATH]", .max = -1, .run_args = cmd_export,
		.complete = complete_transfer},
	{"import", UI_ANY,
		N_("copy an mbox or Maildir into this folder, or FOLDER; -a a whole "
		   "Maildir tree"),
		.args = "[-a] [PATH [FOLDER]]", .max = -1, .run_args = cmd_import,
		.complete = complete_transfer},
	{"backup", UI_ANY, N_("write what exists only here into a .tar.gz, and read it back"),
		.args = "[PATH]", .max = -1, .run_args = cmd_backup, .complete = complete_path},
	{.name = NULL},
};

/* Whole folders in and out, and backups. */
#include "ui/cmd.h"
#include "ui/views.h"

#include "base/i18n.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static void begin(struct app *a, unsigned request)
{
	a->progress_request = request;
	app_await(a, request, NULL, NULL, NULL);
}

/* The account of what is on the screen; -1 when there is none, and said so. */
static int account_here(struct app *a)
{
	int account = app_account(a);

	if (account < 0)
		app_error(a, _("There is no account here"));
	return account;
}

/* The same where a path was asked for; -1 too when none was given, which needs no word. */
static int account_for(struct app *a, const char *path)
{
	return path && *path ? account_here(a) : -1;
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
	int account = account_for(a, path);

	(void)ctx;
	if (account >= 0)
		begin(a, engine_export_folder(a->engine, (size_t)account, NULL, path));
}

struct exporting {
	struct msglist *list;
	uint32_t *uids; /* owned; NULL: all */
	size_t n;
};

static void export_to(struct app *a, void *ctx, const char *path)
{
	struct exporting *x = ctx;

	if (path && *path)
		begin(a, engine_export(a->engine, x->list, x->uids, x->n, path));
	free(x->uids);
	free(x);
}

static void export_list(struct app *a, const char *path)
{
	struct msglist *l = list_here(a);
	struct exporting *x;

	if (!l) {
		app_error(a, _("Open a folder first"));
		return;
	}
	x = mem_alloc(sizeof(*x));
	x->list = l;
	x->n = msglist_tagged(l, &x->uids);
	if (!x->n)
		MEM_FREE(x->uids);
	if (path)
		export_to(a, x, path);
	else
		app_ask(a,
			x->n ? _("Copy the tagged messages to (Maildir or new .mbox file): ")
			     : _("Copy this folder to (Maildir or new .mbox file): "),
			"", HISTORY_PATH, complete_path_line, export_to, x,
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

void cmd_export(struct app *a, const struct args *args)
{
	bool all = args->n && strcmp(args->v[0], "-a") == 0;
	const char *path = rest_behind(args, all);

	if (all && path)
		export_all(a, NULL, path);
	else if (all)
		app_ask(a, _("Copy all folders into the Maildir: "), "", HISTORY_PATH,
			complete_path_line, export_all, NULL, NULL);
	else
		export_list(a, path);
}

/* --- import --- */

static void import_tree(struct app *a, void *ctx, const char *path)
{
	int account = account_for(a, path);

	(void)ctx;
	if (account >= 0)
		begin(a, engine_import(a->engine, (size_t)account, path, NULL));
}

static void import_here(struct app *a, const char *path, const char *folder)
{
	int account = account_here(a);

	if (account < 0)
		return;
	if (!folder && list_here(a))
		folder = msglist_folder(list_here(a));
	if (!folder) {
		app_error(a, _("Into which folder? import PATH FOLDER"));
		return;
	}
	begin(a, engine_import(a->engine, (size_t)account, path, folder));
}

static void import_given(struct app *a, void *ctx, const char *path)
{
	(void)ctx;
	if (path && *path)
		import_here(a, path, NULL);
}

void cmd_import(struct app *a, const struct args *args)
{
	bool tree = args->n && strcmp(args->v[0], "-a") == 0;
	const char *path = args->n > (size_t)tree ? args->v[tree] : NULL;

	if (path && tree)
		import_tree(a, NULL, rest_behind(args, 1));
	else if (path)
		import_here(a, path, rest_behind(args, 1));
	else
		app_ask(a, _("Copy into this account (Maildir or mbox file): "), "", HISTORY_PATH,
			complete_path_line, tree ? import_tree : import_given, NULL, NULL);
}

/* --- backup --- */

static void backup_to(struct app *a, void *ctx, const char *path)
{
	int account = account_for(a, path);

	(void)ctx;
	if (account >= 0)
		begin(a, engine_backup(a->engine, (size_t)account, path));
}

void cmd_backup(struct app *a, const struct args *args)
{
	if (args->n)
		backup_to(a, NULL, args->rest);
	else
		app_ask(a, _("Back up into (directory or .tar.gz file): "), "~/", HISTORY_PATH,
			complete_path_line, backup_to, NULL, NULL);
}

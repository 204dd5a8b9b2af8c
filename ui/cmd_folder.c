/* Commands about folders themselves: made, deleted, renamed, folded. */
#include "ui/cmd.h"
#include "ui/folder_text.h"
#include "ui/folder_tree.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

/* --- make --- */

static void create_given(struct app *a, void *ctx, const char *name)
{
	size_t account = (size_t)(uintptr_t)ctx;

	if (name && *name)
		app_await(a, engine_create_folder(a->engine, account, name), NULL, NULL, NULL);
}

static void cmd_create(struct app *a, const struct args *args)
{
	int account = app_account(a);
	void *where = (void *)(uintptr_t)account;

	if (account < 0)
		app_error(a, _("There is no account here"));
	else if (args->n)
		create_given(a, where, args->rest);
	else
		app_ask(a, _("Name of the new folder: "), "", HISTORY_FOLDER, NULL, create_given,
			where, NULL);
}

/* --- which one is meant --- */

struct meant { /* what a question is about */
	size_t account;
	uint32_t known; /* messages that the person was told of */
	char name[];
};

static bool no_folder(struct app *a)
{
	app_error(a, _("There is no folder here; the command takes the name of one"));
	return false;
}

/* The one that is named, or under the cursor, or open. */
static bool find_meant(struct app *a, const char *name, int *account, int *folder)
{
	struct view *v = app_view(a), *index = app_find_view(a, UI_INDEX);

	*account = app_account(a);
	*folder = -1;
	if (*account < 0)
		return no_folder(a);
	if (!name && v->ops->folder)
		return v->ops->folder(v, account, folder) || no_folder(a);
	if (!name) {
		if (!index || view_index_account(index) < 0 ||
			msglist_spans(view_index_list(index)))
			return no_folder(a);
		*account = view_index_account(index);
		name = msglist_folder(view_index_list(index));
	}
	*folder = engine_find_folder(a->engine, (size_t)*account, name);
	if (*folder < 0)
		app_error(a, _("There is no folder “%s”"), name);
	return *folder >= 0;
}

static struct meant *meant_new(int account, const struct folder_info *f)
{
	struct meant *m = mem_alloc(sizeof(*m) + strlen(f->name) + 1);

	m->account = (size_t)account;
	m->known = folder_text_known(f);
	memcpy(m->name, f->name, strlen(f->name) + 1);
	return m;
}

/* --- delete --- */

static void delete_answered(struct app *a, void *ctx, const char *answer)
{
	struct meant *m = ctx;

	if (answer && *answer == 'y')
		app_await(a, engine_delete_folder(a->engine, m->account, m->name, m->known), NULL,
			NULL, NULL);
	free(m);
}

static void cmd_delete_folder(struct app *a, const struct args *args)
{
	struct str label = STR_INIT;
	struct folder_info f;
	int account, folder;

	if (!find_meant(a, args->n ? args->rest : NULL, &account, &folder))
		return;
	engine_folder(a->engine, (size_t)account, (size_t)folder, &f);
	if (folder_text_refuses(&label, &f)) {
		app_error(a, "%s", label.p);
		str_done(&label);
		return;
	}
	/* What has no room before the answer stands in the line above. */
	folder_text_delete(&label, a->engine, (size_t)account, &f);
	app_ask_choice(a, label.p, "ny", delete_answered, meant_new(account, &f), NULL);
	str_done(&label);
}

/* --- rename --- */

static void rename_given(struct app *a, void *ctx, const char *name)
{
	struct meant *m = ctx;

	if (name && *name)
		app_await(a, engine_rename_folder(a->engine, m->account, m->name, name), NULL, NULL,
			NULL);
	free(m);
}

static void cmd_rename_folder(struct app *a, const struct args *args)
{
	struct str label = STR_INIT;
	struct folder_info f;
	struct meant *m;
	int account, folder;

	if (!find_meant(a, NULL, &account, &folder))
		return;
	engine_folder(a->engine, (size_t)account, (size_t)folder, &f);
	if (f.role == ROLE_INBOX) {
		app_error(a, _("The inbox cannot be renamed"));
		return;
	}
	m = meant_new(account, &f);
	folder_text_role(&label, &f);
	if (args->n && !label.len) {
		rename_given(a, m, args->rest);
	} else {
		str_addf(&label, _("New name of %s: "), folder_text_name(&f));
		app_ask(a, label.p, args->n ? args->rest : f.name, HISTORY_FOLDER,
			complete_folder_line, rename_given, m, NULL);
	}
	str_done(&label);
}

/* --- fold --- */

static void folds_changed(struct app *a)
{
	struct view *v = app_find_view(a, UI_FOLDERS);

	if (v)
		view_folders_keep(v);
	a->dirty = true;
}

/* Where there is nothing to fold the cursor goes up to what holds the folder. */
static void cmd_fold_folder(struct app *a, const struct args *args)
{
	struct view *v = app_view(a);
	int account, folder, up;
	bool on;

	if (!find_meant(a, NULL, &account, &folder))
		return;
	on = args->n ? strcmp(args->v[0], "on") == 0
		     : !folder_tree_is_folded(a->tree, (size_t)account, folder);
	if (args->n && !on && strcmp(args->v[0], "off") != 0) {
		app_error(a, _("“%s” is neither on nor off"), args->v[0]);
		return;
	}
	if (folder_tree_fold(a->tree, (size_t)account, folder, on)) {
		folds_changed(a);
		return;
	}
	up = folder_tree_parent(a->tree, (size_t)account, folder);
	if (on && up >= 0 && v->ops->context == UI_FOLDERS)
		view_folders_on(v, account, up);
	else if (!folder_tree_can_fold(a->tree, (size_t)account, folder))
		app_message(a, _("There is no folder below this one"));
}

static void cmd_fold_folders(struct app *a)
{
	folder_tree_fold_all(a->tree);
	folds_changed(a);
}

const struct command cmd_folder_commands[] = {
	{"create", UI_ANY, N_("make a folder"), .args = "[FOLDER]", .max = -1,
		.run_args = cmd_create},
	{"delete-folder", UI_ANY, N_("delete a folder and the messages in it for good"),
		.args = "[FOLDER]", .max = -1, .run_args = cmd_delete_folder,
		.complete = complete_folder},
	{"rename-folder", UI_ANY, N_("give this folder, and those below it, another name"),
		.args = "[NAME]", .max = -1, .run_args = cmd_rename_folder,
		.complete = complete_folder},
	{"fold-folder", UI_ANY,
		N_("show or hide the folders below this one; on hides, off shows them"),
		.args = "[on|off]", .max = 1, .run_args = cmd_fold_folder},
	{"fold-folders", UI_ANY, N_("hide all folders below others, or show them all"),
		.run = cmd_fold_folders},
	{.name = NULL},
};

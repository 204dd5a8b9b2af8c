/* Folders, opened in tabs. */
#include "ui/pathtext.h"
#include "ui/views.h"

#include "base/i18n.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

bool app_open_folder(struct app *a, int account, const char *folder, bool new_tab)
{
	struct err err = {0};
	bool is_path = *folder == '/' || *folder == '~' || str_starts(folder, "./"),
	     is_span = settings_span_find(a->settings, folder) != NULL;
	struct tab *t = &a->tabs[a->tab];
	char *path = is_path ? pathtext_path(folder) : NULL;
	struct view *v;

	/* Before the folders are known any name may be one. */
	if (!is_path && !is_span && account >= 0 && engine_folders(a->engine, (size_t)account) &&
		engine_find_folder(a->engine, (size_t)account, folder) < 0) {
		app_error(a, _("There is no folder “%s”; create makes one"), folder);
		return false;
	}
	v = view_index_new(a, is_path ? -1 : account, is_path ? path : folder, &err);
	free(path);
	if (!v) {
		app_error(a, "%s", err.text);
		return false;
	}
	/* A message being written stays where it is. */
	if (new_tab || (t->n && t->stack[0]->ops->keeps)) {
		if (app_new_tab(a, v) == 0)
			return true;
		app_error(a, _("Too many tabs are open"));
		app_dispose(a, v);
		return false;
	}
	while (t->n)
		tabs_close_top(a, t);
	t->account = is_path ? -1 : account;
	t->stack[t->n++] = v;
	a->side_active = false;
	app_relayout(a);
	return true;
}

#include "ui/folder_text.h"

#include "base/i18n.h"

#include <string.h>

const char *folder_text_name(const struct folder_info *f)
{
	return strchr(f->name, '/') ? f->name : f->label;
}

void folder_text_role(struct str *out, const struct folder_info *f)
{
	if (f->role != ROLE_NONE && f->role != ROLE_INBOX)
		str_addf(out, _("The account uses %s as its folder “%s”. "), f->name,
			mail_role_row(f->role)->key);
}

static size_t count_below(const struct engine *e, size_t account, const char *name)
{
	size_t n = 0, len = strlen(name);
	struct folder_info f;

	for (size_t i = 0; i < engine_folders(e, account); i++) {
		engine_folder(e, account, i, &f);
		n += strncmp(f.name, name, len) == 0 && f.name[len] == '/';
	}
	return n;
}

void folder_text_delete(
	struct str *out, const struct engine *e, size_t account, const struct folder_info *f)
{
	size_t below = count_below(e, account, f->name);

	folder_text_role(out, f);
	if (below)
		str_addf(out,
			ngettext("%zu folder below it stays. ", "%zu folders below it stay. ",
				below),
			below);
	if (f->selectable && !f->counts_known)
		str_addf(out, _("Delete folder %s and all messages in it for good? (y/n) "),
			folder_text_name(f));
	else if (f->total)
		str_addf(out,
			ngettext("Delete folder %s and the %u message in it for good? (y/n) ",
				"Delete folder %s and the %u messages in it for good? (y/n) ",
				f->total),
			folder_text_name(f), (unsigned)f->total);
	else
		str_addf(out, _("Delete folder %s, which is empty? (y/n) "), folder_text_name(f));
}

bool folder_text_refuses(struct str *out, const struct folder_info *f)
{
	if (f->role == ROLE_INBOX)
		str_adds(out, _("The inbox cannot be deleted"));
	else if (!f->selectable && f->has_children)
		str_addf(out, _("%s holds only other folders, and goes with the last of them"),
			folder_text_name(f));
	else
		return false;
	return true;
}

uint32_t folder_text_known(const struct folder_info *f)
{
	return f->counts_known || !f->selectable ? f->total : UINT32_MAX;
}

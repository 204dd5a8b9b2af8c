/* The server's folders survive in a small file, so that an offline start shows them, and that
 * another running copy follows. */
#include "store/mail/folder_table.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "store/mail/folder.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { TABLE_MAX = 64 << 20 };

static char *table_path(const struct account *a)
{
	return file_join(a->setup->cache_dir, "folders");
}

/* What could not be written is tried again with the next look. */
static void put_table(struct account *a, const char *path, const struct str *text)
{
	struct err err = {0};

	if (file_replace(path, text->p, text->len, 0600, &err) != 0) {
		store_disk_notice(a,
			_("The list of folders cannot be kept for a start without a connection: "
			  "%s"),
			err.text);
		return;
	}
	free(a->names.table);
	a->names.table = mem_strdup(text->p);
}

void folder_save_table(struct account *a)
{
	struct str out = STR_INIT;
	char *path = table_path(a);

	str_adds(&out, "talaria-folders 1\n");
	for (struct folder *f = a->folders; f; f = f->next)
		if (!f->local && f->mailbox && !strpbrk(f->name, "\t\n") &&
			!strpbrk(f->mailbox, "\t\n")) {
			str_addf(&out, "%d\t%d\t", f->role, f->selectable);
			if (f->counts_known)
				str_addf(&out, "%u\t%u", (unsigned)f->total, (unsigned)f->unread);
			else
				str_adds(&out, "-\t-");
			str_addf(&out, "\t%s\t%s\n", f->mailbox, f->name);
		}
	if (a->names.prefix && !strpbrk(a->names.prefix, "\t\n") && a->names.delimiter != '\t')
		str_addf(&out, "%c\t%s\n", a->names.delimiter ? a->names.delimiter : ' ',
			a->names.prefix);
	if (!a->names.table || strcmp(a->names.table, out.p) != 0)
		put_table(a, path, &out);
	free(path);
	str_done(&out);
}

static void load_row(struct account *a, char *line, bool listed)
{
	char *field[6], *save = NULL;
	struct folder *f;
	int n = 0;

	for (char *p = strtok_r(line, "\t", &save); p && n < 6; p = strtok_r(NULL, "\t", &save))
		field[n++] = p;
	if (n == 1 || n == 2) {
		free(a->names.prefix);
		a->names.prefix = mem_strdup(n == 2 ? field[1] : "");
		a->names.delimiter = *field[0] == ' ' ? '\0' : *field[0];
	}
	if (n < 6)
		return;
	f = folder_find(a, field[5], false);
	if (!f)
		f = folder_new(a, field[5], false);
	free(f->mailbox);
	f->mailbox = mem_strdup(field[4]);
	f->role = mail_role_of(atoi(field[0]));
	f->total = (uint32_t)strtoul(field[2], NULL, 10);
	f->unread = (uint32_t)strtoul(field[3], NULL, 10);
	f->counts_known = *field[2] != '-';
	life_remembered(f, atoi(field[1]) != 0, listed);
}

/* One that was made for a role stands there with the mailbox of the folder that has it. */
static void find_aliases(struct account *a)
{
	for (struct folder *f = a->folders; f; f = f->next) {
		const struct folder *real = a->folders;

		if (f->local || !f->mailbox || f->role != ROLE_NONE)
			continue;
		while (real && (real->local || real->role == ROLE_NONE || !real->mailbox ||
				       strcmp(real->mailbox, f->mailbox) != 0))
			real = real->next;
		if (real)
			life_alias(f, real);
	}
}

/* False: there is nothing, or nothing new. listed: as if the server had just listed them. */
static bool load_rows(struct account *a, bool listed)
{
	struct str in = STR_INIT;
	struct err err = {0};
	char *path = table_path(a), *save = NULL;
	bool good;

	if (file_read(path, TABLE_MAX, &in, &err) != 0 && err.kind != ERR_GONE)
		store_disk_notice(a,
			_("The list of folders cannot be read, and comes again from the server: "
			  "%s"),
			err.text);
	good = str_starts(str_c(&in), "talaria-folders 1\n") &&
	       (!a->names.table || strcmp(a->names.table, in.p) != 0);
	if (good) {
		free(a->names.table);
		a->names.table = mem_strdup(in.p);
		life_unlist(a);
		for (char *line = strtok_r(in.p + 18, "\n", &save); line;
			line = strtok_r(NULL, "\n", &save))
			load_row(a, line, listed);
		find_aliases(a);
	}
	free(path);
	str_done(&in);
	return good;
}

void folder_load_table(struct account *a)
{
	load_rows(a, false);
	if (!folder_find(a, "INBOX", false)) {
		struct folder *f = folder_new(a, "INBOX", false);

		f->mailbox = mem_strdup("INBOX");
	}
}

bool folder_follow_table(struct account *a)
{
	char *path = table_path(a);
	struct stat st;
	int64_t stamp = stat(path, &st) == 0
				? (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec
				: 0;
	bool changed = stamp != a->names.table_seen;

	free(path);
	a->names.table_seen = stamp;
	return changed && load_rows(a, true);
}

/* Folders of an account: which there are, what they are called and what they are for. */
#include "store/mail/folder.h"

#include "store/disk/cache.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/uids.h"
#include "mime/charset.h"
#include "mime/digest.h"
#include "store/disk/keywords.h"
#include "store/disk/localbox.h"
#include "store/disk/maildir.h"
#include "store/disk/stub.h"
#include "store/mail/account.h"
#include "store/mail/remote.h"
#include "store/mail/upkeep.h"
#include "store/store_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* --- the table --- */

void folder_renumbered(struct folder *f)
{
	f->numbering = ++f->account->store->numberings;
	f->waiting_sign = 0;
}

struct folder *folder_new(struct account *a, const char *name, bool local)
{
	struct folder *f = mem_alloc(sizeof(*f)), **p = &a->folders;

	f->account = a;
	f->name = mem_strdup(name);
	f->local = local;
	f->selectable = true;
	f->percent = -1;
	f->upkeep = upkeep_new();
	folder_renumbered(f);
	if (strcmp(name, "INBOX") == 0)
		f->role = ROLE_INBOX;
	while (*p)
		p = &(*p)->next;
	*p = f;
	return f;
}

void folder_free(struct folder *f)
{
	cache_free(f->cache);
	map_free(f->box.files, NULL);
	free(f->name);
	free(f->mailbox);
	upkeep_free(f->upkeep);
	free(f->box.dir);
	free(f->texts.skipped);
	free(f);
}

struct folder *folder_find(struct account *a, const char *name, bool local)
{
	struct folder *f = a->folders;

	while (f && (f->local != local || strcmp(f->name, name) != 0))
		f = f->next;
	return f;
}

/* TRANSLATORS: the top of the folders that belong to the protocol not in use */
static const char *foreign_prefix(const struct folder *f)
{
	return f->local ? "Local/" : "Server/";
}

bool folder_is_foreign(const struct folder *f)
{
	return f->account->kind != ACCOUNT_PATH && f->local == remote_has_folders(f->account);
}

char *folder_ui_name(const struct folder *f)
{
	struct str name = STR_INIT;

	str_addf(&name, "%s%s", folder_is_foreign(f) ? foreign_prefix(f) : "", f->name);
	return str_steal(&name);
}

char *folder_label(const struct folder *f)
{
	char *name = folder_ui_name(f);
	const char *label = folder_is_foreign(f) ? NULL : mail_role_label(folder_role(f), name);

	if (!label)
		return name;
	free(name);
	return mem_strdup(label);
}

/* Of a folder on the server, which need not be known. */
static char *label_by_name(struct account *a, const char *name)
{
	struct folder *f = folder_find(a, name, false);

	return f ? folder_label(f) : mem_strdup(name);
}

void folder_op_words(struct account *a, const struct op *op, struct str *out)
{
	struct op shown = *op;

	shown.folder = label_by_name(a, op->folder);
	shown.target = label_by_name(a, op->target);
	op_words(&shown, out);
	free(shown.folder);
	free(shown.target);
}

const struct strv *folder_own(const struct folder *f)
{
	return f->account->setup ? &f->account->setup->own : NULL;
}

struct folder *folder_by_ui_name(struct account *a, const char *name)
{
	for (struct folder *f = a->folders; f; f = f->next) {
		char *ui = folder_ui_name(f);
		bool same = !f->box.vanished && strcmp(ui, name) == 0;

		free(ui);
		if (same)
			return f;
	}
	return NULL;
}

/* What the configuration says has the role; NULL: it does not say. */
const char *folder_given_name(const struct account *a, enum mail_role role)
{
	const char *given = a->setup ? a->setup->settings->folders[role] : NULL;

	return given && *given ? given : NULL;
}

/* One that was made before the server's prefix was known is found by its place there. */
static bool is_given(const struct folder *f, enum mail_role role)
{
	const char *given = folder_given_name(f->account, role);
	char *own, *wire;
	bool same;

	if (!given)
		return false;
	own = folder_own_name(f->account, given);
	wire = f->local ? NULL : folder_wire_name(f->account, given);
	same = strcmp(own, f->name) == 0 || (wire && f->mailbox && strcmp(wire, f->mailbox) == 0);
	free(own);
	free(wire);
	return same;
}

enum mail_role folder_role(const struct folder *f)
{
	for (enum mail_role role = ROLE_DRAFTS; role < ROLES; role++)
		if (is_given(f, role))
			return role;
	return folder_given_name(f->account, f->role) ? ROLE_NONE : f->role;
}

static bool has_role(const struct folder *f, enum mail_role role)
{
	return folder_given_name(f->account, role) ? is_given(f, role)
						   : f->role == role && f->selectable;
}

struct folder *folder_by_role(struct account *a, enum mail_role role, bool local)
{
	struct folder *f = a->folders;

	while (f && (f->local != local || f->box.vanished || !has_role(f, role)))
		f = f->next;
	return f;
}

/* Any nested folder shows which character the server puts between levels. */
static char delimiter_of(const struct account *a)
{
	if (a->names.delimiter)
		return a->names.delimiter;
	for (const struct folder *f = a->folders; f; f = f->next) {
		const char *slash =
			f->local || !f->mailbox || !f->listed ? NULL : strchr(f->name, '/');
		size_t at = slash ? (size_t)(slash - f->name) : 0;

		if (slash && at < strlen(f->mailbox) && strncmp(f->name, f->mailbox, at) == 0)
			return f->mailbox[at];
	}
	return '/';
}

/* Another part of the server's folders than the person's own (shared ones, say). */
static bool is_elsewhere(const struct account *a, const char *name)
{
	const char *slash = strchr(name, '/');
	size_t len = slash ? (size_t)(slash - name) + 1 : 0;

	for (const struct folder *f = a->folders; len && f; f = f->next)
		if (!f->local && f->listed && strncmp(f->name, name, len) == 0)
			return true;
	return false;
}

char *folder_own_name(struct account *a, const char *name)
{
	struct str own = STR_INIT;
	char *prefix = remote_has_folders(a) && a->names.prefix
			       ? charset_from_imap_utf7(a->names.prefix)
			       : NULL;
	size_t len = prefix ? strlen(prefix) : 0;

	if (len && prefix[len - 1] == a->names.delimiter)
		prefix[len - 1] = '/';
	if (len && strncmp(name, prefix, len) != 0 && strcmp(name, "INBOX") != 0 &&
		!is_elsewhere(a, name))
		str_adds(&own, prefix);
	str_adds(&own, name);
	free(prefix);
	return str_steal(&own);
}

char *folder_wire_name(struct account *a, const char *name)
{
	char *own = folder_own_name(a, name), *wire = charset_to_imap_utf7(own),
	     delimiter = delimiter_of(a);

	free(own);

	for (char *p = wire; *p; p++)
		if (*p == '/')
			*p = delimiter;
	return wire;
}

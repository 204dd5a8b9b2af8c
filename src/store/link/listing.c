/* The list of the server's folders: what it says becomes the table here. */
#include "base/i18n.h"
#include "base/map.h"
#include "base/mem.h"
#include "store/link/link.h"
#include "store/mail/account.h"
#include "store/mail/folder.h"
#include "store/mail/folder_open.h"
#include "store/mail/folder_reshape.h"
#include "store/mail/folder_table.h"
#include "store/mail/folder_tell.h"
#include "store/mail/remote.h"
#include "store/mail/upkeep.h"

#include <stdlib.h>
#include <string.h>

void listing_counts(struct folder *f, const struct folder_entry *e)
{
	if (!e->counts_known)
		return;
	f->counts_known = true;
	f->total = e->total;
	f->unread = e->unread;
	upkeep_heard(f, &(struct folder_counts){true, e->total, e->unread, e->uidnext,
				e->uidvalidity, e->highestmodseq});
}

/* What is known by its wire name and by the name people see, and what the list has. */
struct names {
	struct map *by_mailbox, *by_name, *listed;
};

static void collect_names(struct account *a, const struct folder_entries *all, struct names *n)
{
	*n = (struct names){map_new(), map_new(), map_new()};
	for (struct folder *f = a->folders; f; f = f->next) {
		if (f->local || f->life == LIFE_ALIAS)
			continue;
		/* Where its place on the server was a guess, it is a better one now. */
		if (f->life == LIFE_ASSUMED && f->role != ROLE_INBOX) {
			free(f->mailbox);
			f->mailbox = folder_wire_name(a, f->name);
		}
		if (f->mailbox)
			map_put(n->by_mailbox, f->mailbox, f);
		map_put(n->by_name, f->name, f);
	}
	for (size_t i = 0; i < all->n; i++)
		map_put(n->listed, all->v[i].mailbox, a);
}

static void names_done(struct names *n)
{
	map_free(n->by_mailbox, NULL);
	map_free(n->by_name, NULL);
	map_free(n->listed, NULL);
}

/* The wire name is what a folder is known by. Two that look alike are two all the same: the second
 * has its wire name beside the one that people see. */
static struct folder *folder_for_entry(
	struct account *a, const struct names *n, const struct folder_entry *e)
{
	struct folder *f = map_get(n->by_mailbox, e->mailbox);
	struct str name = STR_INIT;

	if (f)
		return f;
	f = map_get(n->by_name, e->name);
	if (f && !(f->mailbox && map_get(n->listed, f->mailbox)))
		return f;
	str_adds(&name, e->name);
	if (f)
		str_addf(&name, " (%s)", e->mailbox);
	while (map_get(n->by_name, name.p))
		str_addc(&name, '\'');
	f = folder_new(a, name.p, false);
	map_put(n->by_name, f->name, f);
	str_done(&name);
	return f;
}

static void merge_folder(struct account *a, const struct names *n, struct folder_entry *e)
{
	struct folder *f = folder_for_entry(a, n, e);

	free(f->mailbox);
	f->mailbox = e->mailbox;
	e->mailbox = NULL;
	f->role = e->role;
	life_listed(f, e->selectable);
	listing_counts(f, e);
}

/* A list without any folder is a mistake of the server, not the end of all mail. */
static void find_gone(struct account *a)
{
	for (struct folder *f = a->folders; f; f = f->next) {
		if (!life_settle(f))
			continue;
		if (f->life == LIFE_GONE && folder_is_shown(f)) {
			store_notice(a,
				_("Folder %s is no longer on the server; what is shown is the copy "
				  "kept here"),
				f->name);
			remote_watch(a);
		}
		folder_send_list(f, NULL);
	}
}

/* Somebody looks at it, or something waits for it. */
static bool is_needed(const struct folder *f)
{
	return f->uses || f->cache || f->changing || journal_count(f->account->journal) ||
	       f->account->store->work;
}

/* A folder that is gone from the server goes from the table too. */
static void drop_unlisted(struct account *a)
{
	for (struct folder *f = a->folders, *next; f; f = next) {
		next = f->next;
		if (!f->local && !f->listed && f->role != ROLE_INBOX && !is_needed(f))
			folder_drop(f);
	}
}

bool listing_drop_gone(struct account *a)
{
	bool any = false;

	for (struct folder *f = a->folders, *next; f; f = next) {
		next = f->next;
		if (f->life != LIFE_GONE || f->listed || is_needed(f))
			continue;
		folder_drop(f);
		any = true;
	}
	return any;
}

/* What was made for a role before the list was here is the folder that has it on the server. */
static void find_aliases(struct account *a)
{
	for (struct folder *f = a->folders; f; f = f->next) {
		struct folder *real = a->folders;

		if (f->local || f->life != LIFE_ASSUMED || f->listed || f->role <= ROLE_INBOX)
			continue;
		while (real && (real->local || !real->listed || real->role != f->role))
			real = real->next;
		if (real)
			life_alias(f, real);
	}
}

void listing_settle(struct account *a)
{
	find_gone(a);
	drop_unlisted(a);
}

void listing_take(struct account *a, struct result *r)
{
	struct result_folders *all = &r->folders;
	struct names names;

	a->names.listed = true;
	if (r->err.kind != ERR_NONE) {
		account_replays(a);
		syncall_listed(a, r->request, &r->err);
		return;
	}
	life_unlist(a);
	if (all->prefix) {
		free(a->names.prefix);
		a->names.prefix = all->prefix;
		all->prefix = NULL;
	}
	if (all->delimiter)
		a->names.delimiter = all->delimiter;
	collect_names(a, &all->all, &names);
	for (size_t i = 0; i < all->all.n; i++)
		merge_folder(a, &names, &all->all.v[i]);
	names_done(&names);
	find_aliases(a);
	if (all->all.n)
		find_gone(a);
	drop_unlisted(a);
	account_replays(a);
	folder_save_table(a);
	folder_send_folders(a);
	account_sync_folders(a, syncall_awaits_list(a) ? SYNC_ALL_CHANGED : SYNC_SHOWN_CHANGED);
	syncall_listed(a, r->request, NULL);
}

/* What the engine is told of the folders of an account. */
#include "base/i18n.h"
#include "base/mem.h"
#include "store/disk/localbox.h"
#include "store/mail/account.h"
#include "store/mail/folder.h"
#include "store/mail/folder_local.h"
#include "store/mail/folder_open.h"
#include "store/mail/folder_tell.h"
#include "store/mail/overlay.h"
#include "store/mail/remote.h"
#include "store/store_priv.h"

#include <stdlib.h>

/* A local folder that was never opened: its files are counted. */
static int count_entry(void *ctx, const struct maildir_entry *e)
{
	struct folder *f = ctx;

	f->total++;
	f->unread += !(e->flags & (MAIL_SEEN | MAIL_DELETED));
	return 0;
}

/* The inbox by POP3 has rows without files too: what the server did not give. Its cache counts. */
static bool count_rows(struct folder *f)
{
	if (f->role != ROLE_INBOX || !remote_takes_mail(f->account) || folder_use(f, NULL) != 0)
		return false;
	folder_recount(f);
	folder_unuse(f);
	return true;
}

static void count_closed(struct folder *f)
{
	struct err err = {0};

	if (count_rows(f))
		return;
	f->total = f->unread = 0;
	if (localbox_scan(f->box.dir, count_entry, f, &err) != 0 && !folder_went(f, &err))
		store_disk_notice(
			f->account, _("Folder %s cannot be counted: %s"), f->name, err.text);
}

static bool is_shown(struct folder *f)
{
	if (f->box.vanished)
		return false;
	if (f->local && !f->cache && f->box.dir) {
		uint64_t stamp = localbox_stamp(f->box.dir);

		if (!f->counts_known || stamp != f->box.stamp) {
			count_closed(f);
			f->box.stamp = stamp;
			f->counts_known = true;
		}
	}
	folder_recount(f);
	/* Of the other protocol only what holds something. */
	return !folder_is_foreign(f) || f->total > 0;
}

void folder_send_folders(struct account *a)
{
	struct store_event *ev;
	size_t n = 0;

	if (a->kind == ACCOUNT_PATH)
		return; /* a folder opened by its path is in nobody's folder list */
	ev = store_event_new(STORE_FOLDERS);
	for (struct folder *f = a->folders; f; f = f->next)
		n++;
	ev->account = a->index;
	ev->folders.v = mem_array(n, sizeof(*ev->folders.v));
	for (struct folder *f = a->folders; f; f = f->next) {
		uint32_t total, unread;

		if (!is_shown(f))
			continue;
		total = f->total;
		unread = f->unread;
		overlay_counts(f, &total, &unread);
		ev->folders.v[ev->folders.n++] = (struct store_folder_info){
			.name = folder_ui_name(f),
			.role = folder_is_foreign(f) ? ROLE_NONE : folder_role(f),
			.own = folder_role(f),
			.selectable = f->selectable,
			.counts_known = f->counts_known,
			.offline_copy = (folder_is_foreign(f) && !f->local) || f->life == LIFE_GONE,
			.local = f->local,
			.total = total,
			.unread = unread};
	}
	store_emit(a->store, ev);
}

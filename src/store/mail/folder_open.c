/* The cache of a folder: opened while somebody uses it, rewritten beside the disk thread,
 * forgotten. */
#include "store/mail/folder_open.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/disk/localbox.h"
#include "store/mail/account.h"
#include "store/mail/folder_local.h"
#include "store/mail/folder_tell.h"
#include "store/mail/overlay.h"
#include "store/mail/upkeep.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>

enum { HANDOVER_MS = 100, COMPACT_AGAIN_MS = 60 * 1000 };

static char *cache_base(const struct folder *f)
{
	struct str dir = STR_INIT;
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (f->account->kind != ACCOUNT_PATH)
		return file_join(f->account->setup->cache_dir, "v1");
	/* talaria -f DIR: a cache of its own, by the directory's path. */
	if (cache && *cache)
		str_addf(&dir, "%s/talaria/paths/v1", cache);
	else
		str_addf(&dir, "%s/.cache/talaria/paths/v1", home ? home : "/tmp");
	return str_steal(&dir);
}

static char *cache_name(const struct folder *f)
{
	struct str name = STR_INIT;

	str_addf(&name, "%s:%s", f->local ? "local" : "imap",
		f->account->kind == ACCOUNT_PATH ? f->box.dir : f->name);
	return str_steal(&name);
}

static struct cache *compacted_cache(void *folder);

/* It can be rebuilt, so nothing fails for that. */
static void cache_failed(void *ctx, const struct err *err)
{
	struct folder *f = ctx;

	store_disk_notice(
		f->account, _("The cache of folder %s cannot be written: %s"), f->name, err->text);
}

static int open_cache(struct folder *f, struct err *err)
{
	struct cache_opened how = {0};
	char *base = cache_base(f), *name = cache_name(f), *dir = cache_dir_for(base, name);
	int rc = cache_open(&f->cache, dir, name, &how, err);

	if (rc == 0 && how.rebuilt && f->account->kind != ACCOUNT_PATH)
		store_notice(f->account, _("The cache of folder %s was damaged and is built anew"),
			f->name);
	f->counted = UINT64_MAX;
	if (rc == 0) {
		f->news = cache_news(f->cache);
		f->percent = cache_meta(f->cache)->complete ? 100 : -1;
		cache_on_replaced(f->cache, compacted_cache, f);
		cache_on_failure(f->cache, cache_failed, f);
	}
	free(base);
	free(name);
	free(dir);
	return rc;
}

int folder_use(struct folder *f, struct err *err)
{
	bool opened = !f->cache;

	if (opened) {
		if (f->local && localbox_need(f->box.dir ? f->box.dir : f->name, err) != 0)
			return -1;
		if (open_cache(f, err) != 0)
			return -1;
		if (f->local) {
			folder_load_files(f);
			folder_read_again(f);
			f->box.stamp = 0;
		}
		overlay_folder(f); /* a break between the journal and the cache is mended here */
	}
	if (f->local && localbox_stamp(f->box.dir) != f->box.stamp) {
		if (f->uses)
			folder_look(f);
		else if (folder_scan(f, err) < 0)
			return -1;
	}
	f->uses++;
	if (opened)
		f->account->store->opened(f);
	return 0;
}

bool folder_try(struct folder *f)
{
	struct err err = {0};

	if (folder_use(f, &err) == 0)
		return true;
	if (err.kind !=
		ERR_GONE) /* a local one that another program took away is told where it shows */
		store_disk_notice(
			f->account, _("Folder %s cannot be opened: %s"), f->name, err.text);
	return false;
}

static void rewrite_done(struct folder *f, struct compacted *r)
{
	f->compacting = 0;
	if (r->err.kind == ERR_NONE || r->err.kind == ERR_CANCELLED)
		return;
	f->next_compact = clock_ms() + COMPACT_AGAIN_MS;
	if (r->err.kind != ERR_BUSY)
		log_line(1, "compact %s: %s", f->name, r->err.text);
}

static struct folder *folder_compacting(struct store *s, unsigned id)
{
	for (size_t i = 0; i < s->naccounts; i++)
		for (struct folder *f = s->accounts[i]->folders; f; f = f->next)
			if (f->compacting == id)
				return f;
	return NULL;
}

void folder_compacted(struct store *s, struct compacted *r)
{
	struct folder *f = folder_compacting(s, r->id);

	if (f) {
		rewrite_done(f, r);
		/* where neither works, the next change meets the same fault, and tells it */
		if (f->cache && r->next && cache_adopt(f->cache, r->next, NULL) != 0)
			cache_refresh(f->cache, NULL);
	}
	compactor_give(s->compactor, r->next);
	r->next = NULL;
	compacted_free(r);
	for (size_t i = 0; i < s->naccounts; i++)
		account_settles(s->accounts[i]);
}

/* The cache was about to be read anew because its log was replaced: when the worker did that, its
 * result is a moment away. */
static struct cache *compacted_cache(void *ctx)
{
	struct folder *f = ctx;
	struct store *s = f->account->store;
	struct compacted *r;
	struct cache *next;

	if (!f->compacting)
		return NULL;
	r = compactor_take(s->compactor, HANDOVER_MS);
	if (r && r->id != f->compacting) {
		folder_compacted(s, r);
		r = NULL;
	}
	if (!r)
		return NULL;
	rewrite_done(f, r);
	next = r->next;
	r->next = NULL;
	compacted_free(r);
	return next;
}

void folder_compact(struct folder *f)
{
	struct store *s = f->account->store;
	char *base, *name, *dir;

	if (!f->cache || f->compacting || s->quit || s->read_only ||
		!cache_wants_compact(f->cache) || clock_ms() < f->next_compact)
		return;
	base = cache_base(f);
	name = cache_name(f);
	dir = cache_dir_for(base, name);
	f->compacting = compactor_post(s->compactor, dir, name);
	free(base);
	free(name);
	free(dir);
}

void folder_unuse(struct folder *f)
{
	if (f->uses)
		f->uses--;
	if (f->uses || upkeep_runs(f) || !f->cache)
		return;
	if (f->local) /* its stamp says from now on that these are its numbers */
		folder_recount(f);
	folder_compact(f);
	cache_free(f->cache);
	f->cache = NULL;
	map_free(f->box.files, NULL);
	f->box.files = NULL;
}

bool folder_is_shown(const struct folder *f)
{
	const struct list *l = f->account->store->lists;

	while (l && (l->folder != f || l->filter))
		l = l->next;
	return l != NULL;
}

/* Its rows go as changes do, so that another running copy that has it open follows; its numbers
 * are not given again. */
static void empty_cache(struct folder *f)
{
	struct cache_meta meta = *cache_meta(f->cache);
	uint32_t last = cache_max_uid(f->cache);

	meta.complete = false;
	meta.highestmodseq = meta.exists = 0;
	if (meta.uidnext <= last)
		meta.uidnext = last + 1;
	cache_reset(f->cache, &meta, NULL);
}

void folder_forget_files(struct folder *f)
{
	char *base = cache_base(f), *name = cache_name(f), *dir = cache_dir_for(base, name);
	bool there = f->cache || (file_exists(dir) && open_cache(f, NULL) == 0);

	if (there)
		empty_cache(f);
	cache_free(f->cache);
	f->cache = NULL;
	map_free(f->box.files, NULL);
	f->box.files = NULL;
	f->compacting = 0; /* what the compactor makes of it is not taken */
	f->fetched = false;
	f->percent = -1;
	/* What is not rewritten now, for somebody is at it, is with the next opening. */
	if (there)
		cache_compact(dir, name, NULL);
	if (!f->local)
		bodies_forget(f->account->bodies, f->name);
	free(base);
	free(name);
	free(dir);
}

bool folder_is_here(struct folder *f)
{
	return f->local || f->cache || folder_was_fetched(f);
}

/* Where the changes of its cache are; free(). */
static char *log_path(const struct folder *f)
{
	char *base = cache_base(f), *name = cache_name(f), *dir = cache_dir_for(base, name),
	     *log = file_join(dir, "headers.wal");

	free(base);
	free(name);
	free(dir);
	return log;
}

bool folder_was_fetched(struct folder *f)
{
	char *log;

	if (f->local || f->fetched)
		return f->fetched;
	log = log_path(f);
	f->fetched = file_exists(log);
	free(log);
	return f->fetched;
}

uint64_t folder_stamp(const struct folder *f)
{
	char *log;
	uint64_t stamp;

	if (f->local)
		return f->box.dir ? localbox_stamp(f->box.dir) : 0;
	log = log_path(f);
	stamp = file_stamp(log);
	free(log);
	return stamp;
}

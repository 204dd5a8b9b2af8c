#include "ui/folder_tree.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 20 };

struct shown { /* of one account */
	int *folders;
	size_t n, cap;
};

struct folder_tree {
	const struct engine *engine;
	struct strv folded; /* "account\tfolder" */
	struct shown *accounts;
	size_t naccounts;
	size_t known; /* folders of all accounts when the lists were made */
	bool fresh, changed;
};

struct folder_tree *folder_tree_new(const struct engine *e)
{
	struct folder_tree *t = mem_alloc(sizeof(*t));

	t->engine = e;
	return t;
}

static void drop_lists(struct folder_tree *t)
{
	for (size_t i = 0; i < t->naccounts; i++)
		free(t->accounts[i].folders);
	MEM_FREE(t->accounts);
	t->naccounts = 0;
	t->fresh = false;
}

void folder_tree_free(struct folder_tree *t)
{
	if (!t)
		return;
	drop_lists(t);
	strv_done(&t->folded);
	free(t);
}

/* --- the file --- */

char *folder_tree_path(const char *beside)
{
	const char *slash = beside ? strrchr(beside, '/') : NULL;
	char *dir = slash ? mem_strndup(beside, (size_t)(slash - beside)) : NULL;
	char *path = dir ? file_join(dir, "folded") : NULL;

	free(dir);
	return path;
}

void folder_tree_load(struct folder_tree *t, const char *path)
{
	struct str s = STR_INIT;
	struct err err = {0};

	if (path && file_read(path, FILE_MAX, &s, &err) == 0)
		for (char *p = s.p, *next; p && *p; p = next) {
			next = strchr(p, '\n');
			if (next)
				*next++ = '\0';
			if (strchr(p, '\t'))
				strv_add(&t->folded, p);
		}
	str_done(&s);
	folder_tree_changed(t);
}

int folder_tree_save(const struct folder_tree *t, const char *path, struct err *err)
{
	struct str s = STR_INIT;
	int rc;

	if (!t->changed)
		return 0;
	for (size_t i = 0; i < t->folded.n; i++)
		str_addf(&s, "%s\n", t->folded.v[i]);
	rc = file_replace(path, str_c(&s), s.len, 0600, err);
	str_done(&s);
	return rc;
}

/* --- what is folded --- */

static void key_of(const struct folder_tree *t, size_t account, int folder, struct str *out)
{
	struct account_info info;
	struct folder_info f;

	engine_account(t->engine, account, &info);
	engine_folder(t->engine, account, (size_t)folder, &f);
	str_addf(out, "%s\t%s", info.name, f.name);
}

/* Behind those below it. */
static int end_of(const struct folder_tree *t, size_t account, int folder)
{
	int n = (int)engine_folders(t->engine, account), at = folder + 1;
	struct folder_info f, below;

	engine_folder(t->engine, account, (size_t)folder, &f);
	for (; at < n; at++) {
		engine_folder(t->engine, account, (size_t)at, &below);
		if (below.depth <= f.depth)
			break;
	}
	return at;
}

bool folder_tree_can_fold(const struct folder_tree *t, size_t account, int folder)
{
	return end_of(t, account, folder) > folder + 1;
}

bool folder_tree_is_folded(const struct folder_tree *t, size_t account, int folder)
{
	struct str key = STR_INIT;
	bool is;

	if (!t->folded.n || !folder_tree_can_fold(t, account, folder))
		return false;
	key_of(t, account, folder, &key);
	is = strv_has(&t->folded, str_c(&key));
	str_done(&key);
	return is;
}

static void forget(struct strv *v, const char *key)
{
	size_t keep = 0;

	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->v[i], key) == 0)
			free(v->v[i]);
		else
			v->v[keep++] = v->v[i];
	v->n = keep;
}

bool folder_tree_fold(struct folder_tree *t, size_t account, int folder, bool folded)
{
	struct str key = STR_INIT;

	if (!folder_tree_can_fold(t, account, folder) ||
		folder_tree_is_folded(t, account, folder) == folded)
		return false;
	key_of(t, account, folder, &key);
	if (folded)
		strv_add(&t->folded, str_c(&key));
	else
		forget(&t->folded, str_c(&key));
	str_done(&key);
	t->changed = true;
	folder_tree_changed(t);
	return true;
}

void folder_tree_fold_all(struct folder_tree *t)
{
	bool any = false;

	for (int turn = 0; turn < 2; turn++)
		for (size_t i = 0; i < engine_accounts(t->engine); i++)
			for (int f = 0; f < (int)engine_folders(t->engine, i); f++)
				if (turn == 0)
					any |= folder_tree_is_folded(t, i, f);
				else
					folder_tree_fold(t, i, f, !any);
}

/* --- what is shown --- */

void folder_tree_changed(struct folder_tree *t)
{
	t->fresh = false;
}

static void list_account(struct folder_tree *t, size_t account)
{
	struct shown *s = &t->accounts[account];
	int n = (int)engine_folders(t->engine, account);

	for (int f = 0; f < n;) {
		s->folders = mem_grow(s->folders, &s->cap, s->n + 1, sizeof(*s->folders));
		s->folders[s->n++] = f;
		f = folder_tree_is_folded(t, account, f) ? end_of(t, account, f) : f + 1;
	}
}

static void have_lists(struct folder_tree *t)
{
	size_t n = engine_accounts(t->engine), known = 0;

	for (size_t i = 0; i < n; i++)
		known += engine_folders(t->engine, i);
	if (t->fresh && n == t->naccounts && known == t->known)
		return;
	drop_lists(t);
	t->accounts = mem_array(n + 1, sizeof(*t->accounts));
	t->naccounts = n;
	t->known = known;
	t->fresh = true;
	for (size_t i = 0; i < n; i++)
		list_account(t, i);
}

size_t folder_tree_count(struct folder_tree *t, size_t account)
{
	have_lists(t);
	return t->accounts[account].n;
}

int folder_tree_at(struct folder_tree *t, size_t account, size_t place)
{
	have_lists(t);
	return place < t->accounts[account].n ? t->accounts[account].folders[place] : -1;
}

size_t folder_tree_place(struct folder_tree *t, size_t account, int folder)
{
	const struct shown *s;
	size_t low = 0, high;

	have_lists(t);
	s = &t->accounts[account];
	high = s->n;
	/* The last that is not behind it. */
	while (high - low > 1) {
		size_t mid = (low + high) / 2;

		if (s->folders[mid] <= folder)
			low = mid;
		else
			high = mid;
	}
	return low;
}

int folder_tree_parent(const struct folder_tree *t, size_t account, int folder)
{
	struct folder_info f, up;

	engine_folder(t->engine, account, (size_t)folder, &f);
	for (int at = folder - 1; at >= 0; at--) {
		engine_folder(t->engine, account, (size_t)at, &up);
		if (up.depth < f.depth)
			return at;
	}
	return -1;
}

uint32_t folder_tree_unread_below(const struct folder_tree *t, size_t account, int folder)
{
	int end = end_of(t, account, folder);
	uint32_t n = 0;
	struct folder_info f;

	for (int at = folder + 1; at < end; at++) {
		engine_folder(t->engine, account, (size_t)at, &f);
		n += f.counts_known && !f.offline_copy ? f.unread : 0;
	}
	return n;
}

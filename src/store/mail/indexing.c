#include "store/mail/indexing.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/uids.h"
#include "base/utf8.h"
#include "store/disk/textindex.h"
#include "store/disk/textwords.h"
#include "store/mail/folder.h"
#include "store/mail/folder_open.h"
#include "store/mail/lanes.h"
#include "store/mail/match.h"
#include "store/mail/query.h"
#include "store/mail/read.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>

enum {
	BATCH = 64, /* messages on their way to the other thread */
	BATCH_BYTES = 1 << 20,
	TELL_MIN = 500, /* fewer are through before anybody has read that there are some */
	TELL_MS = 200,
	CLOSED_MS = 20 * 1000,      /* after the start, until folders are opened for this */
	CLOSED_LOOK_MS = 10 * 1000, /* between looks at those that are not open */
	AGAIN_MS = 10 * 60 * 1000,  /* after a failure */
};

/* The index as it is written: of the jobs on their way and the account. */
struct keeper {
	atomic_int users;
	char *path;
	atomic_bool damaged;     /* what is there is no good */
	struct textindex *index; /* the jobs' */
};

struct indexing {
	struct keeper *keeper;
	struct folder *folder; /* that is looked through, and kept open; NULL: none */
	unsigned numbering;    /* of it */
	uint64_t version;      /* of its cache, when it was compared */
	uint32_t *todo;        /* owned; its messages that are not indexed yet */
	size_t n, at;
	unsigned out; /* jobs on their way */
	int64_t next, next_closed;
	int64_t told;
	bool shown; /* progress was */
};

/* What the other thread does: first a look at what of a folder is indexed, then texts. */
struct batch {
	struct rendering rendering;
	struct account *account;
	struct keeper *keeper;
	char *folder;
	uint32_t uidvalidity;
	bool clears, looks, rests;
	struct loaded *mails[BATCH]; /* owned */
	uint32_t uids[BATCH];
	size_t n;
	uint32_t *gone; /* owned */
	size_t ngone;
	/* what came of it */
	uint32_t *has; /* owned */
	size_t nhas;
	bool lacks[BATCH]; /* what it has not all of */
	bool anew;
	struct err err;
};

/* free(); NULL: the account keeps none. */
static char *path_of(const struct account *a)
{
	return a->kind == ACCOUNT_OPENED ? file_join(a->setup->cache_dir, "texts.db") : NULL;
}

/* A local folder is known by its numbering, which it keeps under another name; no folder of a
 * server is called so. */
static const char *key_name(const struct folder *f)
{
	return f->local ? "/" : f->name;
}

/* --- on the other thread --- */

static void keeper_release(struct keeper *k)
{
	if (atomic_fetch_sub(&k->users, 1) > 1)
		return;
	textindex_free(k->index);
	free(k->path);
	free(k);
}

static int keeper_open(struct batch *b)
{
	struct keeper *k = b->keeper;

	if (atomic_load(&k->damaged) || b->clears) {
		textindex_free(k->index);
		k->index = NULL;
		if (textindex_clear(k->path, &b->err) != 0)
			return -1;
		b->anew = atomic_exchange(&k->damaged, false);
	}
	if (k->index)
		return 0;
	return textindex_open(&k->index, k->path, true, b->anew ? NULL : &b->anew, &b->err);
}

/* The words of its text; false: not all of it is here. */
static bool take_words(const struct loaded *mail, struct str *words)
{
	struct look look = {0};
	struct wordset set = {0};
	bool whole;

	read_text(mail, &look.text);
	whole = look.text.whole;
	if (whole) {
		const char *text = look_body(&look);

		textwords_add(&set, text, strlen(text));
		str_adds(words, str_c(&set.words));
	}
	wordset_done(&set);
	look_done(&look);
	return whole;
}

static int put_batch(struct batch *b, const struct textindex_key *key)
{
	struct textindex_message v[BATCH] = {0};
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < b->n; i++) {
		v[n].uid = b->uids[i];
		b->lacks[i] = !take_words(b->mails[i], &v[n].words);
		n += !b->lacks[i];
	}
	rc = textindex_put(b->keeper->index, key, v, n, b->gone, b->ngone, &b->err);
	for (size_t i = 0; i < n; i++)
		str_done(&v[i].words);
	return rc;
}

static void batch_run(struct worker_job *j)
{
	struct batch *b = (struct batch *)j;
	struct textindex_key key = {b->folder, b->uidvalidity};
	int rc = keeper_open(b);

	if (rc == 0 && b->looks && textindex_worn(b->keeper->index)) {
		b->clears = true;
		rc = keeper_open(b);
	}
	if (rc == 0 && b->looks)
		rc = textindex_has(b->keeper->index, &key, &b->has, &b->nhas, &b->err);
	if (rc == 0 && (b->n || b->ngone))
		rc = put_batch(b, &key);
	if (rc == 0 && b->rests)
		textindex_rest(b->keeper->index);
	if (rc != 0 && b->err.kind == ERR_DAMAGED)
		atomic_store(&b->keeper->damaged, true);
}

static void batch_drop(struct worker_job *j)
{
	struct batch *b = (struct batch *)j;

	for (size_t i = 0; i < b->n; i++)
		read_free(b->mails[i]);
	keeper_release(b->keeper);
	free(b->folder);
	free(b->gone);
	free(b->has);
	free(b);
}

/* --- one folder --- */

static void tell(struct account *a, size_t done, size_t total)
{
	struct store_event *ev = store_event_new(STORE_PROGRESS);

	ev->account = a->index;
	ev->progress.done = done;
	ev->progress.total = total;
	ev->progress.indexes = true;
	store_emit(a->store, ev);
	a->indexing->shown = total != 0;
	a->indexing->told = clock_ms();
}

static void end_look(struct account *a)
{
	struct indexing *x = a->indexing;

	if (x->folder)
		folder_unuse(x->folder);
	if (x->shown)
		tell(a, 0, 0);
	x->folder = NULL;
	MEM_FREE(x->todo);
	x->n = x->at = 0;
}

void indexing_leave(struct folder *f)
{
	struct indexing *x = f->account->indexing;

	if (x && x->folder == f)
		end_look(f->account);
}

static struct batch *batch_new(struct account *a, const struct folder *f)
{
	struct batch *b = mem_alloc(sizeof(*b));

	b->account = a;
	b->keeper = a->indexing->keeper;
	atomic_fetch_add(&b->keeper->users, 1);
	b->folder = mem_strdup(f ? key_name(f) : "");
	b->uidvalidity = f ? cache_meta(f->cache)->uidvalidity : 0;
	b->rendering.job.run = batch_run;
	b->rendering.job.drop = batch_drop;
	return b;
}

static void batch_back(struct store *s, struct rendering *r);

static void give(struct batch *b)
{
	b->account->indexing->out++;
	b->rendering.back = batch_back;
	rendering_give(b->account->store, &b->rendering, RENDERING_INDEXING);
}

static bool has_text(const struct folder *f, uint32_t flags)
{
	return !(flags & (MAIL_PLACEHOLDER | MAIL_WAITING)) && (f->local || flags & MAIL_BODY_HERE);
}

/* What has to be indexed, newest last, and what of the index is not there any more. */
static void compare(struct indexing *x, struct folder *f, struct batch *look, struct batch *next)
{
	const struct columns *c = cache_columns_view(f->cache);
	bool complete = f->local || cache_meta(f->cache)->complete;
	size_t at = 0;

	x->version = cache_version(f->cache);
	x->todo = mem_array(c->n, sizeof(*x->todo));
	for (size_t i = 0; i < c->n; i++) {
		at = uids_near(look->has, look->nhas, at, c->uid[i]);
		if (has_text(f, c->flags[i]) && (at == look->nhas || look->has[at] != c->uid[i]) &&
			uids_find(f->texts.skipped, f->texts.nskipped, c->uid[i]) < 0)
			x->todo[x->n++] = c->uid[i];
	}
	for (size_t i = 0; complete && i < look->nhas; i++)
		if (columns_find(c, look->has[i]) < 0)
			look->has[next->ngone++] = look->has[i];
	next->gone = look->has;
	look->has = NULL;
}

/* It is asked about again after a while only. */
static void put_off(struct folder *f, uint32_t uid)
{
	f->texts.skipped =
		mem_resize(f->texts.skipped, f->texts.nskipped + 1, sizeof(*f->texts.skipped));
	f->texts.skipped[f->texts.nskipped++] = uid;
}

static void put_off_some(struct folder *f, const struct batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->lacks[i])
			put_off(f, b->uids[i]);
}

/* Some of the messages, newest first: they are what people look for. */
static void load_some(struct indexing *x, struct folder *f, struct batch *b)
{
	int64_t end = clock_ms() + WORK_MS;
	size_t bytes = 0;

	while (x->at < x->n && b->n < BATCH && bytes < BATCH_BYTES && clock_ms() < end) {
		uint32_t uid = x->todo[x->n - 1 - x->at++];
		struct loaded *mail = read_load(f, uid);

		if (!mail) {
			put_off(f, uid);
			continue;
		}
		bytes += read_size(mail);
		b->uids[b->n] = uid;
		b->mails[b->n++] = mail;
	}
}

static void go_on(struct account *a, struct batch *look)
{
	struct indexing *x = a->indexing;
	struct folder *f = x->folder;
	struct batch *b = batch_new(a, f);

	if (look)
		compare(x, f, look, b);
	load_some(x, f, b);
	if (x->n >= TELL_MIN && clock_ms() - x->told >= TELL_MS)
		tell(a, x->at, x->n);
	b->rests = x->at == x->n;
	if (b->n || b->ngone || x->at < x->n) {
		give(b);
		return;
	}
	batch_drop(&b->rendering.job);
	f->texts.nskipped = uids_sort(f->texts.skipped, f->texts.nskipped);
	f->texts.version = x->version;
	end_look(a);
	f->texts.stamp = f->cache ? 0 : folder_stamp(f);
}

static void note_failure(struct account *a, const struct err *err)
{
	a->indexing->next = clock_ms() + AGAIN_MS;
	end_look(a);
	store_disk_notice(a, _("What is searched in texts cannot be indexed now: %s"), err->text);
}

static void all_again(struct account *a)
{
	for (struct folder *f = a->folders; f; f = f->next) {
		f->texts.version = f->texts.stamp = 0;
		f->texts.seen = false;
	}
}

static void batch_back(struct store *s, struct rendering *r)
{
	struct batch *b = (struct batch *)r;
	struct account *a = b->account;
	struct indexing *x = a->indexing;

	(void)s;
	x->out--;
	if (b->anew)
		store_notice(a,
			_("The index of texts of account %s was damaged, or of another version of "
			  "Talaria; it is built anew"),
			a->setup->settings->name);
	if (b->anew || b->clears)
		all_again(a);
	if (b->err.kind == ERR_DAMAGED) {
		end_look(a); /* the next one finds it so */
	} else if (b->err.kind != ERR_NONE) {
		note_failure(a, &b->err);
	} else if (x->folder && x->folder->cache && x->folder->numbering == x->numbering) {
		put_off_some(x->folder, b);
		go_on(a, b->looks ? b : NULL);
	} else {
		end_look(a);
	}
}

/* --- which folder --- */

static bool is_wanted(const struct folder *f)
{
	enum body_index which = f->account->setup->settings->body_index;

	return which == BODY_INDEX_ALL ||
	       (which == BODY_INDEX_INBOX && folder_role(f) == ROLE_INBOX);
}

static bool is_due(struct folder *f, bool closed)
{
	if (f->cache && f->uses)
		return cache_version(f->cache) != f->texts.version;
	if (!closed || f->cache || f->box.vanished || !folder_is_here(f))
		return false;
	return !f->texts.seen || folder_stamp(f) != f->texts.stamp;
}

static struct folder *next_folder(struct account *a, bool closed)
{
	struct folder *f = a->folders;

	while (f && !(is_wanted(f) && is_due(f, closed)))
		f = f->next;
	return f;
}

static void begin(struct account *a, struct folder *f, int64_t now)
{
	struct indexing *x = a->indexing;
	struct batch *b;

	f->texts.seen = true;
	if (now >= f->texts.skipped_until) {
		f->texts.nskipped = 0;
		f->texts.skipped_until = now + AGAIN_MS;
	}
	if (!folder_try(f)) {
		f->texts.stamp = folder_stamp(f);
		return;
	}
	x->folder = f;
	x->numbering = f->numbering;
	if (!cache_meta(f->cache)->uidvalidity) {
		end_look(a);
		return;
	}
	b = batch_new(a, f);
	b->looks = true;
	give(b);
}

void indexing_tick(struct account *a, int64_t now)
{
	struct indexing *x = a->indexing;
	struct folder *f;
	bool closed;

	if (!x || x->out || x->folder || a->store->read_only || now < x->next ||
		lanes_are_elsewhere(a))
		return;
	if (a->setup->settings->body_index == BODY_INDEX_NONE) {
		x->next = now + AGAIN_MS;
		textindex_clear(x->keeper->path, NULL); /* what nobody keeps grows old */
		return;
	}
	if (!x->next_closed)
		x->next_closed = now + CLOSED_MS;
	closed = now >= x->next_closed;
	f = next_folder(a, closed);
	if (f)
		begin(a, f, now);
	else if (closed)
		x->next_closed = now + CLOSED_LOOK_MS;
}

int indexing_anew(struct account *a, struct store_request *r, struct str *said, struct err *err)
{
	struct indexing *x = a->indexing;
	struct batch *b;

	(void)r;
	if (lanes_are_elsewhere(a))
		return err_set(err, ERR_BUSY,
			_("Another running copy of Talaria keeps the index of account %s; ask it"),
			a->setup->settings->name);
	end_look(a);
	x->next = 0;
	x->next_closed = 1;
	b = batch_new(a, NULL);
	b->clears = true;
	give(b);
	str_addf(said, _("The index of texts of account %s is built anew"),
		a->setup->settings->name);
	return 0;
}

struct indexing *indexing_new(const struct account *a)
{
	struct indexing *x = mem_alloc(sizeof(*x));

	x->keeper = mem_alloc(sizeof(*x->keeper));
	atomic_init(&x->keeper->users, 1);
	x->keeper->path = path_of(a);
	return x;
}

void indexing_free(struct indexing *x)
{
	if (!x)
		return;
	keeper_release(x->keeper);
	free(x->todo);
	free(x);
}

/* --- asking --- */

static void asking_run(struct worker_job *j)
{
	struct asking *x = (struct asking *)j;
	struct textindex_key key = {x->folder, x->uidvalidity};
	const char *pieces[QUERY_TERMS] = {NULL};
	struct textindex *t;
	struct err err = {0};

	if (atomic_load(x->stop))
		return;
	if (textindex_open(&t, x->path, false, NULL, &err) == 0) {
		for (size_t i = 0; i < x->query->nterms; i++)
			pieces[i] = match_piece(&x->query->terms[i]);
		textindex_find(t, &key, pieces, x->query->nterms, x->stop, &x->answers, &err);
		textindex_free(t);
	}
	x->damaged = err.kind == ERR_DAMAGED;
}

static bool helps(const struct query *q)
{
	bool any = false;

	for (size_t i = 0; i < q->nterms; i++)
		any |= match_piece(&q->terms[i]) != NULL;
	return any && !q->unmarked; /* its words have the marks */
}

bool asking_give(struct asking *x, struct folder *f)
{
	char *path = helps(x->query) && f->cache ? path_of(f->account) : NULL;

	if (!path)
		return false;
	x->path = path;
	x->folder = mem_strdup(key_name(f));
	x->uidvalidity = cache_meta(f->cache)->uidvalidity;
	x->account = f->account;
	x->rendering.job.run = asking_run;
	rendering_give(f->account->store, &x->rendering, RENDERING_SEARCHING);
	return true;
}

void asking_done(struct asking *x)
{
	/* with the next look at a folder it is begun anew */
	if (x->damaged && x->account->indexing) {
		atomic_store(&x->account->indexing->keeper->damaged, true);
		all_again(x->account);
	}
	textindex_answers_free(x->answers);
	free(x->path);
	free(x->folder);
}

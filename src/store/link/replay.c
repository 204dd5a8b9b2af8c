/*
 * The journal on its way to the server: strictly in order, one operation at a time (merge.c makes
 * few of many), each answered before the next goes out. What was done is forgotten, what the server
 * refuses is taken back, what a broken connection left open is looked for before it is repeated.
 *
 * That an operation is given to a connection is noted durably before, with what the connection
 * found in the target: so after any break it is known whether it may have been done, and what to
 * look for.
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/uids.h"
#include "store/link/link.h"
#include "store/link/link_priv.h"
#include "store/mail/account.h"
#include "store/mail/append.h"
#include "store/mail/cutpart.h"
#include "store/mail/folder.h"
#include "store/mail/folder_open.h"
#include "store/mail/folder_server.h"
#include "store/mail/folder_tell.h"
#include "store/mail/keepdraft.h"
#include "store/mail/lanes.h"
#include "store/mail/overlay.h"
#include "store/mail/pending.h"
#include "store/mail/remote.h"
#include "store/mail/sentcopy.h"
#include "store/mail/undo.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FAILURES_MAX = 3 };

struct replay {
	uint64_t failed; /* the operation that ended its connection, so many times in a row: */
	unsigned failures;
	int64_t online_since; /* seconds since 1970 */
	uint64_t unforgotten; /* the operation that is through, but the journal's disk takes no note
				 of it; 0: none */
	bool stuck;           /* nothing goes out because the journal cannot be written: why */
	struct err why;
};

struct replay *replay_new(void)
{
	return mem_alloc(sizeof(struct replay));
}

void replay_free(struct replay *r)
{
	free(r);
}

void replay_online(struct account *a)
{
	a->link->replay->online_since = clock_now();
}

bool replay_is_stuck(const struct account *a, struct err *why)
{
	if (a->link->replay->stuck)
		*why = a->link->replay->why;
	return a->link->replay->stuck;
}

static int add_append_bytes(struct account *a, struct job *j, const struct op *op, struct err *err)
{
	char *path = append_path(a, op->file);
	struct str raw = STR_INIT;
	int rc = file_read(path, 512 << 20, &raw, err);
	struct stat st;

	/* An upload's file has the date on which the message arrived. */
	if (stat(path, &st) == 0)
		j->op.received = st.st_mtime;
	for (size_t i = 0; rc == 0 && i < raw.len; i++) {
		if (raw.p[i] == '\n' && (i == 0 || raw.p[i - 1] != '\r'))
			str_addc(&j->op.message, '\r');
		str_addc(&j->op.message, raw.p[i]);
	}
	str_done(&raw);
	free(path);
	return rc;
}

/* What the server never listed is where its own folders are known to be by now. */
static char *wire_name(struct account *a, const struct folder *f, const char *name)
{
	return f && f->mailbox && f->life != LIFE_ASSUMED ? mem_strdup(f->mailbox)
							  : folder_wire_name(a, name);
}

/* The journal cannot be written now: nothing goes out that it does not know of. */
static void stuck(struct account *a, const struct err *err)
{
	a->link->replay->stuck = true;
	a->link->replay->why = *err;
	store_disk_notice(a, _("The journal of account %s cannot be written: %s"),
		a->setup->settings->name, err->text);
	account_settles(a);
}

/* The message that it would bring cannot be read: nothing can be done for it, and those behind it
 * must not wait for ever. 1; -1: the journal cannot be written. */
static int give_up(struct account *a, const struct op *op, const struct err *why)
{
	struct op *lost = op_copy(op);
	struct str words = STR_INIT;
	struct err err = {0};
	int rc = journal_done(a->journal, lost->id, &err) == 0 ? 1 : -1;

	folder_op_words(a, lost, &words);
	if (rc < 0)
		stuck(a, &err);
	else if (why->kind == ERR_GONE)
		store_notice(a, _("\"%s\" cannot be done: its file is gone"), words.p);
	else
		store_notice(a, _("\"%s\" cannot be done: %s"), words.p, why->text);
	str_done(&words);
	op_free(lost);
	account_pending(a);
	return rc;
}

/* 0; 1: it is given up; -1: the journal cannot be written. */
static int post(struct account *a, const struct op *op, bool look)
{
	struct folder *f = *op->folder ? folder_find(a, op->folder, false) : NULL;
	struct folder *target = *op->target ? folder_find(a, op->target, false) : NULL;
	struct job *j = job_new(JOB_OP);
	struct err err = {0};

	if (op->kind == OP_APPEND && add_append_bytes(a, j, op, &err) != 0) {
		job_free(j);
		return give_up(a, op, &err);
	}
	j->op.what = op_copy(op);
	j->op.look = look;
	/* Made before this connection was there: meanwhile others may have been at the folder. */
	j->op.check = op_since(op) < a->link->replay->online_since;
	j->folder = mem_strdup(op->folder);
	j->mailbox = wire_name(a, f, op->folder);
	j->op.target = wire_name(a, target, op->target);
	pending_set_in_flight(a, op->id);
	lanes_post(a, LANE_MAIN, j);
	return 0;
}

/* Where it goes is a guess as long as the server has not listed its folders. */
static bool waits_for_list(struct account *a, const struct op *op)
{
	const struct folder *target = *op->target ? folder_find(a, op->target, false) : NULL;

	return *op->target && !a->names.listed && !(target && life_was_there(target));
}

/* As post; -1 is tried again with the next tick. */
static int send_op(struct account *a, const struct op *op)
{
	bool look = op->state == OP_SENT;
	uint64_t id = op->id;

	/* What may leave two of something, or must find its messages, answers RESULT_OP_READY
	 * first. */
	if (!look && !op_needs_look(op)) {
		struct err err = {0};

		if (journal_sent(a->journal, id, &err) != 0) {
			stuck(a, &err);
			return -1;
		}
		op = journal_find(a->journal, id);
	}
	a->link->replay->stuck = false;
	return op ? post(a, op, look) : 0;
}

/*
 * Strictly one after the other, in the order they were made: a mark that was set and taken away
 * again must end taken away, whatever the connection does in between.
 */
void replay_next(struct account *a)
{
	if (!remote_has_folders(a) || a->store->read_only || !lanes_are_online(a) ||
		pending_in_flight(a) || a->link->replay->unforgotten)
		return;
	for (int rc = 1; rc == 1 && journal_count(a->journal);) {
		const struct op *op = journal_at(a->journal, 0);

		if (waits_for_list(a, op))
			return;
		rc = send_op(a, op);
		if (rc == 0 && pending_in_flight(a))
			account_pending(a);
	}
}

/* Which messages it is about is known now: they look like it. */
static void show(struct account *a, const struct op *op)
{
	struct folder *f = folder_find(a, op->folder, false);

	if (f && f->cache && overlay_folder(f))
		folder_send_list(f, NULL);
}

/* The connection looked and has done nothing yet: noted, then it goes. */
void replay_ready(struct account *a, struct result *r)
{
	const struct result_op_ready *q = &r->op_ready;
	struct op found = {.marked = q->marked,
		.mark_uidvalidity = q->target_uidvalidity,
		.mark_uidnext = q->target_uidnext,
		.uidvalidity = q->uidvalidity,
		.uids = q->uids,
		.n = uids_sort(q->uids, q->n)};
	const struct op *op = journal_find(a->journal, q->id);
	struct err err = {0};

	if (pending_in_flight(a) != q->id)
		return;
	if (op && journal_sent_marked(a->journal, q->id, &found, &err) != 0 &&
		err.kind != ERR_GONE) {
		pending_set_in_flight(a, 0);
		stuck(a, &err);
		return;
	}
	op = journal_find(a->journal, q->id);
	if (op && post(a, op, false) == 0) {
		if (found.n)
			show(a, op);
		account_pending(a);
		return;
	}
	pending_set_in_flight(a, 0);
	account_replays(a);
}

/* ---- telling ---- */

static void add_subject(struct account *a, const struct op *op, struct str *out)
{
	struct folder *f = op->n == 1 ? folder_find(a, op->folder, false) : NULL;
	struct summary s;

	if (!f || folder_use(f, NULL) != 0)
		return;
	if (cache_meta(f->cache)->uidvalidity == op->uidvalidity &&
		cache_get(f->cache, op->uids[0], &s) == 0 && *s.subject)
		str_addf(out, " (%s)", s.subject);
	folder_unuse(f);
}

static char *words_of(struct account *a, const struct op *op)
{
	struct str out = STR_INIT;

	folder_op_words(a, op, &out);
	add_subject(a, op, &out);
	return str_steal(&out);
}

static void remember_refused(struct account *a, const char *words, const char *why)
{
	struct str line = STR_INIT;

	str_addf(&line, "%s: %s", words, why);
	pending_refused(a, str_steal(&line));
}

/* The folder is another one now, or the messages are gone: that is nobody's refusal. */
static void dropped(struct account *a, const struct op *op, const char *why)
{
	char *words = words_of(a, op);

	store_notice(a, _("\"%s\" is dropped: %s"), words, why);
	remember_refused(a, words, why);
	free(words);
}

/* Of an upload the original is still here; a sent mail has no other place. */
static void copy_refused(struct account *a, const struct op *op, const struct err *err)
{
	struct err why = {0};
	char *words = words_of(a, op), *where = *op->text ? sentcopy_keep(a, op, &why) : NULL;

	if (where)
		store_notice(a, _("\"%s\" failed: %s. It is kept in %s"), words, err->text, where);
	else
		store_notice(a, _("\"%s\" failed: %s"), words, err->text);
	remember_refused(a, words, err->text);
	if (where || !*op->text)
		append_drop(a, op);
	else
		store_notice(a, "%s", why.text);
	free(words);
	free(where);
}

static void refused(struct account *a, const struct op *op, const struct err *err)
{
	struct folder *f = *op->folder ? folder_find(a, op->folder, false) : NULL;

	if (op->kind == OP_APPEND) {
		copy_refused(a, op, err);
		return;
	}
	if (err->kind == ERR_GONE) {
		dropped(a, op, err->text);
	} else {
		char *words = words_of(a, op);

		store_notice(a, _("\"%s\" failed: %s. The change is taken back"), words, err->text);
		remember_refused(a, words, err->text);
		free(words);
	}
	overlay_take_back(a, op, op->uids, op->n);
	if (f)
		folder_distrust(f);
}

static void confirmed(struct account *a, const struct op *op, const struct result_op *r)
{
	struct folder *target = *op->target ? folder_find(a, op->target, false) : NULL;
	struct folder *f = *op->folder ? folder_find(a, op->folder, false) : NULL;

	/* Whoever made it before may have been killed before the cache had it. */
	if (f && op_since(op) <= a->link->replay->online_since && folder_use(f, NULL) == 0) {
		folder_ask_sync(f);
		folder_unuse(f);
	}
	brought_note(a, op, r);
	undo_confirmed(a, op, r);
	overlay_confirmed(a, op, r->stay);
	keepdraft_confirmed(a, op, r);
	cutpart_confirmed(a, op);
	if (r->stay && f) {
		char *words = words_of(a, op);

		store_notice(a, _("\"%s\": the messages are in %s now, and still in %s too: %s"),
			words, op->target, op->folder, r->stay);
		free(words);
		folder_distrust(f);
	}
	if (r->missing) {
		char *words = words_of(a, op);

		store_notice(a,
			ngettext("\"%s\": %u message was no longer there",
				"\"%s\": %u messages were no longer there", r->missing),
			words, (unsigned)r->missing);
		free(words);
	}
	/* What somebody looks at, or all when all was asked for; it stays open meanwhile. */
	if (target && (target->cache || syncall_runs(a) || folder_was_fetched(target)) &&
		folder_use(target, NULL) == 0) {
		folder_ask_sync(target);
		folder_unuse(target);
	}
	if (op->kind == OP_CREATE || (*op->target && (!target || !target->listed)))
		lanes_post(a, LANE_MAIN, job_new(JOB_LIST));
}

/* It is through, but the disk takes no note of that: nothing more goes out until it does, lest the
 * same be done again and again. */
static void remember(struct account *a, uint64_t id, const struct err *err)
{
	a->link->replay->unforgotten = id;
	stuck(a, err);
}

void replay_tick(struct account *a)
{
	if (a->link->replay->unforgotten &&
		journal_done(a->journal, a->link->replay->unforgotten, NULL) == 0) {
		a->link->replay->unforgotten = 0;
		a->link->replay->stuck = false;
		account_pending(a);
	}
	account_replays(a); /* also when the journal could not be written for a while */
}

/*
 * What ends each connection it is sent over must not bar the way for ever: it counts as refused. So
 * many times in one run of the program; another one finds another network, it may be.
 */
static bool ends_connections(struct account *a, struct result *r)
{
	char *why;

	if (r->unbegun || (r->err.kind != ERR_NETWORK && r->err.kind != ERR_PROTOCOL))
		return false;
	a->link->replay->failures =
		a->link->replay->failed == r->op.id ? a->link->replay->failures + 1 : 1;
	a->link->replay->failed = r->op.id;
	if (a->link->replay->failures < FAILURES_MAX)
		return false;
	why = mem_strdup(r->err.text);
	err_set(&r->err, ERR_REFUSED,
		_("the connection ended each of the %d times it was sent, the last time with: %s"),
		FAILURES_MAX, why);
	free(why);
	return true;
}

bool replay_goes_on(const struct account *a)
{
	return a->link->replay->failures && journal_find(a->journal, a->link->replay->failed);
}

void replay_result(struct account *a, struct result *r)
{
	const struct op *found = journal_find(a->journal, r->op.id);
	bool no = r->err.kind == ERR_REFUSED || r->err.kind == ERR_GONE || r->err.kind == ERR_INPUT;
	struct err err = {0};
	bool forgotten;
	struct op *op;

	if (pending_in_flight(a) == r->op.id)
		pending_set_in_flight(a, 0);
	no |= found && ends_connections(a, r);
	if (r->err.kind != ERR_NONE && !no) {
		account_pending(a); /* the connection broke: it is replayed */
		return;
	}
	if (!found) {
		account_replays(a); /* cancelled meanwhile */
		return;
	}
	op = op_copy(found);
	/* The rows leave before the journal forgets why, so that nothing comes back in between; a
	 * copy is safe elsewhere before. */
	if (!no)
		confirmed(a, op, &r->op);
	else if (op->kind == OP_APPEND)
		refused(a, op, &r->err);
	else
		folder_doubt_marks(a, op);
	forgotten = journal_done(a->journal, r->op.id, &err) == 0;
	if (!forgotten)
		remember(a, r->op.id, &err);
	if (no) {
		undo_refused(a, op);
		if (op->kind != OP_APPEND)
			refused(a, op, &r->err);
	} else {
		if (forgotten)
			append_drop(a, op);
		undo_follow(a, op);
		folder_send_folders(a);
	}
	op_free(op);
	journal_compact(a->journal, NULL); /* it is as good uncompacted, and tried with the next */
	account_pending(a);
	account_replays(a);
	account_settles(a);
}

/* ---- what another client did meanwhile ---- */

static bool waits(const struct account *a, const struct op *op, const struct folder *f)
{
	return op->state == OP_QUEUED && pending_in_flight(a) != op->id && op->n &&
	       strcmp(op->folder, f->name) == 0;
}

void replay_vanished(struct folder *f, const uint32_t *uids, size_t n)
{
	struct account *a = f->account;
	uint32_t *common = mem_array(n + 1, sizeof(*common));
	bool any = false;

	for (size_t i = journal_count(a->journal); i-- > 0;) {
		const struct op *op = journal_at(a->journal, i);
		struct op *gone;
		size_t k;

		if (!waits(a, op, f) || op->uidvalidity != cache_meta(f->cache)->uidvalidity)
			continue;
		k = op_common(op, uids, n, common);
		if (!k)
			continue;
		gone = op_brief(op);
		gone->n = k;
		gone->uids = mem_dup(common, k * sizeof(*common));
		if (journal_shrink(a->journal, op->id, common, k, 0, NULL) == 0)
			dropped(a, gone,
				k == 1 ? _("the message is no longer on the server")
				       : _("the messages are no longer on the server"));
		op_free(gone);
		any = true;
	}
	free(common);
	if (any)
		account_pending(a);
}

void replay_renumbered(struct folder *f, uint32_t uidvalidity)
{
	struct account *a = f->account;
	bool any = false;

	for (size_t i = journal_count(a->journal); i-- > 0;) {
		const struct op *op = journal_at(a->journal, i);
		struct op *gone;

		if (!waits(a, op, f) || op->uidvalidity == uidvalidity)
			continue;
		gone = op_copy(op);
		if (journal_done(a->journal, gone->id, NULL) == 0) {
			undo_refused(a, gone);
			dropped(a, gone, _("the folder was made anew on the server"));
		}
		op_free(gone);
		any = true;
	}
	if (any)
		account_pending(a);
}

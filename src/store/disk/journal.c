#include "store/disk/journal_priv.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/uids.h"
#include "store/disk/bytes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LOCK_MS = 2000,
	TRIES = 5,               /* another copy may replace the log under our hands */
	COMPACT_BYTES = 1 << 20, /* below that the log is small enough */
	RECORD_OVERHEAD = 20,    /* wal.h: what a record takes besides its payload */
	DAMAGED_MAX = 1 << 30    /* larger logs are renamed, not copied */
};

static const char magic[8] = {'T', 'A', 'L', 'O', 'P', 'S', '0', '1'};

/* ---- batches ---- */

void batch_end(struct batch *b, uint16_t type, size_t at)
{
	b->v = mem_grow(b->v, &b->cap, b->n + 1, sizeof(*b->v));
	b->v[b->n].type = type;
	b->v[b->n].at = at;
	b->v[b->n++].len = b->bytes.len - at;
}

void batch_done(struct batch *b)
{
	str_done(&b->bytes);
	free(b->v);
	*b = (struct batch){0};
}

/* free() */
static struct wal_record *batch_records(const struct batch *b)
{
	struct wal_record *r = mem_array(b->n ? b->n : 1, sizeof(*r));

	for (size_t i = 0; i < b->n; i++)
		r[i] = (struct wal_record){
			.type = b->v[i].type, .p = b->bytes.p + b->v[i].at, .len = b->v[i].len};
	return r;
}

/* ---- state ---- */

static ptrdiff_t index_of(const struct journal *j, uint64_t id)
{
	for (size_t i = 0; i < j->n; i++)
		if (j->ops[i]->id == id)
			return (ptrdiff_t)i;
	return -1;
}

static void take_add(struct journal *j, struct op *op)
{
	if (index_of(j, op->id) >= 0) {
		op_free(op);
		return;
	}
	j->ops = mem_grow(j->ops, &j->cap, j->n + 1, sizeof(struct op *));
	j->ops[j->n++] = op;
}

static void take_done(struct journal *j, uint64_t id)
{
	ptrdiff_t i = index_of(j, id);

	if (i < 0)
		return;
	op_free(j->ops[i]);
	j->n--;
	memmove(&j->ops[i], &j->ops[i + 1], (j->n - (size_t)i) * sizeof(struct op *));
}

static void take_sent(struct journal *j, uint64_t id)
{
	ptrdiff_t i = index_of(j, id);

	if (i >= 0)
		j->ops[i]->state = OP_SENT;
}

static void set_uids(struct op *op, uint32_t *uids, size_t n)
{
	free(op->uids);
	op->uids = uids;
	op->n = n;
}

static void join(struct op *op, const uint32_t *uids, size_t n, uint32_t unseen)
{
	uint32_t *all = mem_array(op->n + n + 1, sizeof(*all));

	if (op->n)
		memcpy(all, op->uids, op->n * sizeof(*all));
	memcpy(all + op->n, uids, n * sizeof(*all));
	set_uids(op, all, uids_sort(all, op->n + n));
	op->unseen += unseen;
}

static void leave(struct op *op, const uint32_t *uids, size_t n, uint32_t unseen)
{
	size_t used = 0;

	for (size_t i = 0, k = 0; i < op->n; i++) {
		while (k < n && uids[k] < op->uids[i])
			k++;
		if (k == n || uids[k] != op->uids[i])
			op->uids[used++] = op->uids[i];
	}
	op->n = used;
	op->unseen -= unseen < op->unseen ? unseen : op->unseen;
}

/* Every copy that reads the log decides the same: what is on its way is not changed any more. */
static bool take_change(struct journal *j, const unsigned char *p, size_t len, bool more)
{
	const unsigned char *at = p + 12;
	uint32_t *uids;
	ptrdiff_t i;
	size_t n;

	if (len < 12 || op_decode_uids(&at, p + len, &uids, &n) != 0)
		return false;
	i = index_of(j, load64(p));
	j->took = i >= 0 && j->ops[i]->state == OP_QUEUED;
	if (j->took) {
		(more ? join : leave)(j->ops[i], uids, n, load32(p + 8));
		if (!j->ops[i]->n)
			take_done(j, load64(p));
	}
	free(uids);
	return true;
}

static bool take_marked(struct journal *j, const unsigned char *p, size_t len)
{
	const unsigned char *at = p + 21;
	uint32_t *uids;
	ptrdiff_t i;
	size_t n;

	if (len < 21 || op_decode_uids(&at, p + len, &uids, &n) != 0)
		return false;
	i = index_of(j, load64(p));
	if (i >= 0) {
		struct op *op = j->ops[i];

		op->state = OP_SENT;
		op->marked = p[8] != 0;
		op->mark_uidvalidity = load32(p + 9);
		op->mark_uidnext = load32(p + 13);
		if (n) {
			op->uidvalidity = load32(p + 17);
			set_uids(op, uids, n);
			return true;
		}
	}
	free(uids);
	return true;
}

/* False: not one of this version's records. */
static bool apply(struct journal *j, const struct wal_record *r)
{
	const unsigned char *p = r->p;
	struct op *op;

	switch (r->type) {
	case REC_ADD:
	case REC_OP:
		if ((r->type == REC_OP ? op_decode : op_decode_first)(p, r->len, &op) != 0)
			return false;
		take_add(j, op);
		return true;
	case REC_EXTEND:
	case REC_SHRINK:
		return take_change(j, p, r->len, r->type == REC_EXTEND);
	case REC_SENT_MARKED:
		return take_marked(j, p, r->len);
	case REC_SENT:
	case REC_DONE:
		if (r->len != 8)
			return false;
		(r->type == REC_SENT ? take_sent : take_done)(j, load64(p));
		return true;
	case REC_LEDGER:
		return ledger_apply(&j->ledger, p, r->len);
	case REC_LEDGER_FORGET:
		return ledger_apply_forget(&j->ledger, p, r->len);
	default:
		return false;
	}
}

int journal_apply(void *journal, const struct wal_record *r)
{
	struct journal *j = journal;

	j->changes++;
	if (!apply(j, r) && !j->foreign) {
		j->foreign = true;
		log_line(1, "journal: a record of type %u is not understood, kept", r->type);
	}
	return 0;
}

void journal_forget_state(struct journal *j)
{
	for (size_t i = 0; i < j->n; i++)
		op_free(j->ops[i]);
	free(j->ops);
	j->ops = NULL;
	j->n = j->cap = 0;
	ledger_done(&j->ledger);
	j->foreign = false;
}

/* ---- damage ---- */

static char *aside_path(const struct journal *j, uint32_t mark)
{
	struct str path = STR_INIT;

	str_addf(&path, "%s.damaged-%08lx", j->path, (unsigned long)mark);
	return str_steal(&path);
}

static bool has_tail(const struct journal *j)
{
	struct stat st;

	return stat(j->path, &st) == 0 && (uint64_t)st.st_size > wal_size(j->wal);
}

/* The whole log under another name; named by its bytes, so that one damage is kept once. */
static int copy_aside(struct journal *j, struct err *err)
{
	struct str bytes = STR_INIT;
	int rc = file_read(j->path, DAMAGED_MAX, &bytes, err);

	if (rc == 0) {
		char *to = aside_path(j, hash_crc32c(0, str_c(&bytes), bytes.len));

		if (!file_exists(to))
			rc = file_replace(to, str_c(&bytes), bytes.len, 0600, err);
		log_line(1, "journal: bytes at the end of %s do not verify, copied to %s", j->path,
			to);
		free(to);
	}
	str_done(&bytes);
	return rc;
}

/* Under the lock nobody is in the middle of writing: what does not verify now never will. Returns
 * as wal_read. */
static int save_tail(struct journal *j, struct err *err)
{
	int lock, rc;

	if (!has_tail(j))
		return 0;
	lock = file_lock(j->lock_path, LOCK_MS, err);
	if (lock < 0)
		return -1;
	rc = wal_read(j->wal, journal_apply, j, err);
	if (rc == 0 && has_tail(j)) {
		j->damaged = true;
		rc = copy_aside(j, err);
	}
	close(lock);
	return rc;
}

/* A log whose header is bad cannot be read at all: it goes aside, and an empty one is begun. */
static int move_aside(struct journal *j, ino_t ino, struct err *err)
{
	int lock = file_lock(j->lock_path, LOCK_MS, err), rc = 0;
	struct stat st;
	char token[9];

	if (lock < 0)
		return -1;
	if (stat(j->path, &st) == 0 && st.st_ino == ino) {
		struct str to = STR_INIT;

		hash_random_token(token, sizeof(token) - 1);
		str_addf(&to, "%s.damaged-%s", j->path, token);
		log_line(1, "journal: %s has a bad header, moved to %s", j->path, to.p);
		if (rename(j->path, to.p) != 0)
			rc = err_errno(err, _("Cannot move %s aside"), j->path);
		else
			rc = file_sync_parent(j->path, err);
		str_done(&to);
	}
	close(lock);
	j->damaged = true;
	return rc;
}

/* ---- opening ---- */

/* 1: try again. */
static int open_once(struct journal *j, struct err *err)
{
	unsigned char user[WAL_USER_HEADER] = {0};
	struct err why = {0};
	struct stat st;
	bool there = stat(j->path, &st) == 0;
	int rc;

	wal_free(j->wal);
	j->wal = NULL;
	journal_forget_state(j);
	hash_random(user, sizeof(j->key));
	if (wal_open(&j->wal, j->path, j->lock_path, magic, user, &why) != 0) {
		if (why.kind == ERR_DAMAGED && there)
			return move_aside(j, st.st_ino, err) == 0 ? 1 : -1;
		if (err)
			*err = why;
		return -1;
	}
	memcpy(j->key, wal_user_header(j->wal), sizeof(j->key));
	rc = wal_read(j->wal, journal_apply, j, err);
	return rc == 0 ? save_tail(j, err) : rc;
}

static int reopen(struct journal *j, struct err *err)
{
	int rc = 1;

	for (int i = 0; rc == 1 && i < TRIES; i++)
		rc = open_once(j, err);
	return rc == 1 ? err_set(err, ERR_BUSY, _("%s keeps changing"), j->path) : rc;
}

int journal_open(struct journal **out, const char *account_dir, struct err *err)
{
	struct journal *j;

	if (file_make_dirs(account_dir, err) != 0)
		return -1;
	j = mem_alloc(sizeof(*j));
	j->path = file_join(account_dir, "ops.wal");
	j->lock_path = file_join(account_dir, "ops.lock");
	if (reopen(j, err) != 0) {
		journal_free(j);
		return -1;
	}
	*out = j;
	return 0;
}

void journal_free(struct journal *j)
{
	if (!j)
		return;
	journal_forget_state(j);
	wal_free(j->wal);
	free(j->path);
	free(j->lock_path);
	free(j);
}

bool journal_damaged(const struct journal *j)
{
	return j->damaged;
}

/* ---- changing ---- */

/* A journal that lost its log to an error opens it again. */
static int ready(struct journal *j, struct err *err)
{
	return j->wal ? 0 : reopen(j, err);
}

int journal_append(struct journal *j, const struct batch *b, struct err *err)
{
	struct wal_record *records = batch_records(b);
	int rc = ready(j, err);

	for (int i = 0; rc == 0 && i < TRIES; i++) {
		rc = save_tail(j, err);
		if (rc == 0)
			rc = wal_append(j->wal, records, b->n, true, journal_apply, j, err);
		if (rc <= 0)
			break;
		rc = reopen(j, err);
		if (rc == 0 && i + 1 == TRIES)
			rc = err_set(err, ERR_BUSY, _("%s keeps changing"), j->path);
	}
	for (size_t i = 0; rc == 0 && i < b->n; i++, j->ours++)
		journal_apply(j, &records[i]);
	free(records);
	return rc;
}

/* Unique among all running copies, and never used again: seconds and random bits. */
static uint64_t new_id(const struct journal *j)
{
	uint64_t id;
	uint32_t low;

	do {
		hash_random(&low, sizeof(low));
		id = (uint64_t)clock_now() << 32 | low;
	} while (id == 0 || index_of(j, id) >= 0);
	return id;
}

static int encode_op(struct journal *j, struct batch *b, struct op *op, struct err *err)
{
	size_t at = b->bytes.len;

	if (op->n > JOURNAL_MAX_UIDS)
		return err_set(err, ERR_INPUT, _("Too many messages for one operation"));
	op->n = uids_sort(op->uids, op->n);
	op->id = new_id(j);
	op_encode(&b->bytes, op);
	batch_end(b, REC_OP, at);
	return b->bytes.len - at <= WAL_MAX_RECORD
		       ? 0
		       : err_set(err, ERR_INPUT, _("Too many messages for one operation"));
}

int journal_add_many(struct journal *j, struct op **ops, size_t n, struct err *err)
{
	struct batch b = {0};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = encode_op(j, &b, ops[i], err);
	if (rc == 0 && n)
		rc = journal_append(j, &b, err);
	batch_done(&b);
	return rc;
}

int journal_add(struct journal *j, struct op *op, struct err *err)
{
	uint64_t former = op->id;
	int rc = journal_add_many(j, &op, 1, err);

	if (rc != 0)
		op->id = former;
	return rc;
}

static int add_state(struct journal *j, uint16_t type, uint64_t id, struct err *err)
{
	struct batch b = {0};
	int rc;

	bytes_add64(&b.bytes, id);
	batch_end(&b, type, 0);
	rc = journal_append(j, &b, err);
	batch_done(&b);
	return rc;
}

static int must_be_there(struct journal *j, uint64_t id, struct err *err)
{
	if (journal_refresh(j, err) < 0)
		return -1;
	if (!journal_find(j, id))
		return err_set(err, ERR_GONE, _("This operation is no longer pending"));
	return 0;
}

int journal_sent(struct journal *j, uint64_t id, struct err *err)
{
	if (must_be_there(j, id, err) != 0)
		return -1;
	return add_state(j, REC_SENT, id, err);
}

int journal_sent_marked(struct journal *j, uint64_t id, const struct op *found, struct err *err)
{
	struct batch b = {0};
	int rc = must_be_there(j, id, err);

	bytes_add64(&b.bytes, id);
	str_addc(&b.bytes, found->marked);
	bytes_add32(&b.bytes, found->mark_uidvalidity);
	bytes_add32(&b.bytes, found->mark_uidnext);
	bytes_add32(&b.bytes, found->uidvalidity);
	op_encode_uids(&b.bytes, found->uids, found->n);
	batch_end(&b, REC_SENT_MARKED, 0);
	if (rc == 0)
		rc = journal_append(j, &b, err);
	batch_done(&b);
	return rc;
}

static int add_change(struct journal *j, uint16_t type, uint64_t id, const uint32_t *uids, size_t n,
	uint32_t unseen, struct err *err)
{
	struct batch b = {0};
	int rc;

	bytes_add64(&b.bytes, id);
	bytes_add32(&b.bytes, unseen);
	op_encode_uids(&b.bytes, uids, n);
	batch_end(&b, type, 0);
	rc = journal_append(j, &b, err);
	batch_done(&b);
	return rc;
}

static const struct op *changeable(struct journal *j, uint64_t id)
{
	const struct op *op = journal_find(j, id);

	return op && op->state == OP_QUEUED ? op : NULL;
}

/* REC_EXTEND or REC_SHRINK. 1: another copy has given it away, or is through with it, between the
 * look and the record. */
static int change_uids(struct journal *j, uint16_t type, uint64_t id, const uint32_t *uids,
	size_t n, uint32_t unseen, struct err *err)
{
	uint32_t *sorted = mem_dup(uids, n * sizeof(*uids));
	int rc;

	n = uids_sort(sorted, n);
	rc = add_change(j, type, id, sorted, n, unseen, err);
	if (rc == 0)
		rc = !j->took;
	free(sorted);
	return rc;
}

int journal_extend(struct journal *j, uint64_t id, const uint32_t *uids, size_t n, uint32_t unseen,
	struct err *err)
{
	const struct op *op;

	if (journal_refresh(j, err) < 0)
		return -1;
	op = changeable(j, id);
	if (!op || n > JOURNAL_MAX_UIDS || op->n > JOURNAL_MAX_UIDS - n)
		return 1;
	return change_uids(j, REC_EXTEND, id, uids, n, unseen, err);
}

int journal_shrink(struct journal *j, uint64_t id, const uint32_t *uids, size_t n, uint32_t unseen,
	struct err *err)
{
	if (journal_refresh(j, err) < 0)
		return -1;
	if (!changeable(j, id) || n > JOURNAL_MAX_UIDS)
		return 1;
	return change_uids(j, REC_SHRINK, id, uids, n, unseen, err);
}

int journal_done(struct journal *j, uint64_t id, struct err *err)
{
	if (journal_refresh(j, err) < 0)
		return -1;
	return journal_find(j, id) ? add_state(j, REC_DONE, id, err) : 0;
}

/* ---- looking ---- */

size_t journal_count(const struct journal *j)
{
	return j->n;
}

const struct op *journal_at(const struct journal *j, size_t i)
{
	return i < j->n ? j->ops[i] : NULL;
}

const struct op *journal_find(const struct journal *j, uint64_t id)
{
	ptrdiff_t i = index_of(j, id);

	return i < 0 ? NULL : j->ops[i];
}

uint64_t journal_news(const struct journal *j)
{
	return j->changes - j->ours;
}

int journal_refresh(struct journal *j, struct err *err)
{
	uint64_t before = j->changes;
	int rc = ready(j, err);

	if (rc == 0)
		rc = wal_read(j->wal, journal_apply, j, err);
	if (rc == 1)
		return reopen(j, err) == 0 ? 1 : -1;
	return rc == 0 ? j->changes != before : rc;
}

/* ---- compaction ---- */

static void live_records(const struct journal *j, struct batch *b)
{
	for (size_t i = 0; i < j->n; i++) {
		size_t at = b->bytes.len;

		op_encode(&b->bytes, j->ops[i]);
		batch_end(b, REC_OP, at);
	}
	ledger_batch(b, j->ledger.v, j->ledger.n);
}

static int rewrite(struct journal *j, const struct batch *b, struct err *err)
{
	struct wal_record *records = batch_records(b);
	unsigned char user[WAL_USER_HEADER];
	int rc;

	memcpy(user, wal_user_header(j->wal), sizeof(user));
	rc = wal_rewrite(j->wal, user, records, b->n, wal_size(j->wal), true, err);
	free(records);
	return rc;
}

int journal_compact(struct journal *j, struct err *err)
{
	struct batch b = {0};
	int rc = journal_refresh(j, err) < 0 ? -1 : save_tail(j, err);

	if (rc != 0 || j->foreign || wal_size(j->wal) <= COMPACT_BYTES)
		return rc < 0 ? rc : 0;
	live_records(j, &b);
	if (2 * (b.bytes.len + b.n * RECORD_OVERHEAD) < wal_size(j->wal)) {
		rc = rewrite(j, &b, err);
		/* What others added meanwhile is read again with the rest. 1: another copy was
		 * faster. */
		if (rc >= 0)
			rc = reopen(j, err);
	}
	batch_done(&b);
	return rc;
}

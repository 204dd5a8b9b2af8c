#include "disk_help.h"
#include "store/journal.h"

#include <signal.h>
#include <sys/resource.h>

static struct journal *opened(void)
{
	struct journal *j = NULL;
	struct err err = {0};

	if (journal_open(&j, at("account"), &err) != 0)
		fail_msg("%s", err.text);
	return j;
}

static void set(char **field, const char *value)
{
	free(*field);
	*field = mem_strdup(value);
}

static struct op *sample(enum op_kind kind, const char *text)
{
	struct op *op = op_new(kind);

	set(&op->folder, "Lists/\xc3\xbc");
	set(&op->keywords_set, "a b");
	set(&op->keywords_clear, "c");
	set(&op->target, "Archive");
	set(&op->file, "f1");
	set(&op->message_id, "x@example.org");
	set(&op->text, text);
	op->uidvalidity = 7;
	op->set = MAIL_SEEN;
	op->clear = MAIL_FLAGGED;
	op->n = 3;
	op->uids = mem_array(3, sizeof(*op->uids));
	op->uids[0] = 5;
	op->uids[1] = 4294967295u;
	op->uids[2] = 1;
	return op;
}

static void assert_same(const struct op *a, const struct op *b)
{
	assert_non_null(a);
	assert_non_null(b);
	assert_true(a->id == b->id);
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->state, b->state);
	assert_string_equal(a->folder, b->folder);
	assert_int_equal(a->uidvalidity, b->uidvalidity);
	assert_int_equal(a->n, b->n);
	if (a->n)
		assert_memory_equal(a->uids, b->uids, a->n * sizeof(*a->uids));
	assert_int_equal(a->set, b->set);
	assert_int_equal(a->clear, b->clear);
	assert_string_equal(a->keywords_set, b->keywords_set);
	assert_string_equal(a->keywords_clear, b->keywords_clear);
	assert_string_equal(a->target, b->target);
	assert_string_equal(a->file, b->file);
	assert_string_equal(a->message_id, b->message_id);
	assert_string_equal(a->text, b->text);
}

static uint64_t add(struct journal *j, const char *text)
{
	struct op *op = sample(OP_FLAGS, text);
	uint64_t id;

	assert_int_equal(journal_add(j, op, NULL), 0);
	id = op->id;
	op_free(op);
	return id;
}

static void test_operations(void **state)
{
	struct journal *j = opened();
	struct op *ops[OP_CREATE + 1], *bare = op_new(OP_CREATE);
	struct err err = {0};

	(void)state;
	assert_int_equal(journal_count(j), 0);
	assert_false(journal_damaged(j));
	for (int i = 0; i <= OP_CREATE; i++) {
		ops[i] = sample((enum op_kind)i, "text");
		assert_int_equal(journal_add(j, ops[i], NULL), 0);
		assert_true(ops[i]->id != 0);
	}
	assert_int_equal(journal_add(j, bare, NULL), 0);
	assert_int_equal(journal_sent(j, ops[2]->id, NULL), 0);
	ops[2]->state = OP_SENT;
	assert_int_equal(journal_done(j, ops[1]->id, NULL), 0);
	assert_int_equal(journal_done(j, ops[1]->id, NULL), 0);
	assert_int_equal(journal_sent(j, ops[1]->id, &err), -1);
	assert_int_equal(err.kind, ERR_GONE);
	/* Twice: as it is in memory, and as the file says. */
	for (int round = 0; round < 2; round++) {
		assert_int_equal(journal_count(j), OP_CREATE + 1);
		assert_same(journal_at(j, 0), ops[0]);
		assert_same(journal_at(j, 1), ops[2]);
		assert_same(journal_at(j, OP_CREATE), bare);
		assert_same(journal_find(j, ops[4]->id), ops[4]);
		assert_null(journal_find(j, ops[1]->id));
		assert_null(journal_at(j, OP_CREATE + 1));
		journal_free(j);
		j = opened();
	}
	assert_false(journal_damaged(j));
	for (int i = 0; i <= OP_CREATE; i++)
		op_free(ops[i]);
	op_free(bare);
	journal_free(j);
}

static void test_large(void **state)
{
	struct journal *j = opened();
	struct op *op = op_new(OP_FLAGS);
	struct err err = {0};

	(void)state;
	op->n = JOURNAL_MAX_UIDS;
	op->uids = mem_array(op->n + 1, sizeof(*op->uids));
	assert_int_equal(journal_add(j, op, NULL), 0);
	journal_free(j);
	j = opened();
	assert_int_equal(journal_at(j, 0)->n, JOURNAL_MAX_UIDS);
	op->n++;
	assert_int_equal(journal_add(j, op, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	op->n = 0;
	free(op->text);
	op->text = mem_alloc(1100000);
	memset(op->text, 'x', 1099999);
	assert_int_equal(journal_add(j, op, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(journal_count(j), 1);
	op_free(op);
	journal_free(j);
}

static void test_two_handles(void **state)
{
	struct journal *a = opened(), *b = opened();
	uint64_t x, y;

	(void)state;
	x = add(a, "from a");
	assert_int_equal(journal_count(b), 0);
	y = add(b, "from b");
	assert_int_equal(journal_count(b), 2);
	assert_true(journal_at(b, 0)->id == x);
	assert_int_equal(journal_count(a), 1);
	assert_int_equal(journal_refresh(a, NULL), 1);
	assert_int_equal(journal_refresh(a, NULL), 0);
	assert_int_equal(journal_count(a), 2);
	assert_int_equal(journal_done(b, x, NULL), 0);
	assert_int_equal(journal_sent(a, x, NULL), -1);
	assert_int_equal(journal_sent(a, y, NULL), 0);
	assert_int_equal(journal_refresh(b, NULL), 1);
	assert_int_equal(journal_find(b, y)->state, OP_SENT);
	journal_free(a);
	journal_free(b);
}

/* ---- damage ---- */

static const char *log_path(void)
{
	return at("account/ops.wal");
}

static void test_tail(void **state)
{
	struct journal *j = opened();
	uint64_t x = add(j, "first"), y;
	struct str bytes = STR_INIT, kept = STR_INIT;
	char *aside, path[512];

	(void)state;
	add(j, "second");
	journal_free(j);
	assert_int_equal(file_read(log_path(), 100000, &bytes, NULL), 0);
	/* A bit of the second record turns. */
	bytes.p[bytes.len - 3] ^= 4;
	help_write(log_path(), bytes.p, bytes.len);
	j = opened();
	assert_true(journal_damaged(j));
	assert_int_equal(journal_count(j), 1);
	assert_true(journal_at(j, 0)->id == x);
	aside = help_find(at("account"), "damaged");
	assert_non_null(aside);
	snprintf(path, sizeof(path), "%s/%s", at("account"), aside);
	assert_int_equal(file_read(path, 100000, &kept, NULL), 0);
	assert_int_equal(kept.len, bytes.len);
	assert_memory_equal(kept.p, bytes.p, bytes.len);
	/* Opened again before it is cut: one copy. */
	journal_free(j);
	j = opened();
	assert_int_equal(help_count(at("account")), 3);
	y = add(j, "third");
	journal_free(j);
	j = opened();
	assert_false(journal_damaged(j));
	assert_int_equal(journal_count(j), 2);
	assert_true(journal_at(j, 1)->id == y);
	free(aside);
	str_done(&bytes);
	str_done(&kept);
	journal_free(j);
}

/* The tail goes bad while the journal is open: copied before the next append cuts it. */
static void test_tail_while_open(void **state)
{
	struct journal *j = opened();
	FILE *f;

	(void)state;
	add(j, "first");
	f = fopen(log_path(), "a");
	assert_non_null(f);
	assert_true(fputs("torn", f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(journal_refresh(j, NULL), 0);
	add(j, "second");
	assert_true(journal_damaged(j));
	assert_int_equal(journal_count(j), 2);
	journal_free(j);
	j = opened();
	assert_false(journal_damaged(j));
	assert_int_equal(journal_count(j), 2);
	journal_free(j);
}

static void test_header(void **state)
{
	/* The last is longer than a header of 64 bytes. */
	static const char junk[] =
		"no log, no log, no log, no log, no log, no log, no log, no log, no log";
	const char *const table[] = {"", "x", junk};

	(void)state;
	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		struct journal *j = opened();

		add(j, "lost from view");
		journal_free(j);
		help_writes(log_path(), table[i]);
		j = opened();
		assert_true(journal_damaged(j));
		assert_int_equal(journal_count(j), 0);
		assert_int_equal(help_count(at("account")), 3 + i);
		add(j, "works");
		journal_free(j);
	}
}

/* Any cut of the file: a prefix of what was written, never anything else. */
static void test_every_cut(void **state)
{
	struct journal *j = opened();
	uint64_t ids[3];
	struct str bytes = STR_INIT;
	size_t last = 0;

	(void)state;
	for (int i = 0; i < 3; i++)
		ids[i] = add(j, "text");
	journal_free(j);
	assert_int_equal(file_read(log_path(), 100000, &bytes, NULL), 0);
	for (size_t len = 64; len <= bytes.len; len++) {
		char *aside;

		help_write(log_path(), bytes.p, len);
		j = opened();
		assert_true(journal_count(j) >= last);
		last = journal_count(j);
		for (size_t i = 0; i < last; i++)
			assert_true(journal_at(j, i)->id == ids[i]);
		journal_free(j);
		aside = help_find(at("account"), "damaged");
		if (aside) {
			char path[512];

			snprintf(path, sizeof(path), "%s/%s", at("account"), aside);
			unlink(path);
		}
		free(aside);
	}
	assert_int_equal(last, 3);
	str_done(&bytes);
}

static void test_full(void **state)
{
	struct journal *j = opened();
	struct rlimit old, small;
	struct op *op = sample(OP_MOVE, "x");
	uint64_t x = add(j, "first");
	struct stat st;
	int rc;

	(void)state;
	assert_int_equal(stat(log_path(), &st), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = (rlim_t)st.st_size + 10;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	rc = journal_add(j, op, NULL);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(rc, -1);
	assert_true(op->id == 0);
	assert_int_equal(journal_count(j), 1);
	assert_int_equal(journal_add(j, op, NULL), 0);
	journal_free(j);
	j = opened();
	assert_false(journal_damaged(j));
	assert_int_equal(journal_count(j), 2);
	assert_true(journal_at(j, 0)->id == x);
	op_free(op);
	journal_free(j);
}

/* ---- ledger ---- */

static struct ledger_entry entry(const struct journal *j, unsigned i)
{
	struct ledger_entry e = {.fetched = 1000 + i, .size = i};
	char uidl[32];

	snprintf(uidl, sizeof(uidl), "uidl%u", i);
	ledger_key(j, uidl, e.uidl);
	memset(e.identity, (int)(i & 0xff), sizeof(e.identity));
	return e;
}

static void test_ledger(void **state)
{
	enum { N = 30000 };
	struct journal *j = opened();
	struct ledger_entry *all = mem_array(N, sizeof(*all));
	unsigned char(*keys)[16] = mem_array(N, 16), (*missing)[16], again[16];

	(void)state;
	for (unsigned i = 0; i < N; i++)
		all[i] = entry(j, i);
	assert_int_equal(ledger_add(j, all, N, NULL), 0);
	assert_int_equal(ledger_add(j, all, 0, NULL), 0);
	all[7].deleted = true;
	assert_int_equal(ledger_add(j, &all[7], 1, NULL), 0);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(ledger_count(j), N);
		for (unsigned i = 0; i < N; i++) {
			const struct ledger_entry *e = ledger_get(j, all[i].uidl);

			assert_non_null(e);
			assert_memory_equal(e->identity, all[i].identity, 16);
			assert_int_equal(e->fetched, all[i].fetched);
			assert_int_equal(e->size, all[i].size);
			assert_int_equal(e->deleted, i == 7);
		}
		/* The key of the hash is the log's: the same after reopening. */
		ledger_key(j, "uidl5", again);
		assert_memory_equal(again, all[5].uidl, 16);
		ledger_key(j, "never", again);
		assert_null(ledger_get(j, again));
		journal_free(j);
		j = opened();
	}
	for (unsigned i = 0; i < N; i++)
		memcpy(keys[i], all[i].uidl, 16);
	assert_int_equal(ledger_forget(j, (const unsigned char(*)[16])keys, N - 3, NULL), 0);
	assert_int_equal(ledger_count(j), 3);
	assert_null(ledger_get(j, all[0].uidl));
	assert_non_null(ledger_get(j, all[N - 1].uidl));
	assert_int_equal(ledger_forget(j, (const unsigned char(*)[16])keys, 5, NULL), 0);
	memcpy(keys[0], all[N - 2].uidl, 16);
	assert_int_equal(ledger_missing(j, (const unsigned char(*)[16])keys, 1, &missing), 2);
	assert_memory_not_equal(missing[0], keys[0], 16);
	assert_memory_not_equal(missing[1], keys[0], 16);
	free(missing);
	assert_int_equal(ledger_missing(j, NULL, 0, &missing), 3);
	free(missing);
	journal_free(j);
	j = opened();
	assert_int_equal(ledger_count(j), 3);
	journal_free(j);
	free(all);
	free(keys);
}

/* ---- compaction ---- */

static off_t log_size(void)
{
	struct stat st;

	assert_int_equal(stat(log_path(), &st), 0);
	return st.st_size;
}

static void test_compact(void **state)
{
	struct journal *j = opened(), *other;
	struct op *big = op_new(OP_FLAGS);
	struct ledger_entry e;
	uint64_t x, y;
	off_t before;

	(void)state;
	x = add(j, "stays");
	e = entry(j, 1);
	assert_int_equal(ledger_add(j, &e, 1, NULL), 0);
	before = log_size();
	assert_int_equal(journal_compact(j, NULL), 0);
	assert_true(log_size() == before);
	big->n = 30000;
	big->uids = mem_array(big->n, sizeof(*big->uids));
	for (int i = 0; i < 10; i++) {
		assert_int_equal(journal_add(j, big, NULL), 0);
		if (i == 5) {
			assert_int_equal(journal_compact(j, NULL), 0);
			assert_true(log_size() > 6 * 120000);
		}
		assert_int_equal(journal_done(j, big->id, NULL), 0);
	}
	assert_int_equal(journal_sent(j, x, NULL), 0);
	other = opened();
	before = log_size();
	assert_int_equal(journal_compact(j, NULL), 0);
	assert_true(log_size() < 1000);
	assert_true(file_exists(at("account/ops.wal.old")));
	for (int round = 0; round < 2; round++) {
		assert_int_equal(journal_count(j), 1);
		assert_true(journal_at(j, 0)->id == x);
		assert_int_equal(journal_at(j, 0)->state, OP_SENT);
		assert_int_equal(ledger_count(j), 1);
		assert_non_null(ledger_get(j, e.uidl));
		journal_free(j);
		j = opened();
	}
	/* The other copy still holds the former file: it follows, and its append is not lost. */
	y = add(other, "after");
	assert_int_equal(journal_count(other), 2);
	assert_int_equal(journal_refresh(j, NULL), 1);
	assert_true(journal_at(j, 1)->id == y);
	op_free(big);
	journal_free(other);
	journal_free(j);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, help_setup, help_teardown)
	const struct CMUnitTest tests[] = {T(test_operations), T(test_large), T(test_two_handles),
		T(test_tail), T(test_tail_while_open), T(test_header), T(test_every_cut),
		T(test_full), T(test_ledger), T(test_compact)};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}

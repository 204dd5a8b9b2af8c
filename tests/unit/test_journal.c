#include "disk_help.h"
#include "store/disk/journal_priv.h"
#include "tests/unit/fails.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>

static struct journal *opened(void)
{
	struct journal *j = NULL;

	WORKS(journal_open(&j, at("account"), &why));
	return j;
}

static struct journal *opened_again(struct journal *j)
{
	journal_free(j);
	return opened();
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
	op->unseen = 2;
	op->exact = true;
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
	assert_int_equal(a->unseen, b->unseen);
	assert_int_equal(a->exact, b->exact);
	assert_int_equal(a->marked, b->marked);
	assert_int_equal(a->mark_uidvalidity, b->mark_uidvalidity);
	assert_int_equal(a->mark_uidnext, b->mark_uidnext);
}

static const char *log_path(void)
{
	return at("account/ops.wal");
}

static off_t log_size(void)
{
	struct stat st;

	assert_int_equal(stat(log_path(), &st), 0);
	return st.st_size;
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
	FAILS(ERR_GONE, journal_sent(j, ops[1]->id, &why));
	/* Twice: as it is in memory, and as the file says. */
	for (int round = 0; round < 2; round++) {
		assert_int_equal(journal_count(j), OP_CREATE + 1);
		assert_same(journal_at(j, 0), ops[0]);
		assert_same(journal_at(j, 1), ops[2]);
		assert_same(journal_at(j, OP_CREATE), bare);
		assert_same(journal_find(j, ops[4]->id), ops[4]);
		assert_null(journal_find(j, ops[1]->id));
		assert_null(journal_at(j, OP_CREATE + 1));
		j = opened_again(j);
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

	op->n = JOURNAL_MAX_UIDS;
	op->uids = mem_array(op->n + 1, sizeof(*op->uids));
	for (size_t i = 0; i <= op->n; i++)
		op->uids[i] = (uint32_t)(7 + 3 * i + i % 2);
	assert_int_equal(journal_add(j, op, NULL), 0);
	j = opened_again(j);
	assert_int_equal(journal_at(j, 0)->n, JOURNAL_MAX_UIDS);
	op->n++;
	FAILS(ERR_INPUT, journal_add(j, op, &why));
	op->n = 0;
	free(op->text);
	op->text = mem_alloc(1100000);
	memset(op->text, 'x', 1099999);
	FAILS(ERR_INPUT, journal_add(j, op, &why));
	assert_int_equal(journal_count(j), 1);
	op_free(op);
	journal_free(j);
}

/* A whole folder marked: one record of some octets, and no more in memory than the UIDs. */
static void test_runs(void **state)
{
	struct journal *j = opened();
	struct op *op = op_new(OP_FLAGS);
	off_t before = log_size();

	op->n = JOURNAL_MAX_UIDS;
	op->uids = mem_array(op->n, sizeof(*op->uids));
	for (size_t i = 0; i < op->n; i++)
		op->uids[i] = (uint32_t)(1000 + i + i / 10000);
	assert_int_equal(journal_add(j, op, NULL), 0);
	assert_true(log_size() - before < 200);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(journal_count(j), 1);
		assert_same(journal_at(j, 0), op);
		j = opened_again(j);
	}
	op_free(op);
	journal_free(j);
}

static void add_uids(struct op *op, const uint32_t *uids, size_t n)
{
	op->uids = mem_dup(uids, n * sizeof(*uids));
	op->n = n;
}

static void uids_are(const struct op *op, const uint32_t *uids, size_t n)
{
	assert_non_null(op);
	assert_int_equal(op->n, n);
	assert_memory_equal(op->uids, uids, n * sizeof(*uids));
}

static void test_join_and_leave(void **state)
{
	static const uint32_t four[] = {9, 4, 9, 5}, more[] = {6, 1, 4}, less[] = {9, 77, 5};
	static const uint32_t first[] = {4, 5, 9}, then[] = {1, 4, 6, UINT32_MAX};
	struct journal *j = opened(), *other;
	struct op *op = op_new(OP_MOVE), found = {.marked = true, .mark_uidnext = 7};
	uint32_t last = UINT32_MAX, two = 2;

	add_uids(op, four, 4);
	op->unseen = 2;
	assert_int_equal(journal_add(j, op, NULL), 0);
	uids_are(journal_find(j, op->id), first, 3);
	assert_int_equal(journal_extend(j, op->id, &last, 1, 1, NULL), 0);
	assert_int_equal(journal_extend(j, op->id, more, 3, 1, NULL), 0);
	assert_int_equal(journal_shrink(j, op->id, less, 3, 1, NULL), 0);
	for (int round = 0; round < 2; round++) {
		uids_are(journal_find(j, op->id), then, 4);
		assert_int_equal(journal_find(j, op->id)->unseen, 3);
		j = opened_again(j);
	}
	/* Another copy gives it away: from then on it stays as it is. */
	other = opened();
	found.mark_uidvalidity = 11;
	assert_int_equal(journal_sent_marked(other, op->id, &found, NULL), 0);
	assert_int_equal(journal_extend(j, op->id, &two, 1, 0, NULL), 1);
	assert_int_equal(journal_shrink(j, op->id, then + 1, 1, 0, NULL), 1);
	assert_int_equal(journal_extend(j, 12345, &two, 1, 0, NULL), 1);
	for (int round = 0; round < 2; round++) {
		const struct op *now = journal_find(j, op->id);

		uids_are(now, then, 4);
		assert_int_equal(now->state, OP_SENT);
		assert_true(now->marked);
		assert_int_equal(now->mark_uidvalidity, 11);
		assert_int_equal(now->mark_uidnext, 7);
		j = opened_again(j);
	}
	journal_free(other);
	op_free(op);
	journal_free(j);
}

static void test_last_one_leaves(void **state)
{
	static const uint32_t eight[] = {8, 12};
	struct journal *j = opened();
	struct op *op = op_new(OP_FLAGS), found = {0};

	add_uids(op, eight, 1);
	assert_int_equal(journal_add(j, op, NULL), 0);
	assert_int_equal(journal_shrink(j, op->id, op->uids, 1, 0, NULL), 0);
	assert_null(journal_find(j, op->id));
	assert_int_equal(journal_shrink(j, op->id, op->uids, 1, 0, NULL), 1);
	op_free(op);
	/* Messages that were known by their Message-IDs get UIDs when it goes out. */
	op = op_new(OP_MOVE);
	set(&op->message_id, "a@b c@d");
	assert_int_equal(journal_add(j, op, NULL), 0);
	found.uidvalidity = 99;
	add_uids(&found, eight, 2);
	assert_int_equal(journal_sent_marked(j, op->id, &found, NULL), 0);
	uids_are(journal_find(j, op->id), eight, 2);
	assert_int_equal(journal_find(j, op->id)->uidvalidity, 99);
	free(found.uids);
	op_free(op);
	journal_free(j);
}

/* Marked one by one: the log grows by some octets each. */
static void test_one_by_one(void **state)
{
	static const uint32_t one = 1;
	struct journal *j = opened();
	struct op *op = op_new(OP_FLAGS);
	off_t before;

	add_uids(op, &one, 1);
	assert_int_equal(journal_add(j, op, NULL), 0);
	before = log_size();
	for (uint32_t uid = 3; uid < 1003; uid += 2)
		assert_int_equal(journal_extend(j, op->id, &uid, 1, 0, NULL), 0);
	assert_true(log_size() - before <= 500 * 45);
	assert_int_equal(journal_count(j), 1);
	assert_int_equal(journal_at(j, 0)->n, 501);
	op_free(op);
	journal_free(j);
}

/* ---- the first version's records ---- */

static void put32(struct str *out, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		str_addc(out, (char)(v >> 8 * i));
}

static void put_text(struct str *out, const char *text)
{
	put32(out, (uint32_t)strlen(text));
	str_adds(out, text);
}

static int nothing(void *ctx, const struct wal_record *r)
{
	return 0;
}

static void write_first_version(void)
{
	static const char magic[8] = {'T', 'A', 'L', 'O', 'P', 'S', '0', '1'};
	static const char *const texts[] = {
		"INBOX", "", "", "Archive", "", "a@b", "Move 2 messages"};
	static const uint32_t numbers[] = {42, 0, 0, 2, 30, 10};
	static const unsigned char key[WAL_USER_HEADER] = {1};
	struct wal_record record = {.type = 1};
	struct str one = STR_INIT;
	struct wal *w;

	put32(&one, 5); /* id */
	put32(&one, 6);
	str_add(&one, "\1\0\0\0", 4); /* a move, waiting */
	for (size_t i = 0; i < MEM_COUNT(numbers); i++)
		put32(&one, numbers[i]);
	for (size_t i = 0; i < MEM_COUNT(texts); i++)
		put_text(&one, texts[i]);
	record.p = one.p;
	record.len = one.len;
	assert_int_equal(file_make_dirs(at("account"), NULL), 0);
	assert_int_equal(
		wal_open(&w, at("account/ops.wal"), at("account/ops.lock"), magic, key, NULL), 0);
	assert_int_equal(wal_append(w, &record, 1, true, nothing, NULL, NULL), 0);
	wal_free(w);
	str_done(&one);
}

/* Large gaps: four octets a message. */
static struct op *scattered(size_t n)
{
	struct op *op = op_new(OP_FLAGS);

	op->n = n;
	op->uids = mem_array(n, sizeof(*op->uids));
	for (size_t i = 0; i < n; i++)
		op->uids[i] = (uint32_t)(1 + i * 40000);
	return op;
}

static void test_first_version(void **state)
{
	static const uint32_t uids[] = {10, 30};
	struct op *junk = scattered(90000);
	struct journal *j;

	write_first_version();
	j = opened();
	for (int round = 0; round < 2; round++) {
		const struct op *op = journal_at(j, 0);

		assert_false(journal_damaged(j));
		assert_int_equal(journal_count(j), 1);
		assert_true(op->id == ((uint64_t)6 << 32 | 5));
		assert_int_equal(op->kind, OP_MOVE);
		assert_int_equal(op->state, OP_SENT); /* it may have been */
		assert_int_equal(op->uidvalidity, 42);
		uids_are(op, uids, 2);
		assert_string_equal(op->target, "Archive");
		assert_string_equal(op->message_id, "a@b");
		/* Written anew in the present form. */
		for (int i = 0; i < 4 && !round; i++) {
			assert_int_equal(journal_add(j, junk, NULL), 0);
			assert_int_equal(journal_done(j, junk->id, NULL), 0);
		}
		assert_int_equal(journal_compact(j, NULL), 0);
		assert_true(log_size() < 1000);
		j = opened_again(j);
	}
	journal_free(j);
	op_free(junk);
}

static void test_bad_uids(void **state)
{
	/* How many, then runs that are too long, too large, or cut. */
	static const struct {
		const char *p;
		size_t len;
	} rows[] = {{"\1\0\0\0", 4}, {"\1\0\0\0\1", 5}, {"\1\0\0\0\1\1", 6},
		{"\2\0\0\0\xff\xff\xff\xff\x0f\1", 10}, {"\1\0\0\0\xff\xff\xff\xff\xff\0", 10},
		{"\xff\xff\xff\xff\1\1", 6}};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		const unsigned char *p = (const unsigned char *)rows[i].p;
		uint32_t *uids;
		size_t n;

		assert_int_equal(op_decode_uids(&p, p + rows[i].len, &uids, &n), -1);
		assert_null(uids);
	}
}

/* ---- killed ---- */

/* Adds, joins, forgets and compacts until it is killed; says before each step that all before it is
 * durable. */
static void work_until_killed(int fd)
{
	struct journal *j = opened();
	struct op *op = op_new(OP_MOVE), *junk = scattered(60000);
	uint32_t uid = 1;

	add_uids(op, &uid, 1);
	if (journal_add(j, op, NULL) != 0)
		_exit(1);
	for (uid = 2;; uid++)
		if (write(fd, &uid, sizeof(uid)) != sizeof(uid) ||
			journal_extend(j, op->id, &uid, 1, 0, NULL) != 0 ||
			journal_add(j, junk, NULL) != 0 || journal_done(j, junk->id, NULL) != 0 ||
			journal_compact(j, NULL) != 0)
			_exit(1);
}

static void nothing_is_lost(uint32_t announced)
{
	struct journal *j = opened();
	const struct op *op = NULL;

	for (size_t i = 0; i < journal_count(j); i++)
		if (journal_at(j, i)->kind == OP_MOVE)
			op = journal_at(j, i);
	assert_non_null(op);
	assert_true(op->n + 1 == announced || op->n == announced);
	assert_int_equal(op->uids[op->n - 1], op->n);
	assert_true(journal_count(j) <= 2);
	assert_true(log_size() < 3 << 20);
	journal_free(j);
}

static void test_killed(void **state)
{
	for (uint32_t round = 0; round < 12; round++) {
		uint32_t uid = 0, last = 0;
		int fds[2], status;
		pid_t child;

		file_remove_tree(at("account"), NULL);
		assert_int_equal(pipe(fds), 0);
		child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			close(fds[0]);
			work_until_killed(fds[1]);
		}
		close(fds[1]);
		/* The fifth step is the first that compacts. */
		while (last < 5 + round && read(fds[0], &uid, sizeof(uid)) == sizeof(uid))
			last = uid;
		for (uint32_t i = 0; i < round * 40; i++)
			sched_yield();
		assert_int_equal(kill(child, SIGKILL), 0);
		while (read(fds[0], &uid, sizeof(uid)) == sizeof(uid))
			last = uid;
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		close(fds[0]);
		nothing_is_lost(last);
	}
}

static void test_two_handles(void **state)
{
	struct journal *a = opened(), *b = opened();
	uint64_t x, y, news = journal_news(b);

	x = add(a, "from a");
	assert_int_equal(journal_count(b), 0);
	y = add(b, "from b");
	assert_int_equal(journal_count(b), 2);
	/* It was read on the way, and is news all the same. */
	assert_int_equal(journal_refresh(b, NULL), 0);
	assert_true(journal_news(b) != news);
	news = journal_news(b);
	add(b, "from b again");
	assert_true(journal_news(b) == news);
	assert_int_equal(journal_done(b, journal_at(b, 2)->id, NULL), 0);
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

enum { RACES = 300 };

static _Atomic uint64_t race_id; /* the operation that both are after; 0: none */
static atomic_bool race_over;
static atomic_int race_taken[RACES + 1];

/* A second copy that takes back each operation as soon as it sees it. */
static void *race_taker(void *arg)
{
	struct journal *j = arg;
	uint64_t last = 0;
	int round = 0;

	while (!atomic_load(&race_over)) {
		uint64_t id = atomic_load(&race_id);
		const struct op *op;

		if (id == last || !id)
			continue;
		last = id;
		journal_refresh(j, NULL);
		op = journal_find(j, id);
		if (op) {
			size_t n = op->n;
			uint32_t *uids = mem_dup(op->uids, n * sizeof(*uids));

			atomic_store(&race_taken[round],
				journal_shrink(j, id, uids, n, 0, NULL) == 0 ? 1 : 0);
			free(uids);
		}
		round++;
	}
	return NULL;
}

/* Carried out or taken back, but never both: else a change is lost. */
static void test_race(void **state)
{
	struct journal *a = opened(), *b = opened();
	int carried_out[RACES], back = 0, out = 0;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, race_taker, b), 0);
	for (int i = 0; i < RACES; i++) {
		uint64_t id = add(a, "raced");

		atomic_store(&race_id, id);
		if (i % 2)
			sched_yield();
		carried_out[i] = journal_sent(a, id, NULL) == 0 && journal_find(a, id);
		if (carried_out[i])
			assert_int_equal(journal_done(a, id, NULL), 0);
	}
	atomic_store(&race_over, true);
	pthread_join(thread, NULL);
	for (int i = 0; i < RACES; i++)
		out += carried_out[i];
	for (int i = 0; i <= RACES; i++)
		back += race_taken[i];
	print_message("# %d carried out, %d taken back of %d\n", out, back, RACES);
	assert_int_equal(out + back, RACES);
	journal_free(a);
	journal_free(b);
}

/* ---- damage ---- */

static void test_tail(void **state)
{
	struct journal *j = opened();
	uint64_t x = add(j, "first"), y;
	struct str bytes = STR_INIT, kept = STR_INIT;
	char *aside, path[512];

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
	j = opened_again(j);
	assert_int_equal(help_count(at("account")), 3);
	y = add(j, "third");
	j = opened_again(j);
	assert_false(journal_damaged(j));
	assert_int_equal(journal_count(j), 2);
	assert_true(journal_at(j, 1)->id == y);
	str_done(&bytes);
	str_done(&kept);
	journal_free(j);
}

/* The tail goes bad while the journal is open: copied before the next append cuts it. */
static void test_tail_while_open(void **state)
{
	struct journal *j = opened();
	FILE *f;

	add(j, "first");
	f = fopen(log_path(), "a");
	assert_non_null(f);
	assert_true(fputs("torn", f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(journal_refresh(j, NULL), 0);
	add(j, "second");
	assert_true(journal_damaged(j));
	assert_int_equal(journal_count(j), 2);
	j = opened_again(j);
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
	j = opened_again(j);
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
		j = opened_again(j);
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
	j = opened_again(j);
	assert_int_equal(ledger_count(j), 3);
	journal_free(j);
	free(all);
	free(keys);
}

/* ---- compaction ---- */

static void test_compact(void **state)
{
	struct journal *j = opened(), *other;
	struct op *big = op_new(OP_FLAGS);
	struct ledger_entry e;
	uint64_t x, y;
	off_t before;

	x = add(j, "stays");
	e = entry(j, 1);
	assert_int_equal(ledger_add(j, &e, 1, NULL), 0);
	before = log_size();
	assert_int_equal(journal_compact(j, NULL), 0);
	assert_true(log_size() == before);
	big->n = 30000;
	big->uids = mem_array(big->n, sizeof(*big->uids));
	for (size_t i = 0; i < big->n; i++) /* no runs, large gaps: four octets a message */
		big->uids[i] = (uint32_t)(1 + i * 60000);
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
		j = opened_again(j);
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
		T(test_race), T(test_runs), T(test_join_and_leave), T(test_last_one_leaves),
		T(test_one_by_one), T(test_first_version), T(test_bad_uids), T(test_killed),
		T(test_tail), T(test_tail_while_open), T(test_header), T(test_every_cut),
		T(test_full), T(test_ledger), T(test_compact)};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}

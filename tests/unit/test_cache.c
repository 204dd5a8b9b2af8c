#include "base/file.h"
#include "base/mem.h"
#include "store/disk/bytes.h"
#include "store/disk/cache_priv.h"
#include "tests/unit/fails.h"
#include "tests/unit/cachemodel.h"
#include "tests/unit/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static char *top, *dir;

static int setup(void **state)
{
	top = harness_dir();
	dir = cache_dir_for(top, "INBOX");
	return 0;
}

static int teardown(void **state)
{
	int rc = file_remove_tree(top, NULL);

	MEM_FREE(dir);
	MEM_FREE(top);
	return rc;
}

#define CACHE_CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static struct cache *open_it(void)
{
	struct cache *c;

	WORKS(cache_open(&c, dir, "INBOX", NULL, &why));
	return c;
}

static struct cache *open_again(struct cache *c)
{
	cache_free(c);
	return open_it();
}

/* An empty one. */
static struct cache *open_anew(void)
{
	assert_int_equal(file_remove_tree(dir, NULL), 0);
	return open_it();
}

static void compact(struct cache *c)
{
	WORKS(cache_compact(dir, "INBOX", &why));
	if (c)
		assert_int_equal(cache_refresh(c, NULL), 1);
}

static void test_basic(void **state)
{
	struct model m = {0};
	struct cache *c = open_it();

	for (uint64_t i = 0; i < 400; i++) {
		WORKS(model_step(&m, c, 1, i, &why));
		assert_true(model_print(&m) == model_print_cache(c));
		assert_true(model_threads(&m, c));
		if (i % 60 == 59)
			compact(c);
		if (i % 25 == 24) {
			c = open_again(c);
		}
		assert_true(model_print(&m) == model_print_cache(c));
		assert_true(model_threads(&m, c));
	}
	cache_free(c);
	model_done(&m);
}

/* --- helpers --- */

static void add(struct cache *c, uint32_t uid, uint32_t version, uint32_t flags, const char *kw)
{
	struct summary s;
	struct model_text t;

	model_summary(&s, &t, uid, version, flags, kw);
	WORKS(cache_add(c, &s, 1, &why));
}

static void add_thread(struct cache *c, uint32_t uid, const char *id, const char *references)
{
	struct summary s;
	struct model_text t;

	model_summary(&s, &t, uid, 0, 0, "");
	snprintf(t.subject, sizeof(t.subject), "Subject of %u", (unsigned)uid);
	s.message_id = id;
	s.references = references;
	WORKS(cache_add(c, &s, 1, &why));
}

static void add_subject(struct cache *c, uint32_t uid, const char *subject, const char *references)
{
	struct summary s;
	struct model_text t;

	model_summary(&s, &t, uid, 0, 0, "");
	s.subject = subject;
	s.references = references;
	WORKS(cache_add(c, &s, 1, &why));
}

static uint32_t parent(struct cache *c, uint32_t uid)
{
	const struct columns *cols = cache_columns_view(c);
	ptrdiff_t row = columns_find(cols, uid);

	assert_true(row >= 0);
	return cols->parent[row];
}

/* The messages whose parent was found later, since the last call. */
static size_t links(struct cache *c, uint32_t first[2])
{
	uint32_t *uids;
	size_t n = cache_take_links(c, &uids);

	for (size_t i = 0; i < n && i < 2; i++)
		first[i] = uids[i];
	free(uids);
	return n;
}

static uint32_t seconds_uid(uint32_t i)
{
	return 3 * i + 1;
}

/* --- tests --- */

/* Batches of any size, the newest message first, as a first synchronisation does it. */
static void test_newest_first(void **state)
{
	enum { N = 20000, MOST = 300 };
	struct summary *s = mem_array(MOST, sizeof(*s));
	struct model_text *t = mem_array(MOST, sizeof(*t));
	struct model m = {0};
	struct cache *c = open_it();
	uint32_t next = N;

	for (uint64_t batch = 0; next; batch++) {
		uint32_t n = 1 + (uint32_t)(model_mix(batch) % MOST);

		n = n < next ? n : next;
		for (uint32_t k = 0; k < n; k++) {
			/* ascending within a batch, as FETCH answers */
			uint32_t uid = next - n + 1 + k;

			model_summary(&s[k], &t[k], uid, 5, uid % 32, uid % 10 ? "" : "$later");
		}
		next -= n;
		WORKS(cache_add(c, s, n, &why));
		if (cache_wants_compact(c))
			compact(c);
		assert_int_equal(cache_count(c), N - next);
		assert_int_equal(cache_max_uid(c), N);
	}
	for (uint32_t uid = 1; uid <= N; uid++)
		model_put(&m, uid, 5, uid % 32, uid % 10 ? "" : "$later");
	for (int round = 0; round < 2; round++) {
		assert_true(model_print(&m) == model_print_cache(c));
		assert_true(model_threads(&m, c));
		for (uint32_t uid = 1; uid <= N; uid++)
			if (uid % 5 != 4)
				assert_int_equal(
					parent(c, uid), uid - uid % 7 - (uid > uid % 7 ? 1 : 0));
		cache_free(c);
		WORKS(cache_compact(dir, "INBOX", &why));
		c = open_it();
	}
	cache_free(c);
	model_done(&m);
	free(s);
	free(t);
}

static void test_flags_of_many(void **state)
{
	enum { N = 1201 };
	struct summary *s = mem_array(N, sizeof(*s));
	struct model_text *t = mem_array(N, sizeof(*t));
	uint32_t *uids = mem_array(N + 1, sizeof(*uids));
	struct model m = {0};
	struct cache *c = open_it();

	for (uint32_t i = 0; i < N; i++) {
		model_summary(&s[i], &t[i], i + 1, 5, MAIL_FLAGGED, "");
		model_put(&m, i + 1, 5, i % 2 ? MAIL_FLAGGED : MAIL_SEEN, "");
	}
	WORKS(cache_add(c, s, N, &why));
	for (uint32_t i = 0; i < N; i += 2)
		uids[i / 2] = i + 1;
	uids[(N + 1) / 2] = N + 7; /* is not there */
	WORKS(cache_set_flags_all(c, uids, (N + 1) / 2 + 1, MAIL_FLAGGED, MAIL_SEEN, NULL, &why));
	WORKS(cache_set_flags_all(c, uids, 0, MAIL_FLAGGED, MAIL_SEEN, NULL, &why));
	for (int round = 0; round < 2; round++) {
		assert_true(model_print(&m) == model_print_cache(c));
		c = open_again(c);
	}
	cache_free(c);
	model_done(&m);
	free(uids);
	free(s);
	free(t);
}

static void test_refresh(void **state)
{
	struct model m = {0};
	struct cache *a = open_it(), *b = open_it(), *r;

	WORKS(cache_open_readonly(&r, dir, "INBOX", &why));
	assert_int_equal(cache_refresh(a, NULL), 0);
	for (uint64_t i = 0; i < 300; i++) {
		WORKS(model_step(&m, i % 3 ? a : b, 2, i, &why));
		/* the writer of the next step has not refreshed: appending must do it */
		if (i % 50 == 7)
			WORKS(cache_compact(dir, "INBOX", &why));
		if (i % 5 == 0) {
			assert_true(cache_refresh(r, NULL) >= 0);
			assert_true(model_print(&m) == model_print_cache(r));
			assert_true(model_threads(&m, r));
		}
		/* flags of a message this handle does not know yet are skipped: let it know */
		assert_true(cache_refresh(a, NULL) >= 0);
		assert_true(cache_refresh(b, NULL) >= 0);
		assert_true(model_print_cache(a) == model_print_cache(b));
	}
	assert_true(model_print(&m) == model_print_cache(a));
	cache_free(a);
	cache_free(b);
	cache_free(r);
	model_done(&m);
}

static void test_news(void **state)
{
	struct cache *a = open_it(), *b = open_it();
	uint64_t news;

	add(a, seconds_uid(1), 1, 0, "");
	assert_int_equal(cache_refresh(b, NULL), 1);
	news = cache_news(b);
	add(b, seconds_uid(2), 1, 0, "");
	assert_int_equal(cache_refresh(b, NULL), 0);
	assert_true(cache_news(b) == news);
	/* What another copy wrote is read on the way, and is news all the same. */
	add(a, seconds_uid(3), 1, 0, "");
	add(b, seconds_uid(4), 1, 0, "");
	assert_int_equal(cache_refresh(b, NULL), 0);
	assert_true(cache_news(b) != news);
	news = cache_news(b);
	add(a, seconds_uid(5), 1, 0, "");
	WORKS(cache_compact(dir, "INBOX", &why));
	add(b, seconds_uid(6), 1, 0, "");
	assert_int_equal(cache_count(b), 6);
	assert_true(cache_news(b) != news);
	cache_free(a);
	cache_free(b);
}

/* Two copies write without ever looking; both must see all in the end. */
static void test_blind_writers(void **state)
{
	struct cache *a = open_it(), *b = open_it();

	for (uint32_t i = 1; i <= 500; i++) {
		add(a, seconds_uid(i), 1, 0, "");
		add(b, seconds_uid(i) + 1, 1, 0, "");
		if (i % 100 == 0)
			WORKS(cache_compact(dir, "INBOX", &why));
	}
	assert_true(cache_refresh(a, NULL) == 1);
	cache_refresh(b, NULL);
	assert_int_equal(cache_count(a), 1000);
	assert_true(model_print_cache(a) == model_print_cache(b));
	cache_free(a);
	cache_free(b);
}

/* The list on the screen knows the sets by their numbers: compaction drops and sorts them anew, but
 * not under an open cache. */
static void test_keysets_stay(void **state)
{
	struct cache *c = open_it();
	uint16_t was[3];

	for (uint32_t uid = 1; uid <= 3; uid++)
		add(c, uid, 1, 0, "");
	WORKS(cache_set_flags(c, 3, 0, 0, "first", &why));
	WORKS(cache_set_flags(c, 2, 0, 0, "dropped", &why));
	WORKS(cache_set_flags(c, 2, 0, 0, "second", &why));
	WORKS(cache_set_flags(c, 1, 0, 0, "third", &why));
	for (size_t i = 0; i < 3; i++)
		was[i] = cache_columns_view(c)->keyset[i];
	for (int round = 0; round < 3; round++) {
		static const char *const words[] = {"third", "second", "first"};

		WORKS(cache_compact(dir, "INBOX", &why));
		assert_int_equal(cache_refresh(c, NULL), 1);
		for (size_t i = 0; i < 3; i++) {
			assert_int_equal(cache_columns_view(c)->keyset[i], was[i]);
			assert_string_equal(cache_keyset(c, was[i]), words[i]);
		}
	}
	add(c, 4, 1, 0, "fourth");
	assert_int_equal(cache_columns_view(c)->keyset[3], 5);
	assert_string_equal(cache_keyset(c, 5), "fourth");
	cache_free(c);
}

static void test_keysets(void **state)
{
	struct cache *c = open_it();
	struct summary s;

	add(c, 1, 1, MAIL_SEEN, "one two");
	add(c, 2, 1, 0, "one two");
	add(c, 3, 1, 0, "three");
	add(c, 4, 1, 0, "");
	for (int round = 0; round < 3; round++) {
		const struct columns *cols = cache_columns_view(c);

		assert_int_equal(cols->keyset[0], cols->keyset[1]);
		assert_int_not_equal(cols->keyset[0], cols->keyset[2]);
		assert_int_equal(cols->keyset[3], 0);
		assert_string_equal(cache_keyset(c, cols->keyset[0]), "one two");
		assert_string_equal(cache_keyset(c, cols->keyset[2]), "three");
		assert_string_equal(cache_keyset(c, 0), "");
		assert_string_equal(cache_keyset(c, 999), "");
		compact(c);
	}
	WORKS(cache_set_flags(c, 1, MAIL_SEEN, MAIL_FLAGGED, "four", &why));
	WORKS(cache_set_flags(c, 2, 0, MAIL_ANSWERED, NULL, &why));
	WORKS(cache_set_flags(c, 3, 0, 0, "", &why));
	WORKS(cache_set_flags(c, 99, 0, MAIL_SEEN, "never", &why));
	for (int round = 0; round < 2; round++) {
		assert_int_equal(cache_get(c, 1, &s), 0);
		assert_string_equal(s.keywords, "four");
		assert_int_equal(s.flags, MAIL_FLAGGED);
		assert_int_equal(cache_get(c, 2, &s), 0);
		assert_string_equal(s.keywords, "one two");
		assert_int_equal(s.flags, MAIL_ANSWERED);
		assert_int_equal(cache_get(c, 3, &s), 0);
		assert_string_equal(s.keywords, "");
		assert_false(cache_has(c, 99));
		compact(c);
	}
	cache_free(c);
}

static void test_look_up(void **state)
{
	struct cache *c = open_it();
	unsigned char identity[16];
	uint32_t uids[8];
	struct summary s;

	for (uint32_t uid = 2; uid <= 3000; uid++)
		add(c, uid, 1, 0, "");
	for (int round = 0; round < 2; round++) {
		assert_int_equal(cache_find_message_id(c, "77.mail@example.org"), 77);
		assert_int_equal(cache_find_message_id(c, "1.mail@example.org"), 0);
		assert_int_equal(cache_find_message_id(c, ""), 0);
		assert_int_equal(cache_get(c, 500, &s), 0);
		memcpy(identity, s.identity, 16);
		assert_int_equal(cache_find_identity(c, identity, uids, 8), 2);
		assert_int_equal(uids[0] + uids[1], 1001);
		assert_int_equal(cache_find_identity(c, identity, uids, 1), 1);
		identity[3] ^= 1;
		assert_int_equal(cache_find_identity(c, identity, uids, 8), 0);
		assert_int_equal(cache_get(c, 1, &s), -1);
		assert_string_equal(s.subject, "");
		compact(c);
	}
	/* a message that comes again under its UID is found under its new name only */
	add_thread(c, 77, "new@example.org", "");
	for (int round = 0; round < 2; round++) {
		assert_int_equal(cache_find_message_id(c, "77.mail@example.org"), 0);
		assert_int_equal(cache_find_message_id(c, "new@example.org"), 77);
		compact(c);
	}
	assert_int_equal(cache_get(c, 501, &s), 0);
	memcpy(identity, s.identity, 16);
	WORKS(cache_remove(c, (uint32_t[]){77, 500}, 2, &why));
	for (int round = 0; round < 2; round++) {
		assert_int_equal(cache_find_message_id(c, "new@example.org"), 0);
		assert_int_equal(cache_find_identity(c, identity, uids, 8), 1);
		assert_int_equal(uids[0], 501);
		compact(c);
	}
	cache_free(c);
}

/* Every order of arrival, with and without compactions between, gives the same tree. */
static void test_parents(void **state)
{
	static const char *const refs[] = {"", "a@x", "a@x b@x", "a@x b@x c@x"};
	static const char *const ids[] = {"a@x", "b@x", "c@x", "d@x"};

	for (uint32_t order = 0; order < 256; order++)
		for (uint32_t squeeze = 0; squeeze < 3; squeeze++) {
			struct cache *c;
			uint32_t seen = 0;

			for (int k = 0; k < 4; k++)
				seen |= 1u << (order >> 2 * k & 3);
			if (seen != 15)
				continue;
			c = open_anew();
			for (int k = 0; k < 4; k++) {
				uint32_t i = order >> 2 * k & 3;

				add_thread(c, 10 + (uint32_t)k, ids[i], refs[i]);
				if (squeeze == 1 || (squeeze == 2 && k == 1))
					compact(c);
			}
			for (int k = 0; k < 4; k++) {
				uint32_t i = order >> 2 * k & 3;
				uint32_t want = i ? cache_find_message_id(c, ids[i - 1]) : 0;

				assert_int_equal(parent(c, 10 + (uint32_t)k), want);
			}
			cache_free(c);
		}
}

static void test_parents_gone(void **state)
{
	struct cache *c = open_it();

	add_thread(c, 1, "a@x", "");
	add_thread(c, 2, "b@x", "a@x");
	add_thread(c, 3, "c@x", "a@x b@x missing@x");
	add_thread(c, 4, "self@x", "self@x");
	assert_int_equal(parent(c, 3), 2);
	assert_int_equal(parent(c, 4), 0);
	compact(c);
	WORKS(cache_remove(c, (uint32_t[]){2}, 1, &why));
	assert_int_equal(parent(c, 3), 1);
	WORKS(cache_remove(c, (uint32_t[]){1}, 1, &why));
	assert_int_equal(parent(c, 3), 0);
	compact(c);
	assert_int_equal(parent(c, 3), 0);
	add_thread(c, 9, "missing@x", "");
	assert_int_equal(parent(c, 3), 9);
	/* a ring is never closed */
	add_thread(c, 20, "p@x", "q@x");
	add_thread(c, 21, "q@x", "p@x");
	assert_true(!parent(c, 20) || !parent(c, 21));
	add_thread(c, 22, "r@x", "t@x");
	add_thread(c, 23, "s@x", "r@x");
	add_thread(c, 24, "t@x", "s@x");
	assert_true(!parent(c, 22) || !parent(c, 23) || !parent(c, 24));
	cache_free(c);
}

/* Whoever shows the folder hears of the messages whose parents came after them. */
static void test_links_told(void **state)
{
	struct cache *c = open_it();
	uint32_t uids[2];

	add_thread(c, 9, "c@x", "a@x b@x");
	add_thread(c, 8, "d@x", "b@x");
	add_thread(c, 7, "e@x", "");
	/* both answer what is not here */
	assert_int_equal(links(c, uids), 1);
	assert_int_equal(uids[0], 9);
	assert_int_equal(parent(c, 9), 8);
	add_thread(c, 5, "a@x", "");
	assert_int_equal(links(c, uids), 2);
	assert_int_equal(uids[0] + uids[1], 17);
	assert_int_equal(parent(c, 9), 5);
	assert_int_equal(parent(c, 8), 5);
	add_thread(c, 6, "b@x", "a@x");
	assert_int_equal(links(c, uids), 2);
	assert_int_equal(uids[0] + uids[1], 17);
	assert_int_equal(links(c, uids), 0);
	c = open_again(c);
	assert_int_equal(parent(c, 9), 6);
	assert_int_equal(links(c, uids), 0);
	cache_free(c);
}

/* The topmost message above uid. */
static uint32_t root(struct cache *c, uint32_t uid)
{
	uint32_t up;

	for (int depth = 0; depth < 20 && (up = parent(c, uid)); depth++)
		uid = up;
	return uid;
}

/* Answers to what is not here are one thread when they have a reference in common, in every order
 * of arrival and in batches, with compactions between; and no longer when there is none. */
static void test_missing_parents(void **state)
{
	static const struct {
		const char *id, *references;
		int thread;
	} mails[] = {
		{"m1@x", "gone@x", 1},
		{"m2@x", "gone@x", 1},
		{"m3@x", "gone@x m2@x", 1},
		{"m4@x", "root@x lost1@x", 2},
		{"m5@x", "root@x lost2@x", 2},
		{"m6@x", "other@x", 3},
		{"m7@x", "", 4},
		{"m8@x", "m7@x away@x", 4},
		{"m9@x", "away@x", 4},
	};
	enum { N = MEM_COUNT(mails) };

	for (uint32_t round = 0; round < 60; round++) {
		uint32_t order[N], uid[N];
		struct cache *c = open_anew();

		for (uint32_t i = 0; i < N; i++) {
			uint32_t at = (uint32_t)(model_mix(round * 100 + i) % (i + 1));

			order[i] = order[at];
			order[at] = i;
		}
		for (uint32_t k = 0; k < N; k++) {
			/* UIDs rise with the mails in half of the rounds, with the arrival in the
			 * others */
			uid[order[k]] = 10 + (round % 2 ? order[k] : k);
			add_thread(
				c, uid[order[k]], mails[order[k]].id, mails[order[k]].references);
			if (round % 3 == 1 || (round % 3 == 2 && k == 4))
				compact(c);
		}
		for (int i = 0; i < N; i++)
			for (int k = 0; k < i; k++)
				if ((root(c, uid[i]) == root(c, uid[k])) !=
					(mails[i].thread == mails[k].thread))
					fail_msg("round %u: %s and %s", round, mails[i].id,
						mails[k].id);
		assert_int_equal(parent(c, uid[2]), uid[1]);
		assert_int_equal(parent(c, uid[6]), 0);
		cache_free(c);
	}
}

/* What was deleted comes back under another UID: its thread is as it was, from a base and from the
 * log, after a restart too. */
static void test_parents_back(void **state)
{
	static const char *const ids[] = {"a@x", "b@x", "c@x", "d@x", "e@x"};
	static const char *const refs[] = {"", "a@x", "a@x b@x", "a@x b@x c@x", "a@x"};

	for (uint32_t gone = 1; gone < 32; gone++)
		for (int squeeze = 0; squeeze < 4; squeeze++) {
			uint32_t uids[5];
			size_t n = 0;
			struct cache *c = open_anew();

			for (uint32_t i = 0; i < 5; i++)
				add_thread(c, i + 1, ids[i], refs[i]);
			if (squeeze & 1)
				compact(c);
			for (uint32_t i = 0; i < 5; i++)
				if (gone & 1u << i)
					uids[n++] = i + 1;
			WORKS(cache_remove(c, uids, n, &why));
			/* what is left of a thread is one */
			for (uint32_t i = 0, first = 0; i < 5; i++)
				if (!(gone & 1u << i)) {
					first = first ? first : root(c, i + 1);
					assert_int_equal(root(c, i + 1), first);
				}
			if (squeeze & 2) {
				compact(c);
				c = open_again(c);
			}
			for (uint32_t i = 0; i < 5; i++)
				if (gone & 1u << i)
					add_thread(c, i + 11, ids[i], refs[i]);
			for (uint32_t i = 0; i < 5; i++) {
				uint32_t up = i == 4 ? 1 : i,
					 uid = i + 1 + (gone & 1u << i ? 10 : 0);

				if (up)
					up += gone & 1u << (up - 1) ? 10 : 0;
				if (parent(c, uid) != up)
					fail_msg("gone %u, %d: %u below %u, not %u", gone, squeeze,
						uid, parent(c, uid), up);
			}
			cache_free(c);
		}
}

/* A walk says what cache_get says, from any message on, whether strings are in pages or in the log.
 */
static void test_walk(void **state)
{
	struct cache *c = open_it();
	struct summary row, same;
	struct cache_walk w;

	for (uint32_t uid = 3; uid < 1500; uid += 2) {
		add_thread(c, uid, "", "");
		if (uid == 999)
			compact(c);
	}
	add_thread(c, 41, "again@x", "");
	WORKS(cache_remove(c, (uint32_t[]){43, 1001}, 2, &why));
	for (uint32_t from = 0; from < 1510; from += 101) {
		uint32_t uid = 0, n = 0;

		cache_walk_start(&w, c, from);
		for (; cache_walk_next(&w, &row); n++) {
			char subject[200], id[100];

			assert_true(row.uid >= from && row.uid > uid);
			assert_true(!w.paged || row.subject > w.heap);
			uid = row.uid;
			snprintf(subject, sizeof(subject), "%s", row.subject);
			snprintf(id, sizeof(id), "%s", row.message_id);
			assert_int_equal(cache_get(c, uid, &same), 0);
			assert_string_equal(subject, same.subject);
			assert_string_equal(id, same.message_id);
			assert_int_equal(row.size, same.size);
		}
		for (uint32_t k = 3; k < 1500; k += 2)
			n -= k >= from && k != 43 && k != 1001;
		assert_int_equal(n, 0);
	}
	cache_free(c);
}

/* Parent and child added by two copies that have not seen each other's: compaction joins them. */
static void test_parents_completed(void **state)
{
	struct cache *a = open_it(), *b = open_it();

	add_thread(a, 1, "c@x", "p@x");
	add_thread(b, 2, "p@x", "");
	compact(a);
	assert_int_equal(parent(a, 1), 2);
	cache_free(a);
	cache_free(b);
}

/* --- threads by subject --- */

static const struct {
	uint32_t uid;
	const char *subject, *references;
	uint32_t parent;
} talk[] = {
	{10, "Größe", "", 0},
	{20, "Re: GR\xc3\x96SSE", "", 10}, /* case folding */
	{30, "Aw: [list] größe", "", 10},  /* tags of lists */
	{40, "Re: Größe", "away@x", 0},    /* of a thread that is not here */
	{50, "[list] Größe", "", 0},
	{60, "Fwd: Größe", "", 50},
	{70, "Re: Größe", "10.mail@example.org", 10}, /* references come first */
	{75, "Re: Later", "", 80},
	{80, "Later", "", 0},
	{85, "LATER", "", 0},
	{90, "Re:", "", 0},
	{91, "", "", 0},
	{92, "Re: Alone", "", 0},
	{93, "Re: Alone", "", 0},
};

enum { TALK = MEM_COUNT(talk) };

static void check_talk(struct cache *c)
{
	for (int i = 0; i < TALK; i++)
		assert_int_equal(parent(c, talk[i].uid), talk[i].parent);
}

/* Every order of arrival, one by one and in batches, with compactions between: the same tree. */
static void test_subjects(void **state)
{
	for (uint64_t round = 0; round < 300; round++) {
		struct summary s[TALK];
		struct model_text t[TALK];
		int order[TALK], n = 0;
		struct cache *c = open_anew();

		for (int i = 0; i < TALK; i++) {
			int at = round ? (int)(model_mix(round * 100 + (uint64_t)i) %
						 (uint64_t)(i + 1))
				       : 0;

			order[i] = order[at];
			order[at] = i;
		}
		for (int i = 0; i < TALK; i++) {
			uint64_t dice = model_mix(round * 977 + (uint64_t)i);
			int k = order[i];

			model_summary(&s[n], &t[n], talk[k].uid, 0, 0, "");
			s[n].subject = talk[k].subject;
			s[n++].references = talk[k].references;
			if (i + 1 < TALK && round % 3 && dice % 4)
				continue;
			WORKS(cache_add(c, s, (size_t)n, &why));
			n = 0;
			if (dice >> 8 & 1)
				compact(c);
		}
		check_talk(c);
		if (round % 10 == 0) {
			c = open_again(c);
			check_talk(c);
			compact(c);
			check_talk(c);
		}
		cache_free(c);
	}
}

static void test_subjects_gone(void **state)
{
	for (int squeeze = 0; squeeze < 2; squeeze++) {
		uint32_t uids[2];
		struct cache *c = open_anew();

		add_subject(c, 30, "Re: Plan", "");
		assert_int_equal(links(c, uids), 0);
		if (squeeze)
			compact(c);
		add_subject(c, 20, "Plan", "other@x");
		add_subject(c, 10, "Plan", "");
		add_subject(c, 40, "Plan", "");
		/* whoever shows the folder hears of it */
		assert_int_equal(links(c, uids), 1);
		assert_int_equal(uids[0], 30);
		add_thread(c, 5, "other@x", "");
		if (squeeze)
			compact(c);
		assert_int_equal(parent(c, 30), 20);
		assert_int_equal(parent(c, 20), 5);
		WORKS(cache_remove(c, (uint32_t[]){20}, 1, &why));
		assert_int_equal(parent(c, 30), 10); /* and not 5 */
		if (squeeze)
			compact(c);
		WORKS(cache_remove(c, (uint32_t[]){10}, 1, &why));
		assert_int_equal(parent(c, 30), 40);
		WORKS(cache_remove(c, (uint32_t[]){40}, 1, &why));
		assert_int_equal(parent(c, 30), 0);
		compact(c);
		assert_int_equal(parent(c, 30), 0);
		add_subject(c, 50, "plan", "");
		assert_int_equal(parent(c, 30), 50);
		/* it refers to the answer itself: no ring, whichever comes first */
		add_subject(c, 60, "Re: Ring", "");
		add_subject(c, 59, "Ring", "60.mail@example.org");
		add_subject(c, 69, "Rung", "70.mail@example.org");
		add_subject(c, 70, "Re: Rung", "");
		assert_int_equal(parent(c, 59), 60);
		assert_int_equal(parent(c, 60), 0);
		assert_int_equal(parent(c, 69), 70);
		assert_int_equal(parent(c, 70), 0);
		cache_free(c);
	}
}

/* Thousands of messages with one subject stay apart, take no room in the tables, and an answer to
 * one of them finds the one before it; whether the folder grows or is filled from its end. */
static void test_subjects_of_cron(void **state)
{
	enum { N = 6000, MOST = 500, ANSWER = 3333 };
	struct summary *s = mem_array(MOST, sizeof(*s));
	struct model_text *t = mem_array(MOST, sizeof(*t));

	for (int down = 0; down < 2; down++) {
		struct cache *c = open_anew();

		for (uint32_t from = 0; from < N; from += MOST) {
			uint32_t first = 1 + (down ? N - MOST - from : from);

			for (uint32_t k = 0; k < MOST; k++) {
				model_summary(&s[k], &t[k], first + k, 0, 0, "");
				s[k].subject =
					first + k == ANSWER ? "Re: Cron <root@x>" : "Cron <root@x>";
				s[k].references = "";
			}
			WORKS(cache_add(c, s, MOST, &why));
			if (from % 1500 == 0)
				compact(c);
		}
		for (int round = 0; round < 2; round++) {
			for (uint32_t uid = 1; uid <= N; uid++)
				assert_int_equal(parent(c, uid), uid == ANSWER ? ANSWER - 1 : 0);
			compact(c);
		}
		add_subject(c, N + 1, "Re: Cron <root@x>", "");
		assert_int_equal(parent(c, N + 1), N);
		WORKS(cache_remove(c, (uint32_t[]){N, N - 1}, 2, &why));
		assert_int_equal(parent(c, N + 1), N - 2);
		cache_free(c);
	}
	free(s);
	free(t);
}

static void test_reset_and_meta(void **state)
{
	struct cache_meta meta = {7, 100, UINT64_C(1) << 40, 3, true};
	struct cache *c = open_it();
	struct cache_opened opened;

	add(c, 1, 1, 0, "x");
	compact(c);
	add(c, 2, 1, 0, "x");
	WORKS(cache_set_meta(c, &meta, &why));
	cache_free(c);
	WORKS(cache_open(&c, dir, "INBOX", &opened, &why));
	assert_false(opened.created || opened.rebuilt || opened.read_only);
	assert_true(cache_meta(c)->highestmodseq == UINT64_C(1) << 40 && cache_meta(c)->complete);
	meta = (struct cache_meta){.uidvalidity = 8};
	WORKS(cache_reset(c, &meta, &why));
	for (int round = 0; round < 3; round++) {
		assert_int_equal(cache_count(c), 0);
		assert_false(cache_has(c, 1));
		assert_int_equal(cache_max_uid(c), 0);
		assert_int_equal(cache_meta(c)->uidvalidity, 8);
		assert_int_equal(cache_find_message_id(c, "1.mail@example.org"), 0);
		cache_free(c);
		if (round == 1)
			WORKS(cache_compact(dir, "INBOX", &why));
		c = open_it();
	}
	add(c, 1, 2, 0, "");
	assert_int_equal(cache_count(c), 1);
	assert_int_equal(cache_find_message_id(c, "1.mail@example.org"), 1);
	cache_free(c);
}

static void test_readonly(void **state)
{
	struct cache *c, *r;
	struct cache_meta meta = {0};

	FAILS(ERR_GONE, cache_open_readonly(&r, dir, "INBOX", &why));
	assert_false(file_exists(dir));
	c = open_it();
	add(c, 5, 1, 0, "");
	WORKS(cache_open_readonly(&r, dir, "INBOX", &why));
	assert_int_equal(cache_count(r), 1);
	FAILS(ERR_BUSY, cache_set_meta(r, &meta, &why));
	cache_free(r);
	cache_free(c);
	FAILS(ERR_DAMAGED, cache_open_readonly(&r, dir, "Sent", &why));
}

static void test_compact_busy(void **state)
{
	struct cache *c = open_it();
	char *lock = kept(file_join(dir, "compact.lock"));
	int fd = file_lock(lock, 0, NULL);

	FAILS(ERR_BUSY, cache_compact(dir, "INBOX", &why));
	close(fd);
	compact(c);
	assert_false(cache_wants_compact(c));
	for (uint32_t uid = 1; uid < 2000; uid++)
		add(c, uid, 1, 0, "");
	/* while a folder is filled the log may become longer than later */
	assert_false(cache_wants_compact(c));
	WORKS(cache_set_meta(c, &(struct cache_meta){.uidvalidity = 1, .complete = true}, &why));
	assert_true(cache_wants_compact(c));
	compact(c);
	assert_false(cache_wants_compact(c));
	cache_free(c);
}

/* --- damage --- */

static char *base_file(uint32_t gen)
{
	struct str out = STR_INIT;

	str_addf(&out, "%s/base-%u.gdbm", dir, (unsigned)gen);
	return str_steal(&out);
}

/* Spoils the nth record of a kind in place, whatever GDBM put where. */
static void spoil(const char *path, char kind, int nth)
{
	struct str all = STR_INIT;
	FILE *f;

	WORKS(file_read(path, 100 << 20, &all, &why));
	for (size_t i = 0; i + 30 < all.len; i++)
		if (memcmp(all.p + i, "TLRP", 4) == 0 && all.p[i + 7] == kind && nth-- == 0) {
			all.p[i + 25] ^= 4;
			break;
		}
	assert_true(nth < 0);
	f = fopen(path, "r+b");
	assert_int_equal(fwrite(all.p, 1, all.len, f), all.len);
	fclose(f);
	str_done(&all);
}

static void fill(struct cache *c, struct model *m, uint32_t n)
{
	for (uint32_t uid = 1; uid <= n; uid++) {
		model_put(m, uid, 3, 0, "");
		add(c, uid, 3, 0, "");
	}
	m->meta = (struct cache_meta){.uidvalidity = 5, .uidnext = n + 1, .complete = true};
	WORKS(cache_set_meta(c, &m->meta, &why));
	compact(c);
}

static void refetch(struct cache *c, struct model *m)
{
	uint32_t ranges[8][2];
	size_t n = cache_damaged(c, ranges, 8);

	for (size_t i = 0; i < n; i++)
		for (uint32_t uid = ranges[i][0]; uid <= ranges[i][1]; uid++)
			if (model_find(m, uid))
				add(c, uid, 3, 0, "");
	WORKS(cache_set_meta(c, &m->meta, &why));
}

static int ignore(void *ctx, const struct wal_record *r)
{
	return 0;
}

/* What a program before Cc wrote: the last string of a record is missing, and of To the first only
 * is there. */
static void put_old(struct wal *w, uint32_t uid)
{
	struct summary s;
	struct model_text t;
	struct str bytes = STR_INIT;
	struct wal_record r = {.type = LOG_ADD};

	model_summary(&s, &t, uid, 1, 0, "");
	s.cc = "";
	log_add_encode(&bytes, &s, 0);
	r.p = (const unsigned char *)bytes.p;
	r.len = bytes.len - 1;
	WORKS(wal_append(w, &r, 1, false, ignore, NULL, &why));
	str_done(&bytes);
}

static void write_old(uint32_t n)
{
	char *log = file_join(dir, "headers.wal"), *lock = file_join(dir, "lock");
	struct wal *w;

	cache_free(open_it());
	WORKS(wal_open(&w, log, lock, log_magic, NULL, &why));
	for (uint32_t uid = 1; uid <= n; uid++)
		put_old(w, uid);
	wal_free(w);
	free(log);
	free(lock);
}

static void test_old_records(void **state)
{
	struct cache_meta meta = {.uidvalidity = 1, .uidnext = 4, .exists = 3, .complete = true};
	uint32_t ranges[2][2];
	struct summary s;
	struct cache *c;

	write_old(3);
	for (int round = 0; round < 3; round++) {
		c = open_it();
		/* shown, but to be fetched again; a rewrite of the base does not forget that */
		assert_int_equal(cache_count(c), 3);
		assert_int_equal(cache_get(c, 2, &s), 0);
		assert_string_equal(s.cc, "");
		assert_int_equal(strncmp(s.to, "list", 4), 0);
		assert_int_equal(cache_damaged(c, ranges, 2), 1);
		assert_int_equal(ranges[0][0], 1);
		assert_true(ranges[0][1] >= 3);
		assert_false(cache_meta(c)->complete);
		cache_free(c);
		if (round == 1)
			WORKS(cache_compact(dir, "INBOX", &why));
	}
	c = open_it();
	for (uint32_t uid = 1; uid <= 3; uid++)
		add(c, uid, 2, 0, "");
	WORKS(cache_set_meta(c, &meta, &why));
	for (int round = 0; round < 2; round++) {
		assert_int_equal(cache_damaged(c, ranges, 2), 0);
		assert_true(cache_meta(c)->complete);
		c = open_again(c);
	}
	cache_free(c);
}

/* Of an older base too. */
static void test_old_pages(void **state)
{
	static const uint16_t at[7] = {1, 3, 5, 7, 9, 11, 13};
	static const char heap[] = "\0a\0b\0c\0d\0e\0f\0g";
	struct strings_page page;
	struct str rec = STR_INIT;
	struct summary s;
	unsigned char *p;

	page_begin(&rec);
	bytes_add32(&rec, 5);
	bytes_add(&rec, "identity identity", 16);
	for (int i = 0; i < 7; i++)
		bytes_add16(&rec, at[i]);
	bytes_add(&rec, heap, sizeof(heap));
	page_seal(&rec, 's', 1);
	/* as pages are today it would have eight columns */
	assert_int_equal(strings_open(&page, (unsigned char *)rec.p, rec.len), -1);
	p = (unsigned char *)rec.p;
	p[6] = 0;
	store32(p + 16, hash_crc32c(hash_crc32c(0, p, 16), p + PAGE_HEAD, rec.len - PAGE_HEAD));
	assert_int_equal(strings_open(&page, p, rec.len), 0);
	strings_get(&page, 0, &s);
	assert_string_equal(s.from_name, "a");
	assert_string_equal(s.to, "c");
	assert_string_equal(s.file, "g");
	assert_string_equal(s.cc, "");
	/* where who keeps notes by place in the page finds it */
	assert_in_range(s.cc - page.heap, 0, page.heap_size - 1);
	p[6] = 2; /* of a later program */
	store32(p + 16, hash_crc32c(hash_crc32c(0, p, 16), p + PAGE_HEAD, rec.len - PAGE_HEAD));
	assert_int_equal(strings_open(&page, p, rec.len), -1);
	str_done(&rec);
}

static void check_spoilt(char kind, int nth, bool columns)
{
	struct model m = {0};
	struct cache *c = open_it();
	struct cache_opened opened;
	char *path = base_file(1);
	uint32_t ranges[8][2];
	size_t missing;

	fill(c, &m, 9000);
	cache_free(c);
	spoil(path, kind, nth);
	for (int round = 0; round < 3; round++) {
		WORKS(cache_open(&c, dir, "INBOX", &opened, &why));
		assert_false(opened.rebuilt);
		assert_true(model_covers(&m, c, &missing));
		assert_true(missing > 0 && missing <= (columns ? 4096 : 256));
		assert_false(cache_meta(c)->complete);
		assert_int_equal(cache_damaged(c, ranges, 8), 1);
		assert_true(ranges[0][1] - ranges[0][0] + 1 == missing);
		cache_free(c);
		/* a compaction does not forget it */
		if (round == 1)
			WORKS(cache_compact(dir, "INBOX", &why));
		if (round == 1 && !columns)
			break;
	}
	c = open_it();
	refetch(c, &m);
	for (int round = 0; round < 3; round++) {
		assert_true(model_print(&m) == model_print_cache(c));
		assert_int_equal(cache_damaged(c, ranges, 8), 0);
		assert_true(cache_meta(c)->complete);
		cache_free(c);
		if (round == 1)
			WORKS(cache_compact(dir, "INBOX", &why));
		c = open_it();
	}
	cache_free(c);
	free(path);
	model_done(&m);
}

static void test_damaged_strings(void **state)
{
	check_spoilt('s', 3, false);
}

static void test_damaged_columns(void **state)
{
	check_spoilt('h', 1, true);
}

static void test_damaged_tables(void **state)
{
	struct model m = {0};
	struct cache *c = open_it();
	char *path = kept(base_file(1));
	size_t found = 0, missing;

	fill(c, &m, 9000);
	cache_free(c);
	spoil(path, 'x', 2);
	spoil(path, 't', 0);
	c = open_it();
	for (int round = 0; round < 2; round++) {
		found = 0;
		for (uint32_t uid = 1; uid <= 9000; uid++) {
			char id[64];
			uint32_t at;

			snprintf(id, sizeof(id), "%u.mail@example.org", uid);
			at = cache_find_message_id(c, id);
			assert_true(at == uid || at == 0);
			found += at == uid;
		}
		assert_true(model_covers(&m, c, &missing));
		assert_int_equal(missing, 0);
		if (round == 0) {
			assert_true(found < 9000 && found > 7000);
			compact(c);
		} else {
			assert_int_equal(found, 9000);
		}
	}
	cache_free(c);
	model_done(&m);
}

/* Without the list of keyword sets no message may show those of another one. */
static void test_damaged_keysets(void **state)
{
	struct cache *c = open_it();
	char *path = kept(base_file(1));
	uint32_t ranges[2][2];

	add(c, 1, 1, 0, "a-long-one");
	add(c, 2, 1, 0, "");
	compact(c);
	add(c, 3, 1, 0, "two");
	cache_free(c);
	spoil(path, 'k', 0);
	c = open_it();
	assert_false(cache_has(c, 1));
	assert_true(cache_has(c, 2) && cache_has(c, 3));
	assert_string_equal(cache_keyset(c, cache_columns_view(c)->keyset[1]), "two");
	assert_int_equal(cache_damaged(c, ranges, 2), 1);
	assert_int_equal(ranges[0][0], 1);
	cache_free(c);
}

static void check_rebuilt(void)
{
	struct cache_opened opened;
	struct cache *c;

	WORKS(cache_open(&c, dir, "INBOX", &opened, &why));
	assert_true(opened.rebuilt);
	assert_int_equal(cache_count(c), 0);
	assert_int_equal(cache_meta(c)->uidvalidity, 0);
	add(c, 3, 1, 0, "");
	compact(c);
	cache_free(c);
	WORKS(cache_open(&c, dir, "INBOX", &opened, &why));
	assert_false(opened.rebuilt);
	assert_int_equal(cache_count(c), 1);
	cache_free(c);
}

static void test_damaged_base(void **state)
{
	struct model m = {0};
	char *path = kept(base_file(1)), *bad = kept(file_join(dir, "base.bad"));
	const char kinds[] = "Md";

	for (size_t i = 0; i < 4; i++) {
		struct cache *c = open_anew();

		fill(c, &m, 300);
		cache_free(c);
		if (i < 2)
			spoil(path, kinds[i], 0);
		else if (i == 2)
			assert_int_equal(truncate(path, 5000), 0);
		else
			assert_int_equal(unlink(path), 0);
		check_rebuilt();
		assert_true(file_exists(bad) || i == 3);
	}
	model_done(&m);
}

static void test_other_folder(void **state)
{
	struct cache_opened opened;
	struct cache *c = open_it();
	char *sent = kept(cache_dir_for(top, "Sent")), *again = kept(cache_dir_for(top, "INBOX"));

	assert_string_equal(dir, again);
	assert_string_not_equal(dir, sent);
	assert_true(str_starts(dir, top) && !strchr(dir + strlen(top) + 1, '/'));
	add(c, 1, 1, 0, "");
	cache_free(c);
	WORKS(cache_open(&c, dir, "Sent", &opened, &why));
	assert_true(opened.rebuilt);
	assert_int_equal(cache_count(c), 0);
	cache_free(c);
}

/* Strings of any length go in; what no list can show is cut. */
static void test_long_strings(void **state)
{
	struct cache *c = open_it();
	struct summary s;
	struct model_text t;
	char *big = mem_alloc(100001);

	memset(big, 'x', 100000);
	memcpy(big + 99980, " last@example.org", 17);
	big[99997] = '\0';
	for (uint32_t uid = 1; uid <= 50; uid++) {
		model_summary(&s, &t, uid, 1, 0, "");
		s.subject = s.from_name = s.to = s.cc = s.file = s.from_mail = s.references = big;
		WORKS(cache_add(c, &s, 1, &why));
	}
	add(c, 100, 1, 0, "");
	for (int round = 0; round < 2; round++) {
		for (uint32_t uid = 1; uid <= 50; uid++) {
			assert_int_equal(cache_get(c, uid, &s), 0);
			assert_int_equal(strlen(s.subject), 4096);
			assert_int_equal(strlen(s.to), 20000);
			assert_int_equal(strlen(s.cc), 20000);
			assert_string_equal(s.references, "last@example.org");
		}
		assert_int_equal(cache_get(c, 100, &s), 0);
		compact(c);
	}
	cache_free(c);
	free(big);
}

/* The largest number when the last in order is gone and the next came out of order. */
static void test_max_uid(void **state)
{
	struct cache *c = open_it();

	assert_int_equal(cache_max_uid(c), 0);
	add(c, 1, 1, 0, "");
	add(c, 100, 1, 0, "");
	add(c, 50, 1, 0, "");
	add(c, 40, 1, 0, "");
	assert_int_equal(cache_max_uid(c), 100);
	WORKS(cache_remove(c, (uint32_t[]){100}, 1, &why));
	assert_int_equal(cache_max_uid(c), 50);
	WORKS(cache_remove(c, (uint32_t[]){50, 40}, 2, &why));
	assert_int_equal(cache_max_uid(c), 1);
	assert_int_equal(cache_columns_view(c)->n, 1);
	add(c, 50, 2, 0, "");
	assert_int_equal(cache_max_uid(c), 50);
	WORKS(cache_remove(c, (uint32_t[]){1, 50}, 2, &why));
	assert_int_equal(cache_max_uid(c), 0);
	assert_int_equal(cache_count(c), 0);
	cache_free(c);
}

static void test_no_number(void **state)
{
	struct cache *c = open_it();

	struct summary s;
	struct model_text t;

	model_summary(&s, &t, 0, 1, 0, "");
	FAILS(ERR_INPUT, cache_add(c, &s, 1, &why));
	WORKS(cache_add(c, NULL, 0, &why));
	WORKS(cache_remove(c, NULL, 0, &why));
	cache_free(c);
}

static void test_summary(void **state)
{
	struct summary s, *copy;
	struct model_text t;

	model_summary(&s, &t, 9, 1, 3, "kw");
	copy = summary_copy(&s);
	memset(&t, 'x', sizeof(t));
	assert_string_equal(copy->message_id, "9.mail@example.org");
	assert_string_equal(copy->keywords, "kw");
	assert_int_equal(copy->flags, 3);
	summary_free(copy);
	summary_free(NULL);
}

static void test_columns(void **state)
{
	struct columns c = {0};

	assert_int_equal(columns_find(&c, 5), -1);
	for (uint32_t i = 0; i < 5000; i++) {
		columns_resize(&c, i + 1);
		assert_int_equal(c.uid[i] | c.parent[i] | c.keyset[i], 0);
		c.uid[i] = 2 * i + 2;
		c.parent[i] = c.keyset[i] = 1;
	}
	assert_int_equal(columns_find(&c, 2), 0);
	assert_int_equal(columns_find(&c, 10000), 4999);
	assert_int_equal(columns_find(&c, 1), ~0);
	assert_int_equal(columns_find(&c, 7), ~3);
	assert_int_equal(columns_find(&c, 10001), ~5000);
	columns_resize(&c, 10);
	columns_resize(&c, 20);
	assert_int_equal(c.uid[9], 20);
	assert_int_equal(c.uid[10] | c.keyset[19], 0);
	columns_done(&c);
	assert_int_equal(c.n, 0);
}

/* --- limits --- */

static int refusals;

static void count_refusal(void *ctx, const struct err *err)
{
	refusals++;
}

/* So many different sets of keywords have a number. */
static void test_keyword_sets(void **state)
{
	enum { SETS = UINT16_MAX, AT_ONCE = 1000 };
	struct cache *c = open_it();
	struct summary v[AT_ONCE];
	struct model_text t[AT_ONCE];
	char words[AT_ONCE][16];
	uint32_t uid = 1;

	cache_on_failure(c, count_refusal, NULL);
	refusals = 0;
	for (uint32_t left = SETS + 1; left;) {
		/* up to the last but one, the last, and one more */
		uint32_t n = left > AT_ONCE + 2 ? AT_ONCE : left > 2 ? left - 2 : 1;

		for (uint32_t i = 0; i < n; i++) {
			snprintf(words[i], sizeof(words[i]), "k%u", (unsigned)(uid + i));
			model_summary(&v[i], &t[i], uid + i, 1, 0, words[i]);
		}
		WORKS(cache_add(c, v, n, &why));
		uid += n;
		left -= n;
		assert_int_equal(refusals, left == 0);
	}
	for (uint32_t i = SETS - 1; i <= SETS + 1; i++) {
		struct summary s;
		char word[16];

		snprintf(word, sizeof(word), "k%u", (unsigned)i);
		assert_int_equal(cache_get(c, i, &s), 0);
		assert_string_equal(s.keywords, i > SETS ? "" : word);
	}
	cache_free(c);
	/* it is told after the next opening too */
	c = open_it();
	cache_on_failure(c, count_refusal, NULL);
	assert_int_equal(refusals, 2);
	cache_free(c);
}

/* --- another copy --- */

static int meddle; /* so many changes find that another copy has made a new base meanwhile */

int __real_flock(int fd, int how);
int __wrap_flock(int fd, int how);

int __wrap_flock(int fd, int how)
{
	static bool within;

	if (meddle && !within && (how & LOCK_EX)) {
		within = true;
		meddle--;
		cache_compact(dir, "INBOX", NULL);
		within = false;
	}
	return __real_flock(fd, how);
}

/* A change is tried so often while another copy keeps replacing the log. */
static void test_another_copy_keeps_changing(void **state)
{
	enum { TRIES = 8 };
	struct cache *c = open_it();
	struct err err = {0};
	uint32_t uids[1] = {1};

	cache_on_failure(c, count_refusal, NULL);
	refusals = 0;
	add(c, 1, 1, 0, "");
	for (int n = TRIES - 1; n <= TRIES; n++) {
		meddle = n;
		assert_int_equal(
			cache_set_flags(c, 1, 0, MAIL_FLAGGED, NULL, &err), n < TRIES ? 0 : -1);
		assert_int_equal(meddle, 0);
		meddle = n;
		assert_int_equal(cache_set_flags_all(c, uids, 1, 0, MAIL_SEEN, NULL, NULL),
			n < TRIES ? 0 : -1);
	}
	meddle = 0;
	assert_int_equal(err.kind, ERR_BUSY);
	assert_int_equal(refusals, 2);
	cache_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_summary),
		cmocka_unit_test(test_columns),
		CACHE_CASE(test_basic),
		CACHE_CASE(test_newest_first),
		CACHE_CASE(test_flags_of_many),
		CACHE_CASE(test_news),
		CACHE_CASE(test_refresh),
		CACHE_CASE(test_blind_writers),
		CACHE_CASE(test_keysets),
		CACHE_CASE(test_keysets_stay),
		CACHE_CASE(test_look_up),
		CACHE_CASE(test_parents),
		CACHE_CASE(test_parents_gone),
		CACHE_CASE(test_missing_parents),
		CACHE_CASE(test_parents_back),
		CACHE_CASE(test_links_told),
		CACHE_CASE(test_walk),
		CACHE_CASE(test_parents_completed),
		CACHE_CASE(test_subjects),
		CACHE_CASE(test_subjects_gone),
		CACHE_CASE(test_subjects_of_cron),
		CACHE_CASE(test_reset_and_meta),
		CACHE_CASE(test_readonly),
		CACHE_CASE(test_compact_busy),
		CACHE_CASE(test_damaged_strings),
		CACHE_CASE(test_damaged_columns),
		CACHE_CASE(test_damaged_keysets),
		CACHE_CASE(test_damaged_tables),
		CACHE_CASE(test_damaged_base),
		CACHE_CASE(test_keyword_sets),
		CACHE_CASE(test_another_copy_keeps_changing),
		CACHE_CASE(test_old_records),
		CACHE_CASE(test_old_pages),
		CACHE_CASE(test_other_folder),
		CACHE_CASE(test_long_strings),
		CACHE_CASE(test_max_uid),
		CACHE_CASE(test_no_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

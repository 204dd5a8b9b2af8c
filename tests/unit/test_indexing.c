/* Searches in texts find by the index what they find by looking into each text, whatever came and
 * went meanwhile; and where there is no index to be had, they do the same without. */
#include "store/disk/cache.h"
#include "store/disk/textindex.h"
#include "tests/sync/cut.h"
#include "tests/unit/desk.h"
#include "tests/unit/fails.h"
#include "tests/unit/harness.h"

#include "base/file.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int teardown(void **state)
{
	cut_off();
	return desk_teardown(state);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, desk_setup, teardown)

/* Files that change within one tick of the kernel's clock may look as they did. */
enum { TICK_US = 20000 };

/* --- mail --- */

static unsigned roll(unsigned *seed, unsigned sides)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % sides;
}

static const char *const words[] = {"Schifffahrt", "Grüße", "GRÜẞE", "Straße", "Rechnung", "letter",
	"東京都", "会議です", "メール", "안녕", "срок", "zebra", "x-ray", "4711",
	"e-mail@example.org", "https://example.org/a?b=c", "😀", "don't", "ﬁsh", "und", "der", "die",
	"the", "of", "and"};

static void write_mail(const char *path, unsigned number)
{
	FILE *f = fopen(path, "w");
	unsigned seed = number * 2654435761U + 7;
	bool html = number % 5 == 0, flowed = number % 7 == 0;

	assert_non_null(f);
	fprintf(f,
		"From: Someone <s%u@example.org>\r\nSubject: Mail %u\r\nMessage-ID: <%u@x>\r\n"
		"Date: Thu, 01 Jan 2026 12:00:00 +0000\r\nMIME-Version: 1.0\r\n"
		"Content-Type: text/%s; charset=utf-8%s\r\n\r\n",
		number % 9, number, number, html ? "html" : "plain",
		flowed ? "; format=flowed" : "");
	for (unsigned n = roll(&seed, 60); n > 0; n--)
		fprintf(f, "%s%s", words[roll(&seed, MEM_COUNT(words))],
			roll(&seed, 8)   ? " "
			: html           ? "<br><b>"
			: roll(&seed, 3) ? " \r\n"
					 : "\r\n> ");
	fprintf(f, "\r\n");
	fclose(f);
}

static void deliver(const char *name, unsigned number)
{
	write_mail(desk_path("%s/data/mail/cur/17%08u.1.host:2,S", name, number), number);
}

static void fill(const char *name, unsigned n)
{
	WORKS(file_make_dirs(desk_path("%s/data/mail/cur", name), &why));
	WORKS(file_make_dirs(desk_path("%s/data/mail/new", name), &why));
	WORKS(file_make_dirs(desk_path("%s/data/mail/tmp", name), &why));
	for (unsigned i = 1; i <= n; i++)
		deliver(name, i);
}

static int account_with(const char *name, enum body_index which)
{
	struct store_account *a = desk_account(name, true);

	a->settings->body_index = which;
	return desk_add(a, false);
}

/* So many of the folder are in the index. */
static size_t indexed(const char *name, const char *cache, const char *folder)
{
	char *dir = cache_dir_for(desk_path("%s/cache/v1", name), cache);
	struct textindex_key key = {folder, 0};
	struct textindex *t;
	struct cache *c;
	uint32_t *uids;
	size_t n = 0;

	if (cache_open(&c, dir, cache, NULL, NULL) == 0) {
		key.uidvalidity = cache_meta(c)->uidvalidity;
		cache_free(c);
	}
	free(dir);
	if (textindex_open(&t, desk_path("%s/cache/texts.db", name), false, NULL, NULL) != 0)
		return 0;
	if (textindex_has(t, &key, &uids, &n, NULL) == 0)
		free(uids);
	textindex_free(t);
	return n;
}

/* A second passes; what was told by then was heard. */
static void pass(void)
{
	desk_pass(1000);
	store_event_free(desk_ask(desk_request(REQUEST_DRAFTS, 0)));
	usleep(1000);
}

/* The clock goes on until it is so. */
#define PASSES_UNTIL(what)                                                                         \
	do {                                                                                       \
		int left = 3000;                                                                   \
		while (!(what) && left-- > 0) {                                                    \
			pass();                                                                    \
		}                                                                                  \
		assert_true(what);                                                                 \
	} while (0)

static struct store_event *search(unsigned list, const char *query)
{
	struct store_request *r = desk_on(REQUEST_SEARCH, list, NULL, 0);
	struct store_event *ev;

	r->search.query = mem_strdup(query);
	ev = desk_ask(r);
	assert_int_equal(ev->kind, STORE_FOUND);
	return ev;
}

static size_t count_found(unsigned list, const char *query)
{
	struct store_event *ev = search(list, query);
	size_t n = ev->found.n;

	store_event_free(ev);
	return n;
}

static unsigned open_box(int account, const char *folder)
{
	struct store_event *ev;
	unsigned list = desk_open(account, folder, &ev);

	store_event_free(ev);
	return list;
}

/* --- the same as without --- */

static const char *const queries[] = {"body:schiff", "body:grüße", "body:GRÜSSE", "body:strasse",
	"body:京", "body:東京", "body:東京都", "body:会議です", "body:ール", "body:срок",
	"body:nowhere", "body:e", "body:\"der die\"", "body:\"und the\"", "body:e-mail@example",
	"body:x-ray", "body:fish", "body:😀", "body:\"'\"", "body:\">\"", "!body:letter",
	"body:letter body:zebra", "body:letter | body:4711", "!(body:letter | body:4711)",
	"~b letter", "~b l.tter", "=b l.tter", "~b ^zebra", "text:zebra", "text:mail", "~B s3@",
	"!text:letter", "body:letter subject:7", "body:letter unread", "!body:letter from:s3",
	"body:rech | subject:12", "header:mail", "body:안녕", "body:d", "body:\" letter\""};

static void test_equal(void **state)
{
	unsigned mails = (unsigned)harness_scale(2400);
	unsigned with, without;
	size_t helped = 0;

	fill("one", mails);
	fill("two", mails);
	with = open_box(account_with("one", BODY_INDEX_ALL), "INBOX");
	without = open_box(account_with("two", BODY_INDEX_NONE), "INBOX");
	PASSES_UNTIL(indexed("one", "local:INBOX", "/") == mails);
	for (size_t i = 0; i < MEM_COUNT(queries); i++) {
		struct store_event *a = search(with, queries[i]), *b = search(without, queries[i]);

		if (a->found.n != b->found.n)
			fail_msg("%s: %zu, but %zu", queries[i], a->found.n, b->found.n);
		assert_memory_equal(a->found.uids, b->found.uids, a->found.n * sizeof(uint32_t));
		assert_int_equal(a->found.texts, b->found.texts);
		assert_int_equal(a->found.looked, b->found.looked);
		helped += a->found.n > 0;
		store_event_free(a);
		store_event_free(b);
	}
	assert_true(helped > MEM_COUNT(queries) / 2);
	assert_false(file_exists(desk_path("two/cache/texts.db")));
}

static FILE *begin_mail(const char *name, const char *type)
{
	FILE *f = fopen(desk_path("one/data/mail/cur/%s.1.host:2,S", name), "w");

	assert_non_null(f);
	fprintf(f, "Subject: %s\nMIME-Version: 1.0\nContent-Type: multipart/%s; boundary=b0\n\n",
		name, type);
	return f;
}

/* That a word is not in a text which nobody can look into, or not to its end, is not known. */
static void test_unseen(void **state)
{
	unsigned list;
	FILE *f;

	fill("one", 3);
	f = begin_mail("sealed", "encrypted");
	fprintf(f, "--b0\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b0\n"
		   "Content-Type: application/octet-stream\n\nsecret\n--b0--\n");
	fclose(f);
	f = begin_mail("deep", "mixed");
	for (int i = 0; i < 60; i++)
		fprintf(f,
			"--b%d\nContent-Type: text/plain\n\nup\n"
			"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n",
			i, i, i + 1);
	fprintf(f, "--b60\n\nbottom\n--b60--\n");
	fclose(f);
	list = open_box(account_with("one", BODY_INDEX_ALL), "INBOX");
	for (int indexes = 0; indexes < 2; indexes++) {
		assert_int_equal(count_found(list, "!body:bottom"), 3);
		assert_int_equal(count_found(list, "body:bottom"), 0);
		assert_int_equal(count_found(list, "body:up subject:deep"), 1);
		PASSES_UNTIL(indexed("one", "local:INBOX", "/") == 3);
	}
}

/* What was indexed is found though its text is no more to be had; what comes and goes is followed.
 */
static void test_followed(void **state)
{
	int account;
	unsigned list;
	struct store_request *r;

	fill("one", 40);
	account = account_with("one", BODY_INDEX_ALL);
	list = open_box(account, "INBOX");
	PASSES_UNTIL(indexed("one", "local:INBOX", "/") == 40);
	assert_int_equal(truncate(desk_path("one/data/mail/cur/1700000001.1.host:2,S"), 0), 0);
	usleep(TICK_US);
	deliver("one", 41);
	deliver("one", 42);
	PASSES_UNTIL(indexed("one", "local:INBOX", "/") == 42);
	usleep(TICK_US);
	assert_int_equal(unlink(desk_path("one/data/mail/cur/1700000041.1.host:2,S")), 0);
	PASSES_UNTIL(indexed("one", "local:INBOX", "/") == 41);
	assert_int_equal(count_found(list, "!body:nowhere"), 41);
	r = desk_request(REQUEST_REINDEX, account);
	desk_done(r);
	PASSES_UNTIL(indexed("one", "local:INBOX", "/") == 41);
	assert_int_equal(count_found(list, "!body:nowhere"), 41);
}

/* After a while folders that nobody has open are looked through, too; only those that are wanted.
 */
static void test_others(void **state)
{
	static const enum body_index which[] = {BODY_INDEX_ALL, BODY_INDEX_INBOX, BODY_INDEX_NONE};
	static const char *const names[] = {"one", "two", "three"};

	for (size_t i = 0; i < MEM_COUNT(which); i++) {
		fill(names[i], 3);
		WORKS(file_make_dirs(desk_path("%s/data/mail/.Work/cur", names[i]), &why));
		WORKS(file_make_dirs(desk_path("%s/data/mail/.Work/new", names[i]), &why));
		WORKS(file_make_dirs(desk_path("%s/data/mail/.Work/tmp", names[i]), &why));
		write_mail(desk_path("%s/data/mail/.Work/cur/1700000001.1.host:2,S", names[i]), 1);
		account_with(names[i], which[i]);
	}
	PASSES_UNTIL(indexed("one", "local:Work", "/") == 1 &&
		     indexed("one", "local:INBOX", "/") == 3 &&
		     indexed("two", "local:INBOX", "/") == 3);
	desk_pass(60000);
	pass();
	assert_int_equal(indexed("two", "local:Work", "/"), 0);
	assert_int_equal(indexed("three", "local:INBOX", "/"), 0);
}

/* Bodies of a server's folder as they are fetched; under another numbering they are others. */
static void test_server(void **state)
{
	struct summary rows[] = {desk_row(1, "Bob", NULL), desk_row(2, "Bob", NULL)};
	int account = desk_add(desk_account("one", false), true);
	unsigned list = desk_open(account, "INBOX", NULL), at;
	struct store_request *r;

	desk_fill(account, "INBOX", rows, 2);
	r = desk_on(REQUEST_READ, list, NULL, 0);
	r->uid = 1;
	r->read.width = 80;
	at = desk_post(r);
	desk_body(account, desk_job(account, LANE_FETCH, JOB_BODY),
		"Subject: x\r\n\r\nThe text of a zebra\r\n");
	store_event_free(desk_answer(at));
	PASSES_UNTIL(indexed("one", "imap:INBOX", "INBOX") == 1);
	assert_int_equal(count_found(list, "body:zebra"), 1);
	assert_int_equal(count_found(list, "body:zebr"), 1);
	WORKS(file_remove_tree(desk_path("one/cache/bodies"), &why));
	assert_int_equal(count_found(list, "body:zebra"), 1);
	desk_renumber(account, "INBOX");
	desk_rows_anew(account, "INBOX", rows, 2);
	desk_settle();
	assert_int_equal(count_found(list, "body:zebra"), 0);
	assert_int_equal(indexed("one", "imap:INBOX", "INBOX"), 0);
}

/* --- what goes wrong --- */

static void told(const char *what)
{
	for (int i = 0; i < 300 && !desk_was_told(what); i++) {
		pass();
	}
	if (!desk_was_told(what))
		fail_msg("not told: \"%s\" but \"%s\"", what, desk_told());
}

static void test_damaged(void **state)
{
	unsigned list;
	FILE *f;

	fill("one", 20);
	list = open_box(account_with("one", BODY_INDEX_ALL), "INBOX");
	PASSES_UNTIL(indexed("one", "local:INBOX", "/") == 20);
	desk_stop();
	unlink(desk_path("one/cache/texts.db-wal"));
	f = fopen(desk_path("one/cache/texts.db"), "w");
	for (int i = 0; i < 5000; i++)
		fputs("damaged ", f);
	fclose(f);
	desk_start(false);
	list = open_box(account_with("one", BODY_INDEX_ALL), "INBOX");
	assert_true(count_found(list, "body:e") > 0);
	told("The index of texts of account one was damaged");
	PASSES_UNTIL(indexed("one", "local:INBOX", "/") == 20);
	assert_true(count_found(list, "body:e") > 0);
	/* told once */
	free(desk_told());
	desk_pass(3000);
	pass();
	assert_false(desk_was_told("was damaged"));
}

static void test_full(void **state)
{
	unsigned list;

	fill("one", 20);
	list = open_box(account_with("one", BODY_INDEX_ALL), "INBOX");
	cut_fail_at(0, ENOSPC, true, desk_path("one/cache"));
	told("cannot be indexed now");
	assert_true(count_found(list, "body:e") > 0);
	cut_off();
	desk_pass(11 * 60 * 1000);
	PASSES_UNTIL(indexed("one", "local:INBOX", "/") == 20);
}

/* A program that changes nothing keeps no index, and uses the one that is there. */
static void test_read_only(void **state)
{
	unsigned list;

	fill("one", 20);
	open_box(account_with("one", BODY_INDEX_ALL), "INBOX");
	PASSES_UNTIL(indexed("one", "local:INBOX", "/") == 20);
	desk_stop();
	desk_start(true);
	list = open_box(account_with("one", BODY_INDEX_ALL), "INBOX");
	usleep(TICK_US);
	deliver("one", 21);
	desk_fails(desk_request(REQUEST_REINDEX, 0), "");
	desk_pass(30000);
	pass();
	assert_int_equal(indexed("one", "local:INBOX", "/"), 20);
	assert_true(count_found(list, "body:e") > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {CASE(test_equal), CASE(test_unseen), CASE(test_followed),
		CASE(test_others), CASE(test_server), CASE(test_damaged), CASE(test_full),
		CASE(test_read_only)};

	return cmocka_run_group_tests_name("indexing", tests, NULL, NULL);
}

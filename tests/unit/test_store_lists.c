/* Lists that show a part of their folder: what a query finds there. */
#include "tests/unit/desk.h"

#include "base/file.h"
#include "base/mem.h"
#include "store/disk/cache.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const FOLDERS[] = {"INBOX", "Work", "Never", "Trash=4", NULL};
static unsigned work; /* all of Work */

/* An account with connections; Work is open, with rows 1 to 4: Ann's and Bob's in turn, the second
 * flagged. */
static int begin(void)
{
	struct summary rows[4];
	int account = desk_add(desk_account("one", false), true);

	desk_online(account, LANE_MAIN);
	desk_folders(account, FOLDERS);
	desk_settle();
	work = desk_open(account, "Work", NULL);
	for (uint32_t i = 0; i < 4; i++)
		rows[i] = desk_row(i + 1, i % 2 ? "Bob" : "Ann", NULL);
	rows[1].flags = MAIL_FLAGGED;
	rows[2].keywords = "later";
	desk_fill(account, "Work", rows, 4);
	desk_settle();
	return account;
}

static void put_file(const char *name)
{
	static const char mail[] = "Subject: a\n\nx\n";

	assert_int_equal(
		file_replace(desk_path("%s", name), mail, sizeof(mail) - 1, 0600, NULL), 0);
}

static void online(int account)
{
	struct store_request *r = desk_request(REQUEST_ONLINE, account);

	r->online.on = true;
	desk_post(r);
	store_event_free(desk_of_kind(STORE_STATE));
}

static void close_list(unsigned list)
{
	desk_post(desk_on(REQUEST_CLOSE, list, NULL, 0));
	desk_settle();
}

static struct store_request *flag(unsigned list, uint32_t uid, uint32_t clear, uint32_t set)
{
	struct store_request *r = desk_on(REQUEST_FLAG, list, &uid, 1);

	r->flag.clear = clear;
	r->flag.set = set;
	return r;
}

/* What is told of this list next. */
static struct store_event *told_of(unsigned list)
{
	for (;;) {
		struct store_event *ev = desk_next();

		if (ev->list == list && (ev->kind == STORE_LIST || ev->kind == STORE_CHANGES))
			return ev;
		store_event_free(ev);
	}
}

/* Its rows, and (uid 0 ends each) what went. */
static void is_told(struct store_event *ev, enum store_event_kind kind, const uint32_t *uids,
	const uint32_t *gone)
{
	size_t n = 0, ngone = 0;

	assert_int_equal(ev->kind, kind);
	for (; uids[n]; n++)
		assert_true(n < ev->messages.columns.n && ev->messages.columns.uid[n] == uids[n]);
	assert_int_equal(ev->messages.columns.n, n);
	for (; gone && gone[ngone]; ngone++)
		assert_true(ngone < ev->messages.ngone && ev->messages.gone[ngone] == gone[ngone]);
	assert_int_equal(ev->messages.ngone, ngone);
	store_event_free(ev);
}
#define UIDS(...) ((const uint32_t[]){__VA_ARGS__ __VA_OPT__(, ) 0})

static unsigned opened(int account, const char *query, const uint32_t *uids)
{
	struct store_event *ev = NULL;
	unsigned list = desk_open_query(account, "Work", query, &ev);

	assert_non_null(ev);
	is_told(ev, STORE_LIST, uids, NULL);
	return list;
}

/* What a query finds, by columns and by strings. */
static void test_queries(void **state)
{
	int account = begin();

	opened(account, "~F", UIDS(2));
	opened(account, "!~F", UIDS(1, 3, 4));
	opened(account, "from:ann", UIDS(1, 3));
	opened(account, "from:bob ~F", UIDS(2));
	opened(account, "keyword:later", UIDS(3));
	opened(account, "from:nobody", UIDS());
	opened(account, "~A", UIDS(1, 2, 3, 4));
}

/* Marks, moves and what arrives are followed at once. */
static void test_follows(void **state)
{
	int account = begin();
	unsigned flagged = opened(account, "~F", UIDS(2)),
		 bobs = opened(account, "from:bob", UIDS(2, 4));
	struct summary row = desk_row(5, "Bob", NULL);
	struct store_request *r;

	desk_post(flag(work, 4, 0, MAIL_FLAGGED));
	is_told(told_of(bobs), STORE_CHANGES, UIDS(4), NULL);
	is_told(told_of(flagged), STORE_CHANGES, UIDS(4), NULL);
	desk_post(flag(work, 4, MAIL_FLAGGED, 0));
	is_told(told_of(flagged), STORE_CHANGES, UIDS(), UIDS(4));
	row.flags = MAIL_FLAGGED;
	desk_fill(account, "Work", &row, 1);
	is_told(told_of(flagged), STORE_CHANGES, UIDS(5), NULL);
	r = desk_on(REQUEST_KEYWORDS, flagged, UIDS(2), 1);
	r->keywords.set = mem_strdup("now");
	desk_done(r);
	r = desk_on(REQUEST_MOVE, flagged, UIDS(2), 1);
	r->to.folder = mem_strdup("Trash");
	desk_post(r);
	is_told(told_of(flagged), STORE_CHANGES, UIDS(), UIDS(2));
	desk_post(desk_on(REQUEST_UNDO, 0, NULL, 0));
	is_told(told_of(flagged), STORE_CHANGES, UIDS(2), NULL);
	desk_post(desk_on(REQUEST_RELIST, flagged, NULL, 0));
	is_told(told_of(flagged), STORE_LIST, UIDS(2, 5), NULL);
}

/* What is looked for and put in order is what it shows. */
static void test_within(void **state)
{
	int account = begin();
	unsigned bobs = opened(account, "from:bob", UIDS(2, 4));
	struct store_request *r = desk_on(REQUEST_SEARCH, bobs, NULL, 0);
	struct store_event *ev;

	r->search.query = mem_strdup("!~F");
	ev = desk_ask(r);
	assert_int_equal(ev->kind, STORE_FOUND);
	assert_int_equal(ev->found.n, 1);
	assert_int_equal(ev->found.uids[0], 4);
	store_event_free(ev);
	r = desk_on(REQUEST_ORDER, bobs, NULL, 0);
	r->order.by = ORDER_SUBJECT;
	desk_post(r);
	ev = desk_of_kind(STORE_ORDER);
	assert_int_equal(ev->order.n, 2);
	store_event_free(ev);
}

/* What is asked for before the folder was looked into is looked for when it was. */
static void test_within_soon(void **state)
{
	int account = begin();
	struct store_request *r = desk_request(REQUEST_OPEN, account);
	struct store_event *ev;

	close_list(work); /* nobody else has it open */
	r->list = 501;
	r->open.folder = mem_strdup("Work");
	r->open.query = mem_strdup("from:bob");
	desk_hold();
	desk_post(r);
	r = desk_on(REQUEST_SEARCH, 501, NULL, 0);
	r->search.query = mem_strdup("!~F");
	desk_post(r);
	desk_let_go();
	ev = desk_of_kind(STORE_FOUND);
	assert_int_equal(ev->found.n, 1);
	assert_int_equal(ev->found.uids[0], 4);
	store_event_free(ev);
}

/* A folder of which nothing is shown is not kept open, and is no message's; what comes to be shown
 * wakes it. */
static void test_asleep(void **state)
{
	int account = begin();
	unsigned none = opened(account, "~Q", UIDS());
	struct store_request *r = desk_on(REQUEST_SEARCH, none, NULL, 0);
	struct store_event *ev;
	uint32_t answered = MAIL_ANSWERED;

	desk_fails(desk_on(REQUEST_READ, none, UIDS(1), 1), "no longer open");
	r->search.query = mem_strdup("~A");
	ev = desk_ask(r);
	assert_int_equal(ev->kind, STORE_FOUND);
	assert_int_equal(ev->found.n, 0);
	store_event_free(ev);
	r = desk_on(REQUEST_ORDER, none, NULL, 0);
	r->order.by = ORDER_FROM;
	desk_post(r);
	ev = desk_of_kind(STORE_ORDER);
	assert_int_equal(ev->list, none);
	assert_int_equal(ev->order.n, 0);
	assert_int_equal(ev->order.by, ORDER_FROM);
	store_event_free(ev);

	desk_post(flag(work, 3, 0, answered));
	is_told(told_of(none), STORE_CHANGES, UIDS(3), NULL);
	close_list(work); /* the last that kept it open but for this one */
	desk_post(flag(none, 3, answered, 0));
	is_told(told_of(none), STORE_CHANGES, UIDS(), UIDS(3));
	close_list(none);
}

/* It is no reason to synchronise a folder, nor to fetch what never was. */
static void test_asks_no_server(void **state)
{
	int account = begin();
	struct store_event *ev = NULL;
	unsigned list;

	close_list(work);
	job_free(desk_job(account, LANE_MAIN, JOB_SYNC)); /* of Work when it was opened */
	while (desk_has_job(account, LANE_MAIN, JOB_SYNC))
		job_free(desk_job(account, LANE_MAIN, JOB_SYNC));
	opened(account, "~F", UIDS(2));
	list = desk_open_query(account, "Never", "~F", &ev);
	assert_int_equal(ev->messages.percent, -1);
	is_told(ev, STORE_LIST, UIDS(), NULL);
	assert_false(desk_has_job(account, LANE_MAIN, JOB_SYNC));

	/* Somebody opens it: what is flagged there comes. */
	desk_open(account, "Never", NULL);
	desk_fill(account, "Never",
		&(struct summary){.uid = 9,
			.flags = MAIL_FLAGGED,
			.from_name = "",
			.from_mail = "",
			.to = "",
			.cc = "",
			.subject = "",
			.message_id = "",
			.references = "",
			.keywords = "",
			.file = ""},
		1);
	for (ev = told_of(list); !ev->messages.columns.n; ev = told_of(list))
		store_event_free(ev);
	assert_int_equal(ev->messages.columns.uid[0], 9);
	store_event_free(ev);
	for (ev = told_of(list); ev->messages.percent != 100; ev = told_of(list))
		store_event_free(ev);
	store_event_free(ev);
}

static struct store_request *opens(
	int account, unsigned list, const char *folder, const char *query)
{
	struct store_request *r = desk_request(REQUEST_OPEN, account);

	r->list = list;
	r->open.folder = mem_strdup(folder);
	r->open.query = mem_strdup(query);
	return r;
}

static void test_refused(void **state)
{
	int account = begin();

	desk_fails(opens(account, 900, "Work", "~(~F)"), "by which no list can be kept");
	desk_fails(opens(account, 900, "Work", "~F | ~="), "by which no list can be kept");
	desk_fails(opens(account, 900, "Work", "~Z"), "");
	desk_fails(opens(account, 900, "Nowhere", "~F"), "no folder");
}

/* What is asked for behind many of them does not wait until all are open. */
static void test_in_slices(void **state)
{
	int account = begin();
	unsigned asked, open = 0;
	struct store_request *r;
	struct store_event *ev;

	desk_hold();
	for (unsigned i = 0; i < 20; i++)
		desk_post(opens(account, 910 + i, "Work", "~F"));
	r = desk_request(REQUEST_DRAFTS, account);
	asked = r->request;
	desk_post(r);
	desk_let_go();
	for (ev = desk_next(); ev->request != asked; ev = desk_next()) {
		open += ev->kind == STORE_DONE;
		store_event_free(ev);
	}
	store_event_free(ev);
	assert_true(open < 20);
	while (open < 20) {
		ev = desk_of_kind(STORE_DONE);
		open++;
		store_event_free(ev);
	}
}

/* Opening is given up, or the folder goes: nothing of it stays behind. */
static void test_goes(void **state)
{
	static const char *const LESS[] = {"INBOX", "Never", "Trash=4", NULL};
	int account = begin();
	struct store_request *r = opens(account, 901, "Work", "~F"),
			     *cancel = desk_request(REQUEST_CANCEL, -1);
	struct store_event *ev;
	unsigned none, id = r->request;

	cancel->cancel.request = id;
	desk_hold();
	desk_post(r);
	desk_post(cancel);
	desk_let_go();
	ev = desk_answer(id);
	assert_int_equal(ev->kind, STORE_FAILED);
	assert_int_equal(ev->failed.kind, ERR_CANCELLED);
	store_event_free(ev);
	desk_fails(desk_on(REQUEST_READ, 901, UIDS(2), 1), "no longer open");

	r = opens(account, 902, "Work", "~F");
	id = r->request;
	desk_hold();
	desk_post(r);
	desk_post(desk_on(REQUEST_CLOSE, 902, NULL, 0));
	desk_let_go();
	ev = desk_answer(id);
	assert_int_equal(ev->kind, STORE_FAILED);
	assert_int_equal(ev->failed.kind, ERR_GONE);
	store_event_free(ev);

	none = opened(account, "~Q", UIDS());
	desk_synced(account, "Work", 5, 4);
	close_list(work);
	desk_folders(account, LESS);
	ev = desk_of_kind(STORE_CLOSED);
	assert_int_equal(ev->list, none);
	store_event_free(ev);
}

/* What is shown of a folder that went is the copy, in which nothing can be changed. */
static void test_gone(void **state)
{
	static const char *const LESS[] = {"INBOX", "Never", "Trash=4", NULL};
	int account = begin();
	unsigned flagged = opened(account, "~F", UIDS(2));
	struct store_event *ev;

	(void)state;
	desk_synced(account, "Work", 5, 4);
	close_list(work);
	desk_folders(account, LESS);
	ev = told_of(flagged);
	assert_true(ev->messages.read_only);
	is_told(ev, STORE_LIST, UIDS(2), NULL);
	desk_folders(account, FOLDERS);
	ev = told_of(flagged);
	assert_false(ev->messages.read_only);
	is_told(ev, STORE_LIST, UIDS(2), NULL);
}

/* A folder gets another name there. */
static void rename_it(int account, const char *from, const char *to)
{
	struct store_request *r = desk_request(REQUEST_RENAME_FOLDER, account);
	struct result *result = result_new(RESULT_MAILBOX);

	result->request = r->request;
	r->reshape.folder = mem_strdup(from);
	r->reshape.name = mem_strdup(to);
	desk_post(r);
	job_free(desk_job(account, LANE_MAIN, JOB_MAILBOX));
	desk_give(account, result);
}

/* Lists go on under the new name as they were: awake, asleep, and of what was never fetched. */
static void test_renamed(void **state)
{
	int account = begin();
	unsigned flagged = opened(account, "~F", UIDS(2)), none = opened(account, "~Q", UIDS()),
		 never;
	struct store_event *ev = NULL;

	(void)state;
	never = desk_open_query(account, "Never", "~F", &ev);
	store_event_free(ev);
	desk_synced(account, "Work", 5, 4);
	close_list(work);
	rename_it(account, "Work", "Play");
	is_told(told_of(none), STORE_LIST, UIDS(), NULL);
	is_told(told_of(flagged), STORE_LIST, UIDS(2), NULL);
	close_list(flagged); /* the last that keeps it open */
	desk_fails(desk_on(REQUEST_READ, none, UIDS(1), 1), "no longer open");
	rename_it(account, "Never", "Later");
	ev = told_of(never);
	assert_int_equal(ev->messages.percent, -1);
	is_told(ev, STORE_LIST, UIDS(), NULL);
	desk_fails(desk_on(REQUEST_READ, never, UIDS(1), 1), "no longer open");
}

/* Another copy of the program, or any program that has the same Maildir, flags something in a
 * folder that is closed. */
static void test_others_change(void **state)
{
	int account = begin(), lock;
	unsigned flagged, local;
	struct cache *cache;
	char *dir;

	desk_done(flag(work, 2, MAIL_FLAGGED, 0));
	close_list(work);
	flagged = opened(account, "~F", UIDS());
	put_file("one/data/mail/new/1.a.host");
	desk_pass(11000);
	desk_settle();
	local = desk_open_query(account, "Local/INBOX", "~F", NULL);
	put_file("one/data/mail/cur/2.a.host:2,F");
	desk_pass(11000);
	is_told(told_of(local), STORE_CHANGES, UIDS(2), NULL); /* as it is read in */
	is_told(told_of(local), STORE_LIST, UIDS(2), NULL);

	desk_post(desk_request(REQUEST_ONLINE, account));
	store_event_free(desk_of_kind(STORE_STATE));
	lock = file_lock(desk_path("one/data/sync.lock"), 0, NULL);
	assert_true(lock >= 0);
	online(account);
	dir = cache_dir_for(desk_path("one/cache/v1"), "imap:Work");
	assert_int_equal(cache_open(&cache, dir, "imap:Work", NULL, NULL), 0);
	assert_int_equal(cache_set_flags(cache, 3, 0, MAIL_FLAGGED, NULL, NULL), 0);
	cache_free(cache);
	free(dir);
	desk_pass(11000);
	is_told(told_of(flagged), STORE_LIST, UIDS(3), NULL);
	close(lock);
}

/* While another copy numbers the files of a folder this one gives no numbers to them. */
static void test_others_number(void **state)
{
	int account = begin(), lock;
	struct store_event *ev = NULL;
	char *dir, *path;

	(void)state;
	put_file("one/data/mail/new/1.a.host");
	desk_open(account, "Local/INBOX", &ev);
	is_told(ev, STORE_LIST, UIDS(1), NULL);
	dir = cache_dir_for(desk_path("one/cache/v1"), "local:INBOX");
	path = file_join(dir, "rows.lock");
	lock = file_lock(path, 0, NULL);
	assert_true(lock >= 0);
	put_file("one/data/mail/new/2.a.host");
	desk_open(account, "Local/INBOX", &ev);
	is_told(ev, STORE_LIST, UIDS(1), NULL);
	desk_pass(11000);
	ev = desk_of_kind(STORE_NOTICE); /* for what may stand still */
	assert_non_null(strstr(ev->notice.text, "Another running copy"));
	store_event_free(ev);
	close(lock);
	desk_open(account, "Local/INBOX", &ev);
	is_told(ev, STORE_LIST, UIDS(1, 2), NULL);
	free(path);
	free(dir);
}

static struct summary answer_to(uint32_t uid, const char *id, const char *what)
{
	struct summary s = desk_row(uid, "Bob", NULL);

	s.message_id = id;
	s.references = what;
	return s;
}

/* What answers a muted thread comes muted and read, whatever came with it; nothing else does. */
static void test_muted(void **state)
{
	int account = begin();
	struct summary first = answer_to(5, "a@x", ""),
		       more[] = {answer_to(9, "d@x", "c@x"), answer_to(8, "c@x", "b@x"),
			       answer_to(7, "b@x", "a@x"), answer_to(6, "e@x", "")};
	struct store_request *r;

	desk_fill(account, "Work", &first, 1);
	desk_settle();
	r = desk_on(REQUEST_KEYWORDS, work, UIDS(5), 1);
	r->keywords.set = mem_strdup(MAIL_MUTED);
	desk_done(r);
	desk_fill(account, "Work", more, MEM_COUNT(more));
	desk_settle();
	opened(account, "keyword:$muted", UIDS(5, 7, 8, 9));
	opened(account, "~U", UIDS(1, 2, 3, 4, 5, 6));
	/* Heard of again: what comes now is not. */
	r = desk_on(REQUEST_KEYWORDS, work, UIDS(5, 7, 8, 9), 4);
	r->keywords.clear = mem_strdup(MAIL_MUTED);
	desk_done(r);
	first = answer_to(10, "f@x", "d@x");
	desk_fill(account, "Work", &first, 1);
	desk_settle();
	opened(account, "keyword:$muted", UIDS());
	opened(account, "~U", UIDS(1, 2, 3, 4, 5, 6, 10));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_CASE(test_queries),
		DESK_CASE(test_follows),
		DESK_CASE(test_within),
		DESK_CASE(test_within_soon),
		DESK_CASE(test_asleep),
		DESK_CASE(test_asks_no_server),
		DESK_CASE(test_refused),
		DESK_CASE(test_in_slices),
		DESK_CASE(test_goes),
		DESK_CASE(test_gone),
		DESK_CASE(test_renamed),
		DESK_CASE(test_others_change),
		DESK_CASE(test_others_number),
		DESK_CASE(test_muted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

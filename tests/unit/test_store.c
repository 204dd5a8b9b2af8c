/* The disk thread, asked and answered in orders that no server can be brought to. */
#include "tests/unit/desk.h"

#include "base/mem.h"
#include "store/outbox.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 300 };

/* An account with connections and the INBOX open, with rows 1 to n. */
static unsigned inbox_of(const char *name, size_t n, int *account)
{
	struct summary *rows = mem_array(n, sizeof(*rows));
	char(*from)[16] = mem_array(n, sizeof(*from));
	unsigned list;

	*account = desk_add(desk_account(name, false), true);
	list = desk_open(*account, "INBOX", NULL);
	for (size_t i = 0; i < n; i++) {
		snprintf(from[i], sizeof(from[i]), "Person %03u", (unsigned)(i * 7 % 97));
		rows[i] = desk_row((uint32_t)i + 1, from[i], "Subject");
	}
	desk_fill(*account, "INBOX", rows, n);
	desk_settle();
	free(rows);
	free(from);
	return list;
}

static void arrives(int account, uint32_t uid, const char *from)
{
	struct summary row = desk_row(uid, from, "Subject");

	desk_fill(account, "INBOX", &row, 1);
	desk_settle();
}

/* --- the order by sender --- */

static struct store_event *order_of(unsigned list)
{
	struct store_request *r = desk_on(REQUEST_ORDER, list, NULL, 0);

	desk_post(r);
	return desk_of_kind(STORE_ORDER);
}

static uint32_t uid_at(const struct store_event *ev, uint32_t rank)
{
	for (size_t i = 0; i < ev->n; i++)
		if (ev->ranks[i] == rank)
			return ev->uids[i];
	fail_msg("nothing has the rank %u", (unsigned)rank);
	return 0;
}

static uint32_t rank_of(const struct store_event *ev, uint32_t uid)
{
	for (size_t i = 0; i < ev->n; i++)
		if (ev->uids[i] == uid)
			return ev->ranks[i];
	fail_msg("%u has no rank", (unsigned)uid);
	return 0;
}

/* Rows 1 to n of inbox_of, and after each other those of one sender by UID. */
static void in_order(const struct store_event *ev, uint32_t n)
{
	uint32_t before = 0, last = 0;

	for (uint32_t rank = 0; rank < ev->n; rank++) {
		uint32_t uid = uid_at(ev, rank), key = (uid - 1) * 7 % 97;

		if (uid > n)
			continue;
		assert_true(key > before || (key == before && uid > last));
		before = key;
		last = uid;
	}
}

/* What came since is put into the order that is known; so many that it does not pay, and all is
 * sorted again: both say the same. */
static void test_order_mended(void **state)
{
	int account;
	unsigned list = inbox_of("one", MANY, &account);
	struct store_event *ev = order_of(list);
	struct result *gone = result_new(RESULT_VANISHED);

	(void)state;
	assert_int_equal(ev->n, MANY);
	in_order(ev, MANY);
	store_event_free(ev);

	arrives(account, 1001, "Aaron");
	arrives(account, 1002, "Person 000x"); /* behind the four that are Person 000 */
	arrives(account, 1003, "Zoe");
	arrives(account, 1004, "Aaron");
	gone->folder = mem_strdup("INBOX");
	gone->uidvalidity = DESK_UIDVALIDITY;
	gone->uids = mem_dup(&(uint32_t){1}, sizeof(uint32_t));
	gone->n = 1;
	desk_give(account, gone);
	desk_settle();
	ev = order_of(list);
	assert_int_equal(ev->n, MANY + 3);
	assert_int_equal(uid_at(ev, 0), 1001);
	assert_int_equal(uid_at(ev, 1), 1004);
	assert_int_equal(uid_at(ev, (uint32_t)ev->n - 1), 1003);
	assert_int_equal(rank_of(ev, 1002), 2 + 3); /* 98, 195, 292 */
	in_order(ev, MANY);
	store_event_free(ev);

	/* nothing came: the same once more */
	ev = order_of(list);
	assert_int_equal(rank_of(ev, 1002), 5);
	store_event_free(ev);
	for (uint32_t i = 0; i < MANY / 8 + 2; i++) {
		struct summary row = desk_row(2001 + i, "Bob", "Subject");

		desk_fill(account, "INBOX", &row, 1);
	}
	desk_settle();
	ev = order_of(list);
	assert_int_equal(ev->n, MANY + 3 + MANY / 8 + 2);
	assert_int_equal(uid_at(ev, 2), 2001);
	assert_int_equal(uid_at(ev, 2 + MANY / 8 + 1), 2001 + MANY / 8 + 1);
	assert_int_equal(rank_of(ev, 1002), 2 + MANY / 8 + 2 + 3);
	in_order(ev, MANY);
	store_event_free(ev);
}

/* A list that shows another folder than when its order was begun. */
static void test_order_switched(void **state)
{
	int account;
	unsigned list = inbox_of("one", MANY, &account);
	struct store_request *r;
	struct store_event *ev;

	(void)state;
	desk_hold();
	desk_post(desk_on(REQUEST_ORDER, list, NULL, 0));
	r = desk_request(REQUEST_PROTOCOL, account);
	r->n = 1;
	desk_post(r);
	desk_post(desk_on(REQUEST_ORDER, list, NULL, 0));
	desk_let_go();
	/* The local inbox is empty: whatever was read of the other folder is in no order of it. */
	ev = desk_of_kind(STORE_ORDER);
	assert_int_equal(ev->n, 0);
	store_event_free(ev);
}

/* The server numbers its messages anew: ranks of the old numbers are none of the new ones. */
static void test_order_renumbered(void **state)
{
	int account;
	unsigned list = inbox_of("one", 20, &account);
	struct store_event *ev = order_of(list);
	struct result *r = result_new(RESULT_SELECTED);
	struct summary row = desk_row(1, "Zoe", "Subject"), other = desk_row(2, "Aaron", "Subject");
	const struct summary *both[] = {&row, &other};

	(void)state;
	store_event_free(ev);
	r->folder = mem_strdup("INBOX");
	r->meta.uidvalidity = r->uidvalidity = DESK_UIDVALIDITY + 1;
	desk_give(account, r);
	r = result_new(RESULT_SUMMARIES);
	r->folder = mem_strdup("INBOX");
	r->uidvalidity = DESK_UIDVALIDITY + 1;
	r->summaries = mem_array(2, sizeof(struct summary *));
	for (; r->n < 2; r->n++)
		r->summaries[r->n] = summary_copy(both[r->n]);
	desk_give(account, r);
	desk_settle();
	ev = order_of(list);
	assert_int_equal(ev->n, 2);
	assert_int_equal(uid_at(ev, 0), 2);
	assert_int_equal(uid_at(ev, 1), 1);
	store_event_free(ev);
}

static void test_order_dropped(void **state)
{
	int account;
	unsigned list = inbox_of("one", MANY, &account);

	(void)state;
	desk_hold();
	desk_post(desk_on(REQUEST_ORDER, list, NULL, 0));
	desk_post(desk_request(REQUEST_QUIT, -1));
	desk_let_go();
	desk_stop(); /* nothing of it is left, as the sanitizers see */
}

/* --- the switch of the protocol --- */

static struct store_request *search(unsigned list, const char *text)
{
	struct store_request *r = desk_on(REQUEST_SEARCH, list, NULL, 0);

	r->text = mem_strdup(text);
	return r;
}

/* Each message whose text has to tell is a slice: the switch comes between two of them. */
static void test_search_switched(void **state)
{
	int account;
	unsigned list = inbox_of("one", 50, &account), found;
	struct store_request *r;
	struct store_event *ev;

	(void)state;
	ev = desk_ask(search(list, "~b word"));
	assert_int_equal(ev->kind, STORE_FOUND);
	assert_int_equal(ev->total, 50);
	store_event_free(ev);
	desk_hold();
	found = desk_post(search(list, "~b word"));
	r = desk_request(REQUEST_PROTOCOL, account);
	r->n = 1;
	desk_post(r);
	desk_let_go();
	ev = desk_answer(found);
	assert_int_equal(ev->kind, STORE_FAILED);
	assert_non_null(strstr(ev->err.text, "search again"));
	store_event_free(ev);
}

static void test_search_closed(void **state)
{
	int account;
	unsigned list = inbox_of("one", 50, &account), found;
	struct store_event *ev;

	(void)state;
	desk_hold();
	found = desk_post(search(list, "~b word"));
	desk_post(desk_on(REQUEST_CLOSE, list, NULL, 0));
	desk_let_go();
	ev = desk_answer(found);
	assert_int_equal(ev->kind, STORE_FAILED);
	assert_non_null(strstr(ev->err.text, "no longer open"));
	store_event_free(ev);
}

/* --- messages that are waited for --- */

static unsigned read_one(unsigned list, uint32_t uid)
{
	struct store_request *r = desk_on(REQUEST_READ, list, &uid, 1);

	r->width = 80;
	return desk_post(r);
}

/* What waits for one server fails with what became of that one, and of no other; whether its list
 * is open does not matter. */
static void test_parked_of_a_closed_list(void **state)
{
	int first, second;
	unsigned one = inbox_of("one", 3, &first), two = inbox_of("two", 3, &second), at, other;
	struct store_request *r;
	struct store_event *ev;
	struct result *body = result_new(RESULT_BODY);
	struct job *j;

	(void)state;
	at = read_one(one, 1);
	other = read_one(two, 2);
	job_free(desk_job(first, LANE_FETCH, JOB_BODY));
	j = desk_job(second, LANE_FETCH, JOB_BODY);
	desk_post(desk_on(REQUEST_CLOSE, one, NULL, 0));
	r = desk_request(REQUEST_ONLINE, first);
	desk_post(r);
	ev = desk_answer(at);
	assert_int_equal(ev->kind, STORE_FAILED);
	assert_string_equal(ev->err.text, "Account one is offline");
	store_event_free(ev);

	body->folder = mem_strdup("INBOX");
	body->uid = 2;
	body->uidvalidity = DESK_UIDVALIDITY;
	body->section = mem_strdup("eml");
	str_adds(&body->bytes, "Subject: two\r\n\r\nThe text of two\r\n");
	desk_give(second, body);
	body = result_new(RESULT_BODY_DONE);
	body->request = j->request;
	body->folder = mem_strdup("INBOX");
	body->uid = 2;
	desk_give(second, body);
	job_free(j);
	ev = desk_answer(other);
	assert_int_equal(ev->kind, STORE_VIEW);
	assert_int_equal(ev->view->envelope.subject[0], 't');
	store_event_free(ev);
}

static void body_refused(int account, const char *folder, uint32_t uid, const char *words)
{
	struct job *j = desk_job(account, LANE_FETCH, JOB_BODY);
	struct result *r = result_new(RESULT_BODY_DONE);

	r->request = j->request;
	r->folder = mem_strdup(folder);
	r->uid = uid;
	err_set(&r->err, ERR_REFUSED, "%s", words);
	desk_give(account, r);
	job_free(j);
}

/* The server's words alone name neither the message nor what has become of its folder. */
static void test_body_of_a_folder_that_is_gone(void **state)
{
	static const char *const with[] = {"INBOX", "Work", NULL}, *const without[] = {
									   "INBOX", NULL};
	int account = desk_add(desk_account("one", false), true);
	struct summary row = desk_row(1, "Bob", NULL);
	struct store_event *ev;
	unsigned list, at;

	(void)state;
	desk_folders(account, with);
	desk_settle();
	list = desk_open(account, "Work", NULL);
	desk_fill(account, "Work", &row, 1);
	desk_settle();
	while (desk_has_job(account, LANE_MAIN, JOB_LIST))
		job_free(desk_job(account, LANE_MAIN, JOB_LIST));
	at = read_one(list, 1);
	body_refused(account, "Work", 1, "Mailbox doesn't exist");
	ev = desk_answer(at);
	assert_string_equal(
		ev->err.text, "The message in Work cannot be fetched: Mailbox doesn't exist");
	store_event_free(ev);
	job_free(desk_job(account, LANE_MAIN, JOB_LIST));
	desk_folders(account, without);
	desk_settle();
	assert_true(desk_was_told("Folder Work is no longer on the server"));
	ev = desk_answer(read_one(list, 1));
	assert_int_equal(ev->kind, STORE_FAILED);
	assert_non_null(strstr(ev->err.text, "Folder Work is no longer on the server, and this"));
	store_event_free(ev);
	assert_false(desk_has_job(account, LANE_FETCH, JOB_BODY));
}

/* --- the outbox --- */

static atomic_int tickets; /* read by the disk thread */

int __real_outbox_get(struct outbox *o, const char *id, struct outbox_mail *m, struct err *err);
int __wrap_outbox_get(struct outbox *o, const char *id, struct outbox_mail *m, struct err *err);

int __wrap_outbox_get(struct outbox *o, const char *id, struct outbox_mail *m, struct err *err)
{
	tickets++;
	return __real_outbox_get(o, id, m, err);
}

/* The disk thread has looked at the outbox by the clock. */
static void look_again(void)
{
	desk_pass(2500);
	for (int i = 0; i < 3; i++)
		desk_settle();
}

/* While nothing changes and nothing is due, the clock reads no ticket. */
static void test_tickets_at_rest(void **state)
{
	int account = desk_add(desk_account("one", false), true), before;

	(void)state;
	for (int i = 0; i < 5; i++) {
		char *id = desk_draft(account, "bob@mail.example", "Later");

		desk_done(desk_mail(REQUEST_SEND, account, id, 3600));
		free(id);
	}
	desk_settle();
	desk_pass(10000); /* what changed just now may change again without another stamp */
	look_again();
	before = tickets;
	assert_true(before >= 5);
	for (int i = 0; i < 10; i++)
		look_again();
	assert_int_equal(tickets, before);
	desk_pass(3600000);
	job_free(desk_job(account, LANE_SEND, JOB_SEND));
	assert_true(tickets > before);
}

/* What was not taken is asked again when its time has come, and not before. */
static void test_no_busy_loop(void **state)
{
	int account = desk_add(desk_account("one", false), true);
	char *id = desk_draft(account, "bob@mail.example", "Greylisted");
	struct result *r;
	struct job *j;
	int before;

	(void)state;
	desk_done(desk_mail(REQUEST_SEND, account, id, 0));
	j = desk_job(account, LANE_SEND, JOB_SEND);
	r = result_new(RESULT_SENT);
	r->id = mem_strdup(j->id);
	r->outcome = SEND_NOT;
	err_set(&r->err, ERR_AGAIN, "451 come back");
	desk_give(account, r);
	job_free(j);
	store_event_free(desk_of_kind(STORE_SEND_FAILED));
	desk_settle();
	before = tickets;
	for (int i = 0; i < 5; i++)
		desk_settle();
	assert_int_equal(tickets, before);
	assert_false(desk_has_job(account, LANE_SEND, JOB_SEND));
	desk_pass(29000);
	desk_settle();
	assert_false(desk_has_job(account, LANE_SEND, JOB_SEND));
	desk_pass(4000);
	job_free(desk_job(account, LANE_SEND, JOB_SEND));
	free(id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_CASE(test_order_mended),
		DESK_CASE(test_order_switched),
		DESK_CASE(test_order_renumbered),
		DESK_CASE(test_order_dropped),
		DESK_CASE(test_search_switched),
		DESK_CASE(test_search_closed),
		DESK_CASE(test_parked_of_a_closed_list),
		DESK_CASE(test_body_of_a_folder_that_is_gone),
		DESK_CASE(test_tickets_at_rest),
		DESK_CASE(test_no_busy_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The disk thread, asked and answered in orders that no server can be brought to. */
#include "tests/unit/desk.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "store/disk/compactor.h"
#include "store/disk/outbox.h"
#include "store/mail/upkeep.h"
#include "store/store_priv.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static struct store_request *by_sender(unsigned list)
{
	struct store_request *r = desk_on(REQUEST_ORDER, list, NULL, 0);

	r->order.by = ORDER_FROM;
	return r;
}

static struct store_event *order_of(unsigned list)
{
	desk_post(by_sender(list));
	return desk_of_kind(STORE_ORDER);
}

static uint32_t uid_at(const struct store_event *ev, uint32_t rank)
{
	for (size_t i = 0; i < ev->order.n; i++)
		if (ev->order.ranks[i] == rank)
			return ev->order.uids[i];
	fail_msg("nothing has the rank %u", (unsigned)rank);
	return 0;
}

static uint32_t rank_of(const struct store_event *ev, uint32_t uid)
{
	for (size_t i = 0; i < ev->order.n; i++)
		if (ev->order.uids[i] == uid)
			return ev->order.ranks[i];
	fail_msg("%u has no rank", (unsigned)uid);
	return 0;
}

/* Rows 1 to n of inbox_of, and after each other those of one sender by UID. */
static void in_order(const struct store_event *ev, uint32_t n)
{
	uint32_t before = 0, last = 0;

	for (uint32_t rank = 0; rank < ev->order.n; rank++) {
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

	assert_int_equal(ev->order.n, MANY);
	in_order(ev, MANY);
	store_event_free(ev);

	arrives(account, 1001, "Aaron");
	arrives(account, 1002, "Person 000x"); /* behind the four that are Person 000 */
	arrives(account, 1003, "Zoe");
	arrives(account, 1004, "Aaron");
	gone->folder = mem_strdup("INBOX");
	gone->uidvalidity = DESK_UIDVALIDITY;
	gone->vanished.uids = mem_dup(&(uint32_t){1}, sizeof(uint32_t));
	gone->vanished.n = 1;
	desk_give(account, gone);
	desk_settle();
	ev = order_of(list);
	assert_int_equal(ev->order.n, MANY + 3);
	assert_int_equal(uid_at(ev, 0), 1001);
	assert_int_equal(uid_at(ev, 1), 1004);
	assert_int_equal(uid_at(ev, (uint32_t)ev->order.n - 1), 1003);
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
	assert_int_equal(ev->order.n, MANY + 3 + MANY / 8 + 2);
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

	desk_hold();
	desk_post(by_sender(list));
	r = desk_request(REQUEST_PROTOCOL, account);
	r->protocol.to = PROTOCOL_POP3;
	desk_post(r);
	desk_post(by_sender(list));
	desk_let_go();
	/* The local inbox is empty: whatever was read of the other folder is in no order of it. */
	ev = desk_of_kind(STORE_ORDER);
	assert_int_equal(ev->order.n, 0);
	store_event_free(ev);
}

/* The server numbers its messages anew: ranks of the old numbers are none of the new ones. */
static void test_order_renumbered(void **state)
{
	int account;
	unsigned list = inbox_of("one", 20, &account);
	struct store_event *ev = order_of(list);
	const struct summary both[] = {
		desk_row(1, "Zoe", "Subject"), desk_row(2, "Aaron", "Subject")};

	store_event_free(ev);
	desk_renumber(account, "INBOX");
	desk_rows_anew(account, "INBOX", both, 2);
	desk_settle();
	ev = order_of(list);
	assert_int_equal(ev->order.n, 2);
	assert_int_equal(uid_at(ev, 0), 2);
	assert_int_equal(uid_at(ev, 1), 1);
	store_event_free(ev);
}

static void test_order_dropped(void **state)
{
	int account;
	unsigned list = inbox_of("one", MANY, &account);

	desk_hold();
	desk_post(by_sender(list));
	desk_post(desk_request(REQUEST_QUIT, -1));
	desk_let_go();
	desk_stop(); /* nothing of it is left, as the sanitizers see */
}

/* --- the switch of the protocol --- */

static struct store_request *search(unsigned list, const char *text)
{
	struct store_request *r = desk_on(REQUEST_SEARCH, list, NULL, 0);

	r->search.query = mem_strdup(text);
	return r;
}

/* Each message whose text has to tell is a slice: the switch comes between two of them. */
static void test_search_switched(void **state)
{
	int account;
	unsigned list = inbox_of("one", 50, &account), found;
	struct store_request *r;
	struct store_event *ev = desk_ask(search(list, "~b word"));

	assert_int_equal(ev->kind, STORE_FOUND);
	assert_int_equal(ev->found.texts, 50);
	store_event_free(ev);
	desk_hold();
	found = desk_post(search(list, "~b word"));
	r = desk_request(REQUEST_PROTOCOL, account);
	r->protocol.to = PROTOCOL_POP3;
	desk_post(r);
	desk_let_go();
	desk_failed(found, "search again");
}

static void test_search_closed(void **state)
{
	int account;
	unsigned list = inbox_of("one", 50, &account), found;

	desk_hold();
	found = desk_post(search(list, "~b word"));
	desk_post(desk_on(REQUEST_CLOSE, list, NULL, 0));
	desk_let_go();
	desk_failed(found, "no longer open");
}

/* One of our addresses as a whole, whatever stands around it; which of the rows, as bits. */
static unsigned found_by(unsigned list, const char *text)
{
	struct store_event *ev = desk_ask(search(list, text));
	unsigned rows = 0;

	assert_int_equal(ev->kind, STORE_FOUND);
	for (size_t i = 0; i < ev->found.n; i++)
		rows |= 1u << ev->found.uids[i];
	store_event_free(ev);
	return rows;
}

static void test_search_own_addresses(void **state)
{
	static const char *const to[] = {"alice@mail.example",
		"Bob <bob@x>, Alice <ALICE@mail.example>", "malice@mail.example",
		"alice@mail.example.org", "x <alice@mail.example>, y", "alice@mail.exampl"};
	struct summary rows[MEM_COUNT(to) + 1];
	int account = desk_add(desk_account("one", false), true);
	unsigned list = desk_open(account, "INBOX", NULL);

	for (uint32_t i = 0; i < MEM_COUNT(to); i++) {
		rows[i] = desk_row(i + 1, "Bob", NULL);
		rows[i].to = i % 2 ? "" : to[i];
		rows[i].cc = i % 2 ? to[i] : "";
	}
	rows[6] = desk_row(7, "Alice", NULL);
	rows[6].from_mail = "alice@mail.example";
	desk_fill(account, "INBOX", rows, MEM_COUNT(rows));
	desk_settle();
	assert_int_equal(found_by(list, "~p"), 1 << 1 | 1 << 2 | 1 << 5);
	assert_int_equal(found_by(list, "~P"), 1 << 7);
	assert_int_equal(found_by(list, "received:1970"), 0);
	assert_int_equal(found_by(list, "received:2023"), 0xfe);
}

/* --- messages that are waited for --- */

static unsigned read_one(unsigned list, uint32_t uid)
{
	struct store_request *r = desk_on(REQUEST_READ, list, &uid, 1);

	r->read.width = 80;
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
	struct job *j;

	at = read_one(one, 1);
	other = read_one(two, 2);
	job_free(desk_job(first, LANE_FETCH, JOB_BODY));
	j = desk_job(second, LANE_FETCH, JOB_BODY);
	desk_post(desk_on(REQUEST_CLOSE, one, NULL, 0));
	r = desk_request(REQUEST_ONLINE, first);
	desk_post(r);
	ev = desk_answer(at);
	assert_int_equal(ev->kind, STORE_FAILED);
	assert_string_equal(ev->failed.text, "Account one is offline");
	store_event_free(ev);

	desk_body(second, j, "Subject: two\r\n\r\nThe text of two\r\n");
	ev = desk_answer(other);
	assert_int_equal(ev->kind, STORE_VIEW);
	assert_int_equal(ev->view->envelope.subject[0], 't');
	store_event_free(ev);
}

/* Whose word on the sender counts is the account's to say; without a word nobody's does. */
static void test_trusted_server_of_the_account(void **state)
{
	static const char mail[] = "Authentication-Results: mx.example.org; dmarc=pass\r\n"
				   "From: a@example.net\r\n\r\ntext\r\n";
	struct store_account *trusting = desk_account("one", false);
	struct store_event *ev;

	free(trusting->settings->trusted_authserv);
	trusting->settings->trusted_authserv = mem_strdup("mx.example.org");
	for (int i = 0; i < 2; i++) {
		struct summary row = desk_row(1, "Bob", NULL);
		int account = desk_add(i ? desk_account("two", false) : trusting, true);
		unsigned list = desk_open(account, "INBOX", NULL), at;

		desk_fill(account, "INBOX", &row, 1);
		at = read_one(list, 1);
		desk_body(account, desk_job(account, LANE_FETCH, JOB_BODY), mail);
		ev = desk_answer(at);
		assert_int_equal(ev->kind, STORE_VIEW);
		assert_int_equal(
			ev->view->head.sender, i ? HEAD_SENDER_UNASKED : HEAD_SENDER_PROVEN);
		store_event_free(ev);
	}
}

/* Invited under another address of ours: the answer is a draft from that one, with the calendar. */
static void test_answers_an_invitation(void **state)
{
	static const char mail[] =
		"From: rosa@example.org\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n"
		"METHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Plan\r\n"
		"ORGANIZER:mailto:rosa@example.org\r\nATTENDEE:mailto:me@example.net\r\n"
		"END:VEVENT\r\n";
	struct store_account *setup = desk_account("one", false);
	struct summary row = desk_row(1, "Rosa", NULL);
	struct store_request *r;
	struct store_event *ev;
	unsigned list, at;
	int account;

	strv_add(&setup->own, "me@example.net");
	account = desk_add(setup, true);
	list = desk_open(account, "INBOX", NULL);
	desk_fill(account, "INBOX", &row, 1);
	for (int i = 0; i < 2; i++) {
		r = desk_on(REQUEST_COMPOSE, list, &(uint32_t){1}, 1);
		r->uid = 1;
		r->account = account;
		r->compose.kind = i ? COMPOSE_REPLY : COMPOSE_ACCEPT;
		at = desk_post(r);
		if (!i)
			desk_body(account, desk_job(account, LANE_FETCH, JOB_BODY), mail);
		ev = desk_answer(at);
		assert_int_equal(ev->kind, STORE_DRAFTS);
		assert_int_equal(ev->drafts.v[0].draft.nfiles, !i);
		if (!i) {
			assert_string_equal(ev->drafts.v[0].draft.subject, "Accepted: Plan");
			assert_string_equal(ev->drafts.v[0].draft.to, "rosa@example.org");
			assert_non_null(strstr(ev->drafts.v[0].draft.from, "me@example.net"));
			assert_string_equal(ev->drafts.v[0].draft.files[0].type, "text/calendar");
		}
		store_event_free(ev);
	}
}

static struct store_event *leave(const char *url)
{
	struct store_request *r = desk_request(REQUEST_LEAVE_LIST, -1);

	r->leave.url = mem_strdup(url);
	return desk_answer(desk_post(r));
}

/* The program that leaves a list gets the address as one word, and what it says is told. */
static void test_leaves_a_list(void **state)
{
	static const char script[] = "#!/bin/sh\nprintf '%s|' \"$@\" >\"${0%/*}/words\"\n"
				     "case $1 in *no) echo one >&2; echo why >&2; exit 1 ;; esac\n";
	struct store_event *ev;
	struct str words = STR_INIT;
	int fd;

	setenv("TALARIA_LIBEXECDIR", desk_dir, 1);
	fd = open(desk_path("talaria-unsubscribe"), O_WRONLY | O_CREAT | O_EXCL, 0700);
	assert_int_equal(write(fd, script, sizeof(script) - 1), sizeof(script) - 1);
	close(fd);
	ev = leave("https://a.example/ $(touch x)'\"*");
	assert_int_equal(ev->kind, STORE_DONE);
	store_event_free(ev);
	assert_int_equal(file_read(desk_path("words"), 1000, &words, NULL), 0);
	assert_string_equal(words.p, "https://a.example/ $(touch x)'\"*|");
	str_done(&words);
	ev = leave("https://a.example/no");
	assert_int_equal(ev->kind, STORE_FAILED);
	assert_non_null(strstr(ev->failed.text, "why"));
	store_event_free(ev);
	ev = leave("http://a.example/");
	assert_int_equal(ev->kind, STORE_FAILED);
	assert_non_null(strstr(ev->failed.text, "https"));
	store_event_free(ev);
	unlink(desk_path("talaria-unsubscribe"));
	ev = leave("https://a.example/");
	assert_int_equal(ev->kind, STORE_FAILED);
	store_event_free(ev);
	unsetenv("TALARIA_LIBEXECDIR");
}

static void body_refused(int account, const char *folder, uint32_t uid, const char *words)
{
	struct job *j = desk_job(account, LANE_FETCH, JOB_BODY);
	struct result *r = result_new(RESULT_BODY_DONE);

	r->request = j->request;
	r->folder = mem_strdup(folder);
	r->body_done.uid = uid;
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
		ev->failed.text, "The message in Work cannot be fetched: Mailbox doesn't exist");
	store_event_free(ev);
	job_free(desk_job(account, LANE_MAIN, JOB_LIST));
	desk_folders(account, without);
	desk_settle();
	assert_true(desk_was_told("Folder Work is no longer on the server"));
	desk_failed(read_one(list, 1), "Folder Work is no longer on the server, and this");
	assert_false(desk_has_job(account, LANE_FETCH, JOB_BODY));
}

/* Of some messages what is not here: each is looked for once, and the search comes to its end. */
static void test_search_of_some_inside(void **state)
{
	static const uint32_t uids[] = {2, 5, 6};
	int account;
	unsigned list = inbox_of("one", 8, &account);
	struct store_request *r = desk_on(REQUEST_SEARCH, list, uids, MEM_COUNT(uids));
	struct store_event *ev;

	r->search.query = mem_strdup("body:anything");
	ev = desk_ask(r);
	assert_int_equal(ev->kind, STORE_FOUND);
	assert_int_equal(ev->found.n, 0);
	assert_int_equal(ev->found.texts, MEM_COUNT(uids));
	store_event_free(ev);
}

/* --- what is saved --- */

static const char TWO_PARTS[] = "Subject: two\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
				"--b\r\n\r\ntext\r\n--b\r\nContent-Type: application/x\r\n"
				"Content-Disposition: attachment; filename=a.bin\r\n\r\nbytes\r\n"
				"--b--\r\n";

static struct store_request *save(unsigned list, const char *section, const char *path)
{
	struct store_request *r =
		desk_on(section ? REQUEST_SAVE_PART : REQUEST_SAVE_RAW, list, &(uint32_t){1}, 1);

	r->save.section = mem_strdup(section);
	r->save.path = mem_strdup(path);
	return r;
}

static void reads_as(const char *path, const char *text)
{
	struct str out = STR_INIT;

	assert_int_equal(file_read(path, 10000, &out, NULL), 0);
	assert_string_equal(str_c(&out), text);
	str_done(&out);
}

static void test_save(void **state)
{
	int account;
	unsigned list = inbox_of("one", 1, &account), at;

	at = read_one(list, 1);
	desk_body(account, desk_job(account, LANE_FETCH, JOB_BODY), TWO_PARTS);
	store_event_free(desk_answer(at));
	assert_int_equal(file_make_dirs(desk_path("to"), NULL), 0);
	desk_done(save(list, "2", desk_path("to")));
	desk_done(save(list, "2", desk_path("to/"))); /* a name that is taken gets a number */
	reads_as(desk_path("to/a.bin"), "bytes");
	reads_as(desk_path("to/a-1.bin"), "bytes");
	desk_done(save(list, "2", desk_path("new")));
	desk_fails(save(list, "2", desk_path("new")), "new exists already; choose another name");
	desk_fails(save(list, "2", desk_path("no/new")), "Cannot create ");
	desk_fails(save(list, "7", desk_path("other")), "The message has no part 7");
	desk_done(save(list, NULL, desk_path("raw")));
	reads_as(desk_path("raw"), TWO_PARTS);
}

/* --- accounts --- */

static struct store_request *protocol(enum request_kind kind, int account, bool pop3)
{
	struct store_request *r = desk_request(kind, account);

	r->protocol.to = pop3 ? PROTOCOL_POP3 : PROTOCOL_IMAP;
	return r;
}

static void test_switch_to_nothing(void **state)
{
	struct store_account *setup = desk_account("one", false);
	int account;

	draft_set(&setup->settings->urls[PROTOCOL_POP3], "");
	account = desk_add(setup, false);
	desk_fails(protocol(REQUEST_PROTOCOL, account, true), "add: pop3 pop3s://USER@HOST");
	desk_fails(protocol(REQUEST_PREVIEW, account, true), "add: pop3 pop3s://USER@HOST");
	desk_done(protocol(REQUEST_PROTOCOL, account, false)); /* nothing to do */
	setup = desk_account("two", true);
	draft_set(&setup->settings->urls[PROTOCOL_IMAP], "");
	account = desk_add(setup, false);
	desk_fails(protocol(REQUEST_PROTOCOL, account, false), "add: imap imaps://USER@HOST");
}

/* What could not be opened has a number all the same, and says why to whoever asks for it. */
static void test_account_that_cannot_be_opened(void **state)
{
	struct store_request *r;
	FILE *f;
	int account;

	assert_int_equal(file_make_dirs(desk_path("one"), NULL), 0);
	f = fopen(desk_path("one/data"), "w");
	assert_non_null(f);
	fclose(f);
	account = desk_add(desk_account("one", false), false);
	desk_fails(desk_request(REQUEST_DRAFTS, account), "one/data");
	r = desk_request(REQUEST_CANCEL_OP, account);
	desk_done(r); /* of all that waits nothing is known */
	r = desk_request(REQUEST_CANCEL_OP, account);
	r->cancel_op.id = 5;
	desk_fails(r, "one/data");
}

/* Another copy of the program synchronises. */
static void test_sync_elsewhere(void **state)
{
	int account, lock;

	assert_int_equal(file_make_dirs(desk_path("one/data"), NULL), 0);
	lock = file_lock(desk_path("one/data/sync.lock"), 0, NULL);
	assert_true(lock >= 0);
	account = desk_add(desk_account("one", false), true);
	desk_fails(desk_request(REQUEST_SYNC, account),
		"Another running copy of Talaria synchronises account one");
	close(lock);
	/* and when it ends, this one does */
	desk_pass(2500);
	while (true) {
		struct store_event *ev = desk_of_kind(STORE_STATE);
		bool now = ev->state.state == SYNC_CONNECTING;

		store_event_free(ev);
		if (now)
			break;
	}
	desk_settle();
}

static void lane_is(int account, enum sync_state state, enum err_kind kind, const char *why)
{
	struct result *r = result_new(RESULT_STATE);

	r->lane = LANE_MAIN;
	r->state.state = state;
	if (kind != ERR_NONE)
		err_set(&r->err, kind, "%s", why);
	desk_give(account, r);
}

/* Whoever waits for a synchronisation hears that there is no connection when that is known, and not
 * when there is one some day. */
static void test_sync_unconnected(void **state)
{
	int account = desk_add(desk_account("one", false), true);
	unsigned request = desk_post(desk_request(REQUEST_SYNC, account));

	lane_is(account, SYNC_CONNECTING, ERR_NONE, NULL);
	lane_is(account, SYNC_WAITING, ERR_NETWORK, "Nobody listens");
	desk_failed(request, "Nobody listens");
	request = desk_post(desk_request(REQUEST_SYNC, account));
	lane_is(account, SYNC_FAILED, ERR_AUTH, "Wrong password");
	desk_failed(request, "Wrong password");
}

/* The connection ends while INBOX is synchronised, and there is no next one. */
static void breaks_for_good(int account)
{
	struct result *r = result_new(RESULT_SYNCED);

	lane_is(account, SYNC_OFFLINE, ERR_NETWORK, "It broke");
	r->folder = mem_strdup("INBOX");
	err_set(&r->err, ERR_NETWORK, "It broke");
	desk_give(account, r);
	lane_is(account, SYNC_WAITING, ERR_NETWORK, "It broke");
	desk_settle();
	lane_is(account, SYNC_CONNECTING, ERR_NONE, NULL);
	lane_is(account, SYNC_WAITING, ERR_NETWORK, "Nobody listens");
}

/* A folder that a connection broke off waits for the next one; when there is none, nobody waits for
 * the folder any more. */
static void test_sync_broken_off(void **state)
{
	static const char *const names[] = {"INBOX", NULL};
	int account = desk_add(desk_account("one", false), true);
	unsigned request;

	desk_online(account, LANE_MAIN);
	desk_folders(account, names);
	job_free(desk_job(account, LANE_MAIN, JOB_SYNC));
	request = desk_post(desk_request(REQUEST_SYNC, account));
	breaks_for_good(account);
	desk_failed(request, "Nobody listens");
}

/* What ends connections waits for an hour; another mailbox of that name does not. */
static void test_sync_put_off(void **state)
{
	struct folder f = {.upkeep = upkeep_new()};
	struct folder_counts c = {.known = true, .uidvalidity = 1};

	upkeep_heard(&f, &c);
	for (int i = 0; i < 2; i++) {
		assert_true(upkeep_begin(&f));
		assert_true(upkeep_end(&f));
		assert_int_equal(upkeep_broke(&f), i == 1);
	}
	c.total = 3;
	upkeep_heard(&f, &c);
	assert_false(upkeep_begin(&f));
	for (int i = 0; i < 2; i++) { /* told by the server itself, then by its list */
		c.uidvalidity = (uint32_t)i;
		upkeep_heard(&f, &c);
		assert_int_equal(upkeep_told(&f)->uidvalidity, 1);
		assert_false(upkeep_begin(&f));
	}
	c.uidvalidity = 2;
	upkeep_heard(&f, &c);
	assert_true(upkeep_begin(&f));
	assert_true(upkeep_end(&f));
	assert_false(upkeep_broke(&f));
	upkeep_free(f.upkeep);
}

/* A connection that ends for a read that was cancelled is no fault of it: one that breaks after
 * many of these is the first. */
static void test_sync_beside_cancelled_reads(void **state)
{
	static const char *const names[] = {"INBOX", NULL};
	int account = desk_add(desk_account("one", false), true);
	unsigned request;

	desk_online(account, LANE_MAIN);
	desk_folders(account, names);
	for (int i = 0; i < 11; i++) {
		struct result *cut = result_new(RESULT_STATE);

		cut->state.state = SYNC_OFFLINE;
		cut->state.cut = true;
		err_set(&cut->err, ERR_NETWORK, "It was cut");
		desk_give(account, cut);
	}
	request = desk_post(desk_request(REQUEST_SYNC, account));
	breaks_for_good(account);
	desk_failed(request, "Nobody listens");
}

/* What everything waits for is taken back before it went out: then it is through. */
static void test_sync_of_what_is_taken_back(void **state)
{
	static const char *const names[] = {"INBOX", NULL};
	struct summary row = desk_row(1, "a@b.de", NULL);
	int account = desk_add(desk_account("one", false), true);
	struct result *all = result_new(RESULT_FOLDERS);
	struct store_request *r;
	struct store_event *ev;
	unsigned list, sync;

	list = desk_open(account, "INBOX", NULL);
	desk_online(account, LANE_MAIN);
	desk_folders(account, names);
	desk_fill(account, "INBOX", &row, 1);
	lane_is(account, SYNC_OFFLINE, ERR_NONE, NULL);
	desk_settle();
	r = desk_on(REQUEST_FLAG, list, &(uint32_t){1}, 1);
	r->flag.set = MAIL_SEEN;
	desk_done(r);
	sync = desk_post(desk_request(REQUEST_SYNC, account));
	desk_settle();
	all->request = sync;
	desk_give(account, all);
	desk_synced(account, "INBOX", 2, 1);
	desk_settle();
	desk_done(desk_request(REQUEST_CANCEL_OP, account));
	ev = desk_answer(sync);
	assert_int_equal(ev->kind, STORE_DONE);
	store_event_free(ev);
}

static void is_cancelled(unsigned request)
{
	struct store_request *r = desk_request(REQUEST_CANCEL, -1);
	struct store_event *ev;

	r->cancel.request = request;
	desk_post(r);
	ev = desk_answer(request);
	assert_int_equal(ev->kind, STORE_FAILED);
	assert_int_equal(ev->failed.kind, ERR_CANCELLED);
	store_event_free(ev);
}

/* Whoever gives up waiting hears so at once; the others wait on. */
static void test_sync_cancelled(void **state)
{
	static const char *const names[] = {"INBOX", NULL};
	int account = desk_add(desk_account("one", false), true);
	unsigned syncs[3];
	struct store_event *ev;
	struct result *all = result_new(RESULT_FOLDERS);

	desk_online(account, LANE_MAIN);
	desk_folders(account, names);
	for (size_t i = 0; i < 3; i++)
		syncs[i] = desk_post(desk_request(REQUEST_SYNC, account));
	is_cancelled(syncs[1]);
	is_cancelled(syncs[0]);
	desk_synced(account, "INBOX", 1, 0);
	all->request = syncs[2];
	desk_give(account, all);
	desk_settle();
	desk_synced(account, "INBOX", 1, 0);
	ev = desk_answer(syncs[2]);
	assert_int_equal(ev->kind, STORE_DONE);
	store_event_free(ev);
}

/* --- a session by POP3 --- */

/* It begins, and the server has one message. */
static void session_lists(int account)
{
	struct result *r = result_new(RESULT_POP3_LISTED);

	job_free(desk_job(account, LANE_MAIN, JOB_POP3));
	r->listed.v = mem_array(1, sizeof(*r->listed.v));
	r->listed.v[0] = (struct session_entry){.number = 1, .size = 100, .uidl = "one"};
	r->listed.n = 1;
	r->listed.can_uidl = r->listed.can_top = true;
	desk_give(account, r);
	job_free(desk_job(account, LANE_MAIN, JOB_POP3_PLAN));
}

/* Which the server refuses. */
static void session_is_refused(int account)
{
	struct result *r = result_new(RESULT_POP3_MESSAGE);

	r->message.number = 1;
	err_set(&r->err, ERR_REFUSED, "Not this one");
	desk_give(account, r);
	desk_give(account, result_new(RESULT_POP3_FETCHED));
	job_free(desk_job(account, LANE_MAIN, JOB_POP3_ACK));
	desk_give(account, result_new(RESULT_POP3_DONE));
	desk_settle();
}

/* A session that began by the clock is that of who asks for all meanwhile. */
static void test_sync_by_pop3_cancelled(void **state)
{
	int account = desk_add(desk_account("one", true), true);
	struct result *over = result_new(RESULT_POP3_DONE);
	struct store_request *r = desk_request(REQUEST_CANCEL, -1);
	struct store_event *ev;
	unsigned sync;

	session_lists(account);
	sync = desk_post(desk_request(REQUEST_SYNC, account));
	r->cancel.request = sync;
	desk_post(r);
	job_free(desk_job(account, LANE_MAIN, JOB_CANCEL));
	err_set(&over->err, ERR_CANCELLED, "Cancelled");
	desk_give(account, over);
	ev = desk_answer(sync);
	assert_int_equal(ev->kind, STORE_FAILED);
	assert_int_equal(ev->failed.kind, ERR_CANCELLED);
	store_event_free(ev);
}

/* What is asked for behind a session that fetches other mail is cancelled without ending that. */
static void test_whole_cancelled_before_its_session(void **state)
{
	int account = desk_add(desk_account("one", true), true);
	struct store_request *r;
	struct store_event *ev;
	unsigned list, whole;

	session_lists(account);
	session_is_refused(account);
	list = desk_open(account, "INBOX", &ev);
	assert_int_equal(ev->messages.columns.n, 1);
	r = desk_on(REQUEST_WHOLE, list, NULL, 0);
	r->uid = ev->messages.columns.uid[0];
	store_event_free(ev);
	desk_post(desk_request(REQUEST_SYNC, account));
	session_lists(account);
	whole = desk_post(r);
	is_cancelled(whole);
	assert_false(desk_has_job(account, LANE_MAIN, JOB_CANCEL));
}

static void test_read_only(void **state)
{
	int account;
	unsigned list = inbox_of("one", 1, &account);
	struct store_request *r;

	desk_stop();
	desk_start(true);
	account = desk_add(desk_account("one", false), false);
	list = desk_open(account, "INBOX", NULL);
	r = desk_on(REQUEST_FLAG, list, &(uint32_t){1}, 1);
	r->flag.set = MAIL_SEEN;
	desk_fails(r, "runs read-only");
	r = desk_request(REQUEST_COMPOSE, account);
	r->compose.kind = COMPOSE_NEW;
	desk_fails(r, "runs read-only");
	store_event_free(desk_ask(desk_request(REQUEST_DRAFTS, account)));
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

	for (int i = 0; i < 5; i++) {
		char *id = desk_draft(account, "bob@mail.example", "Later");

		desk_done(desk_send(account, id, 3600));
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

	desk_done(desk_send(account, id, 0));
	j = desk_job(account, LANE_SEND, JOB_SEND);
	r = result_new(RESULT_SENT);
	r->request = j->request;
	r->sent.id = mem_strdup(j->send.id);
	r->sent.outcome = SEND_NOT;
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
	desk_pass(15000); /* of thirty seconds, on a machine that may be slow */
	desk_settle();
	assert_false(desk_has_job(account, LANE_SEND, JOB_SEND));
	desk_pass(16000);
	job_free(desk_job(account, LANE_SEND, JOB_SEND));
}

/* --- header caches --- */

enum { LARGE = 4000 };

static void fill_large(int account)
{
	struct summary *rows = mem_array(LARGE, sizeof(*rows));
	static const char subject[] =
		"A subject that is long enough for a log that is to outgrow what "
		"is put up with, and has to be made a new base of";

	for (uint32_t i = 0; i < LARGE; i++)
		rows[i] = desk_row(i + 1, "Bob", subject);
	desk_fill(account, "INBOX", rows, LARGE);
	free(rows);
}

static const char *cache_path(const char *account, const char *folder, const char *file)
{
	char *base = mem_strdup(desk_path("%s/cache/v1", account)),
	     *dir = cache_dir_for(base, folder);
	const char *path = desk_path("%s%s%s", dir + strlen(desk_dir) + 1, *file ? "/" : "", file);

	free(base);
	free(dir);
	return path;
}

static ino_t log_inode(void)
{
	struct stat st;

	return stat(cache_path("one", "imap:INBOX", "headers.wal"), &st) == 0 ? st.st_ino : 0;
}

static struct store_request *_Atomic meanwhile; /* asked for when a rewrite is through */

unsigned __real_compactor_post(struct compactor *c, const char *dir, const char *folder_name);
unsigned __wrap_compactor_post(struct compactor *c, const char *dir, const char *folder_name);

/* As if the disk thread had much to do just then. */
unsigned __wrap_compactor_post(struct compactor *c, const char *dir, const char *folder_name)
{
	struct store_request *next = meanwhile;
	ino_t before = log_inode();
	unsigned id = __real_compactor_post(c, dir, folder_name);

	for (int i = 0; next && log_inode() == before && i < 3000; i++)
		clock_pause(10);
	if (next) {
		meanwhile = NULL;
		desk_post(next);
	}
	return id;
}

/* The worker has put a new base in place before the disk thread hears of it, and meets it with the
 * next change: nothing is lost, and nothing is said. */
static void test_compacted_meanwhile(void **state)
{
	int account = desk_add(desk_account("one", false), true);
	unsigned list = desk_open(account, "INBOX", NULL);
	uint32_t *uids = mem_array(LARGE, sizeof(*uids));
	struct store_request *r;
	struct store_event *ev;
	ino_t before;

	before = log_inode();
	fill_large(account);
	desk_settle();
	for (int i = 0; log_inode() == before && i < 3000; i++)
		clock_pause(10); /* the first base is made */
	desk_settle();
	desk_settle();
	r = desk_on(REQUEST_FLAG, list, &(uint32_t){LARGE}, 1);
	r->flag.set = MAIL_ANSWERED;
	meanwhile = r;
	for (uint32_t i = 0; i < LARGE; i++)
		uids[i] = i + 1;
	for (int i = 0; meanwhile && i < 20;
		i++) { /* until the log is large, and the clock sees it */
		struct store_request *many = desk_on(REQUEST_FLAG, list, uids, LARGE);

		many->flag.set = i % 2 ? 0 : MAIL_FLAGGED;
		many->flag.clear = i % 2 ? MAIL_FLAGGED : 0;
		desk_done(many);
		desk_pass(3600000); /* one that came between is tried again later */
		desk_settle();
		desk_settle();
	}
	assert_null(meanwhile);
	desk_settle();
	desk_stop();
	desk_start(false);
	account = desk_add(desk_account("one", false), false);
	desk_open(account, "INBOX", &ev);
	assert_int_equal(ev->messages.columns.n, LARGE);
	assert_int_equal(ev->messages.columns.flags[LARGE - 1] & MAIL_ANSWERED, MAIL_ANSWERED);
	store_event_free(ev);
	assert_false(desk_was_told("cache"));
	free(uids);
}

static void test_cache_damaged(void **state)
{
	int account;
	struct store_event *ev;
	FILE *f;

	inbox_of("one", 3, &account);
	desk_stop();
	f = fopen(cache_path("one", "imap:INBOX", "headers.wal"), "w");
	assert_non_null(f);
	fputs("nothing of the kind, and long enough to be looked at as one of them\n", f);
	assert_int_equal(fclose(f), 0);
	desk_start(false);
	account = desk_add(desk_account("one", false), false);
	desk_open(account, "INBOX", &ev);
	assert_int_equal(ev->messages.columns.n, 0);
	store_event_free(ev);
	assert_true(desk_was_told("The cache of folder INBOX was damaged and is built anew"));
}

/* A page of strings, as tests of the cache spoil it. */
static void spoil_page(const char *path)
{
	struct str all = STR_INIT;
	bool found = false;
	FILE *f;

	assert_int_equal(file_read(path, 1 << 24, &all, NULL), 0);
	for (size_t i = 0; i + 30 < all.len && !found; i++)
		if (memcmp(all.p + i, "TLRP", 4) == 0 && all.p[i + 7] == 's') {
			all.p[i + 25] ^= 4;
			found = true;
		}
	assert_true(found);
	f = fopen(path, "r+b");
	assert_non_null(f);
	assert_int_equal(fwrite(all.p, 1, all.len, f), all.len);
	assert_int_equal(fclose(f), 0);
	str_done(&all);
}

/* Rows of a damaged page are made of the files anew. */
static void test_local_page_damaged(void **state)
{
	int account = desk_add(desk_account("one", true), false);
	struct store_event *ev;

	for (int i = 0; i < 3; i++) {
		FILE *f = fopen(desk_path("one/data/mail/cur/170000000%d.1.host:2,S", i), "w");

		assert_non_null(f);
		fprintf(f, "Subject: number %d\n\ntext\n", i);
		assert_int_equal(fclose(f), 0);
	}
	desk_open(account, "INBOX", &ev);
	assert_int_equal(ev->messages.columns.n, 3);
	store_event_free(ev);
	desk_stop();
	assert_int_equal(
		cache_compact(cache_path("one", "local:INBOX", ""), "local:INBOX", NULL), 0);
	spoil_page(cache_path("one", "local:INBOX", "base-1.gdbm"));
	for (int start = 0; start < 3; start++) {
		bool seen[3] = {false};

		desk_start(false);
		account = desk_add(desk_account("one", true), false);
		desk_open(account, "INBOX", &ev);
		assert_int_equal(ev->messages.rows.n, 3);
		for (size_t i = 0; i < 3; i++)
			seen[ev->messages.rows.v[i]->subject[7] - '0'] = true;
		assert_true(seen[0] && seen[1] && seen[2]);
		store_event_free(ev);
		desk_stop();
	}
}

/* Of a folder on a server they are asked for anew, and no others. */
static void test_server_page_damaged(void **state)
{
	int account;
	struct job *j;

	inbox_of("one", 3, &account);
	desk_stop();
	assert_int_equal(cache_compact(cache_path("one", "imap:INBOX", ""), "imap:INBOX", NULL), 0);
	spoil_page(cache_path("one", "imap:INBOX", "base-1.gdbm"));
	desk_start(false);
	account = desk_add(desk_account("one", false), true);
	desk_open(account, "INBOX", NULL);
	desk_online(account, LANE_MAIN);
	j = desk_job(account, LANE_MAIN, JOB_SYNC);
	assert_string_equal(j->folder, "INBOX");
	assert_int_equal(j->sync.known.n, 0);
	assert_false(j->sync.known.meta.complete);
	job_free(j);
}

/* --- the end --- */

/* What nobody gets to any more. */
static void test_requests_left(void **state)
{
	int account = desk_add(desk_account("one", false), true);
	char *id = desk_draft(account, "bob@mail.example", "Left");

	desk_hold();
	desk_post(desk_request(REQUEST_QUIT, -1));
	desk_post(desk_send(account, id, 0));
	desk_let_go();
	desk_stop();
	desk_start(false);
	account = desk_add(desk_account("one", false), false);
	/* it was not sent, and is as it was */
	desk_fails(desk_mail(REQUEST_OUTBOX_RETRY, account, id), "no longer here");
	store_event_free(desk_ask(desk_mail(REQUEST_DRAFT_LOAD, account, id)));
}

/* A folder that was made for a role, and whose mails go to the one that the server has for that, is
 * none of its own after a start either. */
static void test_alias_again(void **state)
{
	static const char table[] = "talaria-folders 1\n1\t1\t-\t-\tINBOX\tINBOX\n"
				    "4\t1\t-\t-\tDeleted\tDeleted\n0\t1\t-\t-\tDeleted\tTrash\n";
	static const char *const names[] = {"INBOX", "Deleted=4", NULL};
	struct store_event *ev;
	bool found = false;
	int account;

	(void)state;
	assert_int_equal(file_make_dirs(desk_path("one/cache"), NULL), 0);
	assert_int_equal(
		file_replace(desk_path("one/cache/folders"), table, sizeof(table) - 1, 0600, NULL),
		0);
	account = desk_add(desk_account("one", false), true);
	desk_online(account, LANE_MAIN);
	desk_settle();
	desk_folders(account, names);
	ev = desk_of_kind(STORE_FOLDERS);
	for (size_t i = 0; i < ev->folders.n; i++) {
		const struct store_folder_info *f = &ev->folders.v[i];

		assert_string_not_equal(f->name, "Trash");
		if (strcmp(f->name, "Deleted") == 0)
			found = f->role == ROLE_TRASH && f->selectable;
	}
	assert_true(found);
	store_event_free(ev);
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
		DESK_CASE(test_search_own_addresses),
		DESK_CASE(test_search_of_some_inside),
		DESK_CASE(test_parked_of_a_closed_list),
		DESK_CASE(test_trusted_server_of_the_account),
		DESK_CASE(test_leaves_a_list),
		DESK_CASE(test_answers_an_invitation),
		DESK_CASE(test_body_of_a_folder_that_is_gone),
		DESK_CASE(test_save),
		DESK_CASE(test_switch_to_nothing),
		DESK_CASE(test_account_that_cannot_be_opened),
		DESK_CASE(test_sync_elsewhere),
		DESK_CASE(test_alias_again),
		DESK_CASE(test_sync_unconnected),
		DESK_CASE(test_sync_broken_off),
		cmocka_unit_test(test_sync_put_off),
		DESK_CASE(test_sync_beside_cancelled_reads),
		DESK_CASE(test_sync_of_what_is_taken_back),
		DESK_CASE(test_sync_cancelled),
		DESK_CASE(test_sync_by_pop3_cancelled),
		DESK_CASE(test_whole_cancelled_before_its_session),
		DESK_CASE(test_read_only),
		DESK_CASE(test_tickets_at_rest),
		DESK_CASE(test_no_busy_loop),
		DESK_CASE(test_compacted_meanwhile),
		DESK_CASE(test_cache_damaged),
		DESK_CASE(test_local_page_damaged),
		DESK_CASE(test_server_page_damaged),
		DESK_CASE(test_requests_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

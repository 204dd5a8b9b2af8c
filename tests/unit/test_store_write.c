/* Writing and sending, with the relay's and the server's answers at any time. */
#include "tests/sync/cut.h"
#include "tests/unit/desk.h"

#include "base/file.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const FOLDERS[] = {"INBOX", "Drafts=2", "Sent=3", NULL};
static const char BOTH[] = "bob@mail.example, carol@mail.example";

static int teardown(void **state)
{
	cut_off();
	return desk_teardown(state);
}

#define WRITE_CASE(f) cmocka_unit_test_setup_teardown(f, desk_setup, teardown)

static int online_account(void)
{
	int account = desk_add(desk_account("one", false), true);

	desk_online(account, LANE_MAIN);
	desk_folders(account, FOLDERS);
	desk_settle();
	return account;
}

static struct store_request *compose(int account, enum compose_kind what, const char *text)
{
	struct store_request *r = desk_request(REQUEST_COMPOSE, account);

	r->compose.kind = what;
	if (what == COMPOSE_MAILTO)
		r->compose.url = mem_strdup(text);
	else if (what == COMPOSE_RESUME)
		r->compose.draft = mem_strdup(text);
	else
		r->compose.to = mem_strdup(text);
	return r;
}

/* --- the relay --- */

static struct result *answer(
	const struct job *j, enum send_outcome outcome, const enum mail_fate fates[])
{
	struct result *r = result_new(RESULT_SENT);

	r->request = j->request;
	r->sent.id = mem_strdup(j->send.id);
	r->sent.outcome = outcome;
	r->sent.n = j->send.to.n;
	r->sent.v = mem_array(r->sent.n, sizeof(*r->sent.v));
	for (size_t i = 0; i < r->sent.n; i++)
		r->sent.v[i] = (struct recipient_fate){.address = mem_strdup(j->send.to.v[i]),
			.fate = fates[i],
			.text = mem_strdup(fates[i] == FATE_ACCEPTED ? "250 ok"
					   : fates[i] == FATE_LATER  ? "451 later"
								     : "550 never")};
	return r;
}

static char *send_to(int account, const char *to)
{
	char *id = desk_draft(account, to, "Both");

	desk_done(desk_send(account, id, 0));
	return id;
}

/* One of two has it when the disk is full: neither is asked until that is noted, then only the
 * other, as often as there are starts. */
static void test_two_recipients_and_a_full_disk(void **state)
{
	static const enum mail_fate fates[] = {FATE_ACCEPTED, FATE_LATER};
	int account = online_account();
	struct job *j;
	struct result *r;

	send_to(account, BOTH);
	j = desk_job(account, LANE_SEND, JOB_SEND);
	r = answer(j, SEND_ACCEPTED, fates);
	job_free(j);
	cut_fail_at(0, ENOSPC, true, desk_path("one/data"));
	desk_give(account, r);
	store_event_free(desk_of_kind(STORE_SEND_FAILED));
	desk_pass(60000);
	desk_settle();
	assert_false(desk_has_job(account, LANE_SEND, JOB_SEND));
	cut_off();
	desk_pass(60000);
	j = desk_job(account, LANE_SEND, JOB_SEND);
	assert_int_equal(j->send.to.n, 1);
	assert_string_equal(j->send.to.v[0], "carol@mail.example");
	job_free(j);
	desk_stop();
	desk_start(false);
	account = online_account();
	desk_pass(60000);
	j = desk_job(account, LANE_SEND, JOB_SEND);
	assert_int_equal(j->send.to.n, 1);
	assert_string_equal(j->send.to.v[0], "carol@mail.example");
	job_free(j);
}

/* Taken for one, for another later, refused for a third: each is told, and only the second is asked
 * by itself. */
static void test_three_fates(void **state)
{
	static const enum mail_fate fates[] = {FATE_ACCEPTED, FATE_LATER, FATE_NEVER};
	int account = online_account();
	struct store_event *ev;
	struct job *j;

	send_to(account, "bob@mail.example, carol@mail.example, dave@mail.example");
	j = desk_job(account, LANE_SEND, JOB_SEND);
	desk_give(account, answer(j, SEND_ACCEPTED, fates));
	job_free(j);
	ev = desk_of_kind(STORE_SEND_FAILED);
	assert_non_null(strstr(ev->mail.err.text, "carol@mail.example: 451 later"));
	assert_non_null(strstr(ev->mail.err.text, "dave@mail.example: 550 never"));
	assert_null(strstr(ev->mail.err.text, "bob@"));
	assert_int_equal(ev->mail.again, 1);
	store_event_free(ev);
	desk_pass(40000);
	j = desk_job(account, LANE_SEND, JOB_SEND);
	assert_int_equal(j->send.to.n, 1);
	assert_string_equal(j->send.to.v[0], "carol@mail.example");
	job_free(j);
}

/* --- the outbox by hand --- */

static void test_outbox_by_hand(void **state)
{
	int account = desk_add(desk_account("one", false), false);
	char *id = desk_draft(account, "bob@mail.example", "By hand");
	struct store_event *ev;

	desk_fails(desk_mail(REQUEST_OUTBOX_RETRY, account, id), "no longer here");
	desk_fails(desk_mail(REQUEST_OUTBOX_DROP, account, id), "no longer here");
	desk_fails(desk_mail(REQUEST_OUTBOX_EDIT, account, id), "no longer here");
	desk_fails(desk_mail(REQUEST_OUTBOX_HOLD, account, id), "does not wait to be sent");
	desk_done(desk_send(account, id, 0));
	desk_fails(desk_send(account, id, 0), "in the outbox already");
	desk_fails(desk_mail(REQUEST_DRAFT_KEEP, account, id), "in the outbox already");
	desk_fails(desk_mail(REQUEST_DRAFT_DROP, account, id), "in the outbox already");
	desk_done(desk_mail(REQUEST_OUTBOX_HOLD, account, id));
	desk_done(desk_mail(REQUEST_OUTBOX_HOLD, account, id));
	desk_done(desk_mail(REQUEST_OUTBOX_RETRY, account, id));
	ev = desk_ask(desk_mail(REQUEST_OUTBOX_EDIT, account, id));
	assert_int_equal(ev->kind, STORE_DRAFTS);
	assert_string_equal(ev->drafts.v[0].draft.to, "bob@mail.example");
	store_event_free(ev);
	desk_done(desk_mail(REQUEST_DRAFT_DROP, account, id));
	desk_fails(desk_mail(REQUEST_DRAFT_DROP, account, id), "no longer here");
	desk_fails(desk_mail(REQUEST_DRAFT_LOAD, account, id), "no longer here");
	desk_fails(desk_mail(REQUEST_DRAFT_LOAD, account, "../x"), "no longer here");
}

static void test_no_relay(void **state)
{
	struct store_account *setup = desk_account("one", false);
	int account;
	char *id;

	draft_set(&setup->settings->urls[PROTOCOL_SMTP], "");
	account = desk_add(setup, false);
	id = desk_draft(account, "bob@mail.example", "No relay");
	desk_fails(desk_send(account, id, 0), "add: smtp smtp://USER@HOST");
}

/* The lane asks whether DATA may begin: what the disk thread says. */
static bool may_go(int account, const struct job *send)
{
	struct result *r = result_new(RESULT_SEND_READY);
	struct job *j;
	bool go;

	r->request = send->request;
	r->send_ready.id = mem_strdup(send->send.id);
	desk_give(account, r);
	j = desk_job(account, LANE_SEND, JOB_SEND_GO);
	assert_int_equal(j->request, send->request);
	go = j->go.noted;
	job_free(j);
	return go;
}

/* Once DATA has begun nobody takes it out of the relay's hands. */
static void test_busy(void **state)
{
	int account = online_account();
	char *id = send_to(account, "bob@mail.example");
	struct job *j = desk_job(account, LANE_SEND, JOB_SEND);

	assert_true(may_go(account, j));
	job_free(j);
	desk_fails(desk_mail(REQUEST_OUTBOX_HOLD, account, id), "being sent just now");
	desk_fails(desk_mail(REQUEST_OUTBOX_DROP, account, id), "being sent just now");
	desk_fails(desk_mail(REQUEST_OUTBOX_EDIT, account, id), "being sent just now");
	assert_false(desk_has_job(account, LANE_SEND, JOB_CANCEL));
}

/* Before that it can be had: its job is cancelled, the next mail goes, and what the lane still says
 * of the one that was taken back is void. */
static void test_taken_back(void **state)
{
	static const enum mail_fate fates[] = {FATE_NEVER};
	int account = online_account();
	char *id = send_to(account, "bob@mail.example"), *other;
	struct job *j = desk_job(account, LANE_SEND, JOB_SEND), *next;
	struct result *late;

	other = send_to(account, "carol@mail.example");
	desk_done(desk_mail(REQUEST_OUTBOX_HOLD, account, id));
	next = desk_job(account, LANE_SEND, JOB_CANCEL);
	assert_int_equal(next->cancel.what, j->request);
	job_free(next);
	next = desk_job(account, LANE_SEND, JOB_SEND);
	assert_string_equal(next->send.id, other);
	assert_int_not_equal(next->request, j->request);
	desk_done(desk_mail(REQUEST_OUTBOX_RETRY, account, id));
	assert_false(may_go(account, j));
	assert_true(may_go(account, next));
	late = answer(j, SEND_NOT, fates);
	err_set(&late->err, ERR_CANCELLED, "stopped");
	desk_give(account, late);
	desk_settle();
	desk_fails(desk_mail(REQUEST_OUTBOX_DROP, account, other), "being sent just now");
	desk_done(desk_mail(REQUEST_OUTBOX_DROP, account, id));
	job_free(j);
	job_free(next);
}

/* --- beginning --- */

static void test_begin(void **state)
{
	int account = online_account();
	struct store_event *ev = desk_ask(
		compose(account, COMPOSE_MAILTO, "mailto:bob@mail.example?subject=a%20b&body=c"));
	struct store_request *r;

	assert_int_equal(ev->kind, STORE_DRAFTS);
	assert_string_equal(ev->drafts.v[0].draft.subject, "a b");
	store_event_free(ev);
	ev = desk_ask(compose(account, COMPOSE_NEW, "carol@mail.example"));
	assert_string_equal(ev->drafts.v[0].draft.to, "carol@mail.example");
	store_event_free(ev);
	desk_fails(compose(account, COMPOSE_REPLY, NULL), "no longer open");
	desk_fails(compose(account, COMPOSE_RESUME, NULL), "no longer open");
	desk_fails(compose(account, COMPOSE_RESUME, "@7.1"), "no longer here");
	desk_fails(desk_mail(REQUEST_DRAFT_DROP, account, "@7.1"), "no longer here");
	r = desk_request(REQUEST_SEND, 7);
	r->send.id = mem_strdup("x");
	desk_fails(r, "There is no such account");
}

/* An answer to everybody has room for so many; that others are left out is told. */
static void test_answer_to_many(void **state)
{
	enum { MOST = 10000 };
	int account = online_account();
	unsigned list = desk_open(account, "INBOX", NULL);
	struct summary rows[2] = {desk_row(1, "Bob", NULL), desk_row(2, "Bob", NULL)};

	desk_fill(account, "INBOX", rows, 2);
	desk_settle();
	for (uint32_t over = 0; over < 2; over++) {
		struct store_request *r = desk_on(REQUEST_COMPOSE, list, &(uint32_t){over + 1}, 1);
		struct str message = STR_INIT;
		struct store_event *ev;
		unsigned request;

		str_adds(&message, "From: Bob <bob@mail.example>\r\nTo: ");
		for (uint32_t i = 0; i < MOST + over; i++)
			str_addf(&message, "%s%u@x", i ? ",\r\n " : "", (unsigned)i);
		str_adds(&message, "\r\nSubject: all\r\n\r\nHello\r\n");
		r->account = account;
		r->compose.kind = COMPOSE_REPLY_ALL;
		request = desk_post(r);
		desk_body(account, desk_job(account, LANE_FETCH, JOB_BODY), message.p);
		ev = desk_answer(request);
		assert_int_equal(ev->kind, STORE_DRAFTS);
		assert_non_null(strstr(ev->drafts.v[0].draft.cc, "9999@x"));
		assert_null(strstr(ev->drafts.v[0].draft.cc, "10000@x"));
		store_event_free(ev);
		str_done(&message);
		assert_int_equal(desk_was_told("those beyond the first 10000 are left out"), over);
	}
}

/* --- drafts of a former version --- */

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
}

/* They are text alone; what they answer stands in a header line of ours. */
static void test_taken_over(void **state)
{
	static const char text[] = "To: bob@mail.example\nSubject: Old\n"
				   "X-Talaria-Answers: forward 7 1 server INBOX\n"
				   "X-Other: kept\nAttach: /does/not/exist\n\nText\n";
	int account;
	struct store_event *ev;
	struct summary row = desk_row(1, "Bob", NULL);
	struct job *j;
	static const enum mail_fate fates[] = {FATE_ACCEPTED};
	struct store_request *r;

	assert_int_equal(file_make_dirs(desk_path("one/data/drafts"), NULL), 0);
	put(desk_path("one/data/drafts/old.eml"), text);
	/* damaged, and stays as it is */
	assert_int_equal(mkdir(desk_path("one/data/drafts/bad.eml"), 0700), 0);
	account = online_account();
	assert_false(file_exists(desk_path("one/data/drafts/old.eml")));
	assert_true(desk_was_told("There is no file /does/not/exist that can be read"));
	ev = desk_ask(desk_mail(REQUEST_DRAFT_LOAD, account, "old"));
	assert_int_equal(ev->kind, STORE_DRAFTS);
	assert_string_equal(ev->drafts.v[0].draft.subject, "Old");
	assert_int_equal(ev->drafts.v[0].draft.extra.n, 1);
	assert_string_equal(ev->drafts.v[0].draft.extra.v[0], "X-Other: kept");
	r = desk_mail(REQUEST_DRAFT_SAVE, account, "old");
	r->mail.says = mem_alloc(sizeof(*r->mail.says));
	draft_copy(r->mail.says, &ev->drafts.v[0].draft);
	while (r->mail.says->nfiles)
		draft_detach(r->mail.says, 0);
	store_event_free(ev);
	desk_done(r);

	/* what it passes on is marked so when the relay has it */
	(void)desk_open(account, "INBOX", NULL);
	desk_fill(account, "INBOX", &row, 1);
	desk_settle();
	desk_done(desk_send(account, "old", 0));
	j = desk_job(account, LANE_SEND, JOB_SEND);
	desk_give(account, answer(j, SEND_ACCEPTED, fates));
	job_free(j);
	store_event_free(desk_of_kind(STORE_SENT));
	desk_settle();
	j = desk_job(account, LANE_MAIN, JOB_OP);
	assert_int_equal(j->op.what->kind, OP_APPEND); /* the copy in Sent */
	job_free(j);
}

/* Ended between the new form and the removal of the old one: it is there once. */
static void test_taken_over_twice(void **state)
{
	int account = desk_add(desk_account("one", false), false);
	char *id = desk_draft(account, "bob@mail.example", "New");
	struct store_event *ev;

	desk_stop();
	put(desk_path("one/data/drafts/%s.eml", id), "To: x@mail.example\nSubject: Old\n\nText\n");
	desk_start(false);
	account = desk_add(desk_account("one", false), false);
	assert_false(file_exists(desk_path("one/data/drafts/%s.eml", id)));
	ev = desk_ask(desk_request(REQUEST_DRAFTS, account));
	assert_int_equal(ev->drafts.n, 1);
	assert_string_equal(ev->drafts.v[0].draft.subject, "New");
	store_event_free(ev);
}

/* --- drafts on the server --- */

static struct job *append_job(int account)
{
	struct job *j = desk_job(account, LANE_MAIN, JOB_OP);
	struct result *r = result_new(RESULT_OP_READY);

	assert_int_equal(j->op.what->kind, OP_APPEND);
	r->op_ready.id = j->op.what->id;
	r->op_ready.marked = true;
	r->op_ready.target_uidnext = 20;
	r->op_ready.target_uidvalidity = DESK_UIDVALIDITY;
	job_free(j);
	desk_give(account, r);
	return desk_job(account, LANE_MAIN, JOB_OP);
}

static void appended(int account, struct job *j, uint32_t uid)
{
	struct result *r = result_new(RESULT_OP);

	r->op.id = j->op.what->id;
	if (uid) {
		r->op.uidvalidity = DESK_UIDVALIDITY;
		r->op.uids = mem_dup(&uid, sizeof(uid));
		r->op.n = 1;
	}
	job_free(j);
	desk_give(account, r);
	desk_settle();
}

/* Who has it already and what it answers goes along with a draft to the server, and comes back from
 * there on another machine; neither is sent to anybody. */
static void test_draft_with_notes(void **state)
{
	static const enum mail_fate fates[] = {FATE_ACCEPTED, FATE_NEVER};
	int account = online_account();
	char *id = send_to(account, BOTH);
	struct job *j = desk_job(account, LANE_SEND, JOB_SEND);
	struct str message = STR_INIT;
	struct summary row = desk_row(21, "Alice", "Both");
	struct store_event *ev;
	struct store_request *r;
	unsigned list, request;

	desk_give(account, answer(j, SEND_ACCEPTED, fates));
	job_free(j);
	store_event_free(desk_of_kind(STORE_SEND_FAILED));
	desk_settle();
	appended(account, append_job(account), 1); /* the copy in Sent */
	ev = desk_ask(desk_mail(REQUEST_OUTBOX_EDIT, account, id));
	assert_int_equal(ev->kind, STORE_DRAFTS);
	store_event_free(ev);
	desk_done(desk_mail(REQUEST_DRAFT_KEEP, account, id));
	j = append_job(account);
	assert_string_equal(j->op.what->target, "Drafts");
	assert_non_null(strstr(j->op.message.p, "X-Talaria-Has-It: bob@mail.example\r\n"));
	str_add(&message, j->op.message.p, j->op.message.len);
	appended(account, j, 21);

	/* another machine */
	desk_stop();
	assert_int_equal(file_remove_tree(desk_path("one"), NULL), 0);
	desk_start(false);
	account = online_account();
	list = desk_open(account, "Drafts", NULL);
	desk_fill(account, "Drafts", &row, 1);
	desk_settle();
	r = desk_on(REQUEST_COMPOSE, list, &(uint32_t){21}, 1);
	r->account = account;
	r->compose.kind = COMPOSE_RESUME;
	request = desk_post(r);
	desk_body(account, desk_job(account, LANE_FETCH, JOB_BODY), message.p);
	ev = desk_answer(request);
	assert_int_equal(ev->kind, STORE_DRAFTS);
	assert_int_equal(ev->drafts.v[0].has_it.n, 1);
	assert_string_equal(ev->drafts.v[0].has_it.v[0], "bob@mail.example");
	id = kept(mem_strdup(ev->drafts.v[0].id));
	store_event_free(ev);
	/* the same message again is the draft that is open here */
	r = desk_on(REQUEST_COMPOSE, list, &(uint32_t){21}, 1);
	r->account = account;
	r->compose.kind = COMPOSE_RESUME;
	ev = desk_ask(r);
	assert_int_equal(ev->kind, STORE_DRAFTS);
	assert_string_equal(ev->drafts.v[0].id, id);
	store_event_free(ev);
	desk_done(desk_send(account, id, 0));
	j = desk_job(account, LANE_SEND, JOB_SEND);
	assert_int_equal(j->send.to.n, 1);
	assert_string_equal(j->send.to.v[0], "carol@mail.example");
	assert_null(strstr(j->send.bytes.p, "X-Talaria"));
	job_free(j);
	/* and its copy there goes */
	j = desk_job(account, LANE_MAIN, JOB_OP);
	assert_int_equal(j->op.what->kind, OP_EXPUNGE);
	assert_int_equal(j->op.what->uids[0], 21);
	job_free(j);
	str_done(&message);
}

/* What a draft answers goes along too: the mark is set wherever it is sent from. */
static void test_answer_finished_elsewhere(void **state)
{
	static const enum mail_fate fates[] = {FATE_ACCEPTED};
	int account = online_account();
	unsigned list = desk_open(account, "INBOX", NULL), request;
	struct summary row = desk_row(5, "Bob", "Question"), draft = desk_row(31, "Alice", "Re");
	struct store_request *r = desk_on(REQUEST_COMPOSE, list, &(uint32_t){5}, 1);
	struct str message = STR_INIT;
	struct store_event *ev;
	struct job *j;
	char *id;

	desk_fill(account, "INBOX", &row, 1);
	desk_settle();
	r->account = account;
	r->compose.kind = COMPOSE_REPLY;
	request = desk_post(r);
	desk_body(account, desk_job(account, LANE_FETCH, JOB_BODY),
		"From: Bob <bob@mail.example>\r\nSubject: Question\r\n\r\nWhy?\r\n");
	ev = desk_answer(request);
	assert_int_equal(ev->kind, STORE_DRAFTS);
	assert_string_equal(ev->drafts.v[0].draft.subject, "Re: Question");
	id = kept(mem_strdup(ev->drafts.v[0].id));
	store_event_free(ev);
	desk_done(desk_mail(REQUEST_DRAFT_KEEP, account, id));
	j = append_job(account);
	assert_non_null(strstr(j->op.message.p, "X-Talaria-Answers: reply 7 5 INBOX\r\n"));
	str_add(&message, j->op.message.p, j->op.message.len);
	appended(account, j, 31);

	desk_stop();
	assert_int_equal(file_remove_tree(desk_path("one"), NULL), 0);
	desk_start(false);
	account = online_account();
	(void)desk_open(account, "INBOX", NULL);
	desk_fill(account, "INBOX", &row, 1);
	list = desk_open(account, "Drafts", NULL);
	desk_fill(account, "Drafts", &draft, 1);
	desk_settle();
	r = desk_on(REQUEST_COMPOSE, list, &(uint32_t){31}, 1);
	r->account = account;
	r->compose.kind = COMPOSE_RESUME;
	request = desk_post(r);
	desk_body(account, desk_job(account, LANE_FETCH, JOB_BODY), message.p);
	ev = desk_answer(request);
	id = kept(mem_strdup(ev->drafts.v[0].id));
	store_event_free(ev);
	desk_done(desk_send(account, id, 0));
	j = desk_job(account, LANE_SEND, JOB_SEND);
	desk_give(account, answer(j, SEND_ACCEPTED, fates));
	job_free(j);
	store_event_free(desk_of_kind(STORE_SENT));
	/* the copy in the drafts goes, the one in Sent comes, and the question is answered */
	j = desk_job(account, LANE_MAIN, JOB_OP);
	assert_int_equal(j->op.what->kind, OP_EXPUNGE);
	appended(account, j, 0);
	appended(account, append_job(account), 40);
	j = desk_job(account, LANE_MAIN, JOB_OP);
	assert_int_equal(j->op.what->kind, OP_FLAGS);
	assert_string_equal(j->op.what->folder, "INBOX");
	assert_int_equal(j->op.what->uids[0], 5);
	assert_int_equal(j->op.what->set, MAIL_ANSWERED);
	job_free(j);
	str_done(&message);
}

/* A draft that was put aside lies on the server: the file here goes when it is seen there, or when
 * it was seen and somebody has gone on with it elsewhere. */
static void test_draft_settled(void **state)
{
	for (int gone = 0; gone < 2; gone++) {
		int account = online_account();
		char *id = desk_draft(account, "bob@mail.example", "Aside");
		struct summary row;
		struct store_event *ev = desk_ask(desk_mail(REQUEST_DRAFT_LOAD, account, id));
		char *message_id = mem_strdup(ev->drafts.v[0].draft.message_id);

		store_event_free(ev);
		desk_done(desk_mail(REQUEST_DRAFT_KEEP, account, id));
		/* a server that does not say what it is called there */
		appended(account, append_job(account), 0);
		(void)desk_open(account, "Drafts", NULL);
		row = desk_row(8, "Alice", "Aside");
		row.message_id = message_id;
		desk_fill(account, "Drafts", &row, 1);
		desk_settle();
		if (gone) { /* seen once */
			struct result *r = result_new(RESULT_VANISHED);

			ev = desk_ask(desk_request(REQUEST_DRAFTS, account));
			assert_int_equal(ev->drafts.n, 1);
			store_event_free(ev);
			r->folder = mem_strdup("Drafts");
			r->uidvalidity = DESK_UIDVALIDITY;
			r->vanished.uids = mem_dup(&(uint32_t){8}, sizeof(uint32_t));
			r->vanished.n = 1;
			desk_give(account, r);
			desk_settle();
		}
		ev = desk_ask(desk_request(REQUEST_DRAFTS, account));
		assert_int_equal(ev->drafts.n, gone ? 0 : 1);
		assert_int_equal(ev->drafts.n && *ev->drafts.v[0].id == '@', !gone);
		store_event_free(ev);
		assert_false(file_exists(desk_path("one/data/drafts/%s.job", id)));
		free(message_id);
		desk_stop();
		assert_int_equal(file_remove_tree(desk_path("one"), NULL), 0);
		desk_start(false);
	}
}

/* Put aside twice before there is a connection: only the last goes out. Sent before it is there:
 * what arrives then is removed. */
static void test_draft_put_aside_and_sent(void **state)
{
	int account = online_account();
	char *id = desk_draft(account, "bob@mail.example", "Aside");
	struct job *j;

	desk_done(desk_mail(REQUEST_DRAFT_KEEP, account, id));
	j = append_job(account);
	desk_done(desk_send(account, id, 3600));
	appended(account, j, 30);
	j = desk_job(account, LANE_MAIN, JOB_OP);
	assert_int_equal(j->op.what->kind, OP_EXPUNGE);
	assert_int_equal(j->op.what->uids[0], 30);
	job_free(j);
}

/* --- while another copy sends --- */

/* What becomes of a mail is told by the copy that did not send it too. */
static void test_following(void **state)
{
	int account, lock;
	char *id, *other;
	struct store_event *ev;
	struct outbox *o;
	struct outbox_mail m;
	struct err err = {0};

	assert_int_equal(file_make_dirs(desk_path("one/data"), NULL), 0);
	lock = file_lock(desk_path("one/data/sync.lock"), 0, &err);
	assert_true(lock >= 0);
	account = desk_add(desk_account("one", false), true);
	id = desk_draft(account, "bob@mail.example", "Refused");
	other = desk_draft(account, "bob@mail.example", "Sent");
	desk_done(desk_send(account, id, 0));
	desk_done(desk_send(account, other, 0));

	/* the other copy */
	assert_int_equal(outbox_open(&o, desk_path("one/data"), &err), 0);
	assert_int_equal(outbox_get(o, id, &m, &err), 0);
	m.state = OUTBOX_FAILED;
	draft_set(&m.error, "550 no");
	assert_int_equal(outbox_update(o, &m, &err), 0);
	outbox_mail_done(&m);
	desk_pass(2500);
	ev = desk_of_kind(STORE_SEND_FAILED);
	assert_string_equal(ev->mail.subject, "Refused");
	assert_string_equal(ev->mail.err.text, "550 no");
	assert_int_equal(ev->mail.again, 0);
	store_event_free(ev);

	assert_int_equal(outbox_get(o, other, &m, &err), 0);
	m.attempts = 1;
	draft_set(&m.error, "451 later");
	assert_int_equal(outbox_update(o, &m, &err), 0);
	outbox_mail_done(&m);
	desk_pass(2500);
	ev = desk_of_kind(STORE_SEND_FAILED);
	assert_string_equal(ev->mail.subject, "Sent");
	assert_int_equal(ev->mail.again, 1); /* it will be tried again */
	store_event_free(ev);

	assert_int_equal(outbox_remove(o, other, &err), 0);
	desk_pass(2500);
	ev = desk_of_kind(STORE_SENT);
	assert_string_equal(ev->mail.id, other);
	store_event_free(ev);
	outbox_free(o);
	close(lock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WRITE_CASE(test_two_recipients_and_a_full_disk),
		WRITE_CASE(test_three_fates),
		WRITE_CASE(test_outbox_by_hand),
		WRITE_CASE(test_no_relay),
		WRITE_CASE(test_busy),
		WRITE_CASE(test_taken_back),
		WRITE_CASE(test_begin),
		WRITE_CASE(test_answer_to_many),
		WRITE_CASE(test_taken_over),
		WRITE_CASE(test_taken_over_twice),
		WRITE_CASE(test_draft_with_notes),
		WRITE_CASE(test_answer_finished_elsewhere),
		WRITE_CASE(test_draft_settled),
		WRITE_CASE(test_draft_put_aside_and_sent),
		WRITE_CASE(test_following),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

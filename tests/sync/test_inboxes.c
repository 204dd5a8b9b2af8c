/* The inboxes of several accounts as one list, without a server: what is done there is done in the
 * folder of each message, and ends as one. */
#include "base/file.h"
#include "base/mem.h"
#include "engine/engine_priv.h"
#include "tests/sync/person.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACCOUNT(name, protocol)                                                                    \
	"account " name " {\n\tfrom \"" name " <" name "@example.org>\"\n\tprotocol " protocol     \
	"\n\timap imap+insecure://test@127.0.0.1:1\n\tpop3 pop3+insecure://test@127.0.0.1:1\n"     \
	"\tsmtp smtp+insecure://test@127.0.0.1:1\n\tpassword plain \"secret\"\n}\n"

/* Mail of an account: its subjects are "NAME 1" and so on, minutes apart; the odd ones of all come
 * before the even ones. */
static void import(struct person *p, size_t account, unsigned first, unsigned n)
{
	char *path = file_join(p->home, "some.mbox");
	struct account_info info;
	struct str mbox = STR_INIT;

	engine_account(p->engine, account, &info);
	for (unsigned i = first; i < first + n; i++)
		str_addf(&mbox,
			"From x@example.org Sat Jan  3 01:05:30 2026\nFrom: x@example.org\n"
			"Subject: %s %u\nMessage-ID: <%s.%u@example.org>\n"
			"Date: Sat, 03 Jan 2026 %02u:%02u:00 +0000\n\nText %u\n\n",
			info.name, i, info.name, i, i % 2 ? 1 : 2, i * 4 + (unsigned)account, i);
	assert_int_equal(file_replace(path, mbox.p, mbox.len, 0644, NULL), 0);
	str_done(&mbox);
	done(p, engine_import(p->engine, account, path, "INBOX"));
	free(path);
}

static struct msglist *open_inboxes(struct person *p)
{
	struct msglist *l = engine_open_span(p->engine, span_row(SPAN_INBOXES));

	assert_non_null(l);
	UNTIL(p, msglist_ready(l));
	return l;
}

/* Subjects, the newest first. */
static void shows(struct person *p, struct msglist *l, const char *want)
{
	struct str s = STR_INIT;

	for (size_t row = 0; row < msglist_count(l); row++)
		str_addf(&s, "%s%s", row ? ", " : "", row_of(p, l, row).subject);
	assert_string_equal(str_c(&s), want);
	str_done(&s);
}

static struct person *two_with_mail(void)
{
	struct person *p = person_with(ACCOUNT("ann", "pop3") ACCOUNT("bob", "pop3"));

	import(p, 0, 1, 2);
	import(p, 1, 1, 2);
	return p;
}

static void one_list_of_two(void **state)
{
	struct person *p = two_with_mail();
	struct msglist *l = open_inboxes(p);
	struct message_view *v;
	struct msg_origin o;
	struct str text = STR_INIT;

	shows(p, l, "bob 2, ann 2, bob 1, ann 1");
	assert_int_equal(msglist_unread(l), 4);
	assert_string_equal(msglist_folder(l), "@inboxes");
	assert_true(msglist_origin(l, uid_of(p, l, "bob 1"), &o));
	assert_string_equal(o.account_name, "bob");
	assert_string_equal(o.folder, "INBOX");
	assert_int_equal(o.account, 1);
	assert_int_equal(o.uid, 1);
	v = read_view(p, l, uid_of(p, l, "bob 1"));
	assert_int_equal(v->uid, uid_of(p, l, "bob 1"));
	assert_string_equal(v->subject, "bob 1");
	text_plain(v->text, &text, false);
	assert_non_null(strstr(str_c(&text), "Text 1"));
	str_done(&text);
	engine_view_free(v);
	/* New mail of each comes in. */
	import(p, 0, 3, 2);
	UNTIL(p, msglist_count(l) == 6);
	shows(p, l, "ann 4, bob 2, ann 2, ann 3, bob 1, ann 1");
	engine_close(p->engine, l);
}

static void changes_go_to_each(void **state)
{
	struct person *p = two_with_mail();
	struct msglist *l = open_inboxes(p);
	uint32_t uids[2] = {uid_of(p, l, "ann 1"), uid_of(p, l, "bob 2")};

	done(p, engine_flag(p->engine, l, uids, 2, 0, MAIL_FLAGGED));
	assert_true(flags_at(l, 0) & MAIL_FLAGGED);
	assert_false(flags_at(l, 1) & MAIL_FLAGGED);
	done(p, engine_keywords(p->engine, l, uids, 2, "", "todo"));
	UNTIL(p, strcmp(row_of(p, l, 0).keywords, "todo") == 0 &&
			 strcmp(row_of(p, l, 3).keywords, "todo") == 0);
	assert_string_equal(row_of(p, l, 1).keywords, "");
	done(p, engine_delete(p->engine, l, uids, 2));
	UNTIL(p, msglist_count(l) == 2);
	shows(p, l, "ann 2, bob 1");
	/* Both, by one step; then the keywords of both, and the marks. */
	done(p, engine_undo(p->engine));
	UNTIL(p, msglist_count(l) == 4);
	done(p, engine_undo(p->engine));
	UNTIL(p, !*row_of(p, l, 0).keywords && !*row_of(p, l, 3).keywords);
	done(p, engine_undo(p->engine));
	UNTIL(p, !(flags_at(l, 0) & MAIL_FLAGGED) && !(flags_at(l, 3) & MAIL_FLAGGED));
}

/* Of several accounts; their files have other numbers when they are back. */
static void tags_come_back(void **state)
{
	struct person *p = two_with_mail();
	struct msglist *l = open_inboxes(p);
	uint32_t *uids;
	size_t n;

	msglist_tag(l, uid_of(p, l, "ann 1"), true);
	msglist_tag(l, uid_of(p, l, "bob 2"), true);
	n = msglist_tagged(l, &uids);
	assert_int_equal(n, 2);
	done(p, engine_delete(p->engine, l, uids, n));
	shows(p, l, "ann 2, bob 1");
	free(uids);
	done(p, engine_undo(p->engine));
	UNTIL(p, msglist_count(l) == 4);
	shows(p, l, "bob 2, ann 2, bob 1, ann 1");
	for (size_t row = 0; row < 4; row++)
		assert_int_equal(row_of(p, l, row).tagged, row == 0 || row == 3);
}

/* Fifty steps are kept, of however many folders each is. */
static void fifty_steps_are_kept(void **state)
{
	struct person *p = two_with_mail();
	struct msglist *l = open_inboxes(p);
	uint32_t uids[2] = {uid_of(p, l, "ann 1"), uid_of(p, l, "bob 2")};

	for (int i = 0; i < 51; i++)
		done(p, engine_flag(p->engine, l, uids, 2, i % 2 ? MAIL_FLAGGED : 0,
				i % 2 ? 0 : MAIL_FLAGGED));
	for (int i = 0; i < 50; i++)
		done(p, engine_undo(p->engine));
	ends(p, engine_undo(p->engine), EVENT_FAILED);
	UNTIL(p, flags_at(l, 0) & MAIL_FLAGGED && flags_at(l, 3) & MAIL_FLAGGED);
}

/* By words too, with what comes meanwhile. */
static void sorted_by_words(void **state)
{
	struct person *p = two_with_mail();
	struct msglist *l = open_inboxes(p);

	msglist_set_sort(l, SORT_SUBJECT, false);
	UNTIL(p, !msglist_busy(l));
	shows(p, l, "ann 1, ann 2, bob 1, bob 2");
	import(p, 0, 3, 1);
	UNTIL(p, msglist_count(l) == 5 && !msglist_busy(l));
	shows(p, l, "ann 1, ann 2, ann 3, bob 1, bob 2");
	msglist_set_sort(l, SORT_SUBJECT, true);
	shows(p, l, "bob 2, bob 1, ann 3, ann 2, ann 1");
	msglist_set_sort(l, SORT_DATE, false);
	shows(p, l, "bob 2, ann 2, ann 3, bob 1, ann 1");
	/* A list that goes meanwhile is nobody's. */
	msglist_set_sort(l, SORT_FROM, false);
	engine_close(p->engine, l);
	l = open_inboxes(p);
	shows(p, l, "bob 2, ann 2, ann 3, bob 1, ann 1");
}

/* What one part cannot do is told with the name of its account; the other is done, and that is
 * told. */
static void one_part_fails(void **state)
{
	struct person *p = two_with_mail();
	struct msglist *l = open_inboxes(p);
	uint32_t uids[2] = {uid_of(p, l, "ann 1"), uid_of(p, l, "bob 1")};
	struct event *ev;

	done(p, engine_create_folder(p->engine, 1, "Bills"));
	ev = answer(p, engine_move(p->engine, l, uids, 2, "Bills"));
	assert_int_equal(ev->kind, EVENT_FAILED);
	assert_ptr_equal(ev->list, l);
	assert_int_equal(strncmp(event_error(ev), "ann: ", 5), 0);
	assert_non_null(strstr(event_error(ev), "; bob: 1 message moved to Bills"));
	event_free(ev);
	UNTIL(p, msglist_count(l) == 3);
	shows(p, l, "bob 2, ann 2, ann 1");
	/* For the same reason: said once. */
	ev = answer(p, engine_move(p->engine, l, (uint32_t[]){uids[0], uid_of(p, l, "bob 2")}, 2,
			       "Nowhere"));
	assert_int_equal(ev->kind, EVENT_FAILED);
	assert_null(strstr(event_error(ev), "ann: "));
	assert_non_null(strstr(event_error(ev), "Nowhere"));
	event_free(ev);
	/* No message at all: it ends nevertheless. */
	event_free(answer(p, engine_delete(p->engine, l, uids, 0)));
}

static void searches_and_limits(void **state)
{
	struct person *p = two_with_mail();
	struct msglist *l = open_inboxes(p);
	struct event *ev = answer(p, engine_search(p->engine, l, "subject:1"));

	assert_int_equal(ev->kind, EVENT_FOUND);
	assert_int_equal(ev->found.n, 2);
	assert_true(ev->found.uids[0] < ev->found.uids[1]);
	event_free(ev);
	done(p, engine_limit(p->engine, l, "subject:2"));
	shows(p, l, "bob 2, ann 2");
	import(p, 0, 12, 1);
	import(p, 1, 3, 1);
	UNTIL(p, msglist_total(l) == 6 && msglist_count(l) == 3);
	shows(p, l, "ann 12, bob 2, ann 2");
	done(p, engine_limit(p->engine, l, "all"));
	assert_int_equal(msglist_count(l), 6);
	ev = answer(p, engine_search(p->engine, l, "since:nonsense"));
	assert_int_equal(ev->kind, EVENT_FAILED);
	assert_null(strstr(event_error(ev), "ann"));
	event_free(ev);
}

/* A limit that cannot be asked about new mail, and keywords that have no room. */
static void what_is_not_shown_is_told(void **state)
{
	struct person *p = two_with_mail();
	struct msglist *l = open_inboxes(p);
	static const struct {
		enum err_kind kind;
		bool told;
	} ends[] = {{ERR_GONE, false}, {ERR_CANCELLED, false}, {ERR_SYSTEM, true}};

	for (size_t i = 0; i < MEM_COUNT(ends); i++) {
		struct asked *a = engine_ask_source(p->engine, REQUEST_SEARCH, l, 0);
		struct store_event *ev = store_event_new(STORE_FAILED);
		unsigned request = a->request;

		a->extend = true;
		a->text = mem_strdup("~U");
		ev->request = request;
		err_set(&ev->failed, ends[i].kind, "it burns");
		queue_push(store_events(p->engine->store), &ev->item);
		UNTIL(p, !engine_asked(p->engine, request));
		assert_int_equal(
			strstr(person_told(), "limited list: it burns") != NULL, ends[i].told);
	}
	l->keysets_left_out = true;
	import(p, 0, 3, 1);
	UNTIL(p, msglist_count(l) == 5 && strstr(person_told(), "sets of keywords in one list"));
}

static void export_of_one_folder(void **state)
{
	struct person *p = two_with_mail();
	struct msglist *l = open_inboxes(p);
	uint32_t uids[2] = {uid_of(p, l, "bob 1"), uid_of(p, l, "ann 2")};
	char *path = kept(file_join(p->home, "out.mbox"));
	struct str out = STR_INIT;
	struct event *ev = answer(p, engine_export(p->engine, l, uids, 2, path));

	assert_int_equal(ev->kind, EVENT_FAILED);
	event_free(ev);
	ends(p, engine_export(p->engine, l, NULL, 0, path), EVENT_FAILED);
	done(p, engine_export(p->engine, l, uids, 1, path));
	assert_int_equal(file_read(path, 1 << 20, &out, NULL), 0);
	assert_non_null(strstr(str_c(&out), "Subject: bob 1"));
	assert_null(strstr(str_c(&out), "ann"));
	str_done(&out);
}

/* The account of the message writes the answer. */
static void answers_by_its_account(void **state)
{
	struct person *p = two_with_mail();
	struct msglist *l = open_inboxes(p);
	struct event *ev = answer(
		p, engine_compose(p->engine, 0, COMPOSE_REPLY, l, uid_of(p, l, "bob 1"), NULL));

	assert_int_equal(ev->kind, EVENT_DRAFT);
	assert_int_equal(ev->account, 1);
	assert_non_null(strstr(ev->draft->draft.from, "bob@example.org"));
	event_free(ev);
}

/* The switch of one account moves its rows only. */
static void one_is_switched(void **state)
{
	struct person *p = two_with_mail();
	struct msglist *l = open_inboxes(p);
	uint32_t stays = uid_of(p, l, "ann 1"), goes = uid_of(p, l, "bob 1");
	unsigned numbering = msglist_numbering(l);
	struct event *ev;

	msglist_tag(l, stays, true);
	done(p, engine_protocol(p->engine, 1, PROTOCOL_IMAP));
	UNTIL(p, msglist_count(l) == 2);
	shows(p, l, "ann 2, ann 1");
	assert_true(row_of(p, l, 1).tagged);
	assert_true(msglist_stands(l, stays, numbering));
	assert_false(msglist_stands(l, goes, numbering));
	/* What was meant before means nothing now: nothing else is deleted. */
	ev = answer(p, engine_delete(p->engine, l, &goes, 1));
	event_free(ev);
	shows(p, l, "ann 2, ann 1");
	done(p, engine_protocol(p->engine, 1, PROTOCOL_POP3));
	UNTIL(p, msglist_count(l) == 4);
	shows(p, l, "bob 2, ann 2, bob 1, ann 1");
}

/* An account whose directory is none: the others are there, and why it is not is said. */
static void one_cannot_be_opened(void **state)
{
	struct person *p = two_with_mail();
	char *dir = kept(file_join(p->home, "XDG_DATA_HOME/talaria/bob"));
	struct msglist *l;
	struct event *ev;

	stop(p);
	assert_int_equal(file_remove_tree(dir, NULL), 0);
	assert_int_equal(file_replace(dir, "", 0, 0600, NULL), 0);
	start(p, true);
	l = open_inboxes(p);
	UNTIL(p, strstr(person_told(), "bob/INBOX: "));
	shows(p, l, "ann 2, ann 1");
	done(p, engine_limit(p->engine, l, "subject:1"));
	shows(p, l, "ann 1");
	ev = answer(p, engine_drafts(p->engine, -1));
	assert_int_equal(ev->kind, EVENT_DRAFTS);
	assert_int_equal(ev->drafts.n, 0);
	event_free(ev);
	UNTIL(p, strstr(person_told(), "bob: "));
}

/* What is given up at once still ends, once. */
static void cancelled_at_once(void **state)
{
	struct person *p = two_with_mail();
	struct msglist *l = open_inboxes(p);
	unsigned request = engine_search(p->engine, l, "body:Text");
	struct event *ev;

	engine_cancel(p->engine, request);
	ev = answer(p, request);
	assert_true(ev->kind == EVENT_FOUND || ev->kind == EVENT_CANCELLED);
	event_free(ev);
	event_free(answer(p, engine_search(p->engine, l, "subject:1")));
}

static void one_account_or_none(void **state)
{
	struct person *p = person_with(ACCOUNT("ann", "pop3"));
	struct msglist *l;

	import(p, 0, 1, 2);
	l = open_inboxes(p);
	shows(p, l, "ann 2, ann 1");
	flag_one(p, l, uid_of(p, l, "ann 2"), MAIL_SEEN);
	assert_int_equal(msglist_unread(l), 1);
	person_free(p);
	p = person_with("");
	l = engine_open_span(p->engine, span_row(SPAN_INBOXES));
	assert_true(msglist_ready(l));
	assert_int_equal(msglist_count(l), 0);
	event_free(answer(p, engine_limit(p->engine, l, "subject:1")));
	engine_close(p->engine, l);
}

/* --- what parts tell of themselves --- */

static void tell(struct person *p, enum store_event_kind kind, unsigned request, uint64_t done,
	uint64_t total)
{
	struct store_event *ev = store_event_new(kind);

	ev->request = request;
	if (kind == STORE_PROGRESS)
		ev->progress =
			(struct told_progress){.done = done, .total = total, .octets = done * 10};
	queue_push(store_events(p->engine->store), &ev->item);
}

static void is_progress(struct person *p, unsigned request, uint64_t done, uint64_t total)
{
	struct event *ev = next_event(p->engine, clock_ms() + PATIENCE_MS);

	while (ev && ev->kind != EVENT_PROGRESS) {
		event_free(ev);
		ev = next_event(p->engine, clock_ms() + PATIENCE_MS);
	}
	assert_non_null(ev);
	assert_int_equal(ev->request, request);
	assert_int_equal(ev->progress.done, done);
	assert_int_equal(ev->progress.total, total);
	assert_int_equal(ev->progress.octets, done * 10);
	event_free(ev);
}

/* How far something is, is the sum of how far its parts are, also of those that are through. */
static void progress_is_the_sum(void **state)
{
	struct person *p = person_with(ACCOUNT("ann", "pop3") ACCOUNT("bob", "pop3"));
	struct asked *one = engine_ask(p->engine, REQUEST_SYNC, NULL, 0),
		     *two = engine_ask(p->engine, REQUEST_SYNC, NULL, 1);
	unsigned first = one->request, second = two->request;

	engine_join(one, two);
	tell(p, STORE_PROGRESS, first, 1, 10);
	is_progress(p, first, 1, 10);
	tell(p, STORE_PROGRESS, second, 5, 20);
	is_progress(p, first, 6, 30);
	tell(p, STORE_PROGRESS, first, 4, 12);
	is_progress(p, first, 9, 32);
	tell(p, STORE_PROGRESS, first, 12, 12);
	is_progress(p, first, 17, 32);
	tell(p, STORE_DONE, first, 0, 0);
	tell(p, STORE_PROGRESS, second, 6, 20);
	is_progress(p, first, 18, 32);
	tell(p, STORE_DONE, second, 0, 0);
	ends(p, first, EVENT_DONE);
}

/* The drafts of all accounts, each with its own; one that cannot be looked into is told. */
static void drafts_of_all(void **state)
{
	struct person *p = two_with_mail();
	struct event *ev;

	for (size_t account = 0; account < 2; account++)
		free(draft_of(p, engine_compose(p->engine, account, COMPOSE_NEW, NULL, 0, NULL)));
	ev = answer(p, engine_drafts(p->engine, -1));
	assert_int_equal(ev->kind, EVENT_DRAFTS);
	assert_int_equal(ev->drafts.n, 2);
	for (int account = 0; account < 2; account++) {
		assert_int_equal(ev->drafts.account[account], account);
		assert_non_null(
			strstr(ev->drafts.v[account].draft.from, account ? "bob@" : "ann@"));
	}
	event_free(ev);
	ev = answer(p, engine_drafts(p->engine, 1));
	assert_int_equal(ev->drafts.n, 1);
	assert_int_equal(ev->drafts.account[0], 1);
	event_free(ev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PERSON_CASE(one_list_of_two),
		PERSON_CASE(changes_go_to_each),
		PERSON_CASE(tags_come_back),
		PERSON_CASE(fifty_steps_are_kept),
		PERSON_CASE(sorted_by_words),
		PERSON_CASE(one_part_fails),
		PERSON_CASE(searches_and_limits),
		PERSON_CASE(what_is_not_shown_is_told),
		PERSON_CASE(export_of_one_folder),
		PERSON_CASE(answers_by_its_account),
		PERSON_CASE(one_is_switched),
		PERSON_CASE(one_cannot_be_opened),
		PERSON_CASE(cancelled_at_once),
		PERSON_CASE(one_account_or_none),
		PERSON_CASE(progress_is_the_sum),
		PERSON_CASE(drafts_of_all),
	};
	int failed;

	person_init();
	person_scratch();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	end_scratch();
	return failed;
}

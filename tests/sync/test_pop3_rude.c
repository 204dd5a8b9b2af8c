/* Fetching by POP3 from servers that misbehave (odd_pop3.py): each case says what the user must
 * find afterwards. */
#include "base/file.h"
#include "base/mem.h"
#include "tests/sync/popperson.h"

#include <stdio.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DAY = 86400 };

/* --- servers that lack something --- */

static void without_uidl_nothing_comes_twice(void **state)
{
	struct person *p = BY_POP3("", "fill INBOX 5", "nouidl");
	struct msglist *l = inbox_of(p, 5);

	assert_int_equal(seen("pop3 RETR"), 5);
	odd("fill INBOX 1");
	fetch(p);
	UNTIL(p, msglist_count(l) == 6);
	restart(p, false);
	l = inbox_of(p, 6);
	assert_int_equal(seen("pop3 RETR"), 6);
}

static void without_uidl_and_top_nothing_comes_twice(void **state)
{
	struct person *p = BY_POP3("", "fill INBOX 4", "nouidl", "notop");
	struct msglist *l = inbox_of(p, 4);

	fetch(p);
	assert_int_equal(msglist_count(l), 4);
	restart(p, false);
	inbox_of(p, 4);
}

static void without_uidl_namesakes_both_come(void **state)
{
	struct person *p = BY_POP3("", "nouidl",
		"mail Message-ID: <same@odd>\\r\\nDate: Mon, 6 Jan 2025 10:00:00 "
		"+0000\\r\\nSubject: one\\r\\n\\r\\nshort\\r\\n",
		"mail Message-ID: <same@odd>\\r\\nDate: Mon, 6 Jan 2025 10:00:00 "
		"+0000\\r\\nSubject: two\\r\\n\\r\\nquite a bit longer\\r\\n");
	struct msglist *l = inbox_of(p, 2);

	assert_true(find_subject(p, l, "one") >= 0 && find_subject(p, l, "two") >= 0);
	fetch(p);
	assert_int_equal(msglist_count(l), 2);
}

static void without_uidl_never_keep_empties_the_server(void **state)
{
	struct person *p = BY_POP3("\tpop3-keep never\n", "fill INBOX 3", "nouidl");

	inbox_of(p, 3);
	assert_int_equal(number("count INBOX"), 0);
}

static void without_capa_everything_comes(void **state)
{
	struct person *p = BY_POP3("", "fill INBOX 6", "rule pop3 CAPA => say -ERR what?");
	struct msglist *l = inbox_of(p, 6);

	fetch(p);
	assert_int_equal(msglist_count(l), 6);
	assert_int_equal(seen("pop3 RETR"), 6);
}

static void pipelined_everything_comes(void **state)
{
	struct person *p = BY_POP3("\tpop3-keep never\n", "pop3caps UIDL TOP USER PIPELINING",
		"fill INBOX 120", "rule x1 pop3 DELE 77 => say -ERR not this one");

	inbox_of(p, 120);
	fetch(p);
	assert_int_equal(seen("pop3 RETR"), 120);
	assert_int_equal(seen("pop3 DELE"), 121);
	assert_int_equal(number("count INBOX"), 0);
}

/* --- UIDLs --- */

static void moved_server_nothing_comes_twice(void **state)
{
	uint32_t uid;
	struct person *p = BY_POP3("", "fill INBOX 8");
	struct msglist *l = inbox_of(p, 8);

	/* One was deleted here for good, one filed elsewhere: they do not come back either. */
	uid = msglist_uid(l, 0);
	delete_one(p, l, uid);
	UNTIL(p, msglist_count(l) == 7);
	odd("new-uidls", "fill INBOX 1");
	fetch(p);
	UNTIL(p, msglist_count(l) == 8);
	fetch(p);
	assert_int_equal(msglist_count(l), 8);
	assert_int_equal(seen("pop3 RETR"), 9);
}

static void moved_server_and_a_dropped_link(void **state)
{
	struct msglist *l;
	struct person *p = BY_POP3("", "fill INBOX 30");

	inbox_of(p, 30);
	stop(p);
	odd("new-uidls", "rule x1 pop3 TOP 12 => torn 20");
	start(p, false);
	l = open_folder(p, "INBOX");
	UNTIL_SERVER(p, seen("pop3 TOP 12"));
	event_free(answer(p, engine_sync(p->engine, 0)));
	fetch(p);
	assert_int_equal(msglist_count(l), 30);
	/* The one whose TOP ended the connection was fetched to be recognised. */
	assert_int_equal(seen("pop3 RETR"), 31);
}

static void uidls_of_every_session_anew(void **state)
{
	struct person *p = BY_POP3("", "fill INBOX 5");
	struct msglist *l = inbox_of(p, 5);

	for (int i = 0; i < 3; i++) {
		odd("new-uidls");
		fetch(p);
		assert_int_equal(msglist_count(l), 5);
	}
	assert_int_equal(seen("pop3 RETR"), 5);
}

static void moved_server_without_top(void **state)
{
	struct person *p = BY_POP3("", "notop", "fill INBOX 5");
	struct msglist *l = inbox_of(p, 5);

	odd("new-uidls");
	fetch(p);
	fetch(p);
	assert_int_equal(msglist_count(l), 5);
}

static void empty_list_forgets_nothing(void **state)
{
	struct person *p = BY_POP3("", "fill INBOX 4");
	struct msglist *l = inbox_of(p, 4);

	odd("rule pop3 (LIST|UIDL) => say +OK\\r\\n.");
	fetch(p);
	odd("norules");
	fetch(p);
	assert_int_equal(msglist_count(l), 4);
	assert_int_equal(seen("pop3 RETR"), 4);
}

static void dele_refused_and_moved_elsewhere_does_not_come_back(void **state)
{
	struct person *p = BY_POP3("\tpop3-keep never\n", "fill INBOX 2",
		"rule pop3 DELE => say -ERR [SYS/TEMP] not now");
	struct msglist *l = inbox_of(p, 2);
	uint32_t uid = msglist_uid(l, 0);

	archive_one(p, l, uid);
	UNTIL(p, msglist_count(l) == 1);
	fetch(p);
	assert_int_equal(msglist_count(l), 1);
	odd("norules");
	fetch(p);
	assert_int_equal(number("count INBOX"), 0);
	assert_int_equal(seen("pop3 RETR"), 2);
}

/* --- what messages look like on the wire --- */

static void dots_are_as_they_were(void **state)
{
	struct person *p = BY_POP3("",
		"mail Subject: "
		"dots\\r\\n\\r\\nbegin\\r\\n.\\r\\n..two\\r\\n.one\\r\\n...\\r\\nend\\r\\n");
	struct msglist *l = inbox_of(p, 1);

	shows(p, l, 0, "begin\n.\n..two\n.one\n...\nend");
}

static void line_of_a_megabyte_comes_whole(void **state)
{
	struct person *p = BY_POP3("", "long wide 1000000", "fill INBOX 1");
	struct msglist *l = inbox_of(p, 2);

	shows(p, l, (size_t)find_subject(p, l, "wide"), "the end");
}

static void octets_of_any_kind_come(void **state)
{
	struct msglist *l;
	struct person *p = BY_POP3("",
		"mail Subject: odd\\r\\n\\r\\n\\x80\\xff bare\\nlf and\\rcr \\x01\\r\\nthe end");

	odd("rule pop3 RETR => before +OK", "norules");
	l = open_folder(p, "INBOX");
	/* The last line has no end, so that the dot that ends the message cannot be seen. */
	watch(p, 200);
	assert_int_equal(msglist_count(l), 0);
	odd("cut", "gone INBOX 1",
		"mail Subject: odd\\r\\n\\r\\n\\x80\\xff bare\\nlf and\\rcr \\x01\\r\\nthe "
		"end\\r\\n");
	fetch(p);
	UNTIL(p, msglist_count(l) == 1);
	shows(p, l, 0, "the end");
}

static void nonsense_instead_of_an_answer(void **state)
{
	struct person *p = BY_POP3("\tpop3-keep never\n", "fill INBOX 3",
		"rule x1 pop3 RETR 2 => say HTTP/1.1 200 OK");
	struct msglist *l = open_folder(p, "INBOX");

	UNTIL_SERVER(p, seen("pop3 RETR 2"));
	event_free(answer(p, engine_sync(p->engine, 0)));
	fetch(p);
	UNTIL(p, msglist_count(l) == 3);
	assert_int_equal(number("count INBOX"), 0);
}

/* --- refusals with a code --- */

static void refused_for_now(const char *code)
{
	char *rule = text_of("rule pop3 PASS => say -ERR %s please wait", code);
	struct person *p = BY_POP3("", "reset", "fill INBOX 2", rule);

	UNTIL(p, state_of(p) == STATE_WAITING);
	has(reason(p), "please wait");
	odd("norules");
	engine_retry(p->engine);
	open_with(p, "INBOX", 2);
	person_free(p);
}

static void login_delay_waits(void **state)
{
	refused_for_now("[LOGIN-DELAY]");
}

static void trouble_for_now_waits(void **state)
{
	refused_for_now("[SYS/TEMP]");
}

static void refused_for_good(const char *code)
{
	char *rule = text_of("rule pop3 PASS => say -ERR %s go away", code);
	struct person *p = BY_POP3("", "reset", rule);

	UNTIL(p, state_of(p) == STATE_FAILED);
	has(reason(p), "go away");
	watch(p, 1200);
	assert_int_equal(seen("pop3 PASS"), 1);
	person_free(p);
}

static void wrong_password_is_told_once(void **state)
{
	refused_for_good("[AUTH]");
}

static void trouble_for_good_is_told_once(void **state)
{
	refused_for_good("[SYS/PERM]");
}

static void apop_is_never_chosen(void **state)
{
	struct person *p = BY_POP3(
		"", "greeting pop3 +OK POP3 <1896.697170952@dbc.mtview.ca.us>", "fill INBOX 1");

	inbox_of(p, 1);
	assert_int_equal(seen("APOP"), 0);
	assert_true(seen("pop3 PASS") > 0);
}

/* --- how long mail stays --- */

static void days_count_from_the_download(void **state)
{
	struct person *p = BY_POP3("\tpop3-keep 2d\n", "fill INBOX 3");

	inbox_of(p, 3);
	stop(p);
	put_clock(2 * DAY - 60);
	start(p, false);
	odd("fill INBOX 1");
	inbox_of(p, 4);
	assert_int_equal(number("count INBOX"), 4);
	stop(p);
	put_clock(2 * DAY + 1);
	start(p, false);
	inbox_of(p, 4);
	/* The one that came later stays. */
	assert_int_equal(number("count INBOX"), 1);
}

static void clock_that_leaps_deletes_nothing(void **state)
{
	struct person *p = BY_POP3("\tpop3-keep 14d\n", "fill INBOX 3");

	inbox_of(p, 3);
	put_clock(20000LL * DAY);
	fetch(p);
	fetch(p);
	assert_int_equal(number("count INBOX"), 3);
	assert_int_equal(seen("pop3 DELE"), 0);
}

static void clock_put_back_counts_anew(void **state)
{
	struct person *p;

	odd("fill INBOX 3");
	put_clock(4000LL * DAY);
	p = by_pop3("\tpop3-keep 14d\n");
	inbox_of(p, 3);
	stop(p);
	put_clock(0);
	start(p, false);
	fetch(p);
	assert_int_equal(number("count INBOX"), 3);
	stop(p);
	put_clock(15LL * DAY);
	start(p, false);
	fetch(p);
	assert_int_equal(number("count INBOX"), 0);
}

static void purge(struct person *p)
{
	struct msglist *l = open_folder(p, "INBOX"), *trash;
	uint32_t uid = msglist_uid(l, 1);

	delete_one(p, l, uid);
	fetch(p);
	assert_int_equal(number("count INBOX"), 3); /* it is in Trash: it may be wanted back */
	trash = open_with(p, "Trash", 1);
	uid = msglist_uid(trash, 0);
	delete_one(p, trash, uid);
	UNTIL(p, msglist_count(trash) == 0);
}

static void purged_here_goes_there(void **state)
{
	struct person *p = BY_POP3("\tpop3-delete-with-local yes\n", "fill INBOX 3");

	inbox_of(p, 3);
	purge(p);
	restart(p, false);
	inbox_of(p, 2);
	assert_int_equal(number("count INBOX"), 2);
	assert_int_equal(seen("pop3 DELE"), 1);
}

static void purged_here_stays_there(void **state)
{
	struct person *p = BY_POP3("", "fill INBOX 3");

	inbox_of(p, 3);
	purge(p);
	restart(p, false);
	inbox_of(p, 2);
	assert_int_equal(number("count INBOX"), 3);
	assert_int_equal(seen("pop3 DELE"), 0);
}

/* Another program gave the file a name of its own: what it is tells the identity, where one message
 * alone has it. */
static void purged_under_another_name(const char *message, int left)
{
	struct str dir = STR_INIT, from = STR_INIT, to = STR_INIT;
	const struct dirent *e;
	struct msglist *l, *trash;
	struct person *p;
	uint32_t uid;
	DIR *d;

	odd("reset", message, "fill INBOX 1", message);
	p = by_pop3("\tpop3-delete-with-local yes\n");
	l = inbox_of(p, 3);
	stop(p);
	str_addf(&dir, "%s/XDG_DATA_HOME/talaria/test/mail/new", p->home);
	d = opendir(dir.p);
	assert_non_null(d);
	for (int i = 0; (e = readdir(d));) {
		if (e->d_name[0] == '.')
			continue;
		str_clear(&from);
		str_clear(&to);
		str_addf(&from, "%s/%s", dir.p, e->d_name);
		str_addf(&to, "%s/%d.renamed", dir.p, ++i);
		assert_int_equal(rename(from.p, to.p), 0);
	}
	closedir(d);
	start(p, false);
	l = inbox_of(p, 3);
	uid = msglist_uid(l, (size_t)find_subject(p, l, "Message 1"));
	delete_one(p, l, uid);
	uid = msglist_uid(l, (size_t)find_subject(p, l, "same"));
	delete_one(p, l, uid);
	trash = open_with(p, "Trash", 2);
	for (int i = 0; i < 2; i++) {
		uid = msglist_uid(trash, 0);
		delete_one(p, trash, uid);
	}
	fetch(p);
	assert_int_equal(number("count INBOX"), left);
	str_done(&dir);
	str_done(&from);
	str_done(&to);
	person_free(p);
}

static void purged_with_a_foreign_name(void **state)
{
	/* Of two that are the same none goes: the other one is still here. */
	purged_under_another_name(
		"mail Subject: same\\r\\nMessage-ID: <same@x>\\r\\n\\r\\nx\\r\\n", 2);
}

/* --- large mail --- */

static struct person *with_large(struct msglist **l, const char *more)
{
	char *options = text_of("\tpop3-max 10k\n%s", more);
	struct person *p = BY_POP3(options, "fill INBOX 1", "big large 50000");

	*l = inbox_of(p, 2);
	return p;
}

static void large_mail_comes_as_its_beginning(void **state)
{
	struct msglist *l;
	struct person *p = with_large(&l, "\tpop3-keep never\n");
	size_t row = (size_t)find_subject(p, l, "large");

	shows(p, l, row, "Only the beginning is here; the message has 5");
	shows(p, l, row, "line 00010");
	shows_not(p, l, row, "the end");
	shows_not(p, l, row, "X-Talaria");
	assert_true(row_of(p, l, row).size > 50000);
	/* The whole is on the server alone: there it stays. */
	assert_int_equal(number("count INBOX"), 1);
	fetch(p);
	assert_int_equal(number("count INBOX"), 1);
	assert_int_equal(seen("pop3 RETR"), 1);
}

static void large_mail_is_completed_on_demand(void **state)
{
	struct msglist *l;
	struct person *p = with_large(&l, "\tpop3-keep never\n");
	size_t row = (size_t)find_subject(p, l, "large");
	uint32_t uid = msglist_uid(l, row);

	flag_one(p, l, uid, MAIL_FLAGGED);
	done(p, engine_whole(p->engine, l, uid));
	assert_int_equal(msglist_count(l), 2);
	row = (size_t)msglist_find(l, uid);
	assert_true(flags_at(l, row) & MAIL_FLAGGED);
	shows(p, l, row, "the end");
	shows_not(p, l, row, "Only the beginning");
	fetch(p);
	assert_int_equal(number("count INBOX"), 0);
	assert_int_equal(msglist_count(l), 2);
	fails(p, engine_whole(p->engine, l, uid), "is here already");
	stop(p);
	assert_int_equal(file_remove_tree(getenv("XDG_CACHE_HOME"), NULL), 0);
	start(p, false);
	l = inbox_of(p, 2);
	shows(p, l, (size_t)find_subject(p, l, "large"), "the end");
}

static void beginning_is_known_without_any_cache(void **state)
{
	struct msglist *l;
	size_t row;
	struct person *p = with_large(&l, "\tpop3-keep never\n");

	stop(p);
	assert_int_equal(file_remove_tree(getenv("XDG_CACHE_HOME"), NULL), 0);
	start(p, false);
	l = inbox_of(p, 2);
	row = (size_t)find_subject(p, l, "large");
	shows(p, l, row, "Only the beginning is here");
	assert_true(row_of(p, l, row).size > 50000);
	assert_int_equal(number("count INBOX"), 1);
	done(p, engine_whole(p->engine, l, msglist_uid(l, row)));
	shows(p, l, (size_t)find_subject(p, l, "large"), "the end");
	assert_int_equal(msglist_count(l), 2);
}

static void dropped_while_it_is_completed(void **state)
{
	struct msglist *l;
	struct person *p = with_large(&l, "\tpop3-keep never\n");
	uint32_t uid = msglist_uid(l, (size_t)find_subject(p, l, "large"));

	odd("rule x1 pop3 RETR 1 => torn 9000");
	{
		struct event *ev = answer(p, engine_whole(p->engine, l, uid));

		assert_int_equal(ev->kind, EVENT_FAILED);
		event_free(ev);
	}
	shows(p, l, (size_t)msglist_find(l, uid), "Only the beginning is here");
	event_free(answer(p, engine_sync(p->engine, 0)));
	fetch(p);
	assert_int_equal(number("count INBOX"), 1);
	done(p, engine_whole(p->engine, l, uid));
	shows(p, l, (size_t)msglist_find(l, uid), "the end");
	assert_int_equal(msglist_count(l), 2);
}

static void large_mail_that_has_gone_is_told(void **state)
{
	struct msglist *l;
	struct person *p = with_large(&l, "");
	uint32_t uid = msglist_uid(l, (size_t)find_subject(p, l, "large"));

	odd("gone INBOX 2");
	fails(p, engine_whole(p->engine, l, uid), "no more");
	shows(p, l, (size_t)msglist_find(l, uid), "line 00010");
}

static void another_mail_in_its_place_changes_nothing(void **state)
{
	struct msglist *l;
	uint32_t uid;
	struct person *p = with_large(&l, "\tpop3-keep never\n");

	odd("big other 60000");
	fetch(p);
	UNTIL(p, msglist_count(l) == 3);
	uid = msglist_uid(l, (size_t)find_subject(p, l, "large"));
	odd("swap 1 2");
	fails(p, engine_whole(p->engine, l, uid), "another message in its place");
	shows(p, l, (size_t)msglist_find(l, uid), "Only the beginning is here");
	assert_int_equal(number("count INBOX"), 2);
}

static void large_mail_without_top_comes_whole(void **state)
{
	struct msglist *l;
	struct person *p;

	odd("notop");
	p = with_large(&l, "");
	shows(p, l, (size_t)find_subject(p, l, "large"), "the end");
}

static void large_mail_comes_whole_when_top_is_refused(void **state)
{
	struct msglist *l;
	struct person *p;

	odd("rule pop3 TOP => say -ERR no");
	p = with_large(&l, "\tpop3-keep never\n");
	shows(p, l, (size_t)find_subject(p, l, "large"), "the end");
	assert_int_equal(number("count INBOX"), 0);
}

static void large_mail_on_a_moved_server(void **state)
{
	struct msglist *l;
	uint32_t uid;
	struct person *p = with_large(&l, "\tpop3-keep 5d\n");

	odd("new-uidls");
	fetch(p);
	assert_int_equal(msglist_count(l), 2);
	uid = msglist_uid(l, (size_t)find_subject(p, l, "large"));
	done(p, engine_whole(p->engine, l, uid));
	shows(p, l, (size_t)msglist_find(l, uid), "the end");
	assert_int_equal(msglist_count(l), 2);
	assert_int_equal(number("count INBOX"), 2);
}

static void mail_cannot_pretend_to_be_a_beginning(void **state)
{
	struct msg_row r;
	struct person *p =
		BY_POP3("\tpop3-keep never\n", "mail X-Talaria-Beginning-Of: 9000000 "
					       "0123456789abcdef0123456789abcdef\\r\\nSubject: "
					       "false\\r\\n\\r\\nall of it\\r\\n");
	struct msglist *l = inbox_of(p, 1);

	r = row_of(p, l, 0);
	assert_true(r.size < 1000);
	shows(p, l, 0, "all of it");
	shows_not(p, l, 0, "Only the beginning");
	assert_int_equal(number("count INBOX"), 0);
}

static void beginning_is_not_passed_on_as_the_whole(void **state)
{
	struct msglist *l;
	struct person *p = with_large(&l, "\tpop3-delete-with-local yes\n");
	uint32_t uid = msglist_uid(l, (size_t)find_subject(p, l, "large"));

	fails(p, engine_compose(p->engine, 0, COMPOSE_FORWARD, l, uid, NULL), ":whole");
	fails(p, engine_copy(p->engine, l, &uid, 1, "Archive"), "");
	/* Thrown away here, it still is on the server, and does not come again by itself. */
	delete_one(p, l, uid);
	l = open_with(p, "Trash", 1);
	uid = msglist_uid(l, 0);
	delete_one(p, l, uid);
	fetch(p);
	assert_int_equal(number("count INBOX"), 2);
	l = open_folder(p, "INBOX");
	assert_int_equal(msglist_count(l), 1);
}

/* --- stopping --- */

static void stopped_between_messages_keeps_what_came(void **state)
{
	struct event *ev;
	unsigned request;
	int came;
	struct person *p = by_pop3("");
	struct msglist *l = inbox_of(p, 0);

	odd("fill INBOX 60", "rule pop3 RETR 30 => stall");
	request = engine_sync(p->engine, 0);
	UNTIL_SERVER(p, seen("pop3 RETR 30"));
	engine_cancel(p->engine, request);
	odd("norules", "cut");
	ev = answer(p, request);
	assert_int_not_equal(ev->kind, EVENT_DONE);
	event_free(ev);
	UNTIL(p, msglist_count(l) == 30);
	came = seen("pop3 RETR");
	assert_int_equal(came, 31);
	fetch(p);
	UNTIL(p, msglist_count(l) == 60);
	assert_int_equal(seen("pop3 RETR"), 61);
}

/* Nothing comes any more, and nobody waits for it. */
static void a_session_that_stalls_is_stopped(void **state)
{
	unsigned request;
	struct person *p = by_pop3("");
	struct msglist *l = inbox_of(p, 0);

	odd("fill INBOX 60", "rule x1 pop3 RETR 30 => stall");
	request = engine_sync(p->engine, 0);
	UNTIL_SERVER(p, seen("pop3 RETR 30"));
	engine_cancel(p->engine, request);
	ends(p, request, EVENT_CANCELLED);
	UNTIL(p, msglist_count(l) >= 29);
	fetch(p);
	UNTIL(p, msglist_count(l) == 60);
}

static void stop_ends_the_fetch_in_order(void **state)
{
	unsigned request;
	struct person *p = by_pop3("\tpop3-keep never\n");
	struct msglist *l = inbox_of(p, 0);

	odd("fill INBOX 60", "hold 20");
	request = engine_sync(p->engine, 0);
	UNTIL_SERVER(p, seen("pop3 RETR 20"));
	engine_cancel(p->engine, request);
	event_free(answer(p, engine_drafts(p->engine, 0))); /* the disk thread has heard of it */
	odd("release");
	ends(p, request, EVENT_CANCELLED);
	/* What came is here, and nothing goes on the server in such a session. */
	UNTIL(p, msglist_count(l) == 41);
	assert_int_equal(seen("pop3 RETR"), 41);
	assert_int_equal(number("count INBOX"), 60);
	assert_true(state_of(p) != STATE_FAILED && state_of(p) != STATE_WAITING);
	fetch(p);
	UNTIL(p, msglist_count(l) == 60);
	assert_int_equal(seen("pop3 RETR"), 60);
	assert_int_equal(number("count INBOX"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		POP_CASE(without_uidl_nothing_comes_twice),
		POP_CASE(without_uidl_and_top_nothing_comes_twice),
		POP_CASE(without_uidl_namesakes_both_come),
		POP_CASE(without_uidl_never_keep_empties_the_server),
		POP_CASE(without_capa_everything_comes),
		POP_CASE(pipelined_everything_comes),
		POP_CASE(moved_server_nothing_comes_twice),
		POP_CASE(moved_server_and_a_dropped_link),
		POP_CASE(uidls_of_every_session_anew),
		POP_CASE(moved_server_without_top),
		POP_CASE(empty_list_forgets_nothing),
		POP_CASE(dele_refused_and_moved_elsewhere_does_not_come_back),
		POP_CASE(dots_are_as_they_were),
		POP_CASE(line_of_a_megabyte_comes_whole),
		POP_CASE(octets_of_any_kind_come),
		POP_CASE(nonsense_instead_of_an_answer),
		POP_CASE(login_delay_waits),
		POP_CASE(trouble_for_now_waits),
		POP_CASE(wrong_password_is_told_once),
		POP_CASE(trouble_for_good_is_told_once),
		POP_CASE(apop_is_never_chosen),
		POP_CASE(days_count_from_the_download),
		POP_CASE(clock_that_leaps_deletes_nothing),
		POP_CASE(clock_put_back_counts_anew),
		POP_CASE(purged_here_goes_there),
		POP_CASE(purged_here_stays_there),
		POP_CASE(purged_with_a_foreign_name),
		POP_CASE(large_mail_comes_as_its_beginning),
		POP_CASE(large_mail_is_completed_on_demand),
		POP_CASE(beginning_is_known_without_any_cache),
		POP_CASE(dropped_while_it_is_completed),
		POP_CASE(large_mail_that_has_gone_is_told),
		POP_CASE(another_mail_in_its_place_changes_nothing),
		POP_CASE(large_mail_without_top_comes_whole),
		POP_CASE(large_mail_comes_whole_when_top_is_refused),
		POP_CASE(large_mail_on_a_moved_server),
		POP_CASE(mail_cannot_pretend_to_be_a_beginning),
		POP_CASE(beginning_is_not_passed_on_as_the_whole),
		POP_CASE(stopped_between_messages_keeps_what_came),
		POP_CASE(a_session_that_stalls_is_stopped),
		POP_CASE(stop_ends_the_fetch_in_order),
	};

	return ODD_RUN_ON("odd_pop3.py", tests);
}

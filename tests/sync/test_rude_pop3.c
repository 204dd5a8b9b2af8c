/* The engine against POP3 servers that misbehave (odd.py): each case
 * says what the user must find afterwards. */
#include "tests/sync/odd.h"

#include <stdlib.h>
#include <string.h>

static void pop3_in_use_waits(void **state)
{
	struct person *p = BY_POP3("", "fill INBOX 3",
		"rule pop3 PASS => say -ERR [IN-USE] locked by another session");

	UNTIL(p, state_of(p) == STATE_WAITING);
	has(reason(p), "locked by another session");
	odd("norules");
	engine_retry(p->engine);
	open_with(p, "INBOX", 3);
}

static void pop3_break_loses_and_doubles_nothing(void **state)
{
	struct msglist *l;
	struct person *p =
		BY_POP3("\tpop3-keep never\n", "fill INBOX 10", "rule x1 pop3 RETR 4 => torn 100");

	UNTIL_SERVER(p, seen("pop3 RETR 4"));
	l = open_with(p, "INBOX", 6);
	assert_int_equal(seen("pop3 DELE"), 0);
	assert_int_equal(number("count INBOX"), 10);
	/* The first may still be part of the session that broke. */
	event_free(answer(p, engine_sync(p->engine, 0)));
	done(p, engine_sync(p->engine, 0));
	UNTIL(p, msglist_count(l) == 10);
	all_subjects_once(p, l, 10);
	assert_int_equal(seen("pop3 RETR"), 11);
	assert_int_equal(number("count INBOX"), 0);
}

/* As by IMAP: the rest is fetched after a second, not after a minute, and the status says when. */
static void pop3_break_is_followed_by_another_try(void **state)
{
	struct msglist *l;
	struct person *p = BY_POP3("", "fill INBOX 10", "rule x1 pop3 RETR 4 => torn 100");

	UNTIL(p, state_of(p) == STATE_WAITING);
	has(reason(p), "connection");
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) == 10 && state_of(p) == STATE_ONLINE);
	all_subjects_once(p, l, 10);
}

static void pop3_odd_uidls_fetch_each_once(void **state)
{
	struct person *p = BY_POP3("\tpop3-keep never\n", "fill INBOX 7", "uidl 2 2 same",
		"uidl 3 3 same",
		"uidl 4 4 "
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		"uidl 5 ", "uidl 6 99 u-other");
	struct msglist *l = open_folder(p, "INBOX");

	done(p, engine_sync(p->engine, 0));
	UNTIL(p, msglist_count(l) == 7);
	done(p, engine_sync(p->engine, 0));
	done(p, engine_sync(p->engine, 0));
	assert_int_equal(msglist_count(l), 7);
	all_subjects_once(p, l, 7);
	restart(p, false);
	l = open_folder(p, "INBOX");
	done(p, engine_sync(p->engine, 0));
	assert_int_equal(msglist_count(l), 7);
}

static void pop3_wrong_sizes_cost_nothing(void **state)
{
	struct message_view *v;
	struct person *p = BY_POP3("", "fill INBOX 3",
		"rule pop3 LIST => say +OK\\r\\n1 1\\r\\n2 4294967295\\r\\n3 0\\r\\n"
		"77 5\\r\\n18446744073709551617 1\\r\\n.");
	struct msglist *l = open_folder(p, "INBOX");

	event_free(answer(p, engine_sync(p->engine, 0)));
	/* Number 77 is nothing but a line of the list: its row says so. */
	UNTIL(p, msglist_count(l) == 4);
	for (int i = 1; i <= 3; i++) {
		char *subject = text_of("Message %d", i);

		assert_true(find_subject(p, l, subject) >= 0);
	}
	v = read_view(p, l, msglist_uid(l, 0));
	engine_view_free(v);
	event_free(answer(p, engine_sync(p->engine, 0)));
	assert_int_equal(msglist_count(l), 4);
}

static void pop3_quit_refused_forgets_nothing(void **state)
{
	struct person *p = BY_POP3("\tpop3-keep never\n", "fill INBOX 5",
		"rule x1 pop3 QUIT => say -ERR some messages not removed");
	struct msglist *l = open_with(p, "INBOX", 5);

	UNTIL_SERVER(p, seen("pop3 QUIT"));
	watch(p, 200);
	assert_int_equal(number("count INBOX"), 5);
	done(p, engine_sync(p->engine, 0));
	assert_int_equal(seen("pop3 RETR"), 5);
	assert_int_equal(msglist_count(l), 5);
	assert_int_equal(number("count INBOX"), 0);
}

static void pop3_refused_dele_fetches_nothing_again(void **state)
{
	struct person *p = BY_POP3(
		"\tpop3-keep never\n", "fill INBOX 5", "rule pop3 DELE 2 => say -ERR not this one");
	struct msglist *l = open_with(p, "INBOX", 5);

	event_free(answer(p, engine_sync(p->engine, 0)));
	UNTIL_SERVER(p, number("count INBOX") == 1);
	event_free(answer(p, engine_sync(p->engine, 0)));
	assert_int_equal(seen("pop3 RETR"), 5);
	assert_int_equal(msglist_count(l), 5);
	all_subjects_once(p, l, 5);
}

static void pop3_login_refused_is_told(void **state)
{
	struct person *p = BY_POP3("", "password another");

	UNTIL(p, state_of(p) == STATE_FAILED);
	has(reason(p), "wrong password");
	watch(p, 1500);
	assert_int_equal(seen("pop3 PASS"), 1);
	fails(p, engine_sync(p->engine, 0), "");
}

static void pop3_asked_for_is_not_asked_twice(void **state)
{
	int before;
	struct person *p = BY_POP3("", "fill INBOX 3");

	engine_set_offline(p->engine, true);
	UNTIL(p, state_of(p) == STATE_OFFLINE);
	before = seen("pop3 UIDL$");
	/* As "talaria sync" begins. */
	engine_set_offline(p->engine, false);
	done(p, engine_sync(p->engine, 0));
	watch(p, 1500);
	assert_int_equal(seen("pop3 UIDL$"), before + 1);
}

static size_t unread_in_inbox(struct person *p)
{
	int i = engine_find_folder(p->engine, 0, "INBOX");
	struct folder_info inbox;

	if (i < 0)
		return 0;
	engine_folder(p->engine, 0, (size_t)i, &inbox);
	return inbox.unread;
}

static void pop3_counts_while_it_fetches(void **state)
{
	struct person *p = BY_POP3("", "fill INBOX 20", "drip 1");

	UNTIL(p, unread_in_inbox(p) > 0);
	assert_true(unread_in_inbox(p) < 20);
	odd("drip 0");
	UNTIL(p, unread_in_inbox(p) == 20);
}

/* Whoever types the password need not ask for mail as well. */
static void pop3_typed_password_fetches(void **state)
{
	struct person *p;

	odd("fill INBOX 3");
	p = by_password("pop3", "ask");
	event_of_kind(p, EVENT_PASSWORD);
	engine_password(p->engine, 0, "secret");
	open_with(p, "INBOX", 3);
}

/* "Connect now" in the middle of a session is no reason to break it off. */
static void pop3_retry_breaks_no_session(void **state)
{
	struct person *p = BY_POP3("\tpop3-keep never\n", "fill INBOX 200");
	struct msglist *l = open_folder(p, "INBOX");

	while (!seen("pop3 QUIT")) {
		engine_retry(p->engine);
		event_free(next_event(p->engine, clock_ms() + 1));
	}
	UNTIL(p, msglist_count(l) == 200);
	UNTIL_SERVER(p, number("count INBOX") == 0);
	assert_int_equal(seen("pop3 RETR"), 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ODD_CASE(pop3_in_use_waits),
		ODD_CASE(pop3_break_loses_and_doubles_nothing),
		ODD_CASE(pop3_break_is_followed_by_another_try),
		ODD_CASE(pop3_odd_uidls_fetch_each_once),
		ODD_CASE(pop3_wrong_sizes_cost_nothing),
		ODD_CASE(pop3_quit_refused_forgets_nothing),
		ODD_CASE(pop3_refused_dele_fetches_nothing_again),
		ODD_CASE(pop3_login_refused_is_told),
		ODD_CASE(pop3_asked_for_is_not_asked_twice),
		ODD_CASE(pop3_counts_while_it_fetches),
		ODD_CASE(pop3_typed_password_fetches),
		ODD_CASE(pop3_retry_breaks_no_session),
	};

	return ODD_RUN(tests);
}

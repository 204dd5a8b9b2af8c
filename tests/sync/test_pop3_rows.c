/*
 * Messages that a POP3 server does not give (odd_pop3.py): each costs one row, which says why, and
 * nothing else.
 */
#include "base/file.h"
#include "base/mem.h"
#include "tests/sync/popperson.h"

#include <stdlib.h>
#include <string.h>

enum { HOUR = 3600, MESSAGES = 4 };

static const struct bad_way {
	const char *action, *words;
} ways[] = {
	{"say -ERR [SYS/PERM] cannot read it", "cannot read it"},
	{"cut", "cannot be fetched: "},
	{"say HTTP/1.1 200 OK", "cannot be understood"},
	{"torn 20", "cannot be fetched: "},
};

/* Rows that say why, and others. */
static size_t bad_rows(struct msglist *l)
{
	size_t n = 0;

	for (size_t i = 0; i < msglist_count(l); i++)
		n += (flags_at(l, i) & MAIL_PLACEHOLDER) != 0;
	return n;
}

static size_t a_bad_row(struct msglist *l)
{
	size_t i = 0;

	while (i < msglist_count(l) && !(flags_at(l, i) & MAIL_PLACEHOLDER))
		i++;
	assert_true(i < msglist_count(l));
	return i;
}

static int count_in_server(void)
{
	return number("count INBOX");
}

/* A mailbox of MESSAGES, of which bad (a regular expression of numbers) cannot be had. */
static void refused_and_given(const struct bad_way *way, const char *bad, size_t nbad)
{
	char *rule = text_of("rule pop3 RETR (%s)$ => %s", bad, way->action);
	int asked;
	struct person *p = BY_POP3("\tpop3-keep never\n", "reset", "fill INBOX 4", rule);
	struct msglist *l = inbox_of(p, MESSAGES);

	assert_int_equal(bad_rows(l), nbad);
	has(row_of(p, l, a_bad_row(l)).subject, way->words);
	/* The others are here, and went there. */
	assert_int_equal(count_in_server(), nbad);
	asked = seen("pop3 RETR");
	fetch(p);
	assert_int_equal(seen("pop3 RETR"), asked);
	restart(p, false);
	l = inbox_of(p, MESSAGES);
	assert_int_equal(bad_rows(l), nbad);
	assert_int_equal(seen("pop3 RETR"), asked);
	odd("norules");
	put_clock(HOUR);
	fetch(p);
	UNTIL(p, msglist_count(l) == MESSAGES && bad_rows(l) == 0);
	all_subjects_once(p, l, MESSAGES);
	assert_int_equal(count_in_server(), 0);
	put_clock(0);
	person_free(p);
}

static void one_way(const struct bad_way *way)
{
	refused_and_given(way, "1", 1);
	refused_and_given(way, "4", 1);
	refused_and_given(way, "1|3", 2);
	refused_and_given(way, "1|2|3|4", 4);
}

static void refused(void **state)
{
	one_way(&ways[0]);
}

static void ends_the_connection(void **state)
{
	one_way(&ways[1]);
}

static void answered_with_rubbish(void **state)
{
	one_way(&ways[2]);
}

static void torn_in_the_middle(void **state)
{
	one_way(&ways[3]);
}

static void refused_with_pipelining(void **state)
{
	struct person *p = BY_POP3("\tpop3-keep never\n", "pop3caps UIDL TOP USER PIPELINING",
		"fill INBOX 60", "rule pop3 RETR (1|30)$ => cut");
	struct msglist *l = inbox_of(p, 60);

	assert_int_equal(bad_rows(l), 2);
	assert_int_equal(count_in_server(), 2);
}

static void link_that_breaks_once_makes_no_row(void **state)
{
	struct person *p = BY_POP3("", "fill INBOX 4", "rule x1 pop3 RETR 3 => cut");
	struct msglist *l = inbox_of(p, 4);

	assert_int_equal(bad_rows(l), 0);
	assert_null(strstr(person_told(), "cannot be fetched"));
}

static void still_refused_after_an_hour(void **state)
{
	uint32_t uid;
	struct person *p = BY_POP3("", "fill INBOX 3", "rule pop3 RETR 2 => cut");
	struct msglist *l = inbox_of(p, 3);

	assert_int_equal(seen("pop3 RETR 2"), 2);
	uid = msglist_uid(l, a_bad_row(l));
	put_clock(HOUR - PATIENCE_MS / 1000); /* the clock goes on meanwhile */
	fetch(p);
	assert_int_equal(seen("pop3 RETR 2"), 2);
	put_clock(HOUR);
	odd("norules", "rule pop3 RETR 2 => say -ERR not today");
	fetch(p);
	assert_int_equal(seen("pop3 RETR 2"), 3);
	fetch(p);
	assert_int_equal(seen("pop3 RETR 2"), 3);
	/* The same row, with what was said last. */
	assert_int_equal(msglist_uid(l, a_bad_row(l)), uid);
	UNTIL(p, strstr(row_of(p, l, a_bad_row(l)).subject, "not today"));
}

static struct person *with_row(struct msglist **l, const char *more)
{
	struct person *p =
		BY_POP3(more, "fill INBOX 3", "rule pop3 RETR 2 => say -ERR disk trouble");

	*l = inbox_of(p, 3);
	return p;
}

static void row_says_what_it_is(void **state)
{
	struct msglist *l;
	struct folder_info inbox;
	const char *told;
	struct person *p = with_row(&l, "");

	shows(p, l, a_bad_row(l), "disk trouble");
	shows(p, l, a_bad_row(l), ":whole asks for it now");
	told = strstr(person_told(), "INBOX: a message (cannot be fetched: ");
	assert_non_null(told);
	assert_null(strstr(told + 1, "INBOX: a message (cannot"));
	assert_int_equal(msglist_unread(l), 2);
	/* Nobody has the folder open: its number is that of its rows all the same. */
	restart(p, true);
	event_free(answer(p, engine_drafts(p->engine, 0)));
	UNTIL(p, engine_find_folder(p->engine, 0, "INBOX") >= 0);
	engine_folder(p->engine, 0, (size_t)engine_find_folder(p->engine, 0, "INBOX"), &inbox);
	assert_int_equal(inbox.total, 3);
	assert_int_equal(inbox.unread, 2);
}

static void whole_asks_for_it_now(void **state)
{
	struct msglist *l;
	struct person *p = with_row(&l, "");
	uint32_t uid = msglist_uid(l, a_bad_row(l));

	fails(p, engine_whole(p->engine, l, uid), "disk trouble");
	assert_int_equal(msglist_uid(l, a_bad_row(l)), uid);
	odd("norules", "rule x1 pop3 RETR 2 => cut");
	fails(p, engine_whole(p->engine, l, uid), "");
	UNTIL(p, bad_rows(l) == 1 && !strstr(row_of(p, l, a_bad_row(l)).subject, "disk"));
	done(p, engine_whole(p->engine, l, uid));
	UNTIL(p, msglist_count(l) == 3 && bad_rows(l) == 0);
	all_subjects_once(p, l, 3);
}

static void whole_of_what_has_gone(void **state)
{
	struct msglist *l;
	struct person *p = with_row(&l, "");

	odd("gone INBOX 2");
	fails(p, engine_whole(p->engine, l, msglist_uid(l, a_bad_row(l))), "no more");
	UNTIL(p, msglist_count(l) == 2);
	assert_int_equal(bad_rows(l), 0);
}

static void last_of_the_mailbox_goes(void **state)
{
	struct person *p = BY_POP3("", "fill INBOX 1", "rule pop3 RETR 1 => say -ERR disk trouble");
	struct msglist *l = inbox_of(p, 1);

	odd("gone INBOX 1");
	fetch(p);
	UNTIL(p, msglist_count(l) == 0);
}

static void nothing_can_be_done_to_a_row(void **state)
{
	struct msglist *l, *trash;
	uint32_t uids[2];
	struct person *p = with_row(&l, "");

	uids[0] = msglist_uid(l, a_bad_row(l));
	fails(p, engine_delete(p->engine, l, uids, 1), "has not given");
	fails(p, engine_flag(p->engine, l, uids, 1, 0, MAIL_FLAGGED), "has not given");
	fails(p, engine_compose(p->engine, 0, COMPOSE_FORWARD, l, uids[0], NULL), "has not given");
	uids[1] = msglist_uid(l, (size_t)find_subject(p, l, "Message 3"));
	if (uids[1] < uids[0]) {
		uint32_t first = uids[1];

		uids[1] = uids[0];
		uids[0] = first;
	}
	done(p, engine_delete(p->engine, l, uids, 2));
	UNTIL(p, msglist_count(l) == 2);
	assert_int_equal(bad_rows(l), 1);
	has(person_told(), "1 message that the server has not given yet");
	trash = open_with(p, "Trash", 1);
	assert_int_equal(find_subject(p, trash, "Message 3"), 0);
}

static void row_is_not_exported(void **state)
{
	struct msglist *l;
	struct str out = STR_INIT;
	struct person *p = with_row(&l, "");
	char *path = text_of("%s/rows.mbox", p->home);

	fails(p, engine_export(p->engine, l, NULL, 0, path), "2 messages written");
	assert_int_equal(file_read(path, 1 << 20, &out, NULL), 0);
	has(out.p, "Subject: Message 3");
	assert_null(strstr(out.p, "disk trouble"));
	str_done(&out);
}

static void row_is_not_counted_by_a_switch(void **state)
{
	struct msglist *l;
	char *path;
	struct person *p = with_row(&l, "");
	struct event *ev = answer(p, engine_protocol_preview(p->engine, 0, PROTOCOL_IMAP));

	assert_int_equal(ev->kind, EVENT_TEXT);
	has(ev->text.lines,
		"2 messages of the inbox are here and on the server.\n1 message is only on");
	has(ev->text.lines, " 0 only here");
	event_free(ev);
	done(p, engine_protocol(p->engine, 0, PROTOCOL_IMAP));
	l = synced(p, "INBOX", 3);
	all_subjects_once(p, l, 3);
	settled(p);
	/* Their marks wait for messages that are there; the row has none. */
	path = text_of("%s/XDG_DATA_HOME/talaria/test/marks", p->home);
	assert_false(file_exists(path));
	odd("norules");
	done(p, engine_protocol(p->engine, 0, PROTOCOL_POP3));
	put_clock(HOUR);
	l = inbox_of(p, 3);
	UNTIL(p, bad_rows(l) == 0);
	all_subjects_once(p, l, 3);
}

static void refused_without_uidl(void **state)
{
	struct msglist *l;
	struct person *p;

	odd("nouidl");
	p = with_row(&l, "\tpop3-keep always\n");
	assert_int_equal(bad_rows(l), 1);
	fetch(p);
	assert_int_equal(seen("pop3 RETR 2"), 1);
	odd("norules");
	put_clock(HOUR);
	fetch(p);
	UNTIL(p, msglist_count(l) == 3 && bad_rows(l) == 0);
	all_subjects_once(p, l, 3);
}

/* TOP is what ends the connection: of a large message, and of one that may be here already. */
static void top_ends_the_connection(void **state)
{
	struct person *p = BY_POP3(
		"\tpop3-max 10k\n", "fill INBOX 2", "big large 50000", "rule pop3 TOP 3 => cut");
	struct msglist *l = inbox_of(p, 3);

	assert_int_equal(bad_rows(l), 0);
	shows(p, l, (size_t)find_subject(p, l, "large"), "the end");
	odd("new-uidls", "norules", "rule pop3 TOP 2 => cut");
	fetch(p);
	assert_int_equal(seen("pop3 TOP 2"), 1);
	assert_int_equal(msglist_count(l), 3);
	assert_int_equal(bad_rows(l), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		POP_CASE(refused),
		POP_CASE(ends_the_connection),
		POP_CASE(answered_with_rubbish),
		POP_CASE(torn_in_the_middle),
		POP_CASE(refused_with_pipelining),
		POP_CASE(link_that_breaks_once_makes_no_row),
		POP_CASE(still_refused_after_an_hour),
		POP_CASE(row_says_what_it_is),
		POP_CASE(whole_asks_for_it_now),
		POP_CASE(whole_of_what_has_gone),
		POP_CASE(last_of_the_mailbox_goes),
		POP_CASE(nothing_can_be_done_to_a_row),
		POP_CASE(row_is_not_exported),
		POP_CASE(row_is_not_counted_by_a_switch),
		POP_CASE(refused_without_uidl),
		POP_CASE(top_ends_the_connection),
	};

	return ODD_RUN_ON("odd_pop3.py", tests);
}

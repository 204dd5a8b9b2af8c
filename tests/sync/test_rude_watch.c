/* The engine against IMAP servers that lie about what changed, and other clients that change it
 * (odd.py): each case says what the user must find afterwards. */
#include "tests/sync/odd.h"

#include <stdlib.h>
#include <string.h>

static void new_uidvalidity_starts_anew(void **state)
{
	struct person *p;
	struct msglist *l;

	(void)state;
	odd("fill INBOX 6");
	p = by_imap();
	l = filled(p, 6);
	engine_view_free(read_view(p, l, 2));
	stop(p);
	/* The same UIDs are other messages now. */
	odd("gone INBOX 1");
	odd("renumber INBOX 1");
	odd("validity INBOX 77");
	start(p, false);
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) == 5 && msglist_sync_percent(l) == 100 &&
			 msglist_find(l, 6) < 0 && msglist_find(l, 2) >= 0);
	assert_string_equal(row_of(p, l, (size_t)msglist_find(l, 2)).subject, "Message 3");
	{
		struct message_view *v = read_view(p, l, 2);

		assert_string_equal(v->subject, "Message 3");
		engine_view_free(v);
	}
	person_free(p);
}

static void new_uidvalidity_while_open(void **state)
{
	struct person *p;
	struct msglist *l;
	struct msg_row row;

	(void)state;
	odd("fill INBOX 6");
	p = by_imap();
	l = filled(p, 6);
	UNTIL_SERVER(p, number("idling") == 1);
	odd("gone INBOX 1");
	odd("renumber INBOX 1");
	odd("validity INBOX 77");
	odd("cut");
	/* A look between the commands may see the new numbers under the old validity: the end
	 * counts. */
	UNTIL(p, msglist_count(l) == 5 && msglist_find(l, 6) < 0 && msglist_find(l, 1) >= 0 &&
			 msglist_row(l, (size_t)msglist_find(l, 1), &row) && row.subject &&
			 strcmp(row.subject, "Message 2") == 0);
	person_free(p);
}

static void other_clients_are_seen(void **state)
{
	struct person *p;
	struct msglist *l;

	(void)state;
	odd("fill INBOX 10");
	p = by_imap();
	l = filled(p, 10);
	UNTIL_SERVER(p, number("idling") == 1);
	odd("gone INBOX 3");
	UNTIL(p, msglist_count(l) == 9 && msglist_find(l, 3) < 0);
	UNTIL_SERVER(p, number("idling") == 1);
	odd("fill INBOX 2");
	UNTIL(p, msglist_count(l) == 11);
	/* EXISTS shrinks by itself, without any EXPUNGE. */
	UNTIL_SERVER(p, number("idling") == 1);
	odd("say * 4 EXISTS");
	watch(p, 300);
	UNTIL_SERVER(p, number("idling") == 1);
	assert_int_equal(msglist_count(l), 11);
	person_free(p);
}

static void restart_is_told_and_survived(void **state)
{
	struct person *p;
	struct msglist *l;

	(void)state;
	odd("fill INBOX 3");
	p = by_imap();
	l = filled(p, 3);
	UNTIL_SERVER(p, number("idling") == 1);
	odd("say * BYE restarting for maintenance");
	odd("cut");
	UNTIL(p, state_of(p) != STATE_ONLINE);
	has(reason(p), "restarting for maintenance");
	UNTIL(p, state_of(p) == STATE_ONLINE);
	UNTIL_SERVER(p, number("idling") == 1);
	odd("fill INBOX 1");
	UNTIL(p, msglist_count(l) == 4);
	person_free(p);
}

static struct person *by_qresync(struct msglist **l)
{
	struct person *p;

	odd("caps IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS MOVE IDLE LITERAL+ ENABLE CONDSTORE "
	    "QRESYNC");
	odd("fill INBOX 10");
	p = by_imap();
	*l = filled(p, 10);
	return p;
}

static void qresync_is_used(void **state)
{
	struct msglist *l;
	struct person *p = by_qresync(&l);

	(void)state;
	stop(p);
	odd("gone INBOX 4");
	odd("flags INBOX 5 \\Flagged");
	odd("fill INBOX 1");
	start(p, false);
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) == 10 && msglist_find(l, 4) < 0 && msglist_find(l, 11) >= 0 &&
			 (flags_at(l, (size_t)msglist_find(l, 5)) & MSG_FLAGGED));
	assert_true(seen("QRESYNC \\(") > 0);
	/* Nor at the first time: the newest window was the whole folder. */
	assert_int_equal(seen("UID SEARCH ALL"), 0);
	person_free(p);
}

static void unsaid_vanished_is_found_out(void **state)
{
	struct msglist *l;
	struct person *p = by_qresync(&l);

	(void)state;
	stop(p);
	odd("gone INBOX 4");
	odd("flags INBOX 5 \\Flagged");
	/* Says nothing of what vanished. */
	odd("rule x1 SELECT.*QRESYNC => instead * 9 EXISTS\\r\\n* OK [UIDVALIDITY 1000] x\\r\\n"
	    "* OK [UIDNEXT 11] x\\r\\n* OK [HIGHESTMODSEQ 900] x\\r\\n$tag OK [READ-WRITE] x");
	start(p, false);
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) == 9 && msglist_find(l, 4) < 0 &&
			 (flags_at(l, (size_t)msglist_find(l, 5)) & MSG_FLAGGED));
	person_free(p);
}

static void lie_of_an_empty_folder_hides_no_row(void **state)
{
	struct msglist *l;
	struct person *p = by_qresync(&l);

	(void)state;
	stop(p);
	odd("rule x1 SELECT.*QRESYNC => before * VANISHED (EARLIER) 1:4294967295");
	start(p, false);
	l = open_folder(p, "INBOX");
	UNTIL_SERVER(p, seen("SELECT.*QRESYNC") && number("idling") == 1);
	watch(p, 300);
	UNTIL(p, msglist_count(l) == 10);
	odd("say * VANISHED 1:4294967295");
	watch(p, 500);
	UNTIL(p, msglist_count(l) == 10);
	odd("gone INBOX 10");
	UNTIL(p, msglist_count(l) == 9);
	person_free(p);
}

static void numbers_without_messages_are_no_rows(void **state)
{
	struct person *p;
	struct msglist *l;

	(void)state;
	odd("fill INBOX 5");
	odd("rule UID SEARCH ALL => before * SEARCH 4294967295 0 7 7 1 3 3 99999999999");
	p = by_imap();
	l = filled(p, 5);
	all_subjects_once(p, l, 5);
	person_free(p);
}

static void refused_select_is_told(void **state)
{
	struct person *p;

	(void)state;
	odd("fill INBOX 2");
	odd("fill Other 2");
	odd("rule SELECT .?INBOX => no the mailbox is broken");
	p = by_imap();
	open_folder(p, "INBOX");
	UNTIL(p, strstr(person_told(), "the mailbox is broken"));
	watch(p, 1500);
	assert_int_equal(state_of(p), STATE_ONLINE);
	assert_true(seen("SELECT .?INBOX") < 6);
	/* Another folder works. */
	{
		struct msglist *l = open_folder(p, "Other");

		UNTIL(p, msglist_count(l) == 2);
	}
	person_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ODD_CASE(new_uidvalidity_starts_anew),
		ODD_CASE(new_uidvalidity_while_open),
		ODD_CASE(other_clients_are_seen),
		ODD_CASE(restart_is_told_and_survived),
		ODD_CASE(qresync_is_used),
		ODD_CASE(unsaid_vanished_is_found_out),
		ODD_CASE(lie_of_an_empty_folder_hides_no_row),
		ODD_CASE(numbers_without_messages_are_no_rows),
		ODD_CASE(refused_select_is_told),
	};

	return ODD_RUN(tests);
}

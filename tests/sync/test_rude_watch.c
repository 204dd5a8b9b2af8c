/* The engine against IMAP servers that lie about what changed, and other clients that change it
 * (odd.py): each case says what the user must find afterwards. */
#include "base/mem.h"
#include "tests/sync/odd.h"

#include <stdlib.h>
#include <string.h>

static void new_uidvalidity_starts_anew(void **state)
{
	struct person *p = BY_IMAP("fill INBOX 6");
	struct msglist *l = filled(p, 6);

	engine_view_free(read_view(p, l, 2));
	stop(p);
	/* The same UIDs are other messages now. */
	odd("gone INBOX 1", "renumber INBOX 1", "validity INBOX 77");
	start(p, false);
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) == 5 && msglist_sync_percent(l) == 100 &&
			 msglist_find(l, 6) < 0 && msglist_find(l, 2) >= 0);
	assert_string_equal(row_with(p, l, 2).subject, "Message 3");
	{
		struct message_view *v = read_view(p, l, 2);

		assert_string_equal(v->subject, "Message 3");
		engine_view_free(v);
	}
}

static void new_uidvalidity_while_open(void **state)
{
	struct msg_row row;
	struct person *p = BY_IMAP("fill INBOX 6");
	struct msglist *l = filled(p, 6);

	UNTIL_SERVER(p, number("idling") == 1);
	odd("gone INBOX 1", "renumber INBOX 1", "validity INBOX 77", "cut");
	/* A look between the commands may see the new numbers under the old validity: the end
	 * counts. */
	UNTIL(p, msglist_count(l) == 5 && msglist_find(l, 6) < 0 && msglist_find(l, 1) >= 0 &&
			 msglist_row(l, (size_t)msglist_find(l, 1), &row) && row.subject &&
			 strcmp(row.subject, "Message 2") == 0);
}

static void other_clients_are_seen(void **state)
{
	struct person *p = BY_IMAP("fill INBOX 10");
	struct msglist *l = filled(p, 10);

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
}

static void restart_is_told_and_survived(void **state)
{
	struct person *p = BY_IMAP("fill INBOX 3");
	struct msglist *l = filled(p, 3);

	UNTIL_SERVER(p, number("idling") == 1);
	odd("say * BYE restarting for maintenance", "cut");
	UNTIL(p, state_of(p) != STATE_ONLINE);
	has(reason(p), "restarting for maintenance");
	UNTIL(p, state_of(p) == STATE_ONLINE);
	UNTIL_SERVER(p, number("idling") == 1);
	odd("fill INBOX 1");
	UNTIL(p, msglist_count(l) == 4);
}

static struct person *by_qresync(struct msglist **l)
{
	struct person *p = BY_IMAP(
		"caps IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS MOVE IDLE LITERAL+ ENABLE CONDSTORE "
		"QRESYNC",
		"fill INBOX 10");

	*l = filled(p, 10);
	return p;
}

static void qresync_is_used(void **state)
{
	struct msglist *l;
	struct person *p = by_qresync(&l);

	stop(p);
	odd("gone INBOX 4", "flags INBOX 5 \\Flagged", "fill INBOX 1");
	start(p, false);
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) == 10 && msglist_find(l, 4) < 0 && msglist_find(l, 11) >= 0 &&
			 (flags_of(l, 5) & MAIL_FLAGGED));
	assert_true(seen("QRESYNC \\(") > 0);
	/* Nor at the first time: the newest window was the whole folder. */
	assert_int_equal(seen("UID SEARCH ALL"), 0);
}

static void unsaid_vanished_is_found_out(void **state)
{
	struct msglist *l;
	struct person *p = by_qresync(&l);

	stop(p);
	odd("gone INBOX 4", "flags INBOX 5 \\Flagged");
	/* Says nothing of what vanished. */
	odd("rule x1 SELECT.*QRESYNC => instead * 9 EXISTS\\r\\n* OK [UIDVALIDITY 1000] x\\r\\n"
	    "* OK [UIDNEXT 11] x\\r\\n* OK [HIGHESTMODSEQ 900] x\\r\\n$tag OK [READ-WRITE] x");
	start(p, false);
	l = open_folder(p, "INBOX");
	UNTIL(p,
		msglist_count(l) == 9 && msglist_find(l, 4) < 0 && (flags_of(l, 5) & MAIL_FLAGGED));
}

static void lie_of_an_empty_folder_hides_no_row(void **state)
{
	struct msglist *l;
	struct person *p = by_qresync(&l);

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
}

static void numbers_without_messages_are_no_rows(void **state)
{
	struct person *p = BY_IMAP("fill INBOX 5",
		"rule UID SEARCH ALL => before * SEARCH 4294967295 0 7 7 1 3 3 99999999999");
	struct msglist *l = filled(p, 5);

	all_subjects_once(p, l, 5);
}

static void refused_select_is_told(void **state)
{
	struct person *p = BY_IMAP(
		"fill INBOX 2", "fill Other 2", "rule SELECT .?INBOX => no the mailbox is broken");

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
}

/* --- lies, and how each is found out --- */

/* The person again, after another client changed INBOX behind a server with these capabilities. */
static struct person *again(struct msglist **l, const char *caps, const char *change)
{
	char *command = text_of("caps IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS MOVE IDLE LITERAL+ "
				"ENABLE %s",
		caps);
	struct person *p;

	odd(command, "fill INBOX 10");
	p = by_imap();
	*l = filled(p, 10);
	stop(p);
	odd("gone INBOX 4", "flags INBOX 5 \\Flagged", "fill INBOX 1", change);
	start(p, false);
	*l = open_folder(p, "INBOX");
	return p;
}

static void rows_are_right(struct person *p, struct msglist *l)
{
	UNTIL(p, msglist_count(l) == 10 && msglist_find(l, 4) < 0 && msglist_find(l, 11) >= 0 &&
			 (flags_of(l, 5) & MAIL_FLAGGED));
	all_subjects_once(p, l, 11);
	UNTIL_SERVER(p, number("idling") == 1);
	assert_int_equal(state_of(p), STATE_ONLINE);
}

static void come_right(const char *caps, const char *change)
{
	struct msglist *l;
	struct person *p;

	odd("reset");
	p = again(&l, caps, change);
	rows_are_right(p, l);
	person_free(p);
}

static void search_that_leaves_out_hides_no_row(void **state)
{
	static const char rule[] = "rule UID SEARCH ALL => instead * SEARCH 1 2\r\n$tag OK x";

	come_right("", rule);
	come_right("CONDSTORE", rule);
}

static void refused_search_hides_no_row(void **state)
{
	come_right("", "rule UID SEARCH ALL => no not today");
}

static void endless_range_hides_no_row(void **state)
{
	come_right("ESEARCH CONDSTORE",
		"rule UID SEARCH RETURN => instead * ESEARCH (TAG \"x\") UID ALL "
		"1:4294967295\r\n$tag OK x");
}

static void ranges_are_used(void **state)
{
	struct msglist *l;
	struct person *p = again(&l, "ESEARCH CONDSTORE", "norules");

	rows_are_right(p, l);
	assert_true(seen("SEARCH RETURN \\(ALL\\)") > 0);
	assert_true(seen("CHANGEDSINCE") > 0);
	assert_int_equal(seen("SEARCH ALL"), 0);
}

static void broken_ranges_are_asked_for_otherwise(void **state)
{
	struct msglist *l;
	struct person *p = again(&l, "ESEARCH", "rule UID SEARCH RETURN => bad never heard of it");

	rows_are_right(p, l);
	assert_int_equal(seen("AUTHENTICATE"), 2);
}

/* A backup was played in on the server: its mod-sequences begin anew. */
static void backward_modseq_is_not_believed(void **state)
{
	come_right("CONDSTORE", "modseq INBOX 3");
	come_right("CONDSTORE QRESYNC", "modseq INBOX 3");
}

static void forgotten_mark_is_found_out(void **state)
{
	struct msglist *l;
	struct person *p;
	static const char *const caps[] = {"CONDSTORE", "CONDSTORE QRESYNC"};

	for (size_t i = 0; i < MEM_COUNT(caps); i++) {
		odd("reset");
		p = again(&l, caps[i], "quietly INBOX 7 \\Seen");
		UNTIL(p, msglist_find(l, 7) >= 0 && (flags_of(l, 7) & MAIL_SEEN));
		rows_are_right(p, l);
		person_free(p);
	}
}

/* A server that counts in its own way is asked once, not for ever. */
static void wrong_counts_are_no_storm(void **state)
{
	struct person *p = BY_IMAP(
		"caps IMAP4rev1 AUTH=PLAIN SASL-IR IDLE ENABLE CONDSTORE QRESYNC", "fill INBOX 5",
		"rule STATUS => instead * STATUS INBOX (MESSAGES 7 UNSEEN 6 UIDNEXT 6 UIDVALIDITY "
		"1000 "
		"HIGHESTMODSEQ 99)\r\n$tag OK x");
	struct msglist *l = filled(p, 5);

	UNTIL_SERVER(p, seen("STATUS") > 0);
	watch(p, 700);
	assert_true(seen("SELECT") <= 3);
	assert_int_equal(msglist_count(l), 5);
}

/* What is on its way out is still on the server: the sum has to know. */
static void waiting_moves_do_not_break_the_sum(void **state)
{
	struct msglist *l;
	struct person *p = by_qresync(&l);
	int begun;

	odd("fill Archive 0");
	UNTIL_SERVER(p, number("idling") == 1);
	restart(p, false);
	UNTIL(p, engine_find_folder(p->engine, 0, "Archive") >= 0);
	restart(p, true);
	l = open_folder(p, "INBOX");
	move_one(p, l, 2, "Archive");
	UNTIL(p, engine_pending(p->engine) == 1);
	begun = seen("SELECT");
	engine_set_offline(p->engine, false);
	UNTIL(p, engine_pending(p->engine) == 0);
	UNTIL_SERVER(p, number("idling") == 1);
	assert_true(seen("SELECT") > begun);
	/* That it is still there is asked when a second went by between the move and the login. */
	assert_int_equal(seen("SEARCH ALL"), 0);
	assert_int_equal(seen("UID FETCH \\S+ \\(UID FLAGS\\)"), 0);
	assert_int_equal(msglist_count(l), 9);
}

/* --- what the server tells by itself --- */

static uint32_t unread_of(struct person *p, const char *folder)
{
	int i = engine_find_folder(p->engine, 0, folder);
	struct folder_info info = {.unread = UINT32_MAX};

	if (i >= 0)
		engine_folder(p->engine, 0, (size_t)i, &info);
	return info.unread;
}

/* Of a folder that is closed: its rows are as many as its number says. */
static void rows_agree(struct person *p, const char *folder, size_t n)
{
	struct msglist *l;
	struct folder_info info;

	done(p, engine_sync(p->engine, 0));
	engine_set_offline(p->engine, true);
	engine_folder(p->engine, 0, (size_t)engine_find_folder(p->engine, 0, folder), &info);
	assert_int_equal(info.total, n);
	l = open_folder(p, folder);
	assert_int_equal(msglist_count(l), n);
	assert_int_equal(msglist_unread(l), info.unread);
}

/* Another client is at it in the very moment when the folder is closed, while the connection turns
 * to the inbox. */
static void last_word_of_a_closed_folder_is_heard(void **state)
{
	struct msglist *archive;
	struct person *p = BY_IMAP("fill INBOX 3", "fill Archive 2");

	filled(p, 3);
	archive = synced(p, "Archive", 2);
	UNTIL_SERVER(p, number("idling") == 1);
	odd("rule x1 SELECT \"INBOX\" => hold");
	{
		int selected = seen("SELECT \"INBOX\"");

		engine_close(p->engine, archive);
		UNTIL_SERVER(p, seen("SELECT \"INBOX\"") > selected);
	}
	odd("fill Archive 1", "release");
	UNTIL(p, unread_of(p, "Archive") == 3);
	UNTIL_SERVER(p, seen("UID FETCH 3 .*HEADER"));
	rows_agree(p, "Archive", 3);
}

static struct person *by_notify(struct msglist **l)
{
	struct person *p = BY_IMAP("caps IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS MOVE IDLE ENABLE "
				   "CONDSTORE QRESYNC NOTIFY",
		"fill INBOX 3", "fill Archive 2");

	*l = filled(p, 3);
	UNTIL_SERVER(p, number("idling") == 1 && seen("NOTIFY SET"));
	UNTIL(p, unread_of(p, "Archive") == 2);
	return p;
}

static void mail_in_any_folder_is_counted_at_once(void **state)
{
	struct msglist *l;
	struct person *p = by_notify(&l);
	int asked = seen("STATUS"), listed = seen("LIST");

	odd("fill Archive 3");
	UNTIL(p, unread_of(p, "Archive") == 5);
	UNTIL_SERVER(p, number("idling") == 1);
	odd("flags Archive 1 \\Seen");
	UNTIL(p, unread_of(p, "Archive") == 4);
	assert_int_equal(seen("STATUS"), asked);
	assert_true(seen("LIST") <= listed + 1);
	/* Nobody looks at it: nothing of it is fetched. */
	assert_int_equal(seen("SELECT .?Archive"), 0);
	/* One that somebody looks at shows it too, whichever is watched. */
	{
		struct msglist *archive = open_folder(p, "Archive");

		UNTIL(p, msglist_count(archive) == 5);
		UNTIL_SERVER(p, number("idling") == 1);
		odd("fill INBOX 1");
		UNTIL(p, msglist_count(l) == 4);
		UNTIL_SERVER(p, number("idling") == 1);
		odd("fill Archive 1");
		UNTIL(p, msglist_count(archive) == 6);
	}
}

static void new_folder_is_listed_at_once(void **state)
{
	struct msglist *l;
	struct person *p = by_notify(&l);

	odd("fill Projects 1");
	UNTIL(p, unread_of(p, "Projects") == 1);
	UNTIL_SERVER(p, number("idling") == 1);
	odd("drop Projects");
	UNTIL(p, engine_find_folder(p->engine, 0, "Projects") < 0);
}

static void refused_notify_is_done_without(void **state)
{
	static const char *const rules[] = {"no [BADEVENT (MessageNew)] not these", "bad what"};

	for (size_t i = 0; i < MEM_COUNT(rules); i++) {
		char *rule = text_of("rule NOTIFY => %s", rules[i]);
		struct person *p;
		struct msglist *l;

		odd("reset", rule);
		p = by_notify(&l);
		assert_int_equal(seen("NOTIFY SET"), 2);
		odd("fill INBOX 1");
		UNTIL(p, msglist_count(l) == 4);
		assert_int_equal(seen("AUTHENTICATE"), 1);
		person_free(p);
	}
}

static void overflow_leads_back_to_looking(void **state)
{
	struct msglist *l;
	struct person *p = by_notify(&l);
	int listed = seen("LIST");

	UNTIL_SERVER(p, number("idling") == 1);
	odd("say * OK [NOTIFICATIONOVERFLOW] too much");
	UNTIL_SERVER(p, seen("LIST") > listed && number("idling") == 1);
	odd("fill INBOX 1");
	UNTIL(p, msglist_count(l) == 4);
	assert_int_equal(seen("NOTIFY SET"), 1);
}

/* Chatter of the server, or an IDLE that always ends at once, keeps nothing from the user. */
static void chatter_keeps_no_operation_waiting(void **state)
{
	static const char *const chatter[] = {
		"rule IDLE => before + go\\r\\n* OK still here",
		"rule IDLE => before + go\\r\\n* NO internal error",
	};

	for (size_t i = 0; i < MEM_COUNT(chatter); i++) {
		struct person *p;
		struct msglist *l;
		int idled;

		odd("reset", "fill INBOX 3");
		p = by_imap();
		l = filled(p, 3);
		odd(chatter[i], "cut");
		UNTIL_SERVER(p, seen("IDLE") > 2);
		flag_one(p, l, 2, MAIL_FLAGGED);
		UNTIL(p, engine_pending(p->engine) == 0);
		idled = seen("IDLE");
		watch(p, 1000);
		if (seen("IDLE") - idled > 60)
			fail_msg("%d times IDLE in a second", seen("IDLE") - idled);
		odd("norules");
		engine_retry(p->engine);
		UNTIL_SERVER(p, number("idling") == 1);
		person_free(p);
	}
}

/* --- folders that go --- */

static void vanished_folder_stays_readable(void **state)
{
	struct folder_info info;
	struct person *p = BY_IMAP("fill INBOX 2", "fill Other 4");
	struct msglist *l = synced(p, "Other", 4);
	uint32_t uid = msglist_uid(l, 0);

	engine_view_free(read_view(p, l, uid));
	UNTIL_SERVER(p, number("idling") == 1);
	odd("drop Other");
	UNTIL(p, strstr(person_told(), "no longer on the server"));
	UNTIL(p, msglist_read_only(l));
	assert_int_equal(msglist_count(l), 4);
	engine_view_free(read_view(p, l, uid)); /* kept from before */
	engine_folder(p->engine, 0, (size_t)engine_find_folder(p->engine, 0, "Other"), &info);
	assert_true(info.offline_copy && info.selectable);
	ends(p, engine_flag(p->engine, l, &uid, 1, 0, MAIL_FLAGGED), EVENT_FAILED);
	/* The inbox is watched instead, and nothing is tried again and again. */
	UNTIL_SERVER(p, number("idling") == 1);
	watch(p, 500);
	assert_true(seen("SELECT .?Other") <= 6);
	assert_null(strstr(strstr(person_told(), "no longer") + 1, "Other"));
	l = filled(p, 2);
	UNTIL_SERVER(p, number("idling") == 1);
	odd("fill INBOX 1");
	UNTIL(p, msglist_count(l) == 3);
}

static void folder_that_comes_back_is_filled_anew(void **state)
{
	struct person *p = BY_IMAP("fill INBOX 2", "fill Other 4");
	struct msglist *l = synced(p, "Other", 4);

	UNTIL_SERVER(p, number("idling") == 1);
	odd("rename Other Elsewhere");
	UNTIL(p, msglist_read_only(l));
	UNTIL(p, engine_find_folder(p->engine, 0, "Elsewhere") >= 0);
	odd("fill Other 2", "validity Other 4321", "cut");
	UNTIL(p, msglist_count(l) == 2 && !msglist_read_only(l));
	l = open_with(p, "Elsewhere", 4);
}

static void message_removed_elsewhere_stays_on_the_screen(void **state)
{
	static const struct read_options opt = {.width = 80};
	struct str text = STR_INIT;
	struct event *ev;
	struct person *p = BY_IMAP("fill INBOX 3");
	struct msglist *l = filled(p, 3);
	struct message_view *v = read_view(p, l, 2);

	UNTIL_SERVER(p, number("idling") == 1);
	odd("gone INBOX 2");
	UNTIL(p, msglist_find(l, 2) < 0);
	text_plain(v->text, &text, false);
	assert_non_null(strstr(text.p, "Text of message 2"));
	str_done(&text);
	engine_view_free(v);
	ev = answer(p, engine_read(p->engine, l, 2, &opt));
	assert_int_equal(ev->kind, EVENT_FAILED);
	assert_true(*event_error(ev));
	event_free(ev);
}

static void empty_list_is_not_the_end_of_all_folders(void **state)
{
	struct person *p = BY_IMAP("fill Other 4");
	struct msglist *l = synced(p, "Other", 4);

	odd("rule \\S+ LIST => say $tag OK nothing", "cut");
	UNTIL_SERVER(p, seen("LIST") >= 2 && number("idling") == 1);
	watch(p, 200);
	assert_false(msglist_read_only(l));
	assert_int_equal(msglist_count(l), 4);
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
		ODD_CASE(search_that_leaves_out_hides_no_row),
		ODD_CASE(refused_search_hides_no_row),
		ODD_CASE(endless_range_hides_no_row),
		ODD_CASE(ranges_are_used),
		ODD_CASE(broken_ranges_are_asked_for_otherwise),
		ODD_CASE(backward_modseq_is_not_believed),
		ODD_CASE(forgotten_mark_is_found_out),
		ODD_CASE(wrong_counts_are_no_storm),
		ODD_CASE(waiting_moves_do_not_break_the_sum),
		ODD_CASE(last_word_of_a_closed_folder_is_heard),
		ODD_CASE(mail_in_any_folder_is_counted_at_once),
		ODD_CASE(new_folder_is_listed_at_once),
		ODD_CASE(refused_notify_is_done_without),
		ODD_CASE(overflow_leads_back_to_looking),
		ODD_CASE(chatter_keeps_no_operation_waiting),
		ODD_CASE(vanished_folder_stays_readable),
		ODD_CASE(folder_that_comes_back_is_filled_anew),
		ODD_CASE(message_removed_elsewhere_stays_on_the_screen),
		ODD_CASE(empty_list_is_not_the_end_of_all_folders),
	};

	return ODD_RUN(tests);
}

/* The engine against IMAP servers that misbehave from the greeting to the bodies (odd.py): each
 * case says what the user must find afterwards. */
#include "base/mem.h"
#include "tests/sync/odd.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void full_server_is_waited_for(void **state)
{
	struct person *p = BY_IMAP("greeting imap * BYE too many connections");

	UNTIL(p, state_of(p) == STATE_WAITING);
	has(reason(p), "too many connections");
	odd("norules");
	engine_retry(p->engine);
	UNTIL(p, state_of(p) == STATE_ONLINE);
}

static void preauth_sends_nothing(void **state)
{
	struct person *p;

	odd("greeting imap * PREAUTH welcome");
	p = somebody("imap", "imap", "");
	UNTIL(p, state_of(p) == STATE_FAILED);
	assert_true(*reason(p));
	assert_int_equal(seen("^imap"), 0);
}

static void starttls_refused_sends_nothing(void **state)
{
	struct person *p;

	odd("caps IMAP4rev1 STARTTLS AUTH=PLAIN SASL-IR", "rule STARTTLS => no not today");
	p = somebody("imap", "imap", "");
	UNTIL(p, state_of(p) == STATE_FAILED);
	assert_true(*reason(p));
	assert_int_equal(seen("LOGIN|AUTHENTICATE"), 0);
	person_free(p);
	odd("caps IMAP4rev1 AUTH=PLAIN");
	p = somebody("imap", "imap", "");
	UNTIL(p, state_of(p) == STATE_FAILED);
	assert_int_equal(seen("LOGIN|AUTHENTICATE"), 0);
}

static void login_refused_is_no_storm(void **state)
{
	struct person *p = BY_IMAP("password another");

	UNTIL(p, state_of(p) == STATE_FAILED);
	has(reason(p), "wrong password");
	watch(p, 1500);
	assert_int_equal(seen("AUTHENTICATE"), 1);
	odd("password secret");
	engine_retry(p->engine);
	UNTIL(p, state_of(p) == STATE_ONLINE);
	assert_int_equal(seen("AUTHENTICATE"), 2);
}

static void silent_server_stops_no_key(void **state)
{
	int64_t begin;
	struct person *p = BY_IMAP("rule imap \\S+ LIST => stall");

	UNTIL_SERVER(p, seen("imap \\S+ LIST"));
	begin = clock_ms();
	for (int i = 0; i < 100; i++)
		event_free(engine_next(p->engine));
	/* What needs no server is answered meanwhile. */
	event_free(answer(p, engine_drafts(p->engine, 0)));
	assert_true(clock_ms() - begin < AT_ONCE_MS);
	stop_quickly(p);
}

static void stalled_fill_quits_at_once_and_goes_on_later(void **state)
{
	struct person *p = BY_IMAP("fill INBOX 60", "rule HEADER.FIELDS => part 700");

	open_folder(p, "INBOX");
	UNTIL_SERVER(p, seen("HEADER.FIELDS"));
	watch(p, 100);
	stop_quickly(p);
	odd("norules", "cut");
	start(p, false);
	filled(p, 60);
}

static void one_break_costs_no_row(void **state)
{
	struct person *p = BY_IMAP("fill INBOX 400", "budget 60000");
	struct msglist *l = open_folder(p, "INBOX");

	UNTIL(p, msglist_count(l) > 0 && state_of(p) != STATE_ONLINE);
	odd("budget 0");
	UNTIL(p, msglist_count(l) == 400 && msglist_sync_percent(l) == 100);
	all_subjects_once(p, l, 400);
}

/* The answer to the first chunk behind the newest window is held back until the next is asked for.
 */
static void next_rows_are_asked_for_ahead(void **state)
{
	struct person *p = BY_IMAP("fill INBOX 500", "rule x1 UID FETCH 251:450 => behind");
	struct msglist *l = filled(p, 500);

	all_subjects_once(p, l, 500);
	assert_int_equal(seen("UID FETCH 251:450"), 1);
	assert_int_equal(seen("UID FETCH 51:250"), 1);
}

static void all_rows_come(const char *command)
{
	struct person *p = BY_IMAP("reset", "fill INBOX 500", command);
	struct msglist *l = filled(p, 500);

	all_subjects_once(p, l, 500);
	assert_int_equal(msglist_count(l), 500);
	person_free(p);
}

/* Two are under way and the connection ends within the first, behind it, within the second. */
static void break_with_two_chunks_under_way_costs_no_row(void **state)
{
	all_rows_come("budget 20000");
	all_rows_come("budget 40000");
	all_rows_come("budget 62000");
	all_rows_come("budget 80000");
	all_rows_come("budget 100000");
}

/* The row that breaks the parser is in the second of two chunks under way: it alone is given up. */
static void broken_row_of_the_second_chunk_alone_is_given_up(void **state)
{
	struct person *p = BY_IMAP("fill INBOX 500", "raw 100 what is this");
	struct msglist *l = filled(p, 500);

	for (uint32_t uid = 1; uid <= 500; uid++) {
		ptrdiff_t row = msglist_find(l, uid);

		assert_true(row >= 0);
		assert_int_equal(!!(flags_at(l, (size_t)row) & MAIL_PLACEHOLDER), uid == 100);
	}
}

static void many_breaks_cost_no_row(void **state)
{
	all_rows_come("budget 40000");
}

static void single_octets_are_read(void **state)
{
	struct person *p = BY_IMAP("fill INBOX 30", "drip");
	struct msglist *l = filled(p, 30);

	engine_view_free(read_view(p, l, msglist_uid(l, 0)));
}

/* ends: the connection does, and the row is asked for by itself. */
static void broken_row(const char *raw, bool ends)
{
	struct msg_row r;
	struct person *p = BY_IMAP("reset", "fill INBOX 90", raw);
	struct msglist *l = filled(p, 90);

	assert_true(msglist_find(l, 70) >= 0);
	assert_true(msglist_row(l, (size_t)msglist_find(l, 70), &r));
	assert_true(r.flags & MAIL_PLACEHOLDER);
	for (uint32_t uid = 1; uid <= 90; uid++)
		if (uid != 70) {
			assert_true(msglist_find(l, uid) >= 0);
			assert_false(flags_of(l, uid) & MAIL_PLACEHOLDER);
		}
	assert_int_equal(seen("UID FETCH 70 ") > 0, ends);
	/* Not asked for anew with every start. */
	restart(p, false);
	l = filled(p, 90);
	assert_int_equal(msglist_count(l), 90);
	person_free(p);
}

static void unparsable_row_has_a_placeholder(void **state)
{
	broken_row("raw 70 * 70 FETCH (UID 70 FLAGS (\\\\Seen INTERNALDATE nonsense ((", false);
	broken_row("raw 70 * 70 FETCH (UID 70 FLAGS () RFC822.SIZE minus BODY[HEADER.FIELDS (FROM)]"
		   " {5}\\r\\nab)\\r)",
		false);
	broken_row("raw 70 * 70 FETCH (INTERNALDATE \"01-\"Jan\"-2024 UID 70 FLAGS ()"
		   " BODY[HEADER.FIELDS (FROM)] {2}\\r\\nab)",
		false);
	broken_row("raw 70 * 70 FETCH (UID 70 BODY[HEADER.FIELDS (FROM)] {2}\\r\\nab"
		   " INTERNALDATE \"01-\"Jan\"-2024\" FLAGS (\\\\Seen))",
		false);
	broken_row("raw 70 * 70 FETCH (UID 70 FLAGS () BODY[HEADER.FIELDS (FROM)] "
		   "{99999999999999999999}\\r\\nabc)",
		true);
}

/* One message of many cannot be had: the others are here, it has a row with the server's words, and
 * is asked for no more with the next start. */
static void lame_message(const char *command, const uint32_t *lame, size_t n, const char *words)
{
	struct person *p;
	struct msglist *l;
	int asked;

	odd("reset", "fill INBOX 300");
	for (size_t i = 0; i < n; i++) {
		char *one = text_of(command, (unsigned)lame[i]);

		odd(one);
	}
	p = by_imap();
	l = filled(p, 300);
	for (uint32_t uid = 1, k = 0; uid <= 300; uid++) {
		ptrdiff_t row = msglist_find(l, uid);
		bool bad = k < n && lame[k] == uid;

		assert_true(row >= 0);
		assert_int_equal(!!(flags_at(l, (size_t)row) & MAIL_PLACEHOLDER), bad);
		if (bad)
			has(row_of(p, l, (size_t)row).subject, words);
		k += bad;
	}
	has(person_told(), "cannot be fetched");
	stop(p);
	asked = seen("UID FETCH .*HEADER");
	start(p, false);
	l = filled(p, 300);
	assert_int_equal(seen("UID FETCH .*HEADER"), asked);
	assert_int_equal(msglist_count(l), 300);
	person_free(p);
}

static void lame_message_costs_one_row(void **state)
{
	static const uint32_t oldest[] = {1}, newest[] = {300}, middle[] = {270}, old[] = {33},
			      some[] = {33, 34, 36, 270, 300};

	lame_message("lame %u no HEADER", middle, 1, "cannot read message 270");
	lame_message("lame %u no HEADER", old, 1, "cannot read message 33");
	lame_message("lame %u no HEADER", oldest, 1, "cannot read");
	lame_message("lame %u no HEADER", some, 5, "cannot read");
	lame_message("lame %u bye HEADER", old, 1, "cannot read message 33");
	lame_message("lame %u bye HEADER", newest, 1, "cannot read message 300");
	lame_message("lame %u end HEADER", middle, 1, "");
	lame_message("lame %u nothing HEADER", some, 5, "says nothing of this message");
}

/* As lame_message, but the row is there already and the question is for its flags. */
static void lame_flags(const char *command)
{
	struct person *p = BY_IMAP("reset", "fill INBOX 60");
	struct msglist *l = filled(p, 60);

	stop(p);
	odd(command, "flags INBOX 10 \\Flagged", "flags INBOX 50 \\Flagged", "fill INBOX 1");
	start(p, false);
	l = filled(p, 61);
	assert_false(flags_of(l, 30) & MAIL_PLACEHOLDER);
	if (strstr(command, " no ")) {
		assert_true(flags_of(l, 10) & MAIL_FLAGGED);
		assert_true(flags_of(l, 50) & MAIL_FLAGGED);
	}
	person_free(p);
}

static void lame_flags_stop_no_new_mail(void **state)
{
	lame_flags("lame 30 no ^.UID FLAGS.$");
	lame_flags("lame 30 bye ^.UID FLAGS.$");
}

/* :whole does not wait for the hour to be over. */
static void lame_message_is_asked_for_at_once(void **state)
{
	struct person *p = BY_IMAP("fill INBOX 5", "lame 3 no HEADER");
	struct msglist *l = filled(p, 5);

	assert_true(flags_of(l, 3) & MAIL_PLACEHOLDER);
	odd("well");
	done(p, engine_whole(p->engine, l, 3));
	UNTIL(p, !(flags_of(l, 3) & MAIL_PLACEHOLDER));
	all_subjects_once(p, l, 5);
}

/* Read by the person it is asked for again, and so has its row. */
static void lame_message_comes_when_the_server_is_well(void **state)
{
	struct person *p = BY_IMAP("fill INBOX 60", "lame 30 no HEADER");
	struct msglist *l = filled(p, 60);

	assert_true(flags_of(l, 30) & MAIL_PLACEHOLDER);
	odd("well");
	engine_view_free(read_view(p, l, 30));
	UNTIL(p, !(flags_of(l, 30) & MAIL_PLACEHOLDER));
	assert_string_equal(row_with(p, l, 30).subject, "Message 30");
}

/* Where each message is refused it is the folder: some rows say so, and that is the end of it. */
static void folder_of_lame_messages_ends(void **state)
{
	struct person *p = BY_IMAP("fill INBOX 400", "rule HEADER.FIELDS => no not today");

	open_folder(p, "INBOX");
	UNTIL(p, strstr(person_told(), "Folder INBOX: The server refused: not today"));
	assert_true(seen("HEADER.FIELDS") < 400);
}

/* A folder whose SELECT ends the connection keeps no other from being synchronised, and is told. */
static void broken_folder(const char *rule)
{
	struct person *p = BY_IMAP("reset", "fill Aaa 3", "fill Lame 3", "fill Work 3", rule);

	event_free(answer(p, engine_sync(p->engine, 0))); /* a failure, of this folder */
	has(person_told(), "Folder Lame cannot be synchronised");
	open_with(p, "Work", 3);
	open_with(p, "Aaa", 3);
	person_free(p);
}

static void broken_folder_stops_no_other(void **state)
{
	broken_folder("rule SELECT \"Lame => cut");
	broken_folder("rule SELECT \"Lame => before what is this");
}

/* A server that forgets to say how many messages there are has not lost them. */
static void missing_exists_takes_no_row(void **state)
{
	struct person *p = BY_IMAP("fill INBOX 5");
	struct msglist *l = filled(p, 5);

	stop(p);
	odd("fill INBOX 1",
		"rule SELECT \"INBOX => instead * FLAGS ()\\r\\n* OK [UIDVALIDITY 1000] x\\r\\n"
		"* OK [UIDNEXT 7] x\\r\\n$tag OK [READ-WRITE] done");
	start(p, false);
	l = filled(p, 6);
	all_subjects_once(p, l, 6);
}

static void strange_rows_are_ignored(void **state)
{
	struct person *p = BY_IMAP("fill INBOX 10",
		"rule HEADER.FIELDS => before * 3 FETCH (FLAGS (\\\\Seen \\\\Flagged))\\r\\n"
		"* 4 FETCH (BODY[HEADER.FIELDS (SUBJECT)] {19}\\r\\nSubject: no "
		"UID\\r\\n\\r\\n)\\r\\n"
		"* 99 FETCH (UID 4000000 FLAGS () BODY[HEADER.FIELDS (SUBJECT)] "
		"{20}\\r\\nSubject: unasked\\r\\n\\r\\n)\\r\\n"
		"* 100 FETCH (UID 0 FLAGS ())\\r\\n* 0 FETCH (UID 5)\\r\\n"
		"* 6 FETCH (UID 6 FLAGS ())\\r\\n* 6 FETCH (UID 6 FLAGS ())");
	struct msglist *l = filled(p, 10);

	assert_int_equal(msglist_find(l, 4000000), -1);
	all_subjects_once(p, l, 10);
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(flags_at(l, i) & MAIL_PLACEHOLDER, 0);
}

static void alert_is_shown_clean(void **state)
{
	struct person *p = BY_IMAP("fill INBOX 1");

	filled(p, 1);
	UNTIL_SERVER(p, number("idling") == 1);
	odd("say * OK [ALERT] disk is \\e[31mfull\\x07 soon");
	UNTIL(p, strstr(person_told(), "disk is"));
	has(person_told(), "soon");
	assert_null(strchr(person_told(), '\033'));
	assert_null(strchr(person_told(), '\007'));
}

static bool escaped;

static int look_for_evil(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	if (strstr(path + ftw->base, "evil") && !strstr(path, getenv("XDG_CACHE_HOME"))) {
		print_message("outside: %s\n", path);
		escaped = true;
	}
	return 0;
}

static void names_stay_in_the_cache(void **state)
{
	struct person *p = BY_IMAP("fill INBOX 2", "fill ../../../evil1 2", "fill /tmp/evil2 2",
		"fill a/../../../../../../evil3 1", "list () \"/\" \"..\"", "list () \"/\" \"\"",
		"list () \"/\" \"evil\\x01\\x1b[2Jfour\"",
		"list () \"/\" {11}\\r\\nevil\\r\\n* BYE",
		"list () \"\\x5c\\x5c\" \"evil\\x5c\\x5c..\\x5c\\x5c..\"",
		"list () NIL evil&AAA-null", "list () \"/\" evil&//8-bad&");

	filled(p, 2);
	for (size_t i = 0; i < engine_folders(p->engine, 0); i++) {
		struct folder_info info;
		struct err err = {0};

		engine_folder(p->engine, 0, i, &info);
		for (const char *c = info.label; *c; c++)
			assert_true((unsigned char)*c >= ' ');
		for (const char *c = info.name; *c; c++)
			assert_true((unsigned char)*c >= ' ');
		if (info.selectable && strstr(info.name, "evil"))
			engine_open(p->engine, 0, info.name, &err);
	}
	watch(p, 500);
	done(p, engine_sync(p->engine, 0));
	assert_int_equal(state_of(p), STATE_ONLINE);
	stop(p);
	escaped = false;
	nftw(person_dir, look_for_evil, 16, FTW_PHYS);
	assert_false(escaped);
	assert_int_not_equal(access("/tmp/evil2", F_OK), 0);
	start(p, true);
	open_folder(p, "INBOX");
}

static void body_that_is_gone_is_told(void **state)
{
	static const struct read_options opt = {.width = 80};
	struct event *ev;
	struct person *p =
		BY_IMAP("fill INBOX 4", "rule x1 UID FETCH.*PEEK\\[\\] => say $tag OK done",
			"rule x1 UID FETCH.*PEEK\\[\\] => no [EXPUNGEISSUED] some are gone");
	struct msglist *l = filled(p, 4);

	for (int i = 0; i < 2; i++) {
		ev = answer(p, engine_read(p->engine, l, 2, &opt));
		assert_int_equal(ev->kind, EVENT_FAILED);
		assert_true(*event_error(ev));
		event_free(ev);
		assert_int_equal(msglist_count(l), 4);
	}
	engine_view_free(read_view(p, l, 2));
}

static void body_comes_after_a_break(void **state)
{
	static const struct read_options opt = {.width = 80};
	struct person *p = BY_IMAP("fill INBOX 4", "rule x1 UID FETCH.*PEEK\\[\\] => torn 60");
	struct msglist *l = filled(p, 4);
	struct event *ev = answer(p, engine_read(p->engine, l, 2, &opt));

	if (ev->kind == EVENT_FAILED)
		assert_true(*event_error(ev));
	event_free(ev);
	engine_view_free(read_view(p, l, 2));
}

/* A server that takes one connection for each person: messages are read over it. */
static void one_connection_is_enough_to_read(void **state)
{
	struct person *p = BY_IMAP("fill INBOX 3", "fill Other 3");
	struct msglist *l = filled(p, 3);

	odd("rule AUTHENTICATE => no [LIMIT] one connection is all you get");
	engine_view_free(read_view(p, l, 2));
	engine_view_free(read_view(p, l, 3));
	l = open_with(p, "Other", 3);
	engine_view_free(read_view(p, l, 1));
	assert_int_equal(seen("AUTHENTICATE"), 2); /* the second was tried once */
}

/* What nobody waits for any more is not fetched before what somebody does. */
static void cancelled_reads_are_not_fetched(void **state)
{
	struct read_options opt = {.width = 80};
	struct person *p = BY_IMAP("fill INBOX 12");
	struct msglist *l = filled(p, 12);

	odd("drip 1");
	for (uint32_t uid = 1; uid <= 10; uid++)
		engine_cancel(p->engine, engine_read(p->engine, l, uid, &opt));
	engine_view_free(read_view(p, l, 12));
	assert_true(seen("UID FETCH .* BODY.PEEK..\\)") < 10);
}

/* Nothing in the answer does not mean that the message is gone. */
static void body_that_is_not_given_is_not_gone(void **state)
{
	struct read_options opt = {.width = 80};
	struct person *p = BY_IMAP("fill INBOX 3", "lame 2 nothing PEEK.\\]");
	struct msglist *l = filled(p, 3);

	fails(p, engine_read(p->engine, l, 2, &opt), "is on the server");
}

/* BAD is about one command: the connection stays, and what is known of the folders with it. */
static void bad_is_no_storm(void **state)
{
	struct person *p = BY_IMAP("rule imap \\S+ LIST => bad never heard of it");

	UNTIL(p, strstr(person_told(), "never heard of it"));
	watch(p, 1500);
	assert_int_equal(state_of(p), STATE_ONLINE);
	assert_int_equal(seen("AUTHENTICATE"), 1);
	assert_true(seen("LIST ") <= 2);
	odd("norules");
	engine_retry(p->engine);
	UNTIL(p, state_of(p) == STATE_ONLINE);
}

/* --- passwords, sleep, slowness --- */

static void refused_password_is_asked_for_again_once(void **state)
{
	struct person *p = by_asked_password();

	odd("password right");
	event_of_kind(p, EVENT_PASSWORD);
	engine_password(p->engine, 0, "wrong");
	event_of_kind(p, EVENT_PASSWORD);
	UNTIL(p, state_of(p) == STATE_FAILED);
	/* Nobody answers: nothing more happens, neither on the wire nor on the screen. */
	engine_password(p->engine, 0, NULL);
	watch(p, 700);
	assert_int_equal(seen("AUTHENTICATE"), 1);
	engine_retry(p->engine);
	event_of_kind(p, EVENT_PASSWORD);
	engine_password(p->engine, 0, "right");
	UNTIL(p, state_of(p) == STATE_ONLINE);
	/* It stops working in the middle. */
	odd("password another", "cut");
	event_of_kind(p, EVENT_PASSWORD);
	UNTIL(p, state_of(p) == STATE_FAILED);
	watch(p, 700);
	assert_int_equal(seen("AUTHENTICATE"), 3);
	engine_password(p->engine, 0, "another");
	UNTIL(p, state_of(p) == STATE_ONLINE);
}

/* The connections that only look get what is typed, too, and ask for it once. */
static void a_check_gets_the_password(void **state)
{
	struct person *p = by_asked_password();
	unsigned request;
	struct event *ev;

	engine_set_offline(p->engine, true);
	request = engine_check(p->engine, 0);
	event_of_kind(p, EVENT_PASSWORD);
	engine_password(p->engine, 0, NULL);
	ev = answer(p, request);
	assert_int_equal(ev->kind, EVENT_CHECKED);
	assert_int_equal(ev->checked.err.kind, ERR_AUTH);
	event_free(ev);
	request = engine_check(p->engine, 0);
	event_of_kind(p, EVENT_PASSWORD);
	engine_password(p->engine, 0, "secret");
	ev = answer(p, request);
	assert_int_equal(ev->kind, EVENT_CHECKED);
	assert_string_equal(ev->checked.err.text, "");
	event_free(ev);
}

static void write_token(const char *path, const char *token)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fprintf(f, "%s\n", token);
	fclose(f);
}

/* What the command gave before may have expired: it is run once more, and not for ever. */
static void password_command_is_run_again(void **state)
{
	char *path = text_of("%s/token", getenv("XDG_CACHE_HOME"));
	char *command = text_of("command \"cat %s\"", path);
	struct person *p;

	odd("password one");
	write_token(path, "one");
	p = by_password("imap", command);
	UNTIL(p, state_of(p) == STATE_ONLINE);
	odd("password two");
	write_token(path, "two");
	odd("cut");
	UNTIL_SERVER(p, seen("AUTHENTICATE") == 3);
	UNTIL(p, state_of(p) == STATE_ONLINE);
	/* Nor does the new one fit: that is told, and no storm. */
	odd("password three", "cut");
	UNTIL(p, state_of(p) == STATE_FAILED);
	has(reason(p), "wrong password");
	watch(p, 700);
	assert_int_equal(seen("AUTHENTICATE"), 5);
	person_free(p);
}

static void sleep_leads_to_a_new_connection_at_once(void **state)
{
	int logins;
	struct person *p = BY_IMAP("fill INBOX 3");
	struct msglist *l = filled(p, 3);

	engine_view_free(read_view(p, l, 2));
	UNTIL_SERVER(p, number("idling") == 1);
	logins = seen("AUTHENTICATE");
	/* The link is dead, and nobody says so. */
	odd("rule DONE => stall");
	sleep_for(3600 * 1000);
	UNTIL_SERVER(p, seen("AUTHENTICATE") > logins && number("idling") >= 1);
	UNTIL(p, state_of(p) == STATE_ONLINE);
	odd("norules", "fill INBOX 1");
	UNTIL(p, msglist_count(l) == 4);
	/* The connection that fetches bodies is not the old one either. */
	engine_view_free(read_view(p, l, 4));
	assert_int_equal(seen("AUTHENTICATE"), logins + 2);
	/* A nap of a second is none. */
	sleep_for(1000);
	watch(p, 1500);
	assert_int_equal(seen("AUTHENTICATE"), logins + 2);
	stop_quickly(p);
}

static void sleep_ends_the_waiting_for_a_server(void **state)
{
	int64_t begin;
	struct person *p = BY_IMAP("greeting imap * BYE too many connections");

	/* Until the pause is five seconds. */
	UNTIL_SERVER(p, seen("imap") >= 0 && state_of(p) == STATE_WAITING);
	for (int i = 0; i < 2; i++) {
		UNTIL(p, state_of(p) == STATE_CONNECTING);
		UNTIL(p, state_of(p) == STATE_WAITING);
	}
	odd("norules");
	begin = clock_ms();
	sleep_for(60 * 1000);
	UNTIL(p, state_of(p) == STATE_ONLINE);
	assert_true(clock_ms() - begin < 4000);
}

static void octet_a_second_stops_no_key(void **state)
{
	int64_t begin;
	struct person *p = BY_IMAP("fill INBOX 60", "drip 1000");

	for (int i = 0; i < 20; i++) {
		begin = clock_ms();
		event_free(answer(p, engine_drafts(p->engine, 0)));
		assert_true(clock_ms() - begin < AT_ONCE_MS);
	}
	stop_quickly(p);
	odd("norules", "cut");
	start(p, false);
	filled(p, 60);
}

/* Neither SEARCH nor a list in one: asked for by halves, and one that is refused alone is there
 * all the same. */
static void list_that_is_refused_comes_by_halves(void **state)
{
	struct msglist *l;
	struct person *p = BY_IMAP("fill INBOX 5");

	filled(p, 5);
	stop(p);
	odd("fill INBOX 2", "rule SEARCH ALL => no not now", "lame 6 no \\(UID FLAGS\\)");
	start(p, false);
	l = filled(p, 7);
	all_subjects_once(p, l, 7);
	assert_true(seen("FETCH 6:6 \\(UID FLAGS\\)") || seen("FETCH 6 \\(UID FLAGS\\)"));
}

/* A server that lists nothing at all is told so. */
static void list_that_is_refused_altogether_is_told(void **state)
{
	struct msglist *l;
	struct person *p = BY_IMAP("fill INBOX 30");

	filled(p, 30);
	stop(p);
	odd("fill INBOX 1", "rule SEARCH ALL => no not now",
		"rule UID FETCH .*\\(UID FLAGS\\) => no not now");
	start(p, false);
	l = open_folder(p, "INBOX");
	UNTIL(p, strstr(person_told(), "The server refuses to list its messages"));
	assert_int_equal(msglist_count(l), 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ODD_CASE(full_server_is_waited_for),
		ODD_CASE(preauth_sends_nothing),
		ODD_CASE(starttls_refused_sends_nothing),
		ODD_CASE(login_refused_is_no_storm),
		ODD_CASE(silent_server_stops_no_key),
		ODD_CASE(stalled_fill_quits_at_once_and_goes_on_later),
		ODD_CASE(one_break_costs_no_row),
		ODD_CASE(next_rows_are_asked_for_ahead),
		ODD_CASE(break_with_two_chunks_under_way_costs_no_row),
		ODD_CASE(broken_row_of_the_second_chunk_alone_is_given_up),
		ODD_CASE(many_breaks_cost_no_row),
		ODD_CASE(single_octets_are_read),
		ODD_CASE(unparsable_row_has_a_placeholder),
		ODD_CASE(lame_message_costs_one_row),
		ODD_CASE(lame_flags_stop_no_new_mail),
		ODD_CASE(lame_message_comes_when_the_server_is_well),
		ODD_CASE(lame_message_is_asked_for_at_once),
		ODD_CASE(folder_of_lame_messages_ends),
		ODD_CASE(broken_folder_stops_no_other),
		ODD_CASE(missing_exists_takes_no_row),
		ODD_CASE(strange_rows_are_ignored),
		ODD_CASE(alert_is_shown_clean),
		ODD_CASE(names_stay_in_the_cache),
		ODD_CASE(body_that_is_gone_is_told),
		ODD_CASE(body_comes_after_a_break),
		ODD_CASE(one_connection_is_enough_to_read),
		ODD_CASE(cancelled_reads_are_not_fetched),
		ODD_CASE(body_that_is_not_given_is_not_gone),
		ODD_CASE(bad_is_no_storm),
		ODD_CASE(refused_password_is_asked_for_again_once),
		ODD_CASE(a_check_gets_the_password),
		ODD_CASE(password_command_is_run_again),
		ODD_CASE(sleep_leads_to_a_new_connection_at_once),
		ODD_CASE(sleep_ends_the_waiting_for_a_server),
		ODD_CASE(octet_a_second_stops_no_key),
		ODD_CASE(list_that_is_refused_comes_by_halves),
		ODD_CASE(list_that_is_refused_altogether_is_told),
	};

	return ODD_RUN(tests);
}

/* The engine against IMAP servers that refuse operations, or whose answers get lost (odd.py): each
 * case says what the user must find afterwards. */
#include "base/file.h"
#include "base/mem.h"
#include "tests/sync/odd.h"

#include <stdlib.h>
#include <string.h>

/* Three messages in INBOX, none in Archive, both known. */
static struct person *with_archive(const char *rule, struct msglist **l)
{
	struct person *p = BY_IMAP("fill INBOX 3", "fill Archive 0", rule);

	*l = filled(p, 3);
	UNTIL(p, engine_find_folder(p->engine, 0, "Archive") >= 0);
	return p;
}

/* One mail is sent; its copy goes to the server by APPEND. */
static struct person *who_sends_once(const char *rule)
{
	struct person *p = BY_IMAP(rule);

	filled(p, 0);
	send_text(p, "you@example.org", "Once");
	event_of_kind(p, EVENT_SENT);
	return p;
}

static void refused_mark_is_taken_back(void **state)
{
	struct person *p =
		BY_IMAP("fill INBOX 3", "rule UID STORE => no the mailbox is for reading");
	struct msglist *l = filled(p, 3);

	flag_one(p, l, 2, MAIL_FLAGGED);
	UNTIL(p, engine_pending(p->engine) == 0 && !(flags_of(l, 2) & MAIL_FLAGGED));
	has(person_told(), "the mailbox is for reading");
	assert_int_equal(state_of(p), STATE_ONLINE);
}

static void refused_move_comes_back(void **state)
{
	struct msglist *l;
	struct person *p = with_archive("rule UID MOVE => no over quota", &l);

	move_one(p, l, 2, "Archive");
	assert_int_equal(msglist_find(l, 2), -1);
	UNTIL(p, engine_pending(p->engine) == 0 && msglist_count(l) == 3);
	assert_string_equal(row_with(p, l, 2).subject, "Message 2");
	has(person_told(), "over quota");
}

/* Nothing waits any more; whoever sits before the screen presses the key that connects at once. */
static void settled_with_haste(struct person *p)
{
	while (engine_pending(p->engine) || state_of(p) != STATE_ONLINE) {
		struct event *ev = next_event(p->engine, clock_ms() + PATIENCE_MS);

		assert_non_null(ev);
		event_free(ev);
		if (state_of(p) == STATE_WAITING)
			engine_retry(p->engine);
	}
}

static void done_with_haste(struct person *p, unsigned request)
{
	struct event *ev;

	while ((ev = next_event(p->engine, clock_ms() + PATIENCE_MS)) && ev->request != request) {
		event_free(ev);
		if (state_of(p) == STATE_WAITING)
			engine_retry(p->engine);
	}
	assert_non_null(ev);
	assert_int_equal(ev->kind, EVENT_DONE);
	event_free(ev);
}

/* It is told by name, shown with the changes that wait, and keeps no other from going out. */
static void is_set_aside(struct person *p, struct msglist *l, const char *name, const char *command)
{
	struct pending_info info;

	flag_one(p, l, 3, MAIL_ANSWERED);
	settled_with_haste(p);
	UNTIL(p, engine_pending_rows(p->engine) == 1);
	assert_int_equal(seen(command), 3);
	assert_int_equal(number("marked INBOX \\Answered"), 1);
	has(person_told(), name);
	has(person_told(), "the connection ended each of the 3 times it was sent");
	engine_pending_at(p->engine, 0, &info);
	assert_true(info.refused);
	has(info.text, name);
}

static void mark_that_ends_connections_is_set_aside(void **state)
{
	struct msglist *l;
	struct person *p = with_archive("rule UID STORE 2 => cut", &l);

	flag_one(p, l, 2, MAIL_FLAGGED);
	is_set_aside(p, l, "Flag 1 message in Inbox", "UID STORE 2");
	UNTIL(p, !(flags_of(l, 2) & MAIL_FLAGGED));
	/* Whoever does it again has it tried again. */
	odd("norules");
	flag_one(p, l, 2, MAIL_FLAGGED);
	settled(p);
	assert_int_equal(number("marked INBOX \\Flagged"), 1);
}

static void move_that_ends_connections_comes_back(void **state)
{
	struct msglist *l;
	struct person *p = with_archive("rule UID MOVE 2 => cut", &l);

	move_one(p, l, 2, "Archive");
	is_set_aside(p, l, "Move 1 message from Inbox to Archive", "UID MOVE 2");
	UNTIL(p, msglist_count(l) == 3);
}

/* Done each time, or the first: the server's word counts. */
static void move_that_was_done_stays_done(void **state)
{
	struct msglist *l;
	struct person *p;

	odd("caps IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS IDLE LITERAL+");
	p = with_archive("rule UID STORE 2 => lose", &l);
	move_one(p, l, 2, "Archive");
	settled_with_haste(p);
	/* The copy is there, and the original still here: none of the two is lost or made again. */
	assert_int_equal(number("count Archive"), 1);
	assert_int_equal(number("count INBOX"), 3);
	UNTIL(p, msglist_count(l) == 3);
	assert_int_equal(seen("UID COPY"), 1);
	has(person_told(), "the connection ended each of the 3 times");
}

static void copy_of_a_sent_mail_that_ends_connections_is_kept(void **state)
{
	struct person *p = BY_IMAP("fill Sent 0", "fill INBOX 3", "rule APPEND => cut");
	struct msglist *l = filled(p, 3);

	send_text(p, "you@example.org", "Once");
	event_of_kind(p, EVENT_SENT);
	is_set_aside(p, l, "Keep a copy in Sent", "APPEND");
	l = open_with(p, "Local/Sent", 1);
}

/* One run of `talaria sync` is enough to see it. */
static void synchronisation_goes_on_behind_it(void **state)
{
	struct msglist *l;
	struct person *p = with_archive("rule UID STORE 2 => cut", &l);

	restart(p, true);
	l = open_with(p, "INBOX", 3);
	flag_one(p, l, 2, MAIL_FLAGGED);
	odd("fill INBOX 1");
	done_with_haste(p, engine_sync(p->engine, 0));
	assert_int_equal(engine_pending(p->engine), 0);
	UNTIL(p, msglist_count(l) == 4);
}

static void lost_append_makes_no_second_copy(void **state)
{
	struct person *p;

	odd("fill Sent 0");
	p = who_sends_once("rule x1 APPEND => lose");
	UNTIL(p, engine_pending(p->engine) == 1);
	settled(p);
	assert_int_equal(number("count Sent"), 1);
	assert_int_equal(seen("APPEND"), 1);
	assert_int_equal(seen("HEADER Message-ID"), 1);
	open_with(p, "sent", 1);
}

static void append_that_never_arrived_is_repeated(void **state)
{
	struct person *p;

	odd("fill Sent 0");
	p = who_sends_once("rule x1 APPEND => cut");
	settled(p);
	UNTIL_SERVER(p, number("count Sent") == 1);
	assert_int_equal(seen("APPEND"), 2);
}

static void append_waits_for_its_mailbox(void **state)
{
	struct person *p;

	/* No Sent yet, and the link breaks before it is made. */
	p = who_sends_once("rule x1 APPEND => cut");
	settled(p);
	UNTIL_SERVER(p, number("count Sent") == 1);
}

/* The folder is made, and the connection breaks before it is subscribed: no refusal. */
static void break_at_a_new_folder_is_no_refusal(void **state)
{
	struct person *p = who_sends_once("rule x1 SUBSCRIBE => cut");
	struct msglist *l = open_folder(p, "INBOX");

	settled(p);
	UNTIL_SERVER(p, number("count Sent") == 1);
	odd("fill INBOX 2", "rule x1 SUBSCRIBE => cut");
	UNTIL(p, msglist_count(l) == 2);
	delete_one(p, l, 1);
	settled(p);
	UNTIL_SERVER(p, number("count Trash") == 1);
	assert_int_equal(number("count INBOX"), 1);
	assert_null(strstr(person_told(), "refused"));
}

static void lost_move_is_not_doubled(void **state)
{
	struct msglist *l;
	struct person *p = with_archive("rule x1 UID MOVE => lose", &l);

	move_one(p, l, 2, "Archive");
	settled(p);
	assert_int_equal(number("count Archive"), 1);
	assert_int_equal(number("count INBOX"), 2);
	assert_int_equal(msglist_count(l), 2);
	l = open_with(p, "Archive", 1);
}

static void lost_copy_is_not_doubled(void **state)
{
	struct msglist *l;
	struct person *p = with_archive("rule x1 UID COPY => lose", &l);

	copy_one(p, l, 2, "Archive");
	settled(p);
	assert_int_equal(number("count Archive"), 1);
	assert_int_equal(msglist_count(l), 3);
}

/* MOVE by COPY, STORE and EXPUNGE: whichever answer gets lost, one message is there at the end. */
static void lost_step_of_an_old_move_is_not_doubled(void **state)
{
	static const char *const steps[] = {"UID COPY", "UID STORE", "UID EXPUNGE"};

	for (size_t i = 0; i < MEM_COUNT(steps); i++) {
		struct person *p;
		struct msglist *l;
		char *rule = text_of("rule x1 %s => lose", steps[i]);

		odd("reset", "caps IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS IDLE LITERAL+");
		p = with_archive(rule, &l);
		move_one(p, l, 2, "Archive");
		settled(p);
		if (number("count Archive") != 1)
			fail_msg("%s lost: %d copies", steps[i], number("count Archive"));
		assert_int_equal(number("count INBOX"), 2);
		assert_int_equal(msglist_count(l), 2);
		person_free(p);
	}
}

static bool has_folder(struct person *p, const char *name, uint32_t total)
{
	for (size_t i = 0; i < engine_folders(p->engine, 0); i++) {
		struct folder_info info;

		engine_folder(p->engine, 0, i, &info);
		if (strcmp(info.name, name) == 0)
			return info.total == total;
	}
	return false;
}

/* Flags that nobody asked for are no copy of a message: else the second is removed uncopied. */
static void unasked_flags_are_no_copies(void **state)
{
	uint32_t uids[] = {2, 3};
	struct person *p;
	struct msglist *l;

	odd("caps IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS IDLE LITERAL+",
		"rule UID FETCH => before * 1 FETCH (UID 3 FLAGS (\\\\Seen))");
	p = with_archive("rule x1 UID COPY => half", &l);
	done(p, engine_move(p->engine, l, uids, 2, "Archive"));
	settled(p);
	assert_int_equal(number("count Archive"), 2);
	assert_int_equal(number("count INBOX"), 1);
}

static struct msglist *old_server(struct person **p, const char *rule)
{
	odd("reset", "caps IMAP4rev1 AUTH=PLAIN SASL-IR IDLE LITERAL+", "fill INBOX 6",
		"fill Archive 0", "flags INBOX 5 \\Deleted", rule);
	*p = by_imap();
	UNTIL(*p, has_folder(*p, "Archive", 0));
	return filled(*p, 6);
}

/* Without UIDPLUS the rest of the folder is as it was, its marks too. */
static void old_server_removes_what_is_moved_alone(void **state)
{
	struct person *p;
	struct msglist *l = old_server(&p, "rule x1 nothing => cut");
	uint32_t uids[] = {2, 3};

	done(p, engine_move(p->engine, l, uids, 2, "Archive"));
	settled(p);
	UNTIL_SERVER(p, number("count INBOX") == 4);
	assert_int_equal(number("count Archive"), 2);
	assert_int_equal(number("marked INBOX \\Deleted"), 1);
	assert_int_equal(number("marked Archive \\Deleted"), 0);
}

/* It is said when both are there. */
static void old_server_that_keeps_what_is_moved_is_told(void **state)
{
	struct person *p;
	struct msglist *l = old_server(&p, "rule imap \\d+ EXPUNGE => no only the owner may");
	uint32_t uids[] = {2, 3};

	done(p, engine_move(p->engine, l, uids, 2, "Archive"));
	settled(p);
	UNTIL(p, strstr(person_told(), "still in INBOX too"));
	has(person_told(), "only the owner may");
	assert_int_equal(number("count INBOX"), 6);
	assert_int_equal(number("count Archive"), 2);
	UNTIL(p, flags_of(l, 2) & MAIL_DELETED);
}

static void select_says(const char *flags, const char *code)
{
	char *rule = text_of("rule SELECT \"INBOX => instead * FLAGS (\\\\Seen)\\r\\n"
			     "* OK [PERMANENTFLAGS (%s)] x\\r\\n* 3 EXISTS\\r\\n"
			     "* OK [UIDVALIDITY 1000] x\\r\\n* OK [UIDNEXT 4] x\\r\\n"
			     "$tag OK [%s] done",
		flags, code);

	odd(rule);
}

/* Nothing is copied out of a folder that nothing can be taken from, and no mark is shown that the
 * server does not keep. */
static void folder_to_read_only(const char *caps, const char *flags, const char *code)
{
	struct person *p;
	struct msglist *l;
	uint32_t uid = 2;

	odd("reset", caps, "fill INBOX 3", "fill Archive 0");
	select_says(flags, code);
	p = by_imap();
	l = filled(p, 3);
	assert_true(msglist_read_only(l));
	UNTIL(p, has_folder(p, "Archive", 0));
	ends(p, engine_move(p->engine, l, &uid, 1, "Archive"), EVENT_FAILED);
	ends(p, engine_flag(p->engine, l, &uid, 1, 0, MAIL_FLAGGED), EVENT_FAILED);
	copy_one(p, l, uid, "Archive");
	settled(p);
	assert_int_equal(number("count Archive"), 1);
	assert_int_equal(seen("STORE"), 0);
	person_free(p);
}

static void folder_to_read_only_is_not_changed(void **state)
{
	static const char with[] = "caps IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS MOVE IDLE LITERAL+",
			  without[] = "caps IMAP4rev1 AUTH=PLAIN SASL-IR IDLE LITERAL+";

	folder_to_read_only(with, "\\\\Seen \\\\Deleted", "READ-ONLY");
	folder_to_read_only(without, "\\\\Seen \\\\Deleted", "READ-ONLY");
	folder_to_read_only(with, "", "READ-WRITE");
}

/* What was made before the folder was known to be so is refused before COPY, with words. */
static void operation_on_a_folder_to_read_only_is_refused(void **state)
{
	struct person *p = BY_IMAP("caps IMAP4rev1 AUTH=PLAIN SASL-IR IDLE LITERAL+",
		"fill INBOX 3", "fill Archive 0");
	struct msglist *l = filled(p, 3);

	UNTIL(p, has_folder(p, "Archive", 0));
	restart(p, true);
	l = open_folder(p, "INBOX");
	move_one(p, l, 2, "Archive");
	stop(p);
	select_says("\\\\Seen", "READ-WRITE");
	start(p, false);
	l = open_folder(p, "INBOX");
	UNTIL(p, strstr(person_told(), "does not keep this mark"));
	UNTIL(p, msglist_count(l) == 3);
	assert_int_equal(number("count Archive"), 0);
}

/* The wire name tells mailboxes apart that look alike. */
static void mailboxes_that_look_alike_are_two(void **state)
{
	struct msglist *one, *two;
	struct person *p = BY_IMAP("fill R&D 2", "fill R&-D 3");

	UNTIL(p, has_folder(p, "R&D", 2) && has_folder(p, "R&D (R&-D)", 3));
	one = open_folder(p, "R&D");
	two = open_folder(p, "R&D (R&-D)");
	UNTIL(p, msglist_count(one) == 2 && msglist_count(two) == 3);
	restart(p, true);
	UNTIL(p, has_folder(p, "R&D", 2) && has_folder(p, "R&D (R&-D)", 3));
}

/* The counts that an offline start shows are those of the end of the last one. */
static void counts_are_kept_as_they_are(void **state)
{
	struct person *p = BY_IMAP("fill INBOX 5");

	filled(p, 5);
	restart(p, true);
	UNTIL(p, has_folder(p, "INBOX", 5));
}

/* What is made here is made where the server keeps the person's own folders. */
static void own_folders_are_below_the_prefix(void **state)
{
	struct person *p =
		BY_IMAP("caps IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS MOVE IDLE LITERAL+ NAMESPACE",
			"rule NAMESPACE => say * NAMESPACE ((\"INBOX/\" \"/\")) NIL ((\"Shared/\" "
			"\"/\"))\\r\\n"
			"$tag OK done",
			"rule CREATE \"[^I] => no nonexistent namespace", "fill INBOX 3");
	struct msglist *l = filled(p, 3);

	settled(p);
	delete_one(p, l, 2);
	settled(p);
	assert_int_equal(number("count INBOX/Trash"), 1);
	done(p, engine_create_folder(p->engine, 0, "Work"));
	settled(p);
	assert_int_equal(seen("CREATE \"INBOX/Work\""), 1);
	assert_int_equal(seen("NAMESPACE"), 1);
}

/* How many messages the folder with that role has; -1: there is none, or more than one of its name.
 */
static int64_t in_role(struct person *p, enum mail_role role, const char *name)
{
	int at = engine_role_folder(p->engine, 0, role);
	struct folder_info f;
	size_t n = 0;

	for (size_t i = 0; i < engine_folders(p->engine, 0); i++) {
		engine_folder(p->engine, 0, i, &f);
		n += strstr(f.name, name) != NULL;
	}
	if (at < 0 || n != 1)
		return -1;
	engine_folder(p->engine, 0, (size_t)at, &f);
	return strstr(f.name, name) && f.counts_known ? (int64_t)f.total : -1;
}

/* The configuration says which folder is used, whatever the server says; it is one, also where it
 * was made before the server said what its names begin with. */
static void configured_folders_have_the_role(void **state)
{
	static const char *const counts[] = {"count Bin", "count INBOX/Bin"};

	for (size_t i = 0; i < 2; i++) {
		struct person *p;
		struct msglist *l;

		odd("reset");
		if (i) {
			odd("caps IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS MOVE IDLE LITERAL+ "
			    "NAMESPACE SPECIAL-USE",
				"rule NAMESPACE => say * NAMESPACE ((\"INBOX/\" \"/\")) NIL "
				"NIL\\r\\n"
				"$tag OK done");
		}
		odd("fill INBOX 3", i ? "fill INBOX/Trash 0" : "fill Trash 0");
		p = somebody("imap", "imap+insecure", "\ttrash Bin\n");
		l = filled(p, 3);
		for (uint32_t uid = 1; uid <= 2; uid++) {
			delete_one(p, l, uid);
			settled(p);
			UNTIL(p, in_role(p, ROLE_TRASH, "Bin") == uid);
			assert_int_equal(number(counts[i]), uid);
		}
		assert_int_equal(seen(" CREATE "), 1);
		/* What is deleted there goes for good. */
		l = synced(p, "trash", 2);
		delete_one(p, l, msglist_uid(l, 0));
		settled(p);
		assert_int_equal(number(counts[i]), 1);
		person_free(p);
	}
}

/* --- folders are deleted and renamed --- */

static struct person *with_folders(void)
{
	struct person *p = BY_IMAP("fill INBOX 3", "fill Work 2", "fill Work/R&AOQ- 1");

	filled(p, 3);
	UNTIL(p, has_folder(p, "Work", 2) && has_folder(p, "Work/R\xc3\xa4", 1));
	return p;
}

/* In its words, and nothing changes here. */
static void refused_folders_stay(void **state)
{
	struct person *p;
	struct msglist *l;
	uint32_t uid;

	odd("rule \\S+ DELETE => no Work is for ever", "rule \\S+ RENAME => bad what do you mean");
	p = with_folders();
	l = synced(p, "Work", 2);
	fails(p, engine_delete_folder(p->engine, 0, "Work", 2),
		"Folder Work was not deleted: The server refused: Work is for ever");
	fails(p, engine_rename_folder(p->engine, 0, "Work", "Play"), "what do you mean");
	assert_int_equal(seen("SUBSCRIBE"), 0);
	assert_true(has_folder(p, "Work", 2) && !msglist_read_only(l));
	/* And the list is still of use. */
	uid = msglist_uid(l, 0);
	flag_one(p, l, uid, MAIL_FLAGGED);
	settled(p);
	assert_int_equal(number("marked Work \\Flagged"), 1);
}

/* What a server has no list of subscriptions for is done all the same; the levels below and names
 * in modified UTF-7 come along. */
static void renamed_with_all_below(void **state)
{
	struct person *p = with_folders();
	struct msglist *l = synced(p, "Work/R\xc3\xa4", 1);

	done(p, engine_rename_folder(p->engine, 0, "Work", "\xc3\x84rger"));
	assert_int_equal(number("count &AMQ-rger"), 2);
	assert_int_equal(number("count &AMQ-rger/R&AOQ-"), 1);
	UNTIL(p, has_folder(p, "\xc3\x84rger", 2) && has_folder(p, "\xc3\x84rger/R\xc3\xa4", 1));
	assert_string_equal(msglist_folder(l), "\xc3\x84rger/R\xc3\xa4");
	assert_int_equal(msglist_count(l), 1);
	UNTIL_SERVER(p, seen("SUBSCRIBE \"&AMQ-rger/R&AOQ-\"") == 1);
	assert_int_equal(seen("UNSUBSCRIBE \"Work/R&AOQ-\""), 1);
	assert_string_equal(person_told(), "");
}

static void lost_while_asked(struct person *p)
{
	struct msglist *l = open_folder(p, "INBOX");
	uint32_t uid = msglist_uid(l, 0);
	unsigned request = engine_rename_folder(p->engine, 0, "Work", "Play");

	UNTIL_SERVER(p, seen("RENAME") == 2);
	fails(p, engine_move(p->engine, l, &uid, 1, "Work"), "just being asked");
	fails(p, engine_delete_folder(p->engine, 0, "Work", 9), "just being asked");
	engine_set_offline(p->engine, true);
	fails(p, request, "Whether folder Work was renamed");
	move_one(p, l, uid, "Work");
	fails(p, engine_delete_folder(p->engine, 0, "Work", 9), "offline");
}

/* Nobody knows whether it was done: that is said, and the list of folders shows it. */
static void lost_answers_are_told(void **state)
{
	struct person *p;

	odd("rule x1 ^imap \\S+ DELETE => lose");
	p = with_folders();
	fails(p, engine_delete_folder(p->engine, 0, "Work/R\xc3\xa4", 1),
		"the list of folders will show");
	UNTIL(p, !has_folder(p, "Work/R\xc3\xa4", 1));
	odd("rule x1 RENAME => cut");
	fails(p, engine_rename_folder(p->engine, 0, "Work", "Play"),
		"the list of folders will show");
	UNTIL(p, state_of(p) != STATE_ONLINE);
	UNTIL(p, state_of(p) == STATE_ONLINE);
	done(p, engine_sync(p->engine, 0));
	assert_true(has_folder(p, "Work", 2));
	/* While the answer is awaited nothing is begun in it; then everybody is told. */
	odd("rule x1 RENAME => stall");
	lost_while_asked(p);
}

/* Each is told why, and what can be done. */
static void folders_that_cannot_go(void **state)
{
	struct person *p = with_folders();
	struct msglist *l = open_folder(p, "Work"), *inbox = open_folder(p, "INBOX");
	uint32_t uid = msglist_uid(inbox, 0);
	unsigned export;
	char *path;

	synced(p, "Work/R\xc3\xa4", 1);
	/* It is being exported, and waits for a message. */
	path = text_of("%s/export", p->home);
	odd("rule BODY.PEEK\\[\\] => stall");
	export = engine_export_folder(p->engine, 0, "Work/R\xc3\xa4", path);
	UNTIL_SERVER(p, seen("BODY.PEEK\\[\\]"));
	fails(p, engine_delete_folder(p->engine, 0, "Work/R\xc3\xa4", 9),
		"just being exported or imported");
	engine_cancel(p->engine, export);
	event_free(answer(p, export));
	/* Another client took it away while somebody looks at it. */
	odd("drop Work");
	engine_sync(p->engine, 0);
	UNTIL(p, msglist_read_only(l));
	fails(p, engine_delete_folder(p->engine, 0, "Work", 9), "no longer on the server");
	/* It is only meant to be there. */
	engine_set_offline(p->engine, true);
	archive_one(p, inbox, uid);
	UNTIL(p, engine_find_folder(p->engine, 0, "Archive") >= 0);
	fails(p, engine_delete_folder(p->engine, 0, "Archive", 9), "not on the server yet");
}

/* Changes that wait for a folder, or for one below it, go first: by the answer of a server that
 * takes its time. */
static void changes_go_before_their_folder(void **state)
{
	struct person *p = with_folders();
	struct msglist *l = open_folder(p, "INBOX");
	uint32_t uid = msglist_uid(l, 0);

	odd("rule x1 MOVE => stall");
	move_one(p, l, uid, "Work/R\xc3\xa4");
	UNTIL_SERVER(p, seen(" MOVE ") == 1);
	fails(p, engine_delete_folder(p->engine, 0, "Work/R\xc3\xa4", 9),
		"1 change that waits is about folder Work/R\xc3\xa4");
	fails(p, engine_rename_folder(p->engine, 0, "Work", "Play"),
		"1 change that waits is about folder Work");
	odd("cut");
	settled(p);
	assert_int_equal(number("count Work/R&AOQ-"), 2);
	done(p, engine_delete_folder(p->engine, 0, "Work/R\xc3\xa4", 2));
	UNTIL(p, engine_find_folder(p->engine, 0, "Work/R\xc3\xa4") < 0);
}

/* What holds only other folders goes with the last of them. */
static void folders_without_messages(void **state)
{
	struct person *p = BY_IMAP(
		"fill INBOX 1", "fill Top/Sub 0", "list (\\\\Noselect \\\\HasChildren) \"/\" Top");

	filled(p, 1);
	UNTIL(p, engine_find_folder(p->engine, 0, "Top") >= 0);
	fails(p, engine_delete_folder(p->engine, 0, "Top", 0), "holds only other folders");
	done(p, engine_delete_folder(p->engine, 0, "Top/Sub", 0));
	UNTIL(p, engine_find_folder(p->engine, 0, "Top/Sub") < 0);
	/* There is nothing in it to be counted. */
	fails(p, engine_delete_folder(p->engine, 0, "Top", 0), "no such mailbox");
	assert_int_equal(seen("STATUS \"Top\""), 0);
}

/* Names of servers that speak other languages; and what was deleted before they were listed. */
static void localised_names_have_roles(void **state)
{
	static const char *const names[][2] = {
		{"PAPIERKORB", "&AMcA9g-p"},
		{"Corbeille", "&BBoEPgRABDcEOAQ9BDA-"},
	};

	for (size_t i = 0; i < 4; i++) {
		const char *name = names[i / 2][i % 2];
		char *fill = text_of("fill %s 0", name), *count = text_of("count %s", name);
		struct person *p;
		struct msglist *l;
		uint32_t uid = 2;

		odd("reset", "fill INBOX 3", fill);
		p = by_imap();
		l = filled(p, 3);
		settled(p);
		delete_one(p, l, uid);
		settled(p);
		assert_int_equal(number(count), 1);
		assert_int_equal(seen("CREATE"), 0);
		person_free(p);
	}
}

/* SPECIAL-USE may be asked for without LIST-EXTENDED; who offers it and does not take it is asked
 * plainly. */
static void roles_are_asked_for(void **state)
{
	struct person *p = BY_IMAP("fill INBOX 1", "rule RETURN => bad what return");

	filled(p, 1);
	settled(p);
	/* The inbox may be here before the folders are asked for. */
	UNTIL_SERVER(p, seen("LIST \"\" \"\\*\" RETURN .SPECIAL-USE.$"));
	UNTIL_SERVER(p, seen("LIST \"\" \"\\*\"$"));
}

/* What is put into a folder from here is no new mail, nor is what an undo brings back. */
static void own_copies_are_no_news(void **state)
{
	struct msglist *l, *work;
	struct event *ev;
	int64_t end;
	struct person *p = BY_IMAP("fill INBOX 3", "fill Work 1");

	UNTIL(p, has_folder(p, "Work", 1));
	l = filled(p, 3);
	work = synced(p, "Work", 1);
	copy_one(p, l, 3, "Work");
	delete_one(p, l, 3);
	UNTIL(p, engine_pending(p->engine) == 0 && msglist_count(work) == 2);
	done(p, engine_undo(p->engine));
	end = clock_ms() + PATIENCE_MS;
	while (msglist_count(l) != 3 || engine_pending(p->engine)) {
		ev = next_event(p->engine, end);
		assert_non_null(ev);
		assert_int_not_equal(ev->kind, EVENT_NEW_MAIL);
		event_free(ev);
	}
	odd("fill INBOX 1");
	event_of_kind(p, EVENT_NEW_MAIL);
}

/* One message that came from elsewhere, as a file: it is put into Archive. */
static struct person *who_imports(const char *rule, const char *header, const char *flags)
{
	char *dir, *path, *text;
	struct person *p = BY_IMAP("fill INBOX 1", "fill Archive 0", rule);

	filled(p, 1);
	UNTIL(p, engine_find_folder(p->engine, 0, "Archive") >= 0);
	dir = text_of("%s/from", p->home);
	assert_int_equal(file_make_dirs(dir, NULL), 0);
	path = text_of("%s/one.mbox", dir);
	text = text_of("From x@example.org Mon Jan  6 10:00:00 2025\n%sSubject: Imported\n"
		       "From: x@example.org\n%s\nText\n\n",
		header, flags);
	assert_int_equal(file_replace(path, text, strlen(text), 0600, NULL), 0);
	done(p, engine_import(p->engine, 0, path, "Archive"));
	return p;
}

/* Without a Message-ID it is found by its size. */
static void lost_append_without_id_makes_no_second_copy(void **state)
{
	struct person *p = who_imports("rule x1 APPEND => lose", "", "");

	settled(p);
	assert_int_equal(number("count Archive"), 1);
	assert_int_equal(seen("APPEND"), 1);
}

static void another_of_no_id_is_not_taken_for_it(void **state)
{
	struct person *p = who_imports("rule x1 APPEND => cut", "", "");

	odd("bare Archive 1");
	settled(p);
	assert_int_equal(number("count Archive"), 2);
	assert_int_equal(seen("APPEND"), 2);
}

static void keyword_that_is_refused_keeps_no_mail_out(void **state)
{
	struct person *p;

	odd("caps IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS MOVE IDLE");
	p = who_imports("rule APPEND .*work => no no such keyword", "Message-ID: <one@x>\n",
		"X-Keywords: work\n");
	settled(p);
	assert_int_equal(number("count Archive"), 1);
	assert_int_equal(number("marked Archive work"), 0);
}

static void lost_create_is_not_repeated(void **state)
{
	struct person *p = BY_IMAP("fill INBOX 1", "rule x1 CREATE => lose");

	filled(p, 1);
	done(p, engine_create_folder(p->engine, 0, "Made"));
	settled_with_haste(p);
	UNTIL(p, engine_find_folder(p->engine, 0, "Made") >= 0);
	assert_int_equal(seen("CREATE"), 1);
	assert_int_equal(engine_pending_rows(p->engine), 0);
}

static void create_that_never_arrived_is_repeated(void **state)
{
	struct person *p = BY_IMAP("fill INBOX 1", "rule x1 CREATE => cut");

	filled(p, 1);
	done(p, engine_create_folder(p->engine, 0, "Made"));
	settled_with_haste(p);
	UNTIL(p, engine_find_folder(p->engine, 0, "Made") >= 0);
	assert_int_equal(seen("CREATE"), 2);
}

/* An old server removes whatever is marked, and somebody marks others again and again. */
static void marks_of_others_that_come_back_keep_all(void **state)
{
	struct msglist *l;
	struct person *p;

	odd("caps IMAP4rev1 AUTH=PLAIN SASL-IR IDLE LITERAL+", "fill Trash 0");
	p = with_archive("rule SEARCH DELETED => say * SEARCH 3\\r\\n$tag OK done", &l);
	delete_one(p, l, 2);
	settled(p);
	has(person_told(), "other messages are being marked as deleted there");
	assert_int_equal(seen("EXPUNGE"), 0);
	assert_int_equal(number("count INBOX"), 3);
	assert_int_equal(number("count Trash"), 1);
}

static void server_that_removes_nothing_is_told(void **state)
{
	struct msglist *trash;
	struct person *p = BY_IMAP("caps IMAP4rev1 AUTH=PLAIN SASL-IR IDLE LITERAL+",
		"fill INBOX 1", "fill Trash 1", "rule EXPUNGE => say $tag OK done");

	filled(p, 1);
	trash = open_with(p, "Trash", 1);
	delete_one(p, trash, 1);
	settled(p);
	has(person_told(), "the server keeps them, marked as deleted");
	UNTIL(p, msglist_count(trash) == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ODD_CASE(refused_mark_is_taken_back),
		ODD_CASE(refused_move_comes_back),
		ODD_CASE(mark_that_ends_connections_is_set_aside),
		ODD_CASE(move_that_ends_connections_comes_back),
		ODD_CASE(move_that_was_done_stays_done),
		ODD_CASE(copy_of_a_sent_mail_that_ends_connections_is_kept),
		ODD_CASE(synchronisation_goes_on_behind_it),
		ODD_CASE(lost_append_makes_no_second_copy),
		ODD_CASE(lost_append_without_id_makes_no_second_copy),
		ODD_CASE(another_of_no_id_is_not_taken_for_it),
		ODD_CASE(keyword_that_is_refused_keeps_no_mail_out),
		ODD_CASE(lost_create_is_not_repeated),
		ODD_CASE(create_that_never_arrived_is_repeated),
		ODD_CASE(marks_of_others_that_come_back_keep_all),
		ODD_CASE(server_that_removes_nothing_is_told),
		ODD_CASE(append_that_never_arrived_is_repeated),
		ODD_CASE(append_waits_for_its_mailbox),
		ODD_CASE(break_at_a_new_folder_is_no_refusal),
		ODD_CASE(lost_move_is_not_doubled),
		ODD_CASE(lost_copy_is_not_doubled),
		ODD_CASE(lost_step_of_an_old_move_is_not_doubled),
		ODD_CASE(unasked_flags_are_no_copies),
		ODD_CASE(old_server_removes_what_is_moved_alone),
		ODD_CASE(old_server_that_keeps_what_is_moved_is_told),
		ODD_CASE(folder_to_read_only_is_not_changed),
		ODD_CASE(operation_on_a_folder_to_read_only_is_refused),
		ODD_CASE(mailboxes_that_look_alike_are_two),
		ODD_CASE(counts_are_kept_as_they_are),
		ODD_CASE(own_folders_are_below_the_prefix),
		ODD_CASE(configured_folders_have_the_role),
		ODD_CASE(refused_folders_stay),
		ODD_CASE(renamed_with_all_below),
		ODD_CASE(lost_answers_are_told),
		ODD_CASE(folders_that_cannot_go),
		ODD_CASE(changes_go_before_their_folder),
		ODD_CASE(folders_without_messages),
		ODD_CASE(localised_names_have_roles),
		ODD_CASE(roles_are_asked_for),
		ODD_CASE(own_copies_are_no_news),
	};

	return ODD_RUN(tests);
}

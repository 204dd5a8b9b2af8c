/* The journal of operations against IMAP servers that lose answers, forget and refuse (odd.py): how
 * many commands it costs, what is taken back, and that nothing is done twice or left out. */
#include "base/file.h"
#include "base/mem.h"
#include "tests/sync/odd.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char OLD[] = "caps IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS IDLE LITERAL+";
static const char OLDER[] = "caps IMAP4rev1 AUTH=PLAIN SASL-IR IDLE LITERAL+";

/* --- pieces --- */

/* By IMAP, once all n messages of INBOX are in and the folders are listed. */
static struct person *ready(size_t n, struct msglist **l)
{
	struct person *p = by_imap();
	struct folder_info f;

	*l = filled(p, n);
	UNTIL(p, engine_find_folder(p->engine, 0, "Archive") >= 0 &&
			 (engine_folder(p->engine, 0, 0, &f), f.counts_known));
	return p;
}

static void go_offline(struct person *p)
{
	engine_set_offline(p->engine, true);
	UNTIL(p, state_of(p) == STATE_OFFLINE);
}

static void go_online(struct person *p)
{
	engine_set_offline(p->engine, false);
	settled(p);
}

static void undo(struct person *p)
{
	done(p, engine_undo(p->engine));
}

static off_t log_size(void)
{
	char *path = text_of("%s/talaria/test/ops.wal", getenv("XDG_DATA_HOME"));
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void total_is(struct person *p, const char *folder, uint32_t total, uint32_t unread)
{
	struct folder_info f;
	int i = engine_find_folder(p->engine, 0, folder);

	assert_true(i >= 0);
	UNTIL(p, (engine_folder(p->engine, 0, (size_t)i, &f), f.total == total) &&
			 f.unread == unread);
}

static void first_three(uint32_t uids[3])
{
	for (uint32_t i = 0; i < 3; i++)
		uids[i] = i + 1;
}

/* --- how much it costs --- */

static void marks_made_offline_cost_one_command(void **state)
{
	enum { N = 500 };
	int before;
	off_t bytes;
	struct person *p = BY_IMAP("fill INBOX 500");
	struct msglist *l = filled(p, N);

	go_offline(p);
	bytes = log_size();
	for (uint32_t uid = 1; uid <= N; uid++)
		flag_one(p, l, uid, MAIL_FLAGGED);
	assert_int_equal(engine_pending(p->engine), 1);
	assert_true(log_size() - bytes < N * 60);
	before = seen("imap");
	go_online(p);
	assert_int_equal(number("marked INBOX \\Flagged"), N);
	assert_int_equal(seen("UID STORE"), 1);
	/* Login, list, synchronising and IDLE included. */
	if (seen("imap") - before > 20)
		fail_msg("%d commands", seen("imap") - before);
}

/* Different marks, moves between them: a command for each kind, in an order that is right. */
static void mixed_work_is_put_together(void **state)
{
	struct person *p;
	struct msglist *l;

	odd("fill INBOX 60", "fill Archive 0");
	p = ready(60, &l);
	go_offline(p);
	for (uint32_t uid = 1; uid <= 60; uid++) {
		flag_one(p, l, uid, uid % 2 ? MAIL_FLAGGED : MAIL_SEEN);
		if (uid % 3 == 0)
			move_one(p, l, uid, "Archive");
	}
	/* What is flagged later than others were moved joins the flagging before the move. */
	assert_int_equal(engine_pending(p->engine), 3);
	assert_int_equal(msglist_count(l), 40);
	go_online(p);
	assert_int_equal(seen("UID STORE"), 2);
	assert_int_equal(seen("UID MOVE"), 1);
	assert_int_equal(number("count Archive"), 20);
	assert_int_equal(number("marked Archive \\Flagged"), 10);
	assert_int_equal(number("marked INBOX \\Flagged"), 20);
}

static void opposite_marks_are_never_sent(void **state)
{
	uint32_t uids[3], two = 2;
	struct person *p = BY_IMAP("fill INBOX 3");
	struct msglist *l = filled(p, 3);

	go_offline(p);
	first_three(uids);
	done(p, engine_flag(p->engine, l, uids, 3, 0, MAIL_FLAGGED));
	done(p, engine_flag(p->engine, l, &two, 1, MAIL_FLAGGED, 0));
	assert_int_equal(engine_pending(p->engine), 1);
	uids[1] = 3;
	done(p, engine_flag(p->engine, l, uids, 2, MAIL_FLAGGED, 0));
	UNTIL(p, engine_pending(p->engine) == 0);
	go_online(p);
	assert_int_equal(seen("UID STORE"), 0);
}

/* All of a folder: one operation, one record of some hundred octets. */
static void whole_folder_is_one_record(void **state)
{
	enum { N = 3000 };
	uint32_t *uids = mem_array(N, sizeof(*uids));
	off_t bytes;
	struct person *p = BY_IMAP("fill INBOX 3000");
	struct msglist *l = filled(p, N);

	go_offline(p);
	for (uint32_t i = 0; i < N; i++)
		uids[i] = i + 1;
	bytes = log_size();
	done(p, engine_flag(p->engine, l, uids, N, 0, MAIL_SEEN));
	assert_int_equal(engine_pending(p->engine), 1);
	assert_true(log_size() - bytes < 300);
	go_online(p);
	assert_int_equal(seen("UID STORE"), 1);
	assert_int_equal(number("marked INBOX \\Seen"), N);
	free(uids);
}

/* --- lost answers --- */

static void lost_copy_of_many_is_not_doubled(void **state)
{
	static const char *const how[] = {"lose", "half", "cut"};
	uint32_t uids[3];

	first_three(uids);
	for (int bare = 0; bare < 2; bare++)
		for (size_t i = 0; i < MEM_COUNT(how); i++) {
			struct person *p;
			struct msglist *l;
			char *rule = text_of("rule x1 UID COPY => %s", how[i]);

			odd("reset", bare ? "bare INBOX 5" : "fill INBOX 5", "fill Archive 2");
			p = ready(5, &l);
			/* The same copies are there already, and wanted twice. */
			done(p, engine_copy(p->engine, l, uids, 3, "Archive"));
			settled(p);
			assert_int_equal(number("count Archive"), 5);
			odd(rule);
			done(p, engine_copy(p->engine, l, uids, 3, "Archive"));
			settled(p);
			if (number("count Archive") != 8)
				fail_msg("%s: %d in Archive", how[i], number("count Archive"));
			assert_int_equal(seen("UID COPY"), i ? 3 : 2);
			assert_int_equal(number("count INBOX"), 5);
			person_free(p);
		}
}

static void lost_step_of_an_old_move_of_many(void **state)
{
	static const char *const rules[] = {"UID COPY => lose", "UID COPY => half",
		"UID COPY => cut", "UID STORE => lose", "UID STORE => cut", "UID EXPUNGE => lose",
		"UID EXPUNGE => cut"};
	uint32_t uids[3];

	first_three(uids);
	for (int bare = 0; bare < 2; bare++)
		for (size_t i = 0; i < MEM_COUNT(rules); i++) {
			struct person *p;
			struct msglist *l;
			char *rule = text_of("rule x1 %s", rules[i]);

			odd("reset", OLD, bare ? "bare INBOX 5" : "fill INBOX 5", "fill Archive 2",
				rule);
			p = ready(5, &l);
			done(p, engine_move(p->engine, l, uids, 3, "Archive"));
			settled(p);
			if (number("count Archive") != 5 || number("count INBOX") != 2)
				fail_msg("%s: %d in Archive, %d in INBOX", rules[i],
					number("count Archive"), number("count INBOX"));
			assert_int_equal(msglist_count(l), 2);
			person_free(p);
		}
}

/* Killed at any moment of a copy: a new start finds what is missing. */
static void begin_and_be_killed(const char *rule, void (*act)(struct person *, struct msglist *),
	const char *until, struct person *p, struct msglist *l)
{
	pid_t child;
	int status, before = seen(until);

	/* This process has threads: the child starts its own engine, in the same home. */
	engine_close(p->engine, l);
	stop(p);
	odd(rule);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		start(p, false);
		l = open_folder(p, "INBOX");
		act(p, l);
		for (;;)
			event_free(next_event(p->engine, clock_ms() + 1000));
	}
	for (int64_t end = clock_ms() + PATIENCE_MS; seen(until) == before;) {
		if (clock_ms() > end)
			fail_msg("%s: waited in vain for %s", rule, until);
		clock_pause(5);
	}
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	odd("norules", "cut");
	start(p, false);
}

static void copy_three(struct person *p, struct msglist *l)
{
	uint32_t uids[3];

	first_three(uids);
	engine_copy(p->engine, l, uids, 3, "Archive");
}

static void move_three(struct person *p, struct msglist *l)
{
	uint32_t uids[3];

	first_three(uids);
	engine_move(p->engine, l, uids, 3, "Archive");
}

static void write_once(struct person *p, struct msglist *l)
{
	send_text(p, "you@example.org", "Once");
}

static void killed_in_the_middle(void **state)
{
	static const struct {
		const char *caps, *rule, *until;
		void (*act)(struct person *, struct msglist *);
		int archive, inbox, sent;
	} rows[] = {
		{NULL, "rule UID COPY => stall", "UID COPY", copy_three, 3, 5, 0},
		{OLD, "rule UID COPY => stall", "UID COPY", move_three, 3, 2, 0},
		{OLD, "rule UID STORE => stall", "UID STORE", move_three, 3, 2, 0},
		{OLD, "rule UID EXPUNGE => stall", "UID EXPUNGE", move_three, 3, 2, 0},
		{NULL, "rule UID MOVE => stall", "UID MOVE", move_three, 3, 2, 0},
		{NULL, "rule APPEND => stall", "APPEND", write_once, 0, 5, 1},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		struct person *p;
		struct msglist *l;

		odd("reset");
		if (rows[i].caps)
			odd(rows[i].caps);
		odd("fill INBOX 5", "fill Archive 0", "fill Sent 0");
		p = ready(5, &l);
		begin_and_be_killed(rows[i].rule, rows[i].act, rows[i].until, p, l);
		settled(p);
		UNTIL_SERVER(p, number("count Archive") == rows[i].archive &&
					number("count INBOX") == rows[i].inbox &&
					number("count Sent") == rows[i].sent);
		assert_int_equal(engine_outbox(p->engine, 0), 0);
		person_free(p);
	}
}

/* --- what others did meanwhile --- */

static void vanished_messages_drop_what_waits(void **state)
{
	struct msglist *l, *other;
	uint32_t two = 2, one = 4;
	struct person *p = BY_IMAP("fill INBOX 3", "fill Lists 3");

	l = filled(p, 3);
	other = synced(p, "Lists", 3);
	go_offline(p);
	flag_one(p, l, two, MAIL_FLAGGED);
	one = msglist_uid(other, 0);
	flag_one(p, other, one, MAIL_FLAGGED);
	engine_close(p->engine, other); /* nothing looks at it before the operation does */
	odd("gone INBOX 2");
	{
		char *gone = text_of("gone Lists %u", (unsigned)one);

		odd(gone);
	}
	clock_pause(1100); /* ids of operations are in seconds: made before the connection */
	go_online(p);
	UNTIL(p, msglist_count(l) == 2);
	has(person_told(), "Flag 1 message in Inbox");
	has(person_told(), "Flag 1 message in Lists");
	has(person_told(), "no longer on the server");
	assert_int_equal(number("marked INBOX \\Flagged"), 0);
	assert_int_equal(number("marked Lists \\Flagged"), 0);
	assert_int_equal(seen("UID STORE"), 0);
	assert_int_equal(engine_pending_rows(p->engine), 2); /* what was dropped, with the reason */
	done(p, engine_pending_forget(p->engine));
	UNTIL(p, engine_pending_rows(p->engine) == 0);
}

static void renumbered_folder_drops_what_waits(void **state)
{
	struct person *p;
	struct msglist *l;
	uint32_t two = 2, three = 3;

	odd("fill INBOX 3", "fill Archive 0");
	p = ready(3, &l);
	go_offline(p);
	flag_one(p, l, two, MAIL_FLAGGED);
	move_one(p, l, three, "Archive");
	odd("validity INBOX 77");
	go_online(p);
	UNTIL(p, msglist_count(l) == 3 && msglist_sync_percent(l) == 100);
	has(person_told(), "made anew");
	/* The same numbers are other messages now: they are untouched, here and there. */
	assert_int_equal(flags_of(l, 2) & MAIL_FLAGGED, 0);
	assert_int_equal(number("marked INBOX \\Flagged"), 0);
	assert_int_equal(number("count INBOX"), 3);
	assert_int_equal(seen("UID STORE|UID MOVE"), 0);
}

/* --- refusals, cancelling --- */

static void refusal_names_message_and_reason(void **state)
{
	struct person *p;
	struct msglist *l;
	struct pending_info info;

	odd("fill INBOX 3", "fill Archive 0", "rule UID MOVE => no over quota");
	p = ready(3, &l);
	move_one(p, l, 2, "Archive");
	settled(p);
	UNTIL(p, msglist_count(l) == 3);
	has(person_told(), "Move 1 message from Inbox to Archive");
	has(person_told(), "Message 2");
	has(person_told(), "\" failed: The server refused: over quota. The change is taken back");
	assert_int_equal(engine_pending_rows(p->engine), 1);
	engine_pending_at(p->engine, 0, &info);
	assert_true(info.refused);
	has(info.text, "over quota");
}

/* The mail is sent; nowhere else is a copy of it. */
static void refused_copy_of_a_sent_mail_stays_here(void **state)
{
	struct msglist *l;
	struct person *p =
		BY_IMAP("fill INBOX 1", "fill Sent 0", "rule APPEND => instead $tag NO over quota");

	filled(p, 1);
	send_text(p, "you@example.org", "Kept here");
	event_of_kind(p, EVENT_SENT);
	UNTIL(p, strstr(person_told(), "over quota"));
	has(person_told(), "\" failed: The server refused: over quota. It is kept in Local/Sent");
	UNTIL(p, engine_pending(p->engine) == 0 && engine_pending_rows(p->engine) == 1);
	l = open_with(p, "Local/Sent", 1);
	assert_int_equal(find_subject(p, l, "Kept here"), 0);
}

static void cancelled_changes_are_as_if_never_made(void **state)
{
	struct person *p;
	struct msglist *l;
	struct pending_info info;
	uint32_t uids[3], five = 5;

	odd("fill INBOX 5", "fill Archive 0", "flags INBOX 1 \\Flagged");
	p = ready(5, &l);
	go_offline(p);
	first_three(uids);
	done(p, engine_flag(p->engine, l, uids, 3, 0, MAIL_FLAGGED | MAIL_SEEN));
	done(p, engine_move(p->engine, l, uids, 2, "Archive"));
	delete_one(p, l, five);
	assert_int_equal(msglist_count(l), 2);
	total_is(p, "Archive", 2, 0);
	total_is(p, "INBOX", 2, 1);
	/* Another start, still offline: nothing but the disk knows. */
	restart(p, true);
	l = open_folder(p, "INBOX");
	assert_int_equal(msglist_count(l), 2);
	assert_int_equal(engine_pending(p->engine), 4);
	engine_pending_at(p->engine, 2, &info);
	assert_string_equal(info.text, "Move 2 messages from Inbox to Archive");
	assert_string_equal(info.why, "offline");
	assert_true(info.since > 1700000000 && !info.on_its_way && !info.refused);
	done(p, engine_pending_cancel(p->engine, info.id));
	UNTIL(p, msglist_count(l) == 4);
	assert_int_equal(flags_of(l, 2) & (MAIL_FLAGGED | MAIL_SEEN), MAIL_FLAGGED | MAIL_SEEN);
	done(p, engine_pending_cancel(p->engine, 0));
	UNTIL(p, engine_pending(p->engine) == 0 && msglist_count(l) == 5);
	assert_int_equal(flags_of(l, 1) & (MAIL_FLAGGED | MAIL_SEEN), MAIL_FLAGGED);
	assert_int_equal(flags_of(l, 2) & (MAIL_FLAGGED | MAIL_SEEN), 0);
	assert_int_equal(flags_of(l, 3) & (MAIL_FLAGGED | MAIL_SEEN), 0);
	total_is(p, "INBOX", 5, 5);
	go_online(p);
	assert_int_equal(seen("UID STORE|UID MOVE|UID COPY"), 0);
	assert_int_equal(number("count INBOX"), 5);
}

static void what_is_on_its_way_is_not_cancelled(void **state)
{
	struct pending_info info;
	struct person *p = BY_IMAP("fill INBOX 3", "rule x1 UID STORE => stall");
	struct msglist *l = filled(p, 3);

	flag_one(p, l, 2, MAIL_FLAGGED);
	UNTIL_SERVER(p, seen("UID STORE"));
	UNTIL(p, (engine_pending_at(p->engine, 0, &info), info.on_its_way));
	fails(p, engine_pending_cancel(p->engine, info.id), "on its way");
	assert_int_equal(engine_pending(p->engine), 1);
	odd("cut");
	settled(p);
	assert_int_equal(number("marked INBOX \\Flagged"), 1);
}

/* --- undo --- */

static void steps_are_taken_back_one_by_one(void **state)
{
	struct person *p;
	struct msglist *l;
	uint32_t uids[3], four = 4;

	odd("fill INBOX 5", "fill Archive 0", "fill Trash 0");
	p = ready(5, &l);
	first_three(uids);
	done(p, engine_flag(p->engine, l, uids, 3, 0, MAIL_FLAGGED));
	done(p, engine_archive(p->engine, l, uids, 3));
	delete_one(p, l, four);
	done(p, engine_copy(p->engine, l, &(uint32_t){5}, 1, "Archive"));
	settled(p);
	assert_int_equal(number("count Archive"), 4);
	assert_int_equal(number("count INBOX"), 1);
	engine_close(p->engine, l); /* undo does not need the folder open */
	fails(p, engine_undo(p->engine), "copy");
	undo(p);
	settled(p);
	UNTIL_SERVER(p, number("count INBOX") == 2 && number("count Trash") == 0);
	undo(p);
	settled(p);
	UNTIL_SERVER(p, number("count INBOX") == 5 && number("count Archive") == 1);
	/* They came back under other UIDs: the step before finds them. */
	assert_int_equal(number("marked INBOX \\Flagged"), 3);
	undo(p);
	settled(p);
	UNTIL_SERVER(p, number("marked INBOX \\Flagged") == 0);
	fails(p, engine_undo(p->engine), "nothing to undo");
	l = open_with(p, "INBOX", 5);
}

static void undo_offline_drops_what_was_not_sent(void **state)
{
	struct person *p;
	struct msglist *l;
	uint32_t uids[3];

	odd("fill INBOX 5", "fill Archive 0");
	p = ready(5, &l);
	first_three(uids);
	done(p, engine_flag(p->engine, l, uids, 2, 0, MAIL_FLAGGED));
	settled(p);
	go_offline(p);
	done(p, engine_archive(p->engine, l, uids, 1));
	done(p, engine_archive(p->engine, l, uids + 1, 2));
	assert_int_equal(engine_pending(p->engine), 1);
	assert_int_equal(msglist_count(l), 2);
	undo(p);
	UNTIL(p, msglist_count(l) == 4);
	undo(p);
	UNTIL(p, msglist_count(l) == 5 && engine_pending(p->engine) == 0);
	/* This one was sent: its opposite waits. */
	undo(p);
	assert_int_equal(flags_of(l, 1) & MAIL_FLAGGED, 0);
	UNTIL(p, engine_pending(p->engine) == 1);
	go_online(p);
	assert_int_equal(number("marked INBOX \\Flagged"), 0);
	assert_int_equal(seen("UID MOVE"), 0);
	assert_int_equal(number("count INBOX"), 5);
}

static void undo_offline_of_a_move_that_was_sent(void **state)
{
	struct person *p;
	struct msglist *l, *archive;
	uint32_t uids[3];

	odd("fill INBOX 5", "fill Archive 1");
	p = ready(5, &l);
	archive = open_folder(p, "Archive");
	first_three(uids);
	done(p, engine_archive(p->engine, l, uids, 3));
	settled(p);
	UNTIL(p, msglist_count(archive) == 4);
	engine_close(p->engine, l);
	go_offline(p);
	undo(p);
	assert_int_equal(engine_pending(p->engine), 1);
	UNTIL(p, msglist_count(archive) == 1);
	total_is(p, "INBOX", 5, 5);
	go_online(p);
	assert_int_equal(number("count INBOX"), 5);
	assert_int_equal(number("count Archive"), 1);
	l = open_with(p, "INBOX", 5);
}

/* By POP3 all of it happens on disk. */
static void undo_in_local_folders(void **state)
{
	struct msglist *l, *archive;
	uint32_t uids[3];
	struct person *p = BY_POP3("", "fill INBOX 4");

	l = open_with(p, "INBOX", 4);
	for (size_t i = 0; i < 3; i++)
		uids[i] = msglist_uid(l, i);
	done(p, engine_flag(p->engine, l, uids, 3, 0, MAIL_FLAGGED));
	done(p, engine_archive(p->engine, l, uids, 3));
	UNTIL(p, msglist_count(l) == 1);
	archive = open_with(p, "Archive", 3);
	undo(p);
	UNTIL(p, msglist_count(l) == 4 && msglist_count(archive) == 0);
	assert_int_equal(flags_at(l, 0) & MAIL_FLAGGED, MAIL_FLAGGED);
	undo(p);
	UNTIL(p, !((flags_at(l, 0) | flags_at(l, 1) | flags_at(l, 2)) & MAIL_FLAGGED));
	fails(p, engine_undo(p->engine), "nothing to undo");
}

static void undo_of_what_is_on_its_way_waits_for_the_answer(void **state)
{
	struct person *p;
	struct msglist *l;
	struct event *ev;
	uint32_t uids[3];

	odd("fill INBOX 3", "fill Archive 0", "rule x1 UID MOVE => stall");
	p = ready(3, &l);
	first_three(uids);
	done(p, engine_archive(p->engine, l, uids, 2));
	UNTIL_SERVER(p, seen("UID MOVE"));
	ev = answer(p, engine_undo(p->engine));
	assert_int_equal(ev->kind, EVENT_DONE);
	has(ev->done.text, "as soon as the server has answered");
	event_free(ev);
	odd("cut");
	UNTIL_SERVER(p, number("count INBOX") == 3 && number("count Archive") == 0);
	UNTIL(p, msglist_count(l) == 3 && engine_pending(p->engine) == 0);
}

static void undo_without_uidplus_finds_by_message_id(void **state)
{
	static const char *const caps[] = {
		OLDER, "caps IMAP4rev1 AUTH=PLAIN SASL-IR MOVE IDLE LITERAL+"};
	uint32_t uids[3];

	first_three(uids);
	for (size_t i = 0; i < MEM_COUNT(caps); i++) {
		struct person *p;
		struct msglist *l;

		odd("reset", caps[i], "fill INBOX 5", "fill Archive 2");
		p = ready(5, &l);
		done(p, engine_move(p->engine, l, uids, 3, "Archive"));
		settled(p);
		assert_int_equal(number("count Archive"), 5);
		assert_int_equal(number("count INBOX"), 2);
		UNTIL(p, msglist_count(l) == 2);
		undo(p);
		settled(p);
		UNTIL_SERVER(
			p, number("marked INBOX \\Deleted") == 0 && number("count INBOX") == 5);
		assert_int_equal(number("count Archive"), 2);
		assert_int_equal(number("marked Archive \\Deleted"), 0);
		UNTIL(p, msglist_count(l) == 5 && !(flags_at(l, 0) & MAIL_DELETED));
		person_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ODD_CASE(marks_made_offline_cost_one_command),
		ODD_CASE(mixed_work_is_put_together),
		ODD_CASE(opposite_marks_are_never_sent),
		ODD_CASE(whole_folder_is_one_record),
		ODD_CASE(lost_copy_of_many_is_not_doubled),
		ODD_CASE(lost_step_of_an_old_move_of_many),
		ODD_CASE(killed_in_the_middle),
		ODD_CASE(vanished_messages_drop_what_waits),
		ODD_CASE(renumbered_folder_drops_what_waits),
		ODD_CASE(refusal_names_message_and_reason),
		ODD_CASE(refused_copy_of_a_sent_mail_stays_here),
		ODD_CASE(cancelled_changes_are_as_if_never_made),
		ODD_CASE(what_is_on_its_way_is_not_cancelled),
		ODD_CASE(steps_are_taken_back_one_by_one),
		ODD_CASE(undo_offline_drops_what_was_not_sent),
		ODD_CASE(undo_offline_of_a_move_that_was_sent),
		ODD_CASE(undo_in_local_folders),
		ODD_CASE(undo_of_what_is_on_its_way_waits_for_the_answer),
		ODD_CASE(undo_without_uidplus_finds_by_message_id),
	};

	return ODD_RUN(tests);
}

/* The engine against real servers: Dovecot by IMAP and POP3, a relay that delivers back. Needs
 * tests/servers. */
#include "base/file.h"
#include "base/mem.h"
#include "base/run.h"
#include "tests/sync/person.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- the cases --- */

static void imap_fills_and_reads(void **state)
{
	struct person *p = person_new("imap", "", "--count", "420");
	struct msglist *l = open_folder(p, "INBOX");
	struct message_view *v;
	struct str text = STR_INIT;

	UNTIL(p, msglist_count(l) == 420 && msglist_sync_percent(l) == 100);
	v = read_view(p, l, msglist_uid(l, 3));
	text_plain(v->text, &text, false);
	assert_true(text.len > 20);
	assert_non_null(strstr(str_c(&text), row_of(p, l, 3).subject));
	str_done(&text);
	engine_view_free(v);
	/* The second start shows all of it without any connection. */
	restart(p, true);
	l = open_folder(p, "INBOX");
	assert_int_equal(msglist_count(l), 420);
	row_of(p, l, 0);
	v = read_view(p, l, msglist_uid(l, 3)); /* kept from before */
	engine_view_free(v);
}

static void flags_go_both_ways(void **state)
{
	struct person *p = person_new("imap", "", "--count", "10");
	struct msglist *l = open_folder(p, "INBOX");
	uint32_t uid;

	UNTIL(p, msglist_count(l) == 10);
	uid = msglist_uid(l, 0);
	flag_one(p, l, uid, MAIL_FLAGGED | MAIL_SEEN);
	UNTIL(p, engine_pending(p->engine) == 0);
	/* Another cache, the same server: the marks are there. */
	stop(p);
	assert_int_equal(file_remove_tree(getenv("XDG_CACHE_HOME"), NULL), 0);
	start(p, false);
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) == 10 && msglist_find(l, uid) >= 0);
	assert_int_equal(flags_of(l, uid) & (MAIL_FLAGGED | MAIL_SEEN), MAIL_FLAGGED | MAIL_SEEN);
	done(p, engine_undo(p->engine) ? engine_flag(p->engine, l, &uid, 1, MAIL_FLAGGED, 0) : 0);
	UNTIL(p, engine_pending(p->engine) == 0);
	assert_int_equal(flags_of(l, uid) & MAIL_FLAGGED, 0);
}

static void moves_and_takes_back(void **state)
{
	struct person *p = person_new("imap", "", "--count", "6");
	struct msglist *l = open_folder(p, "INBOX"), *archive;
	uint32_t uid;

	UNTIL(p, msglist_count(l) == 6);
	archive = open_folder(p, "Archive");
	uid = msglist_uid(l, 1);
	archive_one(p, l, uid);
	UNTIL(p, msglist_count(l) == 5 && engine_pending(p->engine) == 0 &&
			 msglist_count(archive) == 1);
	done(p, engine_undo(p->engine));
	UNTIL(p, msglist_count(l) == 6 && engine_pending(p->engine) == 0 &&
			 msglist_count(archive) == 0);
	uid = msglist_uid(l, 0);
	delete_one(p, l, uid);
	UNTIL(p, msglist_count(l) == 5 && engine_pending(p->engine) == 0);
	archive = open_with(p, "trash", 1);
	uid = msglist_uid(archive, 0);
	delete_one(p, archive, uid);
	UNTIL(p, msglist_count(archive) == 0 && engine_pending(p->engine) == 0);
}

static void works_offline_and_replays(void **state)
{
	struct person *p = person_new("imap", "", "--count", "8");
	struct msglist *l = open_folder(p, "INBOX");
	uint32_t flagged, moved;

	UNTIL(p, msglist_count(l) == 8 && msglist_sync_percent(l) == 100);
	restart(p, true);
	l = open_folder(p, "INBOX");
	flagged = msglist_uid(l, 0);
	moved = msglist_uid(l, 1);
	flag_one(p, l, flagged, MAIL_FLAGGED);
	archive_one(p, l, moved);
	UNTIL(p, engine_pending(p->engine) == 2);
	assert_int_equal(msglist_count(l), 7);
	restart(p, false);
	l = open_folder(p, "INBOX");
	UNTIL(p, engine_pending(p->engine) == 0);
	assert_int_equal(msglist_count(l), 7);
	assert_true(flags_of(l, flagged) & MAIL_FLAGGED);
	l = open_with(p, "Archive", 1);
}

static void sends_and_receives(void **state)
{
	struct person *p = person_new("imap", "", NULL, NULL);
	struct msglist *l = open_folder(p, "INBOX"), *sent;
	struct message_view *v;
	struct str to = STR_INIT, text = STR_INIT;
	char *id;
	uint32_t uid;

	str_addf(&to, "%s@example.org", p->name);
	send_text(p, to.p, "Hello to myself");
	event_of_kind(p, EVENT_SENT);
	/* It arrives by IDLE, without being asked for. */
	UNTIL(p, msglist_count(l) == 1);
	assert_int_equal(find_subject(p, l, "Hello to myself"), 0);
	uid = msglist_uid(l, 0);
	v = read_view(p, l, uid);
	text_plain(v->text, &text, false);
	assert_non_null(strstr(text.p, "Grüße"));
	engine_view_free(v);
	/* An answer marks what it answers, and there is a copy of both in Sent. */
	id = draft_of(p, engine_compose(p->engine, 0, COMPOSE_REPLY, l, uid, NULL));
	done(p, engine_send(p->engine, 0, id));
	event_of_kind(p, EVENT_SENT);
	UNTIL(p, msglist_count(l) == 2 && msglist_find(l, uid) >= 0 &&
			 (flags_of(l, uid) & MAIL_ANSWERED));
	assert_true(find_subject(p, l, "Re: Hello to myself") >= 0);
	sent = open_folder(p, "sent");
	UNTIL(p, msglist_count(sent) == 2 && engine_pending(p->engine) == 0);
	assert_int_equal(engine_outbox(p->engine, 0), 0);
	str_done(&to);
	str_done(&text);
}

static void refused_recipient_keeps_the_mail(void **state)
{
	struct person *p = person_new("imap", "", NULL, NULL);
	struct outbox_info info;

	send_text(p, "reject@example.org", "Nobody is there");
	event_of_kind(p, EVENT_SEND_FAILED);
	UNTIL(p, engine_outbox(p->engine, 0) == 1 &&
			 (engine_outbox_at(p->engine, 0, 0, &info), info.failed));
	assert_string_equal(info.to, "reject@example.org");
}

static void pop3_fetches_once(void **state)
{
	struct person *p = person_new("pop3", "", "--count", "25");
	struct msglist *l = open_folder(p, "INBOX");
	uint32_t uid;

	done(p, engine_sync(p->engine, 0));
	UNTIL(p, msglist_count(l) == 25);
	uid = msglist_uid(l, 2);
	engine_view_free(read_view(p, l, uid));
	flag_one(p, l, uid, MAIL_FLAGGED);
	done(p, engine_sync(p->engine, 0));
	assert_int_equal(msglist_count(l), 25);
	restart(p, true);
	l = open_folder(p, "INBOX");
	assert_int_equal(msglist_count(l), 25);
	assert_true(flags_of(l, uid) & MAIL_FLAGGED);
	engine_view_free(read_view(p, l, uid));
}

/* Each request has its answer, also those that come while one is under way or that are cut off. */
static void every_synchronisation_is_answered(void **state)
{
	static const char *const protocols[] = {"imap", "pop3"};

	for (size_t i = 0; i < MEM_COUNT(protocols); i++) {
		struct person *p = person_new(protocols[i], "", "--count", "5");
		unsigned first = engine_sync(p->engine, 0), second = engine_sync(p->engine, 0),
			 third = engine_sync(p->engine, 0);

		done(p, first);
		done(p, second);
		done(p, third);
		first = engine_sync(p->engine, 0);
		second = engine_sync(p->engine, 0);
		engine_set_offline(p->engine, true);
		event_free(answer(p, first));
		event_free(answer(p, second));
		person_free(p);
	}
}

/* In the folder list. */
static void stands_below(struct person *p, const char *parent, const char *label)
{
	int i = engine_find_folder(p->engine, 0, parent);
	struct folder_info f;

	assert_true(i >= 0);
	engine_folder(p->engine, 0, (size_t)i, &f);
	assert_false(f.selectable);
	assert_true(f.has_children);
	assert_int_equal(f.depth, 0);
	engine_folder(p->engine, 0, (size_t)i + 1, &f);
	assert_string_equal(f.label, label);
	assert_int_equal(f.depth, 1);
}

static void pop3_never_deletes_after_storing(void **state)
{
	struct person *p = person_new("pop3", "\tpop3-keep never\n", "--count", "5");
	struct msglist *l = open_folder(p, "INBOX");

	done(p, engine_sync(p->engine, 0));
	UNTIL(p, msglist_count(l) == 5);
	done(p, engine_sync(p->engine, 0));
	assert_int_equal(msglist_count(l), 5);
	/* The server's inbox is empty now. */
	done(p, engine_protocol(p->engine, 0, PROTOCOL_IMAP));
	l = open_folder(p, "INBOX");
	done(p, engine_sync(p->engine, 0));
	UNTIL(p, msglist_sync_percent(l) == 100);
	assert_int_equal(msglist_count(l), 0);
	l = open_folder(p, "Local/INBOX");
	assert_int_equal(msglist_count(l), 5);
	stands_below(p, "Local", "INBOX");
}

/* UIDs of the one folder must never be taken for those of the other. */
static void switch_refuses_what_was_meant_before(void **state)
{
	struct person *p = person_new("imap", "", "--count", "6");
	struct msglist *l = open_folder(p, "INBOX");
	unsigned numbering, change, request;
	struct msg_row m;
	uint32_t uid, *tagged = NULL;

	UNTIL(p, msglist_count(l) == 6 && msglist_sync_percent(l) == 100);
	m = row_of(p, l, 2);
	uid = m.uid;
	msglist_tag(l, uid, true);
	numbering = msglist_numbering(l);
	change = engine_protocol(p->engine, 0, PROTOCOL_POP3);
	request = engine_delete(p->engine, l, &uid, 1);
	done(p, change);
	fails(p, request, "nothing was done");
	done(p, engine_sync(p->engine, 0));
	UNTIL(p, msglist_count(l) == 6);
	assert_int_not_equal(msglist_numbering(l), numbering);
	assert_int_equal(msglist_tagged(l, &tagged), 0);
	free(tagged);
	/* It is found again by its date. */
	uid = msglist_find_date(l, m.date, 2);
	assert_int_equal(msglist_find(l, uid), 2);
}

static void switch_keeps_marks_and_mail(void **state)
{
	struct person *p = person_new("imap", "", "--count", "12");
	struct msglist *l = open_folder(p, "INBOX");
	char *one, *two;
	uint32_t uid;

	UNTIL(p, msglist_count(l) == 12 && msglist_sync_percent(l) == 100);
	one = kept(mem_strdup(row_of(p, l, 0).subject));
	two = kept(mem_strdup(row_of(p, l, 5).subject));
	uid = msglist_uid(l, 0);
	engine_view_free(read_view(p, l, uid));
	flag_one(p, l, uid, MAIL_SEEN | MAIL_FLAGGED);
	UNTIL(p, engine_pending(p->engine) == 0);
	/* To POP3: everything comes, once, with its marks. */
	done(p, engine_protocol(p->engine, 0, PROTOCOL_POP3));
	/* What is open as INBOX is now the other protocol's, without being opened again. */
	done(p, engine_sync(p->engine, 0));
	UNTIL(p, msglist_count(l) == 12 && !msglist_read_only(l));
	assert_true(flags_at(l, (size_t)find_subject(p, l, one)) & MAIL_FLAGGED);
	assert_true(flags_at(l, (size_t)find_subject(p, l, one)) & MAIL_SEEN);
	uid = msglist_uid(l, (size_t)find_subject(p, l, two));
	flag_one(p, l, uid, MAIL_SEEN);
	/* And back: the mark set by POP3 reaches the server. */
	done(p, engine_protocol(p->engine, 0, PROTOCOL_IMAP));
	engine_close(p->engine, l);
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) == 12 && engine_pending(p->engine) == 0 &&
			 (flags_at(l, (size_t)find_subject(p, l, two)) & MAIL_SEEN));
	stop(p);
	assert_int_equal(file_remove_tree(getenv("XDG_CACHE_HOME"), NULL), 0);
	start(p, false);
	l = open_with(p, "INBOX", 12);
	assert_true(flags_at(l, (size_t)find_subject(p, l, two)) & MAIL_SEEN);
	assert_true(flags_at(l, (size_t)find_subject(p, l, one)) & MAIL_FLAGGED);
}

static void preview_says(struct person *p, enum protocol to, const char *const parts[])
{
	struct event *ev = answer(p, engine_protocol_preview(p->engine, 0, to));

	assert_int_equal(ev->kind, EVENT_TEXT);
	for (; *parts; parts++)
		if (!strstr(ev->text.lines, *parts))
			fail_msg("\"%s\" is not in: %s", *parts, ev->text.lines);
	event_free(ev);
}

/* Numbers, what waits, and that nothing goes: before anything is done. */
/* Each request ends once, also when another of its kind is under way. */
static void asked_twice_at_once(void **state)
{
	struct person *p = person_new("imap", "", "--count", "3");
	unsigned ids[6];

	for (int i = 0; i < 2; i++) {
		ids[i] = engine_sync(p->engine, -1);
		ids[2 + i] = engine_check(p->engine, 0);
		ids[4 + i] = engine_pending_cancel(p->engine, 0);
	}
	for (size_t i = 0, left = MEM_COUNT(ids); left;) {
		struct event *ev = next_event(p->engine, clock_ms() + PATIENCE_MS);

		assert_non_null(ev);
		for (i = 0; i < MEM_COUNT(ids); i++)
			if (ev->request && ev->request == ids[i] && event_is_final(ev)) {
				assert_string_equal(event_error(ev), "");
				ids[i] = 0;
				left--;
			}
		event_free(ev);
	}
}

static void preview_tells_what_a_switch_does(void **state)
{
	struct person *p = person_new("imap", "", "--count", "6");
	struct msglist *l = open_folder(p, "INBOX");
	uint32_t uid;

	UNTIL(p, msglist_count(l) == 6 && msglist_sync_percent(l) == 100);
	preview_says(p, PROTOCOL_POP3,
		(const char *const[]){"0 messages of the inbox are here and on the server.",
			"6 messages are only on the server, as it was seen last, 0 only here.",
			"deletes nothing, neither here nor on the server",
			"No change waits for the server.", "pop3-keep always", NULL});
	restart(p, true);
	l = open_folder(p, "INBOX");
	uid = msglist_uid(l, 0);
	flag_one(p, l, uid, MAIL_FLAGGED);
	send_text(p, "bob@example.org", "Later");
	preview_says(p, PROTOCOL_POP3,
		(const char *const[]){
			"1 change made by IMAP waits for the server, and goes on waiting",
			"1 message is in the outbox; it is sent all the same.", NULL});
	done(p, engine_protocol(p->engine, 0, PROTOCOL_POP3));
	preview_says(p, PROTOCOL_IMAP,
		(const char *const[]){"1 change waits for IMAP and is then sent to the server.",
			"1 message is in the outbox", "deletes nothing", NULL});
	engine_set_offline(p->engine, false);
	done(p, engine_sync(p->engine, 0));
	l = open_with(p, "INBOX", 6);
	uid = msglist_uid(l, 1);
	flag_one(p, l, uid, MAIL_ANSWERED);
	preview_says(p, PROTOCOL_IMAP,
		(const char *const[]){"6 messages of the inbox are here and on the server.",
			/* one was unread and is fetched: it counts as read there */
			"2 messages have other marks here; they will wait", NULL});
}

/* An account that has only seen POP3 yet knows from there what is on the server. */
static void preview_counts_what_pop3_saw(void **state)
{
	static const char *const more[] = {"", "\tpop3-keep never\n"};
	static const char *const says[][3] = {
		{"6 messages of the inbox are here and on the server.",
			"0 messages are only on the server, as it was seen last, 0 only here.",
			"1 message has other marks here"},
		{"0 messages of the inbox are here and on the server.",
			"0 messages are only on the server, as it was seen last, 6 only here.",
			"deletes nothing"}};

	for (size_t i = 0; i < MEM_COUNT(more); i++) {
		struct person *p = person_new("pop3", more[i], "--count", "6");
		struct msglist *l = open_folder(p, "INBOX");
		uint32_t uid;

		done(p, engine_sync(p->engine, 0));
		UNTIL(p, msglist_count(l) == 6);
		uid = msglist_uid(l, 0);
		flag_one(p, l, uid, MAIL_FLAGGED);
		preview_says(p, PROTOCOL_IMAP,
			(const char *const[]){says[i][0], says[i][1], says[i][2], NULL});
		person_free(p);
	}
}

/* The same Message-ID and Date, but two mails: neither may be taken for the other and never
 * fetched. */
static void namesakes_are_both_fetched(void **state)
{
	static const char head[] =
		"From: a@example.org\nTo: b@example.org\nMessage-ID: <same@example.org>\n"
		"Date: Sat, 03 Jan 2026 01:05:34 +0000\n";
	struct person *p = person_new("imap", "\tpop3-keep never\n", NULL, NULL);
	struct str one = STR_INIT, two = STR_INIT;
	char *first = kept(file_join(p->home, "1.eml")),
	     *second = kept(file_join(p->home, "2.eml"));
	struct msglist *l = open_folder(p, "INBOX");

	str_addf(&one, "%sSubject: The forgery\n\nshort\n", head);
	str_addf(&two, "%sSubject: The real one\n\nThis is another mail, longer than the first.\n",
		head);
	assert_int_equal(file_replace(first, one.p, one.len, 0644, NULL), 0);
	assert_int_equal(file_replace(second, two.p, two.len, 0644, NULL), 0);
	put_mail(p, first);
	UNTIL(p, msglist_count(l) == 1 && msglist_sync_percent(l) == 100);
	engine_view_free(read_view(p, l, msglist_uid(l, 0))); /* so that it would be moved in */
	done(p, engine_protocol(p->engine, 0, PROTOCOL_POP3));
	put_mail(p, second);
	done(p, engine_sync(p->engine, 0));
	UNTIL(p, msglist_count(l) == 2);
	assert_true(
		find_subject(p, l, "The forgery") >= 0 && find_subject(p, l, "The real one") >= 0);
	done(p, engine_sync(p->engine, 0));
	assert_int_equal(msglist_count(l), 2);
	str_done(&one);
	str_done(&two);
}

static void put_text(struct person *p, const char *subject)
{
	char *path = file_join(p->home, "new.eml");
	struct str text = STR_INIT;

	str_addf(&text,
		"From: a@example.org\nTo: b@example.org\nMessage-ID: <%zu%c@example.org>\n"
		"Date: Sat, 03 Jan 2026 01:05:34 +0000\nSubject: %s\n\nText\n",
		strlen(subject), subject[1], subject);
	assert_int_equal(file_replace(path, text.p, text.len, 0644, NULL), 0);
	put_mail(p, path);
	str_done(&text);
	free(path);
}

static uint32_t uid_if_there(struct person *p, struct msglist *l, const char *subject)
{
	ptrdiff_t row = find_subject(p, l, subject);

	return row >= 0 ? msglist_uid(l, (size_t)row) : 0;
}

/* Whether the thread of uid is root and uid, or uid alone when it is the root. */
static bool in_thread(struct msglist *l, uint32_t uid, uint32_t root)
{
	uint32_t *uids;
	size_t n = msglist_thread(l, uid, &uids);
	bool ok = n == (root == uid ? 1 : 2) && uids[0] == root;

	free(uids);
	return ok;
}

/* An answer without references: what is shown changes as originals come and go. */
static void threads_by_subject(void **state)
{
	struct person *p = person_new("imap", "", NULL, NULL);
	struct msglist *l = open_folder(p, "INBOX");
	uint32_t answer, plan, again;

	msglist_set_threads(l, true);
	put_text(p, "Aw: plan");
	UNTIL(p, msglist_count(l) == 1);
	answer = msglist_uid(l, 0);
	put_text(p, "Plan");
	UNTIL(p, msglist_count(l) == 2);
	plan = uid_if_there(p, l, "Plan");
	UNTIL(p, in_thread(l, answer, plan));
	put_text(p, "[list] PLAN");
	UNTIL(p, msglist_count(l) == 3);
	again = uid_if_there(p, l, "[list] PLAN");
	assert_true(in_thread(l, answer, plan) && in_thread(l, again, again));
	delete_one(p, l, plan);
	UNTIL(p, msglist_count(l) == 2 && in_thread(l, answer, again));
	restart(p, true);
	l = open_folder(p, "INBOX");
	msglist_set_threads(l, true);
	assert_int_equal(msglist_count(l), 2);
	assert_true(in_thread(l, answer, again));
}

static void searches_and_limits(void **state)
{
	struct person *p = person_new("imap", "", "--count", "30");
	struct msglist *l = open_folder(p, "INBOX");
	struct event *ev;
	char *subject;
	unsigned request;

	UNTIL(p, msglist_count(l) == 30);
	subject = kept(mem_strdup(row_of(p, l, 4).subject));
	ends(p, engine_search(p->engine, l, "flag:nonsense"), EVENT_FAILED);
	ev = answer(p, engine_search(p->engine, l, subject));
	assert_int_equal(ev->kind, EVENT_FOUND);
	assert_true(ev->found.n >= 1);
	event_free(ev);
	/* The front end moves its cursor by EVENT_LIST: it must come before the end of the request.
	 */
	request = engine_limit(p->engine, l, "~F");
	event_of_kind(p, EVENT_LIST);
	done(p, request);
	assert_true(msglist_is_limited(l) && msglist_count(l) < 30);
	done(p, engine_limit(p->engine, l, ""));
	assert_int_equal(msglist_count(l), 30);
}

static void check_says_what_it_found(void **state)
{
	struct person *p = person_new("imap", "", NULL, NULL);
	struct event *ev = answer(p, engine_check(p->engine, 0));

	assert_int_equal(ev->kind, EVENT_CHECKED);
	if (*event_error(ev))
		fail_msg("check failed: %s %s", event_error(ev), ev->checked.lines);
	assert_non_null(strstr(ev->checked.lines, "imap://"));
	assert_non_null(strstr(ev->checked.lines, "pop3s://"));
	assert_non_null(strstr(ev->checked.lines, "smtp://"));
	assert_non_null(strstr(ev->checked.lines, ": begins readable, encrypted before the login"));
	assert_non_null(strstr(ev->checked.lines, ": encrypted from the first byte on (TLS)"));
	event_free(ev);
}

static void wrong_password_is_told(void **state)
{
	struct person *p = person_new("imap", "", NULL, NULL);
	struct account_info info;

	stop(p);
	setenv("SRV_PASSWORD_SAVED", getenv("SRV_PASSWORD"), 1);
	setenv("SRV_PASSWORD", "surely-wrong", 1);
	write_config(p, "imap", "");
	setenv("SRV_PASSWORD", getenv("SRV_PASSWORD_SAVED"), 1);
	start(p, false);
	UNTIL(p, (engine_account(p->engine, 0, &info), info.state == STATE_FAILED));
	assert_true(*info.reason);
	/* What is here stays readable. */
	open_folder(p, "INBOX");
}

static void second_copy_follows(void **state)
{
	struct person *p = person_new("imap", "", "--count", "5"), second = *p, *q = &second;
	struct msglist *l = open_folder(p, "INBOX"), *m;
	struct account_info info;
	uint32_t uid;

	UNTIL(p, msglist_count(l) == 5 && msglist_sync_percent(l) == 100);
	q->inbox = NULL;
	start(q, false);
	UNTIL(q, (engine_account(q->engine, 0, &info), info.state == STATE_FOLLOWING));
	m = open_folder(q, "INBOX");
	assert_int_equal(msglist_count(m), 5);
	uid = msglist_uid(l, 0);
	flag_one(p, l, uid, MAIL_FLAGGED);
	UNTIL(q, flags_of(m, uid) & MAIL_FLAGGED);
	/* The follower changes something: the first copy carries it out. */
	uid = msglist_uid(m, 1);
	flag_one(q, m, uid, MAIL_FLAGGED);
	UNTIL(p, (flags_of(l, uid) & MAIL_FLAGGED) && engine_pending(p->engine) == 0);
	/* The first one ends: the other takes over. */
	stop(p);
	UNTIL(q, (engine_account(q->engine, 0, &info), info.state == STATE_ONLINE));
	stop(q);
}

/* talaria -f DIR: a Maildir that belongs to no account. */
static void opens_a_maildir_by_its_path(void **state)
{
	static const char mbox[] = "From a@example.org Sat Jan  3 01:05:34 2026\nFrom: "
				   "a@example.org\nSubject: First\n\nOne\n\n"
				   "From b@example.org Sat Jan  3 02:05:34 2026\nFrom: "
				   "b@example.org\nSubject: Second\n\n>From here\n";
	struct person *p = person_new("imap", "", "--count", "4");
	struct event *ev;
	struct err err = {0};
	struct str path = STR_INIT;
	struct msglist *l;
	uint32_t uid;

	str_addf(&path, "%s/%s/Maildir", getenv("SRV_MAIL"), p->name);
	l = engine_open(p->engine, -1, path.p, &err);
	UNTIL(p, msglist_ready(l) && msglist_count(l) == 4);
	uid = msglist_uid(l, 0);
	engine_view_free(read_view(p, l, uid));
	flag_one(p, l, uid, MAIL_FLAGGED);
	delete_one(p, l, uid);
	UNTIL(p, msglist_count(l) == 3);
	/* And an mbox file: read, never changed. */
	str_clear(&path);
	str_addf(&path, "%s/old.mbox", p->home);
	assert_int_equal(file_replace(path.p, mbox, strlen(mbox), 0600, NULL), 0);
	l = engine_open(p->engine, -1, path.p, &err);
	UNTIL(p, msglist_ready(l) && msglist_count(l) == 2);
	assert_true(msglist_read_only(l));
	assert_true(find_subject(p, l, "Second") >= 0);
	uid = msglist_uid(l, 0);
	engine_view_free(read_view(p, l, uid));
	ends(p, engine_delete(p->engine, l, &uid, 1), EVENT_FAILED);
	str_adds(&path, ".none");
	l = engine_open(p->engine, -1, path.p, &err);
	assert_non_null(l);
	while ((ev = next_event(p->engine, clock_ms() + PATIENCE_MS)) && ev->kind != EVENT_FAILED)
		event_free(ev);
	assert_non_null(ev);
	assert_non_null(strstr(event_error(ev), "old.mbox.none does not exist"));
	event_free(ev);
	str_done(&path);
}

/* Another user of the same server under the same account name: nothing of the former one may show
 * or be done. */
static void another_server_starts_anew(void **state)
{
	struct person *q = person_new("imap", "", "--count", "2");
	struct person *p = person_new("imap", "", "--count", "3");
	struct msglist *l = open_folder(p, "INBOX");
	uint32_t uid;

	stop(q);
	UNTIL(p, msglist_count(l) == 3 && msglist_sync_percent(l) == 100);
	restart(p, true);
	l = open_folder(p, "INBOX");
	uid = msglist_uid(l, 0);
	flag_one(p, l, uid, MAIL_FLAGGED);
	UNTIL(p, engine_pending(p->engine) == 1);
	stop(p);
	memcpy(p->name, q->name, sizeof(p->name));
	write_config(p, "imap", "");
	start(p, false);
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) == 2 && engine_pending(p->engine) == 0);
}

/* --- a link that breaks --- */

/* Chunks are under way ahead, and packed; the link breaks in the middle of them, four times. */
static void fill_over_a_link_that_breaks(void **state)
{
	enum { N = 2000 };
	char *before = kept(mem_strdup(getenv("SRV_IMAP"))), *dir = kept(person_proxy("breaking"));
	struct str stats = STR_INIT;
	struct msglist *l;
	struct person *p;
	int connections, down;

	person_tell_proxy(dir, "rate 100000", NULL);
	for (int i = 1; i <= 4; i++) {
		char cut[40];

		snprintf(cut, sizeof(cut), "after %d cut", i * 17000);
		person_tell_proxy(dir, cut, NULL);
	}
	p = person_new("imap", "", "--count", "2000");
	setenv("SRV_IMAP", before, 1);
	l = synced(p, "INBOX", N);
	for (uint32_t uid = 1; uid <= N; uid++) {
		ptrdiff_t row = msglist_find(l, uid);

		if (row < 0 || (flags_at(l, (size_t)row) & MAIL_PLACEHOLDER))
			fail_msg("message %u did not come", uid);
	}
	person_tell_proxy(dir, "stats", &stats);
	assert_int_equal(sscanf(stats.p, "%d %*d %d", &connections, &down), 2);
	assert_true(connections >= 4);
	/* Without packing these rows are more than that each time they come. */
	assert_true(down < 250 * N);
	str_done(&stats);
}

/* Dovecot says BYE to a file that it cannot read, and ends the connection. */
static void file_that_dovecot_cannot_read_costs_one_row(void **state)
{
	struct person *p = person_new("imap", "", "--count", "1");
	struct msglist *l = open_folder(p, "INBOX");
	size_t bad = 0;

	UNTIL(p, msglist_count(l) == 1 && msglist_sync_percent(l) == 100);
	stop(p);
	for (int i = 0; i < 30; i++) {
		struct str path = STR_INIT, text = STR_INIT;

		str_addf(&path, "%s/%s/Maildir/cur/17360000%02d.M1P%d.host:2,", getenv("SRV_MAIL"),
			p->name, i, i);
		str_addf(&text, "From: a@example.org\nSubject: Written %d\n\nText\n", i);
		assert_int_equal(
			file_replace(path.p, text.p, text.len, i == 9 ? 0 : 0644, NULL), 0);
		str_done(&path);
		str_done(&text);
	}
	start(p, false);
	l = synced(p, "INBOX", 31);
	for (size_t i = 0; i < 31; i++)
		bad += (flags_at(l, i) & MAIL_PLACEHOLDER) != 0;
	assert_int_equal(bad, 1);
}

/* On a server what comes back waits for it first, under a number that is used again and again. */
static void tags_come_back_there(void **state)
{
	struct person *p = person_new("imap", "", "--count", "4");
	struct msglist *l = open_with(p, "INBOX", 4);
	uint32_t uids[2] = {msglist_uid(l, 0), msglist_uid(l, 2)};

	(void)state;
	msglist_tag(l, uids[0], true);
	msglist_tag(l, uids[1], true);
	for (int i = 0; i < 2; i++) { /* those, then another one */
		done(p, engine_delete(p->engine, l, uids, i ? 1 : 2));
		done(p, engine_sync(p->engine, 0));
		done(p, engine_undo(p->engine));
		done(p, engine_sync(p->engine, 0));
		UNTIL(p, msglist_count(l) == 4);
		for (size_t row = 0; row < 4; row++)
			assert_int_equal(row_of(p, l, row).tagged, row % 2 == 0);
		uids[0] = msglist_uid(l, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PERSON_CASE(imap_fills_and_reads),
		PERSON_CASE(file_that_dovecot_cannot_read_costs_one_row),
		PERSON_CASE(flags_go_both_ways),
		PERSON_CASE(moves_and_takes_back),
		PERSON_CASE(tags_come_back_there),
		PERSON_CASE(works_offline_and_replays),
		PERSON_CASE(sends_and_receives),
		PERSON_CASE(refused_recipient_keeps_the_mail),
		PERSON_CASE(pop3_fetches_once),
		PERSON_CASE(every_synchronisation_is_answered),
		PERSON_CASE(pop3_never_deletes_after_storing),
		PERSON_CASE(switch_refuses_what_was_meant_before),
		PERSON_CASE(switch_keeps_marks_and_mail),
		PERSON_CASE(asked_twice_at_once),
		PERSON_CASE(preview_tells_what_a_switch_does),
		PERSON_CASE(preview_counts_what_pop3_saw),
		PERSON_CASE(namesakes_are_both_fetched),
		PERSON_CASE(threads_by_subject),
		PERSON_CASE(searches_and_limits),
		PERSON_CASE(check_says_what_it_found),
		PERSON_CASE(wrong_password_is_told),
		PERSON_CASE(second_copy_follows),
		PERSON_CASE(opens_a_maildir_by_its_path),
		PERSON_CASE(another_server_starts_anew),
		PERSON_CASE(fill_over_a_link_that_breaks),
	};

	return PERSON_RUN(tests, NULL);
}

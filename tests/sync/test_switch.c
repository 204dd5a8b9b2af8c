/*
 * Switching one account between IMAP and POP3, against real servers: every direction, online and
 * offline, with every pop3-keep, with the inbox changed by another client meanwhile or not. After
 * each: all mail is there, once; marks came along; the server lost nothing that pop3-keep does not
 * say.
 */
#include "base/file.h"
#include "base/mem.h"
#include "base/run.h"
#include "tests/sync/person.h"

#include <dirent.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAILS = 12, COMING = 3, GOING = 2 };

struct cell {
	enum protocol from;
	bool offline;     /* the switch is made without a connection */
	const char *keep; /* pop3-keep */
	bool changed;     /* another client was at the inbox meanwhile */
};

/* --- the other client: the server's own files --- */

static int on_server(const struct person *p, const char *command)
{
	struct str dir = STR_INIT, out = STR_INIT;
	struct err err = {0};
	int n;

	str_addf(&dir, "%s/%s/Maildir", getenv("SRV_MAIL"), p->name);
	{
		const char *const argv[] = {"sh", "-c", command, "sh", dir.p, NULL};

		if (run_capture(argv, &(struct run_limits){30000, 100000, -1}, &out, &err) != 0)
			fail_msg("%s: %s", command, err.text);
	}
	n = atoi(str_c(&out));
	str_done(&out);
	str_done(&dir);
	return n;
}

static int count_on_server(const struct person *p)
{
	return on_server(p, "find \"$1/cur\" \"$1/new\" -type f | wc -l");
}

/* The file with that subject goes, and three new ones come. */
static void another_client(struct person *p, const char *first, const char *second)
{
	const char *const subjects[GOING] = {first, second};

	for (int i = 0; i < GOING; i++) {
		struct str cmd = STR_INIT;

		str_addf(&cmd,
			"f=$(grep -lx 'Subject: %s' \"$1\"/cur/* \"$1\"/new/* 2>/dev/null); "
			"[ -z \"$f\" ] || rm -- \"$f\"",
			subjects[i]);
		on_server(p, cmd.p);
		str_done(&cmd);
	}
	for (int i = 0; i < COMING; i++) {
		struct str mail = STR_INIT;
		char *path = file_join(p->home, "coming.eml");

		str_addf(&mail,
			"From: x@example.org\nTo: y@example.org\nSubject: Coming %d\n"
			"Date: Sat, 03 Jan 2026 01:05:3%d +0000\nMessage-ID: "
			"<c%d@example.org>\n\nx\n",
			i, i, i);
		assert_int_equal(file_replace(path, mail.p, mail.len, 0644, NULL), 0);
		put_mail(p, path);
		free(path);
		str_done(&mail);
	}
}

/* --- what the person does and sees --- */

/* Subjects that stand once in the list, so that a message can be named by it. */
static size_t unique_subjects(struct person *p, struct msglist *l, char *out[], size_t want)
{
	size_t n = 0;

	for (size_t i = 0; i < msglist_count(l) && n < want; i++) {
		char *subject = mem_strdup(row_of(p, l, i).subject);
		bool alone = true;

		for (size_t k = 0; k < msglist_count(l); k++)
			alone &= k == i || strcmp(row_of(p, l, k).subject, subject) != 0;
		if (alone && !str_starts(subject, "Re: "))
			out[n++] = subject;
		else
			free(subject);
	}
	return n;
}

static ptrdiff_t find(struct person *p, struct msglist *l, const char *subject)
{
	for (size_t i = 0; i < msglist_count(l); i++)
		if (strcmp(row_of(p, l, i).subject, subject) == 0)
			return (ptrdiff_t)i;
	fail_msg("\"%s\" is not there", subject);
	return -1;
}

static unsigned marks(struct person *p, struct msglist *l, const char *subject)
{
	ptrdiff_t row = find(p, l, subject);

	return flags_at(l, (size_t)row) &
	       (MAIL_SEEN | MAIL_ANSWERED | MAIL_FLAGGED | MAIL_FORWARDED);
}

/* merged: where the two sides meet for the first time, marks of both stay; but what was unread
 * where it was read last is unread. */
static void assert_marks(struct person *p, struct msglist *l, char *const subject[4],
	const unsigned set[4], bool merged)
{
	for (int i = 0; i < 4; i++) {
		unsigned is = marks(p, l, subject[i]);

		if (merged ? (is & set[i]) != set[i] || ((is ^ set[i]) & MAIL_SEEN) : is != set[i])
			fail_msg("\"%s\" has marks %x, not %x", subject[i], is, set[i]);
	}
}

static int unread_in(struct msglist *l)
{
	int n = 0;

	for (size_t i = 0; i < msglist_count(l); i++)
		n += !(flags_at(l, i) & MAIL_SEEN);
	return n;
}

/* What fetching by POP3 marks as read on the server is unread there again. */
static void assert_unread(struct person *p, struct msglist *l)
{
	assert_int_equal(
		on_server(p, "find \"$1/cur\" \"$1/new\" -type f ! -name '*:2,*S*' | wc -l"),
		unread_in(l));
}

static void mark(struct person *p, struct msglist *l, const char *subject, unsigned set)
{
	uint32_t uid = msglist_uid(l, (size_t)find(p, l, subject));

	done(p, engine_flag(p->engine, l, &uid, 1,
			MAIL_SEEN | MAIL_ANSWERED | MAIL_FLAGGED | MAIL_FORWARDED, set));
}

static void assert_each_once(struct person *p, struct msglist *l)
{
	for (size_t i = 0; i < msglist_count(l); i++) {
		struct msg_row a = row_of(p, l, i);
		uint32_t size = a.size;
		int64_t date = a.date;
		char *subject = mem_strdup(a.subject);

		for (size_t k = i + 1; k < msglist_count(l); k++) {
			struct msg_row b = row_of(p, l, k);

			if (b.size == size && b.date == date && strcmp(b.subject, subject) == 0)
				fail_msg("\"%s\" is there twice", subject);
		}
		free(subject);
	}
}

static void settle(struct person *p, enum protocol protocol)
{
	done(p, engine_sync(p->engine, 0));
	if (protocol == PROTOCOL_IMAP)
		UNTIL(p, engine_pending(p->engine) == 0);
	done(p, engine_sync(p->engine, 0));
}

/* How many the inbox of the new protocol must show. */
static size_t expected(const struct cell *c, int before)
{
	size_t server = (size_t)before;

	if (c->changed)
		server += COMING - GOING;
	/* From POP3 with never, the server's inbox was empty before the others came. */
	return server;
}

static void run_cell(const struct cell *c)
{
	static const unsigned set[] = {
		MAIL_SEEN | MAIL_FLAGGED, MAIL_SEEN | MAIL_ANSWERED, MAIL_SEEN | MAIL_FORWARDED, 0};
	enum protocol to = c->from == PROTOCOL_IMAP ? PROTOCOL_POP3 : PROTOCOL_IMAP;
	struct str more = STR_INIT;
	struct person *p;
	struct msglist *l;
	char *subject[6] = {0};
	int before, kept;
	size_t want;
	bool never = strcmp(c->keep, "never") == 0, emptied;

	str_addf(&more, "\tpop3-keep %s\n", c->keep);
	p = person_new(c->from == PROTOCOL_IMAP ? "imap" : "pop3", more.p, "--count", "12");
	l = open_folder(p, "INBOX");
	done(p, engine_sync(p->engine, 0));
	UNTIL(p, msglist_count(l) == MAILS);
	assert_int_equal(unique_subjects(p, l, subject, 6), 6);
	settle(p, c->from);
	emptied = never && c->from == PROTOCOL_POP3;
	before = count_on_server(p);
	assert_int_equal(before, emptied ? 0 : MAILS);
	if (c->offline)
		engine_set_offline(p->engine, true);
	for (int i = 0; i < 4; i++)
		mark(p, l, subject[i], set[i]);
	if (!c->offline)
		UNTIL(p, engine_pending(p->engine) == 0);
	if (c->changed)
		another_client(p, subject[4], subject[5]);
	engine_close(p->engine, l);
	done(p, engine_protocol(p->engine, 0, to));
	if (c->offline)
		engine_set_offline(p->engine, false);
	l = open_folder(p, "INBOX");
	settle(p, to);
	want = emptied ? (c->changed ? COMING : 0) : expected(c, before);
	UNTIL(p, msglist_count(l) == want);
	assert_each_once(p, l);
	if (!emptied)
		assert_marks(p, l, subject, set, c->from == PROTOCOL_POP3);
	/* The server has lost nothing but what pop3-keep gave it leave to. */
	kept = count_on_server(p);
	assert_int_equal(kept, never && to == PROTOCOL_POP3 ? 0 : (int)want);
	if (to == PROTOCOL_IMAP)
		assert_unread(p, l);
	/* What POP3 had fetched stays here; what the other client deleted too. */
	if (c->from == PROTOCOL_POP3) {
		l = open_folder(p, "Local/INBOX");
		/* Online, a session of its own may have fetched some of what came meanwhile. */
		UNTIL(p, msglist_count(l) >= MAILS);
		assert_true(msglist_count(l) <= MAILS + (c->changed && !c->offline ? COMING : 0));
		assert_marks(p, l, subject, set, false);
	}
	/* And back: nothing is lost or doubled by that. */
	done(p, engine_protocol(p->engine, 0, c->from));
	l = open_folder(p, "INBOX");
	settle(p, c->from);
	if (c->from == PROTOCOL_POP3)
		want = MAILS + (c->changed ? COMING : 0);
	else
		want = (size_t)kept;
	UNTIL(p, msglist_count(l) == want);
	assert_each_once(p, l);
	if (c->from == PROTOCOL_POP3 || kept)
		assert_marks(p, l, subject, set, c->from == PROTOCOL_POP3);
	if (c->from == PROTOCOL_IMAP)
		assert_unread(p, l);
	for (int i = 0; i < 6; i++)
		free(subject[i]);
	str_done(&more);
	person_free(p);
}

static void matrix(void **state)
{
	static const char *const keeps[] = {"always", "never", "3d"};
	int cells = 0;

	for (int from = 0; from < 2; from++)
		for (int offline = 0; offline < 2; offline++)
			for (size_t keep = 0; keep < MEM_COUNT(keeps); keep++)
				for (int changed = 0; changed < 2; changed++) {
					struct cell c = {from ? PROTOCOL_POP3 : PROTOCOL_IMAP,
						offline != 0, keeps[keep], changed != 0};

					print_message("# from %s, %s, keep %s, %s\n",
						from ? "POP3" : "IMAP",
						offline ? "offline" : "online", c.keep,
						changed ? "changed meanwhile" : "unchanged");
					run_cell(&c);
					cells++;
				}
	print_message("# %d cells\n", cells);
}

/* --- its place --- */

static void act(struct person *p, struct msglist *l, const char *subject,
	unsigned (*what)(struct engine *, struct msglist *, const uint32_t *, size_t))
{
	uint32_t uid = msglist_uid(l, (size_t)find(p, l, subject));
	size_t before = msglist_count(l);

	done(p, what(p->engine, l, &uid, 1));
	UNTIL(p, msglist_count(l) == before - 1);
}

static void holds(struct person *p, const char *folder, size_t n, const char *subject)
{
	struct msglist *l = open_with(p, folder, n);

	if (subject)
		find(p, l, subject);
	engine_close(p->engine, l);
}

static void previews(struct person *p, enum protocol to, const char *what)
{
	struct event *ev = answer(p, engine_protocol_preview(p->engine, 0, to));

	if (!strstr(ev->text.lines, what))
		fail_msg("\"%s\" is not in: %s", what, ev->text.lines);
	event_free(ev);
}

/* Archived, thrown away and deleted for good by POP3: so it is on the server, whether IMAP knew
 * the messages before or not. Nothing is deleted there. */
static void filed_by_pop3(void **state)
{
	for (int known = 0; known < 2; known++) {
		struct person *p = person_new(known ? "imap" : "pop3", "", "--count", "12");
		struct msglist *l = open_folder(p, "INBOX");
		char *subject[4];

		settle(p, known ? PROTOCOL_IMAP : PROTOCOL_POP3);
		UNTIL(p, msglist_count(l) == MAILS);
		if (known)
			done(p, engine_protocol(p->engine, 0, PROTOCOL_POP3));
		settle(p, PROTOCOL_POP3);
		UNTIL(p, msglist_count(l) == MAILS);
		assert_int_equal(unique_subjects(p, l, subject, 4), 4);
		previews(p, PROTOCOL_IMAP, "deletes nothing");
		mark(p, l, subject[0], MAIL_FLAGGED);
		act(p, l, subject[0], engine_archive);
		act(p, l, subject[1], engine_delete);
		act(p, l, subject[2], engine_delete);
		l = open_with(p, "Trash", 2);
		act(p, l, subject[2], engine_delete);
		previews(p, PROTOCOL_IMAP, "2 messages that were filed here");
		previews(p, PROTOCOL_IMAP, "1 message that was deleted here");
		done(p, engine_protocol(p->engine, 0, PROTOCOL_IMAP));
		settle(p, PROTOCOL_IMAP);
		settle(p, PROTOCOL_IMAP);
		holds(p, "INBOX", MAILS - 3, subject[3]);
		holds(p, "Archive", 1, subject[0]);
		holds(p, "Trash", 2, subject[1]);
		holds(p, "Trash", 2, subject[2]);
		l = open_folder(p, "Archive");
		assert_int_equal(marks(p, l, subject[0]), MAIL_FLAGGED);
		/* and back: each stands where it stood */
		done(p, engine_protocol(p->engine, 0, PROTOCOL_POP3));
		settle(p, PROTOCOL_POP3);
		holds(p, "INBOX", MAILS - 3, subject[3]);
		holds(p, "Archive", 1, subject[0]);
		for (int i = 0; i < 4; i++)
			free(subject[i]);
		person_free(p);
	}
}

/* Filed by IMAP, with or without the server having heard of it: POP3 has it there too. */
static void filed_by_imap(void **state)
{
	for (int offline = 0; offline < 2; offline++) {
		struct person *p = person_new("pop3", "", "--count", "12");
		struct msglist *l = open_folder(p, "INBOX");
		char *subject[3];

		settle(p, PROTOCOL_POP3);
		UNTIL(p, msglist_count(l) == MAILS);
		assert_int_equal(unique_subjects(p, l, subject, 3), 3);
		done(p, engine_protocol(p->engine, 0, PROTOCOL_IMAP));
		settle(p, PROTOCOL_IMAP);
		UNTIL(p, msglist_count(l) == MAILS);
		engine_set_offline(p->engine, offline != 0);
		mark(p, l, subject[0], MAIL_ANSWERED);
		act(p, l, subject[0], engine_archive);
		act(p, l, subject[1], engine_delete);
		if (!offline)
			settle(p, PROTOCOL_IMAP);
		previews(p, PROTOCOL_POP3, "2 messages that IMAP filed");
		done(p, engine_protocol(p->engine, 0, PROTOCOL_POP3));
		engine_set_offline(p->engine, false);
		settle(p, PROTOCOL_POP3);
		holds(p, "INBOX", MAILS - 2, subject[2]);
		holds(p, "Archive", 1, subject[0]);
		holds(p, "Trash", 1, subject[1]);
		l = open_folder(p, "Archive");
		assert_int_equal(marks(p, l, subject[0]), MAIL_ANSWERED);
		for (int i = 0; i < 3; i++)
			free(subject[i]);
		person_free(p);
	}
}

/* IMAP had filed it without a connection, and POP3 had not fetched it yet. */
static void filed_before_it_was_fetched(void **state)
{
	struct person *p = person_new("imap", "", "--count", "12");
	struct msglist *l = open_folder(p, "INBOX");
	char *subject[1];

	settle(p, PROTOCOL_IMAP);
	UNTIL(p, msglist_count(l) == MAILS);
	assert_int_equal(unique_subjects(p, l, subject, 1), 1);
	engine_set_offline(p->engine, true);
	act(p, l, subject[0], engine_archive);
	done(p, engine_protocol(p->engine, 0, PROTOCOL_POP3));
	engine_set_offline(p->engine, false);
	settle(p, PROTOCOL_POP3);
	holds(p, "INBOX", MAILS - 1, NULL);
	holds(p, "Archive", 1, subject[0]);
	free(subject[0]);
}

/* Thousands of messages, marks on all of them and a mail to be sent, there and back without a
 * connection: few operations, one mail sent. */
static void with_work_waiting(void **state)
{
	enum { MANY = 3000 };
	struct person *p = person_new("imap", "", "--count", "3000");
	struct msglist *l = open_folder(p, "INBOX");
	uint32_t *uids = mem_array(MANY, sizeof(*uids));
	int sent;

	UNTIL(p, msglist_count(l) == MANY && msglist_sync_percent(l) == 100);
	for (size_t i = 0; i < MANY; i++)
		uids[i] = msglist_uid(l, i);
	engine_set_offline(p->engine, true);
	done(p, engine_flag(p->engine, l, uids, MANY, 0, MAIL_FLAGGED | MAIL_SEEN));
	send_text(p, "bob@example.org", "Sent across a switch");
	done(p, engine_protocol(p->engine, 0, PROTOCOL_POP3));
	done(p, engine_protocol(p->engine, 0, PROTOCOL_IMAP));
	done(p, engine_protocol(p->engine, 0, PROTOCOL_POP3));
	assert_true(engine_pending(p->engine) <= 4);
	assert_int_equal(engine_outbox(p->engine, 0), 1);
	engine_set_offline(p->engine, false);
	UNTIL(p, engine_outbox(p->engine, 0) == 0);
	settle(p, PROTOCOL_POP3);
	UNTIL(p, msglist_count(l) == MANY);
	done(p, engine_protocol(p->engine, 0, PROTOCOL_IMAP));
	settle(p, PROTOCOL_IMAP);
	UNTIL(p, msglist_count(l) == MANY);
	assert_int_equal(count_on_server(p), MANY);
	assert_int_equal(on_server(p, "find \"$1/cur\" -name '*:2,*F*S*' | wc -l"), MANY);
	sent = on_server(p, "grep -lx 'Subject: Sent across a switch' "
			    "\"$1\"/../../bob/Maildir/cur/* \"$1\"/../../bob/Maildir/new/* "
			    "2>/dev/null | wc -l");
	assert_int_equal(sent, 1);
	free(uids);
}

static atomic_int waits; /* for the disk */
int __real_fsync(int fd);
int __wrap_fsync(int fd);

int __wrap_fsync(int fd)
{
	atomic_fetch_add(&waits, 1);
	return __real_fsync(fd);
}

static atomic_int readings; /* of directories */
DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);

DIR *__wrap_opendir(const char *path)
{
	atomic_fetch_add(&readings, 1);
	return __real_opendir(path);
}

static void select_all(struct msglist *l, uint32_t *uids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		uids[i] = msglist_uid(l, i);
}

/* To move or delete many local messages does not read the folder once for each. */
static void moves_of_many(void **state)
{
	enum { MANY = 200, FEW = 80 };
	struct person *p = person_new("pop3", "", "--count", "200");
	struct msglist *l = open_folder(p, "INBOX"), *trash;
	uint32_t uids[MANY];

	UNTIL(p, msglist_count(l) == MANY);
	settle(p, PROTOCOL_POP3);
	engine_set_offline(p->engine, true);
	select_all(l, uids, MANY);
	atomic_store(&readings, 0);
	done(p, engine_delete(p->engine, l, uids, MANY));
	UNTIL(p, msglist_count(l) == 0);
	done(p, engine_undo(p->engine));
	UNTIL(p, msglist_count(l) == MANY);
	assert_each_once(p, l);
	select_all(l, uids, MANY);
	done(p, engine_delete(p->engine, l, uids, MANY));
	trash = open_with(p, "Trash", MANY);
	select_all(trash, uids, MANY);
	done(p, engine_delete(p->engine, trash, uids, MANY));
	UNTIL(p, msglist_count(trash) == 0);
	assert_true(atomic_load(&readings) < FEW);
}

/* However many local messages get a mark, a keyword, or both by a switch: the disk is not waited
 * for once for each, so that a switch takes less than a second. */
static void marks_of_many(void **state)
{
	enum { MANY = 300, FEW = 60 };
	struct person *p = person_new("pop3", "", "--count", "300");
	struct msglist *l = open_folder(p, "INBOX");
	uint32_t uids[MANY];

	UNTIL(p, msglist_count(l) == MANY);
	settle(p, PROTOCOL_POP3);
	engine_set_offline(p->engine, true);
	for (size_t i = 0; i < MANY; i++)
		uids[i] = msglist_uid(l, i);
	atomic_store(&waits, 0);
	done(p, engine_flag(p->engine, l, uids, MANY, MAIL_SEEN, MAIL_FLAGGED));
	done(p, engine_keywords(p->engine, l, uids, MANY, "", "work"));
	assert_true(atomic_load(&waits) < FEW);
	engine_set_offline(p->engine, false);
	done(p, engine_protocol(p->engine, 0, PROTOCOL_IMAP));
	l = synced(p, "INBOX", MANY);
	settle(p, PROTOCOL_IMAP);
	for (size_t i = 0; i < MANY; i++)
		uids[i] = msglist_uid(l, i);
	engine_set_offline(p->engine, true);
	done(p, engine_flag(p->engine, l, uids, MANY, MAIL_FLAGGED, MAIL_ANSWERED));
	done(p, engine_keywords(p->engine, l, uids, MANY, "work", "later"));
	atomic_store(&waits, 0);
	done(p, engine_protocol(p->engine, 0, PROTOCOL_POP3));
	assert_true(atomic_load(&waits) < FEW);
	l = open_with(p, "INBOX", MANY);
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(flags_at(l, i) & (MAIL_FLAGGED | MAIL_ANSWERED), MAIL_ANSWERED);
		assert_string_equal(row_of(p, l, i).keywords, "later");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PERSON_CASE(matrix),
		PERSON_CASE(filed_by_pop3),
		PERSON_CASE(filed_by_imap),
		PERSON_CASE(filed_before_it_was_fetched),
		PERSON_CASE(with_work_waiting),
		PERSON_CASE(marks_of_many),
		PERSON_CASE(moves_of_many),
	};

	return PERSON_RUN(tests, NULL);
}

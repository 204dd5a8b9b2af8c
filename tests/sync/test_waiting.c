/*
 * A message that is filed without a connection stands in its new folder at once, marked as waiting:
 * it can be read, found, marked, filed elsewhere and taken back there, also after a restart; and
 * the server gets what it looked like.
 */
#include "base/file.h"
#include "base/mem.h"
#include "tests/sync/person.h"

#include <stdlib.h>
#include <string.h>

enum { MAILS = 5 };

static void settle(struct person *p)
{
	done(p, engine_sync(p->engine, 0));
	UNTIL(p, engine_pending(p->engine) == 0);
	done(p, engine_sync(p->engine, 0));
}

static struct msglist *filled(struct person *p)
{
	struct msglist *l = open_folder(p, "INBOX");

	settle(p);
	UNTIL(p, msglist_count(l) == MAILS && msglist_sync_percent(l) == 100);
	return l;
}

static uint32_t flags(struct person *p, struct msglist *l, const char *subject)
{
	uid_of(p, l, subject);
	return flags_at(l, (size_t)find_subject(p, l, subject));
}

static void move(struct person *p, struct msglist *l, const char *subject, const char *to)
{
	uint32_t uid = uid_of(p, l, subject);

	move_one(p, l, uid, to);
}

static void totals(struct person *p, const char *folder, uint32_t total)
{
	struct folder_info info;

	engine_folder(p->engine, 0, (size_t)engine_find_folder(p->engine, 0, folder), &info);
	assert_int_equal(info.total, total);
}

static void reads(struct person *p, struct msglist *l, const char *subject)
{
	struct message_view *v = read_view(p, l, uid_of(p, l, subject));

	assert_string_equal(v->subject, subject);
	engine_view_free(v);
}

static void filed_offline(void **state)
{
	struct person *p = person_new("imap", "", "--count", "5");
	struct msglist *l = filled(p), *archive, *trash;
	char *subject = kept(mem_strdup(row_of(p, l, 0).subject));

	reads(p, l, subject);
	engine_set_offline(p->engine, true);
	move(p, l, subject, "Archive");
	UNTIL(p, msglist_count(l) == MAILS - 1);
	archive = open_with(p, "Archive", 1);
	assert_true(flags(p, archive, subject) & MAIL_WAITING);
	totals(p, "Archive", 1);
	totals(p, "INBOX", MAILS - 1);
	reads(p, archive, subject);
	/* so it is after a restart */
	restart(p, true);
	archive = open_folder(p, "Archive");
	assert_int_equal(msglist_count(archive), 1);
	reads(p, archive, subject);
	/* marked there */
	{
		uint32_t uid = uid_of(p, archive, subject);

		flag_one(p, archive, uid, MAIL_FLAGGED);
		UNTIL(p, flags(p, archive, subject) & MAIL_FLAGGED);
		done(p, engine_keywords(p->engine, archive, &uid, 1, "", "later"));
	}
	/* and filed elsewhere, there it stands alone */
	move(p, archive, subject, "Trash");
	UNTIL(p, msglist_count(archive) == 0);
	trash = open_with(p, "Trash", 1);
	assert_true(
		flags(p, trash, subject) & MAIL_WAITING && flags(p, trash, subject) & MAIL_FLAGGED);
	totals(p, "Archive", 0);
	/* and back where it came from */
	move(p, trash, subject, "INBOX");
	UNTIL(p, msglist_count(trash) == 0);
	l = open_with(p, "INBOX", MAILS);
	assert_false(flags(p, l, subject) & MAIL_WAITING);
	move(p, l, subject, "Archive");
	UNTIL(p, msglist_count(archive) == 1);
	/* the server hears of it */
	engine_set_offline(p->engine, false);
	settle(p);
	UNTIL(p, msglist_count(archive) == 1 && !(flags(p, archive, subject) & MAIL_WAITING));
	assert_true(flags(p, archive, subject) & MAIL_FLAGGED);
	assert_string_equal(row_of(p, archive, 0).keywords, "later");
	assert_int_equal(msglist_count(l), MAILS - 1);
	totals(p, "Archive", 1);
	reads(p, archive, subject);
	assert_string_equal(person_told(), "");
}

/* What was thrown away while there was a connection, and comes back without one. */
static void undeleted_offline(void **state)
{
	struct person *p = person_new("imap", "", "--count", "5");
	struct msglist *l = filled(p), *trash;
	char *subject = kept(mem_strdup(row_of(p, l, 1).subject));
	uint32_t uid = uid_of(p, l, subject);

	reads(p, l, subject);
	delete_one(p, l, uid);
	settle(p);
	trash = open_folder(p, "Trash");
	UNTIL(p, msglist_count(trash) == 1 && !(flags(p, trash, subject) & MAIL_WAITING));
	reads(p, trash, subject);
	engine_set_offline(p->engine, true);
	move(p, trash, subject, "INBOX");
	UNTIL(p, msglist_count(l) == MAILS && msglist_count(trash) == 0);
	assert_true(flags(p, l, subject) & MAIL_WAITING);
	reads(p, l, subject);
	done(p, engine_undo(p->engine));
	UNTIL(p, msglist_count(l) == MAILS - 1 && msglist_count(trash) == 1);
	assert_false(flags(p, trash, subject) & MAIL_WAITING);
	move(p, trash, subject, "INBOX");
	engine_set_offline(p->engine, false);
	settle(p);
	UNTIL(p, msglist_count(l) == MAILS && !(flags(p, l, subject) & MAIL_WAITING));
}

/* Deleted twice without a connection: for good, and it leaves both folders. */
static void deleted_while_it_waits(void **state)
{
	struct person *p = person_new("imap", "", "--count", "5");
	struct msglist *l = filled(p), *trash;
	uint32_t uids[2] = {msglist_uid(l, 0), msglist_uid(l, 1)};

	engine_set_offline(p->engine, true);
	done(p, engine_delete(p->engine, l, uids, 2));
	trash = open_with(p, "Trash", 2);
	uids[0] = msglist_uid(trash, 0);
	done(p, engine_delete(p->engine, trash, uids, 1));
	UNTIL(p, msglist_count(trash) == 1);
	engine_set_offline(p->engine, false);
	settle(p);
	UNTIL(p, msglist_count(l) == MAILS - 2 && msglist_count(trash) == 1);
	totals(p, "Trash", 1);
}

/* What is undone comes back with a new UID, and is no new mail. */
static void undone_is_not_new(void **state)
{
	struct person *p = person_new("imap", "", "--count", "5");
	struct msglist *l = filled(p);
	uint32_t uid;
	size_t newest = 0;
	char *subject;

	for (size_t i = 1; i < MAILS; i++)
		if (msglist_uid(l, i) > msglist_uid(l, newest))
			newest = i;
	uid = msglist_uid(l, newest);
	subject = kept(mem_strdup(row_of(p, l, newest).subject));
	done(p, engine_flag(p->engine, l, &uid, 1, MAIL_SEEN, 0));
	delete_one(p, l, uid);
	settle(p);
	done(p, engine_undo(p->engine));
	for (int64_t end = clock_ms() + PATIENCE_MS;
		engine_pending(p->engine) || msglist_count(l) < MAILS ||
		find_subject(p, l, subject) < 0 || flags(p, l, subject) & MAIL_WAITING;) {
		struct event *ev = next_event(p->engine, end);

		assert_non_null(ev);
		assert_int_not_equal(ev->kind, EVENT_NEW_MAIL);
		event_free(ev);
	}
}

/* What another program throws away is no news; what then comes for the person is. */
static void thrown_away_is_not_new(void **state)
{
	static const char mail[] = "From: a@example.org\nSubject: unread\n\nText.\n";
	struct person *p = person_new("imap", "", "--count", "5");
	struct msglist *l = filled(p), *trash = open_folder(p, "Trash");
	char *path = kept(file_join(p->home, "unread.eml"));
	struct event *ev = NULL;

	UNTIL(p, msglist_sync_percent(trash) == 100);
	assert_int_equal(file_replace(path, mail, strlen(mail), 0600, NULL), 0);
	put_mail_in(p, "Trash", path);
	engine_sync(p->engine, 0);
	for (int64_t end = clock_ms() + PATIENCE_MS; msglist_count(trash) == 0;) {
		ev = next_event(p->engine, end);
		assert_non_null(ev);
		assert_int_not_equal(ev->kind, EVENT_NEW_MAIL);
		event_free(ev);
	}
	ev = NULL;
	put_mail(p, path);
	engine_sync(p->engine, 0);
	for (int64_t end = clock_ms() + PATIENCE_MS; !ev || ev->kind != EVENT_NEW_MAIL;) {
		event_free(ev);
		ev = next_event(p->engine, end);
		assert_non_null(ev);
	}
	assert_string_equal(ev->new_mail.folder, "INBOX");
	assert_int_equal(msglist_count(l), MAILS + 1);
	event_free(ev);
}

/* A folder that was looked at once holds, when it is closed, as many rows as its number says. */
static void closed_folders_keep_up(void **state)
{
	struct person *p = person_new("imap", "", "--count", "5");
	struct msglist *l, *archive;
	uint32_t uid;

	l = filled(p);
	archive = open_folder(p, "Archive");
	UNTIL(p, msglist_sync_percent(archive) == 100);
	engine_close(p->engine, archive);
	uid = msglist_uid(l, 0);
	archive_one(p, l, uid);
	settle(p);
	engine_set_offline(p->engine, true);
	totals(p, "Archive", 1);
	archive = open_folder(p, "Archive");
	assert_int_equal(msglist_count(archive), 1);
	assert_false(flags_at(archive, 0) & MAIL_WAITING);
}

static size_t times(const char *text, const char *what)
{
	size_t n = 0;

	while ((text = strstr(text, what))) {
		text += strlen(what);
		n++;
	}
	return n;
}

/* A relay that said "later": whoever asks for a synchronisation does not wait for that. */
static void asked_for_it_is_sent_again(void **state)
{
	struct person *p = person_new("imap", "", "--count", "5");

	filled(p);
	send_text(p, "defer@example.org", "Put off");
	UNTIL(p, times(person_told(), "450") == 1);
	done(p, engine_sync(p->engine, 0));
	UNTIL(p, times(person_told(), "450") == 2);
	assert_int_equal(engine_outbox(p->engine, 0), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PERSON_CASE(filed_offline),
		PERSON_CASE(undeleted_offline),
		PERSON_CASE(deleted_while_it_waits),
		PERSON_CASE(undone_is_not_new),
		PERSON_CASE(thrown_away_is_not_new),
		PERSON_CASE(closed_folders_keep_up),
		PERSON_CASE(asked_for_it_is_sent_again),
	};

	return PERSON_RUN(tests, NULL);
}

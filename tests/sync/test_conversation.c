/* A conversation over the folders of an account: what is done there is done in the folder of each
 * message, and what comes later joins. Without a server, in local folders; by IMAP at the end. */
#include "base/file.h"
#include "base/mem.h"
#include "tests/sync/person.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACCOUNT(name)                                                                              \
	"account " name " {\n\tfrom \"" name " <" name "@example.org>\"\n\tprotocol pop3\n"        \
	"\tpop3 pop3+insecure://test@127.0.0.1:1\n"                                                \
	"\tsmtp smtp+insecure://test@127.0.0.1:1\n\tpassword plain \"secret\"\n}\n"

static char *mbox_of(struct person *p, const char *subject, const char *id, const char *references)
{
	static unsigned minute;
	char *path = file_join(p->home, "one.mbox");
	struct str mbox = STR_INIT;

	minute++;
	str_addf(&mbox,
		"From x@example.org Sat Jan  3 01:05:30 2026\nFrom: x@example.org\nSubject: %s\n"
		"Date: Sat, 03 Jan 2026 %02u:%02u:00 +0000\n",
		subject, minute / 60, minute % 60);
	if (*id)
		str_addf(&mbox, "Message-ID: <%s>\n", id);
	if (*references)
		str_addf(&mbox, "References: <%s>\n", references);
	str_adds(&mbox, "\nText\n\n");
	assert_int_equal(file_replace(path, mbox.p, mbox.len, 0644, NULL), 0);
	str_done(&mbox);
	return path;
}

/* A message in that folder. Its subject is its name here. */
static void put(struct person *p, const char *folder, const char *subject, const char *id,
	const char *references)
{
	char *path = mbox_of(p, subject, id, references);

	done(p, engine_import(p->engine, 0, path, folder));
	free(path);
}

/* a in the inbox, its answer b in Sent, c in Archive that answers b; other has nothing to do with
 * it. */
static struct person *with_plan(void)
{
	struct person *p = person_with(ACCOUNT("ann") ACCOUNT("bob"));

	put(p, "INBOX", "a", "a@x", "");
	put(p, "INBOX", "other", "other@x", "");
	put(p, "Sent", "b", "b@x", "a@x");
	put(p, "Archive", "c", "c@x", "b@x");
	return p;
}

/* "a b> c>>": as a thread, > is one level. */
static bool shows(struct person *p, struct msglist *l, const char *want)
{
	struct str s = STR_INIT;
	bool same;

	for (size_t row = 0; row < msglist_count(l); row++) {
		struct msg_row m = row_of(p, l, row);

		str_addf(&s, "%s%s", row ? " " : "", m.subject);
		for (int i = 0; i < m.depth; i++)
			str_addc(&s, '>');
	}
	same = strcmp(str_c(&s), want) == 0;
	str_done(&s);
	return same;
}

static struct msglist *conversation_of(struct person *p, const char *folder, const char *subject)
{
	struct msglist *from = engine_open(p->engine, 0, folder, NULL), *l;

	UNTIL(p, msglist_ready(from) && find_subject(p, from, subject) >= 0);
	l = engine_conversation(p->engine, from, uid_of(p, from, subject));
	assert_non_null(l);
	engine_close(p->engine, from);
	UNTIL(p, msglist_ready(l));
	return l;
}

static const char *folder_at(struct person *p, struct msglist *l, const char *subject)
{
	struct msg_origin o;

	assert_true(msglist_origin(l, uid_of(p, l, subject), &o));
	return o.folder;
}

static void from_anywhere(void **state)
{
	static const char *const where[][2] = {{"INBOX", "a"}, {"Sent", "b"}, {"Archive", "c"}};
	struct person *p = with_plan();
	struct msglist *l;
	struct msg_origin o;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		l = conversation_of(p, where[i][0], where[i][1]);
		assert_true(shows(p, l, "a b> c>>"));
		assert_string_equal(folder_at(p, l, "b"), "Sent");
		assert_int_equal(engine_absent(p->engine, l), 0);
		engine_close(p->engine, l);
	}
	l = conversation_of(p, "INBOX", "other");
	assert_true(shows(p, l, "other"));
	assert_string_equal(msglist_folder(l), "@conversation:other@x");
	assert_null(engine_conversation(p->engine, l, 99));
	engine_close(p->engine, l);
	/* By its name; of the other account, which has nothing of it. */
	l = engine_open(p->engine, 0, "@conversation:<c@x>", NULL);
	UNTIL(p, msglist_ready(l));
	assert_true(shows(p, l, "a b> c>>"));
	assert_true(msglist_origin(l, msglist_uid(l, 0), &o));
	assert_int_equal(o.account, 0);
	engine_close(p->engine, l);
	l = engine_open(p->engine, 1, "@conversation:c@x", NULL);
	UNTIL(p, msglist_ready(l));
	assert_int_equal(msglist_count(l), 0);
	/* Before the folders are known. */
	stop(p);
	start(p, true);
	l = engine_open(p->engine, 0, "@conversation:a@x", NULL);
	assert_false(msglist_ready(l));
	UNTIL(p, msglist_ready(l));
	assert_true(shows(p, l, "a b> c>>"));
}

/* Each in its own folder; undo takes it back in each. */
static void changes(void **state)
{
	struct person *p = with_plan();
	struct msglist *l = conversation_of(p, "INBOX", "a"), *sent;
	uint32_t two[2] = {uid_of(p, l, "a"), uid_of(p, l, "b")};
	uint32_t uid;

	(void)state;
	msglist_tag(l, two[0], true);
	done(p, engine_flag(p->engine, l, two, 2, 0, MAIL_FLAGGED));
	sent = open_with(p, "Sent", 1);
	assert_true(flags_at(sent, 0) & MAIL_FLAGGED);
	done(p, engine_undo(p->engine));
	UNTIL(p, !(flags_at(sent, 0) & MAIL_FLAGGED));
	assert_true(shows(p, l, "a b> c>>"));
	assert_true(row_of(p, l, 0).tagged);
	done(p, engine_limit(p->engine, l, "subject:c"));
	assert_true(shows(p, l, "c"));
	done(p, engine_limit(p->engine, l, ""));
	msglist_set_sort(l, SORT_SUBJECT, true);
	UNTIL(p, !msglist_busy(l) && msglist_count(l) == 3);
	msglist_set_sort(l, SORT_DATE, false);
	/* Thrown away it is no part of it. */
	done(p, engine_delete(p->engine, l, two, 2));
	UNTIL(p, shows(p, l, "c"));
	UNTIL(p, msglist_count(sent) == 0);
	done(p, engine_undo(p->engine));
	UNTIL(p, shows(p, l, "a b> c>>"));
	UNTIL(p, msglist_count(sent) == 1);
	uid = uid_of(p, l, "b");
	done(p, engine_move(p->engine, l, &uid, 1, "Archive"));
	UNTIL(p, shows(p, l, "a b> c>>") && strcmp(folder_at(p, l, "b"), "Archive") == 0);
	/* Its account answers. */
	uid = uid_of(p, l, "c");
	free(draft_of(p, engine_compose(p->engine, 0, COMPOSE_REPLY, l, uid, NULL)));
}

static void joins(void **state)
{
	struct person *p = with_plan();
	struct msglist *l = conversation_of(p, "INBOX", "a");

	(void)state;
	put(p, "INBOX", "d", "d@x", "c@x");
	UNTIL(p, shows(p, l, "a b> c>> d>>>"));
	/* In a folder that is new. */
	done(p, engine_create_folder(p->engine, 0, "New"));
	put(p, "New", "e", "e@x", "a@x");
	UNTIL(p, shows(p, l, "a b> c>> d>>> e>"));
	done(p, engine_rename_folder(p->engine, 0, "New", "Newer"));
	UNTIL(p, shows(p, l, "a b> c>> d>>> e>") && strcmp(folder_at(p, l, "e"), "Newer") == 0);
	done(p, engine_delete_folder(p->engine, 0, "Newer", 1));
	UNTIL(p, shows(p, l, "a b> c>> d>>>"));
	/* A late one joins two. */
	put(p, "Archive", "x", "x@x", "");
	put(p, "Archive", "late", "late@x", "x@x> <d@x");
	UNTIL(p, msglist_count(l) == 6);
	assert_int_equal(row_of(p, l, (size_t)find_subject(p, l, "x")).depth, 0);
	assert_int_equal(row_of(p, l, (size_t)find_subject(p, l, "late")).depth, 4);
	assert_string_equal(person_told(), "");
}

/* Once, the copy at hand; another one when that goes. */
static void copies(void **state)
{
	struct person *p = with_plan();
	struct msglist *l, *inbox;
	uint32_t uid;

	(void)state;
	inbox = open_with(p, "INBOX", 2);
	uid = uid_of(p, inbox, "a");
	done(p, engine_copy(p->engine, inbox, &uid, 1, "Archive"));
	l = conversation_of(p, "Archive", "a");
	UNTIL(p, shows(p, l, "a b> c>>"));
	assert_string_equal(folder_at(p, l, "a"), "Archive");
	uid = uid_of(p, l, "a");
	done(p, engine_delete(p->engine, l, &uid, 1));
	UNTIL(p, shows(p, l, "a b> c>>") && strcmp(folder_at(p, l, "a"), "INBOX") == 0);
}

/* What the folder shows as a thread belongs, by its subject or without a Message-ID; and Trash
 * where it was opened there. */
static void from_the_folder(void **state)
{
	struct person *p = with_plan();
	struct msglist *l;

	(void)state;
	put(p, "INBOX", "Re: other", "", "");
	l = conversation_of(p, "INBOX", "Re: other");
	UNTIL(p, shows(p, l, "other Re: other>"));
	put(p, "INBOX", "t", "t@x", "a@x");
	l = engine_open(p->engine, 0, "INBOX", NULL);
	UNTIL(p, msglist_ready(l) && find_subject(p, l, "t") >= 0);
	delete_one(p, l, uid_of(p, l, "t"));
	l = conversation_of(p, "INBOX", "a");
	assert_true(shows(p, l, "a b> c>>"));
	l = conversation_of(p, "Trash", "t");
	UNTIL(p, shows(p, l, "a b> c>> t>"));
	engine_close(p->engine, l);
	l = engine_open(p->engine, -1, kept(mbox_of(p, "alone", "z@x", "y@x")), NULL);
	UNTIL(p, msglist_ready(l));
	l = engine_conversation(p->engine, l, msglist_uid(l, 0)); /* of a file by its path */
	UNTIL(p, msglist_ready(l) && shows(p, l, "alone"));
}

/* By IMAP, with a folder that was never fetched. */
static void by_imap(void **state)
{
	static const char mail[] =
		"From: x@example.org\nSubject: %s\nMessage-ID: <%s@x>\n"
		"References: <%s@x>\nDate: Sat, 03 Jan 2026 01:0%d:00 +0000\n\nText\n";
	static const char *const folders[] = {"INBOX", "Sent", "Archive"};
	struct person *p = person_new("imap", "", NULL, NULL);
	char *file = kept(file_join(p->home, "one.eml")),
	     *cache = kept(file_join(p->home, "XDG_CACHE_HOME"));
	struct msglist *l;

	(void)state;
	UNTIL(p, engine_folders(p->engine, 0) > 1);
	for (int i = 0; i < 3; i++) {
		char name[2] = {(char)('b' + i), '\0'}, before[2] = {(char)('a' + i), '\0'};
		struct str s = STR_INIT;

		str_addf(&s, mail, name, name, before, i);
		assert_int_equal(file_replace(file, s.p, s.len, 0644, NULL), 0);
		str_done(&s);
		if (i)
			put_mail_in(p, folders[i], file);
		else
			put_mail(p, file);
	}
	done(p, engine_sync(p->engine, 0));
	l = conversation_of(p, "INBOX", "b");
	UNTIL(p, shows(p, l, "b c> d>>"));
	assert_int_equal(engine_absent(p->engine, l), 0);
	delete_one(p, l, uid_of(p, l, "c"));
	UNTIL(p, shows(p, l, "d b"));
	done(p, engine_undo(p->engine));
	UNTIL(p, shows(p, l, "b c> d>>"));
	stop(p);
	assert_int_equal(file_remove_tree(cache, NULL), 0);
	start(p, false);
	l = conversation_of(p, "INBOX", "b");
	UNTIL(p, engine_absent(p->engine, l) > 0);
	done(p, engine_sync(p->engine, 0));
	UNTIL(p, shows(p, l, "b c> d>>") && engine_absent(p->engine, l) == 0);
}

/* Also what has nothing of it, and is not open. */
static void switched(void **state)
{
	struct person *p = person_new("imap", "", "--count", "2");
	char *file = mbox_of(p, "alone", "alone@x", "");
	struct msglist *l;

	(void)state;
	UNTIL(p, engine_folders(p->engine, 0) > 1);
	done(p, engine_create_folder(p->engine, 0, "Far"));
	put_mail_in(p, "Far", file);
	free(file);
	done(p, engine_sync(p->engine, 0));
	l = engine_open(p->engine, 0, "@conversation:nobody@x", NULL);
	UNTIL(p, msglist_ready(l));
	assert_int_equal(engine_absent(p->engine, l), 0);
	done(p, engine_protocol(p->engine, 0, PROTOCOL_POP3));
	UNTIL(p, engine_find_folder(p->engine, 0, "Server/Far") >= 0);
	assert_int_equal(engine_absent(p->engine, l), 0);
}

static void assert_whole(struct person *p, const char *id, const char *want)
{
	struct str name = STR_INIT;
	struct msglist *l;

	str_addf(&name, "@conversation:%s", id);
	l = engine_open(p->engine, 0, str_c(&name), NULL);
	str_done(&name);
	UNTIL(p, msglist_ready(l));
	assert_true(shows(p, l, want));
	engine_close(p->engine, l);
}

/* What was thrown away is so by the other protocol, too. */
static void thrown_away(void **state)
{
	struct person *p = person_new("imap", "", "--count", "1");
	char *there = mbox_of(p, "there", "there@x", ""), *path;
	struct msglist *l;

	(void)state;
	UNTIL(p, engine_folders(p->engine, 0) > 1);
	done(p, engine_create_folder(p->engine, 0, "Far"));
	put_mail_in(p, "Far", there);
	free(there);
	path = mbox_of(p, "gone", "gone@x", "there@x");
	put_mail_in(p, "Junk", path);
	free(path);
	done(p, engine_sync(p->engine, 0));
	assert_whole(p, "there@x", "there");
	done(p, engine_protocol(p->engine, 0, PROTOCOL_POP3));
	UNTIL(p, engine_find_folder(p->engine, 0, "Server/Junk") >= 0);
	assert_whole(p, "there@x", "there");
	put(p, "INBOX", "dropped", "dropped@x", "there@x");
	l = conversation_of(p, "INBOX", "dropped");
	delete_one(p, l, uid_of(p, l, "dropped"));
	engine_close(p->engine, l);
	assert_whole(p, "there@x", "there");
	done(p, engine_protocol(p->engine, 0, PROTOCOL_IMAP));
	UNTIL(p, engine_find_folder(p->engine, 0, "Local/Trash") >= 0);
	assert_whole(p, "there@x", "there");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PERSON_CASE(from_anywhere),
		PERSON_CASE(changes),
		PERSON_CASE(joins),
		PERSON_CASE(copies),
		PERSON_CASE(from_the_folder),
		PERSON_CASE(by_imap),
		PERSON_CASE(switched),
		PERSON_CASE(thrown_away),
	};

	return PERSON_RUN(tests, NULL);
}

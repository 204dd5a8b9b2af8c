/* What is flagged in any folder of any account as one list: what is done there is done in the
 * folder of each message, and folders are followed as they come and go. */
#include "base/file.h"
#include "base/mem.h"
#include "tests/sync/person.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACCOUNT(name)                                                                              \
	"account " name " {\n\tfrom \"" name " <" name "@example.org>\"\n\tprotocol pop3\n"        \
	"\timap imap+insecure://test@127.0.0.1:1\n\tpop3 pop3+insecure://test@127.0.0.1:1\n"       \
	"\tsmtp smtp+insecure://test@127.0.0.1:1\n\tpassword plain \"secret\"\n}\n"

/* Two messages of the UIDs 1 and 2 in a folder: "NAME FOLDER 1" and so on. */
static void import(struct person *p, size_t account, const char *folder)
{
	char *path = file_join(p->home, "some.mbox");
	struct account_info info;
	struct str mbox = STR_INIT;

	engine_account(p->engine, account, &info);
	for (unsigned i = 1; i <= 2; i++)
		str_addf(&mbox,
			"From x@example.org Sat Jan  3 01:05:30 2026\nFrom: x@example.org\n"
			"Subject: %s %s %u\nMessage-ID: <%s.%s.%u@example.org>\n"
			"Date: Sat, 03 Jan 2026 %02u:%02u:00 +0000\n\nText\n\n",
			info.name, folder, i, info.name, folder, i, i,
			(unsigned)account * 2 + (strcmp(folder, "INBOX") != 0));
	assert_int_equal(file_replace(path, mbox.p, mbox.len, 0644, NULL), 0);
	str_done(&mbox);
	done(p, engine_import(p->engine, account, path, folder));
	free(path);
}

static struct msglist *open_in(struct person *p, int account, const char *folder)
{
	struct msglist *l = engine_open(p->engine, account, folder, NULL);

	assert_non_null(l);
	UNTIL(p, msglist_ready(l));
	return l;
}

static void flag_there(struct person *p, int account, const char *folder, uint32_t uid, bool on)
{
	struct msglist *l = open_in(p, account, folder);

	done(p, engine_flag(p->engine, l, &uid, 1, on ? 0 : MAIL_FLAGGED, on ? MAIL_FLAGGED : 0));
	engine_close(p->engine, l);
}

/* Both accounts with an INBOX and a folder Bills, in each the message 1 flagged. */
static struct person *two_with_mail(void)
{
	struct person *p = person_with(ACCOUNT("ann") ACCOUNT("bob"));

	for (int account = 0; account < 2; account++) {
		done(p, engine_create_folder(p->engine, (size_t)account, "Bills"));
		import(p, (size_t)account, "INBOX");
		import(p, (size_t)account, "Bills");
		flag_there(p, account, "INBOX", 1, true);
		flag_there(p, account, "Bills", 1, true);
	}
	return p;
}

static struct msglist *open_flagged(struct person *p)
{
	struct msglist *l = engine_open_span(p->engine, span_row(SPAN_FLAGGED));

	assert_non_null(l);
	UNTIL(p, msglist_ready(l));
	return l;
}

static bool shows(struct person *p, struct msglist *l, const char *want)
{
	struct str s = STR_INIT;
	bool same;

	for (size_t row = 0; row < msglist_count(l); row++)
		str_addf(&s, "%s%s", row ? ", " : "", row_of(p, l, row).subject);
	same = strcmp(str_c(&s), want) == 0;
	str_done(&s);
	return same;
}

#define ALL "bob Bills 1, bob INBOX 1, ann Bills 1, ann INBOX 1"

static void one_list(void **state)
{
	struct person *p = two_with_mail();
	struct msglist *l = open_flagged(p);
	struct msg_origin o;
	struct event *ev;

	UNTIL(p, shows(p, l, ALL));
	assert_int_equal(msglist_total(l), 4);
	assert_string_equal(msglist_folder(l), "@flagged");
	assert_int_equal(engine_absent(p->engine, l), 0);
	assert_true(msglist_origin(l, uid_of(p, l, "bob Bills 1"), &o));
	assert_string_equal(o.account_name, "bob");
	assert_string_equal(o.folder, "Bills");
	assert_int_equal(o.uid, 1);
	/* Orders, limits and searches are of these only. */
	msglist_set_sort(l, SORT_SUBJECT, false);
	UNTIL(p, !msglist_busy(l));
	assert_true(shows(p, l, "ann Bills 1, ann INBOX 1, bob Bills 1, bob INBOX 1"));
	done(p, engine_limit(p->engine, l, "subject:ann"));
	assert_true(shows(p, l, "ann Bills 1, ann INBOX 1"));
	done(p, engine_limit(p->engine, l, "all"));
	assert_int_equal(msglist_count(l), 4);
	ev = answer(p, engine_search(p->engine, l, "subject:Bills"));
	assert_int_equal(ev->found.n, 2);
	event_free(ev);
	/* The account of the message writes the answer. */
	ev = answer(p,
		engine_compose(p->engine, 0, COMPOSE_REPLY, l, uid_of(p, l, "bob Bills 1"), NULL));
	assert_int_equal(ev->account, 1);
	event_free(ev);
	engine_close(p->engine, l);
}

/* Marks come and go, here and elsewhere; what is done here is done in the folder of each. */
static void changes(void **state)
{
	struct person *p = two_with_mail();
	struct msglist *l = open_flagged(p);
	uint32_t two[2] = {uid_of(p, l, "ann INBOX 1"), uid_of(p, l, "bob Bills 1")};

	flag_there(p, 1, "INBOX", 2, true);
	UNTIL(p, msglist_count(l) == 5);
	flag_there(p, 1, "INBOX", 2, false);
	UNTIL(p, shows(p, l, ALL));
	msglist_tag(l, uid_of(p, l, "ann Bills 1"), true);
	done(p, engine_flag(p->engine, l, two, 2, MAIL_FLAGGED, 0));
	UNTIL(p, shows(p, l, "bob INBOX 1, ann Bills 1"));
	assert_true(row_of(p, l, 1).tagged);
	done(p, engine_undo(p->engine));
	UNTIL(p, shows(p, l, ALL));
	/* The same messages as before, by the same numbers. */
	assert_int_equal(uid_of(p, l, "ann INBOX 1"), two[0]);
	done(p, engine_move(p->engine, l, two, 1, "Bills"));
	UNTIL(p, shows(p, l, ALL));
	assert_int_not_equal(uid_of(p, l, "ann INBOX 1"), two[0]);
	two[0] = uid_of(p, l, "ann INBOX 1");
	/* What is thrown away is left out. */
	done(p, engine_delete(p->engine, l, two, 2));
	UNTIL(p, shows(p, l, "bob INBOX 1, ann Bills 1"));
	done(p, engine_undo(p->engine));
	UNTIL(p, shows(p, l, ALL));
	two[1] = uid_of(p, l, "bob Bills 1");
	done(p, engine_archive(p->engine, l, &two[1], 1));
	UNTIL(p, msglist_count(l) == 4 && msglist_uid(l, 0) != two[1]);
	UNTIL(p, shows(p, l, ALL));
}

/* Folders that come, get another name, and go. */
static void folders_are_followed(void **state)
{
	struct person *p = two_with_mail();
	struct msglist *l = open_flagged(p);
	struct msg_origin o;

	done(p, engine_create_folder(p->engine, 0, "New"));
	import(p, 0, "New");
	flag_there(p, 0, "New", 2, true);
	UNTIL(p, msglist_count(l) == 5);
	done(p, engine_rename_folder(p->engine, 0, "New", "Newer"));
	UNTIL(p, find_subject(p, l, "ann New 2") >= 0 &&
			 msglist_origin(l, uid_of(p, l, "ann New 2"), &o) &&
			 strcmp(o.folder, "Newer") == 0);
	assert_int_equal(msglist_count(l), 5);
	done(p, engine_delete_folder(p->engine, 0, "Newer", 2));
	UNTIL(p, shows(p, l, ALL));
	/* One that shows nothing goes as silently as it came. */
	done(p, engine_create_folder(p->engine, 1, "Empty"));
	done(p, engine_delete_folder(p->engine, 1, "Empty", 0));
	assert_true(shows(p, l, ALL));
	assert_string_equal(person_told(), "");
}

/* Before the folders are known, and without any. */
static void at_the_start(void **state)
{
	struct person *p = two_with_mail();
	struct msglist *l;

	restart(p, true);
	l = engine_open_span(p->engine, span_row(SPAN_FLAGGED));
	assert_false(msglist_ready(l));
	UNTIL(p, msglist_ready(l));
	assert_true(shows(p, l, ALL));
	person_free(p);
	p = person_with("");
	l = engine_open_span(p->engine, span_row(SPAN_FLAGGED));
	assert_true(msglist_ready(l));
	assert_int_equal(msglist_count(l), 0);
}

/* --- what is looked for in all folders --- */

static struct msglist *open_named(struct person *p, const char *name)
{
	struct err err = {0};
	struct msglist *l = engine_open(p->engine, -1, name, &err);

	if (!l)
		fail_msg("%s: %s", name, err.text);
	UNTIL(p, msglist_ready(l) && !engine_looking(p->engine, l));
	return l;
}

static void found_anywhere(void **state)
{
	struct person *p = two_with_mail();
	struct msglist *other = open_in(p, 0, "INBOX"),
		       *l = open_named(p, "@find:subject:INBOX subject:1");
	struct err err = {0};
	size_t looked, texts;
	uint32_t uid;

	UNTIL(p, shows(p, l, "bob INBOX 1, ann INBOX 1"));
	assert_string_equal(msglist_query(l), "subject:INBOX subject:1");
	/* What comes later is found as well. */
	import(p, 0, "New INBOX");
	UNTIL(p, msglist_count(l) == 3 && find_subject(p, l, "ann New INBOX 1") >= 0);
	done(p, engine_delete_folder(p->engine, 0, "New INBOX", 2));
	UNTIL(p, shows(p, l, "bob INBOX 1, ann INBOX 1"));
	engine_close(p->engine, l);
	/* Where it says so. */
	l = open_named(p, "@find:subject:1 account:bob !in:INBOX");
	UNTIL(p, shows(p, l, "bob Bills 1"));
	engine_close(p->engine, l);
	uid = uid_of(p, other, "ann INBOX 2");
	done(p, engine_delete(p->engine, other, &uid, 1));
	l = open_named(p, "@find:subject:2");
	UNTIL(p, find_subject(p, l, "bob INBOX 2") >= 0);
	assert_int_equal(find_subject(p, l, "ann INBOX 2"), -1);
	engine_close(p->engine, l);
	l = open_named(p, "@find:subject:2 in:Trash");
	UNTIL(p, shows(p, l, "ann INBOX 2"));
	engine_close(p->engine, l);
	/* By their texts. */
	l = open_named(p, "@find:body:Text subject:1 account:ann");
	UNTIL(p, find_subject(p, l, "ann Bills 1") >= 0 && find_subject(p, l, "ann INBOX 1") >= 0);
	assert_int_equal(msglist_count(l), 2);
	engine_texts(l, &looked, &texts);
	assert_int_equal(texts, 2);
	assert_int_equal(looked, 2);
	engine_close(p->engine, l);
	l = open_named(p, "@find:body:nowhere | body:Text !body:Text");
	assert_int_equal(msglist_total(l), 0);
	engine_texts(l, &looked, &texts);
	assert_int_equal(texts, 7);
	engine_close(p->engine, l);
	l = open_named(p, "@find:subject:nowhere");
	assert_int_equal(msglist_total(l), 0);
	assert_int_equal(engine_unlooked(l), 0);
	assert_false(engine_give_up(p->engine, l));
	engine_close(p->engine, l);
	assert_null(engine_open(p->engine, -1, "@find:~(subject:1)", &err));
	has(err.text, "more than each message alone");
	assert_null(engine_open(p->engine, -1, "@find:(", &err));
	has(err.text, "column");
}

/* It is given up before the folders are looked through, or even known. */
static void given_up(void **state)
{
	struct person *p = two_with_mail();
	struct msglist *l = engine_open(p->engine, -1, "@find:subject:1", NULL);

	assert_true(engine_looking(p->engine, l) > 0);
	assert_true(engine_give_up(p->engine, l));
	UNTIL(p, msglist_ready(l) && !engine_looking(p->engine, l));
	assert_false(engine_give_up(p->engine, l));
	/* As much as it says was not looked through is not shown; no folder comes any more. */
	UNTIL(p, msglist_count(l) || engine_unlooked(l));
	done(p, engine_create_folder(p->engine, 0, "New"));
	import(p, 0, "New");
	assert_int_equal(find_subject(p, l, "ann New 1"), -1);
	assert_string_equal(person_told(), "");
	engine_close(p->engine, l);
	restart(p, true);
	l = engine_open(p->engine, -1, "@find:subject:1", NULL);
	assert_int_equal(engine_looking(p->engine, l), 1);
	assert_true(engine_give_up(p->engine, l));
	assert_int_equal(engine_looking(p->engine, l), 0);
	assert_true(msglist_ready(l));
	UNTIL(p, engine_folders(p->engine, 1) > 1);
	assert_int_equal(msglist_count(l), 0);
}

static bool counts(struct person *p, const char *name, uint32_t total, uint32_t unread)
{
	const struct span_row *span = settings_span_find(p->settings, name);
	uint32_t t, u;

	engine_span_counts(p->engine, span, &t, &u);
	return t == total && u == unread;
}

/* Kept for the next start, and counted while nobody has it open. */
static void saved_searches(void **state)
{
	struct person *p = two_with_mail();
	struct err err = {0};
	uint32_t uid;
	struct msglist *l;

	UNTIL(p, counts(p, "@unread", 8, 8));
	UNTIL(p, counts(p, "@inboxes", 4, 4));
	assert_int_equal(engine_save_search(p->engine, "ones", "(", NULL), -1);
	assert_int_equal(engine_save_search(p->engine, "ones", "subject:1 flag:flagged", &err), 0);
	UNTIL(p, counts(p, "@ones", 4, 4));
	flag_there(p, 1, "Bills", 1, false);
	UNTIL(p, counts(p, "@ones", 3, 3));
	l = open_named(p, "@ones");
	UNTIL(p, shows(p, l, "bob INBOX 1, ann Bills 1, ann INBOX 1"));
	uid = uid_of(p, l, "ann INBOX 1");
	done(p, engine_flag(p->engine, l, &uid, 1, 0, MAIL_SEEN));
	UNTIL(p, counts(p, "@ones", 3, 2));
	UNTIL(p, counts(p, "@unread", 8, 7));
	restart(p, true);
	UNTIL(p, counts(p, "@ones", 3, 2));
	assert_int_equal(engine_save_search(p->engine, "@ones", "subject:2", &err), 0);
	UNTIL(p, counts(p, "@ones", 4, 4));
	l = open_named(p, "@ones");
	assert_int_equal(engine_forget_search(p->engine, "ones", &err), 0);
	assert_null(settings_span_find(p->settings, "@ones"));
	/* Who has it open keeps it. */
	import(p, 0, "New");
	UNTIL(p, msglist_count(l) == 5);
	assert_int_equal(engine_forget_search(p->engine, "ones", &err), -1);
	/* Where the file cannot be written it holds until the end. */
	assert_int_equal(file_replace(p->config, "account {\n", 10, 0600, NULL), 0);
	assert_int_equal(engine_save_search(p->engine, "twos", "subject:2", &err), -1);
	has(err.text, "not saved in the configuration");
	UNTIL(p, counts(p, "@twos", 5, 5));
}

/* By IMAP: what was never fetched is told, and comes when somebody opens it. */
static void not_here_yet(void **state)
{
	struct person *p = person_new("imap", "", "--count", "3");
	char *file = kept(file_join(p->home, "one.eml")),
	     *cache = kept(file_join(p->home, "XDG_CACHE_HOME"));
	struct msglist *l, *other;

	UNTIL(p, engine_folders(p->engine, 0) > 1);
	assert_int_equal(file_replace(file, "Subject: one\n\nText\n", 19, 0644, NULL), 0);
	done(p, engine_create_folder(p->engine, 0, "Far"));
	put_mail_in(p, "Far", file);
	done(p, engine_sync(p->engine, 0));
	flag_there(p, 0, "INBOX", 1, true);
	stop(p);
	assert_int_equal(file_remove_tree(cache, NULL), 0);
	start(p, false);
	l = open_flagged(p);
	UNTIL(p, engine_absent(p->engine, l) > 0);
	other = open_with(p, "Far", 1);
	flag_one(p, other, 1, MAIL_FLAGGED);
	engine_close(p->engine, other);
	UNTIL(p, find_subject(p, l, "one") >= 0);
	done(p, engine_sync(p->engine, 0));
	UNTIL(p, msglist_count(l) == 2 && engine_absent(p->engine, l) == 0);
}

static void mail(struct person *p, const char *folder, const char *subject, const char *text)
{
	char *file = file_join(p->home, "one.eml");
	struct str s = STR_INIT;

	str_addf(&s,
		"Subject: %s\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n%s\n",
		subject, text);
	assert_int_equal(file_replace(file, s.p, s.len, 0644, NULL), 0);
	put_mail_in(p, folder, file);
	str_done(&s);
	free(file);
}

/* The server is asked for texts that are not here, folder by folder. */
static void found_by_the_server(void **state)
{
	struct person *p = person_new("imap", "", NULL, NULL);
	size_t looked, texts;
	struct msglist *l;

	UNTIL(p, engine_folders(p->engine, 0) > 0);
	done(p, engine_create_folder(p->engine, 0, "Far"));
	mail(p, "INBOX", "one", "A zebra \"in\" the text");
	mail(p, "INBOX", "two", "Something else");
	mail(p, "INBOX", "three", "Eine Zebra-Überraschung");
	mail(p, "Far", "four", "zebras");
	done(p, engine_sync(p->engine, 0));
	engine_close(p->engine, open_with(p, "Far", 1));
	engine_close(p->engine, open_with(p, "INBOX", 3));
	done(p, engine_sync(p->engine, 0));

	l = open_named(p, "@find:body:zebra");
	engine_texts(l, &looked, &texts);
	assert_int_equal(texts, 4);
	assert_int_equal(looked, 4);
	assert_int_equal(engine_by_server(l), 3);
	assert_int_equal(msglist_count(l), 3);
	assert_int_equal(find_subject(p, l, "two"), -1);
	engine_close(p->engine, l);
	l = open_named(p, "@find:subject:two | (body:überraschung !subject:four)");
	assert_int_equal(engine_by_server(l), 1);
	assert_int_equal(msglist_count(l), 2);
	engine_close(p->engine, l);
	/* What it does not find is not found; that it is not there is no server's word for. */
	l = open_named(p, "@find:body:zebra !body:else | subject:two");
	engine_texts(l, &looked, &texts);
	assert_int_equal(texts, 3);
	assert_int_equal(looked, 0);
	assert_int_equal(engine_by_server(l), 0);
	assert_int_equal(msglist_count(l), 1);
	engine_close(p->engine, l);
	/* What no server can be asked for stays unknown. */
	l = open_named(p, "@find:~b ze.ra !subject:four");
	engine_texts(l, &looked, &texts);
	assert_int_equal(texts, 3);
	assert_int_equal(looked, 0);
	assert_int_equal(msglist_count(l), 0);
	engine_close(p->engine, l);
	/* Nor is one that is not there. */
	restart(p, true);
	l = open_named(p, "@find:body:zebra");
	engine_texts(l, &looked, &texts);
	assert_int_equal(texts, 4);
	assert_int_equal(looked, 0);
	assert_int_equal(engine_by_server(l), 0);
	assert_string_equal(person_told(), "");
}

static bool is_waiting(struct person *p)
{
	struct account_info info;

	engine_account(p->engine, 0, &info);
	return info.state == STATE_WAITING;
}

/* A server that takes one connection is asked over that; one that is gone is told once. */
static void found_over_the_first(void **state)
{
	char *before = kept(mem_strdup(getenv("SRV_IMAP"))), *dir = kept(person_proxy("one"));
	struct person *p = person_new("imap", "", NULL, NULL);
	size_t looked, texts;
	struct msglist *l;

	setenv("SRV_IMAP", before, 1);
	mail(p, "INBOX", "one", "A zebra");
	mail(p, "INBOX", "two", "Something else");
	done(p, engine_sync(p->engine, 0));
	engine_close(p->engine, open_with(p, "INBOX", 2));
	done(p, engine_sync(p->engine, 0));
	person_tell_proxy(dir, "refuse", NULL);
	l = open_named(p, "@find:body:zebra");
	UNTIL(p, shows(p, l, "one"));
	assert_int_equal(engine_by_server(l), 1);
	engine_close(p->engine, l);
	person_tell_proxy(dir, "cut", NULL);
	UNTIL(p, is_waiting(p));
	l = open_named(p, "@find:body:zebra | body:else");
	engine_texts(l, &looked, &texts);
	assert_int_equal(texts, 2);
	assert_int_equal(looked, 0);
	assert_int_equal(msglist_count(l), 0);
	UNTIL(p, strstr(person_told(), "could not be asked for what is not here: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PERSON_CASE(one_list),
		PERSON_CASE(changes),
		PERSON_CASE(folders_are_followed),
		PERSON_CASE(at_the_start),
		PERSON_CASE(found_anywhere),
		PERSON_CASE(given_up),
		PERSON_CASE(saved_searches),
		PERSON_CASE(not_here_yet),
		PERSON_CASE(found_by_the_server),
		PERSON_CASE(found_over_the_first),
	};

	return PERSON_RUN(tests, NULL);
}

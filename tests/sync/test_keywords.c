/* Keywords of messages, by IMAP and in a Maildir that Dovecot reads too. Needs tests/servers. */
#include "base/file.h"
#include "base/mem.h"
#include "base/run.h"
#include "tests/sync/person.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The keywords of a message, as they are shown. */
static bool has_keywords(struct person *p, struct msglist *l, uint32_t uid, const char *keywords)
{
	ptrdiff_t row = msglist_find(l, uid);

	return row >= 0 && strcmp(row_of(p, l, (size_t)row).keywords, keywords) == 0;
}

static void give(
	struct person *p, struct msglist *l, uint32_t uid, const char *clear, const char *set)
{
	done(p, engine_keywords(p->engine, l, &uid, 1, clear, set));
}

static void start_anew(struct person *p, bool offline)
{
	person_live_in(p->home);
	assert_int_equal(file_remove_tree(getenv("XDG_CACHE_HOME"), NULL), 0);
	start(p, offline);
}

static size_t found(struct person *p, struct msglist *l, const char *query)
{
	struct event *ev = answer(p, engine_search(p->engine, l, query));
	size_t n;

	assert_int_equal(ev->kind, EVENT_FOUND);
	n = ev->found.n;
	event_free(ev);
	return n;
}

static void refuses(struct person *p, struct msglist *l, uint32_t uid, const char *set)
{
	struct event *ev = answer(p, engine_keywords(p->engine, l, &uid, 1, "", set));

	assert_int_equal(ev->kind, EVENT_FAILED);
	assert_int_equal(ev->failed.kind, ERR_INPUT);
	event_free(ev);
}

/* --- by IMAP --- */

static void by_imap(void **state)
{
	struct person *p = person_new("imap", "", "--count", "8");
	struct msglist *l = open_folder(p, "INBOX");
	char path[600];
	uint32_t uid, other;

	UNTIL(p, msglist_count(l) == 8 && msglist_sync_percent(l) == 100);
	uid = msglist_uid(l, 2);
	other = msglist_uid(l, 5);
	give(p, l, uid, "", "work later");
	UNTIL(p, has_keywords(p, l, uid, "work later"));
	give(p, l, uid, "LATER nothing", "Work");
	UNTIL(p, has_keywords(p, l, uid, "work") && engine_pending(p->engine) == 0);
	give(p, l, other, "", "home");
	UNTIL(p, has_keywords(p, l, other, "home"));
	done(p, engine_undo(p->engine));
	UNTIL(p, has_keywords(p, l, other, "") && engine_pending(p->engine) == 0);
	assert_int_equal(found(p, l, "keyword:WORK"), 1);
	assert_int_equal(found(p, l, "~y work"), 1);
	assert_int_equal(found(p, l, "keyword:wor"), 0);
	assert_int_equal(found(p, l, "~y home"), 0);
	refuses(p, l, uid, "a(b");
	refuses(p, l, uid, "\\Seen");
	refuses(p, l, uid, "$forwarded");
	/* The server has its own note of it. */
	snprintf(path, sizeof(path), "%s/%s/Maildir/dovecot-keywords", getenv("SRV_MAIL"), p->name);
	assert_int_equal(access(path, F_OK), 0);
	stop(p);
	start_anew(p, false);
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) == 8 && has_keywords(p, l, uid, "work"));
	assert_true(has_keywords(p, l, other, ""));
}

/* What waits is shown, whatever the cache and the server say, and can be taken back. */
static void offline(void **state)
{
	struct person *p = person_new("imap", "", "--count", "5");
	struct msglist *l = open_folder(p, "INBOX");
	uint32_t uid, other;

	UNTIL(p, msglist_count(l) == 5 && msglist_sync_percent(l) == 100);
	uid = msglist_uid(l, 1);
	other = msglist_uid(l, 2);
	restart(p, true);
	l = open_folder(p, "INBOX");
	give(p, l, uid, "", "work");
	assert_int_equal(engine_pending(p->engine), 1);
	give(p, l, other, "", "work"); /* one command for both */
	assert_int_equal(engine_pending(p->engine), 1);
	give(p, l, uid, "", "home");
	assert_int_equal(engine_pending(p->engine), 2);
	give(p, l, other, "work", ""); /* and the opposite of what waits is none */
	UNTIL(p, has_keywords(p, l, uid, "work home") && has_keywords(p, l, other, ""));
	restart(p, false);
	l = open_folder(p, "INBOX");
	UNTIL(p, engine_pending(p->engine) == 0 && has_keywords(p, l, uid, "work home"));
	stop(p);
	start_anew(p, false);
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) == 5 && has_keywords(p, l, uid, "work home"));
	assert_true(has_keywords(p, l, other, ""));
}

/* --- local --- */

/* The person's files take the place of a mailbox of Dovecot's, and are there too. */
static void becomes_mailbox(const char *from, const char *to)
{
	const char *const argv[] = {"sh", "-ec",
		"chown -R --reference \"$2\" -- \"$1\"; rm -rf -- \"$2\"; mv -- \"$1\" \"$2\"; "
		"ln -s -- \"$2\" \"$1\"",
		"sh", from, to, NULL};
	struct str out = STR_INIT;
	struct err err = {0};

	if (run_capture(argv, &(struct run_limits){30000, 100000, -1}, &out, &err) != 0)
		fail_msg("%s", err.text);
	str_done(&out);
}

static void by_pop3(void **state)
{
	struct person *q = person_new("imap", "", "--count", "1");
	struct person *p = person_new("pop3", "", "--count", "6");
	struct msglist *l, *m;
	char from[600], to[600];
	uint32_t uid, other;

	l = open_with(p, "INBOX", 6);
	uid = msglist_uid(l, 0);
	other = msglist_uid(l, 1);
	give(p, l, uid, "", "work later");
	give(p, l, other, "", "home work");
	UNTIL(p, has_keywords(p, l, uid, "work later") && has_keywords(p, l, other, "work home"));
	done(p, engine_undo(p->engine));
	UNTIL(p, has_keywords(p, l, other, ""));
	give(p, l, uid, "later", "");
	UNTIL(p, has_keywords(p, l, uid, "work"));
	assert_int_equal(found(p, l, "keyword:work"), 1);
	refuses(p, l, uid, "a%b");
	stop(p);
	start_anew(p, true);
	l = open_with(p, "INBOX", 6);
	assert_int_equal(found(p, l, "keyword:work"), 1);
	stop(p);
	/* The same files as a mailbox of Dovecot. */
	stop(q);
	snprintf(to, sizeof(to), "%s/%s/Maildir", getenv("SRV_MAIL"), q->name);
	snprintf(from, sizeof(from), "%s/XDG_DATA_HOME/talaria/test/mail", p->home);
	becomes_mailbox(from, to);
	start_anew(q, false);
	m = synced(q, "INBOX", 6);
	assert_int_equal(found(q, m, "keyword:work"), 1);
	give(q, m, msglist_uid(m, 3), "", "urgent");
	UNTIL(q, engine_pending(q->engine) == 0);
	stop(q);
	start_anew(p, true);
	l = open_with(p, "INBOX", 6);
	assert_int_equal(found(p, l, "keyword:work"), 1);
	assert_int_equal(found(p, l, "keyword:urgent"), 1);
	start_anew(q, true);
}

/* --- from one to the other --- */

static void switches(void **state)
{
	struct person *p = person_new("imap", "", "--count", "6");
	struct msglist *l = open_folder(p, "INBOX");
	char *one, *two;
	uint32_t uid;

	UNTIL(p, msglist_count(l) == 6 && msglist_sync_percent(l) == 100);
	one = kept(mem_strdup(row_of(p, l, 0).subject));
	two = kept(mem_strdup(row_of(p, l, 3).subject));
	give(p, l, uid_of(p, l, one), "", "work $Junk");
	UNTIL(p, engine_pending(p->engine) == 0);
	done(p, engine_protocol(p->engine, 0, PROTOCOL_POP3));
	done(p, engine_sync(p->engine, 0));
	UNTIL(p, msglist_count(l) == 6);
	uid = uid_of(p, l, one);
	UNTIL(p, has_keywords(p, l, uid, "work $Junk"));
	give(p, l, uid, "work", "done");
	give(p, l, uid_of(p, l, two), "", "later");
	done(p, engine_protocol(p->engine, 0, PROTOCOL_IMAP));
	engine_close(p->engine, l);
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) == 6 && engine_pending(p->engine) == 0 &&
			 has_keywords(p, l, uid_of(p, l, two), "later"));
	stop(p);
	start_anew(p, false);
	l = synced(p, "INBOX", 6);
	assert_true(has_keywords(p, l, uid_of(p, l, two), "later"));
	assert_true(has_keywords(p, l, uid_of(p, l, one), "$Junk done"));
	/* Back once more: what both sides have follows, too. */
	give(p, l, uid_of(p, l, two), "later", "soon");
	UNTIL(p, engine_pending(p->engine) == 0);
	done(p, engine_protocol(p->engine, 0, PROTOCOL_POP3));
	done(p, engine_sync(p->engine, 0));
	UNTIL(p, msglist_count(l) == 6 && has_keywords(p, l, uid_of(p, l, two), "soon"));
}

/* The account began with POP3: the server's rows come later. */
static void begins_with_pop3(void **state)
{
	struct person *p = person_new("pop3", "", "--count", "4");
	struct msglist *l = open_folder(p, "INBOX");
	char *one;

	UNTIL(p, msglist_count(l) == 4);
	one = kept(mem_strdup(row_of(p, l, 2).subject));
	give(p, l, uid_of(p, l, one), "", "work later");
	done(p, engine_protocol(p->engine, 0, PROTOCOL_IMAP));
	engine_close(p->engine, l);
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) == 4 && has_keywords(p, l, uid_of(p, l, one), "work later") &&
			 engine_pending(p->engine) == 0);
	stop(p);
	start_anew(p, false);
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) == 4 && has_keywords(p, l, uid_of(p, l, one), "work later"));
}

static char *said(struct person *p, unsigned request)
{
	struct event *ev = answer(p, request);
	char *text = mem_strdup(ev->kind == EVENT_FAILED ? event_error(ev) : ev->done.text);

	event_free(ev);
	return text;
}

static void says(struct person *p, unsigned request, const char *what)
{
	char *text = said(p, request);

	if (!strstr(text, what))
		fail_msg("\"%s\" is not in \"%s\"", what, text);
	free(text);
}

/* Into files and out of them, to a server and into local folders. */
static void in_files(void **state)
{
	struct person *p = person_new("imap", "", "--count", "4"), *q;
	struct msglist *l = open_folder(p, "INBOX"), *m;
	char *box = kept(file_join(p->home, "all.mbox")), *dir = kept(file_join(p->home, "all")),
	     *path;

	UNTIL(p, msglist_count(l) == 4 && msglist_sync_percent(l) == 100);
	give(p, l, msglist_uid(l, 1), "", "work later");
	give(p, l, msglist_uid(l, 2), "", "home");
	UNTIL(p, engine_pending(p->engine) == 0);
	says(p, engine_export(p->engine, l, NULL, 0, box), "4 messages written");
	says(p, engine_export(p->engine, l, NULL, 0, dir), "4 messages written");
	path = kept(file_join(dir, "dovecot-keywords"));
	assert_int_equal(access(path, R_OK), 0);
	says(p, engine_import(p->engine, 0, box, "Old"), "4 messages imported");
	UNTIL(p, engine_pending(p->engine) == 0);
	m = synced(p, "Old", 4);
	assert_int_equal(found(p, m, "keyword:later"), 1);
	assert_int_equal(found(p, m, "keyword:home"), 1);
	q = person_new("pop3", "", "--count", "1");
	m = open_with(q, "INBOX", 1);
	says(q, engine_import(q->engine, 0, dir, "Dir"), "4 messages imported");
	says(q, engine_import(q->engine, 0, box, "Box"), "4 messages imported");
	for (int i = 0; i < 2; i++) {
		m = open_folder(q, i ? "Dir" : "Box");
		UNTIL(q, msglist_count(m) == 4);
		assert_int_equal(found(q, m, "keyword:later keyword:work"), 1);
		assert_int_equal(found(q, m, "keyword:home"), 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {PERSON_CASE(by_imap), PERSON_CASE(offline),
		PERSON_CASE(by_pop3), PERSON_CASE(switches), PERSON_CASE(begins_with_pop3),
		PERSON_CASE(in_files)};

	return PERSON_RUN(tests, NULL);
}

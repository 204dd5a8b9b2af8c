/* The engine without a server: large folders, limits, drafts, several accounts, and what is told
 * when the network or the configuration file is not there. */
#include "base/file.h"
#include "base/mem.h"
#include "engine/msglist_priv.h"
#include "tests/sync/person.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LARGE = 50 };

/* --- pieces --- */

#define ACCOUNT(name, protocol)                                                                    \
	"account " name " {\n\tfrom \"Test <test@example.org>\"\n\tprotocol " protocol "\n"        \
	"\timap imap+insecure://test@127.0.0.1:1\n\tpop3 pop3+insecure://test@127.0.0.1:1\n"       \
	"\tsmtp smtp+insecure://test@127.0.0.1:1\n\tpassword plain \"secret\"\n}\n"

/* The size says in which order they come by it, which is none of the others. */
static void add_mail(struct str *mbox, unsigned i, unsigned words)
{
	str_addf(mbox,
		"From x@example.org Sat Jan  3 01:05:30 2026\nFrom: x@example.org\n"
		"Subject: Mail %u\nDate: Sat, 03 Jan 2026 %02u:%02u:%02u +0000\n\n",
		i, i / 3600, i / 60 % 60, i % 60);
	for (unsigned k = 0; k < words; k++)
		str_adds(mbox, "word ");
	str_adds(mbox, "\n\n");
}

static char *mbox_of(const struct person *p, unsigned first, unsigned n)
{
	char *path = file_join(p->home, "some.mbox");
	struct str mbox = STR_INIT;

	for (unsigned i = first; i < first + n; i++)
		add_mail(&mbox, i, i * 7 % 11);
	assert_int_equal(file_replace(path, mbox.p, mbox.len, 0644, NULL), 0);
	str_done(&mbox);
	return path;
}

static struct msglist *open_path(struct person *p, const char *path)
{
	struct err err = {0};
	struct msglist *l = engine_open(p->engine, -1, path, &err);

	assert_non_null(l);
	l->here_max = LARGE / 2; /* as if it were a folder of so many that they are sorted aside */
	UNTIL(p, msglist_ready(l) && msglist_count(l) == LARGE);
	return l;
}

static void is_by_size(struct msglist *l)
{
	struct msg_row before, row;

	assert_true(msglist_row(l, 0, &before));
	assert_int_equal(msglist_count(l), LARGE);
	for (size_t i = 1; i < LARGE; i++) {
		assert_true(msglist_row(l, i, &row));
		assert_true(before.size >= row.size);
		before = row;
	}
}

/* --- the cases --- */

static void large_folders_are_sorted_aside(void **state)
{
	struct person *p = person_with(ACCOUNT("test", "pop3"));
	char *path = kept(mbox_of(p, 1, LARGE));
	struct msglist *l = open_path(p, path);

	assert_string_equal(row_of(p, l, 0).subject, "Mail 50");
	/* The old order stays until the new one is there. */
	msglist_set_sort(l, SORT_SIZE, false);
	assert_true(msglist_busy(l));
	assert_string_equal(row_of(p, l, 0).subject, "Mail 50");
	UNTIL(p, !msglist_busy(l));
	is_by_size(l);
	/* What comes back for a list that is closed is nobody's; the others go on. */
	msglist_set_sort(l, SORT_DATE, false);
	engine_close(p->engine, l);
	l = open_path(p, path);
	assert_string_equal(row_of(p, l, 0).subject, "Mail 50");
	msglist_set_sort(l, SORT_SIZE, true);
	person_free(p);
}

/* Of mail that comes while a limit holds, what matches is shown too; nothing else. */
static void new_mail_under_a_limit(void **state)
{
	struct person *p = person_with(ACCOUNT("test", "pop3"));
	struct msglist *l = open_folder(p, "INBOX");
	char *path = kept(mbox_of(p, 1, 9));

	done(p, engine_import(p->engine, 0, path, "INBOX"));
	UNTIL(p, msglist_count(l) == 9);
	done(p, engine_limit(p->engine, l, "subject:1"));
	assert_int_equal(msglist_count(l), 1);
	path = kept(mbox_of(p, 10, 12)); /* 10 to 19 and 21 have a 1 */
	done(p, engine_import(p->engine, 0, path, "INBOX"));
	UNTIL(p, msglist_total(l) == 21 && msglist_count(l) == 12);
	for (size_t i = 0; i < msglist_count(l); i++)
		assert_non_null(strchr(row_of(p, l, i).subject, '1'));
	done(p, engine_limit(p->engine, l, "all"));
	assert_int_equal(msglist_count(l), 21);
}

/* --- what the list knows of a query --- */

/* The rows a query finds, by their numbers in "Mail N", as they come. */
static void finds(struct person *p, struct msglist *l, const char *query, const char *want)
{
	struct event *ev = answer(p, engine_search(p->engine, l, query));
	struct str got = STR_INIT;

	if (ev->kind != EVENT_FOUND)
		fail_msg("%s: %s", query, event_error(ev));
	for (size_t i = 0; i < msglist_total(l); i++) {
		uint32_t uid = msglist_uid(l, i);

		for (size_t k = 0; k < ev->found.n; k++)
			if (ev->found.uids[k] == uid)
				str_addf(&got, "%s%s", got.len ? " " : "", row_of(p, l, i).subject);
	}
	if (strcmp(str_c(&got), want) != 0)
		fail_msg("%s: %s", query, str_c(&got));
	str_done(&got);
	event_free(ev);
}

static const char thread_mbox[] =
	"From a Thu Jan  1 00:00:00 2026\nSubject: root\nMessage-ID: <r@x>\n"
	"Date: Thu, 01 Jan 2026 10:00:00 +0000\n\nx\n\n"
	"From a Thu Jan  1 00:00:00 2026\nSubject: Re: root\nMessage-ID: <s@x>\n"
	"References: <r@x>\nDate: Thu, 01 Jan 2026 11:00:00 +0000\n\nneedle\n\n"
	"From a Thu Jan  1 00:00:00 2026\nSubject: Re: Re: root\nMessage-ID: <t@x>\n"
	"References: <r@x> <s@x>\nDate: Thu, 01 Jan 2026 12:00:00 +0000\n\nx\n\n"
	"From a Thu Jan  1 00:00:00 2026\nSubject: other\nMessage-ID: <o@x>\n"
	"Date: Thu, 01 Jan 2026 13:00:00 +0000\n\nx\n\n"
	"From a Thu Jan  1 00:00:00 2026\nSubject: again\nMessage-ID: <o@x>\n"
	"Date: Thu, 01 Jan 2026 14:00:00 +0000\n\nx\n\n";

/* Tags, folds and numbers are the list's; threads and duplicates the folder's. */
static void queries_of_more_than_a_message(void **state)
{
	struct person *p = person_with(ACCOUNT("test", "pop3"));
	char *path = kept(file_join(p->home, "mbox"));
	struct msglist *l = open_folder(p, "INBOX");
	struct event *ev;
	uint32_t uid;

	assert_int_equal(file_replace(path, thread_mbox, strlen(thread_mbox), 0600, NULL), 0);
	done(p, engine_import(p->engine, 0, path, "INBOX"));
	UNTIL(p, msglist_count(l) == 5);
	msglist_set_threads(l, true);
	msglist_settle(l);
	finds(p, l, "~T", "");
	uid = uid_of(p, l, "other");
	msglist_tag(l, uid, true);
	finds(p, l, "~T", "other");
	finds(p, l, "!~T subject:re", "Re: root Re: Re: root");
	finds(p, l, "~m 1", row_of(p, l, 0).subject);
	finds(p, l, "~m 6-", "");
	/* Typed: what was shown by the key before does not number the list anew. */
	done(p, engine_limit_try(p->engine, l, "~m 1"));
	assert_int_equal(msglist_count(l), 1);
	done(p, engine_limit_try(p->engine, l, "~m 1-3"));
	assert_int_equal(msglist_count(l), 3);
	msglist_fold(l, uid_of(p, l, "root"), true);
	done(p, engine_limit_try(p->engine, l, "~m 1-5"));
	assert_int_equal(msglist_count(l), 3);
	msglist_fold(l, uid_of(p, l, "root"), false);
	engine_limit_end(p->engine, l, true);
	assert_int_equal(msglist_count(l), 5);
	finds(p, l, "~=", "again");
	finds(p, l, "óther", "");
	finds(p, l, "ignore:marks body:nëedle", "Re: root");
	assert_int_equal(settings_set(p->settings, "search-fold-marks", "yes", NULL), 0);
	finds(p, l, "óther", "other");
	finds(p, l, "~(body:needle)", "root Re: root Re: Re: root");
	finds(p, l, "~<(body:needle)", "Re: Re: root");
	finds(p, l, "~>(body:needle)", "root");
	finds(p, l, "~>(~<(subject:root)) !~$", "root Re: root");
	finds(p, l, "~$ !~(~T) !~=", "Re: Re: root");
	done(p, engine_limit(p->engine, l, "~T | ~(subject:root)"));
	assert_int_equal(msglist_count(l), 4);
	/* Mail that comes is asked about in its place among the rest. */
	path = kept(mbox_of(p, 1, 2));
	done(p, engine_import(p->engine, 0, path, "INBOX"));
	UNTIL(p, msglist_total(l) == 7);
	done(p, engine_limit(p->engine, l, "all"));
	assert_int_equal(msglist_count(l), 7);
	msglist_fold(l, uid_of(p, l, "root"), true);
	ev = answer(p, engine_search(p->engine, l, "~v"));
	assert_int_equal(ev->found.n, 3);
	event_free(ev);
	done(p, engine_limit(p->engine, l, "~v !~<(~A)"));
	assert_int_equal(msglist_count(l), 1);
	assert_string_equal(row_of(p, l, 0).subject, "root");
}

static void a_message_as_a_file(void **state)
{
	struct person *p = person_with(ACCOUNT("test", "pop3"));
	char *path = kept(mbox_of(p, 1, 2)), *to = kept(file_join(p->home, "saved.eml"));
	struct msglist *l = engine_open(p->engine, -1, path, NULL);
	struct str bytes = STR_INIT;
	struct event *ev;

	UNTIL(p, msglist_ready(l) && msglist_count(l) == 2);
	ev = answer(p, engine_save_message(p->engine, l, uid_of(p, l, "Mail 2"), to));
	assert_int_equal(ev->kind, EVENT_SAVED);
	assert_string_equal(ev->saved.path, to);
	assert_int_equal(file_read(to, 1 << 20, &bytes, NULL), 0);
	assert_non_null(strstr(bytes.p, "Subject: Mail 2\n"));
	assert_null(strstr(bytes.p, "Mail 1"));
	event_free(ev);
	ends(p, engine_save_message(p->engine, l, 99, to), EVENT_FAILED);
	str_done(&bytes);
}

/* What moves has left the list when the call returns, before the disk was asked; what is refused
 * comes back with its mark. */
static void what_moves_leaves_at_once(void **state)
{
	struct person *p = person_with(ACCOUNT("test", "pop3"));
	struct msglist *l = open_folder(p, "INBOX"), *archive;
	char *path = kept(mbox_of(p, 1, 4));
	uint32_t uids[2];
	unsigned request;
	struct event *ev;

	done(p, engine_import(p->engine, 0, path, "INBOX"));
	UNTIL(p, msglist_count(l) == 4);
	uids[0] = uid_of(p, l, "Mail 1");
	uids[1] = uid_of(p, l, "Mail 3");
	request = engine_archive(p->engine, l, uids, 2);
	assert_int_equal(msglist_count(l), 2);
	done(p, request);
	assert_int_equal(msglist_count(l), 2);
	request = engine_delete(p->engine, l, (uint32_t[]){uid_of(p, l, "Mail 2")}, 1);
	assert_int_equal(msglist_count(l), 1);
	done(p, request);
	assert_int_equal(msglist_count(l), 1);
	request =
		engine_keywords(p->engine, l, (uint32_t[]){uid_of(p, l, "Mail 4")}, 1, "", "later");
	assert_string_equal(row_of(p, l, 0).keywords, "later");
	done(p, request);
	assert_string_equal(row_of(p, l, 0).keywords, "later");
	request = engine_move(p->engine, l, (uint32_t[]){uid_of(p, l, "Mail 4")}, 1, "Archive");
	assert_int_equal(msglist_count(l), 0);
	done(p, request);
	done(p, engine_undo(p->engine));
	UNTIL(p, msglist_count(l) == 1);
	assert_string_equal(row_of(p, l, 0).keywords, "later");
	archive = open_with(p, "Archive", 2);
	uids[0] = uid_of(p, archive, "Mail 1");
	msglist_tag(archive, uids[0], true);
	request = engine_archive(p->engine, archive, uids, 1);
	assert_int_equal(msglist_count(archive), 1);
	ev = answer(p, request);
	assert_int_equal(msglist_count(archive), 2);
	assert_true(row_with(p, archive, uids[0]).tagged);
	event_free(ev);
}

static void a_draft_as_it_is_kept(void **state)
{
	struct person *p = person_with(ACCOUNT("test", "pop3"));
	char *id =
		draft_of(p, engine_compose(p->engine, 0, COMPOSE_NEW, NULL, 0, "ann@example.org"));
	struct event *ev = answer(p, engine_draft_load(p->engine, 0, id));

	assert_int_equal(ev->kind, EVENT_DRAFT);
	assert_string_equal(ev->draft->id, id);
	assert_string_equal(ev->draft->draft.to, "ann@example.org");
	event_free(ev);
	done(p, engine_draft_discard(p->engine, 0, id));
	ends(p, engine_draft_load(p->engine, 0, id), EVENT_FAILED);
	free(id);
}

/* One answer for all accounts: the failure of one is told, whichever ends last. */
static void all_accounts_answer_as_one(void **state)
{
	struct event *ev;
	struct person *p = person_with(ACCOUNT("one", "pop3") ACCOUNT("two", "imap"));

	assert_int_equal(engine_accounts(p->engine), 2);
	ev = answer(p, engine_sync(p->engine, -1));
	assert_int_equal(ev->kind, EVENT_FAILED);
	assert_true(*event_error(ev));
	event_free(ev);
	done(p, engine_pending_forget(p->engine)); /* there is nothing to fail in that */
}

/* The switch holds for this run, and that it will be forgotten is said. */
static void a_switch_that_cannot_be_saved(void **state)
{
	struct person *p = person_with(ACCOUNT("test", "pop3"));
	struct account_info info;
	struct event *ev;

	assert_int_equal(remove(p->config), 0);
	ev = answer(p, engine_protocol(p->engine, 0, PROTOCOL_IMAP));
	assert_int_equal(ev->kind, EVENT_DONE);
	assert_non_null(strstr(ev->done.text, "not saved in the configuration"));
	assert_non_null(strstr(ev->done.text, p->config));
	event_free(ev);
	engine_account(p->engine, 0, &info);
	assert_int_equal(info.protocol, PROTOCOL_IMAP);
}

static const char *why(struct person *p)
{
	struct pending_info info;

	engine_pending_at(p->engine, 0, &info);
	return info.why;
}

static bool is_in_state(struct person *p, enum account_state state)
{
	struct account_info info;

	engine_account(p->engine, 0, &info);
	return info.state == state;
}

/* What waits says for what it waits. */
static void why_something_waits(void **state)
{
	struct person *p = person_with(ACCOUNT("test", "imap"));
	char *path = kept(mbox_of(p, 1, 1)), *lock;
	struct account_info info;
	int fd;

	done(p, engine_import(p->engine, 0, path, "Sent"));
	UNTIL(p, engine_pending(p->engine) == 1);
	UNTIL(p, is_in_state(p, STATE_WAITING));
	engine_account(p->engine, 0, &info);
	assert_true(*info.reason);
	assert_string_equal(why(p), info.reason);
	engine_set_offline(p->engine, true);
	UNTIL(p, is_in_state(p, STATE_OFFLINE));
	assert_string_equal(why(p), "offline");
	done(p, engine_protocol(p->engine, 0, PROTOCOL_POP3));
	assert_string_equal(why(p), "for the server's folders, which are not in use now");
	done(p, engine_protocol(p->engine, 0, PROTOCOL_IMAP));
	stop(p);
	/* Another running copy has the lock. */
	lock = kept(file_join(p->home, "XDG_DATA_HOME/talaria/test/sync.lock"));
	fd = file_lock(lock, 0, NULL);
	assert_true(fd >= 0);
	start(p, false);
	UNTIL(p, engine_pending(p->engine) == 1 && is_in_state(p, STATE_FOLLOWING));
	assert_string_equal(why(p), "another running copy sends it");
	close(fd);
}

static void no_such_account_or_folder(void **state)
{
	struct person *p = person_with(ACCOUNT("test", "pop3"));
	struct err err = {0};

	assert_null(engine_open(p->engine, 1, "INBOX", &err));
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(engine_find_account(p->engine, "other"), -1);
	assert_int_equal(engine_find_folder(p->engine, 0, "Nowhere"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PERSON_CASE(large_folders_are_sorted_aside),
		PERSON_CASE(new_mail_under_a_limit),
		PERSON_CASE(queries_of_more_than_a_message),
		PERSON_CASE(a_message_as_a_file),
		PERSON_CASE(what_moves_leaves_at_once),
		PERSON_CASE(a_draft_as_it_is_kept),
		PERSON_CASE(all_accounts_answer_as_one),
		PERSON_CASE(a_switch_that_cannot_be_saved),
		PERSON_CASE(why_something_waits),
		PERSON_CASE(no_such_account_or_folder),
	};
	int failed;

	person_init();
	person_scratch();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	end_scratch();
	return failed;
}

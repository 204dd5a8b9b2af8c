/* The disk thread over a disk that is full, read-only, or has files that cannot be read. What fails
 * is told where the person looks, and what was there stays. */
#include "tests/sync/cut.h"
#include "tests/unit/desk.h"

#include "base/file.h"
#include "base/mem.h"
#include "store/disk/tarball.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int teardown(void **state)
{
	cut_off();
	return desk_teardown(state);
}

#define DISK_CASE(f) cmocka_unit_test_setup_teardown(f, desk_setup, teardown)

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
}

/* From now on nothing below dir can be written. */
static void full(const char *dir)
{
	cut_fail_at(0, ENOSPC, true, dir);
}

static void told(const char *words)
{
	for (int i = 0; i < 50 && !desk_was_told(words); i++)
		desk_settle();
	if (!desk_was_told(words))
		fail_msg("not told: \"%s\" but \"%s\"", words, desk_told());
}

/* --- the list of folders --- */

/* What could not be kept is kept as soon as the disk takes it. */
static void test_folder_table(void **state)
{
	static const char *const names[] = {"INBOX", "Work", NULL};
	int account = desk_add(desk_account("one", false), true);

	full(desk_path("one/cache"));
	desk_folders(account, names);
	desk_settle();
	told("The list of folders cannot be kept");
	cut_off();
	desk_pass(11000);
	desk_settle();
	desk_settle();
	assert_true(file_exists(desk_path("one/cache/folders")));
	desk_stop();
	desk_start(true);
	account = desk_add(desk_account("one", false), false);
	(void)desk_open(account, "Work", NULL); /* fails the test where it is not known */
}

static void test_folder_table_unreadable(void **state)
{
	int account;

	assert_int_equal(file_make_dirs(desk_path("one/cache/folders"), NULL), 0);
	account = desk_add(desk_account("one", false), true);
	told("The list of folders cannot be read, and comes again from the server");
	(void)desk_open(account, "INBOX", NULL);
}

/* --- local folders --- */

static void put_local(const char *name, const char *text)
{
	put(desk_path("one/data/mail/new/%s", name), text);
}

/* The rows of a list that is opened for this only. */
static size_t rows_of(int account, const char *folder)
{
	struct store_event *list = NULL;
	unsigned id = desk_open(account, folder, &list);
	size_t n = list->messages.columns.n;

	store_event_free(list);
	desk_post(desk_on(REQUEST_CLOSE, id, NULL, 0));
	return n;
}

static size_t rows_now(unsigned list)
{
	struct store_event *ev;
	size_t n;

	desk_post(desk_on(REQUEST_RELIST, list, NULL, 0));
	ev = desk_of_kind(STORE_LIST);
	n = ev->messages.columns.n;
	store_event_free(ev);
	return n;
}

/* Mail that comes while the header cache cannot be written is shown, once. */
static void test_local_cache_full(void **state)
{
	int account = desk_add(desk_account("one", true), false);
	unsigned list = desk_open(account, "INBOX", NULL);

	full(desk_path("one/cache"));
	put_local("1700000000.1.host", "Subject: one\n\nx\n");
	desk_pass(2000);
	store_event_free(desk_of_kind(STORE_CHANGES));
	assert_int_equal(rows_now(list), 1);
	put_local("1700000001.2.host", "Subject: two\n\nx\n");
	desk_pass(2000);
	store_event_free(desk_of_kind(STORE_CHANGES));
	assert_int_equal(rows_now(list), 2);
	assert_true(desk_was_told("The cache of folder INBOX cannot be written"));
	/* and so after the next start */
	cut_off();
	desk_stop();
	desk_start(false);
	account = desk_add(desk_account("one", true), false);
	assert_int_equal(rows_of(account, "INBOX"), 2);
}

/* What the server says is shown whole while its cache takes nothing, and told once. */
static void test_server_cache_full(void **state)
{
	int account = desk_add(desk_account("one", false), true);
	unsigned list = desk_open(account, "INBOX", NULL);
	struct summary rows[3];
	struct result *r = result_new(RESULT_FLAGS);
	struct store_event *ev;

	full(desk_path("one/cache"));
	for (uint32_t i = 0; i < 3; i++)
		rows[i] = desk_row(i + 1, "Bob", NULL);
	desk_fill(account, "INBOX", rows, 3);
	desk_settle();
	assert_int_equal(rows_now(list), 3);
	r->folder = mem_strdup("INBOX");
	r->uidvalidity = DESK_UIDVALIDITY;
	r->flags.v = mem_array(3, sizeof(*r->flags.v));
	for (; r->flags.n < 3; r->flags.n++)
		r->flags.v[r->flags.n] =
			(struct flag_change){.uid = (uint32_t)r->flags.n + 1, .flags = MAIL_SEEN};
	desk_give(account, r);
	desk_settle();
	desk_post(desk_on(REQUEST_RELIST, list, NULL, 0));
	ev = desk_of_kind(STORE_LIST);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(ev->messages.columns.flags[i] & MAIL_SEEN, MAIL_SEEN);
	store_event_free(ev);
	/* one notice for all that the disk does not take, whichever came first */
	assert_true(desk_was_told("No space left on device"));
}

/* Another program takes it away while it is shown: that is no fault of the disk. */
static void test_local_folder_that_goes(void **state)
{
	const char *const dirs[] = {"cur", "new", "tmp"};
	struct store_request *again;
	int account;

	for (size_t i = 0; i < MEM_COUNT(dirs); i++)
		assert_int_equal(
			file_make_dirs(desk_path("one/data/mail/.Old/%s", dirs[i]), NULL), 0);
	account = desk_add(desk_account("one", true), false);
	(void)desk_open(account, "Old", NULL);
	desk_pass(10000);
	desk_settle();
	assert_int_equal(rename(desk_path("one/data/mail/.Old"), desk_path("elsewhere")), 0);
	/* The clock of the disk thread may have looked already: then there is no such folder. */
	again = desk_request(REQUEST_OPEN, account);
	again->list = 99;
	again->open.folder = mem_strdup("Old");
	store_event_free(desk_ask(again));
	desk_pass(10000);
	desk_settle();
	assert_false(desk_was_told("cannot be read"));
}

/* Too large to be read, or no keywords to be had: said, and the rest is there. */
static void test_local_unreadable(void **state)
{
	int account = desk_add(desk_account("one", true), false);
	const char *large = desk_path("one/data/mail/cur/1700000000.1.host:2,");

	put_local("1700000001.2.host", "Subject: two\n\nx\n");
	put(large, "Subject: large\n\n");
	assert_int_equal(truncate(large, (512 << 20) + 1), 0);
	assert_int_equal(rows_of(account, "INBOX"), 1);
	assert_true(desk_was_told("1 message in folder INBOX cannot be read and is not shown"));
	/* the next notice about the disk is ten minutes away */
	desk_hold(); /* else its clock may find the large one once more, and say that */
	desk_pass(601000);
	assert_int_equal(unlink(large), 0);
	assert_int_equal(mkdir(desk_path("one/data/mail/dovecot-keywords"), 0700), 0);
	desk_let_go();
	assert_int_equal(rows_of(account, "INBOX"), 1);
	assert_true(desk_was_told("Folder INBOX: its keywords cannot be read: "));
}

/* Longer names have no room for marks behind them. */
static void test_long_names(void **state)
{
	int account = desk_add(desk_account("one", true), false);

	for (int len = 229; len <= 231; len++) {
		struct str name = STR_INIT;

		str_addf(&name, "1.%d.", len);
		while (name.len < (size_t)len)
			str_addc(&name, 'x');
		put_local(name.p, "Subject: a\n\nx\n");
		str_done(&name);
		desk_pass(601000);
		assert_int_equal(rows_of(account, "INBOX"), len < 231 ? len - 228 : 2);
		assert_int_equal(
			desk_was_told("Folder INBOX: 1 message has a name of more than 230 bytes"),
			len > 230);
	}
}

/* --- marks of POP3 --- */

static const char ID_A[] = "0123456789abcdef0123456789abcdef";

static void fill_inbox(int account)
{
	struct summary row = desk_row(1, "Bob", NULL);

	(void)desk_open(account, "INBOX", NULL);
	desk_fill(account, "INBOX", &row, 1);
}

static void test_marks_damaged(void **state)
{
	struct str text = STR_INIT;
	int account;

	assert_int_equal(file_make_dirs(desk_path("one/data"), NULL), 0);
	str_addf(&text, "talaria-marks 1\n%s 4\nsomething else\nno\n", ID_A);
	put(desk_path("one/data/marks"), text.p);
	str_done(&text);
	account = desk_add(desk_account("one", false), true);
	fill_inbox(account);
	told("The marks of 2 messages set by POP3 are lost");
}

static void test_marks_unreadable(void **state)
{
	int account;

	assert_int_equal(file_make_dirs(desk_path("one/data/marks"), NULL), 0);
	account = desk_add(desk_account("one", false), true);
	fill_inbox(account);
	told("Marks set by POP3 cannot be sent to the server");
	assert_true(file_exists(desk_path("one/data/marks")));
}

static void test_marks_of_nobody(void **state)
{
	int account;

	assert_int_equal(file_make_dirs(desk_path("one/data"), NULL), 0);
	put(desk_path("one/data/marks"), "talaria-marks 9\n");
	account = desk_add(desk_account("one", false), true);
	fill_inbox(account);
	told("marks is damaged");
}

/* --- writing --- */

/* So many bytes of a signature are taken. */
static void test_signature(void **state)
{
	static const struct {
		off_t size;
		bool taken;
	} v[] = {{65535, true}, {65536, true}, {65537, false}};
	struct store_account *setup = desk_account("one", false);
	int account;

	draft_set(&setup->settings->signature, desk_path("signature"));
	account = desk_add(setup, false);
	desk_draft(account, "bob@mail.example", "None");
	assert_true(desk_was_told("The draft has no signature: "));
	assert_true(desk_was_told("/signature"));
	free(desk_told());
	for (size_t i = 0; i < MEM_COUNT(v); i++) {
		struct store_request *r = desk_request(REQUEST_COMPOSE, account);
		struct str text = STR_INIT;
		struct store_event *ev;

		while (text.len < (size_t)v[i].size)
			str_addc(&text, text.len % 70 == 69 ? '\n' : 'x');
		put(desk_path("signature"), text.p);
		str_done(&text);
		r->compose.kind = COMPOSE_NEW;
		ev = desk_ask(r);
		assert_int_equal(ev->kind, STORE_DRAFTS);
		assert_int_equal(
			strstr(ev->drafts.v[0].draft.body, "-- \nxxx") != NULL, v[i].taken);
		store_event_free(ev);
		assert_int_equal(desk_was_told("no signature"), !v[i].taken);
	}
}

/* What an editor left and cannot be read is not thrown away: the draft waits for it. */
static void test_edited_text_unreadable(void **state)
{
	int account = desk_add(desk_account("one", false), false);
	char *id = desk_draft(account, "bob@mail.example", "Edited");
	const char *text = desk_path("one/data/drafts/%s.edit.eml", id);

	assert_int_equal(mkdir(text, 0700), 0);
	desk_fails(desk_send(account, id, 0), id);
	desk_fails(desk_mail(REQUEST_DRAFT_TAKE, account, id), id);
	assert_false(desk_was_told("left no text"));
	assert_int_equal(rmdir(text), 0);
	desk_done(desk_send(account, id, 0));
}

/* --- the outbox --- */

static char *queued(int account, const char *subject)
{
	char *id = desk_draft(account, "bob@mail.example", subject);

	desk_done(desk_send(account, id, 0));
	return id;
}

static const struct outbox_mail *mail_in(const struct store_event *ev, const char *id)
{
	for (size_t i = 0; i < ev->outbox.n; i++)
		if (strcmp(ev->outbox.v[i].id, id) == 0)
			return &ev->outbox.v[i];
	fail_msg("%s is not in the outbox", id);
	return NULL;
}

/* The state of a mail is damaged: it stays on the screen, says why, and can be thrown away. */
static void test_damaged_state(void **state)
{
	int account = desk_add(desk_account("one", false), false);
	char *id = kept(queued(account, "Damaged")), *other = kept(queued(account, "Whole"));
	const struct outbox_mail *m;
	struct store_event *ev;

	put(desk_path("one/data/outbox/%s.job", id), "nothing\n");
	desk_post(desk_mail(REQUEST_OUTBOX_HOLD, account, other));
	ev = desk_of_kind(STORE_OUTBOX);
	assert_int_equal(ev->outbox.n, 2);
	m = mail_in(ev, id);
	assert_int_equal(m->state, OUTBOX_FAILED);
	assert_string_equal(m->subject, "(cannot be read)");
	assert_true(*m->error);
	store_event_free(ev);
	desk_done(desk_mail(REQUEST_OUTBOX_DROP, account, id));
	desk_post(desk_mail(REQUEST_OUTBOX_HOLD, account, other));
	ev = desk_of_kind(STORE_OUTBOX);
	assert_int_equal(ev->outbox.n, 1);
	store_event_free(ev);
}

static void online(int account)
{
	struct store_request *r = desk_request(REQUEST_ONLINE, account);

	r->online.on = true;
	desk_post(r);
	store_event_free(desk_of_kind(STORE_STATE));
}

/* The one file that matches; free(). */
static char *only_file(const char *pattern)
{
	glob_t found;
	char *path;

	assert_int_equal(glob(desk_path("%s", pattern), 0, NULL, &found), 0);
	assert_int_equal(found.gl_pathc, 1);
	path = mem_strdup(found.gl_pathv[0]);
	globfree(&found);
	return path;
}

/* The file of its message. */
static char *message_of(const char *id)
{
	char *pattern = mem_strdup(desk_path("one/data/outbox/%s.*.eml", id)),
	     *path = only_file(pattern + strlen(desk_dir) + 1);

	free(pattern);
	return path;
}

/* Its bytes are: it is not sent, and the one behind it is. */
static void test_damaged_bytes(void **state)
{
	int account = desk_add(desk_account("one", false), false);
	char *id = kept(queued(account, "Damaged")), *other = kept(queued(account, "Whole")),
	     *file = kept(message_of(id)), *third;
	const struct timespec long_ago[2] = {{.tv_sec = 1700000000}, {.tv_sec = 1700000000}};
	const struct outbox_mail *m;
	struct store_event *ev;
	struct job *j;

	put(file, "Subject: something else\r\n\r\n");
	assert_int_equal(utimensat(AT_FDCWD, file, long_ago, 0), 0); /* the first in the queue */
	online(account);
	desk_online(account, LANE_SEND);
	j = desk_job(account, LANE_SEND, JOB_SEND);
	assert_string_equal(j->send.id, other);
	job_free(j);
	third = desk_draft(account, "bob@mail.example", "Third");
	desk_post(desk_send(account, third, 0));
	while ((ev = desk_of_kind(STORE_OUTBOX))->outbox.n < 3)
		store_event_free(ev);
	m = mail_in(ev, id);
	assert_int_equal(m->state, OUTBOX_FAILED);
	assert_non_null(strstr(m->error, "damaged on the disk"));
	store_event_free(ev);
}

/* The relay has it, and the disk takes no note of that: it is not given a second time, nobody can
 * hold it, and it is noted later. */
static void test_unnoted(void **state)
{
	int account = desk_add(desk_account("one", false), true);
	char *id = kept(queued(account, "Accepted"));
	struct store_event *ev;
	struct job *j = desk_job(account, LANE_SEND, JOB_SEND);
	struct result *r = result_new(RESULT_SENT);

	r->request = j->request;
	r->sent.id = mem_strdup(j->send.id);
	r->sent.outcome = SEND_ACCEPTED;
	r->sent.n = 1;
	r->sent.v = mem_array(1, sizeof(*r->sent.v));
	r->sent.v[0] = (struct recipient_fate){.address = mem_strdup(j->send.to.v[0]),
		.fate = FATE_ACCEPTED,
		.text = mem_strdup("250 ok")};
	job_free(j);
	full(desk_path("one/data"));
	desk_give(account, r);
	told("What became of “Accepted” cannot be noted");
	desk_fails(desk_mail(REQUEST_OUTBOX_HOLD, account, id), "not noted yet");
	for (int i = 0; i < 3; i++) {
		desk_pass(2500);
		desk_settle();
	}
	assert_false(desk_has_job(account, LANE_SEND, JOB_SEND));
	cut_off();
	for (int i = 0; i < 3; i++) {
		desk_pass(2500);
		desk_settle();
	}
	assert_false(desk_has_job(account, LANE_SEND, JOB_SEND));
	assert_false(file_exists(desk_path("one/data/outbox/%s.job", id)));
	ev = desk_ask(desk_mail(REQUEST_OUTBOX_RETRY, account, id));
	assert_int_equal(ev->kind, STORE_FAILED);
	store_event_free(ev);
}

/* --- changes that take each other back --- */

static struct store_request *flag(unsigned list, uint32_t clear, uint32_t set)
{
	struct store_request *r = desk_on(REQUEST_FLAG, list, &(uint32_t){1}, 1);

	r->flag.clear = clear;
	r->flag.set = set;
	return r;
}

/* Of a mark that is set and taken away again nothing stays in the journal, but only when the cache
 * has it: else a row would show after the next start what no server was told. */
static void test_annulled(void **state)
{
	int account = desk_add(desk_account("one", false), true);
	struct summary row = desk_row(1, "Bob", NULL);
	unsigned list = desk_open(account, "INBOX", NULL);
	struct store_event *ev;
	struct store_request *r;

	desk_fill(account, "INBOX", &row, 1);
	desk_settle();
	r = desk_request(REQUEST_ONLINE, account);
	desk_post(r);
	desk_done(flag(list, 0, MAIL_FLAGGED));
	desk_done(flag(list, MAIL_FLAGGED, 0));
	desk_post(desk_request(REQUEST_PREVIEW, account));
	ev = desk_of_kind(STORE_DONE);
	assert_non_null(strstr(ev->done.text, "No change waits"));
	store_event_free(ev);

	desk_done(flag(list, 0, MAIL_FLAGGED));
	full(desk_path("one/cache"));
	desk_done(flag(list, MAIL_FLAGGED, 0));
	cut_off();
	desk_post(desk_request(REQUEST_PREVIEW, account));
	ev = desk_of_kind(STORE_DONE);
	assert_non_null(strstr(ev->done.text, "2 changes wait"));
	store_event_free(ev);
}

/* --- what cannot be read any more, and was to go to the server --- */

static unsigned copy_up(int account)
{
	unsigned list = desk_open(account, "Local/INBOX", NULL);
	struct store_request *r = desk_on(REQUEST_COPY, list, &(uint32_t){1}, 1);

	r->to.folder = mem_strdup("INBOX");
	desk_done(r);
	return list;
}

static void spoil_append(bool gone)
{
	char *path = only_file("one/data/append/*");

	assert_int_equal(unlink(path), 0);
	if (!gone)
		assert_int_equal(mkdir(path, 0700), 0);
	free(path);
}

static void append_is_given_up(bool gone, const char *words)
{
	static const char *const names[] = {"INBOX", NULL};
	int account = desk_add(desk_account("one", false), false);
	struct summary row = desk_row(1, "Bob", NULL);
	struct job *j;
	unsigned list;

	online(account);
	list = desk_open(account, "INBOX", NULL);
	desk_fill(account, "INBOX", &row, 1);
	desk_settle();
	put_local("1.a.host", "Subject: a\n\nx\n");
	desk_pass(11000); /* the local inbox holds something: it is listed */
	desk_settle();
	copy_up(account);
	desk_done(flag(list, 0, MAIL_FLAGGED));
	spoil_append(gone);
	full(desk_path("one/data"));
	desk_online(account, LANE_MAIN);
	desk_folders(account, names);
	told("The journal of account one cannot be written");
	assert_false(desk_has_job(account, LANE_MAIN, JOB_OP));
	cut_off();
	desk_pass(2000);
	told(words);
	j = desk_job(account, LANE_MAIN, JOB_OP);
	assert_int_equal(j->op.what->kind, OP_FLAGS);
	job_free(j);
}

/* Nothing empty goes to the server in its place; it is told, and what is behind it goes on. While
 * the journal cannot be written it is not told again and again. */
static void test_append_unreadable(void **state)
{
	append_is_given_up(false, "\"Copy a message up to Inbox\" cannot be done: ");
}

static void test_append_gone(void **state)
{
	append_is_given_up(true, "\"Copy a message up to Inbox\" cannot be done: its file is gone");
}

/* --- what was damaged between two runs --- */

/* The journal loses what it cannot read, and keeps it beside; a draft is told by its name. */
static void test_damaged_at_start(void **state)
{
	int account = desk_add(desk_account("one", false), false);
	char *id = desk_draft(account, "bob@mail.example", "Damaged"),
	     *other = desk_draft(account, "bob@mail.example", "Whole");
	struct store_event *ev;
	FILE *f;

	desk_stop();
	f = fopen(desk_path("one/data/ops.wal"), "a");
	assert_non_null(f);
	for (int i = 0; i < 100; i++)
		fputc('x', f);
	assert_int_equal(fclose(f), 0);
	put(desk_path("one/data/drafts/%s.job", id), "nothing\n");
	desk_start(false);
	account = desk_add(desk_account("one", false), false);
	assert_true(desk_was_told("The journal of account one had a damaged end"));
	assert_true(desk_was_told("ops.wal.damaged-*"));
	free(only_file("one/data/ops.wal.damaged-*"));
	ev = desk_ask(desk_request(REQUEST_DRAFTS, account));
	assert_int_equal(ev->drafts.n, 1);
	assert_string_equal(ev->drafts.v[0].id, other);
	store_event_free(ev);
	assert_true(desk_was_told("cannot be read"));
	assert_true(desk_was_told(id));
}

/* --- backups --- */

static void (*_Atomic between)(void); /* what was listed and what is copied */

int __real_tarball_new(struct tarball **out, const char *path, struct err *err);
int __wrap_tarball_new(struct tarball **out, const char *path, struct err *err);

int __wrap_tarball_new(struct tarball **out, const char *path, struct err *err)
{
	if (between)
		between();
	return __real_tarball_new(out, path, err);
}

static struct store_request *backup(int account)
{
	struct store_request *r = desk_request(REQUEST_BACKUP, account);

	unlink(desk_path("b.tar.gz"));
	r->file.path = mem_strdup(desk_path("b.tar.gz"));
	return r;
}

static void change_mail(void)
{
	rename(desk_path("one/data/mail/new/1.a.host"),
		desk_path("one/data/mail/cur/1.a.host:2,S"));
	unlink(desk_path("one/data/mail/new/2.b.host"));
}

static void link_mail(void)
{
	unlink(desk_path("one/data/mail/new/3.c.host"));
	assert_int_equal(symlink("/etc/hosts", desk_path("one/data/mail/new/3.c.host")), 0);
}

/* Mail that is marked or deleted meanwhile is in it, or is not missed; what cannot be read is no
 * backup. */
static void test_backup_meanwhile(void **state)
{
	int account = desk_add(desk_account("one", true), false);
	struct store_event *ev;

	put_local("1.a.host", "Subject: a\n\nx\n");
	put_local("2.b.host", "Subject: b\n\nx\n");
	put_local("3.c.host", "Subject: c\n\nx\n");
	between = change_mail;
	ev = desk_ask(backup(account));
	assert_int_equal(ev->kind, STORE_DONE);
	assert_non_null(strstr(ev->done.text, "2 messages and "));
	store_event_free(ev);
	between = link_mail;
	desk_fails(backup(account), "3.c.host");
	between = NULL;
	assert_false(file_exists(desk_path("b.tar.gz")));
}

/* So many folders deep. */
static void test_backup_depth(void **state)
{
	int account = desk_add(desk_account("one", true), false);
	struct str dir = STR_INIT;

	for (int depth = 1; depth <= 9; depth++) {
		str_addf(&dir, "%s%d", depth > 1 ? "/" : "", depth);
		assert_int_equal(file_make_dirs(desk_path("one/data/%s", dir.p), NULL), 0);
		if (depth == 7 || depth == 8)
			desk_done(backup(account));
		if (depth == 9)
			desk_fails(backup(account), "has more than 8 folders above it");
	}
	str_done(&dir);
}

static void test_backup_given_up(void **state)
{
	int account = desk_add(desk_account("one", true), false);
	struct store_request *r = backup(account), *cancel = desk_request(REQUEST_CANCEL, -1);
	struct store_event *ev;
	unsigned request;

	cancel->cancel.request = r->request;
	desk_hold();
	request = desk_post(r);
	desk_post(cancel);
	desk_let_go();
	ev = desk_answer(request);
	assert_int_equal(ev->kind, STORE_FAILED);
	assert_int_equal(ev->failed.kind, ERR_CANCELLED);
	store_event_free(ev);
	assert_false(file_exists(desk_path("b.tar.gz")));
	assert_false(file_exists(desk_path("b.tar.gz.part")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DISK_CASE(test_folder_table),
		DISK_CASE(test_folder_table_unreadable),
		DISK_CASE(test_local_cache_full),
		DISK_CASE(test_server_cache_full),
		DISK_CASE(test_local_folder_that_goes),
		DISK_CASE(test_local_unreadable),
		DISK_CASE(test_long_names),
		DISK_CASE(test_marks_damaged),
		DISK_CASE(test_marks_unreadable),
		DISK_CASE(test_marks_of_nobody),
		DISK_CASE(test_signature),
		DISK_CASE(test_edited_text_unreadable),
		DISK_CASE(test_damaged_state),
		DISK_CASE(test_damaged_bytes),
		DISK_CASE(test_unnoted),
		DISK_CASE(test_annulled),
		DISK_CASE(test_append_unreadable),
		DISK_CASE(test_append_gone),
		DISK_CASE(test_damaged_at_start),
		DISK_CASE(test_backup_meanwhile),
		DISK_CASE(test_backup_depth),
		DISK_CASE(test_backup_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Every file operation of the store over a disk on which the n-th call fails, for every n: full
 * (ENOSPC), broken (EIO) or read-only (EROFS), for this call or from there on. What is told as done
 * is there afterwards; what failed says why, and what was there before is still there, whole.
 */
#include "tests/unit/disk_help.h"
#include "tests/sync/cut.h"

#include "store/disk/bodies.h"
#include "store/disk/journal.h"
#include "store/disk/maildir.h"
#include "store/disk/outbox.h"
#include "store/disk/tarball.h"
#include "tests/unit/fails.h"

#include <errno.h>

struct scene {
	void (*before)(void);        /* on a disk that works */
	int (*act)(struct err *err); /* 0 or -1 */
	void (*after)(bool done);    /* works again */
};

/* What was written a moment before the disk became read-only cannot be taken back. */
static bool stays;

static void run_once(const struct scene *s, long n, int error, bool on, bool *over)
{
	struct err err = {0};
	int rc;

	assert_non_null(mkdtemp(scratch_memory(help_root, "test")));
	s->before();
	cut_fail_at(n, error, on, help_root);
	rc = s->act(&err);
	*over = cut_hits() == 0;
	stays = !*over && on && error == EROFS;
	cut_off();
	if (*over)
		assert_int_equal(rc, 0);
	if (rc != 0 && (!err.text[0] || err.kind != (error == ENOSPC ? ERR_FULL : ERR_SYSTEM)))
		fail_msg("call %ld, error %d: \"%s\" (%d)", n, error, err.text, (int)err.kind);
	s->after(rc == 0);
	help_teardown(NULL);
}

static void sweep(const struct scene *s)
{
	static const int errors[] = {ENOSPC, EIO, EROFS};

	for (size_t e = 0; e < 3; e++)
		for (int on = 0; on < 2; on++) {
			bool over = false;
			long n = 0;

			for (; !over; n++)
				run_once(s, n, errors[e], on, &over);
			assert_true(n > 2 && n < 500);
		}
}

static const char FORMER[] = "Subject: former\n\nformer text\n",
		  OTHER[] = "Subject: other\n\nother\n";

static void reads(const char *dir, const char *base, const char *text)
{
	struct str out = STR_INIT;

	WORKS(maildir_read(dir, base, 1000, &out, &why));
	assert_string_equal(str_c(&out), text);
	str_done(&out);
}

static size_t messages(const char *dir)
{
	char path[600];
	size_t n;

	snprintf(path, sizeof(path), "%s/cur", dir);
	n = help_count(path);
	snprintf(path, sizeof(path), "%s/new", dir);
	return n + help_count(path);
}

/* --- a Maildir --- */

static struct maildir_mail mails[3];
static struct str base;

static void make_tree(void)
{
	assert_int_equal(maildir_create(at("mail"), "INBOX", NULL), 0);
	assert_int_equal(maildir_create(at("mail"), "To", NULL), 0);
}

static void with_one(void)
{
	make_tree();
	str_clear(&base);
	assert_int_equal(
		maildir_deliver(at("mail"), FORMER, strlen(FORMER), 0, NULL, &base, NULL), 0);
}

static int deliver(struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < 3; i++)
		mails[i] = (struct maildir_mail){.p = FORMER,
			.len = strlen(FORMER),
			.flags = i == 1 ? MAIL_SEEN : 0,
			.keywords = i == 2 ? "work" : NULL};
	maildir_deliver_many(at("mail"), mails, 3);
	for (size_t i = 0; i < 3; i++)
		if (!mails[i].base.len && rc == 0) {
			*err = mails[i].err;
			rc = -1;
		}
	return rc;
}

static void delivered(bool done)
{
	size_t named = 0;

	for (size_t i = 0; i < 3; i++) {
		if (mails[i].base.len) {
			reads(at("mail"), mails[i].base.p, FORMER);
			named++;
		}
		str_done(&mails[i].base);
	}
	assert_true(!done || named == 3);
	assert_int_equal(messages(at("mail")), named);
}

static void test_deliver(void **state)
{
	sweep(&(struct scene){make_tree, deliver, delivered});
}

static int replace(struct err *err)
{
	return maildir_replace(at("mail"), base.p, OTHER, strlen(OTHER), err);
}

static void replaced(bool done)
{
	struct str out = STR_INIT;

	assert_int_equal(maildir_read(at("mail"), base.p, 1000, &out, NULL), 0);
	/* what could not be made durable may be there: as a whole */
	assert_true(strcmp(out.p, OTHER) == 0 || (!done && strcmp(out.p, FORMER) == 0));
	assert_int_equal(messages(at("mail")), 1);
	str_done(&out);
}

static void test_replace(void **state)
{
	sweep(&(struct scene){with_one, replace, replaced});
}

static uint32_t marks;
static char words[100];

static int look(void *ctx, const struct maildir_entry *e)
{
	marks = e->flags;
	snprintf(words, sizeof(words), "%s", e->keywords);
	return 0;
}

static int mark(struct err *err)
{
	return maildir_set_flags(at("mail"), base.p, MAIL_SEEN | MAIL_FLAGGED, err);
}

static void marked(bool done)
{
	assert_int_equal(maildir_scan(at("mail"), look, NULL, NULL), 0);
	assert_true(marks == (MAIL_SEEN | MAIL_FLAGGED) || (!done && !marks));
	assert_int_equal(messages(at("mail")), 1);
	reads(at("mail"), base.p, FORMER);
}

static void test_flags(void **state)
{
	sweep(&(struct scene){with_one, mark, marked});
}

static int label(struct err *err)
{
	struct str now = STR_INIT;
	int rc = maildir_set_keywords(at("mail"), base.p, "", "work", &now, err);

	str_done(&now);
	return rc;
}

static void labelled(bool done)
{
	assert_int_equal(maildir_scan(at("mail"), look, NULL, NULL), 0);
	assert_true(strcmp(words, "work") == 0 || (!done && !*words));
	reads(at("mail"), base.p, FORMER);
}

static void test_keywords(void **state)
{
	sweep(&(struct scene){with_one, label, labelled});
}

enum { SOME = 4 }; /* so many have a note of what is under way, fewer go one by one */
static char *bases[SOME];
static size_t moving;

static void with_some(void)
{
	make_tree();
	for (size_t i = 0; i < SOME; i++) {
		struct str one = STR_INIT;

		assert_int_equal(maildir_deliver(at("mail"), FORMER, strlen(FORMER), MAIL_SEEN,
					 NULL, &one, NULL),
			0);
		free(bases[i]);
		bases[i] = str_steal(&one);
	}
}

static int move(struct err *err)
{
	size_t moved;
	char *to = maildir_dir(at("mail"), "To", NULL);
	int rc = maildir_move_many(help_root, at("mail"), bases, moving, to, &moved, err);

	assert_true(moved <= moving && (rc != 0 || moved == moving));
	free(to);
	return rc;
}

/* The next start clears what is there twice. */
static void moved_all(bool done)
{
	char *to = maildir_dir(at("mail"), "To", NULL);
	size_t there;

	assert_int_equal(maildir_move_finish(help_root, NULL), 0);
	there = messages(to);
	/* without a note, one may be in both until it is moved again */
	assert_true(messages(at("mail")) + there == SOME ||
		    (!done && moving < SOME && messages(at("mail")) + there == SOME + 1));
	assert_true(!done || there == moving);
	/* Of one that was told as failed nothing was done, where that could be taken back. */
	assert_true(done || moving != 1 || there == 0 || stays);
	free(to);
}

static void test_move(void **state)
{
	for (moving = 1; moving <= SOME; moving++)
		sweep(&(struct scene){with_some, move, moved_all});
}

static int remove_all(struct err *err)
{
	return maildir_remove_many(at("mail"), bases, SOME, err);
}

static void removed_all(bool done)
{
	assert_true(!done || !messages(at("mail")));
}

static void test_remove(void **state)
{
	sweep(&(struct scene){with_some, remove_all, removed_all});
}

static int make_folder(struct err *err)
{
	return maildir_create(at("mail"), "A/B", err);
}

static void made_folder(bool done)
{
	struct strv names = STRV_INIT;

	assert_int_equal(maildir_list(at("mail"), &names, NULL), 0);
	assert_true(!done || strv_has(&names, "A/B"));
	strv_done(&names);
	assert_int_equal(maildir_create(at("mail"), "A/B", NULL), 0); /* again */
}

static void test_create(void **state)
{
	sweep(&(struct scene){make_tree, make_folder, made_folder});
}

/* --- the outbox --- */

static struct outbox *box;
static char *mail_id;
static enum outbox_state from, to;

static struct outbox_mail mail(const char *id, enum outbox_state state)
{
	struct outbox_mail m = {.id = mem_strdup(id),
		.state = state,
		.from = mem_strdup("alice@mail.example"),
		.subject = mem_strdup("x"),
		.message_id = mem_strdup("1@mail.example"),
		.error = mem_strdup("")};

	outbox_recipient(&m, "bob@mail.example");
	return m;
}

static void with_mail(void)
{
	struct outbox_mail m = mail("", from);

	assert_int_equal(outbox_open(&box, help_root, NULL), 0);
	assert_int_equal(outbox_put(box, &m, FORMER, strlen(FORMER), NULL), 0);
	free(mail_id);
	mail_id = mem_strdup(m.id);
	outbox_mail_done(&m);
}

static int put_again(struct err *err)
{
	struct outbox_mail m = mail(mail_id, to);
	int rc = outbox_put(box, &m, OTHER, strlen(OTHER), err);

	outbox_mail_done(&m);
	return rc;
}

/* One state and the bytes that belong to it, also for a program that is started anew. */
static void put_is_whole(bool done)
{
	struct outbox_mail m;
	struct str text = STR_INIT;

	outbox_free(box);
	assert_int_equal(outbox_open(&box, help_root, NULL), 0);
	WORKS(outbox_get(box, mail_id, &m, &why) != 0 || outbox_read(box, mail_id, &text, &why));
	if (strcmp(text.p, OTHER) == 0)
		assert_int_equal(m.state, to);
	else
		assert_int_equal(m.state, from);
	assert_true(!done || strcmp(text.p, OTHER) == 0);
	outbox_mail_done(&m);
	str_done(&text);
	outbox_free(box);
}

static void test_outbox_put(void **state)
{
	static const enum outbox_state v[][2] = {{OUTBOX_DRAFT, OUTBOX_DRAFT},
		{OUTBOX_DRAFT, OUTBOX_QUEUED}, {OUTBOX_QUEUED, OUTBOX_DRAFT},
		{OUTBOX_HELD, OUTBOX_QUEUED}};

	for (size_t i = 0; i < MEM_COUNT(v); i++) {
		from = v[i][0];
		to = v[i][1];
		sweep(&(struct scene){with_mail, put_again, put_is_whole});
	}
}

static int update(struct err *err)
{
	struct outbox_mail m = mail(mail_id, OUTBOX_FAILED);
	int rc = outbox_update(box, &m, err);

	outbox_mail_done(&m);
	return rc;
}

static void updated(bool done)
{
	struct outbox_mail m;

	assert_int_equal(outbox_get(box, mail_id, &m, NULL), 0);
	assert_true(m.state == OUTBOX_FAILED || (!done && m.state == OUTBOX_QUEUED));
	outbox_mail_done(&m);
	outbox_free(box);
}

static void test_outbox_update(void **state)
{
	from = OUTBOX_QUEUED;
	sweep(&(struct scene){with_mail, update, updated});
}

static int drop(struct err *err)
{
	return outbox_remove(box, mail_id, err);
}

static void dropped(bool done)
{
	struct outbox_mail m;
	struct err err = {0};
	int rc = outbox_get(box, mail_id, &m, &err);

	assert_true(rc == 0 || err.kind == ERR_GONE);
	assert_true(!done || rc != 0);
	if (rc == 0)
		outbox_mail_done(&m);
	outbox_free(box);
}

static void test_outbox_remove(void **state)
{
	from = OUTBOX_QUEUED;
	sweep(&(struct scene){with_mail, drop, dropped});
}

/* --- the journal --- */

static struct journal *journal;

static struct op *an_op(uint32_t uid)
{
	struct op *op = op_new(OP_FLAGS);

	free(op->folder);
	op->folder = mem_strdup("INBOX");
	op->uids = mem_dup(&uid, sizeof(uid));
	op->n = 1;
	op->set = MAIL_SEEN;
	return op;
}

static void with_journal(void)
{
	struct op *op = an_op(1);

	assert_int_equal(journal_open(&journal, help_root, NULL), 0);
	assert_int_equal(journal_add(journal, op, NULL), 0);
	op_free(op);
}

static int add_op(struct err *err)
{
	struct op *op = an_op(2);
	int rc = journal_add(journal, op, err);

	op_free(op);
	return rc;
}

static int forget_op(struct err *err)
{
	return journal_done(journal, journal_at(journal, 0)->id, err);
}

static int note_mail(struct err *err)
{
	struct ledger_entry e = {.fetched = 1, .size = 2};

	return ledger_add(journal, &e, 1, err);
}

/* What is in memory is what is on the disk. */
static void reopen(size_t ops, size_t entries)
{
	assert_int_equal(journal_count(journal), ops);
	assert_int_equal(ledger_count(journal), entries);
	journal_free(journal);
	assert_int_equal(journal_open(&journal, help_root, NULL), 0);
	assert_false(journal_damaged(journal));
	if (!stays) {
		assert_int_equal(journal_count(journal), ops);
		assert_int_equal(ledger_count(journal), entries);
	}
	journal_free(journal);
}

static void op_added(bool done)
{
	reopen(done ? 2 : 1, 0);
}

static void op_forgotten(bool done)
{
	reopen(done ? 0 : 1, 0);
}

static void mail_noted(bool done)
{
	reopen(1, done ? 1 : 0);
}

static void test_journal(void **state)
{
	sweep(&(struct scene){with_journal, add_op, op_added});
	sweep(&(struct scene){with_journal, forget_op, op_forgotten});
	sweep(&(struct scene){with_journal, note_mail, mail_noted});
}

/* --- a backup --- */

static void with_file(void)
{
	help_writes(at("file"), FORMER);
}

static int back_up(struct err *err)
{
	struct tarball *t;
	int rc = tarball_new(&t, at("b.tar.gz"), err);

	if (rc == 0)
		rc = tarball_dir(t, "dir", err);
	if (rc == 0)
		rc = tarball_file(t, "dir/file", open(at("file"), O_RDONLY | O_CLOEXEC),
			strlen(FORMER), 1, err);
	while (rc == 0 && (rc = tarball_more(t, err)) == 1)
		rc = 0;
	if (rc == 0)
		rc = tarball_end(t, err);
	while (rc == 0 && (rc = tarball_check(t, err)) == 1)
		rc = 0;
	if (rc == 0)
		rc = tarball_commit(t, err);
	tarball_free(t);
	return rc;
}

static void backed_up(bool done)
{
	assert_true(!done || file_exists(at("b.tar.gz")));
}

static void test_backup(void **state)
{
	sweep(&(struct scene){with_file, back_up, backed_up});
}

/* --- what can be fetched again --- */

static struct bodies *bodies;
static const struct bodies_key key = {"INBOX", 7, 1};

static void with_bodies(void)
{
	assert_int_equal(bodies_open(&bodies, at("bodies"), 1 << 20, NULL), 0);
}

static int keep(struct err *err)
{
	return bodies_put(bodies, &key, "eml", FORMER, strlen(FORMER), err);
}

static void is_kept(bool done)
{
	struct str out = STR_INIT;

	if (bodies_get(bodies, &key, "eml", &out, NULL) == 0)
		assert_string_equal(out.p, FORMER);
	else
		assert_false(done);
	str_done(&out);
	bodies_free(bodies);
}

static void test_bodies(void **state)
{
	sweep(&(struct scene){with_bodies, keep, is_kept});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deliver),
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_keywords),
		cmocka_unit_test(test_move),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_outbox_put),
		cmocka_unit_test(test_outbox_update),
		cmocka_unit_test(test_outbox_remove),
		cmocka_unit_test(test_journal),
		cmocka_unit_test(test_backup),
		cmocka_unit_test(test_bodies),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	str_done(&base);
	free(mail_id);
	for (size_t i = 0; i < SOME; i++)
		free(bases[i]);
	return failed;
}

#include "disk_help.h"
#include "store/disk/ticket.h"
#include "store/disk/outbox.h"
#include "tests/unit/fails.h"

#include <signal.h>
#include <sys/resource.h>

static struct outbox *opened(void)
{
	struct outbox *o = NULL;

	assert_int_equal(outbox_open(&o, at("account"), NULL), 0);
	return o;
}

static struct outbox *opened_again(struct outbox *o)
{
	outbox_free(o);
	return opened();
}

static struct outbox_mail mail(const char *subject)
{
	struct outbox_mail m = {
		.state = OUTBOX_QUEUED, .due = 1700000000, .attempts = 2, .unreached = true};

	m.from = mem_strdup("me@example.org");
	outbox_recipient(&m, "a@example.org");
	outbox_recipient(&m, "b\nrcpt evil@example.org");
	m.subject = mem_strdup(subject);
	m.message_id = mem_strdup("x@example.org");
	m.error = mem_strdup("");
	return m;
}

static void assert_same_ref(const struct outbox_ref *a, const struct outbox_ref *b)
{
	assert_int_equal(!a->account, !b->account);
	if (!a->account)
		return;
	assert_string_equal(a->account, b->account);
	assert_string_equal(a->folder, b->folder);
	assert_string_equal(a->file, b->file);
	assert_int_equal(a->local, b->local);
	assert_int_equal(a->uidvalidity, b->uidvalidity);
	assert_int_equal(a->uid, b->uid);
}

static void assert_same(const struct outbox_mail *a, const struct outbox_mail *b)
{
	assert_string_equal(a->id, b->id);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->due, b->due);
	assert_int_equal(a->attempts, b->attempts);
	assert_int_equal(a->unreached, b->unreached);
	assert_string_equal(a->from, b->from);
	assert_int_equal(a->nto, b->nto);
	for (size_t i = 0; i < a->nto; i++) {
		assert_string_equal(a->to[i].address, b->to[i].address);
		assert_int_equal(a->to[i].fate, b->to[i].fate);
		assert_string_equal(a->to[i].words, b->to[i].words);
	}
	assert_int_equal(a->copied, b->copied);
	assert_int_equal(a->forward, b->forward);
	assert_int_equal(a->parked, b->parked);
	assert_same_ref(&a->about, &b->about);
	assert_same_ref(&a->kept, &b->kept);
	assert_int_equal(a->files.n, b->files.n);
	for (size_t i = 0; i < a->files.n; i++)
		assert_string_equal(a->files.v[i], b->files.v[i]);
	assert_string_equal(a->subject, b->subject);
	assert_string_equal(a->message_id, b->message_id);
	assert_string_equal(a->error, b->error);
}

static struct outbox_mail draft(const char *id)
{
	struct outbox_mail m = mail("d");

	m.state = OUTBOX_DRAFT;
	m.id = mem_strdup(id);
	return m;
}

static void test_drafts(void **state)
{
	struct outbox *o = opened();
	struct outbox_mail one = draft(NULL), two = draft(NULL);
	struct str got = STR_INIT;
	struct strv ids = STRV_INIT;
	char path[256];

	assert_int_equal(outbox_put(o, &one, "one", 3, NULL), 0);
	snprintf(path, sizeof(path), "%s/%s.job", at("account/drafts"), one.id);
	help_age(path, 100);
	assert_int_equal(outbox_put(o, &two, "two", 3, NULL), 0);
	assert_int_equal(outbox_drafts(o, &ids, NULL), 0);
	assert_int_equal(ids.n, 2);
	assert_string_equal(ids.v[0], two.id);
	strv_done(&ids);
	assert_int_equal(outbox_put(o, &one, "one again", 9, NULL), 0);
	o = opened_again(o);
	assert_int_equal(outbox_read(o, one.id, &got, NULL), 0);
	assert_string_equal(got.p, "one again");
	assert_int_equal(outbox_drafts(o, &ids, NULL), 0);
	assert_string_equal(ids.v[0], one.id);
	strv_done(&ids);
	assert_int_equal(outbox_list(o, &ids, NULL), 0);
	assert_int_equal(ids.n, 0);
	assert_int_equal(outbox_remove(o, one.id, NULL), 0);
	assert_int_equal(outbox_remove(o, one.id, NULL), 0);
	assert_int_equal(outbox_read(o, one.id, &got, NULL), -1);
	assert_int_equal(help_count(at("account/drafts")), 2);
	outbox_mail_done(&one);
	outbox_mail_done(&two);
	strv_done(&ids);
	str_done(&got);
	outbox_free(o);
}

static void copy_files(const char *from, const char *to)
{
	DIR *d = opendir(at(from));
	struct dirent *de;

	assert_non_null(d);
	while ((de = readdir(d))) {
		struct str bytes = STR_INIT;
		char a[512], b[512];

		if (de->d_name[0] == '.')
			continue;
		snprintf(a, sizeof(a), "%s/%s", at(from), de->d_name);
		snprintf(b, sizeof(b), "%s/%s", at(to), de->d_name);
		assert_int_equal(file_read(a, 1 << 20, &bytes, NULL), 0);
		help_write(b, bytes.p, bytes.len);
		str_done(&bytes);
	}
	closedir(d);
}

/* Out and back: one mail, in one directory, with all that is known of it. */
static void test_moves(void **state)
{
	static const char *const dirs[] = {"account/drafts", "account/outbox"};
	static const enum outbox_state states[] = {
		OUTBOX_DRAFT, OUTBOX_QUEUED, OUTBOX_DRAFT, OUTBOX_HELD, OUTBOX_DRAFT};
	struct outbox *o = opened();
	struct outbox_mail m = draft(NULL), got;
	struct strv ids = STRV_INIT;

	outbox_fate(&m.to[0], FATE_ACCEPTED, "250 2.1.5 ok");
	outbox_fate(&m.to[1], FATE_NEVER, "550 5.1.1 nobody\nhere");
	outbox_fate(outbox_recipient(&m, "c@x"), FATE_LATER, "451");
	outbox_fate(outbox_recipient(&m, "d@x"), FATE_UNCONFIRMED, "");
	m.copied = m.forward = m.parked = true;
	m.about = (struct outbox_ref){
		mem_strdup("work"), mem_strdup("A b\\/c"), mem_strdup(""), false, 4000000000u, 7};
	m.kept = (struct outbox_ref){
		mem_strdup(""), mem_strdup("/x y"), mem_strdup("17.M1P2.h"), true, 1, 2};
	strv_add(&m.files, "key1");
	strv_add(&m.files, "key2");
	for (size_t i = 0; i < MEM_COUNT(states); i++) {
		m.state = states[i];
		assert_int_equal(outbox_put(o, &m, "x", 1, NULL), 0);
		assert_int_equal(outbox_get(o, m.id, &got, NULL), 0);
		assert_same(&m, &got);
		outbox_mail_done(&got);
		assert_int_equal(help_count(at(dirs[states[i] != OUTBOX_DRAFT])), 2);
		assert_int_equal(help_count(at(dirs[states[i] == OUTBOX_DRAFT])), 0);
	}
	outbox_free(o);
	/* Killed between the two: it is in the outbox, and no draft of it shows, not even when the
	 * outbox has sent it. */
	copy_files("account/drafts", "account/outbox");
	o = opened();
	assert_int_equal(outbox_drafts(o, &ids, NULL), 0);
	assert_int_equal(ids.n, 0);
	assert_int_equal(outbox_list(o, &ids, NULL), 0);
	assert_int_equal(ids.n, 1);
	assert_int_equal(outbox_remove(o, m.id, NULL), 0);
	assert_int_equal(help_count(at("account/drafts")), 0);
	assert_int_equal(help_count(at("account/outbox")), 0);
	strv_done(&ids);
	outbox_mail_done(&m);
	outbox_free(o);
}

static void test_editor_text(void **state)
{
	struct outbox *o = opened();
	struct outbox_mail m = draft(NULL);
	struct str text = STR_INIT;
	char *path;

	assert_int_equal(outbox_put(o, &m, "x", 1, NULL), 0);
	FAILS(ERR_GONE, outbox_text_read(o, m.id, &text, &why));
	assert_int_equal(outbox_text_write(o, m.id, "To: a\n\n", 7, NULL), 0);
	path = kept(outbox_text_path(o, m.id));
	help_age(path, 100000);
	/* It is no draft, no left-over, and no message of the mail. */
	assert_int_equal(outbox_put(o, &m, "xy", 2, NULL), 0);
	o = opened_again(o);
	assert_int_equal(outbox_text_read(o, m.id, &text, NULL), 0);
	assert_string_equal(text.p, "To: a\n\n");
	m.state = OUTBOX_QUEUED;
	assert_int_equal(outbox_put(o, &m, "xy", 2, NULL), 0);
	assert_false(file_exists(path));
	str_done(&text);
	outbox_mail_done(&m);
	outbox_free(o);
}

static void test_former_drafts(void **state)
{
	struct outbox *o;
	struct strv ids = STRV_INIT;
	struct str text = STR_INIT;

	outbox_free(opened());
	help_writes(at("account/drafts/0123abc.eml"), "To: a\n\nx");
	help_age(at("account/drafts/0123abc.eml"), 1000000);
	o = opened();
	assert_int_equal(outbox_drafts(o, &ids, NULL), 0);
	assert_int_equal(ids.n, 0);
	assert_int_equal(outbox_old_list(o, &ids, NULL), 0);
	assert_int_equal(ids.n, 1);
	assert_int_equal(outbox_old_read(o, ids.v[0], &text, NULL), 0);
	assert_string_equal(text.p, "To: a\n\nx");
	assert_int_equal(outbox_old_remove(o, ids.v[0], NULL), 0);
	assert_int_equal(help_count(at("account/drafts")), 0);
	strv_done(&ids);
	str_done(&text);
	outbox_free(o);
}

static void test_bad_ids(void **state)
{
	static const char *const table[] = {
		"..", "../x", "/etc/passwd", "a/b", "A", "a.b", "a b", "x\n"};
	struct outbox *o = opened();
	struct outbox_mail m = mail("x"), got;
	struct str text = STR_INIT;

	for (size_t i = 0; i < MEM_COUNT(table); i++) {

		assert_null(outbox_text_path(o, table[i]));
		assert_int_equal(outbox_text_write(o, table[i], "x", 1, &why), -1);
		assert_int_equal(outbox_text_read(o, table[i], &text, &why), -1);
		outbox_text_remove(o, table[i]);
		assert_int_equal(outbox_old_read(o, table[i], &text, &why), -1);
		assert_int_equal(outbox_old_remove(o, table[i], &why), -1);
		free(m.id);
		m.id = mem_strdup(table[i]);
		m.state = i % 2 ? OUTBOX_DRAFT : OUTBOX_QUEUED;
		FAILS(ERR_GONE, outbox_put(o, &m, "x", 1, &why));
		assert_int_equal(outbox_update(o, &m, &why), -1);
		assert_int_equal(outbox_get(o, table[i], &got, &why), -1);
		assert_int_equal(outbox_read(o, table[i], &text, &why), -1);
		assert_int_equal(outbox_remove(o, table[i], &why), -1);
	}
	assert_int_equal(help_count(at("account/drafts")), 0);
	assert_int_equal(help_count(at("account/outbox")), 0);
	outbox_mail_done(&m);
	str_done(&text);
	outbox_free(o);
}

static void test_put(void **state)
{
	struct outbox *o = opened();
	struct outbox_mail m = mail("tricky \\ \r\n\xc3\xbc"), got;
	struct str text = STR_INIT;
	struct strv ids = STRV_INIT;

	assert_int_equal(outbox_put(o, &m, "A: b\r\n\r\nbody\r\n", 14, NULL), 0);
	assert_non_null(m.id);
	o = opened_again(o);
	assert_int_equal(outbox_get(o, m.id, &got, NULL), 0);
	assert_same(&m, &got);
	outbox_mail_done(&got);
	assert_int_equal(outbox_read(o, m.id, &text, NULL), 0);
	assert_string_equal(text.p, "A: b\r\n\r\nbody\r\n");

	m.state = OUTBOX_FAILED;
	free(m.error);
	m.error = mem_strdup("550 no\nsuch user");
	outbox_fate(&m.to[0], FATE_ACCEPTED, "");
	assert_int_equal(outbox_update(o, &m, NULL), 0);
	assert_int_equal(outbox_get(o, m.id, &got, NULL), 0);
	assert_same(&m, &got);
	outbox_mail_done(&got);
	/* Edited and queued again under its id: one message, the new one. */
	assert_int_equal(outbox_put(o, &m, "new", 3, NULL), 0);
	str_clear(&text);
	assert_int_equal(outbox_read(o, m.id, &text, NULL), 0);
	assert_string_equal(text.p, "new");
	assert_int_equal(help_count(at("account/outbox")), 2);
	assert_int_equal(outbox_list(o, &ids, NULL), 0);
	assert_int_equal(ids.n, 1);
	assert_int_equal(outbox_remove(o, m.id, NULL), 0);
	assert_int_equal(help_count(at("account/outbox")), 0);
	assert_int_equal(outbox_remove(o, m.id, NULL), 0);
	FAILS(ERR_GONE, outbox_get(o, m.id, &got, &why));
	FAILS(ERR_GONE, outbox_update(o, &m, &why));
	outbox_mail_done(&m);
	strv_done(&ids);
	str_done(&text);
	outbox_free(o);
}

static void test_order(void **state)
{
	struct outbox *o = opened();
	struct strv ids = STRV_INIT;
	char *first = NULL;

	for (int i = 0; i < 3; i++) {
		struct outbox_mail m = mail("x");
		char path[512], text[2] = {(char)('a' + i), 0};

		assert_int_equal(outbox_put(o, &m, text, 1, NULL), 0);
		/* The second is the oldest. */
		if (i == 1) {
			DIR *d = opendir(at("account/outbox"));
			struct dirent *de;

			while ((de = readdir(d)))
				if (str_starts(de->d_name, m.id) && strstr(de->d_name, ".eml")) {
					snprintf(path, sizeof(path), "%s/%s", at("account/outbox"),
						de->d_name);
					help_age(path, 1000);
				}
			closedir(d);
			first = mem_strdup(m.id);
			m.attempts++;
			assert_int_equal(outbox_update(o, &m, NULL), 0);
		}
		outbox_mail_done(&m);
	}
	assert_int_equal(outbox_list(o, &ids, NULL), 0);
	assert_int_equal(ids.n, 3);
	assert_string_equal(ids.v[0], first);
	strv_done(&ids);
	free(first);
	outbox_free(o);
}

static void test_recover(void **state)
{
	static const enum outbox_state before[] = {OUTBOX_QUEUED, OUTBOX_SENDING, OUTBOX_FAILED,
		OUTBOX_UNCONFIRMED, OUTBOX_SENT, OUTBOX_HELD, OUTBOX_DRAFT};
	static const enum outbox_state after[] = {OUTBOX_QUEUED, OUTBOX_UNCONFIRMED, OUTBOX_FAILED,
		OUTBOX_UNCONFIRMED, OUTBOX_SENT, OUTBOX_HELD, OUTBOX_DRAFT};
	struct outbox *o = opened();
	struct outbox_mail m[7], got;

	for (size_t i = 0; i < 7; i++) {
		m[i] = mail("x");
		m[i].state = before[i];
		assert_int_equal(outbox_put(o, &m[i], "x", 1, NULL), 0);
	}
	help_writes(at("account/outbox/0000.job"), "damaged");
	assert_int_equal(outbox_recover(o, NULL), 0);
	for (size_t i = 0; i < 7; i++) {
		assert_int_equal(outbox_get(o, m[i].id, &got, NULL), 0);
		assert_int_equal(got.state, after[i]);
		if (i == 1)
			assert_string_not_equal(got.error, "");
		for (size_t k = 0; k < got.nto; k++)
			assert_int_equal(got.to[k].fate, i == 1 ? FATE_UNCONFIRMED : FATE_UNASKED);
		outbox_mail_done(&got);
		outbox_mail_done(&m[i]);
	}
	assert_true(file_exists(at("account/outbox/0000.job")));
	outbox_free(o);
}

static void test_damage(void **state)
{
	struct outbox *o = opened();
	struct outbox_mail m = mail("x"), got;
	struct str good = STR_INIT, text = STR_INIT;
	struct strv ids = STRV_INIT;
	char path[256], *name;

	assert_int_equal(outbox_put(o, &m, "message", 7, NULL), 0);
	snprintf(path, sizeof(path), "%s/%s.job", at("account/outbox"), m.id);
	assert_int_equal(file_read(path, 10000, &good, NULL), 0);
	for (size_t i = 0; i < good.len * 2; i++) {
		char *bad = mem_dup(good.p, good.len);

		bad[i / 2] ^= i % 2 ? 0x10 : 1;
		help_write(path, bad, i % 2 ? good.len : i / 2);
		free(bad);
		FAILS(ERR_DAMAGED, outbox_get(o, m.id, &got, &why));
		assert_int_equal(outbox_update(o, &m, &why), -1);
	}
	/* It is shown, not hidden, and its message stays when the directory is swept. */
	assert_int_equal(outbox_list(o, &ids, NULL), 0);
	assert_int_equal(ids.n, 1);
	o = opened_again(o);
	assert_int_equal(help_count(at("account/outbox")), 2);
	help_write(path, good.p, good.len);
	name = help_find(at("account/outbox"), ".eml");
	snprintf(path, sizeof(path), "%s/%s", at("account/outbox"), name);
	help_writes(path, "massage");
	FAILS(ERR_DAMAGED, outbox_read(o, m.id, &text, &why));
	assert_int_equal(text.len, 0);
	assert_int_equal(unlink(path), 0);
	FAILS(ERR_DAMAGED, outbox_read(o, m.id, &text, &why));
	strv_done(&ids);
	outbox_mail_done(&m);
	str_done(&good);
	str_done(&text);
	outbox_free(o);
}

static void test_sweep(void **state)
{
	static const char *const gone[] = {"account/drafts/a.eml.12345678.tmp",
		"account/outbox/a.job.12345678.tmp", "account/outbox/b.0123456789abcdef.eml",
		"account/drafts/b.0123456789abcdef.eml", "account/drafts/b.edit.eml"};
	struct outbox *o = opened();
	struct outbox_mail m = mail("x");

	assert_int_equal(outbox_put(o, &m, "x", 1, NULL), 0);
	outbox_free(o);
	for (size_t i = 0; i < MEM_COUNT(gone); i++)
		help_writes(at(gone[i]), "x");
	help_writes(at("account/drafts/keep.eml"), "x");
	help_age(at("account/drafts/keep.eml"), 1000000);
	outbox_free(opened());
	for (size_t i = 0; i < MEM_COUNT(gone); i++) {
		assert_true(file_exists(at(gone[i])));
		help_age(at(gone[i]), 1000);
	}
	outbox_free(opened());
	for (size_t i = 0; i < MEM_COUNT(gone); i++)
		assert_false(file_exists(at(gone[i])));
	assert_int_equal(help_count(at("account/outbox")), 2);
	assert_true(file_exists(at("account/drafts/keep.eml")));
	outbox_mail_done(&m);
}

/* A write that fails leaves the former draft and job as they were, and a mail where it was. */
static void test_full(void **state)
{
	struct outbox *o = opened();
	struct outbox_mail m = mail("x"), d = draft(NULL), none = draft(NULL), got;
	struct rlimit old, small;
	struct str text = STR_INIT;
	char *big = mem_alloc(100000);

	memset(big, 'x', 100000);
	assert_int_equal(outbox_put(o, &d, "former", 6, NULL), 0);
	assert_int_equal(outbox_put(o, &m, "former", 6, NULL), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 5000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(outbox_put(o, &d, big, 100000, NULL), -1);
	assert_int_equal(outbox_put(o, &none, big, 100000, NULL), -1);
	assert_int_equal(outbox_put(o, &m, big, 100000, NULL), -1);
	d.state = OUTBOX_QUEUED;
	m.state = OUTBOX_DRAFT;
	assert_int_equal(outbox_put(o, &d, big, 100000, NULL), -1);
	assert_int_equal(outbox_put(o, &m, big, 100000, NULL), -1);
	m.state = OUTBOX_QUEUED;
	for (int i = 0; i < 1000; i++) {
		char address[40];

		snprintf(address, sizeof(address), "someone%d@example.org", i);
		outbox_recipient(&m, address);
	}
	assert_int_equal(outbox_update(o, &m, NULL), -1);
	assert_int_equal(outbox_put(o, &m, "x", 1, NULL), -1);
	m.state = OUTBOX_DRAFT;
	assert_int_equal(outbox_put(o, &m, "x", 1, NULL), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_string_equal(none.id, "");
	assert_int_equal(outbox_read(o, d.id, &text, NULL), 0);
	assert_string_equal(text.p, "former");
	str_clear(&text);
	assert_int_equal(outbox_read(o, m.id, &text, NULL), 0);
	assert_string_equal(text.p, "former");
	assert_int_equal(outbox_get(o, d.id, &got, NULL), 0);
	assert_int_equal(got.state, OUTBOX_DRAFT);
	outbox_mail_done(&got);
	assert_int_equal(outbox_get(o, m.id, &got, NULL), 0);
	assert_int_equal(got.state, OUTBOX_QUEUED);
	assert_int_equal(got.nto, 2);
	assert_int_equal(help_count(at("account/drafts")), 2);
	assert_int_equal(help_count(at("account/outbox")), 2);
	outbox_mail_done(&got);
	outbox_mail_done(&m);
	outbox_mail_done(&d);
	outbox_mail_done(&none);
	str_done(&text);
	free(big);
	outbox_free(o);
}

/* Files whose checksum is right but whose lines are not. */
static void test_job_lines(void **state)
{
#define REST                                                                                       \
	"sha256 0000000000000000000000000000000000000000000000000000000000000000\n"                \
	"from a\nsubject s\nmessage-id m\nerror \n"
	static const struct {
		const char *text;
		int rc;
	} table[] = {
		{"talaria-outbox 1\nstate queued\ndue 5\nattempts 0\nsize 3\n" REST, 0},
		{"talaria-outbox 1\nstate queued\ndue -5\nattempts 0\nsize 3\nlater x\n" REST, 0},
		{"talaria-outbox 1\nstate odd\ndue 5\nattempts 0\nsize 3\n" REST, -1},
		{"talaria-outbox 1\nstate queued\ndue 5x\nattempts 0\nsize 3\n" REST, -1},
		{"talaria-outbox 1\nstate queued\ndue 5\nattempts -1\nsize 3\n" REST, -1},
		{"talaria-outbox 1\nstate queued\ndue 5\nattempts 0\nsize "
		 "99999999999999999999\n" REST,
			-1},
		{"talaria-outbox 1\nstate queued\ndue 5\ndue 5\nattempts 0\nsize 3\n" REST, -1},
		{"talaria-outbox 1\nstate queued\ndue\nattempts 0\nsize 3\n" REST, -1},
		{"talaria-outbox 1\nstate queued\ndue 5\nattempts 0\nsize 3\n" REST "rcpt a\\x\n",
			-1},
		{"talaria-outbox 1\nstate queued\ndue 5\nattempts 0\nsize 3\n" REST "rcpt a\\", -1},
		{"talaria-outbox 1\nstate queued\ndue 5\nattempts 0\nsize 3\n", -1},
		{"talaria-outbox 2\nstate queued\ndue 5\nattempts 0\nsize 3\n" REST, -1},
		{"talaria-mail 3\nstate queued\ndue 5\nattempts 0\nsize 3\n" REST, -1},
		{"talaria-mail 2\nstate draft\ndue 5\nattempts 0\nsize 3\n" REST
		 "rcpt a\nfate later 451\ndone b\nfate accepted \nrcpt c\nfate never\n",
			0},
		{"talaria-mail 2\nstate draft\ndue 5\nattempts 0\nsize 3\n" REST
		 "done a\nfate later 451\n",
			-1},
		{"talaria-mail 2\nstate draft\ndue 5\nattempts 0\nsize 3\n" REST "fate later\n",
			-1},
		{"talaria-mail 2\nstate draft\ndue 5\nattempts 0\nsize 3\n" REST
		 "about reply server 1 2 work\nin x\nkept draft local 1 x work\n",
			-1},
		{"", -1},
	};

	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		struct str text = STR_INIT;
		struct ticket ticket = {0};

		str_adds(&text, table[i].text);
		str_addf(&text, "crc %08lx\n",
			(unsigned long)hash_crc32c(0, str_c(&text), text.len));
		assert_int_equal(ticket_parse(text.p, text.len, &ticket, NULL), table[i].rc);
		ticket_done(&ticket);
		str_done(&text);
	}
}

/* The state of a mail has room for so many recipients and what was said of them. */
static void test_state_limit(void **state)
{
	struct outbox *o;
	struct outbox_mail m = {.from = mem_strdup("a@b.c"),
		.subject = mem_strdup(""),
		.message_id = mem_strdup(""),
		.error = mem_strdup(""),
		.state = OUTBOX_QUEUED};
	struct ticket job = {0};
	struct str text = STR_INIT;
	size_t room;

	assert_int_equal(outbox_open(&o, help_root, NULL), 0);
	outbox_fate(outbox_recipient(&m, "x@y.z"), FATE_NEVER, "w");
	assert_int_equal(outbox_put(o, &m, "x", 1, NULL), 0);
	job.mail = m;
	memset(job.sha256, 'a', sizeof(job.sha256) - 1);
	job.size = 1;
	ticket_format(&text, &job);
	room = TICKET_MAX - text.len + 1;
	for (size_t n = room - 1; n <= room + 1; n++) {
		struct outbox_mail got;
		char *words = mem_array(n + 1, 1);

		memset(words, 'w', n);
		outbox_fate(&m.to[0], FATE_NEVER, words);
		free(words);
		if (n <= room) {
			WORKS(outbox_update(o, &m, &why));
			WORKS(outbox_get(o, m.id, &got, &why));
			assert_int_equal(strlen(got.to[0].words), n);
			outbox_mail_done(&got);
		} else {
			assert_int_equal(outbox_update(o, &m, &why), -1);
			assert_string_equal(why.text, "The message has too many recipients");
		}
	}
	outbox_mail_done(&m);
	str_done(&text);
	outbox_free(o);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, help_setup, help_teardown)
	const struct CMUnitTest tests[] = {T(test_drafts), T(test_moves), T(test_editor_text),
		T(test_state_limit), T(test_former_drafts), T(test_bad_ids), T(test_put),
		T(test_order), T(test_recover), T(test_damage), T(test_sweep), T(test_full),
		T(test_job_lines)};

	return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}

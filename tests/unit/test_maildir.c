#include "disk_help.h"
#include "store/disk/keywords.h"
#include "store/disk/maildir.h"
#include "tests/scratch.h"
#include "tests/unit/fails.h"

#include <sys/resource.h>
#include <signal.h>
#include <semaphore.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <sys/wait.h>

/* ---- folder names ---- */

static void test_names(void **state)
{
	/* The right-hand names are what Dovecot and Courier make of these folders. */
	static const struct {
		const char *folder, *dir;
	} table[] = {
		{"INBOX", "/r"},
		{"inbox", "/r"},
		{"Sent", "/r/.Sent"},
		{"Lists/talaria", "/r/.Lists.talaria"},
		{"INBOX/sub", "/r/.INBOX.sub"},
		{"A & B", "/r/.A &- B"},
		{"Entw\xc3\xbcrfe", "/r/.Entw&APw-rfe"},
		{"\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5", "/r/.&U,BTFw-.&ZeU-"},
		{"\xf0\x9f\x93\xa7", "/r/.&2D3c5w-"},
		{"~peter", "/r/.~peter"},
	};

	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		char *dir = maildir_dir("/r", table[i].folder, NULL);

		assert_non_null(dir);
		assert_string_equal(dir, table[i].dir);
		free(dir);
	}
}

static void test_tags(void **state)
{
	static const struct {
		const char *base, *want; /* four digits */
	} table[] = {{"", NULL}, {"1.M2P3Q1RabT12ef.host,S=1", "12ef"}, {"1.RT12e.host", NULL},
		{"1.RT12ef0.host", NULL}, {"1.RT12EF.host", NULL}, {"1.RT12ef", NULL},
		{"1.RTTT12T12ef.Thost", "12ef"}, {"1.R12ef.host", NULL}};

	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		const char *tag = maildir_tag(table[i].base, 4);

		assert_int_equal(!tag, !table[i].want);
		if (tag)
			assert_memory_equal(tag, table[i].want, 4);
	}
}

static void test_bad_names(void **state)
{
	static const char *const table[] = {"", "/", "a//b", "/a", "a/", ".", "..",
		"../../etc/passwd", "a/../b", "a/./b", "a.b", ".hidden", "a\nb", "a\x1b[2J", "\x7f",
		"a\xc2\x85z", "a\xffz", "\xc0\xae\xc0\xae/x"};
	char long_name[400];
	struct err err = {0};

	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		err.kind = ERR_NONE;
		assert_null(maildir_dir("/r", table[i], &err));
		assert_int_equal(err.kind, ERR_INPUT);
		assert_int_equal(maildir_create(help_root, table[i], NULL), -1);
	}
	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	assert_null(maildir_dir("/r", long_name, NULL));
	assert_int_equal(help_count(help_root), 0);
}

static void test_list(void **state)
{
	static const char *const want[] = {
		"INBOX", "A & B", "Entw\xc3\xbcrfe", "Lists", "Lists/talaria"};
	/* Not canonical, decodes to '/', to "..", to a second INBOX, no UTF-7 at all. */
	static const char *const odd[] = {
		".&AGE-", ".a&AC8-b", ".&AC4ALg-", ".INBOX", ".x&", "..x", ".\xc3\xbc"};
	struct strv got = STRV_INIT;

	assert_int_equal(maildir_create(help_root, "INBOX", NULL), 0);
	for (size_t i = MEM_COUNT(want); i-- > 1;)
		assert_int_equal(maildir_create(help_root, want[i], NULL), 0);
	assert_int_equal(maildir_create(help_root, "Lists", NULL), 0);
	for (size_t i = 0; i < MEM_COUNT(odd); i++) {
		char path[256];

		assert_int_equal(mkdir(at(odd[i]), 0700), 0);
		snprintf(path, sizeof(path), "%s/cur", at(odd[i]));
		assert_int_equal(mkdir(path, 0700), 0);
		snprintf(path, sizeof(path), "%s/new", at(odd[i]));
		assert_int_equal(mkdir(path, 0700), 0);
	}
	assert_int_equal(mkdir(at(".notes"), 0700), 0); /* no cur, no new */
	help_writes(at(".file"), "x");
	assert_int_equal(maildir_list(help_root, &got, NULL), 0);
	assert_int_equal(got.n, MEM_COUNT(want));
	for (size_t i = 0; i < got.n; i++)
		assert_string_equal(got.v[i], want[i]);
	strv_done(&got);
	assert_true(maildir_is(at(".Lists.talaria")));
	assert_true(file_exists(at(".Lists.talaria/maildirfolder")));
	assert_false(file_exists(at("maildirfolder")));
	assert_false(maildir_is(at(".notes")));
	assert_int_equal(maildir_list(at("missing"), &got, NULL), -1);
}

/* ---- messages ---- */

struct found {
	struct strv bases;
	struct maildir_entry last;
	char last_base[256], last_name[256];
	int stop_after;
};

static int note(void *ctx, const struct maildir_entry *e)
{
	struct found *f = ctx;

	strv_add(&f->bases, e->base);
	f->last = *e;
	snprintf(f->last_base, sizeof(f->last_base), "%s", e->base);
	snprintf(f->last_name, sizeof(f->last_name), "%s", e->name);
	f->last.base = f->last.name = NULL; /* borrowed during the call only */
	f->last.keywords = NULL;
	return f->stop_after && (int)f->bases.n == f->stop_after ? 7 : 0;
}

static int note_keywords(void *ctx, const struct maildir_entry *e)
{
	str_addf(ctx, "%s.", e->keywords);
	return 0;
}

static struct found scan(const char *dir)
{
	struct found f = {0};

	assert_int_equal(maildir_scan(dir, note, &f, NULL), 0);
	return f;
}

static size_t scan_count(const char *dir)
{
	struct found f = scan(dir);
	size_t n = f.bases.n;

	strv_done(&f.bases);
	return n;
}

static char *folder(const char *name)
{
	assert_int_equal(maildir_create(help_root, name, NULL), 0);
	return kept(maildir_dir(help_root, name, NULL));
}

static void test_deliver(void **state)
{
	static const char text[] = "Subject: x\r\n\r\nlone\rcr\r\r\nlone\nlf\r\nend\r";
	static const char stored[] = "Subject: x\n\nlone\rcr\r\nlone\nlf\nend\r";
	char *dir = folder("INBOX"), *name;
	struct str base = STR_INIT, got = STR_INIT;
	struct found f;

	WORKS(maildir_deliver(dir, text, sizeof(text) - 1, 0, "abc123", &base, &why));
	assert_int_equal(maildir_sync(dir, NULL), 0);
	assert_int_equal(help_count(at("tmp")), 0);
	assert_int_equal(help_count(at("cur")), 0);
	name = help_find(at("new"), "Tabc123.");
	assert_non_null(name);
	assert_string_equal(name, base.p);
	f = scan(dir);
	assert_int_equal(f.bases.n, 1);
	assert_string_equal(f.last_base, base.p);
	assert_true(f.last.in_new);
	assert_int_equal(f.last.flags, 0);
	assert_int_equal(f.last.size, sizeof(stored) - 1);
	assert_in_range(f.last.received, (uint32_t)time(NULL) - 60, (uint32_t)time(NULL) + 1);
	assert_int_equal(maildir_read(dir, base.p, 1000, &got, NULL), 0);
	assert_string_equal(got.p, stored);
	FAILS(ERR_INPUT, maildir_read(dir, base.p, 5, &got, &why));
	FAILS(ERR_INPUT, maildir_deliver(dir, "x", 1, 0, "../x", &base, &why));
	strv_done(&f.bases);
	str_done(&base);
	str_done(&got);
}

static void test_flags(void **state)
{
	static const struct {
		uint32_t flags;
		const char *letters;
	} table[] = {
		{0, ":2,"},
		{MAIL_SEEN, ":2,S"},
		{MAIL_SERVER_FLAGS, ":2,DFPRST"},
		{MAIL_FORWARDED | MAIL_LIST | MAIL_ATTACHMENT, ":2,P"},
		{MAIL_ANSWERED | MAIL_SEEN, ":2,RS"},
		{MAIL_DELETED | MAIL_FLAGGED | MAIL_DRAFT, ":2,DFT"},
	};
	char *dir = folder("INBOX"), *name;
	struct str base = STR_INIT;
	struct found f;

	assert_int_equal(maildir_deliver(dir, "x", 1, 0, NULL, &base, NULL), 0);
	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		assert_int_equal(maildir_set_flags(dir, base.p, table[i].flags, NULL), 0);
		assert_int_equal(help_count(at("new")), 0);
		assert_int_equal(help_count(at("cur")), 1);
		name = help_find(at("cur"), base.p);
		assert_string_equal(name + base.len, table[i].letters);
		f = scan(dir);
		assert_int_equal(f.last.flags, table[i].flags & MAIL_SERVER_FLAGS);
		strv_done(&f.bases);
	}
	/* Other programs may have marked it meanwhile: what is added is added to that. */
	assert_int_equal(maildir_add_flags(dir, base.p, MAIL_SEEN | MAIL_FLAGGED, NULL), 0);
	name = help_find(at("cur"), base.p);
	assert_string_equal(name + base.len, ":2,DFST");
	assert_int_equal(maildir_add_flags(dir, "none", MAIL_SEEN, NULL), -1);
	assert_int_equal(maildir_deliver(dir, "x", 1, MAIL_SEEN, NULL, &base, NULL), 0);
	name = help_find(at("cur"), base.p);
	assert_string_equal(name + base.len, ":2,S");
	str_done(&base);
}

static void test_foreign_names(void **state)
{
	static const struct {
		const char *name, *base;
		uint32_t flags, received;
		uint64_t size;
	} table[] = {
		{"cur/1700000000.M1P2.host,S=77,W=80:2,FSa", "1700000000.M1P2.host,S=77,W=80",
			MAIL_FLAGGED | MAIL_SEEN, 1700000000, 77},
		{"cur/1700000001.4_1.host:2,", "1700000001.4_1.host", 0, 1700000001, 3},
		{"new/1700000002.host", "1700000002.host", 0, 1700000002, 3},
		{"new/1700000003.x:2,S", "1700000003.x", MAIL_SEEN, 1700000003, 3},
		{"cur/1700000004.x:1,odd", "1700000004.x", 0, 1700000004, 3},
		{"cur/1700000005.x,S=junk:2,S", "1700000005.x,S=junk", MAIL_SEEN, 1700000005, 3},
		{"cur/1700000006.x,S=99999999999999999999:2,S",
			"1700000006.x,S=99999999999999999999", MAIL_SEEN, 1700000006, 3},
	};
	char *dir = folder("INBOX");
	struct str got = STR_INIT;

	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		struct found f;

		help_writes(at(table[i].name), "abc");
		f = scan(dir);
		assert_int_equal(f.bases.n, 1);
		assert_string_equal(f.last_base, table[i].base);
		assert_int_equal(f.last.flags, table[i].flags);
		assert_int_equal(f.last.received, table[i].received);
		assert_int_equal(f.last.size, table[i].size);
		strv_done(&f.bases);
		str_clear(&got);
		assert_int_equal(maildir_read(dir, table[i].base, 100, &got, NULL), 0);
		assert_string_equal(got.p, "abc");
		assert_int_equal(maildir_remove(dir, table[i].base, NULL), 0);
		assert_int_equal(scan_count(dir), 0);
	}
	/* No time in the name: the file's. */
	help_writes(at("cur/strange:2,S"), "abc");
	help_age(at("cur/strange:2,S"), 1000);
	{
		struct found f = scan(dir);

		assert_in_range(
			f.last.received, (uint32_t)time(NULL) - 1010, (uint32_t)time(NULL) - 990);
		strv_done(&f.bases);
	}
	str_done(&got);
}

/* Letters of other programs (Dovecot's keywords) survive a change of ours, but do not travel. */
static void test_foreign_letters(void **state)
{
	char *dir = folder("INBOX"), *to = folder("Work"), *name;

	help_writes(at("cur/1700000000.a.h:2,RSac"), "abc");
	assert_int_equal(maildir_set_flags(dir, "1700000000.a.h", MAIL_FLAGGED, NULL), 0);
	assert_true(file_exists(at("cur/1700000000.a.h:2,Fac")));
	assert_int_equal(maildir_move(dir, "1700000000.a.h", to, NULL), 0);
	name = help_find(at(".Work/cur"), "1700000000");
	assert_string_equal(name, "1700000000.a.h:2,F");
}

static void keywords_are(const char *dir, const char *want)
{
	struct str got = STR_INIT;

	assert_int_equal(maildir_scan(dir, note_keywords, &got, NULL), 0);
	assert_string_equal(str_c(&got), want);
	str_done(&got);
}

static void file_is(const char *path, const char *want)
{
	struct str got = STR_INIT;

	assert_int_equal(file_read(path, 100000, &got, NULL), 0);
	assert_string_equal(str_c(&got), want);
	str_done(&got);
}

static void test_keywords(void **state)
{
	char *dir = folder("INBOX"), *to = folder("Work"), *name;
	const char *base = "1700000000.a.h";
	struct str now = STR_INIT;
	uint64_t stamp;

	/* Ours added to Dovecot's; its lines stay, and so do letters that nothing is known of. */
	help_writes(at("dovecot-keywords"), "0 $Junk\n2 later\nx\n99 far\n3 a(b");
	help_writes(at("cur/1700000000.a.h:2,RSabe"), "abc");
	keywords_are(dir, "$Junk.");
	stamp = maildir_stamp(dir);
	assert_int_equal(maildir_set_keywords(dir, base, "$JUNK", "work Later", &now, NULL), 0);
	assert_string_equal(now.p, "later work");
	assert_true(file_exists(at("cur/1700000000.a.h:2,RSbcef")));
	file_is(at("dovecot-keywords"), "0 $Junk\n2 later\nx\n99 far\n3 a(b\n5 work\n");
	assert_false(file_exists(at("dovecot-uidlist.lock")));
	assert_true(maildir_stamp(dir) != stamp);
	keywords_are(dir, "later work.");
	assert_int_equal(maildir_set_flags(dir, base, MAIL_FLAGGED, NULL), 0);
	keywords_are(dir, "later work.");
	/* In another folder other letters mean the same. */
	help_writes(at(".Work/dovecot-keywords"), "0 x\n1 work\n");
	assert_int_equal(maildir_move(dir, base, to, NULL), 0);
	name = help_find(at(".Work/cur"), "1700000000");
	assert_string_equal(name, "1700000000.a.h:2,Fbc");
	file_is(at(".Work/dovecot-keywords"), "0 x\n1 work\n2 later\n");
	keywords_are(to, "work later.");
	assert_int_equal(maildir_set_keywords(to, base, "work later", "", &now, NULL), 0);
	assert_string_equal(str_c(&now), "");
	keywords_are(to, ".");
	/* A message in new gets its letters in cur. */
	help_writes(at("new/1700000001.a.h"), "abc");
	assert_int_equal(maildir_set_keywords(dir, "1700000001.a.h", "", "late", &now, NULL), 0);
	assert_true(file_exists(at("cur/1700000001.a.h:2,b")));
	str_done(&now);
}

/* The file is full, damaged or huge. */
static void test_keywords_limits(void **state)
{
	char *dir = folder("INBOX"), *huge = mem_alloc(100001);
	const char *base = "1700000000.a.h";
	struct str text = STR_INIT, now = STR_INIT;

	help_writes(at("cur/1700000000.a.h:2,S"), "abc");
	for (int i = 0; i < 26; i++)
		str_addf(&text, "%d k%d\n", i, i);
	help_writes(at("dovecot-keywords"), text.p);
	assert_int_equal(maildir_set_keywords(dir, base, "", "k0 k25", &now, NULL), 0);
	assert_string_equal(now.p, "k0 k25");
	FAILS(ERR_FULL, maildir_set_keywords(dir, base, "k0", "another", &now, &why));
	keywords_are(dir, "k0 k25.");
	file_is(at("dovecot-keywords"), text.p);
	memset(huge, 'x', 100000);
	help_writes(at("dovecot-keywords"), huge);
	keywords_are(dir, ".");
	assert_int_equal(maildir_set_keywords(dir, base, "", "work", &now, NULL), -1);
	assert_true(file_exists(at("cur/1700000000.a.h:2,Saz")));
	str_done(&text);
	str_done(&now);
	free(huge);
}

static void test_keyword_words(void **state)
{
	static const struct {
		const char *words;
		bool ok;
	} table[] = {{"work", true}, {"work $Junk +x -y a/b ]", false}, {"$NotJunk", true},
		{"\\Seen", false}, {"$forwarded", false}, {"a\"b", false}, {"a{", false},
		{"a%", false}, {"a*", false}, {"\303\274", false}, {"a\tb", false}, {"", true},
		{"0123456789012345678901234567890123456789012345678901234567890123", true},
		{"01234567890123456789012345678901234567890123456789012345678901234", false}};
	struct str out = STR_INIT;

	for (size_t i = 0; i < MEM_COUNT(table); i++)
		assert_int_equal(keywords_check(table[i].words, NULL) == 0, table[i].ok);
	keywords_apply(&out, "a b c", "B x", "d A e e");
	assert_string_equal(out.p, "a c d e");
	keywords_minus(&out, "a b", "b A");
	assert_string_equal(str_c(&out), "");
	keywords_both(&out, "a b c", "C B");
	assert_string_equal(out.p, "b c");
	assert_true(keywords_same("a b", "B a"));
	assert_false(keywords_same("a b", "a"));
	assert_true(keywords_meet("a b", "x B"));
	assert_false(keywords_meet("a b", "ab"));
	str_done(&out);
}

/* Another program took the message from new to cur and marked it while we knew it as new. */
static void test_foreign_moves(void **state)
{
	char *dir = folder("INBOX"), from[512], to[512];
	struct str base = STR_INIT, got = STR_INIT;

	assert_int_equal(maildir_deliver(dir, "abc", 3, 0, NULL, &base, NULL), 0);
	snprintf(from, sizeof(from), "%s/new/%s", dir, base.p);
	snprintf(to, sizeof(to), "%s/cur/%s:2,FSxyz", dir, base.p);
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(maildir_read(dir, base.p, 100, &got, NULL), 0);
	assert_string_equal(got.p, "abc");
	assert_int_equal(maildir_set_flags(dir, base.p, MAIL_ANSWERED, NULL), 0);
	snprintf(to, sizeof(to), "%s/cur/%s:2,Rxyz", dir, base.p);
	assert_true(file_exists(to));
	/* One message under two names (seen while it moves) is one message. */
	assert_int_equal(link(to, from), 0);
	assert_int_equal(scan_count(dir), 1);
	assert_int_equal(maildir_remove(dir, base.p, NULL), 0);
	assert_int_equal(scan_count(dir), 0);
	assert_int_equal(maildir_remove(dir, base.p, NULL), 0);
	str_done(&base);
	str_done(&got);
}

static _Noreturn void rename_for_ever(const char *dir, const struct strv *bases)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (size_t i = 0;; i++) {
		char from[512], to[512];
		bool flagged = i / bases->n % 2;

		snprintf(from, sizeof(from), "%s/cur/%s:2,%sS", dir, bases->v[i % bases->n],
			flagged ? "F" : "");
		snprintf(to, sizeof(to), "%s/cur/%s:2,%sS", dir, bases->v[i % bases->n],
			flagged ? "" : "F");
		rename(from, to);
	}
}

/* Another program changes flags all the time; no message may be missed, nor one be changed in vain.
 */
static void test_busy_folder(void **state)
{
	enum { N = 60, ROUNDS = 100 };
	char *dir = folder("INBOX");
	struct strv bases = STRV_INIT;
	struct str base = STR_INIT;
	int status;
	pid_t pid;

	for (int i = 0; i < N; i++) {
		assert_int_equal(maildir_deliver(dir, "abc", 3, MAIL_SEEN, NULL, &base, NULL), 0);
		strv_add(&bases, base.p);
	}
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		rename_for_ever(dir, &bases);
	for (int i = 0; i < ROUNDS; i++) {
		struct found f = scan(dir);
		struct str text = STR_INIT;

		assert_int_equal(f.bases.n, N);
		for (int k = 0; k < N; k++)
			assert_true(strv_has(&f.bases, bases.v[k]));
		assert_int_equal(maildir_read(dir, bases.v[i % N], 10, &text, NULL), 0);
		/* The name the scan told, which is most likely another one by now. */
		str_clear(&text);
		assert_int_equal(maildir_read_at(dir, false, f.last_name, 10, &text, NULL), 0);
		assert_string_equal(text.p, "abc");
		str_done(&text);
		strv_done(&f.bases);
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	strv_done(&bases);
	str_done(&base);
}

static void test_gone(void **state)
{
	/* Names that would lead out, and one that is simply not there. */
	static const char *const table[] = {"1700000000.x", "", ".", "..", "../new/1",
		"../../secret", "a/b", "/etc/passwd", ".hidden", "a:2,S", "a\nb"};
	char *dir = folder("INBOX"), *to = folder("Work");
	struct str got = STR_INIT;

	help_writes(at("secret"), "x");
	for (size_t i = 0; i < MEM_COUNT(table); i++) {

		FAILS(ERR_GONE, maildir_read(dir, table[i], 100, &got, &why));
		FAILS(ERR_GONE, maildir_set_flags(dir, table[i], MAIL_SEEN, &why));
		assert_int_equal(maildir_move(dir, table[i], to, &why), -1);
		assert_int_equal(maildir_copy(dir, table[i], to, &got, &why), -1);
		WORKS(maildir_remove(dir, table[i], &why));
	}
	assert_true(file_exists(at("secret")));
	assert_int_equal(maildir_scan(at("nowhere"), note, NULL, NULL), -1);
	str_done(&got);
}

/* Links and other things in cur are no messages, and a delivery does not write through one. */
static void test_links(void **state)
{
	char *dir = folder("INBOX");
	struct str got = STR_INIT;

	help_writes(at("secret"), "secret");
	assert_int_equal(symlink(at("secret"), at("cur/1700000000.l:2,S")), 0);
	assert_int_equal(mkfifo(at("cur/1700000001.f:2,S"), 0600), 0);
	assert_int_equal(mkdir(at("cur/1700000002.d:2,S"), 0700), 0);
	assert_int_equal(scan_count(dir), 0);
	FAILS(ERR_GONE, maildir_read(dir, "1700000000.l", 100, &got, &why));
	assert_int_equal(maildir_read(dir, "1700000001.f", 100, &got, &why), -1);
	assert_int_equal(maildir_read(dir, "1700000002.d", 100, &got, &why), -1);
	assert_int_equal(maildir_set_flags(dir, "1700000000.l", 0, &why), -1);
	assert_int_equal(maildir_remove(dir, "1700000000.l", NULL), 0);
	assert_true(file_exists(at("secret")));
	str_done(&got);
}

static void test_move(void **state)
{
	char *dir = folder("INBOX"), *to = folder("Work"), path[512], other[512];
	struct str base = STR_INIT, got = STR_INIT;

	assert_int_equal(maildir_deliver(dir, "abc", 3, MAIL_SEEN, NULL, &base, NULL), 0);
	assert_int_equal(maildir_move(dir, base.p, dir, NULL), 0);
	assert_int_equal(scan_count(dir), 1);
	assert_int_equal(maildir_move(dir, base.p, to, NULL), 0);
	assert_int_equal(scan_count(dir), 0);
	assert_int_equal(maildir_read(to, base.p, 100, &got, NULL), 0);
	assert_string_equal(got.p, "abc");
	/* Killed between the second name and the removal of the first; the flags changed since. */
	snprintf(path, sizeof(path), "%s/cur/%s:2,S", to, base.p);
	snprintf(other, sizeof(other), "%s/cur/%s:2,", dir, base.p);
	assert_int_equal(link(path, other), 0);
	assert_int_equal(maildir_move(dir, base.p, to, NULL), 0);
	assert_int_equal(scan_count(dir), 0);
	assert_int_equal(scan_count(to), 1);
	/* The same bytes in another file: an earlier copy to another file system. */
	help_writes(other, "abc");
	assert_int_equal(maildir_move(dir, base.p, to, NULL), 0);
	assert_int_equal(scan_count(dir), 0);
	assert_int_equal(scan_count(to), 1);
	/* Another message of that name: neither is lost. */
	help_writes(other, "xyz");
	assert_int_equal(maildir_move(dir, base.p, to, &why), -1);
	assert_int_equal(scan_count(dir), 1);
	assert_int_equal(scan_count(to), 1);
	str_clear(&got);
	assert_int_equal(maildir_read(to, base.p, 100, &got, NULL), 0);
	assert_string_equal(got.p, "abc");
	/* No such folder: it stays. */
	assert_int_equal(maildir_move(dir, base.p, at("nowhere"), &why), -1);
	assert_int_equal(scan_count(dir), 1);
	str_done(&base);
	str_done(&got);
}

/* n messages, some of them unread in new; the caller frees. */
static char **fill(const char *dir, size_t n)
{
	char **bases = mem_array(n, sizeof(*bases));

	for (size_t i = 0; i < n; i++) {
		struct str base = STR_INIT;

		assert_int_equal(
			maildir_deliver(dir, "abc", 3, i % 3 ? MAIL_SEEN : 0, NULL, &base, NULL),
			0);
		bases[i] = str_steal(&base);
	}
	return bases;
}

static void free_bases(char **bases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(bases[i]);
	free(bases);
}

static size_t notes_in(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *de;
	size_t n = 0;

	assert_non_null(d);
	while ((de = readdir(d)))
		n += strncmp(de->d_name, "moving.", 7) == 0;
	closedir(d);
	return n;
}

static void test_move_many(void **state)
{
	enum { N = 40 };
	char *dir = folder("INBOX"), *to = folder("Work"), **bases = fill(dir, N), *last;
	size_t moved;

	assert_int_equal(maildir_move_many(help_root, dir, bases, N, dir, &moved, NULL), 0);
	assert_int_equal(moved, N);
	assert_int_equal(scan_count(dir), N);
	/* One is not there: those before it are moved, it is named. */
	last = bases[N - 1];
	bases[N - 1] = mem_strdup("1700000000.gone.h");
	FAILS(ERR_GONE, maildir_move_many(help_root, dir, bases, N, to, &moved, &why));
	assert_int_equal(moved, N - 1);
	assert_int_equal(scan_count(dir), 1);
	assert_int_equal(scan_count(to), N - 1);
	assert_int_equal(notes_in(help_root), 0);
	/* Without a note, and back. */
	assert_int_equal(maildir_move_many(NULL, to, bases, N - 1, dir, &moved, NULL), 0);
	assert_int_equal(scan_count(dir), N);
	assert_int_equal(
		maildir_move_many(help_root, dir, bases, N - 1, at("nowhere"), &moved, &why), -1);
	assert_int_equal(moved, 0);
	assert_int_equal(scan_count(dir), N);
	assert_int_equal(notes_in(help_root), 0);
	free(last);
	free_bases(bases, N);
}

/* Killed anywhere, each message is in one folder after the next start. */
static void test_move_many_killed(void **state)
{
	enum { N = 60, KILLS = 60 };
	char *dir = folder("INBOX"), *to = folder("Work"), **bases = fill(dir, N);
	int both = 0;

	for (unsigned i = 0; i < KILLS || (!both && i < 10 * KILLS); i++) {
		const char *from = i % 2 ? to : dir, *into = i % 2 ? dir : to;
		pid_t child = fork();
		size_t moved;
		int status;

		assert_true(child >= 0);
		if (child == 0) {
			maildir_move_many(help_root, from, bases, N, into, &moved, NULL);
			_exit(0);
		}
		usleep(i * i * 3 % 9000);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		both += scan_count(dir) + scan_count(to) > N;
		assert_int_equal(maildir_move_finish(help_root, NULL), 0);
		assert_int_equal(scan_count(dir) + scan_count(to), N);
		assert_int_equal(notes_in(help_root), 0);
		/* The rest of the way. */
		for (size_t k = 0; k < N; k++)
			maildir_move(from, bases[k], into, NULL);
		assert_int_equal(scan_count(into), N);
	}
	print_message("# %d kills left second names\n", both);
	assert_true(both > 0);
	free_bases(bases, N);
}

/* What another copy has under way is not a leftover. */
static void test_move_of_another(void **state)
{
	char *dir = folder("INBOX"), *to = folder("Work"),
	     *lock = file_join(help_root, "moves.lock"),
	     *note = file_join(help_root, "moving.0123456789abcdef"), **bases = fill(dir, 1);
	struct str text = STR_INIT;
	int fd;

	str_addf(&text, "%s\n%s\n%s\n", dir, to, bases[0]);
	assert_int_equal(file_replace(note, text.p, text.len, 0600, NULL), 0);
	fd = file_lock_shared(lock, 0, NULL);
	assert_true(fd >= 0);
	assert_int_equal(maildir_move_finish(help_root, NULL), 0);
	assert_int_equal(notes_in(help_root), 1);
	close(fd);
	assert_int_equal(maildir_move_finish(help_root, NULL), 0);
	assert_int_equal(notes_in(help_root), 0);
	free_bases(bases, 1);
	str_done(&text);
	free(lock);
	free(note);
}

static void test_move_new(void **state)
{
	char *dir = folder("INBOX"), *to = folder("Work");
	struct str base = STR_INIT;
	struct found f;

	assert_int_equal(maildir_deliver(dir, "abc", 3, 0, NULL, &base, NULL), 0);
	assert_int_equal(maildir_move(dir, base.p, to, NULL), 0);
	f = scan(to);
	assert_int_equal(f.bases.n, 1);
	assert_true(f.last.in_new);
	strv_done(&f.bases);
	str_done(&base);
}

/* /dev/shm is another file system nearly everywhere; where it is not, the test says nothing. */
static void test_move_other_filesystem(void **state)
{
	char *dir = folder("INBOX"), there[SCRATCH_SIZE];
	struct str base = STR_INIT, got = STR_INIT;

	if (!mkdtemp(scratch_memory(there, "test"))) {
		skip();
	}
	assert_int_equal(maildir_create(there, "INBOX", NULL), 0);
	assert_int_equal(maildir_deliver(dir, "abc", 3, MAIL_FLAGGED, NULL, &base, NULL), 0);
	assert_int_equal(maildir_move(dir, base.p, there, NULL), 0);
	assert_int_equal(scan_count(dir), 0);
	assert_int_equal(scan_count(there), 1);
	assert_int_equal(maildir_read(there, base.p, 100, &got, NULL), 0);
	assert_string_equal(got.p, "abc");
	assert_int_equal(file_remove_tree(there, NULL), 0);
	str_done(&base);
	str_done(&got);
}

static void test_copy(void **state)
{
	char *dir = folder("INBOX"), *to = folder("Work");
	struct str base = STR_INIT, copy = STR_INIT, got = STR_INIT;

	assert_int_equal(maildir_deliver(dir, "abc", 3, MAIL_FLAGGED, NULL, &base, NULL), 0);
	assert_int_equal(maildir_copy(dir, base.p, to, &copy, NULL), 0);
	assert_string_not_equal(base.p, copy.p);
	assert_int_equal(maildir_copy(dir, base.p, dir, &copy, NULL), 0);
	assert_int_equal(scan_count(dir), 2);
	assert_int_equal(scan_count(to), 1);
	assert_int_equal(maildir_remove(dir, base.p, NULL), 0);
	assert_int_equal(maildir_read(dir, copy.p, 100, &got, NULL), 0);
	assert_string_equal(got.p, "abc");
	str_done(&base);
	str_done(&copy);
	str_done(&got);
}

static void test_stamp(void **state)
{
	char *dir = folder("INBOX");
	struct str base = STR_INIT;
	uint64_t a, b;

	help_age(at("cur"), 100);
	help_age(at("new"), 100);
	a = maildir_stamp(dir);
	assert_true(a == maildir_stamp(dir));
	assert_int_equal(maildir_deliver(dir, "abc", 3, 0, NULL, &base, NULL), 0);
	b = maildir_stamp(dir);
	assert_true(a != b);
	/* Young: a further change within the same tick of the file system's clock must show. */
	assert_int_equal(maildir_deliver(dir, "abc", 3, 0, NULL, &base, NULL), 0);
	assert_true(b != maildir_stamp(dir));
	str_done(&base);
}

static void test_stop_and_sweep(void **state)
{
	char *dir = folder("INBOX");
	struct found f = {.stop_after = 2};
	struct str base = STR_INIT;

	for (int i = 0; i < 5; i++)
		assert_int_equal(maildir_deliver(dir, "abc", 3, 0, NULL, &base, NULL), 0);
	help_writes(at("tmp/young"), "x");
	help_writes(at("tmp/old"), "x");
	help_age(at("tmp/old"), 37 * 3600);
	assert_int_equal(maildir_scan(dir, note, &f, NULL), 7);
	assert_int_equal(f.bases.n, 2);
	assert_true(file_exists(at("tmp/young")));
	assert_false(file_exists(at("tmp/old")));
	strv_done(&f.bases);
	str_done(&base);
}

/* A write that fails half way leaves nothing behind. */
static void test_full(void **state)
{
	char *dir = folder("INBOX"), *big = mem_alloc(100000);
	struct rlimit old, small;
	struct str base = STR_INIT;
	int rc;

	memset(big, 'x', 100000);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 5000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	rc = maildir_deliver(dir, big, 100000, 0, NULL, &base, NULL);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(rc, -1);
	assert_int_equal(scan_count(dir), 0);
	assert_int_equal(help_count(at("tmp")), 0);
	str_done(&base);
	free(big);
}

static bool other_kind; /* no file system that is known to wait */
int __real_fstatfs(int fd, struct statfs *st);
int __wrap_fstatfs(int fd, struct statfs *st);

int __wrap_fstatfs(int fd, struct statfs *st)
{
	int rc = __real_fstatfs(fd, st);

	if (other_kind)
		st->f_type = 0x6969; /* NFS */
	return rc;
}

static void say_over(void *ctx)
{
	sem_post(ctx);
}

enum { GROUP = 450 };

static void deliver_group(const char *dir, bool start, size_t bad)
{
	static struct maildir_mail v[GROUP];
	struct maildir_group *g = maildir_group_new(dir);
	sem_t over;

	memset(v, 0, sizeof(v));
	sem_init(&over, 0, 0);
	for (size_t i = 0; i < GROUP; i++) {
		v[i] = (struct maildir_mail){.p = "a\r\nb",
			.len = 4,
			.flags = i % 2 ? MAIL_SEEN : 0,
			.tag = i == bad ? "../x" : "abc"};
		maildir_group_add(g, &v[i]);
	}
	assert_int_equal(scan_count(dir), 0);
	assert_int_equal(help_count(at("tmp")), GROUP - 1);
	if (start) {
		maildir_group_start(g, say_over, &over);
		assert_int_equal(sem_wait(&over), 0);
		assert_true(maildir_group_is_over(g));
		assert_int_equal(scan_count(dir), GROUP - 1);
	}
	maildir_group_name(g);
	assert_int_equal(maildir_group_sync(g, NULL), 0);
	assert_int_equal(maildir_group_len(g), GROUP);
	for (size_t i = 0; i < GROUP; i++) {
		assert_ptr_equal(maildir_group_at(g, i), &v[i]);
		assert_int_equal(v[i].base.len == 0, i == bad);
		assert_int_equal(v[i].err.kind, i == bad ? ERR_INPUT : ERR_NONE);
		str_done(&v[i].base);
	}
	maildir_group_free(g);
	sem_destroy(&over);
	assert_int_equal(help_count(at("tmp")), 0);
	assert_int_equal(help_count(at("new")) + help_count(at("cur")), GROUP - 1);
}

static void test_group(void **state)
{
	for (int i = 0; i < 4; i++) {
		char *dir = folder("INBOX");

		other_kind = i & 1;
		deliver_group(dir, i & 2, (size_t)i * 100);
		other_kind = false;
		help_teardown(state);
		help_setup(state);
	}
}

/* What was never named was never here; what the thread named is. */
static void test_group_dropped(void **state)
{
	struct maildir_mail v[20];
	char *dir = folder("INBOX");

	for (int i = 0; i < 4; i++) {
		struct maildir_group *g = maildir_group_new(dir);
		sem_t over;

		sem_init(&over, 0, 0);
		other_kind = i & 1;
		for (size_t k = 0; k < MEM_COUNT(v); k++) {
			v[k] = (struct maildir_mail){.p = "x", .len = 1};
			maildir_group_add(g, &v[k]);
		}
		if (i & 2)
			maildir_group_start(g, say_over, &over);
		maildir_group_free(g);
		other_kind = false;
		for (size_t k = 0; k < MEM_COUNT(v); k++)
			str_done(&v[k].base);
		sem_destroy(&over);
		assert_int_equal(help_count(at("tmp")), 0);
		assert_int_equal(scan_count(dir), (i / 2) * (i - 1) * MEM_COUNT(v));
	}
	maildir_group_free(NULL);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, help_setup, help_teardown)
	const struct CMUnitTest tests[] = {T(test_names), T(test_bad_names), T(test_tags),
		T(test_list), T(test_deliver), T(test_flags), T(test_foreign_names),
		T(test_foreign_letters), T(test_keywords), T(test_keywords_limits),
		T(test_keyword_words), T(test_foreign_moves), T(test_busy_folder), T(test_gone),
		T(test_links), T(test_move), T(test_move_many), T(test_move_many_killed),
		T(test_move_of_another), T(test_move_new), T(test_move_other_filesystem),
		T(test_copy), T(test_stamp), T(test_stop_and_sweep), T(test_full), T(test_group),
		T(test_group_dropped)};

	return cmocka_run_group_tests_name("maildir", tests, NULL, NULL);
}

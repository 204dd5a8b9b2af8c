#include "disk_help.h"

#include "store/disk/mbox.h"
#include "mime/summary.h"
#include "tests/unit/fails.h"

#include <sys/resource.h>

#define D "Thu Jan  1 00:01:40 1970"

/* --- what a scan finds: "received length|message" for each --- */

struct found {
	const char *path;
	struct str out;
	int stop_after, n;
	uint64_t last_end;
};

static int note(void *ctx, uint64_t offset, uint64_t length, uint32_t received)
{
	struct found *f = ctx;
	struct str s = STR_INIT;

	assert_true(offset >= f->last_end);
	f->last_end = offset + length;
	WORKS(mbox_read(f->path, offset, length, &s, &why));
	str_addf(&f->out, "%u|", received);
	str_add(&f->out, str_c(&s), s.len);
	str_addc(&f->out, '$');
	str_done(&s);
	return ++f->n == f->stop_after ? 42 : 0;
}

static void assert_scan(const char *in, size_t len, const char *want)
{
	struct found f = {.path = at("mbox")};

	help_write(f.path, in, len);
	WORKS(mbox_scan(f.path, note, &f, &why));
	assert_string_equal(str_c(&f.out), want);
	str_done(&f.out);
}

static void test_scan(void **state)
{
	static const struct {
		const char *in, *want;
	} table[] = {
		{"", ""},
		{"\n\r\n", ""},
		/* RFC 4155 */
		{"From a@b " D "\nS: 1\n\none\n\nFrom c@d " D "\nS: 2\n\ntwo\n\n",
			"100|S: 1\n\none\n$100|S: 2\n\ntwo\n$"},
		/* no line end or empty line at the end, empty lines before the first */
		{"\n\nFrom a@b " D "\nS: 1\n\none", "100|S: 1\n\none$"},
		{"From a@b " D "\nS: 1\n\none\n", "100|S: 1\n\none\n$"},
		{"From a@b " D "\n", "100|$"},
		/* of several empty lines only the last is the separator */
		{"From a " D "\nS: 1\n\none\n\n\n\nFrom a " D "\nS: 2\n",
			"100|S: 1\n\none\n\n\n$100|S: 2\n$"},
		/* no body, the header's empty line is the separator */
		{"From a " D "\nS: 1\n\nFrom a " D "\nS: 2\n\n", "100|S: 1\n$100|S: 2\n$"},
		{"From a " D "\r\nS: 1\r\n\r\none\r\n\r\nFrom a " D "\r\nS: 2\r\n\r\ntwo\r\n",
			"100|S: 1\r\n\r\none\r\n$100|S: 2\r\n\r\ntwo\r\n$"},
		/* lines of bodies that are no separators: not after an empty line, no date, no
		 * field behind it, at the end of the file */
		{"From a " D "\nS: 1\n\ntext\nFrom a " D "\nS: 2\n",
			"100|S: 1\n\ntext\nFrom a " D "\nS: 2\n$"},
		{"From a " D "\nS: 1\n\nFrom what I know: Monday\nSo: is it\n",
			"100|S: 1\n\nFrom what I know: Monday\nSo: is it\n$"},
		{"From a " D "\nS: 1\n\nFrom a " D "\nhe wrote this\n\nend\n\n",
			"100|S: 1\n\nFrom a " D "\nhe wrote this\n\nend\n$"},
		{"From a " D "\nS: 1\n\nFrom a " D "\n\nS: 2\n",
			"100|S: 1\n\nFrom a " D "\n\nS: 2\n$"},
		{"From a " D "\nS: 1\n\nx\n\nFrom a " D "\n", "100|S: 1\n\nx\n\nFrom a " D "\n$"},
		{"From a " D "\nS: 1\n\nx\n\nfrom a " D "\nS: 2\n",
			"100|S: 1\n\nx\n\nfrom a " D "\nS: 2\n$"},
		/* two in a row: the second is not after an empty line */
		{"From a " D "\nS: 1\n\nFrom a " D "\nFrom b " D "\nS: 2\n",
			"100|S: 1\n\nFrom a " D "\nFrom b " D "\nS: 2\n$"},
		/* Content-Length is not believed */
		{"From a " D "\nContent-Length: 9999\n\none\n\nFrom a " D "\nS: 2\n",
			"100|Content-Length: 9999\n\none\n$100|S: 2\n$"},
		/* the first line may have any date; UUCP's lines before the header */
		{"From nobody\nS: 1\n", "0|S: 1\n$"},
		{"From a " D "\nS: 1\n\nFrom b " D " remote from host\n>From c\nS: 2\n",
			"100|S: 1\n$100|>From c\nS: 2\n$"},
	};

	for (size_t i = 0; i < MEM_COUNT(table); i++)
		assert_scan(table[i].in, strlen(table[i].in), table[i].want);
}

static void test_unquote(void **state)
{
	assert_scan("From a " D "\n>From x\nS: 1\n\n>From here\n>>From there\n> From\n>from\n"
		    ">>>From\n>Fro\nFromage\n>>>From end",
		strlen("From a " D "\n>From x\nS: 1\n\n>From here\n>>From there\n> From\n>from\n"
		       ">>>From\n>Fro\nFromage\n>>>From end"),
		"100|>From x\nS: 1\n\nFrom here\n>From there\n> From\n>from\n>>>From\n>Fro\n"
		"Fromage\n>>From end$");
}

/* The date of a second message tells how its "From " line was read; 0: it was no such line. */
static void test_dates(void **state)
{
	static const struct {
		const char *line;
		uint32_t want;
	} table[] = {
		{"a@b Sat Jan 31 09:05:00 2026", 1769850300},
		{"a@b  Sat Jan 31 09:05:00 2026  ", 1769850300},
		{"- Sat Jan 31 09:05:00 2026", 1769850300},
		{"\"J. Doe\" <a@b> Sat Jan 31 09:05:00 2026", 1769850300},
		{"a@b Sat Jan 31 09:05 2026", 1769850300},
		{"a@b sat jan 31 9:05:00 2026", 1769850300},
		{"a@b Sat Jan 31 09:05:00 CET 2026", 1769850300}, /* names of zones are not known */
		{"a@b Sat Jan 31 09:05:00 +0100 2026", 1769846700},
		{"a@b Sat Jan 31 09:05:00 2026 -0330", 1769862900},
		{"a@b Sat Jan 31 09:05:00 2026 remote from host", 1769850300},
		{"a@b Sat, 31 Jan 2026 09:05:00 +0100", 1769846700},
		{"Sat Jan 31 09:05:00 2026", 1769850300},
		{"a Mon Tue Jan  6 00:00:00 1970", 432000},
		{"a@b Sun Feb  7 06:28:15 2106", UINT32_MAX},
		{"a@b Sat Jan 31 2026", 0},
		{"a@b Sat Jan 31 25:05:00 2026", 0},
		{"a@b Sat Jan 31 09:65:00 2026", 0},
		{"a@b Sat Jan 32 09:05:00 2026", 0},
		{"a@b Sat Xxx 31 09:05:00 2026", 0},
		{"a@b Xxx Jan 31 09:05:00 2026", 0},
		{"a@b Sat Jan 31 09:05:00 26", 0},
		{"a@b Sat Jan 31 09:05:00", 0},
		{"a@b Sat Jan 31 09:05:0x 2026", 0},
		{"a@b Sat Jan 31 0:9:05:00 2026", 0},
		{"a@b Sat Jan 31 99999999999999:05:00 2026", 0},
		{"", 0},
	};

	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		struct str in = STR_INIT, want = STR_INIT;

		str_addf(&in, "From x " D "\nS: 1\n\nFrom %s\nS: 2\n", table[i].line);
		if (table[i].want)
			str_addf(&want, "100|S: 1\n$%u|S: 2\n$", table[i].want);
		else
			str_addf(&want, "100|S: 1\n\nFrom %s\nS: 2\n$", table[i].line);
		assert_scan(in.p, in.len, want.p);
		str_done(&in);
		str_done(&want);
	}
	/* A date out of range: a message, its time unknown. */
	assert_scan("From x Mon Jan 31 09:05:00 9999\nS: 1\n", 37, "0|S: 1\n$");
}

/* Separators at every place of the reader's block, long lines among them. */
static void test_block_edges(void **state)
{
	for (size_t pad = 65536 - 90; pad < 65536 + 10; pad += 3) {
		struct str in = STR_INIT, want = STR_INIT;

		str_adds(&in, "From a " D "\nS: 1\n\n");
		str_adds(&want, "100|S: 1\n\n");
		for (size_t i = 0; i < pad; i++) {
			str_addc(&in, 'x');
			str_addc(&want, 'x');
		}
		str_adds(&in, "\n\nFrom a " D "\nS: 2\n\nend\n");
		str_adds(&want, "\n$100|S: 2\n\nend\n$");
		assert_scan(in.p, in.len, want.p);
		str_done(&in);
		str_done(&want);
	}
}

static void test_errors(void **state)
{
	struct found f = {.path = at("mbox"), .stop_after = 1};
	struct str s = STR_INIT;
	struct err err = {0};
	const char text[] = "From a " D "\nS: 1\n\nFrom a " D "\nS: 2\n";

	assert_int_equal(mbox_scan(at("none"), note, &f, &err), -1);
	assert_int_equal(err.kind, ERR_GONE);
	assert_int_equal(mbox_scan(help_root, note, &f, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(mkfifo(at("fifo"), 0600), 0);
	assert_int_equal(mbox_scan(at("fifo"), note, &f, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	help_writes(at("text"), "Subject: x\n\nhello\n");
	assert_int_equal(mbox_scan(at("text"), note, &f, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	help_writes(f.path, text);
	assert_int_equal(mbox_scan(f.path, note, &f, &err), 42);
	assert_int_equal(f.n, 1);
	str_adds(&s, "before");
	err.kind = ERR_NONE;
	assert_int_equal(mbox_read(f.path, 32, 100000, &s, &err), -1);
	assert_int_equal(err.kind, ERR_GONE);
	assert_int_equal(mbox_read(f.path, 33, 3, &s, &err), -1); /* not behind a line end */
	assert_int_equal(mbox_read(f.path, 0, 3, &s, &err), -1);
	assert_int_equal(mbox_read(f.path, UINT64_MAX, 3, &s, &err), -1);
	assert_int_equal(mbox_read(f.path, 32, UINT64_MAX, &s, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(mbox_read(at("none"), 32, 3, &s, &err), -1);
	assert_int_equal(err.kind, ERR_GONE);
	assert_string_equal(s.p, "before");
	assert_int_equal(mbox_read(f.path, 32, 4, &s, &err), 0);
	assert_string_equal(s.p, "beforeS: 1");
	str_done(&s);
	str_done(&f.out);
}

static int note_place(void *ctx, uint64_t offset, uint64_t length, uint32_t received)
{
	uint64_t *place = ctx;

	place[0]++;
	place[1] = offset;
	place[2] = length;
	return 0;
}

static const char head[] = "From a " D "\nS: 1\n\n", tail[] = "\n\nFrom a " D "\nS: 2\n";

/* Two messages with a hole between them. */
static bool write_hole(const char *path, off_t hole)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	bool done;

	assert_int_equal(pwrite(fd, head, strlen(head), 0), strlen(head));
	done = pwrite(fd, tail, strlen(tail), hole) == (ssize_t)strlen(tail);
	close(fd);
	return done;
}

/* One line that is far longer than what is kept in memory. */
static void test_long_line(void **state)
{
	const off_t hole = (off_t)200 << 20;
	uint64_t place[3] = {0};
	struct rusage before, after;

	assert_true(write_hole(at("huge"), hole));
	getrusage(RUSAGE_SELF, &before);
	assert_int_equal(mbox_scan(at("huge"), note_place, place, NULL), 0);
	getrusage(RUSAGE_SELF, &after);
	assert_int_equal(place[0], 2);
	assert_int_equal(place[1], hole + 34);
	assert_int_equal(place[2], 5);
	assert_true(after.ru_maxrss - before.ru_maxrss < 16384);
}

static void test_far_message(void **state)
{
	const off_t hole = (off_t)9 << 29;
	struct str s = STR_INIT;

	if (!write_hole(at("huge"), hole))
		skip(); /* a file system without files of 4 GB */
	assert_int_equal(mbox_read(at("huge"), (uint64_t)hole + 34, 5, &s, NULL), 0);
	assert_string_equal(s.p, "S: 2\n");
	str_done(&s);
}

static void test_flags(void **state)
{
	static const struct {
		const char *in;
		uint32_t want;
	} table[] = {
		{"", 0},
		{"S: x\n\n", 0},
		{"Status: RO\nS: x\n", MAIL_SEEN},
		{"Status: O\n", 0},
		{"status:r\n", 0},
		{"STATUS:R", MAIL_SEEN},
		{"Status: RO\r\nX-Status: AF\r\n\r\n", MAIL_SEEN | MAIL_ANSWERED | MAIL_FLAGGED},
		{"X-Status: DT\n", MAIL_DELETED | MAIL_DRAFT},
		{"X-Status: RO\n", 0},
		{"S: x\n\nStatus: RO\n", 0}, /* text of the body */
		{"S: x\r\n\r\nStatus: RO\n", 0},
		{"XStatus: RO\nX-Mozilla-Status: R\n", 0},
	};

	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		char *copy = mem_dup(table[i].in, strlen(table[i].in));

		assert_int_equal(mbox_flags(copy, strlen(table[i].in)), table[i].want);
		free(copy);
	}
}

/* --- what is written can be read back --- */

static void test_put(void **state)
{
	static const struct {
		const char *in, *want; /* NULL: the same as in */
	} table[] = {
		{"S: 1\n\none\n", NULL},
		{"S: 1\n\none", "S: 1\n\none\n"},
		{"S: 1\r\r\n\r\none\r\ntwo\r\n", "S: 1\n\none\ntwo\n"},
		{"S: 1\n", NULL},
		{"S: 1\n\n", NULL},
		{"S: 1", "S: 1\n"},
		{"S: 1\n\n\n\none\n\n\n", NULL},
		{"S: 1\n\nFrom here\n>From there\n\nFrom a " D "\nS: 2\n", NULL},
		{"S: 1\n folded\nStatus: RO\n more\nX-Status: F\nT: 2\n\nStatus: stays\n",
			"S: 1\n folded\nT: 2\n\nStatus: stays\n"},
		{"no header\n", NULL},
		{"\nbody\n", NULL},
		{" folded\nS: 1\n", NULL},
		{"Status: O\nno header\nFrom x\n\nFrom y\n", "no header\nFrom x\n\nFrom y\n"},
		{"", NULL},
	};

	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		struct str file = STR_INIT, got = STR_INIT, words = STR_INIT;
		uint64_t place[3] = {0};
		uint32_t flags = MAIL_SEEN | MAIL_FLAGGED | (i % 2 ? MAIL_ANSWERED : MAIL_DRAFT);

		mbox_put(&file, "S: 0\n\nx", 7, 50, 0, "");
		mbox_put(&file, table[i].in, strlen(table[i].in), 1769850300, flags,
			i % 2 ? "work $Junk" : "");
		help_write(at("mbox"), file.p, file.len);
		assert_int_equal(mbox_scan(at("mbox"), note_place, place, NULL), 0);
		assert_int_equal(place[0], 2);
		assert_int_equal(mbox_read(at("mbox"), place[1], place[2], &got, NULL), 0);
		assert_int_equal(mbox_flags(got.p, got.len), flags);
		mbox_keywords(got.p, got.len, &words);
		assert_string_equal(str_c(&words), i % 2 ? "work $Junk" : "");
		str_done(&words);
		mbox_strip_status(&got);
		assert_string_equal(str_c(&got), table[i].want ? table[i].want : table[i].in);
		assert_non_null(
			strstr(file.p, "\n\nFrom MAILER-DAEMON Sat Jan 31 09:05:00 2026\n"));
		str_done(&file);
		str_done(&got);
	}
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, help_setup, help_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(test_scan),
		IN_DIR(test_unquote),
		IN_DIR(test_dates),
		IN_DIR(test_block_edges),
		IN_DIR(test_errors),
		IN_DIR(test_long_line),
		IN_DIR(test_far_message),
		cmocka_unit_test(test_flags),
		IN_DIR(test_put),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Rows of header fields that the filter reads itself: what they say, and that all others pass. */

#include "base/mem.h"
#include "net/wire.h"
#include "tests/check.h"

#include <stdlib.h>
#include <string.h>

#define NAMES "BODY[HEADER.FIELDS (FROM \"X\" SUBJECT)]"
#define FIELDS "BODY[HEADER.FIELDS (FROM SUBJECT)]"
#define H "Subject: (a\r\n\r\n"
#define LIT " {15}\r\n" H

static void note(void *ctx, const struct fetch_row *row, struct view fields)
{
	struct str *out = ctx;

	str_addf(out, "%u %lld %u %llu %s", row->uid, (long long)row->received, row->size,
		(unsigned long long)row->modseq, row->has_flags ? "(" : "-");
	for (size_t i = 0; i < row->nflags; i++)
		str_addf(out, " %.*s", (int)row->flags[i].len, row->flags[i].p);
	str_addf(out, "|%.*s;", (int)fields.len, fields.p);
}

static const struct {
	const char *in;
	const char *said; /* NULL: passed on */
} rows[] = {
	{"* 1 FETCH (UID 7 FLAGS (\\Seen $Forwarded a) INTERNALDATE \"03-Feb-2026 10:20:30 +0130\" "
	 "RFC822.SIZE 812 MODSEQ (9223372036854775807) " FIELDS LIT ")\r\n",
		"7 1770108630 812 9223372036854775807 ( \\Seen $Forwarded a|" H ";"},
	{"* 4294967295 fetch (uid 4294967295 body[header.fields (x)] {0}\r\n)\r\n",
		"4294967295 0 0 0 -|;"},
	{"* 1 FETCH (" FIELDS LIT " UID 8 FLAGS ())\r\n", "8 0 0 0 (|" H ";"},
	{"* 1 FETCH (UID 8 " FIELDS LIT " INTERNALDATE \" 3-feb-2026 10:20:30 -0900\")\r\n",
		"8 1770146430 0 0 -|" H ";"},
	{"* 1 FETCH (UID 8 INTERNALDATE \"03-Feb-1969 10:20:30 +0000\" " FIELDS LIT ")\r\n",
		"8 0 0 0 -|" H ";"},
	{"* 1 FETCH (UID 8 INTERNALDATE \"03-Feb-2026 25:20:30 +0000\" " FIELDS LIT ")\r\n",
		"8 0 0 0 -|" H ";"},
	/* another form */
	{"* 1 FETCH (UID 8 FLAGS (a))\r\n", NULL},
	{"* 1 FETCH (FLAGS (a) " FIELDS LIT ")\r\n", NULL},
	{"* 1 FETCH (UID 0 " FIELDS LIT ")\r\n", NULL},
	{"* 1 FETCH (UID 8 UID 8 " FIELDS LIT ")\r\n", NULL},
	{"* 1 FETCH (UID 8 FLAGS () " FIELDS LIT " FLAGS (a))\r\n", NULL},
	{"* 1 FETCH (UID 4294967296 " FIELDS LIT ")\r\n", NULL},
	{"* 1 FETCH (UID 8 RFC822.SIZE 4294967296 " FIELDS LIT ")\r\n", NULL},
	{"* 1 FETCH (UID 8 MODSEQ (9223372036854775808) " FIELDS LIT ")\r\n", NULL},
	{"* 1 FETCH (UID 8 ENVELOPE NIL " FIELDS LIT ")\r\n", NULL},
	{"* 1 FETCH (UID 8 " FIELDS LIT " BODYSTRUCTURE NIL)\r\n", NULL},
	{"* 1 FETCH (UID 8 BODY[HEADER]" LIT ")\r\n", NULL},
	{"* 1 FETCH (UID 8 " NAMES LIT ")\r\n", NULL},
	{"* 1 FETCH (UID 8 " FIELDS " NIL)\r\n", NULL},
	{"* 1 FETCH (UID 8 FLAGS (a]) " FIELDS LIT ")\r\n", NULL},
	{"* 1 FETCH (UID 8 FLAGS (\\) " FIELDS LIT ")\r\n", NULL},
	{"* 1 FETCH (UID 8 FLAGS (\\Drafty) " FIELDS LIT ")\r\n", NULL},
	{"* 1 FETCH (UID 8 FLAGS (a  b) " FIELDS LIT ")\r\n", NULL},
	{"* 1 FETCH (UID 8 INTERNALDATE \"3-Feb-2026 10:20:30 +0000\" " FIELDS LIT ")\r\n", NULL},
	{"* 1 FETCH (UID 8 INTERNALDATE \"03-Foo-2026 10:20:30 +0000\" " FIELDS LIT ")\r\n", NULL},
	{"* 1 FETCH (UID 8 INTERNALDATE \"03-Feb-2026 10:20:30 00000\" " FIELDS LIT ")\r\n", NULL},
	{"* 1 FETCH (UID 8 BODY[HEADER.FIELDS (A\rB)]" LIT ")\r\n", NULL},
	{"* 1 FETCH (UID 8 " FIELDS LIT " X)\r\n", NULL},
	{"* 1 FETCH (UID 8 " FIELDS LIT "))\r\n", NULL},
	{"* 1 FETCH (UID 8 " FIELDS LIT " FLAGS (\\Seen)\r\n", NULL},
	{"* LIST () \"/\" {3}\r\nabc\r\n", NULL},
};

/* piece: bytes that come at a time. */
static int feed(const char *in, size_t piece, struct str *said, struct str *passed)
{
	struct wire *w = wire_new(NULL);
	size_t len = strlen(in);
	int r = 0;

	if (said)
		wire_on_row(w, note, said);
	for (size_t i = 0; i < len && !r; i += piece)
		r = wire_push(w, in + i, len - i < piece ? len - i : piece, passed);
	if (!r)
		assert_true(wire_is_idle(w));
	wire_free(w);
	return r;
}

/* What is read here is not passed on; all else as if nobody read. */
static void check_row(size_t i, size_t piece)
{
	struct str said = STR_INIT, passed = STR_INIT, plain = STR_INIT;
	int r = feed(rows[i].in, piece, &said, &passed);

	if (rows[i].said) {
		assert_int_equal(r, 0);
		assert_string_equal(str_c(&said), rows[i].said);
		assert_int_equal(passed.len, 0);
	} else {
		assert_int_equal(feed(rows[i].in, piece, NULL, &plain), r);
		assert_int_equal(said.len, 0);
		assert_string_equal(str_c(&passed), str_c(&plain));
	}
	str_done(&said);
	str_done(&passed);
	str_done(&plain);
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < MEM_COUNT(rows); i++)
		for (size_t piece = 1; piece <= strlen(rows[i].in); piece++)
			check_row(i, piece);
}

static void add_row(struct str *s, size_t nflags, size_t literal)
{
	str_adds(s, "* 1 FETCH (UID 9 FLAGS (");
	for (size_t i = 0; i < nflags; i++)
		str_addf(s, "%sk%zu", i ? " " : "", i);
	str_addf(s, ") " FIELDS " {%zu}\r\n", literal);
	for (size_t i = 0; i < literal; i++)
		str_addc(s, 'x');
	str_adds(s, ")\r\n");
}

static void test_limits(void **state)
{
	static const struct {
		size_t nflags, literal;
		bool read;
	} limits[] = {
		{FETCH_ROW_FLAGS - 1, 1, true},
		{FETCH_ROW_FLAGS, 1, true},
		{FETCH_ROW_FLAGS + 1, 1, false},
		{1, 256 * 1024 - 1, true},
		{1, 256 * 1024, true},
		{1, 256 * 1024 + 1, false},
	};

	for (size_t i = 0; i < MEM_COUNT(limits); i++) {
		struct str in = STR_INIT, said = STR_INIT, passed = STR_INIT;

		add_row(&in, limits[i].nflags, limits[i].literal);
		assert_int_equal(feed(str_c(&in), 4096, &said, &passed), 0);
		assert_int_equal(said.len > 0, limits[i].read);
		assert_int_equal(passed.len, limits[i].read ? 0 : in.len);
		str_done(&in);
		str_done(&said);
		str_done(&passed);
	}
}

/* Between other answers, and in their order among themselves. */
static void test_among_others(void **state)
{
	struct str said = STR_INIT, passed = STR_INIT;

	assert_int_equal(feed("* 3 EXISTS\r\n* 1 FETCH (UID 1 " FIELDS LIT ")\r\n"
			      "* 1 FETCH (FLAGS (a))\r\n* 2 FETCH (UID 2 " FIELDS LIT ")\r\n"
			      "7 OK done\r\n",
				 3, &said, &passed),
		0);
	assert_string_equal(str_c(&said), "1 0 0 0 -|" H ";2 0 0 0 -|" H ";");
	assert_string_equal(str_c(&passed), "* 3 EXISTS\r\n* 1 FETCH (FLAGS (a))\r\n7 OK done\r\n");
	str_done(&said);
	str_done(&passed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_among_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

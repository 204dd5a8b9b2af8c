#include "mime_test.h"

#include "mime/codec.h"

struct row {
	const char *in, *out;
};

static void run(const struct row *rows, size_t n, void (*f)(struct str *, const char *, size_t))
{
	for (size_t i = 0; i < n; i++) {
		struct str out = STR_INIT;

		f(&out, rows[i].in, strlen(rows[i].in));
		assert_string_equal(str_c(&out), rows[i].out);
		str_done(&out);
	}
}

static void base64(struct str *out, const char *p, size_t len)
{
	assert_true(codec_base64_decode(out, p, len) <= len);
}

static void base64_decodes_what_it_can(void **state)
{
	static const struct row ROWS[] = {
		{"", ""},
		{"aGVsbG8=", "hello"},
		{"aGVsbG8", "hello"},
		{"aGVs\r\nbG8=\r\n", "hello"},
		{"aGVsbG8=d29ybGQ=", "helloworld"},
		{"aGVsbG8=\r\nd29ybGQ=\r\n", "helloworld"},
		{"aG==aG==", "hh"},
		{"a!G*Vs", "hel"},
		{"=", ""},
		{"====aGk=", "hi"},
		{"a", ""},
		{"Pj4-Pz8_", ">>>???"},
	};

	run(ROWS, MEM_COUNT(ROWS), base64);
}

/* What is behind base64 is not base64: where it begins is told. */
static void base64_ends_at_plain_words(void **state)
{
	static const struct {
		const char *in, *out, *behind;
	} ROWS[] = {
		{"aGVsbG8=\n____\nlist\n", "hello", "____\nlist\n"},
		{"aGVs\n____\nlist\n", "hel", "____\nlist\n"},
		{"aGVs\r\n-- \r\nlist\r\n", "hel", "-- \r\nlist\r\n"},
		{"aGVs\nthe hiking list\n", "hel", "the hiking list\n"},
		{"aGVs\nhttps://a.example/?q=1&r=2\n", "hel", "https://a.example/?q=1&r=2\n"},
		{"aGVsbG8=\nSee https\n", "hello", "See https\n"},
		{"aGVsbG8=\n\nlist.example\n", "hello", "list.example\n"},
		/* joined blocks, and then words */
		{"aGVsbG8=\nd29ybGQ=\n_____\n", "helloworld", "_____\n"},
		{"aGVsbG8=\nd29ybGQ=\n", "helloworld", ""},
		/* odd, but base64 */
		{"aGVs!\nbG8=!\n", "hello", ""},
		{"aGVs \n bG8=\n", "hello", ""},
		{"aGVs\n\tbG8=\n", "hello", ""},
		{"aGV\nsbG8=\n", "hello", ""},
		{"Pj4-Pj4-\nPj4-\n", ">>>>>>>>>", ""},
	};

	for (size_t i = 0; i < MEM_COUNT(ROWS); i++) {
		struct str out = STR_INIT;
		size_t end = codec_base64_decode(&out, ROWS[i].in, strlen(ROWS[i].in));

		assert_text(str_steal(&out), ROWS[i].out);
		assert_string_equal(ROWS[i].in + end, ROWS[i].behind);
	}
}

static void qp_decodes_what_it_can(void **state)
{
	static const struct row ROWS[] = {
		{"a=3Db", "a=b"},
		{"a=3db", "a=b"},
		{"a=\r\nb", "ab"},
		{"a=\nb", "ab"},
		{"a= \t\r\nb", "ab"},
		{"a  \r\nb", "a\r\nb"},
		{"a  b", "a  b"},
		{"a=", "a"},
		{"a=4", "a=4"},
		{"a=zz", "a=zz"},
		{"=E4", "\xe4"},
		{"a_b", "a_b"},
	};

	run(ROWS, MEM_COUNT(ROWS), codec_qp_decode);
}

static void qp_encodes_safe_lines(void **state)
{
	static const struct row ROWS[] = {
		{"a=b", "a=3Db"},
		{"a\nb\r\nc\rd", "a\r\nb\r\nc\r\nd"},
		{"From me", "=46rom me"},
		{".", "=2E"},
		{"a ", "a=20"},
		{"a \n", "a=20\r\n"},
		{"\xc3\xa4", "=C3=A4"},
	};
	struct str in = STR_INIT, out = STR_INIT, back = STR_INIT;

	run(ROWS, MEM_COUNT(ROWS), codec_qp_encode);
	repeat(&in, "x. From \xc3\xa4", 2000);
	codec_qp_encode(&out, in.p, in.len);
	for (const char *p = out.p, *lf; (lf = strstr(p, "\r\n")); p = lf + 2) {
		assert_true(lf - p <= 76);
		assert_true(*p != '.' && strncmp(p, "From ", 5) != 0);
	}
	codec_qp_decode(&back, out.p, out.len);
	assert_string_equal(back.p, in.p);
	str_done(&in);
	str_done(&out);
	str_done(&back);
}

static void base64_round_trip(void **state)
{
	char bytes[256];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7);
	for (size_t n = 0; n < sizeof(bytes); n++) {
		struct str text = STR_INIT, back = STR_INIT;

		codec_base64_encode(&text, bytes, n, 76);
		assert_true(n == 0 || strcmp(text.p + text.len - 2, "\r\n") == 0);
		codec_base64_decode(&back, str_c(&text), text.len);
		assert_int_equal(back.len, n);
		assert_memory_equal(str_c(&back), bytes, n);
		str_done(&text);
		str_done(&back);
	}
}

static void uuencode_short_lines(void **state)
{
	static const struct {
		const char *in, *out;
		bool found;
	} ROWS[] = {
		{"begin 644 a b.txt\n#86)C\n`\nend\n", "abc", true},
		{"pre\r\nbegin 644 x\r\n#86)C\r\n`\r\nend\r\n", "abc", true},
		{"begin 644 x\nM86)C\n", "abc", true}, /* says 45 bytes, has 3: CVE-2022-1328 */
		{"begin 644 x\n", "", true},
		{"begin the day\n#86)C\n", "", false},
		{"nothing", "", false},
	};

	for (size_t i = 0; i < MEM_COUNT(ROWS); i++) {
		struct str out = STR_INIT, name = STR_INIT;

		assert_int_equal(codec_uu_decode(&out, &name, ROWS[i].in, strlen(ROWS[i].in)),
			ROWS[i].found);
		assert_string_equal(str_c(&out), ROWS[i].out);
		if (i == 0)
			assert_string_equal(name.p, "a b.txt");
		str_done(&out);
		str_done(&name);
	}
}

static void bombs_finish(void **state)
{
	struct str in = STR_INIT, out = STR_INIT;

	repeat(&in, "=", 3000000);
	repeat(&in, "= ", 1000000);
	repeat(&in, " ", 3000000);
	codec_qp_decode(&out, in.p, in.len);
	assert_true(out.len <= in.len);
	str_clear(&out);
	codec_base64_decode(&out, in.p, in.len);
	assert_int_equal(out.len, 0);
	str_done(&in);
	str_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_decodes_what_it_can),
		cmocka_unit_test(base64_ends_at_plain_words),
		cmocka_unit_test(qp_decodes_what_it_can),
		cmocka_unit_test(qp_encodes_safe_lines),
		cmocka_unit_test(base64_round_trip),
		cmocka_unit_test(uuencode_short_lines),
		cmocka_unit_test(bombs_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

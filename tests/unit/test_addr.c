#include "mime_test.h"

#include "mime/addr.h"
#include "tests/unit/fails.h"

/* "name|mail" of each, joined by ' ; '. */
static char *flat(const struct addr_list *list)
{
	struct str out = STR_INIT;

	for (size_t i = 0; i < list->n; i++)
		str_addf(&out, "%s%s|%s", i ? " ; " : "", list->v[i].name, list->v[i].mail);
	return str_steal(&out);
}

static void reads_leniently(void **state)
{
	static const char *const ROWS[][2] = {
		{"a@b.org", "|a@b.org"},
		{"<a@b.org>", "|a@b.org"},
		{"A B <a@b.org>", "A B|a@b.org"},
		{"\"B, A\" <a@b.org>, c@d", "B, A|a@b.org ; |c@d"},
		{"\"a \\\"x\\\" b\" <a@b>", "a \"x\" b|a@b"},
		{"a@b (Name)", "Name|a@b"},
		{"<a@b>,, <c@d>", "|a@b ; |c@d"},
		{"John Doe john@x.org", "John Doe|john@x.org"},
		{"x <a@b>, broken <, <c@d>", "x|a@b ; |c@d"},
		{"a@b c@d", "|a@b ; |c@d"},
		{"A <a@b> B <c@d>", "A|a@b ; B|c@d"},
		{"a@b; c@d", "|a@b ; |c@d"},
		{"undisclosed-recipients:;", ""},
		{"Group: a@b, C <c@d>;, e@f", "|a@b ; C|c@d ; |e@f"},
		{"<@r1,@r2:a@b>", "|a@b"},
		{"a @ b", "|a@b"},
		{"<a@b", "|a@b"},
		{"N <a@b, c@d>", "N|a@b"}, /* one is shown, one is answered */
		{"\"quoted local\"@x.org", "|\"quoted local\"@x.org"},
		{"a@[IPv6:::1]", "|a@[IPv6:::1]"},
		{"<mailto:a@b>", "|a@b"},
		{"<>", ""},
		{"MAILER-DAEMON", "|MAILER-DAEMON"},
		{"Doe, John <j@x>", "Doe, John|j@x"},
		{"root, alice@x.org, postmaster", "|root ; |alice@x.org ; |postmaster"},
		{"alice@x.org, Bob", "|alice@x.org ; |Bob"},
		{"Bob, alice@x.org", "|Bob ; |alice@x.org"},
		{"Bob, <alice@x.org>", "|Bob ; |alice@x.org"},
		{"Alice Example, bob@x.org", "|Alice Example ; |bob@x.org"},
		{"root (Charlie), a@b", "Charlie|root ; |a@b"},
		{"Group: root, a@b;, Doe, John <j@x>", "|root ; |a@b ; Doe, John|j@x"},
		{"john(c1).doe(c2)@(c3)x(c4).org", "c4|john.doe@x.org"},
		{"A <john(c1).doe (c2) @ (c3) x . org>", "A|john.doe@x.org"},
		{"john . doe @ x . org", "|john.doe@x.org"},
		{"J. Doe j@x.org", "J. Doe|j@x.org"},
		{"\"a . b\"@x.org", "|\"a . b\"@x.org"},
		{"<\"a (b)\"@x.org>", "|\"a (b)\"@x.org"},
		{"", ""},
		{",;:()<>\"", ""},
		{"\"unclosed <a@b>", "unclosed|a@b"},
		{"(unclosed a@b", "unclosed|a@b"},
		{"=?utf-8?Q?J=C3=B6rg?= <j@x>", "J\xc3\xb6rg|j@x"},
		{"=?utf-8?Q?Doe,_J?= <j@x>", "Doe, J|j@x"},
		{"\"=?utf-8?Q?J=C3=B6rg?=\" <j@x>", "J\xc3\xb6rg|j@x"},
		{"=?utf-8?q?a=3Cx=40y=3E?= <j@x>", "a<x@y>|j@x"},
		{"J\xc3\xb6rg <j@x>", "J\xc3\xb6rg|j@x"},
		{"\xc3\xb6@\xc3\xa4.de", "|\xc3\xb6@\xc3\xa4.de"},
		{"A\x1b[31m <a\x1b@b>", "A\xef\xbf\xbd[31m|a\xef\xbf\xbd@b"},
	};

	for (size_t i = 0; i < MEM_COUNT(ROWS); i++) {
		struct addr_list list = {0};

		addr_parse(&list, ROWS[i][0], strlen(ROWS[i][0]));
		assert_text(flat(&list), ROWS[i][1]);
		addr_list_done(&list);
	}
}

/* The limits tell that they were met; nothing vanishes without a word. */
static void limits_are_told(void **state)
{
	for (size_t n = 9999; n <= 10001; n++) {
		struct addr_list list = {0};
		struct str s = STR_INIT;

		repeat(&s, "a@b,", n);
		addr_parse(&list, s.p, s.len);
		assert_int_equal(list.n, n > 10000 ? 10000 : n);
		assert_int_equal(list.cut, n > 10000);
		addr_list_done(&list);
		str_done(&s);
	}
	for (size_t n = 998; n <= 1000; n++) {
		struct addr_list list = {0};
		struct str s = STR_INIT;

		repeat(&s, "a", n);
		str_adds(&s, "@b");
		addr_parse(&list, s.p, s.len);
		assert_int_equal(list.n, 1);
		assert_int_equal(strstr(list.v[0].mail, "\xe2\x80\xa6") != NULL, s.len > 1000);
		addr_list_done(&list);
		str_done(&s);
	}
}

static void typed_is_strict(void **state)
{
	static const char *const GOOD[][2] = {
		{"a@b.org", "|a@b.org"},
		{"A B <a@b.org>, c@d;", "A B|a@b.org ; |c@d"},
		{"\"B, A\" <a@b>", "B, A|a@b"},
		{"a@b (Name)", "Name|a@b"},
		{"  , ,", ""},
		{"", ""},
		{"undisclosed-recipients:;", ""},
		{"Team: a@b, c@d;", "|a@b ; |c@d"},
		{"J\xc3\xb6rg <j@x>", "J\xc3\xb6rg|j@x"},
		{"a@b c@d\te@f, g@h", "|a@b ; |c@d ; |e@f ; |g@h"},
		{"a@[127.0.0.1]", "|a@[127.0.0.1]"},
		{"a@[IPv6:::1]", "|a@[IPv6:::1]"},
		{"\xc3\xb6@\xc3\xa4.de", "|\xc3\xb6@\xc3\xa4.de"},
	};
	static const char *const BAD[] = {"nobody", "a@", "@b", "a b@c", "John a@b", "a@b John",
		"a@b c@d e", "<a@b", "<a@b> x", "a@b\r\nBcc: c@d", "a@b\nRCPT TO:<x@y>", "<a@b\r>",
		"a@b>", "<a<b@c>>", "a@b..c", "a@.b", "a@b.", "a@b@c d", "<a@b>\x01", "a,b <>",
		"a@b\xc2\x85", "<a@b> <c@d>", "\"a\"b@c", "a@b/c", "\xff@b"};
	struct addr_list list = {0};
	struct str huge = STR_INIT;

	for (size_t i = 0; i < MEM_COUNT(GOOD); i++) {
		WORKS(addr_parse_typed(&list, GOOD[i][0], &why));
		assert_text(flat(&list), GOOD[i][1]);
		addr_list_done(&list);
	}
	for (size_t i = 0; i < MEM_COUNT(BAD); i++) {
		if (addr_parse_typed(&list, BAD[i], &why) == 0)
			print_message("# %s\n", BAD[i]);
		FAILS(ERR_INPUT, addr_parse_typed(&list, BAD[i], &why));
		addr_list_done(&list);
	}
	str_adds(&huge, "a@");
	repeat(&huge, "b", 253);
	assert_int_equal(addr_parse_typed(&list, huge.p, &why), -1);
	str_cut(&huge, 254);
	WORKS(addr_parse_typed(&list, huge.p, &why));
	addr_list_done(&list);
	str_done(&huge);
}

static void shows_no_lies(void **state)
{
	static const struct {
		const char *name, *mail, *shown, *brief;
	} ROWS[] = {
		{"A B", "a@b", "A B <a@b>", "A B"},
		{"", "a@b", "a@b", "a@b"},
		{"B, A", "a@b", "\"B, A\" <a@b>", "B, A"},
		{"boss@bank.com", "x@evil.org", "x@evil.org", "x@evil.org"},
		{"Boss <boss@bank.com>", "x@evil.org", "x@evil.org", "x@evil.org"},
		{"boss＠bank.com", "x@evil.org", "x@evil.org", "x@evil.org"},
		{"a@b", "a@b", "a@b", "a@b"},
	};

	for (size_t i = 0; i < MEM_COUNT(ROWS); i++) {
		struct str name = STR_INIT, mail = STR_INIT, out = STR_INIT;
		struct addr a;

		str_adds(&name, ROWS[i].name);
		str_adds(&mail, ROWS[i].mail);
		a = (struct addr){str_steal(&name), str_steal(&mail)};
		addr_show(&out, &a);
		assert_text(str_steal(&out), ROWS[i].shown);
		assert_string_equal(addr_short(&a), ROWS[i].brief);
		free(a.name);
		free(a.mail);
	}
}

static void writes_safely(void **state)
{
	static const struct {
		const char *name, *mail;
		bool utf8;
		const char *out;
	} ROWS[] = {
		{"", "a@b", false, "a@b"},
		{"A B", "a@b", false, "A B <a@b>"},
		{"J. Doe", "a@b", false, "\"J. Doe\" <a@b>"},
		{"a\"b\\c", "a@b", false, "\"a\\\"b\\\\c\" <a@b>"},
		{"J\xc3\xb6rg", "a@b", false, "=?utf-8?q?J=C3=B6rg?= <a@b>"},
		{"J\xc3\xb6rg", "\xc3\xb6@b", true, "J\xc3\xb6rg <\xc3\xb6@b>"},
		{"x", "\xc3\xb6@b", false, "=?utf-8?b?eCA8w7ZAYj4=?= :;"},
		{"", "\xc3\xb6@b", false, "=?utf-8?b?w7ZAYg==?= :;"},
		{"Eva", "eva@bücher.example", false, "Eva <eva@xn--bcher-kva.example>"},
		{"", "eva@bücher.example", true, "eva@xn--bcher-kva.example"},
		{"", "ö@bücher.example", true, "\xc3\xb6@xn--bcher-kva.example"},
		{"a\r\nBcc: x", "a@b\r\n>RCPT", false, "\"a  Bcc: x\" <a@bRCPT>"},
		{"=?utf-8?q?x?=", "a@b", false, "=?utf-8?q?=3D=3Futf-8=3Fq=3Fx=3F=3D?= <a@b>"},
	};

	for (size_t i = 0; i < MEM_COUNT(ROWS); i++) {
		char *name = mem_strdup(ROWS[i].name), *mail = mem_strdup(ROWS[i].mail);
		struct addr a = {name, mail};
		struct str out = STR_INIT;

		addr_write(&out, &a, ROWS[i].utf8);
		assert_text(str_steal(&out), ROWS[i].out);
		free(name);
		free(mail);
	}
}

static void bombs_are_capped(void **state)
{
	static const struct {
		const char *unit;
		size_t n;
	} ROWS[] = {
		{";", 2000000},
		{"a:", 100000},
		{"(", 200000},
		{"\"", 200001},
		{"\\\"", 200000},
		{"<", 200000},
		{"a@b,", 100000},
		{"<a@b>", 100000},
		{"a@b ", 100000},
		{"\"\\\"", 200000},
		{"[", 200000},
		{"=?utf-8?q?", 100000},
		{"@ ", 100000},
		{"(\\", 100000},
	};

	for (size_t i = 0; i < MEM_COUNT(ROWS); i++) {
		struct str in = STR_INIT;
		struct addr_list list = {0};

		repeat(&in, ROWS[i].unit, ROWS[i].n);
		addr_parse(&list, in.p, in.len);
		assert_true(list.n <= 10000);
		addr_list_done(&list);
		addr_parse_typed(&list, in.p, NULL);
		assert_true(list.n <= 10000);
		addr_list_done(&list);
		str_done(&in);
	}
}

static void has_without_case(void **state)
{
	struct addr_list list = {0};

	addr_list_add(&list, "A", "Ann@Example.org");
	assert_true(addr_list_has(&list, "ann@example.ORG"));
	assert_false(addr_list_has(&list, "bob@example.org"));
	addr_list_done(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_leniently),
		cmocka_unit_test(limits_are_told),
		cmocka_unit_test(typed_is_strict),
		cmocka_unit_test(shows_no_lies),
		cmocka_unit_test(writes_safely),
		cmocka_unit_test(bombs_are_capped),
		cmocka_unit_test(has_without_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

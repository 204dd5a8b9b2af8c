/* The base subject, by the rules of RFC 5256 2.1. */

#include "mime/subject.h"

#include "tests/check.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *subject, *base;
	bool reply;
} bases[] = {
	{"", "", false},
	{"Agenda", "Agenda", false},
	{"Re: Agenda", "Agenda", true},
	{"re: RE: Fwd: fw: Agenda", "Agenda", true},
	{"Re : Agenda", "Agenda", true},
	{"Re[2]: Agenda", "Agenda", true},
	{"Re [list]: Agenda", "Agenda", true},
	{"Re [2]: Agenda", "Agenda", true},
	{"Re(2): Agenda", "Agenda", true},
	{"Re^3: Agenda", "Agenda", true},
	{"Re (2) : Agenda", "Agenda", true},
	{"Re (two): Agenda", "Re (two): Agenda", false},
	{"Re\xef\xbc\x9a Agenda", "Agenda", true},
	{"VS: Antwort: Agenda", "Agenda", true},
	{"回复：转发: Agenda", "Agenda", true},
	{"RES: ENC: Agenda", "Agenda", true},
	{"TR: RV: Vá: Agenda", "Agenda", true},
	{"Versus: Agenda", "Versus: Agenda", false},
	{"R: Agenda", "R: Agenda", false},
	{"[list] Re: Agenda", "Agenda", true},
	{"AW: Antw: Sv: Agenda", "Agenda", true},
	{"WG: Agenda", "Agenda", true},
	{"Award: Agenda", "Award: Agenda", false},
	{"[list] [other] Re: Agenda", "Agenda", true},
	{"Re: [list] Agenda", "Agenda", true},
	{"[list]", "[list]", false},
	{"Re: [list]", "[list]", true},
	{"[a][b]", "[b]", false},
	{"Agenda (fwd)", "Agenda", true},
	{"Agenda (fwd) (FWD)  ", "Agenda", true},
	{"Re: Agenda (fwd)", "Agenda", true},
	{"[fwd: Agenda]", "Agenda", true},
	{"[Fwd: Re: [list] Agenda (fwd)]", "Agenda", true},
	{"Fwd: [fwd: Re: Agenda]", "Agenda", true},
	{"[fwd: Agenda", "[fwd: Agenda", false},
	{"[unclosed Re: Agenda", "[unclosed Re: Agenda", false},
	{"[a[b] Agenda", "[a[b] Agenda", false},
	{"Reply: Agenda", "Reply: Agenda", false},
	{"Retreat", "Retreat", false},
	{"Fwd", "Fwd", false},
	{"Re:", "", true},
	{"Re: (fwd)", "", true},
	{"(fwd)", "", true},
	{"[fwd:]", "", true},
	{"   Agenda   ", "Agenda", false},
	{"[]Agenda", "Agenda", false},
};

static void test_base_subject(void **state)
{
	for (size_t i = 0; i < sizeof(bases) / sizeof(*bases); i++) {
		char got[100];
		size_t from, len;

		assert_int_equal(subject_base(bases[i].subject, &from, &len), bases[i].reply);
		assert_true(from + len <= strlen(bases[i].subject));
		snprintf(got, sizeof(got), "%.*s", (int)len, bases[i].subject + from);
		assert_string_equal(got, bases[i].base);
	}
}

static void test_bare(void **state)
{
	static const struct {
		const char *subject;
		enum subject_mark kinds;
		const char *bare;
	} rows[] = {
		{"", SUBJECT_ANY, ""},
		{"Agenda", SUBJECT_ANY, "Agenda"},
		{" Agenda", SUBJECT_ANY, " Agenda"},
		{"Re: Agenda", SUBJECT_REPLY, "Agenda"},
		{"Re [2]: Re : VS: Antwort: Agenda", SUBJECT_REPLY, "Agenda"},
		{"RE：aw:Agenda", SUBJECT_REPLY, "Agenda"},
		{"Re: Fwd: Agenda", SUBJECT_REPLY, "Fwd: Agenda"},
		{"Fwd: Re: Agenda", SUBJECT_REPLY, "Fwd: Re: Agenda"},
		{"WG: Fw: Re: Agenda", SUBJECT_FORWARD, "Re: Agenda"},
		{"Re: WG: Agenda", SUBJECT_ANY, "Agenda"},
		{"[list] Re: Agenda", SUBJECT_ANY, "[list] Re: Agenda"},
		{"Re:", SUBJECT_ANY, ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(subject_bare(rows[i].subject, rows[i].kinds), rows[i].bare);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base_subject), cmocka_unit_test(test_bare)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

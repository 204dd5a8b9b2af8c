/* The base subject, by the rules of RFC 5256 2.1. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "store/subject.h"

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
	(void)state;
	for (size_t i = 0; i < sizeof(bases) / sizeof(*bases); i++) {
		char got[100];
		size_t from, len;

		assert_int_equal(subject_base(bases[i].subject, &from, &len), bases[i].reply);
		assert_true(from + len <= strlen(bases[i].subject));
		snprintf(got, sizeof(got), "%.*s", (int)len, bases[i].subject + from);
		assert_string_equal(got, bases[i].base);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_base_subject)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

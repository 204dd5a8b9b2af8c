#include "base/mail.h"
#include "base/mem.h"
#include "tests/check.h"

#include <limits.h>
#include <string.h>

/* A role is one row: no column of it is forgotten, and no two rows mean the same. */
static void rows_are_whole(void **state)
{
	for (enum mail_role role = ROLE_NONE + 1; role < ROLES; role++) {
		const struct mail_role_row *row = mail_role_row(role);

		assert_non_null(row->key);
		assert_true(*row->key);
		assert_non_null(row->folder);
		/* What is made has a name in every list, and is known again. */
		assert_int_equal(*row->folder != '\0', row->label != NULL);
		if (*row->folder && role != ROLE_INBOX)
			assert_int_equal(mail_role_by_name(row->folder), role);
		assert_int_equal(row->n == 0, row->names == NULL);
		assert_int_equal(mail_role_by_key(row->key), role);
		if (role != ROLE_INBOX)
			assert_int_equal(mail_role_by_attribute(row->attribute), role);
		for (size_t i = 0; i < row->n; i++)
			assert_int_equal(mail_role_by_name(row->names[i]), role);
		assert_int_equal(row->rank < mail_role_row(ROLE_NONE)->rank, role == ROLE_INBOX);
	}
}

static void a_role_is_found(void **state)
{
	static const struct {
		const char *text;
		enum mail_role key, attribute, name;
	} cases[] = {
		{"", ROLE_NONE, ROLE_NONE, ROLE_NONE},
		{"sent", ROLE_SENT, ROLE_SENT, ROLE_SENT},
		{"SENT", ROLE_SENT, ROLE_SENT, ROLE_SENT},
		{"Inbox", ROLE_INBOX, ROLE_NONE, ROLE_NONE},
		{"all", ROLE_ALL, ROLE_ALL, ROLE_NONE},
		{"sent items", ROLE_NONE, ROLE_NONE, ROLE_SENT},
		{"ENTWÜRFE", ROLE_NONE, ROLE_NONE, ROLE_DRAFTS},
		{"Sent/2026", ROLE_NONE, ROLE_NONE, ROLE_NONE},
		{"Work", ROLE_NONE, ROLE_NONE, ROLE_NONE},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		assert_int_equal(mail_role_by_key(cases[i].text), cases[i].key);
		assert_int_equal(mail_role_by_attribute(cases[i].text), cases[i].attribute);
		assert_int_equal(mail_role_by_name(cases[i].text), cases[i].name);
	}
}

static void a_number_of_a_file_is_a_role(void **state)
{
	assert_int_equal(mail_role_of(LONG_MIN), ROLE_NONE);
	assert_int_equal(mail_role_of(-1), ROLE_NONE);
	assert_int_equal(mail_role_of(ROLE_NONE), ROLE_NONE);
	assert_int_equal(mail_role_of(ROLE_INBOX), ROLE_INBOX);
	assert_int_equal(mail_role_of(ROLES - 1), ROLES - 1);
	assert_int_equal(mail_role_of(ROLES), ROLE_NONE);
	assert_int_equal(mail_role_of(LONG_MAX), ROLE_NONE);
	/* These are in files of those who have the program. */
	assert_int_equal(ROLE_INBOX, 1);
	assert_int_equal(ROLE_ARCHIVE, 6);
	assert_int_equal(ROLE_FLAGGED, 8);
}

static void a_label_is_no_path(void **state)
{
	assert_non_null(mail_role_label(ROLE_SENT, "Sent Items"));
	assert_null(mail_role_label(ROLE_SENT, "Mail/Sent"));
	assert_null(mail_role_label(ROLE_ALL, "All Mail"));
	assert_null(mail_role_label(ROLE_NONE, "Work"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_whole),
		cmocka_unit_test(a_role_is_found),
		cmocka_unit_test(a_number_of_a_file_is_a_role),
		cmocka_unit_test(a_label_is_no_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

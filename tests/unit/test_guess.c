/* Rows and keywords that change before the store has done it, and what becomes of them then. */

#include "base/mem.h"
#include "engine/msglist_priv.h"
#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REQUEST = 5, OTHER = 6 };

static void put_columns(struct columns *c, const uint32_t *uids, size_t n)
{
	*c = (struct columns){0};
	columns_resize(c, n);
	for (size_t i = 0; i < n; i++) {
		c->uid[i] = uids[i];
		c->sent[i] = c->received[i] = uids[i] * 100;
	}
}

static void take_list(struct msglist *l, const uint32_t *uids, size_t n)
{
	struct strv keysets = STRV_INIT;
	struct columns c;

	put_columns(&c, uids, n);
	strv_add(&keysets, "");
	strv_add(&keysets, "work");
	msglist_source_list(l, 0, &c, NULL, &keysets);
}

/* Of 1 to n, flat. */
static struct msglist *list_of(size_t n)
{
	struct msglist *l = msglist_new(7, 0, "home", "INBOX");
	uint32_t *uids = mem_array(n, sizeof(*uids));

	for (size_t i = 0; i < n; i++)
		uids[i] = (uint32_t)i + 1;
	take_list(l, uids, n);
	msglist_set_threads(l, false);
	free(uids);
	return l;
}

static void merge(struct msglist *l, const uint32_t *uids, size_t n, uint32_t flags,
	const uint32_t *gone, size_t ngone)
{
	struct strv keysets = STRV_INIT;
	struct columns c;

	put_columns(&c, uids, n);
	for (size_t i = 0; i < n; i++)
		c.flags[i] = flags;
	msglist_merge(l, &c, &keysets, gone, ngone);
	columns_done(&c);
}

#define UIDS(...) (const uint32_t[]){__VA_ARGS__}, MEM_COUNT(((const uint32_t[]){__VA_ARGS__}))

static void assert_shows(struct msglist *l, const char *want)
{
	struct str s = STR_INIT;
	struct msg_row r;

	for (size_t i = 0; msglist_row(l, i, &r); i++)
		str_addf(&s, "%s%u%s%s", i ? " " : "", r.uid, r.tagged ? "*" : "",
			r.flags & MAIL_SEEN ? "" : "N");
	assert_string_equal(str_c(&s), want);
	str_done(&s);
}

static void rows_go_and_stay_away(void **state)
{
	struct msglist *l = list_of(4);

	msglist_hide(l, REQUEST, UIDS(3, 1, 1, 99));
	assert_shows(l, "4N 2N");
	assert_int_equal(msglist_unread(l), 2);
	assert_int_equal(msglist_total(l), 2);
	merge(l, NULL, 0, 0, UIDS(1, 3));
	assert_false(msglist_answered(l, OTHER));
	assert_false(msglist_answered(l, REQUEST));
	assert_shows(l, "4N 2N");
	/* Undone: told as if they were new. */
	merge(l, UIDS(1, 3), 0, NULL, 0);
	assert_shows(l, "4N 3N 2N 1N");
	msglist_free(l);
}

static void what_was_not_confirmed_comes_back(void **state)
{
	struct msglist *l = list_of(4);

	msglist_tag(l, 2, true);
	msglist_tag(l, 4, true);
	msglist_hide(l, REQUEST, UIDS(1, 2, 4));
	assert_shows(l, "3N");
	merge(l, NULL, 0, 0, UIDS(1, 2));
	merge(l, UIDS(2), MAIL_SEEN, NULL, 0); /* it is there all the same, and read */
	assert_shows(l, "3N");
	assert_true(msglist_answered(l, REQUEST));
	assert_shows(l, "4*N 3N 2*");
	assert_int_equal(msglist_unread(l), 2);
	msglist_free(l);
}

static void hidden_rows_stay_hidden_until_the_answer(void **state)
{
	struct msglist *l = list_of(4);

	msglist_hide(l, REQUEST, UIDS(2));
	msglist_hide(l, OTHER, UIDS(3));
	merge(l, UIDS(2, 5), MAIL_SEEN, NULL, 0);
	assert_shows(l, "5 4N 1N");
	take_list(l, UIDS(1, 2, 5)); /* all anew, without 3 and 4 */
	assert_shows(l, "5N 1N");
	assert_false(msglist_answered(l, OTHER));
	assert_true(msglist_answered(l, REQUEST));
	assert_shows(l, "5N 2N 1N");
	msglist_free(l);
}

static void a_row_that_came_back_by_itself_is_there_once(void **state)
{
	struct msglist *l = list_of(2);

	msglist_hide(l, REQUEST, UIDS(1, 2));
	assert_shows(l, "");
	assert_true(msglist_answered(l, REQUEST));
	assert_shows(l, "2N 1N");
	assert_false(msglist_answered(l, REQUEST));
	assert_shows(l, "2N 1N");
	msglist_free(l);
}

static void a_limit_shows_again_what_it_showed(void **state)
{
	struct msglist *l = list_of(4);

	msglist_set_limit(l, "x", UIDS(2, 3));
	assert_shows(l, "3N 2N");
	msglist_hide(l, REQUEST, UIDS(3));
	assert_shows(l, "2N");
	assert_true(msglist_answered(l, REQUEST));
	assert_shows(l, "3N 2N");
	msglist_free(l);
}

static void other_numbers_are_other_messages(void **state)
{
	struct msglist *l = list_of(3);

	msglist_renumber(l, 1);
	msglist_hide(l, REQUEST, UIDS(2));
	msglist_renumber(l, 2);
	take_list(l, UIDS(2, 4));
	assert_shows(l, "4N 2N");
	assert_false(msglist_answered(l, REQUEST));
	assert_shows(l, "4N 2N");
	msglist_free(l);
}

/* What one folder tells says nothing of what another was asked for. */
static void of_two_folders(void **state)
{
	struct msglist *l = msglist_new_span(7, "all");
	struct strv keysets = STRV_INIT;
	struct columns c;
	uint32_t number;

	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(msglist_add_source(l, i + 1, (int)i, "a", "INBOX"), i);
		msglist_source_number(l, i, 1);
		put_columns(&c, UIDS(5));
		strv_add(&keysets, "");
		msglist_source_list(l, i, &c, NULL, &keysets);
		columns_done(&c);
		strv_done(&keysets);
	}
	assert_shows(l, "2N 1N");
	msglist_hide(l, REQUEST, UIDS(1, 2));
	put_columns(&c, UIDS(6));
	strv_add(&keysets, "");
	msglist_source_list(l, 0, &c, NULL, &keysets);
	columns_done(&c);
	strv_done(&keysets);
	assert_shows(l, "3N");
	assert_true(msglist_answered(l, REQUEST));
	assert_shows(l, "3N 2N");
	number = msglist_number(l, 1, 5);
	msglist_hide(l, OTHER, &number, 1);
	msglist_source_number(l, 1, 2); /* its UIDs are other messages' now */
	assert_false(msglist_answered(l, OTHER));
	assert_shows(l, "3N");
	msglist_free(l);
}

static const char *keywords(struct msglist *l, size_t row)
{
	struct msg_row r;

	assert_true(msglist_row(l, row, &r));
	return r.keywords;
}

static void keywords_show_at_once(void **state)
{
	struct msglist *l = list_of(2);
	struct strv keysets = STRV_INIT;
	struct columns c;

	msglist_change_keywords(l, UIDS(1, 99), "", "home late");
	assert_string_equal(keywords(l, 1), "home late");
	assert_string_equal(keywords(l, 0), "");
	msglist_change_keywords(l, UIDS(1, 2), "late", "work");
	assert_string_equal(keywords(l, 1), "home work");
	assert_string_equal(keywords(l, 0), "work");
	msglist_change_keywords(l, UIDS(1), "home work", "");
	assert_string_equal(keywords(l, 1), "");
	/* The store has other numbers for its sets. */
	put_columns(&c, UIDS(2));
	c.keyset[0] = 2;
	strv_add(&keysets, "");
	strv_add(&keysets, "work");
	strv_add(&keysets, "done");
	msglist_merge(l, &c, &keysets, NULL, 0);
	assert_string_equal(keywords(l, 0), "done");
	columns_done(&c);
	msglist_free(l);
}

static void many_sets_of_keywords(void **state)
{
	struct msglist *l = list_of(1);
	char word[32];

	for (size_t i = 1; i <= 1001; i++) {
		snprintf(word, sizeof(word), "k%zu", i);
		msglist_change_keywords(l, UIDS(1), i > 1 ? keywords(l, 0) : "", word);
		/* The store says the rest. */
		assert_string_equal(keywords(l, 0), i <= 1000 ? word : "");
	}
	msglist_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_go_and_stay_away),
		cmocka_unit_test(what_was_not_confirmed_comes_back),
		cmocka_unit_test(hidden_rows_stay_hidden_until_the_answer),
		cmocka_unit_test(a_row_that_came_back_by_itself_is_there_once),
		cmocka_unit_test(a_limit_shows_again_what_it_showed),
		cmocka_unit_test(other_numbers_are_other_messages),
		cmocka_unit_test(of_two_folders),
		cmocka_unit_test(keywords_show_at_once),
		cmocka_unit_test(many_sets_of_keywords),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

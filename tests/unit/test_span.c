/* Lists of several folders, in which the same UIDs mean different messages. */

#include "base/mem.h"
#include "engine/msglist_priv.h"
#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCES = 3 };

static struct msglist *new_span(size_t sources)
{
	static const char *const names[] = {"work", "home", "club"};
	struct msglist *l = msglist_new_span(7, "@all");

	for (size_t i = 0; i < sources; i++)
		assert_int_equal(
			msglist_add_source(l, 10 + (unsigned)i, (int)i, names[i], "INBOX"), i);
	return l;
}

struct message {
	uint32_t uid, date, parent;
	uint16_t keyset;
};

static void put(struct columns *c, struct strv *sets, const struct message *m, size_t n)
{
	*c = (struct columns){0};
	columns_resize(c, n);
	for (size_t i = 0; i < n; i++) {
		c->uid[i] = m[i].uid;
		c->sent[i] = c->received[i] = m[i].date;
		c->parent[i] = m[i].parent;
		c->keyset[i] = m[i].keyset;
	}
	*sets = (struct strv)STRV_INIT;
	strv_add(sets, "");
}

static void tell_all(struct msglist *l, size_t source, unsigned numbering, const struct message *m,
	size_t n, const char *words)
{
	struct columns c;
	struct strv sets;

	put(&c, &sets, m, n);
	if (words)
		strv_add(&sets, words);
	msglist_source_number(l, source, numbering);
	msglist_source_list(l, source, &c, NULL, &sets);
	columns_done(&c);
	strv_done(&sets);
}

static void tell_change(
	struct msglist *l, size_t source, const struct message *m, size_t n, uint32_t gone)
{
	struct columns c;
	struct strv sets;

	put(&c, &sets, m, n);
	msglist_source_merge(l, source, &c, NULL, &sets, &gone, gone != 0);
	columns_done(&c);
	strv_done(&sets);
}

/* Rows as "work1 home1", the newest first. */
static void shows(struct msglist *l, const char *want)
{
	struct str s = STR_INIT;

	for (size_t row = 0; row < msglist_count(l); row++) {
		struct msg_origin o;

		assert_true(msglist_origin(l, msglist_uid(l, row), &o));
		str_addf(&s, "%s%s%u", row ? " " : "", o.account_name, (unsigned)o.uid);
	}
	assert_string_equal(str_c(&s), want);
	str_done(&s);
}

static uint32_t number(struct msglist *l, size_t source, uint32_t uid)
{
	uint32_t found = msglist_number(l, source, uid);

	assert_int_not_equal(found, 0);
	return found;
}

static bool is_tagged(struct msglist *l, uint32_t message)
{
	struct msg_row row;

	assert_true(msglist_row(l, (size_t)msglist_find(l, message), &row));
	return row.tagged;
}

static struct msglist *three(void)
{
	struct msglist *l = new_span(SOURCES);

	tell_all(l, 0, 1, (struct message[]){{1, 100, 0, 0}, {2, 400, 0, 0}}, 2, NULL);
	tell_all(l, 1, 1, (struct message[]){{1, 300, 0, 0}, {2, 200, 0, 0}}, 2, NULL);
	assert_false(msglist_ready(l)); /* all of it at once */
	assert_int_equal(msglist_count(l), 0);
	tell_all(l, 2, 1, (struct message[]){{2, 350, 0, 0}}, 1, NULL);
	assert_true(msglist_ready(l));
	return l;
}

static void test_same_uids(void **state)
{
	struct msglist *l = three();
	uint32_t numbers[] = {number(l, 1, 1), number(l, 0, 2), number(l, 1, 2)}, *uids;
	struct msg_origin o;

	shows(l, "work2 club2 home1 home2 work1");
	assert_int_equal(msglist_total(l), 5);
	assert_string_equal(msglist_folder(l), "@all");
	assert_string_equal(msglist_account(l), "");
	/* Each folder is asked for its own. */
	assert_int_equal(msglist_of_source(l, 0, numbers, 3, &uids), 1);
	assert_int_equal(uids[0], 2);
	free(uids);
	assert_int_equal(msglist_of_source(l, 1, numbers, 3, &uids), 2);
	assert_int_equal(uids[0], 1);
	assert_int_equal(uids[1], 2);
	free(uids);
	assert_int_equal(msglist_of_source(l, 2, numbers, 3, &uids), 0);
	free(uids);
	/* What is no message. */
	assert_false(msglist_origin(l, 0, &o));
	assert_false(msglist_origin(l, 6, &o));
	assert_int_equal(o.account, -1);
	assert_int_equal(msglist_number(l, 2, 1), 0);
	msglist_free(l);
}

static void test_changes(void **state)
{
	struct msglist *l = three();
	uint32_t stays = number(l, 0, 2);

	msglist_tag(l, stays, true);
	tell_change(l, 1, (struct message[]){{3, 500, 0, 0}}, 1, 2);
	shows(l, "home3 work2 club2 home1 work1");
	assert_true(is_tagged(l, stays));
	/* It comes back, as by undo: the same message has the same number. */
	tell_change(l, 1, (struct message[]){{2, 200, 0, 0}}, 1, 0);
	shows(l, "home3 work2 club2 home1 home2 work1");
	tell_change(l, 2, NULL, 0, 1); /* never known */
	tell_change(l, 2, NULL, 0, 2);
	shows(l, "home3 work2 home1 home2 work1");
	msglist_free(l);
}

/* Older mail comes after newer, and all of it is told again. */
static void test_filled_backwards(void **state)
{
	struct msglist *l = new_span(2);
	const struct message all[] = {
		{1, 10, 0, 0}, {2, 20, 1, 0}, {5, 50, 0, 0}, {6, 60, 2, 0}, {9, 90, 0, 0}};
	uint32_t last;

	tell_all(l, 0, 1, (struct message[]){{9, 90, 0, 0}}, 1, NULL);
	tell_all(l, 1, 1, (struct message[]){{5, 55, 0, 0}}, 1, NULL);
	last = number(l, 0, 9);
	tell_change(l, 0, (struct message[]){{5, 50, 0, 0}, {6, 60, 2, 0}}, 2, 0);
	tell_change(l, 0, (struct message[]){{1, 10, 0, 0}, {2, 20, 1, 0}}, 2, 0);
	shows(l, "work9 work6 home5 work5 work2 work1");
	tell_all(l, 0, 1, all, 5, NULL);
	shows(l, "work9 work6 home5 work5 work2 work1");
	assert_int_equal(number(l, 0, 9), last);
	/* The parent that came after its answer. */
	msglist_set_threads(l, true);
	shows(l, "work9 work1 work2 work6 home5 work5");
	/* All but one went. */
	tell_all(l, 0, 1, all + 4, 1, NULL);
	shows(l, "work9 home5");
	msglist_free(l);
}

/* Answers belong to messages of their own folder. */
static void test_threads(void **state)
{
	struct msglist *l = new_span(2);
	struct msg_row row;
	uint32_t *uids;

	tell_all(l, 0, 1, (struct message[]){{1, 100, 0, 0}, {2, 200, 0, 0}}, 2, NULL);
	tell_all(l, 1, 1, (struct message[]){{1, 90, 0, 0}, {2, 95, 1, 0}}, 2, NULL);
	msglist_set_threads(l, true);
	shows(l, "work2 work1 home1 home2");
	assert_true(msglist_row(l, 3, &row));
	assert_int_equal(row.depth, 1);
	assert_int_equal(msglist_thread(l, number(l, 1, 2), &uids), 2);
	assert_int_equal(uids[0], number(l, 1, 1));
	free(uids);
	msglist_free(l);
}

struct answer { /* of a conversation */
	struct message m;
	unsigned parent_list;
};

static void tell_answers(
	struct msglist *l, size_t source, const struct answer *v, size_t n, uint32_t gone)
{
	struct message *m = mem_array(n, sizeof(*m));
	unsigned *lists = mem_array(n, sizeof(*lists));
	struct columns c;
	struct strv sets;

	for (size_t i = 0; i < n; i++) {
		m[i] = v[i].m;
		lists[i] = v[i].parent_list;
	}
	put(&c, &sets, m, n);
	if (l->sources[source].told) {
		msglist_source_merge(l, source, &c, lists, &sets, &gone, gone != 0);
	} else {
		msglist_source_number(l, source, 1);
		msglist_source_list(l, source, &c, lists, &sets);
	}
	columns_done(&c);
	strv_done(&sets);
	free(lists);
	free(m);
}

/* Those of a conversation belong to messages of any folder, also of one that is told later. */
static void test_threads_over_folders(void **state)
{
	struct msglist *l = new_span(SOURCES);
	struct summary *row[] = {NULL};
	struct msg_row shown;

	msglist_set_threads(l, true);
	tell_answers(l, 0, (struct answer[]){{{1, 100, 0, 0}, 0}, {{2, 300, 7, 0}, 11}}, 2, 0);
	tell_answers(l, 1, (struct answer[]){{{7, 200, 1, 0}, 10}, {{8, 250, 7, 0}, 0}}, 2, 0);
	row[0] = summary_copy(&(struct summary){.uid = 7,
		.keywords = "",
		.from_name = "",
		.from_mail = "",
		.to = "",
		.cc = "",
		.subject = "kept",
		.message_id = "",
		.references = "",
		.file = ""});
	msglist_source_rows(l, 1, row, 1);
	tell_answers(l, 2, NULL, 0, 0);
	shows(l, "work1 home7 home8 work2");
	assert_true(msglist_row(l, 1, &shown));
	assert_int_equal(shown.depth, 1);
	assert_string_equal(shown.subject, "kept"); /* though its number was known before it came */
	assert_true(msglist_row(l, 3, &shown));
	assert_int_equal(shown.depth, 2);
	tell_answers(l, 2, (struct answer[]){{{4, 150, 1, 0}, 10}}, 1, 0);
	shows(l, "work1 club4 home7 home8 work2");
	/* Another copy of the answer is the one that is shown. */
	tell_answers(l, 2, (struct answer[]){{{5, 200, 1, 0}, 10}}, 1, 0);
	tell_answers(l, 0, (struct answer[]){{{2, 300, 5, 0}, 12}}, 1, 0);
	tell_answers(l, 1, (struct answer[]){{{8, 250, 5, 0}, 12}}, 1, 7);
	shows(l, "work1 club4 club5 home8 work2");
	/* Of a list that is no more. */
	msglist_source_close(l, 2);
	tell_answers(l, 0, (struct answer[]){{{2, 300, 5, 0}, 12}, {{3, 400, 5, 0}, 99}}, 2, 0);
	shows(l, "work3 work2 home8 work1");
	msglist_free(l);
}

static void test_numbered_anew(void **state)
{
	struct msglist *l = three();
	uint32_t before = number(l, 1, 1), other = number(l, 0, 1);
	unsigned numbering = msglist_numbering(l);
	struct msg_origin o;

	msglist_tag(l, before, true);
	msglist_tag(l, other, true);
	tell_all(l, 1, 2, (struct message[]){{1, 250, 0, 0}}, 1, NULL);
	shows(l, "work2 club2 home1 work1");
	assert_int_not_equal(msglist_numbering(l), numbering);
	assert_int_not_equal(number(l, 1, 1), before);
	assert_false(is_tagged(l, number(l, 1, 1)));
	assert_true(is_tagged(l, other));
	assert_true(msglist_stands(l, other, numbering));
	assert_false(msglist_stands(l, before, numbering));
	assert_false(msglist_origin(l, before, &o));
	msglist_free(l);
}

static void keep_job(void *ctx, struct sort_job *job)
{
	struct sort_job **kept = ctx;

	sort_job_free(*kept);
	*kept = job;
}

/* Before all were told, or while they are put in order: nothing of what it was before stays. */
static void test_numbered_anew_early(void **state)
{
	struct msglist *l = new_span(2);
	struct sort_job *job = NULL;

	tell_all(l, 0, 1, (struct message[]){{1, 100, 0, 0}, {2, 200, 0, 0}}, 2, NULL);
	tell_all(l, 0, 2, (struct message[]){{1, 300, 0, 0}}, 1, NULL);
	tell_all(l, 1, 1, (struct message[]){{1, 400, 0, 0}}, 1, NULL);
	shows(l, "home1 work1");
	msglist_free(l);
	l = new_span(2);
	l->give = keep_job;
	l->ctx = &job;
	l->here_max = 1;
	tell_all(l, 0, 1, (struct message[]){{1, 100, 0, 0}, {2, 200, 0, 0}}, 2, NULL);
	tell_all(l, 1, 1, (struct message[]){{1, 400, 0, 0}}, 1, NULL);
	assert_non_null(job);
	tell_all(l, 0, 2, (struct message[]){{1, 300, 0, 0}}, 1, NULL);
	msglist_settle(l);
	assert_int_equal(msglist_total(l), 2);
	shows(l, "home1 work1");
	sort_job_free(job);
	msglist_free(l);
}

/* What is tagged, moved and taken back is tagged again. */
static void test_tags_come_back(void **state)
{
	struct msglist *l = three();
	const struct message again[] = {{9, 400, 0, 0}, {10, 100, 0, 0}};

	msglist_tag(l, number(l, 0, 1), true);
	msglist_tag(l, number(l, 0, 2), true);
	tell_change(l, 0, NULL, 0, 2);
	tell_change(l, 0, (struct message[]){{2, 400, 0, 0}}, 1, 0);
	assert_true(is_tagged(l, number(l, 0, 2)));
	/* Under another number: only by undo. */
	tell_change(l, 0, NULL, 0, 2);
	tell_change(l, 0, again, 1, 0);
	assert_false(is_tagged(l, number(l, 0, 9)));
	tell_change(l, 0, NULL, 0, 9);
	msglist_left_returns(l);
	tell_change(l, 1, (struct message[]){{9, 400, 0, 0}}, 1, 0); /* of another folder */
	assert_false(is_tagged(l, number(l, 1, 9)));
	tell_change(l, 0, again, 1, 0);
	assert_true(is_tagged(l, number(l, 0, 9)));
	/* Told all anew, one left and one came back. */
	tell_all(l, 0, 1, again, 1, NULL);
	msglist_left_returns(l);
	tell_all(l, 0, 1, again, 2, NULL);
	assert_true(is_tagged(l, number(l, 0, 10)));
	assert_true(is_tagged(l, number(l, 0, 9)));
	msglist_free(l);
}

static void wait_for_server(struct msglist *l, uint32_t uid)
{
	l->columns.flags[columns_find(&l->columns, number(l, 0, uid))] |= MAIL_WAITING;
}

/* One that waits for its server has another number when it is there, which may be told before, and
 * the number that it had is another one's then. */
static void test_tags_of_what_waited(void **state)
{
	struct msglist *l = new_span(1);
	const struct message waits[] = {{900, 100, 0, 0}}, real[] = {{3, 100, 0, 0}},
			     other[] = {{900, 200, 0, 0}},
			     twins[] = {{4, 300, 0, 0}, {5, 300, 0, 0}};

	(void)state;
	tell_all(l, 0, 1, waits, 1, NULL);
	wait_for_server(l, 900);
	msglist_tag(l, number(l, 0, 900), true);
	tell_change(l, 0, real, 1, 0);
	assert_false(is_tagged(l, number(l, 0, 3)));
	tell_change(l, 0, NULL, 0, 900);
	assert_true(is_tagged(l, number(l, 0, 3)));
	/* Its number, again. */
	tell_change(l, 0, other, 1, 0);
	assert_false(is_tagged(l, number(l, 0, 900)));
	/* Where several may be meant, none is. */
	wait_for_server(l, 900);
	msglist_tag(l, number(l, 0, 900), true);
	l->columns.sent[columns_find(&l->columns, number(l, 0, 900))] = 300;
	l->columns.received[columns_find(&l->columns, number(l, 0, 900))] = 300;
	tell_change(l, 0, twins, 2, 0);
	tell_change(l, 0, NULL, 0, 900);
	assert_false(is_tagged(l, number(l, 0, 4)));
	assert_false(is_tagged(l, number(l, 0, 5)));
	/* What waited and came to nothing says nothing of who has its number next. */
	tell_change(l, 0, other, 1, 0);
	assert_false(is_tagged(l, number(l, 0, 900)));
	msglist_free(l);
}

static void test_tags_that_do_not(void **state)
{
	struct msglist *l = new_span(1);
	const struct message twins[] = {{1, 100, 0, 0}, {2, 100, 0, 0}, {3, 300, 0, 0}};

	tell_all(l, 0, 1, twins, 3, NULL);
	for (uint32_t uid = 1; uid <= 3; uid++)
		msglist_tag(l, number(l, 0, uid), true);
	/* Of two that are alike nobody knows which it is. */
	tell_all(l, 0, 1, twins + 2, 1, NULL);
	msglist_left_returns(l);
	tell_change(l, 0, (struct message[]){{4, 100, 0, 0}}, 1, 0);
	assert_false(is_tagged(l, number(l, 0, 4)));
	/* What was untagged as all were is not tagged again. */
	tell_change(l, 0, NULL, 0, 3);
	msglist_untag_all(l);
	tell_change(l, 0, twins + 2, 1, 0);
	assert_false(is_tagged(l, number(l, 0, 3)));
	/* Nor what a folder called so before it was numbered anew. */
	msglist_tag(l, number(l, 0, 3), true);
	tell_change(l, 0, NULL, 0, 3);
	msglist_left_returns(l);
	tell_all(l, 0, 2, twins + 2, 1, NULL);
	assert_false(is_tagged(l, number(l, 0, 3)));
	msglist_free(l);
}

static void test_one_goes(void **state)
{
	struct msglist *l = three();

	msglist_source_close(l, 0);
	shows(l, "club2 home1 home2");
	msglist_source_close(l, 1);
	msglist_source_close(l, 2);
	shows(l, "");
	assert_true(msglist_ready(l));
	msglist_free(l);
	/* The last that is waited for cannot be opened. */
	l = new_span(2);
	tell_all(l, 0, 1, (struct message[]){{1, 100, 0, 0}}, 1, NULL);
	assert_false(msglist_ready(l));
	msglist_source_close(l, 1);
	assert_true(msglist_ready(l));
	shows(l, "work1");
	msglist_free(l);
}

static void test_limit(void **state)
{
	struct msglist *l = three();
	uint32_t uids[] = {1, 2, 3}, *numbers;
	size_t n = 3;

	numbers = msglist_numbers(l, 1, uids, &n);
	assert_int_equal(n, 2);
	msglist_set_limit(l, "some", numbers, n);
	shows(l, "home1 home2");
	free(numbers);
	msglist_free(l);
}

static struct summary *strings(uint32_t uid, const char *subject)
{
	const struct summary s = {.uid = uid,
		.keywords = "",
		.from_name = "",
		.from_mail = "",
		.to = "",
		.cc = "",
		.subject = subject,
		.message_id = "",
		.references = "",
		.file = ""};

	return summary_copy(&s);
}

static void test_strings(void **state)
{
	struct msglist *l = three();
	struct summary *of_work[] = {strings(1, "Work"), strings(9, "Nobody's")};
	struct summary *of_home[] = {strings(1, "Home")};
	const struct message m = {1, 100, 0, 0};
	struct msg_row row;

	msglist_source_rows(l, 0, of_work, 2);
	msglist_source_rows(l, 1, of_home, 1);
	assert_true(msglist_row(l, (size_t)msglist_find(l, number(l, 0, 1)), &row));
	assert_string_equal(row.subject, "Work");
	assert_true(msglist_row(l, (size_t)msglist_find(l, number(l, 1, 1)), &row));
	assert_string_equal(row.subject, "Home");
	/* Those of folders that were told before stay while others are still to come; told anew, a
	 * folder may say others. */
	msglist_free(l);
	l = new_span(2);
	of_work[0] = strings(1, "Work");
	tell_all(l, 0, 1, &m, 1, NULL);
	msglist_source_rows(l, 0, of_work, 1);
	tell_all(l, 1, 1, &m, 1, NULL);
	assert_true(msglist_row(l, (size_t)msglist_find(l, number(l, 0, 1)), &row));
	assert_string_equal(row.subject, "Work");
	tell_all(l, 0, 1, &m, 1, NULL);
	assert_true(msglist_row(l, (size_t)msglist_find(l, number(l, 0, 1)), &row));
	assert_null(row.subject);
	msglist_free(l);
}

static const char *keywords(struct msglist *l, size_t source, uint32_t uid)
{
	struct msg_row row;

	assert_true(msglist_row(l, (size_t)msglist_find(l, number(l, source, uid)), &row));
	return row.keywords;
}

/* The first set of each folder is another one. */
static void test_keywords(void **state)
{
	struct msglist *l = new_span(2);
	const struct message m = {1, 100, 0, 1};
	struct strv all = STRV_INIT;

	tell_all(l, 0, 1, &m, 1, "todo");
	tell_all(l, 1, 1, &m, 1, "fun later");
	assert_string_equal(keywords(l, 0, 1), "todo");
	assert_string_equal(keywords(l, 1, 1), "fun later");
	tell_all(l, 1, 1, &m, 1, "todo");
	assert_string_equal(keywords(l, 0, 1), "todo");
	assert_string_equal(keywords(l, 1, 1), "todo");
	msglist_keywords(l, &all);
	assert_true(strv_has(&all, "todo"));
	strv_done(&all);
	msglist_free(l);
}

/* There is room for 65,535 of them; who has one more shows none. */
static void test_many_keywords(void **state)
{
	enum { ROOM = UINT16_MAX };
	const struct message m = {1, 100, 0, 1};
	struct msglist *l = new_span(2);
	struct columns c;
	struct strv sets;
	char word[16];

	put(&c, &sets, (struct message[]){{1, 100, 0, ROOM - 1}}, 1);
	for (unsigned i = 1; i < ROOM; i++) {
		snprintf(word, sizeof(word), "w%u", i);
		strv_add(&sets, word);
	}
	msglist_source_number(l, 0, 1);
	msglist_source_list(l, 0, &c, NULL, &sets);
	strv_done(&sets);
	columns_done(&c);
	tell_all(l, 1, 1, &m, 1, "last");
	assert_false(l->keysets_left_out);
	put(&c, &sets, (struct message[]){{1, 100, 0, 1}, {2, 200, 0, 2}}, 2);
	strv_add(&sets, "last");
	strv_add(&sets, "over");
	msglist_source_merge(l, 1, &c, NULL, &sets, NULL, 0);
	assert_true(l->keysets_left_out);
	strv_done(&sets);
	columns_done(&c);
	assert_string_equal(keywords(l, 0, 1), "w65534");
	assert_string_equal(keywords(l, 1, 1), "last");
	assert_string_equal(keywords(l, 1, 2), "");
	msglist_free(l);
}

/* One folder costs nothing: its numbers are the UIDs. */
static void test_one_folder(void **state)
{
	struct msglist *l = msglist_new(7, 0, "work", "INBOX");
	uint32_t two[] = {9, 2}, *uids;
	struct msg_origin o;

	tell_all(l, 0, 1, (struct message[]){{2, 100, 0, 0}, {9, 50, 2, 0}}, 2, NULL);
	tell_change(l, 0, (struct message[]){{11, 200, 0, 0}}, 1, 2);
	shows(l, "work11 work9");
	assert_int_equal(msglist_number(l, 0, 9), 9);
	assert_true(msglist_origin(l, 9, &o));
	assert_int_equal(o.uid, 9);
	assert_int_equal(msglist_of_source(l, 0, two, 2, &uids), 2);
	assert_int_equal(uids[0], 9);
	free(uids);
	assert_null(l->origins);
	assert_null(l->sources->uids);
	assert_true(msglist_stands(l, 9, 1));
	tell_all(l, 0, 2, (struct message[]){{9, 100, 0, 0}}, 1, NULL);
	assert_false(msglist_stands(l, 9, 1));
	msglist_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_uids),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_filled_backwards),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_threads_over_folders),
		cmocka_unit_test(test_numbered_anew),
		cmocka_unit_test(test_numbered_anew_early),
		cmocka_unit_test(test_tags_come_back),
		cmocka_unit_test(test_tags_of_what_waited),
		cmocka_unit_test(test_tags_that_do_not),
		cmocka_unit_test(test_one_goes),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_keywords),
		cmocka_unit_test(test_many_keywords),
		cmocka_unit_test(test_one_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which messages are one conversation, wherever they are. */
#include "base/mem.h"
#include "store/mail/conversation.h"
#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct message {
	unsigned list;
	uint32_t uid;
	const char *id, *references;
	unsigned char day;
};

static struct summary summary(const struct message *m)
{
	struct summary s = {.uid = m->uid,
		.message_id = m->id,
		.references = m->references,
		.keywords = "",
		.from_name = "",
		.from_mail = "",
		.to = "",
		.cc = "",
		.subject = "",
		.file = ""};

	s.identity[0] = m->day;
	memcpy(s.identity + 1, m->id, strlen(m->id) < 15 ? strlen(m->id) : 15);
	return s;
}

/* Looks at all of them until nothing more gets known; how often that was. */
static size_t look_at(struct conversation *c, const struct message *v, size_t n)
{
	size_t before, rounds = 0;

	do {
		before = conversation_ids(c);
		for (size_t i = 0; i < n; i++) {
			struct summary s = summary(&v[i]);

			conversation_look(c, v[i].list, &s, false);
		}
		rounds++;
	} while (conversation_ids(c) > before);
	conversation_settle(c);
	return rounds;
}

/* "1.7 2.3<1.7 (2.9)": list and UID, what it answers, copies in parentheses. */
static void shows(struct conversation *c, const char *want)
{
	struct conversation_member **v;
	size_t n = conversation_members(c, &v);
	struct str s = STR_INIT;

	for (size_t i = 0; i < n; i++) {
		str_addf(&s, "%s%s%u.%u", i ? " " : "", v[i]->copy ? "(" : "", v[i]->list,
			(unsigned)v[i]->uid);
		if (v[i]->parent_list)
			str_addf(&s, "<%u.%u", v[i]->parent_list, (unsigned)v[i]->parent_uid);
		str_adds(&s, v[i]->copy ? ")" : "");
	}
	assert_string_equal(str_c(&s), want);
	str_done(&s);
}

static void belong(const char *id, const struct message *v, size_t n, const char *want)
{
	struct conversation *c = conversation_new(CONVERSATION_MAX);

	conversation_know(c, id);
	look_at(c, v, n);
	shows(c, want);
	conversation_free(c);
}

static void test_closure(void **state)
{
	static const struct message chain[] = {{1, 1, "a", "", 0}, {2, 1, "b", "a", 0},
		{1, 2, "c", "a b", 0}, {1, 3, "z", "y", 0}};
	static const struct message middle[] = {
		{1, 1, "a", "", 0}, {1, 2, "c", "a b", 0}, {2, 5, "d", "b", 0}};
	static const struct message joined[] = {{1, 1, "a", "", 0}, {1, 2, "b", "a", 0},
		{1, 3, "x", "", 0}, {1, 4, "y", "x", 0}, {2, 1, "late", "b y", 0}};
	static const struct message ring[] = {
		{1, 1, "a", "b", 0}, {1, 2, "b", "a", 0}, {1, 3, "self", "self", 0}};
	static const struct message prefix[] = {
		{1, 1, "a", "", 0}, {1, 2, "ab", "aa", 0}, {1, 3, "A", "", 0}};

	for (size_t i = 0; i < 3; i++)
		belong((const char *[]){"a", "b", "c"}[i], chain, MEM_COUNT(chain),
			"1.1 1.2<2.1 2.1<1.1");
	belong("d", middle, MEM_COUNT(middle), "1.1 1.2<1.1 2.5");
	belong("b", middle, MEM_COUNT(middle), "1.1 1.2<1.1 2.5"); /* it is nowhere */
	belong("a", joined, 4, "1.1 1.2<1.1");
	belong("a", joined, 5, "1.1 1.2<1.1 1.3 1.4<1.3 2.1<1.4");
	belong("a", ring, MEM_COUNT(ring), "1.1<1.2 1.2<1.1");
	belong("self", ring, MEM_COUNT(ring), "1.3");
	belong("a", prefix, MEM_COUNT(prefix), "1.1");
	belong("none", chain, MEM_COUNT(chain), "");
	belong("", chain, MEM_COUNT(chain), "");
}

/* Each of them names only what it answers. */
static void test_long_chain(void **state)
{
	enum { LONG = 50 };
	struct message v[LONG];
	char ids[LONG + 1][8];
	struct conversation *c = conversation_new(CONVERSATION_MAX);
	struct conversation_member **members;

	ids[0][0] = '\0';
	for (size_t i = 0; i < LONG; i++) {
		snprintf(ids[i + 1], sizeof(ids[i + 1]), "m%zu", i);
		v[i] = (struct message){1 + i % 2, 1 + (uint32_t)i, ids[i + 1], ids[i], 0};
	}
	conversation_know(c, "m25");
	look_at(c, v, LONG);
	assert_int_equal(conversation_members(c, &members), LONG);
	conversation_free(c);
}

static void test_copies(void **state)
{
	static const struct message copies[] = {{1, 9, "a", "", 1}, {2, 3, "a", "", 1},
		{2, 4, "a", "", 1}, {2, 5, "a", "", 2}, {3, 1, "b", "a", 1}};
	struct conversation *c = conversation_new(CONVERSATION_MAX);
	struct summary s = summary(&copies[0]);

	conversation_know(c, "a");
	look_at(c, copies, MEM_COUNT(copies));
	/* another date: another message, though it has the same id */
	shows(c, "1.9 (2.3) (2.4) 2.5 3.1<1.9");
	conversation_drop(c, conversation_find(c, 1, 9));
	assert_null(conversation_find(c, 1, 9));
	conversation_settle(c);
	shows(c, "2.3 (2.4) 2.5 3.1<2.3");
	assert_non_null(conversation_look(c, 1, &s, false)); /* it is back */
	conversation_settle(c);
	shows(c, "1.9 (2.3) (2.4) 2.5 3.1<1.9");
	conversation_free(c);
}

/* Those without an id are alone, and are no copies of each other. */
static void test_no_ids(void **state)
{
	static const struct message none[] = {{1, 1, "", "", 0}, {1, 2, "", "", 0},
		{2, 1, "", "a", 0}, {2, 2, "", "a", 0}, {2, 3, "", " ", 0}};
	struct conversation *c = conversation_new(CONVERSATION_MAX);
	struct summary s = summary(&none[0]);

	assert_non_null(conversation_look(c, 1, &s, true));
	assert_int_equal(conversation_ids(c), 0);
	look_at(c, none, MEM_COUNT(none));
	shows(c, "1.1");
	conversation_free(c);
	belong("a", none, MEM_COUNT(none), "2.1 2.2");
}

/* What one says of itself later counts. */
static void test_known_stays(void **state)
{
	static const struct message first = {1, 1, "a", "", 0}, then = {1, 1, "a", "b c", 0};
	struct conversation *c = conversation_new(CONVERSATION_MAX);
	struct summary s = summary(&first);

	conversation_know(c, "a");
	conversation_look(c, 1, &s, false);
	assert_int_equal(conversation_ids(c), 1);
	s = summary(&then);
	assert_ptr_equal(
		conversation_look(c, 1, &s, false), conversation_find(c, 1, 1)); /* the same */
	assert_int_equal(conversation_ids(c), 3);
	assert_string_equal(conversation_id(c, 2), "c");
	conversation_drop(c, conversation_find(c, 1, 1));
	assert_int_equal(conversation_ids(c), 3);
	conversation_free(c);
}

static void test_limit(void **state)
{
	enum { MAX = 3 };

	for (uint32_t n = MAX - 1; n <= MAX + 1; n++) {
		struct conversation *c = conversation_new(MAX);
		struct conversation_member **v;
		struct message m = {1, 1, "a", "", 0};
		struct summary s;

		conversation_know(c, "a");
		for (uint32_t uid = 1; uid <= n; uid++) {
			m.uid = uid;
			s = summary(&m);
			assert_int_equal(conversation_look(c, 1, &s, false) != NULL, uid <= MAX);
		}
		assert_int_equal(conversation_is_full(c), n > MAX);
		assert_int_equal(conversation_members(c, &v), n < MAX ? n : MAX);
		m.uid = 1; /* those that are in it are still looked at */
		s = summary(&m);
		assert_non_null(conversation_look(c, 1, &s, false));
		conversation_free(c);
	}
	conversation_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_closure),
		cmocka_unit_test(test_long_chain),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_no_ids),
		cmocka_unit_test(test_known_stays),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What is found in pages of the cache, many messages at once, is what each message says alone. */
#include "base/file.h"
#include "base/mem.h"
#include "store/mail/match.h"
#include "tests/unit/fails.h"
#include "tests/unit/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAILS = 1500, LATER = 40, UIDS = 3 * MAILS + LATER };

static const time_t now = 1795996800;

static const char *const words[] = {"zebra", "Letter", "GRÜN", "grün", "gru\xcc\x88n", "Weiß",
	"WEISS", "Kelvin \xe2\x84\xaa", "\xef\xac\x81sh", "e\xcc\x81", "Срок", "срок", "会議", "a",
	"", "x@y.example", "\xc5\xbf", "ﬃ", "İstanbul", "letterletter"};

static const char *const queries[] = {"zebra", "letter", "grün", "weiss", "ss", "s", "k", "e", "é",
	"fish", "срок", "会議", "istanbul", "nowhere", "from:letter", "subject:zebra", "cc:k",
	"to:x@y", "people:weiß", "id:7@here", "references:7@here", "letter zebra", "letter | zebra",
	"!letter", "letter !zebra", "!(letter | grün)", "~s ^z", "~s ^z letter", "~s ^z | letter",
	"~s z.b", "unread letter", "unread | letter", "~p", "~P letter", "~p | letter",
	"keyword:blue letter", "keyword:blue", "size:>50 letter", "body:x letter",
	"body:x | letter", "!body:x letter", "^~C k", "^~L letter", "^~f e letter", "~C ^z",
	"~C 'a$' letter", "in:x | letter", "!account:x letter", "~X 0 letter", "~y bl.e letter",
	"list:letter | zebra", "ignore:marks grun", "ignore:marks é",
	"ignore:marks i letter | !grün", "a e k s z l g r u w f",
	"a | b | nowhere | d | q | grün | срок | zebra | letter | weiss | j"};

static unsigned dice(unsigned sides)
{
	static unsigned seed = 4711;

	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % sides;
}

static void pick(char *out, size_t size, unsigned most)
{
	size_t used = 0;

	*out = '\0';
	for (unsigned i = dice(most + 1); i > 0; i--)
		used += (size_t)snprintf(out + used, size - used, "%s%s", used ? " " : "",
			words[dice(dice(3) ? 6 : MEM_COUNT(words))]);
}

static void put(struct cache *c, uint32_t uid)
{
	char text[5][256], id[32];

	for (size_t i = 0; i < MEM_COUNT(text); i++)
		pick(text[i], sizeof(text[i]), 1 + (i == 0) * 3);
	snprintf(id, sizeof(id), "%u@here", (unsigned)uid);
	WORKS(cache_add(c,
		&(struct summary){.uid = uid,
			.flags = dice(2) ? MAIL_SEEN : 0,
			.size = dice(100),
			.subject = text[0],
			.from_name = text[1],
			.from_mail = text[2],
			.to = text[3],
			.cc = dice(5) ? "" : text[4],
			.keywords = dice(4) ? "" : "blue",
			.message_id = id,
			.references = dice(4) ? "" : "7@here",
			.file = ""},
		1, &why));
}

/* Pages of many messages, some of them changed since, and what is in no page yet. */
static struct cache *filled(const char *top)
{
	char *dir = cache_dir_for(top, "INBOX");
	uint32_t gone[20];
	struct cache *c;

	WORKS(cache_open(&c, dir, "INBOX", NULL, &why));
	for (uint32_t i = 0; i < MAILS; i++)
		put(c, 3 * i + 1);
	WORKS(cache_compact(dir, "INBOX", &why));
	assert_int_equal(cache_refresh(c, NULL), 1);
	for (uint32_t i = 0; i < LATER; i++)
		put(c, 3 * dice(MAILS) + 1 + i % 2);
	for (uint32_t i = 0; i < LATER; i++)
		put(c, 3 * MAILS + i);
	for (uint32_t i = 0; i < MEM_COUNT(gone); i++)
		gone[i] = 3 * (70 * i + 11) + 1;
	WORKS(cache_remove(c, gone, MEM_COUNT(gone), &why));
	free(dir);
	return c;
}

/* By UID. */
static void ask_alone(struct cache *c, struct matcher *m, enum query_answer *answers)
{
	struct cache_walk w;
	struct summary row;

	cache_walk_start(&w, c, 1);
	while (cache_walk_next(&w, &row)) {
		struct look l = look_at(m, &row, NULL);

		answers[row.uid] = look_answer(&l, QUERY_STRINGS);
		look_done(&l);
	}
}

/* How many of them were left out unseen. */
static size_t compare(struct cache *c, const char *text)
{
	char mail[] = "x@y.example", *mails[] = {mail};
	struct strv own = {.v = mails, .n = 1};
	struct matcher many = {.own = &own}, one = {.own = &own};
	enum query_answer answers[UIDS] = {QUERY_NO};
	struct query *q;
	struct cache_walk w;
	struct summary row;
	size_t seen = 0;

	WORKS(query_parse(&q, text, now, &why));
	match_start(&many, q, q->nnodes - 1);
	match_start(&one, q, q->nnodes - 1);
	ask_alone(c, &one, answers);
	cache_walk_start(&w, c, 1);
	for (uint32_t next = 1; cache_walk_next(&w, &row); seen++) {
		struct look l = look_at(&many, &row, &w);

		for (; next < row.uid; next++)
			assert_int_equal(answers[next], QUERY_NO);
		if (look_answer(&l, QUERY_STRINGS) != answers[row.uid])
			fail_msg("%s: %u %s", text, (unsigned)row.uid, row.subject);
		look_done(&l);
		next = row.uid + 1;
		for (uint32_t last = match_pass(&many, &w, row.uid); next <= last; next++)
			if (answers[next] != QUERY_NO)
				fail_msg("%s: %u was left out", text, (unsigned)next);
	}
	match_done(&many);
	match_done(&one);
	query_free(q);
	return cache_count(c) - seen;
}

static void test_pages(void **state)
{
	char *top = harness_dir();
	struct cache *c = filled(top);

	for (size_t i = 0; i < MEM_COUNT(queries); i++)
		compare(c, queries[i]);
	assert_true(compare(c, "nowhere") > MAILS / 2);
	assert_true(compare(c, "会議") > MAILS / 2);
	assert_int_equal(compare(c, "!letter"), 0);
	cache_free(c);
	assert_int_equal(file_remove_tree(top, NULL), 0);
	free(top);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_pages)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What an IMAP server may say too much of: just below the limit, at it and above it, and that what
 * is left out is told. */
#include "net/imap.h"

#include "base/mem.h"
#include "net/net.h"
#include "tests/unit/rude.h"
#include "tests/unit/fails.h"

#include <stdlib.h>
#include <string.h>

__attribute__((format(printf, 1, 2))) static struct imap *open_rude(const char *fmt, ...)
{
	struct str script = STR_INIT;
	struct net_server server;
	struct imap *s;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&script, fmt, ap);
	va_end(ap);
	server = rude_play(script.p, PROTOCOL_IMAP);
	WORKS(imap_open(&s, &server, &rude_quick, &rude_alice, NULL, &why));
	str_done(&script);
	return s;
}

#define BEGIN "S: * PREAUTH [CAPABILITY IMAP4rev1] hi\n"

/* --- capabilities --- */

static void test_capabilities(void **state)
{
	struct str caps = STR_INIT;
	struct imap *im;

	for (int i = 0; i < 2000; i++)
		str_addf(&caps, " X%d", i);
	str_adds(&caps, " X-");
	for (int i = 0; i < 500; i++)
		str_addc(&caps, 'y');
	str_adds(&caps, " move");
	im = open_rude("S: * PREAUTH [CAPABILITY IMAP4rev1%s] hi\n", caps.p);
	assert_true(imap_can(im) & IMAP_MOVE);
	imap_free(im);
	rude_played();
	str_done(&caps);
}

/* --- FETCH --- */

struct got {
	size_t messages, parts;
	bool cut;
	char *keywords;
};

static void take(void *ctx, const struct imap_message *m)
{
	struct got *g = ctx;

	g->messages++;
	g->parts = m->nparts;
	g->cut = m->parts_cut;
	free(g->keywords);
	g->keywords = mem_strdup(m->keywords);
}

/* The answer to a FETCH of one message with these items. */
static struct got fetched(const char *items)
{
	struct got g = {0};
	struct imap_selected sel;
	struct imap *im = open_rude(BEGIN
		"C: SELECT\nS: * 1 EXISTS\nS: * OK [UIDVALIDITY 7] x\nS: * OK [UIDNEXT 9] x\n"
		"S: %%t OK done\nC: UID FETCH\nS: * 1 FETCH (UID 5 %s)\nS: %%t OK done",
		items);

	WORKS(imap_select(im, "INBOX", NULL, NULL, NULL, NULL, &sel, &why));
	WORKS(imap_fetch(im, "5", IMAP_GET_FLAGS, NULL, 0, take, NULL, &g, &why));
	assert_int_equal(g.messages, 1);
	imap_free(im);
	rude_played();
	return g;
}

#define TEXT "(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 10 1)"

static void test_parts(void **state)
{
	for (size_t n = 4999; n <= 5001; n++) {
		struct str items = STR_INIT;
		struct got g;

		str_adds(&items, "BODYSTRUCTURE (");
		for (size_t i = 1; i < n; i++)
			str_adds(&items, TEXT);
		str_adds(&items, " \"mixed\")");
		g = fetched(items.p);
		assert_int_equal(g.parts, n > 5000 ? 5000 : n);
		assert_int_equal(g.cut, n > 5000);
		free(g.keywords);
		str_done(&items);
	}
}

static void test_levels(void **state)
{
	for (size_t levels = 39; levels <= 42; levels++) {
		struct str items = STR_INIT;
		struct got g;

		str_adds(&items, "BODYSTRUCTURE ");
		for (size_t i = 1; i < levels; i++)
			str_addc(&items, '(');
		str_adds(&items, TEXT);
		for (size_t i = 1; i < levels; i++)
			str_adds(&items, " \"mixed\")");
		g = fetched(items.p);
		assert_int_equal(g.parts, levels > 41 ? 41 : levels);
		assert_int_equal(g.cut, levels > 41);
		free(g.keywords);
		str_done(&items);
	}
}

/* The last one is as long as makes the sum. */
static void test_keywords(void **state)
{
	for (size_t sum = 3999; sum <= 4001; sum++) {
		struct str items = STR_INIT, want = STR_INIT;
		struct got g;

		while (want.len + 200 < sum)
			str_adds(&want, "a-keyword ");
		while (want.len < sum)
			str_addc(&want, 'k');
		str_addf(&items, "FLAGS (%s $Forwarded more)", want.p);
		if (sum > 4000)
			str_cut(&want, (size_t)(strrchr(want.p, ' ') - want.p) + 1);
		else
			str_addc(&want, ' ');
		str_adds(&want, IMAP_MORE_KEYWORDS);
		g = fetched(items.p);
		assert_string_equal(g.keywords, want.p);
		free(g.keywords);
		str_done(&items);
		str_done(&want);
	}
}

/* --- mailboxes --- */

static void test_mailboxes(void **state)
{
	for (size_t n = 100000; n <= 100001; n++) {
		struct str script = STR_INIT;
		struct imap_mailboxes boxes;
		struct imap *im;

		str_adds(&script, BEGIN "C: LIST\nS~ ");
		for (size_t i = 0; i < n; i++)
			str_addf(&script, "* LIST () \"/\" x%zu\\r\\n", i);
		str_adds(&script, "\nS: %t OK done");
		im = open_rude("%s", script.p);
		WORKS(imap_list(im, &boxes, &why));
		assert_int_equal(boxes.n, n > 100000 ? 100000 : n);
		assert_int_equal(boxes.over, n > 100000);
		assert_int_equal(boxes.odd, 0);
		imap_mailboxes_done(&boxes);
		imap_free(im);
		rude_played();
		str_done(&script);
	}
}

/* Of so many, and where one cannot be read, all are asked for. */
static void told(size_t n, const char *last, size_t want, bool folders)
{
	struct str script = STR_INIT;
	struct imap_mailboxes boxes;
	struct imap_news news;
	struct imap *im;

	str_adds(&script, BEGIN "C: NOOP\nS~ ");
	for (size_t i = 0; i < n; i++)
		str_addf(&script, "* STATUS x%zu (MESSAGES 3)\\r\\n", i);
	im = open_rude("%s* STATUS x0 (MESSAGES 4)\\r\\n%s\nS: %%t OK done", script.p, last);
	WORKS(imap_noop(im, &news, &why));
	assert_int_equal(news.folders, folders);
	imap_take_boxes(im, &boxes);
	assert_int_equal(boxes.n, want);
	assert_int_equal(boxes.v[0].status.messages, 4);
	imap_mailboxes_done(&boxes);
	imap_free(im);
	rude_played();
	str_done(&script);
}

static void test_unasked_states(void **state)
{
	struct str wide = STR_INIT;

	told(999, "", 999, false);
	told(1000, "", 1000, false);
	told(1001, "", 1000, true);
	told(2, "* STATUS y (MESSAGES)\\r\\n", 2, true);
	str_adds(&wide, "* STATUS y (X ");
	while (wide.len < 9000)
		str_adds(&wide, "1");
	str_adds(&wide, ")\\r\\n");
	told(2, wide.p, 2, true);
	str_done(&wide);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_keywords),
		cmocka_unit_test(test_mailboxes),
		cmocka_unit_test(test_unasked_states),
	};

	net_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A large message on a server that does not give all of it: what came is shown, what did not is
 * said and asked for again. */
#include "tests/sync/odd.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
/* libetpan 1.9.4 loses the name of a section whose text is NIL. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libetpan";
}
#endif

#define TWO                                                                                        \
	"((\"text\" \"plain\" NIL NIL NIL \"7bit\" 290000 10)(\"text\" \"plain\" NIL NIL NIL "     \
	"\"7bit\" 9 1) \"mixed\")"

/* One row that says it has 300,000 octets. */
static struct person *with_large(struct msglist **l)
{
	struct person *p;

	odd("fill INBOX 1");
	odd("raw 1 * 1 FETCH (UID 1 FLAGS () INTERNALDATE \"06-Jan-2025 10:00:00 +0000\" "
	    "RFC822.SIZE "
	    "300000 BODY[HEADER.FIELDS (FROM)] {14}\\r\\nSubject: one\\r\\n)");
	odd("rule imap \\S+ UID FETCH 1 .*BODY\\.PEEK\\[HEADER\\]\\) => say * 1 FETCH (UID 1 "
	    "BODY[HEADER] {16}\\r\\nSubject: one\\r\\n\\r\\n)\\r\\n$tag OK done\\r\\n");
	p = by_imap();
	*l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(*l) == 1);
	return p;
}

static void structure(const char *rows)
{
	char *rule = text_of("rule imap \\S+ UID FETCH 1 .*BODYSTRUCTURE => say * 1 FETCH (UID 1 "
			     "BODYSTRUCTURE %s)\\r\\n$tag OK done\\r\\n",
		rows);

	odd(rule);
	free(rule);
}

static void piece(const char *times, const char *section, const char *data)
{
	char *rule =
		text_of("rule %simap \\S+ UID FETCH 1 .*BODY\\.PEEK\\[%s\\] => say * 1 FETCH (UID "
			"1 BODY[%s] %s)\\r\\n$tag OK done\\r\\n",
			times, section, section, data);

	odd(rule);
	free(rule);
}

/* The text of the message as it is shown now; free(). */
static char *shown(struct person *p, struct msglist *l, bool partial)
{
	struct message_view *v = read_view(p, l, 1);
	struct str s = STR_INIT;

	text_plain(v->text, &s, false);
	assert_int_equal(v->partial, partial);
	engine_view_free(v);
	return str_steal(&s);
}

static void nil_is_not_the_text(void **state)
{
	struct msglist *l;
	struct person *p = with_large(&l);
	char *s;

	(void)state;
	structure(TWO);
	piece("x1 ", "1", "NIL");
	piece("", "1", "{9}\\r\\nThe first");
	piece("", "2", "{10}\\r\\nThe second");
	odd("rule imap \\S+ UID FETCH 1 .*BODY\\.PEEK\\[1\\]<0.262144> => say * 1 FETCH (UID 1 "
	    "BODY[1]<0> {9}\\r\\nThe first)\\r\\n$tag OK done\\r\\n");
	s = shown(p, l, true);
	has(s, "Not all of this message could be fetched: ");
	has(s, "does not give its text");
	has(s, "The second");
	assert_null(strstr(s, "The first"));
	free(s);
	s = shown(p, l, false);
	has(s, "The first");
	has(s, "The second");
	assert_null(strstr(s, "could be fetched"));
	free(s);
	person_free(p);
}

static void one_part_is_refused(void **state)
{
	struct msglist *l;
	struct person *p = with_large(&l);
	char *s;

	(void)state;
	structure(TWO);
	odd("rule imap \\S+ UID FETCH 1 .*BODY\\.PEEK\\[1\\] => no [UNAVAILABLE] its file is away");
	piece("", "2", "{10}\\r\\nThe second");
	s = shown(p, l, true);
	has(s, "its file is away");
	has(s, "The second");
	has(s, "not fetched yet");
	free(s);
	assert_int_equal(seen("UID FETCH 1 .*BODY\\.PEEK\\[1\\]"), 1);
	person_free(p);
}

static void whole_without_structure(void **state)
{
	static const char *const ROWS[] = {
		"(((\"x\"))", "(NIL NIL)", "(\"text\" \"plain\" NIL NIL NIL \"7bit\" 0 0)", NULL};

	(void)state;
	for (size_t i = 0; i < MEM_COUNT(ROWS); i++) {
		struct msglist *l;
		struct person *p;
		char *s;

		odd("reset");
		p = with_large(&l);
		if (ROWS[i])
			structure(ROWS[i]);
		else
			odd("rule imap \\S+ UID FETCH 1 .*BODYSTRUCTURE => no not this one");
		odd("rule imap \\S+ UID FETCH 1 .*BODY\\.PEEK\\[\\] => say * 1 FETCH (UID 1 "
		    "BODY[]<0> "
		    "{27}\\r\\nSubject: one\\r\\n\\r\\nAll of it\\r\\n)\\r\\n$tag OK done\\r\\n");
		s = shown(p, l, false);
		has(s, "All of it");
		free(s);
		person_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ODD_CASE(nil_is_not_the_text),
		ODD_CASE(one_part_is_refused),
		ODD_CASE(whole_without_structure),
	};

	return ODD_RUN(tests);
}

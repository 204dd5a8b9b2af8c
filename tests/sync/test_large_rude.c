/* A large message on a server that does not give all of it: what came is shown, what did not is
 * said and asked for again. */
#include "tests/sync/odd.h"

#include "base/file.h"
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
	struct person *p = BY_IMAP("fill INBOX 1",
		"raw 1 * 1 FETCH (UID 1 FLAGS () INTERNALDATE \"06-Jan-2025 10:00:00 +0000\" "
		"RFC822.SIZE "
		"300000 BODY[HEADER.FIELDS (FROM)] {14}\\r\\nSubject: one\\r\\n)",
		"rule imap \\S+ UID FETCH 1 .*BODY\\.PEEK\\[HEADER\\]\\) => say * 1 FETCH (UID 1 "
		"BODY[HEADER] {16}\\r\\nSubject: one\\r\\n\\r\\n)\\r\\n$tag OK done\\r\\n");

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

	structure(TWO);
	piece("x1 ", "1", "NIL");
	piece("", "1", "{9}\\r\\nThe first");
	piece("", "2", "{10}\\r\\nThe second");
	odd("rule imap \\S+ UID FETCH 1 .*BODY\\.PEEK\\[1\\]<0\\.[0-9]+> => say * 1 FETCH (UID 1 "
	    "BODY[1]<0> {9}\\r\\nThe first)\\r\\n$tag OK done\\r\\n");
	s = kept(shown(p, l, true));
	has(s, "Not all of this message could be fetched: ");
	has(s, "does not give its text");
	has(s, "The second");
	assert_null(strstr(s, "The first"));
	s = kept(shown(p, l, false));
	has(s, "The first");
	has(s, "The second");
	assert_null(strstr(s, "could be fetched"));
}

static void one_part_is_refused(void **state)
{
	struct msglist *l;
	struct person *p = with_large(&l);
	char *s;

	structure(TWO);
	odd("rule imap \\S+ UID FETCH 1 .*BODY\\.PEEK\\[1\\] => no [UNAVAILABLE] its file is away");
	piece("", "2", "{10}\\r\\nThe second");
	s = kept(shown(p, l, true));
	has(s, "its file is away");
	has(s, "The second");
	has(s, "not fetched yet");
	assert_int_equal(seen("UID FETCH 1 .*BODY\\.PEEK\\[1\\]"), 1);
}

static void whole_without_structure(void **state)
{
	static const char *const ROWS[] = {
		"(((\"x\"))", "(NIL NIL)", "(\"text\" \"plain\" NIL NIL NIL \"7bit\" 0 0)", NULL};

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

/* --- one at a time, and which one --- */

enum { LARGE = 590000 };

/* UID 1 is large, 2 to 4 are not; the piece of the large one behind the first is held. */
static struct person *with_held_piece(struct msglist **l)
{
	struct person *p = BY_IMAP("large INBOX 600000", "fill INBOX 3",
		"rule x1 UID FETCH 1 .*BODY\\.PEEK\\[\\]<[1-9] => hold");

	*l = filled(p, 4);
	return p;
}

/* Saves the large one; until the piece behind the first was asked for. */
static unsigned save_large(struct person *p, struct msglist *l, char **path)
{
	unsigned request;

	*path = text_of("%s/large.eml", p->home);
	request = engine_save_message(p->engine, l, 1, *path);
	UNTIL_SERVER(p, seen("UID FETCH 1 .*BODY\\.PEEK\\[\\]<[1-9]"));
	return request;
}

/* The last place in what the server saw where the text is. */
static const char *last_of(const char *log, const char *text)
{
	const char *at = NULL;

	for (const char *next = log; (next = strstr(next, text)); next++)
		at = next;
	assert_non_null(at);
	return at;
}

static void read_while_it_is_saved(struct person *p, struct msglist *l, struct msglist *from)
{
	struct str saved = STR_INIT;
	unsigned save, read;
	char *path, *log;

	save = save_large(p, l, &path);
	read = engine_read(p->engine, from, 3, &(struct read_options){.width = 80});
	event_free(answer(p, engine_drafts(p->engine, 0))); /* the disk thread has heard of it */
	odd("release");
	while (save || read) {
		struct event *ev = next_event(p->engine, clock_ms() + PATIENCE_MS);

		assert_non_null(ev);
		save = ev->request == save && ev->kind == EVENT_SAVED ? 0 : save;
		read = ev->request == read && ev->kind == EVENT_MESSAGE ? 0 : read;
		event_free(ev);
	}
	log = ask("log");
	assert_true(last_of(log, "UID FETCH 3 (UID BODY.PEEK[") <
		    last_of(log, "UID FETCH 1 (UID BODY.PEEK[]<"));
	free(log);
	assert_int_equal(file_read(path, 1 << 20, &saved, NULL), 0);
	assert_true(saved.len > LARGE);
	has(saved.p, "\nline 08000 x");
	str_done(&saved);
	free(path);
	person_free(p);
}

/* What somebody waits for does not wait for what is saved. */
static void reading_goes_ahead_of_saving(void **state)
{
	struct msglist *l;
	struct person *p = with_held_piece(&l);

	read_while_it_is_saved(p, l, l);
}

/* What is saved is selected again behind it. */
static void reading_elsewhere_goes_ahead_too(void **state)
{
	struct msglist *l, *other;
	struct person *p;

	odd("fill Other 3");
	p = with_held_piece(&l);
	other = open_with(p, "Other", 3);
	read_while_it_is_saved(p, l, other);
}

/* Who leaves it has the next after one piece. */
static void cancelled_saving_asks_for_no_more(void **state)
{
	struct msglist *l;
	struct person *p = with_held_piece(&l);
	struct message_view *v;
	char *path;
	unsigned save = save_large(p, l, &path);
	int pieces = seen("BODY\\.PEEK\\[\\]<");

	engine_cancel(p->engine, save);
	ends(p, save, EVENT_CANCELLED);
	odd("release");
	v = read_view(p, l, 3);
	engine_view_free(v);
	assert_int_equal(seen("BODY\\.PEEK\\[\\]<"), pieces);
	assert_false(file_exists(path));
	free(path);
}

static void too_large_is_said(void **state)
{
	struct person *p = BY_IMAP("fill INBOX 1",
		"raw 1 * 1 FETCH (UID 1 FLAGS () INTERNALDATE \"06-Jan-2025 10:00:00 +0000\" "
		"RFC822.SIZE 268435457 BODY[HEADER.FIELDS (FROM)] {14}\\r\\nSubject: one\\r\\n)");
	struct msglist *l = open_with(p, "INBOX", 1);

	fails(p, engine_save_message(p->engine, l, 1, "not-made"),
		"It has more than 256 MB and is not fetched");
	assert_int_equal(seen("BODY\\.PEEK\\[\\]"), 0);
}

/* An export of ten messages, of which some end the connection: what it says; free(). */
static char *exported(const char *rule, const char *name, bool there)
{
	struct event *ev;
	char *path, *said;
	struct person *p = BY_IMAP("reset", "fill INBOX 10");
	struct msglist *l = filled(p, 10);

	odd(rule);
	path = text_of("%s/%s", p->home, name);
	ev = answer(p, engine_export(p->engine, l, NULL, 0, path));
	assert_int_equal(ev->kind, EVENT_FAILED);
	assert_int_equal(file_exists(path), there);
	said = mem_strdup(event_error(ev));
	event_free(ev);
	person_free(p);
	return said;
}

static void one_that_ends_the_connection_costs_one(void **state)
{
	char *said =
		kept(exported("rule UID FETCH 4 .*BODY\\.PEEK\\[\\] => cut", "all.mbox", true));

	has(said, "9 messages written");
	has(said, "1 could not be copied");
}

/* What came is kept in a Maildir; an mbox is there as a whole, or not. */
static void export_without_a_server_breaks_off(void **state)
{
	static const char rule[] = "rule UID FETCH ([4-9]|10) .*BODY\\.PEEK\\[\\] => cut";
	char *said = kept(exported(rule, "Maildir", true));

	has(said, "3 messages written");
	has(said, "run it again to go on");
	assert_int_equal(seen("UID FETCH .*BODY\\.PEEK\\[\\]"), 6);
	said = kept(exported(rule, "all.mbox", false));
	has(said, "closed the connection");
	assert_null(strstr(said, "written"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ODD_CASE(nil_is_not_the_text),
		ODD_CASE(one_part_is_refused),
		ODD_CASE(whole_without_structure),
		ODD_CASE(reading_goes_ahead_of_saving),
		ODD_CASE(reading_elsewhere_goes_ahead_too),
		ODD_CASE(cancelled_saving_asks_for_no_more),
		ODD_CASE(too_large_is_said),
		ODD_CASE(one_that_ends_the_connection_costs_one),
		ODD_CASE(export_without_a_server_breaks_off),
	};

	return ODD_RUN(tests);
}

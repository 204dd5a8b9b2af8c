/*
 * What is cancelled while the server says nothing (odd.py): it is answered, what is under way on
 * the wire ends, and the next request is served over a new connection. The one that stalls says
 * nothing any more in all of these cases, and its deadlines are longer than anybody waits here: so
 * each answer shows that nobody waited for it.
 */
#include "base/file.h"
#include "base/mem.h"
#include "tests/sync/odd.h"

#include <stdlib.h>
#include <string.h>

/* One message large, UID 1, and three that are not. */
static struct person *reader(const char *rule, struct msglist **l)
{
	struct person *p = BY_IMAP("large INBOX 600000", "fill INBOX 3", rule);

	*l = filled(p, 4);
	return p;
}

static unsigned read_of(struct person *p, struct msglist *l, uint32_t uid)
{
	return engine_read(p->engine, l, uid, &(struct read_options){.width = 80});
}

static void is(struct person *p, unsigned request, enum event_kind kind)
{
	struct event *ev = answer(p, request);

	if (ev->kind != kind)
		fail_msg("%d instead of %d: %s", (int)ev->kind, (int)kind, event_error(ev));
	event_free(ev);
}

static void cancelled(struct person *p, unsigned request)
{
	engine_cancel(p->engine, request);
	is(p, request, EVENT_CANCELLED);
}

static void a_message_that_does_not_come(void **state)
{
	struct msglist *l;
	struct person *p = reader("rule x1 imap \\S+ UID FETCH 2 .*BODY\\.PEEK\\[\\] => stall", &l);
	unsigned request = read_of(p, l, 2);

	UNTIL_SERVER(p, seen("UID FETCH 2 .*BODY\\.PEEK\\[\\]") == 1);
	cancelled(p, request);
	is(p, read_of(p, l, 3), EVENT_MESSAGE);
	/* and it is to be had again */
	is(p, read_of(p, l, 2), EVENT_MESSAGE);
}

/* The login is what stalls: there is no piece to wait for. */
static void a_connection_that_is_not_made(void **state)
{
	struct msglist *l;
	struct person *p = reader("fill Other 0", &l);
	unsigned request;
	int before = seen("imap \\S+ AUTHENTICATE");

	odd("rule x1 imap \\S+ AUTHENTICATE => stall");
	request = read_of(p, l, 2);
	UNTIL_SERVER(p, seen("imap \\S+ AUTHENTICATE") > before);
	cancelled(p, request);
	is(p, read_of(p, l, 3), EVENT_MESSAGE);
	assert_int_equal(seen("UID FETCH 2 .*BODY"), 0);
}

/* The person leaves messages one after the other, each before it is here. */
static void one_after_the_other(void **state)
{
	struct msglist *l;
	struct person *p =
		reader("rule x2 imap \\S+ UID FETCH [23] .*BODY\\.PEEK\\[\\] => stall", &l);
	unsigned first = read_of(p, l, 2), second;

	UNTIL_SERVER(p, seen("UID FETCH 2 .*BODY\\.PEEK\\[\\]") == 1);
	second = read_of(p, l, 3);
	cancelled(p, first);
	UNTIL_SERVER(p, seen("UID FETCH 3 .*BODY\\.PEEK\\[\\]") == 1);
	cancelled(p, second);
	is(p, read_of(p, l, 4), EVENT_MESSAGE);
}

static void an_export(void **state)
{
	struct msglist *l;
	struct person *p = reader("rule x1 imap \\S+ UID FETCH 3 .*BODY\\.PEEK\\[\\] => stall", &l);
	char *path = text_of("%s/copy", p->home);
	unsigned request = engine_export(p->engine, l, NULL, 0, path);

	UNTIL_SERVER(p, seen("UID FETCH 3 .*BODY\\.PEEK\\[\\]") == 1);
	cancelled(p, request);
	is(p, read_of(p, l, 4), EVENT_MESSAGE);
	/* What was copied stays; the rest follows. */
	done(p, engine_export(p->engine, l, NULL, 0, path));
}

/* What is looked for is looked for here: nothing of it waits for what another request waits for. */
static void a_search_beside_a_message(void **state)
{
	struct msglist *l;
	struct person *p = reader("rule x1 imap \\S+ UID FETCH 2 .*BODY\\.PEEK\\[\\] => stall", &l);
	unsigned reading = read_of(p, l, 2), request;
	struct event *ev;

	UNTIL_SERVER(p, seen("UID FETCH 2 .*BODY\\.PEEK\\[\\]") == 1);
	request = engine_search(p->engine, l, "body:nowhere");
	engine_cancel(p->engine, request);
	ev = answer(p, request); /* it may have been through */
	assert_true(ev->kind == EVENT_CANCELLED || ev->kind == EVENT_FOUND);
	event_free(ev);
	is(p, engine_search(p->engine, l, "body:nowhere"), EVENT_FOUND);
	is(p, engine_limit(p->engine, l, "~U"), EVENT_DONE);
	cancelled(p, reading);
	is(p, read_of(p, l, 2), EVENT_MESSAGE);
}

static void a_part_that_is_saved(void **state)
{
	struct msglist *l;
	struct person *p =
		reader("rule x1 imap \\S+ UID FETCH 1 .*BODY\\.PEEK\\[\\]<[1-9] => part 1000", &l);
	char *path = text_of("%s/large.eml", p->home);
	unsigned request = engine_save_message(p->engine, l, 1, path);

	UNTIL_SERVER(p, seen("UID FETCH 1 .*BODY\\.PEEK\\[\\]<[1-9]") >= 1);
	cancelled(p, request);
	is(p, read_of(p, l, 3), EVENT_MESSAGE);
}

/* What a person reads goes between the pieces of what is saved. Where it is cancelled and takes the
 * connection with it, that is none of the other's business. */
static void a_message_read_while_another_is_saved(void **state)
{
	struct msglist *l;
	struct person *p = reader("rule x1 imap \\S+ UID FETCH 1 .*<[1-9] => hold", &l);
	char *path = text_of("%s/large.eml", p->home);
	unsigned save, request;
	struct str saved = STR_INIT;

	odd("rule x1 imap \\S+ UID FETCH 3 .*BODY\\.PEEK\\[\\] => stall");
	save = engine_save_message(p->engine, l, 1, path);
	UNTIL_SERVER(p, seen("UID FETCH 1 .*BODY\\.PEEK\\[\\]<[1-9]"));
	request = read_of(p, l, 3);
	event_free(answer(p, engine_drafts(p->engine, 0))); /* the disk thread has heard of it */
	odd("release");
	UNTIL_SERVER(p, seen("UID FETCH 3 .*BODY\\.PEEK\\[\\]"));
	engine_cancel(p->engine, request);
	is(p, save, EVENT_SAVED);
	assert_int_equal(file_read(path, 1 << 20, &saved, NULL), 0);
	assert_true(saved.len > 580000);
	str_done(&saved);
}

/* Where the server takes one connection only, the rest of what is to be done over it goes on too.
 */
static void over_the_only_connection(void **state)
{
	unsigned request;
	uint32_t uid = 4;
	struct person *p = BY_IMAP("fill INBOX 4");
	struct msglist *l = filled(p, 4);

	UNTIL_SERVER(p, number("idling") == 1);
	odd("rule x1 imap \\S+ AUTHENTICATE => no too many connections",
		"rule x1 imap \\S+ UID FETCH 2 .*BODY\\.PEEK\\[\\] => stall");
	request = read_of(p, l, 2);
	UNTIL_SERVER(p, seen("UID FETCH 2 .*BODY\\.PEEK\\[\\]"));
	engine_flag(p->engine, l, &uid, 1, 0, MAIL_FLAGGED);
	cancelled(p, request);
	is(p, read_of(p, l, 3), EVENT_MESSAGE);
	UNTIL(p, engine_pending(p->engine) == 0);
	assert_int_equal(number("marked INBOX \\Flagged"), 1);
}

static void a_check(void **state)
{
	unsigned request;
	int before;
	struct person *p = by_imap();

	filled(p, 0);
	before = seen("imap \\S+ AUTHENTICATE");
	odd("rule x1 imap \\S+ AUTHENTICATE => stall");
	request = engine_check(p->engine, 0);
	UNTIL_SERVER(p, seen("imap \\S+ AUTHENTICATE") > before);
	cancelled(p, request);
	is(p, engine_check(p->engine, 0), EVENT_CHECKED);
}

/* Two ask, one of them no longer wants to know. */
static void a_check_that_another_waits_for(void **state)
{
	unsigned first, second;
	int before;
	struct person *p = by_imap();

	filled(p, 0);
	before = seen("imap \\S+ AUTHENTICATE");
	odd("rule x1 imap \\S+ AUTHENTICATE => hold");
	first = engine_check(p->engine, 0);
	second = engine_check(p->engine, 0);
	UNTIL_SERVER(p, seen("imap \\S+ AUTHENTICATE") > before);
	cancelled(p, first);
	odd("release");
	is(p, second, EVENT_CHECKED);
}

/* The relay says nothing before it has the mail: it can be taken back, and the next one goes. */
static void a_mail_before_its_data(void **state)
{
	struct outbox_info info;
	unsigned request;
	struct person *p = BY_IMAP("rule x1 smtp MAIL => stall");

	filled(p, 0);
	send_text(p, "you@example.org", "First");
	UNTIL_SERVER(p, seen("smtp MAIL") == 1);
	UNTIL(p, engine_outbox(p->engine, 0) == 1);
	engine_outbox_at(p->engine, 0, 0, &info);
	request = engine_outbox_hold(p->engine, 0, info.id);
	done(p, request);
	send_text(p, "you@example.org", "Second");
	event_of_kind(p, EVENT_SENT);
	assert_int_equal(number("mails"), 1); /* and not both */
	UNTIL(p, engine_outbox(p->engine, 0) == 1);
	engine_outbox_at(p->engine, 0, 0, &info);
	done(p, engine_outbox_retry(p->engine, 0, info.id));
	event_of_kind(p, EVENT_SENT);
	assert_int_equal(number("mails"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ODD_CASE(a_message_that_does_not_come),
		ODD_CASE(a_connection_that_is_not_made),
		ODD_CASE(one_after_the_other),
		ODD_CASE(an_export),
		ODD_CASE(a_search_beside_a_message),
		ODD_CASE(a_part_that_is_saved),
		ODD_CASE(a_message_read_while_another_is_saved),
		ODD_CASE(over_the_only_connection),
		ODD_CASE(a_check),
		ODD_CASE(a_check_that_another_waits_for),
		ODD_CASE(a_mail_before_its_data),
	};

	return ODD_RUN(tests);
}

/* The engine against relays that misbehave (odd.py): each case
 * says what the user must find afterwards. */
#include "base/mem.h"
#include "tests/sync/odd.h"

#include <stdlib.h>
#include <string.h>

static struct outbox_info in_outbox(struct person *p)
{
	struct outbox_info info = {0};

	if (engine_outbox(p->engine, 0) > 0)
		engine_outbox_at(p->engine, 0, 0, &info);
	return info;
}

static void smtp_later_stays_and_is_retried(void **state)
{
	struct person *p;
	char *id;

	(void)state;
	odd("rule x1 smtp RCPT => say 451 4.2.0 come back later");
	p = by_imap();
	send_text(p, "you@example.org", "Patience");
	event_of_kind(p, EVENT_SEND_FAILED);
	UNTIL(p, engine_outbox(p->engine, 0) == 1 && *in_outbox(p).error);
	has(in_outbox(p).error, "come back later");
	assert_false(in_outbox(p).failed);
	assert_false(in_outbox(p).unconfirmed);
	assert_int_equal(number("mails"), 0);
	id = mem_strdup(in_outbox(p).id);
	done(p, engine_outbox_retry(p->engine, 0, id));
	free(id);
	event_of_kind(p, EVENT_SENT);
	assert_int_equal(number("mails"), 1);
	UNTIL(p, engine_outbox(p->engine, 0) == 0);
	person_free(p);
}

static void smtp_one_refused_of_two_keeps_that_one(void **state)
{
	struct person *p;

	(void)state;
	odd("rule smtp RCPT TO:<bad => say 550 5.1.1 nobody \\e[1mhere");
	p = by_imap();
	send_text(p, "good@example.org, bad@example.org", "Two");
	UNTIL(p, engine_outbox(p->engine, 0) == 1 && in_outbox(p).failed);
	assert_string_equal(in_outbox(p).to, "bad@example.org");
	has(in_outbox(p).error, "nobody");
	assert_null(strchr(in_outbox(p).error, '\033'));
	has(person_told(), "bad@example.org");
	UNTIL_SERVER(p, number("mails good@example.org") == 1);
	assert_int_equal(number("mails bad@example.org"), 0);
	assert_int_equal(number("mails"), 1);
	person_free(p);
}

static void smtp_lost_answer_is_unconfirmed(void **state)
{
	struct person *p;

	(void)state;
	odd("rule end of data => lose");
	p = by_imap();
	send_text(p, "you@example.org", "Perhaps");
	event_of_kind(p, EVENT_SEND_FAILED);
	UNTIL(p, engine_outbox(p->engine, 0) == 1 && in_outbox(p).unconfirmed);
	odd("norules");
	stop(p);
	start(p, false);
	UNTIL(p, state_of(p) == STATE_ONLINE && engine_outbox(p->engine, 0) == 1);
	done(p, engine_sync(p->engine, 0));
	engine_retry(p->engine);
	watch(p, 1500);
	assert_true(in_outbox(p).unconfirmed);
	assert_int_equal(number("mails"), 1);
	assert_int_equal(seen("smtp MAIL"), 1);
	person_free(p);
}

static void smtp_silence_after_the_dot_is_unconfirmed(void **state)
{
	struct person *p;

	(void)state;
	odd("rule smtp DATA => part 8");
	p = by_imap();
	send_text(p, "you@example.org", "Perhaps");
	UNTIL_SERVER(p, seen("smtp DATA"));
	watch(p, 200);
	stop_quickly(p);
	odd("norules");
	start(p, false);
	UNTIL(p, state_of(p) == STATE_ONLINE && engine_outbox(p->engine, 0) == 1);
	watch(p, 500);
	assert_true(in_outbox(p).unconfirmed);
	assert_int_equal(seen("smtp MAIL"), 1);
	person_free(p);
}

static void smtp_break_before_data_is_sent_later(void **state)
{
	struct person *p;
	char *id;

	(void)state;
	odd("rule x1 smtp DATA => cut");
	p = by_imap();
	send_text(p, "you@example.org", "Early");
	event_of_kind(p, EVENT_SEND_FAILED);
	UNTIL(p, engine_outbox(p->engine, 0) == 1 && *in_outbox(p).error);
	assert_false(in_outbox(p).unconfirmed);
	assert_false(in_outbox(p).failed);
	id = mem_strdup(in_outbox(p).id);
	done(p, engine_outbox_retry(p->engine, 0, id));
	free(id);
	event_of_kind(p, EVENT_SENT);
	assert_int_equal(number("mails"), 1);
	person_free(p);
}

static void smtp_refused_login_is_no_storm(void **state)
{
	struct person *p;

	(void)state;
	odd("rule smtp AUTH => say 535 5.7.8 who are you");
	p = by_imap();
	send_text(p, "you@example.org", "Locked out");
	event_of_kind(p, EVENT_SEND_FAILED);
	UNTIL(p, engine_outbox(p->engine, 0) == 1 && *in_outbox(p).error);
	has(in_outbox(p).error, "who are you");
	assert_false(in_outbox(p).unconfirmed);
	watch(p, 1500);
	assert_int_equal(seen("smtp AUTH"), 1);
	/* Set right on the server: the user asks again, and it goes. */
	odd("norules");
	{
		char *id = mem_strdup(in_outbox(p).id);

		done(p, engine_outbox_retry(p->engine, 0, id));
		free(id);
	}
	event_of_kind(p, EVENT_SENT);
	assert_int_equal(number("mails"), 1);
	person_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ODD_CASE(smtp_later_stays_and_is_retried),
		ODD_CASE(smtp_one_refused_of_two_keeps_that_one),
		ODD_CASE(smtp_lost_answer_is_unconfirmed),
		ODD_CASE(smtp_silence_after_the_dot_is_unconfirmed),
		ODD_CASE(smtp_break_before_data_is_sent_later),
		ODD_CASE(smtp_refused_login_is_no_storm),
	};

	return ODD_RUN(tests);
}

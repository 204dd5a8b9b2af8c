/* The engine against relays that misbehave (odd.py): each case
 * says what the user must find afterwards. */
#include "base/clock.h"
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
	char *id;
	struct person *p = BY_IMAP("rule x1 smtp RCPT => say 451 4.2.0 come back later");

	send_text(p, "you@example.org", "Patience");
	event_of_kind(p, EVENT_SEND_FAILED);
	UNTIL(p, engine_outbox(p->engine, 0) == 1 && *in_outbox(p).error);
	has(in_outbox(p).error, "come back later");
	assert_false(in_outbox(p).failed);
	assert_false(in_outbox(p).unconfirmed);
	assert_int_equal(number("mails"), 0);
	id = kept(mem_strdup(in_outbox(p).id));
	done(p, engine_outbox_retry(p->engine, 0, id));
	event_of_kind(p, EVENT_SENT);
	assert_int_equal(number("mails"), 1);
	UNTIL(p, engine_outbox(p->engine, 0) == 0);
}

static void smtp_one_refused_of_two_keeps_that_one(void **state)
{
	struct person *p = BY_IMAP("rule smtp RCPT TO:<bad => say 550 5.1.1 nobody \\e[1mhere");

	send_text(p, "good@example.org, bad@example.org", "Two");
	UNTIL(p, engine_outbox(p->engine, 0) == 1 && in_outbox(p).failed);
	assert_string_equal(in_outbox(p).to, "bad@example.org");
	has(in_outbox(p).error, "nobody");
	assert_null(strchr(in_outbox(p).error, '\033'));
	has(person_told(), "bad@example.org");
	UNTIL_SERVER(p, number("mails good@example.org") == 1);
	assert_int_equal(number("mails bad@example.org"), 0);
	assert_int_equal(number("mails"), 1);
}

/* "ann@example.org has it\n..." */
static char *fates(struct person *p)
{
	struct str out = STR_INIT;

	for (size_t i = 0; i < in_outbox(p).recipients; i++) {
		struct outbox_fate_info f;

		engine_outbox_recipient(p->engine, 0, 0, i, &f);
		str_addf(&out, "%.3s %s %.3s\n", f.address, f.state, f.words);
	}
	return str_steal(&out);
}

static void assert_fates(struct person *p, const char *want)
{
	char *is = fates(p);

	assert_string_equal(is, want);
	free(is);
}

/* One has it, one is asked again, one is refused: each is told its own, who has it never gets it
 * twice, not even when the rest is edited, and there is one copy in Sent. */
static void smtp_three_recipients_three_fates(void **state)
{
	struct msglist *sent;
	struct event *ev;
	struct draft d;
	char *id;
	struct person *p = BY_IMAP("rule x1 smtp RCPT TO:<bob => say 451 4.2.1 later",
		"rule smtp RCPT TO:<eve => say 550 5.1.1 nobody");

	send_text(p, "ann@example.org, bob@example.org, eve@example.org", "Three");
	event_of_kind(p, EVENT_SEND_FAILED);
	UNTIL(p, engine_outbox(p->engine, 0) == 1 && *in_outbox(p).error);
	assert_string_equal(in_outbox(p).to, "bob@example.org, eve@example.org");
	assert_false(in_outbox(p).failed); /* bob is asked again by itself */
	assert_fates(p, "ann has it 250\nbob not now 451\neve refused 550\n");
	id = kept(mem_strdup(in_outbox(p).id));
	restart(p, false);
	UNTIL(p, engine_outbox(p->engine, 0) == 1);
	assert_fates(p, "ann has it 250\nbob not now 451\neve refused 550\n");
	done(p, engine_outbox_retry(p->engine, 0, id));
	UNTIL(p, engine_outbox(p->engine, 0) == 1 && in_outbox(p).failed);
	assert_fates(p, "ann has it 250\nbob has it 250\neve refused 550\n");
	assert_int_equal(number("mails ann@example.org"), 1);

	ev = answer(p, engine_outbox_edit(p->engine, 0, id));
	assert_int_equal(ev->kind, EVENT_DRAFT);
	assert_int_equal(ev->draft->has_it.n, 2);
	draft_copy(&d, &ev->draft->draft);
	event_free(ev);
	assert_string_equal(d.to, "ann@example.org, bob@example.org, eve@example.org");
	/* Nobody is left when it says so, and that is told. */
	draft_set(&d.to, "ann@example.org, bob@example.org");
	event_free(answer(p, engine_draft_save(p->engine, 0, id, &d)));
	fails(p, engine_send(p->engine, 0, id), "Everybody has this message already");
	draft_set(&d.to, "ann@example.org, bob@example.org, fay@example.org");
	event_free(answer(p, engine_draft_save(p->engine, 0, id, &d)));
	done(p, engine_send(p->engine, 0, id));
	event_of_kind(p, EVENT_SENT);
	assert_int_equal(number("mails ann@example.org"), 1);
	assert_int_equal(number("mails bob@example.org"), 1);
	assert_int_equal(number("mails fay@example.org"), 1);
	assert_int_equal(number("mails eve@example.org"), 0);
	sent = open_folder(p, "sent");
	UNTIL(p, msglist_count(sent) == 1 && engine_pending(p->engine) == 0);
	done(p, engine_sync(p->engine, 0));
	assert_int_equal(msglist_count(sent), 1);
	assert_int_equal(engine_outbox(p->engine, 0), 0);
	draft_done(&d);
}

/* What is said of the whole mail holds for everybody who was not refused on his own; nobody
 * vanishes, and it is not tried again by itself. */
static void smtp_whole_mail_refused_after_recipients(void **state)
{
	static const char *const rules[] = {
		"rule smtp DATA => say 554 5.7.1 spam", "rule end of data => say 554 5.7.1 spam"};

	for (size_t i = 0; i < 2; i++) {
		struct person *p;

		odd("norules", "rule smtp RCPT TO:<bob => say 451 4.2.1 later", rules[i]);
		p = by_imap();
		send_text(p, "ann@example.org, bob@example.org, eve@example.org", "Spam");
		event_of_kind(p, EVENT_SEND_FAILED);
		UNTIL(p, engine_outbox(p->engine, 0) == 1 && in_outbox(p).failed);
		assert_fates(p, "ann refused 554\nbob not now 451\neve refused 554\n");
		has(in_outbox(p).error, "spam");
		person_free(p);
	}
}

static void smtp_lost_answer_is_unconfirmed(void **state)
{
	struct account_info info;
	struct person *p = BY_IMAP("rule end of data => lose");

	send_text(p, "you@example.org", "Perhaps");
	event_of_kind(p, EVENT_SEND_FAILED);
	UNTIL(p, engine_outbox(p->engine, 0) == 1 && in_outbox(p).unconfirmed);
	/* It waits for the user: it is not to be sent by itself. */
	engine_account(p->engine, 0, &info);
	assert_int_equal(info.outbox, 1);
	assert_int_equal(info.to_send, 0);
	odd("norules");
	restart(p, false);
	UNTIL(p, state_of(p) == STATE_ONLINE && engine_outbox(p->engine, 0) == 1);
	done(p, engine_sync(p->engine, 0));
	engine_retry(p->engine);
	watch(p, 1500);
	assert_true(in_outbox(p).unconfirmed);
	assert_int_equal(number("mails"), 1);
	assert_int_equal(seen("smtp MAIL"), 1);
}

static void smtp_silence_after_the_dot_is_unconfirmed(void **state)
{
	struct person *p = BY_IMAP("rule smtp DATA => part 8");

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
}

static void smtp_break_before_data_is_sent_later(void **state)
{
	char *id;
	struct person *p = BY_IMAP("rule x1 smtp DATA => cut");

	send_text(p, "you@example.org", "Early");
	event_of_kind(p, EVENT_SEND_FAILED);
	UNTIL(p, engine_outbox(p->engine, 0) == 1 && *in_outbox(p).error);
	assert_false(in_outbox(p).unconfirmed);
	assert_false(in_outbox(p).failed);
	id = kept(mem_strdup(in_outbox(p).id));
	done(p, engine_outbox_retry(p->engine, 0, id));
	event_of_kind(p, EVENT_SENT);
	assert_int_equal(number("mails"), 1);
}

static void smtp_refused_login_is_no_storm(void **state)
{
	struct person *p = BY_IMAP("rule smtp AUTH => say 535 5.7.8 who are you");

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
}

/* It is said to the connection: the mail waits. */
static void smtp_refused_connection_fails_no_mail(void **state)
{
	char *id;
	struct person *p = BY_IMAP("greeting smtp 554 5.7.1 no service here");

	send_text(p, "you@example.org", "Closed");
	event_of_kind(p, EVENT_SEND_FAILED);
	UNTIL(p, engine_outbox(p->engine, 0) == 1 && *in_outbox(p).error);
	has(in_outbox(p).error, "no service here");
	assert_false(in_outbox(p).failed);
	odd("greeting smtp 220 hello");
	id = kept(mem_strdup(in_outbox(p).id));
	done(p, engine_outbox_retry(p->engine, 0, id));
	event_of_kind(p, EVENT_SENT);
	assert_int_equal(number("mails"), 1);
}

static void send_and_wait(struct person *p, const char *subject)
{
	send_text(p, "you@example.org", subject);
	event_of_kind(p, EVENT_SEND_FAILED);
}

/* The next attempt of each is half a minute away: whoever gets through takes the others along. */
static void smtp_one_that_goes_takes_along_what_waited(void **state)
{
	int64_t then;
	struct person *p = BY_IMAP("greeting smtp 554 5.7.1 no service here");

	send_and_wait(p, "One");
	send_and_wait(p, "Two");
	odd("greeting smtp 220 hello");
	then = clock_ms();
	send_text(p, "you@example.org", "Three");
	UNTIL(p, engine_outbox(p->engine, 0) == 0);
	assert_int_equal(number("mails"), 3);
	assert_in_range(clock_ms() - then, 0, 2 * AT_ONCE_MS);
}

static void smtp_connection_that_comes_back_sends_what_waited(void **state)
{
	int64_t then;
	struct person *p = BY_IMAP("greeting smtp 554 5.7.1 no service here");

	send_and_wait(p, "Waits");
	odd("greeting smtp 220 hello");
	then = clock_ms();
	odd("cut");
	UNTIL(p, engine_outbox(p->engine, 0) == 0);
	assert_int_equal(number("mails"), 1);
	assert_in_range(clock_ms() - then, 0, 3 * AT_ONCE_MS);
}

/* What a relay put off itself is its own: a connection does not bring it back sooner, but who asks
 * for a synchronisation wants all of it, and gets the answer when all was tried. */
static void smtp_sync_sends_what_waits(void **state)
{
	struct person *p = BY_IMAP("rule x2 smtp RCPT => say 451 4.2.0 come back later");

	send_and_wait(p, "One");
	send_and_wait(p, "Two");
	odd("cut");
	UNTIL(p, state_of(p) != STATE_ONLINE);
	UNTIL(p, state_of(p) == STATE_ONLINE);
	watch(p, 500);
	assert_int_equal(number("mails"), 0);
	done(p, engine_sync(p->engine, 0));
	assert_int_equal(number("mails"), 2);
	UNTIL(p, engine_outbox(p->engine, 0) == 0);
}

/* What is one too many for this transaction is none for the next, and nobody need know. */
static void smtp_too_many_recipients_go_at_once(void **state)
{
	struct person *p =
		BY_IMAP("rule x1 smtp RCPT TO:<bob => say 452 4.5.3 too many recipients");

	send_text(p, "ann@example.org, bob@example.org, eve@example.org", "Crowd");
	event_of_kind(p, EVENT_SENT);
	UNTIL_SERVER(p, number("mails bob@example.org") == 1);
	assert_int_equal(number("mails ann@example.org"), 1);
	assert_int_equal(number("mails eve@example.org"), 1);
	assert_int_equal(number("mails"), 2);
	UNTIL(p, engine_outbox(p->engine, 0) == 0);
	assert_null(strstr(person_told(), "too many"));
}

/* A relay may close what idles: the next mail does not find out by failing. */
static void smtp_closed_between_mails(void **state)
{
	struct person *p = by_imap();

	send_text(p, "you@example.org", "One");
	event_of_kind(p, EVENT_SENT);
	odd("cut");
	send_text(p, "you@example.org", "Two");
	event_of_kind(p, EVENT_SENT);
	assert_int_equal(number("mails"), 2);
	assert_null(strstr(person_told(), "Two"));
}

static void smtp_end_says_quit(void **state)
{
	int64_t end;
	struct person *p = by_imap();

	send_text(p, "you@example.org", "Last");
	event_of_kind(p, EVENT_SENT);
	stop_quickly(p);
	for (end = clock_ms() + 10000; !seen("smtp QUIT") && clock_ms() < end;)
		;
	assert_int_equal(seen("smtp QUIT"), 1);
	start(p, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ODD_CASE(smtp_later_stays_and_is_retried),
		ODD_CASE(smtp_one_refused_of_two_keeps_that_one),
		ODD_CASE(smtp_three_recipients_three_fates),
		ODD_CASE(smtp_whole_mail_refused_after_recipients),
		ODD_CASE(smtp_lost_answer_is_unconfirmed),
		ODD_CASE(smtp_silence_after_the_dot_is_unconfirmed),
		ODD_CASE(smtp_break_before_data_is_sent_later),
		ODD_CASE(smtp_refused_login_is_no_storm),
		ODD_CASE(smtp_refused_connection_fails_no_mail),
		ODD_CASE(smtp_one_that_goes_takes_along_what_waited),
		ODD_CASE(smtp_connection_that_comes_back_sends_what_waited),
		ODD_CASE(smtp_sync_sends_what_waits),
		ODD_CASE(smtp_too_many_recipients_go_at_once),
		ODD_CASE(smtp_closed_between_mails),
		ODD_CASE(smtp_end_says_quit),
	};

	return ODD_RUN(tests);
}

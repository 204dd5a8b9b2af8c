/* The engine against IMAP servers that refuse operations, or whose answers get lost (odd.py): each
 * case says what the user must find afterwards. */
#include "base/mem.h"
#include "tests/sync/odd.h"

#include <stdlib.h>
#include <string.h>

/* Three messages in INBOX, none in Archive, both known. */
static struct person *with_archive(const char *rule, struct msglist **l)
{
	struct person *p;

	odd("fill INBOX 3");
	odd("fill Archive 0");
	odd(rule);
	p = by_imap();
	*l = filled(p, 3);
	UNTIL(p, engine_find_folder(p->engine, 0, "Archive") >= 0);
	return p;
}

/* One mail is sent; its copy goes to the server by APPEND. */
static struct person *who_sends_once(const char *rule)
{
	struct person *p;

	odd(rule);
	p = by_imap();
	filled(p, 0);
	send_text(p, "you@example.org", "Once");
	event_of_kind(p, EVENT_SENT);
	return p;
}

static void refused_mark_is_taken_back(void **state)
{
	struct person *p;
	struct msglist *l;
	uint32_t uid = 2;

	(void)state;
	odd("fill INBOX 3");
	odd("rule UID STORE => no the mailbox is for reading");
	p = by_imap();
	l = filled(p, 3);
	done(p, engine_flag(p->engine, l, &uid, 1, 0, MSG_FLAGGED));
	UNTIL(p, engine_pending(p->engine) == 0 &&
			 !(flags_at(l, (size_t)msglist_find(l, 2)) & MSG_FLAGGED));
	has(person_told(), "the mailbox is for reading");
	assert_int_equal(state_of(p), STATE_ONLINE);
	person_free(p);
}

static void refused_move_comes_back(void **state)
{
	struct msglist *l;
	struct person *p = with_archive("rule UID MOVE => no over quota", &l);
	uint32_t uid = 2;

	(void)state;
	done(p, engine_move(p->engine, l, &uid, 1, "Archive"));
	assert_int_equal(msglist_find(l, 2), -1);
	UNTIL(p, engine_pending(p->engine) == 0 && msglist_count(l) == 3);
	assert_string_equal(row_of(p, l, (size_t)msglist_find(l, 2)).subject, "Message 2");
	has(person_told(), "over quota");
	person_free(p);
}

static void lost_append_makes_no_second_copy(void **state)
{
	struct person *p;
	struct msglist *l;

	(void)state;
	odd("fill Sent 0");
	p = who_sends_once("rule x1 APPEND => lose");
	UNTIL(p, engine_pending(p->engine) == 1);
	settled(p);
	assert_int_equal(number("count Sent"), 1);
	assert_int_equal(seen("APPEND"), 1);
	assert_int_equal(seen("HEADER Message-ID"), 1);
	l = open_folder(p, "sent");
	UNTIL(p, msglist_count(l) == 1);
	person_free(p);
}

static void append_that_never_arrived_is_repeated(void **state)
{
	struct person *p;

	(void)state;
	odd("fill Sent 0");
	p = who_sends_once("rule x1 APPEND => cut");
	settled(p);
	UNTIL_SERVER(p, number("count Sent") == 1);
	assert_int_equal(seen("APPEND"), 2);
	person_free(p);
}

static void append_waits_for_its_mailbox(void **state)
{
	struct person *p;

	(void)state;
	/* No Sent yet, and the link breaks before it is made. */
	p = who_sends_once("rule x1 APPEND => cut");
	settled(p);
	UNTIL_SERVER(p, number("count Sent") == 1);
	person_free(p);
}

static void lost_move_is_not_doubled(void **state)
{
	struct msglist *l;
	struct person *p = with_archive("rule x1 UID MOVE => lose", &l);
	uint32_t uid = 2;

	(void)state;
	done(p, engine_move(p->engine, l, &uid, 1, "Archive"));
	settled(p);
	assert_int_equal(number("count Archive"), 1);
	assert_int_equal(number("count INBOX"), 2);
	assert_int_equal(msglist_count(l), 2);
	l = open_folder(p, "Archive");
	UNTIL(p, msglist_count(l) == 1);
	person_free(p);
}

static void lost_copy_is_not_doubled(void **state)
{
	struct msglist *l;
	struct person *p = with_archive("rule x1 UID COPY => lose", &l);
	uint32_t uid = 2;

	(void)state;
	done(p, engine_copy(p->engine, l, &uid, 1, "Archive"));
	settled(p);
	assert_int_equal(number("count Archive"), 1);
	assert_int_equal(msglist_count(l), 3);
	person_free(p);
}

/* MOVE by COPY, STORE and EXPUNGE: whichever answer gets lost, one message is there at the end. */
static void lost_step_of_an_old_move_is_not_doubled(void **state)
{
	static const char *const steps[] = {"UID COPY", "UID STORE", "UID EXPUNGE"};
	uint32_t uid = 2;

	(void)state;
	for (size_t i = 0; i < MEM_COUNT(steps); i++) {
		struct person *p;
		struct msglist *l;
		char *rule = text_of("rule x1 %s => lose", steps[i]);

		odd("reset");
		odd("caps IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS IDLE LITERAL+");
		p = with_archive(rule, &l);
		free(rule);
		done(p, engine_move(p->engine, l, &uid, 1, "Archive"));
		settled(p);
		if (number("count Archive") != 1)
			fail_msg("%s lost: %d copies", steps[i], number("count Archive"));
		assert_int_equal(number("count INBOX"), 2);
		assert_int_equal(msglist_count(l), 2);
		person_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ODD_CASE(refused_mark_is_taken_back),
		ODD_CASE(refused_move_comes_back),
		ODD_CASE(lost_append_makes_no_second_copy),
		ODD_CASE(append_that_never_arrived_is_repeated),
		ODD_CASE(append_waits_for_its_mailbox),
		ODD_CASE(lost_move_is_not_doubled),
		ODD_CASE(lost_copy_is_not_doubled),
		ODD_CASE(lost_step_of_an_old_move_is_not_doubled),
	};

	return ODD_RUN(tests);
}

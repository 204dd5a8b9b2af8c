/*
 * Messages are made into text on threads of their own: however long that takes for one, all other
 * requests are answered, and what was asked for comes or is given up in its order. render_message
 * and render_quotable are held here until the test lets them go on.
 */
#include "base/file.h"
#include "base/mem.h"
#include "mime/render.h"
#include "tests/sync/person.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { READING, SEARCHING, QUOTING, KINDS };

/* --- the gate --- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool held[KINDS];
static int begun[KINDS];

/* With the mutex; a test that fails ends all the same. False: nothing came of it. */
static bool wait_for_change(void)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += PATIENCE_MS / 1000 * 2;
	return pthread_cond_timedwait(&changed, &mutex, &end) == 0;
}

static void pass(int kind)
{
	pthread_mutex_lock(&mutex);
	begun[kind]++;
	pthread_cond_broadcast(&changed);
	while (held[kind] && wait_for_change())
		;
	pthread_mutex_unlock(&mutex);
}

static void set_gate(int kind, bool hold)
{
	pthread_mutex_lock(&mutex);
	held[kind] = hold;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&mutex);
}

static int count(int kind)
{
	int n;

	pthread_mutex_lock(&mutex);
	n = begun[kind];
	pthread_mutex_unlock(&mutex);
	return n;
}

static void has_begun(int kind, int n)
{
	bool still = true;

	pthread_mutex_lock(&mutex);
	while (begun[kind] < n && still)
		still = wait_for_change();
	pthread_mutex_unlock(&mutex);
	assert_int_equal(count(kind), n);
}

struct text *__real_render_message(const struct parts *parts, const char *header, size_t header_len,
	const struct render_options *opt);
struct text *__wrap_render_message(const struct parts *parts, const char *header, size_t header_len,
	const struct render_options *opt);
struct text *__wrap_render_message(const struct parts *parts, const char *header, size_t header_len,
	const struct render_options *opt)
{
	pass(opt->no_headers ? SEARCHING : READING);
	return __real_render_message(parts, header, header_len, opt);
}

char *__real_render_quotable(const struct parts *parts, bool with_signature);
char *__wrap_render_quotable(const struct parts *parts, bool with_signature);
char *__wrap_render_quotable(const struct parts *parts, bool with_signature)
{
	pass(QUOTING);
	return __real_render_quotable(parts, with_signature);
}

/* --- the person --- */

enum { MAILS = 3, MANY = 40 };

static void add_mail(struct str *mbox, int i)
{
	str_addf(mbox,
		"From x@example.org Sat Jan  3 01:05:30 2026\n"
		"From: Zoe <zoe@example.org>\nTo: test@example.org\nSubject: Mail %d\n"
		"Date: Sat, 03 Jan 2026 01:05:%02d +0000\nMessage-ID: <m%d@example.org>\n"
		"MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n"
		"<html><body><table><tr><td><p>Some <b>needle%d</b> of text</p></td></tr></table>"
		"</body></html>\n\n",
		i, i, i, i);
}

/* Mails in the inbox of an account whose server is never reached. */
static struct person *reader_of(struct msglist **l, int n)
{
	struct person *p = person_with("account test {\n\tfrom \"Test <test@example.org>\"\n"
				       "\tprotocol pop3\n"
				       "\tpop3 pop3+insecure://test@127.0.0.1:1\n"
				       "\tpassword plain \"secret\"\n}\n");
	char *path = file_join(p->home, "mails.mbox");
	struct str mbox = STR_INIT;

	for (int i = 0; i < n; i++)
		add_mail(&mbox, i);
	assert_int_equal(file_replace(path, mbox.p, mbox.len, 0644, NULL), 0);
	*l = open_folder(p, "INBOX");
	done(p, engine_import(p->engine, 0, path, "INBOX"));
	UNTIL(p, msglist_count(*l) == (size_t)n);
	str_done(&mbox);
	free(path);
	return p;
}

static struct person *reader(struct msglist **l)
{
	return reader_of(l, MAILS);
}

static uint32_t uid_at(struct person *p, struct msglist *l, int i)
{
	char subject[16];
	ptrdiff_t at;

	snprintf(subject, sizeof(subject), "Mail %d", i);
	at = find_subject(p, l, subject);
	assert_true(at >= 0);
	return msglist_uid(l, (size_t)at);
}

static unsigned read_it(struct person *p, struct msglist *l, int i)
{
	static const struct read_options opt = {.width = 80};

	return engine_read(p->engine, l, uid_at(p, l, i), &opt);
}

static void others_are_answered(struct person *p, struct msglist *l)
{
	uint32_t uid = uid_at(p, l, 2);

	flag_one(p, l, uid, MAIL_FLAGGED);
	done(p, engine_flag(p->engine, l, &uid, 1, MAIL_FLAGGED, 0));
}

static bool says(const struct message_view *v, const char *word)
{
	for (size_t i = 0; i < v->text->n; i++)
		if (v->text->lines[i].len && strstr(v->text->lines[i].s, word))
			return true;
	return false;
}

/* The view that is the next final event of all. */
static void shows(struct person *p, unsigned request, struct msglist *l, int i)
{
	struct event *ev;
	char word[16];

	do {
		ev = next_event(p->engine, clock_ms() + PATIENCE_MS);
		assert_non_null(ev);
		if (!ev->request || ev->kind == EVENT_PROGRESS) {
			event_free(ev);
			ev = NULL;
		}
	} while (!ev);
	assert_int_equal(ev->request, request);
	assert_int_equal(ev->kind, EVENT_MESSAGE);
	assert_int_equal(ev->view->uid, uid_at(p, l, i));
	snprintf(word, sizeof(word), "needle%d", i);
	assert_true(says(ev->view, word));
	event_free(ev);
}

static void is_given_up(struct person *p, unsigned request, enum event_kind kind)
{
	struct event *ev = answer(p, request);

	assert_int_equal(ev->kind, kind);
	event_free(ev);
}

/* --- the cases --- */

static void a_long_one_holds_nobody_up(void **state)
{
	struct msglist *l;
	struct person *p = reader(&l);
	uint32_t uid;
	unsigned request;

	set_gate(READING, true);
	request = read_it(p, l, 0);
	others_are_answered(p, l);
	uid = uid_at(p, l, 1);
	delete_one(p, l, uid);
	set_gate(READING, false);
	shows(p, request, l, 0);
}

static void views_come_in_order(void **state)
{
	struct msglist *l;
	struct person *p = reader(&l);
	unsigned first, second, third;

	set_gate(READING, true);
	first = read_it(p, l, 2);
	second = read_it(p, l, 0);
	third = read_it(p, l, 1);
	others_are_answered(p, l);
	set_gate(READING, false);
	shows(p, first, l, 2);
	shows(p, second, l, 0);
	shows(p, third, l, 1);
}

static void what_is_cancelled_is_not_begun(void **state)
{
	struct msglist *l;
	struct person *p = reader(&l);
	int before = count(READING);
	unsigned first, second;

	set_gate(READING, true);
	first = read_it(p, l, 0);
	second = read_it(p, l, 1);
	has_begun(READING, before + 1);
	engine_cancel(p->engine, first);
	engine_cancel(p->engine, second);
	is_given_up(p, first, EVENT_CANCELLED);
	is_given_up(p, second, EVENT_CANCELLED);
	set_gate(READING, false);
	shows(p, read_it(p, l, 2), l, 2);
	assert_int_equal(count(READING), before + 2);
}

static void a_closed_folder_shows_nothing(void **state)
{
	struct msglist *l, *again;
	struct person *p = reader(&l);
	unsigned request;

	set_gate(READING, true);
	request = read_it(p, l, 0);
	others_are_answered(p, l);
	engine_close(p->engine, l);
	again = open_folder(p, "INBOX");
	set_gate(READING, false);
	is_given_up(p, request, EVENT_FAILED);
	shows(p, read_it(p, again, 1), again, 1);
}

static void a_search_holds_nobody_up(void **state)
{
	struct msglist *l;
	struct person *p = reader(&l);
	struct event *ev;
	unsigned request;

	set_gate(SEARCHING, true);
	request = engine_search(p->engine, l, "body:needle1");
	others_are_answered(p, l);
	shows(p, read_it(p, l, 0), l, 0);
	set_gate(SEARCHING, false);
	ev = answer(p, request);
	assert_int_equal(ev->kind, EVENT_FOUND);
	assert_int_equal(ev->found.n, 1);
	assert_int_equal(ev->found.uids[0], uid_at(p, l, 1));
	event_free(ev);
}

static void a_search_is_cancelled(void **state)
{
	struct msglist *l;
	struct person *p = reader(&l);
	int before = count(SEARCHING);
	struct event *ev;
	unsigned request;

	set_gate(SEARCHING, true);
	request = engine_search(p->engine, l, "body:needle1");
	has_begun(SEARCHING, before + 1);
	engine_cancel(p->engine, request);
	is_given_up(p, request, EVENT_CANCELLED);
	set_gate(SEARCHING, false);
	ev = answer(p, engine_search(p->engine, l, "!body:needle1"));
	assert_int_equal(ev->kind, EVENT_FOUND);
	assert_int_equal(ev->found.n, MAILS - 1);
	event_free(ev);
}

/* More than are on their way at a time, and some that need no look inside; in order. */
static void a_search_of_many(void **state)
{
	struct msglist *l;
	struct person *p = reader_of(&l, MANY);
	struct event *ev =
		answer(p, engine_search(p->engine, l, "subject:\"Mail 3\" | body:needle1"));

	assert_int_equal(ev->kind, EVENT_FOUND);
	assert_null(ev->found.unseen);
	assert_int_equal(ev->found.n, 22); /* 3, 30 to 39; 1, 10 to 19 */
	for (size_t i = 1; i < ev->found.n; i++)
		assert_true(ev->found.uids[i - 1] < ev->found.uids[i]);
	event_free(ev);
}

static void an_answer_holds_nobody_up(void **state)
{
	struct msglist *l;
	struct person *p = reader(&l);
	struct event *ev;
	unsigned request;

	set_gate(QUOTING, true);
	request = engine_compose(p->engine, 0, COMPOSE_REPLY, l, uid_at(p, l, 0), NULL);
	others_are_answered(p, l);
	set_gate(QUOTING, false);
	ev = answer(p, request);
	assert_int_equal(ev->kind, EVENT_DRAFT);
	assert_non_null(strstr(ev->draft->draft.body, "> Some needle0 of text"));
	event_free(ev);
	/* Closed meanwhile: there is no draft of it. */
	set_gate(QUOTING, true);
	request = engine_compose(p->engine, 0, COMPOSE_FORWARD, l, uid_at(p, l, 0), NULL);
	engine_close(p->engine, l);
	l = open_folder(p, "INBOX");
	set_gate(QUOTING, false);
	is_given_up(p, request, EVENT_FAILED);
	ev = answer(p, engine_drafts(p->engine, 0));
	assert_int_equal(ev->drafts.n, 1);
	event_free(ev);
}

/* One is at work, others wait for it, and a search too: the end waits for the first alone. */
static void the_end_drops_what_waits(void **state)
{
	struct msglist *l;
	struct person *p = reader(&l);
	int before = count(READING);

	set_gate(READING, true);
	set_gate(SEARCHING, true);
	read_it(p, l, 0);
	read_it(p, l, 1);
	read_it(p, l, 2);
	engine_search(p->engine, l, "body:needle1");
	others_are_answered(p, l);
	has_begun(READING, before + 1);
	set_gate(READING, false);
	set_gate(SEARCHING, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PERSON_CASE(a_long_one_holds_nobody_up),
		PERSON_CASE(views_come_in_order),
		PERSON_CASE(what_is_cancelled_is_not_begun),
		PERSON_CASE(a_closed_folder_shows_nothing),
		PERSON_CASE(a_search_holds_nobody_up),
		PERSON_CASE(a_search_is_cancelled),
		PERSON_CASE(a_search_of_many),
		PERSON_CASE(an_answer_holds_nobody_up),
		PERSON_CASE(the_end_drops_what_waits),
	};
	int failed;

	person_init();
	person_scratch();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	end_scratch();
	return failed;
}

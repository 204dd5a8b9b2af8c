/*
 * Connections that are woken and ended at the worst moment: between the two steps of sync_wake, and
 * in the middle of a lane's answer to it. net_cancel_now and net_cancel_again wait here until the
 * other side has got where it must not be.
 */
#include "base/mem.h"
#include "sync/lane.h"
#include "sync/sync.h"
#include "tests/check.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 30000 };

/* --- a server that says nothing --- */

static int listener;
static char url[80];

static int setup(void **state)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sa);

	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&sa, len), 0);
	assert_int_equal(listen(listener, 8), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&sa, &len), 0);
	snprintf(url, sizeof(url), "imap+insecure://test@127.0.0.1:%d", ntohs(sa.sin_port));
	return 0;
}

static int teardown(void **state)
{
	return close(listener);
}

static int visitor(void)
{
	struct pollfd pfd = {.fd = listener, .events = POLLIN};
	int fd;

	assert_int_equal(poll(&pfd, 1, PATIENCE_MS), 1);
	fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	return fd;
}

/* --- the connections of an account --- */

struct bed {
	struct sync *sync;
	struct queue *results, *lanes[LANES];
};

static struct bed begin(void)
{
	struct account_settings *account = account_settings_new("test");
	struct bed b = {.results = queue_new()};

	free(account->urls[PROTOCOL_IMAP]);
	account->urls[PROTOCOL_IMAP] = mem_strdup(url);
	free(account->password);
	account->password = mem_strdup("secret");
	account->password_kind = PASSWORD_PLAIN;
	b.sync = sync_start(&(struct sync_account){.settings = account}, 0, 1, b.results, b.lanes);
	account_settings_free(account);
	return b;
}

static void connects(struct bed *b)
{
	for (;;) {
		struct result *r = (struct result *)queue_wait(b->results, PATIENCE_MS);
		bool connecting;

		if (!r)
			fail_msg("nobody connects");
		connecting = r->kind == RESULT_STATE && r->state.state == SYNC_CONNECTING;
		result_free(r);
		if (connecting)
			return;
	}
}

static void end(struct bed *b)
{
	assert_true(sync_stop(b->sync, PATIENCE_MS));
	queue_free(b->results, result_free_item);
}

/* --- what happens in between --- */

static _Atomic(struct bed *) woken, ended; /* NULL: nothing does */
static int second;                         /* the connection that the wake meets */

void __real_net_cancel_now(struct net_cancel *c);
void __wrap_net_cancel_now(struct net_cancel *c);
void __wrap_net_cancel_now(struct net_cancel *c)
{
	struct bed *b = atomic_exchange(&woken, NULL);

	if (b) {
		/* The connection breaks, and the lane makes the next one, as it was told to. */
		close(visitor());
		connects(b);
		second = visitor();
	}
	__real_net_cancel_now(c);
}

void __real_net_cancel_again(struct net_cancel *c);
void __wrap_net_cancel_again(struct net_cancel *c);
void __wrap_net_cancel_again(struct net_cancel *c)
{
	struct bed *b = atomic_exchange(&ended, NULL);

	if (b)
		sync_cancel(b->sync);
	__real_net_cancel_again(c);
}

/* --- the cases --- */

/* The lane takes the wake for done before its cancel comes: that one is no end. */
static void a_wake_that_comes_late_ends_nothing(void **state)
{
	struct bed b = begin();
	int third;

	connects(&b);
	atomic_store(&woken, &b);
	sync_wake(b.sync);
	connects(&b);
	third = visitor();
	sync_cancel(b.sync);
	end(&b);
	close(second);
	close(third);
}

/* The end comes while a lane takes its wake for done: it is not forgotten with it. */
static void an_end_is_not_taken_for_a_wake(void **state)
{
	struct bed b = begin();
	int first;

	connects(&b);
	first = visitor();
	atomic_store(&ended, &b);
	sync_wake(b.sync);
	end(&b);
	close(first);
}

/* --- one lane without a server --- */

static int opened;

static void is_cancelled(struct lane_thread *l, unsigned request)
{
	struct job *j = job_new(JOB_CANCEL);

	j->cancel.what = request;
	queue_push_front(l->jobs, &j->item);
	net_cancel_hurry(l->cancel, request);
}

/* The second connection is being made for the job that the first one left, when nobody wants it any
 * more; the third and all after it are what they can be. */
static int opens(struct lane_thread *l, struct err *err)
{
	opened++;
	if (opened == 2)
		is_cancelled(l, 2);
	if (opened > 2)
		l->quit = true;
	return net_cancel_is_hurried(l->cancel) ? err_set(err, ERR_CANCELLED, "cancelled") : 0;
}

static void closes(struct lane_thread *l, bool polite)
{
}

/* Another job goes ahead of it, is cancelled, and takes the connection with it. */
static enum went gives_way(struct lane_thread *l, struct job *j, struct err *err)
{
	struct job ahead = {.kind = JOB_BODY, .request = 1};

	assert_int_equal(j->request, 2);
	lane_begin(l, &ahead);
	is_cancelled(l, 1);
	err_set(err, ERR_NETWORK, "cut");
	return WENT_AGAIN;
}

static void what_was_cancelled_is_not_connected_for(void **state)
{
	static const struct driver driver = {.protocol = PROTOCOL_IMAP,
		.eager = true,
		.open = opens,
		.close = closes,
		.job = gives_way};
	struct account_settings *account = account_settings_new("test");
	struct lane_thread l = {.driver = &driver,
		.account = account,
		.jobs = queue_new(),
		.results = queue_new(),
		.cancel = net_cancel_new()};
	struct job *body = job_new(JOB_BODY);
	struct result *r;
	size_t answers = 0, cuts = 0;

	opened = 0;
	body->request = 2;
	queue_push(l.jobs, &body->item);
	lane_main(&l);
	assert_int_equal(opened, 3);
	assert_true(l.connected);
	while ((r = (struct result *)queue_pop(l.results))) {
		answers += r->kind == RESULT_BODY_DONE && r->request == 2 &&
			   r->err.kind == ERR_CANCELLED;
		cuts += r->kind == RESULT_STATE && r->state.cut;
		result_free(r);
	}
	assert_int_equal(answers, 1);
	assert_true(cuts); /* and it is said that this was no fault */
	queue_free(l.jobs, job_free_item);
	queue_free(l.results, result_free_item);
	net_cancel_unref(l.cancel);
	account_settings_free(account);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_wake_that_comes_late_ends_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(an_end_is_not_taken_for_a_wake, setup, teardown),
		cmocka_unit_test(what_was_cancelled_is_not_connected_for),
	};

	net_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

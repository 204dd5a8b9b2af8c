/* Whatever is asked for, and whatever it is about: each request gets one final event, those of
 * which nobody hears get none, and none is forgotten. */
#include "tests/unit/desk.h"

#include "base/mem.h"
#include "store/answer.h"
#include "store/store_priv.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a kind says besides what it is about: nothing that is there. */
static void say(struct store_request *r)
{
	switch (r->kind) {
	case REQUEST_ACCOUNT:
		r->add.setup =
			desk_account(desk_path("more%u", r->request) + strlen(desk_dir) + 1, true);
		r->add.offline = true;
		break;
	case REQUEST_PROTOCOL:
	case REQUEST_PREVIEW:
		r->protocol.to = PROTOCOL_POP3;
		break;
	case REQUEST_OPEN:
		r->list = 99;
		r->open.folder = mem_strdup("Nowhere");
		break;
	case REQUEST_SEARCH:
		r->search.query = mem_strdup("a");
		break;
	case REQUEST_SAVE_RAW:
		r->save.path = mem_strdup(desk_path("saved%u", r->request));
		break;
	case REQUEST_SAVE_PART:
		r->save.section = mem_strdup("1");
		r->save.path = mem_strdup(desk_path("saved"));
		break;
	case REQUEST_VIEW:
		r->part.section = mem_strdup("1");
		break;
	case REQUEST_CUT_PART:
		r->cut.section = mem_strdup("1");
		r->cut.type = mem_strdup("text/plain");
		r->cut.name = mem_strdup("");
		break;
	case REQUEST_LEND:
		r->lend.name = mem_strdup("a.txt");
		r->lend.text = mem_strdup("text");
		break;
	case REQUEST_LENT_BACK:
		r->save.path = mem_strdup(desk_path("saved"));
		break;
	case REQUEST_MOVE:
	case REQUEST_COPY:
		r->to.folder = mem_strdup("Nowhere");
		break;
	case REQUEST_CREATE:
		r->to.folder = mem_strdup("Made");
		break;
	case REQUEST_DELETE_FOLDER:
	case REQUEST_RENAME_FOLDER:
		r->reshape.folder = mem_strdup("Nowhere");
		r->reshape.name = mem_strdup("Elsewhere");
		break;
	case REQUEST_COMPOSE:
		r->compose.kind = COMPOSE_REPLY;
		break;
	case REQUEST_DRAFT_SAVE:
		r->mail.says = mem_alloc(sizeof(*r->mail.says));
		draft_init(r->mail.says);
		r->mail.id = mem_strdup("none");
		break;
	case REQUEST_DRAFT_LOAD:
	case REQUEST_DRAFT_EDIT:
	case REQUEST_DRAFT_TAKE:
	case REQUEST_DRAFT_KEEP:
	case REQUEST_DRAFT_DROP:
	case REQUEST_OUTBOX_RETRY:
	case REQUEST_OUTBOX_HOLD:
	case REQUEST_OUTBOX_EDIT:
	case REQUEST_OUTBOX_DROP:
		r->mail.id = mem_strdup("none");
		break;
	case REQUEST_SEND:
		r->send.id = mem_strdup("none");
		break;
	case REQUEST_EXPORT:
	case REQUEST_BACKUP:
		r->file.path = mem_strdup(desk_path("out%u", r->request));
		break;
	case REQUEST_IMPORT:
		r->file.path = mem_strdup(desk_path("nothing"));
		r->file.folder = mem_strdup("INBOX");
		break;
	default:
		break;
	}
}

struct about {
	int account;
	unsigned list, numbering;
};

static unsigned ask(enum request_kind kind, const struct about *about)
{
	struct store_request *r = desk_request(kind, about->account);

	r->list = about->list;
	r->numbering = about->numbering;
	r->uid = 1;
	if (kind != REQUEST_SEARCH)
		store_request_set_uids(r, &r->uid, 1);
	say(r);
	return desk_post(r);
}

/* Those that end the program, close what the others are about, or wait for a server. */
static bool is_asked(enum request_kind kind, const struct about *about)
{
	bool waits = kind == REQUEST_SYNC || kind == REQUEST_CHECK;

	return kind != REQUEST_QUIT && kind != REQUEST_CLOSE && !(waits && about->account == 0);
}

struct heard {
	unsigned request;
	size_t finals, failures;
};

static void hear(struct heard heard[REQUESTS], const struct store_event *ev)
{
	for (int k = 0; k < REQUESTS; k++)
		if (heard[k].request && heard[k].request == ev->request) {
			heard[k].finals += desk_is_final(ev);
			heard[k].failures += ev->kind == STORE_FAILED;
		}
}

static bool is_awaited(const struct heard heard[REQUESTS])
{
	for (int k = 0; k < REQUESTS; k++)
		if (heard[k].request && !heard[k].finals &&
			store_request_is_answered((enum request_kind)k))
			return true;
	return false;
}

/* All that is told until this is answered. */
static void hear_until(struct heard heard[REQUESTS], unsigned request)
{
	unsigned answered = 0;

	while (answered != request) {
		struct store_event *ev = desk_next();

		hear(heard, ev);
		answered = desk_is_final(ev) ? ev->request : 0;
		store_event_free(ev);
	}
}

/* Every kind, all of them at once, and what became of each. */
static void ask_all(const struct about *about, struct heard heard[REQUESTS])
{
	for (int k = 0; k < REQUESTS; k++) {
		enum request_kind kind = (enum request_kind)k;

		heard[k] = (struct heard){is_asked(kind, about) ? ask(kind, about) : 0, 0, 0};
	}
	while (is_awaited(heard)) {
		struct store_event *ev = desk_next();

		hear(heard, ev);
		store_event_free(ev);
	}
	for (int i = 0; i < 3; i++) /* and no second one behind it */
		hear_until(heard, desk_post(desk_request(REQUEST_FORGET_REFUSED, 0)));
	for (int k = 0; k < REQUESTS; k++)
		if (heard[k].request &&
			heard[k].finals != store_request_is_answered((enum request_kind)k))
			fail_msg("kind %d was answered %zu times", k, heard[k].finals);
}

/* From one kind to another, all fail. */
static void all_failed(
	const struct heard heard[REQUESTS], enum request_kind from, enum request_kind to)
{
	for (int k = (int)from; k <= (int)to; k++)
		if (store_request_is_answered((enum request_kind)k) && heard[k].request &&
			!heard[k].failures)
			fail_msg("kind %d did not fail", k);
}

static struct about begin(void)
{
	struct about about = {.account = desk_add(desk_account("one", true), false)};
	struct store_event *list = NULL;
	FILE *f = fopen(desk_path("one/data/mail/cur/1.a.host:2,"), "w");

	assert_non_null(f);
	fputs("Subject: a\n\nx\n", f);
	assert_int_equal(fclose(f), 0);
	about.list = desk_open(about.account, "INBOX", &list);
	about.numbering = list->messages.numbering;
	store_event_free(list);
	return about;
}

static void test_all_is_there(void **state)
{
	struct heard heard[REQUESTS];
	struct about about = begin();

	ask_all(&about, heard);
	for (int k = REQUEST_READ; k <= REQUEST_KEYWORDS; k++)
		if (k != REQUEST_WHOLE && heard[k].failures)
			fail_msg("kind %d failed", k);
	desk_post(desk_request(REQUEST_CHECK, 0)); /* nobody answers them any more */
	desk_post(desk_request(REQUEST_SYNC, 0));
	desk_post(desk_request(REQUEST_SYNC, 0));
	desk_done(desk_request(REQUEST_FORGET_REFUSED, 0));
}

static void test_no_account(void **state)
{
	struct heard heard[REQUESTS];
	struct about about = {.account = 7};

	begin();
	ask_all(&about, heard);
	all_failed(heard, REQUEST_ONLINE, REQUEST_RENAME_FOLDER);
	all_failed(heard, REQUEST_COMPOSE, REQUEST_BACKUP);
}

static void test_list_closed(void **state)
{
	struct heard heard[REQUESTS];
	struct about about = begin();

	about.list += 50;
	ask_all(&about, heard);
	all_failed(heard, REQUEST_SEARCH, REQUEST_ARCHIVE);
	all_failed(heard, REQUEST_COMPOSE, REQUEST_COMPOSE);
	all_failed(heard, REQUEST_EXPORT, REQUEST_EXPORT);
}

/* The UIDs meant other messages when they were chosen. */
static void test_stale(void **state)
{
	struct heard heard[REQUESTS];
	struct about about = begin();

	about.numbering += 50;
	ask_all(&about, heard);
	all_failed(heard, REQUEST_SEARCH, REQUEST_ARCHIVE);
}

static void test_read_only(void **state)
{
	struct heard heard[REQUESTS];
	struct about about;

	begin();
	desk_stop();
	desk_start(true);
	about = begin();
	ask_all(&about, heard);
	all_failed(heard, REQUEST_FLAG, REQUEST_DRAFT_DROP);
	all_failed(heard, REQUEST_SEND, REQUEST_OUTBOX_DROP);
	all_failed(heard, REQUEST_IMPORT, REQUEST_IMPORT);
	all_failed(heard, REQUEST_PROTOCOL, REQUEST_PROTOCOL); /* it carries marks over */
	assert_int_equal(heard[REQUEST_READ].failures, 0);
	assert_int_equal(heard[REQUEST_SEARCH].failures, 0);
}

/* --- a request that nobody answers --- */

static sigjmp_buf aborted;

static void back(int signal_number)
{
	siglongjmp(aborted, signal_number);
}

/* The signal that a program ends with which does that with a request; 0: it goes on. */
static int ended_by(void (*does)(struct store *s, struct store_request *r), struct store *s,
	struct store_request *r)
{
	void (*before)(int) = signal(SIGABRT, back);
	int null = open("/dev/null", O_WRONLY), err = dup(STDERR_FILENO);
	int end = sigsetjmp(aborted, 1);

	if (!end) {
		dup2(null, STDERR_FILENO);
		does(s, r);
	}
	dup2(err, STDERR_FILENO);
	close(err);
	close(null);
	signal(SIGABRT, before);
	return end;
}

static void forgets(struct store *s, struct store_request *r)
{
	store_request_free(r);
}

static void keeps_for_ever(struct store *s, struct store_request *r)
{
	answer_end(s);
}

#ifdef NDEBUG
enum { AN_ASSERTION = 0 };
#else
enum { AN_ASSERTION = SIGABRT };
#endif

static void test_unanswered(void **state)
{
	struct store s = {.events = queue_new(), .quit = true};
	struct store_request *r = store_request_new(REQUEST_UNDO);
	struct store_event *ev;

	r->request = 7;
	answer_owed(&s, r);
	assert_int_equal(ended_by(keeps_for_ever, &s, r), AN_ASSERTION);
	assert_int_equal(ended_by(forgets, &s, r), AN_ASSERTION);
	/* Who waits for it hears of it all the same. */
	ev = (struct store_event *)queue_pop(s.events);
	assert_int_equal(ev->kind, STORE_FAILED);
	assert_int_equal(ev->request, 7);
	assert_non_null(strstr(ev->failed.text, "a fault of Talaria"));
	store_event_free(ev);
	assert_int_equal(ended_by(keeps_for_ever, &s, NULL), 0);
	queue_free(s.events, store_event_free_item);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_CASE(test_all_is_there),
		DESK_CASE(test_no_account),
		DESK_CASE(test_list_closed),
		DESK_CASE(test_stale),
		DESK_CASE(test_read_only),
		cmocka_unit_test(test_unanswered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

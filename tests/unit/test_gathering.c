/* A conversation over the folders of an account, as lists that show a part of each. */
#include "tests/unit/desk.h"

#include "base/mem.h"
#include "store/mail/conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDERS = 4, SHOWN_MAX = 64 };
static const char *const NAMES[] = {"INBOX", "Sent=3", "Archive", "Never", NULL};
static const char LETTERS[] = "isan";

static int account;
static unsigned plain[FOLDERS]; /* all of the first three */

/* What is shown of a conversation, as it was told. */
static struct shown {
	unsigned list;
	uint32_t uid, parent;
	unsigned parent_list;
	uint32_t flags;
} shown[SHOWN_MAX];
static size_t nshown;
static unsigned lists[FOLDERS], numbering[FOLDERS];
static int percent[FOLDERS];

/* --- messages --- */

static struct summary mail(uint32_t uid, const char *id, const char *references)
{
	struct summary s = desk_row(uid, "Ann", NULL);

	memset(s.identity, 0, sizeof(s.identity));
	memcpy(s.identity, id, strlen(id));
	s.message_id = id;
	s.references = references;
	return s;
}

static void come(size_t folder, uint32_t uid, const char *id, const char *references)
{
	struct summary s = mail(uid, id, references);
	char name[16];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(NAMES[folder], "="), NAMES[folder]);
	desk_fill(account, name, &s, 1);
}

/* The question and what it answers are in the inbox, an answer in Sent, one to that in Archive. */
static void begin(void)
{
	account = desk_add(desk_account("one", false), true);
	desk_online(account, LANE_MAIN);
	desk_folders(account, NAMES);
	desk_settle();
	nshown = 0;
	memset(numbering, 0, sizeof(numbering));
	for (size_t i = 0; i < 3; i++)
		plain[i] = desk_open(account, i == 0 ? "INBOX" : i == 1 ? "Sent" : "Archive", NULL);
	come(0, 1, "a", "");
	come(0, 2, "other", "");
	come(1, 1, "b", "a");
	come(2, 4, "c", "a b");
	desk_settle();
}

/* --- what is told --- */

static size_t folder_of(unsigned list)
{
	size_t i = 0;

	while (i < FOLDERS && lists[i] != list)
		i++;
	return i;
}

static void forget(unsigned list, uint32_t uid)
{
	size_t n = 0;

	for (size_t i = 0; i < nshown; i++)
		if (shown[i].list != list || (uid && shown[i].uid != uid))
			shown[n++] = shown[i];
	nshown = n;
}

static void take(const struct store_event *ev)
{
	const struct told_messages *m = &ev->messages;
	size_t folder = folder_of(ev->list);

	if ((ev->kind != STORE_LIST && ev->kind != STORE_CHANGES) || folder == FOLDERS)
		return;
	percent[folder] = m->percent;
	if (ev->kind == STORE_LIST) {
		forget(ev->list, 0);
		numbering[folder] = m->numbering;
	}
	for (size_t i = 0; ev->kind == STORE_CHANGES && i < m->ngone; i++)
		forget(ev->list, m->gone[i]);
	for (size_t i = 0; i < m->columns.n; i++) {
		forget(ev->list, m->columns.uid[i]);
		assert_true(nshown < SHOWN_MAX);
		shown[nshown++] = (struct shown){ev->list, m->columns.uid[i], m->columns.parent[i],
			m->parent_lists[i], m->columns.flags[i]};
	}
}

static void take_next(void)
{
	struct store_event *ev = desk_next();

	take(ev);
	store_event_free(ev);
}

static int by_place(const void *a, const void *b)
{
	const struct shown *x = a, *y = b;

	return x->list != y->list ? (x->list > y->list) - (x->list < y->list)
				  : (x->uid > y->uid) - (x->uid < y->uid);
}

static void add_place(struct str *s, unsigned list, uint32_t uid)
{
	str_addf(s, "%c%u", LETTERS[folder_of(list)], (unsigned)uid);
}

/* Waits until it is so: "i1 s1<i1", where the letters are those of the folders; ! says flagged. */
static void shows(const char *want)
{
	for (;;) {
		struct str s = STR_INIT;
		bool same;

		qsort(shown, nshown, sizeof(*shown), by_place);
		for (size_t i = 0; i < nshown; i++) {
			str_adds(&s, i ? " " : "");
			add_place(&s, shown[i].list, shown[i].uid);
			str_adds(&s, shown[i].flags & MAIL_FLAGGED ? "!" : "");
			if (shown[i].parent_list) {
				str_addc(&s, '<');
				add_place(&s, shown[i].parent_list, shown[i].parent);
			}
		}
		same = strcmp(str_c(&s), want) == 0;
		str_done(&s);
		if (same)
			return;
		take_next();
	}
}

/* --- asking --- */

/* As desk_done, and what is told meanwhile counts. */
static void done(struct store_request *r)
{
	unsigned request = desk_post(r);
	bool final = false;

	while (!final) {
		struct store_event *ev = desk_next();

		final = ev->request == request && desk_is_final(ev);
		assert_int_not_equal(ev->kind, STORE_FAILED);
		take(ev);
		store_event_free(ev);
	}
}

static void close_list(unsigned list)
{
	desk_post(desk_on(REQUEST_CLOSE, list, NULL, 0));
}

static struct store_request *joins(size_t folder, unsigned list, const char *id)
{
	struct store_request *r = desk_request(REQUEST_OPEN, account);

	lists[folder] = list;
	r->list = list;
	r->open.folder = mem_strndup(NAMES[folder], strcspn(NAMES[folder], "="));
	r->open.span = 500;
	r->open.conversation = mem_strdup(id);
	return r;
}

/* What is done from now on waits, and can be taken back at once. */
static void go_offline(void)
{
	desk_post(desk_request(REQUEST_ONLINE, account));
}

static void open_all(const char *id)
{
	for (size_t i = 0; i < FOLDERS; i++)
		done(joins(i, 501 + (unsigned)i, id));
}

/* The folders are in the order of their lists. */
static void test_over_folders(void **state)
{
	begin();
	for (size_t i = 0; i < 3; i++)
		close_list(plain[i]);
	open_all("c");
	shows("i1 s1<i1 a4<s1");
	while (!numbering[3])
		take_next();
	assert_int_equal(percent[3], -1); /* never fetched, and not fetched for that */
	for (size_t i = 0; i < FOLDERS; i++)
		close_list(lists[i]);
	nshown = 0;
	memset(numbering, 0, sizeof(numbering));
	open_all("nobody's");
	while (!numbering[3])
		take_next();
	shows("");
	desk_stop(); /* with all of it open */
	desk_start(false);
}

/* The messages that were chosen belong, with or without a Message-ID. */
static void test_seeds(void **state)
{
	struct store_event *ev = NULL;
	struct store_request *r;
	unsigned now;

	begin();
	come(0, 3, "", "");
	come(0, 4, "late", "x");
	come(2, 5, "y", "x");
	now = desk_open(account, "INBOX", &ev);
	r = joins(0, 501, "");
	r->numbering = ev->messages.numbering;
	store_event_free(ev);
	close_list(now);
	store_request_set_uids(r, (uint32_t[]){3, 4}, 2);
	done(r);
	done(joins(2, 503, ""));
	shows("i3 i4 a5");
	/* Numbers of another numbering say nothing. */
	close_list(501);
	close_list(503);
	nshown = 0;
	r = joins(0, 501, "a");
	r->numbering = 4711;
	store_request_set_uids(r, (uint32_t[]){3, 4}, 2);
	done(r);
	shows("i1");
}

static void test_sticky(void **state)
{
	begin();
	come(2, 5, "x", "");
	come(2, 6, "y", "x");
	open_all("a");
	shows("i1 s1<i1 a4<s1");
	come(0, 3, "d", "b");
	shows("i1 i3<s1 s1<i1 a4<s1");
	come(0, 4, "unrelated", "elsewhere");
	come(1, 2, "late", "y c"); /* two are one from now on */
	shows("i1 i3<s1 s1<i1 s2<a4 a4<s1 a5 a6<a5");
	/* What had no parent gets one. */
	come(2, 7, "end", "middle");
	come(1, 3, "middle", "late");
	shows("i1 i3<s1 s1<i1 s2<a4 s3<s2 a4<s1 a5 a6<a5 a7<s3");
}

/* Each in its own folder. */
static void test_changes(void **state)
{
	struct store_request *r;

	begin();
	open_all("a");
	shows("i1 s1<i1 a4<s1");
	r = desk_on(REQUEST_FLAG, lists[1], (uint32_t[]){1}, 1);
	r->flag.set = MAIL_FLAGGED;
	desk_post(r);
	shows("i1 s1!<i1 a4<s1");
	go_offline();
	r = desk_on(REQUEST_MOVE, lists[1], (uint32_t[]){1}, 1);
	r->to.folder = mem_strdup("Never");
	desk_post(r);
	shows("i1 a4<i1"); /* nobody fetched that one */
	desk_post(desk_on(REQUEST_UNDO, 0, NULL, 0));
	shows("i1 s1!<i1 a4<s1");
	forget(lists[2], 0);
	desk_post(desk_on(REQUEST_RELIST, lists[2], NULL, 0));
	shows("i1 s1!<i1 a4<s1");
}

static void test_copies(void **state)
{
	struct store_request *r;

	begin();
	come(2, 5, "b", "a");
	open_all("a");
	shows("i1 s1<i1 a4<s1");
	go_offline();
	r = desk_on(REQUEST_MOVE, lists[1], (uint32_t[]){1}, 1);
	r->to.folder = mem_strdup("Never");
	desk_post(r);
	shows("i1 a4<a5 a5<i1");
	desk_post(desk_on(REQUEST_UNDO, 0, NULL, 0));
	shows("i1 s1<i1 a4<s1");
}

/* One comes that stands in front of the one that is shown. */
static void test_better_copy(void **state)
{
	begin();
	open_all("a");
	shows("i1 s1<i1 a4<s1");
	come(0, 3, "b", "a");
	shows("i1 i3<i1 a4<i3");
	close_list(lists[0]); /* the folder went, say */
	forget(lists[0], 0);
	shows("s1 a4<s1");
}

/* Its UIDs mean other messages. */
static void test_numbered_anew(void **state)
{
	const struct summary rows[] = {mail(1, "z", ""), mail(9, "b", "a")};
	unsigned before;

	begin();
	open_all("a");
	shows("i1 s1<i1 a4<s1");
	before = numbering[1];
	desk_renumber(account, "Sent");
	shows("i1 a4<i1");
	assert_int_not_equal(numbering[1], before);
	desk_rows_anew(account, "Sent", rows, 2);
	shows("i1 s9<i1 a4<s9");
}

/* Closed before it was told, in any order. */
static void test_given_up(void **state)
{
	begin();
	desk_hold();
	for (size_t i = 0; i < FOLDERS; i++)
		desk_post(joins(i, 501 + (unsigned)i, "a"));
	for (size_t i = 0; i < FOLDERS; i++)
		desk_post(desk_on(REQUEST_CLOSE, lists[(i + 1) % FOLDERS], NULL, 0));
	desk_let_go();
	nshown = 0;
	open_all("a");
	shows("i1 s1<i1 a4<s1");
	/* The program ends before it was looked for. */
	desk_hold();
	desk_post(joins(0, 511, "a"));
	desk_post(store_request_new(REQUEST_QUIT));
	desk_let_go();
	desk_stop();
	desk_start(false);
}

/* What comes while folders are looked through, behind that of its own too: the disk thread takes
 * one result between two folders. */
static void test_while_opening(void **state)
{
	enum { AROUND = 8 };

	begin();
	for (unsigned i = 0; i < AROUND; i++) {
		char id[2] = {(char)('A' + i), '\0'}, want[128] = "i1 ";

		desk_hold();
		desk_post(joins(0, 501, "a"));
		desk_post(joins(2, 503, "a"));
		for (unsigned k = 0; k < i; k++)
			desk_synced(account, "Sent", 2, 1);
		come(0, 10 + i, id, "a");
		desk_let_go();
		for (unsigned k = 0; k <= i; k++)
			snprintf(want + strlen(want), sizeof(want) - strlen(want), "i%u<i1 ",
				10 + k);
		strcat(want, "a4<i1");
		shows(want);
		close_list(501);
		close_list(503);
		nshown = 0;
	}
}

/* What is looked for in it is looked for in what it shows. */
static void test_within(void **state)
{
	struct store_request *r;
	struct store_event *ev;

	begin();
	open_all("a");
	shows("i1 s1<i1 a4<s1");
	r = desk_on(REQUEST_SEARCH, lists[0], NULL, 0);
	r->search.query = mem_strdup("~A");
	ev = desk_ask(r);
	assert_int_equal(ev->kind, STORE_FOUND);
	assert_int_equal(ev->found.n, 1);
	assert_int_equal(ev->found.uids[0], 1);
	store_event_free(ev);
}

static void test_too_many(void **state)
{
	enum { ALL = CONVERSATION_MAX + 1 };
	struct summary *rows = mem_array(ALL, sizeof(*rows));
	struct store_event *ev;

	begin();
	for (uint32_t i = 0; i < ALL; i++) {
		rows[i] = mail(10 + i, "same", "a");
		memcpy(rows[i].identity, &i, sizeof(i)); /* no copies */
	}
	desk_fill(account, "Archive", rows, ALL);
	free(rows);
	desk_settle();
	done(joins(2, 503, "same"));
	ev = desk_of_kind(STORE_LIST);
	while (ev->list != 503) {
		store_event_free(ev);
		ev = desk_of_kind(STORE_LIST);
	}
	assert_int_equal(ev->messages.columns.n, CONVERSATION_MAX);
	store_event_free(ev);
	ev = desk_of_kind(STORE_NOTICE);
	assert_non_null(strstr(ev->notice.text, "more than 10000 messages"));
	store_event_free(ev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_CASE(test_over_folders),
		DESK_CASE(test_seeds),
		DESK_CASE(test_sticky),
		DESK_CASE(test_changes),
		DESK_CASE(test_copies),
		DESK_CASE(test_better_copy),
		DESK_CASE(test_numbered_anew),
		DESK_CASE(test_given_up),
		DESK_CASE(test_while_opening),
		DESK_CASE(test_within),
		DESK_CASE(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

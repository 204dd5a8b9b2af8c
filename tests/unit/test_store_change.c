/* What a person changes, and takes back, while the server's answers come when the test says. */
#include "tests/sync/cut.h"
#include "tests/unit/desk.h"

#include "base/file.h"
#include "base/mem.h"
#include "store/disk/keywords.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { UNDO_DEPTH = 50 };

static const char *const FOLDERS[] = {"INBOX", "Work", "Trash=4", NULL};
static unsigned inbox; /* the open list */

/* An account with connections, all folders listed, the INBOX open with rows 1 to 3. */
static int begin(void)
{
	struct summary rows[3];
	int account = desk_add(desk_account("one", false), true);

	desk_online(account, LANE_MAIN);
	desk_folders(account, FOLDERS);
	desk_settle();
	inbox = desk_open(account, "INBOX", NULL);
	for (uint32_t i = 0; i < 3; i++)
		rows[i] = desk_row(i + 1, "Bob", NULL);
	desk_fill(account, "INBOX", rows, 3);
	desk_settle();
	return account;
}

static void offline(int account)
{
	desk_post(desk_request(REQUEST_ONLINE, account));
	store_event_free(desk_of_kind(STORE_STATE));
}

static struct store_request *change(enum request_kind kind, const uint32_t *uids, size_t n)
{
	return desk_on(kind, inbox, uids, n);
}

static struct store_request *move_to(const char *folder, uint32_t uid)
{
	struct store_request *r = change(REQUEST_MOVE, &uid, 1);

	r->to.folder = mem_strdup(folder);
	return r;
}

static struct store_request *flag(uint32_t uid, uint32_t set)
{
	struct store_request *r = change(REQUEST_FLAG, &uid, 1);

	r->flag.set = set;
	return r;
}

/* The next operation that goes to the server, when it is one that is looked at before: the answer
 * to that. */
static struct job *next_op(int account, uint32_t target_uidnext)
{
	struct job *j = desk_job(account, LANE_MAIN, JOB_OP);
	struct result *r;

	if (j->op.look || !op_needs_look(j->op.what))
		return j;
	r = result_new(RESULT_OP_READY);
	r->op_ready.id = j->op.what->id;
	r->op_ready.marked = true;
	r->op_ready.target_uidnext = target_uidnext;
	r->op_ready.target_uidvalidity = DESK_UIDVALIDITY;
	job_free(j);
	desk_give(account, r);
	return desk_job(account, LANE_MAIN, JOB_OP);
}

/* It is done; moved: what it is called in the target, 0: the server does not say. */
static void op_done(int account, struct job *j, uint32_t moved, bool stays)
{
	struct result *r = result_new(RESULT_OP);

	r->op.id = j->op.what->id;
	if (stays)
		r->op.stay = mem_strdup("no UIDPLUS");
	if (moved) {
		r->op.uidvalidity = DESK_UIDVALIDITY;
		r->op.uids = mem_array(j->op.what->n, sizeof(*r->op.uids));
		for (; r->op.n < j->op.what->n; r->op.n++)
			r->op.uids[r->op.n] = moved + (uint32_t)r->op.n;
	}
	job_free(j);
	desk_give(account, r);
	desk_settle();
}

static void op_refused(int account, struct job *j, const char *why)
{
	struct result *r = result_new(RESULT_OP);

	r->op.id = j->op.what->id;
	err_set(&r->err, ERR_REFUSED, "%s", why);
	job_free(j);
	desk_give(account, r);
	desk_settle();
}

static void is_move(const struct job *j, const char *from, uint32_t uid, const char *to)
{
	assert_int_equal(j->op.what->kind, OP_MOVE);
	assert_string_equal(j->op.what->folder, from);
	assert_string_equal(j->op.what->target, to);
	assert_int_equal(j->op.what->n, 1);
	assert_int_equal(j->op.what->uids[0], uid);
}

static void is_flags(
	const struct job *j, const char *folder, uint32_t uid, uint32_t clear, uint32_t set)
{
	assert_int_equal(j->op.what->kind, OP_FLAGS);
	assert_string_equal(j->op.what->folder, folder);
	assert_int_equal(j->op.what->n, 1);
	assert_int_equal(j->op.what->uids[0], uid);
	assert_int_equal(j->op.what->clear, clear);
	assert_int_equal(j->op.what->set, set);
}

static struct store_request *undo(void)
{
	return change(REQUEST_UNDO, NULL, 0);
}

/* --- taking back --- */

/* What the server has moved comes back by the UID it gave, under which earlier steps find it. */
/* What was made for a role before the server said which folders it has is the one that has it. */
static void test_made_before_the_list(void **state)
{
	static const char *const folders[] = {"INBOX", "Bin=4", NULL};
	struct summary row = desk_row(1, "Bob", NULL);
	int account = desk_add(desk_account("one", false), true);
	struct job *j;

	(void)state;
	desk_online(account, LANE_MAIN);
	inbox = desk_open(account, "INBOX", NULL);
	desk_fill(account, "INBOX", &row, 1);
	desk_settle();
	desk_done(change(REQUEST_DELETE, &row.uid, 1));
	assert_false(desk_has_job(account, LANE_MAIN, JOB_OP));
	desk_folders(account, folders);
	desk_settle();
	j = desk_job(account, LANE_MAIN, JOB_OP);
	is_move(j, "INBOX", 1, "Trash");
	assert_string_equal(j->op.target, "Bin");
	job_free(j);
}

static void test_undo_moved(void **state)
{
	int account = begin();
	struct job *j;

	desk_done(flag(2, MAIL_FLAGGED));
	op_done(account, desk_job(account, LANE_MAIN, JOB_OP), 0, false);
	desk_done(move_to("Work", 2));
	op_done(account, next_op(account, 55), 55, false);
	desk_done(undo());
	j = next_op(account, 90);
	is_move(j, "Work", 55, "INBOX");
	/* what is on its way back has no name yet under which its mark could be taken away */
	desk_fails(undo(), "on their way back");
	op_done(account, j, 90, false);
	desk_done(undo());
	j = desk_job(account, LANE_MAIN, JOB_OP);
	is_flags(j, "INBOX", 90, MAIL_FLAGGED, 0);
	op_done(account, j, 0, false);
	desk_fails(undo(), "nothing to undo");
}

/* Meanwhile the server numbered the folder anew: what was done since is about other messages. */
static void test_undo_renumbered(void **state)
{
	int account = begin();
	struct summary row = desk_row(2, "Eve", "New");
	struct job *back;

	desk_done(move_to("Work", 2));
	op_done(account, next_op(account, 55), 55, false);
	desk_done(undo());
	back = next_op(account, 90);
	desk_renumber(account, "INBOX");
	desk_rows_anew(account, "INBOX", &row, 1);
	desk_settle();
	desk_done(flag(2, MAIL_FLAGGED));
	op_done(account, back, 90, false);
	op_done(account, desk_job(account, LANE_MAIN, JOB_OP), 0, false);
	desk_done(undo());
	back = desk_job(account, LANE_MAIN, JOB_OP);
	is_flags(back, "INBOX", 2, MAIL_FLAGGED, 0);
	op_done(account, back, 0, false);
	desk_fails(undo(), "nothing to undo");
}

/* Whether of the answer to a message its thread is told before the request ends. */
static bool tells_answer(unsigned request, uint32_t uid, uint32_t parent)
{
	bool told = false, last = false;

	while (!last) {
		struct store_event *ev = desk_next();
		const struct columns *c = &ev->messages.columns;

		for (size_t i = 0; ev->kind == STORE_CHANGES && i < c->n; i++)
			told |= c->uid[i] == uid && c->parent[i] == parent;
		last = ev->request == request && desk_is_final(ev);
		store_event_free(ev);
	}
	return told;
}

/* What comes back has its answers again: while it was away they hung elsewhere. */
static void test_undo_thread(void **state)
{
	int account = begin();
	struct summary rows[] = {desk_row(4, "Bob", NULL), desk_row(5, "Eve", NULL)};

	rows[0].message_id = rows[1].references = "asked@example.org";
	desk_fill(account, "INBOX", rows, 2);
	desk_settle();
	offline(account);
	desk_done(move_to("Trash", 4));
	assert_true(tells_answer(desk_post(undo()), 5, 4));
}

/* The way back is refused: the earlier step is about the message under its former name. */
static void test_undo_refused(void **state)
{
	int account = begin();
	struct job *j;

	desk_done(flag(2, MAIL_FLAGGED));
	op_done(account, desk_job(account, LANE_MAIN, JOB_OP), 0, false);
	desk_done(move_to("Work", 2));
	op_done(account, next_op(account, 55), 55, false);
	desk_done(undo());
	op_refused(account, next_op(account, 90), "permission denied");
	assert_true(desk_was_told("permission denied"));
	desk_done(undo());
	j = desk_job(account, LANE_MAIN, JOB_OP);
	is_flags(j, "INBOX", 2, MAIL_FLAGGED, 0);
	job_free(j);
}

/* It is just on its way: it comes back when the answer is here. */
static void test_undo_in_flight(void **state)
{
	int account = begin();
	struct store_event *ev;
	struct job *j;

	desk_done(move_to("Work", 1));
	j = next_op(account, 70);
	ev = desk_ask(undo());
	assert_string_equal(ev->done.text, "Taken back as soon as the server has answered");
	store_event_free(ev);
	desk_fails(undo(), "nothing to undo"); /* it is asked for already */
	op_done(account, j, 70, false);
	j = next_op(account, 90);
	is_move(j, "Work", 70, "INBOX");
	job_free(j);
}

/* And where that cannot be, that is told, although nobody waits for an answer any more. */
static void test_undo_in_flight_fails(void **state)
{
	int account = begin();
	struct job *j;

	desk_done(move_to("Work", 1));
	j = next_op(account, 70);
	desk_done(undo());
	op_done(account, j, 0, false);
	assert_true(desk_was_told("The server did not say where the messages went: look in Work"));
}

/* No UIDPLUS: the message never left and loses its mark, the copy gets it. */
static void test_undo_left(void **state)
{
	int account = begin();
	struct job *j;

	desk_done(move_to("Work", 1));
	op_done(account, next_op(account, 70), 70, true);
	desk_done(undo());
	j = desk_job(account, LANE_MAIN, JOB_OP);
	is_flags(j, "INBOX", 1, MAIL_DELETED, 0);
	op_done(account, j, 0, false);
	j = next_op(account, 90);
	is_flags(j, "Work", 70, 0, MAIL_DELETED);
	job_free(j);
}

static void test_undo_what_cannot(void **state)
{
	int account = begin();
	struct store_request *r = change(REQUEST_COPY, &(uint32_t){1}, 1);
	struct summary row = desk_row(9, "Bob", NULL);
	unsigned trash;

	r->to.folder = mem_strdup("Work");
	desk_done(r);
	op_done(account, next_op(account, 70), 70, false);
	desk_fails(undo(), "A copy is not taken back: delete it in Work");
	trash = desk_open(account, "Trash", NULL);
	desk_fill(account, "Trash", &row, 1);
	desk_settle();
	desk_done(desk_on(REQUEST_DELETE, trash, &(uint32_t){9}, 1));
	op_done(account, desk_job(account, LANE_MAIN, JOB_OP), 0, false);
	desk_fails(undo(), "What was deleted for good cannot be taken back");
	desk_fails(undo(), "nothing to undo"); /* what cannot be does not bar the way */
}

/* A folder that is gone takes its steps with it, and no others. */
static void test_undo_folder_gone(void **state)
{
	static const char *const without[] = {"INBOX", "Trash=4", NULL};
	int account = begin();
	struct job *j;

	desk_done(flag(3, MAIL_SEEN));
	op_done(account, desk_job(account, LANE_MAIN, JOB_OP), 0, false);
	desk_done(move_to("Work", 2));
	op_done(account, next_op(account, 55), 55, false);
	desk_done(move_to("Work", 1));
	op_done(account, next_op(account, 56), 56, false);
	desk_folders(account, without);
	desk_settle();
	desk_done(undo());
	j = desk_job(account, LANE_MAIN, JOB_OP);
	is_flags(j, "INBOX", 3, MAIL_SEEN, 0);
	op_done(account, j, 0, false);
	desk_fails(undo(), "nothing to undo");
}

/* So many steps are kept. */
static void test_undo_depth(void **state)
{
	int account = begin();

	offline(account);
	for (uint32_t i = 0; i < UNDO_DEPTH + 1; i++) {
		struct store_request *r = flag(1 + i % 3, i % 6 < 3 ? MAIL_FLAGGED : 0);

		r->flag.clear = i % 6 < 3 ? 0 : MAIL_FLAGGED;
		desk_done(r);
	}
	for (uint32_t i = 0; i < UNDO_DEPTH; i++)
		desk_done(undo());
	desk_fails(undo(), "nothing to undo");
}

/* --- rows that wait --- */

static uint32_t first_row(unsigned list)
{
	struct store_event *ev;
	uint32_t uid;

	desk_post(desk_on(REQUEST_RELIST, list, NULL, 0));
	while ((ev = desk_of_kind(STORE_LIST))->list != list)
		store_event_free(ev);
	uid = ev->messages.columns.n ? ev->messages.columns.uid[0] : 0;
	store_event_free(ev);
	return uid;
}

/* What is done to a row that is on its way into a folder is done to the message before it goes, and
 * the step that moved it is that of the new operation. */
static void test_waiting_row(void **state)
{
	int account = begin();
	unsigned work;
	uint32_t uid;
	struct store_request *r;
	struct job *j;

	offline(account);
	desk_done(move_to("Work", 2));
	work = desk_open(account, "Work", NULL);
	uid = first_row(work);
	assert_true(uid > 1000);
	r = desk_on(REQUEST_FLAG, work, &uid, 1);
	r->flag.set = MAIL_FLAGGED;
	desk_done(r);
	r = desk_on(REQUEST_COPY, work, &(uint32_t){first_row(work)}, 1);
	r->to.folder = mem_strdup("INBOX");
	desk_fails(r, "not on the server's side of this folder yet");
	desk_done(undo()); /* the move, which was made anew */
	assert_int_equal(first_row(work), 0);
	r = desk_request(REQUEST_ONLINE, account);
	r->online.on = true;
	desk_post(r);
	store_event_free(desk_of_kind(STORE_STATE));
	desk_online(account, LANE_MAIN);
	desk_folders(account, FOLDERS);
	j = desk_job(account, LANE_MAIN, JOB_OP);
	is_flags(j, "INBOX", 2, 0, MAIL_FLAGGED);
	op_done(account, j, 0, false);
	assert_false(desk_has_job(account, LANE_MAIN, JOB_OP));
}

/* Once it is on its way, or is a copy that is still to be made, nothing can be done to the row. */
static void test_waiting_row_busy(void **state)
{
	int account = begin();
	uint32_t uid;
	struct store_request *r;
	unsigned work = desk_open(account, "Work", NULL);

	desk_done(move_to("Work", 2));
	job_free(desk_job(account, LANE_MAIN, JOB_OP));
	uid = first_row(work);
	assert_true(uid > 1000);
	r = desk_on(REQUEST_FLAG, work, &uid, 1);
	r->flag.set = MAIL_FLAGGED;
	desk_fails(r, "on its way to the server just now");
	assert_int_equal(first_row(work), uid);
	offline(account);
	r = change(REQUEST_COPY, &(uint32_t){3}, 1);
	r->to.folder = mem_strdup("Trash");
	desk_done(r);
	work = desk_open(account, "Trash", NULL);
	uid = first_row(work);
	assert_true(uid > 1000);
	desk_fails(desk_on(REQUEST_DELETE, work, &uid, 1), "The copy is not made yet");
}

/* What was moved into a folder that nobody has open is exported with it. */
static void test_waiting_row_exported(void **state)
{
	int account = begin();
	struct store_request *r = desk_on(REQUEST_SAVE_RAW, inbox, &(uint32_t){2}, 1);
	struct store_event *ev;
	unsigned body;

	r->save.path = mem_strdup(desk_path("saved"));
	body = desk_post(r);
	desk_body(account, desk_job(account, LANE_FETCH, JOB_BODY), "Subject: a\r\n\r\nx\r\n");
	store_event_free(desk_answer(body));
	offline(account);
	desk_done(move_to("Work", 2));
	r = desk_request(REQUEST_EXPORT, account);
	r->file.path = mem_strdup(desk_path("work.mbox"));
	r->file.folder = mem_strdup("Work");
	ev = desk_ask(r);
	assert_int_equal(ev->kind, STORE_DONE);
	assert_non_null(strstr(ev->done.text, "1 message written to"));
	store_event_free(ev);
}

/* --- places that POP3 filed --- */

/* The name of a folder in the file of marks, written as it has to be, and one nobody would write.
 */
static void test_places(void **state)
{
	static const struct {
		const char *written, *name;
	} v[] = {{"+a%20b", "a b"}, {"+%c3%a4", "ä"}, {"+50%", "50%"}, {"+%zz", "%zz"},
		{"+%2", "%2"}, {"=4", "Trash"}};

	for (size_t i = 0; i < MEM_COUNT(v); i++) {
		char name[8];
		int account;
		FILE *f;
		struct job *j;

		snprintf(name, sizeof(name), "a%u", (unsigned)i);
		account = desk_add(desk_account(name, false), true);
		f = fopen(desk_path("%s/data/marks", name), "w");
		assert_non_null(f);
		/* the identity of desk_row(1) */
		fprintf(f, "talaria-marks 1\n01000000000000000000000000000000 1 \\>%s\n",
			v[i].written);
		assert_int_equal(fclose(f), 0);
		desk_online(account, LANE_MAIN);
		desk_folders(account, FOLDERS);
		desk_settle();
		inbox = desk_open(account, "INBOX", NULL);
		desk_fill(account, "INBOX", (struct summary[]){desk_row(1, "Bob", NULL)}, 1);
		desk_settle();
		j = desk_job(account, LANE_MAIN, JOB_OP);
		if (j->op.what->kind == OP_FLAGS) {
			op_done(account, j, 0, false);
			j = desk_job(account, LANE_MAIN, JOB_OP);
		}
		is_move(j, "INBOX", 1, v[i].name);
		job_free(j);
	}
}

/* --- what cannot be --- */

static void put_local(const char *dir, const char *name, const char *text)
{
	FILE *f = fopen(desk_path("%s/%s", dir, name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
}

static struct store_request *transfer(
	enum request_kind kind, unsigned list, uint32_t uid, const char *folder)
{
	struct store_request *r = desk_on(kind, list, &uid, 1);

	r->to.folder = mem_strdup(folder);
	return r;
}

static void test_what_cannot(void **state)
{
	int account = begin();
	struct store_request *r = desk_request(REQUEST_CREATE, account);
	unsigned local;

	r->to.folder = mem_strdup("Work");
	desk_fails(r, "Folder Work is there already");
	desk_fails(move_to("Nowhere", 1), "Nowhere");
	desk_fails(transfer(REQUEST_COPY, inbox, 1, "INBOX"), "in that folder already");
	desk_done(move_to("INBOX", 1)); /* it is there, as it was wished */
	put_local("one/data/mail/new", "1.a.host", "Subject: a\n\nx\n");
	desk_pass(11000);
	desk_settle();
	local = desk_open(account, "Local/INBOX", NULL);
	desk_fails(transfer(REQUEST_MOVE, local, 1, "Work"), "copied, not moved");
	desk_fails(move_to("Local/INBOX", 1), "copied, not moved");
	desk_fails(transfer(REQUEST_COPY, inbox, 1, "Local/INBOX"),
		"1 message is not wholly here yet, and nothing was copied");
	r = desk_request(REQUEST_OPEN, account);
	r->open.folder = mem_strdup("Nowhere");
	desk_fails(r, "There is no folder Nowhere in account one");
	desk_post(desk_on(REQUEST_CLOSE, local, NULL, 0));
	desk_fails(desk_on(REQUEST_DELETE, local, &(uint32_t){1}, 1), "no longer open");
	r = desk_on(REQUEST_READ, local, &(uint32_t){1}, 1);
	desk_fails(r, "no longer open");
}

/* talaria -f DIR */
static void test_by_path(void **state)
{
	struct store_request *r = desk_request(REQUEST_OPEN, -1);

	r->list = 9;
	r->open.folder = mem_strdup(desk_path("nothing"));
	desk_fails(r, "nothing does not exist");
	assert_int_equal(file_make_dirs(desk_path("dir"), NULL), 0);
	r = desk_request(REQUEST_OPEN, -1);
	r->list = 9;
	r->open.folder = mem_strdup(desk_path("dir"));
	desk_fails(r, "is neither a Maildir folder nor an mbox file");
	assert_int_equal(desk_accounts(), 0); /* nothing is left of them */
	for (int i = 0; i < 3; i++)
		assert_int_equal(file_make_dirs(desk_path("dir/%s",
							(const char *[]){"cur", "new", "tmp"}[i]),
					 NULL),
			0);
	put_local("dir/cur", "1.a.host:2,", "Subject: a\n\nx\n");
	assert_int_equal(setenv("XDG_CACHE_HOME", desk_path("xdg"), 1), 0);
	r = desk_request(REQUEST_OPEN, -1);
	r->list = 9;
	r->open.folder = mem_strdup(desk_path("dir"));
	desk_done(r);
	desk_fails(transfer(REQUEST_MOVE, 9, 1, "Work"), "belongs to no account");
	desk_fails(desk_on(REQUEST_ARCHIVE, 9, &(uint32_t){1}, 1), "has no archive");
	r = desk_on(REQUEST_FLAG, 9, &(uint32_t){1}, 1);
	r->flag.set = MAIL_SEEN;
	desk_done(r);
	assert_true(file_exists(desk_path("dir/cur/1.a.host:2,S")));
	r = desk_on(REQUEST_SAVE_RAW, 9, &(uint32_t){1}, 1);
	r->save.path = mem_strdup(desk_path("saved"));
	desk_done(r);
	assert_true(file_exists(desk_path("saved")));
}

/* --- local folders --- */

/* A draft in a local folder of drafts, by POP3: thrown away there. */
static void test_local_draft_dropped(void **state)
{
	int account = desk_add(desk_account("one", true), false);
	struct store_event *ev;
	struct store_request *r = desk_request(REQUEST_CREATE, account);

	r->to.folder = mem_strdup("Drafts");
	desk_done(r);
	put_local("one/data/mail/.Drafts/cur", "1.a.host:2,DS", "Subject: a\nTo: b@c.de\n\nx\n");
	ev = desk_ask(desk_request(REQUEST_DRAFTS, account));
	assert_int_equal(ev->drafts.n, 1);
	assert_string_equal(ev->drafts.v[0].draft.subject, "a");
	desk_done(desk_mail(REQUEST_DRAFT_DROP, account, ev->drafts.v[0].id));
	store_event_free(ev);
	assert_false(file_exists(desk_path("one/data/mail/.Drafts/cur/1.a.host:2,DS")));
	ev = desk_ask(desk_request(REQUEST_DRAFTS, account));
	assert_int_equal(ev->drafts.n, 0);
	store_event_free(ev);
}

/* Marks and keywords of files that a full disk does not take are told, and not shown. */
static void test_local_marks_full(void **state)
{
	int account = desk_add(desk_account("one", true), false);
	struct store_request *r;
	struct store_event *list;
	unsigned id;

	put_local("one/data/mail/cur", "1.a.host:2,", "Subject: a\n\nx\n");
	id = desk_open(account, "INBOX", NULL);
	for (long n = 0; n < 3; n++) {
		cut_fail_at(n, ENOSPC, true, desk_path("one/data"));
		r = desk_on(REQUEST_KEYWORDS, id, &(uint32_t){1}, 1);
		r->keywords.set = mem_strdup("work");
		desk_fails(r, "No space left on device");
		cut_off();
	}
	cut_fail_at(0, ENOSPC, true, desk_path("one/data"));
	r = desk_on(REQUEST_FLAG, id, &(uint32_t){1}, 1);
	r->flag.set = MAIL_FLAGGED;
	desk_fails(r, "No space left on device");
	cut_off();
	desk_post(desk_on(REQUEST_CLOSE, id, NULL, 0));
	desk_open(account, "INBOX", &list);
	assert_int_equal(list->messages.columns.flags[0] & MAIL_FLAGGED, 0);
	store_event_free(list);
}

/* --- limits --- */

/* One keyword has so many letters, and so many octets of them are changed at once. */
static void test_keyword_limits(void **state)
{
	int account = begin();
	struct str words = STR_INIT;

	offline(account);
	for (size_t n = KEYWORDS_MAX - 1; n <= KEYWORDS_MAX + 1; n++) {
		struct store_request *r = change(REQUEST_KEYWORDS, &(uint32_t){1}, 1);

		str_clear(&words);
		while (words.len < n)
			str_addc(&words, 'k');
		r->keywords.set = mem_strdup(words.p);
		if (n <= KEYWORDS_MAX)
			desk_done(r);
		else
			desk_fails(r, "is no keyword: at most 64 letters");
	}
	for (size_t n = KEYWORDS_TEXT_MAX - 1; n <= KEYWORDS_TEXT_MAX + 1; n++) {
		struct store_request *r = change(REQUEST_KEYWORDS, &(uint32_t){2}, 1);

		str_clear(&words);
		while (words.len < n)
			str_addf(&words, "%s%c", words.len && words.len + 1 < n ? " " : "",
				(char)('a' + words.len % 26));
		str_cut(&words, n);
		r->keywords.set = mem_strdup(words.p);
		if (n <= KEYWORDS_TEXT_MAX)
			desk_done(r);
		else
			desk_fails(r, "too many keywords at once");
	}
	str_done(&words);
}

/* --- many at once --- */

enum { CUT = JOURNAL_MAX_UIDS };

/* One operation takes so many messages; more are two. */
static void test_operation_size(void **state)
{
	struct summary *rows = mem_array(CUT + 1, sizeof(*rows));
	uint32_t *uids = mem_array(CUT + 1, sizeof(*uids));
	int account = desk_add(desk_account("one", false), true);
	static const uint32_t marks[] = {MAIL_FLAGGED, MAIL_ANSWERED, MAIL_SEEN};
	size_t before = 0;

	inbox = desk_open(account, "INBOX", NULL);
	for (uint32_t i = 0; i < CUT + 1; i++) {
		uids[i] = i + 1;
		rows[i] = desk_row(i + 1, "Bob", "x");
	}
	desk_fill(account, "INBOX", rows, CUT + 1);
	desk_settle();
	offline(account);
	for (size_t n = CUT - 1; n <= CUT + 1; n++) {
		struct store_request *r = change(REQUEST_FLAG, uids, n);
		struct store_event *ev;
		unsigned request = r->request;

		r->flag.set = marks[n - (CUT - 1)];
		desk_post(r);
		ev = desk_of_kind(STORE_PENDING);
		assert_int_equal(ev->pending.n, before + (n > CUT ? 2 : 1));
		assert_int_equal(ev->pending.v[before]->n, n > CUT ? CUT : n);
		before = ev->pending.n;
		store_event_free(ev);
		store_event_free(desk_answer(request));
	}
	free(rows);
	free(uids);
}

static bool lists(const struct store_event *ev, const char *folder)
{
	bool found = false;

	for (size_t i = 0; i < ev->folders.n; i++)
		found |= strcmp(ev->folders.v[i].name, folder) == 0;
	return found;
}

/* A folder that is closed keeps the numbers it had last. Its files look old as soon as they are
 * written: the newest is of tomorrow. */
static void test_closed_folder_is_counted(void **state)
{
	struct timespec tomorrow[2] = {{time(NULL) + 86400, 0}, {time(NULL) + 86400, 0}};
	struct store_request *r;
	struct store_event *ev;
	int account;

	assert_int_equal(file_make_dirs(desk_path("one/data/mail/cur"), NULL), 0);
	assert_int_equal(file_make_dirs(desk_path("one/data/mail/tmp"), NULL), 0);
	assert_int_equal(file_make_dirs(desk_path("one/data/mail/new"), NULL), 0);
	put_local("one/data/mail/new", "1.a.host", "Subject: a\n\nx\n");
	put_local("one/data/mail", "dovecot-keywords", "0 work\n");
	utimensat(AT_FDCWD, desk_path("one/data/mail/dovecot-keywords"), tomorrow, 0);
	account = desk_add(desk_account("one", false), true);
	desk_settle();
	r = desk_request(REQUEST_DELETE_FOLDER, account);
	r->reshape.folder = mem_strdup("Local/INBOX");
	r->reshape.known = 1;
	desk_post(r);
	ev = desk_of_kind(STORE_FOLDERS);
	assert_false(lists(ev, "Local/INBOX"));
	store_event_free(ev);
}

/* --- a part is deleted --- */

#define TWO_PARTS(nl)                                                                              \
	"Subject: two" nl "Message-ID: <two@example.org>" nl                                       \
	"Content-Type: multipart/mixed; boundary=b" nl nl "--b" nl nl "text" nl "--b" nl           \
	"Content-Type: application/x" nl "Content-Disposition: attachment; filename=a.bin" nl nl   \
	"bytes" nl "--b--" nl

static struct store_request *cut(unsigned list, uint32_t uid, const char *section, const char *name)
{
	struct store_request *r = desk_on(REQUEST_CUT_PART, list, &uid, 1);

	r->uid = uid;
	r->cut.section = mem_strdup(section);
	r->cut.type = mem_strdup("application/x");
	r->cut.name = mem_strdup(name);
	return r;
}

/* The request is through, and the message without the part is to be given to the server. */
static void cut_begins(int account)
{
	unsigned id = desk_post(cut(inbox, 2, "2", "a.bin"));

	desk_body(account, desk_job(account, LANE_FETCH, JOB_BODY), TWO_PARTS("\r\n"));
	store_event_free(desk_answer(id));
}

/* The former message stays until the server has the one without the part, and undo has it back. */
static void test_part_cut(void **state)
{
	int account = begin();
	struct job *j;

	cut_begins(account);
	j = next_op(account, 55);
	assert_int_equal(j->op.what->kind, OP_APPEND);
	assert_string_equal(j->op.what->target, "INBOX");
	assert_non_null(strstr(str_c(&j->op.message), "Message-ID: <two@example.org>\r\n"));
	assert_non_null(strstr(str_c(&j->op.message), "--b\r\n\r\ntext\r\n--b\r\n"));
	assert_non_null(strstr(str_c(&j->op.message), "a.bin"));
	assert_null(strstr(str_c(&j->op.message), "filename"));
	assert_null(strstr(str_c(&j->op.message), "\r\nbytes\r\n"));
	assert_false(desk_has_job(account, LANE_MAIN, JOB_OP));
	op_done(account, j, 0, false);
	j = next_op(account, 66);
	is_move(j, "INBOX", 2, "Trash");
	op_done(account, j, 90, false);
	desk_done(desk_request(REQUEST_UNDO, account));
	j = next_op(account, 55);
	is_move(j, "Trash", 90, "INBOX");
	job_free(j);
}

/* Two ways out of one message would be two messages, each with what the other is without. */
static void test_part_cut_twice(void **state)
{
	int account = begin();
	struct job *j;

	cut_begins(account);
	desk_fails(cut(inbox, 2, "2", "a.bin"), "on its way to the server just now");
	op_refused(account, next_op(account, 55), "over quota");
	desk_done(cut(inbox, 2, "2", "a.bin"));
	j = next_op(account, 56);
	assert_int_equal(j->op.what->kind, OP_APPEND);
	op_done(account, j, 0, false);
}

/* Refused: it stays as it was. */
static void test_part_cut_refused(void **state)
{
	int account = begin();

	cut_begins(account);
	op_refused(account, next_op(account, 55), "over quota");
	assert_false(desk_has_job(account, LANE_MAIN, JOB_OP));
	assert_true(desk_was_told("over quota"));

	desk_fails(cut(inbox, 2, "2", "other.bin"), "The message has no part 2");
	desk_fails(cut(inbox, 2, "7", "a.bin"), "The message has no part 7");
}

/* What was moved away meanwhile is left where it is. */
static void test_part_cut_moved(void **state)
{
	int account = begin();
	struct job *j;

	cut_begins(account);
	j = next_op(account, 55);
	desk_renumber(account, "INBOX");
	desk_settle();
	op_done(account, j, 0, false);
	assert_true(desk_was_told("the one with it could not be removed"));
}

static void test_part_cut_local(void **state)
{
	int account = desk_add(desk_account("one", true), false);
	struct store_event *list = NULL;
	struct store_request *r = desk_request(REQUEST_CREATE, account);
	unsigned id;

	put_local("one/data/mail/cur", "1.a.host:2,FS", TWO_PARTS("\n"));
	r->to.folder = mem_strdup("Trash");
	desk_done(r);
	id = desk_open(account, "INBOX", &list);
	store_event_free(list);
	desk_fails(cut(id, 1, "1", ""), "The message has no part 1");
	cut_fail_at(0, ENOSPC, true, desk_path("one/data"));
	desk_fails(cut(id, 1, "2", "a.bin"), "No space left on device");
	cut_off();
	assert_true(file_exists(desk_path("one/data/mail/cur/1.a.host:2,FS")));
	desk_done(cut(id, 1, "2", "a.bin"));
	assert_false(file_exists(desk_path("one/data/mail/cur/1.a.host:2,FS")));
	assert_true(file_exists(desk_path("one/data/mail/.Trash/cur/1.a.host:2,FS")));
	desk_done(desk_request(REQUEST_UNDO, account));
	assert_true(file_exists(desk_path("one/data/mail/cur/1.a.host:2,FS")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_CASE(test_undo_moved),
		DESK_CASE(test_undo_renumbered),
		DESK_CASE(test_undo_thread),
		DESK_CASE(test_undo_refused),
		DESK_CASE(test_undo_in_flight),
		DESK_CASE(test_undo_in_flight_fails),
		DESK_CASE(test_undo_left),
		DESK_CASE(test_undo_what_cannot),
		DESK_CASE(test_undo_folder_gone),
		DESK_CASE(test_undo_depth),
		DESK_CASE(test_waiting_row),
		DESK_CASE(test_waiting_row_busy),
		DESK_CASE(test_waiting_row_exported),
		DESK_CASE(test_places),
		DESK_CASE(test_what_cannot),
		DESK_CASE(test_by_path),
		DESK_CASE(test_local_draft_dropped),
		DESK_CASE(test_closed_folder_is_counted),
		DESK_CASE(test_local_marks_full),
		DESK_CASE(test_made_before_the_list),
		DESK_CASE(test_keyword_limits),
		DESK_CASE(test_operation_size),
		DESK_CASE(test_part_cut),
		DESK_CASE(test_part_cut_twice),
		DESK_CASE(test_part_cut_refused),
		DESK_CASE(test_part_cut_moved),
		DESK_CASE(test_part_cut_local),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

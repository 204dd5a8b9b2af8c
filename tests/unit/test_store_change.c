/* What a person changes, and takes back, while the server's answers come when the test says. */
#include "tests/unit/desk.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

	r->folder = mem_strdup(folder);
	return r;
}

static struct store_request *flag(uint32_t uid, uint32_t set)
{
	struct store_request *r = change(REQUEST_FLAG, &uid, 1);

	r->set = set;
	return r;
}

/* The next operation that goes to the server, when it is one that is looked at before: the answer
 * to that. */
static struct job *next_op(int account, uint32_t target_uidnext)
{
	struct job *j = desk_job(account, LANE_MAIN, JOB_OP);
	struct result *r;

	if (j->look || !op_needs_look(j->op))
		return j;
	r = result_new(RESULT_OP_READY);
	r->op_id = j->op->id;
	r->reset = true;
	r->meta.uidnext = target_uidnext;
	r->meta.uidvalidity = DESK_UIDVALIDITY;
	job_free(j);
	desk_give(account, r);
	return desk_job(account, LANE_MAIN, JOB_OP);
}

/* It is done; moved: what it is called in the target, 0: the server does not say. */
static void op_done(int account, struct job *j, uint32_t moved, bool stays)
{
	struct result *r = result_new(RESULT_OP);

	r->op_id = j->op->id;
	r->reset = stays;
	if (stays)
		r->text = mem_strdup("no UIDPLUS");
	if (moved) {
		r->uidvalidity = DESK_UIDVALIDITY;
		r->uids = mem_array(j->op->n, sizeof(*r->uids));
		for (; r->n < j->op->n; r->n++)
			r->uids[r->n] = moved + (uint32_t)r->n;
	}
	job_free(j);
	desk_give(account, r);
	desk_settle();
}

static void op_refused(int account, struct job *j, const char *why)
{
	struct result *r = result_new(RESULT_OP);

	r->op_id = j->op->id;
	err_set(&r->err, ERR_REFUSED, "%s", why);
	job_free(j);
	desk_give(account, r);
	desk_settle();
}

static void is_move(const struct job *j, const char *from, uint32_t uid, const char *to)
{
	assert_int_equal(j->op->kind, OP_MOVE);
	assert_string_equal(j->op->folder, from);
	assert_string_equal(j->op->target, to);
	assert_int_equal(j->op->n, 1);
	assert_int_equal(j->op->uids[0], uid);
}

static void is_flags(
	const struct job *j, const char *folder, uint32_t uid, uint32_t clear, uint32_t set)
{
	assert_int_equal(j->op->kind, OP_FLAGS);
	assert_string_equal(j->op->folder, folder);
	assert_int_equal(j->op->n, 1);
	assert_int_equal(j->op->uids[0], uid);
	assert_int_equal(j->op->clear, clear);
	assert_int_equal(j->op->set, set);
}

static struct store_request *undo(void)
{
	return change(REQUEST_UNDO, NULL, 0);
}

/* --- taking back --- */

/* What the server has moved comes back by the UID it gave, under which earlier steps find it. */
static void test_undo_moved(void **state)
{
	int account = begin();
	struct job *j;

	(void)state;
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

/* The way back is refused: the earlier step is about the message under its former name. */
static void test_undo_refused(void **state)
{
	int account = begin();

	(void)state;
	desk_done(flag(2, MAIL_FLAGGED));
	op_done(account, desk_job(account, LANE_MAIN, JOB_OP), 0, false);
	desk_done(move_to("Work", 2));
	op_done(account, next_op(account, 55), 55, false);
	desk_done(undo());
	op_refused(account, next_op(account, 90), "permission denied");
	assert_true(desk_was_told("permission denied"));
	desk_done(undo());
	is_flags(desk_job(account, LANE_MAIN, JOB_OP), "INBOX", 2, MAIL_FLAGGED, 0);
}

/* It is just on its way: it comes back when the answer is here. */
static void test_undo_in_flight(void **state)
{
	int account = begin();
	struct store_event *ev;
	struct job *j;

	(void)state;
	desk_done(move_to("Work", 1));
	j = next_op(account, 70);
	ev = desk_ask(undo());
	assert_string_equal(ev->text, "Taken back as soon as the server has answered");
	store_event_free(ev);
	desk_fails(undo(), "nothing to undo"); /* it is asked for already */
	op_done(account, j, 70, false);
	is_move(next_op(account, 90), "Work", 70, "INBOX");
}

/* And where that cannot be, that is told, although nobody waits for an answer any more. */
static void test_undo_in_flight_fails(void **state)
{
	int account = begin();
	struct job *j;

	(void)state;
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

	(void)state;
	desk_done(move_to("Work", 1));
	op_done(account, next_op(account, 70), 70, true);
	desk_done(undo());
	j = desk_job(account, LANE_MAIN, JOB_OP);
	is_flags(j, "INBOX", 1, MAIL_DELETED, 0);
	op_done(account, j, 0, false);
	is_flags(next_op(account, 90), "Work", 70, 0, MAIL_DELETED);
}

static void test_undo_what_cannot(void **state)
{
	int account = begin();
	struct store_request *r = change(REQUEST_COPY, &(uint32_t){1}, 1);
	struct summary row = desk_row(9, "Bob", NULL);
	unsigned trash;

	(void)state;
	r->folder = mem_strdup("Work");
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

	(void)state;
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

	(void)state;
	offline(account);
	for (uint32_t i = 0; i < UNDO_DEPTH + 1; i++) {
		struct store_request *r = flag(1 + i % 3, i % 6 < 3 ? MAIL_FLAGGED : 0);

		r->clear = i % 6 < 3 ? 0 : MAIL_FLAGGED;
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
	uid = ev->columns.n ? ev->columns.uid[0] : 0;
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

	(void)state;
	offline(account);
	desk_done(move_to("Work", 2));
	work = desk_open(account, "Work", NULL);
	uid = first_row(work);
	assert_true(uid > 1000);
	r = desk_on(REQUEST_FLAG, work, &uid, 1);
	r->set = MAIL_FLAGGED;
	desk_done(r);
	r = desk_on(REQUEST_COPY, work, &(uint32_t){first_row(work)}, 1);
	r->folder = mem_strdup("INBOX");
	desk_fails(r, "not on the server's side of this folder yet");
	desk_done(undo()); /* the move, which was made anew */
	assert_int_equal(first_row(work), 0);
	r = desk_request(REQUEST_ONLINE, account);
	r->n = 1;
	desk_post(r);
	store_event_free(desk_of_kind(STORE_STATE));
	desk_online(account, LANE_MAIN);
	desk_folders(account, FOLDERS);
	j = desk_job(account, LANE_MAIN, JOB_OP);
	is_flags(j, "INBOX", 2, 0, MAIL_FLAGGED);
	op_done(account, j, 0, false);
	assert_false(desk_has_job(account, LANE_MAIN, JOB_OP));
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

	(void)state;
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
		if (j->op->kind == OP_FLAGS) {
			op_done(account, j, 0, false);
			j = desk_job(account, LANE_MAIN, JOB_OP);
		}
		is_move(j, "INBOX", 1, v[i].name);
		job_free(j);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DESK_CASE(test_undo_moved),
		DESK_CASE(test_undo_refused),
		DESK_CASE(test_undo_in_flight),
		DESK_CASE(test_undo_in_flight_fails),
		DESK_CASE(test_undo_left),
		DESK_CASE(test_undo_what_cannot),
		DESK_CASE(test_undo_folder_gone),
		DESK_CASE(test_undo_depth),
		DESK_CASE(test_waiting_row),
		DESK_CASE(test_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The journal on its way to the server: strictly in order, one operation at a time, each answered
 * before the next goes out. What was done is forgotten, what the server refuses is taken back, what
 * a broken connection left open is looked for before it is repeated.
 */
#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void replay_is_fresh(struct account *a, uint64_t id)
{
	a->fresh_ops =
		mem_grow(a->fresh_ops, &a->cap_fresh_ops, a->nfresh_ops + 1, sizeof(*a->fresh_ops));
	a->fresh_ops[a->nfresh_ops++] = id;
}

static bool append_file_is_here(const struct account *a, const struct op *op)
{
	char *dir = file_join(a->setup->data_dir, "append"), *path = file_join(dir, op->file);
	bool here = file_exists(path);

	free(dir);
	free(path);
	return here;
}

static void add_append_bytes(struct account *a, struct job *j, const struct op *op)
{
	char *dir = file_join(a->setup->data_dir, "append"), *path = file_join(dir, op->file);
	struct str raw = STR_INIT;
	int rc = file_read(path, 512 << 20, &raw, NULL);
	struct stat st;

	/* An upload's file has the date on which the message arrived. */
	if (stat(path, &st) == 0)
		j->date = st.st_mtime;
	for (size_t i = 0; rc == 0 && i < raw.len; i++) {
		if (raw.p[i] == '\n' && (i == 0 || raw.p[i - 1] != '\r'))
			str_addc(&j->bytes, '\r');
		str_addc(&j->bytes, raw.p[i]);
	}
	str_done(&raw);
	free(dir);
	free(path);
}

/* True once: the first time an operation of this process goes out. */
static bool take_fresh(struct account *a, uint64_t id)
{
	for (size_t i = 0; i < a->nfresh_ops; i++)
		if (a->fresh_ops[i] == id) {
			a->fresh_ops[i] = a->fresh_ops[--a->nfresh_ops];
			return true;
		}
	return false;
}

static void send_op(struct account *a, const struct op *op)
{
	struct folder *f = *op->folder ? folder_find(a, op->folder, false) : NULL;
	struct folder *target = *op->target ? folder_find(a, op->target, false) : NULL;
	struct job *j = job_new(JOB_OP);

	j->op = op_copy(op);
	/* From an earlier run, or tried before: the driver looks whether it was done already. */
	if (!take_fresh(a, op->id))
		j->op->state = OP_SENT;
	j->folder = mem_strdup(op->folder);
	j->mailbox = f && f->mailbox ? mem_strdup(f->mailbox) : folder_wire_name(a, op->folder);
	j->target = target && target->mailbox ? mem_strdup(target->mailbox)
					      : folder_wire_name(a, op->target);
	if (op->kind == OP_APPEND)
		add_append_bytes(a, j, op);
	a->op_in_flight = op->id;
	account_post(a, LANE_MAIN, j);
}

/*
 * Strictly one after the other, in the order they were made: a mark that was set and taken away
 * again must end taken away, whatever the connection does in between.
 */
void replay_next(struct account *a)
{
	if (!account_is_server(a) || !a->sync || a->state != SYNC_ONLINE || a->op_in_flight)
		return;
	while (journal_count(a->journal)) {
		const struct op *op = journal_at(a->journal, 0);
		struct op *lost;

		if (op->kind != OP_APPEND || append_file_is_here(a, op)) {
			send_op(a, op);
			return;
		}
		/* Its file is gone: nothing can be done for it, and those behind it must not wait
		 * for ever. */
		lost = op_copy(op);
		journal_done(a->journal, lost->id, NULL);
		store_notice(a, _("\"%s\" cannot be done: its file is gone"), lost->text);
		op_free(lost);
		account_pending(a);
	}
}

void replay_sent(struct account *a, struct result *r)
{
	journal_sent(a->journal, r->op_id, NULL);
}

static void note_moved(struct store *s, struct result *r)
{
	for (struct undo *u = s->undo; u; u = u->next)
		if (u->op_id == r->op_id && u->op_id) {
			u->done = true;
			u->moved_uids = r->text;
			u->moved_uidvalidity = r->uidvalidity;
			r->text = NULL;
			return;
		}
}

static void drop_append_file(struct account *a, const struct op *op)
{
	char *dir = file_join(a->setup->data_dir, "append"), *path = file_join(dir, op->file);

	if (*op->file)
		file_remove_tree(path, NULL);
	free(dir);
	free(path);
}

void replay_result(struct account *a, struct result *r)
{
	const struct op *found = journal_find(a->journal, r->op_id);
	struct folder *f, *target;
	struct op *op;
	bool refused =
		r->err.kind == ERR_REFUSED || r->err.kind == ERR_GONE || r->err.kind == ERR_INPUT;

	if (a->op_in_flight == r->op_id)
		a->op_in_flight = 0;
	if (r->err.kind != ERR_NONE && !refused)
		return; /* the connection broke: it stays queued and is replayed */
	if (!found) {
		replay_next(a); /* cancelled meanwhile */
		return;
	}
	op = op_copy(found);
	f = *op->folder ? folder_find(a, op->folder, false) : NULL;
	target = *op->target ? folder_find(a, op->target, false) : NULL;
	journal_done(a->journal, r->op_id, NULL);
	drop_append_file(a, op);
	if (refused) {
		store_notice(a, _("The server refused \"%s\": %s. The change is taken back"),
			op->text, r->err.text);
		if (f)
			folder_distrust(f);
	} else {
		note_moved(a->store, r);
		if (target && target->cache)
			folder_ask_sync(target, 0);
		if (op->kind == OP_CREATE || (*op->target && (!target || !target->listed)))
			account_post(a, LANE_MAIN, job_new(JOB_LIST));
	}
	op_free(op);
	account_pending(a);
	replay_next(a);
	account_sync_settled(a);
}

/*
 * Kills a program that works with drafts, outbox, journal and Maildir at every kind of system call,
 * and looks afterwards whether all it reported as done is there, and nothing is there by half.
 *
 * The linker gives the store our write, rename, unlink and so on (--wrap): one of them, drawn by
 * lot, is the last the child does; a write may be cut in the middle. Syncing is left out: a kill
 * does not lose what the kernel has. The child says over a pipe what it begins and what it has
 * finished; the parent keeps the model.
 */
#include "disk_help.h"
#include "store/disk/journal.h"
#include "store/disk/maildir.h"
#include "store/disk/outbox.h"
#include "tests/unit/harness.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>

enum { MAILS = 6, OPS = 8, KILLS = 600, CONTROL_KILLS = 200, STEPS = 120, CALLS = 250 };

/* What a broken program would do; the harness must notice each. */
enum fault { FAULT_NONE, FAULT_IN_PLACE, FAULT_REMOVE_FIRST, FAULT_TOLD_EARLY, FAULT_JOB_FIRST };

/* ---- the killer ---- */

static long calls_left = -1; /* in the child; below 0: never */

ssize_t __real_write(int fd, const void *p, size_t len);
ssize_t __real_pwrite(int fd, const void *p, size_t len, off_t off);
int __real_rename(const char *from, const char *to);
int __real_renameat2(int a, const char *from, int b, const char *to, unsigned flags);
int __real_link(const char *from, const char *to);
int __real_unlink(const char *path);
int __real_unlinkat(int dir, const char *path, int flags);
int __real_ftruncate(int fd, off_t len);
ssize_t __wrap_write(int fd, const void *p, size_t len);
ssize_t __wrap_pwrite(int fd, const void *p, size_t len, off_t off);
int __wrap_rename(const char *from, const char *to);
int __wrap_renameat2(int a, const char *from, int b, const char *to, unsigned flags);
int __wrap_link(const char *from, const char *to);
int __wrap_unlink(const char *path);
int __wrap_unlinkat(int dir, const char *path, int flags);
int __wrap_ftruncate(int fd, off_t len);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_syncfs(int fd);

/* What was called, for test_order. */
static char called[512];

static void note(const char *name)
{
	size_t len = strlen(called);

	snprintf(called + len, sizeof(called) - len, "%s%s", len ? " " : "", name);
}

static void die(void)
{
	kill(getpid(), SIGKILL);
}

static bool last_call(void)
{
	return calls_left >= 0 && calls_left-- == 0;
}

#define WRAPPED(name, call)                                                                        \
	do {                                                                                       \
		bool last = last_call();                                                           \
		int rc;                                                                            \
                                                                                                   \
		note(name);                                                                        \
		if (last && rand() % 2)                                                            \
			die();                                                                     \
		rc = call;                                                                         \
		if (last)                                                                          \
			die();                                                                     \
		return rc;                                                                         \
	} while (0)

ssize_t __wrap_write(int fd, const void *p, size_t len)
{
	note("write");
	if (!last_call())
		return __real_write(fd, p, len);
	if (__real_write(fd, p, len ? (size_t)rand() % len : 0) >= 0)
		die();
	return -1;
}

ssize_t __wrap_pwrite(int fd, const void *p, size_t len, off_t off)
{
	note("pwrite");
	if (!last_call())
		return __real_pwrite(fd, p, len, off);
	if (__real_pwrite(fd, p, len ? (size_t)rand() % len : 0, off) >= 0)
		die();
	return -1;
}

int __wrap_rename(const char *from, const char *to)
{
	WRAPPED("rename", __real_rename(from, to));
}

int __wrap_renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
	WRAPPED("renameat2", __real_renameat2(a, from, b, to, flags));
}

int __wrap_link(const char *from, const char *to)
{
	WRAPPED("link", __real_link(from, to));
}

int __wrap_unlink(const char *path)
{
	WRAPPED("unlink", __real_unlink(path));
}

int __wrap_unlinkat(int dir, const char *path, int flags)
{
	WRAPPED("unlinkat", __real_unlinkat(dir, path, flags));
}

int __wrap_ftruncate(int fd, off_t len)
{
	WRAPPED("ftruncate", __real_ftruncate(fd, len));
}

int __wrap_fsync(int fd)
{
	struct stat st;

	WRAPPED(fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) ? "fsync-dir" : "fsync", 0);
}

int __wrap_fdatasync(int fd)
{
	(void)fd;
	WRAPPED("fdatasync", 0);
}

int __wrap_syncfs(int fd)
{
	(void)fd;
	WRAPPED("syncfs", 0);
}

/* ---- the model ---- */

/* Where a mail is in its life; a step leads to the next. */
enum stage { NONE, DRAFT, PUT, QUEUED, SENDING, SENT, FILED, UNQUEUED, FLAGGED, ARCHIVED, STAGES };

struct mail {
	enum stage stage;
	unsigned version; /* of the text */
	bool touched;     /* the next step was begun in an earlier life of the child */
	char id[80], base[256];
};

struct world {
	struct mail mails[MAILS];
	struct {
		uint64_t id; /* 0: free */
		bool sent;
	} ops[OPS];
	unsigned ledger; /* entries 0..ledger-1 are there */
	unsigned versions;
};

enum what { W_MAIL, W_OP_ADD, W_OP_SENT, W_OP_DONE, W_LEDGER, W_OTHER };

struct report {
	bool done; /* false: it begins */
	enum what what;
	unsigned slot, version, count;
	uint64_t op;
	enum stage stage; /* W_MAIL: when done */
	char id[80], base[256];
};

struct stores {
	struct outbox *outbox;
	struct journal *journal;
	char *sent, *archive;
};

static char account[128];
static unsigned found_faults;
static bool quiet;

static void fault(const char *text, unsigned slot, const char *more)
{
	found_faults++;
	if (!quiet)
		print_message("# fault: %s (%u) %s\n", text, slot, more ? more : "");
}

#define CHECK(cond, slot, more)                                                                    \
	do {                                                                                       \
		if (!(cond))                                                                       \
			fault(#cond, slot, more);                                                  \
	} while (0)

/* The text of a version: its first and last line name it, the length differs. */
static void make_text(struct str *out, unsigned version, const char *eol)
{
	str_clear(out);
	str_addf(out, "mail %u%s", version, eol);
	for (unsigned i = 0; i < version * 2654435761u % 300; i++)
		str_addf(out, "line %u of %u%s", i, version, eol);
	str_addf(out, "end %u%s", version, eol);
}

/* The version of a whole text, 0 for anything else. */
static unsigned version_of(const struct str *text, const char *eol)
{
	struct str want = STR_INIT;
	unsigned version = 0;

	if (str_starts(str_c(text), "mail "))
		version = (unsigned)strtoul(text->p + 5, NULL, 10);
	make_text(&want, version, eol);
	if (want.len != text->len || memcmp(want.p, str_c(text), want.len) != 0)
		version = 0;
	str_done(&want);
	return version;
}

static bool open_all(struct stores *s)
{
	struct str root = STR_INIT;
	struct err err = {0};
	bool ok;

	memset(s, 0, sizeof(*s));
	str_addf(&root, "%s/mail", account);
	ok = maildir_create(root.p, "Sent", &err) == 0 &&
	     maildir_create(root.p, "Archive", &err) == 0 &&
	     outbox_open(&s->outbox, account, &err) == 0 &&
	     journal_open(&s->journal, account, &err) == 0;
	s->sent = maildir_dir(root.p, "Sent", NULL);
	s->archive = maildir_dir(root.p, "Archive", NULL);
	str_done(&root);
	if (!ok)
		fault("the stores open", 0, err.text);
	return ok;
}

static void close_all(struct stores *s)
{
	outbox_free(s->outbox);
	journal_free(s->journal);
	free(s->sent);
	free(s->archive);
}

/* ---- the child ---- */

static int pipe_out;
static enum fault broken;

static void tell(const struct report *r)
{
	if (__real_write(pipe_out, r, sizeof(*r)) != sizeof(*r))
		_exit(3);
}

static void must(int rc, const struct err *err)
{
	if (rc == 0)
		return;
	print_message("# child: %s\n", err->text);
	_exit(2);
}

/* The wrong way: the old text is gone before the new one is there. */
static int save_in_place(struct stores *s, const char *id, const struct str *text)
{
	char *drafts = file_join(account, "drafts");
	DIR *d = opendir(drafts);
	struct dirent *de;
	int fd = -1, rc;

	while (d && (de = readdir(d)))
		if (str_starts(de->d_name, id) && strstr(de->d_name, ".eml"))
			fd = openat(dirfd(d), de->d_name, O_WRONLY | O_TRUNC);
	if (d)
		closedir(d);
	free(drafts);
	(void)s;
	rc = fd < 0 ? -1 : file_write_all(fd, "mail", text->p, text->len, NULL);
	if (fd >= 0)
		close(fd);
	return rc;
}

static void do_save(struct stores *s, struct mail *m, unsigned version)
{
	struct outbox_mail o = {.id = mem_strdup(m->id), .state = OUTBOX_DRAFT};
	struct str text = STR_INIT;
	struct err err = {0};

	make_text(&text, version, "\r\n");
	if (broken == FAULT_IN_PLACE && *m->id)
		must(save_in_place(s, m->id, &text), &err);
	else
		must(outbox_put(s->outbox, &o, text.p, text.len, &err), &err);
	snprintf(m->id, sizeof(m->id), "%s", o.id);
	m->version = version;
	m->stage = DRAFT;
	outbox_mail_done(&o);
	str_done(&text);
}

static void do_put(struct stores *s, struct mail *m)
{
	struct outbox_mail o = {.id = mem_strdup(m->id), .state = OUTBOX_QUEUED};
	struct str text = STR_INIT;
	struct err err = {0};

	make_text(&text, m->version, "\r\n");
	outbox_recipient(&o, "a@example.org");
	/* The wrong way: the draft goes before the outbox has it. */
	if (broken == FAULT_JOB_FIRST)
		must(outbox_remove(s->outbox, m->id, &err), &err);
	must(outbox_put(s->outbox, &o, text.p, text.len, &err), &err);
	outbox_mail_done(&o);
	str_done(&text);
	m->stage = PUT;
}

/* Taken back to be edited, and out again. */
static void do_back(struct stores *s, struct mail *m)
{
	static const enum outbox_state states[] = {OUTBOX_DRAFT, OUTBOX_QUEUED};
	struct outbox_mail o = {0};
	struct str text = STR_INIT;
	struct err err = {0};

	must(outbox_get(s->outbox, m->id, &o, &err), &err);
	must(outbox_read(s->outbox, m->id, &text, &err), &err);
	for (size_t i = 0; i < MEM_COUNT(states); i++) {
		o.state = states[i];
		must(outbox_put(s->outbox, &o, text.p, text.len, &err), &err);
	}
	outbox_mail_done(&o);
	str_done(&text);
}

static void do_state(struct stores *s, struct mail *m, enum outbox_state state, enum stage stage)
{
	struct outbox_mail o = {0};
	struct err err = {0};

	must(outbox_get(s->outbox, m->id, &o, &err), &err);
	o.state = state;
	must(outbox_update(s->outbox, &o, &err), &err);
	outbox_mail_done(&o);
	m->stage = stage;
}

static int find_tag(void *ctx, const struct maildir_entry *e)
{
	struct mail *m = ctx;
	char tag[90];

	snprintf(tag, sizeof(tag), "T%s.", m->id);
	if (!strstr(e->base, tag))
		return 0;
	snprintf(m->base, sizeof(m->base), "%s", e->base);
	return 1;
}

static void do_file(struct stores *s, struct mail *m)
{
	struct str text = STR_INIT, base = STR_INIT;
	struct err err = {0};

	if (maildir_scan(s->sent, find_tag, m, &err) != 1) {
		make_text(&text, m->version, "\r\n");
		must(maildir_deliver(s->sent, text.p, text.len, MAIL_SEEN, m->id, &base, &err),
			&err);
		snprintf(m->base, sizeof(m->base), "%s", base.p);
	}
	must(maildir_sync(s->sent, &err), &err);
	str_done(&text);
	str_done(&base);
	m->stage = FILED;
}

static bool has(const char *dir, const char *base)
{
	struct str text = STR_INIT;
	bool there = maildir_read(dir, base, 1 << 20, &text, NULL) == 0;

	str_done(&text);
	return there;
}

static void do_move(struct stores *s, struct mail *m)
{
	struct err err = {0};

	if (broken == FAULT_REMOVE_FIRST) {
		struct str text = STR_INIT, base = STR_INIT;

		if (maildir_read(s->sent, m->base, 1 << 20, &text, NULL) == 0) {
			must(maildir_remove(s->sent, m->base, &err), &err);
			must(maildir_deliver(s->archive, text.p, text.len, 0, m->id, &base, &err),
				&err);
			snprintf(m->base, sizeof(m->base), "%s", base.p);
		}
		str_done(&text);
		str_done(&base);
	} else if (maildir_move(s->sent, m->base, s->archive, &err) != 0 &&
		   !(err.kind == ERR_GONE && has(s->archive, m->base))) {
		must(-1, &err);
	}
	m->stage = ARCHIVED;
}

static void mail_step(struct stores *s, struct mail *m, unsigned version)
{
	struct err err = {0};

	switch (m->stage) {
	case NONE:
		do_save(s, m, version);
		break;
	case DRAFT:
		if (version)
			do_save(s, m, version);
		else
			do_put(s, m);
		break;
	case PUT:
		do_back(s, m);
		m->stage = QUEUED;
		break;
	case QUEUED:
		do_state(s, m, OUTBOX_SENDING, SENDING);
		break;
	case SENDING:
		do_state(s, m, OUTBOX_SENT, SENT);
		break;
	case SENT:
		do_file(s, m);
		break;
	case FILED:
		must(outbox_remove(s->outbox, m->id, &err), &err);
		m->stage = UNQUEUED;
		break;
	case UNQUEUED:
		must(maildir_set_flags(s->sent, m->base, MAIL_SEEN | MAIL_FLAGGED, &err), &err);
		m->stage = FLAGGED;
		break;
	case FLAGGED:
		do_move(s, m);
		break;
	default:
		must(maildir_remove(s->archive, m->base, &err), &err);
		memset(m, 0, sizeof(*m));
	}
}

static void mail_turn(struct stores *s, struct world *w)
{
	struct report r = {.what = W_MAIL, .slot = (unsigned)rand() % MAILS};
	struct mail *m = &w->mails[r.slot];

	if (m->stage == NONE || (m->stage == DRAFT && rand() % 2))
		r.version = ++w->versions;
	tell(&r);
	if (broken == FAULT_TOLD_EARLY && m->stage == FLAGGED) {
		r.done = true;
		r.stage = ARCHIVED;
		snprintf(r.id, sizeof(r.id), "%s", m->id);
		snprintf(r.base, sizeof(r.base), "%s", m->base);
		r.version = m->version;
		tell(&r);
	}
	mail_step(s, m, r.version);
	r.done = true;
	r.stage = m->stage;
	r.version = m->version;
	snprintf(r.id, sizeof(r.id), "%s", m->id);
	snprintf(r.base, sizeof(r.base), "%s", m->base);
	tell(&r);
}

/* A third of the operations is large, so that the log outgrows its limit and is compacted. */
static struct op *make_op(unsigned version)
{
	struct op *op = op_new(OP_MOVE);

	op->n = version % 3 ? 3 : 20000;
	op->uids = mem_array(op->n, sizeof(*op->uids));
	for (size_t i = 0; i < op->n; i++)
		op->uids[i] = version + (uint32_t)i;
	return op;
}

static bool op_whole(const struct op *op)
{
	bool whole = op->n && op->n == (op->uids[0] % 3 ? 3u : 20000u);

	for (size_t i = 1; whole && i < op->n; i++)
		whole = op->uids[i] == op->uids[0] + i;
	return whole && op->kind == OP_MOVE;
}

static void op_turn(struct stores *s, struct world *w)
{
	struct report r = {.slot = (unsigned)rand() % OPS};
	uint64_t *id = &w->ops[r.slot].id;
	struct err err = {0};

	if (!*id) {
		struct op *op = make_op(++w->versions);

		r.what = W_OP_ADD;
		tell(&r);
		must(journal_add(s->journal, op, &err), &err);
		*id = op->id;
		op_free(op);
	} else if (!w->ops[r.slot].sent) {
		r.what = W_OP_SENT;
		tell(&r);
		must(journal_sent(s->journal, *id, &err), &err);
		w->ops[r.slot].sent = true;
	} else {
		r.what = W_OP_DONE;
		tell(&r);
		must(journal_done(s->journal, *id, &err), &err);
		*id = 0;
		w->ops[r.slot].sent = false;
	}
	r.op = *id;
	r.done = true;
	tell(&r);
}

static void ledger_entry_make(const struct journal *j, unsigned i, struct ledger_entry *e)
{
	char uidl[32];

	memset(e, 0, sizeof(*e));
	snprintf(uidl, sizeof(uidl), "uidl%u", i);
	ledger_key(j, uidl, e->uidl);
	e->size = i;
}

static void ledger_turn(struct stores *s, struct world *w)
{
	struct report r = {.what = W_LEDGER, .count = 1 + (unsigned)rand() % 5};
	struct ledger_entry e[5];
	struct err err = {0};

	for (unsigned i = 0; i < r.count; i++)
		ledger_entry_make(s->journal, w->ledger + i, &e[i]);
	tell(&r);
	must(ledger_add(s->journal, e, r.count, &err), &err);
	w->ledger += r.count;
	r.done = true;
	tell(&r);
}

static void child(struct world *w, unsigned seed)
{
	struct stores s;
	struct err err = {0};

	srand(seed);
	calls_left = rand() % CALLS;
	if (!open_all(&s))
		_exit(2);
	must(outbox_recover(s.outbox, &err), &err);
	for (int i = 0; i < STEPS; i++) {
		int lot = rand() % 10;

		if (lot < 6)
			mail_turn(&s, w);
		else if (lot < 8)
			op_turn(&s, w);
		else if (lot < 9)
			ledger_turn(&s, w);
		else
			must(journal_compact(s.journal, &err), &err);
	}
	_exit(0);
}

/* ---- the parent: taking reports ---- */

static void take(struct world *w, const struct report *r)
{
	struct mail *m = &w->mails[r->slot % MAILS];

	switch (r->what) {
	case W_MAIL:
		m->touched = false;
		m->stage = r->stage;
		m->version = r->version;
		memcpy(m->id, r->id, sizeof(m->id));
		memcpy(m->base, r->base, sizeof(m->base));
		break;
	case W_OP_ADD:
	case W_OP_DONE:
		w->ops[r->slot].id = r->op;
		w->ops[r->slot].sent = false;
		break;
	case W_OP_SENT:
		w->ops[r->slot].sent = true;
		break;
	case W_LEDGER:
		w->ledger += r->count;
		break;
	default:
		break;
	}
}

/* Follows the child until its end; flight is what it was at, what W_OTHER for nothing. */
static void follow(int fd, struct world *w, struct report *flight)
{
	struct report r;
	ssize_t n;

	flight->what = W_OTHER;
	while ((n = read(fd, &r, sizeof(r))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n != sizeof(r))
			break;
		*flight = r;
		if (r.done) {
			take(w, &r);
			flight->what = W_OTHER;
		}
		if (r.version > w->versions)
			w->versions = r.version;
	}
}

/* ---- the parent: looking ---- */

static unsigned draft_version(struct stores *s, const char *id)
{
	struct outbox_mail o = {0};
	struct str text = STR_INIT;
	unsigned v = 0;

	if (outbox_get(s->outbox, id, &o, NULL) == 0 && o.state == OUTBOX_DRAFT &&
		outbox_read(s->outbox, id, &text, NULL) == 0)
		v = version_of(&text, "\r\n");
	outbox_mail_done(&o);
	str_done(&text);
	return v;
}

static unsigned queued_version(struct stores *s, const char *id, enum outbox_state *state)
{
	struct outbox_mail o = {0};
	struct str text = STR_INIT;
	unsigned v = 0;

	if (outbox_get(s->outbox, id, &o, NULL) == 0 && o.state != OUTBOX_DRAFT &&
		outbox_read(s->outbox, id, &text, NULL) == 0)
		v = version_of(&text, "\r\n");
	*state = o.state;
	outbox_mail_done(&o);
	str_done(&text);
	return v;
}

static unsigned filed_version(const char *dir, const char *base)
{
	struct str text = STR_INIT;
	unsigned v = 0;

	if (*base && maildir_read(dir, base, 1 << 20, &text, NULL) == 0)
		v = version_of(&text, "\n");
	str_done(&text);
	return v;
}

struct look {
	const char *dir;
	const struct mail *m;
	uint32_t flags;
};

static int look_at(void *ctx, const struct maildir_entry *e)
{
	struct look *l = ctx;

	if (l->m && strcmp(l->m->base, e->base) == 0)
		l->flags = e->flags;
	if (!l->m && filed_version(l->dir, e->base) == 0)
		fault("a message in the Maildir is whole", 0, e->base);
	return 0;
}

/* Everything that is to be seen is whole. */
static void check_whole(struct stores *s, const struct world *w, const struct report *flight)
{
	struct strv drafts = STRV_INIT, queued = STRV_INIT;
	struct look look = {.dir = s->sent};
	unsigned unknown = 0;

	CHECK(outbox_drafts(s->outbox, &drafts, NULL) == 0, 0, NULL);
	CHECK(outbox_list(s->outbox, &queued, NULL) == 0, 0, NULL);
	for (size_t i = 0; i < drafts.n; i++) {
		bool known = false;

		CHECK(draft_version(s, drafts.v[i]) != 0, 0, drafts.v[i]);
		for (size_t k = 0; k < MAILS; k++)
			known |= strcmp(w->mails[k].id, drafts.v[i]) == 0;
		if (known)
			continue;
		unknown++;
		outbox_remove(s->outbox, drafts.v[i], NULL);
	}
	CHECK(unknown <= (flight->what == W_MAIL && w->mails[flight->slot].stage == NONE), 0,
		"drafts nobody saved");
	for (size_t i = 0; i < queued.n; i++) {
		enum outbox_state state;

		CHECK(queued_version(s, queued.v[i], &state) != 0, 0, queued.v[i]);
	}
	CHECK(maildir_scan(s->sent, look_at, &look, NULL) == 0, 0, NULL);
	look.dir = s->archive;
	CHECK(maildir_scan(s->archive, look_at, &look, NULL) == 0, 0, NULL);
	strv_done(&drafts);
	strv_done(&queued);
}

static bool flagged(const struct stores *s, const struct mail *m)
{
	struct look look = {.dir = s->sent, .m = m};

	maildir_scan(s->sent, look_at, &look, NULL);
	return look.flags == (MAIL_SEEN | MAIL_FLAGGED);
}

static bool state_fits(const struct mail *m, enum outbox_state state, bool flight)
{
	/* A step that was cut short may have had its effect. */
	bool next = flight && (m->stage == QUEUED || m->stage == SENDING);
	bool sending = state == OUTBOX_SENDING || state == OUTBOX_UNCONFIRMED;

	switch (m->stage) {
	case PUT:
	case QUEUED:
		return state == OUTBOX_QUEUED || (next && sending);
	case SENDING:
		return sending || (next && state == OUTBOX_SENT);
	default:
		return state == OUTBOX_SENT;
	}
}

static void check_mail(struct stores *s, unsigned slot, struct mail *m, bool flight, unsigned newer)
{
	enum outbox_state state = OUTBOX_QUEUED;
	unsigned draft = draft_version(s, m->id), queued = queued_version(s, m->id, &state);
	unsigned sent = filed_version(s->sent, m->base), kept = filed_version(s->archive, m->base);
	unsigned v = m->version;

	if (m->stage == NONE)
		return;
	m->touched |= flight;
	flight = m->touched;
	if (m->stage == DRAFT) {
		/* One whose put was not reported may be in the outbox. */
		CHECK(draft == v || (flight && newer && draft == newer) || (flight && queued == v),
			slot, "draft");
		if (draft)
			m->version = draft;
		return;
	}
	if (m->stage >= QUEUED)
		CHECK(draft == 0, slot, "the draft was removed");
	if (m->stage >= PUT && m->stage <= FILED && !(m->stage == FILED && flight && !queued)) {
		bool back = m->stage == PUT && flight && draft == v;

		CHECK(queued == v || back, slot, "in the outbox");
		CHECK(back || state_fits(m, state, flight), slot, "state in the outbox");
	}
	if (m->stage > FILED)
		CHECK(queued == 0, slot, "out of the outbox");
	if (m->stage >= FILED && m->stage <= UNQUEUED)
		CHECK(sent == v, slot, "in Sent");
	if (m->stage == FLAGGED) {
		CHECK(sent == v || (flight && kept == v), slot, "in Sent or Archive: never zero");
		CHECK(flight || kept == 0, slot, "in Archive too early");
		CHECK(!sent || flagged(s, m), slot, "flags");
	}
	if (m->stage == ARCHIVED) {
		CHECK(kept == v || flight, slot, "in Archive");
		CHECK(sent == 0, slot, "still in Sent");
		if (flight && !kept)
			memset(m, 0, sizeof(*m));
	}
}

static void check_ops(struct stores *s, struct world *w, const struct report *flight)
{
	size_t expected = 0, count = journal_count(s->journal);

	for (unsigned i = 0; i < OPS; i++) {
		const struct op *op = journal_find(s->journal, w->ops[i].id);
		bool in_flight =
			flight->slot == i && flight->what >= W_OP_ADD && flight->what <= W_OP_DONE;

		if (!w->ops[i].id)
			continue;
		if (in_flight && flight->what == W_OP_DONE && !op) {
			w->ops[i].id = 0;
			w->ops[i].sent = false;
			continue;
		}
		expected++;
		CHECK(op != NULL, i, "operation");
		if (!op)
			continue;
		if (in_flight && flight->what == W_OP_SENT)
			w->ops[i].sent = op->state == OP_SENT;
		CHECK((op->state == OP_SENT) == w->ops[i].sent, i, "state of an operation");
	}
	CHECK(count == expected || (flight->what == W_OP_ADD && count == expected + 1), 0,
		"number of operations");
	for (size_t i = 0; i < count; i++)
		CHECK(op_whole(journal_at(s->journal, i)), (unsigned)i, "operation is whole");
	/* The one nobody knows the id of is taken back, so that the model fits again. */
	if (count == expected + 1)
		journal_done(s->journal, journal_at(s->journal, count - 1)->id, NULL);
}

static void check_ledger(struct stores *s, struct world *w, const struct report *flight)
{
	size_t count = ledger_count(s->journal);

	CHECK(count == w->ledger ||
			(flight->what == W_LEDGER && count == w->ledger + flight->count),
		0, "ledger");
	w->ledger = (unsigned)count;
	for (unsigned i = 0; i < w->ledger; i++) {
		struct ledger_entry e;
		const struct ledger_entry *got;

		ledger_entry_make(s->journal, i, &e);
		got = ledger_get(s->journal, e.uidl);
		CHECK(got && got->size == i, i, "ledger entry");
	}
}

static void check_all(struct world *w, const struct report *flight)
{
	struct stores s;

	if (open_all(&s)) {
		check_whole(&s, w, flight);
		for (unsigned i = 0; i < MAILS; i++) {
			bool in_flight = flight->what == W_MAIL && flight->slot == i;

			check_mail(&s, i, &w->mails[i], in_flight, in_flight ? flight->version : 0);
		}
		check_ops(&s, w, flight);
		check_ledger(&s, w, flight);
	}
	close_all(&s);
}

/* ---- rounds ---- */

/* True: the child was killed. */
static bool one_round(struct world *w, unsigned seed)
{
	struct report flight = {0};
	int fds[2], status = 0;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		pipe_out = fds[1];
		child(w, seed);
	}
	close(fds[1]);
	follow(fds[0], w, &flight);
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) == 0, seed, "the child failed");
	check_all(w, &flight);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

/* The number of faults found in that many kills. */
static unsigned run(enum fault kind, unsigned kills, bool stop_early)
{
	struct world *w = mem_alloc(sizeof(*w));
	const char *env = getenv("TALARIA_SEED");
	unsigned seed = env ? (unsigned)strtoul(env, NULL, 10) : 1, done = 0;

	found_faults = 0;
	broken = kind;
	quiet = kind != FAULT_NONE;
	for (unsigned i = 0; done < kills && i < 10 * kills; i++) {
		/* A fresh start now and then: the directories stay small, and opening is killed
		 * too. */
		if (i % 50 == 0) {
			assert_int_equal(file_remove_tree(account, NULL), 0);
			memset(w, 0, sizeof(*w));
		}
		done += one_round(w, seed++);
		if (found_faults && stop_early)
			break;
	}
	if (!quiet)
		print_message("# %u kills, %u faults\n", done, found_faults);
	free(w);
	return found_faults;
}

static void test_kills(void **state)
{
	(void)state;
	snprintf(account, sizeof(account), "%s/account", help_root);
	assert_int_equal(run(FAULT_NONE, (unsigned)harness_scale(KILLS), false), 0);
}

static void assert_calls(const char *want)
{
	assert_string_equal(called, want);
	called[0] = '\0';
}

/* A kill does not need the syncs, a power cut does: each where it must stand. */
static void test_order(void **state)
{
	struct stores s;
	struct str base = STR_INIT;
	struct outbox_mail o = {.state = OUTBOX_DRAFT};
	struct op *op = op_new(OP_CREATE);

	(void)state;
	snprintf(account, sizeof(account), "%s/account", help_root);
	assert_true(open_all(&s));
	called[0] = '\0';
	assert_int_equal(outbox_put(s.outbox, &o, "x", 1, NULL), 0);
	assert_calls("write fsync rename fsync-dir write fsync rename fsync-dir");
	/* Into the outbox: there first, and only then out of the drafts. */
	o.state = OUTBOX_QUEUED;
	assert_int_equal(outbox_put(s.outbox, &o, "x", 1, NULL), 0);
	assert_calls("write fsync rename fsync-dir write fsync rename fsync-dir unlink fsync-dir "
		     "unlinkat unlink");
	assert_int_equal(outbox_update(s.outbox, &o, NULL), 0);
	assert_calls("write fsync rename fsync-dir");
	assert_int_equal(outbox_remove(s.outbox, o.id, NULL), 0);
	assert_calls("unlink unlink fsync-dir unlinkat");
	assert_int_equal(maildir_deliver(s.sent, "x", 1, MAIL_SEEN, NULL, &base, NULL), 0);
	assert_calls("write fsync renameat2");
	assert_int_equal(maildir_sync(s.sent, NULL), 0);
	assert_calls("fsync-dir fsync-dir");
	assert_int_equal(maildir_set_flags(s.sent, base.p, 0, NULL), 0);
	assert_calls("renameat2 fsync-dir");
	assert_int_equal(maildir_move(s.sent, base.p, s.archive, NULL), 0);
	assert_calls("link fsync-dir unlink fsync-dir");
	assert_int_equal(maildir_remove(s.archive, base.p, NULL), 0);
	assert_calls("unlink fsync-dir");
	assert_int_equal(journal_add(s.journal, op, NULL), 0);
	assert_calls("pwrite fdatasync");
	assert_int_equal(journal_done(s.journal, op->id, NULL), 0);
	assert_calls("pwrite fdatasync");
	op_free(op);
	outbox_mail_done(&o);
	str_done(&base);
	close_all(&s);
}

/* Many mails: all bytes are waited for, together or each, before the first gets its name. */
static void test_group_order(void **state)
{
	struct maildir_mail v[8];
	struct stores s;

	(void)state;
	snprintf(account, sizeof(account), "%s/account", help_root);
	assert_true(open_all(&s));
	for (size_t i = 0; i < MEM_COUNT(v); i++)
		v[i] = (struct maildir_mail){.p = "x", .len = 1};
	called[0] = '\0';
	maildir_deliver_many(s.sent, v, MEM_COUNT(v));
	for (size_t i = 0; i < MEM_COUNT(v); i++)
		assert_true(v[i].base.len > 0);
	if (strstr(called, "syncfs"))
		assert_calls("write write write write write write write write syncfs renameat2 "
			     "renameat2 renameat2 renameat2 renameat2 renameat2 renameat2 "
			     "renameat2");
	else
		assert_calls("write write write write write write write write fsync fsync fsync "
			     "fsync fsync fsync fsync fsync renameat2 renameat2 renameat2 "
			     "renameat2 renameat2 renameat2 renameat2 renameat2");
	assert_int_equal(maildir_replace(s.sent, v[0].base.p, "yy", 2, NULL), 0);
	assert_calls("write fsync renameat2 fsync-dir unlink");
	assert_int_equal(filed_version(s.sent, v[0].base.p), 0);
	for (size_t i = 0; i < MEM_COUNT(v); i++)
		str_done(&v[i].base);
	close_all(&s);
}

/* A harness that finds nothing in a broken program proves nothing. */
static void test_controls(void **state)
{
	static const enum fault kinds[] = {
		FAULT_IN_PLACE, FAULT_REMOVE_FIRST, FAULT_TOLD_EARLY, FAULT_JOB_FIRST};

	(void)state;
	snprintf(account, sizeof(account), "%s/account", help_root);
	for (size_t i = 0; i < MEM_COUNT(kinds); i++)
		if (run(kinds[i], CONTROL_KILLS * 10, true) == 0)
			fail_msg("fault %d was not found", (int)kinds[i]);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, help_setup, help_teardown)
	const struct CMUnitTest tests[] = {
		T(test_order), T(test_group_order), T(test_kills), T(test_controls)};

	return cmocka_run_group_tests_name("store kill", tests, NULL, NULL);
}

#include "screen.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "tests/check.h"
#include "tests/unit/desk.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <sys/wait.h>

enum { WAIT_MS = 30000, KEPT = 16 };
#define BODIES "cache/talaria/work/bodies"

static char model[SCRATCH_SIZE]; /* the accounts as each screen gets them */
static size_t accounts = 2;
static struct screen *shown; /* the only one, or NULL */

/* --- what goes to the disk thread --- */

static struct {
	struct str asked, composed, saved;
	struct store_event *answer; /* to the next request */
	char *refusal;              /* of the next, and what is asked with it */
	bool refused;
	bool hold, posted;
	struct store_request *kept[KEPT];
	size_t nkept;
} tap;

struct store *__real_store_new(const struct sync_ops *ops, bool read_only);
struct store *__wrap_store_new(const struct sync_ops *ops, bool read_only);
void __real_store_post(struct store *s, struct store_request *r);
void __wrap_store_post(struct store *s, struct store_request *r);

struct store *__wrap_store_new(const struct sync_ops *ops, bool read_only)
{
	(void)ops;
	return __real_store_new(&desk_ops, read_only);
}

const char *asked(void)
{
	return str_c(&tap.asked);
}

const char *asked_to_write(void)
{
	return str_c(&tap.composed);
}

const char *saved(void)
{
	return str_c(&tap.saved);
}

void forget(void)
{
	str_clear(&tap.asked);
	str_clear(&tap.composed);
}

#define WORD(member) offsetof(struct store_request, member)

/* Those that change or send something, and the words in them. */
static const struct {
	const char *name;
	size_t words[2];
} kinds[REQUESTS] = {
	[REQUEST_RETRY] = {.name = "retry"},
	[REQUEST_PASSWORD] = {"password", {WORD(password.secret)}},
	[REQUEST_PROTOCOL] = {.name = "protocol"},
	[REQUEST_SYNC] = {.name = "sync"},
	[REQUEST_REINDEX] = {.name = "reindex"},
	[REQUEST_SEARCH] = {"search", {WORD(search.query)}},
	[REQUEST_SAVE_PART] = {"save", {WORD(save.section), WORD(save.path)}},
	[REQUEST_SAVE_RAW] = {"save-message", {WORD(save.path)}},
	[REQUEST_WHOLE] = {.name = "whole"},
	[REQUEST_FLAG] = {.name = "flag"},
	[REQUEST_KEYWORDS] = {"keywords", {WORD(keywords.clear), WORD(keywords.set)}},
	[REQUEST_MOVE] = {"move", {WORD(to.folder)}},
	[REQUEST_COPY] = {"copy", {WORD(to.folder)}},
	[REQUEST_DELETE] = {.name = "delete"},
	[REQUEST_ARCHIVE] = {.name = "archive"},
	[REQUEST_CUT_PART] = {"cut", {WORD(cut.section), WORD(cut.name)}},
	[REQUEST_CREATE] = {"create", {WORD(to.folder)}},
	[REQUEST_DELETE_FOLDER] = {"delete-folder", {WORD(reshape.folder)}},
	[REQUEST_RENAME_FOLDER] = {"rename-folder", {WORD(reshape.folder), WORD(reshape.name)}},
	[REQUEST_CANCEL_OP] = {.name = "pending-cancel"},
	[REQUEST_FORGET_REFUSED] = {.name = "pending-forget"},
	[REQUEST_DRAFT_KEEP] = {"keep", {WORD(mail.id)}},
	[REQUEST_DRAFT_DROP] = {"discard", {WORD(mail.id)}},
	[REQUEST_SEND] = {"send", {WORD(send.id)}},
	[REQUEST_OUTBOX_RETRY] = {"outbox-retry", {WORD(mail.id)}},
	[REQUEST_OUTBOX_HOLD] = {"outbox-hold", {WORD(mail.id)}},
	[REQUEST_OUTBOX_EDIT] = {"outbox-edit", {WORD(mail.id)}},
	[REQUEST_OUTBOX_DROP] = {"outbox-drop", {WORD(mail.id)}},
	[REQUEST_EXPORT] = {"export", {WORD(file.path), WORD(file.folder)}},
	[REQUEST_IMPORT] = {"import", {WORD(file.path), WORD(file.folder)}},
	[REQUEST_LEAVE_LIST] = {"leave", {WORD(leave.url)}},
	[REQUEST_BACKUP] = {"backup", {WORD(file.path)}},
};

/* What is no word. */
static void describe_numbers(struct str *out, const struct store_request *r)
{
	if (r->uid && !r->n)
		str_addf(out, " %u", (unsigned)r->uid);
	for (size_t i = 0; i < r->n; i++)
		str_addf(out, " %u", (unsigned)r->uids[i]);
	if (r->kind == REQUEST_FLAG)
		str_addf(out, " -%u +%u", r->flag.clear, r->flag.set);
	else if (r->kind == REQUEST_CANCEL_OP)
		str_addf(out, " %d", (int)r->cancel_op.id);
	else if (r->kind == REQUEST_DELETE_FOLDER)
		str_addf(out, " %zu", r->reshape.known);
	else if (r->kind == REQUEST_PASSWORD)
		str_addf(out, " %d", r->account);
	else if (r->kind == REQUEST_PROTOCOL)
		str_addf(out, " %s", protocol_row(r->protocol.to)->key);
	else if (r->kind == REQUEST_EXPORT && !r->list)
		str_adds(out, " of");
}

static void describe_draft(const struct store_request *r)
{
	static const char *const ways[] = {"new", "reply", "reply-all", "reply-list", "forward",
		"resume", "mailto", "accept", "tentative", "decline"};
	const struct draft *d = r->mail.says;

	if (r->kind == REQUEST_COMPOSE) {
		str_clear(&tap.composed);
		str_addf(&tap.composed, "%s %u", ways[r->compose.kind], (unsigned)r->uid);
	} else if (r->kind == REQUEST_DRAFT_SAVE) {
		const char *path = d->nfiles ? d->files[d->nfiles - 1].path : NULL;

		str_clear(&tap.saved);
		str_addf(&tap.saved, "%zu %s", d->nfiles, path ? path : "");
	}
}

static void describe(const struct store_request *r)
{
	describe_draft(r);
	if (!kinds[r->kind].name || (r->kind == REQUEST_FLAG && r->flag.quiet))
		return;
	str_clear(&tap.asked);
	str_adds(&tap.asked, kinds[r->kind].name);
	describe_numbers(&tap.asked, r);
	for (size_t i = 0; i < MEM_COUNT(kinds->words) && kinds[r->kind].words[i]; i++) {
		const char *word;

		memcpy(&word, (const char *)r + kinds[r->kind].words[i], sizeof(word));
		if (word)
			str_addf(&tap.asked, " %s", *word ? word : "-");
	}
}

static struct store_event *answer_to(const struct store_request *r)
{
	struct store_event *ev = tap.answer;

	if (!r->request || !store_request_is_answered(r->kind))
		return NULL;
	if (tap.refusal) {
		ev = store_event_new(STORE_FAILED);
		err_set(&ev->failed, ERR_REFUSED, "%s", tap.refusal);
		tap.refused = true;
	}
	tap.answer = NULL;
	return ev;
}

void __wrap_store_post(struct store *s, struct store_request *r)
{
	struct store_event *ev = answer_to(r);

	tap.posted = true;
	describe(r);
	if (ev) {
		ev->request = r->request;
		ev->account = r->account;
		ev->list = r->list;
		queue_push(store_events(s), &ev->item);
		store_request_free(r);
	} else if (tap.hold && r->kind == REQUEST_READ) {
		assert_true(tap.nkept < KEPT);
		tap.kept[tap.nkept++] = r;
	} else {
		__real_store_post(s, r);
	}
}

void answer_next(struct store_event *ev)
{
	store_event_free(tap.answer);
	tap.answer = ev;
}

void refuse_next(const char *why)
{
	free(tap.refusal);
	tap.refusal = mem_strdup(why);
}

void done_next(const char *said)
{
	struct store_event *ev = store_event_new(STORE_DONE);

	ev->done.text = mem_strdup(said);
	answer_next(ev);
}

void hold_reads(bool hold)
{
	tap.hold = hold;
}

static void forget_tap(void)
{
	while (tap.nkept)
		store_request_free(tap.kept[--tap.nkept]);
	store_event_free(tap.answer);
	free(tap.refusal);
	str_done(&tap.asked);
	str_done(&tap.composed);
	str_done(&tap.saved);
	memset(&tap, 0, sizeof(tap));
}

/* --- the screen --- */

void screen_begin(void)
{
	setenv("LC_ALL", "C.UTF-8", 1);
	unsetenv("NO_COLOR");
	/* Where no question keeps it away, the editor ends at once. */
	setenv("VISUAL", "true", 1);
	i18n_init();
}

void glance(struct screen *x)
{
	app_paint(&x->a);
	str_clear(&x->text);
	for (int i = 0; i < term_rows(); i++) {
		term_row_text(i, &x->text);
		str_addc(&x->text, '\n');
	}
}

void program_ends(struct screen *x)
{
	siginfo_t info;

	look(x);
	if (x->a.child.pid)
		assert_int_equal(waitid(P_PID, (id_t)x->a.child.pid, &info, WEXITED | WNOWAIT), 0);
	app_child_look(&x->a);
	look(x);
}

/* What nobody answers here is not waited for. */
static bool is_kept(const struct asked *a)
{
	if (a->kind == REQUEST_SYNC || a->kind == REQUEST_CHECK)
		return true;
	for (size_t i = 0; i < tap.nkept; i++)
		if (tap.kept[i]->request == a->request)
			return true;
	return false;
}

static bool is_waiting(const struct screen *x)
{
	for (const struct asked *a = x->e->asked; a; a = a->next)
		if (!is_kept(a))
			return true;
	return false;
}

void wait_event(struct screen *x)
{
	struct pollfd fd = {.fd = engine_fd(x->e), .events = POLLIN};

	if (poll(&fd, 1, WAIT_MS) == 0) {
		glance(x);
		shows(x, "nothing that the engine says", true, __FILE__, __LINE__);
	}
	app_events(&x->a);
}

/* A request about a list that is not there, whose answer nobody hears of: what was asked before it
 * and has no answer is done then, too. */
static void post_mark(struct screen *x)
{
	struct asked *a = engine_ask(x->e, REQUEST_READ, NULL, -1);

	a->extend = true;
	__real_store_post(x->e->store, engine_request_of(a));
}

static void settle(struct screen *x)
{
	app_events(&x->a);
	do {
		tap.posted = false;
		post_mark(x);
		while (is_waiting(x))
			wait_event(x);
	} while (tap.posted);
	if (tap.refused)
		MEM_FREE(tap.refusal);
	tap.refused = false;
}

void look(struct screen *x)
{
	settle(x);
	glance(x);
}

static void copy_tree(const char *from, const char *to);

/* The texts of messages come and go, and do not change. */
static void copy_entry(const char *from, const char *to)
{
	struct str bytes = STR_INIT;
	struct stat st;

	assert_int_equal(stat(from, &st), 0);
	if (strcmp(strrchr(from, '/'), "/bodies") == 0) {
		assert_int_equal(symlink(from, to), 0);
	} else if (S_ISDIR(st.st_mode)) {
		copy_tree(from, to);
	} else if (strstr(from, "/bodies/")) {
		assert_int_equal(link(from, to), 0);
	} else {
		assert_int_equal(file_read(from, 1 << 24, &bytes, NULL), 0);
		assert_int_equal(
			file_replace(to, str_c(&bytes), bytes.len, st.st_mode & 0777, NULL), 0);
	}
	str_done(&bytes);
}

static void copy_tree(const char *from, const char *to)
{
	DIR *d = opendir(from);
	const struct dirent *entry;

	assert_non_null(d);
	assert_int_equal(file_make_dirs(to, NULL), 0);
	while ((entry = readdir(d)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
			char *a = file_join(from, entry->d_name), *b = file_join(to, entry->d_name);

			copy_entry(a, b);
			free(a);
			free(b);
		}
	closedir(d);
}

/* All screens read the same texts, up to where some of them may go. */
static void own_bodies(struct screen *x)
{
	char *path = in_screen(x, BODIES), *from = file_join(model, BODIES);

	if (unlink(path) == 0)
		copy_tree(from, path);
	free(from);
}

static void drop_model(void)
{
	file_remove_tree(model, NULL);
}

static void make_dir(struct screen *x)
{
	if (!*model) {
		assert_non_null(mkdtemp(scratch_memory(model, "postbox")));
		atexit(drop_model);
		postbox_make(model, SCREEN_MESSAGES);
		forget_tap();
	}
	assert_non_null(mkdtemp(scratch_memory(x->dir, "screen")));
	copy_tree(model, x->dir);
	postbox_use(x->dir);
}

static void close_screen(void)
{
	struct screen *x = shown;

	if (!x)
		return;
	shown = NULL;
	term_stop();
	app_done(&x->a, NULL);
	engine_free(x->e);
	desk_forget();
	forget_tap();
	settings_free(x->s);
	ui_config_free(x->c);
	str_done(&x->text);
	file_remove_tree(x->dir, NULL);
	free(x);
}

int screen_teardown(void **state)
{
	close_screen();
	accounts = 2;
	return 0;
}

struct screen *open_screen(int rows, int cols)
{
	return open_started(rows, cols, &(struct app_start){0});
}

static void start_app(struct screen *x, int rows, int cols, const struct app_start *start)
{
	assert_int_equal(term_start_headless(&x->c->styles, rows, cols, NULL), 0);
	app_init(&x->a, x->e, x->s, start, x->c, NULL);
	settle(x);
}

struct screen *open_started(int rows, int cols, const struct app_start *start)
{
	struct screen *x;

	close_screen();
	x = shown = mem_alloc(sizeof(*x));
	x->validity = DESK_UIDVALIDITY;
	make_dir(x);
	x->s = settings_new();
	postbox_settings(x->s, accounts);
	assert_int_equal(settings_set(x->s, "sort", "reverse-date", NULL), 0);
	x->c = ui_config_new();
	assert_int_equal(engine_new(&x->e, x->s, &(struct engine_options){0}, NULL), 0);
	start_app(x, rows, cols, start);
	if (accounts)
		tell_state(x, SYNC_ONLINE, "");
	look(x);
	return x;
}

void reopen_screen(struct screen *x, int rows, int cols)
{
	term_stop();
	app_done(&x->a, NULL);
	start_app(x, rows, cols, &(struct app_start){0});
	look(x);
}

void screen_accounts(size_t n)
{
	accounts = n;
}

static void paste(struct screen *x, const char *text, size_t len)
{
	struct term_key key = {.name = "Paste", .text = mem_strndup(text, len)};

	app_input(&x->a, &key);
	free(key.text);
}

static void give_keys(struct screen *x, const char *keys, bool wait)
{
	for (const char *p = keys; *(p += strspn(p, " ")); p += strcspn(p, " ")) {
		struct term_key key = {0};

		if (*p == '\'' && p[1] && p[1] != ' ') {
			size_t len = strcspn(++p, "'");

			paste(x, p, len);
			p += len;
		} else {
			snprintf(key.name, sizeof(key.name), "%.*s", (int)strcspn(p, " "), p);
			app_input(&x->a, &key);
		}
		if (wait)
			settle(x);
	}
}

void press(struct screen *x, const char *keys)
{
	give_keys(x, keys, true);
	look(x);
}

void press_soon(struct screen *x, const char *keys)
{
	give_keys(x, keys, false);
}

void type_keys(struct screen *x, const char *text)
{
	for (const char *p = text; *p; p++) {
		struct term_key k = {.name = {*p}};

		if (*p == ' ')
			snprintf(k.name, sizeof(k.name), "Space");
		app_input(&x->a, &k);
	}
}

void click(struct screen *x, int row, int col)
{
	app_input(&x->a, &(struct term_key){.name = "Click", .row = row, .col = col});
	look(x);
}

void type_text(struct screen *x, const char *text)
{
	paste(x, text, strlen(text));
	look(x);
}

void shows(struct screen *x, const char *what, bool is, const char *file, int line)
{
	if ((strstr(str_c(&x->text), what) != NULL) == is)
		return;
	fputs(str_c(&x->text), stderr); /* what a failure says has room for some rows only */
	print_error("%s: %s\n", is ? "not on the screen" : "on the screen", what);
	_fail(file, line);
}

void command(struct screen *x, const char *line)
{
	press(x, ":");
	type_text(x, line);
	press(x, "Enter");
}

static void keep_editor_away(struct screen *x, const char *key)
{
	press_soon(x, key);
	press_soon(x, ":");
	look(x);
	press(x, "Esc");
}

void begin_answer(struct screen *x)
{
	keep_editor_away(x, "r");
}

void begin_draft(struct screen *x, const char *subject)
{
	command(x, "drafts");
	press(x, "=");
	press(x, "/");
	type_text(x, subject);
	press(x, "Enter");
	keep_editor_away(x, "Enter");
}

char *in_screen(struct screen *x, const char *name)
{
	static char paths[4][SCRATCH_SIZE + 80];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", x->dir, name);
	return path;
}

/* --- what the disk thread says --- */

void tell(struct screen *x, struct store_event *ev)
{
	queue_push(store_events(x->e->store), &ev->item);
}

struct store_event *told(enum store_event_kind kind, int account)
{
	struct store_event *ev = store_event_new(kind);

	ev->account = account;
	return ev;
}

void tell_text(struct screen *x, enum store_event_kind kind, int account, const char *text)
{
	struct store_event *ev = told(kind, account);

	if (kind == STORE_NOTICE)
		ev->notice.text = mem_strdup(text);
	else if (kind == STORE_NEW_MAIL)
		ev->new_mail = (struct told_new_mail){mem_strdup(text), 2};
	else
		ev->mail =
			(struct told_mail){.id = mem_strdup("out1"), .subject = mem_strdup(text)};
	tell(x, ev);
}

void tell_state(struct screen *x, enum sync_state state, const char *why)
{
	struct store_event *ev = told(STORE_STATE, POSTBOX_WORK);
	struct account_info now;

	engine_account(x->e, POSTBOX_WORK, &now);
	ev->state.state = state;
	ev->state.protocol = now.protocol;
	ev->state.retry_ms = 12000;
	err_set(&ev->state.err, ERR_NETWORK, "%s", why);
	tell(x, ev);
}

void tell_progress(struct screen *x, unsigned request, uint64_t done, uint64_t total)
{
	struct store_event *ev = told(STORE_PROGRESS, POSTBOX_WORK);

	ev->request = request;
	ev->progress = (struct told_progress){.done = done, .total = total, .octets = 1000 * done};
	tell(x, ev);
}

void tell_closed(struct screen *x, const char *why)
{
	struct store_event *ev = told(STORE_CLOSED, POSTBOX_WORK);

	ev->list = x->e->lists->sources->id;
	ev->closed.why = mem_strdup(why);
	tell(x, ev);
}

void tell_outbox(struct screen *x, int first, int n, enum outbox_state state, size_t recipients)
{
	struct store_event *ev = told(STORE_OUTBOX, POSTBOX_WORK);

	ev->outbox.n = (size_t)n;
	ev->outbox.v = mem_array(ev->outbox.n + 1, sizeof(*ev->outbox.v));
	for (int i = 0; i < n; i++) {
		char id[16];

		snprintf(id, sizeof(id), "out%d", first + i);
		ev->outbox.v[i] = postbox_sending(id, state, recipients);
	}
	tell(x, ev);
	settle(x);
}

/* --- what the server does --- */

static struct result *in_inbox(const struct screen *x, enum result_kind kind)
{
	struct result *r = result_new(kind);

	r->folder = mem_strdup("INBOX");
	r->uidvalidity = x->validity;
	return r;
}

static const struct msglist *inbox(const struct screen *x)
{
	const struct msglist *l = x->e->lists;

	while (l && (l->nsources != 1 || l->sources->account != POSTBOX_WORK ||
			    strcmp(l->sources->folder, "INBOX") != 0))
		l = l->next;
	assert_non_null(l);
	return l;
}

void folder_goes(struct screen *x, const char *name)
{
	const struct store_folder_info *before = x->e->accounts[POSTBOX_WORK].folders;
	const char *left[16] = {NULL};
	size_t n = 0;

	for (const char *const *f = postbox_folders; *f; f++) {
		size_t len = strcspn(*f, "=");

		if (!name || strlen(name) != len || strncmp(*f, name, len) != 0)
			left[n++] = *f;
	}
	own_bodies(x);
	desk_folders(POSTBOX_WORK, left);
	while (x->e->accounts[POSTBOX_WORK].folders == before)
		wait_event(x);
	look(x);
}

void mail_vanishes(struct screen *x, uint32_t uid)
{
	struct result *r = in_inbox(x, RESULT_VANISHED);

	own_bodies(x);
	r->vanished.uids = mem_array(1, sizeof(uid));
	r->vanished.uids[0] = uid;
	r->vanished.n = 1;
	desk_give(POSTBOX_WORK, r);
	while (msglist_has(inbox(x), uid))
		wait_event(x);
	settle(x);
}

static void synced(const struct screen *x, uint32_t uidnext, uint32_t exists)
{
	struct result *r = in_inbox(x, RESULT_SYNCED);

	r->synced.meta = (struct cache_meta){x->validity, uidnext, 0, exists, true};
	desk_give(POSTBOX_WORK, r);
}

void mail_arrives(struct screen *x, size_t n)
{
	struct result *r = in_inbox(x, RESULT_SUMMARIES);
	size_t have = inbox(x)->columns.n;

	r->summaries.v = mem_array(n, sizeof(*r->summaries.v));
	for (; r->summaries.n < n; r->summaries.n++) {
		struct summary row = postbox_row(0);

		row.subject = "Just in";
		row.message_id = "";
		row.flags = x->arrives_unread ? 0 : row.flags;
		row.uid = 5000 + ++x->arrived;
		row.sent = row.received -= 86400 * x->arrived;
		r->summaries.v[r->summaries.n] = summary_copy(&row);
	}
	desk_give(POSTBOX_WORK, r);
	synced(x, 5001 + x->arrived, (uint32_t)(have + n));
	while (inbox(x)->columns.n != have + n)
		wait_event(x);
	settle(x);
}

/* The INBOX under other numbers, of which so many are there. */
static void bring(struct screen *x, uint32_t exists)
{
	unsigned numbering = inbox(x)->numbering;
	struct result *r;

	own_bodies(x);
	x->validity++;
	x->shift++;
	r = in_inbox(x, RESULT_SELECTED);
	r->selected.meta.uidvalidity = x->validity;
	r->selected.meta.exists = exists;
	r->selected.anew = true;
	desk_give(POSTBOX_WORK, r);
	r = in_inbox(x, RESULT_SUMMARIES);
	r->summaries.v = mem_array(SCREEN_MESSAGES, sizeof(*r->summaries.v));
	for (size_t i = 0; i < SCREEN_MESSAGES; i++) {
		struct summary row = postbox_row(i);

		row.uid += x->shift;
		r->summaries.v[r->summaries.n++] = summary_copy(&row);
	}
	desk_give(POSTBOX_WORK, r);
	if (exists == SCREEN_MESSAGES)
		synced(x, SCREEN_MESSAGES + x->shift + 1, exists);
	while (inbox(x)->numbering == numbering || inbox(x)->columns.n != SCREEN_MESSAGES)
		wait_event(x);
	look(x);
}

void mail_renumbered(struct screen *x)
{
	bring(x, SCREEN_MESSAGES);
}

void mail_comes_in(struct screen *x)
{
	const uint32_t exists = 104233;
	struct result *r = result_new(RESULT_COUNTS);

	bring(x, exists);
	r->counts.n = 1;
	r->counts.v = mem_array(1, sizeof(*r->counts.v));
	*r->counts.v = (struct folder_entry){.name = mem_strdup("INBOX"),
		.mailbox = mem_strdup("INBOX"),
		.selectable = true,
		.counts_known = true,
		.total = exists,
		.uidvalidity = x->validity};
	desk_give(POSTBOX_WORK, r);
	do
		wait_event(x);
	while (x->e->accounts[POSTBOX_WORK].folders->total != exists);
	look(x);
}

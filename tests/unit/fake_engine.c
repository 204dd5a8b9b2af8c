#include "fake_engine.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "engine/msglist_priv.h"
#include "mime/summary.h"
#include "tests/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct fake_message {
	uint32_t uid, flags, size;
	int64_t age; /* seconds */
	const char *from, *mail, *subject;
	uint32_t parent;
	bool gone;
	char keywords[64];
};

/* What is in a list that is open; the list itself is the real one. */
struct folder {
	struct folder *next;
	struct msglist *l;
	struct fake_message *m; /* ascending UIDs */
	size_t n, arrived;
	time_t now;
	bool ranks; /* are asked for */
};

struct engine {
	int fd;
	unsigned id, list;
	struct event **queue;
	size_t n, cap, at;
	struct folder *lists;
	enum protocol protocol;
	bool offline;
	struct draft draft;
	char path[SCRATCH_SIZE];
};

static const struct fake_message fixed[] = {
	{1, MAIL_SEEN, 4301, 90 * 86400, "Rosa Castellanos", "rosa@example.org", "Invoice 4711", 0,
		false, ""},
	{2, MAIL_SEEN | MAIL_FLAGGED | MAIL_ATTACHMENT, 831488, 5 * 86400, "Rosa Castellanos",
		"rosa@example.org", "Invoice 4712: please have a look before Friday", 0, false, ""},
	{3, MAIL_SEEN | MAIL_ANSWERED, 2100, 3 * 86400, "Jeff B", "jeff@example.org",
		"the new cache format", 0, false, ""},
	{4, 0, 4100, 2 * 86400, "Wei Xu 徐伟", "wei@example.org", "Re: the new cache format", 3,
		false, ""},
	{5, 0, 3300, 86400, "Jeff B", "jeff@example.org", "Re: the new cache format", 4, false, ""},
	{6, MAIL_SEEN, 1800, 7200, "Ana María Ñúñez", "ana@example.org",
		"Re: the new cache format (was: pages of 256?)", 3, false, ""},
	{7, 0, 9000, 3600, "山田太郎", "yamada@example.jp",
		"会議の議題について 📅 よろしくお願いします", 0, false, ""},
	{8, MAIL_LIST, 52000, 600, "linux-kernel 🐧 list", "list@example.org",
		"[PATCH v3 0/7] mm: a much longer subject that will certainly not fit into eighty "
		"columns",
		0, false, ""},
};

static int extra, outbox_first = 1, outbox_n = 1;
static char last[256], composed[64];
static enum account_state state;
static const char *reason;
static bool outbox_waits;
static size_t outbox_recipients = 1;
static size_t accounts = 2, has_it;
static const char *body, *failure;
static bool slow, html;

const char *fake_last(void)
{
	return last;
}

void fake_forget(void)
{
	last[0] = composed[0] = '\0';
}

const char *fake_composed(void)
{
	return composed;
}

void fake_messages(int messages)
{
	extra = messages;
}

void fake_state(struct engine *e, enum account_state now, const char *why)
{
	state = now;
	reason = why;
	if (e)
		fake_post(e, EVENT_ACCOUNTS, 0, "");
}

void fake_body(const char *text)
{
	body = text;
}

void fake_accounts(size_t n)
{
	accounts = n;
}

void fake_fail(const char *text)
{
	failure = text;
}

void fake_slow(bool is)
{
	slow = is;
}

void fake_html(bool is)
{
	html = is;
}

void fake_has_it(size_t n)
{
	has_it = n;
}

const struct draft *fake_draft(const struct engine *e)
{
	return &e->draft;
}

void fake_outbox_waits(bool waits)
{
	outbox_waits = waits;
}

void fake_outbox_recipients(size_t n)
{
	outbox_recipients = n;
}

void fake_outbox(int first, int n)
{
	outbox_first = first;
	outbox_n = n;
}

static struct event *post(struct engine *e, enum event_kind kind, unsigned request)
{
	bool fails = failure && request && kind != EVENT_PROGRESS;
	struct event *ev = event_new(fails ? EVENT_FAILED : kind);
	uint64_t one = 1;

	ev->request = request;
	ev->account = 0;
	if (fails) {
		err_set(&ev->failed, ERR_REFUSED, "%s", failure);
		failure = NULL;
	}
	e->queue = mem_grow(e->queue, &e->cap, e->n + 1, sizeof(struct event *));
	e->queue[e->n++] = ev;
	if (write(e->fd, &one, sizeof(one)) < 0)
		abort();
	return ev;
}

/* --- what lists are told --- */

static struct folder *folder_of(const struct engine *e, const struct msglist *l)
{
	struct folder *f = e->lists;

	while (f->l != l)
		f = f->next;
	return f;
}

static struct fake_message *by_uid(const struct folder *f, uint32_t uid)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->m[i].uid == uid)
			return &f->m[i];
	return NULL;
}

static void changed(struct engine *e, const struct folder *f)
{
	post(e, EVENT_LIST, 0)->list = f->l;
}

static uint16_t keyset_of(struct strv *sets, const char *words)
{
	size_t i = 0;

	while (i < sets->n && strcmp(sets->v[i], words) != 0)
		i++;
	if (i == sets->n)
		strv_add(sets, words);
	return (uint16_t)i;
}

static struct summary *summary_of(const struct folder *f, const struct fake_message *m)
{
	return summary_copy(&(struct summary){.uid = m->uid,
		.flags = m->flags,
		.sent = (uint32_t)(f->now - m->age),
		.received = (uint32_t)(f->now - m->age),
		.size = m->size,
		.keywords = m->keywords,
		.from_name = m->from,
		.from_mail = m->mail,
		.to = "alice@example.org",
		.cc = "",
		.subject = m->subject,
		.message_id = "",
		.references = "",
		.file = ""});
}

/* All of it anew, with its strings: none is asked for. */
static void tell(struct engine *e, struct folder *f)
{
	struct summary **rows = mem_array(f->n + 1, sizeof(*rows));
	struct strv sets = STRV_INIT;
	struct columns c = {0};
	size_t n = 0;

	strv_add(&sets, "");
	columns_resize(&c, f->n);
	for (size_t i = 0; i < f->n; i++) {
		const struct fake_message *m = &f->m[i];

		if (m->gone)
			continue;
		rows[n] = summary_of(f, m);
		c.uid[n] = m->uid;
		c.flags[n] = m->flags;
		c.sent[n] = rows[n]->sent;
		c.received[n] = rows[n]->received;
		c.size[n] = m->size;
		c.parent[n] = m->parent;
		c.keyset[n++] = keyset_of(&sets, m->keywords);
	}
	columns_resize(&c, n);
	msglist_take_columns(f->l, &c, &sets);
	msglist_take_rows(f->l, rows, n);
	free(rows);
	changed(e, f);
}

/* By sender or subject, when they are asked for. */
static int compare_words(const void *a, const void *b, void *by_subject)
{
	const struct fake_message *const *x = a, *const *y = b;

	return by_subject ? strcmp((*x)->subject, (*y)->subject) : strcmp((*x)->from, (*y)->from);
}

static void give_ranks(struct folder *f)
{
	const struct fake_message **by_word = mem_array(f->n + 1, sizeof(*by_word));
	uint32_t *uids = mem_array(f->n + 1, sizeof(*uids)),
		 *ranks = mem_array(f->n + 1, sizeof(*ranks));
	enum mail_order by = sort_row(f->l->want.sort)->ranks;

	f->ranks = false;
	for (size_t i = 0; i < f->n; i++) {
		uids[i] = f->m[i].uid;
		by_word[i] = &f->m[i];
	}
	qsort_r(by_word, f->n, sizeof(struct fake_message *), compare_words,
		by == ORDER_SUBJECT ? f : NULL);
	for (size_t i = 0; i < f->n; i++)
		ranks[by_word[i] - f->m] = (uint32_t)i;
	free(by_word);
	msglist_take_order(f->l, by, uids, ranks, f->n);
}

static void ask_order(void *ctx, unsigned id, enum mail_order by)
{
	struct engine *e = ctx;

	for (struct folder *f = e->lists; f; f = f->next)
		if (f->l->id == id && by != ORDER_NONE) {
			f->ranks = true;
			changed(e, f);
		}
}

static void ask_rows(void *ctx, unsigned id, const uint32_t *uids, size_t n)
{
	(void)ctx;
	(void)id;
	(void)uids;
	(void)n;
}

static void vanish(struct engine *e, struct folder *f, const uint32_t *uids, size_t n)
{
	struct strv sets = STRV_INIT;

	for (size_t i = 0; i < n; i++)
		by_uid(f, uids[i])->gone = true;
	msglist_merge(f->l, &(struct columns){0}, &sets, uids, n);
	changed(e, f);
}

void fake_vanish(struct engine *e, uint32_t uid)
{
	for (struct folder *f = e->lists; f; f = f->next)
		if (by_uid(f, uid))
			vanish(e, f, &uid, 1);
}

void fake_post(struct engine *e, enum event_kind kind, int account, const char *text)
{
	struct event *ev = post(e, kind, 0);

	ev->account = account;
	if (kind == EVENT_NEW_MAIL)
		ev->new_mail = (struct event_new_mail){mem_strdup(text), 2};
	else if (kind == EVENT_NOTICE)
		ev->notice.text = mem_strdup(text);
	else if (kind == EVENT_SENT || kind == EVENT_SEND_FAILED)
		ev->mail.subject = mem_strdup(text);
}

void fake_close(struct engine *e, const char *text)
{
	struct event *ev = post(e, EVENT_CLOSED, 0);

	ev->list = e->lists->l;
	ev->closed.why = mem_strdup(text);
}

void fake_progress(struct engine *e, unsigned request, uint64_t done, uint64_t total)
{
	struct event *ev = post(e, EVENT_PROGRESS, request);

	ev->progress = (struct event_progress){done, total, 1000 * done};
}

void fake_arrive(struct engine *e, size_t n)
{
	for (struct folder *f = e->lists; f; f = f->next) {
		struct fake_message *old = f->m;

		f->m = mem_array(f->n + n, sizeof(*f->m));
		memcpy(f->m, old, f->n * sizeof(*f->m));
		free(old);
		for (size_t i = 0; i < n; i++) {
			struct fake_message *m = &f->m[f->n++];

			*m = fixed[0];
			m->subject = "Just in";
			m->uid = 5000 + (uint32_t)f->n;
			m->age += 86400 * (int64_t)++f->arrived; /* so that they come first */
		}
		tell(e, f);
	}
}

static unsigned done(struct engine *e, const char *text)
{
	struct event *ev = post(e, EVENT_DONE, ++e->id);

	if (ev->kind == EVENT_DONE)
		ev->done.text = mem_strdup(text);
	return e->id;
}

int engine_new(struct engine **out, struct settings *settings, const struct engine_options *options,
	struct err *err)
{
	struct engine *e = mem_alloc(sizeof(*e));

	(void)settings;
	(void)err;
	e->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	e->offline = options && options->offline;
	last[0] = '\0';
	*out = e;
	return 0;
}

void engine_free(struct engine *e)
{
	struct event *ev;

	while ((ev = engine_next(e)))
		event_free(ev);
	close(e->fd);
	free(e->queue);
	draft_done(&e->draft);
	if (e->path[0])
		unlink(e->path);
	free(e);
}

int engine_fd(const struct engine *e)
{
	return e->fd;
}

struct event *engine_next(struct engine *e)
{
	uint64_t count;

	for (struct folder *f = e->lists; f; f = f->next)
		if (f->ranks)
			give_ranks(f);
	if (e->at < e->n)
		return e->queue[e->at++];
	e->at = e->n = 0;
	if (read(e->fd, &count, sizeof(count)) < 0)
		return NULL;
	return NULL;
}

/* --- accounts and folders --- */

size_t engine_accounts(const struct engine *e)
{
	(void)e;
	return accounts;
}

void engine_account(const struct engine *e, size_t i, struct account_info *out)
{
	*out = (struct account_info){.name = i ? "home" : "work",
		.from = "Alice Example <alice@example.org>",
		.from_mail = "alice@example.org",
		.protocol = i ? PROTOCOL_POP3 : e->protocol,
		.state = e->offline ? STATE_OFFLINE
			 : i        ? STATE_WAITING
			 : reason   ? state
				    : STATE_ONLINE,
		.retry_at = clock_ms() + 12000,
		.reason = i || !reason ? "" : reason,
		.pending = i ? 0 : 2,
		.insecure = i == 1};
}

int engine_find_account(const struct engine *e, const char *name)
{
	(void)e;
	return strcmp(name, "work") == 0 ? 0 : strcmp(name, "home") == 0 ? 1 : -1;
}

static const struct folder_info folders[] = {
	{.name = "INBOX",
		.label = "INBOX",
		.role = ROLE_INBOX,
		.selectable = true,
		.counts_known = true,
		.total = 104233,
		.unread = 12},
	{.name = "Archive",
		.label = "Archive",
		.role = ROLE_ARCHIVE,
		.selectable = true,
		.counts_known = true,
		.total = 20481},
	{.name = "Lists",
		.label = "Lists",
		.role = ROLE_NONE,
		.selectable = true,
		.has_children = true,
		.counts_known = true,
		.total = 40,
		.unread = 3},
	{.name = "Lists/kernel",
		.label = "kernel",
		.role = ROLE_NONE,
		.depth = 1,
		.selectable = true,
		.counts_known = true,
		.total = 900,
		.unread = 3},
	{.name = "Drafts",
		.label = "Drafts",
		.role = ROLE_DRAFTS,
		.selectable = true,
		.counts_known = true,
		.total = 1},
	{.name = "Sent",
		.label = "Sent",
		.role = ROLE_SENT,
		.selectable = true,
		.counts_known = true,
		.total = 300},
	{.name = "Trash",
		.label = "Trash",
		.role = ROLE_TRASH,
		.selectable = true,
		.counts_known = true,
		.total = 8},
	{.name = "Old mail",
		.label = "Old mail",
		.role = ROLE_NONE,
		.selectable = true,
		.offline_copy = true},
};

static const char *hidden; /* one that another program took away */

void fake_hide_folder(struct engine *e, const char *name)
{
	hidden = name;
	post(e, EVENT_FOLDERS, 0);
}

static size_t after_hidden(size_t i)
{
	for (size_t k = 0; hidden && k <= i; k++)
		if (strcmp(folders[k].name, hidden) == 0)
			return i + 1;
	return i;
}

size_t engine_folders(const struct engine *e, size_t account)
{
	(void)e;
	return account ? 2 : MEM_COUNT(folders) - (hidden != NULL);
}

void engine_folder(const struct engine *e, size_t account, size_t i, struct folder_info *out)
{
	(void)e;
	(void)account;
	*out = folders[after_hidden(i)];
}

int engine_find_folder(const struct engine *e, size_t account, const char *name)
{
	for (size_t i = 0; i < engine_folders(e, account); i++)
		if (strcasecmp(folders[after_hidden(i)].name, name) == 0)
			return (int)i;
	return -1;
}

int engine_role_folder(const struct engine *e, size_t account, enum mail_role role)
{
	for (size_t i = 0; i < engine_folders(e, account); i++)
		if (folders[after_hidden(i)].role == role)
			return (int)i;
	return -1;
}

/* Those beyond the fixed ones are as these, in the same threads, and younger. */
static void fill(struct folder *f)
{
	for (size_t i = 0; i < f->n; i++) {
		size_t group = i / MEM_COUNT(fixed) * MEM_COUNT(fixed);
		struct fake_message *m = &f->m[i];

		*m = fixed[i - group];
		m->uid += (uint32_t)group;
		m->parent += m->parent ? (uint32_t)group : 0;
		/* No two rows look the same: a terminal that can scroll is to do so. */
		if (group) {
			m->size += (uint32_t)i * 1024;
			m->age = 500 - (int64_t)i;
		}
	}
}

static void tell_inboxes(struct engine *e, struct folder *f)
{
	for (size_t source = 0; source < f->l->nsources; source++) {
		struct strv sets = STRV_INIT;
		struct columns c = {0};
		struct summary *row = summary_of(f, f->m);

		strv_add(&sets, "");
		columns_resize(&c, 1);
		c.uid[0] = f->m->uid;
		c.sent[0] = row->sent;
		c.received[0] = row->received;
		msglist_source_number(f->l, source, 1);
		msglist_source_list(f->l, source, &c, NULL, &sets);
		msglist_source_rows(f->l, source, &row, 1);
		columns_done(&c);
		strv_done(&sets);
	}
	changed(e, f);
}

/* One message of each account, of the same UID. */
struct msglist *engine_open_inboxes(struct engine *e)
{
	struct folder *f = mem_alloc(sizeof(*f));

	f->l = msglist_new_span(++e->list, ENGINE_INBOXES);
	for (size_t i = 0; i < accounts; i++)
		msglist_add_source(f->l, ++e->list, (int)i, i > 0 ? "home" : "work", "INBOX");
	f->now = clock_now();
	f->n = MEM_COUNT(fixed) + (size_t)extra;
	f->m = mem_array(f->n, sizeof(*f->m));
	fill(f);
	f->next = e->lists;
	e->lists = f;
	tell_inboxes(e, f);
	return f->l;
}

struct msglist *engine_open(struct engine *e, int account, const char *folder, struct err *err)
{
	struct folder *f;

	if (account >= 0 && engine_find_folder(e, (size_t)account, folder) < 0) {
		err_set(err, ERR_GONE, "There is no folder %s", folder);
		return NULL;
	}
	f = mem_alloc(sizeof(*f));
	f->l = msglist_new(++e->list, account, account > 0 ? "home" : "work", folder);
	f->l->ask = ask_rows;
	f->l->ask_order = ask_order;
	f->l->ctx = e;
	f->l->sources->percent = strcmp(folder, "INBOX") == 0 ? 38 : 100;
	f->now = clock_now();
	f->n = MEM_COUNT(fixed) + (size_t)extra;
	f->m = mem_array(f->n, sizeof(*f->m));
	fill(f);
	f->next = e->lists;
	e->lists = f;
	msglist_renumber(f->l, 1);
	tell(e, f);
	return f->l;
}

void engine_close(struct engine *e, struct msglist *l)
{
	struct folder *f = folder_of(e, l), **p = &e->lists;

	while (*p != f)
		p = &(*p)->next;
	*p = f->next;
	for (size_t i = e->at; i < e->n; i++)
		if (e->queue[i]->list == l)
			e->queue[i]->list = NULL;
	msglist_free(l);
	free(f->m);
	free(f);
}

void fake_renumber(struct engine *e)
{
	for (struct folder *f = e->lists; f; f = f->next) {
		for (size_t i = 0; i < f->n; i++) {
			f->m[i].uid++;
			f->m[i].parent += f->m[i].parent != 0;
		}
		msglist_renumber(f->l, f->l->numbering + 1);
		tell(e, f);
	}
}

const char *fake_sorting(const struct engine *e)
{
	static char said[40];
	const struct sorting *is = &e->lists->l->want;

	snprintf(said, sizeof(said), "sort %d%s", (int)is->sort, is->reverse ? " reverse" : "");
	return said;
}

/* --- reading --- */

static void add(struct text *t, enum text_style style, const char *s)
{
	text_add(t, style, s, strlen(s));
}

static void add_header(struct text *t, const char *name, const char *value, enum text_style style)
{
	struct str s = STR_INIT;
	struct text_line *l;

	str_addf(&s, "%s: %s", name, value);
	l = text_add(t, style, str_c(&s), s.len);
	text_span_add(l, 0, strlen(name) + 1, TEXT_HEADER_NAME, -1);
	str_done(&s);
}

static struct text *message_text(const struct fake_message *m)
{
	struct text *t = text_new();
	const char *link = "See https://example.org/cache for numbers.";
	struct text_line *l;
	struct str s = STR_INIT;

	str_addf(&s, "%s <%s>", m->from, m->mail);
	add_header(t, "From", str_c(&s), TEXT_HEADER_VALUE);
	add_header(t, "To", "Alice Example <alice@example.org>", TEXT_HEADER_VALUE);
	add_header(t, "Date", "Sat, 21 Nov 2026 09:14:03 +0100", TEXT_HEADER_VALUE);
	add_header(t, "Subject", m->subject, TEXT_SUBJECT);
	add(t, TEXT_PLAIN, "");
	text_add(t, TEXT_QUOTE1, "> why not pages of 256?", 23)->quote = 1;
	text_add(t, TEXT_QUOTE2, "> > because I said so", 21)->quote = 2;
	add(t, TEXT_PLAIN, "Because a page is what one screen needs.");
	add(t, TEXT_PLAIN, "");
	l = text_add(t, TEXT_PLAIN, link, strlen(link));
	text_span_add(l, 4, 25, TEXT_LINK, text_link_add(t, link + 4, 25));
	for (int i = 1; i <= 60; i++) {
		str_clear(&s);
		str_addf(&s, "Line %d of the message %u.", i, (unsigned)m->uid);
		add(t, TEXT_PLAIN, str_c(&s));
	}
	add(t, TEXT_SIGNATURE, "-- ");
	add(t, TEXT_SIGNATURE, "sent from a terminal");
	add(t, TEXT_ATTACHMENT, "[2: cache.pdf, application/pdf, 812k]");
	str_done(&s);
	return t;
}

unsigned engine_read(
	struct engine *e, struct msglist *l, uint32_t uid, const struct read_options *opt)
{
	struct folder *f = folder_of(e, l);
	struct fake_message *m = by_uid(f, uid);
	struct event *ev;

	if (slow)
		return ++e->id;
	ev = post(e, EVENT_MESSAGE, ++e->id);
	if (opt->mark_read) {
		m->flags |= MAIL_SEEN;
		msglist_change_flags(l, &uid, 1, 0, MAIL_SEEN);
		changed(e, f);
	}
	ev->list = l;
	if (ev->kind != EVENT_MESSAGE)
		return ev->request;
	ev->view = mem_alloc(sizeof(*ev->view));
	ev->view->list = l;
	ev->view->uid = uid;
	ev->view->text = message_text(m);
	ev->view->subject = mem_strdup(m->subject);
	ev->view->nparts = 2;
	ev->view->parts = mem_array(2, sizeof(struct part_info));
	ev->view->parts[0] = (struct part_info){"1", "text/plain", "", 2000, 0, false, true};
	ev->view->parts[1] =
		(struct part_info){"2", "application/pdf", "cache.pdf", 831000, 0, true, false};
	return ev->request;
}

static unsigned saved(struct engine *e, const char *path)
{
	struct event *ev = post(e, EVENT_SAVED, ++e->id);

	if (ev->kind == EVENT_SAVED)
		ev->saved.path = mem_strdup(path);
	return e->id;
}

unsigned engine_save_part(
	struct engine *e, struct msglist *l, uint32_t uid, const char *section, const char *path)
{
	(void)l;
	snprintf(last, sizeof(last), "save %u %s %s", (unsigned)uid, section, path);
	return saved(e, path);
}

unsigned engine_save_message(struct engine *e, struct msglist *l, uint32_t uid, const char *path)
{
	(void)l;
	snprintf(last, sizeof(last), "save-message %u %s", (unsigned)uid, path);
	return saved(e, path);
}

/* --- changing --- */

static void record(const char *what, const uint32_t *uids, size_t n, const char *more)
{
	int len = snprintf(last, sizeof(last), "%s", what);

	for (size_t i = 0; i < n && len < 200; i++)
		len += snprintf(last + len, sizeof(last) - (size_t)len, " %u", (unsigned)uids[i]);
	if (more)
		snprintf(last + len, sizeof(last) - (size_t)len, " %s", more);
}

static unsigned go(struct engine *e, struct msglist *l, const uint32_t *uids, size_t n)
{
	vanish(e, folder_of(e, l), uids, n);
	return done(e, NULL);
}

unsigned engine_flag(struct engine *e, struct msglist *l, const uint32_t *uids, size_t n,
	unsigned clear, unsigned set)
{
	struct folder *f = folder_of(e, l);
	char buf[40];

	snprintf(buf, sizeof(buf), "-%u +%u", clear, set);
	record("flag", uids, n, buf);
	for (size_t i = 0; i < n; i++) {
		struct fake_message *m = by_uid(f, uids[i]);

		m->flags = (m->flags & ~clear) | set;
	}
	msglist_change_flags(l, uids, n, clear, set);
	changed(e, f);
	return done(e, NULL);
}

/* One word at a time is enough here. */
unsigned engine_keywords(struct engine *e, struct msglist *l, const uint32_t *uids, size_t n,
	const char *clear, const char *set)
{
	struct folder *f = folder_of(e, l);
	char buf[100];

	snprintf(buf, sizeof(buf), "-(%s) +(%s)", clear, set);
	record("keywords", uids, n, buf);
	for (size_t i = 0; i < n; i++) {
		struct fake_message *m = by_uid(f, uids[i]);

		if (*set)
			snprintf(m->keywords, sizeof(m->keywords), "%s", set);
		else if (strcmp(m->keywords, clear) == 0)
			m->keywords[0] = '\0';
	}
	tell(e, f);
	return done(e, NULL);
}

unsigned engine_move(
	struct engine *e, struct msglist *l, const uint32_t *uids, size_t n, const char *folder)
{
	record("move", uids, n, folder);
	return go(e, l, uids, n);
}

unsigned engine_copy(
	struct engine *e, struct msglist *l, const uint32_t *uids, size_t n, const char *folder)
{
	(void)l;
	record("copy", uids, n, folder);
	return done(e, NULL);
}

unsigned engine_delete(struct engine *e, struct msglist *l, const uint32_t *uids, size_t n)
{
	record("delete", uids, n, NULL);
	return go(e, l, uids, n);
}

unsigned engine_archive(struct engine *e, struct msglist *l, const uint32_t *uids, size_t n)
{
	record("archive", uids, n, NULL);
	return go(e, l, uids, n);
}

unsigned engine_whole(struct engine *e, struct msglist *l, uint32_t uid)
{
	record("whole", &uid, 1, NULL);
	return go(e, l, &uid, 1);
}

unsigned engine_create_folder(struct engine *e, size_t account, const char *name)
{
	(void)account;
	record("create", NULL, 0, name);
	return done(e, "The folder was made");
}

unsigned engine_delete_folder(struct engine *e, size_t account, const char *name, uint32_t known)
{
	(void)account;
	record("delete-folder", &known, 1, name);
	return done(e, "The folder was deleted");
}

unsigned engine_rename_folder(struct engine *e, size_t account, const char *name, const char *to)
{
	struct str text = STR_INIT;

	(void)account;
	str_addf(&text, "%s to %s", name, to);
	record("rename-folder", NULL, 0, text.p);
	str_done(&text);
	return done(e, "The folder was renamed");
}

unsigned engine_export(
	struct engine *e, struct msglist *l, const uint32_t *uids, size_t n, const char *path)
{
	(void)l;
	record(uids ? "export these" : "export", uids, n, path);
	return done(e, "Written");
}

unsigned engine_export_folder(
	struct engine *e, size_t account, const char *folder, const char *path)
{
	(void)account;
	record("export of", NULL, 0, folder ? folder : path);
	return done(e, "Written");
}

unsigned engine_import(struct engine *e, size_t account, const char *path, const char *folder)
{
	(void)account;
	record(folder ? folder : "tree", NULL, 0, path);
	return done(e, "Imported");
}

unsigned engine_backup(struct engine *e, size_t account, const char *path)
{
	(void)account;
	record("backup", NULL, 0, path);
	return done(e, "Written and read back");
}

unsigned engine_undo(struct engine *e)
{
	for (struct folder *f = e->lists; f; f = f->next) {
		for (size_t i = 0; i < f->n; i++)
			f->m[i].gone = false;
		tell(e, f);
	}
	return done(e, "Taken back");
}

size_t engine_pending(const struct engine *e)
{
	(void)e;
	return 2;
}

void engine_pending_at(const struct engine *e, size_t i, struct pending_info *out)
{
	(void)e;
	*out = (struct pending_info){.id = i + 1,
		.account = "work",
		.text = i ? "Mark 1 message as read in INBOX"
			  : "Move 3 messages from INBOX to Archive",
		.why = i ? "its turn comes" : "on its way",
		.since = 1736154000,
		.on_its_way = i == 0};
	if (i == 2)
		*out = (struct pending_info){.account = "work",
			.text = "Copy 1 message from INBOX to Lists: over quota",
			.why = "",
			.refused = true};
}

size_t engine_pending_rows(const struct engine *e)
{
	return engine_pending(e) + 1;
}

unsigned engine_pending_forget(struct engine *e)
{
	snprintf(last, sizeof(last), "pending-forget");
	return done(e, NULL);
}

unsigned engine_pending_cancel(struct engine *e, uint64_t id)
{
	snprintf(last, sizeof(last), "pending-cancel %d", (int)id);
	return done(e, NULL);
}

/* --- finding --- */

int engine_query_check(const char *query, struct err *err)
{
	return strcmp(query, "~O") ? 0 : err_set(err, ERR_INPUT, "Search, column 1: no ~O");
}

bool engine_query_help(size_t i, struct str *pattern, const char **help)
{
	str_adds(pattern, "from:WORD");
	*help = "the sender";
	return i == 0;
}

static size_t find(const struct folder *f, const char *query, uint32_t **uids)
{
	size_t n = 0;

	*uids = mem_array(f->n + 1, sizeof(**uids));
	for (size_t i = 0; i < f->n; i++)
		if (strcasestr(f->m[i].subject, query))
			(*uids)[n++] = f->m[i].uid;
	return n;
}

unsigned engine_search(struct engine *e, struct msglist *l, const char *query)
{
	struct event *ev = post(e, EVENT_FOUND, ++e->id);

	record("search", NULL, 0, query);
	ev->list = l;
	if (ev->kind == EVENT_FOUND)
		ev->found.n = find(folder_of(e, l), query, &ev->found.uids);
	return ev->request;
}

unsigned engine_limit(struct engine *e, struct msglist *l, const char *query)
{
	const struct folder *f = folder_of(e, l);
	bool all = !*query || strcmp(query, "all") == 0;
	uint32_t *uids;
	size_t n = find(f, query, &uids);

	msglist_set_limit(l, all ? NULL : query, uids, n);
	free(uids);
	changed(e, f);
	return done(e, NULL);
}

/* --- writing --- */

static unsigned draft_event(struct engine *e)
{
	struct event *ev = post(e, EVENT_DRAFT, ++e->id);
	struct draft_info *d;

	if (ev->kind != EVENT_DRAFT)
		return ev->request;
	d = ev->draft = mem_alloc(sizeof(*d));
	d->id = mem_strdup("draft1");
	d->where = mem_strdup("");
	draft_copy(&d->draft, &e->draft);
	for (size_t i = 0; i < has_it; i++)
		strv_add(&d->has_it, "carol@example.org");
	return ev->request;
}

static void write_draft(struct engine *e, const char *to, const char *subject, const char *text)
{
	draft_done(&e->draft);
	draft_init(&e->draft);
	draft_set(&e->draft.from, "Alice Example <alice@example.org>");
	draft_set(&e->draft.to, to);
	draft_set(&e->draft.subject, subject);
	draft_set(&e->draft.body, text);
	e->draft.html = html;
}

unsigned engine_compose(struct engine *e, size_t account, enum compose_kind kind, struct msglist *l,
	uint32_t uid, const char *text)
{
	static const char *const names[] = {
		"new", "reply", "reply-all", "reply-list", "forward", "resume", "mailto"};

	const struct fake_message *m = l ? by_uid(folder_of(e, l), uid) : NULL;

	(void)account;
	snprintf(composed, sizeof(composed), "%s %u", names[kind], (unsigned)uid);
	write_draft(e,
		kind == COMPOSE_NEW ? text
		: m                 ? m->mail
				    : "",
		m ? m->subject : "",
		kind != COMPOSE_NEW ? (body ? body : "> why not pages of 256?\n\n") : "");
	return draft_event(e);
}

unsigned engine_draft_load(struct engine *e, size_t account, const char *id)
{
	(void)account;
	(void)id;
	return draft_event(e);
}

unsigned engine_draft_edit(struct engine *e, size_t account, const char *id)
{
	struct str text = STR_INIT;
	struct event *ev;

	(void)account;
	(void)id;
	if (!e->path[0])
		close(mkstemp(scratch(e->path, "fake")));
	draft_write(&e->draft, &text);
	file_replace(e->path, str_c(&text), text.len, 0600, NULL);
	str_done(&text);
	draft_event(e);
	ev = e->queue[e->n - 1];
	if (ev->kind == EVENT_DRAFT)
		ev->draft->path = mem_strdup(e->path);
	return ev->request;
}

unsigned engine_draft_take(struct engine *e, size_t account, const char *id)
{
	struct str s = STR_INIT;
	struct draft now;

	(void)account;
	(void)id;
	draft_init(&now);
	if (file_read(e->path, 1 << 20, &s, NULL) == 0) {
		draft_read(&now, &e->draft, str_c(&s), s.len);
		draft_done(&e->draft);
		e->draft = now;
	}
	str_done(&s);
	return draft_event(e);
}

unsigned engine_draft_save(struct engine *e, size_t account, const char *id, const struct draft *d)
{
	struct draft copy;

	(void)account;
	(void)id;
	draft_copy(&copy, d);
	draft_done(&e->draft);
	e->draft = copy;
	return draft_event(e);
}

unsigned engine_draft_keep(struct engine *e, size_t account, const char *id)
{
	(void)account;
	record("keep", NULL, 0, id);
	return done(e, NULL);
}

unsigned engine_draft_discard(struct engine *e, size_t account, const char *id)
{
	(void)account;
	record("discard", NULL, 0, id);
	return done(e, NULL);
}

unsigned engine_drafts(struct engine *e, size_t account)
{
	struct event *ev = post(e, EVENT_DRAFTS, ++e->id);
	struct draft_info *d;

	(void)account;
	if (ev->kind != EVENT_DRAFTS)
		return ev->request;
	d = mem_alloc(sizeof(*d));
	ev->drafts = (struct event_drafts){d, 1};
	d->id = mem_strdup("draft1");
	d->where = mem_strdup("");
	draft_init(&d->draft);
	draft_set(&d->draft.to, "bob@example.org");
	draft_set(&d->draft.subject, "Half a thought");
	return ev->request;
}

unsigned engine_send(struct engine *e, size_t account, const char *id)
{
	(void)account;
	record("send", NULL, 0, id);
	return done(e, NULL);
}

size_t engine_outbox(const struct engine *e, size_t account)
{
	(void)e;
	return account ? 0 : (size_t)outbox_n;
}

void engine_outbox_at(const struct engine *e, size_t account, size_t i, struct outbox_info *out)
{
	static char id[16];

	(void)e;
	(void)account;
	snprintf(id, sizeof(id), "out%d", outbox_first + (int)i);
	*out = (struct outbox_info){.id = id,
		.to = "bob@example.org",
		.subject = "Minutes",
		.error = "no answer after the text",
		.state = "unconfirmed",
		.unconfirmed = true,
		.recipients = outbox_recipients};
	if (outbox_waits) {
		out->error = "";
		out->state = "waiting";
		out->unconfirmed = false;
	}
}

unsigned engine_outbox_retry(struct engine *e, size_t account, const char *id)
{
	(void)account;
	record("outbox-retry", NULL, 0, id);
	return done(e, NULL);
}

unsigned engine_outbox_hold(struct engine *e, size_t account, const char *id)
{
	(void)account;
	record("outbox-hold", NULL, 0, id);
	return done(e, NULL);
}

void engine_outbox_recipient(const struct engine *e, size_t account, size_t i, size_t recipient,
	struct outbox_fate_info *out)
{
	(void)e;
	(void)account;
	(void)i;
	*out = recipient ? (struct outbox_fate_info){.address = "nobody@example.org",
				   .refused = true,
				   .state = "refused",
				   .words = "550 5.1.1 <nobody@example.org>: Recipient address "
					    "rejected: User unknown in local recipient table"}
			 : (struct outbox_fate_info){.address = "bob@example.org",
				   .unconfirmed = true,
				   .state = "unconfirmed",
				   .words = ""};
}

unsigned engine_outbox_edit(struct engine *e, size_t account, const char *id)
{
	(void)account;
	record("outbox-edit", NULL, 0, id);
	write_draft(e, "bob@example.org", "Minutes", "Here.\n");
	return draft_event(e);
}

unsigned engine_outbox_drop(struct engine *e, size_t account, const char *id)
{
	(void)account;
	record("outbox-drop", NULL, 0, id);
	return done(e, NULL);
}

/* --- the network --- */

unsigned engine_sync(struct engine *e, int account)
{
	snprintf(last, sizeof(last), "sync %d", account);
	return done(e, NULL);
}

void engine_retry(struct engine *e)
{
	(void)e;
	snprintf(last, sizeof(last), "retry");
}

void engine_set_offline(struct engine *e, bool offline)
{
	e->offline = offline;
}

unsigned engine_protocol_preview(struct engine *e, size_t account, enum protocol to)
{
	struct event *ev = post(e, EVENT_TEXT, ++e->id);

	(void)account;
	if (ev->kind == EVENT_TEXT)
		ev->text.lines = mem_strdup(
			to == PROTOCOL_POP3
				? "Nothing is deleted, here or on the server.\nFolders stay "
				  "readable as copies.\n"
				: "State set meanwhile is sent to the server.\n");
	return ev->request;
}

unsigned engine_protocol(struct engine *e, size_t account, enum protocol to)
{
	(void)account;
	e->protocol = to;
	record("protocol", NULL, 0, protocol_row(to)->key);
	post(e, EVENT_ACCOUNTS, 0);
	return done(e, NULL);
}

unsigned engine_check(struct engine *e, size_t account)
{
	struct event *ev = post(e, EVENT_CHECKED, ++e->id);

	(void)account;
	if (ev->kind == EVENT_CHECKED)
		ev->checked.lines =
			mem_strdup("IMAP  imap.example.org:993  connected, logged in\n");
	return ev->request;
}

void engine_password(struct engine *e, size_t account, const char *password)
{
	(void)e;
	snprintf(last, sizeof(last), "password %d %s", (int)account, password ? password : "-");
}

void engine_cancel(struct engine *e, unsigned id)
{
	(void)e;
	(void)id;
}

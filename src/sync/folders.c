/* The account's folders and their counts: LIST with STATUS in one, or folder by folder. */
#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/str.h"
#include "mime/charset.h"
#include "sync/watch.h"

#include <stdlib.h>
#include <string.h>

enum { STATUS_CHUNK = 10 };

/* The folder's name for people: UTF-8, '/' between levels whatever the server uses. */
static char *folder_name(const struct imap_mailbox *m)
{
	char *name = charset_from_imap_utf7(m->name);

	if (m->delimiter && m->delimiter != '/')
		for (char *p = name; *p; p++) {
			if (*p == m->delimiter)
				*p = '/';
			else if (*p == '/')
				*p = '_';
		}
	if (str_icmp(name, "INBOX") == 0)
		memcpy(name, "INBOX", 5);
	return name;
}

static void take_status(struct folder_entry *f, const struct imap_status *st)
{
	f->counts_known = true;
	f->total = st->messages;
	f->unread = st->unseen;
	f->uidnext = st->uidnext;
	f->uidvalidity = st->uidvalidity;
	f->highestmodseq = st->highestmodseq;
}

/* --- counts of some folders --- */

void folders_ask(struct watch *w, const char *mailbox)
{
	for (size_t i = w->asked; i < w->ask.n; i++)
		if (strcmp(w->ask.v[i], mailbox) == 0)
			return;
	strv_add(&w->ask, mailbox);
}

bool folders_busy(const struct watch *w)
{
	return w->asked < w->ask.n;
}

static void forget_asked(struct watch *w)
{
	strv_done(&w->ask);
	w->asked = 0;
}

static struct folder_entry *add_entry(struct folder_entries *to, const char *mailbox)
{
	struct folder_entry *f = &to->v[to->n++];

	f->name = mem_strdup("");
	f->mailbox = mem_strdup(mailbox);
	return f;
}

static void post_counts(struct lane_thread *l, struct result *r)
{
	if (r->counts.n)
		lane_post(l, r);
	else
		result_free(r);
}

int folders_work(struct lane_thread *l, struct err *err)
{
	struct watch *w = watch_state(l);
	struct result *r = result_new(RESULT_COUNTS);
	struct err said = {0};
	int rc = 0;

	r->counts.v = mem_array(STATUS_CHUNK, sizeof(*r->counts.v));
	for (size_t i = 0; rc == 0 && i < STATUS_CHUNK && folders_busy(w); i++) {
		struct imap_status st = {0};
		const char *mailbox = w->ask.v[w->asked++];

		if (imap_status(w->im, mailbox, &st, &said) == 0)
			take_status(add_entry(&r->counts, mailbox), &st);
		else if (!imap_is_alive(w->im))
			rc = -1;
		if (queue_len(l->jobs))
			break;
	}
	if (!folders_busy(w))
		forget_asked(w);
	post_counts(l, r);
	return watch_outcome(l, rc, &said, err);
}

void folders_told(struct lane_thread *l)
{
	struct watch *w = watch_state(l);
	struct imap_mailboxes boxes = {0};
	struct result *r;

	imap_take_boxes(w->im, &boxes);
	if (!boxes.n)
		return;
	r = result_new(RESULT_COUNTS);
	r->counts.v = mem_array(boxes.n, sizeof(*r->counts.v));
	for (size_t i = 0; i < boxes.n; i++) {
		const struct imap_mailbox *m = &boxes.v[i];

		if (m->status.whole)
			take_status(add_entry(&r->counts, m->name), &m->status);
		else
			folders_ask(w, m->name);
	}
	imap_mailboxes_done(&boxes);
	post_counts(l, r);
}

/* --- all folders --- */

/* A server that tells by itself is asked all the same: Dovecot, say, does not tell who has a
 * mailbox selected that it was renamed. */
void folders_plan(struct lane_thread *l)
{
	struct watch *w = watch_state(l);

	w->next_look = clock_ms() + (int64_t)l->check_seconds * 1000;
}

/* Servers without LIST-STATUS: folder by folder, at once when the list is waited for, else a few at
 * a time so that no job has to wait. */
static int ask_counts(
	struct lane_thread *l, const struct folder_entries *all, bool at_once, struct err *err)
{
	struct watch *w = watch_state(l);

	forget_asked(w);
	for (size_t i = 0; i < all->n; i++) {
		struct folder_entry *f = &all->v[i];
		struct imap_status st = {0};

		if (f->counts_known || !f->selectable)
			continue;
		if (!at_once || queue_len(l->jobs))
			strv_add(&w->ask, f->mailbox);
		else if (imap_status(w->im, f->mailbox, &st, err) == 0)
			take_status(f, &st);
		else if (!imap_is_alive(w->im))
			return -1;
	}
	return 0;
}

static bool tell_left_out(
	struct lane_thread *l, const struct imap_mailboxes *boxes, const struct err *refused)
{
	struct str text = STR_INIT;
	struct result *r;

	if (refused->kind != ERR_NONE)
		str_addf(&text, _("The server does not list its folders: %s"), refused->text);
	if (boxes->odd)
		str_addf(&text,
			ngettext("%zu folder of the server has a name that cannot be used; it is "
				 "left out",
				"%zu folders of the server have names that cannot be used; they "
				"are left out",
				boxes->odd),
			boxes->odd);
	if (boxes->over)
		str_addf(&text, _("%sThe server has more than 100,000 folders; %zu are left out"),
			text.len ? "; " : "", boxes->over);
	if (!text.len)
		return false;
	r = result_new(RESULT_ALERT);
	r->alert.text = str_steal(&text);
	lane_post(l, r);
	return true;
}

/* --- roles --- */

/* The last level by which people know it. */
static const char *last_level(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

/* Names count only for roles that no mailbox has by its flags, and the first one wins. */
static void find_roles(const struct folder_entries *all)
{
	bool taken[ROLES] = {false};

	for (size_t i = 0; i < all->n; i++)
		taken[all->v[i].role] = true;
	for (size_t i = 0; i < all->n; i++) {
		struct folder_entry *f = &all->v[i];
		enum mail_role role;

		if (f->role != ROLE_NONE || !f->selectable)
			continue;
		role = mail_role_by_name(last_level(f->name));
		if (taken[role])
			continue;
		f->role = role;
		taken[role] = role != ROLE_NONE;
	}
}

/* --- where the person's own mailboxes are --- */

static bool is_inbox(const char *name)
{
	return str_icmp(name, "INBOX") == 0;
}

static bool is_below_inbox(const struct imap_mailbox *m)
{
	return m->delimiter && str_nicmp(m->name, "INBOX", 5) == 0 && m->name[5] == m->delimiter;
}

/* A mailbox at the top beside the inbox shows that names begin with nothing. */
static bool has_top_level(const struct imap_mailboxes *boxes)
{
	for (size_t i = 0; i < boxes->n; i++) {
		const struct imap_mailbox *m = &boxes->v[i];

		if (m->selectable && !is_inbox(m->name) &&
			(!m->delimiter || !strchr(m->name, m->delimiter)))
			return true;
	}
	return false;
}

/* Where the server does not say it: all other mailboxes are below the inbox. */
static char *guess_prefix(const struct imap_mailboxes *boxes, char *delimiter)
{
	size_t below = 0;

	for (size_t i = 0; i < boxes->n; i++) {
		const struct imap_mailbox *m = &boxes->v[i];

		if (!is_inbox(m->name) && !is_below_inbox(m))
			return mem_strdup("");
		if (is_below_inbox(m)) {
			below++;
			*delimiter = m->delimiter;
		}
	}
	return below ? mem_strndup((char[]){'I', 'N', 'B', 'O', 'X', *delimiter}, 6)
		     : mem_strdup("");
}

/* Asked once in a connection's life, and only where the list does not show it. */
static int find_prefix(struct lane_thread *l, const struct imap_mailboxes *boxes, struct err *err)
{
	struct watch *w = watch_state(l);
	struct err said = {0};

	for (size_t i = 0; i < boxes->n && !w->delimiter; i++)
		w->delimiter = boxes->v[i].delimiter;
	if (has_top_level(boxes)) {
		free(w->prefix);
		w->prefix = mem_strdup("");
	}
	if (w->prefix)
		return 0;
	if (imap_namespace(w->im, &w->prefix, &w->delimiter, &said) != 0)
		return watch_outcome(l, -1, &said, err);
	if (!w->prefix)
		w->prefix = guess_prefix(boxes, &w->delimiter);
	return 0;
}

/* --- the list --- */

int folders_list(struct lane_thread *l, struct job *j, struct err *err)
{
	struct watch *w = watch_state(l);
	struct imap_mailboxes boxes = {0};
	struct result *r = result_new(RESULT_FOLDERS);
	struct folder_entries *all = &r->folders.all;
	int rc = imap_list(w->im, &boxes, &r->err);

	r->request = j ? j->request : 0;
	folders_plan(l);
	rc = watch_outcome(l, rc, &r->err, err);
	all->v = mem_array(boxes.n, sizeof(*all->v));
	for (size_t i = 0; i < boxes.n; i++) {
		const struct imap_mailbox *m = &boxes.v[i];

		all->v[all->n] = (struct folder_entry){.name = folder_name(m),
			.mailbox = mem_strdup(m->name),
			.role = m->role,
			.selectable = m->selectable};
		if (m->status.known)
			take_status(&all->v[all->n], &m->status);
		all->n++;
	}
	/* Once: the list is asked for by the clock. */
	if (rc == 0 && !w->told_left_out)
		w->told_left_out = tell_left_out(l, &boxes, &r->err);
	find_roles(all);
	if (rc == 0 && boxes.n && r->err.kind == ERR_NONE)
		rc = find_prefix(l, &boxes, err);
	r->folders.prefix = mem_strdup(w->prefix);
	r->folders.delimiter = w->delimiter;
	imap_mailboxes_done(&boxes);
	if (rc == 0)
		rc = ask_counts(l, all, r->request != 0, err);
	lane_post(l, r);
	return rc;
}

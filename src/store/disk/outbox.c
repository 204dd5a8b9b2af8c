#include "store/disk/outbox.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/disk/ticket.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	TEXT_MAX = 1 << 30,     /* bytes of a draft or message */
	SWEEP_SECONDS = 10 * 60 /* younger left-overs another running copy may be writing */
};

struct outbox {
	char *drafts, *dir;
};

/* ---- the value ---- */

void outbox_ref_done(struct outbox_ref *r)
{
	free(r->account);
	free(r->folder);
	free(r->file);
	*r = (struct outbox_ref){0};
}

void outbox_ref_copy(struct outbox_ref *to, const struct outbox_ref *from)
{
	struct outbox_ref copy = *from;

	copy.account = mem_strdup(from->account);
	copy.folder = mem_strdup(from->folder);
	copy.file = mem_strdup(from->file);
	outbox_ref_done(to);
	*to = copy;
}

void outbox_mail_copy(struct outbox_mail *to, const struct outbox_mail *from)
{
	*to = *from;
	to->id = mem_strdup(from->id);
	to->from = mem_strdup(from->from);
	to->subject = mem_strdup(from->subject);
	to->message_id = mem_strdup(from->message_id);
	to->error = mem_strdup(from->error);
	to->to = mem_array(from->nto, sizeof(*to->to));
	to->cap_to = from->nto;
	for (size_t i = 0; i < from->nto; i++)
		to->to[i] = (struct outbox_recipient){.address = mem_strdup(from->to[i].address),
			.fate = from->to[i].fate,
			.words = mem_strdup(from->to[i].words)};
	to->about = to->kept = (struct outbox_ref){0};
	outbox_ref_copy(&to->about, &from->about);
	outbox_ref_copy(&to->kept, &from->kept);
	to->files = (struct strv)STRV_INIT;
	for (size_t i = 0; i < from->files.n; i++)
		strv_add(&to->files, from->files.v[i]);
}

void outbox_mail_done(struct outbox_mail *m)
{
	free(m->id);
	free(m->from);
	free(m->subject);
	free(m->message_id);
	free(m->error);
	for (size_t i = 0; i < m->nto; i++) {
		free(m->to[i].address);
		free(m->to[i].words);
	}
	free(m->to);
	outbox_ref_done(&m->about);
	outbox_ref_done(&m->kept);
	strv_done(&m->files);
	*m = (struct outbox_mail){0};
}

struct outbox_recipient *outbox_recipient(struct outbox_mail *m, const char *address)
{
	struct outbox_recipient *r;

	for (size_t i = 0; i < m->nto; i++)
		if (str_icmp(m->to[i].address, address) == 0)
			return &m->to[i];
	m->to = mem_grow(m->to, &m->cap_to, m->nto + 1, sizeof(*m->to));
	r = &m->to[m->nto++];
	*r = (struct outbox_recipient){.address = mem_strdup(address), .words = mem_strdup("")};
	return r;
}

void outbox_fate(struct outbox_recipient *r, enum mail_fate fate, const char *words)
{
	char *copy = mem_strdup(words ? words : "");

	free(r->words);
	r->words = copy;
	r->fate = fate;
}

bool outbox_is_asked(const struct outbox_recipient *r)
{
	return r->fate == FATE_UNASKED || r->fate == FATE_LATER;
}

size_t outbox_count_fate(const struct outbox_mail *m, enum mail_fate fate)
{
	size_t n = 0;

	for (size_t i = 0; i < m->nto; i++)
		n += m->to[i].fate == fate;
	return n;
}

bool outbox_has(const struct outbox_mail *m, enum mail_fate fate)
{
	return outbox_count_fate(m, fate) > 0;
}

/* ---- names ---- */

/* Ids come back from other parts of the program and lead to files: nothing but what new_id makes.
 */
static bool id_ok(const char *id)
{
	size_t len = strlen(id);

	return len > 0 && len <= 64 && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789") == len;
}

static int not_here(struct err *err)
{
	return err_set(err, ERR_GONE, _("This message is no longer here"));
}

static void new_id(struct str *id)
{
	char token[11];

	hash_random_token(token, sizeof(token) - 1);
	str_clear(id);
	str_addf(id, "%08llx%s", (unsigned long long)clock_now(), token);
}

static char *path_of(const char *dir, const char *id, const char *ext)
{
	struct str path = STR_INIT;

	str_addf(&path, "%s/%s%s", dir, id, ext);
	return str_steal(&path);
}

/* A message's file is named by its content too: a job and the bytes it means change in one rename.
 */
static char *message_path(const char *dir, const char *id, const char *sha256)
{
	struct str path = STR_INIT;

	str_addf(&path, "%s/%s.%.16s.eml", dir, id, sha256);
	return str_steal(&path);
}

static const char *dir_of(const struct outbox *o, enum outbox_state state)
{
	return state == OUTBOX_DRAFT ? o->drafts : o->dir;
}

static bool has_job(const char *dir, const char *id)
{
	char *path = path_of(dir, id, ".job");
	bool yes = file_exists(path);

	free(path);
	return yes;
}

/* Where the mail is: what is in both directories is on its way out. */
static const char *home_of(const struct outbox *o, const char *id)
{
	return has_job(o->dir, id) || !has_job(o->drafts, id) ? o->dir : o->drafts;
}

static bool ends_with(const char *s, const char *end)
{
	size_t a = strlen(s), b = strlen(end);

	return a > b && strcmp(s + a - b, end) == 0;
}

/* The id in a file name: all up to the first dot. */
static char *id_in(const char *name)
{
	char *id = mem_strndup(name, strcspn(name, "."));

	if (id_ok(id))
		return id;
	free(id);
	return NULL;
}

/* ID.HASH.eml: a message, and no text of an editor. */
static bool is_message(const char *name)
{
	size_t id = strcspn(name, ".");

	return name[id] == '.' && strspn(name + id + 1, "0123456789abcdef") == 16 &&
	       strcmp(name + id + 17, ".eml") == 0;
}

/* ---- opening ---- */

/*
 * Temporary files, messages and texts of an editor without a state, and drafts that are on their
 * way out already.
 */
static bool is_leftover(const struct outbox *o, const char *dir, const char *name)
{
	char *id;
	bool yes;

	if (ends_with(name, ".tmp"))
		return true;
	id = id_in(name);
	if (!id)
		return false;
	if (is_message(name) || ends_with(name, ".edit.eml"))
		yes = !has_job(dir, id);
	else
		yes = dir == o->drafts && ends_with(name, ".job") && has_job(o->dir, id);
	free(id);
	return yes;
}

static void sweep(const struct outbox *o, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *de;
	struct stat st;

	while (d && (de = readdir(d)))
		if (de->d_name[0] != '.' && is_leftover(o, dir, de->d_name) &&
			fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			clock_now() - st.st_mtime > SWEEP_SECONDS)
			unlinkat(dirfd(d), de->d_name, 0);
	if (d)
		closedir(d);
}

int outbox_open(struct outbox **out, const char *account_dir, struct err *err)
{
	struct outbox *o = mem_alloc(sizeof(*o));

	o->drafts = file_join(account_dir, "drafts");
	o->dir = file_join(account_dir, "outbox");
	if (file_make_dirs(o->drafts, err) != 0 || file_make_dirs(o->dir, err) != 0) {
		outbox_free(o);
		return -1;
	}
	sweep(o, o->drafts);
	sweep(o, o->dir);
	*out = o;
	return 0;
}

void outbox_free(struct outbox *o)
{
	if (!o)
		return;
	free(o->drafts);
	free(o->dir);
	free(o);
}

/* ---- lists ---- */

struct aged {
	char *id; /* owned */
	struct timespec when;
};

struct aged_list {
	struct aged *v;
	size_t n, cap;
};

static int oldest_first(const void *a, const void *b)
{
	const struct aged *x = a, *y = b;

	if (x->when.tv_sec != y->when.tv_sec)
		return x->when.tv_sec < y->when.tv_sec ? -1 : 1;
	if (x->when.tv_nsec != y->when.tv_nsec)
		return x->when.tv_nsec < y->when.tv_nsec ? -1 : 1;
	return strcmp(x->id, y->id);
}

static int newest_first(const void *a, const void *b)
{
	return oldest_first(b, a);
}

static int collect(const char *dir, const char *ext, struct aged_list *list, struct err *err)
{
	DIR *d = opendir(dir);
	struct dirent *de;
	struct stat st;

	if (!d)
		return err_errno(err, _("Cannot read %s"), dir);
	while ((de = readdir(d))) {
		char *id = ends_with(de->d_name, ext) ? id_in(de->d_name) : NULL;
		bool plain = id && strlen(id) + strlen(ext) == strlen(de->d_name) &&
			     fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			     S_ISREG(st.st_mode);

		if (!plain) {
			free(id);
			continue;
		}
		list->v = mem_grow(list->v, &list->cap, list->n + 1, sizeof(*list->v));
		list->v[list->n++] = (struct aged){.id = id, .when = st.st_mtim};
	}
	closedir(d);
	return 0;
}

static void give_sorted(
	struct aged_list *list, int (*order)(const void *, const void *), struct strv *ids)
{
	if (list->n)
		qsort(list->v, list->n, sizeof(*list->v), order);
	for (size_t i = 0; i < list->n; i++)
		strv_take(ids, list->v[i].id);
	free(list->v);
}

/* ---- state files ---- */

/* A name that leads nowhere else, then gone for good. Missing is fine. */
static int remove_durably(const char *path, struct err *err)
{
	if (unlink(path) != 0 && errno != ENOENT)
		return err_errno(err, _("Cannot remove %s"), path);
	return file_sync_parent(path, err);
}

static int load_ticket(const char *dir, const char *id, struct ticket *job, struct err *err)
{
	struct str text = STR_INIT;
	char *path;
	int rc;

	if (!id_ok(id))
		return not_here(err);
	path = path_of(dir, id, ".job");
	rc = file_exists(path) ? file_read(path, TICKET_MAX, &text, err) : not_here(err);
	if (rc == 0)
		rc = ticket_parse(str_c(&text), text.len, job, err);
	free(path);
	str_done(&text);
	return rc;
}

/* mail is borrowed: its strings stay the caller's. */
static int store_ticket(const char *dir, const struct outbox_mail *mail, uint64_t size,
	const char *sha256, struct err *err)
{
	struct ticket job = {.mail = *mail, .size = size};
	struct str text = STR_INIT;
	char *path;
	int rc;

	memcpy(job.sha256, sha256, sizeof(job.sha256));
	ticket_format(&text, &job);
	if (text.len > TICKET_MAX) {
		str_done(&text);
		return err_set(err, ERR_INPUT, _("The message has too many recipients"));
	}
	path = path_of(dir, mail->id, ".job");
	rc = file_replace(path, text.p, text.len, 0600, err);
	free(path);
	str_done(&text);
	return rc;
}

/* Every message file of id but keep (NULL: none is kept). What stays behind after a crash is swept.
 */
static void drop_messages(const char *dir, const char *id, const char *keep)
{
	DIR *d = opendir(dir);
	struct dirent *de;
	size_t len = strlen(id);

	while (d && (de = readdir(d)))
		if (strncmp(de->d_name, id, len) == 0 && de->d_name[len] == '.' &&
			is_message(de->d_name) && (!keep || strcmp(de->d_name, keep) != 0))
			unlinkat(dirfd(d), de->d_name, 0);
	if (d)
		closedir(d);
}

/* The bytes go after the state: the other way round a crash would leave a state without them. */
static int leave(const char *dir, const char *id, struct err *err)
{
	char *path = path_of(dir, id, ".job");
	int rc = remove_durably(path, err);

	if (rc == 0)
		drop_messages(dir, id, NULL);
	free(path);
	return rc;
}

static void digest(char hex[2 * HASH_SHA256_SIZE + 1], const char *p, size_t len)
{
	unsigned char sum[HASH_SHA256_SIZE];

	hash_sha256(sum, p, len);
	hash_hex(hex, sum, sizeof(sum));
}

/* What was told as failed must not be found later: the state may have its name already when the
 * directory cannot be synced. */
static void take_back(const char *dir, const char *id)
{
	char *job = path_of(dir, id, ".job");

	/* where it stays, so do its bytes */
	if (unlink(job) == 0 || errno == ENOENT)
		drop_messages(dir, id, NULL);
	free(job);
}

/* The former state is still there: so are its bytes, and no others. */
static void drop_others(const char *dir, const char *id)
{
	struct ticket job = {0};
	char *path;

	if (load_ticket(dir, id, &job, NULL) != 0)
		return;
	path = message_path(dir, id, job.sha256);
	drop_messages(dir, id, strrchr(path, '/') + 1);
	free(path);
	ticket_done(&job);
}

/* ---- mails ---- */

/* Written; now it goes out of the directory where it was. */
static int move_out(struct outbox *o, const struct outbox_mail *m, struct err *err)
{
	struct err ignored = {0};

	if (m->state == OUTBOX_DRAFT) {
		if (!has_job(o->dir, m->id))
			return 0;
		if (leave(o->dir, m->id, err) == 0)
			return 0;
		/* It may have left all the same: then the draft is all there is. */
		if (has_job(o->dir, m->id))
			take_back(o->drafts, m->id);
		return -1;
	}
	/* A draft that stays behind does not count any more. */
	if (has_job(o->drafts, m->id) && leave(o->drafts, m->id, &ignored) != 0)
		log_line(1, "outbox: %s: %s", m->id, ignored.text);
	else
		outbox_text_remove(o, m->id);
	return 0;
}

int outbox_put(
	struct outbox *o, struct outbox_mail *m, const char *message, size_t len, struct err *err)
{
	char sha256[2 * HASH_SHA256_SIZE + 1], *path;
	const char *dir = dir_of(o, m->state);
	bool given = m->id && *m->id;
	bool fresh;
	int rc;

	if (given && !id_ok(m->id))
		return not_here(err);
	if (len > TEXT_MAX)
		return err_set(err, ERR_INPUT, _("The message is too large"));
	if (!given) {
		struct str id = STR_INIT;

		new_id(&id);
		free(m->id);
		m->id = str_steal(&id);
	}
	fresh = !has_job(dir, m->id);
	digest(sha256, message, len);
	path = message_path(dir, m->id, sha256);
	rc = file_replace(path, message, len, 0600, err);
	if (rc == 0)
		rc = store_ticket(dir, m, len, sha256, err);
	if (rc == 0)
		drop_messages(dir, m->id, strrchr(path, '/') + 1);
	else if (fresh)
		take_back(dir, m->id);
	else
		drop_others(dir, m->id);
	free(path);
	if (rc == 0)
		rc = move_out(o, m, err);
	/* The id is given out only with the mail. */
	if (rc != 0 && !given) {
		free(m->id);
		m->id = mem_strdup("");
	}
	return rc;
}

int outbox_update(struct outbox *o, const struct outbox_mail *m, struct err *err)
{
	const char *dir = dir_of(o, m->state);
	struct ticket job = {0};
	int rc = m->id ? load_ticket(dir, m->id, &job, err) : not_here(err);

	if (rc != 0)
		return rc;
	rc = store_ticket(dir, m, job.size, job.sha256, err);
	ticket_done(&job);
	return rc;
}

int outbox_get(struct outbox *o, const char *id, struct outbox_mail *m, struct err *err)
{
	struct ticket job = {0};

	if (!id_ok(id))
		return not_here(err);
	if (load_ticket(home_of(o, id), id, &job, err) != 0)
		return -1;
	*m = job.mail;
	m->id = mem_strdup(id);
	return 0;
}

static int verify(const struct ticket *job, const char *p, size_t len, struct err *err)
{
	char sha256[2 * HASH_SHA256_SIZE + 1];

	digest(sha256, p, len);
	if (len == job->size && strcmp(sha256, job->sha256) == 0)
		return 0;
	return err_set(err, ERR_DAMAGED,
		_("The queued message is damaged on the disk and will not be sent"));
}

int outbox_read(struct outbox *o, const char *id, struct str *message, struct err *err)
{
	size_t start = message->len;
	struct ticket job = {0};
	const char *dir;
	char *path;
	int rc;

	if (!id_ok(id))
		return not_here(err);
	dir = home_of(o, id);
	rc = load_ticket(dir, id, &job, err);
	if (rc != 0)
		return rc;
	path = message_path(dir, id, job.sha256);
	if (file_exists(path))
		rc = file_read(path, TEXT_MAX, message, err);
	if (rc == 0)
		rc = verify(&job, str_c(message) + start, message->len - start, err);
	if (rc != 0)
		str_cut(message, start);
	free(path);
	ticket_done(&job);
	return rc;
}

/* By the time the bytes were queued; the state's own file changes with every attempt. */
static void queued_times(struct outbox *o, struct aged_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		struct ticket job = {0};
		struct stat st;
		char *path;

		if (load_ticket(o->dir, list->v[i].id, &job, NULL) != 0)
			continue;
		path = message_path(o->dir, list->v[i].id, job.sha256);
		if (stat(path, &st) == 0)
			list->v[i].when = st.st_mtim;
		free(path);
		ticket_done(&job);
	}
}

int outbox_list(struct outbox *o, struct strv *ids, struct err *err)
{
	struct aged_list list = {0};
	int rc = collect(o->dir, ".job", &list, err);

	queued_times(o, &list);
	give_sorted(&list, oldest_first, ids);
	return rc;
}

int outbox_drafts(struct outbox *o, struct strv *ids, struct err *err)
{
	struct aged_list list = {0};
	int rc = collect(o->drafts, ".job", &list, err);
	size_t kept = 0;

	for (size_t i = 0; i < list.n; i++)
		if (has_job(o->dir, list.v[i].id))
			free(list.v[i].id);
		else
			list.v[kept++] = list.v[i];
	list.n = kept;
	give_sorted(&list, newest_first, ids);
	return rc;
}

uint64_t outbox_stamp(const struct outbox *o)
{
	struct stat st;

	if (stat(o->dir, &st) != 0)
		return 0;
	return (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
}

int outbox_remove(struct outbox *o, const char *id, struct err *err)
{
	if (!id_ok(id))
		return not_here(err);
	/* A draft that was left over must not look unsent once the outbox has it no more. */
	if (has_job(o->drafts, id) && leave(o->drafts, id, err) != 0)
		return -1;
	outbox_text_remove(o, id);
	return leave(o->dir, id, err);
}

int outbox_recover(struct outbox *o, struct err *err)
{
	struct strv ids = STRV_INIT;
	int rc = outbox_list(o, &ids, err);

	for (size_t i = 0; rc == 0 && i < ids.n; i++) {
		struct outbox_mail m = {0};
		struct err why = {0};

		if (outbox_get(o, ids.v[i], &m, &why) != 0) {
			log_line(1, "outbox: %s: %s", ids.v[i], why.text);
			continue;
		}
		if (m.state == OUTBOX_SENDING) {
			m.state = OUTBOX_UNCONFIRMED;
			free(m.error);
			m.error = mem_strdup(_("The program ended while this message was being "
					       "sent: it may have been delivered"));
			for (size_t k = 0; k < m.nto; k++)
				if (outbox_is_asked(&m.to[k]))
					outbox_fate(&m.to[k], FATE_UNCONFIRMED, m.error);
			rc = outbox_update(o, &m, err);
		}
		outbox_mail_done(&m);
	}
	strv_done(&ids);
	return rc;
}

/* ---- the editor's file ---- */

char *outbox_text_path(struct outbox *o, const char *id)
{
	return id_ok(id) ? path_of(o->drafts, id, ".edit.eml") : NULL;
}

int outbox_text_write(
	struct outbox *o, const char *id, const char *text, size_t len, struct err *err)
{
	char *path = outbox_text_path(o, id);
	int rc = path ? file_replace(path, text, len, 0600, err) : not_here(err);

	free(path);
	return rc;
}

static int read_text(char *path, struct str *text, struct err *err)
{
	int rc = path && file_exists(path) ? file_read(path, TEXT_MAX, text, err) : not_here(err);

	free(path);
	return rc;
}

int outbox_text_read(struct outbox *o, const char *id, struct str *text, struct err *err)
{
	return read_text(outbox_text_path(o, id), text, err);
}

void outbox_text_remove(struct outbox *o, const char *id)
{
	char *path = outbox_text_path(o, id);

	if (path)
		unlink(path);
	free(path);
}

/* ---- drafts of the former version ---- */

int outbox_old_list(struct outbox *o, struct strv *ids, struct err *err)
{
	struct aged_list list = {0};
	int rc = collect(o->drafts, ".eml", &list, err);

	give_sorted(&list, oldest_first, ids);
	return rc;
}

static char *old_path(struct outbox *o, const char *id)
{
	return id_ok(id) ? path_of(o->drafts, id, ".eml") : NULL;
}

int outbox_old_read(struct outbox *o, const char *id, struct str *text, struct err *err)
{
	return read_text(old_path(o, id), text, err);
}

int outbox_old_remove(struct outbox *o, const char *id, struct err *err)
{
	char *path = old_path(o, id);
	int rc = path ? remove_durably(path, err) : not_here(err);

	free(path);
	return rc;
}

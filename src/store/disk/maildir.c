#include "store/disk/maildir_priv.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/map.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	BASE_MAX = 230,         /* leaves room for ":2," and the flags in 255 */
	TMP_SECONDS = 36 * 3600 /* maildir(5): older files in tmp are left over from a crash */
};

/* In the order of the alphabet, as the file name wants them. */
static const struct {
	char letter;
	uint32_t flag;
} letters[] = {
	{'D', MAIL_DRAFT},
	{'F', MAIL_FLAGGED},
	{'P', MAIL_FORWARDED},
	{'R', MAIL_ANSWERED},
	{'S', MAIL_SEEN},
	{'T', MAIL_DELETED},
};

/* ---- names ---- */

/* A base comes back from caches and journals: it must never lead out of cur and new. */
static bool base_ok(const char *base)
{
	size_t len = strlen(base);

	if (len == 0 || len > BASE_MAX || base[0] == '.')
		return false;
	for (const char *p = base; *p; p++)
		if (*p == '/' || *p == ':' || (unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	return true;
}

static int no_message(struct err *err)
{
	return err_set(err, ERR_GONE, _("This message is no longer in the folder"));
}

static uint32_t flags_of(const char *info)
{
	uint32_t flags = 0;

	if (strncmp(info, ":2,", 3) != 0)
		return 0;
	for (size_t i = 0; i < MEM_COUNT(letters); i++)
		if (strchr(info + 3, letters[i].letter))
			flags |= letters[i].flag;
	return flags;
}

static bool is_ours(char letter)
{
	for (size_t i = 0; i < MEM_COUNT(letters); i++)
		if (letters[i].letter == letter)
			return true;
	return false;
}

/* A name longer than that is none on most file systems. */
enum { NAME_LEN_MAX = 255 };

void maildir_add_info(struct str *name, uint32_t flags, const char *former, uint32_t keywords)
{
	str_adds(name, ":2,");
	for (size_t i = 0; i < MEM_COUNT(letters); i++)
		if (flags & letters[i].flag)
			str_addc(name, letters[i].letter);
	if (strncmp(former, ":2,", 3) == 0)
		for (const char *p = former + 3; *p && name->len < NAME_LEN_MAX; p++)
			if (!is_ours(*p) && *p >= 'A' && *p <= 'Z')
				str_addc(name, *p);
	for (char c = 'a'; c <= 'z' && name->len < NAME_LEN_MAX; c++)
		if (keywords & 1u << (c - 'a'))
			str_addc(name, c);
}

static const char *info_of(const char *name)
{
	const char *colon = strchr(name, ':');

	return colon ? colon : "";
}

uint32_t maildir_letters_of(const char *name)
{
	const char *info = info_of(name);
	uint32_t found = 0;

	if (strncmp(info, ":2,", 3) == 0)
		for (const char *p = info + 3; *p; p++)
			if (*p >= 'a' && *p <= 'z')
				found |= 1u << (*p - 'a');
	return found;
}

/* ---- finding ---- */

void maildir_place_done(struct place *at)
{
	str_done(&at->name);
	str_done(&at->path);
}

void maildir_place_set(struct place *at, const char *dir, bool in_new, const char *name)
{
	struct str copy = STR_INIT;

	str_adds(&copy, name);
	str_done(&at->name);
	at->name = copy;
	at->in_new = in_new;
	str_clear(&at->path);
	str_room(&at->path, strlen(dir) + 5 + copy.len);
	str_adds(&at->path, dir);
	str_adds(&at->path, in_new ? "/new/" : "/cur/");
	str_add(&at->path, at->name.p, at->name.len);
}

static bool is_there(const struct place *at)
{
	struct stat st;

	return lstat(at->path.p, &st) == 0 && S_ISREG(st.st_mode);
}

/* The keywords of the last message that was found by reading: the next often has the same. */
static _Thread_local uint32_t last_letters;

static bool is_with(
	struct place *at, const char *dir, const char *base, uint32_t flags, uint32_t keywords)
{
	struct str name = STR_INIT;

	str_adds(&name, base);
	maildir_add_info(&name, flags, "", keywords);
	maildir_place_set(at, dir, false, name.p);
	str_done(&name);
	return is_there(at);
}

/* Most messages are these. */
static bool find_usual(struct place *at, const char *dir, const char *base)
{
	static const uint32_t usual[] = {
		MAIL_SEEN, 0, MAIL_SEEN | MAIL_ANSWERED, MAIL_SEEN | MAIL_FLAGGED};

	for (size_t i = 0; i < MEM_COUNT(usual); i++)
		if (is_with(at, dir, base, usual[i], 0))
			return true;
	maildir_place_set(at, dir, true, base);
	return is_there(at);
}

static bool find_with_letters(
	struct place *at, const char *dir, const char *base, uint32_t keywords)
{
	bool found = false;

	for (uint32_t set = 0; !found && set < 1u << MEM_COUNT(letters); set++) {
		uint32_t flags = 0;

		for (size_t i = 0; i < MEM_COUNT(letters); i++)
			flags |= set & 1u << i ? letters[i].flag : 0;
		found = is_with(at, dir, base, flags, keywords);
	}
	return found;
}

/* Nearly every name is one of these: 130 stats are cheaper than reading a large directory. */
static bool find_by_guess(struct place *at, const char *dir, const char *base)
{
	bool found = find_usual(at, dir, base) || find_with_letters(at, dir, base, 0);

	if (!found && last_letters)
		found = find_with_letters(at, dir, base, last_letters);
	if (!found) {
		maildir_place_set(at, dir, false, base);
		found = is_there(at);
	}
	return found;
}

static bool find_by_reading(struct place *at, const char *dir, bool in_new, const char *base)
{
	char *path = file_join(dir, in_new ? "new" : "cur");
	DIR *d = opendir(path);
	struct dirent *de;
	size_t len = strlen(base);
	bool found = false;

	while (d && !found && (de = readdir(d)))
		if (strncmp(de->d_name, base, len) == 0 &&
			(de->d_name[len] == '\0' || de->d_name[len] == ':')) {
			maildir_place_set(at, dir, in_new, de->d_name);
			found = is_there(at);
		}
	if (found)
		last_letters = maildir_letters_of(at->name.p);
	if (d)
		closedir(d);
	free(path);
	return found;
}

/* Twice, because another program may rename the file between two looks. */
static bool find(struct place *at, const char *dir, const char *base)
{
	for (int i = 0; i < 2; i++)
		if (find_by_guess(at, dir, base) || find_by_reading(at, dir, true, base) ||
			find_by_reading(at, dir, false, base))
			return true;
	return false;
}

int maildir_with_message(
	const char *dir, const char *base, maildir_place_fn *fn, void *ctx, struct err *err)
{
	struct place at = {0};
	int rc = 1;

	if (base_ok(base))
		for (int i = 0; rc == 1 && i < 5 && find(&at, dir, base); i++)
			rc = fn(ctx, &at, err);
	maildir_place_done(&at);
	return rc == 1 ? no_message(err) : rc;
}

/* ---- scanning ---- */

struct names {
	struct strv in_new, in_cur;
	struct strv earlier; /* from readings before the last: to be looked for */
};

static void names_done(struct names *n)
{
	strv_done(&n->in_new);
	strv_done(&n->in_cur);
	strv_done(&n->earlier);
}

static void set_aside(struct strv *names, struct strv *earlier)
{
	for (size_t i = 0; i < names->n; i++)
		strv_take(earlier, names->v[i]);
	names->n = 0;
	strv_done(names);
}

static int read_names(const char *dir, const char *sub, struct strv *out, struct err *err)
{
	char *path = file_join(dir, sub);
	DIR *d = opendir(path);
	struct dirent *de;
	int rc = 0;

	if (!d)
		rc = errno == ENOENT ? err_set(err, ERR_GONE, _("%s does not exist"), path)
				     : err_errno(err, _("Cannot read %s"), path);
	while (d && (de = readdir(d)))
		if (de->d_name[0] != '.' && (de->d_type == DT_REG || de->d_type == DT_UNKNOWN))
			strv_add(out, de->d_name);
	if (d)
		closedir(d);
	free(path);
	return rc;
}

static uint64_t raw_stamp(const char *dir, int64_t *newest)
{
	static const unsigned char key[16] = {0};
	static const char *const parts[] = {"cur", "new", "dovecot-keywords"};
	uint64_t v[4 * MEM_COUNT(parts)] = {0};
	struct stat st;

	*newest = 0;
	for (size_t i = 0; i < MEM_COUNT(parts); i++) {
		char *path = file_join(dir, parts[i]);

		if (stat(path, &st) == 0) {
			int64_t ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;

			v[i * 4] = 1 + (uint64_t)st.st_dev;
			v[i * 4 + 1] = (uint64_t)st.st_ino;
			v[i * 4 + 2] = (uint64_t)ns;
			v[i * 4 + 3] = (uint64_t)st.st_nlink;
			*newest = ns > *newest ? ns : *newest;
		}
		free(path);
	}
	return hash_sip(key, v, sizeof(v));
}

uint64_t maildir_stamp(const char *dir)
{
	int64_t newest, age;
	uint64_t stamp = raw_stamp(dir, &newest);
	struct timespec now;

	/* Directory times move in steps of some milliseconds: what changes twice within one step
	 * looks unchanged. A stamp that young never repeats. */
	clock_gettime(CLOCK_REALTIME, &now);
	age = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - newest;
	if (age >= 0 && age < 50000000)
		stamp ^= (uint64_t)age * 0x9e3779b97f4a7c15u + 1;
	return stamp;
}

/* new is read first: a message moved to cur meanwhile is seen twice rather than never. A rename
 * within cur can hide a name from readdir, so a directory that changed is read again, and what only
 * an earlier reading saw is looked for by name. */
static int collect(const char *dir, struct names *names, struct err *err)
{
	for (int i = 0; i < 4; i++) {
		int64_t newest;
		uint64_t before = raw_stamp(dir, &newest);

		set_aside(&names->in_new, &names->earlier);
		set_aside(&names->in_cur, &names->earlier);
		if (read_names(dir, "new", &names->in_new, err) != 0 ||
			read_names(dir, "cur", &names->in_cur, err) != 0)
			return -1;
		if (raw_stamp(dir, &newest) == before)
			break;
	}
	return 0;
}

static bool size_in_name(const char *base, uint64_t *size)
{
	const char *p = strstr(base, ",S=");
	char *end;

	if (!p || p[3] < '0' || p[3] > '9' || strspn(p + 3, "0123456789") > 15)
		return false;
	*size = strtoull(p + 3, &end, 10);
	return *end == '\0' || *end == ',';
}

static bool time_in_name(const char *base, uint32_t *received)
{
	size_t digits = strspn(base, "0123456789");
	unsigned long long t;

	if (digits < 8 || digits > 10 || base[digits] != '.')
		return false;
	t = strtoull(base, NULL, 10);
	*received = (uint32_t)t;
	return t <= UINT32_MAX;
}

/* What the name does not say comes from the file. False: it is gone, or no plain file. */
static bool fill_entry(const char *dir, const char *name, struct maildir_entry *e)
{
	struct place at = {0};
	struct stat st;
	bool ok = true, sized = size_in_name(e->base, &e->size),
	     dated = time_in_name(e->base, &e->received);

	if (sized && dated)
		return true;
	maildir_place_set(&at, dir, e->in_new, name);
	ok = (lstat(at.path.p, &st) == 0 ||
		     (find(&at, dir, e->base) && lstat(at.path.p, &st) == 0)) &&
	     S_ISREG(st.st_mode);
	if (ok && !sized)
		e->size = (uint64_t)st.st_size;
	if (ok && !dated)
		e->received = st.st_mtime < 0                    ? 0
			      : st.st_mtime > (time_t)UINT32_MAX ? UINT32_MAX
								 : (uint32_t)st.st_mtime;
	maildir_place_done(&at);
	return ok;
}

struct scan {
	const char *dir;
	struct map *seen;
	int (*fn)(void *ctx, const struct maildir_entry *e);
	void *ctx;
	struct keyword_table table;
	size_t too_long;  /* names */
	uint32_t letters; /* what words stands for: neighbours often have the same */
	struct str words;
};

static const char *words_for(struct scan *s, uint32_t keywords)
{
	if (keywords != s->letters) {
		maildir_keywords_words(&s->table, keywords, &s->words);
		s->letters = keywords;
	}
	return str_c(&s->words);
}

static int scan_name(struct scan *s, const char *name, bool in_new)
{
	static char mark;
	const char *info = info_of(name);
	char *base = mem_strndup(name, strcspn(name, ":"));
	struct maildir_entry e = {
		.base = base, .name = name, .in_new = in_new, .flags = flags_of(info)};
	int rc = 0;

	e.keywords = words_for(s, maildir_letters_of(name));
	s->too_long += strlen(base) > BASE_MAX;
	if (base_ok(e.base) && !map_get(s->seen, e.base) && fill_entry(s->dir, name, &e)) {
		map_put(s->seen, e.base, &mark);
		rc = s->fn(s->ctx, &e);
	}
	free(base);
	return rc;
}

static int scan_earlier(struct scan *s, const char *name)
{
	char *base = mem_strndup(name, strcspn(name, ":"));
	struct place at = {0};
	int rc = 0;

	if (base_ok(base) && !map_get(s->seen, base) && find(&at, s->dir, base))
		rc = scan_name(s, at.name.p, at.in_new);
	maildir_place_done(&at);
	free(base);
	return rc;
}

static void sweep_tmp(const char *dir)
{
	char *path = file_join(dir, "tmp");
	DIR *d = opendir(path);
	struct dirent *de;
	struct stat st;

	while (d && (de = readdir(d)))
		if (de->d_name[0] != '.' &&
			fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISREG(st.st_mode) && clock_now() - st.st_mtime > TMP_SECONDS)
			unlinkat(dirfd(d), de->d_name, 0);
	if (d)
		closedir(d);
	free(path);
}

int maildir_scan(const char *dir, int (*fn)(void *ctx, const struct maildir_entry *e), void *ctx,
	struct err *err)
{
	struct names names = {0};
	struct scan s = {.dir = dir, .seen = map_new(), .fn = fn, .ctx = ctx};
	struct err why = {0};
	int rc = collect(dir, &names, err);

	/* One that cannot be read costs the keywords, not the mail; err says so all the same. */
	if (rc == 0 && maildir_keywords_load(dir, &s.table, &why) != 0)
		err_set(err, why.kind, _("its keywords cannot be read: %s"), why.text);
	for (size_t i = 0; rc == 0 && i < names.in_cur.n; i++)
		rc = scan_name(&s, names.in_cur.v[i], false);
	for (size_t i = 0; rc == 0 && i < names.in_new.n; i++)
		rc = scan_name(&s, names.in_new.v[i], true);
	for (size_t i = 0; rc == 0 && i < names.earlier.n; i++)
		rc = scan_earlier(&s, names.earlier.v[i]);
	if (rc == 0 && s.too_long)
		err_set(err, ERR_INPUT,
			ngettext("%zu message has a name of more than %d bytes and is not shown",
				"%zu messages have names of more than %d bytes and are not shown",
				s.too_long),
			s.too_long, BASE_MAX);
	map_free(s.seen, NULL);
	maildir_keywords_done(&s.table);
	str_done(&s.words);
	names_done(&names);
	sweep_tmp(dir);
	return rc;
}

/* ---- writing ---- */

int maildir_sync_sub(const char *dir, bool in_new, struct err *err)
{
	char *path = file_join(dir, in_new ? "new" : "cur");
	int rc = file_sync_dir(path, err);

	free(path);
	return rc;
}

int maildir_sync(const char *dir, struct err *err)
{
	return maildir_sync_sub(dir, false, err) == 0 ? maildir_sync_sub(dir, true, err) : -1;
}

/* ---- reading ---- */

struct read_job {
	size_t max;
	struct str *out;
};

static int read_fd(int fd, size_t size, struct str *out, struct err *err)
{
	size_t start = out->len;

	while (out->len - start < size) {
		size_t want = size - (out->len - start);
		ssize_t n;

		str_room(out, want);
		n = read(fd, out->p + out->len, want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, _("Cannot read the message"));
		if (n == 0)
			break;
		out->len += (size_t)n;
		out->p[out->len] = '\0';
	}
	return 0;
}

/* No link is followed and no FIFO waited for: only plain files are messages. */
static int open_message(const char *path, struct stat *st, int *fd, struct err *err)
{
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (*fd < 0)
		return errno == ENOENT ? 1 : err_errno(err, _("Cannot open %s"), path);
	if (fstat(*fd, st) == 0 && S_ISREG(st->st_mode))
		return 0;
	close(*fd);
	return err_set(err, ERR_GONE, _("%s is not a file"), path);
}

static int read_place(void *ctx, struct place *at, struct err *err)
{
	struct read_job *job = ctx;
	size_t start = job->out->len;
	struct stat st;
	int fd, rc = open_message(at->path.p, &st, &fd, err);

	if (rc != 0)
		return rc;
	if ((uint64_t)st.st_size > job->max)
		rc = err_set(err, ERR_INPUT, _("The message is larger than %zu bytes"), job->max);
	else
		rc = read_fd(fd, (size_t)st.st_size, job->out, err);
	close(fd);
	if (rc != 0)
		str_cut(job->out, start);
	return rc;
}

int maildir_read(const char *dir, const char *base, size_t max, struct str *out, struct err *err)
{
	struct read_job job = {.max = max, .out = out};

	return maildir_with_message(dir, base, read_place, &job, err);
}

int maildir_read_at(const char *dir, bool in_new, const char *name, size_t max, struct str *out,
	struct err *err)
{
	struct read_job job = {.max = max, .out = out};
	char *base = mem_strndup(name, strcspn(name, ":"));
	struct place at = {0};
	int rc = 1;

	if (base_ok(base) && !strchr(name, '/')) {
		maildir_place_set(&at, dir, in_new, name);
		rc = read_place(&job, &at, err);
	}
	if (rc == 1)
		rc = maildir_read(dir, base, max, out, err);
	maildir_place_done(&at);
	free(base);
	return rc;
}

/* ---- changing ---- */

struct change {
	const char *dir, *base, *to_dir;
	uint32_t flags;
	bool add;                /* to those that it has */
	bool later;              /* the caller waits for the disk, once for many */
	const struct map *there; /* bases in to_dir; NULL: to be looked for */
	uint32_t (*letters)(void *ctx, uint32_t letters); /* or NULL: flags are what changes */
	void *ctx;
	struct str *new_base;
};

static int flag_place(void *ctx, struct place *at, struct err *err)
{
	struct change *c = ctx;
	struct str name = STR_INIT;
	struct place to = {0};
	const char *info = info_of(at->name.p);
	uint32_t keywords = maildir_letters_of(at->name.p), flags = c->flags;
	int rc = 0;

	if (c->letters || c->add)
		flags |= flags_of(info);
	str_adds(&name, c->base);
	maildir_add_info(&name, flags, info, c->letters ? c->letters(c->ctx, keywords) : keywords);
	maildir_place_set(&to, c->dir, false, name.p);
	if (strcmp(to.path.p, at->path.p) != 0 && file_rename_new(at->path.p, to.path.p) != 0) {
		/* EEXIST: a second name of the same message has these flags already. */
		if (errno == ENOENT)
			rc = 1;
		else if (errno != EEXIST)
			rc = err_errno(err, _("Cannot change the flags of %s"), at->path.p);
	}
	if (rc == 0 && !c->later)
		rc = maildir_sync_sub(c->dir, false, err);
	if (rc == 0 && !c->later && at->in_new)
		rc = maildir_sync_sub(c->dir, true, err);
	maildir_place_done(&to);
	str_done(&name);
	return rc;
}

int maildir_set_flags(const char *dir, const char *base, uint32_t flags, struct err *err)
{
	struct change c = {.dir = dir, .base = base, .flags = flags};

	return maildir_with_message(dir, base, flag_place, &c, err);
}

int maildir_add_flags(const char *dir, const char *base, uint32_t flags, struct err *err)
{
	struct change c = {.dir = dir, .base = base, .flags = flags, .add = true};

	return maildir_with_message(dir, base, flag_place, &c, err);
}

int maildir_set_flags_later(const char *dir, const char *base, uint32_t flags, struct err *err)
{
	struct change c = {.dir = dir, .base = base, .flags = flags, .later = true};

	return maildir_with_message(dir, base, flag_place, &c, err);
}

int maildir_change_letters_later(const char *dir, const char *base,
	uint32_t (*change)(void *ctx, uint32_t letters), void *ctx, struct err *err)
{
	struct change c = {.dir = dir, .base = base, .letters = change, .ctx = ctx, .later = true};

	return maildir_with_message(dir, base, flag_place, &c, err);
}

/* The bytes once more, where no second name for the same file can be had (another file system). */
static int copy_bytes(const struct place *from, const char *to_dir, const char *base,
	const struct place *to, struct err *err)
{
	struct str text = STR_INIT;
	struct stat st;
	int fd, rc = open_message(from->path.p, &st, &fd, err);

	if (rc != 0)
		return rc;
	rc = read_fd(fd, (size_t)st.st_size, &text, err);
	close(fd);
	if (rc == 0)
		rc = maildir_store(to_dir, base, to, str_c(&text), text.len, err);
	str_done(&text);
	return rc;
}

/* The message under a second name, which is not durable yet; 1: it went away meanwhile. */
static int add_name_later(const struct place *from, const char *to_dir, const char *base,
	const struct place *to, struct err *err)
{
	int rc = 0;

	if (link(from->path.p, to->path.p) != 0) {
		if (errno == ENOENT && !is_there(from))
			return 1;
		if (errno == EXDEV || errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS ||
			errno == EMLINK)
			rc = copy_bytes(from, to_dir, base, to, err);
		else
			rc = err_errno(err, _("Cannot create %s"), to->path.p);
	}
	return rc;
}

static int add_name(const struct place *from, const char *to_dir, const char *base,
	const struct place *to, struct err *err)
{
	int rc = add_name_later(from, to_dir, base, to, err);

	return rc == 0 ? maildir_sync_sub(to_dir, to->in_new, err) : rc;
}

static void place_in(
	struct place *to, const struct change *c, const char *base, const struct place *at)
{
	struct str name = STR_INIT;

	str_adds(&name, base);
	if (!at->in_new)
		maildir_add_info(&name, flags_of(info_of(at->name.p)), "",
			maildir_letters_for(
				c->dir, c->to_dir, maildir_letters_of(at->name.p), NULL));
	maildir_place_set(to, c->to_dir, at->in_new, name.p);
	str_done(&name);
}

/* Whether both names stand for the same bytes. */
static bool same_message(const struct place *a, const struct place *b)
{
	struct str x = STR_INIT, y = STR_INIT;
	struct stat s, t;
	bool same = false;

	if (lstat(a->path.p, &s) != 0 || lstat(b->path.p, &t) != 0 || s.st_size != t.st_size)
		return false;
	if (s.st_dev == t.st_dev && s.st_ino == t.st_ino)
		return true;
	same = file_read(a->path.p, (size_t)s.st_size, &x, NULL) == 0 &&
	       file_read(b->path.p, (size_t)t.st_size, &y, NULL) == 0 && x.len == y.len &&
	       (x.len == 0 || memcmp(x.p, y.p, x.len) == 0);
	str_done(&x);
	str_done(&y);
	return same;
}

/* A name in the other folder, not durable yet. A move that was cut short has left one there. */
static int name_there(struct change *c, struct place *at, struct place *to, struct err *err)
{
	if ((!c->there || map_get(c->there, c->base)) && find(to, c->to_dir, c->base))
		return same_message(at, to)
			       ? 0
			       : err_set(err, ERR_INPUT,
					 _("Another message has this name in the other folder"));
	place_in(to, c, c->base, at);
	return add_name_later(at, c->to_dir, c->base, to, err);
}

static int name_place(void *ctx, struct place *at, struct err *err)
{
	struct place to = {0};
	int rc = name_there(ctx, at, &to, err);

	maildir_place_done(&to);
	return rc;
}

int maildir_name_there(const char *dir, const char *base, const char *to_dir,
	const struct map *there, struct err *err)
{
	struct change c = {.dir = dir, .base = base, .to_dir = to_dir, .there = there};

	return maildir_with_message(dir, base, name_place, &c, err);
}

bool maildir_is_in_both(const char *dir, const char *to_dir, const char *base)
{
	struct place at = {0}, to = {0};
	bool both = base_ok(base) && find(&at, dir, base) && find(&to, to_dir, base) &&
		    same_message(&at, &to);

	maildir_place_done(&at);
	maildir_place_done(&to);
	return both;
}

static int move_place(void *ctx, struct place *at, struct err *err)
{
	struct change *c = ctx;
	struct place to = {0};
	int rc = name_there(c, at, &to, err);

	if (rc == 0)
		rc = maildir_sync_sub(c->to_dir, to.in_new, err);
	/* Only now that the second name is on the disk may the first one go. */
	if (rc == 0 && unlink(at->path.p) != 0)
		rc = errno == ENOENT ? 1 : err_errno(err, _("Cannot remove %s"), at->path.p);
	if (rc == 0)
		rc = maildir_sync_sub(c->dir, at->in_new, err);
	maildir_place_done(&to);
	return rc;
}

bool maildir_same_dir(const char *a, const char *b)
{
	struct stat s, t;

	return stat(a, &s) == 0 && stat(b, &t) == 0 && s.st_dev == t.st_dev && s.st_ino == t.st_ino;
}

struct map *maildir_bases(const char *dir)
{
	static char yes;
	struct map *bases = map_new();
	struct strv names = STRV_INIT;

	if (read_names(dir, "new", &names, NULL) != 0 ||
		read_names(dir, "cur", &names, NULL) != 0) {
		map_free(bases, NULL);
		bases = NULL;
	}
	for (size_t i = 0; bases && i < names.n; i++) {
		names.v[i][strcspn(names.v[i], ":")] = '\0';
		map_put(bases, names.v[i], &yes);
	}
	strv_done(&names);
	return bases;
}

int maildir_move(const char *dir, const char *base, const char *to_dir, struct err *err)
{
	return maildir_move_known(dir, base, to_dir, NULL, err);
}

int maildir_move_known(const char *dir, const char *base, const char *to_dir,
	const struct map *there, struct err *err)
{
	struct change c = {.dir = dir, .base = base, .to_dir = to_dir, .there = there};

	if (maildir_same_dir(dir, to_dir))
		return 0;
	return maildir_with_message(dir, base, move_place, &c, err);
}

static int copy_place(void *ctx, struct place *at, struct err *err)
{
	struct change *c = ctx;
	struct place to = {0};
	struct stat st;
	int rc = 1;

	if (lstat(at->path.p, &st) == 0) {
		str_clear(c->new_base);
		maildir_new_base(c->new_base, NULL, (size_t)st.st_size);
		place_in(&to, c, c->new_base->p, at);
		rc = add_name(at, c->to_dir, c->new_base->p, &to, err);
	}
	maildir_place_done(&to);
	return rc;
}

int maildir_copy(const char *dir, const char *base, const char *to_dir, struct str *new_base_out,
	struct err *err)
{
	struct change c = {.dir = dir, .base = base, .to_dir = to_dir, .new_base = new_base_out};

	return maildir_with_message(dir, base, copy_place, &c, err);
}

static int remove_names(const char *dir, const char *base, int most, bool later, struct err *err)
{
	struct place at = {0};
	int rc = 0;

	for (int i = 0; rc == 0 && i < most && base_ok(base) && find(&at, dir, base); i++) {
		if (unlink(at.path.p) != 0 && errno != ENOENT)
			rc = err_errno(err, _("Cannot remove %s"), at.path.p);
		if (rc == 0 && !later)
			rc = maildir_sync_sub(dir, at.in_new, err);
	}
	maildir_place_done(&at);
	return rc;
}

/* Several times: a message can have a second name, or get another one meanwhile. */
int maildir_remove(const char *dir, const char *base, struct err *err)
{
	return remove_names(dir, base, 5, false, err);
}

int maildir_remove_name_later(const char *dir, const char *base, struct err *err)
{
	return remove_names(dir, base, 1, true, err);
}

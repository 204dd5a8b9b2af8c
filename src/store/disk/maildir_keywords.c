/*
 * Keywords of a Maildir as Dovecot keeps them: a letter a..z in the file name, and the file
 * dovecot-keywords beside cur and new, which says in lines "NUMBER NAME" what the letters stand
 * for, 0 for a. Both programs add lines only while they hold dovecot-uidlist.lock.
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/disk/keywords.h"
#include "store/disk/maildir_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TABLE_MAX = 16 << 10, LOCK_TRIES = 100, LOCK_STALE = 120 /* seconds, as Dovecot */ };

/* --- the table --- */

void maildir_keywords_done(struct keyword_table *t)
{
	for (size_t i = 0; i < MAILDIR_LETTERS; i++)
		free(t->names[i]);
	str_done(&t->text);
	*t = (struct keyword_table){0};
}

/* "NUMBER NAME". A number whose name is no keyword is taken all the same. */
static void take_line(struct keyword_table *t, const char *p, size_t len)
{
	unsigned number = 0;
	size_t at = 0;

	while (at < len && at < 3 && p[at] >= '0' && p[at] <= '9')
		number = number * 10 + (unsigned)(p[at++] - '0');
	if (!at || at >= len || p[at] != ' ' || number >= MAILDIR_LETTERS)
		return;
	at++;
	t->taken |= 1u << number;
	free(t->names[number]);
	t->names[number] = NULL;
	if (keywords_ok(p + at, len - at))
		t->names[number] = mem_strndup(p + at, len - at);
}

static char *table_path(const char *dir)
{
	return file_join(dir, "dovecot-keywords");
}

void maildir_keywords_parse(struct keyword_table *t)
{
	const char *p = str_c(&t->text), *end = p + t->text.len;

	while (p < end) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));

		stop = stop ? stop : end;
		take_line(t, p, (size_t)(stop - p));
		p = stop + 1;
	}
}

int maildir_keywords_load(const char *dir, struct keyword_table *t, struct err *err)
{
	char *path = table_path(dir);
	int rc = 0;

	maildir_keywords_done(t);
	if (file_exists(path))
		rc = file_read(path, TABLE_MAX, &t->text, err);
	if (rc == 0)
		maildir_keywords_parse(t);
	free(path);
	return rc;
}

uint32_t maildir_keywords_letters(const struct keyword_table *t, const char *words)
{
	uint32_t letters = 0;

	for (size_t i = 0; i < MAILDIR_LETTERS; i++)
		if (t->names[i] && keywords_has(words, t->names[i], strlen(t->names[i])))
			letters |= 1u << i;
	return letters;
}

void maildir_keywords_words(const struct keyword_table *t, uint32_t letters, struct str *out)
{
	str_clear(out);
	for (size_t i = 0; i < MAILDIR_LETTERS; i++)
		if (letters & 1u << i && t->names[i] &&
			!keywords_has(str_c(out), t->names[i], strlen(t->names[i])))
			str_addf(out, "%s%s", out->len ? " " : "", t->names[i]);
}

/* --- adding to it --- */

/* Dovecot's lock for a folder's files: a file with "PID:HOST" in it, made where there is none. */
static char *lock_table(const char *dir, struct err *err)
{
	char *path = file_join(dir, "dovecot-uidlist.lock"), host[256] = "localhost", text[300];
	struct stat st;
	int fd = -1;

	gethostname(host, sizeof(host) - 1);
	snprintf(text, sizeof(text), "%ld:%s", (long)getpid(), host);
	for (int i = 0; fd < 0 && i < LOCK_TRIES; i++) {
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd >= 0 || errno != EEXIST)
			break;
		if (lstat(path, &st) == 0 && clock_now() - st.st_mtime > LOCK_STALE)
			unlink(path);
		else
			nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
	}
	if (fd >= 0) {
		/* who holds it is for people: that the file is there is the lock */
		file_write_all(fd, path, text, strlen(text), NULL);
		close(fd);
		return path;
	}
	if (errno == EEXIST)
		err_set(err, ERR_BUSY, _("Another program holds %s; try it again"), path);
	else
		err_errno(err, _("Cannot create %s"), path);
	free(path);
	return NULL;
}

/* Letters that stand in file names: one without a name must not come to mean something. */
static uint32_t letters_in_use(const char *dir)
{
	char *path = file_join(dir, "cur");
	DIR *d = opendir(path);
	struct dirent *de;
	uint32_t letters = 0;

	while (d && (de = readdir(d)))
		letters |= maildir_letters_of(de->d_name);
	if (d)
		closedir(d);
	free(path);
	return letters;
}

static void add_line(struct keyword_table *t, unsigned number, const char *word, size_t len)
{
	if (t->text.len && t->text.p[t->text.len - 1] != '\n')
		str_addc(&t->text, '\n');
	str_addf(&t->text, "%u %.*s\n", number, (int)len, word);
	t->taken |= 1u << number;
	t->names[number] = mem_strndup(word, len);
}

/* 1: there was no room for all. */
static int add_words(struct keyword_table *t, const char *words, uint32_t in_use)
{
	const char *word;
	size_t len;
	int rc = 0;

	while ((word = keywords_next(&words, &len))) {
		unsigned number = 0;
		bool known = false;

		for (size_t i = 0; i < MAILDIR_LETTERS; i++)
			known |= t->names[i] && strlen(t->names[i]) == len &&
				 str_nicmp(t->names[i], word, len) == 0;
		if (known || !keywords_ok(word, len))
			continue;
		while (number < MAILDIR_LETTERS && (t->taken | in_use) & 1u << number)
			number++;
		if (number < MAILDIR_LETTERS && t->text.len + len + 5 < TABLE_MAX)
			add_line(t, number, word, len);
		else
			rc = 1;
	}
	return rc;
}

static int save_table(const char *dir, const struct keyword_table *t, struct err *err)
{
	char *path = table_path(dir);
	struct stat st;
	mode_t mode = stat(path, &st) == 0 ? st.st_mode & 0777 : 0600;
	int rc = file_replace(path, str_c(&t->text), t->text.len, mode, err);

	free(path);
	return rc;
}

static bool knows_all(const struct keyword_table *t, const char *words)
{
	struct str known = STR_INIT, missing = STR_INIT;
	bool ok;

	maildir_keywords_words(t, ~(uint32_t)0, &known);
	keywords_minus(&missing, words, str_c(&known));
	ok = !missing.len;
	str_done(&known);
	str_done(&missing);
	return ok;
}

int maildir_keywords_need(
	const char *dir, struct keyword_table *t, const char *words, struct err *err)
{
	char *lock;
	size_t before;
	int rc, full = 0;

	if (maildir_keywords_load(dir, t, err) != 0)
		return -1;
	if (knows_all(t, words))
		return 0;
	lock = lock_table(dir, err);
	if (!lock)
		return -1;
	rc = maildir_keywords_load(dir, t, err); /* somebody may have been quicker */
	before = t->text.len;
	if (rc == 0)
		full = add_words(t, words, letters_in_use(dir));
	if (rc == 0 && t->text.len != before)
		rc = save_table(dir, t, err);
	unlink(lock);
	free(lock);
	if (rc == 0 && full)
		err_set(err, ERR_FULL,
			_("This folder has %d different keywords already, and a Maildir has room "
			  "for no more"),
			MAILDIR_LETTERS);
	return rc != 0 ? -1 : full;
}

int maildir_keywords_known(const char *dir, struct str *out, struct err *err)
{
	struct keyword_table t = {0};
	int rc = maildir_keywords_load(dir, &t, err);

	str_clear(out);
	if (rc == 0)
		maildir_keywords_words(&t, ~(uint32_t)0, out);
	maildir_keywords_done(&t);
	return rc;
}

/* --- of a message --- */

struct labelling {
	const char *dir, *clear, *set;
	struct keyword_table table;
	uint32_t letters; /* what the message has in the end */
};

static uint32_t change_letters(void *ctx, uint32_t letters)
{
	struct labelling *l = ctx;

	letters &= ~maildir_keywords_letters(&l->table, l->clear);
	l->letters = letters | maildir_keywords_letters(&l->table, l->set);
	return l->letters;
}

int maildir_set_keywords(const char *dir, const char *base, const char *clear, const char *set,
	struct str *now, struct err *err)
{
	int rc = maildir_set_keywords_later(dir, base, clear, set, now, err);

	return rc == 0 ? maildir_sync(dir, err) : rc;
}

int maildir_set_keywords_later(const char *dir, const char *base, const char *clear,
	const char *set, struct str *now, struct err *err)
{
	struct labelling l = {.dir = dir, .clear = clear, .set = set};
	int rc = maildir_keywords_need(dir, &l.table, set, err) == 0 ? 0 : -1;

	if (rc == 0)
		rc = maildir_change_letters_later(dir, base, change_letters, &l, err);
	if (rc == 0)
		maildir_keywords_words(&l.table, l.letters, now);
	maildir_keywords_done(&l.table);
	return rc;
}

uint32_t maildir_letters_for(
	const char *dir, const char *to_dir, uint32_t letters, const char *words)
{
	struct keyword_table from = {0}, to = {0};
	struct str names = STR_INIT;
	struct err why = {0};
	uint32_t out = 0;

	if (words)
		str_adds(&names, words);
	else if (letters && maildir_keywords_load(dir, &from, NULL) == 0)
		maildir_keywords_words(&from, letters, &names);
	if (names.len) {
		/* A mail is not held back because its labels have no room. */
		if (maildir_keywords_need(to_dir, &to, names.p, &why) != 0)
			log_line(1, "keywords of a message in %s left out: %s", to_dir, why.text);
		out = maildir_keywords_letters(&to, names.p);
	}
	str_done(&names);
	maildir_keywords_done(&from);
	maildir_keywords_done(&to);
	return out;
}

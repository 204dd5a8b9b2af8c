/*
 * The file: an FTS5 table without texts and positions, whose rows are numbered by folder and UID;
 * its words once more, as text that a piece of a word is looked for in; which messages are in it.
 */
#include "store/disk/textindex.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/uids.h"
#include "store/disk/textwords.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Another one whenever the same mail is made into other words. */
enum { FORMAT = 1 };
enum {
	BUSY_MS = 2000,
	BLOCK = 4096,        /* UIDs in a row of have */
	HEAP_MAX = 64 << 10, /* of words in a row */
	LOG_PAGES = 4000,
	LOG_KEPT = 1 << 20, /* octets of the log that may stay while nothing is written */
	/* A piece that is in so many words (a single letter) is better looked for in the texts. */
	WORDS_MAX = 30000,
};

struct textindex {
	sqlite3 *db;
	char *path;
	struct wordset *words; /* owned; all of the file's; NULL: not read yet */
};

/* --- statements --- */

static int failed(struct textindex *t, struct err *err)
{
	int code = t->db ? sqlite3_errcode(t->db) : SQLITE_NOMEM;
	enum err_kind kind = code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? ERR_DAMAGED
			     : code == SQLITE_FULL                           ? ERR_FULL
			     : code == SQLITE_BUSY                           ? ERR_BUSY
									     : ERR_SYSTEM;

	return err_set(err, kind, _("The index of texts %s: %s"), t->path,
		t->db ? sqlite3_errmsg(t->db) : sqlite3_errstr(code));
}

static int run(struct textindex *t, const char *sql, struct err *err)
{
	return sqlite3_exec(t->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : failed(t, err);
}

/* NULL: err. */
static sqlite3_stmt *prepare(struct textindex *t, const char *sql, struct err *err)
{
	sqlite3_stmt *q = NULL;

	if (sqlite3_prepare_v2(t->db, sql, -1, &q, NULL) != SQLITE_OK)
		failed(t, err);
	return q;
}

/* The next row: 1; 0: no more; -1. */
static int next_row(struct textindex *t, sqlite3_stmt *q, struct err *err)
{
	int rc = sqlite3_step(q);

	return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : failed(t, err);
}

/* What has no rows, to be done again with other values. */
static int done(struct textindex *t, sqlite3_stmt *q, struct err *err)
{
	int rc = next_row(t, q, err);

	sqlite3_reset(q);
	return rc < 0 ? -1 : 0;
}

/* A number that the statement says, or 0. */
static int number(struct textindex *t, const char *sql, sqlite3_int64 *out, struct err *err)
{
	sqlite3_stmt *q = prepare(t, sql, err);
	int rc = q ? next_row(t, q, err) : -1;

	*out = rc == 1 ? sqlite3_column_int64(q, 0) : 0;
	sqlite3_finalize(q);
	return rc < 0 ? -1 : 0;
}

/* --- words for FTS5: a line each, as they are --- */

static int tokenizer_new(void *ctx, const char **args, int n, Fts5Tokenizer **out)
{
	static char nothing;

	(void)ctx;
	(void)args;
	(void)n;
	*out = (Fts5Tokenizer *)&nothing;
	return SQLITE_OK;
}

static void tokenizer_free(Fts5Tokenizer *t)
{
	(void)t;
}

static int tokenize(Fts5Tokenizer *t, void *ctx, int flags, const char *text, int len,
	int (*token)(void *, int, const char *, int, int, int))
{
	int rc = SQLITE_OK;

	(void)t;
	(void)flags;
	for (int at = 0, end; at < len && rc == SQLITE_OK; at = end + 1) {
		for (end = at; end < len && text[end] != '\n';)
			end++;
		if (end > at)
			rc = token(ctx, 0, text + at, end - at, at, end);
	}
	return rc;
}

static int add_tokenizer(struct textindex *t, struct err *err)
{
	static fts5_tokenizer ours = {tokenizer_new, tokenizer_free, tokenize};
	fts5_api *api = NULL;
	sqlite3_stmt *q = prepare(t, "SELECT fts5(?1)", err);

	if (!q)
		return -1;
	sqlite3_bind_pointer(q, 1, &api, "fts5_api_ptr", NULL);
	sqlite3_step(q);
	sqlite3_finalize(q);
	if (!api || api->xCreateTokenizer(api, "lines", NULL, &ours, NULL) != SQLITE_OK)
		return err_set(err, ERR_SYSTEM, _("SQLite has no FTS5 here"));
	return 0;
}

/* --- opening --- */

static int make_tables(struct textindex *t, struct err *err)
{
	char version[64];

	snprintf(version, sizeof(version), "PRAGMA user_version=%d", FORMAT);
	if (run(t,
		    "BEGIN IMMEDIATE;"
		    "CREATE TABLE folders(id INTEGER PRIMARY KEY, name TEXT, validity INTEGER,"
		    " UNIQUE(name, validity));"
		    "CREATE TABLE have(folder INTEGER, block INTEGER, bits BLOB,"
		    " PRIMARY KEY(folder, block)) WITHOUT ROWID;"
		    "CREATE TABLE words(id INTEGER PRIMARY KEY, heap BLOB);"
		    "CREATE TABLE counts(came INTEGER, gone INTEGER);"
		    "INSERT INTO counts VALUES(0, 0);"
		    "CREATE VIRTUAL TABLE texts USING fts5(words, content='', columnsize=0,"
		    " detail=none, tokenize='lines');",
		    err) == 0 &&
		run(t, version, err) == 0 && run(t, "COMMIT", err) == 0)
		return 0;
	run(t, "ROLLBACK", NULL);
	return -1;
}

/* 1: it is empty. */
static int check_version(struct textindex *t, struct err *err)
{
	sqlite3_int64 version, tables;

	if (number(t, "PRAGMA user_version", &version, err) != 0 ||
		number(t, "SELECT count(*) FROM sqlite_schema", &tables, err) != 0)
		return -1;
	if (version == FORMAT)
		return 0;
	if (!version && !tables)
		return 1;
	return err_set(err, ERR_DAMAGED,
		_("The index of texts %s is of another version of Talaria"), t->path);
}

static int begin_writing(struct textindex *t, struct err *err)
{
	char log[64];
	int empty;

	snprintf(log, sizeof(log), "PRAGMA wal_autocheckpoint=%d", LOG_PAGES);
	if (run(t, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL", err) != 0 ||
		run(t, log, err) != 0)
		return -1;
	empty = check_version(t, err);
	return empty == 1 ? make_tables(t, err) : empty;
}

static int begin_reading(struct textindex *t, struct err *err)
{
	int empty = check_version(t, err);

	return empty == 1 ? err_set(err, ERR_GONE, _("There is no index of texts yet")) : empty;
}

static int try_open(struct textindex **out, const char *path, bool write, struct err *err)
{
	struct textindex *t = mem_alloc(sizeof(*t));
	int flags = SQLITE_OPEN_READWRITE | (write ? SQLITE_OPEN_CREATE : 0);

	t->path = mem_strdup(path);
	if (sqlite3_open_v2(path, &t->db, flags, NULL) != SQLITE_OK) {
		failed(t, err);
		textindex_free(t);
		return -1;
	}
	sqlite3_busy_timeout(t->db, BUSY_MS);
	sqlite3_db_config(t->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	if (add_tokenizer(t, err) != 0 || run(t, "PRAGMA cell_size_check=1", err) != 0 ||
		(write ? begin_writing(t, err) : begin_reading(t, err)) != 0) {
		textindex_free(t);
		return -1;
	}
	*out = t;
	return 0;
}

/* The file and those beside it go; with a name to set it aside by, the file itself is kept so. */
static int remove_files(const char *path, const char *aside, struct err *err)
{
	static const char *const ends[] = {"-wal", "-shm", ""};
	struct str name = STR_INIT;
	int rc = 0;

	for (size_t i = 0; i < MEM_COUNT(ends) && rc == 0; i++) {
		str_clear(&name);
		str_addf(&name, "%s%s", path, ends[i]);
		rc = aside && !*ends[i] ? rename(name.p, aside) : remove(name.p);
		if (rc != 0)
			rc = errno == ENOENT ? 0 : err_errno(err, "%s", name.p);
	}
	str_done(&name);
	return rc;
}

int textindex_clear(const char *path, struct err *err)
{
	return remove_files(path, NULL, err);
}

int textindex_open(
	struct textindex **out, const char *path, bool write, bool *anew, struct err *err)
{
	struct err why = {0};
	struct str aside = STR_INIT;
	int rc;

	if (anew)
		*anew = false;
	if (!write && !file_exists(path))
		return err_set(err, ERR_GONE, _("There is no index of texts yet"));
	rc = try_open(out, path, write, &why);
	if (rc != 0 && write && why.kind == ERR_DAMAGED) {
		str_addf(&aside, "%s.old", path);
		rc = remove_files(path, aside.p, &why);
		if (rc == 0)
			rc = try_open(out, path, write, &why);
		if (anew)
			*anew = rc == 0;
		str_done(&aside);
	}
	return rc == 0 ? 0 : err_set(err, why.kind, "%s", why.text);
}

static void forget_words(struct textindex *t)
{
	if (t->words)
		wordset_done(t->words);
	MEM_FREE(t->words);
}

void textindex_free(struct textindex *t)
{
	if (!t)
		return;
	forget_words(t);
	sqlite3_close_v2(t->db);
	free(t->path);
	free(t);
}

/* Where somebody reads it just now, or the disk is full, another time will do. */
static void shorten_log(struct textindex *t)
{
	struct str log = STR_INIT;
	struct stat st;

	str_addf(&log, "%s-wal", t->path);
	if (stat(str_c(&log), &st) == 0 && st.st_size > LOG_KEPT) {
		sqlite3_busy_timeout(t->db, 0);
		sqlite3_wal_checkpoint_v2(t->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
		sqlite3_busy_timeout(t->db, BUSY_MS);
	}
	str_done(&log);
}

void textindex_rest(struct textindex *t)
{
	forget_words(t);
	shorten_log(t);
	sqlite3_db_release_memory(t->db);
}

bool textindex_worn(struct textindex *t)
{
	sqlite3_int64 worn;

	return number(t, "SELECT gone > 1000 AND gone > came - gone FROM counts", &worn, NULL) ==
		       0 &&
	       worn;
}

/* --- folders, and what of them is here --- */

/* 0: it is not known, and was not to be made. */
static int folder_id(struct textindex *t, const struct textindex_key *key, bool make,
	sqlite3_int64 *id, struct err *err)
{
	static const char *const steps[] = {
		"SELECT id FROM folders WHERE name = ?1 AND validity = ?2",
		"INSERT INTO folders(name, validity) VALUES(?1, ?2)",
	};
	int rc = 0;

	*id = 0;
	for (int i = 0; i < (make ? 2 : 1) && rc == 0 && !*id; i++) {
		sqlite3_stmt *q = prepare(t, steps[i], err);

		if (!q)
			return -1;
		sqlite3_bind_text(q, 1, key->folder, -1, SQLITE_STATIC);
		sqlite3_bind_int64(q, 2, key->uidvalidity);
		rc = next_row(t, q, err);
		if (rc == 1)
			*id = sqlite3_column_int64(q, 0);
		else if (rc == 0 && i)
			*id = sqlite3_last_insert_rowid(t->db);
		sqlite3_finalize(q);
		rc = rc < 0 ? -1 : 0;
	}
	return rc;
}

static sqlite3_int64 row_of(sqlite3_int64 folder, uint32_t uid)
{
	return (sqlite3_int64)((uint64_t)folder << 32 | uid);
}

static int read_have(
	struct textindex *t, sqlite3_int64 folder, uint32_t **uids, size_t *n, struct err *err)
{
	sqlite3_stmt *q =
		prepare(t, "SELECT block, bits FROM have WHERE folder = ?1 ORDER BY block", err);
	size_t cap = 0;
	int rc;

	*uids = NULL;
	*n = 0;
	if (!q)
		return -1;
	sqlite3_bind_int64(q, 1, folder);
	while ((rc = next_row(t, q, err)) == 1) {
		uint32_t first = (uint32_t)sqlite3_column_int64(q, 0) * BLOCK;
		const unsigned char *bits = sqlite3_column_blob(q, 1);
		int len = sqlite3_column_bytes(q, 1);

		*uids = mem_grow(*uids, &cap, *n + BLOCK, sizeof(**uids));
		for (int i = 0; i < BLOCK && i / 8 < len; i++)
			if (bits[i / 8] & 1 << i % 8)
				(*uids)[(*n)++] = first + (uint32_t)i;
	}
	sqlite3_finalize(q);
	if (rc != 0)
		MEM_FREE(*uids);
	return rc;
}

int textindex_has(struct textindex *t, const struct textindex_key *key, uint32_t **uids, size_t *n,
	struct err *err)
{
	sqlite3_int64 folder;

	*uids = NULL;
	*n = 0;
	if (folder_id(t, key, false, &folder, err) != 0)
		return -1;
	return folder ? read_have(t, folder, uids, n, err) : 0;
}

/* --- writing --- */

/* Marks of one block of the folder, changed in memory. */
struct block {
	sqlite3_int64 folder;
	bool loaded;
	uint32_t number;
	unsigned char bits[BLOCK / 8];
};

static int save_block(struct textindex *t, struct block *b, struct err *err)
{
	sqlite3_stmt *q;
	int rc;

	if (!b->loaded)
		return 0;
	q = prepare(t, "INSERT OR REPLACE INTO have VALUES(?1, ?2, ?3)", err);
	if (!q)
		return -1;
	sqlite3_bind_int64(q, 1, b->folder);
	sqlite3_bind_int64(q, 2, b->number);
	sqlite3_bind_blob(q, 3, b->bits, sizeof(b->bits), SQLITE_STATIC);
	rc = done(t, q, err);
	sqlite3_finalize(q);
	return rc;
}

static int load_block(struct textindex *t, struct block *b, uint32_t number, struct err *err)
{
	sqlite3_stmt *q;
	int rc;

	if (b->loaded && b->number == number)
		return 0;
	if (save_block(t, b, err) != 0)
		return -1;
	q = prepare(t, "SELECT bits FROM have WHERE folder = ?1 AND block = ?2", err);
	if (!q)
		return -1;
	sqlite3_bind_int64(q, 1, b->folder);
	sqlite3_bind_int64(q, 2, number);
	memset(b->bits, 0, sizeof(b->bits));
	rc = next_row(t, q, err);
	if (rc == 1 && sqlite3_column_bytes(q, 0) == (int)sizeof(b->bits))
		memcpy(b->bits, sqlite3_column_blob(q, 0), sizeof(b->bits));
	sqlite3_finalize(q);
	b->loaded = true;
	b->number = number;
	return rc < 0 ? -1 : 0;
}

/* 1: it was so before. */
static int set_have(struct textindex *t, struct block *b, uint32_t uid, bool on, struct err *err)
{
	unsigned char *bits, bit = (unsigned char)(1 << uid % 8);
	bool was;

	if (load_block(t, b, uid / BLOCK, err) != 0)
		return -1;
	bits = &b->bits[uid % BLOCK / 8];
	was = *bits & bit;
	*bits = (unsigned char)(on ? *bits | bit : *bits & ~bit);
	return was == on;
}

static int load_words(struct textindex *t, struct err *err)
{
	sqlite3_stmt *q;
	int rc;

	if (t->words)
		return 0;
	q = prepare(t, "SELECT heap FROM words", err);
	if (!q)
		return -1;
	t->words = mem_alloc(sizeof(*t->words));
	while ((rc = next_row(t, q, err)) == 1) {
		const char *p = sqlite3_column_blob(q, 0), *end = p + sqlite3_column_bytes(q, 0),
			   *to;

		for (; p < end && (to = memchr(p, '\n', (size_t)(end - p))); p = to + 1)
			wordset_add(t->words, p, (size_t)(to - p));
	}
	sqlite3_finalize(q);
	return rc;
}

/* The words that are new, from there on. */
static int save_words(struct textindex *t, size_t from, struct err *err)
{
	sqlite3_stmt *q;
	sqlite3_int64 id;
	int rc;

	if (from == t->words->words.len)
		return 0;
	if (number(t,
		    "SELECT id FROM words WHERE id = (SELECT max(id) FROM words)"
		    " AND length(heap) < 65536",
		    &id, err) != 0)
		return -1;
	q = prepare(t,
		id ? "UPDATE words SET heap = CAST(heap || ?2 AS BLOB) WHERE id = ?1"
		   : "INSERT INTO words(heap) VALUES(?2)",
		err);
	if (!q)
		return -1;
	if (id)
		sqlite3_bind_int64(q, 1, id);
	sqlite3_bind_blob64(
		q, 2, t->words->words.p + from, t->words->words.len - from, SQLITE_STATIC);
	rc = done(t, q, err);
	sqlite3_finalize(q);
	return rc;
}

static void learn(struct textindex *t, const struct str *words)
{
	const char *p = str_c(words), *end = p + words->len, *to;

	for (; p < end && (to = memchr(p, '\n', (size_t)(end - p))); p = to + 1)
		wordset_add(t->words, p, (size_t)(to - p));
}

static int count(struct textindex *t, size_t came, size_t gone, struct err *err)
{
	sqlite3_stmt *q = prepare(t, "UPDATE counts SET came = came + ?1, gone = gone + ?2", err);
	int rc;

	if (!q)
		return -1;
	sqlite3_bind_int64(q, 1, (sqlite3_int64)came);
	sqlite3_bind_int64(q, 2, (sqlite3_int64)gone);
	rc = done(t, q, err);
	sqlite3_finalize(q);
	return rc;
}

static int put_texts(struct textindex *t, struct block *b, const struct textindex_message *v,
	size_t n, size_t *came, struct err *err)
{
	sqlite3_stmt *q = prepare(t, "INSERT INTO texts(rowid, words) VALUES(?1, ?2)", err);
	int rc = q ? 0 : -1;

	for (size_t i = 0; i < n && rc == 0; i++) {
		int had = set_have(t, b, v[i].uid, true, err);

		rc = had < 0 ? -1 : 0;
		if (had)
			continue;
		learn(t, &v[i].words);
		sqlite3_bind_int64(q, 1, row_of(b->folder, v[i].uid));
		sqlite3_bind_text64(
			q, 2, str_c(&v[i].words), v[i].words.len, SQLITE_STATIC, SQLITE_UTF8);
		rc = done(t, q, err);
		++*came;
	}
	sqlite3_finalize(q);
	return rc;
}

static int put(struct textindex *t, const struct textindex_key *key,
	const struct textindex_message *v, size_t n, const uint32_t *gone, size_t ngone,
	struct err *err)
{
	struct block b = {0};
	size_t came = 0, went = 0, known;

	if (load_words(t, err) != 0 || folder_id(t, key, n > 0, &b.folder, err) != 0)
		return -1;
	if (!b.folder)
		return 0;
	known = t->words->words.len;
	if (put_texts(t, &b, v, n, &came, err) != 0)
		return -1;
	for (size_t i = 0; i < ngone; i++) {
		int rc = set_have(t, &b, gone[i], false, err);

		if (rc < 0)
			return -1;
		went += !rc;
	}
	return save_block(t, &b, err) != 0 || save_words(t, known, err) != 0
		       ? -1
		       : count(t, came, went, err);
}

int textindex_put(struct textindex *t, const struct textindex_key *key,
	const struct textindex_message *v, size_t n, const uint32_t *gone, size_t ngone,
	struct err *err)
{
	if (run(t, "BEGIN IMMEDIATE", err) != 0)
		return -1;
	if (put(t, key, v, n, gone, ngone, err) == 0 && run(t, "COMMIT", err) == 0)
		return 0;
	run(t, "ROLLBACK", NULL);
	forget_words(t); /* what it learned is not in the file */
	return -1;
}

/* --- searching --- */

/* A piece of text on its way: what is known of each message. */
struct finding {
	struct textindex *t;
	sqlite3_int64 folder;
	const struct textindex_answers *a;
	const atomic_bool *stop;
	sqlite3_stmt *rows;
	struct strv words; /* that have the part at hand in them */
};

/* Whether there are few enough. */
static bool words_with(struct finding *f, const char *heap, size_t len, const char *part)
{
	const char *p = heap, *end = heap + len;
	size_t n = strlen(part);

	while ((p = memmem(p, (size_t)(end - p), part, n))) {
		const char *from = p, *to = memchr(p, '\n', (size_t)(end - p));

		while (from > heap && from[-1] != '\n')
			from--;
		if (!to)
			to = end;
		if (f->words.n == WORDS_MAX)
			return false;
		strv_addn(&f->words, from, (size_t)(to - from));
		p = to;
	}
	return true;
}

/* 1: too many. */
static int find_words(struct finding *f, const char *part, struct err *err)
{
	sqlite3_stmt *q = prepare(f->t, "SELECT heap FROM words", err);
	bool few = true;
	int rc;

	strv_done(&f->words);
	if (!q)
		return -1;
	while (few && (rc = next_row(f->t, q, err)) == 1)
		if (sqlite3_column_bytes(q, 0))
			few = words_with(f, sqlite3_column_blob(q, 0),
				(size_t)sqlite3_column_bytes(q, 0), part);
	sqlite3_finalize(q);
	return !few ? 1 : rc;
}

/* The messages that have the word, marked. */
static int mark_word(struct finding *f, const char *word, uint8_t *marks, struct err *err)
{
	struct str quoted = STR_INIT;
	size_t at = 0;
	int rc;

	str_addf(&quoted, "\"%s\"", word);
	sqlite3_bind_text(f->rows, 1, quoted.p, (int)quoted.len, SQLITE_STATIC);
	while ((rc = next_row(f->t, f->rows, err)) == 1) {
		uint32_t uid = (uint32_t)sqlite3_column_int64(f->rows, 0);

		at = uids_near(f->a->uids, f->a->n, at, uid);
		if (at < f->a->n && f->a->uids[at] == uid)
			marks[at] = 1;
	}
	sqlite3_reset(f->rows);
	str_done(&quoted);
	return rc;
}

/* The same for all words that have the part in them. 1: it cannot be told. */
static int mark_part(struct finding *f, const char *part, uint8_t *marks, struct err *err)
{
	int rc = find_words(f, part, err);

	for (size_t i = 0; i < f->words.n && rc == 0; i++)
		rc = f->stop && atomic_load(f->stop) ? err_set(err, ERR_CANCELLED, _("Cancelled"))
						     : mark_word(f, f->words.v[i], marks, err);
	return rc;
}

static int find_piece(struct finding *f, const char *piece, uint8_t **of, struct err *err)
{
	struct strv parts = STRV_INIT;
	bool exact = textwords_of_piece(&parts, piece), told = false;
	uint8_t *all = mem_array(f->a->n, 1), *marks = mem_array(f->a->n, 1);
	int rc = 0;

	memset(all, 1, f->a->n);
	for (size_t i = 0; i < parts.n && rc >= 0; i++) {
		memset(marks, 0, f->a->n);
		rc = mark_part(f, parts.v[i], marks, err);
		for (size_t k = 0; k < f->a->n && rc == 0; k++)
			all[k] &= marks[k];
		told |= rc == 0;
	}
	for (size_t k = 0; k < f->a->n && !exact; k++)
		all[k] = all[k] ? TEXTINDEX_MAYBE : TEXTINDEX_NO;
	free(marks);
	strv_done(&parts);
	if (rc < 0 || !told)
		MEM_FREE(all);
	*of = all;
	return rc < 0 ? -1 : 0;
}

static int find_pieces(struct textindex *t, const struct textindex_key *key,
	const char *const *pieces, const atomic_bool *stop, struct textindex_answers *a,
	struct err *err)
{
	struct finding f = {.t = t, .a = a, .stop = stop, .words = STRV_INIT};
	int rc = folder_id(t, key, false, &f.folder, err);

	if (rc == 0 && f.folder)
		rc = read_have(t, f.folder, &a->uids, &a->n, err);
	if (rc != 0 || !a->n)
		return rc;
	f.rows = prepare(t,
		"SELECT rowid FROM texts WHERE texts MATCH ?1 AND rowid BETWEEN ?2 AND ?3"
		" ORDER BY rowid",
		err);
	if (!f.rows)
		return -1;
	sqlite3_bind_int64(f.rows, 2, row_of(f.folder, a->uids[0]));
	sqlite3_bind_int64(f.rows, 3, row_of(f.folder, a->uids[a->n - 1]));
	for (size_t i = 0; i < a->npieces && rc == 0; i++)
		if (pieces[i])
			rc = find_piece(&f, pieces[i], &a->of[i], err);
	sqlite3_finalize(f.rows);
	strv_done(&f.words);
	return rc;
}

int textindex_find(struct textindex *t, const struct textindex_key *key, const char *const *pieces,
	size_t npieces, const atomic_bool *stop, struct textindex_answers **out, struct err *err)
{
	struct textindex_answers *a = mem_alloc(sizeof(*a));
	int rc;

	a->npieces = npieces;
	a->of = mem_array(npieces, sizeof(*a->of));
	rc = run(t, "BEGIN", err); /* all of it as it is at one time */
	if (rc == 0) {
		rc = find_pieces(t, key, pieces, stop, a, err);
		run(t, "COMMIT", NULL);
	}
	if (rc == 0)
		*out = a;
	else
		textindex_answers_free(a);
	return rc;
}

void textindex_answers_free(struct textindex_answers *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->npieces; i++)
		free(a->of[i]);
	free(a->of);
	free(a->uids);
	free(a);
}

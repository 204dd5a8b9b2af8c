/*
 * Whose mail an account's directories hold: the user and the host of each protocol's URL, as
 * values, so that another spelling, port or kind of encryption is the same mailbox, and a line that
 * is taken out of the configuration for a while changes nothing.
 *
 * Where user or host are others, nothing that waits is thrown away:
 *
 * - The header cache can be fetched again and starts anew.
 * - Operations name UIDs of the mailbox they were made in. They go aside, into a journal of their
 *   own below "former", and come back when the account has that server again, or when a folder of
 *   the new one has the UIDVALIDITY they were made under (RFC 3501 2.3.1.1: then it only has
 *   another name).
 * - The ledger of POP3 is believed only where UIDL and size agree, until a whole session has told
 *   what is there: UIDLs of another server may look alike, and to take them for fetched would lose
 *   mail.
 */
#include "store/mail/identity.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "store/mail/account.h"
#include "store/store_priv.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 65536 };

static const char HOLDER[] = "mailbox"; /* file: whose operations stand beside it */

/* --- URLs as values --- */

static int hex_of(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

static void add_decoded(struct str *out, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int high = p[i] == '%' && i + 2 < len ? hex_of(p[i + 1]) : -1,
		    low = high >= 0 ? hex_of(p[i + 2]) : -1;

		str_addc(out, low < 0 ? p[i] : (char)(high << 4 | low));
		i += low < 0 ? 0 : 2;
	}
}

/* "user@host" in small letters; "" for no URL. */
static char *mailbox_of(const char *url)
{
	const char *slashes = strstr(url, "://"), *p = slashes ? slashes + 3 : url, *host;
	size_t len = strcspn(p, "/"), host_len;
	struct str out = STR_INIT;

	host = memrchr(p, '@', len);
	host = host ? host + 1 : p;
	host_len = len - (size_t)(host - p);
	if (*host == '[')
		host_len = strcspn(host, "]") < host_len ? strcspn(host, "]") : host_len;
	else if (memchr(host, ':', host_len))
		host_len = (size_t)((const char *)memchr(host, ':', host_len) - host);
	while (host_len && host[host_len - 1] == '.')
		host_len--;
	if (host > p)
		add_decoded(&out, p, (size_t)(host - p) - 1);
	if (host_len)
		str_addc(&out, '@');
	str_add(&out, host, host_len);
	for (size_t i = 0; i < out.len; i++)
		out.p[i] = str_lower(out.p[i]);
	return str_steal(&out);
}

/* The value of a "NAME VALUE" line; NULL: there is none. free() */
static char *line_of(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = text; line && *line; line = strchr(line, '\n'), line += !!line)
		if (strncmp(line, name, len) == 0 && line[len] == ' ')
			return mem_strndup(line + len + 1, strcspn(line + len + 1, "\n"));
	return NULL;
}

/* --- operations of another mailbox --- */

static char *former_dir(const struct account *a, const char *mailbox)
{
	char *all = file_join(a->setup->data_dir, "former"), *dir, hex[33];
	unsigned char sum[HASH_SHA256_SIZE];

	hash_sha256(sum, mailbox, strlen(mailbox));
	hash_hex(hex, sum, 16);
	dir = file_join(all, hex);
	free(all);
	return dir;
}

/* First there, then no longer here: a break in between leaves it twice, and none of them can be
 * done to the other mailbox. */
static int move_op(struct journal *from, struct journal *to, const struct op *op, struct err *err)
{
	struct op *copy = op_copy(op);
	uint64_t id = op->id;
	int rc = journal_add(to, copy, err);

	if (rc == 0 && op->state == OP_SENT) /* it may have been done: it must be looked for */
		rc = op->marked ? journal_sent_marked(to, copy->id, op, err)
				: journal_sent(to, copy->id, err);
	op_free(copy);
	return rc == 0 ? journal_done(from, id, err) : rc;
}

/* A copy to be kept in Sent is good anywhere. */
static bool belongs_there(const struct op *op)
{
	return op->kind != OP_APPEND;
}

static size_t count_there(const struct account *a)
{
	size_t n = 0;

	for (size_t i = 0; i < journal_count(a->journal); i++)
		n += belongs_there(journal_at(a->journal, i));
	return n;
}

static int set_aside(struct account *a, const char *mailbox, struct err *err)
{
	char *dir = former_dir(a, mailbox), *path = file_join(dir, HOLDER);
	struct journal *former = NULL;
	size_t n = count_there(a), i = 0;
	int rc = n ? journal_open(&former, dir, err) : 0;

	if (rc == 0 && n)
		rc = file_replace(path, mailbox, strlen(mailbox), 0600, err);
	while (rc == 0 && n && i < journal_count(a->journal)) {
		const struct op *op = journal_at(a->journal, i);

		if (belongs_there(op))
			rc = move_op(a->journal, former, op, err);
		else
			i++;
	}
	if (rc == 0 && n)
		store_notice(a,
			ngettext("%zu change waits for %s and is kept; it goes on when account %s "
				 "has that server again",
				"%zu changes wait for %s and are kept; they go on when account %s "
				"has that server again",
				n),
			n, mailbox, a->setup->settings->name);
	journal_free(former);
	free(dir);
	free(path);
	return rc;
}

/* f: only those of this folder as it is numbered now; NULL: all. */
static int bring_back(
	struct account *a, const char *dir, const struct folder *f, size_t *n, struct err *err)
{
	struct journal *former = NULL;
	size_t i = 0;
	int rc = journal_open(&former, dir, err);

	while (rc == 0 && i < journal_count(former)) {
		const struct op *op = journal_at(former, i);

		if (f && (op->uidvalidity != cache_meta(f->cache)->uidvalidity ||
				 strcmp(op->folder, f->name) != 0)) {
			i++;
			continue;
		}
		rc = move_op(former, a->journal, op, err);
		*n += rc == 0;
	}
	if (rc == 0 && !journal_count(former))
		rc = file_remove_tree(dir, err);
	journal_free(former);
	return rc;
}

static void tell_back(struct account *a, size_t n)
{
	if (!n)
		return;
	store_notice(a,
		ngettext("%zu change that waited for this mailbox goes on",
			"%zu changes that waited for this mailbox go on", n),
		n);
	account_pending(a);
}

static bool same_user(const char *former, const char *mailbox)
{
	size_t n = strcspn(former, "@"), m = strcspn(mailbox, "@");

	return n == m && strncmp(former, mailbox, n) == 0;
}

/* The server whose folders the cache is of, and the journal. */
static const char *folders_url(const struct account *a)
{
	const struct account_settings *s = a->setup->settings;
	enum protocol p = 0;

	while (p + 1 < PROTOCOLS && !(protocol_row(p)->has_folders && *s->urls[p]))
		p++;
	return protocol_row(p)->has_folders ? s->urls[p] : "";
}

/* Whether dir holds operations of the same user elsewhere. */
static bool may_be_ours(const struct account *a, const char *dir)
{
	char *path = file_join(dir, HOLDER), *mailbox = mailbox_of(folders_url(a));
	struct str former = STR_INIT;
	bool ours =
		file_read(path, FILE_MAX, &former, NULL) == 0 && same_user(str_c(&former), mailbox);

	str_done(&former);
	free(mailbox);
	free(path);
	return ours;
}

void identity_selected(struct folder *f)
{
	struct account *a = f->account;
	char *all;
	struct dirent *de;
	struct err err = {0};
	size_t n = 0;
	DIR *d;

	/* Some servers number every mailbox alike: 0 and 1 are nobody's mark. */
	if (cache_meta(f->cache)->uidvalidity <= 1 || a->store->read_only)
		return;
	all = file_join(a->setup->data_dir, "former");
	d = opendir(all);
	while (d && (de = readdir(d))) {
		char *dir = file_join(all, de->d_name);

		if (de->d_name[0] != '.' && may_be_ours(a, dir) &&
			bring_back(a, dir, f, &n, &err) != 0)
			store_disk_notice(a, "%s", err.text);
		free(dir);
	}
	if (d)
		closedir(d);
	free(all);
	tell_back(a, n);
}

/* --- the file --- */

static char *identity_path(const struct account *a)
{
	return file_join(a->setup->data_dir, "identity");
}

/* The servers that are remembered, one of each protocol; "" for none. */
struct servers {
	char *urls[PROTOCOLS];
};

static void servers_done(struct servers *s)
{
	for (int p = 0; p < PROTOCOLS; p++)
		free(s->urls[p]);
}

static int save(struct account *a, const struct servers *s, struct err *err)
{
	char *path = identity_path(a);
	struct str text = STR_INIT;
	int rc;

	for (enum protocol p = 0; p < PROTOCOLS; p++)
		str_addf(&text, "%s %s\n", protocol_row(p)->key, s->urls[p]);
	rc = file_replace(path, text.p, text.len, 0600, err);
	str_done(&text);
	free(path);
	return rc;
}

/* Nothing is remembered, or no server is given now: nothing to compare. */
static bool is_same(const char *remembered, const char *url)
{
	char *was = mailbox_of(remembered), *is = mailbox_of(url);
	bool same = !*was || !*is || strcmp(was, is) == 0;

	free(was);
	free(is);
	return same;
}

static int start_anew(struct account *a, const char *was, struct err *err)
{
	char *mailbox = mailbox_of(was);
	int rc;

	store_notice(a,
		_("The servers of account %s were changed in the configuration: its cache starts "
		  "anew"),
		a->setup->settings->name);
	rc = set_aside(a, mailbox, err);
	free(mailbox);
	if (rc == 0)
		rc = file_remove_tree(a->setup->cache_dir, err);
	return rc == 0 ? file_make_dirs(a->setup->cache_dir, err) : rc;
}

/* The account has a server again for which changes wait. */
static int come_back(struct account *a, struct err *err)
{
	char *mailbox = mailbox_of(folders_url(a)), *dir = former_dir(a, mailbox);
	size_t n = 0;
	int rc = 0;

	if (*mailbox && file_exists(dir))
		rc = bring_back(a, dir, NULL, &n, err);
	tell_back(a, n);
	free(mailbox);
	free(dir);
	return rc;
}

static int read_identity(struct account *a, struct servers *s, struct err *err)
{
	char *path = identity_path(a);
	struct str text = STR_INIT;
	int rc = file_exists(path) ? file_read(path, FILE_MAX, &text, err) : 0;

	for (enum protocol p = 0; p < PROTOCOLS; p++) {
		s->urls[p] = line_of(str_c(&text), protocol_row(p)->key);
		if (!s->urls[p])
			s->urls[p] = mem_strdup("");
	}
	str_done(&text);
	free(path);
	return rc;
}

static int refuse_anew(const struct account *a, struct err *err)
{
	return err_set(err, ERR_INPUT,
		_("The servers of account %s were changed in the configuration, and Talaria runs "
		  "read-only: start it once without -R"),
		a->setup->settings->name);
}

/* What is written down is of the mailbox that the files are of: what was fetched from another one
 * is doubted first (identity_listed). */
static bool remember(struct account *a, struct servers *was, bool doubted)
{
	bool changed = false;

	for (enum protocol p = 0; p < PROTOCOLS; p++) {
		const char *url = a->setup->settings->urls[p];

		if (!*url || strcmp(url, was->urls[p]) == 0 ||
			(doubted && protocol_row(p)->takes_mail))
			continue;
		free(was->urls[p]);
		was->urls[p] = mem_strdup(url);
		changed = true;
	}
	return changed;
}

/* The server whose folders were cached is another one, and which it was; NULL: the same. */
static const char *other_folders(const struct account *a, const struct servers *was)
{
	for (enum protocol p = 0; p < PROTOCOLS; p++)
		if (protocol_row(p)->has_folders &&
			!is_same(was->urls[p], a->setup->settings->urls[p]))
			return was->urls[p];
	return NULL;
}

static int compare(struct account *a, struct servers *was, struct err *err)
{
	const char *other = other_folders(a, was);
	bool doubted = false;
	int rc = 0;

	for (enum protocol p = 0; p < PROTOCOLS; p++)
		doubted |= protocol_row(p)->takes_mail &&
			   !is_same(was->urls[p], a->setup->settings->urls[p]);
	ledger_doubt(a->journal, doubted);
	if (a->store->read_only)
		return other ? refuse_anew(a, err) : 0;
	if (other)
		rc = start_anew(a, other, err);
	if (rc == 0 && remember(a, was, doubted))
		rc = save(a, was, err);
	return rc == 0 ? come_back(a, err) : rc;
}

int identity_check(struct account *a, struct err *err)
{
	struct servers was;
	int rc = read_identity(a, &was, err);

	if (rc == 0)
		rc = compare(a, &was, err);
	servers_done(&was);
	return rc;
}

void identity_listed(struct account *a)
{
	struct servers was;
	struct err err = {0};

	if (!ledger_is_doubted(a->journal))
		return;
	if (read_identity(a, &was, &err) == 0 &&
		(!remember(a, &was, false) || save(a, &was, &err) == 0))
		ledger_doubt(a->journal, false);
	else
		store_disk_notice(a, "%s", err.text);
	servers_done(&was);
}

#include "tests/unit/postbox.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/mem.h"
#include "mime/letter.h"
#include "store/disk/bodies.h"
#include "store/disk/outbox.h"
#include "tests/unit/desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first messages are read also after the INBOX was numbered anew, so often. */
enum { DAY = 86400, RENUMBERED = 2, READ_THEN = 3 };

struct kind {
	uint32_t flags, size;
	int64_t age; /* seconds */
	const char *from, *mail, *subject;
	size_t parent;
};

static const struct kind kinds[POSTBOX_GROUP] = {
	{MAIL_SEEN, 4301, 90 * DAY, "Rosa Castellanos", "rosa@example.org", "Invoice 4711", 0},
	{MAIL_SEEN | MAIL_FLAGGED | MAIL_ATTACHMENT, 831488, 5 * DAY, "Rosa Castellanos",
		"rosa@example.org", "Invoice 4712: please have a look before Friday", 0},
	{MAIL_SEEN | MAIL_ANSWERED, 2100, 3 * DAY, "Jeff B", "jeff@example.org",
		"the new cache format", 0},
	{0, 4100, 2 * DAY, "Wei Xu 徐伟", "wei@example.org", "Re: the new cache format", 3},
	{0, 3300, DAY, "Jeff B", "jeff@example.org", "Re: the new cache format", 4},
	{MAIL_SEEN, 1800, 7200, "Ana María Ñúñez", "ana@example.org",
		"Re: the new cache format (was: pages of 256?)", 3},
	{0, 9000, 3600, "山田太郎", "yamada@example.jp",
		"会議の議題について 📅 よろしくお願いします", 0},
	{MAIL_LIST, 52000, 600, "linux-kernel 🐧 list", "list@example.org",
		"[PATCH v3 0/7] mm: a much longer subject that will certainly not fit into eighty "
		"columns",
		0},
};

const char *const postbox_folders[] = {"INBOX", "Archive=6", "Lists", "Lists/kernel", "Drafts=2",
	"Sent=3", "Trash=4", "Old mail", NULL};

/* --- messages --- */

/* Those of later groups are younger, and no two rows look the same: a terminal that can scroll is
 * to do so. */
static int64_t age_of(size_t i)
{
	return i < POSTBOX_GROUP ? kinds[i].age : 500 - (int64_t)i;
}

struct summary postbox_row(size_t i)
{
	static char ids[8][2][40];
	static unsigned turn;
	static time_t now; /* the same message has the same date */
	char(*id)[40] = ids[turn++ % 8];
	const struct kind *k = &kinds[i % POSTBOX_GROUP];
	struct summary s = desk_row((uint32_t)i + 1, k->from, k->subject);

	now = now ? now : clock_now();
	snprintf(id[0], sizeof(id[0]), "m%zu@example.org", i + 1);
	id[1][0] = '\0';
	if (k->parent)
		snprintf(id[1], sizeof(id[1]), "m%zu@example.org",
			i / POSTBOX_GROUP * POSTBOX_GROUP + k->parent);
	s.flags = k->flags;
	s.size = k->size + (i < POSTBOX_GROUP ? 0 : (uint32_t)i * 1024);
	s.received = s.sent = (uint32_t)(now - age_of(i));
	s.from_mail = k->mail;
	s.to = "alice@example.org";
	s.message_id = id[0];
	s.references = id[1];
	return s;
}

static void add_message(struct str *out, const struct summary *s)
{
	str_adds(out, "Date: ");
	clock_rfc5322(out, (time_t)s->sent);
	str_addf(out,
		"\r\nFrom: %s <%s>\r\nTo: Alice Example <alice@example.org>\r\n"
		"Subject: %s\r\nMessage-ID: <%s>\r\n",
		s->from_name, s->from_mail, s->subject, s->message_id);
	if (*s->references)
		str_addf(out, "In-Reply-To: <%s>\r\n", s->references);
	if (s->flags & MAIL_LIST)
		str_adds(out, "List-Post: <mailto:list@example.org>\r\n"
			      "List-Id: <kernel.example.org>\r\n"
			      "List-Unsubscribe: <mailto:leave@example.org>, "
			      "<https://example.org/leave>\r\n");
	str_adds(out, "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
		      "--b\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n"
		      "> why not pages of 256?\r\n> > because I said so\r\n"
		      "Because a page is what one screen needs.\r\n\r\n"
		      "See https://example.org/cache for numbers.\r\n");
	for (int i = 1; i <= 60; i++)
		str_addf(out, "Line %d of the message %u.\r\n", i, (unsigned)s->uid);
	str_adds(out, "-- \r\nsent from a terminal\r\n"
		      "--b\r\nContent-Type: application/pdf; name=cache.pdf\r\n"
		      "Content-Disposition: attachment; filename=cache.pdf\r\n\r\n");
	for (int i = 0; i < 100; i++)
		str_adds(out, "01234567\r\n");
	str_adds(out, "--b--\r\n");
}

static void put_bodies(const char *folder, const struct summary *rows, size_t n)
{
	char *path = file_join(getenv("XDG_CACHE_HOME"), "talaria/work/bodies");
	struct bodies *b;
	struct str text = STR_INIT;

	assert_int_equal(bodies_open(&b, path, 1 << 30, NULL), 0);
	for (size_t i = 0; i < n; i++)
		for (uint32_t k = 0; k <= (i < READ_THEN ? RENUMBERED : 0); k++) {
			struct bodies_key key = {folder, DESK_UIDVALIDITY + k, rows[i].uid + k};

			str_clear(&text);
			add_message(&text, &rows[i]);
			assert_int_equal(
				bodies_put(b, &key, "eml", str_c(&text), text.len, NULL), 0);
		}
	str_done(&text);
	bodies_free(b);
	free(path);
}

/* --- accounts --- */

static char *conf_of(size_t i)
{
	struct str s = STR_INIT;

	str_addf(&s, "account %s", i == POSTBOX_WORK ? "work" : "home");
	if (i > POSTBOX_HOME)
		str_addf(&s, "%zu", i);
	str_addf(&s,
		" {\nfrom \"Alice Example <alice@example.org>\"\n"
		"imap imaps://alice@imap.example.org\n"
		"pop3 pop3%s://alice@pop.example.org\n"
		"smtp smtps://alice@smtp.example.org\nprotocol %s\n}\n",
		i == POSTBOX_HOME ? "+insecure" : "s", i == POSTBOX_WORK ? "imap" : "pop3");
	return str_steal(&s);
}

void postbox_settings(struct settings *s, size_t accounts)
{
	for (size_t i = 0; i < accounts; i++) {
		struct conf_errors errors = {0};
		char *text = conf_of(i);
		struct conf_block *conf = conf_parse(text, strlen(text), &errors);

		settings_apply(s, conf, NULL, NULL, &errors);
		assert_int_equal(errors.n, 0);
		conf_free(conf);
		conf_errors_done(&errors);
		free(text);
	}
}

static void use(const char *variable, const char *dir, const char *name)
{
	char *path = file_join(dir, name);

	setenv(variable, path, 1);
	free(path);
}

void postbox_use(const char *dir)
{
	use("XDG_DATA_HOME", dir, "data");
	use("XDG_CACHE_HOME", dir, "cache");
}

/* What a server would bring in the first synchronisation. */
static void fill(const char *folder, size_t first, size_t n)
{
	struct summary *rows = mem_array(n + 1, sizeof(*rows)), **owned;

	owned = mem_array(n + 1, sizeof(*owned));
	for (size_t i = 0; i < n; i++) {
		struct summary row = postbox_row(first + i);

		row.uid = (uint32_t)i + 1;
		owned[i] = summary_copy(&row);
		rows[i] = *owned[i];
	}
	desk_open(0, folder, NULL);
	desk_fill(0, folder, rows, n);
	desk_settle();
	put_bodies(folder, rows, n);
	for (size_t i = 0; i < n; i++)
		summary_free(owned[i]);
	free(owned);
	free(rows);
}

/* Numbers of folders that nobody opened. */
static void tell_counts(void)
{
	static const struct {
		const char *name;
		uint32_t total, unread;
	} counts[] = {{"Lists", 40, 3}, {"Lists/kernel", 900, 3}, {"Old mail", 0, 0}};
	struct result *r = result_new(RESULT_COUNTS);

	r->counts.n = MEM_COUNT(counts);
	r->counts.v = mem_array(r->counts.n, sizeof(*r->counts.v));
	for (size_t i = 0; i < r->counts.n; i++) {
		r->counts.v[i] = (struct folder_entry){.name = mem_strdup(counts[i].name),
			.mailbox = mem_strdup(counts[i].name),
			.selectable = true,
			.counts_known = true,
			.total = counts[i].total,
			.unread = counts[i].unread,
			.uidnext = counts[i].total + 1,
			.uidvalidity = DESK_UIDVALIDITY};
	}
	desk_give(0, r);
	desk_settle();
}

static void make_work(size_t messages)
{
	struct settings *s = settings_new();
	struct store_account *setup = desk_account("work", false);

	postbox_settings(s, 1);
	account_settings_free(setup->settings);
	setup->settings = account_settings_copy(settings_account(s, 0));
	free(setup->data_dir);
	free(setup->cache_dir);
	setup->data_dir = settings_dir_data("work");
	setup->cache_dir = settings_dir_cache("work");
	desk_add(setup, true);
	desk_folders(0, postbox_folders);
	fill("INBOX", 0, messages);
	fill("Archive", 1, 3);
	fill("Drafts", 0, 1);
	fill("Sent", 2, 3);
	fill("Trash", 0, 3);
	tell_counts();
	settings_free(s);
}

static void make_home(void)
{
	static const char *const dirs[] = {"mail/cur", "mail/.Archive/cur", "mail/.Archive/new"};
	char *data = settings_dir_data("home"), *path;
	struct summary row = postbox_row(0);
	struct str text = STR_INIT;

	row.sent = (uint32_t)clock_now() - 60;
	add_message(&text, &row);
	for (size_t i = 0; i < MEM_COUNT(dirs); i++) {
		path = file_join(data, dirs[i]);
		assert_int_equal(file_make_dirs(path, NULL), 0);
		free(path);
	}
	path = file_join(data, "mail/cur/1:2,S");
	assert_int_equal(file_replace(path, str_c(&text), text.len, 0600, NULL), 0);
	free(path);
	str_done(&text);
	free(data);
}

/* A text of a mail that is being written, with CRLF. */
static void add_letter(
	struct str *out, const char *to, const char *subject, const char *body, bool html)
{
	struct str text = STR_INIT;

	letter_crlf(body, strlen(body), &text);
	str_addf(out,
		"From: Alice Example <alice@example.org>\r\nTo: %s\r\nSubject: %s\r\n"
		"MIME-Version: 1.0\r\n",
		to, subject);
	if (html)
		str_adds(out, "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n");
	str_addf(out, "Content-Type: text/plain; charset=UTF-8\r\n\r\n%s", str_c(&text));
	if (html)
		str_addf(out, "\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>%s</p>\r\n--b--\r\n",
			str_c(&text));
	str_done(&text);
}

/* Keeps what m points to. */
static void put(struct outbox_mail *m, const struct str *letter)
{
	char *dir = settings_dir_data("work");
	struct outbox *o;

	assert_int_equal(outbox_open(&o, dir, NULL), 0);
	assert_int_equal(outbox_put(o, m, str_c(letter), letter->len, NULL), 0);
	outbox_free(o);
	outbox_mail_done(m);
	free(dir);
}

void postbox_draft(const char *id, const char *to, const char *subject, const char *body, bool html,
	bool has_it)
{
	struct outbox_mail m = {.id = mem_strdup(id), .state = OUTBOX_DRAFT};
	struct str letter = STR_INIT;

	add_letter(&letter, to, subject, body, html);
	if (has_it)
		outbox_fate(outbox_recipient(&m, "carol@example.org"), FATE_ACCEPTED, "");
	m.subject = mem_strdup(subject);
	put(&m, &letter);
	str_done(&letter);
}

struct outbox_mail postbox_sending(const char *id, enum outbox_state state, size_t recipients)
{
	struct outbox_mail m = {.id = mem_strdup(id), .state = state};

	m.from = mem_strdup("alice@example.org");
	m.subject = mem_strdup("Minutes");
	m.message_id = mem_strdup("minutes@example.org");
	m.error = mem_strdup(state == OUTBOX_QUEUED ? "" : "no answer after the text");
	outbox_fate(outbox_recipient(&m, "bob@example.org"),
		state == OUTBOX_QUEUED ? FATE_UNASKED : FATE_UNCONFIRMED, "");
	for (size_t i = 1; i < recipients; i++) {
		struct str address = STR_INIT;

		str_addf(&address, "nobody%.*s@example.org", (int)i - 1, "abcdefgh");
		outbox_fate(outbox_recipient(&m, str_c(&address)), FATE_NEVER,
			"550 5.1.1 <nobody@example.org>: Recipient address rejected: User unknown "
			"in local recipient table");
		str_done(&address);
	}
	return m;
}

/* One that is written, and one that may have gone out. */
static void make_mails(void)
{
	struct outbox_mail m = postbox_sending("out1", OUTBOX_UNCONFIRMED, 1);
	struct str letter = STR_INIT;

	postbox_draft("draft1", "bob@example.org", "Half a thought", "...\n", false, false);
	add_letter(&letter, "bob@example.org", "Minutes", "Here.\n", false);
	put(&m, &letter);
	str_done(&letter);
}

void postbox_make(const char *dir, size_t messages)
{
	postbox_use(dir);
	assert_int_equal(desk_setup(NULL), 0);
	make_work(messages);
	make_home();
	make_mails();
	desk_teardown(NULL);
}

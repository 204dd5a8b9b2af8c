/* Folders in and out of an account, and backups, against real servers: nothing is lost on the way,
 * nothing comes twice. */
#include "base/file.h"
#include "base/mem.h"
#include "base/run.h"
#include "tests/sync/person.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- helpers --- */

static char *below(const struct person *p, const char *name)
{
	return file_join(p->home, name);
}

/* The final text of a request that must succeed; free(). */
static char *said(struct person *p, unsigned request)
{
	struct event *ev = answer(p, request);
	char *text;

	if (ev->kind != EVENT_DONE)
		fail_msg("%s", event_error(ev));
	text = mem_strdup(ev->done.text ? ev->done.text : "");
	event_free(ev);
	return text;
}

static void assert_said(struct person *p, unsigned request, const char *part)
{
	char *text = said(p, request);

	if (!strstr(text, part))
		fail_msg("\"%s\" does not say \"%s\"", text, part);
	free(text);
}

static void assert_not_said(struct person *p, unsigned request, const char *part)
{
	char *text = said(p, request);

	if (strstr(text, part))
		fail_msg("\"%s\" says \"%s\"", text, part);
	free(text);
}

/* Runs a shell command with the paths as $1 and $2; its first number is returned. */
static int shell(const char *command, const char *a, const char *b)
{
	const char *const argv[] = {"sh", "-c", command, "sh", a, b ? b : "", NULL};
	const struct run_limits limits = {30000, 100000, -1};
	struct str out = STR_INIT;
	struct err err = {0};
	int n;

	if (run_capture(argv, &limits, &out, &err) != 0)
		fail_msg("%s: %s", command, err.text);
	n = atoi(str_c(&out));
	str_done(&out);
	return n;
}

static int files_in(const char *maildir)
{
	return shell("find \"$1/cur\" \"$1/new\" -type f | wc -l", maildir, NULL);
}

static struct msglist *filled(struct person *p, const char *folder, size_t n)
{
	struct msglist *l = open_folder(p, folder);

	if (!strcmp(folder, "INBOX"))
		done(p, engine_sync(p->engine, 0));
	UNTIL(p, msglist_ready(l) && msglist_count(l) == n);
	return l;
}

static void mark(struct person *p, struct msglist *l, size_t row, unsigned flags)
{
	uint32_t uid = msglist_uid(l, row);

	flag_one(p, l, uid, flags);
}

/* How many rows have all these flags. */
static size_t with_flags(struct msglist *l, unsigned flags)
{
	size_t n = 0;

	for (size_t i = 0; i < msglist_count(l); i++)
		n += (flags_at(l, i) & flags) == flags;
	return n;
}

/* --- the cases --- */

/* What is not here yet is fetched; a second run adds nothing; a message deleted from the copy comes
 * again. */
static void imap_to_maildir(void **state)
{
	struct person *p = person_new("imap", "", "--count", "40");
	char *dir = kept(below(p, "copy"));
	struct msglist *l = filled(p, "INBOX", 40);

	mark(p, l, 3, MAIL_FLAGGED | MAIL_SEEN | MAIL_ANSWERED | MAIL_DRAFT);
	assert_said(p, engine_export(p->engine, l, NULL, 0, dir), "40 messages written");
	assert_int_equal(files_in(dir), 40);
	assert_int_equal(shell("ls \"$1/cur\" | grep -c ':2,DFRS$'", dir, NULL), 1);
	assert_said(p, engine_export(p->engine, l, NULL, 0, dir), "40 were there already");
	assert_int_equal(files_in(dir), 40);
	shell("rm \"$1\"/cur/*DFRS", dir, NULL);
	assert_said(p, engine_export(p->engine, l, NULL, 0, dir), "1 message written");
	assert_int_equal(files_in(dir), 40);
}

/* Out by IMAP into an mbox, and back into another folder, with the marks. */
static void mbox_there_and_back(void **state)
{
	struct person *p = person_new("imap", "", "--count", "30");
	char *path = kept(below(p, "copy.mbox"));
	struct msglist *l = filled(p, "INBOX", 30);
	size_t flagged, answered, seen;

	mark(p, l, 1, MAIL_FLAGGED | MAIL_SEEN);
	mark(p, l, 2, MAIL_ANSWERED | MAIL_SEEN);
	flagged = with_flags(l, MAIL_FLAGGED);
	answered = with_flags(l, MAIL_ANSWERED);
	seen = with_flags(l, MAIL_SEEN);
	assert_said(p, engine_export(p->engine, l, NULL, 0, path), "30 messages written");
	assert_int_equal(shell("grep -c '^From MAILER-DAEMON' \"$1\"", path, NULL), 30);
	fails(p, engine_export(p->engine, l, NULL, 0, path), "exists already");
	assert_said(p, engine_import(p->engine, 0, path, "Old"), "30 messages imported");
	UNTIL(p, engine_pending(p->engine) == 0);
	done(p, engine_sync(p->engine, 0));
	l = filled(p, "Old", 30);
	assert_int_equal(with_flags(l, MAIL_FLAGGED), flagged);
	assert_int_equal(with_flags(l, MAIL_ANSWERED), answered);
	assert_int_equal(with_flags(l, MAIL_SEEN), seen);
	/* Once more: nothing is doubled. */
	assert_said(p, engine_import(p->engine, 0, path, "Old"), "30 were there already");
	done(p, engine_sync(p->engine, 0));
	assert_int_equal(msglist_count(l), 30);
}

static void offline_import_waits_for_the_server(void **state)
{
	struct person *p = person_new("imap", "", "--count", "12");
	char *path = kept(below(p, "copy.mbox"));
	struct msglist *l = filled(p, "INBOX", 12);

	assert_said(p, engine_export(p->engine, l, NULL, 0, path), "12 messages written");
	restart(p, true);
	assert_said(p, engine_import(p->engine, 0, path, "Later"), "12 messages imported");
	assert_said(p, engine_import(p->engine, 0, path, "Later"), "12 were there already");
	restart(p, false);
	UNTIL(p, engine_find_folder(p->engine, 0, "Later") >= 0 && engine_pending(p->engine) == 0);
	done(p, engine_sync(p->engine, 0));
	filled(p, "Later", 12);
}

static void keyword(
	struct person *p, struct msglist *l, size_t row, const char *clear, const char *set)
{
	uint32_t uid = msglist_uid(l, row);

	done(p, engine_keywords(p->engine, l, &uid, 1, clear, set));
}

static void unmark(struct person *p, struct msglist *l, size_t row, unsigned flags)
{
	uint32_t uid = msglist_uid(l, row);

	done(p, engine_flag(p->engine, l, &uid, 1, flags, 0));
}

static size_t with_keyword(struct person *p, struct msglist *l, const char *word)
{
	struct str query = STR_INIT;
	struct event *ev;
	size_t n;

	str_addf(&query, "keyword:%s", word);
	ev = answer(p, engine_search(p->engine, l, query.p));
	assert_int_equal(ev->kind, EVENT_FOUND);
	n = ev->found.n;
	event_free(ev);
	str_done(&query);
	return n;
}

/* Everything is on the server and was asked for again, from an empty cache. */
static struct msglist *as_the_server_has(struct person *p, const char *folder, size_t n)
{
	char *cache = file_join(p->home, "XDG_CACHE_HOME");

	UNTIL(p, engine_pending(p->engine) == 0);
	stop(p);
	assert_int_equal(file_remove_tree(cache, NULL), 0);
	free(cache);
	start(p, false);
	done(p, engine_sync(p->engine, 0));
	return filled(p, folder, n);
}

/* What the copy has and the folder lacks is set there, and nothing is taken away. */
static void import_brings_marks_to_the_server(void **state)
{
	struct person *p = person_new("imap", "", "--count", "12");
	char *path = kept(below(p, "copy.mbox")), *dir = kept(below(p, "copy"));
	struct msglist *l = filled(p, "INBOX", 12);
	size_t flagged = with_flags(l, MAIL_FLAGGED), seen = with_flags(l, MAIL_SEEN);

	assert_said(p, engine_export(p->engine, l, NULL, 0, path), "12 messages written");
	assert_said(p, engine_import(p->engine, 0, path, "Old"), "12 messages imported");
	UNTIL(p, engine_pending(p->engine) == 0);
	done(p, engine_sync(p->engine, 0));
	l = filled(p, "Old", 12);
	assert_int_equal(with_flags(l, MAIL_FLAGGED), flagged);
	mark(p, l, 0, MAIL_FLAGGED | MAIL_SEEN | MAIL_ANSWERED | MAIL_FORWARDED);
	mark(p, l, 1, MAIL_SEEN | MAIL_DRAFT);
	keyword(p, l, 2, "", "work urgent");
	UNTIL(p, engine_pending(p->engine) == 0);
	assert_said(p, engine_export(p->engine, l, NULL, 0, dir), "12 messages written");
	/* All that is taken away comes again, but for the mark that says what is not sent yet. */
	unmark(p, l, 0, MAIL_FLAGGED | MAIL_SEEN | MAIL_ANSWERED | MAIL_FORWARDED);
	unmark(p, l, 1, MAIL_SEEN | MAIL_DRAFT);
	keyword(p, l, 2, "work", "mine");
	mark(p, l, 3, MAIL_FLAGGED | MAIL_ANSWERED);
	seen = with_flags(l, MAIL_SEEN);
	flagged = with_flags(l, MAIL_FLAGGED);
	assert_said(p, engine_import(p->engine, 0, dir, "Old"),
		"0 messages imported; 12 were there already, 3 of them got marks");
	for (int again = 0; again < 2; again++) {
		assert_int_equal(with_flags(l, MAIL_SEEN), seen + 2);
		assert_int_equal(with_flags(l, MAIL_FLAGGED), flagged + 1);
		assert_int_equal(with_flags(l, MAIL_ANSWERED | MAIL_FORWARDED | MAIL_FLAGGED), 1);
		assert_int_equal(with_flags(l, MAIL_DRAFT), 0);
		assert_int_equal(with_keyword(p, l, "work"), 1);
		assert_int_equal(with_keyword(p, l, "urgent"), 1);
		assert_int_equal(with_keyword(p, l, "mine"), 1);
		if (!again)
			l = as_the_server_has(p, "Old", 12);
	}
	/* Nothing is to be done any more. */
	assert_not_said(p, engine_import(p->engine, 0, dir, "Old"), "got marks");
	assert_not_said(p, engine_import(p->engine, 0, path, "Old"), "got marks");
	assert_int_equal(engine_pending(p->engine), 0);
}

/* Offline they wait, as marks that a person gives. */
static void offline_import_brings_marks(void **state)
{
	struct person *p = person_new("imap", "", "--count", "6");
	char *path = kept(below(p, "copy.mbox"));
	struct msglist *l = filled(p, "INBOX", 6);
	size_t flagged = with_flags(l, MAIL_FLAGGED);

	for (size_t i = 0; i < 6; i++)
		mark(p, l, i, MAIL_FLAGGED);
	assert_said(p, engine_export(p->engine, l, NULL, 0, path), "6 messages written");
	for (size_t i = 0; i < 6; i++)
		unmark(p, l, i, MAIL_FLAGGED);
	UNTIL(p, engine_pending(p->engine) == 0);
	restart(p, true);
	l = open_folder(p, "INBOX");
	assert_said(p, engine_import(p->engine, 0, path, "INBOX"),
		"6 were there already, 6 of them got marks");
	assert_int_equal(with_flags(l, MAIL_FLAGGED), 6);
	assert_int_equal(engine_pending(p->engine), 1);
	restart(p, false);
	l = as_the_server_has(p, "INBOX", 6);
	assert_int_equal(with_flags(l, MAIL_FLAGGED), 6);
	assert_true(flagged < 6);
}

/* Local folders: more than are marked at once, and a message that is there twice. */
static void import_brings_marks_to_files(void **state)
{
	struct person *p = person_new("pop3", "", "--count", "150");
	char *dir = kept(below(p, "copy"));
	struct msglist *l = filled(p, "INBOX", 150);
	struct str mail = STR_INIT;

	assert_said(p, engine_export(p->engine, l, NULL, 0, dir), "150 messages written");
	/* One twice, the second with a mark: neither gets anything of the other. */
	shell("cd \"$1\"; f=$(ls cur new | grep '^[0-9]' | head -n 1); f=$(ls cur/$f new/$f "
	      "2>/dev/null); cp $f cur/1000000000.twin.host:2,F",
		dir, NULL);
	assert_said(p, engine_import(p->engine, 0, dir, "Twins"), "151 messages imported");
	assert_not_said(p, engine_import(p->engine, 0, dir, "Twins"), "got marks");
	shell("cd \"$1\"; rm cur/1000000000.twin.host:2,F; for f in new/*; do "
	      "mv $f cur/${f#new/}:2,; done; for f in cur/*; do mv $f ${f%:2,*}:2,ARST; done",
		dir, NULL);
	l = filled(p, "Twins", 151);
	assert_int_equal(with_flags(l, MAIL_FLAGGED), 1);
	mark(p, l, 20, MAIL_FLAGGED);
	assert_said(p, engine_import(p->engine, 0, dir, "Twins"),
		"150 were there already, 150 of them got marks");
	assert_int_equal(with_flags(l, MAIL_ANSWERED | MAIL_SEEN), 150);
	assert_int_equal(with_flags(l, MAIL_DELETED), 0);
	assert_int_equal(with_flags(l, MAIL_FLAGGED), 2);
	assert_not_said(p, engine_import(p->engine, 0, dir, "Twins"), "got marks");
	/* The files say the same. */
	str_addf(&mail, "%s/talaria", getenv("XDG_DATA_HOME"));
	assert_int_equal(
		shell("ls \"$1\"/*/mail/.Twins/cur | grep -c ':2,F*RS$'", mail.p, NULL), 150);
	str_done(&mail);
}

/* A copy that was made before gets the marks given since, as far as it has room for them. */
static void export_brings_marks(void **state)
{
	struct person *p = person_new("imap", "", "--count", "10");
	char *dir = kept(below(p, "copy"));
	struct msglist *l = filled(p, "INBOX", 10);

	for (size_t i = 0; i < 10; i++)
		unmark(p, l, i, MAIL_SEEN | MAIL_FLAGGED | MAIL_ANSWERED);
	assert_said(p, engine_export(p->engine, l, NULL, 0, dir), "10 messages written");
	assert_int_equal(shell("ls \"$1/new\" | wc -l", dir, NULL), 10);
	/* Another program marks what we do not, and one is the user's own there. */
	shell("cd \"$1\"; for f in $(ls new | head -n 4); do mv new/$f cur/$f:2,FPZ; done", dir,
		NULL);
	for (size_t i = 0; i < 10; i++)
		mark(p, l, i, MAIL_SEEN);
	keyword(p, l, 0, "", "work");
	keyword(p, l, 1, "", "work late");
	assert_said(p, engine_export(p->engine, l, NULL, 0, dir), "0 messages written to");
	assert_int_equal(files_in(dir), 10);
	assert_int_equal(shell("ls \"$1/cur\" | grep -c ':2,FPSZ'", dir, NULL), 4);
	assert_int_equal(shell("ls \"$1/cur\" | grep -c ':2,S'", dir, NULL), 6);
	assert_int_equal(shell("ls \"$1/cur\" | grep -c '[a-z]$'", dir, NULL), 2);
	assert_int_equal(shell("grep -c 'work\\|late' \"$1/dovecot-keywords\"", dir, NULL), 2);
	assert_not_said(p, engine_export(p->engine, l, NULL, 0, dir), "got marks");
	/* No room: the other marks come all the same. */
	shell("cd \"$1\"; for i in $(seq 2 25); do echo $i k$i >>dovecot-keywords; done", dir,
		NULL);
	keyword(p, l, 2, "", "more work");
	keyword(p, l, 3, "", "more");
	mark(p, l, 4, MAIL_ANSWERED);
	assert_said(p, engine_export(p->engine, l, NULL, 0, dir),
		"10 were there already, 2 of them got marks");
	assert_int_equal(shell("ls \"$1/cur\" | grep -c '[a-z]$'", dir, NULL), 3);
	assert_int_equal(files_in(dir), 10);
}

/* What cannot be fetched is said, with what was; it is no success. */
static void export_without_the_network(void **state)
{
	struct person *p = person_new("imap", "", "--count", "8");
	char *dir = kept(below(p, "copy")), *path = kept(below(p, "copy.mbox"));
	struct msglist *l = filled(p, "INBOX", 8);
	uint32_t uid = msglist_uid(l, 0);

	engine_view_free(read_view(p, l, uid)); /* one is here */
	restart(p, true);
	l = open_folder(p, "INBOX");
	fails(p, engine_export(p->engine, l, NULL, 0, dir), "offline");
	fails(p, engine_export(p->engine, l, NULL, 0, path), "offline");
	assert_false(file_exists(path));
	assert_said(p, engine_export(p->engine, l, &uid, 1, path), "1 message written");
	engine_set_offline(p->engine, false);
	UNTIL(p, msglist_count(l) == 8);
	assert_said(p, engine_export(p->engine, l, NULL, 0, dir), "written");
	assert_int_equal(files_in(dir), 8);
}

/* A whole account as a tree, and the tree into another account. */
static void trees(void **state)
{
	struct person *p = person_new("pop3", "", "--count", "15"), *q;
	struct msglist *l = filled(p, "INBOX", 15);
	uint32_t uids[5];
	struct str path = STR_INIT;

	done(p, engine_create_folder(p->engine, 0, "Lists/talaria"));
	for (size_t i = 0; i < 5; i++)
		uids[i] = msglist_uid(l, i);
	done(p, engine_flag(p->engine, l, uids, 2, 0, MAIL_FLAGGED));
	done(p, engine_move(p->engine, l, uids, 5, "Lists/talaria"));
	str_addf(&path, "%s/tree", person_dir);
	assert_said(p, engine_export_folder(p->engine, 0, NULL, path.p), "15 messages written");
	assert_int_equal(files_in(path.p), 10);
	assert_int_equal(shell("ls \"$1/.Lists.talaria/cur\" | grep -c F", path.p, NULL), 2);
	/* Delivery agents tell by the mark which one is not the root. */
	assert_int_equal(shell("for d in \"$1\"/.[A-Z]*; do "
			       "test -e \"$d/maildirfolder\" || exit; done; "
			       "test -e \"$1/maildirfolder\" || echo 1",
				 path.p, NULL),
		1);
	person_free(p);
	q = person_new("pop3", "", "--count", "3");
	filled(q, "INBOX", 3);
	assert_said(q, engine_import(q->engine, 0, path.p, NULL), "15 messages imported");
	l = filled(q, "Lists/talaria", 5);
	assert_int_equal(with_flags(l, MAIL_FLAGGED), 2);
	assert_int_equal(msglist_count(open_folder(q, "INBOX")), 13);
	assert_said(q, engine_import(q->engine, 0, path.p, NULL), "15 were there already");
	assert_int_equal(msglist_count(open_folder(q, "INBOX")), 13);
	file_remove_tree(path.p, NULL);
	str_done(&path);
}

/* Cancelled at some moment: what is there is whole, and the next run brings the rest. */
/* Names that no Maildir can have, and two that would become one: each folder is written. */
static void odd_names(void **state)
{
	static const char *const names[] = {"x//y", "a.b", "a_b", "tail/", "tab"};
	struct person *p = person_new("imap", "", NULL, NULL);
	char *path = kept(file_join(p->home, "XDG_CACHE_HOME/talaria/test/folders"));
	char *tree = kept(file_join(p->home, "tree"));
	struct str table = STR_INIT;

	filled(p, "INBOX", 0);
	stop(p);
	assert_int_equal(file_read(path, 65536, &table, NULL), 0);
	for (size_t i = 0; i < MEM_COUNT(names); i++)
		str_addf(&table, "0\t1\t0\t0\t%s\t%s%s\n", names[i], names[i], i == 4 ? "\a" : "");
	assert_int_equal(file_replace(path, table.p, table.len, 0600, NULL), 0);
	start(p, true);
	open_folder(p, "INBOX");
	done(p, engine_export_folder(p->engine, 0, NULL, tree));
	assert_int_equal(shell("ls -d \"$1\"/.x._.y \"$1\"/.a_b \"$1\"/.a_b_2 \"$1\"/.tail._ "
			       "\"$1\"/.tab_ | wc -l",
				 tree, NULL),
		MEM_COUNT(names));
	str_done(&table);
}

/* What a run that was killed left behind bars no other. */
static void a_left_over_part(void **state)
{
	struct person *p = person_new("imap", "", "--count", "1");
	struct msglist *l = filled(p, "INBOX", 1);
	char *path = kept(file_join(p->home, "x.mbox")),
	     *part = kept(file_join(p->home, "x.mbox.part")),
	     *ball = kept(file_join(p->home, "b.tar.gz")),
	     *other = kept(file_join(p->home, "b.tar.gz.part"));

	assert_int_equal(file_replace(part, "mine", 4, 0600, NULL), 0);
	assert_int_equal(file_replace(other, "mine", 4, 0600, NULL), 0);
	done(p, engine_export(p->engine, l, NULL, 0, path));
	done(p, engine_backup(p->engine, 0, ball));
	assert_true(file_exists(path) && file_exists(ball));
	assert_int_equal(shell("cat \"$1\" \"$2\" | grep -c minemine", part, other), 1);
	assert_int_equal(shell("ls \"$1\" | grep -c 1.part || true", p->home, NULL), 0);
}

static void cancelled_and_run_again(void **state)
{
	struct person *p = person_new("imap", "", "--count", "200");
	char *dir = kept(below(p, "copy"));
	struct msglist *l = filled(p, "INBOX", 200);
	unsigned request = engine_export(p->engine, l, NULL, 0, dir);
	struct event *ev;
	int first;

	for (;;) {
		ev = next_event(p->engine, clock_ms() + PATIENCE_MS);
		assert_non_null(ev);
		if (ev->kind == EVENT_PROGRESS && ev->request == request)
			engine_cancel(p->engine, request);
		if (ev->request == request && ev->kind != EVENT_PROGRESS)
			break;
		event_free(ev);
	}
	assert_int_equal(ev->kind, EVENT_CANCELLED);
	event_free(ev);
	first = files_in(dir);
	assert_true(first < 200);
	assert_said(p, engine_export(p->engine, l, NULL, 0, dir), "written");
	assert_int_equal(files_in(dir), 200);
}

static void backup_holds_what_is_only_here(void **state)
{
	struct person *p = person_new("pop3", "", "--count", "20");
	struct msglist *l = filled(p, "INBOX", 20);
	char *dir = kept(below(p, "backups"));

	mark(p, l, 0, MAIL_FLAGGED);
	draft_of(p, engine_compose(p->engine, 0, COMPOSE_NEW, NULL, 0, "bob@example.org"));
	assert_int_equal(file_make_dirs(dir, NULL), 0);
	assert_said(p, engine_backup(p->engine, 0, dir), "20 messages");
	assert_said(p, engine_backup(p->engine, 0, dir), "-2.tar.gz");
	assert_int_equal(
		shell("mkdir \"$1/x\" && tar -xzf \"$1\"/talaria-*[0-9][0-9].tar.gz -C \"$1/x\" && "
		      "diff -r -x '*.lock' \"$1/x\" \"$2\"/talaria/* && echo 1",
			dir, getenv("XDG_DATA_HOME")),
		1);
	fails(p, engine_backup(p->engine, 0, "/proc/none/x.tar.gz"), "/proc/none");
}

/* Into the very folder that is written, every message would stand twice in it. */
static void nothing_is_written_among_the_mail(void **state)
{
	struct person *p = person_new("pop3", "", "--count", "5");
	struct msglist *l = filled(p, "INBOX", 5);
	struct str mail = STR_INIT, work = STR_INIT;
	char *link = kept(below(p, "link")), *box = kept(below(p, "box"));

	str_addf(&work, "%s/talaria/test", getenv("XDG_DATA_HOME"));
	str_addf(&mail, "%s/mail", work.p);
	assert_int_equal(symlink(mail.p, link), 0);
	fails(p, engine_export(p->engine, l, NULL, 0, mail.p), "the mail itself");
	fails(p, engine_export(p->engine, l, NULL, 0, link), "the mail itself");
	str_adds(&mail, "/.Trash");
	fails(p, engine_export_folder(p->engine, 0, NULL, mail.p), "the mail itself");
	fails(p, engine_backup(p->engine, 0, work.p), "the mail itself");
	assert_said(p, engine_export(p->engine, l, NULL, 0, box), "5 messages");
	l = engine_open(p->engine, -1, box, NULL);
	assert_non_null(l);
	UNTIL(p, msglist_count(l) == 5);
	fails(p, engine_export(p->engine, l, NULL, 0, box), "the folder itself");
	str_done(&work);
	str_done(&mail);
}

static void bad_paths_are_told(void **state)
{
	struct person *p = person_new("imap", "", "--count", "2");
	char *text = kept(below(p, "text")), *tree = kept(below(p, "tree.mbox"));

	filled(p, "INBOX", 2);
	assert_int_equal(file_replace(text, "no mail\n", 8, 0600, NULL), 0);
	fails(p, engine_import(p->engine, 0, text, "Old"), "mbox");
	fails(p, engine_import(p->engine, 0, "/nowhere/at/all", "Old"), "/nowhere/at/all");
	fails(p, engine_export_folder(p->engine, 0, NULL, tree), "Maildir");
	fails(p, engine_export_folder(p->engine, 0, "None", text), "None");
	fails(p, engine_export_folder(p->engine, 0, "INBOX", "/proc/none"), "/proc/none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PERSON_CASE(imap_to_maildir),
		PERSON_CASE(mbox_there_and_back),
		PERSON_CASE(offline_import_waits_for_the_server),
		PERSON_CASE(import_brings_marks_to_the_server),
		PERSON_CASE(offline_import_brings_marks),
		PERSON_CASE(import_brings_marks_to_files),
		PERSON_CASE(export_brings_marks),
		PERSON_CASE(export_without_the_network),
		PERSON_CASE(trees),
		PERSON_CASE(odd_names),
		PERSON_CASE(a_left_over_part),
		PERSON_CASE(cancelled_and_run_again),
		PERSON_CASE(backup_holds_what_is_only_here),
		PERSON_CASE(nothing_is_written_among_the_mail),
		PERSON_CASE(bad_paths_are_told),
	};

	return PERSON_RUN(tests, NULL);
}

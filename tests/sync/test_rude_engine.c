/* The engine against servers that misbehave (odd.py): each case says what the user must find
 * afterwards. */
#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "tests/sync/person.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int ports[3];

static __attribute__((format(printf, 1, 2))) char *text_of(const char *fmt, ...)
{
	struct str out = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&out, fmt, ap);
	va_end(ap);
	return str_steal(&out);
}

/* --- the odd server --- */

static void start_odd(void)
{
	const char *src = getenv("srcdir") ? getenv("srcdir") : "..";
	char *tool = file_join(src, "tests/sync/odd.py"), line[64] = "";
	int fds[2];
	FILE *f;

	assert_int_equal(pipe(fds), 0);
	if (fork() == 0) {
		dup2(fds[1], 1);
		close(fds[0]);
		close(fds[1]);
		execlp("python3", "python3", tool, "--dir", person_dir, (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	f = fdopen(fds[0], "r");
	assert_non_null(f);
	if (!fgets(line, sizeof(line), f) ||
		sscanf(line, "%d %d %d", &ports[0], &ports[1], &ports[2]) != 3)
		fail_msg("odd.py did not start");
	fclose(f);
	free(tool);
}

/* One command to the server; its answer, to be freed. */
static char *ask(const char *command)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct str out = STR_INIT;
	char buf[4096];
	ssize_t n;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s/control", person_dir);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(write(fd, command, strlen(command)), (ssize_t)strlen(command));
	shutdown(fd, SHUT_WR);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		str_add(&out, buf, (size_t)n);
	close(fd);
	return str_steal(&out);
}

static void odd(const char *command)
{
	char *said = ask(command);

	if (strcmp(said, "ok") != 0)
		fail_msg("%s: %s", command, said);
	free(said);
}

static int number(const char *command)
{
	char *said = ask(command);
	int n = atoi(said);

	free(said);
	return n;
}

/* How many lines came that match. */
static int seen(const char *regex)
{
	char *command = text_of("seen %s", regex);
	int n = number(command);

	free(command);
	return n;
}

/* As UNTIL, for what only the server knows. */
#define UNTIL_SERVER(p, condition)                                                                 \
	do {                                                                                       \
		int64_t until_ = clock_ms() + PATIENCE_MS;                                         \
		while (!(condition)) {                                                             \
			event_free(next_event((p)->engine, clock_ms() + 20));                      \
			if (clock_ms() > until_)                                                   \
				fail_msg("waited in vain for %s", #condition);                     \
		}                                                                                  \
	} while (0)

/* Takes what comes for a while: for what must not happen. */
static void watch(struct person *p, int ms)
{
	int64_t end = clock_ms() + ms;
	struct event *ev;

	while ((ev = next_event(p->engine, end)))
		event_free(ev);
}

static struct person *somebody(const char *protocol, const char *imap, const char *more)
{
	char *text = text_of("account test {\n\tfrom \"Test <test@example.org>\"\n"
			     "\tprotocol %s\n\timap %s://test@127.0.0.1:%d\n"
			     "\tpop3 pop3+insecure://test@127.0.0.1:%d\n"
			     "\tsmtp smtp+insecure://test@127.0.0.1:%d\n"
			     "\tpassword plain \"secret\"\n%s}\n",
		protocol, imap, ports[0], ports[1], ports[2], more);
	struct person *p = person_with(text);

	free(text);
	return p;
}

static struct person *by_imap(void)
{
	return somebody("imap", "imap+insecure", "");
}

static int forget(void **state)
{
	(void)state;
	odd("reset");
	return 0;
}

/* For whoever looks for the cause of a failure. */
static int show(void **state)
{
	char *log = getenv("ODD_LOG") ? ask("log") : NULL;

	(void)state;
	if (log)
		fprintf(stderr, "%s\n", log);
	free(log);
	return 0;
}

static void stop_quickly(struct person *p)
{
	int64_t begin = clock_ms();

	engine_free(p->engine);
	p->engine = NULL;
	settings_free(p->settings);
	if (clock_ms() - begin >= 1000)
		fail_msg("the end took %d ms", (int)(clock_ms() - begin));
}

static enum account_state state_of(struct person *p)
{
	struct account_info info;

	engine_account(p->engine, 0, &info);
	return info.state;
}

static const char *reason(struct person *p)
{
	struct account_info info;

	engine_account(p->engine, 0, &info);
	return info.reason;
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static struct msglist *filled(struct person *p, size_t n)
{
	struct msglist *l = open_folder(p, "INBOX");

	UNTIL(p, msglist_count(l) == n && msglist_sync_percent(l) == 100);
	return l;
}

/* --- IMAP: the beginning --- */

static void greeting_bye_waits(void **state)
{
	struct person *p;

	(void)state;
	odd("greeting imap * BYE too many connections");
	p = by_imap();
	UNTIL(p, state_of(p) == STATE_WAITING);
	has(reason(p), "too many connections");
	odd("norules");
	engine_retry(p->engine);
	UNTIL(p, state_of(p) == STATE_ONLINE);
	person_free(p);
}

static void preauth_sends_nothing(void **state)
{
	struct person *p;

	(void)state;
	odd("greeting imap * PREAUTH welcome");
	p = somebody("imap", "imap", "");
	UNTIL(p, state_of(p) == STATE_FAILED);
	assert_true(*reason(p));
	assert_int_equal(seen("^imap"), 0);
	person_free(p);
}

static void starttls_refused_sends_nothing(void **state)
{
	struct person *p;

	(void)state;
	odd("caps IMAP4rev1 STARTTLS AUTH=PLAIN SASL-IR");
	odd("rule STARTTLS => no not today");
	p = somebody("imap", "imap", "");
	UNTIL(p, state_of(p) == STATE_FAILED);
	assert_true(*reason(p));
	assert_int_equal(seen("LOGIN|AUTHENTICATE"), 0);
	person_free(p);
	odd("caps IMAP4rev1 AUTH=PLAIN");
	p = somebody("imap", "imap", "");
	UNTIL(p, state_of(p) == STATE_FAILED);
	assert_int_equal(seen("LOGIN|AUTHENTICATE"), 0);
	person_free(p);
}

static void login_refused_is_no_storm(void **state)
{
	struct person *p;

	(void)state;
	odd("password another");
	p = by_imap();
	UNTIL(p, state_of(p) == STATE_FAILED);
	has(reason(p), "wrong password");
	watch(p, 1500);
	assert_int_equal(seen("AUTHENTICATE"), 1);
	odd("password secret");
	engine_retry(p->engine);
	UNTIL(p, state_of(p) == STATE_ONLINE);
	assert_int_equal(seen("AUTHENTICATE"), 2);
	person_free(p);
}

static void silence_after_login(void **state)
{
	struct person *p;
	int64_t begin;

	(void)state;
	odd("rule imap \\S+ LIST => stall");
	p = by_imap();
	UNTIL_SERVER(p, seen("imap \\S+ LIST"));
	begin = clock_ms();
	for (int i = 0; i < 100; i++)
		event_free(engine_next(p->engine));
	assert_true(clock_ms() - begin < 200);
	/* What needs no server is answered meanwhile. */
	event_free(answer(p, engine_drafts(p->engine, 0)));
	assert_true(clock_ms() - begin < 1000);
	stop_quickly(p);
	person_free(p);
}

/* --- IMAP: filling --- */

static void stall_within_a_literal(void **state)
{
	struct person *p;

	(void)state;
	odd("fill INBOX 60");
	odd("rule HEADER.FIELDS => part 700");
	p = by_imap();
	open_folder(p, "INBOX");
	UNTIL_SERVER(p, seen("HEADER.FIELDS"));
	watch(p, 100);
	stop_quickly(p);
	odd("norules");
	odd("cut");
	start(p, false);
	filled(p, 60);
	person_free(p);
}

static void all_subjects_once(struct person *p, struct msglist *l, int n)
{
	char *found = mem_alloc((size_t)n + 1);

	for (size_t i = 0; i < msglist_count(l); i++) {
		int k = 0;

		sscanf(row_of(p, l, i).subject, "Message %d", &k);
		if (k < 1 || k > n || found[k]++)
			fail_msg("row %zu: \"%s\"", i, row_of(p, l, i).subject);
	}
	free(found);
}

static void dropped_once_in_the_fill(void **state)
{
	struct person *p;
	struct msglist *l;

	(void)state;
	odd("fill INBOX 400");
	odd("budget 60000");
	p = by_imap();
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) > 0 && state_of(p) != STATE_ONLINE);
	odd("budget 0");
	UNTIL(p, msglist_count(l) == 400 && msglist_sync_percent(l) == 100);
	all_subjects_once(p, l, 400);
	person_free(p);
}

/* The answer to the first chunk behind the newest window is held back until the next is asked for.
 */
static void the_next_is_asked_for_ahead(void **state)
{
	struct person *p;
	struct msglist *l;

	(void)state;
	odd("fill INBOX 500");
	odd("rule x1 UID FETCH 251:450 => behind");
	p = by_imap();
	l = filled(p, 500);
	all_subjects_once(p, l, 500);
	assert_int_equal(seen("UID FETCH 251:450"), 1);
	assert_int_equal(seen("UID FETCH 51:250"), 1);
	person_free(p);
}

/* Two are under way and the connection ends within the first, behind it, within the second. */
static void dropped_with_two_under_way(void **state)
{
	static const char *const sizes[] = {"20000", "40000", "62000", "80000", "100000"};

	(void)state;
	for (size_t i = 0; i < MEM_COUNT(sizes); i++) {
		char *budget = text_of("budget %s", sizes[i]);
		struct person *p;
		struct msglist *l;

		odd("reset");
		odd("fill INBOX 500");
		odd(budget);
		p = by_imap();
		l = filled(p, 500);
		all_subjects_once(p, l, 500);
		assert_int_equal(msglist_count(l), 500);
		person_free(p);
		free(budget);
	}
}

/* The row that breaks the parser is in the second of two chunks under way: it alone is given up. */
static void broken_row_of_the_second_chunk(void **state)
{
	struct person *p;
	struct msglist *l;

	(void)state;
	odd("fill INBOX 500");
	odd("raw 100 what is this");
	p = by_imap();
	l = filled(p, 500);
	for (uint32_t uid = 1; uid <= 500; uid++) {
		ptrdiff_t row = msglist_find(l, uid);

		assert_true(row >= 0);
		assert_int_equal(!!(flags_at(l, (size_t)row) & MSG_PLACEHOLDER), uid == 100);
	}
	person_free(p);
}

static void dropped_again_and_again(void **state)
{
	struct person *p;
	struct msglist *l;

	(void)state;
	odd("fill INBOX 500");
	odd("budget 40000");
	p = by_imap();
	l = filled(p, 500);
	all_subjects_once(p, l, 500);
	person_free(p);
}

static void one_octet_at_a_time(void **state)
{
	struct person *p;
	struct msglist *l;

	(void)state;
	odd("fill INBOX 30");
	odd("drip");
	p = by_imap();
	l = filled(p, 30);
	engine_view_free(read_view(p, l, msglist_uid(l, 0)));
	person_free(p);
}

static void broken_row(const char *raw)
{
	struct person *p;
	struct msglist *l;
	struct msg_row r;

	odd("reset");
	odd("fill INBOX 90");
	odd(raw);
	p = by_imap();
	l = filled(p, 90);
	assert_true(msglist_find(l, 70) >= 0);
	assert_true(msglist_row(l, (size_t)msglist_find(l, 70), &r));
	assert_true(r.flags & MSG_PLACEHOLDER);
	for (uint32_t uid = 1; uid <= 90; uid++)
		if (uid != 70) {
			assert_true(msglist_find(l, uid) >= 0);
			assert_false(flags_at(l, (size_t)msglist_find(l, uid)) & MSG_PLACEHOLDER);
		}
	/* Not asked for anew with every start. */
	stop(p);
	start(p, false);
	l = filled(p, 90);
	assert_int_equal(msglist_count(l), 90);
	person_free(p);
}

static void unparsable_row_has_a_placeholder(void **state)
{
	(void)state;
	broken_row("raw 70 * 70 FETCH (UID 70 FLAGS (\\\\Seen INTERNALDATE nonsense ((");
	broken_row("raw 70 * 70 FETCH (UID 70 FLAGS () RFC822.SIZE minus BODY[HEADER.FIELDS (FROM)]"
		   " {5}\\r\\nab)\\r)");
	broken_row("raw 70 * 70 FETCH (UID 70 FLAGS () BODY[HEADER.FIELDS (FROM)] "
		   "{99999999999999999999}\\r\\nabc)");
}

static void strange_rows_are_ignored(void **state)
{
	struct person *p;
	struct msglist *l;

	(void)state;
	odd("fill INBOX 10");
	odd("rule HEADER.FIELDS => before * 3 FETCH (FLAGS (\\\\Seen \\\\Flagged))\\r\\n"
	    "* 4 FETCH (BODY[HEADER.FIELDS (SUBJECT)] {19}\\r\\nSubject: no UID\\r\\n\\r\\n)\\r\\n"
	    "* 99 FETCH (UID 4000000 FLAGS () BODY[HEADER.FIELDS (SUBJECT)] "
	    "{20}\\r\\nSubject: unasked\\r\\n\\r\\n)\\r\\n"
	    "* 100 FETCH (UID 0 FLAGS ())\\r\\n* 0 FETCH (UID 5)\\r\\n"
	    "* 6 FETCH (UID 6 FLAGS ())\\r\\n* 6 FETCH (UID 6 FLAGS ())");
	p = by_imap();
	l = filled(p, 10);
	assert_int_equal(msglist_find(l, 4000000), -1);
	all_subjects_once(p, l, 10);
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(flags_at(l, i) & MSG_PLACEHOLDER, 0);
	person_free(p);
}

/* --- IMAP: while it is open --- */

static void new_uidvalidity_starts_anew(void **state)
{
	struct person *p;
	struct msglist *l;

	(void)state;
	odd("fill INBOX 6");
	p = by_imap();
	l = filled(p, 6);
	engine_view_free(read_view(p, l, 2));
	stop(p);
	/* The same UIDs are other messages now. */
	odd("gone INBOX 1");
	odd("renumber INBOX 1");
	odd("validity INBOX 77");
	start(p, false);
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) == 5 && msglist_sync_percent(l) == 100 &&
			 msglist_find(l, 6) < 0 && msglist_find(l, 2) >= 0);
	assert_string_equal(row_of(p, l, (size_t)msglist_find(l, 2)).subject, "Message 3");
	{
		struct message_view *v = read_view(p, l, 2);

		assert_string_equal(v->subject, "Message 3");
		engine_view_free(v);
	}
	person_free(p);
}

static void other_clients_are_seen(void **state)
{
	struct person *p;
	struct msglist *l;

	(void)state;
	odd("fill INBOX 10");
	p = by_imap();
	l = filled(p, 10);
	UNTIL_SERVER(p, number("idling") == 1);
	odd("gone INBOX 3");
	UNTIL(p, msglist_count(l) == 9 && msglist_find(l, 3) < 0);
	UNTIL_SERVER(p, number("idling") == 1);
	odd("fill INBOX 2");
	UNTIL(p, msglist_count(l) == 11);
	/* EXISTS shrinks by itself, without any EXPUNGE. */
	UNTIL_SERVER(p, number("idling") == 1);
	odd("say * 4 EXISTS");
	watch(p, 300);
	UNTIL_SERVER(p, number("idling") == 1);
	assert_int_equal(msglist_count(l), 11);
	person_free(p);
}

static void refused_mark_is_taken_back(void **state)
{
	struct person *p;
	struct msglist *l;
	uint32_t uid = 2;

	(void)state;
	odd("fill INBOX 3");
	odd("rule UID STORE => no the mailbox is for reading");
	p = by_imap();
	l = filled(p, 3);
	done(p, engine_flag(p->engine, l, &uid, 1, 0, MSG_FLAGGED));
	UNTIL(p, engine_pending(p->engine) == 0 &&
			 !(flags_at(l, (size_t)msglist_find(l, 2)) & MSG_FLAGGED));
	has(person_told(), "the mailbox is for reading");
	assert_int_equal(state_of(p), STATE_ONLINE);
	person_free(p);
}

static void refused_move_comes_back(void **state)
{
	struct person *p;
	struct msglist *l;
	uint32_t uid = 2;

	(void)state;
	odd("fill INBOX 3");
	odd("fill Archive 0");
	odd("rule UID MOVE => no over quota");
	p = by_imap();
	l = filled(p, 3);
	done(p, engine_move(p->engine, l, &uid, 1, "Archive"));
	assert_int_equal(msglist_find(l, 2), -1);
	UNTIL(p, engine_pending(p->engine) == 0 && msglist_count(l) == 3);
	assert_string_equal(row_of(p, l, (size_t)msglist_find(l, 2)).subject, "Message 2");
	has(person_told(), "over quota");
	person_free(p);
}

static void bye_while_idling(void **state)
{
	struct person *p;
	struct msglist *l;

	(void)state;
	odd("fill INBOX 3");
	p = by_imap();
	l = filled(p, 3);
	UNTIL_SERVER(p, number("idling") == 1);
	odd("say * BYE restarting for maintenance");
	odd("cut");
	UNTIL(p, state_of(p) != STATE_ONLINE);
	has(reason(p), "restarting for maintenance");
	UNTIL(p, state_of(p) == STATE_ONLINE);
	UNTIL_SERVER(p, number("idling") == 1);
	odd("fill INBOX 1");
	UNTIL(p, msglist_count(l) == 4);
	person_free(p);
}

static void alert_is_shown_clean(void **state)
{
	struct person *p;

	(void)state;
	odd("fill INBOX 1");
	p = by_imap();
	filled(p, 1);
	UNTIL_SERVER(p, number("idling") == 1);
	odd("say * OK [ALERT] disk is \\e[31mfull\\x07 soon");
	UNTIL(p, strstr(person_told(), "disk is"));
	has(person_told(), "soon");
	assert_null(strchr(person_told(), '\033'));
	assert_null(strchr(person_told(), '\007'));
	person_free(p);
}

/* --- IMAP: names --- */

static bool escaped;

static int look_for_evil(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type;
	if (strstr(path + ftw->base, "evil") && !strstr(path, getenv("XDG_CACHE_HOME"))) {
		print_message("outside: %s\n", path);
		escaped = true;
	}
	return 0;
}

static void names_stay_in_the_cache(void **state)
{
	struct person *p;

	(void)state;
	odd("fill INBOX 2");
	odd("fill ../../../evil1 2");
	odd("fill /tmp/evil2 2");
	odd("fill a/../../../../../../evil3 1");
	odd("list () \"/\" \"..\"");
	odd("list () \"/\" \"\"");
	odd("list () \"/\" \"evil\\x01\\x1b[2Jfour\"");
	odd("list () \"/\" {11}\\r\\nevil\\r\\n* BYE");
	odd("list () \"\\x5c\\x5c\" \"evil\\x5c\\x5c..\\x5c\\x5c..\"");
	odd("list () NIL evil&AAA-null");
	odd("list () \"/\" evil&//8-bad&");
	p = by_imap();
	filled(p, 2);
	for (size_t i = 0; i < engine_folders(p->engine, 0); i++) {
		struct folder_info info;
		struct err err = {0};

		engine_folder(p->engine, 0, i, &info);
		for (const char *c = info.label; *c; c++)
			assert_true((unsigned char)*c >= ' ');
		for (const char *c = info.name; *c; c++)
			assert_true((unsigned char)*c >= ' ');
		if (info.selectable && strstr(info.name, "evil"))
			engine_open(p->engine, 0, info.name, &err);
	}
	watch(p, 500);
	done(p, engine_sync(p->engine, 0));
	assert_int_equal(state_of(p), STATE_ONLINE);
	stop(p);
	escaped = false;
	nftw(person_dir, look_for_evil, 16, FTW_PHYS);
	assert_false(escaped);
	assert_int_not_equal(access("/tmp/evil2", F_OK), 0);
	start(p, true);
	open_folder(p, "INBOX");
	person_free(p);
}

/* --- IMAP: QRESYNC --- */

static struct person *by_qresync(struct msglist **l)
{
	struct person *p;

	odd("caps IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS MOVE IDLE LITERAL+ ENABLE CONDSTORE "
	    "QRESYNC");
	odd("fill INBOX 10");
	p = by_imap();
	*l = filled(p, 10);
	return p;
}

static void qresync_is_used(void **state)
{
	struct msglist *l;
	struct person *p = by_qresync(&l);

	(void)state;
	stop(p);
	odd("gone INBOX 4");
	odd("flags INBOX 5 \\Flagged");
	odd("fill INBOX 1");
	start(p, false);
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) == 10 && msglist_find(l, 4) < 0 && msglist_find(l, 11) >= 0 &&
			 (flags_at(l, (size_t)msglist_find(l, 5)) & MSG_FLAGGED));
	assert_true(seen("QRESYNC \\(") > 0);
	/* Nor at the first time: the newest window was the whole folder. */
	assert_int_equal(seen("UID SEARCH ALL"), 0);
	person_free(p);
}

static void qresync_that_does_not_add_up(void **state)
{
	struct msglist *l;
	struct person *p = by_qresync(&l);

	(void)state;
	stop(p);
	odd("gone INBOX 4");
	odd("flags INBOX 5 \\Flagged");
	/* Says nothing of what vanished. */
	odd("rule x1 SELECT.*QRESYNC => instead * 9 EXISTS\\r\\n* OK [UIDVALIDITY 1000] x\\r\\n"
	    "* OK [UIDNEXT 11] x\\r\\n* OK [HIGHESTMODSEQ 900] x\\r\\n$tag OK [READ-WRITE] x");
	start(p, false);
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) == 9 && msglist_find(l, 4) < 0 &&
			 (flags_at(l, (size_t)msglist_find(l, 5)) & MSG_FLAGGED));
	person_free(p);
}

static void everything_vanished_is_a_lie(void **state)
{
	struct msglist *l;
	struct person *p = by_qresync(&l);

	(void)state;
	stop(p);
	odd("rule x1 SELECT.*QRESYNC => before * VANISHED (EARLIER) 1:4294967295");
	start(p, false);
	l = open_folder(p, "INBOX");
	UNTIL_SERVER(p, seen("SELECT.*QRESYNC") && number("idling") == 1);
	watch(p, 300);
	UNTIL(p, msglist_count(l) == 10);
	odd("say * VANISHED 1:4294967295");
	watch(p, 500);
	UNTIL(p, msglist_count(l) == 10);
	odd("gone INBOX 10");
	UNTIL(p, msglist_count(l) == 9);
	person_free(p);
}

/* --- IMAP: bodies and APPEND --- */

static void body_that_vanished(void **state)
{
	static const struct read_options opt = {.width = 80};
	struct person *p;
	struct msglist *l;
	struct event *ev;

	(void)state;
	odd("fill INBOX 4");
	odd("rule x1 UID FETCH.*PEEK\\[\\] => say $tag OK done");
	odd("rule x1 UID FETCH.*PEEK\\[\\] => no [EXPUNGEISSUED] some are gone");
	p = by_imap();
	l = filled(p, 4);
	for (int i = 0; i < 2; i++) {
		ev = answer(p, engine_read(p->engine, l, 2, &opt));
		assert_int_equal(ev->kind, EVENT_FAILED);
		assert_true(*ev->err.text);
		event_free(ev);
		assert_int_equal(msglist_count(l), 4);
	}
	engine_view_free(read_view(p, l, 2));
	person_free(p);
}

static void body_over_a_link_that_breaks(void **state)
{
	struct person *p;
	struct msglist *l;
	struct event *ev;
	static const struct read_options opt = {.width = 80};

	(void)state;
	odd("fill INBOX 4");
	odd("rule x1 UID FETCH.*PEEK\\[\\] => torn 60");
	p = by_imap();
	l = filled(p, 4);
	ev = answer(p, engine_read(p->engine, l, 2, &opt));
	if (ev->kind == EVENT_FAILED)
		assert_true(*ev->err.text);
	event_free(ev);
	engine_view_free(read_view(p, l, 2));
	person_free(p);
}

static void lost_append_makes_no_second_copy(void **state)
{
	struct person *p;
	struct msglist *l;

	(void)state;
	odd("fill Sent 0");
	odd("rule x1 APPEND => lose");
	p = by_imap();
	l = filled(p, 0);
	send_text(p, "you@example.org", "Once");
	event_of_kind(p, EVENT_SENT);
	UNTIL(p, engine_pending(p->engine) == 1);
	UNTIL(p, engine_pending(p->engine) == 0 && state_of(p) == STATE_ONLINE);
	assert_int_equal(number("count Sent"), 1);
	assert_int_equal(seen("APPEND"), 1);
	assert_int_equal(seen("HEADER Message-ID"), 1);
	l = open_folder(p, "sent");
	UNTIL(p, msglist_count(l) == 1);
	person_free(p);
}

static void append_that_never_arrived_is_repeated(void **state)
{
	struct person *p;

	(void)state;
	odd("fill Sent 0");
	odd("rule x1 APPEND => cut");
	p = by_imap();
	filled(p, 0);
	send_text(p, "you@example.org", "Once");
	event_of_kind(p, EVENT_SENT);
	UNTIL(p, engine_pending(p->engine) == 0 && state_of(p) == STATE_ONLINE);
	UNTIL_SERVER(p, number("count Sent") == 1);
	assert_int_equal(seen("APPEND"), 2);
	person_free(p);
}

static void append_waits_for_its_mailbox(void **state)
{
	struct person *p;

	(void)state;
	/* No Sent yet, and the link breaks before it is made. */
	odd("rule x1 APPEND => cut");
	p = by_imap();
	filled(p, 0);
	send_text(p, "you@example.org", "Once");
	event_of_kind(p, EVENT_SENT);
	UNTIL(p, engine_pending(p->engine) == 0 && state_of(p) == STATE_ONLINE);
	UNTIL_SERVER(p, number("count Sent") == 1);
	person_free(p);
}

static void lost_move_is_not_doubled(void **state)
{
	struct person *p;
	struct msglist *l;
	uint32_t uid = 2;

	(void)state;
	odd("fill INBOX 3");
	odd("fill Archive 0");
	odd("rule x1 UID MOVE => lose");
	p = by_imap();
	l = filled(p, 3);
	done(p, engine_move(p->engine, l, &uid, 1, "Archive"));
	UNTIL(p, engine_pending(p->engine) == 0 && state_of(p) == STATE_ONLINE);
	assert_int_equal(number("count Archive"), 1);
	assert_int_equal(number("count INBOX"), 2);
	assert_int_equal(msglist_count(l), 2);
	l = open_folder(p, "Archive");
	UNTIL(p, msglist_count(l) == 1);
	person_free(p);
}

static void lost_copy_is_not_doubled(void **state)
{
	struct person *p;
	struct msglist *l;
	uint32_t uid = 2;

	(void)state;
	odd("fill INBOX 3");
	odd("fill Archive 0");
	odd("rule x1 UID COPY => lose");
	p = by_imap();
	l = filled(p, 3);
	done(p, engine_copy(p->engine, l, &uid, 1, "Archive"));
	UNTIL(p, engine_pending(p->engine) == 0 && state_of(p) == STATE_ONLINE);
	assert_int_equal(number("count Archive"), 1);
	assert_int_equal(msglist_count(l), 3);
	person_free(p);
}

/* MOVE by COPY, STORE and EXPUNGE: whichever answer gets lost, one message is there at the end. */
static void lost_step_of_an_old_move(void **state)
{
	static const char *const steps[] = {"UID COPY", "UID STORE", "UID EXPUNGE"};
	uint32_t uid = 2;

	(void)state;
	for (size_t i = 0; i < MEM_COUNT(steps); i++) {
		struct person *p;
		struct msglist *l;
		char *rule = text_of("rule x1 %s => lose", steps[i]);

		odd("reset");
		odd("caps IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS IDLE LITERAL+");
		odd("fill INBOX 3");
		odd("fill Archive 0");
		odd(rule);
		free(rule);
		p = by_imap();
		l = filled(p, 3);
		UNTIL(p, engine_find_folder(p->engine, 0, "Archive") >= 0);
		done(p, engine_move(p->engine, l, &uid, 1, "Archive"));
		UNTIL(p, engine_pending(p->engine) == 0 && state_of(p) == STATE_ONLINE);
		if (number("count Archive") != 1)
			fail_msg("%s lost: %d copies", steps[i], number("count Archive"));
		assert_int_equal(number("count INBOX"), 2);
		assert_int_equal(msglist_count(l), 2);
		person_free(p);
	}
}

static void search_that_lies(void **state)
{
	struct person *p;
	struct msglist *l;

	(void)state;
	odd("fill INBOX 5");
	odd("rule UID SEARCH ALL => before * SEARCH 4294967295 0 7 7 1 3 3 99999999999");
	p = by_imap();
	l = filled(p, 5);
	all_subjects_once(p, l, 5);
	person_free(p);
}

static void refused_select_is_told(void **state)
{
	struct person *p;

	(void)state;
	odd("fill INBOX 2");
	odd("fill Other 2");
	odd("rule SELECT .?INBOX => no the mailbox is broken");
	p = by_imap();
	open_folder(p, "INBOX");
	UNTIL(p, strstr(person_told(), "the mailbox is broken"));
	watch(p, 1500);
	assert_int_equal(state_of(p), STATE_ONLINE);
	assert_true(seen("SELECT .?INBOX") < 6);
	/* Another folder works. */
	{
		struct msglist *l = open_folder(p, "Other");

		UNTIL(p, msglist_count(l) == 2);
	}
	person_free(p);
}

static void bad_is_no_storm(void **state)
{
	struct person *p;

	(void)state;
	odd("rule imap \\S+ LIST => bad never heard of it");
	p = by_imap();
	UNTIL(p, state_of(p) == STATE_WAITING);
	has(reason(p), "never heard of it");
	watch(p, 2500);
	assert_true(seen("AUTHENTICATE") <= 4);
	odd("norules");
	engine_retry(p->engine);
	UNTIL(p, state_of(p) == STATE_ONLINE);
	person_free(p);
}

static void new_uidvalidity_while_open(void **state)
{
	struct person *p;
	struct msglist *l;
	struct msg_row row;

	(void)state;
	odd("fill INBOX 6");
	p = by_imap();
	l = filled(p, 6);
	UNTIL_SERVER(p, number("idling") == 1);
	odd("gone INBOX 1");
	odd("renumber INBOX 1");
	odd("validity INBOX 77");
	odd("cut");
	/* A look between the commands may see the new numbers under the old validity: the end
	 * counts. */
	UNTIL(p, msglist_count(l) == 5 && msglist_find(l, 6) < 0 && msglist_find(l, 1) >= 0 &&
			 msglist_row(l, (size_t)msglist_find(l, 1), &row) && row.subject &&
			 strcmp(row.subject, "Message 2") == 0);
	person_free(p);
}

/* --- POP3 --- */

static struct person *by_pop3(const char *more)
{
	return somebody("pop3", "imap+insecure", more);
}

static void fails(struct person *p, unsigned request)
{
	struct event *ev = answer(p, request);

	assert_int_equal(ev->kind, EVENT_FAILED);
	assert_true(*ev->err.text);
	event_free(ev);
}

static void pop3_in_use_waits(void **state)
{
	struct person *p;
	struct msglist *l;

	(void)state;
	odd("fill INBOX 3");
	odd("rule pop3 PASS => say -ERR [IN-USE] locked by another session");
	p = by_pop3("");
	UNTIL(p, state_of(p) == STATE_WAITING);
	has(reason(p), "locked by another session");
	odd("norules");
	engine_retry(p->engine);
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) == 3);
	person_free(p);
}

static void pop3_drop_within_retr(void **state)
{
	struct person *p;
	struct msglist *l;

	(void)state;
	odd("fill INBOX 10");
	odd("rule x1 pop3 RETR 4 => torn 100");
	p = by_pop3("\tpop3-keep never\n");
	UNTIL_SERVER(p, seen("pop3 RETR 4"));
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) == 6);
	assert_int_equal(seen("pop3 DELE"), 0);
	assert_int_equal(number("count INBOX"), 10);
	/* The first may still be part of the session that broke. */
	event_free(answer(p, engine_sync(p->engine, 0)));
	done(p, engine_sync(p->engine, 0));
	UNTIL(p, msglist_count(l) == 10);
	all_subjects_once(p, l, 10);
	assert_int_equal(seen("pop3 RETR"), 11);
	assert_int_equal(number("count INBOX"), 0);
	person_free(p);
}

static void pop3_odd_uidls(void **state)
{
	struct person *p;
	struct msglist *l;

	(void)state;
	odd("fill INBOX 7");
	odd("uidl 2 2 same");
	odd("uidl 3 3 same");
	odd("uidl 4 4 "
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	odd("uidl 5 ");
	odd("uidl 6 99 u-other");
	p = by_pop3("\tpop3-keep never\n");
	l = open_folder(p, "INBOX");
	done(p, engine_sync(p->engine, 0));
	UNTIL(p, msglist_count(l) == 7);
	done(p, engine_sync(p->engine, 0));
	done(p, engine_sync(p->engine, 0));
	assert_int_equal(msglist_count(l), 7);
	all_subjects_once(p, l, 7);
	stop(p);
	start(p, false);
	l = open_folder(p, "INBOX");
	done(p, engine_sync(p->engine, 0));
	assert_int_equal(msglist_count(l), 7);
	person_free(p);
}

static void pop3_sizes_lie(void **state)
{
	struct person *p;
	struct msglist *l;
	struct message_view *v;

	(void)state;
	odd("fill INBOX 3");
	odd("rule pop3 LIST => say +OK\\r\\n1 1\\r\\n2 4294967295\\r\\n3 0\\r\\n"
	    "77 5\\r\\n18446744073709551617 1\\r\\n.");
	p = by_pop3("");
	l = open_folder(p, "INBOX");
	event_free(answer(p, engine_sync(p->engine, 0)));
	UNTIL(p, msglist_count(l) == 3);
	all_subjects_once(p, l, 3);
	v = read_view(p, l, msglist_uid(l, 0));
	engine_view_free(v);
	event_free(answer(p, engine_sync(p->engine, 0)));
	assert_int_equal(msglist_count(l), 3);
	person_free(p);
}

static void pop3_quit_refused_forgets_nothing(void **state)
{
	struct person *p;
	struct msglist *l;

	(void)state;
	odd("fill INBOX 5");
	odd("rule x1 pop3 QUIT => say -ERR some messages not removed");
	p = by_pop3("\tpop3-keep never\n");
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) == 5);
	UNTIL_SERVER(p, seen("pop3 QUIT"));
	watch(p, 200);
	assert_int_equal(number("count INBOX"), 5);
	done(p, engine_sync(p->engine, 0));
	assert_int_equal(seen("pop3 RETR"), 5);
	assert_int_equal(msglist_count(l), 5);
	assert_int_equal(number("count INBOX"), 0);
	person_free(p);
}

static void pop3_dele_refused(void **state)
{
	struct person *p;
	struct msglist *l;

	(void)state;
	odd("fill INBOX 5");
	odd("rule pop3 DELE 2 => say -ERR not this one");
	p = by_pop3("\tpop3-keep never\n");
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) == 5);
	event_free(answer(p, engine_sync(p->engine, 0)));
	UNTIL_SERVER(p, number("count INBOX") == 1);
	event_free(answer(p, engine_sync(p->engine, 0)));
	assert_int_equal(seen("pop3 RETR"), 5);
	assert_int_equal(msglist_count(l), 5);
	all_subjects_once(p, l, 5);
	person_free(p);
}

static void pop3_login_refused_is_told(void **state)
{
	struct person *p;

	(void)state;
	odd("password another");
	p = by_pop3("");
	UNTIL(p, state_of(p) == STATE_FAILED);
	has(reason(p), "wrong password");
	watch(p, 1500);
	assert_int_equal(seen("pop3 PASS"), 1);
	fails(p, engine_sync(p->engine, 0));
	person_free(p);
}

/* --- SMTP --- */

static struct outbox_info in_outbox(struct person *p)
{
	struct outbox_info info = {0};

	if (engine_outbox(p->engine, 0) > 0)
		engine_outbox_at(p->engine, 0, 0, &info);
	return info;
}

static void smtp_later_stays_and_is_retried(void **state)
{
	struct person *p;
	char *id;

	(void)state;
	odd("rule x1 smtp RCPT => say 451 4.2.0 come back later");
	p = by_imap();
	send_text(p, "you@example.org", "Patience");
	event_of_kind(p, EVENT_SEND_FAILED);
	UNTIL(p, engine_outbox(p->engine, 0) == 1 && *in_outbox(p).error);
	has(in_outbox(p).error, "come back later");
	assert_false(in_outbox(p).failed);
	assert_false(in_outbox(p).unconfirmed);
	assert_int_equal(number("mails"), 0);
	id = mem_strdup(in_outbox(p).id);
	done(p, engine_outbox_retry(p->engine, 0, id));
	free(id);
	event_of_kind(p, EVENT_SENT);
	assert_int_equal(number("mails"), 1);
	UNTIL(p, engine_outbox(p->engine, 0) == 0);
	person_free(p);
}

static void smtp_one_of_two_refused(void **state)
{
	struct person *p;

	(void)state;
	odd("rule smtp RCPT TO:<bad => say 550 5.1.1 nobody \\e[1mhere");
	p = by_imap();
	send_text(p, "good@example.org, bad@example.org", "Two");
	UNTIL(p, engine_outbox(p->engine, 0) == 1 && in_outbox(p).failed);
	assert_string_equal(in_outbox(p).to, "bad@example.org");
	has(in_outbox(p).error, "nobody");
	assert_null(strchr(in_outbox(p).error, '\033'));
	has(person_told(), "bad@example.org");
	UNTIL_SERVER(p, number("mails good@example.org") == 1);
	assert_int_equal(number("mails bad@example.org"), 0);
	assert_int_equal(number("mails"), 1);
	person_free(p);
}

static void smtp_lost_answer_is_unconfirmed(void **state)
{
	struct person *p;

	(void)state;
	odd("rule end of data => lose");
	p = by_imap();
	send_text(p, "you@example.org", "Perhaps");
	event_of_kind(p, EVENT_SEND_FAILED);
	UNTIL(p, engine_outbox(p->engine, 0) == 1 && in_outbox(p).unconfirmed);
	odd("norules");
	stop(p);
	start(p, false);
	UNTIL(p, state_of(p) == STATE_ONLINE && engine_outbox(p->engine, 0) == 1);
	done(p, engine_sync(p->engine, 0));
	engine_retry(p->engine);
	watch(p, 1500);
	assert_true(in_outbox(p).unconfirmed);
	assert_int_equal(number("mails"), 1);
	assert_int_equal(seen("smtp MAIL"), 1);
	person_free(p);
}

static void smtp_silence_after_the_dot(void **state)
{
	struct person *p;

	(void)state;
	odd("rule smtp DATA => part 8");
	p = by_imap();
	send_text(p, "you@example.org", "Perhaps");
	UNTIL_SERVER(p, seen("smtp DATA"));
	watch(p, 200);
	stop_quickly(p);
	odd("norules");
	start(p, false);
	UNTIL(p, state_of(p) == STATE_ONLINE && engine_outbox(p->engine, 0) == 1);
	watch(p, 500);
	assert_true(in_outbox(p).unconfirmed);
	assert_int_equal(seen("smtp MAIL"), 1);
	person_free(p);
}

static void smtp_closed_before_data(void **state)
{
	struct person *p;
	char *id;

	(void)state;
	odd("rule x1 smtp DATA => cut");
	p = by_imap();
	send_text(p, "you@example.org", "Early");
	event_of_kind(p, EVENT_SEND_FAILED);
	UNTIL(p, engine_outbox(p->engine, 0) == 1 && *in_outbox(p).error);
	assert_false(in_outbox(p).unconfirmed);
	assert_false(in_outbox(p).failed);
	id = mem_strdup(in_outbox(p).id);
	done(p, engine_outbox_retry(p->engine, 0, id));
	free(id);
	event_of_kind(p, EVENT_SENT);
	assert_int_equal(number("mails"), 1);
	person_free(p);
}

static void smtp_login_refused(void **state)
{
	struct person *p;

	(void)state;
	odd("rule smtp AUTH => say 535 5.7.8 who are you");
	p = by_imap();
	send_text(p, "you@example.org", "Locked out");
	event_of_kind(p, EVENT_SEND_FAILED);
	UNTIL(p, engine_outbox(p->engine, 0) == 1 && *in_outbox(p).error);
	has(in_outbox(p).error, "who are you");
	assert_false(in_outbox(p).unconfirmed);
	watch(p, 1500);
	assert_int_equal(seen("smtp AUTH"), 1);
	/* Set right on the server: the user asks again, and it goes. */
	odd("norules");
	{
		char *id = mem_strdup(in_outbox(p).id);

		done(p, engine_outbox_retry(p->engine, 0, id));
		free(id);
	}
	event_of_kind(p, EVENT_SENT);
	assert_int_equal(number("mails"), 1);
	person_free(p);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, forget, show)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(greeting_bye_waits),
		CASE(preauth_sends_nothing),
		CASE(starttls_refused_sends_nothing),
		CASE(login_refused_is_no_storm),
		CASE(silence_after_login),
		CASE(stall_within_a_literal),
		CASE(dropped_once_in_the_fill),
		CASE(the_next_is_asked_for_ahead),
		CASE(dropped_with_two_under_way),
		CASE(broken_row_of_the_second_chunk),
		CASE(dropped_again_and_again),
		CASE(one_octet_at_a_time),
		CASE(unparsable_row_has_a_placeholder),
		CASE(strange_rows_are_ignored),
		CASE(new_uidvalidity_starts_anew),
		CASE(other_clients_are_seen),
		CASE(refused_mark_is_taken_back),
		CASE(refused_move_comes_back),
		CASE(bye_while_idling),
		CASE(alert_is_shown_clean),
		CASE(names_stay_in_the_cache),
		CASE(qresync_is_used),
		CASE(qresync_that_does_not_add_up),
		CASE(everything_vanished_is_a_lie),
		CASE(body_that_vanished),
		CASE(body_over_a_link_that_breaks),
		CASE(lost_append_makes_no_second_copy),
		CASE(append_that_never_arrived_is_repeated),
		CASE(append_waits_for_its_mailbox),
		CASE(lost_move_is_not_doubled),
		CASE(lost_copy_is_not_doubled),
		CASE(lost_step_of_an_old_move),
		CASE(search_that_lies),
		CASE(refused_select_is_told),
		CASE(bad_is_no_storm),
		CASE(new_uidvalidity_while_open),
		CASE(pop3_in_use_waits),
		CASE(pop3_drop_within_retr),
		CASE(pop3_odd_uidls),
		CASE(pop3_sizes_lie),
		CASE(pop3_quit_refused_forgets_nothing),
		CASE(pop3_dele_refused),
		CASE(pop3_login_refused_is_told),
		CASE(smtp_later_stays_and_is_retried),
		CASE(smtp_one_of_two_refused),
		CASE(smtp_lost_answer_is_unconfirmed),
		CASE(smtp_silence_after_the_dot),
		CASE(smtp_closed_before_data),
		CASE(smtp_login_refused),
	};
	int failed;

	i18n_init();
	if (getenv("CMOCKA_TEST_FILTER"))
		cmocka_set_test_filter(getenv("CMOCKA_TEST_FILTER"));
	person_scratch();
	start_odd();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	end_scratch();
	return failed;
}

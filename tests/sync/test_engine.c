/* The engine against real servers: Dovecot by IMAP and POP3, a relay that delivers back. Needs
 * tests/servers. */
#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/run.h"
#include "engine/engine.h"

#include <poll.h>
#include <sys/stat.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <setjmp.h>
#include <cmocka.h>

enum { PATIENCE_MS = 30000 };

static char dir[] = "/tmp/talaria-engine.XXXXXX";
static char *tool_servers, *tool_fill;
static int users;

/* --- servers --- */

static void run_tool(const char *const argv[])
{
	struct run_limits limits = {.timeout_ms = 60000, .max_output = 1 << 20, .cancel_fd = -1};
	struct str out = STR_INIT;
	struct err err = {0};

	if (run_capture(argv, &limits, &out, &err) != 0)
		fail_msg("%s: %s", argv[0], err.text);
	str_done(&out);
}

static const char *srcdir(void)
{
	return getenv("srcdir") ? getenv("srcdir") : "..";
}

static void take_env(char *line)
{
	char *eq = strchr(line, '='), *value = eq ? eq + 1 : NULL;
	size_t len;

	if (!eq)
		return;
	*eq = '\0';
	len = strlen(value);
	if (len > 1 && (value[0] == '\'' || value[0] == '"')) {
		value[len - 1] = '\0';
		value++;
	}
	setenv(str_starts(line, "export ") ? line + 7 : line, value, 1);
}

static void setup_servers(void)
{
	struct str env = STR_INIT;
	char *path, *save = NULL, pid[16];

	assert_non_null(mkdtemp(dir));
	chmod(dir, 0711);
	tool_servers = file_join(srcdir(), "tests/servers/servers");
	tool_fill = file_join(srcdir(), "tests/servers/fill");
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	path = file_join(dir, "s");
	run_tool((const char *[]){tool_servers, "start", path, "--owner", pid, NULL});
	setenv("SERVERS", path, 1);
	free(path);
	path = file_join(dir, "s/env");
	assert_int_equal(file_read(path, 65536, &env, NULL), 0);
	free(path);
	for (char *line = strtok_r(env.p, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		take_env(line);
	str_done(&env);
}

static void end_servers(void)
{
	run_tool((const char *[]){tool_servers, "stop", getenv("SERVERS"), NULL});
	file_remove_tree(dir, NULL);
	free(tool_servers);
	free(tool_fill);
}

/* --- one person with an account and an engine --- */

struct person {
	char name[16];
	struct settings *settings;
	struct engine *engine;
	struct msglist *inbox;
	char *home, *config;
};

static void write_config(struct person *p, const char *protocol, const char *more)
{
	struct str text = STR_INIT;
	const char *pw = getenv("SRV_PASSWORD");

	str_addf(&text, "account test {\n\tfrom \"%s Test <%s@example.org>\"\n\tprotocol %s\n",
		p->name, p->name, protocol);
	str_addf(&text, "\timap imap://%s@localhost:%s\n\tpop3 pop3s://%s@localhost:%s\n", p->name,
		getenv("SRV_IMAP"), p->name, getenv("SRV_POP3S"));
	str_addf(&text,
		"\tsmtp smtp://%s@localhost:%s\n\ttls-ca %s\n\tpassword plain \"%s\"\n%s}\n",
		p->name, getenv("SRV_SMTP"), getenv("SRV_CA"), pw, more);
	assert_int_equal(file_replace(p->config, text.p, text.len, 0600, NULL), 0);
	str_done(&text);
}

static void no_other(void *ctx, const struct conf_line *line, struct conf_errors *errors)
{
	(void)ctx;
	conf_error(errors, &line->words[0], "unexpected");
}

static void start(struct person *p, bool offline)
{
	struct engine_options opt = {.offline = offline, .config_path = p->config};
	struct conf_errors errors = {0};
	struct str text = STR_INIT;
	struct err err = {0};

	p->settings = settings_new();
	if (settings_read(p->settings, p->config, no_other, NULL, &errors) != 0) {
		conf_errors_print(&errors, &text);
		fail_msg("%s", str_c(&text));
	}
	conf_errors_done(&errors);
	assert_int_equal(engine_new(&p->engine, p->settings, &opt, &err), 0);
}

static void stop(struct person *p)
{
	int64_t begin = clock_ms();

	engine_free(p->engine);
	p->engine = NULL;
	p->inbox = NULL;
	settings_free(p->settings);
	assert_true(clock_ms() - begin < 2000);
}

static struct person *person_new(
	const char *protocol, const char *more, const char *fill_how, const char *fill_n)
{
	struct person *p = mem_alloc(sizeof(*p));
	static const char *const vars[] = {
		"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"};

	snprintf(p->name, sizeof(p->name), "user%d", ++users);
	run_tool((const char *[]){tool_servers, "user", getenv("SERVERS"), p->name, NULL});
	if (fill_how)
		run_tool((const char *[]){
			tool_fill, getenv("SERVERS"), p->name, "INBOX", fill_how, fill_n, NULL});
	p->home = file_join(dir, p->name);
	assert_int_equal(file_make_dirs(p->home, NULL), 0);
	for (size_t i = 0; i < MEM_COUNT(vars); i++) {
		char *path = file_join(p->home, vars[i]);

		setenv(vars[i], path, 1);
		free(path);
	}
	p->config = file_join(p->home, "config");
	write_config(p, protocol, more);
	start(p, false);
	return p;
}

static void person_free(struct person *p)
{
	if (p->engine)
		stop(p);
	free(p->home);
	free(p->config);
	free(p);
}

/* --- waiting for events --- */

static struct event *next_event(struct engine *e, int64_t end)
{
	for (;;) {
		struct event *ev = engine_next(e);
		struct pollfd pfd = {engine_fd(e), POLLIN, 0};
		int64_t left = end - clock_ms();

		if (ev || left <= 0)
			return ev;
		poll(&pfd, 1, (int)left);
	}
}

static bool is_final(const struct event *ev, unsigned request)
{
	return ev->request == request && ev->kind != EVENT_PROGRESS;
}

static struct event *answer(struct person *p, unsigned request)
{
	int64_t end = clock_ms() + PATIENCE_MS;
	struct event *ev;

	while ((ev = next_event(p->engine, end))) {
		if (is_final(ev, request))
			return ev;
		event_free(ev);
	}
	fail_msg("no answer to request %u", request);
	return NULL;
}

static void done(struct person *p, unsigned request)
{
	struct event *ev = answer(p, request);

	if (ev->kind == EVENT_FAILED)
		fail_msg("request failed: %s", ev->err.text);
	event_free(ev);
}

/* Takes events until the condition holds. */
#define UNTIL(p, condition)                                                                        \
	do {                                                                                       \
		int64_t end_ = clock_ms() + PATIENCE_MS;                                           \
		while (!(condition)) {                                                             \
			struct event *ev_ = next_event((p)->engine, end_);                         \
			if (!ev_)                                                                  \
				fail_msg("waited in vain for %s", #condition);                     \
			event_free(ev_);                                                           \
		}                                                                                  \
	} while (0)

static void event_of_kind(struct person *p, enum event_kind kind)
{
	int64_t end = clock_ms() + PATIENCE_MS;
	struct event *ev;
	bool found = false;

	while (!found && (ev = next_event(p->engine, end))) {
		found = ev->kind == kind;
		if (ev->kind == EVENT_SEND_FAILED && kind != EVENT_SEND_FAILED)
			fail_msg("not sent: %s", ev->err.text);
		event_free(ev);
	}
	if (!found)
		fail_msg("no event of kind %d", (int)kind);
}

static struct msglist *open_folder(struct person *p, const char *folder)
{
	struct err err = {0};
	struct msglist *l;

	UNTIL(p, engine_find_folder(p->engine, 0, folder) >= 0);
	l = engine_open(p->engine, 0, folder, &err);
	assert_non_null(l);
	UNTIL(p, msglist_ready(l));
	return l;
}

static struct msg_row row_of(struct person *p, struct msglist *l, size_t row)
{
	struct msg_row out;

	UNTIL(p, msglist_row(l, row, &out) && out.subject);
	return out;
}

static ptrdiff_t find_subject(struct person *p, struct msglist *l, const char *subject)
{
	for (size_t i = 0; i < msglist_count(l); i++) {
		struct msg_row r = row_of(p, l, i);

		if (strstr(r.subject, subject))
			return (ptrdiff_t)i;
	}
	return -1;
}

static uint32_t flags_at(struct msglist *l, size_t row)
{
	struct msg_row r;

	assert_true(msglist_row(l, row, &r));
	return r.flags;
}

static const struct read_options plain = {.width = 80};

static struct message_view *read_message(struct person *p, struct msglist *l, uint32_t uid)
{
	struct event *ev = answer(p, engine_read(p->engine, l, uid, &plain));
	struct message_view *v;

	if (ev->kind != EVENT_MESSAGE)
		fail_msg("not read: %s", ev->err.text);
	v = engine_take_view(ev);
	event_free(ev);
	return v;
}

/* --- the cases --- */

static void imap_fills_and_reads(void **state)
{
	struct person *p = person_new("imap", "", "--count", "420");
	struct msglist *l = open_folder(p, "INBOX");
	struct message_view *v;
	struct str text = STR_INIT;

	(void)state;
	UNTIL(p, msglist_count(l) == 420 && msglist_sync_percent(l) == 100);
	v = read_message(p, l, msglist_uid(l, 3));
	text_plain(v->text, &text);
	assert_true(text.len > 20);
	assert_non_null(strstr(str_c(&text), row_of(p, l, 3).subject));
	str_done(&text);
	engine_view_free(v);
	/* The second start shows all of it without any connection. */
	stop(p);
	start(p, true);
	l = open_folder(p, "INBOX");
	assert_int_equal(msglist_count(l), 420);
	row_of(p, l, 0);
	v = read_message(p, l, msglist_uid(l, 3)); /* kept from before */
	engine_view_free(v);
	person_free(p);
}

static void flags_go_both_ways(void **state)
{
	struct person *p = person_new("imap", "", "--count", "10");
	struct msglist *l = open_folder(p, "INBOX");
	uint32_t uid;

	(void)state;
	UNTIL(p, msglist_count(l) == 10);
	uid = msglist_uid(l, 0);
	done(p, engine_flag(p->engine, l, &uid, 1, 0, MSG_FLAGGED | MSG_SEEN));
	UNTIL(p, engine_pending(p->engine) == 0);
	/* Another cache, the same server: the marks are there. */
	stop(p);
	assert_int_equal(file_remove_tree(getenv("XDG_CACHE_HOME"), NULL), 0);
	start(p, false);
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) == 10 && msglist_find(l, uid) >= 0);
	assert_int_equal(flags_at(l, (size_t)msglist_find(l, uid)) & (MSG_FLAGGED | MSG_SEEN),
		MSG_FLAGGED | MSG_SEEN);
	done(p, engine_undo(p->engine) ? engine_flag(p->engine, l, &uid, 1, MSG_FLAGGED, 0) : 0);
	UNTIL(p, engine_pending(p->engine) == 0);
	assert_int_equal(flags_at(l, (size_t)msglist_find(l, uid)) & MSG_FLAGGED, 0);
	person_free(p);
}

static void moves_and_takes_back(void **state)
{
	struct person *p = person_new("imap", "", "--count", "6");
	struct msglist *l = open_folder(p, "INBOX"), *archive;
	uint32_t uid;

	(void)state;
	UNTIL(p, msglist_count(l) == 6);
	archive = open_folder(p, "Archive");
	uid = msglist_uid(l, 1);
	done(p, engine_archive(p->engine, l, &uid, 1));
	UNTIL(p, msglist_count(l) == 5 && engine_pending(p->engine) == 0 &&
			 msglist_count(archive) == 1);
	done(p, engine_undo(p->engine));
	UNTIL(p, msglist_count(l) == 6 && engine_pending(p->engine) == 0 &&
			 msglist_count(archive) == 0);
	uid = msglist_uid(l, 0);
	done(p, engine_delete(p->engine, l, &uid, 1));
	UNTIL(p, msglist_count(l) == 5 && engine_pending(p->engine) == 0);
	archive = open_folder(p, "trash");
	UNTIL(p, msglist_count(archive) == 1);
	uid = msglist_uid(archive, 0);
	done(p, engine_delete(p->engine, archive, &uid, 1));
	UNTIL(p, msglist_count(archive) == 0 && engine_pending(p->engine) == 0);
	person_free(p);
}

static void works_offline_and_replays(void **state)
{
	struct person *p = person_new("imap", "", "--count", "8");
	struct msglist *l = open_folder(p, "INBOX");
	uint32_t flagged, moved;

	(void)state;
	UNTIL(p, msglist_count(l) == 8 && msglist_sync_percent(l) == 100);
	stop(p);
	start(p, true);
	l = open_folder(p, "INBOX");
	flagged = msglist_uid(l, 0);
	moved = msglist_uid(l, 1);
	done(p, engine_flag(p->engine, l, &flagged, 1, 0, MSG_FLAGGED));
	done(p, engine_archive(p->engine, l, &moved, 1));
	UNTIL(p, engine_pending(p->engine) == 2);
	assert_int_equal(msglist_count(l), 7);
	stop(p);
	start(p, false);
	l = open_folder(p, "INBOX");
	UNTIL(p, engine_pending(p->engine) == 0);
	assert_int_equal(msglist_count(l), 7);
	assert_true(flags_at(l, (size_t)msglist_find(l, flagged)) & MSG_FLAGGED);
	l = open_folder(p, "Archive");
	UNTIL(p, msglist_count(l) == 1);
	person_free(p);
}

static char *draft_of(struct person *p, unsigned request)
{
	struct event *ev = answer(p, request);
	char *id;

	if (ev->kind != EVENT_DRAFT)
		fail_msg("no draft: %s", ev->err.text);
	id = mem_strdup(ev->drafts[0].id);
	event_free(ev);
	return id;
}

static void send_text(struct person *p, const char *to, const char *subject)
{
	struct str text = STR_INIT;
	char *id = draft_of(p, engine_compose(p->engine, 0, COMPOSE_NEW, NULL, 0, to));

	str_addf(&text,
		"From: %s Test <%s@example.org>\nTo: %s\nSubject: %s\n\nGr\xc3\xbc\xc3\x9f"
		"e\n",
		p->name, p->name, to, subject);
	event_free(answer(p, engine_draft_save(p->engine, 0, id, text.p)));
	done(p, engine_send(p->engine, 0, id));
	str_done(&text);
	free(id);
}

static void sends_and_receives(void **state)
{
	struct person *p = person_new("imap", "", NULL, NULL);
	struct msglist *l = open_folder(p, "INBOX"), *sent;
	struct message_view *v;
	struct str to = STR_INIT, text = STR_INIT;
	char *id;
	uint32_t uid;

	(void)state;
	str_addf(&to, "%s@example.org", p->name);
	send_text(p, to.p, "Hello to myself");
	event_of_kind(p, EVENT_SENT);
	/* It arrives by IDLE, without being asked for. */
	UNTIL(p, msglist_count(l) == 1);
	assert_int_equal(find_subject(p, l, "Hello to myself"), 0);
	uid = msglist_uid(l, 0);
	v = read_message(p, l, uid);
	text_plain(v->text, &text);
	assert_non_null(strstr(text.p, "Gr\xc3\xbc\xc3\x9f"
				       "e"));
	engine_view_free(v);
	/* An answer marks what it answers, and there is a copy of both in Sent. */
	id = draft_of(p, engine_compose(p->engine, 0, COMPOSE_REPLY, l, uid, NULL));
	done(p, engine_send(p->engine, 0, id));
	free(id);
	event_of_kind(p, EVENT_SENT);
	UNTIL(p, msglist_count(l) == 2 && msglist_find(l, uid) >= 0 &&
			 (flags_at(l, (size_t)msglist_find(l, uid)) & MSG_ANSWERED));
	assert_true(find_subject(p, l, "Re: Hello to myself") >= 0);
	sent = open_folder(p, "sent");
	UNTIL(p, msglist_count(sent) == 2 && engine_pending(p->engine) == 0);
	assert_int_equal(engine_outbox(p->engine, 0), 0);
	str_done(&to);
	str_done(&text);
	person_free(p);
}

static void refused_recipient_keeps_the_mail(void **state)
{
	struct person *p = person_new("imap", "", NULL, NULL);
	struct outbox_info info;

	(void)state;
	send_text(p, "reject@example.org", "Nobody is there");
	event_of_kind(p, EVENT_SEND_FAILED);
	UNTIL(p, engine_outbox(p->engine, 0) == 1 &&
			 (engine_outbox_at(p->engine, 0, 0, &info), info.failed));
	assert_string_equal(info.to, "reject@example.org");
	person_free(p);
}

static void pop3_fetches_once(void **state)
{
	struct person *p = person_new("pop3", "", "--count", "25");
	struct msglist *l = open_folder(p, "INBOX");
	uint32_t uid;

	(void)state;
	done(p, engine_sync(p->engine, 0));
	UNTIL(p, msglist_count(l) == 25);
	uid = msglist_uid(l, 2);
	engine_view_free(read_message(p, l, uid));
	done(p, engine_flag(p->engine, l, &uid, 1, 0, MSG_FLAGGED));
	done(p, engine_sync(p->engine, 0));
	assert_int_equal(msglist_count(l), 25);
	stop(p);
	start(p, true);
	l = open_folder(p, "INBOX");
	assert_int_equal(msglist_count(l), 25);
	assert_true(flags_at(l, (size_t)msglist_find(l, uid)) & MSG_FLAGGED);
	engine_view_free(read_message(p, l, uid));
	person_free(p);
}

static void pop3_never_deletes_after_storing(void **state)
{
	struct person *p = person_new("pop3", "\tpop3-keep never\n", "--count", "5");
	struct msglist *l = open_folder(p, "INBOX");

	(void)state;
	done(p, engine_sync(p->engine, 0));
	UNTIL(p, msglist_count(l) == 5);
	done(p, engine_sync(p->engine, 0));
	assert_int_equal(msglist_count(l), 5);
	/* The server's inbox is empty now. */
	done(p, engine_protocol(p->engine, 0, ACCOUNT_IMAP));
	l = open_folder(p, "INBOX");
	done(p, engine_sync(p->engine, 0));
	UNTIL(p, msglist_sync_percent(l) == 100);
	assert_int_equal(msglist_count(l), 0);
	l = open_folder(p, "Local/INBOX");
	assert_int_equal(msglist_count(l), 5);
	person_free(p);
}

static void switch_keeps_marks_and_mail(void **state)
{
	struct person *p = person_new("imap", "", "--count", "12");
	struct msglist *l = open_folder(p, "INBOX");
	char *one, *two;
	uint32_t uid;

	(void)state;
	UNTIL(p, msglist_count(l) == 12 && msglist_sync_percent(l) == 100);
	one = mem_strdup(row_of(p, l, 0).subject);
	two = mem_strdup(row_of(p, l, 5).subject);
	uid = msglist_uid(l, 0);
	engine_view_free(read_message(p, l, uid));
	done(p, engine_flag(p->engine, l, &uid, 1, 0, MSG_SEEN | MSG_FLAGGED));
	UNTIL(p, engine_pending(p->engine) == 0);
	/* To POP3: everything comes, once, with its marks. */
	done(p, engine_protocol(p->engine, 0, ACCOUNT_POP3));
	engine_close(p->engine, l);
	l = open_folder(p, "INBOX");
	done(p, engine_sync(p->engine, 0));
	UNTIL(p, msglist_count(l) == 12);
	assert_true(flags_at(l, (size_t)find_subject(p, l, one)) & MSG_FLAGGED);
	assert_true(flags_at(l, (size_t)find_subject(p, l, one)) & MSG_SEEN);
	uid = msglist_uid(l, (size_t)find_subject(p, l, two));
	done(p, engine_flag(p->engine, l, &uid, 1, 0, MSG_SEEN));
	/* And back: the mark set by POP3 reaches the server. */
	done(p, engine_protocol(p->engine, 0, ACCOUNT_IMAP));
	engine_close(p->engine, l);
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) == 12 && engine_pending(p->engine) == 0 &&
			 (flags_at(l, (size_t)find_subject(p, l, two)) & MSG_SEEN));
	stop(p);
	assert_int_equal(file_remove_tree(getenv("XDG_CACHE_HOME"), NULL), 0);
	start(p, false);
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) == 12);
	assert_true(flags_at(l, (size_t)find_subject(p, l, two)) & MSG_SEEN);
	assert_true(flags_at(l, (size_t)find_subject(p, l, one)) & MSG_FLAGGED);
	free(one);
	free(two);
	person_free(p);
}

static void searches_and_limits(void **state)
{
	struct person *p = person_new("imap", "", "--count", "30");
	struct msglist *l = open_folder(p, "INBOX");
	struct event *ev;
	char *subject;

	(void)state;
	UNTIL(p, msglist_count(l) == 30);
	subject = mem_strdup(row_of(p, l, 4).subject);
	ev = answer(p, engine_search(p->engine, l, "flag:nonsense"));
	assert_int_equal(ev->kind, EVENT_FAILED);
	event_free(ev);
	ev = answer(p, engine_search(p->engine, l, subject));
	assert_int_equal(ev->kind, EVENT_FOUND);
	assert_true(ev->n >= 1);
	event_free(ev);
	done(p, engine_limit(p->engine, l, "~F"));
	assert_true(msglist_is_limited(l) && msglist_count(l) < 30);
	done(p, engine_limit(p->engine, l, ""));
	assert_int_equal(msglist_count(l), 30);
	free(subject);
	person_free(p);
}

static void check_says_what_it_found(void **state)
{
	struct person *p = person_new("imap", "", NULL, NULL);
	struct event *ev = answer(p, engine_check(p->engine, 0));

	(void)state;
	if (ev->kind != EVENT_TEXT)
		fail_msg("check failed: %s %s", ev->err.text, ev->text);
	assert_non_null(strstr(ev->text, "imap://"));
	assert_non_null(strstr(ev->text, "pop3s://"));
	assert_non_null(strstr(ev->text, "smtp://"));
	event_free(ev);
	person_free(p);
}

static void wrong_password_is_told(void **state)
{
	struct person *p = person_new("imap", "", NULL, NULL);
	struct account_info info;

	(void)state;
	stop(p);
	setenv("SRV_PASSWORD_SAVED", getenv("SRV_PASSWORD"), 1);
	setenv("SRV_PASSWORD", "surely-wrong", 1);
	write_config(p, "imap", "");
	setenv("SRV_PASSWORD", getenv("SRV_PASSWORD_SAVED"), 1);
	start(p, false);
	UNTIL(p, (engine_account(p->engine, 0, &info), info.state == STATE_FAILED));
	assert_true(*info.reason);
	/* What is here stays readable. */
	open_folder(p, "INBOX");
	person_free(p);
}

static void second_copy_follows(void **state)
{
	struct person *p = person_new("imap", "", "--count", "5"), *q = mem_alloc(sizeof(*q));
	struct msglist *l = open_folder(p, "INBOX"), *m;
	struct account_info info;
	uint32_t uid;

	(void)state;
	UNTIL(p, msglist_count(l) == 5 && msglist_sync_percent(l) == 100);
	*q = *p;
	q->home = mem_strdup(p->home);
	q->config = mem_strdup(p->config);
	start(q, false);
	UNTIL(q, (engine_account(q->engine, 0, &info), info.state == STATE_FOLLOWING));
	m = open_folder(q, "INBOX");
	assert_int_equal(msglist_count(m), 5);
	uid = msglist_uid(l, 0);
	done(p, engine_flag(p->engine, l, &uid, 1, 0, MSG_FLAGGED));
	UNTIL(q, flags_at(m, (size_t)msglist_find(m, uid)) & MSG_FLAGGED);
	/* The follower changes something: the first copy carries it out. */
	uid = msglist_uid(m, 1);
	done(q, engine_flag(q->engine, m, &uid, 1, 0, MSG_FLAGGED));
	UNTIL(p, (flags_at(l, (size_t)msglist_find(l, uid)) & MSG_FLAGGED) &&
			 engine_pending(p->engine) == 0);
	/* The first one ends: the other takes over. */
	stop(p);
	UNTIL(q, (engine_account(q->engine, 0, &info), info.state == STATE_ONLINE));
	person_free(q);
	person_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(imap_fills_and_reads),
		cmocka_unit_test(flags_go_both_ways),
		cmocka_unit_test(moves_and_takes_back),
		cmocka_unit_test(works_offline_and_replays),
		cmocka_unit_test(sends_and_receives),
		cmocka_unit_test(refused_recipient_keeps_the_mail),
		cmocka_unit_test(pop3_fetches_once),
		cmocka_unit_test(pop3_never_deletes_after_storing),
		cmocka_unit_test(switch_keeps_marks_and_mail),
		cmocka_unit_test(searches_and_limits),
		cmocka_unit_test(check_says_what_it_found),
		cmocka_unit_test(wrong_password_is_told),
		cmocka_unit_test(second_copy_follows),
	};
	int failed;

	i18n_init();
	if (getenv("CMOCKA_TEST_FILTER"))
		cmocka_set_test_filter(getenv("CMOCKA_TEST_FILTER"));
	setup_servers();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	end_servers();
	return failed;
}

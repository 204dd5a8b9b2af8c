#include "tests/sync/person.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/run.h"
#include "tests/check.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char person_dir[SCRATCH_SIZE];
static char *tool_servers, *tool_fill;
static int users;
static struct str told = STR_INIT;
static struct person *people; /* who was made and not freed yet */

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

void person_scratch(void)
{
	if (!person_dir[0])
		scratch(person_dir, "engine");
	assert_non_null(mkdtemp(person_dir));
	chmod(person_dir, 0711);
}

void end_scratch(void)
{
	file_remove_tree(person_dir, NULL);
}

static void start_servers(const char *path, const char *const options[], const char *dovecot)
{
	const char *argv[16] = {tool_servers, "start", path, "--owner"};
	char pid[16], *conf = file_join(person_dir, "dovecot.more");
	size_t n = 4;

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	argv[n++] = pid;
	while (options && *options && n < 12)
		argv[n++] = *options++;
	if (dovecot) {
		assert_int_equal(file_replace(conf, dovecot, strlen(dovecot), 0644, NULL), 0);
		argv[n++] = "--dovecot";
		argv[n++] = conf;
	}
	run_tool(argv);
	free(conf);
}

void person_init(void)
{
	i18n_init();
	if (getenv("CMOCKA_TEST_FILTER"))
		cmocka_set_test_filter(getenv("CMOCKA_TEST_FILTER"));
}

int person_begin(const char *const options[], const char *dovecot)
{
	struct str env = STR_INIT;
	char *path, *save = NULL;

	person_init();
	person_scratch();
	tool_servers = file_join(srcdir(), "tests/servers/servers");
	tool_fill = file_join(srcdir(), "tests/servers/fill");
	path = file_join(person_dir, "s");
	start_servers(path, options, dovecot);
	setenv("SERVERS", path, 1);
	free(path);
	path = file_join(person_dir, "s/env");
	assert_int_equal(file_read(path, 65536, &env, NULL), 0);
	free(path);
	for (char *line = strtok_r(env.p, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		take_env(line);
	str_done(&env);
	return 0;
}

int person_end(int failed)
{
	run_tool((const char *[]){tool_servers, "stop", getenv("SERVERS"), NULL});
	end_scratch();
	free(tool_servers);
	free(tool_fill);
	return failed;
}

/* --- one person with an account and an engine --- */

void write_config(struct person *p, const char *protocol, const char *more)
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
	conf_error(errors, &line->words[0], "unexpected");
}

static void start_as(struct person *p, struct engine_options opt)
{
	struct conf_errors errors = {0};
	struct str text = STR_INIT;
	struct err err = {0};

	str_clear(&told);
	p->settings = settings_new();
	if (settings_read(p->settings, p->config, no_other, NULL, &errors) != 0) {
		conf_errors_print(&errors, &text);
		fail_msg("%s", str_c(&text));
	}
	conf_errors_done(&errors);
	opt.config_path = p->config;
	opt.quit_ms = AT_ONCE_MS - 500; /* the next engine is in this process too */
	assert_int_equal(engine_new(&p->engine, p->settings, &opt, &err), 0);
}

void start(struct person *p, bool offline)
{
	start_as(p, (struct engine_options){.offline = offline});
}

void start_read_only(struct person *p, bool offline)
{
	start_as(p, (struct engine_options){.offline = offline, .read_only = true});
}

void stop(struct person *p)
{
	int64_t begin = clock_ms();

	engine_free(p->engine);
	p->engine = NULL;
	p->inbox = NULL;
	settings_free(p->settings);
	assert_true(clock_ms() - begin < AT_ONCE_MS);
}

void restart(struct person *p, bool offline)
{
	stop(p);
	start(p, offline);
}

void person_live_in(const char *home)
{
	static const char *const vars[] = {
		"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"};

	for (size_t i = 0; i < MEM_COUNT(vars); i++) {
		char *path = file_join(home, vars[i]);

		setenv(vars[i], path, 1);
		free(path);
	}
}

static struct person *new_home(void)
{
	struct person *p = mem_alloc(sizeof(*p));

	snprintf(p->name, sizeof(p->name), "user%d", ++users);
	p->home = file_join(person_dir, p->name);
	assert_int_equal(file_make_dirs(p->home, NULL), 0);
	person_live_in(p->home);
	p->config = file_join(p->home, "config");
	p->next = people;
	people = p;
	return p;
}

struct person *person_with(const char *config)
{
	struct person *p = new_home();

	assert_int_equal(file_replace(p->config, config, strlen(config), 0600, NULL), 0);
	start(p, false);
	return p;
}

void put_mail_in(const struct person *p, const char *folder, const char *file)
{
	run_tool((const char *[]){tool_fill, getenv("SERVERS"), p->name, folder, file, NULL});
}

void put_mail(const struct person *p, const char *file)
{
	put_mail_in(p, "INBOX", file);
}

static char *proxy_tool(void)
{
	return file_join(getenv("srcdir") ? getenv("srcdir") : "..", "tests/servers/proxy.py");
}

char *person_proxy(const char *name)
{
	char *dir = file_join(person_dir, name), *tool = proxy_tool(), *path, pid[16];
	struct str port = STR_INIT;
	int64_t end = clock_ms() + PATIENCE_MS;

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	assert_int_equal(file_make_dirs(dir, NULL), 0);
	if (fork() == 0) {
		execlp("python3", "python3", tool, "--to", getenv("SRV_IMAP"), "--dir", dir,
			"--owner", pid, (char *)NULL);
		_exit(127);
	}
	path = file_join(dir, "port");
	while (file_read(path, 100, &port, NULL) != 0) {
		assert_true(clock_ms() < end);
		poll(NULL, 0, 10);
	}
	str_cut(&port, strcspn(port.p, "\n"));
	setenv("SRV_IMAP", port.p, 1);
	str_done(&port);
	free(path);
	free(tool);
	return dir;
}

void person_tell_proxy(const char *dir, const char *command, struct str *out)
{
	struct run_limits limits = {.timeout_ms = 60000, .max_output = 1 << 20, .cancel_fd = -1};
	char *tool = proxy_tool();
	struct err err = {0};
	struct str said = STR_INIT;

	if (run_capture((const char *[]){"python3", tool, "--tell", dir, command, NULL}, &limits,
		    &said, &err) != 0)
		fail_msg("%s: %s", command, err.text);
	if (out)
		str_adds(out, str_c(&said));
	str_done(&said);
	free(tool);
}

void person_add_user(const char *name)
{
	run_tool((const char *[]){tool_servers, "user", getenv("SERVERS"), name, NULL});
}

struct person *person_new(
	const char *protocol, const char *more, const char *fill_how, const char *fill_n)
{
	struct person *p = new_home();

	person_add_user(p->name);
	if (fill_how)
		run_tool((const char *[]){
			tool_fill, getenv("SERVERS"), p->name, "INBOX", fill_how, fill_n, NULL});
	write_config(p, protocol, more);
	start(p, false);
	return p;
}

void person_free(struct person *p)
{
	struct person **at = &people;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	if (p->engine)
		stop(p);
	free(p->home);
	free(p->config);
	free(p);
	str_done(&told);
}

int person_leave(void **state)
{
	while (people)
		person_free(people);
	return 0;
}

/* --- waiting for events --- */

const char *person_told(void)
{
	return str_c(&told);
}

static void note(const struct event *ev)
{
	if (ev->kind == EVENT_NOTICE)
		str_addf(&told, "%s\n", ev->notice.text);
	if (ev->kind == EVENT_SEND_FAILED)
		str_addf(&told, "%s %s\n", ev->mail.subject, ev->mail.err.text);
}

struct event *next_event(struct engine *e, int64_t end)
{
	for (;;) {
		struct event *ev = engine_next(e);
		struct pollfd pfd = {engine_fd(e), POLLIN, 0};
		int64_t left = end - clock_ms();

		if (ev)
			note(ev);
		if (ev || left <= 0)
			return ev;
		poll(&pfd, 1, (int)left);
	}
}

struct event *answer(struct person *p, unsigned request)
{
	int64_t end = clock_ms() + PATIENCE_MS;
	struct event *ev;

	while ((ev = next_event(p->engine, end))) {
		if (ev->request == request && event_is_final(ev))
			return ev;
		event_free(ev);
	}
	fail_msg("no answer to request %u", request);
	return NULL;
}

void done(struct person *p, unsigned request)
{
	struct event *ev = answer(p, request);

	if (ev->kind == EVENT_FAILED)
		fail_msg("request failed: %s", event_error(ev));
	event_free(ev);
}

void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, text);
}

void ends(struct person *p, unsigned request, enum event_kind kind)
{
	struct event *ev = answer(p, request);

	assert_int_equal(ev->kind, kind);
	event_free(ev);
}

void fails(struct person *p, unsigned request, const char *part)
{
	struct event *ev = answer(p, request);

	assert_int_equal(ev->kind, EVENT_FAILED);
	assert_true(*event_error(ev));
	has(event_error(ev), part);
	event_free(ev);
}

void event_of_kind(struct person *p, enum event_kind kind)
{
	int64_t end = clock_ms() + PATIENCE_MS;
	struct event *ev;
	bool found = false;

	while (!found && (ev = next_event(p->engine, end))) {
		found = ev->kind == kind;
		if (ev->kind == EVENT_SEND_FAILED && kind != EVENT_SEND_FAILED)
			fail_msg("not sent: %s", ev->mail.err.text);
		event_free(ev);
	}
	if (!found)
		fail_msg("no event of kind %d", (int)kind);
}

struct msglist *open_folder(struct person *p, const char *folder)
{
	struct err err = {0};
	struct msglist *l;

	UNTIL(p, engine_find_folder(p->engine, 0, folder) >= 0);
	l = engine_open(p->engine, 0, folder, &err);
	assert_non_null(l);
	UNTIL(p, msglist_ready(l));
	return l;
}

struct msglist *open_with(struct person *p, const char *folder, size_t n)
{
	struct msglist *l = open_folder(p, folder);

	UNTIL(p, msglist_count(l) == n);
	return l;
}

struct msglist *synced(struct person *p, const char *folder, size_t n)
{
	struct msglist *l = open_folder(p, folder);

	UNTIL(p, msglist_count(l) == n && msglist_sync_percent(l) == 100);
	return l;
}

struct msg_row row_of(struct person *p, struct msglist *l, size_t row)
{
	struct msg_row out;

	UNTIL(p, msglist_row(l, row, &out) && out.subject);
	return out;
}

ptrdiff_t find_subject(struct person *p, struct msglist *l, const char *subject)
{
	for (size_t i = 0; i < msglist_count(l); i++) {
		struct msg_row r = row_of(p, l, i);

		if (strstr(r.subject, subject))
			return (ptrdiff_t)i;
	}
	return -1;
}

uint32_t flags_at(struct msglist *l, size_t row)
{
	struct msg_row r;

	assert_true(msglist_row(l, row, &r));
	return r.flags;
}

struct msg_row row_with(struct person *p, struct msglist *l, uint32_t uid)
{
	return row_of(p, l, (size_t)msglist_find(l, uid));
}

uint32_t flags_of(struct msglist *l, uint32_t uid)
{
	return flags_at(l, (size_t)msglist_find(l, uid));
}

uint32_t uid_of(struct person *p, struct msglist *l, const char *subject)
{
	ptrdiff_t row = find_subject(p, l, subject);

	if (row < 0)
		fail_msg("\"%s\" is not there", subject);
	return msglist_uid(l, (size_t)row);
}

void flag_one(struct person *p, struct msglist *l, uint32_t uid, uint32_t set)
{
	done(p, engine_flag(p->engine, l, &uid, 1, 0, set));
}

void move_one(struct person *p, struct msglist *l, uint32_t uid, const char *to)
{
	done(p, engine_move(p->engine, l, &uid, 1, to));
}

void copy_one(struct person *p, struct msglist *l, uint32_t uid, const char *to)
{
	done(p, engine_copy(p->engine, l, &uid, 1, to));
}

void delete_one(struct person *p, struct msglist *l, uint32_t uid)
{
	done(p, engine_delete(p->engine, l, &uid, 1));
}

void archive_one(struct person *p, struct msglist *l, uint32_t uid)
{
	done(p, engine_archive(p->engine, l, &uid, 1));
}

static const struct read_options plain = {.width = 80};

struct message_view *read_view(struct person *p, struct msglist *l, uint32_t uid)
{
	struct event *ev = answer(p, engine_read(p->engine, l, uid, &plain));
	struct message_view *v;

	if (ev->kind != EVENT_MESSAGE)
		fail_msg("not read: %s", event_error(ev));
	v = engine_take_view(ev);
	event_free(ev);
	return v;
}

void plain_draft(struct draft *d, const struct person *p, const char *to, const char *subject,
	const char *body)
{
	struct str from = STR_INIT;

	draft_init(d);
	str_addf(&from, "%s Test <%s@example.org>", p->name, p->name);
	draft_set(&d->from, from.p);
	draft_set(&d->to, to);
	draft_set(&d->subject, subject);
	draft_set(&d->body, body);
	str_done(&from);
}

void numbered_draft(struct draft *d, const struct person *p, unsigned k, const char *body)
{
	char subject[16];

	snprintf(subject, sizeof(subject), "k%u", k);
	plain_draft(d, p, "bob@example.org", subject, body);
}

char *draft_of(struct person *p, unsigned request)
{
	struct event *ev = answer(p, request);
	char *id;

	if (ev->kind != EVENT_DRAFT)
		fail_msg("no draft: %s", event_error(ev));
	id = kept(mem_strdup(ev->draft->id));
	event_free(ev);
	return id;
}

void send_text(struct person *p, const char *to, const char *subject)
{
	struct draft d;
	char *id = draft_of(p, engine_compose(p->engine, 0, COMPOSE_NEW, NULL, 0, to));

	plain_draft(&d, p, to, subject,
		"Gr\xc3\xbc\xc3\x9f"
		"e\n");
	event_free(answer(p, engine_draft_save(p->engine, 0, id, &d)));
	done(p, engine_send(p->engine, 0, id));
	draft_done(&d);
}

#include "tests/sync/odd.h"

#include "base/file.h"
#include "base/mem.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int ports[3];
static atomic_int slept_ms;

/* Takes the place of the C library's: no test can wait for a real sleep. */
int clock_gettime(clockid_t id, struct timespec *ts)
{
	int rc = (int)syscall(SYS_clock_gettime, id, ts);

	if (id == CLOCK_BOOTTIME)
		ts->tv_sec += atomic_load(&slept_ms) / 1000;
	return rc;
}

void sleep_for(int ms)
{
	atomic_fetch_add(&slept_ms, ms);
}

__attribute__((format(printf, 1, 2))) char *text_of(const char *fmt, ...)
{
	struct str out = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&out, fmt, ap);
	va_end(ap);
	return kept(str_steal(&out));
}

static void start_odd(const char *server)
{
	const char *src = getenv("srcdir") ? getenv("srcdir") : "..";
	char *tool = text_of("%s/tests/sync/%s", src, server), line[64] = "";
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
		fail_msg("%s did not start", server);
	fclose(f);
}

/* One command to the server; its answer, to be freed. */
char *ask(const char *command)
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

void odd_each(const char *command, ...)
{
	va_list ap;

	va_start(ap, command);
	for (; command; command = va_arg(ap, const char *)) {
		char *answered = ask(command);

		if (strcmp(answered, "ok") != 0)
			fail_msg("%s: %s", command, answered);
		free(answered);
	}
	va_end(ap);
}

int number(const char *command)
{
	char *said = ask(command);
	int n = atoi(said);

	free(said);
	return n;
}

int seen(const char *regex)
{
	char *command = text_of("seen %s", regex);
	int n = number(command);

	return n;
}

void watch(struct person *p, int ms)
{
	int64_t end = clock_ms() + ms;
	struct event *ev;

	while ((ev = next_event(p->engine, end)))
		event_free(ev);
}

static struct person *with_password(
	const char *protocol, const char *imap, const char *password, const char *more)
{
	char *text = text_of("account test {\n\tfrom \"Test <test@example.org>\"\n"
			     "\tprotocol %s\n\timap %s://test@127.0.0.1:%d\n"
			     "\tpop3 pop3+insecure://test@127.0.0.1:%d\n"
			     "\tsmtp smtp+insecure://test@127.0.0.1:%d\n"
			     "\tpassword %s\n%s}\n",
		protocol, imap, ports[0], ports[1], ports[2], password, more);
	struct person *p = person_with(text);

	return p;
}

struct person *somebody(const char *protocol, const char *imap, const char *more)
{
	return with_password(protocol, imap, "plain \"secret\"", more);
}

struct person *by_password(const char *protocol, const char *password)
{
	return with_password(protocol, "imap+insecure", password, "");
}

struct person *by_asked_password(void)
{
	return by_password("imap", "ask");
}

struct person *by_imap(void)
{
	return somebody("imap", "imap+insecure", "");
}

struct person *by_pop3(const char *more)
{
	return somebody("pop3", "imap+insecure", more);
}

int odd_forget(void **state)
{
	odd("reset");
	return 0;
}

int odd_leave(void **state)
{
	/* For whoever looks for the cause of a failure. */
	char *log = getenv("ODD_LOG") ? ask("log") : NULL;

	if (log)
		fprintf(stderr, "%s\n", log);
	free(log);
	return person_leave(state);
}

void stop_quickly(struct person *p)
{
	int64_t begin = clock_ms();

	engine_free(p->engine);
	p->engine = NULL;
	settings_free(p->settings);
	if (clock_ms() - begin >= AT_ONCE_MS)
		fail_msg("the end took %d ms", (int)(clock_ms() - begin));
}

enum account_state state_of(struct person *p)
{
	struct account_info info;

	engine_account(p->engine, 0, &info);
	return info.state;
}

const char *reason(struct person *p)
{
	struct account_info info;

	engine_account(p->engine, 0, &info);
	return info.reason;
}

void settled(struct person *p)
{
	UNTIL(p, engine_pending(p->engine) == 0 && state_of(p) == STATE_ONLINE);
}

struct msglist *filled(struct person *p, size_t n)
{
	return synced(p, "INBOX", n);
}

void all_subjects_once(struct person *p, struct msglist *l, int n)
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

int odd_begin(const char *server)
{
	person_init();
	person_scratch();
	start_odd(server);
	return 0;
}

int odd_end(int failed)
{
	end_scratch();
	return failed;
}

#include "base/run.h"

#include "base/clock.h"
#include "base/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int spawn(pid_t *pid, const char *const argv[], int out, int errors)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, defaults;
	int rc;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_adddup2(&actions, errors, 2);
	/* Our threads block every signal and ignore SIGPIPE: the child must not inherit that. */
	posix_spawnattr_init(&attr);
	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &defaults);
	/* A group of its own: when time is up, all that a shell has started ends with it. */
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(
		&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	/* posix_spawnp wants char *const[] for history's sake and does not write to it. */
	rc = posix_spawnp(pid, argv[0], &actions, &attr, (char *const *)(uintptr_t)argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

enum { ERROR_BYTES = 4096 };

/* Appends what is there; false at the end of the pipe. */
static bool take(int fd, struct str *out)
{
	char buf[4096];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	str_add(out, buf, (size_t)n);
	return n > 0;
}

/* Of what a program complains the end counts. */
static void keep_end(struct str *s, size_t max)
{
	if (s->len <= max)
		return;
	memmove(s->p, s->p + s->len - max, max);
	str_cut(s, max);
}

/*
 * Until the child has ended, and what it had written by then is read. Not until the pipes are at
 * their end: what it leaves behind in the background (an agent) has them open too.
 */
static int collect(const char *name, struct pollfd p[4], const struct run_limits *limits,
	struct str *out, struct str *errors, struct err *err)
{
	int64_t end = clock_ms() + limits->timeout_ms;
	size_t start = out->len;

	while (p[0].fd >= 0 || p[1].fd >= 0 || p[3].fd >= 0) {
		int64_t left = end - clock_ms();
		bool over = p[3].fd < 0 && p[3].events == 0;
		int ready;

		if (left <= 0)
			return err_set(err, ERR_INPUT, _("%s did not answer in time"), name);
		ready = poll(p, 4, over ? 0 : (int)left);
		if (ready < 0) {
			if (errno == EINTR)
				continue;
			return err_errno(err, _("Cannot wait for %s"), name);
		}
		if (over && !ready)
			return 0;
		if (p[2].revents)
			return err_set(err, ERR_CANCELLED, _("Cancelled"));
		if (p[0].revents && !take(p[0].fd, out))
			p[0].fd = -1;
		if (p[1].revents && !take(p[1].fd, errors))
			p[1].fd = -1;
		if (p[3].revents) {
			p[3].fd = -1;
			p[3].events = 0;
		}
		keep_end(errors, ERROR_BYTES);
		if (out->len - start > limits->max_output)
			return err_set(err, ERR_FULL, _("%s printed too much"), name);
	}
	return 0;
}

static const char *last_line(struct str *s)
{
	char *nl;

	while (s->len && (s->p[s->len - 1] == '\n' || s->p[s->len - 1] == '\r'))
		str_cut(s, s->len - 1);
	nl = s->p ? strrchr(s->p, '\n') : NULL;
	return nl ? nl + 1 : str_c(s);
}

static int judge(const char *name, int status, struct str *errors, struct err *err)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (errors->len)
		return err_set(err, ERR_INPUT, "%s: %s", name, last_line(errors));
	if (WIFEXITED(status))
		return err_set(
			err, ERR_INPUT, _("%s ended with status %d"), name, WEXITSTATUS(status));
	return err_set(err, ERR_INPUT, _("%s was killed"), name);
}

/* Waits for a child that was started; it is gone afterwards. */
static int attend(const char *name, pid_t pid, int out_fd, int err_fd,
	const struct run_limits *limits, struct str *out, struct err *err)
{
	struct str errors = STR_INIT;
	/* A child that closed its output and goes on must not outlive the deadline either. */
	int child = (int)syscall(SYS_pidfd_open, pid, 0), status = 0, rc;
	struct pollfd p[4] = {{out_fd, POLLIN, 0}, {err_fd, POLLIN, 0},
		{limits->cancel_fd, POLLIN, 0}, {child, POLLIN, 0}};
	size_t start = out->len;

	rc = collect(name, p, limits, out, &errors, err);
	if (rc != 0)
		kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (rc == 0)
		rc = judge(name, status, &errors, err);
	if (rc != 0)
		str_cut(out, start);
	if (child >= 0)
		close(child);
	str_done(&errors);
	return rc;
}

int run_capture(
	const char *const argv[], const struct run_limits *limits, struct str *out, struct err *err)
{
	int pout[2], perr[2], rc;
	pid_t pid = 0;

	if (pipe2(pout, O_CLOEXEC) != 0)
		return err_errno(err, _("Cannot start %s"), argv[0]);
	if (pipe2(perr, O_CLOEXEC) != 0) {
		err_errno(err, _("Cannot start %s"), argv[0]);
		close(pout[0]);
		close(pout[1]);
		return -1;
	}
	errno = spawn(&pid, argv, pout[1], perr[1]);
	rc = errno ? err_errno(err, _("Cannot start %s"), argv[0]) : 0;
	close(pout[1]);
	close(perr[1]);
	if (rc == 0)
		rc = attend(argv[0], pid, pout[0], perr[0], limits, out, err);
	close(pout[0]);
	close(perr[0]);
	return rc;
}

#include "base/run.h"

#include "base/clock.h"
#include "base/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
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
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	/* posix_spawnp wants char *const[] for history's sake and does not write to it. */
	rc = posix_spawnp(pid, argv[0], &actions, &attr, (char *const *)(uintptr_t)argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

/* Appends what is there; 0 at the end of the pipe, 1 otherwise. */
static int take(int fd, struct str *out, size_t max)
{
	char buf[4096];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	if (n > 0 && out->len + (size_t)n <= max + sizeof(buf))
		str_add(out, buf, (size_t)n);
	return n > 0;
}

static int collect(int out_fd, int err_fd, const struct run_limits *limits, struct str *out,
	struct str *errors, struct err *err)
{
	struct pollfd p[3] = {
		{out_fd, POLLIN, 0}, {err_fd, POLLIN, 0}, {limits->cancel_fd, POLLIN, 0}};
	int64_t end = clock_ms() + limits->timeout_ms;

	while (p[0].fd >= 0 || p[1].fd >= 0) {
		int64_t left = end - clock_ms();

		if (left <= 0)
			return err_set(err, ERR_INPUT, _("it did not answer in time"));
		if (poll(p, 3, (int)left) < 0 && errno != EINTR)
			return err_errno(err, _("Cannot wait for a program"));
		if (p[2].revents)
			return err_set(err, ERR_CANCELLED, _("Cancelled"));
		if (p[0].fd >= 0 && p[0].revents && !take(p[0].fd, out, limits->max_output))
			p[0].fd = -1;
		if (p[1].fd >= 0 && p[1].revents && !take(p[1].fd, errors, 4096))
			p[1].fd = -1;
		if (out->len > limits->max_output)
			return err_set(err, ERR_FULL, _("it printed too much"));
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

int run_capture(
	const char *const argv[], const struct run_limits *limits, struct str *out, struct err *err)
{
	struct str errors = STR_INIT;
	int pout[2], perr[2], rc, status = 0;
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
	close(pout[1]);
	close(perr[1]);
	rc = errno ? err_errno(err, _("Cannot start %s"), argv[0])
		   : collect(pout[0], perr[0], limits, out, &errors, err);
	close(pout[0]);
	close(perr[0]);
	if (pid > 0) {
		if (rc != 0)
			kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (rc == 0)
			rc = judge(argv[0], status, &errors, err);
	}
	str_done(&errors);
	return rc;
}

#include "ui/child.h"

#include "base/i18n.h"
#include "base/mem.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

extern char **environ;

enum { ARGS_MAX = 16 };

int child_start(struct child *c, const char *script, const char *const *args, struct err *err)
{
	char sh[] = "sh", dash_c[] = "-c", *argv[ARGS_MAX + 5] = {sh, dash_c};
	posix_spawnattr_t attr;
	size_t n = 2;
	sigset_t all, none;
	int rc;

	argv[n++] = mem_strdup(script);
	argv[n++] = sh;
	for (size_t i = 0; args[i] && i < ARGS_MAX; i++)
		argv[n++] = mem_strdup(args[i]);
	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setsigmask(&attr, &none);
	rc = posix_spawn(&c->pid, "/bin/sh", NULL, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	free(argv[2]);
	for (size_t i = 4; i < n; i++)
		free(argv[i]);
	if (rc != 0) {
		c->pid = 0;
		errno = rc;
		return err_errno(err, _("cannot start “%s”"), "sh");
	}
	return 0;
}

bool child_ended(struct child *c, int *status)
{
	pid_t pid;

	if (!c->pid)
		return false;
	pid = waitpid(c->pid, status, WNOHANG);
	if (pid == 0 || (pid < 0 && errno == EINTR))
		return false;
	if (pid < 0)
		*status = 0;
	c->pid = 0;
	return true;
}

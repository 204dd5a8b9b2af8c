#include "ui/child.h"

#include "base/i18n.h"
#include "base/str.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

extern char **environ;

int child_start(struct child *c, const char *command, const char *arg, struct err *err)
{
	struct str script = STR_INIT, argument = STR_INIT;
	char sh[] = "sh", dash_c[] = "-c";
	posix_spawnattr_t attr;
	sigset_t all, none;
	int rc;

	str_addf(&script, "exec %s \"$1\"", command);
	str_adds(&argument, arg);
	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setsigmask(&attr, &none);
	char *argv[] = {sh, dash_c, script.p, sh, argument.p, NULL};
	rc = posix_spawn(&c->pid, "/bin/sh", NULL, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	str_done(&script);
	str_done(&argument);
	if (rc != 0) {
		c->pid = 0;
		errno = rc;
		return err_errno(err, _("cannot start “%s”"), command);
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

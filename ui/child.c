#include "ui/child.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/str.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

int child_start(struct child *c, const char *script, const char *const *args, struct err *err)
{
	const char *const before[] = {"sh", "-c", script, "sh"};
	posix_spawnattr_t attr;
	struct strv argv = STRV_INIT;
	sigset_t all, none;
	int rc;

	for (size_t i = 0; i < MEM_COUNT(before); i++)
		strv_add(&argv, before[i]);
	for (size_t i = 0; args[i]; i++)
		strv_add(&argv, args[i]);
	strv_take(&argv, NULL);
	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setsigmask(&attr, &none);
	rc = posix_spawn(&c->pid, "/bin/sh", NULL, &attr, argv.v, environ);
	posix_spawnattr_destroy(&attr);
	strv_done(&argv);
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

/* Programs that get the terminal for a while. */
#include "ui/ui.h"

#include "base/i18n.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

bool app_run_script(struct app *a, const char *command, const char *script, const char *const *args,
	app_done_fn *fn, void *ctx, void *owner)
{
	struct err err = {0};

	if (a->child.pid) {
		app_error(a, _("Another program has the terminal"));
		return false;
	}
	term_leave();
	if (child_start(&a->child, script, args, &err) < 0) {
		term_enter();
		app_error(a, "%s", err.text);
		return false;
	}
	free(a->child_command);
	a->child_command = mem_strdup(command);
	a->child_done = fn;
	a->child_ctx = ctx;
	a->child_owner = owner;
	return true;
}

void app_run_child(struct app *a, const char *command, const char *arg, app_done_fn *fn, void *ctx,
	void *owner)
{
	const char *const args[] = {arg, NULL};
	struct str script = STR_INIT;

	str_addf(&script, "exec %s \"$1\"", command);
	app_run_script(a, command, script.p, args, fn, ctx, owner);
	str_done(&script);
}

/* A file that was lent for a command. */
struct pipe {
	struct pipe *next;
	bool waits, keeps;
	char *path; /* NULL: it is not here yet */
	char command[];
};

static void drop_pipe(struct app *a, struct pipe *p)
{
	struct pipe **at = &a->pipes;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	if (p->path && !p->keeps)
		engine_lent_back(a->engine, p->path);
	free(p->path);
	free(p);
}

void app_drop_pipes(struct app *a)
{
	while (a->pipes)
		drop_pipe(a, a->pipes);
}

static void pipe_ended(struct app *a, void *ctx, struct event *ev)
{
	(void)ev;
	drop_pipe(a, ctx);
}

static struct pipe *new_pipe(struct app *a, const char *command)
{
	struct pipe *p = mem_alloc(sizeof(*p) + strlen(command) + 1);

	memcpy(p->command, command, strlen(command) + 1);
	p->next = a->pipes;
	a->pipes = p;
	return p;
}

void app_run_lent(struct app *a, const char *path, const char *command, const char *script,
	const char *const *args, bool keeps)
{
	struct pipe *p = new_pipe(a, command);

	p->path = mem_strdup(path);
	p->keeps = keeps;
	if (app_run_script(a, p->command, script, args, pipe_ended, p, NULL))
		return;
	p->keeps = false;
	drop_pipe(a, p);
}

/* The command is an argument, too: what is in it is all its own. */
#define PIPE                                                                                       \
	"sh -c \"$1\" <\"$2\"; rc=$?; if test \"$4\" || test $rc != 0; then "                      \
	"printf '\\n%s' \"$3\"; read -r key; fi; exit $rc"

static void pipe_came(struct app *a, void *ctx, struct event *ev)
{
	struct pipe *p = ctx;
	const char *const args[] = {
		p->command, ev->saved.path, _("Press Enter to go on"), p->waits ? "1" : "", NULL};

	if (ev->kind != EVENT_SAVED) {
		app_finish(a, ev);
		drop_pipe(a, p);
		return;
	}
	p->path = mem_strdup(ev->saved.path);
	if (!app_run_script(a, p->command, PIPE, args, pipe_ended, p, NULL))
		pipe_ended(a, p, NULL);
}

void app_pipe(struct app *a, unsigned request, const char *command, bool waits)
{
	struct pipe *p = new_pipe(a, command);

	p->waits = waits;
	app_await_long(a, request, pipe_came, p, NULL);
}

/* As the shell tells how a program ended. */
static void tell_end(struct app *a, int status)
{
	const char *command = a->child_command;

	if (WIFSIGNALED(status))
		app_error(a, _("“%s” was ended: %s"), command, strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == 127)
		app_error(a,
			_("There is no program “%s” here: install it, or choose another with :set "
			  "editor=..., print-command=..., $EDITOR or $BROWSER"),
			command);
	else if (WEXITSTATUS(status) == 126)
		app_error(a, _("“%s” is no program that can be run"), command);
	else if (status)
		app_error(
			a, _("“%s” ended with a fault (status %d)"), command, WEXITSTATUS(status));
}

void app_child_look(struct app *a)
{
	app_done_fn *fn = a->child_done;
	int status = 0;

	if (!child_ended(&a->child, &status))
		return;
	term_enter();
	app_relayout(a);
	a->child_done = NULL;
	a->child_owner = NULL;
	tell_end(a, status);
	if (fn)
		fn(a, a->child_ctx, NULL);
}

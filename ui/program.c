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

/* Files that are lent for a command. */
struct pipe_file {
	struct pipe *pipe;
	char *path; /* NULL: it is not here yet */
};

struct pipe {
	struct pipe *next;
	bool waits, joined, keeps;
	bool failed; /* one did not come, which was said */
	char *command;
	size_t n, came;
	struct pipe_file files[];
};

static void drop_pipe(struct app *a, struct pipe *p)
{
	struct pipe **at = &a->pipes;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	for (size_t i = 0; i < p->n; i++) {
		if (p->files[i].path && !p->keeps)
			engine_lent_back(a->engine, p->files[i].path);
		free(p->files[i].path);
	}
	free(p->command);
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

static struct pipe *new_pipe(struct app *a, const char *command, size_t n)
{
	struct pipe *p = mem_alloc(sizeof(*p) + n * sizeof(*p->files));

	p->command = mem_strdup(command);
	p->n = n;
	for (size_t i = 0; i < n; i++)
		p->files[i].pipe = p;
	p->next = a->pipes;
	a->pipes = p;
	return p;
}

void app_run_lent(struct app *a, const char *path, const char *command, const char *script,
	const char *const *args, bool keeps)
{
	struct pipe *p = new_pipe(a, command, 1);

	p->files[0].path = mem_strdup(path);
	p->keeps = keeps;
	if (app_run_script(a, p->command, script, args, pipe_ended, p, NULL))
		return;
	p->keeps = false;
	drop_pipe(a, p);
}

/* The command is an argument, too: what is in it is all its own. Several messages are an mbox. */
#define PIPE_EACH "for t_file; do sh -c \"$t_command\" <\"$t_file\" || t_rc=$?; done"
#define PIPE_MBOX                                                                                  \
	"for t_file; do echo 'From MAILER-DAEMON Thu Jan  1 00:00:00 1970'; "                      \
	"sed 's/^>*From />&/' \"$t_file\"; echo; done | sh -c \"$t_command\" || t_rc=$?"
#define PIPE(run)                                                                                  \
	"t_command=$1; t_label=$2; t_waits=$3; t_rc=0; shift 3; " run                              \
	"; if test \"$t_waits\" || test $t_rc != 0; then "                                         \
	"printf '\\n%s' \"$t_label\"; read -r t_key || echo; fi; exit $t_rc"

static void run_pipe(struct app *a, struct pipe *p)
{
	const char *script = p->joined && p->n > 1 ? PIPE(PIPE_MBOX) : PIPE(PIPE_EACH);
	const char **args = mem_array(p->n + 4, sizeof(*args));

	args[0] = p->command;
	args[1] = _("Press Enter to go on");
	args[2] = p->waits ? "1" : "";
	for (size_t i = 0; i < p->n; i++)
		args[i + 3] = p->files[i].path;
	args[p->n + 3] = NULL;
	if (!app_run_script(a, p->command, script, args, pipe_ended, p, NULL))
		drop_pipe(a, p);
	free(args);
}

static void pipe_came(struct app *a, void *ctx, struct event *ev)
{
	struct pipe_file *file = ctx;
	struct pipe *p = file->pipe;

	if (ev->kind == EVENT_SAVED) {
		file->path = mem_strdup(ev->saved.path);
	} else {
		if (!p->failed)
			app_finish(a, ev);
		p->failed = true;
	}
	if (++p->came < p->n)
		return;
	if (p->failed)
		drop_pipe(a, p);
	else
		run_pipe(a, p);
}

void app_pipe_all(struct app *a, const unsigned *requests, size_t n, const char *command,
	bool waits, bool joined)
{
	struct pipe *p = new_pipe(a, command, n);

	p->waits = waits;
	p->joined = joined;
	for (size_t i = 0; i < n; i++)
		app_await_long(a, requests[i], pipe_came, &p->files[i], NULL);
}

void app_pipe(struct app *a, unsigned request, const char *command, bool waits)
{
	app_pipe_all(a, &request, 1, command, waits, false);
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

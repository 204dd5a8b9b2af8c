/* Programs that get the terminal for a while. */
#include "ui/ui.h"

#include "base/i18n.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

void app_run_child(struct app *a, const char *command, const char *arg, app_done_fn *fn, void *ctx,
	void *owner)
{
	struct err err = {0};

	if (a->child.pid) {
		app_error(a, _("Another program has the terminal"));
		return;
	}
	term_leave();
	if (child_start(&a->child, command, arg, &err) < 0) {
		term_enter();
		app_error(a, "%s", err.text);
		return;
	}
	free(a->child_command);
	a->child_command = mem_strdup(command);
	a->child_done = fn;
	a->child_ctx = ctx;
	a->child_owner = owner;
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
			  "editor=..., $EDITOR or $BROWSER"),
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

/* Which function does a command of the command line, and the engine around it. */
#include "base/i18n.h"
#include "ui/cli_priv.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum cli_status (*const commands[ARGS_COMMANDS])(struct cli *c) = {
	[ARGS_SCREEN] = cli_send,
	[ARGS_CHECK] = cli_check,
	[ARGS_SYNC] = cli_sync,
	[ARGS_OUTBOX] = cli_outbox,
	[ARGS_LIST] = cli_list,
	[ARGS_SHOW] = cli_show,
	[ARGS_SEARCH] = cli_search,
	[ARGS_FOLDERS] = cli_folders,
	[ARGS_EXPORT] = cli_export,
	[ARGS_IMPORT] = cli_import,
	[ARGS_BACKUP] = cli_backup,
};

bool cli_reader_gone(void)
{
	struct pollfd p = {STDOUT_FILENO, 0, 0};

	return poll(&p, 1, 0) > 0 && (p.revents & POLLERR);
}

enum cli_status cli_run(struct settings *settings, const struct arguments *args,
	const char *config_path, struct cli_draft *made)
{
	struct engine_options options = {
		.offline = true, .read_only = args->read_only, .config_path = config_path};
	struct cli c = {.settings = settings,
		.args = args,
		.interactive = isatty(STDERR_FILENO),
		.made = made};
	struct err err = {0};
	enum cli_status status;

	if (engine_new(&c.engine, settings, &options, &err) != 0)
		return cli_fail(&err);
	status = commands[args->command](&c);
	if (status == CLI_OK)
		status = c.part;
	engine_free(c.engine);
	if ((fflush(stdout) != 0 || ferror(stdout)) && !cli_reader_gone()) {
		cli_say(_("The output could not be written: %s"), strerror(errno));
		return status == CLI_OK ? CLI_FAILED : status;
	}
	return status;
}

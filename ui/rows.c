/* What there is: the screens and the tables of commands. This file alone names them all. */
#include "ui/cmd.h"

#include "base/mem.h"

/* Of screens that can do nothing of their own. */
static const struct command none[] = {{.name = NULL}};

#define ROW(BIT, name) [UI_AT_##BIT] = &view_##name##_ops,
const struct view_ops *const ui_views[UI_CONTEXTS] = {UI_SCREENS(ROW)};

static const struct command *const tables[] = {cmd_screen_commands, cmd_index_commands,
	cmd_find_commands, cmd_mail_commands, cmd_thread_commands, cmd_go_commands,
	cmd_pipe_commands, cmd_tell_commands, cmd_junk_commands, cmd_folder_commands,
	cmd_files_commands, cmd_write_commands, cmd_setup_commands};

const struct command *commands_table(size_t i)
{
	const struct command *t;

	if (i < MEM_COUNT(tables))
		return tables[i];
	i -= MEM_COUNT(tables);
	if (i >= UI_CONTEXTS)
		return NULL;
	t = ui_views[i]->commands;
	return t ? t : none;
}

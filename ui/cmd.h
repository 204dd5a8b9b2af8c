/*
 * cmd - the tables of commands, each at the end of the file that has their functions: cmd_screen
 * (moving, tabs, searching), cmd_index (order and limits of lists), cmd_find (all folders, saved
 * searches), cmd_mail (changing mail), cmd_thread (threads), cmd_go (to numbers, to what is new),
 * cmd_pipe (for other programs), cmd_tell (what is told in a line), cmd_junk (junk), cmd_folder
 * (folders themselves), cmd_files (export, import, backup), cmd_write (writing), cmd_setup
 * (accounts and options). What only one screen can do stands with that screen (view_ops.commands).
 *
 * Owns:    constant tables.
 * Threads: UI thread.
 * Errors:  shown in the message line. commands.c has checked the screen and the number of words.
 */
#ifndef UI_CMD_H
#define UI_CMD_H

#include "ui/views.h"

extern const struct command cmd_screen_commands[], cmd_index_commands[], cmd_find_commands[],
	cmd_mail_commands[], cmd_thread_commands[], cmd_go_commands[], cmd_pipe_commands[],
	cmd_tell_commands[], cmd_junk_commands[], cmd_folder_commands[], cmd_files_commands[],
	cmd_write_commands[], cmd_setup_commands[];

#endif

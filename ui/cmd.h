/*
 * cmd - the functions behind the table of commands, by file: cmd_screen (moving, tabs, reading),
 * cmd_mail (changing mail), cmd_folder (folders themselves), cmd_write (writing), cmd_setup
 * (accounts and options).
 *
 * Owns:    nothing.
 * Threads: UI thread.
 * Errors:  shown in the message line. commands.c has checked the screen and the number of words.
 */
#ifndef UI_CMD_H
#define UI_CMD_H

#include "ui/views.h"

void cmd_next(struct app *a, const struct args *args);
void cmd_previous(struct app *a, const struct args *args);
void cmd_line_down(struct app *a, const struct args *args);
void cmd_line_up(struct app *a, const struct args *args);
void cmd_page_down(struct app *a, const struct args *args);
void cmd_page_up(struct app *a, const struct args *args);
void cmd_half_down(struct app *a, const struct args *args);
void cmd_half_up(struct app *a, const struct args *args);
void cmd_first(struct app *a, const struct args *args);
void cmd_last(struct app *a, const struct args *args);
void cmd_top(struct app *a, const struct args *args);
void cmd_middle(struct app *a, const struct args *args);
void cmd_bottom(struct app *a, const struct args *args);
void cmd_jump(struct app *a, const struct args *args);
void cmd_next_unread(struct app *a, const struct args *args);
void cmd_previous_unread(struct app *a, const struct args *args);
void cmd_open(struct app *a, const struct args *args);
void cmd_open_folder(struct app *a, const struct args *args);
void cmd_open_tab(struct app *a, const struct args *args);
void cmd_back(struct app *a, const struct args *args);
void cmd_tab(struct app *a, const struct args *args);
void cmd_next_tab(struct app *a, const struct args *args);
void cmd_previous_tab(struct app *a, const struct args *args);
void cmd_close_tab(struct app *a, const struct args *args);
void cmd_folders(struct app *a, const struct args *args);
void cmd_sidebar(struct app *a, const struct args *args);
void cmd_sidebar_next(struct app *a, const struct args *args);
void cmd_sidebar_previous(struct app *a, const struct args *args);
void cmd_sidebar_open(struct app *a, const struct args *args);
void cmd_search(struct app *a, const struct args *args);
void cmd_search_next(struct app *a, const struct args *args);
void cmd_search_previous(struct app *a, const struct args *args);
void cmd_command(struct app *a, const struct args *args);
void cmd_help(struct app *a, const struct args *args);
void cmd_messages(struct app *a, const struct args *args);
void cmd_redraw(struct app *a, const struct args *args);
void cmd_suspend(struct app *a, const struct args *args);
void cmd_cancel(struct app *a, const struct args *args);
void cmd_quit(struct app *a, const struct args *args);
void cmd_limit(struct app *a, const struct args *args);
void cmd_sort(struct app *a, const struct args *args);
void cmd_threads(struct app *a, const struct args *args);
void cmd_fold(struct app *a, const struct args *args);
void cmd_fold_all(struct app *a, const struct args *args);
void cmd_quotes(struct app *a, const struct args *args);
void cmd_skip_quoted(struct app *a, const struct args *args);
void cmd_headers(struct app *a, const struct args *args);
void cmd_html(struct app *a, const struct args *args);
void cmd_links(struct app *a, const struct args *args);
void cmd_attachments(struct app *a, const struct args *args);
void cmd_save(struct app *a, const struct args *args);
void cmd_delete(struct app *a, const struct args *args);
void cmd_delete_thread(struct app *a, const struct args *args);
void cmd_delete_pattern(struct app *a, const struct args *args);
void cmd_undo(struct app *a, const struct args *args);
void cmd_archive(struct app *a, const struct args *args);
void cmd_whole(struct app *a, const struct args *args);
void cmd_move(struct app *a, const struct args *args);
void cmd_copy(struct app *a, const struct args *args);
void cmd_flag(struct app *a, const struct args *args);
void cmd_read(struct app *a, const struct args *args);
void cmd_unread(struct app *a, const struct args *args);
void cmd_toggle_read(struct app *a, const struct args *args);
void cmd_read_thread(struct app *a, const struct args *args);
void cmd_set_flag(struct app *a, const struct args *args);
void cmd_clear_flag(struct app *a, const struct args *args);
void cmd_keyword(struct app *a, const struct args *args);
void cmd_tag(struct app *a, const struct args *args);
void cmd_tag_thread(struct app *a, const struct args *args);
void cmd_tag_pattern(struct app *a, const struct args *args);
void cmd_untag_pattern(struct app *a, const struct args *args);
void cmd_untag_all(struct app *a, const struct args *args);
void cmd_tag_prefix(struct app *a, const struct args *args);
void cmd_create(struct app *a, const struct args *args);
void cmd_delete_folder(struct app *a, const struct args *args);
void cmd_rename_folder(struct app *a, const struct args *args);
void cmd_compose(struct app *a, const struct args *args);
void cmd_reply(struct app *a, const struct args *args);
void cmd_reply_all(struct app *a, const struct args *args);
void cmd_reply_list(struct app *a, const struct args *args);
void cmd_forward(struct app *a, const struct args *args);
void cmd_drafts(struct app *a, const struct args *args);
void cmd_send(struct app *a, const struct args *args);
void cmd_edit(struct app *a, const struct args *args);
void cmd_edit_from(struct app *a, const struct args *args);
void cmd_edit_to(struct app *a, const struct args *args);
void cmd_edit_cc(struct app *a, const struct args *args);
void cmd_edit_bcc(struct app *a, const struct args *args);
void cmd_edit_subject(struct app *a, const struct args *args);
void cmd_attach(struct app *a, const struct args *args);
void cmd_detach(struct app *a, const struct args *args);
void cmd_postpone(struct app *a, const struct args *args);
void cmd_discard(struct app *a, const struct args *args);
void cmd_export(struct app *a, const struct args *args);
void cmd_import(struct app *a, const struct args *args);
void cmd_backup(struct app *a, const struct args *args);
void cmd_outbox(struct app *a, const struct args *args);
void cmd_retry_mail(struct app *a, const struct args *args);
void cmd_hold_mail(struct app *a, const struct args *args);
void cmd_mail_details(struct app *a, const struct args *args);
void cmd_edit_mail(struct app *a, const struct args *args);
void cmd_drop_mail(struct app *a, const struct args *args);
void cmd_pending(struct app *a, const struct args *args);
void cmd_drop_change(struct app *a, const struct args *args);
void cmd_drop_draft(struct app *a, const struct args *args);
void cmd_sync(struct app *a, const struct args *args);
void cmd_retry(struct app *a, const struct args *args);
void cmd_offline(struct app *a, const struct args *args);
void cmd_online(struct app *a, const struct args *args);
void cmd_protocol(struct app *a, const struct args *args);
void cmd_account(struct app *a, const struct args *args);
void cmd_check(struct app *a, const struct args *args);
void cmd_set(struct app *a, const struct args *args);
void cmd_bind(struct app *a, const struct args *args);
void cmd_unbind(struct app *a, const struct args *args);
void cmd_color(struct app *a, const struct args *args);

#endif

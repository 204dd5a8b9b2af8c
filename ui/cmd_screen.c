/* Moving, tabs, searching, messages as files, and the program itself. */
#include "ui/cmd.h"
#include "ui/help.h"
#include "ui/pathtext.h"
#include "ui/view_list.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "ui/term.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static void cmd_move(struct app *a, const struct args *args)
{
	struct view *v = app_view(a);
	unsigned n = args->n ? app_number(args->v[0]) : 1;

	if (!n)
		app_error(a, _("How far? A number from 1 on, not “%s”"), args->v[0]);
	else if (v->ops->move)
		v->ops->move(v, (enum move)args->which, n < INT_MAX / 2 ? (int)n : INT_MAX / 2);
}

/* --- folders and tabs --- */

static char *trimmed(const char *s)
{
	size_t len = strlen(s);

	while (len && s[len - 1] == ' ')
		len--;
	return mem_strndup(s, len);
}

static void open_folder(struct app *a, int account, const char *text, bool new_tab)
{
	char *name = trimmed(text);

	if (*name)
		app_open_folder(a, account, name, new_tab);
	free(name);
}

static void folder_given(struct app *a, void *ctx, const char *text)
{
	if (text)
		open_folder(a, (int)(intptr_t)ctx, text, false);
}

static void cmd_sidebar_open(struct app *a)
{
	a->side_active = false;
	if (a->layout.border_col >= 0)
		folders_open(a, a->side_cursor);
}

static void cmd_open(struct app *a, const struct args *args)
{
	struct view *v = app_view(a);

	if (args->n)
		open_folder(a, app_account(a), args->rest, false);
	else if (a->side_active)
		cmd_sidebar_open(a);
	else if (v->ops->open)
		v->ops->open(v);
}

static void cmd_open_folder(struct app *a)
{
	app_ask(a, _("Open folder: "), "", HISTORY_FOLDER, complete_folder_line, folder_given,
		(void *)(intptr_t)app_account(a), NULL);
}

static void cmd_open_tab(struct app *a, const struct args *args)
{
	open_folder(a, app_account(a), args->rest, true);
}

static void cmd_back(struct app *a)
{
	struct view *v = app_view(a);

	if (v->ops->leave && !v->ops->leave(v))
		return;
	if (a->tabs[a->tab].n == 1 && a->ntabs == 1)
		commands_run(a, "quit");
	else
		app_close_view(a, v);
}

static void cmd_tab(struct app *a, const struct args *args)
{
	unsigned n = app_number(args->v[0]);

	if (n < 1 || n > (unsigned)a->ntabs)
		app_message(a, _("There is no tab %s"), args->v[0]);
	else
		app_show_tab(a, (int)n - 1);
}

static void cmd_step_tab(struct app *a, const struct args *args)
{
	app_show_tab(a, (a->tab + a->ntabs + args->which) % a->ntabs);
}

static void cmd_close_tab(struct app *a)
{
	struct view *bottom = a->tabs[a->tab].stack[0];

	if (a->ntabs == 1)
		app_message(a, _("This is the only tab; q ends the program"));
	else if (!bottom->ops->leave || bottom->ops->leave(bottom))
		app_close_view(a, bottom);
}

static void cmd_folders(struct app *a)
{
	if (app_view(a)->ops->context != UI_FOLDERS)
		app_push(a, view_folders_new(a));
}

static void cmd_sidebar(struct app *a)
{
	a->sidebar = a->layout.border_col >= 0 ? SIDEBAR_NO : SIDEBAR_YES;
	app_relayout(a);
}

static void cmd_step_sidebar(struct app *a, const struct args *args)
{
	size_t n = folders_rows(a);
	int account, folder;

	if (a->layout.border_col < 0) {
		a->sidebar = SIDEBAR_YES;
		app_relayout(a);
	}
	for (size_t i = 0; i < n; i++) {
		a->side_cursor = (a->side_cursor + n + (size_t)args->which) % n;
		if (folders_at(a, a->side_cursor, &account, &folder) && folder != FOLDERS_ACCOUNT)
			break;
	}
	a->side_active = true;
}

/* --- searching --- */

static void search_in(struct view *v, const char *text, int step)
{
	struct app *a = v->app;
	struct err err = {0};

	if (!v->ops->search || !*text)
		return;
	if (v->ops->search_check && v->ops->search_check(text, &err) != 0) {
		app_error(a, "%s", err.text);
		return;
	}
	if (text != a->last_search) {
		free(a->last_search);
		a->last_search = mem_strdup(text);
	}
	a->marks = true;
	v->ops->search(v, a->last_search, step);
}

static void place(struct view *v, enum place what)
{
	if (v->ops->place)
		v->ops->place(v, what);
}

static void search_typed(struct app *a, struct view *v, const char *text, int step)
{
	if (!v->ops->search || !v->ops->place)
		return;
	a->marks = true;
	if (!*text)
		place(v, PLACE_BACK);
	else if (!v->ops->search_check || app_query_typed(a, v, text))
		v->ops->search(v, text, step);
}

static void typed(struct app *a, void *ctx, const char *text)
{
	search_typed(a, ctx, text, 1);
}

static void typed_back(struct app *a, void *ctx, const char *text)
{
	search_typed(a, ctx, text, -1);
}

/* Begins where the typing did. */
static void search_given(struct app *a, struct view *v, const char *text, int step)
{
	bool nothing = !text || !*text;

	a->marks = a->marks && !nothing;
	if (nothing || (v->ops->search_check && !engine_query_is_quick(text)))
		place(v, PLACE_BACK);
	if (!nothing)
		search_in(v, text, step);
	place(v, PLACE_FREE);
}

static void given(struct app *a, void *ctx, const char *text)
{
	search_given(a, ctx, text, 1);
}

static void given_back(struct app *a, void *ctx, const char *text)
{
	search_given(a, ctx, text, -1);
}

static void cmd_search(struct app *a, const struct args *args)
{
	struct view *v = app_view(a);
	bool back = args->n && strcmp(args->v[0], "-r") == 0;
	const char *text = back && args->n > 1 ? args->rest + 3 : back ? "" : args->rest;

	if (*text) {
		search_in(v, text, back ? -1 : 1);
		return;
	}
	place(v, PLACE_HOLD);
	app_ask_typed(a, back ? _("Search backwards: ") : _("Search: "), "", HISTORY_SEARCH,
		back ? typed_back : typed, back ? given_back : given, v, v);
}

static void cmd_search_again(struct app *a, const struct args *args)
{
	struct view *v = app_view(a);

	if (v->ops->search && a->last_search) {
		a->marks = true;
		v->ops->search(v, NULL, args->which);
	} else {
		app_message(a, _("Nothing was searched yet; / searches"));
	}
}

static void cmd_search_toggle(struct app *a)
{
	a->marks = !a->marks;
	app_message(
		a, a->marks ? _("What was found is marked") : _("What was found is not marked"));
}

/* --- reading --- */

static void parts_came(struct app *a, void *ctx, struct event *ev)
{
	if (ev->kind == EVENT_MESSAGE)
		app_push_over(a, ctx, view_parts_new(a, ev->view->list, ev->view->uid, ev->view));
	else
		app_finish(a, ev);
}

static void cmd_attachments(struct app *a)
{
	struct view *v = app_view(a);
	struct read_options o = {.width = 80};
	struct selection s;

	struct message_view *m = v->ops->message ? v->ops->message(v) : NULL;

	if (m) {
		app_push(a, view_parts_new(a, m->list, m->uid, m));
	} else if (app_selection_one(a, &s)) {
		app_await(a, engine_read(a->engine, s.list, s.uids[0], &o), parts_came, v, v);
		selection_done(&s);
	}
}

static void message_saved(struct app *a, void *ctx, struct event *ev)
{
	(void)ctx;
	if (ev->kind == EVENT_SAVED)
		app_message(a, _("Saved as %s"), ev->saved.path);
	else
		app_finish(a, ev);
}

static void save_message(struct app *a, void *ctx, const char *written)
{
	struct selection *s = ctx;
	char *path = written ? pathtext_path(written) : NULL;

	if (path && *path && selection_stands(a, s))
		app_await(a, engine_save_message(a->engine, s->list, s->uids[0], path),
			message_saved, NULL, NULL);
	free(path);
	selection_done(s);
	free(s);
}

static void cmd_save(struct app *a, const struct args *args)
{
	struct view *v = app_view(a);
	struct selection *s, one;

	if (v->ops->save) {
		v->ops->save(v, args->rest);
		return;
	}
	if (!app_selection_one(a, &one))
		return;
	s = mem_dup(&one, sizeof(one));
	if (args->n)
		save_message(a, s, args->rest);
	else
		app_ask(a, _("Save the message as: "), "message.eml", HISTORY_PATH,
			complete_path_line, save_message, s, v);
}

/* --- the program --- */

/* A command means the screen it was typed on. */
static void command_given(struct app *a, void *ctx, const char *text)
{
	if (text && app_view(a) != ctx)
		app_error(a, _("Another screen came meanwhile; “%s” was not run"), text);
	else if (text)
		commands_run(a, text);
}

static void cmd_command(struct app *a, const struct args *args)
{
	struct str text = STR_INIT;

	if (args->n)
		str_addf(&text, "%s ", args->rest);
	app_ask(a, ":", str_c(&text), HISTORY_COMMAND, commands_complete, command_given,
		app_view(a), app_view(a));
	str_done(&text);
}

static void cmd_help(struct app *a, const struct args *args)
{
	struct text *t = help_text(a, app_view(a)->ops->context, args->rest);

	if (t)
		app_push(a, view_text_new(a, _("Help"), t));
	else
		app_error(a, _("No help on “%s”: try keys, commands, options or a command"),
			args->rest);
}

static void cmd_messages(struct app *a)
{
	app_push(a, view_text_new(a, _("Messages"), messages_text(a)));
	commands_run(a, "last");
}

static void cmd_redraw(struct app *a)
{
	(void)a;
	term_redraw();
}

static void cmd_suspend(struct app *a)
{
	term_suspend();
	app_relayout(a);
}

static void cmd_cancel(struct app *a)
{
	struct view *v = app_view(a);
	bool stopped = v && v->ops->cancel && v->ops->cancel(v);

	if (a->progress_request) {
		engine_cancel(a->engine, a->progress_request);
		a->progress_request = 0;
		stopped = true;
	}
	if (stopped)
		app_message(a, _("Stopped"));
	a->tag_prefix = false;
}

static void quit_answered(struct app *a, void *ctx, const char *answer)
{
	(void)ctx;
	if (answer && *answer == 'y')
		a->quit = true;
}

static bool is_writing(struct app *a)
{
	for (int i = 0; i < a->ntabs; i++)
		if (a->tabs[i].n > 0 && a->tabs[i].stack[0]->ops->keeps)
			return true;
	return false;
}

/* What waits by itself; what needs the user was told when it failed. */
static size_t waits_to_be_sent(struct app *a)
{
	struct outbox_info o;
	size_t n = 0;

	for (size_t i = 0; i < engine_accounts(a->engine); i++)
		for (size_t k = 0; k < engine_outbox(a->engine, i); k++) {
			engine_outbox_at(a->engine, i, k, &o);
			n += !o.failed && !o.unconfirmed && !o.held;
		}
	return n;
}

/* A list above another one, which is a conversation. */
static bool is_above(struct app *a)
{
	return app_view(a)->ops->context == UI_INDEX && a->tabs[a->tab].n > 1;
}

static void cmd_quit(struct app *a)
{
	bool confirm = settings_bool(a->settings, SET_CONFIRM_QUIT);
	size_t n = waits_to_be_sent(a);
	struct str s = STR_INIT;

	if (is_above(a)) {
		app_close_view(a, app_view(a));
		return;
	}
	if (n)
		str_addf(&s,
			ngettext("%zu mail is not sent yet; it waits for the next start. ",
				"%zu mails are not sent yet; they wait for the next start. ",
				(unsigned long)n),
			n);
	if (confirm && is_writing(a))
		str_adds(&s, _("A message is being written; it is kept as a draft. "));
	if (!n && !confirm) {
		a->quit = true;
	} else {
		str_adds(&s, _("Quit? (y/n) "));
		app_ask_choice(a, str_c(&s), "yn", quit_answered, NULL, NULL);
	}
	str_done(&s);
}

const struct command cmd_screen_commands[] = {
	{"next", UI_ANY, N_("move to the next line or message"), .args = "[N]", .max = 1,
		.run_args = cmd_move, .which = MOVE_NEXT},
	{"previous", UI_ANY, N_("move to the previous line or message"), .args = "[N]", .max = 1,
		.run_args = cmd_move, .which = MOVE_PREVIOUS},
	{"line-down", UI_ANY, N_("scroll down by a line"), .args = "[N]", .max = 1,
		.run_args = cmd_move, .which = MOVE_LINE_DOWN},
	{"line-up", UI_ANY, N_("scroll up by a line"), .args = "[N]", .max = 1,
		.run_args = cmd_move, .which = MOVE_LINE_UP},
	{"page-down", UI_ANY, N_("go one page down"), .run_args = cmd_move,
		.which = MOVE_PAGE_DOWN},
	{"page-up", UI_ANY, N_("go one page up"), .run_args = cmd_move, .which = MOVE_PAGE_UP},
	{"half-down", UI_ANY, N_("go half a page down"), .run_args = cmd_move,
		.which = MOVE_HALF_DOWN},
	{"half-up", UI_ANY, N_("go half a page up"), .run_args = cmd_move, .which = MOVE_HALF_UP},
	{"first", UI_ANY, N_("go to the beginning"), .run_args = cmd_move, .which = MOVE_FIRST},
	{"last", UI_ANY, N_("go to the end"), .run_args = cmd_move, .which = MOVE_LAST},
	{"top", UI_ANY, N_("go to the first line of the screen"), .run_args = cmd_move,
		.which = MOVE_TOP},
	{"middle", UI_ANY, N_("go to the middle of the screen"), .run_args = cmd_move,
		.which = MOVE_MIDDLE},
	{"bottom", UI_ANY, N_("go to the last line of the screen"), .run_args = cmd_move,
		.which = MOVE_BOTTOM},
	{"current-top", UI_ANY, N_("scroll so that the cursor is in the first line"),
		.run_args = cmd_move, .which = MOVE_CURSOR_TOP},
	{"current-middle", UI_ANY, N_("scroll so that the cursor is in the middle"),
		.run_args = cmd_move, .which = MOVE_CURSOR_MIDDLE},
	{"current-bottom", UI_ANY, N_("scroll so that the cursor is in the last line"),
		.run_args = cmd_move, .which = MOVE_CURSOR_BOTTOM},
	{"open", UI_ANY, N_("open what the cursor is on, or a folder"), .args = "[FOLDER]",
		.max = -1, .traits = COMMAND_SIDE, .run_args = cmd_open,
		.complete = complete_folder},
	{"open-folder", UI_ANY, N_("ask for a folder and open it"), .run = cmd_open_folder},
	{"open-tab", UI_ANY, N_("open a folder in a new tab"), .args = "FOLDER", .min = 1,
		.max = -1, .run_args = cmd_open_tab, .complete = complete_folder},
	{"back", UI_ANY, N_("leave this screen"), .traits = COMMAND_LEAVES, .run = cmd_back},
	{"tab", UI_ANY, N_("go to the Nth tab"), .args = "N", .min = 1, .max = 1,
		.run_args = cmd_tab},
	{"next-tab", UI_ANY, N_("go to the next tab"), .run_args = cmd_step_tab, .which = 1},
	{"previous-tab", UI_ANY, N_("go to the previous tab"), .run_args = cmd_step_tab,
		.which = -1},
	{"close-tab", UI_ANY, N_("close this tab"), .run = cmd_close_tab},
	{"folders", UI_ANY, N_("show all accounts and folders"), .run = cmd_folders},
	{"sidebar", UI_ANY, N_("show or hide the list of folders at the side"), .run = cmd_sidebar},
	{"sidebar-next", UI_ANY, N_("go down in the list at the side"), .traits = COMMAND_SIDE,
		.run_args = cmd_step_sidebar, .which = 1},
	{"sidebar-previous", UI_ANY, N_("go up in the list at the side"), .traits = COMMAND_SIDE,
		.run_args = cmd_step_sidebar, .which = -1},
	{"sidebar-open", UI_ANY, N_("open the folder chosen at the side"), .traits = COMMAND_SIDE,
		.run = cmd_sidebar_open},
	{"search", UI_ANY, N_("search text or, in a list of messages, a pattern; -r backwards"),
		.args = "[-r] [TEXT]", .max = -1, .run_args = cmd_search},
	{"search-next", UI_ANY, N_("go to the next match"), .run_args = cmd_search_again,
		.which = 1},
	{"search-toggle", UI_ANY, N_("mark what was found, or mark it no longer"),
		.run = cmd_search_toggle},
	{"search-previous", UI_ANY, N_("go to the previous match"), .run_args = cmd_search_again,
		.which = -1},
	{"command", UI_ANY, N_("type a command, or the rest of one"), .args = "[TEXT]", .max = -1,
		.traits = COMMAND_LEADS, .run_args = cmd_command},
	{"help", UI_ANY, N_("show the keys of this screen, or help on a command, option or screen"),
		.args = "[TOPIC]", .max = 1, .run_args = cmd_help, .complete = complete_help},
	{"messages", UI_ANY, N_("show what was said so far"), .run = cmd_messages},
	{"redraw", UI_ANY, N_("paint the screen anew"), .run = cmd_redraw},
	{"suspend", UI_ANY, N_("stop for a while and go back to the shell"), .run = cmd_suspend},
	{"cancel", UI_ANY, N_("stop the long operation that runs"), .run = cmd_cancel},
	{"quit", UI_ANY, N_("end the program; in a conversation: go back to where it was opened"),
		.traits = COMMAND_LEAVES, .run = cmd_quit},
	{"attachments", UI_INDEX | UI_READER, N_("list the parts and attachments of this message"),
		.run = cmd_attachments},
	{"save", UI_INDEX | UI_READER | UI_PARTS,
		N_("save the message, or the attachment under the cursor, into a file"),
		.args = "[PATH]", .max = -1, .run_args = cmd_save, .complete = complete_path},
	{"row", UI_PARTS | UI_LINKS, N_("go to the row of this number"), .args = "N", .min = 1,
		.max = 1, .run_args = list_ask_row},
	{.name = NULL},
};

/* Accounts, connections, options, keys, colours. */
#include "base/str.h"
#include "ui/cmd.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "ui/advice.h"
#include "ui/term.h"

#include <stdlib.h>
#include <string.h>

/* The account an argument names, or the current one; -1 after saying what is wrong. */
static int account_arg(struct app *a, const char *name)
{
	int i = name ? engine_find_account(a->engine, name) : app_account(a);

	if (i < 0 && name)
		app_error(a, _("There is no account “%s”"), name);
	else if (i < 0)
		app_error(a, _("No account is open; “talaria setup” makes one"));
	return i;
}

/* --- protocol --- */

struct switching {
	int account;
	enum protocol to;
	struct view *preview; /* the text that the question is about */
};

static void switched(struct app *a, void *ctx, struct event *ev)
{
	struct switching *w = ctx;
	struct account_info info;

	if (ev->kind == EVENT_DONE && (!ev->done.text || !*ev->done.text)) {
		engine_account(a->engine, (size_t)w->account, &info);
		app_message(a, _("%s now works by %s"), info.name, protocol_row(w->to)->name);
	} else {
		app_finish(a, ev);
	}
	free(w);
}

static void switch_answered(struct app *a, void *ctx, const char *answer)
{
	struct switching *w = ctx;

	/* The preview was only for the question, unless it is what is being closed. */
	if (answer || app_view(a) == w->preview)
		app_close_view(a, w->preview);
	if (answer && *answer == 'y')
		app_await(a, engine_protocol(a->engine, (size_t)w->account, w->to), switched, w,
			NULL);
	else
		free(w);
}

static void previewed(struct app *a, void *ctx, struct event *ev)
{
	struct switching *w = ctx;
	struct account_info info;
	struct str s = STR_INIT;

	if (ev->kind != EVENT_TEXT) {
		app_finish(a, ev);
		free(w);
		return;
	}
	engine_account(a->engine, (size_t)w->account, &info);
	str_addf(&s, _("%s to %s"), info.name, protocol_row(w->to)->name);
	w->preview = view_text_new(a, str_c(&s), text_of_lines(ev->text.lines));
	str_clear(&s);
	str_addf(&s, _("Switch %s to %s now? (y/n) "), info.name, protocol_row(w->to)->name);
	if (app_push(a, w->preview))
		app_ask_choice(a, str_c(&s), "yn", switch_answered, w, w->preview);
	else
		free(w);
	str_done(&s);
}

static void cmd_protocol(struct app *a, const struct args *args)
{
	struct account_info info;
	struct switching *w;
	int account = account_arg(a, args->n > 1 ? args->v[1] : NULL);
	enum protocol to;
	int named;

	if (account < 0)
		return;
	engine_account(a->engine, (size_t)account, &info);
	named = args->n ? protocol_find(args->v[0]) : (int)(info.protocol + 1) % PROTOCOLS;
	if (named < 0) {
		struct str keys = STR_INIT;

		protocol_keys(&keys);
		app_error(a, _("A protocol is one of: %s, not “%s”"), str_c(&keys), args->v[0]);
		str_done(&keys);
		return;
	}
	to = (enum protocol)named;
	if (to == info.protocol) {
		app_message(a, _("%s works by %s already"), info.name, protocol_row(to)->name);
		return;
	}
	w = mem_alloc(sizeof(*w));
	*w = (struct switching){.account = account, .to = to};
	app_await(a, engine_protocol_preview(a->engine, (size_t)account, to), previewed, w, NULL);
}

/* --- accounts and connections --- */

enum belongs { NOT_OF_IT, A_FOLDER_OF_IT, ITS_INBOX };

static enum belongs tab_is_of(struct app *a, const struct tab *tab, int account)
{
	struct view *v = tab->n ? tab->stack[0] : NULL;
	bool mine = v ? v->ops->list && v->ops->account(v) == account : tab->account == account;
	const char *folder = v && mine ? msglist_folder(v->ops->list(v)) : tab->folder;

	if (!mine || (folder && settings_span_find(a->settings, folder)))
		return NOT_OF_IT;
	return !folder || str_icmp(folder, "INBOX") == 0 ? ITS_INBOX : A_FOLDER_OF_IT;
}

static void cmd_account(struct app *a, const struct args *args)
{
	int i = account_arg(a, args->v[0]);
	bool here = tab_is_of(a, &a->tabs[a->tab], i) != NOT_OF_IT;

	if (i < 0)
		return;
	for (int t = 0; t < a->ntabs; t++)
		if (tab_is_of(a, &a->tabs[t], i) == ITS_INBOX) {
			app_show_tab(a, t);
			return;
		}
	app_open_folder(a, i, "INBOX", !here);
}

static void synced(struct app *a, void *ctx, struct event *ev)
{
	(void)ctx;
	if (ev->kind == EVENT_DONE && (!ev->done.text || !*ev->done.text))
		app_message(a, _("Everything is up to date"));
	else
		app_finish(a, ev);
}

static void cmd_sync(struct app *a, const struct args *args)
{
	int i = args->n ? account_arg(a, args->v[0]) : -1;

	if (args->n && i < 0)
		return;
	app_await_long(a, engine_sync(a->engine, i), synced, NULL, NULL);
	app_message(a, _("Synchronising …"));
}

static void cmd_reindex(struct app *a, const struct args *args)
{
	int i = args->n ? account_arg(a, args->v[0]) : -1;

	if (!args->n || i >= 0)
		app_await(a, engine_reindex(a->engine, i), NULL, NULL, NULL);
}

static void cmd_retry(struct app *a)
{
	engine_retry(a->engine);
}

static void cmd_offline(struct app *a)
{
	a->offline = true;
	engine_set_offline(a->engine, true);
	app_message(a, _("Working offline; :online connects again"));
}

static void cmd_online(struct app *a)
{
	a->offline = false;
	engine_set_offline(a->engine, false);
}

/* What worked is shown also when something else did not. */
static void checked(struct app *a, void *ctx, struct event *ev)
{
	struct str text = STR_INIT;

	(void)ctx;
	app_quiet(a);
	if (ev->kind == EVENT_CHECKED || ev->kind == EVENT_FAILED) {
		if (ev->kind == EVENT_CHECKED)
			str_adds(&text, ev->checked.lines);
		if (*event_error(ev))
			str_addf(&text, "%s\n", event_error(ev));
		str_addc(&text, '\n');
		if (ev->account >= 0 && (size_t)ev->account < settings_accounts(a->settings))
			advice_text(&text, settings_account(a->settings, (size_t)ev->account));
		app_push(a, view_text_new(a, _("Result"), text_of_lines(str_c(&text))));
	}
	if (*event_error(ev))
		app_error(a, "%s", event_error(ev));
	str_done(&text);
}

static void cmd_check(struct app *a, const struct args *args)
{
	int i = account_arg(a, args->n ? args->v[0] : NULL);

	if (i < 0)
		return;
	app_await_long(a, engine_check(a->engine, (size_t)i), checked, NULL, NULL);
	app_message(a, _("Connecting …"));
}

static void cmd_pending(struct app *a)
{
	app_push(a, view_pending_new(a));
}

/* --- options --- */

static void show_option(struct app *a, int id)
{
	const struct setting_row *row = settings_row((enum setting)id);

	app_message(a, "%s = %s  (%s)", row->name, settings_text(a->settings, (enum setting)id),
		_(row->help));
}

static void unknown_option(struct app *a, const char *name)
{
	const char *near = settings_suggest(name);

	if (near)
		app_error(a, _("There is no option “%s”; did you mean “%s”?"), name, near);
	else
		app_error(a, _("There is no option “%s”; :help options lists them"), name);
}

/* What is open follows at once. */
static void apply_option(struct app *a, int id)
{
	if (id == SET_SORT || id == SET_THREADS)
		app_each_view(a, UI_INDEX, view_index_settings);
	else if (id == SET_MOUSE)
		term_mouse(settings_bool(a->settings, SET_MOUSE));
	else if (id == SET_SIDEBAR)
		app_sidebar(a);
	else if (id == SET_THEME)
		app_theme(a);
	app_relayout(a);
}

static void set_option(struct app *a, const char *name, const char *value)
{
	struct err err = {0};

	if (settings_set(a->settings, name, value, &err) < 0) {
		app_error(a, "%s", err.text);
		return;
	}
	apply_option(a, settings_find(name));
}

/* NAME=VALUE, NAME VALUE, NAME = VALUE, NAME and noNAME for switches, NAME? to see it. */
static void cmd_set(struct app *a, const struct args *args)
{
	char *name, *value;
	int id;

	if (!args->n) {
		commands_run(a, "help options");
		return;
	}
	settings_assignment(args->v, args->n, &name, &value);
	id = settings_find(name);
	if (id < 0)
		unknown_option(a, name);
	else if (value)
		set_option(a, name, value);
	else
		show_option(a, id);
	free(name);
	free(value);
}

static void cmd_folder_columns(struct app *a, const struct args *args)
{
	struct str columns = STR_INIT;
	struct err err = {0};

	for (size_t i = 1; i < args->n; i++)
		str_addf(&columns, "%s%s", i > 1 ? " " : "", args->v[i]);
	if (settings_folder_columns(a->settings, args->v[0], str_c(&columns), &err) != 0)
		app_error(a, "%s", err.text);
	str_done(&columns);
}

enum { CONFIG_BIND, CONFIG_UNBIND, CONFIG_COLOR };

/* The configuration's own functions do the work, so that both say the same. */
static void cmd_config(struct app *a, const struct args *args)
{
	static const char *const names[] = {
		[CONFIG_BIND] = "bind", [CONFIG_UNBIND] = "unbind", [CONFIG_COLOR] = "color"};
	struct conf_errors errors = {0};
	struct conf_line line = {NULL, args->n + 1, NULL};

	line.words = mem_array(line.n, sizeof(*line.words));
	line.words[0].text = mem_strdup(names[args->which]);
	for (size_t i = 1; i < line.n; i++)
		line.words[i].text = mem_strdup(args->v[i - 1]);
	ui_config_line(a->config, &line, &errors);
	if (errors.n)
		app_error(a, "%s", errors.v[0].text);
	for (size_t i = 0; i < line.n; i++)
		free(line.words[i].text);
	free(line.words);
	conf_errors_done(&errors);
	app_theme(a);
}

const struct command cmd_setup_commands[] = {
	{"pending", UI_ANY, N_("show changes the server does not know yet"), .run = cmd_pending},
	{"sync", UI_ANY, N_("fetch mail and bring the server up to date"), .args = "[ACCOUNT]",
		.max = 1, .run_args = cmd_sync, .complete = complete_account},
	{"reindex", UI_ANY, N_("build the index anew that searches in texts use"),
		.args = "[ACCOUNT]", .max = 1, .run_args = cmd_reindex,
		.complete = complete_account},
	{"retry", UI_ANY, N_("connect now instead of waiting"), .run = cmd_retry},
	{"offline", UI_ANY, N_("close all connections and work offline"), .run = cmd_offline},
	{"online", UI_ANY, N_("connect again"), .run = cmd_online},
	{"protocol", UI_ANY,
		N_("switch an account between IMAP and POP3; says first what that does"),
		.args = "[imap|pop3] [ACCOUNT]", .max = 2, .run_args = cmd_protocol,
		.complete = complete_protocol},
	{"account", UI_ANY, N_("go to the inbox of an account"), .args = "NAME", .min = 1, .max = 1,
		.run_args = cmd_account, .complete = complete_account},
	{"check", UI_ANY, N_("connect, log in, and report"), .args = "[ACCOUNT]", .max = 1,
		.run_args = cmd_check, .complete = complete_account},
	{"set", UI_ANY, N_("set an option, or show it"), .args = "[NAME[=VALUE]]", .max = -1,
		.run_args = cmd_set, .complete = complete_setting},
	{"folder-columns", UI_ANY,
		N_("what the list of a folder shows of a message; without columns as index-columns "
		   "says"),
		.args = "FOLDER [COLUMNS...]", .min = 1, .max = -1, .run_args = cmd_folder_columns,
		.complete = complete_columns},
	{"bind", UI_ANY, N_("let a key run a command"), .args = "SCREEN KEY COMMAND", .min = 3,
		.max = -1, .run_args = cmd_config, .which = CONFIG_BIND, .complete = complete_bind},
	{"unbind", UI_ANY, N_("let a key do nothing"), .args = "SCREEN KEY", .min = 2, .max = 2,
		.run_args = cmd_config, .which = CONFIG_UNBIND, .complete = complete_bind},
	{"color", UI_ANY,
		N_("set foreground and background of a style; index: of rows of messages that a "
		   "search finds"),
		.args = "NAME COLOR [COLOR] [bold...]", .min = 2, .max = -1, .run_args = cmd_config,
		.which = CONFIG_COLOR, .complete = complete_color},
	{.name = NULL},
};

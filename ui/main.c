/* The program's start: the command line and the configuration decide what runs. */
#include "base/file.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "ui/app.h"
#include "ui/args.h"
#include "ui/cli.h"
#include "ui/json.h"
#include "ui/setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct start {
	struct arguments args;
	struct settings *settings;
	struct ui_config *config;
	char *path; /* of the configuration */
};

/* --- texts that need nothing else --- */

static int print(struct str *text)
{
	bool failed = fputs(str_c(text), stdout) < 0 || fflush(stdout) != 0;

	str_done(text);
	return failed ? CLI_FAILED : CLI_OK;
}

static int print_help(void)
{
	struct str text = STR_INIT;

	args_help(&text);
	return print(&text);
}

static int print_version(void)
{
	struct str text = STR_INIT;

	str_addf(&text, "%s\n", PACKAGE_STRING);
	str_adds(&text, _("License GPLv3+: GNU GPL version 3 or later. There is no warranty.\n"));
	str_addf(&text, _("Protocols: IMAP, POP3, SMTP. Built with %s, jansson %s\n"),
		LIBRARY_VERSIONS, json_library());
	return print(&text);
}

static void dump_settings(struct str *out)
{
	settings_manual(out, false);
}

static void dump_account(struct str *out)
{
	settings_manual(out, true);
}

static void dump_query_rows(struct str *out, bool missing)
{
	struct str pattern = STR_INIT, help = STR_INIT;

	for (size_t i = 0; engine_query_help(i, missing, &pattern, &help); i++) {
		str_addf(out, ".It Ic %s\n", str_c(&pattern));
		args_manual_text(out, str_c(&help));
		str_clear(&pattern);
		str_clear(&help);
	}
	str_done(&pattern);
	str_done(&help);
}

static void dump_queries(struct str *out)
{
	dump_query_rows(out, false);
}

static void dump_no_queries(struct str *out)
{
	dump_query_rows(out, true);
}

/* The tables as list items for the manual. */
static int dump_docs(const char *what)
{
	static const struct {
		const char *name;
		void (*print)(struct str *out);
	} lists[] = {{"options", args_manual}, {"subcommands", args_manual_commands},
		{"settings", dump_settings}, {"account", dump_account},
		{"commands", commands_manual}, {"keys", keys_manual}, {"queries", dump_queries},
		{"noqueries", dump_no_queries}};
	struct str text = STR_INIT;

	for (size_t i = 0; i < MEM_COUNT(lists); i++)
		if (strcmp(lists[i].name, what) == 0) {
			lists[i].print(&text);
			return print(&text);
		}
	cli_say(_("There is no list %s"), what);
	return CLI_USAGE;
}

/* --- the configuration --- */

static void open_log(int level)
{
	char *dir, *path;
	struct err err;

	if (!level)
		return;
	dir = settings_dir_state();
	path = file_join(dir, "log");
	if (log_open(path, level, &err))
		cli_say("%s", err.text);
	log_line(2, "%s", PACKAGE_STRING);
	free(path);
	free(dir);
}

/* All that is wrong is told, and nothing is written. */
static int read_config(struct start *s)
{
	struct conf_errors errors = {0};
	struct str text = STR_INIT;
	int rc;

	s->path = s->args.config ? file_expand(s->args.config) : settings_config_path();
	rc = settings_read(s->settings, s->path, ui_config_line, s->config, &errors);
	if (rc == 1 && s->args.config) {
		cli_say(_("There is no file %s"), s->path);
		rc = -1;
	} else if (rc < 0) {
		conf_errors_print(&errors, &text);
		fputs(str_c(&text), stderr);
		str_done(&text);
	}
	conf_errors_done(&errors);
	return rc < 0 ? CLI_CONFIG : CLI_OK;
}

/* --- the screen --- */

static bool is_mailto(const struct arguments *a)
{
	return a->words.n && str_istarts(a->words.v[0], "mailto:");
}

/* What was given on the command line; what cannot be read is no message without it. */
static int set_compose(
	struct app_start *start, const struct arguments *a, struct draft *d, struct err *err)
{
	if (is_mailto(a))
		start->mailto = a->words.v[0];
	if (cli_draft(d, a, is_mailto(a), false, err) != 0)
		return -1;
	start->draft = d;
	return 0;
}

/* made: the draft to open, NULL: none. */
static int run_screen(struct start *s, const struct cli_draft *made)
{
	const struct arguments *a = &s->args;
	struct engine_options options = {
		.offline = a->offline, .read_only = a->read_only, .config_path = s->path};
	bool is_path = cli_is_path(a->folder);
	char *folder = !a->folder ? NULL : is_path ? file_expand(a->folder) : mem_strdup(a->folder);
	struct app_start start = {.account = made ? made->account : a->account,
		.resume = made ? made->id : NULL,
		.folder = folder && !is_path && strchr("=+", *folder) && *folder ? folder + 1
										 : folder,
		.folder_is_path = is_path,
		.config = s->config};
	struct draft draft;
	struct strv warnings = STRV_INIT;
	struct engine *e;
	struct err err = {0};
	int status = CLI_FAILED;

	settings_warnings(s->settings, s->path, &warnings);
	start.messages = &warnings;
	draft_init(&draft);
	if (is_path && engine_path_check(folder, &err) != 0) {
		cli_say("%s", err.text);
		status = cli_status_of(err.kind);
	} else if (a->compose && set_compose(&start, a, &draft, &err) != 0) {
		cli_say("%s", err.text);
		status = CLI_DATA;
	} else if (engine_new(&e, s->settings, &options, &err) == 0) {
		status = app_run(e, s->settings, &start);
		engine_free(e);
	} else {
		cli_say("%s", err.text);
	}
	strv_done(&warnings);
	draft_done(&draft);
	free(folder);
	return status;
}

/* --- what to run --- */

static bool on_terminal(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* Nothing can be done without an account but reading files, and setting one up. */
static int without_account(struct start *s)
{
	const char *folder = s->args.folder;
	int status;

	if (s->args.command == ARGS_LIST && s->args.words.n == 1)
		folder = s->args.words.v[0];
	else if ((s->args.command == ARGS_SHOW || s->args.command == ARGS_SEARCH) &&
		 s->args.words.n == 2)
		folder = s->args.words.v[s->args.command == ARGS_SEARCH];
	if (cli_is_path(folder) && !s->args.compose)
		return CLI_OK;
	if (s->args.command != ARGS_SCREEN || s->args.compose || !on_terminal()) {
		cli_say(_("There is no account yet. On a terminal, talaria setup makes one; "
			  "./bootstrap run --demo shows the program with servers of its own"));
		return CLI_CONFIG;
	}
	puts(_("There is no account yet."));
	status = setup_run(s->settings, &s->args, s->path);
	if (status == CLI_OK) {
		settings_free(s->settings);
		ui_config_free(s->config);
		free(s->path);
		s->settings = settings_new();
		s->config = ui_config_new();
		return read_config(s);
	}
	return status;
}

static int check_account_name(struct start *s)
{
	const char *name = s->args.account;

	for (size_t i = 0; name && i < settings_accounts(s->settings); i++)
		if (strcmp(settings_account(s->settings, i)->name, name) == 0)
			return CLI_OK;
	if (!name)
		return CLI_OK;
	cli_say(_("There is no account %s in %s"), name, s->path);
	return CLI_USAGE;
}

static void say_warnings(struct start *s)
{
	struct strv warnings = STRV_INIT;

	settings_warnings(s->settings, s->path, &warnings);
	for (size_t i = 0; i < warnings.n; i++)
		cli_say("%s", warnings.v[i]);
	strv_done(&warnings);
}

/* Passwords and mail are in this process: they are not written down when it ends by a fault. */
static void no_core(void)
{
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
}

/* What is taken back to be edited is edited at once where there is a screen. */
static int run_command(struct start *s)
{
	struct cli_draft made = {0};
	int status = cli_run(s->settings, &s->args, s->path, on_terminal() ? &made : NULL);

	if (status == CLI_OK && made.id)
		status = run_screen(s, &made);
	free(made.id);
	free(made.account);
	return status;
}

static int run(struct start *s)
{
	const struct arguments *a = &s->args;
	int status = read_config(s);

	if (status != CLI_OK)
		return status;
	if (a->command == ARGS_SETUP)
		return setup_run(s->settings, a, s->path);
	if (settings_accounts(s->settings) == 0)
		status = without_account(s);
	if (status == CLI_OK)
		status = check_account_name(s);
	if (status != CLI_OK)
		return status;
	if (a->command == ARGS_SCREEN && on_terminal())
		return run_screen(s, NULL);
	say_warnings(s);
	if (a->command != ARGS_SCREEN)
		return run_command(s);
	/* A link is never sent without somebody having seen it. */
	if (a->compose && !is_mailto(a) && !isatty(STDIN_FILENO))
		return cli_run(s->settings, a, s->path, NULL);
	cli_say(_("The screen needs a terminal; talaria --help lists the commands that do not"));
	return CLI_USAGE;
}

int main(int argc, char **argv)
{
	struct start s = {0};
	struct err err = {0};
	int status;

	i18n_init();
	no_core();
	if (args_read(&s.args, argc, argv, &err) != 0) {
		cli_say("%s", err.text);
		status = CLI_USAGE;
	} else if (s.args.help) {
		status = print_help();
	} else if (s.args.version) {
		status = print_version();
	} else if (s.args.dump) {
		status = dump_docs(s.args.dump);
	} else {
		open_log(s.args.log);
		s.settings = settings_new();
		s.config = ui_config_new();
		status = run(&s);
		ui_config_free(s.config);
		settings_free(s.settings);
		log_close();
	}
	free(s.path);
	args_done(&s.args);
	if (thread_left()) {
		fflush(NULL);
		_exit(status);
	}
	return status;
}

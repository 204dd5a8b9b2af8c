/* Messages for other programs: piped, printed, or as text in a file; and the shell. */
#include "ui/cmd.h"

#include "base/i18n.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_COLUMNS = 78 };

struct piping {
	struct selection s;
	char *command;
	bool decode, split, waits;
	const char *between; /* of texts that are joined */
	size_t at;           /* this one is read now */
	struct strv texts;
};

static void piping_free(struct piping *p)
{
	selection_done(&p->s);
	strv_done(&p->texts);
	free(p->command);
	free(p);
}

/* What was asked for goes into the command. */
static void pipe_requests(struct app *a, struct piping *p, const unsigned *requests, size_t n)
{
	app_pipe_all(a, requests, n, p->command, p->waits, !p->split);
	piping_free(p);
}

/* --- as they are --- */

static void pipe_bytes(struct app *a, struct piping *p)
{
	unsigned *requests = mem_array(p->s.n, sizeof(*requests));

	for (size_t i = 0; i < p->s.n; i++)
		requests[i] = engine_lend_messages(a->engine, p->s.list, &p->s.uids[i], 1);
	pipe_requests(a, p, requests, p->s.n);
	free(requests);
}

/* --- as they are read --- */

static void join_texts(struct piping *p)
{
	struct str all = STR_INIT;

	for (size_t i = 0; i < p->texts.n; i++)
		str_addf(&all, "%s%s", i ? p->between : "", p->texts.v[i]);
	strv_done(&p->texts);
	strv_add(&p->texts, str_c(&all));
	str_done(&all);
}

static void pipe_texts(struct app *a, struct piping *p)
{
	unsigned *requests;

	if (!p->split)
		join_texts(p);
	requests = mem_array(p->texts.n, sizeof(*requests));
	for (size_t i = 0; i < p->texts.n; i++)
		requests[i] = engine_lend_text(a->engine, "message.txt", p->texts.v[i]);
	pipe_requests(a, p, requests, p->texts.n);
	free(requests);
}

static void read_next(struct app *a, struct piping *p);

static void text_came(struct app *a, void *ctx, struct event *ev)
{
	struct piping *p = ctx;
	struct str text = STR_INIT;

	if (ev->kind != EVENT_MESSAGE) {
		app_finish(a, ev);
		piping_free(p);
		return;
	}
	text_plain(ev->view->text, &text, false);
	strv_add(&p->texts, str_c(&text));
	str_done(&text);
	p->at++;
	read_next(a, p);
}

static void read_next(struct app *a, struct piping *p)
{
	const struct read_options o = {.width = TEXT_COLUMNS};

	if (p->at == p->s.n)
		pipe_texts(a, p);
	else if (!selection_means(a, &p->s, p->at))
		piping_free(p);
	else
		app_await_long(a, engine_read(a->engine, p->s.list, p->s.uids[p->at], &o),
			text_came, p, NULL);
}

static void begin(struct app *a, struct piping *p, const char *command)
{
	if (!command || !*command || !selection_stands(a, &p->s)) {
		piping_free(p);
		return;
	}
	p->command = mem_strdup(command);
	if (p->decode)
		read_next(a, p);
	else
		pipe_bytes(a, p);
}

/* --- commands --- */

static struct piping *piping_of(struct app *a, enum setting decode, enum setting split)
{
	struct piping *p;
	struct selection s;

	if (!app_selection(a, &s))
		return NULL;
	p = mem_alloc(sizeof(*p));
	p->s = s;
	p->decode = settings_bool(a->settings, decode);
	p->split = settings_bool(a->settings, split);
	return p;
}

static void pipe_given(struct app *a, void *ctx, const char *command)
{
	begin(a, ctx, command);
}

static void cmd_pipe(struct app *a, const struct args *args)
{
	struct piping *p = piping_of(a, SET_PIPE_DECODE, SET_PIPE_SPLIT);
	struct str label = STR_INIT;

	if (!p)
		return;
	p->waits = true;
	p->between = "\n";
	if (args->n) {
		begin(a, p, args->rest);
		return;
	}
	if (p->s.n > 1)
		str_addf(&label,
			ngettext("Pipe %zu message to: ", "Pipe %zu messages to: ",
				(unsigned long)p->s.n),
			p->s.n);
	app_ask(a, label.len ? label.p : _("Pipe to: "), "", HISTORY_PROGRAM, NULL, pipe_given, p,
		app_view(a));
	str_done(&label);
}

static void print_answered(struct app *a, void *ctx, const char *answer)
{
	const char *command = settings_text(a->settings, SET_PRINT_COMMAND);

	begin(a, ctx, answer && *answer == 'y' ? command : NULL);
}

static void cmd_print(struct app *a)
{
	struct piping *p = piping_of(a, SET_PRINT_DECODE, SET_PRINT_SPLIT);
	struct str label = STR_INIT;

	if (!p)
		return;
	p->between = "\f";
	str_addf(&label,
		ngettext("Print %zu message? (y/n) ", "Print %zu messages? (y/n) ",
			(unsigned long)p->s.n),
		p->s.n);
	app_ask_choice(a, label.p, "ny", print_answered, p, app_view(a));
	str_done(&label);
}

/* --- the shell --- */

static void run_shell(struct app *a, const char *command)
{
	const char *shell = getenv("SHELL");
	const char *const args[] = {command, _("Press Enter to go on"), NULL};

	if (*command)
		app_run_script(a, command,
			"sh -c \"$1\"; t_rc=$?; printf '\\n%s' \"$2\"; read -r t_key || echo; exit "
			"$t_rc",
			args, NULL, NULL, NULL);
	else
		app_run_script(a, shell && *shell ? shell : "sh", "exec \"${SHELL:-sh}\"", args,
			NULL, NULL, NULL);
}

static void shell_given(struct app *a, void *ctx, const char *command)
{
	(void)ctx;
	if (command)
		run_shell(a, command);
}

static void cmd_shell(struct app *a, const struct args *args)
{
	if (args->n)
		run_shell(a, args->rest);
	else
		app_ask(a, _("Shell command: "), "", HISTORY_PROGRAM, NULL, shell_given, NULL,
			NULL);
}

const struct command cmd_pipe_commands[] = {
	{"pipe-message", UI_INDEX | UI_READER,
		N_("give a message, or the tagged ones, to a command; see the options pipe-..."),
		.args = "[COMMAND]", .max = -1, .run_args = cmd_pipe},
	{"print-message", UI_INDEX | UI_READER,
		N_("print a message, or the tagged ones, by the option print-command"),
		.run = cmd_print},
	{"shell-escape", UI_ANY, N_("run a command in the shell; an empty one: a shell"),
		.args = "[COMMAND]", .max = -1, .run_args = cmd_shell},
	{.name = NULL},
};

#include "ui/args.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { HINT_DISTANCE = 2, HELP_COLUMN = 26, LIMIT_MAX = 100 * 1000 * 1000 };

enum option_id {
	O_ACCOUNT,
	O_ATTACH,
	O_BCC,
	O_CC,
	O_CONFIG,
	O_DEBUG,
	O_DUMP,
	O_FOLDER,
	O_HELP,
	O_INCLUDE,
	O_JSON,
	O_LIMIT,
	O_OFFLINE,
	O_READ_ONLY,
	O_SAVE,
	O_SUBJECT,
	O_VERSION,
	O_YES,
	O_COUNT
};

#define FOR(command) (1U << (command))
enum {
	FOR_ALL = (1 << ARGS_COMMANDS) - 1,
	FOR_WRITING = 1 << ARGS_SCREEN,
	FOR_READING = 1 << ARGS_LIST | 1 << ARGS_SHOW | 1 << ARGS_SEARCH,
};

static const struct {
	char letter; /* mutt's, where mutt has one; 0: none */
	const char *name;
	const char *value; /* what it takes, or NULL */
	unsigned commands; /* the commands it means something to */
	const char *help;  /* NULL: not for people */
} options[O_COUNT] = {
	[O_ACCOUNT] = {0, "account", "NAME", FOR_ALL,
		N_("use this account; default: the first one")},
	[O_ATTACH] = {'a', "attach", "FILE", FOR_WRITING,
		N_("attach a file; several may follow when -- stands before the addresses")},
	[O_BCC] = {'b', "bcc", "ADDRESS", FOR_WRITING, N_("send a blind copy to ADDRESS")},
	[O_CC] = {'c', "cc", "ADDRESS", FOR_WRITING, N_("send a copy to ADDRESS")},
	[O_CONFIG] = {'F', "config", "FILE", FOR_ALL,
		N_("read FILE instead of ~/.config/talaria/config")},
	[O_DEBUG] = {'d', "debug", "LEVEL", FOR_ALL,
		N_("write a log to ~/.local/state/talaria/log: 1 faults, 2 what happens, 3 "
		   "protocol lines without secrets")},
	[O_DUMP] = {0, "dump-docs", "LIST", FOR_ALL, NULL},
	[O_FOLDER] = {'f', "folder", "FOLDER", FOR_WRITING | FOR_READING,
		N_("open this folder, or the Maildir or mbox of this path (beginning with /, . or "
		   "~), or the inboxes of all accounts as one: @inboxes, or what is flagged, "
		   "unread or found anywhere: @flagged, @unread, @find:PATTERN, or a saved search: "
		   "@NAME, or a conversation: @conversation:MESSAGE-ID")},
	[O_HELP] = {'h', "help", NULL, FOR_ALL, N_("show this help")},
	[O_INCLUDE] = {'i', "include", "FILE", FOR_WRITING,
		N_("take the text of the message from FILE")},
	[O_JSON] = {0, "json", NULL, FOR_READING | 1 << ARGS_FOLDERS | 1 << ARGS_OUTBOX,
		N_("print JSON")},
	[O_LIMIT] = {0, "limit", "N", 1 << ARGS_LIST | 1 << ARGS_SEARCH,
		N_("print at most N messages")},
	[O_OFFLINE] = {0, "offline", NULL, FOR_ALL & ~(1 << ARGS_CHECK | 1 << ARGS_SYNC),
		N_("make no connection")},
	[O_READ_ONLY] = {'R', "read-only", NULL, FOR_ALL,
		N_("change nothing, here or on a server")},
	[O_SAVE] = {0, "save", "DIRECTORY", 1 << ARGS_SHOW,
		N_("save the attachments into DIRECTORY; nothing there is overwritten")},
	[O_SUBJECT] = {'s', "subject", "TEXT", FOR_WRITING, N_("the subject of the message")},
	[O_VERSION] = {'v', "version", NULL, FOR_ALL,
		N_("show the version, and the libraries it was built with")},
	[O_YES] = {0, "yes", NULL, 1 << ARGS_FOLDERS,
		N_("delete or rename a folder without asking")},
};

static const struct {
	const char *name, *words, *help;
	size_t min, max; /* how many words it takes */
} commands[ARGS_COMMANDS] = {
	[ARGS_SCREEN] = {"", "", NULL, 0, 1000},
	[ARGS_SETUP] = {"setup", "", N_("make an account, step by step"), 0, 0},
	[ARGS_CHECK] = {"check", "[ACCOUNT]",
		N_("connect to the servers, log in, and say what was found"), 0, 1},
	[ARGS_SYNC] = {"sync", "[ACCOUNT]", N_("synchronise every folder once"), 0, 1},
	[ARGS_OUTBOX] = {"outbox", "[ACCOUNT] | send ID | edit ID | hold ID | drop ID",
		N_("list the mail that is not sent yet, and what the relay said for each "
		   "recipient; or send it now, make it a draft again, keep it until you send it, "
		   "throw it away"),
		0, 2},
	[ARGS_LIST] = {"list", "[FOLDER]", N_("list the messages of a folder, newest first"), 0, 1},
	[ARGS_SHOW] = {"show", "[FOLDER] ID",
		N_("print the message with that number, as list shows it"), 1, 2},
	[ARGS_SEARCH] = {"search", "QUERY [FOLDER]",
		N_("list the messages that match: words, from:WORD, to:WORD, subject:WORD, "
		   "body:WORD, keyword:WORD"),
		1, 2},
	[ARGS_FOLDERS] = {"folders", "[create NAME | delete NAME | rename NAME NEW]",
		N_("list the folders with their counts; or make one, delete one with the messages "
		   "in it, give one and those below it another name"),
		0, 3},
	[ARGS_EXPORT] = {"export", "[FOLDER] PATH",
		N_("copy a folder into a Maildir or a new .mbox file; without FOLDER all of the "
		   "account into a Maildir tree"),
		1, 2},
	[ARGS_IMPORT] = {"import", "PATH [FOLDER]",
		N_("copy an mbox or Maildir into a folder; without FOLDER a Maildir tree into "
		   "folders of the same names"),
		1, 2},
	[ARGS_BACKUP] = {"backup", "[PATH]",
		N_("write what exists only here into a .tar.gz, and read it back"), 0, 1},
};

/* --- reading --- */

/* Letters for getopt_long: '-' gives the other words in their order, ':' tells a missing value from
 * an unknown option. */
static void tables(struct str *letters, struct option *longs)
{
	str_adds(letters, "-:");
	for (int i = 0; i < O_COUNT; i++) {
		longs[i] = (struct option){options[i].name,
			options[i].value ? required_argument : no_argument, NULL, 1000 + i};
		if (!options[i].letter)
			continue;
		str_addc(letters, options[i].letter);
		if (options[i].value)
			str_addc(letters, ':');
	}
	longs[O_COUNT] = (struct option){NULL, 0, NULL, 0};
}

static int option_of(int code)
{
	if (code >= 1000)
		return code - 1000;
	for (int i = 0; i < O_COUNT; i++)
		if (options[i].letter && options[i].letter == code)
			return i;
	return -1;
}

static const char *nearest_option(const char *word, size_t len)
{
	const char *best = NULL;
	char *name = mem_strndup(word, len);
	size_t best_distance = HINT_DISTANCE + 1;

	for (int i = 0; i < O_COUNT; i++) {
		size_t d = options[i].help ? str_distance(name, options[i].name) : best_distance;

		if (d < best_distance) {
			best = options[i].name;
			best_distance = d;
		}
	}
	free(name);
	return best;
}

static int unknown_option(const char *word, int letter, struct err *err)
{
	const char *near;

	if (letter > ' ' && letter < 0x7f && strncmp(word, "--", 2) != 0)
		return err_set(err, ERR_INPUT,
			_("There is no option -%c; talaria --help lists them"), letter);
	near = strncmp(word, "--", 2) == 0 ? nearest_option(word + 2, strcspn(word + 2, "="))
					   : NULL;
	if (near)
		return err_set(
			err, ERR_INPUT, _("There is no option %s; did you mean --%s?"), word, near);
	return err_set(err, ERR_INPUT, _("There is no option %s; talaria --help lists them"), word);
}

static int missing_value(int id, struct err *err)
{
	return err_set(err, ERR_INPUT, _("The option --%s needs a value: --%s %s"),
		options[id].name, options[id].name, options[id].value);
}

static int read_number(int id, const char *value, long max, long *out, struct err *err)
{
	char *end;

	*out = strtol(value, &end, 10);
	if (end == value || *end || *out < 0 || *out > max)
		return err_set(err, ERR_INPUT, _("--%s takes a number from 0 to %ld, not “%s”"),
			options[id].name, max, value);
	return 0;
}

static int take_option(struct arguments *a, int id, const char *value, struct err *err)
{
	long number = 0;

	switch ((enum option_id)id) {
	case O_ACCOUNT:
		a->account = value;
		break;
	case O_ATTACH:
		strv_add(&a->attach, value);
		break;
	case O_BCC:
		strv_add(&a->bcc, value);
		break;
	case O_CC:
		strv_add(&a->cc, value);
		break;
	case O_CONFIG:
		a->config = value;
		break;
	case O_DEBUG:
		if (read_number(id, value, 3, &number, err) != 0)
			return -1;
		a->log = (int)number;
		break;
	case O_DUMP:
		a->dump = value;
		break;
	case O_FOLDER:
		a->folder = value;
		break;
	case O_HELP:
		a->help = true;
		break;
	case O_INCLUDE:
		a->include = value;
		break;
	case O_JSON:
		a->json = true;
		break;
	case O_LIMIT:
		if (read_number(id, value, LIMIT_MAX, &number, err) != 0)
			return -1;
		a->limit = (size_t)number;
		break;
	case O_OFFLINE:
		a->offline = true;
		break;
	case O_READ_ONLY:
		a->read_only = true;
		break;
	case O_SAVE:
		a->save = value;
		break;
	case O_SUBJECT:
		a->subject = value;
		break;
	case O_VERSION:
		a->version = true;
		break;
	case O_YES:
		a->yes = true;
		break;
	case O_COUNT:
		break;
	}
	return 0;
}

static enum args_command find_command(const char *word)
{
	for (int i = ARGS_SCREEN + 1; i < ARGS_COMMANDS; i++)
		if (strcmp(commands[i].name, word) == 0)
			return (enum args_command)i;
	return ARGS_SCREEN;
}

/* The first word before "--": a command, an address or a link. */
static int take_first(struct arguments *a, const char *word, struct err *err)
{
	const char *best = NULL;
	size_t best_distance = HINT_DISTANCE + 1;

	a->command = find_command(word);
	if (a->command != ARGS_SCREEN)
		return 0;
	if (strchr(word, '@') || str_istarts(word, "mailto:")) {
		strv_add(&a->words, word);
		return 0;
	}
	for (int i = ARGS_SCREEN + 1; i < ARGS_COMMANDS; i++) {
		size_t d = str_distance(word, commands[i].name);

		if (d < best_distance) {
			best = commands[i].name;
			best_distance = d;
		}
	}
	if (best)
		return err_set(err, ERR_INPUT,
			_("“%s” is neither a command nor an address; did you mean “%s”?"), word,
			best);
	return err_set(err, ERR_INPUT,
		_("“%s” is neither a command nor an address; talaria --help lists the commands"),
		word);
}

static int check_use(const struct arguments *a, unsigned given, struct err *err)
{
	size_t n = a->words.n;
	const char *name = commands[a->command].name;

	for (int i = 0; i < O_COUNT; i++)
		if (given & 1U << i && !(options[i].commands & FOR(a->command)))
			return *name ? err_set(err, ERR_INPUT,
					       _("--%s means nothing to talaria %s"),
					       options[i].name, name)
				     : err_set(err, ERR_INPUT,
					       _("--%s goes with a command as list or show"),
					       options[i].name);
	if (n < commands[a->command].min || n > commands[a->command].max)
		return err_set(err, ERR_INPUT, _("Write: talaria %s%s%s"), name,
			*commands[a->command].words ? " " : "", commands[a->command].words);
	return 0;
}

/* Files that follow -a FILE belong to it when a "--" comes before the addresses, as in mutt. */
static bool ends_in_dashes(int argc, char **argv, int from)
{
	for (int i = from; i < argc; i++)
		if (strcmp(argv[i], "--") == 0)
			return true;
	return false;
}

static int read_all(struct arguments *a, int argc, char **argv, const char *letters,
	const struct option *longs, struct err *err)
{
	unsigned given = 0;
	bool first = true, attaching = false;

	optind = 0; /* glibc: begins anew */
	opterr = 0;
	for (;;) {
		int at = optind ? optind : 1;
		int code = getopt_long(argc, argv, letters, longs, NULL);
		int id;

		if (code == -1)
			break;
		if (code == 1) {
			if (attaching && ends_in_dashes(argc, argv, optind))
				strv_add(&a->attach, optarg);
			else if (!first)
				strv_add(&a->words, optarg);
			else if (take_first(a, optarg, err) != 0)
				return -1;
			else
				first = false;
			continue;
		}
		if (code == '?')
			return unknown_option(argv[at], optopt, err);
		id = option_of(code == ':' ? optopt : code);
		if (id < 0)
			return unknown_option(argv[at], code, err);
		if (code == ':')
			return missing_value(id, err);
		attaching = id == O_ATTACH;
		given |= 1U << id;
		if (take_option(a, id, optarg, err) != 0)
			return -1;
	}
	for (; optind < argc; optind++)
		strv_add(&a->words, argv[optind]);
	a->compose = a->command == ARGS_SCREEN &&
		     (a->words.n || a->subject || a->include || a->attach.n || a->cc.n || a->bcc.n);
	if (a->help || a->version)
		return 0;
	return check_use(a, given, err);
}

int args_read(struct arguments *out, int argc, char **argv, struct err *err)
{
	struct option longs[O_COUNT + 1];
	struct str letters = STR_INIT;
	int rc;

	*out = (struct arguments){0};
	tables(&letters, longs);
	rc = read_all(out, argc, argv, letters.p, longs, err);
	str_done(&letters);
	return rc;
}

void args_done(struct arguments *a)
{
	strv_done(&a->words);
	strv_done(&a->attach);
	strv_done(&a->cc);
	strv_done(&a->bcc);
}

/* --- telling --- */

/* One line of help: what to write, padded, and the text wrapped behind it. */
static void help_line(struct str *out, const char *what, const char *text)
{
	int used = utf8_columns(what, strlen(what));
	int room = 80 - HELP_COLUMN;

	str_adds(out, what);
	if (used >= HELP_COLUMN) {
		str_addc(out, '\n');
		used = 0;
	}
	str_addf(out, "%*s", HELP_COLUMN - used, "");
	while (*text) {
		size_t len = strlen(text), fit = utf8_fit(text, len, room, NULL);

		if (fit < len) {
			size_t at = fit;

			while (at && text[at] != ' ')
				at--;
			fit = at ? at : fit;
		}
		str_add(out, text, fit);
		text += fit + (text[fit] == ' ');
		if (*text)
			str_addf(out, "\n%*s", HELP_COLUMN, "");
	}
	str_addc(out, '\n');
}

void args_help(struct str *out)
{
	struct str what = STR_INIT;

	str_adds(out, _("Usage: talaria [OPTION...]                         read mail\n"
			"       talaria [OPTION...] ADDRESS... | mailto:LINK    write a message\n"
			"       talaria -s TEXT [-a FILE... --] ADDRESS... <TEXT-FILE    send one\n"
			"       talaria [OPTION...] COMMAND [WORD...]\n"));
	str_addf(out, "\n%s\n", _("Commands:"));
	for (int i = ARGS_SCREEN + 1; i < ARGS_COMMANDS; i++) {
		str_clear(&what);
		str_addf(&what, "  %s %s", commands[i].name, commands[i].words);
		help_line(out, str_c(&what), _(commands[i].help));
	}
	str_addf(out, "\n%s\n", _("Options:"));
	for (int i = 0; i < O_COUNT; i++) {
		if (!options[i].help)
			continue;
		str_clear(&what);
		if (options[i].letter)
			str_addf(&what, "  -%c, ", options[i].letter);
		else
			str_adds(&what, "      ");
		str_addf(&what, "--%s%s%s", options[i].name, options[i].value ? " " : "",
			options[i].value ? options[i].value : "");
		help_line(out, str_c(&what), _(options[i].help));
	}
	str_addf(out, "\n%s\n",
		_("Exit status: 0 done, 1 failed, 64 usage, 65 an address or a file is wrong, 69 "
		  "refused for good,\n74 the disk (nothing is kept), 75 not now (what was to be "
		  "sent stays in the outbox),\n77 login refused, 78 configuration. "
		  "All of it: man talaria, man talaria.conf"));
	str_done(&what);
}

/* A leading dot or quote would be a request to the formatter. */
void args_manual_text(struct str *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		str_adds(out, "\\&");
	for (; *text; text++)
		if (*text == '\\')
			str_adds(out, "\\e");
		else
			str_addc(out, *text);
	str_adds(out, ".\n");
}

void args_manual(struct str *out)
{
	for (int i = 0; i < O_COUNT; i++) {
		if (!options[i].help)
			continue;
		str_adds(out, ".It ");
		if (options[i].letter)
			str_addf(out, "Fl %c , ", options[i].letter);
		str_addf(out, "Fl -%s", options[i].name);
		if (options[i].value)
			str_addf(out, " Ar %s", options[i].value);
		str_addc(out, '\n');
		args_manual_text(out, _(options[i].help));
	}
}

void args_manual_commands(struct str *out)
{
	for (int i = ARGS_SCREEN + 1; i < ARGS_COMMANDS; i++) {
		str_addf(out, ".It Nm talaria Cm %s", commands[i].name);
		if (*commands[i].words)
			str_addf(out, " Ar %s", commands[i].words);
		str_addc(out, '\n');
		args_manual_text(out, _(commands[i].help));
	}
}

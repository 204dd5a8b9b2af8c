#include "ui/cli.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "ui/cli_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Longer than the network's longest silence, so that its own words come first. */
enum {
	SILENCE_MS = 330 * 1000,
	FILL_MS = 60 * 1000,
	LOOK_MS = 1000,   /* it goes on as long as it takes */
	SECRET_MAX = 4096 /* the longest line that a terminal gives: nothing is cut here */
};

enum cli_status cli_status_of(enum err_kind kind)
{
	switch (kind) {
	case ERR_NONE:
		return CLI_OK;
	case ERR_AUTH:
		return CLI_LOGIN;
	case ERR_NETWORK:
	case ERR_AGAIN:
	case ERR_BUSY:
		return CLI_TEMPORARY;
	case ERR_FULL:
		return CLI_IO;
	case ERR_CERT:
	case ERR_REFUSED:
	case ERR_PROTOCOL:
		return CLI_UNAVAILABLE;
	case ERR_INPUT:
		return CLI_DATA;
	default:
		return CLI_FAILED;
	}
}

/* All that a command says goes through here: names and answers of servers are in it. Ends text. */
static void put_clean(FILE *to, const char *before, struct str *text, const char *behind)
{
	struct str clean = STR_INIT;

	utf8_clean(&clean, str_c(text), text->len, UTF8_TEXT);
	fprintf(to, "%s%s%s", before, str_c(&clean), behind);
	str_done(&clean);
	str_done(text);
}

void cli_say(const char *fmt, ...)
{
	struct str text = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	fflush(stdout);
	put_clean(stderr, "talaria: ", &text, "\n");
}

void cli_ask(const char *question)
{
	struct str text = STR_INIT;

	str_adds(&text, question);
	fflush(stdout);
	put_clean(stderr, "", &text, "");
}

void cli_print(const char *fmt, ...)
{
	struct str text = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	put_clean(stdout, "", &text, "");
}

enum cli_status cli_fail(const struct err *err)
{
	cli_say("%s", err->text);
	return cli_status_of(err->kind);
}

bool cli_is_path(const char *folder)
{
	return folder && (*folder == '/' || *folder == '.' || *folder == '~');
}

int cli_columns(void)
{
	struct winsize size;
	const char *columns = getenv("COLUMNS");
	long n = columns ? strtol(columns, NULL, 10) : 0;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		n = size.ws_col;
	return n >= 20 && n < 10000 ? (int)n : 80;
}

/* --- secrets --- */

static char *read_secret(int tty)
{
	char *buf = mem_alloc(SECRET_MAX + 1);
	size_t len = 0;
	char c;

	while (len < SECRET_MAX && read(tty, &c, 1) == 1 && c != '\n') {
		if (c == 3) { /* ^C: signals are off meanwhile, so that the echo comes back */
			mem_free_secret(buf);
			return NULL;
		}
		buf[len++] = c;
	}
	if (len)
		return buf;
	free(buf);
	return NULL;
}

bool cli_can_ask(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

bool cli_agrees(const char *question)
{
	const char *letters = strrchr(question, '('); /* in the language of the question */
	char answer[16], yes = 'y';

	if (letters)
		yes = letters[1];
	cli_ask(question);
	return fgets(answer, sizeof(answer), stdin) && *answer == yes;
}

char *cli_ask_secret(const char *prompt)
{
	int tty = isatty(STDERR_FILENO) ? open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY) : -1;
	struct termios old, quiet;
	char *secret = NULL;

	if (tty < 0)
		return NULL;
	if (tcgetattr(tty, &old) == 0) {
		quiet = old;
		quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
		dprintf(tty, "%s ", prompt);
		tcsetattr(tty, TCSAFLUSH, &quiet);
		secret = read_secret(tty);
		tcsetattr(tty, TCSAFLUSH, &old);
		dprintf(tty, "\n");
	}
	close(tty);
	return secret;
}

static void give_password(struct cli *c, int account)
{
	struct account_info info;
	struct str prompt = STR_INIT;
	char *secret;

	engine_account(c->engine, (size_t)account, &info);
	str_addf(&prompt, _("Password of account %s (%s):"), info.name, info.from_mail);
	secret = cli_ask_secret(prompt.p);
	if (!secret)
		cli_say(_("Account %s needs a password and there is nobody to ask: give it a line  "
			  "password command \"...\"  or  password keyring  (man talaria.conf)"),
			info.name);
	engine_password(c->engine, (size_t)account, secret);
	mem_free_secret(secret);
	str_done(&prompt);
}

/* --- waiting --- */

static void show_progress(const struct cli *c, const struct event *ev)
{
	struct account_info info = {.name = ""};

	if (!c->interactive)
		return;
	if (ev->account >= 0)
		engine_account(c->engine, (size_t)ev->account, &info);
	if (ev->progress.total)
		fprintf(stderr, _("\r%s: %llu of %llu\033[K"), info.name,
			(unsigned long long)ev->progress.done,
			(unsigned long long)ev->progress.total);
	else
		fprintf(stderr, _("\r%s: %llu\033[K"), info.name,
			(unsigned long long)ev->progress.done);
}

static void clear_progress(const struct cli *c)
{
	if (c->interactive)
		fputs("\r\033[K", stderr);
}

/* What the relay said to a mail. Its subject tells which, unless there is only one meant. */
static void take_fate(struct cli *c, const struct event *ev)
{
	const struct event_mail *m = &ev->mail;

	if (c->mail && strcmp(m->id, c->mail) != 0)
		return;
	if (ev->kind == EVENT_SENT) {
		c->sent++;
		return;
	}
	clear_progress(c);
	if (c->mail)
		cli_say("%s", m->err.text);
	else
		cli_say(_("“%s”: %s"), m->subject, m->err.text);
	/* Of one mail the last, of several the worst. */
	if (!c->mail && c->unsent != ERR_NONE && !c->later)
		return;
	c->unsent = m->err.kind;
	c->later = m->again;
}

static void react(struct cli *c, const struct event *ev)
{
	switch (ev->kind) {
	case EVENT_PROGRESS:
		show_progress(c, ev);
		break;
	case EVENT_NOTICE:
		clear_progress(c);
		cli_say("%s", ev->notice.text);
		break;
	case EVENT_NEW_MAIL:
		c->new_mails += ev->new_mail.n;
		break;
	case EVENT_SENT:
	case EVENT_SEND_FAILED:
		take_fate(c, ev);
		break;
	case EVENT_PASSWORD:
		clear_progress(c);
		give_password(c, ev->account);
		break;
	default:
		break;
	}
}

struct event *cli_next(struct cli *c, int ms)
{
	struct event *ev = engine_next(c->engine);
	struct pollfd p = {.fd = engine_fd(c->engine), .events = POLLIN};

	if (!ev && ms > 0 && (poll(&p, 1, ms) > 0 || errno == EINTR))
		ev = engine_next(c->engine);
	if (ev)
		react(c, ev);
	return ev;
}

struct event *cli_final(struct cli *c, unsigned request, struct err *err)
{
	int64_t deadline = clock_ms() + SILENCE_MS;

	for (;;) {
		int64_t left = deadline - clock_ms();
		struct event *ev = cli_next(c, left > 0 ? (int)left : 0);

		if (ev && ev->request == request) {
			deadline = clock_ms() + SILENCE_MS;
			if (event_is_final(ev)) {
				clear_progress(c);
				return ev;
			}
		}
		if (!ev && left <= 0) {
			clear_progress(c);
			err_set(err, ERR_NETWORK, _("No answer for %d seconds"), SILENCE_MS / 1000);
			return NULL;
		}
		event_free(ev);
	}
}

struct event *cli_wait(struct cli *c, unsigned request, struct err *err)
{
	struct event *ev = cli_final(c, request, err);

	if (!ev)
		return NULL;
	if (ev->kind == EVENT_FAILED)
		*err = ev->failed;
	else if (ev->kind == EVENT_CANCELLED)
		err_set(err, ERR_CANCELLED, _("It was cancelled"));
	else
		return ev;
	event_free(ev);
	return NULL;
}

bool cli_until(struct cli *c, bool (*ready)(struct cli *c, void *arg), void *arg, int ms)
{
	int64_t deadline = clock_ms() + ms;

	while (!ready(c, arg)) {
		int64_t left = deadline - clock_ms();

		if (left <= 0)
			return false;
		event_free(cli_next(c, (int)left));
	}
	return true;
}

/* --- accounts, folders --- */

int cli_may_connect(const struct cli *c, struct err *err)
{
	return c->args->offline ? err_set(err, ERR_NETWORK,
					  _("This needs a connection, and --offline was given"))
				: 0;
}

int cli_go_online(struct cli *c, struct err *err)
{
	if (cli_may_connect(c, err) != 0)
		return -1;
	if (!c->online)
		engine_set_offline(c->engine, false);
	c->online = true;
	return 0;
}

int cli_account(struct cli *c, const char *name, struct err *err)
{
	struct str names = STR_INIT;
	int found;

	if (!name)
		name = c->args->account;
	if (engine_accounts(c->engine) == 0)
		return err_set(err, ERR_INPUT,
			_("There is no account yet: run talaria setup, or try ./bootstrap run "
			  "--demo"));
	found = name ? engine_find_account(c->engine, name) : 0;
	if (found >= 0)
		return found;
	for (size_t i = 0; i < engine_accounts(c->engine); i++)
		str_addf(&names, "%s%s", i ? ", " : "", settings_account(c->settings, i)->name);
	err_set(err, ERR_INPUT, _("There is no account %s; there are: %s"), name, str_c(&names));
	str_done(&names);
	return -1;
}

int cli_sync_account(struct cli *c, int account, struct err *err)
{
	struct event *ev;

	if (cli_go_online(c, err) != 0)
		return -1;
	ev = cli_wait(c, engine_sync(c->engine, account), err);
	event_free(ev);
	return ev ? 0 : -1;
}

/* The disk thread answers in order. */
int cli_settle(struct cli *c, int account, struct err *err)
{
	struct event *ev = cli_wait(c, engine_drafts(c->engine, account), err);

	event_free(ev);
	return ev ? 0 : -1;
}

enum cli_status cli_accounts(
	struct cli *c, const char *name, enum cli_status (*fn)(struct cli *c, int account))
{
	struct err err = {0};
	int only = cli_account(c, name, &err);
	bool all = !name && !c->args->account;
	enum cli_status status = CLI_OK;

	if (only < 0) {
		cli_fail(&err);
		return engine_accounts(c->engine) ? CLI_USAGE : CLI_CONFIG;
	}
	for (size_t i = 0; i < engine_accounts(c->engine); i++) {
		enum cli_status one;

		if (!all && (int)i != only)
			continue;
		one = fn(c, (int)i);
		if (status == CLI_OK)
			status = one;
	}
	return status;
}

/* Opening has no request id of its own: its failure comes with the list. */
static int wait_ready(struct cli *c, struct msglist *l, struct err *err)
{
	int64_t deadline = clock_ms() + FILL_MS;

	while (!msglist_ready(l) || engine_looking(c->engine, l)) {
		int64_t left = deadline - clock_ms();
		struct event *ev = cli_next(c, msglist_ready(l) ? LOOK_MS
					       : left > 0       ? (int)left
								: 0);

		if (ev && ev->list == l && ev->kind == EVENT_FAILED) {
			*err = ev->failed;
			event_free(ev);
			return -1;
		}
		if (!ev && left <= 0 && !msglist_ready(l))
			return err_set(
				err, ERR_BUSY, _("%s cannot be read now"), msglist_folder(l));
		event_free(ev);
	}
	return 0;
}

static struct msglist *open_ready(struct cli *c, int account, const char *folder, struct err *err)
{
	struct msglist *l = engine_open(c->engine, account, folder, err);

	if (!l)
		return NULL;
	if (wait_ready(c, l, err) == 0)
		return l;
	engine_close(c->engine, l);
	return NULL;
}

static struct msglist *open_path(struct cli *c, const char *word, struct err *err)
{
	char *path = file_expand(word);
	struct msglist *l = NULL;

	if (access(path, R_OK) != 0)
		err_errno(err, "%s", path);
	else
		l = open_ready(c, -1, path, err);
	free(path);
	return l;
}

static int no_such_folder(struct cli *c, int account, const char *name, struct err *err)
{
	const char *best = NULL;
	char *wanted = utf8_fold(name, strlen(name));
	size_t best_distance = 3;

	for (size_t i = 0; i < engine_folders(c->engine, (size_t)account); i++) {
		struct folder_info f;
		char *have;
		size_t d;

		engine_folder(c->engine, (size_t)account, i, &f);
		have = utf8_fold(f.name, strlen(f.name));
		d = str_distance(wanted, have);
		free(have);
		if (d < best_distance) {
			best = f.name;
			best_distance = d;
		}
	}
	free(wanted);
	return best ? err_set(err, ERR_GONE, _("There is no folder %s; did you mean %s?"), name,
			      best)
		    : err_set(err, ERR_GONE, _("There is no folder %s; talaria folders lists them"),
			      name);
}

/* The folder's whole name, asking the server when it is not known here. Where another running copy
 * does that, its list of folders is as good. */
static int find_folder(
	struct cli *c, int account, const char *name, struct folder_info *out, struct err *err)
{
	int i = engine_find_folder(c->engine, (size_t)account, name);

	if (i < 0 && !c->args->offline) {
		if (cli_sync_account(c, account, err) != 0 &&
			(err->kind != ERR_BUSY || !engine_folders(c->engine, (size_t)account)))
			return -1;
		i = engine_find_folder(c->engine, (size_t)account, name);
	}
	if (i < 0)
		return no_such_folder(c, account, name, err);
	engine_folder(c->engine, (size_t)account, (size_t)i, out);
	return 0;
}

/* Nothing is known of it yet. A local inbox that mail is taken into: there, nothing is in it yet.
 */
static bool looks_unfilled(const struct cli *c, int account, const struct msglist *l)
{
	struct account_info info;

	engine_account(c->engine, (size_t)account, &info);
	if (!protocol_row(info.protocol)->has_folders)
		return msglist_total(l) == 0 && str_icmp(msglist_folder(l), "INBOX") == 0;
	return msglist_sync_percent(l) < 0;
}

static struct msglist *open_folder(struct cli *c, const char *word, struct err *err)
{
	struct folder_info folder;
	struct msglist *l = NULL;
	int account = cli_account(c, NULL, err);
	bool offline_copy;
	char *name;

	if (account < 0)
		return NULL;
	if (cli_settle(c, account, err) != 0)
		return NULL;
	if (find_folder(c, account, word, &folder, err) != 0)
		return NULL;
	name = mem_strdup(folder.name); /* folders move in memory with the next event */
	offline_copy = folder.offline_copy;
	l = open_ready(c, account, name, err);
	if (l && !offline_copy && !c->args->offline && looks_unfilled(c, account, l) &&
		cli_sync_account(c, account, err) != 0) {
		if (err->kind == ERR_BUSY)
			err_set(err, ERR_BUSY,
				_("Nothing of %s is here yet, and another running copy of Talaria "
				  "has the connection: open it there"),
				name);
		engine_close(c->engine, l);
		l = NULL;
	}
	free(name);
	return l;
}

/* An inbox of which nothing is here yet is fetched before; one that cannot be does not keep the
 * others from being shown. */
static void fetch_inbox(struct cli *c, int account)
{
	struct err why = {0};
	struct msglist *one = open_ready(c, account, "INBOX", &why);

	if (one && !c->args->offline && looks_unfilled(c, account, one))
		(void)cli_sync_account(c, account, &why);
	if (one)
		engine_close(c->engine, one);
	if (why.kind != ERR_NONE)
		c->part = cli_fail(&why);
}

static struct msglist *open_span(
	struct cli *c, const struct span_row *span, const char *name, struct err *err)
{
	struct msglist *l;

	if (c->args->account) {
		err_set(err, ERR_INPUT, _("%s is of all accounts"), span->name);
		return NULL;
	}
	for (size_t i = 0; i < engine_accounts(c->engine); i++) {
		if (cli_settle(c, (int)i, err) != 0)
			return NULL;
		if (!span->every)
			fetch_inbox(c, (int)i);
	}
	l = engine_open(c->engine, -1, name, err);
	if (l && wait_ready(c, l, err) == 0)
		return l;
	if (l)
		engine_close(c->engine, l);
	return NULL;
}

/* Of what is here: nothing is fetched for it. */
static struct msglist *open_conversation(struct cli *c, const char *name, struct err *err)
{
	int account = cli_account(c, NULL, err);

	return account < 0 || cli_settle(c, account, err) != 0 ? NULL
							       : open_ready(c, account, name, err);
}

struct msglist *cli_open(struct cli *c, const char *folder, struct err *err)
{
	const struct span_row *span = settings_span_find(c->settings, folder ? folder : "");
	struct msglist *l;

	if (!folder)
		folder = "INBOX";
	if (span)
		return span->one ? open_conversation(c, folder, err)
				 : open_span(c, span, folder, err);
	if (cli_is_path(folder))
		return open_path(c, folder, err);
	/* mutt's signs for "in my mail" */
	l = open_folder(c, *folder == '=' || *folder == '+' ? folder + 1 : folder, err);
	return l;
}

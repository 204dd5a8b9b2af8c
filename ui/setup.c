#include "ui/setup.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "mime/addr.h"
#include "ui/cli_priv.h"
#include "ui/providers.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TRIES = 3, ANSWER_MAX = 1000, PROBE_MS = 10 * 1000 };

struct setup {
	struct settings *settings; /* what is there already */
	const struct arguments *args;
	bool gone; /* the person left: end of input */
	char *mail, *name, *user, *account;
	const char *domain; /* in mail */
	enum protocol protocol;
	char *urls[SERVERS]; /* "" when there is none */
	enum password_kind kind;
	char *password; /* a command or the password, or NULL */
	char *typed;    /* the password for the test, or NULL */
	char *ca, *pin; /* what is trusted besides the system's authorities; "" */
};

/* --- asking --- */

/* A line without the blanks behind it; NULL: the person left. free(). */
static char *read_answer(struct setup *s, const char *question, const char *initial)
{
	char *line = NULL;
	size_t cap = 0, len;

	if (*initial)
		cli_print("%s [%s]: ", question, initial);
	else
		cli_print("%s: ", question);
	fflush(stdout);
	if (getline(&line, &cap, stdin) < 0) {
		putchar('\n');
		s->gone = true;
		MEM_FREE(line);
		return NULL;
	}
	for (len = strlen(line); len && (unsigned char)line[len - 1] <= ' ';)
		line[--len] = '\0';
	return line;
}

/* An answer, the default for an empty one; "" once the person left. free(). */
static char *ask(struct setup *s, const char *question, const char *initial)
{
	char *line = NULL;

	while (!s->gone && (line = read_answer(s, question, initial)) &&
		strlen(line) > ANSWER_MAX) {
		cli_print(_("That is longer than %d bytes.\n"), ANSWER_MAX);
		MEM_FREE(line);
	}
	if (line && *line)
		return line;
	free(line);
	return mem_strdup(s->gone ? "" : initial);
}

/* 1..n, the first by default. */
static int choose(struct setup *s, const char *question, int n)
{
	for (;;) {
		char *answer = ask(s, question, "1");
		int i = answer[0] >= '1' && answer[0] <= '9' && !answer[1] ? answer[0] - '0' : 0;

		free(answer);
		if (s->gone)
			return 1;
		if (i >= 1 && i <= n)
			return i;
		cli_print(_("Please answer with a number from 1 to %d.\n"), n);
	}
}

static bool agrees(struct setup *s, const char *question)
{
	char *answer = ask(s, question, _("yes"));
	bool yes = !s->gone && (str_istarts(answer, "y") || strcmp(answer, _("yes")) == 0);

	free(answer);
	return yes;
}

static void put(char **to, char *value)
{
	free(*to);
	*to = value;
}

static void ask_address(struct setup *s)
{
	while (!s->gone) {
		struct addr_list list = {0};
		struct err err = {0};
		char *answer = ask(s, _("Your mail address"), "");
		bool good = addr_parse_typed(&list, answer, &err) == 0 && list.n == 1;

		if (good) {
			put(&s->mail, mem_strdup(list.v[0].mail));
			if (*list.v[0].name)
				put(&s->name, mem_strdup(list.v[0].name));
			s->domain = strrchr(s->mail, '@') ? strrchr(s->mail, '@') + 1 : s->mail;
		} else if (!s->gone) {
			puts(err.kind ? err.text
				      : _("Please type one address, as you@example.org."));
		}
		addr_list_done(&list);
		free(answer);
		if (good)
			return;
	}
}

static void ask_name(struct setup *s)
{
	const struct passwd *pw = getpwuid(getuid());
	char *full = mem_strndup(pw && pw->pw_gecos ? pw->pw_gecos : "",
		pw && pw->pw_gecos ? strcspn(pw->pw_gecos, ",") : 0);

	put(&s->name, ask(s, _("Your name, as others see it"), s->name ? s->name : full));
	free(full);
}

/* --- the password --- */

static bool have_program(const char *name)
{
	const char *path = getenv("PATH");

	for (const char *p = path ? path : ""; *p;) {
		size_t len = strcspn(p, ":");
		struct str file = STR_INIT;
		bool found;

		str_add(&file, p, len);
		str_addf(&file, "/%s", name);
		found = access(str_c(&file), X_OK) == 0;
		str_done(&file);
		if (found)
			return true;
		p += len + (p[len] == ':');
	}
	return false;
}

static void ask_typed(struct setup *s)
{
	struct str prompt = STR_INIT;

	str_addf(&prompt, _("Password of %s:"), s->user);
	mem_free_secret(s->typed);
	s->typed = cli_ask_secret(prompt.p);
	str_done(&prompt);
}

static void ask_password(struct setup *s)
{
	bool keyring = have_program("secret-tool");

	puts(_("\nHow shall Talaria get your password?"));
	puts(_("  1  ask me, once each time it starts"));
	puts(_("  2  run a command that prints it, as: pass show mail"));
	puts(_("  3  from the configuration file (only you can read it, but it is not encrypted)"));
	if (keyring)
		puts(_("  4  from the desktop's keyring"));
	switch (choose(s, _("Your choice"), keyring ? 4 : 3)) {
	case 2:
		s->kind = PASSWORD_COMMAND;
		while (!s->gone && (!s->password || !*s->password))
			put(&s->password, ask(s, _("The command"), ""));
		break;
	case 3:
		s->kind = PASSWORD_PLAIN;
		break;
	case 4:
		s->kind = PASSWORD_KEYRING;
		cli_print(
			_("Put it there with this command, in another terminal, if it is not there "
			  "yet:\n  secret-tool store --label='Talaria %s' service talaria account "
			  "%s\n"),
			s->account, s->account);
		free(ask(s, _("Press Enter when it is there"), ""));
		break;
	default:
		s->kind = PASSWORD_ASK;
		break;
	}
	if (!s->gone && (s->kind == PASSWORD_ASK || s->kind == PASSWORD_PLAIN))
		ask_typed(s);
}

/* --- servers --- */

/* scheme://HOST becomes scheme://USER@HOST. */
static char *with_user(const char *url, const char *user)
{
	const char *host = strstr(url, "://");
	struct str out = STR_INIT;

	if (!*url || !host || strchr(host, '@'))
		return mem_strdup(url);
	str_add(&out, url, (size_t)(host + 3 - url));
	for (const char *p = user; *p; p++)
		if (strchr("%/:?#[] ", *p))
			str_addf(&out, "%%%02X", (unsigned char)*p);
		else
			str_addc(&out, *p);
	str_addf(&out, "@%s", host + 3);
	return str_steal(&out);
}

/* --- sets of servers, as bits --- */

enum { RELAY = 1u << PROTOCOL_SMTP, ALL_SERVERS = (1u << SERVERS) - 1 };

static bool has(const struct setup *s, unsigned which, enum protocol protocol)
{
	return (which & 1u << protocol) && *s->urls[protocol];
}

/* Of those to read mail by the one that was chosen, else the first that is there. */
static enum protocol reads_by(const struct setup *s, unsigned which)
{
	enum protocol p = s->protocol;

	for (int i = 0; !has(s, which, p) && i < PROTOCOLS; i++)
		p = (enum protocol)i;
	return has(s, which, p) ? p : s->protocol;
}

static bool reads(const struct setup *s)
{
	return has(s, ALL_SERVERS, reads_by(s, ALL_SERVERS));
}

/* The account as configuration text. For a test with a password that was typed it stands there. */
static void account_text(const struct setup *s, bool test, unsigned which, struct str *out)
{
	struct account_settings *a = settings_account_new(s->account);
	const char *word = s->password;
	struct addr from = {.name = s->name, .mail = s->mail};
	struct str text = STR_INIT;

	a->password_kind = s->kind;
	if ((test && s->typed) || s->kind == PASSWORD_PLAIN) {
		a->password_kind = PASSWORD_PLAIN;
		word = s->typed;
	}
	addr_write(&text, &from, true);
	put(&a->from, str_steal(&text));
	a->protocol = reads_by(s, which);
	for (enum protocol p = 0; p < SERVERS; p++)
		if (has(s, which, p))
			put(&a->urls[p], with_user(s->urls[p], s->user));
	put(&a->tls_ca, mem_strdup(s->ca));
	put(&a->tls_pin, mem_strdup(s->pin));
	put(&a->password, mem_strdup(word ? word : ""));
	settings_account_text(out, a);
	account_settings_free(a);
}

/* Settings with just this account; NULL with err. */
static struct settings *settings_of(const struct str *text, struct err *err)
{
	struct settings *settings = settings_new();
	struct conf_errors errors = {0};
	struct conf_block *block = conf_parse(str_c(text), text->len, &errors);

	settings_apply(settings, block, NULL, NULL, &errors);
	conf_free(block);
	if (errors.n) {
		err_set(err, ERR_INPUT, "%s", errors.v[0].text);
		settings_free(settings);
		settings = NULL;
	}
	conf_errors_done(&errors);
	return settings;
}

/* Logs in at the servers given. 0, or -1 with the first thing that went wrong; what was found is
 * added to out. */
static int log_in(const struct setup *s, struct settings *settings, const char *scratch,
	struct str *out, struct err *err)
{
	struct engine_options options = {.offline = true, .read_only = true, .scratch = scratch};
	struct cli c = {.args = s->args, .interactive = true, .settings = settings};
	struct event *ev = NULL;
	int rc = -1;

	if (engine_new(&c.engine, settings, &options, err) != 0)
		return -1;
	if (cli_may_connect(&c, err) == 0)
		ev = cli_final(&c, engine_check(c.engine, 0), err);
	if (ev && ev->kind == EVENT_CHECKED) {
		str_adds(out, ev->checked.lines);
		rc = ev->checked.err.kind == ERR_NONE ? 0 : -1;
		*err = ev->checked.err;
	} else if (ev) {
		*err = ev->failed;
	}
	event_free(ev);
	engine_free(c.engine);
	return rc;
}

/* The account may never be: what its test needs on disk is a directory that goes with the test. */
static char *make_scratch(struct err *err)
{
	const char *base = getenv("TMPDIR");
	struct str path = STR_INIT;

	str_addf(&path, "%s/talaria.XXXXXX", base && *base ? base : "/tmp");
	if (mkdtemp(path.p))
		return str_steal(&path);
	err_errno(err, "%s", path.p);
	str_done(&path);
	return NULL;
}

static int try_servers(const struct setup *s, unsigned which, struct str *out, struct err *err)
{
	struct str text = STR_INIT;
	struct settings *settings;
	char *scratch;
	int rc = -1;

	account_text(s, true, which, &text);
	settings = settings_of(&text, err);
	mem_wipe(text.p);
	str_done(&text);
	scratch = settings ? make_scratch(err) : NULL;
	if (scratch) {
		rc = log_in(s, settings, scratch, out, err);
		file_remove_tree(scratch, NULL);
		free(scratch);
	}
	settings_free(settings);
	return rc;
}

/* Names that servers have where nothing else is known; the first that is there is taken. */
static size_t add_names(const struct setup *s, enum protocol protocol, struct strv *urls)
{
	const char *const *names = protocol_row(protocol)->guesses;
	size_t n = 0;

	for (; n < PROTOCOL_GUESSES && names[n]; n++) {
		struct str url = STR_INIT;

		str_addf(&url, "%s%s", names[n], s->domain);
		strv_take(urls, str_steal(&url));
	}
	return n;
}

/* One whose certificate is refused is there, but is taken only when no other is: the login tells
 * what is wrong with it. */
static void take_first(char **to, const struct engine_probe *rows, size_t n)
{
	const struct engine_probe *best = NULL;

	for (size_t i = 0; i < n && !(best && best->there); i++)
		if (rows[i].there || (rows[i].err.kind == ERR_CERT && !best))
			best = &rows[i];
	if (!best)
		return;
	cli_print(best->there ? _("  %s is there\n")
			      : _("  %s is there, but its certificate is refused\n"),
		best->url);
	put(to, mem_strdup(best->url));
}

/* All ways of reading are looked for, so that the account can switch between them. */
static void guess_servers(struct setup *s)
{
	struct engine_probe rows[SERVERS * PROTOCOL_GUESSES] = {0};
	struct strv urls = STRV_INIT;
	size_t n[SERVERS], at = 0;

	for (enum protocol p = 0; p < SERVERS; p++)
		n[p] = add_names(s, p, &urls);
	for (size_t i = 0; i < urls.n; i++)
		rows[i].url = urls.v[i];
	cli_print(_("Looking for the servers of %s: %d names, %d seconds at most ...\n"), s->domain,
		(int)urls.n, PROBE_MS / 1000);
	fflush(stdout);
	engine_probe(rows, urls.n, PROBE_MS);
	for (enum protocol p = 0; p < SERVERS; at += n[p++])
		take_first(&s->urls[p], rows + at, n[p]);
	strv_done(&urls);
}

/* What a person types for a server: a URL, or a host name, where TLS begins at once. */
static void ask_server(struct setup *s, enum protocol protocol)
{
	const struct protocol_row *row = protocol_row(protocol);
	char *answer = ask(s, _(row->question), s->urls[protocol]);
	struct str out = STR_INIT;

	if (*answer && !strstr(answer, "://"))
		str_addf(&out, "%ss://", row->key);
	str_adds(&out, answer);
	free(answer);
	put(&s->urls[protocol], str_steal(&out));
}

static bool uses_typed(const struct setup *s)
{
	return s->kind == PASSWORD_ASK || s->kind == PASSWORD_PLAIN;
}

static void ask_login(struct setup *s)
{
	put(&s->user, ask(s, _("User name there"), s->user));
	if (!s->gone && uses_typed(s))
		ask_typed(s);
}

static void ask_relay(struct setup *s)
{
	ask_server(s, PROTOCOL_SMTP);
	if (!s->gone && !*s->urls[PROTOCOL_SMTP])
		puts(_("Without a relay mail can be read, not sent; a line  smtp  adds one "
		       "later."));
}

static void ask_servers(struct setup *s)
{
	struct str schemes = STR_INIT;

	protocol_schemes(&schemes);
	cli_print(_("\nThe servers, as HOST, HOST:PORT, or with a scheme (%s): those with an s at "
		    "the end begin with TLS, the others turn to it by STARTTLS.\n"),
		str_c(&schemes));
	str_done(&schemes);
	for (enum protocol p = 0; p < PROTOCOLS; p++)
		if (s->protocol == p || *s->urls[p])
			ask_server(s, p);
	ask_relay(s);
	ask_login(s);
}

static bool is_fingerprint(const char *text)
{
	size_t digits = 0;

	for (; *text; text++)
		if (strchr("0123456789abcdefABCDEF", *text))
			digits++;
		else if (*text != ':')
			return false;
	return digits == 64;
}

/* The fingerprint stands in what was just told; to type it, or paste it, is the deliberate act. */
static bool ask_trust(struct setup *s)
{
	char *answer;

	puts(_("If you know this certificate from another source, paste its SHA-256 from above and "
	       "only it will be accepted; or give a file with its authority (PEM)."));
	answer = ask(s, _("SHA-256 or file, empty for neither"), "");
	if (is_fingerprint(answer))
		put(&s->pin, answer);
	else if (*answer)
		put(&s->ca, answer);
	else
		free(answer);
	return *s->pin || *s->ca;
}

/* Another way to read is no reason not to begin; an account without it says so when asked to
 * switch. */
static void test_other(struct setup *s, enum protocol protocol)
{
	struct str found = STR_INIT;
	struct err err = {0};

	if (try_servers(s, 1u << protocol, &found, &err) != 0) {
		cli_print(_("%s does not work and is left out: %s\n"), s->urls[protocol], err.text);
		put(&s->urls[protocol], mem_strdup(""));
	}
	str_done(&found);
}

/* The way mail is read comes first and alone: a wrong password is tried once, not at each server.
 */
static int test_once(struct setup *s, struct err *err)
{
	enum protocol first = reads_by(s, ALL_SERVERS);
	struct str found = STR_INIT;
	int rc;

	puts(_("\nTrying to log in ..."));
	fflush(stdout);
	rc = try_servers(s, 1u << first, &found, err);
	if (rc == 0 && has(s, RELAY, PROTOCOL_SMTP)) {
		str_clear(&found);
		rc = try_servers(s, 1u << first | RELAY, &found, err);
	}
	cli_print("%s", str_c(&found));
	str_done(&found);
	for (enum protocol p = 0; rc == 0 && p < PROTOCOLS; p++)
		if (p != first && *s->urls[p])
			test_other(s, p);
	return rc;
}

/* Asks for what was wrong, and for that alone. */
static void ask_again(struct setup *s, const struct err *err)
{
	if (err->kind == ERR_AUTH)
		ask_login(s);
	else if (err->kind != ERR_CERT || !ask_trust(s))
		ask_servers(s);
}

/* Until the login works, or the person wants it saved as it is. */
static bool test_login(struct setup *s)
{
	for (int i = 0; !s->gone; i++) {
		struct err err = {0};
		int rc = -1;

		if (s->args->offline)
			return true;
		if (reads(s))
			rc = test_once(s, &err);
		else
			err_set(&err, ERR_INPUT, _("No server was found"));
		if (rc == 0)
			return true;
		cli_print(_("It does not work yet: %s\n"), err.text);
		if (i >= TRIES || (i && !agrees(s, _("Try again, with other answers?"))))
			return reads(s) && agrees(s, _("Save it as it is?"));
		ask_again(s, &err);
	}
	return false;
}

static void ask_protocol(struct setup *s, const struct provider *p)
{
	enum protocol other = 0;

	puts(_("\nHow shall mail be read? (You can switch at any time: nothing is lost.)"));
	for (int i = 0; i < PROTOCOLS; i++)
		cli_print("  %d  %s\n", i + 1, _(protocol_row((enum protocol)i)->summary));
	s->protocol = (enum protocol)(choose(s, _("Your choice"), PROTOCOLS) - 1);
	while (p && other + 1 < PROTOCOLS && !p->urls[other])
		other++;
	if (p && !p->urls[s->protocol]) {
		cli_print(_("This provider has no %s: it will be %s.\n"),
			protocol_row(s->protocol)->name, protocol_row(other)->name);
		s->protocol = other;
	}
}

static bool account_exists(struct settings *settings, const char *name)
{
	for (size_t i = 0; i < settings_accounts(settings); i++)
		if (strcmp(settings_account(settings, i)->name, name) == 0)
			return true;
	return false;
}

/* A name of the domain's first word, that no other account has. */
static char *account_name(const struct setup *s)
{
	struct str base = STR_INIT, name = STR_INIT;

	for (const char *p = s->domain; *p && *p != '.' && base.len < 24; p++)
		if (str_is_alnum(*p))
			str_addc(&base, str_lower(*p));
	if (!base.len)
		str_adds(&base, "mail");
	str_adds(&name, base.p);
	for (int i = 2; account_exists(s->settings, name.p) || !settings_account_name_ok(name.p);
		i++) {
		str_clear(&name);
		str_addf(&name, "%s%d", i > 200 ? "mail" : base.p, i);
	}
	str_done(&base);
	return str_steal(&name);
}

static void find_servers(struct setup *s, const struct provider *p)
{
	if (p) {
		if (p->note)
			cli_print("%s\n", _(p->note));
		for (int i = 0; i < SERVERS; i++)
			put(&s->urls[i], mem_strdup(p->urls[i] ? p->urls[i] : ""));
	} else if (!s->args->offline) {
		guess_servers(s);
	}
	if (s->gone)
		return;
	if (!*s->urls[s->protocol]) {
		if (!s->args->offline)
			puts(_("No server to read mail from was found by itself."));
		ask_servers(s);
	} else if (!*s->urls[PROTOCOL_SMTP]) {
		puts(_("No relay to send mail through was found by itself."));
		ask_relay(s);
	}
}

static enum cli_status save(struct setup *s, const char *path)
{
	struct str text = STR_INIT;
	struct err err = {0};
	struct settings *one;
	int rc = -1;

	account_text(s, false, ALL_SERVERS, &text);
	one = settings_of(&text, &err);
	mem_wipe(text.p);
	str_done(&text);
	if (one)
		rc = settings_save_account(path, settings_account(one, 0), &err);
	settings_free(one);
	if (rc != 0)
		return cli_fail(&err);
	cli_print(_("\nSaved as account %s in %s. Everything there can be changed: man "
		    "talaria.conf\n"),
		s->account, path);
	return CLI_OK;
}

static void setup_done(struct setup *s)
{
	free(s->mail);
	free(s->name);
	free(s->user);
	free(s->account);
	for (int i = 0; i < SERVERS; i++)
		free(s->urls[i]);
	free(s->password);
	free(s->ca);
	free(s->pin);
	mem_free_secret(s->typed);
}

enum cli_status setup_run(struct settings *settings, const struct arguments *args, const char *path)
{
	struct setup s = {.settings = settings, .args = args};
	const struct provider *p;
	enum cli_status status = CLI_FAILED;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		cli_say(_("The setup asks questions and needs a terminal; man talaria.conf tells "
			  "what "
			  "to write into %s"),
			path);
		return CLI_USAGE;
	}
	for (int i = 0; i < SERVERS; i++)
		s.urls[i] = mem_strdup("");
	s.ca = mem_strdup("");
	s.pin = mem_strdup("");
	puts(_("A new mail account. Empty answers take what is in [ ]; Ctrl-D leaves, and nothing "
	       "is "
	       "saved.\n"));
	ask_address(&s);
	ask_name(&s);
	if (!s.gone) {
		p = providers_find(s.domain);
		s.user = mem_strdup(s.mail);
		s.account = account_name(&s);
		ask_protocol(&s, p);
		ask_password(&s);
		if (!s.gone)
			find_servers(&s, p);
		if (!s.gone && test_login(&s) && !s.gone)
			status = save(&s, path);
	}
	if (status != CLI_OK)
		puts(_("Nothing was saved."));
	setup_done(&s);
	return status;
}

/* Where things are, what of that is open to others, and changes of the configuration file that
 * leave the rest of it alone. */
#include "engine/settings_priv.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- places (XDG Base Directory Specification 0.8) --- */

static char *xdg(const char *variable, const char *fallback)
{
	const char *value = getenv(variable), *home = getenv("HOME");
	struct str path = STR_INIT;

	/* The specification: a relative path is invalid and to be ignored. */
	if (value && value[0] == '/')
		str_addf(&path, "%s/talaria", value);
	else
		str_addf(&path, "%s/%s/talaria", home && *home ? home : "/", fallback);
	return str_steal(&path);
}

static char *below(char *dir, const char *name)
{
	char *path;

	if (!name)
		return dir;
	path = file_join(dir, name);
	free(dir);
	return path;
}

char *settings_config_path(void)
{
	return below(xdg("XDG_CONFIG_HOME", ".config"), "config");
}

char *settings_dir_data(const char *account)
{
	return below(xdg("XDG_DATA_HOME", ".local/share"), account);
}

char *settings_dir_cache(const char *account)
{
	return below(xdg("XDG_CACHE_HOME", ".cache"), account);
}

char *settings_dir_state(void)
{
	char *dir = xdg("XDG_STATE_HOME", ".local/state");

	file_make_dirs(dir, NULL);
	return dir;
}

/* --- warnings --- */

static bool others_may(const char *path, mode_t what)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_mode & what);
}

static void warn(struct strv *out, const char *format, const char *what)
{
	struct str text = STR_INIT;

	str_addf(&text, format, what);
	strv_take(out, str_steal(&text));
}

static void warn_of_dir(struct strv *out, char *dir)
{
	if (others_may(dir, 077))
		warn(out, _("Others on this machine can get at your mail: chmod 700 %s"), dir);
	free(dir);
}

void settings_warnings(const struct settings *s, const char *config_path, struct strv *out)
{
	bool plain = false;

	for (size_t i = 0; i < s->naccounts; i++) {
		const struct account_settings *a = s->accounts[i];

		plain |= a->password_kind == PASSWORD_PLAIN;
		if (*a->signature && access(a->signature, R_OK) != 0)
			warn(out, _("There is no signature, for %s cannot be read"), a->signature);
	}
	if (plain && others_may(config_path, 044))
		warn(out, _("Others on this machine can read your password: chmod 600 %s"),
			config_path);
	warn_of_dir(out, settings_dir_data(NULL));
	warn_of_dir(out, settings_dir_cache(NULL));
	warn_of_dir(out, settings_dir_state());
}

/* --- writing to the user's file --- */

static const struct conf_line *find_account(const struct conf_block *block, const char *account)
{
	for (size_t i = 0; i < block->n; i++) {
		const struct conf_line *line = &block->lines[i];

		if (line->n == 2 && line->block && strcmp(line->words[0].text, "account") == 0 &&
			strcmp(line->words[1].text, account) == 0)
			return line;
	}
	return NULL;
}

static size_t line_start(const char *text, int line)
{
	const char *p = text;

	for (int i = 1; i < line && *p; p++)
		i += *p == '\n';
	return (size_t)(p - text);
}

static void splice(struct str *text, size_t at, size_t remove, const char *insert)
{
	struct str out = STR_INIT;

	str_add(&out, text->p, at);
	str_adds(&out, insert);
	str_add(&out, text->p + at + remove, text->len - at - remove);
	str_done(text);
	*text = out;
}

static void put_protocol(struct str *text, const struct conf_line *account, const char *value)
{
	struct str line = STR_INIT;

	for (size_t i = account->block->n; i-- > 0;) {
		const struct conf_line *l = &account->block->lines[i];
		const struct conf_word *w = &l->words[1];

		if (l->n != 2 || strcmp(l->words[0].text, "protocol") != 0)
			continue;
		splice(text, w->at, w->end - w->at, value);
		return;
	}
	str_addf(&line, "\tprotocol %s\n", value);
	splice(text, line_start(text->p, account->words[1].line + 1), 0, line.p);
	str_done(&line);
}

int settings_save_protocol(
	const char *path, const char *account, enum protocol protocol, struct err *err)
{
	struct str text = STR_INIT;
	struct conf_errors errors = {0};
	struct conf_block *block;
	const struct conf_line *line;
	int rc = file_read(path, SETTINGS_FILE_MAX, &text, err);

	if (rc != 0)
		return -1;
	block = conf_parse(str_c(&text), text.len, &errors);
	line = errors.n ? NULL : find_account(block, account);
	if (!line || !strchr(text.p + line_start(text.p, line->words[1].line), '\n'))
		rc = err_set(err, ERR_INPUT, _("%s has no account %s that could be changed"), path,
			account);
	else {
		put_protocol(&text, line, protocol_row(protocol)->key);
		rc = file_replace(path, text.p, text.len, 0600, err);
	}
	conf_free(block);
	conf_errors_done(&errors);
	str_done(&text);
	return rc;
}

/* The file as it is, and its directory made; "": there is none. */
static int read_for_change(const char *path, struct str *text, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char *dir = mem_strndup(path, (size_t)(slash ? slash - path : 0));
	struct err missing = {0};
	int rc = *dir ? file_make_dirs(dir, err) : 0;

	free(dir);
	if (rc != 0 || file_read(path, SETTINGS_FILE_MAX, text, &missing) == 0 ||
		missing.kind == ERR_GONE)
		return rc;
	if (err)
		*err = missing;
	return -1;
}

static int write_back(const char *path, struct str *text, struct err *err)
{
	int rc = file_replace(path, str_c(text), text->len, 0600, err);

	mem_wipe(text->p);
	return rc;
}

static void end_line(struct str *text)
{
	if (text->len && text->p[text->len - 1] != '\n')
		str_addc(text, '\n');
	if (text->len > 1 && strchr("\\\r", text->p[text->len - 2]))
		str_addc(text, '\n'); /* that joined the next line */
}

int settings_save_account(const char *path, const struct account_settings *a, struct err *err)
{
	struct str text = STR_INIT;
	int rc = read_for_change(path, &text, err);

	if (rc == 0) {
		end_line(&text);
		if (text.len)
			str_addc(&text, '\n');
		settings_account_text(&text, a);
		rc = write_back(path, &text, err);
	}
	str_done(&text);
	return rc;
}

static const struct conf_line *find_search(const struct conf_block *block, const char *name)
{
	for (size_t i = 0; i < block->n; i++) {
		const struct conf_line *line = &block->lines[i];

		if (line->n == 3 && strcmp(line->words[0].text, "search") == 0 &&
			str_icmp(line->words[1].text, name) == 0)
			return line;
	}
	return NULL;
}

/* What stands beside it in its line, another command or a comment, stays; a line of nothing else
 * goes. */
static void drop_search(struct str *text, const struct conf_line *line)
{
	size_t from = line->words[0].at, to = line->words[2].end, start = from, end = to;

	while (start > 0 && strchr(" \t", text->p[start - 1]))
		start--;
	end += strspn(text->p + end, " \t\r");
	if ((start == 0 || text->p[start - 1] == '\n') &&
		(end == text->len || text->p[end] == '\n')) {
		from = start;
		to = end + (end < text->len);
	} else if (end < text->len && text->p[end] == ';') {
		to = end + 1;
	}
	splice(text, from, to - from, "");
}

static void put_search(
	struct str *text, const struct conf_line *line, const char *name, const char *query)
{
	struct str words = STR_INIT;

	if (line && !query) {
		drop_search(text, line);
	} else if (line) {
		conf_quote(&words, query);
		splice(text, line->words[2].at, line->words[2].end - line->words[2].at, words.p);
	} else {
		end_line(text);
		str_addf(text, "search %s ", name);
		conf_quote(text, query);
		str_addc(text, '\n');
	}
	str_done(&words);
}

int settings_save_search(const char *path, const char *name, const char *query, struct err *err)
{
	struct str text = STR_INIT;
	struct conf_errors errors = {0};
	struct conf_block *block;
	const struct conf_line *line;
	int rc = read_for_change(path, &text, err);

	if (rc != 0) {
		str_done(&text);
		return -1;
	}
	block = conf_parse(str_c(&text), text.len, &errors);
	line = find_search(block, name);
	if (errors.n) {
		rc = err_set(err, ERR_INPUT,
			_("%s has errors and is not changed; talaria check "
			  "tells them"),
			path);
	} else if (line || query) {
		put_search(&text, line, name, query);
		rc = write_back(path, &text, err);
	}
	conf_free(block);
	conf_errors_done(&errors);
	str_done(&text);
	return rc;
}

/* What Tab offers: folders, files, options, accounts, styles. */
#include "base/str.h"
#include "ui/pathtext.h"
#include "ui/ui.h"

#include "base/mem.h"
#include "engine/listing.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* One more than is offered, so that it is known that there are more. */
enum { MAX_FOUND = PROMPT_FOUND_MAX + 1 };

static void offer(struct strv *out, const char *candidate, const char *word)
{
	if (str_istarts(candidate, word) && out->n < MAX_FOUND && !strv_has(out, candidate))
		strv_add(out, candidate);
}

static void offer_folders(struct app *a, const char *word, struct strv *out)
{
	int account = app_account(a);
	struct folder_info f;

	if (account < 0)
		return;
	for (size_t i = 0; i < engine_folders(a->engine, (size_t)account); i++) {
		engine_folder(a->engine, (size_t)account, i, &f);
		if (f.selectable)
			offer(out, f.name, word);
	}
	for (size_t i = 0; *word == '@' && i < settings_spans(a->settings); i++)
		offer(out, settings_span(a->settings, i)->name, word);
	if (out->n)
		return;
	/* Nothing begins so: then what has it anywhere. */
	for (size_t i = 0; i < engine_folders(a->engine, (size_t)account); i++) {
		engine_folder(a->engine, (size_t)account, i, &f);
		if (f.selectable && str_ifind(f.name, word) && out->n < MAX_FOUND)
			strv_add(out, f.name);
	}
}

void complete_folder(struct app *a, int nth, const char *word, struct strv *out)
{
	if (nth == 0)
		offer_folders(a, word, out);
}

size_t complete_folder_line(void *ctx, const char *line, struct strv *out)
{
	offer_folders(ctx, line, out);
	return 0;
}

static int by_name(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

static void offer_paths(const char *word, struct strv *out)
{
	const char *slash = strrchr(word, '/'), *base = slash ? slash + 1 : word;
	char *written = mem_strndup(word, (size_t)(base - word));
	char *dir = pathtext_plain(*written ? written : "."), *begins = pathtext_plain(base);
	DIR *d = opendir(dir);
	struct dirent *entry;

	while (d && (entry = readdir(d)) && out->n < MAX_FOUND) {
		struct str s = STR_INIT;
		struct stat st;

		if (entry->d_name[0] == '.' && *base != '.')
			continue;
		str_adds(&s, written);
		pathtext_show(&s, entry->d_name);
		/* What is typed so far is part of the name, or of the form in which it is shown. */
		if (!str_starts(entry->d_name, begins) && !str_starts(s.p, word)) {
			str_done(&s);
			continue;
		}
		if (fstatat(dirfd(d), entry->d_name, &st, 0) == 0 && S_ISDIR(st.st_mode))
			str_addc(&s, '/');
		strv_take(out, str_steal(&s));
	}
	if (d)
		closedir(d);
	if (out->n > 1)
		qsort(out->v, out->n, sizeof(*out->v), by_name);
	free(written);
	free(begins);
	free(dir);
}

void complete_path(struct app *a, int nth, const char *word, struct strv *out)
{
	(void)a;
	if (nth == 0)
		offer_paths(word, out);
}

void complete_transfer(struct app *a, int nth, const char *word, struct strv *out)
{
	if (nth == 0 || (nth == 1 && *word && strchr("/.~", *word)))
		offer_paths(word, out);
	else
		offer_folders(a, word, out);
}

size_t complete_path_line(void *ctx, const char *line, struct strv *out)
{
	(void)ctx;
	offer_paths(line, out);
	return 0;
}

static void offer_words(const char *list, const char *prefix, const char *word, struct strv *out)
{
	char *copy = mem_strdup(list), *save = NULL;

	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		struct str s = STR_INIT;

		if (str_starts(w, word)) {
			str_addf(&s, "%s%s", prefix, w);
			strv_take(out, str_steal(&s));
		}
		str_done(&s);
	}
	free(copy);
}

static void offer_values(int id, const char *prefix, const char *word, struct strv *out)
{
	const struct setting_row *row = settings_row((enum setting)id);
	struct str choices = STR_INIT;

	settings_choices(row, &choices);
	offer_words(row->type == SETTING_BOOL ? "yes no" : str_c(&choices), prefix, word, out);
	str_done(&choices);
}

void complete_columns(struct app *a, int nth, const char *word, struct strv *out)
{
	if (nth == 0)
		offer_folders(a, word, out);
	for (int i = 0; nth > 0 && i < LIST_COLUMNS; i++)
		offer(out, listing_row((enum list_column)i)->name, word);
}

void complete_setting(struct app *a, int nth, const char *word, struct strv *out)
{
	const char *eq = strchr(word, '=');

	(void)a;
	if (nth != 0)
		return;
	if (eq) {
		char *name = mem_strndup(word, (size_t)(eq - word));
		char *prefix = mem_strndup(word, (size_t)(eq - word) + 1);
		int id = settings_find(name);

		if (id >= 0)
			offer_values(id, prefix, eq + 1, out);
		free(name);
		free(prefix);
		return;
	}
	for (int i = 0; i < SETTINGS_COUNT; i++) {
		struct str s = STR_INIT;

		str_addf(&s, "%s=", settings_row((enum setting)i)->name);
		offer(out, str_c(&s), word);
		str_done(&s);
	}
}

void complete_account(struct app *a, int nth, const char *word, struct strv *out)
{
	struct account_info info;

	if (nth != 0)
		return;
	for (size_t i = 0; i < engine_accounts(a->engine); i++) {
		engine_account(a->engine, i, &info);
		offer(out, info.name, word);
	}
}

void complete_protocol(struct app *a, int nth, const char *word, struct strv *out)
{
	struct str keys = STR_INIT;

	protocol_keys(&keys);
	if (nth == 0)
		offer_words(str_c(&keys), "", word, out);
	else
		complete_account(a, nth - 1, word, out);
	str_done(&keys);
}

/* Those that messages of this folder have. */
void complete_keyword(struct app *a, int nth, const char *word, struct strv *out)
{
	const char *sign = *word == '-' ? "-" : *word == '+' ? "+" : "";
	struct strv known = STRV_INIT;
	struct view *v = app_view(a);

	(void)nth;
	if (!v->ops->list)
		return;
	msglist_keywords(v->ops->list(v), &known);
	for (size_t i = 0; i < known.n; i++) {
		struct str one = STR_INIT;

		str_addf(&one, "%s%s", sign, known.v[i]);
		offer(out, one.p, word);
		str_done(&one);
	}
	strv_done(&known);
	if (out->n > 1)
		qsort(out->v, out->n, sizeof(*out->v), by_name);
}

void complete_sort(struct app *a, int nth, const char *word, struct strv *out)
{
	struct str keys = STR_INIT;

	(void)a;
	(void)nth;
	sort_names(&keys, " ");
	str_adds(&keys, " -r");
	offer_words(keys.p, "", word, out);
	str_done(&keys);
}

static void offer_commands(const char *word, struct strv *out)
{
	struct command_walk w = {0};
	const struct command *c;

	while ((c = commands_next(&w)))
		offer(out, c->name, word);
}

void complete_help(struct app *a, int nth, const char *word, struct strv *out)
{
	(void)a;
	if (nth != 0)
		return;
	offer_words("keys commands options", "", word, out);
	offer_commands(word, out);
	for (int i = 0; i < SETTINGS_COUNT; i++)
		offer(out, settings_row((enum setting)i)->name, word);
}

void complete_bind(struct app *a, int nth, const char *word, struct strv *out)
{
	(void)a;
	if (nth == 0) {
		offer(out, "all", word);
		for (int i = 0; i < UI_CONTEXTS; i++)
			offer(out, keys_context_name(1u << i), word);
	} else if (nth == 2) {
		offer_commands(word, out);
	}
}

void complete_color(struct app *a, int nth, const char *word, struct strv *out)
{
	struct strv words = STRV_INIT;

	(void)a;
	if (nth == 0)
		for (int i = 0; i < STYLES; i++)
			strv_add(&words, style_name((enum style)i));
	else
		style_words(&words);
	for (size_t i = 0; i < words.n; i++)
		offer(out, words.v[i], word);
	strv_done(&words);
}

/* The front end without a terminal: editing, keys, commands, rows, layouts, and whole screens over
 * the engine and the mail of tests/unit/postbox.h. */
#include "base/conf.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "screen.h"
#include "tests/check.h"
#include "tests/scratch.h"
#include "tests/unit/desk.h"
#include "engine/rule.h"
#include "ui/folder_tree.h"
#include "ui/app.h"
#include "ui/draft_text.h"
#include "ui/index_row.h"
#include "ui/term.h"
#include "ui/views.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* --- prompt --- */

/* Words of keys, separated by blanks. */
static enum prompt_result type(struct prompt *p, const char *keys)
{
	char *copy = mem_strdup(keys), *save = NULL;
	enum prompt_result r = PROMPT_MORE;

	for (char *k = strtok_r(copy, " ", &save); k; k = strtok_r(NULL, " ", &save))
		r = prompt_key(p, k, NULL);
	free(copy);
	return r;
}

static void test_prompt_edit(void **state)
{
	static const struct {
		const char *initial, *keys, *want;
	} rows[] = {
		{"", "a b Space c", "ab c"},
		{"hello", "Backspace Backspace", "hel"},
		{"hello", "Ctrl-A x", "xhello"},
		{"hello", "Home Delete", "ello"},
		{"hello world", "Ctrl-W", "hello "},
		{"hello world", "Alt-b Ctrl-K", "hello "},
		{"hello world", "Ctrl-W Ctrl-A Ctrl-Y", "worldhello "},
		{"hello world", "Ctrl-U", ""},
		{"hello world", "Home Alt-f x", "hellox world"},
		{"hello world", "Home Alt-d", " world"},
		{"日本語", "Left Backspace", "日語"},
		{"e\xCC\x81x", "Left Backspace", "x"},
		{"añb", "Left Left Delete", "ab"},
		{"ab", "Left é", "aéb"},
		{"ab", "F5 PageDown", "ab"},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		struct prompt p = {0};

		prompt_open(&p, PROMPT_LINE, ":", rows[i].initial);
		assert_int_equal(type(&p, rows[i].keys), PROMPT_MORE);
		assert_string_equal(str_c(&p.text), rows[i].want);
		prompt_close(&p);
	}
}

static void test_prompt_ends(void **state)
{
	struct prompt p = {0};

	prompt_open(&p, PROMPT_LINE, ":", "x");
	assert_int_equal(type(&p, "Enter"), PROMPT_DONE);
	prompt_close(&p);
	prompt_open(&p, PROMPT_LINE, ":", "x");
	assert_int_equal(type(&p, "Ctrl-G"), PROMPT_CANCELLED);
	prompt_close(&p);
	prompt_open(&p, PROMPT_CHOICE, "?", "");
	p.choices = mem_strdup("ny");
	assert_int_equal(type(&p, "x"), PROMPT_MORE);
	assert_int_equal(type(&p, "Y"), PROMPT_DONE);
	assert_string_equal(str_c(&p.text), "y");
	prompt_close(&p);
	prompt_open(&p, PROMPT_CHOICE, "?", "");
	p.choices = mem_strdup("ny");
	assert_int_equal(type(&p, "Enter"), PROMPT_DONE);
	assert_string_equal(str_c(&p.text), "n");
	prompt_close(&p);
}

static void test_prompt_paste(void **state)
{
	struct prompt p = {0};

	prompt_open(&p, PROMPT_PASSWORD, "?", "");
	prompt_key(&p, "Paste", "sec\033ret\n");
	assert_string_equal(str_c(&p.text), "sec\xEF\xBF\xBDret");
	prompt_close(&p);
	assert_null(p.text.p);
}

static void test_prompt_history(void **state)
{
	char path[SCRATCH_SIZE];
	struct prompt p = {0};
	struct history *h = history_new();
	int fd = mkstemp(scratch(path, "test_ui"));

	close(fd);
	history_add(h, HISTORY_SEARCH, "one ");
	history_add(h, HISTORY_SEARCH, "two");
	history_add(h, HISTORY_SEARCH, "one");
	history_add(h, HISTORY_COMMAND, "quit");
	assert_int_equal(history_save(h, path, NULL), 0);
	history_free(h);
	/* A session without a question neither reads nor writes it. */
	h = history_new();
	history_load(h, path);
	unlink(path);
	assert_int_equal(history_save(h, path, NULL), 0);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_null(history_get(h, HISTORY_SEARCH, 1));
	history_add(h, HISTORY_SEARCH, "two");
	history_add(h, HISTORY_SEARCH, "one");
	assert_int_equal(history_save(h, path, NULL), 0);
	history_free(h);
	h = history_new();
	history_load(h, path);
	p.history = h;
	prompt_open(&p, PROMPT_LINE, "/", "dra");
	p.history_kind = HISTORY_SEARCH;
	type(&p, "Up");
	assert_string_equal(str_c(&p.text), "one");
	type(&p, "Up Up Up");
	assert_string_equal(str_c(&p.text), "two");
	type(&p, "Down Down");
	assert_string_equal(str_c(&p.text), "dra");
	type(&p, "Down");
	assert_string_equal(str_c(&p.text), "dra");
	prompt_close(&p);
	assert_null(history_get(h, HISTORY_SEARCH, 3));
	history_free(h);
	unlink(path);
}

static size_t remembered(struct history *h, enum history_kind kind)
{
	size_t n = 0;

	while (history_get(h, kind, n + 1))
		n++;
	return n;
}

/* The oldest line goes first, and what is saved can be read whatever the lines are. */
static void test_history_limits(void **state)
{
	char path[SCRATCH_SIZE], line[HISTORY_LINE_MAX + 2];
	struct history *h = history_new();
	int fd = mkstemp(scratch(path, "test_ui"));

	close(fd);
	for (size_t len = HISTORY_LINE_MAX - 1; len <= HISTORY_LINE_MAX + 1; len++) {
		memset(line, 'x', len);
		line[len] = '\0';
		history_add(h, HISTORY_PATH, line);
		assert_int_equal(strlen(history_get(h, HISTORY_PATH, 1)),
			len > HISTORY_LINE_MAX ? HISTORY_LINE_MAX : len);
	}
	for (int kind = 1; kind < HISTORY_KINDS; kind++)
		for (int n = 0; n <= HISTORY_MAX; n++) {
			snprintf(line, sizeof(line), "%0*d", HISTORY_LINE_MAX, n);
			history_add(h, (enum history_kind)kind, line);
			if (kind == HISTORY_COMMAND && n >= HISTORY_MAX - 2) {
				size_t got = remembered(h, HISTORY_COMMAND);

				assert_int_equal(got, n < HISTORY_MAX ? n + 1 : HISTORY_MAX);
				assert_int_equal(atoi(history_get(h, HISTORY_COMMAND, got)),
					n < HISTORY_MAX ? 0 : 1);
			}
		}
	assert_int_equal(history_save(h, path, NULL), 0);
	history_free(h);
	h = history_new();
	history_load(h, path);
	history_get(h, HISTORY_COMMAND, 1);
	for (int kind = 1; kind < HISTORY_KINDS; kind++)
		assert_int_equal(remembered(h, (enum history_kind)kind), HISTORY_MAX);
	history_free(h);
	unlink(path);
}

static void put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* One bad line costs no other; what cannot be read is not written over. */
static void test_history_damaged(void **state)
{
	char path[SCRATCH_SIZE];
	struct history *h = history_new();
	struct err err = {0};

	close(mkstemp(scratch(path, "test_ui")));
	put_file(path, "search one\nsearch t\xFFwo\nnothing\nother three\n\nsearch four");
	history_load(h, path);
	history_add(h, HISTORY_SEARCH, "five");
	assert_int_equal(remembered(h, HISTORY_SEARCH), 4);
	assert_string_equal(history_get(h, HISTORY_SEARCH, 2), "four");
	assert_string_equal(history_get(h, HISTORY_SEARCH, 3), "t\xEF\xBF\xBDwo");
	assert_string_equal(history_get(h, HISTORY_SEARCH, 4), "one");
	history_free(h);
	assert_int_equal(truncate(path, (4 << 20) + 1), 0);
	h = history_new();
	history_load(h, path);
	assert_null(history_get(h, HISTORY_SEARCH, 1));
	assert_int_equal(history_save(h, path, &err), 0); /* nothing to be saved */
	history_add(h, HISTORY_SEARCH, "six");
	assert_int_equal(history_save(h, path, &err), -1);
	assert_non_null(strstr(err.text, path));
	history_free(h);
	unlink(path);
	/* None is no fault, and neither is one that comes. */
	h = history_new();
	history_load(h, path);
	history_add(h, HISTORY_SEARCH, "one");
	assert_int_equal(history_save(h, path, NULL), 0);
	assert_int_equal(access(path, F_OK), 0);
	history_free(h);
	unlink(path);
}

static size_t three_words(void *ctx, const char *line, struct strv *out)
{
	static const char *const words[] = {"move", "mope", "delete"};

	(void)ctx;
	for (size_t i = 0; i < 3; i++)
		if (str_starts(words[i], line))
			strv_add(out, words[i]);
	return 0;
}

static void test_prompt_complete(void **state)
{
	struct prompt p = {0};

	prompt_open(&p, PROMPT_LINE, ":", "d");
	p.complete = three_words;
	type(&p, "Tab");
	assert_string_equal(str_c(&p.text), "delete ");
	prompt_open(&p, PROMPT_LINE, ":", "m");
	p.complete = three_words;
	type(&p, "Tab");
	assert_string_equal(str_c(&p.text), "mo");
	type(&p, "Tab");
	assert_string_equal(str_c(&p.text), "move");
	type(&p, "Tab");
	assert_string_equal(str_c(&p.text), "mope");
	type(&p, "Shift-Tab");
	assert_string_equal(str_c(&p.text), "move");
	prompt_close(&p);
}

/* --- keys --- */

/* The keys of a question are those of its label, in whatever language that is. */
static void test_prompt_letters(void **state)
{
	static const struct {
		const char *label, *choices, *key, *answer; /* answer NULL: the question stays */
	} cases[] = {
		{"Quit? (y/n) ", "ny", "y", "y"},
		{"Quit? (y/n) ", "ny", "Enter", "n"},
		{"Quit? (y/n) ", "yn", "Enter", "y"},
		{"Quit? (y/n) ", "yn", "N", "n"},
		{"Quit? (y/n) ", "yn", "x", NULL},
		{"Beenden? (j/n) ", "ny", "j", "y"},
		{"Beenden? (j/n) ", "ny", "J", "y"},
		{"Beenden? (j/n) ", "ny", "n", "n"},
		{"Beenden? (j/n) ", "ny", "y", "y"},
		{"Выйти? (д/н) ", "ny", "д", "y"},
		{"Выйти? (д/н) ", "ny", "Н", "n"},
		{"Behalten? (j)a, (n)ein, (a)bbrechen ", "ync", "a", "c"},
		{"(D)atum (E)ingang (A)bsender (B)etreff (G)röße (U)ngelesen? ", "drfszu", "g",
			"z"},
		{"(D)atum (E)ingang (A)bsender (B)etreff (G)röße (U)ngelesen? ", "drfszu", "d",
			"d"},
		{"(d)atum (r)iktning (s)ändare (f)råga (z) (u)? ", "drfszu", "s", "f"},
		{"(d)atum (r)iktning (s)ändare (f)råga (z) (u)? ", "drfszu", "f", "s"},
		/* A label that lost its letters. */
		{"Sort? ", "drfszu", "z", "z"},
		{"IMAP/POP3 now? (y/n) ", "yn", "p", NULL},
		{"a/b/c now? (y/n) ", "yn", "y", "y"},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct prompt p = {0};

		prompt_open(&p, PROMPT_CHOICE, cases[i].label, "");
		prompt_choices(&p, cases[i].choices);
		assert_int_equal(prompt_key(&p, cases[i].key, NULL),
			cases[i].answer ? PROMPT_DONE : PROMPT_MORE);
		assert_string_equal(str_c(&p.text), cases[i].answer ? cases[i].answer : "");
		prompt_close(&p);
	}
}

static void test_key_names(void **state)
{
	static const struct {
		const char *written, *want;
	} rows[] = {
		{"j", "j"},
		{"^L", "Ctrl-L"},
		{"^l", "Ctrl-L"},
		{"C-l", "Ctrl-L"},
		{"Ctrl-_", "Ctrl-_"},
		{"^", "^"},
		{"<Return>", "Enter"},
		{"^M", "Enter"},
		{"^I", "Tab"},
		{"space", "Space"},
		{"Esc-v", "Alt-v"},
		{"M-V", "Alt-V"},
		{"Esc-Tab", "Alt-Tab"},
		{"PgDn", "PageDown"},
		{"F1", "F1"},
		{"é", "é"},
		{"-", "-"},
		{"", NULL},
		{"jj", NULL},
		{"F99", NULL},
		{"Ctrl-é", NULL},
		{"Alt-Alt-x", NULL},
		{"\033", NULL},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		char name[24] = "";
		bool ok = keyname_read(rows[i].written, name);

		assert_int_equal(ok, rows[i].want != NULL);
		if (ok)
			assert_string_equal(name, rows[i].want);
	}
}

static void test_key_lookup(void **state)
{
	struct keys *k = keys_new();
	struct err err = {0};

	assert_string_equal(keys_find(k, UI_INDEX, "j")->command, "next");
	assert_string_equal(keys_find(k, UI_TEXT, "j")->command, "line-down");
	assert_string_equal(keys_find(k, UI_READER, "d")->command, "delete");
	assert_null(keys_find(k, UI_TEXT, "d"));
	assert_string_equal(keys_of(k, UI_INDEX, "quit"), "q");
	assert_string_equal(keys_of(k, UI_READER, "back"), "q");
	assert_int_equal(keys_bind(k, "index", "Esc-d", "delete; next", "both", &err), 0);
	assert_string_equal(keys_find(k, UI_INDEX, "Alt-d")->command, "delete; next");
	assert_int_equal(keys_unbind(k, "index", "M-d", &err), 0);
	assert_null(keys_find(k, UI_INDEX, "Alt-d"));
	assert_int_equal(keys_unbind(k, "index", "M-d", &err), -1);
	assert_int_equal(keys_bind(k, "nowhere", "d", "delete", "", &err), -1);
	assert_int_equal(keys_bind(k, "index", "nokey", "delete", "", &err), -1);
	keys_free(k);
}

/* Every default key runs a command that exists and makes sense on its screen. */
static void test_default_keys(void **state)
{
	struct keys *k = keys_new();

	assert_true(keys_count(k) > 100);
	for (size_t i = 0; i < keys_count(k); i++) {
		const struct key_binding *b = keys_at(k, i);
		struct err err = {0};

		if (commands_check(b->command, &err) < 0)
			fail_msg("%s: %s", b->key, err.text);
		assert_true((commands_first(b->command)->where & b->context) == b->context);
	}
	keys_free(k);
}

/* --- commands and configuration --- */

static void test_command_check(void **state)
{
	static const struct {
		const char *line, *error; /* part of it; NULL: fine */
	} rows[] = {
		{"next", NULL},
		{"move Archive; next", NULL},
		{"move \"My folder\"", NULL},
		{"mvoe x", "did you mean “move”"},
		{"next; xyzzyplugh", "no command “xyzzyplugh”"},
		{"jump 1 2 3", "Usage: jump [-e] [N]"},
		{"delete now", "Usage: delete"},
		{"move \"x", "not closed"},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		struct err err = {0};

		assert_int_equal(commands_check(rows[i].line, &err), rows[i].error ? -1 : 0);
		if (rows[i].error) {
			assert_non_null(strstr(err.text, rows[i].error));
			assert_int_not_equal(err.text[strlen(err.text) - 1], ' ');
		}
	}
}

static void test_config_lines(void **state)
{
	static const struct {
		const char *line, *error;
	} rows[] = {
		{"bind index J next", NULL},
		{"bind index J \"delete; next\" 'away'", NULL},
		{"unbind index x", NULL},
		{"color quote1 cyan default bold", NULL},
		{"color cursor \"#ffffff\" 24", NULL},
		{"bind index J", "-:1:1: bind needs"},
		{"bind indx J next", "-:1:6: there is no screen"},
		{"bind index Foo next", "-:1:12: there is no key"},
		{"bind index J nxt", "-:1:14: There is no command “nxt”; did you mean “next”"},
		{"unbind index Q", "-:1:14: the key Q"},
		{"color quot1 red", "did you mean “quote1”"},
		{"color quote1 rad", "-:1:14: “rad” is not a color"},
		{"color quote1 red blue green", "more than two"},
		{"color index red ~F", NULL},
		{"color index red default bold \"from:a b\" ~U", NULL},
		{"color index underline date:<2d (size:>1M | has:attachment)", NULL},
		{"color index red", "color index needs a color and a search"},
		{"color index ~F", "color index needs"},
		{"color index red ~O", "-:1:17: Search, column 1"},
		{"color index red blue green", NULL},
		{"color index red body:x", "-:1:17: body:x needs more than the row"},
		{"color index red ~(~F)", "needs more than the row"},
		{"bnid index j next", "did you mean “bind”"},
		{"frobnicate", "-:1:1: “frobnicate” is not known"},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		struct ui_config *c = ui_config_new();
		struct conf_errors errors = {0};
		struct conf_block *b = conf_parse(rows[i].line, strlen(rows[i].line), &errors);
		struct str s = STR_INIT;

		ui_config_line(c, &b->lines[0], &errors);
		conf_errors_print(&errors, &s);
		if (rows[i].error ? !strstr(str_c(&s), rows[i].error) : errors.n != 0)
			fail_msg("%s gave %s", rows[i].line, str_c(&s));
		str_done(&s);
		conf_free(b);
		conf_errors_done(&errors);
		ui_config_free(c);
	}
}

/* A row that lacks something is found, or the check of all rows says nothing. */
static const char *lacks(const struct command *c)
{
	int functions = (c->run != NULL) + (c->run_view != NULL) + (c->run_args != NULL);

	if (!c->help || !*c->help)
		return "help";
	if (!c->where)
		return "a screen";
	if (functions != 1)
		return "one function";
	if (c->args ? !c->max || !c->run_args : c->min || c->max)
		return "words as it says";
	return commands_find(c->name) == c ? NULL : "a name of its own";
}

static void test_command_rows(void **state)
{
	struct command_walk w = {0};
	const struct command *c, good = *commands_find("redraw");
	struct command bad[] = {good, good, good, good, good};

	bad[0].help = NULL;
	bad[1].where = 0;
	bad[2].run = NULL;
	bad[3].args = "[N]"; /* and the last one has a name that is taken */
	for (size_t i = 0; i < MEM_COUNT(bad); i++)
		assert_non_null(lacks(&bad[i]));
	while ((c = commands_next(&w)))
		if (lacks(c))
			fail_msg("%s lacks %s", c->name, lacks(c));
}

/* Each has its bit, a name in help and in bindings, and hints for commands that it can run. */
static void test_screen_rows(void **state)
{
	for (unsigned i = 0; i < UI_CONTEXTS; i++) {
		const struct view_ops *v = ui_views[i];

		assert_int_equal(v->context, 1u << i);
		assert_int_equal(keys_context(keys_context_name(v->context)), v->context);
		assert_string_equal(keys_context_title(v->context), v->label);
		assert_true(v->draw && v->close && v->hints);
		assert_true(!v->list || (v->uid && v->go));
		for (const struct hint *h = v->hints; h->command; h++)
			if (!(commands_find(h->command)->where & v->context))
				fail_msg("%s cannot be run in %s", h->command, v->label);
		for (const struct command *c = v->commands; c && c->name; c++)
			assert_int_equal(c->where, v->context);
	}
}

static void test_manual(void **state)
{
	struct str s = STR_INIT;
	size_t n = 0, items = 0;

	for (struct command_walk w = {0}; commands_next(&w);)
		n++;
	commands_manual(&s);
	for (const char *p = str_c(&s); (p = strstr(p, ".It Ic ")); p++)
		items++;
	assert_int_equal(items, n);
	keys_manual(&s);
	assert_non_null(strstr(str_c(&s), ".Bl -tag"));
	str_done(&s);
}

/* Whatever is offered behind the name of a style may stand there. */
static void test_style_words(void **state)
{
	struct strv words = STRV_INIT;
	short color;

	style_words(&words);
	assert_int_equal(words.n, 1 + 16 + 5);
	for (size_t i = 0; i < words.n; i++)
		assert_true(style_attr(words.v[i]) || style_color(words.v[i], &color, NULL) == 0);
	strv_done(&words);
}

static void test_styles(void **state)
{
	struct style_set set = {0};
	short c;

	assert_int_equal(style_color("bright-red", &c, NULL), 0);
	assert_int_equal(c, 9);
	assert_int_equal(style_color("#ff0000", &c, NULL), 0);
	assert_int_equal(c, 196);
	assert_int_equal(style_color("256", &c, NULL), -1);
	assert_int_equal(style_color("#12345g", &c, NULL), -1);
	for (int i = 0; i < STYLES; i++)
		assert_int_equal(style_find(style_name((enum style)i)), i);
	style_theme(&set, "dark");
	assert_true(style_look(&set, STYLE_PLAIN | STYLE_SELECTED, 256).bg >= 0);
	/* Without colours the cursor is still seen. */
	assert_true(style_look(&set, STYLE_PLAIN | STYLE_SELECTED, 0).attr & ATTR_REVERSE);
	assert_int_equal(style_look(&set, STYLE_ERROR, 0).fg, COLOR_NONE);
	style_theme(&set, "plain");
	assert_true(style_look(&set, STYLE_PLAIN | STYLE_SELECTED, 256).attr & ATTR_REVERSE);
}

/* sRGB, WCAG 2.1. */
static double luminance(unsigned rgb)
{
	static const double weights[3] = {0.2126, 0.7152, 0.0722};
	double sum = 0;

	for (int i = 0; i < 3; i++) {
		double v = (rgb >> (16 - 8 * i) & 255) / 255.0;

		sum += weights[i] * (v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4));
	}
	return sum;
}

static double contrast(unsigned a, unsigned b)
{
	double x = luminance(a) + 0.05, y = luminance(b) + 0.05;

	return x > y ? x / y : y / x;
}

enum palette { XTERM, CONSOLE };

static unsigned rgb_of(short color, bool bold, int colors, enum palette palette)
{
	static const unsigned first[2][16] = {
		{0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD, 0x00CDCD, 0xE5E5E5,
			0x7F7F7F, 0xFF0000, 0x00FF00, 0xFFFF00, 0x5C5CFF, 0xFF00FF, 0x00FFFF,
			0xFFFFFF},
		{0x000000, 0xAA0000, 0x00AA00, 0xAA5500, 0x0000AA, 0xAA00AA, 0x00AAAA, 0xAAAAAA,
			0x555555, 0xFF5555, 0x55FF55, 0xFFFF55, 0x5555FF, 0xFF55FF, 0x55FFFF,
			0xFFFFFF}};
	static const unsigned step[6] = {0, 95, 135, 175, 215, 255};
	unsigned i = (unsigned)color;

	if (i < 16) /* the console has eight, and shows bold ones as bright */
		return first[palette][i + (palette == CONSOLE && colors == 8 && bold ? 8 : 0)];
	if (i < 232)
		return step[(i - 16) / 36] << 16 | step[(i - 16) / 6 % 6] << 8 | step[(i - 16) % 6];
	return (8 + 10 * (i - 232)) * 0x010101;
}

static void check_contrast(const struct style_set *set, int style, int colors, enum palette palette,
	unsigned text, unsigned background)
{
	struct style_look l = style_look(set, style, colors);
	bool bold = l.attr & ATTR_BOLD;
	unsigned fg = l.fg < 0 ? text : rgb_of(l.fg, bold, colors, palette);
	unsigned bg = l.bg < 0 ? background : rgb_of(l.bg, false, colors, palette);

	if (contrast(fg, bg) < 4.5)
		fail_msg("%s%s with %d colours: %06x on %06x is %.2f to 1",
			style_name((enum style)(style & STYLE_MASK)),
			style & ~STYLE_MASK ? " on the cursor" : "", colors, fg, bg,
			contrast(fg, bg));
	assert_false(l.attr & ATTR_DIM && l.fg >= 0);
}

/* Everything can be read on the backgrounds that people have, with the colours that terminals have.
 */
static void test_style_contrast(void **state)
{
	static const struct {
		const char *theme;
		unsigned text, background;
	} terminals[] = {{"dark", 0xCCCCCC, 0x000000}, {"dark", 0xCCCCCC, 0x1E1E1E},
		{"light", 0x000000, 0xFFFFFF}, {"light", 0x333333, 0xFDF6E3}};
	static const int flags[] = {0, STYLE_SELECTED, STYLE_SELECTED_DIM,
		STYLE_SELECTED | STYLE_SELECTED_BOLD, STYLE_SELECTED_DIM | STYLE_SELECTED_BOLD};
	static const int colors[] = {256, 16, 8};

	for (size_t t = 0; t < MEM_COUNT(terminals); t++) {
		struct style_set set = {0};

		style_theme(&set, terminals[t].theme);
		for (int s = 0; s < STYLES; s++)
			for (size_t f = 0; f < MEM_COUNT(flags); f++)
				for (size_t c = 0; c < MEM_COUNT(colors); c++)
					for (int p = XTERM; p <= CONSOLE; p++) {
						unsigned bg = terminals[t].background;

						/* The console is black; other shades go with many
						 * colours. */
						if ((p == CONSOLE && bg) ||
							(colors[c] < 256 && bg && bg != 0xFFFFFF))
							continue;
						check_contrast(&set, s | flags[f], colors[c],
							(enum palette)p, terminals[t].text,
							terminals[t].background);
					}
	}
}

/* Eight colours are used, and what is told apart with many is told apart with eight. */
static void test_style_hues(void **state)
{
	static const char *const themes[] = {"dark", "light"};

	for (size_t t = 0; t < MEM_COUNT(themes); t++)
		for (int colors = 8; colors <= 16; colors += 8) {
			struct style_set set = {0};
			short bad, warn, link;

			style_theme(&set, themes[t]);
			bad = style_look(&set, STYLE_ERROR, colors).fg;
			warn = style_look(&set, STYLE_TAGGED, colors).fg;
			link = style_look(&set, STYLE_LINK, colors).fg;
			assert_true(bad >= 0 && warn >= 0 && link >= 0);
			assert_true(bad != warn && warn != link && link != bad);
			assert_true(bad < colors && warn < colors && link < colors);
		}
}

/* Nobody has read it: seen under the cursor, too. */
static void test_style_unread(void **state)
{
	struct style_set set = {0};

	style_theme(&set, "light");
	for (int colors = 0; colors <= 256; colors = colors ? colors * 2 : 8) {
		int on = STYLE_UNREAD | STYLE_SELECTED | STYLE_SELECTED_BOLD;

		assert_true(style_look(&set, STYLE_UNREAD, colors).attr & ATTR_BOLD);
		assert_true(style_look(&set, on, colors).attr & ATTR_BOLD);
		assert_false(
			style_look(&set, STYLE_SUBJECT | STYLE_SELECTED, colors).attr & ATTR_BOLD);
	}
	assert_int_equal(style_look(&set, STYLE_UNREAD, 256).fg, 16);
	style_theme(&set, "dark");
	assert_int_equal(style_look(&set, STYLE_UNREAD, 256).fg, 231);
}

static void test_background(void **state)
{
	static const struct {
		const char *answer;
		int is; /* -1: no answer */
	} cases[] = {{"11;rgb:0000/0000/0000", TERM_DARK}, {"11;rgb:ffff/ffff/ffff", TERM_LIGHT},
		{"11;rgb:ff/ff/ff", TERM_LIGHT}, {"11;rgb:f/f/f", TERM_LIGHT},
		{"11;rgb:fdfd/f6f6/e3e3", TERM_LIGHT}, {"11;rgb:1e/1e/1e", TERM_DARK},
		{"11;rgb:0000/2b2b/3636", TERM_DARK}, {"11;rgb:7f/7f/7f", TERM_DARK},
		{"11;rgb:80/80/80", TERM_LIGHT}, {"11;rgb:ffff/ffff", -1}, {"11;rgb:", -1},
		{"11;rgb:ffff/ffff/fffff", -1}, {"11;rgb:gg/00/00", -1}, {"10;rgb:0/0/0", -1},
		{"11;?", -1}, {"", -1}, {"11;rgb:0/0/0x", -1}};
	static const struct {
		const char *value;
		enum term_background is;
	} guesses[] = {{"15;0", TERM_DARK}, {"0;15", TERM_LIGHT}, {"0;default;15", TERM_LIGHT},
		{"0;7", TERM_LIGHT}, {"7;8", TERM_DARK}, {"12;9", TERM_LIGHT}, {"0;6", TERM_DARK},
		{"0;16", TERM_DARK}, {"0;default", TERM_DARK}, {"", TERM_DARK}, {"0;", TERM_DARK}};
	enum term_background is;

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		assert_int_equal(term_read_background(cases[i].answer, &is), cases[i].is >= 0);
		if (cases[i].is >= 0)
			assert_int_equal(is, cases[i].is);
	}
	for (size_t i = 0; i < MEM_COUNT(guesses); i++) {
		setenv("COLORFGBG", guesses[i].value, 1);
		assert_int_equal(term_background(), guesses[i].is);
	}
	unsetenv("COLORFGBG");
	assert_int_equal(term_background(), TERM_DARK);
}

/* --- rows and layouts --- */

/* As a list does that shows this message alone. */
static const char *row_of(const struct msg_row *m, struct index_format *f, const char *columns)
{
	static struct line line = LINE_INIT;
	struct index_need need = {0};
	struct err err = {0};

	if (listing_read(&f->columns, "index-columns", columns, &err) != 0)
		fail_msg("%s", err.text);
	index_need_begin(&need, f);
	index_measure(&need, m, f);
	index_fit(f, &need);
	line_done(&line);
	index_row(&line, m, f);
	return str_c(&line.text);
}

#define USUAL "flags account from subject size date"

static void test_index_row_width(void **state)
{
	static const char *const columns[] = {USUAL,
		"number flags from subject size date account keywords", "date subject", "subject",
		"to from", "size keywords account flags date number to from"};
	static const char *const subjects[] = {"plain", "会議の議題について 📅 よろしくお願いします",
		"e\xCC\x81"
		"e\xCC\x81 combining",
		"", NULL,
		"a very long subject that goes on and on and on and on and on and on and on and "
		"on"};

	for (int width = 32; width <= 200; width += 7)
		for (size_t i = 0; i < MEM_COUNT(subjects) * MEM_COUNT(columns); i++)
			for (int depth = 0; depth < 40; depth += 13) {
				struct msg_row m = {.uid = 1,
					.date = 1700000000,
					.size = 123456,
					.depth = depth,
					.lines = 0x55,
					.from_name = i & 1 ? "山田太郎と長い名前の人" : "Al",
					.to = "bob@example.org",
					.keywords = i & 2 ? "work and more words" : NULL,
					.subject = subjects[i % MEM_COUNT(subjects)]};
				struct index_format f = {.width = width,
					.now = 1700000100,
					.ascii = depth == 26,
					.count = 104233,
					.number = 104233,
					.places = i & 4,
					.place = "a place with a long name"};
				const char *s = row_of(&m, &f, columns[i / MEM_COUNT(subjects)]);

				if (utf8_columns(s, strlen(s)) != width)
					fail_msg("width %d, %zu, depth %d: “%s”", width, i, depth,
						s);
			}
}

static void test_index_row_text(void **state)
{
	struct msg_row m = {.uid = 1,
		.flags = MAIL_FLAGGED | MAIL_ATTACHMENT,
		.date = 1700000000,
		.size = 4301,
		.tagged = true,
		.depth = 2,
		.last_child = true,
		.lines = 1 << 1,
		.from_name = "Jeff B",
		.from_mail = "jeff@example.org",
		.to = "bob@example.org",
		.subject = "Re: cache"};
	struct index_format f = {.width = 60, .now = 1700000000 + 60, .count = 17, .number = 17};

	setenv("TZ", "UTC", 1);
	tzset();
#define IS(columns, want) assert_string_equal(row_of(&m, &f, columns), want)
	IS(USUAL, "*NFA Jeff B    │ └─> Re: cache                     4k 22:13 ");
	m.keywords = "$MDNSent NonJunk todo work";
	IS(USUAL, "*NFA Jeff B    │ └─> todo work Re: cache           4k 22:13 ");
	m.depth = 0;
	IS(USUAL, "*NFA Jeff B    todo work Re: cache                 4k 22:13 ");
	IS("number subject keywords from flags date",
		"17  Re: cache                todo work  Jeff B   *NFA 22:13 ");
	m.keywords = NULL;
	m.depth = 2;
	f.same_subject = f.show_to = f.ascii = true;
	m.flags = MAIL_SEEN | MAIL_ANSWERED;
	m.tagged = false;
	IS(USUAL, " r   To bob@exam…  | `->                           4k 22:13 ");
	IS("from to subject size date",
		"Jeff B   bob@example…  | `->                       4k 22:13 ");
	f.show_to = false;
	f.own = true;
	IS(USUAL, " r   To bob@exam…  | `->                           4k 22:13 ");
	m.to = ""; /* to nobody who is known */
	IS(USUAL, " r   Jeff B    | `->                               4k 22:13 ");
	/* It says that it will be sent in a week. */
	f.own = false;
	m.ahead = true;
	IS(USUAL, " r   Jeff B    | `->                              4k !22:13 ");
#undef IS
}

/* Twenty levels are drawn where there is room; a deeper one has its arrow below theirs. */
static void test_index_row_depth(void **state)
{
	struct msg_row m = {.uid = 1, .from_name = "Al", .subject = "x", .last_child = true};
	struct index_format f = {.width = 200};
	int column = 0;

	for (m.depth = 19; m.depth <= 60; m.depth++) {
		const char *s = row_of(&m, &f, "subject"), *arrow = strstr(s, "└─>");
		int at;

		assert_non_null(arrow);
		at = utf8_columns(s, (size_t)(arrow - s));
		assert_true(!strstr(s, "⋯") == (m.depth <= 20));
		if (m.depth <= 20)
			assert_int_equal(at, (m.depth - 1) * 2);
		else if (m.depth > 21)
			assert_int_equal(at, column);
		column = at;
	}
	f.width = 20;
	assert_string_equal(row_of(&m, &f, "subject"), "⋯  └─> x            ");
	f.ascii = true;
	m.last_child = false;
	assert_string_equal(row_of(&m, &f, "subject"), "..  |-> x           ");
}

static void test_index_row_folded(void **state)
{
	struct msg_row m = {.uid = 1, .subject = "cache", .hidden = 28};
	struct index_format f = {.width = 30};

	assert_string_equal(row_of(&m, &f, "subject"), "[+28] cache                   ");
	m.hidden_unread = 3;
	assert_string_equal(row_of(&m, &f, "subject"), "[+28, 3 new] cache            ");
}

/* Rooms grow with what is seen, and never shrink while the list is of the same width. */
static void test_index_need(void **state)
{
	struct msg_row m = {.uid = 1, .from_name = "Al", .subject = "x", .date = 1700000000};
	struct index_format f = {.width = 100, .now = 1700000000};
	struct index_need need = {0};

	listing_read(&f.columns, "", USUAL, NULL);
	index_need_begin(&need, &f);
	index_measure(&need, &m, &f);
	index_fit(&f, &need);
	assert_int_equal(f.room[COLUMN_FROM], 6);
	m.uid = 2;
	m.from_name = "Albert Example";
	index_need_begin(&need, &f);
	index_measure(&need, &m, &f);
	index_fit(&f, &need);
	assert_int_equal(f.room[COLUMN_FROM], 16);
	m.uid = 3;
	m.from_name = "a name that is far too long for any list";
	index_measure(&need, &m, &f);
	m.uid = 1;
	m.from_name = "Al";
	index_measure(&need, &m, &f);
	index_fit(&f, &need);
	assert_int_equal(f.room[COLUMN_FROM], 20);
	f.width = 200;
	index_need_begin(&need, &f);
	index_measure(&need, &m, &f);
	index_fit(&f, &need);
	assert_int_equal(f.room[COLUMN_FROM], 6);
}

static void test_index_date(void **state)
{
	static const struct {
		long before;
		bool wide;
		const char *want;
	} rows[] = {
		{0, false, "12:00"},
		{3600, false, "11:00"},
		{86400, false, "Tue"},
		{6 * 86400, true, "Thu 12:00"},
		{7 * 86400, false, " 8 Nov"},
		{300 * 86400, false, "19 Jan"},
		{0, true, "Wed 12:00"},
		{400 * 86400, false, "2022-10-11"},
		{400 * 86400, true, "2022-10-11"},
		{-86400, false, "16 Nov"},
	};
	const time_t now = 1700049600; /* Wednesday, 15 November 2023, 12:00 */

	setenv("TZ", "UTC", 1);
	tzset();
	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		struct str s = STR_INIT;

		index_date(&s, now - rows[i].before, now, rows[i].wide);
		assert_string_equal(str_c(&s), rows[i].want);
		str_done(&s);
	}
}

static void test_bare_subject(void **state)
{
	assert_string_equal(index_bare_subject("Re: Fwd: AW:  x"), "x");
	assert_string_equal(index_bare_subject("Re[2]: x"), "x");
	assert_string_equal(index_bare_subject("Regarding: x"), "Regarding: x");
}

static void test_numbers(void **state)
{
	static const struct {
		uint64_t n;
		const char *size, *number;
	} rows[] = {{0, "0", "0"}, {999, "999", "999"}, {1000, "1k", "1,000"},
		{831488, "812k", "831,488"}, {1048576, "1.0M", "1,048,576"},
		{123456789012, "115G", "123,456,789,012"}};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		struct str s = STR_INIT;

		draw_size(&s, rows[i].n);
		assert_string_equal(str_c(&s), rows[i].size);
		str_clear(&s);
		draw_number(&s, rows[i].n);
		assert_string_equal(str_c(&s), rows[i].number);
		str_done(&s);
	}
}

static void test_layout(void **state)
{
	struct layout_options o = {SIDEBAR_AUTO, 24, true, true, LAYOUT_SPLIT, 12, 102};
	struct layout l;

	layout_compute(&l, 24, 80, &o);
	assert_int_equal(l.border_col, -1);
	assert_false(l.both);
	assert_int_equal(l.main.rows, 21);
	assert_int_equal(l.main.cols, 80);
	assert_int_equal(l.status.row, 22);
	assert_int_equal(l.bar.row, 23);
	layout_compute(&l, 60, 200, &o);
	assert_int_equal(l.border_col, 24);
	assert_int_equal(l.main.col, 25);
	assert_int_equal(l.main.cols, 175);
	assert_int_equal(l.main.rows, 12);
	assert_int_equal(l.rule.row, 13);
	assert_int_equal(l.preview.row + l.preview.rows, l.status.row);
	o.list_lines = -1;
	layout_compute(&l, 60, 200, &o);
	assert_int_equal(l.main.rows, 19);
	layout_compute(&l, 34, 200, &o);
	assert_true(l.both);
	assert_int_equal(l.main.rows, 12);
	layout_compute(&l, 33, 200, &o);
	assert_false(l.both);
	o.list_lines = 0;
	layout_compute(&l, 60, 200, &o);
	assert_false(l.both);
	o.list_lines = -1;
	o.mode = LAYOUT_SINGLE;
	layout_compute(&l, 60, 200, &o);
	assert_false(l.both);
	o.keybar = false;
	o.sidebar = SIDEBAR_YES;
	layout_compute(&l, 24, 60, &o);
	assert_int_equal(l.border_col, 20);
	assert_int_equal(l.status.row, 23);
	assert_int_equal(l.main.rows, 22);
}

static void test_layout_wide(void **state)
{
	struct layout_options o = {SIDEBAR_AUTO, 24, true, true, LAYOUT_AUTO, -1, 102};
	struct layout l;

	layout_compute(&l, 24, 159, &o);
	assert_false(l.both);
	layout_compute(&l, 40, 159, &o); /* below each other */
	assert_int_equal(l.rule.rows, 1);
	layout_compute(&l, 24, 160, &o);
	assert_true(l.both);
	assert_int_equal(l.main.cols, 52);
	assert_int_equal(l.rule.col, 77);
	assert_int_equal(l.rule.rows, l.main.rows);
	assert_int_equal(l.preview.cols, 82);
	layout_compute(&l, 24, 400, &o); /* no more than its lines can use */
	assert_int_equal(l.preview.cols, 102);
	o.mode = LAYOUT_WIDE;
	o.sidebar = SIDEBAR_NO;
	layout_compute(&l, 24, 101, &o);
	assert_int_equal(l.main.cols, 40);
	assert_int_equal(l.preview.cols, 60);
	layout_compute(&l, 24, 100, &o);
	assert_false(l.both);
}

/* Whatever the size, nothing lies outside the window, or over something else. */
static void test_layout_sizes(void **state)
{
	struct layout_options o = {SIDEBAR_AUTO, 24, true, true, LAYOUT_AUTO, -1, 102};
	struct layout l;

	for (int mode = LAYOUT_AUTO; mode <= LAYOUT_SINGLE; mode++)
		for (int rows = 0; rows < 70; rows++)
			for (int cols = 0; cols < 320; cols += 7) {
				o.mode = (enum layout_mode)mode;
				layout_compute(&l, rows, cols, &o);
				if (l.too_small)
					continue;
				assert_true(l.main.rows > 0 && l.main.cols > 0);
				assert_true(l.main.row + l.main.rows <= l.status.row);
				if (!l.both || l.rule.rows == 1) {
					assert_int_equal(l.main.col + l.main.cols, cols);
					assert_true(!l.both || l.preview.row == l.rule.row + 1);
				} else {
					assert_int_equal(l.rule.col, l.main.col + l.main.cols);
					assert_int_equal(l.preview.col, l.rule.col + 1);
				}
				if (!l.both)
					continue;
				assert_int_equal(l.preview.col + l.preview.cols, cols);
				assert_int_equal(l.preview.row + l.preview.rows, l.status.row);
				assert_true(l.main.cols >= 20 && l.preview.cols >= 20);
			}
}

static void test_scroll(void **state)
{
	struct scroll s = {.rows = 10};

	scroll_move(&s, 100, MOVE_LAST, 1);
	assert_int_equal(s.cursor, 99);
	assert_int_equal(s.top, 90);
	scroll_move(&s, 100, MOVE_PAGE_UP, 1);
	assert_int_equal(s.cursor, 89);
	assert_int_equal(s.top, 80);
	scroll_move(&s, 100, MOVE_FIRST, 1);
	scroll_move(&s, 100, MOVE_PREVIOUS, 5);
	assert_int_equal(s.cursor, 0);
	scroll_fit(&s, 0, 10);
	scroll_move(&s, 0, MOVE_NEXT, 1);
	assert_int_equal(s.cursor, 0);
	s.cursor = 50;
	scroll_fit(&s, 3, 10);
	assert_int_equal(s.cursor, 2);
	assert_int_equal(s.top, 0);
}

/* --- drafts --- */

static void test_draft_text(void **state)
{
	assert_true(draft_mentions("Body attached\n> enclosed\n", "attach enclosed"));
	assert_false(draft_mentions("> attached\nHi\n-- \nattach\n", "attach"));
	assert_false(draft_mentions("", "attach"));
}

/* --- whole screens --- */

static void test_screen_index(void **state)
{
	struct screen *x = open_screen(24, 80);

	sees(x, " 1 work  2 home");
	sees(x, "│ └─>");
	sees(x, "work imap ● online   INBOX  20 new of 40");
	sees(x, "1 not sent");
	sees(x, "q Quit");
	sees(x, "? Help");
	press_sees(x, "=", "Invoice 4711");
	command(x, "copy Archive");
	press_sees(x, "F", "2 waiting");
	press_sees(x, "Alt-2", "not encrypted!");
}

static void test_screen_large(void **state)
{
	struct screen *x = open_screen(60, 200);

	sees(x, " work              imap │");
	sees(x, "Inbox              20 │");
	press_sees_not(x, "B", "imap │");
}

static void test_screen_read(void **state)
{
	struct screen *x = open_screen(24, 80);

	press_sees(x, "= j Enter", "Invoice 4712");
	sees(x, "> why not pages");
	press_sees_not(x, "T", "> why not pages");
	sees(x, "quotes hidden");
	press_sees_not(x, "T Space Space", "Because a page");
	press_sees(x, "j", "Subject: the new cache format");
	press_sees(x, "/ 'LINE 33' Enter", "Line 33 of");
	press_sees(x, "^ b", "https://example.org/cache");
	press_sees(x, "q v s", "Save as: ~/cache.pdf");
	press(x, "Ctrl-U");
	type_text(x, in_screen(x, "x y"));
	press(x, "Enter");
	assert_true(str_starts(asked(), "save 3 2 /"));
	sees(x, "Saved as /");
	assert_true(file_exists(in_screen(x, "x y")));
	press_sees(x, "q q", "INBOX");
}

/* What is known of a message stands above it, and all of it is told on demand. */
static void test_screen_head(void **state)
{
	struct screen *x = open_screen(24, 80);

	press_sees_not(x, "= Enter", " · ");
	press_sees(
		x, "q / 'linux-kernel' Enter Enter", "list kernel.example.org, leave it (U) · 51k");
	command_sees(x, "head-details", "No server is trusted to have checked the sender.");
	sees(x, "Leave it: mailto:leave@example.org");
	press_sees(x, "q", "list kernel.example.org");
}

static struct store_event *signed_mailing(void)
{
	static const char header[] =
		"Authentication-Results: mx.example.org; dkim=pass header.d=example.org\r\n"
		"DKIM-Signature: d=example.org; h=list-unsubscribe:list-unsubscribe-post; b=x\r\n"
		"List-Unsubscribe: <https://lists.example.org:444/u?a'$(b)>\r\n"
		"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
		"From: news@example.org\r\n";
	struct store_event *ev = store_event_new(STORE_VIEW);

	ev->view = mem_alloc(sizeof(*ev->view));
	ev->view->text = text_new();
	envelope_parse(&ev->view->envelope, header, sizeof(header) - 1);
	head_read(&ev->view->head, header, sizeof(header) - 1, "mx.example.org");
	return ev;
}

/* A list is left after a question: by a request where it is proven whose offer that is, else by a
 * mail that is seen first. */
static void test_screen_unsubscribe(void **state)
{
	struct screen *x = open_screen(24, 80);

	press_sees(x, "= Enter U", "does not say how its list is left");
	press(x, "q / 'linux-kernel' Enter Enter");
	forget();
	press_sees(x, "U", "the list does not offer that. Write a mail");
	press_asks(x, "n", "");
	press_sees(x, "U y", "leave@example.org");
	assert_string_equal(asked_to_write(), "mailto 0");
	x = open_screen(24, 80);
	answer_next(signed_mailing());
	press_sees(x, "= Enter", "✓ example.org · a mailing, leave it (U)");
	press_sees(x, "U", "Ask lists.example.org:444 to take you off this list? (y/n)");
	press_asks(x, "Enter", "");
	done_next("The list says that you left it");
	press_asks(x, "U y", "leave https://lists.example.org:444/u?a'$(b)");
	sees(x, "The list says that you left it");
}

/* Nothing is asked for by a query that is not understood, whichever way it comes. */
static void test_screen_query_refused(void **state)
{
	static const char *const keys[] = {"D", "T", "Ctrl-T", "l", "/"};
	static const char *const commands[] = {"delete-pattern ~O", "tag-pattern ~O",
		"untag-pattern ~O", "limit ~O", "search ~O", "search -r ~O"};
	struct screen *x = open_screen(24, 80);

	forget();
	for (size_t i = 0; i < MEM_COUNT(keys); i++) {
		press(x, keys[i]);
		press_sees(x, "Ctrl-U '~O' Enter", "Search, column 1: Talaria has no ~O");
		assert_string_equal(asked(), "");
		press_sees_not(x, "j", "column 1");
	}
	for (size_t i = 0; i < MEM_COUNT(commands); i++) {
		command_sees(x, commands[i], "Search, column 1: Talaria has no ~O");
		assert_string_equal(asked(), "");
		press(x, "j");
	}
	sees_not(x, "only:");
}

static void test_screen_delete_keeps_place(void **state)
{
	struct screen *x = open_screen(24, 80);

	press_asks(x, "= d", "delete 1");
	press_asks(x, "d", "delete 2");
	press_asks(x, "j d", "delete 4");
	press_sees(x, "u u u", "Undone");
	press_sees(x, "= Enter d", "Invoice 4712");
	assert_string_equal(asked(), "delete 1");
}

/* What is asked names what goes; no is what Enter means; the inbox is not asked about. */
static void test_screen_folders_deleted(void **state)
{
	static const struct {
		const char *line, *question;
	} cases[] = {
		{"delete-folder Lists/kernel",
			"Delete folder Lists/kernel and the 900 messages in it for good? (y/n)"},
		{"delete-folder Lists", "1 folder below it stays."},
		{"delete-folder Archive", "The account uses Archive as its folder “archive”."},
	};
	struct screen *x = open_screen(24, 160);

	forget();
	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		command_sees(x, cases[i].line, cases[i].question);
		press_asks(x, "Enter", "");
	}
	command(x, "delete-folder Lists/kernel");
	done_next("The folder was deleted");
	press_asks(x, "y", "delete-folder 900 Lists/kernel");
	sees(x, "The folder was deleted");
	forget();
	command_sees(x, "delete-folder", "The inbox cannot be deleted");
	command_sees(x, "rename-folder Other", "The inbox cannot be renamed");
	command_sees(x, "delete-folder Nowhere", "There is no folder “Nowhere”");
	press_sees(x, "y = d", "There is no folder here");
	press_sees(x, "r", "There is no folder here");
	assert_string_equal(asked(), "");
}

static void test_screen_folders_renamed(void **state)
{
	struct screen *x = open_screen(24, 160);

	forget();
	command(x, "open Lists");
	done_next("The folder was renamed");
	command_asks(x, "rename-folder New name", "rename-folder Lists New name");
	sees(x, "The folder was renamed");
	command_sees(x, "rename-folder", "New name of Lists: Lists");
	press(x, "Esc");
	/* One that the account uses is not renamed without a look. */
	command(x, "open Archive");
	command_sees(x, "rename-folder 2020", "The account uses Archive as its folder");
	sees(x, "New name of Archive: 2020");
	done_next("The folder was renamed");
	press_asks(x, "Enter", "rename-folder Archive 2020");
}

/* The folder of a list is gone: so is its screen, and what lies over it; the list of folders stays,
 * where one is deleted after the other. */
/* What is below a folder is hidden and shown, and so it is at the next start. */
static void test_screen_folders_folded(void **state)
{
	struct screen *x = open_screen(40, 100);
	struct folder_tree *again;
	struct err err = {0};
	const char *path;
	int lists;

	command(x, "folders");
	press_sees(x, "= /", "Search");
	type_keys(x, "Lists");
	press(x, "Enter");
	press_sees_not(x, "Left", "kernel");
	sees(x, "▸ Lists");
	press_sees(x, "Right", "kernel");
	press_sees(x, "j Left", "kernel"); /* up to what holds it */
	press_sees_not(x, "Left", "kernel");
	command_sees(x, "fold-folder", "kernel");
	press_sees_not(x, "Alt-V", "kernel");
	command(x, "fold-folder sometimes");
	sees(x, "“sometimes” is neither on nor off");
	press_sees(x, "=", "▸ Lists");
	press_sees(x, "j j j j Alt-v", "There is no folder below this one");

	lists = engine_find_folder(x->e, 0, "Lists");
	assert_true(folder_tree_is_folded(x->a.tree, 0, lists));
	path = in_screen(x, "folded");
	assert_int_equal(folder_tree_save(x->a.tree, path, &err), 0);
	again = folder_tree_new(x->e);
	folder_tree_load(again, path);
	assert_true(folder_tree_is_folded(again, 0, lists));
	assert_true(folder_tree_count(again, 0) < engine_folders(x->e, 0));
	/* One that is not seen stands in the place of what hides it. */
	assert_int_equal(
		folder_tree_place(again, 0, lists + 1), folder_tree_place(again, 0, lists));
	folder_tree_free(again);
	press_sees(x, "Alt-V", "kernel");
}

static void test_screen_folder_gone(void **state)
{
	struct screen *x = open_screen(24, 80);

	press_sees(x, "= Enter", "See https://example.org/cache");
	tell_closed(x, "It is gone");
	look_sees_not(x, "See https://example.org/cache");
	sees(x, "It is gone");
	sees(x, "1 home"); /* its tab went, too */
	command(x, "open INBOX");
	press(x, "y j j");
	tell_closed(x, NULL);
	look(x);
	press_sees(x, "d", "Delete folder Archive");
	press(x, "n");
}

/* A key is about the folder that the cursor was on, whatever comes and goes above it. */
static void test_screen_folders_move(void **state)
{
	struct screen *x = open_screen(24, 160);

	press(x, "y = / 'Old mail' Enter");
	folder_goes(x, "Lists/kernel");
	press_sees(x, "d", "Delete folder Old mail");
	press(x, "n");
	folder_goes(x, NULL);
	press_sees(x, "d", "Delete folder Old mail");
	press(x, "n");
	/* The one under the cursor: the next is on its line then. */
	folder_goes(x, "Old mail");
	press_sees(x, "d", "uses Drafts as its folder");
	press(x, "n / 'home' Enter");
	folder_goes(x, NULL);
	press_sees(x, "Enter", "1 home");
}

/* A line with DIR for the screen's directory. */
static void in_dir(struct screen *x, const char *line, char out[300])
{
	const char *at = strstr(line, "DIR");

	snprintf(out, 300, "%.*s%s%s", at ? (int)(at - line) : 300, line, at ? x->dir : "",
		at ? at + 3 : "");
}

static void test_screen_files(void **state)
{
	static const struct {
		const char *line, *asked, *said;
	} rows[] = {
		{"export \"DIR/a b\"", "export DIR/a b", "40 messages written to /"},
		{"export DIR/a b", "export DIR/a b", ""},
		{"export -a DIR/all folders", "export of DIR/all folders", ""},
		{"export -a DIR/all", "export of DIR/all", ""},
		{"untag-all; jump 1; tag; jump 3; tag; export DIR/x.mbox", "export 1 3 DIR/x.mbox",
			""},
		{"import DIR/x.mbox", "import DIR/x.mbox INBOX", ""},
		{"import DIR/x.mbox Lists/kernel hackers", "import DIR/x.mbox Lists/kernel hackers",
			""},
		{"import DIR/x.mbox Lists/kernel", "import DIR/x.mbox Lists/kernel", ""},
		{"import -a DIR/all", "import DIR/all", ""},
		{"backup DIR", "backup DIR", " other files written to /"},
	};
	struct screen *x = open_screen(24, 80);
	char line[300];

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		in_dir(x, rows[i].line, line);
		command(x, line);
		in_dir(x, rows[i].asked, line);
		assert_string_equal(asked(), line);
		sees(x, rows[i].said);
	}
}

/* Where the cursor is, from 1. */
static ptrdiff_t row_at(struct screen *x)
{
	struct view *v = app_view(&x->a);

	return msglist_find(view_index_list(v), view_index_uid(v)) + 1;
}

/* A number is one as a whole, and what is none is told. */
static void test_screen_numbers(void **state)
{
	struct screen *x = open_screen(24, 80);

	assert_int_equal(app_number(" 12 "), 12);
	assert_int_equal(app_number("0"), 0);
	assert_int_equal(app_number("4294967294"), 4294967294u);
	assert_int_equal(app_number("4294967295"), 4294967295u);
	assert_int_equal(app_number("99999999999999999999"), 4294967295u);
	command(x, "jump 1");
	assert_int_equal(row_at(x), 1);
	command(x, "next 3");
	assert_int_equal(row_at(x), 4);
	command(x, "next 9999999999"); /* as far as it goes */
	assert_int_equal(row_at(x), 40);
	command_sees(x, "previous 2x", "not “2x”");
	assert_int_equal(row_at(x), 40);
	command_sees(x, "previous -1", "not “-1”");
	command_sees(x, "jump 41", "There is no message 41");
	command_sees(x, "jump 2x", "There is no message 2x");
	command_sees(x, "tab 2x", "There is no tab 2x");
	command_sees(x, "tab 3", "There is no tab 3");
}

static void test_screen_tags(void **state)
{
	struct screen *x = open_screen(24, 80);

	press(x, ";");
	sees(x, "Nothing is tagged");
	press(x, "= t j t ; s");
	sees(x, "Move 2 messages to:");
	press_asks(x, "L i s t s / Tab Enter", "move 1 3 Lists/kernel");
	press(x, "= ");
	press(x, "T i n v o i c e Enter ; F");
	assert_non_null(strstr(asked(), "flag 2 9 10"));
}

static void test_screen_keywords(void **state)
{
	struct screen *x = open_screen(24, 80);

	press(x, "=");
	command_sees(x, "keyword", "No keywords");
	press_sees(x, "Y", ":keyword");
	press_asks(x, "'+work' Enter", "keywords 1 - work");
	press(x, "=");
	command_sees(x, "keyword", "Keywords: work");
	sees(x, "work Invoice 4711");
	press_asks(x, "Y + w Tab Enter", "keywords 1 - work");
	press_asks(x, "Y - Tab Enter", "keywords 1 work -");
	sees_not(x, "work Invoice");
	press_sees(x, "Y w Tab", ":keyword w");
	press(x, "Esc");
	command_asks(x, "keyword home", "keywords 1 - home");
	sees(x, "home Invoice");
	press_sees(x, "Enter", "%  home");
	press(x, "q");
	command_sees(x, "keyword -", "-WORD to take it away");
	press_asks(x, "= t j t ; Y '-later +two +three' Enter", "keywords 1 3 later two three");
}

/* UIDs mean other messages after a switch of the protocol: keys mean what is on the screen. */
static void test_screen_renumbered(void **state)
{
	struct screen *x = open_screen(24, 80);

	press(x, "= j");
	mail_renumbered(x);
	look(x);
	press_asks(x, "F", "flag 3 -4 +0");
	press_sees(x, "= j Enter", "Invoice 4712");
	mail_renumbered(x);
	look(x);
	press_asks(x, "F", "flag 4 -4 +0");
	press(x, "q = t j t ; s");
	type_text(x, "Archive");
	mail_renumbered(x);
	look(x);
	press_sees(x, "Enter", "numbered anew");
	press(x, "; F");
	assert_null(strstr(asked(), "move"));
}

static void test_screen_prompt(void **state)
{
	struct screen *x = open_screen(24, 80);

	press_sees(x, ": m o v Tab", ":move");
	press_sees(x, "Esc : n o s u c h Enter", "There is no command “nosuch”");
	command_sees_not(x, "set keybar=no", "q Quit");
	command_sees(x, "set sidebra=yes", "did you mean “sidebar”");
	command(x, "bind index K \"limit invoice\"");
	press_sees(x, "K", "only: invoice");
	sees_not(x, "PATCH");
	press_sees(x, "l Ctrl-U 'all' Enter", "PATCH");
	press_sees(x, "F9", "The key F9 does nothing here");
}

static void test_screen_protocol(void **state)
{
	struct screen *x = open_screen(24, 80);

	command_sees(x, "protocol pop3", "The switch itself deletes nothing");
	sees(x, "Switch work to POP3 now?");
	press_sees_not(x, "n", "deletes nothing");
	sees(x, "work imap");
	command(x, "protocol pop3 work");
	press_asks(x, "y", "protocol pop3");
	sees(x, "work pop3 ◌");
}

static void test_screen_compose(void **state)
{
	struct screen *x = open_screen(24, 80);

	press(x, "*");
	/* A question is open when the draft comes, so the editor does not take the keyboard. */
	press_soon(x, "r :");
	look_sees(x, "3 ✎ Re: [PATCH");
	press_sees(x, "Esc", "To  linux-kernel 🐧 list <list@example.org>");
	press_sees(x, "c 'carol@example.org' Enter", "Cc  carol@example.org");
	press_sees(x, "s Ctrl-U Enter y", "No subject. Send it anyway?");
	press_sees(x, "n t Ctrl-U Enter c Ctrl-U Enter y", "Nobody to send it to");
	press_sees(x, "1", "INBOX");
	press_sees(x, "Alt-3 q", "Keep this draft?");
	press_sees(x, "y", "Kept as a draft");
	sees_not(x, "✎");
}

static void progress(struct screen *x, unsigned request, uint64_t done, uint64_t total)
{
	tell_progress(x, request, done, total);
	look(x);
}

/* What is fetched by itself stays to be seen when somebody asks for the same, and its end is the
 * end. */
static void test_screen_progress(void **state)
{
	enum { ASKED = 77 };
	struct screen *x = open_screen(24, 100);

	progress(x, 0, 144, 1500);
	sees(x, "144 of 1500");
	x->a.progress_request = ASKED;
	x->a.progress_total = 0;
	progress(x, 0, 155, 1500);
	sees(x, "155 of 1500");
	progress(x, ASKED, 3, 30);
	sees(x, "3 of 30");
	progress(x, 0, 166, 1500);
	sees(x, "3 of 30");
	progress(x, 0, 0, 0);
	sees(x, "3 of 30");
	x->a.progress_request = 0;
	look_sees_not(x, "3 of 30");
	x = open_screen(24, 60);
	progress(x, 0, 144, 1500);
	sees(x, "…144 of 1500");
}

/* The numbers of a request do not stand for the next one. */
static void test_screen_next_progress(void **state)
{
	static const char *const long_ones[] = {
		"sync", "check", "backup DIR/x", "export DIR/y", "whole"};
	struct screen *x = open_screen(24, 80);
	struct line left = LINE_INIT, right = LINE_INIT;
	char line[300];

	for (size_t i = 0; i < MEM_COUNT(long_ones); i++) {
		x->a.progress_request = 77;
		progress(x, 77, 3, 4);
		sees(x, "75%");
		in_dir(x, long_ones[i], line);
		commands_run(&x->a, line);
		assert_int_not_equal(x->a.progress_request, 77);
		line_clear(&right);
		frame_status(&x->a, &left, &right);
		if (strchr(str_c(&right.text), '%'))
			fail_msg("%s: %s", long_ones[i], str_c(&right.text));
		look(x);
		if (app_view(&x->a)->ops->context == UI_TEXT)
			press(x, "q");
	}
	line_done(&left);
	line_done(&right);
}

static void test_screen_events(void **state)
{
	struct screen *x = open_screen(24, 80);

	tell_text(x, STORE_NEW_MAIL, POSTBOX_HOME, "INBOX");
	look_sees(x, "2 new messages in home INBOX");
	tell_text(x, STORE_NOTICE, POSTBOX_WORK, "The quota is nearly full");
	look_sees(x, "The quota is nearly full");
	tell_text(x, STORE_SEND_FAILED, POSTBOX_WORK, "");
	look_sees(x, "(:outbox)");
	/* The cursor stays on its message, whatever arrives above it. */
	press(x, "= j");
	mail_arrives(x, 3);
	look(x);
	press_asks(x, "d", "delete 2");
	press(x, "Enter");
	mail_arrives(x, 1);
	look_sees(x, "Subject: the new cache format");
}

static void test_screen_password(void **state)
{
	struct screen *x = open_screen(24, 80);

	press(x, ":");
	tell(x, told(STORE_PASSWORD, POSTBOX_HOME));
	look(x);
	/* Not while something else is being typed. */
	sees_not(x, "Password");
	press_sees(x, "Esc", "Password for home (alice@example.org):");
	press_sees_not(x, "s 3 Backspace c", "sc");
	sees(x, "**");
	press_asks(x, "Enter", "password 1 sc");
	assert_null(history_get(x->a.history, HISTORY_COMMAND, 1));
}

/* Of the list that was opened last. */
static const char *sorting(const struct screen *x)
{
	static char said[40];
	const struct sorting *is = &x->e->lists->want;

	snprintf(said, sizeof(said), "sort %d%s", (int)is->sort, is->reverse ? " reverse" : "");
	return said;
}

static void test_screen_fold(void **state)
{
	struct screen *x = open_screen(24, 80);

	press_sees_not(x, "= j j j Alt-v", "pages of 256");
	press_sees(x, "Esc v", "│ └─>");
	press(x, "o s");
	assert_string_equal(sorting(x), "sort 3");
	press(x, "O d");
	assert_string_equal(sorting(x), "sort 0 reverse");
}

static struct store_event *checked(const char *text)
{
	struct store_event *ev = told(STORE_CHECKED, POSTBOX_WORK);

	str_adds(&ev->checked.text, text);
	return ev;
}

static void test_screen_lists(void **state)
{
	static const struct {
		const char *command, *want;
	} rows[] = {
		{"pending", "Move 3 messages from Inbox to Archive"},
		{"outbox", "unconfirmed"},
		{"drafts", "Half a thought"},
		{"folders", "Old mail"},
		{"check", "connected, logged in"},
		{"check", "IMAP suits mail that is read on several devices"},
		{"help", "go to the next unread message"},
		{"help move", "move to a folder"},
		{"help options", "confirm-quit = no"},
		{"help keys", "Everywhere"},
		{"messages", "Nothing was said yet"},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		struct screen *x = open_screen(24, 80);

		if (strcmp(rows[i].command, "pending") == 0) {
			press(x, "= t j t j t ; s 'Archive' Enter");
		} else if (strcmp(rows[i].command, "check") == 0) {
			answer_next(checked("IMAP  imap.example.org:993  connected, logged in\n"));
		}
		command_sees(x, rows[i].command, rows[i].want);
		press_sees(x, "q", "INBOX");
	}
}

/* Changes go out from now on. */
static void server_is_there(struct screen *x)
{
	desk_online(POSTBOX_WORK, LANE_MAIN);
	look(x);
}

/* The change that is on its way is one that is looked at before it is done. */
static void op_refused(struct screen *x, const char *why)
{
	struct job *j = desk_job(POSTBOX_WORK, LANE_MAIN, JOB_OP);
	struct result *r = result_new(RESULT_OP);

	r->op.id = j->op.what->id;
	err_set(&r->err, ERR_REFUSED, "%s", why);
	job_free(j);
	desk_give(POSTBOX_WORK, r);
	while (!x->e->accounts[POSTBOX_WORK].refused.n)
		wait_event(x);
	look(x);
}

static void test_screen_pending(void **state)
{
	struct screen *x = open_screen(24, 80);

	server_is_there(x);
	press(x, "=");
	command(x, "copy Lists");
	op_refused(x, "full");
	press(x, "t j t j t ; s 'Archive' Enter F");
	command_sees(x, "pending", "Move 3 messages from Inbox to Archive");
	sees(x, "on its way");
	sees(x, "its turn comes");
	sees(x, "(Invoice 4711): full");
	sees(x, "refused");
	press_sees(x, "d", "on its way to the server already");
	press(x, "j d");
	assert_true(str_starts(asked(), "pending-cancel "));
	assert_string_not_equal(asked(), "pending-cancel 0");
	press_asks(x, "j d", "pending-forget");
	command_asks(x, "drop-change all", "pending-cancel 0");
}

/* What is asked about is what is done something to, whatever takes its place meanwhile. */
static void test_screen_questions_outbox(void **state)
{
	struct screen *x;

	x = open_screen(24, 80);
	tell_outbox(x, 1, 3, OUTBOX_UNCONFIRMED, 1);
	command(x, "outbox");
	forget();
	press_sees(x, "d", "Throw this mail away unsent?");
	tell_outbox(x, 2, 2, OUTBOX_UNCONFIRMED, 1); /* it was sent */
	press(x, "y");
	sees(x, "It is gone meanwhile; nothing was done");
	assert_string_equal(asked(), "");
	press_sees(x, "j r", "a second time?");
	tell_outbox(x, 3, 2, OUTBOX_UNCONFIRMED, 1);
	done_next(NULL);
	press_asks(x, "y", "outbox-retry out3");
	press(x, "k j d");
	tell_outbox(x, 1, 4, OUTBOX_UNCONFIRMED, 1);
	done_next(NULL);
	press_asks(x, "y", "outbox-drop out4");
	press(x, "k k d");
	done_next(NULL);
	press_asks(x, "y", "outbox-drop out2");
	look(x);
	tell_outbox(x, 3, 2, OUTBOX_UNCONFIRMED, 1); /* gone after it was shown under the cursor */
	press(x, "e");
	sees(x, "It is gone meanwhile; nothing was done");
	assert_string_equal(asked(), "outbox-drop out2");
}

/* The words are there in full, below the list where there is room, else on a screen of their own.
 */
static void test_screen_outbox_details(void **state)
{
	struct screen *x;

	x = open_screen(24, 80);
	tell_outbox(x, 1, 1, OUTBOX_UNCONFIRMED, 2);
	command_sees(x, "outbox", "bob@example.org: unconfirmed");
	sees(x, "nobody@example.org: refused, 550 5.1.1 <nobody@example.org>: Recipient address");
	sees(x, "local recipient table");
	sees_not(x, ":mail-details");
	press_asks(x, "h", "outbox-hold out1");
	tell_outbox(x, 1, 1, OUTBOX_UNCONFIRMED, 5); /* 1 + 4 * 2 rows of 21 */
	press_sees_not(x, "j", ":mail-details");
	tell_outbox(x, 1, 1, OUTBOX_UNCONFIRMED, 6);
	press_sees(x, "k", ":mail-details shows all of it");
	press_sees(x, "v", "What the relay said");
	sees(x, "unconfirmed: Minutes");
	sees(x, "local recipient table");
}

static void test_screen_questions_messages(void **state)
{
	static const char *const questions[] = {"s", "C", "w", "W", "command_save"};
	static const char *const answers[] = {
		"A r c h i v e Enter", "A r c h i v e Enter", "f", "f", "Enter"};
	struct screen *x = open_screen(24, 80);

	forget();
	for (size_t i = 0; i < MEM_COUNT(questions); i++) {
		press(x, "= j j");
		if (i == 4)
			command(x, "save");
		else
			press(x, questions[i]);
		mail_vanishes(x, view_index_uid(app_view(&x->a)));
		press(x, answers[i]);
		sees(x, "The message is gone meanwhile; nothing was done");
		assert_string_equal(asked(), "");
	}
	press(x, "= w");
	mail_renumbered(x);
	press_sees(x, "f", "switched or numbered anew");
	assert_string_equal(asked(), "");
	press(x, "= t j t j t");
	press(x, "; s");
	mail_vanishes(x, 2);
	press(x, "A r c h i v e Enter");
	assert_non_null(strstr(asked(), "move "));
	command_sees(x, "messages", "1 of the messages is gone meanwhile");
}

static void test_screen_typing_stays(void **state)
{
	struct screen *x = open_screen(24, 80);
	struct term_key r = {.name = "r"}, colon = {.name = ":"};

	/* The preview of a switch asks; who types a command meanwhile is not its answer. */
	press_soon(x, ": 'protocol pop3' Enter");
	app_input(&x->a, &colon);
	type_text(x, "messages y");
	sees(x, ":messages y");
	press_sees(x, "Esc", "Switch work to POP3 now?");
	press(x, "n");
	/* The screen that a command is typed on goes; its letters are no commands. */
	press(x, "= j Enter :");
	mail_vanishes(x, 1);
	type_text(x, "dele");
	forget();
	app_close_view(&x->a, app_view(&x->a));
	press(x, "t e Enter");
	sees(x, "It is gone meanwhile; nothing was done");
	assert_string_equal(asked(), "");
	/* Another screen comes over it. */
	app_input(&x->a, &r);
	app_input(&x->a, &colon);
	press_sees(x, "'delete' Enter", "was not run");
}

/* The attachments come late, and lie over their list, not over what is looked at then. */
static void test_screen_late_parts(void **state)
{
	struct screen *x = open_screen(24, 80);
	struct term_key v = {.name = "v"}, two = {.name = "Alt-2"};

	app_input(&x->a, &v);
	app_input(&x->a, &two);
	look_sees_not(x, "cache.pdf");
	press_sees(x, "Alt-1", "cache.pdf");
}

/* Where no more screen fits, the new one goes without a trace of what it asked for. */
static void test_screen_full_stack(void **state)
{
	struct screen *x = open_screen(24, 80);

	for (int i = 0; i < MAX_STACK - 1; i++)
		press(x, "?");
	sees_not(x, "Too many screens");
	command(x, "drafts");
	look(x);
	command(x, "protocol");
	look_sees_not(x, "Switch work");
	command(x, "messages");
	press(x, "q");
	command_sees(x, "drafts", "Half a thought");
}

static void test_screen_tagged(void **state)
{
	struct screen *x = open_screen(24, 80);

	/* The answer goes to who is tagged, not to who is under the cursor. */
	press(x, "= t G = j j ;");
	press_soon(x, "r :"); /* keeps the editor away */
	look(x);
	press(x, "Esc q y");
	assert_string_equal(asked_to_write(), "reply 1");
	press(x, "= j t = ; g");
	sees(x, "This is for one message, and 2 are tagged; nothing was done");
	press(x, "; f");
	assert_string_equal(asked_to_write(), "reply 1");
	press(x, "; v");
	sees(x, "2 are tagged");
	press(x, "; t");
	press(x, ";");
	sees(x, "Nothing is tagged");
	press(x, "= j j t j j t ; Ctrl-R");
	assert_string_equal(asked(), "flag 3 4 5 6 -0 +1");
}

/* Why an account does not work is seen where it is seen that it does not, and found again. */
static void test_screen_reasons(void **state)
{
	struct screen *x = open_screen(24, 120);
	size_t said;

	tell_state(x, SYNC_WAITING, "down for maintenance until noon");
	look_sees(x, "again in 12 s: down for maintenance until noon");
	sees(x, "q Quit"); /* nothing lies over the keys: it is tried again by itself */
	said = x->a.nmessages;
	/* Each attempt ends the same way: it was said. */
	tell_state(x, SYNC_CONNECTING, "");
	look(x);
	tell_state(x, SYNC_WAITING, "down for maintenance until noon");
	look(x);
	assert_int_equal(x->a.nmessages, said);
	tell_state(x, SYNC_WAITING, "no route to host");
	look(x);
	assert_int_equal(x->a.nmessages, said + 1);
	command_sees(x, "messages", "work: down for maintenance until noon");
	sees(x, "work: no route to host");
	press(x, "q");
	tell_state(x, SYNC_ONLINE, "");
	look(x);
	tell_state(x, SYNC_WAITING, "no route to host");
	look(x);
	assert_int_equal(x->a.nmessages, said + 2);
	tell_state(x, SYNC_FAILED, "wrong password");
	look_sees(x, "work: wrong password");
}

static void test_screen_messages_limit(void **state)
{
	struct screen *x = open_screen(24, 80);

	while (x->a.nmessages < MAX_MESSAGES)
		app_message(&x->a, "message %zu.", x->a.nmessages);
	command(x, "messages");
	press_sees_not(x, "=", "no longer here");
	press(x, "q");
	app_message(&x->a, "one more");
	look_sees(x, "one more");
	app_note(&x->a, "a note");
	look_sees(x, "one more");
	command(x, "messages");
	press_sees(x, "=", "(2 older messages are no longer here)");
}

/* The row above all accounts, and what is typed. */
static void test_screen_inboxes(void **state)
{
	struct screen *x = open_screen(24, 120);

	click(x, x->a.layout.side.row, 2);
	sees(x, "1 All inboxes");
	sees(x, "work Rosa Cas");
	press_sees(x, "End", "home Rosa Cas");
	press(x, "Home");
	command_sees(x, "open Sent", "1 work Sent");
	command_sees(x, "open @inboxes", "1 All inboxes");
	/* The account of the message under the cursor. */
	press(x, "Home");
	command_sees(x, "open Archive", "work Archive");
	command_sees(x, "open @flagged", "1 Flagged");
	sees(x, "work/INBOX   Rosa Cas");
	sees(x, "work/Archive Rosa Cas");
	sees(x, "2 folders not here yet");
	command_sees_not(x, "open @inboxes", "not here yet");
	press_sees(x, "End", "home pop3");
	command_sees(x, "open-tab Archive", "home Archive");
	command(x, "close-tab");
	press_sees(x, "End Enter", "home  INBOX  41/41");
	press(x, "q");
	/* It is no folder that anything could be done to. */
	command(x, "delete-folder");
	sees(x, "There is no folder here; the command takes the name of one");
	command_sees(x, "import /tmp/x", "Into which folder?");
	command_sees_not(x, "account home", "1 home INBOX");
	command(x, "folders");
	press(x, "Home");
	command_sees(x, "delete-folder", "There is no folder here");
	press_sees(x, "Enter", "All inboxes");
	/* One account has its inbox. */
	screen_accounts(1);
	x = open_screen(24, 120);
	sees_not(x, "All inboxes");
}

/* What is looked for in all folders stands over what was on the screen; what is kept of it is a
 * row. */
static void test_screen_find(void **state)
{
	struct screen *x = open_screen(24, 120);

	press_sees(x, "Alt-f", "Find in all folders:");
	press_sees(x, "'subject:cache' Enter", "1 Found: subject:cache");
	sees(x, "work/INBOX");
	command_sees(x, "find subject:4711", "1 Found: subject:4711");
	sees(x, "Invoice 4711");
	sees_not(x, "the new cache format");
	press_sees(x, "Alt-f", "Find in all folders: subject:4711");
	press(x, "Esc");
	command_sees(x, "find (", "column 2");
	sees(x, "1 Found: subject:4711");
	command_sees(x, "save-search bills", "@bills looks for subject:4711 in all folders");
	sees(x, " bills");
	/* Back to where it was. */
	press_sees(x, "q", "1 work");
	command_sees(x, "save-search bills", "Nothing is found or limited here");
	command(x, "limit subject:cache");
	command_sees(x, "save-search bills", "no longer for subject:4711");
	command_sees(x, "open @bills", "1 bills");
	sees(x, "the new cache format");
	command_sees(x, "save-search flagged ~F", "@flagged is there already");
	command(x, "limit subject:pages");
	command_sees(x, "save-search pages", "@pages looks for (subject:cache) (subject:pages)");
	command(x, "folders");
	sees(x, "  subject:cache");
	command_sees_not(x, "forget-search @pages", "(subject:pages)");
	command_sees(x, "forget-search pages", "There is no saved search pages");
	press_sees(x, ": 'forget-search b' Tab", "forget-search bills");
	press_sees(x, "Enter", "@bills is no saved search any more");
}

/* Twelve rows of folders and accounts in nine lines: a click is about what is seen under it. */
static void test_screen_side_click(void **state)
{
	struct screen *x = open_screen(12, 120);
	int top = x->a.layout.side.row;

	assert_int_equal(x->a.layout.side.rows, 9);
	click(x, top + 5, 2);
	sees(x, "work Lists");
	press_sees(x, "c 'Trash' Enter", "work Trash");
	/* Scrolled by three now. */
	click(x, top + 2, 2);
	sees(x, "work Lists");
	click(x, top + 8, 2);
	sees(x, "work Drafts");
	click(x, top + 9, 2); /* the status line */
	sees(x, "work Drafts");
}

static void test_screen_side_keys(void **state)
{
	struct screen *x = open_screen(24, 120);

	press(x, ")");
	assert_true(x->a.side_active);
	assert_int_equal(term_cursor_row(), x->a.layout.side.row + (int)x->a.side_cursor);
	press(x, "q");
	assert_false(x->a.side_active);
	assert_false(x->a.quit);
	press(x, ") Esc");
	assert_false(x->a.side_active);
	press(x, "q");
	assert_true(x->a.quit);
}

/* The terminal's cursor is where the keys go, in every screen. */
static void test_screen_cursor(void **state)
{
	static const struct {
		const char *command, *keys;
		int row; /* of the main region */
	} cases[] = {{"first", "j j", 2}, {"folders", "=", 0}, {"folders", "= j", 1},
		{"outbox", "", 0}, {"pending", "j", 1}, {"drafts", "", 0}, {"help", "", 0},
		{"messages", "", 0}};
	struct screen *x = open_screen(24, 80);

	command(x, "copy Archive");
	press(x, "F"); /* two changes wait */
	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		command(x, cases[i].command);
		press(x, cases[i].keys);
		assert_int_equal(term_cursor_row(), x->a.layout.main.row + cases[i].row);
		if (app_view(&x->a)->ops->context != UI_INDEX)
			press(x, "q");
	}
	press(x, "= Enter");
	assert_int_equal(term_cursor_row(), x->a.layout.main.row);
	press(x, "/");
	assert_int_equal(term_cursor_row(), x->a.layout.bar.row);
	press(x, "'because a page' Enter");
	assert_int_equal(term_cursor_row(), x->a.layout.main.row + 7);
	/* In the split the list has it while its keys work. */
	x = open_screen(60, 80);
	press(x, "= j");
	assert_int_equal(term_cursor_row(), x->a.layout.main.row + 1);
	press(x, "Enter");
	assert_int_equal(term_cursor_row(), x->a.layout.preview.row);
}

/* The cursor has rested, or it has just moved. */
static void rest(struct screen *x, int ms)
{
	struct view *v = app_view(&x->a);

	v->ops->tick(v, clock_ms() + ms);
	look(x);
}

/* Folders, list and message side by side. */
static void test_screen_wide(void **state)
{
	struct screen *x = open_screen(24, 200);

	press(x, "= j j");
	forget();
	rest(x, 1000);
	sees(x, "Because a page is");
	sees(x, "Line 3 of the message 3.");
	/* Nobody asked for what is large and not here. */
	press(x, "k");
	rest(x, 1000);
	sees(x, "Not here yet, 812k");
	assert_string_equal(asked(), "");
	press_sees(x, "Enter", "Line 3 of the message 2.");
	sees(x, "Invoice 4711"); /* the list stays */
	assert_int_equal(term_cursor_row(), x->a.layout.preview.row);
	press_sees(x, "j", "Line 3 of the message 3.");
	press(x, "q");
	assert_int_equal(term_cursor_row(), x->a.layout.main.row + 2);
	/* What is passed by is not waited for. */
	hold_reads(true);
	press(x, "j");
	rest(x, 1000);
	sees_not(x, "Line 3 of the message 4.");
	press(x, "j");
	rest(x, 0);
	hold_reads(false);
	press(x, "k");
	rest(x, 1000);
	sees(x, "Line 3 of the message 4.");
	command_sees_not(x, "set layout single", "Line 3 of the message 4.");
	command(x, "set layout split");
	sees_not(x, "Line 3 of the message 4."); /* too low for both */
	command_sees(x, "set layout wide", "Line 3 of the message 4.");
	command_sees(x, "set preview-lines many", "auto or a number from 0 to 200");
	command_sees_not(x, "set preview-lines 0", "Line 3 of the message 4.");
}

/* At any moment the window may get any size. */
static void test_screen_resized(void **state)
{
	static const int sizes[][2] = {
		{60, 200}, {24, 160}, {24, 159}, {60, 80}, {5, 30}, {3, 10}, {40, 320}, {24, 80}};
	static const char *const keys[] = {"= j", "Enter", "q /", "Esc :folders Enter", "q = c"};
	struct screen *x = open_screen(24, 80);

	for (size_t k = 0; k < MEM_COUNT(keys); k++) {
		press(x, keys[k]);
		for (size_t i = 0; i < MEM_COUNT(sizes); i++) {
			struct view *v = app_view(&x->a);

			term_resize_headless(sizes[i][0], sizes[i][1]);
			app_relayout(&x->a);
			if (v->ops->tick)
				rest(x, 1000);
			look(x);
			assert_int_equal(x->a.layout.cols, sizes[i][1]);
			assert_int_equal(
				x->a.layout.both, v->ops->split && (i < 2 || i == 3 || i == 6));
		}
	}
}

static void test_screen_esc(void **state)
{
	struct screen *x = open_screen(24, 80);

	press(x, "= Esc j");
	assert_int_equal(view_index_uid(app_view(&x->a)), 2);
	forget();
	press(x, "Esc t"); /* one of its own */
	press(x, "; d");
	assert_string_equal(asked(), "delete 2");
	press_sees(x, "Esc", "Esc-");
	press_sees_not(x, "Esc", "Esc-");
}

/* A long paste costs no more with each key, and the place of the cursor is seen. */
static void test_screen_long_paste(void **state)
{
	struct screen *x = open_screen(24, 80);
	struct str s = STR_INIT;
	clock_t start;

	for (int i = 0; i < 10000; i++)
		str_adds(&s, "会");
	str_adds(&s, "the end");
	press(x, ":");
	type_text(x, str_c(&s));
	sees(x, "the end");
	start = clock();
	for (int i = 0; i < 40; i++)
		press(x, "Left Right x Backspace");
	assert_true((clock() - start) / CLOCKS_PER_SEC < 8);
	sees(x, "the end");
	press_sees(x, "Home", ":会");
	sees_not(x, "the end");
	press(x, "Esc");
	str_done(&s);
}

/* What a limit keeps out is said. */
static void test_screen_limits(void **state)
{
	struct screen *x = open_screen(24, 80);
	struct term_key paste = {.name = "Paste", .cut = true};
	struct str s = STR_INIT;

	press(x, ":");
	for (int i = 0; i < PROMPT_TEXT_MAX - 1; i++)
		str_addc(&s, 'x');
	type_text(x, str_c(&s));
	sees_not(x, "The line is full");
	press_sees_not(x, "y", "The line is full");
	press_sees(x, "z", "The line is full: nothing more was taken");
	assert_int_equal(x->a.prompt.text.len, PROMPT_TEXT_MAX);
	press_sees_not(x, "Backspace", "The line is full");
	paste.text = mem_strdup("w");
	app_input(&x->a, &paste);
	free(paste.text);
	look_sees(x, "More was pasted than can be taken");
	press_sees_not(x, "Backspace", "More was pasted");
	press(x, "Esc");
	str_done(&s);
}

static void test_screen_many_accounts(void **state)
{
	for (size_t n = MAX_TABS - 4; n <= MAX_TABS - 2; n++) {
		struct screen *x;

		screen_accounts(n);
		x = open_screen(24, 80);
		assert_int_equal(x->a.ntabs, n < MAX_TABS - 2 ? n : MAX_TABS - 3);
		if (n == MAX_TABS - 2)
			sees(x, "1 account has no tab");
		else
			sees_not(x, "has no tab");
	}
}

/* Keys wait for a search that is on its way: as many as there is room for. */
static void test_screen_typed_ahead(void **state)
{
	struct screen *x = open_screen(24, 80);

	press_soon(x, "= / '4712' Enter");
	assert_int_not_equal(x->a.holding, 0);
	for (int i = 0; i < 256; i++)
		press_soon(x, "M");
	assert_int_equal(x->a.nheld, 256);
	assert_false(x->a.message_shown);
	press_soon(x, "M");
	assert_int_equal(x->a.nheld, 256);
	app_paint(&x->a);
	assert_true(x->a.message_shown);
	look(x);
	assert_int_equal(x->a.nheld, 0);
}

static size_t offers(void *ctx, const char *line, struct strv *out)
{
	size_t n = *(size_t *)ctx;

	(void)line;
	for (size_t i = 0; i < n && i < PROMPT_FOUND_MAX + 1; i++) {
		struct str s = STR_INIT;

		str_addf(&s, "word%03zu", i);
		strv_take(out, str_steal(&s));
	}
	return 0;
}

static void test_screen_completions(void **state)
{
	struct screen *x = open_screen(24, 80);

	for (size_t n = PROMPT_FOUND_MAX - 1; n <= PROMPT_FOUND_MAX + 1; n++) {
		press(x, ":");
		x->a.prompt.complete = offers;
		x->a.prompt.ctx = &n;
		press(x, "w Tab Shift-Tab");
		assert_int_equal(x->a.prompt.found.n, n > PROMPT_FOUND_MAX ? PROMPT_FOUND_MAX : n);
		if (n > PROMPT_FOUND_MAX)
			sees(x, "and more: go on typing");
		else
			sees_not(x, "and more");
		press(x, "Esc");
	}
}

/* A question is read to its end, whatever the window. */
static void test_screen_long_question(void **state)
{
	struct screen *x;

	x = open_screen(24, 40);
	tell_outbox(x, 1, 2, OUTBOX_QUEUED, 1);
	press_sees(x, "q", "2 mails are not sent yet");
	sees(x, "Quit? (y/n)");
	press(x, "y");
	assert_true(x->a.quit);
	x = open_screen(5, 20); /* one row for both */
	tell_outbox(x, 1, 2, OUTBOX_QUEUED, 1);
	press_sees(x, "q", "(y/n)");
}

/* Wider than what goes to curses at once. */
static void test_term_wide(void **state)
{
	struct style_set set = {0};
	struct str s = STR_INIT, row = STR_INIT;

	style_theme(&set, "dark");
	assert_int_equal(term_start_headless(&set, 4, 1300, NULL), 0);
	for (int width = 505; width <= 1100; width += width < 520 ? 1 : 290) {
		str_clear(&s);
		str_clear(&row);
		for (int i = 0; i < width; i++)
			str_addc(&s, (char)('a' + i % 26));
		term_erase();
		assert_int_equal(term_put(0, 0, 1300, STYLE_PLAIN, str_c(&s), s.len), width);
		term_flush();
		term_row_text(0, &row);
		assert_string_equal(str_c(&row), str_c(&s));
	}
	term_stop();
	str_done(&s);
	str_done(&row);
}

/* More changes of colours than a terminal has pairs of them. */
static void test_screen_colors(void **state)
{
	struct screen *x = open_screen(24, 80);
	struct str s = STR_INIT;

	for (int i = 0; i < 300; i++) {
		str_clear(&s);
		str_addf(&s, "color subject %d %d", 20 + i % 200, 20 + i / 2);
		commands_run(&x->a, str_c(&s));
		look(x);
		assert_true(term_pairs_left() > 0);
	}
	str_done(&s);
	sees(x, "INBOX");
}

/* A day that the next month has not is the one it was. */
static void test_screen_color_day(void **state)
{
	struct screen *x = open_screen(24, 80);
	struct msglist *l = view_index_list(app_view(&x->a));
	struct msg_row m;
	struct rule *r;

	assert_true(msglist_row(l, 0, &m));
	desk_date(1793448000); /* 2026-10-31 */
	r = rule_new("~d -31 | ~A", NULL);
	assert_true(rule_finds(r, x->s, l, m.uid));
	desk_date(1793448000 + 86400);
	assert_true(rule_finds(r, x->s, l, m.uid));
	desk_date(0);
	rule_free(r);
}

/* A colour of its own for what a search finds, as often as there is room. */
static void test_screen_color_rules(void **state)
{
	struct screen *x = open_screen(24, 80);
	struct msglist *l = view_index_list(app_view(&x->a));
	struct index_format f = {.width = 80, .date_format = "", .now = 1, .rule = STYLE_RULE};
	struct index_need need = {0};
	struct line line = LINE_INIT;
	struct rule *all = rule_new("~A !(subject:nowhere | ~P)", NULL),
		    *mine = rule_new("is:from-me", NULL);
	struct msg_row m;

	assert_true(msglist_row(l, 0, &m));
	assert_true(rule_finds(all, x->s, l, m.uid));
	assert_false(rule_finds(mine, x->s, l, m.uid));
	assert_false(rule_finds(all, x->s, l, UINT32_MAX));
	rule_free(all);
	rule_free(mine);
	command(x, "color index 201 33 subject:nowhere");
	command(x, "color index 202 34 ~A");
	assert_int_equal(x->c->nrules, 2);
	for (int i = 2; i < STYLE_RULES; i++)
		command(x, "color index red ~D");
	command_sees(x, "color index red ~D", "more than 16 colors of rows");
	listing_read(&f.columns, "", "from subject", NULL);
	m.flags |= MAIL_SEEN;
	m.tagged = false;
	index_need_begin(&need, &f);
	index_measure(&need, &m, &f);
	index_fit(&f, &need);
	index_row(&line, &m, &f);
	assert_int_equal(line.parts[0].style, STYLE_RULE);
	line_done(&line);
	m.flags &= ~(uint32_t)MAIL_SEEN;
	line = (struct line)LINE_INIT;
	index_row(&line, &m, &f);
	assert_int_equal(line.parts[0].style, STYLE_RULE + 1);
	line_done(&line);
}

static void test_screen_quit(void **state)
{
	struct screen *x;

	x = open_screen(
		24, 80); /* what failed was told, and does not go at the next start either */
	press(x, "q");
	assert_true(x->a.quit);
	for (int n = 0; n < 3; n++) {
		x = open_screen(24, 80);
		tell_outbox(x, 1, n, OUTBOX_QUEUED, 1);
		press(x, "q");
		if (n == 0) {
			assert_true(x->a.quit);
		} else {
			sees(x, n == 1 ? "1 mail is not sent yet" : "2 mails are not sent yet");
			assert_false(x->a.quit);
			press(x, "n");
			assert_false(x->a.quit);
			press(x, "q y");
			assert_true(x->a.quit);
		}
	}
	x = open_screen(24, 80);
	command(x, "set confirm-quit");
	press_sees(x, "q", "Quit? (y/n)");
	assert_false(x->a.quit);
	press(x, "Enter");
	assert_true(x->a.quit);
}

static void test_screen_options(void **state)
{
	struct screen *x = open_screen(24, 100);

	command(x, "set sort=reverse-size");
	assert_string_equal(sorting(x), "sort 4 reverse");
	command(x, "sort from");
	assert_string_equal(sorting(x), "sort 2");
	command(x, "sort -r reverse-from");
	assert_string_equal(sorting(x), "sort 2");
	press_sees(x, "o", "Sort by (d)ate");
	press(x, "z");
	assert_string_equal(sorting(x), "sort 4");
	press(x, "O u");
	assert_string_equal(sorting(x), "sort 5 reverse");
	command_sees(x, "sort nonsense", "not “nonsense”");
	assert_true(msglist_threads(view_index_list(app_view(&x->a))));
	command(x, "set nothreads");
	assert_false(msglist_threads(view_index_list(app_view(&x->a))));
	sees(x, "imap │");
	command_sees_not(x, "set sidebar=no", "imap │");
	command_sees(x, "set sidebar=yes", "imap │");
	command_sees(x, "open nonsense", "There is no folder “nonsense”");
	sees(x, "work imap ● online   INBOX");
}

/* Who looks at an end of the list sees what comes there; who is in the middle stays where he is. */
static void test_screen_arrivals(void **state)
{
	struct screen *x = open_screen(24, 80);
	int top = x->a.layout.main.row;

	press(x, "=");
	mail_arrives(x, 2);
	look_sees(x, "Just in");
	assert_int_equal(term_cursor_row(), top + 2);
	assert_int_equal(view_index_uid(app_view(&x->a)), 1);
	/* Not so many that the message of the cursor would go. */
	mail_arrives(x, 18);
	look(x);
	assert_int_equal(term_cursor_row(), top + 20);
	mail_arrives(x, 1);
	look(x);
	assert_int_equal(view_index_uid(app_view(&x->a)), 1);
	assert_int_equal(term_cursor_row(), top + 20);
}

static void test_screen_forgotten_file(void **state)
{
	struct screen *x = open_screen(24, 80);

	postbox_draft(
		"speaks", "bob@example.org", "The file", "Attached you find it.\n", false, false);
	begin_draft(x, "The file");
	press(x, "s Ctrl-U Enter");
	forget();
	press_sees(x, "y", "No subject");
	press_sees(x, "y", "speaks of an attachment");
	press_asks(x, "n", "");
	press_asks(x, "y y y", "send speaks");
}

static void test_screen_list_reply(void **state)
{
	struct screen *x = open_screen(24, 80);

	forget();
	press_sees(x, "= L", "came from no mailing list");
	assert_string_equal(asked_to_write(), "");
	command(x, "jump 8");
	press_soon(x, "L :");
	look(x);
	press(x, "Esc");
	assert_string_equal(asked_to_write(), "reply-list 8");
}

static void test_screen_muted(void **state)
{
	struct screen *x = open_screen(24, 80);

	press(x, "= j j j");
	command_sees(x, "mute-thread", "What comes to this thread comes read");
	assert_string_equal(asked(), "keywords 3 4 5 6 - $muted");
	sees(x, "\n m   Wei Xu");
	sees(x, "\n N   linux-kernel");
	command_sees(x, "mute-thread", "This thread is heard of again");
	assert_string_equal(asked(), "keywords 3 4 5 6 $muted -");
	sees(x, "\n     Wei Xu");
}

static void test_screen_columns(void **state)
{
	struct screen *x = open_screen(24, 120);

	command_sees(x, "set index-columns number subject from", "17  Invoice 4711 ");
	command_sees(x, "set index-columns number sujet", "did you mean “subject”?");
	command_sees(x, "folder-columns INBOX size subject", "│ 12k  Invoice 4711\n");
	command_sees(x, "folder-columns INBOX sizes", "did you mean “size”?");
	sees(x, "│ 12k  Invoice 4711\n");
	command_sees(x, "folder-columns inbox", "17  Invoice 4711 ");
	type_keys(x, ":folder-columns sent key");
	press_sees(x, "Tab", ":folder-columns sent keywords");
	press(x, "Esc");
	/* The receiver is who matters, but where it has a column of its own. */
	command(x, "set index-columns from subject");
	command_sees(x, "open Sent", "To alice@example");
	command_sees(x, "folder-columns sent from to subject", "Jeff B");
	sees_not(x, "To alice@example");
}

static void test_screen_sizes(void **state)
{
	struct screen *x = open_screen(24, 80);

	for (int rows = 1; rows < 64; rows += 3)
		for (int cols = 1; cols < 210; cols += 23) {
			reopen_screen(x, rows, cols);
			press(x, "= j j Enter j v q q y j q ? q");
		}
}

/* Curses knows the new size before the program does: nothing is written outside the old picture,
 * and the next frame has the new one. */
static void test_screen_resized_unasked(void **state)
{
	static const int sizes[][2] = {{60, 200}, {4, 20}, {3, 19}, {1, 1}, {61, 201}, {24, 80}};
	struct screen *x = open_screen(24, 80);

	for (size_t i = 0; i < MEM_COUNT(sizes); i++) {
		term_resize_headless(sizes[i][0], sizes[i][1]);
		look(x);
		assert_int_equal(term_rows(), sizes[i][0]);
		assert_int_equal(term_cols(), sizes[i][1]);
		assert_int_equal(x->a.layout.rows, sizes[i][0]);
		if (!x->a.layout.too_small)
			assert_int_equal(x->a.layout.bar.row, sizes[i][0] - 1);
	}
	sees(x, "q Quit");
}

/* Rows of the list for as long as there is any room. */
static void test_screen_tiny(void **state)
{
	struct screen *x = open_screen(4, 20);

	press_sees(x, "=", "Rosa …");
	sees(x, "Inv");
	press_sees(x, ":", ":");
	press_sees(x, "Esc Enter", "Invo");
	x = open_screen(3, 20);
	sees(x, "too small");
}

/* While a folder is read for the first time: how much of what the server has. */
static void test_screen_fill(void **state)
{
	struct screen *x = open_screen(24, 100);

	mail_comes_in(x);
	sees(x, "fetching 40 of 104,233");
}

/* The account that is looked at has nothing to be sent, another has: that is shown, and whose. */
static void test_screen_outbox_elsewhere(void **state)
{
	struct screen *x = open_screen(24, 80);

	command_sees(x, "account home", " home pop3");
	command_sees(x, "outbox", "unconfirmed");
	sees(x, " work imap");
	press(x, "q");
	tell_outbox(x, 1, 0, OUTBOX_QUEUED, 1);
	command_sees(x, "outbox", "Nothing waits");
	sees(x, " home pop3");
}

/* What was edited is not there to come back to. */
static void test_screen_outbox_edit(void **state)
{
	struct screen *x = open_screen(24, 80);

	command_sees(x, "outbox", "unconfirmed");
	/* It may be sent twice: Enter and e ask first, as r does. */
	press_sees(x, "Enter", "It may have arrived already");
	press(x, "n");
	assert_string_not_equal(asked(), "outbox-edit out1");
	press_sees(x, "e", "It may have arrived already");
	/* A question keeps the editor from taking the keyboard. */
	press_soon(x, "y :");
	look(x);
	assert_string_equal(asked(), "outbox-edit out1");
	press_sees(x, "Esc", "To  bob@example.org");
	press_asks(x, "y", "send out1");
	sees_not(x, "unconfirmed");
	sees(x, "Invoice");
}

static void make_file(char path[SCRATCH_SIZE])
{
	int fd = mkstemp(scratch(path, "file"));

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
}

/* The second is asked for before the first is saved; and the text stays in sight with many. */
static void test_screen_attach(void **state)
{
	struct screen *x = open_screen(24, 100);
	char files[25][SCRATCH_SIZE], line[SCRATCH_SIZE + 10];

	begin_answer(x);
	for (size_t i = 0; i < 25; i++) {
		make_file(files[i]);
		snprintf(line, sizeof(line), "attach %s", files[i]);
		commands_run(&x->a, line);
		if (i != 1)
			continue;
		look_sees(x, strrchr(files[0], '/') + 1);
		sees(x, strrchr(files[1], '/') + 1);
		sees(x, "2 files");
	}
	look_sees(x, "25 fil");
	sees(x, "more files, named below the text");
	sees(x, "why not pages of 256?");
	press_sees(x, "End", strrchr(files[24], '/') + 1);
	press_sees(x, "D '2' Enter", "24 fil");
	sees_not(x, strrchr(files[1], '/') + 1);
	for (size_t i = 0; i < 25; i++)
		unlink(files[i]);
}

/* The text of a row from its first character on. */
static char *row_text(struct screen *x, int row)
{
	const char *s = str_c(&x->text);

	for (; row > 0; row--)
		s = strchr(s, '\n') + 1;
	while (*s == ' ')
		s++;
	return mem_strndup(s, strcspn(s, "\n"));
}

/* In another width the lines are broken elsewhere, but the reader is not lost. */
static void test_screen_rewrap(void **state)
{
	struct screen *x = open_screen(24, 80);
	struct view *v;
	char *wide, *narrow, *again;

	press(x, "? Space Space");
	v = app_view(&x->a);
	wide = row_text(x, 1);
	v->ops->show(v, 21, 34);
	look(x);
	narrow = row_text(x, 1);
	assert_true(strlen(narrow) > 8);
	assert_memory_equal(wide, narrow, 8);
	v->ops->show(v, 21, 78);
	look(x);
	again = row_text(x, 1);
	assert_string_equal(again, wide);
	free(wide);
	free(narrow);
	free(again);
}

static struct text *broken(const char *words, size_t columns)
{
	struct text *t = text_new();
	const char *s = words;

	while (*s) {
		size_t n = strlen(s) < columns ? strlen(s) : columns;
		struct str line = STR_INIT;

		while (s[n] && s[n] != ' ')
			n++;
		str_addf(&line, "> %.*s", (int)n, s);
		text_add(t, TEXT_QUOTE1, str_c(&line), line.len);
		str_done(&line);
		s += n + (s[n] == ' ');
	}
	return t;
}

static void test_pager_place(void **state)
{
	struct text *wide, *narrow;
	struct str words = STR_INIT;
	struct pager p = {.rows = 5};

	for (int i = 0; i < 1000; i++)
		str_addf(&words, "%sword%d", i ? " " : "", i);
	wide = broken(str_c(&words), 70);
	narrow = broken(str_c(&words), 12);
	pager_set(&p, wide, false);
	assert_int_equal(p.top, 0);
	p.top = 40;
	pager_set(&p, narrow, true);
	assert_non_null(strstr(wide->lines[40].s, narrow->lines[p.top].s + 2));
	pager_set(&p, wide, true);
	assert_in_range(p.top, 39, 40);
	pager_set(&p, narrow, false);
	assert_int_equal(p.top, 0);
	pager_done(&p);
	text_free(wide);
	text_free(narrow);
	str_done(&words);
}

/* Typed before the answer: the keys mean the message that is found. */
static void test_screen_keys_wait(void **state)
{
	static const char *const keys[] = {"=", "/", "4", "7", "1", "2", "Enter", "Enter"};
	struct screen *x = open_screen(24, 80);

	for (size_t i = 0; i < MEM_COUNT(keys); i++) {
		struct term_key key = {0};

		snprintf(key.name, sizeof(key.name), "%s", keys[i]);
		app_input(&x->a, &key);
	}
	assert_int_not_equal(x->a.holding, 0);
	look(x);
	look_sees(x, "Invoice 4712");
	sees_not(x, "q Quit");
	assert_int_equal(x->a.holding, 0);
	/* Taken back: what was typed is gone, and keys work at once. */
	press(x, "q =");
	press_soon(x, "n d Esc");
	assert_int_equal(x->a.holding, 0);
	look_sees(x, "Cancelled");
	assert_null(strstr(asked(), "delete"));
	/* Nor is anything done elsewhere when the list went. */
	press_soon(x, "n d");
	app_close_list(&x->a, view_index_list(app_view(&x->a)));
	app_show_tab(&x->a, 0);
	look(x);
	assert_int_equal(x->a.holding, 0);
	assert_null(strstr(asked(), "delete"));
	command_sees(x, "messages", "typed ahead is lost");
}

/* The account of the status line is that of what is looked at, and stays it under a text. */
static void test_screen_account(void **state)
{
	struct screen *x = open_screen(24, 80);

	sees(x, " work imap");
	press_sees(x, "y", " work imap");
	for (int i = 0; i < 99 && app_account(&x->a) == 0; i++)
		press(x, "j");
	sees(x, " home pop3");
	press_sees(x, "?", "Help");
	sees(x, " home pop3");
	press_sees(x, "q q", " work imap");
	app_push(&x->a, view_outbox_new(&x->a, 1));
	look_sees(x, " home pop3");
	press(x, "q");
	/* The drafts of all: the one under the cursor is of another. */
	app_push(&x->a, view_drafts_new(&x->a, 1));
	look_sees(x, " work imap");
	sees(x, "work/here");
}

/* The rows of the drafts come a moment after the screen: what is typed meanwhile is about them. */
static void test_drafts_typed_ahead(void **state)
{
	struct screen *x = open_screen(24, 80);
	struct term_key enter = {.name = "Enter"};

	app_push(&x->a, view_drafts_new(&x->a, 0));
	glance(x);
	sees(x, "Opening …");
	sees_not(x, "No drafts");
	app_input(&x->a, &enter);
	app_events(&x->a);
	look(x);
	assert_int_equal(app_view(&x->a)->ops->context, UI_COMPOSE);
}

/* Who does not wait for them is not left on a screen that says they come. */
static void test_drafts_given_up(void **state)
{
	struct screen *x = open_screen(24, 80);
	struct term_key esc = {.name = "Esc"};

	app_push(&x->a, view_drafts_new(&x->a, 0));
	app_input(&x->a, &esc);
	look_sees(x, "Cancelled");
	sees_not(x, "Opening …");
	assert_int_equal(app_view(&x->a)->ops->context, UI_INDEX);
}

struct cost {
	size_t bytes, puts, writes;
};

/* How often this thread called write(), as Linux counts it; 0 where that cannot be known. */
static size_t writes_so_far(void)
{
	FILE *f = fopen("/proc/thread-self/io", "r");
	char line[80];
	size_t n = 0;

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "syscw:", 6) == 0)
			n = strtoul(line + 6, NULL, 10);
	if (f)
		fclose(f);
	return n;
}

static struct cost cost_of(struct screen *x, const char *keys)
{
	size_t bytes = term_sent(), puts = term_puts(), writes = writes_so_far();

	press_soon(x, keys);
	glance(x);
	writes = writes_so_far() - writes;
	return (struct cost){term_sent() - bytes, term_puts() - puts, writes};
}

/* A key costs what it changes: counts, so that a loaded machine does not matter. */
static void test_screen_costs(void **state)
{
	struct screen *x = open_screen(24, 80);
	struct cost line, page, again;

	press(x, "= j j j");
	again = cost_of(x, "");
	line = cost_of(x, "j");
	page = cost_of(x, "z");
	assert_int_equal(again.bytes, 0);
	/* Two rows are drawn, and the bars; a page is drawn whole. */
	assert_in_range(line.bytes, 80, 260);
	assert_in_range(line.puts, 1, 40);
	assert_in_range(page.bytes, 300, 2800);
	assert_in_range(page.puts, 40, 300);
	/* ncurses would write once per movement of the cursor. */
	assert_in_range(line.writes, 0, 1);
	assert_in_range(page.writes, 0, 2);
}

/* The list moves by one row: the terminal moves what it has. */
static void test_screen_scroll_cost(void **state)
{
	struct screen *x = open_screen(14, 80);
	struct cost up, down;

	press(x, "= j j j j j j j j j j");
	down = cost_of(x, "j");
	assert_in_range(down.bytes, 80, 330);
	assert_in_range(down.puts, 1, 40);
	press(x, "k k k k k k k k k k");
	up = cost_of(x, "k");
	assert_in_range(up.bytes, 80, 330);
	assert_in_range(up.puts, 1, 40);
}

/* Nothing that comes from a mail can move the cursor of the terminal. */
static void test_term_filters(void **state)
{
	struct style_set set = {0};
	struct str s = STR_INIT;
	static const char evil[] = "a\033[2Jb\x07\xC2\x9B"
				   "1m\xE2\x80\xAE"
				   "c\td\xFF日";

	style_theme(&set, "dark");
	assert_int_equal(term_start_headless(&set, 5, 40, NULL), 0);
	term_put(1, 0, 40, STYLE_PLAIN, evil, sizeof(evil) - 1);
	term_row_text(1, &s);
	assert_string_equal(str_c(&s), "a[2Jb1mc d\xEF\xBF\xBD日");
	str_clear(&s);
	assert_int_equal(term_put(2, 0, 3, STYLE_PLAIN, "日本語", 9), 2);
	term_row_text(2, &s);
	assert_string_equal(str_c(&s), "日");
	str_done(&s);
	term_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCREEN_CASE(test_prompt_edit),
		SCREEN_CASE(test_prompt_ends),
		SCREEN_CASE(test_prompt_paste),
		SCREEN_CASE(test_prompt_history),
		SCREEN_CASE(test_history_limits),
		SCREEN_CASE(test_history_damaged),
		SCREEN_CASE(test_prompt_complete),
		SCREEN_CASE(test_prompt_letters),
		SCREEN_CASE(test_key_names),
		SCREEN_CASE(test_key_lookup),
		SCREEN_CASE(test_default_keys),
		SCREEN_CASE(test_command_check),
		SCREEN_CASE(test_config_lines),
		SCREEN_CASE(test_command_rows),
		SCREEN_CASE(test_screen_rows),
		SCREEN_CASE(test_manual),
		SCREEN_CASE(test_style_words),
		SCREEN_CASE(test_styles),
		SCREEN_CASE(test_style_contrast),
		SCREEN_CASE(test_style_hues),
		SCREEN_CASE(test_style_unread),
		SCREEN_CASE(test_background),
		SCREEN_CASE(test_index_row_width),
		SCREEN_CASE(test_index_row_text),
		SCREEN_CASE(test_index_row_depth),
		SCREEN_CASE(test_index_row_folded),
		SCREEN_CASE(test_index_need),
		SCREEN_CASE(test_index_date),
		SCREEN_CASE(test_bare_subject),
		SCREEN_CASE(test_numbers),
		SCREEN_CASE(test_layout),
		SCREEN_CASE(test_layout_wide),
		SCREEN_CASE(test_layout_sizes),
		SCREEN_CASE(test_scroll),
		SCREEN_CASE(test_draft_text),
		SCREEN_CASE(test_screen_index),
		SCREEN_CASE(test_screen_large),
		SCREEN_CASE(test_screen_read),
		SCREEN_CASE(test_screen_head),
		SCREEN_CASE(test_screen_unsubscribe),
		SCREEN_CASE(test_screen_query_refused),
		SCREEN_CASE(test_screen_delete_keeps_place),
		SCREEN_CASE(test_screen_tags),
		SCREEN_CASE(test_screen_numbers),
		SCREEN_CASE(test_screen_keywords),
		SCREEN_CASE(test_screen_renumbered),
		SCREEN_CASE(test_screen_folders_deleted),
		SCREEN_CASE(test_screen_folders_renamed),
		SCREEN_CASE(test_screen_folder_gone),
		SCREEN_CASE(test_screen_folders_folded),
		SCREEN_CASE(test_screen_folders_move),
		SCREEN_CASE(test_screen_files),
		SCREEN_CASE(test_screen_prompt),
		SCREEN_CASE(test_screen_protocol),
		SCREEN_CASE(test_screen_compose),
		SCREEN_CASE(test_screen_events),
		SCREEN_CASE(test_screen_progress),
		SCREEN_CASE(test_screen_next_progress),
		SCREEN_CASE(test_screen_password),
		SCREEN_CASE(test_screen_fold),
		SCREEN_CASE(test_screen_lists),
		SCREEN_CASE(test_screen_pending),
		SCREEN_CASE(test_screen_questions_outbox),
		SCREEN_CASE(test_screen_questions_messages),
		SCREEN_CASE(test_screen_typing_stays),
		SCREEN_CASE(test_screen_late_parts),
		SCREEN_CASE(test_screen_full_stack),
		SCREEN_CASE(test_screen_tagged),
		SCREEN_CASE(test_screen_reasons),
		SCREEN_CASE(test_screen_messages_limit),
		SCREEN_CASE(test_screen_inboxes),
		SCREEN_CASE(test_screen_find),
		SCREEN_CASE(test_screen_side_click),
		SCREEN_CASE(test_screen_side_keys),
		SCREEN_CASE(test_screen_cursor),
		SCREEN_CASE(test_screen_wide),
		SCREEN_CASE(test_screen_resized),
		SCREEN_CASE(test_screen_esc),
		SCREEN_CASE(test_screen_long_paste),
		SCREEN_CASE(test_screen_limits),
		SCREEN_CASE(test_screen_many_accounts),
		SCREEN_CASE(test_screen_typed_ahead),
		SCREEN_CASE(test_screen_completions),
		SCREEN_CASE(test_screen_long_question),
		SCREEN_CASE(test_term_wide),
		SCREEN_CASE(test_screen_colors),
		SCREEN_CASE(test_screen_color_rules),
		SCREEN_CASE(test_screen_color_day),
		SCREEN_CASE(test_screen_quit),
		SCREEN_CASE(test_screen_options),
		SCREEN_CASE(test_screen_arrivals),
		SCREEN_CASE(test_screen_forgotten_file),
		SCREEN_CASE(test_screen_list_reply),
		SCREEN_CASE(test_screen_muted),
		SCREEN_CASE(test_screen_columns),
		SCREEN_CASE(test_screen_sizes),
		SCREEN_CASE(test_screen_tiny),
		SCREEN_CASE(test_screen_resized_unasked),
		SCREEN_CASE(test_screen_fill),
		SCREEN_CASE(test_screen_outbox_edit),
		SCREEN_CASE(test_screen_outbox_elsewhere),
		SCREEN_CASE(test_screen_outbox_details),
		SCREEN_CASE(test_screen_attach),
		SCREEN_CASE(test_screen_rewrap),
		SCREEN_CASE(test_pager_place),
		SCREEN_CASE(test_screen_keys_wait),
		SCREEN_CASE(test_drafts_typed_ahead),
		SCREEN_CASE(test_drafts_given_up),
		SCREEN_CASE(test_screen_account),
		SCREEN_CASE(test_screen_costs),
		SCREEN_CASE(test_screen_scroll_cost),
		SCREEN_CASE(test_term_filters),
	};

	screen_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

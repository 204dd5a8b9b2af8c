#include "ui/args.h"

#include "base/mem.h"
#include "tests/check.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 20 };

struct line {
	char *text; /* what argv points into */
	char *argv[WORDS_MAX];
	struct arguments a;
	struct err err;
	int rc;
};

/* Reads a command line whose words are separated by blanks; _ stands for a blank. */
static struct line *read_line(const char *text)
{
	struct line *l = mem_alloc(sizeof(*l));
	int argc = 0;

	l->text = mem_strdup(text);
	for (char *p = l->text; *p; argc++) {
		assert_true(argc + 1 < WORDS_MAX);
		l->argv[argc] = p;
		p += strcspn(p, " ");
		if (*p)
			*p++ = '\0';
		for (char *u = l->argv[argc]; (u = strchr(u, '_')); u++)
			*u = ' ';
	}
	l->rc = args_read(&l->a, argc, l->argv, &l->err);
	return l;
}

static void line_free(struct line *l)
{
	args_done(&l->a);
	free(l->text);
	free(l);
}

static char *flat(const struct strv *v)
{
	struct str out = STR_INIT;

	for (size_t i = 0; i < v->n; i++)
		str_addf(&out, "%s%s", i ? "|" : "", v->v[i]);
	return str_steal(&out);
}

static void assert_words(const struct strv *v, const char *want)
{
	char *got = flat(v);

	assert_string_equal(got, want);
	free(got);
}

/* --- what is read --- */

static void reads_commands_and_words(void **state)
{
	static const struct {
		const char *line;
		enum args_command command;
		const char *words;
	} rows[] = {
		{"talaria", ARGS_SCREEN, ""},
		{"talaria setup", ARGS_SETUP, ""},
		{"talaria check work", ARGS_CHECK, "work"},
		{"talaria sync", ARGS_SYNC, ""},
		{"talaria list", ARGS_LIST, ""},
		{"talaria --json list Lists/kernel --limit 5", ARGS_LIST, "Lists/kernel"},
		{"talaria list -- -odd", ARGS_LIST, "-odd"},
		{"talaria show INBOX 7", ARGS_SHOW, "INBOX|7"},
		{"talaria search from:rosa_hike", ARGS_SEARCH, "from:rosa hike"},
		{"talaria folders --json", ARGS_FOLDERS, ""},
		{"talaria a@example.org", ARGS_SCREEN, "a@example.org"},
		{"talaria -- list", ARGS_SCREEN, "list"}, /* behind -- all are addresses */
		{"talaria mailto:a@example.org?subject=x", ARGS_SCREEN,
			"mailto:a@example.org?subject=x"},
		{"talaria a@example.org b@example.org", ARGS_SCREEN, "a@example.org|b@example.org"},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		struct line *l = read_line(rows[i].line);

		if (l->rc != 0)
			fail_msg("%s: %s", rows[i].line, l->err.text);
		assert_int_equal(l->a.command, rows[i].command);
		assert_words(&l->a.words, rows[i].words);
		line_free(l);
	}
}

static void reads_every_option(void **state)
{
	struct line *l = read_line("talaria -R --offline --account work -d 2 -F conf -f =Lists");

	assert_int_equal(l->rc, 0);
	assert_true(l->a.read_only && l->a.offline && !l->a.compose);
	assert_string_equal(l->a.account, "work");
	assert_string_equal(l->a.config, "conf");
	assert_string_equal(l->a.folder, "=Lists");
	assert_int_equal(l->a.log, 2);
	line_free(l);
	l = read_line("talaria list --json --limit=20");
	assert_true(l->rc == 0 && l->a.json && l->a.limit == 20);
	line_free(l);
	l = read_line("talaria show 3 --save dir");
	assert_int_equal(l->rc, 0);
	assert_string_equal(l->a.save, "dir");
	line_free(l);
	l = read_line("talaria -h nonsense@");
	assert_true(l->rc == 0 && l->a.help);
	line_free(l);
	l = read_line("talaria --version");
	assert_true(l->rc == 0 && l->a.version);
	line_free(l);
}

/* mutt's letters mean what they mean in mutt. */
static void reads_a_message_to_send(void **state)
{
	struct line *l = read_line("talaria -s A_subject -c c@x -c d@x -b e@x -i body a@x b@x");

	assert_int_equal(l->rc, 0);
	assert_true(l->a.compose);
	assert_string_equal(l->a.subject, "A subject");
	assert_string_equal(l->a.include, "body");
	assert_words(&l->a.cc, "c@x|d@x");
	assert_words(&l->a.bcc, "e@x");
	assert_words(&l->a.words, "a@x|b@x");
	line_free(l);
}

static void attaches_several_files(void **state)
{
	static const char *const rows[][3] = {
		{"talaria -a one -- a@x", "one", "a@x"},
		{"talaria -a one two three -- a@x", "one|two|three", "a@x"},
		{"talaria -a one -a two a@x", "one|two", "a@x"}, /* no --: one file each */
		{"talaria -a one two -s text -- a@x b@x", "one|two", "a@x|b@x"},
		{"talaria a@x -a one two -- b@x", "one|two", "a@x|b@x"},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		struct line *l = read_line(rows[i][0]);

		if (l->rc != 0)
			fail_msg("%s: %s", rows[i][0], l->err.text);
		assert_words(&l->a.attach, rows[i][1]);
		assert_words(&l->a.words, rows[i][2]);
		line_free(l);
	}
}

/* --- what is refused, and with which hint --- */

static void refuses_with_a_hint(void **state)
{
	static const char *const rows[][2] = {
		{"talaria --subjekt x", "There is no option --subjekt; did you mean --subject?"},
		{"talaria --subjekt=x", "did you mean --subject?"},
		{"talaria --wholly-unknown", "There is no option --wholly-unknown; talaria --help"},
		{"talaria -Z", "There is no option -Z;"},
		{"talaria -RZ", "There is no option -Z;"},
		{"talaria -s", "--subject TEXT"},
		{"talaria --limit", "--limit N"},
		{"talaria lst", "did you mean “list”?"},
		{"talaria nonsense", "neither a command nor an address"},
		{"talaria list --limit many", "takes a number"},
		{"talaria list --limit -3", "takes a number"},
		{"talaria -d 9", "from 0 to 3"},
		{"talaria list one two", "Write: talaria list [FOLDER]"},
		{"talaria folders rename a b c", "Write: talaria folders [create NAME"},
		{"talaria sync --yes", "--yes means nothing to talaria sync"},
		{"talaria show", "Write: talaria show [FOLDER] ID"},
		{"talaria search", "Write: talaria search QUERY"},
		{"talaria sync --json", "--json means nothing to talaria sync"},
		{"talaria check --offline", "--offline means nothing"},
		{"talaria --json", "--json goes with a command"},
		{"talaria list -s x", "--subject means nothing to talaria list"},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		struct line *l = read_line(rows[i][0]);

		/* Nothing is behind the last word. */
		if (l->rc != -1 || l->err.kind != ERR_INPUT || !strstr(l->err.text, rows[i][1]) ||
			l->err.text[strlen(l->err.text) - 1] == ' ')
			fail_msg("%s: %d “%s”", rows[i][0], l->rc, l->err.text);
		line_free(l);
	}
}

/* --- what is told --- */

static void help_names_every_option(void **state)
{
	static const char *const names[] = {"-a, --attach FILE", "-b, --bcc", "-c, --cc",
		"-F, --config FILE", "-d, --debug", "-f, --folder", "-h, --help", "-i, --include",
		"--json", "--limit N", "--offline", "-R, --read-only", "--save DIRECTORY",
		"-s, --subject", "-v, --version", "--account NAME", "setup", "check [ACCOUNT]",
		"show [FOLDER] ID", "search QUERY [FOLDER]"};
	struct str help = STR_INIT, manual = STR_INIT;

	args_help(&help);
	args_manual(&manual);
	for (size_t i = 0; i < MEM_COUNT(names); i++)
		if (!strstr(help.p, names[i]))
			fail_msg("--help lacks %s", names[i]);
	assert_null(strstr(help.p, "dump"));
	assert_non_null(strstr(manual.p, ".It Fl s , Fl -subject Ar TEXT\n"));
	assert_null(strstr(manual.p, "dump"));
	for (const char *p = help.p; *p;) { /* it fits a terminal of 100 columns */
		size_t len = strcspn(p, "\n");

		assert_true(len <= 100);
		p += len + (p[len] == '\n');
	}
	str_done(&help);
	str_done(&manual);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_commands_and_words),
		cmocka_unit_test(reads_every_option),
		cmocka_unit_test(reads_a_message_to_send),
		cmocka_unit_test(attaches_several_files),
		cmocka_unit_test(refuses_with_a_hint),
		cmocka_unit_test(help_names_every_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "screen.h"

#include "base/conf.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "fake_engine.h"
#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void screen_begin(void)
{
	setenv("LC_ALL", "C.UTF-8", 1);
	unsetenv("NO_COLOR");
	/* Where no question keeps it away, the editor ends at once. */
	setenv("VISUAL", "true", 1);
	i18n_init();
}

void glance(struct screen *x)
{
	app_paint(&x->a);
	str_clear(&x->text);
	for (int i = 0; i < term_rows(); i++) {
		term_row_text(i, &x->text);
		str_addc(&x->text, '\n');
	}
}

void look(struct screen *x)
{
	app_events(&x->a);
	glance(x);
}

static void add_account(struct settings *s)
{
	static const char text[] = "account home {\n"
				   "    from \"Alice <alice@example.org>\"\n"
				   "    imap imaps://alice@imap.example.org\n"
				   "    pop3 pop3s://alice@pop.example.org\n"
				   "}\n";
	struct conf_errors errors = {0};
	struct conf_block *conf = conf_parse(text, strlen(text), &errors);

	settings_apply(s, conf, NULL, NULL, &errors);
	assert_int_equal(errors.n, 0);
	conf_free(conf);
	conf_errors_done(&errors);
}

struct screen *open_screen(int rows, int cols)
{
	return open_started(rows, cols, &(struct app_start){0});
}

struct screen *open_started(int rows, int cols, const struct app_start *start)
{
	struct screen *x = mem_alloc(sizeof(*x));

	x->s = settings_new();
	add_account(x->s);
	assert_int_equal(settings_set(x->s, "sort", "reverse-date", NULL), 0);
	x->c = ui_config_new();
	fake_messages(32);
	assert_int_equal(engine_new(&x->e, x->s, NULL, NULL), 0);
	assert_int_equal(term_start_headless(&x->c->styles, rows, cols, NULL), 0);
	app_init(&x->a, x->e, x->s, start, x->c, NULL);
	look(x);
	return x;
}

void close_screen(struct screen *x)
{
	term_stop();
	app_done(&x->a, NULL);
	engine_free(x->e);
	settings_free(x->s);
	ui_config_free(x->c);
	str_done(&x->text);
	free(x);
}

/* Keys separated by blanks. */
void press(struct screen *x, const char *keys)
{
	char *copy = mem_strdup(keys), *save = NULL;

	for (char *k = strtok_r(copy, " ", &save); k; k = strtok_r(NULL, " ", &save)) {
		struct term_key key = {0};

		snprintf(key.name, sizeof(key.name), "%s", k);
		app_input(&x->a, &key);
		app_events(&x->a);
	}
	free(copy);
	look(x);
}

void type_text(struct screen *x, const char *text)
{
	struct term_key key = {.text = mem_strdup(text)};

	snprintf(key.name, sizeof(key.name), "Paste");
	app_input(&x->a, &key);
	free(key.text);
	look(x);
}

void sees(struct screen *x, const char *what)
{
	if (!strstr(str_c(&x->text), what))
		fail_msg("not on the screen: %s\n%s", what, str_c(&x->text));
}

void sees_not(struct screen *x, const char *what)
{
	if (strstr(str_c(&x->text), what))
		fail_msg("on the screen: %s\n%s", what, str_c(&x->text));
}

void command(struct screen *x, const char *line)
{
	press(x, ":");
	type_text(x, line);
	press(x, "Enter");
}

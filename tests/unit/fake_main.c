/* The screen over the fake engine, to look at it by hand: fake_ui [MESSAGES] [SETTING VALUE]... */
#include "base/i18n.h"
#include "fake_engine.h"
#include "ui/app.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
	struct settings *s;
	struct engine *e;
	struct app_start start = {0};
	int rc;

	i18n_init();
	fake_messages(argc > 1 ? atoi(argv[1]) : 200);
	s = settings_new();
	settings_set(s, "sort", "reverse-date", NULL);
	for (int i = 2; i + 1 < argc; i += 2)
		settings_set(s, argv[i], argv[i + 1], NULL);
	engine_new(&e, s, &(struct engine_options){0}, NULL);
	rc = app_run(e, s, &start);
	engine_free(e);
	settings_free(s);
	return rc;
}

/* The screen over the mail of tests/unit/postbox.h, to look at it by hand: screen_ui [MESSAGES]
 * [SETTING VALUE]... */
#include "base/file.h"
#include "base/i18n.h"
#include "tests/scratch.h"
#include "tests/unit/postbox.h"
#include "ui/app.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
	struct settings *s;
	struct engine *e;
	struct app_start start = {0};
	char dir[SCRATCH_SIZE];
	int rc;

	i18n_init();
	if (!mkdtemp(scratch(dir, "screen_ui")))
		return 1;
	postbox_make(dir, (argc > 1 ? (size_t)atoi(argv[1]) : 200) + POSTBOX_GROUP);
	s = settings_new();
	postbox_settings(s, 2);
	settings_set(s, "sort", "reverse-date", NULL);
	for (int i = 2; i + 1 < argc; i += 2)
		settings_set(s, argv[i], argv[i + 1], NULL);
	engine_new(&e, s, &(struct engine_options){.offline = true}, NULL);
	rc = app_run(e, s, &start);
	engine_free(e);
	settings_free(s);
	file_remove_tree(dir, NULL);
	return rc;
}

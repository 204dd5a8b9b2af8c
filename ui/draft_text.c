#include "ui/draft_text.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

static const char *line_end(const char *p)
{
	const char *nl = strchr(p, '\n');

	return nl ? nl + 1 : p + strlen(p);
}

bool draft_mentions(const char *body, const char *words)
{
	struct str own = STR_INIT;
	char *folded, *list = mem_strdup(words), *save = NULL;
	bool found = false;

	for (const char *p = body, *end; *p; p = end) {
		end = line_end(p);
		if (strncmp(p, "-- \n", 4) == 0)
			break;
		if (*p != '>')
			str_add(&own, p, (size_t)(end - p));
	}
	folded = utf8_fold(str_c(&own), own.len);
	for (char *w = strtok_r(list, " ", &save); w && !found; w = strtok_r(NULL, " ", &save))
		found = strstr(folded, w) != NULL;
	free(folded);
	free(list);
	str_done(&own);
	return found;
}

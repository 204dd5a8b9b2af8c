#include "mime/mailcap.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool passes(void *ctx, const char *script, const struct strv *args)
{
	(void)ctx;
	(void)args;
	return script[0] != 'f';
}

/* The first line is what a mail says, its type and its charset behind a blank; the rest is the
 * file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *lf = size ? memchr(text, '\n', size) : NULL;
	char *said = lf ? strndup(text, (size_t)(lf - text)) : NULL;
	char *charset = said ? strchr(said, ' ') : NULL;
	struct mailcap *m;

	if (!charset) {
		free(said);
		return 0;
	}
	*charset++ = '\0';
	m = mailcap_new();
	mailcap_add(m, lf + 1, size - (size_t)(lf + 1 - text));
	for (int use = MAILCAP_VIEW; use <= MAILCAP_EDIT; use++) {
		const struct mailcap_param params[] = {{"charset", charset}};
		const struct mailcap_want want = {
			said, (enum mailcap_use)use, false, params, 1, passes, NULL};
		struct mailcap_found found;

		if (!mailcap_find(m, &want, &found))
			continue;
		for (size_t i = 0; i < found.args.n; i++)
			if (!mailcap_is_plain(found.args.v[i]))
				abort();
		if (strchr(found.suffix, '/'))
			abort();
		mailcap_found_done(&found);
	}
	mailcap_free(m);
	free(said);
	return 0;
}

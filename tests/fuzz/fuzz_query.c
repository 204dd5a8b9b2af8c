/* Queries: what is understood says the same after it was printed and read again, and has an answer
 * for every message. */
#include "store/mail/query.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum query_answer ask(void *ctx, const struct query *q, size_t term)
{
	unsigned *seed = ctx;

	if (term >= q->nterms)
		abort();
	*seed = *seed * 1103515245 + 12345;
	return (enum query_answer)(*seed >> 16) % 3;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const time_t now = 1795996800;
	struct str text = STR_INIT, first = STR_INIT, second = STR_INIT;
	struct query *q, *again;
	struct err err = {0};
	unsigned seed = 1;

	str_add(&text, (const char *)data, size);
	if (query_parse(&q, str_c(&text), now, &err) == 0) {
		query_print(q, &first);
		if (query_parse(&again, str_c(&first), now, NULL) != 0)
			abort();
		query_print(again, &second);
		if (strcmp(str_c(&first), str_c(&second)) != 0 || q->nnodes != again->nnodes)
			abort();
		str_clear(&second);
		query_words(q, &second);
		if (!second.len)
			abort();
		(void)query_eval(q, ask, &seed);
		query_free(q);
		query_free(again);
	} else if (err.kind != ERR_INPUT || !*err.text) {
		abort();
	}
	str_done(&text);
	str_done(&first);
	str_done(&second);
	return 0;
}

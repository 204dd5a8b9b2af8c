/* Config text: what was read, quoted and read again, gives the same words; errors stand inside the
 * text. */
#include "base/conf.h"
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_out(struct str *out, const struct conf_block *b)
{
	for (size_t i = 0; i < b->n; i++) {
		if (b->lines[i].n == 0)
			abort();
		for (size_t w = 0; w < b->lines[i].n; w++) {
			str_addc(out, ' ');
			conf_quote(out, b->lines[i].words[w].text);
		}
		if (b->lines[i].block) {
			str_adds(out, " {\n");
			write_out(out, b->lines[i].block);
			str_addc(out, '}');
		}
		str_addc(out, '\n');
	}
}

static void check_errors(const struct conf_errors *errors, const char *text, size_t len)
{
	int lines = 1;

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	for (size_t i = 0; i < errors->n; i++)
		if (errors->v[i].line < 1 || errors->v[i].line > lines || errors->v[i].column < 1 ||
			!errors->v[i].text)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf_errors errors = {0}, none = {0};
	struct str first = STR_INIT, second = STR_INIT, printed = STR_INIT;
	struct conf_block *b = conf_parse((const char *)data, size, &errors), *again;

	check_errors(&errors, (const char *)data, size);
	conf_errors_print(&errors, &printed);
	write_out(&first, b);
	again = conf_parse(str_c(&first), first.len, &none);
	write_out(&second, again);
	if (errors.n == 0 && none.n != 0)
		abort();
	if (first.len != second.len || memcmp(str_c(&first), str_c(&second), first.len) != 0)
		abort();
	conf_free(b);
	conf_free(again);
	conf_errors_done(&errors);
	conf_errors_done(&none);
	str_done(&first);
	str_done(&second);
	str_done(&printed);
	return 0;
}

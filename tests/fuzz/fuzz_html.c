#include "fuzz_check.h"
#include "mime/html.h"

#include <locale.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str clean = STR_INIT;
	struct text *t = text_new();

	setlocale(LC_CTYPE, "C.UTF-8");
	utf8_clean(&clean, (const char *)data, size, UTF8_TEXT);
	html_text(t, str_c(&clean), clean.len, size ? 20 + data[0] % 100 : 20);
	fuzz_check_text(t);
	text_free(t);
	str_done(&clean);
	return 0;
}

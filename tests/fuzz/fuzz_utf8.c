/* Bytes from outside become text that is safe on a terminal, and cutting and padding keep their
 * widths. */
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void check_clean(const struct str *s, bool text)
{
	const char *p = str_c(s), *end = p + s->len;
	uint32_t joiner = 0;
	int marks = 0;

	check(utf8_valid(p, s->len));
	while (p < end) {
		uint32_t cp = utf8_next(&p, end);

		check(cp >= 0x20 || (text && (cp == '\n' || cp == '\t')));
		check(cp < 0x7f || cp >= 0xa0);
		check(cp != 0x2028 && cp != 0x2029);
		if (utf8_is_joiner(cp)) {
			/* Between two characters, never beside another but in an emoji of several:
			 * U+2764 U+FE0F U+200D U+1F525. */
			check(!joiner || (joiner >= 0xFE00 && cp < 0xFE00));
			joiner = cp;
			continue;
		}
		joiner = 0;
		check(!utf8_is_hidden(cp));
		marks = cp >= 0xa0 && utf8_width(cp) == 0 ? marks + 1 : 0;
		check(marks <= 4);
	}
}

static void clean(const char *p, size_t len, enum utf8_keep keep)
{
	struct str once = STR_INIT, twice = STR_INIT;

	utf8_clean(&once, p, len, keep);
	check_clean(&once, keep & UTF8_TEXT);
	utf8_clean(&twice, str_c(&once), once.len, keep);
	check(once.len == twice.len && memcmp(str_c(&once), str_c(&twice), once.len) == 0);
	str_done(&once);
	str_done(&twice);
}

static void measure(const char *p, size_t len, int columns)
{
	int used;
	size_t fit = utf8_fit(p, len, columns, &used), cut = utf8_cut(p, len, len / 2);

	check(fit <= len && used <= columns && used == utf8_columns(p, fit));
	check(cut <= len / 2 && (!utf8_valid(p, len) || utf8_valid(p, cut)));
}

static void pad(const char *p, size_t len, int columns)
{
	char *line = utf8_clean_line(p, len);
	struct str out = STR_INIT;

	utf8_pad(&out, line, columns);
	check(utf8_columns(str_c(&out), out.len) == columns && utf8_valid(str_c(&out), out.len));
	str_done(&out);
	free(line);
}

static void names(const char *p, size_t len)
{
	char *z = mem_strndup(p, len), *name = file_safe_name(z), *fold = utf8_fold(p, len);
	struct err err;

	check(*name && *name != '.' && *name != '-' && strlen(name) <= 200 && !strchr(name, '/'));
	check(utf8_valid(name, strlen(name)));
	err_set(&err, ERR_REFUSED, "%s", z);
	check(utf8_valid(err.text, strlen(err.text)));
	free(z);
	free(name);
	free(fold);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;
	int columns = size ? data[0] % 100 : 0;

	setlocale(LC_CTYPE, "C.UTF-8");
	clean(p, size, UTF8_LINE);
	clean(p, size, UTF8_TEXT);
	measure(p, size, columns);
	pad(p, size, columns);
	names(p, size);
	return 0;
}

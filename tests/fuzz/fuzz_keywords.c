/* The file dovecot-keywords, and keywords as text: what a letter means is a keyword, leads back to
 * a letter of the same meaning, and setting and clearing words does just that. */
#include "store/disk/keywords.h"
#include "store/disk/maildir_priv.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void there_and_back(const struct keyword_table *t)
{
	struct str all = STR_INIT, again = STR_INIT;

	maildir_keywords_words(t, ~(uint32_t)0, &all);
	if (all.len > KEYWORDS_TEXT_MAX * 2 ||
		(all.len < KEYWORDS_TEXT_MAX && keywords_check(str_c(&all), NULL) != 0))
		abort();
	maildir_keywords_words(t, maildir_keywords_letters(t, str_c(&all)), &again);
	if (!keywords_same(str_c(&all), str_c(&again)))
		abort();
	for (size_t i = 0; i < MAILDIR_LETTERS; i++)
		if (t->names[i] && !(t->taken & 1u << i))
			abort();
	str_done(&all);
	str_done(&again);
}

/* Three sets of words, cut where the input has a line end. */
static void sets(const char *text)
{
	size_t first = strcspn(text, "\n");
	const char *rest = text + first + (text[first] == '\n');
	size_t second = strcspn(rest, "\n");
	const char *last = rest + second + (rest[second] == '\n');
	struct str is = STR_INIT, clear = STR_INIT, now = STR_INIT, both = STR_INIT;

	str_add(&is, text, first);
	str_add(&clear, rest, second);
	keywords_apply(&now, str_c(&is), str_c(&clear), last);
	keywords_minus(&both, last, str_c(&now));
	if (both.len)
		abort();
	keywords_minus(&both, str_c(&clear), last);
	if (keywords_meet(str_c(&both), str_c(&now)))
		abort();
	str_done(&is);
	str_done(&clear);
	str_done(&now);
	str_done(&both);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct keyword_table t = {0};

	str_add(&t.text, (const char *)data, size);
	maildir_keywords_parse(&t);
	there_and_back(&t);
	sets(str_c(&t.text));
	maildir_keywords_done(&t);
	return 0;
}

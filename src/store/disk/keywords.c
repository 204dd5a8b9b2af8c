#include "store/disk/keywords.h"

#include "base/i18n.h"
#include "base/str.h"

#include <string.h>

bool keywords_ok(const char *word, size_t len)
{
	static const char flag[] = "$Forwarded";

	if (!len || len > KEYWORDS_MAX || (len == strlen(flag) && str_nicmp(word, flag, len) == 0))
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)word[i];

		if (c <= 0x20 || c >= 0x7f || strchr("(){%*\"\\]", c))
			return false;
	}
	return true;
}

const char *keywords_next(const char **p, size_t *len)
{
	const char *word = *p + strspn(*p, " ");

	*len = strcspn(word, " ");
	*p = word + *len;
	return *len ? word : NULL;
}

int keywords_check(const char *words, struct err *err)
{
	const char *word;
	size_t len;

	if (strlen(words) > KEYWORDS_TEXT_MAX)
		return err_set(err, ERR_INPUT, _("These are too many keywords at once"));
	while ((word = keywords_next(&words, &len)))
		if (!keywords_ok(word, len))
			return err_set(err, ERR_INPUT,
				_("“%.*s” is no keyword: at most %d letters, digits and signs of "
				  "ASCII, without spaces and ( ) { %% * \" \\ ], and not "
				  "$Forwarded"),
				len > 80 ? 80 : (int)len, word, KEYWORDS_MAX);
	return 0;
}

bool keywords_has(const char *set, const char *word, size_t len)
{
	const char *one;
	size_t n;

	while ((one = keywords_next(&set, &n)))
		if (n == len && str_nicmp(one, word, len) == 0)
			return true;
	return false;
}

static void add(struct str *out, const char *word, size_t len)
{
	if (out->len)
		str_addc(out, ' ');
	str_add(out, word, len);
}

/* Those of a that b has, or has not; none twice. */
static void add_those(struct str *out, const char *a, const char *b, bool wanted)
{
	const char *word;
	size_t len;

	while ((word = keywords_next(&a, &len)))
		if (keywords_has(b, word, len) == wanted && !keywords_has(str_c(out), word, len))
			add(out, word, len);
}

void keywords_apply(struct str *out, const char *is, const char *clear, const char *set)
{
	str_clear(out);
	add_those(out, is, clear, false);
	add_those(out, set, "", false);
}

void keywords_minus(struct str *out, const char *a, const char *b)
{
	str_clear(out);
	add_those(out, a, b, false);
}

void keywords_both(struct str *out, const char *a, const char *b)
{
	str_clear(out);
	add_those(out, a, b, true);
}

bool keywords_meet(const char *a, const char *b)
{
	const char *word;
	size_t len;

	while ((word = keywords_next(&a, &len)))
		if (keywords_has(b, word, len))
			return true;
	return false;
}

static bool all_in(const char *a, const char *b)
{
	const char *word;
	size_t len;

	while ((word = keywords_next(&a, &len)))
		if (!keywords_has(b, word, len))
			return false;
	return true;
}

bool keywords_same(const char *a, const char *b)
{
	return strcmp(a, b) == 0 || (all_in(a, b) && all_in(b, a));
}

#include "store/disk/stub.h"

#include "base/hash.h"
#include "store/disk/maildir.h"

#include <stdlib.h>
#include <string.h>

static const char mark[] = "X-Talaria-Beginning-Of: ";

void stub_tag(const unsigned char key[STUB_KEY], char tag[STUB_TAG])
{
	hash_hex(tag, key, STUB_KEY);
}

void stub_make(struct str *out, const unsigned char key[STUB_KEY], uint64_t size, const char *top,
	size_t len)
{
	char tag[STUB_TAG];

	stub_tag(key, tag);
	str_addf(out, "%s%llu %s\r\n", mark, (unsigned long long)size, tag);
	str_add(out, top, len);
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool stub_key(const char *base, unsigned char key[STUB_KEY])
{
	const char *tag = maildir_tag(base, 2 * STUB_KEY);

	if (!tag)
		return false;
	for (size_t i = 0; i < STUB_KEY; i++)
		key[i] = (unsigned char)(digit(tag[2 * i]) << 4 | digit(tag[2 * i + 1]));
	return true;
}

bool stub_is(const char *base, const char *p, size_t len, uint64_t *size, size_t *skip)
{
	const char *tag = maildir_tag(base, 2 * STUB_KEY), *end = len ? memchr(p, '\n', len) : NULL;
	size_t n = sizeof(mark) - 1, digits;

	if (!tag || !end || (size_t)(end - p) < n || memcmp(p, mark, n) != 0)
		return false;
	for (digits = 0; p[n + digits] >= '0' && p[n + digits] <= '9'; digits++)
		;
	if (digits == 0 || digits > 18 || p[n + digits] != ' ' ||
		(size_t)(end - p) < n + digits + 1 + 2 * STUB_KEY ||
		memcmp(p + n + digits + 1, tag, 2 * STUB_KEY) != 0)
		return false;
	if (size)
		*size = strtoull(p + n, NULL, 10);
	if (skip)
		*skip = (size_t)(end - p) + 1;
	return true;
}

#include "base/needle.h"

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { BLOCK = 16, CASE = 0x20 };

typedef unsigned char block __attribute__((vector_size(BLOCK)));

/* The more often a letter is met, the further in front. */
static size_t rareness(char c)
{
	static const char often[] = "etaoinsrlmdhcu0123456789.@-_pfgybwvkxjqz";
	const char *at = strchr(often, c);

	return at ? (size_t)(at - often) : sizeof(often);
}

void needle_start(struct needle *n, const char *word)
{
	*n = (struct needle){.word = word, .len = strlen(word)};
	for (size_t i = 1; i < n->len; i++)
		if (rareness(word[i]) > rareness(word[n->at[0]]))
			n->at[0] = i;
	n->at[1] = n->at[0] ? 0 : n->len - 1;
	for (size_t i = 0; i < n->len; i++)
		if (i != n->at[0] && rareness(word[i]) > rareness(word[n->at[1]]))
			n->at[1] = i;
}

static block all(char c)
{
	return (block){0} + (unsigned char)(c | CASE);
}

/* Which of the bytes from p on may be c. What is no letter has others beside it: who gets it looks
 * again. */
static block may_be(const char *p, block c)
{
	block b;

	memcpy(&b, p, sizeof(b));
	return (block)((b | CASE) == c);
}

static bool any(block b)
{
	uint64_t half[2];

	memcpy(half, &b, sizeof(half));
	return half[0] | half[1];
}

const char *needle_find(const struct needle *n, const char *p, const char *end)
{
	const block x = all(n->word[n->at[0]]), y = all(n->word[n->at[1]]);

	while ((size_t)(end - p) >= n->len) {
		size_t places = (size_t)(end - p) - n->len + 1;

		if (places > BLOCK)
			places = BLOCK;
		if (places < BLOCK || any(may_be(p + n->at[0], x) & may_be(p + n->at[1], y)))
			for (size_t i = 0; i < places; i++)
				if (str_nicmp(p + i, n->word, n->len) == 0)
					return p + i;
		p += places;
	}
	return NULL;
}

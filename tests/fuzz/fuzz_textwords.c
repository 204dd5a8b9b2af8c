/* The words of a text hold what a search for each piece of it asks for; and where its answer is
 * said to be exact, no piece is found in them that the text has not. */
#include "base/mem.h"
#include "base/utf8.h"
#include "store/disk/textwords.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PLACES = 48 }; /* of the text, where pieces of it begin */

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* No word has a line end in it. */
static bool has_all(const struct wordset *set, const struct strv *needed)
{
	for (size_t i = 0; i < needed->n; i++)
		if (!strstr(str_c(&set->words), needed->v[i]))
			return false;
	return true;
}

static void check_piece(const struct wordset *set, const char *text, const char *piece)
{
	struct strv needed = STRV_INIT;
	bool exact = textwords_of_piece(&needed, piece), has = strstr(text, piece) != NULL;

	for (size_t i = 0; i < needed.n; i++)
		check(needed.v[i][0] && strstr(piece, needed.v[i]));
	check(!exact || needed.n == 1);
	check(!has || has_all(set, &needed));
	check(!exact || has_all(set, &needed) == has);
	strv_done(&needed);
}

static const char *further(const char *p, const char *end, size_t n)
{
	while (n-- && p < end)
		utf8_next(&p, end);
	return p;
}

static void check_pieces(const struct wordset *set, const char *text, const char *words)
{
	static const size_t sizes[] = {
		1, 2, 3, 7, TEXTWORDS_PIECE - 1, TEXTWORDS_PIECE, TEXTWORDS_PIECE + 1};
	const char *end = words + strlen(words);
	size_t far = (size_t)(end - words) / PLACES + 1;

	for (const char *p = words; p < end; p = further(p, end, far))
		for (size_t i = 0; i < MEM_COUNT(sizes); i++) {
			char *piece = mem_strndup(p, (size_t)(further(p, end, sizes[i]) - p));

			check_piece(set, text, piece);
			free(piece);
		}
}

/* Each word once, and each is found again. */
static void check_set(struct wordset *set)
{
	struct str words = STR_INIT;
	size_t n = 0;

	str_add(&words, set->words.p, set->words.len);
	for (const char *p = str_c(&words); *p; p = strchr(p, '\n') + 1, n++)
		check(!wordset_add(set, p, strcspn(p, "\n")));
	check(n == set->n && set->words.len == words.len);
	str_done(&words);
}

/* The first line is looked for in the rest, and pieces of both are. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str clean = STR_INIT;
	struct wordset set = {0};
	char *line, *text;
	size_t first;

	utf8_clean(&clean, (const char *)data, size, UTF8_TEXT);
	first = strcspn(str_c(&clean), "\n");
	line = utf8_fold(str_c(&clean), first);
	text = utf8_fold(str_c(&clean) + first, clean.len - first);
	textwords_add(&set, text, strlen(text));
	check_set(&set);
	check_piece(&set, text, line);
	check_pieces(&set, text, line);
	check_pieces(&set, text, text);
	free(line);
	free(text);
	wordset_done(&set);
	str_done(&clean);
	return 0;
}

#include "store/disk/textwords.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

/* --- sets --- */

enum { FIRST_SLOTS = 256 };

static uint32_t hash_of(const char *p, size_t len)
{
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)p[i]) * 16777619U;
	return h ^ h >> 15;
}

/* Where the word is, or would be. */
static uint32_t *slot_of(const struct wordset *s, const char *word, size_t len)
{
	size_t at = hash_of(word, len) & (s->nslots - 1);

	for (; s->slots[at]; at = (at + 1) & (s->nslots - 1)) {
		const char *has = s->words.p + s->slots[at] - 1;

		if (memcmp(has, word, len) == 0 && has[len] == '\n')
			break;
	}
	return &s->slots[at];
}

static void more_slots(struct wordset *s)
{
	free(s->slots);
	s->nslots = s->nslots ? s->nslots * 2 : FIRST_SLOTS;
	s->slots = mem_array(s->nslots, sizeof(*s->slots));
	for (size_t at = 0; at < s->words.len;) {
		const char *word = s->words.p + at;
		size_t len = (size_t)((char *)memchr(word, '\n', s->words.len - at) - word);

		*slot_of(s, word, len) = (uint32_t)at + 1;
		at += len + 1;
	}
}

bool wordset_add(struct wordset *s, const char *word, size_t len)
{
	uint32_t *slot;

	if (s->n >= s->nslots / 2)
		more_slots(s);
	/* what is compared may be longer than what is there */
	str_room(&s->words, len + 1);
	slot = slot_of(s, word, len);
	if (*slot)
		return false;
	*slot = (uint32_t)s->words.len + 1;
	str_add(&s->words, word, len);
	str_addc(&s->words, '\n');
	s->n++;
	return true;
}

void wordset_done(struct wordset *s)
{
	str_done(&s->words);
	free(s->slots);
	*s = (struct wordset){.words = STR_INIT};
}

/* --- texts --- */

enum kind { BETWEEN, LETTER, PAIRED };

/* From here to the next row; ascending. What is not known to stand between words is a letter. */
static const struct {
	uint32_t from;
	enum kind kind;
} kinds[] = {
	{0x80, BETWEEN},
	{0xAA, LETTER},
	{0xAB, BETWEEN},
	{0xB2, LETTER},
	{0xB4, BETWEEN},
	{0xB5, LETTER},
	{0xB6, BETWEEN},
	{0xB9, LETTER},
	{0xBB, BETWEEN},
	{0xC0, LETTER},
	{0xD7, BETWEEN},
	{0xD8, LETTER},
	{0xF7, BETWEEN},
	{0xF8, LETTER},
	{0x0E00, PAIRED}, /* Thai, Lao */
	{0x0F00, LETTER},
	{0x1000, PAIRED}, /* Burmese */
	{0x10A0, LETTER},
	{0x1780, PAIRED}, /* Khmer */
	{0x1800, LETTER},
	{0x2000, BETWEEN},
	{0x2070, LETTER},
	{0x20A0, BETWEEN},
	{0x2100, LETTER},
	{0x2190, BETWEEN}, /* arrows, lines */
	{0x2460, LETTER},
	{0x2500, BETWEEN},
	{0x2600, PAIRED}, /* pictures */
	{0x27C0, BETWEEN},
	{0x2C00, LETTER},
	{0x2E00, BETWEEN},
	{0x2E80, PAIRED}, /* Chinese, Japanese */
	{0x2FF0, BETWEEN},
	{0x3005, PAIRED},
	{0x3008, BETWEEN},
	{0x3021, PAIRED},
	{0x3130, LETTER}, /* Korean has blanks between words */
	{0x3190, PAIRED},
	{0xA000, LETTER},
	{0xF900, PAIRED},
	{0xFB00, LETTER},
	{0xFE00, BETWEEN},
	{0xFE70, LETTER},
	{0xFEFF, BETWEEN},
	{0xFF10, LETTER},
	{0xFF1A, BETWEEN},
	{0xFF21, LETTER},
	{0xFF3B, BETWEEN},
	{0xFF41, LETTER},
	{0xFF5B, BETWEEN},
	{0xFF66, PAIRED},
	{0xFFA0, LETTER},
	{0xFFE0, BETWEEN},
	{0x10000, LETTER},
	{0x1F000, PAIRED}, /* pictures */
	{0x1FC00, LETTER},
	{0x20000, PAIRED}, /* Chinese */
	{0x40000, BETWEEN},
};

static enum kind kind_of(uint32_t cp)
{
	size_t from = 0, to = MEM_COUNT(kinds);

	if (cp < 0x80)
		return str_is_alnum((char)cp) ? LETTER : BETWEEN;
	while (to - from > 1) {
		size_t mid = (from + to) / 2;

		if (kinds[mid].from <= cp)
			from = mid;
		else
			to = mid;
	}
	return kinds[from].kind;
}

/* Characters of one kind that stand together. */
struct run {
	const char *p, *end;
	enum kind kind;
};

static const char *step(const char *p, const char *end, enum kind *kind)
{
	if ((unsigned char)*p < 0x80)
		*kind = kind_of((unsigned char)*p++);
	else
		*kind = kind_of(utf8_next(&p, end));
	return p;
}

/* The next one from r->end on; false: there is none. */
static bool next_run(struct run *r, const char *end)
{
	enum kind kind = BETWEEN;

	do {
		r->p = r->end;
		if (r->p == end)
			return false;
		r->end = step(r->p, end, &kind);
	} while (kind == BETWEEN);
	r->kind = kind;
	while (r->end < end) {
		const char *next = step(r->end, end, &kind);

		if (kind != r->kind)
			break;
		r->end = next;
	}
	return true;
}

/* So many characters on, or the end. */
static const char *further(const char *p, const char *end, size_t n)
{
	while (n-- && p < end) {
		enum kind kind;

		p = step(p, end, &kind);
	}
	return p;
}

/* Each piece of the run of that many characters is in one of them. */
static void add_overlapping(struct wordset *out, const struct run *r, size_t piece)
{
	const char *from = r->p, *middle = further(from, r->end, piece), *to;

	for (;;) {
		to = further(middle, r->end, piece);
		wordset_add(out, from, (size_t)(to - from));
		if (to == r->end)
			return;
		from = middle;
		middle = to;
	}
}

void textwords_add(struct wordset *out, const char *text, size_t len)
{
	struct run r = {.end = text};

	while (next_run(&r, text + len)) {
		add_overlapping(out, &r, r.kind == LETTER ? TEXTWORDS_PIECE : 1);
	}
}

bool textwords_of_piece(struct strv *out, const char *piece)
{
	const char *end = piece + strlen(piece);
	struct run r = {.end = piece};
	bool whole = false;

	while (next_run(&r, end)) {
		size_t each = r.kind == LETTER ? TEXTWORDS_PIECE : 2;
		const char *to = further(r.p, r.end, each);

		whole = r.p == piece && to == end;
		strv_addn(out, r.p, (size_t)(to - r.p));
		for (const char *from = r.p; to < r.end;) {
			from = r.kind == LETTER ? to : further(from, r.end, 1);
			to = further(from, r.end, each);
			strv_addn(out, from, (size_t)(to - from));
		}
	}
	return whole && out->n == 1;
}

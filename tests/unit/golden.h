/*
 * golden - test inputs in a folder of tests/data with the styled text they must give (NAME.want
 * beside each).
 *
 * Owns:    nothing.
 * Threads: one.
 * Errors:  a difference fails the cmocka test and names the file. With GOLDEN_UPDATE=1 in the
 * environment the wanted files are written instead: read the diff before keeping it.
 */
#ifndef TEST_GOLDEN_H
#define TEST_GOLDEN_H

#include "base/mem.h"
#include "base/utf8.h"
#include "mime/text.h"
#include "tests/check.h"

#include <dirent.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const GOLDEN_STYLES[TEXT_STYLES] = {".", "hn", "hv", "su", "q1", "q2", "q3",
	"q4", "sg", "li", "b", "i", "c", "h", "at", "no", "d+", "d-", "d@"};

static inline void golden_locale(void)
{
	if (!setlocale(LC_ALL, "C.UTF-8"))
		abort();
	setenv("TZ", "CET-1CEST", 1);
	tzset();
}

/* "style quote|text", spans as {style@link text}, then the links. */
static inline void golden_dump(const struct text *t, struct str *out)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct text_line *line = &t->lines[i];
		size_t at = 0;

		str_addf(out, "%-2s %d|", GOLDEN_STYLES[line->style], line->quote);
		for (uint32_t k = 0; k < line->nspans; k++) {
			const struct text_span *s = &line->spans[k];

			assert_true(s->start >= at && s->start + s->len <= line->len);
			str_add(out, line->s + at, s->start - at);
			str_addf(out, "{%s", GOLDEN_STYLES[s->style]);
			if (s->link >= 0)
				str_addf(out, "@%d", s->link);
			str_addf(out, " %.*s}", (int)s->len, line->s + s->start);
			at = s->start + s->len;
		}
		str_add(out, line->s + at, line->len - at);
		str_addc(out, '\n');
	}
	for (size_t i = 0; i < t->links.n; i++)
		str_addf(out, "@%zu %s\n", i, t->links.v[i]);
}

/* What text.h promises of each text, whatever it was made from. */
static inline void golden_check_clean(const struct text *t)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct text_line *line = &t->lines[i];
		struct str clean = STR_INIT;
		size_t at = 0;

		utf8_clean(&clean, line->s, line->len, UTF8_LINE);
		if (clean.len != line->len || memcmp(str_c(&clean), line->s, clean.len) != 0)
			fail_msg("line %zu is not clean: %s", i, line->s);
		str_done(&clean);
		for (uint32_t k = 0; k < line->nspans; k++) {
			assert_true(line->spans[k].start >= at);
			at = line->spans[k].start + line->spans[k].len;
			assert_true(at <= line->len);
			assert_true(line->spans[k].link < (int)t->links.n);
			assert_true(line->spans[k].style < TEXT_STYLES);
		}
	}
	for (size_t i = 0; i < t->links.n; i++) {
		assert_true(strlen(t->links.v[i]) <= 2083);
		for (const char *p = t->links.v[i]; *p; p++)
			assert_true(*p > ' ' && *p < 0x7F);
	}
}

static inline int golden_widest(const struct text *t)
{
	int widest = 0;

	for (size_t i = 0; i < t->n; i++) {
		int w = utf8_columns(t->lines[i].s, t->lines[i].len);

		widest = w > widest ? w : widest;
	}
	return widest;
}

static inline bool golden_read(const char *path, struct str *out)
{
	FILE *f = fopen(path, "rb");
	char buf[4096];
	size_t n;

	if (!f)
		return false;
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		str_add(out, buf, n);
	fclose(f);
	return true;
}

static inline void golden_write(const char *path, const struct str *s)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	fwrite(str_c(s), 1, s->len, f);
	fclose(f);
}

typedef struct text *golden_make(const char *s, size_t len);

static inline bool golden_one(const char *path, golden_make *make)
{
	struct str in = STR_INIT, got = STR_INIT, want = STR_INIT;
	char want_path[1200];
	struct text *t;
	bool same;

	snprintf(want_path, sizeof(want_path), "%s.want", path);
	assert_true(golden_read(path, &in));
	t = make(str_c(&in), in.len);
	golden_check_clean(t);
	golden_dump(t, &got);
	if (getenv("GOLDEN_UPDATE"))
		golden_write(want_path, &got);
	same = golden_read(want_path, &want) && strcmp(str_c(&got), str_c(&want)) == 0;
	if (!same)
		print_error("%s\n--- wanted\n%s--- got\n%s", path, str_c(&want), str_c(&got));
	text_free(t);
	str_done(&in);
	str_done(&got);
	str_done(&want);
	return same;
}

/* Every file of the folder with that ending; at least least of them, so that a lost folder does not
 * pass. */
static inline void golden_in(const char *folder, const char *ending, int least, golden_make *make)
{
	const char *src = getenv("srcdir");
	char dir[512], path[1024];
	const struct dirent *e;
	int n = 0, bad = 0;
	DIR *d;

	snprintf(dir, sizeof(dir), "%s/tests/data/%s", src ? src : ".", folder);
	d = opendir(dir);
	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		size_t len = strlen(e->d_name), end = strlen(ending);

		if (len <= end || strcmp(e->d_name + len - end, ending) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		n++;
		bad += !golden_one(path, make);
	}
	closedir(d);
	assert_int_equal(bad, 0);
	assert_true(n >= least);
}

static inline void golden_all(const char *ending, int least, golden_make *make)
{
	golden_in("render", ending, least, make);
}

#endif

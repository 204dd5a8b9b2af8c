#include "base/conf.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 8, MAX_WORDS = 1000 };

struct reader {
	const char *p, *start, *end;
	int line, column;
	struct conf_errors *errors;
};

static void add_error(struct conf_errors *errors, int line, int column, const char *fmt, va_list ap)
	__attribute__((format(printf, 4, 0)));

static void add_error(struct conf_errors *errors, int line, int column, const char *fmt, va_list ap)
{
	struct str text = STR_INIT, clean = STR_INIT;

	str_addv(&text, fmt, ap);
	utf8_clean(&clean, str_c(&text), text.len, UTF8_LINE);
	str_done(&text);
	errors->v = mem_grow(errors->v, &errors->cap, errors->n + 1, sizeof(*errors->v));
	errors->v[errors->n++] = (struct conf_error){line, column, str_steal(&clean)};
}

void conf_error_at(struct conf_errors *errors, int line, int column, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_error(errors, line, column, fmt, ap);
	va_end(ap);
}

void conf_error(struct conf_errors *errors, const struct conf_word *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_error(errors, at->line, at->column, fmt, ap);
	va_end(ap);
}

static bool at_end(const struct reader *r)
{
	return r->p >= r->end;
}

static void advance(struct reader *r)
{
	char c = *r->p++;

	if (c == '\n') {
		r->line++;
		r->column = 1;
	} else if (((unsigned char)(c)&0xC0) != 0x80) {
		r->column++;
	}
}

static bool is_joined_line(const struct reader *r)
{
	if (*r->p != '\\' || r->p + 1 >= r->end)
		return false;
	return r->p[1] == '\n' || (r->p[1] == '\r' && r->p + 2 < r->end && r->p[2] == '\n');
}

static void skip_blanks(struct reader *r)
{
	while (!at_end(r)) {
		if (is_joined_line(r)) {
			while (*r->p != '\n')
				advance(r);
			advance(r);
		} else if (*r->p == ' ' || *r->p == '\t' || *r->p == '\r') {
			advance(r);
		} else {
			break;
		}
	}
}

static void skip_comment(struct reader *r)
{
	while (!at_end(r) && *r->p != '\n')
		advance(r);
}

static void read_escape(struct reader *r, struct str *out)
{
	advance(r);
	if (at_end(r))
		return;
	if (*r->p == 'n')
		str_addc(out, '\n');
	else if (*r->p == 't')
		str_addc(out, '\t');
	else
		str_addc(out, *r->p);
	advance(r);
}

static void read_quoted(struct reader *r, struct str *out)
{
	int line = r->line, column = r->column;
	char quote = *r->p;

	advance(r);
	while (!at_end(r) && *r->p != quote && *r->p != '\n') {
		if (quote == '"' && *r->p == '\\') {
			read_escape(r, out);
			continue;
		}
		str_addc(out, *r->p);
		advance(r);
	}
	if (at_end(r) || *r->p != quote)
		conf_error_at(
			r->errors, line, column, _("this %c is not closed on its line"), quote);
	else
		advance(r);
}

/* Not strchr: that would find a NUL byte in any list. */
static bool ends_word(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ';';
}

static struct conf_word read_word(struct reader *r)
{
	struct conf_word w = {
		.line = r->line, .column = r->column, .at = (size_t)(r->p - r->start)};
	struct str text = STR_INIT;

	while (!at_end(r) && !ends_word(*r->p)) {
		if (*r->p == '"' || *r->p == '\'') {
			w.quoted = true;
			read_quoted(r, &text);
		} else if (*r->p == '\\' && !is_joined_line(r)) {
			w.quoted = true;
			advance(r);
			if (!at_end(r)) {
				str_addc(&text, *r->p);
				advance(r);
			}
		} else if (*r->p == '\\') {
			break;
		} else {
			str_addc(&text, *r->p);
			advance(r);
		}
	}
	if (!utf8_valid(str_c(&text), text.len))
		conf_error(r->errors, &w, _("this word is not UTF-8"));
	if (text.len != strlen(str_c(&text)))
		conf_error(r->errors, &w, _("this word contains a NUL byte"));
	w.text = str_steal(&text);
	w.end = (size_t)(r->p - r->start);
	return w;
}

static bool is_bare(const struct conf_word *w, const char *text)
{
	return !w->quoted && strcmp(w->text, text) == 0;
}

static void line_free(struct conf_line *line)
{
	for (size_t i = 0; i < line->n; i++)
		free(line->words[i].text);
	free(line->words);
	conf_free(line->block);
}

/* Reads one command; true when there was one. */
static bool read_line(struct reader *r, struct conf_line *line)
{
	size_t cap = 0;

	*line = (struct conf_line){NULL, 0, NULL};
	for (;;) {
		skip_blanks(r);
		if (at_end(r) || *r->p == '\n' || *r->p == ';')
			break;
		if (*r->p == '#') {
			skip_comment(r);
			break;
		}
		line->words = mem_grow(line->words, &cap, line->n + 1, sizeof(*line->words));
		line->words[line->n++] = read_word(r);
		if (line->n > MAX_WORDS) {
			conf_error(r->errors, &line->words[0], _("more than %d words in one line"),
				MAX_WORDS);
			skip_comment(r);
			break;
		}
		if (is_bare(&line->words[line->n - 1], "{") ||
			(line->n == 1 && is_bare(&line->words[0], "}")))
			break;
	}
	return line->n > 0;
}

static void skip_separator(struct reader *r)
{
	if (!at_end(r) && (*r->p == '\n' || *r->p == ';'))
		advance(r);
}

static struct conf_block *read_block(struct reader *r, const struct conf_word *opened, int depth)
{
	struct conf_block *block = mem_alloc(sizeof(*block));

	while (!at_end(r)) {
		struct conf_line line;
		bool any = read_line(r, &line);

		skip_separator(r);
		if (!any)
			continue;
		if (line.n == 1 && is_bare(&line.words[0], "}")) {
			if (!opened)
				conf_error(r->errors, &line.words[0], _("} without {"));
			line_free(&line);
			if (opened)
				return block;
			continue;
		}
		if (is_bare(&line.words[line.n - 1], "{")) {
			struct conf_word brace = line.words[--line.n];

			if (line.n == 0 || depth >= MAX_DEPTH)
				conf_error(r->errors, &brace, _("a block is not allowed here"));
			line.block = depth < MAX_DEPTH ? read_block(r, &brace, depth + 1) : NULL;
			free(brace.text);
			if (line.n == 0) {
				line_free(&line);
				continue;
			}
		}
		block->lines =
			mem_grow(block->lines, &block->cap, block->n + 1, sizeof(*block->lines));
		block->lines[block->n++] = line;
	}
	if (opened)
		conf_error(r->errors, opened, _("this { is not closed"));
	return block;
}

struct conf_block *conf_parse(const char *text, size_t len, struct conf_errors *errors)
{
	struct reader r = {text, text, text + len, 1, 1, errors};

	/* Some editors begin a file with a byte order mark. */
	if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
		r.p += 3;
	return read_block(&r, NULL, 0);
}

void conf_free(struct conf_block *block)
{
	if (!block)
		return;
	for (size_t i = 0; i < block->n; i++)
		line_free(&block->lines[i]);
	free(block->lines);
	free(block);
}

void conf_errors_print(const struct conf_errors *errors, struct str *out)
{
	for (size_t i = 0; i < errors->n; i++)
		str_addf(out, "%s:%d:%d: %s\n", errors->file ? errors->file : "-",
			errors->v[i].line, errors->v[i].column, errors->v[i].text);
}

void conf_errors_done(struct conf_errors *errors)
{
	for (size_t i = 0; i < errors->n; i++)
		free(errors->v[i].text);
	free(errors->v);
	free(errors->file);
	*errors = (struct conf_errors){0};
}

void conf_quote(struct str *out, const char *word)
{
	if (*word && !strpbrk(word, " \t\r\n;#\"'\\{}")) {
		str_adds(out, word);
		return;
	}
	str_addc(out, '"');
	for (; *word; word++) {
		if (*word == '\n') {
			str_adds(out, "\\n");
			continue;
		}
		if (*word == '"' || *word == '\\')
			str_addc(out, '\\');
		str_addc(out, *word);
	}
	str_addc(out, '"');
}

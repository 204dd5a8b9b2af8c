#include "net/etpan.h"

#include "net/wire.h"

#include <libetpan/libetpan.h>
#include <libetpan/mailimap_extension.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A larger literal in an item nobody asked for is not read into memory. */
#define LITERAL_MAX ((size_t)1 << 20)

struct cursor {
	mailstream *stream;
	MMAPString *buffer;
	size_t at;
};

static char at_char(const struct cursor *c)
{
	return c->at < c->buffer->len ? c->buffer->str[c->at] : '\0';
}

static bool is_name_char(char c)
{
	return c > 0x20 && c < 0x7f && !strchr("()\"{", c);
}

/* Reads so much that the buffer holds need bytes. */
static bool read_up_to(struct cursor *c, size_t need)
{
	char chunk[4096];

	while (c->buffer->len < need) {
		size_t want = need - c->buffer->len;
		ssize_t n = mailstream_read(
			c->stream, chunk, want < sizeof(chunk) ? want : sizeof(chunk));

		if (n <= 0 || !mmap_string_append_len(c->buffer, chunk, (size_t)n))
			return false;
	}
	return true;
}

/* "{n}" CRLF and n bytes; the line behind is read too, as libetpan's own literal parser does. */
static bool skip_literal(struct cursor *c)
{
	size_t n = 0;

	for (c->at++; at_char(c) >= '0' && at_char(c) <= '9' && n <= LITERAL_MAX; c->at++)
		n = n * 10 + (size_t)(at_char(c) - '0');
	if (n > LITERAL_MAX || at_char(c) != '}')
		return false;
	c->at++;
	if (at_char(c) == '\r')
		c->at++;
	if (at_char(c) != '\n')
		return false;
	c->at += 1 + n;
	if (!read_up_to(c, c->at))
		return false;
	return c->buffer->len > c->at || mailstream_read_line_append(c->stream, c->buffer);
}

static bool skip_quoted(struct cursor *c)
{
	for (c->at++; at_char(c) && at_char(c) != '\n'; c->at++) {
		if (at_char(c) == '"') {
			c->at++;
			return true;
		}
		if (at_char(c) == '\\')
			c->at++;
	}
	return false;
}

/* An atom, string, literal or list; iterative, for the depth is the server's. */
static bool skip_value(struct cursor *c)
{
	size_t depth = 0;

	do {
		char ch = at_char(c);

		if (ch == '(' || ch == ')' || (ch == ' ' && depth)) {
			if (ch == ')' && !depth)
				return false;
			depth += ch == '(';
			depth -= ch == ')';
			c->at++;
		} else if (ch == '"' || ch == '{') {
			if (!(ch == '"' ? skip_quoted(c) : skip_literal(c)))
				return false;
		} else {
			size_t start = c->at;

			while (is_name_char(at_char(c)))
				c->at++;
			if (c->at == start)
				return false;
		}
	} while (depth);
	return true;
}

static int catch_all(int calling_parser, mailstream *fd, MMAPString *buffer,
	struct mailimap_parser_context *parser_ctx, size_t *indx,
	struct mailimap_extension_data **result, size_t progr_rate, progress_function *progr_fun);

static void catch_all_free(struct mailimap_extension_data *data)
{
	free(data);
}

static struct mailimap_extension_api api = {
	.ext_name = (char *)(uintptr_t) "catch-all",
	.ext_id = -1,
	.ext_parser = catch_all,
	.ext_free = catch_all_free,
};

int etpan_give_back(mailstream *stream, MMAPString *buffer, size_t at)
{
	const char *lf = memchr(buffer->str + at, '\n', buffer->len - at);
	size_t end = lf ? (size_t)(lf - buffer->str) + 1 : buffer->len, n = buffer->len - end;

	if (!n)
		return MAILIMAP_NO_ERROR;
	if (n > stream->buffer_max_size - stream->read_buffer_len)
		return MAILIMAP_ERROR_STREAM;
	memmove(stream->read_buffer + n, stream->read_buffer, stream->read_buffer_len);
	memcpy(stream->read_buffer, buffer->str + end, n);
	stream->read_buffer_len += n;
	return mmap_string_truncate(buffer, end) ? MAILIMAP_NO_ERROR : MAILIMAP_ERROR_MEMORY;
}

static int catch_all(int calling_parser, mailstream *fd, MMAPString *buffer,
	struct mailimap_parser_context *parser_ctx, size_t *indx,
	struct mailimap_extension_data **result, size_t progr_rate, progress_function *progr_fun)
{
	struct cursor c = {fd, buffer, *indx};
	size_t start;
	int r;

	(void)parser_ctx;
	(void)progr_rate;
	(void)progr_fun;
	if (calling_parser != MAILIMAP_EXTENDED_PARSER_FETCH_DATA &&
		calling_parser != MAILIMAP_EXTENDED_PARSER_STATUS_ATT)
		return MAILIMAP_ERROR_PARSE;
	while (at_char(&c) == ' ')
		c.at++;
	start = c.at;
	while (is_name_char(at_char(&c)))
		c.at++;
	if (c.at == start || at_char(&c) != ' ')
		return MAILIMAP_ERROR_PARSE;
	while (at_char(&c) == ' ')
		c.at++;
	if (!skip_value(&c))
		return MAILIMAP_ERROR_PARSE;
	r = etpan_give_back(fd, buffer, c.at);
	if (r != MAILIMAP_NO_ERROR)
		return r;
	*result = mailimap_extension_data_new(
		&api, !strncmp(buffer->str + start, WIRE_BROKEN " ", sizeof(WIRE_BROKEN)), NULL);
	if (!*result)
		return MAILIMAP_ERROR_MEMORY;
	*indx = c.at;
	return MAILIMAP_NO_ERROR;
}

void etpan_init(void)
{
	static bool done;

	if (!done)
		mailimap_extension_register(&api);
	done = true;
}

bool etpan_is_broken(const struct mailimap_extension_data *item)
{
	return item->ext_extension == &api && item->ext_type;
}

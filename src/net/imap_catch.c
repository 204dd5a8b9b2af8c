#include "net/imap_priv.h"

#include "base/mem.h"
#include "net/etpan.h"

#include <libetpan/mailimap_extension.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/*
 * libetpan ends the connection on any untagged line that it cannot parse. An extension is asked
 * after everything else failed, so one that takes any line as raw text makes a broken line cost
 * one row. (What is unknown within a FETCH is skipped by etpan.c.)
 */
enum { KEEP = 64 << 10, KEEP_ESEARCH = IMAP_ESEARCH, LITERAL = 64 << 20 };

struct scan {
	mailstream *from;
	MMAPString *buffer;
	size_t at;
};

struct raw {
	size_t len;
	char text[];
};

static int catch_parse(int calling, mailstream *from, MMAPString *buffer,
	struct mailimap_parser_context *context, size_t *at,
	struct mailimap_extension_data **result, size_t rate, progress_function *progress);
static void catch_free(struct mailimap_extension_data *item);

static char catch_name[] = "CATCH";
static struct mailimap_extension_api catch_api = {catch_name, -1, catch_parse, catch_free};
static pthread_once_t catch_once = PTHREAD_ONCE_INIT;

static void catch_register(void)
{
	mailimap_extension_register(&catch_api);
}

void imap_catch_init(void)
{
	pthread_once(&catch_once, catch_register);
}

const char *imap_caught(const struct mailimap_extension_data *item, size_t *len)
{
	const struct raw *raw = item->ext_data;

	if (item->ext_extension != &catch_api || !raw)
		return NULL;
	*len = raw->len;
	return raw->text;
}

static void catch_free(struct mailimap_extension_data *item)
{
	free(item->ext_data);
	free(item);
}

/* Makes the byte at s->at readable; false at the end of the connection. */
static bool scan_more(struct scan *s)
{
	while (s->at >= s->buffer->len)
		if (!mailstream_read_line_append(s->from, s->buffer))
			return false;
	return true;
}

/* Steps over n bytes behind a literal's announcement, reading those that are not there yet. */
static bool scan_bytes(struct scan *s, size_t n)
{
	char piece[4096];
	size_t there = s->buffer->len - s->at;

	s->at += n < there ? n : there;
	n -= n < there ? n : there;
	while (n) {
		ssize_t got =
			mailstream_read(s->from, piece, n < sizeof(piece) ? n : sizeof(piece));

		if (got <= 0 || !mmap_string_append_len(s->buffer, piece, (size_t)got))
			return false;
		s->at += (size_t)got;
		n -= (size_t)got;
	}
	return true;
}

/* At "{": the octets of "{12}" CRLF, with s->at behind the CRLF; -1 when it is no literal. */
static long scan_literal(struct scan *s)
{
	const char *p = s->buffer->str + s->at + 1, *end = s->buffer->str + s->buffer->len;
	long n = 0;
	int digits = 0;

	for (; p < end && *p >= '0' && *p <= '9' && digits < 9; digits++)
		n = n * 10 + (*p++ - '0');
	if (!digits || n > LITERAL || end - p < 3 || p[0] != '}' || p[1] != '\r' || p[2] != '\n')
		return -1;
	s->at = (size_t)(p + 3 - s->buffer->str);
	return n;
}

/* At a double quote: behind the closing one, or at the line end where it is missing. */
static void scan_quoted(struct scan *s)
{
	const char *str = s->buffer->str;

	for (s->at++; s->at < s->buffer->len; s->at++) {
		if (str[s->at] == '\r' || str[s->at] == '\n')
			return;
		if (str[s->at] == '\\' && s->at + 1 < s->buffer->len && str[s->at + 1] != '\r' &&
			str[s->at + 1] != '\n')
			s->at++;
		else if (str[s->at] == '"') {
			s->at++;
			return;
		}
	}
}

/* One step: a string, a literal or a byte. False when the connection ended. */
static bool scan_step(struct scan *s)
{
	char c = s->buffer->str[s->at];
	long n;

	if (c == '"') {
		scan_quoted(s);
		return true;
	}
	n = c == '{' ? scan_literal(s) : -1;
	if (n >= 0)
		return scan_bytes(s, (size_t)n);
	s->at++;
	return true;
}

/* To the CRLF that ends the response. */
static int scan_response(struct scan *s)
{
	for (;;) {
		char c;

		if (!scan_more(s))
			return MAILIMAP_ERROR_STREAM;
		c = s->buffer->str[s->at];
		if (c == '\r' || c == '\n')
			return MAILIMAP_NO_ERROR;
		if (!scan_step(s))
			return MAILIMAP_ERROR_STREAM;
	}
}

static int catch_parse(int calling, mailstream *from, MMAPString *buffer,
	struct mailimap_parser_context *context, size_t *at,
	struct mailimap_extension_data **result, size_t rate, progress_function *progress)
{
	struct scan s = {from, buffer, *at};
	struct raw *raw;
	int r;

	(void)context, (void)rate, (void)progress;
	if (calling != MAILIMAP_EXTENDED_PARSER_RESPONSE_DATA)
		return MAILIMAP_ERROR_PARSE;
	r = scan_response(&s);
	if (r == MAILIMAP_NO_ERROR)
		r = etpan_give_back(from, buffer, s.at);
	if (r != MAILIMAP_NO_ERROR)
		return r;
	if (s.at == *at)
		return MAILIMAP_ERROR_PARSE;
	size_t len = s.at - *at;
	size_t keep = str_istarts(buffer->str + *at, "ESEARCH ") ? KEEP_ESEARCH : KEEP;

	if (len > keep)
		len = keep;
	raw = mem_alloc(sizeof(*raw) + len + 1);
	raw->len = len;
	memcpy(raw->text, buffer->str + *at, len);
	*result = mailimap_extension_data_new(&catch_api, calling, raw);
	if (!*result) {
		free(raw);
		return MAILIMAP_ERROR_MEMORY;
	}
	*at = s.at;
	return MAILIMAP_NO_ERROR;
}

/*
 * text - styled text: what a message looks like, line by line, before any terminal is involved.
 *
 * Owns:    its lines, spans and links until text_free. A value: it may cross threads by giving it
 * away. Threads: any. Errors:  none.
 *
 * Lines are clean UTF-8 (utf8.h) without line ends; spans cover byte ranges of a line, in order,
 * not overlapping.
 */
#ifndef MIME_TEXT_H
#define MIME_TEXT_H

#include "base/str.h"

#include <stdint.h>

enum text_style {
	TEXT_PLAIN,
	TEXT_HEADER_NAME,
	TEXT_HEADER_VALUE,
	TEXT_SUBJECT,
	TEXT_QUOTE1, /* quote levels 1..4, deeper ones go round */
	TEXT_QUOTE2,
	TEXT_QUOTE3,
	TEXT_QUOTE4,
	TEXT_SIGNATURE,
	TEXT_LINK,
	TEXT_BOLD,
	TEXT_ITALIC,
	TEXT_CODE,
	TEXT_HEADING,
	TEXT_ATTACHMENT, /* the part list and separators between parts */
	TEXT_NOTICE,     /* said by Talaria itself, not by the mail */
	TEXT_DIFF_ADD,
	TEXT_DIFF_DELETE,
	TEXT_DIFF_HUNK,
	TEXT_STYLES
};

struct text_span {
	uint32_t start, len; /* bytes in the line */
	uint8_t style;       /* enum text_style */
	int32_t link;        /* index into links, -1 for none */
};

struct text_line {
	char *s; /* owned */
	uint32_t len;
	uint8_t style;           /* of what no span covers */
	uint8_t quote;           /* quote level, 0 none: lets the reader hide or skip quotes */
	uint16_t joins;          /* 1 + bytes of prefix, when the line goes on with a word that was
				    cut in the line before because it is wider than a line; else 0 */
	struct text_span *spans; /* owned */
	uint32_t nspans;
};

struct text {
	struct text_line *lines;
	size_t n, cap;
	struct strv links; /* URLs, clean ASCII, at most 2083 bytes each, at most 4,000 */
	size_t links_lost; /* asked for and beyond these limits */
	size_t pictures;   /* on other hosts, which the text would have shown: none is fetched */
	bool cut;          /* some of what it is made from is beyond the limits, and left out */
	uint32_t *link_hashes; /* owned; private: finds equal links */
	size_t hashes_cap;
};

struct text *text_new(void);
void text_free(struct text *t); /* NULL is fine */
/* Appends a line (copied) of one style; returns it for text_span_add until the next line is added.
 */
struct text_line *text_add(struct text *t, enum text_style style, const char *s, size_t len);
void text_span_add(
	struct text_line *line, size_t start, size_t len, enum text_style style, int link);
int text_link_add(struct text *t, const char *url,
	size_t len); /* index; the same URL gives the same index; -1: not taken */
void text_join(
	struct text *t, struct text *tail); /* moves tail's lines behind t's and frees tail */
/* Moves head's lines in front of t's and frees head; there are no links in it. */
void text_prepend(struct text *t, struct text *head);
/*
 * The bare lines with LF, for pipes, --json and quotes. Words that were cut for the screen are
 * whole again. With links, what a link shows is followed by "[n]" where that is not its address,
 * and the addresses stand at the end.
 */
void text_plain(const struct text *t, struct str *out, bool links);

#endif

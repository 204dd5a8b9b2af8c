/*
 * wire - the filter between an IMAP server's bytes and libetpan's parser.
 *
 * Owns:    the logical line it holds back.
 * Threads: one connection thread; pure push/pull, no I/O.
 * Errors:  WIRE_BAD ends the connection: the reason is a text for the user.
 *
 * Debian's libetpan 1.9.4 crashes or hangs on inputs that any server can send: nested
 * PERMANENTFLAGS, quoted strings in response codes of a greeting or continuation, "* ANNOTATION",
 * deep parentheses, endless literals. Works on whole logical lines (up to LF, literals counted):
 * over-long lines, more than 50,000 '(' in a line, NUL outside literals, literals over the cap are
 * refused; response codes that do not match a strict grammar are blanked out; ANNOTATION lines
 * dropped; LIST extended data cut off. Untagged lines that libetpan loses (BYE text, STATUS, ALERT,
 * VANISHED order) are remembered for the caller.
 */
#ifndef NET_WIRE_H
#define NET_WIRE_H

#include "base/str.h"

#include <stdint.h>

struct wire;

struct wire_limits {
	size_t line;      /* most bytes of one line, default 16 MiB */
	uint32_t literal; /* largest literal, default 64 MiB */
	uint64_t budget;  /* most bytes until wire_budget is called again, default 1 GiB */
};

struct wire *wire_new(const struct wire_limits *limits); /* NULL: defaults */
void wire_free(struct wire *w);
void wire_budget(struct wire *w, uint64_t bytes);

/* Feeds raw bytes and appends what may be passed on to out. 0, or -1: the connection must end
 * (wire_reason). */
int wire_push(struct wire *w, const char *p, size_t len, struct str *out);
const char *wire_reason(const struct wire *w);

/* What was seen, for the caller to take: NULL when there is nothing. Texts are clean one-line
 * UTF-8; free(). */
char *wire_take_bye(struct wire *w);
char *wire_take_alert(struct wire *w);
/* The untagged "STATUS ..." lines since the last call, raw without "* " and CRLF (LIST-STATUS, RFC
 * 5819). */
void wire_take_status(struct wire *w, struct strv *lines);

#endif

/*
 * wire - the filter between an IMAP server's bytes and libetpan's parser.
 *
 * Owns:    the logical line it holds back.
 * Threads: one connection thread; pure push/pull, no I/O.
 * Errors:  WIRE_BAD ends the connection: the reason is a text for the user.
 *
 * Debian's libetpan 1.9.4 crashes or hangs on inputs that any server can send: nested
 * PERMANENTFLAGS, quoted strings in response codes of a greeting or continuation, "* ANNOTATION",
 * deep parentheses, endless literals. A logical line runs to the LF that no literal follows; its
 * text is held back up to each LF, literals stream through.
 *
 * Refused: over-long lines, literals over the cap, lines that are no IMAP; and but for FETCH rows
 * more than 50,000 '(' in a line or 1,000 open at once, NUL outside literals, '{' that announces no
 * literal, quotes where no string can begin or end. A FETCH row with one of these is passed on as
 * "* n FETCH (UID n WIRE_BROKEN -)", unless a list around a literal is what is broken; lines behind
 * it that are no IMAP are what a line end in its text made of it, and dropped. Response codes that
 * do not match a strict grammar are blanked out. Untagged responses are passed on only when
 * libetpan knows them (or imap_catch.c does: ESEARCH) and this program uses them (CAPABILITY
 * ENABLED LIST LSUB FLAGS SEARCH ESEARCH ID NAMESPACE VANISHED EXISTS RECENT EXPUNGE FETCH and the
 * status responses); all others, ANNOTATION among them, are dropped, and so are those with a
 * literal but for LIST and FETCH. LIST rows are read leniently and written anew, without extended
 * data. A NUL or CR in the text of a FETCH row becomes a "?". What libetpan loses (BYE text, ALERT,
 * every STATUS line, NOTIFICATIONOVERFLOW) is remembered for the caller; in place of STATUS comes
 * an OK. Line ends become CRLF, status lines without text get one.
 *
 * A row of header fields in the usual form is not passed on where somebody takes it (wire_on_row).
 */
#ifndef NET_WIRE_H
#define NET_WIRE_H

#include "base/str.h"
#include "net/fetch_row.h"
#include "net/view.h"

#include <stdint.h>

struct wire;

/* The item that stands for what was broken in a FETCH row. */
#define WIRE_BROKEN "X-TALARIA-BROKEN"

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
/* True between two logical lines: nothing is held back and no literal is open. */
bool wire_is_idle(const struct wire *w);

/* Gets the text of each logical line up to its first literal, as the server sent it (for the log).
 */
typedef void wire_line_fn(void *ctx, const char *p, size_t len);
void wire_on_line(struct wire *w, wire_line_fn *fn, void *ctx);

/*
 * Gets each row of header fields that has the usual form (fetch_row.h), with the fields, in the
 * order of the rows; nothing of it is passed on. It is called from within wire_push, before the
 * reader of what is passed on has seen what came earlier: an answer does not say which command it
 * belongs to, so that who waits for one has to look at the UIDs anyway.
 */
typedef void wire_row_fn(void *ctx, const struct fetch_row *row, struct view fields);
void wire_on_row(struct wire *w, wire_row_fn *fn, void *ctx);

/* What was seen, for the caller to take: NULL when there is nothing. Texts are clean one-line
 * UTF-8; free(). */
char *wire_take_bye(struct wire *w);
char *wire_take_alert(struct wire *w);
bool wire_has_alert(const struct wire *w);
/*
 * From now on every tagged answer is passed on with this tag (a literal): who reads answers by one
 * tag alone can have several commands under way. wire_take_tag gives the server's tags in the order
 * of the answers, NULL when all were taken; free().
 */
void wire_one_tag(struct wire *w, const char *tag);
char *wire_take_tag(struct wire *w);
/* The untagged "STATUS ..." lines since the last call, raw without "* " and CRLF (LIST-STATUS, RFC
 * 5819); a mailbox name sent as a literal stands there as a quoted string. */
void wire_take_status(struct wire *w, struct strv *lines);
/* True once after [NOTIFICATIONOVERFLOW] (RFC 5465 5.8): the server notifies no more. */
bool wire_take_overflow(struct wire *w);
/* How many rows of LIST and STATUS were left out since the last call, for they could not be read.
 */
size_t wire_take_odd(struct wire *w);
/* True once after an untagged NO or BAD: the server is in trouble. */
bool wire_take_trouble(struct wire *w);

/* "* OK ...", "* BYE ..." and so on: text, in which nothing announces a literal. */
bool wire_is_answer(const char *line, size_t len);

#endif

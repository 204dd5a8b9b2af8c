/*
 * mbox - reads the messages of an mbox file (RFC 4155), and makes the text of one, for import and
 * export.
 *
 * Owns:    nothing; the file is opened for reading only and closed before a function returns.
 * Threads: disk thread.
 * Errors:  ERR_GONE (no such file, or it changed since it was scanned), ERR_INPUT (not an mbox
 * file, or a message that is too large), ERR_SYSTEM.
 *
 * A message begins with a "From " line: at the start of the file or after an empty line, with a
 * date in it, and followed by a header field. All three are asked for, because unquoted "From "
 * lines stand in bodies too. Content-Length (mboxcl, mboxcl2) is not believed: one forged number
 * would hide the mail behind it.
 *
 * No lock is taken. A program that is writing meanwhile can at worst cut the last message short.
 */
#ifndef STORE_MBOX_H
#define STORE_MBOX_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

#define MBOX_MESSAGE_MAX (1u << 30) /* octets of one message that mbox_read reads */

/*
 * Calls fn for each message in order: offset and length in octets of its header and body, without
 * the "From " line and without the empty line that ends it; received in seconds since 1970 from the
 * "From " line, 0 when that cannot be told. Memory does not grow with the file. An empty file has
 * no messages. 0, or what fn returned when that is not 0 (the scan ends), or -1.
 */
int mbox_scan(const char *path,
	int (*fn)(void *ctx, uint64_t offset, uint64_t length, uint32_t received), void *ctx,
	struct err *err);

/*
 * Appends the message that mbox_scan told of, nothing on failure. In its body one '>' is taken from
 * lines that begin with ">From ", ">>From " and so on: that undoes mboxrd, and mboxo where it can
 * be undone. Line ends stay as they are in the file.
 */
int mbox_read(const char *path, uint64_t offset, uint64_t length, struct str *out, struct err *err);

/* enum mail_flag from the Status and X-Status fields of a message's header. */
uint32_t mbox_flags(const char *message, size_t len);
/* The words of X-Keywords fields that are keywords, as keywords.h has them; replaces out. */
void mbox_keywords(const char *message, size_t len, struct str *out);
/* Takes those fields out of a message that was read from an mbox: they are not the mail's own. */
void mbox_strip_status(struct str *message);

/*
 * Appends one message as it stands in an mbox: "From " line (received: seconds since 1970, written
 * in UTC), the flags in Status and X-Status, keywords ("": none) in X-Keywords, header, body quoted
 * as mboxrd does, an empty line. Line ends CRLF become LF. What mbox_scan and mbox_read give back
 * is the message, with a line end at its end if it had none.
 */
void mbox_put(struct str *out, const char *message, size_t len, uint32_t received, uint32_t flags,
	const char *keywords);

#endif

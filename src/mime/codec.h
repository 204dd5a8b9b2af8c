/*
 * codec - content transfer encodings (RFC 2045 6.7, 6.8) and uuencode.
 *
 * Owns:    nothing.
 * Threads: any; pure functions, linear in time.
 * Errors:  none: decoding takes what it can from any bytes.
 */
#ifndef MIME_CODEC_H
#define MIME_CODEC_H

#include "base/str.h"

/*
 * Foreign bytes are skipped; padding ends a group, and decoding goes on where more base64 stands
 * behind it. Where lines begin that are plain words (the footer of a mailing list; a text that was
 * never encoded) it ends: their offset is returned, len when there are none.
 */
size_t codec_base64_decode(struct str *out, const char *p, size_t len);
/* columns: characters a line (a multiple of 4) with CRLF behind each line; 0: one piece, no line
 * end. */
void codec_base64_encode(struct str *out, const void *p, size_t len, size_t columns);

/* Soft line breaks and blanks at line ends vanish; '=' without two hex digits stays as it is. */
void codec_qp_decode(struct str *out, const char *p, size_t len);
/* The Q encoding of words: the same with '_' for a blank (RFC 2047 4.2). */
void codec_q_decode(struct str *out, const char *p, size_t len);
/* Text: LF, CRLF and CR are line ends and become CRLF. Lines of at most 76 characters; "From " and
 * "." at the start of a line are encoded. */
void codec_qp_encode(struct str *out, const char *p, size_t len);

/* The first uuencoded file in it; true if there was a "begin" line. name may be NULL. */
bool codec_uu_decode(struct str *out, struct str *name, const char *p, size_t len);

/* The same of yEnc: from "=ybegin " to behind the line "=yend", and the bytes of that. name may be
 * NULL. */
bool codec_yenc_find(const char *p, size_t len, size_t *from, size_t *to);
void codec_yenc_decode(struct str *out, struct str *name, const char *p, size_t len);

/* The first uuencoded file that is whole, between other lines: from its "begin" line to behind its
 * "end" line. */
bool codec_uu_find(const char *p, size_t len, size_t *from, size_t *to);

#endif

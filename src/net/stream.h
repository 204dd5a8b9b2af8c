/*
 * stream - one connection to a server: look-up, TCP, TLS, deadlines, cancel, lines.
 *
 * Owns:    the socket, the TLS session and the mailstream over them.
 * Threads: one connection thread; cancel from any thread through net_cancel.
 * Errors:  ERR_NETWORK (not found, refused, closed, timed out), ERR_CERT, ERR_CANCELLED,
 * ERR_PROTOCOL (line too long).
 *
 * IPv6 and IPv4 addresses are tried side by side (RFC 8305: a new attempt every 250 ms). TLS 1.2
 * and up, chain and host name verified (RFC 9525), SNI sent. The driver under libetpan's mailstream
 * returns only > 0 or -1: libetpan 1.9.4 loops for ever on 0 and on anything below -1.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include "base/str.h"
#include "net/net.h"

struct stream;

/* Connects and, for NET_TLS, shakes hands. The wire filter (wire.h) is put in for IMAP. */
int stream_open(struct stream **out, const struct net_server *server,
	const struct net_options *options, struct net_cancel *cancel, struct err *err);
void stream_free(struct stream *s); /* closes at once; NULL is fine */

/*
 * After the server's go-ahead to STARTTLS/STLS: proves that nothing was read ahead (RFC 3207 6,
 * CVE-2011-0411), then shakes hands. Any buffered byte is ERR_PROTOCOL and the stream is dead.
 */
int stream_starttls(struct stream *s, struct err *err);
/* No go-ahead came: -1. why when the link or the person ended it, which is nobody's refusal; else
 * ERR_CERT and refused. */
int stream_no_tls(const struct err *why, const char *refused, struct err *err);
bool stream_is_encrypted(const struct stream *s);

/*
 * While careful, nothing behind the line that was read last has passed the filter: what the server
 * sends next may turn out to be something else. Off in the beginning.
 */
void stream_careful(struct stream *s, bool careful);
/*
 * From now on both directions are packed (RFC 4978): after the line with the server's go-ahead,
 * read while careful. Budgets count what is unpacked. ERR_PROTOCOL when anything of before was not
 * read.
 */
int stream_deflate(struct stream *s, struct err *err);

/* For SASL channel binding: tls-exporter (RFC 9266) bytes; returns the length or 0 when there is
 * none. */
size_t stream_channel_binding(struct stream *s, char *out, size_t max);
/* "TLSv1.3 TLS_AES_256_GCM_SHA384, certificate valid until 2027-01-31, SHA-256 ab12..." for talaria
 * check. */
void stream_describe(const struct stream *s, struct str *out);

/* --- for POP3 and SMTP, which are ours, and for our own IMAP commands --- */

/* Reads a line of at most max bytes without its CRLF into line (cleared first). */
int stream_read_line(struct stream *s, struct str *line, size_t max, struct err *err);
int stream_write(struct stream *s, const char *p, size_t len, struct err *err); /* buffered */
int stream_flush(struct stream *s, struct err *err);
/* After a failed write: what the server said before it hung up can still be read. False where
 * nothing can come; what is written later is lost. */
bool stream_last_words(struct stream *s);
/* The address of our end as SMTP wants it (RFC 5321 4.1.3), "[192.0.2.1]" or "[IPv6:2001:db8::1]":
 * it says no more than the packets do. */
void stream_own_literal(const struct stream *s, struct str *out);
/* Starts the clock and byte budget of a new command. budget: most bytes the answer may have. */
void stream_command(struct stream *s, uint64_t budget);
/* The answer has to come within ms milliseconds, or the link is dead; until the next command. */
void stream_hurry(struct stream *s, int ms);
/* Marks what is written next as secret for the log (passwords, mail) until called with false. */
void stream_secret(struct stream *s, bool secret);
/* Bytes received and sent since the start, packed as on the wire, TLS not counted. */
void stream_counts(const struct stream *s, uint64_t *received, uint64_t *sent);

/* How often something was sent: no more round trips than that. */
unsigned stream_flushes(const struct stream *s);

enum stream_ready { STREAM_DATA, STREAM_WOKEN, STREAM_TIMEOUT };
/* Waits for data (also what is buffered anywhere), for wake_fd (-1: none) or for timeout_ms. -1:
 * error or cancelled. */
int stream_wait(struct stream *s, int wake_fd, int timeout_ms, struct err *err);

/* Why the last read or write failed (kind ERR_NONE when none did): libetpan only says "stream
 * error". */
const struct err *stream_error(const struct stream *s);

/* The filter, to take BYE, ALERT and STATUS from (wire.h); NULL but for IMAP. Replaced by
 * stream_starttls: what was said in the clear is forgotten. Borrowed. */
struct wire;
struct wire *stream_wire(struct stream *s);

/* The mailstream for libetpan; only files of net/ may call it. Borrowed. */
struct _mailstream;
struct _mailstream *stream_mailstream(struct stream *s);
/* Tells the stream that libetpan freed the mailstream (mailimap_free does). */
void stream_mailstream_gone(struct stream *s);

#endif

/*
 * ticket - the text of a state file: what is known of a mail besides its bytes.
 *
 * Owns:    nothing; struct ticket is a value whose strings are its own (ticket_done).
 * Threads: any; pure functions.
 * Errors:  ERR_DAMAGED (does not verify, or a line is missing or wrong; or a later version wrote
 * it).
 *
 * "talaria-mail 2", then one "name value" a line, then "crc" over all before. A recipient that is
 * still to be served is a line "rcpt", one that has the mail a line "done"; "fate" behind it says
 * what the relay answered. In values backslash, CR and LF are written as \\, \r and \n. Lines with
 * other names are skipped, so that a later version may add some. What the former version wrote
 * ("talaria-outbox 1", no fates) is read, too.
 */
#ifndef STORE_TICKET_H
#define STORE_TICKET_H

#include "base/hash.h"
#include "store/disk/outbox.h"

enum { TICKET_MAX = 16 << 20 /* bytes of a state file */ };

struct ticket {
	struct outbox_mail mail;
	uint64_t size;                         /* bytes of the message */
	char sha256[2 * HASH_SHA256_SIZE + 1]; /* of the message, lower-case hex */
};
void ticket_done(struct ticket *j);

void ticket_format(struct str *out, const struct ticket *j); /* appends */
/* j is filled on success only; j->mail.id is left NULL: it is the file's name. */
int ticket_parse(const char *p, size_t len, struct ticket *j, struct err *err);

#endif

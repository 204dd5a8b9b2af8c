/*
 * addr - mail addresses: lenient reading, safe writing (RFC 5322 3.4, RFC 6532, RFC 2047).
 *
 * Owns:    the strings of a struct addr_list until addr_list_done.
 * Threads: any; pure functions.
 * Errors:  none when reading (what is not an address is skipped or kept as a name); writing checks.
 */
#ifndef MIME_ADDR_H
#define MIME_ADDR_H

#include "base/err.h"
#include "base/str.h"

struct addr {
	char *name; /* owned; display name, decoded, clean UTF-8 of one line; "" when there is none
		     */
	char *mail; /* owned; local@domain, clean; never empty */
};

struct addr_list {
	struct addr *v;
	size_t n, cap;
	bool cut; /* there were more than are kept */
};

/* Reads a raw address header value (groups, comments, encoded words, stray commas...). At most
 * 10,000 addresses; of one over 1,000 octets the beginning and "…". */
void addr_parse(struct addr_list *out, const char *value, size_t len);
void addr_list_add(struct addr_list *list, const char *name, const char *mail);
void addr_list_done(struct addr_list *list);
bool addr_list_has(
	const struct addr_list *list, const char *mail); /* domain without case, local part too */

/*
 * Reads what a person typed as recipients. Unlike addr_parse it refuses what cannot be sent to:
 * ERR_INPUT names the piece (no '@', blanks or controls, CR/LF/NUL, '<' '>' inside, over 254
 * octets: RFC 5321 4.5.3). Bare addresses may have blanks between them in the stead of commas.
 */
int addr_parse_typed(struct addr_list *out, const char *text, struct err *err);

/* "Name <mail>" for people, UTF-8; a name that holds another address than mail is not shown as a
 * name. */
void addr_show(struct str *out, const struct addr *a);
/* The same for a header: quoted or encoded (RFC 2047) as needed, the domain in ASCII (RFC 5891),
 * pure ASCII unless utf8 (RFC 6532). An address that has no ASCII form then becomes an empty group
 * that names it (RFC 6857 3.1.5). Not folded. */
void addr_write(struct str *out, const struct addr *a, bool utf8);
bool addr_is_wide(
	const struct addr *a); /* it has no ASCII form: the local part, or no valid domain */
/* The name, else the mail: what an index column shows. A name that contains '@' of another address:
 * the mail. */
const char *addr_short(const struct addr *a);

#endif

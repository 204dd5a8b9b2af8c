/*
 * etpan - what libetpan must be told once: a parser for the data it does not know.
 *
 * Owns:    nothing.
 * Threads: etpan_init before any other thread (libetpan's list of extensions has no lock).
 * Errors:  none.
 */
#ifndef NET_ETPAN_H
#define NET_ETPAN_H

/*
 * Registers the catch-all: FETCH items and STATUS attributes that libetpan cannot parse are skipped
 * with their value instead of ending the connection.
 */
void etpan_init(void);

#endif

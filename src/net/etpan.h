/*
 * etpan - what libetpan must be told once: a parser for the data it does not know.
 *
 * Owns:    nothing.
 * Threads: etpan_init before any other thread (libetpan's list of extensions has no lock).
 * Errors:  none.
 */
#ifndef NET_ETPAN_H
#define NET_ETPAN_H

#include <libetpan/libetpan.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Registers the catch-all: FETCH items and STATUS attributes that libetpan cannot parse are skipped
 * with their value instead of ending the connection.
 */
void etpan_init(void);

/*
 * For our parsers, which are asked after libetpan's have failed. Those read a line more each time
 * they try a literal again, and libetpan waits for the next then, which may never come: what is in
 * the buffer behind the line at `at` is read anew. A MAILIMAP error.
 */
int etpan_give_back(mailstream *stream, MMAPString *buffer, size_t at);

/* An item of a FETCH answer: the filter put it there in place of what was broken (net/wire.h). */
bool etpan_is_broken(const struct mailimap_extension_data *item);

#endif

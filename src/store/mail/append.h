/*
 * append - messages that wait in files to be appended.
 *
 * Owns:    the files in append/, while an operation names them.
 * Threads: disk thread only.
 * Errors:  none.
 */
#ifndef STORE_APPEND_H
#define STORE_APPEND_H

struct account;
struct op;

char *append_path(const struct account *a, const char *file); /* free(); "": where they are */
void append_drop(const struct account *a, const struct op *op);

#endif

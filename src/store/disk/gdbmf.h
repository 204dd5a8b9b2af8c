/*
 * gdbmf - one GDBM file that is written once, as records by a letter and a number: the one place
 * that knows GDBM.
 *
 * Owns:    a handle owns its file.
 * Threads: one thread per handle.
 * Errors:  as said; a file that GDBM calls damaged is ERR_DAMAGED, and what it cannot give is not
 * there.
 */
#ifndef STORE_GDBMF_H
#define STORE_GDBMF_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct gdbmf;

enum { GDBMF_MAX_RECORD = 120000 };

/* ERR_GONE: no such file; ERR_DAMAGED: not a sound base. */
int gdbmf_open(struct gdbmf **out, const char *path, struct err *err);
int gdbmf_create(struct gdbmf **out, const char *path, struct err *err);
/* The record, to be freed by the caller; NULL: not there or unreadable. */
unsigned char *gdbmf_fetch(struct gdbmf *f, char tag, uint32_t index, size_t *len);
int gdbmf_store(
	struct gdbmf *f, char tag, uint32_t index, const void *p, size_t len, struct err *err);
/* Syncs what gdbmf_create made; without it the file is not to be used. */
int gdbmf_finish(struct gdbmf *f, struct err *err);
uint64_t gdbmf_size(const struct gdbmf *f);
void gdbmf_close(struct gdbmf *f); /* NULL is fine */

#endif

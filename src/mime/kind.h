/*
 * kind - whether a file is what its name and its type say, and in what way it can be looked at.
 *
 * Owns:    nothing.
 * Threads: any; pure functions of types ("image/png", lower case; "": not known).
 * Errors:  none.
 */
#ifndef MIME_KIND_H
#define MIME_KIND_H

#include <stdbool.h>

enum kind_doubt {
	KIND_FINE,    /* or nobody knows */
	KIND_PROGRAM, /* it may be run */
	KIND_DIFFERS, /* it is something else than its name, or its type where the name says
			 nothing, promises */
};

/* name may be NULL; found: by what is in it (magic.h). */
enum kind_doubt kind_doubt(const char *name, const char *declared, const char *found);

/* The type that is to be gone by: declared, but where that says nothing what the name does, then
 * what was found. Lasts as long as these do. */
const char *kind_type(const char *name, const char *declared, const char *found);

bool kind_is_text(const char *type);    /* lines to read */
bool kind_is_archive(const char *type); /* holds files, and nothing but files */

#endif

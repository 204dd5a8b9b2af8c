/*
 * viewed - a part of a message as it is looked at: a text, or a file and the program for it.
 *
 * Owns:    all it has. A value: it may cross threads by giving it away.
 * Threads: any.
 * Errors:  none.
 */
#ifndef MIME_VIEWED_H
#define MIME_VIEWED_H

#include "mime/text.h"

enum viewed_way {
	VIEWED_ANYHOW,  /* as is best */
	VIEWED_AS_TEXT, /* its bytes, whatever they are */
	VIEWED_MAILCAP, /* by the program that mailcap names */
	VIEWED_FILE,    /* only the file, for a program that the person names */
};

struct viewed {
	char *name, *type; /* of the part: safe for a line of text */
	char *warning;     /* NULL; what is wrong with it, and nothing else is here: it is asked
			      first whether it is wanted all the same */
	struct text *text; /* NULL: it is looked at by a program */
	char *path;        /* of the private file for that */
	char *script;      /* for sh, where "$1" is the path and "$2" is args.v[0]; NULL: none */
	struct strv args;
	bool terminal; /* it needs the terminal, and the file no longer than it runs */
};

struct viewed *viewed_new(const char *name, const char *type);
void viewed_free(struct viewed *v); /* NULL is fine */

#endif

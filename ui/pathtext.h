/*
 * pathtext - names of files on a line of text, and what was meant by a line that was typed.
 *
 * Owns:    nothing; what is returned is the caller's (free()).
 * Threads: any; looks at the disk, never reads a file.
 * Errors:  none.
 *
 * A name of a file is any bytes. What a line cannot show as it is - control and hidden characters,
 * bytes that are not UTF-8, a blank at the end, a variable's '$' - is written "\x0A", and a
 * backslash is written twice. Completion offers names in this form, and questions for a path read
 * it.
 */
#ifndef UI_PATHTEXT_H
#define UI_PATHTEXT_H

#include "base/str.h"

void pathtext_show(struct str *out, const char *name);
/* "~/" and "$NAME" expanded, then the escapes resolved. */
char *pathtext_plain(const char *written);
/* The same for a whole line. Completion leaves a blank behind a name, and few names end in one: it
 * is part of the name when there is such a file. A line that names a file as it stands, backslashes
 * and all, means that one when the form above means none. */
char *pathtext_path(const char *line);

#endif

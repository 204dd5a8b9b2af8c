/* What part.c, part_form.c and part_open.c know of each other. */
#ifndef MIME_PART_PRIV_H
#define MIME_PART_PRIV_H

#include "mime/part.h"

enum { PART_DEPTH_MAX = 100, PARTS_MAX = 10000 };

/* Takes the bytes apart as a message or, with fields of MIME alone, as an entity; appends the parts
 * below parent. The bytes must live as long as parts. */
void part_scan(struct parts *parts, int parent, const char *p, size_t len);
void part_set_nothing(struct part *p);                 /* nothing need not be fetched: it is here */
bool part_set_type(struct part *p, const char *value); /* false: that is no type */
bool part_is_message_type(const struct part *p);
bool part_is_plain_encoding(const struct part *p);

#endif

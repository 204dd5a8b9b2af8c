/*
 * build_priv - header fields and parts as bytes, for build.c and letter.c. Private to mime.
 *
 * Owns:    nothing.
 * Threads: any.
 * Errors:  build_file: what reading it said.
 */
#ifndef MIME_BUILD_PRIV_H
#define MIME_BUILD_PRIV_H

#include "mime/build.h"
#include "mime/header.h"

enum { BUILD_FILES_MAX = 200 * 1024 * 1024 /* of one save together: more than any server takes */ };

/* One field, folded; nothing for an empty value, but by build_field. */
void build_field(struct str *out, const char *name, const char *value);
void build_text_field(struct str *out, const char *name, const char *text);
void build_address_field(struct str *out, const char *name, const char *text);
void build_id_field(struct str *out, const char *name, const char *id);
void build_references(struct str *out, const char *references);
void build_extra(struct str *out, const char *line); /* "Name: value", unless it must not be sent */
bool build_keeps(const char *line, struct header_field *f); /* whether it is none of those */

/* A part: Content- fields, an empty line, the body, which ends with a line end. */
void build_text(struct str *out, const char *body);
int build_file(struct str *out, const char *path, size_t *left, struct err *err);
char *build_file_name(const char *path);            /* as recipients see it; free() */
void build_crlf(struct str *out, const char *body); /* the last line gets a line end, too */

#endif

/*
 * upload - messages that are to be appended to a folder of the server.
 *
 * Owns:    struct uploads and the files of what is added, until they are in the journal.
 * Threads: disk thread only.
 * Errors:  0 or -1 and a struct err.
 */
#ifndef STORE_UPLOAD_H
#define STORE_UPLOAD_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct folder;
struct store_request;
struct str;
struct uploads;

struct upload {
	uint32_t flags, received; /* seconds since 1970, 0: now */
	const char *keywords, *message_id;
	const char *file; /* its name below append/; NULL: any */
};

struct uploads *uploads_new(struct folder *target); /* which stays in use until _free */
/* A message with LF line ends; it is durable, and on its way, when _flush has said 0. */
int uploads_add(
	struct uploads *u, const struct str *message, const struct upload *what, struct err *err);
int uploads_flush(struct uploads *u, struct err *err);
size_t uploads_held(const struct uploads *u); /* so many wait for _flush */
void uploads_free(struct uploads *u);         /* and what was not flushed */
/* Copies messages of a local folder there, in slices; it answers when all are on their way. */
int upload_request(
	struct folder *f, struct folder *target, struct store_request *r, struct err *err);

#endif

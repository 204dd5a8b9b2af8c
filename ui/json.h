/*
 * json - messages and folders as JSON text (RFC 8259), the door to jansson.
 *
 * Owns:    nothing; each function returns one object that the caller frees.
 * Threads: any.
 * Errors:  none.
 *
 * The keys are those of the manual; dates are RFC 3339, sizes octets.
 */
#ifndef UI_JSON_H
#define UI_JSON_H

#include "engine/engine.h"

char *json_of_row(const char *account, const char *folder, const struct msg_row *row);
/* The message with its headers, text (plain lines) and parts. */
char *json_of_view(const char *account, const char *folder, const struct msg_row *row,
	const struct message_view *view);
char *json_of_folder(const char *account, const struct folder_info *folder);
/* A mail of the outbox with what the relay said for each recipient. */
char *json_of_mail(const struct engine *e, size_t account, size_t i);
const char *json_library(void); /* jansson's version */

#endif

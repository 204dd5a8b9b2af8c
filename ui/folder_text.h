/*
 * folder_text - what is asked before a folder goes or gets another name.
 *
 * Owns:    nothing.
 * Threads: UI thread.
 * Errors:  none.
 */
#ifndef UI_FOLDER_TEXT_H
#define UI_FOLDER_TEXT_H

#include "base/str.h"
#include "engine/engine.h"

/* Its name as the list of folders has it, with the levels above. */
const char *folder_text_name(const struct folder_info *f);
/* A sentence for one that the account uses (for sent mail, say), and makes anew when it needs it;
 * nothing for another. */
void folder_text_role(struct str *out, const struct folder_info *f);
/* What goes and what stays, in sentences; the last one asks. */
void folder_text_delete(
	struct str *out, const struct engine *e, size_t account, const struct folder_info *f);
/* Why one cannot be deleted, whoever agrees; false: it can, as far as is known here. */
bool folder_text_refuses(struct str *out, const struct folder_info *f);
/* So many messages in it is the person told of: engine_delete_folder. */
uint32_t folder_text_known(const struct folder_info *f);

#endif

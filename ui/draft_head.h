/*
 * draft_head - what stands above the text of a mail that is being written: fields and files, as
 * many as there is room for.
 *
 * Owns:    nothing.
 * Threads: UI thread.
 * Errors:  none; what has no room is told in the line below.
 */
#ifndef UI_DRAFT_HEAD_H
#define UI_DRAFT_HEAD_H

#include "mime/build.h"
#include "ui/draw.h"

/* has_it: those who got the mail already. Returns the rows that it takes of the region. */
int draft_head_draw(
	const struct region *r, const struct draft *d, const struct strv *has_it, bool ascii);
/* "2 report.pdf (12k)" */
void draft_head_file(const struct draft_file *f, size_t number, struct str *out);

#endif

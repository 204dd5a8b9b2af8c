#include "engine/span.h"

#include "base/i18n.h"
#include "base/str.h"

#include <string.h>

static const struct span_row rows[SPANS] = {
	[SPAN_INBOXES] = {.name = "@inboxes", .label = N_("All inboxes")},
	[SPAN_FLAGGED] = {.name = "@flagged",
		.label = N_("Flagged"),
		.query = "flag:flagged",
		.every = true},
};

static const struct span_row conversation = {
	.name = "@conversation:", .label = N_("Conversation"), .every = true, .one = true};

const struct span_row *span_conversation(void)
{
	return &conversation;
}

const struct span_row *span_row(size_t span)
{
	return &rows[span];
}

const struct span_row *span_find(const char *name)
{
	for (size_t i = 0; i < SPANS; i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return str_starts(name, conversation.name) ? &conversation : NULL;
}

bool span_leaves_out(enum mail_role role)
{
	return role == ROLE_TRASH || role == ROLE_JUNK || role == ROLE_ALL || role == ROLE_FLAGGED;
}

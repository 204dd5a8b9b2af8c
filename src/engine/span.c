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
	[SPAN_UNREAD] = {.name = "@unread",
		.label = N_("Unread"),
		.query = "flag:unread",
		.every = true},
};

static const struct span_row conversation = {
	.name = "@conversation:", .label = N_("Conversation"), .every = true, .one = true};

static const struct span_row found = {
	.name = "@find:", .label = N_("Found"), .every = true, .tail = true};

const struct span_row *span_conversation(void)
{
	return &conversation;
}

const struct span_row *span_found(void)
{
	return &found;
}

const char *span_query(const struct span_row *span, const char *name)
{
	return span->tail ? name + strlen(span->name) : span->query;
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
	if (str_starts(name, found.name))
		return &found;
	return str_starts(name, conversation.name) ? &conversation : NULL;
}

bool span_leaves_out(enum mail_role role)
{
	return role == ROLE_TRASH || role == ROLE_JUNK || role == ROLE_ALL || role == ROLE_FLAGGED;
}

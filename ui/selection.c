/* The messages that a command is about. */
#include "ui/ui.h"

#include "base/i18n.h"
#include "base/mem.h"

#include <stdlib.h>

static void say_gone(struct app *a, size_t gone, bool all)
{
	if (all)
		app_error(a, "%s",
			ngettext("The message is gone meanwhile; nothing was done",
				"The messages are gone meanwhile; nothing was done",
				(unsigned long)gone));
	else if (gone)
		app_message(a,
			ngettext("%zu of the messages is gone meanwhile",
				"%zu of the messages are gone meanwhile", (unsigned long)gone),
			gone);
}

bool selection_stands(struct app *a, struct selection *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		if (msglist_stands(s->list, s->uids[i], s->numbering) &&
			msglist_has(s->list, s->uids[i]))
			s->uids[n++] = s->uids[i];
	if (!n && s->numbering != msglist_numbering(s->list)) {
		app_error(a,
			_("The folder was switched or numbered anew meanwhile; nothing was done"));
		return false;
	}
	if (s->n)
		say_gone(a, s->n - n, n == 0);
	if (s->n && !n)
		return false;
	s->n = n;
	return true;
}

void selection_done(struct selection *s)
{
	free(s->uids);
	*s = (struct selection){0};
}

bool app_selection(struct app *a, struct selection *out)
{
	struct view *v = app_view(a);
	uint32_t uid = v->ops->uid ? v->ops->uid(v) : 0;

	*out = (struct selection){0};
	if (uid) {
		out->list = v->ops->list(v);
		out->numbering = msglist_numbering(out->list);
		if (!a->tag_prefix) {
			out->uids = mem_dup(&uid, sizeof(uid));
			out->n = 1;
			return true;
		}
		out->n = msglist_tagged(out->list, &out->uids);
		out->tagged = true;
		if (out->n)
			return true;
		free(out->uids);
		out->uids = NULL;
	}
	app_message(a, _("There is no message here"));
	return false;
}

bool app_selection_one(struct app *a, struct selection *out)
{
	if (!app_selection(a, out))
		return false;
	if (out->n == 1)
		return true;
	app_error(a,
		ngettext("This is for one message, and %zu is tagged; nothing was done",
			"This is for one message, and %zu are tagged; nothing was done",
			(unsigned long)out->n),
		out->n);
	selection_done(out);
	return false;
}

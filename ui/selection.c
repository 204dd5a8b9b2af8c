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

struct selection selection_of(struct msglist *l)
{
	return (struct selection){
		.list = l, .id = msglist_id(l), .numbering = msglist_numbering(l)};
}

static bool say_anew(struct app *a)
{
	app_error(a, _("The folder was switched or numbered anew meanwhile; nothing was done"));
	return false;
}

static bool is_open(struct app *a, const struct selection *s)
{
	if (engine_is_open(a->engine, s->id))
		return true;
	app_error(a, _("The list was closed meanwhile; what was still to be done was not"));
	return false;
}

bool selection_means(struct app *a, const struct selection *s, size_t i)
{
	if (!is_open(a, s))
		return false;
	return msglist_stands(s->list, s->uids[i], s->numbering) || say_anew(a);
}

bool selection_stands(struct app *a, struct selection *s)
{
	size_t n = 0;

	if (!is_open(a, s))
		return false;
	for (size_t i = 0; i < s->n; i++)
		if (msglist_stands(s->list, s->uids[i], s->numbering) &&
			msglist_has(s->list, s->uids[i]))
			s->uids[n++] = s->uids[i];
	if (!n && s->numbering != msglist_numbering(s->list))
		return say_anew(a);
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
		*out = selection_of(v->ops->list(v));
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

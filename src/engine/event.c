/* What an event owns. */
#include "base/mem.h"
#include "engine/engine_priv.h"

#include <stdlib.h>

struct event *event_new(enum event_kind kind)
{
	struct event *ev = mem_alloc(sizeof(*ev));

	ev->kind = kind;
	ev->account = -1;
	return ev;
}

bool event_is_final(const struct event *ev)
{
	return ev->kind <= EVENT_CHECKED;
}

const char *event_error(const struct event *ev)
{
	if (ev->kind == EVENT_FAILED || ev->kind == EVENT_CANCELLED)
		return ev->failed.text;
	return ev->kind == EVENT_CHECKED ? ev->checked.err.text : "";
}

char **event_said(struct event *ev)
{
	switch (ev->kind) {
	case EVENT_SAVED:
		return &ev->saved.path;
	case EVENT_FOUND:
		return &ev->found.unseen;
	case EVENT_TEXT:
		return &ev->text.lines;
	default:
		return &ev->done.text;
	}
}

struct message_view *engine_take_view(struct event *ev)
{
	struct message_view *v = ev->view;

	ev->view = NULL;
	return v;
}

struct viewed *engine_take_viewed(struct event *ev)
{
	struct viewed *v = ev->viewed;

	ev->viewed = NULL;
	return v;
}

void engine_view_free(struct message_view *v)
{
	if (!v)
		return;
	text_free(v->text);
	free(v->parts);
	free(v->from);
	free(v->to);
	free(v->cc);
	free(v->date);
	free(v->subject);
	free(v->message_id);
	free(v->list_post);
	head_done(&v->head);
	strv_done(&v->strings);
	free(v);
}

static void free_kind(struct event *ev)
{
	switch (ev->kind) {
	case EVENT_DONE:
		free(ev->done.text);
		break;
	case EVENT_MESSAGE:
		engine_view_free(ev->view);
		break;
	case EVENT_VIEWED:
		viewed_free(ev->viewed);
		break;
	case EVENT_SAVED:
		free(ev->saved.path);
		break;
	case EVENT_FOUND:
		free(ev->found.uids);
		free(ev->found.unseen);
		break;
	case EVENT_DRAFT:
		draft_infos_free(ev->draft, ev->draft ? 1 : 0);
		break;
	case EVENT_DRAFTS:
		draft_infos_free(ev->drafts.v, ev->drafts.n);
		free(ev->drafts.account);
		break;
	case EVENT_TEXT:
		free(ev->text.lines);
		break;
	case EVENT_CHECKED:
		free(ev->checked.lines);
		break;
	case EVENT_CLOSED:
		free(ev->closed.why);
		break;
	case EVENT_SENT:
	case EVENT_SEND_FAILED:
		free(ev->mail.id);
		free(ev->mail.subject);
		break;
	case EVENT_NEW_MAIL:
		free(ev->new_mail.folder);
		break;
	case EVENT_NOTICE:
		free(ev->notice.text);
		break;
	default:
		break; /* owns nothing */
	}
}

void event_free(struct event *ev)
{
	if (ev)
		free_kind(ev);
	free(ev);
}

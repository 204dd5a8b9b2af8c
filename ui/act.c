/* Mail is changed: what commands of several files share. */
#include "ui/act.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/uids.h"

#include <stdlib.h>
#include <string.h>

bool act_shows(struct view *v, const struct msglist *l)
{
	return v->ops->list && v->ops->list(v) == l;
}

/* The next row that is none of them, else the last before. Their UIDs ascend. */
static uint32_t row_beside(const struct selection *s, uint32_t uid)
{
	ptrdiff_t at = msglist_find(s->list, uid), row = at;
	size_t n = msglist_count(s->list);

	while (row >= 0 && (size_t)row < n &&
		uids_find(s->uids, s->n, msglist_uid(s->list, (size_t)row)) >= 0)
		row++;
	if (row < 0 || (size_t)row < n)
		return row < 0 ? 0 : msglist_uid(s->list, (size_t)row);
	while (at >= 0 && uids_find(s->uids, s->n, msglist_uid(s->list, (size_t)at)) >= 0)
		at--;
	return at < 0 ? 0 : msglist_uid(s->list, (size_t)at);
}

void act_step_away(struct app *a, const struct selection *s)
{
	struct view *v = app_view(a);

	if (s->tagged || !act_shows(v, s->list))
		return;
	if (s->n > 1 && v->ops->go)
		v->ops->go(v, row_beside(s, v->ops->uid(v)));
	else if (v->ops->selected_away)
		v->ops->selected_away(v);
}

void act_step_on(struct app *a, const struct selection *s)
{
	struct view *v = app_view(a);

	if (!s->tagged && v->ops->selected_marked && act_shows(v, s->list))
		v->ops->selected_marked(v);
}

bool act_may_change(struct app *a, const struct msglist *l)
{
	if (!msglist_read_only(l))
		return true;
	app_error(a, _("This folder is read only"));
	return false;
}

void act_apply(struct app *a, struct selection *s, enum act act, const char *folder)
{
	unsigned request = 0;

	if (!act_may_change(a, s->list))
		return;
	switch (act) {
	case ACT_DELETE:
		request = engine_delete(a->engine, s->list, s->uids, s->n);
		break;
	case ACT_ARCHIVE:
		request = engine_archive(a->engine, s->list, s->uids, s->n);
		break;
	case ACT_MOVE:
		request = engine_move(a->engine, s->list, s->uids, s->n, folder);
		break;
	case ACT_COPY:
		request = engine_copy(a->engine, s->list, s->uids, s->n, folder);
		break;
	}
	app_await(a, request, NULL, NULL, NULL);
	inbox_take(a, &(struct event){.kind = EVENT_LIST, .account = -1, .list = s->list});
}

static bool folder_keeps_nothing(struct app *a, const struct msg_origin *o)
{
	struct folder_info info;
	int folder;

	if (o->account < 0)
		return true; /* opened by its path */
	folder = engine_find_folder(a->engine, (size_t)o->account, o->folder);
	if (folder < 0)
		return false;
	engine_folder(a->engine, (size_t)o->account, (size_t)folder, &info);
	return info.role == ROLE_TRASH || info.offline_copy || info.elsewhere;
}

/* Nothing brings them back, or some of them: not from Trash, nor from where there is none. */
static bool is_for_good(struct app *a, const struct selection *s)
{
	const char *known = NULL; /* the folder of the one before */
	struct msg_origin o;

	for (size_t i = 0; i < s->n; i++) {
		if (!msglist_origin(s->list, s->uids[i], &o) || o.folder == known)
			continue;
		if (folder_keeps_nothing(a, &o))
			return true;
		known = o.folder;
	}
	return false;
}

static void delete_answered(struct app *a, void *ctx, const char *answer)
{
	struct selection *s = ctx;

	if (answer && *answer == 'y' && selection_stands(a, s)) {
		act_step_away(a, s);
		act_apply(a, s, ACT_DELETE, NULL);
	}
	selection_done(s);
	free(s);
}

void act_delete(struct app *a, struct selection *s)
{
	struct str label = STR_INIT;
	struct selection *kept;

	if (msglist_read_only(s->list) || !is_for_good(a, s)) {
		act_step_away(a, s);
		act_apply(a, s, ACT_DELETE, NULL);
		selection_done(s);
		return;
	}
	kept = mem_dup(s, sizeof(*s));
	str_addf(&label,
		ngettext("Delete %zu message for good? (y/n) ",
			"Delete %zu messages for good? (y/n) ", s->n),
		s->n);
	app_ask_choice(a, label.p, "yn", delete_answered, kept, app_view(a));
	str_done(&label);
}

void act_flags(struct app *a, struct selection *s, unsigned clear, unsigned set)
{
	if (act_may_change(a, s->list))
		app_await(a, engine_flag(a->engine, s->list, s->uids, s->n, clear, set), NULL, NULL,
			NULL);
}

void act_undelete(struct app *a, struct selection *s)
{
	bool marked = false;

	for (size_t i = 0; i < s->n && !marked; i++)
		marked = msglist_flags(s->list, s->uids[i]) & MAIL_DELETED;
	if (marked)
		act_flags(a, s, MAIL_DELETED, 0);
	else
		app_await(a, engine_undo(a->engine), NULL, NULL, NULL);
	selection_done(s);
}

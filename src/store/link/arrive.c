/* What the connections report: what is common to all protocols is taken here, the rest by the row
 * of the protocol (remote_ops.takes). */
#include "base/i18n.h"
#include "store/link/link.h"
#include "store/mail/lanes.h"
#include "store/mail/read.h"
#include "store/mail/remote.h"
#include "store/mail/search_server.h"
#include "store/mail/submit.h"
#include "store/mail/upkeep.h"

static void give_up_sync(struct account *a, const struct err *why)
{
	for (struct folder *f = a->folders; f; f = f->next)
		if (!upkeep_runs(f))
			upkeep_unwant(f);
	syncall_give_up(a, why);
}

static void lane_state(struct account *a, struct result *r)
{
	enum sync_state before = lanes_state(a);

	if (r->lane == LANE_MAIN) {
		links_heard(a, r);
		if (a->remote->state)
			a->remote->state(a, r);
		if (r->state.state == SYNC_ONLINE)
			replay_online(a);
		lanes_tell(a);
		if (r->state.state == SYNC_ONLINE && a->remote->online)
			a->remote->online(a);
		if ((r->state.state == SYNC_FAILED || r->state.state == SYNC_WAITING) &&
			syncall_runs(a) &&
			!(a->remote->goes_on && a->remote->goes_on(a, before, r)))
			give_up_sync(a, &r->err);
	} else if (r->state.state == SYNC_FAILED && r->err.kind == ERR_CERT) {
		store_notice(a, "%s", r->err.text);
	}
	if (r->state.state == SYNC_ONLINE && (r->lane == LANE_MAIN || r->lane == LANE_SEND))
		submit_reachable(a);
}

static void ask_password(struct account *a, struct result *r)
{
	struct store_event *ev = store_event_new(STORE_PASSWORD);

	(void)r;
	ev->account = a->index;
	store_emit(a->store, ev);
}

static void tell_alert(struct account *a, struct result *r)
{
	store_notice(
		a, _("The server of account %s says: %s"), a->setup->settings->name, r->alert.text);
}

/* Of any connection of an account, whatever mail is read by. */
static remote_take_fn *const of_all[RESULT_KINDS] = {
	[RESULT_STATE] = lane_state,
	[RESULT_PASSWORD] = ask_password,
	[RESULT_ALERT] = tell_alert,
	[RESULT_FOUND] = server_search_take,
	[RESULT_BODY] = read_body,
	[RESULT_BODY_PROGRESS] = read_progress,
	[RESULT_BODY_DONE] = read_body_done,
	[RESULT_SEND_READY] = submit_ready,
	[RESULT_SENT] = submit_answered,
};

/* Connections that only look have nothing more to say. */
static remote_take_fn *const of_checker[RESULT_KINDS] = {
	[RESULT_PASSWORD] = ask_password,
	[RESULT_CHECKED] = account_checked,
};

void arrive(struct store *s, struct result *r)
{
	struct account *a = store_account_at(s, r->account);
	enum links_which which = a ? links_which(a, r) : LINKS_NONE;
	remote_take_fn *take = NULL;

	/* What a connection that was stopped meanwhile still had to say is void. */
	if (which == LINKS_OWN)
		take = of_all[r->kind] ? of_all[r->kind] : a->remote->takes[r->kind];
	else if (which == LINKS_LOOKING)
		take = of_checker[r->kind];
	if (take)
		take(a, r);
	result_free(r);
}

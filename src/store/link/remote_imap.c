/* An account by IMAP: its folders are the server's, and what is done here is done there. */
#include "store/link/link.h"
#include "store/mail/account.h"
#include "store/mail/folder_open.h"
#include "store/mail/folder_reshape.h"
#include "store/mail/folder_server.h"
#include "store/mail/lanes.h"
#include "store/mail/pending.h"
#include "store/mail/remote.h"
#include "store/mail/upkeep.h"

/* Folders that were to be synchronised when the connection ended. */
static void ask_again(struct account *a)
{
	for (struct folder *f = a->folders; f; f = f->next)
		if (upkeep_is_wanted(f) && !upkeep_runs(f) && folder_use(f, NULL) == 0) {
			upkeep_unwant(f);
			folder_ask_sync(f);
			folder_unuse(f);
		}
}

static void online(struct account *a)
{
	lanes_post(a, LANE_MAIN, job_new(JOB_LIST));
	account_sync_folders(a, SYNC_SHOWN);
	ask_again(a);
	account_replays(a);
}

/* Whether the next connection has folders or changes to go on with: one that ends the connection
 * must not keep the others from being synchronised. */
static bool goes_on(const struct account *a, enum sync_state before, const struct result *r)
{
	if (r->state.state != SYNC_WAITING || before != SYNC_OFFLINE || links_keep_breaking(a))
		return false;
	if (replay_goes_on(a))
		return true;
	/* What is asked for just now is answered by the lane that waits, and then wanted. */
	for (const struct folder *f = a->folders; f; f = f->next)
		if (upkeep_is_wanted(f) || upkeep_runs(f))
			return true;
	return false;
}

static void stop(struct account *a, const struct err *why)
{
	(void)why;
	pending_set_in_flight(a, 0);
	for (struct folder *f = a->folders; f; f = f->next)
		upkeep_stop(f);
}

static bool everything(struct account *a, unsigned request)
{
	struct job *j = job_new(JOB_LIST);

	j->request = request;
	lanes_post(a, LANE_MAIN, j);
	return true;
}

const struct remote_ops remote_imap = {
	.takes =
		{
			[RESULT_FOLDERS] = listing_take,
			[RESULT_COUNTS] = folder_take_counts,
			[RESULT_MAILBOX] = folder_reshaped,
			[RESULT_NEWS] = folder_take_news,
			[RESULT_SELECTED] = folder_take_selected,
			[RESULT_SUMMARIES] = folder_take_summaries,
			[RESULT_FLAGS] = folder_take_flags,
			[RESULT_VANISHED] = folder_take_vanished,
			[RESULT_PROGRESS] = folder_take_progress,
			[RESULT_SYNCED] = folder_take_synced,
			[RESULT_OP_READY] = replay_ready,
			[RESULT_OP] = replay_result,
		},
	.online = online,
	.goes_on = goes_on,
	.stop = stop,
	.everything = everything,
	.synchronise = folder_synchronise,
	.watch = folder_watch,
	.operate = replay_next,
	.is_stuck = replay_is_stuck,
};

/* An account by IMAP: its folders are the server's, and what is done here is done there. */
#include "store/mail/remote.h"
#include "store/store_priv.h"

static bool everything(struct account *a, unsigned request)
{
	struct job *j = job_new(JOB_LIST);

	j->request = request;
	account_post(a, LANE_MAIN, j);
	return true;
}

static bool is_busy(const struct account *a)
{
	(void)a;
	return false;
}

const struct remote_ops remote_imap = {
	.name = "imap",
	.has_folders = true,
	.everything = everything,
	.is_busy = is_busy,
	.synchronise = folder_synchronise,
	.watch = folder_watch,
};

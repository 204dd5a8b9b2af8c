/* An account by POP3: mail comes in sessions into local folders. */
#include "store/mail/remote.h"
#include "store/store_priv.h"

static bool everything(struct account *a, unsigned request)
{
	session_start(a, request);
	return false;
}

static bool is_busy(const struct account *a)
{
	return a->session.running;
}

const struct remote_ops remote_pop3 = {
	.name = "pop3",
	.everything = everything,
	.is_busy = is_busy,
};

#include "store/mail/remote.h"

#include "store/link/link.h"

static const struct remote_ops *const rows[PROTOCOLS] = {
	[PROTOCOL_IMAP] = &remote_imap,
	[PROTOCOL_POP3] = &remote_pop3,
};

void remote_choose(struct account *a)
{
	a->remote = rows[a->setup->settings->protocol];
}

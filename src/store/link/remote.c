#include "store/mail/remote.h"

#include "store/link/link.h"

void remote_choose(struct account *a)
{
	a->remote = a->setup->settings->protocol == PROTOCOL_POP3 ? &remote_pop3 : &remote_imap;
}

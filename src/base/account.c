#include "base/account.h"

#include "base/str.h"

static const struct protocol_row protocols[PROTOCOLS] = {
	[PROTOCOL_IMAP] = {.key = "imap", .name = "IMAP"},
	[PROTOCOL_POP3] = {.key = "pop3", .name = "POP3"},
};

const struct protocol_row *protocol_row(enum protocol protocol)
{
	return &protocols[protocol];
}

int protocol_find(const char *key)
{
	for (int i = 0; i < PROTOCOLS; i++)
		if (str_icmp(protocols[i].key, key) == 0)
			return i;
	return -1;
}

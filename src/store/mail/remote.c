#include "store/mail/remote.h"

#include "store/store_priv.h"

bool remote_has_folders(const struct account *a)
{
	return a->remote && a->remote->has_folders;
}

void remote_watch(struct account *a)
{
	if (a->remote && a->remote->watch)
		a->remote->watch(a);
}

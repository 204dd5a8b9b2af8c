#include "store/mail/remote.h"

#include "store/store_priv.h"

bool remote_has_folders(const struct account *a)
{
	return a->remote && protocol_row(a->setup->settings->protocol)->has_folders;
}

bool remote_takes_mail(const struct account *a)
{
	return a->remote && protocol_row(a->setup->settings->protocol)->takes_mail;
}

void remote_watch(struct account *a)
{
	if (a->remote && a->remote->watch)
		a->remote->watch(a);
}

void remote_operate(struct account *a)
{
	if (a->remote && a->remote->operate)
		a->remote->operate(a);
}

void remote_cancel(struct store *s, unsigned request)
{
	for (size_t i = 0; i < s->naccounts; i++) {
		struct account *a = s->accounts[i];

		if (a->remote && a->remote->cancel)
			a->remote->cancel(a, request);
	}
}

void remote_step(struct account *a)
{
	if (a->remote && a->remote->step)
		a->remote->step(a);
}

bool remote_knows_files(struct account *a, const struct folder *f, int64_t now)
{
	return a->remote && a->remote->knows_files && a->remote->knows_files(a, f, now);
}

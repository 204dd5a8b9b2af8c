/* Where a folder of the server stands, and what changes that. */
#include "store/mail/life.h"

#include "base/mem.h"
#include "store/mail/folder_open.h"
#include "store/store_priv.h"

#include <stdlib.h>

void life_unlist(struct account *a)
{
	for (struct folder *f = a->folders; f; f = f->next)
		f->listed = false;
}

void life_listed(struct folder *f, bool selectable)
{
	f->listed = true;
	f->selectable = selectable;
	if (selectable && !life_was_there(f))
		f->life = LIFE_THERE;
}

void life_remembered(struct folder *f, bool selectable, bool listed)
{
	f->listed = listed;
	f->selectable = selectable;
	if (f->life != LIFE_GONE)
		f->life = selectable ? LIFE_THERE : LIFE_ASSUMED;
}

bool life_settle(struct folder *f)
{
	bool here = f->role == ROLE_INBOX || (f->listed && f->selectable);
	enum folder_life was = f->life;

	if (f->local || !life_was_there(f))
		return false;
	f->life = here ? LIFE_THERE : LIFE_GONE;
	if (!here && folder_is_shown(f))
		f->selectable = true; /* the copy is */
	return f->life != was;
}

void life_alias(struct folder *f, const struct folder *real)
{
	f->life = LIFE_ALIAS;
	f->role = ROLE_NONE;
	free(f->mailbox);
	f->mailbox = mem_strdup(real->mailbox);
}

void life_retire(struct folder *f)
{
	f->life = LIFE_GONE;
	f->listed = f->changing = false;
}

void life_renamed(struct folder *to, const struct folder *from)
{
	to->life = from->life == LIFE_THERE ? LIFE_THERE : LIFE_ASSUMED;
	to->listed = from->listed;
	to->selectable = from->selectable;
}

bool life_was_there(const struct folder *f)
{
	return f->life == LIFE_THERE || f->life == LIFE_GONE;
}

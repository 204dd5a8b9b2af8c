#include "store/link/link.h"

#include "base/mem.h"
#include "store/link/link_priv.h"

#include <stdlib.h>

struct server_link *link_new(void)
{
	struct server_link *l = mem_alloc(sizeof(*l));

	l->links = links_new();
	l->sessions = sessions_new();
	l->replay = replay_new();
	l->brought = brought_new();
	l->handover = handover_new();
	l->syncall = syncall_new();
	return l;
}

void link_free(struct account *a)
{
	struct server_link *l = a->link;

	if (!l)
		return;
	sessions_free(a);
	syncall_drop(a, &(struct err){.kind = ERR_CANCELLED});
	links_free(l->links);
	replay_free(l->replay);
	brought_free(l->brought);
	handover_free(l->handover);
	syncall_free(l->syncall);
	MEM_FREE(a->link);
}

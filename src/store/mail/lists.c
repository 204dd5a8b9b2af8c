/* The lists that the engine has open. */
#include "store/store_priv.h"

#include <stdlib.h>

void lists_close(struct store *s, unsigned id)
{
	for (struct list **p = &s->lists; *p; p = &(*p)->next)
		if ((*p)->id == id) {
			struct list *l = *p;

			*p = l->next;
			folder_unuse(l->folder);
			if (!l->folder->local && !folder_is_shown(l->folder))
				remote_watch(l->folder->account);
			search_forget_order(l);
			free(l);
			return;
		}
}

/* What was put into folders from here, and is no new mail there. */
#include "base/mem.h"
#include "store/link/link.h"
#include "store/link/link_priv.h"
#include "store/mail/folder.h"
#include "store/mail/folder_open.h"

#include <stdlib.h>

enum { BROUGHT_MAX = 2000 };

struct brought {
	struct strv keys; /* folder and Message-ID, or UID */
};

struct brought *brought_new(void)
{
	return mem_alloc(sizeof(struct brought));
}

void brought_free(struct brought *b)
{
	strv_done(&b->keys);
	free(b);
}

static void add(struct account *a, const char *folder, const char *id, uint32_t uid)
{
	struct str key = STR_INIT;

	if (a->link->brought->keys.n >= BROUGHT_MAX)
		strv_done(&a->link->brought->keys);
	if (*id)
		str_addf(&key, "%s\n%s", folder, id);
	else
		str_addf(&key, "%s\n%u", folder, (unsigned)uid);
	strv_take(&a->link->brought->keys, str_steal(&key));
}

void brought_note(struct account *a, const struct op *op, const struct result_op *r)
{
	struct folder *f = *op->folder ? folder_find(a, op->folder, false) : NULL;

	if (!*op->target)
		return;
	if (op->kind == OP_APPEND && *op->message_id)
		add(a, op->target, op->message_id, 0);
	for (size_t i = 0; i < r->n && r->uids; i++)
		if (r->uids[i])
			add(a, op->target, "", r->uids[i]);
	if (!f || op->kind == OP_APPEND || folder_use(f, NULL) != 0)
		return;
	for (size_t i = 0; i < op->n; i++) {
		struct summary s;

		if (cache_get(f->cache, op->uids[i], &s) == 0 && *s.message_id)
			add(a, op->target, s.message_id, 0);
	}
	folder_unuse(f);
}

bool brought_is(const struct folder *f, const struct summary *s)
{
	struct str id = STR_INIT, uid = STR_INIT;
	bool found;

	str_addf(&id, "%s\n%s", f->name, s->message_id);
	str_addf(&uid, "%s\n%u", f->name, (unsigned)s->uid);
	found = (*s->message_id && strv_has(&f->account->link->brought->keys, id.p)) ||
		strv_has(&f->account->link->brought->keys, uid.p);
	str_done(&id);
	str_done(&uid);
	return found;
}

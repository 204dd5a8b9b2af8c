/* What goes here for good, and the ledger of what POP3 fetched: whether it goes on the server too.
 */
#include "store/mail/removal.h"

#include "base/mem.h"
#include "store/disk/stub.h"
#include "store/mail/account.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>

/* The one ledger entry with an identity; NULL when there are several: in doubt nothing goes. */
static const struct ledger_entry *only_entry(struct journal *j, const unsigned char identity[16])
{
	const struct ledger_entry *found = NULL;

	for (size_t i = 0; i < ledger_count(j); i++) {
		const struct ledger_entry *e = ledger_at(j, i);

		if (memcmp(e->identity, identity, 16) != 0)
			continue;
		if (found)
			return NULL;
		found = e;
	}
	return found;
}

int removal_note(struct folder *f, const uint32_t *uids, size_t n, struct err *err)
{
	struct account *a = f->account;
	struct ledger_entry *v;
	size_t k = 0;
	int rc;

	if (a->kind == ACCOUNT_PATH || !f->local || !a->setup->settings->pop3_delete_with_local)
		return 0;
	v = mem_array(n, sizeof(*v));
	for (size_t i = 0; i < n; i++) {
		const struct ledger_entry *e = NULL;
		unsigned char key[STUB_KEY];
		struct summary s;

		if (cache_get(f->cache, uids[i], &s) != 0)
			continue;
		if (stub_key(s.file, key))
			e = ledger_get(a->journal, key);
		if (!e)
			e = only_entry(a->journal, s.identity);
		if (!e)
			continue;
		v[k] = *e;
		v[k++].drop = true;
	}
	rc = k ? ledger_add(a->journal, v, k, err) : 0;
	free(v);
	return rc;
}

int removal_forget(struct folder *f, struct err *err)
{
	struct journal *j = f->account->journal;
	size_t n = ledger_count(j), k = 0;
	unsigned char(*keys)[16] = mem_array(n, sizeof(*keys));
	uint32_t uid;
	int rc;

	for (size_t i = 0; i < n; i++) {
		const struct ledger_entry *e = ledger_at(j, i);

		if (!e->deleted && !e->drop && cache_find_identity(f->cache, e->identity, &uid, 1))
			memcpy(keys[k++], e->uidl, sizeof(*keys));
	}
	rc = k ? ledger_forget(j, (const unsigned char(*)[16])keys, k, err) : 0;
	free(keys);
	return rc;
}

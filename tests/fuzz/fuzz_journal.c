/* Records of the journal behind their checksum: type, length (two bytes, little-endian), payload,
 * and so on. */
#include "base/mem.h"
#include "store/disk/journal_priv.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An operation of the state says the same after it was written and read again. */
static void check_op(const struct op *op)
{
	struct str first = STR_INIT, second = STR_INIT;
	struct op *again = NULL;

	op_encode(&first, op);
	if (op_decode((const unsigned char *)first.p, first.len, &again) != 0)
		abort();
	op_encode(&second, again);
	if (first.len != second.len || memcmp(first.p, second.p, first.len) != 0)
		abort();
	op_free(again);
	str_done(&first);
	str_done(&second);
}

static void check_ledger(const struct journal *j)
{
	unsigned char(*missing)[16];

	for (size_t i = 0; i < ledger_count(j); i++)
		if (ledger_get(j, j->ledger.v[i].uidl) != &j->ledger.v[i])
			abort();
	if (ledger_missing(j, NULL, 0, &missing) != ledger_count(j))
		abort();
	free(missing);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct journal j = {0};

	while (size >= 3) {
		size_t len = (size_t)(data[1] | data[2] << 8);
		struct wal_record r = {.type = data[0]};

		data += 3;
		size -= 3;
		r.len = len < size ? len : size;
		/* A copy of its own, so that a read behind its end is seen. */
		r.p = mem_dup(data, r.len);
		journal_apply(&j, &r);
		free((void *)(uintptr_t)r.p);
		data += r.len;
		size -= r.len;
	}
	for (size_t i = 0; i < journal_count(&j); i++)
		check_op(journal_at(&j, i));
	check_ledger(&j);
	journal_forget_state(&j);
	return 0;
}

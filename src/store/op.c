#include "store/journal_priv.h"

#include "base/mem.h"
#include "store/bytes.h"

#include <stdlib.h>
#include <string.h>

/*
 * An operation as bytes: id u64, kind u8, state u8, 0 u16, uidvalidity u32, set u32, clear u32,
 * n u32, n UIDs u32, then the strings of strings_of, each as length u32 and bytes. What a later
 * version adds behind them is skipped.
 */
enum { OP_FIXED = 28, OP_STRINGS = 7 };

static void strings_of(struct op *op, char **at[OP_STRINGS])
{
	at[0] = &op->folder;
	at[1] = &op->keywords_set;
	at[2] = &op->keywords_clear;
	at[3] = &op->target;
	at[4] = &op->file;
	at[5] = &op->message_id;
	at[6] = &op->text;
}

struct op *op_new(enum op_kind kind)
{
	struct op *op = mem_alloc(sizeof(*op));
	char **at[OP_STRINGS];

	op->kind = kind;
	strings_of(op, at);
	for (size_t i = 0; i < OP_STRINGS; i++)
		*at[i] = mem_strdup("");
	return op;
}

struct op *op_copy(const struct op *op)
{
	struct op *copy = mem_dup(op, sizeof(*op));
	char **at[OP_STRINGS];

	strings_of(copy, at);
	for (size_t i = 0; i < OP_STRINGS; i++)
		*at[i] = mem_strdup(*at[i] ? *at[i] : "");
	copy->uids = op->n ? mem_dup(op->uids, op->n * sizeof(*op->uids)) : NULL;
	return copy;
}

void op_free(struct op *op)
{
	char **at[OP_STRINGS];

	if (!op)
		return;
	strings_of(op, at);
	for (size_t i = 0; i < OP_STRINGS; i++)
		free(*at[i]);
	free(op->uids);
	free(op);
}

void op_encode(struct str *out, const struct op *op)
{
	struct op borrowed = *op;
	char **at[OP_STRINGS];

	strings_of(&borrowed, at);
	bytes_add64(out, op->id);
	str_addc(out, (char)op->kind);
	str_addc(out, (char)op->state);
	bytes_add16(out, 0);
	bytes_add32(out, op->uidvalidity);
	bytes_add32(out, op->set);
	bytes_add32(out, op->clear);
	bytes_add32(out, (uint32_t)op->n);
	for (size_t i = 0; i < op->n; i++)
		bytes_add32(out, op->uids[i]);
	for (size_t i = 0; i < OP_STRINGS; i++) {
		size_t len = *at[i] ? strlen(*at[i]) : 0;

		bytes_add32(out, (uint32_t)len);
		bytes_add(out, *at[i], len);
	}
}

static int decode_strings(const unsigned char *p, const unsigned char *end, struct op *op)
{
	char **at[OP_STRINGS];

	strings_of(op, at);
	for (size_t i = 0; i < OP_STRINGS; i++) {
		size_t len;

		if (end - p < 4)
			return -1;
		len = load32(p);
		p += 4;
		if (len > (size_t)(end - p) || memchr(p, '\0', len))
			return -1;
		free(*at[i]);
		*at[i] = mem_strndup((const char *)p, len);
		p += len;
	}
	return 0;
}

int op_decode(const unsigned char *p, size_t len, struct op **out)
{
	const unsigned char *end = p + len;
	struct op *op;
	size_t n;

	if (len < OP_FIXED || p[8] > OP_CREATE || p[9] > OP_SENT)
		return -1;
	n = load32(p + 24);
	if (n > (len - OP_FIXED) / 4)
		return -1;
	op = op_new((enum op_kind)p[8]);
	op->id = load64(p);
	op->state = (enum op_state)p[9];
	op->uidvalidity = load32(p + 12);
	op->set = load32(p + 16);
	op->clear = load32(p + 20);
	op->n = n;
	op->uids = n ? mem_array(n, sizeof(*op->uids)) : NULL;
	for (size_t i = 0; i < n; i++)
		op->uids[i] = load32(p + OP_FIXED + 4 * i);
	if (op->id == 0 || decode_strings(p + OP_FIXED + 4 * n, end, op) != 0) {
		op_free(op);
		return -1;
	}
	*out = op;
	return 0;
}

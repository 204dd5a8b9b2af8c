#include "base/i18n.h"
#include "base/mem.h"
#include "base/uids.h"
#include "store/disk/bytes.h"
#include "store/disk/journal_priv.h"

#include <stdlib.h>
#include <string.h>

/*
 * An operation as bytes: id u64, kind u8, state u8, bits u8 (enum below), 0 u8, uidvalidity u32,
 * set u32, clear u32, unseen u32, mark uidvalidity u32, mark uidnext u32, its UIDs, then the
 * strings of strings_of, each as length u32 and bytes. What a later version adds behind them is
 * skipped.
 *
 * UIDs: how many u32, then for each run of consecutive ones the gap to the end of the run before
 * and the length less one, as numbers of seven bits an octet: a folder that is marked as a whole
 * takes a handful of octets.
 *
 * The first version: id u64, kind u8, state u8, 0 u16, uidvalidity u32, set u32, clear u32, n u32,
 * n UIDs u32, strings. It did not note when an operation was given to a connection.
 */
enum { OP_FIXED = 36, OP_FIRST_FIXED = 28, OP_STRINGS = 7 };
enum { BIT_EXACT = 1, BIT_MARKED = 2 };

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

struct op *op_brief(const struct op *op)
{
	struct op *copy = mem_dup(op, sizeof(*op));
	char **at[OP_STRINGS];

	strings_of(copy, at);
	for (size_t i = 0; i < OP_STRINGS; i++)
		*at[i] = mem_strdup(*at[i] ? *at[i] : "");
	copy->uids = NULL;
	return copy;
}

struct op *op_copy(const struct op *op)
{
	struct op *copy = op_brief(op);

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

/* ---- UIDs ---- */

ptrdiff_t op_index(const struct op *op, uint32_t uid)
{
	return uids_find(op->uids, op->n, uid);
}

size_t op_common(const struct op *op, const uint32_t *uids, size_t n, uint32_t *out)
{
	size_t used = 0;

	for (size_t i = 0, k = 0; i < n && k < op->n;)
		if (uids[i] == op->uids[k]) {
			out[used++] = uids[i];
			i++;
			k++;
		} else if (uids[i] < op->uids[k]) {
			i++;
		} else {
			k++;
		}
	return used;
}

static void add_number(struct str *out, uint32_t v)
{
	for (; v > 0x7f; v >>= 7)
		str_addc(out, (char)(v | 0x80));
	str_addc(out, (char)v);
}

static int take_number(const unsigned char **p, const unsigned char *end, uint32_t *v)
{
	uint64_t all = 0;

	for (unsigned shift = 0; shift < 35 && *p < end; shift += 7) {
		unsigned char c = *(*p)++;

		all |= (uint64_t)(c & 0x7f) << shift;
		if (c & 0x80)
			continue;
		*v = (uint32_t)all;
		return all > UINT32_MAX ? -1 : 0;
	}
	return -1;
}

void op_encode_uids(struct str *out, const uint32_t *uids, size_t n)
{
	uint32_t next = 0;

	bytes_add32(out, (uint32_t)n);
	for (size_t i = 0; i < n;) {
		size_t k = i + 1;

		while (k < n && uids[k] == uids[k - 1] + 1)
			k++;
		add_number(out, uids[i] - next);
		add_number(out, (uint32_t)(k - i - 1));
		next = uids[k - 1] + 1;
		i = k;
	}
}

int op_decode_uids(const unsigned char **p, const unsigned char *end, uint32_t **uids, size_t *n)
{
	uint64_t next = 0;
	size_t all, used = 0;
	uint32_t *v;

	*uids = NULL;
	*n = 0;
	if (end - *p < 4)
		return -1;
	all = load32(*p);
	*p += 4;
	if (all > JOURNAL_MAX_UIDS)
		return -1;
	v = mem_array(all ? all : 1, sizeof(*v));
	while (used < all) {
		uint32_t gap, more;

		if (take_number(p, end, &gap) != 0 || take_number(p, end, &more) != 0 ||
			more >= all - used || next + gap + more > UINT32_MAX) {
			free(v);
			return -1;
		}
		next += gap;
		for (uint64_t k = 0; k <= more; k++)
			v[used++] = (uint32_t)next++;
	}
	*uids = v;
	*n = all;
	return 0;
}

/* ---- bytes ---- */

void op_encode(struct str *out, const struct op *op)
{
	struct op borrowed = *op;
	char **at[OP_STRINGS];

	strings_of(&borrowed, at);
	bytes_add64(out, op->id);
	str_addc(out, (char)op->kind);
	str_addc(out, (char)op->state);
	str_addc(out, (char)((op->exact ? BIT_EXACT : 0) | (op->marked ? BIT_MARKED : 0)));
	str_addc(out, '\0');
	bytes_add32(out, op->uidvalidity);
	bytes_add32(out, op->set);
	bytes_add32(out, op->clear);
	bytes_add32(out, op->unseen);
	bytes_add32(out, op->mark_uidvalidity);
	bytes_add32(out, op->mark_uidnext);
	op_encode_uids(out, op->uids, op->n);
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

/* What both versions begin with. */
static struct op *decode_head(const unsigned char *p, size_t len, size_t least)
{
	struct op *op;

	if (len < least || p[8] > OP_CREATE || p[9] > OP_SENT || load64(p) == 0)
		return NULL;
	op = op_new((enum op_kind)p[8]);
	op->id = load64(p);
	op->state = (enum op_state)p[9];
	op->uidvalidity = load32(p + 12);
	op->set = load32(p + 16);
	op->clear = load32(p + 20);
	return op;
}

int op_decode(const unsigned char *p, size_t len, struct op **out)
{
	const unsigned char *end = p + len;
	struct op *op = decode_head(p, len, OP_FIXED);

	if (!op)
		return -1;
	op->exact = p[10] & BIT_EXACT;
	op->marked = p[10] & BIT_MARKED;
	op->unseen = load32(p + 24);
	op->mark_uidvalidity = load32(p + 28);
	op->mark_uidnext = load32(p + 32);
	p += OP_FIXED;
	if (op_decode_uids(&p, end, &op->uids, &op->n) != 0 || decode_strings(p, end, op) != 0) {
		op_free(op);
		return -1;
	}
	*out = op;
	return 0;
}

int op_decode_first(const unsigned char *p, size_t len, struct op **out)
{
	const unsigned char *end = p + len;
	struct op *op = decode_head(p, len, OP_FIRST_FIXED);
	size_t n = op ? load32(p + 24) : 0;

	if (!op || n > (len - OP_FIRST_FIXED) / 4 ||
		decode_strings(p + OP_FIRST_FIXED + 4 * n, end, op) != 0) {
		op_free(op);
		return -1;
	}
	op->uids = mem_array(n ? n : 1, sizeof(*op->uids));
	for (size_t i = 0; i < n; i++)
		op->uids[i] = load32(p + OP_FIRST_FIXED + 4 * i);
	op->n = uids_sort(op->uids, n);
	op->state = OP_SENT; /* nobody noted whether it was */
	*out = op;
	return 0;
}

/* ---- words ---- */

static void flag_words(const struct op *op, struct str *out)
{
	size_t n = op->n;

	if (!n)
		str_addf(out, _("Change marks of messages in %s"), op->folder);
	else if (*op->keywords_set || *op->keywords_clear)
		str_addf(out,
			ngettext("Change keywords of %zu message in %s",
				"Change keywords of %zu messages in %s", n),
			n, op->folder);
	else if (op->set == MAIL_SEEN && !op->clear)
		str_addf(out,
			ngettext("Mark %zu message as read in %s",
				"Mark %zu messages as read in %s", n),
			n, op->folder);
	else if (op->clear == MAIL_SEEN && !op->set)
		str_addf(out,
			ngettext("Mark %zu message as unread in %s",
				"Mark %zu messages as unread in %s", n),
			n, op->folder);
	else if (op->set == MAIL_FLAGGED && !op->clear)
		str_addf(out, ngettext("Flag %zu message in %s", "Flag %zu messages in %s", n), n,
			op->folder);
	else if (op->clear == MAIL_FLAGGED && !op->set)
		str_addf(out, ngettext("Unflag %zu message in %s", "Unflag %zu messages in %s", n),
			n, op->folder);
	else if (op->set == MAIL_ANSWERED && !op->clear)
		str_addf(out,
			ngettext("Mark %zu message as answered in %s",
				"Mark %zu messages as answered in %s", n),
			n, op->folder);
	else
		str_addf(out,
			ngettext("Change marks of %zu message in %s",
				"Change marks of %zu messages in %s", n),
			n, op->folder);
}

void op_words(const struct op *op, struct str *out)
{
	size_t n = op->n;

	switch (op->kind) {
	case OP_FLAGS:
		flag_words(op, out);
		break;
	case OP_MOVE:
		if (!n && *op->message_id)
			str_addf(
				out, _("Move messages back from %s to %s"), op->folder, op->target);
		else
			str_addf(out,
				ngettext("Move %zu message from %s to %s",
					"Move %zu messages from %s to %s", n),
				n, op->folder, op->target);
		break;
	case OP_COPY:
		str_addf(out,
			ngettext("Copy %zu message from %s to %s",
				"Copy %zu messages from %s to %s", n),
			n, op->folder, op->target);
		break;
	case OP_EXPUNGE:
		str_addf(out,
			ngettext("Delete %zu message for good in %s",
				"Delete %zu messages for good in %s", n),
			n, op->folder);
		break;
	case OP_APPEND:
		if (*op->text)
			str_adds(out, op->text);
		else
			str_addf(out, _("Copy a message up to %s"), op->target);
		break;
	case OP_CREATE:
		str_addf(out, _("Make folder %s"), op->target);
		break;
	}
}

bool op_needs_look(const struct op *op)
{
	if (op->kind == OP_FLAGS || op->kind == OP_EXPUNGE)
		return !op->n;
	return op->kind != OP_CREATE;
}

time_t op_since(const struct op *op)
{
	return (time_t)(op->id >> 32); /* new_id of journal.c */
}

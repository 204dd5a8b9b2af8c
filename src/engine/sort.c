#include "engine/sort.h"

#include "base/i18n.h"
#include "engine/msglist_priv.h"

#include <string.h>

static uint32_t by_date(const struct msglist *l, const uint32_t *rank, size_t row)
{
	(void)rank;
	return msglist_date(l, row);
}

static uint32_t by_arrival(const struct msglist *l, const uint32_t *rank, size_t row)
{
	(void)rank;
	return l->columns.received[row];
}

static uint32_t by_size(const struct msglist *l, const uint32_t *rank, size_t row)
{
	(void)rank;
	return l->columns.size[row];
}

static uint32_t by_unread(const struct msglist *l, const uint32_t *rank, size_t row)
{
	(void)rank;
	return (msglist_date(l, row) >> 1) | (l->columns.flags[row] & MAIL_SEEN ? 0 : 1u << 31);
}

static uint32_t by_rank(const struct msglist *l, const uint32_t *rank, size_t row)
{
	(void)l;
	return UINT32_MAX - rank[row];
}

static const struct sort_row rows[SORTS] = {
	[SORT_DATE] = {.name = "date", .label = N_("(d)ate"), .letter = 'd', .key = by_date},
	[SORT_RECEIVED] = {.name = "received",
		.label = N_("(r)eceived"),
		.letter = 'r',
		.key = by_arrival},
	[SORT_FROM] = {.name = "from",
		.label = N_("(f)rom"),
		.letter = 'f',
		.ranks = ORDER_FROM,
		.key = by_rank},
	[SORT_SUBJECT] = {.name = "subject",
		.label = N_("(s)ubject"),
		.letter = 's',
		.ranks = ORDER_SUBJECT,
		.key = by_rank},
	[SORT_SIZE] = {.name = "size", .label = N_("si(z)e"), .letter = 'z', .key = by_size},
	[SORT_UNREAD] = {.name = "unread",
		.label = N_("(u)nread"),
		.letter = 'u',
		.key = by_unread},
};

const struct sort_row *sort_row(enum msglist_sort sort)
{
	return &rows[sort];
}

int sort_find(const char *name, bool *reverse)
{
	*reverse = str_starts(name, "reverse-");
	if (*reverse)
		name += strlen("reverse-");
	for (int i = 0; i < SORTS; i++)
		if (strcmp(rows[i].name, name) == 0)
			return i;
	return -1;
}

void sort_names(struct str *out, const char *between)
{
	for (int i = 0; i < SORTS; i++)
		str_addf(out, "%s%s", i ? between : "", rows[i].name);
}

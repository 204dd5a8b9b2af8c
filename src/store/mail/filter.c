/* A query that stays with a list (struct list_filter). */
#include "store/mail/filter.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/uids.h"
#include "store/mail/folder.h"
#include "store/mail/match.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>

struct query_filter {
	struct list_filter filter;
	struct query *query; /* owned */
	struct matcher match;
	char *name, *shown; /* owned; of the folder, and as people know it */
	uint32_t *found;    /* owned; ascending: what only the texts told */
	size_t nfound;
	unsigned numbering; /* of these */
};

/* Where its messages are; the folder may have got another name. */
static void look_where(struct query_filter *q, const struct folder *f)
{
	const struct store_account *setup = f->account->setup;

	q->match.own = folder_own(f);
	q->match.account = setup ? setup->settings->name : NULL;
	if (q->name && strcmp(q->name, f->name) == 0)
		return;
	free(q->name);
	free(q->shown);
	q->name = mem_strdup(f->name);
	q->match.folder = q->shown = folder_ui_name(f);
}

static bool query_shows(struct list_filter *x, const struct folder *f, const struct summary *row)
{
	struct query_filter *q = (struct query_filter *)x;
	struct look l = look_at(&q->match, row, NULL);

	enum query_answer answer;

	look_where(q, f);
	answer = look_answer(&l, x->strings ? QUERY_STRINGS : QUERY_COLUMNS);
	return answer == QUERY_YES || (answer == QUERY_UNKNOWN && q->numbering == f->numbering &&
					      uids_find(q->found, q->nfound, row->uid) >= 0);
}

static void query_filter_free(struct list_filter *x)
{
	struct query_filter *q = (struct query_filter *)x;

	match_done(&q->match);
	query_free(q->query);
	free(q->name);
	free(q->shown);
	free(q->found);
	free(q);
}

void filter_learn(struct list_filter *x, const struct folder *f, const uint32_t *uids, size_t n)
{
	struct query_filter *q = (struct query_filter *)x;

	if (!x || x->shows != query_shows || !n)
		return;
	if (q->numbering != f->numbering)
		q->nfound = 0;
	q->numbering = f->numbering;
	q->found = mem_resize(q->found, q->nfound + n, sizeof(*q->found));
	memcpy(q->found + q->nfound, uids, n * sizeof(*uids));
	q->nfound = uids_sort(q->found, q->nfound + n);
}

int filter_query(struct query **query, const char *text, struct err *err)
{
	if (query_parse(query, text, clock_now(), err) != 0)
		return -1;
	if (query_scope(*query) == SCOPE_MESSAGE)
		return 0;
	query_free(*query);
	*query = NULL;
	return err_set(err, ERR_INPUT,
		_("%s looks at more than each message alone, by which no list can be kept; "
		  "search in an open list for that"),
		text);
}

struct list_filter *filter_by_query(const char *text, struct err *err)
{
	struct query_filter *q;
	struct query *query;

	if (filter_query(&query, text, err) != 0)
		return NULL;
	q = mem_alloc(sizeof(*q));
	q->query = query;
	match_start(&q->match, query, query->nnodes - 1);
	q->filter = (struct list_filter){.strings = query_cost(query) != QUERY_COLUMNS,
		.shows = query_shows,
		.free = query_filter_free};
	return &q->filter;
}

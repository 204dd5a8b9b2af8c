#include "engine/rule.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "engine/msglist_priv.h"
#include "store/mail/match.h"

#include <stdlib.h>

enum { FRESH_SECONDS = 60 }; /* "today" and "<2d" move on */

struct rule {
	char *text;          /* owned */
	struct query *query; /* owned */
	struct strv own;     /* addresses of the accounts */
	struct matcher match;
	time_t read; /* when its dates were */
};

static void forget(struct rule *r)
{
	match_done(&r->match);
	r->match = (struct matcher){0};
	query_free(r->query);
	r->query = NULL;
	strv_done(&r->own);
}

static int read_text(struct rule *r, time_t now, struct err *err)
{
	struct query *query;

	if (query_parse(&query, r->text, now, err) != 0)
		return -1;
	forget(r);
	r->query = query;
	match_start(&r->match, r->query, r->query->nnodes - 1);
	return 0;
}

struct rule *rule_new(const char *query, struct err *err)
{
	struct rule *r = mem_alloc(sizeof(*r));

	r->text = mem_strdup(query);
	r->read = clock_now();
	if (read_text(r, r->read, err) == 0) {
		if (query_cost(r->query) != QUERY_TEXTS && query_scope(r->query) == SCOPE_MESSAGE)
			return r;
		err_set(err, ERR_INPUT,
			_("%s needs more than the row of a message; a colour can ask for sender, "
			  "recipients, subject, dates, size, keywords and marks"),
			query);
	}
	rule_free(r);
	return NULL;
}

void rule_free(struct rule *r)
{
	if (!r)
		return;
	forget(r);
	free(r->text);
	free(r);
}

static void add_own(struct rule *r, struct settings *s)
{
	for (size_t i = 0; i < settings_accounts(s); i++) {
		const struct account_settings *a = settings_account(s, i);

		strv_add(&r->own, a->from_mail ? a->from_mail : "");
		for (size_t k = 0; k < a->alternates.n; k++)
			strv_add(&r->own, a->alternates.v[k]);
	}
	r->match.own = &r->own;
}

bool rule_finds(struct rule *r, struct settings *s, const struct msglist *l, uint32_t uid)
{
	ptrdiff_t at = columns_find(&l->columns, uid);
	const struct summary *strings = msglist_strings_find(l, uid);
	struct summary row;
	struct look look;
	time_t now = clock_now();

	if (at < 0 || !strings)
		return false;
	if (now - r->read >= FRESH_SECONDS || now < r->read) {
		r->read = now;
		(void)read_text(r, now, NULL); /* what is no date this month stays what it was */
	}
	if (!r->match.own)
		add_own(r, s);
	row = *strings;
	row.flags = l->columns.flags[at] & ~(uint32_t)ROW_OURS;
	row.size = l->columns.size[at];
	row.sent = l->columns.sent[at];
	row.received = l->columns.received[at];
	row.keywords = msglist_keyset(l, l->columns.keyset[at]);
	look = look_at(&r->match, &row, NULL);
	return look_answer(&look, QUERY_STRINGS) == QUERY_YES;
}

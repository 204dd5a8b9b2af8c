#include "store/mail/search_server.h"

#include "base/mem.h"
#include "base/uids.h"
#include "store/mail/lanes.h"
#include "store/mail/match.h"
#include "store/mail/remote.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>

enum { SET_MAX = 4000 }; /* octets of a list of numbers: longer ones say less than they cost */

struct answer {
	uint32_t *uids; /* owned; ascending */
	size_t n;
	bool told;
};

struct server_search {
	struct server_search *next; /* of the store */
	struct account *account;
	struct work *work;         /* waits for it */
	const struct query *query; /* borrowed */
	char *folder, *mailbox;    /* owned */
	char *set;                 /* owned; "UID 1:3,5 ", or "" */
	uint32_t uidvalidity;
	size_t term; /* that is asked for now; the number of all: through */
	unsigned job;
	enum lane lane;
	struct err err;
	struct answer answers[QUERY_TERMS];
};

/* --- what can be said --- */

static void put_quoted(struct str *out, const char *text)
{
	str_addc(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			str_addc(out, '\\');
		str_addc(out, *text);
	}
	str_addc(out, '"');
}

bool server_search_key(const struct query_term *t, struct str *out)
{
	bool sayable = t->text && *t->text && !strpbrk(t->text, "\r\n") &&
		       (!t->has_pattern || !strpbrk(t->text, "^$.[]|()*+?{}\\"));

	if (!sayable)
		return false;
	switch (t->field) {
	case QUERY_BODY:
		str_adds(out, "BODY ");
		break;
	case QUERY_WHOLE:
		str_adds(out, "TEXT ");
		break;
	case QUERY_FIELD:
		str_adds(out, "HEADER ");
		put_quoted(out, t->header);
		str_addc(out, ' ');
		break;
	default:
		return false;
	}
	put_quoted(out, t->text);
	return true;
}

static char *set_of(const uint32_t *uids, size_t n)
{
	struct str s = STR_INIT;

	for (size_t i = 0; i < n && s.len < SET_MAX; i++) {
		size_t to = i;

		while (to + 1 < n && uids[to + 1] == uids[to] + 1)
			to++;
		str_addf(&s, "%s%u", i ? "," : "UID ", (unsigned)uids[i]);
		if (to > i)
			str_addf(&s, ":%u", (unsigned)uids[to]);
		i = to;
	}
	str_addc(&s, ' ');
	if (s.len >= SET_MAX)
		str_clear(&s);
	return s.len ? str_steal(&s) : (str_done(&s), mem_strdup(""));
}

/* --- asking --- */

static void post(struct server_search *x, const char *key)
{
	struct job *j = job_new(JOB_SEARCH);
	struct str whole = STR_INIT;

	str_addf(&whole, "%s%s", x->set, key);
	x->job = j->request = ++x->account->store->next_job;
	x->lane = lanes_reading(x->account);
	j->folder = mem_strdup(x->folder);
	j->mailbox = mem_strdup(x->mailbox);
	j->search.key = str_steal(&whole);
	j->search.uidvalidity = x->uidvalidity;
	lanes_post(x->account, x->lane, j);
}

/* The next term that a server can be asked for, from this one on. */
static void ask_from(struct server_search *x, size_t term)
{
	struct str key = STR_INIT;
	const struct query *q = x->query;

	for (x->term = term; x->term < q->nterms; x->term++)
		if (query_term_cost(&q->terms[x->term]) == QUERY_TEXTS &&
			server_search_key(&q->terms[x->term], &key)) {
			post(x, str_c(&key));
			break;
		}
	str_done(&key);
}

static void unlist(struct server_search *x)
{
	struct server_search **p = &x->account->store->server_searches;

	while (*p && *p != x)
		p = &(*p)->next;
	if (*p)
		*p = x->next;
}

struct server_search *server_search_begin(
	struct folder *f, const struct query *q, const uint32_t *uids, size_t n, struct work *w)
{
	struct account *a = f->account;
	struct server_search *x;

	if (!n || f->local || !f->mailbox || !remote_has_folders(a) || !lanes_are_open(a))
		return NULL;
	x = mem_alloc(sizeof(*x));
	x->account = a;
	x->work = w;
	x->query = q;
	x->folder = mem_strdup(f->name);
	x->mailbox = mem_strdup(f->mailbox);
	x->set = set_of(uids, n);
	x->uidvalidity = cache_meta(f->cache)->uidvalidity;
	x->next = a->store->server_searches;
	a->store->server_searches = x;
	ask_from(x, 0);
	if (server_search_runs(x))
		return x;
	server_search_free(x);
	return NULL;
}

bool server_search_runs(const struct server_search *x)
{
	return x->term < x->query->nterms;
}

const struct err *server_search_error(const struct server_search *x)
{
	return &x->err;
}

void server_search_free(struct server_search *x)
{
	if (!x)
		return;
	unlist(x);
	if (server_search_runs(x))
		lanes_cancel_job(x->account, x->lane, x->job);
	for (size_t i = 0; i < QUERY_TERMS; i++)
		free(x->answers[i].uids);
	free(x->folder);
	free(x->mailbox);
	free(x->set);
	free(x);
}

/* --- answers --- */

static void end(struct server_search *x, const struct err *why)
{
	if (why)
		x->err = *why;
	x->term = x->query->nterms;
	x->work->waits = false;
}

/* The server takes no second connection: it is asked over the one that is there. */
static bool goes_over_the_first(struct server_search *x, const struct result *r)
{
	if (!r->unbegun || x->lane != LANE_FETCH || r->err.kind == ERR_CANCELLED ||
		!lanes_are_online(x->account))
		return false;
	lanes_read_by_main(x->account);
	ask_from(x, x->term);
	return true;
}

void server_search_take(struct account *a, struct result *r)
{
	struct server_search *x = a->store->server_searches;
	struct answer *answer;

	while (x && (!server_search_runs(x) || x->job != r->request))
		x = x->next;
	if (!x)
		return; /* nobody waits for it any more */
	if (r->err.kind != ERR_NONE) {
		if (!goes_over_the_first(x, r))
			end(x, &r->err);
		return;
	}
	answer = &x->answers[x->term];
	*answer = (struct answer){r->found.uids, r->found.n, true};
	r->found.uids = NULL;
	ask_from(x, x->term + 1);
	if (!server_search_runs(x))
		end(x, NULL);
}

void server_search_stop(struct store *s, const struct account *a, const struct err *why)
{
	for (struct server_search *x = s->server_searches; x; x = x->next)
		if ((!a || x->account == a) && server_search_runs(x))
			end(x, why);
}

void server_search_tell(const struct server_search *x, uint32_t uid, bool no, struct look *l)
{
	for (size_t i = 0; i < x->query->nterms; i++) {
		bool has = uids_find(x->answers[i].uids, x->answers[i].n, uid) >= 0;

		if (x->answers[i].told && (has || no))
			l->known[i] = 1 + (has ? QUERY_YES : QUERY_NO);
	}
}

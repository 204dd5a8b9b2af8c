/*
 * Searching one folder for a query (query.h): over the columns, the cached strings, and the texts
 * that are here. Each is looked at only where those before it do not tell.
 */
#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/uids.h"
#include "base/utf8.h"
#include "store/disk/keywords.h"
#include "store/mail/query.h"
#include "store/store_priv.h"

#include <stdlib.h>
#include <string.h>

enum {
	MEMO_TERMS = 8,
	MEMO_BYTES = 1 << 16,
	/* Messages on their way to the other thread, which needs no pause between them. */
	OUT_MAX = 16,
	OUT_BYTES = 1 << 20
};

/*
 * What was found out about the strings of a page: equal ones stand there once, so that a sender of
 * many messages is compared once.
 */
struct memo {
	uint64_t number; /* of the page */
	uint8_t *seen;   /* owned; by place in the page and word: round + hit */
	uint8_t round;   /* even; another for each page, so that seen is not cleared for each */
	struct str folded;
};

struct search {
	struct work work;
	unsigned list, numbering; /* what its UIDs mean */
	struct query *query;      /* owned */
	uint32_t next;            /* UID */
	uint32_t *only;           /* owned; NULL: all */
	size_t nonly, only_at;
	struct memo memo;
	struct store_event *answer; /* owned */
	size_t cap;
	const struct strv *own; /* addresses of the account; NULL: none */
	size_t out, out_bytes;  /* messages that are looked into elsewhere */
	atomic_bool given_up;   /* nobody waits for them: the last one frees this */
	bool at_end;            /* of the rows */
};

/* A message that is looked at, as far as it was read. */
struct look {
	struct search *s; /* NULL at QUERY_TEXTS: what needs it is known then */
	const struct query *query;
	enum query_cost depth;
	uint32_t flags, size, sent, received;
	const struct cache_walk *walk;
	const struct summary *row;  /* at QUERY_STRINGS; later its strings may have gone */
	struct read_text text;      /* at QUERY_TEXTS */
	char *folded[2];            /* owned; of body and header, made when asked for */
	uint8_t known[QUERY_TERMS]; /* what strings told: 1 and the answer; 0: not asked */
};

/* A message whose text is looked into on a thread of its own. */
struct inside {
	struct rendering rendering;
	struct search *search;
	struct loaded *message; /* owned */
	uint32_t uid;
	struct look look;
	enum query_answer answer;
};

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* -1: hay has other than ASCII in it. */
static int find_ascii(const char *hay, const char *word)
{
	const unsigned char first = (unsigned char)*word;
	int found = 0;

	for (; *hay; hay++) {
		size_t i = 1;

		if ((unsigned char)*hay >= 0x80)
			return -1;
		if (found || lower(*hay) != first)
			continue;
		while (word[i] && lower(hay[i]) == (unsigned char)word[i])
			i++;
		found = !word[i];
	}
	return found;
}

static bool contains(struct memo *m, const char *hay, const char *folded)
{
	int found;

	if (!*folded)
		return true;
	found = find_ascii(hay, folded);
	if (found >= 0)
		return found;
	str_clear(&m->folded);
	utf8_fold_add(&m->folded, hay, strlen(hay));
	return strstr(str_c(&m->folded), folded) != NULL;
}

/* "x@y" in "Name <x@y>, z@y": as a whole. */
static bool has_address(const char *list, const char *mail)
{
	size_t len = strlen(mail);

	for (const char *at = list; len && (at = str_ifind(at, mail)); at++)
		if ((at == list || at[-1] == ' ' || at[-1] == '<') &&
			(!at[len] || at[len] == ',' || at[len] == '>'))
			return true;
	return false;
}

static bool has_own(const struct search *s, const char *list)
{
	for (size_t i = 0; s->own && i < s->own->n; i++)
		if (has_address(list, s->own->v[i]))
			return true;
	return false;
}

static bool matches_string(struct search *s, const char *hay, size_t term)
{
	const struct query_term *t = &s->query->terms[term];

	if (t->field == QUERY_TO_ME || t->field == QUERY_FROM_ME)
		return has_own(s, hay);
	return contains(&s->memo, hay, t->word) ||
	       (t->has_pattern && regexec(&t->pattern, hay, 0, NULL, 0) == 0);
}

/* The same, asked once for each string of a page. */
static bool has_string(struct look *l, const char *hay, size_t term)
{
	struct search *s = l->s;
	struct memo *m = &s->memo;
	size_t at;

	if (!l->walk->paged || term >= MEMO_TERMS)
		return matches_string(s, hay, term);
	if (!m->seen)
		m->seen = mem_array(MEMO_TERMS, MEMO_BYTES);
	if (m->number != l->walk->number) {
		m->number = l->walk->number;
		m->round = (uint8_t)(m->round + 2);
		if (!m->round) {
			memset(m->seen, 0, MEMO_TERMS * MEMO_BYTES);
			m->round = 2;
		}
	}
	at = term * MEMO_BYTES + (size_t)(hay - l->walk->heap);
	if ((m->seen[at] & ~1) != m->round)
		m->seen[at] = (uint8_t)(m->round + matches_string(s, hay, term));
	return m->seen[at] & 1;
}

/* --- one message --- */

static bool matches_columns(const struct look *l, const struct query_term *t)
{
	switch (t->field) {
	case QUERY_SIZE:
		return l->size >= t->from && l->size <= t->to;
	case QUERY_SENT: {
		uint32_t date = l->sent ? l->sent : l->received;

		return date >= t->from && date <= t->to;
	}
	case QUERY_RECEIVED:
		return l->received >= t->from && l->received <= t->to;
	default:
		return (l->flags & t->set) == t->set && !(l->flags & t->clear);
	}
}

static bool matches_sender(struct look *l, size_t term)
{
	return has_string(l, l->row->from_name, term) || has_string(l, l->row->from_mail, term);
}

static bool matches_recipient(struct look *l, size_t term)
{
	return has_string(l, l->row->to, term) || has_string(l, l->row->cc, term);
}

static bool matches_row(struct look *l, const struct query_term *t, size_t term)
{
	const struct summary *row = l->row;

	switch (t->field) {
	case QUERY_FROM:
		return matches_sender(l, term);
	case QUERY_FROM_ME:
		return has_string(l, row->from_mail, term);
	case QUERY_TO:
		return has_string(l, row->to, term);
	case QUERY_CC:
		return has_string(l, row->cc, term);
	case QUERY_RECIPIENT:
	case QUERY_TO_ME:
		return matches_recipient(l, term);
	case QUERY_PEOPLE:
		return matches_sender(l, term) || matches_recipient(l, term);
	case QUERY_SUBJECT:
		return has_string(l, row->subject, term);
	case QUERY_ID:
		return has_string(l, row->message_id, term);
	case QUERY_REFERENCES:
		return has_string(l, row->references, term);
	case QUERY_KEYWORD:
		return keywords_has(row->keywords, t->word, strlen(t->word));
	default:
		return has_string(l, row->subject, term) || matches_sender(l, term) ||
		       matches_recipient(l, term);
	}
}

/* Folded, and each run of blanks and line ends one blank: where lines end is no part of what was
 * written. */
static char *one_line(const struct str *text)
{
	struct str folded = STR_INIT;
	size_t to = 0;

	utf8_fold_add(&folded, str_c(text), text->len);
	for (size_t i = 0; i < folded.len; i++) {
		char c = folded.p[i] == '\n' || folded.p[i] == '\t' ? ' ' : folded.p[i];

		if (c != ' ' || (to && folded.p[to - 1] != ' '))
			folded.p[to++] = c;
	}
	str_cut(&folded, to);
	return str_steal(&folded);
}

static bool has_text(struct look *l, const struct query_term *t, bool header)
{
	const struct str *text = header ? &l->text.header : &l->text.body;

	if (t->has_pattern && regexec(&t->pattern, str_c(text), 0, NULL, 0) == 0)
		return true;
	if (!l->folded[header])
		l->folded[header] = one_line(text);
	return strstr(l->folded[header], t->word) != NULL;
}

static enum query_answer matches_text(struct look *l, const struct query_term *t)
{
	bool header = t->field == QUERY_HEADER || t->field == QUERY_WHOLE,
	     body = t->field == QUERY_BODY || t->field == QUERY_WHOLE;

	if ((header && has_text(l, t, true)) || (body && has_text(l, t, false)))
		return QUERY_YES;
	return body && !l->text.whole ? QUERY_UNKNOWN : QUERY_NO;
}

static enum query_answer ask(void *ctx, const struct query *q, size_t term)
{
	struct look *l = ctx;
	const struct query_term *t = &q->terms[term];
	enum query_cost cost = query_term_cost(t);

	if (cost > l->depth)
		return QUERY_UNKNOWN;
	if (cost == QUERY_TEXTS)
		return matches_text(l, t);
	if (cost == QUERY_COLUMNS)
		return matches_columns(l, t) ? QUERY_YES : QUERY_NO;
	if (!l->known[term])
		l->known[term] = 1 + (matches_row(l, t, term) ? QUERY_YES : QUERY_NO);
	return (enum query_answer)(l->known[term] - 1);
}

/* A message that is moved away is not here any more, though the server does not know it yet. */
static enum query_answer look(struct look *l, enum query_cost depth)
{
	l->depth = depth;
	return l->flags & MAIL_LEAVING ? QUERY_NO : query_eval(l->query, ask, l);
}

/* --- a search on its way --- */

static void search_free(struct search *s)
{
	query_free(s->query);
	free(s->only);
	free(s->memo.seen);
	str_done(&s->memo.folded);
	store_event_free(s->answer);
	free(s);
}

static void search_drop(struct store *store, struct work *w, const struct err *why)
{
	struct search *s = (struct search *)w;

	atomic_store(&s->given_up, true); /* first: who hears of it may look for that */
	answer_failed(store, w->request, why);
	if (!s->out)
		search_free(s);
}

static void add_found(struct search *s, uint32_t uid)
{
	struct told_found *f = &s->answer->found;

	f->uids = mem_grow(f->uids, &s->cap, f->n + 1, sizeof(*f->uids));
	f->uids[f->n++] = uid;
}

/* --- what only the text tells --- */

static void inside_run(struct worker_job *j)
{
	struct inside *x = (struct inside *)j;

	if (atomic_load(&x->search->given_up))
		return;
	read_text(x->message, &x->look.text);
	x->answer = look(&x->look, QUERY_TEXTS);
}

static void inside_drop(struct worker_job *j)
{
	struct inside *x = (struct inside *)j;
	struct search *s = x->search;

	s->out--;
	s->out_bytes -= read_size(x->message);
	s->work.waits = false;
	if (!s->out && atomic_load(&s->given_up))
		search_free(s);
	read_free(x->message);
	free(x->look.folded[0]);
	free(x->look.folded[1]);
	str_done(&x->look.text.header);
	str_done(&x->look.text.body);
	free(x);
}

static void inside_back(struct store *store, struct rendering *r)
{
	struct inside *x = (struct inside *)r;
	struct search *s = x->search;

	(void)store;
	if (atomic_load(&s->given_up))
		return;
	s->answer->found.looked += x->answer != QUERY_UNKNOWN;
	if (x->answer == QUERY_YES)
		add_found(s, x->uid);
}

/* The message's text has to tell; what cannot be looked into is counted. */
static void look_inside(struct store *store, const struct look *l, struct folder *f, uint32_t uid)
{
	struct search *s = l->s;
	struct loaded *message = read_load(f, uid);
	struct inside *x;

	s->answer->found.texts++;
	if (!message)
		return;
	x = mem_alloc(sizeof(*x));
	x->rendering.job.run = inside_run;
	x->rendering.job.drop = inside_drop;
	x->rendering.back = inside_back;
	x->search = s;
	x->message = message;
	x->uid = uid;
	x->look = *l;
	x->look.s = NULL;
	x->look.walk = NULL;
	x->look.row = NULL;
	s->out++;
	s->out_bytes += read_size(message);
	rendering_give(store, &x->rendering, RENDERING_SEARCHING);
}

/* --- the rows --- */

/* Whether the message is one of those that are asked about; ascending. */
static bool is_asked(struct search *s, uint32_t uid)
{
	if (!s->only)
		return true;
	while (s->only_at < s->nonly && s->only[s->only_at] < uid)
		s->only_at++;
	return s->only_at < s->nonly && s->only[s->only_at] == uid;
}

/* Rows between two looks at the clock. */
enum { STRIDE = 512 };

/* What needs no strings. True: at the end. */
static bool search_columns(struct search *s, struct folder *f)
{
	const struct columns *c = cache_columns_view(f->cache);
	struct look l = {.s = s, .query = s->query};

	for (size_t i = 0; i < c->n; i++) {
		if (!is_asked(s, c->uid[i]))
			continue;
		l.flags = c->flags[i];
		l.size = c->size[i];
		l.sent = c->sent[i];
		l.received = c->received[i];
		if (look(&l, QUERY_COLUMNS) == QUERY_YES)
			add_found(s, c->uid[i]);
	}
	return true;
}

static bool search_strings(struct store *store, struct search *s, struct folder *f)
{
	int64_t end = clock_ms() + WORK_MS;
	struct cache_walk w;
	struct summary row;
	size_t rows = 0;

	s->memo.number = 0;
	if (s->only)
		s->next = s->only_at < s->nonly ? s->only[s->only_at] : UINT32_MAX;
	cache_walk_start(&w, f->cache, s->next);
	while (cache_walk_next(&w, &row)) {
		struct look l = {.s = s,
			.query = s->query,
			.flags = row.flags,
			.size = row.size,
			.sent = row.sent,
			.received = row.received,
			.walk = &w,
			.row = &row};
		enum query_answer answer =
			is_asked(s, row.uid) ? look(&l, QUERY_STRINGS) : QUERY_NO;

		s->next = row.uid + 1;
		if (answer == QUERY_UNKNOWN) {
			/* reading may note damage, after which the walk is no more */
			look_inside(store, &l, f, row.uid);
			return false;
		}
		if (answer == QUERY_YES)
			add_found(s, row.uid);
		if (s->only && s->only_at == s->nonly)
			return true;
		if (++rows % STRIDE == 0 && clock_ms() >= end)
			return false;
	}
	return true;
}

/* All are looked at; those that were found inside stand behind later ones. */
static void search_end(struct store *store, struct search *s)
{
	s->answer->found.n = uids_sort(s->answer->found.uids, s->answer->found.n);
	answer_with(store, s->work.request, s->answer);
	s->answer = NULL;
	search_free(s);
}

static bool search_step(struct store *store, struct work *w)
{
	struct search *s = (struct search *)w;
	struct list *l = store_list(store, s->list);
	struct err err = {0};

	if (!l || !l->folder->cache) {
		err_set(&err, ERR_GONE, _("The folder is no longer open"));
		search_drop(store, w, &err);
		return true;
	}
	if (l->folder->numbering != s->numbering) {
		err_set(&err, ERR_GONE,
			_("The folder was switched or numbered anew meanwhile; search again"));
		search_drop(store, w, &err);
		return true;
	}
	s->own = l->folder->account->setup ? &l->folder->account->setup->own : NULL;
	if (!s->at_end)
		s->at_end = query_cost(s->query) == QUERY_COLUMNS
				    ? search_columns(s, l->folder)
				    : search_strings(store, s, l->folder);
	if (s->at_end && !s->out) {
		search_end(store, s);
		return true;
	}
	w->waits = s->out && (s->at_end || s->out >= OUT_MAX || s->out_bytes >= OUT_BYTES);
	return false;
}

int search_request(struct list *l, struct store_request *r, struct str *said, struct err *err)
{
	struct store *store = l->folder->account->store;
	struct query *query;
	struct search *s;

	(void)said;
	if (query_parse(&query, r->search.query ? r->search.query : "", clock_now(), err) != 0)
		return -1;
	s = mem_alloc(sizeof(*s));
	s->work = (struct work){.request = r, .step = search_step, .drop = search_drop};
	s->query = query;
	s->list = r->list;
	s->numbering = l->folder->numbering;
	s->only = r->uids;
	s->nonly = r->uids ? r->n : 0;
	r->uids = NULL;
	s->next = 1;
	s->answer = store_event_new(STORE_FOUND);
	/* most are through in one slice */
	if (!search_step(store, &s->work))
		store_work(store, &s->work);
	return REQUEST_TAKEN;
}

#include "engine/msglist.h"

#include "base/map.h"
#include "base/mem.h"
#include "engine/msglist_priv.h"
#include "store/mail/query.h"

#include <stdlib.h>
#include <string.h>

/* --- life --- */

static struct msglist *new_list(unsigned id)
{
	struct msglist *l = mem_alloc(sizeof(*l));

	l->id = id;
	l->here_max = SORT_HERE;
	return l;
}

struct msglist *msglist_new(unsigned id, int account, const char *account_name, const char *folder)
{
	struct msglist *l = new_list(id);

	msglist_add_source(l, id, account, account_name, folder);
	return l;
}

struct msglist *msglist_new_span(unsigned id, const char *name)
{
	struct msglist *l = new_list(id);

	l->name = mem_strdup(name);
	return l;
}

void msglist_free(struct msglist *l)
{
	if (!l)
		return;
	msglist_strings_forget(l);
	columns_done(&l->columns);
	strv_done(&l->keysets);
	free(l->view);
	free(l->limit_text);
	free(l->held_text);
	order_done(&l->order);
	free(l->rank);
	free(l->ranks_uids);
	free(l->ranks);
	free(l->since);
	for (size_t i = 0; i < l->nsources; i++)
		msglist_source_done(&l->sources[i]);
	free(l->sources);
	free(l->origins);
	free(l->rank_of);
	map_free(l->keyset_of, NULL);
	msglist_guess_drop(l);
	msglist_left_forget(l);
	if (l->of) {
		free(l->of->id);
		free(l->of->home);
		free(l->of->uids);
		free(l->of);
	}
	query_free(l->query);
	free(l->name);
	free(l);
}

/* --- the front end's view --- */

void msglist_keywords(const struct msglist *l, struct strv *out)
{
	for (size_t i = 0; i < l->keysets.n; i++) {
		const char *p = l->keysets.v[i];

		while (*(p += strspn(p, " "))) {
			size_t len = strcspn(p, " ");
			char *word = mem_strndup(p, len);

			if (!strv_has(out, word))
				strv_add(out, word);
			free(word);
			p += len;
		}
	}
}

const char *msglist_account(const struct msglist *l)
{
	return l->name ? "" : l->sources->account_name;
}

const char *msglist_folder(const struct msglist *l)
{
	return l->name ? l->name : l->sources->folder;
}

bool msglist_ready(const struct msglist *l)
{
	return l->ready;
}

void msglist_protect(struct msglist *l, bool on)
{
	l->protect = on;
}

bool msglist_read_only(const struct msglist *l)
{
	if (l->protect)
		return true;
	for (size_t i = 0; i < l->nsources; i++)
		if (!l->sources[i].read_only)
			return false;
	return l->nsources > 0;
}

size_t msglist_count(const struct msglist *l)
{
	return l->filtered ? l->nview : l->order.n;
}

size_t msglist_total(const struct msglist *l)
{
	return l->columns.n;
}

size_t msglist_unread(const struct msglist *l)
{
	return l->unread;
}

enum { NEAR = 256, FAR = 4096 };

/* The ancestors of a row stand above it; those with a later sibling draw a line through it. Kept in
 * no table: only a screen of rows is ever asked for. */
static uint64_t lines_through(const struct msglist *l, size_t row)
{
	unsigned depth = msglist_view_row(l, row).depth;
	uint64_t lines = 0;

	/* In a thread of thousands lines that begin far above are left out: finding them costs too
	 * much. */
	for (int steps = 0; depth > 1 && row-- > 0 && steps < FAR; steps++) {
		struct view_row v = msglist_view_row(l, row);

		if (v.depth >= depth)
			continue;
		depth = v.depth;
		if (depth && !v.last)
			lines |= (uint64_t)1 << depth;
	}
	return lines;
}

/* Of a folded root. Rows are asked for from above to below: the next is near the last one. */
static uint32_t unread_below(struct msglist *l, uint32_t root)
{
	const struct order *o = &l->order;
	size_t i = l->found_root < o->n ? l->found_root : 0, steps = 0;
	uint32_t unread = 0;

	for (; steps < o->n && o->at[i] != root; steps++)
		i = i + 1 < o->n ? i + 1 : 0;
	if (steps == o->n)
		return 0;
	l->found_root = i;
	for (uint32_t depth = o->depth[i++]; i < o->n && o->depth[i] >> 1 > depth >> 1; i++) {
		uint32_t flags = l->columns.flags[o->at[i]];

		unread += (!l->limited || flags & ROW_LIMITED) && !(flags & MAIL_SEEN);
	}
	return unread;
}

bool msglist_row(struct msglist *l, size_t row, struct msg_row *out)
{
	const struct columns *c = &l->columns;
	const struct summary *s;
	struct view_row v;

	if (row >= msglist_count(l))
		return false;
	v = msglist_view_row(l, row);
	l->found = row;
	*out = (struct msg_row){.uid = c->uid[v.at],
		.flags = c->flags[v.at] & ~(uint32_t)ROW_OURS,
		.size = c->size[v.at],
		.date = msglist_date(l, v.at),
		.ahead = c->sent[v.at] && msglist_date(l, v.at) != c->sent[v.at],
		.tagged = c->flags[v.at] & ROW_TAGGED,
		.depth = v.depth,
		.last_child = v.last,
		.lines = lines_through(l, row),
		.hidden = v.hidden,
		.hidden_unread = v.hidden ? unread_below(l, v.at) : 0};
	out->keywords = msglist_keyset(l, c->keyset[v.at]);
	s = msglist_strings_find(l, out->uid);
	if (!s) {
		msglist_strings_ask(l, row);
		return true;
	}
	out->from_name = s->from_name;
	out->from_mail = s->from_mail;
	out->to = s->to;
	out->cc = s->cc;
	out->subject = s->subject;
	return true;
}

void msglist_first_recipient(const struct msg_row *row, struct str *out)
{
	if (row->to)
		summary_first(out, *row->to || !row->cc ? row->to : row->cc);
}

static uint32_t row_at(const struct msglist *l, size_t row)
{
	return l->filtered ? l->view[row].at : l->order.at[row];
}

uint32_t msglist_uid(const struct msglist *l, size_t row)
{
	return row < msglist_count(l) ? l->columns.uid[row_at(l, row)] : 0;
}

/* Only messages that are shown have a row; the last one found is mostly still where it was. */
ptrdiff_t msglist_find(const struct msglist *l, uint32_t uid)
{
	ptrdiff_t at = columns_find(&l->columns, uid);
	size_t n = msglist_count(l), near = l->found > NEAR ? l->found - NEAR : 0;

	if (at < 0)
		return -1;
	for (size_t row = near; row < n && row < l->found + NEAR; row++)
		if (row_at(l, row) == (uint32_t)at)
			return (ptrdiff_t)row;
	for (size_t row = 0; row < n; row++)
		if (row_at(l, row) == (uint32_t)at)
			return (ptrdiff_t)row;
	return -1;
}

ptrdiff_t msglist_near(const struct msglist *l, uint32_t uid)
{
	ptrdiff_t at = columns_find(&l->columns, uid);
	size_t row = 0, n = msglist_count(l);

	if (at < 0 || !n)
		return -1;
	/* What is shown stands in the order of all. */
	for (size_t i = 0; i < l->order.n && l->order.at[i] != (uint32_t)at; i++)
		row += row < n && row_at(l, row) == l->order.at[i];
	return (ptrdiff_t)(row < n ? row : n - 1);
}

bool msglist_has(const struct msglist *l, uint32_t uid)
{
	return columns_find(&l->columns, uid) >= 0;
}

static unsigned flags_of(const struct msglist *l, uint32_t uid)
{
	ptrdiff_t at = columns_find(&l->columns, uid);

	return at < 0 ? 0 : l->columns.flags[at];
}

unsigned msglist_flags(const struct msglist *l, uint32_t uid)
{
	return flags_of(l, uid) & ~(unsigned)ROW_OURS;
}

bool msglist_is_tagged(const struct msglist *l, uint32_t uid)
{
	return flags_of(l, uid) & ROW_TAGGED;
}

unsigned msglist_numbering(const struct msglist *l)
{
	return l->numbering;
}

unsigned msglist_id(const struct msglist *l)
{
	return l->id;
}

static size_t distance(size_t a, size_t b)
{
	return a > b ? a - b : b - a;
}

uint32_t msglist_find_date(const struct msglist *l, int64_t date, size_t near)
{
	size_t n = msglist_count(l), best = SIZE_MAX;

	for (size_t row = 0; row < n; row++)
		if (msglist_date(l, row_at(l, row)) == date &&
			(best == SIZE_MAX || distance(row, near) < distance(best, near)))
			best = row;
	return best == SIZE_MAX ? 0 : msglist_uid(l, best);
}

static uint32_t flags_at(const struct msglist *l, size_t row)
{
	return l->columns.flags[row_at(l, row)];
}

/* The next row that has that flag, or has it not: once around. A row that is none stands before the
 * first. */
static ptrdiff_t next_row(
	const struct msglist *l, size_t row, int step, uint32_t flag, uint32_t value)
{
	size_t n = msglist_count(l), none = step >= 0 ? n - 1 : 0;

	for (size_t k = 1; k <= n; k++) {
		size_t at = step >= 0 ? ((row < n ? row : none) + k) % n
				      : ((row < n ? row : none) + n - k) % n;

		if ((flags_at(l, at) & flag) == value)
			return (ptrdiff_t)at;
	}
	return -1;
}

ptrdiff_t msglist_next_unread(const struct msglist *l, size_t row, int step)
{
	ptrdiff_t at = next_row(l, row, step, MAIL_SEEN, 0);

	return (size_t)at == row ? -1 : at;
}

ptrdiff_t msglist_next_found(const struct msglist *l, size_t row, int step)
{
	return next_row(l, row, step, ROW_FOUND, ROW_FOUND);
}

size_t msglist_found(const struct msglist *l, size_t row, size_t *nth)
{
	size_t n = msglist_count(l), found = 0;

	*nth = 0;
	for (size_t i = 0; i < n; i++) {
		found += (flags_at(l, i) & ROW_FOUND) != 0;
		if (i == row && flags_at(l, i) & ROW_FOUND)
			*nth = found;
	}
	return found;
}

size_t msglist_start_row(const struct msglist *l)
{
	size_t newest = 0, n = msglist_count(l);

	for (size_t row = 0; l->unread && row < n; row++)
		if (!(l->columns.flags[row_at(l, row)] & MAIL_SEEN))
			return row;
	for (size_t row = 1; row < n; row++)
		if (msglist_date(l, row_at(l, row)) > msglist_date(l, row_at(l, newest)))
			newest = row;
	return newest;
}

void msglist_tag(struct msglist *l, uint32_t uid, bool on)
{
	ptrdiff_t at = columns_find(&l->columns, uid);

	if (at < 0)
		return;
	l->columns.flags[at] = on ? l->columns.flags[at] | ROW_TAGGED
				  : l->columns.flags[at] & ~(uint32_t)ROW_TAGGED;
}

bool msglist_any_folded(const struct msglist *l)
{
	for (size_t i = 0; i < l->columns.n; i++)
		if (l->columns.flags[i] & ROW_FOLDED)
			return true;
	return false;
}

void msglist_untag_all(struct msglist *l)
{
	for (size_t i = 0; i < l->columns.n; i++)
		l->columns.flags[i] &= ~(uint32_t)ROW_TAGGED;
	msglist_left_forget(l);
}

size_t msglist_tagged(const struct msglist *l, uint32_t **uids)
{
	size_t n = 0, cap = 0;

	*uids = NULL;
	for (size_t i = 0; i < l->columns.n; i++)
		if (l->columns.flags[i] & ROW_TAGGED) {
			*uids = mem_grow(*uids, &cap, n + 1, sizeof(**uids));
			(*uids)[n++] = l->columns.uid[i];
		}
	return n;
}

/* In a list of several folders numbers come in any order; what came last arrived last. */
static bool is_news(const struct msglist *l, size_t row)
{
	const struct columns *c = &l->columns;

	return !(c->flags[row] & MAIL_SEEN) && (!l->name || c->received[row] > l->newest_date);
}

void msglist_note_news(struct msglist *l)
{
	struct columns *c = &l->columns;
	int percent = msglist_sync_percent(l);
	bool fills = !l->newest || (percent >= 0 && percent < 100);
	uint32_t newest = l->newest, date = l->newest_date;

	for (size_t i = c->n; i-- > 0 && c->uid[i] > l->newest;) {
		/* what waits to be filed here is known */
		if (c->flags[i] & MAIL_WAITING)
			continue;
		newest = c->uid[i] > newest ? c->uid[i] : newest;
		date = c->received[i] > date ? c->received[i] : date;
		if (fills || !is_news(l, i))
			continue;
		c->flags[i] |= ROW_NEWS;
		l->news = true;
	}
	l->newest = newest;
	l->newest_date = date;
}

void msglist_news(struct msglist *l, size_t top, size_t rows, size_t *above, size_t *below)
{
	size_t n = l->news ? msglist_count(l) : 0;

	*above = *below = 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t *flags = &l->columns.flags[row_at(l, i)];

		if (i >= top && i - top < rows)
			*flags &= ~(uint32_t)ROW_NEWS;
		else if (*flags & ROW_NEWS && !(*flags & MAIL_SEEN))
			*(i < top ? above : below) += 1;
	}
	/* what a limit or a fold hides may be shown again */
	l->news = l->news && (l->filtered || *above || *below);
}

bool msglist_is_limited(const struct msglist *l)
{
	return l->limited;
}

const char *msglist_limit_text(const struct msglist *l)
{
	return l->limit_text ? l->limit_text : "";
}

int msglist_sync_percent(const struct msglist *l)
{
	int sum = 0, known = 0;

	for (size_t i = 0; i < l->nsources; i++)
		if (l->sources[i].percent >= 0) {
			sum += l->sources[i].percent;
			known++;
		}
	return known ? sum / known : -1;
}

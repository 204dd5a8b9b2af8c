/* From what the disk thread tells to the model and to events for the front end. */
#include "base/clock.h"
#include "base/i18n.h"
#include "base/idn.h"
#include "base/mem.h"
#include "base/uids.h"
#include "engine/engine_priv.h"

#include <stdlib.h>
#include <string.h>

/* --- the model --- */

static enum account_state state_of(const struct told_state *t)
{
	if (t->following)
		return STATE_FOLLOWING;
	switch (t->state) {
	case SYNC_CONNECTING:
		return STATE_CONNECTING;
	case SYNC_ONLINE:
		return STATE_ONLINE;
	case SYNC_WAITING:
		return STATE_WAITING;
	case SYNC_FAILED:
		return STATE_FAILED;
	default:
		return STATE_OFFLINE;
	}
}

static struct event *take_state(struct engine *e, struct store_event *ev)
{
	struct account_model *m = &e->accounts[ev->account];

	m->state = state_of(&ev->state);
	m->retry_at = clock_ms() + (int64_t)ev->state.retry_ms;
	m->settings->protocol = ev->state.protocol;
	free(m->reason);
	m->reason =
		mem_strdup(ev->state.following ? _("Another running copy synchronises this account")
					       : ev->state.err.text);
	return event_new(EVENT_ACCOUNTS);
}

static bool is_foreign_tree(const char *name)
{
	return str_starts(name, "Local/") || str_starts(name, "Server/");
}

/* Inbox first, then the other roles as people expect them, then by name. */
static int folder_rank(const struct store_folder_info *f)
{
	if (is_foreign_tree(f->name) && strcmp(strchr(f->name, '/'), "/INBOX") == 0)
		return mail_role_row(ROLE_INBOX)->rank;
	if (is_foreign_tree(f->name))
		return mail_role_row(ROLE_NONE)->rank;
	return mail_role_row(f->role)->rank;
}

/* The end of a name sorts first, then '/', so that children follow their parent before its longer
 * neighbours. */
static int letter_rank(char c)
{
	return c == '\0' ? 0 : c == '/' ? 1 : (unsigned char)c + 1;
}

static int compare_names(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return letter_rank(*a) - letter_rank(*b);
}

static int by_name(const void *x, const void *y)
{
	const struct store_folder_info *a = x, *b = y;

	return compare_names(a->name, b->name);
}

struct placed {
	struct store_folder_info f;
	char *key;
};

static int by_key(const void *x, const void *y)
{
	const struct placed *a = x, *b = y;

	return strcmp(a->key, b->key);
}

/* The place of a folder: at each level the rank there and the name, so that a whole tree stands
 * where its root does. sorted: all, by name. */
static char *place_key(const struct store_folder_info *sorted, size_t n, const char *name)
{
	struct str key = STR_INIT;

	str_addc(&key, is_foreign_tree(name) ? '1' : '0');
	for (const char *p = name, *end; *p; p = *end ? end + 1 : end) {
		struct store_folder_info at = {
			.name = mem_strndup(name, strcspn(p, "/") + (size_t)(p - name))};
		const struct store_folder_info *f =
			bsearch(&at, sorted, n, sizeof(*sorted), by_name);

		end = p + strcspn(p, "/");
		str_addf(&key, "\1%02d%.*s", f ? folder_rank(f) : folder_rank(&at), (int)(end - p),
			p);
		free(at.name);
	}
	return str_steal(&key);
}

static void sort_folders(struct store_folder_info *v, size_t n)
{
	struct placed *p = mem_array(n + 1, sizeof(*p));

	if (n)
		qsort(v, n, sizeof(*v), by_name);
	for (size_t i = 0; i < n; i++)
		p[i] = (struct placed){v[i], place_key(v, n, v[i].name)};
	qsort(p, n, sizeof(*p), by_key);
	for (size_t i = 0; i < n; i++) {
		v[i] = p[i].f;
		free(p[i].key);
	}
	free(p);
}

/* Folders of the protocol that is not in use stand below a line of their own. */
static void add_foreign_parent(struct account_model *m)
{
	size_t at = 0;
	char *name;

	while (at < m->nfolders && !is_foreign_tree(m->folders[at].name))
		at++;
	if (at == m->nfolders)
		return;
	name = mem_strndup(m->folders[at].name, strcspn(m->folders[at].name, "/"));
	m->folders = mem_resize(m->folders, m->nfolders + 1, sizeof(*m->folders));
	memmove(m->folders + at + 1, m->folders + at, (m->nfolders - at) * sizeof(*m->folders));
	m->folders[at] = (struct store_folder_info){.name = name, .role = ROLE_NONE};
	m->nfolders++;
}

static struct event *take_folders(struct engine *e, struct store_event *ev)
{
	struct account_model *m = &e->accounts[ev->account];
	struct event *out = event_new(EVENT_FOLDERS);

	for (size_t i = 0; i < m->nfolders; i++)
		free(m->folders[i].name);
	free(m->folders);
	m->folders = ev->folders.v;
	m->nfolders = ev->folders.n;
	ev->folders.v = NULL;
	ev->folders.n = 0;
	sort_folders(m->folders, m->nfolders);
	add_foreign_parent(m);
	engine_spans_follow(e, (size_t)ev->account);
	out->account = ev->account;
	return out;
}

static struct event *take_pending(struct engine *e, struct store_event *ev)
{
	struct account_model *m = &e->accounts[ev->account];

	for (size_t i = 0; i < m->nops; i++)
		op_free(m->ops[i]);
	free(m->ops);
	m->ops = ev->pending.v;
	m->nops = ev->pending.n;
	m->op_in_flight = ev->pending.in_flight;
	strv_done(&m->refused);
	m->refused = ev->pending.refused;
	ev->pending.refused = (struct strv)STRV_INIT;
	ev->pending.v = NULL;
	ev->pending.n = 0;
	return event_new(EVENT_ACCOUNTS);
}

static void add_waiting(struct strv *out, const struct outbox_mail *m)
{
	bool all = outbox_count_fate(m, FATE_ACCEPTED) == m->nto;
	struct str to = STR_INIT;

	for (size_t i = 0; i < m->nto; i++)
		if (all || m->to[i].fate != FATE_ACCEPTED) {
			str_adds(&to, to.len ? ", " : "");
			idn_people(&to, m->to[i].address);
		}
	strv_take(out, str_steal(&to));
}

static struct event *take_outbox(struct engine *e, struct store_event *ev)
{
	struct account_model *m = &e->accounts[ev->account];

	for (size_t i = 0; i < m->nmails; i++)
		outbox_mail_done(&m->mails[i]);
	free(m->mails);
	m->mails = ev->outbox.v;
	m->nmails = ev->outbox.n;
	strv_done(&m->waiting);
	for (size_t i = 0; i < m->nmails; i++)
		add_waiting(&m->waiting, &m->mails[i]);
	ev->outbox.v = NULL;
	ev->outbox.n = 0;
	return event_new(EVENT_ACCOUNTS);
}

static struct event *list_event(struct msglist *l, enum event_kind kind)
{
	struct event *out = event_new(l->counts ? EVENT_FOLDERS : kind);

	out->list = l->counts ? NULL : l;
	out->account = l->nsources == 1 ? l->sources->account : -1;
	return out;
}

/* Which of the messages that come now a limit shows. */
static void extend_limit(struct engine *e, struct msglist *l, size_t source, const char *text,
	const struct columns *c)
{
	uint32_t *fresh = mem_array(c->n, sizeof(*fresh));
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		if (!msglist_has(l, msglist_number(l, source, c->uid[i])))
			fresh[n++] = c->uid[i];
	if (n) {
		struct asked *a = engine_ask_source(e, REQUEST_SEARCH, l, source);
		struct store_request *r = engine_request_of(a);

		a->extend = true;
		a->text = mem_strdup(text);
		engine_query_set(e, r, text, l, source);
		r->uids = fresh;
		r->n = n;
		fresh = NULL;
		store_post(e->store, r);
	}
	free(fresh);
}

/* Keeps text. */
static struct event *notice(int account, char *text)
{
	struct event *out = event_new(EVENT_NOTICE);

	out->account = account;
	out->notice.text = text;
	return out;
}

/* The store tells so of one folder, not of what several have together. */
static void tell_left_out(struct engine *e, struct msglist *l)
{
	struct str text = STR_INIT;

	if (!l->keysets_left_out || l->keysets_told || l->counts)
		return;
	l->keysets_told = true;
	str_addf(&text,
		_("More than %d different sets of keywords in one list; those beyond are not "
		  "shown"),
		UINT16_MAX);
	e->held = notice(-1, str_steal(&text));
}

static struct event *take_list(struct engine *e, struct store_event *ev)
{
	size_t source;
	struct msglist *l = engine_list(e, ev->list, &source);
	struct told_messages *m = &ev->messages;

	if (!l || l->sources[source].closed)
		return NULL;
	if (ev->kind == STORE_LIST)
		msglist_source_number(l, source, m->numbering);
	if (msglist_is_limited(l))
		extend_limit(e, l, source, l->limit_text, &m->columns);
	if (l->held_text)
		extend_limit(e, l, source, l->held_text, &m->columns);
	if (ev->kind == STORE_LIST) {
		l->sources[source].read_only = m->read_only;
		msglist_rename(l, source, m->folder);
		msglist_source_list(l, source, &m->columns, m->parent_lists, &m->keysets);
	} else {
		msglist_source_merge(
			l, source, &m->columns, m->parent_lists, &m->keysets, m->gone, m->ngone);
	}
	l->sources[source].percent = m->percent;
	msglist_source_rows(l, source, m->rows.v, m->rows.n);
	m->rows.n = 0;
	tell_left_out(e, l);
	return list_event(l, EVENT_LIST);
}

static bool is_of_every(const struct msglist *l)
{
	return l->span && l->span->every;
}

/* One of several folders went: the list goes on without it. Of one of every folder the folders are
 * told anew, which says enough. */
static struct event *close_source(
	struct engine *e, struct msglist *l, size_t source, const char *why)
{
	const struct source *s = &l->sources[source];
	struct str text = STR_INIT;

	msglist_source_close(l, source);
	if (!why || l->counts)
		return list_event(l, EVENT_LIST);
	str_addf(&text, "%s/%s: %s", s->account_name, s->folder, why);
	e->held = notice(s->account, str_steal(&text));
	return list_event(l, EVENT_LIST);
}

static struct event *take_closed(struct engine *e, struct store_event *ev)
{
	size_t source;
	struct msglist *l = engine_list(e, ev->list, &source);
	struct event *out;

	if (l && msglist_spans(l))
		return close_source(
			e, l, source, ev->closed.why || is_of_every(l) ? ev->closed.why : "");
	if (!l)
		return NULL;
	out = list_event(l, EVENT_CLOSED);
	out->closed.why = ev->closed.why;
	ev->closed.why = NULL;
	return out;
}

static struct event *take_rows(struct engine *e, struct store_event *ev)
{
	size_t source;
	struct msglist *l = engine_list(e, ev->list, &source);

	if (!l)
		return NULL;
	msglist_source_rows(l, source, ev->rows.v, ev->rows.n);
	ev->rows.n = 0;
	return list_event(l, EVENT_ROWS);
}

static struct event *take_order(struct engine *e, struct store_event *ev)
{
	size_t source;
	struct msglist *l = engine_list(e, ev->list, &source);
	struct told_order *o = &ev->order;

	if (!l)
		return NULL;
	msglist_source_order(l, source, o->by, o->uids, o->ranks, o->n, o->follow);
	o->uids = o->ranks = NULL;
	return o->follow ? NULL : list_event(l, EVENT_LIST);
}

static struct event *take_sorted(struct engine *e, struct store_event *ev)
{
	size_t source;
	struct msglist *l = engine_list(e, ev->list, &source);

	if (!l)
		return NULL;
	msglist_take_sorted(l, ev->sorted.job);
	ev->sorted.job = NULL;
	return list_event(l, EVENT_LIST);
}

/* --- a message to read --- */

static char *show_addresses(const struct addr_list *list)
{
	struct str out = STR_INIT;

	for (size_t i = 0; i < list->n; i++) {
		if (i)
			str_adds(&out, ", ");
		addr_show(&out, &list->v[i]);
	}
	return str_steal(&out);
}

static void copy_part(struct message_view *v, const struct store_view *from, size_t i)
{
	const struct parts *parts = &from->parts;
	const struct part *p = &parts->v[i];
	struct part_info *info = &v->parts[v->nparts++];
	struct str type = STR_INIT;

	str_addf(&type, "%s/%s", p->type, p->subtype);
	memcpy(info->section, p->section, sizeof(info->section));
	strv_take(&v->strings, str_steal(&type));
	info->type = v->strings.v[v->strings.n - 1];
	strv_add(&v->strings, p->name ? p->name : "");
	info->name = v->strings.v[v->strings.n - 1];
	info->size = p->size;
	info->depth = p->depth;
	info->attachment = part_is_attachment(parts, (int)i);
	info->here = p->body != NULL;
	info->doubt = from->doubts ? (enum kind_doubt)from->doubts[i] : KIND_FINE;
}

static struct message_view *view_of(struct msglist *l, uint32_t uid, struct store_view *from)
{
	struct message_view *v = mem_alloc(sizeof(*v));
	const struct envelope *e = &from->envelope;
	struct str date = STR_INIT;

	v->list = l;
	v->uid = uid;
	v->text = from->text;
	from->text = NULL;
	v->parts = mem_array(from->parts.n, sizeof(*v->parts));
	for (size_t i = 0; i < from->parts.n; i++)
		copy_part(v, from, i);
	if (e->date)
		clock_rfc3339(&date, e->date);
	v->from = show_addresses(&e->from);
	v->to = show_addresses(&e->to);
	v->cc = show_addresses(&e->cc);
	v->date = str_steal(&date);
	v->subject = mem_strdup(e->subject);
	v->message_id = mem_strdup(e->message_id);
	v->list_post = mem_strdup(e->list_post);
	v->head = from->head;
	from->head = (struct head){0};
	v->other_more = from->other_more;
	v->other_html = from->other == RENDER_HTML;
	v->other_plain = from->other == RENDER_PLAIN;
	v->partial = from->partial;
	return v;
}

static struct event *take_view(struct engine *e, struct store_event *ev)
{
	struct asked *a = engine_asked(e, ev->request);
	struct msglist *l = a ? a->list : NULL;
	struct event *out;

	if (!l) {
		engine_forget(e, ev->request);
		return NULL;
	}
	out = list_event(l, EVENT_MESSAGE);
	out->request = ev->request;
	out->account = a->account;
	out->view = view_of(l, a->message, ev->view);
	engine_forget(e, ev->request);
	return out;
}

/* --- answers --- */

static struct event *answer(const struct store_event *ev, enum event_kind kind)
{
	struct event *out = event_new(kind);

	out->request = ev->request;
	out->account = ev->account;
	return out;
}

static enum event_kind done_kind(const struct asked *a)
{
	switch (a->kind) {
	case REQUEST_SAVE_PART:
	case REQUEST_SAVE_RAW:
	case REQUEST_LEND:
		return EVENT_SAVED;
	case REQUEST_PREVIEW:
		return EVENT_TEXT;
	case REQUEST_SEARCH:
		return a->limit ? EVENT_DONE : EVENT_FOUND;
	case REQUEST_DRAFTS:
		return EVENT_DRAFTS;
	default:
		return EVENT_DONE;
	}
}

static void relist(struct engine *e, const struct source *s)
{
	struct store_request *r = store_request_new(REQUEST_RELIST);

	r->list = s->id;
	store_post(e->store, r);
}

/* What was shown before the store refused it must not stay. */
static void show_truth(struct engine *e, const struct asked *a, const struct store_event *ev)
{
	if (ev->kind == STORE_FAILED && a->list &&
		(a->kind == REQUEST_FLAG || a->kind == REQUEST_KEYWORDS))
		relist(e, &a->list->sources[a->source]);
}

/* Rows that had left and are still there come back; what answered them meanwhile hangs elsewhere,
 * until all is told anew. First that the rows are others now, then that the request is through. */
static struct event *answered(struct engine *e, const struct asked *a, struct event *out)
{
	if (!out || !a->list || !msglist_answered(a->list, out->request))
		return out;
	for (size_t i = 0; i < a->list->nsources; i++)
		relist(e, &a->list->sources[i]);
	e->held = out;
	return list_event(a->list, EVENT_LIST);
}

static void save_protocol(struct engine *e, const struct asked *a, struct event *out)
{
	struct account_model *m = &e->accounts[a->account];
	struct err err = {0};

	m->settings->protocol = a->protocol;
	if (e->config_path &&
		settings_save_protocol(e->config_path, m->name, m->settings->protocol, &err) != 0) {
		struct str text = STR_INIT;

		str_addf(&text, _("Switched, but not saved in the configuration: %s"), err.text);
		free(out->done.text);
		out->done.text = str_steal(&text);
	}
}

/* What could not be looked at. */
static void tell_unseen(struct event *out, uint64_t looked, uint64_t total)
{
	struct str text = STR_INIT;
	char **said = event_said(out);

	if (looked == total)
		return;
	str_addf(&text,
		_("Looked in %llu of %llu texts; the others are not here, or cannot be read"),
		(unsigned long long)looked, (unsigned long long)total);
	if (*said)
		str_addf(&text, "; %s", *said);
	free(*said);
	*said = str_steal(&text);
}

/* Keeps numbers, which are ascending. */
static struct event *give_found(
	struct engine *e, struct asked *a, struct event *out, uint32_t *numbers, size_t n)
{
	if (!a->limit) {
		out->found.uids = numbers;
		out->found.n = n;
		return out;
	}
	if (out->request != a->list->limiting) {
		struct event *late = list_event(a->list, EVENT_CANCELLED);

		late->request = out->request;
		event_free(out);
		free(numbers);
		return late;
	}
	a->list->limiting = 0;
	msglist_set_limit(a->list, strcmp(a->text, "~A") == 0 ? NULL : a->text, numbers, n);
	free(numbers);
	/* First that the rows are others now, then that the request is through. */
	e->held = out;
	return list_event(a->list, EVENT_LIST);
}

static struct event *group_event(struct engine *e, struct asked *a)
{
	struct group *g = a->group;
	struct event *out = engine_group_event(a, done_kind(a));
	uint32_t *numbers = g->found;

	if (out->kind == EVENT_DRAFTS) {
		out->drafts = g->drafts;
		g->drafts = (struct event_drafts){0};
		if (g->said.len)
			e->held = notice(-1, str_steal(&g->said));
	}
	if (a->kind != REQUEST_SEARCH || out->kind != done_kind(a) || !a->list)
		return out;
	tell_unseen(out, g->done, g->total);
	g->found = NULL;
	return give_found(e, a, out, numbers, uids_sort(numbers, g->nfound));
}

/* The last part to end answers for all. */
static struct event *end_part(struct engine *e, struct asked *a, struct store_event *ev)
{
	show_truth(e, a, ev);
	return engine_part_ended(e, a, ev) ? answered(e, a, group_event(e, a)) : NULL;
}

static struct event *take_done(struct engine *e, struct store_event *ev)
{
	struct asked *a = engine_asked(e, ev->request);
	struct event *out = NULL;

	if (!a)
		return NULL;
	if (a->group) {
		out = end_part(e, a, ev);
	} else if (a->kind == REQUEST_OPEN && a->list) {
		engine_look_inside(e, a->list, a->source);
	} else if (a->kind != REQUEST_ACCOUNT && a->kind != REQUEST_OPEN) {
		out = answer(ev, done_kind(a));
		out->list = a->list;
		*event_said(out) = ev->done.text;
		ev->done.text = NULL;
		if (a->kind == REQUEST_PROTOCOL)
			save_protocol(e, a, out);
		out = answered(e, a, out);
	}
	engine_forget(e, ev->request);
	return out;
}

/* What the limit shows of new mail is not known. Where the folder went or is another one now, all
 * of it is told anew, and asked about. */
static struct event *not_extended(const struct asked *a, const struct err *why)
{
	struct str text = STR_INIT;

	if (!a->list || why->kind == ERR_GONE || why->kind == ERR_CANCELLED)
		return NULL;
	str_addf(&text, _("New messages may be missing from the limited list: %s"), why->text);
	return notice(a->account, str_steal(&text));
}

/* What was found is in the list already. */
static struct event *looked_inside(
	struct engine *e, struct msglist *l, size_t source, const struct told_found *found)
{
	struct str text = STR_INIT;

	l->sources[source].inside = false;
	l->sources[source].looked = found->looked;
	l->sources[source].texts = found->texts;
	l->sources[source].by_server = found->by_server;
	if (found->server.kind != ERR_NONE && !l->server_told) {
		l->server_told = true;
		str_addf(&text, _("%s could not be asked for what is not here: %s"),
			l->sources[source].account_name, found->server.text);
		e->held = notice(l->sources[source].account, str_steal(&text));
	}
	return list_event(l, EVENT_LIST);
}

static struct event *not_looked_inside(
	struct engine *e, struct msglist *l, size_t source, const struct err *why)
{
	struct source *s = &l->sources[source];
	struct str text = STR_INIT;

	s->inside = false;
	s->unlooked = !s->closed;
	if (why->kind != ERR_CANCELLED && why->kind != ERR_GONE) {
		str_addf(&text, "%s/%s: %s", s->account_name, s->folder, why->text);
		e->held = notice(s->account, str_steal(&text));
	}
	return list_event(l, EVENT_LIST);
}

static struct event *take_failed(struct engine *e, struct store_event *ev)
{
	struct asked *a = engine_asked(e, ev->request);
	struct event *out;

	if (!a)
		return NULL;
	if (a->kind == REQUEST_ACCOUNT)
		engine_spans_follow(e, (size_t)a->account);
	if (a->inside || a->extend) {
		out = !a->inside ? not_extended(a, &ev->failed)
		      : a->list  ? not_looked_inside(e, a->list, a->source, &ev->failed)
				 : NULL;
		engine_forget(e, ev->request);
		return out;
	}
	if (a->kind == REQUEST_OPEN && a->list && msglist_spans(a->list)) {
		bool went = (ev->failed.kind == ERR_GONE && is_of_every(a->list)) ||
			    ev->failed.kind == ERR_CANCELLED;

		a->list->sources[a->source].unlooked = ev->failed.kind == ERR_CANCELLED;
		out = close_source(e, a->list, a->source, went ? NULL : ev->failed.text);
		engine_forget(e, ev->request);
		return out;
	}
	if (a->group) {
		out = end_part(e, a, ev);
		engine_forget(e, ev->request);
		return out;
	}
	out = answer(ev, ev->failed.kind == ERR_CANCELLED ? EVENT_CANCELLED : EVENT_FAILED);
	out->account = a->account;
	out->list = a->list;
	out->failed = ev->failed;
	show_truth(e, a, ev);
	out = answered(e, a, out);
	engine_forget(e, ev->request);
	return out;
}

static struct event *take_viewed(struct engine *e, struct store_event *ev)
{
	struct event *out;

	if (!engine_asked(e, ev->request)) {
		if (ev->viewed->path)
			engine_lent_back(e, ev->viewed->path);
		return NULL;
	}
	out = answer(ev, EVENT_VIEWED);
	out->viewed = ev->viewed;
	ev->viewed = NULL;
	engine_forget(e, ev->request);
	return out;
}

static struct event *take_checked(struct engine *e, struct store_event *ev)
{
	struct event *out = answer(ev, EVENT_CHECKED);

	out->checked.err = ev->checked.err;
	out->checked.lines = str_steal(&ev->checked.text);
	engine_forget(e, ev->request);
	return out;
}

/* Which of what came since the limit it shows; unless another one was set meanwhile. */
static struct event *extended(
	struct msglist *l, const struct asked *a, const struct store_event *ev)
{
	size_t n = ev->found.n;
	uint32_t *numbers = msglist_numbers(l, a->source, ev->found.uids, &n);

	msglist_extend_limit(l, a->text, numbers, n);
	free(numbers);
	return n ? list_event(l, EVENT_LIST) : NULL;
}

static struct event *found_in(struct engine *e, struct asked *a, const struct store_event *ev)
{
	size_t n = ev->found.n;
	uint32_t *numbers = msglist_numbers(a->list, a->source, ev->found.uids, &n);
	struct event *out = list_event(a->list, done_kind(a));

	out->request = ev->request;
	tell_unseen(out, ev->found.looked, ev->found.texts);
	return give_found(e, a, out, numbers, n);
}

static struct event *take_found(struct engine *e, struct store_event *ev)
{
	struct asked *a = engine_asked(e, ev->request);
	struct event *out = NULL;

	if (a && a->list)
		out = a->inside   ? looked_inside(e, a->list, a->source, &ev->found)
		      : a->extend ? extended(a->list, a, ev)
		      : a->group  ? end_part(e, a, ev)
				  : found_in(e, a, ev);
	engine_forget(e, ev->request);
	return out;
}

static struct event *take_drafts(struct engine *e, struct store_event *ev)
{
	struct asked *a = engine_asked(e, ev->request);
	bool all = a && a->kind == REQUEST_DRAFTS;
	struct event *out;

	if (a && a->group) {
		out = end_part(e, a, ev);
	} else if (all) {
		out = answer(ev, EVENT_DRAFTS);
		engine_add_drafts(&out->drafts, a->account, &ev->drafts);
	} else {
		out = answer(ev, EVENT_DRAFT);
		out->draft = ev->drafts.v;
		ev->drafts.v = NULL;
		ev->drafts.n = 0;
	}
	engine_forget(e, ev->request);
	return out;
}

static struct event *take_progress(struct engine *e, struct store_event *ev)
{
	struct asked *a = engine_asked(e, ev->request);
	struct event *out = answer(ev, EVENT_PROGRESS);
	struct told_progress all = ev->progress;

	if (a && a->group) {
		out->request = a->group->request;
		all = engine_part_progress(a, &ev->progress);
	}
	out->progress = (struct event_progress){all.done, all.total, all.octets, all.indexes};
	return out;
}

/* --- things nobody asked for --- */

static struct event *take_new_mail(struct engine *e, struct store_event *ev)
{
	struct event *out = answer(ev, EVENT_NEW_MAIL);

	(void)e;
	out->new_mail = (struct event_new_mail){ev->new_mail.folder, ev->new_mail.n};
	ev->new_mail.folder = NULL;
	return out;
}

static struct event *take_notice(struct engine *e, struct store_event *ev)
{
	struct event *out = answer(ev, EVENT_NOTICE);

	(void)e;
	out->notice.text = ev->notice.text;
	ev->notice.text = NULL;
	return out;
}

static struct event *take_password(struct engine *e, struct store_event *ev)
{
	(void)e;
	return answer(ev, EVENT_PASSWORD);
}

static struct event *take_mail(struct engine *e, struct store_event *ev)
{
	struct event *out = answer(ev, ev->kind == STORE_SENT ? EVENT_SENT : EVENT_SEND_FAILED);

	(void)e;
	out->mail.id = ev->mail.id;
	out->mail.subject = ev->mail.subject;
	ev->mail.id = ev->mail.subject = NULL;
	out->mail.err = ev->mail.err;
	out->mail.again = ev->mail.again;
	return out;
}

typedef struct event *take_fn(struct engine *e, struct store_event *ev);

static take_fn *const takes[] = {
	[STORE_DONE] = take_done,
	[STORE_FAILED] = take_failed,
	[STORE_PROGRESS] = take_progress,
	[STORE_STATE] = take_state,
	[STORE_FOLDERS] = take_folders,
	[STORE_LIST] = take_list,
	[STORE_CHANGES] = take_list,
	[STORE_CLOSED] = take_closed,
	[STORE_ROWS] = take_rows,
	[STORE_ORDER] = take_order,
	[STORE_SORTED] = take_sorted,
	[STORE_VIEW] = take_view,
	[STORE_VIEWED] = take_viewed,
	[STORE_CHECKED] = take_checked,
	[STORE_FOUND] = take_found,
	[STORE_DRAFTS] = take_drafts,
	[STORE_OUTBOX] = take_outbox,
	[STORE_PENDING] = take_pending,
	[STORE_SENT] = take_mail,
	[STORE_SEND_FAILED] = take_mail,
	[STORE_NEW_MAIL] = take_new_mail,
	[STORE_NOTICE] = take_notice,
	[STORE_PASSWORD] = take_password,
};

struct event *translate(struct engine *e, struct store_event *ev)
{
	struct event *out = takes[ev->kind](e, ev);

	store_event_free(ev);
	return out;
}

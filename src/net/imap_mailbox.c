#include "base/str.h"
#include "net/imap_priv.h"

#include "base/i18n.h"
#include "base/map.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAILBOXES = 100000 };

/* --- STATUS lines --- */

/* Where a name without quotes ends, which may have blanks and brackets in it: before the items. */
static const char *bare_name_end(const char *p)
{
	static const char *const items[] = {"MESSAGES ", "UNSEEN ", "UIDNEXT ", "UIDVALIDITY ",
		"HIGHESTMODSEQ ", "RECENT ", "SIZE ", "MAILBOXID ", "DELETED ", "APPENDLIMIT ",
		")"};

	for (const char *q = p; (q = strstr(q, " (")); q++)
		for (size_t i = 0; i < MEM_COUNT(items); i++)
			if (!str_nicmp(q + 2, items[i], strlen(items[i])))
				return q;
	return NULL;
}

/* The mailbox name of "STATUS name (...": atom or quoted; *at moves behind it. */
static bool status_name(const char **at, struct str *name)
{
	const char *p = *at;

	str_clear(name);
	if (*p == '"') {
		for (p++; *p && *p != '"'; p++) {
			if (*p == '\\' && p[1])
				p++;
			str_addc(name, *p);
		}
		if (*p++ != '"')
			return false;
	} else {
		const char *end = bare_name_end(p);

		if (!end)
			return false;
		str_add(name, p, (size_t)(end - p));
		p = end;
	}
	*at = p + strspn(p, " ");
	return true;
}

/* The bit of what was said: 1, 2 and 4 for what a list of folders shows; 0 for all else. */
static unsigned status_item(struct imap_status *out, const char *name, size_t len, uint64_t value)
{
	static const struct {
		const char *name;
		size_t at;
	} known[] = {
		{"MESSAGES", offsetof(struct imap_status, messages)},
		{"UNSEEN", offsetof(struct imap_status, unseen)},
		{"UIDNEXT", offsetof(struct imap_status, uidnext)},
		{"UIDVALIDITY", offsetof(struct imap_status, uidvalidity)},
	};

	if (len == 13 && !str_nicmp(name, "HIGHESTMODSEQ", len))
		out->highestmodseq = value;
	for (size_t i = 0; i < MEM_COUNT(known); i++) {
		uint32_t small = value <= UINT32_MAX ? (uint32_t)value : UINT32_MAX;

		if (strlen(known[i].name) != len || str_nicmp(name, known[i].name, len) != 0)
			continue;
		memcpy((char *)out + known[i].at, &small, sizeof(small));
		return 1u << i;
	}
	return 0;
}

bool imap_parse_status(const char *line, struct str *name, struct imap_status *out)
{
	unsigned said = 0;

	*out = (struct imap_status){0};
	if (!str_istarts(line, "STATUS "))
		return false;
	line += 7;
	if (!status_name(&line, name) || *line++ != '(')
		return false;
	while (*(line += strspn(line, " ")) && *line != ')') {
		size_t n = strcspn(line, " )");
		const char *value = line + n + strspn(line + n, " ");
		char *end;
		uint64_t v;

		if (*value == '(' && strchr(value, ')')) { /* MAILBOXID (RFC 8474) */
			line = strchr(value, ')') + 1;
			continue;
		}
		if (*value < '0' || *value > '9')
			return false;
		errno = 0;
		v = strtoull(value, &end, 10);
		if (errno)
			return false;
		said |= status_item(out, line, n, v);
		line = end;
	}
	out->known = true;
	out->whole = (said & 7) == 7;
	return true;
}

bool imap_same_mailbox(const char *a, const char *b)
{
	return !strcmp(a, b) || (!str_icmp(a, "INBOX") && !str_icmp(b, "INBOX"));
}

static void put_status_items(const struct imap *im, struct str *cmd)
{
	str_addf(cmd, "(MESSAGES UNSEEN UIDNEXT UIDVALIDITY%s)",
		im->can & IMAP_CONDSTORE ? " HIGHESTMODSEQ" : "");
}

int imap_status(struct imap *im, const char *mailbox, struct imap_status *out, struct err *err)
{
	struct str cmd = STR_INIT, name = STR_INIT;
	struct strv lines = STRV_INIT;
	struct imap_status one;
	int r = -1;

	*out = (struct imap_status){0};
	str_adds(&cmd, "STATUS ");
	if (!imap_quote(&cmd, mailbox, err)) {
		str_addc(&cmd, ' ');
		put_status_items(im, &cmd);
		r = imap_run(im, IMAP_QUIET, cmd.p, err);
	}
	if (!r) {
		wire_take_odd(stream_wire(im->stream)); /* told as no answer */
		wire_take_status(stream_wire(im->stream), &lines);
		for (size_t i = 0; i < lines.n; i++)
			if (imap_parse_status(lines.v[i], &name, &one) &&
				imap_same_mailbox(str_c(&name), mailbox))
				*out = one;
	}
	if (!r && !out->known)
		r = err_set(
			err, ERR_REFUSED, _("The server did not tell the state of the mailbox"));
	strv_done(&lines);
	str_done(&name);
	str_done(&cmd);
	return r;
}

/* --- LIST --- */

static void list_flag(struct imap_mailbox *m, const char *flag, bool *children_said)
{
	enum mail_role role = mail_role_by_attribute(flag);

	if (role != ROLE_NONE)
		m->role = role;
	else if (!str_icmp(flag, "NonExistent") || !str_icmp(flag, "Noselect"))
		m->selectable = false;
	else if (!str_icmp(flag, "HasChildren"))
		m->has_children = *children_said = true;
	else if (!str_icmp(flag, "HasNoChildren"))
		*children_said = true;
}

/* A name that could not be used in a command is none. */
static bool good_name(const char *name)
{
	size_t n = 0;

	for (; name[n]; n++)
		if ((unsigned char)name[n] < 0x20 || name[n] == 0x7f)
			return false;
	return n > 0 && n <= IMAP_NAME;
}

struct listing {
	struct imap_mailboxes *out;
	struct map *by_name; /* to index + 1 */
	bool children_said;
};

static void add_mailbox(struct listing *l, const struct mailimap_mailbox_list *from)
{
	struct imap_mailbox *m;
	clist *flags = from->mb_flag ? from->mb_flag->mbf_oflags : NULL;

	/* A server's root has no name. */
	if (!from->mb_name || !*from->mb_name || map_get(l->by_name, from->mb_name))
		return;
	if (!good_name(from->mb_name)) {
		l->out->odd++;
		return;
	}
	if (l->out->n >= MAILBOXES) {
		l->out->over++;
		return;
	}
	l->out->v = mem_grow(l->out->v, &l->out->cap, l->out->n + 1, sizeof(*l->out->v));
	m = &l->out->v[l->out->n++];
	*m = (struct imap_mailbox){.name = mem_strdup(from->mb_name),
		.delimiter = from->mb_delimiter,
		.selectable = true};
	map_put(l->by_name, m->name, (void *)l->out->n);
	if (from->mb_flag && from->mb_flag->mbf_type == MAILIMAP_MBX_LIST_FLAGS_SFLAG &&
		from->mb_flag->mbf_sflag == MAILIMAP_MBX_LIST_SFLAG_NOSELECT)
		m->selectable = false;
	for (clistiter *i = flags ? clist_begin(flags) : NULL; i; i = clist_next(i)) {
		const struct mailimap_mbx_list_oflag *flag = clist_content(i);

		if (flag && flag->of_type == MAILIMAP_MBX_LIST_OFLAG_FLAG_EXT && flag->of_flag_ext)
			list_flag(m, flag->of_flag_ext, &l->children_said);
	}
	if (!str_icmp(m->name, "INBOX"))
		m->role = ROLE_INBOX;
}

static void take_status(struct imap *im, struct listing *l)
{
	struct strv lines = STRV_INIT;
	struct str name = STR_INIT;
	struct imap_status one;

	wire_take_status(stream_wire(im->stream), &lines);
	for (size_t i = 0; i < lines.n; i++) {
		size_t at;

		if (!imap_parse_status(lines.v[i], &name, &one)) {
			l->out->odd++;
			continue;
		}
		at = (size_t)map_get(l->by_name, str_c(&name));
		if (at)
			l->out->v[at - 1].status = one;
	}
	str_done(&name);
	strv_done(&lines);
}

/* Where the server said nothing: a mailbox has children when a name begins with it. */
static void find_children(struct listing *l)
{
	for (size_t i = 0; i < l->out->n; i++) {
		const struct imap_mailbox *m = &l->out->v[i];
		const char *cut = m->delimiter ? strrchr(m->name, m->delimiter) : NULL;
		char *parent;
		size_t at;

		if (!cut)
			continue;
		parent = mem_strndup(m->name, (size_t)(cut - m->name));
		at = (size_t)map_get(l->by_name, parent);
		if (at)
			l->out->v[at - 1].has_children = true;
		free(parent);
	}
}

/* SPECIAL-USE alone may be asked for too (RFC 6154 2), the rest needs LIST-EXTENDED. */
static bool put_list(const struct imap *im, struct str *cmd)
{
	bool status = im->can & IMAP_LIST_STATUS, roles = im->can & IMAP_SPECIAL_USE;
	const char *gap = "";

	str_adds(cmd, "LIST \"\" \"*\"");
	if (!status && !roles && !imap_has(im, "LIST-EXTENDED"))
		return false;
	str_adds(cmd, " RETURN (");
	if (status || imap_has(im, "LIST-EXTENDED")) {
		str_adds(cmd, "CHILDREN");
		gap = " ";
	}
	if (roles)
		str_addf(cmd, "%sSPECIAL-USE", gap);
	if (status) {
		str_adds(cmd, " STATUS ");
		put_status_items(im, cmd);
	}
	str_addc(cmd, ')');
	return true;
}

static int run_list(struct imap *im, struct err *err)
{
	static const char plain[] = "LIST \"\" \"*\"";
	struct str cmd = STR_INIT;
	bool extended = put_list(im, &cmd);
	struct err said = {0};
	int r;

	im->listing = true;
	r = imap_run(im, IMAP_LONG, cmd.p, &said);
	/* It offered what it does not take. */
	if (r && extended && !im->dead && said.kind == ERR_REFUSED)
		r = imap_run(im, IMAP_LONG, plain, &said);
	im->listing = false;
	str_done(&cmd);
	if (r && err)
		*err = said;
	return r;
}

int imap_list(struct imap *im, struct imap_mailboxes *out, struct err *err)
{
	struct listing l = {out, NULL, false};
	clist *list;
	int r;

	*out = (struct imap_mailboxes){0};
	wire_take_odd(stream_wire(im->stream));
	r = run_list(im, err);
	out->odd = wire_take_odd(stream_wire(im->stream));
	if (r)
		return -1;
	l.by_name = map_new();
	list = im->session->imap_response_info->rsp_mailbox_list;
	for (clistiter *i = list ? clist_begin(list) : NULL; i; i = clist_next(i))
		if (clist_content(i))
			add_mailbox(&l, clist_content(i));
	take_status(im, &l);
	if (!l.children_said)
		find_children(&l);
	map_free(l.by_name, NULL);
	return 0;
}

int imap_namespace(struct imap *im, char **prefix, char *delimiter, struct err *err)
{
	const struct mailimap_namespace_data *data;
	const struct mailimap_namespace_info *own = NULL;

	*prefix = NULL;
	*delimiter = '\0';
	if (!imap_has(im, "NAMESPACE"))
		return 0;
	if (imap_run(im, IMAP_QUIET, "NAMESPACE", err))
		return im->dead ? -1 : 0;
	data = imap_extension(im, MAILIMAP_EXTENSION_NAMESPACE, MAILIMAP_NAMESPACE_TYPE_NAMESPACE);
	if (data && data->ns_personal && data->ns_personal->ns_data_list &&
		clist_begin(data->ns_personal->ns_data_list))
		own = clist_content(clist_begin(data->ns_personal->ns_data_list));
	if (!own || !own->ns_prefix || (*own->ns_prefix && !good_name(own->ns_prefix)))
		return 0;
	*prefix = mem_strdup(own->ns_prefix);
	*delimiter = own->ns_delimiter;
	return 0;
}

void imap_mailboxes_done(struct imap_mailboxes *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->v[i].name);
	free(m->v);
	*m = (struct imap_mailboxes){0};
}

/* --- creating, removing, renaming --- */

static int with_name(
	struct imap *im, const char *verb, const char *name, const char *second, struct err *err)
{
	struct str cmd = STR_INIT;
	int r = -1;

	str_addf(&cmd, "%s ", verb);
	if (imap_quote(&cmd, name, err))
		goto out;
	if (second) {
		str_addc(&cmd, ' ');
		if (imap_quote(&cmd, second, err))
			goto out;
	}
	r = imap_run(im, IMAP_QUIET, cmd.p, err);
out:
	str_done(&cmd);
	return r;
}

int imap_create(struct imap *im, const char *mailbox, struct err *err)
{
	return with_name(im, "CREATE", mailbox, NULL, err);
}

int imap_delete(struct imap *im, const char *mailbox, struct err *err)
{
	return with_name(im, "DELETE", mailbox, NULL, err);
}

int imap_rename(struct imap *im, const char *from, const char *to, struct err *err)
{
	return with_name(im, "RENAME", from, to, err);
}

int imap_subscribe(struct imap *im, const char *mailbox, bool on, struct err *err)
{
	return with_name(im, on ? "SUBSCRIBE" : "UNSUBSCRIBE", mailbox, NULL, err);
}

/* --- SELECT --- */

/* What was said of a mailbox goes with it; that others came or went stays news. */
static void forget_news(struct imap *im)
{
	im->news = (struct imap_news){.folders = im->news.folders, .count = im->exists};
}

static void leave(struct imap *im)
{
	MEM_FREE(im->selected);
	im->exists = im->uid_bound = 0;
	forget_news(im);
	if (im->session && im->session->imap_selection_info)
		mailimap_selection_info_free(im->session->imap_selection_info);
	if (im->session) {
		im->session->imap_selection_info = NULL;
		im->session->imap_state = MAILIMAP_STATE_AUTHENTICATED;
	}
}

int imap_put_select(struct str *cmd, const char *mailbox, const struct imap_known *known,
	bool condstore, struct err *err)
{
	str_adds(cmd, "SELECT ");
	if (imap_quote(cmd, mailbox, err))
		return -1;
	if (known)
		str_addf(cmd, " (QRESYNC (%u %llu))", known->uidvalidity,
			(unsigned long long)known->modseq);
	else if (condstore)
		str_adds(cmd, " (CONDSTORE)");
	return 0;
}

static bool keywords_allowed(const struct mailimap_selection_info *sel)
{
	for (clistiter *i = sel->sel_perm_flags ? clist_begin(sel->sel_perm_flags) : NULL; i;
		i = clist_next(i)) {
		const struct mailimap_flag_perm *f = clist_content(i);

		if (f && f->fl_type == MAILIMAP_FLAG_PERM_ALL)
			return true;
	}
	return false;
}

static unsigned flag_bit(const struct mailimap_flag *flag)
{
	switch (flag ? flag->fl_type : -1) {
	case MAILIMAP_FLAG_ANSWERED:
		return MAIL_ANSWERED;
	case MAILIMAP_FLAG_FLAGGED:
		return MAIL_FLAGGED;
	case MAILIMAP_FLAG_DELETED:
		return MAIL_DELETED;
	case MAILIMAP_FLAG_SEEN:
		return MAIL_SEEN;
	case MAILIMAP_FLAG_DRAFT:
		return MAIL_DRAFT;
	case MAILIMAP_FLAG_KEYWORD:
		return str_icmp(flag->fl_data.fl_keyword, "$Forwarded") == 0 ? MAIL_FORWARDED : 0;
	default:
		return 0;
	}
}

/* A server that says nothing keeps all (RFC 3501 7.1). */
static unsigned flags_kept(const struct mailimap_selection_info *sel)
{
	unsigned kept = 0;

	if (!sel->sel_perm_flags)
		return ~0u;
	for (clistiter *i = clist_begin(sel->sel_perm_flags); i; i = clist_next(i)) {
		const struct mailimap_flag_perm *f = clist_content(i);

		if (f && f->fl_type == MAILIMAP_FLAG_PERM_ALL)
			kept |= MAIL_FORWARDED;
		else if (f)
			kept |= flag_bit(f->fl_flag);
	}
	return kept;
}

static uint64_t selected_modseq(struct imap *im)
{
	const struct mailimap_condstore_resptextcode *code = imap_extension(
		im, MAILIMAP_EXTENSION_CONDSTORE, MAILIMAP_CONDSTORE_TYPE_RESP_TEXT_CODE);

	return code && code->cs_type == MAILIMAP_CONDSTORE_RESPTEXTCODE_HIGHESTMODSEQ
		       ? code->cs_data.cs_modseq_value
		       : 0;
}

void imap_expect_select(struct imap *im)
{
	struct imap_sent *sent = mem_alloc(sizeof(*sent));

	memcpy(sent->tag, im->early.tags[2], sizeof(sent->tag));
	im->sent = im->early.sent = sent;
	im->session->imap_selection_info = mailimap_selection_info_new();
}

/* Whether the SELECT sent early is the one that is wanted now; it is no other way. */
static bool is_early(struct imap *im, const char *mailbox, const struct imap_known *known)
{
	const struct imap_early *e = &im->early;

	if (!e->sent)
		return false;
	return !e->sent->done && !e->spoilt && !strcmp(e->mailbox, mailbox) &&
	       e->has_known == (known != NULL) &&
	       (!known || (e->known.uidvalidity == known->uidvalidity &&
				  e->known.modseq == known->modseq));
}

static void begin_select(struct imap *im)
{
	leave(im);
	im->session->imap_selection_info = mailimap_selection_info_new();
	im->uid_bound = UINT32_MAX;
}

static int take_early(struct imap *im, struct imap_sink *sink, struct err *err)
{
	begin_select(im);
	stream_command(im->stream, IMAP_LONG);
	im->early.sent->sink = sink;
	return imap_wait(im, im->early.sent, err);
}

/*
 * VANISHED is told with the UIDNEXT of the same answer as its bound, which is known only when all
 * of it is read: the extensions are walked after that (read_answer), the changed messages before.
 */
static int run_select(struct imap *im, const char *command, struct imap_sink *sink, struct err *err)
{
	if (imap_begin(im, IMAP_LONG, err))
		return -1;
	if (im->early.sent)
		imap_drop(im, im->early.sent);
	begin_select(im);
	return imap_run_to(im, IMAP_LONG, command, sink, err);
}

struct held { /* VANISHED ranges of a SELECT, until UIDNEXT is known */
	uint32_t (*v)[2];
	size_t n, cap;
	imap_message_fn *message;
	void *ctx;
	uint32_t top;
};

static void hold_range(void *ctx, uint32_t first, uint32_t last)
{
	struct held *h = ctx;

	h->v = mem_grow(h->v, &h->cap, h->n + 1, sizeof(*h->v));
	h->v[h->n][0] = first;
	h->v[h->n++][1] = last;
}

static void pass_message(void *ctx, const struct imap_message *m)
{
	struct held *h = ctx;

	if (m->uid > h->top)
		h->top = m->uid;
	if (h->message)
		h->message(h->ctx, m);
}

static void fill_selected(struct imap *im, const struct held *h, struct imap_selected *out)
{
	const struct mailimap_selection_info *sel = im->session->imap_selection_info;

	*out = (struct imap_selected){.uidvalidity = sel->sel_uidvalidity,
		.uidnext = sel->sel_uidnext,
		.exists = sel->sel_exists,
		.counted = sel->sel_has_exists,
		.highestmodseq = selected_modseq(im),
		.read_only = sel->sel_perm == MAILIMAP_MAILBOX_READONLY,
		.kept = flags_kept(sel),
		.keywords_allowed = keywords_allowed(sel)};
	im->exists = out->exists;
	im->uid_bound = out->uidnext ? out->uidnext - 1 : 0;
	if (h->top > im->uid_bound)
		im->uid_bound = h->top;
	forget_news(im);
}

static int by_first(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Each message once, however often the server says it: the cost is bound by the mailbox. */
static void tell_vanished(const struct imap *im, struct held *h, imap_vanished_fn *vanished)
{
	uint64_t next = 1;

	if (h->n)
		qsort(h->v, h->n, sizeof(*h->v), by_first);
	for (size_t i = 0; vanished && i < h->n; i++) {
		uint32_t first = h->v[i][0] > next ? h->v[i][0] : (uint32_t)next;
		uint32_t last = h->v[i][1] < im->uid_bound ? h->v[i][1] : im->uid_bound;

		if (first > last || next > UINT32_MAX)
			continue;
		vanished(h->ctx, first, last);
		next = (uint64_t)last + 1;
	}
}

int imap_select(struct imap *im, const char *mailbox, const struct imap_known *known,
	imap_message_fn *changed, imap_vanished_fn *vanished, void *ctx, struct imap_selected *out,
	struct err *err)
{
	struct held held = {.message = changed, .ctx = ctx};
	struct imap_sink sink = {.message = pass_message, .vanished = hold_range, .ctx = &held};
	struct str cmd = STR_INIT;
	int r;

	*out = (struct imap_selected){0};
	if (im->dead)
		return err_set(err, ERR_NETWORK, _("The connection is closed"));
	if (!(im->can & IMAP_QRESYNC) || (known && (!known->uidvalidity || !known->modseq)))
		known = NULL;
	if (imap_put_select(&cmd, mailbox, known, im->can & IMAP_CONDSTORE, err)) {
		str_done(&cmd);
		return -1;
	}
	r = is_early(im, mailbox, known) ? take_early(im, &sink, err) : 1;
	/* Refused may mean that it was too early. */
	if (r && !im->dead)
		r = run_select(im, cmd.p, &sink, err);
	str_done(&cmd);
	if (!r) {
		fill_selected(im, &held, out);
		im->selected = mem_strdup(mailbox);
		im->session->imap_state = MAILIMAP_STATE_SELECTED;
		out->resynced = known && known->uidvalidity == out->uidvalidity && out->uidnext;
		if (out->resynced)
			tell_vanished(im, &held, vanished);
	} else {
		leave(im);
	}
	free(held.v);
	return r;
}

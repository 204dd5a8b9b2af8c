#include "base/str.h"
#include "net/imap_priv.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/uids.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { LOGOUT_MS = 2000, PIECE = 64 << 10 };

/* --- the session --- */

int imap_open(struct imap **out, const struct net_server *server, const struct net_options *options,
	const struct net_login *login, struct net_cancel *cancel, struct err *err)
{
	return imap_open_for(out, server, options, login, NULL, cancel, err);
}

int imap_open_for(struct imap **out, const struct net_server *server,
	const struct net_options *options, const struct net_login *login,
	const struct imap_first *first, struct net_cancel *cancel, struct err *err)
{
	struct imap *im = mem_alloc(sizeof(*im));

	*out = NULL;
	imap_catch_init();
	im->server = *server;
	if (stream_open(&im->stream, server, options, cancel, err)) {
		free(im);
		return -1;
	}
	if (first)
		im->early.first = *first;
	if (imap_log_in(im, login, err)) {
		imap_free(im);
		return -1;
	}
	if (imap_has(im, "COMPRESS=DEFLATE") && !(options && options->no_compress))
		im->packing = IMAP_PACK_WANTED;
	*out = im;
	return 0;
}

void imap_free(struct imap *im)
{
	if (!im)
		return;
	if (im->session) {
		/* Without a stream libetpan sends no LOGOUT and waits for nothing. */
		im->session->imap_stream = NULL;
		mailimap_free(im->session);
	}
	while (im->sent)
		imap_drop(im, im->sent);
	stream_free(im->stream);
	strv_done(&im->caps);
	strv_done(&im->mechanisms);
	free(im->mechanism);
	free(im->id);
	free(im->selected);
	imap_mailboxes_done(&im->boxes);
	free(im->early.mailbox);
	free(im);
}

void imap_logout(struct imap *im)
{
	if (!im)
		return;
	if (!im->dead && im->packing != IMAP_PACK_ASKED &&
		!stream_write(im->stream, "z LOGOUT\r\n", 10, NULL) &&
		!stream_flush(im->stream, NULL))
		stream_wait(im->stream, -1, LOGOUT_MS, NULL);
	imap_free(im);
}

unsigned imap_flushes(const struct imap *im)
{
	return stream_flushes(im->stream);
}

unsigned imap_can(const struct imap *im)
{
	return im->can;
}

bool imap_is_alive(const struct imap *im)
{
	return !im->dead;
}

bool imap_has(const struct imap *im, const char *capability)
{
	return strv_has(&im->caps, capability);
}

void imap_describe(const struct imap *im, struct str *out)
{
	stream_describe(im->stream, out);
	str_adds(out, "\nIMAP");
	for (size_t i = 0; i < im->caps.n; i++)
		str_addf(out, " %s", im->caps.v[i]);
	str_addf(out, "\n%s\n", im->mechanism ? im->mechanism : "PREAUTH");
	if (im->id)
		str_addf(out, "%s\n", im->id);
	if (im->packing == IMAP_PACK_ON)
		str_addf(out, "%s\n", _("compressed (DEFLATE)"));
}

int imap_compress(struct imap *im, struct err *err)
{
	if (imap_begin(im, IMAP_QUIET, err) || imap_put_compress(im, err))
		return -1;
	return imap_settle(im, err);
}

char *imap_take_alert(struct imap *im)
{
	return wire_take_alert(stream_wire(im->stream));
}

void imap_counts(const struct imap *im, uint64_t *received, uint64_t *sent)
{
	stream_counts(im->stream, received, sent);
}

/* --- building commands --- */

int imap_quote(struct str *out, const char *s, struct err *err)
{
	size_t len = strlen(s);

	if (len > IMAP_NAME || strpbrk(s, "\r\n"))
		return err_set(err, ERR_INPUT, _("The server cannot be asked for this name"));
	str_add_quoted(out, s, len);
	return 0;
}

int imap_put_set(struct str *out, const char *uids, struct err *err)
{
	size_t len = uids ? strlen(uids) : 0;

	if (!len || len > IMAP_SET || strspn(uids, "0123456789,:*") != len)
		return err_set(err, ERR_INPUT, _("The message numbers cannot be used"));
	str_add(out, uids, len);
	return 0;
}

/* It stands for those that were not taken. */
static bool is_more(const char *word, size_t len)
{
	return len == strlen(IMAP_MORE_KEYWORDS) && !memcmp(word, IMAP_MORE_KEYWORDS, len);
}

static bool good_keyword(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!view_is_flag_char(p[i]))
			return false;
	return len > 0 && len <= 200;
}

/* By their bits in base/mail.h. */
static const char *const flag_names[] = {
	"\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft", "$Forwarded"};

unsigned imap_flag(struct view name)
{
	for (size_t i = 0; i < MEM_COUNT(flag_names); i++)
		if (view_is(name, flag_names[i]))
			return 1u << i;
	return 0;
}

int imap_put_flags(struct str *out, unsigned flags, const char *keywords, struct err *err)
{
	const char *gap = "";

	str_addc(out, '(');
	for (size_t i = 0; i < MEM_COUNT(flag_names); i++) {
		if (!(flags & 1u << i))
			continue;
		str_addf(out, "%s%s", gap, flag_names[i]);
		gap = " ";
	}
	for (const char *p = keywords ? keywords : ""; *(p += strspn(p, " "));) {
		size_t len = strcspn(p, " ");

		if (is_more(p, len)) {
			p += len;
			continue;
		}
		if (!good_keyword(p, len))
			return err_set(err, ERR_INPUT, _("The server cannot keep this keyword"));
		str_adds(out, gap);
		str_add(out, p, len);
		gap = " ";
		p += len;
	}
	str_addc(out, ')');
	return 0;
}

/* --- changing messages --- */

int imap_need_selected(struct imap *im, struct err *err)
{
	if (im->dead)
		return err_set(err, ERR_NETWORK, _("The connection is closed"));
	if (!im->selected)
		return err_set(err, ERR_INPUT, _("No mailbox is open"));
	return 0;
}

static bool is_kept(clist *permanent, const char *word, size_t len)
{
	for (clistiter *i = clist_begin(permanent); i; i = clist_next(i)) {
		const struct mailimap_flag_perm *f = clist_content(i);
		const struct mailimap_flag *flag = f ? f->fl_flag : NULL;
		const char *name = NULL;

		if (f && f->fl_type == MAILIMAP_FLAG_PERM_ALL)
			return true;
		if (flag && f->fl_type == MAILIMAP_FLAG_PERM_FLAG &&
			flag->fl_type == MAILIMAP_FLAG_KEYWORD)
			name = flag->fl_data.fl_keyword;
		if (name && strlen(name) == len && str_nicmp(name, word, len) == 0)
			return true;
	}
	return false;
}

/* Others may be taken without a word and forgotten with the session (RFC 3501 7.1). A server that
 * says nothing keeps all. */
static int keeps_keywords(const struct imap *im, const char *keywords, struct err *err)
{
	const struct mailimap_selection_info *sel = im->session->imap_selection_info;
	size_t len;

	for (const char *p = keywords; sel && sel->sel_perm_flags && *(p += strspn(p, " "));
		p += len) {
		len = strcspn(p, " ");
		if (!is_more(p, len) && !is_kept(sel->sel_perm_flags, p, len))
			return err_set(err, ERR_REFUSED,
				_("the server does not keep the keyword %.*s in this folder"),
				len > 80 ? 80 : (int)len, p);
	}
	return 0;
}

int imap_store(struct imap *im, const char *uids, bool add, unsigned flags, const char *keywords,
	struct err *err)
{
	struct str cmd = STR_INIT;
	int r = -1;

	if (imap_need_selected(im, err) || (add && keywords && keeps_keywords(im, keywords, err)))
		return -1;
	str_adds(&cmd, "UID STORE ");
	if (imap_put_set(&cmd, uids, err))
		goto out;
	str_addf(&cmd, " %cFLAGS.SILENT ", add ? '+' : '-');
	if (!imap_put_flags(&cmd, flags, keywords, err))
		r = cmd.len && cmd.p[cmd.len - 2] == '(' ? 0 : imap_run(im, IMAP_QUIET, cmd.p, err);
out:
	str_done(&cmd);
	return r;
}

/* Messages of a set of plain numbers and ranges; 0 when it has a * or is too large. */
static uint64_t set_size(const char *uids)
{
	uint64_t n = 0;

	if (strchr(uids, '*'))
		return 0;
	for (const char *p = uids; *p;) {
		char *end;
		uint64_t a = strtoul(p, &end, 10), b = a;

		if (*end == ':')
			b = strtoul(end + 1, &end, 10);
		n += a < b ? b - a + 1 : a - b + 1;
		p = *end == ',' ? end + 1 : end;
		if (*end && *end != ',')
			return 0;
	}
	return n;
}

static uint64_t set_length(const struct mailimap_set *set)
{
	uint64_t n = 0;

	for (clistiter *i = set && set->set_list ? clist_begin(set->set_list) : NULL; i;
		i = clist_next(i)) {
		const struct mailimap_set_item *item = clist_content(i);

		if (!item->set_first || item->set_last < item->set_first)
			return 0;
		n += (uint64_t)item->set_last - item->set_first + 1;
	}
	return n;
}

static char *set_text(const struct mailimap_set *set)
{
	struct str out = STR_INIT;

	for (clistiter *i = clist_begin(set->set_list); i; i = clist_next(i)) {
		const struct mailimap_set_item *item = clist_content(i);

		if (out.len)
			str_addc(&out, ',');
		str_addf(&out, "%u", item->set_first);
		if (item->set_last != item->set_first)
			str_addf(&out, ":%u", item->set_last);
	}
	return str_steal(&out);
}

/* COPYUID is believed only where it speaks of no more messages than were asked for, and of as many
 * here as there. */
static void take_copyuid(struct imap *im, uint64_t asked, struct imap_copied *out)
{
	const struct mailimap_uidplus_resp_code_copy *c =
		imap_extension(im, MAILIMAP_EXTENSION_UIDPLUS, MAILIMAP_UIDPLUS_RESP_CODE_COPY);
	uint64_t n;

	if (!c || !out)
		return;
	out->uidvalidity = c->uid_uidvalidity;
	n = set_length(c->uid_dest_set);
	if (n && n == set_length(c->uid_source_set) && n <= asked) {
		out->source = set_text(c->uid_source_set);
		out->uids = set_text(c->uid_dest_set);
	}
}

static int copy_or_move(struct imap *im, const char *verb, const char *uids, const char *mailbox,
	struct imap_copied *out, struct err *err)
{
	struct str cmd = STR_INIT;
	int r = -1;

	if (out)
		*out = (struct imap_copied){0};
	if (imap_need_selected(im, err))
		return -1;
	str_addf(&cmd, "UID %s ", verb);
	if (!imap_put_set(&cmd, uids, err)) {
		str_addc(&cmd, ' ');
		if (!imap_quote(&cmd, mailbox, err))
			r = imap_run(im, IMAP_QUIET, cmd.p, err);
	}
	str_done(&cmd);
	if (!r)
		take_copyuid(im, set_size(uids), out);
	return r;
}

int imap_copy(struct imap *im, const char *uids, const char *mailbox, struct imap_copied *out,
	struct err *err)
{
	return copy_or_move(im, "COPY", uids, mailbox, out, err);
}

int imap_move(struct imap *im, const char *uids, const char *mailbox, struct imap_copied *out,
	struct err *err)
{
	return copy_or_move(im, "MOVE", uids, mailbox, out, err);
}

int imap_expunge(struct imap *im, const char *uids, struct err *err)
{
	struct str cmd = STR_INIT;
	int r = -1;

	if (imap_need_selected(im, err))
		return -1;
	if (!(im->can & IMAP_UIDPLUS))
		return err_set(err, ERR_REFUSED,
			_("The server cannot remove single messages (no UIDPLUS); they stay marked "
			  "as deleted"));
	str_adds(&cmd, "UID EXPUNGE ");
	if (!imap_put_set(&cmd, uids, err) && !imap_store(im, uids, true, MAIL_DELETED, NULL, err))
		r = imap_run(im, IMAP_QUIET, cmd.p, err);
	str_done(&cmd);
	return r;
}

int imap_expunge_marked(struct imap *im, struct err *err)
{
	return imap_need_selected(im, err) ? -1 : imap_run(im, IMAP_QUIET, "EXPUNGE", err);
}

/* --- APPEND --- */

static int put_append(struct imap *im, struct str *cmd, const char *mailbox, unsigned flags,
	const char *keywords, time_t date, size_t len, bool *wait, struct err *err)
{
	struct tm tm;

	str_adds(cmd, "APPEND ");
	if (imap_quote(cmd, mailbox, err))
		return -1;
	str_addc(cmd, ' ');
	if (flags || (keywords && *keywords)) {
		if (imap_put_flags(cmd, flags, keywords, err))
			return -1;
		str_addc(cmd, ' ');
	}
	if (date && gmtime_r(&date, &tm) && tm.tm_year >= 70 && tm.tm_year < 8000)
		str_addf(cmd, "\"%02d-%s-%04d %02d:%02d:%02d +0000\" ", tm.tm_mday,
			clock_month(tm.tm_mon), tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
			tm.tm_sec);
	*wait = !(im->can & IMAP_LITERAL_PLUS) && !(imap_has(im, "LITERAL-") && len <= 4096);
	str_addf(cmd, *wait ? "{%zu}\r\n" : "{%zu+}\r\n", len);
	return 0;
}

static int put_message(struct imap *im, const char *message, size_t len, struct err *err)
{
	while (len) {
		size_t n = len < PIECE ? len : PIECE;

		if (stream_write(im->stream, message, n, err))
			return imap_broken(im, err);
		message += n;
		len -= n;
	}
	if (stream_write(im->stream, "\r\n", 2, err) || stream_flush(im->stream, err))
		return imap_broken(im, err);
	return 0;
}

static void take_appenduid(struct imap *im, struct imap_copied *out)
{
	const struct mailimap_uidplus_resp_code_apnd *a =
		imap_extension(im, MAILIMAP_EXTENSION_UIDPLUS, MAILIMAP_UIDPLUS_RESP_CODE_APND);

	if (!a || !out)
		return;
	out->uidvalidity = a->uid_uidvalidity;
	if (set_length(a->uid_set) == 1)
		out->uids = set_text(a->uid_set);
}

int imap_append(struct imap *im, const char *mailbox, const char *message, size_t len,
	unsigned flags, const char *keywords, time_t date, struct imap_copied *out, struct err *err)
{
	struct str cmd = STR_INIT;
	struct imap_sent *sent;
	bool wait;
	int r = -1;

	if (out)
		*out = (struct imap_copied){0};
	if (!len || len > UINT32_MAX || memchr(message, 0, len))
		return err_set(err, ERR_INPUT, _("The message cannot be stored on the server"));
	if (put_append(im, &cmd, mailbox, flags, keywords, date, len, &wait, err) ||
		imap_begin(im, IMAP_QUIET, err) || !(sent = imap_put(im, cmd.p, cmd.len, err)))
		goto out;
	if (wait && stream_flush(im->stream, err)) {
		imap_broken(im, err);
		goto out;
	}
	if ((wait && imap_await_plus(im, sent, err)) || put_message(im, message, len, err))
		goto out;
	r = imap_wait(im, sent, err);
	if (!r)
		take_appenduid(im, out);
out:
	str_done(&cmd);
	return r;
}

/* --- SEARCH --- */

static void add_uids(struct imap_uids *out, clist *list)
{
	for (clistiter *i = list ? clist_begin(list) : NULL; i; i = clist_next(i)) {
		const uint32_t *uid = clist_content(i);

		if (!uid || !*uid)
			continue;
		out->v = mem_grow(out->v, &out->cap, out->n + 1, sizeof(*out->v));
		out->v[out->n++] = *uid;
	}
}

/* Adds "1:9,12"; no more than a mailbox can have whose server tells the truth. */
static bool add_set(struct imap_uids *out, const char *p, uint64_t most)
{
	for (;;) {
		char *end;
		unsigned long a, b;

		if (*p < '0' || *p > '9')
			return false;
		a = b = strtoul(p, &end, 10);
		if (*end == ':' && end[1] >= '0' && end[1] <= '9')
			b = strtoul(end + 1, &end, 10);
		if (!a || a > UINT32_MAX || b < a || b > UINT32_MAX || b - a >= most - out->n)
			return false;
		out->v = mem_grow(out->v, &out->cap, out->n + (b - a + 1), sizeof(*out->v));
		for (; a <= b; a++)
			out->v[out->n++] = (uint32_t)a;
		if (*end != ',')
			return !*end || *end == ' ';
		p = end + 1;
	}
}

void imap_on_esearch(struct imap *im, const char *text, size_t len)
{
	const char *p = strchr(text, ')');
	uint64_t most = (uint64_t)im->exists * 2 + 1000;

	if (!im->found || im->found->n || len >= IMAP_ESEARCH || strlen(text) != len || !p ||
		!str_istarts(p, ") UID"))
		return;
	for (p += 5; *p; p += strcspn(p, " ")) {
		p += strspn(p, " ");
		if (str_istarts(p, "ALL "))
			im->found_all = add_set(im->found, p + 4, most);
	}
}

/* A few bytes where messages lie close together (RFC 4731); 1: has to be asked for otherwise. */
static int search_all(struct imap *im, struct imap_uids *out, struct err *err)
{
	static const char all[] = "UID SEARCH RETURN (ALL) ALL\r\n";
	struct imap_sent *sent;
	int r;

	if (imap_begin(im, IMAP_LONG, err) || !(sent = imap_put(im, all, strlen(all), err)))
		return -1;
	im->found = out;
	im->found_all = false;
	if (stream_flush(im->stream, err))
		imap_broken(im, err);
	r = imap_wait(im, sent, err);
	im->found = NULL;
	if (r && im->dead)
		return -1;
	if (!r && im->found_all)
		return 0;
	free(out->v);
	*out = (struct imap_uids){0};
	return 1;
}

/* In quotes may be ASCII only; what else there is goes as a literal, where the server takes one
 * without being asked first. Those who do not mostly take it in quotes. */
static void put_words(struct imap *im, const char *what, struct str *out)
{
	bool literals = imap_has(im, "LITERAL+") || imap_has(im, "LITERAL-");
	struct str word = STR_INIT;

	if (str_is_ascii(what, strlen(what))) {
		str_adds(out, what);
		return;
	}
	str_adds(out, "CHARSET UTF-8 ");
	while (*what) {
		const char *p = what + 1;

		str_clear(&word);
		while (*what == '"' && *p && *p != '"') {
			p += *p == '\\' && p[1];
			str_addc(&word, *p++);
		}
		if (*what != '"' || !literals || str_is_ascii(word.p, word.len)) {
			p += *what == '"' && *p;
			str_add(out, what, (size_t)(p - what));
		} else {
			str_addf(out, "{%zu+}\r\n%s", word.len, word.p);
			p += *p == '"';
		}
		what = p;
	}
	str_done(&word);
}

int imap_search(struct imap *im, const char *what, struct imap_uids *out, struct err *err)
{
	struct str cmd = STR_INIT;
	int r = 1;

	*out = (struct imap_uids){0};
	if (imap_need_selected(im, err))
		return -1;
	if (strpbrk(what, "\r\n"))
		return err_set(err, ERR_INPUT, _("The server cannot be asked for this name"));
	if (!strcmp(what, "ALL") && imap_has(im, "ESEARCH"))
		r = search_all(im, out, err);
	if (r <= 0) {
		out->n = uids_sort(out->v, out->n);
		return r;
	}
	str_adds(&cmd, "UID SEARCH ");
	put_words(im, what, &cmd);
	r = imap_run(im, IMAP_LONG, cmd.p, err);
	str_done(&cmd);
	if (r)
		return -1;
	add_uids(out, im->session->imap_response_info->rsp_search_result);
	out->n = uids_sort(out->v, out->n);
	return 0;
}

int imap_search_message_id(struct imap *im, const char *id, struct imap_uids *out, struct err *err)
{
	struct str what = STR_INIT;
	int r = -1;

	*out = (struct imap_uids){0};
	str_adds(&what, "HEADER Message-ID ");
	if (!imap_quote(&what, id, err))
		r = imap_search(im, what.p, out, err);
	str_done(&what);
	return r;
}

#include "base/str.h"
#include "net/imap_priv.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "net/etpan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 40, KEYWORDS = 4000 };

/* --- BODYSTRUCTURE to rows --- */

struct flat {
	struct imap_part *v;
	size_t n, cap;
	bool cut;
	struct strv made; /* the header blocks */
};

/* What the server read out of a header goes back into one. A line end would begin another field. */
static void put_text(struct str *out, const char *s)
{
	for (; *s; s++)
		str_addc(out, *s == '\r' || *s == '\n' ? ' ' : *s);
}

static void put_field(struct str *out, const char *name, const char *value)
{
	if (!value)
		return;
	str_addf(out, "%s: ", name);
	put_text(out, value);
	str_adds(out, "\r\n");
}

static void put_params(struct str *out, const struct mailimap_body_fld_param *list)
{
	struct str value = STR_INIT;

	for (clistiter *i = list && list->pa_list ? clist_begin(list->pa_list) : NULL; i;
		i = clist_next(i)) {
		const struct mailimap_single_body_fld_param *p = clist_content(i);

		if (!p || !p->pa_name || !p->pa_value)
			continue;
		str_adds(out, "; ");
		put_text(out, p->pa_name);
		str_addc(out, '=');
		str_clear(&value);
		put_text(&value, p->pa_value);
		str_add_quoted(out, str_c(&value), value.len);
	}
	str_done(&value);
}

static void put_type(struct str *out, const char *type, const char *subtype,
	const struct mailimap_body_fld_param *params)
{
	str_adds(out, "Content-Type: ");
	put_text(out, type ? type : "");
	str_addc(out, '/');
	put_text(out, subtype ? subtype : "");
	put_params(out, params);
	str_adds(out, "\r\n");
}

static void put_disposition(struct str *out, const struct mailimap_body_fld_dsp *dsp)
{
	if (!dsp || !dsp->dsp_type)
		return;
	str_adds(out, "Content-Disposition: ");
	put_text(out, dsp->dsp_type);
	put_params(out, dsp->dsp_attributes);
	str_adds(out, "\r\n");
}

static const char *encoding(const struct mailimap_body_fld_enc *enc)
{
	static const char *const names[] = {"7bit", "8bit", "binary", "base64", "quoted-printable"};

	if (!enc)
		return NULL;
	if (enc->enc_type >= 0 && (size_t)enc->enc_type < MEM_COUNT(names))
		return names[enc->enc_type];
	return enc->enc_value;
}

static void put_part_fields(struct str *out, const char *type, const char *subtype,
	const struct mailimap_body_fields *b)
{
	put_type(out, type, subtype, b ? b->bd_parameter : NULL);
	if (!b)
		return;
	put_field(out, "Content-Transfer-Encoding", encoding(b->bd_encoding));
	put_field(out, "Content-ID", b->bd_id);
	put_field(out, "Content-Description", b->bd_description);
}

/* Takes header. The index of the part. */
static int new_part(struct flat *f, int parent, struct str *header, uint32_t size)
{
	struct imap_part *p;

	f->v = mem_grow(f->v, &f->cap, f->n + 1, sizeof(*f->v));
	p = &f->v[f->n++];
	p->parent = parent;
	p->size = size;
	p->header_len = header->len;
	p->header = str_steal(header);
	strv_take(&f->made, (char *)(uintptr_t)p->header);
	return (int)f->n - 1;
}

static void add_body(struct flat *f, const struct mailimap_body *b, int parent, int depth);

static void add_multipart(
	struct flat *f, const struct mailimap_body_type_mpart *m, int parent, int depth)
{
	const struct mailimap_body_ext_mpart *ext = m->bd_ext_mpart;
	struct str header = STR_INIT;
	int self;

	put_type(&header, "multipart", m->bd_media_subtype, ext ? ext->bd_parameter : NULL);
	put_disposition(&header, ext ? ext->bd_disposition : NULL);
	self = new_part(f, parent, &header, 0);
	for (clistiter *i = m->bd_list ? clist_begin(m->bd_list) : NULL; i; i = clist_next(i))
		add_body(f, clist_content(i), self, depth + 1);
}

static const char *basic_type(const struct mailimap_media_basic *m)
{
	static const char *const names[] = {"application", "audio", "image", "message", "video"};

	return m->med_type >= 0 && (size_t)m->med_type < MEM_COUNT(names) ? names[m->med_type]
									  : m->med_basic_type;
}

static void add_single(
	struct flat *f, const struct mailimap_body_type_1part *one, int parent, int depth)
{
	const struct mailimap_body_fields *fields = NULL;
	const struct mailimap_body *inner = NULL;
	struct str header = STR_INIT;
	int self;

	if (one->bd_type == MAILIMAP_BODY_TYPE_1PART_TEXT && one->bd_data.bd_type_text) {
		fields = one->bd_data.bd_type_text->bd_fields;
		put_part_fields(&header, "text", one->bd_data.bd_type_text->bd_media_text, fields);
	} else if (one->bd_type == MAILIMAP_BODY_TYPE_1PART_MSG && one->bd_data.bd_type_msg) {
		fields = one->bd_data.bd_type_msg->bd_fields;
		put_part_fields(&header, "message", "rfc822", fields);
		inner = one->bd_data.bd_type_msg->bd_body;
	} else if (one->bd_type == MAILIMAP_BODY_TYPE_1PART_BASIC && one->bd_data.bd_type_basic) {
		const struct mailimap_media_basic *m = one->bd_data.bd_type_basic->bd_media_basic;

		fields = one->bd_data.bd_type_basic->bd_fields;
		put_part_fields(
			&header, m ? basic_type(m) : NULL, m ? m->med_subtype : NULL, fields);
	}
	put_disposition(&header, one->bd_ext_1part ? one->bd_ext_1part->bd_disposition : NULL);
	self = new_part(f, parent, &header, fields ? fields->bd_size : 0);
	if (inner)
		add_body(f, inner, self, depth + 1);
}

static void add_body(struct flat *f, const struct mailimap_body *b, int parent, int depth)
{
	if (!b)
		return;
	if (depth > DEPTH || f->n >= IMAP_PARTS)
		f->cut = true;
	else if (b->bd_type == MAILIMAP_BODY_MPART && b->bd_data.bd_body_mpart)
		add_multipart(f, b->bd_data.bd_body_mpart, parent, depth);
	else if (b->bd_type == MAILIMAP_BODY_1PART && b->bd_data.bd_body_1part)
		add_single(f, b->bd_data.bd_body_1part, parent, depth);
}

/* --- one FETCH answer to struct imap_message --- */

struct build {
	struct imap_message m;
	struct str keywords;
	bool more_keywords; /* than are taken */
	struct flat flat;
	const struct mailimap_msg_att_body_section *section;
	bool broken; /* it could not be read; there is only the UID */
};

static void add_keyword(struct build *b, const char *word)
{
	if (!word)
		return;
	if (!str_icmp(word, "$Forwarded")) {
		b->m.flags |= MAIL_FORWARDED;
		return;
	}
	if (b->more_keywords)
		return;
	b->more_keywords = b->keywords.len + strlen(word) + 1 > KEYWORDS;
	if (b->keywords.len)
		str_addc(&b->keywords, ' ');
	str_adds(&b->keywords, b->more_keywords ? IMAP_MORE_KEYWORDS : word);
}

static void add_flag(struct build *b, const struct mailimap_flag *flag)
{
	switch (flag->fl_type) {
	case MAILIMAP_FLAG_ANSWERED:
		b->m.flags |= MAIL_ANSWERED;
		break;
	case MAILIMAP_FLAG_FLAGGED:
		b->m.flags |= MAIL_FLAGGED;
		break;
	case MAILIMAP_FLAG_DELETED:
		b->m.flags |= MAIL_DELETED;
		break;
	case MAILIMAP_FLAG_SEEN:
		b->m.flags |= MAIL_SEEN;
		break;
	case MAILIMAP_FLAG_DRAFT:
		b->m.flags |= MAIL_DRAFT;
		break;
	case MAILIMAP_FLAG_KEYWORD:
		add_keyword(b, flag->fl_data.fl_keyword);
		break;
	default: /* \Something is the server's own: it cannot be set, so it is no keyword */
		break;
	}
}

static void add_flags(struct build *b, const clist *list)
{
	b->m.has_flags = true;
	for (clistiter *i = list ? clist_begin(list) : NULL; i; i = clist_next(i)) {
		const struct mailimap_flag_fetch *f = clist_content(i);

		if (f && f->fl_type == MAILIMAP_FLAG_FETCH_OTHER && f->fl_flag)
			add_flag(b, f->fl_flag);
	}
}

static time_t date(const struct mailimap_date_time *d)
{
	return fetch_row_date(
		d->dt_year, d->dt_month, d->dt_day, d->dt_hour, d->dt_min, d->dt_sec, d->dt_zone);
}

static void add_static(struct build *b, const struct mailimap_msg_att_static *s)
{
	switch (s->att_type) {
	case MAILIMAP_MSG_ATT_UID:
		b->m.uid = s->att_data.att_uid;
		break;
	case MAILIMAP_MSG_ATT_INTERNALDATE:
		if (s->att_data.att_internal_date)
			b->m.received = date(s->att_data.att_internal_date);
		break;
	case MAILIMAP_MSG_ATT_RFC822_SIZE:
		b->m.size = s->att_data.att_rfc822_size;
		break;
	case MAILIMAP_MSG_ATT_BODYSTRUCTURE:
	case MAILIMAP_MSG_ATT_BODY:
		b->flat.n = 0;
		b->flat.cut = false;
		add_body(&b->flat, s->att_data.att_bodystructure, -1, 0);
		break;
	case MAILIMAP_MSG_ATT_BODY_SECTION:
		b->section = s->att_data.att_body_section;
		break;
	default:
		break;
	}
}

static void add_item(struct build *b, const struct mailimap_msg_att_item *item)
{
	const struct mailimap_extension_data *ext;

	switch (item->att_type) {
	case MAILIMAP_MSG_ATT_ITEM_DYNAMIC:
		if (item->att_data.att_dyn)
			add_flags(b, item->att_data.att_dyn->att_list);
		break;
	case MAILIMAP_MSG_ATT_ITEM_STATIC:
		if (item->att_data.att_static)
			add_static(b, item->att_data.att_static);
		break;
	case MAILIMAP_MSG_ATT_ITEM_EXTENSION:
		ext = item->att_data.att_extension_data;
		b->broken |= ext && etpan_is_broken(ext);
		if (ext && ext->ext_extension && ext->ext_data &&
			ext->ext_extension->ext_id == MAILIMAP_EXTENSION_CONDSTORE &&
			ext->ext_type == MAILIMAP_CONDSTORE_TYPE_FETCH_DATA)
			b->m.modseq =
				((const struct mailimap_condstore_fetch_mod_resp *)ext->ext_data)
					->cs_modseq_value;
		break;
	default:
		break;
	}
}

static void give_section(struct imap_sink *sink, const struct build *b)
{
	const struct mailimap_msg_att_body_section *s = b->section;

	sink->broken |= b->broken && b->m.uid == sink->uid;
	if (b->broken || b->m.uid != sink->uid || !s || sink->got ||
		s->sec_origin_octet != sink->offset)
		return;
	sink->got = true;
	sink->nil = !s->sec_body_part;
	if (s->sec_body_part && s->sec_length &&
		sink->bytes(sink->ctx, s->sec_body_part, s->sec_length))
		sink->stopped = true;
}

static void finish(struct build *b)
{
	if (b->broken) {
		b->m = (struct imap_message){.uid = b->m.uid, .keywords = ""};
		return;
	}
	b->m.keywords = str_c(&b->keywords);
	if (b->flat.n) {
		b->m.parts = b->flat.v;
		b->m.nparts = b->flat.n;
		b->m.parts_cut = b->flat.cut;
	}
	if (b->section) { /* fetch_row.h has the header fields set already */
		b->m.header = b->section->sec_body_part ? b->section->sec_body_part : "";
		b->m.header_len = b->section->sec_body_part ? b->section->sec_length : 0;
	}
}

/* An answer does not say which command it belongs to: all that are under way see it. */
static void give(struct imap *im, struct build *b)
{
	bool wanted = false;

	if (b->m.uid && b->m.uid > im->uid_bound)
		im->uid_bound = b->m.uid;
	for (const struct imap_sent *s = im->sent; s; s = s->next) {
		if (s->done || !s->sink)
			continue;
		if (s->sink->bytes) {
			give_section(s->sink, b);
			wanted |= b->m.uid && b->m.uid == s->sink->uid;
		} else if (s->sink->message && b->m.uid) {
			finish(b);
			s->sink->message(s->sink->ctx, &b->m);
			wanted = true;
		}
	}
	/* Unasked, or of a sequence number that nothing here knows. */
	if (!wanted && b->m.has_flags)
		im->news.flags = true;
}

void imap_on_fetch(struct mailimap_msg_att *att, void *context)
{
	struct imap *im = context;
	struct build b = {0};

	if (!att || !att->att_list)
		return;
	for (clistiter *i = clist_begin(att->att_list); i; i = clist_next(i))
		if (clist_content(i))
			add_item(&b, clist_content(i));
	give(im, &b);
	str_done(&b.keywords);
	strv_done(&b.flat.made);
	free(b.flat.v);
}

/* --- a row that the filter has read --- */

static void add_named_flag(struct build *b, struct view flag)
{
	unsigned known = imap_flag(flag);
	char *word;

	b->m.flags |= known;
	if (known || *flag.p == '\\') /* \Recent */
		return;
	word = mem_strndup(flag.p, flag.len);
	add_keyword(b, word);
	free(word);
}

void imap_on_row(void *ctx, const struct fetch_row *row, struct view fields)
{
	struct imap *im = ctx;
	struct build b = {0};

	b.m.uid = row->uid;
	b.m.has_flags = row->has_flags;
	b.m.received = row->received;
	b.m.size = row->size;
	b.m.modseq = row->modseq;
	b.m.header = fields.p;
	b.m.header_len = fields.len;
	for (size_t i = 0; i < row->nflags; i++)
		add_named_flag(&b, row->flags[i]);
	give(im, &b);
	str_done(&b.keywords);
}

/* The number behind "UID " in the first level of "12 FETCH (...". Quoted text is stepped over. */
static uint32_t raw_uid(const char *text, size_t len)
{
	int depth = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"') {
			for (i++; i < len && text[i] != '"'; i++)
				i += text[i] == '\\';
		} else if (text[i] == '(') {
			depth++;
		} else if (text[i] == ')') {
			depth--;
		} else if (depth == 1 && (text[i - 1] == '(' || text[i - 1] == ' ') &&
			   len - i > 4 && !str_nicmp(text + i, "UID ", 4)) {
			unsigned long n = strtoul(text + i + 4, NULL, 10);

			return n <= UINT32_MAX ? (uint32_t)n : 0;
		}
	}
	return 0;
}

void imap_on_raw(struct imap *im, const char *text, size_t len)
{
	struct build b = {.broken = true};
	size_t digits = strspn(text, "0123456789");

	if (!digits || !str_istarts(text + digits, " FETCH ("))
		return;
	b.m.uid = raw_uid(text, len);
	if (b.m.uid)
		give(im, &b);
}

/* --- VANISHED --- */

static uint32_t count_range(uint32_t first, uint32_t last)
{
	return last >= first ? last - first + 1 : 0;
}

void imap_on_vanished(struct imap *im, const struct mailimap_qresync_vanished *v)
{
	const clist *list = v->qr_known_uids ? v->qr_known_uids->set_list : NULL;

	if (!v->qr_earlier)
		im->news.expunged = true;
	for (clistiter *i = list ? clist_begin(list) : NULL; i; i = clist_next(i)) {
		const struct mailimap_set_item *item = clist_content(i);
		uint32_t first = item->set_first, last = item->set_last;
		uint32_t n;

		/* "1:4294967295" says no more than "all that you know". */
		if (!first)
			first = 1;
		if (last > im->uid_bound)
			last = im->uid_bound;
		n = count_range(first, last);
		if (!n)
			continue;
		if (!v->qr_earlier)
			im->exists -= n < im->exists ? n : im->exists;
		for (const struct imap_sent *s = im->sent; s; s = s->next)
			if (!s->done && s->sink && s->sink->vanished)
				s->sink->vanished(s->sink->ctx, first, last);
	}
}

/* --- FETCH --- */

static int put_fields(struct str *cmd, const char *names, struct err *err)
{
	size_t n = names ? strlen(names) : 0;

	if (!n || n > IMAP_NAME ||
		strspn(names, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789- ") !=
			n)
		return err_set(err, ERR_INPUT, _("The header fields cannot be asked for"));
	str_addf(cmd, " BODY.PEEK[HEADER.FIELDS (%s)]", names);
	return 0;
}

static int put_items(struct imap *im, struct str *cmd, unsigned items, const char *header_fields,
	struct err *err)
{
	str_adds(cmd, " (UID");
	if (items & IMAP_GET_FLAGS)
		str_adds(cmd, " FLAGS");
	if (items & IMAP_GET_DATE)
		str_adds(cmd, " INTERNALDATE");
	if (items & IMAP_GET_SIZE)
		str_adds(cmd, " RFC822.SIZE");
	if ((items & IMAP_GET_MODSEQ) && (im->can & IMAP_CONDSTORE))
		str_adds(cmd, " MODSEQ");
	if (items & IMAP_GET_STRUCTURE)
		str_adds(cmd, " BODYSTRUCTURE");
	if ((items & IMAP_GET_HEADER) && put_fields(cmd, header_fields, err))
		return -1;
	str_addc(cmd, ')');
	return 0;
}

/* One that is under way, or answered and not yet taken. */
struct imap_ahead {
	struct imap_sink sink;
	struct imap_sent *sent;
};

/* Sends a FETCH whose messages go to sink, and COMPRESS behind it. */
static struct imap_sent *put_fetch(
	struct imap *im, const struct str *cmd, struct imap_sink *sink, struct err *err)
{
	struct imap_sent *sent;

	if (imap_make_way(im, err))
		return NULL;
	stream_command(im->stream, IMAP_FETCH);
	sent = imap_put(im, cmd->p, cmd->len, err);
	if (!sent)
		return NULL;
	sent->sink = sink;
	if (imap_put_compress(im, err)) {
		imap_drop(im, sent);
		return NULL;
	}
	return sent;
}

static int send_fetch(struct imap *im, struct imap_ahead *a, const char *uids, unsigned items,
	const char *header_fields, uint64_t changed_since, struct err *err)
{
	struct str cmd = STR_INIT;
	int r = -1;

	if (imap_need_selected(im, err))
		return -1;
	str_adds(&cmd, "UID FETCH ");
	if (!imap_put_set(&cmd, uids, err) && !put_items(im, &cmd, items, header_fields, err)) {
		if (changed_since && (im->can & IMAP_CONDSTORE))
			str_addf(&cmd, " (CHANGEDSINCE %llu%s)", (unsigned long long)changed_since,
				a->sink.vanished && (im->can & IMAP_QRESYNC) ? " VANISHED" : "");
		str_adds(&cmd, "\r\n");
		a->sent = put_fetch(im, &cmd, &a->sink, err);
		r = a->sent ? 0 : -1;
	}
	str_done(&cmd);
	return r;
}

int imap_fetch_send(struct imap *im, struct imap_ahead **out, const char *uids, unsigned items,
	const char *header_fields, imap_message_fn *message, void *ctx, struct err *err)
{
	struct imap_ahead *a = mem_alloc(sizeof(*a));

	a->sink = (struct imap_sink){.message = message, .ctx = ctx};
	*out = NULL;
	if (send_fetch(im, a, uids, items, header_fields, 0, err)) {
		free(a);
		return -1;
	}
	*out = a;
	return 0;
}

int imap_fetch_take(struct imap *im, struct imap_ahead *a, struct err *err)
{
	int r;

	if (!a->sent->done)
		stream_command(im->stream, IMAP_FETCH);
	r = imap_wait(im, a->sent, err);
	free(a);
	return r;
}

void imap_fetch_forget(struct imap *im, struct imap_ahead *a)
{
	imap_drop(im, a->sent);
	free(a);
}

int imap_fetch(struct imap *im, const char *uids, unsigned items, const char *header_fields,
	uint64_t changed_since, imap_message_fn *message, imap_vanished_fn *vanished, void *ctx,
	struct err *err)
{
	struct imap_ahead a = {.sink = {.message = message, .vanished = vanished, .ctx = ctx}};

	/* VANISHED does not say what it answers. */
	if (imap_begin(im, IMAP_FETCH, err) ||
		send_fetch(im, &a, uids, items, header_fields, changed_since, err))
		return -1;
	return imap_wait(im, a.sent, err);
}

static bool good_section(const char *s)
{
	size_t n = strlen(s);

	return n < 100 && strspn(s, "0123456789.ABCDEFGHIJKLMNOPQRSTUVWXYZ") == n;
}

int imap_fetch_section(struct imap *im, uint32_t uid, const char *section, uint32_t offset,
	uint32_t max, imap_bytes_fn *bytes, void *ctx, struct err *err)
{
	struct imap_sink sink = {.bytes = bytes, .ctx = ctx, .uid = uid};
	struct str cmd = STR_INIT;
	struct imap_sent *sent;
	int r = -1;

	if (imap_need_selected(im, err) || imap_begin(im, IMAP_FETCH, err))
		return -1;
	if (!uid || !good_section(section))
		return err_set(err, ERR_INPUT, _("The message part cannot be asked for"));
	str_addf(&cmd, "UID FETCH %u (UID BODY.PEEK[%s]", uid, section);
	if (max || offset) {
		str_addf(&cmd, "<%u.%u>", offset, max ? max : UINT32_MAX);
		sink.offset = offset;
	}
	str_adds(&cmd, ")\r\n");
	sent = put_fetch(im, &cmd, &sink, err);
	if (sent)
		r = imap_wait(im, sent, err);
	str_done(&cmd);
	if (r)
		return -1;
	if (sink.stopped) {
		im->dead = true;
		return err_set(err, ERR_CANCELLED, _("Cancelled"));
	}
	if (!sink.got && sink.broken)
		return err_set(
			err, ERR_REFUSED, _("The IMAP server's answer cannot be understood"));
	if (!sink.got)
		return err_set(err, ERR_GONE, _("The message is no longer on the server"));
	if (sink.nil)
		return err_set(err, ERR_REFUSED,
			_("The server has the message but does not give its text (part %s)"),
			*section ? section : "1");
	return 0;
}

#include "mime/envelope.h"

#include "base/str.h"
#include "mime/date.h"
#include "mime/header.h"
#include "mime/word.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

const char SUMMARY_FIELDS[] = "From Sender To Cc Subject Message-ID Date In-Reply-To References "
			      "List-Id Content-Type";
static const char known_fields[] =
	"From Sender Reply-To To Cc Bcc Subject Message-ID Date In-Reply-To "
	"References List-Id List-Post Content-Type";

enum {
	IDS_MAX = 50,
	ID_BYTES = 998, /* RFC 5322 2.1.1: no line is longer */
	DATE_BYTES = 200,
	LINE_BYTES = 64 * 1024 /* of a subject; nobody reads further */
};

/* A message id as one clean word; NULL when nothing is left. */
static char *clean_id(const char *p, size_t len)
{
	char *clean = utf8_clean_line(p, len > ID_BYTES ? ID_BYTES : len);
	size_t n = 0;

	for (size_t i = 0; clean[i]; i++)
		if (clean[i] != ' ' && clean[i] != '<' && clean[i] != '>')
			clean[n++] = clean[i];
	clean[n] = '\0';
	if (n)
		return clean;
	free(clean);
	return NULL;
}

/* A borrowed piece of text. */
struct span {
	const char *p;
	size_t len;
};

/* The next "<id>" or, in a value without any '<', the next word with '@'. */
static bool next_id(const char **at, const char *end, bool angles, struct span *id)
{
	const char *p = *at, *stop;

	while (angles && p < end) {
		p = memchr(p, '<', (size_t)(end - p));
		if (!p)
			break;
		for (stop = ++p; stop < end && *stop != '>' && *stop != '<';)
			stop++;
		*id = (struct span){p, (size_t)(stop - p)};
		*at = stop;
		return true;
	}
	while (!angles && p < end) {
		while (p < end && (*p == ' ' || *p == ','))
			p++;
		for (stop = p; stop < end && *stop != ' ' && *stop != ',';)
			stop++;
		*id = (struct span){p, (size_t)(stop - p)};
		p = *at = stop;
		if (id->len && memchr(id->p, '@', id->len))
			return true;
	}
	*at = end;
	return false;
}

/* The last IDS_MAX ids of a value; a mail with a hundred thousand keeps the nearest ones. */
static void read_ids(struct strv *out, const struct str *value)
{
	struct span last[IDS_MAX], id;
	const char *at = str_c(value), *end = at + value->len;
	bool angles = value->len && memchr(at, '<', value->len);
	size_t n = 0;

	if (out->n)
		return; /* the field came twice: the first counts */
	while (next_id(&at, end, angles, &id))
		last[n++ % IDS_MAX] = id;
	for (size_t i = n > IDS_MAX ? n - IDS_MAX : 0; i < n; i++) {
		char *clean = clean_id(last[i % IDS_MAX].p, last[i % IDS_MAX].len);

		if (clean)
			strv_take(out, clean);
	}
}

/* What it answers. The RFC before last had words there: in "Message from Ann <ann@x> of today <id>"
 * the id is the last, in "<id> from Ann <ann@x>" the first. */
static void read_parents(struct strv *out, const struct str *value)
{
	const char *p = str_c(value);

	read_ids(out, value);
	while (*p == ' ')
		p++;
	if (*p == '<' || out->n < 2 || !strchr(p, '<'))
		return;
	for (size_t i = 0; i + 1 < out->n; i++)
		free(out->v[i]);
	out->v[0] = out->v[out->n - 1];
	out->n = 1;
}

static void read_id(char **out, const struct str *value)
{
	const char *at = str_c(value), *end = at + value->len;
	bool angles = value->len && memchr(at, '<', value->len);
	struct span id = {at, value->len};

	if (*out)
		return;
	if (angles)
		next_id(&at, end, true, &id);
	*out = clean_id(id.p, id.len);
}

static void read_subject(struct envelope *e, const struct str *value)
{
	struct str text = STR_INIT;
	size_t start = 0;

	if (e->subject)
		return;
	word_decode(&text, str_c(value), value->len);
	str_cut(&text, utf8_cut(str_c(&text), text.len, LINE_BYTES));
	while (text.len && text.p[text.len - 1] == ' ')
		str_cut(&text, text.len - 1);
	while (start < text.len && text.p[start] == ' ')
		start++;
	e->subject = mem_strdup(str_c(&text) + start);
	str_done(&text);
}

static void read_date(struct envelope *e, const struct str *value)
{
	if (e->date_raw)
		return;
	e->date_raw =
		utf8_clean_line(str_c(value), value->len > DATE_BYTES ? DATE_BYTES : value->len);
	date_parse(str_c(value), value->len, &e->date);
}

/* List-Id: the id in the last angle brackets (RFC 2919 3); without any, the whole. */
static void read_list_id(struct envelope *e, const struct str *value)
{
	const char *open = value->len ? memrchr(value->p, '<', value->len) : NULL;
	struct str inner = STR_INIT;

	if (e->list_id)
		return;
	if (open)
		str_adds(&inner, open + 1);
	else
		str_add(&inner, str_c(value), value->len);
	str_cut(&inner, strcspn(str_c(&inner), ">"));
	e->list_id = clean_id(str_c(&inner), inner.len);
	str_done(&inner);
}

static void read_list_post(struct envelope *e, const struct str *value)
{
	const char *mailto = str_ifind(str_c(value), "mailto:");
	struct addr_list list = {0};

	if (e->list_post || !mailto)
		return;
	mailto += 7;
	addr_parse(&list, mailto, strcspn(mailto, ">?, "));
	if (list.n)
		e->list_post = mem_strdup(list.v[0].mail);
	addr_list_done(&list);
}

/* "type/subtype" and no more; the parameters are part_parse's. */
static void read_content_type(struct envelope *e, const struct str *value)
{
	struct str type = STR_INIT;

	if (e->content_type)
		return;
	for (size_t i = 0; i < value->len && i < 128; i++) {
		char c = value->p[i];

		if (c == ';' || c == ' ' || c == '(' || c <= ' ' || c >= 0x7f)
			break;
		str_addc(&type, c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c);
	}
	if (type.len > 2 && memchr(type.p, '/', type.len))
		e->content_type = str_steal(&type);
	str_done(&type);
}

static void read_addresses(struct addr_list *list, const struct str *value)
{
	addr_parse(list, str_c(value), value->len);
}

/* Fields of ids. Some programs encode them as if they were text. */
static bool read_id_field(struct envelope *e, const struct header_field *f, const struct str *raw)
{
	bool own = header_is(f, "Message-ID"), parent = header_is(f, "In-Reply-To");
	struct str value = STR_INIT;

	if (!own && !parent && !header_is(f, "References"))
		return false;
	if (strstr(str_c(raw), "=?"))
		word_decode(&value, raw->p, raw->len);
	else
		str_add(&value, str_c(raw), raw->len);
	if (own)
		read_id(&e->message_id, &value);
	else if (parent)
		read_parents(&e->in_reply_to, &value);
	else
		read_ids(&e->references, &value);
	str_done(&value);
	return true;
}

static void read_field(struct envelope *e, const struct header_field *f, const struct str *value)
{
	if (read_id_field(e, f, value))
		return;
	if (header_is(f, "From"))
		read_addresses(&e->from, value);
	else if (header_is(f, "Sender"))
		read_addresses(&e->sender, value);
	else if (header_is(f, "Reply-To"))
		read_addresses(&e->reply_to, value);
	else if (header_is(f, "To"))
		read_addresses(&e->to, value);
	else if (header_is(f, "Cc"))
		read_addresses(&e->cc, value);
	else if (header_is(f, "Bcc"))
		read_addresses(&e->bcc, value);
	else if (header_is(f, "Subject"))
		read_subject(e, value);
	else if (header_is(f, "Date"))
		read_date(e, value);
	else if (header_is(f, "List-Id"))
		read_list_id(e, value);
	else if (header_is(f, "List-Post"))
		read_list_post(e, value);
	else if (header_is(f, "Content-Type"))
		read_content_type(e, value);
}

static bool is_wanted(const struct header_field *f)
{
	const char *p = known_fields;

	while (*p) {
		size_t len = strcspn(p, " ");

		if (len == f->name_len && str_nicmp(p, f->name, len) == 0)
			return true;
		p += len;
		p += *p == ' ';
	}
	return false;
}

static void default_text(char **s, const char *text)
{
	if (!*s)
		*s = mem_strdup(text);
}

void envelope_parse(struct envelope *e, const char *p, size_t len)
{
	struct str value = STR_INIT;
	struct header_iter it;
	struct header_field f;

	*e = (struct envelope){0};
	header_start(&it, p, len);
	while (header_next(&it, &f)) {
		if (!is_wanted(&f))
			continue;
		str_clear(&value);
		header_value(&value, &f, &it);
		read_field(e, &f, &value);
	}
	str_done(&value);
	default_text(&e->subject, "");
	default_text(&e->message_id, "");
	default_text(&e->date_raw, "");
	default_text(&e->list_id, "");
	default_text(&e->list_post, "");
	default_text(&e->content_type, "text/plain");
}

void envelope_done(struct envelope *e)
{
	addr_list_done(&e->from);
	addr_list_done(&e->sender);
	addr_list_done(&e->reply_to);
	addr_list_done(&e->to);
	addr_list_done(&e->cc);
	addr_list_done(&e->bcc);
	free(e->subject);
	free(e->message_id);
	free(e->date_raw);
	free(e->list_id);
	free(e->list_post);
	free(e->content_type);
	strv_done(&e->in_reply_to);
	strv_done(&e->references);
	*e = (struct envelope){0};
}

static void add_mails(struct str *out, const struct addr_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		str_addf(out, "%s,", list->v[i].mail);
}

void envelope_identity(const struct envelope *e, unsigned char id[16])
{
	unsigned char digest[HASH_SHA256_SIZE];
	struct str from = STR_INIT, to = STR_INIT;
	struct hash_piece pieces[4] = {
		{e->message_id, strlen(e->message_id)},
		{e->date_raw, strlen(e->date_raw)},
	};
	size_t n = 2;

	if (!*e->message_id) {
		add_mails(&from, &e->from);
		add_mails(&to, &e->to);
		pieces[0] = pieces[1];
		pieces[1] = (struct hash_piece){str_c(&from), from.len};
		pieces[2] = (struct hash_piece){str_c(&to), to.len};
		pieces[3] = (struct hash_piece){e->subject, strlen(e->subject)};
		n = 4;
	}
	hash_sha256_pieces(digest, pieces, n);
	memcpy(id, digest, 16);
	str_done(&from);
	str_done(&to);
}

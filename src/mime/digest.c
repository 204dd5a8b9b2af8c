#include "mime/digest.h"

#include "mime/part.h"

#include <string.h>

enum { MAX_REFERENCES = 20 };

/* Ids oldest first, the parent last: References, and behind them what In-Reply-To names, also when
 * that is one of them (RFC 5322 3.6.4). Of several parents the one that is last already will do. */
static void join_references(struct str *out, const struct envelope *e)
{
	size_t n = e->references.n, from = n > MAX_REFERENCES ? n - MAX_REFERENCES : 0;
	const char *parent = e->in_reply_to.n ? e->in_reply_to.v[0] : NULL;

	if (n && strv_has(&e->in_reply_to, e->references.v[n - 1]))
		parent = e->references.v[n - 1];
	for (size_t i = from; i < n; i++)
		if (!parent || strcmp(e->references.v[i], parent) != 0)
			str_addf(out, "%s%s", out->len ? " " : "", e->references.v[i]);
	if (parent)
		str_addf(out, "%s%s", out->len ? " " : "", parent);
}

void digest_done(struct digest *d)
{
	str_done(&d->references);
	str_done(&d->to);
	str_done(&d->cc);
}

void digest_recipients(struct str *out, const struct addr_list *list)
{
	static const char more[] = ", …";
	size_t start = out->len;

	for (size_t i = 0; i < list->n; i++) {
		size_t before = out->len, room = i + 1 < list->n ? strlen(more) : 0;

		if (i)
			str_adds(out, ", ");
		addr_show(out, &list->v[i]);
		if (out->len - start + room > DIGEST_RECIPIENTS) {
			str_cut(out, before);
			str_adds(out, more + (i ? 0 : 2));
			return;
		}
	}
}

uint32_t digest_date(time_t t)
{
	return t <= 0 ? 0 : t > UINT32_MAX ? UINT32_MAX : (uint32_t)t;
}

/* A message that is nothing but a file. */
static bool is_file(const char *type)
{
	return strcmp(type, "message/rfc822") == 0 ||
	       (strncmp(type, "text/", 5) != 0 && strncmp(type, "multipart/", 10) != 0 &&
		       strncmp(type, "message/", 8) != 0);
}

void digest_summary(struct summary *s, const struct envelope *e, struct digest *d)
{
	const struct addr_list *from = e->from.n ? &e->from : &e->sender;

	str_clear(&d->references);
	str_clear(&d->to);
	str_clear(&d->cc);
	join_references(&d->references, e);
	digest_recipients(&d->to, &e->to);
	digest_recipients(&d->cc, &e->cc);
	s->sent = digest_date(e->date);
	envelope_identity(e, s->identity);
	s->from_name = from->n ? from->v[0].name : "";
	s->from_mail = from->n ? from->v[0].mail : "";
	s->to = str_c(&d->to);
	s->cc = str_c(&d->cc);
	s->subject = e->subject;
	s->message_id = e->message_id;
	s->references = str_c(&d->references);
	s->keywords = "";
	s->file = "";
	if (*e->list_id)
		s->flags |= MAIL_LIST;
	/* What is in a multipart is known when its structure is. */
	if (strcmp(e->content_type, "multipart/mixed") == 0 || is_file(e->content_type))
		s->flags |= MAIL_ATTACHMENT;
}

void digest_files(struct summary *s, const char *message, size_t len)
{
	struct parts parts;

	part_parse(&parts, message, len);
	s->flags &= ~(uint32_t)MAIL_ATTACHMENT;
	if (part_has_files(&parts))
		s->flags |= MAIL_ATTACHMENT;
	part_done(&parts);
}

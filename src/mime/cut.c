#include "mime/cut.h"

#include "base/i18n.h"
#include "mime/codec.h"
#include "mime/part.h"

#include <string.h>

static bool is_that(const struct part *p, const struct cut *c)
{
	size_t type = strlen(p->type);

	return strncmp(c->type, p->type, type) == 0 && c->type[type] == '/' &&
	       strcmp(c->type + type + 1, p->subtype) == 0 &&
	       strcmp(p->name ? p->name : "", c->name) == 0;
}

/* What is in a signature is signed with it. */
static bool is_sealed(const struct parts *parts, int i)
{
	for (; i >= 0; i = parts->v[i].parent)
		if (strcmp(parts->v[i].type, "multipart") == 0 &&
			(strcmp(parts->v[i].subtype, "signed") == 0 ||
				strcmp(parts->v[i].subtype, "encrypted") == 0))
			return true;
	return false;
}

/* Of the message itself, not of what was in an encoding. */
static bool is_within(const char *message, size_t len, const struct part *p)
{
	return p->header && p->body && p->header >= message && p->body >= p->header &&
	       p->body_len <= len && p->body <= message + len - p->body_len;
}

static int may_be_cut(const struct parts *parts, int i, const char *message, size_t len,
	const struct cut *c, struct err *err)
{
	const struct part *p = i < 0 ? NULL : &parts->v[i];

	if (!p || !is_that(p, c))
		return err_set(err, ERR_GONE, _("The message has no part %s"), c->section);
	if (p->parent < 0 || !parts->v[p->parent].multipart)
		return err_set(
			err, ERR_INPUT, _("This part is all there is: delete the message instead"));
	if (is_sealed(parts, i))
		return err_set(err, ERR_INPUT,
			_("This part is signed or encrypted with others, and they would not be "
			  "true any more without it; nothing was done"));
	if (!is_within(message, len, p))
		return err_set(err, ERR_INPUT,
			_("This part is inside of another that would have to be made anew; delete "
			  "that one instead"));
	return 0;
}

/* With the line ends that the message has. */
static void add_instead(struct str *out, const char *said, bool crlf)
{
	struct str s = STR_INIT;

	str_adds(&s, "Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: inline\r\n"
		     "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
	codec_qp_encode(&s, said, strlen(said));
	for (size_t i = 0; i < s.len; i++)
		if (crlf || s.p[i] != '\r')
			str_addc(out, s.p[i]);
	str_done(&s);
}

int cut_part(const char *message, size_t len, const struct cut *c, struct str *out, struct err *err)
{
	const char *lf = memchr(message, '\n', len);
	struct parts parts;
	int i, rc;

	part_parse(&parts, message, len);
	i = part_find(&parts, c->section);
	rc = may_be_cut(&parts, i, message, len, c, err);
	if (rc == 0) {
		const struct part *p = &parts.v[i];
		const char *end = p->body + p->body_len;

		str_add(out, message, (size_t)(p->header - message));
		add_instead(out, c->said, lf && lf > message && lf[-1] == '\r');
		str_add(out, end, (size_t)(message + len - end));
	}
	part_done(&parts);
	return rc;
}

#include "base/i18n.h"
#include "mime/head.h"
#include "mime/wrap.h"

#include <string.h>

enum { LARGE = 1000000, MORE_IS_WORTH = 15 };

struct strip {
	const struct head_strip *s;
	struct wrap w;
};

static void say(struct strip *x, const char *text, enum text_style style)
{
	const char *gap = x->s->ascii ? " | " : " · ";

	if (x->w.s.len)
		wrap_put(&x->w, gap, strlen(gap), TEXT_STYLES, -1);
	wrap_put(&x->w, text, strlen(text), style, -1);
}

static void add_key(struct str *out, const char *key)
{
	if (key)
		str_addf(out, " (%s)", key);
}

static void add_sender(struct strip *x, const struct head *h)
{
	const struct head_sender_row *row = head_sender_row(h->sender);
	struct str s = STR_INIT;

	if (!*row->mark)
		return;
	str_addf(&s, "%s ", x->s->ascii ? row->ascii : row->mark);
	if (h->sender == HEAD_SENDER_PROVEN)
		str_adds(&s, h->domain);
	else if (h->sender == HEAD_SENDER_OPEN)
		str_adds(&s, _("not proven"));
	else
		str_adds(&s, _("nothing known of the sender"));
	if (h->sender == HEAD_SENDER_OPEN && *h->signer)
		str_addf(&s, _(", signed by %s"), h->signer);
	if (h->sender != HEAD_SENDER_PROVEN)
		add_key(&s, x->s->details_key);
	say(x, str_c(&s), h->sender == HEAD_SENDER_PROVEN ? TEXT_HEADER_VALUE : TEXT_NOTICE);
	str_done(&s);
}

static void add_list(struct strip *x, const struct head *h)
{
	struct str s = STR_INIT;

	if (*h->list_id)
		str_addf(&s, _("list %s"), h->list_id);
	else if (*h->leave_https || *h->leave_mailto)
		str_adds(&s, _("a mailing"));
	if (s.len && (*h->leave_https || *h->leave_mailto) && x->s->leave_key)
		str_addf(&s, _(", leave it (%s)"), x->s->leave_key);
	if (s.len)
		say(x, str_c(&s), TEXT_HEADER_VALUE);
	str_done(&s);
}

static void add_left_out(struct strip *x)
{
	struct str s = STR_INIT;
	size_t n = x->s->pictures;

	if (n) {
		str_addf(&s,
			ngettext("%zu picture elsewhere, not fetched",
				"%zu pictures elsewhere, not fetched", n),
			n);
		say(x, str_c(&s), TEXT_HEADER_VALUE);
	}
	str_clear(&s);
	if (x->s->html_more >= MORE_IS_WORTH) {
		str_addf(&s, _("the HTML says %u.%u times as much"), x->s->html_more / 10,
			x->s->html_more % 10);
		add_key(&s, x->s->html_key);
		say(x, str_c(&s), TEXT_NOTICE);
	}
	str_done(&s);
}

static void add_calendar(struct strip *x)
{
	const struct head_strip *s = x->s;
	struct str text = STR_INIT;

	if (!s->calendar || !s->yes_key || !s->maybe_key || !s->no_key)
		return;
	str_addf(&text, _("invited? yes (%s) maybe (%s) no (%s)"), s->yes_key, s->maybe_key,
		s->no_key);
	say(x, str_c(&text), TEXT_HEADER_VALUE);
	str_done(&text);
}

static void add_size(struct strip *x)
{
	if (x->s->size && (x->w.s.len || x->s->octets >= LARGE))
		say(x, x->s->size, TEXT_HEADER_VALUE);
}

void head_strip(struct text *t, const struct head *h, const struct head_strip *s)
{
	struct strip x = {.s = s, .w = WRAP_INIT};
	struct wrap_box box = {.width = s->width < 20 ? 20 : s->width, .style = TEXT_HEADER_NAME};

	add_sender(&x, h);
	add_list(&x, h);
	add_calendar(&x);
	add_left_out(&x);
	add_size(&x);
	if (x.w.s.len) {
		wrap_emit(&x.w, t, &box);
		text_add(t, TEXT_PLAIN, "", 0);
	}
	wrap_done(&x.w);
}

#include "base/utf8.h"
#include "mime/charset.h"
#include "mime/date.h"
#include "mime/envelope.h"
#include "mime/head.h"
#include "mime/header.h"
#include "mime/param.h"
#include "mime/word.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_clean(const char *s)
{
	if (!utf8_valid(s, strlen(s)))
		abort();
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			abort();
}

/* What a header may hold: no line end, no NUL, pure ASCII. */
static void check_header(const struct str *s)
{
	for (size_t i = 0; i < s->len; i++)
		if ((unsigned char)s->p[i] < ' ' || (unsigned char)s->p[i] >= 0x7f)
			abort();
}

static void check_list(const struct addr_list *list)
{
	struct str out = STR_INIT;

	for (size_t i = 0; i < list->n; i++) {
		check_clean(list->v[i].name);
		check_clean(list->v[i].mail);
		if (!*list->v[i].mail)
			abort();
		str_clear(&out);
		addr_show(&out, &list->v[i]);
		check_clean(out.p);
		str_clear(&out);
		addr_write(&out, &list->v[i], false);
		check_header(&out);
	}
	str_done(&out);
}

static void check_values(const char *p, size_t size)
{
	struct addr_list list = {0};
	struct params params;
	struct str out = STR_INIT;
	char *text = word_decoded(p, size), *name;
	time_t t = 0;

	check_clean(text);
	free(text);
	word_encode(&out, p, size, WORD_PHRASE);
	check_header(&out);
	str_done(&out);
	if (date_parse(p, size, &t) && t <= 0)
		abort();
	addr_parse(&list, p, size);
	check_list(&list);
	addr_list_done(&list);
	param_parse(&params, p, size);
	for (size_t i = 0; i < params.n; i++)
		check_clean(params.v[i].value);
	param_done(&params);
	text = strndup(p, size);
	if (addr_parse_typed(&list, text, NULL) == 0)
		check_list(&list);
	addr_list_done(&list);
	name = charset_from_imap_utf7(text);
	if (!utf8_valid(name, strlen(name)))
		abort();
	free(name);
	free(text);
}

static void check_head(const char *p, size_t size)
{
	static const struct head_strip strip = {.width = 40, .leave_key = "U"};
	struct text *t = text_new();
	struct head h;

	head_read(&h, p, size, "mx.example.org example.net");
	check_clean(h.domain);
	check_clean(h.signer);
	check_clean(h.leave_https);
	check_clean(h.leave_mailto);
	if (h.one_click == HEAD_ONE_CLICK && !*h.leave_https)
		abort();
	head_strip(t, &h, &strip);
	text_free(t);
	head_done(&h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;
	unsigned char id[16];
	struct envelope e;
	size_t body;

	if (header_length(p, size, &body) > size || body > size)
		abort();
	envelope_parse(&e, p, size);
	check_clean(e.subject);
	check_clean(e.message_id);
	check_clean(e.date_raw);
	check_list(&e.from);
	check_list(&e.to);
	if (e.references.n > 50 || strchr(e.message_id, ' '))
		abort();
	envelope_identity(&e, id);
	envelope_done(&e);
	check_head(p, size);
	check_values(p, size);
	return 0;
}

#include "mime/build.h"
#include "mime/header.h"
#include "mime/letter.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What goes out: CRLF only, no line over 998 octets, no NUL, no Bcc field. */
static void check_message(const struct str *m)
{
	struct header_field field;
	size_t column = 0;

	for (size_t i = 0; i < m->len; i++) {
		bool cr = m->p[i] == '\r', lf = m->p[i] == '\n';

		if (!m->p[i] || (cr && m->p[i + 1] != '\n') || (lf && (!i || m->p[i - 1] != '\r')))
			abort();
		column = lf ? 0 : column + 1;
		if (column > 999)
			abort();
	}
	if (header_find(m->p, m->len, "Bcc", &field) || !header_find(m->p, m->len, "From", &field))
		abort();
}

static void build(struct draft *d)
{
	struct addr_list recipients = {0};
	struct str message = STR_INIT;
	struct err err;

	for (size_t i = d->nfiles; i-- > 0;)
		if (d->files[i].path) /* no file of this machine */
			draft_detach(d, i);
	draft_make_id(d);
	if (draft_build(d, 1767225600, &message, &recipients, &err) == 0)
		check_message(&message);
	else if (message.len || recipients.n || !err.text[0])
		abort();
	str_done(&message);
	addr_list_done(&recipients);
}

static void check_reply(const char *p, size_t size)
{
	struct envelope e;
	struct draft d;

	envelope_parse(&e, p, size);
	draft_init(&d);
	draft_reply(&d, DRAFT_REPLY_ALL, &e, p, size, e.subject, NULL, "me@example.org");
	build(&d);
	draft_forward(&d, &e, e.subject, "me@example.org");
	build(&d);
	draft_done(&d);
	envelope_done(&e);
}

/* Whatever is stored: saved unchanged it is the same message, and its draft can be built anew. */
static void check_letter(const char *p, size_t size)
{
	struct strv keys = STRV_INIT, again = STRV_INIT;
	struct str first = STR_INIT, second = STR_INIT;
	struct draft d;

	letter_read(&d, p, size, NULL);
	build(&d);
	draft_done(&d);
	letter_read(&d, p, size, NULL);
	if (letter_write(&d, p, size, NULL, 1767225600, &first, &keys, NULL) == 0) {
		draft_done(&d);
		letter_read(&d, first.p, first.len, &keys);
		if (letter_write(&d, first.p, first.len, &keys, 1767225600, &second, &again,
			    NULL) != 0 ||
			keys.n != again.n)
			abort();
	}
	draft_done(&d);
	strv_done(&keys);
	strv_done(&again);
	str_done(&first);
	str_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;
	struct str text = STR_INIT, again = STR_INIT;
	char *uri = strndup(p, size);
	struct draft d;

	draft_init(&d);
	draft_read(&d, NULL, p, size);
	draft_write(&d, &text);
	draft_read(&d, NULL, text.p, text.len);
	draft_write(&d, &again);
	if (text.len != again.len || memcmp(text.p, again.p, text.len) != 0)
		abort();
	build(&d);
	draft_done(&d);
	draft_init(&d);
	draft_mailto(&d, uri, NULL);
	if (d.nfiles)
		abort();
	draft_done(&d);
	check_letter(p, size);
	check_reply(p, size);
	free(uri);
	str_done(&text);
	str_done(&again);
	return 0;
}

/* The mail that answers an invitation. */
#include "mime/build.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "mime/calendar.h"
#include "mime/codec.h"

#include <stdlib.h>
#include <string.h>

/* The first calendar that came along and is here. */
static const struct part *calendar_of(const struct parts *parts)
{
	for (size_t i = 0; i < parts->n; i++)
		if (strcmp(parts->v[i].type, "text") == 0 &&
			strcmp(parts->v[i].subtype, "calendar") == 0 && parts->v[i].body)
			return &parts->v[i];
	return NULL;
}

/* Our name goes along with whichever address was invited. */
static char *from_address(const char *from, const char *mail)
{
	struct addr_list list = {0};
	struct addr a = {.name = (char[1]){""}, .mail = NULL};
	struct str out = STR_INIT;

	addr_parse(&list, from, strlen(from));
	if (list.n)
		a.name = list.v[0].name;
	a.mail = mem_strdup(mail);
	addr_show(&out, &a);
	free(a.mail);
	addr_list_done(&list);
	return str_steal(&out);
}

static void add_part(struct draft *d, const struct str *text)
{
	struct draft_file *f = draft_file_add(d, "answer.ics", "text/calendar");

	str_adds(&f->part, "Content-Type: text/calendar; charset=utf-8; method=REPLY; "
			   "name=answer.ics\r\nContent-Transfer-Encoding: base64\r\n\r\n");
	codec_base64_encode(&f->part, str_c(text), text->len, 76);
	f->size = text->len;
}

static void fill(
	struct draft *d, enum compose_kind kind, const struct calendar_reply *r, const char *from)
{
	static const char *const subjects[] = {[COMPOSE_ACCEPT] = N_("Accepted: %s"),
		[COMPOSE_TENTATIVE] = N_("Tentative: %s"),
		[COMPOSE_DECLINE] = N_("Declined: %s")};
	static const char *const texts[] = {[COMPOSE_ACCEPT] = N_("I accept the invitation.\n"),
		[COMPOSE_TENTATIVE] = N_("I may come to what you invite to.\n"),
		[COMPOSE_DECLINE] = N_("I decline the invitation.\n")};
	struct str subject = STR_INIT;
	char *address = from_address(from, r->attendee);

	str_addf(&subject, _(subjects[kind]), r->summary);
	draft_set(&d->from, address);
	draft_set(&d->to, r->organizer);
	draft_set(&d->cc, "");
	draft_set(&d->subject, str_c(&subject));
	draft_set(&d->body, _(texts[kind]));
	add_part(d, &r->text);
	free(address);
	str_done(&subject);
}

int draft_invitation(struct draft *d, enum compose_kind kind, const struct envelope *e,
	const struct parts *parts, const struct strv *own, const char *from, struct err *err)
{
	static const enum ical_answer answers[] = {[COMPOSE_ACCEPT] = ICAL_ACCEPT,
		[COMPOSE_TENTATIVE] = ICAL_TENTATIVE,
		[COMPOSE_DECLINE] = ICAL_DECLINE};
	const struct part *p = calendar_of(parts);
	struct calendar_reply r;
	struct str text = STR_INIT;
	int rc;

	if (p)
		part_text(p, &text);
	rc = calendar_answer(&r, str_c(&text), text.len, answers[kind], own, time(NULL), err);
	if (rc == 0) {
		/* Whom it answers, in the thread; all else is the invitation's. */
		draft_reply(d, DRAFT_REPLY, e, "", 0, "", own, from);
		fill(d, kind, &r, from);
	}
	calendar_reply_done(&r);
	str_done(&text);
	return rc;
}

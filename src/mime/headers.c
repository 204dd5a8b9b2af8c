#include "mime/headers.h"

#include "base/i18n.h"
#include "base/utf8.h"
#include "mime/addr.h"
#include "mime/date.h"
#include "mime/flowed.h"
#include "mime/header.h"
#include "mime/word.h"
#include "mime/wrap.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ADDRESSES_MAX = 40, FIELDS_MAX = 2000, FIELD_MAX = 20000 };

static void show_addresses(
	struct text *t, const char *name, const struct addr_list *list, int width)
{
	struct str out = STR_INIT;

	for (size_t i = 0; i < list->n && i < ADDRESSES_MAX; i++) {
		if (i)
			str_adds(&out, ", ");
		addr_show(&out, &list->v[i]);
	}
	if (list->n > ADDRESSES_MAX) {
		str_adds(&out, ", ");
		str_addf(&out, list->cut ? _("and more than %zu more") : _("and %zu more"),
			list->n - ADDRESSES_MAX);
	}
	wrap_field(t, name, str_c(&out), TEXT_HEADER_VALUE, width);
	str_done(&out);
}

/* All fields of that name, because a second one may be what another program shows. */
static size_t read_addresses(
	struct addr_list *list, const char *header, size_t len, const char *name)
{
	struct header_iter it;
	struct header_field field;
	struct str value = STR_INIT;
	size_t n = 0;

	header_start(&it, header, len);
	while (header_next(&it, &field)) {
		if (!header_is(&field, name))
			continue;
		n++;
		str_clear(&value);
		header_value(&value, &field, &it);
		addr_parse(list, str_c(&value), value.len);
	}
	str_done(&value);
	return n;
}

static void show_text(struct text *t, const char *header, size_t len, const char *name, int width)
{
	char *value = header_text(header, len, name);
	struct str shown = STR_INIT;

	if (value) {
		str_add(&shown, value, utf8_cut(value, strlen(value), FIELD_MAX));
		if (value[shown.len])
			str_adds(&shown, "…");
		wrap_field(t, name, str_c(&shown),
			strcmp(name, "Subject") == 0 ? TEXT_SUBJECT : TEXT_HEADER_VALUE, width);
	}
	str_done(&shown);
	free(value);
}

static void show_from(
	struct text *t, const char *header, size_t len, struct addr_list *from, int width)
{
	size_t n = read_addresses(from, header, len, "From");

	if (from->n) {
		show_addresses(t, "From", from, width);
	} else if (n) {
		/* No address in it at all: then as it came, so that it cannot be taken for one. */
		show_text(t, header, len, "From", width);
		wrap_notice(t, _("The From field holds no address"), width);
	}
	if (n > 1)
		wrap_notice(t, _("This message has several From fields: the sender is not clear"),
			width);
}

static void show_reply_to(
	struct text *t, const char *header, size_t len, const struct addr_list *from, int width)
{
	struct addr_list list = {0};
	bool elsewhere = false;

	read_addresses(&list, header, len, "Reply-To");
	for (size_t i = 0; i < list.n; i++)
		elsewhere |= !addr_list_has(from, list.v[i].mail);
	if (elsewhere)
		show_addresses(t, "Reply-To", &list, width);
	addr_list_done(&list);
}

/* When it was written by the reader's clock, and by the writer's where that shows another time. */
static void show_date(struct text *t, const char *header, size_t len, int width)
{
	char *raw = header_text(header, len, "Date");
	struct str s = STR_INIT, there = STR_INIT;
	struct tm tm, theirs;
	int offset = 0;
	time_t when, shifted;

	if (raw && date_parse_zone(raw, strlen(raw), &when, &offset) && localtime_r(&when, &tm)) {
		date_show(&s, _("%a, %e %b %Y %H:%M"), &tm);
		shifted = when + offset * 60;
		if (tm.tm_gmtoff != offset * 60L && gmtime_r(&shifted, &theirs)) {
			bool same_day = theirs.tm_yday == tm.tm_yday;

			date_show(&there, same_day ? "%H:%M" : "%a %H:%M", &theirs);
			str_addf(&there, " %c%02d%02d", offset < 0 ? '-' : '+', abs(offset) / 60,
				abs(offset) % 60);
			str_addf(&s, _(" (there %s)"), str_c(&there));
		}
		wrap_field(t, "Date", str_c(&s), TEXT_HEADER_VALUE, width);
	} else {
		show_text(t, header, len, "Date", width);
	}
	free(raw);
	str_done(&s);
	str_done(&there);
}

static void show_weeded(struct text *t, const char *header, size_t len, int width)
{
	static const char *const lists[] = {"To", "Cc"};
	struct addr_list from = {0};

	show_date(t, header, len, width);
	show_from(t, header, len, &from, width);
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		struct addr_list list = {0};

		read_addresses(&list, header, len, lists[i]);
		if (list.n)
			show_addresses(t, lists[i], &list, width);
		else
			show_text(t, header, len, lists[i], width);
		addr_list_done(&list);
	}
	show_reply_to(t, header, len, &from, width);
	show_text(t, header, len, "Subject", width);
	addr_list_done(&from);
}

static void show_all(struct text *t, const char *header, size_t len, int width)
{
	struct header_iter it;
	struct header_field field;
	size_t n = 0;

	header_start(&it, header, len);
	while (header_next(&it, &field)) {
		struct str raw = STR_INIT;
		char *name, *value;
		bool cut;

		if (n++ >= FIELDS_MAX) {
			wrap_notice(t, _("More header fields are left out"), width);
			return;
		}
		header_unfold(&raw, field.value, field.value_len);
		cut = raw.len > FIELD_MAX;
		str_cut(&raw, FIELD_MAX);
		name = utf8_clean_line(field.name, field.name_len > 200 ? 200 : field.name_len);
		value = word_decoded(str_c(&raw), raw.len);
		wrap_field(t, name, value, TEXT_HEADER_VALUE, width);
		if (cut)
			wrap_notice(t, _("The rest of this field is left out"), width);
		str_done(&raw);
		free(name);
		free(value);
	}
}

/* A block without a single field is text that lost its header: not to be swallowed. */
static bool show_without_fields(struct text *t, const char *header, size_t len, int width)
{
	struct flowed_options opt = {.width = width};
	struct str clean = STR_INIT;
	struct header_iter it;
	struct header_field field;

	header_start(&it, header, len);
	if (header_next(&it, &field))
		return false;
	utf8_clean(&clean, header, len, UTF8_TEXT);
	flowed_text(t, str_c(&clean), clean.len, &opt);
	str_done(&clean);
	return true;
}

void headers_text(struct text *t, const char *header, size_t len, bool all, int width)
{
	if (!header || len == 0 || show_without_fields(t, header, len, width))
		return;
	if (all)
		show_all(t, header, len, width);
	else
		show_weeded(t, header, len, width);
}

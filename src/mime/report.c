#include "mime/report.h"

#include "base/i18n.h"
#include "base/str.h"
#include "base/utf8.h"
#include "mime/header.h"
#include "mime/wrap.h"

#include <stdlib.h>
#include <string.h>

enum { GROUPS_MAX = 100, FIELDS_MAX = 20, VALUE_MAX = 1000 };

/* "rfc822; bob@example.org" and "smtp; 550 no" start with a type that means nothing to people. */
static const char *without_type(const char *value)
{
	const char *semi = strchr(value, ';');

	if (!semi || strcspn(value, " ") < (size_t)(semi - value))
		return value;
	semi++;
	return semi + strspn(semi, " ");
}

static void field(struct text *t, const char *p, size_t len, const char *name, int width)
{
	char *value = header_text(p, len, name);

	if (value && *without_type(value))
		wrap_field(t, name, without_type(value), TEXT_HEADER_VALUE, width);
	free(value);
}

static const char *outcome(const char *action)
{
	if (str_icmp(action, "failed") == 0)
		return _("Not delivered to");
	if (str_icmp(action, "delayed") == 0)
		return _("Delivery is delayed to");
	if (str_icmp(action, "delivered") == 0)
		return _("Delivered to");
	if (str_icmp(action, "relayed") == 0)
		return _("Passed on, without a report to come, to");
	if (str_icmp(action, "expanded") == 0)
		return _("Passed on to the members of");
	return action;
}

static bool show_recipient(struct text *t, const char *p, size_t len, int width)
{
	char *who = header_text(p, len, "Final-Recipient");
	char *action = header_text(p, len, "Action");
	bool is = action && *action;

	if (!who || !*who) {
		free(who);
		who = header_text(p, len, "Original-Recipient");
	}
	if (is) {
		wrap_field(t, outcome(action), who ? without_type(who) : "", TEXT_SUBJECT, width);
		field(t, p, len, "Status", width);
		field(t, p, len, "Diagnostic-Code", width);
		field(t, p, len, "Remote-MTA", width);
		field(t, p, len, "Will-Retry-Until", width);
	}
	free(who);
	free(action);
	return is;
}

static void show_group(struct text *t, const char *p, size_t len, int width)
{
	struct header_iter it;
	struct header_field f;
	size_t shown = 0;

	if (show_recipient(t, p, len, width))
		return;
	header_start(&it, p, len);
	while (header_next(&it, &f)) {
		struct str raw = STR_INIT;
		char *name, *value;

		if (shown++ == FIELDS_MAX) {
			wrap_notice(t, _("More fields are left out"), width);
			return;
		}
		name = utf8_clean_line(f.name, f.name_len);

		header_unfold(&raw, f.value, f.value_len);
		if (raw.len > VALUE_MAX) {
			str_cut(&raw, utf8_cut(raw.p, raw.len, VALUE_MAX));
			str_adds(&raw, "…");
		}
		value = utf8_clean_line(str_c(&raw), raw.len);
		wrap_field(t, name, without_type(value), TEXT_HEADER_VALUE, width);
		str_done(&raw);
		free(name);
		free(value);
	}
}

void report_text(struct text *t, const char *s, size_t len, int width)
{
	const char *end = s + len;
	size_t groups = 0;

	while (s < end) {
		const char *stop = memmem(s, (size_t)(end - s), "\n\n", 2);
		size_t n = (size_t)((stop ? stop + 1 : end) - s);

		if (n > 1) {
			if (groups)
				text_add(t, TEXT_PLAIN, "", 0);
			if (groups++ >= GROUPS_MAX) {
				wrap_notice(t, _("More recipients are left out"), width);
				return;
			}
			show_group(t, s, n, width);
		}
		s += n;
		while (s < end && *s == '\n')
			s++;
	}
}

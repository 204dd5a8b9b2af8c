#include "mime/calendar.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "mime/wrap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS_MAX = 20, PROPERTY_MAX = 16384, VALUE_MAX = 2000, ATTENDEES_MAX = 20 };

struct property {
	char name[32];      /* upper case */
	const char *params; /* ";TZID=..." or "" */
	const char *value;
};

struct event {
	char *summary, *location, *organizer, *start, *end, *repeats, *status; /* owned */
	struct strv attendees;
	size_t more; /* attendees that are not in the list */
};

struct reader {
	const char *p, *end;
	struct str line;
	struct text *t;
	int width, skip; /* nested components inside an event (alarms) */
	bool in_event;
	struct event event;
	size_t events;
	char method[24];
};

/* The next line with its folds undone (RFC 5545 3.1). */
static bool next_line(struct reader *r)
{
	str_clear(&r->line);
	if (r->p >= r->end)
		return false;
	do {
		const char *lf = memchr(r->p, '\n', (size_t)(r->end - r->p));
		const char *stop = lf ? lf : r->end;

		if (r->line.len < PROPERTY_MAX)
			str_add(&r->line, r->p,
				utf8_cut(r->p, (size_t)(stop - r->p), PROPERTY_MAX));
		r->p = lf ? lf + 1 : r->end;
		if (r->p >= r->end || (*r->p != ' ' && *r->p != '\t'))
			break;
		r->p++;
	} while (true);
	return true;
}

static bool split(struct str *line, struct property *out)
{
	char *p = line->p, *name_end;
	bool quoted = false;
	size_t n;

	if (!p)
		return false;
	name_end = p + strcspn(p, ";:");
	n = (size_t)(name_end - p);
	if (n == 0 || n >= sizeof(out->name) || !*name_end)
		return false;
	for (size_t i = 0; i < n; i++)
		out->name[i] = p[i] >= 'a' && p[i] <= 'z' ? (char)(p[i] - 32) : p[i];
	out->name[n] = '\0';
	for (p = name_end; *p && (*p != ':' || quoted); p++)
		if (*p == '"')
			quoted = !quoted;
	if (!*p)
		return false;
	*p = '\0';
	out->params = name_end < p ? name_end : "";
	out->value = p + 1;
	return true;
}

/* The value of a parameter, without quotes; NULL when there is none. free(). */
static char *parameter(const struct property *p, const char *name)
{
	const char *s = p->params;
	size_t n = strlen(name);

	while (*s == ';') {
		const char *start = ++s, *value;
		bool quoted = false;

		for (; *s && (*s != ';' || quoted); s++)
			if (*s == '"')
				quoted = !quoted;
		if ((size_t)(s - start) <= n || str_nicmp(start, name, n) != 0 || start[n] != '=')
			continue;
		value = start + n + 1;
		if (*value == '"' && s - value >= 2)
			return utf8_clean_line(value + 1, (size_t)(s - value - 2));
		return utf8_clean_line(value, (size_t)(s - value));
	}
	return NULL;
}

/* RFC 5545 3.3.11 */
static char *unescaped(const char *s)
{
	struct str out = STR_INIT;
	char *clean;

	for (; *s && out.len < VALUE_MAX; s++) {
		if (*s != '\\' || !s[1]) {
			str_addc(&out, *s);
			continue;
		}
		s++;
		str_addc(&out, *s == 'n' || *s == 'N' ? ' ' : *s);
	}
	str_cut(&out, utf8_cut(str_c(&out), out.len, out.len)); /* may end inside a character */
	clean = utf8_clean_line(str_c(&out), out.len);
	str_done(&out);
	return clean;
}

static bool digits(const char *s, int n)
{
	for (int i = 0; i < n; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return true;
}

/* "20260131T090000Z" becomes "2026-01-31 09:00 UTC"; another form stays as it is. */
static char *when(const struct property *p)
{
	const char *v = p->value;
	struct str out = STR_INIT;
	char *zone = NULL;

	if (strlen(v) < 8 || !digits(v, 8))
		return unescaped(v);
	str_addf(&out, "%.4s-%.2s-%.2s", v, v + 4, v + 6);
	if (v[8] == 'T' && strlen(v) >= 13 && digits(v + 9, 4)) {
		str_addf(&out, " %.2s:%.2s", v + 9, v + 11);
		zone = parameter(p, "TZID");
		if (v[strlen(v) - 1] == 'Z')
			str_adds(&out, " UTC");
		else if (zone && *zone)
			str_addf(&out, " (%s)", zone);
	}
	free(zone);
	return str_steal(&out);
}

/* "Name <mail>" of a calendar user; the address is always shown. */
static char *person(const struct property *p)
{
	struct str out = STR_INIT;
	char *name = parameter(p, "CN"), *mail = unescaped(p->value);
	const char *bare = str_istarts(mail, "mailto:") ? mail + 7 : mail;

	if (name && *name && !strchr(name, '@') && str_icmp(name, bare) != 0)
		str_addf(&out, "%s <%s>", name, bare);
	else
		str_adds(&out, bare);
	free(name);
	free(mail);
	return str_steal(&out);
}

static const char *answer_text(const char *partstat)
{
	if (!partstat || str_icmp(partstat, "NEEDS-ACTION") == 0)
		return NULL;
	if (str_icmp(partstat, "ACCEPTED") == 0)
		return _("accepted");
	if (str_icmp(partstat, "DECLINED") == 0)
		return _("declined");
	if (str_icmp(partstat, "TENTATIVE") == 0)
		return _("tentative");
	return NULL;
}

static void add_attendee(struct event *e, const struct property *p)
{
	struct str out = STR_INIT;
	char *who, *partstat;

	if (e->attendees.n >= ATTENDEES_MAX) {
		e->more++;
		return;
	}
	who = person(p);
	partstat = parameter(p, "PARTSTAT");
	str_adds(&out, who);
	if (answer_text(partstat))
		str_addf(&out, " (%s)", answer_text(partstat));
	strv_take(&e->attendees, str_steal(&out));
	free(who);
	free(partstat);
}

static void set(char **to, char *value)
{
	free(*to);
	*to = value;
}

static void event_property(struct event *e, const struct property *p)
{
	if (strcmp(p->name, "SUMMARY") == 0)
		set(&e->summary, unescaped(p->value));
	else if (strcmp(p->name, "LOCATION") == 0)
		set(&e->location, unescaped(p->value));
	else if (strcmp(p->name, "ORGANIZER") == 0)
		set(&e->organizer, person(p));
	else if (strcmp(p->name, "DTSTART") == 0)
		set(&e->start, when(p));
	else if (strcmp(p->name, "DTEND") == 0)
		set(&e->end, when(p));
	else if (strcmp(p->name, "RRULE") == 0)
		set(&e->repeats, unescaped(p->value));
	else if (strcmp(p->name, "STATUS") == 0)
		set(&e->status, unescaped(p->value));
	else if (strcmp(p->name, "ATTENDEE") == 0)
		add_attendee(e, p);
}

static void event_done(struct event *e)
{
	free(e->summary);
	free(e->location);
	free(e->organizer);
	free(e->start);
	free(e->end);
	free(e->repeats);
	free(e->status);
	strv_done(&e->attendees);
	memset(e, 0, sizeof(*e));
}

static const char *title(const struct reader *r)
{
	const struct event *e = &r->event;

	if (str_icmp(r->method, "CANCEL") == 0 ||
		(e->status && str_icmp(e->status, "CANCELLED") == 0))
		return _("Cancelled event");
	if (str_icmp(r->method, "REPLY") == 0)
		return _("Answer to an invitation");
	if (str_icmp(r->method, "REQUEST") == 0)
		return _("Invitation");
	return _("Event");
}

static void field(struct reader *r, const char *name, const char *value)
{
	if (value && *value)
		wrap_field(r->t, name, value, TEXT_HEADER_VALUE, r->width);
}

static void show_attendees(struct reader *r)
{
	struct str all = STR_INIT;
	const struct strv *v = &r->event.attendees;

	for (size_t i = 0; i < v->n; i++)
		str_addf(&all, "%s%s", i ? ", " : "", v->v[i]);
	if (r->event.more) {
		str_adds(&all, ", ");
		str_addf(&all, _("%zu more"), r->event.more);
	}
	field(r, _("Who"), str_c(&all));
	str_done(&all);
}

/* Then the day and the zone need not be said twice. */
static bool same_day(const struct event *e)
{
	return e->start && e->end && strlen(e->start) >= 16 && strlen(e->end) >= 16 &&
	       digits(e->start, 4) && strncmp(e->start, e->end, 11) == 0 &&
	       strcmp(e->start + 16, e->end + 16) == 0 && strcmp(e->start, e->end) != 0;
}

static void show_event(struct reader *r)
{
	const struct event *e = &r->event;
	struct str span = STR_INIT;

	if (r->events++ >= EVENTS_MAX)
		return;
	if (r->events > 1)
		text_add(r->t, TEXT_PLAIN, "", 0);
	wrap_field(r->t, title(r), e->summary ? e->summary : "", TEXT_SUBJECT, r->width);
	if (same_day(e))
		str_addf(&span, "%.16s – %s", e->start, e->end + 11);
	else if (e->end && e->start && strcmp(e->end, e->start) != 0)
		str_addf(&span, "%s – %s", e->start, e->end);
	else
		str_adds(&span, e->start);
	field(r, _("When"), str_c(&span));
	field(r, _("Repeats"), e->repeats);
	field(r, _("Where"), e->location);
	field(r, _("Organizer"), e->organizer);
	show_attendees(r);
	str_done(&span);
}

static void handle(struct reader *r, const struct property *p)
{
	bool begin = strcmp(p->name, "BEGIN") == 0, end = strcmp(p->name, "END") == 0;

	if (!r->in_event) {
		if (strcmp(p->name, "METHOD") == 0)
			snprintf(r->method, sizeof(r->method), "%s", p->value);
		r->in_event = begin && str_icmp(p->value, "VEVENT") == 0;
		r->skip = 0;
		return;
	}
	if (end && r->skip == 0) {
		show_event(r);
		event_done(&r->event);
		r->in_event = false;
		return;
	}
	if (begin || end)
		r->skip += begin ? 1 : -1;
	else if (r->skip == 0)
		event_property(&r->event, p);
}

void calendar_text(struct text *t, const char *s, size_t len, int width)
{
	struct reader r = {.p = s, .end = s + len, .t = t, .width = width};

	while (r.events <= EVENTS_MAX && next_line(&r)) {
		struct property p;

		if (split(&r.line, &p))
			handle(&r, &p);
	}
	/* Cut in the middle of an event: what was read is better than nothing. */
	if (r.in_event)
		show_event(&r);
	if (r.events == 0)
		wrap_notice(t, _("This calendar entry holds no event that can be shown"), width);
	else if (r.events > EVENTS_MAX)
		wrap_notice(t, _("More events are left out"), width);
	event_done(&r.event);
	str_done(&r.line);
}

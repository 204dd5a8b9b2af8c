#include "mime/calendar.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "mime/date.h"
#include "mime/wrap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ZONE_MAX = 32768,
	EVENTS_MAX = 20,
	PROPERTY_MAX = 16384,
	VALUE_MAX = 2000,
	ATTENDEES_MAX = 20,
	INVITED_MAX = 2000
};

struct property {
	char name[32];      /* upper case */
	const char *params; /* ";TZID=..." or "" */
	const char *value;
};

struct moment {
	char *value, *tzid; /* owned; as they stand, clean; tzid may be NULL */
};

struct event {
	char *summary, *location, *organizer, *organizer_mail, *repeats, *status, *uid, *sequence,
		*duration; /* owned */
	struct moment start, end, recurrence;
	struct strv attendees;
	struct strv mails, names; /* of all attendees up to INVITED_MAX */
	size_t more;              /* attendees that are not in the list */
};

struct reader {
	const char *p, *end;
	struct str line;
	struct text *t;
	int width, skip; /* nested components inside an event (alarms) */
	bool in_event, ended;
	struct event event;
	size_t events;
	struct ical_zones zones;
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

static void moment_done(struct moment *m)
{
	free(m->value);
	free(m->tzid);
	*m = (struct moment){0};
}

static void set_moment(struct moment *m, const struct property *p)
{
	moment_done(m);
	m->value = unescaped(p->value);
	m->tzid = parameter(p, "TZID");
}

static const char *bare_mail(const char *value)
{
	return str_istarts(value, "mailto:") ? value + strlen("mailto:") : value;
}

/* "Name <mail>" of a calendar user; the address is always shown. */
static char *person(const struct property *p)
{
	struct str out = STR_INIT;
	char *name = parameter(p, "CN"), *mail = unescaped(p->value);
	const char *bare = bare_mail(mail);

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

	if (e->mails.n < INVITED_MAX) {
		char *mail = unescaped(p->value), *name = parameter(p, "CN");

		strv_add(&e->mails, bare_mail(mail));
		strv_add(&e->names, name ? name : "");
		free(mail);
		free(name);
	}
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

static void set_organizer(struct event *e, const struct property *p)
{
	char *mail = unescaped(p->value);

	set(&e->organizer, person(p));
	set(&e->organizer_mail, mem_strdup(bare_mail(mail)));
	free(mail);
}

static void set_repeats(struct event *e, const struct property *p)
{
	char *rule = unescaped(p->value), *words = ical_repeats(rule);

	set(&e->repeats, mem_strdup(words ? words : rule));
	free(words);
	free(rule);
}

static void event_property(struct event *e, const struct property *p)
{
	if (strcmp(p->name, "SUMMARY") == 0)
		set(&e->summary, unescaped(p->value));
	else if (strcmp(p->name, "LOCATION") == 0)
		set(&e->location, unescaped(p->value));
	else if (strcmp(p->name, "ORGANIZER") == 0)
		set_organizer(e, p);
	else if (strcmp(p->name, "DTSTART") == 0)
		set_moment(&e->start, p);
	else if (strcmp(p->name, "DTEND") == 0)
		set_moment(&e->end, p);
	else if (strcmp(p->name, "RECURRENCE-ID") == 0)
		set_moment(&e->recurrence, p);
	else if (strcmp(p->name, "DURATION") == 0)
		set(&e->duration, unescaped(p->value));
	else if (strcmp(p->name, "UID") == 0)
		set(&e->uid, unescaped(p->value));
	else if (strcmp(p->name, "SEQUENCE") == 0)
		set(&e->sequence, unescaped(p->value));
	else if (strcmp(p->name, "RRULE") == 0)
		set_repeats(e, p);
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
	free(e->organizer_mail);
	free(e->repeats);
	free(e->status);
	free(e->uid);
	free(e->sequence);
	free(e->duration);
	moment_done(&e->start);
	moment_done(&e->end);
	moment_done(&e->recurrence);
	strv_done(&e->attendees);
	strv_done(&e->mails);
	strv_done(&e->names);
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
	if (str_icmp(r->method, "COUNTER") == 0)
		return _("Another time is proposed");
	if (str_icmp(r->method, "REQUEST") == 0)
		return e->sequence && strtol(e->sequence, NULL, 10) > 0 ? _("Changed invitation")
									: _("Invitation");
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

/* --- times --- */

#define FULL _("%a, %e %b %Y %H:%M")
#define DAY _("%a, %e %b %Y")

static bool same_day(const struct tm *a, const struct tm *b)
{
	return a->tm_year == b->tm_year && a->tm_yday == b->tm_yday;
}

/* By the reader's clock; by that of the mail, where nobody knows how it goes. */
static struct tm clock_of(const struct ical_time *t)
{
	struct tm tm = {0};

	if (!localtime_r(&t->when, &tm))
		tm = t->own;
	return tm;
}

/* What the clock of the mail says, where that is another time. */
static void add_there(
	struct str *out, const struct ical_time *t, const struct tm *here, const char *tzid)
{
	if (t->day || !tzid || !*tzid)
		return;
	if (!t->known)
		str_addf(out, " (%s)", tzid);
	else if (t->own.tm_hour != here->tm_hour || t->own.tm_min != here->tm_min)
		str_addf(out, _(" (%02d:%02d %s)"), t->own.tm_hour, t->own.tm_min, tzid);
}

/* False: there is none, or it says no more than the beginning. */
static bool end_of(struct ical_time *end, const struct event *e, const struct ical_time *start,
	const struct ical_zones *zones)
{
	enum { HOURS = 3600 };
	long seconds = 0;

	if (e->end.value) {
		if (!ical_time(end, e->end.value, e->end.tzid, zones))
			return false;
		/* The day behind the last one is what is written. */
		if (end->day)
			end->when -= 24L * HOURS;
		return end->when > start->when;
	}
	if (!e->duration || !ical_seconds(e->duration, &seconds) || seconds <= 0)
		return false;
	*end = *start;
	end->when += seconds - (start->day ? 24L * HOURS : 0);
	return end->when > start->when;
}

static void add_when(struct str *out, const struct event *e, const struct moment *m, bool with_end,
	const struct ical_zones *zones)
{
	struct ical_time start, end;
	struct tm from, to;

	if (!m->value)
		return;
	if (!ical_time(&start, m->value, m->tzid, zones)) {
		str_adds(out, m->value);
		return;
	}
	from = clock_of(&start);
	date_show(out, start.day ? DAY : FULL, &from);
	if (with_end && end_of(&end, e, &start, zones)) {
		to = clock_of(&end);
		str_adds(out, " – ");
		date_show(out, end.day ? DAY : same_day(&from, &to) ? "%H:%M" : FULL, &to);
	}
	add_there(out, &start, &from, m->tzid);
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
	add_when(&span, e, &e->start, true, &r->zones);
	field(r, _("When"), str_c(&span));
	field(r, _("Repeats"), e->repeats);
	str_clear(&span);
	add_when(&span, e, &e->recurrence, false, &r->zones);
	field(r, _("Only the one of"), str_c(&span));
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
		r->in_event = false;
		r->ended = true;
		return;
	}
	if (begin || end)
		r->skip += begin ? 1 : -1;
	else if (r->skip == 0)
		event_property(&r->event, p);
}

/* Up to the end of the next event; cut in the middle of one, what was read is better than nothing.
 */
static bool next_event(struct reader *r)
{
	event_done(&r->event);
	r->ended = r->in_event = false;
	if (r->p >= r->end)
		return false;
	while (!r->ended && next_line(r)) {
		struct property p;

		if (split(&r->line, &p))
			handle(r, &p);
	}
	return r->ended || r->in_event;
}

/* Zones may stand behind the events that speak of them. */
static void read_zones(struct reader *r)
{
	struct str zone = STR_INIT;
	bool in = false;

	while (r->zones.n < ICAL_ZONES_MAX && next_line(r)) {
		size_t n = r->line.len;

		while (n && (r->line.p[n - 1] == '\r' || r->line.p[n - 1] == ' '))
			n--;
		if (n == strlen("BEGIN:VTIMEZONE") &&
			str_nicmp(str_c(&r->line), "BEGIN:VTIMEZONE", n) == 0) {
			in = true;
			str_clear(&zone);
		}
		if (in && zone.len + n < ZONE_MAX) {
			str_add(&zone, str_c(&r->line), n);
			str_addc(&zone, '\n');
		}
		if (in && n == strlen("END:VTIMEZONE") &&
			str_nicmp(str_c(&r->line), "END:VTIMEZONE", n) == 0) {
			in = false;
			ical_zones_add(&r->zones, str_c(&zone));
		}
	}
	str_done(&zone);
}

static void reader_start(struct reader *r, const char *s, size_t len)
{
	r->p = s;
	r->end = s + len;
	read_zones(r);
	r->p = s;
}

static void reader_done(struct reader *r)
{
	event_done(&r->event);
	ical_zones_done(&r->zones);
	str_done(&r->line);
}

void calendar_text(struct text *t, const char *s, size_t len, int width)
{
	struct reader r = {.t = t, .width = width};

	reader_start(&r, s, len);
	while (r.events <= EVENTS_MAX && next_event(&r))
		show_event(&r);
	if (r.events == 0)
		wrap_notice(t, _("This calendar entry holds no event that can be shown"), width);
	else if (r.events > EVENTS_MAX)
		wrap_notice(t, _("More events are left out"), width);
	reader_done(&r);
}

/* --- answers --- */

void calendar_reply_done(struct calendar_reply *r)
{
	str_done(&r->text);
	free(r->organizer);
	free(r->attendee);
	free(r->summary);
	*r = (struct calendar_reply){0};
}

static bool is_own(const struct strv *own, const char *mail)
{
	for (size_t i = 0; i < own->n; i++)
		if (str_icmp(own->v[i], mail) == 0)
			return true;
	return false;
}

/* Only what is a time goes back as one. */
static const char *sound(const struct moment *m)
{
	static const struct ical_zones none = {0};
	struct ical_time t;

	return m->value && ical_time(&t, m->value, NULL, &none) ? m->value : NULL;
}

static void reply(struct calendar_reply *out, const struct event *e, size_t who,
	enum ical_answer answer, time_t now)
{
	struct ical_reply r = {.answer = answer,
		.uid = e->uid,
		.organizer = e->organizer_mail,
		.attendee = e->mails.v[who],
		.attendee_name = e->names.v[who],
		.summary = e->summary,
		.sequence = e->sequence,
		.recurrence_id = sound(&e->recurrence),
		.recurrence_tzid = e->recurrence.tzid,
		.start = sound(&e->start),
		.start_tzid = e->start.tzid,
		.now = now};

	ical_write_reply(&out->text, &r);
	out->organizer = mem_strdup(e->organizer_mail);
	out->attendee = mem_strdup(e->mails.v[who]);
	out->summary = mem_strdup(e->summary ? e->summary : "");
}

static int answer_first(struct calendar_reply *out, struct reader *r, enum ical_answer answer,
	const struct strv *own, time_t now, struct err *err)
{
	const struct event *e = &r->event;

	if (!next_event(r) || str_icmp(r->method, "REQUEST") != 0 || !e->uid || !*e->uid ||
		!e->organizer_mail || !strchr(e->organizer_mail, '@'))
		return err_set(
			err, ERR_INPUT, _("This message holds no invitation that can be answered"));
	for (size_t i = 0; i < e->mails.n; i++)
		if (is_own(own, e->mails.v[i])) {
			reply(out, e, i, answer, now);
			return 0;
		}
	return err_set(err, ERR_INPUT,
		_("None of your addresses is invited; alternates in the account names others of "
		  "yours"));
}

int calendar_answer(struct calendar_reply *out, const char *s, size_t len, enum ical_answer answer,
	const struct strv *own, time_t now, struct err *err)
{
	struct reader r = {0};
	int rc;

	*out = (struct calendar_reply){0};
	reader_start(&r, s, len);
	rc = answer_first(out, &r, answer, own, now, err);
	reader_done(&r);
	return rc;
}

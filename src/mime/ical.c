#include "mime/ical.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <libical/ical.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { YEAR_MIN = 1902, YEAR_MAX = 2199, RULE_MAX = 500 };

struct ical_zone {
	char *tzid;
	icaltimezone *zone;
};

static void start_once(void)
{
	icalerror_set_errors_are_fatal(0);
	icaltimezone_get_builtin_timezones();
}

/* What libical has for all threads. */
static void start(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, start_once);
}

/* --- zones --- */

/* One that counts by another calendar (RFC 7529) is not known here. */
static bool read_rule(struct icalrecurrencetype *r, const char *rule)
{
	bool known;

	if (strlen(rule) > RULE_MAX)
		return false;
	*r = icalrecurrencetype_from_string(rule);
	known = r->freq != ICAL_NO_RECURRENCE && !r->rscale;
	free(r->rscale);
	r->rscale = NULL;
	return known;
}

/* The changes of a clock come once a year, at a time of their own (DTSTART). */
static bool is_yearly(const char *rule)
{
	struct icalrecurrencetype r;

	if (!read_rule(&r, rule))
		return false;
	return r.freq == ICAL_YEARLY_RECURRENCE && r.interval == 1 &&
	       r.by_second[0] == ICAL_RECURRENCE_ARRAY_MAX &&
	       r.by_minute[0] == ICAL_RECURRENCE_ARRAY_MAX &&
	       r.by_hour[0] == ICAL_RECURRENCE_ARRAY_MAX &&
	       r.by_year_day[0] == ICAL_RECURRENCE_ARRAY_MAX &&
	       r.by_week_no[0] == ICAL_RECURRENCE_ARRAY_MAX &&
	       r.by_set_pos[0] == ICAL_RECURRENCE_ARRAY_MAX &&
	       r.by_month[1] == ICAL_RECURRENCE_ARRAY_MAX;
}

static bool is_clock_line(const char *line)
{
	static const char *const wanted[] = {"DTSTART:", "TZOFFSETFROM:", "TZOFFSETTO:"};

	for (size_t n = 0; n < MEM_COUNT(wanted); n++)
		if (str_istarts(line, wanted[n]))
			return true;
	return str_istarts(line, "RRULE:") && is_yearly(line + strlen("RRULE:"));
}

/* Each of its clocks says how far it is from UTC: without that it would be UTC's. */
static bool is_whole_zone(icalcomponent *c)
{
	icalcomponent *x = icalcomponent_get_first_component(c, ICAL_ANY_COMPONENT);
	bool any = false;

	for (; x; x = icalcomponent_get_next_component(c, ICAL_ANY_COMPONENT)) {
		any = true;
		if (!icalcomponent_get_first_property(x, ICAL_TZOFFSETTO_PROPERTY) ||
			!icalcomponent_get_first_property(x, ICAL_TZOFFSETFROM_PROPERTY) ||
			!icalcomponent_get_first_property(x, ICAL_DTSTART_PROPERTY))
			return false;
	}
	return any;
}

/* Where a line stands: libical says on standard error what is amiss with beginnings and ends. */
enum place { PLACE_BEFORE, PLACE_ZONE, PLACE_CLOCK, PLACE_BEHIND };

static bool steps(enum place *at, const char *line)
{
	static const struct {
		const char *line;
		enum place from, to;
	} rows[] = {{"BEGIN:VTIMEZONE", PLACE_BEFORE, PLACE_ZONE},
		{"BEGIN:STANDARD", PLACE_ZONE, PLACE_CLOCK},
		{"BEGIN:DAYLIGHT", PLACE_ZONE, PLACE_CLOCK},
		{"END:STANDARD", PLACE_CLOCK, PLACE_ZONE},
		{"END:DAYLIGHT", PLACE_CLOCK, PLACE_ZONE},
		{"END:VTIMEZONE", PLACE_ZONE, PLACE_BEHIND}};

	for (size_t i = 0; i < MEM_COUNT(rows); i++)
		if (*at == rows[i].from && str_icmp(line, rows[i].line) == 0) {
			*at = rows[i].to;
			return true;
		}
	return false;
}

/* What libical may see, and the name; NULL: it is no zone. */
static char *looked_at(struct str *out, const char *text)
{
	enum place at = PLACE_BEFORE;
	char *tzid = NULL;
	size_t lines = 0;

	while (*text && lines++ < ICAL_ZONE_LINES_MAX) {
		size_t n = strcspn(text, "\n");
		char *line = utf8_clean_line(text, n);

		if (at == PLACE_ZONE && !tzid && str_istarts(line, "TZID:")) {
			tzid = mem_strdup(line + strlen("TZID:"));
			str_adds(out, "TZID:zone\r\n");
		}
		if (steps(&at, line) || (at == PLACE_CLOCK && is_clock_line(line))) {
			str_adds(out, line);
			str_adds(out, "\r\n");
		}
		free(line);
		text += n + (text[n] == '\n');
	}
	if (at != PLACE_BEHIND)
		MEM_FREE(tzid);
	return tzid;
}

void ical_zones_add(struct ical_zones *z, const char *text)
{
	struct str clean = STR_INIT;
	icalcomponent *c;
	char *tzid;

	if (z->n >= ICAL_ZONES_MAX)
		return;
	start();
	tzid = looked_at(&clean, text);
	c = tzid ? icalparser_parse_string(str_c(&clean)) : NULL;
	str_done(&clean);
	if (c && icalcomponent_isa(c) == ICAL_VTIMEZONE_COMPONENT && is_whole_zone(c)) {
		icaltimezone *zone = icaltimezone_new();

		if (icaltimezone_set_component(zone, c)) {
			z->v = mem_resize(z->v, z->n + 1, sizeof(*z->v));
			z->v[z->n++] = (struct ical_zone){tzid, zone};
			return;
		}
		icaltimezone_free(zone, 1);
	}
	if (c)
		icalcomponent_free(c);
	free(tzid);
}

void ical_zones_done(struct ical_zones *z)
{
	for (size_t i = 0; i < z->n; i++) {
		free(z->v[i].tzid);
		icaltimezone_free(z->v[i].zone, 1);
	}
	free(z->v);
	*z = (struct ical_zones){0};
}

/* As the system knows it by this name, else as the mail describes it. */
static const icaltimezone *zone_of(const struct ical_zones *z, const char *tzid)
{
	const icaltimezone *known = icaltimezone_get_builtin_timezone(tzid);

	if (known)
		return known;
	for (size_t i = 0; i < z->n; i++)
		if (strcmp(z->v[i].tzid, tzid) == 0)
			return z->v[i].zone;
	return NULL;
}

/* --- times --- */

static bool has_digits(const char *s, size_t n)
{
	return strspn(s, "0123456789") >= n;
}

bool ical_time(
	struct ical_time *out, const char *value, const char *tzid, const struct ical_zones *z)
{
	const icaltimezone *zone = NULL;
	struct icaltimetype t;
	size_t len = strlen(value);

	*out = (struct ical_time){0};
	start();
	if (!has_digits(value, 8) || (len != 8 && (len < 15 || len > 16 || value[8] != 'T' ||
							  !has_digits(value + 9, 6))))
		return false;
	t = icaltime_from_string(value);
	if (icaltime_is_null_time(t) || t.year < YEAR_MIN || t.year > YEAR_MAX)
		return false;
	t = icaltime_normalize(t);
	out->day = t.is_date;
	out->own = (struct tm){.tm_year = t.year - 1900,
		.tm_mon = t.month - 1,
		.tm_mday = t.day,
		.tm_hour = t.is_date ? 12 : t.hour,
		.tm_min = t.minute,
		.tm_sec = t.second,
		.tm_isdst = -1};
	if (!t.is_date && value[len - 1] == 'Z')
		zone = icaltimezone_get_utc_timezone();
	else if (!t.is_date && tzid)
		zone = zone_of(z, tzid);
	if (zone) {
		out->when = icaltime_as_timet_with_zone(t, zone);
		out->known = true;
	} else {
		struct tm here = out->own;

		out->when = mktime(&here);
		out->own.tm_wday = here.tm_wday;
		out->known = t.is_date;
	}
	return true;
}

bool ical_seconds(const char *duration, long *out)
{
	struct icaldurationtype d;

	start();
	d = icaldurationtype_from_string(duration);
	if (icaldurationtype_is_bad_duration(d) || d.weeks > 1000 || d.days > 10000 ||
		d.hours > 100000 || d.minutes > 1000000 || d.seconds > 100000000)
		return false;
	*out = icaldurationtype_as_int(d);
	return true;
}

/* --- repetitions --- */

static void add_every(struct str *out, const struct icalrecurrencetype *r)
{
	int n = r->interval;

	switch (r->freq) {
	case ICAL_DAILY_RECURRENCE:
		str_addf(out, ngettext("every day", "every %d days", (unsigned)n), n);
		break;
	case ICAL_WEEKLY_RECURRENCE:
		str_addf(out, ngettext("every week", "every %d weeks", (unsigned)n), n);
		break;
	case ICAL_MONTHLY_RECURRENCE:
		str_addf(out, ngettext("every month", "every %d months", (unsigned)n), n);
		break;
	default:
		str_addf(out, ngettext("every year", "every %d years", (unsigned)n), n);
		break;
	}
}

/* In the language of the dates. */
static void add_named(struct str *out, const char *format, int wday, int month)
{
	struct tm tm = {.tm_wday = wday, .tm_mon = month, .tm_mday = 1};
	char name[64];

	if (strftime(name, sizeof(name), format, &tm))
		str_adds(out, name);
}

static const char *place(int position)
{
	static const char *const names[] = {
		N_("first"), N_("second"), N_("third"), N_("fourth"), N_("fifth")};

	return position == -1 ? _("last") : _(names[position - 1]);
}

static bool add_days(struct str *out, const struct icalrecurrencetype *r)
{
	for (int i = 0; i < ICAL_BY_DAY_SIZE && r->by_day[i] != ICAL_RECURRENCE_ARRAY_MAX; i++) {
		int day = (int)icalrecurrencetype_day_day_of_week(r->by_day[i]) -
			  (int)ICAL_SUNDAY_WEEKDAY;
		int position = icalrecurrencetype_day_position(r->by_day[i]);

		if (day < 0 || day > 6 || position < -1 || position > 5)
			return false;
		str_adds(out, i ? ", " : " ");
		if (i == 0)
			str_adds(out, _("on "));
		if (position)
			str_addf(out, "%s ", place(position));
		add_named(out, "%A", day, 0);
	}
	return true;
}

static bool add_month_days(struct str *out, const struct icalrecurrencetype *r)
{
	for (int i = 0;
		i < ICAL_BY_MONTHDAY_SIZE && r->by_month_day[i] != ICAL_RECURRENCE_ARRAY_MAX; i++) {
		if (r->by_month_day[i] < -1)
			return false;
		str_adds(out, i ? ", " : " ");
		if (i == 0)
			str_adds(out, _("on the "));
		if (r->by_month_day[i] == -1)
			str_adds(out, _("last day"));
		else
			str_addf(out, _("%d."), r->by_month_day[i]);
	}
	return true;
}

static bool add_months(struct str *out, const struct icalrecurrencetype *r)
{
	for (int i = 0; i < ICAL_BY_MONTH_SIZE && r->by_month[i] != ICAL_RECURRENCE_ARRAY_MAX;
		i++) {
		if (r->by_month[i] < 1 || r->by_month[i] > 12)
			return false;
		str_adds(out, i ? ", " : " ");
		if (i == 0)
			str_adds(out, _("in "));
		add_named(out, "%B", 0, r->by_month[i] - 1);
	}
	return true;
}

static void add_end(struct str *out, const struct icalrecurrencetype *r)
{
	if (r->count > 0)
		str_addf(out, ngettext(", once", ", %d times", (unsigned)r->count), r->count);
	else if (!icaltime_is_null_time(r->until))
		str_addf(out, _(", until %04d-%02d-%02d"), r->until.year, r->until.month,
			r->until.day);
}

static bool has_words(const struct icalrecurrencetype *r)
{
	return r->freq >= ICAL_DAILY_RECURRENCE && r->freq <= ICAL_YEARLY_RECURRENCE &&
	       r->interval >= 1 && r->by_second[0] == ICAL_RECURRENCE_ARRAY_MAX &&
	       r->by_minute[0] == ICAL_RECURRENCE_ARRAY_MAX &&
	       r->by_hour[0] == ICAL_RECURRENCE_ARRAY_MAX &&
	       r->by_year_day[0] == ICAL_RECURRENCE_ARRAY_MAX &&
	       r->by_week_no[0] == ICAL_RECURRENCE_ARRAY_MAX &&
	       r->by_set_pos[0] == ICAL_RECURRENCE_ARRAY_MAX;
}

char *ical_repeats(const char *rule)
{
	struct icalrecurrencetype r;
	struct str out = STR_INIT;

	start();
	if (!read_rule(&r, rule))
		return NULL;
	if (has_words(&r)) {
		add_every(&out, &r);
		if (add_days(&out, &r) && add_month_days(&out, &r) && add_months(&out, &r)) {
			add_end(&out, &r);
			return str_steal(&out);
		}
	}
	str_done(&out);
	return mem_strdup(rule);
}

/* --- answers --- */

static icalproperty *timed(
	icalproperty *(*make)(struct icaltimetype v), const char *value, const char *tzid)
{
	icalproperty *p = make(icaltime_from_string(value));

	if (tzid && *tzid)
		icalproperty_add_parameter(p, icalparameter_new_tzid(tzid));
	return p;
}

static icalproperty *attendee(const struct ical_reply *r)
{
	static const icalparameter_partstat answers[] = {[ICAL_ACCEPT] = ICAL_PARTSTAT_ACCEPTED,
		[ICAL_TENTATIVE] = ICAL_PARTSTAT_TENTATIVE,
		[ICAL_DECLINE] = ICAL_PARTSTAT_DECLINED};
	struct str to = STR_INIT;
	icalproperty *p;

	str_addf(&to, "mailto:%s", r->attendee);
	p = icalproperty_new_attendee(to.p);
	icalproperty_add_parameter(p, icalparameter_new_partstat(answers[r->answer]));
	if (r->attendee_name && *r->attendee_name)
		icalproperty_add_parameter(p, icalparameter_new_cn(r->attendee_name));
	str_done(&to);
	return p;
}

static icalcomponent *event_of(const struct ical_reply *r)
{
	icalcomponent *e = icalcomponent_new_vevent();
	struct str organizer = STR_INIT;

	str_addf(&organizer, "mailto:%s", r->organizer);
	icalcomponent_add_property(e, icalproperty_new_uid(r->uid));
	icalcomponent_add_property(e, icalproperty_new_dtstamp(icaltime_from_timet_with_zone(
					      r->now, 0, icaltimezone_get_utc_timezone())));
	icalcomponent_add_property(e, icalproperty_new_organizer(organizer.p));
	icalcomponent_add_property(e, attendee(r));
	if (r->sequence)
		icalcomponent_add_property(
			e, icalproperty_new_sequence((int)strtol(r->sequence, NULL, 10)));
	if (r->recurrence_id)
		icalcomponent_add_property(e,
			timed(icalproperty_new_recurrenceid, r->recurrence_id, r->recurrence_tzid));
	if (r->start)
		icalcomponent_add_property(
			e, timed(icalproperty_new_dtstart, r->start, r->start_tzid));
	if (r->summary)
		icalcomponent_add_property(e, icalproperty_new_summary(r->summary));
	str_done(&organizer);
	return e;
}

void ical_write_reply(struct str *out, const struct ical_reply *r)
{
	icalcomponent *c;
	char *text;

	start();
	c = icalcomponent_vanew(ICAL_VCALENDAR_COMPONENT, icalproperty_new_version("2.0"),
		icalproperty_new_prodid("-//Talaria//EN"),
		icalproperty_new_method(ICAL_METHOD_REPLY), event_of(r), (void *)0);
	text = icalcomponent_as_ical_string_r(c);
	str_adds(out, text);
	icalmemory_free_buffer(text);
	icalcomponent_free(c);
}

/* Calendars: times and repetitions in words, and answers, which libical itself reads back. */
#include "mime_test.h"

#include "mime/build.h"
#include "mime/calendar.h"
#include "mime/header.h"
#include "mime/letter.h"

#include <libical/ical.h>
#include <locale.h>
#include <sys/mman.h>
#include <unistd.h>

#define ZONE                                                                                       \
	"BEGIN:VTIMEZONE\nTZID:W. Europe\nBEGIN:STANDARD\nDTSTART:16010101T030000\n"               \
	"TZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\n"          \
	"END:STANDARD\nBEGIN:DAYLIGHT\nDTSTART:16010101T020000\nTZOFFSETFROM:+0100\n"              \
	"TZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT\n"                 \
	"END:VTIMEZONE\n"
#define EVENT(lines)                                                                               \
	"BEGIN:VEVENT\nUID:u-1@example.org\nORGANIZER;CN=Rosa:mailto:rosa@example.org\n"           \
	"ATTENDEE;CN=\"Alice, E.\";RSVP=TRUE:mailto:Alice@example.org\n" lines "END:VEVENT\n"
#define REQUEST(lines)                                                                             \
	"BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:REQUEST\n" ZONE EVENT(lines) "END:"                  \
									   "VCALENDAR\n"

/* What stands behind the name in the first line that begins so; "" when there is none. */
static char *line_of(const char *calendar, const char *name)
{
	struct text *t = text_new();
	struct str out = STR_INIT;

	calendar_text(t, calendar, strlen(calendar), 200);
	for (size_t i = 0; i < t->n && !out.len; i++)
		if (str_starts(t->lines[i].s, name))
			str_adds(&out, t->lines[i].s + strlen(name));
	text_free(t);
	return str_steal(&out);
}

/* The reader is in UTC. */
static void times_by_the_readers_clock(void **state)
{
	static const struct {
		const char *calendar, *when;
	} rows[] = {
		{REQUEST("DTSTART:20260131T090000Z\nDTEND:20260131T103000Z\n"),
			"Sat, 31 Jan 2026 09:00 – 10:30"},
		{REQUEST("DTSTART;TZID=W. Europe:20260131T090000\nDURATION:PT45M\n"),
			"Sat, 31 Jan 2026 08:00 – 08:45 (09:00 W. Europe)"},
		/* in summer */
		{REQUEST("DTSTART;TZID=W. Europe:20260701T090000\n"),
			"Wed, 1 Jul 2026 07:00 (09:00 W. Europe)"},
		/* a name that the system knows, and one that nobody does */
		{REQUEST("DTSTART;TZID=Europe/Berlin:20260701T010000\n"),
			"Tue, 30 Jun 2026 23:00 (01:00 Europe/Berlin)"},
		{REQUEST("DTSTART;TZID=Nowhere:20260701T090000\n"),
			"Wed, 1 Jul 2026 09:00 (Nowhere)"},
		{REQUEST("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227\n"),
			"Thu, 24 Dec 2026 – Sat, 26 Dec 2026"},
		{REQUEST("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261225\n"),
			"Thu, 24 Dec 2026"},
		{REQUEST("DTSTART:20260131T230000Z\nDTEND:20260201T010000Z\n"),
			"Sat, 31 Jan 2026 23:00 – Sun, 1 Feb 2026 01:00"},
		{REQUEST("DTSTART:soon\n"), "soon"},
		{REQUEST("DTSTART:99991231T235959Z\n"), "99991231T235959Z"},
		/* the zone behind the event; and one that would never end */
		{EVENT("DTSTART;TZID=W. Europe:20260131T090000\n") ZONE,
			"Sat, 31 Jan 2026 08:00 (09:00 W. Europe)"},
		{"BEGIN:VTIMEZONE\nTZID:X\nBEGIN:STANDARD\nDTSTART:19700101T000000\n"
		 "END:STANDARD\nEND:VTIMEZONE\n" EVENT("DTSTART;TZID=X:20260131T090000\n"),
			"Sat, 31 Jan 2026 09:00 (X)"},
		{"BEGIN:VTIMEZONE\nTZID:X\nBEGIN:STANDARD\nDTSTART:19010101T000000\n"
		 "TZOFFSETFROM:+0100\nTZOFFSETTO:+0100\nRRULE:FREQ=SECONDLY\nEND:STANDARD\n"
		 "END:VTIMEZONE\n" EVENT("DTSTART;TZID=X:20260131T090000\n"),
			"Sat, 31 Jan 2026 08:00 (09:00 X)"},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++)
		assert_text(line_of(rows[i].calendar, "When: "), rows[i].when);
	assert_text(line_of(REQUEST("RECURRENCE-ID:20260131T090000Z\n"), "Only the one of: "),
		"Sat, 31 Jan 2026 09:00");
	assert_text(line_of(REQUEST("SUMMARY:x\nSEQUENCE:1\n"), "Changed invitation: "), "x");
}

/* The terminal belongs to the screen: libical says nothing on it, whatever a zone holds. */
static void nothing_is_said_on_the_terminal(void **state)
{
	static const char *const zones[] = {"BEGIN:VTIMEZONE\nTZID:X\nEND:VEVENT\nEND:VTIMEZONE\n",
		"BEGIN:VTIMEZONE\nTZID:X\nEND:STANDARD\nEND:VTIMEZONE\n",
		("BEGIN:VTIMEZONE\nTZID:X\nBEGIN:STANDARD\nEND:DAYLIGHT\nEND:STANDARD\n"
		 "END:VTIMEZONE\n")};
	struct str said = STR_INIT;
	int kept_stderr = dup(2), fd = memfd_create("stderr", 0);
	char buf[1000];
	ssize_t n;

	dup2(fd, 2);
	for (size_t i = 0; i < MEM_COUNT(zones); i++) {
		struct ical_zones z = {0};

		ical_zones_add(&z, zones[i]);
		ical_zones_done(&z);
	}
	dup2(kept_stderr, 2);
	close(kept_stderr);
	lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		str_add(&said, buf, (size_t)n);
	close(fd);
	assert_string_equal(str_c(&said), "");
	str_done(&said);
}

static void repetitions_in_words(void **state)
{
	static const struct {
		const char *rule, *words;
	} rows[] = {
		{"FREQ=DAILY", "every day"},
		{"FREQ=WEEKLY;COUNT=4", "every week, 4 times"},
		{"FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;UNTIL=20270601T000000Z",
			"every 2 weeks on Monday, Friday, until 2027-06-01"},
		{"FREQ=MONTHLY;BYDAY=2TU", "every month on second Tuesday"},
		{"FREQ=MONTHLY;BYDAY=-1FR", "every month on last Friday"},
		{"FREQ=MONTHLY;BYMONTHDAY=1,15", "every month on the 1., 15."},
		{"FREQ=MONTHLY;BYMONTHDAY=-1", "every month on the last day"},
		{"FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=1;COUNT=1", "every year on the 1. in May, once"},
		/* what has no words stays */
		{"FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1", "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1"},
		{"FREQ=SECONDLY", "FREQ=SECONDLY"},
		{"FREQ=YEARLY;RSCALE=CHINESE", NULL},
		{"FREQ=MONTHLY;BYMONTHDAY=-2", "FREQ=MONTHLY;BYMONTHDAY=-2"},
		{"FREQ=MONTHLY;BYDAY=-2FR", "FREQ=MONTHLY;BYDAY=-2FR"},
		{"nothing", NULL},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		char *got = ical_repeats(rows[i].rule);

		if (rows[i].words)
			assert_text(got, rows[i].words);
		else
			assert_null(got);
	}
}

static int answered(struct calendar_reply *r, const char *calendar, enum ical_answer how,
	const char *own, struct err *err)
{
	struct strv mine = STRV_INIT;
	int rc;

	strv_add(&mine, "other@example.org");
	strv_add(&mine, own);
	rc = calendar_answer(r, calendar, strlen(calendar), how, &mine, 1767225600, err);
	strv_done(&mine);
	return rc;
}

/* As the organizer's program reads it. */
static void answers_as_libical_reads_them(void **state)
{
	static const icalparameter_partstat want[] = {
		ICAL_PARTSTAT_ACCEPTED, ICAL_PARTSTAT_TENTATIVE, ICAL_PARTSTAT_DECLINED};

	for (int how = ICAL_ACCEPT; how <= ICAL_DECLINE; how++) {
		struct calendar_reply r;
		icalcomponent *c, *e;
		icalproperty *p;

		assert_int_equal(answered(&r,
					 REQUEST("SUMMARY:Plan\\, the\\nnext\nSEQUENCE:3\n"
						 "DTSTART;TZID=W. Europe:20260131T090000\n"
						 "RECURRENCE-ID:20260207T080000Z\n"),
					 (enum ical_answer)how, "alice@EXAMPLE.org", NULL),
			0);
		assert_string_equal(r.organizer, "rosa@example.org");
		assert_string_equal(r.attendee, "Alice@example.org");
		c = icalparser_parse_string(r.text.p);
		assert_int_equal(icalcomponent_get_method(c), ICAL_METHOD_REPLY);
		assert_int_equal(icalcomponent_count_errors(c), 0);
		e = icalcomponent_get_first_component(c, ICAL_VEVENT_COMPONENT);
		assert_string_equal(icalcomponent_get_uid(e), "u-1@example.org");
		assert_int_equal(icalcomponent_get_sequence(e), 3);
		assert_string_equal(icalcomponent_get_summary(e), "Plan, the next");
		assert_int_equal(icalcomponent_count_properties(e, ICAL_ATTENDEE_PROPERTY), 1);
		p = icalcomponent_get_first_property(e, ICAL_ATTENDEE_PROPERTY);
		assert_string_equal(icalproperty_get_attendee(p), "mailto:Alice@example.org");
		assert_int_equal(icalparameter_get_partstat(icalproperty_get_first_parameter(
					 p, ICAL_PARTSTAT_PARAMETER)),
			want[how]);
		p = icalcomponent_get_first_property(e, ICAL_ORGANIZER_PROPERTY);
		assert_string_equal(icalproperty_get_organizer(p), "mailto:rosa@example.org");
		assert_int_equal(icaltime_compare(icalcomponent_get_recurrenceid(e),
					 icaltime_from_string("20260207T080000Z")),
			0);
		icalcomponent_free(c);
		calendar_reply_done(&r);
	}
}

static void refuses_what_cannot_be_answered(void **state)
{
	static const struct {
		const char *calendar, *own, *why;
	} rows[] = {
		{REQUEST(""), "bob@example.org", "None of your addresses"},
		{"BEGIN:VCALENDAR\nMETHOD:CANCEL\n" EVENT(""), "alice@example.org",
			"no invitation"},
		{"BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:1\nATTENDEE:mailto:a@"
		 "b\n",
			"a@b", "no invitation"},
		{"", "a@b", "no invitation"},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		struct calendar_reply r;
		struct err err = {0};

		assert_int_equal(
			answered(&r, rows[i].calendar, ICAL_ACCEPT, rows[i].own, &err), -1);
		assert_non_null(strstr(err.text, rows[i].why));
		calendar_reply_done(&r);
	}
}

/* No line of a mail becomes a line of the answer. */
static void nothing_is_smuggled(void **state)
{
	struct calendar_reply r;
	icalcomponent *c, *e;

	assert_int_equal(
		answered(&r,
			"METHOD:REQUEST\nBEGIN:VEVENT\nUID:1\\nATTENDEE:mailto:x@y\n"
			"SUMMARY:a\\r\\nEND:VEVENT\nORGANIZER:mailto:o@example.org\\nUID:2\n"
			"ATTENDEE;CN=\"a\\nb;c\";PARTSTAT=X:mailto:alice@example.org\n"
			"DTSTART;TZID=\"a\\nUID:3\":20260131T090000\nEND:VEVENT\n",
			ICAL_ACCEPT, "alice@example.org", NULL),
		0);
	c = icalparser_parse_string(r.text.p);
	e = icalcomponent_get_first_component(c, ICAL_VEVENT_COMPONENT);
	assert_int_equal(icalcomponent_count_properties(e, ICAL_UID_PROPERTY), 1);
	assert_int_equal(icalcomponent_count_properties(e, ICAL_ATTENDEE_PROPERTY), 1);
	assert_int_equal(icalcomponent_count_components(c, ICAL_VEVENT_COMPONENT), 1);
	icalcomponent_free(c);
	calendar_reply_done(&r);
}

/* The mail that goes out has it as a part that programs know by its method (RFC 6047). */
static void the_mail_of_an_answer(void **state)
{
	static const char mail[] =
		"From: rosa@example.org\nMessage-ID: <1@x>\n"
		"Content-Type: text/calendar; method=REQUEST\n\n" REQUEST("SUMMARY:Plan\n");
	struct addr_list to = {0};
	struct strv own = STRV_INIT;
	struct str out = STR_INIT;
	struct parts parts, built;
	struct envelope e;
	struct draft d;
	bool found = false;

	strv_add(&own, "alice@example.org");
	draft_init(&d);
	part_parse(&parts, mail, strlen(mail));
	envelope_parse(&e, mail, strlen(mail));
	assert_int_equal(draft_invitation(&d, COMPOSE_ACCEPT, &e, &parts, &own,
				 "Alice <main@example.org>", NULL),
		0);
	assert_string_equal(d.to, "rosa@example.org");
	assert_string_equal(d.from, "Alice <Alice@example.org>");
	assert_string_equal(d.subject, "Accepted: Plan");
	assert_string_equal(d.in_reply_to, "1@x");
	assert_int_equal(draft_build(&d, 1767225600, &out, &to, NULL), 0);
	part_parse(&built, out.p, out.len);
	for (size_t i = 0; i < built.n; i++) {
		struct str text = STR_INIT;

		if (strcmp(built.v[i].subtype, "calendar") != 0)
			continue;
		found = true;
		part_text(&built.v[i], &text);
		assert_non_null(strstr(text.p, "METHOD:REPLY"));
		str_done(&text);
	}
	assert_true(found);
	assert_non_null(strstr(out.p, "text/calendar; charset=utf-8; method=REPLY"));
	assert_int_equal(draft_invitation(&d, COMPOSE_DECLINE, &e, &built, &own, "a@b", NULL), -1);
	part_done(&built);
	part_done(&parts);
	envelope_done(&e);
	draft_done(&d);
	addr_list_done(&to);
	strv_done(&own);
	str_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_by_the_readers_clock),
		cmocka_unit_test(nothing_is_said_on_the_terminal),
		cmocka_unit_test(repetitions_in_words),
		cmocka_unit_test(answers_as_libical_reads_them),
		cmocka_unit_test(refuses_what_cannot_be_answered),
		cmocka_unit_test(nothing_is_smuggled),
		cmocka_unit_test(the_mail_of_an_answer),
	};

	setlocale(LC_ALL, "C.UTF-8");
	setenv("TZ", "UTC0", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

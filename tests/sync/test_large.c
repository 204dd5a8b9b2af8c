/* Messages that come by parts: what is shown and saved of them by IMAP is what is shown and saved
 * of the same bytes in a file. Needs tests/servers. */
#include "base/file.h"
#include "base/mem.h"
#include "mime/header.h"
#include "mime/render.h"
#include "tests/sync/person.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIMIT = 256 * 1024, WIDTH = 300 };

#define HEAD                                                                                       \
	"From: Ann <ann@example.org>\r\nTo: me@example.org\r\n"                                    \
	"Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"
#define MIXED HEAD "Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n"

/* "%n" in a message is where it is filled up with lines of n. */
struct sample {
	const char *name, *message;
	size_t size; /* of the whole */
};

#define FILE_PART                                                                                  \
	"--b\r\nContent-Type: application/pdf; name=\"a b.pdf\"\r\nContent-Disposition: "          \
	"attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n%A\r\n"
#define END "--b--\r\n"
#define TEXT_PART(encoding, text)                                                                  \
	"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: " encoding   \
	"\r\n\r\n" text "\r\n"
#define NAMED(fields)                                                                              \
	MIXED TEXT_PART(                                                                           \
		"7bit", "See the file.") "--b\r\n" fields                                          \
					 "Content-Transfer-Encoding: base64\r\n\r\n%A\r\n" END

static const struct sample SAMPLES[] = {
	{"limit - 1", MIXED TEXT_PART("7bit", "The text.") FILE_PART END, LIMIT - 1},
	{"limit", MIXED TEXT_PART("7bit", "The text.") FILE_PART END, LIMIT},
	{"limit + 1", MIXED TEXT_PART("7bit", "The text.") FILE_PART END, LIMIT + 1},
	{"plain limit - 1", HEAD "\r\n%t", LIMIT - 1},
	{"plain limit", HEAD "\r\n%t", LIMIT},
	{"plain limit + 1", HEAD "\r\n%t", LIMIT + 1},
	{"plain two pieces", HEAD "\r\n%t", 2 * LIMIT + 200},
	{"qp",
		MIXED TEXT_PART("quoted-printable", "Gr=C3=BC=C3=9Fe =\r\naus K=C3=B6ln")
			FILE_PART END,
		300000},
	{"base64", MIXED TEXT_PART("base64", "R3LDvMOfZSBhdXMgS8O2bG4=") FILE_PART END, 300000},
	{"8bit", MIXED TEXT_PART("8bit", "Grüße") FILE_PART END, 300000},
	{"binary", MIXED TEXT_PART("binary", "Grüße") FILE_PART END, 300000},
	{"uuencode",
		MIXED TEXT_PART("x-uuencode", "begin 644 x\r\n#86)C\r\n`\r\nend") FILE_PART END,
		300000},
	{"unknown encoding", MIXED TEXT_PART("x-own", "as it is") FILE_PART END, 300000},
	{"upper case", MIXED TEXT_PART("QUOTED-PRINTABLE", "=C3=BC") FILE_PART END, 300000},
	{"charset",
		MIXED "--b\r\nContent-Type: text/plain; charset=ISO-8859-15\r\n\r\n"
		      "\xa4\r\n" FILE_PART END,
		300000},
	{"flowed",
		MIXED "--b\r\nContent-Type: text/plain; format=flowed; delsp=yes\r\n\r\n"
		      "one \r\ntwo\r\n" FILE_PART END,
		300000},
	{"name in pieces",
		NAMED("Content-Type: application/pdf\r\nContent-Disposition: attachment;\r\n "
		      "filename*0*=utf-8''%C3%A4%20;\r\n filename*1=long; "
		      "filename*2*=%C3%B6.pdf\r\n"),
		300000},
	{"name with charset",
		NAMED("Content-Type: application/pdf; name*=iso-8859-1'de'%E4.pdf\r\n"), 300000},
	{"name in words",
		NAMED("Content-Type: application/pdf; name=\"=?utf-8?q?=C3=A4?=.pdf\"\r\n"),
		300000},
	{"name in quotes", NAMED("Content-Type: application/pdf; name=\"a \\\"b\\\".pdf\"\r\n"),
		300000},
	{"unknown disposition",
		NAMED("Content-Type: text/plain\r\nContent-Disposition: x-own; filename=a.txt\r\n"),
		300000},
	{"message",
		MIXED TEXT_PART(
			"7bit", "See below.") "--b\r\nContent-Type: message/rfc822\r\n\r\n"
					      "From: Bob <bob@example.org>\r\nSubject: The inner "
					      "one\r\nContent-Type: "
					      "multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\ninner "
					      "text\r\n--c\r\nContent-Type: "
					      "image/png; name=p.png\r\nContent-Transfer-Encoding: "
					      "base64\r\n\r\n%A\r\n--c--\r\n" END,
		300000},
	{"message in a message",
		MIXED "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: outer\r\nContent-Type: "
		      "message/rfc822\r\n\r\nSubject: inner\r\n\r\n%t" END,
		300000},
	{"nothing but a message",
		HEAD "Content-Type: message/rfc822\r\n\r\nSubject: the one\r\n\r\n%t", 300000},
	{"digest",
		HEAD "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: "
		     "first\r\n\r\none\r\n--b\r\n\r\nSubject: second\r\n\r\n%t" END,
		300000},
	{"nothing but a file",
		HEAD "Content-Type: application/pdf; name=x.pdf\r\nContent-Transfer-Encoding: "
		     "base64\r\n\r\n%A",
		300000},
	{"blank alternative",
		HEAD
		"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\n \r\n--b\r\n"
		"Content-Type: text/html\r\n\r\n<p>%t</p>\r\n" END,
		300000},
	{"alternative",
		HEAD
		"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nplain\r\n--b"
		"\r\nContent-Type: text/html\r\n\r\n<p>%t</p>\r\n" END,
		300000},
	{"files in the other version",
		HEAD
		"Content-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\n\r\nplain\r\n--a"
		"\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: "
		"text/html\r\n\r\n<p>html\r\n" FILE_PART END "--a--\r\n",
		300000},
	{"stub",
		HEAD "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nNo HTML "
		     "here.\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>%t</p>\r\n" END,
		300000},
	{"mixed without a file", MIXED TEXT_PART("7bit", "one") "--b\r\n\r\n%t\r\n" END, 300000},
	{"message in base64",
		MIXED TEXT_PART("7bit",
			"one") "--b\r\nContent-Type: message/rfc822\r\n"
			       "Content-Transfer-Encoding: base64\r\n\r\n"
			       "RnJvbTogQm9iIDxib2JAZXhhbXBsZS5vcmc+ClN1YmplY3Q6IGlubmVyCgpJ"
			       "bm5lciB3b3Jkcy4K\r\n" FILE_PART END,
		300000},
	{"large message in base64",
		MIXED TEXT_PART("7bit",
			"one") "--b\r\nContent-Type: message/rfc822\r\n"
			       "Content-Transfer-Encoding: base64\r\n\r\n"
			       "RnJvbTogQm9iIDxib2JAZXhhbXBsZS5vcmc+ClN1YmplY3Q6IGlubmVyCgpJ"
			       "bm5lciB3b3Jkcy4K\r\n%A\r\n" END,
		300000},
	{"signed by S/MIME",
		MIXED "--b\r\nContent-Type: application/pkcs7-mime; smime-type=signed-data\r\n"
		      "Content-Transfer-Encoding: base64\r\n\r\n"
		      "MIHxBgkqhkiG9w0BBwKggeMwgeACAQExDTALBglghkgBZQMEAgEwOgYJKoZIhvcNAQcBoC0EK0Nv"
		      "bnRl\r\n"
		      "bnQtVHlwZTogdGV4dC9wbGFpbg0KDQpTaWduZWQgd29yZHMuDQoxgY8wgYwCAQEwJDAMMQowCAYD"
		      "VQQD\r\n"
		      "DAFhAhRWRJT2qPSRDzQx5d/"
		      "wd7IntDIz1DALBglghkgBZQMEAgEwCgYIKoZIzj0EAwIESDBGAiEAkmTk\r\n" FILE_PART END,
		300000},
	{"uuencoded between lines",
		MIXED
		"--b\r\n\r\nbefore\r\nbegin 644 a.txt\r\n#86)C\r\n`\r\nend\r\nbehind\r\n" FILE_PART
			END,
		300000},
	{"HTML that names its charset",
		MIXED
		"--b\r\nContent-Type: text/html\r\n\r\n<meta charset=iso-8859-2>\xb3\r\n" FILE_PART
			END,
		300000},
	{"text behind the file",
		MIXED TEXT_PART("7bit", "first") FILE_PART TEXT_PART("7bit", "second") END, 300000},
	{"no boundary comes", HEAD "Content-Type: multipart/mixed; boundary=never\r\n\r\n%t",
		300000},
	{"an empty part", MIXED "--b\r\n\r\n" FILE_PART END, 300000},
	{"three million", MIXED TEXT_PART("7bit", "The text.") FILE_PART END, 3000000},
	{"three million of text", HEAD "\r\n%t", 3000000},
	{"thirty million", MIXED TEXT_PART("7bit", "The text.") FILE_PART END, 30000000},
};

/* --- making them --- */

static void fill(struct str *out, char what, size_t n)
{
	static const char line[] =
		"all work and no play makes jack a dull boy, and so on and on\r\n";

	for (size_t i = 0; i < n; i++)
		str_addc(out, what == 'A' ? (i % 78 < 76 ? 'A' : "\r\n"[i % 78 - 76])
					  : line[i % (sizeof(line) - 1)]);
}

static void make(struct str *out, const struct sample *s)
{
	const char *mark = strstr(s->message, "%A");
	size_t rest;

	str_addf(out, "Subject: %s\r\n", s->name);
	if (!mark)
		mark = strstr(s->message, "%t");
	assert_non_null(mark);
	rest = strlen(s->message) - 2;
	str_add(out, s->message, (size_t)(mark - s->message));
	fill(out, mark[1], s->size - rest - strlen("Subject: \r\n") - strlen(s->name));
	str_adds(out, mark + 2);
	assert_int_equal(out->len, s->size);
}

static void put(const struct person *p, const struct sample *s)
{
	char *path = file_join(p->home, "sample.eml");
	struct str bytes = STR_INIT;

	make(&bytes, s);
	assert_int_equal(file_replace(path, bytes.p, bytes.len, 0644, NULL), 0);
	put_mail(p, path);
	unlink(path);
	free(path);
	str_done(&bytes);
}

/* --- reading them --- */

static void drop(struct str *s, const char *what)
{
	char *at;

	while (s->p && (at = strstr(s->p, what)) != NULL) {
		memmove(at, at + strlen(what), s->len - (size_t)(at - s->p) - strlen(what) + 1);
		s->len -= strlen(what);
	}
}

static struct message_view *view(struct person *p, struct msglist *l, const char *subject)
{
	static const struct read_options opt = {.width = WIDTH};
	size_t row = 0;
	struct event *ev;
	struct message_view *v;

	while (strcmp(row_of(p, l, row).subject, subject) != 0)
		assert_true(++row < msglist_count(l));
	ev = answer(p, engine_read(p->engine, l, msglist_uid(l, row), &opt));
	if (ev->kind != EVENT_MESSAGE)
		fail_msg("%s: %s", subject, event_error(ev));
	v = engine_take_view(ev);
	event_free(ev);
	return v;
}

static void shown_alike(const struct message_view *v, const struct parts *parts, const char *bytes,
	size_t len, const char *name)
{
	struct render_options opt = {.width = WIDTH};
	struct text *t = render_message(parts, bytes, header_length(bytes, len, NULL), &opt);
	struct str want = STR_INIT, got = STR_INIT;

	text_plain(t, &want, false);
	text_plain(v->text, &got, false);
	drop(&got, ", not fetched yet");
	/* Dovecot counts the line end before a boundary to a message that ends there. */
	drop(&got, ", 57 bytes");
	drop(&want, ", 55 bytes");
	if (strcmp(want.p, got.p) != 0)
		fail_msg("%s: wanted\n%.3000s--- got\n%.3000s", name, want.p, got.p);
	assert_false(v->partial);
	text_free(t);
	str_done(&want);
	str_done(&got);
}

static void saved_alike(struct person *p, struct msglist *l, const struct message_view *v,
	const struct parts *parts, const char *name)
{
	size_t files = 0, want_files = 0;

	for (size_t i = 0; i < parts->n; i++)
		want_files += part_is_attachment(parts, (int)i);
	for (size_t i = 0; i < v->nparts; i++) {
		struct str want = STR_INIT, got = STR_INIT;
		int at = part_find(parts, v->parts[i].section);
		struct event *ev;
		char *dir;

		if (!v->parts[i].attachment)
			continue;
		files++;
		if (at < 0)
			fail_msg("%s: no part %s", name, v->parts[i].section);
		assert_string_equal(v->parts[i].name, parts->v[at].name ? parts->v[at].name : "");
		dir = file_join(p->home, "saved");
		ev = answer(p, engine_save_part(p->engine, l, v->uid, v->parts[i].section, dir));
		if (ev->kind != EVENT_SAVED)
			fail_msg("%s: part %s: %s", name, v->parts[i].section, event_error(ev));
		event_free(ev);
		part_decode(&parts->v[at], &want);
		assert_int_equal(file_read(dir, 64 << 20, &got, NULL), 0);
		/* Dovecot counts the line end before a boundary to a message that ends there. */
		if (parts->v[at].message && got.len == want.len + 2)
			str_cut(&got, want.len);
		if (got.len != want.len)
			fail_msg("%s: part %s has %zu bytes, not %zu", name, v->parts[i].section,
				got.len, want.len);
		assert_memory_equal(got.p, want.p, want.len);
		unlink(dir);
		free(dir);
		str_done(&want);
		str_done(&got);
	}
	if (files != want_files)
		fail_msg("%s: %zu attachments, not %zu", name, files, want_files);
}

static void look_at(struct person *p, struct msglist *l, const struct sample *s)
{
	struct message_view *v = view(p, l, s->name);
	struct str bytes = STR_INIT;
	struct parts parts;

	make(&bytes, s);
	part_parse(&parts, bytes.p, bytes.len);
	shown_alike(v, &parts, bytes.p, bytes.len, s->name);
	saved_alike(p, l, v, &parts, s->name);
	/* The list knows it now. */
	UNTIL(p, msglist_find(l, v->uid) >= 0);
	assert_int_equal(!!(flags_of(l, v->uid) & MAIL_ATTACHMENT), part_has_files(&parts));
	part_done(&parts);
	str_done(&bytes);
	engine_view_free(v);
}

static void samples_are_shown_and_saved(void **state)
{
	struct person *p = person_new("imap", "", NULL, NULL);
	struct msglist *l = open_folder(p, "INBOX");

	for (size_t i = 0; i < MEM_COUNT(SAMPLES); i++)
		put(p, &SAMPLES[i]);
	UNTIL(p, msglist_count(l) == MEM_COUNT(SAMPLES) && msglist_sync_percent(l) == 100);
	for (size_t i = 0; i < MEM_COUNT(SAMPLES); i++)
		look_at(p, l, &SAMPLES[i]);
	/* What was read is there without a connection. */
	restart(p, true);
	l = open_folder(p, "INBOX");
	for (size_t i = 0; i < MEM_COUNT(SAMPLES); i++) {
		struct message_view *v = view(p, l, SAMPLES[i].name);

		assert_false(v->partial);
		engine_view_free(v);
	}
}

/* --- what does not come --- */

static const struct sample CUT_TEXT = {"cut", HEAD "\r\n%t", 2000000};
static const struct sample CUT_TWO = {
	"cut two", MIXED TEXT_PART("7bit", "The first.") "--b\r\n\r\n%t\r\n" END, 2000000};

static void has_notice(const struct message_view *v, const char *text)
{
	struct str s = STR_INIT;

	text_plain(v->text, &s, false);
	if (!strstr(s.p, text))
		fail_msg("no \"%s\" in %.400s", text, s.p);
	str_done(&s);
}

/* The connection breaks in the middle of a part: nothing half is kept, the next time all of it
 * comes. */
static void cut_in_the_middle(void **state)
{
	char *before = kept(mem_strdup(getenv("SRV_IMAP"))), *dir = kept(person_proxy("cutting"));
	struct person *p = person_new("imap", "\tcompress no\n", NULL, NULL);
	struct msglist *l = open_folder(p, "INBOX");
	struct message_view *v;

	setenv("SRV_IMAP", before, 1);
	put(p, &CUT_TEXT);
	put(p, &CUT_TWO);
	UNTIL(p, msglist_count(l) == 2 && msglist_sync_percent(l) == 100);
	person_tell_proxy(dir, "after 700000 cut", NULL);
	v = view(p, l, "cut two");
	assert_true(v->partial);
	has_notice(v, "The first.");
	has_notice(v, "Not all of this message could be fetched: ");
	has_notice(v, "not fetched yet");
	engine_view_free(v);
	look_at(p, l, &CUT_TWO);
	person_tell_proxy(dir, "after 700000 cut", NULL);
	v = view(p, l, "cut");
	assert_true(v->partial);
	engine_view_free(v);
	look_at(p, l, &CUT_TEXT);
}

/* All connections there are say nothing any more, one of them in the middle of a part. Nobody waits
 * for that one: the next message comes over a new one. */
static void stalled_in_the_middle(void **state)
{
	char *before = kept(mem_strdup(getenv("SRV_IMAP"))), *dir = kept(person_proxy("stalling"));
	struct person *p = person_new("imap", "\tcompress no\n", NULL, NULL);
	struct msglist *l = open_folder(p, "INBOX");
	struct str frozen = STR_INIT;
	unsigned request;

	setenv("SRV_IMAP", before, 1);
	put(p, &CUT_TEXT);
	put(p, &CUT_TWO);
	UNTIL(p, msglist_count(l) == 2 && msglist_sync_percent(l) == 100);
	person_tell_proxy(dir, "after 700000 freeze", NULL);
	request = engine_read(p->engine, l, msglist_uid(l, (size_t)find_subject(p, l, "cut")),
		&(struct read_options){.width = WIDTH});
	for (int64_t end = clock_ms() + PATIENCE_MS; atoi(str_c(&frozen)) < 2;) {
		assert_true(clock_ms() < end);
		event_free(next_event(p->engine, clock_ms() + 20));
		str_clear(&frozen);
		person_tell_proxy(dir, "frozen", &frozen);
	}
	engine_cancel(p->engine, request);
	ends(p, request, EVENT_CANCELLED);
	look_at(p, l, &CUT_TWO);
	str_done(&frozen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PERSON_CASE(samples_are_shown_and_saved),
		PERSON_CASE(cut_in_the_middle),
		PERSON_CASE(stalled_in_the_middle),
	};

	return PERSON_RUN(tests, NULL);
}

#include "mime_test.h"

#include "base/file.h"
#include "mime/header.h"
#include "mime/letter.h"
#include "tests/unit/fails.h"

#include <stdio.h>
#include <unistd.h>

enum { DATE = 1769846700 };

#define PDF                                                                                        \
	"Content-Type: application/pdf; name=\"offer.pdf\"\r\n"                                    \
	"Content-Disposition: attachment; filename=\"offer.pdf\"\r\n"                              \
	"Content-Transfer-Encoding: base64\r\nX-Odd:   kept\r\n\r\nJVBERi0xLjMK"
#define PNG                                                                                        \
	"Content-Type: image/png\r\nContent-ID: <a@b>\r\nContent-Transfer-Encoding: base64\r\n"    \
	"\r\niVBORw0K"
#define HEAD "From: Me <me@x.org>\r\nTo: bob@x.org\r\nBcc: dora@x.org\r\nSubject: Offer\r\n"

static const char MIXED[] =
	HEAD "X-Own: =?utf-8?q?=C3=A4?=\r\nX-Mozilla-Draft-Info: x\r\nUser-Agent: other/1\r\n"
	     "References: <1@x>\r\n <2@x>\r\nMIME-Version: 1.0\r\n"
	     "Content-Type: multipart/mixed; boundary=\"B\"\r\n\r\npreamble\r\n"
	     "--B\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\nGr\xfc\xdf"
	     "e\r\n"
	     "--B\r\n" PDF "\r\n--B\r\nContent-Type: text/plain\r\n\r\nsecond text\r\n--B--\r\n";

static const char TREE[] = HEAD "Content-Type: multipart/alternative; boundary=\"A\"\r\n\r\n"
				"--A\r\nContent-Type: text/plain\r\n\r\nDear Bob\r\n"
				"--A\r\nContent-Type: multipart/related; boundary=\"R\"\r\n\r\n"
				"--R\r\nContent-Type: text/html\r\n\r\n<p>Dear <b>Bob</b></p>\r\n"
				"--R\r\n" PNG "\r\n--R\r\n" PDF "\r\n--R--\r\n\r\n--A--\r\n";

static const char HTML[] =
	HEAD "Content-Type: text/html; charset=utf-8\r\n\r\n"
	     "<html><p>Dear Bob,</p><p>it is <b>time</b> &amp; tide.</p></html>\r\n";

struct saved {
	struct str message;
	struct strv keys;
	struct draft d; /* as it is read back */
};

static void saved_done(struct saved *s)
{
	str_done(&s->message);
	strv_done(&s->keys);
	draft_done(&s->d);
}

/* Reads what s has, for the test to change; then save() writes it. */
static struct saved begin(const char *message)
{
	struct saved s = {0};

	str_adds(&s.message, message);
	letter_read(&s.d, s.message.p, s.message.len, NULL);
	for (size_t i = 0; i < s.d.nfiles; i++)
		strv_add(&s.keys, s.d.files[i].key);
	return s;
}

static int try_save(struct saved *s, struct err *err)
{
	struct saved next = {0};
	int rc = letter_write(&s->d, s->message.p, s->message.len, &s->keys, DATE, &next.message,
		&next.keys, err);

	if (rc != 0) {
		saved_done(&next);
		return rc;
	}
	letter_read(&next.d, next.message.p, next.message.len, &next.keys);
	saved_done(s);
	*s = next;
	return 0;
}

static void save(struct saved *s)
{
	WORKS(try_save(s, &why));
}

static void has(const struct saved *s, const char *text)
{
	if (!strstr(s->message.p, text))
		fail_msg("no \"%s\" in: %s", text, s->message.p);
}

static void lacks(const struct saved *s, const char *text)
{
	if (strstr(s->message.p, text))
		fail_msg("\"%s\" in: %s", text, s->message.p);
}

/* Saved without a change, or with another subject only, everything is as it was. */
static void what_nobody_changed_stays(void **state)
{
	static const char *const messages[] = {MIXED, TREE, HTML};

	for (size_t i = 0; i < MEM_COUNT(messages); i++) {
		struct saved s = begin(messages[i]);
		const char *body = strstr(messages[i], "\r\n\r\n");

		draft_set(&s.d.subject, "Another");
		save(&s);
		has(&s, "\r\nSubject: Another\r\n");
		assert_string_equal(strstr(s.message.p, "\r\n\r\n"), body);
		has(&s, "\r\nBcc: dora@x.org\r\n");
		assert_string_equal(s.d.to, "bob@x.org");
		saved_done(&s);
	}
	{
		struct saved s = begin(MIXED);

		save(&s);
		has(&s, "X-Own: =?utf-8?q?=C3=A4?=\r\nX-Mozilla-Draft-Info: x\r\nUser-Agent: "
			"other/1\r\n"
			"References: <1@x>\r\n <2@x>\r\n");
		assert_int_equal(s.d.extra.n, 1);
		assert_string_equal(s.d.extra.v[0], "X-Own: \xc3\xa4");
		saved_done(&s);
	}
}

static void a_changed_text_keeps_the_files(void **state)
{
	struct saved s = begin(MIXED);

	assert_string_equal(s.d.body, "Grüße");
	assert_int_equal(s.d.nfiles, 2);
	assert_string_equal(s.d.files[0].name, "offer.pdf");
	draft_set(&s.d.body, "New words\n");
	save(&s);
	assert_string_equal(s.d.body, "New words\n");
	has(&s, PDF "\r\n--");
	has(&s, "Content-Type: text/plain\r\n\r\nsecond text\r\n--");
	assert_int_equal(s.d.nfiles, 2);
	draft_detach(&s.d, 0);
	save(&s);
	lacks(&s, "offer.pdf");
	has(&s, "second text");
	draft_detach(&s.d, 0);
	save(&s);
	lacks(&s, "multipart");
	assert_string_equal(s.d.body, "New words\n");
	saved_done(&s);
}

/* The other version would say something else; pictures and files of it are not lost. */
static void a_changed_text_replaces_its_versions(void **state)
{
	struct saved s = begin(TREE);

	assert_string_equal(s.d.body, "Dear Bob");
	assert_true(s.d.html);
	assert_int_equal(s.d.nfiles, 2);
	assert_true(s.d.files[0].inside);
	draft_set(&s.d.body, "Dear Carl\n");
	save(&s);
	lacks(&s, "Dear <b>");
	assert_false(s.d.html);
	assert_int_equal(s.d.nfiles, 2);
	has(&s, PNG);
	has(&s, PDF);
	saved_done(&s);
	/* Taking a file out of it has the same price. */
	s = begin(TREE);
	draft_detach(&s.d, 1);
	save(&s);
	lacks(&s, "offer.pdf");
	lacks(&s, "Dear <b>");
	has(&s, "Dear Bob");
	has(&s, PNG);
	saved_done(&s);
	/* One more file beside it has none. */
	s = begin(TREE);
	draft_set(&s.d.subject, "x");
	str_adds(&draft_file_add(&s.d, "n", "text/x-new")->part,
		"Content-Type: text/x-new\r\n\r\nnew");
	save(&s);
	has(&s, "Dear <b>Bob");
	has(&s, "\r\nContent-Type: text/x-new\r\n\r\nnew\r\n--");
	assert_int_equal(s.d.nfiles, 3);
	assert_true(s.d.html);
	saved_done(&s);
}

static void html_alone_is_read_as_text(void **state)
{
	struct saved s = begin(HTML);

	assert_null(strchr(s.d.body, '<'));
	assert_non_null(strstr(s.d.body, "it is time & tide."));
	assert_true(s.d.html);
	draft_set(&s.d.body, "Plain.\n");
	save(&s);
	lacks(&s, "<p>");
	assert_false(s.d.html);
	saved_done(&s);
}

static void files_are_copied_once(void **state)
{
	char path[] = "/tmp/talaria-test-XXXXXX";
	int fd = mkstemp(path);
	struct saved s = begin("");
	struct draft typed;
	char *key;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "bytes", 5), 5);
	close(fd);
	draft_set(&s.d.from, "me@x.org");
	draft_attach(&s.d, path);
	draft_attach(&s.d, path); /* not twice */
	assert_int_equal(s.d.nfiles, 1);
	key = kept(mem_strdup(s.d.files[0].key));
	draft_copy(&typed, &s.d);
	save(&s);
	assert_string_equal(s.d.files[0].key, key);
	assert_null(s.d.files[0].path);
	has(&s, "\r\n\r\nbytes\r\n--");
	/* The next change was made before the answer came, and the file is gone by now. */
	assert_int_equal(unlink(path), 0);
	draft_done(&s.d);
	s.d = typed;
	draft_set(&s.d.subject, "Later");
	save(&s);
	has(&s, "\r\n\r\nbytes\r\n--");
	assert_int_equal(s.d.nfiles, 1);
	/* Nothing is written when a file cannot be read. */
	draft_attach(&s.d, path);
	assert_int_equal(try_save(&s, &why), -1);
	assert_non_null(strstr(why.text, path));
	/* A file that could not be read when the draft came here is kept by its name. */
	s.d.files[1].lost = true;
	save(&s);
	assert_int_equal(s.d.nfiles, 2);
	assert_string_equal(s.d.files[1].path, path);
	assert_true(s.d.files[1].lost);
	draft_set(&s.d.to, "bob@x.org");
	{
		struct addr_list list = {0};

		assert_int_equal(draft_recipients(&s.d, &list, NULL, &why), -1);
		assert_non_null(strstr(why.text, path));
		draft_detach(&s.d, 1);
		WORKS(draft_recipients(&s.d, &list, NULL, &why));
		addr_list_done(&list);
	}
	saved_done(&s);
}

static void half_typed_fields_stay(void **state)
{
	static const char *const TYPED[] = {"bob", "bob, J\xc3\xbcrgen", "\"Foo, Bar\" <f@x>, bob",
		"J\xc3\xbcrgen <j@x.org>", "\"M\xc3\xbcller, Eva\" <e@x>, carl@x", "<", "a@x,"};

	for (size_t i = 0; i < MEM_COUNT(TYPED); i++) {
		struct saved s = begin("");

		draft_set(&s.d.to, TYPED[i]);
		draft_set(&s.d.subject, " \xc3\xa4 ");
		strv_add(&s.d.extra, "X-Mark: kept \xc3\xa4");
		save(&s);
		draft_set(&s.d.body, "x\n");
		save(&s);
		if (strcmp(s.d.to, TYPED[i]) != 0 && i != 6)
			fail_msg("%s became %s", TYPED[i], s.d.to);
		assert_string_equal(s.d.extra.v[0], "X-Mark: kept \xc3\xa4");
		saved_done(&s);
	}
}

static void private_fields_stay_here(void **state)
{
	struct saved s = begin(MIXED);
	struct str wire = STR_INIT;
	char *note;

	letter_add_note(&s.message, "X-Talaria-Answers", "reply \xc3\xa4");
	note = kept(letter_note(s.message.p, s.message.len, "X-Talaria-Answers"));
	assert_string_equal(note, "reply \xc3\xa4");
	letter_wire(s.message.p, s.message.len, &wire);
	assert_null(strstr(wire.p, "dora"));
	assert_null(strstr(wire.p, "Talaria"));
	assert_null(strstr(wire.p, "Mozilla"));
	assert_non_null(strstr(wire.p, "X-Own: =?utf-8?q?=C3=A4?="));
	assert_string_equal(strstr(wire.p, "\r\n\r\n"), strstr(MIXED, "\r\n\r\n"));
	save(&s);
	lacks(&s, "Talaria");
	saved_done(&s);
	str_done(&wire);
	/* Nobody is named: it says so (RFC 5322 3.6.3). */
	letter_wire("Bcc: a@x\nSubject: s\n\nbody\n", 27, &wire);
	assert_string_equal(wire.p, "Subject: s\r\nTo: undisclosed-recipients:;\r\n\r\nbody\r\n");
	str_done(&wire);
}

/* What a forward takes along, beside the text. */
static void everything_else_is_carried(void **state)
{
	static const struct {
		const char *message;
		size_t files;
		const char *first;
	} ROWS[] = {
		{MIXED, 1, "offer.pdf"},
		{TREE, 2, ""},
		{HTML, 0, NULL},
		{"Content-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: "
		 "message/rfc822\n\n"
		 "Subject: in\n\nInner words\n--B--\n",
			1, "in"},
		{"Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n"
		 "JVBERi0xLjMK\n",
			1, "a.pdf"},
		{"Content-Type: multipart/mixed; boundary=B\n\n--B\n\none\n--B\nContent-Type: "
		 "text/plain; name=b.txt\n\ntwo\n--B--\n",
			1, "b.txt"},
		{"Content-Type: multipart/signed; boundary=B\n\n--B\n\none\n--B\nContent-Type: "
		 "application/pgp-signature\n\ntwo\n--B--\n",
			0, NULL},
		{"Content-Type: multipart/encrypted; boundary=B\n\n--B\nContent-Type: "
		 "application/pgp-encrypted\n\none\n--B\nContent-Type: application/octet-stream\n\n"
		 "two\n--B--\n",
			1, ""},
	};

	for (size_t i = 0; i < MEM_COUNT(ROWS); i++) {
		struct saved s = begin("");
		struct parts parts;

		part_parse(&parts, ROWS[i].message, strlen(ROWS[i].message));
		letter_carry(&s.d, &parts);
		part_done(&parts);
		assert_int_equal(s.d.nfiles, ROWS[i].files);
		if (ROWS[i].first)
			assert_string_equal(s.d.files[0].name, ROWS[i].first);
		draft_set(&s.d.body, "see below\n");
		save(&s);
		assert_int_equal(s.d.nfiles, ROWS[i].files);
		assert_string_equal(s.d.body, "see below\n");
		saved_done(&s);
	}
}

/* A message that is one file, or one message, is a draft too. */
static void a_file_alone_has_no_text(void **state)
{
	struct saved s = begin(HEAD PDF "\r\n");

	assert_string_equal(s.d.body, "");
	assert_int_equal(s.d.nfiles, 1);
	save(&s);
	has(&s, PDF);
	lacks(&s, "multipart");
	draft_set(&s.d.body, "Here it is.\n");
	save(&s);
	has(&s, "Here it is.");
	has(&s, "JVBERi0xLjMK");
	assert_int_equal(s.d.nfiles, 1);
	saved_done(&s);
}

#define DOMAIN                                                                                     \
	"b\xc3\xbc"                                                                                \
	"cher.example"

/* It travels in ASCII, and who has the mail is known by that; the person sees what was typed. */
static void a_domain_is_shown_as_typed(void **state)
{
	struct saved s = begin("");
	struct addr_list list = {0};
	char *from;

	draft_set(&s.d.from, "Me <me@" DOMAIN ">");
	draft_set(&s.d.to, "Eva <eva@" DOMAIN ">, eva@xn--bcher-kva.example");
	draft_set(&s.d.body, "x\n");
	save(&s);
	has(&s, "\r\nTo: Eva <eva@xn--bcher-kva.example>");
	has(&s, "\r\nFrom: Me <me@xn--bcher-kva.example>");
	assert_string_equal(s.d.from, "Me <me@" DOMAIN ">");
	assert_string_equal(s.d.to, "Eva <eva@" DOMAIN ">, eva@" DOMAIN);
	WORKS(draft_recipients(&s.d, &list, &from, &why));
	assert_int_equal(list.n, 1);
	assert_string_equal(list.v[0].mail, "eva@xn--bcher-kva.example");
	assert_string_equal(from, "me@xn--bcher-kva.example");
	draft_make_id(&s.d);
	assert_non_null(strstr(s.d.message_id, "@xn--bcher-kva.example"));
	addr_list_done(&list);
	free(from);
	saved_done(&s);
}

static void typed_lines_are_heeded(void **state)
{
	static const struct {
		const char *line;
		bool heeded;
	} rows[] = {
		{"X-Own: yes", true},
		{"Organization: x", true},
		{"Pgp: E", true}, /* sending is refused for it */
		{"smime: S", true},
		{"Fcc: =archive", false},
		{"fcc:x", false},
		{"X-Mutt-Fcc: x", false},
		{"Status: RO", false},
		{"Date: now", false},
		{"Content-Language: de", false},
		{"X-Talaria-Id: 1", false},
		{"X-Empty:", false},
		{"no field", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (letter_heeds(rows[i].line) != rows[i].heeded)
			fail_msg("%s", rows[i].line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nobody_changed_stays),
		cmocka_unit_test(a_changed_text_keeps_the_files),
		cmocka_unit_test(a_changed_text_replaces_its_versions),
		cmocka_unit_test(html_alone_is_read_as_text),
		cmocka_unit_test(files_are_copied_once),
		cmocka_unit_test(half_typed_fields_stay),
		cmocka_unit_test(private_fields_stay_here),
		cmocka_unit_test(a_domain_is_shown_as_typed),
		cmocka_unit_test(typed_lines_are_heeded),
		cmocka_unit_test(everything_else_is_carried),
		cmocka_unit_test(a_file_alone_has_no_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "mime_test.h"

#include "mime/build.h"
#include "mime/letter.h"
#include "mime/header.h"
#include "mime/part.h"
#include "tests/scratch.h"
#include "tests/unit/fails.h"

#include <stdio.h>
#include <unistd.h>

enum { DATE = 1769846700 };

static void set(char **to, const char *value)
{
	free(*to);
	*to = mem_strdup(value);
}

static void start(struct draft *d)
{
	draft_init(d);
	set(&d->from, "Alice <alice@example.org>");
	set(&d->to, "bob@example.net");
	set(&d->subject, "Hello");
	set(&d->body, "Text\n");
	draft_make_id(d);
}

/* What SMTP and other readers rely on: CRLF only, 7 bit, lines of at most 998 octets. */
static void check_bytes(const struct str *m)
{
	size_t column = 0;

	assert_true(m->len > 2 && strcmp(m->p + m->len - 2, "\r\n") == 0);
	for (size_t i = 0; i < m->len; i++) {
		assert_true(m->p[i] && !(m->p[i] & 0x80));
		assert_true(m->p[i] != '\r' || m->p[i + 1] == '\n');
		assert_true(m->p[i] != '\n' || m->p[i - 1] == '\r');
		column = m->p[i] == '\n' ? 0 : column + 1;
		assert_true(column <= 999);
	}
}

/* Builds d, which must work. */
static void build(const struct draft *d, struct str *m, struct addr_list *recipients)
{
	struct header_field f;

	*recipients = (struct addr_list){0};
	*m = (struct str)STR_INIT;
	if (draft_build(d, DATE, m, recipients, &why) < 0)
		fail_msg("%s", why.text);
	check_bytes(m);
	assert_false(header_find(m->p, m->len, "Bcc", &f));
	assert_true(header_find(m->p, m->len, "Date", &f));
	assert_true(header_find(m->p, m->len, "Message-ID", &f));
	assert_true(header_find(m->p, m->len, "MIME-Version", &f));
}

static void builds_a_plain_message(void **state)
{
	struct addr_list recipients;
	struct parts parts;
	struct envelope e;
	struct draft d;
	struct str m, text = STR_INIT;

	start(&d);
	set(&d.to, "Bob <bob@example.net>, \"C, D\" <c@example.net>");
	set(&d.cc, "BOB@example.net, e@example.net");
	set(&d.bcc, "hidden@example.net");
	set(&d.reply_to, "r@example.org");
	set(&d.subject, "Grüße");
	set(&d.in_reply_to, "1@x");
	set(&d.references, "<0@x> <1@x>");
	set(&d.body, "H\xc3\xa4llo\n.\nFrom me\n");
	build(&d, &m, &recipients);
	assert_null(strstr(m.p, "hidden"));
	assert_int_equal(recipients.n, 4);
	assert_true(addr_list_has(&recipients, "hidden@example.net"));
	envelope_parse(&e, m.p, m.len);
	assert_string_equal(e.subject, d.subject);
	assert_int_equal(e.date, DATE);
	assert_string_equal(e.message_id, d.message_id);
	assert_string_equal(e.from.v[0].name, "Alice");
	assert_string_equal(e.to.v[1].name, "C, D");
	assert_string_equal(e.reply_to.v[0].mail, "r@example.org");
	assert_string_equal(e.in_reply_to.v[0], "1@x");
	assert_int_equal(e.references.n, 2);
	part_parse(&parts, m.p, m.len);
	assert_int_equal(parts.n, 1);
	part_text(&parts.v[0], &text);
	assert_string_equal(text.p, d.body);
	part_done(&parts);
	envelope_done(&e);
	addr_list_done(&recipients);
	str_done(&m);
	str_done(&text);
	draft_done(&d);
}

static void header_lines_are_folded(void **state)
{
	struct addr_list recipients;
	struct str m, to = STR_INIT, subject = STR_INIT;
	struct envelope e;
	struct draft d;

	start(&d);
	for (int i = 0; i < 200; i++)
		str_addf(&to, "\"N\xc3\xa4me, %d\" <someone%d@example.net>, ", i, i);
	repeat(&subject, "lorem \xe4\xbd\xa0 ips\xc3\xbcm ", 100);
	str_addc(&subject, '.');
	set(&d.to, to.p);
	set(&d.subject, subject.p);
	build(&d, &m, &recipients);
	for (const char *p = m.p; *p && *p != '\r'; p = strchr(p, '\n') + 1)
		assert_true(strcspn(p, "\r") <= 78);
	envelope_parse(&e, m.p, m.len);
	assert_int_equal(e.to.n, 200);
	assert_string_equal(e.to.v[199].name, "N\xc3\xa4me, 199");
	assert_string_equal(e.subject, subject.p);
	envelope_done(&e);
	addr_list_done(&recipients);
	str_done(&m);
	str_clear(&subject);
	repeat(&subject, "x", 3000); /* nowhere to fold */
	set(&d.subject, subject.p);
	build(&d, &m, &recipients);
	addr_list_done(&recipients);
	str_done(&m);
	str_done(&to);
	str_done(&subject);
	draft_done(&d);
}

static void bodies_survive(void **state)
{
	static const char *const BODIES[] = {"", "x", "x\n", "\n\n", "a \n-- \nb\t\n", ".\n..\n.\n",
		"From x\n>From y\n", "\xe4\xbd\xa0\n", "=41 =\n", "--=_x\n"};
	struct str wide = STR_INIT;

	repeat(&wide, "word ", 5000);
	for (size_t i = 0; i <= MEM_COUNT(BODIES); i++) {
		const char *body = i < MEM_COUNT(BODIES) ? BODIES[i] : wide.p;
		size_t len = strlen(body);
		struct str m, text = STR_INIT;
		struct addr_list recipients;
		struct parts parts;
		struct draft d;

		start(&d);
		set(&d.body, body);
		build(&d, &m, &recipients);
		part_parse(&parts, m.p, m.len);
		part_text(&parts.v[0], &text);
		assert_int_equal(strncmp(str_c(&text), body, len), 0);
		/* a last line without an end gets one */
		assert_string_equal(str_c(&text) + len, len && body[len - 1] != '\n' ? "\n" : "");
		part_done(&parts);
		addr_list_done(&recipients);
		str_done(&m);
		str_done(&text);
		draft_done(&d);
	}
	str_done(&wide);
}

static void line_ends_become_crlf(void **state)
{
	/* every form of SMTP smuggling, as 7bit and as quoted-printable */
	static const char *const BODIES[] = {"a\n.\nb", "a\r.\rb", "a\n.\r\nb", "a\r\n.\rb",
		"a\r\n.\r\nb\xc3\xa4", "a\r.\r\xc3\xa4"};

	for (size_t i = 0; i < MEM_COUNT(BODIES); i++) {
		struct addr_list recipients;
		struct draft d;
		struct str m;

		start(&d);
		set(&d.body, BODIES[i]);
		build(&d, &m, &recipients);
		addr_list_done(&recipients);
		str_done(&m);
		draft_done(&d);
	}
}

static void nothing_is_injected(void **state)
{
	static const char EVIL[] = "x\r\nBcc: evil@example.com\n\nbody\r\r\n.\r\n";
	struct addr_list recipients;
	struct header_field f;
	struct draft d;
	struct str m;

	start(&d);
	set(&d.subject, EVIL);
	set(&d.in_reply_to, EVIL);
	set(&d.references, EVIL);
	set(&d.message_id, EVIL);
	strv_add(&d.extra, "X-A: y\r\nBcc: evil@example.com");
	strv_add(&d.extra, "Bcc: evil@example.com");
	strv_add(&d.extra, "bcc : evil@example.com");
	strv_add(&d.extra, "X-B\r\nBcc: evil@example.com");
	strv_add(&d.extra, "Content-Type: text/html");
	strv_add(&d.extra, "no colon");
	strv_add(&d.extra, "X-Good: \xc3\xa4");
	set(&d.body, "B");
	build(&d, &m, &recipients);
	assert_int_equal(recipients.n, 1);
	assert_null(strstr(m.p, "\nBcc"));
	assert_null(strstr(m.p, "\nbcc"));
	assert_null(strstr(m.p, "\n\r\nbody"));
	assert_null(strstr(m.p, "text/html"));
	assert_true(header_find(m.p, m.len, "X-Good", &f));
	assert_string_equal(strstr(m.p, "\r\n\r\n"), "\r\n\r\nB\r\n");
	addr_list_done(&recipients);
	str_done(&m);
	draft_done(&d);
}

static void bad_addresses_are_refused(void **state)
{
	static const char *const BAD[] = {"x@y\r\nBcc: evil@example.com", "nobody",
		"a@b>\r\nRCPT TO:<c@d", "<a@b\n>", "a@b\x01"};

	for (size_t i = 0; i < MEM_COUNT(BAD); i++) {
		for (int field = 0; field < 5; field++) {
			struct addr_list recipients = {0};
			struct str m = STR_INIT;
			struct draft d;
			char **fields[] = {&d.from, &d.to, &d.cc, &d.bcc, &d.reply_to};
			static const char *const NAMES[] = {"From", "To", "Cc", "Bcc", "Reply-To"};

			start(&d);
			set(fields[field], BAD[i]);
			FAILS(ERR_INPUT, draft_build(&d, DATE, &m, &recipients, &why));
			assert_int_equal(strncmp(why.text, NAMES[field], strlen(NAMES[field])), 0);
			assert_int_equal(m.len, 0);
			assert_int_equal(recipients.n, 0);
			str_done(&m);
			draft_done(&d);
		}
	}
}

static void somebody_must_be_named(void **state)
{
	struct addr_list recipients = {0};
	struct str m = STR_INIT;
	struct draft d;

	start(&d);
	set(&d.to, "");
	assert_int_equal(draft_build(&d, DATE, &m, &recipients, NULL), -1);
	set(&d.bcc, "h@x.org");
	build(&d, &m, &recipients);
	assert_non_null(strstr(m.p, "To: undisclosed-recipients:;"));
	addr_list_done(&recipients);
	str_clear(&m);
	set(&d.from, "");
	assert_int_equal(draft_build(&d, DATE, &m, &recipients, NULL), -1);
	str_done(&m);
	draft_done(&d);
}

static void attach(
	struct draft *d, const char *dir, const char *name, const char *bytes, size_t len)
{
	struct str path = STR_INIT;
	FILE *f;

	str_addf(&path, "%s/%s", dir, name);
	f = fopen(path.p, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	fclose(f);
	draft_attach(d, path.p);
	str_done(&path);
}

static void attachments_survive(void **state)
{
	static const char *const NAMES[] = {"a.txt", "my file.pdf", "\xc3\xa4\xe4\xbd\xa0.png",
		"qu\"ote\\.zip", "evil\r\nBcc: x",
		"a very long name \xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0 "
		"that "
		"needs several pieces.tar"};
	static const char *const WANT[] = {"a.txt", "my file.pdf", "\xc3\xa4\xe4\xbd\xa0.png",
		"qu\"ote\\.zip", "evil Bcc: x",
		"a very long name \xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xbd\xa0 "
		"that "
		"needs several pieces.tar"};
	char dir[SCRATCH_SIZE], bytes[1000];
	struct addr_list recipients;
	struct parts parts;
	struct draft d;
	struct str m;

	assert_non_null(mkdtemp(scratch(dir, "test_build")));
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 31);
	start(&d);
	for (size_t i = 0; i < MEM_COUNT(NAMES); i++)
		attach(&d, dir, NAMES[i], bytes, sizeof(bytes) - i);
	build(&d, &m, &recipients);
	part_parse(&parts, m.p, m.len);
	assert_int_equal(parts.n, MEM_COUNT(NAMES) + 2);
	for (size_t i = 0; i < MEM_COUNT(NAMES); i++) {
		struct str data = STR_INIT;

		assert_string_equal(parts.v[i + 2].name, WANT[i]);
		assert_true(part_is_attachment(&parts, (int)i + 2));
		part_decode(&parts.v[i + 2], &data);
		assert_int_equal(data.len, sizeof(bytes) - i);
		assert_memory_equal(data.p, bytes, data.len);
		str_done(&data);
		assert_int_equal(unlink(d.files[i].path), 0);
	}
	assert_string_equal(parts.v[2].type, "text");
	assert_string_equal(parts.v[3].subtype, "pdf");
	part_done(&parts);
	addr_list_done(&recipients);
	str_clear(&m);
	/* the files are gone, and a directory is no file */
	assert_int_equal(draft_build(&d, DATE, &m, &recipients, NULL), -1);
	assert_int_equal(m.len, 0);
	while (d.nfiles)
		draft_detach(&d, 0);
	draft_attach(&d, dir);
	assert_int_equal(draft_build(&d, DATE, &m, &recipients, NULL), -1);
	addr_list_done(&recipients);
	assert_int_equal(rmdir(dir), 0);
	str_done(&m);
	draft_done(&d);
}

/* Text has its charset and can be read as it travels; every byte is there again. */
static void files_travel_as_what_they_are(void **state)
{
	static const struct {
		const char *name, *bytes, *type, *encoding, *shown;
	} files[] = {
		{"a.patch", "--- a\n+++ b\n@@ -1 +1 @@\n-x \n+y\t\n",
			"text/x-diff; charset=us-ascii", "7bit",
			"\r\n@@ -1 +1 @@\r\n-x \r\n+y\t\r\n"},
		{"no-end.txt", "last line", "text/plain; charset=us-ascii", "7bit",
			"\r\n\r\nlast line\r\n--"},
		{"german.txt", "Grüße aus dem Norden\n", "text/plain; charset=utf-8",
			"quoted-printable", "Gr=C3=BC=C3=9Fe aus"},
		{"from.txt", "a\nFrom here\n.\n", "text/plain; charset=us-ascii",
			"quoted-printable", "=46rom here"},
		{"latin.txt",
			"Gr\xfc\xdf"
			"e aus dem Norden\n",
			"text/plain; charset=unknown-8bit", "quoted-printable", "Gr=FC=DFe"},
		{"dos.txt", "a\r\nb\r\n", "text/plain; charset=us-ascii", "base64", "YQ0KYg0K"},
		{"Makefile", "all:\n\ttrue\n", "text/plain; charset=us-ascii", "7bit",
			"\r\n\ttrue"},
		{"core", "\x01\x02", "application/octet-stream", "base64", "AQI="},
		{"mail.eml", "Subject: x\n\nbody\n", "message/rfc822", "7bit", "Subject: x\r\n"},
		{"none.eml", "no mail\n", "text/plain; charset=us-ascii", "7bit", "no mail"},
		{"empty.txt", "", "text/plain; charset=us-ascii", "7bit", ""},
		{"tab\there ", "x\n", "text/plain; charset=us-ascii", "7bit", "x\r\n"},
		{"line\nend", "y\n", "text/plain; charset=us-ascii", "7bit", "y\r\n"},
		{"gr\xfcn.pdf", "z", "application/pdf", "base64", "gr%C3%BCn.pdf"},
		{"lat\xe9n.pdf", "z", "application/pdf", "base64", "lat%C3%A9n.pdf"},
	};
	char dir[SCRATCH_SIZE];

	assert_non_null(mkdtemp(scratch(dir, "test_build")));
	for (size_t i = 0; i < MEM_COUNT(files); i++) {
		struct addr_list recipients;
		struct parts parts;
		struct draft d;
		struct str m, data = STR_INIT, want = STR_INIT;

		start(&d);
		attach(&d, dir, files[i].name, files[i].bytes, strlen(files[i].bytes));
		build(&d, &m, &recipients);
		str_addf(&want, "Content-Transfer-Encoding: %s\r\nContent-Disposition: attachment",
			files[i].encoding);
		assert_non_null(strstr(m.p, want.p));
		assert_non_null(strstr(m.p, files[i].shown));
		assert_null(strstr(m.p, "name=\"=?"));
		part_parse(&parts, m.p, m.len);
		str_clear(&want);
		str_addf(&want, "%s/%s%s%s", parts.v[2].type, parts.v[2].subtype,
			*parts.v[2].charset ? "; charset=" : "", parts.v[2].charset);
		assert_string_equal(want.p, files[i].type);
		if (strcmp(files[i].type, "message/rfc822") != 0) {
			part_decode(&parts.v[2], &data);
			str_clear(&want);
			for (size_t k = 0; k < data.len; k++) /* as it is saved */
				if (strcmp(files[i].encoding, "base64") == 0 || data.p[k] != '\r')
					str_addc(&want, data.p[k]);
			assert_string_equal(str_c(&want), files[i].bytes);
		}
		part_done(&parts);
		assert_int_equal(unlink(d.files[0].path), 0);
		addr_list_done(&recipients);
		draft_done(&d);
		str_done(&m);
		str_done(&data);
		str_done(&want);
	}
	assert_int_equal(rmdir(dir), 0);
}

static void draft_file_round_trip(void **state)
{
	struct str text = STR_INIT, again = STR_INIT;
	struct draft d, first;

	start(&d);
	set(&d.cc, "c@x");
	set(&d.references, "<1@x> <2@x>");
	set(&d.in_reply_to, "2@x");
	set(&d.body, "\n\nTo: body\n\xc3\xa4\n");
	draft_attach(&d, "/tmp/my file");
	draft_file_add(&d, "held.pdf", "application/pdf");
	strv_add(&d.extra, "X-A: b");
	draft_write(&d, &text);
	first = d;
	draft_init(&d);
	draft_read(&d, &first, text.p, text.len);
	assert_string_equal(d.cc, "c@x");
	assert_string_equal(d.in_reply_to, "2@x");
	assert_string_equal(d.references, "<1@x> <2@x>");
	assert_int_equal(d.nfiles, 2);
	assert_string_equal(d.files[0].path, "/tmp/my file");
	for (size_t i = 0; i < 2; i++)
		assert_string_equal(d.files[i].key, first.files[i].key);
	assert_null(d.files[1].path);
	assert_string_equal(d.message_id, first.message_id);
	assert_string_equal(d.extra.v[0], "X-A: b");
	assert_string_equal(d.body, "\n\nTo: body\n\xc3\xa4\n");
	draft_write(&d, &again);
	assert_string_equal(again.p, text.p);
	/* A line that is taken out takes its file away; one with a number that is none is a path.
	 */
	draft_done(&d);
	draft_init(&d);
	draft_read(
		&d, &first, "Attach: [2] other name\nAttach: [3] x\nAttach: [1] my file\n\n", 58);
	assert_int_equal(d.nfiles, 3);
	assert_string_equal(d.files[0].key, first.files[1].key);
	assert_string_equal(d.files[0].name, "held.pdf");
	assert_string_equal(d.files[1].path, "[3] x");
	assert_string_equal(d.files[2].path, "[1] my file");
	draft_done(&first);
	str_done(&text);
	str_done(&again);
	draft_done(&d);
}

static void reads_odd_drafts(void **state)
{
	static const struct {
		const char *text, *to, *subject, *body;
	} ROWS[] = {
		{"To: a@b\nTo: c@d\n\nx", "a@b, c@d", "", "x"},
		{"to:a@b,\n c@d\nSUBJECT: s\r\n\r\nx\r\ny\r\n", "a@b, c@d", "s", "x\ny\n"},
		{"just a body\nTo: x\n", "", "", "just a body\nTo: x\n"},
		{"To: a\nodd line\nmore", "a", "", "odd line\nmore"},
		{"", "", "", ""},
		{"\n\nx", "", "", "\nx"},
		{"Subject: a\rb\x01\n\n", "", "a b", ""},
	};

	for (size_t i = 0; i < MEM_COUNT(ROWS); i++) {
		struct draft d;

		draft_init(&d);
		draft_read(&d, NULL, ROWS[i].text, strlen(ROWS[i].text));
		assert_string_equal(d.to, ROWS[i].to);
		assert_string_equal(d.subject, ROWS[i].subject);
		assert_string_equal(d.body, ROWS[i].body);
		draft_done(&d);
	}
}

static void replies_go_where_they_should(void **state)
{
	static const char PLAIN[] = "From: A <a@x>\nTo: me@x, b@x\nCc: \"C, D\" <c@x>, ME@x\n"
				    "Subject: RE[2]: Aw: s\nMessage-ID: <2@x>\nReferences: <1@x>\n";
	static const char REPLY_TO[] = "From: a@x\nReply-To: r@x\nTo: me@x\nIn-Reply-To: <0@x>\n"
				       "Message-ID: <2@x>\nSubject: s\n";
	static const char LIST[] = "From: a@x\nTo: l@x\nList-Post: <mailto:l@x>\nSubject: Re: s\n";
	static const char FOLLOW[] = "From: a@x\nTo: l@x\nMail-Followup-To: f@x, g@x\nSubject: s\n";
	static const char OWN[] = "From: me@x\nTo: b@x\nCc: c@x\nSubject: s\n";
	static const char MARKED[] =
		"From: \"A \x1b]0;b\x07\" <a@x>\nCc: \"\x1b\" <c@x>\nSubject: s\n";
	static const struct {
		const char *header;
		enum draft_reply kind;
		const char *to, *cc, *references;
	} ROWS[] = {
		{PLAIN, DRAFT_REPLY, "A <a@x>", "", "<1@x> <2@x>"},
		{PLAIN, DRAFT_REPLY_ALL, "A <a@x>", "b@x, \"C, D\" <c@x>", "<1@x> <2@x>"},
		{PLAIN, DRAFT_REPLY_LIST, "A <a@x>", "b@x, \"C, D\" <c@x>", "<1@x> <2@x>"},
		{REPLY_TO, DRAFT_REPLY, "r@x", "", "<0@x> <2@x>"},
		{LIST, DRAFT_REPLY_LIST, "l@x", "", ""},
		{LIST, DRAFT_REPLY, "a@x", "", ""},
		{FOLLOW, DRAFT_REPLY_ALL, "f@x, g@x", "", ""},
		{FOLLOW, DRAFT_REPLY, "a@x", "", ""},
		{MARKED, DRAFT_REPLY_ALL, "\"A ]0;b\" <a@x>", "c@x", ""},
		{OWN, DRAFT_REPLY, "b@x", "", ""},
		{OWN, DRAFT_REPLY_ALL, "b@x", "c@x", ""},
	};
	struct strv own = STRV_INIT;

	strv_add(&own, "me@x");
	for (size_t i = 0; i < MEM_COUNT(ROWS); i++) {
		size_t len = strlen(ROWS[i].header);
		struct envelope e;
		struct draft d;

		draft_init(&d);
		envelope_parse(&e, ROWS[i].header, len);
		draft_reply(
			&d, ROWS[i].kind, &e, ROWS[i].header, len, "one\n> two\n\n", &own, "me@x");
		assert_string_equal(d.to, ROWS[i].to);
		assert_string_equal(d.cc, ROWS[i].cc);
		assert_string_equal(d.references, ROWS[i].references);
		assert_string_equal(d.subject, "Re: s");
		assert_non_null(strstr(d.body, "wrote:\n> one\n>> two\n>\n"));
		envelope_done(&e);
		draft_done(&d);
	}
	strv_done(&own);
}

/* Everybody who was written to gets the answer, however many. */
static void reply_all_leaves_nobody_out(void **state)
{
	static const unsigned COUNTS[] = {499, 500, 501, 600, 9999};

	for (size_t i = 0; i < MEM_COUNT(COUNTS); i++) {
		struct str header = STR_INIT;
		struct addr_list cc = {0};
		struct envelope e;
		struct draft d;

		str_adds(&header, "From: a@x\nSubject: s\nTo: ");
		for (unsigned k = 0; k < COUNTS[i]; k++)
			str_addf(&header, "%sp%u@x", k ? ",\n " : "", k);
		str_adds(&header, "\nCc: A@X, p0@x\n");
		draft_init(&d);
		envelope_parse(&e, header.p, header.len);
		draft_reply(&d, DRAFT_REPLY_ALL, &e, header.p, header.len, "x\n", NULL, "me@x");
		assert_string_equal(d.to, "a@x");
		WORKS(addr_parse_typed(&cc, d.cc, &why));
		assert_int_equal(cc.n, COUNTS[i]);
		addr_list_done(&cc);
		envelope_done(&e);
		draft_done(&d);
		str_done(&header);
	}
}

/* What is typed for a mail program to obey is no business of the recipients; addresses in a field
 * of one's own are addresses. */
static void typed_fields(void **state)
{
	struct addr_list recipients = {0};
	struct draft d;
	struct str m = STR_INIT;

	draft_init(&d);
	set(&d.from, "me@x.org");
	set(&d.to, "b@x.org");
	strv_add(&d.extra, "Fcc: =archive");
	strv_add(&d.extra, "X-Mutt-Fcc: =archive");
	strv_add(&d.extra, "Mail-Followup-To: J\xc3\xb6rg <j@x.org>, k@x.org");
	build(&d, &m, &recipients);
	assert_null(strstr(m.p, "Fcc"));
	assert_null(strstr(m.p, "archive"));
	assert_non_null(strstr(m.p, " <j@x.org>, k@x.org\r\n"));
	addr_list_done(&recipients);
	str_done(&m);
	strv_add(&d.extra, "pgp: E");
	assert_int_equal(draft_build(&d, 0, &m, &recipients, &why), -1);
	assert_non_null(strstr(why.text, "neither signs nor encrypts"));
	addr_list_done(&recipients);
	draft_done(&d);
}

/* An id with a line end in it, in the mail that is answered. */
static void reply_injects_nothing(void **state)
{
	static const char HEADER[] = "From: \"x\\\r\n y\" <a@x>\nMessage-ID: <2@x\r\n Bcc: e@f>\n"
				     "References: <a\x01@b> <c d@e>\n"
				     "Subject: =?utf-8?q?s=0D=0ABcc:_e=40f?=\n";
	struct addr_list recipients;
	struct envelope e;
	struct draft d;
	struct str m;

	draft_init(&d);
	envelope_parse(&e, HEADER, sizeof(HEADER) - 1);
	draft_reply(&d, DRAFT_REPLY, &e, HEADER, sizeof(HEADER) - 1, "x\n", NULL, "me@x.org");
	build(&d, &m, &recipients);
	assert_int_equal(recipients.n, 1);
	addr_list_done(&recipients);
	str_done(&m);
	draft_forward(&d, &e, "quoted", "me@x.org");
	assert_int_equal(strncmp(d.subject, "Fwd: s", 6), 0);
	assert_non_null(strstr(d.body, "\nquoted\n"));
	envelope_done(&e);
	draft_done(&d);
}

static void mailto_links(void **state)
{
	static const struct {
		const char *uri;
		int rc;
		const char *to, *cc, *bcc, *subject, *body;
	} ROWS[] = {
		{"mailto:a@b", 0, "a@b", "", "", "", ""},
		{"MAILTO:a@b,c@d?subject=x%20y&body=l1%0D%0Al2", 0, "a@b,c@d", "", "", "x y",
			"l1\nl2"},
		{"mailto:?to=a@b&to=c@d&cc=e@f", 0, "a@b, c@d", "e@f", "", "", ""},
		{"mailto:a@b?bcc=h@x", 0, "a@b", "", "h@x", "", ""},
		{"mailto:a@b?attach=/etc/passwd&Attach=/etc/passwd&insert=x", 0, "a@b", "", "", "",
			""},
		{"mailto:a@b?attachment=/etc/passwd&from=z@z&x-y=z", 0, "a@b", "", "", "", ""},
		{"mailto:a@b?subject=x%0d%0aBcc:%20e@f", 0, "a@b", "", "", "x  Bcc: e@f", ""},
		{"mailto:a@b%0d%0aBcc:%20e@f", 0, "a@b  Bcc: e@f", "", "", "", ""},
		{"mailto:a@b?subject=a+b", 0, "a@b", "", "", "a+b", ""},
		{"mailto:a@b?subject=%C3%A4", 0, "a@b", "", "", "\xc3\xa4", ""},
		{"mailto:a@b?body=%1B[31m%07x", 0, "a@b", "", "", "", "[31mx"},
		{"mailto:a@b?subject", 0, "a@b", "", "", "", ""},
		{"mailto:a@b?&&=&%", 0, "a@b", "", "", "", ""},
		{"mailto:a@b?subject=x#y?z", 0, "a@b", "", "", "x", ""},
		{"mailto:a%00@b", -1, NULL, NULL, NULL, NULL, NULL},
		{"mailto:a@b?subject=%00x", -1, NULL, NULL, NULL, NULL, NULL},
		{"mailto:a@b?body=%00x", -1, NULL, NULL, NULL, NULL, NULL},
		{"http://x", -1, NULL, NULL, NULL, NULL, NULL},
	};
	struct str uri = STR_INIT;
	struct draft d;

	for (size_t i = 0; i < MEM_COUNT(ROWS); i++) {
		draft_init(&d);
		assert_int_equal(draft_mailto(&d, ROWS[i].uri, NULL), ROWS[i].rc);
		assert_int_equal(d.nfiles, 0);
		assert_int_equal(d.extra.n, 0);
		assert_string_equal(d.from, "");
		if (ROWS[i].rc == 0) {
			assert_string_equal(d.to, ROWS[i].to);
			assert_string_equal(d.cc, ROWS[i].cc);
			assert_string_equal(d.bcc, ROWS[i].bcc);
			assert_string_equal(d.subject, ROWS[i].subject);
			assert_string_equal(d.body, ROWS[i].body);
		}
		draft_done(&d);
	}
	draft_init(&d);
	assert_int_equal(draft_mailto(&d, "mailto:?in-reply-to=%3C1@x%0D%0A%3E", NULL), 0);
	assert_string_equal(d.in_reply_to, "1@x");
	draft_done(&d);
	draft_init(&d);
	str_adds(&uri, "mailto:a@b?body=");
	repeat(&uri, "x", 1000000);
	assert_int_equal(draft_mailto(&d, uri.p, NULL), 0);
	assert_int_equal(strlen(d.body), 1000000);
	repeat(&uri, "x", 1500000);
	assert_int_equal(draft_mailto(&d, uri.p, NULL), -1);
	str_done(&uri);
	draft_done(&d);
}

static void stored_drafts_come_back(void **state)
{
	struct addr_list recipients;
	struct draft d, back;
	struct str m;

	start(&d);
	set(&d.subject, "\xc3\xa4");
	set(&d.body, "bödy\n");
	set(&d.references, "<1@x> <2@x>");
	set(&d.in_reply_to, "2@x");
	build(&d, &m, &recipients);
	letter_read(&back, m.p, m.len, NULL);
	assert_string_equal(back.from, d.from);
	assert_string_equal(back.to, d.to);
	assert_string_equal(back.subject, d.subject);
	assert_string_equal(back.references, d.references);
	assert_string_equal(back.in_reply_to, d.in_reply_to);
	assert_string_equal(back.message_id, d.message_id);
	assert_string_equal(back.body, d.body);
	draft_done(&back);
	draft_done(&d);
	addr_list_done(&recipients);
	str_done(&m);
}

static void ids_are_random_and_private(void **state)
{
	struct draft a, b;

	start(&a);
	start(&b);
	assert_string_not_equal(a.message_id, b.message_id);
	assert_string_equal(strchr(a.message_id, '@'), "@example.org");
	draft_make_id(&a);
	set(&b.message_id, a.message_id);
	draft_make_id(&a);
	assert_string_equal(a.message_id, b.message_id);
	set(&a.message_id, "");
	set(&a.from, "broken");
	draft_make_id(&a);
	assert_string_equal(strchr(a.message_id, '@'), "@localhost.invalid");
	set(&a.message_id, "");
	set(&a.from, "eva@b\303\274cher.example");
	draft_make_id(&a);
	assert_string_equal(strchr(a.message_id, '@'), "@xn--bcher-kva.example");
	draft_done(&a);
	draft_done(&b);
}

/* For relays without SMTPUTF8: the header becomes ASCII, and all else is as it was. */
static void header_becomes_ascii(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"From: a@b\r\nX: y\r\n z\r\n\r\n\xc3\xa4\r\n",
			"From: a@b\r\nX: y\r\n z\r\n\r\n\xc3\xa4\r\n"},
		{"To: bob@x, \xc3\xb6@x\r\n\r\n", "To: bob@x, =?utf-8?b?w7ZAeA==?= :;\r\n\r\n"},
		{"a: b\r\nCC: Jö <ö@x>,\r\n eva@bücher.example\r\nc: d\r\n\r\n",
			"a: b\r\nCC: =?utf-8?b?SsO2IDzDtkB4Pg==?= :;, "
			"eva@xn--bcher-kva.example\r\n"
			"c: d\r\n\r\n"},
		{"Subject: \xc3\xa4\r\n\r\nx", "Subject: =?utf-8?b?w6Q=?=\r\n\r\nx"},
		{"\r\n\xc3\xa4", "\r\n\xc3\xa4"},
		{"", ""},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct str out = STR_INIT;

		build_ascii(&out, cases[i].in, strlen(cases[i].in));
		assert_string_equal(str_c(&out), cases[i].out);
		str_done(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builds_a_plain_message),
		cmocka_unit_test(header_lines_are_folded),
		cmocka_unit_test(bodies_survive),
		cmocka_unit_test(line_ends_become_crlf),
		cmocka_unit_test(nothing_is_injected),
		cmocka_unit_test(bad_addresses_are_refused),
		cmocka_unit_test(somebody_must_be_named),
		cmocka_unit_test(attachments_survive),
		cmocka_unit_test(files_travel_as_what_they_are),
		cmocka_unit_test(draft_file_round_trip),
		cmocka_unit_test(reads_odd_drafts),
		cmocka_unit_test(replies_go_where_they_should),
		cmocka_unit_test(reply_all_leaves_nobody_out),
		cmocka_unit_test(typed_fields),
		cmocka_unit_test(reply_injects_nothing),
		cmocka_unit_test(mailto_links),
		cmocka_unit_test(stored_drafts_come_back),
		cmocka_unit_test(ids_are_random_and_private),
		cmocka_unit_test(header_becomes_ascii),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

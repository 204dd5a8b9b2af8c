#include "mime_test.h"

#include "mime/cut.h"
#include "mime/part.h"

/* "section type/subtype name [body]" of each part that holds something, one a line. */
static char *outline(const struct parts *parts)
{
	struct str out = STR_INIT;

	for (size_t i = 0; i < parts->n; i++) {
		const struct part *p = &parts->v[i];

		str_addf(&out, "%s%s/%s", i ? "\n" : "", p->type, p->subtype);
		if (*p->section)
			str_addf(&out, " %s", p->section);
		if (p->name)
			str_addf(&out, " %s", p->name);
		if (!p->multipart && !p->message) {
			struct str text = STR_INIT;

			part_text(p, &text);
			str_addf(&out, " [%s]", str_c(&text));
			str_done(&text);
		}
	}
	return str_steal(&out);
}

#define MIXED "Content-Type: multipart/mixed; boundary=b\n\n"

static void reads_structures(void **state)
{
	static const char *const ROWS[][2] = {
		{"Subject: x\n\nbody\n", "text/plain 1 [body\n]"},
		{"Subject: x\r\n\r\nbody\r\n", "text/plain 1 [body\n]"},
		{"Subject: x\r\rbody\r", "text/plain 1 [body\n]"},
		{"\nbody", "text/plain 1 [body]"},
		{"body only", "text/plain 1 [body only]"},
		{"", "text/plain 1 []"},
		{"Content-Type: text/html; charset=iso-8859-1\n\n\xe4", "text/html 1 [\xc3\xa4]"},
		{"Content-Type: TEXT/HTML\n\n", "text/html 1 []"},
		{"Content-Type: nonsense\n\nx", "text/plain 1 [x]"},
		{"Content-Type: text/html\nContent-Type: image/png\n\nx", "text/html 1 [x]"},
		{MIXED "pre\n--b\n\none\n--b\nContent-Type: a/b\n\ntwo\n--b--\nepilogue\n",
			"multipart/mixed\ntext/plain 1 [one]\na/b 2 [two]"},
		{"Content-Type: multipart/mixed; "
		 "boundary=\"b\"\r\n\r\n--b\r\n\r\none\r\n\r\n--b--\r\n",
			"multipart/mixed\ntext/plain 1 [one\n]"},
		/* terminator missing, blanks behind, last line without end */
		{MIXED "--b\n\none", "multipart/mixed\ntext/plain 1 [one]"},
		{MIXED "--b \t\n\none\n--b-- ", "multipart/mixed\ntext/plain 1 [one]"},
		{MIXED "--b\n--b\n--b--", "multipart/mixed\ntext/plain 1 []\ntext/plain 2 []"},
		/* no boundary ever comes: it is text */
		{MIXED, "text/plain 1 []"},
		{MIXED "no boundary at all", "text/plain 1 [no boundary at all]"},
		{MIXED "words\n--b--\nmore", "text/plain 1 [words\n--b--\nmore]"},
		{MIXED "--b\nContent-Type: multipart/alternative; "
		       "boundary=c\n\nwords\n--b\n\nx\n--b--",
			"multipart/mixed\ntext/plain 1 [words]\ntext/plain 2 [x]"},
		{"Content-Type: multipart/mixed; boundary=c\nContent-Transfer-Encoding: base64\n\n"
		 "aGVsbG8=\n",
			"text/plain 1 [hello]"},
		/* header blocks that end at no empty line */
		{"Subject: x\n \t\nwords\n\nmore\n", "text/plain 1 [words\n\nmore\n]"},
		{MIXED "--b\nContent-Type: a/b\n \nwords\n--b\nX: y\n--b--",
			"multipart/mixed\na/b 1 [words]\ntext/plain 2 []"},
		{MIXED "--b\nContent-Type: a/b\nwords are here\n\nmore\n--b--",
			"multipart/mixed\na/b 1 [words are here\n\nmore]"},
		/* words behind base64 */
		{"Content-Transfer-Encoding: base64\n\naGVsbG8=\n___\nthe list\n",
			"text/plain 1 [hello\n___\nthe list\n]"},
		/* what is no type */
		{"Content-Type: PDF; name=a.pdf\n\nx", "application/octet-stream 1 a.pdf [x]"},
		{"Content-Type: ; name=\"a.bin\"\n\nx", "application/octet-stream 1 a.bin [x]"},
		{"Content-Type: application; name=a\nContent-Disposition: inline; filename=b\n\nx",
			"application/octet-stream 1 b [x]"},
		{"Content-Type: application/; name=a\n\nx", "application/octet-stream 1 a [x]"},
		{"Content-Type: text; name=a.txt\n\nx", "text/plain 1 a.txt [x]"},
		{"Content-Type: text/; name=a.txt\n\nx", "text/plain 1 a.txt [x]"},
		{"Content-Type: PDF\n\nx", "text/plain 1 [x]"},
		/* header that runs into a boundary; part without header or empty line */
		{MIXED "--b\nContent-Type: a/b\n--b\n\nx\n--b--",
			"multipart/mixed\na/b 1 []\ntext/plain 2 [x]"},
		{MIXED "--b\nhello\nyou\n--b--", "multipart/mixed\ntext/plain 1 [hello\nyou]"},
		/* not boundaries */
		{MIXED "--b\n\n--bb\n --b\n--\n--b-\n---b\n-- b\n--b--",
			"multipart/mixed\ntext/plain 1 [--bb\n --b\n--\n--b-\n---b\n-- b]"},
		/* boundaries that begin alike */
		{"Content-Type: multipart/mixed; boundary=a\n\n--a\n"
		 "Content-Type: multipart/mixed; "
		 "boundary=ab\n\n--ab\n\nx\n--ab--\n--a\n\ny\n--a--\n",
			"multipart/mixed\nmultipart/mixed 1\ntext/plain 1.1 [x]\ntext/plain 2 [y]"},
		{"Content-Type: multipart/mixed; boundary=a\n\n--a\n"
		 "Content-Type: multipart/mixed; "
		 "boundary=a--\n\n--a--\n\nx\n--a----\n--a\n\ny\n--a--\n",
			"multipart/mixed\nmultipart/mixed 1\ntext/plain 1.1 [x]\ntext/plain 2 [y]"},
		/* the inner one never ends */
		{"Content-Type: multipart/mixed; boundary=a\n\n--a\n"
		 "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--a\n\ny\n--a--\n",
			"multipart/mixed\nmultipart/mixed 1\ntext/plain 1.1 [x]\ntext/plain 2 [y]"},
		/* odd boundaries */
		{"Content-Type: multipart/mixed; boundary=\"\\\"\"\n\n--\"\n\nx\n--\"--\n",
			"multipart/mixed\ntext/plain 1 [x]"},
		{"Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\nx",
			"text/plain 1 [--\n\nx]"},
		{"Content-Type: multipart/mixed\n\n--b\n\nx", "text/plain 1 [--b\n\nx]"},
		{"Content-Type: multipart/mixed; boundary=\"a b \"\n\n--a b\n\nx\n--a b--",
			"multipart/mixed\ntext/plain 1 [x]"},
		/* messages in messages: RFC 9051 6.4.5 numbers */
		{MIXED "--b\n\nx\n--b\nContent-Type: message/rfc822\n\nSubject: in\n\ny\n--b--",
			"multipart/mixed\ntext/plain 1 [x]\nmessage/rfc822 2\ntext/plain 2.1 [y]"},
		{MIXED "--b\nContent-Type: message/rfc822\n\n"
		       "Content-Type: multipart/alternative; "
		       "boundary=c\n\n--c\n\ny\n--c\n\nz\n--c--\n"
		       "--b\n\nw\n--b--",
			"multipart/mixed\nmessage/rfc822 1\nmultipart/alternative 1.TEXT\n"
			"text/plain 1.1 [y]\ntext/plain 1.2 [z]\ntext/plain 2 [w]"},
		{"Content-Type: message/rfc822\n\nSubject: in\n\ny",
			"message/rfc822 1\ntext/plain 1.1 [y]"},
		/* in an encoding too */
		{"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\neQ==",
			"message/rfc822 1\ntext/plain 1.1 [y]"},
		{MIXED "--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: "
		       "quoted-printable\n\nContent-Type: multipart/mixed; "
		       "boundary=3Dc\n\n--c\n\none =3D "
		       "1\n--c\nContent-Type: a/b; name=3Dn\n\ntwo\n--c--\n--b\n\nx\n--b--",
			"multipart/mixed\nmessage/rfc822 1\nmultipart/mixed 1.TEXT\ntext/plain 1.1 "
			"[one = "
			"1]\na/b 1.2 n [two]\ntext/plain 2 [x]"},
		{"Content-Type: message/news\n\nSubject: in\n\ny",
			"message/news 1\ntext/plain 1.1 [y]"},
		/* uuencode among lines of text */
		{"\none\nbegin 644 a.txt\n#86)C\n`\nend\ntwo\nbegin 644 b\n#86)C\n`\nend\n",
			"text/plain 1 [one\nbegin 644 a.txt\n#86)C\n`\nend\ntwo\nbegin 644 "
			"b\n#86)C\n`\nend\n]\ntext/plain 1.1 [one\n]\napplication/octet-stream 1.2 "
			"a.txt "
			"[abc]\ntext/plain 1.3 [two\n]\napplication/octet-stream 1.4 b [abc]"},
		{"\nbegin 644 a file that never ends\n#86)C\n",
			"text/plain 1 [begin 644 a file that never "
			"ends\n#86)C\n]"},
		{"\nbegin 2026 with words\nend\n", "text/plain 1 [begin 2026 with words\nend\n]"},
		{"Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: in\n\ny\n--b--",
			"multipart/digest\nmessage/rfc822 1\ntext/plain 1.1 [y]"},
		/* names */
		{"Content-Disposition: attachment; filename*=utf-8''%C3%A4\n"
		 "Content-Type: a/b; name=x\n\n",
			"a/b 1 \xc3\xa4 []"},
		{"Content-Type: a/b; name=\"=?utf-8?q?=C3=A4?=\"\n\n", "a/b 1 \xc3\xa4 []"},
		{"Content-Disposition: attachment; filename=my file.txt\n\n",
			"text/plain 1 my file.txt []"},
		/* encodings */
		{"Content-Transfer-Encoding: Quoted-Printable\n\nJ=C3=B6rg",
			"text/plain 1 [J\xc3\xb6rg]"},
		{"Content-Transfer-Encoding: base64\n\naGVsbG8=d29ybGQ=",
			"text/plain 1 [helloworld]"},
		{"Content-Transfer-Encoding: x-uuencode\n\nbegin 644 x\n#86)C\n`\nend\n",
			"text/plain 1 [abc]"},
		{"Content-Transfer-Encoding: x-uuencode\n\nno such thing",
			"text/plain 1 [no such thing]"},
		{"Content-Transfer-Encoding: (c) base64 (d)\n\neQ==", "text/plain 1 [y]"},
		{"Content-Transfer-Encoding: nonsense\n\neQ==", "text/plain 1 [eQ==]"},
		/* terminal codes in a body */
		{"\n\x1b[31mred\x07\xc2\x9b", "text/plain 1 [red]"},
	};

	for (size_t i = 0; i < MEM_COUNT(ROWS); i++) {
		struct parts parts;

		part_parse(&parts, ROWS[i][0], strlen(ROWS[i][0]));
		assert_text(outline(&parts), ROWS[i][1]);
		assert_false(parts.cut);
		part_done(&parts);
	}
}

static void reads_fields(void **state)
{
	static const char MESSAGE[] =
		"Content-Type: text/plain; charset=\"UTF-8\"; format=Flowed; delsp=yes\n"
		"Content-ID: <id@x>\nContent-Description: =?utf-8?q?=C3=A4?=\n"
		"Content-Disposition: inline; filename=a\n\nx";
	struct parts parts;
	const struct part *p;

	part_parse(&parts, MESSAGE, sizeof(MESSAGE) - 1);
	p = &parts.v[0];
	assert_string_equal(p->charset, "utf-8");
	assert_true(p->format_flowed && p->delsp);
	assert_string_equal(p->content_id, "id@x");
	assert_string_equal(p->description, "\xc3\xa4");
	assert_int_equal(p->disposition, PART_INLINE);
	assert_int_equal(p->size, 1);
	assert_true(part_is_text(p) && part_is_attachment(&parts, 0));
	part_done(&parts);
}

static void tells_attachments(void **state)
{
	static const char MESSAGE[] = MIXED
		"--b\n\ntext\n--b\nContent-Type: text/html\n\nhtml\n"
		"--b\nContent-Disposition: attachment\n\nx\n--b\nContent-Type: image/png\n\nx\n"
		"--b\nContent-Type: message/rfc822\n\n\nx\n"
		"--b\nContent-Type: application/pgp-signature; name=s.asc\n\nx\n"
		"--b\nContent-Type: message/delivery-status\n\nx\n--b--";
	static const bool WANT[] = {false, false, false, true, true, true, false, false, false};
	struct parts parts;

	part_parse(&parts, MESSAGE, sizeof(MESSAGE) - 1);
	assert_int_equal(parts.n, MEM_COUNT(WANT));
	for (size_t i = 0; i < parts.n; i++)
		assert_int_equal(part_is_attachment(&parts, (int)i), WANT[i]);
	part_done(&parts);
}

static void saves_and_loads(void **state)
{
	struct parts parts = {0}, again;
	struct str text = STR_INIT, twice = STR_INIT;
	int root = part_add(&parts, -1), one = part_add(&parts, root), two = part_add(&parts, root);

	memcpy(parts.v[root].type, "multipart", 10);
	parts.v[root].multipart = true;
	parts.v[one].name = mem_strdup("a b%\n\xc3\xa4");
	parts.v[one].encoding = PART_QP;
	parts.v[one].size = 1ull << 40;
	part_number(&parts);
	part_set_header(&parts, one, "A: b\n", 5);
	part_set_header(&parts, two, "C: d\n", 5);
	part_save(&parts, &text);
	assert_int_equal(part_load(&again, text.p, text.len), 0);
	assert_int_equal(again.n, 3);
	assert_int_equal(part_find(&again, "2"), two);
	assert_int_equal(part_find(&again, "3"), -1);
	assert_string_equal(again.v[one].name, "a b%\n\xc3\xa4");
	assert_null(again.v[two].name);
	assert_null(again.v[one].body);
	assert_int_equal(again.v[one].size, 1ull << 40);
	assert_memory_equal(again.v[one].header, "A: b\n", 5);
	assert_memory_equal(again.v[two].header, "C: d\n", 5);
	part_set_body(&again, one, "=41", 3);
	part_decode(&again.v[one], &twice);
	assert_string_equal(twice.p, "A");
	part_done(&again);
	/* every damage by cutting is seen or harmless */
	for (size_t i = 0; i < text.len; i++)
		if (part_load(&again, text.p, i) == 0)
			part_done(&again);
	assert_int_equal(part_load(&again, text.p, text.len - 1), -1);
	part_done(&parts);
	str_done(&text);
	str_done(&twice);
}

/* Fields that a server has read are read as those of a message are. */
static void describes_as_it_reads(void **state)
{
	static const char TEXT[] =
		"Content-Type: text/plain; charset=\"UTF-8\"; format=flowed; "
		"name*0*=\"utf-8''%C3%A4\"; name*1=\"b\"\r\nContent-Transfer-Encoding: X-UUE\r\n"
		"Content-Disposition: x-own\r\nContent-ID: <i@d>\r\n";
	static const char MESSAGE[] = "Content-Type: message/rfc822\r\n";
	static const char ENCODED[] =
		"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n";
	struct parts parts = {0}, again;
	struct str saved = STR_INIT;
	int root = part_describe(&parts, -1, "Content-Type: multipart/digest\r\n", 32, 0);
	int one = part_describe(&parts, root, TEXT, sizeof(TEXT) - 1, 9);

	assert_true(parts.v[root].multipart);
	assert_string_equal(parts.v[one].charset, "utf-8");
	assert_string_equal(parts.v[one].name, "äb");
	assert_string_equal(parts.v[one].content_id, "i@d");
	assert_int_equal(parts.v[one].encoding, PART_UUENCODE);
	assert_int_equal(parts.v[one].disposition, PART_ATTACHMENT);
	assert_true(parts.v[one].format_flowed && !parts.v[one].header && !parts.v[one].body);
	assert_true(parts.v[part_describe(&parts, root, "", 0, 9)].message);
	assert_true(parts.v[part_describe(&parts, root, MESSAGE, sizeof(MESSAGE) - 1, 9)].message);
	assert_false(parts.v[part_describe(&parts, root, ENCODED, sizeof(ENCODED) - 1, 9)].message);
	/* Nothing is here already. */
	assert_non_null(parts.v[part_describe(&parts, root, "Content-Type: a/b\r\n", 19, 0)].body);
	parts.cut = true;
	part_number(&parts);
	part_save(&parts, &saved);
	assert_int_equal(part_load(&again, saved.p, saved.len), 0);
	assert_true(again.cut);
	assert_non_null(again.v[again.n - 1].body);
	assert_null(again.v[again.n - 2].body);
	part_done(&again);
	part_done(&parts);
	str_done(&saved);
}

static void load_refuses_damage(void **state)
{
	static const char *const ROWS[] = {"", "parts 1\n",
		"parts 2\n-1 0 0 0 0 = =a =b = - - - -\n", "parts 1\n0 0 0 0 0 = =a =b = - - - -\n",
		"parts 1\n-1 9 0 0 0 = =a =b = - - - -\n",
		"parts 1\n-1 0 0 0 0 = =a =b = - - - -\n-1 0 0 0 0 = =a =b = - - - -\n",
		"parts 1\n-1 0 0 0 0 = =a =b = - - - -\n5 0 0 0 0 = =a =b = - - - -\n",
		"parts 1\n-1 0 0 0 99999999999999999999999 = =a =b = - - - -\n",
		"parts 1\n-1 0 0 0 0 = =a%00b =b = - - - -\n",
		"parts 1\n-1 0 0 0 0 = "
		"=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa =b = - "
		"- - "
		"-\n",
		"parts 1\n-1 0 0 0 0 = =a =b = - - - - x\n"};
	struct parts parts;

	for (size_t i = 0; i < MEM_COUNT(ROWS); i++)
		assert_int_equal(part_load(&parts, ROWS[i], strlen(ROWS[i])), -1);
}

/* Parses a bomb; tells the number of parts and the greatest depth. */
static size_t bomb(struct str *in, int *depth, bool *cut)
{
	struct parts parts;
	size_t n;

	part_parse(&parts, in->p, in->len);
	*depth = 0;
	for (size_t i = 0; i < parts.n; i++) {
		const struct part *p = &parts.v[i];

		*depth = p->depth > *depth ? p->depth : *depth;
		assert_true(p->body >= in->p && p->body + p->body_len <= in->p + in->len);
		assert_true(strlen(p->section) < sizeof(p->section));
	}
	n = parts.n;
	*cut = parts.cut;
	part_done(&parts);
	str_done(in);
	return n;
}

static void nesting_is_capped(void **state)
{
	struct str in = STR_INIT;
	int depth;
	bool cut;

	for (int i = 0; i < 20000; i++)
		str_addf(&in, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
	assert_int_equal(bomb(&in, &depth, &cut), 100);
	assert_int_equal(depth, 99);
	assert_true(cut);
	repeat(&in, "Content-Type: message/rfc822\n\n", 100000);
	assert_int_equal(bomb(&in, &depth, &cut), 100);
	assert_int_equal(depth, 99);
	assert_true(cut);
	repeat(&in, "Content-Type: multipart/mixed; boundary=b\n\n--b\n", 100000);
	bomb(&in, &depth, &cut);
	assert_true(depth < 100);
}

static void counts_are_capped(void **state)
{
	struct str in = STR_INIT;
	int depth;
	bool cut;

	str_adds(&in, MIXED);
	repeat(&in, "--b\n\nx\n", 100000);
	assert_int_equal(bomb(&in, &depth, &cut), 10000);
	assert_true(cut);
	repeat(&in, "X: y\n", 200000);
	assert_int_equal(bomb(&in, &depth, &cut), 1);
	str_adds(&in, "Content-Type: multipart/mixed; boundary=");
	repeat(&in, "b", 5000000);
	str_adds(&in, "\n\n--b\n\nx");
	assert_int_equal(bomb(&in, &depth, &cut), 1);
	str_adds(&in, "Content-Type: ");
	repeat(&in, "(", 200000);
	str_adds(&in, "\n\nx");
	assert_int_equal(bomb(&in, &depth, &cut), 1);
	str_adds(&in, "Subject: ");
	repeat(&in, "x", 20000000);
	assert_int_equal(bomb(&in, &depth, &cut), 1);
	repeat(&in, "x", 50000000);
	assert_int_equal(bomb(&in, &depth, &cut), 1);
}

/* A hundred open boundaries and millions of lines that might be one. */
static void boundary_search_is_flat(void **state)
{
	struct str in = STR_INIT;
	int depth;
	bool cut;

	for (int i = 0; i < 99; i++)
		str_addf(&in, "Content-Type: multipart/mixed; boundary=b%02d\n\n--b%02d\n", i, i);
	str_adds(&in, "\n");
	repeat(&in, "--b\n", 2000000);
	repeat(&in, "--b99\n", 2000000);
	assert_int_equal(bomb(&in, &depth, &cut), 100);
}

/* A name of so many bytes is whole; a longer one shows that it is cut, at a character. */
static void cuts_names(void **state)
{
	for (size_t n = 1023; n <= 1025; n++)
		for (int wide = 0; wide < 2; wide++) {
			struct str mail = STR_INIT, name = STR_INIT;
			struct parts parts;

			while (name.len < n - 2 * (size_t)wide)
				str_addc(&name, 'x');
			if (wide)
				str_adds(&name, "ä");
			str_addf(&mail, "Content-Disposition: attachment; filename=\"%s\"\n\nx",
				name.p);
			part_parse(&parts, mail.p, mail.len);
			if (n <= 1024) {
				assert_string_equal(parts.v[0].name, name.p);
			} else {
				assert_int_equal(strlen(parts.v[0].name), 1024);
				assert_string_equal(parts.v[0].name + 1024 - 4, "x…");
			}
			part_done(&parts);
			str_done(&mail);
			str_done(&name);
		}
}

/* A file among the lines is a part, in whatever old encoding. */
static void test_yenc(void **state)
{
	const char *mail = "Content-Type: text/plain\n\nhello\n"
			   "=ybegin line=128 size=6 name=a b.bin \r\n=ypart begin=1 end=6\n"
			   "\x8b\x8c=n\x8d\r\n=J\x2a\n=yend size=6\nbehind\n"
			   "begin 644 cat.txt\n#0V%T\n`\nend\n=ybegin line=1 size=1 name=cut\nx\n";
	static const char *const bodies[] = {"hello\n", "ab\x04\x63\xe0\0", "behind\n", "Cat",
		"=ybegin line=1 size=1 name=cut\nx\n"};
	static const char *const names[] = {"", "a b.bin", "", "cat.txt", ""};
	struct parts parts;

	part_parse(&parts, mail, strlen(mail));
	assert_int_equal(parts.n, 6);
	for (size_t i = 1; i < parts.n; i++) {
		struct str out = STR_INIT;

		part_decode(&parts.v[i], &out);
		assert_int_equal(out.len, i == 2 ? 6 : strlen(bodies[i - 1]));
		assert_memory_equal(str_c(&out), bodies[i - 1], out.len);
		assert_string_equal(parts.v[i].name ? parts.v[i].name : "", names[i - 1]);
		str_done(&out);
	}
	part_done(&parts);
}

static const char *cut_fails(const char *message, const char *section, const char *type)
{
	static struct err err;
	struct str out = STR_INIT;

	err = (struct err){0};
	assert_int_equal(cut_part(message, strlen(message),
				 &(struct cut){section, type, "", "gone"}, &out, &err),
		-1);
	assert_int_equal(out.len, 0);
	return err.text;
}

/* All but the part stays as it is, with the line ends that the message has. */
static void test_cut(void **state)
{
	const char *all = "Content-Type: multipart/mixed; boundary=b\n\nbefore\n--b\n\none\n"
			  "--b\nContent-Type: image/png; name=x.png\n\nbytes\n--b--\nbehind\n";
	const char *sealed = "Content-Type: multipart/signed; boundary=b\n\n--b\n\none\n"
			     "--b\nContent-Type: application/x-signature\n\ntwo\n--b--\n";
	const char *uu = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n"
			 "begin 644 cat.txt\n#0V%T\n`\nend\n\n--b--\n";
	struct cut c = {"2", "image/png", "x.png", "gone ü"};
	struct str out = STR_INIT;
	struct parts parts;

	assert_int_equal(cut_part(all, strlen(all), &c, &out, NULL), 0);
	assert_string_equal(out.p,
		"Content-Type: multipart/mixed; boundary=b\n\nbefore\n--b\n\none\n"
		"--b\nContent-Type: text/plain; charset=utf-8\n"
		"Content-Disposition: inline\n"
		"Content-Transfer-Encoding: quoted-printable\n\ngone =C3=BC"
		"\n--b--\nbehind\n");
	str_done(&out);
	assert_non_null(strstr(cut_fails(all, "3", "image/png"), "no part 3"));
	assert_non_null(strstr(cut_fails(all, "1", "image/png"), "no part 1"));
	assert_non_null(strstr(cut_fails(all, "2", "image/png"), "no part 2")); /* another name */
	assert_non_null(strstr(cut_fails("\ntext\n", "1", "text/plain"), "all there is"));
	assert_non_null(strstr(cut_fails(sealed, "1", "text/plain"), "signed or encrypted"));
	/* What was in an encoding has no place of its own in the message. */
	part_parse(&parts, uu, strlen(uu));
	for (size_t i = 0; i < parts.n; i++)
		if (parts.v[i].name && strcmp(parts.v[i].name, "cat.txt") == 0) {
			c = (struct cut){
				parts.v[i].section, "application/octet-stream", "cat.txt", ""};
			assert_int_equal(cut_part(uu, strlen(uu), &c, &out, NULL), -1);
		}
	assert_string_equal(c.name, "cat.txt");
	part_done(&parts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_yenc),
		cmocka_unit_test(reads_structures),
		cmocka_unit_test(cuts_names),
		cmocka_unit_test(reads_fields),
		cmocka_unit_test(tells_attachments),
		cmocka_unit_test(saves_and_loads),
		cmocka_unit_test(describes_as_it_reads),
		cmocka_unit_test(load_refuses_damage),
		cmocka_unit_test(nesting_is_capped),
		cmocka_unit_test(counts_are_capped),
		cmocka_unit_test(boundary_search_is_flat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "golden.h"

#include "mime/calendar.h"
#include "mime/header.h"
#include "mime/render.h"
#include "mime/wrap.h"

#include <time.h>

static struct text *make_with(const char *s, size_t len, const struct render_options *opt)
{
	size_t header = header_length(s, len, NULL);
	struct parts parts;
	struct text *t;

	part_parse(&parts, s, len);
	t = render_message(&parts, s, header, opt);
	part_done(&parts);
	return t;
}

static struct text *make(const char *s, size_t len)
{
	struct render_options opt = {.width = 60};
	struct text *t = make_with(s, len, &opt);

	assert_true(golden_widest(t) <= 60);
	return t;
}

static void message_files(void **state)
{
	golden_all(".eml", 12, make);
}

/* Mail as people get it, of all kinds: the file WHY there has a word for each. */
static void mails(void **state)
{
	golden_in("mails", ".eml", 200, make);
}

static void load(struct str *out, const char *name)
{
	char path[1024];
	const char *src = getenv("srcdir");

	snprintf(path, sizeof(path), "%s/tests/data/render/%s", src ? src : ".", name);
	assert_true(golden_read(path, out));
}

static char *shown(const char *message, const struct render_options *opt)
{
	struct text *t = make_with(message, strlen(message), opt);
	struct str out = STR_INIT;

	golden_check_clean(t);
	text_plain(t, &out, false);
	text_free(t);
	return str_steal(&out);
}

/* All header fields: each up to a limit, and what is over it is said. */
static void long_field(void **state)
{
	static const struct render_options opt = {.width = 60, .all_headers = true};

	for (size_t n = 19999; n <= 20001; n++) {
		struct str s = STR_INIT;
		char *got;

		str_adds(&s, "From: a@b.example\nX-Long: ");
		for (size_t i = 0; i < n; i++)
			str_addc(&s, 'x');
		str_adds(&s, "\n\nbody\n");
		got = shown(str_c(&s), &opt);
		assert_int_equal(
			strstr(got, "The rest of this field is left out") != NULL, n > 20000);
		free(got);
		str_done(&s);
	}
}

static void options(void **state)
{
	static const char mail[] = "From: a@b.example\nX-One: =?utf-8?q?x?=\n\tfolded\nSubject: "
				   "s\n\nbody\n> > x\n> a\n";
	static const struct {
		struct render_options opt;
		const char *want;
	} cases[] = {
		{{.width = 60}, "From: a@b.example\nSubject: s\n\nbody\n> > x\n> a\n"},
		{{.width = 60, .no_headers = true}, "body\n> > x\n> a\n"},
		{{.width = 60, .all_headers = true}, "From: a@b.example\nX-One: x folded\n"
						     "Subject: s\n\nbody\n> > x\n> a\n"},
		{{.width = 60, .no_headers = true, .hide_quotes = true},
			"body\n[1 quoted line]\n> a\n"},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		char *got = shown(mail, &cases[i].opt);

		assert_string_equal(got, cases[i].want);
		free(got);
	}
}

static void html_is_taken_when_preferred(void **state)
{
	struct render_options opt = {.width = 60, .no_headers = true, .other_version = true};
	struct str s = STR_INIT;
	char *got;

	load(&s, "alternative.eml");
	got = kept(shown(s.p, &opt));
	assert_string_equal(got, "The HTML one.\n");
	opt.other_version = false;
	got = kept(shown(s.p, &opt));
	assert_string_equal(got, "The plain one.\n");
	str_done(&s);
}

static void set(char *to, size_t room, const char *s)
{
	snprintf(to, room, "%s", s);
}

static int add(
	struct parts *parts, int parent, const char *type, const char *subtype, uint64_t size)
{
	int i = part_add(parts, parent);
	struct part *p = &parts->v[i];

	set(p->type, sizeof(p->type), type);
	set(p->subtype, sizeof(p->subtype), subtype);
	p->multipart = strcmp(type, "multipart") == 0;
	p->size = size;
	p->disposition = PART_UNSAID;
	return i;
}

/* A message by its structure alone, fetched part by part. */
static void needs(void **state)
{
	struct render_options opt = {.width = 60};
	struct parts parts;
	int mixed, alt, plain, html, idx[8];
	struct str out = STR_INIT;
	struct text *t;

	memset(&parts, 0, sizeof(parts));
	mixed = add(&parts, -1, "multipart", "mixed", 0);
	alt = add(&parts, mixed, "multipart", "alternative", 0);
	plain = add(&parts, alt, "text", "plain", 10);
	html = add(&parts, alt, "text", "html", 20000);
	add(&parts, mixed, "image", "png", 3200000);
	add(&parts, mixed, "text", "plain", 50);
	assert_int_equal(render_needs(&parts, &opt, idx, 8), 2);
	assert_int_equal(idx[0], plain);
	assert_int_equal(idx[1], 5);
	assert_int_equal(render_needs(&parts, &opt, idx, 1), 1);
	opt.other_version = true;
	assert_int_equal(render_needs(&parts, &opt, idx, 8), 2);
	assert_int_equal(idx[0], html);
	opt.other_version = false;
	part_set_body(&parts, plain, " \r\n", 3);
	part_set_body(&parts, 5, "last", 4);
	assert_int_equal(render_needs(&parts, &opt, idx, 8), 1);
	assert_int_equal(idx[0], html);
	t = render_message(&parts, "", 0, &opt);
	text_plain(t, &out, false);
	assert_non_null(strstr(out.p, "[3] text/html, 20 kB, not fetched yet\n"));
	assert_non_null(strstr(out.p, "[4] image/png, 3.2 MB, not fetched yet\n"));
	assert_non_null(strstr(out.p, "last\n"));
	str_done(&out);
	text_free(t);
	part_done(&parts);
}

static void quotable(void **state)
{
	static const struct {
		const char *mail, *want;
	} cases[] = {
		{"Subject: x\n\nHello  \n> old\n\n\n-- \nsig\n", "Hello\n> old\n"},
		{"\nno sig\n", "no sig\n"},
		{"Content-Type: text/plain; format=flowed\n\nflowed \ntext\n> q \n> r\n-- \nsig\n",
			"flowed text\n> q r\n"},
		{"Content-Type: text/html\n\n<p>Hi<blockquote>old</blockquote>-- <div "
		 "class=gmail_signature>sig</div>",
			"Hi\n\n> old\n"},
		{"Content-Type: application/pdf\n\nxx", ""},
		{"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: "
		 "image/png\n\nx\n--x\n\ntext\n--x--\n",
			"text\n"},
		/* all that is shown, not only the first text */
		{"Content-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--x\nContent-Type: "
		 "image/png\n\nx\n--x\n\ntwo\n-- \nsig\n--x\nContent-Type: "
		 "text/html\n\n<p>three\n--x--\n",
			"one\n\ntwo\n\nthree\n"},
		{"Content-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--x\nContent-Type: "
		 "message/rfc822\n\nFrom: b@c.example\nSubject: in\n\ntwo\n--x--\n",
			"one\n\nFrom: b@c.example\nSubject: in\n\ntwo\n"},
		{"Content-Type: message/rfc822\n\nSubject: in\n\nwords\n",
			"Subject: in\n\nwords\n"},
		{"Content-Type: multipart/alternative; "
		 "boundary=x\n\n--x\n\nplain\n--x\nContent-Type: "
		 "text/html\n\n<p>html\n--x--\n",
			"plain\n"},
		{"Content-Type: multipart/signed; boundary=x\n\n--x\n\none\n--x\nContent-Type: "
		 "application/pgp-signature\n\nx\n--x--\n",
			"one\n"},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct parts parts;
		char *got;

		part_parse(&parts, cases[i].mail, strlen(cases[i].mail));
		got = render_quotable(&parts, false);
		if (strcmp(got, cases[i].want) != 0)
			fail_msg("case %zu: wanted\n%s--- got\n%s", i, cases[i].want, got);
		free(got);
		part_done(&parts);
	}
}

#define ALTERNATIVE(plain, html)                                                                   \
	"Content-Type: multipart/alternative; boundary=a\n\n--a\nContent-Type: text/plain; "       \
	"charset=utf-8\n\n" plain "\n--a\nContent-Type: text/html\n\n" html "\n--a--\n"
#define TEN "ten words are here for the reader to be read. "
#define LONG TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static enum render_version other_of(const char *mail, const struct render_options *opt)
{
	enum render_version other;
	struct parts parts;

	part_parse(&parts, mail, strlen(mail));
	other = render_other_version(&parts, opt);
	part_done(&parts);
	return other;
}

static unsigned more_of(const char *mail, bool other_version)
{
	struct render_options opt = {.width = 60, .other_version = other_version};
	struct parts parts;
	unsigned more;

	part_parse(&parts, mail, strlen(mail));
	more = render_other_more(&parts, &opt);
	part_done(&parts);
	return more;
}

/* How much is missed by the version that is shown; and the pictures that are never fetched. */
static void counts_what_it_does_not_show(void **state)
{
	static const char pictures[] = "Content-Type: text/html\n\n<p>a<img src='https://a/1'>"
				       "<img width=1 src=' HTTP://a/2'><img src='//a/3'>"
				       "<img src='cid:4'><img src='data:x'><img alt=5>";
	struct text *t = make(pictures, sizeof(pictures) - 1);

	assert_int_equal(t->pictures, 3);
	text_free(t);
	assert_int_equal(more_of(ALTERNATIVE(LONG, "<p>" LONG TEN TEN TEN TEN TEN), false), 15);
	assert_int_equal(more_of(ALTERNATIVE(TEN TEN, "<p>" TEN), true), 20);
	assert_int_equal(more_of(ALTERNATIVE("a", "<p>bc"), false), 20);
	assert_int_equal(more_of("\nalone\n", false), 0);
}

/* The plain version, unless it says nothing, or much less; and which one is there besides. */
static void chooses_the_version_that_says_it(void **state)
{
	static const struct {
		const char *mail, *want;
		enum render_version other;
	} cases[] = {
		{ALTERNATIVE("plain", "<p>html"), "plain\n", RENDER_HTML},
		{ALTERNATIVE("plain", "<p> "), "plain\n", RENDER_HTML},
		{ALTERNATIVE("\n \t", "<p>html"), "html\n", RENDER_NO_VERSION},
		{ALTERNATIVE("\xc2\xa0\n\xe3\x80\x80\xe2\x80\x8b\xef\xbb\xbf", "<p>html"), "html\n",
			RENDER_NO_VERSION},
		{ALTERNATIVE("See https://a.example/" LONG, "<p>" TEN TEN TEN), NULL, RENDER_HTML},
		{ALTERNATIVE("Your program shows no HTML: https://a.example/x", "<p>" LONG), NULL,
			RENDER_PLAIN},
		{ALTERNATIVE("https://a.example/", "<p>" LONG), NULL, RENDER_PLAIN},
		/* a letter that is longer as HTML, but not by much */
		{ALTERNATIVE(TEN TEN TEN TEN, "<p>" LONG), NULL, RENDER_HTML},
		{"\nonly text\n", "only text\n", RENDER_NO_VERSION},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct render_options opt = {.width = 60, .no_headers = true};
		char *got = shown(cases[i].mail, &opt), *other;

		if (cases[i].want)
			assert_string_equal(got, cases[i].want);
		if (other_of(cases[i].mail, &opt) != cases[i].other)
			fail_msg("case %zu: other version %d, shown\n%s", i,
				(int)other_of(cases[i].mail, &opt), got);
		/* The switch leads there, and back. */
		opt.other_version = true;
		other = shown(cases[i].mail, &opt);
		assert_int_equal(strcmp(got, other) == 0, cases[i].other == RENDER_NO_VERSION);
		assert_int_equal(other_of(cases[i].mail, &opt),
			cases[i].other ? RENDER_HTML + RENDER_PLAIN - cases[i].other : 0);
		free(got);
		free(other);
	}
}

/* Letters at the bound between a stub and a letter, and of the HTML beside it. */
static void stub_has_a_bound(void **state)
{
	static const struct {
		int plain, html;
		enum render_version other;
	} cases[] = {{299, 3 * 299 + 200, RENDER_PLAIN}, {300, 3 * 300 + 199, RENDER_HTML},
		{300, 3 * 300 + 200, RENDER_PLAIN}, {301, 3 * 301 + 200, RENDER_HTML}};
	struct render_options opt = {.width = 60};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct str mail = STR_INIT;

		str_adds(&mail, "Content-Type: multipart/alternative; boundary=a\n\n--a\n\n");
		for (int n = 0; n < cases[i].plain; n++)
			str_adds(&mail, n % 8 ? "x" : "x ");
		str_adds(&mail, "\n--a\nContent-Type: text/html\n\n<p>");
		for (int n = 0; n < cases[i].html; n++)
			str_adds(&mail, n % 8 ? "x" : "x ");
		str_adds(&mail, "\n--a--\n");
		assert_int_equal(other_of(mail.p, &opt), cases[i].other);
		str_done(&mail);
	}
}

/* Files inside the version that is not shown are named all the same. */
static void names_files_of_the_other_version(void **state)
{
	static const char mail[] = ALTERNATIVE("plain",
		"<p>html\n--a\nContent-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: "
		"text/html\n\n<p>html\n--m\nContent-Type: application/pdf; name=one.pdf\n\nx\n--m\n"
		"Content-Type: multipart/related; boundary=r\n\n--r\nContent-Type: "
		"text/html\n\n<p>more\n--r\nContent-ID: <p>\nContent-Type: image/png; "
		"name=embedded.png\n\nx\n--r\nContent-ID: <q>\nContent-Type: application/pdf; "
		"name=two.pdf\n\nx\n--r--\n--m\nContent-Type: text/csv; name=three.csv\n\nx\n--m\n"
		"Content-Type: message/rfc822\n\nSubject: inner\n\ninner words\n--m--");
	struct render_options opt = {.width = 60, .no_headers = true};
	char *got = kept(shown(mail, &opt));

	assert_non_null(strstr(got, "plain\n"));
	assert_non_null(strstr(got, "one.pdf"));
	assert_non_null(strstr(got, "two.pdf"));
	assert_non_null(strstr(got, "three.csv"));
	assert_non_null(strstr(got, "inner words"));
	assert_null(strstr(got, "embedded.png"));
}

/* What is told, at a limit and around it. */
static bool tells(const struct str *mail, const char *notice, const char *text)
{
	struct render_options opt = {.width = 200, .no_headers = true};
	char *got = shown(mail->p, &opt);
	bool told = strstr(got, notice);

	/* Without a notice all of it is there. */
	if (!told && !strstr(got, text))
		fail_msg("neither \"%s\" nor \"%s\"", notice, text);
	free(got);
	return told;
}

static void nested(struct str *out, int levels)
{
	for (int i = 0; i < levels; i++)
		str_addf(out, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
	str_adds(out, "\nthe innermost words\n");
}

static void many(struct str *out, int parts)
{
	str_adds(out, "Content-Type: multipart/mixed; boundary=b\n\n");
	for (int i = 1; i < parts; i++)
		str_adds(out, "--b\n\nx\n");
	str_adds(out, "--b\n\nthe last words\n--b--\n");
}

static void text_of(struct str *out, int bytes)
{
	str_adds(out, "Subject: x\n\n");
	for (int i = 0; i < bytes - 10; i++)
		str_addc(out, i % 100 == 99 ? '\n' : 'x');
	str_adds(out, "\nlast word");
}

static void fields_of(struct str *out, int n)
{
	str_adds(out, "Content-Type: message/delivery-status\n\n");
	for (int i = 1; i < n; i++)
		str_addf(out, "X-Field-%d: x\n", i);
	str_adds(out, "X-Last: last word\n");
}

static void recipients_of(struct str *out, int n)
{
	str_adds(out, "Content-Type: message/delivery-status\n\n");
	for (int i = 1; i < n; i++)
		str_addf(out, "Action: failed\nFinal-Recipient: rfc822; a%d@b.example\n\n", i);
	str_adds(out, "Action: failed\nFinal-Recipient: rfc822; last@b.example\n");
}

static void limits_are_told(void **state)
{
	static const struct {
		void (*make)(struct str *out, int n);
		int limit;
		const char *notice, *text;
	} cases[] = {
		{nested, 49, "What is nested deeper is left out", "the innermost words"},
		{many, 999, "More parts are left out", "the last words"},
		{text_of, 10 * 1024 * 1024, "The rest of this text is left out", "last word"},
		{fields_of, 20, "More fields are left out", "last word"},
		{recipients_of, 100, "More recipients are left out", "last@b.example"},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++)
		for (int n = cases[i].limit - 1; n <= cases[i].limit + 1; n++) {
			struct str mail = STR_INIT;
			bool told;

			cases[i].make(&mail, n);
			told = tells(&mail, cases[i].notice, cases[i].text);
			if (told != (n > cases[i].limit))
				fail_msg("%s: at %d %s", cases[i].notice, n,
					told ? "told" : "silent");
			str_done(&mail);
		}
}

/* Who gets it passed on sees all of it. */
static void passed_on_with_the_signature(void **state)
{
	static const char *const mails[] = {"\nHello\n-- \nsig\n",
		"Content-Type: text/plain; format=flowed\n\nHello\n-- \nsig\n"};

	for (size_t i = 0; i < MEM_COUNT(mails); i++) {
		struct parts parts;
		char *got;

		part_parse(&parts, mails[i], strlen(mails[i]));
		got = render_quotable(&parts, true);
		assert_string_equal(got, "Hello\n-- \nsig\n");
		free(got);
		part_done(&parts);
	}
}

static void bomb(const char *head, const char *piece, size_t times)
{
	struct render_options opt = {.width = 80, .hide_quotes = true};
	struct str s = STR_INIT;
	clock_t start;
	struct text *t;

	str_adds(&s, head);
	for (size_t i = 0; i < times; i++)
		str_adds(&s, piece);
	start = clock();
	t = make_with(str_c(&s), s.len, &opt);
	if ((clock() - start) / CLOCKS_PER_SEC > 6)
		fail_msg("%s x %zu takes %.1f s", piece, times,
			(double)(clock() - start) / CLOCKS_PER_SEC);
	golden_check_clean(t);
	assert_true(t->n <= WRAP_MAX_LINES + 2000);
	text_free(t);
	str_done(&s);
}

static void bombs_are_bounded(void **state)
{
	static const char mixed[] = "Content-Type: multipart/mixed; boundary=x\n\n";

	bomb(mixed, "--x\n\n", 100000);
	bomb(mixed, "--x\nContent-Type: image/png\n\n", 20000);
	bomb("", "Content-Type: message/rfc822\n\n", 20000);
	bomb(mixed, "--x\nContent-Type: multipart/alternative; boundary=x\n\n", 20000);
	bomb("Subject: ", "x ", 500000);
	bomb("To: ", "a@b.example, ", 100000);
	bomb("", "From: a@b.example\n", 50000);
	bomb("\n", "> x\n", 600000);
	bomb("\n", "xxxxxxxxxx", 2000000);
	bomb("Content-Type: text/calendar\n\n", "BEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT\n", 50000);
	bomb("Content-Type: text/calendar\n\n", "BEGIN:VEVENT\n", 100000);
	bomb("Content-Type: text/calendar\n\nBEGIN:VEVENT\n", "SUMMARY;X=\";\\n\":x\n x\n", 50000);
	bomb("Content-Type: message/delivery-status\n\n", "Action: failed\n\n", 50000);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(message_files),
		cmocka_unit_test(mails),
		cmocka_unit_test(options),
		cmocka_unit_test(long_field),
		cmocka_unit_test(html_is_taken_when_preferred),
		cmocka_unit_test(needs),
		cmocka_unit_test(quotable),
		cmocka_unit_test(counts_what_it_does_not_show),
		cmocka_unit_test(chooses_the_version_that_says_it),
		cmocka_unit_test(stub_has_a_bound),
		cmocka_unit_test(names_files_of_the_other_version),
		cmocka_unit_test(limits_are_told),
		cmocka_unit_test(passed_on_with_the_signature),
		cmocka_unit_test(bombs_are_bounded),
	};

	golden_locale();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

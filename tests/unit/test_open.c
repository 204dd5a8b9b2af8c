/* What is found inside of parts. */
#include "mime_test.h"

#include "mime/codec.h"
#include "mime/part.h"

/* "section type/subtype name [body]" of each part, one a line. */
static char *outline(const struct parts *parts)
{
	struct str out = STR_INIT;

	for (size_t i = 0; i < parts->n; i++) {
		const struct part *p = &parts->v[i];
		struct str body = STR_INIT;

		str_addf(&out, "%s%s %s/%s", i ? "\n" : "", p->section, p->type, p->subtype);
		if (p->name)
			str_addf(&out, " %s", p->name);
		part_text(p, &body);
		if (!p->multipart && !p->message && !p->opened)
			str_addf(&out, " [%s]", str_c(&body));
		str_done(&body);
	}
	return str_steal(&out);
}

static char *opened(const char *header, const void *body, size_t len)
{
	struct str mail = STR_INIT;
	struct parts parts;
	char *text;

	str_addf(&mail, "%sContent-Transfer-Encoding: base64\n\n", header);
	codec_base64_encode(&mail, body, len, 76);
	part_parse(&parts, mail.p, mail.len);
	text = outline(&parts);
	for (size_t i = 0; i < parts.n; i++)
		if (parts.v[i].opened && !parts.v[i].message)
			assert_false(part_is_attachment(&parts, (int)i));
	part_done(&parts);
	str_done(&mail);
	return text;
}

/* --- S/MIME --- */

#define P7M "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\n"

/* openssl cms -sign -nodetach -nocerts -noattr, without and with -stream; and -encrypt. */
static const char DER[] = "MIHxBgkqhkiG9w0BBwKggeMwgeACAQExDTALBglghkgBZQMEAgEwOgYJKoZIhvcNAQcBoC0E"
			  "K0NvbnRlbnQtVHlwZTog"
			  "dGV4dC9wbGFpbg0KDQpTaWduZWQgd29yZHMuDQoxgY8wgYwCAQEwJDAMMQowCAYDVQQDDAFh"
			  "AhRWRJT2qPSRDzQx5d/w"
			  "d7IntDIz1DALBglghkgBZQMEAgEwCgYIKoZIzj0EAwIESDBGAiEAkmTkO9xG9SDR92mNZMcN"
			  "qSEDdCgIEKuZtZ0bmn7M"
			  "+h8CIQCO+aUl2dKx3wC+BLQz53X5Zx+hBsZMbz0gIvhDLbN1LQ==";
static const char BER[] =
	"MIAGCSqGSIb3DQEHAqCAMIACAQExDTALBglghkgBZQMEAgEwgAYJKoZIhvcNAQcBoIAkgAQrQ29udGVudC1UeXBlOi"
	"B0"
	"ZXh0L3BsYWluDQoNClNpZ25lZCB3b3Jkcy4NCgAAAAAAADGBjjCBiwIBATAkMAwxCjAIBgNVBAMMAWECFFZElPao9J"
	"EP"
	"NDHl3/"
	"B3sie0MjPUMAsGCWCGSAFlAwQCATAKBggqhkjOPQQDAgRHMEUCIHuyCpslmb1cTszRStRFLWfnXp3e8apj5Z3L"
	"QlcpB6c7AiEA2d5zuCQI5sGFh1axUnqzM5OtJ0pfsisbgr2KqJ4MQKwAAAAAAAA=";
static const char ENCRYPTED[] =
	"MIIBOQYJKoZIhvcNAQcDoIIBKjCCASYCAQIxgcuhgcgCAQOgUaFPMAkGByqGSM49AgEDQgAE";

static void signed_text_is_found(void **state)
{
	static const char *const ROWS[] = {DER, BER};

	for (size_t i = 0; i < MEM_COUNT(ROWS); i++) {
		struct str der = STR_INIT;

		codec_base64_decode(&der, ROWS[i], strlen(ROWS[i]));
		assert_text(opened(P7M, der.p, der.len),
			"1 application/pkcs7-mime smime.p7m\n1.1 text/plain [Signed words.\n]");
		/* Any damage gives a file or some text, and no harm. */
		for (size_t cut = 0; cut < der.len; cut++)
			free(opened(P7M, der.p, cut));
		for (size_t at = 0; at < der.len; at++) {
			for (int bit = 0; bit < 8; bit++) {
				der.p[at] = (char)(der.p[at] ^ 1 << bit);
				free(opened(P7M, der.p, der.len));
				der.p[at] = (char)(der.p[at] ^ 1 << bit);
			}
		}
		str_done(&der);
	}
}

static void encrypted_stays_a_file(void **state)
{
	struct str der = STR_INIT, deep = STR_INIT;
	struct parts parts;

	str_adds(&deep, P7M "Content-Transfer-Encoding: base64\n\n");
	str_adds(&deep, ENCRYPTED);
	part_parse(&parts, deep.p, deep.len);
	assert_int_equal(parts.n, 1);
	assert_true(part_is_attachment(&parts, 0));
	part_done(&parts);
	str_clear(&deep);
	for (int i = 0; i < 100000; i++)
		str_add(&deep, "\x30\x80", 2);
	codec_base64_decode(&der, DER, 30);
	str_add(&der, deep.p, deep.len);
	free(opened(P7M, deep.p, deep.len));
	free(opened(P7M, der.p, der.len));
	str_done(&deep);
	str_done(&der);
}

/* --- winmail.dat --- */

static void put(struct str *out, uint32_t n, int bytes)
{
	for (; bytes > 0; bytes--, n >>= 8)
		str_addc(out, (char)(n & 255));
}

static void attribute(struct str *out, int level, uint32_t id, const void *p, size_t len)
{
	uint32_t sum = 0;

	put(out, (uint32_t)level, 1);
	put(out, id, 4);
	put(out, (uint32_t)len, 4);
	str_add(out, p, len);
	for (size_t i = 0; i < len; i++)
		sum += ((const unsigned char *)p)[i];
	put(out, sum, 2);
}

static void property(struct str *out, uint32_t type, uint32_t id, const void *p, size_t len)
{
	put(out, type, 2);
	put(out, id, 2);
	put(out, 1, 4);
	put(out, (uint32_t)len, 4);
	str_add(out, p, len);
	while (out->len % 4)
		str_addc(out, '\0');
}

static void winmail(struct str *out)
{
	struct str props = STR_INIT;

	put(out, 0x223e9f78, 4);
	put(out, 1, 2);
	attribute(out, 1, 0x00069007, "\xe3\x04\0\0\0\0\0\0", 8); /* code page 1251 */
	put(&props, 4, 4);
	put(&props, 3, 2); /* a number */
	put(&props, 0x17, 2);
	put(&props, 1, 4);
	put(&props, 0x1e, 2); /* of somebody's own, with a name */
	put(&props, 0x8001, 2);
	str_add(&props, "0123456789abcdef", 16);
	put(&props, 1, 4);
	put(&props, 6, 4);
	str_add(&props, "a\0b\0\0\0\0\0", 8);
	put(&props, 1, 4);
	put(&props, 3, 4);
	str_add(&props, "own\0", 4);
	property(&props, 0x1e, 0x1000, "\xcf\xf0\xe8\xe2\xe5\xf2\0", 7);
	property(&props, 0x102, 0x1013, "<p>html", 7);
	attribute(out, 1, 0x00069003, props.p, props.len);
	str_clear(&props);
	/* one with the short name only, one with all names, one in an object */
	attribute(out, 2, 0x00069002, "0123456789abcd", 14);
	attribute(out, 2, 0x00018010, "\xe0.txt\0", 6);
	attribute(out, 2, 0x0006800f, "one", 3);
	attribute(out, 2, 0x00069002, "0123456789abcd", 14);
	attribute(out, 2, 0x00018010, "SHORT~1.TXT\0", 12);
	attribute(out, 2, 0x0006800f, "two", 3);
	put(&props, 3, 4);
	property(&props, 0x1e, 0x3704, "SHORT~1.TXT\0", 12);
	property(&props, 0x1f, 0x3707, "l\0o\0n\0g\0\xe4\0.\0a\0\0\0", 16);
	property(&props, 0x1e, 0x370e, "text/x-own\0", 11);
	attribute(out, 2, 0x00069005, props.p, props.len);
	str_clear(&props);
	attribute(out, 2, 0x00069002, "0123456789abcd", 14);
	put(&props, 1, 4);
	property(&props, 13, 0x3701, "0123456789abcdefobject", 22);
	attribute(out, 2, 0x00069005, props.p, props.len);
	str_done(&props);
}

#define TNEF "Content-Type: application/ms-tnef; name=winmail.dat\n"

static void winmail_is_opened(void **state)
{
	struct str bytes = STR_INIT;

	winmail(&bytes);
	assert_text(opened(TNEF, bytes.p, bytes.len),
		"1 application/ms-tnef winmail.dat\n"
		"1.1 text/plain [\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82]\n"
		"1.2 text/html [<p>html]\n1.3 application/octet-stream \xd0\xb0.txt [one]\n"
		"1.4 text/x-own long\xc3\xa4.a [two]\n1.5 application/octet-stream [object]");
	for (size_t cut = 0; cut < bytes.len; cut++)
		free(opened(TNEF, bytes.p, cut));
	for (size_t at = 0; at < bytes.len; at++) {
		static const char VALUES[] = {'\0', '\x7f', '\x80', '\xff'};
		char was = bytes.p[at];

		for (size_t i = 0; i < sizeof(VALUES); i++) {
			bytes.p[at] = VALUES[i];
			free(opened(TNEF, bytes.p, bytes.len));
		}
		bytes.p[at] = was;
	}
	str_done(&bytes);
	assert_text(opened(TNEF, "nothing", 7), "1 application/ms-tnef winmail.dat [nothing]");
}

/* A winmail.dat in a message in a winmail.dat... */
static void wrap(struct str *s, const char *header)
{
	struct str out = STR_INIT;

	str_addf(&out, "%sContent-Transfer-Encoding: base64\n\n", header);
	codec_base64_encode(&out, s->p, s->len, 76);
	str_done(s);
	*s = out;
}

static void nesting_is_bounded(void **state)
{
	/* Around 8 that are opened, the ninth stays a file: told by cut. */
	for (int levels = 7; levels <= 9; levels++) {
		struct str s = STR_INIT;
		struct parts parts;

		str_adds(&s, "Subject: in\n\nwords");
		for (int i = 0; i < levels; i++)
			wrap(&s, "Content-Type: message/rfc822\n");
		part_parse(&parts, s.p, s.len);
		assert_int_equal(parts.n, levels > 8 ? 9 : levels + 1);
		assert_int_equal(parts.cut, levels > 8);
		assert_true(part_is_attachment(&parts, (int)parts.n - 1) == (levels > 8));
		part_done(&parts);
		str_done(&s);
	}
}

/* --- the charset of HTML --- */

static void html_names_its_charset(void **state)
{
#define HTML "Content-Type: text/html\n\n"
	static const char *const ROWS[][2] = {
		{HTML "<meta charset=iso-8859-2>\xb3", "\xc5\x82"},
		{HTML "<META http-equiv=x content=\"text/html; charset=iso-8859-2\">\xb3",
			"\xc5\x82"},
		{HTML "<!-- x > y --><p><meta  charset = 'iso-8859-2' />\xb3", "\xc5\x82"},
		{HTML "<?xml version='1.0' encoding='iso-8859-2'?>\xb3", "\xc5\x82"},
		{HTML "<meta charset=iso-2022-jp>\x1b$B$\"\x1b(B", "\xe3\x81\x82"},
		{"Content-Type: text/html; charset=us-ascii\n\n<meta charset=iso-8859-2>\xb3",
			"\xc5\x82"},
		/* what the part says counts; UTF-8 is UTF-8; what cannot be is not */
		{"Content-Type: text/html; charset=iso-8859-1\n\n<meta charset=iso-8859-2>\xe4",
			"\xc3\xa4"},
		{HTML "<meta charset=iso-8859-2>\xc3\xa4", "\xc3\xa4"},
		{HTML "<meta charset=utf-16>\xc3\xa4", "\xc3\xa4"},
		{HTML "<meta charset=nonsense>\xc3\xa4", "\xc3\xa4"},
		{HTML "<meta name=charset>\xc3\xa4", "\xc3\xa4"},
		{HTML "<meta", "<meta"},
		{HTML "<meta charset", "<meta charset"},
	};

	for (size_t i = 0; i < MEM_COUNT(ROWS); i++) {
		struct str text = STR_INIT;
		struct parts parts;

		part_parse(&parts, ROWS[i][0], strlen(ROWS[i][0]));
		part_text(&parts.v[0], &text);
		if (!strstr(str_c(&text), ROWS[i][1]))
			fail_msg("%s: %s", ROWS[i][0], str_c(&text));
		str_done(&text);
		part_done(&parts);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signed_text_is_found),
		cmocka_unit_test(encrypted_stays_a_file),
		cmocka_unit_test(winmail_is_opened),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(html_names_its_charset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "mime/link.h"

#include "base/str.h"
#include "base/utf8.h"

#include <string.h>

static const char *const SCHEMES[] = {"https://", "http://", "ftp://", "mailto:"};

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static size_t scheme_at(const char *s, size_t len)
{
	for (size_t i = 0; i < sizeof(SCHEMES) / sizeof(*SCHEMES); i++) {
		size_t n = strlen(SCHEMES[i]);

		if (len > n && str_nicmp(s, SCHEMES[i], n) == 0)
			return n;
	}
	return 0;
}

bool link_allowed(const char *url)
{
	while (*url && (unsigned char)*url <= ' ')
		url++;
	return scheme_at(url, strlen(url)) > 0;
}

/*
 * People write addresses with letters of their language (IRI, RFC 3987), but scripts that do not
 * use blanks would run on behind the address: those end it, and so does typographic punctuation.
 */
static bool in_address(uint32_t cp)
{
	if (cp < 0x80)
		return cp > ' ' && cp != 0x7F && !strchr("<>\"{}|\\^`", (int)cp);
	return (cp >= 0xC0 && cp < 0x2000) || (cp >= 0x2C00 && cp < 0x2E00);
}

static size_t trim(const char *s, size_t len, size_t least)
{
	while (len > least) {
		char c = s[len - 1], open = c == ')' ? '(' : c == ']' ? '[' : '\0';
		int balance = 0;

		if (strchr(".,;:!?'*", c)) {
			len--;
			continue;
		}
		if (!open)
			break;
		for (size_t i = 0; i < len; i++)
			balance += s[i] == open ? 1 : s[i] == c ? -1 : 0;
		if (balance >= 0)
			break;
		len--;
	}
	return len;
}

static size_t address_length(const char *s, size_t len, size_t scheme)
{
	const char *p = s + scheme, *end = s + len;
	size_t n;

	/* A longer one could not be a link of a text anyway (text.h). */
	if (len > 4096)
		end = s + 4096;
	while (p < end) {
		const char *at = p;

		if (!in_address(utf8_next(&p, end))) {
			p = at;
			break;
		}
	}
	n = trim(s, (size_t)(p - s), scheme);
	return n > scheme && (is_alnum(s[scheme]) || (unsigned char)s[scheme] >= 0x80 ||
				     s[scheme] == '[')
		       ? n
		       : 0;
}

bool link_find(const char *s, size_t len, size_t *at, size_t *link_len)
{
	const char *p = s, *end = s + len;

	/* Each address has a colon: look for those, then back at what stands in front. */
	while ((p = memchr(p, ':', (size_t)(end - p))) != NULL) {
		const char *start = p;

		while (start > s && p - start < 6 && is_alnum(start[-1]))
			start--;
		if (start == s || !is_alnum(start[-1])) {
			size_t scheme = scheme_at(start, (size_t)(end - start));
			size_t n =
				scheme ? address_length(start, (size_t)(end - start), scheme) : 0;

			if (n) {
				*at = (size_t)(start - s);
				*link_len = n;
				return true;
			}
		}
		p++;
	}
	return false;
}

/* The host of an address without scheme, user and port; what is no host character stays in it. */
static void host_of(struct str *out, const char *s, size_t len)
{
	const char *end = s + strcspn(s, "/?#\\ ");
	const char *p;

	if (end > s + len)
		end = s + len;
	for (p = end; p > s && p[-1] != '@'; p--)
		;
	s = p;
	if (*s != '[')
		for (p = s; p < end; p++)
			if (*p == ':')
				end = p;
	while (end > s && end[-1] == '.')
		end--;
	if (end - s > 4 && str_nicmp(s, "www.", 4) == 0)
		s += 4;
	str_add(out, s, (size_t)(end - s));
}

static bool looks_like_host(const char *s)
{
	size_t n = strcspn(s, "/?#:");
	const char *dot = NULL;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '.')
			dot = s + i;
		else if (!is_alnum(s[i]) && s[i] != '-' && (unsigned char)s[i] < 0x80)
			return false;
	}
	if (!dot || dot == s || s + n - dot < 3)
		return false;
	for (const char *p = dot + 1; p < s + n; p++)
		if (*p >= '0' && *p <= '9')
			return false;
	return true;
}

/* The address that the visible text claims: its host or mail address; false when it claims none. */
static bool claim_of(struct str *out, const char *visible, bool *mail)
{
	size_t at, len;

	*mail = false;
	if (link_find(visible, strlen(visible), &at, &len)) {
		size_t scheme = scheme_at(visible + at, len);

		*mail = visible[at + scheme - 1] == ':';
		host_of(out, visible + at + scheme, len - scheme);
		if (*mail) {
			str_clear(out);
			str_add(out, visible + at + scheme, strcspn(visible + at + scheme, "? "));
		}
		return true;
	}
	visible += strspn(visible, " \n");
	len = strlen(visible);
	while (len && strchr(" \n.,", visible[len - 1]))
		len--;
	if (len == 0 || len > 255 || memchr(visible, ' ', len) || memchr(visible, '\n', len))
		return false;
	str_add(out, visible, len);
	if (memchr(visible, '@', len) && !memchr(visible, '/', len)) {
		*mail = true;
		return true;
	}
	if (looks_like_host(out->p)) {
		str_clear(out);
		host_of(out, visible, len);
		return true;
	}
	return false;
}

static void show_target(struct str *out, const char *url, size_t scheme)
{
	const char *path = url + scheme + strcspn(url + scheme, "/?#\\"), *at = url + scheme;
	struct str shown = STR_INIT, clean = STR_INIT;

	for (const char *p = at; p < path; p++)
		if (*p == '@' && url[scheme - 1] == '/')
			at = p + 1;
	str_add(&shown, url, scheme);
	str_adds(&shown, at);
	utf8_clean(&clean, shown.p, shown.len, UTF8_LINE);
	if (utf8_columns(clean.p, clean.len) > 80) {
		str_add(out, clean.p, utf8_fit(clean.p, clean.len, 79, NULL));
		utf8_put(out, 0x2026);
	} else {
		str_add(out, clean.p, clean.len);
	}
	str_done(&shown);
	str_done(&clean);
}

bool link_deceives(struct str *out, const char *visible, const char *url)
{
	struct str claim = STR_INIT, real = STR_INIT;
	bool mail, lies = false;
	size_t scheme;

	while (*url && (unsigned char)*url <= ' ')
		url++;
	scheme = scheme_at(url, strlen(url));
	if (scheme && claim_of(&claim, visible, &mail)) {
		bool to_mail = url[scheme - 1] == ':';

		if (to_mail)
			str_add(&real, url + scheme, strcspn(url + scheme, "?"));
		else
			host_of(&real, url + scheme, strlen(url + scheme));
		lies = mail != to_mail || str_icmp(str_c(&claim), str_c(&real)) != 0;
	}
	if (lies)
		show_target(out, url, scheme);
	str_done(&claim);
	str_done(&real);
	return lies;
}

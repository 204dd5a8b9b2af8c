#include "mime/authres.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "mime/header.h"

#include <stdlib.h>
#include <string.h>

enum { WORD_MAX_LEN = 1000, SIGNATURES_MAX = 50 };

static const struct {
	const char *key, *name;
} methods[AUTH_METHODS] = {
	[AUTH_SPF] = {"spf", "SPF"},
	[AUTH_DKIM] = {"dkim", "DKIM"},
	[AUTH_DMARC] = {"dmarc", "DMARC"},
};

const char *auth_method_name(enum auth_method m)
{
	return methods[m].name;
}

bool auth_passed(const struct auth_result *r)
{
	return strcmp(r->word, "pass") == 0;
}

/* --- words of a structured field --- */

struct scan {
	const char *p, *end;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Blanks and comments, which may be in each other (RFC 5322 3.2.2). One without an end takes all.
 */
static void skip_blanks(struct scan *s)
{
	size_t depth = 0;

	for (; s->p < s->end; s->p++) {
		if (depth && *s->p == '\\' && s->p + 1 < s->end)
			s->p++;
		else if (*s->p == '(')
			depth++;
		else if (depth && *s->p == ')')
			depth--;
		else if (!depth && !is_blank(*s->p))
			return;
	}
}

static void add_quoted(struct scan *s, struct str *out)
{
	for (s->p++; s->p < s->end && *s->p != '"'; s->p++) {
		if (*s->p == '\\' && s->p + 1 < s->end)
			s->p++;
		str_addc(out, *s->p);
	}
	if (s->p < s->end)
		s->p++;
}

/* Up to a blank, a comment, a ';' or one of stop; quoted parts are taken as they are meant. Clean
 * and in lower case but for what keep says. */
static char *word(struct scan *s, const char *stop, bool keep)
{
	struct str raw = STR_INIT;
	char *clean;

	while (s->p < s->end && !is_blank(*s->p) && *s->p != ';' && *s->p != '(' &&
		!strchr(stop, *s->p)) {
		if (*s->p == '"')
			add_quoted(s, &raw);
		else
			str_addc(&raw, *s->p++);
	}
	if (raw.len > WORD_MAX_LEN)
		str_cut(&raw, utf8_cut(raw.p, raw.len, WORD_MAX_LEN));
	clean = utf8_clean_line(str_c(&raw), raw.len);
	for (char *c = clean; *c && !keep; c++)
		*c = str_lower(*c);
	str_done(&raw);
	return clean;
}

static bool take(struct scan *s, char c)
{
	skip_blanks(s);
	if (s->p >= s->end || *s->p != c)
		return false;
	s->p++;
	skip_blanks(s);
	return true;
}

/* Behind the next ';' that is in no comment and no quotes. */
static void next_part(struct scan *s)
{
	while (s->p < s->end && *s->p != ';') {
		free(word(s, "", true));
		skip_blanks(s);
	}
	take(s, ';');
}

/* --- one field --- */

static void result_done(struct auth_result *r)
{
	free(r->word);
	free(r->domain);
	free(r->selector);
	free(r->signature);
}

static void set(char **to, const char *value)
{
	free(*to);
	*to = mem_strdup(value);
}

/* The domain in "bob@example.org", "<bob@example.org>", "@example.org", "example.org". */
static void set_domain(char **to, const char *value)
{
	const char *at = strrchr(value, '@');
	char *domain = mem_strdup(at ? at + 1 : value + (*value == '<'));
	size_t n = strcspn(domain, ">");

	while (n && domain[n - 1] == '.')
		n--;
	domain[n] = '\0';
	free(*to);
	*to = domain;
}

/* RFC 8601 2.7 */
static void property(struct auth_result *r, const char *key, const char *value)
{
	if (r->method == AUTH_SPF && strcmp(key, "smtp.mailfrom") == 0)
		set_domain(&r->domain, value);
	else if (r->method == AUTH_DMARC && strcmp(key, "header.from") == 0)
		set_domain(&r->domain, value);
	else if (r->method != AUTH_DKIM)
		return;
	else if (strcmp(key, "header.d") == 0)
		set_domain(&r->domain, value);
	else if (strcmp(key, "header.i") == 0 && !*r->domain)
		set_domain(&r->domain, value);
	else if (strcmp(key, "header.s") == 0)
		set(&r->selector, value);
	else if (strcmp(key, "header.b") == 0)
		set(&r->signature, value);
}

/* Base64 knows case, nothing else does. */
static char *property_value(struct scan *s, const char *key)
{
	return word(s, "", strcmp(key, "header.b") == 0);
}

static int method_of(char *key)
{
	key[strcspn(key, "/")] = '\0'; /* a version may be behind it */
	for (int i = 0; i < AUTH_METHODS; i++)
		if (strcmp(key, methods[i].key) == 0)
			return i;
	return -1;
}

/* "dkim=pass (2048-bit key) header.d=example.org" up to the ';'. */
static void read_result(struct authres *a, struct scan *s)
{
	struct auth_result r = {
		.domain = mem_strdup(""), .selector = mem_strdup(""), .signature = mem_strdup("")};
	char *key = word(s, "=", false);
	int method = method_of(key);

	if (take(s, '='))
		r.word = word(s, "", false);
	free(key);
	skip_blanks(s);
	r.method = method < 0 ? AUTH_SPF : (enum auth_method)method;
	while (s->p < s->end && *s->p != ';') {
		char *value = NULL;

		key = word(s, "=", false);
		if (take(s, '='))
			value = property_value(s, key);
		if (value)
			property(&r, key, value);
		free(key);
		free(value);
		skip_blanks(s);
	}
	take(s, ';');
	if (method >= 0 && r.word && *r.word && a->n < AUTHRES_MAX) {
		a->v = mem_grow(a->v, &a->cap, a->n + 1, sizeof(*a->v));
		a->v[a->n++] = r;
	} else {
		result_done(&r);
	}
}

void authres_parse(struct authres *a, const char *value, size_t len, char **name)
{
	struct scan s = {value, value + len}, first;
	char *id;

	skip_blanks(&s);
	first = s;
	id = word(&s, "=", false);
	if (take(&s, '=')) {
		/* Exchange gives no name, and begins with the first result. */
		id[0] = '\0';
		s = first;
	} else {
		next_part(&s);
	}
	*name = id;
	while (s.p < s.end)
		read_result(a, &s);
}

/* --- whose field it is --- */

/* h is w or below it. */
static bool is_below(const char *h, const char *w, size_t n)
{
	size_t len = strlen(h);

	return len >= n && str_nicmp(h + len - n, w, n) == 0 && (len == n || h[len - n - 1] == '.');
}

static bool is_trusted(const char *trusted, const char *host, bool below)
{
	while (*trusted) {
		size_t n = strcspn(trusted, " ");

		if (n && *host && (below || strlen(host) == n) && is_below(host, trusted, n))
			return true;
		trusted += n;
		trusted += strspn(trusted, " ");
	}
	return false;
}

/* The host that wrote a Received; "" when it has no "from": then the mail came from nowhere else.
 * What follows "from" is what the other side called itself, and may be any word. */
static char *received_by(const char *value, size_t len)
{
	struct scan s = {value, value + len};
	bool from = false;
	char *w = NULL;

	for (skip_blanks(&s); s.p < s.end && *s.p != ';'; skip_blanks(&s)) {
		free(w);
		w = word(&s, "", false);
		skip_blanks(&s);
		if (strcmp(w, "by") == 0) {
			free(w);
			w = word(&s, "", false);
			if (from)
				return w;
			break;
		}
		if (strcmp(w, "from") == 0) {
			from = true;
			free(word(&s, "", false));
		}
	}
	free(w);
	return mem_strdup(from ? "?" : "");
}

static bool is_inside(const char *by, const char *trusted)
{
	return !*by || strcmp(by, "localhost") == 0 || is_trusted(trusted, by, true);
}

static char *value_of(const struct header_field *f, struct str *value)
{
	str_clear(value);
	header_unfold(value, f->value, f->value_len);
	return value->p;
}

/* Whether the Received below, where the mail came in, is by a host of the reader's. */
static bool next_hop_is_trusted(struct header_iter it, const char *trusted)
{
	struct header_field f;
	struct str value = STR_INIT;
	bool is = false;

	while (header_next(&it, &f)) {
		char *by;

		if (!header_is(&f, "Received"))
			continue;
		value_of(&f, &value);
		by = received_by(str_c(&value), value.len);
		is = is_trusted(trusted, by, true);
		free(by);
		break;
	}
	str_done(&value);
	return is;
}

static bool is_authors(const struct header_field *f)
{
	static const char *const names[] = {"From", "To", "Cc", "Subject", "Date", "Message-ID",
		"MIME-Version", "Content-Type"};

	for (size_t i = 0; i < MEM_COUNT(names); i++)
		if (header_is(f, names[i]))
			return true;
	return false;
}

static void results_cut(struct authres *a, size_t n)
{
	while (a->n > n)
		result_done(&a->v[--a->n]);
}

/* A higher field that spoke of a method has the last word on it. */
static void drop_said(struct authres *a, size_t before)
{
	size_t kept = before;

	for (size_t i = before; i < a->n; i++) {
		bool said = false;

		for (size_t j = 0; j < before; j++)
			said |= a->v[j].method == a->v[i].method;
		if (said)
			result_done(&a->v[i]);
		else
			a->v[kept++] = a->v[i];
	}
	a->n = kept;
}

static void read_field(struct authres *a, const struct str *value, const struct header_iter *it,
	bool open, const char *trusted)
{
	size_t before = a->n;
	char *name;

	authres_parse(a, str_c(value), value->len, &name);
	open = open && a->ignored.n < AUTHRES_IGNORED_MAX;
	if (open &&
		(*name ? is_trusted(trusted, name, false) : next_hop_is_trusted(*it, trusted))) {
		a->found = true;
		drop_said(a, before);
		free(name);
		return;
	}
	results_cut(a, before);
	if (a->ignored.n < AUTHRES_IGNORED_MAX) {
		strv_take(&a->ignored, name);
	} else {
		a->more_ignored++;
		free(name);
	}
}

void authres_read(struct authres *a, const char *header, size_t len, const char *trusted)
{
	struct header_iter it;
	struct header_field f;
	struct str value = STR_INIT;
	bool open = true;

	*a = (struct authres){0};
	header_start(&it, header, len);
	while (header_next(&it, &f)) {
		if (header_is(&f, "Received")) {
			char *by;

			value_of(&f, &value);
			by = received_by(str_c(&value), value.len);
			if (open && !a->found && !is_inside(by, trusted))
				set(&a->stranger, by);
			open = open && !a->found && !a->stranger;
			free(by);
		} else if (header_is(&f, "Authentication-Results")) {
			value_of(&f, &value);
			read_field(a, &value, &it, open, trusted);
		} else if (is_authors(&f)) {
			open = false;
		}
	}
	str_done(&value);
}

void authres_done(struct authres *a)
{
	results_cut(a, 0);
	free(a->v);
	strv_done(&a->ignored);
	free(a->stranger);
	*a = (struct authres){0};
}

/* --- what a signature covers (RFC 6376 3.5) --- */

/* The value of a tag without blanks; "" when there is none. free() */
static char *tag(const char *value, const char *name)
{
	size_t n = strlen(name);
	struct str out = STR_INIT;

	for (const char *p = value; p; p = strchr(p, ';'), p = p ? p + 1 : NULL) {
		while (is_blank(*p))
			p++;
		if (strncmp(p, name, n) != 0)
			continue;
		for (p += n; is_blank(*p);)
			p++;
		if (*p != '=')
			continue;
		for (p++; *p && *p != ';'; p++)
			if (!is_blank(*p))
				str_addc(&out, *p);
		break;
	}
	return str_steal(&out);
}

/* How often a name is in the list that is signed. */
static size_t times_signed(const char *list, const char *name)
{
	size_t times = 0;

	while (*list) {
		size_t n = strcspn(list, ":");

		times += n == strlen(name) && str_nicmp(list, name, n) == 0;
		list += n + (list[n] == ':');
	}
	return times;
}

static bool signs(const char *value, const char *const names[], const size_t *counts)
{
	char *list = tag(value, "h");
	bool all = true;

	for (size_t i = 0; names[i] && all; i++)
		all = times_signed(list, names[i]) >= counts[i];
	free(list);
	return all;
}

/* Whether the result speaks of this signature. */
static bool is_of(const struct auth_result *r, const char *value)
{
	char *d = tag(value, "d"), *s = tag(value, "s"), *b = tag(value, "b");
	bool is = *r->domain && str_icmp(d, r->domain) == 0 &&
		  (!*r->selector || str_icmp(s, r->selector) == 0) &&
		  (!*r->signature || str_starts(b, r->signature));

	free(d);
	free(s);
	free(b);
	return is;
}

/* All signatures that the result may speak of must cover them, for it need not say which it was. */
static bool result_covers(const struct auth_result *r, const char *header, size_t len,
	const char *const names[], const size_t *counts)
{
	struct header_iter it;
	struct header_field f;
	struct str value = STR_INIT;
	size_t found = 0, looked = 0;
	bool all = true;

	header_start(&it, header, len);
	while (all && looked < SIGNATURES_MAX && header_next(&it, &f)) {
		if (!header_is(&f, "DKIM-Signature"))
			continue;
		looked++;
		value_of(&f, &value);
		if (!is_of(r, str_c(&value)))
			continue;
		found++;
		all = signs(str_c(&value), names, counts);
	}
	str_done(&value);
	return found && all && looked < SIGNATURES_MAX;
}

bool authres_covers(
	const struct authres *a, const char *header, size_t len, const char *const names[])
{
	size_t counts[AUTHRES_NAMES_MAX];

	for (size_t i = 0; names[i]; i++) {
		counts[i] = header_count(header, len, names[i]);
		if (!counts[i])
			return false;
	}
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].method == AUTH_DKIM && auth_passed(&a->v[i]) &&
			result_covers(&a->v[i], header, len, names, counts))
			return true;
	return false;
}

#include "mime/addr.h"

#include "base/str.h"
#include "mime/charset.h"
#include "mime/word.h"

#include "base/i18n.h"
#include "base/idn.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum {
	LIST_MAX = 10000, /* addresses */
	MAIL_MAX = 1000,  /* octets of an address that is read; what may be sent is shorter */
	SEND_MAX = 254,   /* RFC 5321 4.5.3.1.3, without the angle brackets */
	NAME_MAX_BYTES = 1000
};

/* What has been read of one address. */
struct scan {
	struct addr_list *out;
	const char *p, *end;
	struct str text;    /* as it stands there, without comments and angle */
	struct str name;    /* the same with quotes undone */
	struct str comment; /* the last one */
	struct str angle;   /* what the angle brackets hold, without comments */
	struct str surname; /* "Doe" of an unquoted "Doe, John <j@x>" */
	bool has_angle;
	bool no_quote, no_paren; /* the rest holds no closing one: they are ordinary characters */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void addr_list_add(struct addr_list *list, const char *name, const char *mail)
{
	struct addr *a;

	list->cut |= list->n >= LIST_MAX && *mail;
	if (list->n >= LIST_MAX || !*mail)
		return;
	list->v = mem_grow(list->v, &list->cap, list->n + 1, sizeof(*list->v));
	a = &list->v[list->n++];
	a->name = mem_strndup(name, utf8_cut(name, strlen(name), NAME_MAX_BYTES));
	a->mail = mem_strdup(mail);
}

void addr_list_done(struct addr_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->v[i].name);
		free(list->v[i].mail);
	}
	free(list->v);
	*list = (struct addr_list){0};
}

bool addr_list_has(const struct addr_list *list, const char *mail)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_icmp(list->v[i].mail, mail) == 0)
			return true;
	return false;
}

/* --- reading what came with a mail --- */

static void trim(const char **p, size_t *len)
{
	while (*len && is_blank(**p)) {
		++*p;
		--*len;
	}
	while (*len && is_blank((*p)[*len - 1]))
		--*len;
}

/* Clean UTF-8 of an address without blanks around '@'; NULL when nothing is left. */
static char *clean_mail(const char *p, size_t len)
{
	struct str text = STR_INIT, clean = STR_INIT;
	size_t n = 0;

	trim(&p, &len);
	if (len == 0)
		return NULL;
	charset_to_utf8(&text, NULL, p, len > MAIL_MAX ? MAIL_MAX : len);
	if (len > MAIL_MAX) {
		str_cut(&text, utf8_cut(text.p, text.len, MAIL_MAX));
		str_adds(&text, "…");
	}
	utf8_clean(&clean, str_c(&text), text.len, UTF8_LINE);
	str_done(&text);
	for (size_t i = 0; i < clean.len; i++) {
		bool before = i && clean.p[i - 1] == '@';
		bool after = i + 1 < clean.len && clean.p[i + 1] == '@';

		if (clean.p[i] == ' ' && (before || after))
			continue;
		if (clean.p[i] != '<' && clean.p[i] != '>')
			clean.p[n++] = clean.p[i];
	}
	str_cut(&clean, n);
	if (n)
		return str_steal(&clean);
	str_done(&clean);
	return NULL;
}

static void add(struct scan *s, const struct str *raw_name, const char *mail, size_t len)
{
	char *clean = clean_mail(mail, len), *name;
	const char *p = str_c(raw_name);
	size_t n = raw_name->len;

	if (!clean)
		return;
	trim(&p, &n);
	name = word_decoded(p, n);
	addr_list_add(s->out, name, clean);
	free(name);
	free(clean);
}

/* The token of text at *at, quotes kept together; false at the end. */
static bool next_token(const struct str *text, size_t *at, const char **token, size_t *len)
{
	size_t i = *at, start;
	bool quoted = false;

	while (i < text->len && is_blank(text->p[i]))
		i++;
	start = i;
	for (; i < text->len && (quoted || !is_blank(text->p[i])); i++) {
		if (text->p[i] == '\\' && quoted && i + 1 < text->len)
			i++;
		else if (text->p[i] == '"')
			quoted = !quoted;
	}
	*token = text->p + start;
	*len = i - start;
	*at = i;
	return *len > 0;
}

static bool is_mail(const char *p, size_t len)
{
	const char *at = memrchr(p, '@', len);

	return at && at > p && at + 1 < p + len;
}

static void cut_blanks(struct str *text)
{
	while (text->len && is_blank(text->p[text->len - 1]))
		str_cut(text, text->len - 1);
}

/*
 * Blanks around '@' vanish ("a @ b"), so that a token is an address or none; around a dot where one
 * stands before it, or in a domain (RFC 5322 4.4, obs-local-part and obs-domain), but not in "J.
 * Doe j@x.org".
 */
static void join_parts(struct str *text)
{
	struct str out = STR_INIT;
	bool domain = false, quoted = false;

	if (!strpbrk(str_c(text), " \t\r\n")) /* nearly all of them */
		return;
	for (size_t i = 0; i < text->len; i++) {
		char c = text->p[i];
		bool blank = out.len && is_blank(out.p[out.len - 1]), joins;

		quoted ^= c == '"';
		joins = !quoted && (c == '@' || (c == '.' && (blank || domain)));
		if (joins)
			cut_blanks(&out);
		str_addc(&out, c);
		while (joins && i + 1 < text->len && is_blank(text->p[i + 1]))
			i++;
		domain = c == '@' || (domain && !is_blank(c) && c != '"');
	}
	str_done(text);
	*text = out;
}

/* Who is known by a word only, as "root" or "MAILER-DAEMON"; "Doe" may be the beginning of a name
 * with a comma, which the next piece tells. */
static void finish_word(struct scan *s)
{
	char first = str_c(&s->text)[strspn(str_c(&s->text), " \t\r\n")];
	bool may_be_name = (first >= 'A' && first <= 'Z') || (unsigned char)first >= 0x80;

	if (may_be_name && s->p < s->end && *s->p == ',')
		str_add(&s->surname, s->text.p, s->text.len);
	else
		add(s, &s->comment, s->text.p, s->text.len);
}

/* What was taken for the beginning of a name was somebody after all, when no name follows. */
static void flush_surname(struct scan *s)
{
	struct str none = STR_INIT;

	if (s->surname.len)
		add(s, &none, s->surname.p, s->surname.len);
	str_clear(&s->surname);
}

/*
 * An address without angle brackets. The words before it are its name ("John Doe john@x.org");
 * nothing is ever glued together to an address nobody wrote.
 */
static void finish_bare(struct scan *s)
{
	struct str name = STR_INIT;
	const char *token, *mail = NULL;
	size_t at = 0, len, mail_len = 0, tokens = 0, mails = 0;

	join_parts(&s->text);
	while (next_token(&s->text, &at, &token, &len)) {
		tokens++;
		if (!is_mail(token, len))
			continue;
		mails++;
		mail = token;
		mail_len = len;
	}
	at = 0;
	while (mails && next_token(&s->text, &at, &token, &len)) {
		if (tokens == mails && tokens > 1) {
			add(s, &name, token, len); /* only the comma is missing */
		} else if (token != mail) {
			str_add(&name, token, len);
			str_addc(&name, ' ');
		}
	}
	if (mail && (tokens != mails || tokens == 1))
		add(s, name.len ? &name : &s->comment, mail, mail_len);
	else if (!mails && tokens)
		finish_word(s);
	str_done(&name);
}

static void finish_angle(struct scan *s)
{
	struct str whole = STR_INIT;

	cut_blanks(&s->name);
	if (s->surname.len && s->name.len) {
		str_addf(&whole, "%s, %s", str_c(&s->surname),
			s->name.p + strspn(s->name.p, " \t\r\n"));
		str_clear(&s->surname);
		add(s, &whole, s->angle.p, s->angle.len);
	} else {
		flush_surname(s);
		add(s, s->name.len ? &s->name : &s->comment, s->angle.p, s->angle.len);
	}
	str_done(&whole);
}

static void finish(struct scan *s)
{
	if (s->has_angle && s->angle.len) {
		finish_angle(s);
	} else {
		flush_surname(s);
		if (!s->has_angle && s->text.len)
			finish_bare(s);
	}
	str_clear(&s->text);
	str_clear(&s->name);
	str_clear(&s->comment);
	str_clear(&s->angle);
	s->has_angle = false;
}

/* The closing quote of the string that opens at p, or NULL. */
static const char *find_quote(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\')
			p++;
	return p < end ? p : NULL;
}

static void read_quoted(struct scan *s)
{
	const char *close = s->no_quote ? NULL : find_quote(s->p, s->end);

	if (!close) {
		s->no_quote = true;
		s->p++;
		return;
	}
	str_add(&s->text, s->p, (size_t)(close + 1 - s->p));
	for (const char *p = s->p + 1; p < close; p++) {
		if (*p == '\\')
			p++;
		str_addc(&s->name, *p);
	}
	s->p = close + 1;
}

static const char *find_paren(const char *p, const char *end)
{
	size_t depth = 0;

	for (; p < end; p++) {
		if (*p == '\\')
			p++;
		else if (*p == '(')
			depth++;
		else if (*p == ')' && --depth == 0)
			return p;
	}
	return NULL;
}

static void read_comment(struct scan *s)
{
	const char *close = s->no_paren ? NULL : find_paren(s->p, s->end);

	if (!close) {
		s->no_paren = true;
		s->p++;
		return;
	}
	str_clear(&s->comment);
	str_add(&s->comment, s->p + 1, (size_t)(close - s->p - 1));
	str_addc(&s->text, ' ');
	s->p = close + 1;
}

/* Without comments, which may stand between any two tokens; a quoted local part stays. */
static void put_plainly(struct str *out, const char *p, const char *end)
{
	while (p < end) {
		const char *close = *p == '"'   ? find_quote(p, end)
				    : *p == '(' ? find_paren(p, end)
						: NULL;

		if (!close || *p == '"')
			str_add(out, p, close ? (size_t)(close + 1 - p) : 1);
		p = close ? close + 1 : p + 1;
	}
}

static void cut_front(struct str *text, size_t n)
{
	memmove(text->p, text->p + n, text->len - n);
	str_cut(text, text->len - n);
}

/* What stands between the angle brackets but the address itself. */
static void strip_angle(struct str *angle)
{
	/* The route of RFC 5322 4.4 says nothing about who it is. */
	const char *colon = *str_c(angle) == '@' ? memchr(angle->p, ':', angle->len) : NULL;

	if (colon)
		cut_front(angle, (size_t)(colon + 1 - angle->p));
	cut_front(angle, strspn(str_c(angle), " \t\r\n"));
	/* One address, not two: the one that is shown is the one a reply goes to. */
	if (*str_c(angle) != '"' && strchr(str_c(angle), ','))
		str_cut(angle, strcspn(angle->p, ","));
	if (angle->len > 7 && str_istarts(angle->p, "mailto:"))
		cut_front(angle, 7);
	cut_blanks(angle);
	join_parts(angle);
}

/* '<' at p. Without its '>' before the next '<', the piece up to the comma is what it holds. */
static void read_angle(struct scan *s)
{
	const char *p = ++s->p, *comma;

	while (p < s->end && *p != '>' && *p != '<')
		p++;
	s->has_angle = true;
	comma = memchr(s->p, ',', (size_t)(p - s->p));
	str_clear(&s->angle);
	put_plainly(&s->angle, s->p, p);
	s->p = p < s->end && *p == '>' ? p + 1 : comma ? comma : p;
	if (s->angle.len)
		strip_angle(&s->angle);
}

static void read_literal(struct scan *s)
{
	const char *close =
		memchr(s->p, ']', (size_t)(s->end - s->p) < 80 ? (size_t)(s->end - s->p) : 80);
	size_t len = close ? (size_t)(close + 1 - s->p) : 1;

	str_add(&s->text, s->p, len);
	str_add(&s->name, s->p, len);
	s->p += len;
}

/* The name of a group is dropped, its members are taken (RFC 5322 3.4). */
static void read_colon(struct scan *s)
{
	if (s->text.len && memchr(s->text.p, '@', s->text.len)) {
		str_addc(&s->text, ':');
		str_addc(&s->name, ':');
	} else {
		str_clear(&s->text);
		str_clear(&s->name);
	}
	s->p++;
}

static void read_text(struct scan *s)
{
	size_t len = *s->p == '=' ? word_length(s->p, (size_t)(s->end - s->p)) : 0;

	if (len == 0)
		len = 1;
	str_add(&s->text, s->p, len);
	str_add(&s->name, s->p, len);
	s->p += len;
}

static void step(struct scan *s)
{
	/* A comma is missing behind an angle bracket. */
	if (s->has_angle && !is_blank(*s->p) && !strchr(",;(>", *s->p ? *s->p : 'x'))
		finish(s);
	switch (*s->p) {
	case ',':
	case ';':
		finish(s);
		s->p++;
		break;
	case '"':
		read_quoted(s);
		break;
	case '(':
		read_comment(s);
		break;
	case '<':
		read_angle(s);
		break;
	case '>':
		s->p++;
		break;
	case '[':
		read_literal(s);
		break;
	case ':':
		read_colon(s);
		break;
	default:
		read_text(s);
	}
}

void addr_parse(struct addr_list *out, const char *value, size_t len)
{
	struct scan s = {.out = out, .p = value, .end = value + len};

	if (len == 0)
		return;
	while (s.p < s.end && !out->cut)
		step(&s);
	finish(&s);
	flush_surname(&s);
	str_done(&s.angle);
	str_done(&s.surname);
	str_done(&s.text);
	str_done(&s.name);
	str_done(&s.comment);
}

/* --- reading what a person typed --- */

/* The end of the piece at p: the next ',' or ';' outside quotes, comments and angle brackets. */
static const char *piece_end(const char *p, const char *end)
{
	bool quoted = false, angle = false;
	size_t depth = 0;

	for (; p < end; p++) {
		if (*p == '\\' && (quoted || depth) && p + 1 < end)
			p++;
		else if (*p == '"' && !depth)
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (*p == '(')
			depth++;
		else if (*p == ')' && depth)
			depth--;
		else if (*p == '<' || *p == '>')
			angle = *p == '<';
		else if ((*p == ',' || *p == ';') && !depth && !angle)
			break;
	}
	return p;
}

static bool has_controls(const char *p, size_t len)
{
	const char *end = p + len;

	while (p < end) {
		uint32_t cp = utf8_next(&p, end);

		if ((cp < ' ' && cp != '\t') || (cp >= 0x7f && cp < 0xa0) || cp == 0xfffd ||
			cp == 0x2028 || cp == 0x2029)
			return true;
	}
	return false;
}

static bool local_good(const char *p, size_t len)
{
	if (len == 0 || len > 64)
		return false;
	if (len > 2 && p[0] == '"' && p[len - 1] == '"')
		return !memchr(p + 1, '"', len - 2) && !memchr(p, '\\', len);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)p[i] <= ' ' || strchr("()<>@,;:\\\"[]", p[i]))
			return false;
	return true;
}

static bool domain_good(const char *p, size_t len)
{
	bool literal = len > 2 && p[0] == '[' && p[len - 1] == ']';
	const char *allowed = literal ? "[]:.-" : ".-_";

	if (len == 0 || p[0] == '.' || p[0] == '-' || p[len - 1] == '.' || memmem(p, len, "..", 2))
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			    c >= 0x80 || (c && strchr(allowed, c))))
			return false;
	}
	return !literal || (!memchr(p + 1, '[', len - 1) && !memchr(p, ']', len - 1));
}

static bool can_send(const char *p, size_t len)
{
	const char *at = len ? memrchr(p, '@', len) : NULL;

	if (!at || len > SEND_MAX || has_controls(p, len))
		return false;
	return local_good(p, (size_t)(at - p)) && domain_good(at + 1, (size_t)(p + len - at - 1));
}

static char *unquoted(const char *p, size_t len)
{
	struct str out = STR_INIT;

	trim(&p, &len);
	for (size_t i = 0; i < len; i++) {
		if (p[i] == '\\' && i + 1 < len)
			str_addc(&out, p[++i]);
		else if (p[i] != '"')
			str_addc(&out, p[i] == '\t' ? ' ' : p[i]);
	}
	return str_steal(&out);
}

/* The '<' outside quotes, or NULL. */
static const char *find_angle(const char *p, const char *end)
{
	bool quoted = false;

	for (; p < end; p++) {
		if (*p == '\\' && quoted && p + 1 < end)
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (*p == '<' && !quoted)
			return p;
	}
	return NULL;
}

/* One trimmed piece: "name <mail>", "mail" or "mail (name)". */
static bool add_typed(struct addr_list *out, const char *p, size_t len)
{
	const char *angle = find_angle(p, p + len), *mail = p, *name = p;
	size_t mail_len = len, name_len = 0;
	char *clean_name, *clean;

	if (has_controls(p, len) || out->n >= LIST_MAX)
		return false;
	if (angle) {
		if (p[len - 1] != '>')
			return false;
		mail = angle + 1;
		mail_len = (size_t)(p + len - 1 - mail);
		name_len = (size_t)(angle - p);
	} else if (p[len - 1] == ')' && memchr(p, '(', len)) {
		name = memchr(p, '(', len);
		mail_len = (size_t)(name - p);
		name++;
		name_len = (size_t)(p + len - 1 - name);
	}
	trim(&mail, &mail_len);
	if (!can_send(mail, mail_len))
		return false;
	clean_name = unquoted(name, name_len);
	clean = mem_strndup(mail, mail_len);
	addr_list_add(out, clean_name, clean);
	free(clean_name);
	free(clean);
	return true;
}

/* "Group:" before the first member goes; "Group:;" is nobody. */
static void skip_group(const char **p, size_t *len)
{
	const char *colon = *len ? memchr(*p, ':', *len) : NULL;

	if (!colon || memchr(*p, '@', (size_t)(colon - *p)) ||
		memchr(*p, '"', (size_t)(colon - *p)) || memchr(*p, '<', (size_t)(colon - *p)))
		return;
	*len -= (size_t)(colon + 1 - *p);
	*p = colon + 1;
	trim(p, len);
}

/* "a@x b@y": several with blanks between them, and nothing but addresses. */
static bool add_words(struct addr_list *out, const char *p, size_t len)
{
	struct addr_list list = {0};
	const char *end = p + len;
	bool good = !memchr(p, '"', len) && !memchr(p, '<', len) && !memchr(p, '(', len);

	while (good && p < end) {
		size_t n = 0;

		while (p < end && (*p == ' ' || *p == '\t'))
			p++;
		while (p + n < end && p[n] != ' ' && p[n] != '\t')
			n++;
		good = n && add_typed(&list, p, n);
		p += n;
	}
	for (size_t i = 0; good && i < list.n; i++)
		addr_list_add(out, "", list.v[i].mail);
	addr_list_done(&list);
	return good;
}

int addr_parse_typed(struct addr_list *out, const char *text, struct err *err)
{
	const char *p = text, *end = text + strlen(text);

	while (p < end) {
		const char *stop = piece_end(p, end), *piece = p;
		size_t len = (size_t)(stop - p);

		p = stop < end ? stop + 1 : end;
		while (len && (piece[0] == ' ' || piece[0] == '\t')) {
			piece++;
			len--;
		}
		while (len && (piece[len - 1] == ' ' || piece[len - 1] == '\t'))
			len--;
		skip_group(&piece, &len);
		if (len == 0 || add_typed(out, piece, len) || add_words(out, piece, len))
			continue;
		return err_set(err, ERR_INPUT, _("“%.*s” is not an address mail can be sent to"),
			(int)utf8_cut(piece, len, 100), piece);
	}
	return 0;
}

/* --- writing --- */

static bool is_atom_text(const char *name)
{
	for (; *name; name++)
		if (strchr("()<>@,;:\\\".[]", *name) || (unsigned char)*name < ' ')
			return false;
	return true;
}

/* A name that looks like another address is a lie, or at best useless. */
static bool name_lies(const struct addr *a)
{
	return strchr(a->name, '@') || strstr(a->name, "\xef\xbc\xa0") || /* fullwidth @ */
	       strstr(a->name, "\xef\xb9\xab");                           /* small @ */
}

void addr_show(struct str *out, const struct addr *a)
{
	if (!*a->name || name_lies(a)) {
		str_adds(out, a->mail);
		return;
	}
	if (!strpbrk(a->name, "()<>,;:\\\"[]"))
		str_adds(out, a->name);
	else
		str_add_quoted(out, a->name, strlen(a->name));
	str_addf(out, " <%s>", a->mail);
}

const char *addr_short(const struct addr *a)
{
	return *a->name && !name_lies(a) ? a->name : a->mail;
}

/* A name for a header: valid UTF-8 without controls. */
static void safe_name(struct str *out, const char *name)
{
	for (const char *p = name, *end = name + strlen(name); p < end;) {
		uint32_t cp = utf8_next(&p, end);
		bool control =
			cp < ' ' || (cp >= 0x7f && cp < 0xa0) || cp == 0x2028 || cp == 0x2029;

		utf8_put(out, control ? ' ' : cp);
	}
}

bool addr_is_wide(const struct addr *a)
{
	struct str mail = STR_INIT;
	bool wide;

	idn_mail_to_ascii(&mail, a->mail);
	wide = !str_is_ascii(str_c(&mail), mail.len);
	str_done(&mail);
	return wide;
}

static void write_mail(struct str *out, const char *mail)
{
	struct str ascii = STR_INIT;

	idn_mail_to_ascii(&ascii, mail);
	for (const char *p = str_c(&ascii); *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c >= ' ' && c != 0x7f && c != '<' && c != '>')
			str_addc(out, *p);
	}
	str_done(&ascii);
}

/* Nobody can answer to it there, but everybody sees who has the mail. */
static void write_empty_group(struct str *out, const struct addr *a)
{
	struct str shown = STR_INIT;

	addr_show(&shown, a);
	word_encode(out, shown.p, shown.len, WORD_PHRASE);
	str_adds(out, " :;");
	str_done(&shown);
}

void addr_write(struct str *out, const struct addr *a, bool utf8)
{
	struct str name = STR_INIT;

	if (!utf8 && addr_is_wide(a)) {
		write_empty_group(out, a);
		return;
	}
	safe_name(&name, a->name);
	if (name.len == 0) {
		write_mail(out, a->mail);
		str_done(&name);
		return;
	}
	if (word_needed(name.p, name.len) && !utf8)
		word_encode(out, name.p, name.len, WORD_PHRASE);
	else if (is_atom_text(name.p) && !memmem(name.p, name.len, "=?", 2))
		str_add(out, name.p, name.len);
	else
		str_add_quoted(out, name.p, name.len);
	str_adds(out, " <");
	write_mail(out, a->mail);
	str_addc(out, '>');
	str_done(&name);
}

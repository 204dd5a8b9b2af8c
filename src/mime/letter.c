#include "mime/letter.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/idn.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "mime/build_priv.h"
#include "mime/header.h"
#include "mime/html.h"
#include "mime/word.h"

#include <stdlib.h>
#include <string.h>

enum { HTML_WIDTH = 72 };

/* A path whose file could not be read yet. */
static const char LOST_FILE[] = "X-Talaria-Attach";

/* --- what a message consists of --- */

struct item {
	size_t part;
	bool inside;
};

struct letter {
	struct parts parts;
	int text;       /* the part that is the text, or holds it in several versions; -1: none */
	struct item *v; /* everything else, in order */
	size_t n, cap;
};

static bool is_type(const struct part *p, const char *type, const char *subtype)
{
	return strcmp(p->type, type) == 0 && strcmp(p->subtype, subtype) == 0;
}

/* Text to be read and edited, not a file. */
static bool is_readable(const struct part *p)
{
	return (is_type(p, "text", "plain") || is_type(p, "text", "html")) &&
	       p->disposition != PART_ATTACHMENT && !p->name;
}

/* The first part behind i that is not in it. */
static size_t end_of(const struct parts *parts, size_t i)
{
	size_t end = i + 1;

	while (end < parts->n && parts->v[end].depth > parts->v[i].depth)
		end++;
	return end;
}

/* What is in a part that is taken as a whole is not looked at. */
static size_t next_of(const struct parts *parts, size_t i)
{
	return parts->v[i].multipart ? i + 1 : end_of(parts, i);
}

static void add_item(struct letter *l, size_t part, bool inside)
{
	l->v = mem_grow(l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = (struct item){part, inside};
}

static bool holds_text(const struct parts *parts, size_t i)
{
	size_t end = end_of(parts, i);

	for (size_t k = i + 1; k < end; k = next_of(parts, k))
		if (is_readable(&parts->v[k]))
			return true;
	return false;
}

/* A text in several versions, with its pictures, or signed: its files are inside. */
static void take_tree(struct letter *l, size_t i)
{
	size_t end = end_of(&l->parts, i);

	l->text = (int)i;
	for (size_t k = i + 1; k < end; k = next_of(&l->parts, k)) {
		const struct part *p = &l->parts.v[k];

		if (!p->multipart && !is_readable(p))
			add_item(l, k, true);
	}
}

static void letter_open(struct letter *l, const char *message, size_t len)
{
	const struct part *p;

	*l = (struct letter){.text = -1};
	if (!message)
		return;
	part_parse(&l->parts, message, len);
	for (size_t i = 0; i < l->parts.n;) {
		p = &l->parts.v[i];
		if (p->multipart && strcmp(p->subtype, "mixed") == 0) {
			i++;
			continue;
		}
		if (p->multipart && l->text < 0 && holds_text(&l->parts, i))
			take_tree(l, i);
		else if (!p->multipart && l->text < 0 && is_readable(p))
			l->text = (int)i;
		else
			add_item(l, i, false);
		i = end_of(&l->parts, i);
	}
}

static void letter_close(struct letter *l)
{
	part_done(&l->parts);
	free(l->v);
}

/* --- header fields --- */

enum field_kind { KIND_ADDRESSES, KIND_TEXT, KIND_ID, KIND_IDS };
static const struct known {
	const char *name;
	size_t at; /* in struct draft */
	enum field_kind kind;
} KNOWN[] = {
	{"From", offsetof(struct draft, from), KIND_ADDRESSES},
	{"To", offsetof(struct draft, to), KIND_ADDRESSES},
	{"Cc", offsetof(struct draft, cc), KIND_ADDRESSES},
	{"Bcc", offsetof(struct draft, bcc), KIND_ADDRESSES},
	{"Reply-To", offsetof(struct draft, reply_to), KIND_ADDRESSES},
	{"Subject", offsetof(struct draft, subject), KIND_TEXT},
	{"Message-ID", offsetof(struct draft, message_id), KIND_ID},
	{"In-Reply-To", offsetof(struct draft, in_reply_to), KIND_ID},
	{"References", offsetof(struct draft, references), KIND_IDS},
};

static char **value_at(struct draft *d, const struct known *k)
{
	return (char **)(void *)((char *)d + k->at);
}

static const char *value_of(const struct draft *d, const struct known *k)
{
	return *(char *const *)(const void *)((const char *)d + k->at);
}

static const struct known *known_field(const struct header_field *f)
{
	for (size_t i = 0; i < MEM_COUNT(KNOWN); i++)
		if (header_is(f, KNOWN[i].name))
			return &KNOWN[i];
	return NULL;
}

static bool begins(const struct header_field *f, const char *prefix)
{
	size_t len = strlen(prefix);

	return f->name_len >= len && str_nicmp(f->name, prefix, len) == 0;
}

static bool is_content(const struct header_field *f)
{
	return begins(f, "Content-") || header_is(f, "MIME-Version");
}

/* Notes of mail programs to themselves, and traces of a way that the message does not go now. */
static bool is_private(const struct header_field *f)
{
	static const char *const names[] = {"Bcc", "Resent-Bcc", "Return-Path", "Received",
		"Delivered-To", "X-Account-Key", "X-Identity-Key", "Status", "X-Status", "X-UID",
		"X-Keywords", "Fcc", "Pgp", "Smime", "X-Mutt-PGP", "X-Mutt-SMIME", "X-Mutt-Fcc",
		"X-Mutt-References", "X-Gnus-Delayed", "X-Draft-From", "X-Draft-Info"};

	for (size_t i = 0; i < MEM_COUNT(names); i++)
		if (header_is(f, names[i]))
			return true;
	return begins(f, "X-Talaria-") || begins(f, "X-Mozilla-");
}

/* What a person types for a mail program to obey. */
static bool is_typed(const struct header_field *f)
{
	return header_is(f, "Fcc") || header_is(f, "Pgp") || header_is(f, "Smime");
}

/* Kept as it is, and of no interest to a person who writes. */
static bool is_hidden(const struct header_field *f)
{
	static const char *const names[] = {"Date", "User-Agent", "X-Mailer", "DKIM-Signature",
		"Authentication-Results", "Lines"};

	for (size_t i = 0; i < MEM_COUNT(names); i++)
		if (header_is(f, names[i]))
			return true;
	return is_content(f) || (is_private(f) && !is_typed(f)) || begins(f, "ARC-") ||
	       begins(f, "List-");
}

bool letter_heeds(const char *line)
{
	struct header_field f;

	return build_keeps(line, &f) &&
	       (!is_private(&f) || header_is(&f, "Pgp") || header_is(&f, "Smime"));
}

static char *decoded_line(const char *p, size_t len)
{
	char *words = word_decoded(p, len), *line = draft_line(words, strlen(words));

	free(words);
	return line;
}

/* As it was typed; encoded names, and what only other programs write, as one would type them. */
static char *addresses_of(const char *p, size_t len)
{
	struct addr_list list = {0};
	char *text = draft_line(p, len);
	bool group = strchr(text, ':') && strchr(text, ';');

	if (!strstr(text, "=?") && !group)
		return text;
	addr_parse(&list, p, len);
	if (list.n || group) {
		free(text);
		text = draft_addresses(&list);
	} else {
		free(text);
		text = decoded_line(p, len);
	}
	addr_list_done(&list);
	return text;
}

static char *first_id(const char *p, size_t len)
{
	struct str id = STR_INIT;
	const char *open = memchr(p, '<', len), *end = p + len;

	for (open = open ? open + 1 : p; open < end && *open != '>'; open++)
		if ((unsigned char)*open > ' ')
			str_addc(&id, *open);
	return str_steal(&id);
}

static char *people_addresses(char *text)
{
	struct str out = STR_INIT;

	idn_people(&out, text);
	free(text);
	return str_steal(&out);
}

static char *value_text(const struct known *k, const char *p, size_t len)
{
	switch (k->kind) {
	case KIND_ADDRESSES:
		return people_addresses(addresses_of(p, len));
	case KIND_ID:
		return first_id(p, len);
	case KIND_IDS:
		return draft_line(p, len);
	default:
		return decoded_line(p, len);
	}
}

/* A second To: adds to the first. */
static void take_known(struct draft *d, const struct known *k, char *value)
{
	char **to = value_at(d, k);
	struct str both = STR_INIT;

	if (!**to) {
		free(*to);
		*to = value;
		return;
	}
	if (k->kind == KIND_ADDRESSES && *value) {
		str_addf(&both, "%s, %s", *to, value);
		free(*to);
		*to = str_steal(&both);
	}
	free(value);
}

static char *shown_line(const struct header_field *f, const char *p, size_t len)
{
	char *value = decoded_line(p, len);
	struct str line = STR_INIT;

	str_addf(&line, "%.*s: %s", (int)f->name_len, f->name, value);
	free(value);
	return str_steal(&line);
}

static void read_fields(struct draft *d, const char *header, size_t len)
{
	struct str value = STR_INIT;
	struct header_field f;
	struct header_iter it;

	header_start(&it, header, len);
	while (header_next(&it, &f)) {
		const struct known *k = known_field(&f);

		str_clear(&value);
		header_unfold(&value, f.value, f.value_len);
		if (k)
			take_known(d, k, value_text(k, str_c(&value), value.len));
		else if (!is_hidden(&f))
			strv_take(&d->extra, shown_line(&f, str_c(&value), value.len));
	}
	str_done(&value);
}

static void read_lost(struct draft *d, const char *header, size_t len)
{
	struct header_field f;
	struct header_iter it;

	header_start(&it, header, len);
	while (header_next(&it, &f)) {
		struct str value = STR_INIT;
		char *path;

		if (!header_is(&f, LOST_FILE))
			continue;
		header_unfold(&value, f.value, f.value_len);
		path = decoded_line(str_c(&value), value.len);
		draft_attach(d, path)->lost = true;
		free(path);
		str_done(&value);
	}
}

/* --- text and files --- */

static char *html_body(const struct part *p)
{
	struct str html = STR_INIT, plain = STR_INIT;
	struct text *t = text_new();

	part_text(p, &html);
	html_text(t, str_c(&html), html.len, HTML_WIDTH);
	text_plain(t, &plain, true);
	text_free(t);
	str_done(&html);
	return str_steal(&plain);
}

static char *part_body(const struct part *p)
{
	struct str bytes = STR_INIT;
	char *text;

	if (strcmp(p->subtype, "html") == 0)
		return html_body(p);
	part_decode(p, &bytes);
	text = draft_body(*p->charset ? p->charset : NULL, str_c(&bytes), bytes.len);
	str_done(&bytes);
	return text;
}

/* Of several versions the first in plain text that says something, else the first of all. */
static char *tree_body(const struct parts *parts, size_t i)
{
	size_t end = end_of(parts, i);
	char *text = NULL;

	for (int html = 0; html < 2; html++)
		for (size_t k = i + 1; k < end; k = next_of(parts, k)) {
			const struct part *p = &parts->v[k];

			if (is_readable(p) && (strcmp(p->subtype, "html") == 0) == html) {
				free(text);
				text = part_body(p);
				if (text[strspn(text, " \t\n")])
					return text;
			}
		}
	return text ? text : mem_strdup("");
}

static uint64_t decoded_size(const struct part *p)
{
	return p->encoding == PART_BASE64 ? p->body_len / 78 * 57 + p->body_len % 78 * 57 / 78
					  : p->body_len;
}

static char *name_of(const struct parts *parts, size_t i)
{
	const struct part *p = &parts->v[i];
	char *subject = NULL;

	if (p->name && *p->name)
		return mem_strdup(p->name);
	if (p->message && i + 1 < parts->n)
		subject =
			header_text(parts->v[i + 1].header, parts->v[i + 1].header_len, "Subject");
	if (!subject && p->description)
		subject = mem_strdup(p->description);
	return subject ? subject : mem_strdup("");
}

static struct draft_file *add_file(struct draft *d, const struct parts *parts, size_t i)
{
	const struct part *p = &parts->v[i];
	struct str type = STR_INIT;
	struct draft_file *f;
	char *name = name_of(parts, i);

	str_addf(&type, "%s/%s", p->type, p->subtype);
	f = draft_file_add(d, name, type.p);
	f->size = decoded_size(p);
	free(name);
	str_done(&type);
	return f;
}

static void read_draft(struct draft *d, const struct letter *l, const struct strv *keys)
{
	draft_init(d);
	if (!l->parts.n)
		return;
	read_fields(d, l->parts.v[0].header, l->parts.v[0].header_len);
	if (l->text >= 0) {
		const struct part *p = &l->parts.v[l->text];

		free(d->body);
		d->body = p->multipart ? tree_body(&l->parts, (size_t)l->text) : part_body(p);
		d->html = p->multipart || strcmp(p->subtype, "html") == 0;
	}
	for (size_t i = 0; i < l->n; i++) {
		struct draft_file *f = add_file(d, &l->parts, l->v[i].part);

		f->inside = l->v[i].inside;
		if (keys && i < keys->n)
			draft_set(&f->key, keys->v[i]);
	}
	read_lost(d, l->parts.v[0].header, l->parts.v[0].header_len);
}

void letter_read(struct draft *d, const char *message, size_t len, const struct strv *keys)
{
	struct letter l;

	letter_open(&l, message, len);
	read_draft(d, &l, keys);
	letter_close(&l);
}

/* --- parts as bytes --- */

void letter_crlf(const char *p, size_t len, struct str *out)
{
	for (size_t i = 0; i < len; i++) {
		if (p[i] == '\r' || p[i] == '\n')
			str_adds(out, "\r\n");
		else
			str_addc(out, p[i]);
		if (p[i] == '\r' && i + 1 < len && p[i + 1] == '\n')
			i++;
	}
}

static void add_raw(struct str *out, const struct header_field *f)
{
	letter_crlf(f->name, (size_t)(f->value + f->value_len - f->name), out);
	if (out->len && out->p[out->len - 1] != '\n')
		str_adds(out, "\r\n");
}

/* Header and body of a part as they are; of the message itself what says how its body is made. */
static void raw_part(struct str *out, const struct parts *parts, size_t i)
{
	const struct part *p = &parts->v[i];
	struct header_field f;
	struct header_iter it;

	if (p->parent < 0) {
		header_start(&it, p->header, p->header_len);
		while (header_next(&it, &f))
			if (begins(&f, "Content-"))
				add_raw(out, &f);
	} else {
		letter_crlf(p->header, p->header_len, out);
		if (p->header_len && out->p[out->len - 1] != '\n')
			str_adds(out, "\r\n");
	}
	str_adds(out, "\r\n");
	letter_crlf(p->body ? p->body : "", p->body ? p->body_len : 0, out);
}

void letter_carry(struct draft *d, const struct parts *parts)
{
	for (size_t i = 0; i < parts->n;) {
		const struct part *p = &parts->v[i];
		bool signature = strcmp(p->type, "application") == 0 &&
				 strstr(p->subtype, "-signature") != NULL;

		if (p->multipart && strcmp(p->subtype, "encrypted") != 0) {
			i++;
			continue;
		}
		/* A text with files among its lines goes along with them. */
		if ((!is_readable(p) || p->opened) && !signature)
			raw_part(&add_file(d, parts, i)->part, parts, i);
		i = end_of(parts, i);
	}
}

/* --- writing --- */

struct writing {
	const struct draft *d, *was;
	const struct letter *l;
	struct str *out;
	struct strv *keys;
	size_t left; /* octets of files still to be read */
};

static bool is_seven_bit(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)p[i] >= 0x80)
			return false;
	return true;
}

static void write_known(struct str *out, const struct draft *d, const struct known *k)
{
	const char *value = value_of(d, k);

	if (!*value)
		return;
	switch (k->kind) {
	case KIND_ADDRESSES:
		build_address_field(out, k->name, value);
		break;
	case KIND_ID:
		build_id_field(out, k->name, value);
		break;
	case KIND_IDS:
		build_references(out, value);
		break;
	default:
		build_text_field(out, k->name, value);
	}
}

/* What nobody changed stays as it is, unless it is in no charset that can be sent. */
static bool stays(const struct writing *w, const struct known *k, const struct header_field *f)
{
	return strcmp(value_of(w->d, k), value_of(w->was, k)) == 0 &&
	       is_seven_bit(f->value, f->value_len);
}

/* The line of a person's own field that says what this one says; it is used up. */
static bool take_extra(struct strv *lines, const char *shown)
{
	for (size_t i = 0; i < lines->n; i++)
		if (lines->v[i] && strcmp(lines->v[i], shown) == 0) {
			MEM_FREE(lines->v[i]);
			return true;
		}
	return false;
}

static void old_field(struct writing *w, const struct header_field *f, bool same_content,
	bool *written, struct strv *lines)
{
	const struct known *k = known_field(f);
	struct str value = STR_INIT;
	char *shown;

	if (k) {
		if (stays(w, k, f))
			add_raw(w->out, f);
		else if (!written[k - KNOWN])
			write_known(w->out, w->d, k);
		written[k - KNOWN] = true;
		return;
	}
	if (header_is(f, "Date") || begins(f, "X-Talaria-") || (is_content(f) && !same_content))
		return;
	if (is_hidden(f)) {
		add_raw(w->out, f);
		return;
	}
	header_unfold(&value, f->value, f->value_len);
	shown = shown_line(f, str_c(&value), value.len);
	if (take_extra(lines, shown)) {
		if (is_seven_bit(f->value, f->value_len))
			add_raw(w->out, f);
		else
			build_extra(w->out, shown);
	}
	free(shown);
	str_done(&value);
}

static void write_header(struct writing *w, time_t date, bool same_content)
{
	bool written[MEM_COUNT(KNOWN)] = {false};
	struct strv lines = STRV_INIT;
	struct header_field f;
	struct header_iter it;

	for (size_t i = 0; i < w->d->extra.n; i++)
		strv_add(&lines, w->d->extra.v[i]);
	str_adds(w->out, "Date: ");
	clock_rfc5322(w->out, date);
	str_adds(w->out, "\r\n");
	if (w->l->parts.n) {
		header_start(&it, w->l->parts.v[0].header, w->l->parts.v[0].header_len);
		while (header_next(&it, &f))
			old_field(w, &f, same_content, written, &lines);
	}
	for (size_t i = 0; i < MEM_COUNT(KNOWN); i++)
		if (!written[i])
			write_known(w->out, w->d, &KNOWN[i]);
	for (size_t i = 0; i < lines.n; i++)
		if (lines.v[i])
			build_extra(w->out, lines.v[i]);
	for (size_t i = 0; i < w->d->nfiles; i++)
		if (w->d->files[i].lost)
			build_text_field(w->out, LOST_FILE, w->d->files[i].path);
	strv_done(&lines);
}

/* Which of the files in the old message it is, -1. */
static ptrdiff_t old_file(const struct writing *w, const struct draft_file *f)
{
	for (size_t i = 0; i < w->l->n; i++)
		if (strcmp(w->was->files[i].key, f->key) == 0)
			return (ptrdiff_t)i;
	return -1;
}

static bool has_file(const struct writing *w, size_t old)
{
	for (size_t i = 0; i < w->d->nfiles; i++)
		if (strcmp(w->d->files[i].key, w->was->files[old].key) == 0)
			return true;
	return false;
}

static bool same_text(const struct writing *w)
{
	return w->l->parts.n && strcmp(w->d->body, w->was->body) == 0;
}

/* The text, and what is inside of it, goes on as it is. */
static bool keeps_tree(const struct writing *w)
{
	if (!same_text(w))
		return false;
	for (size_t i = 0; i < w->l->n; i++)
		if (w->l->v[i].inside && !has_file(w, i))
			return false;
	return true;
}

static bool same_files(const struct writing *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->d->nfiles; i++)
		if (!w->d->files[i].lost && old_file(w, &w->d->files[i]) != (ptrdiff_t)n++)
			return false;
	return n == w->l->n;
}

/* One file as a part; 0, -1. */
static int write_file(
	struct writing *w, struct str *out, const struct draft_file *f, struct err *err)
{
	ptrdiff_t old = old_file(w, f);

	if (old >= 0)
		raw_part(out, &w->l->parts, w->l->v[old].part);
	else if (f->part.len)
		str_add(out, f->part.p, f->part.len);
	else if (f->path)
		return build_file(out, f->path, &w->left, err);
	else
		return err_set(
			err, ERR_GONE, _("The file “%s” is no longer in the message"), f->name);
	return 0;
}

/* All parts but the text, each behind the boundary's line; *n: how many. */
static int write_files(struct writing *w, bool tree, const char *boundary, struct str *out,
	size_t *n, struct err *err)
{
	for (size_t i = 0; tree && i < w->l->n; i++)
		if (w->l->v[i].inside)
			strv_add(w->keys, w->was->files[i].key);
	for (size_t i = 0; i < w->d->nfiles; i++) {
		const struct draft_file *f = &w->d->files[i];
		ptrdiff_t old = old_file(w, f);

		if (f->lost || (tree && old >= 0 && w->l->v[old].inside))
			continue;
		str_addf(out, "\r\n--%s\r\n", boundary);
		if (write_file(w, out, f, err) != 0)
			return -1;
		strv_add(w->keys, f->key);
		++*n;
	}
	return 0;
}

static void write_text(struct writing *w, bool tree, struct str *out)
{
	if (tree && w->l->text >= 0)
		raw_part(out, &w->l->parts, (size_t)w->l->text);
	else
		build_text(out, w->d->body);
}

static void new_boundary(char boundary[27])
{
	memcpy(boundary, "=_", 2);
	hash_random_token(boundary + 2, 24);
}

static int write_content(struct writing *w, struct err *err)
{
	bool tree = keeps_tree(w), no_text = tree && w->l->text < 0;
	struct str text = STR_INIT, files = STR_INIT;
	char boundary[27];
	size_t n = 0;
	int rc;

	new_boundary(boundary);
	rc = write_files(w, tree, boundary, &files, &n, err);
	if (!no_text || !n)
		write_text(w, tree, &text);
	str_adds(w->out, "MIME-Version: 1.0\r\n");
	if (n) {
		str_addf(w->out, "Content-Type: multipart/mixed; boundary=\"%s\"\r\n", boundary);
		if (!is_seven_bit(str_c(&text), text.len) || !is_seven_bit(files.p, files.len))
			str_adds(w->out, "Content-Transfer-Encoding: 8bit\r\n");
		str_adds(w->out, "\r\n");
		if (text.len)
			str_addf(w->out, "--%s\r\n", boundary);
		str_add(w->out, str_c(&text), text.len);
		/* The first delimiter needs no line end in front of it. */
		str_add(w->out, files.p + (text.len ? 0 : 2), files.len - (text.len ? 0 : 2));
		str_addf(w->out, "\r\n--%s--\r\n", boundary);
	} else {
		str_add(w->out, str_c(&text), text.len);
	}
	str_done(&text);
	str_done(&files);
	return rc;
}

int letter_write(const struct draft *d, const char *old, size_t old_len,
	const struct strv *old_keys, time_t date, struct str *out, struct strv *keys,
	struct err *err)
{
	size_t before = out->len;
	struct letter l;
	struct draft was;
	struct writing w = {d, &was, &l, out, keys, BUILD_FILES_MAX};
	bool same;
	int rc = 0;

	letter_open(&l, old, old_len);
	read_draft(&was, &l, old_keys);
	same = same_text(&w) && same_files(&w);
	write_header(&w, date, same);
	if (same) {
		str_adds(out, "\r\n");
		letter_crlf(l.parts.v[0].body, l.parts.v[0].body_len, out);
		for (size_t i = 0; i < l.n; i++)
			strv_add(keys, was.files[i].key);
	} else {
		rc = write_content(&w, err);
	}
	if (rc == 0 && (!out->len || out->p[out->len - 1] != '\n'))
		str_adds(out, "\r\n");
	if (rc != 0) {
		str_cut(out, before);
		strv_done(keys);
	}
	draft_done(&was);
	letter_close(&l);
	return rc;
}

/* --- on its way --- */

void letter_wire(const char *message, size_t len, struct str *out)
{
	size_t body, header = header_length(message, len, &body);
	bool addressed = false;
	struct header_field f;
	struct header_iter it;

	header_start(&it, message, header);
	while (header_next(&it, &f)) {
		if (is_private(&f))
			continue;
		addressed |= header_is(&f, "To") || header_is(&f, "Cc");
		add_raw(out, &f);
	}
	if (!addressed)
		str_adds(out, "To: undisclosed-recipients:;\r\n");
	str_adds(out, "\r\n");
	letter_crlf(message + body, len - body, out);
}

char *letter_note(const char *message, size_t len, const char *name)
{
	size_t header = header_length(message, len, NULL);

	return header_text(message, header, name);
}

void letter_add_note(struct str *message, const char *name, const char *value)
{
	struct str all = STR_INIT;

	build_text_field(&all, name, value);
	str_add(&all, str_c(message), message->len);
	str_done(message);
	*message = all;
}

#include "mime/part_priv.h"

#include "base/str.h"
#include "mime/charset.h"
#include "mime/codec.h"
#include "mime/header.h"
#include "mime/param.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BOUNDARY_MAX = 1000, /* RFC 2046 5.1.1 says 70 */
	TEXT_MAX = 1024,     /* bytes of a name or a description; what is longer ends with … */
	META_MAX = 4096      /* bytes of HTML in which a charset is looked for */
};

/* --- one part --- */

static void set_defaults(struct part *p)
{
	memcpy(p->type, "text", 5);
	memcpy(p->subtype, "plain", 6);
	p->encoding = PART_7BIT;
	p->disposition = PART_UNSAID;
}

int part_add(struct parts *parts, int parent)
{
	struct part *p;

	parts->v = mem_grow(parts->v, &parts->cap, parts->n + 1, sizeof(*parts->v));
	p = &parts->v[parts->n];
	*p = (struct part){.parent = parent};
	p->depth = parent >= 0 ? parts->v[parent].depth + 1 : 0;
	set_defaults(p);
	return (int)parts->n++;
}

void part_done(struct parts *parts)
{
	for (size_t i = 0; i < parts->n; i++) {
		free(parts->v[i].name);
		free(parts->v[i].content_id);
		free(parts->v[i].description);
	}
	for (size_t i = 0; i < parts->nopened; i++)
		str_done(&parts->opened[i]);
	free(parts->opened);
	free(parts->v);
	str_done(&parts->owned_header);
	*parts = (struct parts){0};
}

/* A word in lower case: letters of a token only, so that it can be shown and compared. */
static void copy_token(char *to, size_t size, const char *p, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n + 1 < size; i++) {
		char c = p[i];

		if (c <= ' ' || c >= 0x7f || strchr("()<>@,;:\\\"/[]?=", c))
			break;
		to[n++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	to[n] = '\0';
}

/* False: that is no type. */
bool part_set_type(struct part *p, const char *value)
{
	const char *slash = strchr(value, '/');
	char type[64], subtype[64];

	if (!slash)
		return false;
	copy_token(type, sizeof(type), value, (size_t)(slash - value));
	copy_token(subtype, sizeof(subtype), slash + 1, strlen(slash + 1));
	if (!*type || !*subtype)
		return false;
	memcpy(p->type, type, sizeof(type));
	memcpy(p->subtype, subtype, sizeof(subtype));
	return true;
}

/* What the fields of a header say that does not go into struct part. */
struct fields {
	struct header_field type, encoding, disposition, id, description;
	char boundary[BOUNDARY_MAX + 1];
	size_t boundary_len;
};

static void collect(struct fields *f, const char *header, size_t len)
{
	static const struct header_field NONE;
	struct header_field field;
	struct header_iter it;

	f->type = f->encoding = f->disposition = f->id = f->description = NONE;
	f->boundary_len = 0;
	header_start(&it, header, len);
	while (header_next(&it, &field)) {
		struct header_field *to = NULL;

		if (field.name_len < 10 || str_nicmp(field.name, "Content-", 8) != 0)
			continue;
		if (header_is(&field, "Content-Type"))
			to = &f->type;
		else if (header_is(&field, "Content-Transfer-Encoding"))
			to = &f->encoding;
		else if (header_is(&field, "Content-Disposition"))
			to = &f->disposition;
		else if (header_is(&field, "Content-ID"))
			to = &f->id;
		else if (header_is(&field, "Content-Description"))
			to = &f->description;
		if (to && !to->name)
			*to = field;
	}
}

static char *short_copy(const char *s)
{
	static const char more[] = "…";
	struct str out = STR_INIT;
	size_t len = s ? strlen(s) : 0;

	if (!len)
		return NULL;
	if (len <= TEXT_MAX)
		return mem_strdup(s);
	str_add(&out, s, utf8_cut(s, len, TEXT_MAX - strlen(more)));
	str_adds(&out, more);
	return str_steal(&out);
}

static void set_boundary(struct fields *f, const char *boundary)
{
	size_t len = boundary ? strlen(boundary) : 0;

	while (len && boundary[len - 1] == ' ')
		len--;
	if (len > BOUNDARY_MAX)
		return;
	if (len)
		memcpy(f->boundary, boundary, len);
	f->boundary_len = len;
}

static void read_type(struct part *p, struct fields *f)
{
	struct params params;
	const char *s;
	bool good;

	if (!f->type.name)
		return;
	param_parse(&params, f->type.value, f->type.value_len);
	good = part_set_type(p, params.value);
	s = param_get(&params, "charset");
	if (s)
		copy_token(p->charset, sizeof(p->charset), s, strlen(s));
	s = param_get(&params, "format");
	p->format_flowed = s && str_icmp(s, "flowed") == 0;
	s = param_get(&params, "delsp");
	p->delsp = s && str_icmp(s, "yes") == 0;
	if (!p->name)
		p->name = short_copy(param_get(&params, "name"));
	/* "PDF; name=a.pdf": a file of some kind, and not what RFC 2045 5.2 makes of it. */
	if (!good && p->name && !str_istarts(params.value, "text"))
		part_set_type(p, "application/octet-stream");
	set_boundary(f, param_get(&params, "boundary"));
	param_done(&params);
}

static void read_disposition(struct part *p, const struct fields *f)
{
	struct params params;

	if (!f->disposition.name)
		return;
	param_parse(&params, f->disposition.value, f->disposition.value_len);
	if (str_icmp(params.value, "inline") == 0)
		p->disposition = PART_INLINE;
	else if (*params.value) /* an unknown one is an attachment (RFC 2183 2.8) */
		p->disposition = PART_ATTACHMENT;
	p->name = short_copy(param_get(&params, "filename"));
	param_done(&params);
}

static const struct {
	const char *name;
	enum part_encoding encoding;
} ENCODINGS[] = {
	{"7bit", PART_7BIT},
	{"8bit", PART_8BIT},
	{"binary", PART_BINARY},
	{"quoted-printable", PART_QP},
	{"base64", PART_BASE64},
	{"x-uuencode", PART_UUENCODE},
	{"x-uue", PART_UUENCODE},
	{"uuencode", PART_UUENCODE},
};

static void read_encoding(struct part *p, const struct fields *f)
{
	struct params params;

	if (!f->encoding.name)
		return;
	param_parse(&params, f->encoding.value, f->encoding.value_len);
	p->strange_encoding = *params.value;
	for (size_t i = 0; i < MEM_COUNT(ENCODINGS); i++)
		if (str_icmp(params.value, ENCODINGS[i].name) == 0) {
			p->encoding = ENCODINGS[i].encoding;
			p->strange_encoding = false;
		}
	param_done(&params);
}

static void read_words(struct part *p, const struct fields *f)
{
	char *text;

	if (f->id.name) {
		text = utf8_clean_line(f->id.value, f->id.value_len);
		char *from = text + strspn(text, " <");

		from[strcspn(from, " >")] = '\0';
		p->content_id = short_copy(from);
		free(text);
	}
	if (f->description.name) {
		text = header_text(f->description.name,
			(size_t)(f->description.value + f->description.value_len -
				 f->description.name),
			"Content-Description");
		p->description = short_copy(text);
		free(text);
	}
}

static void read_header(struct part *p, const char *header, size_t len, struct fields *f)
{
	p->header = header;
	p->header_len = len;
	collect(f, header, len);
	read_disposition(p, f);
	read_type(p, f);
	read_encoding(p, f);
	read_words(p, f);
}

void part_read_header(struct part *part, const char *header, size_t len)
{
	struct fields f;

	read_header(part, header, len, &f);
}

bool part_is_plain_encoding(const struct part *p)
{
	return p->encoding == PART_7BIT || p->encoding == PART_8BIT || p->encoding == PART_BINARY;
}

bool part_is_message_type(const struct part *p)
{
	return strcmp(p->type, "message") == 0 &&
	       (strcmp(p->subtype, "rfc822") == 0 || strcmp(p->subtype, "global") == 0 ||
		       strcmp(p->subtype, "news") == 0);
}

static bool is_message(const struct part *p)
{
	return part_is_message_type(p) && part_is_plain_encoding(p);
}

/* RFC 2046 5.1.5: in a digest a part is a message unless it says otherwise. */
static void set_digest_default(const struct parts *parts, struct part *p)
{
	if (p->parent >= 0 && parts->v[p->parent].multipart &&
		strcmp(parts->v[p->parent].subtype, "digest") == 0)
		part_set_type(p, "message/rfc822");
}

void part_set_nothing(struct part *p)
{
	if (!p->size && !p->multipart && !p->message)
		p->body = "";
}

int part_describe(struct parts *parts, int parent, const char *header, size_t len, uint64_t size)
{
	int i = part_add(parts, parent);
	struct part *p = &parts->v[i];

	set_digest_default(parts, p);
	part_read_header(p, header, len);
	p->header = NULL; /* it is not the one of the message */
	p->header_len = 0;
	p->size = size;
	p->multipart = strcmp(p->type, "multipart") == 0;
	p->message = is_message(p);
	part_set_nothing(p);
	return i;
}

/* --- the tree --- */

/* A multipart whose end has not come. */
struct open {
	int part;
	uint64_t hash, end_hash; /* of "boundary" and "boundary--" */
	size_t len;
	char *boundary; /* owned */
};

struct scan {
	struct parts *out;
	const char *end;
	const char *at; /* the line that comes next */
	struct open stack[PART_DEPTH_MAX];
	size_t depth;
	int current; /* the part whose body is being read */
};

/* FNV-1a, 64 bits: compares a line with all open boundaries at once; a match is then compared. */
static uint64_t hash_bytes(const char *p, size_t len)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)p[i]) * 0x100000001b3u;
	return h;
}

static const char *next_line(const char *p, const char *end)
{
	const char *lf = memchr(p, '\n', (size_t)(end - p));

	return lf ? lf + 1 : end;
}

/* The open multipart (index into the stack) whose boundary line this is, or -1. */
static int match_boundary(const struct scan *s, const char *p, const char *next, bool *final)
{
	size_t len;
	uint64_t h;

	if (next - p < 3 || p[0] != '-' || p[1] != '-' || s->depth == 0)
		return -1;
	p += 2;
	while (next > p && strchr(" \t\r\n", next[-1]) && next[-1])
		next--;
	len = (size_t)(next - p);
	if (len == 0 || len > BOUNDARY_MAX + 2)
		return -1;
	h = hash_bytes(p, len);
	for (size_t i = s->depth; i-- > 0;) {
		const struct open *o = &s->stack[i];

		*final = o->end_hash == h && len == o->len + 2;
		if (!*final && !(o->hash == h && len == o->len))
			continue;
		if (memcmp(o->boundary, p, o->len) == 0 &&
			(!*final || memcmp(p + o->len, "--", 2) == 0))
			return (int)i;
	}
	return -1;
}

/* The header block at s->at ends where header.h says, or at a boundary; s->at moves to the body. */
static size_t scan_header(struct scan *s)
{
	const char *start = s->at, *p = start;
	size_t body, len = header_length(start, (size_t)(s->end - start), &body);
	bool final;

	while (p < start + body && match_boundary(s, p, next_line(p, s->end), &final) < 0)
		p = next_line(p, s->end);
	if (p < start + body)
		len = header_length(start, (size_t)(p - start), &body);
	s->at = start + body;
	return len;
}

static void push(struct scan *s, int i, const struct fields *f)
{
	struct open *o = &s->stack[s->depth++];

	o->part = i;
	o->len = f->boundary_len;
	o->boundary = mem_alloc(o->len + 3);
	memcpy(o->boundary, f->boundary, o->len);
	o->hash = hash_bytes(o->boundary, o->len);
	memcpy(o->boundary + o->len, "--", 2);
	o->end_hash = hash_bytes(o->boundary, o->len + 2);
}

/*
 * Begins a part at s->at: its header, and for a message in a message the header of that one, and
 * so on. What is too deep stays an ordinary part: it is shown as text.
 */
static void begin(struct scan *s, int parent)
{
	struct fields f;

	for (;;) {
		int i = part_add(s->out, parent);
		const char *header = s->at;
		size_t len = scan_header(s);
		struct part *p = &s->out->v[i];
		bool multipart, message, room;

		set_digest_default(s->out, p);
		read_header(p, header, len, &f);
		p->body = s->at;
		s->current = i;
		multipart = strcmp(p->type, "multipart") == 0 && f.boundary_len;
		message = is_message(p);
		room = p->depth + 1 < PART_DEPTH_MAX && s->out->n < PARTS_MAX &&
		       s->depth < PART_DEPTH_MAX;
		if ((multipart || message) && !room) {
			s->out->cut = true;
			part_set_type(p, "text/plain");
			return;
		}
		/* Without a boundary there is nothing to split. */
		if (strcmp(p->type, "multipart") == 0 && !multipart)
			part_set_type(p, "text/plain");
		p->multipart = multipart;
		p->message = message;
		if (multipart)
			push(s, i, &f);
		if (!message)
			return;
		parent = i;
	}
}

/* Ends the bodies of the current part and its parents below (not including) stop. */
static void close_until(struct scan *s, int stop, const char *at)
{
	int leaf = s->current;

	for (int i = leaf; i >= 0 && i != stop; i = s->out->v[i].parent) {
		struct part *p = &s->out->v[i];

		p->body_len = at > p->body ? (size_t)(at - p->body) : 0;
		p->size = p->body_len;
	}
	s->current = stop;
	if (leaf >= 0 && leaf != stop)
		part_open(s->out, leaf);
}

/* The line end before a boundary belongs to the boundary (RFC 2046 5.1.1). */
static const char *before_boundary(const char *start, const char *line)
{
	if (line > start && line[-1] == '\n')
		line--;
	if (line > start && line[-1] == '\r')
		line--;
	return line;
}

/* A boundary line of the multipart at stack index k. */
static void cross(struct scan *s, const char *start, const char *line, int k, bool final)
{
	int part = s->stack[k].part;

	close_until(s, part, before_boundary(start, line));
	while (s->depth > (size_t)k + !final)
		free(s->stack[--s->depth].boundary);
	if (!final)
		begin(s, part);
}

static void scan_body(struct scan *s, const char *start)
{
	while (s->at < s->end) {
		const char *line = s->at;
		bool final;
		int k;

		s->at = next_line(line, s->end);
		k = match_boundary(s, line, s->at, &final);
		if (k < 0)
			continue;
		if (!final && s->out->n >= PARTS_MAX) {
			/* The rest belongs to the last part, as text. */
			s->out->cut = true;
			return;
		}
		cross(s, start, line, k, final);
	}
}

/* A message of an old Mac: CR alone ends lines. All is one text; its header is found by header.h.
 */
static void parse_cr(struct parts *out, const char *message, size_t len)
{
	int i = part_add(out, -1);
	struct part *p = &out->v[i];
	size_t body, header = header_length(message, len, &body);

	part_read_header(p, message, header);
	if (strcmp(p->type, "multipart") == 0 || strcmp(p->type, "message") == 0)
		part_set_type(p, "text/plain");
	p->body = message + body;
	p->body_len = len - body;
	p->size = p->body_len;
}

/* A multipart in which no boundary ever came is its text. */
static void unframe(struct parts *parts, size_t first)
{
	for (size_t i = first; i < parts->n; i++) {
		struct part *p = &parts->v[i];

		/* Its first part would be the next one. */
		if (p->multipart && (i + 1 == parts->n || parts->v[i + 1].parent != (int)i)) {
			part_set_type(p, "text/plain");
			p->multipart = false;
		}
	}
}

void part_scan(struct parts *parts, int parent, const char *p, size_t len)
{
	struct scan *s = mem_alloc(sizeof(*s));
	size_t first = parts->n;

	s->out = parts;
	s->at = p;
	s->end = p + len;
	begin(s, parent);
	scan_body(s, p);
	close_until(s, parent, s->end);
	while (s->depth)
		free(s->stack[--s->depth].boundary);
	free(s);
	unframe(parts, first);
}

void part_parse(struct parts *out, const char *message, size_t len)
{
	*out = (struct parts){0};
	if (!message || len == 0)
		message = "";
	if (len && !memchr(message, '\n', len) && memchr(message, '\r', len)) {
		parse_cr(out, message, len);
		part_number(out);
		return;
	}
	part_scan(out, -1, message, len);
	part_number(out);
}

static void number_one(struct parts *parts, int i, int *children)
{
	struct part *p = &parts->v[i], *up = p->parent >= 0 ? &parts->v[p->parent] : NULL;
	char section[sizeof(p->section) + 16];
	size_t base;

	if (!up) {
		memcpy(p->section, p->multipart ? "" : "1", 2 - p->multipart);
		return;
	}
	base = strlen(up->section);
	if (base >= 5 && strcmp(up->section + base - 5, ".TEXT") == 0)
		base -= 5;
	if (up->message && p->multipart)
		snprintf(section, sizeof(section), "%.*s.TEXT", (int)base, up->section);
	else
		snprintf(section, sizeof(section), "%.*s%s%d", (int)base, up->section,
			base ? "." : "", ++children[p->parent]);
	if (strlen(section) >= sizeof(p->section) || strcmp(up->section, "?") == 0)
		memcpy(section, "?", 2);
	memcpy(p->section, section, strlen(section) + 1);
}

void part_number(struct parts *parts)
{
	int *children = mem_array(parts->n + 1, sizeof(*children));

	for (size_t i = 0; i < parts->n; i++)
		number_one(parts, (int)i, children);
	free(children);
}

int part_find(const struct parts *parts, const char *section)
{
	for (size_t i = 0; i < parts->n; i++)
		if (strcmp(parts->v[i].section, section) == 0)
			return (int)i;
	return -1;
}

void part_set_body(struct parts *parts, int i, const char *body, size_t len)
{
	parts->v[i].body = body;
	parts->v[i].body_len = len;
}

void part_set_header(struct parts *parts, int i, const char *header, size_t len)
{
	struct str *owned = &parts->owned_header;
	uintptr_t old = (uintptr_t)owned->p, old_len = owned->len;

	if (len > HEADER_TOTAL_MAX)
		len = HEADER_TOTAL_MAX;
	str_add(owned, header, len);
	/* The bytes may have moved: the headers kept there move along. */
	for (size_t k = 0; k < parts->n; k++) {
		uintptr_t at = (uintptr_t)parts->v[k].header;

		if (old_len && at >= old && at - old < old_len)
			parts->v[k].header = owned->p + (at - old);
	}
	parts->v[i].header = owned->p + old_len;
	parts->v[i].header_len = len;
}

/* --- what a part holds --- */

/* Returns how much of the body it was: what is behind it came without an encoding. */
static size_t decode(const struct part *p, struct str *out)
{
	size_t before = out->len;

	switch (p->encoding) {
	case PART_BASE64:
		return codec_base64_decode(out, p->body, p->body_len);
	case PART_QP:
		codec_qp_decode(out, p->body, p->body_len);
		break;
	case PART_UUENCODE:
		if (codec_uu_decode(out, NULL, p->body, p->body_len))
			break;
		str_cut(out, before);
		str_add(out, p->body, p->body_len);
		break;
	default:
		str_add(out, p->body, p->body_len);
	}
	return p->body_len;
}

void part_decode(const struct part *p, struct str *out)
{
	if (p->body)
		decode(p, out);
}

/* "charset=x" in the <meta> of an HTML text, or the encoding of an XML declaration. */
static void meta_charset(char *out, size_t size, const char *p, size_t len)
{
	static const char *const BEFORE[] = {"charset", "encoding"};
	const char *end = p + (len > META_MAX ? META_MAX : len);

	out[0] = '\0';
	while (!*out && (p = memchr(p, '<', (size_t)(end - p))) != NULL) {
		const char *close = memchr(p, '>', (size_t)(end - p));
		bool meta = end - p > 6 && str_nicmp(p, "<meta", 5) == 0;

		if (!close)
			return;
		if (!meta && (end - p <= 6 || str_nicmp(p, "<?xml", 5) != 0)) {
			p++;
			continue;
		}
		for (const char *name = BEFORE[!meta]; p + strlen(name) < close && !*out; p++) {
			const char *at = p + strlen(name);

			if (str_nicmp(p, name, strlen(name)) != 0)
				continue;
			at += strspn(at, " \t\r\n");
			if (*at != '=')
				continue;
			at++;
			at += strspn(at, " \t\r\n\"'");
			copy_token(out, size, at, strcspn(at, "'\" \t\r\n;/>"));
		}
		p = close;
	}
}

/*
 * What the part says; of HTML that says nothing, what is written in it (RFC 2854 6). Not where the
 * bytes are UTF-8: programs on the way change the bytes and leave that word as it was. And a word
 * that could be read was not in UTF-16.
 */
static void text_charset(char *out, size_t size, const struct part *p, const struct str *bytes)
{
	memcpy(out, p->charset, sizeof(p->charset));
	/* US-ASCII is what nobody said: servers put it in. */
	if ((*out && str_icmp(out, "us-ascii") != 0) || strcmp(p->subtype, "html") != 0)
		return;
	meta_charset(out, size, str_c(bytes), bytes->len);
	if (str_istarts(out, "utf-16") || str_istarts(out, "utf-32") || !charset_known(out) ||
		(!str_is_ascii(str_c(bytes), bytes->len) && utf8_valid(str_c(bytes), bytes->len)))
		out[0] = '\0';
}

void part_text(const struct part *p, struct str *out)
{
	struct str bytes = STR_INIT, text = STR_INIT;
	size_t end = p->body ? decode(p, &bytes) : 0;
	char charset[sizeof(p->charset)];

	text_charset(charset, sizeof(charset), p, &bytes);
	charset_to_utf8(&text, charset, str_c(&bytes), bytes.len);
	str_done(&bytes);
	/* What a mailing list has put behind the letter. */
	if (end < p->body_len) {
		if (end)
			str_addc(&text, '\n');
		charset_to_utf8(&text, NULL, p->body + end, p->body_len - end);
	}
	utf8_clean(out, str_c(&text), text.len, UTF8_TEXT);
	str_done(&text);
}

static bool is_old_pgp(const struct part *p)
{
	return strcmp(p->type, "application") == 0 &&
	       (strcmp(p->subtype, "pgp") == 0 || strcmp(p->subtype, "x-pgp") == 0);
}

bool part_is_report(const struct part *p)
{
	static const char *const names[] = {
		"delivery-status", "disposition-notif", "feedback-report"};

	for (size_t i = 0; i < MEM_COUNT(names); i++)
		if (strcmp(p->type, "message") == 0 && strstr(p->subtype, names[i]))
			return true;
	return false;
}

/* RTF calls itself text, and is none to a person. PGP as it was before PGP/MIME is: text with a
 * signature around it. */
static bool is_readable(const struct part *p)
{
	return (strcmp(p->type, "text") == 0 && strcmp(p->subtype, "rtf") != 0) || is_old_pgp(p);
}

bool part_is_text(const struct part *p)
{
	return is_readable(p) && p->disposition != PART_ATTACHMENT;
}

static bool is_signature(const struct part *p)
{
	return strcmp(p->type, "application") == 0 && strstr(p->subtype, "-signature");
}

bool part_is_attachment(const struct parts *parts, int i)
{
	const struct part *p = &parts->v[i];

	/* What was opened is in its children. */
	if (p->multipart || is_signature(p) || (p->opened && !p->message))
		return false;
	if (p->disposition == PART_ATTACHMENT || p->name || p->message)
		return true;
	return !is_readable(p) && !part_is_report(p);
}

bool part_is_embedded(const struct parts *parts, int i)
{
	const struct part *p = &parts->v[i], *up = p->parent >= 0 ? &parts->v[p->parent] : NULL;

	return up && up->multipart && strcmp(up->subtype, "related") == 0 && p->content_id &&
	       p->disposition != PART_ATTACHMENT && strcmp(p->type, "image") == 0;
}

bool part_has_files(const struct parts *parts)
{
	for (size_t i = 0; i < parts->n; i++)
		if (part_is_attachment(parts, (int)i) && !part_is_embedded(parts, (int)i))
			return true;
	return false;
}

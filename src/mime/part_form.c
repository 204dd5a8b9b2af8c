/* The structure of a message as text, for the cache: written, and read back with care. */
#include "mime/part_priv.h"

#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

static const char MAGIC[] = "parts 1\n";

/* One field: "-" for none, else bytes with all but plain ones percent-encoded. */
static void save_text(struct str *out, const char *p, size_t len)
{
	if (!p) {
		str_adds(out, " -");
		return;
	}
	str_adds(out, " =");
	for (size_t i = 0; i < len; i++) {
		if (p[i] > ' ' && p[i] < 0x7f && p[i] != '%')
			str_addc(out, p[i]);
		else
			str_addf(out, "%%%02x", (unsigned)(unsigned char)p[i]);
	}
}

static void save_string(struct str *out, const char *s)
{
	save_text(out, s, s ? strlen(s) : 0);
}

static bool owns_header(const struct parts *parts, const struct part *p)
{
	uintptr_t at = (uintptr_t)p->header, base = (uintptr_t)parts->owned_header.p;

	return p->header && base && at >= base && at - base < parts->owned_header.len;
}

enum {
	SAVE_FLOWED = 1,
	SAVE_DELSP = 2,
	SAVE_MULTIPART = 4,
	SAVE_MESSAGE = 8,
	SAVE_CUT = 16,
	SAVE_STRANGE = 32
};

void part_save(const struct parts *parts, struct str *out)
{
	str_adds(out, MAGIC);
	for (size_t i = 0; i < parts->n; i++) {
		const struct part *p = &parts->v[i];
		int flags = (p->format_flowed ? SAVE_FLOWED : 0) | (p->delsp ? SAVE_DELSP : 0) |
			    (p->multipart ? SAVE_MULTIPART : 0) | (p->message ? SAVE_MESSAGE : 0) |
			    (parts->cut ? SAVE_CUT : 0) | (p->strange_encoding ? SAVE_STRANGE : 0);

		str_addf(out, "%d %d %d %d %llu", p->parent, (int)p->encoding, (int)p->disposition,
			flags, (unsigned long long)p->size);
		save_string(out, p->section);
		save_string(out, p->type);
		save_string(out, p->subtype);
		save_string(out, p->charset);
		save_string(out, p->name);
		save_string(out, p->content_id);
		save_string(out, p->description);
		if (owns_header(parts, p))
			save_text(out, p->header, p->header_len);
		else
			save_string(out, NULL);
		str_addc(out, '\n');
	}
}

struct load {
	const char *p, *end; /* of one line */
	bool bad;
};

static uint64_t load_number(struct load *l, uint64_t max)
{
	uint64_t n = 0;
	const char *start = l->p;

	while (l->p < l->end && *l->p >= '0' && *l->p <= '9') {
		if (n > (max - (uint64_t)(*l->p - '0')) / 10)
			l->bad = true;
		n = n * 10 + (uint64_t)(*l->p++ - '0');
	}
	if (l->p == start || (l->p < l->end && *l->p != ' ') || n > max)
		l->bad = true;
	if (l->p < l->end)
		l->p++;
	return l->bad ? 0 : n;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The next field; *bytes.p stays NULL for "-". */
static void load_text(struct load *l, struct str *bytes)
{
	*bytes = (struct str)STR_INIT;
	if (l->p < l->end && *l->p == '-') {
		l->p++;
	} else if (l->p < l->end && *l->p == '=') {
		str_add(bytes, "", 0);
		for (l->p++; l->p < l->end && *l->p != ' '; l->p++) {
			char c = *l->p;

			if (c == '%' && l->end - l->p > 2 && hex(l->p[1]) >= 0 &&
				hex(l->p[2]) >= 0) {
				c = (char)(hex(l->p[1]) * 16 + hex(l->p[2]));
				l->p += 2;
			}
			str_addc(bytes, c);
		}
	} else {
		l->bad = true;
	}
	if (l->p < l->end && *l->p++ != ' ')
		l->bad = true;
}

static void load_array(struct load *l, char *to, size_t size)
{
	struct str bytes;

	load_text(l, &bytes);
	if (!bytes.p || bytes.len >= size || strlen(bytes.p) != bytes.len)
		l->bad = true;
	else
		memcpy(to, bytes.p, bytes.len + 1);
	str_done(&bytes);
}

static char *load_string(struct load *l)
{
	struct str bytes;

	load_text(l, &bytes);
	if (bytes.p && strlen(bytes.p) == bytes.len)
		return str_steal(&bytes);
	l->bad = l->bad || bytes.p;
	str_done(&bytes);
	return NULL;
}

static int load_parent(struct load *l, size_t n)
{
	if (l->end - l->p > 3 && memcmp(l->p, "-1 ", 3) == 0) {
		l->p += 3;
		l->bad = l->bad || n > 0;
		return -1;
	}
	return n ? (int)load_number(l, n - 1) : (l->bad = true, -1);
}

static bool load_line(struct parts *parts, const char *line, const char *end)
{
	struct load l = {line, end, false};
	int parent = load_parent(&l, parts->n), i, flags;
	struct str header;
	struct part *p;

	if (l.bad || parts->n >= PARTS_MAX ||
		(parent >= 0 && parts->v[parent].depth + 1 >= PART_DEPTH_MAX))
		return false;
	i = part_add(parts, parent);
	p = &parts->v[i];
	p->encoding = (enum part_encoding)load_number(&l, PART_UUENCODE);
	p->disposition = (enum part_disposition)load_number(&l, PART_UNSAID);
	flags = (int)load_number(&l, 63);
	p->size = load_number(&l, UINT64_MAX / 2);
	p->format_flowed = flags & SAVE_FLOWED;
	p->delsp = flags & SAVE_DELSP;
	p->multipart = flags & SAVE_MULTIPART;
	p->message = flags & SAVE_MESSAGE;
	p->strange_encoding = flags & SAVE_STRANGE;
	parts->cut = parts->cut || flags & SAVE_CUT;
	load_array(&l, p->section, sizeof(p->section));
	load_array(&l, p->type, sizeof(p->type));
	load_array(&l, p->subtype, sizeof(p->subtype));
	load_array(&l, p->charset, sizeof(p->charset));
	p->name = load_string(&l);
	p->content_id = load_string(&l);
	p->description = load_string(&l);
	load_text(&l, &header);
	if (header.p && !l.bad)
		part_set_header(parts, i, header.p, header.len);
	str_done(&header);
	part_set_nothing(p);
	return !l.bad && l.p == l.end;
}

int part_load(struct parts *parts, const char *text, size_t len)
{
	const char *p = text, *end = text + len;

	*parts = (struct parts){0};
	if (len < sizeof(MAGIC) - 1 || memcmp(text, MAGIC, sizeof(MAGIC) - 1) != 0)
		return -1;
	p += sizeof(MAGIC) - 1;
	while (p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));

		if (!lf || !load_line(parts, p, lf)) {
			part_done(parts);
			return -1;
		}
		p = lf + 1;
	}
	return parts->n ? 0 : -1;
}

/* What is in a part that holds more than its type says: a message in an encoding, text in an
 * S/MIME signature, winmail.dat, uuencoded or yEnc files between lines of text. */
#include "mime/part_priv.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "mime/codec.h"
#include "mime/smime.h"
#include "mime/tnef.h"

#include <stdlib.h>
#include <string.h>

enum {
	NAME_MAX_BYTES = 1024,
	OPEN_DEPTH_MAX = 8,            /* one in another */
	OPENED_MAX = 256 * 1024 * 1024 /* bytes, all together */
};

enum holder { HOLDS_NOTHING, HOLDS_MESSAGE, HOLDS_SIGNED, HOLDS_TNEF, HOLDS_FILES };

static bool is_type(const struct part *p, const char *type, const char *subtype)
{
	return strcmp(p->type, type) == 0 && strcmp(p->subtype, subtype) == 0;
}

static enum holder holder_of(const struct part *p)
{
	if (p->multipart || p->message || p->opened)
		return HOLDS_NOTHING;
	if (part_is_message_type(p) && !part_is_plain_encoding(p))
		return HOLDS_MESSAGE;
	if (is_type(p, "application", "pkcs7-mime") || is_type(p, "application", "x-pkcs7-mime"))
		return HOLDS_SIGNED;
	if (is_type(p, "application", "ms-tnef") || is_type(p, "application", "vnd.ms-tnef"))
		return HOLDS_TNEF;
	return is_type(p, "text", "plain") && p->disposition != PART_ATTACHMENT ? HOLDS_FILES
										: HOLDS_NOTHING;
}

bool part_may_open(const struct part *p)
{
	enum holder h = holder_of(p);

	return h != HOLDS_NOTHING && h != HOLDS_FILES;
}

/* Keeps the bytes; they stay where they are. */
static struct str *keep(struct parts *parts, struct str *bytes)
{
	parts->opened = mem_grow(
		parts->opened, &parts->cap_opened, parts->nopened + 1, sizeof(*parts->opened));
	parts->opened[parts->nopened] = *bytes;
	*bytes = (struct str)STR_INIT;
	return &parts->opened[parts->nopened++];
}

static size_t opened_bytes(const struct parts *parts)
{
	size_t n = 0;

	for (size_t i = 0; i < parts->nopened; i++)
		n += parts->opened[i].len;
	return n;
}

static bool has_room(const struct parts *parts, int i)
{
	size_t levels = 0;

	if (parts->v[i].depth + 2 >= PART_DEPTH_MAX || parts->n + 2 >= PARTS_MAX ||
		opened_bytes(parts) + parts->v[i].body_len > OPENED_MAX)
		return false;
	for (int at = i; at >= 0; at = parts->v[at].parent)
		levels += parts->v[at].opened;
	return levels < OPEN_DEPTH_MAX;
}

/* Its children are in [p, p+len) of kept bytes. */
static void scan_kept(struct parts *parts, int i, struct str *bytes)
{
	struct str *kept = keep(parts, bytes);

	parts->v[i].opened = true;
	part_scan(parts, i, kept->p, kept->len);
}

static void open_message(struct parts *parts, int i, struct str *bytes)
{
	parts->v[i].message = true;
	scan_kept(parts, i, bytes);
}

static void open_signed(struct parts *parts, int i, struct str *bytes)
{
	struct str content = STR_INIT;

	if (smime_signed_content(bytes->p, bytes->len, &content))
		scan_kept(parts, i, &content);
	str_done(&content);
}

struct tnef_into {
	struct parts *parts;
	int parent;
};

static void take_tnef(void *ctx, struct tnef_item *item)
{
	struct tnef_into *t = ctx;
	struct str *kept;
	struct part *p;

	if (t->parts->n >= PARTS_MAX || t->parts->nopened >= PARTS_MAX) {
		t->parts->cut = true;
		return;
	}
	kept = keep(t->parts, &item->bytes);
	str_room(kept, 0);
	p = &t->parts->v[part_add(t->parts, t->parent)];
	part_set_type(p, item->type);
	p->encoding = PART_BINARY;
	p->disposition = item->is_text ? PART_UNSAID : PART_ATTACHMENT;
	memcpy(p->charset, item->charset, sizeof(p->charset));
	p->name = item->name;
	item->name = NULL;
	p->body = kept->p;
	p->body_len = p->size = kept->len;
}

static void open_tnef(struct parts *parts, int i, struct str *bytes)
{
	struct tnef_into into = {parts, i};
	size_t before = parts->n;

	tnef_read(bytes->p, bytes->len, take_tnef, &into);
	parts->v[i].opened = parts->n > before;
}

/* A piece of the decoded text of part i, or a file in it. */
static struct part *add_piece(struct parts *parts, int i, const char *p, size_t len)
{
	const struct part *from;
	struct part *to;
	int at = part_add(parts, i);

	from = &parts->v[i];
	to = &parts->v[at];
	memcpy(to->charset, from->charset, sizeof(to->charset));
	to->format_flowed = from->format_flowed;
	to->delsp = from->delsp;
	to->encoding = PART_BINARY;
	to->body = p;
	to->body_len = to->size = len;
	return to;
}

static bool is_space(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!strchr(" \t\r\n", p[i]) || !p[i])
			return false;
	return true;
}

/* The next file among the lines, of either kind. */
static bool find_file(const char *p, size_t len, size_t *from, size_t *to, bool *yenc)
{
	size_t y_from = len, y_to = len;
	bool uu = codec_uu_find(p, len, from, to);

	*yenc = codec_yenc_find(p, uu ? *from : len, &y_from, &y_to);
	if (*yenc) {
		*from = y_from;
		*to = y_to;
	}
	return uu || *yenc;
}

static void take_file(struct parts *parts, int i, const char *p, size_t len, bool yenc)
{
	struct part *part = add_piece(parts, i, p, len);
	struct str name = STR_INIT, file = STR_INIT;

	part_set_type(part, "application/octet-stream");
	part->disposition = PART_ATTACHMENT;
	if (yenc)
		codec_yenc_decode(&file, &name, p, len);
	else
		codec_uu_decode(&file, &name, p, len);
	if (yenc) {
		struct str *kept = keep(parts, &file);

		str_room(kept, 0);
		part->body = kept->p;
		part->body_len = part->size = kept->len;
	} else {
		part->encoding = PART_UUENCODE;
	}
	part->name = name.len ? utf8_clean_line(name.p,
					name.len > NAME_MAX_BYTES ? NAME_MAX_BYTES : name.len)
			      : NULL;
	str_done(&name);
	str_done(&file);
}

static void open_files(struct parts *parts, int i, struct str *bytes)
{
	size_t at = 0, from, to, len;
	const char *p;
	bool yenc;

	if (!find_file(str_c(bytes), bytes->len, &from, &to, &yenc))
		return;
	p = bytes->p;
	len = bytes->len;
	keep(parts, bytes);
	parts->v[i].opened = true;
	while (parts->n + 2 < PARTS_MAX && find_file(p + at, len - at, &from, &to, &yenc)) {
		if (!is_space(p + at, from))
			add_piece(parts, i, p + at, from);
		take_file(parts, i, p + at + from, to - from, yenc);
		at += to;
	}
	if (!is_space(p + at, len - at))
		add_piece(parts, i, p + at, len - at);
}

/* The parts from `from` on, which are below part i, move behind it, as if they had been read there:
 * a message that comes by parts has the same numbers as one that comes whole. */
static void move_behind(struct parts *parts, int i, size_t from)
{
	int to = i + 1, first = (int)from, n = (int)(parts->n - from);
	struct part *moved;

	if (!n || to == first)
		return;
	for (size_t k = 0; k < parts->n; k++) {
		int *up = &parts->v[k].parent;

		*up += *up >= first ? to - first : *up >= to ? n : 0;
	}
	moved = mem_dup(&parts->v[from], (size_t)n * sizeof(*moved));
	memmove(&parts->v[to + n], &parts->v[to], (size_t)(first - to) * sizeof(*moved));
	memcpy(&parts->v[to], moved, (size_t)n * sizeof(*moved));
	free(moved);
}

void part_open(struct parts *parts, int i)
{
	enum holder holder = holder_of(&parts->v[i]);
	size_t before = parts->n;
	struct str bytes = STR_INIT;

	if (holder == HOLDS_NOTHING || !parts->v[i].body)
		return;
	if (holder == HOLDS_FILES && !memmem(parts->v[i].body, parts->v[i].body_len, "begin ", 6) &&
		!memmem(parts->v[i].body, parts->v[i].body_len, "=ybegin ", 8) &&
		parts->v[i].encoding != PART_BASE64)
		return;
	if (!has_room(parts, i)) {
		parts->cut = parts->cut || holder != HOLDS_FILES;
		return;
	}
	part_decode(&parts->v[i], &bytes);
	str_room(&bytes, 0);
	if (holder == HOLDS_MESSAGE)
		open_message(parts, i, &bytes);
	else if (holder == HOLDS_SIGNED)
		open_signed(parts, i, &bytes);
	else if (holder == HOLDS_TNEF)
		open_tnef(parts, i, &bytes);
	else
		open_files(parts, i, &bytes);
	str_done(&bytes);
	move_behind(parts, i, before);
}

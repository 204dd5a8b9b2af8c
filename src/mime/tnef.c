#include "mime/tnef.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "mime/charset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS_MAX = 1000, PROPS_MAX = 10000, VALUES_MAX = 10000, NAME_BYTES_MAX = 4096 };

static const uint32_t SIGNATURE = 0x223e9f78;

/* Attributes: type and number (MS-OXTNEF 2.1.3.1). */
enum {
	ATT_BODY = 0x0002800c,
	ATT_ATTACH_DATA = 0x0006800f,
	ATT_ATTACH_TITLE = 0x00018010,
	ATT_ATTACH_REND = 0x00069002,
	ATT_MAPI_PROPS = 0x00069003,
	ATT_ATTACHMENT = 0x00069005,
	ATT_CODE_PAGE = 0x00069007
};

/* Properties and their types (MS-OXPROPS, MS-OXCDATA 2.11.1). */
enum {
	PROP_BODY = 0x1000,
	PROP_BODY_HTML = 0x1013,
	PROP_ATTACH_DATA = 0x3701,
	PROP_ATTACH_NAME = 0x3704,
	PROP_ATTACH_LONG_NAME = 0x3707,
	PROP_ATTACH_TYPE = 0x370e
};
enum {
	TYPE_INT16 = 2,
	TYPE_INT32 = 3,
	TYPE_FLOAT = 4,
	TYPE_ERROR = 10,
	TYPE_BOOL = 11,
	TYPE_OBJECT = 13,
	TYPE_STRING8 = 0x1e,
	TYPE_UNICODE = 0x1f,
	TYPE_GUID = 0x48,
	TYPE_BINARY = 0x102,
	TYPE_MULTIPLE = 0x1000
};

struct reader {
	const unsigned char *p, *end;
	bool bad;
};

struct tnef {
	char charset[48]; /* of 8-bit texts */
	struct tnef_item item;
	size_t given;
	tnef_fn *fn;
	void *ctx;
};

static size_t left(const struct reader *r)
{
	return (size_t)(r->end - r->p);
}

static const unsigned char *take(struct reader *r, size_t n)
{
	const unsigned char *p = r->p;

	if (r->bad || left(r) < n) {
		r->bad = true;
		r->p = r->end;
		return NULL;
	}
	r->p += n;
	return p;
}

static uint32_t number(struct reader *r, size_t bytes)
{
	const unsigned char *p = take(r, bytes);
	uint32_t n = 0;

	for (size_t i = bytes; p && i-- > 0;)
		n = n << 8 | p[i];
	return n;
}

static size_t padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* --- what is given --- */

static void item_done(struct tnef_item *item)
{
	str_done(&item->bytes);
	free(item->name);
	*item = (struct tnef_item){0};
}

static void give(struct tnef *t)
{
	if (t->item.bytes.p && t->given++ < ITEMS_MAX) {
		if (!*t->item.type)
			snprintf(t->item.type, sizeof(t->item.type), "application/octet-stream");
		t->fn(t->ctx, &t->item);
	}
	item_done(&t->item);
}

static void give_text(
	struct tnef *t, const char *type, const char *charset, const void *p, size_t len)
{
	struct tnef text = *t;

	/* The 8-bit form of a text ends in a NUL. */
	while (len && !((const char *)p)[len - 1])
		len--;
	if (!len)
		return;
	text.item = (struct tnef_item){.is_text = true};
	str_add(&text.item.bytes, p, len);
	snprintf(text.item.type, sizeof(text.item.type), "%s", type);
	snprintf(text.item.charset, sizeof(text.item.charset), "%s", charset);
	give(&text);
	t->given = text.given;
}

/* A long name replaces a short one, a text in UTF-16 any other. */
static void set_name(struct tnef *t, const char *charset, const void *p, size_t len)
{
	struct str text = STR_INIT;

	charset_to_utf8(&text, charset, p, len > NAME_BYTES_MAX ? NAME_BYTES_MAX : len);
	str_cut(&text, strlen(str_c(&text)));
	free(t->item.name);
	t->item.name = text.len ? utf8_clean_line(text.p, text.len) : NULL;
	str_done(&text);
}

static void set_type(struct tnef *t, const unsigned char *p, size_t len, size_t step)
{
	size_t n = 0;

	for (size_t i = 0; i < len && p[i] > ' ' && p[i] < 0x7f && n + 1 < sizeof(t->item.type);
		i += step)
		t->item.type[n++] = (char)p[i];
	t->item.type[n] = '\0';
}

static void set_data(struct tnef *t, const void *p, size_t len)
{
	str_clear(&t->item.bytes);
	str_add(&t->item.bytes, p, len);
	str_room(&t->item.bytes, 0);
}

/* --- properties --- */

static size_t fixed_size(unsigned type)
{
	switch (type) {
	case TYPE_INT16:
	case TYPE_INT32:
	case TYPE_FLOAT:
	case TYPE_ERROR:
	case TYPE_BOOL:
		return 4;
	case TYPE_GUID:
		return 16;
	default:
		return 8;
	}
}

static bool is_variable(unsigned type)
{
	return type == TYPE_OBJECT || type == TYPE_STRING8 || type == TYPE_UNICODE ||
	       type == TYPE_BINARY;
}

static void use_value(
	struct tnef *t, unsigned id, unsigned type, const unsigned char *p, size_t len)
{
	const char *charset = type == TYPE_UNICODE ? "utf-16le" : t->charset;
	struct str text = STR_INIT;

	switch (id) {
	case PROP_BODY:
		/* As UTF-8, for a NUL ends what is not. */
		charset_to_utf8(&text, charset, (const char *)p, len);
		give_text(t, "text/plain", "utf-8", str_c(&text), text.len);
		break;
	case PROP_BODY_HTML:
		if (type == TYPE_UNICODE)
			charset_to_utf8(&text, charset, (const char *)p, len);
		else
			str_add(&text, (const char *)p, len);
		give_text(t, "text/html", type == TYPE_UNICODE ? "utf-8" : "", str_c(&text),
			text.len);
		break;
	case PROP_ATTACH_NAME:
		if (!t->item.name)
			set_name(t, charset, p, len);
		break;
	case PROP_ATTACH_LONG_NAME:
		set_name(t, charset, p, len);
		break;
	case PROP_ATTACH_TYPE:
		set_type(t, p, len, type == TYPE_UNICODE ? 2 : 1);
		break;
	case PROP_ATTACH_DATA:
		/* An object begins with what kind it is; one is a winmail.dat in it. */
		if (type == TYPE_OBJECT && len > 16) {
			set_data(t, p + 16, len - 16);
			if (len > 20 && memcmp(p + 16, "\x78\x9f\x3e\x22", 4) == 0)
				snprintf(t->item.type, sizeof(t->item.type), "application/ms-tnef");
		} else if (type == TYPE_BINARY) {
			set_data(t, p, len);
		}
		break;
	default:
		break;
	}
	str_done(&text);
}

/* The name of a property of somebody's own. */
static void skip_own_name(struct reader *r)
{
	take(r, 16);
	if (number(r, 4) == 0)
		take(r, 4);
	else
		take(r, padded(number(r, 4)));
}

static void read_property(struct tnef *t, struct reader *r)
{
	unsigned type = number(r, 2), id = number(r, 2), base = type & ~(unsigned)TYPE_MULTIPLE;
	uint32_t n = 1;

	if (id >= 0x8000)
		skip_own_name(r);
	if ((type & TYPE_MULTIPLE) || is_variable(base))
		n = number(r, 4);
	if (n > VALUES_MAX)
		r->bad = true;
	for (uint32_t i = 0; i < n && !r->bad; i++) {
		size_t len = is_variable(base) ? number(r, 4) : fixed_size(base);
		const unsigned char *p = take(r, len);

		if (p && i == 0)
			use_value(t, id, base, p, len);
		take(r, padded(len) - len);
	}
}

static void read_properties(struct tnef *t, const unsigned char *p, size_t len)
{
	struct reader r = {p, p + len, false};
	uint32_t n = number(&r, 4);

	for (uint32_t i = 0; i < n && i < PROPS_MAX && !r.bad && left(&r); i++)
		read_property(t, &r);
}

/* --- attributes --- */

static void read_code_page(struct tnef *t, const unsigned char *p, size_t len)
{
	struct reader r = {p, p + len, false};
	char name[48];

	snprintf(name, sizeof(name), "cp%u", (unsigned)number(&r, 4));
	if (charset_known(name))
		memcpy(t->charset, name, sizeof(name));
}

static void use_attribute(struct tnef *t, uint32_t id, const unsigned char *p, size_t len)
{
	switch (id) {
	case ATT_CODE_PAGE:
		read_code_page(t, p, len);
		break;
	case ATT_BODY:
		give_text(t, "text/plain", t->charset, p, len);
		break;
	case ATT_MAPI_PROPS:
		read_properties(t, p, len);
		break;
	case ATT_ATTACH_REND: /* the first of a file's */
		give(t);
		break;
	case ATT_ATTACH_TITLE:
		set_name(t, t->charset, p, len);
		break;
	case ATT_ATTACH_DATA:
		set_data(t, p, len);
		break;
	case ATT_ATTACHMENT:
		read_properties(t, p, len);
		break;
	default:
		break;
	}
}

bool tnef_read(const char *p, size_t len, tnef_fn *fn, void *ctx)
{
	struct reader r = {(const unsigned char *)p, (const unsigned char *)p + len, false};
	struct tnef t = {.charset = "windows-1252", .fn = fn, .ctx = ctx};

	if (number(&r, 4) != SIGNATURE)
		return false;
	take(&r, 2);
	while (left(&r) && !r.bad) {
		uint32_t id, n;
		const unsigned char *data;

		take(&r, 1); /* of the message, or of a file: the number says it as well */
		id = number(&r, 4);
		n = number(&r, 4);
		data = take(&r, n);
		take(&r, 2); /* a sum of the bytes, which does not protect much */
		if (data)
			use_attribute(&t, id, data, n);
	}
	give(&t);
	return !r.bad;
}

#include "mime/build_priv.h"

#include "base/str.h"
#include "mime/charset.h"
#include "mime/codec.h"
#include "mime/header.h"
#include "mime/letter.h"
#include "mime/param.h"
#include "mime/word.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/idn.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	COLUMNS = 78,         /* RFC 5322 2.1.1 */
	LINE_MAX_BYTES = 998, /* the same */
	ID_MAX = 900,         /* an id must fit on a line */
};

/* --- header fields --- */

/*
 * "Name: value" folded at blanks. A piece is the blanks and the word behind them, so that no line
 * consists of blanks only.
 */
void build_field(struct str *out, const char *name, const char *value)
{
	size_t column = strlen(name) + 1;
	bool first = true;

	str_addf(out, "%s:", name);
	value += strspn(value, " ");
	while (*value) {
		size_t blanks = strspn(value, " "), word = strcspn(value + blanks, " ");

		if (word == 0)
			break; /* blanks at the end */
		if (first)
			str_addc(out, ' ');
		else if (column + blanks + word > COLUMNS) {
			str_adds(out, "\r\n");
			column = 0;
		}
		column += first + blanks + word;
		str_add(out, value, blanks + word);
		value += blanks + word;
		first = false;
	}
	str_adds(out, "\r\n");
}

void build_text_field(struct str *out, const char *name, const char *text)
{
	struct str value = STR_INIT;

	word_encode(&value, text, strlen(text), WORD_TEXT);
	build_field(out, name, str_c(&value));
	str_done(&value);
}

static void add_addresses(
	struct str *out, const char *name, const struct addr_list *list, bool utf8)
{
	struct str value = STR_INIT;

	for (size_t i = 0; i < list->n; i++) {
		if (i)
			str_adds(&value, ", ");
		/* An address outside ASCII exists only in an SMTPUTF8 message (RFC 6532). */
		addr_write(&value, &list->v[i], utf8 && addr_is_wide(&list->v[i]));
	}
	if (list->n)
		build_field(out, name, str_c(&value));
	str_done(&value);
}

void build_address_field(struct str *out, const char *name, const char *text)
{
	struct addr_list list = {0};

	if (addr_parse_typed(&list, text, NULL) == 0 && list.n)
		add_addresses(out, name, &list, true);
	else if (*text) /* not yet what can be sent, but what the person typed */
		build_field(out, name, text);
	addr_list_done(&list);
}

/* --- for relays without SMTPUTF8 --- */

static bool has_addresses(const struct header_field *f)
{
	static const char *const names[] = {"From", "Sender", "Reply-To", "To", "Cc", "Bcc",
		"Mail-Followup-To", "Mail-Reply-To", "Mail-Copies-To", "Resent-From",
		"Resent-Sender", "Resent-To", "Resent-Cc", "Disposition-Notification-To"};

	for (size_t i = 0; i < MEM_COUNT(names); i++)
		if (header_is(f, names[i]))
			return true;
	return false;
}

static void add_ascii_field(struct str *out, const struct header_field *f)
{
	char *name = mem_strndup(f->name, f->name_len);
	struct addr_list list = {0};
	struct str text = STR_INIT;

	if (has_addresses(f)) {
		addr_parse(&list, f->value, f->value_len);
		add_addresses(out, name, &list, false);
		addr_list_done(&list);
	} else {
		header_unfold(&text, f->value, f->value_len);
		build_text_field(out, name, str_c(&text));
		str_done(&text);
	}
	free(name);
}

void build_ascii(struct str *out, const char *message, size_t len)
{
	size_t body, header = header_length(message, len, &body);
	const char *p = message, *end = message + header;
	struct header_iter it;
	struct header_field f;

	header_start(&it, message, header);
	while (header_next(&it, &f)) {
		const char *next = f.value + f.value_len;

		while (next < end && (*next == '\r' || *next == '\n'))
			next++;
		if (str_is_ascii(p, (size_t)(next - p)))
			str_add(out, p, (size_t)(next - p));
		else
			add_ascii_field(out, &f);
		p = next;
	}
	str_add(out, p, len - (size_t)(p - message));
}

/* One id: printable ASCII without blanks and brackets; "" if it is no id or does not fit. */
static char *safe_id(const char *p, size_t len)
{
	struct str out = STR_INIT;

	for (size_t i = 0; i < len; i++)
		if (p[i] > ' ' && p[i] < 0x7f && p[i] != '<' && p[i] != '>')
			str_addc(&out, p[i]);
	if (out.len > ID_MAX)
		str_clear(&out);
	return str_steal(&out);
}

static void add_id(struct str *value, const char *p, size_t len)
{
	char *id = safe_id(p, len);

	if (*id)
		str_addf(value, "%s<%s>", value->len ? " " : "", id);
	free(id);
}

void build_id_field(struct str *out, const char *name, const char *id)
{
	struct str value = STR_INIT;

	add_id(&value, id, strlen(id));
	if (value.len)
		build_field(out, name, value.p);
	str_done(&value);
}

void build_references(struct str *out, const char *references)
{
	struct str value = STR_INIT;

	while (*references) {
		size_t len;

		references += strspn(references, " \t\r\n");
		len = strcspn(references, " \t\r\n");
		add_id(&value, references, len);
		references += len;
	}
	if (value.len)
		build_field(out, "References", value.p);
	str_done(&value);
}

/* Fields that are made here, or must never be sent. */
static bool is_ours(const struct header_field *f)
{
	static const char *const OURS[] = {"Date", "From", "To", "Cc", "Bcc", "Reply-To", "Subject",
		"Message-ID", "In-Reply-To", "References", "MIME-Version", "Resent-Bcc",
		"Return-Path", "Received", "Attach"};

	for (size_t i = 0; i < MEM_COUNT(OURS); i++)
		if (header_is(f, OURS[i]))
			return true;
	return (f->name_len >= 8 && str_nicmp(f->name, "Content-", 8) == 0) ||
	       (f->name_len >= 10 && str_nicmp(f->name, "X-Talaria-", 10) == 0);
}

bool build_keeps(const char *line, struct header_field *f)
{
	size_t len = 0;

	while (line[len] > ' ' && line[len] < 0x7f && line[len] != ':')
		len++;
	*f = (struct header_field){.name = line, .name_len = len};
	return len > 0 && len <= 64 && line[len] == ':' && !is_ours(f) && line[len + 1];
}

void build_extra(struct str *out, const char *line)
{
	struct header_field f;
	char *name;

	if (!build_keeps(line, &f))
		return;
	name = mem_strndup(line, f.name_len);
	if (has_addresses(&f))
		build_address_field(out, name, line + f.name_len + 1);
	else
		build_text_field(out, name, line + f.name_len + 1);
	free(name);
}

/* --- the body --- */

/* Plain ASCII with lines that may be sent as they are. */
static bool is_seven_bit(const char *body)
{
	size_t column = 0;

	for (; *body; body++) {
		column = *body == '\n' || *body == '\r' ? 0 : column + 1;
		if ((unsigned char)*body >= 0x80 || column > LINE_MAX_BYTES)
			return false;
	}
	return true;
}

/* Every line end, of whatever form, becomes CRLF; the last line gets one, too. */
void build_crlf(struct str *out, const char *body)
{
	while (*body) {
		size_t len = strcspn(body, "\r\n");

		str_add(out, body, len);
		str_adds(out, "\r\n");
		body += len;
		body += body[0] == '\r' && body[1] == '\n' ? 2 : *body != '\0';
	}
}

void build_text(struct str *out, const char *body)
{
	struct str valid = STR_INIT;
	const char *end = body + strlen(body);

	if (is_seven_bit(body)) {
		str_adds(out, "Content-Type: text/plain; charset=us-ascii\r\n"
			      "Content-Transfer-Encoding: 7bit\r\n\r\n");
		build_crlf(out, body);
		return;
	}
	str_adds(out, "Content-Type: text/plain; charset=utf-8\r\n"
		      "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
	while (body < end)
		utf8_put(&valid, utf8_next(&body, end));
	codec_qp_encode(out, str_c(&valid), valid.len);
	if (valid.len && valid.p[valid.len - 1] != '\n' && valid.p[valid.len - 1] != '\r')
		str_adds(out, "\r\n");
	str_done(&valid);
}

/* --- attachments --- */

static const struct {
	const char *suffix, *type;
} TYPES[] = {
	{"bz2", "application/x-bzip2"},
	{"c", "text/x-csrc"},
	{"conf", "text/plain"},
	{"csv", "text/csv"},
	{"diff", "text/x-diff"},
	{"doc", "application/msword"},
	{"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
	{"eml", "message/rfc822"},
	{"epub", "application/epub+zip"},
	{"gif", "image/gif"},
	{"gz", "application/gzip"},
	{"h", "text/x-chdr"},
	{"htm", "text/html"},
	{"html", "text/html"},
	{"ics", "text/calendar"},
	{"jpeg", "image/jpeg"},
	{"jpg", "image/jpeg"},
	{"json", "application/json"},
	{"log", "text/plain"},
	{"md", "text/markdown"},
	{"mp3", "audio/mpeg"},
	{"mp4", "video/mp4"},
	{"odp", "application/vnd.oasis.opendocument.presentation"},
	{"ods", "application/vnd.oasis.opendocument.spreadsheet"},
	{"odt", "application/vnd.oasis.opendocument.text"},
	{"ogg", "audio/ogg"},
	{"patch", "text/x-diff"},
	{"pdf", "application/pdf"},
	{"png", "image/png"},
	{"ppt", "application/vnd.ms-powerpoint"},
	{"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
	{"ps", "application/postscript"},
	{"rtf", "application/rtf"},
	{"svg", "image/svg+xml"},
	{"tar", "application/x-tar"},
	{"tgz", "application/gzip"},
	{"txt", "text/plain"},
	{"vcf", "text/vcard"},
	{"wav", "audio/x-wav"},
	{"webp", "image/webp"},
	{"xls", "application/vnd.ms-excel"},
	{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
	{"xml", "application/xml"},
	{"xz", "application/x-xz"},
	{"zip", "application/zip"},
	{"zst", "application/zstd"},
};

const char *build_type(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < MEM_COUNT(TYPES); i++)
		if (str_icmp(dot + 1, TYPES[i].suffix) == 0)
			return TYPES[i].type;
	return NULL;
}

/* What decides in which form bytes can travel. */
struct content {
	size_t wide, longest; /* octets above 127, of the longest line */
	bool controls, cr, from;
};

static struct content content_of(const char *p, size_t len)
{
	struct content c = {0};
	size_t column = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char b = (unsigned char)p[i];

		c.wide += b >= 0x80;
		c.cr |= b == '\r';
		c.controls |= (b < ' ' && !strchr("\t\n\f\r\033", b)) || b == 0x7f || b == 0;
		/* Mailboxes put a '>' before it, and some relays lose a lone dot. */
		c.from |= column == 0 && ((len - i >= 5 && memcmp(p + i, "From ", 5) == 0) ||
						 (b == '.' && (i + 1 == len || p[i + 1] == '\n')));
		column = b == '\n' ? 0 : column + 1;
		if (column > c.longest)
			c.longest = column;
	}
	return c;
}

/* What the bytes are in: "" says that nobody knows. */
static const char *charset_of(const struct content *c, const char *p, size_t len)
{
	struct str ignored = STR_INIT;
	bool local;

	if (!c->wide)
		return "us-ascii";
	if (utf8_valid(p, len))
		return "utf-8";
	local = charset_from_person(&ignored, i18n_charset(), p, len, NULL) == 0;
	str_done(&ignored);
	return local ? i18n_charset() : "unknown-8bit";
}

/* LF becomes CRLF, all else stays. */
static void add_lines(struct str *out, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (p[i] == '\n' && (i == 0 || p[i - 1] != '\r'))
			str_addc(out, '\r');
		str_addc(out, p[i]);
	}
}

/* Text stays readable as it travels, and every byte of it is there again behind it: what a change
 * of line ends could touch goes as base64. */
static void add_encoded(struct str *out, const struct content *c, bool text, const char *p,
	size_t len, const char *disposition)
{
	bool exact = !text || c->cr || c->controls || c->wide > len / 4;
	bool plain = !exact && !c->wide && !c->from && c->longest <= LINE_MAX_BYTES;

	str_addf(out, "Content-Transfer-Encoding: %s\r\n%s\r\n\r\n",
		exact   ? "base64"
		: plain ? "7bit"
			: "quoted-printable",
		disposition);
	if (exact)
		codec_base64_encode(out, p, len, 76);
	else if (plain)
		add_lines(out, p, len);
	else
		codec_qp_encode(out, p, len);
}

/* A message in a message can be in no encoding (RFC 2046 5.2.1): only if its lines travel so. */
static bool is_message(const struct content *c, const char *p, size_t len)
{
	size_t name = 0;

	while (name < len && p[name] > ' ' && p[name] < 0x7f && p[name] != ':')
		name++;
	return name > 0 && name < len && p[name] == ':' && !c->controls &&
	       c->longest <= LINE_MAX_BYTES;
}

char *build_file_name(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	struct str text = STR_INIT;
	char *name;

	if (charset_from_person(&text, i18n_charset(), base, strlen(base), NULL) != 0)
		/* Too short to be guessed, and the person sees the name before it goes out. */
		charset_to_utf8(&text, "windows-1252", base, strlen(base));
	name = utf8_clean_line(str_c(&text), text.len);
	str_done(&text);
	return name;
}

static int read_file(const char *path, size_t max, struct str *out, struct err *err)
{
	struct stat st;

	/* A pipe or a device would make the disk thread wait for ever. */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return err_set(err, ERR_INPUT, _("“%s” is not a file that can be attached"), path);
	return file_read(path, max, out, err);
}

static void add_file(struct str *out, const char *name, const char *p, size_t len)
{
	struct content c = content_of(p, len);
	const char *type = build_type(name);
	struct str disposition = STR_INIT;
	bool message = type && strcmp(type, "message/rfc822") == 0;
	bool text;

	if (message && !is_message(&c, p, len))
		message = false, type = NULL;
	if (!type)
		type = !c.controls && utf8_valid(p, len) ? "text/plain"
							 : "application/octet-stream";
	text = strncmp(type, "text/", 5) == 0;
	str_addf(out, "Content-Type: %s", type);
	if (text)
		param_write(out, "charset", charset_of(&c, p, len));
	if (str_is_ascii(name, strlen(name))) /* for old readers, which know no other field */
		param_write(out, "name", name);
	str_adds(out, "\r\n");
	str_adds(&disposition, "Content-Disposition: attachment");
	param_write(&disposition, "filename", name);
	if (message) {
		str_addf(out, "Content-Transfer-Encoding: %s\r\n%s\r\n\r\n",
			c.wide ? "8bit" : "7bit", str_c(&disposition));
		add_lines(out, p, len);
	} else {
		add_encoded(out, &c, text, p, len, str_c(&disposition));
	}
	str_done(&disposition);
}

int build_file(struct str *out, const char *path, size_t *left, struct err *err)
{
	struct str bytes = STR_INIT;
	char *name;

	if (read_file(path, *left, &bytes, err) < 0)
		return -1;
	*left -= bytes.len;
	name = build_file_name(path);
	add_file(out, name, str_c(&bytes), bytes.len);
	free(name);
	str_done(&bytes);
	return 0;
}

/* --- the message --- */

struct lists {
	struct addr_list from, to, cc, bcc, reply_to;
};

static void lists_done(struct lists *l)
{
	addr_list_done(&l->from);
	addr_list_done(&l->to);
	addr_list_done(&l->cc);
	addr_list_done(&l->bcc);
	addr_list_done(&l->reply_to);
}

static int read_list(struct addr_list *list, const char *field, const char *text, struct err *err)
{
	struct err why;

	if (addr_parse_typed(list, text, &why) == 0)
		return 0;
	return err_set(err, ERR_INPUT, "%s: %s", field, why.text);
}

static int read_lists(struct lists *l, const struct draft *d, struct err *err)
{
	if (read_list(&l->from, "From", d->from, err) < 0 ||
		read_list(&l->to, "To", d->to, err) < 0 ||
		read_list(&l->cc, "Cc", d->cc, err) < 0 ||
		read_list(&l->bcc, "Bcc", d->bcc, err) < 0 ||
		read_list(&l->reply_to, "Reply-To", d->reply_to, err) < 0)
		return -1;
	if (l->from.n != 1)
		return err_set(err, ERR_INPUT, _("From: one address is needed"));
	if (!l->to.n && !l->cc.n && !l->bcc.n)
		return err_set(err, ERR_INPUT, _("To: there is nobody to send this to"));
	return 0;
}

static char *new_id(const struct addr_list *from)
{
	const char *at = from->n ? strrchr(from->v[0].mail, '@') : NULL;
	char domain[IDN_SIZE];
	struct str id = STR_INIT;
	char token[25];
	bool named = at && at[1] != '[' && idn_to_ascii(domain, at + 1, NULL) == 0;

	hash_random_token(token, sizeof(token) - 1);
	str_addf(&id, "%s@%s", token, named ? domain : "localhost.invalid");
	return str_steal(&id);
}

void draft_make_id(struct draft *d)
{
	struct addr_list from = {0};
	char *id = safe_id(d->message_id, strlen(d->message_id));
	bool good = *id && strcmp(id, d->message_id) == 0;

	free(id);
	if (good)
		return;
	/* A wrong address is told when the message is built. */
	addr_parse_typed(&from, d->from, NULL);
	free(d->message_id);
	d->message_id = new_id(&from);
	addr_list_done(&from);
}

/* Each address once; a table, because ten thousand are ten thousand. */
static void add_recipients(struct addr_list *out, const struct lists *l)
{
	const struct addr_list *lists[] = {&l->to, &l->cc, &l->bcc};
	struct map *seen = map_new();

	for (size_t k = 0; k < MEM_COUNT(lists); k++) {
		for (size_t i = 0; i < lists[k]->n; i++) {
			const struct addr *a = &lists[k]->v[i];
			struct str mail = STR_INIT;
			char *key;

			/* One form, by which it is known who has the mail. */
			idn_mail_to_ascii(&mail, a->mail);
			key = utf8_fold(str_c(&mail), mail.len);
			if (!map_put(seen, key, out))
				addr_list_add(out, a->name, str_c(&mail));
			free(key);
			str_done(&mail);
		}
	}
	map_free(seen, NULL);
}

/* mutt's way to ask for it, in the editor's file: not done, it must not go unsaid. */
static bool asks_for_secrecy(const char *line)
{
	return str_istarts(line, "Pgp:") || str_istarts(line, "Smime:");
}

int draft_recipients(const struct draft *d, struct addr_list *out, char **from, struct err *err)
{
	struct lists lists = {0};
	int rc = read_lists(&lists, d, err);

	for (size_t i = 0; rc == 0 && i < d->nfiles; i++)
		if (d->files[i].lost)
			rc = err_set(err, ERR_INPUT,
				_("The file %s could not be read and is not in the message: attach "
				  "it "
				  "anew, or take it out"),
				d->files[i].path);
	for (size_t i = 0; rc == 0 && i < d->extra.n; i++)
		if (asks_for_secrecy(d->extra.v[i]))
			rc = err_set(err, ERR_INPUT,
				_("“%s”: Talaria neither signs nor encrypts; take that line out"),
				d->extra.v[i]);
	if (rc == 0) {
		add_recipients(out, &lists);
		if (from) {
			struct str mail = STR_INIT;

			idn_mail_to_ascii(&mail, lists.from.v[0].mail);
			*from = str_steal(&mail);
		}
	}
	lists_done(&lists);
	return rc;
}

int draft_build(const struct draft *d, time_t date, struct str *message,
	struct addr_list *recipients, struct err *err)
{
	struct strv keys = STRV_INIT;
	struct str stored = STR_INIT;
	struct draft copy;
	int rc;

	draft_copy(&copy, d);
	rc = draft_recipients(&copy, recipients, NULL, err);
	if (rc == 0) {
		draft_make_id(&copy);
		rc = letter_write(&copy, NULL, 0, NULL, date, &stored, &keys, err);
	}
	if (rc == 0)
		letter_wire(stored.p, stored.len, message);
	draft_done(&copy);
	strv_done(&keys);
	str_done(&stored);
	return rc;
}

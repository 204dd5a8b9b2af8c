#include "base/str.h"
#include "mime/build_priv.h"

#include "mime/charset.h"
#include "mime/header.h"
#include "mime/subject.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/i18n.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { URI_MAX = 2 * 1024 * 1024 };

void draft_init(struct draft *d)
{
	*d = (struct draft){0};
	d->from = mem_strdup("");
	d->to = mem_strdup("");
	d->cc = mem_strdup("");
	d->bcc = mem_strdup("");
	d->reply_to = mem_strdup("");
	d->subject = mem_strdup("");
	d->in_reply_to = mem_strdup("");
	d->references = mem_strdup("");
	d->message_id = mem_strdup("");
	d->body = mem_strdup("");
}

static void file_done(struct draft_file *f)
{
	free(f->key);
	free(f->name);
	free(f->type);
	free(f->path);
	str_done(&f->part);
}

void draft_done(struct draft *d)
{
	free(d->from);
	free(d->to);
	free(d->cc);
	free(d->bcc);
	free(d->reply_to);
	free(d->subject);
	free(d->in_reply_to);
	free(d->references);
	free(d->message_id);
	free(d->body);
	for (size_t i = 0; i < d->nfiles; i++)
		file_done(&d->files[i]);
	free(d->files);
	strv_done(&d->extra);
	*d = (struct draft){0};
}

void draft_set(char **field, const char *value)
{
	char *copy = mem_strdup(value ? value : "");

	free(*field);
	*field = copy;
}

struct draft_file *draft_file_add(struct draft *d, const char *name, const char *type)
{
	struct draft_file *f;
	char key[13];

	hash_random_token(key, sizeof(key) - 1);
	d->files = mem_grow(d->files, &d->cap_files, d->nfiles + 1, sizeof(*d->files));
	f = &d->files[d->nfiles++];
	*f = (struct draft_file){.key = mem_strdup(key),
		.name = utf8_clean_line(name, strlen(name)),
		.type = mem_strdup(type)};
	return f;
}

struct draft_file *draft_attach(struct draft *d, const char *path)
{
	struct draft_file *f;
	char *name;

	for (size_t i = 0; i < d->nfiles; i++)
		if (d->files[i].path && strcmp(d->files[i].path, path) == 0)
			return &d->files[i];
	name = build_file_name(path);
	f = draft_file_add(d, name, "");
	free(name);
	f->path = mem_strdup(path);
	return f;
}

void draft_detach(struct draft *d, size_t i)
{
	file_done(&d->files[i]);
	d->nfiles--;
	memmove(&d->files[i], &d->files[i + 1], (d->nfiles - i) * sizeof(*d->files));
}

static void copy_file(struct draft *to, const struct draft_file *from)
{
	struct draft_file *f = draft_file_add(to, from->name, from->type);

	draft_set(&f->key, from->key);
	f->size = from->size;
	f->inside = from->inside;
	f->lost = from->lost;
	f->path = mem_strdup(from->path);
	if (from->part.len)
		str_add(&f->part, from->part.p, from->part.len);
}

void draft_copy(struct draft *to, const struct draft *from)
{
	draft_init(to);
	draft_set(&to->from, from->from);
	draft_set(&to->to, from->to);
	draft_set(&to->cc, from->cc);
	draft_set(&to->bcc, from->bcc);
	draft_set(&to->reply_to, from->reply_to);
	draft_set(&to->subject, from->subject);
	draft_set(&to->in_reply_to, from->in_reply_to);
	draft_set(&to->references, from->references);
	draft_set(&to->message_id, from->message_id);
	draft_set(&to->body, from->body);
	to->html = from->html;
	for (size_t i = 0; i < from->extra.n; i++)
		strv_add(&to->extra, from->extra.v[i]);
	for (size_t i = 0; i < from->nfiles; i++)
		copy_file(to, &from->files[i]);
}

void draft_infos_free(struct draft_info *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(v[i].id);
		free(v[i].path);
		free(v[i].where);
		draft_done(&v[i].draft);
		strv_done(&v[i].has_it);
	}
	free(v);
}

static void set(char **to, char *value)
{
	free(*to);
	*to = value;
}

static bool is_control(uint32_t cp)
{
	return cp < ' ' || (cp >= 0x7f && cp < 0xa0) || cp == 0x2028 || cp == 0x2029;
}

/* Valid UTF-8 of one line, trimmed; controls become blanks. Unlike utf8_clean it takes nothing away
 * that a person may have typed (joiners, marks). */
char *draft_line(const char *p, size_t len)
{
	struct str text = STR_INIT, out = STR_INIT;
	const char *at, *end;

	charset_to_utf8(&text, NULL, p, len);
	for (at = str_c(&text), end = at + text.len; at < end;) {
		uint32_t cp = utf8_next(&at, end);

		if (!is_control(cp) && (cp != ' ' || out.len))
			utf8_put(&out, cp);
		else if (out.len) /* no blanks at the start */
			str_addc(&out, ' ');
	}
	while (out.len && out.p[out.len - 1] == ' ')
		str_cut(&out, out.len - 1);
	str_done(&text);
	return str_steal(&out);
}

char *draft_body(const char *charset, const char *p, size_t len)
{
	struct str text = STR_INIT;
	size_t n = 0;

	charset_to_utf8(&text, charset, p, len);
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] == '\r' && i + 1 < text.len && text.p[i + 1] == '\n')
			continue;
		if (text.p[i])
			text.p[n++] = text.p[i] == '\r' ? '\n' : text.p[i];
	}
	str_cut(&text, n);
	return str_steal(&text);
}

/* --- the editor's file --- */

static void write_line(struct str *out, const char *name, const char *value)
{
	char *line = draft_line(value, strlen(value));

	str_addf(out, "%s:%s%s\n", name, *line ? " " : "", line);
	free(line);
}

static void write_set(struct str *out, const char *name, const char *value)
{
	if (*value)
		write_line(out, name, value);
}

static void write_id(struct str *out, const char *name, const char *id)
{
	struct str value = STR_INIT;

	if (*id)
		str_addf(&value, "<%s>", id);
	write_set(out, name, str_c(&value));
	str_done(&value);
}

/* "Attach: [2] report.pdf (application/pdf)"; a file that is not in the message yet by its path. */
static void write_file(struct str *out, const struct draft_file *f, size_t number)
{
	struct str value = STR_INIT;

	if (f->path)
		str_adds(&value, f->path);
	else
		str_addf(&value, "[%zu] %s%s(%s)", number, f->name, *f->name ? " " : "", f->type);
	write_line(out, "Attach", value.p);
	str_done(&value);
}

void draft_write(const struct draft *d, struct str *out)
{
	write_line(out, "From", d->from);
	write_line(out, "To", d->to);
	write_line(out, "Cc", d->cc);
	write_line(out, "Bcc", d->bcc);
	write_set(out, "Reply-To", d->reply_to);
	write_line(out, "Subject", d->subject);
	write_id(out, "In-Reply-To", d->in_reply_to);
	write_set(out, "References", d->references);
	for (size_t i = 0; i < d->nfiles; i++)
		write_file(out, &d->files[i], i + 1);
	for (size_t i = 0; i < d->extra.n; i++) {
		char *line = draft_line(d->extra.v[i], strlen(d->extra.v[i]));

		str_addf(out, "%s\n", line);
		free(line);
	}
	str_addc(out, '\n');
	str_adds(out, d->body);
}

/* A second "To:" line adds to the first. */
static void join_list(char **to, char *value)
{
	struct str out = STR_INIT;

	if (!**to || !*value) {
		if (*value)
			set(to, value);
		else
			free(value);
		return;
	}
	str_addf(&out, "%s, %s", *to, value);
	free(value);
	set(to, str_steal(&out));
}

/* The id in it without < > and blanks. */
static void set_id(char **to, char *value)
{
	char *start = strchr(value, '<');
	size_t n = 0;

	start = start ? start + 1 : value;
	for (size_t i = 0; start[i] && start[i] != '>'; i++)
		if (start[i] != ' ')
			start[n++] = start[i];
	set(to, mem_strndup(start, n));
	free(value);
}

/* "[2] name" is the second of those before; what else there is is a path. */
static void read_file(struct draft *d, const struct draft *before, const char *value)
{
	char *end, *path;
	size_t n = *value == '[' ? strtoul(value + 1, &end, 10) : 0;

	if (n && end[0] == ']' && end[1] == ' ' && before && n <= before->nfiles &&
		!before->files[n - 1].path)
		copy_file(d, &before->files[n - 1]);
	else if (*value) {
		path = file_expand(value);
		draft_attach(d, path);
		free(path);
	}
}

/* A path that stood there before is the file that it was. */
static void same_files(struct draft *d, const struct draft *before)
{
	for (size_t i = 0; i < d->nfiles; i++)
		for (size_t k = 0; k < before->nfiles && d->files[i].path; k++)
			if (before->files[k].path &&
				strcmp(before->files[k].path, d->files[i].path) == 0) {
				draft_set(&d->files[i].key, before->files[k].key);
				d->files[i].lost = before->files[k].lost;
				break;
			}
}

static void read_field(
	struct draft *d, const struct draft *before, const struct header_field *f, char *value)
{
	struct str line = STR_INIT;

	if (header_is(f, "From"))
		set(&d->from, value);
	else if (header_is(f, "To"))
		join_list(&d->to, value);
	else if (header_is(f, "Cc"))
		join_list(&d->cc, value);
	else if (header_is(f, "Bcc"))
		join_list(&d->bcc, value);
	else if (header_is(f, "Reply-To"))
		set(&d->reply_to, value);
	else if (header_is(f, "Subject"))
		set(&d->subject, value);
	else if (header_is(f, "References"))
		set(&d->references, value);
	else if (header_is(f, "In-Reply-To"))
		set_id(&d->in_reply_to, value);
	else if (header_is(f, "Message-ID"))
		set_id(&d->message_id, value);
	else if (header_is(f, "Attach")) {
		read_file(d, before, value);
		free(value);
	} else {
		str_addf(&line, "%.*s: %s", (int)f->name_len, f->name, value);
		strv_take(&d->extra, str_steal(&line));
		free(value);
	}
}

/* The line at p as a field, with its continuations; the length of it all, 0 if it is none. */
static size_t scan_field(struct header_field *f, const char *p, const char *end)
{
	const char *at = p, *next;

	while (at<end && * at> ' ' && *at < 0x7f && *at != ':')
		at++;
	if (at == p || at == end || *at != ':' || at - p > 200)
		return 0;
	*f = (struct header_field){.name = p, .name_len = (size_t)(at - p), .value = at + 1};
	for (next = at; next < end;) {
		const char *lf = memchr(next, '\n', (size_t)(end - next));

		next = lf ? lf + 1 : end;
		if (next == end || (*next != ' ' && *next != '\t'))
			break;
	}
	f->value_len = (size_t)(next - f->value);
	return (size_t)(next - p);
}

void draft_read(struct draft *d, const struct draft *before, const char *text, size_t len)
{
	const char *p = text, *end = text + len;
	struct str line = STR_INIT;
	struct header_field f;
	size_t n;

	draft_done(d);
	draft_init(d);
	while (p < end && (n = scan_field(&f, p, end)) > 0) {
		str_clear(&line);
		header_unfold(&line, f.value, f.value_len);
		read_field(d, before, &f, draft_line(str_c(&line), line.len));
		p += n;
	}
	str_done(&line);
	if (end - p >= 2 && p[0] == '\r' && p[1] == '\n')
		p += 2;
	else if (p < end && *p == '\n')
		p++;
	set(&d->body, draft_body(NULL, p, (size_t)(end - p)));
	if (!before)
		return;
	same_files(d, before);
	d->html = before->html;
	if (!*d->message_id)
		draft_set(&d->message_id, before->message_id);
}

/* --- replies and forwards --- */

static void set_subject(
	struct draft *d, const char *prefix, const char *subject, enum subject_mark marks)
{
	struct str out = STR_INIT;

	str_addf(&out, "%s%s", prefix, subject_bare(subject, marks));
	set(&d->subject, str_steal(&out));
}

/* Adds those of from that are neither ours nor named yet: seen has everybody who is, for some lists
 * have thousands. */
static void add_others(struct addr_list *to, const struct addr_list *from, const struct strv *own,
	struct map *seen)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct addr *a = &from->v[i];
		bool ours = false;
		char *key;

		for (size_t k = 0; own && k < own->n; k++)
			ours = ours || str_icmp(own->v[k], a->mail) == 0;
		if (ours)
			continue;
		key = mem_strdup(a->mail);
		for (char *c = key; *c; c++)
			*c = str_lower(*c);
		if (!map_put(seen, key, to))
			addr_list_add(to, a->name, a->mail);
		free(key);
	}
}

/* Without the marks of what could not be shown: nobody can send such a name. */
static void sendable_name(struct str *out, const char *name)
{
	static const char mark[] = "\xEF\xBF\xBD"; /* U+FFFD */

	for (const char *p = name, *next; *p; p = next) {
		next = strstr(p, mark);
		str_add(out, p, next ? (size_t)(next - p) : strlen(p));
		next = next ? next + strlen(mark) : p + strlen(p);
	}
	while (out->len && out->p[out->len - 1] == ' ')
		str_cut(out, out->len - 1);
}

char *draft_addresses(const struct addr_list *list)
{
	struct str out = STR_INIT, name = STR_INIT;

	for (size_t i = 0; i < list->n; i++) {
		struct addr a = list->v[i];

		str_room(&name, 1);
		str_clear(&name);
		sendable_name(&name, a.name);
		a.name = name.p;
		str_adds(&out, i ? ", " : "");
		addr_show(&out, &a);
	}
	str_done(&name);
	return str_steal(&out);
}

/* Who answers go to: Reply-To, else From; of our own mail, whom it was sent to. */
static void reply_author(
	struct addr_list *to, const struct envelope *e, const struct strv *own, struct map *seen)
{
	const struct addr_list *author = e->reply_to.n ? &e->reply_to : &e->from;

	add_others(to, author, own, seen);
	if (!to->n)
		add_others(to, &e->to, own, seen);
	if (!to->n)
		add_others(to, author, NULL, seen); /* a note to oneself */
}

static void reply_addresses(struct draft *d, enum draft_reply kind, const struct envelope *e,
	const struct addr_list *followup, const struct strv *own)
{
	struct addr_list to = {0}, cc = {0};
	struct map *seen = map_new();

	if (kind != DRAFT_REPLY && followup->n) {
		add_others(&to, followup, NULL, seen);
	} else if (kind == DRAFT_REPLY_LIST && *e->list_post) {
		addr_list_add(&to, "", e->list_post);
	} else {
		reply_author(&to, e, own, seen);
		if (kind != DRAFT_REPLY) {
			add_others(&cc, &e->to, own, seen);
			add_others(&cc, &e->cc, own, seen);
		}
	}
	set(&d->to, draft_addresses(&to));
	set(&d->cc, draft_addresses(&cc));
	addr_list_done(&to);
	addr_list_done(&cc);
	map_free(seen, NULL);
}

/* RFC 5322 3.6.4: the parent's References (or In-Reply-To, if one id) and its Message-ID. */
static void set_thread(struct draft *d, const struct envelope *e)
{
	const struct strv *up = e->references.n ? &e->references : &e->in_reply_to;
	struct str out = STR_INIT;

	if (!e->references.n && e->in_reply_to.n != 1)
		up = NULL;
	for (size_t i = 0; up && i < up->n; i++)
		if (strcmp(up->v[i], e->message_id) != 0)
			str_addf(&out, "<%s> ", up->v[i]);
	if (*e->message_id)
		str_addf(&out, "<%s>", e->message_id);
	else if (out.len)
		str_cut(&out, out.len - 1);
	set(&d->in_reply_to, mem_strdup(e->message_id));
	set(&d->references, str_steal(&out));
}

static void add_date(struct str *out, const struct envelope *e)
{
	char text[32];
	struct tm tm;

	if (e->date && localtime_r(&e->date, &tm) &&
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm))
		str_adds(out, text);
	else
		str_adds(out, e->date_raw);
}

static void add_attribution(struct str *out, const struct envelope *e)
{
	struct str date = STR_INIT;
	const char *who = e->from.n ? addr_short(&e->from.v[0]) : NULL;

	add_date(&date, e);
	if (who && date.len)
		str_addf(out, _("On %s, %s wrote:"), date.p, who);
	else if (who)
		str_addf(out, _("%s wrote:"), who);
	if (who)
		str_addc(out, '\n');
	str_done(&date);
}

static void add_quoted(struct str *out, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		str_adds(out, *text == '>' || len == 0 ? ">" : "> ");
		str_add(out, text, len);
		str_addc(out, '\n');
		text += len + (text[len] == '\n');
	}
}

void draft_reply(struct draft *d, enum draft_reply kind, const struct envelope *e,
	const char *header, size_t header_len, const char *quotable, const struct strv *own,
	const char *from)
{
	struct addr_list followup = {0};
	struct str body = STR_INIT;
	char *raw = header_get(header, header_len, "Mail-Followup-To");

	if (raw)
		addr_parse(&followup, raw, strlen(raw));
	free(raw);
	set(&d->from, mem_strdup(from ? from : ""));
	reply_addresses(d, kind, e, &followup, own);
	addr_list_done(&followup);
	set_subject(d, "Re: ", e->subject, SUBJECT_REPLY);
	set_thread(d, e);
	if (quotable && *quotable) {
		add_attribution(&body, e);
		add_quoted(&body, quotable);
	}
	set(&d->body, str_steal(&body));
}

static void add_summary(struct str *out, const char *name, const char *value)
{
	if (value && *value)
		str_addf(out, "%s: %s\n", name, value);
}

static void add_summary_list(struct str *out, const char *name, const struct addr_list *list)
{
	char *text = draft_addresses(list);

	add_summary(out, name, text);
	free(text);
}

void draft_forward(
	struct draft *d, const struct envelope *e, const char *quotable, const char *from)
{
	struct str body = STR_INIT;

	set(&d->from, mem_strdup(from ? from : ""));
	set_subject(d, "Fwd: ", e->subject, SUBJECT_FORWARD);
	str_addf(&body, "\n%s\n", _("----- Forwarded message -----"));
	add_summary_list(&body, "From", &e->from);
	add_summary(&body, "Date", e->date_raw);
	add_summary(&body, "Subject", e->subject);
	add_summary_list(&body, "To", &e->to);
	add_summary_list(&body, "Cc", &e->cc);
	str_addf(&body, "\n%s", quotable ? quotable : "");
	if (body.len && body.p[body.len - 1] != '\n')
		str_addc(&body, '\n');
	set(&d->body, str_steal(&body));
}

/* --- mailto: (RFC 6068) --- */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent decoding; false for %00, which no mail can hold and some readers stop at. */
static bool add_decoded(struct str *out, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = p[i];

		if (c == '%' && i + 2 < len && hex(p[i + 1]) >= 0 && hex(p[i + 2]) >= 0) {
			c = (char)(hex(p[i + 1]) * 16 + hex(p[i + 2]));
			i += 2;
		}
		if (!c)
			return false;
		str_addc(out, c);
	}
	return true;
}

static void drop_controls(struct str *text)
{
	size_t n = 0;

	for (size_t i = 0; i < text->len; i++) {
		unsigned char c = (unsigned char)text->p[i];

		if ((c >= ' ' && c != 0x7f) || c == '\n' || c == '\r' || c == '\t')
			text->p[n++] = (char)c;
	}
	str_cut(text, n);
}

static void mailto_field(struct draft *d, const char *name, size_t len, struct str *value)
{
	struct header_field f = {.name = name, .name_len = len};

	if (header_is(&f, "body")) {
		drop_controls(value);
		set(&d->body, draft_body(NULL, str_c(value), value->len));
	} else if (header_is(&f, "to") || header_is(&f, "cc") || header_is(&f, "bcc") ||
		   header_is(&f, "subject") || header_is(&f, "in-reply-to")) {
		read_field(d, NULL, &f, draft_line(str_c(value), value->len));
	}
}

int draft_mailto(struct draft *d, const char *uri, struct err *err)
{
	struct str value = STR_INIT;
	size_t len = strlen(uri);
	bool good = true;

	if (str_nicmp(uri, "mailto:", 7) != 0 || len > URI_MAX)
		return err_set(err, ERR_INPUT, _("This is not a mailto: address Talaria can use"));
	uri += 7;
	len = strcspn(uri, "?#");
	good = add_decoded(&value, uri, len);
	mailto_field(d, "to", 2, &value);
	uri += len;
	while (good && *uri && *uri != '#') {
		size_t name_len;

		uri++;
		name_len = strcspn(uri, "=&#");
		len = strcspn(uri, "&#");
		str_clear(&value);
		if (name_len < len) {
			good = add_decoded(&value, uri + name_len + 1, len - name_len - 1);
			mailto_field(d, uri, name_len, &value);
		}
		uri += len;
	}
	str_done(&value);
	if (!good)
		return err_set(err, ERR_INPUT, _("The mailto: address holds a zero byte"));
	return 0;
}

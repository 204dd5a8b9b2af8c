#include "ui/json.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void put(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

static void put_text(json_t *object, const char *key, const char *value)
{
	const char *text = value ? value : "";

	/* jansson refuses what is not UTF-8; the engine gives clean text. */
	put(object, key, json_string(utf8_valid(text, strlen(text)) ? text : ""));
}

/* RFC 8259 7: any character may be written as \\uXXXX, above U+FFFF as two of them. */
static void put_escaped(struct str *out, uint32_t cp)
{
	if (cp < 0x10000) {
		str_addf(out, "\\u%04x", cp);
		return;
	}
	cp -= 0x10000;
	str_addf(out, "\\u%04x\\u%04x", 0xD800 + (cp >> 10), 0xDC00 + (cp & 0x3FF));
}

/* The text as it is for who reads it, without a byte that a terminal would obey: jansson escapes
 * C0 only. */
static char *printed(json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);
	struct str out = STR_INIT;

	for (const char *p = text ? text : "{}", *end = p + strlen(p); p < end;) {
		const char *start = p;
		uint32_t cp = utf8_next(&p, end);

		if (utf8_is_unsafe(cp))
			put_escaped(&out, cp);
		else
			str_add(&out, start, (size_t)(p - start));
	}
	free(text);
	json_decref(object);
	return str_steal(&out);
}

static json_t *flags(const struct msg_row *row)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} names[] = {{MAIL_SEEN, "seen"}, {MAIL_ANSWERED, "answered"}, {MAIL_FLAGGED, "flagged"},
		{MAIL_DRAFT, "draft"}, {MAIL_FORWARDED, "forwarded"}, {MAIL_WAITING, "waiting"}};
	json_t *out = json_array();

	for (size_t i = 0; i < MEM_COUNT(names); i++)
		if (row->flags & names[i].flag)
			json_array_append_new(out, json_string(names[i].name));
	for (const char *p = row->keywords ? row->keywords : ""; *p;) {
		size_t len = strcspn(p, " ");

		if (len && utf8_valid(p, len))
			json_array_append_new(out, json_stringn(p, len));
		p += len + (p[len] == ' ');
	}
	return out;
}

static json_t *message(const char *account, const char *folder, const struct msg_row *row)
{
	json_t *o = json_object();
	struct str text = STR_INIT;

	put(o, "id", json_integer(row->uid));
	put_text(o, "account", account);
	put_text(o, "folder", folder);
	if (row->from_name && *row->from_name && row->from_mail && *row->from_mail)
		str_addf(&text, "%s <%s>", row->from_name, row->from_mail);
	else
		str_adds(
			&text, row->from_mail && *row->from_mail ? row->from_mail : row->from_name);
	put_text(o, "from", str_c(&text));
	put_text(o, "to", row->to);
	put_text(o, "cc", row->cc);
	put_text(o, "subject", row->subject);
	str_clear(&text);
	clock_rfc3339(&text, (time_t)row->date);
	put_text(o, "date", str_c(&text));
	put(o, "size", json_integer(row->size));
	put(o, "flags", flags(row));
	put(o, "attachments", json_boolean(row->flags & MAIL_ATTACHMENT));
	str_done(&text);
	return o;
}

char *json_of_row(const char *account, const char *folder, const struct msg_row *row)
{
	return printed(message(account, folder, row));
}

static json_t *part(const struct part_info *p)
{
	json_t *o = json_object();

	put_text(o, "section", p->section);
	put_text(o, "type", p->type);
	put_text(o, "name", p->name);
	put(o, "size", json_integer((json_int_t)p->size));
	put(o, "depth", json_integer(p->depth));
	put(o, "attachment", json_boolean(p->attachment));
	return o;
}

char *json_of_view(const char *account, const char *folder, const struct msg_row *row,
	const struct message_view *view)
{
	json_t *o = message(account, folder, row), *headers = json_object(), *parts = json_array();
	struct str text = STR_INIT;

	put_text(headers, "from", view->from);
	put_text(headers, "to", view->to);
	put_text(headers, "cc", view->cc);
	put_text(headers, "date", view->date);
	put_text(headers, "subject", view->subject);
	put_text(headers, "message-id", view->message_id);
	put_text(headers, "list-post", view->list_post);
	put_text(headers, "list-id", view->head.list_id);
	put(o, "headers", headers);
	put_text(o, "sender", head_sender_row(view->head.sender)->word);
	if (view->text)
		text_plain(view->text, &text, true);
	put_text(o, "text", str_c(&text));
	for (size_t i = 0; i < view->nparts; i++)
		json_array_append_new(parts, part(&view->parts[i]));
	put(o, "parts", parts);
	put(o, "complete", json_boolean(!view->partial));
	str_done(&text);
	return printed(o);
}

char *json_of_folder(const char *account, const struct folder_info *folder)
{
	json_t *o = json_object();

	put_text(o, "account", account);
	put_text(o, "name", folder->name);
	put_text(o, "role", mail_role_row(folder->role)->key);
	put(o, "total", folder->counts_known ? json_integer(folder->total) : json_null());
	put(o, "unread", folder->counts_known ? json_integer(folder->unread) : json_null());
	put(o, "selectable", json_boolean(folder->selectable));
	put(o, "offline-copy", json_boolean(folder->offline_copy));
	return printed(o);
}

/* Words that do not follow the language. */
static const char *state_word(const struct outbox_info *m)
{
	return m->sending       ? "sending"
	       : m->unconfirmed ? "unconfirmed"
	       : m->failed      ? "failed"
	       : m->held        ? "held"
	       : m->sent        ? "sent"
				: "waiting";
}

static const char *fate_word(const struct outbox_fate_info *f)
{
	return f->has_it        ? "accepted"
	       : f->refused     ? "refused"
	       : f->unconfirmed ? "unconfirmed"
	       : f->later       ? "later"
				: "unasked";
}

static json_t *recipients(const struct engine *e, size_t account, size_t i, size_t n)
{
	json_t *list = json_array();

	for (size_t k = 0; k < n; k++) {
		struct outbox_fate_info f;
		json_t *o = json_object();

		engine_outbox_recipient(e, account, i, k, &f);
		put_text(o, "address", f.address);
		put_text(o, "fate", fate_word(&f));
		put_text(o, "words", f.words);
		json_array_append_new(list, o);
	}
	return list;
}

char *json_of_mail(const struct engine *e, size_t account, size_t i)
{
	json_t *o = json_object();
	struct account_info info;
	struct outbox_info m;
	struct str due = STR_INIT;

	engine_account(e, account, &info);
	engine_outbox_at(e, account, i, &m);
	clock_rfc3339(&due, (time_t)m.due);
	put_text(o, "account", info.name);
	put_text(o, "id", m.id);
	put_text(o, "state", state_word(&m));
	put(o, "due",
		strcmp(state_word(&m), "waiting") == 0 ? json_string(str_c(&due)) : json_null());
	put_text(o, "subject", m.subject);
	put_text(o, "error", m.error);
	put(o, "recipients", recipients(e, account, i, m.recipients));
	str_done(&due);
	return printed(o);
}

const char *json_library(void)
{
	return jansson_version_str();
}

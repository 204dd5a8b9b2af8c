#include "net/imap_priv.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

/* --- what is under way --- */

static size_t under_way(const struct imap *im)
{
	size_t n = 0;

	for (const struct imap_sent *s = im->sent; s; s = s->next)
		n += !s->done;
	return n;
}

void imap_drop(struct imap *im, struct imap_sent *sent)
{
	for (struct imap_sent **p = &im->sent; *p; p = &(*p)->next)
		if (*p == sent) {
			*p = sent->next;
			break;
		}
	if (im->early.sent == sent)
		im->early.sent = NULL;
	free(sent);
}

/* Who waits for an answer learns why none will come. */
static void fail_all(struct imap *im, const struct err *err)
{
	for (struct imap_sent *s = im->sent; s; s = s->next)
		if (!s->done) {
			s->done = true;
			s->result = -1;
			s->err = *err;
		}
}

int imap_broken(struct imap *im, struct err *err)
{
	const struct err *why = stream_error(im->stream);
	char *bye = wire_take_bye(stream_wire(im->stream));
	struct err reason;

	im->dead = true;
	if (bye && !(why && (why->kind == ERR_CANCELLED || why->kind == ERR_CERT)))
		err_set(&reason, ERR_NETWORK, _("The server closed the connection: %s"), bye);
	else if (why && why->kind != ERR_NONE)
		reason = *why;
	else
		err_set(&reason, ERR_PROTOCOL, _("The IMAP server's answer cannot be understood"));
	if (err)
		*err = reason;
	fail_all(im, &reason);
	free(bye);
	return -1;
}

static int wrong(struct imap *im, const struct err *why, struct err *err)
{
	im->dead = true;
	fail_all(im, why);
	if (err)
		*err = *why;
	return -1;
}

/* --- answers --- */

void *imap_extension(struct imap *im, int id, int type)
{
	struct mailimap_response_info *info = im->session->imap_response_info;
	void *found = NULL;

	if (!info || !info->rsp_extension_list)
		return NULL;
	for (clistiter *i = clist_begin(info->rsp_extension_list); i; i = clist_next(i)) {
		struct mailimap_extension_data *item = clist_content(i);

		if (item && item->ext_extension && item->ext_extension->ext_id == id &&
			item->ext_type == type && item->ext_data)
			found = item->ext_data;
	}
	return found;
}

static void take_extensions(struct imap *im)
{
	clist *list = im->session->imap_response_info->rsp_extension_list;

	for (clistiter *i = list ? clist_begin(list) : NULL; i; i = clist_next(i)) {
		struct mailimap_extension_data *item = clist_content(i);
		const char *text;
		size_t len;

		if (!item || !item->ext_extension)
			continue;
		text = imap_caught(item, &len);
		if (text && str_istarts(text, "ESEARCH "))
			imap_on_esearch(im, text, len);
		else if (text)
			imap_on_raw(im, text, len);
		else if (item->ext_extension->ext_id == MAILIMAP_EXTENSION_QRESYNC &&
			 item->ext_type == MAILIMAP_QRESYNC_TYPE_VANISHED && item->ext_data)
			imap_on_vanished(im, item->ext_data);
	}
}

/* What the server said besides: kept until the next imap_idle or imap_noop asks. */
static void take_news(struct imap *im)
{
	struct mailimap_selection_info *sel = im->session->imap_selection_info;
	struct mailimap_response_info *info = im->session->imap_response_info;

	if (!info)
		return;
	if (im->selected && sel) {
		uint32_t gone = 0;

		for (clistiter *i = info->rsp_expunged ? clist_begin(info->rsp_expunged) : NULL; i;
			i = clist_next(i))
			gone++;
		if (gone)
			im->news.expunged = true;
		/* libetpan counts below zero when the server lies. */
		if (sel->sel_has_exists && sel->sel_exists > UINT32_MAX - gone)
			sel->sel_exists = 0;
		if (sel->sel_has_exists)
			im->exists = sel->sel_exists;
		else
			im->exists -= gone < im->exists ? gone : im->exists;
	}
	take_extensions(im);
	if (info->rsp_mailbox_list && clist_begin(info->rsp_mailbox_list) && !im->listing)
		im->news.folders = true;
	if (im->selected && im->exists != im->news.count) {
		im->news.exists = true;
		im->news.count = im->exists;
	}
}

static char *answer_text(const struct imap *im)
{
	const char *text = im->session->imap_response ? im->session->imap_response : "";

	return utf8_clean_line(text, strlen(text));
}

/* Reads one answer to its tagged line: 0 OK, 1 NO, 2 BAD, -1 when the connection is dead. */
static int parse_answer(struct imap *im, struct err *err)
{
	struct mailimap_response *response = NULL;
	int status, type;

	/* It speaks of the last answer alone; and libetpan compares the one tag it knows. */
	if (im->session->imap_selection_info)
		im->session->imap_selection_info->sel_has_exists = 0;
	im->session->imap_tag = 1;
	if (!mailimap_read_line(im->session))
		return imap_broken(im, err);
	status = mailimap_parse_response(im->session, &response);
	if (status == MAILIMAP_ERROR_PROTOCOL && im->session->imap_response)
		return 2;
	if (status != MAILIMAP_NO_ERROR)
		return imap_broken(im, err);
	type = response->rsp_resp_done->rsp_data.rsp_tagged->rsp_cond_state->rsp_type;
	mailimap_response_free(response);
	if (!im->session->imap_response_info)
		return imap_broken(im, err);
	return type == MAILIMAP_RESP_COND_STATE_OK ? 0 : 1;
}

/* Whose answer was read last. */
static struct imap_sent *answered(struct imap *im)
{
	char *tag = wire_take_tag(stream_wire(im->stream));
	struct imap_sent *found = NULL;

	for (struct imap_sent *s = im->sent; tag && s && !found; s = s->next)
		if (!s->done && !strcmp(s->tag, tag))
			found = s;
	free(tag);
	return found;
}

/* Nothing behind the OK has been looked at yet: it is packed. */
static int start_packing(struct imap *im, struct imap_sent *sent, struct err *err)
{
	bool yes = sent->result == 0;

	imap_drop(im, sent);
	stream_careful(im->stream, false);
	im->packing = yes ? IMAP_PACK_ON : IMAP_PACK_NO;
	return yes && stream_deflate(im->stream, err) ? imap_broken(im, err) : 0;
}

/* 0, or -1 when the connection is dead. */
static int read_answer(struct imap *im, struct err *err)
{
	int r = parse_answer(im, err);
	struct imap_sent *sent;
	struct err why;
	char *text;

	if (r < 0)
		return -1;
	take_news(im);
	sent = answered(im);
	text = answer_text(im);
	/* BAD too is about that command alone (RFC 3501 7.1.3). */
	if (!sent)
		err_set(&why, ERR_PROTOCOL, _("The IMAP server's answer cannot be understood"));
	else if (r == 2)
		err_set(&why, ERR_REFUSED, _("The server does not understand a command: %s"), text);
	else
		err_set(&why, ERR_REFUSED, _("The server refused: %s"), text);
	free(text);
	if (!sent)
		return wrong(im, &why, err);
	sent->done = true;
	sent->result = r ? -1 : 0;
	sent->err = why;
	return sent->packs ? start_packing(im, sent, err) : 0;
}

int imap_wait(struct imap *im, struct imap_sent *sent, struct err *err)
{
	int r = 0;

	while (!sent->done && !r)
		r = read_answer(im, err);
	r = sent->result;
	if (r && err)
		*err = sent->err;
	imap_drop(im, sent);
	return r;
}

int imap_settle(struct imap *im, struct err *err)
{
	while (under_way(im))
		if (read_answer(im, err))
			return -1;
	return 0;
}

/* --- commands --- */

static int alive(const struct imap *im, struct err *err)
{
	return im->dead ? err_set(err, ERR_NETWORK, _("The connection is closed")) : 0;
}

int imap_begin(struct imap *im, uint64_t budget, struct err *err)
{
	if (alive(im, err) || imap_settle(im, err))
		return -1;
	stream_command(im->stream, budget);
	imap_note_status(im);
	return 0;
}

int imap_make_way(struct imap *im, struct err *err)
{
	if (alive(im, err))
		return -1;
	while (im->early.sent || im->packing == IMAP_PACK_ASKED || under_way(im) >= IMAP_AHEAD) {
		if (im->early.sent && im->early.sent->done)
			imap_drop(im, im->early.sent);
		else if (read_answer(im, err))
			return -1;
	}
	return 0;
}

struct imap_sent *imap_put(struct imap *im, const char *text, size_t len, struct err *err)
{
	struct imap_sent *sent = mem_alloc(sizeof(*sent)), **end = &im->sent;
	char tag[20];

	snprintf(sent->tag, sizeof(sent->tag), "%d", ++im->count);
	snprintf(tag, sizeof(tag), "%s ", sent->tag);
	if (stream_write(im->stream, tag, strlen(tag), err) ||
		stream_write(im->stream, text, len, err)) {
		free(sent);
		imap_broken(im, err);
		return NULL;
	}
	while (*end)
		end = &(*end)->next;
	*end = sent;
	return sent;
}

int imap_put_compress(struct imap *im, struct err *err)
{
	static const char command[] = "COMPRESS DEFLATE\r\n";
	struct imap_sent *sent;

	if (im->packing == IMAP_PACK_WANTED) {
		sent = imap_put(im, command, strlen(command), err);
		if (!sent)
			return -1;
		sent->packs = true;
		im->packing = IMAP_PACK_ASKED;
		stream_careful(im->stream, true);
	}
	return stream_flush(im->stream, err) ? imap_broken(im, err) : 0;
}

int imap_run_to(struct imap *im, uint64_t budget, const char *command, struct imap_sink *sink,
	struct err *err)
{
	struct imap_sent *sent;

	if (imap_begin(im, budget, err) || !(sent = imap_put(im, command, strlen(command), err)))
		return -1;
	sent->sink = sink;
	if (stream_write(im->stream, "\r\n", 2, err) || stream_flush(im->stream, err)) {
		imap_broken(im, err);
		imap_drop(im, sent);
		return -1;
	}
	return imap_wait(im, sent, err);
}

int imap_run(struct imap *im, uint64_t budget, const char *command, struct err *err)
{
	return imap_run_to(im, budget, command, NULL, err);
}

/* What an IMAP server says by itself: IDLE (RFC 2177), NOOP, NOTIFY (RFC 5465). */
#include "base/str.h"
#include "net/imap_priv.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IDLE_MS = 29 * 60 * 1000, DONE_MS = 30 * 1000, BOXES = 1000, QUICK_MS = 50, QUICK_MAX = 10 };

/* --- what is said by the way --- */

static bool is_selected(const struct imap *im, const char *name)
{
	return im->selected && imap_same_mailbox(im->selected, name);
}

/* A mailbox whose state the server told without being asked. */
static void note_box(struct imap *im, const char *name, const struct imap_status *status)
{
	struct imap_mailboxes *b = &im->boxes;
	size_t i = 0;

	if (!*name || is_selected(im, name))
		return;
	while (i < b->n && strcmp(b->v[i].name, name) != 0)
		i++;
	if (i == BOXES) {
		im->news.folders = true; /* so many that all may be looked at */
		return;
	}
	if (i == b->n) {
		b->v = mem_grow(b->v, &b->cap, b->n + 1, sizeof(*b->v));
		b->v[b->n++] = (struct imap_mailbox){.name = mem_strdup(name)};
	}
	b->v[i].status = *status;
}

void imap_note_status(struct imap *im)
{
	struct strv lines = STRV_INIT;
	struct str name = STR_INIT;
	struct imap_status one;

	wire_take_status(stream_wire(im->stream), &lines);
	for (size_t i = 0; i < lines.n; i++)
		if (imap_parse_status(lines.v[i], &name, &one))
			note_box(im, str_c(&name), &one);
		else
			im->news.folders = true; /* what it says has to be asked for */
	if (wire_take_odd(stream_wire(im->stream)))
		im->news.folders = true;
	str_done(&name);
	strv_done(&lines);
}

void imap_take_boxes(struct imap *im, struct imap_mailboxes *out)
{
	*out = im->boxes;
	im->boxes = (struct imap_mailboxes){0};
}

static bool has_news(struct imap *im)
{
	struct imap_news *news = &im->news;

	imap_note_status(im);
	if (wire_take_overflow(stream_wire(im->stream))) {
		im->notified = false;
		im->can &= ~(unsigned)IMAP_NOTIFY;
		news->folders = true;
	}
	news->boxes = im->boxes.n > 0;
	return news->exists || news->expunged || news->flags || news->boxes || news->folders ||
	       news->trouble;
}

static bool give_news(struct imap *im, struct imap_news *news)
{
	bool some = has_news(im);

	*news = im->news;
	im->news = (struct imap_news){.count = im->exists};
	return some;
}

/* What is said by the way while we read the lines ourselves (RFC 3501 7): "* ...". */
static void note_line(struct imap *im, const char *line)
{
	char *end;
	unsigned long n;

	if (str_istarts(line + 2, "VANISHED"))
		im->news.expunged = true;
	if (str_istarts(line + 2, "LIST "))
		im->news.folders = true;
	n = strtoul(line + 2, &end, 10);
	if (end == line + 2 || *end != ' ' || !im->selected)
		return;
	if (!str_icmp(end + 1, "EXISTS") && n <= UINT32_MAX) {
		im->news.exists = true;
		im->news.count = im->exists = (uint32_t)n;
	} else if (!str_icmp(end + 1, "EXPUNGE")) {
		im->news.expunged = im->news.exists = true;
		im->exists -= im->exists > 0;
		im->news.count = im->exists;
	} else if (str_istarts(end + 1, "FETCH")) {
		im->news.flags = true;
	}
}

static bool took_tag(struct imap *im, const struct imap_sent *sent)
{
	char *tag = wire_take_tag(stream_wire(im->stream));
	bool ours = tag && !strcmp(tag, sent->tag);

	free(tag);
	return ours;
}

int imap_await_plus(struct imap *im, struct imap_sent *sent, struct err *err)
{
	struct str line = STR_INIT;
	int r = 1;

	while (r > 0) {
		const char *text;

		if (imap_read_line(im, &line, err)) {
			r = -1;
		} else if (line.p[0] == '+') {
			r = 0;
		} else if (!(text = imap_tagged(line.p, IMAP_ONE_TAG))) {
			note_line(im, line.p);
		} else if (str_istarts(text, "NO") && took_tag(im, sent)) {
			r = err_set(err, ERR_REFUSED, _("The server refused: %s"),
				text[2] ? text + 3 : "");
		} else if (str_istarts(text, "BAD") && took_tag(im, sent)) {
			r = err_set(err, ERR_REFUSED,
				_("The server does not understand a command: %s"),
				text[3] ? text + 4 : "");
		} else {
			im->dead = true;
			r = err_set(err, ERR_PROTOCOL,
				_("The server does not understand a command: %s"), text);
		}
	}
	if (r)
		imap_drop(im, sent);
	str_done(&line);
	return r;
}

/* --- IDLE --- */

int imap_noop(struct imap *im, struct imap_news *news, struct err *err)
{
	*news = (struct imap_news){0};
	if (imap_run(im, IMAP_QUIET, "NOOP", err))
		return -1;
	give_news(im, news);
	return 0;
}

/* One IDLE. Nothing that comes is read before DONE: libetpan then parses it all as one answer. */
static int idle_once(struct imap *im, int wake_fd, int ms, int *ready, struct err *err)
{
	struct imap_sent *sent;

	wire_take_trouble(stream_wire(im->stream));
	if (imap_begin(im, IMAP_LONG, err) || !(sent = imap_put(im, "IDLE\r\n", 6, err)))
		return -1;
	if (stream_flush(im->stream, err))
		return imap_broken(im, err);
	if (imap_await_plus(im, sent, err))
		return -1;
	/* What was said before the "+" must not wait for something else to be said. */
	*ready = stream_wait(im->stream, wake_fd, has_news(im) ? 0 : ms, err);
	if (*ready < 0)
		return imap_broken(im, err);
	/* The answer to DONE proves that the link still stands: it has to come soon. */
	stream_command(im->stream, IMAP_LONG);
	stream_hurry(im->stream, DONE_MS);
	if (stream_write(im->stream, "DONE\r\n", 6, err) || stream_flush(im->stream, err))
		return imap_broken(im, err);
	if (imap_wait(im, sent, err))
		return -1;
	im->news.trouble |= wire_take_trouble(stream_wire(im->stream));
	return 0;
}

/* What comes from the server must not keep the caller from what waits there. */
static bool is_woken(int wake_fd)
{
	struct pollfd p = {.fd = wake_fd, .events = POLLIN};

	return wake_fd >= 0 && poll(&p, 1, 0) > 0;
}

static int wait_and_ask(
	struct imap *im, int wake_fd, int ms, struct imap_news *news, struct err *err)
{
	if (stream_wait(im->stream, wake_fd, ms, err) < 0)
		return imap_broken(im, err);
	return imap_noop(im, news, err);
}

int imap_idle(struct imap *im, int wake_fd, int timeout_ms, struct imap_news *news, struct err *err)
{
	int64_t end;
	int quick = 0;

	*news = (struct imap_news){0};
	if (im->dead)
		return err_set(err, ERR_NETWORK, _("The connection is closed"));
	if (give_news(im, news))
		return 0;
	if (timeout_ms < 0 || timeout_ms > IDLE_MS)
		timeout_ms = IDLE_MS;
	if (!(im->can & IMAP_IDLE))
		return wait_and_ask(im, wake_fd, timeout_ms, news, err);
	end = clock_ms() + timeout_ms;
	for (;;) {
		int64_t begin = clock_ms(), left = end - begin;
		int ready = STREAM_TIMEOUT;

		if (idle_once(im, wake_fd, left > 0 ? (int)left : 0, &ready, err))
			return -1;
		/* "* OK Still here" is data too, but no news; an alert must not wait for some. */
		if (give_news(im, news) || wire_has_alert(stream_wire(im->stream)) ||
			ready != STREAM_DATA || clock_ms() >= end || is_woken(wake_fd))
			return 0;
		quick = clock_ms() - begin < QUICK_MS ? quick + 1 : 0;
		if (quick == QUICK_MAX) {
			news->trouble = true;
			return 0;
		}
	}
}

/* --- NOTIFY --- */

/* 0: OK, 1: NO or BAD, -1: the connection is dead. */
static int try_notify(struct imap *im, const char *command, struct err *err)
{
	struct imap_sent *sent;

	if (imap_begin(im, IMAP_LONG, err) || !(sent = imap_put(im, command, strlen(command), err)))
		return -1;
	if (stream_flush(im->stream, err))
		return imap_broken(im, err);
	return imap_wait(im, sent, err) == 0 ? 0 : im->dead ? -1 : 1;
}

/*
 * No data of messages is asked for: FETCH answers come only where they always did. Servers need not
 * know every event (BADEVENT): what they refuse is asked for with less, then not at all.
 */
int imap_notify(struct imap *im, struct err *err)
{
	static const char *const commands[] = {
		"NOTIFY SET (selected-delayed (MessageNew MessageExpunge FlagChange)) (personal "
		"(MailboxName MessageNew MessageExpunge FlagChange))\r\n",
		"NOTIFY SET (selected (MessageNew MessageExpunge FlagChange)) (personal "
		"(MessageNew MessageExpunge))\r\n",
	};

	if (im->notified || !(im->can & IMAP_NOTIFY))
		return 0;
	for (size_t i = 0; i < MEM_COUNT(commands); i++) {
		int r = try_notify(im, commands[i], err);

		im->notified = r == 0;
		if (r <= 0)
			return r;
	}
	im->can &= ~(unsigned)IMAP_NOTIFY;
	return 0;
}

bool imap_is_notified(const struct imap *im)
{
	return im->notified;
}

uint32_t imap_exists(const struct imap *im)
{
	return im->exists;
}

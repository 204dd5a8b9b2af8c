#include "net/stream.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "net/connect.h"
#include "net/deflate.h"
#include "net/tls.h"
#include "net/wire.h"

#include <libetpan/mailstream.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BUFFER_SIZE = 32 * 1024, /* of the mailstream, and of one read */
	PACKED_MAX = 16 * 1024,  /* packed bytes that are not sent yet */
	PROGRESS = 64 * 1024,    /* so many bytes in command_ms are progress */
	CONNECT_MS = 20 * 1000,
	HANDSHAKE_MS = 20 * 1000,
	IDLE_MS = 60 * 1000,
	COMMAND_MS = 300 * 1000,
	LOG_LINE = 200,
};

#define DEFAULT_BUDGET ((uint64_t)1 << 30)

struct stream {
	struct net_server server;
	struct net_options options;
	struct net_cancel *cancel;
	char host[CONNECT_HOST_SIZE]; /* ASCII */
	int fd;
	struct tls *tls;
	struct deflate *packer; /* NULL until stream_deflate */
	mailstream *ms;         /* NULL once libetpan freed it */
	struct wire *wire;      /* IMAP only */
	struct str raw;         /* read and not yet unpacked or filtered */
	size_t raw_pos;
	bool careful;  /* lines are let through one by one */
	struct str in; /* unpacked and filtered, not yet taken by the mailstream */
	size_t in_pos;
	struct str packed; /* to be sent */
	int64_t command_until;
	uint64_t command_left; /* bytes the answer may still have */
	uint64_t progress;     /* bytes since command_until was last moved on */
	uint64_t received, sent;
	unsigned flushes;
	bool secret;
	struct err err;
};

static int stream_ms(int wanted, int standard)
{
	return wanted > 0 ? wanted : standard;
}

/* --- errors: the first one stays, because what follows is only its echo --- */

static int stream_fail(struct stream *s, const struct err *why, struct err *err)
{
	if (s->err.kind == ERR_NONE)
		s->err = *why;
	if (err)
		*err = s->err;
	return -1;
}

static int stream_gone(struct stream *s, struct err *err)
{
	struct err why;

	err_set(&why, ERR_NETWORK, _("the connection is closed"));
	return stream_fail(s, &why, err);
}

/* --- log (level 3): first lines only, no secrets and no bodies --- */

static size_t line_end(const char *p, size_t len)
{
	const char *lf = memchr(p, '\n', len);
	size_t n = lf ? (size_t)(lf - p) : len;

	if (n && p[n - 1] == '\r')
		n--;
	return n > LOG_LINE ? LOG_LINE : n;
}

static void log_text(const struct stream *s, char mark, const char *p, size_t len)
{
	char *clean = utf8_clean_line(p, len);

	log_line(3, "%s %c %s", s->host, mark, clean);
	free(clean);
}

static void log_sent(const struct stream *s, const char *p, size_t len)
{
	if (log_level() < 3)
		return;
	if (s->secret)
		log_line(3, "%s > (%zu bytes not shown)", s->host, len);
	else
		log_text(s, '>', p, line_end(p, len));
}

/* Whether a line is an answer and not a piece of a mail. */
static bool is_answer(const struct stream *s, const char *p, size_t len)
{
	switch (s->server.protocol) {
	case PROTOCOL_IMAP:
		return true; /* the filter tells lines from literals */
	case PROTOCOL_POP3:
		return len >= 3 && (memcmp(p, "+OK", 3) == 0 || memcmp(p, "-ER", 3) == 0);
	default: /* SMTP */
		return len >= 3 && p[0] >= '2' && p[0] <= '5' &&
		       (len == 3 || p[3] == ' ' || p[3] == '-');
	}
}

/* Quoted strings may be the user's mail and "+" lines part of a login: cut before them. */
static void log_received(void *ctx, const char *p, size_t len)
{
	const struct stream *s = ctx;
	size_t n;

	if (log_level() < 3)
		return;
	n = line_end(p, len);
	if (!is_answer(s, p, n))
		return;
	for (size_t i = 0; i < n; i++)
		if (p[i] == '"' || p[i] == '{')
			n = i;
	if (s->server.protocol == PROTOCOL_IMAP && n && p[0] == '+')
		n = 1;
	if (s->server.protocol == PROTOCOL_SMTP && p[0] == '3')
		n = 3;
	log_text(s, '<', p, n);
}

/* --- raw bytes --- */

static int plain_failed(struct stream *s, ssize_t n, struct err *err)
{
	if (n == 0)
		return err_set(err, ERR_NETWORK, _("%.100s closed the connection"), s->host);
	err_errno(err, _("the connection to %.100s broke"), s->host);
	err->kind = ERR_NETWORK;
	return -1;
}

/* As tls_read: > 0, 0 wait for *events, -1. */
static ssize_t raw_read(struct stream *s, void *p, size_t len, short *events, struct err *err)
{
	ssize_t n;

	if (s->tls)
		return tls_read(s->tls, p, len, events, err);
	do
		n = recv(s->fd, p, len, 0);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		return n;
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		*events = POLLIN;
		return 0;
	}
	return plain_failed(s, n, err);
}

static ssize_t raw_write(
	struct stream *s, const void *p, size_t len, short *events, struct err *err)
{
	ssize_t n;

	if (s->tls)
		return tls_write(s->tls, p, len, events, err);
	do
		n = send(s->fd, p, len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		return n;
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		*events = POLLOUT;
		return 0;
	}
	return plain_failed(s, n ? n : -1, err);
}

static int64_t silence_end(const struct stream *s)
{
	int64_t until = clock_ms() + stream_ms(s->options.idle_ms, IDLE_MS);

	return until < s->command_until ? until : s->command_until;
}

/* --- budgets --- */

static int take_budget(struct stream *s, size_t n, struct err *err)
{
	s->progress += n;
	if (s->progress >= PROGRESS) {
		s->progress = 0;
		s->command_until = clock_ms() + stream_ms(s->options.command_ms, COMMAND_MS);
	}
	if (n > s->command_left)
		return err_set(
			err, ERR_PROTOCOL, _("%.100s sent more than its answer may have"), s->host);
	s->command_left -= n;
	return 0;
}

/* --- reading into s->in --- */

static int accept_bytes(struct stream *s, const char *p, size_t len, struct err *err)
{
	if (take_budget(s, len, err) < 0)
		return -1;
	if (!s->wire)
		str_add(&s->in, p, len);
	else if (wire_push(s->wire, p, len, &s->in) < 0)
		return err_set(err, ERR_PROTOCOL, _("%.100s: %s"), s->host, wire_reason(s->wire));
	return 0;
}

static bool raw_empty(const struct stream *s)
{
	return s->raw_pos == s->raw.len;
}

/* 1 when there are bytes in s->raw, 0 wait for *events, -1. */
static int read_raw(struct stream *s, short *events, struct err *err)
{
	ssize_t n;

	if (!raw_empty(s) || (s->packer && deflate_has_more(s->packer)))
		return 1;
	str_clear(&s->raw);
	s->raw_pos = 0;
	str_room(&s->raw, BUFFER_SIZE);
	n = raw_read(s, s->raw.p, BUFFER_SIZE, events, err);
	if (n <= 0)
		return (int)n;
	s->raw.len = (size_t)n;
	s->received += (uint64_t)n;
	return 1;
}

static int unpack_piece(struct stream *s, struct err *err)
{
	char buf[BUFFER_SIZE];
	size_t used, made;

	if (deflate_unpack(s->packer, s->raw.p + s->raw_pos, s->raw.len - s->raw_pos, &used, buf,
		    sizeof(buf), &made) < 0)
		return err_set(
			err, ERR_PROTOCOL, _("%.100s sent damaged compressed data"), s->host);
	s->raw_pos += used;
	return accept_bytes(s, buf, made, err);
}

static int take_line(struct stream *s, struct err *err)
{
	const char *p = s->raw.p + s->raw_pos;
	size_t n = s->raw.len - s->raw_pos;
	const char *lf = s->careful ? memchr(p, '\n', n) : NULL;

	if (lf)
		n = (size_t)(lf - p) + 1;
	s->raw_pos += n;
	return accept_bytes(s, p, n, err);
}

/* One read without waiting: 1 when bytes came, 0 wait for *events, -1. */
static int read_step(struct stream *s, short *events, struct err *err)
{
	int r = read_raw(s, events, err);

	if (r <= 0)
		return r;
	return (s->packer ? unpack_piece(s, err) : take_line(s, err)) < 0 ? -1 : 1;
}

static bool in_empty(const struct stream *s)
{
	return s->in_pos == s->in.len;
}

static int fill(struct stream *s, struct err *err)
{
	int64_t until = silence_end(s);

	str_clear(&s->in);
	s->in_pos = 0;
	while (in_empty(s)) {
		short events = 0;
		int r;

		if (net_cancel_asked(s->cancel))
			return err_set(err, ERR_CANCELLED, _("stopped"));
		r = read_step(s, &events, err);
		if (r < 0)
			return -1;
		if (r > 0)
			until = silence_end(s);
		else if (connect_wait(s->fd, events, until, s->cancel, CONNECT_LATE_ANSWER, s->host,
				 err) < 0)
			return -1;
		/* Bytes that only complete no line must not hide a passed command deadline. */
		if (in_empty(s) && clock_ms() >= s->command_until)
			return err_set(
				err, ERR_NETWORK, _("%.100s did not answer in time"), s->host);
	}
	return 0;
}

/* --- the driver under libetpan's mailstream: > 0 or exactly -1 --- */

static ssize_t low_read(mailstream_low *low, void *p, size_t len)
{
	struct stream *s = low->data;
	struct err err;
	size_t n;

	if (s->err.kind != ERR_NONE || len == 0)
		return -1;
	if (in_empty(s) && fill(s, &err) < 0)
		return stream_fail(s, &err, NULL);
	n = s->in.len - s->in_pos;
	if (n > len)
		n = len;
	memcpy(p, s->in.p + s->in_pos, n);
	s->in_pos += n;
	return (ssize_t)n;
}

/* > 0, or -1: the stream has failed. */
static ssize_t write_some(struct stream *s, const char *p, size_t len)
{
	int64_t until = silence_end(s);
	struct err err;

	for (;;) {
		short events = 0;
		ssize_t n;

		if (net_cancel_asked(s->cancel)) {
			err_set(&err, ERR_CANCELLED, _("stopped"));
			return stream_fail(s, &err, NULL);
		}
		n = raw_write(s, p, len, &events, &err);
		if (n > 0) {
			s->sent += (uint64_t)n;
			return n;
		}
		if (n < 0 || connect_wait(s->fd, events, until, s->cancel, CONNECT_LATE_ANSWER,
				     s->host, &err) < 0)
			return stream_fail(s, &err, NULL);
	}
}

static int write_packed(struct stream *s)
{
	for (size_t at = 0; at < s->packed.len;) {
		ssize_t n = write_some(s, s->packed.p + at, s->packed.len - at);

		if (n < 0)
			return -1;
		at += (size_t)n;
	}
	str_clear(&s->packed);
	return 0;
}

static ssize_t low_write(mailstream_low *low, const void *p, size_t len)
{
	struct stream *s = low->data;
	ssize_t n;

	if (s->err.kind != ERR_NONE || len == 0)
		return -1;
	if (!s->packer) {
		n = write_some(s, p, len);
		if (n > 0)
			log_sent(s, p, (size_t)n);
		return n;
	}
	len = len > BUFFER_SIZE ? BUFFER_SIZE : len;
	log_sent(s, p, len);
	deflate_pack(s->packer, p, len, false, &s->packed);
	return s->packed.len > PACKED_MAX && write_packed(s) < 0 ? -1 : (ssize_t)len;
}

static void stream_hang_up(struct stream *s)
{
	if (s->fd < 0)
		return;
	if (s->tls)
		tls_close(s->tls);
	close(s->fd);
	s->fd = -1;
}

static int low_close(mailstream_low *low)
{
	struct stream *s = low->data;
	struct err err;

	stream_hang_up(s);
	err_set(&err, ERR_NETWORK, _("the connection is closed"));
	stream_fail(s, &err, NULL);
	return 0;
}

static int low_fd(mailstream_low *low)
{
	const struct stream *s = low->data;

	return s->fd;
}

static void low_free(mailstream_low *low)
{
	struct stream *s = low->data;

	s->ms = NULL; /* mailstream_close frees it next */
	free(low);
}

static void low_cancel(mailstream_low *low)
{
	const struct stream *s = low->data;

	net_cancel_now(s->cancel);
}

static mailstream_low_driver low_driver = {
	.mailstream_read = low_read,
	.mailstream_write = low_write,
	.mailstream_close = low_close,
	.mailstream_get_fd = low_fd,
	.mailstream_free = low_free,
	.mailstream_cancel = low_cancel,
};

/* --- opening --- */

static int handshake(struct stream *s, struct err *err)
{
	int64_t until = clock_ms() + stream_ms(s->options.handshake_ms, HANDSHAKE_MS);

	return tls_open(&s->tls, s->fd, s->host, &s->options, until, s->cancel, err);
}

static int attach_mailstream(struct stream *s, struct err *err)
{
	mailstream_low *low = mailstream_low_new(s, &low_driver);

	s->ms = low ? mailstream_new(low, BUFFER_SIZE) : NULL;
	if (s->ms)
		return 0;
	free(low);
	return err_set(err, ERR_SYSTEM, _("out of memory"));
}

static void new_filter(struct stream *s)
{
	if (s->server.protocol != PROTOCOL_IMAP)
		return;
	wire_free(s->wire);
	s->wire = wire_new(NULL);
	wire_on_line(s->wire, log_received, s);
}

static int open_steps(struct stream *s, struct err *err)
{
	int64_t until = clock_ms() + stream_ms(s->options.connect_ms, CONNECT_MS);

	if (idn_to_ascii(s->host, s->server.host, err) < 0)
		return -1;
	s->fd = connect_host(s->host, s->server.port, until, s->cancel, err);
	if (s->fd < 0)
		return -1;
	if (s->server.security == NET_TLS && handshake(s, err) < 0)
		return -1;
	new_filter(s);
	stream_command(s, 0);
	return attach_mailstream(s, err);
}

int stream_open(struct stream **out, const struct net_server *server,
	const struct net_options *options, struct net_cancel *cancel, struct err *err)
{
	struct stream *s = mem_alloc(sizeof(*s));

	s->fd = -1;
	s->server = *server;
	if (options)
		s->options = *options;
	s->cancel = cancel ? net_cancel_ref(cancel) : net_cancel_new();
	if (open_steps(s, err) < 0) {
		stream_free(s);
		return -1;
	}
	log_line(2, "connected to %s port %u (%s)", s->host, (unsigned)s->server.port,
		s->tls ? "TLS" : "plain");
	*out = s;
	return 0;
}

void stream_free(struct stream *s)
{
	if (!s)
		return;
	if (s->ms) {
		struct err err;

		/* mailstream_close would flush, and so wait for a server that may be gone. */
		err_set(&err, ERR_NETWORK, "closed");
		stream_fail(s, &err, NULL);
		s->ms->write_buffer_len = 0;
		mailstream_close(s->ms);
	}
	stream_hang_up(s);
	tls_free(s->tls);
	deflate_free(s->packer);
	wire_free(s->wire);
	str_done(&s->raw);
	str_done(&s->in);
	str_done(&s->packed);
	net_cancel_unref(s->cancel);
	free(s);
}

/* Nothing is between what was unpacked and who takes it. */
static bool is_through(const struct stream *s)
{
	return s->ms->read_buffer_len == 0 && in_empty(s) && (!s->wire || wire_is_idle(s->wire));
}

static bool is_empty(const struct stream *s)
{
	return raw_empty(s) && is_through(s);
}

/* RFC 3207 6: what came in the clear must not be taken for what comes under TLS. */
static int nothing_read_ahead(struct stream *s, struct err *err)
{
	struct pollfd p = {.fd = s->fd, .events = POLLIN};
	char c;

	if (is_empty(s) && poll(&p, 1, 0) == 0)
		return 0;
	if (is_empty(s) && recv(s->fd, &c, 1, MSG_PEEK) == 0)
		return err_set(err, ERR_NETWORK, _("%.100s closed the connection"), s->host);
	return err_set(err, ERR_PROTOCOL,
		_("%.100s, or somebody on the way to it, sent unencrypted data behind the start of "
		  "TLS"),
		s->host);
}

int stream_starttls(struct stream *s, struct err *err)
{
	struct err why;

	if (s->err.kind != ERR_NONE || !s->ms)
		return stream_gone(s, err);
	if (s->tls)
		return err_set(err, ERR_PROTOCOL, _("TLS has already started"));
	if (nothing_read_ahead(s, &why) < 0 || handshake(s, &why) < 0) {
		/* Not one of those bytes may be read afterwards. */
		s->ms->read_buffer_len = 0;
		s->raw_pos = s->raw.len;
		s->in_pos = s->in.len;
		return stream_fail(s, &why, err);
	}
	new_filter(s);
	stream_command(s, s->command_left);
	log_line(2, "TLS with %s started", s->host);
	return 0;
}

void stream_careful(struct stream *s, bool careful)
{
	s->careful = careful;
}

int stream_deflate(struct stream *s, struct err *err)
{
	struct err why;

	if (s->err.kind != ERR_NONE || !s->ms)
		return stream_gone(s, err);
	if (s->packer || !is_through(s) || s->ms->write_buffer_len) {
		err_set(&why, ERR_PROTOCOL, _("%.100s started compression at a wrong time"),
			s->host);
		return stream_fail(s, &why, err);
	}
	s->packer = deflate_new();
	log_line(2, "compression with %s started", s->host);
	return 0;
}

bool stream_is_encrypted(const struct stream *s)
{
	return s->tls != NULL;
}

size_t stream_channel_binding(struct stream *s, char *out, size_t max)
{
	return s->tls ? tls_exporter(s->tls, out, max) : 0;
}

void stream_describe(const struct stream *s, struct str *out)
{
	if (s->tls)
		tls_describe(s->tls, out);
	else
		str_adds(out, _("not encrypted"));
}

/* --- lines --- */

/* What the mailstream took for libetpan comes first; else nothing is copied through it. 0 or -1;
 * *len is not 0 then. */
static int view(struct stream *s, const char **p, size_t *len)
{
	struct err why;

	if (!s->ms)
		return -1;
	if (s->ms->read_buffer_len) {
		*p = s->ms->read_buffer;
		*len = s->ms->read_buffer_len;
		return 0;
	}
	if (in_empty(s) && s->err.kind != ERR_NONE)
		return -1;
	if (in_empty(s) && fill(s, &why) < 0)
		return stream_fail(s, &why, NULL);
	*p = s->in.p + s->in_pos;
	*len = s->in.len - s->in_pos;
	return 0;
}

static void taken(struct stream *s, size_t n)
{
	if (s->ms->read_buffer_len) {
		s->ms->read_buffer_len -= n;
		memmove(s->ms->read_buffer, s->ms->read_buffer + n, s->ms->read_buffer_len);
	} else {
		s->in_pos += n;
	}
}

int stream_read_line(struct stream *s, struct str *line, size_t max, struct err *err)
{
	str_clear(line);
	for (;;) {
		const char *p = "", *lf;
		size_t n, len = 0;

		if (view(s, &p, &len) < 0)
			return stream_gone(s, err);
		lf = memchr(p, '\n', len);
		n = lf ? (size_t)(lf - p) + 1 : len;
		if (line->len + n > max + 2) {
			struct err why;

			err_set(&why, ERR_PROTOCOL, _("%.100s sent a line that is too long"),
				s->host);
			return stream_fail(s, &why, err);
		}
		str_add(line, p, n);
		taken(s, n);
		if (lf)
			break;
	}
	str_cut(line, line->len - 1);
	if (line->len && line->p[line->len - 1] == '\r')
		str_cut(line, line->len - 1);
	if (!s->wire)
		log_received(s, str_c(line), line->len);
	return 0;
}

int stream_write(struct stream *s, const char *p, size_t len, struct err *err)
{
	if (s->err.kind != ERR_NONE || !s->ms)
		return stream_gone(s, err);
	if (len && mailstream_write(s->ms, p, len) < 0)
		return stream_gone(s, err);
	return 0;
}

int stream_flush(struct stream *s, struct err *err)
{
	if (s->err.kind != ERR_NONE || !s->ms || mailstream_flush(s->ms) < 0)
		return stream_gone(s, err);
	s->flushes++;
	if (!s->packer)
		return 0;
	deflate_pack(s->packer, NULL, 0, true, &s->packed);
	return write_packed(s) < 0 ? stream_gone(s, err) : 0;
}

bool stream_last_words(struct stream *s)
{
	if (s->err.kind != ERR_NETWORK || s->fd < 0 || !s->ms)
		return false;
	s->err = (struct err){0};
	s->ms->write_buffer_len = 0;
	return true;
}

void stream_own_literal(const struct stream *s, struct str *out)
{
	struct sockaddr_storage at = {0};
	socklen_t len = sizeof(at);
	char text[INET6_ADDRSTRLEN] = "";

	if (s->fd >= 0 && !getsockname(s->fd, (struct sockaddr *)&at, &len)) {
		if (at.ss_family == AF_INET)
			inet_ntop(AF_INET, &((struct sockaddr_in *)&at)->sin_addr, text,
				sizeof(text));
		else if (at.ss_family == AF_INET6)
			inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&at)->sin6_addr, text,
				sizeof(text));
	}
	if (!strncmp(text, "::ffff:", 7) && strchr(text, '.'))
		str_addf(out, "[%s]", text + 7);
	else if (at.ss_family == AF_INET6 && text[0])
		str_addf(out, "[IPv6:%s]", text);
	else
		str_addf(out, "[%s]", text[0] ? text : "127.0.0.1");
}

void stream_command(struct stream *s, uint64_t budget)
{
	s->command_until = clock_ms() + stream_ms(s->options.command_ms, COMMAND_MS);
	s->command_left = budget ? budget : DEFAULT_BUDGET;
	s->progress = 0;
	if (s->wire)
		wire_budget(s->wire, s->command_left);
}

void stream_hurry(struct stream *s, int ms)
{
	int64_t until = clock_ms() + ms;

	if (until < s->command_until)
		s->command_until = until;
}

void stream_secret(struct stream *s, bool secret)
{
	/* The log looks at whole writes: what is buffered belongs to the state before. A failure
	 * stays in s->err and is told by the next call. */
	if (s->secret != secret && s->ms && s->ms->write_buffer_len)
		mailstream_flush(s->ms);
	s->secret = secret;
}

void stream_counts(const struct stream *s, uint64_t *received, uint64_t *sent)
{
	*received = s->received;
	*sent = s->sent;
}

unsigned stream_flushes(const struct stream *s)
{
	return s->flushes;
}

/* --- waiting for the server to speak --- */

static bool data_is_there(const struct stream *s)
{
	return (s->ms && s->ms->read_buffer_len) || !in_empty(s);
}

/* -1 error, 0 nothing yet, 1 woken; reads what came. */
static int wait_step(struct stream *s, int wake_fd, int64_t since, int64_t until, struct err *err)
{
	struct pollfd p[4] = {{.fd = s->fd, .events = POLLIN},
		{.fd = net_cancel_fd(s->cancel), .events = POLLIN},
		{.fd = wake_fd, .events = POLLIN},
		{.fd = net_cancel_hurry_fd(s->cancel), .events = POLLIN}};
	int64_t left, hurried = net_cancel_until(s->cancel, since);
	short events = POLLIN;
	int n;

	if (net_cancel_asked(s->cancel))
		return err_set(err, ERR_CANCELLED, _("stopped"));
	n = read_step(s, &events, err);
	if (n != 0)
		return n < 0 ? -1 : 0;
	p[0].events = events;
	left = (hurried < until ? hurried : until) - clock_ms();
	if (hurried < until && left <= 0)
		return err_set(err, ERR_CANCELLED, _("stopped"));
	n = poll(p, 4, left < 0 ? 0 : (int)left);
	if (n < 0 && errno != EINTR)
		return err_errno(err, _("cannot wait for %.100s"), s->host);
	if (n > 0 && p[1].revents)
		return err_set(err, ERR_CANCELLED, _("stopped"));
	if (n > 0 && p[3].revents)
		net_cancel_noticed(s->cancel);
	return n > 0 && !p[0].revents && p[2].revents;
}

int stream_wait(struct stream *s, int wake_fd, int timeout_ms, struct err *err)
{
	int64_t since = clock_ms(), until = since + (timeout_ms > 0 ? timeout_ms : 0);
	struct err why;

	if (s->err.kind != ERR_NONE || !s->ms)
		return stream_gone(s, err);
	if (in_empty(s)) {
		str_clear(&s->in);
		s->in_pos = 0;
	}
	/* Waiting for news is not waiting for an answer: the command's clock does not run. */
	if (s->command_until < until)
		s->command_until = until + stream_ms(s->options.command_ms, COMMAND_MS);
	while (!data_is_there(s)) {
		int r = wait_step(s, wake_fd, since, until, &why);

		if (r < 0)
			return stream_fail(s, &why, err);
		if (r > 0)
			return STREAM_WOKEN;
		if (!data_is_there(s) && clock_ms() >= until)
			return STREAM_TIMEOUT;
	}
	return STREAM_DATA;
}

int stream_no_tls(const struct err *why, const char *refused, struct err *err)
{
	if (why->kind == ERR_NETWORK || why->kind == ERR_CANCELLED)
		return err_set(err, why->kind, "%s", why->text);
	return err_set(err, ERR_CERT, "%s", refused);
}

const struct err *stream_error(const struct stream *s)
{
	return &s->err;
}

struct _mailstream *stream_mailstream(struct stream *s)
{
	return s->ms;
}

struct wire *stream_wire(struct stream *s)
{
	return s->wire;
}

void stream_mailstream_gone(struct stream *s)
{
	s->ms = NULL;
}

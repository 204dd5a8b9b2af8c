#include "net/pop3.h"

#include "base/i18n.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "net/login.h"
#include "net/stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LINE_MAX_BYTES = 64 << 10, /* of an answer that is not a message */
	CAPA_LINES = 200,
	MESSAGES = 2000000,
	AHEAD = 32,
	ROOM_MAX = 16 << 10,
	AUTH_LINE = 255, /* RFC 2449 4: a command with its CRLF */
	QUIET_BUDGET = 1 << 20,
	LIST_BUDGET = 400 << 20,
};

struct pop3 {
	struct stream *stream;
	struct net_server server;
	struct strv mechanisms;
	unsigned can;
	bool knows_capa, stls, user;
	bool dead;
	bool login; /* while logging in a plain -ERR means: wrong password */
	char *mechanism;
	struct str line; /* of a status or a message: its memory is used again */
};

static int send_line(struct pop3 *p, const char *line, struct err *err)
{
	if (stream_write(p->stream, line, strlen(line), err) ||
		stream_write(p->stream, "\r\n", 2, err)) {
		p->dead = true;
		return -1;
	}
	return 0;
}

static int flush(struct pop3 *p, struct err *err)
{
	if (stream_flush(p->stream, err)) {
		p->dead = true;
		return -1;
	}
	return 0;
}

static int read_line(struct pop3 *p, struct str *line, size_t max, struct err *err)
{
	if (stream_read_line(p->stream, line, max, err)) {
		p->dead = true;
		return -1;
	}
	return 0;
}

static int protocol_error(struct pop3 *p, struct err *err)
{
	p->dead = true;
	return err_set(err, ERR_PROTOCOL, _("The POP3 server's answer cannot be understood"));
}

/* What "-ERR [CODE] text" means (RFC 2449 8, RFC 3206). */
static int refused(const struct pop3 *p, const char *text, struct err *err)
{
	static const char *const later[] = {"[IN-USE]", "[LOGIN-DELAY]", "[SYS/TEMP]"};
	enum err_kind kind = p->login ? ERR_AUTH : ERR_REFUSED;

	/* Where TLS is required and has not begun, anybody on the way may be speaking: it is no
	 * verdict, and none of the words are shown. */
	if (p->server.security == NET_STARTTLS && !stream_is_encrypted(p->stream))
		return err_set(err, ERR_AGAIN, _("The POP3 server refused the connection"));
	for (size_t i = 0; i < MEM_COUNT(later); i++)
		if (str_istarts(text, later[i]))
			kind = ERR_AGAIN;
	if (p->login && login_is_not_now(text))
		kind = ERR_AGAIN;
	if (str_istarts(text, "[SYS/PERM]"))
		kind = ERR_REFUSED;
	else if (str_istarts(text, "[AUTH]"))
		kind = ERR_AUTH;
	if (kind == ERR_AUTH)
		return err_set(err, kind, _("The server refused the login: %s"), text);
	return err_set(err, kind, _("The server refused: %s"), text);
}

/* The text behind a status word, or NULL when the line does not begin with it. */
static const char *behind(const char *line, const char *status)
{
	size_t n = strlen(status);

	if (str_nicmp(line, status, n) != 0 || (line[n] && line[n] != ' '))
		return NULL;
	line += n;
	return *line == ' ' ? line + 1 : line;
}

/* Reads "+OK" (0) or "-ERR" (-1, the connection goes on) or anything else (-1, dead). */
static int read_status(struct pop3 *p, struct err *err)
{
	const char *line, *text;

	if (read_line(p, &p->line, LINE_MAX_BYTES, err))
		return -1;
	line = str_c(&p->line);
	if (behind(line, "+OK"))
		return 0;
	text = behind(line, "-ERR");
	return text ? refused(p, text, err) : protocol_error(p, err);
}

static int usable(const struct pop3 *p, struct err *err)
{
	if (p->dead)
		return err_set(err, ERR_NETWORK, _("The connection is closed"));
	return 0;
}

static int command(struct pop3 *p, const char *line, struct err *err)
{
	if (usable(p, err))
		return -1;
	stream_command(p->stream, QUIET_BUDGET);
	if (send_line(p, line, err) || flush(p, err))
		return -1;
	return read_status(p, err);
}

/* --- opening --- */

static void capa_line(struct pop3 *p, char *line)
{
	char *save = NULL, *word = strtok_r(line, " ", &save);

	if (!word)
		return;
	if (!str_icmp(word, "STLS"))
		p->stls = true;
	else if (!str_icmp(word, "USER"))
		p->user = true;
	else if (!str_icmp(word, "TOP"))
		p->can |= POP3_TOP;
	else if (!str_icmp(word, "UIDL"))
		p->can |= POP3_UIDL;
	else if (!str_icmp(word, "PIPELINING"))
		p->can |= POP3_PIPELINING;
	else if (!str_icmp(word, "RESP-CODES"))
		p->can |= POP3_RESP_CODES;
	else if (!str_icmp(word, "SASL"))
		while ((word = strtok_r(NULL, " ", &save)))
			strv_add(&p->mechanisms, word);
}

/* CAPA (RFC 2449 5). A server that does not know it is no fault: nothing is known then. */
static int ask_capa(struct pop3 *p, struct err *err)
{
	struct str line = STR_INIT;
	struct err why;
	int n;

	strv_done(&p->mechanisms);
	p->can = 0;
	p->stls = p->user = p->knows_capa = false;
	if (command(p, "CAPA", &why)) {
		if (!p->dead)
			return 0;
		if (err)
			*err = why;
		return -1;
	}
	p->knows_capa = true;
	for (n = 0; n < CAPA_LINES; n++) {
		if (read_line(p, &line, LINE_MAX_BYTES, err))
			break;
		if (!strcmp(str_c(&line), "."))
			break;
		if (line.len)
			capa_line(p, line.p);
	}
	str_done(&line);
	return p->dead ? -1 : n == CAPA_LINES ? protocol_error(p, err) : 0;
}

static int start_tls(struct pop3 *p, struct err *err)
{
	struct err said = {0};

	if (!p->stls) {
		p->dead = true;
		return err_set(err, ERR_CERT,
			_("The POP3 server does not offer STLS, and nothing is sent unencrypted"));
	}
	if (command(p, "STLS", &said)) {
		p->dead = true;
		return stream_no_tls(&said, _("The POP3 server refused to start encryption"), err);
	}
	if (stream_starttls(p->stream, err)) {
		p->dead = true;
		return -1;
	}
	return ask_capa(p, err);
}

static enum login_answer auth_answer(void *ctx, struct str *challenge, struct err *err)
{
	struct pop3 *p = ctx;
	struct str line = STR_INIT;
	const char *text;
	enum login_answer a = LOGIN_FAILED;

	str_clear(challenge);
	if (read_line(p, &line, LINE_MAX_BYTES, err))
		goto out;
	if (behind(str_c(&line), "+OK")) {
		a = LOGIN_OK;
	} else if ((text = behind(str_c(&line), "-ERR"))) {
		refused(p, text, err);
	} else if ((text = behind(str_c(&line), "+"))) {
		str_adds(challenge, text);
		a = LOGIN_CHALLENGE;
	} else {
		protocol_error(p, err);
	}
out:
	str_done(&line);
	return a;
}

static int secret_command(struct pop3 *p, const char *verb, const char *arg, struct err *err)
{
	struct str line = STR_INIT;
	int r;

	str_addf(&line, "%s %s", verb, arg);
	stream_secret(p->stream, true);
	r = command(p, line.p, err);
	stream_secret(p->stream, false);
	mem_wipe(line.p);
	str_done(&line);
	return r;
}

static int user_pass(struct pop3 *p, const struct net_login *login, struct err *err)
{
	if (!login_text_ok(login->user) || !login_text_ok(login->secret))
		return err_set(err, ERR_INPUT, _("The user name or password cannot be sent"));
	free(p->mechanism);
	p->mechanism = mem_strdup("USER/PASS");
	if (secret_command(p, "USER", login->user, err))
		return -1;
	return secret_command(p, "PASS", login->secret, err);
}

static int begin_login(void *ctx, struct login_frame *frame, const struct sasl *sasl)
{
	struct pop3 *p = ctx;

	(void)frame;
	free(p->mechanism);
	p->mechanism = mem_strdup(sasl_mechanism(sasl));
	stream_command(p->stream, QUIET_BUDGET);
	return p->dead ? -1 : 0;
}

static int log_in(struct pop3 *p, const struct net_login *login, struct err *err)
{
	struct login_frame frame = {.command = "AUTH",
		.initial = true,
		.max_command = AUTH_LINE,
		.begin = begin_login,
		.answer = auth_answer,
		.ctx = p};
	int r;

	p->login = true;
	r = login_run(p->stream, &p->server, &p->mechanisms, login, "pop", &frame, err);
	if (r > 0 && login_by_command(p->stream, &p->server, login) && (p->user || !p->knows_capa))
		r = user_pass(p, login, err);
	p->login = false;
	return r ? -1 : 0;
}

static int greet(struct pop3 *p, const struct net_login *login, struct err *err)
{
	struct err why = {0};

	stream_command(p->stream, QUIET_BUDGET);
	if (read_status(p, &why)) {
		/* It is said to the connection; nobody has tried to log in. */
		if (why.kind == ERR_REFUSED || why.kind == ERR_AUTH)
			why.kind = ERR_AGAIN;
		if (err)
			*err = why;
		return -1;
	}
	if (ask_capa(p, err))
		return -1;
	if (p->server.security == NET_STARTTLS && start_tls(p, err))
		return -1;
	if (log_in(p, login, err))
		return -1;
	/* Some servers tell TOP and UIDL only to those who are logged in. */
	if (!(p->can & POP3_UIDL) && p->knows_capa)
		return ask_capa(p, err);
	if (!p->knows_capa)
		p->can |= POP3_UIDL | POP3_TOP; /* to be tried */
	return 0;
}

int pop3_open(struct pop3 **out, const struct net_server *server, const struct net_options *options,
	const struct net_login *login, struct net_cancel *cancel, struct err *err)
{
	struct pop3 *p = mem_alloc(sizeof(*p));

	*out = NULL;
	p->server = *server;
	if (stream_open(&p->stream, server, options, cancel, err)) {
		free(p);
		return -1;
	}
	if (greet(p, login, err)) {
		pop3_free(p);
		return -1;
	}
	*out = p;
	return 0;
}

void pop3_free(struct pop3 *p)
{
	if (!p)
		return;
	stream_free(p->stream);
	strv_done(&p->mechanisms);
	free(p->mechanism);
	str_done(&p->line);
	free(p);
}

int pop3_quit(struct pop3 *p, struct err *err)
{
	int r = command(p, "QUIT", err);

	p->dead = true;
	return r;
}

unsigned pop3_can(const struct pop3 *p)
{
	return p->can;
}

void pop3_describe(const struct pop3 *p, struct str *out)
{
	stream_describe(p->stream, out);
	str_addf(out, "\nPOP3%s%s%s%s, %s\n", p->can & POP3_UIDL ? " UIDL" : "",
		p->can & POP3_TOP ? " TOP" : "", p->can & POP3_PIPELINING ? " PIPELINING" : "",
		p->can & POP3_RESP_CODES ? " RESP-CODES" : "", p->mechanism ? p->mechanism : "-");
}

/* --- LIST and UIDL --- */

/* A number and the blanks behind it; false when it is none, or no word of its own. */
static bool parse_number(const char **at, uint64_t max, uint64_t *out)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	unsigned long long v = strtoull(*at, &end, 10);
	if (errno || v > max || (*end && *end != ' ' && *end != '\t'))
		return false;
	*out = v;
	*at = end + strspn(end, " \t");
	return true;
}

/* Calls each() for every line of a multi-line answer; the number is already checked. */
static int each_line(struct pop3 *p, void (*each)(struct pop3_list *, uint32_t, const char *),
	struct pop3_list *list, struct err *err)
{
	struct str line = STR_INIT;
	uint64_t number, lines = 0;
	const char *at;

	while (!read_line(p, &line, LINE_MAX_BYTES, err)) {
		at = str_c(&line);
		if (!strcmp(at, "."))
			break;
		if (++lines > 2 * (uint64_t)MESSAGES) {
			protocol_error(p, err);
			break;
		}
		while (line.len && (line.p[line.len - 1] == ' ' || line.p[line.len - 1] == '\t'))
			str_cut(&line, line.len - 1);
		at = str_c(&line) + strspn(str_c(&line), " \t");
		if (!parse_number(&at, UINT64_MAX, &number) || !number)
			list->odd++;
		else if (number > MESSAGES)
			list->over++;
		else
			each(list, (uint32_t)number, at);
	}
	str_done(&line);
	return p->dead ? -1 : 0;
}

/* The size is only a hint: where it cannot be read the message is there all the same. */
static void list_line(struct pop3_list *list, uint32_t number, const char *rest)
{
	uint64_t size = 0;

	parse_number(&rest, (uint64_t)1 << 50, &size);
	list->v = mem_grow(list->v, &list->cap, list->n + 1, sizeof(*list->v));
	list->v[list->n++] = (struct pop3_entry){.number = number, .size = size};
}

static int by_number(const void *a, const void *b)
{
	const struct pop3_entry *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* Of a message that is listed more than once the smallest size that could be read comes first. */
static int by_number_and_size(const void *a, const void *b)
{
	const struct pop3_entry *x = a, *y = b;
	uint64_t size_x = x->size ? x->size : UINT64_MAX, size_y = y->size ? y->size : UINT64_MAX;
	int r = by_number(a, b);

	return r ? r : (size_x > size_y) - (size_x < size_y);
}

static void sort_entries(struct pop3_list *list)
{
	size_t n = 0;

	if (list->n)
		qsort(list->v, list->n, sizeof(*list->v), by_number_and_size);
	for (size_t i = 0; i < list->n; i++)
		if (!n || list->v[n - 1].number != list->v[i].number)
			list->v[n++] = list->v[i];
	list->n = n;
}

/* RFC 1939 7: 1 to 70 characters from 0x21 to 0x7E. */
static bool good_uidl(const char *s)
{
	size_t n = 0;

	for (; s[n]; n++)
		if (n >= 70 || s[n] < 0x21 || s[n] > 0x7e)
			return false;
	return n > 0;
}

static void uidl_line(struct pop3_list *list, uint32_t number, const char *rest)
{
	struct pop3_entry key = {.number = number}, *e;

	if (!list->n || !good_uidl(rest))
		return;
	e = bsearch(&key, list->v, list->n, sizeof(*list->v), by_number);
	if (!e)
		return;
	/* Two answers for one message: neither can be trusted; a blank keeps it from being set. */
	if (e->uidl[0])
		memcpy(e->uidl, " ", 2);
	else
		memcpy(e->uidl, rest, strlen(rest) + 1);
}

static void drop_repeated(struct pop3_list *list)
{
	struct map *seen = map_new();

	for (size_t i = 0; i < list->n; i++) {
		struct pop3_entry *e = &list->v[i], *other;

		if (e->uidl[0] == ' ')
			e->uidl[0] = '\0';
		if (!e->uidl[0])
			continue;
		other = map_get(seen, e->uidl);
		if (!other) {
			map_put(seen, e->uidl, e);
			continue;
		}
		other->uidl[71] = e->uidl[71] = 1;
	}
	map_free(seen, NULL);
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].uidl[71])
			memset(list->v[i].uidl, 0, sizeof(list->v[i].uidl));
}

static int read_uidl(struct pop3 *p, struct pop3_list *out, struct err *err)
{
	if (read_status(p, err)) {
		if (!p->dead)
			p->can &= ~(unsigned)POP3_UIDL;
		return p->dead ? -1 : 0;
	}
	if (each_line(p, uidl_line, out, err))
		return -1;
	p->can |= POP3_UIDL;
	drop_repeated(out);
	return 0;
}

/* Some servers say -ERR to LIST where there is nothing to list. */
static bool is_empty(struct pop3 *p)
{
	const char *text;
	uint64_t n;

	if (p->dead || command(p, "STAT", NULL))
		return false;
	text = behind(str_c(&p->line), "+OK");
	text += strspn(text, " \t");
	return parse_number(&text, UINT64_MAX, &n) && n == 0;
}

static int ask_list(struct pop3 *p, struct pop3_list *out, struct err *err)
{
	bool both = (p->can & POP3_PIPELINING) && (p->can & POP3_UIDL);
	struct err why = {0};
	int refusal;

	stream_command(p->stream, LIST_BUDGET);
	if (send_line(p, "LIST", err) || (both && send_line(p, "UIDL", err)) || flush(p, err))
		return -1;
	refusal = read_status(p, &why);
	if (p->dead || (!refusal && each_line(p, list_line, out, &why))) {
		if (err)
			*err = why;
		return -1;
	}
	sort_entries(out);
	if (refusal) {
		if (both && read_uidl(p, out, err))
			return -1;
		if (is_empty(p))
			return 0;
		if (err)
			*err = why;
		return -1;
	}
	if (!both) {
		if (!(p->can & POP3_UIDL))
			return 0;
		if (send_line(p, "UIDL", err) || flush(p, err))
			return -1;
	}
	return read_uidl(p, out, err);
}

int pop3_list(struct pop3 *p, struct pop3_list *out, struct err *err)
{
	*out = (struct pop3_list){0};
	if (usable(p, err))
		return -1;
	if (!ask_list(p, out, err))
		return 0;
	pop3_list_done(out);
	return -1;
}

void pop3_list_done(struct pop3_list *list)
{
	free(list->v);
	*list = (struct pop3_list){0};
}

/* --- RETR and TOP --- */

struct transfer {
	struct pop3 *p;
	const uint32_t *numbers;
	size_t n;
	bool top;
	uint32_t lines;
	uint64_t max;
	pop3_message_fn *done;
	bool (*stop)(void *ctx);
	void *ctx;
	size_t room; /* what the last one took: the next is often no larger */
};

static int ask_one(const struct transfer *t, size_t i, struct err *err)
{
	char line[64];

	if (t->top)
		snprintf(line, sizeof(line), "TOP %u %u", t->numbers[i], t->lines);
	else
		snprintf(line, sizeof(line), "RETR %u", t->numbers[i]);
	return send_line(t->p, line, err);
}

/* Reads up to the lone dot; what is over the limit is read and dropped. Returns 1 for too large. */
static int read_message(const struct transfer *t, struct str *message, struct err *err)
{
	struct str *line = &t->p->line;
	size_t longest = t->max < ((uint64_t)256 << 20) ? (size_t)t->max + 1024 : 256 << 20;
	int r = 0;

	while (!read_line(t->p, line, longest, err)) {
		const char *p = str_c(line);
		size_t len = line->len;

		if (len && p[0] == '.') {
			if (len == 1)
				break;
			p++;
			len--;
		}
		if (message->len + len + 2 > t->max)
			r = 1;
		if (r)
			continue;
		str_add(message, p, len);
		str_add(message, "\r\n", 2);
	}
	if (line->cap > LINE_MAX_BYTES)
		str_done(line);
	return t->p->dead ? -1 : r;
}

static int get_one(struct transfer *t, size_t i, struct err *err)
{
	struct str message = STR_INIT;
	struct err why = {0};
	int r;

	/* Twice: what is too large is still read to its end, and kept out, when it is not absurd.
	 */
	stream_command(t->p->stream, t->max < UINT64_MAX / 4 ? t->max * 2 + (8 << 20) : UINT64_MAX);
	r = read_status(t->p, &why);
	if (!r) {
		str_room(&message, t->room);
		r = read_message(t, &message, &why);
		t->room = message.len < ROOM_MAX ? message.len : ROOM_MAX;
		if (r > 0)
			err_set(&why, ERR_REFUSED,
				_("The message is larger than the limit of %llu bytes"),
				(unsigned long long)t->max);
	} else if (why.kind == ERR_REFUSED) {
		why.kind = ERR_GONE;
	}
	if (t->p->dead) {
		str_done(&message);
		if (err)
			*err = why;
		return -1;
	}
	t->done(t->ctx, t->numbers[i], r ? NULL : &message, r ? &why : NULL);
	str_done(&message);
	return 0;
}

static int run_transfer(struct transfer *t, struct err *err)
{
	size_t window = t->p->can & POP3_PIPELINING ? AHEAD : 1, sent = 0;

	if (usable(t->p, err))
		return -1;
	for (size_t i = 0; i < t->n; i++) {
		if (t->stop && t->stop(t->ctx)) {
			/* The answers under way would be taken for those of later commands. */
			t->p->dead = t->p->dead || sent > i;
			return err_set(err, ERR_CANCELLED, _("Cancelled"));
		}
		/* Refilled by halves, so that the commands travel in few packets. */
		if (sent == i || sent - i <= window / 2) {
			while (sent < t->n && sent - i < window)
				if (ask_one(t, sent++, err))
					return -1;
			if (flush(t->p, err))
				return -1;
		}
		if (get_one(t, i, err))
			return -1;
	}
	return 0;
}

int pop3_retr(struct pop3 *p, const uint32_t *numbers, size_t n, uint64_t max_bytes,
	pop3_message_fn *done, bool (*stop)(void *ctx), void *ctx, struct err *err)
{
	struct transfer t = {p, numbers, n, false, 0, max_bytes, done, stop, ctx, 0};

	return run_transfer(&t, err);
}

int pop3_top(struct pop3 *p, const uint32_t *numbers, size_t n, uint32_t lines,
	pop3_message_fn *done, bool (*stop)(void *ctx), void *ctx, struct err *err)
{
	struct transfer t = {p, numbers, n, true, lines, 64 << 20, done, stop, ctx, 0};

	return run_transfer(&t, err);
}

int pop3_dele_many(struct pop3 *p, const uint32_t *numbers, size_t n, bool *gone, struct err *err)
{
	size_t window = p->can & POP3_PIPELINING ? AHEAD : 1, sent = 0;
	char line[32];

	if (usable(p, err))
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (sent == i || sent - i <= window / 2) {
			for (; sent < n && sent - i < window; sent++) {
				snprintf(line, sizeof(line), "DELE %u", numbers[sent]);
				if (send_line(p, line, err))
					return -1;
			}
			if (flush(p, err))
				return -1;
		}
		stream_command(p->stream, QUIET_BUDGET);
		gone[i] = read_status(p, err) == 0;
		if (p->dead)
			return -1;
	}
	return 0;
}

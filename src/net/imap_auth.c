#include "base/str.h"
#include "net/imap_priv.h"

#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "net/login.h"

#include <stdlib.h>
#include <string.h>

#define SAY_ID "ID (\"name\" \"Talaria\")"
#define SAY_ENABLE                                                                                 \
	"ENABLE QRESYNC CONDSTORE" /* those it does not know mean nothing (RFC 5161 3.1) */

enum { EARLY_MS = 10000 };
enum { LINES = 1000, ID_MAX = 500, LITERAL = 64 << 10, COMMAND = 64 << 10 };

/* --- our own lines: nothing of this passes through libetpan's parser --- */

static int wrong(struct imap *im, struct err *err)
{
	im->dead = true;
	return err_set(err, ERR_PROTOCOL, _("The IMAP server's answer cannot be understood"));
}

/* The octets of "{12}" at the end of a line, -1 when there is none. */
static long announced(const struct str *line)
{
	const char *end = line->p + line->len - 1, *p = end;

	if (!line->len || *end != '}')
		return -1;
	while (p > line->p && p[-1] >= '0' && p[-1] <= '9')
		p--;
	if (p == end || p == line->p || p[-1] != '{' || end - p > 9)
		return -1;
	return strtol(p, NULL, 10);
}

/* Answers are text to their end, whatever it looks like. */
static bool has_data(const struct str *line)
{
	return str_istarts(str_c(line), "* ") && !wire_is_answer(line->p, line->len);
}

static int add_literal(struct imap *im, struct str *line, size_t n, struct err *err)
{
	mailstream *from = stream_mailstream(im->stream);

	str_adds(line, "\r\n");
	str_room(line, n);
	while (n) {
		char piece[4096];
		ssize_t got = mailstream_read(from, piece, n < sizeof(piece) ? n : sizeof(piece));

		if (got <= 0)
			return imap_broken(im, err);
		str_add(line, piece, (size_t)got);
		n -= (size_t)got;
	}
	return 0;
}

int imap_read_line(struct imap *im, struct str *line, struct err *err)
{
	struct str more = STR_INIT;
	int r = 0;

	if (stream_read_line(im->stream, line, IMAP_LINE, err)) {
		imap_broken(im, err);
		return -1;
	}
	str_room(line, 1);
	for (long n; !r && has_data(line) && (n = announced(line)) >= 0;) {
		if (n > LITERAL || line->len > IMAP_LINE * 4)
			r = wrong(im, err);
		else if (add_literal(im, line, (size_t)n, err))
			r = -1;
		else if (stream_read_line(im->stream, &more, IMAP_LINE, err))
			r = imap_broken(im, err);
		else
			str_add(line, str_c(&more), more.len);
	}
	str_done(&more);
	return r;
}

int imap_send_tagged(struct imap *im, const char *command, char tag[16], struct err *err)
{
	struct str line = STR_INIT;
	int r = 0;

	snprintf(tag, 16, "a%d", ++im->tag);
	str_addf(&line, "%s %s\r\n", tag, command);
	if (stream_write(im->stream, line.p, line.len, err))
		r = imap_broken(im, err);
	str_done(&line);
	return r;
}

const char *imap_tagged(const char *line, const char *tag)
{
	size_t n = strlen(tag);

	return !strncmp(line, tag, n) && line[n] == ' ' ? line + n + 1 : NULL;
}

static bool says(const char *text, const char *word)
{
	size_t n = strlen(word);

	return !str_nicmp(text, word, n) && (text[n] == ' ' || !text[n]);
}

typedef void line_fn(struct imap *im, const char *line);

/*
 * Reads to the tagged answer. Untagged lines go to each (may be NULL). 0: OK, 1: NO, 2: BAD; answer
 * gets the text.
 */
static int read_answer(
	struct imap *im, const char *tag, line_fn *each, struct str *answer, struct err *err)
{
	struct str line = STR_INIT;
	int r = -1, n;

	for (n = 0; n < LINES; n++) {
		const char *text;

		if (imap_read_line(im, &line, err))
			break;
		text = imap_tagged(line.p, tag);
		if (!text && line.p[0] == '*') {
			if (each)
				each(im, line.p);
			continue;
		}
		r = !text               ? -1
		    : says(text, "OK")  ? 0
		    : says(text, "NO")  ? 1
		    : says(text, "BAD") ? 2
					: -1;
		if (r < 0)
			wrong(im, err);
		else if (answer)
			str_adds(answer, text + (r == 2 ? 3 : 2) + (text[r == 2 ? 3 : 2] == ' '));
		break;
	}
	if (n == LINES)
		wrong(im, err);
	str_done(&line);
	return r;
}

static int flush(struct imap *im, struct err *err)
{
	return stream_flush(im->stream, err) ? imap_broken(im, err) : 0;
}

static int ask(
	struct imap *im, const char *command, line_fn *each, struct str *answer, struct err *err)
{
	char tag[16];

	stream_command(im->stream, IMAP_QUIET);
	if (imap_send_tagged(im, command, tag, err) || flush(im, err))
		return -1;
	return read_answer(im, tag, each, answer, err);
}

/* --- capabilities --- */

static void forget_caps(struct imap *im)
{
	strv_done(&im->caps);
	strv_done(&im->mechanisms);
	im->has_caps = false;
}

/* Words up to "]" or the end. */
static void set_caps(struct imap *im, const char *p)
{
	forget_caps(im);
	im->has_caps = true;
	while (*(p += strspn(p, " ")) && *p != ']') {
		size_t n = strcspn(p, " ]");
		char *word = mem_strndup(p, n);

		for (size_t i = 0; i < n; i++)
			word[i] = str_upper(word[i]);
		if (str_starts(word, "AUTH="))
			strv_add(&im->mechanisms, word + 5);
		else
			strv_add(&im->caps, word);
		free(word);
		p += n;
	}
}

static void caps_line(struct imap *im, const char *line)
{
	if (str_istarts(line, "* CAPABILITY "))
		set_caps(im, line + 13);
}

/* "[CAPABILITY ...]" at the beginning of an answer's text (RFC 3501 7.1) spares a round trip. */
static void caps_code(struct imap *im, const char *text)
{
	if (str_istarts(text, "[CAPABILITY "))
		set_caps(im, text + 12);
}

static int ask_caps(struct imap *im, struct err *err)
{
	int r;

	if (im->has_caps)
		return 0;
	r = ask(im, "CAPABILITY", caps_line, NULL, err);
	if (r < 0)
		return -1;
	/* An OK without data, a NO and a BAD all mean: nothing is known. */
	im->has_caps = true;
	return 0;
}

/* --- greeting and STARTTLS --- */

static int greeting_bye(struct imap *im, const char *text, struct err *err)
{
	im->dead = true;
	if (im->server.security == NET_STARTTLS)
		return err_set(err, ERR_AGAIN, _("The IMAP server refused the connection"));
	return err_set(err, ERR_AGAIN, _("The server refused the connection: %s"), text);
}

static int read_greeting(struct imap *im, struct err *err)
{
	struct str line = STR_INIT;
	int r = 0;

	stream_command(im->stream, IMAP_QUIET);
	if (imap_read_line(im, &line, err)) {
		r = -1;
	} else if (str_istarts(line.p, "* OK") && says(line.p + 2, "OK")) {
		if (im->server.security != NET_STARTTLS && line.p[4])
			caps_code(im, line.p + 5);
	} else if (str_istarts(line.p, "* PREAUTH") && says(line.p + 2, "PREAUTH")) {
		im->preauth = true;
		if (im->server.security != NET_STARTTLS && line.p[9])
			caps_code(im, line.p + 10);
	} else if (str_istarts(line.p, "* BYE") && says(line.p + 2, "BYE")) {
		r = greeting_bye(im, line.p[5] ? line.p + 6 : "", err);
	} else {
		r = wrong(im, err);
	}
	str_done(&line);
	return r;
}

/* Whatever was said in the clear may come from anybody: all of it is forgotten. */
static void forget_plain(struct imap *im)
{
	struct strv status = STRV_INIT;

	forget_caps(im);
	im->news = (struct imap_news){0};
	free(wire_take_bye(stream_wire(im->stream)));
	free(wire_take_alert(stream_wire(im->stream)));
	wire_take_status(stream_wire(im->stream), &status);
	strv_done(&status);
}

static int start_tls(struct imap *im, struct err *err)
{
	int r;

	if (im->preauth) {
		im->dead = true;
		return err_set(err, ERR_CERT,
			_("The IMAP server wants to go on without encryption (PREAUTH); nothing "
			  "was "
			  "sent"));
	}
	if (ask_caps(im, err))
		return -1;
	if (!imap_has(im, "STARTTLS")) {
		im->dead = true;
		return err_set(err, ERR_CERT,
			_("The IMAP server does not offer STARTTLS, and nothing is sent "
			  "unencrypted"));
	}
	r = ask(im, "STARTTLS", NULL, NULL, NULL);
	forget_plain(im);
	if (r) {
		im->dead = true;
		return stream_no_tls(stream_error(im->stream),
			_("The IMAP server refused to start encryption"), err);
	}
	if (stream_starttls(im->stream, err)) {
		im->dead = true;
		return -1;
	}
	forget_plain(im);
	return 0;
}

/* --- login --- */

struct talk {
	struct imap *im;
	char tag[16], command[40];
	bool says_id, may_be_early;
};

/* Response codes (RFC 5530) that say "not now", or the words for it. */
static bool is_not_now(const char *text)
{
	static const char *const codes[] = {
		"[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]", "[CONTACTADMIN]"};

	for (size_t i = 0; i < MEM_COUNT(codes); i++)
		if (str_istarts(text, codes[i]))
			return true;
	return !str_istarts(text, "[AUTHENTICATIONFAILED]") && !str_istarts(text, "[EXPIRED]") &&
	       !str_istarts(text, "[AUTHORIZATIONFAILED]") && login_is_not_now(text);
}

static int login_refused(const char *text, struct err *err)
{
	return err_set(err, is_not_now(text) ? ERR_AGAIN : ERR_AUTH,
		_("The server refused the login: %s"), text);
}

static enum login_answer auth_answer(void *ctx, struct str *challenge, struct err *err)
{
	struct talk *t = ctx;
	struct str line = STR_INIT;
	enum login_answer a = LOGIN_FAILED;
	const char *text;

	str_clear(challenge);
	for (int n = 0; n < LINES; n++) {
		if (imap_read_line(t->im, &line, err))
			goto out;
		if (line.p[0] != '*')
			break;
		caps_line(t->im, line.p);
	}
	text = imap_tagged(line.p, t->tag);
	if (line.p[0] == '+') {
		str_adds(challenge, line.p[1] == ' ' ? line.p + 2 : line.p + 1);
		a = LOGIN_CHALLENGE;
	} else if (text && says(text, "OK")) {
		if (text[2])
			caps_code(t->im, text + 3);
		a = LOGIN_OK;
	} else if (text && says(text, "NO")) {
		login_refused(text[2] ? text + 3 : "", err);
	} else if (text && says(text, "BAD")) {
		login_refused(text[3] ? text + 4 : "", err);
	} else {
		wrong(t->im, err);
	}
out:
	str_done(&line);
	return a;
}

static int send_early_select(struct imap *im, struct err *err)
{
	struct imap_early *e = &im->early;
	struct imap_known known = {0};
	const char *mailbox = e->first.ask ? e->first.ask(e->first.ctx, &known) : NULL;
	bool has_known = known.uidvalidity && known.modseq;
	struct str select = STR_INIT;
	int r = 0;

	if (mailbox && !imap_put_select(&select, mailbox, has_known ? &known : NULL, false, NULL)) {
		e->mailbox = mem_strdup(mailbox);
		e->has_known = has_known;
		e->known = known;
		r = imap_send_tagged(im, select.p, e->tags[2], err);
	}
	str_done(&select);
	return r;
}

static int send_early(void *ctx, struct err *err)
{
	const struct talk *t = ctx;
	struct imap_early *e = &t->im->early;

	e->sent_hello = true;
	if (t->says_id && imap_send_tagged(t->im, SAY_ID, e->tags[0], err))
		return -1;
	if (imap_send_tagged(t->im, SAY_ENABLE, e->tags[1], err) || send_early_select(t->im, err))
		return -1;
	log_line(3, "ID, ENABLE%s go with the end of the login", e->tags[2][0] ? ", SELECT" : "");
	return 0;
}

/*
 * Only behind SCRAM, whose last answer is empty and ends the server's doubts, and only where the
 * server said that it knows ENABLE: such a server is not of those that drop what was sent ahead.
 */
static bool may_be_early(const struct imap *im)
{
	return !im->early.first.patient && imap_has(im, "ENABLE") && imap_has(im, "SASL-IR");
}

static int begin_login(void *ctx, struct login_frame *frame, const struct sasl *sasl)
{
	struct talk *t = ctx;
	struct imap *im = t->im;

	if (im->dead || im->early.sent_hello)
		return -1;
	snprintf(t->tag, sizeof(t->tag), "a%d", ++im->tag);
	snprintf(t->command, sizeof(t->command), "%s AUTHENTICATE", t->tag);
	frame->behind =
		t->may_be_early && !strncmp(sasl_mechanism(sasl), "SCRAM-", 6) ? send_early : NULL;
	free(im->mechanism);
	im->mechanism = mem_strdup(sasl_mechanism(sasl));
	stream_command(im->stream, IMAP_QUIET);
	return 0;
}

/* The server's go-ahead to the octets of a literal. */
static int await_go_ahead(struct imap *im, const char *tag, struct err *err)
{
	struct str line = STR_INIT;
	const char *text;
	int r = 1;

	for (int n = 0; r > 0; n++) {
		if (n == LINES)
			r = wrong(im, err);
		else if (imap_read_line(im, &line, err))
			r = -1;
		else if (line.p[0] == '*')
			caps_line(im, line.p);
		else if (line.p[0] == '+')
			r = 0;
		else if ((text = imap_tagged(line.p, tag)) &&
			 (says(text, "NO") || says(text, "BAD")))
			r = login_refused(text + strcspn(text, " "), err);
		else
			r = wrong(im, err);
	}
	str_done(&line);
	return r;
}

/* A quoted string, or a literal where there are bytes that no quoted string can have (RFC 3501 4.3,
 * 9). cmd is what was not sent yet. */
static int add_astring(struct imap *im, struct str *cmd, const char *text, bool plus,
	const char *tag, struct err *err)
{
	size_t len = strlen(text);

	if (str_is_ascii(text, len))
		return imap_quote(cmd, text, err);
	str_addf(cmd, "{%zu%s}\r\n", len, plus ? "+" : "");
	if (!plus) {
		if (stream_write(im->stream, cmd->p, cmd->len, err))
			return imap_broken(im, err);
		if (flush(im, err) || await_go_ahead(im, tag, err))
			return -1;
		str_clear(cmd);
	}
	str_add(cmd, text, len);
	return 0;
}

static int send_login(
	struct imap *im, const struct net_login *login, bool plus, char tag[16], struct err *err)
{
	struct str cmd = STR_INIT;
	int r;

	snprintf(tag, 16, "a%d", ++im->tag);
	str_addf(&cmd, "%s LOGIN ", tag);
	r = add_astring(im, &cmd, login->user, plus, tag, err);
	if (!r) {
		str_addc(&cmd, ' ');
		r = add_astring(im, &cmd, login->secret, plus, tag, err);
	}
	if (!r) {
		str_adds(&cmd, "\r\n");
		r = stream_write(im->stream, cmd.p, cmd.len, err) ? imap_broken(im, err)
								  : flush(im, err);
	}
	mem_wipe(cmd.p);
	str_done(&cmd);
	return r;
}

/* The LOGIN command, for servers that have no mechanism of ours. */
static int login_command(struct imap *im, const struct net_login *login, bool plus, struct err *err)
{
	struct str answer = STR_INIT;
	char tag[16];
	int r;

	if (!login_text_ok(login->user) || !login_text_ok(login->secret))
		return err_set(err, ERR_INPUT, _("The user name or password cannot be sent"));
	free(im->mechanism);
	im->mechanism = mem_strdup("LOGIN");
	stream_command(im->stream, IMAP_QUIET);
	stream_secret(im->stream, true);
	r = send_login(im, login, plus, tag, err);
	stream_secret(im->stream, false);
	if (!r)
		r = read_answer(im, tag, caps_line, &answer, err);
	if (r == 0)
		caps_code(im, str_c(&answer));
	else if (r > 0)
		r = login_refused(str_c(&answer), err);
	str_done(&answer);
	return r;
}

static int log_in(struct imap *im, const struct net_login *login, struct err *err)
{
	struct talk talk = {
		.im = im, .says_id = imap_has(im, "ID"), .may_be_early = may_be_early(im)};
	struct login_frame frame = {.command = talk.command,
		.initial = imap_has(im, "SASL-IR"),
		.max_command = COMMAND,
		.begin = begin_login,
		.answer = auth_answer,
		.ctx = &talk};
	bool plus = imap_has(im, "LITERAL+") || imap_has(im, "LITERAL-");
	bool disabled = imap_has(im, "LOGINDISABLED");
	struct strv offered = im->mechanisms;
	int r;

	if (im->preauth)
		return 0;
	/* What the server says of itself after the login is another matter. */
	im->mechanisms = (struct strv)STRV_INIT;
	forget_caps(im);
	r = login_run(im->stream, &im->server, &offered, login, "imap", &frame, err);
	strv_done(&offered);
	if (r > 0 && login_by_command(im->stream, &im->server, login)) {
		if (disabled)
			return err_set(err, ERR_AUTH, _("The server does not allow a login here"));
		r = login_command(im, login, plus, err);
	}
	return r ? -1 : 0;
}

/* --- ID and ENABLE --- */

static void enabled_line(struct imap *im, const char *p)
{
	while (*(p += strspn(p, " "))) {
		size_t n = strcspn(p, " ");

		if (n == 7 && !str_nicmp(p, "QRESYNC", n))
			im->enabled |= IMAP_QRESYNC | IMAP_CONDSTORE;
		else if (n == 9 && !str_nicmp(p, "CONDSTORE", n))
			im->enabled |= IMAP_CONDSTORE;
		p += n;
	}
}

static void note_id(struct imap *im, const char *text)
{
	char *clean = utf8_clean_line(text, strlen(text));
	struct str kept = STR_INIT;

	utf8_add_short(&kept, clean, strlen(clean), ID_MAX);
	free(clean);
	free(im->id);
	im->id = str_steal(&kept);
}

static void hello_line(struct imap *im, const char *line)
{
	if (str_istarts(line, "* ID (")) {
		note_id(im, line + 2);
	} else if (str_istarts(line, "* ENABLED")) {
		enabled_line(im, line + 9);
	} else if (str_istarts(line, "* CAPABILITY ")) {
		caps_line(im, line);
	} else if (!str_istarts(line, "* OK") && !str_istarts(line, "* ID")) {
		/* Of the SELECT that was sent early: it cannot be read in two halves. */
		im->early.spoilt = true;
	}
}

/* Clears the tag that the line answers. */
static bool hello_answer(struct imap *im, const char *line)
{
	char(*tags)[16] = im->early.tags;

	for (int i = 0; i < 3; i++)
		if (tags[i][0] && imap_tagged(line, tags[i])) {
			tags[i][0] = '\0';
			return true;
		}
	return false;
}

/* A server that loses what was sent ahead is silent; the next try, which knows of it, comes soon.
 */
static int await_hello(struct imap *im, struct err *err)
{
	int r = im->early.sent_hello ? stream_wait(im->stream, -1, EARLY_MS, err) : STREAM_DATA;

	if (r < 0)
		return imap_broken(im, err);
	if (r == STREAM_DATA)
		return 0;
	im->dead = true;
	return err_set(err, ERR_NETWORK, _("The server says nothing behind the login"));
}

/* To the answers of ID and ENABLE, and with all of a SELECT too. Servers may refuse any; they
 * answer in any order. */
static int read_hello(struct imap *im, bool all, struct err *err)
{
	char(*tags)[16] = im->early.tags;
	struct str line = STR_INIT;
	int r = 0;

	for (int n = 0; !r && (tags[0][0] || tags[1][0] || (all && tags[2][0])); n++) {
		if (n >= LINES)
			r = wrong(im, err);
		else if (await_hello(im, err) || imap_read_line(im, &line, err))
			r = -1;
		else if (line.p[0] == '*')
			hello_line(im, line.p);
		else if (!hello_answer(im, line.p))
			r = wrong(im, err);
	}
	str_done(&line);
	return r;
}

/* Both in one round trip, where they did not go with the login. */
static int say_hello(struct imap *im, struct err *err)
{
	stream_command(im->stream, IMAP_QUIET);
	if (im->early.sent_hello)
		return read_hello(im, false, err);
	if ((im->can & IMAP_ID) && imap_send_tagged(im, SAY_ID, im->early.tags[0], err))
		return -1;
	if (imap_has(im, "ENABLE") && (imap_has(im, "QRESYNC") || imap_has(im, "CONDSTORE")) &&
		imap_send_tagged(im, imap_has(im, "QRESYNC") ? SAY_ENABLE : "ENABLE CONDSTORE",
			im->early.tags[1], err))
		return -1;
	if ((im->early.tags[0][0] || im->early.tags[1][0]) && flush(im, err))
		return -1;
	return read_hello(im, false, err);
}

/* The server did not say what it can after the login, and the question must stand alone. */
static int clear_way(struct imap *im, struct err *err)
{
	return im->has_caps ? 0 : read_hello(im, true, err);
}

static void count_caps(struct imap *im)
{
	static const struct {
		const char *name;
		unsigned can;
	} known[] = {
		{"IDLE", IMAP_IDLE},
		{"CONDSTORE", IMAP_CONDSTORE},
		{"QRESYNC", IMAP_CONDSTORE},
		{"UIDPLUS", IMAP_UIDPLUS},
		{"MOVE", IMAP_MOVE},
		{"LIST-STATUS", IMAP_LIST_STATUS},
		{"SPECIAL-USE", IMAP_SPECIAL_USE},
		{"LITERAL+", IMAP_LITERAL_PLUS},
		{"NAMESPACE", IMAP_NAMESPACE},
		{"ID", IMAP_ID},
		{"NOTIFY", IMAP_NOTIFY},
	};

	im->can = 0;
	for (size_t i = 0; i < MEM_COUNT(known); i++)
		if (imap_has(im, known[i].name))
			im->can |= known[i].can;
	im->can |= im->enabled;
}

/* --- libetpan's session, once all is trusted --- */

static void no_progress(size_t now, size_t all, void *ctx)
{
	(void)now, (void)all, (void)ctx;
}

static int make_session(struct imap *im, struct err *err)
{
	im->session = mailimap_new(0, NULL);
	if (!im->session)
		return err_set(err, ERR_SYSTEM, _("Out of memory"));
	im->session->imap_connection_info = mailimap_connection_info_new();
	im->session->imap_stream = stream_mailstream(im->stream);
	im->session->imap_state = MAILIMAP_STATE_AUTHENTICATED;
	/* Without a progress function libetpan never calls the FETCH handler. */
	mailimap_set_progress_callback(im->session, no_progress, no_progress, im);
	mailimap_set_msg_att_handler(im->session, imap_on_fetch, im);
	wire_one_tag(stream_wire(im->stream), IMAP_ONE_TAG);
	wire_on_row(stream_wire(im->stream), imap_on_row, im);
	stream_careful(im->stream, false);
	if (im->early.tags[2][0])
		imap_expect_select(im);
	return 0;
}

int imap_log_in(struct imap *im, const struct net_login *login, struct err *err)
{
	/* Nothing is filtered before it is read: libetpan takes over between two lines. */
	stream_careful(im->stream, true);
	if (read_greeting(im, err))
		return -1;
	if (im->server.security == NET_STARTTLS && start_tls(im, err))
		return -1;
	if (ask_caps(im, err) || log_in(im, login, err) || clear_way(im, err) || ask_caps(im, err))
		return -1;
	count_caps(im);
	if (say_hello(im, err))
		return -1;
	im->can |= im->enabled;
	return make_session(im, err);
}

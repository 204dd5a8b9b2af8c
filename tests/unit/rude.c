#include "tests/unit/rude.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REPEAT_BYTES = 1 << 16 };

struct rude {
	pthread_t thread;
	char *script;
	int listener, fd;
	struct str received;
	size_t read_to; /* received up to here is used up by steps */
	char tag[64];
	char failure[200];
};

static void fail_step(struct rude *r, const char *what, const char *detail)
{
	if (!r->failure[0])
		snprintf(r->failure, sizeof(r->failure), "%s: %.150s", what, detail);
}

static bool more(struct rude *r)
{
	char buf[65536];
	ssize_t n = recv(r->fd, buf, sizeof(buf), 0);

	if (n > 0)
		str_add(&r->received, buf, (size_t)n);
	return n > 0;
}

/* The next line of the client, without its line end; NULL at the end. */
static char *client_line(struct rude *r)
{
	for (;;) {
		const char *p = str_c(&r->received) + r->read_to;
		const char *lf = memchr(p, '\n', r->received.len - r->read_to);

		if (lf) {
			char *line = mem_strndup(p, (size_t)(lf - p));

			r->read_to += (size_t)(lf - p) + 1;
			line[strcspn(line, "\r")] = '\0';
			return line;
		}
		if (!more(r))
			return NULL;
	}
}

static void put(struct rude *r, const char *p, size_t len)
{
	while (len) {
		ssize_t n = send(r->fd, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		p += n;
		len -= (size_t)n;
	}
}

static void unescape(const struct rude *r, const char *p, bool escapes, struct str *out)
{
	for (; *p; p++) {
		if (p[0] == '%' && p[1] == 't') {
			str_adds(out, r->tag);
			p++;
		} else if (escapes && p[0] == '\\' && p[1]) {
			p++;
			str_addc(out, *p == 'r' ? '\r' : *p == 'n' ? '\n' : *p == '0' ? '\0' : *p);
		} else {
			str_addc(out, *p);
		}
	}
}

static bool expect(struct rude *r, const char *text)
{
	char *line = client_line(r);
	bool ok = line && strcasestr(line, text);

	if (!ok) {
		fail_step(r, text, line ? line : "(connection ended)");
	} else if (strchr(line, ' ')) {
		snprintf(r->tag, sizeof(r->tag), "%.*s", (int)strcspn(line, " "), line);
	}
	free(line);
	return ok;
}

static bool skip_lines(struct rude *r, long n)
{
	char *line = NULL;

	for (; n > 0 && (line = client_line(r)); n--)
		free(line);
	return n == 0;
}

static bool skip_data(struct rude *r)
{
	char *line;

	while ((line = client_line(r))) {
		bool dot = !strcmp(line, ".");

		free(line);
		if (dot)
			return true;
	}
	return false;
}

static void repeat(struct rude *r, const char *arg)
{
	char *text;
	long n = strtol(arg, &text, 10);
	struct str some = STR_INIT;

	for (long i = 0; i < n; i++) {
		str_adds(&some, *text ? text + 1 : "");
		str_adds(&some, "\r\n");
		if (some.len < REPEAT_BYTES && i + 1 < n)
			continue;
		/* In pieces: the client must not wait until all of it is made. */
		put(r, str_c(&some), some.len);
		str_clear(&some);
	}
	str_done(&some);
}

/* False: the script ends here. */
static bool step(struct rude *r, const char *line)
{
	const char *arg = line[1] ? line + 2 + (line[2] == ' ') : "";
	struct str out = STR_INIT;
	bool go_on = true;

	switch (line[0]) {
	case 'S':
		unescape(r, arg, line[1] == '~', &out);
		if (line[1] != '~')
			str_adds(&out, "\r\n");
		put(r, str_c(&out), out.len);
		break;
	case 'C':
		go_on = line[1] == '*' ? skip_lines(r, strtol(arg, NULL, 10)) : expect(r, arg);
		break;
	case 'R':
		repeat(r, line + 2);
		break;
	case 'D':
		go_on = skip_data(r);
		break;
	case 'B':
		r->read_to += (size_t)strtol(line + 2, NULL, 10);
		while (go_on && r->received.len < r->read_to)
			go_on = more(r);
		break;
	case 'X':
		shutdown(r->fd, SHUT_WR);
		return false;
	default:
		break;
	}
	str_done(&out);
	return go_on;
}

static void *play(void *arg)
{
	struct rude *r = arg;
	char *save = NULL;

	r->fd = accept(r->listener, NULL, NULL);
	if (r->fd < 0)
		return NULL;
	for (char *line = strtok_r(r->script, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save))
		if (!step(r, line))
			break;
	while (more(r))
		;
	return NULL;
}

struct rude *rude_start(const char *script, enum protocol protocol, enum net_security security,
	struct net_server *out)
{
	struct rude *r = mem_alloc(sizeof(*r));
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t len = sizeof(at);

	r->script = mem_strdup(script);
	r->fd = -1;
	r->listener = socket(AF_INET, SOCK_STREAM, 0);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(r->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(r->listener, 1), 0);
	assert_int_equal(getsockname(r->listener, (struct sockaddr *)&at, &len), 0);
	*out = (struct net_server){.protocol = protocol, .security = security};
	snprintf(out->host, sizeof(out->host), "127.0.0.1");
	out->port = ntohs(at.sin_port);
	assert_int_equal(pthread_create(&r->thread, NULL, play, r), 0);
	return r;
}

void rude_end(struct rude *r, struct str *received)
{
	char failure[200];

	pthread_join(r->thread, NULL);
	if (r->fd >= 0)
		close(r->fd);
	close(r->listener);
	memcpy(failure, r->failure, sizeof(failure));
	if (received)
		str_add(received, str_c(&r->received), r->received.len);
	str_done(&r->received);
	free(r->script);
	free(r);
	if (failure[0])
		fail_msg("the script stopped: %s", failure);
}

static struct rude *only;
static struct str said;

struct net_server rude_play(const char *script, enum protocol protocol)
{
	struct net_server server;

	str_done(&said);
	only = rude_start(script, protocol, NET_PLAIN, &server);
	return server;
}

const char *rude_played(void)
{
	rude_end(only, &said);
	return str_c(&said);
}

const struct net_options rude_quick = {
	.connect_ms = 5000, .handshake_ms = 5000, .idle_ms = 5000, .command_ms = 10000};
const struct net_login rude_alice = {"alice", "wonderland-42", NULL};

static bool is_kind(enum err_kind is, enum err_kind want)
{
	if (want == RUDE_EITHER)
		return is == ERR_PROTOCOL || is == ERR_CERT;
	return want == ERR_NONE || is == want;
}

void rude_must_fail(const struct rude_case *v, size_t n, enum protocol protocol, rude_open_fn *open,
	const char *const never[])
{
	for (size_t i = 0; i < n; i++) {
		struct net_server server;
		struct rude *r = rude_start(v[i].script, protocol, v[i].security, &server);
		struct str got = STR_INIT;
		struct err err = {0};

		assert_int_equal(open(&server, &err), -1);
		rude_end(r, &got);
		if (!is_kind(err.kind, v[i].kind))
			fail_msg("%s: kind %d, wanted %d (%s)", v[i].name, err.kind, v[i].kind,
				err.text);
		for (const char *const *w = never; w && *w; w++)
			if (strcasestr(str_c(&got), *w))
				fail_msg("%s: the client said %s", v[i].name, str_c(&got));
		assert_null(strchr(err.text, '\033'));
		str_done(&got);
	}
}

static bool real_servers(char *argv[])
{
	const char *dir = getenv("srcdir");
	char servers[4096];
	char with[] = "with";
	char *args[] = {servers, with, argv[0], NULL};

	if (getenv("SRV_IMAP"))
		return true;
	snprintf(servers, sizeof(servers), "%s/tests/servers/servers", dir ? dir : ".");
	if (access(servers, X_OK) || getenv("RUDE_ONLY"))
		return false;
	execv(servers, args);
	return false;
}

int rude_main(const char *name, const struct CMUnitTest *tests, size_t n, size_t real, char *argv[])
{
	if (!real_servers(argv))
		n -= real;
	net_init();
	return _cmocka_run_group_tests(name, tests, n, NULL, NULL);
}

struct net_server real_server(const char *port, enum protocol protocol, enum net_security security)
{
	struct net_server s = {.protocol = protocol, .security = security};
	const char *number = getenv(port), *host = getenv("SRV_HOST");

	assert_non_null(number);
	s.port = (uint16_t)atoi(number);
	snprintf(s.host, sizeof(s.host), "%s", host ? host : "localhost");
	return s;
}

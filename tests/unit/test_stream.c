/* A stream and its waits: cancel, deadlines, budgets, lines, side-by-side connecting. */

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/connect.h"
#include "net/deflate.h"
#include "net/stream.h"
#include "net/wire.h"
#include "tests/unit/fails.h"
#include "tests/scratch.h"

#include <libetpan/mailstream.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- a server of one connection in a thread --- */

struct server {
	int listener;
	uint16_t port;
	pthread_t thread;
	const char *text; /* sent at once */
	size_t len;       /* of it; 0: a string */
	int byte_ms;      /* > 0: one byte at a time, so long apart; -1: one at a time at once */
	bool close;       /* after the text; otherwise when the client does */
	sem_t closed;
};

static int listen_on(const char *address, int backlog, uint16_t *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, address, &a.sin_addr);
	assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&a, len) == 0);
	assert_int_equal(listen(fd, backlog), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static void send_slowly(const struct server *s, int fd)
{
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	for (size_t i = 0; i < s->len; i++) {
		const char *p = s->text + i;
		struct pollfd gone = {.fd = fd, .events = POLLRDHUP};

		if (send(fd, p, 1, MSG_NOSIGNAL) < 0 ||
			(s->byte_ms > 0 && poll(&gone, 1, s->byte_ms) != 0))
			return;
	}
}

static void *server_run(void *arg)
{
	struct server *s = arg;
	int fd = accept(s->listener, NULL, NULL);
	char buf[256];

	if (fd < 0)
		return NULL;
	if (s->byte_ms)
		send_slowly(s, fd);
	else
		send(fd, s->text, s->len, MSG_NOSIGNAL);
	while (!s->close && recv(fd, buf, sizeof(buf), 0) > 0)
		continue;
	close(fd);
	sem_post(&s->closed);
	return NULL;
}

static void server_start(struct server *s)
{
	sem_init(&s->closed, 0, 0);
	if (!s->len)
		s->len = strlen(s->text);
	s->listener = listen_on("127.0.0.1", 8, &s->port);
	assert_int_equal(pthread_create(&s->thread, NULL, server_run, s), 0);
}

static void server_stop(struct server *s)
{
	shutdown(s->listener, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->listener);
	sem_destroy(&s->closed);
}

static struct stream *open_to(uint16_t port, enum protocol protocol,
	const struct net_options *options, struct net_cancel *cancel)
{
	struct net_server where = {
		.protocol = protocol, .security = NET_PLAIN, .host = "127.0.0.1", .port = port};
	struct stream *s = NULL;

	if (stream_open(&s, &where, options, cancel, &why) < 0)
		fail_msg("%s", why.text);
	return s;
}

/* Starts the server, and a stream to it. */
static struct stream *talk(struct server *server, enum protocol protocol, struct net_cancel *cancel)
{
	server_start(server);
	return open_to(server->port, protocol, NULL, cancel);
}

static void end_talk(struct stream *s, struct server *server, struct str *text)
{
	stream_free(s);
	server_stop(server);
	str_done(text);
}

/* --- tests --- */

/* The first thread waits for something: its state is the word behind the name in brackets. */
static bool first_thread_sleeps(void)
{
	char path[64], line[512] = "", *name_end;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)getpid());
	f = fopen(path, "r");
	if (!f)
		return false;
	name_end = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	fclose(f);
	return name_end && name_end[1] == ' ' && name_end[2] == 'S';
}

static void *cancel_run(void *arg)
{
	while (!first_thread_sleeps())
		poll(NULL, 0, 1);
	net_cancel_now(arg);
	return NULL;
}

static void test_cancel_ends_a_read(void **state)
{
	struct server server = {.text = "* OK hello\r\n"};
	struct net_cancel *c = net_cancel_new();
	struct str line = STR_INIT;
	struct err err = {0};
	struct stream *s;
	pthread_t thread;

	s = talk(&server, PROTOCOL_IMAP, c);
	assert_int_equal(stream_read_line(s, &line, 100, &err), 0);
	pthread_create(&thread, NULL, cancel_run, c);
	assert_int_equal(stream_read_line(s, &line, 100, &err), -1);
	pthread_join(thread, NULL);
	assert_int_equal(err.kind, ERR_CANCELLED);
	assert_int_equal(stream_error(s)->kind, ERR_CANCELLED);
	assert_int_equal(stream_wait(s, -1, 10000, &err), -1);
	assert_int_equal(stream_write(s, "x", 1, &err), -1);
	end_talk(s, &server, &line);
	net_cancel_unref(c);
}

static void test_cancel_ends_a_wait(void **state)
{
	struct server server = {.text = ""};
	struct net_cancel *c = net_cancel_new();
	struct err err = {0};
	struct stream *s;
	pthread_t thread;

	s = talk(&server, PROTOCOL_POP3, c);
	pthread_create(&thread, NULL, cancel_run, c);
	assert_int_equal(stream_wait(s, -1, 60000, &err), -1);
	pthread_join(thread, NULL);
	assert_int_equal(err.kind, ERR_CANCELLED);
	stream_free(s);
	server_stop(&server);
	net_cancel_unref(c);
}

static void test_cancelled_before(void **state)
{
	struct net_server where = {.security = NET_PLAIN, .host = "localhost", .port = 1};
	struct net_cancel *c = net_cancel_new();
	struct stream *s = NULL;

	net_cancel_now(c);
	FAILS(ERR_CANCELLED, stream_open(&s, &where, NULL, c, &why));
	net_cancel_unref(c);
}

/* A server that does not speak, and one that drips without ever ending a line. */
static void test_deadlines(void **state)
{
	static const struct {
		const char *text;
		int byte_ms;
		struct net_options options;
	} cases[] = {
		{"", 0, {.idle_ms = 100}},
		{"* OK a line that never comes to its end, however long one waits for it", 20,
			{.idle_ms = 60000, .command_ms = 200}},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		for (enum protocol p = PROTOCOL_IMAP; p <= PROTOCOL_POP3; p++) {
			struct server server = {.text = cases[i].text, .byte_ms = cases[i].byte_ms};
			int64_t start = clock_ms();
			struct str line = STR_INIT;
			struct stream *s;

			server_start(&server);
			s = open_to(server.port, p, &cases[i].options, NULL);
			FAILS(ERR_NETWORK, stream_read_line(s, &line, 1000, &why));
			assert_non_null(strstr(why.text, "in time"));
			/* This deadline, and not the other. */
			assert_true(clock_ms() - start < 30000);
			end_talk(s, &server, &line);
		}
	}
}

static void test_budget_and_length(void **state)
{
	struct server server = {.text = "+OK 0123456789\r\n+OK 0123456789\r\n"};
	struct str line = STR_INIT;
	struct stream *s = talk(&server, PROTOCOL_POP3, NULL);

	stream_command(s, 20);
	FAILS(ERR_PROTOCOL, stream_read_line(s, &line, 100, &why));
	stream_free(s);
	server_stop(&server);
	s = talk(&server, PROTOCOL_POP3, NULL);
	WORKS(stream_read_line(s, &line, 14, &why));
	FAILS(ERR_PROTOCOL, stream_read_line(s, &line, 13, &why));
	end_talk(s, &server, &line);
}

static void test_byte_by_byte(void **state)
{
	struct server server = {.text = "* OK one\r\n* BYE two\r\n", .byte_ms = -1, .close = true};
	struct str line = STR_INIT;
	char *bye;
	struct stream *s = talk(&server, PROTOCOL_IMAP, NULL);

	WORKS(stream_read_line(s, &line, 100, &why));
	assert_string_equal(line.p, "* OK one");
	assert_int_equal(stream_wait(s, -1, 10000, &why), STREAM_DATA);
	WORKS(stream_read_line(s, &line, 100, &why));
	assert_string_equal(line.p, "* BYE two");
	bye = kept(wire_take_bye(stream_wire(s)));
	assert_string_equal(bye, "two");
	FAILS(ERR_NETWORK, stream_read_line(s, &line, 100, &why));
	assert_non_null(strstr(why.text, "closed the connection"));
	end_talk(s, &server, &line);
}

static void test_wait(void **state)
{
	struct server server = {.text = "+OK a\r\n+OK b\r\n"};
	struct str line = STR_INIT;
	int wake = eventfd(0, EFD_CLOEXEC);
	uint64_t one = 1;
	struct stream *s = talk(&server, PROTOCOL_POP3, NULL);

	assert_int_equal(stream_wait(s, wake, 10000, &why), STREAM_DATA);
	WORKS(stream_read_line(s, &line, 100, &why));
	assert_int_equal(stream_wait(s, wake, 10000, &why), STREAM_DATA); /* buffered */
	WORKS(stream_read_line(s, &line, 100, &why));
	assert_int_equal(stream_wait(s, wake, 20, &why), STREAM_TIMEOUT);
	assert_int_equal(stream_wait(s, wake, 0, &why), STREAM_TIMEOUT);
	assert_int_equal(write(wake, &one, sizeof(one)), sizeof(one));
	assert_int_equal(stream_wait(s, wake, 10000, &why), STREAM_WOKEN);
	end_talk(s, &server, &line);
	close(wake);
}

static void test_filter_ends_the_stream(void **state)
{
	struct server server = {.text = "HTTP/1.1 400 Bad\r\n"};
	struct str line = STR_INIT;
	struct stream *s = talk(&server, PROTOCOL_IMAP, NULL);

	FAILS(ERR_PROTOCOL, stream_read_line(s, &line, 100, &why));
	assert_non_null(strstr(why.text, "not IMAP"));
	end_talk(s, &server, &line);
}

static void test_broken_pipe(void **state)
{
	struct server server = {.text = "+OK\r\n", .close = true};
	struct sigaction standard = {.sa_handler = SIG_DFL}, before;
	struct err err = {0};
	struct stream *s;
	int r = 0;

	sigaction(SIGPIPE, &standard, &before);
	s = talk(&server, PROTOCOL_SMTP, NULL);
	sem_wait(&server.closed);
	for (int i = 0; i < 1000 && r == 0; i++) {
		r = stream_write(s, "x\r\n", 3, &err);
		if (r == 0)
			r = stream_flush(s, &err);
	}
	assert_int_equal(r, -1);
	assert_int_equal(err.kind, ERR_NETWORK);
	stream_free(s);
	server_stop(&server);
	sigaction(SIGPIPE, &before, NULL);
}

/* libetpan frees the mailstream with its session. */
static void test_mailstream_freed_elsewhere(void **state)
{
	struct server server = {.text = "* OK\r\n"};
	struct str line = STR_INIT;
	struct stream *s = talk(&server, PROTOCOL_IMAP, NULL);

	mailstream_close(stream_mailstream(s));
	stream_mailstream_gone(s);
	assert_int_equal(stream_read_line(s, &line, 100, &why), -1);
	FAILS(ERR_NETWORK, stream_starttls(s, &why));
	end_talk(s, &server, &line);
}

static void test_injection_behind_starttls(void **state)
{
	struct server server = {.text = "+OK go\r\n+OK injected\r\n"};
	struct str line = STR_INIT;
	struct stream *s = talk(&server, PROTOCOL_POP3, NULL);

	WORKS(stream_read_line(s, &line, 100, &why));
	assert_int_equal(stream_wait(s, -1, 10000, &why), STREAM_DATA);
	FAILS(ERR_PROTOCOL, stream_starttls(s, &why));
	assert_int_equal(stream_read_line(s, &line, 100, &why), -1);
	end_talk(s, &server, &line);
}

/* Half a line, held back by the filter, is read ahead as well. */
static void test_injection_in_the_filter(void **state)
{
	struct server server = {.text = "1 OK go\r\n* OK half a li"};
	struct str line = STR_INIT;
	uint64_t received = 0, sent;
	struct stream *s = talk(&server, PROTOCOL_IMAP, NULL);

	WORKS(stream_read_line(s, &line, 100, &why));
	while (received < strlen(server.text)) {
		assert_true(stream_wait(s, -1, 10, &why) == STREAM_TIMEOUT);
		stream_counts(s, &received, &sent);
	}
	FAILS(ERR_PROTOCOL, stream_starttls(s, &why));
	end_talk(s, &server, &line);
}

static void test_log_keeps_secrets(void **state)
{
	struct server server = {
		.text = "* OK ready\r\n* 1 FETCH (BODY[1] \"private\")\r\n"
			"* 2 FETCH (BODY[] {9}\r\n* private)\r\n+ cHJpdmF0ZQ==\r\n1 OK done\r\n"};
	char path[SCRATCH_SIZE], text[4096] = "";
	int fd = mkstemp(scratch(path, "test_stream"));
	struct str line = STR_INIT;
	struct stream *s;

	assert_int_equal(log_open(path, 3, NULL), 0);
	s = talk(&server, PROTOCOL_IMAP, NULL);
	stream_write(s, "1 NOOP\r\n", 8, &why);
	stream_secret(s, true);
	stream_write(s, "private\r\n", 9, &why);
	stream_secret(s, false);
	stream_write(s, "2 NOOP\r\n", 8, &why);
	stream_flush(s, &why);
	do
		WORKS(stream_read_line(s, &line, 100, &why));
	while (strcmp(line.p, "1 OK done") != 0);
	stream_free(s);
	server_stop(&server);
	log_close();
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	assert_non_null(strstr(text, "> 1 NOOP"));
	assert_non_null(strstr(text, "> 2 NOOP"));
	assert_non_null(strstr(text, "< * OK ready"));
	assert_non_null(strstr(text, "< 1 OK done"));
	assert_null(strstr(text, "rivate"));
	assert_null(strstr(text, "cHJpdm"));
	close(fd);
	unlink(path);
	str_done(&line);
}

/* Of POP3 and SMTP too the log has answers, and nothing of mail and logins. */
static void test_log_of_lines(void **state)
{
	static const struct {
		enum protocol protocol;
		const char *text, *shown[3];
	} cases[] = {
		{PROTOCOL_POP3, "+OK ready\r\nFrom: private\r\n+ cHJpdmF0ZQ==\r\n-ERR no\r\n.\r\n",
			{"< +OK ready", "< -ERR no"}},
		{PROTOCOL_SMTP,
			"220 ready\r\n334 cHJpdmF0ZQ==\r\n250-one\r\nprivate\r\n250\r\n.\r\n",
			{"< 220 ready", "< 334\n", "< 250-one"}},
	};

	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct server server = {.text = cases[i].text};
		char path[SCRATCH_SIZE], text[4096] = "";
		int fd = mkstemp(scratch(path, "test_stream"));
		struct str line = STR_INIT;
		struct stream *s;

		assert_int_equal(log_open(path, 3, NULL), 0);
		s = talk(&server, cases[i].protocol, NULL);
		do
			WORKS(stream_read_line(s, &line, 100, &why));
		while (strcmp(line.p, ".") != 0);
		end_talk(s, &server, &line);
		log_close();
		assert_true(read(fd, text, sizeof(text) - 1) > 0);
		for (size_t k = 0; k < MEM_COUNT(cases[i].shown) && cases[i].shown[k]; k++)
			if (!strstr(text, cases[i].shown[k]))
				fail_msg("%s is not in %s", cases[i].shown[k], text);
		assert_null(strstr(text, "rivate"));
		assert_null(strstr(text, "cHJpdm"));
		close(fd);
		unlink(path);
	}
}

/* RFC 5321 4.1.3: what a client without a name says of itself. */
static void test_own_literal(void **state)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct net_server where = {.protocol = PROTOCOL_SMTP, .security = NET_PLAIN, .host = "::1"};
	socklen_t len = sizeof(six);
	struct server server = {.text = "220 hi\r\n"};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct str text = STR_INIT;
	struct stream *s = talk(&server, PROTOCOL_SMTP, NULL);

	stream_own_literal(s, &text);
	assert_string_equal(text.p, "[127.0.0.1]");
	end_talk(s, &server, &text);
	if (fd < 0 || bind(fd, (struct sockaddr *)&six, len) != 0)
		skip(); /* a machine without IPv6 */
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&six, &len), 0);
	where.port = ntohs(six.sin6_port);
	if (stream_open(&s, &where, NULL, NULL, &why) < 0)
		fail_msg("%s", why.text);
	stream_own_literal(s, &text);
	assert_string_equal(text.p, "[IPv6:::1]");
	stream_free(s);
	close(fd);
	str_done(&text);
}

/* --- connecting --- */

static struct addrinfo list_entry(struct sockaddr_in *a, const char *address, uint16_t port)
{
	*a = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
	inet_pton(AF_INET, address, &a->sin_addr);
	return (struct addrinfo){.ai_family = AF_INET,
		.ai_socktype = SOCK_STREAM,
		.ai_addr = (struct sockaddr *)a,
		.ai_addrlen = sizeof(*a)};
}

static uint16_t refused_port(void)
{
	uint16_t port;

	close(listen_on("127.0.0.1", 1, &port));
	return port;
}

static void test_refused(void **state)
{
	struct net_server where = {
		.security = NET_PLAIN, .host = "127.0.0.1", .port = refused_port()};
	struct stream *s = NULL;

	FAILS(ERR_NETWORK, stream_open(&s, &where, NULL, NULL, &why));
	assert_non_null(strstr(why.text, "127.0.0.1:"));
	assert_non_null(strstr(why.text, strerror(ECONNREFUSED)));
}

static void test_unknown_name(void **state)
{
	struct net_server where = {
		.security = NET_PLAIN, .host = "no-such-host.invalid", .port = 1};
	struct net_options options = {.connect_ms = 2000};
	struct stream *s = NULL;

	FAILS(ERR_NETWORK, stream_open(&s, &where, &options, NULL, &why));
	assert_non_null(strstr(why.text, "no-such-host.invalid"));
}

/* Fills a listener's queue: the next SYN is dropped, as by a firewall. */
static size_t fill_queue(uint16_t port, int *fds, size_t max)
{
	struct sockaddr_in a;
	struct addrinfo entry = list_entry(&a, "127.0.0.1", port);
	size_t n = 0;

	while (n < max) {
		struct pollfd p = {.events = POLLOUT};

		p.fd = fds[n++] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (connect(p.fd, entry.ai_addr, entry.ai_addrlen) < 0 && poll(&p, 1, 50) == 0)
			break;
	}
	return n;
}

static void test_side_by_side(void **state)
{
	struct sockaddr_in a[3];
	struct addrinfo list[3], many[40];
	uint16_t hole, good, refused = refused_port();
	int hole_fd = listen_on("127.0.0.1", 0, &hole), fds[16], fd;
	int good_fd = listen_on("127.0.0.1", 8, &good);
	size_t n = fill_queue(hole, fds, MEM_COUNT(fds));
	int64_t start;

	list[0] = list_entry(&a[0], "127.0.0.1", hole);
	list[1] = list_entry(&a[1], "127.0.0.1", refused);
	list[2] = list_entry(&a[2], "127.0.0.1", good);
	list[0].ai_next = &list[1];
	list[1].ai_next = &list[2];
	fd = connect_race(list, "test", clock_ms() + 10000, NULL, &why);
	if (fd < 0)
		fail_msg("%s", why.text);
	close(fd);
	/* However many there are before it. */
	for (size_t i = 0; i < MEM_COUNT(many); i++) {
		many[i] = list_entry(&a[1], "127.0.0.1", refused);
		many[i].ai_next = i + 1 < MEM_COUNT(many) ? &many[i + 1] : &list[2];
	}
	fd = connect_race(many, "test", clock_ms() + 10000, NULL, &why);
	if (fd < 0)
		fail_msg("%s", why.text);
	close(fd);
	/* The hole alone ends at the deadline, not when the kernel gives up. */
	list[0].ai_next = NULL;
	start = clock_ms();
	FAILS(ERR_NETWORK, connect_race(list, "test", start + 100, NULL, &why));
	assert_true(clock_ms() - start < 30000);
	while (n)
		close(fds[--n]);
	close(hole_fd);
	close(good_fd);
}

/* Addresses that cannot even be tried, and those of the other family, do not stand in the way. */
static void test_side_by_side_odd(void **state)
{
	struct sockaddr_in a[3];
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct addrinfo list[5];
	uint16_t good;
	int good_fd = listen_on("127.0.0.1", 8, &good), fd;

	six.sin6_port = htons(refused_port());
	list[0] = list_entry(&a[0], "255.255.255.255", good); /* nobody may connect to all */
	list[1] = list_entry(&a[1], "127.0.0.1", refused_port());
	list[2] = (struct addrinfo){.ai_family = AF_INET6,
		.ai_socktype = SOCK_STREAM,
		.ai_addr = (struct sockaddr *)&six,
		.ai_addrlen = sizeof(six)};
	list[3] = list[2];
	list[3].ai_family = AF_MAX; /* of which there are no sockets */
	list[4] = list_entry(&a[2], "127.0.0.1", good);
	for (size_t i = 0; i + 1 < MEM_COUNT(list); i++)
		list[i].ai_next = &list[i + 1];
	fd = connect_race(list, "test", clock_ms() + 10000, NULL, &why);
	if (fd < 0)
		fail_msg("%s", why.text);
	close(fd);
	close(good_fd);
	/* The first of the reasons is told. */
	list[3].ai_next = NULL;
	FAILS(ERR_NETWORK, connect_race(list, "test", clock_ms() + 10000, NULL, &why));
	assert_null(strstr(why.text, strerror(ECONNREFUSED)));
	assert_int_equal(connect_race(&list[1], "test", clock_ms() + 10000, NULL, &why), -1);
	assert_non_null(strstr(why.text, strerror(ECONNREFUSED)));
}

/* localhost is ::1 as well on most machines, where nobody listens here. */
static void test_by_name(void **state)
{
	struct server server = {.text = "+OK\r\n"};
	struct net_server where = {
		.protocol = PROTOCOL_POP3, .security = NET_PLAIN, .host = "localhost"};
	struct str line = STR_INIT;
	struct stream *s = NULL;

	server_start(&server);
	where.port = server.port;
	if (stream_open(&s, &where, NULL, NULL, &why) < 0)
		fail_msg("%s", why.text);
	WORKS(stream_read_line(s, &line, 100, &why));
	end_talk(s, &server, &line);
}

/* --- compression --- */

/* A line in the clear, then text packed. */
static void pack_behind(struct str *out, const char *clear, const char *text, size_t len)
{
	struct deflate *d = deflate_new();

	str_adds(out, clear);
	deflate_pack(d, text, len, true, out);
	deflate_free(d);
}

/* A careful stream that has read the go-ahead and unpacks. */
static struct stream *open_packed(struct server *server, const struct str *bytes)
{
	struct str line = STR_INIT;
	struct stream *s;

	server->text = bytes->p;
	server->len = bytes->len;
	s = talk(server, PROTOCOL_IMAP, NULL);
	stream_careful(s, true);
	WORKS(stream_read_line(s, &line, 100, &why));
	assert_string_equal(str_c(&line), "a1 OK go");
	stream_careful(s, false);
	if (stream_deflate(s, &why) < 0)
		fail_msg("%s", why.text);
	str_done(&line);
	return s;
}

static void test_packed_lines(void **state)
{
	static const int ways[] = {0, -1};
	struct str text = STR_INIT, line = STR_INIT;

	for (int i = 0; i < 20000; i++)
		str_addf(&text, "* %d EXISTS\r\n", i);
	for (size_t way = 0; way < MEM_COUNT(ways); way++) {
		struct server server = {.byte_ms = ways[way]};
		struct str bytes = STR_INIT;
		uint64_t received, sent;
		struct stream *s;

		pack_behind(&bytes, "a1 OK go\r\n", text.p, text.len);
		s = open_packed(&server, &bytes);
		for (int i = 0; i < 20000; i++) {
			char want[40];

			/* What waits in the unpacker is data, although no byte comes. */
			assert_int_equal(stream_wait(s, -1, 5000, &why), STREAM_DATA);
			WORKS(stream_read_line(s, &line, 100, &why));
			snprintf(want, sizeof(want), "* %d EXISTS", i);
			assert_string_equal(str_c(&line), want);
		}
		/* What ends the packed text makes no line, and may come a moment later. */
		for (int tries = 0, got = 0; tries < 500 && !got; tries++) {
			assert_int_equal(stream_wait(s, -1, 10, &why), STREAM_TIMEOUT);
			stream_counts(s, &received, &sent);
			got = received == bytes.len;
		}
		assert_int_equal(received, bytes.len);
		end_talk(s, &server, &bytes);
	}
	str_done(&text);
	str_done(&line);
}

static void test_packed_faults(void **state)
{
	static char zeros[8 << 20];
	struct {
		const char *clear, *p;
		size_t len;
		bool raw;
	} cases[] = {
		{"a1 OK go\r\n", zeros, sizeof(zeros), false}, /* far over the budget */
		{"a1 OK go\r\n", "\xff\xff\xff\xff\xff", 5, true},
		{"a1 OK go\r\n", "* OK not packed\r\n* OK not\r\n", 27, true},
	};

	for (size_t i = 0; i < sizeof(zeros); i++)
		zeros[i] = i % 80 == 79 ? '\n' : 'x';
	memcpy(zeros, "* ", 2);
	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct server server = {0};
		struct str bytes = STR_INIT, line = STR_INIT;
		struct err err = {0};
		struct stream *s;
		int lines = 0;

		if (cases[i].raw) {
			str_adds(&bytes, cases[i].clear);
			str_add(&bytes, cases[i].p, cases[i].len);
		} else {
			pack_behind(&bytes, cases[i].clear, cases[i].p, cases[i].len);
		}
		s = open_packed(&server, &bytes);
		stream_command(s, 1 << 20);
		while (stream_read_line(s, &line, 100, &err) == 0)
			assert_true(++lines < 100000);
		assert_int_equal(err.kind, ERR_PROTOCOL);
		str_done(&line);
		end_talk(s, &server, &bytes);
	}
}

static void test_packed_cut(void **state)
{
	struct server server = {.close = true};
	struct str bytes = STR_INIT, line = STR_INIT;
	struct err err = {0};
	struct stream *s;

	pack_behind(&bytes, "a1 OK go\r\n", "* 1 EXISTS\r\n* 2 EXISTS\r\n", 24);
	str_cut(&bytes, bytes.len - 6);
	s = open_packed(&server, &bytes);
	while (stream_read_line(s, &line, 100, &err) == 0)
		assert_true(line.len > 5);
	assert_int_equal(err.kind, ERR_NETWORK);
	str_done(&line);
	end_talk(s, &server, &bytes);
}

/* Compression begins between two lines or not at all. */
static void test_deflate_at_a_wrong_time(void **state)
{
	struct server server = {.text = "a1 OK go\r\n* 1 EXISTS\r\n"};
	struct str line = STR_INIT;
	struct stream *s = talk(&server, PROTOCOL_IMAP, NULL);

	WORKS(stream_read_line(s, &line, 100, &why));
	assert_int_equal(stream_wait(s, -1, 5000, &why), STREAM_DATA);
	FAILS(ERR_PROTOCOL, stream_deflate(s, &why));
	end_talk(s, &server, &line);
}

static void *cancel_soon(void *cancel)
{
	poll(NULL, 0, 20);
	net_cancel_now(cancel);
	return NULL;
}

static void test_packed_cancel(void **state)
{
	struct server server = {0};
	struct net_cancel *cancel = net_cancel_new();
	struct str bytes = STR_INIT, line = STR_INIT;
	struct stream *s;
	pthread_t thread;

	pack_behind(&bytes, "a1 OK go\r\n", "* 1 EXI", 7);
	server.text = bytes.p;
	server.len = bytes.len;
	s = talk(&server, PROTOCOL_IMAP, cancel);
	stream_careful(s, true);
	WORKS(stream_read_line(s, &line, 100, &why));
	WORKS(stream_deflate(s, &why));
	pthread_create(&thread, NULL, cancel_soon, cancel);
	FAILS(ERR_CANCELLED, stream_read_line(s, &line, 100, &why));
	pthread_join(thread, NULL);
	net_cancel_unref(cancel);
	str_done(&line);
	end_talk(s, &server, &bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packed_lines),
		cmocka_unit_test(test_packed_faults),
		cmocka_unit_test(test_packed_cut),
		cmocka_unit_test(test_deflate_at_a_wrong_time),
		cmocka_unit_test(test_packed_cancel),
		cmocka_unit_test(test_cancel_ends_a_read),
		cmocka_unit_test(test_cancel_ends_a_wait),
		cmocka_unit_test(test_cancelled_before),
		cmocka_unit_test(test_deadlines),
		cmocka_unit_test(test_budget_and_length),
		cmocka_unit_test(test_byte_by_byte),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_filter_ends_the_stream),
		cmocka_unit_test(test_broken_pipe),
		cmocka_unit_test(test_mailstream_freed_elsewhere),
		cmocka_unit_test(test_injection_behind_starttls),
		cmocka_unit_test(test_injection_in_the_filter),
		cmocka_unit_test(test_log_keeps_secrets),
		cmocka_unit_test(test_log_of_lines),
		cmocka_unit_test(test_own_literal),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_unknown_name),
		cmocka_unit_test(test_side_by_side),
		cmocka_unit_test(test_side_by_side_odd),
		cmocka_unit_test(test_by_name),
	};

	net_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

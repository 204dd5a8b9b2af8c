/* TLS against servers of every kind: who is accepted, who is refused, and what is said about it. */

#include "base/clock.h"
#include "base/mem.h"
#include "net/connect.h"
#include "net/stream.h"
#include "net/tls.h"
#include "tests/unit/fails.h"
#include "tests/scratch.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOST "mail.example.org"

static const struct {
	const char *name, *cert, *mode;
	const char *host;
	enum err_kind kind; /* ERR_NONE: accepted */
	const char *text;   /* must be in the error */
} servers[] = {
	{"valid", "valid", "tls", HOST, ERR_NONE, NULL},
	{"final-dot", "valid", "tls", HOST ".", ERR_NONE, NULL},
	{"upper-case", "valid", "tls", "MAIL.Example.ORG", ERR_NONE, NULL},
	{"chained", "chained", "tls", HOST, ERR_NONE, NULL},
	{"wildcard", "wildcard", "tls", HOST, ERR_NONE, NULL},
	{"tls12", "valid", "tls12", HOST, ERR_NONE, NULL},
	{"tls13", "valid", "tls13", HOST, ERR_NONE, NULL},
	{"address", "address", "tls", "127.0.0.1", ERR_NONE, NULL},
	{"address6", "address", "tls", "::1", ERR_NONE, NULL},
	{"unknown-root", "unknown", "tls", HOST, ERR_CERT, "authority is not known"},
	{"self-signed", "selfsigned", "tls", HOST, ERR_CERT, "self-signed"},
	{"expired", "expired", "tls", HOST, ERR_CERT, "expired"},
	{"wrong-host", "wronghost", "tls", HOST, ERR_CERT, "another server"},
	{"cn-other-san", "cnother", "tls", HOST, ERR_CERT, "another server"},
	{"cn-only", "cnonly", "tls", HOST, ERR_CERT, "another server"},
	{"too-wild", "toowild", "tls", HOST, ERR_CERT, "another server"},
	{"wildcard-deep", "wildcard", "tls", "a.b.example.org", ERR_CERT, "another server"},
	{"name-for-address", "valid", "tls", "127.0.0.1", ERR_CERT, "another server"},
	{"address-for-name", "address", "tls", HOST, ERR_CERT, "another server"},
	{"client-only", "client", "tls", HOST, ERR_CERT, "not made for servers"},
	{"missing-intermediate", "missing", "tls", HOST, ERR_CERT, "intermediate"},
	{"issuer-no-authority", "badchain", "tls", HOST, ERR_CERT, "may not sign"},
	{"rooted", "rooted", "tls", HOST, ERR_CERT, "root authority is not known"},
	{"expired-authority", "oldsigned", "tls", HOST, ERR_CERT, "authority's certificate has"},
	{"not-yet", "later", "tls", HOST, ERR_CERT, "clock right"},
	{"weak-authority", "weaksigned", "tls", HOST, ERR_CERT, "too weak"},
	{"critical", "critical", "tls", HOST, ERR_CERT, "unhandled critical extension"},
	{"tls11", "valid", "tls11", HOST, ERR_CERT, "not safe"},
	{"tls10", "valid", "tls10", HOST, ERR_CERT, "not safe"},
	{"garbage", "valid", "garbage", HOST, ERR_CERT, "does not speak TLS"},
	{"close", "valid", "close", HOST, ERR_NETWORK, "handshake"},
	{"reset", "valid", "reset", HOST, ERR_NETWORK, "broke"},
	{"silent", "valid", "silent", HOST, ERR_NETWORK, "in time"},
	/* used by name below */
	{"cut", "valid", "cut", NULL, ERR_NONE, NULL},
	{"goodbye", "valid", "goodbye", NULL, ERR_NONE, NULL},
	{"bytes", "valid", "bytes", NULL, ERR_NONE, NULL},
	{"sni", "valid", "sni", NULL, ERR_NONE, NULL},
	{"starttls", "address", "starttls", NULL, ERR_NONE, NULL},
	{"inject", "address", "inject", NULL, ERR_NONE, NULL},
	{"local", "address", "tls", NULL, ERR_NONE, NULL},
	{"local-cut", "address", "cut", NULL, ERR_NONE, NULL},
};

static char folder[SCRATCH_SIZE];
static char root[64];
static pid_t child;
static int child_in = -1;
static uint16_t ports[MEM_COUNT(servers)];

/* --- the servers --- */

static const char *source_folder(void)
{
	const char *s = getenv("srcdir");

	return s ? s : ".";
}

static void run_child(int in, int out)
{
	char *argv[MEM_COUNT(servers) + 4] = {0};
	struct str script = STR_INIT;

	str_addf(&script, "%s/tests/unit/tls_server.py", source_folder());
	argv[0] = mem_strdup("python3");
	argv[1] = script.p;
	argv[2] = folder;
	for (size_t i = 0; i < MEM_COUNT(servers); i++) {
		struct str arg = STR_INIT;

		str_addf(&arg, "%s %s %s", servers[i].name, servers[i].cert, servers[i].mode);
		argv[3 + i] = arg.p;
	}
	dup2(in, 0);
	dup2(out, 1);
	execvp(argv[0], argv);
	_exit(127);
}

static int read_ports(int fd)
{
	FILE *f = fdopen(fd, "r");
	char name[64];
	unsigned port;
	size_t n = 0;

	while (fscanf(f, "%63s %u", name, &port) == 2 && strcmp(name, "ready") != 0)
		if (n < MEM_COUNT(servers))
			ports[n++] = (uint16_t)port;
	fclose(f);
	return n == MEM_COUNT(servers) ? 0 : -1;
}

static int make_certificates(void)
{
	pid_t pid;
	int status;

	if (!mkdtemp(scratch(folder, "test_tls")))
		return -1;
	pid = fork();
	if (pid == 0) {
		struct str script = STR_INIT;

		str_addf(&script, "%s/tests/unit/tls_certs.sh", source_folder());
		execl("/bin/sh", "sh", script.p, folder, (char *)NULL);
		_exit(127);
	}
	if (snprintf(root, sizeof(root), "%s/root.pem", folder) >= (int)sizeof(root))
		return -1;
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

static int start_servers(void **state)
{
	int in[2], out[2];

	if (make_certificates() < 0 || pipe(in) < 0 || pipe(out) < 0)
		return -1;
	child = fork();
	if (child == 0) {
		close(in[1]);
		close(out[0]);
		run_child(in[0], out[1]);
	}
	close(in[0]);
	close(out[1]);
	child_in = in[1];
	return read_ports(out[0]);
}

static int stop_servers(void **state)
{
	pid_t pid;

	close(child_in);
	waitpid(child, NULL, 0);
	pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-rf", folder, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
	return 0;
}

static uint16_t port_of(const char *name)
{
	for (size_t i = 0; i < MEM_COUNT(servers); i++)
		if (strcmp(servers[i].name, name) == 0)
			return ports[i];
	fail_msg("no server %s", name);
	return 0;
}

/* --- one session --- */

struct session {
	int fd;
	struct tls *tls;
	struct err err;
};

static void session_open(struct session *s, uint16_t port, const char *host,
	const struct net_options *options, int ms)
{
	memset(s, 0, sizeof(*s));
	s->fd = connect_host("127.0.0.1", port, clock_ms() + 10000, NULL, &s->err);
	assert_true(s->fd >= 0);
	tls_open(&s->tls, s->fd, host, options, clock_ms() + ms, NULL, &s->err);
}

static void session_close(struct session *s)
{
	if (s->tls)
		tls_close(s->tls);
	tls_free(s->tls);
	close(s->fd);
}

/* Reads until LF; false and s->err at the end. */
static bool session_line(struct session *s, struct str *line)
{
	char c;

	str_clear(line);
	for (;;) {
		short events = 0;
		ssize_t n = tls_read(s->tls, &c, 1, &events, &s->err);

		if (n < 0)
			return false;
		if (n == 0 && connect_wait(s->fd, events, clock_ms() + 10000, NULL,
				      CONNECT_LATE_ANSWER, "test", &s->err) < 0)
			return false;
		if (n > 0)
			str_addc(line, c);
		if (n > 0 && c == '\n')
			return true;
	}
}

static void read_hash(const char *cert, char out[65])
{
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.sha256", folder, cert);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%64s", out), 1);
	fclose(f);
}

/* An authority of one's own is named as a way out where it is one. */
static bool would_help(const char *server)
{
	static const char *const names[] = {
		"unknown-root", "self-signed", "missing-intermediate", "rooted"};

	for (size_t i = 0; i < MEM_COUNT(names); i++)
		if (strcmp(server, names[i]) == 0)
			return true;
	return false;
}

static void check_servers(const struct net_options *options)
{
	for (size_t i = 0; i < MEM_COUNT(servers) && servers[i].host; i++) {
		struct session s;
		struct str line = STR_INIT;
		char hash[65];

		session_open(&s, ports[i], servers[i].host, options,
			strcmp(servers[i].mode, "silent") == 0 ? 200 : 10000);
		if (s.err.kind != servers[i].kind ||
			(servers[i].text && !strstr(s.err.text, servers[i].text)))
			fail_msg("%s: kind %d: %s", servers[i].name, s.err.kind, s.err.text);
		if (s.tls) {
			assert_true(session_line(&s, &line));
			assert_string_equal(line.p, "* OK ready\r\n");
		} else if (strstr(s.err.text, "tls-pin")) {
			/* Says how to trust it: by exactly this hash. */
			read_hash(servers[i].cert, hash);
			assert_non_null(strstr(s.err.text, hash));
			if (!strstr(s.err.text, "tls-ca") == would_help(servers[i].name))
				fail_msg("%s: %s", servers[i].name, s.err.text);
		} else {
			assert_false(would_help(servers[i].name));
		}
		session_close(&s);
		str_done(&line);
	}
}

static void test_servers(void **state)
{
	struct net_options options = {.tls_ca = root};

	check_servers(&options);
}

static void set_system(const char *file, const char *dir)
{
	setenv("SSL_CERT_FILE", file, 1);
	setenv("SSL_CERT_DIR", dir, 1);
	check_servers(NULL);
	unsetenv("SSL_CERT_FILE");
	unsetenv("SSL_CERT_DIR");
}

/* The system's authorities in one file, which is read last, and in a directory. Either is enough,
 * and neither lets anything through that the other would not. */
static void test_system(void **state)
{
	char dir[96], path[128];
	struct str command = STR_INIT;
	FILE *hash;
	unsigned n;

	snprintf(dir, sizeof(dir), "%s/authorities", folder);
	assert_int_equal(mkdir(dir, 0700), 0);
	set_system(root, dir);
	str_addf(&command, "openssl x509 -noout -hash -in %s", root);
	hash = popen(command.p, "r");
	assert_non_null(hash);
	assert_int_equal(fscanf(hash, "%8x", &n), 1);
	assert_int_equal(pclose(hash), 0);
	str_done(&command);
	snprintf(path, sizeof(path), "%s/%08x.0", dir, n);
	assert_int_equal(symlink(root, path), 0);
	set_system("/nonexistent/file.pem", dir);
	unlink(path);
	rmdir(dir);
}

static void test_without_tls_ca(void **state)
{
	struct session s;

	session_open(&s, port_of("valid"), HOST, NULL, 10000);
	assert_null(s.tls);
	assert_int_equal(s.err.kind, ERR_CERT);
	session_close(&s);
}

static void test_tls_ca_unreadable(void **state)
{
	struct net_options options = {.tls_ca = "/nonexistent/ca.pem"};
	struct session s;

	session_open(&s, port_of("valid"), HOST, &options, 10000);
	assert_null(s.tls);
	assert_int_equal(s.err.kind, ERR_CERT);
	assert_non_null(strstr(s.err.text, "/nonexistent/ca.pem"));
	session_close(&s);
}

static void test_pin(void **state)
{
	char hash[65], colons[128] = "", wrong[65];
	const struct {
		const char *pin;
		bool ok;
	} cases[] = {{hash, true}, {colons, true}, {wrong, false}, {"", false}, {"abcd", false}};

	read_hash("selfsigned", hash);
	memcpy(wrong, hash, sizeof(wrong));
	wrong[63] = wrong[63] == '0' ? '1' : '0';
	for (size_t i = 0; i < 64; i += 2)
		snprintf(colons + strlen(colons), sizeof(colons) - strlen(colons), "%s%c%c",
			i ? ":" : "", hash[i] >= 'a' ? hash[i] - 32 : hash[i],
			hash[i + 1] >= 'a' ? hash[i + 1] - 32 : hash[i + 1]);
	for (size_t i = 0; i < MEM_COUNT(cases); i++) {
		struct net_options options = {.tls_pin = cases[i].pin};
		struct session s;

		session_open(&s, port_of("self-signed"), HOST, &options, 10000);
		if (!s.tls == cases[i].ok)
			fail_msg("case %zu: %s", i, s.err.text);
		if (!s.tls) {
			assert_int_equal(s.err.kind, ERR_CERT);
			assert_non_null(strstr(s.err.text, "tls-pin"));
			assert_non_null(strstr(s.err.text, hash));
		}
		session_close(&s);
	}
}

static void test_pin_beats_authority(void **state)
{
	struct net_options options = {.tls_ca = root};
	struct session s;
	char hash[65];

	read_hash("wildcard", hash);
	options.tls_pin = hash;
	session_open(&s, port_of("valid"), HOST, &options, 10000);
	assert_null(s.tls);
	assert_int_equal(s.err.kind, ERR_CERT);
	session_close(&s);
}

static void test_ends(void **state)
{
	struct net_options options = {.tls_ca = root};
	struct str line = STR_INIT;
	struct session s;

	session_open(&s, port_of("cut"), HOST, &options, 10000);
	assert_true(session_line(&s, &line));
	assert_false(session_line(&s, &line));
	assert_int_equal(s.err.kind, ERR_NETWORK);
	if (!strstr(s.err.text, "cut off"))
		fail_msg("%s", s.err.text);
	session_close(&s);
	session_open(&s, port_of("goodbye"), HOST, &options, 10000);
	assert_true(session_line(&s, &line));
	assert_false(session_line(&s, &line));
	assert_non_null(strstr(s.err.text, "closed the connection"));
	session_close(&s);
	session_open(&s, port_of("bytes"), HOST, &options, 10000);
	assert_true(session_line(&s, &line));
	session_close(&s);
	str_done(&line);
}

static void test_sni_and_binding(void **state)
{
	struct net_options options = {.tls_ca = root};
	struct str text = STR_INIT;
	char one[64], two[64], hash[65];
	struct session s;

	session_open(&s, port_of("sni"), HOST, &options, 10000);
	assert_true(session_line(&s, &text));
	assert_string_equal(text.p, "* OK " HOST "\r\n");
	assert_int_equal(tls_exporter(s.tls, one, sizeof(one)), 32);
	assert_int_equal(tls_exporter(s.tls, two, 31), 0);
	str_clear(&text);
	tls_describe(s.tls, &text);
	read_hash("valid", hash);
	assert_non_null(strstr(text.p, hash));
	assert_non_null(strstr(text.p, "TLSv1.3"));
	session_close(&s);
	session_open(&s, port_of("sni"), HOST, &options, 10000);
	assert_int_equal(tls_exporter(s.tls, two, sizeof(two)), 32);
	assert_memory_not_equal(one, two, 32);
	session_close(&s);
	str_done(&text);
}

/* --- the same under a stream --- */

static struct stream *open_stream(
	const char *name, enum protocol protocol, enum net_security security, struct err *err)
{
	struct net_server server = {.protocol = protocol,
		.security = security,
		.host = "127.0.0.1",
		.port = port_of(name)};
	struct net_options options = {.tls_ca = root};
	struct stream *s = NULL;

	stream_open(&s, &server, &options, NULL, err);
	return s;
}

static void test_stream_over_tls(void **state)
{
	struct str line = STR_INIT;
	struct stream *s = open_stream("local", PROTOCOL_IMAP, NET_TLS, &why);
	uint64_t received, sent;

	if (!s)
		fail_msg("%s", why.text);
	assert_true(stream_is_encrypted(s));
	WORKS(stream_read_line(s, &line, 100, &why));
	assert_string_equal(line.p, "* OK ready");
	assert_int_equal(stream_wait(s, -1, 50, &why), STREAM_TIMEOUT);
	WORKS(stream_write(s, "1 OK echo\r\n", 11, &why));
	WORKS(stream_flush(s, &why));
	assert_int_equal(stream_wait(s, -1, 10000, &why), STREAM_DATA);
	WORKS(stream_read_line(s, &line, 100, &why));
	assert_string_equal(line.p, "1 OK echo");
	stream_counts(s, &received, &sent);
	assert_int_equal(received, 23);
	assert_int_equal(sent, 11);
	stream_free(s);
	str_done(&line);
}

static void test_stream_cut_in_literal(void **state)
{
	struct str line = STR_INIT;
	struct stream *s = open_stream("local-cut", PROTOCOL_IMAP, NET_TLS, &why);

	assert_non_null(s);
	WORKS(stream_read_line(s, &line, 100, &why));
	FAILS(ERR_NETWORK, stream_read_line(s, &line, 100, &why));
	assert_non_null(strstr(stream_error(s)->text, "cut off"));
	stream_free(s);
	str_done(&line);
}

static struct stream *upto_starttls(const char *name, struct err *err)
{
	struct stream *s = open_stream(name, PROTOCOL_POP3, NET_STARTTLS, err);
	struct str line = STR_INIT;

	assert_non_null(s);
	assert_false(stream_is_encrypted(s));
	assert_int_equal(stream_read_line(s, &line, 100, err), 0);
	assert_int_equal(stream_write(s, "STLS\r\n", 6, err), 0);
	assert_int_equal(stream_flush(s, err), 0);
	assert_int_equal(stream_read_line(s, &line, 100, err), 0);
	assert_string_equal(line.p, "+OK go");
	str_done(&line);
	return s;
}

static void test_starttls(void **state)
{
	struct str line = STR_INIT;
	struct stream *s = upto_starttls("starttls", &why);

	if (stream_starttls(s, &why) < 0)
		fail_msg("%s", why.text);
	assert_true(stream_is_encrypted(s));
	WORKS(stream_read_line(s, &line, 100, &why));
	assert_string_equal(line.p, "+OK inside");
	assert_int_equal(stream_starttls(s, &why), -1);
	stream_free(s);
	str_done(&line);
}

static void test_starttls_injection(void **state)
{
	struct str line = STR_INIT;
	struct stream *s = upto_starttls("inject", &why);

	FAILS(ERR_PROTOCOL, stream_starttls(s, &why));
	assert_int_equal(stream_read_line(s, &line, 100, &why), -1);
	assert_int_equal(stream_write(s, "x", 1, &why), -1);
	stream_free(s);
	str_done(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_servers),
		cmocka_unit_test(test_system),
		cmocka_unit_test(test_without_tls_ca),
		cmocka_unit_test(test_tls_ca_unreadable),
		cmocka_unit_test(test_pin),
		cmocka_unit_test(test_pin_beats_authority),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_sni_and_binding),
		cmocka_unit_test(test_stream_over_tls),
		cmocka_unit_test(test_stream_cut_in_literal),
		cmocka_unit_test(test_starttls),
		cmocka_unit_test(test_starttls_injection),
	};

	net_init();
	return cmocka_run_group_tests(tests, start_servers, stop_servers);
}

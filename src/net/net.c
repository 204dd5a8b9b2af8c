#include "net/net.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/str.h"
#include "net/etpan.h"
#include "net/tls.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* --- stopping --- */

struct net_cancel {
	atomic_uint refs;
	atomic_bool asked;
	atomic_uint task, hurried;  /* hurried: the number of the task that is */
	_Atomic int64_t hurried_at; /* clock_ms */
	/* -1 when the machine had none left: then only what is above works */
	int fd, hurry_fd;
};

struct net_cancel *net_cancel_new(void)
{
	struct net_cancel *c = mem_alloc(sizeof(*c));

	atomic_init(&c->refs, 1);
	atomic_init(&c->asked, false);
	c->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	c->hurry_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return c;
}

struct net_cancel *net_cancel_ref(struct net_cancel *c)
{
	atomic_fetch_add(&c->refs, 1);
	return c;
}

void net_cancel_unref(struct net_cancel *c)
{
	if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
		return;
	if (c->fd >= 0)
		close(c->fd);
	if (c->hurry_fd >= 0)
		close(c->hurry_fd);
	free(c);
}

static void raise_fd(int fd)
{
	uint64_t one = 1;

	while (fd >= 0 && write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
		continue;
}

static void lower_fd(int fd)
{
	uint64_t n;

	while (fd >= 0 && read(fd, &n, sizeof(n)) < 0 && errno == EINTR)
		continue;
}

void net_cancel_now(struct net_cancel *c)
{
	atomic_store(&c->asked, true);
	/* Nobody reads it but net_cancel_again: once readable, always readable. */
	raise_fd(c->fd);
}

void net_cancel_again(struct net_cancel *c)
{
	atomic_store(&c->asked, false);
	lower_fd(c->fd);
}

bool net_cancel_asked(const struct net_cancel *c)
{
	return atomic_load(&c->asked);
}

int net_cancel_fd(const struct net_cancel *c)
{
	return c->fd;
}

void net_cancel_task(struct net_cancel *c, unsigned task)
{
	atomic_store(&c->task, task);
	lower_fd(c->hurry_fd);
}

/* The task may have ended since it was compared: then its number is none's that comes later. */
void net_cancel_hurry(struct net_cancel *c, unsigned task)
{
	if (!task || atomic_load(&c->task) != task)
		return;
	atomic_store(&c->hurried_at, clock_ms());
	atomic_store(&c->hurried, task);
	raise_fd(c->hurry_fd);
}

bool net_cancel_is_hurried(const struct net_cancel *c)
{
	unsigned task = atomic_load(&c->task);

	return task && atomic_load(&c->hurried) == task;
}

int64_t net_cancel_until(const struct net_cancel *c, int64_t since)
{
	int64_t at;

	if (!net_cancel_is_hurried(c))
		return INT64_MAX;
	at = atomic_load(&c->hurried_at);
	return (since < at ? since : at) + NET_HURRY_MS;
}

int net_cancel_hurry_fd(const struct net_cancel *c)
{
	return c->hurry_fd;
}

void net_cancel_noticed(struct net_cancel *c)
{
	lower_fd(c->hurry_fd);
}

/* --- addresses --- */

static const struct {
	const char *suffix;
	enum net_security security;
} securities[] = {{"s", NET_TLS}, {"", NET_STARTTLS}, {"+insecure", NET_PLAIN}};

/* What follows the key of a protocol in a scheme. */
static bool read_suffix(struct net_server *out, const char *suffix, size_t len)
{
	const struct protocol_row *row = protocol_row(out->protocol);

	for (size_t i = 0; i < MEM_COUNT(securities); i++)
		if (strlen(securities[i].suffix) == len &&
			str_nicmp(securities[i].suffix, suffix, len) == 0) {
			out->security = securities[i].security;
			out->port = out->security == NET_TLS ? row->tls_port : row->port;
			return true;
		}
	return false;
}

static int read_scheme(struct net_server *out, const char *url, size_t len, struct err *err)
{
	struct str known = STR_INIT;

	for (out->protocol = 0; out->protocol < SERVERS; out->protocol++) {
		const char *key = protocol_row(out->protocol)->key;
		size_t n = strlen(key);

		if (n <= len && str_nicmp(key, url, n) == 0 && read_suffix(out, url + n, len - n))
			return 0;
	}
	protocol_schemes(&known);
	err_set(err, ERR_INPUT, _("“%.*s” is not one of %s"), (int)(len > 40 ? 40 : len), url,
		str_c(&known));
	str_done(&known);
	return -1;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* RFC 3986 2.1; control characters are never part of a user name. */
static int read_user(struct net_server *out, const char *p, size_t len, struct err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c == ':')
			return err_set(err, ERR_INPUT,
				_("a password does not belong into a server's address: give it "
				  "with  password command \"...\"  (a colon in the user name is "
				  "written %%3A)"));
		if (c == '%') {
			int hi = i + 2 < len ? hex_value(p[i + 1]) : -1;
			int lo = i + 2 < len ? hex_value(p[i + 2]) : -1;

			if (hi < 0 || lo < 0)
				return err_set(err, ERR_INPUT,
					_("a “%%” in the user name must be followed by two hex "
					  "digits"));
			c = (unsigned char)(hi << 4 | lo);
			i += 2;
		}
		if (c < 0x20 || c == 0x7f || n + 1 >= sizeof(out->user))
			return err_set(
				err, ERR_INPUT, _("the user name in the address is not usable"));
		out->user[n++] = (char)c;
	}
	out->user[n] = '\0';
	return 0;
}

static int read_port(struct net_server *out, const char *p, struct err *err)
{
	unsigned long port = 0;

	if (!*p)
		return 0;
	for (const char *d = p; *d; d++) {
		if (*d < '0' || *d > '9' || port > 65535)
			return err_set(err, ERR_INPUT, _("“%.40s” is not a port number"), p);
		port = port * 10 + (unsigned long)(*d - '0');
	}
	if (port < 1 || port > 65535)
		return err_set(err, ERR_INPUT, _("port %.40s is not between 1 and 65535"), p);
	out->port = (uint16_t)port;
	return 0;
}

static bool host_is_clean(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c <= 0x20 || c == 0x7f || strchr("/\\@?#[]%<>\"'", c))
			return false;
	}
	return len > 0;
}

static int read_host(struct net_server *out, const char *p, struct err *err)
{
	const char *host = p, *end;

	if (*p == '[') { /* RFC 3986 3.2.2: an IPv6 address */
		host = p + 1;
		end = strchr(host, ']');
		if (!end || (end[1] && end[1] != ':'))
			return err_set(err, ERR_INPUT, _("the IPv6 address lacks its “]”"));
		p = end + 1;
	} else {
		end = strchr(p, ':');
		if (!end)
			end = p + strlen(p);
		p = end;
	}
	if ((size_t)(end - host) >= sizeof(out->host) || !host_is_clean(host, (size_t)(end - host)))
		return err_set(err, ERR_INPUT, _("“%.60s” is not a usable server name"), host);
	memcpy(out->host, host, (size_t)(end - host));
	out->host[end - host] = '\0';
	return *p == ':' ? read_port(out, p + 1, err) : 0;
}

int net_server_parse(struct net_server *out, const char *url, struct err *err)
{
	struct net_server s = {0};
	const char *sep = strstr(url, "://"), *rest, *at;
	char host[sizeof(s.host) + 16];
	size_t len;

	if (!sep)
		return err_set(err, ERR_INPUT,
			_("“%.60s” is not a server address: write it as imaps://user@host"), url);
	if (read_scheme(&s, url, (size_t)(sep - url), err) < 0)
		return -1;
	rest = sep + 3;
	at = strrchr(rest, '@'); /* a user name may hold an @ itself */
	if (at && read_user(&s, rest, (size_t)(at - rest), err) < 0)
		return -1;
	if (at)
		rest = at + 1;
	len = strlen(rest);
	if (len && rest[len - 1] == '/')
		len--;
	if (len >= sizeof(host))
		return err_set(err, ERR_INPUT, _("“%.60s” is not a usable server name"), rest);
	memcpy(host, rest, len);
	host[len] = '\0';
	if (read_host(&s, host, err) < 0)
		return -1;
	*out = s;
	return 0;
}

const char *net_security_name(const struct net_server *s)
{
	switch (s->security) {
	case NET_TLS:
		return "TLS";
	case NET_STARTTLS:
		return "STARTTLS";
	case NET_PLAIN:
		break;
	}
	return _("not encrypted");
}

void net_init(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	/* OpenSSL's socket BIO writes without MSG_NOSIGNAL. */
	sigaction(SIGPIPE, &ignore, NULL);
	tls_init();
	etpan_init();
}

#include "net/connect.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/thread.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STAGGER_MS = 250, LOOKUP_STACK = 512 * 1024 };

/* --- waiting --- */

static int late_error(enum connect_late late, const char *where, struct err *err)
{
	switch (late) {
	case CONNECT_LATE_NAME:
		return err_set(
			err, ERR_NETWORK, _("the name of %.100s was not found in time"), where);
	case CONNECT_LATE_TCP:
		return err_set(err, ERR_NETWORK, _("%.100s does not answer"), where);
	case CONNECT_LATE_TLS:
		return err_set(err, ERR_NETWORK,
			_("%.100s did not finish the TLS handshake in time"), where);
	case CONNECT_LATE_ANSWER:
		break;
	}
	return err_set(err, ERR_NETWORK, _("%.100s did not answer in time"), where);
}

static int cancelled(struct err *err)
{
	return err_set(err, ERR_CANCELLED, _("stopped"));
}

static int time_left(int64_t deadline)
{
	int64_t left = deadline - clock_ms();

	return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

int connect_wait(int fd, short events, int64_t deadline, struct net_cancel *cancel,
	enum connect_late late, const char *where, struct err *err)
{
	struct pollfd p[3] = {{.fd = fd, .events = events},
		{.fd = cancel ? net_cancel_fd(cancel) : -1, .events = POLLIN},
		{.fd = cancel ? net_cancel_hurry_fd(cancel) : -1, .events = POLLIN}};
	int64_t begin = clock_ms();

	for (;;) {
		int64_t until = cancel ? net_cancel_until(cancel, begin) : INT64_MAX;
		int left = time_left(deadline < until ? deadline : until), n;

		if (cancel && net_cancel_asked(cancel))
			return cancelled(err);
		n = poll(p, 3, left);
		if (n < 0 && errno != EINTR)
			return err_errno(err, _("cannot wait for %.100s"), where);
		if (n > 0 && p[1].revents)
			return cancelled(err);
		if (n > 0 && p[0].revents)
			return 0;
		if (n > 0 && p[2].revents)
			net_cancel_noticed(cancel);
		if (n == 0 && left == 0 && until < deadline)
			return cancelled(err);
		if (n == 0 && left == 0)
			return late_error(late, where, err);
	}
}

/* --- names --- */

bool connect_is_address(const char *host)
{
	unsigned char raw[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, raw) == 1 || inet_pton(AF_INET6, host, raw) == 1;
}

/*
 * getaddrinfo cannot be stopped. So it runs in a thread of its own that shares this with the
 * caller; whoever is last frees it, and a caller that gave up does not wait.
 */
struct lookup {
	atomic_int refs;
	char *host;
	char port[8];
	int done_fd;
	atomic_bool done; /* orders result and list before the wake-up */
	int result;
	int saved_errno;
	struct addrinfo *list;
};

static void lookup_unref(struct lookup *l)
{
	if (atomic_fetch_sub(&l->refs, 1) != 1)
		return;
	if (l->list)
		freeaddrinfo(l->list);
	close(l->done_fd);
	free(l->host);
	free(l);
}

static void *lookup_run(void *arg)
{
	struct lookup *l = arg;
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	uint64_t one = 1;

	if (connect_is_address(l->host))
		hints.ai_flags = AI_NUMERICHOST;
	hints.ai_flags |= AI_NUMERICSERV;
	l->result = getaddrinfo(l->host, l->port, &hints, &l->list);
	l->saved_errno = errno;
	atomic_store(&l->done, true);
	while (write(l->done_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		continue;
	lookup_unref(l);
	return NULL;
}

static int lookup_start(struct lookup *l, struct err *err)
{
	pthread_t thread;
	int r;

	atomic_fetch_add(&l->refs, 1);
	r = thread_start(&thread, LOOKUP_STACK, lookup_run, l);
	if (r == 0) {
		pthread_detach(thread);
		return 0;
	}
	atomic_fetch_sub(&l->refs, 1);
	errno = r;
	return err_errno(err, _("cannot look up %.100s"), l->host);
}

static int lookup_error(const struct lookup *l, struct err *err)
{
	switch (l->result) {
	case EAI_NONAME:
#ifdef EAI_NODATA
	case EAI_NODATA:
#endif
		return err_set(err, ERR_NETWORK, _("no server is called %.100s"), l->host);
	case EAI_AGAIN:
		return err_set(
			err, ERR_NETWORK, _("cannot look up %.100s now: no network?"), l->host);
	case EAI_SYSTEM:
		errno = l->saved_errno;
		return err_errno(err, _("cannot look up %.100s"), l->host);
	default:
		return err_set(err, ERR_NETWORK, _("cannot look up %.100s: %s"), l->host,
			gai_strerror(l->result));
	}
}

static struct lookup *lookup_new(const char *host, uint16_t port, struct err *err)
{
	struct lookup *l = mem_alloc(sizeof(*l));

	atomic_init(&l->refs, 1);
	atomic_init(&l->done, false);
	l->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->done_fd < 0) {
		err_errno(err, _("cannot look up %.100s"), host);
		free(l);
		return NULL;
	}
	l->host = mem_strdup(host);
	snprintf(l->port, sizeof(l->port), "%u", (unsigned)port);
	return l;
}

/* --- connecting --- */

struct race {
	const struct addrinfo **order;
	size_t n;           /* addresses */
	size_t next;        /* the next to start */
	struct pollfd *fds; /* of each, and of the cancel */
	int first_errno;
};

/* RFC 8305 4: families take turns, beginning with the one the resolver prefers. */
static void race_order(struct race *r, const struct addrinfo *list)
{
	const struct addrinfo *same = list, *other = list;
	int family = list->ai_family;
	bool turn = true;

	for (;;) {
		while (same && same->ai_family != family)
			same = same->ai_next;
		while (other && other->ai_family == family)
			other = other->ai_next;
		if (!same && !other)
			break;
		if ((turn && same) || !other) {
			r->order[r->n++] = same;
			same = same->ai_next;
		} else {
			r->order[r->n++] = other;
			other = other->ai_next;
		}
		turn = !turn;
	}
}

static void attempt_failed(struct race *r, size_t i, int why)
{
	if (r->fds[i].fd >= 0)
		close(r->fds[i].fd);
	r->fds[i].fd = -1;
	if (!r->first_errno)
		r->first_errno = why;
}

static void attempt_start(struct race *r)
{
	size_t i = r->next++;
	const struct addrinfo *a = r->order[i];
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1;

	r->fds[i] = (struct pollfd){.fd = fd, .events = POLLOUT};
	if (fd < 0) {
		attempt_failed(r, i, errno);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	/* A router that forgets a quiet connection, and a server that is gone, are found out in
	 * three minutes instead of hours. */
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &(int){120}, sizeof(int));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &(int){20}, sizeof(int));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &(int){4}, sizeof(int));
	if (connect(fd, a->ai_addr, a->ai_addrlen) < 0 && errno != EINPROGRESS)
		attempt_failed(r, i, errno);
}

/* The index of a socket that is connected, or -1; drops those that failed. */
static int race_winner(struct race *r)
{
	for (size_t i = 0; i < r->next; i++) {
		int why = 0;
		socklen_t len = sizeof(why);

		if (r->fds[i].fd < 0 || !r->fds[i].revents)
			continue;
		if (getsockopt(r->fds[i].fd, SOL_SOCKET, SO_ERROR, &why, &len) < 0)
			why = errno;
		if (!why && (r->fds[i].revents & POLLOUT))
			return (int)i;
		attempt_failed(r, i, why ? why : ECONNREFUSED);
	}
	return -1;
}

static bool race_idle(const struct race *r)
{
	for (size_t i = 0; i < r->next; i++)
		if (r->fds[i].fd >= 0)
			return false;
	return true;
}

static void race_close(struct race *r, int but)
{
	for (size_t i = 0; i < r->next; i++)
		if ((int)i != but && r->fds[i].fd >= 0)
			close(r->fds[i].fd);
}

/* How many to wait for: the attempts, and what stops them. Whoever hurries later is noticed. */
static nfds_t watch_cancel(struct race *r, struct net_cancel *cancel)
{
	if (!cancel)
		return r->next;
	net_cancel_noticed(cancel);
	r->fds[r->next] = (struct pollfd){.fd = net_cancel_fd(cancel), .events = POLLIN};
	r->fds[r->next + 1] = (struct pollfd){.fd = net_cancel_hurry_fd(cancel), .events = POLLIN};
	return r->next + 2;
}

static int race_left(struct net_cancel *cancel, int64_t begin, int64_t until)
{
	int64_t hurried = cancel ? net_cancel_until(cancel, begin) : INT64_MAX;

	return time_left(hurried < until ? hurried : until);
}

static int race_run(struct race *r, const char *where, int64_t deadline, struct net_cancel *cancel,
	struct err *err)
{
	int64_t stagger = 0, begin = clock_ms();

	for (;;) {
		int64_t now = clock_ms(), until = deadline;
		nfds_t nfds;
		int winner;

		if (r->next < r->n && (now >= stagger || race_idle(r))) {
			attempt_start(r);
			stagger = now + STAGGER_MS;
			continue;
		}
		if (race_idle(r)) {
			errno = r->first_errno;
			err_errno(err, _("cannot connect to %.100s"), where);
			if (err)
				err->kind = ERR_NETWORK;
			return -1;
		}
		if (r->next < r->n && stagger < until)
			until = stagger;
		if (cancel && (net_cancel_asked(cancel) || net_cancel_until(cancel, begin) <= now))
			return cancelled(err);
		if (now >= deadline)
			return late_error(CONNECT_LATE_TCP, where, err);
		nfds = watch_cancel(r, cancel);
		if (poll(r->fds, nfds, race_left(cancel, begin, until)) < 0) {
			if (errno != EINTR)
				return err_errno(err, _("cannot wait for %.100s"), where);
			continue;
		}
		winner = race_winner(r);
		if (winner >= 0)
			return winner;
	}
}

int connect_race(const struct addrinfo *list, const char *where, int64_t deadline,
	struct net_cancel *cancel, struct err *err)
{
	struct race r = {0};
	int winner, fd;
	size_t n = 0;

	for (const struct addrinfo *a = list; a; a = a->ai_next)
		n++;
	r.order = mem_array(n, sizeof(struct addrinfo *));
	r.fds = mem_array(n + 2, sizeof(*r.fds));
	race_order(&r, list);
	winner = race_run(&r, where, deadline, cancel, err);
	race_close(&r, winner);
	fd = winner < 0 ? -1 : r.fds[winner].fd;
	free(r.order);
	free(r.fds);
	return fd;
}

int connect_host(const char *ascii_host, uint16_t port, int64_t deadline, struct net_cancel *cancel,
	struct err *err)
{
	struct lookup *l = lookup_new(ascii_host, port, err);
	char where[CONNECT_HOST_SIZE + 8];
	int fd = -1;

	if (!l)
		return -1;
	snprintf(where, sizeof(where), strchr(ascii_host, ':') ? "[%s]:%u" : "%s:%u", ascii_host,
		(unsigned)port);
	if (lookup_start(l, err) == 0 && connect_wait(l->done_fd, POLLIN, deadline, cancel,
						 CONNECT_LATE_NAME, ascii_host, err) == 0) {
		if (!atomic_load(&l->done) || l->result != 0 || !l->list)
			lookup_error(l, err);
		else
			fd = connect_race(l->list, where, deadline, cancel, err);
	}
	lookup_unref(l);
	return fd;
}

#include "tests/fuzz/server.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

const struct net_options server_options = {.connect_ms = 2000, .idle_ms = 2000, .command_ms = 5000};

static struct {
	int listener;
	uint16_t port;
	const uint8_t *p;
	size_t len;
	sem_t done;
} server;

static void *serve(void *arg)
{
	char buf[4096];

	(void)arg;
	for (;;) {
		int fd = accept(server.listener, NULL, NULL);
		size_t at = 0;

		while (at < server.len) {
			ssize_t n = send(fd, server.p + at, server.len - at, MSG_NOSIGNAL);

			if (n <= 0)
				break;
			at += (size_t)n;
		}
		shutdown(fd, SHUT_WR);
		while (recv(fd, buf, sizeof(buf), 0) > 0)
			;
		close(fd);
		sem_post(&server.done);
	}
	return NULL;
}

static void start(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t len = sizeof(at);
	pthread_t thread;

	net_init();
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server.listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(server.listener, (struct sockaddr *)&at, sizeof(at)) ||
		listen(server.listener, 4) ||
		getsockname(server.listener, (struct sockaddr *)&at, &len) ||
		sem_init(&server.done, 0, 0) || pthread_create(&thread, NULL, serve, NULL))
		abort();
	server.port = ntohs(at.sin_port);
}

struct net_server server_says(enum protocol protocol, const uint8_t *p, size_t len)
{
	struct net_server s = {.protocol = protocol, .security = NET_PLAIN};

	if (!server.port)
		start();
	snprintf(s.host, sizeof(s.host), "127.0.0.1");
	s.port = server.port;
	server.p = p;
	server.len = len;
	return s;
}

void server_wait(void)
{
	sem_wait(&server.done);
}

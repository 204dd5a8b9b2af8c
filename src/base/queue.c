#include "base/queue.h"

#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct queue {
	pthread_mutex_t mutex;
	struct queue_item *head, *tail;
	size_t len;
	int fd;
	bool readable; /* fd is: each change of that is a system call */
};

struct queue *queue_new(void)
{
	struct queue *q = mem_alloc(sizeof(*q));

	pthread_mutex_init(&q->mutex, NULL);
	q->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (q->fd < 0)
		abort(); /* no descriptors left at start-up: nothing could work */
	return q;
}

void queue_free(struct queue *q, void (*free_item)(struct queue_item *))
{
	struct queue_item *item;

	if (!q)
		return;
	while ((item = queue_pop(q))) {
		assert(free_item);
		free_item(item);
	}
	close(q->fd);
	pthread_mutex_destroy(&q->mutex);
	free(q);
}

int queue_fd(const struct queue *q)
{
	return q->fd;
}

/* With the mutex held. */
static void set_readable(struct queue *q, bool readable)
{
	uint64_t count = 1;

	if (q->readable == readable)
		return;
	q->readable = readable;
	while ((readable ? write(q->fd, &count, sizeof(count))
			 : read(q->fd, &count, sizeof(count))) < 0 &&
		errno == EINTR)
		;
}

void queue_push(struct queue *q, struct queue_item *item)
{
	item->next = NULL;
	pthread_mutex_lock(&q->mutex);
	if (q->tail)
		q->tail->next = item;
	else
		q->head = item;
	q->tail = item;
	q->len++;
	set_readable(q, true);
	pthread_mutex_unlock(&q->mutex);
}

void queue_push_front(struct queue *q, struct queue_item *item)
{
	pthread_mutex_lock(&q->mutex);
	item->next = q->head;
	q->head = item;
	if (!q->tail)
		q->tail = item;
	q->len++;
	set_readable(q, true);
	pthread_mutex_unlock(&q->mutex);
}

struct queue_item *queue_pop(struct queue *q)
{
	struct queue_item *item;

	pthread_mutex_lock(&q->mutex);
	item = q->head;
	if (item) {
		q->head = item->next;
		if (!q->head)
			q->tail = NULL;
		item->next = NULL;
		q->len--;
	}
	if (!q->head)
		set_readable(q, false);
	pthread_mutex_unlock(&q->mutex);
	return item;
}

struct queue_item *queue_wait(struct queue *q, int timeout_ms)
{
	int64_t end = timeout_ms < 0 ? INT64_MAX : clock_ms() + timeout_ms;

	for (;;) {
		struct queue_item *item = queue_pop(q);
		struct pollfd pfd = {.fd = q->fd, .events = POLLIN};
		int64_t left;

		if (item)
			return item;
		left = timeout_ms < 0 ? -1 : end - clock_ms();
		if (timeout_ms >= 0 && left <= 0)
			return NULL;
		if (poll(&pfd, 1, left > 60000 ? 60000 : (int)left) < 0 && errno != EINTR)
			return NULL;
	}
}

size_t queue_len(struct queue *q)
{
	size_t len;

	pthread_mutex_lock(&q->mutex);
	len = q->len;
	pthread_mutex_unlock(&q->mutex);
	return len;
}

void queue_wake(struct queue *q)
{
	pthread_mutex_lock(&q->mutex);
	set_readable(q, true);
	pthread_mutex_unlock(&q->mutex);
}

/*
 * queue - values that change owner between threads.
 *
 * Owns:    the items in it. Pushing gives an item away; popping makes it the caller's.
 * Threads: any number may push and pop; the only lock of the program that crosses threads is
 * inside. Errors:  none.
 *
 * Each queue has an eventfd, so that one poll() waits for queues, sockets and keys alike: it is
 * readable while the queue is not empty.
 */
#ifndef BASE_QUEUE_H
#define BASE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

/* The first member of everything that travels. */
struct queue_item {
	struct queue_item *next;
};

struct queue;

struct queue *queue_new(void);
/* Frees the queue and, with free_item, what is still in it (NULL: it must be empty). NULL is fine.
 */
void queue_free(struct queue *q, void (*free_item)(struct queue_item *));
int queue_fd(const struct queue *q); /* for poll(POLLIN); never read it yourself */
void queue_push(struct queue *q, struct queue_item *item);
void queue_push_front(struct queue *q, struct queue_item *item); /* goes ahead of all that waits */
struct queue_item *queue_pop(struct queue *q);                   /* NULL when empty; never waits */
/* Waits up to timeout_ms milliseconds (-1: for ever) for an item; NULL when the time is over. */
struct queue_item *queue_wait(struct queue *q, int timeout_ms);
size_t queue_len(struct queue *q);
/* Makes the fd readable without an item, to end a poll() early; the next pop clears it. */
void queue_wake(struct queue *q);

#endif

#include "sync/probe.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/queue.h"
#include "base/thread.h"
#include "net/stream.h"

#include <stdlib.h>
#include <string.h>

enum { GREETING_MAX = 4096, STOP_MS = 500 };

/* One look. It belongs to its thread until it stands in the queue; one left behind keeps it. */
struct look {
	struct queue_item item;
	size_t row;
	char *url, *tls_ca;
	int ms;
	struct net_cancel *cancel;
	struct queue *done;
	pthread_t thread;
	bool there;
	bool late; /* of the waiting thread: its time was over */
	struct err err;
};

static int hear(struct stream *s, const struct net_server *server, struct err *err)
{
	struct str line = STR_INIT;
	int rc;

	stream_command(s, GREETING_MAX);
	rc = stream_read_line(s, &line, GREETING_MAX, err);
	if (rc == 0 && !str_istarts(str_c(&line), protocol_row(server->protocol)->greeting))
		rc = err_set(err, ERR_PROTOCOL, _("%s does not greet as a mail server does"),
			server->host);
	str_done(&line);
	return rc;
}

static void *run(void *arg)
{
	struct look *l = arg;
	struct net_server server = {0};
	struct net_options options = {
		.tls_ca = l->tls_ca, .connect_ms = l->ms, .handshake_ms = l->ms, .idle_ms = l->ms};
	struct stream *s = NULL;

	l->there = net_server_parse(&server, l->url, &l->err) == 0 &&
		   stream_open(&s, &server, &options, l->cancel, &l->err) == 0 &&
		   hear(s, &server, &l->err) == 0;
	stream_free(s);
	queue_push(l->done, &l->item);
	return NULL;
}

static void look_free(struct look *l)
{
	free(l->url);
	free(l->tls_ca);
	net_cancel_unref(l->cancel);
	free(l);
}

/* What was heard until then goes into the rows. Returns how many looks are still out. */
static size_t collect(
	struct probe *rows, struct look **looks, struct queue *done, size_t out, int64_t until)
{
	while (out) {
		int64_t left = until - clock_ms();
		struct look *l = (struct look *)queue_wait(done, left > 0 ? (int)left : 0);

		if (!l && left <= 0)
			break;
		if (!l || !thread_join(l->thread, clock_ms() + STOP_MS))
			continue;
		if (!l->late) { /* the others say that they were cancelled */
			rows[l->row].there = l->there;
			rows[l->row].err = l->err;
		}
		looks[l->row] = NULL;
		look_free(l);
		out--;
	}
	return out;
}

static struct look *start(const struct probe *row, size_t at, const char *tls_ca, int ms,
	struct net_cancel *cancel, struct queue *done)
{
	struct look *l = mem_alloc(sizeof(*l));

	*l = (struct look){.row = at,
		.url = mem_strdup(row->url),
		.tls_ca = tls_ca ? mem_strdup(tls_ca) : NULL,
		.ms = ms,
		.cancel = net_cancel_ref(cancel),
		.done = done};
	if (thread_start(&l->thread, 0, run, l) == 0)
		return l;
	look_free(l);
	return NULL;
}

void probe_run(struct probe *rows, size_t n, const char *tls_ca, int ms)
{
	struct net_cancel *cancel = net_cancel_new();
	struct queue *done = queue_new();
	struct look **looks = mem_array(n + 1, sizeof(struct look *));
	size_t out = 0;

	for (size_t i = 0; i < n; i++) {
		rows[i].there = false;
		err_set(&rows[i].err, ERR_NETWORK, _("no answer within %d seconds"), ms / 1000);
		looks[i] = start(&rows[i], i, tls_ca, ms, cancel, done);
		out += looks[i] != NULL;
	}
	out = collect(rows, looks, done, out, clock_ms() + ms);
	if (out) {
		net_cancel_now(cancel);
		for (size_t i = 0; i < n; i++)
			if (looks[i])
				looks[i]->late = true;
		out = collect(rows, looks, done, out, clock_ms() + STOP_MS);
	}
	/* What a look-up of names still holds stays its own. */
	for (size_t i = 0; i < n; i++)
		if (looks[i])
			thread_join(looks[i]->thread, 0);
	if (!out)
		queue_free(done, NULL);
	net_cancel_unref(cancel);
	free(looks);
}

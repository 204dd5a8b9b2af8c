#include "net/imap.h"

#include "tests/fuzz/server.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);
const char *__lsan_default_suppressions(void);

/* libetpan forgets pieces of answers that it cannot parse; the connection ends then. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libetpan.so";
}

static void message(void *ctx, const struct imap_message *m)
{
	if (!m->uid)
		abort();
	for (size_t i = 0; i < m->nparts; i++)
		if (m->parts[i].parent >= (int)i)
			abort();
	*(size_t *)ctx += m->header_len;
}

static void vanished(void *ctx, uint32_t first, uint32_t last)
{
	if (!first || first > last)
		abort();
	*(size_t *)ctx += last;
}

static int bytes(void *ctx, const char *p, size_t len)
{
	(void)p;
	*(size_t *)ctx += len;
	return 0;
}

static void two_fetches(struct imap *im, size_t *n)
{
	struct imap_ahead *a, *b;

	if (imap_fetch_send(im, &a, "1:3", IMAP_GET_FLAGS, NULL, message, n, NULL))
		return;
	if (!imap_fetch_send(im, &b, "4:9", IMAP_GET_FLAGS, NULL, message, n, NULL))
		imap_fetch_take(im, b, NULL);
	imap_fetch_take(im, a, NULL);
}

static void selected(struct imap *im)
{
	struct imap_copied copied = {0};
	struct imap_uids uids = {0};
	struct imap_news news;
	size_t n = 0;

	imap_fetch(im, "1:*", 0xff, "SUBJECT", 3, message, vanished, &n, NULL);
	imap_fetch_section(im, 5, "1", 0, 100, bytes, &n, NULL);
	imap_search(im, "ALL", &uids, NULL);
	free(uids.v);
	imap_append(im, "a", "x\r\n", 3, MAIL_SEEN, "k", 1, &copied, NULL);
	free(copied.uids);
	free(copied.source);
	copied = (struct imap_copied){0};
	imap_move(im, "1:3", "a", &copied, NULL);
	free(copied.uids);
	free(copied.source);
	imap_idle(im, -1, 10, &news, NULL);
	two_fetches(im, &n);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	const struct net_login login = {"alice", "secret", NULL};
	const struct imap_known known = {7, 5};
	struct net_server server = server_says(PROTOCOL_IMAP, p, len);
	struct imap_mailboxes mailboxes;
	struct imap_selected sel;
	struct imap_status status;
	struct imap *im;
	size_t n = 0;

	if (!imap_open(&im, &server, &server_options, &login, NULL, NULL)) {
		imap_list(im, &mailboxes, NULL);
		imap_mailboxes_done(&mailboxes);
		imap_status(im, "a", &status, NULL);
		if (!imap_select(im, "a", &known, message, vanished, &n, &sel, NULL))
			selected(im);
		free(imap_take_alert(im));
		imap_free(im);
	}
	server_wait();
	return 0;
}

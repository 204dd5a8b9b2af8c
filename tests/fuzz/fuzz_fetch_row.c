/* Rows of header fields, read by the filter itself and by libetpan: both must say the same. */
#include "net/etpan.h"
#include "net/imap_priv.h"
#include "tests/fuzz/feed.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);
const char *__lsan_default_suppressions(void);

/* libetpan forgets pieces of answers that it cannot parse. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libetpan.so";
}

/* libetpan loses a few bytes for each malformed item: not what this looks for. */
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static void note(void *ctx, const struct imap_message *m)
{
	struct strv *said = ctx;
	struct str row = STR_INIT;

	if (!m->header)
		return;
	str_addf(&row, "%u %d %x [%s] %lld %u %llu %zu ", m->uid, m->has_flags, m->flags,
		m->keywords, (long long)m->received, m->size, (unsigned long long)m->modseq,
		m->header_len);
	for (size_t i = 0; i < m->header_len; i++)
		str_addf(&row, "%02x", (unsigned)(unsigned char)m->header[i]);
	strv_take(said, str_steal(&row));
}

static void no_progress(size_t done, size_t total, void *ctx)
{
	(void)done;
	(void)total;
	(void)ctx;
}

/* Whether the answer was read to its end. A byte at a time: nothing is read that lies behind it. */
static bool listen(const char *p, size_t len, bool short_way, struct strv *said)
{
	struct imap_sink sink = {.message = note, .ctx = said};
	struct imap_sent sent = {.sink = &sink};
	struct imap im = {.sent = &sent};
	struct mailimap_response *response = NULL;
	struct feed f;
	bool whole;

	im.session = feed_open(&f, p, len, 1);
	mailimap_set_progress_callback(im.session, no_progress, no_progress, NULL);
	mailimap_set_msg_att_handler(im.session, imap_on_fetch, &im);
	if (short_way)
		wire_on_row(f.wire, imap_on_row, &im);
	im.session->imap_tag = 1;
	whole = mailimap_read_line(im.session) &&
		mailimap_parse_response(im.session, &response) == MAILIMAP_NO_ERROR;
	if (response)
		mailimap_response_free(response);
	feed_close(&f, im.session);
	return whole;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Both sorted. */
static bool has_all(const struct strv *of, const struct strv *all)
{
	size_t found = 0;

	for (size_t i = 0; i < all->n && found < of->n; i++)
		found += strcmp(all->v[i], of->v[found]) == 0;
	return found == of->n;
}

/* The filter gives a row before libetpan has read those in front of it; and where libetpan gives
 * up, the filter may have read further. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strv slow = STRV_INIT, quick = STRV_INIT;
	bool whole;

	etpan_init();
	whole = listen((const char *)data, size, false, &slow);
	if (listen((const char *)data, size, true, &quick) < whole || (whole && quick.n != slow.n))
		abort();
	if (slow.n)
		qsort(slow.v, slow.n, sizeof(*slow.v), by_text);
	if (quick.n)
		qsort(quick.v, quick.n, sizeof(*quick.v), by_text);
	if (!has_all(&slow, &quick))
		abort();
	strv_done(&slow);
	strv_done(&quick);
	return 0;
}

#include "tests/fuzz/feed.h"

#include <libetpan/mailimap_extension.h>

#include <stdlib.h>
#include <string.h>

static ssize_t feed_read(mailstream_low *low, void *p, size_t len)
{
	struct feed *f = low->data;
	size_t n;

	while (f->pos == f->out.len) {
		str_clear(&f->out);
		f->pos = 0;
		n = f->left < f->chunk ? f->left : f->chunk;
		if (n == 0 || wire_push(f->wire, f->p, n, &f->out) < 0)
			return -1;
		f->p += n;
		f->left -= n;
	}
	n = f->out.len - f->pos;
	if (n > len)
		n = len;
	memcpy(p, f->out.p + f->pos, n);
	f->pos += n;
	return (ssize_t)n;
}

static ssize_t feed_write(mailstream_low *low, const void *p, size_t len)
{
	(void)low;
	(void)p;
	return len ? (ssize_t)len : -1;
}

static int low_close(mailstream_low *low)
{
	(void)low;
	return 0;
}

static int feed_fd(mailstream_low *low)
{
	(void)low;
	return -1;
}

static void feed_free(mailstream_low *low)
{
	free(low);
}

static mailstream_low_driver driver = {
	.mailstream_read = feed_read,
	.mailstream_write = feed_write,
	.mailstream_close = low_close,
	.mailstream_get_fd = feed_fd,
	.mailstream_free = feed_free,
};

/* With a tagged NO libetpan frees a FETCH result and leaves the pointer, and hands others out. */
static int run_fetch(mailimap *im, struct feed_result *counts)
{
	struct mailimap_set *set = mailimap_set_new_interval(1, 0);
	struct mailimap_fetch_type *type = mailimap_fetch_type_new_fetch_att_list_empty();
	clist *result = NULL;
	int r;

	mailimap_fetch_type_new_fetch_att_list_add(type, mailimap_fetch_att_new_uid());
	mailimap_fetch_type_new_fetch_att_list_add(type, mailimap_fetch_att_new_flags());
	r = mailimap_uid_fetch(im, set, type, &result);
	if (r == MAILIMAP_NO_ERROR && result) {
		counts->fetches += clist_count(result);
		mailimap_fetch_list_free(result);
	}
	mailimap_fetch_type_free(type);
	mailimap_set_free(set);
	return r;
}

static int run_list(mailimap *im, struct feed_result *counts)
{
	clist *result = NULL;
	int r = mailimap_list(im, "", "*", &result);

	if (result) {
		counts->lists += clist_count(result);
		mailimap_list_result_free(result);
	}
	return r;
}

static int run_status(mailimap *im)
{
	struct mailimap_status_att_list *atts = mailimap_status_att_list_new_empty();
	struct mailimap_mailbox_data_status *status = NULL;
	int r;

	mailimap_status_att_list_add(atts, MAILIMAP_STATUS_ATT_MESSAGES);
	r = mailimap_status(im, "INBOX", atts, &status);
	if (status)
		mailimap_mailbox_data_status_free(status);
	mailimap_status_att_list_free(atts);
	return r;
}

static int run_search(mailimap *im)
{
	struct mailimap_search_key *key = mailimap_search_key_new_all();
	clist *result = NULL;
	int r = mailimap_uid_search(im, NULL, key, &result);

	if (result)
		mailimap_search_result_free(result);
	mailimap_search_key_free(key);
	return r;
}

static int run_one(mailimap *im, unsigned kind, struct feed_result *counts)
{
	switch (kind) {
	case 1:
		return mailimap_select(im, "INBOX");
	case 2:
		return run_fetch(im, counts);
	case 3:
		return run_list(im, counts);
	case 4:
		return run_status(im);
	case 5:
		return run_search(im);
	default:
		return mailimap_custom_command(im, "NOOP");
	}
}

mailimap *feed_open(struct feed *f, const char *bytes, size_t len, size_t chunk)
{
	static const struct wire_limits limits = {.literal = 1 << 20, .line = 4 << 20};
	mailimap *im = mailimap_new(0, NULL);

	*f = (struct feed){.p = bytes, .left = len, .chunk = chunk, .wire = wire_new(&limits)};
	im->imap_stream = mailstream_new(mailstream_low_new(f, &driver), 4096);
	im->imap_connection_info = mailimap_connection_info_new();
	im->imap_selection_info = mailimap_selection_info_new();
	im->imap_state = MAILIMAP_STATE_SELECTED;
	return im;
}

void feed_close(struct feed *f, mailimap *im)
{
	mailimap_free(im);
	wire_free(f->wire);
	str_done(&f->out);
}

struct feed_result feed_run(unsigned kind, const char *bytes, size_t len, size_t chunk)
{
	struct feed f;
	mailimap *im = feed_open(&f, bytes, len, chunk);
	struct feed_result result = {0};

	for (int i = 0; i < 8; i++) {
		int r = run_one(im, kind, &result);

		if (i == 0)
			result.first = r;
		if (r != MAILIMAP_NO_ERROR && r != MAILIMAP_ERROR_CUSTOM_COMMAND)
			break;
		result.commands++;
		if (im->imap_selection_info)
			result.exists = (int)im->imap_selection_info->sel_exists;
	}
	feed_close(&f, im);
	return result;
}

#include "store/disk/localbox.h"

#include "base/file.h"
#include "base/i18n.h"
#include "store/disk/mbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

bool localbox_is_mbox(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

bool localbox_is(const char *path)
{
	return maildir_is(path) || localbox_is_mbox(path);
}

int localbox_need(const char *path, struct err *err)
{
	if (localbox_is(path))
		return 0;
	return err_set(err, ERR_GONE,
		file_exists(path) ? _("%s is neither a Maildir folder nor an mbox file")
				  : _("%s does not exist"),
		path);
}

uint64_t localbox_stamp(const char *path)
{
	uint64_t stamp = localbox_is_mbox(path) ? file_stamp(path) : 0;

	return stamp ? stamp : maildir_stamp(path);
}

struct mbox_walk {
	const char *path;
	int (*fn)(void *ctx, const struct maildir_entry *e);
	void *ctx;
};

static int one_of_mbox(void *ctx, uint64_t offset, uint64_t length, uint32_t received)
{
	struct mbox_walk *w = ctx;
	struct maildir_entry e = {.size = length, .received = received, .keywords = ""};
	struct str message = STR_INIT, keywords = STR_INIT;
	char base[48];
	int rc;

	snprintf(base, sizeof(base), "%llu-%llu", (unsigned long long)offset,
		(unsigned long long)length);
	e.base = base;
	if (mbox_read(w->path, offset, length, &message, NULL) == 0) {
		e.flags = mbox_flags(message.p, message.len);
		mbox_keywords(message.p, message.len, &keywords);
		e.keywords = str_c(&keywords);
	}
	str_done(&message);
	rc = w->fn(w->ctx, &e);
	str_done(&keywords);
	return rc;
}

int localbox_scan(const char *path, int (*fn)(void *ctx, const struct maildir_entry *e), void *ctx,
	struct err *err)
{
	struct mbox_walk w = {path, fn, ctx};

	return localbox_is_mbox(path) ? mbox_scan(path, one_of_mbox, &w, err)
				      : maildir_scan(path, fn, ctx, err);
}

int localbox_read(const char *path, const char *base, size_t max, struct str *out, struct err *err)
{
	unsigned long long offset, length;
	char *end;

	if (!localbox_is_mbox(path))
		return maildir_read(path, base, max, out, err);
	errno = 0;
	offset = strtoull(base, &end, 10);
	if (errno || *end != '-')
		return err_set(err, ERR_GONE, _("The message is no longer there"));
	length = strtoull(end + 1, &end, 10);
	if (errno || *end)
		return err_set(err, ERR_GONE, _("The message is no longer there"));
	if (length > max)
		return err_set(err, ERR_INPUT, _("The message is larger than %zu bytes"), max);
	return mbox_read(path, offset, length, out, err);
}

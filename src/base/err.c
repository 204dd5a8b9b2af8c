#include "base/err.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Copies raw, cleaned, as far as room bytes reach; the texts may come from a server. */
static size_t put_clean(char *to, size_t room, const char *raw)
{
	struct str clean = STR_INIT, text = STR_INIT;
	size_t len;

	utf8_clean(&clean, raw, strlen(raw), UTF8_LINE);
	utf8_add_short(&text, str_c(&clean), clean.len, room);
	len = text.len;
	memcpy(to, str_c(&text), len + 1);
	str_done(&clean);
	str_done(&text);
	return len;
}

static void fill(struct err *err, enum err_kind kind, const char *reason, const char *fmt,
	va_list ap) __attribute__((format(printf, 4, 0)));

/* Built beside err, because the arguments may contain its own text. */
static void fill(
	struct err *err, enum err_kind kind, const char *reason, const char *fmt, va_list ap)
{
	char raw[1024];
	size_t room = sizeof(err->text) - 1, len;

	vsnprintf(raw, sizeof(raw), fmt, ap);
	err->kind = kind;
	if (!reason) {
		put_clean(err->text, room, raw);
		return;
	}
	/* A long name must not push out the reason. */
	len = put_clean(err->text, room - 2 - strlen(reason), raw);
	memcpy(err->text + len, ": ", 2);
	put_clean(err->text + len + 2, room - len - 2, reason);
}

int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, fmt);
	fill(err, kind, NULL, fmt, ap);
	va_end(ap);
	return -1;
}

int err_errno(struct err *err, const char *fmt, ...)
{
	int saved = errno;
	char buf[96], reason[96];
	va_list ap;

	if (!err)
		return -1;
	snprintf(reason, sizeof(reason), "%s", strerror_r(saved, buf, sizeof(buf)));
	va_start(ap, fmt);
	fill(err, saved == ENOSPC || saved == EDQUOT ? ERR_FULL : ERR_SYSTEM, reason, fmt, ap);
	va_end(ap);
	errno = saved;
	return -1;
}

int err_is_temporary(enum err_kind kind)
{
	return kind == ERR_NETWORK || kind == ERR_AGAIN || kind == ERR_BUSY;
}

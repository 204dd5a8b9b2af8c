#include "base/err.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void keep_clean(struct err *err)
{
	size_t len = utf8_cut(err->text, strlen(err->text), sizeof(err->text) - 1);

	err->text[len] = '\0';
	for (char *p = err->text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
}

int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -1;
	err->kind = kind;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	keep_clean(err);
	return -1;
}

int err_errno(struct err *err, const char *fmt, ...)
{
	int saved = errno;
	char what[64];
	size_t len;
	va_list ap;

	if (!err)
		return -1;
	err->kind = saved == ENOSPC || saved == EDQUOT ? ERR_FULL : ERR_SYSTEM;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	len = strlen(err->text);
	snprintf(err->text + len, sizeof(err->text) - len, ": %s",
		strerror_r(saved, what, sizeof(what)));
	keep_clean(err);
	errno = saved;
	return -1;
}

int err_is_temporary(enum err_kind kind)
{
	return kind == ERR_NETWORK || kind == ERR_AGAIN || kind == ERR_BUSY;
}

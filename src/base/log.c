#include "base/log.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/str.h"
#include "base/utf8.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_int log_at;
static int log_fd = -1; /* set before threads start */

int log_open(const char *path, int level, struct err *err)
{
	if (level <= 0)
		return 0;
	log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (log_fd < 0)
		return err_errno(err, _("Cannot open %s"), path);
	atomic_store(&log_at, level);
	return 0;
}

void log_close(void)
{
	atomic_store(&log_at, 0);
	if (log_fd >= 0)
		close(log_fd);
	log_fd = -1;
}

int log_level(void)
{
	return atomic_load(&log_at);
}

void log_line(int level, const char *fmt, ...)
{
	struct str raw = STR_INIT, line = STR_INIT;
	va_list ap;

	if (level > log_level())
		return;
	clock_rfc3339(&line, clock_now());
	str_addf(&line, " %d %lld ", level, (long long)(clock_ms() % 1000000));
	va_start(ap, fmt);
	str_addv(&raw, fmt, ap);
	va_end(ap);
	utf8_clean(&line, str_c(&raw), raw.len, UTF8_LINE);
	str_addc(&line, '\n');
	/* One write per line: O_APPEND keeps the lines of several threads apart. */
	if (write(log_fd, line.p, line.len) < 0)
		atomic_store(&log_at, 0);
	str_done(&raw);
	str_done(&line);
}

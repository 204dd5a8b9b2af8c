/* Mailbox files: messages stand in order, inside the file, apart from each other, and can be read;
 * what is written is found again. */
#include "base/mem.h"
#include "store/disk/mbox.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	const char *path, *text;
	uint64_t size, end, n;
};

static int check(void *ctx, uint64_t offset, uint64_t length, uint32_t received)
{
	struct seen *s = ctx;
	struct str out = STR_INIT, words = STR_INIT;

	(void)received;
	if (offset < s->end + 5 || length > s->size || offset > s->size - length)
		abort();
	/* Before it stands the rest of a "From " line, between messages nothing else. */
	if (s->n && memchr(s->text + s->end, 'F', offset - s->end) == NULL)
		abort();
	s->end = offset + length;
	s->n++;
	if (length && s->text[offset - 1] == '\n') {
		if (mbox_read(s->path, offset, length, &out, NULL) != 0 || out.len > length)
			abort();
		mbox_flags(str_c(&out), out.len);
		mbox_keywords(str_c(&out), out.len, &words);
	}
	str_done(&out);
	str_done(&words);
	return 0;
}

static int count(void *ctx, uint64_t offset, uint64_t length, uint32_t received)
{
	uint64_t *n = ctx;

	(void)offset, (void)length, (void)received;
	++*n;
	return 0;
}

/* Whatever a message holds, three that were put are three again. */
static void put_three(const char *p, size_t len)
{
	int fd = memfd_create("mbox", MFD_CLOEXEC);
	struct str file = STR_INIT, path = STR_INIT;
	uint64_t n = 0;

	for (uint32_t i = 0; i < 3; i++)
		mbox_put(&file, p, len, i, i, "work");
	if (fd < 0 || write(fd, file.p, file.len) != (ssize_t)file.len)
		abort();
	str_addf(&path, "/proc/self/fd/%d", fd);
	if (mbox_scan(path.p, count, &n, NULL) != 0 || n != 3)
		abort();
	str_done(&path);
	str_done(&file);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("mbox", MFD_CLOEXEC);
	struct str path = STR_INIT;
	struct seen s = {.text = (const char *)data, .size = size};

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	str_addf(&path, "/proc/self/fd/%d", fd);
	s.path = path.p;
	if (mbox_scan(path.p, check, &s, NULL) == 0 && s.n == 0)
		for (size_t i = 0; i < size; i++)
			if (data[i] != '\n' && data[i] != '\r')
				abort();
	str_done(&path);
	close(fd);
	put_three((const char *)data, size);
	return 0;
}

/* Bytes of a hostile IMAP server through the filter into libetpan's parser. */
#include "net/etpan.h"
#include "tests/fuzz/feed.h"

#include <stdint.h>

const char *__lsan_default_suppressions(void);

/* libetpan forgets pieces of answers that it cannot parse; the connection ends then. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libetpan.so";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

/* libetpan loses a few bytes for each malformed item: not what this looks for. */
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

/* The first byte: low three bits the command, the rest how many bytes come at a time. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	etpan_init();
	if (size > 1)
		feed_run(data[0] & 7, (const char *)data + 1, size - 1,
			(data[0] >> 3) ? (size_t)(data[0] >> 3) : 65536);
	return 0;
}

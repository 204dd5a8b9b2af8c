/* Job files of the outbox and the last line of kept bodies: as they come, and with a checksum that
 * is right, so that what is behind it is reached too. */
#include "base/mem.h"
#include "store/disk/bodies.h"
#include "store/disk/ticket.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read says the same after it was written and read again. */
static void parse(const char *p, size_t len)
{
	struct ticket job = {0}, again = {0};
	struct str first = STR_INIT, second = STR_INIT;

	if (ticket_parse(p, len, &job, NULL) != 0)
		return;
	ticket_format(&first, &job);
	if (ticket_parse(first.p, first.len, &again, NULL) != 0)
		abort();
	ticket_format(&second, &again);
	if (first.len != second.len || memcmp(first.p, second.p, first.len) != 0)
		abort();
	ticket_done(&job);
	ticket_done(&again);
	str_done(&first);
	str_done(&second);
}

static void body(const char *p, size_t len)
{
	size_t n = 0;

	if (bodies_verify(p, len, &n) && n > len)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = STR_INIT;

	str_add(&text, (const char *)data, size);
	parse(str_c(&text), size);
	body(str_c(&text), size);
	if (size && text.p[size - 1] != '\n')
		str_addc(&text, '\n');
	str_addf(&text, "crc %08lx\n", (unsigned long)hash_crc32c(0, str_c(&text), text.len));
	parse(text.p, text.len);
	str_cut(&text, size);
	str_addf(&text, "TB1 %016llx %08lx\n", (unsigned long long)size,
		(unsigned long)hash_crc32c(0, str_c(&text), size));
	body(text.p, text.len);
	str_done(&text);
	return 0;
}

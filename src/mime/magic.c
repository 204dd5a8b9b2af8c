#include "mime/magic.h"

#include "base/mem.h"
#include "base/str.h"

#include <magic.h>
#include <stdlib.h>
#include <string.h>

struct magic {
	magic_t tables; /* NULL: there are none */
	struct str type;
};

struct magic *magic_new(void)
{
	struct magic *m = mem_alloc(sizeof(*m));

	m->tables = magic_open(MAGIC_MIME_TYPE);
	if (m->tables && magic_load(m->tables, NULL) != 0) {
		magic_close(m->tables);
		m->tables = NULL;
	}
	return m;
}

/* Its own words for what it does not know are no type. */
static bool says_nothing(const char *type)
{
	return strcmp(type, "application/octet-stream") == 0 || str_istarts(type, "inode/") ||
	       !strchr(type, '/');
}

const char *magic_type(struct magic *m, const char *p, size_t len)
{
	const char *type = NULL;

	str_clear(&m->type);
	if (m->tables && len)
		type = magic_buffer(m->tables, p, len < MAGIC_BYTES ? len : MAGIC_BYTES);
	if (type && !says_nothing(type))
		for (; *type && (str_is_alnum(*type) || strchr("!#$&^_.+-/", *type)); type++)
			str_addc(&m->type, str_lower(*type));
	return str_c(&m->type);
}

void magic_free(struct magic *m)
{
	if (m->tables)
		magic_close(m->tables);
	str_done(&m->type);
	free(m);
}

#include "mime/viewed.h"

#include "base/mem.h"

#include <stdlib.h>

struct viewed *viewed_new(const char *name, const char *type)
{
	struct viewed *v = mem_alloc(sizeof(*v));

	v->name = mem_strdup(name);
	v->type = mem_strdup(type);
	return v;
}

void viewed_free(struct viewed *v)
{
	if (!v)
		return;
	free(v->name);
	free(v->type);
	free(v->warning);
	text_free(v->text);
	free(v->path);
	free(v->script);
	strv_done(&v->args);
	free(v);
}

#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void out_of_memory(void)
{
	fputs("talaria: out of memory\n", stderr);
	abort();
}

void *mem_alloc(size_t size)
{
	return mem_array(1, size);
}

void *mem_array(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *mem_resize(void *p, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		out_of_memory();
	p = realloc(p, bytes ? bytes : 1);
	if (!p)
		out_of_memory();
	return p;
}

char *mem_strdup(const char *s)
{
	return s ? mem_strndup(s, strlen(s)) : NULL;
}

char *mem_strndup(const char *p, size_t len)
{
	char *s;

	if (len == SIZE_MAX)
		out_of_memory();
	s = mem_resize(NULL, len + 1, 1);
	if (len)
		memcpy(s, p, len);
	s[len] = '\0';
	return s;
}

void *mem_dup(const void *p, size_t len)
{
	void *copy = mem_resize(NULL, len, 1);

	if (len)
		memcpy(copy, p, len);
	return copy;
}

void *mem_grow(void *p, size_t *cap, size_t need, size_t size)
{
	size_t grown;

	if (need <= *cap)
		return p;
	grown = *cap + *cap / 2;
	if (grown < need || grown < *cap)
		grown = need;
	if (grown < 16)
		grown = 16;
	p = mem_resize(p, grown, size);
	*cap = grown;
	return p;
}

void mem_wipe(void *p)
{
	if (p)
		explicit_bzero(p, malloc_usable_size(p));
}

void mem_free_secret(char *s)
{
	mem_wipe(s);
	free(s);
}

void mem_give_back(void)
{
	/* Setting it also keeps it from growing with what is freed, which keeps all of that. */
	mallopt(M_MMAP_THRESHOLD, 256 * 1024);
}

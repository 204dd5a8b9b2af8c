#include "tests/bench/heap.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define COUNTED 1
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
	__has_feature(memory_sanitizer)
#undef COUNTED
#endif
#endif

#ifdef COUNTED

/* The names by which glibc itself calls them when a program has others. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static atomic_long calls, bytes;

static void *note(void *p)
{
	atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
	if (p)
		atomic_fetch_add_explicit(
			&bytes, (long)malloc_usable_size(p), memory_order_relaxed);
	return p;
}

static void forget(void *p)
{
	if (p)
		atomic_fetch_sub_explicit(
			&bytes, (long)malloc_usable_size(p), memory_order_relaxed);
}

void *malloc(size_t n)
{
	return note(__libc_malloc(n));
}

void *calloc(size_t n, size_t size)
{
	return note(__libc_calloc(n, size));
}

void *realloc(void *p, size_t n)
{
	void *to;

	forget(p); /* before it is gone */
	to = __libc_realloc(p, n);
	if (!to && n && p)
		return note(p), NULL;
	return note(to);
}

void *memalign(size_t align, size_t n)
{
	return note(__libc_memalign(align, n));
}

void *aligned_alloc(size_t align, size_t n)
{
	return note(__libc_memalign(align, n));
}

int posix_memalign(void **out, size_t align, size_t n)
{
	*out = note(__libc_memalign(align, n));
	return *out ? 0 : 12; /* ENOMEM; errno stays as it is */
}

void free(void *p)
{
	forget(p);
	__libc_free(p);
}

bool heap_counts(struct heap_counts *out)
{
	out->calls = atomic_load_explicit(&calls, memory_order_relaxed);
	out->bytes = atomic_load_explicit(&bytes, memory_order_relaxed);
	return true;
}

#else

bool heap_counts(struct heap_counts *out)
{
	*out = (struct heap_counts){0};
	return false;
}

#endif

#include "base/uids.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

size_t uids_sort(uint32_t *v, size_t n)
{
	size_t i = 1, kept = 0;

	while (i < n && v[i - 1] < v[i])
		i++;
	if (i >= n)
		return n;
	qsort(v, n, sizeof(*v), compare);
	for (i = 0; i < n; i++)
		if (!kept || v[kept - 1] != v[i])
			v[kept++] = v[i];
	return kept;
}

size_t uids_at(const uint32_t *v, size_t n, uint32_t uid)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (v[mid] < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

ptrdiff_t uids_find(const uint32_t *v, size_t n, uint32_t uid)
{
	size_t at = uids_at(v, n, uid);

	return at < n && v[at] == uid ? (ptrdiff_t)at : -1;
}

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

size_t uids_near(const uint32_t *v, size_t n, size_t from, uint32_t uid)
{
	size_t lo = 0, hi = n, step = 1;

	if (from >= n)
		return uids_at(v, n, uid);
	if (uid < v[from]) {
		for (hi = from; step <= from && v[from - step] > uid; step *= 2)
			hi = from - step;
		lo = step <= from ? from - step : 0;
	} else {
		for (lo = from; step < n - from && v[from + step] < uid; step *= 2)
			lo = from + step;
		if (step < n - from)
			hi = from + step + 1;
	}
	return lo + uids_at(v + lo, hi - lo, uid);
}

ptrdiff_t uids_find(const uint32_t *v, size_t n, uint32_t uid)
{
	size_t at = uids_at(v, n, uid);

	return at < n && v[at] == uid ? (ptrdiff_t)at : -1;
}

#include "sync/pace.h"

enum { AIM_MS = 500, GROWTH = 4 };

void pace_begin(struct pace *p)
{
	*p = (struct pace){.piece = PACE_FIRST, .latency = -1};
}

void pace_small(struct pace *p, int64_t ms)
{
	if (p->latency < 0 || ms < p->latency)
		p->latency = ms;
}

/* Where the line is far and quick, most of the time is the way: larger pieces cost nothing then. */
void pace_took(struct pace *p, size_t octets, int64_t ms)
{
	int64_t coming = p->latency > 0 && p->latency < ms ? ms - p->latency : ms;
	size_t fits;

	if (octets < PACE_LEAST)
		return; /* the rest of something, which says little */
	fits = coming < 1 ? octets * GROWTH : octets * AIM_MS / (size_t)coming;
	if (fits > octets * GROWTH)
		fits = octets * GROWTH;
	p->piece = fits < PACE_LEAST ? PACE_LEAST : fits > PACE_MOST ? PACE_MOST : fits;
}

#include "sync/retry.h"

enum { LONG_MS = 10000 };

int retry_pause(unsigned attempt, unsigned char chance)
{
	static const int pauses[] = {0, 1000, 2000, 5000, 15000, 60000};
	int base = pauses[attempt < 6 ? attempt : 5];

	return base + base / 4 * chance / 255;
}

unsigned retry_after(unsigned attempt, bool useful, int64_t lasted_ms)
{
	return useful || lasted_ms > LONG_MS ? 0 : attempt + 1;
}

bool retry_is_vain(enum err_kind why)
{
	return !err_is_temporary(why) && why != ERR_PROTOCOL && why != ERR_SYSTEM;
}

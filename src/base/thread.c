#include "base/thread.h"

#include "base/clock.h"

#include <signal.h>
#include <stdatomic.h>
#include <time.h>

static atomic_bool left_behind;

int thread_start(pthread_t *out, size_t stack, void *(*run)(void *), void *arg)
{
	pthread_attr_t attr;
	sigset_t all, before;
	int rc;

	pthread_attr_init(&attr);
	if (stack)
		pthread_attr_setstacksize(&attr, stack);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(out, &attr, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return rc;
}

bool thread_join(pthread_t thread, int64_t end_ms)
{
	int64_t left = end_ms - clock_ms();
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (left > 0) {
		ts.tv_sec += left / 1000;
		ts.tv_nsec += (long)(left % 1000) * 1000000;
		if (ts.tv_nsec >= 1000000000) {
			ts.tv_sec++;
			ts.tv_nsec -= 1000000000;
		}
	}
	if (pthread_timedjoin_np(thread, NULL, &ts) == 0)
		return true;
	pthread_detach(thread);
	atomic_store(&left_behind, true);
	return false;
}

bool thread_left(void)
{
	return atomic_load(&left_behind);
}

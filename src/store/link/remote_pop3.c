/* An account by POP3: mail comes in sessions into local folders. */
#include "base/clock.h"
#include "store/link/session_priv.h"
#include "store/mail/lanes.h"
#include "store/mail/remote.h"

#include <string.h>

enum { SCAN_MS = 10000 };

static void start(struct account *a)
{
	a->link->sessions->next = 0;
}

/* There is a connection for a session only, and the store says when the next one is due. */
static void state(struct account *a, const struct result *r)
{
	int64_t left = a->link->sessions->next - clock_ms();
	bool broken = r->err.kind != ERR_NONE && r->err.kind != ERR_CANCELLED;

	if (r->state.state != SYNC_WAITING && !(r->state.state == SYNC_OFFLINE && broken))
		return;
	lanes_rest(a, left > 0 ? (size_t)left : 0);
}

/* The session that wanted it is over, or will be with the next result. */
static void password(struct account *a)
{
	a->link->sessions->next = 0;
	a->link->sessions->again = a->link->sessions->session.running;
}

static void stop(struct account *a, const struct err *why)
{
	if (a->link->sessions->session.running)
		session_through(a);
	session_reset(a);
	session_fail_wholes(a, false, why);
}

static void tick(struct account *a, int64_t now)
{
	if (!a->link->sessions->session.running && now >= a->link->sessions->next)
		session_start(a, 0);
}

/* The session that runs is as good: from now on it is the person's. */
static bool everything(struct account *a, unsigned request)
{
	session_start(a, request);
	if (!a->link->sessions->session.request)
		a->link->sessions->session.request = request;
	return false;
}

static bool is_busy(const struct account *a)
{
	return a->link->sessions->session.running;
}

static void cancel(struct account *a, unsigned request)
{
	struct whole *w = session_whole_of(a, request);

	/* The next session is not begun for it, and this one is somebody else's. */
	if (w && !w->planned && a->link->sessions->session.entries) {
		session_drop_whole(a, w);
		return;
	}
	if (a->link->sessions->session.running &&
		(w || (request && a->link->sessions->session.request == request)))
		lanes_cancel_job(a, LANE_MAIN, a->link->sessions->session.job);
}

static size_t listed(const struct account *a)
{
	return a->link->sessions->session.entries ? a->link->sessions->session.n : 0;
}

/* What a session delivers is known; reading all names again after each group would take most of its
 * time. */
static bool knows_files(struct account *a, const struct folder *f, int64_t now)
{
	struct pop3_session *s = &a->link->sessions->session;

	if (!s->running || strcmp(f->name, "INBOX") != 0)
		return false;
	if (now - s->scanned_ms < SCAN_MS)
		return true;
	s->scanned_ms = now;
	return false;
}

const struct remote_ops remote_pop3 = {
	.takes =
		{
			[RESULT_POP3_LISTED] = session_listed,
			[RESULT_POP3_HEADER] = session_header,
			[RESULT_POP3_MESSAGE] = session_message,
			[RESULT_POP3_PART] = session_part,
			[RESULT_POP3_FETCHED] = session_fetched,
			[RESULT_POP3_DONE] = session_done,
		},
	.start = start,
	.state = state,
	.password = password,
	.stop = stop,
	.tick = tick,
	.step = session_step,
	.everything = everything,
	.is_busy = is_busy,
	.cancel = cancel,
	.listed = listed,
	.knows_files = knows_files,
};

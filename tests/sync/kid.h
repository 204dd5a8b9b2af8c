/*
 * kid - an engine at work in a process of its own, which may be killed at any system call: the one
 * half of harness_engine_kill.
 *
 * Owns:    its process, once kid_work was called after fork.
 * Threads: one, and those of the engine.
 * Errors:  what the engine does wrong is told (TOLD_BAD) and ends the process.
 *
 * It says over a pipe what it begins and what it was told to be done, synchronises when it begins,
 * says so, and then waits for what the other half (verdict.h) thinks of the server.
 */
#ifndef TESTS_KID_H
#define TESTS_KID_H

#include "tests/sync/person.h"
#include "tests/sync/world.h"

#include <stdbool.h>
#include <stddef.h>

enum kid_work {
	WORK_STORM,   /* changes, after a synchronisation that is not cut */
	WORK_OFFLINE, /* changes without a connection */
	WORK_ONLINE,  /* from the start to where all is through */
	WORK_FILL     /* the same with one folder, telling the rows that are shown */
};

struct kid_job {
	enum kid_work work;
	unsigned seed;
	long kill_at; /* the n-th call from the start; below 0: never */
	struct person *person;
	int out, in;    /* pipes: struct kid_report, struct kid_go */
	unsigned mails; /* so many were sent before */
	bool sends;     /* mails too, among the changes without a connection */
	bool too_early; /* a broken engine: tells a change as done before it asks for it */
};

enum kid_told { TOLD_BEGIN, TOLD_DONE, TOLD_SETTLED, TOLD_ROWS, TOLD_SENT, TOLD_END, TOLD_BAD };

struct kid_report {
	enum kid_told told;
	unsigned seq; /* which change, from 1; TOLD_SENT: which mail */
	struct act act;
	long calls; /* system calls until now, of TOLD_SETTLED and TOLD_END */
	size_t rows;
	char text[160];
};

struct kid_go { /* the answer to TOLD_SETTLED; WORK_OFFLINE awaits it first of all */
	bool again;
	struct world world;
	long kill_at; /* WORK_STORM: from now on; below 0: never */
	unsigned mails;
};

enum { KID_ACTS = 64 }; /* changes of one child, at most */

_Noreturn void kid_work(const struct kid_job *job);

#endif

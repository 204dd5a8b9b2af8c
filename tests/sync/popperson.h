/*
 * popperson - who fetches by POP3 from odd_pop3.py, with a clock that can be put forward and back.
 *
 * Owns:    nothing.
 * Threads: the test's thread only.
 * Errors:  what does not come fails the test.
 *
 * Programs are linked with -Wl,--wrap=clock_now.
 */
#ifndef TESTS_POPPERSON_H
#define TESTS_POPPERSON_H

#include "tests/sync/odd.h"

void put_clock(int64_t seconds); /* forward; 0: as it is */
int pop_forget(void **state);    /* odd_forget, and the clock is right */
#define POP_CASE(f) cmocka_unit_test_setup_teardown(f, pop_forget, odd_leave)

/* A session that began after this was called has ended well. */
void fetch(struct person *p);
struct msglist *inbox_of(struct person *p, size_t n);           /* after a session it has n rows */
char *text_at(struct person *p, struct msglist *l, size_t row); /* as it is read; free() */
void shows(struct person *p, struct msglist *l, size_t row, const char *part);
void shows_not(struct person *p, struct msglist *l, size_t row, const char *part);

#endif

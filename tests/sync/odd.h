/*
 * odd - the engine against odd.py or odd_pop3.py, servers whose manners a test can switch while
 * they run.
 *
 * Owns:    the server's process (it ends with ours) and the scratch folder.
 * Threads: the test's thread only.
 * Errors:  a command that the server does not know fails the test.
 */
#ifndef TESTS_ODD_H
#define TESTS_ODD_H

#include "tests/sync/person.h"

__attribute__((format(printf, 1, 2))) char *text_of(const char *fmt, ...); /* kept */

/* --- the server; the head of its file has the commands --- */
char *ask(const char *command); /* its answer; free() */
/* Some that are answered "ok". */
#define odd(...) odd_each(__VA_ARGS__, (char *)NULL)
__attribute__((sentinel)) void odd_each(const char *command, ...); /* up to NULL */
int number(const char *command);
int seen(const char *regex); /* how many lines came that match */

/* As UNTIL, for what only the server knows. */
#define UNTIL_SERVER(p, condition)                                                                 \
	do {                                                                                       \
		int64_t until_ = clock_ms() + PATIENCE_MS;                                         \
		while (!(condition)) {                                                             \
			event_free(next_event((p)->engine, clock_ms() + 20));                      \
			if (clock_ms() > until_)                                                   \
				fail_msg("waited in vain for %s", #condition);                     \
		}                                                                                  \
	} while (0)

/* --- the person --- */
/* Takes what comes for a while: for what must not happen. */
void watch(struct person *p, int ms);
struct person *somebody(const char *protocol, const char *imap, const char *more);
struct person *by_imap(void);
struct person *by_pop3(const char *more);
/* The same behind a server that was told these commands before. */
#define BY_IMAP(...) (odd(__VA_ARGS__), by_imap())
#define BY_POP3(more, ...) (odd(__VA_ARGS__), by_pop3(more))
struct person *by_password(const char *protocol, const char *password); /* as in the settings */
struct person *by_asked_password(void); /* IMAP; EVENT_PASSWORD comes */
void stop_quickly(struct person *p);    /* fails unless the end takes less than a second */
enum account_state state_of(struct person *p);
const char *reason(struct person *p);
/* Nothing waits for the server any more. */
void settled(struct person *p);
struct msglist *filled(struct person *p, size_t n); /* INBOX, once all n messages are in */
/* The rows are "Message 1" to "Message n", each at most once. */
void all_subjects_once(struct person *p, struct msglist *l, int n);

/* The computer sleeps: the clock that counts this goes on by so much, the other does not. */
void sleep_for(int ms);

/* --- the program --- */
int odd_forget(void **state);
int odd_leave(void **state);
int odd_begin(const char *server); /* starts that file; 0 */
int odd_end(int failed);
#define ODD_CASE(f) cmocka_unit_test_setup_teardown(f, odd_forget, odd_leave)
#define ODD_RUN(tests) ODD_RUN_ON("odd.py", tests)
#define ODD_RUN_ON(server, tests)                                                                  \
	(odd_begin(server), odd_end(cmocka_run_group_tests(tests, NULL, NULL)))

#endif

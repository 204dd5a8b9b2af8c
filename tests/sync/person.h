/*
 * person - someone with an account and an engine, for the tests that drive the engine.
 *
 * Owns:    the scratch folder, its servers, and each person's home in it.
 * Threads: the test's thread only.
 * Errors:  whatever does not come in PATIENCE_MS fails the test.
 */
#ifndef TESTS_PERSON_H
#define TESTS_PERSON_H

#include "base/clock.h"
#include "engine/engine.h"
#include "tests/check.h"
#include "tests/scratch.h"

#include <sys/types.h>

enum {
	PATIENCE_MS = 30000,
	AT_ONCE_MS = 5000 /* without waiting for a server, also on a machine that is busy */
};

/* The scratch folder, made by person_begin or person_scratch; who wants it elsewhere fills in a
 * template before. */
extern char person_dir[SCRATCH_SIZE];

struct person {
	char name[16];
	struct settings *settings;
	struct engine *engine;
	struct msglist *inbox;
	char *home, *config;
	struct person *next; /* of all that are there */
};

/* --- the program --- */

/* What each main begins with: messages, and only the cases that CMOCKA_TEST_FILTER names. */
void person_init(void);
/* person_init, then the real servers of tests/servers, with options of `servers start` and more
 * lines for Dovecot's configuration; either may be NULL. */
int person_begin(const char *const options[], const char *dovecot); /* 0 */
int person_end(int failed); /* ends the servers; what main returns */
/* All of main for a table of tests; dovecot: as above. */
#define PERSON_RUN(tests, dovecot)                                                                 \
	(person_begin(NULL, dovecot), person_end(cmocka_run_group_tests(tests, NULL, NULL)))

/* The scratch folder alone; end_scratch removes it. */
void person_scratch(void);
void end_scratch(void);

/* A new user of the real servers with mail in the inbox, started. fill_how: an option of
 * tests/servers/fill or NULL. */
struct person *person_new(
	const char *protocol, const char *more, const char *fill_how, const char *fill_n);
/* A new home with this configuration, started. */
struct person *person_with(const char *config);
void person_free(struct person *p);
/* The end of a case: everybody goes who is still there. */
int person_leave(void **state);
#define PERSON_CASE(f) cmocka_unit_test_teardown(f, person_leave)
void person_add_user(const char *name); /* to the real servers */
void person_live_in(const char *home);  /* the XDG_ directories are there from now on */
/* A proxy (tests/servers/proxy.py) in front of the IMAP server, for who is made after it; ends with
 * this program. Its directory; free(). */
char *person_proxy(const char *name);
/* One command for it; out (may be NULL) gets what it answers. */
void person_tell_proxy(const char *dir, const char *command, struct str *out);
void write_config(struct person *p, const char *protocol, const char *more);
/* One file more into the inbox. */
void put_mail(const struct person *p, const char *file); /* into the inbox, on the server */
void put_mail_in(const struct person *p, const char *folder, const char *file);
void start(struct person *p, bool offline);
void start_read_only(struct person *p, bool offline); /* talaria -R */
void restart(struct person *p, bool offline);
void stop(struct person *p); /* fails when it takes long */

/* --- waiting for events --- */

struct event *next_event(struct engine *e, int64_t end);  /* NULL at the time end */
struct event *answer(struct person *p, unsigned request); /* the final event */
void done(struct person *p, unsigned request);            /* which must not be a failure */
void ends(struct person *p, unsigned request, enum event_kind kind); /* its final event */
void fails(struct person *p, unsigned request, const char *part);    /* and says so */
void has(const char *text, const char *part);
void event_of_kind(struct person *p, enum event_kind kind);

/* Takes events until the condition holds. */
#define UNTIL(p, condition)                                                                        \
	do {                                                                                       \
		int64_t end_ = clock_ms() + PATIENCE_MS;                                           \
		while (!(condition)) {                                                             \
			struct event *ev_ = next_event((p)->engine, end_);                         \
			if (!ev_)                                                                  \
				fail_msg("waited in vain for %s; told: %s", #condition,            \
					person_told());                                            \
			event_free(ev_);                                                           \
		}                                                                                  \
	} while (0)

/* The texts of all notices and of mails that were not sent, since the start. */
const char *person_told(void);

struct msglist *open_folder(struct person *p, const char *folder);
struct msglist *open_with(struct person *p, const char *folder, size_t n); /* it has n rows */
struct msglist *synced(struct person *p, const char *folder, size_t n);    /* and no more come */
struct msg_row row_of(struct person *p, struct msglist *l, size_t row);
struct msg_row row_with(struct person *p, struct msglist *l, uint32_t uid);
ptrdiff_t find_subject(struct person *p, struct msglist *l, const char *subject);
uint32_t uid_of(struct person *p, struct msglist *l, const char *subject);
uint32_t flags_at(struct msglist *l, size_t row);
uint32_t flags_of(struct msglist *l, uint32_t uid);
/* What is asked for of one message, and done. */
void flag_one(struct person *p, struct msglist *l, uint32_t uid, uint32_t set);
void move_one(struct person *p, struct msglist *l, uint32_t uid, const char *to);
void copy_one(struct person *p, struct msglist *l, uint32_t uid, const char *to);
void delete_one(struct person *p, struct msglist *l, uint32_t uid);
void archive_one(struct person *p, struct msglist *l, uint32_t uid);
struct message_view *read_view(struct person *p, struct msglist *l, uint32_t uid);
char *draft_of(struct person *p, unsigned request); /* its id, kept */
/* What somebody writes; draft_done. */
void plain_draft(struct draft *d, const struct person *p, const char *to, const char *subject,
	const char *body);
/* To bob, with the subject k<k>. */
void numbered_draft(struct draft *d, const struct person *p, unsigned k, const char *body);
void send_text(struct person *p, const char *to, const char *subject);

#endif

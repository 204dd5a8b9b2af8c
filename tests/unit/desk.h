/*
 * desk - the disk thread alone: no engine in front of it, and behind it connections that the test
 * plays. What no server can be brought to do at will (an answer between two slices of a search, a
 * disk that is full just then) is one line here.
 *
 * Owns:    the scratch directory, the store, its accounts' queues.
 * Threads: the test's thread; the connections' functions run on the disk thread.
 * Errors:  whatever does not come in 30 s fails the test.
 */
#ifndef TESTS_DESK_H
#define TESTS_DESK_H

#include "store/store.h"
#include "tests/check.h"
#include "tests/scratch.h"

extern char desk_dir[SCRATCH_SIZE]; /* accounts lie in desk_dir/NAME/data and .../cache */

int desk_setup(void **state);    /* a new directory and a store in it */
int desk_teardown(void **state); /* ends both */
#define DESK_CASE(f) cmocka_unit_test_setup_teardown(f, desk_setup, desk_teardown)
void desk_stop(void);            /* the program ends */
void desk_start(bool read_only); /* and starts again; the accounts have to be added anew */

/* The other side of a store that somebody else starts; when that store is gone, what was played to
 * it is forgotten. */
extern const struct sync_ops desk_ops;
void desk_forget(void);

/* A path below desk_dir; valid until the eighth call after. */
const char *desk_path(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* One that can be changed before desk_add. */
struct store_account *desk_account(const char *name, bool pop3);
size_t desk_accounts(void); /* so many has the store, those of a path too */
/* Its number; online: its connections start, and wait for what the test says. */
int desk_add(struct store_account *setup, bool online);

/* --- asking --- */

struct store_request *desk_request(enum request_kind kind, int account);
unsigned desk_post(struct store_request *r);                  /* its number */
struct store_event *desk_next(void);                          /* of all events */
struct store_event *desk_of_kind(enum store_event_kind kind); /* the next, those before are freed */
bool desk_is_final(const struct store_event *ev);             /* of its request */
struct store_event *desk_answer(unsigned request);            /* the final one */
struct store_event *desk_ask(struct store_request *r);        /* both */
void desk_done(struct store_request *r);                      /* which must not fail */
/* Which must fail: with that in its words. */
void desk_fails(struct store_request *r, const char *words);
void desk_failed(unsigned request, const char *words); /* one that was posted */
/* All that was posted before is through, results too. */
void desk_settle(void);
/* What notices said since the last call of it: a copy; free(). */
char *desk_told(void);
bool desk_was_told(const char *words); /* since desk_told, or the start */

unsigned desk_open(int account, const char *folder, struct store_event **list); /* a list */
/* Of what a query finds there. */
unsigned desk_open_query(
	int account, const char *folder, const char *query, struct store_event **list);
struct store_request *desk_on(
	enum request_kind kind, unsigned list, const uint32_t *uids, size_t n);

/* A request about one mail. */
struct store_request *desk_mail(enum request_kind kind, int account, const char *id);
struct store_request *desk_send(int account, const char *id, unsigned seconds);
/* A draft to somebody; its id, kept. */
char *desk_draft(int account, const char *to, const char *subject);

/* --- the other side --- */

/* The next job of this kind, those before are freed; job_free. */
struct job *desk_job(int account, enum lane lane, enum job_kind kind);
/* What JOB_BODY asks for is here; the job is freed. */
void desk_body(int account, struct job *j, const char *bytes);
bool desk_has_job(int account, enum lane lane, enum job_kind kind); /* one waits */
void desk_give(int account, struct result *r); /* as if the connection had made it */
void desk_online(int account, enum lane lane); /* it says so */
/* Its folders: "INBOX", "Sent=3" with a role, up to NULL. */
void desk_folders(int account, const char *const names[]);
/* One message's row; subject NULL: "Message UID". */
struct summary desk_row(uint32_t uid, const char *from, const char *subject);
/* Answers the synchronisation of a folder that is asked for: the rows are there from now on. */
void desk_fill(int account, const char *folder, const struct summary *rows, size_t n);
void desk_synced(int account, const char *folder, uint32_t uidnext, uint32_t exists);
/* The server numbers the folder anew: no row is there until it gives some under that numbering. */
void desk_renumber(int account, const char *folder);
void desk_rows_anew(int account, const char *folder, const struct summary *rows, size_t n);
enum { DESK_UIDVALIDITY = 7 };

/* --- the disk thread stands still --- */

void desk_hold(void); /* until desk_let_go; what is posted meanwhile comes at once then */
void desk_let_go(void);

/* --- its clocks --- */

/* It is that second from now on, but for what passes by desk_pass; the clock of waiting goes on. */
void desk_date(time_t now);
void desk_pass(int64_t ms); /* both go on by so much */

#endif

/*
 * cli_priv - what the files of cli share.
 *
 * Owns:    struct cli is cli_run's, for one command.
 * Threads: UI thread.
 * Errors:  functions that return NULL or -1 fill err; each command tells it once.
 */
#ifndef UI_CLI_PRIV_H
#define UI_CLI_PRIV_H

#include "engine/engine.h"
#include "ui/cli.h"

struct cli {
	struct engine *engine;
	struct settings *settings;
	const struct arguments *args;
	bool interactive;   /* stderr is a terminal: progress is shown */
	uint64_t new_mails; /* that arrived meanwhile */
	bool online;        /* connections were asked for */
	size_t listed;      /* mails of the outbox that were shown */
	/* What the relay said meanwhile: to this mail of the outbox; NULL: to any. */
	const char *mail;
	size_t sent;
	enum err_kind unsent; /* why one was not; ERR_NONE: none */
	bool later;           /* and it is tried again */
	enum cli_status part; /* why some of what is shown is missing; CLI_OK: all is there */
	struct cli_draft *made;
};

/* The next event, after what every command does with it; NULL after ms without one. event_free. */
struct event *cli_next(struct cli *c, int ms);
/* Waits for the final event of a request and returns it, whatever it is; NULL when nothing happened
 * for too long (err). */
struct event *cli_final(struct cli *c, unsigned request, struct err *err);
/* The same, but a failed or cancelled request is NULL with err. */
struct event *cli_wait(struct cli *c, unsigned request, struct err *err);
/* Waits until what a request began with is known: true from ready, false after the deadline. */
bool cli_until(struct cli *c, bool (*ready)(struct cli *c, void *arg), void *arg, int ms);

int cli_may_connect(const struct cli *c, struct err *err); /* refused with --offline */
int cli_go_online(struct cli *c, struct err *err);         /* the same */
/* The account of --account or the first one; name may be NULL. -1 with err. */
int cli_account(struct cli *c, const char *name, struct err *err);
/* Behind it, the account's folders and outbox are known. -1: why the account cannot be used. */
int cli_settle(struct cli *c, int account, struct err *err);
/* Runs one command for the named account, or for all; the first failure gives the status. */
enum cli_status cli_accounts(
	struct cli *c, const char *name, enum cli_status (*fn)(struct cli *c, int account));
void cli_ask(const char *question); /* on stderr, without a line end */
/* The same, and the answer of whoever is at the terminal: whether it is the first letter in the
 * question's last parentheses. */
bool cli_agrees(const char *question);
bool cli_can_ask(void);
/* Synchronises one account once, with a progress line. */
int cli_sync_account(struct cli *c, int account, struct err *err);
/* Opens a folder (NULL: INBOX) or a path, and fills it first when it was never synchronised. */
struct msglist *cli_open(struct cli *c, const char *folder, struct err *err);

int cli_columns(void); /* of standard output; 0 when it is no terminal */

enum cli_status cli_list(struct cli *c);
enum cli_status cli_search(struct cli *c);
enum cli_status cli_show(struct cli *c);
enum cli_status cli_folders(struct cli *c);
enum cli_status cli_change_folders(struct cli *c); /* folders create, delete, rename */
enum cli_status cli_sync(struct cli *c);
enum cli_status cli_check(struct cli *c);
enum cli_status cli_outbox(struct cli *c);
enum cli_status cli_send(struct cli *c);
enum cli_status cli_export(struct cli *c);
enum cli_status cli_import(struct cli *c);
enum cli_status cli_backup(struct cli *c);

/* Waits for what becomes of one mail in the outbox, tells it, and gives the exit status. */
enum cli_status cli_send_mail(struct cli *c, int account, const char *id);
/* Waits until every mail in the outbox had its turn: gone, or with a reason why not. */
void cli_outbox_through(struct cli *c, int account);
void cli_print_outbox(const struct cli *c, int account);

/* Tells err and gives its exit status. */
enum cli_status cli_fail(const struct err *err);

#endif

/*
 * engine_priv - what the engine's files share: engine.c (accounts, lists, reading, finding, the
 * network), engine_change.c, engine_write.c, translate.c (what the disk thread says). Private to
 * engine.
 *
 * Owns:    the model.
 * Threads: UI thread.
 * Errors:  none.
 */
#ifndef ENGINE_ENGINE_PRIV_H
#define ENGINE_ENGINE_PRIV_H

#include "engine/engine.h"
#include "engine/msglist_priv.h"
#include "store/store.h"

struct account_model {
	char *name;
	struct account_settings *settings; /* borrowed */
	enum account_state state;
	int64_t retry_at;
	char *reason;
	bool insecure;
	struct store_folder_info *folders;
	size_t nfolders;
	bool told; /* which folders it has, or that it has none */
	struct op **ops;
	size_t nops;
	uint64_t op_in_flight;
	struct strv refused;
	struct outbox_mail *mails;
	size_t nmails;
	struct strv waiting; /* of each mail: who does not have it */
};

/* Several requests that end as one. */
struct group {
	unsigned request;   /* the one that the user sees */
	size_t parts, refs; /* refs: those that have not ended */
	size_t failed;
	bool differ;            /* not all for the same reason */
	struct err err;         /* the first reason */
	struct str said, wrong; /* of all, each with its account and folder */
	uint32_t *found;        /* owned; numbers, not in order */
	size_t nfound;
	uint64_t done, total;       /* texts that were looked into, of how many */
	struct told_progress told;  /* of all parts */
	struct event_drafts drafts; /* owned */
};

/* What a request will be answered with, and what it needs then. */
struct asked {
	struct asked *next;
	unsigned request;
	enum request_kind kind;
	struct msglist *list;
	int account;
	size_t source;             /* of the list */
	uint32_t message;          /* its number in the list; 0: it is about none */
	struct group *group;       /* it is one of several that end together; or NULL */
	enum protocol protocol;    /* REQUEST_PROTOCOL: the one that is wanted */
	char *text;                /* owned; limit */
	struct told_progress told; /* so far, where it is a part */
	bool limit;
	bool inside; /* what only texts tell of a folder */
	bool extend; /* what came since the limit: which of it the limit shows */
};

struct engine {
	struct settings *settings; /* borrowed */
	struct engine_options options;
	char *config_path; /* owned or NULL */
	struct store *store;
	struct worker *sorter; /* NULL until a large folder needs it */
	struct account_model *accounts;
	size_t naccounts;
	struct msglist *lists;
	struct event *held; /* owned; comes out before the store is asked for more */
	struct asked *asked;
	unsigned next_request, next_list;
};

struct asked *engine_ask(struct engine *e, enum request_kind kind, struct msglist *l, int account);
struct asked *engine_asked(struct engine *e, unsigned request);
void engine_forget(struct engine *e, unsigned request);
/* The request to the store that a is the answer to. */
struct store_request *engine_request_of(const struct asked *a);
unsigned engine_post(struct engine *e, struct store_request *r); /* its number; keeps it */
struct msglist *engine_list(struct engine *e, unsigned id, size_t *source);

/* "sent" and the like mean the folder with that role, whatever its name is. Borrowed. */
const char *engine_folder_name(const struct engine *e, int account, const char *folder);
/* A list that has no sources yet. */
void engine_open_list(struct engine *e, struct msglist *l);
/* One of its sources: the store is asked for it. */
void engine_open_source(struct engine *e, struct msglist *l, size_t source);

/* --- engine_span.c --- */
/* The account has told its folders: lists of all folders follow. */
void engine_spans_follow(struct engine *e, size_t account);
struct msglist *engine_open_named(
	struct engine *e, const struct span_row *span, const char *name, struct err *err);
/* It was told by its rows: what its texts tell is next, where the list is about that. */
void engine_look_inside(struct engine *e, struct msglist *l, size_t source);
struct msglist *engine_open_conversation(struct engine *e, int account, const char *id);

/* --- engine_query.c --- */
/* The search of a request: as the options have it, and with it what of it only the list knows. */
void engine_query_set(struct engine *e, struct store_request *r, const char *query,
	const struct msglist *l, size_t source);

/* --- engine_parts.c --- */
/* Of an account, or (-1) one for each; they end as one. */
unsigned engine_ask_one_or_all(struct engine *e, enum request_kind kind, int account);
/* About a folder of a list; or of no list. */
struct asked *engine_ask_source(
	struct engine *e, enum request_kind kind, struct msglist *l, size_t source);
/* About one message: its UID is in the request. */
struct store_request *engine_ask_one(
	struct engine *e, enum request_kind kind, struct msglist *l, uint32_t number);
/* About messages, or with numbers NULL all of the list: one request for each folder that has some,
 * which ends as one. fill gives each what it says besides. */
typedef void engine_fill_fn(struct store_request *r, struct asked *a, const void *what);
unsigned engine_ask_each(struct engine *e, enum request_kind kind, struct msglist *l,
	const uint32_t *numbers, size_t n, engine_fill_fn *fill, const void *what);
/* How many folders these messages, or (NULL) all of the list, are in. */
size_t engine_sources_of(const struct msglist *l, const uint32_t *numbers, size_t n);
/* It is not asked at all, and fails. */
unsigned engine_refuse(
	struct engine *e, enum request_kind kind, struct msglist *l, const char *why);
/* Both end as one from now on. */
void engine_join(struct asked *first, struct asked *next);
/* How far all are, when the part tells how far it is. */
struct told_progress engine_part_progress(struct asked *a, const struct told_progress *told);
/* Empties told. */
void engine_add_drafts(struct event_drafts *to, int account, struct told_drafts *told);
/* Keeps what a part was answered with; true: it was the last. */
bool engine_part_ended(struct engine *e, struct asked *a, struct store_event *ev);
/* The answer to all, when the last has ended. */
struct event *engine_group_event(const struct asked *a, enum event_kind done);
void engine_group_free(struct group *g);

/* engine_flag; quiet: nothing that is undone by itself. */
unsigned engine_change_marks(struct engine *e, struct msglist *l, const uint32_t *uids, size_t n,
	unsigned clear, unsigned set, bool quiet);
/* The words of a request that is through. */
char **event_said(struct event *ev);
/* Turns what the disk thread says into an event, changing the model; NULL: nothing to tell. Keeps
 * ev. */
struct event *translate(struct engine *e, struct store_event *ev);

#endif

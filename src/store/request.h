/*
 * request - what the engine asks the disk thread for: one kind, one struct. What each kind needs
 * and what runs it stands in store/handle.c.
 *
 * Owns:    a request owns everything it points to; store_post gives it away.
 * Threads: values; made on the UI thread, and eaten by the disk thread.
 * Errors:  in its answer. Each gets exactly one final event with its number: STORE_DONE (and what
 *          is said of it) or what is named here, else STORE_FAILED; the kinds of which it is said
 *          get none, and nobody hears of it when there is nothing to do them to.
 *
 * What a request is about has the same members in all kinds: an account (its number), an open list
 * (its number), messages of that list by their UIDs and the numbering under which they were chosen
 * (refused when they mean other messages meanwhile). What else it says is in the member of its
 * kind. What changes something is refused in a program that only reads.
 */
#ifndef STORE_REQUEST_H
#define STORE_REQUEST_H

#include "base/account.h"
#include "base/mail.h"
#include "base/queue.h"
#include "mime/build.h"
#include "mime/viewed.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;
struct store_account;

enum request_kind {
	/* An account with its files; its number is that of those before it. Told of: STORE_FOLDERS,
	 * _OUTBOX, _STATE. One that cannot be opened keeps its number, and all requests about it
	 * fail. */
	REQUEST_ACCOUNT,  /* add */
	REQUEST_ONLINE,   /* account, online; no answer */
	REQUEST_RETRY,    /* account: connect now; no answer */
	REQUEST_PASSWORD, /* account, password; no answer */
	REQUEST_PROTOCOL, /* account, protocol: use the other one */
	REQUEST_PREVIEW,  /* account, protocol: what that would do, in words */
	REQUEST_SYNC,     /* account: every folder once */
	REQUEST_REINDEX,  /* account: the index of texts is built anew */
	REQUEST_CHECK,    /* account: what its servers are -> STORE_CHECKED, with an error too */

	/* A list of the number that it is given here -> STORE_LIST, and STORE_CHANGES from then on.
	 * With a query it has the messages only that match, as they come to and cease to: one that
	 * looks at texts is refused. It keeps nothing up with a server, and what was never
	 * fetched is not fetched for it (its percentage says that it is not here). */
	REQUEST_OPEN,   /* account or -1, open */
	REQUEST_CLOSE,  /* list; no answer */
	REQUEST_RELIST, /* list: STORE_LIST once more; no answer */
	REQUEST_ORDER,  /* list, order -> STORE_ORDER for each list of its span; no answer */
	REQUEST_ROWS,   /* list, uids -> STORE_ROWS; no answer */
	REQUEST_SEARCH, /* list, uids to look at or none: all, search -> STORE_FOUND */

	REQUEST_READ,      /* list, uid, read -> STORE_VIEW */
	REQUEST_SAVE_PART, /* list, uid, save: said is the path */
	REQUEST_SAVE_RAW,  /* list, uid or uids, save: all of it; said is the path */
	REQUEST_WHOLE,     /* list, uid: the rest of a message whose beginning is here (POP3) */

	/* All of these change a folder, and can be undone; each is one step. */
	REQUEST_FLAG,     /* list, uids, flag */
	REQUEST_KEYWORDS, /* list, uids, keywords */
	REQUEST_MOVE,     /* list, uids, to */
	REQUEST_COPY,     /* list, uids, to */
	REQUEST_DELETE,   /* list, uids: to Trash, from there for good */
	REQUEST_ARCHIVE,  /* list, uids */
	REQUEST_CUT_PART, /* list, uid, cut: one without that part takes its place */
	REQUEST_UNDO,     /* the last step, wherever it was */

	REQUEST_CREATE,         /* account, to: a folder */
	REQUEST_DELETE_FOLDER,  /* account, reshape */
	REQUEST_RENAME_FOLDER,  /* account, reshape */
	REQUEST_CANCEL_OP,      /* account, cancel_op: what waits for the server */
	REQUEST_FORGET_REFUSED, /* account: the list of what was refused */

	/* Drafts and the outbox. -> STORE_DRAFTS with the draft as it is then, where nothing else
	 * is said. */
	REQUEST_COMPOSE,      /* account, compose; what is answered or passed on: list, uid */
	REQUEST_DRAFT_LOAD,   /* account, mail */
	REQUEST_DRAFT_EDIT,   /* account, mail: with the path of the editor's file */
	REQUEST_DRAFT_TAKE,   /* account, mail: the editor has ended */
	REQUEST_DRAFT_SAVE,   /* account, mail and what it says now */
	REQUEST_DRAFT_KEEP,   /* account, mail: put aside; done */
	REQUEST_DRAFT_DROP,   /* account, mail; done */
	REQUEST_DRAFTS,       /* account: all of them */
	REQUEST_SEND,         /* account, send; done: it is in the outbox */
	REQUEST_OUTBOX_RETRY, /* account, mail; done */
	REQUEST_OUTBOX_HOLD,  /* account, mail; done */
	REQUEST_OUTBOX_EDIT,  /* account, mail: a draft again */
	REQUEST_OUTBOX_DROP,  /* account, mail; done */

	/* Work in slices: STORE_PROGRESS on the way. */
	REQUEST_EXPORT, /* list, uids or none: all of it; or account; file */
	REQUEST_IMPORT, /* account, file */
	REQUEST_BACKUP, /* account, file: without a folder */

	/* What other programs look at. */
	REQUEST_VIEW,      /* list, uid, part -> STORE_VIEWED */
	REQUEST_LEND,      /* lend: in a private file; said is the path */
	REQUEST_LENT_BACK, /* save: its path; no answer */

	REQUEST_LEAVE_LIST, /* leave; done: the list says so */

	REQUEST_CANCEL, /* cancel: that one fails with ERR_CANCELLED if it is not through; no answer
			 */
	REQUEST_QUIT,   /* store_free's; no answer */
	REQUESTS
};

struct request_leave {
	char *url; /* owned; https, that leaves a list with one POST */
};
struct request_add {
	struct store_account *setup; /* owned */
	bool offline;                /* do not connect */
};
struct request_online {
	bool on; /* false: all its connections end */
};
struct request_password {
	char *secret; /* owned; NULL: the person gives none */
};
struct request_protocol {
	enum protocol to;
};
struct request_open {
	char *folder; /* owned; as people see it; without an account the path of one */
	char *query;  /* owned; NULL: all of it */
	/* Owned; a Message-ID, or "": of its conversation only, and of that of the messages named
	 * by uids and numbering. Lists of the same span share it. NULL: none. */
	char *conversation;
	unsigned span; /* lists of the same are put in order together; 0: on its own */
};
struct request_order {
	enum mail_order by; /* ORDER_NONE: it is told no more */
};
struct request_search {
	char *query; /* owned */
	/* Owned; whom each term of it is true of that only the list can tell (query.h), in their
	 * order. */
	struct query_set *sets;
	size_t nsets;
	/* Of a list whose query looks into texts: all of its folder is looked through, and the list
	 * shows what was found there. */
	bool widen;
};
struct request_read {
	int width;
	bool all_headers, other_version, hide_quotes, no_headers;
	bool raw_headers, source; /* the bytes of the header; of all of it */
	char *charset;            /* owned; of its text, whatever it says; NULL: what it says */
	/* read.c's, owned: the pieces that were asked for, and why one of them did not come. */
	char *asked, *missing;
};
struct request_save {
	char *section; /* owned; REQUEST_SAVE_PART */
	char *path;    /* owned; a file that is not there, or a directory for one; NULL: private */
	size_t done;   /* read.c's: so many of the messages are in the file */
};
struct request_part {
	char *section; /* owned */
	enum viewed_way way;
	int width;
	bool warned; /* what is wrong with it is known, and it is wanted all the same */
};
struct request_cut {
	char *section, *type, *name; /* owned; of the part, as it was shown */
};
struct request_lend {
	char *name; /* owned; of the file, as far as it is safe */
	char *text; /* owned; what is in it */
};
struct request_flag {
	uint32_t clear, set;
	bool quiet; /* nothing to undo: it was read by opening it */
};
struct request_keywords {
	char *clear, *set; /* owned; sets of keywords, or NULL */
};
struct request_to {
	char *folder; /* owned */
};
struct request_reshape {
	char *folder; /* owned */
	char *name;   /* owned; its new one */
	size_t known; /* of one that goes: so many messages in it may go with it, no more */
};
struct request_cancel_op {
	uint64_t id; /* 0: all that are not on their way */
};
struct request_compose {
	enum compose_kind kind;
	char *to;    /* owned; COMPOSE_NEW: whom, or NULL */
	char *url;   /* owned; COMPOSE_MAILTO */
	char *draft; /* owned; COMPOSE_RESUME: its id; NULL: the message of the list */
};
struct request_mail {
	char *id;           /* owned */
	struct draft *says; /* owned; REQUEST_DRAFT_SAVE */
};
struct request_send {
	char *id;         /* owned */
	unsigned seconds; /* in which it can be taken back */
};
struct request_file {
	char *path;   /* owned */
	char *folder; /* owned; NULL: all of the account; of an import: as the tree has them */
};
struct request_cancel {
	unsigned request;
};

struct store_request {
	struct queue_item item;
	enum request_kind kind;
	unsigned request;   /* its number; 0: nobody waits */
	int account;        /* -1: none */
	unsigned list;      /* number of an open list; 0: none */
	unsigned numbering; /* as STORE_LIST told it, of the UIDs here; 0: there are none */
	unsigned step;      /* requests of the same step are undone as one; 0: on its own */
	uint32_t uid;       /* of one message */
	uint32_t *uids;     /* owned; of some: n */
	size_t n;
	/* answer.c's: who owes it an answer, and what gives one when it is freed without. */
	struct store *owed_by;
	void (*unanswered)(struct store_request *r);
	unsigned fetches; /* how often what it needs came from the server; read.c's */
	union {
		struct request_add add;
		struct request_online online;
		struct request_password password;
		struct request_protocol protocol;
		struct request_open open;
		struct request_order order;
		struct request_search search;
		struct request_read read;
		struct request_save save;
		struct request_cut cut;
		struct request_lend lend;
		struct request_part part;
		struct request_flag flag;
		struct request_keywords keywords;
		struct request_to to;
		struct request_reshape reshape;
		struct request_cancel_op cancel_op;
		struct request_compose compose;
		struct request_mail mail;
		struct request_send send;
		struct request_file file;
		struct request_leave leave;
		struct request_cancel cancel;
	};
};
struct store_request *store_request_new(enum request_kind kind);
void store_request_free(struct store_request *r); /* NULL is fine */
void store_request_free_item(struct queue_item *item);
void store_request_set_uids(struct store_request *r, const uint32_t *uids, size_t n); /* copies */
bool store_request_is_answered(enum request_kind kind); /* gets a final event */

#endif

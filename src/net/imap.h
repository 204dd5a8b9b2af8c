/*
 * imap - an IMAP connection (RFC 3501, 9051) through libetpan, with our own greeting, CAPABILITY,
 * AUTHENTICATE, APPEND and IDLE.
 *
 * Owns:    the session and its stream. No libetpan type crosses this header; results are plain
 * structs. Threads: one connection thread; cancel through net_cancel. Errors:  ERR_REFUSED for a
 * tagged NO or BAD (connection still good: imap_is_alive), ERR_AUTH, ERR_CERT, ERR_NETWORK,
 * ERR_CANCELLED, ERR_PROTOCOL. After anything but ERR_REFUSED the connection is dead: imap_free and
 * connect anew.
 *
 * Mailbox names here are as on the wire (modified UTF-7, RFC 3501 5.1.3). Only UIDs are ever used.
 * Every outgoing string is checked for CR, LF, NUL and length.
 */
#ifndef NET_IMAP_H
#define NET_IMAP_H

#include "base/mail.h"
#include "base/str.h"
#include "net/net.h"

#include <time.h>

struct imap;

enum imap_can {
	IMAP_IDLE = 1 << 0,
	IMAP_CONDSTORE = 1 << 1,
	IMAP_QRESYNC = 1 << 2, /* enabled */
	IMAP_UIDPLUS = 1 << 3,
	IMAP_MOVE = 1 << 4,
	IMAP_LIST_STATUS = 1 << 5,
	IMAP_SPECIAL_USE = 1 << 6,
	IMAP_LITERAL_PLUS = 1 << 7,
	IMAP_NAMESPACE = 1 << 8,
	IMAP_ID = 1 << 9,
	IMAP_NOTIFY = 1 << 11,
};

/* Connects, STARTTLS, capabilities, login, capabilities again, ID, ENABLE. */
int imap_open(struct imap **out, const struct net_server *server, const struct net_options *options,
	const struct net_login *login, struct net_cancel *cancel, struct err *err);

/*
 * What will be asked for first, where that is known before the login is over: the mailbox of the
 * first imap_select and what its known will be. Where the server allows it, ID, ENABLE and that
 * SELECT go out with the last step of the login, and imap_select only reads the answer; another
 * command makes it void.
 */
struct imap_known;
struct imap_first {
	/* Called when the time has come; returns the mailbox (borrowed for the call) and fills in
	 * known where there is something, or NULL. May be NULL. */
	const char *(*ask)(void *ctx, struct imap_known *known);
	void *ctx;
	bool patient; /* nothing goes out before the server's yes: it lost what came too early */
};
int imap_open_for(struct imap **out, const struct net_server *server,
	const struct net_options *options, const struct net_login *login,
	const struct imap_first *first, struct net_cancel *cancel, struct err *err);
void imap_free(struct imap *im);          /* closes at once, never waits; NULL is fine */
void imap_logout(struct imap *im);        /* polite and short (2 s at most), then frees */
unsigned imap_can(const struct imap *im); /* enum imap_can bits */
bool imap_is_alive(const struct imap *im);
void imap_describe(const struct imap *im, struct str *out); /* several lines for talaria check */
char *imap_take_alert(
	struct imap *im); /* [ALERT] text the user must see, clean; free(); NULL: none */
void imap_counts(const struct imap *im, uint64_t *received, uint64_t *sent);
unsigned imap_flushes(const struct imap *im); /* how often something was sent, login and all */
/* COMPRESS=DEFLATE now (RFC 4978). Where it is offered it goes with the first FETCH by itself. */
int imap_compress(struct imap *im, struct err *err);

/* --- mailboxes --- */
struct imap_status {
	bool known, whole; /* whole: messages, unseen and uidnext were said */
	uint32_t messages, unseen, uidnext, uidvalidity;
	uint64_t highestmodseq; /* 0: not said */
};

struct imap_mailbox {
	char *name;      /* owned; as on the wire */
	char delimiter;  /* 0: flat */
	bool selectable; /* not \Noselect, not \NonExistent */
	bool has_children;
	enum mail_role role;       /* by SPECIAL-USE (RFC 6154) */
	struct imap_status status; /* when LIST-STATUS gave it */
};

struct imap_mailboxes {
	struct imap_mailbox *v;
	size_t n, cap;
	size_t odd;  /* rows that were left out: they cannot be read, or name what cannot be asked
			for */
	size_t over; /* those above 100,000 */
};

/* All mailboxes, with STATUS in the same round trip where the server can. */
int imap_list(struct imap *im, struct imap_mailboxes *out, struct err *err);
void imap_mailboxes_done(struct imap_mailboxes *m);
/* NAMESPACE (RFC 2342): what the names of the person's own mailboxes begin with, free(); NULL where
 * the server does not say. */
int imap_namespace(struct imap *im, char **prefix, char *delimiter, struct err *err);
int imap_status(struct imap *im, const char *mailbox, struct imap_status *out, struct err *err);
int imap_create(struct imap *im, const char *mailbox, struct err *err);
int imap_delete(struct imap *im, const char *mailbox, struct err *err);
int imap_rename(struct imap *im, const char *from, const char *to, struct err *err);
/* SUBSCRIBE, or UNSUBSCRIBE: for programs that show only what is subscribed. */
int imap_subscribe(struct imap *im, const char *mailbox, bool on, struct err *err);

/* --- a selected mailbox --- */
#define IMAP_MORE_KEYWORDS "…"

struct imap_message { /* what one FETCH told; borrowed during the callback */
	uint32_t uid; /* never 0 */
	bool has_flags;
	unsigned flags; /* enum mail_flag */
	/* Space separated, without $Forwarded; "" for none; valid when has_flags. Above 4,000 bytes
	 * IMAP_MORE_KEYWORDS stands for the rest, which is shown as one; imap_store and
	 * imap_append leave it out. */
	const char *keywords;
	time_t received; /* INTERNALDATE, 0 when not asked */
	uint32_t size;   /* RFC822.SIZE, 0 when not asked */
	uint64_t modseq;
	const char *header; /* header fields asked for, NULL when not asked */
	size_t header_len;
	const struct imap_part *parts; /* BODYSTRUCTURE, flattened, NULL when not asked */
	size_t nparts;
	bool parts_cut; /* there are more parts, or deeper ones, than are taken */
};

struct imap_part {  /* one row of a BODYSTRUCTURE */
	int parent; /* index, -1 for the message itself */
	/* What the server read out of the part's header, as the header fields it was read from
	 * (Content-Type with all parameters, encoded words and pieces by RFC 2231 as they came,
	 * Content-Disposition, ...), for the reader of headers in mime. */
	const char *header;
	size_t header_len;
	uint32_t size; /* of the encoded body; 0 for a multipart */
};

typedef void imap_message_fn(void *ctx, const struct imap_message *m);
typedef void imap_vanished_fn(void *ctx, uint32_t first,
	uint32_t last); /* a UID range; bounded by the mailbox's UIDNEXT */

struct imap_known { /* what the cache knows, for QRESYNC (RFC 7162) */
	uint32_t uidvalidity;
	uint64_t modseq;
};

struct imap_selected {
	uint32_t uidvalidity, uidnext, exists;
	bool counted;           /* the server said how many there are, as it must */
	uint64_t highestmodseq; /* 0: no CONDSTORE for this mailbox */
	bool read_only;
	unsigned kept; /* enum mail_flag: those that PERMANENTFLAGS has; all where it was not said
			*/
	bool resynced; /* QRESYNC was used: changes and vanished came through the callbacks */
	bool keywords_allowed; /* PERMANENTFLAGS has \* */
};

/* known may be NULL. The callbacks (may be NULL without known) get the QRESYNC answer. */
int imap_select(struct imap *im, const char *mailbox, const struct imap_known *known,
	imap_message_fn *changed, imap_vanished_fn *vanished, void *ctx, struct imap_selected *out,
	struct err *err);

enum imap_items {
	IMAP_GET_FLAGS = 1 << 0,
	IMAP_GET_DATE = 1 << 1,
	IMAP_GET_SIZE = 1 << 2,
	IMAP_GET_HEADER = 1 << 3, /* the fields named in header_fields */
	IMAP_GET_STRUCTURE = 1 << 4,
	IMAP_GET_MODSEQ = 1 << 5,
};

/*
 * UID FETCH of a set ("1:200,305"; "*" allowed). Keep sets to 1,000 messages: libetpan holds a
 * whole answer in memory. changed_since 0: all; otherwise CHANGEDSINCE with, when vanished is given
 * and QRESYNC is enabled, VANISHED.
 */
int imap_fetch(struct imap *im, const char *uids, unsigned items, const char *header_fields,
	uint64_t changed_since, imap_message_fn *message, imap_vanished_fn *vanished, void *ctx,
	struct err *err);

/*
 * The same without waiting: the next FETCH is on its way while the answer to the one before comes.
 * imap_fetch_take waits for the answer and frees; it must be called for each, in any order, before
 * imap_free. ctx lives until then.
 *
 * A server may answer out of order and mixed: message gets every message that comes until the
 * answer is complete, those of other commands too. A refusal is told by the take it belongs to.
 * When the connection dies all under way fail with the same error. Any other command first waits
 * for all answers, which are kept for their takes.
 */
struct imap_ahead;
int imap_fetch_send(struct imap *im, struct imap_ahead **out, const char *uids, unsigned items,
	const char *header_fields, imap_message_fn *message, void *ctx, struct err *err);
int imap_fetch_take(struct imap *im, struct imap_ahead *a, struct err *err);
/* In place of the take, where imap_free or imap_logout comes next or the connection is dead. */
void imap_fetch_forget(struct imap *im, struct imap_ahead *a);

typedef int imap_bytes_fn(void *ctx, const char *p, size_t len); /* non-zero ends the connection */

/*
 * BODY.PEEK[section] of one message: section "" the whole message, "HEADER", "1.2", "1.2.MIME". At
 * most max octets from offset on (0, 0: everything; the caller loops over pieces of
 * large ones). ERR_GONE when there is no such message, ERR_REFUSED when the server gives NIL for
 * it: that is not the same as nothing.
 */
int imap_fetch_section(struct imap *im, uint32_t uid, const char *section, uint32_t offset,
	uint32_t max, imap_bytes_fn *bytes, void *ctx, struct err *err);

/* UID STORE +FLAGS.SILENT / -FLAGS.SILENT; keywords space separated or NULL. ERR_REFUSED without
 * asking: to add one that PERMANENTFLAGS leaves out. */
int imap_store(struct imap *im, const char *uids, bool add, unsigned flags, const char *keywords,
	struct err *err);

struct imap_copied { /* COPYUID/APPENDUID (RFC 4315); uidvalidity 0 when the server did not say */
	uint32_t uidvalidity;
	char *source; /* owned; set of those that were there, NULL when not said (and for APPEND) */
	char *uids;   /* owned; set in the target, in the order of source; NULL when not said */
};
int imap_copy(struct imap *im, const char *uids, const char *mailbox, struct imap_copied *out,
	struct err *err);
/* Where there is IMAP_MOVE (RFC 6851). */
int imap_move(struct imap *im, const char *uids, const char *mailbox, struct imap_copied *out,
	struct err *err);
/* UID EXPUNGE of exactly these (marked first); ERR_REFUSED when the server has no UIDPLUS (never a
 * bare EXPUNGE: imap_expunge_marked). */
int imap_expunge(struct imap *im, const char *uids, struct err *err);
/* EXPUNGE: of all messages of the mailbox that are marked as deleted, whoever marked them. */
int imap_expunge_marked(struct imap *im, struct err *err);
/* date 0: now. message has CRLF line ends. */
int imap_append(struct imap *im, const char *mailbox, const char *message, size_t len,
	unsigned flags, const char *keywords, time_t date, struct imap_copied *out,
	struct err *err);

struct imap_uids {
	uint32_t *v; /* owned, ascending */
	size_t n, cap;
};
/* UID SEARCH (with ESEARCH for "ALL" where the server can, RFC 4731); what: "ALL", or keys with
 * UTF-8 in quotes, which go as the server takes them. */
int imap_search(struct imap *im, const char *what, struct imap_uids *out, struct err *err);
/* UID SEARCH HEADER Message-ID id, the id without < >. Proves whether an APPEND whose answer was
 * lost arrived. */
int imap_search_message_id(struct imap *im, const char *id, struct imap_uids *out, struct err *err);

struct imap_news {      /* what the server said by itself */
	bool exists;    /* the number of messages changed */
	bool expunged;  /* something went away (without UIDs: compare) */
	bool flags;     /* flags changed */
	bool boxes;     /* other mailboxes: imap_take_boxes */
	bool trouble;   /* the server says so, or ends each IDLE at once: select anew */
	bool folders;   /* mailboxes came, went or were renamed, or too much happened: list them */
	uint32_t count; /* EXISTS */
};
/*
 * IDLE (RFC 2177) until news, wake_fd readable, or timeout_ms (cut to 29 minutes, RFC 2177).
 * Without IDLE: NOOP after the same wait. DONE was said when it returns.
 */
int imap_idle(
	struct imap *im, int wake_fd, int timeout_ms, struct imap_news *news, struct err *err);
int imap_noop(struct imap *im, struct imap_news *news, struct err *err);
/* The number of messages in the selected mailbox, as last told. */
uint32_t imap_exists(const struct imap *im);

/*
 * NOTIFY (RFC 5465) where offered: from now on the server tells by itself what happens in all
 * personal mailboxes, in the news of imap_idle and imap_noop. 0 too when it does not want to, and
 * for one that ends it (NOTIFICATIONOVERFLOW): imap_is_notified says.
 */
int imap_notify(struct imap *im, struct err *err);
bool imap_is_notified(const struct imap *im);
/* The mailboxes whose state the server told by itself since the last call, with what it said of
 * status. The caller frees with imap_mailboxes_done. */
void imap_take_boxes(struct imap *im, struct imap_mailboxes *out);

#endif

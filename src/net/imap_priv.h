/*
 * imap_priv - what the files of the IMAP connection share: the session, running a command, and
 * where its untagged answers go. Only imap*.c may include it.
 *
 * Owns:    struct imap owns the stream and libetpan's session over it.
 * Threads: one connection thread; imap_catch_init is safe from any.
 * Errors:  as imap.h.
 *
 * libetpan 1.9.4 only parses answers here, and only once the connection is encrypted and logged in:
 * greeting, CAPABILITY, STARTTLS, AUTHENTICATE, ID and ENABLE are read by our own code
 * (imap_auth.c). It knows one command at a time. Ours write their own tags; the filter shows
 * libetpan the same tag in every answer and keeps the server's for us, so that several commands can
 * be under way and be answered in any order (imap_run.c).
 */
#ifndef NET_IMAP_PRIV_H
#define NET_IMAP_PRIV_H

#include "net/imap.h"
#include "net/stream.h"
#include "net/wire.h"

#include <libetpan/libetpan.h>

enum {
	IMAP_LINE = 64 << 10,   /* of an answer read by our own code */
	IMAP_NAME = 1000,       /* longest string given to a server in quotes */
	IMAP_SET = 128 << 10,   /* longest UID set */
	IMAP_QUIET = 16 << 20,  /* bytes of the answer to a command that has nothing to tell */
	IMAP_LONG = 256 << 20,  /* bytes of the answer to LIST, SEARCH, SELECT */
	IMAP_FETCH = 1 << 30,   /* bytes of one FETCH */
	IMAP_PARTS = 5000,      /* rows of a BODYSTRUCTURE */
	IMAP_ESEARCH = 1 << 20, /* bytes of an ESEARCH answer */
	IMAP_AHEAD = 4,         /* commands under way */
};

#define IMAP_ONE_TAG "1"

/* Where the messages of the running command go. */
struct imap_sink {
	imap_message_fn *message;
	imap_vanished_fn *vanished;
	void *ctx;
	/* imap_fetch_section: the one message and piece that is wanted */
	uint32_t uid, offset;
	imap_bytes_fn *bytes;
	bool got, stopped, nil, broken;
};

/* A command under way. */
struct imap_sent {
	struct imap_sent *next;
	char tag[16];
	struct imap_sink *sink; /* borrowed; NULL: nobody wants messages */
	bool packs;             /* COMPRESS: nobody waits for it */
	bool done;
	int result; /* once done: 0, or -1 and err */
	struct err err;
};

enum imap_packing { IMAP_PACK_NO, IMAP_PACK_WANTED, IMAP_PACK_ASKED, IMAP_PACK_ON };

/* What was sent with the last step of the login, before the server's yes. */
struct imap_early {
	struct imap_first first;
	char tags[3][16]; /* of ID, ENABLE and SELECT; "" when there was none or it was answered */
	char *mailbox;    /* of the SELECT */
	bool has_known, spoilt;
	bool sent_hello;
	struct imap_known known;
	struct imap_sent *sent; /* the SELECT, once libetpan reads */
};

struct imap {
	struct stream *stream;
	struct mailimap *session;
	struct net_server server;
	struct strv caps, mechanisms; /* CAPABILITY: upper case names; what stood behind AUTH= */
	unsigned can, enabled;
	bool dead, preauth;
	bool has_caps;  /* caps are of the present state of the connection */
	int tag, count; /* "a1"... until the login is over, "1"... from then on */
	char *mechanism, *id;
	char *selected;     /* NULL: none */
	uint32_t exists;    /* as last told to the caller */
	uint32_t uid_bound; /* no UID of the mailbox is above: UIDNEXT - 1 or the largest seen */
	struct imap_news news;
	struct imap_sent *sent; /* under way, and answered but not taken; in the order sent */
	struct imap_early early;
	enum imap_packing packing;
	struct imap_uids *found;     /* where ESEARCH goes; NULL: nobody asked */
	bool found_all;              /* it came and made sense */
	bool listing;                /* LIST answers are asked for */
	bool notified;               /* NOTIFY is in force */
	struct imap_mailboxes boxes; /* whose state the server told by itself */
};

/* --- imap_run.c --- */

/* 0, or -1 when the connection is dead. Reads the answers that are due, so that the next command is
 * alone, and starts its clock. */
int imap_begin(struct imap *im, uint64_t budget, struct err *err);
/* Writes a tag and text, nothing behind it; NULL when the connection is dead. */
struct imap_sent *imap_put(struct imap *im, const char *text, size_t len, struct err *err);
/* Reads answers up to this one; on a tagged NO ERR_REFUSED and the connection lives. Frees it. */
int imap_wait(struct imap *im, struct imap_sent *sent, struct err *err);
/* Reads the answers to all that is under way. */
int imap_settle(struct imap *im, struct err *err);
/* Forgets a command whose answer was read by other means, or will never come. */
void imap_drop(struct imap *im, struct imap_sent *sent);
/* Sends one command line (without tag and CRLF) and takes its answer; messages go to sink. */
int imap_run_to(struct imap *im, uint64_t budget, const char *command, struct imap_sink *sink,
	struct err *err);
int imap_run(struct imap *im, uint64_t budget, const char *command, struct err *err);
/* Puts COMPRESS behind what is being sent, where that is wanted (RFC 4978). Nothing may follow
 * before its answer, which imap_begin and imap_make_way wait for. */
int imap_put_compress(struct imap *im, struct err *err);
/* Reads answers until one more command may be sent behind those under way. */
int imap_make_way(struct imap *im, struct err *err);
/* The connection is dead: fills err with the best reason there is. */
int imap_broken(struct imap *im, struct err *err);
/* The data of the last extension item of that kind in the last answer, or NULL. Borrowed. */
void *imap_extension(struct imap *im, int id, int type);

/* --- imap.c --- */

bool imap_has(const struct imap *im, const char *capability);
/* 0, or -1 when the connection is dead or no mailbox is open. */
int imap_need_selected(struct imap *im, struct err *err);
/* "ESEARCH (TAG "7") UID ALL 1:9,12" (RFC 4731). */
void imap_on_esearch(struct imap *im, const char *text, size_t len);
/* Appends a quoted string (RFC 3501 4.3); ERR_INPUT for CR, LF and what is too long. */
int imap_quote(struct str *out, const char *s, struct err *err);
/* Appends a UID set; ERR_INPUT when it has anything but digits , : and *. */
int imap_put_set(struct str *out, const char *uids, struct err *err);
/* The bit of base/mail.h that a flag or keyword stands for, in any case of letters; 0: none. */
unsigned imap_flag(struct view name);
/* Appends "(\Seen keyword)". */
int imap_put_flags(struct str *out, unsigned flags, const char *keywords, struct err *err);

/* --- imap_news.c --- */

/*
 * Waits for "+". A server may say untagged things first; libetpan takes those for the answer and
 * never sends what waits. 0: go on; -1 with ERR_REFUSED: a tagged NO.
 */
int imap_await_plus(struct imap *im, struct imap_sent *sent, struct err *err);
/* STATUS lines that nobody asked for become boxes. */
void imap_note_status(struct imap *im);

/* --- imap_mailbox.c --- */

bool imap_same_mailbox(const char *a, const char *b);
/* "STATUS name (MESSAGES 3 ...)" */
bool imap_parse_status(const char *line, struct str *name, struct imap_status *out);

/* --- imap_auth.c --- */

/* Greeting to ENABLE. The session is made when all that is plain text is over. */
int imap_log_in(struct imap *im, const struct net_login *login, struct err *err);
/* Reads a line of our own dialogue; a line that announces a literal gets it appended whole. */
int imap_read_line(struct imap *im, struct str *line, struct err *err);
/* Writes "a7 " and returns the tag to wait for in tag. */
int imap_send_tagged(struct imap *im, const char *command, char tag[16], struct err *err);
/* The text behind "TAG " when the line is the answer to it, else NULL. */
const char *imap_tagged(const char *line, const char *tag);

/* --- imap_mailbox.c --- */

/* Appends SELECT. condstore: asks for mod-sequences where known does not. */
int imap_put_select(struct str *cmd, const char *mailbox, const struct imap_known *known,
	bool condstore, struct err *err);
/* The answer to the SELECT that was sent early is the next that libetpan will see. */
void imap_expect_select(struct imap *im);

/* --- imap_fetch.c --- */

/* libetpan's handler for each FETCH answer; context is struct imap. */
void imap_on_fetch(struct mailimap_msg_att *att, void *context);
/* The filter's handler for each row of header fields that it has read itself; ctx is struct imap.
 */
void imap_on_row(void *ctx, const struct fetch_row *row, struct view fields);
/* A FETCH answer that could not be parsed: tells at least its UID. */
void imap_on_raw(struct imap *im, const char *text, size_t len);
void imap_on_vanished(struct imap *im, const struct mailimap_qresync_vanished *v);

/* --- imap_catch.c --- */

/* Registers the extension that takes lines which libetpan cannot parse; once per process. */
void imap_catch_init(void);
/* The raw text of a line that was caught, or NULL when the item is not of ours. */
const char *imap_caught(const struct mailimap_extension_data *item, size_t *len);

#endif

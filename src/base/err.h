/*
 * err - why something failed: a kind for code, a text for people.
 *
 * Owns:    nothing; struct err is copied by value, so it fits in a message and needs no free.
 * Threads: any; no shared state.
 *
 * Functions that can fail return 0 or -1 and take a struct err * last, which may be NULL when the
 * caller does not care. It is untouched on success. Library code fills it and does not log; whoever
 * handles the error tells it, once. The text is a whole translated sentence without a full stop,
 * names the thing and, where there is one, the way out. It is clean UTF-8: server text put into it
 * is filtered here.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err_kind {
	ERR_NONE,
	ERR_CANCELLED, /* by the user or at quit */
	ERR_NETWORK,   /* not reachable, closed, timed out: try again later */
	ERR_AGAIN,     /* the server said: not now (4xx, [IN-USE], ...) */
	ERR_AUTH,      /* login refused: ask the user, do not retry by yourself */
	ERR_CERT,      /* certificate or TLS not acceptable: never go on */
	ERR_REFUSED,   /* the server said no, for good (NO, -ERR, 5xx) */
	ERR_GONE,      /* message, folder or file no longer exists */
	ERR_FULL,      /* disk or quota full */
	ERR_BUSY,      /* another running copy holds it */
	ERR_INPUT,     /* what the user or a file says is wrong */
	ERR_DAMAGED,   /* a file of ours does not verify */
	ERR_PROTOCOL,  /* the server broke the protocol */
	ERR_SYSTEM,    /* a system call failed */
};

struct err {
	enum err_kind kind;
	char text[384]; /* a refused certificate with its hash, in any language */
};

/* Fills err (if not NULL) and returns -1. The text is cleaned as utf8_clean does for one line and
 * cut at a character,
 * with "…" at its end then. The arguments may point into err itself. */
int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As err_set with ": " and the system's text for errno appended, for which there is always room;
 * ENOSPC and EDQUOT make it ERR_FULL. errno is kept. */
int err_errno(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* True where waiting and trying again may help without the user doing anything. */
int err_is_temporary(enum err_kind kind);

#endif

/*
 * mail - the words in which every layer speaks of mail: marks, roles of folders, fates of what is
 * sent.
 *
 * Owns:    nothing.
 * Threads: any; values.
 * Errors:  none.
 */
#ifndef BASE_MAIL_H
#define BASE_MAIL_H

#include <stddef.h>

enum mail_flag { /* kept in header caches and journals: a bit never means another thing */
	MAIL_SEEN = 1 << 0,
	MAIL_ANSWERED = 1 << 1,
	MAIL_FLAGGED = 1 << 2,
	MAIL_DELETED = 1 << 3,
	MAIL_DRAFT = 1 << 4,
	MAIL_FORWARDED = 1 << 5,          /* by IMAP the keyword $Forwarded (RFC 5788) */
	MAIL_SERVER_FLAGS = (1 << 6) - 1, /* what servers and Maildirs know */
	/* local: */
	MAIL_ATTACHMENT =
		1 << 16,          /* has files; by the header alone where the message is not here */
	MAIL_LIST = 1 << 17,      /* from a mailing list (List-Id) */
	MAIL_BODY_HERE = 1 << 18, /* can be read offline */
	MAIL_PLACEHOLDER = 1 << 19, /* the server did not give it: a visible row whose subject says
				       why; asked for again later */
	MAIL_ON_SERVER_ONLY_HEADER =
		1 << 20,        /* POP3: larger than pop3-max, only its first lines are here */
	MAIL_LEAVING = 1 << 21, /* an operation of the journal moves it away: not shown any more */
	MAIL_WAITING = 1 << 22, /* an operation brings it here: the server is told when there is a
				   connection */
};

/* The keyword of a thread that nobody wants to hear of (registered for IMAP). */
#define MAIL_MUTED "$muted"

/* What became of a mail for one of its recipients; what counts for the whole mail counts too. */
enum mail_fate {
	FATE_UNASKED, /* nothing was said yet of this recipient, nor of the mail as a whole */
	FATE_LATER,   /* not taken for now (4xx): asked again */
	FATE_NEVER,   /* refused for good (5xx, and what we refuse ourselves before we ask): asked
			 again only when the person says so */
	FATE_UNCONFIRMED, /* the relay may have it: the same */
	FATE_ACCEPTED,    /* the relay has it: never given it again */
	FATE_NEXT, /* only of a session: one too many for it (452), while others were taken; at
		      once in a mail of its own */
};
enum send_outcome {       /* what became of a mail as a whole */
	SEND_ACCEPTED,    /* 250 after the final dot: the relay has it for each FATE_ACCEPTED */
	SEND_NOT,         /* surely not sent; may be tried again where the error is temporary */
	SEND_UNCONFIRMED, /* the final dot may have gone out and no answer came (RFC 1047): never
			     sent again unasked */
};

/* Orders of a folder that only who has its texts can make. */
enum mail_order { ORDER_NONE, ORDER_FROM, ORDER_SUBJECT };

enum mail_role { /* what a folder is for; the numbers are kept in files: new ones go behind */
	ROLE_NONE,
	ROLE_INBOX,
	ROLE_DRAFTS,
	ROLE_SENT,
	ROLE_TRASH,
	ROLE_JUNK,
	ROLE_ARCHIVE,
	ROLE_ALL,
	ROLE_FLAGGED,
	ROLES
};
/* What a file says; ROLE_NONE: no such number. */
static inline enum mail_role mail_role_of(long number)
{
	return number > ROLE_NONE && number < ROLES ? (enum mail_role)number : ROLE_NONE;
}

/* All there is to know of a role; each has its row in mail.c. */
struct mail_role_row {
	const char *key;   /* "sent": for -f and :open, in JSON, and the option of an account; "" */
	const char *label; /* N_(): what such a folder is called in every list; NULL: by its name */
	const char *folder;       /* the name of one that is made for it; "": none is */
	const char *attribute;    /* by which a server names it (RFC 6154), without \; or NULL */
	int rank;                 /* its place among the folders of a list, small first */
	const char *const *names; /* that servers and mail programs give it, in their languages */
	size_t n;
};
const struct mail_role_row *mail_role_row(enum mail_role role);
/* Translated; NULL: it is called by its name, "/" between levels. */
const char *mail_role_label(enum mail_role role, const char *name);
/* Each ROLE_NONE when there is none. */
enum mail_role mail_role_by_key(const char *key); /* in any case */
enum mail_role mail_role_by_attribute(const char *attribute);
enum mail_role mail_role_by_name(const char *name); /* UTF-8, the last level alone */

#endif

/*
 * engine - what a mail user does: the whole API that the front end sees.
 *
 * Owns:    the model (accounts, folders, open message lists) and the threads behind it.
 * Threads: UI thread only. Nothing here waits: requests return at once and are answered by events.
 * Errors:  requests report ERR_INPUT at once for what cannot be asked; all else comes in their
 * final event.
 *
 * Every request returns an id > 0 and ends in exactly one final event with that id: EVENT_DONE,
 * EVENT_FAILED or EVENT_CANCELLED (or the result event named with the function, which is then the
 * final one). Long ones send EVENT_PROGRESS before. Pointers inside the model are borrowed and
 * valid until the next call of engine_next.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "base/mail.h"
#include "engine/msglist.h"
#include "engine/settings.h"
#include "engine/span.h"
#include "mime/build.h"
#include "mime/head.h"
#include "mime/kind.h"
#include "mime/text.h"
#include "mime/viewed.h"

struct engine;

struct engine_options {
	bool offline;            /* no connection is made until asked */
	bool read_only;          /* nothing is changed, here or on a server */
	const char *config_path; /* where :protocol is saved; may be NULL */
	const char *scratch; /* a directory in the stead of the user's own for mail and caches: a
				test of an account that may never be; NULL otherwise */
	int quit_ms; /* the longest that engine_free waits; 0: 900. What a disk does not do by
			then is left to it: another engine in the same process may meet it */
};

/* Servers that a set-up looks for by name, all at once: before there is an engine. Nothing is
 * logged in and nothing written. Waits, at most ms milliseconds. */
struct engine_probe {
	const char *url; /* scheme://HOST; borrowed */
	bool there;      /* reached, trusted where the scheme says TLS, and greeted */
	struct err err;  /* why not; ERR_CERT: there, but its certificate is refused */
};
void engine_probe(struct engine_probe *servers, size_t n, int ms);

/* Starts the disk thread and, unless offline, the connections. settings stays the caller's and must
 * outlive the engine. */
int engine_new(struct engine **out, struct settings *settings, const struct engine_options *options,
	struct err *err);
/* Ends everything: cancels all connections, waits at most quit_ms, frees. What was shown as done
 * is on disk. */
void engine_free(struct engine *e);
int engine_fd(const struct engine *e); /* readable while events wait */

/* --- accounts and folders --- */
enum account_state {
	STATE_OFFLINE,
	STATE_CONNECTING,
	STATE_ONLINE,
	STATE_WAITING,
	STATE_FAILED,
	STATE_FOLLOWING
};

struct account_info {
	const char *name, *from, *from_mail;
	enum protocol protocol;
	enum account_state state; /* WAITING: retry_at says when; FAILED: needs the user (password,
				     certificate); FOLLOWING: another running copy synchronises */
	int64_t retry_at;         /* clock_ms time of the next attempt */
	const char *reason;       /* why it is offline, waiting or failed; "" otherwise */
	bool insecure;            /* a connection without encryption is configured */
	size_t pending;           /* operations not confirmed by the server */
	size_t outbox;            /* mails not sent yet, */
	size_t to_send;           /* of these the program will send by itself */
};
size_t engine_accounts(const struct engine *e);
void engine_account(const struct engine *e, size_t i, struct account_info *out);
int engine_find_account(const struct engine *e, const char *name); /* index or -1 */

struct folder_info {
	const char *name;  /* full name, UTF-8, '/' between levels: what -f and :open take */
	const char *label; /* for showing: translated for well-known roles, else the name below the
			      parent that is listed */
	enum mail_role role;
	int depth;
	bool selectable, has_children;
	bool offline_copy; /* belongs to the protocol not in use: readable, not synchronised */
	bool counts_known;
	uint32_t total, unread;
	bool elsewhere; /* local, while the account works by IMAP: its Trash is another side's */
};
size_t engine_folders(const struct engine *e, size_t account);
void engine_folder(const struct engine *e, size_t account, size_t i, struct folder_info *out);
int engine_find_folder(const struct engine *e, size_t account,
	const char *name); /* also by the key of a role (mail_role_row), in any case; -1 */
int engine_role_folder(const struct engine *e, size_t account, enum mail_role role); /* -1: none */

/* Opens a folder of an account, or (account -1) a Maildir directory or mbox file by path, or a
 * list of several folders by its name (settings_span_find); that of a conversation has what belongs
 * to the message with that Message-ID, in any folder of the account. EVENT_LIST when rows are
 * there, and again at each change. */
struct msglist *engine_open(struct engine *e, int account, const char *folder, struct err *err);
/* Whether such a path is one, for who has no screen yet: it is looked for on the disk at once. */
int engine_path_check(const char *path, struct err *err);
/* Folders of all accounts as one list. Where one cannot be opened an EVENT_NOTICE says so, and the
 * others are there. What is asked about its messages is asked of the account of each, and ends as
 * one: failed when a part did, with a text that names it. One of every folder follows these as they
 * come and go, and has none fetched: engine_absent. */
struct msglist *engine_open_span(struct engine *e, const struct span_row *span);
/*
 * The conversation of a message: the thread that it is in, and what answers one of it, or is
 * answered by one, and so on, in any folder of its account but Trash and Junk; there, too, where
 * the message is in one of them. A message that is in several folders is shown once: the copy in
 * the folder that it was opened from, else that in the first. What comes later joins, as long as it
 * is open.
 */
struct msglist *engine_conversation(struct engine *e, struct msglist *from, uint32_t uid);
/* So many folders of a list of several have not been looked through yet; and: were not, because
 * that was given up. What was found meanwhile is shown. */
size_t engine_looking(const struct engine *e, const struct msglist *l);
size_t engine_unlooked(const struct msglist *l);
/* So many texts its query had to look into, and of how many that could be done here. */
void engine_texts(const struct msglist *l, size_t *looked, size_t *texts);
size_t engine_by_server(const struct msglist *l); /* so many are shown by a server's word alone */
bool engine_give_up(struct engine *e, struct msglist *l); /* false: all were */
/* What a list of several folders has, for who does not have it open. The first time it may be 0 0,
 * and an EVENT_FOLDERS follows. */
void engine_span_counts(
	struct engine *e, const struct span_row *span, uint32_t *total, uint32_t *unread);
/* The list "@NAME" of what a query finds in all folders, kept in the configuration file, or no
 * longer. ERR_INPUT: the name or the query is none, or there is none of that name. Else -1 says
 * that only the file could not be changed. */
int engine_save_search(struct engine *e, const char *name, const char *query, struct err *err);
int engine_forget_search(struct engine *e, const char *name, struct err *err);
/* So many of its folders have messages of which none is known here. */
size_t engine_absent(const struct engine *e, const struct msglist *l);
/* Adds where a message of a list of several folders is, as far as that is not the same for all of
 * it: account/FOLDER, either alone, or nothing. */
void engine_where(
	const struct engine *e, const struct msglist *l, uint32_t number, struct str *out);
void engine_close(struct engine *e, struct msglist *l);
/* Whether the list that had this msglist_id is open still. */
bool engine_is_open(const struct engine *e, unsigned id);

/* --- reading --- */
struct part_info {
	char section[48];
	const char *type; /* "image/png" */
	const char *name; /* clean; "" when there is none */
	uint64_t size;    /* octets, encoded */
	int depth;
	bool attachment, here; /* here: can be saved without a connection */
	enum kind_doubt doubt; /* of what is here */
};

struct message_view { /* of EVENT_MESSAGE; owned by the event, engine_take_view keeps it */
	struct msglist *list;
	uint32_t uid;
	struct text *text;
	struct part_info *parts;
	size_t nparts;
	char *from, *to, *cc, *date, *subject, *message_id; /* for --json and titles */
	char *list_post;                                    /* "" when it is not from a list */
	struct strv strings;                                /* what parts point into */
	struct head head;
	unsigned other_more; /* how many times as much the other version says, in tenths; 0 */
	bool other_html, other_plain; /* this version is there too: read_options.other_version */
	bool partial; /* some of what would be shown could not be had; reading it again asks again
		       */
};
struct read_options {
	int width;
	bool all_headers, other_version, hide_quotes, no_headers;
	bool raw_headers;    /* the header as it came, nothing decoded; the text below as ever */
	bool source;         /* the whole message as it came */
	const char *charset; /* that its text is read in, whatever it says; NULL: what it says */
	bool mark_read;
};
/* EVENT_MESSAGE (final), or EVENT_FAILED. */
unsigned engine_read(
	struct engine *e, struct msglist *l, uint32_t uid, const struct read_options *opt);
void engine_view_free(struct message_view *v); /* NULL is fine */
/* Saves a decoded part into a file that must not exist yet (path "…/dir/" : its safe name in that
 * directory). EVENT_SAVED. */
unsigned engine_save_part(
	struct engine *e, struct msglist *l, uint32_t uid, const char *section, const char *path);
/* The whole message as it is into a new file. EVENT_SAVED. */
unsigned engine_save_message(struct engine *e, struct msglist *l, uint32_t uid, const char *path);
/*
 * A part as it is looked at by itself. EVENT_VIEWED: a text of that width, or a private file (to be
 * given back by engine_lent_back) and the program for it; or a warning and nothing else, unless the
 * person has heard it.
 */
unsigned engine_view_part(struct engine *e, struct msglist *l, uint32_t uid, const char *section,
	enum viewed_way way, int width, bool warned);
/*
 * For another program to look at: a part, messages one behind the other (of one folder), or a text,
 * in a file that nobody else may read, until it is given back or the engine ends. EVENT_SAVED.
 */
unsigned engine_lend_part(struct engine *e, struct msglist *l, uint32_t uid, const char *section);
unsigned engine_lend_messages(struct engine *e, struct msglist *l, const uint32_t *uids, size_t n);
unsigned engine_lend_text(struct engine *e, const char *name, const char *text);
void engine_lent_back(struct engine *e, const char *path);

/* Leaves a mailing list by a POST to that address (head.h: HEAD_ONE_CLICK). EVENT_DONE: the list
 * says so. */
unsigned engine_leave_list(struct engine *e, const char *url);

/*
 * --- changing: shown at once, durable when EVENT_DONE comes, then replayed on the server ---
 *
 * Marks and keywords are changed, and messages that are moved, archived or deleted have left the
 * list, when the call returns: the front end looks at the list again. What is refused comes back,
 * by an EVENT_LIST in front of the final event.
 */
/* flags = (flags & ~clear) | set: what both name is set. */
unsigned engine_flag(struct engine *e, struct msglist *l, const uint32_t *uids, size_t n,
	unsigned clear, unsigned set);
/* Takes keywords (labels, RFC 9051 2.3.2) away and sets others: words with spaces between them.
 * What both name is set. EVENT_FAILED with ERR_INPUT: one is no keyword. */
unsigned engine_keywords(struct engine *e, struct msglist *l, const uint32_t *uids, size_t n,
	const char *clear, const char *set);
unsigned engine_move(
	struct engine *e, struct msglist *l, const uint32_t *uids, size_t n, const char *folder);
unsigned engine_copy(
	struct engine *e, struct msglist *l, const uint32_t *uids, size_t n, const char *folder);
/* To Trash; in Trash (or without one) for good. */
unsigned engine_delete(struct engine *e, struct msglist *l, const uint32_t *uids, size_t n);
/* A part: a message without it takes the place of this one, which goes to Trash (undo brings it
 * back) when that is safely there. type and name: as it was shown. EVENT_DONE with a text. */
unsigned engine_cut_part(struct engine *e, struct msglist *l, uint32_t uid, const char *section,
	const char *type, const char *name);
unsigned engine_archive(struct engine *e, struct msglist *l, const uint32_t *uids, size_t n);
/* Fetches the rest of a message of which pop3-max let only the beginning in, or asks at once for
 * one that the server did not give (MAIL_PLACEHOLDER). EVENT_DONE when all of it is here,
 * durably (by IMAP: when such a one is asked for); EVENT_FAILED, EVENT_CANCELLED: it is as before.
 */
unsigned engine_whole(struct engine *e, struct msglist *l, uint32_t uid);
unsigned engine_create_folder(struct engine *e, size_t account, const char *name);
/*
 * With the messages in it, for good; folders below it stay. EVENT_FAILED (ERR_BUSY): more than
 * known are in it now, the number that the person agreed to; nothing was done. A folder of the
 * server is deleted and renamed only with a connection: EVENT_DONE when the server has done it.
 */
unsigned engine_delete_folder(struct engine *e, size_t account, const char *name, uint32_t known);
/* And those below it. Open lists of them go on. */
unsigned engine_rename_folder(struct engine *e, size_t account, const char *name, const char *to);
/* Takes back the last flag, move, delete or archive that was asked for, all messages of it; again:
 * the one before. EVENT_DONE with a text, or EVENT_FAILED. */
unsigned engine_undo(struct engine *e);

struct pending_info {
	uint64_t id;
	const char *account, *text; /* "Move 3 messages from INBOX to Archive" */
	const char *why; /* it waits: "offline"; of a refused one "" (the text says it) */
	int64_t since;   /* seconds since 1970; 0 for a refused one */
	bool on_its_way;
	bool refused; /* taken back already; shown until engine_pending_forget */
};
size_t engine_pending(const struct engine *e);      /* what waits */
size_t engine_pending_rows(const struct engine *e); /* and what was refused, behind it */
void engine_pending_at(const struct engine *e, size_t i, struct pending_info *out);
/* Takes it back here and in the journal; 0: all that are not on their way. EVENT_FAILED (ERR_BUSY)
 * for one that is. */
unsigned engine_pending_cancel(struct engine *e, uint64_t id);
unsigned engine_pending_forget(struct engine *e); /* the refused ones */

/* --- whole folders in and out --- */
/*
 * Copies messages with their flags into a new mbox file (a path that ends in ".mbox") or a Maildir
 * directory, made when missing; uids NULL: the whole folder. What is not here is fetched on the
 * way. EVENT_PROGRESS, then EVENT_DONE with the count. What was copied before a failure or
 * engine_cancel stays (but for an mbox, which appears whole or not at all), and the same request
 * made again goes on from there: a message that is in the Maildir already is not written twice,
 * but gets the marks that it lacks there. Of a list of several folders: messages of one of them.
 */
unsigned engine_export(
	struct engine *e, struct msglist *l, const uint32_t *uids, size_t n, const char *path);
/* The same without an open list; folder NULL: all of the account, as a Maildir++ tree. */
unsigned engine_export_folder(
	struct engine *e, size_t account, const char *folder, const char *path);
/*
 * Copies an mbox or a Maildir into a folder (made when missing); folder NULL: a whole Maildir++
 * tree into folders of the same names. On a server each message is an append that waits in the
 * journal. Messages that are in the folder already are counted and left out; where the copy has
 * marks (read, answered, flagged, forwarded, keywords) that they lack, they get them, as by
 * engine_flag and engine_keywords. None is taken away.
 */
unsigned engine_import(struct engine *e, size_t account, const char *path, const char *folder);
/* What of the account exists only here (mail, drafts, outbox, what waits for the server) as a
 * .tar.gz that was read back; a directory gets a file named by account and day. */
unsigned engine_backup(struct engine *e, size_t account, const char *path);

/* --- finding --- */
/* Why a query (store/mail/query.h has the language) is none; 0: it is one. Asked before anything is
 * sent, so that nothing is searched, tagged, shown or deleted by what was not understood; the
 * functions below end in EVENT_FAILED for the same reason. */
int engine_query_check(const char *query, struct err *err);
/* Appends what a query looks for, in words for people; or says why it is none, as the check does.
 */
int engine_query_words(const char *query, struct str *out, struct err *err);
/* The language's fields and patterns for the manual and help, one at a time; false at the end.
 * missing: instead the patterns of mutt that are errors, and what would be right. pattern: what is
 * typed, such as "from:WORD, ~f"; help is translated. Both are appended to. */
bool engine_query_help(size_t i, bool missing, struct str *pattern, struct str *help);
/* EVENT_FOUND. Texts that are not here cannot be looked at: then it says how many, and those
 * messages are not among the UIDs. */
unsigned engine_search(struct engine *e, struct msglist *l, const char *query);
/* Shows only what matches; "" or "all": everything. EVENT_LIST tells that the
 * rows are others, EVENT_DONE is final; its text says what could not be looked at. */
unsigned engine_limit(struct engine *e, struct msglist *l, const char *query);
/* The same while a query is typed: the limit before the first try is remembered. A limit that is
 * asked for ends one that is on its way; the answer to an older one changes nothing. */
unsigned engine_limit_try(struct engine *e, struct msglist *l, const char *query);
/* Typing ends: what was shown last stays, or all is as it was before. */
void engine_limit_end(struct engine *e, struct msglist *l, bool back);
/* Whether it can be looked for at each key: it needs the text of no message. */
bool engine_query_is_quick(const char *query);

/* --- writing --- */
/*
 * Makes a draft, durable at once: EVENT_DRAFT with its id and what it says. list/uid: the
 * message answered (its account then writes), forwarded or (COMPOSE_RESUME) a draft in a folder, by
 * whatever program; text: addresses for COMPOSE_NEW, URI for COMPOSE_MAILTO, draft id for
 * COMPOSE_RESUME without a list.
 */
unsigned engine_compose(struct engine *e, size_t account, enum compose_kind kind, struct msglist *l,
	uint32_t uid, const char *text);
/* The draft as it is kept. EVENT_DRAFT. */
unsigned engine_draft_load(struct engine *e, size_t account, const char *id);
/* Makes it say what d says (copied), durably, and copies files that d names by a path into it.
 * Several may be on their way: each is about the whole draft. EVENT_DRAFT. */
unsigned engine_draft_save(struct engine *e, size_t account, const char *id, const struct draft *d);
/* A file with all of it as text, for an editor: EVENT_DRAFT with its path. When the editor has
 * ended, engine_draft_take reads what it left; without a text the draft stays as it was.
 * EVENT_DRAFT. What an editor left when the program was ended is taken with the next look at the
 * draft. */
unsigned engine_draft_edit(struct engine *e, size_t account, const char *id);
unsigned engine_draft_take(struct engine *e, size_t account, const char *id);
/* Puts it aside: by IMAP a copy of it, with its files, goes to the folder of drafts of the server,
 * in the place of the one it came from. EVENT_DONE when that is durable here; it goes there when
 * there is a connection. */
unsigned engine_draft_keep(struct engine *e, size_t account, const char *id);
unsigned engine_draft_discard(struct engine *e, size_t account, const char *id);
/* EVENT_DRAFTS: those that are here, and those in the folder of drafts (where: its name; of the
 * value receivers and subject only), whose id goes on with them as any other's. */
unsigned engine_drafts(struct engine *e, int account); /* -1: of all */
/* Checks, builds, and puts it into the outbox durably: EVENT_DONE then; EVENT_SENT or
 * EVENT_SEND_FAILED follow when the relay answered. */
unsigned engine_send(struct engine *e, size_t account, const char *id);

struct outbox_info {
	const char *id, *subject, *error;
	const char *to;    /* those who do not have it yet; of one that is through, all */
	const char *state; /* translated: "waiting", "held", "sending", "refused", "unconfirmed" */
	bool sending, unconfirmed, failed, held, sent; /* none of them: it waits */
	int64_t due;       /* of a waiting one: not before, seconds since 1970 */
	size_t recipients; /* engine_outbox_recipient */
};
size_t engine_outbox(const struct engine *e, size_t account);
void engine_outbox_at(const struct engine *e, size_t account, size_t i, struct outbox_info *out);
struct outbox_fate_info {
	const char *address;
	bool has_it, refused, unconfirmed; /* none of them: it is asked again by itself */
	bool later;                        /* it was asked, and not taken for now */
	const char
		*state; /* translated: "not asked", "not now", "refused", "unconfirmed", "has it" */
	const char *words; /* the relay's code and words, "" */
};
void engine_outbox_recipient(const struct engine *e, size_t account, size_t i, size_t recipient,
	struct outbox_fate_info *out);
/* Sends it now to everybody who does not have it: also one that is held, refused or unconfirmed,
 * for the user asked for it. */
unsigned engine_outbox_retry(struct engine *e, size_t account, const char *id);
unsigned engine_outbox_hold(struct engine *e, size_t account, const char *id); /* until then */
unsigned engine_outbox_edit(
	struct engine *e, size_t account, const char *id); /* back to a draft: EVENT_DRAFT */
unsigned engine_outbox_drop(struct engine *e, size_t account, const char *id);

/* The index that searches in texts use is built anew, by and by; -1: of all accounts. */
unsigned engine_reindex(struct engine *e, int account);

/* --- the network --- */
unsigned engine_sync(struct engine *e,
	int account); /* one synchronisation of every folder; -1: all. Final event when through */
void engine_retry(struct engine *e); /* connect now instead of waiting */
void engine_set_offline(struct engine *e, bool offline);
/* What a switch will do, as EVENT_TEXT; then the switch itself. EVENT_DONE. Saved in the config
 * file. */
unsigned engine_protocol_preview(struct engine *e, size_t account, enum protocol to);
unsigned engine_protocol(struct engine *e, size_t account, enum protocol to);
/* Connects to all servers of the account, logs in and reports: EVENT_CHECKED. */
unsigned engine_check(struct engine *e, size_t account);
void engine_password(struct engine *e, size_t account,
	const char *password); /* the answer to EVENT_PASSWORD; NULL: none */
void engine_cancel(struct engine *e, unsigned id);

/* --- events --- */
enum event_kind {
	/* Final, of a request. */
	EVENT_DONE,      /* done */
	EVENT_FAILED,    /* failed */
	EVENT_CANCELLED, /* failed: what was done before, where it says so */
	EVENT_MESSAGE,   /* view: of engine_read */
	EVENT_SAVED,     /* saved: of engine_save_*, engine_lend_* */
	EVENT_VIEWED,    /* viewed: of engine_view_part */
	EVENT_FOUND,     /* found: of engine_search */
	EVENT_DRAFT,     /* draft: of most that write */
	EVENT_DRAFTS,    /* drafts: of engine_drafts */
	EVENT_TEXT,      /* text: of engine_protocol_preview */
	EVENT_CHECKED,   /* checked: of engine_check */
	/* Of a request, before its final one; of no request: of an account by itself. */
	EVENT_PROGRESS, /* progress */
	/* Nobody asked for these. */
	EVENT_ACCOUNTS,    /* some account_info changed: repaint the status line */
	EVENT_FOLDERS,     /* folders or counts of account changed */
	EVENT_LIST,        /* list changed: rows, order or flags. Positions by UID */
	EVENT_CLOSED,      /* closed: the folder of list is gone; engine_close it */
	EVENT_ROWS,        /* strings of rows of list arrived: repaint */
	EVENT_SENT,        /* mail: it left the outbox */
	EVENT_SEND_FAILED, /* mail: it waits, was refused or is unconfirmed */
	EVENT_NEW_MAIL,    /* new_mail */
	EVENT_NOTICE,      /* notice: something the user should see once, such as an alert, a cache
			      that was rebuilt, a change that was taken back */
	EVENT_PASSWORD,    /* account needs a password: ask, then engine_password */
};

/* Everything that is pointed to is owned by the event; texts are clean UTF-8. */
struct event_done {
	char *text; /* to be shown; NULL or "": nothing */
};
struct event_progress {
	uint64_t done, total; /* total 0: through, or nobody knows */
	uint64_t octets;
	bool indexes; /* not mail that is fetched, but texts that are indexed */
};
struct event_closed {
	char *why; /* NULL: the user deleted it */
};
struct event_saved {
	char *path;
};
struct event_found {
	uint32_t *uids; /* ascending */
	size_t n;
	char *unseen; /* what could not be looked into, or at; NULL: nothing */
};
struct event_drafts {
	struct draft_info *v;
	int *account; /* of each */
	size_t n;
};
struct event_text {
	char *lines;
};
struct event_checked {
	char *lines;    /* what the servers are, also when something failed */
	struct err err; /* the first thing that did; ERR_NONE: nothing */
};
struct event_mail {
	char *id, *subject;
	struct err err; /* EVENT_SEND_FAILED: why */
	bool again;     /* EVENT_SEND_FAILED: it will be tried again by itself */
};
struct event_new_mail {
	char *folder;
	size_t n;
};
struct event_notice {
	char *text;
};

struct event {
	enum event_kind kind;
	unsigned request;     /* 0 for those nobody asked for */
	int account;          /* index or -1 */
	struct msglist *list; /* borrowed or NULL */
	union {               /* of kinds that are not here nothing more is to be said */
		struct event_done done;
		struct err failed;
		struct event_progress progress;
		struct event_closed closed;
		struct message_view *view; /* NULL once it was taken: engine_take_view */
		struct viewed *viewed;     /* NULL once it was taken: engine_take_viewed */
		struct event_saved saved;
		struct event_found found;
		struct draft_info *draft; /* never NULL */
		struct event_drafts drafts;
		struct event_text text;
		struct event_checked checked;
		struct event_mail mail;
		struct event_new_mail new_mail;
		struct event_notice notice;
	};
};

struct event *engine_next(struct engine *e); /* NULL: none now; never waits */
struct message_view *engine_take_view(struct event *ev);
struct viewed *engine_take_viewed(struct event *ev);
bool event_is_final(const struct event *ev); /* its request is through */
/* Why its request failed or was cancelled; "" of all others. */
const char *event_error(const struct event *ev);
struct event *event_new(enum event_kind kind);
void event_free(struct event *ev); /* NULL is fine */

#endif

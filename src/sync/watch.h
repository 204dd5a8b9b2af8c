/*
 * watch - what the parts of the IMAP driver of the main lane share: its connection and what is
 * selected there.
 *
 * Owns:    struct watch, one for each main lane.
 * Threads: the lane's own thread.
 * Errors:  functions that return int: -1 when the connection is dead; what a job deserves is told
 * in results.
 *
 * Private to sync. watch.c has the driver and IDLE, folders.c the list of folders, compare.c and
 * fill.c synchronise one folder, apply.c carries out operations, mailbox.c makes, removes and
 * renames mailboxes.
 */
#ifndef SYNC_WATCH_H
#define SYNC_WATCH_H

#include "net/imap.h"
#include "sync/lane.h"

enum { FIRST_CHUNK = 50 }; /* messages: what a screen shows */

struct fill; /* what is still to be fetched of one mailbox */
struct gather;

struct watch {
	struct imap *im;
	char *selected; /* wire name or NULL */
	struct imap_selected sel;
	struct fill *fills;
	char *folder, *mailbox; /* watched */
	int64_t next_look;      /* clock_ms of the next LIST */
	bool patient;           /* a login failed that sent something ahead: see imap_first */
	int64_t next_inbox; /* of the next STATUS of the inbox while another folder is watched */
	bool notify_tried, turn;
	bool told_left_out;  /* that some folders cannot be had */
	int64_t troubled;    /* when the server last had trouble with what is selected; 0: never */
	bool no_window;      /* a newest window ended the connection: its rows come by chunks */
	char *no_flags;      /* wire name: the question for its flags ended the connection */
	int64_t flags_again; /* clock_ms: not asked again before */
	struct imap_selected seen; /* the watched mailbox when it was last compared */
	struct strv ask;           /* wire names of mailboxes whose counts are to be asked for */
	size_t asked;              /* of them, from the beginning */
	char *prefix;              /* of the person's own mailboxes, on the wire; NULL: not known */
	char delimiter;
};

struct watch *watch_state(struct lane_thread *l); /* made when there is none yet */
/* After a command that returned rc and *said: 0, go on; -1 and *err, the connection is dead. */
int watch_outcome(struct lane_thread *l, int rc, struct err *said, struct err *err);
struct result *watch_result(enum result_kind kind, const char *folder, uint32_t uidvalidity);
/* With known, g (struct gather) gets the QRESYNC answer. */
int watch_select(struct lane_thread *l, const char *mailbox, const struct imap_known *known,
	struct gather *g, struct err *err);
/* Posts RESULT_NEWS when it is the watched one and changed while another was selected. */
int watch_ensure_selected(struct lane_thread *l, const char *mailbox, struct err *err);

/* What is selected takes no change at all: it says so, or keeps no mark. */
bool watch_is_read_only(const struct watch *w);

/* RESULT_FOLDERS; j NULL: nobody asked. */
int folders_list(struct lane_thread *l, struct job *j, struct err *err);
/* Has the counts of a mailbox asked for by folders_work, which answers with RESULT_COUNTS. */
void folders_ask(struct watch *w, const char *mailbox);
bool folders_busy(const struct watch *w);
int folders_work(struct lane_thread *l, struct err *err);
/* Mailboxes whose state the server told by itself. */
void folders_told(struct lane_thread *l);
/* Sets when all are to be listed next. */
void folders_plan(struct lane_thread *l);

/* Answers JOB_SYNC: brings the known rows up to date and hands what is new to the fill. */
int compare_start(struct lane_thread *l, struct job *j, struct err *err);

/* Takes what g found new; it goes ahead of the fills of other mailboxes. meta is reported when all
 * is in. */
void fill_add(
	struct watch *w, const struct job *j, struct gather *g, const struct cache_meta *meta);
bool fill_busy(struct lane_thread *l);
int fill_work(struct lane_thread *l, struct err *err); /* the next chunk */
/* Takes the answers to all chunks under way, so that a job is alone on the connection; -1 when that
 * is dead. */
int fill_settle(struct lane_thread *l, struct err *err);
void fill_forget(struct watch *w); /* before the connection is closed */
void fill_end(struct watch *w);    /* frees all of them */

/* Answers JOB_OP. */
int apply_op(struct lane_thread *l, struct job *j, struct err *err);

/* Answers JOB_MAILBOX. */
int mailbox_reshape(struct lane_thread *l, struct job *j, struct err *err);
/* CREATE, and SUBSCRIBE where that is done. */
int mailbox_make(struct imap *im, const char *mailbox, struct err *err);

#endif

/*
 * maildir - a Maildir++ tree on disk: POP3 mail and local folders, as any other mail program can
 * read them.
 *
 * Owns:    nothing in memory; the tree's files belong to every program that knows Maildir++.
 * Threads: disk thread only; a group that is waited for has a thread of its own.
 * Errors:  ERR_GONE (no such folder or message), ERR_FULL, ERR_SYSTEM, ERR_INPUT (a folder name
 * that is not allowed).
 *
 * The root is INBOX itself; folder "Lists/talaria" is the directory ".Lists.talaria" in it, names
 * in modified UTF-7 as Dovecot and Courier write them. Folder names here are UTF-8 with '/' between
 * levels; components "", ".", ".." and control characters are refused, and dots anywhere, because a
 * dot separates levels on disk. A message is named by its
 * base: the file name up to ':'. Flags are the letters after ":2,". Keywords are the letters a..z
 * there, and the file dovecot-keywords of the folder says what they mean, as Dovecot has it; they
 * are text as in keywords.h here. A folder has room for 26 of them. Letters without a meaning stay.
 */
#ifndef STORE_MAILDIR_H
#define STORE_MAILDIR_H

#include "base/err.h"
#include "base/str.h"
#include "mime/summary.h"

/* The directory of a folder; free(). NULL with ERR_INPUT for a bad name. Does not look at the disk.
 */
char *maildir_dir(const char *root, const char *folder, struct err *err);
int maildir_create(const char *root, const char *folder,
	struct err *err); /* cur, new, tmp, maildirfolder; fine when there */
int maildir_list(const char *root, struct strv *folders,
	struct err *err);         /* UTF-8 names, INBOX first, sorted */
bool maildir_is(const char *dir); /* has cur and new */
/*
 * Takes a folder away with the messages in it, durably: a break leaves all of it, or no part of it.
 * ERR_BUSY: more than max messages are in it, and nothing was changed. Folders below it stay.
 */
int maildir_remove_folder(const char *root, const char *folder, size_t max, struct err *err);
/*
 * Gives a folder another name, and those below it theirs; with an error none has. A note in
 * notes_dir says what is under way.
 */
int maildir_rename_folder(
	const char *notes_dir, const char *root, const char *from, const char *to, struct err *err);
/* Goes on with what a break in either left; called before the folders are listed. */
void maildir_reshape_finish(const char *notes_dir, const char *root);

struct maildir_entry {
	const char *base;     /* borrowed */
	const char *name;     /* borrowed; the file name; NULL in an mbox */
	uint32_t flags;       /* enum mail_flag: S R F T D P */
	bool in_new;          /* still in new/ */
	uint64_t size;        /* octets of the file, from ",S=" in the name or fstat */
	uint32_t received;    /* seconds, from the name, else mtime */
	const char *keywords; /* borrowed; space separated, "" for none */
};
/* Every message of cur and new; 0, or what fn returned, or -1. With 0 too err may be filled in: the
 * file of keywords cannot be read, and the messages come without them, or names are too long. */
int maildir_scan(const char *dir, int (*fn)(void *ctx, const struct maildir_entry *e), void *ctx,
	struct err *err);
/* A value that changes when cur, new or dovecot-keywords changed (their mtimes and inodes): cheap
 * test whether to scan again. */
uint64_t maildir_stamp(
	const char *dir); /* one more time for a change younger than 50 ms, to miss none */

/*
 * Delivers a message: tmp, write, fsync, rename into cur (with flags) or new (flags 0). Not yet
 * durable: maildir_sync makes the names of all deliveries since durable. A line end CRLF is stored
 * as LF. base gets the name (cleared first); tag (may be NULL, [a-z0-9] only, at most 80) is put
 * into it as "T" tag ".", so that a message can be recognised by its name after a crash.
 */
int maildir_deliver(const char *dir, const char *p, size_t len, uint32_t flags, const char *tag,
	struct str *base, struct err *err);
/* One of many; of those that were not delivered base is empty and err says why. str_done(&base) is
 * the caller's. */
struct maildir_mail {
	const char *p;
	size_t len;
	uint32_t flags;
	uint32_t received;    /* seconds since 1970; 0: now */
	const char *tag;      /* or NULL */
	bool part;            /* will be replaced by more bytes: no size in the name */
	const char *keywords; /* or NULL; those for which there is no room are left out */
	struct str base;
	struct err err;
	unsigned char identity[16]; /* not looked at here: for who makes rows of it */
};
/*
 * Many together, several times as fast as one by one: the disk is waited for once (syncfs) where
 * nobody else writes much, else for each.
 *
 * _add writes a message under tmp at once; m stays the caller's and must stay where it is, with its
 * bytes, until the group is freed. _name gives all their names in cur or new, never before the
 * bytes are on the disk, and _sync makes the names durable. _start does both on a thread of its
 * own, which calls done(ctx) at its end; nothing may be added then, no mail of the group looked at
 * before _name, which waits for the thread. _free waits for it too; what has no name is taken away.
 */
enum { MAILDIR_MANY = 200 }; /* a good size; more is allowed */
struct maildir_group;
struct maildir_group *maildir_group_new(const char *dir);
void maildir_group_add(struct maildir_group *g, struct maildir_mail *m);
void maildir_group_start(struct maildir_group *g, void (*done)(void *ctx), void *ctx);
bool maildir_group_is_over(const struct maildir_group *g);
void maildir_group_name(struct maildir_group *g);
size_t maildir_group_len(const struct maildir_group *g);
struct maildir_mail *maildir_group_at(const struct maildir_group *g, size_t i);
int maildir_group_sync(struct maildir_group *g, struct err *err);
void maildir_group_free(struct maildir_group *g); /* NULL is fine */

/* Whether one wait for the file system of fd is better than one for each of many files in it. */
bool maildir_can_wait_together(int fd);

/* All of that but _sync. */
void maildir_deliver_many(const char *dir, struct maildir_mail *v, size_t n);
/* The tag of so many hexadecimal digits in a base, not terminated; NULL: there is none. */
const char *maildir_tag(const char *base, size_t digits);
int maildir_sync(const char *dir, struct err *err); /* fsync of cur and new */
/* Other bytes for a message, durably and at once: the former ones or these, never half, never both,
 * under the name it has. */
int maildir_replace(const char *dir, const char *base, const char *p, size_t len, struct err *err);

enum { MAILDIR_MESSAGE_MAX = 512 << 20 }; /* bytes of a message that is read as a whole */
int maildir_read(const char *dir, const char *base, size_t max, struct str *out,
	struct err *err); /* LF line ends as stored */
/* The same, of a name that maildir_scan told a moment ago: looks there first. */
int maildir_read_at(const char *dir, bool in_new, const char *name, size_t max, struct str *out,
	struct err *err);
int maildir_set_flags(const char *dir, const char *base, uint32_t flags,
	struct err *err); /* moves new -> cur; letters of other programs stay; durable */
int maildir_add_flags(const char *dir, const char *base, uint32_t flags,
	struct err *err); /* the same, and takes none away */
/* The same for one of many: not durable before maildir_sync. */
int maildir_set_flags_later(const char *dir, const char *base, uint32_t flags, struct err *err);
/* Takes keywords away and gives others, durably: their names first. now gets all it has then.
 * ERR_FULL: there is no room for one more in this folder, and nothing was changed. */
int maildir_set_keywords(const char *dir, const char *base, const char *clear, const char *set,
	struct str *now, struct err *err);
int maildir_set_keywords_later(const char *dir, const char *base, const char *clear,
	const char *set, struct str *now, struct err *err); /* the messages' part: maildir_sync */
int maildir_keywords_known(const char *dir, struct str *out, struct err *err); /* of the folder */
int maildir_move(const char *dir, const char *base, const char *to_dir,
	struct err *err); /* durable: never zero copies. Cut short it leaves two with one base; done
			     again it takes the first away */
/*
 * The first *moved of them were moved, with an error too. The disk is waited for a few times only.
 * A note in notes_dir tells what is under way; without one (NULL) they go one by one. _finish takes
 * away the second names that a kill in between left, and is called before the folders are read;
 * where another copy is just moving something, nothing, which the next start does.
 */
int maildir_move_many(const char *notes_dir, const char *dir, char *const *bases, size_t n,
	const char *to_dir, size_t *moved, struct err *err);
int maildir_move_finish(const char *notes_dir, struct err *err);
int maildir_copy(const char *dir, const char *base, const char *to_dir, struct str *new_base,
	struct err *err);
int maildir_remove(
	const char *dir, const char *base, struct err *err); /* durable; missing is fine */
/* The same for many, with a few waits for the disk. */
int maildir_remove_many(const char *dir, char *const *bases, size_t n, struct err *err);

#endif

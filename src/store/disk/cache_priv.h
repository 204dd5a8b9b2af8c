/*
 * cache_priv - what the files of the header cache share; nobody else includes it.
 *
 * Owns:    see each part.
 * Threads: as cache.h.
 * Errors:  as cache.h.
 *
 * cache.c        the public functions
 * cache_index.c  the messages in memory: columns, what the log added, keyword sets, log replay
 * cache_link.c   Message-ID and identity look-up, parents
 * cache_base.c   reading a base: directory, pages through an LRU
 * cache_build.c  building a base (compaction)
 * cache_walk.c   strings in the order of UIDs
 * cache_page.c   bytes of the records of a base
 * cache_log.c    bytes of the records of the log
 */
#ifndef STORE_CACHE_PRIV_H
#define STORE_CACHE_PRIV_H

#include "store/disk/gdbmf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/str.h"
#include "store/disk/cache.h"
#include "mime/summary.h"
#include "store/disk/wal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- cache_page.c: records of a base ---
 *
 * Every record: magic 4, version 2, codec 1, kind 1, count 4, payload length 4, CRC-32C 4 (of all
 * other bytes), payload. Kinds, which are the key's tag too:
 *   M  meta: versions, generation, folder, counts, checksums of the d records
 *   d  directory, 8192 entries: first key and checksum of every other record
 *   k  keyword sets
 *   h  hot columns of 4096 messages
 *   x  1024 pairs of hash and UID, by hash: Message-IDs, identities, subjects that are no answers
 *   t  the same for references whose message has not come yet, and for answers that have only
 *      their subject to go by
 *   s  strings of at most 256 messages, equal ones once in a page
 */
enum {
	PAGE_HEAD = 20,
	PAGE_HOT = 4096,
	PAGE_PAIRS = 1024,
	PAGE_STRINGS = 256,
	PAGE_DIR = 8192,
};

void page_begin(struct str *rec);                              /* room for the head */
uint32_t page_seal(struct str *rec, char tag, uint32_t count); /* fills it in; returns the CRC */

struct page {
	const unsigned char *p; /* payload */
	size_t len;
	uint32_t count, crc;
	uint8_t codec;
};
/* Checks everything of the head. 0 or -1. */
int page_open(struct page *page, char tag, const unsigned char *rec, size_t len);

/* 0: the x and t pages know no subjects; 1: the strings know no Cc, and of To the first only. */
enum { META_MINOR = 2, META_SUBJECTS = 1, META_RECIPIENTS = 2 };

struct base_meta {
	uint32_t gen;
	uint16_t minor; /* META_MINOR, or of an older program */
	struct cache_meta meta;
	uint64_t sequence; /* of the log, that is in */
	uint32_t n, max_uid;
	unsigned char key[16];
	uint32_t pages[5]; /* by enum family */
	char *folder;
	uint32_t *dir_crc;
	uint32_t n_dir;
};

/* The order of the directory. */
enum family { FAMILY_HOT, FAMILY_PAIRS, FAMILY_WAITING, FAMILY_STRINGS, FAMILY_KEYSETS };
extern const char family_tag[5]; /* the key's tag of each */

uint32_t meta_encode(struct str *rec, const struct base_meta *m); /* returns the CRC */
int meta_decode(struct base_meta *m, const unsigned char *rec, size_t len);
void meta_done(struct base_meta *m);

struct dir_entry {
	uint32_t first; /* h, s: UID; x, t: upper half of the hash; k: number */
	uint32_t crc;
};
uint32_t dir_encode(struct str *rec, const struct dir_entry *e, uint32_t n);
int dir_decode(struct dir_entry *e, uint32_t n, const unsigned char *rec, size_t len);

uint32_t hot_encode(struct str *rec, const struct columns *c, size_t from, uint32_t n);
/* Fills the rows from at on when they fit in and follow ascending; their number, or -1. */
int hot_decode(struct columns *c, size_t at, const unsigned char *rec, size_t len);

struct pair {
	uint64_t hash;
	uint32_t uid;
};
int pair_compare(const void *a, const void *b); /* for qsort: by hash, then UID */
uint32_t pairs_encode(struct str *rec, char tag, const struct pair *pairs, uint32_t n);
struct pair pair_at(const struct page *page, uint32_t i); /* of a page that pairs_check liked */
int pairs_check(struct page *page, char tag, const unsigned char *rec, size_t len);

uint32_t keysets_encode(struct str *rec, char *const *v, uint32_t n);
int keysets_decode(struct strv *v, const unsigned char *rec, size_t len);

enum { SUMMARY_PAGED = 8 }; /* from name .. cc; keywords are in the k records */

struct strings_builder {
	uint32_t n;
	uint32_t uid[PAGE_STRINGS];
	unsigned char identity[PAGE_STRINGS][16];
	uint16_t at[PAGE_STRINGS][SUMMARY_PAGED];
	struct str heap;
	uint16_t table[4096];
};
void strings_start(struct strings_builder *b);
bool strings_add(
	struct strings_builder *b, uint32_t uid, const struct summary *s); /* false: full */
uint32_t strings_encode(struct str *rec, const struct strings_builder *b);
void strings_done(struct strings_builder *b);

struct strings_page {
	uint32_t n;
	size_t columns;
	const unsigned char *uid, *identity, *at;
	const char *heap; /* ends with a NUL */
	size_t heap_size;
};
int strings_open(struct strings_page *v, const unsigned char *rec, size_t len);
uint32_t strings_uid(const struct strings_page *v, uint32_t i);
bool strings_find(const struct strings_page *v, uint32_t uid, uint32_t *i);
void strings_get(const struct strings_page *v, uint32_t i, struct summary *s); /* not keywords */
/* Where the k-th string of a message is in the heap. */
size_t strings_at(const struct strings_page *v, uint32_t i, size_t k);

/* --- cache_log.c: records of headers.wal --- */

enum log_type {
	LOG_ADD = 1,
	LOG_FLAGS = 2,
	LOG_EXPUNGE = 3,
	LOG_META = 4,
	LOG_DAMAGED = 5,
	LOG_RESET = 6,
	LOG_LINK = 7,
};

struct log_header {
	uint32_t gen, meta_crc;
	uint64_t base_size; /* 0: no base */
	unsigned char key[16];
	uint64_t folder; /* keyed hash of the folder's name */
};
extern const char log_magic[8];
void log_header_encode(unsigned char out[WAL_USER_HEADER], const struct log_header *h);
void log_header_decode(struct log_header *h, const unsigned char in[WAL_USER_HEADER]);

struct log_flags {
	uint32_t uid, clear, set;
	const char *keywords; /* NULL: unchanged */
};

/* Strings longer than any sensible header are cut at a character; of references the end stays. */
void log_add_encode(struct str *out, const struct summary *s, uint32_t parent);
/* *old: of a program that kept no Cc. */
int log_add_decode(
	struct summary *s, uint32_t *parent, bool *old, const unsigned char *p, size_t len);
void log_flags_encode(struct str *out, const struct log_flags *f);
int log_flags_decode(struct log_flags *f, const unsigned char *p, size_t len);
void log_meta_encode(struct str *out, const struct cache_meta *m); /* LOG_META, LOG_RESET */
int log_meta_decode(struct cache_meta *m, const unsigned char *p, size_t len);

/* --- cache_base.c: a base for reading --- */

/*
 * Which hashes the x or the t pages of a base may hold, about a byte for each. While a folder is
 * filled every new message is looked up among all that are there, and nearly always in vain:
 * without this each look-up would read and verify a page. Made by the build; a base that was opened
 * from disk has none.
 */
struct filter {
	uint64_t *bits; /* NULL: none, anything may be there */
	uint64_t mask;
};
void filter_start(struct filter *f, size_t n);
void filter_add(struct filter *f, uint64_t hash);
bool filter_may(const struct filter *f, uint64_t hash);
void filter_done(struct filter *f);

struct base;

int base_open(struct base **out, const char *dir, const struct log_header *h, const char *folder,
	struct err *err);
void base_free(struct base *b); /* NULL is fine */
const struct base_meta *base_meta(const struct base *b);
char *base_path(const char *dir, uint32_t gen);
void base_take_filters(struct base *b, struct filter filters[2]); /* x, t; from is emptied */
/* Fills columns and keyword sets; calls bad for each UID range whose page does not verify. */
void base_load(struct base *b, struct columns *c, struct strv *keysets,
	void (*bad)(void *ctx, uint32_t first, uint32_t last), void *ctx);
/* A checked record, borrowed until the next call; NULL: damaged. */
const unsigned char *base_page(struct base *b, enum family f, uint32_t index, size_t *len);
/* The same taken apart; NULL: damaged. */
const struct strings_page *base_strings_page(struct base *b, uint32_t index);
/* The same, read anew and past the pages that are kept; valid until the next call of this one. */
const struct strings_page *base_walk_page(struct base *b, uint32_t index);
const struct page *base_pairs_page(struct base *b, enum family f, uint32_t index);
uint32_t base_pages(const struct base *b, enum family f);
uint32_t base_first(const struct base *b, enum family f, uint32_t index);
/* The last UID the page may hold. */
uint32_t base_last(const struct base *b, enum family f, uint32_t index);
/* The page of strings that uid would be in; base_pages when there is none. */
uint32_t base_strings_index(const struct base *b, uint32_t uid);
/* 1: found, 0: not in the base, -1: its page is damaged, range says which. */
int base_strings(struct base *b, uint32_t uid, struct summary *s, uint32_t range[2]);
/* UIDs with that hash, ascending; f is FAMILY_PAIRS or FAMILY_WAITING. */
size_t base_uids(struct base *b, enum family f, uint64_t hash, uint32_t *uids, size_t max);

/* --- the cache --- */

enum { ROW_NONE = UINT32_MAX };
#define ROW_DEAD 0x80000000u /* in flags: expunged, goes with the next index_settle */

/* A message whose strings came by the log. */
struct added {
	uint32_t uid; /* 0: replaced or expunged since */
	uint32_t row; /* in fresh; ROW_NONE: its row is in columns */
	uint32_t len;
	unsigned char *p;
};

/* Hash to UIDs; entries are not removed but checked when found. */
struct hashes {
	struct pair *v;
	uint32_t *next, *head;
	size_t n, cap, heads;
};

struct ranges {
	uint32_t (*v)[2]; /* first and last UID */
	size_t n, cap;
};

struct cache {
	char *dir, *folder;
	bool read_only;
	bool ahead;             /* memory has what could not be written */
	bool keywords_left_out; /* there are more sets of them than numbers */
	bool old;               /* a base or a record of the log lacks what summaries have today */
	uint64_t news;          /* cache_news */
	struct wal *wal;
	struct base *base; /* NULL: none, or made void by a reset */
	struct log_header header;
	struct cache_meta meta;
	struct columns columns; /* ascending */
	struct columns fresh;   /* out of order, in order of arrival */
	size_t dead;
	struct added *added;
	size_t n_added, cap_added;
	struct map64 *added_at; /* mixed UID to index in added */
	struct strv keysets;    /* number 0 is "" */
	struct map *keyset_of;
	struct hashes ids, identities, waiting; /* of added[0..indexed); ids: subjects too */
	struct str folded;                      /* link_role */
	size_t indexed;
	uint32_t *relinked; /* children that got a parent since cache_take_links */
	size_t n_relinked, cap_relinked;
	struct ranges damaged;       /* to be fetched again */
	struct ranges logged_damage; /* that the log knows of, healed since or not */
	struct ranges found;         /* bad pages seen while opening */
	const atomic_bool *stop;     /* of a compaction; NULL: nothing stops it */
	struct filter
		filters[2]; /* of the base that a compaction built while its folder is filled */
	struct cache *(*successor)(void *ctx);            /* cache_on_replaced */
	void (*failed)(void *ctx, const struct err *err); /* cache_on_failure */
	void *failed_ctx;
	void *successor_ctx;
};

/* cache.c: what opening and reopening share. */
int cache_load(
	struct cache **out, const char *dir, const char *folder, bool create, struct err *err);
char *cache_file(const char *dir, const char *name);
uint64_t cache_folder_hash(const unsigned char key[16], const char *folder);
int cache_reload(struct cache *c, struct err *err); /* the log was replaced */
/* cache_change.c: where it cannot be written this copy knows at least. */
void cache_log_damage(struct cache *c, uint32_t first, uint32_t last);

/* cache_index.c */
void index_start(struct cache *c);
void index_done(struct cache *c);
void index_void(struct cache *c);                        /* forgets every message */
void index_forget_rows(struct cache *c);                 /* and keeps what is damaged */
int index_replay(void *ctx, const struct wal_record *r); /* wal_record_fn; ctx: the cache */
struct columns *index_find(struct cache *c, uint32_t uid, size_t *row); /* NULL: not there */
struct added *index_added(struct cache *c, uint32_t uid);               /* NULL: not by the log */
size_t index_count(const struct cache *c);
void index_settle(struct cache *c); /* columns hold everything, ascending, without the dead */
void index_tell_keywords(const struct cache *c); /* what was left out, to cache_on_failure */
uint16_t index_keyset(struct cache *c, const char *keywords);
void index_keysets_known(struct cache *c); /* after base_load */
/* Numbers as in was, which have been told to others already; those of further sets follow. */
void index_keysets_stay(struct cache *c, const struct cache *was);
void index_relinked(struct cache *c, uint32_t uid); /* for cache_take_links */
void index_damage(struct cache *c, uint32_t first, uint32_t last);
void index_damage_by_log(struct cache *c, uint32_t first, uint32_t last);
bool index_damage_logged(const struct cache *c, uint32_t first, uint32_t last);
bool index_damage_known(const struct cache *c, uint32_t uid);
void added_summary(const struct added *a, struct summary *s); /* not flags and keywords */
int index_strings(struct cache *c, uint32_t uid, struct summary *s, uint32_t range[2]);

/* cache_link.c */
enum { LINK_REFERENCES = 16 }; /* looked at per message, nearest first */
uint64_t link_id_hash(const struct cache *c, const char *id, size_t len);
uint64_t link_identity_hash(const struct cache *c, const unsigned char identity[16]);
void hashes_done(struct hashes *h);
size_t link_references(const struct cache *c, const char *references, uint64_t *out, size_t max);
void link_prepare(struct cache *c); /* the tables of what the log added, before they are needed */
/* Messages without references are threaded by their subject. Only subjects' hashes say what they
 * are: others do so by chance, one in 65536. */
enum link_role {
	LINK_NONE,
	LINK_OPENS,  /* no answer: answers may hang below it */
	LINK_ANSWERS /* an answer that has no references at all */
};
enum { LINK_OPENERS = 16 }; /* pairs kept of one subject: the oldest message and the newest */
/* c->folded has the subject then, without what makes it an answer. */
enum link_role link_role(struct cache *c, const struct summary *s, uint64_t *hash);
bool link_is_subject(uint64_t hash);
/* Whether an answer belongs rather to `to` than to `now` (0: to none): to the newest message with a
 * smaller UID than its own, else to that with the smallest. */
bool link_rather(uint32_t answer, uint32_t now, uint32_t to);

enum link_kind { LINK_ID, LINK_IDENTITY, LINK_SUBJECT };
size_t link_uids(struct cache *c, uint64_t hash, enum link_kind kind, uint32_t *uids, size_t max);

struct link {
	uint32_t child, parent;
};
/* Parents of the messages to be added, and links of messages that waited for them. */
void link_batch(struct cache *c, const struct summary *s, size_t n, uint32_t *parents,
	struct link **links, size_t *n_links);
/* What becomes of messages whose parent is about to go: a link for each, to 0 where there is no
 * other. */
void link_orphans(
	struct cache *c, const uint32_t *uids, size_t n, struct link **links, size_t *n_links);
bool link_would_loop(struct cache *c, uint32_t child, uint32_t parent);

/* cache_build.c: writes base.tmp for generation gen and renames it; fills what the log's header
 * needs. */
int build_base(struct cache *c, uint32_t gen, struct log_header *h, struct err *err);

#endif

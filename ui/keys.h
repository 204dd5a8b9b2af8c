/*
 * keys - which key means which command line, by screen.
 *
 * Owns:    its bindings until keys_free.
 * Threads: UI thread; needs no terminal.
 * Errors:  ERR_INPUT for keys and screens that do not exist.
 *
 * A binding is a key of a screen ("index") or of all screens ("all"), the command line it runs, and
 * a note. The defaults are ui/default-keys, in the language of the configuration file.
 */
#ifndef UI_KEYS_H
#define UI_KEYS_H

#include "base/conf.h"
#include "base/err.h"
#include "base/str.h"

enum ui_context { /* the screens keys and commands belong to */
	UI_INDEX = 1 << 0,
	UI_READER = 1 << 1,
	UI_FOLDERS = 1 << 2,
	UI_COMPOSE = 1 << 3,
	UI_PARTS = 1 << 4,
	UI_LINKS = 1 << 5,
	UI_OUTBOX = 1 << 6,
	UI_PENDING = 1 << 7,
	UI_DRAFTS = 1 << 8,
	UI_TEXT = 1 << 9,
	UI_CONTEXTS = 10, /* how many */
	UI_ANY = (1 << 10) - 1,
	UI_LISTS = UI_PARTS | UI_LINKS | UI_OUTBOX | UI_PENDING | UI_DRAFTS | UI_TEXT
};

struct key_binding {
	unsigned context; /* one bit, or UI_ANY */
	char key[24];     /* canonical, as term_key gives it */
	char *command;
	char *note; /* "" when there is none */
};

struct keys;

struct keys *keys_new(void); /* with the default keys */
void keys_free(struct keys *k);

const char *keys_context_name(unsigned context);  /* "index", ..., "all" */
const char *keys_context_title(unsigned context); /* translated, for help */
unsigned keys_context(const char *name);          /* 0: no such screen */
int keys_bind(struct keys *k, const char *context, const char *key, const char *command,
	const char *note, struct err *err);
int keys_unbind(struct keys *k, const char *context, const char *key, struct err *err);
/* The binding of a key on a screen; its own goes before that of all screens. NULL: none. */
const struct key_binding *keys_find(const struct keys *k, unsigned context, const char *key);
/* The first key that runs exactly this command on a screen, or NULL. */
const char *keys_of(const struct keys *k, unsigned context, const char *command);
/* Another number after every change. */
unsigned keys_version(const struct keys *k);
size_t keys_count(const struct keys *k);
const struct key_binding *keys_at(const struct keys *k, size_t i);

/* Appends the default keys as mdoc(7) list items, for the manual. */
void keys_manual(struct str *out);

#endif

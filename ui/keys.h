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
#include "ui/keyname.h"

/* The screens: each is a row here, and a view_ops in ui/view_*.c. The second name is what people
 * write; the order is that of help and manual. */
#define UI_SCREENS(X)                                                                              \
	X(INDEX, index)                                                                            \
	X(READER, reader)                                                                          \
	X(FOLDERS, folders)                                                                        \
	X(COMPOSE, compose)                                                                        \
	X(PARTS, parts)                                                                            \
	X(LINKS, links)                                                                            \
	X(OUTBOX, outbox)                                                                          \
	X(PENDING, pending)                                                                        \
	X(DRAFTS, drafts)                                                                          \
	X(TEXT, text)

#define UI_NUMBER(BIT, name) UI_AT_##BIT,
enum { UI_SCREENS(UI_NUMBER) UI_CONTEXTS /* how many */ };
#define UI_BIT(BIT, name) UI_##BIT = 1 << UI_AT_##BIT,
enum ui_context { /* sets of them: where keys and commands belong to */
	UI_SCREENS(UI_BIT) UI_ANY = (1 << UI_CONTEXTS) - 1
};

struct key_binding {
	unsigned context;       /* one bit, or UI_ANY */
	char key[KEYNAME_SIZE]; /* canonical, as term_key gives it */
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

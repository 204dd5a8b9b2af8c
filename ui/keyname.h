/*
 * keyname - what keys are called: by the terminal, and by who writes a binding.
 *
 * Owns:    nothing.
 * Threads: any; pure functions.
 * Errors:  none.
 */
#ifndef UI_KEYNAME_H
#define UI_KEYNAME_H

#include <stdbool.h>
#include <stdint.h>

enum { KEYNAME_SIZE = 24 };

enum keyname { /* keys that are no character; F1 to F24 are called so besides */
	KEYNAME_UP,
	KEYNAME_DOWN,
	KEYNAME_LEFT,
	KEYNAME_RIGHT,
	KEYNAME_HOME,
	KEYNAME_END,
	KEYNAME_PAGE_UP,
	KEYNAME_PAGE_DOWN,
	KEYNAME_INSERT,
	KEYNAME_DELETE,
	KEYNAME_BACKSPACE,
	KEYNAME_ENTER,
	KEYNAME_SHIFT_TAB,
	KEYNAME_SHIFT_UP,
	KEYNAME_SHIFT_DOWN,
	KEYNAME_SHIFT_LEFT,
	KEYNAME_SHIFT_RIGHT,
	KEYNAMES
};

const char *keyname_of(enum keyname k);
/* Of a character that a key sends: "j", "é", "Enter", "Ctrl-L" ... False: it is none of a key. */
bool keyname_of_char(uint32_t c, char name[KEYNAME_SIZE]);
bool keyname_add_alt(char name[KEYNAME_SIZE]); /* true */
/* The canonical name of a key as a person may write it ("^L", "C-l", "<Return>", "Esc-v", "M-v").
 * False when there is no such key. */
bool keyname_read(const char *written, char name[KEYNAME_SIZE]);

#endif

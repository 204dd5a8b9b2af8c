#include "ui/keyname.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[KEYNAMES] = {
	[KEYNAME_UP] = "Up",
	[KEYNAME_DOWN] = "Down",
	[KEYNAME_LEFT] = "Left",
	[KEYNAME_RIGHT] = "Right",
	[KEYNAME_HOME] = "Home",
	[KEYNAME_END] = "End",
	[KEYNAME_PAGE_UP] = "PageUp",
	[KEYNAME_PAGE_DOWN] = "PageDown",
	[KEYNAME_INSERT] = "Insert",
	[KEYNAME_DELETE] = "Delete",
	[KEYNAME_BACKSPACE] = "Backspace",
	[KEYNAME_ENTER] = "Enter",
	[KEYNAME_SHIFT_TAB] = "Shift-Tab",
	[KEYNAME_SHIFT_UP] = "Shift-Up",
	[KEYNAME_SHIFT_DOWN] = "Shift-Down",
	[KEYNAME_SHIFT_LEFT] = "Shift-Left",
	[KEYNAME_SHIFT_RIGHT] = "Shift-Right",
};

const char *keyname_of(enum keyname k)
{
	return names[k];
}

bool keyname_of_char(uint32_t c, char name[KEYNAME_SIZE])
{
	struct str s = STR_INIT;

	if (c == '\r' || c == '\n')
		snprintf(name, KEYNAME_SIZE, "Enter");
	else if (c == '\t')
		snprintf(name, KEYNAME_SIZE, "Tab");
	else if (c == 127 || c == 8)
		snprintf(name, KEYNAME_SIZE, "Backspace");
	else if (c == 27)
		snprintf(name, KEYNAME_SIZE, "Esc");
	else if (c == ' ')
		snprintf(name, KEYNAME_SIZE, "Space");
	else if (c < 32)
		snprintf(name, KEYNAME_SIZE, "Ctrl-%c", (int)c + '@');
	else if ((c >= 0x80 && c < 0xA0) || (utf8_is_hidden(c) && !utf8_is_joiner(c)))
		return false;
	else {
		utf8_put(&s, c);
		snprintf(name, KEYNAME_SIZE, "%s", str_c(&s));
		str_done(&s);
	}
	return true;
}

bool keyname_add_alt(char name[KEYNAME_SIZE])
{
	char plain[KEYNAME_SIZE];

	snprintf(plain, sizeof(plain), "%s", name);
	snprintf(name, KEYNAME_SIZE, "Alt-%.19s", plain);
	return true;
}

static bool written_name(const char *w, char name[KEYNAME_SIZE])
{
	static const struct {
		const char *written, *name;
	} other[] = {{"Return", "Enter"}, {"CR", "Enter"}, {"Escape", "Esc"}, {"BS", "Backspace"},
		{"PgUp", "PageUp"}, {"PgDn", "PageDown"}, {"PageDn", "PageDown"}, {"Del", "Delete"},
		{"Ins", "Insert"}, {"BackTab", "Shift-Tab"}, {"Tab", "Tab"}, {"Esc", "Esc"},
		{"Space", "Space"}, {"Enter", "Enter"}, {"WheelUp", "WheelUp"},
		{"WheelDown", "WheelDown"}, {"Click", "Click"}};
	const char *p = w, *end = w + strlen(w);
	uint32_t cp;

	for (size_t i = 0; i < MEM_COUNT(other); i++)
		if (str_icmp(other[i].written, w) == 0) {
			snprintf(name, KEYNAME_SIZE, "%s", other[i].name);
			return true;
		}
	for (int i = 0; i < KEYNAMES; i++)
		if (str_icmp(names[i], w) == 0) {
			snprintf(name, KEYNAME_SIZE, "%s", names[i]);
			return true;
		}
	if ((*w == 'F' || *w == 'f') && w[1] >= '1' && w[1] <= '9' && atoi(w + 1) <= 24) {
		snprintf(name, KEYNAME_SIZE, "F%d", atoi(w + 1));
		return true;
	}
	if (p == end)
		return false;
	cp = utf8_next(&p, end);
	return p == end && cp > 31 && keyname_of_char(cp, name);
}

bool keyname_read(const char *written, char name[KEYNAME_SIZE])
{
	char w[40];
	size_t len = strlen(written);
	int c;

	if (len == 0 || len > 32)
		return false;
	snprintf(w, sizeof(w), "%s", written);
	if (len > 2 && w[0] == '<' && w[len - 1] == '>') {
		w[len - 1] = '\0';
		memmove(w, w + 1, len - 1);
	}
	for (const char *const *p = (const char *const[]){"Alt-", "Esc-", "M-", "A-", NULL}; *p;
		p++)
		if (str_istarts(w, *p) && w[strlen(*p)])
			return keyname_read(w + strlen(*p), name) && !str_starts(name, "Alt-") &&
			       keyname_add_alt(name);
	if (w[0] == '^' && w[1] && !w[2])
		c = w[1];
	else if (str_istarts(w, "Ctrl-") && w[5] && !w[6])
		c = w[5];
	else if (str_istarts(w, "C-") && w[2] && !w[3])
		c = w[2];
	else
		return written_name(w, name);
	if (c >= 'a' && c <= 'z')
		c -= 'a' - 'A';
	if (c < '@' || c > '_')
		return false;
	return keyname_of_char((uint32_t)(c - '@'), name);
}

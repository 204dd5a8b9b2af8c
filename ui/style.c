#include "ui/style.h"

#include "base/i18n.h"
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct theme_row {
	const char *name;
	short dark[2], light[2]; /* foreground, background */
	unsigned char attr;
	unsigned char plain; /* instead of a background where there are few colours */
};

#define D COLOR_NONE
#define BOLD ATTR_BOLD
#define REV ATTR_REVERSE
static const struct theme_row theme[STYLES] = {
	[STYLE_PLAIN] = {"plain", {D, D}, {D, D}, 0, 0},
	[STYLE_TABS] = {"tabs", {246, 235}, {241, 254}, 0, REV},
	[STYLE_TAB_ACTIVE] = {"tab-active", {255, 239}, {232, 250}, BOLD, BOLD},
	[STYLE_STATUS] = {"status", {252, 236}, {237, 253}, 0, REV},
	[STYLE_STATUS_OK] = {"status-ok", {114, 236}, {28, 253}, 0, REV},
	[STYLE_STATUS_WARN] = {"status-warn", {221, 236}, {130, 253}, 0, REV},
	[STYLE_STATUS_BAD] = {"status-bad", {210, 236}, {124, 253}, BOLD, REV | BOLD},
	[STYLE_PROGRESS] = {"progress", {110, 236}, {25, 253}, 0, REV},
	[STYLE_KEYBAR] = {"keybar", {245, D}, {243, D}, 0, 0},
	[STYLE_KEYBAR_KEY] = {"keybar-key", {253, D}, {235, D}, BOLD, BOLD},
	[STYLE_MESSAGE] = {"message", {D, D}, {D, D}, 0, 0},
	[STYLE_ERROR] = {"error", {210, D}, {124, D}, BOLD, BOLD},
	[STYLE_PROMPT] = {"prompt", {110, D}, {25, D}, BOLD, BOLD},
	[STYLE_CHOICES] = {"choices", {252, 238}, {236, 252}, 0, REV},
	[STYLE_BORDER] = {"border", {239, D}, {250, D}, 0, 0},
	[STYLE_CURSOR] = {"cursor", {255, 24}, {16, 153}, 0, REV},
	[STYLE_CURSOR_DIM] = {"cursor-dim", {D, 237}, {D, 254}, 0, BOLD},
	[STYLE_FROM] = {"from", {152, D}, {24, D}, 0, 0},
	[STYLE_SUBJECT] = {"subject", {D, D}, {D, D}, 0, 0},
	[STYLE_UNREAD] = {"unread", {231, D}, {16, D}, BOLD, BOLD},
	[STYLE_FLAGGED] = {"flagged", {216, D}, {130, D}, 0, 0},
	[STYLE_DELETED] = {"deleted", {241, D}, {247, D}, 0, ATTR_DIM},
	[STYLE_TAGGED] = {"tagged", {221, D}, {94, D}, BOLD, BOLD},
	[STYLE_DATE] = {"date", {246, D}, {242, D}, 0, 0},
	[STYLE_SIZE] = {"size", {246, D}, {242, D}, 0, 0},
	[STYLE_THREAD] = {"thread", {242, D}, {246, D}, 0, 0},
	[STYLE_KEYWORD] = {"keyword", {114, D}, {28, D}, 0, 0},
	[STYLE_ACCOUNT] = {"account", {110, D}, {25, D}, BOLD, BOLD},
	[STYLE_FOLDER] = {"folder", {D, D}, {D, D}, 0, 0},
	[STYLE_COUNT] = {"count", {114, D}, {28, D}, 0, BOLD},
	[STYLE_DIM] = {"dim", {243, D}, {245, D}, 0, 0},
	[STYLE_TITLE] = {"title", {110, D}, {25, D}, BOLD, BOLD},
	[STYLE_KEY] = {"key", {221, D}, {94, D}, 0, BOLD},
	[STYLE_MATCH] = {"match", {16, 221}, {16, 221}, 0, REV},
	[STYLE_HEADER_NAME] = {"header-name", {109, D}, {24, D}, 0, 0},
	[STYLE_HEADER_VALUE] = {"header-value", {D, D}, {D, D}, 0, 0},
	[STYLE_HEADER_SUBJECT] = {"header-subject", {231, D}, {16, D}, BOLD, BOLD},
	[STYLE_QUOTE1] = {"quote1", {109, D}, {24, D}, 0, 0},
	[STYLE_QUOTE2] = {"quote2", {144, D}, {94, D}, 0, 0},
	[STYLE_QUOTE3] = {"quote3", {139, D}, {90, D}, 0, 0},
	[STYLE_QUOTE4] = {"quote4", {108, D}, {65, D}, 0, 0},
	[STYLE_SIGNATURE] = {"signature", {243, D}, {245, D}, 0, 0},
	[STYLE_LINK] = {"link", {117, D}, {25, D}, ATTR_UNDERLINE, ATTR_UNDERLINE},
	[STYLE_BOLD] = {"bold", {D, D}, {D, D}, BOLD, BOLD},
	[STYLE_ITALIC] = {"italic", {D, D}, {D, D}, ATTR_ITALIC, ATTR_ITALIC},
	[STYLE_CODE] = {"code", {180, D}, {94, D}, 0, 0},
	[STYLE_HEADING] = {"heading", {110, D}, {25, D}, BOLD, BOLD},
	[STYLE_ATTACHMENT] = {"attachment", {180, D}, {94, D}, 0, 0},
	[STYLE_NOTICE] = {"notice", {221, D}, {130, D}, 0, 0},
	[STYLE_DIFF_ADD] = {"diff-add", {114, D}, {28, D}, 0, 0},
	[STYLE_DIFF_DELETE] = {"diff-delete", {210, D}, {124, D}, 0, 0},
	[STYLE_DIFF_HUNK] = {"diff-hunk", {139, D}, {90, D}, 0, 0},
};
#undef D
#undef BOLD
#undef REV

void style_theme(struct style_set *set, const char *name)
{
	bool light = strcmp(name, "light") == 0, plain = strcmp(name, "plain") == 0;

	for (int i = 0; i < STYLES; i++) {
		const short *c = light ? theme[i].light : theme[i].dark;

		if (set->own[i])
			continue;
		if (plain)
			set->look[i] = (struct style_look){COLOR_NONE, COLOR_NONE,
				(unsigned char)(theme[i].attr | theme[i].plain)};
		else
			set->look[i] = (struct style_look){c[0], c[1], theme[i].attr};
	}
}

const char *style_name(enum style style)
{
	return theme[style].name;
}

int style_find(const char *name)
{
	for (int i = 0; i < STYLES; i++)
		if (strcmp(theme[i].name, name) == 0)
			return i;
	return -1;
}

static const char *const base_colors[] = {
	"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"};

static uint32_t palette_rgb(int i)
{
	static const uint32_t first[16] = {0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE,
		0xCD00CD, 0x00CDCD, 0xE5E5E5, 0x7F7F7F, 0xFF0000, 0x00FF00, 0xFFFF00, 0x5C5CFF,
		0xFF00FF, 0x00FFFF, 0xFFFFFF};
	static const uint32_t step[6] = {0, 95, 135, 175, 215, 255};

	if (i < 16)
		return first[i];
	if (i < 232)
		return step[(i - 16) / 36] << 16 | step[(i - 16) / 6 % 6] << 8 | step[(i - 16) % 6];
	return (uint32_t)(8 + 10 * (i - 232)) * 0x010101u;
}

static short nearest(uint32_t rgb, int from, int to)
{
	long best = -1;
	short found = 0;

	for (int i = from; i < to; i++) {
		uint32_t c = palette_rgb(i);
		long r = (long)(c >> 16 & 255) - (long)(rgb >> 16 & 255);
		long g = (long)(c >> 8 & 255) - (long)(rgb >> 8 & 255);
		long b = (long)(c & 255) - (long)(rgb & 255);
		long d = 3 * r * r + 4 * g * g + 2 * b * b;

		if (best < 0 || d < best) {
			best = d;
			found = (short)i;
		}
	}
	return found;
}

int style_color(const char *name, short *out, struct err *err)
{
	const char *base = str_starts(name, "bright-") ? name + 7 : name;
	char *end;
	long v;

	if (strcmp(name, "default") == 0) {
		*out = COLOR_NONE;
		return 0;
	}
	for (size_t i = 0; i < MEM_COUNT(base_colors); i++)
		if (strcmp(base, base_colors[i]) == 0) {
			*out = (short)(i + (base == name ? 0 : 8));
			return 0;
		}
	if (*name == '#' && strlen(name) == 7) {
		v = strtol(name + 1, &end, 16);
		if (*end == '\0') {
			*out = nearest((uint32_t)v, 16, 256);
			return 0;
		}
	}
	v = strtol(name, &end, 10);
	if (*name >= '0' && *name <= '9' && *end == '\0' && v < 256) {
		*out = (short)v;
		return 0;
	}
	return err_set(err, ERR_INPUT,
		_("“%s” is not a color: a name like red or bright-blue, 0..255, \"#rrggbb\" in "
		  "quotes, "
		  "or default"),
		name);
}

unsigned style_attr(const char *name)
{
	static const char *const names[] = {"bold", "dim", "italic", "underline", "reverse"};

	for (size_t i = 0; i < MEM_COUNT(names); i++)
		if (strcmp(name, names[i]) == 0)
			return 1u << i;
	return 0;
}

static short reduce(short color, int colors)
{
	short c;

	if (color < 0 || color < colors)
		return color;
	c = nearest(palette_rgb(color), 0, 16);
	/* Greys on eight colours would vanish on one of the two backgrounds: the terminal's own is
	 * always readable. */
	if (c == 0 || c == 7 || c == 8 || c == 15)
		return COLOR_NONE;
	return colors < 16 ? (short)(c % 8) : c;
}

struct style_look style_look(const struct style_set *set, int style, int colors)
{
	int s = style & STYLE_MASK;
	struct style_look l = set->look[s];
	int on = style & STYLE_SELECTED       ? STYLE_CURSOR
		 : style & STYLE_SELECTED_DIM ? STYLE_CURSOR_DIM
					      : -1;

	if (colors >= 256) {
		if (on >= 0) {
			/* One look for the whole line: calm, and half the bytes. */
			if (on == STYLE_CURSOR)
				return set->look[on];
			l.bg = set->look[on].bg;
			l.attr |= set->look[on].attr;
		}
		return l;
	}
	if (!set->own[s]) {
		l.attr = theme[s].attr | theme[s].plain;
		if (l.bg != COLOR_NONE) {
			l.bg = COLOR_NONE;
			l.fg = COLOR_NONE;
		}
	}
	if (on >= 0) {
		l.attr = (unsigned char)((l.attr & ~(unsigned)ATTR_DIM) | theme[on].plain);
		l.fg = l.bg = COLOR_NONE;
	}
	l.fg = colors < 8 ? COLOR_NONE : reduce(l.fg, colors);
	l.bg = colors < 8 ? COLOR_NONE : reduce(l.bg, colors);
	return l;
}

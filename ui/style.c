#include "ui/style.h"

#include "base/i18n.h"
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What few colours can tell apart. */
enum hue { HUE_NONE, HUE_ACCENT, HUE_GOOD, HUE_WARN, HUE_BAD, HUE_LOST, HUE_OTHER, HUES };

struct theme_row {
	const char *name;
	short dark[2], light[2]; /* foreground, background, of 256 */
	unsigned char attr;
	unsigned char plain; /* instead of a background where there are few colours */
	unsigned char hue;   /* on a terminal of 8 or 16 colours */
};

#define D COLOR_NONE
#define BOLD ATTR_BOLD
#define REV ATTR_REVERSE

/*
 * Every colour here and below stands out from its background by 4.5 to 1 at least (test_ui computes
 * it), with the palettes of xterm and of the Linux console: a pale yellow or green has no place on
 * white, nor blue or red on black. Eight colours have but one step: the console makes it brighter
 * for what is bold, others do not, so both have to be readable. Where no colour is, there is none.
 */
static const struct few {
	short fg, bg;
	unsigned char add, drop; /* attributes */
} few[2][2][HUES] = {
	/* dark */
	{{[HUE_NONE] = {D, D, 0, 0},
		 [HUE_ACCENT] = {6, D, 0, 0},
		 [HUE_GOOD] = {2, D, 0, 0},
		 [HUE_WARN] = {3, D, BOLD, 0},
		 [HUE_BAD] = {7, 1, BOLD, 0},
		 [HUE_LOST] = {3, D, BOLD, 0},
		 [HUE_OTHER] = {D, D, 0, 0}},
		{[HUE_NONE] = {D, D, 0, 0},
			[HUE_ACCENT] = {14, D, 0, 0},
			[HUE_GOOD] = {10, D, 0, 0},
			[HUE_WARN] = {11, D, 0, 0},
			[HUE_BAD] = {15, 1, 0, 0},
			[HUE_LOST] = {11, D, 0, 0},
			[HUE_OTHER] = {13, D, 0, 0}}},
	/* light */
	{{[HUE_NONE] = {D, D, 0, 0},
		 [HUE_ACCENT] = {4, D, 0, 0},
		 [HUE_GOOD] = {D, D, 0, 0},
		 [HUE_WARN] = {5, D, 0, BOLD},
		 [HUE_BAD] = {1, D, 0, BOLD},
		 [HUE_LOST] = {1, D, 0, BOLD},
		 [HUE_OTHER] = {5, D, 0, BOLD}},
		{[HUE_NONE] = {D, D, 0, 0},
			[HUE_ACCENT] = {4, D, 0, 0},
			[HUE_GOOD] = {D, D, 0, 0},
			[HUE_WARN] = {5, D, 0, 0},
			[HUE_BAD] = {1, D, 0, 0},
			[HUE_LOST] = {1, D, 0, 0},
			[HUE_OTHER] = {5, D, 0, 0}}},
};

static const struct theme_row theme[STYLES] = {
	[STYLE_PLAIN] = {"plain", {D, D}, {D, D}, 0, 0, HUE_NONE},
	[STYLE_TABS] = {"tabs", {246, 235}, {241, 254}, 0, REV, HUE_NONE},
	[STYLE_TAB_ACTIVE] = {"tab-active", {255, 239}, {232, 250}, BOLD, BOLD, HUE_NONE},
	[STYLE_STATUS] = {"status", {252, 236}, {237, 253}, 0, REV, HUE_NONE},
	[STYLE_STATUS_OK] = {"status-ok", {114, 236}, {22, 253}, 0, REV, HUE_GOOD},
	[STYLE_STATUS_WARN] = {"status-warn", {221, 236}, {58, 253}, 0, REV, HUE_WARN},
	[STYLE_STATUS_BAD] = {"status-bad", {210, 236}, {124, 253}, BOLD, REV | BOLD, HUE_BAD},
	[STYLE_PROGRESS] = {"progress", {110, 236}, {25, 253}, 0, REV, HUE_ACCENT},
	[STYLE_KEYBAR] = {"keybar", {245, D}, {242, D}, 0, 0, HUE_NONE},
	[STYLE_KEYBAR_KEY] = {"keybar-key", {253, D}, {235, D}, BOLD, BOLD, HUE_NONE},
	[STYLE_MESSAGE] = {"message", {D, D}, {D, D}, 0, 0, HUE_NONE},
	[STYLE_ERROR] = {"error", {210, D}, {124, D}, BOLD, BOLD, HUE_BAD},
	[STYLE_PROMPT] = {"prompt", {110, D}, {25, D}, BOLD, BOLD, HUE_ACCENT},
	[STYLE_CHOICES] = {"choices", {252, 238}, {236, 252}, 0, REV, HUE_NONE},
	[STYLE_BORDER] = {"border", {245, D}, {242, D}, 0, 0, HUE_NONE},
	[STYLE_CURSOR] = {"cursor", {255, 24}, {16, 153}, 0, REV, HUE_NONE},
	[STYLE_CURSOR_DIM] = {"cursor-dim", {D, 237}, {D, 254}, 0, BOLD, HUE_NONE},
	[STYLE_FROM] = {"from", {152, D}, {24, D}, 0, 0, HUE_ACCENT},
	[STYLE_SUBJECT] = {"subject", {D, D}, {D, D}, 0, 0, HUE_NONE},
	[STYLE_UNREAD] = {"unread", {231, D}, {16, D}, BOLD, BOLD, HUE_NONE},
	[STYLE_FLAGGED] = {"flagged", {216, D}, {94, D}, 0, 0, HUE_WARN},
	[STYLE_DELETED] = {"deleted", {245, D}, {242, D}, 0, ATTR_DIM, HUE_NONE},
	[STYLE_TAGGED] = {"tagged", {221, D}, {94, D}, BOLD, BOLD, HUE_WARN},
	[STYLE_DATE] = {"date", {246, D}, {242, D}, 0, 0, HUE_NONE},
	[STYLE_SIZE] = {"size", {246, D}, {242, D}, 0, 0, HUE_NONE},
	[STYLE_THREAD] = {"thread", {245, D}, {242, D}, 0, 0, HUE_NONE},
	[STYLE_KEYWORD] = {"keyword", {114, D}, {22, D}, 0, 0, HUE_GOOD},
	[STYLE_ACCOUNT] = {"account", {110, D}, {25, D}, BOLD, BOLD, HUE_ACCENT},
	[STYLE_FOLDER] = {"folder", {D, D}, {D, D}, 0, 0, HUE_NONE},
	[STYLE_COUNT] = {"count", {114, D}, {22, D}, 0, BOLD, HUE_GOOD},
	[STYLE_DIM] = {"dim", {245, D}, {242, D}, 0, 0, HUE_NONE},
	[STYLE_TITLE] = {"title", {110, D}, {25, D}, BOLD, BOLD, HUE_ACCENT},
	[STYLE_KEY] = {"key", {221, D}, {94, D}, 0, BOLD, HUE_WARN},
	[STYLE_MATCH] = {"match", {16, 221}, {16, 221}, 0, REV, HUE_NONE},
	[STYLE_HEADER_NAME] = {"header-name", {109, D}, {24, D}, 0, 0, HUE_ACCENT},
	[STYLE_HEADER_VALUE] = {"header-value", {D, D}, {D, D}, 0, 0, HUE_NONE},
	[STYLE_HEADER_SUBJECT] = {"header-subject", {231, D}, {16, D}, BOLD, BOLD, HUE_NONE},
	[STYLE_QUOTE1] = {"quote1", {109, D}, {24, D}, 0, 0, HUE_ACCENT},
	[STYLE_QUOTE2] = {"quote2", {144, D}, {94, D}, 0, 0, HUE_GOOD},
	[STYLE_QUOTE3] = {"quote3", {139, D}, {90, D}, 0, 0, HUE_OTHER},
	[STYLE_QUOTE4] = {"quote4", {108, D}, {22, D}, 0, 0, HUE_WARN},
	[STYLE_SIGNATURE] = {"signature", {245, D}, {242, D}, 0, 0, HUE_NONE},
	[STYLE_LINK] = {"link", {117, D}, {25, D}, ATTR_UNDERLINE, ATTR_UNDERLINE, HUE_ACCENT},
	[STYLE_BOLD] = {"bold", {D, D}, {D, D}, BOLD, BOLD, HUE_NONE},
	[STYLE_ITALIC] = {"italic", {D, D}, {D, D}, ATTR_ITALIC, ATTR_ITALIC, HUE_NONE},
	[STYLE_CODE] = {"code", {180, D}, {94, D}, 0, 0, HUE_WARN},
	[STYLE_HEADING] = {"heading", {110, D}, {25, D}, BOLD, BOLD, HUE_ACCENT},
	[STYLE_ATTACHMENT] = {"attachment", {180, D}, {94, D}, 0, 0, HUE_WARN},
	[STYLE_NOTICE] = {"notice", {221, D}, {94, D}, 0, 0, HUE_WARN},
	[STYLE_DIFF_ADD] = {"diff-add", {114, D}, {22, D}, 0, 0, HUE_GOOD},
	[STYLE_DIFF_DELETE] = {"diff-delete", {210, D}, {124, D}, 0, 0, HUE_LOST},
	[STYLE_DIFF_HUNK] = {"diff-hunk", {139, D}, {90, D}, 0, 0, HUE_OTHER},
};
#undef D
#undef BOLD
#undef REV

void style_theme(struct style_set *set, const char *name)
{
	bool light = strcmp(name, "light") == 0, plain = strcmp(name, "plain") == 0;

	set->light = light;
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

static const char *const attrs[] = {"bold", "dim", "italic", "underline", "reverse"};

unsigned style_attr(const char *name)
{
	for (size_t i = 0; i < MEM_COUNT(attrs); i++)
		if (strcmp(name, attrs[i]) == 0)
			return 1u << i;
	return 0;
}

void style_words(struct strv *out)
{
	strv_add(out, "default");
	for (size_t i = 0; i < MEM_COUNT(base_colors); i++)
		strv_add(out, base_colors[i]);
	for (size_t i = 0; i < MEM_COUNT(base_colors); i++) {
		struct str s = STR_INIT;

		str_addf(&s, "bright-%s", base_colors[i]);
		strv_take(out, str_steal(&s));
	}
	for (size_t i = 0; i < MEM_COUNT(attrs); i++)
		strv_add(out, attrs[i]);
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

/* Surfaces are reverse video, in the terminal's own two colours. */
static struct style_look with_few(const struct style_set *set, int s, int colors)
{
	const struct few *f = &few[set->light][colors >= 16][theme[s].hue];
	struct style_look l = set->look[s];
	bool surface = l.bg != COLOR_NONE, plain = l.fg == COLOR_NONE;

	l.attr = (unsigned char)(theme[s].attr | theme[s].plain);
	l.fg = l.bg = COLOR_NONE;
	if (surface || plain || colors < 8)
		return l;
	l.fg = f->fg;
	l.bg = f->bg;
	l.attr = (unsigned char)((l.attr | f->add) & ~(unsigned)f->drop);
	return l;
}

struct style_look style_look(const struct style_set *set, int style, int colors)
{
	int s = style & STYLE_MASK;
	struct style_look l = set->look[s];
	int on = style & STYLE_SELECTED       ? STYLE_CURSOR
		 : style & STYLE_SELECTED_DIM ? STYLE_CURSOR_DIM
					      : -1;

	/* The cursor's line has one look: calm, and half the bytes. */
	if (on >= 0)
		l = set->look[on];
	if (style & STYLE_SELECTED_BOLD)
		l.attr |= ATTR_BOLD;
	if (on >= 0 && s == STYLE_MATCH)
		l.attr |= ATTR_UNDERLINE;
	if (colors >= 256)
		return l;
	if (on >= 0) {
		l.attr = (unsigned char)((l.attr & (ATTR_BOLD | ATTR_UNDERLINE)) | theme[on].plain);
		l.fg = l.bg = COLOR_NONE;
	} else if (!set->own[s]) {
		l = with_few(set, s, colors);
	}
	l.fg = colors < 8 ? COLOR_NONE : reduce(l.fg, colors);
	l.bg = colors < 8 ? COLOR_NONE : reduce(l.bg, colors);
	return l;
}

#include "ui/term.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "ui/keyname.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <term.h>
#include <unistd.h>
#include <wchar.h>

enum {
	CODE_PASTE = 0x1000,
	CODE_PASTE_END,
	MAX_PAIRS = 250,
	ALL_STYLES = 0x800, /* enum style with its flags */
	PUT_MAX = 512,
	ANSWER_MAX = 64,
	ANSWER_MS = 2000,
	ANSWER_REST_MS = 1000,
	BEFORE_LEAVE_MS = 200,
	KEPT_EACH = 2 /* kept places of a row: one at the left border, one elsewhere */
};

/* A style as ncurses wants it. */
struct look {
	bool known;
	struct style_look is;
	cchar_t blank;
};

/* A place whose content is known by a key, see term_keep. */
struct kept {
	uint64_t key; /* 0: none */
	int col, width;
};

/* Text that goes on where the last one ended: blanks between take its look. */
struct run {
	int row, from, col;
	const struct look *look; /* of the last cell; NULL: none yet */
};

static struct {
	SCREEN *screen;
	WINDOW *input; /* reading keys from stdscr would refresh it */
	FILE *out, *in;
	bool headless, away, mouse;
	int signal_pipe[2];
	const struct style_set *styles;
	int colors;
	short pair_of[MAX_PAIRS][2];
	short pairs;
	bool in_paste, paste_cut;
	struct str paste;
	bool asks; /* for the background, whenever the terminal is taken */
	bool answered;
	enum term_background background;
	int64_t asked_until; /* an answer may come that long */
	bool in_answer, answer_ends;
	int64_t answer_until; /* one that has begun is given up then */
	struct str answer;
	int cursor_row, cursor_col;
	bool cursor_shown;
	struct look looks[ALL_STYLES], plain;
	struct run run;
	int rows, cols;         /* of the picture: what every write is bounded by */
	WINDOW *before, *blank; /* the last frame, and an empty row */
	unsigned char *drawn;   /* the cells of this frame that something was put on */
	struct kept *kept, *kept_before;
	bool moved; /* a kept place is in another row now */
	size_t puts;
} t = {.signal_pipe = {-1, -1}};

static const int handled[] = {SIGWINCH, SIGTSTP, SIGCONT, SIGTERM, SIGHUP, SIGINT, SIGCHLD};

static void on_signal(int sig)
{
	int saved = errno;
	char c = (char)sig;

	if (write(t.signal_pipe[1], &c, 1) < 0)
		errno = 0; /* full: it is readable anyway */
	errno = saved;
}

static void install(int sig, void (*fn)(int))
{
	struct sigaction sa = {.sa_handler = fn, .sa_flags = SA_RESTART};

	sigemptyset(&sa.sa_mask);
	sigaction(sig, &sa, NULL);
}

static int open_signals(struct err *err)
{
	if (pipe2(t.signal_pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_errno(err, _("cannot make a pipe"));
	for (size_t i = 0; i < MEM_COUNT(handled); i++)
		install(handled[i], on_signal);
	install(SIGQUIT, SIG_IGN);
	install(SIGPIPE, SIG_IGN);
	return 0;
}

static void close_signals(void)
{
	if (t.signal_pipe[0] < 0)
		return;
	for (size_t i = 0; i < MEM_COUNT(handled); i++)
		install(handled[i], SIG_DFL);
	/* The end has begun, and has something to write yet. A terminal that is gone says so more
	 * than once. */
	if (!t.headless)
		install(SIGHUP, SIG_IGN);
	close(t.signal_pipe[0]);
	close(t.signal_pipe[1]);
	t.signal_pipe[0] = t.signal_pipe[1] = -1;
}

unsigned term_signals(void)
{
	unsigned found = 0;
	char c;

	while (read(t.signal_pipe[0], &c, 1) == 1) {
		switch (c) {
		case SIGWINCH:
			found |= TERM_RESIZE;
			break;
		case SIGTSTP:
			found |= TERM_STOP;
			break;
		case SIGCONT:
			found |= TERM_CONT;
			break;
		case SIGCHLD:
			found |= TERM_CHILD;
			break;
		case SIGTERM:
		case SIGHUP:
			found |= TERM_QUIT;
			break;
		default:
			break;
		}
	}
	return found;
}

/* Terminals send arrows in two forms whatever terminfo says, and terminfo knows no paste marks. */
static void define_keys(void)
{
	static const struct {
		const char *seq;
		int code;
	} keys[] = {
		{"\033[A", KEY_UP},
		{"\033[B", KEY_DOWN},
		{"\033[C", KEY_RIGHT},
		{"\033[D", KEY_LEFT},
		{"\033OA", KEY_UP},
		{"\033OB", KEY_DOWN},
		{"\033OC", KEY_RIGHT},
		{"\033OD", KEY_LEFT},
		{"\033[H", KEY_HOME},
		{"\033[F", KEY_END},
		{"\033OH", KEY_HOME},
		{"\033OF", KEY_END},
		{"\033[1~", KEY_HOME},
		{"\033[4~", KEY_END},
		{"\033[7~", KEY_HOME},
		{"\033[8~", KEY_END},
		{"\033[3~", KEY_DC},
		{"\033[5~", KEY_PPAGE},
		{"\033[6~", KEY_NPAGE},
		{"\033[Z", KEY_BTAB},
		{"\033[200~", CODE_PASTE},
		{"\033[201~", CODE_PASTE_END},
	};

	for (size_t i = 0; i < MEM_COUNT(keys); i++)
		define_key(keys[i].seq, keys[i].code);
}

static void take_mouse(void)
{
	mmask_t mask = BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED, old;

	if (t.headless)
		return;
	mousemask(t.mouse ? mask : 0, &old);
	mouseinterval(0);
}

static void set_modes(void)
{
	raw();
	noecho();
	nonl();
	intrflush(stdscr, FALSE);
	leaveok(stdscr, FALSE);
	set_escdelay(25);
	take_mouse();
}

static void send_raw(const char *s)
{
	fflush(t.out);
	if (!t.headless && write(fileno(t.out), s, strlen(s)) < 0)
		errno = 0;
}

static void count_colors(void)
{
	const char *no = getenv("NO_COLOR");

	t.colors = 0;
	t.pairs = 1;
	memset(t.looks, 0, sizeof(t.looks));
	memset(&t.plain, 0, sizeof(t.plain));
	if ((no && *no) || !has_colors())
		return;
	start_color();
	if (use_default_colors() == ERR)
		return;
	t.colors = COLORS >= 256 ? 256 : COLORS >= 16 ? 16 : COLORS;
}

static short pair_for(short fg, short bg)
{
	/* Also for the terminal's own colors: into pair 0 ncurses goes with a full reset. */
	if (t.colors == 0)
		return 0;
	for (short i = 1; i < t.pairs; i++)
		if (t.pair_of[i][0] == fg && t.pair_of[i][1] == bg)
			return i;
	if (t.pairs >= MAX_PAIRS || t.pairs >= COLOR_PAIRS)
		return 0;
	init_pair(t.pairs, fg, bg);
	t.pair_of[t.pairs][0] = fg;
	t.pair_of[t.pairs][1] = bg;
	return t.pairs++;
}

static attr_t attributes(unsigned attr)
{
	attr_t a = A_NORMAL;

	if (attr & ATTR_BOLD)
		a |= A_BOLD;
	if (attr & ATTR_DIM)
		a |= A_DIM;
	if (attr & ATTR_ITALIC)
		a |= A_ITALIC;
	if (attr & ATTR_UNDERLINE)
		a |= A_UNDERLINE;
	if (attr & ATTR_REVERSE)
		a |= A_REVERSE;
	return a;
}

static const struct look *fill_look(struct look *l, struct style_look is)
{
	l->known = true;
	l->is = is;
	setcchar(&l->blank, L" ", attributes(is.attr), pair_for(is.fg, is.bg), NULL);
	return l;
}

static const struct look *look_of(int style)
{
	struct look *l = &t.looks[style & (ALL_STYLES - 1)];

	return l->known ? l : fill_look(l, style_look(t.styles, style, t.colors));
}

static const struct look *plain_look(void)
{
	return t.plain.known ? &t.plain
			     : fill_look(&t.plain, (struct style_look){COLOR_NONE, COLOR_NONE, 0});
}

static void close_picture(void)
{
	if (t.before)
		delwin(t.before);
	if (t.blank)
		delwin(t.blank);
	t.before = t.blank = NULL;
	free(t.drawn);
	free(t.kept);
	free(t.kept_before);
	t.drawn = NULL;
	t.kept = t.kept_before = NULL;
}

static void open_picture(void)
{
	size_t rows = (size_t)LINES, cols = (size_t)COLS;

	close_picture();
	t.rows = LINES;
	t.cols = COLS;
	t.before = newpad(t.rows, t.cols);
	t.blank = newpad(1, t.cols);
	bkgrnd(&plain_look()->blank);
	wbkgrnd(t.before, &plain_look()->blank);
	wbkgrnd(t.blank, &plain_look()->blank);
	t.drawn = mem_alloc(rows * cols);
	t.kept = mem_alloc(rows * KEPT_EACH * sizeof(*t.kept));
	t.kept_before = mem_alloc(rows * KEPT_EACH * sizeof(*t.kept));
	erase();
}

/* curses takes the size of the window over by itself, too, when it begins to read or comes back
 * from another program. The picture follows between two frames only. */
static void fit_picture(void)
{
	if (t.rows != LINES || t.cols != COLS)
		open_picture();
}

/* --- what is behind the text --- */

bool term_read_background(const char *answer, enum term_background *out)
{
	static const unsigned weights[3] = {2126, 7152, 722};
	const char *p = answer;
	unsigned long light = 0;

	if (!str_starts(p, "11;rgb:"))
		return false;
	p += strlen("11;rgb:");
	for (int i = 0; i < 3; i++) {
		char *end;
		unsigned long v = strtoul(p, &end, 16), most = 0;

		if (end == p || end - p > 4 || *end != (i < 2 ? '/' : '\0'))
			return false;
		for (; p < end; p++)
			most = most << 4 | 15;
		p = end + 1;
		light += v * 1000 / most * weights[i];
	}
	*out = light / 10000 >= 500 ? TERM_LIGHT : TERM_DARK;
	return true;
}

/* "15;0" or "15;default;0": the colour of the background is the last. */
static enum term_background guess_background(void)
{
	const char *s = getenv("COLORFGBG"), *last = s ? strrchr(s, ';') : NULL;
	int color = last && last[1] >= '0' && last[1] <= '9' ? atoi(last + 1) : 0;

	return color == 7 || (color >= 9 && color <= 15) ? TERM_LIGHT : TERM_DARK;
}

enum term_background term_background(void)
{
	return t.answered ? t.background : guess_background();
}

/* Before the first paint, which would wipe away what a terminal prints that does not know it. */
static void ask_background(void)
{
	static const char *const deaf[] = {"linux", "vt", "dumb", "ansi", "cons", "sun", "wsvt"};
	const char *name = getenv("TERM");

	if (!t.asks || t.headless || t.colors == 0)
		return;
	for (size_t i = 0; i < MEM_COUNT(deaf); i++)
		if (!name || str_starts(name, deaf[i]))
			return;
	t.asked_until = clock_ms() + ANSWER_MS;
	send_raw("\033]11;?\033\\");
}

void term_ask_background(void)
{
	t.asks = true;
	ask_background();
}

/* An answer on its way would be typed into the next program. */
static void await_background(void)
{
	int64_t end = clock_ms() + BEFORE_LEAVE_MS;
	struct pollfd p = {.fd = fileno(t.in), .events = POLLIN};
	struct term_key k;

	while (t.asked_until > clock_ms() && end > clock_ms() &&
		poll(&p, 1, (int)(end - clock_ms())) > 0)
		while (term_key(&k))
			mem_free_secret(k.text);
	t.asked_until = 0;
}

static int open_screen(struct err *err)
{
	const char *name = getenv("TERM");

	if (t.headless)
		name = "xterm-256color";
	t.screen = newterm(name, t.out, t.in);
	if (!t.screen)
		return err_set(err, ERR_INPUT,
			_("the terminal type “%s” is not known: set TERM to what your terminal is, "
			  "for example xterm-256color"),
			name ? name : "");
	if (!cursor_address || strlen(cursor_address) == 0) {
		endwin();
		delscreen(t.screen);
		t.screen = NULL;
		return err_set(err, ERR_INPUT,
			_("the terminal “%s” cannot place text on a screen: use another TERM, or "
			  "commands like “talaria list” that need no screen"),
			name ? name : "");
	}
	/* Until endwin() has been called once, ncurses 6 flushes at each movement of the cursor:
	 * twenty writes for a page. The first refresh() takes the terminal again. */
	endwin();
	t.input = newpad(1, 1);
	keypad(t.input, TRUE);
	nodelay(t.input, TRUE);
	define_keys();
	set_modes();
	count_colors();
	open_picture();
	return 0;
}

int term_start(const struct style_set *styles, bool mouse, struct err *err)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return err_set(err, ERR_INPUT, _("the screen needs a terminal"));
	t.out = stdout;
	t.in = stdin;
	t.headless = false;
	t.mouse = mouse;
	t.styles = styles;
	if (open_signals(err) < 0)
		return -1;
	if (open_screen(err) < 0) {
		close_signals();
		return -1;
	}
	send_raw("\033[?2004h");
	term_cursor(-1, 0, false);
	return 0;
}

int term_start_headless(const struct style_set *styles, int rows, int cols, struct err *err)
{
	t.headless = true;
	t.mouse = false;
	t.styles = styles;
	t.out = fdopen(memfd_create("screen", MFD_CLOEXEC), "w");
	t.in = fopen("/dev/null", "r");
	if (!t.out || !t.in)
		return err_errno(err, "/dev/null");
	if (open_signals(err) < 0 || open_screen(err) < 0)
		return -1;
	resizeterm(rows, cols);
	open_picture();
	return 0;
}

int term_pairs_left(void)
{
	return MAX_PAIRS - t.pairs;
}

int term_cursor_row(void)
{
	return t.cursor_row;
}

void term_resize_headless(int rows, int cols)
{
	resizeterm(rows, cols);
}

void term_mouse(bool on)
{
	t.mouse = on;
	if (term_is_on())
		take_mouse();
}

bool term_is_on(void)
{
	return t.screen && !t.away;
}

void term_stop(void)
{
	if (!t.screen)
		return;
	if (!t.away) {
		await_background();
		send_raw("\033[?2004l");
		endwin();
	}
	close_picture();
	delwin(t.input);
	delscreen(t.screen);
	t.screen = NULL;
	t.away = false;
	str_done(&t.paste);
	str_done(&t.answer);
	t.asks = t.answered = t.in_answer = false;
	if (t.headless) {
		fclose(t.out);
		fclose(t.in);
	}
	close_signals();
}

void term_leave(void)
{
	if (!term_is_on())
		return;
	await_background();
	t.away = true;
	curs_set(1);
	send_raw("\033[?2004l");
	endwin();
}

void term_enter(void)
{
	if (!t.screen || !t.away)
		return;
	t.away = false;
	set_modes();
	term_resized();
	send_raw("\033[?2004h");
	term_redraw();
	flushinp();
	ask_background();
}

void term_resume(void)
{
	if (!term_is_on())
		return;
	reset_prog_mode();
	term_redraw();
}

void term_suspend(void)
{
	bool was_on = term_is_on();

	term_leave();
	install(SIGTSTP, SIG_DFL);
	kill(getpid(), SIGTSTP);
	install(SIGTSTP, on_signal);
	if (was_on)
		term_enter();
}

int term_fd(void)
{
	return fileno(t.in);
}

int term_signal_fd(void)
{
	return t.signal_pipe[0];
}

void term_resized(void)
{
	struct winsize ws;

	if (t.headless || ioctl(fileno(t.out), TIOCGWINSZ, &ws) < 0 || !ws.ws_row || !ws.ws_col)
		return;
	if (ws.ws_row != LINES || ws.ws_col != COLS)
		resizeterm(ws.ws_row, ws.ws_col);
	fit_picture();
}

int term_rows(void)
{
	return t.rows;
}

int term_cols(void)
{
	return t.cols;
}

/* --- keys --- */

static const int codes[KEYNAMES] = {
	[KEYNAME_UP] = KEY_UP,
	[KEYNAME_DOWN] = KEY_DOWN,
	[KEYNAME_LEFT] = KEY_LEFT,
	[KEYNAME_RIGHT] = KEY_RIGHT,
	[KEYNAME_HOME] = KEY_HOME,
	[KEYNAME_END] = KEY_END,
	[KEYNAME_PAGE_UP] = KEY_PPAGE,
	[KEYNAME_PAGE_DOWN] = KEY_NPAGE,
	[KEYNAME_INSERT] = KEY_IC,
	[KEYNAME_DELETE] = KEY_DC,
	[KEYNAME_BACKSPACE] = KEY_BACKSPACE,
	[KEYNAME_ENTER] = KEY_ENTER,
	[KEYNAME_SHIFT_TAB] = KEY_BTAB,
	[KEYNAME_SHIFT_UP] = KEY_SR,
	[KEYNAME_SHIFT_DOWN] = KEY_SF,
	[KEYNAME_SHIFT_LEFT] = KEY_SLEFT,
	[KEYNAME_SHIFT_RIGHT] = KEY_SRIGHT,
};

static bool name_of_code(wint_t code, char name[KEYNAME_SIZE])
{
	for (int i = 0; i < KEYNAMES; i++)
		if ((wint_t)codes[i] == code) {
			snprintf(name, KEYNAME_SIZE, "%s", keyname_of((enum keyname)i));
			return true;
		}
	if (code > KEY_F0 && code <= KEY_F(24)) {
		snprintf(name, KEYNAME_SIZE, "F%d", (int)code - KEY_F0);
		return true;
	}
	return false;
}

static bool read_mouse(struct term_key *out)
{
	MEVENT m;

	if (getmouse(&m) != OK)
		return false;
	out->row = m.y;
	out->col = m.x;
	if (m.bstate & BUTTON4_PRESSED)
		snprintf(out->name, sizeof(out->name), "WheelUp");
	else if (m.bstate & BUTTON5_PRESSED)
		snprintf(out->name, sizeof(out->name), "WheelDown");
	else if (m.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED))
		snprintf(out->name, sizeof(out->name), "Click");
	else
		return false;
	return true;
}

static bool take_paste(int kind, wint_t c, struct term_key *out)
{
	if (kind == KEY_CODE_YES && c == CODE_PASTE_END) {
		struct str clean = STR_INIT;

		t.in_paste = false;
		utf8_clean(&clean, str_c(&t.paste), t.paste.len, UTF8_TEXT);
		str_clear(&t.paste);
		snprintf(out->name, sizeof(out->name), "Paste");
		out->text = str_steal(&clean);
		out->cut = t.paste_cut;
		t.paste_cut = false;
		return true;
	}
	if (kind == OK && t.paste.len < TERM_PASTE_MAX)
		utf8_put(&t.paste, c == '\r' ? '\n' : c);
	else if (kind == OK)
		t.paste_cut = true;
	return false;
}

static bool answer_came(struct term_key *out)
{
	enum term_background background;
	bool known = term_read_background(str_c(&t.answer), &background), changes;

	t.in_answer = false;
	t.asked_until = 0;
	if (!known)
		return false;
	changes = background != term_background();
	t.background = background;
	t.answered = true;
	snprintf(out->name, sizeof(out->name), "Background");
	return changes;
}

/* True: out has something to say. What is longer than any answer is not one, and goes. */
static bool take_answer(int kind, wint_t c, struct term_key *out)
{
	if (kind == OK && (c == 7 || (t.answer_ends && c == '\\')))
		return answer_came(out);
	t.answer_ends = kind == OK && c == 27;
	if (kind == OK && !t.answer_ends)
		utf8_put(&t.answer, c);
	if (t.answer.len > ANSWER_MAX)
		t.in_answer = false;
	return false;
}

static void begin_answer(void)
{
	t.in_answer = true;
	t.answer_ends = false;
	t.answer_until = clock_ms() + ANSWER_REST_MS;
	str_clear(&t.answer);
}

/* Whether Esc and "]" begin an answer: where one may come, or where it goes on as only one does. */
static bool answer_begins(void)
{
	wint_t c;
	int kind;

	if (clock_ms() < t.asked_until)
		return true;
	kind = wget_wch(t.input, &c);
	if (kind == OK && c == '1' && t.asks) {
		begin_answer();
		utf8_put(&t.answer, c);
		return true;
	}
	if (kind == OK)
		unget_wch((wchar_t)c);
	else if (kind == KEY_CODE_YES)
		ungetch((int)c);
	return false;
}

static bool key_from(int kind, wint_t c, struct term_key *out)
{
	if (kind == KEY_CODE_YES) {
		if (c == KEY_MOUSE)
			return read_mouse(out);
		return name_of_code(c, out->name);
	}
	return keyname_of_char(c, out->name);
}

bool term_key(struct term_key *out)
{
	wint_t c;
	int kind;

	*out = (struct term_key){0};
	if (!term_is_on())
		return false;
	while ((kind = wget_wch(t.input, &c)) != ERR) {
		if (kind == KEY_CODE_YES && c == KEY_RESIZE)
			continue;
		if (t.in_paste) {
			if (take_paste(kind, c, out))
				return true;
			continue;
		}
		if (t.in_answer && clock_ms() < t.answer_until) {
			if (take_answer(kind, c, out))
				return true;
			continue;
		}
		t.in_answer = false;
		if (kind == KEY_CODE_YES && c == CODE_PASTE) {
			t.in_paste = true;
			continue;
		}
		if (kind == OK && c == 27) {
			wint_t next;
			int next_kind = wget_wch(t.input, &next);

			if (next_kind == ERR || (next_kind == OK && next == 27))
				return keyname_of_char(27, out->name);
			if (next_kind == OK && next == ']' && answer_begins()) {
				if (!t.in_answer)
					begin_answer();
				continue;
			}
			if (key_from(next_kind, next, out))
				return keyname_add_alt(out->name);
			continue;
		}
		if (key_from(kind, c, out))
			return true;
	}
	return false;
}

/* --- the picture --- */

/* Nothing of the last frame may stand again. */
static void forget_kept(void)
{
	if (t.kept)
		memset(t.kept, 0, (size_t)t.rows * KEPT_EACH * sizeof(*t.kept));
	if (t.kept_before)
		memset(t.kept_before, 0, (size_t)t.rows * KEPT_EACH * sizeof(*t.kept));
}

void term_redraw(void)
{
	clearok(curscr, TRUE);
	forget_kept();
}

void term_styles(const struct style_set *styles)
{
	t.styles = styles;
	memset(t.looks, 0, sizeof(t.looks));
	/* Each change uses up some of the pairs of colours that a terminal has: begin again. */
	t.pairs = 1;
	memset(&t.plain, 0, sizeof(t.plain));
	if (t.screen) {
		open_picture();
		clearok(curscr, TRUE);
	}
}

int term_colors(void)
{
	return t.colors;
}

static bool same_blank(const struct look *x, const struct look *y)
{
	return x == y || (x->is.bg == y->is.bg && ((x->is.attr ^ y->is.attr) &
							  (ATTR_UNDERLINE | ATTR_REVERSE)) == 0);
}

void term_erase(void)
{
	struct kept *k;

	if (!t.screen)
		return;
	fit_picture();
	k = t.kept;
	memset(t.drawn, 0, (size_t)t.rows * (size_t)t.cols);
	t.kept = t.kept_before;
	t.kept_before = k;
	memset(t.kept, 0, (size_t)t.rows * KEPT_EACH * sizeof(*t.kept));
	t.run = (struct run){.row = -1};
	t.moved = false;
}

static int fit(int row, int col, int width)
{
	if (row < 0 || row >= t.rows || col < 0 || col >= t.cols)
		return 0;
	return width > t.cols - col ? t.cols - col : width;
}

static bool any_drawn(int row, int col, int width)
{
	return width > 0 && memchr(t.drawn + row * t.cols + col, 1, (size_t)width);
}

static void mark_drawn(int row, int col, int width)
{
	memset(t.drawn + row * t.cols + col, 1, (size_t)width);
}

bool term_keep(int row, int col, int width, uint64_t key)
{
	int slot = col > 0;

	width = fit(row, col, width);
	if (width <= 0 || !key || any_drawn(row, col, width))
		return false;
	t.kept[row * KEPT_EACH + slot] = (struct kept){key, col, width};
	for (int i = 0; i < t.rows; i++) {
		int from = (row + i) % t.rows;
		const struct kept *k = &t.kept_before[from * KEPT_EACH + slot];

		if (k->key != key || k->col != col || k->width != width)
			continue;
		if (i) {
			copywin(t.before, stdscr, from, col, row, col, row, col + width - 1, FALSE);
			t.moved = true;
		}
		mark_drawn(row, col, width);
		return true;
	}
	return false;
}

/* What lies over a kept place is not in its key. */
static void lose_kept(int row, int col, int width)
{
	for (int i = 0; i < KEPT_EACH; i++) {
		struct kept *k = &t.kept[row * KEPT_EACH + i];

		if (col < k->col + k->width && k->col < col + width)
			k->key = 0;
	}
}

static wchar_t safe_char(uint32_t cp)
{
	if (cp == '\t')
		return L' ';
	if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || utf8_is_hidden(cp))
		return 0;
	return wcwidth((wchar_t)cp) < 0 ? 0xFFFD : (wchar_t)cp;
}

/* Cells on their way to ncurses: blanks wait until it is known what comes after them. */
struct cells {
	int row, col, width; /* width of what is in v */
	int n, blanks;       /* blanks at the end of v */
	cchar_t v[PUT_MAX];
};

static void add_blank(struct cells *c, const struct look *look)
{
	/* In the look before it, where that shows the same: fewer bytes. */
	if (t.run.look && same_blank(t.run.look, look))
		look = t.run.look;
	else if (same_blank(plain_look(), look))
		look = plain_look();
	if (t.run.look || !same_blank(look, plain_look()))
		t.run.look = look;
	c->v[c->n++] = look->blank;
	c->width++;
	c->blanks = same_blank(look, plain_look()) ? c->blanks + 1 : 0;
}

static void add_cell(struct cells *c, const struct look *look, wchar_t *s, int n, int width)
{
	attr_t a;
	short pair;
	wchar_t blank[CCHARW_MAX + 1];

	if (!n)
		return;
	if (n == 1) {
		c->v[c->n] = look->blank;
		c->v[c->n].chars[0] = s[0];
	} else {
		s[n] = L'\0';
		getcchar(&look->blank, blank, &a, &pair, NULL);
		setcchar(&c->v[c->n], s, a, pair, NULL);
	}
	if (!t.run.look && same_blank(look, plain_look()))
		for (int i = 0; i < c->n; i++)
			c->v[i] = look->blank;
	t.run.look = look;
	c->n++;
	c->width += width;
	c->blanks = 0;
}

/* Blanks at the end are left to the end of the frame, unless something is there already. */
static void send_cells(struct cells *c)
{
	int rest = c->blanks, width = c->width;

	if (any_drawn(c->row, c->col, c->width)) {
		lose_kept(c->row, c->col, c->width);
		rest = 0;
	}
	width -= rest;
	if (width > 0) {
		mvadd_wchnstr(c->row, c->col, c->v, c->n - rest);
		mark_drawn(c->row, c->col, width);
	}
	t.run.row = c->row;
	t.run.col = c->col + c->width;
}

/* The blanks that were left at the end of the text before this one are between two texts now. */
static void begin_cells(struct cells *c, int row, int col)
{
	c->row = row;
	c->col = col;
	c->width = c->n = c->blanks = 0;
	if (t.run.row != row || t.run.col != col)
		t.run = (struct run){.row = row, .col = col, .from = col};
	while (c->col > t.run.from && c->n < PUT_MAX / 2 && !t.drawn[row * t.cols + c->col - 1]) {
		c->v[c->n++] = t.run.look && same_blank(t.run.look, plain_look())
				       ? t.run.look->blank
				       : plain_look()->blank;
		c->col--;
		c->width++;
		c->blanks++;
	}
}

int term_put(int row, int col, int width, int style, const char *s, size_t len)
{
	const struct look *look;
	const char *p = s, *end = s + len;
	struct cells c;
	wchar_t one[CCHARW_MAX + 1];
	int used = 0, n = 0, wide = 0;

	t.puts++;
	width = fit(row, col, width);
	if (width <= 0)
		return 0;
	look = look_of(style);
	begin_cells(&c, row, col);
	while (p < end) {
		bool plain = *p >= 0x20 && *p < 0x7f; /* most of it: no table is asked */
		wchar_t ch = plain ? (wchar_t)*p++ : safe_char(utf8_next(&p, end));
		int w = plain ? 1 : ch ? wcwidth(ch) : 0;

		if (!ch)
			continue;
		if (w == 0) {
			if (n && n < CCHARW_MAX)
				one[n++] = ch;
			continue;
		}
		if (used + w > width)
			break;
		if (c.n >= PUT_MAX - 2) { /* a terminal wider than that */
			add_cell(&c, look, one, n, wide);
			n = 0;
			send_cells(&c);
			begin_cells(&c, row, col + used);
		}
		add_cell(&c, look, one, n, wide);
		used += w;
		n = 0;
		if (ch == L' ') {
			add_blank(&c, look);
			continue;
		}
		one[n++] = ch;
		wide = w;
	}
	add_cell(&c, look, one, n, wide);
	send_cells(&c);
	return used;
}

void term_fill(int row, int col, int width, int style)
{
	const struct look *look;
	struct cells c;

	t.puts++;
	width = fit(row, col, width);
	if (width <= 0)
		return;
	look = look_of(style);
	for (int done = 0; done < width;) {
		begin_cells(&c, row, col + done);
		for (; done < width && c.n < PUT_MAX; done++)
			add_blank(&c, look);
		send_cells(&c);
	}
}

void term_cursor(int row, int col, bool shown)
{
	t.cursor_row = row;
	t.cursor_col = col;
	t.cursor_shown = shown;
}

/* Cells that nothing was put on are blank, whatever the last frame had there. */
static void blank_rest(int row)
{
	const unsigned char *drawn = t.drawn + row * t.cols;

	for (int col = 0, end; col < t.cols; col = end) {
		bool is = drawn[col];
		const unsigned char *other = memchr(drawn + col, !is, (size_t)(t.cols - col));

		end = other ? (int)(other - drawn) : t.cols;
		if (!is)
			copywin(t.blank, stdscr, 0, col, row, col, row, end - 1, FALSE);
	}
}

static void end_picture(void)
{
	for (int row = 0; row < t.rows; row++) {
		blank_rest(row);
		if (is_linetouched(stdscr, row))
			copywin(stdscr, t.before, row, 0, row, 0, row, t.cols - 1, FALSE);
	}
}

void term_flush(void)
{
	if (!term_is_on())
		return;
	end_picture();
	/* Only then is it worth looking for lines that moved. */
	idlok(stdscr, t.moved);
	curs_set(t.cursor_shown ? 1 : 0);
	if (t.cursor_row >= 0 && t.cursor_row < t.rows && t.cursor_col < t.cols)
		move(t.cursor_row, t.cursor_col);
	else
		move(t.rows - 1, 0);
	refresh();
}

size_t term_sent(void)
{
	off_t at = lseek(fileno(t.out), 0, SEEK_CUR);

	return at < 0 ? 0 : (size_t)at;
}

size_t term_puts(void)
{
	return t.puts;
}

void term_row_text(int row, struct str *out)
{
	for (int col = 0; col < t.cols; col++) {
		wchar_t wc[CCHARW_MAX + 1];
		cchar_t cell;
		attr_t a;
		short pair;

		if (mvin_wch(row, col, &cell) != OK || getcchar(&cell, wc, &a, &pair, NULL) != OK)
			continue;
		for (int i = 0; wc[i]; i++)
			utf8_put(out, (uint32_t)wc[i]);
		if (wc[0] && wcwidth(wc[0]) == 2)
			col++;
	}
	while (out->len && out->p[out->len - 1] == ' ')
		str_cut(out, out->len - 1);
}

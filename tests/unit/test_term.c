/* The terminal's side: what comes in by its line, as keys. A pseudo-terminal stands for it. */

#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "ui/term.h"
#include "tests/check.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
/* What curses leaves behind for a terminal that it does not know is not ours. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libtinfo\nleak:newterm\n";
}
#endif

enum { PATIENCE_MS = 20000 };

static int line = -1;      /* the other end of the terminal */
static int out_of_test[2]; /* where input and output of the test were */

static void connect_terminal(void)
{
	int slave;

	line = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(line >= 0);
	assert_int_equal(grantpt(line), 0);
	assert_int_equal(unlockpt(line), 0);
	slave = open(ptsname(line), O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	assert_int_equal(ioctl(slave, TIOCSWINSZ, &(struct winsize){24, 80, 0, 0}), 0);
	fcntl(line, F_SETFL, O_NONBLOCK);
	fflush(stdout);
	for (int i = 0; i < 2; i++) {
		out_of_test[i] = dup(i);
		dup2(slave, i);
	}
	close(slave);
}

static void disconnect_terminal(void)
{
	fflush(stdout);
	for (int i = 0; i < 2; i++) {
		dup2(out_of_test[i], i);
		close(out_of_test[i]);
	}
	close(line);
	clearerr(stdin);
}

static int begin(const char *name, bool mouse, struct err *err)
{
	static struct style_set set;

	setenv("TERM", name, 1);
	style_theme(&set, "dark");
	connect_terminal();
	return term_start(&set, mouse, err);
}

static void end(void)
{
	term_stop();
	disconnect_terminal();
}

/* What the program wrote, so that it never waits for a reader. */
static void drain(struct str *out)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(line, buf, sizeof(buf))) > 0)
		if (out)
			str_add(out, buf, (size_t)n);
}

/* A line holds some thousand bytes: what is long is read while it is written, and is no key before
 * its end. */
static void says(const char *bytes, size_t len)
{
	int64_t end = clock_ms() + PATIENCE_MS;
	struct term_key k;

	while (len) {
		ssize_t n = write(line, bytes, len < 1024 ? len : 1024);

		drain(NULL);
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		} else {
			assert_true(clock_ms() < end);
			assert_false(term_key(&k));
		}
	}
}

/* The next key; it has to come. */
static struct term_key next_key(void)
{
	int64_t end = clock_ms() + PATIENCE_MS;
	struct term_key k;

	while (!term_key(&k)) {
		struct pollfd p = {.fd = term_fd(), .events = POLLIN};

		drain(NULL);
		if (clock_ms() > end)
			fail_msg("no key came");
		poll(&p, 1, 10);
	}
	return k;
}

static void key_is(const char *bytes, const char *name)
{
	struct term_key k;

	says(bytes, strlen(bytes));
	k = next_key();
	if (strcmp(k.name, name) != 0)
		fail_msg("%s is %s", name, k.name);
	free(k.text);
}

static void test_keys(void **state)
{
	static const char *const rows[][2] = {{"j", "j"}, {"\303\251", "é"}, {"\r", "Enter"},
		{"\n", "Enter"}, {"\t", "Tab"}, {"\b", "Backspace"}, {"\177", "Backspace"},
		{" ", "Space"}, {"\f", "Ctrl-L"}, {"\003", "Ctrl-C"}, {"\033[A", "Up"},
		{"\033OB", "Down"}, {"\033[1~", "Home"}, {"\033[6~", "PageDown"},
		{"\033[Z", "Shift-Tab"}, {"\033x", "Alt-x"}, {"\033\t", "Alt-Tab"},
		{"\033\303\251", "Alt-é"}, {"\033OP", "F1"}, {"\033[24~", "F12"},
		/* Not two keys, and no half of one: what is dropped is followed by what is not. */
		{"\342\200\256k", "k"}, {"\302\233k", "k"}};

	assert_int_equal(begin("xterm-256color", false, NULL), 0);
	assert_true(term_is_on());
	assert_int_equal(term_rows(), 24);
	assert_int_equal(term_cols(), 80);
	for (size_t i = 0; i < MEM_COUNT(rows); i++)
		key_is(rows[i][0], rows[i][1]);
	/* Esc is one by itself when nothing follows, also in front of another. */
	key_is("\033", "Esc");
	key_is("\033\033", "Esc");
	end();
}

static void click_is(const char *bytes, const char *name, int row, int col)
{
	struct term_key k;

	says(bytes, strlen(bytes));
	k = next_key();
	if (strcmp(k.name, name) != 0 || k.row != row || k.col != col)
		fail_msg("%s is %s at %d, %d", name, k.name, k.row, k.col);
}

static void test_mouse(void **state)
{
	struct str sent = STR_INIT;

	assert_int_equal(begin("xterm-256color", true, NULL), 0);
	click_is("\033[<0;5;3M", "Click", 2, 4);
	/* Letting it go is none, and neither is another button. */
	click_is("\033[<0;5;3m\033[<2;1;1M\033[<64;7;8M", "WheelUp", 7, 6);
	click_is("\033[<65;80;24M", "WheelDown", 23, 79);
	drain(NULL);
	term_mouse(false);
	term_flush();
	drain(&sent);
	assert_non_null(strstr(str_c(&sent), "1000l"));
	str_clear(&sent);
	term_leave();
	term_mouse(true); /* not the terminal of another program */
	drain(&sent);
	assert_null(strstr(str_c(&sent), "1000h"));
	term_enter();
	term_flush();
	drain(&sent);
	assert_non_null(strstr(str_c(&sent), "1000h"));
	str_done(&sent);
	end();
}

static void paste(size_t len)
{
	struct str s = STR_INIT;
	struct term_key k;

	str_adds(&s, "\033[200~");
	for (size_t i = 0; i < len; i++)
		str_addc(&s, 'a');
	str_adds(&s, "\033[201~");
	says(s.p, s.len);
	k = next_key();
	assert_string_equal(k.name, "Paste");
	assert_int_equal(strlen(k.text), len < TERM_PASTE_MAX ? len : TERM_PASTE_MAX);
	assert_int_equal(k.cut, len > TERM_PASTE_MAX);
	free(k.text);
	str_done(&s);
}

static void test_paste(void **state)
{
	struct term_key k;

	assert_int_equal(begin("xterm-256color", false, NULL), 0);
	says("\033[200~a\033[Ab\rc\033[201~", strlen("\033[200~a\033[Ab\rc\033[201~"));
	k = next_key();
	assert_string_equal(k.name, "Paste");
	assert_string_equal(k.text, "ab\nc"); /* a key in it is none */
	free(k.text);
	paste(3);
	paste(TERM_PASTE_MAX + 1);
	paste(3);
	end();
}

/* What the terminal says of its background is no key, however it comes. */
static void test_answers(void **state)
{
	char deaf[120];
	struct str sent = STR_INIT;

	unsetenv("COLORFGBG");
	assert_int_equal(begin("xterm-256color", false, NULL), 0);
	/* Unasked, it is what was typed. */
	key_is("\033]", "Alt-]");
	key_is("1", "1");
	key_is("\033]x", "Alt-]");
	assert_string_equal(next_key().name, "x");
	key_is("\033]\033[A", "Alt-]");
	assert_string_equal(next_key().name, "Up");
	drain(NULL);
	term_ask_background();
	drain(&sent);
	assert_non_null(strstr(str_c(&sent), "\033]11;?\033\\"));
	assert_int_equal(term_background(), TERM_DARK);
	key_is("\033]11;rgb:ffff/ffff/ffff\033\\", "Background");
	assert_int_equal(term_background(), TERM_LIGHT);
	/* The same again changes nothing; another does, late or not. */
	key_is("\033]11;rgb:ff/ff/ff\007j", "j");
	key_is("\033]11;rgb:0000/0000/0000\007", "Background");
	assert_int_equal(term_background(), TERM_DARK);
	/* What is no answer goes, and the next key is one. */
	key_is("\033]11;no colour\007j", "j");
	assert_int_equal(term_background(), TERM_DARK);
	memset(deaf, 'x', sizeof(deaf) - 1);
	deaf[sizeof(deaf) - 1] = '\0';
	memcpy(deaf, "\033]11;", 5);
	says(deaf, sizeof(deaf) - 1);
	key_is("", "x"); /* longer than any answer: the rest are keys */
	str_done(&sent);
	end();
}

static void test_terminals(void **state)
{
	static const struct {
		const char *name, *error; /* NULL: it can be used */
		int colors;
	} rows[] = {
		{"xterm-256color", NULL, 256},
		{"xterm", NULL, 8},
		{"linux", NULL, 8},
		{"vt100", NULL, 0},
		{"no-such-terminal", "“no-such-terminal” is not known: set TERM", 0},
		{"dumb", "“dumb” cannot place text on a screen", 0},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		struct err err = {0};
		int rc = begin(rows[i].name, false, &err);

		assert_int_equal(rc, rows[i].error ? -1 : 0);
		if (rows[i].error) {
			assert_int_equal(err.kind, ERR_INPUT);
			assert_non_null(strstr(err.text, rows[i].error));
			assert_false(term_is_on());
		} else {
			assert_int_equal(term_colors(), rows[i].colors);
		}
		end();
	}
	/* Neither is what is no terminal. */
	{
		struct err err = {0};
		struct style_set set = {0};
		int null = open("/dev/null", O_RDWR);

		connect_terminal();
		dup2(null, 1);
		close(null);
		assert_int_equal(term_start(&set, false, &err), -1);
		assert_string_equal(err.text, "the screen needs a terminal");
		disconnect_terminal();
	}
}

static void test_signals(void **state)
{
	assert_int_equal(begin("xterm", false, NULL), 0);
	assert_int_equal(term_signals(), 0);
	raise(SIGWINCH);
	raise(SIGCHLD);
	assert_int_equal(term_signals(), TERM_RESIZE | TERM_CHILD);
	raise(SIGTSTP);
	raise(SIGCONT);
	assert_int_equal(term_signals(), TERM_STOP | TERM_CONT);
	raise(SIGINT); /* ^C is a key */
	assert_int_equal(term_signals(), 0);
	raise(SIGTERM);
	raise(SIGHUP);
	assert_int_equal(term_signals(), TERM_QUIT);
	assert_int_equal(ioctl(line, TIOCSWINSZ, &(struct winsize){10, 40, 0, 0}), 0);
	assert_int_equal(term_signals(), 0); /* the terminal is not this process' own */
	term_resized();
	assert_int_equal(term_rows(), 10);
	assert_int_equal(term_cols(), 40);
	end();
	assert_false(term_is_on());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_mouse),
		cmocka_unit_test(test_paste),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_terminals),
		cmocka_unit_test(test_signals),
	};

	setenv("LC_ALL", "C.UTF-8", 1);
	unsetenv("NO_COLOR");
	i18n_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

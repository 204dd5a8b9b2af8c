/* The keys of reading, over the engine and the mail of tests/unit/postbox.h: rows 3 to 6 of its
 * INBOX are a thread, of which 5 answers 4, and 4 and 6 answer 3. */
#include "base/file.h"
#include "base/mem.h"
#include "screen.h"
#include "tests/check.h"
#include "tests/unit/desk.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where the cursor is, from 1: that is the number of the message, too. */
static int cursor(struct screen *x)
{
	struct view *v = app_view(&x->a);

	return (int)msglist_find(v->ops->list(v), v->ops->uid(v)) + 1;
}

struct step {
	int from;
	const char *keys;
	int to;
};

static void go(struct screen *x, int row)
{
	char line[40];

	snprintf(line, sizeof(line), "jump %d", row);
	command(x, line);
	assert_int_equal(cursor(x), row);
}

static void walk(struct screen *x, const struct step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		go(x, steps[i].from);
		press(x, steps[i].keys);
		if (cursor(x) != steps[i].to)
			fail_msg("%s from %d goes to %d, not %d", steps[i].keys, steps[i].from,
				cursor(x), steps[i].to);
	}
}

static void test_threads(void **state)
{
	static const struct step steps[] = {
		{1, "Ctrl-N", 2},
		{3, "Ctrl-N", 7},
		{5, "Ctrl-N", 7},
		{40, "Ctrl-N", 40},
		{7, "Ctrl-P", 3},
		{5, "Ctrl-P", 2},
		{1, "Ctrl-P", 1},
		{3, "Alt-n", 7},
		{4, "Alt-n", 6},
		{5, "Alt-n", 6},
		{6, "Alt-n", 7},
		{6, "Alt-p", 4},
		{5, "Alt-p", 2},
		{4, "Alt-p", 2},
		{7, "Alt-p", 3},
		{5, "P", 4},
		{6, "P", 3},
		{3, "P", 3},
		{5, ": 'root-message' Enter", 3},
		{3, ": 'root-message' Enter", 3},
		/* The thread is one row, with all that is below it. */
		{3, "Alt-v Ctrl-N Ctrl-P Alt-v", 3},
	};
	struct screen *x = open_screen(24, 80);

	walk(x, steps, MEM_COUNT(steps));
	press_sees(x, "= Ctrl-P", "No thread before it");
	press_sees(x, "P", "This message answers none that is here");
	/* What it answers is not shown: the nearest that is. */
	command(x, "limit ~N | invoice");
	command(x, "search pages of 256");
	command(x, "limit from:Jeff");
	press(x, "= j");
	assert_int_equal(cursor(x), 2);
	press(x, "P");
	assert_int_equal(cursor(x), 1);
	command(x, "limit from:Ana");
	press_sees(x, "P", "What it answers is not shown here");
	command(x, "limit all");
	command(x, "threads");
	press_sees(x, "Ctrl-N", "Threads are off");
	go(x, 5);
	press(x, "P");
	assert_int_equal(cursor(x), 4);
}

static void test_threads_read(void **state)
{
	struct screen *x = open_screen(24, 80);

	go(x, 5);
	press_sees(x, "Enter", "of the message 5");
	press_sees(x, "P", "of the message 4");
	press_sees(x, "Alt-n", "of the message 6");
	press_sees(x, "Ctrl-P", "of the message 2");
	press_sees(x, "Ctrl-N Ctrl-N", "of the message 7");
}

/* What is done to a thread, and to a part of it. */
static void test_threads_changed(void **state)
{
	struct screen *x = open_screen(24, 80);

	go(x, 4);
	press_asks(x, "Alt-r", "flag 4 5 -0 +1");
	press_asks(x, "Ctrl-R", "flag 3 4 5 6 -0 +1");
	command(x, "tag-subthread");
	press_asks(x, "; F", "flag 4 5 -0 +4");
	command(x, "tag-subthread");
	press_sees(x, ";", "Nothing is tagged");
	/* The mark comes from another program; where none has it, the last step is taken back. */
	go(x, 5);
	command_asks(x, "set-flag deleted", "flag 5 -0 +8");
	go(x, 3);
	press_asks(x, "Alt-u", "flag 3 4 5 6 -8 +0");
	forget();
	press_asks(x, "Ctrl-U", "");
	press_sees(x, ": 'messages' Enter", "Undone");
	press(x, "q");
	go(x, 4);
	press_asks(x, "Alt-d", "delete 4 5");
	assert_int_equal(cursor(x), 4); /* what was 6 */
	press_asks(x, "P Ctrl-D", "delete 3 6");
	assert_int_equal(cursor(x), 3); /* 7 */
	go(x, 2);
	press_asks(x, "Enter Alt-d", "delete 2");
	assert_int_equal(app_view(&x->a)->ops->context, UI_INDEX);
	press_asks(x, "* Ctrl-D", "delete 40");
	press_asks(x, "Ctrl-D", "delete 39");
	press_asks(x, "k k Ctrl-D", "delete 35 36 37 38");
}

/* A digit begins the number of a message; tabs have Alt. */
static void test_numbers(void **state)
{
	static const struct step steps[] = {{5, "1 2 Enter", 12}, {5, "4 Esc", 5},
		{5, "9 Enter", 9}, {5, ": 'jump' Enter 7 Enter", 7}, {5, "6 Backspace Enter", 5}};
	struct screen *x = open_screen(24, 80);

	walk(x, steps, MEM_COUNT(steps));
	press_sees(x, "4", "Go to message number: 4");
	press_sees(x, "1 Enter", "There is no message 41");
	press_sees(x, "4 0 Enter", "INBOX");
	assert_int_equal(cursor(x), 40);
	press_sees(x, "Enter 2 3 Enter", "of the message 23");
	press_sees(x, "Alt-2", "not encrypted!");
	press_sees(x, "Alt-1", "of the message 23");
}

/* The row stays, the list moves below it. */
static void test_scrolled_to(void **state)
{
	static const struct {
		const char *command;
		int top;
	} rows[] = {{"current-top", 20}, {"current-bottom", 8}, {"current-middle", 14}};
	struct screen *x = open_screen(16, 80);

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		go(x, 20);
		command(x, rows[i].command);
		assert_int_equal(cursor(x), 20);
		command(x, "top");
		assert_int_equal(cursor(x), rows[i].top);
	}
	go(x, 2); /* there is nothing above the first row */
	command(x, "current-bottom; top");
	assert_int_equal(cursor(x), 1);
	go(x, 3);
	press_sees(x, "Enter", "of the message 3");
	command_sees(x, "current-top", "of the message 3");
}

/* Where the end of a message leads. */
static void test_read_on(void **state)
{
	static const struct {
		const char *how, *says;
	} rows[] = {{"no", "This is the end"}, {"next", "of the message 3"},
		{"unread", "of the message 4"}};
	struct screen *x = open_screen(24, 80);

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		char line[40];

		snprintf(line, sizeof(line), "set read-on=%s", rows[i].how);
		command(x, line);
		go(x, 2);
		press(x, "Enter End");
		press_sees(x, "Space", rows[i].says);
		press(x, "q");
	}
	/* Nothing is left out while it comes. */
	hold_reads(true);
	go(x, 2);
	press(x, "Enter Space Space");
	assert_int_equal(cursor(x), 2);
}

static void test_next_folder(void **state)
{
	struct screen *x = open_screen(24, 80);

	press_sees(x, ".", "● online   Lists  ");
	press_sees(x, ".", "Lists/kernel");
	press_sees(x, ".", "Archive  1 new");
	press_sees(x, "y .", "INBOX  20 new");
	command(x, "tag-pattern ~A");
	command(x, "tag-prefix; read");
	press(x, "= Enter");
	press_sees(x, "Tab", "No more unread messages in this folder; . opens the next");
	command(x, "unbind reader .");
	press_sees_not(x, "Tab", "opens the next");
}

static void tagged(struct screen *x, const char *numbers)
{
	struct msglist *l = app_view(&x->a)->ops->list(app_view(&x->a));
	struct str s = STR_INIT;
	uint32_t *uids;
	size_t n = msglist_tagged(l, &uids);

	for (size_t i = 0; i < n; i++)
		str_addf(&s, "%s%u", i ? " " : "", (unsigned)uids[i]);
	assert_string_equal(str_c(&s), numbers);
	free(uids);
	str_done(&s);
}

static void test_range(void **state)
{
	struct screen *x = open_screen(24, 80);

	go(x, 9);
	press(x, "t");
	go(x, 5);
	press_sees(x, "~", "Tagging from here to where the cursor goes; ~ ends it");
	tagged(x, "5 9");
	press(x, "j j");
	tagged(x, "5 6 7 9");
	sees(x, "tagging");
	press(x, "k k k k");
	tagged(x, "3 4 5 9");
	press(x, "1 1 Enter");
	tagged(x, "5 6 7 8 9 10 11");
	press(x, "Ctrl-G");
	tagged(x, "9");
	press(x, "j j");
	tagged(x, "9");
	go(x, 5);
	press(x, "~ j ~ j j");
	tagged(x, "5 6 9");
	sees_not(x, "tagging");
	/* What it began with goes: it has ended. */
	go(x, 20);
	press(x, "~ j");
	mail_vanishes(x, 20);
	press(x, "j j");
	sees_not(x, "tagging");
	tagged(x, "5 6 9 21");
}

/* --- for other programs --- */

static void wrote(struct screen *x, const char *file, const char *text)
{
	struct str s = STR_INIT;

	program_ends(x);
	assert_int_equal(file_read(in_screen(x, file), 1 << 20, &s, NULL), 0);
	if (strcmp(str_c(&s), text) != 0)
		fail_msg("%s has “%s”, not “%s”", file, str_c(&s), text);
	str_done(&s);
	unlink(in_screen(x, file));
}

static void test_pipe(void **state)
{
	struct screen *x = open_screen(24, 80);

	setenv("TMPDIR", x->dir, 1);
	press_sees(x, "= |", "Pipe to:");
	type_text(x, "grep -c '^Message-ID: <m1@' >$TMPDIR/n");
	press(x, "Enter");
	wrote(x, "n", "1\n");
	press_sees(x, "t j t ; |", "Pipe 2 messages to:");
	type_text(x, "grep -c -e '^Message-ID: <m[13]@' -e '^From MAILER-DAEMON' >$TMPDIR/n");
	press(x, "Enter");
	wrote(x, "n", "4\n");
	command(x, "set pipe-split; tag-prefix; pipe-message \"grep -c '^Message-ID: <m' "
		   ">>$TMPDIR/n\"");
	wrote(x, "n", "1\n1\n");
	command(x, "set pipe-decode; tag-prefix; pipe-message \"sed -n 's/^Subject: //p' "
		   ">>$TMPDIR/n\"");
	wrote(x, "n", "Invoice 4711\nthe new cache format\n");
	command(x, "set nopipe-split; tag-prefix; "
		   "pipe-message \"grep -c -e '^From' -e '^Message-ID:' >$TMPDIR/n\"");
	wrote(x, "n", "2\n");
	press_sees(x, "Enter |", "Pipe to:");
	press(x, "Esc");
	assert_int_equal(x->a.child.pid, 0);
	refuse_next("not today");
	command_sees(x, "pipe-message cat >$TMPDIR/n", "not today");
	command(x, "set nopipe-decode");
	refuse_next("not this day");
	command_sees(x, "pipe-message cat >$TMPDIR/n", "not this day");
	assert_null(x->a.pipes);
}

static void test_print(void **state)
{
	struct screen *x = open_screen(24, 80);

	setenv("TMPDIR", x->dir, 1);
	command(x, "set print-command='cat >>$TMPDIR/printed'");
	press_sees(x, "= p", "Print 1 message? (y/n)");
	press(x, "Enter");
	assert_false(file_exists(in_screen(x, "printed")));
	command(x, "set print-command='grep -c -e ^Subject: -e ^Message-ID >>$TMPDIR/printed'");
	press(x, "p y");
	wrote(x, "printed", "1\n");
	command(x, "set noprint-decode");
	press(x, "p y");
	wrote(x, "printed", "2\n");
	command(x, "set print-decode");
	press_sees(x, "t j t ; p", "Print 2 messages? (y/n)");
	press(x, "y");
	wrote(x, "printed", "2\n");
	command(x, "set print-split");
	press(x, "; p y");
	wrote(x, "printed", "1\n1\n");
}

static void test_shell(void **state)
{
	struct screen *x = open_screen(24, 80);

	setenv("TMPDIR", x->dir, 1);
	press_sees(x, "!", "Shell command:");
	type_text(x, "echo it\\'s \"$TMPDIR\" | wc -l >$TMPDIR/n");
	press(x, "Enter");
	wrote(x, "n", "1\n");
	command(x, "shell-escape exit 4");
	program_ends(x);
	sees(x, "“exit 4” ended with a fault (status 4)");
	setenv("SHELL", "/bin/true", 1);
	press(x, "! Enter");
	assert_string_equal(x->a.child_command, "/bin/true");
	program_ends(x);
}

static void test_told(void **state)
{
	struct screen *x = open_screen(24, 80);

	press_sees(x, "= @", "Rosa Castellanos <rosa@example.org>");
	press_sees(x, "V", "Talaria ");
	command_sees(x, "what-key", "Press a key");
	press_sees(x, "d", "d: delete");
	assert_string_equal(asked(), "");
	command(x, "what-key");
	press_sees(x, "Esc n", "Alt-n: next-subthread");
	command(x, "what-key");
	press_sees(x, "F9", "F9: nothing here");
	press(x, "j");
	assert_int_equal(cursor(x), 2);
	press_sees(x, "Enter", "Subject: Invoice 4712");
	press_sees_not(x, "H", "Subject: Invoice 4712");
	sees(x, "> why not pages");
	press_sees(x, "q @", "rosa@example.org");
}

/* One message in three dresses. */
static void test_source(void **state)
{
	struct screen *x = open_screen(40, 100);

	command(x, "set preview-lines=0");
	go(x, 7);
	press_sees(x, "Enter", "Subject: 会議");
	press_sees(x, "h", "Message-ID: <m7@example.org>");
	press_sees(x, "h", "The headers as they came");
	sees(x, "MIME-Version: 1.0");
	sees_not(x, "--b"); /* the text is read as ever */
	press_sees(x, "h", "The usual headers");
	press_sees(x, "E", "Content-Type: text/plain; charset=UTF-8");
	sees(x, "--b");
	press_sees_not(x, "k", "--b"); /* another message is read as ever */
	press(x, "j");
	press_sees_not(x, "E E", "--b");
	command_sees(x, "headers some", "Headers are usual, all or raw; not “some”");
	command_sees(x, "headers raw", "MIME-Version: 1.0");
	command_sees(x, "headers usual", "Subject: 会議");
	press_sees(x, "Ctrl-E", "Charset of the text (empty: what the message says):");
	press_sees(x, "'no-such' Enter", "No charset is called “no-such”");
	press(x, "Ctrl-E 'utf-16le' Enter");
	sees_not(x, "Line 3 of the message 7");
	press_sees(x, "Ctrl-E Ctrl-U Enter", "Line 3 of the message 7");
}

/* --- filed --- */

static void test_paths(void **state)
{
	struct screen *x = open_screen(24, 80);
	char line[300];

	snprintf(line, sizeof(line), "copy %s", in_screen(x, "some mail"));
	press(x, "=");
	command(x, line);
	sees(x, "1 message written to /");
	assert_true(file_exists(in_screen(x, "some mail/cur")));
	assert_int_equal(cursor(x), 1);
	press_sees(x, "s", "Move to:");
	type_text(x, in_screen(x, "one.mbox"));
	press_asks(x, "Enter", "delete 1");
	assert_true(file_exists(in_screen(x, "one.mbox")));
	/* One that is there is not written over, and nothing goes. */
	snprintf(line, sizeof(line), "move %s", in_screen(x, "one.mbox"));
	forget();
	command_sees(x, line, "exists already");
	assert_true(str_starts(asked(), "export 2 "));
	command_asks(x, "move =Archive", "move 2 Archive");
	command_asks(x, "copy +Archive", "copy 3 Archive");
	command_sees(x, "copy =", "There is no folder =");
	/* The list is closed before it is known that they are in the file. */
	done_next("written");
	press_soon(x, "= : 'move /tmp/x.mbox' Enter : 'open Archive' Enter");
	forget();
	look(x);
	sees(x, "The list was closed meanwhile; what was still to be done was not");
	assert_string_equal(asked(), "");
	/* A folder that was opened by its path has no others beside it. */
	assert_true(app_open_folder(&x->a, -1, in_screen(x, "some mail"), false));
	look(x);
	command_sees(x, "junk", "This folder belongs to no account; nothing was done");
}

/* Of messages of several folders, only what lay among the junk goes back to the inbox. */
static void test_junk_mixed(void **state)
{
	static const char *const folders[] = {"INBOX", "Archive=5", "Sent=3", "Trash=4", NULL};
	struct screen *x = open_screen(24, 80);

	desk_folders(POSTBOX_WORK, folders);
	look(x);
	command_sees(x, "find in:Archive or in:Sent", "Archive");
	sees(x, "Sent");
	command(x, "tag-pattern ~A");
	forget();
	command(x, "tag-prefix; not-junk");
	assert_string_equal(asked(), "move 1 2 3 INBOX");
}

static void test_junk(void **state)
{
	struct screen *x = open_screen(24, 80);

	press(x, "= t j t");
	press_sees(x, "; X", "No folder is for junk; :create Junk makes one");
	assert_string_equal(asked(), "keywords 1 3 $NotJunk $Junk");
	command_asks(x, "untag-all; jump 3; not-junk", "keywords 3 $Junk $NotJunk");
	command(x, "set-flag deleted");
	command(x, "jump 3");
	press_sees(x, "U", "Undelete messages that match:");
	press_asks(x, "'~A' Enter",
		"flag 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 "
		"24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 -8 +0");
	command_sees(x, "undelete-pattern from:nobody", "Undone");
}

static void test_toggle_write(void **state)
{
	struct screen *x = open_screen(24, 80);

	press_sees(x, "%", "Nothing is changed here");
	sees(x, "read only");
	forget();
	go(x, 4);
	press_sees(x, "d", "This folder is read only");
	press_sees(x, "X", "This folder is read only");
	command_sees(x, "move /nowhere/x.mbox", "This folder is read only");
	press(x, "Enter q");
	sees(x, "20 new");
	assert_string_equal(asked(), "");
	press_sees(x, "%", "Changes are made again");
	go(x, 4);
	press_sees(x, "Enter q", "19 new");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCREEN_CASE(test_threads),
		SCREEN_CASE(test_threads_read),
		SCREEN_CASE(test_threads_changed),
		SCREEN_CASE(test_numbers),
		SCREEN_CASE(test_scrolled_to),
		SCREEN_CASE(test_read_on),
		SCREEN_CASE(test_next_folder),
		SCREEN_CASE(test_range),
		SCREEN_CASE(test_pipe),
		SCREEN_CASE(test_print),
		SCREEN_CASE(test_shell),
		SCREEN_CASE(test_told),
		SCREEN_CASE(test_source),
		SCREEN_CASE(test_paths),
		SCREEN_CASE(test_junk),
		SCREEN_CASE(test_junk_mixed),
		SCREEN_CASE(test_toggle_write),
	};

	screen_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

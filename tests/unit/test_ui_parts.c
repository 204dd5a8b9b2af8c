/* The parts of a message on the screen: what is viewed, saved, and given to programs. */
#include "base/file.h"
#include "base/mem.h"
#include "screen.h"
#include "tests/check.h"
#include "ui/view_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void is_in_file(const char *path, const char *text, bool is)
{
	struct str s = STR_INIT;

	if (file_read(path, 1 << 20, &s, NULL) != 0)
		fail_msg("%s is not there", path);
	if (!strstr(str_c(&s), text) != !is)
		fail_msg("%s has: %s", path, str_c(&s));
	str_done(&s);
}

/* No file that was lent is left. */
static void nothing_lent(struct screen *x)
{
	char *tmp = in_screen(x, "tmp"), line[400];
	FILE *f;

	snprintf(line, sizeof(line), "find %s -type f", tmp);
	f = popen(line, "r");
	assert_null(fgets(line, sizeof(line), f));
	pclose(f);
}

static struct screen *open_parts(void)
{
	struct screen *x = open_screen(24, 80);
	char *tmp = in_screen(x, "tmp");

	assert_int_equal(file_make_dirs(tmp, NULL), 0);
	setenv("TMPDIR", tmp, 1);
	press_sees(x, "v", "cache.pdf");
	return x;
}

static void test_pipe(void **state)
{
	struct screen *x = open_parts();
	char *out = in_screen(x, "out"), line[300];

	press_sees(x, "|", "Pipe to:");
	snprintf(line, sizeof(line), "cat >%s", out);
	type_text(x, line);
	press(x, "Enter");
	program_ends(x);
	is_in_file(out, "01234567\r\n", true);
	nothing_lent(x);

	command(x, "set print-command='cat >$TMPDIR/../printed'");
	press(x, "p");
	program_ends(x);
	is_in_file(in_screen(x, "printed"), "01234567\r\n", true);
	nothing_lent(x);
}

static void test_pipe_fails(void **state)
{
	struct screen *x = open_parts();

	command(x, "pipe-part there-is-no-such-program");
	program_ends(x);
	sees(x, "There is no program “there-is-no-such-program” here");
	command(x, "pipe-part exit 3");
	program_ends(x);
	sees(x, "“exit 3” ended with a fault (status 3)");
	nothing_lent(x);
	refuse_next("not today");
	press_sees(x, "p", "not today");
}

static void test_nowhere_to_lend(void **state)
{
	struct screen *x = open_parts();

	setenv("TMPDIR", in_screen(x, "nowhere"), 1);
	press_sees(x, "p", "Cannot make a private directory");
}

/* Several messages are one file, one behind the other; a text is one as it stands. */
static void test_pipe_messages(void **state)
{
	struct screen *x = open_parts();
	struct view *v = app_find_view(&x->a, UI_INDEX);
	struct msglist *l = view_index_list(v);
	uint32_t uids[2] = {msglist_uid(l, 0), msglist_uid(l, 1)};

	app_pipe(&x->a, engine_lend_messages(x->e, l, uids, 2), "grep -c ^Subject: >$TMPDIR/../n",
		false);
	program_ends(x);
	is_in_file(in_screen(x, "n"), "2\n", true);
	app_pipe(&x->a, engine_lend_text(x->e, "a b", "some text\n"), "cat >$TMPDIR/../t", false);
	program_ends(x);
	is_in_file(in_screen(x, "t"), "some text\n", true);
	nothing_lent(x);
	/* What is still asked for when the program ends is dropped. */
	app_pipe(&x->a, engine_lend_text(x->e, "a", "b"), "true", false);
}

/* As many as there are. */
static void test_pipe_many(void **state)
{
	struct screen *x = open_parts();
	unsigned requests[40];

	for (size_t i = 0; i < MEM_COUNT(requests); i++)
		requests[i] = engine_lend_text(x->e, "a", "Subject: one of many\n");
	app_pipe_all(&x->a, requests, MEM_COUNT(requests), "grep -c ^Subject: >$TMPDIR/../n", false,
		true);
	program_ends(x);
	is_in_file(in_screen(x, "n"), "40\n", true);
	nothing_lent(x);
}

/* --- looking at parts --- */

#define PART(type, name)                                                                           \
	"--b\nContent-Type: " type "\nContent-Disposition: attachment; filename=\"" name "\"\n"
#define BASE64 "Content-Transfer-Encoding: base64\n\n"

/* What an empty zip with two files in it is: one is called "../../a<ESC>b.txt". */
static const char mail[] =
	"From x@example.org Mon Jan  1 00:00:00 2024\n"
	"Subject: parts\nFrom: x@example.org\nMIME-Version: 1.0\n"
	"Content-Type: multipart/mixed; boundary=b\n\n"
	"--b\n\nthe text\n" PART("text/html", "page.html") "\n<p>Hello <b>reader</b></p>\n" PART(
		"application/octet-stream",
		"change.patch") "\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n" PART("message/"
										     "rfc822",
		"mail.eml") "\nSubject: inner one\nFrom: y@example.org\n\ninner text\n" PART("appli"
											     "catio"
											     "n/"
											     "x-"
											     "tar",
		"files.tar") BASE64 "%s\n" PART("application/pdf",
		"invoice.pdf") "\n<html><body>not a pdf</body></html>\n" PART("application/x-shown",
		"a;touch pwned $(x).shown") "\nbytes to show\n" PART("application/x-text",
		"a.text") "\nsome bytes\n" PART("application/x-none",
		"") "\nnothing for this\n" PART("image/png", "dot.png") BASE64
	"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+"
	"kcQAAAABJRU5ErkJggg==\n"
	"--b--\n\n";

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void run(const char *fmt, const char *arg)
{
	char line[600];

	snprintf(line, sizeof(line), fmt, arg);
	assert_int_equal(system(line), 0);
}

/* An archive of two files, in base64. */
static void add_tar(struct screen *x, struct str *out)
{
	char *dir = in_screen(x, "made");

	run("mkdir %s", dir);
	run("cd %s && echo one >one.txt && echo >\"$(printf 'a\\033b.txt')\" && tar cf files.tar "
	    "one.txt a*txt && "
	    "base64 files.tar >b64",
		dir);
	assert_int_equal(file_read(in_screen(x, "made/b64"), 1 << 20, out, NULL), 0);
}

static struct screen *open_mail(void)
{
	struct screen *x = open_screen(30, 100);
	struct str tar = STR_INIT, text = STR_INIT;
	const char *at = strstr(mail, "%s");

	assert_int_equal(file_make_dirs(in_screen(x, "tmp"), NULL), 0);
	setenv("TMPDIR", in_screen(x, "tmp"), 1);
	setenv("MAILCAPS", in_screen(x, "mailcap"), 1);
	write_text(in_screen(x, "mailcap"),
		"application/x-shown; cat %s >$TMPDIR/../shown\\; echo %s >$TMPDIR/../name; "
		"needsterminal\n"
		"application/x-text; printf 'never: '\\; cat %s; copiousoutput; test=false\n"
		"application/x-text; printf 'shown: '\\; cat %s; copiousoutput; test=true\n"
		"text/html; cat %s >$TMPDIR/../shown; nametemplate=%s.htm; needsterminal\n");
	add_tar(x, &tar);
	str_add(&text, mail, (size_t)(at - mail));
	str_adds(&text, tar.p);
	str_adds(&text, at + 2);
	write_text(in_screen(x, "mail.mbox"), text.p);
	str_done(&tar);
	str_done(&text);
	assert_true(app_open_folder(&x->a, -1, in_screen(x, "mail.mbox"), true));
	look(x);
	press_sees(x, "v", "page.html");
	return x;
}

static void test_view_here(void **state)
{
	struct screen *x = open_mail();

	press_sees(x, "3 Enter", "Hello reader");
	sees_not(x, "<p>");
	press_sees(x, "q 4 Enter", "+new");
	press_sees(x, "q 5 Enter", "inner text");
	sees(x, "Subject: inner one");
	press_sees(x, "q 7 Enter", "2 files, 5 bytes");
	sees(x, "one.txt");
	sees_not(x, "\033");
	press_sees(x, "q 3 T", "<p>Hello");
	press_sees(x, "q 1 Enter Enter", "It has parts, which stand below it");
	nothing_lent(x);
}

static void test_view_program(void **state)
{
	struct screen *x = open_mail();

	press(x, "9 Enter");
	program_ends(x);
	is_in_file(in_screen(x, "shown"), "bytes to show", true);
	is_in_file(in_screen(x, "name"), "/a_touch_pwned___x_.shown\n", true);
	press_sees(x, "1 0 Enter Enter", "shown: some bytes");
	press(x, "q 3 m");
	program_ends(x);
	is_in_file(in_screen(x, "shown"), "<p>Hello", true);
	press_sees(x, "4 m", "No mailcap file has a row for text/x-diff");
	nothing_lent(x);
}

static void test_view_doubt(void **state)
{
	struct screen *x = open_mail();

	sees(x, "  ! differs");
	press_sees(x, "8 Enter", "“invoice.pdf” is not what it says: it is text/html. Open it");
	press(x, "n");
	nothing_lent(x);
	press(x, "8");
	command_sees(x, "open-with cat >$TMPDIR/../opened", "is not what it says");
	press_sees(x, "n e", "Open with:");
	type_keys(x, "cat >$TMPDIR/../opened");
	press_sees(x, "Enter", "is not what it says");
	press(x, "y");
	program_ends(x);
	is_in_file(in_screen(x, "opened"), "not a pdf", true);
}

/* Of two that are asked for at once the last is opened, as it was asked for. */
static void test_view_two(void **state)
{
	struct screen *x = open_mail();
	char *in;

	press_soon(x, "3 m 8 m");
	look(x);
	program_ends(x);
	if (file_exists(in_screen(x, "shown")))
		fail_msg("the first was opened");
	sees(x, "“invoice.pdf” is not what it says");
	press_sees(x, "y", "No mailcap file has a row for");
	/* The question about the one before waits for the line that is typed. */
	press_soon(x, "8 m :");
	look(x);
	type_text(x, "view-text");
	press_sees(x, "Enter", "invoice.pdf");
	in = in_screen(x, "shown");
	press_sees(x, "y", "Another part was opened meanwhile; nothing was done");
	assert_false(file_exists(in));
}

static void test_view_picture(void **state)
{
	struct screen *x = open_mail();

	command(x, "set image-command='wc -c >$TMPDIR/../size <'");
	command(x, "row 12");
	press(x, "Enter");
	program_ends(x);
	is_in_file(in_screen(x, "size"), "6", true);
	nothing_lent(x);
}

static void test_save_parts(void **state)
{
	struct screen *x = open_mail();
	char line[400];

	press_sees(x, "3 t t", "*");
	press_sees(x, "S", "Save 2 files in the directory:");
	press(x, "Backspace Backspace");
	snprintf(line, sizeof(line), "%s/in/here", x->dir);
	type_text(x, line);
	press_sees(x, "Enter", "2 files were saved in");
	is_in_file(in_screen(x, "in/here/page.html"), "Hello", true);
	is_in_file(in_screen(x, "in/here/change.patch"), "+new", true);
	/* Nothing is written over. */
	write_text(in_screen(x, "in/here/page.html"), "mine");
	press(x, "4 t 3");
	snprintf(line, sizeof(line), "save-parts %s/in/here", x->dir);
	command_sees(x, line, "1 file was saved in");
	is_in_file(in_screen(x, "in/here/page.html"), "mine", true);
	is_in_file(in_screen(x, "in/here/page-1.html"), "Hello", true);
	press(x, "3 t");
	command_sees(x, line, "9 files were saved in");
	refuse_next("not today");
	command_sees(x, line, "not today");
}

static void test_delete_part(void **state)
{
	struct screen *x = open_screen(24, 80);

	press_sees(x, "v d", "Delete “cache.pdf” from the message, and keep the rest?");
	press(x, "n");
	sees(x, "Attachments");
	refuse_next("not today");
	press_sees(x, "d y", "not today");
	done_next("The part is deleted");
	press_sees(x, "d y", "The part is deleted");
	assert_string_equal(asked(), "cut 4 2 cache.pdf");
	sees_not(x, "Attachments");
}

static void test_rows(void **state)
{
	struct screen *x = open_mail();

	press_sees(x, "1", "Row: 1");
	press(x, "Esc 9");
	assert_int_equal(((struct list_view *)(void *)app_view(&x->a))->scroll.cursor, 8);
	press(x, "1 1 Enter");
	assert_int_equal(((struct list_view *)(void *)app_view(&x->a))->scroll.cursor, 10);
	press_sees(x, "1 3 Enter", "There are 12 rows here");
	command_sees(x, "row 0", "There are 12 rows here");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCREEN_CASE(test_pipe),
		SCREEN_CASE(test_pipe_fails),
		SCREEN_CASE(test_nowhere_to_lend),
		SCREEN_CASE(test_pipe_messages),
		SCREEN_CASE(test_pipe_many),
		SCREEN_CASE(test_view_here),
		SCREEN_CASE(test_view_program),
		SCREEN_CASE(test_view_doubt),
		SCREEN_CASE(test_view_two),
		SCREEN_CASE(test_view_picture),
		SCREEN_CASE(test_save_parts),
		SCREEN_CASE(test_delete_part),
		SCREEN_CASE(test_rows),
	};

	if (!freopen("/dev/null", "r", stdin))
		return 99;
	screen_begin();
	return cmocka_run_group_tests_name("ui_parts", tests, NULL, NULL);
}

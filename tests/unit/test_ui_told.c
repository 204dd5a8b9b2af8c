/* What fails, is missing or cannot be done is told on the screen, whatever was asked. */
#include "base/clock.h"
#include "base/mem.h"
#include "screen.h"
#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO "The server refused: not today"

/* Every request that is refused says why. */
static void test_refusals(void **state)
{
	static const struct {
		const char *before, *line, *after; /* commands, and keys to answer with */
		bool writing;
	} rows[] = {
		{NULL, "undo", NULL, false},
		{NULL, "flag", NULL, false},
		{NULL, "read-thread", NULL, false},
		{NULL, "set-flag read", NULL, false},
		{NULL, "keyword todo", NULL, false},
		{NULL, "move Archive", NULL, false},
		{NULL, "copy Archive", NULL, false},
		{NULL, "archive", NULL, false},
		{NULL, "delete", NULL, false},
		{NULL, "create New", NULL, false},
		{NULL, "reply", NULL, false},
		{NULL, "drafts", NULL, false},
		{NULL, "attachments", NULL, false},
		{NULL, "save /nowhere/at/all", NULL, false},
		{NULL, "export /nowhere/at/all", NULL, false},
		{NULL, "import /nowhere/at/all", NULL, false},
		{NULL, "backup /nowhere/at/all", NULL, false},
		{NULL, "check", NULL, false},
		{NULL, "sync", NULL, false},
		{NULL, "search text", NULL, false},
		{NULL, "tag-pattern text", NULL, false},
		{NULL, "limit text", NULL, false},
		{NULL, "compose bob@example.org", "x Enter", false},
		{NULL, "forward", "b Enter", false},
		{"open", "headers", NULL, false},
		{"attachments", "save /nowhere/at/all", NULL, false},
		{"outbox", "hold-mail", NULL, false},
		{"outbox", "drop-mail", "y", false},
		{"outbox", "retry-mail", "y", false},
		{"outbox", "edit-mail", "y", false},
		{"drafts", "drop-draft", "y", false},
		{"drafts", "open", NULL, false},
		{NULL, "send", NULL, true},
		{NULL, "postpone", NULL, true},
		{NULL, "discard", "y", true},
		{NULL, "edit", NULL, true},
		{NULL, "edit-subject", "x Enter", true},
	};

	struct screen *x = open_screen(30, 100);

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		reopen_screen(x, 30, 100);
		press(x, "= j");
		if (rows[i].writing)
			begin_answer(x);
		if (rows[i].before)
			command(x, rows[i].before);
		if (!rows[i].after)
			refuse_next(NO);
		command(x, rows[i].line);
		if (rows[i].after) {
			refuse_next(NO);
			press(x, rows[i].after);
		}
		if (!strstr(str_c(&x->text), NO))
			fail_msg("%s: %s", rows[i].line, str_c(&x->text));
	}
}

/* What is not there, or means nothing here. */
static void test_nothing_there(void **state)
{
	static const struct {
		const char *before, *line, *said;
	} rows[] = {
		{NULL, "search-next", "Nothing was searched yet"},
		{NULL, "set nonsense=1", "There is no option “nonsense”"},
		{NULL, "set sidebar=perhaps", "sidebar"},
		{NULL, "help nonsense", "No help on “nonsense”"},
		{NULL, "account nobody", "There is no account “nobody”"},
		{NULL, "check nobody", "There is no account “nobody”"},
		{NULL, "protocol gopher", "A protocol is one of: imap pop3, not “gopher”"},
		{NULL, "protocol imap", "works by IMAP already"},
		{NULL, "set-flag shiny", "not “shiny”"},
		{NULL, "open Nowhere", "There is no folder “Nowhere”"},
		{NULL, "open-tab /no/such/mbox", "/no/such/mbox"},
		{"pending", "drop-change some", "It is “all” or nothing, not “some”"},
		{"open", "search nowhere-in-it", "“nowhere-in-it” was not found"},
		{"help", "search nowhere-in-it", "was not found"},
		{"folders", "search nowhere-in-it", "“nowhere-in-it” was not found"},
		{"outbox", "search nowhere-in-it", "“nowhere-in-it” was not found"},
		{"open", "skip-quoted", ""},
		{"limit nothing-has-this", "delete", "There is no message here"},
		{"limit nothing-has-this", "reply", "There is no message here"},
		{NULL, "next; next; nonsense", "There is no command “nonsense”"},
		{NULL, "send", "means nothing here"},
	};

	struct screen *x = open_screen(30, 100);

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		reopen_screen(x, 30, 100);
		press(x, "= j");
		if (rows[i].before)
			command(x, rows[i].before);
		command(x, rows[i].line);
		if (*rows[i].said && !strstr(str_c(&x->text), rows[i].said))
			fail_msg("%s: %s", rows[i].line, str_c(&x->text));
	}
}

/* --- in the Trash --- */

static void test_delete_for_good(void **state)
{
	struct screen *x = open_screen(24, 80);

	command(x, "open Trash");
	press(x, "=");
	forget();
	press_sees(x, "d", "Delete 1 message for good? (y/n)");
	assert_string_equal(asked(), "");
	press_asks(x, "n", "");
	press(x, "t t ; d");
	sees(x, "Delete 2 messages for good? (y/n)");
	press_asks(x, "y", "delete 1 2");
	command_sees(x, "delete-pattern ~A", "Delete 1 message for good? (y/n)");
	press_asks(x, "n", "search ~A");
}

/* --- how it begins --- */

static void test_start(void **state)
{
	struct strv said = STRV_INIT;
	struct draft draft;
	struct screen *x;

	strv_add(&said, "An option was wrong");
	x = open_started(24, 80,
		&(struct app_start){.account = "nobody", .folder = "Archive", .messages = &said});
	sees(x, "work Archive");
	command_sees(x, "messages", "There is no account “nobody”");
	sees(x, "An option was wrong");
	strv_done(&said);
	x = open_started(
		24, 80, &(struct app_start){.folder = "/tmp/mbox", .folder_is_path = true});
	sees(x, "3 mbox");
	draft_init(&draft);
	screen_accounts(0);
	x = open_started(24, 80, &(struct app_start){.draft = &draft});
	sees(x, "No account to write from");
	command_sees(x, "folders", "No account yet");
	command_sees(x, "check", "No account is open");
	command_sees(x, "create x", "There is no account here");
	command_sees(x, "backup /x", "There is no account here");
	command_sees(x, "compose", "No account to write from");
	draft_done(&draft);
}

/* --- events --- */

static void test_events_told(void **state)
{
	struct screen *x = open_screen(24, 80);

	tell_text(x, STORE_SENT, POSTBOX_WORK, "");
	look_sees(x, "Sent");
	/* Each account is asked for once, with what was wrong before. */
	tell_state(x, SYNC_FAILED, "The server refused the login");
	tell(x, told(STORE_PASSWORD, POSTBOX_WORK));
	tell(x, told(STORE_PASSWORD, POSTBOX_WORK));
	tell(x, told(STORE_PASSWORD, POSTBOX_HOME));
	look(x);
	look_sees(x, "The server refused the login. Password for work:");
	for (int i = 0; i < 300; i++) /* grows without a copy that stays */
		press_soon(x, "x");
	press(x, "Enter");
	look_sees(x, "Password for home");
	press(x, "Esc");
	look_sees_not(x, "Password for");
	/* A question of a screen that is gone is not asked any more. */
	command(x, "outbox");
	press_soon(x, ":");
	commands_run(&x->a, "drop-mail");
	app_ask(&x->a, "Something else? ", "", HISTORY_NONE, NULL, NULL, NULL, x);
	app_close_view(&x->a, app_view(&x->a));
	press_sees(x, "Esc", "Something else?");
	press_sees_not(x, "Esc", "unsent?");
	/* Esc in what is said goes on. */
	x->a.progress_request = 77;
	press(x, "Ctrl-C");
	assert_int_equal(x->a.progress_request, 0);
}

/* --- reading --- */

static void test_reader_told(void **state)
{
	struct screen *x = open_screen(24, 80);
	struct view *v;
	uint32_t uid;

	press(x, "= Enter");
	v = app_view(&x->a);
	command_sees(x, "previous", "This is the first message");
	command_sees(x, "next 1000", "This is the last message");
	command(x, "set read-on=no");
	press_sees(x, "End Space Space", "This is the end");
	command(x, "skip-quoted");
	command_sees(x, "skip-quoted", "No more text behind a quote");
	command(x, "next-unread");
	command(x, "whole");
	/* One that does not come is told after a while, with how much of it is here. */
	x = open_screen(24, 80);
	hold_reads(true);
	press(x, "= Enter");
	v = app_view(&x->a);
	sees_not(x, "Fetching");
	assert_true(v->ops->tick(v, clock_ms()) > 0);
	assert_int_equal(v->ops->tick(v, clock_ms() + 60000), 0);
	look_sees(x, "Fetching the message …");
	tell_progress(x, 0, 0, 0);
	press(x, "Ctrl-C");
	hold_reads(false);
	uid = view_reader_uid(v);
	v->ops->reload(v, uid);
	look_sees(x, "Because a page is what one screen needs.");
	v->ops->reload(v, uid + 1); /* another one */
	mail_vanishes(x, uid);
	look(x);
	press_sees_not(x, "j", "of the message 1.");
	/* In a large window a click into the list goes to the list. */
	x = open_screen(60, 200);
	press(x, "= Enter");
	assert_int_equal(app_view(&x->a)->ops->context, UI_READER);
	app_input(&x->a, &(struct term_key){.name = "Click", .row = 4, .col = 100});
	look(x);
	assert_int_equal(app_view(&x->a)->ops->context, UI_INDEX);
}

/* --- writing --- */

static void test_compose_told(void **state)
{
	struct screen *x = open_screen(24, 120);

	postbox_draft("mine", "bob@example.org", "My words",
		"Words of mine.\n> words of yours\n-- \nAlice\n", true, false);
	begin_draft(x, "My words");
	sees(x, "its HTML goes along");
	command(x, "search yours");
	command_sees(x, "search nowhere-in-it", "was not found");
	command_sees(x, "attach /tmp", "cannot be attached: it is not a readable file");
	command_sees(x, "detach", "No file is attached");
	commands_run(&x->a, "attach /etc/passwd");
	commands_run(&x->a, "attach /etc/group");
	/* Asked for while it is being saved: it goes when that is done. */
	commands_run(&x->a, "send");
	look(x);
	assert_string_equal(asked(), "send mine");
	x = open_screen(24, 80);
	begin_answer(x);
	commands_run(&x->a, "attach /etc/passwd");
	commands_run(&x->a, "attach /etc/group");
	look(x);
	command(x, "detach");
	press_sees(x, "'3' Enter", "There is no file 3");
	/* The tabs are full: what was begun is kept, and that is said. */
	for (int i = 0; i < 10; i++)
		command(x, "open-tab Archive");
	sees(x, "Too many tabs are open");
	forget();
	command(x, "drafts");
	press(x, "Enter");
	/* A draft in its folder is gone on with. */
	x = open_screen(24, 80);
	command(x, "open Drafts");
	press(x, "=");
	press_soon(x, "Enter :");
	look(x);
	press(x, "Esc");
	assert_string_equal(asked_to_write(), "resume 1");
	sees(x, "Subject  Invoice 4711");
}

/* --- Tab --- */

static void test_completions(void **state)
{
	static const char *const rows[][2] = {
		{"move ker", ":move Lists/kernel"}, /* nothing begins so: what has it anywhere */
		{"set mouse=y", ":set mouse=yes"},
		{"set theme=da", ":set theme=dark"},
		{"set nonsense=", ":set nonsense="},
		{"sort un", ":sort unread"},
		{"help fold-a", ":help fold-all"},
		{"protocol po", ":protocol pop3"},
		{"protocol pop3 ho", ":protocol pop3 home"},
		{"account ho", ":account home"},
		{"bind ind", ":bind index"},
		{"bind index x delete-pat", ":bind index x delete-pattern"},
		{"color quote1 mage", ":color quote1 magenta"},
		{"color cursor", ":color cursor"},
		{"export /etc/passw", ":export /etc/passwd"},
		{"import /etc/passwd Arch", ":import /etc/passwd Archive"},
		{"import -a /et", ":import -a /etc/"},
		{"save /etc/pas", ":save /etc/passwd"},
		{"attac", ":attach"},
	};
	struct screen *x = open_screen(24, 80);

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		press(x, ":");
		type_keys(x, rows[i][0]);
		press(x, "Tab");
		if (!str_starts(str_c(&x->a.prompt.text), rows[i][1] + 1))
			fail_msg("%s: %s", rows[i][0], str_c(&x->a.prompt.text));
		press(x, "Esc");
	}
}

/* --- tabs, lists and folders --- */

static void test_tabs_and_lists(void **state)
{
	struct screen *x = open_screen(24, 80);

	command(x, "open-tab Archive");
	command_sees(x, "open-tab Sent", "4 work Sent");
	command(x, "tab 3");
	command(x, "close-tab"); /* the one behind it takes its number */
	sees(x, "3 work Sent");
	command(x, "close-tab");
	command(x, "close-tab");
	command(x, "close-tab");
	sees(x, "This is the only tab; q ends the program");
	command_sees(x, "sidebar", "Old mail");
	command_sees_not(x, "sidebar", "Old mail");
	press(x, "g"); /* an answer to all asks nothing here */
	x = open_screen(24, 80);
	/* A second click opens. */
	command(x, "attachments");
	click(x, 2, 5);
	click(x, 2, 5);
	look_sees(x, "Line 9 of the message");
	press(x, "q");
	click(x, 20, 5); /* none there */
	look_sees_not(x, "Line 9 of the message");
	mail_renumbered(x);
	command(x, "save /tmp/x");
	sees(x, "switched or numbered anew meanwhile; nothing was done");
	command(x, "outbox");
	tell_outbox(x, 1, 3, OUTBOX_UNCONFIRMED, 1);
	press(x, "End");
	command(x, "search Minutes"); /* round the end */
	tell_outbox(x, 1, 1, OUTBOX_UNCONFIRMED, 1);
	command(x, "folders");
	press(x, "Home");
	press(x, "j j j Enter"); /* an account is its inbox */
	sees(x, "online   INBOX");
	command(x, "folders");
	click(x, 6, 5);
	sees(x, "Lists");
	click(x, 6, 5);
	sees(x, "online   Lists");
	command_sees(x, "limit nothing-has-this", "Nothing matches. l all shows everything again");
}

/* --- what comes too late, or finds nothing --- */

static void test_late(void **state)
{
	struct screen *x = open_screen(24, 100);

	press(x, "= t j t ;");
	command_sees(x, "copy", "Copy 2 messages to:");
	press(x, "Esc");
	command(x, "untag-all");
	/* What is asked while it is saved is not answered by what is typed meanwhile. */
	begin_answer(x);
	command(x, "edit-subject");
	press(x, "Ctrl-U Enter");
	commands_run(&x->a, "attach /etc/passwd");
	commands_run(&x->a, "send");
	press_soon(x, ":");
	forget();
	look(x);
	press_asks(x, "Esc", "");
	command_sees(x, "messages", "Saved, not sent yet: y sends it");
	press_sees(x, "q y", "No subject. Send it anyway?");
	press_asks(x, "n", "");
	command(x, "discard");
	press_sees(x, "y", "The draft is gone");
	for (int i = 0; i < MAX_TABS; i++)
		command(x, "open-tab Archive");
	begin_answer(x);
	sees(x, "Too many tabs are open; the draft is kept");
	/* Questions that still wait at the end are nobody's. */
	press_soon(x, ":");
	app_ask(&x->a, "Later? ", "", HISTORY_NONE, NULL, NULL, NULL, x);
}

/* --- cells --- */

static void test_cells(void **state)
{
	static const char marks[] = "e\xCC\x81\xCC\xA3x\xCC\x88y";
	struct style_set set = {0};
	struct str s = STR_INIT;

	style_theme(&set, "dark");
	assert_int_equal(term_start_headless(&set, 4, 20, NULL), 0);
	term_erase();
	assert_int_equal(term_put(0, 0, 20, STYLE_PLAIN, marks, sizeof(marks) - 1), 3);
	term_row_text(0, &s);
	assert_string_equal(str_c(&s), marks);
	/* Nothing is drawn outside. */
	assert_int_equal(term_put(4, 0, 20, STYLE_PLAIN, "x", 1), 0);
	assert_int_equal(term_put(0, 20, 20, STYLE_PLAIN, "x", 1), 0);
	assert_false(term_keep(4, 0, 20, 1));
	term_fill(-1, 0, 20, STYLE_PLAIN);
	/* A row that something else lay over is not what its key says. */
	assert_false(term_keep(1, 0, 20, 7));
	term_put(1, 0, 20, STYLE_PLAIN, "kept", 4);
	assert_false(term_keep(2, 0, 20, 8));
	term_put(2, 0, 20, STYLE_PLAIN, "covered", 7);
	term_put(2, 2, 3, STYLE_PLAIN, "over", 4);
	term_flush();
	term_erase();
	assert_true(term_keep(1, 0, 20, 7));
	assert_false(term_keep(2, 0, 20, 8));
	term_flush();
	str_clear(&s);
	term_row_text(1, &s);
	assert_string_equal(str_c(&s), "kept");
	str_done(&s);
	term_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCREEN_CASE(test_refusals),
		SCREEN_CASE(test_nothing_there),
		SCREEN_CASE(test_delete_for_good),
		SCREEN_CASE(test_start),
		SCREEN_CASE(test_events_told),
		SCREEN_CASE(test_reader_told),
		SCREEN_CASE(test_compose_told),
		SCREEN_CASE(test_completions),
		SCREEN_CASE(test_tabs_and_lists),
		SCREEN_CASE(test_late),
		SCREEN_CASE(test_cells),
	};

	screen_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

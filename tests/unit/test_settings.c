#include "engine/settings.h"

#include "base/file.h"
#include "base/mem.h"
#include "engine/sort.h"
#include "tests/unit/fails.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *dir; /* of this test */
static char *path;

static int make_dir(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct str name = STR_INIT;

	str_addf(&name, "%s/settings.XXXXXX", tmp ? tmp : "/tmp");
	dir = mkdtemp(str_steal(&name));
	path = file_join(dir, "config");
	return dir ? 0 : -1;
}

static int remove_dir(void **state)
{
	file_remove_tree(dir, NULL);
	free(dir);
	free(path);
	return 0;
}

static void put_file(const char *text)
{
	assert_int_equal(file_replace(path, text, strlen(text), 0600, NULL), 0);
}

static char *get_file(void)
{
	struct str text = STR_INIT;

	assert_int_equal(file_read(path, 1 << 20, &text, NULL), 0);
	return str_steal(&text);
}

static void assert_file(const char *want)
{
	char *got = get_file();

	assert_string_equal(got, want);
	free(got);
}

static void other_line(void *ctx, const struct conf_line *line, struct conf_errors *errors)
{
	int *seen = ctx;

	(*seen)++;
	if (strcmp(line->words[0].text, "bind") != 0)
		conf_error(errors, &line->words[0], "no such command");
}

/* Reads text as a configuration; the errors as they are shown, without the file's name. */
static struct settings *read_text(const char *text, char **told)
{
	struct settings *s = settings_new();
	struct conf_errors errors = {0};
	struct str out = STR_INIT;
	int seen = 0, rc;

	put_file(text);
	rc = settings_read(s, path, other_line, &seen, &errors);
	assert_int_equal(rc, errors.n ? -1 : 0);
	for (size_t i = 0; i < errors.n; i++)
		str_addf(&out, "%d:%d: %s\n", errors.v[i].line, errors.v[i].column,
			errors.v[i].text);
	conf_errors_done(&errors);
	assert_file(text); /* reading never writes */
	*told = str_steal(&out);
	return s;
}

static struct settings *read_good(const char *text)
{
	char *told;
	struct settings *s = read_text(text, &told);

	assert_string_equal(told, "");
	free(told);
	return s;
}

#define WORK                                                                                       \
	"account work {\n"                                                                         \
	"\tfrom \"Alice Example <alice@example.org>\"\n"                                           \
	"\timap imaps://alice@imap.example.org\n"                                                  \
	"}\n"

/* --- reading --- */

static void defaults_come_from_the_table(void **state)
{
	struct settings *s = settings_new();

	for (int i = 0; i < SETTINGS_COUNT; i++) {
		const struct setting_row *row = settings_row((enum setting)i);

		assert_non_null(row->name);
		assert_non_null(row->help);
		assert_true(*row->help);
		assert_int_equal(settings_find(row->name), i);
		assert_string_equal(settings_text(s, (enum setting)i), row->initial);
	}
	assert_int_equal(settings_int(s, SET_CACHE_SIZE), 1L << 30);
	assert_true(settings_bool(s, SET_THREADS));
	assert_false(settings_bool(s, SET_MOUSE));
	settings_free(s);
}

static void protocols_are_whole(void **state)
{
	size_t n;
	const struct setting_row *rows = account_rows(&n);
	struct str keys = STR_INIT;

	for (enum protocol p = 0; p < SERVERS; p++) {
		const struct protocol_row *row = protocol_row(p);
		size_t at = 0;

		assert_non_null(row->name);
		assert_non_null(row->question);
		assert_non_null(row->greeting);
		assert_non_null(row->guesses[0]);
		assert_true(row->port && row->tls_port);
		while (at < n && strcmp(rows[at].name, row->key) != 0)
			at++;
		assert_true(at < n); /* the option that says where its server is */
		assert_int_equal(
			rows[at].at, offsetof(struct account_settings, urls) + p * sizeof(char *));
		assert_int_equal(protocol_find(row->key), p < PROTOCOLS ? (int)p : -1);
		if (p < PROTOCOLS)
			assert_true(row->summary && row->advice);
	}
	protocol_keys(&keys);
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].name, "protocol") == 0)
			assert_string_equal(rows[i].choices, str_c(&keys));
	str_done(&keys);
	assert_int_equal(protocol_find("POP3"), PROTOCOL_POP3);
	assert_int_equal(protocol_find(""), -1);
}

/* An order is one row: what it is called, how it is asked for, what it is made of. */
static void orders_are_whole(void **state)
{
	struct settings *s = settings_new();
	struct str names = STR_INIT;
	bool reverse;

	for (enum msglist_sort sort = 0; sort < SORTS; sort++) {
		const struct sort_row *row = sort_row(sort);
		char mark[] = {'(', row->letter, ')', '\0'};
		struct str turned = STR_INIT;

		assert_non_null(row->key);
		assert_non_null(strstr(row->label, mark));
		assert_int_equal(sort_find(row->name, &reverse), sort);
		assert_false(reverse);
		str_addf(&turned, "reverse-%s", row->name);
		assert_int_equal(sort_find(turned.p, &reverse), sort);
		assert_true(reverse);
		assert_int_equal(settings_set(s, "sort", row->name, NULL), 0);
		assert_int_equal(settings_set(s, "sort", turned.p, NULL), 0);
		str_done(&turned);
		for (enum msglist_sort other = 0; other < sort; other++)
			assert_int_not_equal(sort_row(other)->letter, row->letter);
	}
	assert_int_equal(sort_find("", &reverse), -1);
	assert_int_equal(sort_find("reverse-", &reverse), -1);
	assert_int_equal(settings_set(s, "sort", "reverse-reverse-date", NULL), -1);
	settings_choices(settings_row(SET_SORT), &names);
	assert_string_equal(names.p,
		"date received from subject size unread reverse-date reverse-received "
		"reverse-from reverse-subject reverse-size reverse-unread");
	str_done(&names);
	settings_free(s);
}

static void reads_an_account(void **state)
{
	struct settings *s = read_good("set threads no\nset sidebar-width 30; set cache-size 20M\n"
				       "bind index x delete\n"
				       "account home {\n"
				       "  from \"Alice Example <alice@example.org>\"\n"
				       "  alternates a@example.net b@example.net\n"
				       "  protocol pop3 # so far\n"
				       "  imap imaps://alice@imap.example.org:1993\n"
				       "  pop3 pop3://alice@pop.example.org\n"
				       "  smtp smtp://relay.example.org:2525\n"
				       "  password command \"pass show mail/work\"\n"
				       "  pop3-keep 14d\n"
				       "  pop3-max 100k\n"
				       "  pop3-check 7\n"
				       "  pop3-delete-with-local yes\n"
				       "  save-sent no\n"
				       "  compress no\n"
				       "  sent \"Gesendete Objekte\"\n"
				       "}\n" WORK);
	struct account_settings *a = settings_account(s, 0);

	assert_false(settings_bool(s, SET_THREADS));
	assert_int_equal(settings_int(s, SET_SIDEBAR_WIDTH), 30);
	assert_int_equal(settings_int(s, SET_CACHE_SIZE), 20 << 20);
	assert_int_equal(settings_accounts(s), 2);
	assert_string_equal(a->name, "home");
	assert_string_equal(a->from_mail, "alice@example.org");
	assert_int_equal(a->alternates.n, 2);
	assert_int_equal(a->protocol, PROTOCOL_POP3);
	assert_string_equal(a->urls[PROTOCOL_IMAP], "imaps://alice@imap.example.org:1993");
	assert_string_equal(a->urls[PROTOCOL_SMTP], "smtp://relay.example.org:2525");
	assert_int_equal(a->password_kind, PASSWORD_COMMAND);
	assert_string_equal(a->password, "pass show mail/work");
	assert_int_equal(a->pop3_keep_days, 14);
	assert_int_equal(a->pop3_max, 100 << 10);
	assert_int_equal(a->pop3_check_minutes, 7);
	assert_true(a->pop3_delete_with_local);
	assert_false(a->save_sent);
	assert_false(a->compress);
	assert_string_equal(a->folders[ROLE_SENT], "Gesendete Objekte");
	a = settings_account(s, 1);
	assert_int_equal(a->protocol, PROTOCOL_IMAP);
	assert_int_equal(a->password_kind, PASSWORD_ASK);
	assert_int_equal(a->pop3_keep_days, -1);
	assert_true(a->save_sent);
	assert_true(a->compress);
	assert_string_equal(a->urls[PROTOCOL_POP3], "");
	assert_null(settings_account(s, 2));
	settings_free(s);
}

static void tells_all_errors_at_once(void **state)
{
	char *told;
	struct settings *s = read_text("set thraeds no\n"
				       "set threads maybe\n"
				       "  set sidebar-width 4\n"
				       "frobnicate\n"
				       "account Work {\n"
				       "}\n"
				       "account a {\n"
				       "\tform x\n"
				       "\timap pop3://a@b\n"
				       "\timap imaps://imap.example.org\n"
				       "\tpassword\n"
				       "\tpop3-keep soon\n"
				       "}\n"
				       "set wrap 90\n",
		&told);
	static const char *const wanted[] = {
		"1:5: There is no option thraeds; did you mean threads?\n",
		"2:13: threads is yes or no, not \"maybe\"\n",
		"3:21: sidebar-width is a number from 8 to 80, not \"4\"\n",
		"4:1: no such command\n",
		"5:9: an account name is made of",
		"8:2: an account has no \"form\"; did you mean \"from\"?\n",
		"9:7: this is not the address of a server for imap\n",
		"10:7: the user name is missing: write imaps://USER@imap.example.org\n",
		"11:2: password needs a value\n",
		"12:12: pop3-keep is always, never, or a number of days as 14d, not \"soon\"\n",
	};
	const char *p = told;

	for (size_t i = 0; i < MEM_COUNT(wanted); i++) {
		const char *at = strstr(p, wanted[i]);

		if (!at)
			fail_msg("lacks “%s” in its place:\n%s", wanted[i], told);
		p = at;
	}
	/* What was right counts all the same. */
	assert_int_equal(settings_int(s, SET_WRAP), 90);
	assert_int_equal(settings_accounts(s), 0);
	free(told);
	settings_free(s);
}

static void tells_each_error_where_it_is(void **state)
{
	static const char *const rows[][2] = {
		{"set\n", "1:1: write: set NAME VALUE\n"},
		{"set wrap\n", "1:5: wrap needs a value\n"},
		{"set wrap?\n", "1:5: wrap needs a value\n"},
		{"set wrap=x\n", "1:5: wrap is a number"},
		{"set date-format %d.%Q\n", "1:17: date-format: strftime(3) knows no %Q"},
		{"set date-format %d%\n", "1:17: date-format: strftime(3) knows no %;"},
		{"set date-format %n\n", "1:17: date-format: strftime(3) knows no %n"},
		{"set date-format today\n", "1:17: date-format is auto, iso, or a format"},
		{"set index-columns flags form\n", "1:25: index-columns: at 7: there is no column "
						   "“form”; did you mean “from”?"},
		{"set index-columns \"flags  weight\"\n", "1:19: index-columns: at 8: there is no "
							  "column “weight”; there are: number "},
		{"set index-columns date date\n", "index-columns: at 6: “date” is there twice"},
		{"set index-columns \" \"\n", "index-columns needs a column at least"},
		{"folder-columns Sent\n", "1:1: write: folder-columns FOLDER COLUMNS"},
		{"folder-columns Sent to fluff\n",
			"1:21: folder-columns: at 4: there is no column “fluff”"},
		{"account a {\n auth bogus\n}\n",
			"2:7: auth is oauth2 or one of: SCRAM-SHA-256-PLUS, SCRAM-SHA-256, "},
		{"account a {\n imap imaps://a:secret@host\n}\n",
			"2:7: a password does not belong into a server's address"},
		{"account a {\n imap imaps://a@b\n imap imaps://a@c\n}\n",
			"3:2: there is a line imap before this one: take one away\n"},
		{"set \xc3\xa4 1 2; set wrap x\n", "1:21: wrap is a number"}, /* characters */
		{"set sort newest\n", "1:10: sort is one of: date received"},
		{"set cache-size 1T\n", "1:16: cache-size is a number"},
		{"set cache-size 99999999999G\n", "1:16: cache-size is a number"},
		{"account\n", "1:1: write: account NAME { ... }\n"},
		{"account a {\n", "1:11: this { is not closed\n"},
		{"account a {\n from x\n}\n", "2:7: "},
		{"account a {\n imap imaps://a@b\n}\n", "1:9: account a has no from line"},
		{"account a {\n from a@b.org\n}\n", "1:9: account a has protocol imap but no imap"},
		{"account a {\n from a@b.org\n protocol pop3\n imap imaps://a@b\n}\n",
			"1:9: account a has protocol pop3 but no pop3 line"},
		{WORK WORK, "5:9: there are two accounts named work\n"},
		{"account a {\n tls-ca /nowhere/ca.pem\n}\n",
			"2:9: /nowhere/ca.pem cannot be read"},
		{"account a {\n tls-pin 12\n}\n", "2:10: tls-pin is a SHA-256 in hex, 64 digits\n"},
		{"account a {\n password plain one two\n}\n",
			"2:11: password plain takes one word"},
		{"account a {\n password keyring x\n}\n", "2:11: password keyring takes nothing"},
		{"account a {\n password secret\n}\n", "2:11: password is one of: ask"},
		{"account a {\n sent Sent Mail\n}\n",
			"2:12: sent takes one value: put it in quotes"},
		{"account a {\n imap ftp://a@b\n}\n", "2:7: "},
		{"account a {\n from \"a@b.org, c@d.org\"\n}\n", "2:7: from takes one address"},
		{"set downloads \"unclosed\n", "1:15: this \" is not closed"},
		{"set wrap 90 \xff\n", "1:13: this word is not UTF-8"},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		char *told;
		struct settings *s = read_text(rows[i][0], &told);

		if (!strstr(told, rows[i][1]))
			fail_msg("%s gave %s", rows[i][0], told);
		free(told);
		settings_free(s);
	}
}

static void a_missing_file_is_no_error(void **state)
{
	struct settings *s = settings_new();
	struct conf_errors errors = {0};
	int seen = 0;

	assert_int_equal(settings_read(s, "/nowhere/config", other_line, &seen, &errors), 1);
	assert_int_equal(errors.n, 0);
	assert_int_equal(settings_read(s, "/", other_line, &seen, &errors), -1);
	assert_int_equal(errors.n, 1);
	conf_errors_done(&errors);
	settings_free(s);
}

static void sets_at_runtime(void **state)
{
	struct settings *s = settings_new();

	WORKS(settings_set(s, "mouse", "on", &why));
	assert_true(settings_bool(s, SET_MOUSE));
	FAILS(ERR_INPUT, settings_set(s, "mouse", "perhaps", &why));
	assert_true(settings_bool(s, SET_MOUSE)); /* the old value stays */
	assert_int_equal(settings_set(s, "sidebar", "yes no", &why), -1);
	assert_int_equal(settings_set(s, "undo-send", "3601", &why), -1);
	assert_int_equal(settings_set(s, "nothing-like-it", "1", &why), -1);
	assert_null(settings_suggest("nothing-like-it"));
	assert_string_equal(settings_suggest("them"), "theme");
	settings_free(s);
}

static void account_names_are_safe(void **state)
{
	static const char *const good[] = {
		"a", "work", "0", "a.b-c_d", "abcdefghijklmnopqrstuvwxyz012345"};
	static const char *const bad[] = {"", ".", "..", ".a", "-a", "_a", "A", "a/b", "a b",
		"\xc3\xa4", "abcdefghijklmnopqrstuvwxyz0123456"};

	for (size_t i = 0; i < MEM_COUNT(good); i++)
		assert_true(settings_account_name_ok(good[i]));
	for (size_t i = 0; i < MEM_COUNT(bad); i++)
		assert_false(settings_account_name_ok(bad[i]));
}

static void places_follow_xdg(void **state)
{
	char *p;

	setenv("HOME", "/h", 1);
	setenv("XDG_CONFIG_HOME", "/c", 1);
	p = kept(settings_config_path());
	assert_string_equal(p, "/c/talaria/config");
	setenv("XDG_CONFIG_HOME", "relative", 1); /* to be ignored, says the specification */
	p = kept(settings_config_path());
	assert_string_equal(p, "/h/.config/talaria/config");
	unsetenv("XDG_DATA_HOME");
	p = kept(settings_dir_data("work"));
	assert_string_equal(p, "/h/.local/share/talaria/work");
	unsetenv("XDG_CACHE_HOME");
	p = kept(settings_dir_cache(NULL));
	assert_string_equal(p, "/h/.cache/talaria");
}

/* --- writing --- */

static void changes_only_the_protocol(void **state)
{
	/* before, after a switch to POP3 */
	static const char *const rows[][2] = {
		{"account work {\n  protocol  imap   # note; here\n  sent x\n}\n",
			"account work {\n  protocol  pop3   # note; here\n  sent x\n}\n"},
		{"account work {\r\n\tprotocol imap\r\n}\r\n",
			"account work {\r\n\tprotocol pop3\r\n}\r\n"},
		{"account work { \n protocol \"imap\"\n}", "account work { \n protocol pop3\n}"},
		{"account work {\n from \"J\xc3\xb6rg <j@x.org>\"; protocol imap; sent y\n}\n",
			"account work {\n from \"J\xc3\xb6rg <j@x.org>\"; protocol pop3; sent "
			"y\n}\n"},
		{"account home {\n protocol imap\n}\n# odd   \n\n\naccount work {\n protocol "
		 "pop3\n}\n",
			"account home {\n protocol imap\n}\n# odd   \n\n\naccount work {\n "
			"protocol "
			"pop3\n}\n"},
		{"account work {\n\timap x\n}\nset wrap 80",
			"account work {\n\tprotocol pop3\n\timap x\n}\nset wrap 80"},
		{"account work {\n protocol imap\n protocol imap\n}\n", /* the last one counts */
			"account work {\n protocol imap\n protocol pop3\n}\n"},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {

		put_file(rows[i][0]);
		if (settings_save_protocol(path, "work", PROTOCOL_POP3, &why) != 0)
			fail_msg("%s: %s", rows[i][0], why.text);
		assert_file(rows[i][1]);
	}
}

static void changes_the_protocol_there_and_back(void **state)
{
	const char *text = "# mine\naccount work {\n  protocol imap # c\n}\n";

	put_file(text);
	assert_int_equal(settings_save_protocol(path, "work", PROTOCOL_POP3, NULL), 0);
	assert_int_equal(settings_save_protocol(path, "work", PROTOCOL_IMAP, NULL), 0);
	assert_file(text);
}

static void leaves_alone_what_it_cannot_change(void **state)
{
	static const char *const rows[] = {
		"account home {\n protocol imap\n}\n", /* another one */
		"account work {\n protocol imap\n",    /* not closed */
		"account work {\n sent \"x\n}\n",
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {

		put_file(rows[i]);
		FAILS(ERR_INPUT, settings_save_protocol(path, "work", PROTOCOL_POP3, &why));
		assert_file(rows[i]);
	}
	assert_int_equal(
		settings_save_protocol("/nowhere/config", "work", PROTOCOL_POP3, NULL), -1);
}

/* --- saved searches --- */

static void reads_searches(void **state)
{
	struct settings *s = read_good("search boss \"from:boss ~N\"\nsearch Wäsche ~F\n");
	const struct span_row *row = settings_span(s, SPANS);

	assert_int_equal(settings_spans(s), SPANS + 2);
	assert_string_equal(row->name, "@boss");
	assert_string_equal(row->label, "boss");
	assert_string_equal(row->query, "from:boss ~N");
	assert_true(row->every);
	assert_ptr_equal(settings_span_find(s, "@BOSS"), row);
	assert_string_equal(settings_span_find(s, "@Wäsche")->query, "~F");
	assert_ptr_equal(settings_span_find(s, "@flagged"), span_row(SPAN_FLAGGED));
	assert_string_equal(span_query(settings_span_find(s, "@find:a b"), "@find:a b"), "a b");
	assert_null(settings_span_find(s, "boss"));
	assert_null(settings_span_find(s, "@other"));
	settings_free(s);
}

static void tells_what_is_wrong_with_a_search(void **state)
{
	static const char *const rows[][2] = {
		{"search boss\n", "1:1: write: search NAME \"QUERY\""},
		{"search boss a b\n", "1:1: write: search NAME \"QUERY\""},
		{"search a/b ~F\n", "1:8: The name of a search"},
		{"search \"\" ~F\n", "1:8: The name of a search"},
		{"search flagged ~F\n", "1:8: @flagged is there already"},
		{"search Find ~F\n", "1:8: @Find is there already"},
		{"search boss \"(a\"\n", "1:13: "},
		{"search boss ~F\nsearch Boss ~N\n", "2:8: there are two searches named Boss"},
	};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		char *told;
		struct settings *s = read_text(rows[i][0], &told);

		if (!strstr(told, rows[i][1]))
			fail_msg("%s: %s", rows[i][0], told);
		free(told);
		settings_free(s);
	}
}

/* One that is open goes on by the row that it was opened by. */
static void changes_and_forgets_searches(void **state)
{
	struct settings *s = read_good("search one ~F\nsearch two ~N\n");
	const struct span_row *one = settings_span_find(s, "@one");
	struct str name = STR_INIT;

	assert_int_equal(settings_search(s, "one", "~D", NULL), 0);
	assert_int_equal(settings_spans(s), SPANS + 2);
	assert_string_equal(settings_span(s, SPANS)->query, "~D");
	assert_string_equal(one->query, "~F");
	FAILS(ERR_INPUT, settings_search(s, "one", "(", &why));
	assert_string_equal(settings_span_find(s, "@one")->query, "~D");
	assert_int_equal(settings_search_forget(s, "@one", NULL), 0);
	FAILS(ERR_INPUT, settings_search_forget(s, "one", &why));
	FAILS(ERR_INPUT, settings_search_forget(s, "flagged", &why));
	assert_string_equal(settings_span(s, SPANS)->name, "@two");
	/* 64 bytes, and one more; a hundred, and one more. */
	for (int i = 0; i < 64; i++)
		str_addc(&name, 'n');
	assert_int_equal(settings_search(s, name.p, "~F", NULL), 0);
	str_addc(&name, 'n');
	FAILS(ERR_INPUT, settings_search(s, name.p, "~F", &why));
	for (int i = 2; i < 100; i++) {
		str_clear(&name);
		str_addf(&name, "n%d", i);
		assert_int_equal(settings_search(s, name.p, "~F", NULL), 0);
	}
	FAILS(ERR_INPUT, settings_search(s, "more", "~F", &why));
	assert_int_equal(settings_search(s, "n99", "~N", NULL), 0); /* no more than before */
	str_done(&name);
	settings_free(s);
}

static void saves_searches_and_nothing_else(void **state)
{
	static const char *const rows[][4] = {
		/* before, name, query, after */
		{"", "one", "~F", "search one ~F\n"},
		{"# end", "one", "a b", "# end\nsearch one \"a b\"\n"},
		{"set wrap 80 \\\n", "one", "~F", "set wrap 80 \\\n\nsearch one ~F\n"},
		{"search one ~N # mine\nset wrap 80\n", "one", "s:\"x y\"",
			"search one \"s:\\\"x y\\\"\" # mine\nset wrap 80\n"},
		{"search 'one' \"a\\\" b\"; set wrap 80\n", "ONE", "~F",
			"search 'one' ~F; set wrap 80\n"},
		{"a\n\tsearch one ~N\r\nb\n", "one", NULL, "a\nb\n"},
		{"search one ~N # mine\n", "one", NULL, " # mine\n"},
		{"search one ~N; set wrap 80\n", "one", NULL, " set wrap 80\n"},
		{"set wrap 80; search one ~N", "one", NULL, "set wrap 80; "},
		{"search one ~N", "one", NULL, ""},
		{"search one ~N\n", "two", NULL, "search one ~N\n"},
		{"account one {\n search one ~N\n}\n", "one", "~F",
			"account one {\n search one ~N\n}\nsearch one ~F\n"},
	};
	const char *broken = "account one {\n";

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		put_file(rows[i][0]);
		assert_int_equal(settings_save_search(path, rows[i][1], rows[i][2], NULL), 0);
		assert_file(rows[i][3]);
	}
	put_file(broken);
	FAILS(ERR_INPUT, settings_save_search(path, "one", "~F", &why));
	assert_file(broken);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(settings_save_search(path, "one", "~F", NULL), 0);
	assert_file("search one ~F\n");
}

static void saves_an_account_that_reads_back(void **state)
{
	struct settings *one = read_good("account new {\n"
					 "from \"\\\"Example, Al\\\\\\\"ice\\\" <a@example.org>\"\n"
					 "protocol pop3\n"
					 "pop3 pop3s://a%40b@pop.example.org\n"
					 "smtp smtps://a@smtp.example.org\n"
					 "password plain \"s3 c;r#e\\\"t\\\\ {}\"\n"
					 "}\n");
	struct settings *both;
	struct account_settings *a = settings_account(one, 0), *b;
	struct stat st;
	char *text;

	put_file("# kept\n" WORK "set wrap 90"); /* no line end */
	assert_int_equal(settings_save_account(path, a, NULL), 0);
	text = kept(get_file());
	both = read_good(text);
	assert_int_equal(settings_accounts(both), 2);
	assert_int_equal(settings_int(both, SET_WRAP), 90);
	b = settings_account(both, 1);
	assert_string_equal(b->name, "new");
	assert_string_equal(b->from, a->from);
	assert_string_equal(b->urls[PROTOCOL_POP3], a->urls[PROTOCOL_POP3]);
	assert_string_equal(b->urls[PROTOCOL_SMTP], a->urls[PROTOCOL_SMTP]);
	assert_string_equal(b->password, "s3 c;r#e\"t\\ {}");
	assert_int_equal(b->password_kind, PASSWORD_PLAIN);
	assert_int_equal(b->protocol, PROTOCOL_POP3);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	settings_free(both);
	settings_free(one);
}

/* Every option: what is read is copied, and written as what reads the same. A row without a value
 * here is one that nothing holds to its word. */
static void every_option_goes_all_the_way(void **state)
{
	static const struct {
		const char *name, *value;
	} given[] = {
		{"from", "\"Al Ice <a@example.org>\""},
		{"alternates", "b@example.org \"c@example.org, d@example.org\""},
		{"protocol", "pop3"},
		{"imap", "imap://a@imap.example.org:1143"},
		{"pop3", "pop3s://a@pop.example.org"},
		{"smtp", "smtps://relay.example.org"},
		{"tls-ca", "/dev/null"},
		{"tls-pin", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"},
		{"password", "command \"pass show \\\"x\\\"\""},
		{"auth", "oauth2"},
		{"compress", "no"},
		{"signature", "/nowhere/signature"},
		{"trusted-authserv", "\"mx.example.org example.net\""},
		{"save-sent", "no"},
		{"drafts", "\"My Drafts\""},
		{"sent", "S"},
		{"trash", "T"},
		{"junk", "J"},
		{"archive", "A"},
		{"body-index", "inbox"},
		{"pop3-keep", "14d"},
		{"pop3-delete-with-local", "yes"},
		{"pop3-max", "1048576"},
		{"pop3-check", "7"},
	};
	struct str file = STR_INIT, once = STR_INIT, twice = STR_INIT;
	struct settings *s;
	struct account_settings *copy;
	size_t n;
	const struct setting_row *rows = account_rows(&n);

	assert_int_equal(n, MEM_COUNT(given));
	str_adds(&file, "account all {\n");
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(rows[i].name, given[i].name);
		str_addf(&file, "\t%s %s\n", given[i].name, given[i].value);
	}
	str_adds(&file, "}\n");
	s = read_good(file.p);
	copy = account_settings_copy(settings_account(s, 0));
	settings_free(s);
	settings_account_text(&once, copy);
	for (size_t i = 0; i < n; i++) {
		struct str line = STR_INIT;

		str_addf(&line, "\n\t%-9s ", given[i].name);
		assert_non_null(strstr(once.p, line.p));
		str_done(&line);
	}
	assert_string_equal(copy->from_mail, "a@example.org");
	assert_int_equal(copy->alternates.n, 3);
	account_settings_free(copy);
	s = read_good(once.p);
	settings_account_text(&twice, settings_account(s, 0));
	assert_string_equal(twice.p, once.p);
	settings_free(s);
	str_done(&file);
	str_done(&once);
	str_done(&twice);
}

/* The set-up begins with that: it must write nothing that was not asked. */
static void a_new_account_is_by_the_table(void **state)
{
	struct account_settings *a = settings_account_new("a");
	struct str out = STR_INIT;

	assert_true(a->compress);
	assert_true(a->save_sent);
	assert_int_equal(a->pop3_keep_days, -1);
	settings_account_text(&out, a);
	assert_string_equal(out.p, "account a {\n\tprotocol  imap\n\tpassword  ask\n}\n");
	account_settings_free(a);
	str_done(&out);
}

/* What was not said is as the table says, and is not written. */
static void what_is_not_said_is_by_the_table(void **state)
{
	struct settings *s = read_good("account a {\nfrom a@example.org\nimap imaps://a@x.org\n"
				       "pop3-keep never\npassword keyring\n}\n");
	struct account_settings *a = settings_account(s, 0);
	struct str out = STR_INIT;

	assert_true(a->compress);
	assert_true(a->save_sent);
	assert_false(a->pop3_delete_with_local);
	assert_int_equal(a->protocol, PROTOCOL_IMAP);
	assert_int_equal(a->pop3_max, 0);
	settings_account_text(&out, a);
	assert_string_equal(out.p, "account a {\n\tfrom      a@example.org\n\tprotocol  imap\n"
				   "\timap      imaps://a@x.org\n\tpassword  keyring\n"
				   "\tpop3-keep never\n}\n");
	str_done(&out);
	settings_free(s);
}

static void saves_into_a_new_directory(void **state)
{
	struct settings *one = read_good(WORK);
	char *deep = kept(file_join(dir, "not/yet/there"));
	struct stat st;

	assert_int_equal(settings_save_account(deep, settings_account(one, 0), NULL), 0);
	assert_int_equal(stat(deep, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	settings_free(one);
}

static void manual_has_every_option(void **state)
{
	struct str global = STR_INIT, account = STR_INIT;
	size_t n;
	const struct setting_row *rows = account_rows(&n);

	settings_manual(&global, false);
	settings_manual(&account, true);
	for (int i = 0; i < SETTINGS_COUNT; i++) {
		struct str item = STR_INIT;

		str_addf(&item, ".It Cm %s Ar ", settings_row((enum setting)i)->name);
		assert_non_null(strstr(global.p, item.p));
		str_done(&item);
	}
	for (size_t i = 0; i < n; i++) {
		struct str item = STR_INIT;

		assert_non_null(rows[i].help);
		assert_true(*rows[i].help);
		assert_non_null(rows[i].initial);
		str_addf(&item, ".It Cm %s Ar ", rows[i].name);
		assert_non_null(strstr(account.p, item.p));
		str_done(&item);
	}
	str_done(&global);
	str_done(&account);
}

static void has_columns_for_each_folder(void **state)
{
	struct settings *s = read_good("set index-columns from subject\n"
				       "folder-columns sent \"to subject\"\n"
				       "folder-columns Old/Post date subject\n");
	struct settings *usual = settings_new();
	bool own = false;

	assert_string_equal(settings_columns(s, "INBOX", ROLE_INBOX, &own), "from subject");
	assert_true(own);
	assert_string_equal(settings_columns(s, "Gesendet", ROLE_SENT, NULL), "to subject");
	assert_string_equal(settings_columns(s, "old/post", ROLE_NONE, NULL), "date subject");
	assert_int_equal(settings_folder_columns(s, "Old/Post", "subject", NULL), 0);
	assert_string_equal(settings_columns(s, "old/post", ROLE_NONE, NULL), "subject");
	assert_int_equal(settings_folder_columns(s, "Old/Post", "subjekt x", NULL), -1);
	assert_int_equal(settings_folder_columns(s, "Old/Post", "", NULL), 0);
	assert_string_equal(settings_columns(s, "old/post", ROLE_NONE, NULL), "from subject");
	assert_string_equal(settings_columns(usual, "INBOX", ROLE_INBOX, &own),
		"flags account from subject size date");
	assert_false(own);
	settings_free(usual);
	settings_free(s);
}

static void knows_own_addresses(void **state)
{
	struct settings *s = read_good("account a {\n from \"A <a@example.org>\"\n"
				       " imap imaps://a@b\n smtp smtps://a@b\n"
				       " alternates \"b@example.org, c@example.org\"\n}\n");

	assert_true(settings_own_address(s, "A@Example.org"));
	assert_true(settings_own_address(s, "c@example.org"));
	assert_false(settings_own_address(s, "d@example.org"));
	assert_false(settings_own_address(s, ""));
	settings_free(s);
}

static void set_takes_what_the_prompt_takes(void **state)
{
	static const struct {
		const char *line, *threads, *wrap;
	} rows[] = {{"set wrap=70", "yes", "70"}, {"set wrap = 70", "yes", "70"},
		{"set nothreads", "no", "100"}, {"set threads=no", "no", "100"},
		{"set threads", "yes", "100"}, {"set date-format=%d.%m.%y", "yes", "100"},
		{"set date-format \"%-d. %b %Ey 100%%\"", "yes", "100"}};

	for (size_t i = 0; i < MEM_COUNT(rows); i++) {
		struct settings *s = read_good(rows[i].line);

		assert_int_equal(
			settings_bool(s, SET_THREADS), strcmp(rows[i].threads, "yes") == 0);
		assert_string_equal(settings_text(s, SET_WRAP), rows[i].wrap);
		settings_free(s);
	}
}

static void logs_in_with_every_mechanism(void **state)
{
	static const char *const names[] = {"oauth2", "OAuth2", "plain", "SCRAM-SHA-1", "xoauth2"};

	for (size_t i = 0; i < MEM_COUNT(names); i++) {
		struct str text = STR_INIT;
		struct settings *s;

		str_adds(&text, WORK);
		str_cut(&text, text.len - 2);
		str_addf(&text, "\tauth %s\n}\n", names[i]);
		s = read_good(text.p);
		assert_string_equal(settings_account(s, 0)->auth, names[i]);
		settings_free(s);
		str_done(&text);
	}
}

static size_t warnings(const char *text, mode_t mode, mode_t data, const char *wanted)
{
	struct settings *s = read_good(text);
	struct strv got = STRV_INIT;
	char *mail = settings_dir_data(NULL);
	size_t n;

	assert_int_equal(chmod(path, mode), 0);
	assert_int_equal(file_make_dirs(mail, NULL), 0);
	assert_int_equal(chmod(mail, data), 0);
	settings_warnings(s, path, &got);
	n = got.n;
	if (n)
		assert_non_null(strstr(got.v[0], wanted));
	strv_done(&got);
	settings_free(s);
	free(mail);
	return n;
}

static void warns_of_what_others_can_read(void **state)
{
	static const char secret[] = "account a {\n from a@b.org\n imap imaps://a@b\n"
				     " password plain x\n}\n",
			  unsigned_mail[] = "account a {\n from a@b.org\n imap imaps://a@b\n"
					    " signature /nowhere/sig\n}\n";

	setenv("XDG_DATA_HOME", dir, 1);
	setenv("XDG_CACHE_HOME", dir, 1);
	setenv("XDG_STATE_HOME", dir, 1);
	assert_int_equal(warnings(secret, 0600, 0700, ""), 0);
	assert_int_equal(warnings(WORK, 0644, 0700, ""), 0);
	assert_int_equal(warnings(secret, 0640, 0700, "chmod 600"), 1);
	assert_int_equal(warnings(secret, 0604, 0700, "chmod 600"), 1);
	/* The three places are one directory here. */
	assert_int_equal(warnings(WORK, 0600, 0750, "chmod 700"), 3);
	assert_int_equal(warnings(unsigned_mail, 0600, 0700, "/nowhere/sig cannot be read"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_come_from_the_table), cmocka_unit_test(orders_are_whole),
		cmocka_unit_test(protocols_are_whole), cmocka_unit_test(reads_an_account),
		cmocka_unit_test(tells_all_errors_at_once),
		cmocka_unit_test(tells_each_error_where_it_is),
		cmocka_unit_test(a_missing_file_is_no_error), cmocka_unit_test(sets_at_runtime),
		cmocka_unit_test(account_names_are_safe),
		cmocka_unit_test(changes_only_the_protocol),
		cmocka_unit_test(changes_the_protocol_there_and_back),
		cmocka_unit_test(leaves_alone_what_it_cannot_change),
		cmocka_unit_test(reads_searches),
		cmocka_unit_test(tells_what_is_wrong_with_a_search),
		cmocka_unit_test(changes_and_forgets_searches),
		cmocka_unit_test(saves_searches_and_nothing_else),
		cmocka_unit_test(saves_an_account_that_reads_back),
		cmocka_unit_test(every_option_goes_all_the_way),
		cmocka_unit_test(what_is_not_said_is_by_the_table),
		cmocka_unit_test(a_new_account_is_by_the_table),
		cmocka_unit_test(saves_into_a_new_directory),
		cmocka_unit_test(manual_has_every_option),
		cmocka_unit_test(has_columns_for_each_folder),
		cmocka_unit_test(knows_own_addresses),
		cmocka_unit_test(set_takes_what_the_prompt_takes),
		cmocka_unit_test(logs_in_with_every_mechanism),
		cmocka_unit_test(warns_of_what_others_can_read),
		cmocka_unit_test(places_follow_xdg), /* last: it changes the environment */
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}

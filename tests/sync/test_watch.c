/*
 * Two clients of a real server: what the other one does has to be seen, by QRESYNC, by CONDSTORE
 * and by plain comparing, and nothing it does may confuse. Needs tests/servers.
 */
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/run.h"
#include "tests/sync/person.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* One Dovecot that offers less and less, by address. */
#define LESS                                                                                       \
	"IMAP4rev1 SASL-IR ID ENABLE IDLE UNSELECT CHILDREN NAMESPACE UIDPLUS LIST-EXTENDED "      \
	"MOVE LITERAL+ SPECIAL-USE"
static const char dovecot[] =
	"listen = 127.0.0.1, 127.0.0.2, 127.0.0.3\ndisable_plaintext_auth = no\n"
	"local 127.0.0.2 {\n  protocol imap {\n    imap_capability = " LESS
	" CONDSTORE LIST-STATUS\n  }\n}\n"
	"local 127.0.0.3 {\n  protocol imap {\n    imap_capability = " LESS "\n  }\n}\n";
static const char *const hosts[] = {"127.0.0.1", "127.0.0.2", "127.0.0.3"};

static char *tool(const char *name)
{
	return file_join(getenv("srcdir") ? getenv("srcdir") : "..", name);
}

/* Runs a tool with words up to NULL behind three of its own; what it printed, to be freed. */
static char *run_words(const char *const first[4], const char *word, va_list ap)
{
	struct run_limits limits = {.timeout_ms = 60000, .max_output = 1 << 20, .cancel_fd = -1};
	const char *argv[32] = {0};
	struct str out = STR_INIT;
	struct err err = {0};
	size_t n = 0;

	while (n < 4 && first[n]) {
		argv[n] = first[n];
		n++;
	}
	for (; word && n < MEM_COUNT(argv) - 1; word = va_arg(ap, const char *))
		argv[n++] = word;
	if (run_capture(argv, &limits, &out, &err) != 0)
		fail_msg("%s %s: %s", argv[0], argv[4], err.text);
	return str_steal(&out);
}

static char *other(const struct person *p, const char *verb, ...)
{
	char *path = tool("tests/sync/other.py"), *said;
	const char *first[4] = {path, getenv("SRV_IMAP"), p->name, getenv("SRV_PASSWORD")};
	va_list ap;

	va_start(ap, verb);
	said = run_words(first, verb, ap);
	va_end(ap);
	free(path);
	return said;
}

#define OTHER(...) free(other(__VA_ARGS__, (char *)NULL))

static void use_server(struct person *p, const char *host, const char *port)
{
	struct str text = STR_INIT;

	str_addf(&text,
		"account test {\n\tfrom \"Test <test@example.org>\"\n\tprotocol imap\n\timap "
		"imap+insecure://%s@%s:%s\n\tpassword plain \"%s\"\n}\n",
		p->name, host, port, getenv("SRV_PASSWORD"));
	assert_int_equal(file_replace(p->config, text.p, text.len, 0600, NULL), 0);
	str_done(&text);
}

/* Somebody with n messages on the server at that address. */
static struct person *person_at(const char *host, const char *n)
{
	struct person *p = person_new("imap", "", n ? "--count" : NULL, n);

	stop(p);
	use_server(p, host, getenv("SRV_IMAP"));
	start(p, false);
	return p;
}

static struct msglist *filled(struct person *p, const char *folder, size_t n)
{
	struct msglist *l = synced(p, folder, n);

	return l;
}

static uint32_t flags_if_there(struct msglist *l, uint32_t uid)
{
	return msglist_find(l, uid) < 0 ? 0 : flags_of(l, uid);
}

static struct folder_info folder_of(struct person *p, const char *name)
{
	int i = engine_find_folder(p->engine, 0, name);
	struct folder_info info = {.unread = UINT32_MAX};

	if (i >= 0)
		engine_folder(p->engine, 0, (size_t)i, &info);
	return info;
}

/* --- the cases --- */

static void changes_while_away_are_found_by_any_means(void **state)
{
	for (size_t i = 0; i < MEM_COUNT(hosts); i++) {
		struct person *p = person_at(hosts[i], "30");
		struct msglist *l = filled(p, "INBOX", 30);

		stop(p);
		OTHER(p, "flag", "INBOX", "5,7", "\\Flagged", "flag", "INBOX", "9",
			"\\Seen $Label1", "remove", "INBOX", "3,11:13,30", "append", "INBOX", "2");
		start(p, false);
		l = open_folder(p, "INBOX");
		UNTIL(p, msglist_count(l) == 27 && msglist_find(l, 3) < 0 &&
				 msglist_find(l, 12) < 0 && msglist_find(l, 30) < 0 &&
				 msglist_find(l, 32) >= 0 &&
				 (flags_if_there(l, 5) & MAIL_FLAGGED) &&
				 (flags_if_there(l, 7) & MAIL_FLAGGED) &&
				 (flags_if_there(l, 9) & MAIL_SEEN));
		assert_true(find_subject(p, l, "Other 2") >= 0);
		/* Only expunges, only flags, only new mail: each alone is seen too. */
		stop(p);
		OTHER(p, "remove", "INBOX", "1");
		start(p, false);
		l = open_folder(p, "INBOX");
		UNTIL(p, msglist_count(l) == 26 && msglist_find(l, 1) < 0);
		stop(p);
		OTHER(p, "unflag", "INBOX", "5", "\\Flagged");
		start(p, false);
		l = open_folder(p, "INBOX");
		UNTIL(p, msglist_count(l) == 26 && !(flags_if_there(l, 5) & MAIL_FLAGGED));
		person_free(p);
	}
}

static void changes_while_open_are_seen_by_any_means(void **state)
{
	for (size_t i = 0; i < MEM_COUNT(hosts); i++) {
		struct person *p = person_at(hosts[i], "10");
		struct msglist *l = filled(p, "INBOX", 10);

		OTHER(p, "append", "INBOX", "1");
		UNTIL(p, msglist_count(l) == 11 && find_subject(p, l, "Other 1") >= 0);
		OTHER(p, "flag", "INBOX", "4", "\\Flagged");
		UNTIL(p, flags_if_there(l, 4) & MAIL_FLAGGED);
		OTHER(p, "remove", "INBOX", "2:4");
		UNTIL(p, msglist_count(l) == 8);
		assert_int_equal(msglist_find(l, 3), -1);
		person_free(p);
	}
}

static void mail_in_any_folder_is_counted_at_once(void **state)
{
	struct person *p = person_at(hosts[0], "3");
	struct msglist *l = filled(p, "INBOX", 3);

	UNTIL(p, folder_of(p, "Archive").counts_known);
	OTHER(p, "append", "Archive", "4");
	UNTIL(p, folder_of(p, "Archive").unread == 4);
	OTHER(p, "flag", "Archive", "1:2", "\\Seen");
	UNTIL(p, folder_of(p, "Archive").unread == 2);
	OTHER(p, "remove", "Archive", "3");
	UNTIL(p, folder_of(p, "Archive").total == 3);
	OTHER(p, "create", "Fresh", "append", "Fresh", "1");
	UNTIL(p, folder_of(p, "Fresh").unread == 1);
	OTHER(p, "rename", "Fresh", "Stale");
	engine_sync(p->engine, 0); /* Dovecot does not always tell of this */
	UNTIL(p,
		engine_find_folder(p->engine, 0, "Fresh") < 0 && folder_of(p, "Stale").unread == 1);
	/* What is watched is seen as ever, and a second open folder as well. */
	OTHER(p, "append", "INBOX", "1");
	UNTIL(p, msglist_count(l) == 4);
	filled(p, "Stale", 1);
	OTHER(p, "append", "INBOX", "1");
	UNTIL(p, msglist_count(l) == 5);
}

/* What was looked at once and is closed has, whatever another client does to it, as many rows as
 * its number says. */
static void closed_folder_is_kept_up(void **state)
{
	struct person *p = person_at(hosts[0], "3");
	struct msglist *l;

	OTHER(p, "create", "Kept", "append", "Kept", "3");
	filled(p, "INBOX", 3);
	UNTIL(p, folder_of(p, "Kept").total == 3);
	l = filled(p, "Kept", 3);
	engine_close(p->engine, l);
	OTHER(p, "append", "Kept", "2", "flag", "Kept", "1", "\\Seen");
	UNTIL(p, folder_of(p, "Kept").total == 5 && folder_of(p, "Kept").unread == 4);
	OTHER(p, "remove", "Kept", "1:3", "flag", "Kept", "4:5", "\\Seen");
	UNTIL(p, folder_of(p, "Kept").total == 2 && folder_of(p, "Kept").unread == 0);
	OTHER(p, "unflag", "Kept", "5", "\\Seen");
	UNTIL(p, folder_of(p, "Kept").unread == 1);
	done(p, engine_sync(p->engine, 0));
	engine_set_offline(p->engine, true);
	l = open_folder(p, "Kept");
	assert_int_equal(msglist_count(l), 2);
	assert_int_equal(msglist_unread(l), 1);
}

static void deleted_folder_stays_readable(void **state)
{
	for (size_t i = 0; i < MEM_COUNT(hosts); i++) {
		struct person *p = person_at(hosts[i], "2");
		struct msglist *l;

		stop(p);
		OTHER(p, "create", "Doomed", "append", "Doomed", "3");
		start(p, false);
		l = filled(p, "Doomed", 3);
		engine_view_free(read_view(p, l, 2));
		OTHER(p, "drop", "Doomed");
		/* Without NOTIFY it is the next look that finds it, or the user's. */
		engine_sync(p->engine, 0);
		UNTIL(p, msglist_read_only(l) && strstr(person_told(), "no longer on the server"));
		assert_int_equal(msglist_count(l), 3);
		UNTIL(p, folder_of(p, "Doomed").offline_copy);
		engine_view_free(read_view(p, l, 2));
		l = filled(p, "INBOX", 2);
		OTHER(p, "append", "INBOX", "1");
		UNTIL(p, msglist_count(l) == 3);
		person_free(p);
	}
}

static void renamed_folder_is_found_under_its_new_name(void **state)
{
	struct person *p = person_at(hosts[0], "1");
	struct msglist *l, *again;

	OTHER(p, "create", "Before", "append", "Before", "3");
	l = filled(p, "Before", 3);
	OTHER(p, "rename", "Before", "After");
	/* Dovecot does not tell who has it selected: found by the next look. */
	engine_sync(p->engine, 0);
	UNTIL(p, msglist_read_only(l) && engine_find_folder(p->engine, 0, "After") >= 0);
	again = filled(p, "After", 3);
	OTHER(p, "append", "After", "1");
	UNTIL(p, msglist_count(again) == 4);
	assert_int_equal(msglist_count(l), 3);
}

/* Another folder of the same name: not one row of the old one stays. */
static void folder_made_anew_while_open_shows_only_new_rows(void **state)
{
	for (size_t i = 0; i < MEM_COUNT(hosts); i++) {
		struct person *p = person_at(hosts[i], "1");
		struct msglist *l;

		stop(p);
		OTHER(p, "create", "Twice", "append", "Twice", "5");
		start(p, false);
		l = filled(p, "Twice", 5);
		OTHER(p, "drop", "Twice", "create", "Twice", "append", "Twice", "2");
		engine_sync(p->engine, 0);
		UNTIL(p, msglist_count(l) == 2 && msglist_sync_percent(l) == 100 &&
				 !msglist_read_only(l));
		engine_view_free(read_view(p, l, msglist_uid(l, 0)));
		person_free(p);
	}
}

static void message_removed_elsewhere_stays_on_the_screen(void **state)
{
	static const struct read_options opt = {.width = 80};
	struct person *p = person_at(hosts[0], "4");
	struct msglist *l = filled(p, "INBOX", 4);
	struct message_view *v = read_view(p, l, 2);
	struct str text = STR_INIT;
	struct event *ev;

	OTHER(p, "remove", "INBOX", "2");
	UNTIL(p, msglist_find(l, 2) < 0);
	text_plain(v->text, &text, false);
	assert_true(text.len > 20);
	str_done(&text);
	engine_view_free(v);
	ev = answer(p, engine_read(p->engine, l, 2, &opt));
	assert_int_equal(ev->kind, EVENT_FAILED);
	assert_true(*event_error(ev));
	event_free(ev);
}

/* --- a bad network --- */

static char *proxy_dir, *proxy_port;
static pid_t proxy_pid;

static void start_proxy(void)
{
	char *path = tool("tests/servers/proxy.py"), *port;
	struct str text = STR_INIT;

	proxy_dir = file_join(person_dir, "proxy");
	assert_int_equal(file_make_dirs(proxy_dir, NULL), 0);
	proxy_pid = fork();
	if (proxy_pid == 0) {
		execl(path, path, "--to", getenv("SRV_IMAP"), "--dir", proxy_dir, (char *)NULL);
		_exit(127);
	}
	port = file_join(proxy_dir, "port");
	for (int i = 0; i < 1000 && file_read(port, 64, &text, NULL) != 0; i++)
		clock_pause(10);
	str_cut(&text, strcspn(str_c(&text), "\n"));
	proxy_port = str_steal(&text);
	free(port);
	free(path);
}

static void end_proxy(void)
{
	kill(proxy_pid, SIGTERM);
	waitpid(proxy_pid, NULL, 0);
	file_remove_tree(proxy_dir, NULL);
	free(proxy_dir);
	free(proxy_port);
}

static void proxy(const char *command, ...)
{
	char *path = tool("tests/servers/proxy.py");
	const char *first[4] = {path, "--tell", proxy_dir, NULL};
	va_list ap;

	va_start(ap, command);
	free(run_words(first, command, ap));
	va_end(ap);
	free(path);
}

static void link_that_drops_brings_all_and_takes_all(void **state)
{
	struct person *p = person_new("imap", "", "--count", "600");
	struct msglist *l;
	uint32_t uids[3] = {10, 20, 30};
	char *marked;

	stop(p);
	start_proxy();
	use_server(p, "127.0.0.1", proxy_port);
	proxy("after 9000 cut", "after 60000 cut", "after 90000 cut", "after 150000 cut",
		"after 200000 cut", (char *)NULL);
	start(p, false);
	l = synced(p, "INBOX", 600);
	/* No network at all: what is done is shown and kept, and quitting takes no longer. */
	proxy("refuse", "cut", (char *)NULL);
	done(p, engine_flag(p->engine, l, uids, 3, 0, MAIL_FORWARDED));
	assert_true(flags_if_there(l, 20) & MAIL_FORWARDED);
	assert_true(engine_pending(p->engine) > 0);
	stop(p);
	/* It comes back, and drops in the middle of what is replayed. */
	proxy("accept", "after 3000 cut", (char *)NULL);
	start(p, false);
	l = open_folder(p, "INBOX");
	UNTIL(p, engine_pending(p->engine) == 0);
	marked = kept(other(p, "keyword", "INBOX", "$Forwarded", (char *)NULL));
	assert_string_equal(marked, "10 20 30\n");
	person_free(p);
	end_proxy();
}

static void stalled_link_answers_keys_and_ends_at_once(void **state)
{
	struct person *p = person_new("imap", "", "--count", "200");
	struct msglist *l;
	int64_t begin;

	stop(p);
	start_proxy();
	use_server(p, "127.0.0.1", proxy_port);
	proxy("after 20000 stall", (char *)NULL);
	start(p, false);
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) > 0);
	begin = clock_ms();
	for (int i = 0; i < 10; i++) {
		uint32_t uid = msglist_uid(l, (size_t)i);

		flag_one(p, l, uid, MAIL_FLAGGED);
	}
	assert_true(clock_ms() - begin < AT_ONCE_MS);
	stop(p);
	proxy("cut", "flow", (char *)NULL);
	start(p, false);
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(l) == 200 && msglist_sync_percent(l) == 100 &&
			 engine_pending(p->engine) == 0);
	person_free(p);
	end_proxy();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PERSON_CASE(changes_while_away_are_found_by_any_means),
		PERSON_CASE(changes_while_open_are_seen_by_any_means),
		PERSON_CASE(mail_in_any_folder_is_counted_at_once),
		PERSON_CASE(closed_folder_is_kept_up),
		PERSON_CASE(deleted_folder_stays_readable),
		PERSON_CASE(renamed_folder_is_found_under_its_new_name),
		PERSON_CASE(folder_made_anew_while_open_shows_only_new_rows),
		PERSON_CASE(message_removed_elsewhere_stays_on_the_screen),
		PERSON_CASE(link_that_drops_brings_all_and_takes_all),
		PERSON_CASE(stalled_link_answers_keys_and_ends_at_once),
	};

	if (getenv("WATCH_LOG"))
		assert_int_equal(log_open(getenv("WATCH_LOG"), 3, NULL), 0);
	return PERSON_RUN(tests, dovecot);
}

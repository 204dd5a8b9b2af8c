/* Folders are deleted and renamed: on Dovecot, whose levels here are separated by dots, and local
 * ones. Needs tests/servers. */
#include "base/file.h"
#include "base/mem.h"
#include "base/run.h"
#include "tests/sync/person.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "Grüße" */
#define GREETINGS                                                                                  \
	"Gr\xc3\xbc\xc3\x9f"                                                                       \
	"e"

static char *joined(const char *a, const char *b, const char *c)
{
	struct str out = STR_INIT;

	str_addf(&out, "%s%s%s", a, b, c);
	return str_steal(&out);
}

static bool is_listed(struct person *p, const char *name)
{
	return engine_find_folder(p->engine, 0, name) >= 0;
}

static struct folder_info info_of(struct person *p, const char *name)
{
	int i = engine_find_folder(p->engine, 0, name);
	struct folder_info f;

	assert_true(i >= 0);
	engine_folder(p->engine, 0, (size_t)i, &f);
	return f;
}

/* Done, and the list of it is closed before. */
static void closes(struct person *p, unsigned request, struct msglist *l)
{
	int64_t end = clock_ms() + PATIENCE_MS;
	bool closed = false, over = false;

	while (!over) {
		struct event *ev = next_event(p->engine, end);

		assert_non_null(ev);
		closed |= ev->kind == EVENT_CLOSED && ev->list == l;
		over = ev->request == request;
		if (over && ev->kind != EVENT_DONE)
			fail_msg("%s", event_error(ev));
		event_free(ev);
	}
	assert_true(closed);
	engine_close(p->engine, l);
}

/* --- what is really there --- */

static char *on_server(const struct person *p, const char *name)
{
	struct str path = STR_INIT;

	str_addf(&path, "%s/%s/Maildir/%s", getenv("SRV_MAIL"), p->name, name);
	return str_steal(&path);
}

static bool server_has(const struct person *p, const char *dir)
{
	char *path = on_server(p, dir);
	bool there = file_exists(path);

	free(path);
	return there;
}

/* A line of its own in the list of what is subscribed, with tabs between levels. */
static bool is_subscribed(const struct person *p, const char *mailbox)
{
	char *path = on_server(p, "subscriptions"), *line = joined("\n", mailbox, "\n");
	struct str text = STR_INIT;
	bool found = file_read(path, 65536, &text, NULL) == 0 && strstr(text.p, line);

	str_done(&text);
	free(path);
	free(line);
	return found;
}

static char *below_home(const struct person *p, const char *var, const char *rest)
{
	struct str path = STR_INIT;

	str_addf(&path, "%s/%s/talaria/test/%s", p->home, var, rest);
	return str_steal(&path);
}

static size_t entries_in(const struct person *p, const char *var, const char *rest)
{
	char *path = below_home(p, var, rest);
	DIR *d = opendir(path);
	struct dirent *e;
	size_t n = 0;

	while (d && (e = readdir(d)))
		n += e->d_name[0] != '.';
	if (d)
		closedir(d);
	free(path);
	return n;
}

static bool has_local(const struct person *p, const char *dir)
{
	char *rest = joined("mail/", dir, ""), *path = below_home(p, "XDG_DATA_HOME", rest);
	bool there = file_exists(path);

	free(rest);
	free(path);
	return there;
}

/* What is kept of mail says so, in a header cache or a body. */
static bool is_kept(const struct person *p, const char *text)
{
	struct run_limits limits = {.timeout_ms = 60000, .max_output = 4096, .cancel_fd = -1};
	char *path = below_home(p, "XDG_CACHE_HOME", "");
	struct str out = STR_INIT;
	bool found = run_capture((const char *[]){"grep", "-rqaF", "-e", text, path, NULL}, &limits,
			     &out, NULL) == 0;

	str_done(&out);
	free(path);
	return found;
}

/* --- people --- */

static struct person *by_server(const char *count)
{
	struct person *p = person_new("imap", "", "--count", count);

	p->inbox = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(p->inbox) == (size_t)atoi(count) &&
			 msglist_sync_percent(p->inbox) == 100);
	UNTIL(p, is_listed(p, "Archive"));
	return p;
}

/* A folder with copies of the first n messages of the inbox. */
static void make(struct person *p, const char *folder, size_t n)
{
	uint32_t uids[8];

	done(p, engine_create_folder(p->engine, 0, folder));
	UNTIL(p, is_listed(p, folder) && engine_pending(p->engine) == 0);
	for (size_t i = 0; i < n; i++)
		uids[i] = msglist_uid(p->inbox, i);
	if (n)
		done(p, engine_copy(p->engine, p->inbox, uids, n, folder));
	UNTIL(p, engine_pending(p->engine) == 0);
}

/* --- the server's --- */

static void folder_goes_with_its_messages(void **state)
{
	struct person *p = by_server("4");
	static const char mail[] = "From: a@example.org\nSubject: Zebra-crossing\n\nZebra-text\n";
	char *file = kept(file_join(p->home, "mail"));
	struct msglist *l;

	assert_int_equal(file_replace(file, mail, strlen(mail), 0600, NULL), 0);
	make(p, GREETINGS, 2);
	put_mail_in(p, GREETINGS, file);
	assert_true(is_subscribed(p, "Gr&APwA3w-e"));
	l = synced(p, GREETINGS, 3);
	engine_view_free(read_view(p, l, msglist_uid(l, (size_t)find_subject(p, l, "Zebra"))));
	assert_true(is_kept(p, "Zebra-crossing") && is_kept(p, "Zebra-text"));
	fails(p, engine_delete_folder(p->engine, 0, GREETINGS, 2), "holds 3 messages now");
	assert_int_equal(msglist_count(l), 3);
	assert_false(msglist_read_only(l));
	closes(p, engine_delete_folder(p->engine, 0, GREETINGS, 3), l);
	assert_false(is_listed(p, GREETINGS));
	assert_false(server_has(p, ".Gr&APwA3w-e"));
	UNTIL(p, !is_subscribed(p, "Gr&APwA3w-e"));
	assert_false(is_kept(p, "Zebra-crossing") || is_kept(p, "Zebra-text"));
	restart(p, true);
	UNTIL(p, is_listed(p, "Archive"));
	assert_false(is_listed(p, GREETINGS));
	fails(p, engine_delete_folder(p->engine, 0, GREETINGS, 9), "There is no folder");
}

static void folders_below_stay(void **state)
{
	struct person *p = by_server("2");
	struct msglist *l;

	make(p, "Top", 1);
	make(p, "Top/Sub", 2);
	l = synced(p, "Top/Sub", 2);
	done(p, engine_delete_folder(p->engine, 0, "Top", 1));
	assert_true(server_has(p, ".Top.Sub"));
	assert_int_equal(msglist_count(l), 2);
	/* Dovecot lists it as long as there is one below it, but has no state of it. */
	UNTIL(p, is_listed(p, "Top") && !info_of(p, "Top").counts_known);
	assert_true(info_of(p, "Top").has_children);
	fails(p, engine_delete_folder(p->engine, 0, "Top", 0), "doesn't exist");
	closes(p, engine_delete_folder(p->engine, 0, "Top/Sub", 2), l);
	UNTIL(p, !is_listed(p, "Top") && !is_listed(p, "Top/Sub"));
	assert_false(server_has(p, ".Top.Sub"));
	/* The name is free. */
	make(p, "Top", 1);
	synced(p, "Top", 1);
}

static void new_name_is_for_all_below(void **state)
{
	struct person *p = by_server("3");
	struct msglist *l;
	char *subject;

	make(p, "Lists", 1);
	make(p, "Lists/" GREETINGS, 2);
	make(p, "Listserv", 0);
	l = synced(p, "Lists/" GREETINGS, 2);
	subject = kept(mem_strdup(row_of(p, l, 1).subject));
	done(p, engine_rename_folder(p->engine, 0, "Lists", "Old/" GREETINGS));
	UNTIL(p, strcmp(msglist_folder(l), "Old/" GREETINGS "/" GREETINGS) == 0 &&
			 msglist_count(l) == 2);
	assert_true(is_listed(p, "Old/" GREETINGS) && is_listed(p, "Listserv"));
	assert_false(is_listed(p, "Lists") || is_listed(p, "Lists/" GREETINGS));
	assert_true(server_has(p, ".Old.Gr&APwA3w-e.Gr&APwA3w-e/cur"));
	assert_false(server_has(p, ".Lists") || server_has(p, ".Lists.Gr&APwA3w-e"));
	UNTIL(p, is_subscribed(p, "Old\tGr&APwA3w-e\tGr&APwA3w-e"));
	assert_true(is_subscribed(p, "Old\tGr&APwA3w-e") && is_subscribed(p, "Listserv"));
	assert_false(is_subscribed(p, "Lists") || is_subscribed(p, "Lists\tGr&APwA3w-e"));
	/* It is the same list: what is done in it is done there. */
	assert_int_equal(find_subject(p, l, subject), 1);
	flag_one(p, l, msglist_uid(l, 1), MAIL_FLAGGED);
	UNTIL(p, engine_pending(p->engine) == 0);
	assert_string_equal(person_told(), "");
	restart(p, true);
	l = open_folder(p, "Old/" GREETINGS "/" GREETINGS);
	assert_int_equal(msglist_count(l), 2);
	assert_true(flags_at(l, 1) & MAIL_FLAGGED);
}

static void what_waits_goes_first(void **state)
{
	struct person *p = by_server("3");
	struct msglist *l;
	uint32_t uid;

	make(p, "Work", 2);
	make(p, "Work/Sub", 0);
	synced(p, "Work", 2);
	restart(p, true);
	p->inbox = open_folder(p, "INBOX");
	fails(p, engine_delete_folder(p->engine, 0, "Work", 9), "offline");
	fails(p, engine_rename_folder(p->engine, 0, "Work", "Play"), "offline");
	l = open_folder(p, "Work");
	uid = msglist_uid(p->inbox, 0);
	move_one(p, p->inbox, uid, "Work/Sub");
	uid = msglist_uid(l, 0);
	flag_one(p, l, uid, MAIL_FLAGGED);
	assert_int_equal(engine_pending(p->engine), 2);
	restart(p, false);
	done(p, engine_sync(p->engine, 0)); /* they are through */
	fails(p, engine_rename_folder(p->engine, 0, "Work", "Archive"), "is there already");
	fails(p, engine_rename_folder(p->engine, 0, "Work", "Work/In"), "below itself");
	fails(p, engine_rename_folder(p->engine, 0, "Work", "Work"), "its name already");
	fails(p, engine_rename_folder(p->engine, 0, "INBOX", "In"), "inbox cannot be renamed");
	fails(p, engine_delete_folder(p->engine, 0, "INBOX", 9), "inbox cannot be deleted");
	done(p, engine_delete_folder(p->engine, 0, "Work/Sub", 1));
	stop(p);
	start_read_only(p, false);
	UNTIL(p, is_listed(p, "Work"));
	fails(p, engine_delete_folder(p->engine, 0, "Work", 9), "read-only");
}

/* Who follows the copy that is connected sees what it does, and is told where to do it. */
static void another_copy_follows(void **state)
{
	struct person *p = by_server("3"), second = *p;
	struct msglist *l;

	make(p, "Work", 2);
	make(p, "Play", 1);
	second.inbox = NULL;
	start(&second, false);
	UNTIL(&second, is_listed(&second, "Work"));
	l = open_folder(&second, "Play");
	fails(&second, engine_delete_folder(second.engine, 0, "Work", 9), "Another running copy");
	done(p, engine_delete_folder(p->engine, 0, "Work", 2));
	UNTIL(&second, !is_listed(&second, "Work"));
	done(p, engine_rename_folder(p->engine, 0, "Play", "Game"));
	UNTIL(&second, is_listed(&second, "Game") && msglist_read_only(l));
	assert_non_null(strstr(person_told(), "Folder Play is no longer on the server"));
	engine_close(second.engine, l);
	UNTIL(&second, !is_listed(&second, "Play"));
	stop(&second);
}

/* --- local ones --- */

static struct person *by_session(void)
{
	struct person *p = person_new("pop3", "", "--count", "5");

	p->inbox = open_folder(p, "INBOX");
	done(p, engine_sync(p->engine, 0));
	UNTIL(p, msglist_count(p->inbox) == 5);
	return p;
}

static void file_in(struct person *p, const char *folder, size_t n)
{
	uint32_t uids[4];

	done(p, engine_create_folder(p->engine, 0, folder));
	for (size_t i = 0; i < n; i++)
		uids[i] = msglist_uid(p->inbox, i);
	if (n)
		done(p, engine_move(p->engine, p->inbox, uids, n, folder));
}

static void local_folders_go_and_move(void **state)
{
	struct person *p = by_session();
	struct msglist *l;
	char *subject;

	file_in(p, "Lists", 1);
	file_in(p, "Lists/" GREETINGS, 2);
	file_in(p, "Listserv", 0);
	l = open_folder(p, "Lists/" GREETINGS);
	assert_int_equal(msglist_count(l), 2);
	subject = kept(mem_strdup(row_of(p, l, 1).subject));
	fails(p, engine_rename_folder(p->engine, 0, "Lists", "Listserv"), "is there already");
	fails(p, engine_rename_folder(p->engine, 0, "Lists", "a.b"), "dots");
	done(p, engine_rename_folder(p->engine, 0, "Lists", "Old/" GREETINGS));
	UNTIL(p, strcmp(msglist_folder(l), "Old/" GREETINGS "/" GREETINGS) == 0 &&
			 msglist_count(l) == 2);
	assert_int_equal(find_subject(p, l, subject), 1);
	engine_view_free(read_view(p, l, msglist_uid(l, 1)));
	assert_true(has_local(p, ".Old.Gr&APwA3w-e.Gr&APwA3w-e/cur"));
	assert_false(has_local(p, ".Lists") || has_local(p, ".Lists.Gr&APwA3w-e"));
	assert_true(has_local(p, ".Listserv"));
	UNTIL(p, is_listed(p, "Old/" GREETINGS) && !is_listed(p, "Lists"));
	/* More than was told of does not go, nor does what is below. */
	fails(p, engine_delete_folder(p->engine, 0, "Old/" GREETINGS, 0), "holds 1 message now");
	done(p, engine_delete_folder(p->engine, 0, "Old/" GREETINGS, 1));
	assert_int_equal(msglist_count(l), 2);
	closes(p, engine_delete_folder(p->engine, 0, "Old/" GREETINGS "/" GREETINGS, 2), l);
	assert_false(has_local(p, ".Old.Gr&APwA3w-e.Gr&APwA3w-e"));
	assert_false(is_listed(p, "Old/" GREETINGS));
	fails(p, engine_delete_folder(p->engine, 0, "INBOX", 9), "inbox cannot be deleted");
	/* The name is free. */
	file_in(p, "Lists", 1);
	l = open_folder(p, "Lists");
	assert_int_equal(msglist_count(l), 1);
}

/* Another copy has it open: it is empty there, then there again, and nobody complains. */
static void local_folder_goes_under_another_copy(void **state)
{
	struct person *p = by_session(), second = *p;
	struct msglist *l;

	file_in(p, "Lists", 2);
	second.inbox = NULL;
	start(&second, true);
	l = open_folder(&second, "Lists");
	assert_int_equal(msglist_count(l), 2);
	done(p, engine_delete_folder(p->engine, 0, "Lists", 2));
	UNTIL(&second, msglist_count(l) == 0 && !is_listed(&second, "Lists"));
	file_in(p, "Lists", 1);
	UNTIL(&second, msglist_count(l) == 1 && is_listed(&second, "Lists"));
	row_of(&second, l, 0);
	done(p, engine_rename_folder(p->engine, 0, "Lists", "Old"));
	UNTIL(&second, msglist_count(l) == 0 && is_listed(&second, "Old"));
	assert_string_equal(person_told(), "");
	stop(&second);
}

/* What a switch to IMAP and back left: copies that nobody could be rid of. */
static void leftovers_of_the_other_protocol_go(void **state)
{
	struct person *p = by_session();
	struct msglist *l;

	file_in(p, "Kept", 1);
	done(p, engine_protocol(p->engine, 0, PROTOCOL_IMAP));
	l = open_folder(p, "Local/INBOX");
	assert_int_equal(msglist_count(l), 4);
	UNTIL(p, is_listed(p, "Archive") && is_listed(p, "Local/Kept"));
	fails(p, engine_rename_folder(p->engine, 0, "Local/INBOX", "Local/In"),
		"cannot be renamed");
	fails(p, engine_rename_folder(p->engine, 0, "Local/Kept", "Other"), "begins with Local/");
	done(p, engine_rename_folder(p->engine, 0, "Local/Kept", "Local/Archive"));
	UNTIL(p, is_listed(p, "Local/Archive") && is_listed(p, "Archive"));
	fails(p, engine_delete_folder(p->engine, 0, "Local/INBOX", 3), "holds 4 messages now");
	closes(p, engine_delete_folder(p->engine, 0, "Local/INBOX", 4), l);
	done(p, engine_delete_folder(p->engine, 0, "Local/Archive", 1));
	UNTIL(p, !is_listed(p, "Local/INBOX") && !is_listed(p, "Local/Archive"));
	assert_false(is_listed(p, "Local"));
	assert_int_equal(entries_in(p, "XDG_DATA_HOME", "mail/cur") +
				 entries_in(p, "XDG_DATA_HOME", "mail/new"),
		0);
	/* The server has them all, and keeps them. */
	l = open_folder(p, "INBOX");
	UNTIL(p, engine_pending(p->engine) == 0 && msglist_sync_percent(l) == 100);
	assert_int_equal(msglist_count(l), 4);
	make(p, "Work", 0);
	p->inbox = l;
	copy_one(p, l, msglist_uid(l, 0), "Work");
	UNTIL(p, engine_pending(p->engine) == 0);
	synced(p, "Work", 1);
	done(p, engine_protocol(p->engine, 0, PROTOCOL_POP3));
	UNTIL(p, is_listed(p, "Server/Work"));
	fails(p, engine_delete_folder(p->engine, 0, "Server/Work", 9), "protocol imap");
	fails(p, engine_rename_folder(p->engine, 0, "Server/Work", "Server/Play"), "protocol imap");
	/* What was deleted were copies: by POP3 they come again. */
	UNTIL(p, msglist_count(l) == 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PERSON_CASE(folder_goes_with_its_messages),
		PERSON_CASE(folders_below_stay),
		PERSON_CASE(new_name_is_for_all_below),
		PERSON_CASE(what_waits_goes_first),
		PERSON_CASE(another_copy_follows),
		PERSON_CASE(local_folders_go_and_move),
		PERSON_CASE(local_folder_goes_under_another_copy),
		PERSON_CASE(leftovers_of_the_other_protocol_go),
	};

	return PERSON_RUN(tests, "namespace inbox {\n  separator = .\n}\n");
}

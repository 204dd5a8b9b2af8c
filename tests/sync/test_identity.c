/*
 * Whose mail an account's directories hold: another spelling of its servers is the same mailbox, a
 * line that is taken out comes back, another host keeps what waits, and what cannot be opened says
 * why. Read-only means that nothing is written.
 */
#include "base/file.h"
#include "base/mem.h"
#include "base/run.h"
#include "tests/sync/person.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAILS = 5 };

/* %N: the user, %I, %S, %P, %Q: the ports of IMAP with STARTTLS and TLS, of POP3 likewise. */
static void write_servers(struct person *p, const char *protocol, const char *servers)
{
	struct str text = STR_INIT;

	str_addf(&text, "account test {\n\tfrom \"T <%s@example.org>\"\n\tprotocol %s\n", p->name,
		protocol);
	for (const char *c = servers; *c; c++)
		if (*c != '%')
			str_addc(&text, *c);
		else if (*++c == 'N')
			str_adds(&text, p->name);
		else
			str_adds(&text, getenv(*c == 'I'    ? "SRV_IMAP"
						: *c == 'S' ? "SRV_IMAPS"
						: *c == 'P' ? "SRV_POP3"
							    : "SRV_POP3S"));
	str_addf(&text, "\ttls-ca %s\n\tpassword plain \"%s\"\n}\n", getenv("SRV_CA"),
		getenv("SRV_PASSWORD"));
	assert_int_equal(file_replace(p->config, text.p, text.len, 0600, NULL), 0);
	str_done(&text);
}

static const char BOTH[] = "\timap imap://%N@localhost:%I\n\tpop3 pop3://%N@localhost:%P\n";

static struct person *with_a_change_waiting(const char *protocol)
{
	struct person *p = person_new("imap", "", "--count", "5");
	struct msglist *l;
	uint32_t uid;

	stop(p);
	write_servers(p, protocol, BOTH);
	start(p, false);
	l = open_folder(p, "INBOX");
	done(p, engine_sync(p->engine, 0));
	UNTIL(p, msglist_count(l) == MAILS && msglist_sync_percent(l) == 100);
	engine_set_offline(p->engine, true);
	uid = msglist_uid(l, 0);
	flag_one(p, l, uid, MAIL_FLAGGED);
	return p;
}

static void again(struct person *p, const char *protocol, const char *servers, bool offline)
{
	if (p->engine)
		stop(p);
	write_servers(p, protocol, servers);
	start(p, offline);
	open_folder(p, "INBOX");
}

static void another_spelling(void **state)
{
	static const char *const spellings[] = {
		"\timap imap://%N@LOCALHOST:%I/\n\tpop3 pop3://%N@localhost:%P\n",
		"\timap imaps://%N@localhost:%S\n\tpop3 pop3s://%N@localhost:%Q/\n",
		"\timap IMAPS://%N@localhost.:993\n\tpop3 pop3s://%N@LOCALHOST\n",
		BOTH,
	};
	struct person *p = with_a_change_waiting("imap");

	for (size_t i = 0; i < MEM_COUNT(spellings); i++) {
		struct msglist *l;

		again(p, "imap", spellings[i], true);
		assert_int_equal(engine_pending(p->engine), 1);
		l = open_folder(p, "INBOX");
		assert_int_equal(msglist_count(l), MAILS);
		assert_null(strstr(person_told(), "anew"));
	}
}

static void a_line_is_taken_out(void **state)
{
	struct person *p = with_a_change_waiting("imap");

	again(p, "pop3", "\tpop3 pop3://%N@localhost:%P\n", true);
	assert_int_equal(engine_pending(p->engine), 1);
	again(p, "imap", "\timap imap://%N@localhost:%I\n", true);
	assert_int_equal(engine_pending(p->engine), 1);
	again(p, "imap", BOTH, true);
	assert_int_equal(engine_pending(p->engine), 1);
	assert_string_equal(person_told(), "");
	/* and it is not forgotten whose it was */
	again(p, "pop3", "\tpop3 pop3://%N@localhost:%P\n", true);
	again(p, "imap", "\timap imap://%N@elsewhere.example\n", true);
	assert_non_null(strstr(person_told(), "starts anew"));
}

static void another_host(void **state)
{
	struct person *p = with_a_change_waiting("imap");

	again(p, "imap", "\timap imap://%N@elsewhere.example\n", true);
	assert_int_equal(engine_pending(p->engine), 0);
	assert_non_null(strstr(person_told(), "1 change waits for user"));
	assert_non_null(strstr(person_told(), "@localhost and is kept"));
	again(p, "imap", "\timap imap://%N@elsewhere.example\n", true);
	assert_string_equal(person_told(), "");
	again(p, "imap", BOTH, true);
	assert_int_equal(engine_pending(p->engine), 1);
	assert_non_null(strstr(person_told(), "goes on"));
}

/* The same mailbox under another name is known by its UIDVALIDITY. */
static void the_host_was_renamed(void **state)
{
	struct person *p = with_a_change_waiting("imap");
	struct msglist *l;

	again(p, "imap", "\timap imap://%N@127.0.0.1:%I\n", false);
	l = open_folder(p, "INBOX");
	UNTIL(p, strstr(person_told(), "goes on"));
	done(p, engine_sync(p->engine, 0));
	UNTIL(p, engine_pending(p->engine) == 0 && msglist_count(l) == MAILS);
	stop(p);
	again(p, "imap", "\timap imap://%N@127.0.0.1:%I\n", false);
	l = open_folder(p, "INBOX");
	done(p, engine_sync(p->engine, 0));
	UNTIL(p, msglist_count(l) == MAILS);
	assert_true(flags_at(l, 0) & MAIL_FLAGGED);
}

/* By POP3 nothing is fetched again, and nothing of another mailbox is taken for fetched. */
static void another_host_by_pop3(void **state)
{
	struct person *p = with_a_change_waiting("pop3"), *q;
	struct msglist *l;
	struct str cmd = STR_INIT, out = STR_INIT;
	struct err err = {0};
	char servers[200];

	again(p, "pop3", "\tpop3 pop3s://%N@127.0.0.1:%Q\n", false);
	l = open_folder(p, "INBOX");
	done(p, engine_sync(p->engine, 0));
	assert_int_equal(msglist_count(l), MAILS);
	stop(p);
	/* Another mailbox on which UIDLs are the same: the same files, but one mail is another. */
	q = person_new("imap", "", NULL, NULL);
	stop(q);
	person_live_in(p->home);
	str_addf(&cmd,
		"cd '%s' && rm -rf %s/Maildir && cp -a %s/Maildir %s/Maildir && cd %s/Maildir && "
		"f=$(ls cur/* new/* 2>/dev/null | head -1) && b=$(basename \"$f\") && b=${b%%%%:*} "
		"&& "
		"printf 'From: a@b\\nSubject: Another\\nMessage-ID: <other@x>\\nDate: Sat, 03 Jan "
		"2026 01:05:30 +0000\\n\\nother\\n' >\"cur/other:2,\" && rm \"$f\" && "
		"sed -i \"s/:$b\\$/:other/\" dovecot-uidlist && rm -f dovecot.index*",
		getenv("SRV_MAIL"), q->name, p->name, q->name, q->name);
	assert_int_equal(run_capture((const char *[]){"sh", "-c", cmd.p, NULL},
				 &(struct run_limits){30000, 100000, -1}, &out, &err),
		0);
	snprintf(servers, sizeof(servers), "\tpop3 pop3s://%s@localhost:%%Q\n", q->name);
	again(p, "pop3", servers, false);
	l = open_folder(p, "INBOX");
	done(p, engine_sync(p->engine, 0));
	UNTIL(p, msglist_count(l) == MAILS + 1);
	assert_true(find_subject(p, l, "Another") >= 0);
	str_done(&cmd);
	str_done(&out);
}

/* --- read-only --- */

static void tree(const struct person *p, struct str *out)
{
	const char *const argv[] = {"sh", "-c",
		"cd \"$1\" && find . -mindepth 1 ! -name config -printf '%p %y %s %T@ %C@\\n' | "
		"sort",
		"sh", p->home, NULL};
	struct err err = {0};

	str_clear(out);
	assert_int_equal(run_capture(argv, &(struct run_limits){30000, 1 << 20, -1}, out, &err), 0);
}

static void read_only_writes_nothing(void **state)
{
	struct person *p = with_a_change_waiting("imap");
	struct str before = STR_INIT, after = STR_INIT;
	struct msglist *l;

	done(p, engine_protocol(p->engine, 0, PROTOCOL_POP3));
	done(p, engine_protocol(p->engine, 0, PROTOCOL_IMAP));
	stop(p);
	tree(p, &before);
	for (int i = 0; i < 2; i++) {
		write_servers(p, i ? "pop3" : "imap",
			"\timap imaps://%N@LOCALHOST:%S/\n\tpop3 pop3://%N@localhost\n");
		start_read_only(p, true);
		l = open_folder(p, "INBOX");
		assert_int_equal(msglist_count(l), i ? 0 : MAILS);
		assert_int_equal(engine_pending(p->engine), 1);
		engine_close(p->engine, l);
		stop(p);
		tree(p, &after);
		assert_string_equal(str_c(&after), str_c(&before));
	}
	/* Another mailbox's rows are not shown, and nothing is thrown away for them. */
	write_servers(p, "imap", "\timap imap://%N@elsewhere.example\n");
	start_read_only(p, true);
	{
		struct event *ev = answer(p, engine_sync(p->engine, 0));

		assert_non_null(strstr(event_error(ev), "read-only"));
		event_free(ev);
	}
	stop(p);
	tree(p, &after);
	assert_string_equal(str_c(&after), str_c(&before));
	str_done(&before);
	str_done(&after);
}

/* What waits goes to no server, mail is not fetched by POP3, the outbox stays. */
static void read_only_online(void **state)
{
	struct person *p = with_a_change_waiting("imap");
	struct msglist *l;
	struct event *ev;

	stop(p);
	start_read_only(p, false);
	l = open_folder(p, "INBOX");
	UNTIL(p, msglist_sync_percent(l) == 100);
	assert_int_equal(engine_pending(p->engine), 1);
	stop(p);
	write_servers(p, "pop3", BOTH);
	start_read_only(p, false);
	ev = answer(p, engine_sync(p->engine, 0));
	assert_non_null(strstr(event_error(ev), "read-only"));
	event_free(ev);
}

/* --- what cannot be opened --- */

static struct person *spoiled(const char *name, bool directory)
{
	struct person *p = person_new("imap", "", "--count", "1");
	struct str path = STR_INIT;

	done(p, engine_sync(p->engine, 0));
	stop(p);
	str_addf(&path, "%s/XDG_DATA_HOME/talaria/test/%s", p->home, name);
	assert_int_equal(file_remove_tree(path.p, NULL), 0);
	if (directory)
		assert_int_equal(file_make_dirs(path.p, NULL), 0);
	else
		assert_int_equal(file_replace(path.p, "x", 1, 0600, NULL), 0);
	str_done(&path);
	start(p, false);
	return p;
}

static void says(struct person *p, unsigned request, const char *what)
{
	struct event *ev = answer(p, request);

	assert_int_not_equal(ev->failed.kind, ERR_NONE);
	if (!strstr(event_error(ev), what))
		fail_msg("\"%s\" does not name %s", event_error(ev), what);
	event_free(ev);
}

static void an_account_that_cannot_be_opened(void **state)
{
	struct person *p = spoiled("outbox", false);
	struct account_info info;

	says(p, engine_sync(p->engine, 0), "outbox");
	done(p, engine_pending_cancel(p->engine, 0));
	says(p, engine_create_folder(p->engine, 0, "New"), "outbox");
	says(p, engine_drafts(p->engine, 0), "outbox");
	says(p, engine_backup(p->engine, 0, "/nowhere/x.tar.gz"), "outbox");
	says(p, engine_protocol(p->engine, 0, PROTOCOL_POP3), "outbox");
	engine_account(p->engine, 0, &info);
	assert_non_null(strstr(info.reason, "outbox"));
	assert_int_equal(info.state, STATE_FAILED);
	engine_set_offline(p->engine, true);
	engine_set_offline(p->engine, false);
}

static void a_lock_that_cannot_be_had(void **state)
{
	struct person *p = spoiled("sync.lock", true);

	says(p, engine_sync(p->engine, 0), "sync.lock");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PERSON_CASE(another_spelling),
		PERSON_CASE(a_line_is_taken_out),
		PERSON_CASE(another_host),
		PERSON_CASE(the_host_was_renamed),
		PERSON_CASE(another_host_by_pop3),
		PERSON_CASE(read_only_writes_nothing),
		PERSON_CASE(read_only_online),
		PERSON_CASE(an_account_that_cannot_be_opened),
		PERSON_CASE(a_lock_that_cannot_be_had),
	};

	return PERSON_RUN(tests, NULL);
}

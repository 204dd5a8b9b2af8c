/* Fetching by POP3 from Courier (a Maildir) and GNU Mailutils (an mbox): tests/servers/pop3_others.
 * Skipped where they cannot be had. */
#include "base/file.h"
#include "base/mem.h"
#include "tests/sync/person.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MESSAGES = 150, SKIP = 77 };

static char *home; /* of the servers */
static int courier_port, mailutils_port;

static bool start_others(void)
{
	const char *src = getenv("srcdir") ? getenv("srcdir") : "..";
	char *tool = file_join(src, "tests/servers/pop3_others"), line[64] = "";
	int fds[2];
	FILE *f;

	home = file_join(person_dir, "o");
	assert_int_equal(file_make_dirs(home, NULL), 0);
	assert_int_equal(pipe(fds), 0);
	if (fork() == 0) {
		dup2(fds[1], 1);
		close(fds[0]);
		close(fds[1]);
		execl(tool, tool, home, (char *)NULL);
		_exit(SKIP);
	}
	close(fds[1]);
	f = fdopen(fds[0], "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) && *line != '\n') {
		sscanf(line, "courier %d", &courier_port);
		sscanf(line, "mailutils %d", &mailutils_port);
	}
	fclose(f);
	free(tool);
	return courier_port && mailutils_port;
}

static void make_mail(struct str *out, unsigned i, bool mbox)
{
	if (mbox)
		str_addf(out, "From s%u@example.org Mon Jan  6 10:00:00 2025\n", i);
	str_addf(out,
		"From: s%u@example.org\nTo: alice@example.org\nSubject: number %03u\n"
		"Message-ID: <%u@others>\nDate: Mon, 6 Jan 2025 10:%02u:%02u +0000\n\n",
		i, i, i, i / 60, i % 60);
	for (unsigned k = 0; k < (i == 7 ? 2000u : i % 30); k++)
		str_addf(out, "%sline %u of message %u\n", k % 5 ? "" : ".", k, i);
	str_addf(out, "end %u\n%s", i, mbox ? "\n" : "");
}

static void fill_courier(void)
{
	for (unsigned i = 0; i < MESSAGES; i++) {
		struct str path = STR_INIT, text = STR_INIT;

		make_mail(&text, i, false);
		str_addf(&path, "%s/courier/Maildir/cur/%u.M%uP1.h:2,", home, 1700000000 + i, i);
		assert_int_equal(file_replace(path.p, text.p, text.len, 0600, NULL), 0);
		str_done(&path);
		str_done(&text);
	}
}

static void fill_mailutils(void)
{
	char *path = file_join(home, "mailutils/INBOX");
	struct str text = STR_INIT;

	for (unsigned i = 0; i < MESSAGES; i++)
		make_mail(&text, i, true);
	assert_int_equal(file_replace(path, text.p, text.len, 0600, NULL), 0);
	str_done(&text);
	free(path);
}

static struct person *somebody(const char *user, int port, const char *more)
{
	struct str text = STR_INIT;
	struct person *p;

	str_addf(&text,
		"account test {\n\tfrom \"Test <test@example.org>\"\n\tprotocol pop3\n"
		"\tpop3 pop3+insecure://%s@127.0.0.1:%d\n\tpassword plain \"secret\"\n%s}\n",
		user, port, more);
	p = person_with(text.p);
	str_done(&text);
	return p;
}

static void fetch(struct person *p)
{
	event_free(answer(p, engine_sync(p->engine, 0)));
	done(p, engine_sync(p->engine, 0));
}

static void all_once(struct person *p, struct msglist *l)
{
	char found[MESSAGES] = {0};

	assert_int_equal(msglist_count(l), MESSAGES);
	for (size_t i = 0; i < MESSAGES; i++) {
		unsigned k = MESSAGES;

		sscanf(row_of(p, l, i).subject, "number %u", &k);
		if (k >= MESSAGES || found[k]++)
			fail_msg("row %zu: %s", i, row_of(p, l, i).subject);
	}
}

static void reads(struct person *p, struct msglist *l, const char *subject, const char *part)
{
	ptrdiff_t row = find_subject(p, l, subject);
	struct message_view *v;
	struct str text = STR_INIT;

	assert_true(row >= 0);
	v = read_view(p, l, msglist_uid(l, (size_t)row));
	text_plain(v->text, &text, false);
	if (!strstr(str_c(&text), part))
		fail_msg("\"%s\" is not in %s", part, str_c(&text));
	str_done(&text);
	engine_view_free(v);
}

/* Everything once; the large one first as its beginning; kept, then given up. */
static void life(const char *user, int port)
{
	struct person *p = somebody(user, port, "\tpop3-max 20k\n");
	struct msglist *l = open_folder(p, "INBOX");
	struct str text = STR_INIT, now = STR_INIT;
	uint32_t uid;

	fetch(p);
	UNTIL(p, msglist_count(l) == MESSAGES);
	fetch(p);
	all_once(p, l);
	reads(p, l, "number 029", ".line 0 of message 29");
	reads(p, l, "number 007", "Only the beginning is here");
	stop(p);
	/* From now on nothing stays there, but what is not whole here. */
	assert_int_equal(file_read(p->config, 65536, &text, NULL), 0);
	str_add(&now, text.p, text.len - 2);
	str_adds(&now, "\tpop3-keep never\n}\n");
	assert_int_equal(file_replace(p->config, now.p, now.len, 0600, NULL), 0);
	start(p, false);
	l = open_folder(p, "INBOX");
	fetch(p);
	all_once(p, l);
	uid = msglist_uid(l, (size_t)find_subject(p, l, "number 007"));
	done(p, engine_whole(p->engine, l, uid));
	reads(p, l, "number 007", "end 7");
	fetch(p);
	all_once(p, l);
	stop(p);
	/* A new program finds the server empty. */
	assert_int_equal(file_remove_tree(getenv("XDG_DATA_HOME"), NULL), 0);
	assert_int_equal(file_remove_tree(getenv("XDG_CACHE_HOME"), NULL), 0);
	start(p, false);
	l = open_folder(p, "INBOX");
	fetch(p);
	assert_int_equal(msglist_count(l), 0);
	str_done(&text);
	str_done(&now);
	person_free(p);
}

static void courier(void **state)
{
	fill_courier();
	life("alice", courier_port);
}

static void mailutils(void **state)
{
	fill_mailutils();
	life("alice%40example.org", mailutils_port);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PERSON_CASE(courier),
		PERSON_CASE(mailutils),
	};
	int failed = 0;

	person_init();
	person_scratch();
	if (start_others())
		failed = cmocka_run_group_tests(tests, NULL, NULL);
	else
		printf("1..1\nok 1 - not tested: the packages of Courier and Mailutils cannot be "
		       "fetched here\n");
	end_scratch();
	free(home);
	return failed;
}
